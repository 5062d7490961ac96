/* poller_test -- who is called when, and that nobody is called who has been closed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "proxy/poller.h"

#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

enum { SOCKS = 3 };

struct table {
	struct event_base *base;
	struct poller *poller;
	struct sock *socks[SOCKS];
	int peers[SOCKS];
	unsigned calls[SOCKS];
	bool closes_others, asks_again;
};

static struct table t;

static void close_others(int but)
{
	for (int i = 0; i < SOCKS; i++)
		if (i != but && t.socks[i]) {
			sock_close(t.socks[i], false);
			t.socks[i] = NULL;
		}
}

static void on_ready(void *arg)
{
	int i = (int)((struct sock **)arg - t.socks);

	assert_non_null(t.socks[i]);
	t.calls[i]++;
	if (t.closes_others)
		close_others(i);
	if (t.asks_again)
		sock_call_again(t.socks[i]);
}

static int setup(void **state UNUSED)
{
	t = (struct table){ .base = event_base_new() };
	assert_int_equal(poller_create(&t.poller, t.base), 0);
	for (int i = 0; i < SOCKS; i++) {
		int fds[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
		t.peers[i] = fds[1];
		t.socks[i] = sock_open(t.poller, fds[0], false, on_ready, &t.socks[i]);
		assert_non_null(t.socks[i]);
	}
	return 0;
}

static int teardown(void **state UNUSED)
{
	close_others(-1);
	for (int i = 0; i < SOCKS; i++)
		close(t.peers[i]);
	poller_free(t.poller);
	event_base_free(t.base);
	return 0;
}

static void turn(void)
{
	event_base_loop(t.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static unsigned all_calls(void)
{
	return t.calls[0] + t.calls[1] + t.calls[2];
}

static void reports_what_is_new_once(void **state UNUSED)
{
	turn();
	assert_int_equal(all_calls(), SOCKS);
	for (int i = 0; i < SOCKS; i++)
		assert_int_equal(t.socks[i]->ready, SOCK_WRITE);
	turn();
	assert_int_equal(all_calls(), SOCKS);
	assert_int_equal(write(t.peers[1], "x", 1), 1);
	turn();
	assert_int_equal(t.calls[1], 2);
	assert_int_equal(t.socks[1]->ready, SOCK_READ | SOCK_WRITE);
	shutdown(t.peers[1], SHUT_WR);
	turn();
	assert_int_equal(t.socks[1]->ready, SOCK_READ | SOCK_WRITE | SOCK_ENDED);
	assert_int_equal(all_calls(), SOCKS + 2);
}

/* One that is connected has room, and is asked about it from the first time on that it has none. */
static void room_is_reported_after_it_was_missing(void **state UNUSED)
{
	char octets[4096] = { 0 };
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	turn();
	sock_close(t.socks[0], false);
	t.socks[0] = sock_open(t.poller, fds[0], true, on_ready, &t.socks[0]);
	assert_int_equal(t.socks[0]->ready, SOCK_WRITE);
	for (int i = 1; i <= 2; i++) {
		t.calls[0] = 0;
		turn();
		assert_int_equal(t.calls[0], 0);
		while (write(fds[0], octets, sizeof(octets)) > 0)
			;
		sock_exhausted(t.socks[0], SOCK_WRITE);
		assert_int_equal(t.socks[0]->ready, 0);
		turn();
		assert_int_equal(t.calls[0], 0);
		while (read(fds[1], octets, sizeof(octets)) > 0)
			;
		turn();
		assert_int_equal(t.calls[0], 1);
		assert_int_equal(t.socks[0]->ready, SOCK_WRITE);
	}
	sock_close(t.socks[0], false);
	close(fds[1]);
	/* room that came before it was asked for */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	t.socks[0] = sock_open(t.poller, fds[0], true, on_ready, &t.socks[0]);
	sock_exhausted(t.socks[0], SOCK_READ | SOCK_WRITE);
	turn();
	assert_int_equal(t.calls[0], 2);
	assert_int_equal(t.socks[0]->ready, SOCK_WRITE);
	close(fds[1]);
}

static void nobody_is_called_after_the_end(void **state UNUSED)
{
	t.closes_others = true;         /* all three are in one batch */
	turn();
	assert_int_equal(all_calls(), 1);
}

static void the_queue_forgets_who_is_closed(void **state UNUSED)
{
	turn();
	for (int i = 0; i < SOCKS; i++)
		sock_call_again(t.socks[i]);
	t.closes_others = true;
	turn();
	assert_int_equal(all_calls(), SOCKS + 1);
	turn();
	assert_int_equal(all_calls(), SOCKS + 1);
}

static bool timer_came;

static void on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *arg UNUSED)
{
	timer_came = true;
}

/* Who always asks for more does not keep the others, or a timer, from their turn. */
static void the_insatiable_share(void **state UNUSED)
{
	struct event *timer = evtimer_new(t.base, on_timer, NULL);
	unsigned before;

	turn();
	timer_came = false;
	t.asks_again = true;
	sock_call_again(t.socks[0]);
	event_add(timer, &(struct timeval){ .tv_usec = 1000 });
	before = t.calls[1];
	assert_int_equal(write(t.peers[1], "x", 1), 1);
	for (uint64_t until = clock_mono_us() + 5000000; !timer_came && clock_mono_us() < until;)
		turn();
	assert_true(timer_came);
	assert_true(t.calls[1] > before);
	assert_true(t.calls[0] > 2);
	event_free(timer);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reports_what_is_new_once),
		TEST(room_is_reported_after_it_was_missing),
		TEST(nobody_is_called_after_the_end),
		TEST(the_queue_forgets_who_is_closed),
		TEST(the_insatiable_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
