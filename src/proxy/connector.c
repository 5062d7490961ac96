/*
 * The life of a connector:
 *
 *   ask(AAAA), ask(A)  ->  addresses arrive per family  ->  [50 ms for AAAA when A was first]
 *                      ->  attempt, attempt, ...        (each: guard, socket, bind, connect)
 *                      ->  first success, or nothing left to try and nobody left to ask
 *
 * One timer serves the three waits (start, resolution delay, attempt delay): only one is due at a time.
 */
#include "proxy/connector.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/slab.h"
#include "proxy/side.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { V4, V6, FAMILIES };

enum { FEW = 2 };                      /* addresses of a name that need no memory of their own */

struct attempt {
	struct attempt *next;
	struct connector *owner;
	struct sock *sock;
	struct endpoint to;
};

struct family {
	struct connector *owner;
	struct resolver_query *query;   /* in flight */
	enum dns_status status;
	bool asked, answered;
	struct ip *addresses;           /* `few`, or malloc'd */
	struct ip few[FEW];
	size_t n, next;                 /* next: the first that was not tried yet */
};

struct connector {
	struct connector_plan plan;
	struct event timer;
	struct family families[FAMILIES];
	struct attempt *attempts;       /* in progress */
	struct attempt first;           /* the memory of one: most need no other */
	uint64_t asked_us, dialled_us;
	uint32_t dns_us;
	bool starting;                  /* inside connector_start(): results have to wait */
	bool dialling, dns_cached, prefer_v4_next;
	char *chain;
	size_t n_chain;
	enum guard_verdict guarded;
	struct ip guarded_ip;
	struct endpoint last;           /* the last address tried */
	int last_error;
};

static void on_timer(evutil_socket_t fd, short what, void *arg);
static void on_attempt(void *arg);
static void on_answer(void *arg, const struct dns_answer *answer);

static void wait_ms(struct connector *c, unsigned ms)
{
	event_add(&c->timer, &(struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 });
}

static bool is_asking(const struct connector *c)
{
	return c->families[V4].query || c->families[V6].query;
}

/* ---- results ------------------------------------------------------------------------------ */

static void report_result(struct connector *c, const struct connector_result *r)
{
	c->plan.done(c->plan.arg, r);
}

static enum reason dns_reason(enum dns_status status)
{
	static const enum reason reasons[] = {
		[DNS_OK] = REASON_DNS_NO_ADDRESS,       [DNS_NXDOMAIN] = REASON_DNS_NXDOMAIN,
		[DNS_NO_DATA] = REASON_DNS_NO_ADDRESS,  [DNS_SERVFAIL] = REASON_DNS_SERVFAIL,
		[DNS_REFUSED] = REASON_DNS_REFUSED,     [DNS_TIMEOUT] = REASON_DNS_TIMEOUT,
		[DNS_UNREACHABLE] = REASON_DNS_UNREACHABLE, [DNS_BAD_ANSWER] = REASON_DNS_BAD_ANSWER,
	};

	return reasons[status];
}

enum reason connector_guard_reason(enum guard_verdict g)
{
	static const enum reason reasons[] = {
		[GUARD_PASS] = REASON_INTERNAL,                 [GUARD_OWN] = REASON_OWN_ADDRESS,
		[GUARD_PLATFORM] = REASON_PLATFORM_ADDRESS,     [GUARD_NEVER] = REASON_FORBIDDEN_ADDRESS,
		[GUARD_LOOPBACK] = REASON_LOOPBACK_ADDRESS,     [GUARD_PRIVATE] = REASON_PRIVATE_ADDRESS,
		[GUARD_DENIED] = REASON_DENIED_ADDRESS,
	};

	return reasons[g];
}

static enum reason errno_reason(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return REASON_CONNECT_REFUSED;
	case ETIMEDOUT:
		return REASON_CONNECT_TIMEOUT;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EADDRNOTAVAIL:
		return REASON_CONNECT_UNREACHABLE;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return REASON_OUT_OF_DESCRIPTORS;
	default:
		return REASON_CONNECT_FAILED;
	}
}

/* Without one address: the answer for A says why, unless it says only "no data" and AAAA says more. */
static enum reason no_address_reason(const struct connector *c)
{
	const struct family *v4 = &c->families[V4], *v6 = &c->families[V6];

	if (v4->status == DNS_NO_DATA && v6->asked && v6->status != DNS_OK)
		return dns_reason(v6->status);
	return dns_reason(v4->status);
}

static bool can_open(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void fail(struct connector *c)
{
	struct connector_result r = { .event = CONNECTOR_FAILED };

	if (c->starting) {
		wait_ms(c, 0);
		return;
	}
	if (c->last_error) {
		r.reason = errno_reason(c->last_error);
		r.error = c->last_error;
		r.origin = c->last;
	} else if (c->guarded != GUARD_PASS) {
		r.reason = connector_guard_reason(c->guarded);
	} else {
		r.reason = no_address_reason(c);
		if (r.reason == REASON_DNS_UNREACHABLE && !can_open())
			r.reason = REASON_OUT_OF_DESCRIPTORS;   /* that is why no question could be sent */
	}
	report_result(c, &r);
}

/* ---- attempts ----------------------------------------------------------------------------- */

static void attempt_free(struct attempt *a)
{
	if (a->sock)
		sock_close(a->sock, false);
	if (a != &a->owner->first)
		free(a);
	else
		a->owner = NULL;
}

static void attempt_remove(struct attempt *a)
{
	struct attempt **at = &a->owner->attempts;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	attempt_free(a);
}

static int open_socket(const struct connector *c, const struct ip *to)
{
	const struct ip *from = to->family == 4 ? &c->plan.outbound4 : &c->plan.outbound6;
	int on = 1, fd = socket(to->family == 4 ? AF_INET : AF_INET6,
				SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	side_set_nodelay(fd);
	if (from->family) {
		struct sockaddr_storage sa;
		socklen_t len = endpoint_to_sockaddr(&(struct endpoint){ *from, 0 }, &sa);

		/* The port is chosen at connect(), where it need be free for that origin only. */
		setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
		if (bind(fd, (struct sockaddr *)&sa, len) != 0) {
			int err = errno;

			close(fd);
			return -err;
		}
	}
	return fd;
}

/* 0 when the attempt is under way, or a negative errno. */
static int attempt_start(struct connector *c, const struct endpoint *to)
{
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(to, &sa);
	struct attempt *a;
	int fd = open_socket(c, &to->ip);

	if (fd < 0)
		return fd;
	if (connect(fd, (struct sockaddr *)&sa, len) != 0 && errno != EINPROGRESS) {
		int err = errno;

		close(fd);
		return -err;
	}
	a = c->first.owner ? xcalloc(1, sizeof(*a)) : &c->first;
	a->owner = c;
	a->to = *to;
	a->sock = sock_open(c->plan.poller, fd, false, on_attempt, a);
	if (!a->sock) {
		close(fd);
		attempt_free(a);
		return -ENOMEM;
	}
	a->next = c->attempts;
	c->attempts = a;
	return 0;
}

/* The next address to try, IPv6 first, families taking turns. */
static bool next_address(struct connector *c, struct ip *out)
{
	int order[FAMILIES] = { c->prefer_v4_next ? V4 : V6, c->prefer_v4_next ? V6 : V4 };

	for (int i = 0; i < FAMILIES; i++) {
		struct family *f = &c->families[order[i]];

		if (f->next == f->n)
			continue;
		*out = f->addresses[f->next++];
		c->prefer_v4_next = order[i] == V6;
		return true;
	}
	return false;
}

static bool passes_guard(struct connector *c, const struct endpoint *to)
{
	enum guard_verdict g = c->plan.guard(c->plan.arg, to);

	if (g != GUARD_PASS && c->guarded == GUARD_PASS) {
		c->guarded = g;
		c->guarded_ip = to->ip;
	}
	return g == GUARD_PASS;
}

static void say_dialling(struct connector *c)
{
	if (c->dialling)
		return;
	c->dialling = true;
	c->dialled_us = clock_mono_us();
	if (!c->starting)
		report_result(c, &(struct connector_result){ .event = CONNECTOR_DIALLING });
}

/* Another address to try, now or with an answer that is awaited. */
static bool has_more(const struct connector *c)
{
	return is_asking(c) || c->families[V4].next < c->families[V4].n || c->families[V6].next < c->families[V6].n;
}

/* Starts the next attempt that can be started; when nothing is left at all, fails. */
static void try_next(struct connector *c)
{
	struct endpoint to = { .port = c->plan.port };

	while (next_address(c, &to.ip)) {
		int err;

		if (!passes_guard(c, &to))
			continue;
		say_dialling(c);
		c->last = to;
		err = attempt_start(c, &to);
		if (err == 0) {
			if (has_more(c))
				wait_ms(c, ATTEMPT_DELAY_MS);
			return;
		}
		c->last_error = -err;
	}
	if (!c->attempts && !is_asking(c))
		fail(c);
}

/* The errno of a connection that failed. */
static int error_of(int fd)
{
	socklen_t len = sizeof(int);
	int err = 0;

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 ? err : errno;
}

static void on_attempt(void *arg)
{
	struct attempt *a = arg;
	struct connector *c = a->owner;
	struct connector_result r = { .event = CONNECTOR_CONNECTED, .sock = a->sock, .origin = a->to };
	int err = a->sock->ready & SOCK_BROKEN ? error_of(a->sock->fd) : 0;

	if (err) {
		c->last_error = err;
		c->last = a->to;
		attempt_remove(a);
		try_next(c);
	} else if (a->sock->ready & SOCK_WRITE) {
		a->sock = NULL;         /* handed over */
		attempt_remove(a);
		event_del(&c->timer);
		report_result(c, &r);
	}
}

/* ---- answers ------------------------------------------------------------------------------ */

static void keep_addresses(struct family *f, const struct ip *addresses, size_t n)
{
	f->addresses = n <= FEW ? f->few : xmalloc(n * sizeof(*f->addresses));
	memcpy(f->addresses, addresses, n * sizeof(*f->addresses));
	f->n = n;
}

static void take_answer(struct connector *c, struct family *f, const struct dns_answer *answer)
{
	f->answered = true;
	f->status = answer->status;
	c->dns_cached = answer->cached;
	c->dns_us = (uint32_t)(clock_mono_us() - c->asked_us);
	if (answer->status == DNS_OK && answer->n)
		keep_addresses(f, answer->addresses, answer->n);
	if (answer->chain.n && !c->chain) {
		c->chain = memcpy(xmalloc(answer->chain.n), answer->chain.p, answer->chain.n);
		c->n_chain = answer->chain.n;
	}
}

/* After an answer: dial, or give AAAA its fifty milliseconds. */
static void proceed(struct connector *c)
{
	const struct family *v4 = &c->families[V4], *v6 = &c->families[V6];

	if (c->attempts && evtimer_pending(&c->timer, NULL))
		return;                         /* the attempt delay will come to the new addresses */
	if (v4->n > v4->next && v6->query && !c->dialling)
		wait_ms(c, RESOLUTION_DELAY_MS);
	else
		try_next(c);
}

/* A name that does not exist has no address of the other family either (RFC 8020). */
static void forget_sister(struct family *f)
{
	struct family *other = &f->owner->families[f == &f->owner->families[V4] ? V6 : V4];

	resolver_cancel(other->query);
	other->query = NULL;
	if (!other->answered)
		other->status = DNS_NXDOMAIN;
}

static void on_answer(void *arg, const struct dns_answer *answer)
{
	struct family *f = arg;

	f->query = NULL;
	take_answer(f->owner, f, answer);
	if (answer->status == DNS_NXDOMAIN)
		forget_sister(f);
	proceed(f->owner);
}

static void ask(struct connector *c, int which)
{
	struct family *f = &c->families[which];
	uint8_t family = which == V4 ? 4 : 6;
	const struct dns_answer *known = resolver_cached(c->plan.resolver, c->plan.name, family);

	f->asked = true;
	if (known)
		take_answer(c, f, known);
	else if (resolver_ask(&f->query, c->plan.resolver, c->plan.name, family, on_answer, f) != 0)
		f->status = DNS_UNREACHABLE;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	try_next(arg);
}

/* ---- life --------------------------------------------------------------------------------- */

const size_t connector_size = sizeof(struct connector);

struct connector *connector_start(const struct connector_plan *plan)
{
	struct connector *c = slab_take(plan->memory);

	c->plan = *plan;
	c->asked_us = clock_mono_us();
	evtimer_assign(&c->timer, plan->base, on_timer, c);
	for (int i = 0; i < FAMILIES; i++)
		c->families[i].owner = c;
	if (plan->name.n == 0) {
		keep_addresses(&c->families[plan->ip.family == 4 ? V4 : V6], &plan->ip, 1);
	} else {
		if (plan->ipv6)
			ask(c, V6);
		ask(c, V4);
	}
	c->starting = true;
	proceed(c);
	c->starting = false;
	return c;
}

bool connector_is_dialling(const struct connector *c)
{
	return c->dialling;
}

void connector_free(struct connector *c)
{
	if (!c)
		return;
	event_del(&c->timer);
	for (int i = 0; i < FAMILIES; i++) {
		resolver_cancel(c->families[i].query);
		if (c->families[i].addresses != c->families[i].few)
			free(c->families[i].addresses);
	}
	while (c->attempts) {
		struct attempt *a = c->attempts;

		c->attempts = a->next;
		attempt_free(a);
	}
	free(c->chain);
	slab_give(c->plan.memory, c);
}

struct trail *connector_take_trail(struct connector *c)
{
	size_t n4 = c->families[V4].n, n6 = c->families[V6].n, n = 0;
	struct trail *t;

	if (c->plan.name.n == 0)
		n4 = n6 = 0;                    /* nothing was resolved */
	t = xcalloc(1, sizeof(*t) + (n4 + n6) * sizeof(t->resolved[0]) + c->n_chain);
	t->dns_asked = c->plan.name.n != 0;
	t->dns_us = c->dns_us;
	t->dns_cached = c->dns_cached;
	t->connect_us = c->dialling ? (uint32_t)(clock_mono_us() - c->dialled_us) : 0;
	t->guarded = c->guarded;
	t->guarded_ip = c->guarded_ip;
	for (size_t i = 0; i < n6; i++)
		t->resolved[n++] = c->families[V6].addresses[i];
	for (size_t i = 0; i < n4; i++)
		t->resolved[n++] = c->families[V4].addresses[i];
	t->n_resolved = (uint8_t)n;
	t->n_chain = (uint16_t)c->n_chain;
	t->chain = (char *)&t->resolved[n];
	if (c->n_chain)
		memcpy(t->chain, c->chain, c->n_chain);
	return t;
}
