/* Objects of one size: whose they are, and when their memory goes back. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/slab.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { CHUNK = 64 << 10, MANY = 5000 };

static const size_t sizes[] = { 1, 8, 16, 17, 100, 968, 4096, 20000, 70000, 1000000 };

static uint64_t seed = 88172645463325252u;

static size_t random_below(size_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)(seed % n);
}

static bool is_all(const unsigned char *p, unsigned char what, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != what)
			return false;
	return true;
}

static bool is_mapped(const void *p)
{
	uintptr_t page = (uintptr_t)p & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
	unsigned char resident;

	return mincore((void *)page, 1, &resident) == 0 || errno != ENOMEM;
}

/* How many objects of a chunk of 64 KiB: so many are taken before a second one is mapped. */
static size_t fill_chunk(struct slab *s, void **out)
{
	size_t n = 0;

	for (;; n++) {
		out[n] = slab_take(s);
		if (slab_octets(s) > CHUNK)
			break;
	}
	slab_give(s, out[n]);
	return n;
}

static void objects_are_zeroed_aligned_and_apart(void **state UNUSED)
{
	enum { N = 40 };

	for (size_t k = 0; k < COUNT(sizes); k++) {
		struct slab *s = slab_create(sizes[k]);
		unsigned char *p[N];

		for (int round = 0; round < 2; round++) {
			for (unsigned i = 0; i < N; i++) {
				p[i] = slab_take(s);
				assert_int_equal((uintptr_t)p[i] % 16, 0);
				assert_true(is_all(p[i], 0, sizes[k]));
				memset(p[i], (int)i + 1, sizes[k]);
			}
			assert_int_equal(slab_in_use(s), N);
			for (unsigned i = 0; i < N; i++) {
				assert_true(is_all(p[i], (unsigned char)(i + 1), sizes[k]));
				slab_give(s, p[i]);
			}
			assert_int_equal(slab_in_use(s), 0);
		}
		slab_give(s, NULL);
		slab_free(s);
	}
	slab_free(NULL);
}

static void all_goes_back_but_one_spare(void **state UNUSED)
{
	static void *p[MANY];
	struct slab *s = slab_create(968);
	size_t gone = 0;

	assert_int_equal(slab_octets(s), 0);
	for (size_t i = 0; i < MANY; i++)
		p[i] = slab_take(s);
	assert_true(slab_octets(s) >= MANY * 968);
	assert_true(slab_octets(s) <= MANY * 1100);
	for (size_t i = 0; i < MANY; i++)
		slab_give(s, p[i]);
	assert_int_equal(slab_octets(s), CHUNK);
	for (size_t i = 0; i < MANY; i++)
		gone += !is_mapped(p[i]);
	assert_true(gone >= MANY - CHUNK / 968);
	slab_free(s);
	assert_false(is_mapped(p[0]));
	assert_false(is_mapped(p[MANY - 1]));
}

/* Up and down by one object at the edge of a chunk: the second chunk stays. */
static void the_edge_of_a_chunk_maps_nothing(void **state UNUSED)
{
	struct slab *s = slab_create(500);
	static void *p[CHUNK / 500 + 1];
	size_t n = fill_chunk(s, p);
	void *first = slab_take(s);

	for (int i = 0; i < 100; i++) {
		slab_give(s, first);
		assert_int_equal(slab_octets(s), 2 * CHUNK);
		assert_true(is_mapped(first));
		first = slab_take(s);
	}
	slab_give(s, first);
	while (n)
		slab_give(s, p[--n]);
	assert_int_equal(slab_octets(s), CHUNK);
	slab_free(s);
}

/* The fullest chunk is filled before others, so few that stay do not keep many chunks. */
static void few_that_come_and_go_gather(void **state UNUSED)
{
	enum { STAY = 50 };
	static void *p[MANY];
	struct slab *s = slab_create(968);

	for (size_t i = 0; i < MANY; i++)
		p[i] = slab_take(s);
	for (size_t i = 0; i < MANY; i++)
		if (i % (MANY / STAY) == 0)
			p[i / (MANY / STAY)] = p[i];
		else
			slab_give(s, p[i]);
	assert_int_equal(slab_in_use(s), STAY);
	assert_true(slab_octets(s) > 30 * CHUNK);       /* one here, one there */
	for (int i = 0; i < 2000; i++) {
		size_t at = random_below(STAY);

		slab_give(s, p[at]);
		p[at] = slab_take(s);
	}
	assert_int_equal(slab_in_use(s), STAY);
	assert_true(slab_octets(s) <= 4 * CHUNK);
	slab_free(s);
}

static void nobody_writes_into_another(void **state UNUSED)
{
	enum { N = 2000, SIZE = 200 };
	static unsigned char *p[N], mark[N];
	struct slab *s = slab_create(SIZE);
	size_t out = 0;

	for (int i = 0; i < 100000; i++) {
		size_t at = random_below(i / 25000 % 2 ? N / 50 : N);

		if (p[at]) {
			assert_true(is_all(p[at], mark[at], SIZE));
			slab_give(s, p[at]);
			p[at] = NULL;
			out--;
		} else {
			p[at] = slab_take(s);
			assert_true(is_all(p[at], 0, SIZE));
			memset(p[at], mark[at] = (unsigned char)(1 + i % 255), SIZE);
			out++;
		}
		assert_int_equal(slab_in_use(s), out);
	}
	for (size_t i = 0; i < N; i++)
		slab_give(s, p[i]);
	assert_int_equal(slab_in_use(s), 0);
	assert_int_equal(slab_octets(s), CHUNK);
	slab_free(s);
}

#ifdef __SANITIZE_ADDRESS__
static void what_is_given_back_is_poisoned(void **state UNUSED)
{
	extern int __asan_address_is_poisoned(void const volatile *p);
	struct slab *s = slab_create(100);
	char *p = slab_take(s), *other = slab_take(s);

	assert_false(__asan_address_is_poisoned(p));
	assert_false(__asan_address_is_poisoned(p + 99));
	assert_true(__asan_address_is_poisoned(p + 100));       /* the red zone */
	slab_give(s, p);
	assert_true(__asan_address_is_poisoned(p));
	assert_true(__asan_address_is_poisoned(p + 99));
	assert_false(__asan_address_is_poisoned(other));
	for (int i = 0; i < 50; i++) {
		char *next = slab_take(s);

		assert_ptr_not_equal(next, p);                  /* late */
		slab_give(s, next);
	}
	slab_free(s);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_zeroed_aligned_and_apart),
		cmocka_unit_test(all_goes_back_but_one_spare),
		cmocka_unit_test(the_edge_of_a_chunk_maps_nothing),
		cmocka_unit_test(few_that_come_and_go_gather),
		cmocka_unit_test(nobody_writes_into_another),
#ifdef __SANITIZE_ADDRESS__                                     /* not by skip(): cmocka's "not ok # SKIP" counts as a failure */
		cmocka_unit_test(what_is_given_back_is_poisoned),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
