#include "proxy/side.h"

#include "base/arena.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

void side_set_nodelay(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void side_set_keepalive(int fd, unsigned keepalive_s)
{
	int on = 1, idle = (int)keepalive_s, interval = idle / 4 > 0 ? idle / 4 : 1;

	if (!idle)
		return;
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
}

void side_init(struct side *s)
{
	memset(s, 0, sizeof(*s));
	s->pipe = (struct pipe_pair){ -1, -1 };
}

/* ---- what is wanted and what can be done --------------------------------------------------- */

static void on_ready(void *arg)
{
	struct side *s = arg;
	unsigned ready = s->sock->ready, what = s->wants & ready;

	if (!s->wants)
		what = ready & SOCK_ENDED;
	what |= ready & SOCK_BROKEN;
	if (!what)
		return;
	s->callback(s->arg, what);
	if (s->sock && s->wants & s->sock->ready)
		sock_call_again(s->sock);
}

void side_open(struct side *s, struct sock *sock, side_callback callback, void *arg)
{
	s->sock = sock;
	s->callback = callback;
	s->arg = arg;
	sock->on_ready = on_ready;
	sock->arg = s;
	side_want(s, SOCK_READ);
}

void side_close(struct side *s, bool reset)
{
	if (!s->sock)
		return;
	sock_close(s->sock, reset);
	free(s->held);
	side_init(s);
}

void side_want(struct side *s, unsigned wants)
{
	bool is_news = !wants && s->wants;
	uint8_t ready = s->sock ? s->sock->ready : 0;

	s->wants = (uint8_t)wants;
	if (ready & (wants | (is_news ? SOCK_ENDED | SOCK_BROKEN : 0)))
		sock_call_again(s->sock);
}

/* ---- bytes that wait ------------------------------------------------------------------------ */

void side_hold(struct side *s, struct sv bytes)
{
	size_t kept = s->held_end - s->held_at;
	char *all;

	if (bytes.n == 0)
		return;
	all = xmalloc(kept + bytes.n);
	if (kept)
		memcpy(all, s->held + s->held_at, kept);
	memcpy(all + kept, bytes.p, bytes.n);
	free(s->held);
	s->held = all;
	s->held_at = 0;
	s->held_end = (uint32_t)(kept + bytes.n);
}

/* One send(); the octets taken, or a negative errno. */
static ssize_t send_some(struct side *s, const char *p, size_t n, int flags)
{
	ssize_t sent;

	if (!side_may(s, SOCK_WRITE))
		return -EAGAIN;
	do
		sent = send(s->sock->fd, p, n, MSG_NOSIGNAL | flags);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 && errno != EAGAIN)
		return -errno;
	if (sent < (ssize_t)n)
		side_note_full(s);
	return sent < 0 ? -EAGAIN : sent;
}

void side_drop_held(struct side *s)
{
	free(s->held);
	s->held = NULL;
	s->held_at = s->held_end = 0;
}

int side_flush(struct side *s)
{
	while (s->held_at < s->held_end) {
		ssize_t sent = send_some(s, s->held + s->held_at, s->held_end - s->held_at, 0);

		if (sent < 0)
			return (int)sent;
		s->held_at += (uint32_t)sent;
	}
	side_drop_held(s);
	return 0;
}

static int send_or_hold(struct side *s, struct sv bytes, int flags)
{
	ssize_t sent = 0;

	if (!side_holds(s) && bytes.n)
		sent = send_some(s, bytes.p, bytes.n, flags);
	if (sent < 0 && sent != -EAGAIN)
		return (int)sent;
	side_hold(s, sv_slice(bytes, sent > 0 ? (size_t)sent : 0, bytes.n));
	return 0;
}

int side_send(struct side *s, struct sv bytes)
{
	return send_or_hold(s, bytes, 0);
}

int side_send_last(struct side *s, struct sv bytes)
{
	int err = send_or_hold(s, bytes, MSG_MORE);

	return err || side_holds(s) ? err : side_shut(s);
}

int side_shut(struct side *s)
{
	if (s->shut)
		return 0;
	s->shut = true;
	return shutdown(s->sock->fd, SHUT_WR) == 0 || errno == ENOTCONN ? 0 : -errno;
}

int side_read(struct side *s, char *buffer, size_t size)
{
	ssize_t n;

	if (!side_may(s, SOCK_READ))
		return -EAGAIN;
	do
		n = recv(s->sock->fd, buffer, size, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN)
		return -errno;
	s->eof = n == 0;
	if (n <= 0)
		s->sock->ready &= (uint8_t)~SOCK_READ;
	else if ((size_t)n < size)
		side_note_empty(s);
	return n < 0 ? -EAGAIN : (int)n;
}
