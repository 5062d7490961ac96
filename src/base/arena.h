/*
 * arena -- what dies together is allocated together.
 * Memory is zeroed, aligned for any type, and given back only with the whole arena.  Running out of
 * memory ends the process: at load time nothing sensible is left to do.  Not thread-safe.
 */
#ifndef SEKISHO_BASE_ARENA_H
#define SEKISHO_BASE_ARENA_H

#include "base/sv.h"

struct arena;

struct arena *arena_create(void);
void arena_free(struct arena *a);                       /* NULL is fine */
void *arena_alloc(struct arena *a, size_t size);        /* zeroed */
void *arena_array(struct arena *a, size_t count, size_t size);
char *arena_strdup(struct arena *a, struct sv s);       /* a NUL is added */
struct sv arena_sv(struct arena *a, struct sv s);       /* a copy (with a NUL behind it) */
struct sv arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
size_t arena_bytes(const struct arena *a);              /* what it holds of the system's memory */

/* malloc, calloc and realloc that end the process with a message instead of returning NULL. */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
/* `array` of `n` items of that size, with room for one more: its capacity doubles when it is full. */
void *xgrow(void *array, size_t n, size_t *cap, size_t size);
char *xstrdup(const char *s);
_Noreturn void out_of_memory(void);              /* that end */

#endif
