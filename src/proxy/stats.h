/*
 * stats -- the server's counters, summed over its workers, for whoever shows them.
 */
#ifndef SEKISHO_PROXY_STATS_H
#define SEKISHO_PROXY_STATS_H

#include "log/reason.h"
#include "log/writer.h"
#include "tls/verifier.h"

#include <stdint.h>

struct server;

struct server_stats {
	unsigned workers;
	uint64_t generation;            /* the one in force */
	uint64_t reloads_ok, reloads_failed;
	int64_t open;                   /* sessions now */
	int64_t most;                   /* sessions at most */
	uint64_t accepted, probes, allowed, refused, tunnels, bytes_up, bytes_down, accept_pauses;
	uint64_t ended[REASONS];
	struct writer_counts log;
	struct verifier_counts verify;
	bool draining;
};

/* From the server's own thread. */
void server_stats(const struct server *s, struct server_stats *out);

#endif
