/*
 * flat -- a policy laid out as the clauses that are tried one after the other, with their patterns in the open.
 * The compiled policy answers questions and has forgotten how it was written; this one is for reading: what
 * stands where, which reference brought it, whom it is for. Made from a configuration that has
 * loaded without an error; what cannot be read here is left out in silence, since loading has reported it.
 */
#ifndef SEKISHO_CATALOG_FLAT_H
#define SEKISHO_CATALOG_FLAT_H

#include "policy/groups.h"
#include "policy/netset.h"
#include "policy/policy.h"
#include "policy/tags.h"

#define FLAT_NONE UINT32_MAX

struct flat_rule {
	const struct conf_node *node;
	const char *collection, *name;
	enum action action;
	unsigned priority;
	int64_t until_ms;               /* 0: open-ended */
	bool any;                       /* from any, or without addresses */
	struct sv opaque;               /* addresses that are not read here ("service-tag:x"), as one text; n == 0: none */
	const struct sv *identities, *users;    /* what stands behind "identity:" and "user:"; none: nobody in particular */
	size_t n_identities, n_users;
	const struct prefix *prefixes;
	size_t n_prefixes;
	const struct netset *set;       /* of the prefixes; NULL when there are none */
	uint32_t first, n;              /* clauses */
};

struct flat_ref {                       /* tag:X in a rule */
	const struct conf_word *word;
	struct sv text;
	const struct tag *tag;
	uint32_t rule, first, n;
};

struct flat_clause {
	uint32_t rule, ref;             /* ref: FLAT_NONE unless a tag brought it */
	struct sv text;
	struct place at;
	struct port_set ports;
	struct sv opaque;               /* a reference that is compared by its text (a long group, a service tag) */
	uint32_t group;                 /* number of the fqdn-group, or FLAT_NONE */
	const struct pattern *patterns;
	size_t n_patterns;
};

struct flat {
	struct arena *arena;
	struct reading r;
	struct diag_list ignored;
	struct groups *groups;
	struct tags *tags;
	struct flat_rule *rules;        /* in the order in which they are tried */
	struct flat_ref *refs;
	struct flat_clause *clauses;
	size_t n_rules, n_refs, n_clauses, rules_cap, refs_cap, clauses_cap;
	bool explicit_only;             /* every listener is explicit: nobody asks for tcp alone */
};

void flat_make(struct flat *f, const struct conf *conf);
void flat_fini(struct flat *f);

static inline struct sv node_name(const struct conf_node *n)
{
	return n->words[1].text;
}

static inline bool place_is_library(struct place at)    /* stands in a catalog file */
{
	return at.file && sv_ends_with(sv_of(at.file), SV(".tag"));
}

#endif
