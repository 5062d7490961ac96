#include "auth/failures.h"

#include "base/arena.h"
#include "base/hash.h"

#include <stdatomic.h>
#include <stdlib.h>

/* A word: 32 bits of tag, 20 of the second, 12 of the count. A count of 0, or a minute that is over, frees it. */
enum { WORDS = 8192, WINDOW = 16, TRIES = 8, COUNT_BITS = 12, COUNT_MAX = (1 << COUNT_BITS) - 1,
       SECOND_MASK = (1 << 20) - 1 };

struct failures {
	_Atomic uint64_t words[WORDS];
};

struct failures *failures_create(void)
{
	return xcalloc(1, sizeof(struct failures));
}

void failures_free(struct failures *f)
{
	free(f);
}

static uint64_t hash_of(const struct ip *ip)
{
	struct ip whole = { .family = ip->family };

	memcpy(whole.b, ip->b, ip->family == 4 ? 4 : 8);
	return hash_bytes(&whole, sizeof(whole));
}

static unsigned count_of(uint64_t word)
{
	return word & COUNT_MAX;
}

static unsigned age_of(uint64_t word, uint64_t now_s)
{
	return (unsigned)((now_s - (word >> COUNT_BITS)) & SECOND_MASK);
}

static bool is_live(uint64_t word, uint64_t now_s)
{
	return count_of(word) && age_of(word, now_s) < FAILURES_MINUTE_S;
}

static bool is_of(uint64_t word, uint64_t hash, uint64_t now_s)
{
	return is_live(word, now_s) && word >> 32 == hash >> 32;
}

static _Atomic uint64_t *word_at(struct failures *f, uint64_t hash, size_t i)
{
	return &f->words[(hash + i) % WORDS];
}

/* Where the source's count is or could be: its own word, else a free one, else the oldest. */
static _Atomic uint64_t *place_for(struct failures *f, uint64_t hash, uint64_t now_s, uint64_t *word)
{
	_Atomic uint64_t *best = NULL;
	unsigned best_age = 0;

	for (size_t i = 0; i < WINDOW; i++) {
		_Atomic uint64_t *w = word_at(f, hash, i);
		uint64_t there = atomic_load_explicit(w, memory_order_relaxed);
		unsigned age = is_live(there, now_s) ? age_of(there, now_s) : FAILURES_MINUTE_S;

		if (is_of(there, hash, now_s)) {
			*word = there;
			return w;
		}
		if (!best || age > best_age) {
			best = w;
			best_age = age;
			*word = there;
		}
	}
	return best;
}

void failures_add(struct failures *f, const struct ip *source, uint64_t now_s)
{
	uint64_t hash = hash_of(source);

	for (int i = 0; i < TRIES; i++) {
		uint64_t word = 0, next;
		_Atomic uint64_t *w = place_for(f, hash, now_s, &word);

		if (!is_of(word, hash, now_s))
			next = (hash >> 32 << 32) | (now_s & SECOND_MASK) << COUNT_BITS | 1;
		else if (count_of(word) < COUNT_MAX)
			next = word + 1;
		else
			return;
		if (atomic_compare_exchange_strong_explicit(w, &word, next, memory_order_relaxed,
							    memory_order_relaxed))
			return;
	}
}

unsigned failures_wait_s(struct failures *f, const struct ip *source, unsigned limit, uint64_t now_s)
{
	uint64_t hash = limit ? hash_of(source) : 0;
	unsigned count = 0, wait = 0;

	/* Two threads that began a minute at once may have made two words of it: all count. */
	for (size_t i = 0; limit && i < WINDOW; i++) {
		uint64_t word = atomic_load_explicit(word_at(f, hash, i), memory_order_relaxed);

		if (is_of(word, hash, now_s)) {
			count += count_of(word);
			wait = FAILURES_MINUTE_S - age_of(word, now_s);
		}
	}
	return limit && count >= limit ? wait : 0;
}
