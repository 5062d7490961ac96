/*
 * dns_transport -- the sockets of the DNS listener: datagrams, and streams with a length before each message
 * (RFC 1035 4.2, RFC 7766).
 *
 *   struct dns_socket   one listener of this worker: its datagram socket and the one that accepts streams
 *   struct dns_stream   one client's connection; several questions may be under way, answers go as they come
 *
 * A stream that is silent, slow, or too much ends; the client asks again.
 */
#include "dns/dns_server_impl.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	DATAGRAMS_PER_TURN = 64, ACCEPTS_PER_TURN = 16,
	STREAMS_MAX = 256,              /* in one worker */
	STREAM_IDLE_S = 10,
	STREAM_BACKLOG = 256 * 1024,    /* octets not taken by the client */
	PAUSE_MS = 100,                 /* after descriptors ran out */
};

struct dns_stream {
	LIST_ENTRY(dns_stream) link;
	struct dns_socket *socket;
	struct dns_origin from;
	int fd;
	struct event reader, writer;
	struct evbuffer *out;
	bool taking, ended;             /* a question is being taken: it must not be freed */
	size_t n;
	uint8_t in[2 + QUERY_MAX];
};

struct dns_socket {
	LIST_ENTRY(dns_socket) link;
	struct dns_server *server;
	struct endpoint at;
	int udp, tcp;
	struct event on_datagram, on_connection, resume;
	LIST_HEAD(, dns_stream) streams;
};

/* ---- datagrams ------------------------------------------------------------------------------ */

union control {                         /* aligned for what the kernel writes */
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
};

/* Which of our addresses it was sent to. */
static void read_destination(struct dns_origin *from, struct msghdr *h)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			from->listener.ip = (struct ip){ .family = 4 };
			memcpy(from->listener.ip.b, &info.ipi_addr, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			from->listener.ip = (struct ip){ .family = 6 };
			memcpy(from->listener.ip.b, &info.ipi6_addr, 16);
			from->interface = info.ipi6_ifindex;
		}
	}
}

static void add_control(struct msghdr *h, int level, int type, const void *data, size_t n)
{
	struct cmsghdr *c;

	h->msg_controllen = CMSG_SPACE(n);
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(n);
	memcpy(CMSG_DATA(c), data, n);
}

/* The answer leaves from the address that was asked, also when we listen on all. */
static void write_source(struct msghdr *h, const struct dns_origin *to)
{
	if (to->listener.ip.family == 4) {
		struct in_pktinfo info = { .ipi_ifindex = 0 };

		memcpy(&info.ipi_spec_dst, to->listener.ip.b, 4);
		add_control(h, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	} else {
		bool link_local = to->listener.ip.b[0] == 0xfe && (to->listener.ip.b[1] & 0xc0) == 0x80;
		struct in6_pktinfo info = { .ipi6_ifindex = link_local ? to->interface : 0 };

		memcpy(&info.ipi6_addr, to->listener.ip.b, 16);
		add_control(h, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	}
}

/* What the kernel does not take is lost, as datagrams are; the client asks again. */
static void send_datagram(const struct dns_origin *to, const uint8_t *p, size_t n)
{
	union control control = { .align = { .cmsg_len = 0 } };
	struct sockaddr_storage sa;
	struct iovec iov = { .iov_base = (void *)(uintptr_t)p, .iov_len = n };
	struct msghdr h = { .msg_name = &sa, .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes };

	h.msg_namelen = endpoint_to_sockaddr(&to->client, &sa);
	if (sa.ss_family == AF_INET6 && to->client.ip.b[0] == 0xfe && (to->client.ip.b[1] & 0xc0) == 0x80)
		((struct sockaddr_in6 *)&sa)->sin6_scope_id = to->interface;
	write_source(&h, to);
	while (sendmsg(to->socket->udp, &h, 0) < 0 && errno == EINTR)
		;
}

static bool receive_one(struct dns_socket *k)
{
	uint8_t bytes[QUERY_MAX];
	union control control;
	struct sockaddr_storage sa;
	struct iovec iov = { .iov_base = bytes, .iov_len = sizeof(bytes) };
	struct msghdr h = { .msg_name = &sa, .msg_namelen = sizeof(sa), .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes) };
	struct dns_origin from = { .socket = k, .listener = k->at };
	ssize_t n = recvmsg(k->udp, &h, 0);

	if (n < 0)
		return errno != EAGAIN && errno != EWOULDBLOCK;
	from.client = endpoint_from_sockaddr(&sa);
	read_destination(&from, &h);
	if (h.msg_flags & MSG_TRUNC)
		k->server->counts.oversized++;
	else
		dns_server_take(k->server, &from, bytes, (size_t)n);
	return true;
}

static void on_datagram(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	for (int i = 0; i < DATAGRAMS_PER_TURN && receive_one(arg); i++)
		;
}

/* ---- streams -------------------------------------------------------------------------------- */

static void stream_end(struct dns_stream *t)
{
	struct dns_server *s = t->socket->server;

	if (t->taking) {
		t->ended = true;
		return;
	}
	dns_server_forget(s, t->socket, t);
	event_del(&t->reader);
	event_del(&t->writer);
	close(t->fd);
	evbuffer_free(t->out);
	LIST_REMOVE(t, link);
	s->counts.connections--;
	free(t);
}

static void flush_stream(struct dns_stream *t)
{
	while (evbuffer_get_length(t->out)) {
		int n = evbuffer_write(t->out, t->fd);

		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			event_add(&t->writer, &(struct timeval){ .tv_sec = STREAM_IDLE_S });
			return;
		}
		if (n <= 0) {
			stream_end(t);
			return;
		}
	}
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	if ((what & EV_TIMEOUT) || ((struct dns_stream *)arg)->ended)
		stream_end(arg);
	else
		flush_stream(arg);
}

static void send_stream(struct dns_stream *t, uint8_t *p, size_t n)
{
	if (t->ended)
		return;
	p[0] = (uint8_t)(n >> 8);
	p[1] = (uint8_t)n;
	if (evbuffer_get_length(t->out) > STREAM_BACKLOG || evbuffer_add(t->out, p, n + 2) != 0)
		t->ended = true;        /* whoever asks and does not listen */
}

void dns_transport_send(struct dns_server *s, const struct dns_origin *to, size_t n)
{
	struct dns_stream *t = to->stream;

	if (!t) {
		send_datagram(to, s->answer + 2, n);
		return;
	}
	send_stream(t, s->answer, n);
	if (!t->taking)                 /* a late answer; else the taker sees to it */
		event_active(&t->writer, EV_WRITE, 0);
}

/* Whether a whole message stood in the buffer. */
static bool take_one(struct dns_stream *t)
{
	size_t n = t->n >= 2 ? 2 + ((size_t)t->in[0] << 8 | t->in[1]) : sizeof(t->in) + 1;

	if (t->n >= 2 && n > sizeof(t->in)) {
		t->socket->server->counts.oversized++;
		t->ended = true;
		return false;
	}
	if (t->n < n)
		return false;
	dns_server_take(t->socket->server, &t->from, t->in + 2, n - 2);
	t->n -= n;
	memmove(t->in, t->in + n, t->n);
	return true;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct dns_stream *t = arg;
	ssize_t n = what & EV_READ ? read(fd, t->in + t->n, sizeof(t->in) - t->n) : 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		stream_end(t);
		return;
	}
	t->n += (size_t)n;
	t->taking = true;
	while (!t->ended && take_one(t))
		;
	t->taking = false;
	if (t->ended)
		stream_end(t);
	else
		flush_stream(t);
}

static void stream_start(struct dns_socket *k, int fd, const struct endpoint *client)
{
	struct dns_stream *t = calloc(1, sizeof(*t));
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);

	if (!t || !(t->out = evbuffer_new())) {
		free(t);
		close(fd);
		return;
	}
	t->socket = k;
	t->fd = fd;
	t->from = (struct dns_origin){ .socket = k, .stream = t, .listener = k->at, .client = *client };
	if (getsockname(fd, (struct sockaddr *)&sa, &len) == 0)
		t->from.listener = endpoint_from_sockaddr(&sa);
	event_assign(&t->reader, k->server->env.base, fd, EV_READ | EV_PERSIST, on_readable, t);
	event_assign(&t->writer, k->server->env.base, fd, EV_WRITE, on_writable, t);
	event_add(&t->reader, &(struct timeval){ .tv_sec = STREAM_IDLE_S });
	LIST_INSERT_HEAD(&k->streams, t, link);
	k->server->counts.connections++;
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct dns_socket *k = arg;

	(void)fd, (void)what;
	event_add(&k->on_connection, NULL);
}

/* Nothing to accept with: to be called again at once would help nobody. */
static void accept_failed(struct dns_socket *k, int err)
{
	if (err != EMFILE && err != ENFILE && err != ENOBUFS && err != ENOMEM)
		return;
	k->server->counts.overloaded++;
	event_del(&k->on_connection);
	evtimer_add(&k->resume, &(struct timeval){ .tv_usec = PAUSE_MS * 1000 });
}

static void on_connection(evutil_socket_t fd, short what, void *arg)
{
	struct dns_socket *k = arg;

	(void)what;
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		struct sockaddr_storage sa;
		socklen_t len = sizeof(sa);
		int client = accept4(fd, (struct sockaddr *)&sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct endpoint from;

		if (client < 0) {
			accept_failed(k, errno);
			return;
		}
		from = endpoint_from_sockaddr(&sa);
		if (k->server->counts.connections >= STREAMS_MAX ||
		    !policy_knows_source(k->server->policy, &from.ip)) {
			k->server->counts.overloaded++;
			close(client);
		} else {
			stream_start(k, client, &from);
		}
	}
}

/* ---- listeners ------------------------------------------------------------------------------ */

int dns_server_add(struct dns_server *s, const struct endpoint *at, int udp, int tcp)
{
	struct dns_socket *k = calloc(1, sizeof(*k));

	if (!k)
		return -ENOMEM;
	k->server = s;
	k->at = *at;
	k->udp = udp;
	k->tcp = tcp;
	LIST_INIT(&k->streams);
	event_assign(&k->on_datagram, s->env.base, udp, EV_READ | EV_PERSIST, on_datagram, k);
	event_assign(&k->on_connection, s->env.base, tcp, EV_READ | EV_PERSIST, on_connection, k);
	evtimer_assign(&k->resume, s->env.base, on_resume, k);
	event_add(&k->on_datagram, NULL);
	event_add(&k->on_connection, NULL);
	LIST_INSERT_HEAD(&s->sockets, k, link);
	return 0;
}

static void socket_end(struct dns_socket *k)
{
	while (!LIST_EMPTY(&k->streams))
		stream_end(LIST_FIRST(&k->streams));
	dns_server_forget(k->server, k, NULL);
	event_del(&k->on_datagram);
	event_del(&k->on_connection);
	event_del(&k->resume);
	LIST_REMOVE(k, link);
	free(k);
}

void dns_server_remove(struct dns_server *s, int udp)
{
	struct dns_socket *k;

	LIST_FOREACH(k, &s->sockets, link)
		if (k->udp == udp) {
			socket_end(k);
			return;
		}
}

void dns_server_free(struct dns_server *s)
{
	if (!s)
		return;
	while (!LIST_EMPTY(&s->sockets))
		socket_end(LIST_FIRST(&s->sockets));
	free(s);
}
