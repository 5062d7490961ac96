/*
 * index_build -- collects patterns with their ranks, then lays them out as index_layout.h draws it.
 * A node with one pattern of one rank holds it in its ref from the start; only when more come does it get a
 * chain of items, which index_finish() turns into a shared record.
 */
#include "policy/index_layout.h"

#include "base/hash.h"
#include "policy/symtab.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { NODE_HEAD = 5 };                 /* while building, a name is a node: [ ref u32 | n u8 | name ], padded */

#define HANDLE_MANY (1u << 31)          /* an index_ranks() handle: a span; without it, the rank itself */

struct build_slot {
	uint32_t node, hash;            /* node 0: free */
};

static inline uint32_t node_ref(const unsigned char *blob, uint32_t node)
{
	uint32_t ref;

	memcpy(&ref, blob + (size_t)node * 4, sizeof(ref));
	return ref;
}

static inline struct sv node_name(const unsigned char *blob, uint32_t node)
{
	const unsigned char *p = blob + (size_t)node * 4;

	return (struct sv){ (const char *)p + NODE_HEAD, p[NODE_HEAD - 1] };
}

struct item {                           /* one pattern at a node that has several */
	uint32_t next;                  /* item + 1, or 0 */
	uint32_t handle;
	uint32_t what;                  /* RECORD_EXACT, _BELOW, _TREE, or RECORD_GLOBS + glob */
};

struct span {
	uint32_t at, n;
};

struct list {                           /* a growing array of u32 */
	uint32_t *p;
	size_t n, cap;
};

/*
 * A name on its way into the table: its slot was asked of memory when it came, and is looked at a few names later, so
 * that a million names do not wait for a million slots one after the other.
 */
struct pending {
	uint32_t node, hash, handle, what;
};

enum { PENDING_MAX = 16 };

struct index_builder {
	struct index *x;
	struct pending pending[PENDING_MAX];    /* a ring */
	size_t pending_first, n_pending;
	struct arena *keys;             /* what the symtabs borrow */
	struct build_slot *slots;
	struct item *items;
	struct span *spans;
	struct list ranks, any, records, globs;
	struct nettree_item *addresses;
	size_t n_items, items_cap, n_spans, spans_cap, n_addresses, addresses_cap;
	size_t n_slots, blob_cap, texts_cap, kept_cap, regexes_cap, owned_cap;
	struct symtab glob_names, regex_sources;
};

/* Room for `more` elements behind the `n` there are. */
static void *room(void *p, size_t n, size_t more, size_t *cap, size_t size)
{
	if (n + more <= *cap)
		return p;
	*cap = *cap * 2 > n + more ? *cap * 2 : n + more + 16;
	return xrealloc(p, *cap * size);
}

/*
 * Zeroed memory for what is read at random places: on huge pages when it is large, for else each lookup in
 * a table of millions pays a page walk beside the cache miss. To be freed with free().
 */
static void *table_alloc(size_t size)
{
	enum { HUGE_PAGE = 2 << 20 };
	void *p;

	if (size < 2 * HUGE_PAGE)
		return xcalloc(1, size);
	size = (size + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
	p = aligned_alloc(HUGE_PAGE, size);
	if (!p)
		return xcalloc(1, size);
	madvise(p, size, MADV_HUGEPAGE);        /* advice: a kernel without them is only slower */
	return memset(p, 0, size);
}

static void list_add(struct list *l, uint32_t value)
{
	l->p = room(l->p, l->n, 1, &l->cap, sizeof(*l->p));
	l->p[l->n++] = value;
}

struct index_builder *index_builder_create(void)
{
	struct index_builder *b = xcalloc(1, sizeof(*b));

	b->x = xcalloc(1, sizeof(*b->x));
	b->x->arena = arena_create();
	b->keys = arena_create();
	b->x->n_blob = 8;               /* so that no node is 0 */
	b->x->blob = room(NULL, 0, b->x->n_blob, &b->blob_cap, 1);
	memset(b->x->blob, 0, b->x->n_blob);
	return b;
}

static void free_builder_alone(struct index_builder *b)
{
	symtab_fini(&b->glob_names);
	symtab_fini(&b->regex_sources);
	arena_free(b->keys);
	free(b->slots);
	free(b->items);
	free(b->spans);
	free(b->ranks.p);
	free(b->addresses);
	free(b);
}

void index_builder_free(struct index_builder *b)
{
	if (!b)
		return;
	free(b->any.p);
	free(b->records.p);
	free(b->globs.p);
	index_free(b->x);
	free_builder_alone(b);
}

uint32_t index_ranks(struct index_builder *b, const uint32_t *ranks, size_t n)
{
	assert(n > 0 && ranks[0] <= INDEX_RANK_MAX);
	if (n == 1)
		return ranks[0];
	b->spans = room(b->spans, b->n_spans, 1, &b->spans_cap, sizeof(*b->spans));
	b->spans[b->n_spans] = (struct span){ (uint32_t)b->ranks.n, (uint32_t)n };
	for (size_t i = 0; i < n; i++)
		list_add(&b->ranks, ranks[i]);
	return (uint32_t)b->n_spans++ | HANDLE_MANY;
}

/* The ranks of a handle; for a single one they stand in *handle itself. */
static const uint32_t *handle_ranks(const struct index_builder *b, const uint32_t *handle, size_t *n)
{
	const struct span *s;

	*n = 1;
	if (!(*handle & HANDLE_MANY))
		return handle;
	s = &b->spans[*handle & ~HANDLE_MANY];
	*n = s->n;
	return b->ranks.p + s->at;
}

/* ---- nodes ---------------------------------------------------------------------------------- */

static uint32_t hash_name(struct sv name, unsigned *depth)
{
	struct suffixes s = suffixes_of(name);

	while (suffixes_next(&s))
		;
	*depth = s.depth;
	return suffixes_hash(&s);
}

/* Homes follow the hash's high bits, as the final buckets do: laying them out runs through both in step. */
static size_t home_of(const struct index_builder *b, uint32_t hash)
{
	return (size_t)(((uint64_t)hash << 32) >> (64 - (unsigned)__builtin_ctzll(b->n_slots)));
}

static void grow_slots(struct index_builder *b, size_t to)
{
	struct build_slot *old = b->slots;
	size_t n_old = b->n_slots;

	b->n_slots = to;
	b->slots = table_alloc(b->n_slots * sizeof(*b->slots));
	for (size_t i = 0; i < n_old; i++) {
		size_t at = home_of(b, old[i].hash);

		if (!old[i].node)
			continue;
		while (b->slots[at].node)
			at = (at + 1) & (b->n_slots - 1);
		b->slots[at] = old[i];
	}
	free(old);
}

void index_expect(struct index_builder *b, size_t names)
{
	size_t to = b->n_slots ? b->n_slots : 64;

	while ((b->x->n_names + names) * 8 > to * 5)
		to *= 2;
	if (to > b->n_slots)
		grow_slots(b, to);
}

static size_t find_slot(const struct index_builder *b, struct sv name, uint32_t hash)
{
	size_t at = home_of(b, hash);

	while (b->slots[at].node && (b->slots[at].hash != hash ||
				     !sv_eq(node_name(b->x->blob, b->slots[at].node), name)))
		at = (at + 1) & (b->n_slots - 1);
	return at;
}

static uint32_t append_node(struct index_builder *b, struct sv name)
{
	struct index *x = b->x;
	size_t size = (NODE_HEAD + name.n + 3) & ~(size_t)3, at = x->n_blob;

	x->blob = room(x->blob, at, size, &b->blob_cap, 1);
	memset(x->blob + at, 0, size);
	x->blob[at + NODE_HEAD - 1] = (unsigned char)name.n;
	memcpy(x->blob + at + NODE_HEAD, name.p, name.n);
	x->n_blob += size;
	assert(x->n_blob / 4 < UINT32_MAX);
	return (uint32_t)(at / 4);
}

static uint32_t new_item(struct index_builder *b, uint32_t next, uint32_t handle, uint32_t what)
{
	b->items = room(b->items, b->n_items, 1, &b->items_cap, sizeof(*b->items));
	b->items[b->n_items++] = (struct item){ next, handle, what };
	return (uint32_t)b->n_items;
}

/* `ref` with one more pattern. */
static uint32_t ref_with(struct index_builder *b, uint32_t ref, uint32_t handle, uint32_t what)
{
	uint32_t chain = 0;

	if (ref == 0 && what < RECORD_GLOBS && !(handle & HANDLE_MANY))
		return (REF_EXACT + what) << REF_SHIFT | handle;
	if (ref >> REF_SHIFT == REF_CHAIN)
		chain = ref & REF_MASK;
	else if (ref)
		chain = new_item(b, 0, ref & REF_MASK, (ref >> REF_SHIFT) - REF_EXACT);
	return (uint32_t)REF_CHAIN << REF_SHIFT | new_item(b, chain, handle, what);
}

static void mark_depth(struct depths *d, unsigned depth)
{
	d->bits[depth / 64] |= (uint64_t)1 << (depth % 64);
}

/* Finds the oldest pending name its place. A second node for a name stays behind, unused. */
static void settle_pending(struct index_builder *b)
{
	struct pending p = b->pending[b->pending_first];
	uint32_t ref;
	size_t at;

	b->pending_first = (b->pending_first + 1) % PENDING_MAX;
	b->n_pending--;
	index_expect(b, 1);
	at = find_slot(b, node_name(b->x->blob, p.node), p.hash);
	if (!b->slots[at].node) {
		b->slots[at] = (struct build_slot){ p.node, p.hash };
		b->x->n_names++;
	}
	p.node = b->slots[at].node;
	ref = ref_with(b, node_ref(b->x->blob, p.node), p.handle, p.what);
	memcpy(b->x->blob + (size_t)p.node * 4, &ref, sizeof(ref));
}

static void settle_all_pending(struct index_builder *b)
{
	while (b->n_pending)
		settle_pending(b);
}

static void add_at(struct index_builder *b, struct sv suffix, uint32_t handle, uint32_t what)
{
	uint32_t hash;
	unsigned depth;

	b->x->counts.names++;
	if (suffix.n == 0) {
		b->x->root = ref_with(b, b->x->root, handle, what);
		return;
	}
	assert(suffix.n <= FQDN_MAX);
	if (b->n_pending == PENDING_MAX)
		settle_pending(b);
	hash = hash_name(suffix, &depth);
	mark_depth(what == RECORD_EXACT ? &b->x->exact : &b->x->suffix, depth);
	if (b->n_slots)
		__builtin_prefetch(&b->slots[home_of(b, hash)]);
	b->pending[(b->pending_first + b->n_pending++) % PENDING_MAX] =
		(struct pending){ append_node(b, suffix), hash, handle, what };
}

/* ---- patterns ------------------------------------------------------------------------------- */

static uint32_t append_text(struct index_builder *b, struct sv text)
{
	struct index *x = b->x;
	uint16_t n = (uint16_t)(text.n < UINT16_MAX ? text.n : UINT16_MAX);
	size_t at = x->n_texts;

	x->texts = room(x->texts, at, sizeof(n) + n, &b->texts_cap, 1);
	memcpy(x->texts + at, &n, sizeof(n));
	if (n)
		memcpy(x->texts + at + sizeof(n), text.p, n);
	x->n_texts += sizeof(n) + n;
	return (uint32_t)at;
}

/* A kept name is a node until index_finish() knows where its name goes. */
uint32_t index_keep_text(struct index_builder *b, struct sv text)
{
	struct index *x = b->x;
	struct kept k = { 0, (uint16_t)(text.n < UINT16_MAX ? text.n : UINT16_MAX), false };
	unsigned depth;

	settle_all_pending(b);
	if (text.n > 0 && text.n <= FQDN_MAX && b->n_slots)
		k.at = b->slots[find_slot(b, text, hash_name(text, &depth))].node;
	k.is_name = k.at != 0;
	if (!k.is_name)
		k.at = append_text(b, text) + (uint32_t)sizeof(uint16_t);
	x->kept = room(x->kept, x->n_kept, 1, &b->kept_cap, sizeof(*x->kept));
	x->kept[x->n_kept] = k;
	return (uint32_t)x->n_kept++;
}

static void add_glob(struct index_builder *b, uint32_t handle, const struct pattern *p)
{
	uint32_t glob = symtab_find(&b->glob_names, p->name);

	if (glob == SYMTAB_NONE) {
		glob = symtab_add(&b->glob_names, arena_sv(b->keys, p->name), NULL);
		list_add(&b->globs, append_text(b, p->name));
	}
	add_at(b, p->suffix, handle, RECORD_GLOBS + glob);
}

static void add_address(struct index_builder *b, uint32_t handle, const struct pattern *p)
{
	size_t n;
	const uint32_t *ranks = handle_ranks(b, &handle, &n);

	b->addresses = room(b->addresses, b->n_addresses, n, &b->addresses_cap, sizeof(*b->addresses));
	for (size_t i = 0; i < n; i++)
		b->addresses[b->n_addresses++] = (struct nettree_item){ p->prefix, ranks[i] };
	b->x->counts.addresses++;
}

static void add_any(struct index_builder *b, uint32_t handle)
{
	size_t n;
	const uint32_t *ranks = handle_ranks(b, &handle, &n);

	for (size_t i = 0; i < n; i++)
		list_add(&b->any, ranks[i]);
	b->x->counts.names++;
}

/* Each source text is compiled once, however many rules use it. */
static const struct regex *regex_of(struct index_builder *b, struct sv source, struct arena *a,
				    struct sv *why)
{
	uint32_t known = symtab_find(&b->regex_sources, source);
	struct regex *r;

	if (known != SYMTAB_NONE)
		return b->x->owned[known];
	r = regex_compile(source, a, why);
	if (!r)
		return NULL;
	symtab_add(&b->regex_sources, arena_sv(b->keys, source), NULL);
	b->x->owned = room(b->x->owned, b->x->n_owned, 1, &b->owned_cap, sizeof(struct regex *));
	b->x->owned[b->x->n_owned++] = r;
	return r;
}

static bool add_regex(struct index_builder *b, uint32_t handle, struct sv source, struct arena *a,
		      struct sv *why)
{
	const struct regex *r = regex_of(b, source, a, why);
	struct index *x = b->x;
	size_t n;
	const uint32_t *ranks = handle_ranks(b, &handle, &n);
	uint32_t kept;

	if (!r)
		return false;
	kept = append_text(b, source);
	x->regexes = room(x->regexes, x->n_regexes, n, &b->regexes_cap, sizeof(*x->regexes));
	for (size_t i = 0; i < n; i++)
		x->regexes[x->n_regexes++] = (struct index_regex){ r, kept, ranks[i] };
	x->counts.regexes++;
	return true;
}

bool index_add(struct index_builder *b, uint32_t ranks, const struct pattern *p, struct arena *a,
	       struct sv *why)
{
	switch (p->kind) {
	case PATTERN_EXACT:
		add_at(b, p->name, ranks, RECORD_EXACT);
		return true;
	case PATTERN_BELOW:
		add_at(b, p->name, ranks, RECORD_BELOW);
		return true;
	case PATTERN_TREE:
		add_at(b, p->name, ranks, RECORD_TREE);
		return true;
	case PATTERN_GLOB:
		add_glob(b, ranks, p);
		return true;
	case PATTERN_ADDRESS:
		add_address(b, ranks, p);
		return true;
	case PATTERN_ANY:
		add_any(b, ranks);
		return true;
	case PATTERN_REGEX:
		return add_regex(b, ranks, p->regex, a, why);
	}
	return true;
}

/* ---- laying it out -------------------------------------------------------------------------- */

struct entry {
	uint32_t what, rank;
};

struct layout {
	struct index_builder *b;
	struct entry *entries;          /* of one node */
	size_t entries_cap;
	struct list scratch;            /* its record */
	struct list intern;             /* open addressing: record offset + 1 */
	size_t n_interned;
	uint32_t memo_handle, memo_what, memo_ref;      /* of the last chain of one item */
};

static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->what != b->what)
		return a->what < b->what ? -1 : 1;
	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

static size_t gather(struct layout *l, uint32_t chain)
{
	size_t n = 0, kept = 0, more;

	for (const struct item *i; chain; chain = i->next) {
		i = &l->b->items[chain - 1];
		const uint32_t *ranks = handle_ranks(l->b, &i->handle, &more);

		l->entries = room(l->entries, n, more, &l->entries_cap, sizeof(*l->entries));
		for (size_t k = 0; k < more; k++)
			l->entries[n++] = (struct entry){ i->what, ranks[k] };
	}
	qsort(l->entries, n, sizeof(*l->entries), compare_entries);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || compare_entries(&l->entries[kept - 1], &l->entries[i]) != 0)
			l->entries[kept++] = l->entries[i];
	return kept;
}

static void write_record(struct layout *l, size_t n)
{
	struct list *r = &l->scratch;
	size_t i = 0, count_at;

	r->n = 0;
	for (unsigned k = 0; k < RECORD_HEAD; k++)
		list_add(r, 0);
	for (; i < n && l->entries[i].what < RECORD_GLOBS; i++) {
		r->p[l->entries[i].what]++;
		list_add(r, l->entries[i].rank);
	}
	while (i < n) {
		uint32_t glob = l->entries[i].what;

		r->p[RECORD_GLOBS]++;
		list_add(r, glob - RECORD_GLOBS);
		count_at = r->n;
		list_add(r, 0);
		for (; i < n && l->entries[i].what == glob; i++, r->p[count_at]++)
			list_add(r, l->entries[i].rank);
	}
}

static size_t intern_slot(const struct layout *l, const uint32_t *record, size_t n)
{
	const struct list *all = &l->b->records;
	size_t mask = l->intern.n - 1, at = (size_t)hash_bytes(record, n * sizeof(*record)) & mask;

	for (uint32_t off; (off = l->intern.p[at]) != 0; at = (at + 1) & mask)
		if (all->n - (off - 1) >= n &&
		    memcmp(all->p + off - 1, record, n * sizeof(*record)) == 0)
			break;
	return at;
}

/* How many words a record has. */
static size_t record_size(const uint32_t *r)
{
	size_t n = (size_t)RECORD_HEAD + r[RECORD_EXACT] + r[RECORD_BELOW] + r[RECORD_TREE];

	for (uint32_t i = 0; i < r[RECORD_GLOBS]; i++)
		n += 2 + r[n + 1];
	return n;
}

static void grow_intern(struct layout *l)
{
	struct list old = l->intern;

	l->intern.n = old.n ? old.n * 2 : 64;
	l->intern.p = xcalloc(l->intern.n, sizeof(*l->intern.p));
	for (size_t i = 0; i < old.n; i++) {
		const uint32_t *r = l->b->records.p + old.p[i] - 1;

		if (old.p[i])
			l->intern.p[intern_slot(l, r, record_size(r))] = old.p[i];
	}
	free(old.p);
}

static uint32_t intern_record(struct layout *l)
{
	struct list *all = &l->b->records;
	size_t at;

	if (l->n_interned * 2 >= l->intern.n)
		grow_intern(l);
	at = intern_slot(l, l->scratch.p, l->scratch.n);
	if (!l->intern.p[at]) {
		l->intern.p[at] = (uint32_t)all->n + 1;
		l->n_interned++;
		for (size_t i = 0; i < l->scratch.n; i++)
			list_add(all, l->scratch.p[i]);
		assert(all->n < REF_MASK);
	}
	return (uint32_t)REF_RECORD << REF_SHIFT | (l->intern.p[at] - 1);
}

static uint32_t settle_ref(struct layout *l, uint32_t ref)
{
	const struct item *first;

	if (ref >> REF_SHIFT != REF_CHAIN)
		return ref;
	first = &l->b->items[(ref & REF_MASK) - 1];
	if (!first->next && l->memo_ref && first->handle == l->memo_handle &&
	    first->what == l->memo_what)
		return l->memo_ref;
	write_record(l, gather(l, ref & REF_MASK));
	ref = intern_record(l);
	if (!first->next) {
		l->memo_handle = first->handle;
		l->memo_what = first->what;
		l->memo_ref = ref;
	}
	return ref;
}

static void settle_nodes(struct index_builder *b)
{
	struct layout l = { .b = b };
	struct index *x = b->x;

	x->root = settle_ref(&l, x->root);
	for (size_t at = 8; at < x->n_blob;) {
		uint32_t ref = settle_ref(&l, node_ref(x->blob, (uint32_t)(at / 4)));

		memcpy(x->blob + at, &ref, sizeof(ref));
		at += (NODE_HEAD + (size_t)x->blob[at + NODE_HEAD - 1] + 3) & ~(size_t)3;
	}
	free(l.entries);
	free(l.scratch.p);
	free(l.intern.p);
}

/* Names and their octets, by bucket: first what each will take, then where each begins. */
struct census {
	uint16_t *names;
	uint32_t *octets;
};

/* Slots are in the order of the hash, nodes in that of their coming: ask for them ahead. */
static void fetch_ahead(const struct index_builder *b, size_t slot)
{
	enum { AHEAD = 24 };

	if (slot + AHEAD < b->n_slots)
		__builtin_prefetch(b->x->blob + (size_t)b->slots[slot + AHEAD].node * 4);
}

static void take_census(const struct index_builder *b, struct census *c)
{
	for (size_t i = 0; i < b->n_slots; i++) {
		size_t at = hash_bucket(b->slots[i].hash, b->x->n_buckets);

		fetch_ahead(b, i);
		if (!b->slots[i].node)
			continue;
		assert(c->names[at] < UINT16_MAX);
		c->names[at]++;
		c->octets[at] += (uint32_t)node_name(b->x->blob, b->slots[i].node).n;
	}
}

/* The size of the blob: behind the last bucket stands an empty one. */
static size_t place_buckets(struct index *x, const struct census *c)
{
	size_t at = 0;

	for (size_t i = 0; i < x->n_buckets; i++) {
		x->buckets[i] = (uint32_t)(at / 4);
		if (c->names[i])
			at += (bucket_names(c->names[i]) + c->octets[i] + 3) & ~(size_t)3;
	}
	x->buckets[x->n_buckets] = (uint32_t)(at / 4);
	assert(at / 4 < UINT32_MAX);
	return at + 4;
}

/* Puts one node into its bucket, behind the `filled` names and `octets` already there. */
static void put_node(struct index *x, unsigned char *blob, const struct build_slot *s, const struct census *c,
		     uint16_t *filled, uint32_t *octets)
{
	size_t at = hash_bucket(s->hash, x->n_buckets);
	uint32_t ref = node_ref(x->blob, s->node);
	struct sv name = node_name(x->blob, s->node);
	unsigned char *bucket = blob + (size_t)x->buckets[at] * 4;
	size_t n = c->names[at], i = filled[at]++;
	uint16_t count = (uint16_t)n;
	size_t name_at = bucket_names(n) + octets[at];

	memcpy(bucket, &count, sizeof(count));
	bucket[2 + i] = (unsigned char)s->hash;
	bucket[2 + n + i] = (unsigned char)name.n;
	memcpy(bucket + bucket_refs(n) + 4 * i, &ref, sizeof(ref));
	memcpy(bucket + name_at, name.p, name.n);
	octets[at] += (uint32_t)name.n;
	ref = (uint32_t)(bucket + name_at - blob);      /* for those who keep it as a text */
	memcpy(x->blob + (size_t)s->node * 4, &ref, sizeof(ref));
}

static void fill_buckets(struct index_builder *b, unsigned char *blob, struct census *c)
{
	struct index *x = b->x;
	uint16_t *filled = xcalloc(x->n_buckets, sizeof(*filled));

	memset(c->octets, 0, x->n_buckets * sizeof(*c->octets));
	for (size_t i = 0; i < b->n_slots; i++) {
		fetch_ahead(b, i);
		if (b->slots[i].node)
			put_node(x, blob, &b->slots[i], c, filled, c->octets);
	}
	for (size_t i = 0; i < x->n_kept; i++)
		if (x->kept[i].is_name)
			x->kept[i].at = node_ref(x->blob, x->kept[i].at);
	free(filled);
}

static void settle_buckets(struct index_builder *b)
{
	struct index *x = b->x;
	struct census c;
	unsigned char *blob;

	x->n_buckets = x->n_names / NAMES_PER_BUCKET + 1;
	x->buckets = xcalloc(x->n_buckets + 1, sizeof(*x->buckets));
	c.names = xcalloc(x->n_buckets, sizeof(*c.names));
	c.octets = xcalloc(x->n_buckets, sizeof(*c.octets));
	take_census(b, &c);
	x->n_blob = place_buckets(x, &c);
	blob = table_alloc(x->n_blob);
	fill_buckets(b, blob, &c);
	free(x->blob);
	x->blob = blob;
	free(c.names);
	free(c.octets);
}

static int compare_u32(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

static int compare_regexes(const void *left, const void *right)
{
	const struct index_regex *a = left, *b = right;

	return compare_u32(&a->rank, &b->rank);
}

static void *trimmed(void *p, size_t n, size_t size)
{
	return p ? xrealloc(p, n * size) : NULL;
}

struct index *index_finish(struct index_builder *b)
{
	struct index *x = b->x;

	settle_all_pending(b);
	settle_nodes(b);
	settle_buckets(b);
	if (b->any.n)
		qsort(b->any.p, b->any.n, sizeof(*b->any.p), compare_u32);
	if (x->n_regexes)
		qsort(x->regexes, x->n_regexes, sizeof(*x->regexes), compare_regexes);
	if (b->n_addresses)
		x->tree = nettree_build(x->arena, b->addresses, b->n_addresses);
	x->kept = trimmed(x->kept, x->n_kept, sizeof(*x->kept));
	x->texts = trimmed(x->texts, x->n_texts, 1);
	x->records = trimmed(b->records.p, x->n_records = b->records.n, sizeof(uint32_t));
	x->globs = trimmed(b->globs.p, x->n_globs = b->globs.n, sizeof(uint32_t));
	x->any = trimmed(b->any.p, x->n_any = b->any.n, sizeof(uint32_t));
	x->regexes = trimmed(x->regexes, x->n_regexes, sizeof(*x->regexes));
	free_builder_alone(b);
	return x;
}
