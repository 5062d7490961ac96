/*
 * index -- the walk over the labels of one asked name, and what people may look up. The builder is in
 * index_build.c, the layout in index_layout.h.
 */
#include "policy/index_layout.h"

#include "base/suggest.h"

#include <stdlib.h>

void index_free(struct index *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->n_owned; i++)
		regex_free(x->owned[i]);
	free(x->owned);
	free(x->regexes);
	free(x->any);
	free(x->globs);
	free(x->records);
	free(x->buckets);
	free(x->kept);
	free(x->texts);
	free(x->blob);
	arena_free(x->arena);
	free(x);
}

struct sv index_text(const struct index *x, uint32_t handle)
{
	const struct kept *k = &x->kept[handle];

	if (k->is_name)
		return (struct sv){ (const char *)x->blob + k->at, k->n };
	return (struct sv){ x->texts + k->at, k->n };
}

static const unsigned char *bucket_of(const struct index *x, uint32_t hash)
{
	return x->blob + (size_t)x->buckets[hash_bucket(hash, x->n_buckets)] * 4;
}

static uint64_t eight_octets(const unsigned char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return le64toh(w);
}

/* The sum of the first n octets; reads up to seven more, and takes none of them in. */
static size_t sum_octets(const unsigned char *p, unsigned n)
{
	const uint64_t even = 0x00ff00ff00ff00ffu, ones = 0x0001000100010001u;
	size_t sum = 0;
	uint64_t w;

	for (; n >= 8; p += 8, n -= 8) {
		w = eight_octets(p);
		sum += ((w & even) + (w >> 8 & even)) * ones >> 48;
	}
	if (n == 0)
		return sum;
	w = eight_octets(p) << (64 - 8 * n);
	return sum + (((w & even) + (w >> 8 & even)) * ones >> 48);
}

/* The high bit of each of the eight octets that is zero; exact. */
static uint64_t zero_octets(uint64_t w)
{
	const uint64_t low = 0x7f7f7f7f7f7f7f7fu;

	return ~(((w & low) + low) | w | low);
}

/* The ref of the name `suffix` in its bucket, or 0. Eight tags are compared at a time. */
static uint32_t find_ref(const unsigned char *bucket, struct sv suffix, uint32_t hash)
{
	const unsigned n = bucket_count(bucket);
	const unsigned char *tags = bucket + 2, *lengths = tags + n;
	const uint64_t wanted = (hash & 0xff) * 0x0101010101010101u;
	uint32_t ref;

	for (unsigned first = 0; first < n; first += 8) {
		uint64_t same = zero_octets(eight_octets(tags + first) ^ wanted);

		for (; same; same &= same - 1) {
			unsigned i = first + (unsigned)__builtin_ctzll(same) / 8;

			if (i >= n)
				break;
			if (lengths[i] != suffix.n || memcmp(bucket + bucket_names(n) + sum_octets(lengths, i),
							     suffix.p, suffix.n) != 0)
				continue;
			memcpy(&ref, bucket + bucket_refs(n) + 4 * (size_t)i, sizeof(ref));
			return ref;
		}
	}
	return 0;
}

/* ---- the walk ------------------------------------------------------------------------------- */

struct walk {
	const struct index *x;
	index_visit *visit;
	void *arg;
};

static void visit_list(const struct walk *w, enum pattern_kind kind, struct sv pattern,
		       const uint32_t *ranks, size_t n)
{
	const struct index_hit hit = { .kind = kind, .ranks = ranks, .n = n, .pattern = pattern };

	if (n)
		w->visit(w->arg, &hit);
}

static void visit_record(const struct walk *w, const uint32_t *r, struct sv suffix, bool whole)
{
	const uint32_t *below = r + RECORD_HEAD + r[RECORD_EXACT], *tree = below + r[RECORD_BELOW];
	const uint32_t *glob = tree + r[RECORD_TREE];

	if (whole)
		visit_list(w, PATTERN_EXACT, suffix, r + RECORD_HEAD, r[RECORD_EXACT]);
	else
		visit_list(w, PATTERN_BELOW, suffix, below, r[RECORD_BELOW]);
	visit_list(w, PATTERN_TREE, suffix, tree, r[RECORD_TREE]);
	for (uint32_t i = 0; i < r[RECORD_GLOBS]; i++, glob += 2 + glob[1])
		visit_list(w, PATTERN_GLOB, text_at(w->x->texts, w->x->globs[glob[0]]), glob + 2, glob[1]);
}

static void visit_ref(const struct walk *w, uint32_t ref, struct sv suffix, bool whole)
{
	const uint32_t value = ref & REF_MASK;

	switch ((enum ref_kind)(ref >> REF_SHIFT)) {
	case REF_EXACT:
		visit_list(w, PATTERN_EXACT, suffix, &value, whole);
		break;
	case REF_BELOW:
		visit_list(w, PATTERN_BELOW, suffix, &value, !whole);
		break;
	case REF_TREE:
		visit_list(w, PATTERN_TREE, suffix, &value, 1);
		break;
	case REF_RECORD:
		visit_record(w, w->x->records + value, suffix, whole);
		break;
	case REF_NONE:
	case REF_CHAIN:
		break;
	}
}

static void visit_regexes(const struct walk *w)
{
	for (size_t i = 0; i < w->x->n_regexes; i++) {
		const struct index_regex *r = &w->x->regexes[i];
		const struct index_hit hit = { PATTERN_REGEX, &r->rank, 1,
					       text_at(w->x->texts, r->source), r->regex };

		if (!w->visit(w->arg, &hit))
			return;
	}
}

struct probe {
	uint32_t hash;
	uint16_t at;
	const unsigned char *bucket;
};

/* The suffixes worth looking up, shortest first. */
static size_t collect_probes(const struct index *x, struct sv name, struct probe *out)
{
	struct suffixes s = suffixes_of(name);
	size_t n = 0;

	while (suffixes_next(&s) && s.depth <= DEPTH_MAX) {
		if (!depth_has(&x->suffix, s.depth) &&
		    (s.at != 0 || !depth_has(&x->exact, s.depth)))
			continue;
		out[n].hash = suffixes_hash(&s);
		out[n++].at = (uint16_t)s.at;
	}
	return n;
}

/* Asks memory for all lines of all buckets before the first is looked at. */
static void fetch_buckets(const struct index *x, struct probe *probes, size_t n)
{
	enum { LINE = 64, LINES_MAX = 12 };

	for (size_t i = 0; i < n; i++)
		__builtin_prefetch(&x->buckets[hash_bucket(probes[i].hash, x->n_buckets)]);
	for (size_t i = 0; i < n; i++) {
		const uint32_t *at = &x->buckets[hash_bucket(probes[i].hash, x->n_buckets)];
		size_t octets = (size_t)(at[1] - at[0]) * 4;

		probes[i].bucket = x->blob + (size_t)at[0] * 4;
		for (size_t k = 0; k < octets && k < (size_t)LINE * LINES_MAX; k += LINE)
			__builtin_prefetch(probes[i].bucket + k);
	}
}

static void walk_names(const struct walk *w, struct sv name)
{
	struct probe probes[DEPTH_MAX];
	size_t n = collect_probes(w->x, name, probes);

	fetch_buckets(w->x, probes, n);
	for (size_t i = 0; i < n; i++) {
		struct sv suffix = { name.p + probes[i].at, name.n - probes[i].at };
		uint32_t ref = find_ref(probes[i].bucket, suffix, probes[i].hash);

		if (ref)
			visit_ref(w, ref, suffix, probes[i].at == 0);
	}
}

void index_walk_name(const struct index *x, struct sv name, index_visit *visit, void *arg)
{
	const struct walk w = { x, visit, arg };

	if (name.n == 0 || name.n > FQDN_MAX)
		return;
	if (x->n_names)
		walk_names(&w, name);
	visit_ref(&w, x->root, SV(""), false);
	visit_list(&w, PATTERN_ANY, SV("*"), x->any, x->n_any);
	visit_regexes(&w);
}

void index_walk_address(const struct index *x, const struct ip *ip, index_visit *visit, void *arg)
{
	const struct walk w = { x, visit, arg };
	struct nettree_list lists[NETTREE_LISTS_MAX];
	size_t n = x->tree ? nettree_find(x->tree, ip, lists) : 0;

	for (size_t i = 0; i < n; i++)
		visit_list(&w, PATTERN_ADDRESS, SV(""), lists[i].values, lists[i].n);
}

/* ---- for people ----------------------------------------------------------------------------- */

static uint32_t ref_of_name(const struct index *x, struct sv name)
{
	struct suffixes s = suffixes_of(name);

	if (!x->n_names || name.n == 0)
		return 0;
	while (suffixes_next(&s))
		;
	return find_ref(bucket_of(x, suffixes_hash(&s)), name, suffixes_hash(&s));
}

static bool ref_has(const struct index *x, uint32_t ref, enum ref_kind single, unsigned record)
{
	if (ref >> REF_SHIFT == REF_RECORD)
		return x->records[(ref & REF_MASK) + record] > 0;
	return ref >> REF_SHIFT == (uint32_t)single;
}

bool index_has_exact(const struct index *x, struct sv name)
{
	return ref_has(x, ref_of_name(x, name), REF_EXACT, RECORD_EXACT);
}

bool index_has_below(const struct index *x, struct sv name)
{
	return ref_has(x, ref_of_name(x, name), REF_BELOW, RECORD_BELOW);
}

struct nearest {
	struct suggest near;
	struct sv name, best;
};

static void offer_name(struct nearest *s, struct sv other)
{
	unsigned before = s->near.distance;
	char text[FQDN_MAX + 1];

	if (other.n + 2 < s->name.n || other.n > s->name.n + 2 || sv_eq(other, s->name))
		return;
	memcpy(text, other.p, other.n);
	text[other.n] = '\0';
	suggest_offer(&s->near, text);
	if (s->near.distance < before)
		s->best = other;
}

static void offer_bucket(const struct index *x, struct nearest *s, const unsigned char *bucket)
{
	unsigned n = bucket_count(bucket);
	const unsigned char *lengths = bucket + 2 + n, *name = bucket + bucket_names(n);
	uint32_t ref;

	for (unsigned i = 0; i < n; name += lengths[i++]) {
		memcpy(&ref, bucket + bucket_refs(n) + 4 * (size_t)i, sizeof(ref));
		if (ref_has(x, ref, REF_EXACT, RECORD_EXACT))
			offer_name(s, (struct sv){ (const char *)name, lengths[i] });
	}
}

struct sv index_nearest_exact(const struct index *x, struct sv name)
{
	enum { FAR = 3 };
	struct nearest s = { .name = name, .best = { NULL, 0 } };

	suggest_init(&s.near, name);
	s.near.distance = s.near.distance < FAR ? s.near.distance : FAR;
	for (size_t i = 0; i < x->n_buckets; i++)
		offer_bucket(x, &s, x->blob + (size_t)x->buckets[i] * 4);
	return s.best;
}

void index_count(const struct index *x, struct index_counts *out)
{
	*out = x->counts;
	out->octets = sizeof(*x) + arena_bytes(x->arena) + x->n_blob + x->n_texts +
		      sizeof(uint32_t) * (x->n_buckets + 1 + x->n_records + x->n_globs + x->n_any) +
		      sizeof(*x->regexes) * x->n_regexes + sizeof(*x->kept) * x->n_kept;
}
