#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_CHUNK = 4096, LARGEST_CHUNK = 1 << 20, ALIGNMENT = 16 };

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(ALIGNMENT) unsigned char bytes[];
};

struct arena {
	struct chunk *chunks;           /* the newest, where there may be room, first */
	size_t next_size, total;
};

_Noreturn void out_of_memory(void)
{
	fputs("sekisho: out of memory\n", stderr);
	abort();
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xrealloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xgrow(void *array, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return array;
	*cap = *cap ? *cap * 2 : 16;
	return xrealloc(array, *cap * size);
}

char *xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xmalloc(n), s, n);
}

struct arena *arena_create(void)
{
	struct arena *a = xcalloc(1, sizeof(*a));

	a->next_size = FIRST_CHUNK;
	return a;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	for (struct chunk *c = a->chunks, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	free(a);
}

static struct chunk *add_chunk(struct arena *a, size_t need)
{
	size_t size = need > a->next_size ? need : a->next_size;
	struct chunk *c = xcalloc(1, sizeof(*c) + size);

	c->size = size;
	c->next = a->chunks;
	a->chunks = c;
	a->total += sizeof(*c) + size;
	if (a->next_size < LARGEST_CHUNK)
		a->next_size *= 2;
	return c;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct chunk *c = a->chunks;

	if (size > SIZE_MAX / 2)
		out_of_memory();
	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (!c || c->size - c->used < size)
		c = add_chunk(a, size);
	c->used += size;
	return c->bytes + c->used - size;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / 2 / size)
		out_of_memory();
	return arena_alloc(a, count * size);
}

char *arena_strdup(struct arena *a, struct sv s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return p;
}

struct sv arena_sv(struct arena *a, struct sv s)
{
	return (struct sv){ arena_strdup(a, s), s.n };
}

struct sv arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *text;
	struct sv copy;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		out_of_memory();
	copy = arena_sv(a, (struct sv){ text, (size_t)n });
	free(text);
	return copy;
}

size_t arena_bytes(const struct arena *a)
{
	return sizeof(*a) + a->total;
}
