/* The DNS message cache: keys, expiry, bounds, failures, stale messages. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"
#include "dns/cache.h"
#include "dns_help.h"

#include <stdio.h>

#define UNUSED __attribute__((unused))
#define S(n) ((n) * UINT64_C(1000000))

/* Its gist is the first two octets of its text. */
static void put_key(struct dns_cache *c, const struct cache_key *key, const char *text, uint32_t ttl_s, uint64_t now)
{
	const uint8_t *bytes = (const uint8_t *)text;
	const size_t n = strlen(text);

	dns_cache_put(c, key, &(struct cache_value){ bytes, n, bytes, n < 2 ? n : 2 }, ttl_s, now);
}

static void put(struct dns_cache *c, const char *name, uint16_t type, const char *text, uint32_t ttl_s,
		uint64_t now)
{
	const struct dns_name n = name_of(name);

	put_key(c, &(struct cache_key){ .name = &n, .type = type }, text, ttl_s, now);
}

static bool get(struct dns_cache *c, const char *name, uint16_t type, uint64_t now, struct cached *out)
{
	const struct dns_name n = name_of(name);

	return dns_cache_get(c, &(struct cache_key){ .name = &n, .type = type }, now, out);
}

static void note_failure(struct dns_cache *c, const char *name, uint16_t code, uint32_t hold_s, uint64_t now)
{
	const struct dns_name n = name_of(name);

	dns_cache_fail(c, &(struct cache_key){ .name = &n, .type = 1 }, code, hold_s, now);
}

static void assert_message(const struct cached *e, const char *text)
{
	assert_int_equal(e->value.n, strlen(text));
	assert_memory_equal(e->value.message, text, e->value.n);
	assert_int_equal(e->value.n_gist, e->value.n < 2 ? e->value.n : 2);
	assert_memory_equal(e->value.gist, text, e->value.n_gist);
}

static void keys_are_name_type_and_do(void **state UNUSED)
{
	struct dns_cache *c = dns_cache_create(100000, 0);
	const struct dns_name n = name_of("a.test");
	struct cached e;

	put(c, "a.test", 1, "one", 10, S(1));
	put(c, "a.test", 28, "two", 10, S(1));
	put(c, "b.test", 1, "three", 10, S(1));
	put_key(c, &(struct cache_key){ &n, 1, true }, "signed", 10, S(1));
	assert_int_equal(dns_cache_entries(c), 4);
	assert_true(get(c, "A.TEST", 1, S(2), &e));
	assert_message(&e, "one");
	assert_true(get(c, "a.test", 28, S(2), &e));
	assert_message(&e, "two");
	assert_true(get(c, "b.test", 1, S(2), &e));
	assert_message(&e, "three");
	assert_true(dns_cache_get(c, &(struct cache_key){ &n, 1, true }, S(2), &e));
	assert_message(&e, "signed");
	assert_false(get(c, "a.test", 5, S(2), &e));
	assert_false(get(c, "xa.test", 1, S(2), &e));
	dns_cache_clear(c);
	assert_int_equal(dns_cache_entries(c), 0);
	assert_int_equal(dns_cache_octets(c), 0);
	assert_false(get(c, "a.test", 1, S(2), &e));
	dns_cache_free(c);
	dns_cache_free(NULL);
}

static void time_runs_out(void **state UNUSED)
{
	struct dns_cache *c = dns_cache_create(100000, 0);
	struct cached e;

	put(c, "a.test", 1, "x", 10, S(100));
	assert_true(get(c, "a.test", 1, S(100), &e));
	assert_int_equal(e.left_s, 10);
	assert_int_equal(e.ttl_s, 10);
	assert_int_equal(e.hits, 1);
	assert_true(get(c, "a.test", 1, S(109) + 999999, &e));
	assert_int_equal(e.left_s, 1);
	assert_int_equal(e.hits, 2);
	assert_false(get(c, "a.test", 1, S(110), &e));
	assert_int_equal(dns_cache_entries(c), 0);      /* and it is gone */
	put(c, "a.test", 1, "x", 10, S(200));
	put(c, "a.test", 1, "y", 20, S(205));           /* replaces, with its own time and count */
	assert_true(get(c, "a.test", 1, S(210), &e));
	assert_message(&e, "y");
	assert_int_equal(e.left_s, 15);
	assert_int_equal(e.hits, 1);
	put(c, "a.test", 1, "z", 0, S(211));            /* nothing that may be kept: the old one goes too */
	assert_false(get(c, "a.test", 1, S(211), &e));
	dns_cache_free(c);
}

static void longest_ttl(void **state UNUSED)
{
	struct dns_cache *c = dns_cache_create(100000, UINT32_MAX);
	struct cached e;

	put(c, "a.test", 1, "x", UINT32_MAX, S(1));
	assert_true(get(c, "a.test", 1, S(1), &e));
	assert_int_equal(e.left_s, UINT32_MAX);
	dns_cache_free(c);
}

static void stale_ones_stay_a_while(void **state UNUSED)
{
	struct dns_cache *c = dns_cache_create(100000, 60);
	struct cached e;

	put(c, "a.test", 1, "x", 10, S(100));
	assert_true(get(c, "a.test", 1, S(110), &e));
	assert_int_equal(e.left_s, 0);
	assert_message(&e, "x");
	assert_true(get(c, "a.test", 1, S(169), &e));
	assert_false(get(c, "a.test", 1, S(170), &e));
	dns_cache_free(c);
}

static void failures(void **state UNUSED)
{
	struct dns_cache *c = dns_cache_create(100000, 60);
	struct cached e;

	note_failure(c, "a.test", 7, 0, S(10));                 /* not remembered at all */
	assert_false(get(c, "a.test", 1, S(10), &e));
	note_failure(c, "a.test", 7, 2, S(10));
	assert_true(get(c, "a.test", 1, S(11), &e));
	assert_int_equal(e.value.n, 0);
	assert_int_equal(e.failure, 7);
	assert_int_equal(e.failure_left_s, 1);
	assert_false(get(c, "a.test", 1, S(12), &e));
	put(c, "a.test", 1, "x", 10, S(20));
	note_failure(c, "a.test", 9, 5, S(25));                 /* the message outlives it */
	assert_true(get(c, "a.test", 1, S(26), &e));
	assert_int_equal(e.failure, 9);
	assert_message(&e, "x");
	assert_int_equal(e.left_s, 4);
	assert_true(get(c, "a.test", 1, S(30), &e));
	assert_int_equal(e.failure, 0);
	put(c, "a.test", 1, "y", 10, S(31));            /* an answer ends it */
	assert_true(get(c, "a.test", 1, S(31), &e));
	assert_int_equal(e.failure, 0);
	dns_cache_free(c);
}

static void octets_are_bounded(void **state UNUSED)
{
	enum { LIMIT = 20000 };
	struct dns_cache *c = dns_cache_create(LIMIT, 0);
	char name[32], text[201];
	struct cached e;

	memset(text, 'x', 200);
	text[200] = '\0';
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "n%u.test", i);
		put(c, name, 1, text, 100, S(1));
		assert_true(dns_cache_octets(c) <= LIMIT);
		assert_true(get(c, "n0.test", 1, S(1), &e));    /* used all the time: stays */
	}
	assert_true(dns_cache_entries(c) > 40 && dns_cache_entries(c) < 100);
	assert_true(dns_cache_octets(c) > LIMIT - 500);
	assert_true(get(c, "n4999.test", 1, S(1), &e));
	assert_false(get(c, "n1.test", 1, S(1), &e));           /* least recently used: went first */
	dns_cache_limit(c, 1000, 0);
	assert_true(dns_cache_octets(c) <= 1000);
	assert_true(get(c, "n4999.test", 1, S(1), &e));         /* used last */
	dns_cache_free(c);
}

static void too_large_to_keep(void **state UNUSED)
{
	struct dns_cache *c = dns_cache_create(300, 0), *none = dns_cache_create(0, 0);
	struct cached e;
	char text[301];

	memset(text, 'x', 300);
	text[300] = '\0';
	put(c, "a.test", 1, "small", 10, S(1));
	put(c, "a.test", 1, text, 10, S(1));
	assert_false(get(c, "a.test", 1, S(1), &e));
	put(none, "a.test", 1, "small", 10, S(1));
	note_failure(none, "a.test", 7, 10, S(1));
	assert_false(get(none, "a.test", 1, S(1), &e));
	assert_int_equal(dns_cache_octets(none), 0);
	dns_cache_free(c);
	dns_cache_free(none);
}

static void octets_are_counted(void **state UNUSED)
{
	static uint8_t bytes[DNS_MESSAGE_MAX + 1];
	struct dns_cache *c = dns_cache_create(1 << 20, 0);
	const struct dns_name n = name_of("a.test");
	const struct cache_key key = { .name = &n, .type = 1 };
	struct cached e;
	size_t least;

	dns_cache_put(c, &key, &(struct cache_value){ bytes, 1, bytes, 0 }, 10, S(1));
	least = dns_cache_octets(c);
	dns_cache_put(c, &key, &(struct cache_value){ bytes, 100, bytes, 30 }, 10, S(1));
	assert_int_equal(dns_cache_octets(c), least + 99 + 30);
	dns_cache_put(c, &key, &(struct cache_value){ bytes, DNS_MESSAGE_MAX, bytes, DNS_MESSAGE_MAX }, 10, S(1));
	assert_int_equal(dns_cache_octets(c), least + 2 * DNS_MESSAGE_MAX - 1);
	dns_cache_put(c, &key, &(struct cache_value){ bytes, DNS_MESSAGE_MAX + 1, bytes, 1 }, 10, S(1));
	assert_false(dns_cache_get(c, &key, S(1), &e));         /* no DNS message is that long */
	assert_int_equal(dns_cache_octets(c), 0);
	dns_cache_free(c);
}

static void many_entries(void **state UNUSED)
{
	enum { N = 20000 };
	struct dns_cache *c = dns_cache_create(64 << 20, 0);
	char name[32];
	struct cached e;

	for (unsigned i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "n%u.test", i);
		put(c, name, 1, name, 100, S(1));
	}
	assert_int_equal(dns_cache_entries(c), N);
	for (unsigned i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "n%u.test", i);
		assert_true(get(c, name, 1, S(1), &e));
		assert_message(&e, name);
	}
	dns_cache_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_name_type_and_do),
		cmocka_unit_test(time_runs_out),
		cmocka_unit_test(longest_ttl),
		cmocka_unit_test(stale_ones_stay_a_while),
		cmocka_unit_test(failures),
		cmocka_unit_test(octets_are_bounded),
		cmocka_unit_test(too_large_to_keep),
		cmocka_unit_test(octets_are_counted),
		cmocka_unit_test(many_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
