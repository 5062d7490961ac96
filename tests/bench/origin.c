#include "origin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHUNK = 256 * 1024, HEAD_MAX = 2048, DNS_MAX = 512 };
enum job { UNKNOWN, ECHO_BACK, HTTP, BULK };

struct conn {
	struct actor actor;
	enum job job;
	bool send_done_octet, eof;
	uint64_t to_send, to_swallow;
	size_t n_head;                          /* HTTP: the part of a head that is there */
	char head[HEAD_MAX];
	struct conn *next_dead;
};

static struct conn *dead;
static struct actor listener, dns = { -1, NULL };
static uint64_t dns_asked;
static char chunk[CHUNK];
static char response[ORIGIN_BODY + 256];
static size_t n_response;

/* ---- bulk ------------------------------------------------------------------------------------- */

void bulk_order(unsigned char out[ORIGIN_ORDER], char what, uint64_t n)
{
	out[0] = (unsigned char)what;
	for (int i = 0; i < 8; i++)
		out[1 + i] = (unsigned char)(n >> (56 - 8 * i));
}

int64_t bulk_send(int fd, uint64_t n)
{
	uint64_t done = 0;

	while (done < n) {
		ssize_t sent = send(fd, chunk, n - done < CHUNK ? n - done : CHUNK, MSG_NOSIGNAL);

		if (sent < 0)
			return errno == EAGAIN ? (int64_t)done : -errno;
		done += (uint64_t)sent;
	}
	return (int64_t)done;
}

/* MSG_TRUNC drops the octets in the kernel: the receiver must not become the bottleneck. */
int64_t bulk_swallow(int fd)
{
	int64_t done = 0;

	while (true) {
		ssize_t n = recv(fd, NULL, CHUNK, MSG_TRUNC);

		if (n < 0)
			return errno == EAGAIN ? done : -errno;
		if (n == 0)
			return done ? done : -EPIPE;
		done += n;
	}
}

static uint64_t order_count(const unsigned char *p)
{
	uint64_t n = 0;

	for (int i = 1; i < ORIGIN_ORDER; i++)
		n = n << 8 | p[i];
	return n;
}

/* ---- connections ------------------------------------------------------------------------------ */

static void conn_close(struct conn *c)
{
	if (c->actor.fd < 0)
		return;
	close(c->actor.fd);
	c->actor.fd = -1;
	c->next_dead = dead;
	dead = c;
}

void origin_sweep(void)
{
	while (dead) {
		struct conn *c = dead;

		dead = c->next_dead;
		free(c);
	}
}

/* Small and fitting any socket buffer; a short write would be a bug of the benchmark. */
static void send_all(struct conn *c, const char *p, size_t n)
{
	if (send(c->actor.fd, p, n, MSG_NOSIGNAL) != (ssize_t)n)
		conn_close(c);
}

static void make_response(void)
{
	int n = snprintf(response, sizeof(response),
			 "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
			 "Cache-Control: no-store\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n", ORIGIN_BODY);

	memset(response + n, 'x', ORIGIN_BODY);
	n_response = (size_t)n + ORIGIN_BODY;
}

static void http_take(struct conn *c, const char *p, size_t n)
{
	char *end;

	if (n > sizeof(c->head) - c->n_head) {
		conn_close(c);
		return;
	}
	memcpy(c->head + c->n_head, p, n);
	c->n_head += n;
	while (c->actor.fd >= 0 && (end = memmem(c->head, c->n_head, "\r\n\r\n", 4))) {
		size_t used = (size_t)(end + 4 - c->head);

		c->n_head -= used;
		memmove(c->head, c->head + used, c->n_head);
		send_all(c, response, n_response);
	}
}

static bool take_order(struct conn *c, const char *p, size_t n)
{
	static const char up[] = "UB", down[] = "DB";
	uint64_t count;

	if (n < ORIGIN_ORDER || !strchr("DUB", *p))
		return false;
	count = order_count((const unsigned char *)p);
	c->to_swallow = strchr(up, *p) ? count : 0;
	c->to_send = strchr(down, *p) ? count : 0;
	c->send_done_octet = *p == 'U';
	n -= ORIGIN_ORDER;                      /* what came right behind the order */
	c->to_swallow -= n < c->to_swallow ? n : c->to_swallow;
	return true;
}

static void bulk_go(struct conn *c, uint32_t events)
{
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		int64_t n = bulk_swallow(c->actor.fd);

		if (n < 0) {
			conn_close(c);
			return;
		}
		c->to_swallow -= (uint64_t)n < c->to_swallow ? (uint64_t)n : c->to_swallow;
	}
	if (c->to_send) {
		int64_t n = bulk_send(c->actor.fd, c->to_send);

		if (n < 0) {
			conn_close(c);
			return;
		}
		c->to_send -= (uint64_t)n;
	}
	if (c->to_swallow == 0 && c->send_done_octet) {
		c->send_done_octet = false;
		send_all(c, "!", 1);
	}
}

static void first_octets(struct conn *c, const char *p, size_t n)
{
	if (*p == 0x16 || *p == 'E')
		c->job = ECHO_BACK;
	else if (*p == 'G' || *p == 'H')
		c->job = HTTP;
	else if (take_order(c, p, n))
		c->job = BULK;
	else
		conn_close(c);
}

static void on_conn(struct actor *a, uint32_t events)
{
	struct conn *c = CONTAINER(a, struct conn, actor);
	static char buffer[65536];
	ssize_t n;

	if (c->job == BULK) {
		bulk_go(c, events);
		return;
	}
	if (!(events & ~(uint32_t)EPOLLOUT))
		return;
	n = recv(a->fd, buffer, sizeof(buffer), 0);
	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			conn_close(c);
		return;
	}
	if (c->job == UNKNOWN)
		first_octets(c, buffer, (size_t)n);
	if (a->fd < 0)
		return;
	if (c->job == ECHO_BACK)
		send_all(c, buffer, (size_t)n);
	else if (c->job == HTTP)
		http_take(c, buffer, (size_t)n);
	else
		bulk_go(c, EPOLLIN);
}

static void on_accept(struct actor *a, uint32_t events)
{
	struct conn *c;
	int fd = accept4(a->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		return;
	c = calloc(1, sizeof(*c));
	if (!c)
		die("out of memory");
	c->actor = (struct actor){ fd, on_conn };
	loop_add(&c->actor, EPOLLIN | EPOLLOUT | EPOLLET);
}

void origin_start(struct sockaddr_in at)
{
	make_response();
	listener = (struct actor){ net_listen(at), on_accept };
	loop_add(&listener, EPOLLIN);
}

/* ---- DNS -------------------------------------------------------------------------------------- */

/* The end of the question, or 0. */
static size_t question_end(const unsigned char *m, size_t n)
{
	size_t at = 12;

	while (at < n && m[at])
		at += 1u + m[at];
	return at + 5 <= n ? at + 5 : 0;
}

/* Turns the question into its answer, in place; the length of the answer, or 0. */
static size_t dns_answer(unsigned char *m, size_t n)
{
	static const unsigned char a_record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 127, 0, 0, 1 };
	static const unsigned char soa[] = { 0xc0, 12, 0, 6, 0, 1, 0, 0, 14, 16, 0, 22, 0, 0,
					     0, 0, 0, 1, 0, 0, 14, 16, 0, 0, 14, 16, 0, 0, 14, 16, 0, 0, 14, 16 };
	size_t end = n >= 17 ? question_end(m, n) : 0;
	bool is_a = end && m[end - 4] == 0 && m[end - 3] == 1;

	if (!end || end + sizeof(soa) > DNS_MAX)
		return 0;
	m[2] = (unsigned char)(0x80 | (m[2] & 1));      /* QR, RD as asked */
	m[3] = 0x80;                                    /* RA, NOERROR */
	memset(m + 6, 0, 6);
	m[is_a ? 7 : 9] = 1;
	memcpy(m + end, is_a ? a_record : soa, is_a ? sizeof(a_record) : sizeof(soa));
	return end + (is_a ? sizeof(a_record) : sizeof(soa));
}

static void on_dns(struct actor *a, uint32_t events)
{
	unsigned char m[DNS_MAX];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n;

	(void)events;
	while ((n = recvfrom(a->fd, m, sizeof(m), 0, (struct sockaddr *)&from, &len)) >= 0) {
		size_t reply = dns_answer(m, (size_t)n);

		dns_asked++;
		if (reply)
			sendto(a->fd, m, reply, 0, (struct sockaddr *)&from, len);
		len = sizeof(from);
	}
}

void origin_dns_start(struct sockaddr_in at)
{
	int room = 4 << 20;

	dns = (struct actor){ socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on_dns };
	if (dns.fd < 0 || bind(dns.fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		die("DNS on port %u: %s", ntohs(at.sin_port), strerror(errno));
	setsockopt(dns.fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	loop_add(&dns, EPOLLIN);
}

uint64_t origin_dns_asked(void)
{
	return dns_asked;
}
