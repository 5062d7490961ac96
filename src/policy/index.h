/*
 * index -- which ranks an asked name or address may belong to, found by labels and not by rules.
 * Owns the text of every name (once), the hash table of name suffixes, the posting lists, the globs, the
 * compiled regular expressions and the address tree. Built once, never changes, shared by all threads.
 *  - A rank is a small number that its user gives a meaning; lower ranks are tried first. A pattern may
 *    belong to many ranks, a rank may have many patterns.
 *  - A walk visits every list of ranks whose pattern matches the name. Globs and regular expressions are
 *    visited as candidates only: the visitor runs them when their ranks interest it.
 *  - The cost of a walk grows with the labels of the asked name (and its candidates), not with the names held.
 */
#ifndef SEKISHO_POLICY_INDEX_H
#define SEKISHO_POLICY_INDEX_H

#include "policy/pattern.h"

struct index;
struct index_builder;

enum { INDEX_RANK_MAX = (1 << 29) - 1 };

/* ---- building ----------------------------------------------------------------------------- */

struct index_builder *index_builder_create(void);
void index_builder_free(struct index_builder *b);               /* NULL is fine */

/* Makes room for this many names in advance, which saves time. */
void index_expect(struct index_builder *b, size_t names);
/* A handle for these ranks, to be given to index_add() for any number of patterns. */
uint32_t index_ranks(struct index_builder *b, const uint32_t *ranks, size_t n);
/* False only for a regular expression that does not compile: *why, from `a`, says why. */
bool index_add(struct index_builder *b, uint32_t ranks, const struct pattern *p, struct arena *a,
	       struct sv *why);
/* Keeps `text` (cut at 65535 octets), shared with the name of that text when the index holds one. */
uint32_t index_keep_text(struct index_builder *b, struct sv text);
/* The index; the builder is gone. */
struct index *index_finish(struct index_builder *b);
void index_free(struct index *x);                               /* NULL is fine */

/* ---- asking ------------------------------------------------------------------------------- */

struct index_hit {
	enum pattern_kind kind;
	const uint32_t *ranks;          /* ascending; valid during the visit */
	size_t n;
	struct sv pattern;              /* the name behind "*." or ".", the glob, the source of the regex */
	const struct regex *regex;      /* PATTERN_REGEX: a candidate, still to be run */
};
/* False ends the walk over regular expressions (they come last, in rank order); elsewhere it is ignored. */
typedef bool index_visit(void *arg, const struct index_hit *hit);

void index_walk_name(const struct index *x, struct sv name, index_visit *visit, void *arg);
void index_walk_address(const struct index *x, const struct ip *ip, index_visit *visit, void *arg);

struct sv index_text(const struct index *x, uint32_t kept);     /* of index_keep_text() */
bool index_has_exact(const struct index *x, struct sv name);    /* a name written out in full */
bool index_has_below(const struct index *x, struct sv name);    /* "*.NAME" */
/* The name written out in full that is nearest to `name`, at most two letters away; n == 0: none. For
 * people (explain): it looks at every name. */
struct sv index_nearest_exact(const struct index *x, struct sv name);

struct index_counts {
	size_t names, addresses, regexes, octets;       /* patterns as added; octets of memory held */
};
void index_count(const struct index *x, struct index_counts *out);

#endif
