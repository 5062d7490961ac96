/*
 * netset -- sets and maps of prefixes over one kind of key.
 * Every address becomes a 128-bit key, left-aligned: an IPv4 address stands in the upper 32 bits.  A
 * prefix of n bits is then the same thing in both families, which are kept apart by having a
 * structure each.
 */
#include "policy/netset.h"

#include <assert.h>
#include <stdlib.h>

struct key {
	uint64_t hi, lo;
};

enum { V4, V6, FAMILIES };

static unsigned family_of(const struct ip *ip)
{
	return ip->family == 6 ? V6 : V4;
}

static uint64_t load64(const uint8_t *b)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | b[i];
	return v;
}

static struct key key_of(const struct ip *ip)
{
	return (struct key){ load64(ip->b), load64(ip->b + 8) };
}

static int key_cmp(struct key a, struct key b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return a.lo < b.lo ? -1 : a.lo > b.lo;
}

/* Ones behind the first `bits` bits. */
static struct key host_mask(unsigned bits)
{
	return (struct key){
		bits >= 64 ? 0 : UINT64_MAX >> bits,
		bits >= 128 ? 0 : bits <= 64 ? UINT64_MAX : UINT64_MAX >> (bits - 64),
	};
}

static unsigned key_bit(struct key k, unsigned i)
{
	return (unsigned)(i < 64 ? k.hi >> (63 - i) : k.lo >> (127 - i)) & 1;
}

static unsigned common_bits(struct key a, struct key b)
{
	if (a.hi != b.hi)
		return (unsigned)__builtin_clzll(a.hi ^ b.hi);
	return a.lo != b.lo ? 64 + (unsigned)__builtin_clzll(a.lo ^ b.lo) : 128;
}

/* ---- netset ------------------------------------------------------------------------------- */

struct range {
	struct key lo, hi;
};

struct netset {
	struct range *ranges[FAMILIES];         /* sorted, apart by at least one address */
	size_t n[FAMILIES];
};

static struct range range_of(const struct prefix *p)
{
	struct key k = key_of(&p->addr), mask = host_mask(p->bits);

	return (struct range){
		{ k.hi & ~mask.hi, k.lo & ~mask.lo },
		{ k.hi | mask.hi, k.lo | mask.lo },
	};
}

static int compare_ranges(const void *left, const void *right)
{
	const struct range *a = left, *b = right;

	return key_cmp(a->lo, b->lo);
}

/* Whether `next` begins inside `last` or right behind it; its beginning is not before that of `last`. */
static bool joins(const struct range *last, const struct range *next)
{
	struct key after = { last->hi.hi + (last->hi.lo == UINT64_MAX), last->hi.lo + 1 };

	if (key_cmp(next->lo, last->hi) <= 0)
		return true;
	return key_cmp(next->lo, after) == 0;
}

static size_t merge(struct range *ranges, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(ranges, n, sizeof(*ranges), compare_ranges);
	for (size_t i = 0; i < n; i++) {
		struct range *last = kept ? &ranges[kept - 1] : NULL;

		if (!last || !joins(last, &ranges[i]))
			ranges[kept++] = ranges[i];
		else if (key_cmp(ranges[i].hi, last->hi) > 0)
			last->hi = ranges[i].hi;
	}
	return kept;
}

const struct netset *netset_build(struct arena *a, const struct prefix *prefixes, size_t n)
{
	struct netset *s = arena_alloc(a, sizeof(*s));
	struct range *all = xcalloc(n, sizeof(*all));

	for (unsigned f = 0; f < FAMILIES; f++) {
		size_t kept = 0;

		for (size_t i = 0; i < n; i++)
			if (family_of(&prefixes[i].addr) == f)
				all[kept++] = range_of(&prefixes[i]);
		s->n[f] = merge(all, kept);
		s->ranges[f] = arena_array(a, s->n[f], sizeof(*all));
		if (s->n[f])
			memcpy(s->ranges[f], all, s->n[f] * sizeof(*all));
	}
	free(all);
	return s;
}

/* The first range that does not end before `k`, or NULL. */
static const struct range *range_at(const struct netset *s, unsigned family, struct key k)
{
	const struct range *ranges = s->ranges[family];
	size_t lo = 0, hi = s->n[family];

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (key_cmp(ranges[mid].hi, k) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->n[family] ? &ranges[lo] : NULL;
}

bool netset_has(const struct netset *s, const struct ip *ip)
{
	struct key k = key_of(ip);
	const struct range *r = s && ip->family ? range_at(s, family_of(ip), k) : NULL;

	return r && key_cmp(r->lo, k) <= 0;
}

bool netset_overlaps(const struct netset *s, const struct prefix *p)
{
	struct range want = range_of(p);
	const struct range *r = s ? range_at(s, family_of(&p->addr), want.lo) : NULL;

	return r && key_cmp(r->lo, want.hi) <= 0;
}

bool netset_covers(const struct netset *s, const struct prefix *p)
{
	struct range want = range_of(p);
	const struct range *r = s ? range_at(s, family_of(&p->addr), want.lo) : NULL;

	return r && key_cmp(r->lo, want.lo) <= 0 && key_cmp(want.hi, r->hi) <= 0;
}

/* ---- nettree ------------------------------------------------------------------------------ */

/*
 * A node stands for a prefix; with a list it is one of the prefixes given, without it is where two
 * subtrees part.  The way down looks only at the bits that part subtrees.  It ends at a node with a
 * list (a parting node always has two children), and everything passed is a prefix of that node's
 * key: one comparison at the end tells how many of the bits passed were really equal, and the way up
 * over the parents of the lists leaves out those that are not.
 *
 * The first steps down, where all nodes of a large tree are far apart in memory, are taken at once by a
 * table over the `jump_bits` bits behind those that all prefixes share.
 */
struct node {
	uint32_t child[2];      /* index, or NONE */
	uint32_t list;          /* index into lists, or NONE */
	uint32_t bits;
};

struct list {
	struct key key;
	uint32_t first, n;      /* in values */
	uint32_t parent;        /* the list of the next wider prefix given, or NONE */
	uint8_t bits, depth;    /* depth: the number of wider ones */
};

struct jump {
	uint32_t node, list;    /* where to go on, and the last list passed; or NONE */
};

struct tree {
	struct node *nodes;     /* the root first */
	struct list *lists;     /* sorted by prefix */
	struct jump *jumps;
	uint32_t n_nodes, n_lists;
	unsigned jump_at, jump_bits;
};

struct nettree {
	struct tree trees[FAMILIES];
	uint32_t *values;
};

static const uint32_t NONE = UINT32_MAX;
enum { JUMP_BITS_MAX = 16 };

struct item {
	struct key key;
	uint32_t value;
	uint8_t bits, family;
};

static int compare_items(const void *left, const void *right)
{
	const struct item *a = left, *b = right;
	int c = a->family - b->family;

	if (c == 0)
		c = key_cmp(a->key, b->key);
	if (c == 0)
		c = a->bits - b->bits;
	return c ? c : a->value < b->value ? -1 : a->value > b->value;
}

static struct item *sorted_items(const struct nettree_item *items, size_t n)
{
	struct item *sorted = xcalloc(n, sizeof(*sorted));

	for (size_t i = 0; i < n; i++)
		sorted[i] = (struct item){
			.key = range_of(&items[i].prefix).lo,
			.value = items[i].value,
			.bits = items[i].prefix.bits,
			.family = (uint8_t)family_of(&items[i].prefix.addr),
		};
	if (n)
		qsort(sorted, n, sizeof(*sorted), compare_items);
	return sorted;
}

struct builder {
	struct tree *tree;
	struct list *lists;     /* of the family being built */
	uint32_t n_lists, n_values;
	uint32_t *values;
};

/* Makes one list of each distinct prefix of `family`; returns how many items that took. */
static size_t gather(struct builder *b, const struct item *items, size_t n, unsigned family)
{
	size_t i;

	b->n_lists = 0;
	for (i = 0; i < n && items[i].family == family; i++) {
		const struct item *now = &items[i];
		struct list *last = b->n_lists ? &b->lists[b->n_lists - 1] : NULL;

		if (!last || key_cmp(last->key, now->key) != 0 || last->bits != now->bits) {
			last = &b->lists[b->n_lists++];
			*last = (struct list){ now->key, b->n_values, 0, NONE, now->bits, 0 };
		}
		if (last->n && b->values[b->n_values - 1] == now->value)
			continue;
		b->values[b->n_values++] = now->value;
		last->n++;
	}
	return i;
}

/* The first of the lists [from, to) with a one at `bit`; they are sorted and equal before it. */
static uint32_t part(const struct builder *b, uint32_t from, uint32_t to, unsigned bit)
{
	while (from < to) {
		uint32_t mid = from + (to - from) / 2;

		if (key_bit(b->lists[mid].key, bit))
			to = mid;
		else
			from = mid + 1;
	}
	return from;
}

static void adopt(struct builder *b, uint32_t list, uint32_t parent)
{
	b->lists[list].parent = parent;
	b->lists[list].depth = parent == NONE ? 0 : (uint8_t)(b->lists[parent].depth + 1);
}

/* Makes the subtree of the lists [from, to), at least one; at most 129 deep. */
static uint32_t add_subtree(struct builder *b, uint32_t from, uint32_t to, uint32_t parent)
{
	uint32_t index = b->tree->n_nodes++, middle;
	unsigned common = common_bits(b->lists[from].key, b->lists[to - 1].key);
	struct node *node = &b->tree->nodes[index];

	*node = (struct node){ .child = { NONE, NONE }, .list = NONE, .bits = common };
	if (common >= b->lists[from].bits) {    /* the first holds all others: it is this node's own */
		adopt(b, from, parent);
		node->bits = b->lists[from].bits;
		node->list = parent = from++;
	}
	middle = from < to ? part(b, from, to, node->bits) : from;
	if (from < middle)
		node->child[0] = add_subtree(b, from, middle, parent);
	if (middle < to)
		node->child[1] = add_subtree(b, middle, to, parent);
	return index;
}

/* `n` bits from `at` on, n at most 32. */
static uint32_t key_bits(struct key k, unsigned at, unsigned n)
{
	uint64_t top = k.hi;

	if (n == 0)
		return 0;
	if (at >= 64)
		top = k.lo << (at - 64);
	else if (at > 0)
		top = k.hi << at | k.lo >> (64 - at);
	return (uint32_t)(top >> (64 - n));
}

static struct jump step(const struct tree *t, struct jump j, unsigned bit)
{
	const struct node *node = &t->nodes[j.node];

	if (node->list != NONE)
		j.list = node->list;
	j.node = node->child[bit];
	return j;
}

static struct jump walk_jump(const struct tree *t, uint32_t index)
{
	struct jump j = { 0, NONE };

	while (j.node != NONE && t->nodes[j.node].bits < t->jump_at + t->jump_bits) {
		unsigned below = t->jump_at + t->jump_bits - 1 - t->nodes[j.node].bits;

		j = step(t, j, index >> below & 1);
	}
	return j;
}

static void add_jumps(struct arena *a, struct tree *t)
{
	unsigned bits = 0;

	while (bits < JUMP_BITS_MAX && t->n_lists >> (bits + 1))
		bits++;
	t->jump_at = t->nodes[0].bits;
	t->jump_bits = bits < 128 - t->jump_at ? bits : 128 - t->jump_at;
	t->jumps = arena_array(a, (size_t)1 << t->jump_bits, sizeof(*t->jumps));
	for (uint32_t i = 0; i < 1u << t->jump_bits; i++)
		t->jumps[i] = walk_jump(t, i);
}

static void build_tree(struct arena *a, struct builder *b, struct tree *tree)
{
	struct node *roomy;

	if (b->n_lists == 0)
		return;
	roomy = xcalloc(2 * (size_t)b->n_lists, sizeof(*roomy));
	*tree = (struct tree){ .nodes = roomy, .n_lists = b->n_lists };
	b->tree = tree;
	add_subtree(b, 0, b->n_lists, NONE);
	tree->nodes = arena_array(a, tree->n_nodes, sizeof(*roomy));
	memcpy(tree->nodes, roomy, tree->n_nodes * sizeof(*roomy));
	free(roomy);
	tree->lists = arena_array(a, tree->n_lists, sizeof(*tree->lists));
	memcpy(tree->lists, b->lists, tree->n_lists * sizeof(*tree->lists));
	add_jumps(a, tree);
}

const struct nettree *nettree_build(struct arena *a, const struct nettree_item *items, size_t n)
{
	struct nettree *t = arena_alloc(a, sizeof(*t));
	struct item *sorted = sorted_items(items, n);
	struct builder b = { .lists = xcalloc(n, sizeof(*b.lists)) };
	size_t done = 0;

	assert(n < UINT32_MAX / 2);             /* indices of nodes have 32 bits */
	b.values = t->values = arena_array(a, n, sizeof(*t->values));
	for (unsigned f = 0; f < FAMILIES; f++) {
		done += gather(&b, sorted + done, n - done, f);
		build_tree(a, &b, &t->trees[f]);
	}
	free(b.lists);
	free(sorted);
	return t;
}

/* The list of the longest prefix that holds `k`, or NONE. */
static uint32_t longest_list(const struct tree *t, struct key k)
{
	struct jump j = t->jumps[key_bits(k, t->jump_at, t->jump_bits)];
	unsigned equal;

	while (j.node != NONE) {
		unsigned bits = t->nodes[j.node].bits;

		j = step(t, j, bits < 128 ? key_bit(k, bits) : 0);
	}
	equal = common_bits(k, t->lists[j.list].key);
	while (j.list != NONE && t->lists[j.list].bits > equal)
		j.list = t->lists[j.list].parent;
	return j.list;
}

size_t nettree_find(const struct nettree *t, const struct ip *ip,
		    struct nettree_list out[NETTREE_LISTS_MAX])
{
	const struct tree *tree = t && ip->family ? &t->trees[family_of(ip)] : NULL;
	uint32_t at;
	size_t n;

	if (!tree || tree->n_lists == 0)
		return 0;
	at = longest_list(tree, key_of(ip));
	n = at == NONE ? 0 : tree->lists[at].depth + 1u;
	for (size_t i = n; i-- > 0; at = tree->lists[at].parent)
		out[i] = (struct nettree_list){ t->values + tree->lists[at].first, tree->lists[at].n };
	return n;
}
