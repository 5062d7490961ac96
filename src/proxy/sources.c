#include "proxy/sources.h"

#include "base/arena.h"
#include "base/hash.h"

#include <stdatomic.h>
#include <stdlib.h>

/* A word: 40 bits of tag above 24 bits of count. A count of 0 makes the word free for another address. */
enum { COUNT_BITS = 24, WINDOW = 64, SMALLEST = 1024 };
#define COUNT_MASK (((uint64_t)1 << COUNT_BITS) - 1)

struct sources {
	size_t mask;
	_Atomic uint64_t words[];
};

struct sources *sources_create(size_t most_sessions)
{
	size_t size = SMALLEST;
	struct sources *s;

	while (size < most_sessions * 2)
		size *= 2;
	s = xcalloc(1, sizeof(*s) + size * sizeof(s->words[0]));
	s->mask = size - 1;
	return s;
}

void sources_free(struct sources *s)
{
	free(s);
}

static uint64_t hash_of(const struct ip *ip)
{
	struct ip whole = { .family = ip->family };

	memcpy(whole.b, ip->b, ip->family == 4 ? 4 : 8);
	return hash_bytes(&whole, sizeof(whole));
}

static bool has_tag(uint64_t word, uint64_t hash)
{
	return (word & COUNT_MASK) && (word | COUNT_MASK) == (hash | COUNT_MASK);
}

/* The word that counts this address, or NULL. */
static _Atomic uint64_t *find(struct sources *s, uint64_t hash)
{
	for (size_t i = 0; i < WINDOW; i++) {
		_Atomic uint64_t *w = &s->words[(hash + i) & s->mask];

		if (has_tag(atomic_load_explicit(w, memory_order_relaxed), hash))
			return w;
	}
	return NULL;
}

/* Adds `by` to the address' word while it is still its own; false when it is not any more. */
static bool bump(_Atomic uint64_t *w, uint64_t hash, int by, size_t limit, bool *full)
{
	uint64_t word = atomic_load_explicit(w, memory_order_relaxed);

	*full = false;
	do {
		if (!has_tag(word, hash))
			return false;
		if (by > 0 && (word & COUNT_MASK) >= limit) {
			*full = true;
			return true;
		}
	} while (!atomic_compare_exchange_weak_explicit(w, &word, by > 0 ? word + 1 : word - 1,
							memory_order_relaxed, memory_order_relaxed));
	return true;
}

static bool claim(struct sources *s, uint64_t hash)
{
	for (size_t i = 0; i < WINDOW; i++) {
		_Atomic uint64_t *w = &s->words[(hash + i) & s->mask];
		uint64_t word = atomic_load_explicit(w, memory_order_relaxed);

		if ((word & COUNT_MASK) == 0 &&
		    atomic_compare_exchange_strong_explicit(w, &word, (hash & ~COUNT_MASK) | 1,
							    memory_order_relaxed, memory_order_relaxed))
			return true;
	}
	return false;
}

bool sources_enter(struct sources *s, const struct ip *ip, size_t limit)
{
	uint64_t hash = hash_of(ip);
	_Atomic uint64_t *w;
	bool full;

	while ((w = find(s, hash)))
		if (bump(w, hash, 1, limit, &full))
			return !full;
	return claim(s, hash);
}

void sources_leave(struct sources *s, const struct ip *ip)
{
	uint64_t hash = hash_of(ip);
	_Atomic uint64_t *w;
	bool full;

	while ((w = find(s, hash)))
		if (bump(w, hash, -1, 0, &full))
			return;
}
