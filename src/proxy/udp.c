#include "proxy/udp.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "proxy/session.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	FLOWS_MAX = 4096,               /* of one worker; each has two descriptors */
	BUCKETS = 1024,
	TURN = 64,                      /* datagrams that one event may move */
	REFUSED_US = 10 * 1000000,      /* how long a refusal is remembered */
	TICK_MS = 500,
};

struct flow {
	TAILQ_ENTRY(flow) by_age;       /* the longest idle first */
	struct flow *next;              /* in its bucket */
	struct udp_relay *relay;
	struct endpoint listener, client;
	struct detour detour;
	struct event near_event, far_event;
	int near, far;                  /* -1: refused */
	bool counted;                   /* for its source */
	struct generation *gen;
	struct verdict verdict;
	char host[LEARNED_NAME_MAX + 1];
	uint64_t id, start_us, active_us, first_byte_us;
	int64_t start_ms;
	uint64_t bytes_up, bytes_down;
	enum reason reason;
	const char *detail;
	int error;
};
TAILQ_HEAD(flows, flow);

struct udp_socket {
	struct udp_socket *next;
	struct udp_relay *relay;
	struct endpoint at;
	int fd;
	struct event event;
};

struct udp_relay {
	struct worker *worker;
	struct udp_socket *sockets;
	struct flows flows;
	struct flow *buckets[BUCKETS];
	size_t n;
	struct event tick;
};

/* ---- the record ------------------------------------------------------------------------------- */

static void write_record(const struct flow *f, enum reason why)
{
	struct worker *w = f->relay->worker;
	uint64_t now_us = clock_mono_us();
	char id[SESSION_ID_TEXT + 1], line[RECORD_MAX];
	struct detour_texts texts;
	struct strbuf out;
	struct access_record r = {
		.event = RECORD_END, .start_ms = f->start_ms, .worker = w->index, .mode = SV("transparent"),
		.time_ms = f->start_ms + (int64_t)((now_us - f->start_us) / 1000), .generation = f->gen->id,
		.listener = f->listener, .client = f->client, .host = sv_of(f->host), .port = f->detour.original.port,
		.proto = SV("udp"), .allowed = f->near >= 0, .reason = why, .detail = sv_of(f->detail),
		.rule = session_rule_record(f->verdict.rule), .would_deny = session_rule_record(f->verdict.would_deny),
		.would_deny_no_rule = f->verdict.would_deny_no_rule, .dns_us = -1, .connect_us = -1,
		.first_byte_us = f->first_byte_us ? (int64_t)(f->first_byte_us - f->start_us) : -1,
		.bytes_up = f->bytes_up, .bytes_down = f->bytes_down,
		.duration_ms = (int64_t)((now_us - f->start_us) / 1000), .closed_by = SV("proxy"),
	};

	snprintf(id, sizeof(id), "%016llx", (unsigned long long)f->id);
	r.session = sv_of(id);
	if (f->near >= 0)
		r.origin = f->detour.original;
	if (f->error)
		r.detail = sv_of(strerrordesc_np(f->error));
	transparent_describe(&f->detour, true, -1, &r, &texts);
	strbuf_init(&out, line, sizeof(line));
	record_format(w->gen->settings.log_form, &r, &out);
	counter_add(&w->counters.ended[why], 1);
	if (out.full)
		writer_lost(w->shared->log, w->index);
	else
		writer_put(w->shared->log, w->index, strbuf_sv(&out));
}

/* ---- the table ----------------------------------------------------------------------------------- */

static struct flow **bucket_of(struct udp_relay *u, const struct endpoint *client, const struct endpoint *original)
{
	struct { struct ip a, b; uint16_t p, q; } key;

	memset(&key, 0, sizeof(key));
	key.a = client->ip;
	key.b = original->ip;
	key.p = client->port;
	key.q = original->port;
	return &u->buckets[hash_bytes(&key, sizeof(key)) % BUCKETS];
}

static struct flow *find(struct udp_relay *u, const struct endpoint *client, const struct endpoint *original)
{
	struct flow *f = *bucket_of(u, client, original);

	while (f && !(endpoint_eq(&f->client, client) && endpoint_eq(&f->detour.original, original)))
		f = f->next;
	return f;
}

static void touch(struct flow *f)
{
	f->active_us = clock_mono_us();
	TAILQ_REMOVE(&f->relay->flows, f, by_age);
	TAILQ_INSERT_TAIL(&f->relay->flows, f, by_age);
}

static void unlink_flow(struct flow *f)
{
	struct flow **at = bucket_of(f->relay, &f->client, &f->detour.original);

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	TAILQ_REMOVE(&f->relay->flows, f, by_age);
	f->relay->n--;
}

static void close_sockets(struct flow *f)
{
	if (f->near >= 0) {
		event_del(&f->near_event);
		close(f->near);
	}
	if (f->far >= 0) {
		event_del(&f->far_event);
		close(f->far);
	}
}

/* The only way a flow goes. A refused one has had its record. */
static void end_flow(struct flow *f, enum reason why)
{
	struct worker *w = f->relay->worker;

	if (f->near >= 0)
		write_record(f, why);
	unlink_flow(f);
	close_sockets(f);
	if (f->counted)
		sources_leave(w->shared->sources, &f->client.ip);
	if (f->detour.hold)
		learned_release(w->shared->learned, f->detour.hold, clock_mono_us());
	generation_unref(f->gen);
	free(f->detour.names);
	free(f);
}

/* ---- moving datagrams ------------------------------------------------------------------------------ */

/* What cannot be sent is lost, as datagrams are. */
static void send_up(struct flow *f, const char *bytes, size_t n)
{
	if (send(f->far, bytes, n, 0) < 0)
		return;
	f->bytes_up += n;
	counter_add(&f->relay->worker->counters.bytes_up, n);
}

static void send_down(struct flow *f, const char *bytes, size_t n)
{
	if (!f->first_byte_us)
		f->first_byte_us = clock_mono_us();
	if (send(f->near, bytes, n, 0) < 0)
		return;
	f->bytes_down += n;
	counter_add(&f->relay->worker->counters.bytes_down, n);
}

static void move(struct flow *f, int from, void (*to)(struct flow *, const char *, size_t))
{
	char *buffer = f->relay->worker->tools.buffer;

	touch(f);
	for (int i = 0; i < TURN; i++) {
		ssize_t n = recv(from, buffer, RELAY_BUFFER, 0);

		if (n >= 0)
			to(f, buffer, (size_t)n);
		else if (errno != ECONNREFUSED)         /* an ICMP error of an earlier one: the next may fare better */
			return;
	}
}

static void on_near(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	move(arg, fd, send_up);
}

static void on_far(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	move(arg, fd, send_down);
}

/* ---- sockets of a flow -------------------------------------------------------------------------------- */

static int set_option(int fd, int level, int option)
{
	int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on));
}

/* Bound to `from` (family 0: anywhere) and connected to `to`. With `transparent` the address is not ours, and other
 * flows to the same destination have it too. */
static int open_socket(const struct endpoint *from, const struct endpoint *to, bool transparent)
{
	struct sockaddr_storage near, far;
	socklen_t far_len = endpoint_to_sockaddr(to, &far), near_len = 0;
	bool six = to->ip.family == 6;
	int fd = socket(far.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0)
		return -errno;
	if (from->ip.family)
		near_len = endpoint_to_sockaddr(from, &near);
	if ((transparent && (set_option(fd, SOL_SOCKET, SO_REUSEADDR) != 0 ||
			     (six ? set_option(fd, IPPROTO_IPV6, IPV6_TRANSPARENT)
				  : set_option(fd, IPPROTO_IP, IP_TRANSPARENT)) != 0)) ||
	    (near_len && bind(fd, (struct sockaddr *)&near, near_len) != 0) ||
	    connect(fd, (struct sockaddr *)&far, far_len) != 0)
		err = -errno;
	if (err)
		close(fd);
	return err ? err : fd;
}

static enum reason open_sockets(struct flow *f)
{
	struct worker *w = f->relay->worker;
	const struct settings *set = &w->gen->settings;
	const struct endpoint *original = &f->detour.original;
	struct endpoint out = { .ip = original->ip.family == 4 ? set->outbound4 : set->outbound6 };
	int near = open_socket(original, &f->client, true), far = near < 0 ? near : open_socket(&out, original, false);

	if (far < 0) {
		f->error = -far;
		if (near >= 0)
			close(near);
		return far == -EMFILE || far == -ENFILE ? REASON_OUT_OF_DESCRIPTORS : REASON_CONNECT_FAILED;
	}
	f->near = near;
	f->far = far;
	event_assign(&f->near_event, w->base, near, EV_READ | EV_PERSIST, on_near, f);
	event_assign(&f->far_event, w->base, far, EV_READ | EV_PERSIST, on_far, f);
	event_add(&f->near_event, NULL);
	event_add(&f->far_event, NULL);
	return REASON_NONE;
}

/* ---- deciding --------------------------------------------------------------------------------------------- */

static void choose(const struct flow *f, struct choice *out)
{
	const struct generation *gen = f->relay->worker->gen;

	transparent_choose(gen->policy, &f->detour, &f->client.ip, gen->settings.learned_any, clock_wall_ms(), out);
}

static enum guard_verdict guard(const struct flow *f, const struct choice *c)
{
	struct ask ask = { .source = f->client.ip, .port = f->detour.original.port, .protos = PROTO_UDP,
			   .now_ms = clock_wall_ms() };

	if (c->by == BY_LEARNED)
		ask.name = sv_of(f->host);
	else
		ask.ip = f->detour.original.ip;
	return policy_guard(f->relay->worker->gen->policy, &ask, &c->verdict, &f->detour.original);
}

static void name_host(struct flow *f, const struct choice *c)
{
	const struct learned_name *name = f->detour.names + c->name;

	if (c->by == BY_LEARNED)
		memcpy(f->host, name->text, (size_t)name->n + 1);
	else
		ip_format(&f->detour.original.ip, f->host);
}

static enum reason admit(struct flow *f)
{
	struct worker *w = f->relay->worker;
	size_t most = w->gen->settings.max_per_source;

	if (!writer_admits(w->shared->log, w->index))
		return REASON_LOG_FULL;
	if (f->relay->n >= FLOWS_MAX)
		return REASON_TOO_MANY_SESSIONS;
	f->counted = most && sources_enter(w->shared->sources, &f->client.ip, most);
	if (most && !f->counted)
		return REASON_TOO_MANY_FROM_SOURCE;
	return open_sockets(f);
}

static enum reason decide(struct flow *f)
{
	struct worker *w = f->relay->worker;
	struct detour *d = &f->detour;
	enum guard_verdict g;
	struct choice c;

	transparent_find_names(d, w->shared->learned, &f->client.ip, clock_mono_us());
	choose(f, &c);
	d->by = c.by;
	d->another = c.another;
	f->verdict = c.verdict;
	name_host(f, &c);
	if (c.verdict.action != ACTION_ALLOW)
		return transparent_denial(d, w->shared->learned, &f->client.ip, clock_mono_us(),
					  session_plain_denial(&c.verdict), &f->detail);
	g = guard(f, &c);
	if (g != GUARD_PASS)
		return connector_guard_reason(g);
	if (c.by == BY_LEARNED)
		d->hold = learned_hold(w->shared->learned, &f->client.ip, &d->original.ip, sv_of(f->host), clock_mono_us());
	return admit(f);
}

static struct flow *new_flow(struct udp_socket *k, const struct endpoint *client, const struct endpoint *original)
{
	struct udp_relay *u = k->relay;
	struct worker *w = u->worker;
	struct flow **bucket = bucket_of(u, client, original), *f = xcalloc(1, sizeof(*f));
	enum reason refused;

	f->relay = u;
	f->listener = k->at;
	f->client = *client;
	f->detour = (struct detour){ .original = *original, .kind = STREAM_OTHER, .datagrams = true };
	f->near = f->far = -1;
	f->gen = generation_ref(w->gen);
	f->id = session_new_id(w);
	f->start_ms = clock_wall_ms();
	f->start_us = f->active_us = clock_mono_us();
	refused = decide(f);
	f->next = *bucket;
	*bucket = f;
	TAILQ_INSERT_TAIL(&u->flows, f, by_age);
	u->n++;
	counter_add(refused == REASON_NONE ? &w->counters.allowed : &w->counters.refused, 1);
	if (refused != REASON_NONE)
		write_record(f, refused);
	return f;
}

/* ---- the listener ----------------------------------------------------------------------------------------- */

/* Where a datagram was on its way to. False when the kernel does not say. */
static bool read_original(struct msghdr *h, struct endpoint *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		bool four = c->cmsg_level == SOL_IP && c->cmsg_type == IP_ORIGDSTADDR;
		bool six = c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_ORIGDSTADDR;
		struct sockaddr_storage sa = { 0 };

		if (!four && !six)
			continue;
		memcpy(&sa, CMSG_DATA(c), four ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
		*out = endpoint_from_sockaddr(&sa);
		return true;
	}
	return false;
}

/* Nobody was led here who sends to this host itself, or from it. */
static bool is_loop(const struct worker *w, const struct endpoint *client, const struct endpoint *original)
{
	return policy_is_local(w->gen->policy, &client->ip) || policy_is_local(w->gen->policy, &original->ip);
}

/* One datagram: its length, or a negative errno. */
static ssize_t receive(struct udp_socket *k, struct endpoint *client, struct endpoint *original, bool *known)
{
	struct sockaddr_storage sa = { 0 };
	char control[CMSG_SPACE(sizeof(struct sockaddr_in6)) + 64];
	struct iovec iov = { k->relay->worker->tools.buffer, RELAY_BUFFER };
	struct msghdr h = { .msg_name = &sa, .msg_namelen = sizeof(sa), .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(k->fd, &h, 0);

	if (n < 0)
		return -errno;
	*client = endpoint_from_sockaddr(&sa);
	*known = read_original(&h, original);
	return n;
}

static void on_listener(evutil_socket_t fd, short what, void *arg)
{
	struct udp_socket *k = arg;
	struct worker *w = k->relay->worker;

	(void)fd;
	(void)what;
	for (int i = 0; i < TURN; i++) {
		struct endpoint client, original;
		struct flow *f;
		bool known;
		ssize_t n = receive(k, &client, &original, &known);

		if (n < 0)
			return;
		if (!known || !client.port || is_loop(w, &client, &original))
			continue;
		f = find(k->relay, &client, &original);
		if (!f && k->relay->n < 2 * FLOWS_MAX)
			f = new_flow(k, &client, &original);
		if (f && f->far >= 0) {
			touch(f);
			send_up(f, w->tools.buffer, (size_t)n);
		}
	}
}

/* ---- time, reloads ------------------------------------------------------------------------------------------- */

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct udp_relay *u = arg;
	uint64_t now_us = clock_mono_us(), idle_us = u->worker->gen->settings.udp_idle_ms * 1000;
	struct flow *f, *next;

	(void)fd;
	(void)what;
	for (f = TAILQ_FIRST(&u->flows); f; f = next) {
		uint64_t allowed = f->near >= 0 ? idle_us : REFUSED_US;

		next = TAILQ_NEXT(f, by_age);
		if (now_us >= f->active_us + allowed)
			end_flow(f, REASON_COMPLETED);
		else if (now_us < f->active_us + (idle_us < REFUSED_US ? idle_us : REFUSED_US))
			break;                  /* those behind it are younger */
	}
}

static void recheck_flow(struct flow *f)
{
	struct generation *gen = f->relay->worker->gen;
	struct choice c;

	if (f->near < 0) {                      /* it may be welcome now */
		end_flow(f, REASON_NONE);
		return;
	}
	choose(f, &c);
	if (c.verdict.action != ACTION_ALLOW || c.by != f->detour.by || guard(f, &c) != GUARD_PASS) {
		end_flow(f, REASON_POLICY_REVOKED);
		return;
	}
	generation_unref(f->gen);
	f->gen = generation_ref(gen);
	f->verdict = c.verdict;
}

void udp_recheck(struct udp_relay *u)
{
	bool keep = u->worker->gen->settings.keep_on_reload;
	struct flow *f, *next;

	for (f = TAILQ_FIRST(&u->flows); f; f = next) {
		next = TAILQ_NEXT(f, by_age);
		if (!keep || f->near < 0)
			recheck_flow(f);
	}
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

void udp_create(struct udp_relay **out, struct worker *w)
{
	struct udp_relay *u = xcalloc(1, sizeof(*u));

	u->worker = w;
	TAILQ_INIT(&u->flows);
	event_assign(&u->tick, w->base, -1, EV_PERSIST, on_tick, u);
	*out = u;
}

void udp_add(struct udp_relay *u, const struct listener *l, int fd)
{
	struct udp_socket *k = xcalloc(1, sizeof(*k));

	k->relay = u;
	k->at = l->at;
	k->fd = fd;
	event_assign(&k->event, u->worker->base, fd, EV_READ | EV_PERSIST, on_listener, k);
	event_add(&k->event, NULL);
	k->next = u->sockets;
	u->sockets = k;
	event_add(&u->tick, &(struct timeval){ .tv_usec = TICK_MS * 1000 });
}

void udp_remove(struct udp_relay *u, int fd)
{
	for (struct udp_socket **at = &u->sockets; *at; at = &(*at)->next)
		if ((*at)->fd == fd) {
			struct udp_socket *k = *at;

			*at = k->next;
			event_del(&k->event);
			free(k);
			return;
		}
}

void udp_free(struct udp_relay *u)
{
	if (!u)
		return;
	while (!TAILQ_EMPTY(&u->flows))
		end_flow(TAILQ_FIRST(&u->flows), REASON_SHUTDOWN);
	while (u->sockets)
		udp_remove(u, u->sockets->fd);
	event_del(&u->tick);
	free(u);
}
