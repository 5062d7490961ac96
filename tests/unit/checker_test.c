/* checker_test -- passwords checked on other threads: verdicts, sharing, limits, cancelling; and the two tables below. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/checker.h"
#include "auth/failures.h"
#include "auth/verified.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define UNUSED __attribute__((unused))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Of "secret": one that is cheap, one that keeps a thread busy for some tens of milliseconds. */
#define CHEAP "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
#define CHEAP_TOO "$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2"
#define DEAR "$2b$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u"

enum { NOTHING_YET = -1 };

static struct users *users, *other_users;
static const struct ip home = { .family = 4, .b = { 192, 0, 2, 1 } }, away = { .family = 4, .b = { 192, 0, 2, 2 } };

static struct users *read_users(const char *text)
{
	struct diag_list why = { 0 };
	struct users *u = NULL;

	users_read(&u, sv_of(text), "users", &why);
	diag_print(&why, stderr);
	diag_fini(&why);
	return u;
}

static int make_users(void **state UNUSED)
{
	users = read_users("alice:" CHEAP "\nbob:" CHEAP_TOO "\nslow:" DEAR "\n");
	other_users = read_users("alice:" CHEAP_TOO "\n");
	return users && other_users ? 0 : -1;
}

static int free_users(void **state UNUSED)
{
	users_free(users);
	users_free(other_users);
	return 0;
}

static struct credentials shown(const char *user, const char *password)
{
	struct credentials c = { .n_user = (uint8_t)strlen(user), .n_password = (uint16_t)strlen(password) };

	memcpy(c.user, user, c.n_user);
	memcpy(c.password, password, c.n_password);
	return c;
}

struct asked {
	int verdict;                    /* NOTHING_YET, or an enum check_verdict */
	unsigned calls;
	struct checker_ticket *ticket;
};

static void on_verdict(void *arg, enum check_verdict verdict)
{
	struct asked *a = arg;

	a->verdict = (int)verdict;
	a->calls++;
	a->ticket = NULL;
}

static void ask_of(struct checker *c, struct asked *a, unsigned worker, const struct users *in, const struct ip *from,
		   unsigned limit, const char *user, const char *password)
{
	const struct credentials cred = shown(user, password);
	enum check_verdict at_once;

	*a = (struct asked){ .verdict = NOTHING_YET };
	a->ticket = checker_ask(c, &(struct check){ .worker = worker, .source = *from, .users = in, .shown = &cred,
						    .limit = limit }, on_verdict, a, &at_once);
	if (!a->ticket)
		a->verdict = (int)at_once;
}

static void ask(struct checker *c, struct asked *a, const char *user, const char *password)
{
	ask_of(c, a, 0, users, &home, 0, user, password);
}

/* As a worker's loop does: wait for the bell, take what is there. False after ten seconds of silence. */
static bool deliver(struct checker *c, unsigned worker)
{
	struct pollfd p = { .fd = checker_inbox(c, worker)->bell, .events = POLLIN };

	if (poll(&p, 1, 10000) != 1)
		return false;
	checker_deliver(c, worker);
	return true;
}

static int verdict_of(struct checker *c, struct asked *a)
{
	while (a->verdict == NOTHING_YET)
		assert_true(deliver(c, 0));
	return a->verdict;
}

static struct checker *new_checker(unsigned workers, unsigned threads)
{
	struct checker *c = NULL;

	assert_int_equal(checker_create(&c, workers, threads), 0);
	return c;
}

static void verdicts(void **state UNUSED)
{
	static const struct { const char *user, *password; enum check_verdict verdict; } rows[] = {
		{ "alice", "secret", CHECK_RIGHT }, { "bob", "secret", CHECK_RIGHT }, { "alice", "Secret", CHECK_WRONG },
		{ "alice", "", CHECK_WRONG }, { "nobody", "secret", CHECK_WRONG }, { "Alice", "secret", CHECK_WRONG },
	};
	struct checker *c = new_checker(1, 2);
	struct asked a;

	for (size_t i = 0; i < COUNT(rows); i++) {
		ask(c, &a, rows[i].user, rows[i].password);
		assert_non_null(a.ticket);
		assert_int_equal(verdict_of(c, &a), rows[i].verdict);
		assert_int_equal(a.calls, 1);
		assert_int_equal(checker_runs(c), i + 1);       /* each costs a run, strangers too */
	}
	checker_free(c);
	checker_free(NULL);
}

static void what_was_right_is_remembered(void **state UNUSED)
{
	struct checker *c = new_checker(1, 1);
	struct asked a;

	ask(c, &a, "alice", "secret");
	assert_int_equal(verdict_of(c, &a), CHECK_RIGHT);
	for (int i = 0; i < 3; i++) {
		ask(c, &a, "alice", "secret");
		assert_null(a.ticket);
		assert_int_equal(a.verdict, CHECK_RIGHT);
	}
	assert_int_equal(checker_runs(c), 1);
	ask(c, &a, "alice", "wrong");
	assert_int_equal(verdict_of(c, &a), CHECK_WRONG);
	ask(c, &a, "alice", "wrong");                   /* what was wrong is not */
	assert_non_null(a.ticket);
	assert_int_equal(verdict_of(c, &a), CHECK_WRONG);
	assert_int_equal(checker_runs(c), 3);
	ask_of(c, &a, 0, other_users, &home, 0, "alice", "secret");     /* another hash, another check */
	assert_non_null(a.ticket);
	assert_int_equal(verdict_of(c, &a), CHECK_RIGHT);
	ask_of(c, &a, 0, other_users, &home, 0, "bob", "secret");       /* gone from the file */
	assert_int_equal(verdict_of(c, &a), CHECK_WRONG);
	assert_int_equal(checker_runs(c), 5);
	checker_free(c);
}

/* A job that keeps the only thread busy, so that what is asked next waits. */
static void keep_busy(struct checker *c, struct asked *a)
{
	ask(c, a, "slow", "not it");
	assert_non_null(a->ticket);
}

static void the_same_question_is_asked_once(void **state UNUSED)
{
	struct checker *c = new_checker(1, 1);
	struct asked busy, same[20], other;

	keep_busy(c, &busy);
	for (size_t i = 0; i < COUNT(same); i++)
		ask(c, &same[i], "alice", "secret");
	ask(c, &other, "nobody", "secret");
	for (size_t i = 0; i < COUNT(same); i++)
		assert_int_equal(verdict_of(c, &same[i]), CHECK_RIGHT);
	assert_int_equal(verdict_of(c, &other), CHECK_WRONG);
	assert_int_equal(busy.verdict, CHECK_WRONG);
	assert_int_equal(checker_runs(c), 3);
	checker_free(c);
}

static void too_many_wrong_ones(void **state UNUSED)
{
	enum { LIMIT = 3 };
	struct checker *c = new_checker(1, 1);
	struct asked busy, many[10], a;
	char password[16];
	int wrong = 0, limited = 0;

	keep_busy(c, &busy);
	for (size_t i = 0; i < COUNT(many); i++) {              /* all at once: none is refused at the door */
		snprintf(password, sizeof(password), "guess %zu", i);
		ask_of(c, &many[i], 0, users, &away, LIMIT, "alice", password);
		assert_non_null(many[i].ticket);
	}
	for (size_t i = 0; i < COUNT(many); i++) {
		wrong += verdict_of(c, &many[i]) == CHECK_WRONG;
		limited += many[i].verdict == CHECK_LIMITED;
	}
	assert_int_equal(wrong, LIMIT);
	assert_int_equal(limited, (int)COUNT(many) - LIMIT);
	assert_int_equal(checker_runs(c), 1 + LIMIT);
	ask_of(c, &a, 0, users, &away, LIMIT, "alice", "secret");       /* even the right one now */
	assert_null(a.ticket);
	assert_int_equal(a.verdict, CHECK_LIMITED);
	assert_in_range(checker_retry_s(c, &away), 1, FAILURES_MINUTE_S);
	ask_of(c, &a, 0, users, &home, LIMIT, "alice", "secret");       /* others are not concerned */
	assert_int_equal(verdict_of(c, &a), CHECK_RIGHT);
	ask_of(c, &a, 0, users, &away, 0, "alice", "secret");           /* and without a limit nobody is */
	assert_int_equal(a.verdict, CHECK_RIGHT);
	checker_free(c);
}

static void one_sources_limit_is_not_anothers(void **state UNUSED)
{
	struct checker *c = new_checker(1, 1);
	struct asked busy, first, mine, theirs;

	keep_busy(c, &busy);
	ask_of(c, &first, 0, users, &away, 1, "alice", "guess");
	ask_of(c, &theirs, 0, users, &away, 1, "alice", "secret");
	ask_of(c, &mine, 0, users, &home, 5, "alice", "secret");        /* waits for the same run */
	assert_int_equal(verdict_of(c, &first), CHECK_WRONG);
	assert_int_equal(verdict_of(c, &theirs), CHECK_LIMITED);
	assert_int_equal(verdict_of(c, &mine), CHECK_RIGHT);
	checker_free(c);
}

static void a_full_queue_answers_at_once(void **state UNUSED)
{
	struct checker *c = new_checker(1, 1);
	struct asked *many = calloc(CHECKER_QUEUE_MAX + 2, sizeof(*many));
	unsigned waiting = 0;
	char password[16];

	assert_non_null(many);
	for (unsigned i = 0; i < CHECKER_QUEUE_MAX + 2; i++) {
		snprintf(password, sizeof(password), "%u", i);
		ask(c, &many[i], "slow", password);
		waiting += many[i].ticket != NULL;
	}
	assert_int_equal(many[CHECKER_QUEUE_MAX + 1].verdict, CHECK_OVERLOADED);
	assert_in_range(waiting, CHECKER_QUEUE_MAX, CHECKER_QUEUE_MAX + 1);     /* one may be at work */
	checker_free(c);                        /* with all of them open */
	for (unsigned i = 0; i < CHECKER_QUEUE_MAX + 2; i++)
		assert_int_equal(many[i].calls, 0);
	free(many);
}

static void cancelled_ones_are_not_called(void **state UNUSED)
{
	struct checker *c = new_checker(1, 1);
	struct asked busy, queued, shared[2], ready, last;
	struct pollfd p = { .fd = checker_inbox(c, 0)->bell, .events = POLLIN };

	keep_busy(c, &busy);
	ask(c, &queued, "alice", "never tried");
	ask(c, &shared[0], "alice", "secret");
	ask(c, &shared[1], "alice", "secret");
	checker_cancel(c, queued.ticket);
	checker_cancel(c, shared[0].ticket);
	checker_cancel(c, busy.ticket);         /* at work, or about to be */
	checker_cancel(c, NULL);
	assert_int_equal(verdict_of(c, &shared[1]), CHECK_RIGHT);
	assert_in_range(checker_runs(c), 1, 2);         /* never the cancelled one that only waited */
	ask(c, &ready, "bob", "secret");
	assert_int_equal(poll(&p, 1, 10000), 1);        /* its answer lies in the inbox */
	checker_cancel(c, ready.ticket);
	checker_deliver(c, 0);
	ask(c, &last, "bob", "secret");
	assert_int_equal(verdict_of(c, &last), CHECK_RIGHT);
	assert_int_equal(queued.calls + shared[0].calls + busy.calls + ready.calls, 0);
	checker_free(c);
}

/* ---- several workers at once ------------------------------------------------------------------------- */

enum { WORKERS = 3, ROUNDS = 150, AT_ONCE = 6 };

struct worker {
	struct checker *checker;
	unsigned index, failed;
};

static bool is_done(const struct asked *all, bool *const cancelled)
{
	for (size_t i = 0; i < AT_ONCE; i++)
		if (!cancelled[i] && all[i].verdict == NOTHING_YET)
			return false;
	return true;
}

static void *work(void *arg)
{
	static const char *const names[] = { "alice", "bob", "nobody" }, *const passwords[] = { "secret", "wrong" };
	struct worker *w = arg;
	unsigned random = w->index * 7919 + 1;

	for (int round = 0; round < ROUNDS; round++) {
		struct asked all[AT_ONCE];
		bool cancelled[AT_ONCE] = { false }, right[AT_ONCE];

		for (size_t i = 0; i < AT_ONCE; i++) {
			unsigned pick = (random = random * 1103515245u + 12345u) >> 16;
			const char *name = names[pick % 3], *password = passwords[pick / 3 % 2];

			right[i] = pick % 3 < 2 && pick / 3 % 2 == 0;
			ask_of(w->checker, &all[i], w->index, round % 2 ? users : other_users, &home, 0, name, password);
			right[i] &= round % 2 || pick % 3 == 0;         /* the other file has no bob */
			cancelled[i] = all[i].ticket && pick / 6 % 4 == 0;
			if (cancelled[i])
				checker_cancel(w->checker, all[i].ticket);
		}
		while (!is_done(all, cancelled))
			if (!deliver(w->checker, w->index)) {
				w->failed++;
				return NULL;
			}
		for (size_t i = 0; i < AT_ONCE; i++)
			w->failed += cancelled[i] ? all[i].calls != 0
						  : all[i].verdict != (right[i] ? CHECK_RIGHT : CHECK_WRONG);
	}
	return NULL;
}

static void workers_at_once(void **state UNUSED)
{
	struct checker *c = new_checker(WORKERS, 2);
	struct worker workers[WORKERS];
	pthread_t threads[WORKERS];

	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){ c, i, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (unsigned i = 0; i < WORKERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(workers[i].failed, 0);
	}
	checker_free(c);
}

/* ---- the table of failures ------------------------------------------------------------------------- */

static struct ip numbered(unsigned n)
{
	return (struct ip){ .family = 4, .b = { 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n } };
}

static void a_minute_passes(void **state UNUSED)
{
	struct failures *f = failures_create();
	const struct ip six = { .family = 6, .b = { 0x20, 1, 0xd, 0xb8, [15] = 1 } },
			neighbour = { .family = 6, .b = { 0x20, 1, 0xd, 0xb8, [15] = 2 } },
			other = { .family = 6, .b = { 0x20, 1, 0xd, 0xb8, [7] = 1, [15] = 1 } };

	assert_int_equal(failures_wait_s(f, &home, 2, 1000), 0);
	failures_add(f, &home, 1000);
	assert_int_equal(failures_wait_s(f, &home, 2, 1000), 0);
	failures_add(f, &home, 1030);
	assert_int_equal(failures_wait_s(f, &home, 2, 1030), 30);       /* from the first one on */
	assert_int_equal(failures_wait_s(f, &home, 3, 1030), 0);
	assert_int_equal(failures_wait_s(f, &home, 0, 1030), 0);
	assert_int_equal(failures_wait_s(f, &away, 1, 1030), 0);
	assert_int_equal(failures_wait_s(f, &home, 2, 1059), 1);
	assert_int_equal(failures_wait_s(f, &home, 2, 1060), 0);
	failures_add(f, &home, 1060);                                   /* a new minute */
	assert_int_equal(failures_wait_s(f, &home, 2, 1060), 0);
	assert_int_equal(failures_wait_s(f, &home, 1, 1060), 60);
	failures_add(f, &six, 2000);
	assert_int_equal(failures_wait_s(f, &neighbour, 1, 2000), 60);
	assert_int_equal(failures_wait_s(f, &other, 1, 2000), 0);
	for (int i = 0; i < 10000; i++)
		failures_add(f, &away, (1 << 20) - 1);                  /* neither count nor clock overflows */
	assert_int_equal(failures_wait_s(f, &away, FAILURES_LIMIT_MAX, (1 << 20) + 9), 50);
	failures_free(f);
	failures_free(NULL);
}

static void a_flood_of_sources(void **state UNUSED)
{
	enum { MANY = 100000, LAST = 2000 };
	struct failures *f = failures_create();
	unsigned known = 0;

	for (unsigned i = 0; i < MANY; i++) {
		struct ip ip = numbered(i);

		failures_add(f, &ip, 1000 + i / 10000);
	}
	for (unsigned i = MANY - LAST; i < MANY; i++) {
		struct ip ip = numbered(i);

		known += failures_wait_s(f, &ip, 1, 1010) > 0;
	}
	assert_in_range(known, LAST * 9 / 10, LAST);    /* the table is full, and the newest are in it */
	failures_free(f);
}

static void *fail_often(void *arg)
{
	for (unsigned i = 0; i < 700; i++) {
		struct ip ip = numbered(i % 7);

		failures_add(arg, &ip, 1000);
	}
	return NULL;
}

static void no_failure_is_lost(void **state UNUSED)
{
	struct failures *f = failures_create();
	pthread_t threads[4];

	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fail_often, f), 0);
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < 7; i++) {
		struct ip ip = numbered(i);

		assert_true(failures_wait_s(f, &ip, 360, 1000) > 0);    /* of 400; a race may cost a few */
		assert_int_equal(failures_wait_s(f, &ip, 401, 1000), 0);
	}
	failures_free(f);
}

/* ---- what was found right ---------------------------------------------------------------------------- */

static void keys_differ(void **state UNUSED)
{
	static const struct { const char *user, *password, *hash; bool known; } rows[] = {
		{ "alice", "secret", CHEAP, true }, { "alice", "secret", CHEAP, false },
		{ "alice", "secret", CHEAP_TOO, true }, { "alices", "ecret", CHEAP, true },
		{ "alic", "esecret", CHEAP, true }, { "alice", "secre", CHEAP, true }, { "alice", "", CHEAP, true },
	};
	struct verified *v = verified_create(), *other = verified_create();
	struct verified_key keys[COUNT(rows)], again;

	assert_non_null(v);
	assert_non_null(other);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct credentials c = shown(rows[i].user, rows[i].password);

		assert_true(verified_make_key(v, &c, rows[i].hash, rows[i].known, &keys[i]));
		assert_true(verified_make_key(v, &c, rows[i].hash, rows[i].known, &again));
		assert_memory_equal(&again, &keys[i], sizeof(again));
		assert_true(verified_make_key(other, &c, rows[i].hash, rows[i].known, &again));
		assert_memory_not_equal(&again, &keys[i], sizeof(again));       /* a key of its own each */
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(&keys[j], &keys[i], sizeof(again));
	}
	verified_free(v);
	verified_free(other);
	verified_free(NULL);
}

static void age_and_room(void **state UNUSED)
{
	enum { MANY = 20000, NEWEST = 500 };
	struct verified *v = verified_create();
	struct verified_key key;
	unsigned there = 0;

	assert_non_null(v);
	for (unsigned i = 0; i < MANY; i++) {
		memset(&key, 0, sizeof(key));
		memcpy(key.octets, &i, sizeof(i));
		assert_false(verified_has(v, &key, 1000 + i / 1000));
		verified_add(v, &key, 1000 + i / 1000);
		assert_true(verified_has(v, &key, 1000 + i / 1000));
	}
	for (unsigned i = MANY - NEWEST; i < MANY; i++) {
		memcpy(key.octets, &i, sizeof(i));
		there += verified_has(v, &key, 1019);
	}
	assert_int_equal(there, NEWEST);                /* the oldest made room */
	verified_add(v, &key, 2000);
	assert_true(verified_has(v, &key, 2000 + VERIFIED_FOR_S - 1));
	assert_false(verified_has(v, &key, 2000 + VERIFIED_FOR_S));
	verified_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),
		cmocka_unit_test(what_was_right_is_remembered),
		cmocka_unit_test(the_same_question_is_asked_once),
		cmocka_unit_test(too_many_wrong_ones),
		cmocka_unit_test(one_sources_limit_is_not_anothers),
		cmocka_unit_test(a_full_queue_answers_at_once),
		cmocka_unit_test(cancelled_ones_are_not_called),
		cmocka_unit_test(workers_at_once),
		cmocka_unit_test(a_minute_passes),
		cmocka_unit_test(a_flood_of_sources),
		cmocka_unit_test(no_failure_is_lost),
		cmocka_unit_test(keys_differ),
		cmocka_unit_test(age_and_room),
	};

	return cmocka_run_group_tests(tests, make_users, free_users);
}
