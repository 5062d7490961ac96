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
	s->read_needs = SOCK_READ;
	s->write_needs = SOCK_WRITE;
	s->pipe = (struct pipe_pair){ -1, -1 };
}

/* ---- what is wanted and what can be done --------------------------------------------------- */

unsigned side_can(const struct side *s)
{
	unsigned can = s->sock->ready & (SOCK_READ | SOCK_WRITE);

	if (!s->tls)
		return can;
	return (can & s->read_needs || tls_conn_more(s->tls) ? SOCK_READ : 0u) |
	       (can & s->write_needs ? SOCK_WRITE : 0u);
}

void side_note_empty(struct side *s)
{
	if (!(s->sock->ready & (SOCK_ENDED | SOCK_URGENT)))
		sock_exhausted(s->sock, SOCK_READ);
}

void side_note_full(struct side *s)
{
	sock_exhausted(s->sock, SOCK_WRITE);
}

static void on_ready(void *arg)
{
	struct side *s = arg;
	unsigned what = s->wants ? s->wants & side_can(s) : s->sock->ready & SOCK_ENDED;

	what |= s->sock->ready & SOCK_BROKEN;
	if (!what)
		return;
	s->callback(s->arg, what);
	if (s->sock && s->wants & side_can(s))
		sock_call_again(s->sock);
}

void side_try(struct side *s)
{
	s->sock->ready |= SOCK_READ | SOCK_WRITE;
	on_ready(s);
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
	tls_conn_free(s->tls);
	sock_close(s->sock, reset);
	free(s->held);
	side_init(s);
}

void side_want(struct side *s, unsigned wants)
{
	bool is_news = !wants && s->wants;

	s->wants = (uint8_t)wants;
	if (s->sock && (wants & side_can(s) || (is_news && s->sock->ready & (SOCK_ENDED | SOCK_BROKEN))))
		sock_call_again(s->sock);
}

/* ---- TLS ----------------------------------------------------------------------------------- */

/* What it waits for is not there now: the kernel will say when it is. But for octets that a read has left: they are of no help
 * to a write that waits for room. Behind a FIN the kernel has nothing more to say: the end is there to be read. */
static uint8_t needs_of_tls(struct side *s)
{
	unsigned wants = tls_conn_wants(s->tls);
	uint8_t needs = (uint8_t)((wants & TLS_WANTS_READ ? SOCK_READ : 0u) | (wants & TLS_WANTS_WRITE ? SOCK_WRITE : 0u));
	bool may_read = tls_conn_more(s->tls) || s->sock->ready & SOCK_ENDED;

	sock_exhausted(s->sock, may_read ? needs & ~(unsigned)SOCK_READ : needs);
	return needs;
}

void side_want_for_tls(struct side *s)
{
	side_want(s, needs_of_tls(s));
}

static ssize_t tls_write(struct side *s, const char *p, size_t n)
{
	ssize_t taken = tls_conn_write(s->tls, p, n);

	if (taken == -EAGAIN || (taken >= 0 && taken < (ssize_t)n))
		s->write_needs = needs_of_tls(s);
	else
		s->write_needs = SOCK_WRITE;
	return taken;
}

static ssize_t tls_read(struct side *s, char *buffer, size_t size)
{
	ssize_t n = tls_conn_read(s->tls, buffer, size);

	s->read_needs = SOCK_READ;
	if (n == -EAGAIN)
		s->read_needs = needs_of_tls(s);
	else if (n > 0 && !tls_conn_more(s->tls))
		side_note_empty(s);
	else if (n == 0)
		sock_exhausted(s->sock, SOCK_READ);
	return n == 0 && s->fears_cut && tls_conn_is_cut(s->tls) ? -ECONNRESET : n;
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

	if (!(side_can(s) & SOCK_WRITE))
		return -EAGAIN;
	if (s->tls)
		return tls_write(s, p, n);
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

	if (!err && !side_holds(s))
		err = side_shut(s);
	return err == -EAGAIN ? 0 : err;
}

int side_shut(struct side *s)
{
	int err = s->tls && !s->shut ? tls_conn_shutdown(s->tls) : 0;

	if (s->shut)
		return 0;
	s->shutting = err == -EAGAIN;
	if (s->shutting)
		s->write_needs = needs_of_tls(s);
	if (err < 0)
		return err;
	s->shut = true;
	return shutdown(s->sock->fd, SHUT_WR) == 0 || errno == ENOTCONN ? 0 : -errno;
}

static ssize_t plain_read(struct side *s, char *buffer, size_t size, int flags)
{
	ssize_t n;

	do
		n = recv(s->sock->fd, buffer, size, flags);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN)
		return -errno;
	if (n <= 0)
		sock_exhausted(s->sock, SOCK_READ);
	else if ((size_t)n < size)
		side_note_empty(s);
	return n < 0 ? -EAGAIN : n;
}

int side_read(struct side *s, char *buffer, size_t size)
{
	ssize_t n;

	if (!(side_can(s) & SOCK_READ))
		return -EAGAIN;
	n = s->tls ? tls_read(s, buffer, size) : plain_read(s, buffer, size, 0);
	s->eof = n == 0;
	return (int)n;
}

int side_peek(struct side *s, char *buffer, size_t size)
{
	return (int)plain_read(s, buffer, size, MSG_PEEK);
}

void side_skip(struct side *s, size_t n)
{
	recv(s->sock->fd, NULL, n, MSG_TRUNC);          /* tcp(7): they are thrown away */
	s->sock->ready |= SOCK_READ;                    /* there may be more behind them */
}
