/*
 * worker -- one thread, one event loop, and everything that the sessions on it share.
 * Nothing here is touched by another thread, except the inbox (orders from the server, and connections from other workers:
 * a lock-free list), the counters (relaxed atomics) and `shared`.  Orders are carried out between two events, in the order given.
 */
#ifndef SEKISHO_PROXY_WORKER_H
#define SEKISHO_PROXY_WORKER_H

#include "base/slab.h"
#include "dns/dns_server.h"
#include "dns/resolver.h"
#include "log/writer.h"
#include "proxy/counters.h"
#include "proxy/generation.h"
#include "proxy/listener.h"
#include "proxy/relay.h"
#include "proxy/sources.h"

#include <sys/queue.h>

struct session;
struct worker;
TAILQ_HEAD(session_list, session);

struct shared {                         /* one for all workers */
	struct checker *checker;        /* of passwords */
	struct writer *log;
	struct sources *sources;
	struct verifier *verifier;      /* asked at the desk of the worker's index */
	struct learned *learned;        /* what the DNS listener taught; never NULL */
	struct worker *const *workers;  /* all of them, each with a number as index */
	unsigned n_workers;
	_Atomic int64_t open;           /* sessions in all */
	int64_t most_sessions;
	_Atomic bool draining;
	char via[24];                   /* our pseudonym in Via, another in every process (RFC 9110 7.6.3) */
};

struct worker {
	unsigned index;
	struct event_base *base;
	struct poller *poller;          /* for the sockets of sessions */
	struct resolver *resolver;
	struct dns_server *dns;
	struct udp_relay *udp;
	struct generation *gen;         /* the newest that has arrived here */
	_Atomic uint64_t in_force;      /* its id, for the server to see */
	struct shared *shared;
	struct counters counters;
	struct slab *sessions, *connectors;
	struct session_list live;       /* oldest first */
	struct session_list dead;       /* freed by the reaper, when no callback is on the stack */
	struct session *swept;          /* the next one that the sweep comes to, or NULL */
	uint64_t epoch;                 /* rises when sessions must be decided again */
	uint64_t next_id;
	bool paused;                    /* accept waits for descriptors */
	struct relay_tools tools;       /* scratch of whoever runs at the moment: what was read, and pipes */
	char framed[RELAY_BUFFER + 64]; /* the same octets, framed anew */
	struct worker_private *private;
};

/* `gen` gives the settings; the worker takes a reference of its own. 0 or a negative errno. */
int worker_create(struct worker **out, unsigned index, struct shared *shared, struct generation *gen);
/* Starts the thread. 0 or a negative errno. */
int worker_start(struct worker *w);
/* Waits for the thread to end; an order to stop must have been given. All have to be joined before one is freed. */
void worker_join(struct worker *w);
void worker_free(struct worker *w);             /* NULL is fine */

/* ---- orders, from the server's thread ------------------------------------------------------ */

/* A new generation. Listeners in `opened` are served from now on; those in `closed` no longer, and this
 * worker's socket of each is closed. Both arrays are copied. */
void worker_order_generation(struct worker *w, struct generation *gen,
			     struct listener *const *opened, size_t n_opened,
			     struct listener *const *closed, size_t n_closed);
void worker_order_recheck(struct worker *w);    /* time has passed some rule's `until` */
void worker_order_drain(struct worker *w);      /* no new connections; sessions may finish */
void worker_order_stop(struct worker *w);       /* close every session, leave the loop */

/* ---- for sessions -------------------------------------------------------------------------- */

void worker_reap_later(struct worker *w);       /* something is on the dead list */
void worker_pause_accept(struct worker *w);     /* descriptors ran out; accept again in a moment */

#endif
