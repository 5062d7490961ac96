/*
 * wire_fuzz -- what the targets for the parsers in wire/ share: a check that no build option turns off, and
 * copies of prefixes in blocks of exactly their size, so that a sanitizer sees any octet read behind them.
 */
#ifndef SEKISHO_TESTS_WIRE_FUZZ_H
#define SEKISHO_TESTS_WIRE_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "base/sv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(cond) \
	do { \
		if (!(cond)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
			abort(); \
		} \
	} while (0)

static inline struct sv exact_copy(struct sv s)
{
	char *p = malloc(s.n ? s.n : 1);

	CHECK(p);
	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct sv){ p, s.n };
}

static inline void exact_free(struct sv s)
{
	free((void *)(uintptr_t)s.p);
}

/* A cut from 0 to `n` that depends on the content only. */
static inline size_t some_cut(struct sv s, size_t round)
{
	uint32_t h = 2166136261u + (uint32_t)round * 16777619u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 16777619u;
	return (h ^ h >> 15) % (s.n + 1);
}

static inline bool is_inside(struct sv part, struct sv whole)
{
	return part.n == 0 || (part.p >= whole.p && part.n <= whole.n &&
			       (size_t)(part.p - whole.p) <= whole.n - part.n);
}

#endif
