/*
 * verifier -- is the server at this very address good for this name?  Asked by all workers, answered by one thread.
 *
 *     worker --ask--> its own shelf of verdicts --fresh--> at once
 *                          | no
 *                     inbox of the verifier's thread --> its cache --fresh------------------.
 *                                                          | no                             |
 *                                     one check per name and address, at most `most` at a   |
 *                                     time, the others wait their turn --> tls/probe -------+--> inbox of the worker
 *
 *  - No X.509 work runs on a worker's loop, and there are no locks: a shelf belongs to its worker, the cache to
 *    the verifier's thread, and what passes between them goes through lock-free lists.
 *  - The callback runs from verifier_deliver() only, once, and never after verifier_cancel().
 *  - A verdict is kept for cache_ms at most, one with a fault for ten seconds at most; see verdict.h.
 *  - timeout_ms counts from the first who asks, the wait for a turn included.
 */
#ifndef SEKISHO_TLS_VERIFIER_H
#define SEKISHO_TLS_VERIFIER_H

#include "tls/trust.h"
#include "tls/verdict.h"

enum {
	VERIFIER_QUEUE_MAX = 4096,      /* checks that wait for their turn; more are answered "overloaded" */
	VERIFIER_CACHE_MAX = 16384,     /* verdicts of the thread; least recently used go first */
};

struct verify_limits {
	unsigned cache_ms, timeout_ms;
	unsigned most;                  /* handshakes at a time */
};

struct verify_question {                /* everything borrowed during the call */
	struct sv name;                 /* canonical; n == 0: the address itself must stand in the certificate */
	struct endpoint at;             /* the guard has passed it */
	struct ip from;                 /* source address of the check; family 0: the kernel's choice */
	struct trust *trust;
	struct origin_demand demand;
	struct verify_limits limits;
};

struct verifier_counts {
	uint64_t handshakes;            /* begun */
	uint64_t failed;                /* of them: no good chain, or no handshake at all */
	uint64_t cached;                /* questions answered by a verdict at hand */
	uint64_t overloaded;            /* questions turned away */
	uint64_t in_flight, queued;     /* checks, now */
};

struct verifier;
struct verifier_ticket;
typedef void verifier_cb(void *arg, struct origin_verdict *v);  /* v is borrowed during the call */

/* Starts the thread. Desks are the places of workers, 0 .. desks-1. 0 or a negative errno. */
int verifier_create(struct verifier **out, unsigned desks);
/* Ends the thread, whatever is under way. All workers have ended, or never ask again. NULL is fine. */
void verifier_free(struct verifier *v);

/* ---- from a worker's own thread, at its own desk --------------------------------------------- */

/* Readable when verifier_deliver() has something to do. */
int verifier_bell(const struct verifier *v, unsigned desk);
/* Calls back those whose answers have come. */
void verifier_deliver(struct verifier *v, unsigned desk);
/* A verdict that is at hand, with a reference for the caller; or NULL, and `cb` will be called. */
struct origin_verdict *verifier_ask(struct verifier *v, unsigned desk, const struct verify_question *q,
				    verifier_cb *cb, void *arg, struct verifier_ticket **ticket);
/* The ticket is gone after this. NULL is fine. */
void verifier_cancel(struct verifier_ticket *t);

/* From any thread. */
void verifier_count(const struct verifier *v, struct verifier_counts *out);

#endif
