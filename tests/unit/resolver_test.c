/*
 * The resolver against scripted servers on loopback, in the same event loop. What a server does with a
 * question follows from the question's first label; see `scripts`.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "dns/resolver.h"
#include "dns/upstream.h"
#include "dns_build.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

enum { LOOKUP_MS = 1000, TURN_MS = 400, PORTS_MAX = 64 };

/* ---- a server ----------------------------------------------------------------------------- */

struct asked {
	unsigned id, type;
	bool tcp, edns;
	char name[256];
};

struct server {
	struct event_base *base;
	int udp, tcp;
	uint16_t port;
	struct event *udp_ev, *tcp_ev;
	unsigned seen, seen_tcp;
	bool silent, honest;            /* whatever the name says */
	unsigned delay_ms;              /* of UDP replies */
	const char *address;
	struct asked last;
	uint16_t ports[PORTS_MAX];      /* distinct source ports */
	unsigned n_ports, delayed;
};

static struct build reply;

static void answer_a(struct server *s, const struct asked *q)
{
	put_head(&reply, q->id, 0x8180, q->name, q->type);
	if (q->type == 1)
		put_rr_a(&reply, "@12", 300, s->address);
	else
		put_rr_aaaa(&reply, "@12", 300, "2001:db8::1");
}

static void answer_flags(const struct asked *q, unsigned flags)
{
	put_head(&reply, q->id, flags, q->name, q->type);
	if (q->type == 1)
		put_rr_a(&reply, "@12", 300, "198.51.100.66");
}

static void do_ok(struct server *s, const struct asked *q) { answer_a(s, q); }
static void do_silent(struct server *s UNUSED, const struct asked *q UNUSED) { reply.n = 0; }

static void do_nx(struct server *s UNUSED, const struct asked *q)
{
	put_head(&reply, q->id, 0x8183, q->name, q->type);
	put_rr_soa(&reply, "test", 300, 20);
}

static void do_nx_bare(struct server *s UNUSED, const struct asked *q)
{
	put_head(&reply, q->id, 0x8183, q->name, q->type);
}

static void do_nodata(struct server *s UNUSED, const struct asked *q)
{
	put_head(&reply, q->id, 0x8180, q->name, q->type);
	put_rr_soa(&reply, "test", 10, 500);
}

static void do_servfail(struct server *s UNUSED, const struct asked *q) { answer_flags(q, 0x8182); }
static void do_refused(struct server *s UNUSED, const struct asked *q) { answer_flags(q, 0x8185); }
static void do_qr0(struct server *s UNUSED, const struct asked *q) { answer_flags(q, 0x0180); }
static void do_opcode5(struct server *s UNUSED, const struct asked *q) { answer_flags(q, 0xa980); }

static void do_wrongid(struct server *s UNUSED, const struct asked *q)
{
	struct asked other = *q;

	other.id = (q->id + 1) & 0xffff;
	answer_flags(&other, 0x8180);
}

static void do_wrongname(struct server *s UNUSED, const struct asked *q)
{
	struct asked other = *q;

	snprintf(other.name, sizeof(other.name), "elsewhere.test");
	answer_flags(&other, 0x8180);
}

static void do_wrongtype(struct server *s UNUSED, const struct asked *q)
{
	struct asked other = *q;

	other.type = 16;
	answer_flags(&other, 0x8180);
}

static void do_chain(struct server *s, const struct asked *q)
{
	put_head(&reply, q->id, 0x8180, q->name, q->type);
	put_rr_a(&reply, "unrelated.test", 1, "198.51.100.66");
	put_rr_cname(&reply, "@12", 100, "One.Test");
	put_rr_cname(&reply, "one.test", 50, "two.test");
	if (q->type == 1)
		put_rr_a(&reply, "two.test", 200, s->address);
}

static void do_loop(struct server *s UNUSED, const struct asked *q)
{
	put_head(&reply, q->id, 0x8180, q->name, q->type);
	put_rr_cname(&reply, "@12", 100, "one.test");
	put_rr_cname(&reply, "one.test", 100, q->name);
}

static void do_dangling(struct server *s UNUSED, const struct asked *q)
{
	put_head(&reply, q->id, 0x8180, q->name, q->type);
	put_rr_cname(&reply, "@12", 70, "ok.target.test");
}

static void do_danglingnx(struct server *s UNUSED, const struct asked *q)
{
	put_head(&reply, q->id, 0x8180, q->name, q->type);
	put_rr_cname(&reply, "@12", 70, "nx.target.test");
}

static void do_danglingsoa(struct server *s UNUSED, const struct asked *q)
{
	put_head(&reply, q->id, 0x8180, q->name, q->type);
	put_rr_cname(&reply, "@12", 70, "ok.target.test");
	put_rr_soa(&reply, "target.test", 30, 30);
}

static void do_ping(struct server *s UNUSED, const struct asked *q)
{
	put_head(&reply, q->id, 0x8180, q->name, q->type);
	put_rr_cname(&reply, "@12", 70, "pong.test");
}

static void do_pong(struct server *s UNUSED, const struct asked *q)
{
	put_head(&reply, q->id, 0x8180, q->name, q->type);
	put_rr_cname(&reply, "@12", 70, "ping.test");
}

static void do_badtarget(struct server *s UNUSED, const struct asked *q)
{
	put_head(&reply, q->id, 0x8180, q->name, q->type);
	put_rr_cname(&reply, "@12", 70, "a b.test");
}

static void do_broken(struct server *s, const struct asked *q)
{
	answer_a(s, q);
	reply.n -= 2;
}

static void do_trunc(struct server *s, const struct asked *q)
{
	answer_a(s, q);
	if (!q->tcp)
		put_head(&reply, q->id, 0x8380, q->name, q->type);
}

static void do_trunctwice(struct server *s UNUSED, const struct asked *q)
{
	put_head(&reply, q->id, 0x8380, q->name, q->type);
}

static void do_aaaasilent(struct server *s, const struct asked *q)
{
	answer_a(s, q);
	if (q->type == 28)
		reply.n = 0;
}

static void do_aforaaaa(struct server *s, const struct asked *q)
{
	put_head(&reply, q->id, 0x8180, q->name, q->type);
	put_rr_a(&reply, "@12", 300, s->address);
	put_rr_soa(&reply, "test", 10, 500);
}

static void with_ttl(struct server *s, const struct asked *q, uint32_t ttl)
{
	put_head(&reply, q->id, 0x8180, q->name, q->type);
	put_rr_a(&reply, "@12", ttl, s->address);
}

static void do_ttlhuge(struct server *s, const struct asked *q) { with_ttl(s, q, 0x80000000); }
static void do_ttllong(struct server *s, const struct asked *q) { with_ttl(s, q, 0x7fffffff); }
static void do_ttl1(struct server *s, const struct asked *q) { with_ttl(s, q, 1); }
static void do_ttl2(struct server *s, const struct asked *q) { with_ttl(s, q, 2); }

static void many(const struct asked *q, unsigned n)
{
	put_head(&reply, q->id, 0x8180, q->name, q->type);
	for (unsigned i = 0; i < n; i++) {
		uint8_t a[4] = { 198, 18, (uint8_t)(i >> 8), (uint8_t)i };

		put_rr(&reply, 0, "@12", 1, 300, a, 4);
	}
}

static void do_thousands(struct server *s UNUSED, const struct asked *q)
{
	if (q->tcp)
		many(q, 4000);
	else
		put_head(&reply, q->id, 0x8380, q->name, q->type);
}

static void do_big(struct server *s UNUSED, const struct asked *q) { many(q, 70); }

static void do_noedns(struct server *s, const struct asked *q)
{
	answer_a(s, q);
	if (q->edns)
		put_head(&reply, q->id, 0x8181, q->name, q->type);
}

static const struct { const char *label; void (*act)(struct server *, const struct asked *); } scripts[] = {
	{ "silent", do_silent }, { "nx", do_nx }, { "nx-bare", do_nx_bare }, { "nodata", do_nodata },
	{ "servfail", do_servfail }, { "refused", do_refused }, { "qr0", do_qr0 },
	{ "opcode5", do_opcode5 }, { "wrongid", do_wrongid }, { "wrongname", do_wrongname },
	{ "wrongtype", do_wrongtype }, { "chain", do_chain }, { "loop", do_loop },
	{ "dangling", do_dangling }, { "danglingnx", do_danglingnx }, { "danglingsoa", do_danglingsoa },
	{ "ping", do_ping }, { "pong", do_pong }, { "badtarget", do_badtarget }, { "broken", do_broken },
	{ "trunc", do_trunc }, { "trunctwice", do_trunctwice }, { "aaaasilent", do_aaaasilent },
	{ "aforaaaa", do_aforaaaa }, { "ttlhuge", do_ttlhuge }, { "ttllong", do_ttllong },
	{ "ttl1", do_ttl1 }, { "ttl2", do_ttl2 }, { "thousands", do_thousands }, { "big", do_big },
	{ "noedns", do_noedns },
};

static void read_question(struct asked *q, const uint8_t *b, size_t n, bool tcp)
{
	size_t at = 12, text = 0;

	assert_true(n > 16);
	*q = (struct asked){ .id = (unsigned)b[0] << 8 | b[1], .tcp = tcp, .edns = b[11] == 1 };
	while (b[at]) {
		for (unsigned i = 1; i <= b[at]; i++)
			q->name[text++] = (char)b[at + i];
		q->name[text++] = '.';
		at += b[at] + 1u;
	}
	q->name[text - 1] = '\0';
	q->type = (unsigned)b[at + 1] << 8 | b[at + 2];
}

static void make_reply(struct server *s, const struct asked *q)
{
	size_t n = strcspn(q->name, ".");

	s->last = *q;
	if (s->silent) {
		reply.n = 0;
		return;
	}
	for (size_t i = 0; !s->honest && i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		if (strlen(scripts[i].label) == n && strncmp(scripts[i].label, q->name, n) == 0) {
			scripts[i].act(s, q);
			return;
		}
	}
	do_ok(s, q);
}

static void note_port(struct server *s, uint16_t port)
{
	for (unsigned i = 0; i < s->n_ports; i++)
		if (s->ports[i] == port)
			return;
	if (s->n_ports < PORTS_MAX)
		s->ports[s->n_ports++] = port;
}

struct delayed {
	struct server *server;
	struct sockaddr_in to;
	size_t n;
	uint8_t bytes[512];
};

static void on_delay(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct delayed *d = arg;

	sendto(d->server->udp, d->bytes, d->n, 0, (struct sockaddr *)&d->to, sizeof(d->to));
	d->server->delayed--;
	free(d);
}

static void send_later(struct server *s, const struct sockaddr_in *to)
{
	struct timeval tv = { .tv_usec = (suseconds_t)s->delay_ms * 1000 };
	struct delayed *d = calloc(1, sizeof(*d));

	assert_true(reply.n <= sizeof(d->bytes));
	d->server = s;
	d->to = *to;
	d->n = reply.n;
	memcpy(d->bytes, reply.b, reply.n);
	s->delayed++;
	event_base_once(s->base, -1, EV_TIMEOUT, on_delay, d, &tv);
}

static void on_udp(evutil_socket_t fd, short what UNUSED, void *arg)
{
	struct server *s = arg;
	uint8_t b[2048];
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	ssize_t n = recvfrom(fd, b, sizeof(b), 0, (struct sockaddr *)&from, &size);
	struct asked q;

	if (n < 0)
		return;
	s->seen++;
	note_port(s, from.sin_port);
	read_question(&q, b, (size_t)n, false);
	make_reply(s, &q);
	if (reply.n && s->delay_ms)
		send_later(s, &from);
	else if (reply.n)
		sendto(fd, reply.b, reply.n, 0, (struct sockaddr *)&from, size);
}

struct conn {
	struct server *server;
	struct event *ev;
	uint8_t in[2048];
	size_t n;
};

static void on_conn(evutil_socket_t fd, short what UNUSED, void *arg)
{
	struct conn *c = arg;
	ssize_t n = read(fd, c->in + c->n, sizeof(c->in) - c->n);
	struct asked q;

	if (n <= 0) {
		event_free(c->ev);
		close(fd);
		free(c);
		return;
	}
	c->n += (size_t)n;
	if (c->n < 2 || c->n < 2u + ((size_t)c->in[0] << 8 | c->in[1]))
		return;
	c->server->seen_tcp++;
	read_question(&q, c->in + 2, c->n - 2, true);
	c->n = 0;
	make_reply(c->server, &q);
	if (reply.n) {
		uint8_t size[2] = { (uint8_t)(reply.n >> 8), (uint8_t)reply.n };

		assert_int_equal(write(fd, size, 2), 2);
		assert_int_equal(write(fd, reply.b, reply.n), reply.n);
	}
}

static void on_accept(evutil_socket_t fd, short what UNUSED, void *arg)
{
	struct conn *c = calloc(1, sizeof(*c));
	int got = accept4(fd, NULL, NULL, SOCK_CLOEXEC);        /* blocking: 64 KiB go out whole */

	assert_true(got >= 0);
	c->server = arg;
	c->ev = event_new(c->server->base, got, EV_READ | EV_PERSIST, on_conn, c);
	event_add(c->ev, NULL);
}

static void bind_both(struct server *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);

	for (int tries = 0; tries < 50; tries++) {
		s->udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		s->tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		at.sin_port = 0;
		assert_int_equal(bind(s->udp, (struct sockaddr *)&at, sizeof(at)), 0);
		assert_int_equal(getsockname(s->udp, (struct sockaddr *)&at, &size), 0);
		if (bind(s->tcp, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(s->tcp, 64) == 0) {
			s->port = ntohs(at.sin_port);
			return;
		}
		close(s->udp);
		close(s->tcp);
	}
	fail_msg("no port is free for both UDP and TCP");
}

static void server_init(struct server *s, struct event_base *base, const char *address)
{
	*s = (struct server){ .base = base, .address = address };
	bind_both(s);
	s->udp_ev = event_new(base, s->udp, EV_READ | EV_PERSIST, on_udp, s);
	s->tcp_ev = event_new(base, s->tcp, EV_READ | EV_PERSIST, on_accept, s);
	event_add(s->udp_ev, NULL);
	event_add(s->tcp_ev, NULL);
}

/* Its port stays closed from here on: the kernel answers with "port unreachable". */
static void server_stop(struct server *s)
{
	if (!s->udp_ev)
		return;
	event_free(s->udp_ev);
	event_free(s->tcp_ev);
	close(s->udp);
	close(s->tcp);
	s->udp_ev = NULL;
}

/* ---- the world of a test ------------------------------------------------------------------ */

struct world {
	struct event_base *base;
	struct server a, b;
	struct resolver_config cfg;
	struct resolver *r;
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->base = event_base_new();
	server_init(&w->a, w->base, "192.0.2.1");
	server_init(&w->b, w->base, "192.0.2.2");
	w->cfg = (struct resolver_config){
		.n_servers = 1, .lookup_ms = LOOKUP_MS, .ttl_floor_s = 1, .ttl_ceiling_s = 86400,
		.negative_ceiling_s = 60, .failure_s = 1, .cache_octets = 1 << 20,
	};
	for (int i = 0; i < 2; i++) {
		assert_true(ip_parse(&w->cfg.servers[i].ip, SV("127.0.0.1")));
		w->cfg.servers[i].port = i ? w->b.port : w->a.port;
	}
	*state = w;
	return 0;
}

static void begin(struct world *w, size_t n_servers)
{
	w->cfg.n_servers = n_servers;
	assert_int_equal(resolver_create(&w->r, w->base, &w->cfg), 0);
}

static int tear_down(void **state)
{
	struct world *w = *state;

	resolver_free(w->r);
	event_base_loop(w->base, EVLOOP_NONBLOCK);      /* the servers see their connections close */
	event_base_loop(w->base, EVLOOP_NONBLOCK);
	while (w->a.delayed)
		event_base_loop(w->base, EVLOOP_ONCE);
	server_stop(&w->a);
	server_stop(&w->b);
	event_base_free(w->base);
	free(w);
	return 0;
}

struct result {
	unsigned calls;
	struct dns_answer got;
	struct ip addresses[RESOLVER_ADDRESSES_MAX];
	char chain[RESOLVER_CHAIN_MAX + 1];
	uint64_t at_us;
};

static bool asking;                     /* resolver_ask() is on the stack */

static void copy_answer(struct result *res, const struct dns_answer *answer)
{
	res->got = *answer;
	assert_true(answer->n <= RESOLVER_ADDRESSES_MAX);
	memcpy(res->addresses, answer->addresses, answer->n * sizeof(struct ip));
	memcpy(res->chain, answer->chain.p, answer->chain.n);
	res->chain[answer->chain.n] = '\0';
}

static void on_answer(void *arg, const struct dns_answer *answer)
{
	struct result *res = arg;

	assert_false(asking);
	res->calls++;
	res->at_us = clock_mono_us();
	copy_answer(res, answer);
}

static struct resolver_query *ask(struct world *w, const char *name, uint8_t family, struct result *res)
{
	struct resolver_query *q;
	int err;

	*res = (struct result){ 0 };
	asking = true;
	err = resolver_ask(&q, w->r, sv_of(name), family, on_answer, res);
	asking = false;
	assert_int_equal(err, 0);
	assert_int_equal(res->calls, 0);
	return q;
}

/* Runs the loop until `what` is not 0, or `ms` are over. */
static bool run_until(struct world *w, const unsigned *what, unsigned ms)
{
	uint64_t end = clock_mono_us() + ms * UINT64_C(1000);

	while (!(what && *what) && clock_mono_us() < end) {
		struct timeval tick = { .tv_usec = 5000 };

		event_base_loopexit(w->base, &tick);
		event_base_loop(w->base, EVLOOP_ONCE);
	}
	return what && *what;
}

static void run_for(struct world *w, unsigned ms)
{
	run_until(w, NULL, ms);
}

static unsigned look_up(struct world *w, const char *name, uint8_t family, struct result *res)
{
	uint64_t start = clock_mono_us();

	ask(w, name, family, res);
	assert_true(run_until(w, &res->calls, 5000));
	assert_int_equal(res->calls, 1);
	return (unsigned)((res->at_us - start) / 1000);
}

static struct resolver_counts counts(const struct world *w)
{
	struct resolver_counts c;

	resolver_count(w->r, &c);
	return c;
}

static void assert_status(const struct result *res, enum dns_status want)
{
	if (res->got.status != want)
		fail_msg("status %s, not %s", dns_status_name(res->got.status), dns_status_name(want));
}

static void assert_address(const struct result *res, const char *text)
{
	struct ip want;

	assert_status(res, DNS_OK);
	assert_true(ip_parse(&want, sv_of(text)));
	assert_int_equal(res->got.n, 1);
	assert_true(ip_eq(&res->addresses[0], &want));
}

/* ---- tables ------------------------------------------------------------------------------- */

/* One server, one question: status, rcode, chain, how many questions that took, and the time. */
static const struct verdict {
	const char *name;
	uint8_t family;
	enum dns_status status;
	uint8_t rcode;
	const char *chain;
	unsigned udp, tcp, bad;         /* udp 0: any number */
	bool takes_all;                 /* the whole lookup_ms */
	uint32_t ttl_s;
} verdicts[] = {
	{ "ok.test", 4, DNS_OK, 0, "", 1, 0, 0, false, 300 },
	{ "ok.test", 6, DNS_OK, 0, "", 1, 0, 0, false, 300 },
	{ "nx.test", 4, DNS_NXDOMAIN, 3, "", 1, 0, 0, false, 20 },
	{ "nx-bare.test", 4, DNS_NXDOMAIN, 3, "", 1, 0, 0, false, 1 },
	{ "nodata.test", 4, DNS_NO_DATA, 0, "", 1, 0, 0, false, 10 },
	{ "servfail.test", 4, DNS_SERVFAIL, 2, "", 1, 0, 0, false, 0 },
	{ "refused.test", 4, DNS_REFUSED, 5, "", 1, 0, 0, false, 0 },
	{ "silent.test", 4, DNS_TIMEOUT, 0, "", 0, 0, 0, true, 0 },
	{ "qr0.test", 4, DNS_TIMEOUT, 0, "", 2, 0, 2, true, 0 },
	{ "opcode5.test", 4, DNS_TIMEOUT, 0, "", 2, 0, 2, true, 0 },
	{ "wrongid.test", 4, DNS_TIMEOUT, 0, "", 0, 0, 0, true, 0 },
	{ "wrongname.test", 4, DNS_TIMEOUT, 0, "", 0, 0, 0, true, 0 },
	{ "wrongtype.test", 4, DNS_TIMEOUT, 0, "", 0, 0, 0, true, 0 },
	{ "chain.test", 4, DNS_OK, 0, "one.test two.test", 1, 0, 0, false, 50 },
	{ "chain.test", 6, DNS_OK, 0, "one.test two.test", 2, 0, 0, false, 50 },
	/* (the message has no AAAA for the chain's end: that is asked for, and there) */
	{ "loop.test", 4, DNS_BAD_ANSWER, 0, "", 1, 0, 1, false, 0 },
	{ "badtarget.test", 4, DNS_BAD_ANSWER, 0, "", 1, 0, 1, false, 0 },
	{ "broken.test", 4, DNS_BAD_ANSWER, 0, "", 1, 0, 1, false, 0 },
	{ "dangling.test", 4, DNS_OK, 0, "ok.target.test", 2, 0, 0, false, 70 },
	{ "danglingnx.test", 4, DNS_NXDOMAIN, 3, "nx.target.test", 2, 0, 0, false, 20 },
	{ "danglingsoa.test", 4, DNS_NO_DATA, 0, "ok.target.test", 1, 0, 0, false, 30 },
	{ "trunc.test", 4, DNS_OK, 0, "", 1, 1, 0, false, 300 },
	{ "trunctwice.test", 4, DNS_BAD_ANSWER, 0, "", 1, 1, 1, false, 0 },
	{ "aforaaaa.test", 6, DNS_NO_DATA, 0, "", 1, 0, 0, false, 10 },
	{ "ttlhuge.test", 4, DNS_OK, 0, "", 1, 0, 0, false, 1 },
	{ "ttllong.test", 4, DNS_OK, 0, "", 1, 0, 0, false, 86400 },
	{ "noedns.test", 4, DNS_OK, 0, "", 2, 0, 0, false, 300 },
};

static bool verdict_holds(const struct verdict *v, struct world *w)
{
	struct result res;
	unsigned took = look_up(w, v->name, v->family, &res);
	struct resolver_counts c = counts(w);
	bool time_fits = v->takes_all ? took >= LOOKUP_MS - 5 && took < LOOKUP_MS + 300 : took < TURN_MS;

	if (res.got.status == v->status && res.got.rcode == v->rcode && strcmp(res.chain, v->chain) == 0 &&
	    res.got.ttl_s == v->ttl_s && (!v->udp || w->a.seen == v->udp) && w->a.seen_tcp == v->tcp &&
	    c.bad_answers == v->bad && time_fits && !res.got.cached && res.got.family == v->family &&
	    (res.got.n > 0) == (v->status == DNS_OK) && c.in_flight == 0 && c.questions == 1)
		return true;
	print_error("%s/%u: %s rcode %u chain \"%s\" ttl %u udp %u tcp %u bad %u in %u ms\n", v->name,
		    v->family, dns_status_name(res.got.status), res.got.rcode, res.chain, res.got.ttl_s,
		    w->a.seen, w->a.seen_tcp, (unsigned)c.bad_answers, took);
	return false;
}

static void one_server_one_question(void **state UNUSED)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		void *world;

		set_up(&world);
		begin(world, 1);
		wrong += !verdict_holds(&verdicts[i], world);
		tear_down(&world);
	}
	assert_int_equal(wrong, 0);
}

/* Whatever the first server does wrong, the second one's answer counts. */
static void second_server_helps(void **state UNUSED)
{
	static const struct { const char *name; bool at_once; } cases[] = {
		{ "silent.test", false }, { "servfail.test", true }, { "refused.test", true },
		{ "qr0.test", true }, { "opcode5.test", true }, { "loop.test", true },
		{ "broken.test", true }, { "wrongid.test", false }, { "wrongname.test", false },
		{ "trunctwice.test", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result res;
		struct world *w;
		void *world;
		unsigned took;

		set_up(&world);
		w = world;
		begin(w, 2);
		w->b.honest = true;
		took = look_up(w, cases[i].name, 4, &res);
		assert_address(&res, "192.0.2.2");
		if (cases[i].at_once ? took >= TURN_MS : took < TURN_MS - 5 || took > LOOKUP_MS)
			fail_msg("%s took %u ms", cases[i].name, took);
		tear_down(&world);
	}
}

/* ---- servers ------------------------------------------------------------------------------ */

static void negative_answer_is_not_asked_elsewhere(void **state)
{
	struct world *w = *state;
	struct result res;

	begin(w, 2);
	look_up(w, "nx.test", 4, &res);
	assert_status(&res, DNS_NXDOMAIN);
	look_up(w, "nodata.test", 4, &res);
	assert_status(&res, DNS_NO_DATA);
	assert_int_equal(w->b.seen, 0);
}

/* The environment of an ill-configured host: none of it may change what is asked. */
static void environment_is_not_heard(void **state)
{
	struct world *w = *state;
	struct result res;

	setenv("LOCALDOMAIN", "search.test", 1);
	setenv("RES_OPTIONS", "ndots:9 attempts:5 timeout:1 rotate", 1);
	setenv("HOSTALIASES", "/etc/hosts", 1);
	begin(w, 1);
	look_up(w, "nx", 4, &res);
	assert_status(&res, DNS_NXDOMAIN);
	assert_int_equal(w->a.seen, 1);
	assert_string_equal(w->a.last.name, "nx");
	look_up(w, "localhost", 4, &res);               /* not from the hosts file */
	assert_address(&res, "192.0.2.1");
	assert_int_equal(w->a.seen, 2);
	look_up(w, "silent.test", 4, &res);
	assert_int_equal(w->a.seen, 2 + 2);             /* our own turns only: 0 and 400 ms */
	unsetenv("LOCALDOMAIN");
	unsetenv("RES_OPTIONS");
	unsetenv("HOSTALIASES");
}

static void dead_server_is_remembered(void **state)
{
	struct world *w = *state;
	struct result res;
	unsigned before;

	w->a.silent = true;
	begin(w, 2);
	assert_true(look_up(w, "one.test", 4, &res) >= TURN_MS - 5);
	before = w->a.seen;
	for (int i = 0; i < 5; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%d.test", i);
		assert_true(look_up(w, name, 4, &res) < TURN_MS - 50);
		assert_address(&res, "192.0.2.2");
	}
	assert_int_equal(w->a.seen, before);
	assert_true(counts(w).timeouts >= 1);
	w->b.silent = true;                             /* now the dead one is worth a try */
	w->a.silent = false;
	look_up(w, "later.test", 4, &res);
	assert_address(&res, "192.0.2.1");
}

/* A late answer is no use to its question any more, but shows that the server lives. */
static void late_answer_revives(void **state)
{
	struct world *w = *state;
	struct result res;

	w->a.delay_ms = TURN_MS + 200;
	begin(w, 2);
	look_up(w, "one.test", 4, &res);
	assert_address(&res, "192.0.2.2");
	run_for(w, 400);
	w->a.delay_ms = 0;
	look_up(w, "two.test", 4, &res);
	assert_address(&res, "192.0.2.1");
}

static void slow_server_still_answers(void **state)
{
	struct world *w = *state;
	struct result res;
	unsigned took;

	w->a.delay_ms = TURN_MS + 100;
	begin(w, 1);
	took = look_up(w, "one.test", 4, &res);
	assert_address(&res, "192.0.2.1");
	assert_true(took >= TURN_MS + 95 && took < TURN_MS + 250);
}

/* One that fails fast beside one that is dead: the failure need not wait for the dead. */
static void failure_beside_a_dead_server(void **state)
{
	struct world *w = *state;
	struct result res;

	w->a.silent = true;
	begin(w, 2);
	look_up(w, "one.test", 4, &res);
	assert_true(look_up(w, "servfail.test", 4, &res) < TURN_MS + 200);
	assert_status(&res, DNS_SERVFAIL);
	assert_int_equal(res.got.rcode, 2);
}

static void port_unreachable(void **state)
{
	struct world *w = *state;
	struct result res;

	server_stop(&w->a);
	begin(w, 1);
	assert_true(look_up(w, "one.test", 4, &res) < TURN_MS - 50);
	assert_status(&res, DNS_UNREACHABLE);
	resolver_free(w->r);
	begin(w, 2);
	assert_true(look_up(w, "one.test", 4, &res) < TURN_MS - 50);
	assert_address(&res, "192.0.2.2");
}

static void server_goes_away_in_flight(void **state)
{
	struct world *w = *state;
	struct result res;

	begin(w, 2);
	ask(w, "silent.test", 4, &res);
	run_for(w, 50);
	server_stop(&w->a);
	w->b.honest = true;
	assert_true(run_until(w, &res.calls, 3000));
	assert_address(&res, "192.0.2.2");
}

static void no_servers(void **state)
{
	struct world *w = *state;
	struct result res;

	begin(w, 0);
	look_up(w, "one.test", 4, &res);
	assert_status(&res, DNS_UNREACHABLE);
}

static void probes(void **state)
{
	struct world *w = *state;
	struct upstream *u;
	uint64_t s = 1000000;

	assert_int_equal(upstream_create(&u, w->base, &w->cfg.servers[0], LOOKUP_MS), 0);
	assert_false(upstream_is_dead(u));
	assert_false(upstream_probe_is_due(u, 5 * s));
	upstream_mark_dead(u, 5 * s);
	upstream_mark_dead(u, 14 * s);                  /* dead is dead: no new start */
	assert_true(upstream_is_dead(u));
	assert_false(upstream_probe_is_due(u, 14 * s));
	assert_true(upstream_probe_is_due(u, 15 * s));
	assert_false(upstream_probe_is_due(u, 16 * s));
	assert_true(upstream_probe_is_due(u, 25 * s));
	assert_true(upstream_is_idle(u));
	upstream_free(u);
	upstream_free(NULL);
}

static void edns_is_dropped_for_good(void **state)
{
	struct world *w = *state;
	struct result res;

	begin(w, 1);
	look_up(w, "ok.test", 4, &res);
	assert_true(w->a.last.edns);
	look_up(w, "noedns.test", 4, &res);
	assert_address(&res, "192.0.2.1");
	assert_int_equal(w->a.seen, 3);
	look_up(w, "noedns.two.test", 4, &res);        /* the first time c-ares went without by itself */
	assert_address(&res, "192.0.2.1");
	assert_int_equal(w->a.seen, 5);
	look_up(w, "noedns.three.test", 4, &res);
	assert_address(&res, "192.0.2.1");
	assert_int_equal(w->a.seen, 6);
	assert_false(w->a.last.edns);
}

/* While questions keep a channel busy its port stays; after a thousand there is a new one. */
static void ports_change(void **state)
{
	struct world *w = *state;
	struct result held, res;

	w->cfg.lookup_ms = 60000;
	begin(w, 1);
	for (unsigned i = 0; i < 2 * UPSTREAM_CHANNEL_QUESTIONS + 200; i++) {
		char name[32];

		if (i % 5 == 0) {
			snprintf(name, sizeof(name), "silent.n%u.test", i);
			ask(w, name, 4, &held);
		}
		snprintf(name, sizeof(name), "n%u.test", i);
		look_up(w, name, 4, &res);
		assert_status(&res, DNS_OK);
	}
	assert_in_range(w->a.n_ports, 3, 20);
}

/* ---- answers ------------------------------------------------------------------------------ */

static void silent_aaaa_does_not_hold_the_a(void **state)
{
	struct world *w = *state;
	struct result a, aaaa;

	begin(w, 1);
	ask(w, "aaaasilent.test", 6, &aaaa);
	assert_true(look_up(w, "aaaasilent.test", 4, &a) < TURN_MS - 50);
	assert_address(&a, "192.0.2.1");
	assert_int_equal(aaaa.calls, 0);
	assert_true(run_until(w, &aaaa.calls, 3000));
	assert_status(&aaaa, DNS_TIMEOUT);
}

static void thousands_of_addresses(void **state)
{
	struct world *w = *state;
	struct result res;

	begin(w, 1);
	look_up(w, "thousands.test", 4, &res);
	assert_status(&res, DNS_OK);
	assert_int_equal(res.got.n, RESOLVER_ADDRESSES_MAX);
	assert_int_equal(w->a.seen_tcp, 1);
}

/* 70 addresses are above 512 octets and below 1232: no TCP. */
static void large_reply_stays_on_udp(void **state)
{
	struct world *w = *state;
	struct result res;

	begin(w, 1);
	look_up(w, "big.test", 4, &res);
	assert_int_equal(res.got.n, RESOLVER_ADDRESSES_MAX);
	assert_int_equal(w->a.seen, 1);
	assert_int_equal(w->a.seen_tcp, 0);
}

/* The server's TCP port is closed: who needs it fails, the others do not notice. */
static void broken_tcp_stays_alone(void **state)
{
	struct world *w = *state;
	struct result trunc, res;

	event_free(w->a.tcp_ev);
	close(w->a.tcp);
	w->a.tcp = socket(AF_INET, SOCK_STREAM, 0);     /* something to close */
	w->a.tcp_ev = event_new(w->base, w->a.tcp, EV_READ, on_accept, &w->a);
	w->a.delay_ms = 100;
	begin(w, 1);
	ask(w, "trunc.test", 4, &trunc);
	run_for(w, 50);
	ask(w, "ok.test", 4, &res);
	assert_true(run_until(w, &res.calls, 1000));
	assert_address(&res, "192.0.2.1");
	assert_int_equal(trunc.calls, 1);
	assert_status(&trunc, DNS_UNREACHABLE);
}

static void endless_follow_ups(void **state)
{
	struct world *w = *state;
	struct result res;

	begin(w, 1);
	look_up(w, "ping.test", 4, &res);
	assert_status(&res, DNS_BAD_ANSWER);
	assert_in_range(w->a.seen, 2, 9);
}

/* ---- queries ------------------------------------------------------------------------------ */

static void single_flight(void **state)
{
	struct world *w = *state;
	struct result res[50];

	begin(w, 1);
	for (unsigned i = 0; i < 50; i++)
		ask(w, "ok.test", 4, &res[i]);
	assert_int_equal(counts(w).in_flight, 1);
	assert_true(run_until(w, &res[49].calls, 1000));
	for (unsigned i = 0; i < 50; i++) {
		assert_int_equal(res[i].calls, 1);
		assert_address(&res[i], "192.0.2.1");
	}
	assert_int_equal(w->a.seen, 1);
	assert_int_equal(counts(w).questions, 50);
	assert_int_equal(counts(w).sent, 1);
}

static void types_are_asked_apart(void **state)
{
	struct world *w = *state;
	struct result a, aaaa;

	begin(w, 1);
	ask(w, "ok.test", 4, &a);
	look_up(w, "ok.test", 6, &aaaa);
	assert_address(&a, "192.0.2.1");
	assert_address(&aaaa, "2001:db8::1");
	assert_int_equal(w->a.seen, 2);
}

static void cancel_in_flight(void **state)
{
	struct world *w = *state;
	struct result first, second;
	struct resolver_query *q;

	begin(w, 1);
	q = ask(w, "ok.test", 4, &first);
	ask(w, "ok.test", 4, &second);
	resolver_cancel(q);
	resolver_cancel(NULL);
	assert_true(run_until(w, &second.calls, 1000));
	run_for(w, 50);
	assert_int_equal(first.calls, 0);
	q = ask(w, "silent.test", 4, &first);           /* alone, then gone before its time is over */
	run_for(w, 20);
	resolver_cancel(q);
	run_for(w, LOOKUP_MS + 100);
	assert_int_equal(first.calls, 0);
	assert_int_equal(counts(w).in_flight, 0);
	q = ask(w, "ok.test", 4, &first);               /* from the cache: cancelled before it came */
	resolver_cancel(q);
	run_for(w, 20);
	assert_int_equal(first.calls, 0);
}

struct canceller {
	struct resolver_query *others[3];
	unsigned calls;
};

static void on_answer_cancel(void *arg, const struct dns_answer *answer)
{
	struct canceller *c = arg;

	assert_int_equal(answer->status, DNS_OK);
	c->calls++;
	for (int i = 0; i < 3; i++) {
		resolver_cancel(c->others[i]);
		c->others[i] = NULL;
	}
	assert_int_equal(answer->n, 1);                 /* still readable */
	assert_int_equal(answer->addresses[0].family, 4);
}

static void cancel_inside_a_callback(void **state)
{
	struct world *w = *state;
	struct result same, other, silent;
	struct canceller c = { 0 };
	struct resolver_query *q;

	begin(w, 1);
	assert_int_equal(resolver_ask(&q, w->r, SV("ok.test"), 4, on_answer_cancel, &c), 0);
	c.others[0] = ask(w, "ok.test", 4, &same);      /* next in the same delivery */
	c.others[1] = ask(w, "ok.two.test", 4, &other);
	c.others[2] = ask(w, "silent.test", 4, &silent);
	assert_true(run_until(w, &c.calls, 1000));
	run_for(w, LOOKUP_MS + 100);
	assert_int_equal(c.calls, 1);
	assert_int_equal(same.calls + other.calls + silent.calls, 0);
}

struct asker {
	struct world *w;
	struct result next, cached;
	const char *name;
	unsigned calls;
};

static void on_answer_ask(void *arg, const struct dns_answer *answer)
{
	struct asker *a = arg;
	struct ip before = answer->addresses[0];

	a->calls++;
	ask(a->w, a->name, 4, &a->next);
	ask(a->w, "ok.test", 4, &a->cached);
	assert_non_null(resolver_cached(a->w->r, SV("ok.test"), 4));
	assert_true(ip_eq(&before, &answer->addresses[0]));
}

static void ask_inside_a_callback(void **state)
{
	struct world *w = *state;
	struct asker a = { .w = w, .name = "chain.test" };
	struct resolver_query *q;

	begin(w, 1);
	assert_int_equal(resolver_ask(&q, w->r, SV("ok.test"), 4, on_answer_ask, &a), 0);
	assert_true(run_until(w, &a.calls, 1000));
	assert_true(run_until(w, &a.next.calls, 1000));
	assert_true(run_until(w, &a.cached.calls, 1000));
	assert_status(&a.next, DNS_OK);
	assert_true(a.cached.got.cached);
}

static void on_answer_free(void *arg, const struct dns_answer *answer)
{
	struct asker *a = arg;

	assert_int_equal(answer->status, DNS_OK);
	a->calls++;
	resolver_free(a->w->r);
	a->w->r = NULL;
}

static void free_inside_a_callback(void **state)
{
	struct world *w = *state;
	struct asker a = { .w = w };
	struct result same, other;
	struct resolver_query *q;

	begin(w, 1);
	assert_int_equal(resolver_ask(&q, w->r, SV("ok.test"), 4, on_answer_free, &a), 0);
	ask(w, "ok.test", 4, &same);
	ask(w, "silent.test", 4, &other);
	assert_true(run_until(w, &a.calls, 1000));
	run_for(w, 50);
	assert_int_equal(same.calls + other.calls, 0);
}

/* At every moment of a lookup, over UDP and TCP. */
static void free_with_questions_in_flight(void **state)
{
	static const char *const names[] = { "ok.test", "silent.test", "thousands.test", "dangling.test",
					     "servfail.test", "trunc.test" };
	struct world *w = *state;
	struct result res[6];

	for (unsigned turns = 0; turns < 12; turns++) {
		begin(w, 2);
		for (unsigned i = 0; i < 6; i++)
			ask(w, names[i], 4, &res[i]);
		for (unsigned i = 0; i < turns; i++)
			event_base_loop(w->base, EVLOOP_NONBLOCK);
		resolver_free(w->r);
		w->r = NULL;
		for (unsigned i = 0; i < 6; i++)
			res[i].calls = 0;
		run_for(w, 10);
		for (unsigned i = 0; i < 6; i++)
			assert_int_equal(res[i].calls, 0);
	}
	resolver_free(NULL);
}

static void names_that_are_refused(void **state)
{
	static const char *const names[] = { "", ".", "a.", "a..b", "127.0.0.1", "a.0x1", "a b", "*.test" };
	struct world *w = *state;
	struct resolver_query *q;
	struct result res;

	begin(w, 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(resolver_ask(&q, w->r, sv_of(names[i]), 4, on_answer, &res), -EINVAL);
		assert_null(q);
		assert_null(resolver_cached(w->r, sv_of(names[i]), 4));
	}
	assert_int_equal(resolver_ask(&q, w->r, SV("a.test"), 5, on_answer, &res), -EINVAL);
	assert_null(resolver_cached(w->r, SV("a.test"), 0));
}

/* ---- the cache ---------------------------------------------------------------------------- */

static void cache_hit(void **state)
{
	struct world *w = *state;
	const struct dns_answer *hit;
	struct result res;

	begin(w, 1);
	assert_null(resolver_cached(w->r, SV("chain.test"), 4));
	look_up(w, "chain.test", 4, &res);
	assert_false(res.got.cached);
	hit = resolver_cached(w->r, SV("chain.test"), 4);
	assert_non_null(hit);
	copy_answer(&res, hit);
	assert_address(&res, "192.0.2.1");
	assert_true(hit->cached && hit->took_us == 0);
	assert_string_equal(res.chain, "one.test two.test");
	assert_in_range(hit->ttl_s, 49, 50);
	assert_null(resolver_cached(w->r, SV("chain.test"), 6));
	assert_null(resolver_cached(w->r, SV("one.test"), 4));
	look_up(w, "chain.test", 4, &res);
	assert_true(res.got.cached);
	assert_int_equal(w->a.seen, 1);
	assert_int_equal(counts(w).cache_hits, 2);
	assert_int_equal(counts(w).cached, 1);
}

static void negative_cache(void **state)
{
	static const struct { const char *name; enum dns_status status; uint32_t ttl_s; } cases[] = {
		{ "nx.test", DNS_NXDOMAIN, 20 }, { "nodata.test", DNS_NO_DATA, 10 },
		{ "danglingsoa.test", DNS_NO_DATA, 30 },
	};
	struct world *w = *state;
	struct result res;

	begin(w, 1);
	for (size_t i = 0; i < 3; i++) {
		const struct dns_answer *hit;

		look_up(w, cases[i].name, 4, &res);
		hit = resolver_cached(w->r, sv_of(cases[i].name), 4);
		assert_non_null(hit);
		assert_int_equal(hit->status, cases[i].status);
		assert_in_range(hit->ttl_s, cases[i].ttl_s - 1, cases[i].ttl_s);
	}
	assert_int_equal(w->a.seen, 3);
	w->cfg.negative_ceiling_s = 5;
	resolver_free(w->r);
	begin(w, 1);
	look_up(w, "nx.test", 4, &res);
	assert_int_equal(res.got.ttl_s, 5);
}

static void failures_are_remembered_briefly(void **state)
{
	struct world *w = *state;
	const struct dns_answer *hit;
	struct result res;

	begin(w, 1);
	look_up(w, "servfail.test", 4, &res);
	assert_false(res.got.cached);
	hit = resolver_cached(w->r, SV("servfail.test"), 4);
	assert_non_null(hit);
	assert_int_equal(hit->status, DNS_SERVFAIL);
	assert_int_equal(hit->rcode, 2);
	run_for(w, 1100);
	assert_null(resolver_cached(w->r, SV("servfail.test"), 4));
}

static void ttl_ends_an_entry(void **state)
{
	struct world *w = *state;
	struct result res;

	begin(w, 1);
	look_up(w, "ttl1.test", 4, &res);
	assert_non_null(resolver_cached(w->r, SV("ttl1.test"), 4));
	run_for(w, 1050);
	assert_null(resolver_cached(w->r, SV("ttl1.test"), 4));
}

static void follow_up_from_the_cache(void **state)
{
	struct world *w = *state;
	const struct dns_answer *hit;
	struct result res;

	begin(w, 1);
	look_up(w, "ok.target.test", 4, &res);
	look_up(w, "dangling.test", 4, &res);
	assert_address(&res, "192.0.2.1");
	assert_int_equal(w->a.seen, 2);                 /* the chain's end was known */
	hit = resolver_cached(w->r, SV("dangling.test"), 4);
	assert_non_null(hit);
	assert_int_equal(hit->n, 1);
	assert_true(sv_eq(hit->chain, SV("ok.target.test")));
}

static void hot_names_are_refreshed_ahead(void **state)
{
	struct world *w = *state;
	struct result res;

	begin(w, 1);
	look_up(w, "ttl2.test", 4, &res);
	assert_non_null(resolver_cached(w->r, SV("ttl2.test"), 4));
	run_for(w, 1850);
	assert_int_equal(w->a.seen, 1);
	assert_true(look_up(w, "ttl2.test", 4, &res) < 100);
	assert_true(res.got.cached);                    /* and was not held up */
	run_for(w, 100);
	assert_int_equal(w->a.seen, 2);
	run_for(w, 300);                                /* past the first one's end */
	assert_non_null(resolver_cached(w->r, SV("ttl2.test"), 4));
	look_up(w, "ttl2.two.test", 4, &res);           /* not asked for again: not hot */
	run_for(w, 1850);
	assert_non_null(resolver_cached(w->r, SV("ttl2.two.test"), 4));
	run_for(w, 50);
	assert_int_equal(w->a.seen, 3);
}

static void stale_while_no_server_answers(void **state)
{
	struct world *w = *state;
	struct result res;
	unsigned took;

	w->cfg.stale_s = 60;
	begin(w, 1);
	look_up(w, "ttl1.test", 4, &res);
	w->a.silent = true;
	run_for(w, 1050);
	assert_null(resolver_cached(w->r, SV("ttl1.test"), 4));
	took = look_up(w, "ttl1.test", 4, &res);
	assert_address(&res, "192.0.2.1");
	assert_true(res.got.cached);
	assert_int_equal(res.got.ttl_s, 0);
	assert_in_range(took, LOOKUP_MS * 3 / 5 - 10, LOOKUP_MS - 50);
	run_for(w, LOOKUP_MS / 2);                      /* now the question has failed, too */
	assert_non_null(resolver_cached(w->r, SV("ttl1.test"), 4));
	look_up(w, "ttl1.two.test", 4, &res);           /* never known: nothing to serve */
	assert_status(&res, DNS_TIMEOUT);
	w->a.silent = false;
	run_for(w, 1050);
	look_up(w, "ttl1.test", 4, &res);
	assert_false(res.got.cached);
}

static void stale_is_bounded_and_off_by_default(void **state)
{
	struct world *w = *state;
	struct result res;

	for (uint32_t stale_s = 0; stale_s <= 1; stale_s++) {
		w->cfg.stale_s = stale_s;
		w->a.silent = false;
		begin(w, 1);
		look_up(w, "ttl1.test", 4, &res);
		w->a.silent = true;
		run_for(w, 1050 + 1000 * stale_s);
		look_up(w, "ttl1.test", 4, &res);
		assert_status(&res, DNS_TIMEOUT);
		resolver_free(w->r);
		w->r = NULL;
	}
}

/* ---- configuration ------------------------------------------------------------------------ */

static void same_servers_keep_the_cache(void **state)
{
	struct world *w = *state;
	struct result res, silent;

	begin(w, 1);
	look_up(w, "ok.test", 4, &res);
	ask(w, "silent.test", 4, &silent);
	w->cfg.lookup_ms = 500;
	assert_int_equal(resolver_configure(w->r, &w->cfg), 0);
	assert_non_null(resolver_cached(w->r, SV("ok.test"), 4));
	assert_true(run_until(w, &silent.calls, 3000));
	assert_in_range(look_up(w, "silent.two.test", 4, &res), 495, 700);
}

static void new_servers_take_over(void **state)
{
	struct world *w = *state;
	struct result res, silent;
	uint64_t sent;

	begin(w, 1);
	look_up(w, "ok.test", 4, &res);
	ask(w, "silent.test", 4, &silent);
	run_for(w, 50);
	sent = counts(w).sent;
	w->cfg.servers[0].port = w->b.port;
	w->b.honest = true;
	assert_int_equal(resolver_configure(w->r, &w->cfg), 0);
	assert_null(resolver_cached(w->r, SV("ok.test"), 4));
	assert_true(run_until(w, &silent.calls, 300));
	assert_address(&silent, "192.0.2.2");
	look_up(w, "ok.test", 4, &res);
	assert_address(&res, "192.0.2.2");
	assert_int_equal(counts(w).sent, sent + 2);
	run_for(w, LOOKUP_MS + 100);
	w->cfg.servers[0].port = w->a.port;             /* and back, which frees the old ones */
	assert_int_equal(resolver_configure(w->r, &w->cfg), 0);
	run_for(w, 20);
	assert_int_equal(counts(w).sent, sent + 2);
}

static void bad_configurations(void **state)
{
	struct world *w = *state;
	struct resolver_config bad = w->cfg;
	struct resolver *r;

	begin(w, 1);
	bad.n_servers = RESOLVER_SERVERS_MAX + 1;
	assert_int_equal(resolver_create(&r, w->base, &bad), -EINVAL);
	assert_null(r);
	bad = w->cfg;
	bad.servers[0].port = 0;
	assert_int_equal(resolver_create(&r, w->base, &bad), -EINVAL);
	assert_int_equal(resolver_configure(w->r, &bad), -EINVAL);
}

static void system_servers(void **state UNUSED)
{
	struct endpoint out[RESOLVER_SERVERS_MAX];
	size_t n = resolver_system_servers(out);

	assert_true(n <= RESOLVER_SERVERS_MAX);
	for (size_t i = 0; i < n; i++) {
		assert_true(out[i].ip.family == 4 || out[i].ip.family == 6);
		assert_true(out[i].port != 0);
	}
}

/* ---- messages, and zones -------------------------------------------------------------------- */

struct message_result {
	unsigned calls;
	struct resolver_message got;    /* its parts are not valid any more */
	uint32_t left_s;                /* of the first */
	struct dns_message parsed[RESOLVER_PARTS_MAX];
	uint8_t bytes[RESOLVER_PARTS_MAX][1024];
};

static void on_message(void *arg, const struct resolver_message *m)
{
	struct message_result *res = arg;

	assert_false(asking);
	res->calls++;
	res->got = *m;
	res->left_s = m->n ? m->parts[0].left_s : 0;
	for (size_t i = 0; i < m->n; i++) {
		assert_true(m->parts[i].n <= sizeof(res->bytes[i]));
		memcpy(res->bytes[i], m->parts[i].bytes, m->parts[i].n);
		assert_int_equal(dns_message_parse(&res->parsed[i], res->bytes[i], m->parts[i].n), 0);
	}
}

static struct resolver_query *ask_message(struct world *w, const char *name, uint16_t type, bool dnssec_ok,
					  struct message_result *res)
{
	struct resolver_query *q;
	struct dns_name wire;

	assert_true(dns_name_from_text(&wire, sv_of(name)));
	res->calls = 0;
	asking = true;
	assert_int_equal(resolver_ask_message(&q, w->r, &wire, type, dnssec_ok, on_message, res), 0);
	asking = false;
	assert_int_equal(res->calls, 0);
	return q;
}

static void message_of(struct world *w, const char *name, uint16_t type, bool dnssec_ok, struct message_result *res)
{
	ask_message(w, name, type, dnssec_ok, res);
	assert_true(run_until(w, &res->calls, 5000));
}

static void whole_messages(void **state)
{
	const struct resolver_message *hit;
	static struct message_result res;
	struct world *w = *state;
	struct dns_name wire;
	struct result addresses;

	begin(w, 1);
	message_of(w, "ok.test", 16, false, &res);
	assert_int_equal(res.got.status, DNS_OK);
	assert_int_equal(res.got.n, 1);
	assert_int_equal(res.parsed[0].type, 16);
	assert_false(res.got.cached);
	message_of(w, "ok.test", 16, false, &res);
	assert_true(res.got.cached);
	assert_int_equal(w->a.seen, 1);
	message_of(w, "ok.test", 1, true, &res);        /* with DNSSEC it is another message */
	message_of(w, "ok.test", 1, false, &res);
	assert_int_equal(w->a.seen, 3);
	look_up(w, "ok.test", 4, &addresses);           /* the same cache for addresses */
	assert_true(addresses.got.cached);
	assert_int_equal(w->a.seen, 3);
	dns_name_from_text(&wire, SV("ok.test"));
	hit = resolver_cached_message(w->r, &wire, 1, false);
	assert_non_null(hit);
	assert_int_equal(hit->n, 1);
	assert_in_range(hit->parts[0].left_s, 299, 300);
	assert_null(resolver_cached_message(w->r, &wire, 33, false));
}

static void messages_follow_aliases(void **state)
{
	static struct message_result res;
	struct world *w = *state;

	begin(w, 1);
	for (int round = 0; round < 2; round++) {       /* fresh, then out of the cache */
		message_of(w, "dangling.test", 1, false, &res);
		assert_int_equal(res.got.status, DNS_OK);
		assert_int_equal(res.got.n, 2);
		assert_true(res.parsed[0].name.n == sizeof("dangling.test") + 1);
		assert_int_equal(res.got.cached, round);
	}
	message_of(w, "ping.test", 1, false, &res);
	assert_int_equal(res.got.n, 0);
	assert_int_equal(res.got.status, DNS_BAD_ANSWER);
}

static void messages_that_fail(void **state)
{
	static const struct { const char *name; enum dns_status status; size_t n; } cases[] = {
		{ "nx.test", DNS_NXDOMAIN, 1 }, { "nodata.test", DNS_NO_DATA, 1 }, { "servfail.test", DNS_SERVFAIL, 0 },
		{ "refused.test", DNS_REFUSED, 0 }, { "silent.test", DNS_TIMEOUT, 0 }, { "broken.test", DNS_BAD_ANSWER, 0 },
		{ "wrongname.test", DNS_TIMEOUT, 0 },
	};
	static struct message_result res;
	struct world *w = *state;

	begin(w, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (uint16_t type = 1; type <= 16; type = (uint16_t)(type + 15)) {
			message_of(w, cases[i].name, type, false, &res);
			if (res.got.status != cases[i].status || res.got.n != cases[i].n)
				fail_msg("%s %u: %s, %zu", cases[i].name, type, dns_status_name(res.got.status),
					 res.got.n);
		}
	assert_int_equal(counts(w).in_flight, 0);
}

static void stale_messages(void **state)
{
	static struct message_result res;
	struct world *w = *state;

	w->cfg.stale_s = 60;
	begin(w, 1);
	message_of(w, "ttl1.test", 1, false, &res);
	run_for(w, 1200);
	w->a.silent = true;
	message_of(w, "ttl1.test", 1, false, &res);
	assert_int_equal(res.got.status, DNS_OK);
	assert_int_equal(res.got.n, 1);
	assert_int_equal(res.left_s, 0);
}

static void message_and_address_share_a_question(void **state)
{
	static struct message_result res, gone;
	struct world *w = *state;
	struct result addresses;
	struct resolver_query *q;

	begin(w, 1);
	w->a.delay_ms = 50;
	ask(w, "ok.test", 4, &addresses);
	ask_message(w, "ok.test", 1, false, &res);
	q = ask_message(w, "ok.test", 1, false, &gone);
	resolver_cancel(q);
	assert_true(run_until(w, &res.calls, 3000));
	assert_int_equal(addresses.calls, 1);
	assert_int_equal(gone.calls, 0);
	assert_int_equal(res.got.n, 1);
	assert_int_equal(w->a.seen, 1);
}

static void zones_have_servers_of_their_own(void **state)
{
	struct resolver_zone zones[2] = { { .n_servers = 1 }, { .n_servers = 1 } };
	static struct message_result message;
	struct world *w = *state;
	struct result res, late;

	dns_name_from_text(&zones[0].suffix, SV("corp.test"));
	dns_name_from_text(&zones[1].suffix, SV("not.corp.test"));
	zones[0].servers[0] = w->cfg.servers[1];
	zones[1].servers[0] = w->cfg.servers[0];
	w->cfg.zones = zones;
	w->cfg.n_zones = 2;
	begin(w, 1);
	look_up(w, "ok.corp.test", 4, &res);
	assert_address(&res, "192.0.2.2");
	assert_non_null(resolver_cached(w->r, SV("ok.corp.test"), 4));
	look_up(w, "corp.test", 4, &res);
	assert_address(&res, "192.0.2.2");
	look_up(w, "ok.xcorp.test", 4, &res);
	assert_address(&res, "192.0.2.1");
	look_up(w, "ok.not.corp.test", 4, &res);        /* the longest suffix */
	assert_address(&res, "192.0.2.1");
	message_of(w, "other.corp.test", 1, false, &message);
	assert_int_equal(message.got.status, DNS_OK);
	assert_int_equal(w->b.seen, 3);
	assert_int_equal(counts(w).questions, 5);

	ask(w, "silent.corp.test", 4, &late);           /* a zone that goes still answers what it was asked */
	run_for(w, 20);
	w->cfg.n_zones = 0;
	assert_int_equal(resolver_configure(w->r, &w->cfg), 0);
	look_up(w, "ok.corp.test", 4, &res);
	assert_address(&res, "192.0.2.1");
	assert_true(run_until(w, &late.calls, 3000));
	assert_status(&late, DNS_TIMEOUT);
	w->cfg.n_zones = 2;
	assert_int_equal(resolver_configure(w->r, &w->cfg), 0);
	look_up(w, "new.corp.test", 4, &res);
	assert_address(&res, "192.0.2.2");
	ask(w, "silent.corp.test", 4, &late);           /* and is freed with the resolver */
}

static void status_names(void **state UNUSED)
{
	assert_string_equal(dns_status_name(DNS_OK), "ok");
	assert_string_equal(dns_status_name(DNS_NO_DATA), "no_data");
	assert_string_equal(dns_status_name(DNS_BAD_ANSWER), "bad_answer");
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_server_one_question),
		cmocka_unit_test(second_server_helps),
		WORLD(negative_answer_is_not_asked_elsewhere),
		WORLD(environment_is_not_heard),
		WORLD(dead_server_is_remembered),
		WORLD(late_answer_revives),
		WORLD(slow_server_still_answers),
		WORLD(failure_beside_a_dead_server),
		WORLD(port_unreachable),
		WORLD(server_goes_away_in_flight),
		WORLD(no_servers),
		WORLD(probes),
		WORLD(edns_is_dropped_for_good),
		WORLD(ports_change),
		WORLD(silent_aaaa_does_not_hold_the_a),
		WORLD(thousands_of_addresses),
		WORLD(large_reply_stays_on_udp),
		WORLD(broken_tcp_stays_alone),
		WORLD(endless_follow_ups),
		WORLD(single_flight),
		WORLD(types_are_asked_apart),
		WORLD(cancel_in_flight),
		WORLD(cancel_inside_a_callback),
		WORLD(ask_inside_a_callback),
		WORLD(free_inside_a_callback),
		WORLD(free_with_questions_in_flight),
		WORLD(names_that_are_refused),
		WORLD(cache_hit),
		WORLD(negative_cache),
		WORLD(failures_are_remembered_briefly),
		WORLD(ttl_ends_an_entry),
		WORLD(follow_up_from_the_cache),
		WORLD(hot_names_are_refreshed_ahead),
		WORLD(stale_while_no_server_answers),
		WORLD(stale_is_bounded_and_off_by_default),
		WORLD(same_servers_keep_the_cache),
		WORLD(new_servers_take_over),
		WORLD(bad_configurations),
		cmocka_unit_test(system_servers),
		WORLD(whole_messages),
		WORLD(messages_follow_aliases),
		WORLD(messages_that_fail),
		WORLD(stale_messages),
		WORLD(message_and_address_share_a_question),
		WORLD(zones_have_servers_of_their_own),
		cmocka_unit_test(status_names),
	};

	if (getenv("TEST_FILTER"))
		cmocka_set_test_filter(getenv("TEST_FILTER"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
