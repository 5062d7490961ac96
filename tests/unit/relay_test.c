/* relay_test -- bytes from one side to the other: all of them, in order, and never more than the other takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proxy/relay.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

static struct relay_tools tools;

struct relay {
	struct event_base *base;
	struct poller *poller;
	struct side a, b;
	int at_a, at_b;                 /* the peers: what is written to at_a comes out of at_b */
};

static void on_event(void *arg, unsigned what)
{
	(void)what;
	(void)arg;
}

static int connect_side(struct relay *r, struct side *side)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd, peer;

	assert_int_equal(bind(listener, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, len), 0);
	peer = accept(listener, NULL, NULL);
	close(listener);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	side_init(side);
	side_open(side, sock_open(r->poller, fd, true, NULL, NULL), on_event, NULL);
	return peer;
}

static int setup(void **state)
{
	struct relay *r = calloc(1, sizeof(*r));

	r->base = event_base_new();
	assert_int_equal(poller_create(&r->poller, r->base), 0);
	r->at_a = connect_side(r, &r->a);
	r->at_b = connect_side(r, &r->b);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct relay *r = *state;

	pipes_discard(&tools.pipes, &r->a.pipe);
	pipes_discard(&tools.pipes, &r->b.pipe);
	assert_int_equal(tools.pipes.lent, 0);
	side_close(&r->a, false);
	side_close(&r->b, false);
	close(r->at_a);
	close(r->at_b);
	poller_free(r->poller);
	event_base_free(r->base);
	free(r);
	return 0;
}

static enum relay_result pump(struct relay *r, uint64_t *moved)
{
	usleep(2000);
	event_base_loop(r->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	return relay_pump(&r->a, &r->b, &tools, moved);
}

static void moves_and_ends(void **state)
{
	struct relay *r = *state;
	uint64_t moved = 0;
	char out[16];

	assert_int_equal(pump(r, &moved), RELAY_WAITS);
	assert_int_equal(write(r->at_a, "hello", 5), 5);
	assert_int_equal(pump(r, &moved), RELAY_WAITS);
	assert_int_equal(moved, 5);
	assert_int_equal(read(r->at_b, out, sizeof(out)), 5);
	assert_memory_equal(out, "hello", 5);
	shutdown(r->at_a, SHUT_WR);
	assert_int_equal(pump(r, &moved), RELAY_FINISHED);
	assert_true(r->a.eof && r->b.shut);
	assert_int_equal(read(r->at_b, out, sizeof(out)), 0);
	assert_int_equal(pump(r, &moved), RELAY_FINISHED);      /* and stays so */
	assert_int_equal(moved, 5);
}

static void last_words_and_the_end_at_once(void **state)
{
	struct relay *r = *state;
	uint64_t moved = 0;
	char out[16];

	assert_int_equal(write(r->at_a, "bye", 3), 3);
	shutdown(r->at_a, SHUT_WR);
	while (pump(r, &moved) == RELAY_WAITS)
		;
	assert_int_equal(moved, 3);
	assert_int_equal(read(r->at_b, out, sizeof(out)), 3);
	assert_int_equal(read(r->at_b, out, sizeof(out)), 0);
}

static unsigned char octet_at(size_t i)
{
	return (unsigned char)(i * 31 + i / 251);
}

/* Writes what the connection takes, with octets that tell their place; how many in all. */
static size_t write_more(int fd, size_t from)
{
	char piece[8192];
	ssize_t n = 1;

	while (n > 0) {
		for (size_t i = 0; i < sizeof(piece); i++)
			piece[i] = (char)octet_at(from + i);
		n = send(fd, piece, sizeof(piece), MSG_DONTWAIT);
		from += n > 0 ? (size_t)n : 0;
	}
	return from;
}

static size_t read_more(int fd, size_t from)
{
	unsigned char piece[8192];
	ssize_t n;

	while ((n = recv(fd, piece, sizeof(piece), MSG_DONTWAIT)) > 0)
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(piece[i], octet_at(from++));
	return from;
}

static void is_held_back_and_loses_nothing(void **state)
{
	struct relay *r = *state;
	size_t written = 0, got = 0;
	uint64_t moved = 0, before;

	do {                                            /* nobody reads */
		before = moved;
		written = write_more(r->at_a, written);
		assert_int_equal(pump(r, &moved), RELAY_WAITS);
	} while (moved > before);
	assert_true(side_holds(&r->b));
	assert_true(r->b.held_end - r->b.held_at + r->b.piped <= PIPE_OCTETS);
	relay_want(&r->a, &r->b);
	assert_int_equal(r->a.wants, 0);                /* not read while the other is stuck */
	assert_int_equal(r->b.wants, SOCK_READ | SOCK_WRITE);
	assert_true(write_more(r->at_a, written) - written < (size_t)64 << 20);
	written = write_more(r->at_a, written);
	shutdown(r->at_a, SHUT_WR);
	while (!r->b.shut) {                            /* now somebody does */
		got = read_more(r->at_b, got);
		assert_true(pump(r, &moved) != RELAY_TO_FAILED);
	}
	usleep(2000);
	got = read_more(r->at_b, got);
	assert_int_equal(got, moved);
	assert_true(got >= written);
	relay_want(&r->a, &r->b);
	assert_int_equal(r->a.wants, 0);
	assert_int_equal(r->b.wants, SOCK_READ);
}

static void one_call_has_its_measure(void **state)
{
	struct relay *r = *state;
	uint64_t moved = 0;

	write_more(r->at_a, 0);
	pump(r, &moved);
	assert_true(moved > RELAY_BUFFER);
	assert_true(moved <= (uint64_t)2 << 20);
}

/* What the kernel has been given for `b` and has not sent. */
static int kept_back(const struct relay *r)
{
	int n;

	assert_int_equal(ioctl(side_fd(&r->b), SIOCOUTQNSD, &n), 0);
	return n;
}

/* A full pipe is sent with the word that more follows. When nothing does, its end must not wait for it. */
static void the_end_of_a_burst_does_not_wait(void **state)
{
	enum { BURSTS = 60, WARM = 40 };                /* until the receiver's window takes a whole burst */
	struct relay *r = *state;
	static char burst[PIPE_OCTETS];
	uint64_t moved = 0, sent = 0;

	pipes_fini(&tools.pipes);
	for (int i = 0; i < BURSTS; i++) {
		assert_int_equal(write(r->at_a, burst, sizeof(burst)), sizeof(burst));
		sent += sizeof(burst);
		while (moved < sent)
			assert_int_equal(pump(r, &moved), RELAY_WAITS);
		assert_int_equal(relay_pump(&r->a, &r->b, &tools, &moved), RELAY_WAITS);
		if (i >= WARM)
			assert_int_equal(kept_back(r), 0);
		assert_int_equal(recv(r->at_b, burst, sizeof(burst), MSG_WAITALL), sizeof(burst));
	}
	assert_true(tools.pipes.n > 0);                 /* it was spliced */
}

static void break_off(int *fd)
{
	setsockopt(*fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 }, sizeof(struct linger));
	close(*fd);
	*fd = dup(0);
}

static void says_who_failed(void **state)
{
	struct relay *r = *state;
	uint64_t moved = 0;

	break_off(&r->at_a);
	assert_int_equal(pump(r, &moved), RELAY_FROM_FAILED);
	teardown(state);
	setup(state);
	r = *state;
	assert_int_equal(write(r->at_a, "x", 1), 1);
	break_off(&r->at_b);
	assert_int_equal(pump(r, &moved), RELAY_TO_FAILED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(moves_and_ends),
		TEST(last_words_and_the_end_at_once),
		TEST(is_held_back_and_loses_nothing),
		TEST(one_call_has_its_measure),
		TEST(the_end_of_a_burst_does_not_wait),
		TEST(says_who_failed),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	pipes_fini(&tools.pipes);
	return failed;
}
