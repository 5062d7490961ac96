/*
 * building -- what the parts of the policy's builder share; nobody else includes it.
 * build.c reads collections, rules and targets; build_sources.c who may ask; build_reach.c which guarded addresses
 * are open, and says so when an entry can never connect.
 */
#ifndef SEKISHO_POLICY_BUILDING_H
#define SEKISHO_POLICY_BUILDING_H

#include "policy/compiled.h"
#include "policy/groups.h"
#include "policy/reading.h"
#include "policy/symtab.h"
#include "policy/tags.h"

struct prefixes {
	struct prefix *p;
	size_t n, cap;
};

struct ranks {
	uint32_t *p;
	size_t n, cap;
};

struct collection {
	const struct conf_node *node;
	const char *name;
	unsigned priority;
	enum action action;
	enum verify_mode verify;        /* its own word, or the global one */
};

struct known_words {                    /* texts that were read, and the number that came of each */
	struct symtab texts;
	uint32_t *numbers;
	size_t cap;
};

struct build {
	struct reading r;
	struct reading line;            /* scratch that is renewed now and then: there may be a million lines */
	const struct policy_env *env;
	struct policy *p;
	struct index_builder *index;
	struct groups *groups;
	struct tags *tags;
	struct service_tags *service_tags;
	struct symtab files, port_texts, tags_used, noted;
	struct known_words sources, whos;       /* of `from` lines */
	bool warned[2];                 /* that identities (users) have no file */
	struct nettree_item *source_items;      /* every prefix of every set of sources */
	size_t n_source_items, source_items_cap;
	struct ranks *group_ranks;      /* by number of fqdn-group */
	size_t rules_cap, clauses_cap, ports_cap, sources_cap, vias_cap, files_cap;
};

/* What a `to` line is read for. */
struct target_line {
	struct build *b;
	const struct collection *collection;
	uint32_t rule;
	uint32_t ports;                 /* of the line; SYMTAB_NONE: none stand there */
	const struct conf_word *word;   /* the target being read */
	uint32_t via;
};

static inline void add_prefix(struct prefixes *l, const struct prefix *p)
{
	l->p = xgrow(l->p, l->n, &l->cap, sizeof(*l->p));
	l->p[l->n++] = *p;
}

/* ---- build_sources.c ------------------------------------------------------------------------- */

/* The number of the rule's set of addresses; 0 is any. */
uint32_t build_sources(struct build *b, const struct conf_node *rule);
/* The number of what it wants besides (who.h); 0 is nothing. */
uint32_t build_who(struct build *b, const struct conf_node *rule);

/* ---- build_reach.c --------------------------------------------------------------------------- */

/* What the `allow-address` lines among `nodes` open. False: there are none. */
bool build_allowance(struct build *b, const struct conf_node *nodes, struct allowance *out);
/* Says so when an address that a rule allows can never be dialled. */
void build_check_reach(const struct target_line *l, struct place at, const struct pattern *p);

#endif
