/* learned: what it knows, for whom, how long, and what of it survives a restart. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "dns/learned.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))
#define S(n) ((uint64_t)(n) * 1000000)

static struct ip ip(const char *text)
{
	struct ip out;

	assert_true(ip_parse(&out, sv_of(text)));
	return out;
}

static struct learned *make(uint32_t grace_s, size_t entries)
{
	return learned_create(&(struct learned_config){ .grace_s = grace_s, .entries = entries });
}

static bool add(struct learned *l, const char *client, const char *address, const char *name, uint32_t ttl_s,
		uint64_t now)
{
	struct ip c = ip(client), a = ip(address);

	return learned_add(l, &c, &a, sv_of(name), ttl_s, now);
}

/* The names, separated by blanks. */
static const char *names(struct learned *l, const char *client, const char *address, uint64_t now)
{
	static char text[LEARNED_NAMES_MAX * (LEARNED_NAME_MAX + 2)];
	struct learned_name found[LEARNED_NAMES_MAX];
	struct ip c = ip(client), a = ip(address);
	size_t n = learned_find(l, &c, &a, found, LEARNED_NAMES_MAX, now), at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < n && i < LEARNED_NAMES_MAX; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", i ? " " : "", found[i].text);
	return text;
}

static void each_client_has_its_own(void **state UNUSED)
{
	struct learned *l = make(10, 100);

	assert_true(add(l, "10.1.0.9", "192.0.2.1", "a.test", 5, S(1)));
	assert_true(add(l, "10.1.0.9", "2001:db8::1", "six.test", 5, S(1)));
	assert_true(add(l, "2001:db8:1::9", "192.0.2.1", "b.test", 5, S(1)));
	assert_string_equal(names(l, "10.1.0.9", "192.0.2.1", S(2)), "a.test");
	assert_string_equal(names(l, "10.1.0.9", "2001:db8::1", S(2)), "six.test");
	assert_string_equal(names(l, "2001:db8:1::9", "192.0.2.1", S(2)), "b.test");
	assert_string_equal(names(l, "2001:db8:1::a", "192.0.2.1", S(2)), "");
	assert_string_equal(names(l, "10.1.0.10", "192.0.2.1", S(2)), "");
	assert_string_equal(names(l, "10.1.0.9", "192.0.2.2", S(2)), "");
	learned_free(l);
}

static void lives_for_ttl_and_grace(void **state UNUSED)
{
	struct learned *l = make(10, 100);
	struct learned_name found;
	struct ip c = ip("10.1.0.9"), a = ip("192.0.2.1");

	add(l, "10.1.0.9", "192.0.2.1", "a.test", 5, S(100));
	assert_int_equal(learned_find(l, &c, &a, &found, 1, S(100)), 1);
	assert_int_equal(found.left_s, 15);
	assert_true(learned_knows(l, &c, &a, SV("a.test"), S(115) - 1));
	assert_false(learned_knows(l, &c, &a, SV("a.test"), S(115)));
	assert_false(learned_knows(l, &c, &a, SV("b.test"), S(101)));
	/* told again: its time starts anew; a shorter TTL takes nothing away */
	add(l, "10.1.0.9", "192.0.2.1", "a.test", 50, S(110));
	add(l, "10.1.0.9", "192.0.2.1", "a.test", 1, S(111));
	assert_string_equal(names(l, "10.1.0.9", "192.0.2.1", S(169)), "a.test");
	assert_string_equal(names(l, "10.1.0.9", "192.0.2.1", S(170)), "");
	learned_free(l);
}

static void several_names_newest_first(void **state UNUSED)
{
	struct learned *l = make(10, 1000);
	struct ip c = ip("10.1.0.9"), a = ip("192.0.2.1");
	struct learned_name found[2];
	char name[20];

	add(l, "10.1.0.9", "192.0.2.1", "a.test", 5, S(1));
	add(l, "10.1.0.9", "192.0.2.1", "b.test", 5, S(1));
	add(l, "10.1.0.9", "192.0.2.1", "c.test", 5, S(1));
	add(l, "10.1.0.9", "192.0.2.1", "b.test", 5, S(1));
	assert_string_equal(names(l, "10.1.0.9", "192.0.2.1", S(1)), "b.test c.test a.test");
	assert_int_equal(learned_find(l, &c, &a, found, 2, S(1)), 3);
	assert_string_equal(found[1].text, "c.test");
	for (int i = 0; i < 200; i++) {         /* the table grows meanwhile */
		snprintf(name, sizeof(name), "n%d.test", i);
		add(l, "10.1.0.9", "192.0.2.7", name, 5, S(1));
	}
	assert_string_equal(names(l, "10.1.0.9", "192.0.2.1", S(1)), "b.test c.test a.test");
	assert_int_equal(learned_find(l, &c, &(struct ip){ 4, { 192, 0, 2, 7 } }, found, 2, S(1)), 200);
	assert_string_equal(found[0].text, "n199.test");
	learned_free(l);
}

static void refuses_what_is_no_host_name(void **state UNUSED)
{
	static const char *const bad[] = { "", "A.test", "a.test.", "a b.test", "a.10", "-a.test", "a\n.test" };
	struct learned *l = make(10, 100);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(add(l, "10.1.0.9", "192.0.2.1", bad[i], 5, S(1)));
	learned_free(l);
}

static void a_hold_outlives_its_time(void **state UNUSED)
{
	struct learned *l = make(10, 100);
	struct ip c = ip("10.1.0.9"), a = ip("192.0.2.1");
	struct learned_hold *one, *two;
	struct learned_counts count;

	add(l, "10.1.0.9", "192.0.2.1", "a.test", 5, S(1));
	one = learned_hold(l, &c, &a, SV("a.test"), S(2));
	two = learned_hold(l, &c, &a, SV("a.test"), S(2));
	assert_non_null(one);
	assert_ptr_equal(one, two);
	assert_null(learned_hold(l, &c, &a, SV("b.test"), S(2)));
	learned_count(l, &count);
	assert_int_equal(count.held, 1);
	assert_string_equal(names(l, "10.1.0.9", "192.0.2.1", S(5000)), "a.test");
	learned_release(l, one, S(5000));
	assert_string_equal(names(l, "10.1.0.9", "192.0.2.1", S(6000)), "a.test");
	learned_release(l, two, S(6000));
	assert_string_equal(names(l, "10.1.0.9", "192.0.2.1", S(6009)), "a.test");
	assert_string_equal(names(l, "10.1.0.9", "192.0.2.1", S(6010)), "");
	assert_null(learned_hold(l, &c, &a, SV("a.test"), S(6010)));
	learned_release(l, NULL, S(1));
	learned_free(l);
}

static void memory_is_bounded_and_the_oldest_goes(void **state UNUSED)
{
	struct learned *l = make(1000, 50);
	struct learned_hold *held;
	struct learned_counts count;
	struct ip c = ip("10.1.0.9"), a = ip("192.0.2.0");
	char address[20];

	add(l, "10.9.9.9", "192.0.2.250", "quiet.test", 5, S(1));
	for (int i = 0; i < 200; i++) {
		snprintf(address, sizeof(address), "192.0.2.%d", i);
		assert_true(add(l, "10.1.0.9", address, "a.test", 5, S(2 + i)));
		if (i == 0)
			held = learned_hold(l, &c, &a, SV("a.test"), S(2));
	}
	learned_count(l, &count);
	assert_int_equal(count.entries, 50);
	assert_int_equal(count.evicted, 151);
	assert_string_equal(names(l, "10.9.9.9", "192.0.2.250", S(300)), "quiet.test");  /* others keep theirs */
	assert_string_equal(names(l, "10.1.0.9", "192.0.2.0", S(300)), "a.test");        /* held */
	assert_string_equal(names(l, "10.1.0.9", "192.0.2.1", S(300)), "");
	assert_string_equal(names(l, "10.1.0.9", "192.0.2.151", S(300)), "");
	assert_string_equal(names(l, "10.1.0.9", "192.0.2.152", S(300)), "a.test");
	learned_release(l, held, S(300));
	/* a lower bound after a reload takes hold with the next one that comes */
	learned_configure(l, &(struct learned_config){ .grace_s = 1000, .entries = 10 });
	add(l, "10.1.0.9", "192.0.2.200", "a.test", 5, S(300));
	learned_count(l, &count);
	assert_int_equal(count.entries, 10);
	learned_free(l);
}

/* Some of the many are in the shard of the noisy one. */
static void a_noisy_client_pushes_nobody_out(void **state UNUSED)
{
	enum { QUIET = 200, LIMIT = 2 * QUIET };
	struct learned *l = make(1000, LIMIT);
	struct learned_counts count;
	char text[24];

	for (int i = 0; i < QUIET; i++) {
		snprintf(text, sizeof(text), "10.9.9.%d", i);
		assert_true(add(l, text, "192.0.2.250", "quiet.test", 5, S(1 + i)));
	}
	for (int i = 0; i < 5 * LIMIT; i++) {
		snprintf(text, sizeof(text), "192.0.%d.%d", i / 250, i % 250);
		assert_true(add(l, "10.1.0.9", text, "a.test", 5, S(300)));
	}
	learned_count(l, &count);
	assert_int_equal(count.entries, LIMIT);
	for (int i = 0; i < QUIET; i++) {
		snprintf(text, sizeof(text), "10.9.9.%d", i);
		assert_string_equal(names(l, text, "192.0.2.250", S(301)), "quiet.test");
	}
	learned_free(l);
}

static void who_has_as_much_as_the_others_goes_by_age(void **state UNUSED)
{
	enum { LIMIT = 64 };
	struct learned *l = make(1000, LIMIT);
	char text[24];
	int kept = 0;

	for (int i = 0; i < 4 * LIMIT; i++) {
		snprintf(text, sizeof(text), "10.9.9.%d", i);
		assert_true(add(l, text, "192.0.2.250", "a.test", 5, S(1 + i)));
		assert_string_equal(names(l, text, "192.0.2.250", S(1 + i)), "a.test");
	}
	for (int i = 0; i < LIMIT; i++) {
		snprintf(text, sizeof(text), "10.9.9.%d", i);
		kept += names(l, text, "192.0.2.250", S(4 * LIMIT))[0] != '\0';
	}
	assert_true(kept < LIMIT / 4);  /* by chance alone, a quarter of all that came */
	learned_free(l);
}

static void no_room_when_all_is_held(void **state UNUSED)
{
	struct learned *l = make(10, 1);
	struct ip c = ip("10.1.0.9"), a = ip("192.0.2.1");
	struct learned_hold *h;

	add(l, "10.1.0.9", "192.0.2.1", "a.test", 5, S(1));
	h = learned_hold(l, &c, &a, SV("a.test"), S(1));
	assert_false(add(l, "10.1.0.9", "192.0.2.2", "a.test", 5, S(1)));
	assert_true(add(l, "10.1.0.9", "192.0.2.1", "a.test", 5, S(1)));
	learned_release(l, h, S(1));
	assert_true(add(l, "10.1.0.9", "192.0.2.2", "a.test", 5, S(1)));
	learned_free(l);
}

/* ---- the file ---------------------------------------------------------------------------------- */

static char folder[] = "/tmp/learned-XXXXXX";
static char path[64];

static int make_folder(void **state UNUSED)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/names", folder);
	return 0;
}

static int drop_folder(void **state UNUSED)
{
	unlink(path);
	return rmdir(folder);
}

static void write_text(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	fclose(f);
}

static void survives_a_restart(void **state UNUSED)
{
	struct learned *l = make(10, 100);
	struct diag_list why = { 0 };
	struct ip c = ip("10.1.0.9"), a = ip("192.0.2.1");
	struct learned_hold *h;
	struct stat st;

	add(l, "10.1.0.9", "192.0.2.1", "a.test", 90, S(1000));
	add(l, "10.1.0.9", "192.0.2.1", "b.test", 190, S(1000));
	add(l, "2001:db8:1::9", "2001:db8::1", "six.test", 5, S(1000));
	add(l, "10.1.0.9", "192.0.2.2", "held.test", 0, S(1000));
	h = learned_hold(l, &c, &(struct ip){ 4, { 192, 0, 2, 2 } }, SV("held.test"), S(1001));
	assert_int_equal(learned_save(l, path, 5000000, S(1020)), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	learned_release(l, h, S(1020));
	learned_free(l);

	l = make(10, 100);                      /* 30 s later, on another monotonic clock */
	assert_int_equal(learned_load(l, path, 5030000, S(7), &why), 0);
	assert_string_equal(names(l, "10.1.0.9", "192.0.2.1", S(7)), "b.test a.test");
	assert_string_equal(names(l, "10.1.0.9", "192.0.2.1", S(7 + 49)), "b.test a.test");
	assert_string_equal(names(l, "10.1.0.9", "192.0.2.1", S(7 + 51)), "b.test");
	assert_false(learned_knows(l, &c, &a, SV("b.test"), S(7 + 151)));
	assert_string_equal(names(l, "2001:db8:1::9", "2001:db8::1", S(7)), "");
	assert_string_equal(names(l, "10.1.0.9", "192.0.2.2", S(7)), "");
	learned_free(l);

	l = make(10, 100);
	assert_int_equal(learned_load(l, path, 5005000, S(7), &why), 0);
	assert_string_equal(names(l, "10.1.0.9", "192.0.2.2", S(7)), "held.test");
	assert_int_equal(why.n, 0);
	learned_free(l);
	l = make(1, 1);
	assert_int_equal(learned_save(l, "/nonexistent/names", 1, 1), -ENOENT);
	learned_free(l);
}

#define HEAD "sekisho learned names 1\n"

static void a_damaged_file_gives_nothing(void **state UNUSED)
{
	static const char *const bad[] = {
		"", "sekisho", "sekisho learned names 2\nend 0\n", HEAD, HEAD "end 1\n", HEAD "end 0", HEAD "end 0\nmore\n",
		HEAD "10.0.0.1 192.0.2.1 a.test 9000000\n",
		HEAD "10.0.0.1 192.0.2.1 a.test 9000000\nend 2\n",
		HEAD "10.0.0.1 192.0.2.1 a.test 9000000\n10.0.0.1 192.0.2.1 A.test 9000000\nend 2\n",
		HEAD "10.0.0.1 192.0.2.1 a.test 9000000\n10.0.0.1 192.0.2.300 a.test 9000000\nend 2\n",
		HEAD "10.0.0.1 192.0.2.1 a.test -1\nend 1\n", HEAD "10.0.0.1 192.0.2.1 a.test\nend 1\n",
		HEAD "10.0.0.1 192.0.2.1 a.test 9000000 x\nend 1\n", HEAD "\nend 1\n",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct learned *l = make(10, 100);
		struct diag_list why = { 0 };
		struct learned_counts count;

		write_text(bad[i]);
		assert_int_equal(learned_load(l, path, 5000000, S(7), &why), -EBADMSG);
		assert_int_equal(why.n, 1);
		learned_count(l, &count);
		assert_int_equal(count.entries, 0);
		diag_fini(&why);
		learned_free(l);
	}
}

static void a_missing_file_is_fine(void **state UNUSED)
{
	struct learned *l = make(10, 100);
	struct diag_list why = { 0 };

	unlink(path);
	assert_int_equal(learned_load(l, path, 1, S(1), &why), 0);
	assert_int_equal(why.n, 0);
	write_text(HEAD "10.0.0.1 192.0.2.1 a.test 99999999999999\nend 1\n");
	assert_int_equal(learned_load(l, path, 1000, S(1), &why), 0);
	assert_string_equal(names(l, "10.0.0.1", "192.0.2.1", S(2)), "a.test");
	assert_string_equal(names(l, "10.0.0.1", "192.0.2.1", S(2 + 7 * 86400)), "");    /* not for ever */
	learned_free(l);
}

/* ---- several threads ---------------------------------------------------------------------------- */

struct crowd {
	struct learned *l;
	unsigned seed;
};

static void *mill_about(void *arg)
{
	struct crowd *c = arg;
	struct learned_name found[4];

	for (unsigned i = 0; i < 20000; i++) {
		struct ip client = { 4, { 10, 0, 0, (uint8_t)(rand_r(&c->seed) % 8) } };
		struct ip address = { 4, { 192, 0, 2, (uint8_t)(rand_r(&c->seed) % 64) } };
		struct sv name = i % 3 ? SV("a.test") : SV("b.test");
		struct learned_hold *h;

		learned_add(c->l, &client, &address, name, 1, S(i / 100));
		h = learned_hold(c->l, &client, &address, name, S(i / 100));
		learned_find(c->l, &client, &address, found, 4, S(i / 100));
		learned_release(c->l, h, S(i / 100));
	}
	return NULL;
}

static void is_safe_between_threads(void **state UNUSED)
{
	struct learned *l = make(1, 300);
	struct crowd crowds[4];
	struct learned_counts count;
	pthread_t threads[4];

	for (unsigned i = 0; i < 4; i++) {
		crowds[i] = (struct crowd){ l, i + 1 };
		assert_int_equal(pthread_create(&threads[i], NULL, mill_about, &crowds[i]), 0);
	}
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	learned_count(l, &count);
	assert_int_equal(count.held, 0);
	assert_in_range(count.entries, 1, 304);
	learned_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_client_has_its_own),
		cmocka_unit_test(lives_for_ttl_and_grace),
		cmocka_unit_test(several_names_newest_first),
		cmocka_unit_test(refuses_what_is_no_host_name),
		cmocka_unit_test(a_hold_outlives_its_time),
		cmocka_unit_test(memory_is_bounded_and_the_oldest_goes),
		cmocka_unit_test(a_noisy_client_pushes_nobody_out),
		cmocka_unit_test(who_has_as_much_as_the_others_goes_by_age),
		cmocka_unit_test(no_room_when_all_is_held),
		cmocka_unit_test(survives_a_restart),
		cmocka_unit_test(a_damaged_file_gives_nothing),
		cmocka_unit_test(a_missing_file_is_fine),
		cmocka_unit_test(is_safe_between_threads),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
