/*
 * tags -- the catalog: what each system needs to reach, as `tag` blocks of the configuration.
 *
 *   tag NAME {
 *       entry PATTERN PORTS [optional] [direct] [profile P[,Q]] ["purpose"] [source "..."] [as-of DATE];
 *       include TAG...;                DATE: 2024-05-01, 2024-05 or 2024
 *       deprecated "why, and what to use";
 *   }
 *
 * A rule takes a tag by `tag:NAME` with any number of `+` parts. What it gets:
 *  - entries without a word: always; `optional` ones only by `+optional`; those of a `profile` only if one of
 *    its profiles is named (`+standard-eu`); an optional entry of a profile needs both.
 *  - an included tag gives what the tag itself would give under the same parts: `+optional` and profiles reach
 *    through includes, so that one spelling opens one system whole. Each tag gives its entries once.
 *  - the parameter `cloud` (or the cloud of ${region}) is a profile that every use names: with
 *    `param cloud government;` the entries of `profile government` are part of each tag.
 *  - `direct` entries (traffic that must not go through a proxy) are shown and allow nothing.
 *  - an entry service-tag:NAME stands for the prefixes of that service tag; where no file has it, it is left
 *    out, with a note unless it is optional.
 * All texts are borrowed from the configuration: a catalog lives no longer.
 */
#ifndef SEKISHO_POLICY_TAGS_H
#define SEKISHO_POLICY_TAGS_H

#include "policy/ports.h"
#include "policy/reading.h"

struct tags;
struct tag;

struct tag_entry {
	const struct tag *tag;
	const struct conf_word *word;   /* the pattern as written, parameters and all */
	struct place at;
	struct sv ports_text;
	struct port_set ports;
	bool optional, direct, service_tag;
	const char *const *profiles;    /* none: belongs to every use */
	size_t n_profiles;
	struct sv purpose, source, as_of;       /* p == NULL where nothing is said */
};

struct tag {
	const char *name;
	struct place at;
	struct sv deprecated;           /* why it should not be used any more; p == NULL: it is current */
	const struct tag_entry *entries;
	size_t n_entries;
	const struct conf_word *const *includes;
	size_t n_includes;
};

/* Reads every tag and checks its syntax and that includes do not run in a circle; errors are reported.
 * Never NULL. Lives in r->scratch; tags_fini() gives back the rest. */
struct tags *tags_read(const struct reading *r);
void tags_fini(struct tags *t);

size_t tags_count(const struct tags *t);
const struct tag *tags_at(const struct tags *t, size_t i);      /* in the order of the files */
const struct tag *tags_find(const struct tags *t, struct sv name);      /* NULL: no such tag */
const char *tags_suggest(const struct tags *t, struct sv name);

/* Visits what `spec` (NAME or NAME+PART+PART, standing at `at`) opens: entry by entry in file order, included
 * tags behind the tag's own. Entries left out for a parameter that is not set are noted once; where such
 * an entry is required, that is an error. The tag found, or NULL when `spec` is wrong (reported). */
typedef void tags_visit(void *arg, const struct tag_entry *e, const struct patterns *p);
const struct tag *tags_resolve(struct tags *t, const struct reading *r, struct sv spec, struct place at,
			       tags_visit *visit, void *arg);

/* ---- for people ----------------------------------------------------------------------------- */

enum tag_fate {                 /* what becomes of an entry in one use of a tag */
	FATE_OPEN,
	FATE_DIRECT,            /* must not go through a proxy */
	FATE_OPTIONAL,          /* left out without +optional */
	FATE_PROFILE,           /* left out: none of its profiles is named */
	FATE_MISSING,           /* a parameter is not set; `reason` tells */
	FATE_UNKNOWN,           /* no file has this service tag; `reason` tells */
	FATE_WRONG,             /* reported as an error */
};

struct tag_finding {
	const struct tag_entry *e;
	enum tag_fate fate;
	struct sv reason;
	const struct patterns *patterns;        /* FATE_OPEN */
	const struct tag *const *through;       /* from the tag asked for to the one that includes e->tag */
	size_t n_through;                       /* 0: it is the tag's own */
};

/* As tags_resolve(), with every entry of the walk and what becomes of it; nothing is noted. */
typedef void tags_examine_visit(void *arg, const struct tag_finding *f);
const struct tag *tags_examine(struct tags *t, const struct reading *r, struct sv spec, struct place at,
			       tags_examine_visit *visit, void *arg);

#endif
