/*
 * compiled -- what a policy is made of; shared by its builder, decide() and explain, by nobody else.
 * A clause is one `to` target (or one tag entry) of one rule with its ports; its number is its rank: clauses
 * stand in the order in which they are tried. The index leads from a name or an address to ranks.
 */
#ifndef SEKISHO_POLICY_COMPILED_H
#define SEKISHO_POLICY_COMPILED_H

#include "policy/index.h"
#include "policy/netset.h"
#include "policy/ports.h"
#include "policy/who.h"

#include <stdatomic.h>

#define SOURCES_WHO (1u << 31)

struct allowance {                      /* allow-address, of a rule or global; NULL sets are empty */
	const struct netset *any;
	const struct netset *loopback;  /* those that lie inside loopback themselves */
};

struct compiled_rule {
	struct rule pub;
	uint32_t sources;               /* 0: any */
	uint32_t who;                   /* number of what it wants besides (who.h); 0: nothing */
	const struct allowance *allow;  /* or NULL */
	bool has_addresses;             /* an address or a prefix stands among its targets */
};

struct clause {
	uint32_t rule, ports;
	uint32_t text;                  /* the target as written, kept by the index */
	uint32_t line;
	uint32_t via;                   /* 0, or the reference (tag:X, group:Y) that brought it */
	uint16_t col, file;
};

struct via {
	struct sv word;
	struct place at;
};

struct policy {
	atomic_uint refs;
	struct arena *arena;            /* texts, sets, lists that never grow */
	struct index *index;
	struct compiled_rule *rules;
	struct clause *clauses;
	uint32_t *clause_sources;       /* of each clause's rule: what most candidates fail by lies dense; SOURCES_WHO
	                                   is set where its rule wants more than an address */
	struct port_set *ports;
	const struct netset **sources;  /* [0] is NULL: any */
	const struct prefix *source_prefixes;   /* of all sets, sorted, each once */
	size_t n_source_prefixes;
	bool has_any_source;
	uint8_t *port_protos;                   /* of each port: enum proto bits that some clause has */
	const struct nettree *source_tree;      /* an address to the numbers of the sources that hold it */
	struct whos *whos;                      /* NULL: no rule wants an identity or a user */
	struct via *vias;               /* [0] unused */
	const char **files;
	size_t n_rules, n_clauses, n_ports, n_sources, n_vias, n_files;
	struct allowance allow;
	bool default_audit;
	struct ip *locals;
	uint16_t *own_ports;
	size_t n_locals, n_own_ports;
	int64_t *untils;                /* ascending */
	size_t n_untils;
	struct policy_counts counts;
};

void policy_free(struct policy *p);     /* copes with a half-built one */
/* layout.c: `items` are the prefixes of all sets of sources, each with the number of its set. */
void policy_lay_out(struct policy *p, const struct nettree_item *items, size_t n_items);

static inline const struct compiled_rule *clause_rule(const struct policy *p, const struct clause *c)
{
	return &p->rules[c->rule];
}

/* `until_ms` is the first moment at which the rule does not exist any more. */
static inline bool rule_is_over(const struct compiled_rule *r, int64_t now_ms)
{
	return r->pub.until_ms != 0 && now_ms >= r->pub.until_ms;
}

static inline bool rule_has_source(const struct policy *p, const struct compiled_rule *r,
				   const struct ip *source)
{
	return r->sources == 0 || netset_has(p->sources[r->sources], source);
}

/* The kinds (enum who_kind) that the rule wants and the client does not show. */
static inline unsigned rule_lacks(const struct policy *p, const struct compiled_rule *r, const struct ask *ask)
{
	if (r->who == 0)
		return 0;
	return whos_lacking(p->whos, r->who, whos_met(p->whos, r->who, ask), ask, r->pub.action == ACTION_ALLOW);
}

static inline enum proto clause_proto(const struct policy *p, const struct clause *c,
				      const struct ask *ask)
{
	return ports_match(&p->ports[c->ports], ask->protos, ask->port);
}

#endif
