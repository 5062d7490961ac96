/*
 * dns_server -- the DNS listener of one worker: takes questions over UDP and TCP, decides which of them this client
 * may ask, has them answered by the resolver, and teaches the learned names what the client was told.
 *  - Only clients that the policy knows are served. A name passes when the policy could ever let this client reach
 *    it, or else with those of its addresses that address rules allow; zones and listed names are exempt.
 *  - What is learned is in the table before the answer leaves.
 *  - Each question that could be read gets one record; what could not be read is dropped, or answered with
 *    FORMERR, and counted.
 *  - Answers leave from the address that was asked.
 * Belongs to one event loop; not thread-safe.
 */
#ifndef SEKISHO_DNS_DNS_SERVER_H
#define SEKISHO_DNS_DNS_SERVER_H

#include "dns/learned.h"
#include "dns/resolver.h"
#include "log/record.h"
#include "log/writer.h"
#include "policy/policy.h"

struct dns_server;

enum dns_policy { DNS_POLICY_ENFORCE, DNS_POLICY_NAMES, DNS_POLICY_OPEN };      /* the words of dns-policy */
enum dns_log { DNS_LOG_ALL, DNS_LOG_DENIED, DNS_LOG_OFF };                      /* the words of dns-log */

enum dns_match { DNS_MATCH_NAME, DNS_MATCH_BELOW, DNS_MATCH_TREE };     /* name, *.name, .name */
struct dns_exempt {
	struct dns_name name;
	enum dns_match match;
	bool zone;                      /* of a dns-zone, not of a dns-allow */
};

struct dns_server_config {
	enum dns_policy policy;
	enum dns_log log;
	enum record_form form;          /* log-format */
	bool deny_by_refused;           /* dns-deny-answer */
	bool strip_ech;
	uint32_t client_ttl_s;          /* 0: as it comes */
	const struct dns_exempt *exempt;        /* as long as the configuration is in force */
	size_t n_exempt;
};

struct dns_server_env {                 /* all of it outlives the server */
	struct event_base *base;
	struct resolver *resolver;
	struct learned *learned;
	struct writer *writer;
	unsigned worker;
};

int dns_server_create(struct dns_server **out, const struct dns_server_env *env);
void dns_server_free(struct dns_server *s);             /* NULL is fine; the sockets stay open */
/* What holds from now on. Both are borrowed until the next call; questions in flight keep a reference of their own
 * to the policy that they were decided by. */
void dns_server_configure(struct dns_server *s, const struct dns_server_config *cfg, const struct policy *policy,
			  uint64_t generation);

/* Serves these two sockets (bound, not blocking, the datagrams with their destination), which stay the caller's.
 * 0 or a negative errno. */
int dns_server_add(struct dns_server *s, const struct endpoint *at, int udp, int tcp);
/* No longer; questions that came in there are dropped, connections closed. */
void dns_server_remove(struct dns_server *s, int udp);

struct dns_server_counts {
	uint64_t questions, allowed, denied;
	uint64_t malformed;             /* no question to be made of it */
	uint64_t responses;             /* answers that nobody asked for */
	uint64_t oversized, unsupported, overloaded, learned;
	size_t in_flight, connections;
};
void dns_server_count(const struct dns_server *s, struct dns_server_counts *out);

#endif
