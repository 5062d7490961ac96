/*
 * index_layout -- how the index lies in memory; shared by its builder and its walker, by nobody else.
 *
 *   buckets  where the bucket of a hash begins in the blob, in units of four octets, and where the last one ends:
 *            ascending, and small enough to stay in the processor's cache when there are a million names
 *   blob     buckets, four-octet aligned: [ n u16 | n tags u8 | n lengths u8 | pad | n refs u32 | n names ]. Where
 *            one begins and ends is known at once, so all its lines are asked for together, and a name,
 *            there or not, costs one trip to memory. An empty bucket takes no room: it reads as its
 *            successor, where its names cannot be. Behind the last stand four zero octets.
 *   records  [ exact | below | tree | globs ] counts, then the ranks of the first three, then for each
 *            glob [ glob | n | n ranks ]. Equal records are one: a million names of one group share theirs.
 *   texts    [ n u16 | n octets ]: globs, regular expressions, and texts kept for people
 *   kept     by handle: where a kept text lies in `texts`, or in the blob as a name
 */
#ifndef SEKISHO_POLICY_INDEX_LAYOUT_H
#define SEKISHO_POLICY_INDEX_LAYOUT_H

#include "policy/index.h"
#include "policy/name.h"
#include "policy/netset.h"

#include <endian.h>

enum ref_kind { REF_NONE, REF_EXACT, REF_BELOW, REF_TREE, REF_RECORD, REF_CHAIN /* while building */ };
enum { REF_SHIFT = 29, REF_MASK = (1 << REF_SHIFT) - 1 };
enum { RECORD_EXACT, RECORD_BELOW, RECORD_TREE, RECORD_GLOBS, RECORD_HEAD };
enum { DEPTH_MAX = 127, NAMES_PER_BUCKET = 12 };

struct index_regex {
	const struct regex *regex;
	uint32_t source, rank;          /* source: kept text */
};

struct depths {                         /* a bit for each number of labels */
	uint64_t bits[2];
};

struct kept {
	uint32_t at;                    /* in texts, or where the name begins in the blob */
	uint16_t n;
	bool is_name;
};

struct index {
	struct arena *arena;            /* the address tree */
	unsigned char *blob;
	uint32_t *buckets, *records, *globs;    /* globs: where in texts */
	char *texts;
	struct kept *kept;
	size_t n_blob, n_buckets, n_names, n_records, n_globs, n_texts, n_kept;
	uint32_t root;                  /* ref of the empty suffix */
	struct depths exact, suffix;    /* at which depths there is anything to find */
	uint32_t *any;
	struct index_regex *regexes;
	struct regex **owned;
	size_t n_any, n_regexes, n_owned;
	const struct nettree *tree;
	struct index_counts counts;
};

/* Where the parts of a bucket of n names lie. */
static inline size_t bucket_refs(size_t n)
{
	return (2 + 2 * n + 3) & ~(size_t)3;
}

static inline size_t bucket_names(size_t n)
{
	return bucket_refs(n) + 4 * n;
}

static inline unsigned bucket_count(const unsigned char *bucket)
{
	uint16_t n;

	memcpy(&n, bucket, sizeof(n));
	return n;
}

/* Ascends with the hash. */
static inline size_t hash_bucket(uint32_t hash, size_t n_buckets)
{
	return (size_t)((uint64_t)hash * n_buckets >> 32);
}

static inline bool depth_has(const struct depths *d, unsigned depth)
{
	return d->bits[depth / 64] >> (depth % 64) & 1;
}

static inline struct sv text_at(const char *texts, uint32_t at)
{
	uint16_t n;

	memcpy(&n, texts + at, sizeof(n));
	return (struct sv){ texts + at + sizeof(n), n };
}

/* ---- the hash of suffixes ------------------------------------------------------------------- */

/*
 * Labels are hashed from the right, eight octets at a time, so that one pass over a name gives the hash of
 * each of its suffixes. Not keyed: only the operator puts names in, and a hit is always compared.
 */
struct suffixes {
	const char *p;
	size_t n;               /* of the whole name */
	size_t at;              /* where the suffix hashed so far begins */
	size_t end;             /* end of the next label to the left; SIZE_MAX when there is none */
	unsigned depth;         /* labels in the suffix */
	uint64_t h;
};

static inline struct suffixes suffixes_of(struct sv name)
{
	return (struct suffixes){ name.p, name.n, name.n, name.n ? name.n : SIZE_MAX, 0,
				  0x9e3779b97f4a7c15u };
}

static inline uint64_t mix(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 m = (unsigned __int128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* The at most eight octets before `end`, the last of them highest; never reads outside the name. */
static inline uint64_t load_before(const struct suffixes *s, size_t end)
{
	uint64_t w = 0;

	if (end >= 8) {
		memcpy(&w, s->p + end - 8, 8);
		return le64toh(w);
	}
	if (s->n >= 8) {
		memcpy(&w, s->p, 8);
		return le64toh(w) & (((uint64_t)1 << (8 * end)) - 1);
	}
	for (size_t i = end; i-- > 0;)
		w = w << 8 | (unsigned char)s->p[i];
	return w;
}

/* The high bit of every octet that is a dot; exact, so that the highest is the last dot. */
static inline uint64_t dots_in(uint64_t w)
{
	const uint64_t low = 0x7f7f7f7f7f7f7f7fu;
	uint64_t x = w ^ 0x2e2e2e2e2e2e2e2eu;

	return ~(((x & low) + low) | x | low);
}

/* Takes in one more label; false when there is none left. */
static inline bool suffixes_next(struct suffixes *s)
{
	size_t end = s->end, got;
	uint64_t w, dots = 0;

	if (end == SIZE_MAX)
		return false;
	while (end > 0 && !dots) {
		w = load_before(s, end);
		got = end < 8 ? end : 8;
		dots = dots_in(w);
		if (dots) {
			unsigned skip = 64 - (unsigned)__builtin_clzll(dots);   /* bits up to the dot's end */

			got -= skip / 8;
			w = got ? w >> skip : 0;
		}
		if (got)
			s->h = mix(s->h ^ w, 0xa0761d6478bd642fu ^ (uint64_t)got << 56);
		end -= got;
	}
	s->at = end;
	s->end = end ? end - 1 : SIZE_MAX;
	s->depth++;
	return true;
}

static inline uint32_t suffixes_hash(const struct suffixes *s)
{
	return (uint32_t)(s->h >> 32 ^ s->h);
}

#endif
