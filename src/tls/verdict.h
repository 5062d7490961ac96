/*
 * verdict -- what the proxy's own handshake with an origin showed, and for whom that will do.
 * Never changes once it is made; reference-counted, so that every tunnel can keep the one it was opened by.
 */
#ifndef SEKISHO_TLS_VERDICT_H
#define SEKISHO_TLS_VERDICT_H

#include "base/ip.h"
#include "policy/policy.h"

#include <stdatomic.h>

enum {
	VERDICT_ISSUER_MAX = 512,
	VERDICT_BRIEF_MS = 10000,       /* a fault is remembered for no longer */
};

struct origin_key {                     /* whom a verdict is about */
	struct sv name;                 /* canonical; n == 0: the address itself must stand in the certificate */
	struct endpoint at;
	uint64_t trust;                 /* trust_id() */
};

struct origin_verdict {
	_Atomic unsigned refs;
	bool proven;                    /* the handshake was made: the server holds the certificate's key */
	bool verified;                  /* and chain, time and name are good */
	bool has_key;                   /* a certificate was seen: key, issuer and expires_ms hold */
	bool passing;                   /* says more of us than of the origin: never remembered */
	const char *error;              /* static text; NULL when verified */
	unsigned char key[PIN_OCTETS];
	int64_t expires_ms;             /* wall clock: the origin's own certificate */
	int64_t good_until_ms;          /* the first of its chain to expire */
	uint64_t made_us;               /* monotonic */
	uint64_t hash;                  /* of `about` */
	struct origin_key about;
	struct sv issuer;               /* RFC 2253, ASCII */
	char text[];
};

/* What somebody wants of it. */
struct origin_demand {
	bool chain;                     /* chain, time and name; else the key's proof alone */
	const unsigned char (*pins)[PIN_OCTETS];
	size_t n_pins;                  /* 0: any key */
};

uint64_t origin_key_hash(const struct origin_key *k);
bool origin_key_eq(const struct origin_key *a, const struct origin_key *b);

/* A copy of *facts with one reference, its texts its own; `hash` and `made_us` are filled in. */
struct origin_verdict *verdict_create(const struct origin_verdict *facts);
struct origin_verdict *verdict_ref(struct origin_verdict *v);
void verdict_unref(struct origin_verdict *v);           /* NULL is fine; any thread */

/* NULL when it satisfies, else static text that says what is wrong. */
const char *verdict_fault(const struct origin_verdict *v, const struct origin_demand *d);
/* Whether it may still be used: not for longer than cache_ms, with a fault only briefly, and with a good chain
 * not beyond the end of a certificate in it. */
bool verdict_is_fresh(const struct origin_verdict *v, const struct origin_demand *d, unsigned cache_ms,
		      uint64_t now_us, int64_t wall_ms);

#endif
