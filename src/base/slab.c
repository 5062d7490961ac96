/*
 * slab -- one chunk:  | struct chunk | freed: numbers of objects given back | object | object | ...
 * A chunk lies at a multiple of its size, so that an object's address leads to it. The numbers stand apart from the
 * objects: giving one back does not touch it. Objects never taken yet (from `fresh` on) are not touched either.
 */
#include "base/slab.h"

#include "base/arena.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/queue.h>

#ifdef __SANITIZE_ADDRESS__
#define UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif

#ifdef UNDER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
enum { RED_ZONE = 16, REUSE_LATE = 1 };
#else
enum { RED_ZONE = 0, REUSE_LATE = 0 };
#endif

enum { CHUNK_OCTETS = 64 << 10, OBJECTS_MIN = 8, ALIGNMENT = 16, FILLS = 4 };

struct chunk {
	LIST_ENTRY(chunk) link;         /* among those equally full; not of a full one, nor of the spare */
	struct slab *owner;
	uint32_t used, fresh;
	uint32_t n_freed, first_freed;  /* a ring */
	uint16_t freed[];
};
LIST_HEAD(chunks, chunk);

struct slab {
	struct chunks by_fill[FILLS];   /* [3]: three quarters full and more, with room */
	struct chunks full;
	struct chunk *spare;
	size_t size, stride, chunk_octets, first_at;    /* first_at: where a chunk's objects begin */
	uint32_t capacity, fill_from[FILLS];            /* fill_from: how many objects make a chunk that full */
	size_t in_use, n_chunks;
};

/* ---- what AddressSanitizer is told ---------------------------------------------------------- */

static void poison(void *p, size_t n)
{
#ifdef UNDER_ASAN
	__asan_poison_memory_region(p, n);
#else
	(void)p, (void)n;
#endif
}

static void unpoison(void *p, size_t n)
{
#ifdef UNDER_ASAN
	__asan_unpoison_memory_region(p, n);
#else
	(void)p, (void)n;
#endif
}

static bool is_out(const void *p)
{
#ifdef UNDER_ASAN
	return !__asan_address_is_poisoned(p);
#else
	return p != NULL;
#endif
}

/* What only a chunk's objects point to is not lost. */
static void note_mapped(const struct slab *s, const struct chunk *c, bool mapped)
{
#ifdef UNDER_ASAN
	if (mapped)
		__lsan_register_root_region(c, s->chunk_octets);
	else
		__lsan_unregister_root_region(c, s->chunk_octets);
#else
	(void)s, (void)c, (void)mapped;
#endif
}

/* ---- chunks --------------------------------------------------------------------------------- */

static size_t rounded(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

static void *map(size_t octets)
{
	void *p = mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		out_of_memory();
	return p;
}

/* `octets` of zeroes at a multiple of them. A chunk mapped below an aligned one mostly is aligned as well. */
static void *map_aligned(size_t octets)
{
	unsigned char *p = map(octets);
	size_t head;

	if ((uintptr_t)p % octets == 0)
		return p;
	munmap(p, octets);
	p = map(2 * octets);
	head = (octets - (uintptr_t)p % octets) % octets;
	if (head)
		munmap(p, head);
	munmap(p + head + octets, octets - head);
	return p + head;
}

static struct chunk *chunk_create(struct slab *s)
{
	struct chunk *c = map_aligned(s->chunk_octets);

	c->owner = s;
	s->n_chunks++;
	poison((unsigned char *)c + s->first_at, s->chunk_octets - s->first_at);
	note_mapped(s, c, true);
	return c;
}

static void chunk_free(struct slab *s, struct chunk *c)
{
	note_mapped(s, c, false);
	unpoison(c, s->chunk_octets);
	munmap(c, s->chunk_octets);
	s->n_chunks--;
}

static void *object_at(const struct slab *s, struct chunk *c, uint32_t number)
{
	return (unsigned char *)c + s->first_at + number * s->stride;
}

static struct chunks *list_of(struct slab *s, const struct chunk *c)
{
	int fill = FILLS - 1;

	if (c->used == s->capacity)
		return &s->full;
	while (c->used < s->fill_from[fill])
		fill--;
	return &s->by_fill[fill];
}

/* Counts one object more or less, and keeps the chunk in the list where it belongs. */
static void chunk_count(struct slab *s, struct chunk *c, uint32_t used)
{
	const struct chunks *before = list_of(s, c);
	struct chunks *after;

	c->used = used;
	after = list_of(s, c);
	if (before == after)
		return;
	LIST_REMOVE(c, link);
	LIST_INSERT_HEAD(after, c, link);
}

/* A chunk with room: the fullest there is, the spare, or a new one. */
static struct chunk *chunk_with_room(struct slab *s)
{
	struct chunk *c = s->spare;

	for (int fill = FILLS; fill-- > 0;)
		if (!LIST_EMPTY(&s->by_fill[fill]))
			return LIST_FIRST(&s->by_fill[fill]);
	if (!c)
		c = chunk_create(s);
	s->spare = NULL;
	LIST_INSERT_HEAD(&s->by_fill[0], c, link);
	return c;
}

static void chunk_is_empty(struct slab *s, struct chunk *c)
{
	LIST_REMOVE(c, link);
	if (s->spare)
		chunk_free(s, c);
	else
		s->spare = c;
}

/* ---- objects -------------------------------------------------------------------------------- */

struct slab *slab_create(size_t size)
{
	struct slab *s = xcalloc(1, sizeof(*s));
	size_t per_object;

	s->size = size ? size : 1;
	s->stride = rounded(s->size, ALIGNMENT) + RED_ZONE;
	per_object = s->stride + sizeof(uint16_t);
	s->chunk_octets = CHUNK_OCTETS;
	while ((s->chunk_octets - sizeof(struct chunk) - ALIGNMENT) / per_object < OBJECTS_MIN)
		s->chunk_octets *= 2;
	s->capacity = (uint32_t)((s->chunk_octets - sizeof(struct chunk) - ALIGNMENT) / per_object);
	for (uint32_t fill = 0; fill < FILLS; fill++)
		s->fill_from[fill] = s->capacity * fill / FILLS;
	s->first_at = rounded(sizeof(struct chunk) + s->capacity * sizeof(uint16_t), ALIGNMENT);
	return s;
}

static void free_list(struct slab *s, struct chunks *list)
{
	struct chunk *c;

	while ((c = LIST_FIRST(list)) != NULL) {
		LIST_REMOVE(c, link);
		chunk_free(s, c);
	}
}

void slab_free(struct slab *s)
{
	if (!s)
		return;
	for (int fill = 0; fill < FILLS; fill++)
		free_list(s, &s->by_fill[fill]);
	free_list(s, &s->full);
	if (s->spare)
		chunk_free(s, s->spare);
	free(s);
}

/* The place `n` behind the first of the ring. */
static uint32_t ring_at(const struct slab *s, const struct chunk *c, uint32_t n)
{
	uint32_t at = c->first_freed + n;

	return at < s->capacity ? at : at - s->capacity;
}

/* The object given back last is still in the processor's cache; a sanitizer wants the one given back first. */
static uint32_t pop_freed(const struct slab *s, struct chunk *c)
{
	uint32_t at = c->first_freed;

	c->n_freed--;
	if (!REUSE_LATE)
		return c->freed[ring_at(s, c, c->n_freed)];
	c->first_freed = ring_at(s, c, 1);
	return c->freed[at];
}

void *slab_take(struct slab *s)
{
	struct chunk *c = chunk_with_room(s);
	bool fresh = c->fresh < s->capacity && (REUSE_LATE || c->n_freed == 0);
	void *p = object_at(s, c, fresh ? c->fresh++ : pop_freed(s, c));

	chunk_count(s, c, c->used + 1);
	s->in_use++;
	unpoison(p, s->size);
	return memset(p, 0, s->size);
}

void slab_give(struct slab *s, void *object)
{
	struct chunk *c;
	size_t offset;

	if (!object)
		return;
	c = (struct chunk *)((uintptr_t)object & ~(uintptr_t)(s->chunk_octets - 1));
	offset = (size_t)((unsigned char *)object - (unsigned char *)c) - s->first_at;
	assert(c->owner == s && c->used > 0 && offset % s->stride == 0 && is_out(object));
	poison(object, s->size);
	c->freed[ring_at(s, c, c->n_freed++)] = (uint16_t)(offset / s->stride);
	chunk_count(s, c, c->used - 1);
	s->in_use--;
	if (c->used == 0)
		chunk_is_empty(s, c);
}

size_t slab_in_use(const struct slab *s)
{
	return s->in_use;
}

size_t slab_octets(const struct slab *s)
{
	return s->n_chunks * s->chunk_octets;
}
