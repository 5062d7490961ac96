/* cover -- see cover.h. */
#include "catalog/cover.h"

bool name_at_or_below(struct sv name, struct sv of)
{
	if (of.n == 0 || sv_eq(name, of))
		return true;
	return name.n > of.n && sv_ends_with(name, of) && name.p[name.n - of.n - 1] == '.';
}

static bool name_below(struct sv name, struct sv of)
{
	return name.n > of.n && name_at_or_below(name, of);
}

bool pattern_same(const struct pattern *a, const struct pattern *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == PATTERN_ADDRESS)
		return a->prefix.bits == b->prefix.bits && ip_eq(&a->prefix.addr, &b->prefix.addr);
	return a->kind == PATTERN_REGEX ? sv_eq(a->regex, b->regex) : sv_eq(a->name, b->name);
}

/* Whether *.R, a glob, takes every name below `name`: it does if it takes one of one more label. */
static bool glob_takes_below(struct sv glob, struct sv name)
{
	char text[300];

	if (!sv_starts_with(glob, SV("*.")) || name.n + 2 > sizeof(text))
		return false;
	memcpy(text, "x.", 2);
	memcpy(text + 2, name.p, name.n);
	return glob_match(glob, (struct sv){ text, name.n + 2 });
}

static bool covers_exact(const struct pattern *wide, const struct regex *re, struct sv name)
{
	switch (wide->kind) {
	case PATTERN_EXACT: return sv_eq(wide->name, name);
	case PATTERN_BELOW: return name_below(name, wide->name);
	case PATTERN_TREE:  return name_at_or_below(name, wide->name);
	case PATTERN_GLOB:  return glob_match(wide->name, name);
	case PATTERN_REGEX: return re && regex_match(re, name) == REGEX_YES;
	case PATTERN_ANY:   return true;
	case PATTERN_ADDRESS: break;
	}
	return false;
}

static bool covers_below(const struct pattern *wide, struct sv name)
{
	if (wide->kind == PATTERN_BELOW || wide->kind == PATTERN_TREE)
		return name_at_or_below(name, wide->name);
	return wide->kind == PATTERN_ANY || (wide->kind == PATTERN_GLOB && glob_takes_below(wide->name, name));
}

bool pattern_covers(const struct pattern *wide, const struct regex *re, const struct pattern *narrow,
		    struct sv narrow_suffix)
{
	if (wide->kind == PATTERN_ADDRESS || narrow->kind == PATTERN_ADDRESS)
		return wide->kind == narrow->kind && wide->prefix.bits <= narrow->prefix.bits &&
		       prefix_contains(&wide->prefix, &narrow->prefix.addr);
	if (wide->kind == PATTERN_ANY || pattern_same(wide, narrow))
		return true;
	switch (narrow->kind) {
	case PATTERN_EXACT:
		return covers_exact(wide, re, narrow->name);
	case PATTERN_BELOW:
		return covers_below(wide, narrow->name);
	case PATTERN_TREE:
		return covers_below(wide, narrow->name) &&
		       covers_exact(wide, NULL, narrow->name);
	case PATTERN_GLOB: case PATTERN_REGEX:  /* something always stands before the literal suffix */
		return (wide->kind == PATTERN_BELOW || wide->kind == PATTERN_TREE) && narrow_suffix.n &&
		       name_at_or_below(narrow_suffix, wide->name);
	case PATTERN_ADDRESS: case PATTERN_ANY:
		break;
	}
	return false;
}

/* ---- ports ---------------------------------------------------------------------------------- */

/* Which protocols of an earlier entry take all that `proto` of a later one could get. */
static unsigned takers(unsigned proto, bool explicit_only)
{
	if (proto == PROTO_HTTPS || (proto == PROTO_TCP && explicit_only))
		return PROTO_HTTPS | PROTO_TCP;
	return proto;
}

static bool range_covered(const struct port_set *wide, const struct port_range *range, unsigned protos)
{
	unsigned at = range->lo;

	for (size_t i = 0; i < wide->n; i++) {
		const struct port_range *w = &wide->ranges[i];

		if (!(w->proto & protos) || at < w->lo || at > w->hi)
			continue;
		at = w->hi + 1u;
		if (at > range->hi)
			return true;
		i = (size_t)-1;         /* ranges stand in no order */
	}
	return false;
}

bool ports_cover(const struct port_set *wide, const struct port_set *narrow, bool explicit_only)
{
	for (size_t i = 0; i < narrow->n; i++)
		if (!range_covered(wide, &narrow->ranges[i], takers(narrow->ranges[i].proto, explicit_only)))
			return false;
	return narrow->n > 0;
}

bool ports_meet(const struct port_set *a, const struct port_set *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			if ((takers(a->ranges[i].proto, true) & b->ranges[k].proto) &&
			    a->ranges[i].lo <= b->ranges[k].hi && b->ranges[k].lo <= a->ranges[i].hi)
				return true;
	return false;
}

/* ---- sources -------------------------------------------------------------------------------- */

static bool has_word(const struct sv *words, size_t n, struct sv word)
{
	for (size_t i = 0; i < n; i++)
		if (sv_eq(words[i], word))
			return true;
	return false;
}

/* Identities or users; by their texts, but `*` is anybody. */
static bool words_cover(const struct sv *wide, size_t n_wide, const struct sv *narrow, size_t n_narrow)
{
	if (n_wide == 0)
		return true;
	if (n_narrow && has_word(wide, n_wide, SV("*")))
		return true;
	for (size_t i = 0; i < n_narrow; i++)
		if (!has_word(wide, n_wide, narrow[i]))
			return false;
	return n_narrow > 0;
}

static bool words_meet(const struct sv *a, size_t n_a, const struct sv *b, size_t n_b)
{
	if (n_a == 0 || n_b == 0 || has_word(a, n_a, SV("*")) || has_word(b, n_b, SV("*")))
		return true;
	for (size_t i = 0; i < n_b; i++)
		if (has_word(a, n_a, b[i]))
			return true;
	return false;
}

static bool addresses_cover(const struct flat_rule *wide, const struct flat_rule *narrow)
{
	if (wide->any)
		return true;
	if (narrow->any || !sv_eq(wide->opaque, narrow->opaque))
		return false;
	for (size_t i = 0; i < narrow->n_prefixes; i++)
		if (!wide->set || !netset_covers(wide->set, &narrow->prefixes[i]))
			return false;
	return true;
}

static bool addresses_meet(const struct flat_rule *a, const struct flat_rule *b)
{
	if (a->any || b->any || (a->opaque.n && sv_eq(a->opaque, b->opaque)))
		return true;
	for (size_t i = 0; i < b->n_prefixes; i++)
		if (a->set && netset_overlaps(a->set, &b->prefixes[i]))
			return true;
	return false;
}

bool sources_cover(const struct flat_rule *wide, const struct flat_rule *narrow)
{
	return wide == narrow ||
	       (addresses_cover(wide, narrow) &&
		words_cover(wide->identities, wide->n_identities, narrow->identities, narrow->n_identities) &&
		words_cover(wide->users, wide->n_users, narrow->users, narrow->n_users));
}

bool sources_meet(const struct flat_rule *a, const struct flat_rule *b)
{
	return addresses_meet(a, b) &&
	       words_meet(a->identities, a->n_identities, b->identities, b->n_identities) &&
	       words_meet(a->users, a->n_users, b->users, b->n_users);
}
