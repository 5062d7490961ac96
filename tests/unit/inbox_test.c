/* inbox_test -- things come out in the order in which they went in, and the bell rings when there are any. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/inbox.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#define UNUSED __attribute__((unused))

struct thing {
	struct inbox_item item;
	unsigned from, number;
};

static struct thing *new_thing(unsigned from, unsigned number)
{
	struct thing *t = xcalloc(1, sizeof(*t));

	t->from = from;
	t->number = number;
	return t;
}

static bool rings(const struct inbox *in, int wait_ms)
{
	struct pollfd p = { .fd = in->bell, .events = POLLIN };

	return poll(&p, 1, wait_ms) == 1;
}

static void order_and_bell(void **state UNUSED)
{
	struct inbox_item *next;
	struct inbox in;

	assert_int_equal(inbox_init(&in), 0);
	assert_false(rings(&in, 0));
	assert_null(inbox_take(&in));
	for (int round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 5; i++)
			inbox_put(&in, &new_thing(0, i)->item);
		assert_true(rings(&in, 0));
		next = inbox_take(&in);
		assert_false(rings(&in, 0));
		for (unsigned i = 0; i < 5; i++) {
			struct thing *t = (struct thing *)(void *)next;

			assert_non_null(t);
			assert_int_equal(t->number, i);
			next = next->next;
			free(t);
		}
		assert_null(next);
		assert_null(inbox_take(&in));
	}
	inbox_fini(&in);
	assert_int_equal(in.bell, -1);
	inbox_fini(&in);                        /* safe twice */
}

enum { THREADS = 3, THINGS = 20000 };

struct giver {
	struct inbox *in;
	unsigned number;
};

static void *give(void *arg)
{
	const struct giver *g = arg;

	for (unsigned i = 0; i < THINGS; i++)
		inbox_put(g->in, &new_thing(g->number, i)->item);
	return NULL;
}

/* Takes by the bell alone, as an event loop does: a bell that was not rung would hang here. */
static void many_give_and_one_takes(void **state UNUSED)
{
	unsigned seen[THREADS] = { 0 }, all = 0;
	struct giver givers[THREADS];
	pthread_t threads[THREADS];
	struct inbox in;

	assert_int_equal(inbox_init(&in), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		givers[i] = (struct giver){ &in, i };
		assert_int_equal(pthread_create(&threads[i], NULL, give, &givers[i]), 0);
	}
	while (all < THREADS * THINGS) {
		struct inbox_item *next;

		assert_true(rings(&in, 10000));
		for (next = inbox_take(&in); next; all++) {
			struct thing *t = (struct thing *)(void *)next;

			assert_int_equal(t->number, seen[t->from]);     /* each giver's own order */
			seen[t->from]++;
			next = next->next;
			free(t);
		}
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_null(inbox_take(&in));
	inbox_fini(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_and_bell),
		cmocka_unit_test(many_give_and_one_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
