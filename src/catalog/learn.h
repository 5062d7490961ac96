/*
 * learn -- from what was seen to what a policy could say.
 * Proposes tags that explain refused names, rules for what no tag explains, names in place of wildcards that only ever
 * matched a few, and points at rules that nothing used. Proposes only: whoever was refused may have been refused
 * rightly, so each line says how often and when. The order of everything is that of the texts, not of the log.
 */
#ifndef SEKISHO_CATALOG_LEARN_H
#define SEKISHO_CATALOG_LEARN_H

#include "catalog/flat.h"
#include "catalog/observed.h"

enum { LEARN_FEW = 8 };

enum want_fate {                        /* what becomes of a destination that was refused */
	WANT_RULE,                      /* a rule of its own */
	WANT_TAG,                       /* a tag explains it */
	WANT_OPEN,                      /* the policy lets it pass by now */
	WANT_DENIED,                    /* a deny rule decides by now */
	WANT_EXPECTED,                  /* an `expect deny` wants it closed */
	WANT_GUARDED,                   /* an address that the guard keeps closed */
	WANT_NO_ROOM,                   /* no priority is free before the audit collections */
};

struct learned_group {                  /* sources that are taken together */
	struct sv text, name;           /* as in `from`; as part of a rule's name */
	const struct prefix *prefixes;
	size_t n_prefixes;
};

struct learned_want {
	bool audited;                   /* an audit collection would deny it */
	uint32_t group;
	struct sv from;                 /* the group's text */
	struct sv name;                 /* n == 0: ip */
	struct ip ip, source;           /* source: one of them */
	uint16_t port;
	enum proto proto;
	uint64_t count;
	uint32_t sources;
	int64_t last_ms;
	enum want_fate fate;
	uint32_t tag;                   /* WANT_TAG: its number in `tags` */
	struct place expected;          /* WANT_EXPECTED */
	struct sv also;                 /* tags that have it besides, for a comment */
};

struct learned_tag {
	bool audited;
	uint32_t group;
	const struct tag *tag;
	struct sv spec;                 /* NAME+PART */
	size_t asked, needed;           /* entries that explain something; that every use has */
};

struct learned_narrow {                 /* a wildcard that matched few names */
	const struct flat_rule *rule;
	struct sv entry;
	struct place at;
	struct sv *names;               /* "a.example https:443", ascending */
	size_t n;
	uint64_t count;
	int64_t last_ms;
};

struct learned_unused {
	const struct flat_rule *rule;
	uint64_t audits;
};

struct learned {
	struct arena *arena;
	struct flat flat;
	const struct conf *conf;
	const struct policy *policy;    /* NULL: a catalog alone */
	const struct observed *seen;
	struct learned_group *groups;
	struct learned_want *wants;
	struct learned_want *closed;    /* what an `expect deny` wants closed; `expected` says which */
	struct learned_tag *tags;
	struct learned_narrow *narrow;
	struct learned_unused *unused;
	size_t n_groups, n_wants, n_closed, n_tags, n_narrow, n_unused;
	uint64_t changed;               /* sessions that another rule would decide by now */
	unsigned priority, audited_priority;    /* of the proposed collections; 0: none is free */
	const char *name, *audited_name;
};

/* What observed_add_rule() needs, before the logs are read. */
void learn_rules(struct observed *seen, const struct conf *conf);
/* `few`: how many names a wildcard may have matched to be worth replacing. */
void learn_run(struct learned *out, const struct conf *conf, const struct policy *policy,
	       const struct observed *seen, size_t few);
void learn_fini(struct learned *l);

/* A policy file to be included (or, with `catalog`, one that includes that folder's tags itself). */
void learn_print(const struct learned *l, const char *catalog, FILE *to);
void learn_print_json(const struct learned *l, FILE *to);

struct sv learn_target(const struct learned_want *w, struct arena *a);  /* the name or address */

/* learn_tags.c: gives wants of fate WANT_RULE to tags. */
void learn_tags(struct learned *l);
bool learn_group_has(const struct learned_group *g, const struct ip *source);

#endif
