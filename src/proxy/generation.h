/*
 * generation -- everything that a decision needs, as one immutable, reference-counted whole.
 * A reload builds the next one beside the running one and swaps a pointer; sessions hold a reference
 * to the one that they were decided on, until they are decided again.
 */
#ifndef SEKISHO_PROXY_GENERATION_H
#define SEKISHO_PROXY_GENERATION_H

#include "auth/users.h"
#include "policy/policy.h"
#include "proxy/settings.h"
#include "tls/trust.h"

struct generation {
	_Atomic unsigned refs;
	uint64_t id;                    /* 1, 2, 3, ... in order of loading */
	struct conf *conf;              /* keeps the settings' texts and the list of files to watch */
	struct settings settings;
	const struct policy *policy;
	struct front *fronts[SETTINGS_LISTENS_MAX];     /* beside settings.listens; NULL: without TLS */
	struct users *users;            /* whose passwords are known; NULL: none are asked for */
	struct trust *trust;            /* whom origins are verified by; NULL when no rule does */
	bool ipv6;                      /* AAAA is asked: `ipv6 on`, or `auto` with a route to the world */
};

/* Loads and compiles `path`. 0, or -EINVAL with errors in *why and nothing in *out. The new one has
 * one reference, the caller's. Warnings and notes may stand in *why on success. */
int generation_load(struct generation **out, const char *path, const struct conf_options *opt,
		    uint64_t id, struct diag_list *why);
/* What answers TLS at that listener now, or NULL: it is plain, or gone. Lives as long as the generation. */
const struct front *generation_front(const struct generation *g, const struct endpoint *at);
struct generation *generation_ref(struct generation *g);
void generation_unref(struct generation *g);            /* NULL is fine; any thread */
/* Whether one was freed since the last call: malloc then keeps what a large policy took. */
bool generation_was_freed(void);

#endif
