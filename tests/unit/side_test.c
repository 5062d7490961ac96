/* side_test -- one end of a session over real sockets: what it holds, its events, its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proxy/side.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

struct pair {
	struct event_base *base;
	struct poller *poller;
	struct side side;
	int peer;                       /* the other end, blocking */
	unsigned seen;                     /* events since the last look */
	unsigned calls;
};

static void on_event(void *arg, unsigned what)
{
	struct pair *p = arg;

	p->seen |= what;
	p->calls++;
}

/* Two ends of a TCP connection: resets and half-closes as they are in life. */
static void connect_pair(int fds[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fds[0], (struct sockaddr *)&at, len), 0);
	fds[1] = accept(listener, NULL, NULL);
	assert_true(fds[1] >= 0);
	close(listener);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
}

static int setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));
	int fds[2];

	connect_pair(fds);
	p->base = event_base_new();
	assert_int_equal(poller_create(&p->poller, p->base), 0);
	p->peer = fds[1];
	side_init(&p->side);
	assert_false(side_is_open(&p->side));
	side_open(&p->side, sock_open(p->poller, fds[0], true, NULL, NULL), on_event, p);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct pair *p = *state;

	side_close(&p->side, false);
	close(p->peer);
	poller_free(p->poller);
	event_base_free(p->base);
	free(p);
	return 0;
}

/* What happens within a moment. */
static unsigned look(struct pair *p)
{
	p->seen = 0;
	p->calls = 0;
	for (int i = 0; i < 3; i++) {
		usleep(2000);
		event_base_loop(p->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	}
	return p->seen;
}

static void reads_until_the_end(void **state)
{
	struct pair *p = *state;
	char buffer[16];

	assert_int_equal(side_read(&p->side, buffer, sizeof(buffer)), -EAGAIN);
	assert_int_equal(write(p->peer, "hello", 5), 5);
	assert_int_equal(look(p), SOCK_READ);
	assert_int_equal(side_read(&p->side, buffer, sizeof(buffer)), 5);
	assert_memory_equal(buffer, "hello", 5);
	assert_false(p->side.eof);
	shutdown(p->peer, SHUT_WR);
	assert_int_equal(look(p), SOCK_READ);
	assert_int_equal(side_read(&p->side, buffer, sizeof(buffer)), 0);
	assert_true(p->side.eof);
}

/* recv() stops in front of urgent octets, and what is behind them is no news to the kernel. */
static void reads_past_urgent_octets(void **state)
{
	struct pair *p = *state;
	char buffer[16];

	look(p);
	assert_int_equal(send(p->peer, "abc", 3, 0), 3);
	assert_int_equal(send(p->peer, "!", 1, MSG_OOB), 1);
	assert_int_equal(send(p->peer, "def", 3, 0), 3);
	assert_int_equal(look(p), SOCK_READ);
	assert_int_equal(side_read(&p->side, buffer, sizeof(buffer)), 3);
	assert_memory_equal(buffer, "abc", 3);
	assert_int_equal(look(p), SOCK_READ);
	assert_int_equal(side_read(&p->side, buffer, sizeof(buffer)), 3);
	assert_memory_equal(buffer, "def", 3);
	assert_int_equal(side_read(&p->side, buffer, sizeof(buffer)), -EAGAIN);
	assert_int_equal(look(p), 0);
}

/* Fills the connection until some of it is held. */
static size_t fill(struct pair *p)
{
	static char piece[64 * 1024];
	size_t sent = 0;

	look(p);
	while (!side_holds(&p->side)) {
		assert_int_equal(side_send(&p->side, (struct sv){ piece, sizeof(piece) }), 0);
		sent += sizeof(piece);
	}
	return sent;
}

static void holds_what_does_not_fit(void **state)
{
	struct pair *p = *state;
	size_t sent = fill(p), got = 0;
	char buffer[64 * 1024];

	assert_true(p->side.held_end - p->side.held_at <= 64 * 1024);
	assert_int_equal(side_flush(&p->side), -EAGAIN);
	assert_int_equal(side_send(&p->side, SV("tail")), 0);   /* behind what is held */
	side_want(&p->side, SOCK_WRITE);
	assert_int_equal(look(p), 0);
	while (side_holds(&p->side) || got < sent + 4) {
		ssize_t n = recv(p->peer, buffer, sizeof(buffer), MSG_DONTWAIT);

		if (n > 0)
			got += (size_t)n;
		else
			look(p);
		if (side_holds(&p->side))
			side_flush(&p->side);
		if (got == sent + 4)
			assert_memory_equal(buffer + n - 4, "tail", 4);
	}
	assert_int_equal(got, sent + 4);
	assert_null(p->side.held);
	assert_int_equal(look(p), SOCK_WRITE);
}

static void forgets_what_is_held(void **state)
{
	struct pair *p = *state;

	fill(p);
	side_drop_held(&p->side);
	assert_false(side_holds(&p->side));
	assert_int_equal(side_flush(&p->side), 0);
	side_drop_held(&p->side);
}

/* With nothing wanted, octets that lie there do not spin, and a reset is still seen. */
static void wants_nothing_but_sees_a_reset(void **state)
{
	struct pair *p = *state;
	struct linger hard = { .l_onoff = 1 };

	side_want(&p->side, 0);
	assert_int_equal(write(p->peer, "x", 1), 1);
	for (int i = 0; i < 20; i++)
		look(p);
	assert_int_equal(look(p), 0);
	setsockopt(p->peer, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(p->peer);
	p->peer = dup(0);
	assert_true(look(p) & SOCK_BROKEN);
	assert_true(p->calls < 4);
}

/* A FIN, and a reset, that came while reading was wanted are told when it is not wanted any more. */
static void tells_of_an_end_that_it_knew(void **state)
{
	struct pair *p = *state;

	assert_int_equal(write(p->peer, "x", 1), 1);
	shutdown(p->peer, SHUT_WR);
	assert_int_equal(look(p), SOCK_READ);
	side_want(&p->side, 0);
	assert_int_equal(look(p), SOCK_ENDED);
	assert_int_equal(p->calls, 1);
	side_want(&p->side, 0);
	assert_int_equal(look(p), 0);
}

/* Who reads a part only is called again for the rest, though nothing new has come. */
static void calls_again_for_the_rest(void **state)
{
	struct pair *p = *state;
	char two[2];

	assert_int_equal(write(p->peer, "abcd", 4), 4);
	assert_int_equal(look(p), SOCK_READ);
	assert_int_equal(side_read(&p->side, two, 2), 2);
	assert_int_equal(look(p), SOCK_READ);
	assert_int_equal(side_read(&p->side, two, 2), 2);
	assert_memory_equal(two, "cd", 2);
	look(p);
	assert_int_equal(side_read(&p->side, two, 2), -EAGAIN);
	assert_int_equal(look(p), 0);
	assert_int_equal(p->calls, 0);
}

static void comes_back_to_what_lay_there(void **state)
{
	struct pair *p = *state;
	char c;

	side_want(&p->side, 0);
	assert_int_equal(write(p->peer, "x", 1), 1);
	look(p);
	side_want(&p->side, SOCK_READ);
	assert_int_equal(look(p), SOCK_READ);
	assert_int_equal(side_read(&p->side, &c, 1), 1);
	look(p);
	assert_int_equal(side_read(&p->side, &c, 1), -EAGAIN);
	assert_int_equal(look(p), 0);
}

static void shuts_once(void **state)
{
	struct pair *p = *state;
	char c;

	assert_int_equal(side_shut(&p->side), 0);
	assert_int_equal(side_shut(&p->side), 0);
	assert_int_equal(read(p->peer, &c, 1), 0);
	assert_int_equal(write(p->peer, "y", 1), 1);            /* the other half is open */
	assert_int_equal(look(p), SOCK_READ);
}

static void a_broken_connection_fails(void **state)
{
	struct pair *p = *state;
	struct linger hard = { .l_onoff = 1 };
	char c;

	setsockopt(p->peer, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(p->peer);
	p->peer = dup(0);
	look(p);
	assert_int_equal(side_read(&p->side, &c, 1), -ECONNRESET);
	assert_int_equal(side_send(&p->side, SV("x")), -EPIPE);
	assert_false(side_holds(&p->side));
}

/* 'end', 'reset' or 'open', as the peer sees it. */
static const char *fate(int fd)
{
	char c;
	ssize_t n;

	usleep(2000);
	n = recv(fd, &c, 1, MSG_DONTWAIT);
	return n == 0 ? "end" : n < 0 && errno == ECONNRESET ? "reset" : "open";
}

static void closes_in_order_or_by_reset(void **state)
{
	struct pair *p = *state;
	int fds[2];

	assert_string_equal(fate(p->peer), "open");
	side_close(&p->side, false);
	assert_false(side_is_open(&p->side));
	assert_string_equal(fate(p->peer), "end");
	side_close(&p->side, false);            /* twice is fine */
	connect_pair(fds);
	side_open(&p->side, sock_open(p->poller, fds[0], true, NULL, NULL), on_event, p);
	side_close(&p->side, true);
	assert_string_equal(fate(fds[1]), "reset");
	close(fds[1]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_until_the_end),
		TEST(reads_past_urgent_octets),
		TEST(holds_what_does_not_fit),
		TEST(forgets_what_is_held),
		TEST(wants_nothing_but_sees_a_reset),
		TEST(tells_of_an_end_that_it_knew),
		TEST(calls_again_for_the_rest),
		TEST(comes_back_to_what_lay_there),
		TEST(shuts_once),
		TEST(a_broken_connection_fails),
		TEST(closes_in_order_or_by_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
