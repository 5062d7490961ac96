/*
 * resolver_impl -- what resolver.c (callers, life) and question.c (one question's way to its answer) share, and
 * nobody else may see.
 */
#ifndef SEKISHO_DNS_RESOLVER_IMPL_H
#define SEKISHO_DNS_RESOLVER_IMPL_H

#include "dns/cache.h"
#include "dns/lookup.h"
#include "dns/resolver.h"
#include "dns/upstream.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/queue.h>

enum {
	ROUNDS_MAX = 3,                 /* how often one server is asked in a lookup */
	LEGS_MAX = RESOLVER_SERVERS_MAX * ROUNDS_MAX,
	BUCKETS = 1024,                 /* a power of two */
	QUESTIONS_MAX = 16384,          /* in flight; more are refused */
	LOOKUP_PRESET_MS = 3000,
	TURN_MIN_MS = 400, TURN_MAX_MS = 800,   /* before the next server is asked */
	STALE_WAIT_MS = 1800,           /* RFC 8767 5: a client should not be kept longer */
	REFRESH_HITS = 2,               /* a name that hot is asked again ... */
	REFRESH_SHARE = 10,             /* ... in the last 1/10 of its TTL */
};

struct leg {
	struct question *question;      /* NULL: free */
	struct upstream_ask *ask;
	unsigned server;
};

struct turn {                           /* one server within one lookup */
	uint8_t tries;
	bool failed;                    /* it said that it cannot help: not asked again */
};

enum { MESSAGES_MAX = RESOLVER_PARTS_MAX };     /* the first, and one for each follow-up */

struct messages {                       /* what an answer was taken from, in the order of the chain */
	size_t n;
	bool broken;                    /* some could not be kept */
	uint8_t *bytes[MESSAGES_MAX];   /* malloc'd */
	struct resolver_part part[MESSAGES_MAX];
};

struct resolver_query {
	TAILQ_ENTRY(resolver_query) link;
	struct question *question;
	resolver_cb *cb;                /* this, or ... */
	resolver_message_cb *message_cb;
	void *arg;
	uint64_t asked_us;
};
TAILQ_HEAD(queries, resolver_query);

struct question {
	TAILQ_ENTRY(question) link;     /* in live, or in finished */
	LIST_ENTRY(question) bucket;    /* while live */
	struct resolver *resolver;
	struct queries waiters;
	struct dns_name name;           /* as asked; lookup.name follows CNAMEs */
	struct lookup lookup;
	struct messages messages;
	struct event timer;
	uint64_t deadline_us, turn_us, stale_us;        /* when each is over */
	struct leg legs[LEGS_MAX];
	struct turn turns[RESOLVER_SERVERS_MAX];
	int current;                    /* the server whose turn it is; -1: none */
	enum dns_status failure;        /* the best excuse so far; DNS_OK: none */
	uint8_t failure_rcode;
	bool fresh;                     /* a refresh: takes nothing from the cache */
};
TAILQ_HEAD(question_list, question);

struct zone {                           /* names that other servers know */
	struct dns_name suffix;
	struct resolver *resolver;
};

struct resolver {
	struct event_base *base;
	struct resolver_config cfg;
	struct dns_cache *cache;
	struct upstream *up[RESOLVER_SERVERS_MAX];
	struct upstream **retired;      /* replaced, but still asked something */
	size_t n_retired;
	LIST_HEAD(, question) buckets[BUCKETS];
	struct question_list live, finished;
	struct event deliver;
	struct lookup shown;            /* what resolver_cached() gave last */
	struct messages shown_messages; /* what resolver_cached_message() gave last */
	struct resolver_message message;
	struct dns_answer answer;
	struct zone zones[RESOLVER_ZONES_MAX];
	size_t n_zones;
	struct resolver **old_zones;    /* gone from the configuration, but still asked something */
	size_t n_old_zones;
	struct resolver_counts counts;
	uint64_t sent_before;           /* by upstreams that are gone */
	bool delivering, doomed;
};

/* A timer, not event_active(): who asks again in each callback must not keep the loop from polling. */
static const struct timeval at_once = { 0 };

/* ---- question.c ------------------------------------------------------------------------------ */

struct question *question_find(struct resolver *r, const struct dns_name *name, struct dns_kind kind);
void question_forget_legs(struct question *q);
void question_free(struct question *q);
void question_hand_over(struct question *q);
struct question *question_create(struct resolver *r, const struct dns_name *name, struct dns_kind kind);
struct question *question_start(struct resolver *r, const struct dns_name *name, struct dns_kind kind);
void question_refresh(struct resolver *r, const struct dns_name *name, struct dns_kind kind);
void question_send_next(struct question *q);
bool question_answer_from_cache(struct resolver *r, struct lookup *l, struct messages *all, bool stale,
				bool *refresh);
void messages_clear(struct messages *all);

#endif
