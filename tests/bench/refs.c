/*
 * refs -- the yardsticks: the least that a program between client and origin can do, in one thread.
 *
 *     refs raw-rw|raw-splice|min-connect-rw|min-connect-splice LISTEN ORIGIN [PIPE-OCTETS]
 *
 * raw: accept, connect, relay.  min-connect: the same behind the shortest CONNECT that works (the head in one
 * read, its target ignored).  -rw relays through one buffer, -splice through a pipe.  Edge-triggered, one
 * epoll_ctl() per descriptor; no parsing, no timeouts, no options, no log.
 */
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 65536 };

struct side {
	struct actor actor;
	struct side *peer;
	char *held;                             /* what `actor.fd` would not take, after rw */
	size_t held_at, held_n;
	int pipe[2];                            /* towards `actor.fd`, after splice; -1 while not needed */
	size_t piped;
	bool eof, shut, writable_wanted;
};

struct pair {
	struct side client, origin;
	bool has_head, is_open;
	struct pair *next_dead;
};

static struct { bool connect, splice; struct sockaddr_in origin; unsigned pipe; } mode = { .pipe = 1u << 20 };
static struct pair *dead;
static char buffer[BUFFER];
static int spare[256][2];                       /* empty pipes */
static unsigned n_spare;

static const char established[] = "HTTP/1.1 200 OK\r\n\r\n";

/* ---- pipes ------------------------------------------------------------------------------------ */

static bool pipe_take(struct side *s)
{
	if (s->pipe[0] >= 0)
		return true;
	if (n_spare) {
		memcpy(s->pipe, spare[--n_spare], sizeof(s->pipe));
		return true;
	}
	if (pipe2(s->pipe, O_NONBLOCK | O_CLOEXEC) != 0) {
		s->pipe[0] = -1;
		return false;
	}
	fcntl(s->pipe[0], F_SETPIPE_SZ, (int)mode.pipe);
	return true;
}

static void pipe_drop(struct side *s)
{
	if (s->pipe[0] < 0)
		return;
	if (s->piped == 0 && n_spare < sizeof(spare) / sizeof(spare[0])) {
		memcpy(spare[n_spare++], s->pipe, sizeof(s->pipe));
	} else {
		close(s->pipe[0]);
		close(s->pipe[1]);
	}
	s->pipe[0] = -1;
}

/* ---- a pair ----------------------------------------------------------------------------------- */

static void side_end(struct side *s)
{
	if (s->actor.fd >= 0)
		close(s->actor.fd);
	s->actor.fd = -1;
	free(s->held);
	pipe_drop(s);
}

static void pair_close(struct pair *p)
{
	if (p->client.actor.fd < 0)
		return;
	side_end(&p->client);
	side_end(&p->origin);
	p->next_dead = dead;
	dead = p;
}

static void free_dead(void)
{
	while (dead) {
		struct pair *p = dead;

		dead = p->next_dead;
		free(p);
	}
}

/* Only the client needs this: its descriptor was added for reading alone. */
static void want_writable(struct side *s)
{
	if (s->writable_wanted)
		return;
	s->writable_wanted = true;
	loop_change(&s->actor, EPOLLIN | EPOLLOUT | EPOLLET);
}

/* ---- relaying: 1 go on, 0 wait, -1 failed ------------------------------------------------------ */

static int hold(struct side *to, const char *p, size_t n)
{
	if (n == 0)
		return 1;
	to->held = malloc(n);
	if (!to->held)
		return -1;
	memcpy(to->held, p, n);
	to->held_at = 0;
	to->held_n = n;
	want_writable(to);
	return 0;
}

static int flush(struct side *to)
{
	ssize_t n = send(to->actor.fd, to->held + to->held_at, to->held_n - to->held_at, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	to->held_at += (size_t)n;
	if (to->held_at < to->held_n)
		return 0;
	free(to->held);
	to->held = NULL;
	return 1;
}

static int step_rw(struct side *from, struct side *to)
{
	ssize_t n, sent;
	int go = to->held ? flush(to) : 1;

	if (go <= 0)
		return go;
	n = recv(from->actor.fd, buffer, BUFFER, 0);
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	from->eof = n == 0;
	if (n == 0)
		return 1;
	sent = send(to->actor.fd, buffer, (size_t)n, MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN)
		return -1;
	go = hold(to, buffer + (sent > 0 ? sent : 0), (size_t)(n - (sent > 0 ? sent : 0)));
	return go == 1 && n < BUFFER ? 0 : go;  /* the socket is empty, or its next edge will tell */
}

static int step_splice(struct side *from, struct side *to)
{
	const unsigned flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
	ssize_t n;

	if (to->piped == 0) {
		if (!pipe_take(to))
			return -1;
		n = splice(from->actor.fd, NULL, to->pipe[1], NULL, mode.pipe, flags);
		from->eof = n == 0;
		if (n <= 0) {
			pipe_drop(to);
			return n == 0 ? 1 : errno == EAGAIN ? 0 : -1;
		}
		to->piped = (size_t)n;
	}
	n = splice(to->pipe[0], NULL, to->actor.fd, NULL, to->piped, flags);
	if (n < 0) {
		if (errno == EAGAIN)
			want_writable(to);
		return errno == EAGAIN ? 0 : -1;
	}
	to->piped -= (size_t)n;
	return 1;
}

static int pump(struct side *from, struct side *to)
{
	int go = 1;

	while (go == 1 && !(from->eof && !to->held && !to->piped))
		go = mode.splice ? step_splice(from, to) : step_rw(from, to);
	if (go == 1 && !to->shut) {
		to->shut = true;
		shutdown(to->actor.fd, SHUT_WR);
	}
	return go;
}

static void relay(struct pair *p, struct side *s, uint32_t events)
{
	int go = 1;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		go = pump(s, s->peer);
	if (go >= 0 && (events & EPOLLOUT) && (s->held || s->piped))
		go = pump(s->peer, s);
	if (go < 0 || (s->shut && s->peer->shut))
		pair_close(p);
}

/* ---- opening ---------------------------------------------------------------------------------- */

static void on_origin(struct actor *a, uint32_t events)
{
	struct pair *p = CONTAINER(a, struct pair, origin.actor);

	if (!p->is_open) {
		p->is_open = true;
		if (events & EPOLLERR) {
			pair_close(p);
			return;
		}
		if (mode.connect)
			send(p->client.actor.fd, established, sizeof(established) - 1, MSG_NOSIGNAL);
		else
			relay(p, &p->client, EPOLLIN);          /* its edge has come and gone */
		if (a->fd < 0 || !(events & EPOLLIN))
			return;
	}
	relay(p, &p->origin, events);
}

static void dial(struct pair *p)
{
	p->origin.actor = (struct actor){ net_dial(mode.origin), on_origin };
	p->origin.writable_wanted = true;
	if (p->origin.actor.fd < 0)
		pair_close(p);
	else
		loop_add(&p->origin.actor, EPOLLIN | EPOLLOUT | EPOLLET);
}

static void on_client(struct actor *a, uint32_t events)
{
	struct pair *p = CONTAINER(a, struct pair, client.actor);
	ssize_t n;

	if (p->is_open) {
		relay(p, &p->client, events);
		return;
	}
	if (!mode.connect || p->has_head)
		return;
	n = recv(a->fd, buffer, BUFFER, 0);
	if (n < 4 || memcmp(buffer + n - 4, "\r\n\r\n", 4) != 0) {
		pair_close(p);
		return;
	}
	p->has_head = true;
	dial(p);
}

static void on_accept(struct actor *a, uint32_t events)
{
	struct pair *p = calloc(1, sizeof(*p));
	int fd = accept4(a->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd < 0 || !p) {
		free(p);
		return;
	}
	p->client = (struct side){ .actor = { fd, on_client }, .peer = &p->origin, .pipe = { -1, -1 } };
	p->origin = (struct side){ .actor = { -1, on_origin }, .peer = &p->client, .pipe = { -1, -1 } };
	loop_add(&p->client.actor, EPOLLIN | EPOLLET);
	if (!mode.connect)
		dial(p);
}

int main(int argc, char **argv)
{
	struct actor listener = { -1, on_accept };

	if (argc != 4 && argc != 5)
		die("usage: refs raw-rw|raw-splice|min-connect-rw|min-connect-splice LISTEN ORIGIN [PIPE-OCTETS]");
	if (argc == 5)
		mode.pipe = (unsigned)strtoul(argv[4], NULL, 10);
	mode.connect = strncmp(argv[1], "min-connect-", 12) == 0;
	mode.splice = strstr(argv[1], "-splice") != NULL;
	mode.origin = net_address(argv[3]);
	signal(SIGPIPE, SIG_IGN);
	net_take_descriptors();
	loop_init();
	listener.fd = net_listen(net_address(argv[2]));
	loop_add(&listener, EPOLLIN);
	while (true) {
		loop_turn(-1);
		free_dead();
	}
}
