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
	s->fd = -1;
	s->pipe = (struct pipe_pair){ -1, -1 };
}

int side_open(struct side *s, struct event_base *base, int fd, event_callback_fn cb, void *arg)
{
	event_assign(&s->event, base, fd, EV_READ | EV_PERSIST, cb, arg);
	if (event_add(&s->event, NULL) != 0)
		return -ENOMEM;
	s->wants = EV_READ;
	s->fd = fd;
	return 0;
}

void side_close(struct side *s, bool reset)
{
	if (s->fd < 0)
		return;
	event_del(&s->event);
	if (reset)
		setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 },
			   sizeof(struct linger));
	close(s->fd);
	free(s->held);
	side_init(s);
}

void side_want(struct side *s, short events)
{
	/* An edge-triggered event reports an error once, and costs nothing while bytes lie there unread. */
	short mode = EV_PERSIST | (events ? events : EV_READ | EV_ET);

	if (s->fd < 0 || events == s->wants)
		return;
	s->wants = events;
	event_del(&s->event);
	if (!events && s->eof)
		return;
	event_assign(&s->event, event_get_base(&s->event), s->fd, mode, event_get_callback(&s->event),
		     event_get_callback_arg(&s->event));
	event_add(&s->event, NULL);
}

int side_error(const struct side *s)
{
	socklen_t len = sizeof(int);
	int err = 0;

	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0)
		err = errno;
	return -err;
}

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
static ssize_t send_some(const struct side *s, const char *p, size_t n, int flags)
{
	ssize_t sent;

	do
		sent = send(s->fd, p, n, MSG_NOSIGNAL | flags);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
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
	return shutdown(s->fd, SHUT_WR) == 0 || errno == ENOTCONN ? 0 : -errno;
}

int side_read(struct side *s, char *buffer, size_t size)
{
	ssize_t n;

	do
		n = recv(s->fd, buffer, size, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	s->eof = n == 0;
	return (int)n;
}
