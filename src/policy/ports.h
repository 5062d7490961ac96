/*
 * ports -- "https:443", "http:80,8080", "tcp:1024-2048", "tcp:any", "https:443,tcp:3260".
 * A comma separates; a part without a protocol keeps the one before it.
 */
#ifndef SEKISHO_POLICY_PORTS_H
#define SEKISHO_POLICY_PORTS_H

#include "base/arena.h"
#include "policy/policy.h"

struct port_range {
	uint16_t lo, hi;
	uint8_t proto;          /* enum proto */
};

struct port_set {
	const struct port_range *ranges;        /* in the order written */
	size_t n;
};

/* False with a sentence in *why (from `a`) on bad text. */
bool ports_parse(struct port_set *out, struct sv text, struct arena *a, struct sv *why);
/* Whether `text` looks like PROTO:PORT rather than a name: a known or misspelt protocol, a colon. */
bool ports_looks_like(struct sv text);
/* The first protocol of `protos` that the set opens on `port`, in the order written; 0: none. */
enum proto ports_match(const struct port_set *s, unsigned protos, uint16_t port);

#endif
