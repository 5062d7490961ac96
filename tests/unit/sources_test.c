/* sources_test -- the count of each address, alone, among many, and from several threads at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proxy/sources.h"

#include <pthread.h>

#define UNUSED __attribute__((unused))

static struct ip ip_of(const char *text)
{
	struct ip ip;

	assert_true(ip_parse(&ip, sv_of(text)));
	return ip;
}

static struct ip numbered(unsigned n)
{
	return (struct ip){ .family = 4, .b = { 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n } };
}

static void a_limit_holds(void **state UNUSED)
{
	struct sources *s = sources_create(10);
	struct ip a = ip_of("192.0.2.1"), b = ip_of("192.0.2.2");

	for (int i = 0; i < 3; i++)
		assert_true(sources_enter(s, &a, 3));
	assert_false(sources_enter(s, &a, 3));
	assert_true(sources_enter(s, &b, 3));
	sources_leave(s, &a);
	assert_true(sources_enter(s, &a, 3));
	assert_false(sources_enter(s, &a, 3));
	for (int i = 0; i < 3; i++)
		sources_leave(s, &a);
	sources_leave(s, &a);                   /* one too many does no harm */
	assert_true(sources_enter(s, &a, 1));
	assert_false(sources_enter(s, &a, 1));
	sources_free(s);
	sources_free(NULL);
}

static void ipv6_counts_by_its_64(void **state UNUSED)
{
	struct sources *s = sources_create(10);
	struct ip a = ip_of("2001:db8::1"), same = ip_of("2001:db8::ffff:1"), other = ip_of("2001:db8:0:1::1");

	assert_true(sources_enter(s, &a, 1));
	assert_false(sources_enter(s, &same, 1));
	assert_true(sources_enter(s, &other, 1));
	sources_leave(s, &same);
	assert_true(sources_enter(s, &a, 1));
	sources_free(s);
}

static void many_addresses(void **state UNUSED)
{
	enum { MANY = 20000 };
	struct sources *s = sources_create(MANY);

	for (int round = 0; round < 3; round++) {
		for (unsigned i = 0; i < MANY; i++) {
			struct ip ip = numbered(i);

			assert_true(sources_enter(s, &ip, 2));
			assert_true(sources_enter(s, &ip, 2));
		}
		for (unsigned i = 0; i < MANY; i++) {
			struct ip ip = numbered(i);

			assert_false(sources_enter(s, &ip, 2));
			sources_leave(s, &ip);
			sources_leave(s, &ip);
		}
	}
	sources_free(s);
}

enum { THREADS = 4, ROUNDS = 20000 };

/* Comes and goes with the addresses of all threads; each goes as often as it came. */
static void *come_and_go(void *arg)
{
	struct sources *s = arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct ip ip = numbered(i % 7);

		if (sources_enter(s, &ip, 1000000))
			sources_leave(s, &ip);
	}
	return NULL;
}

static void threads_leave_nothing_behind(void **state UNUSED)
{
	struct sources *s = sources_create(10);
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, s), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < 7; i++) {
		struct ip ip = numbered(i);

		assert_true(sources_enter(s, &ip, 1));
		assert_false(sources_enter(s, &ip, 1));
	}
	sources_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_limit_holds),
		cmocka_unit_test(ipv6_counts_by_its_64),
		cmocka_unit_test(many_addresses),
		cmocka_unit_test(threads_leave_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
