#include "proxy/balancer.h"
#include "proxy/sniff.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BIT(n) (1u << (n))

enum {
	DRAIN_MS = 2000,                /* how long a refused client may take to read why */
	RESOLVE_SLACK_MS = 1000,        /* the resolver keeps its own time; this is the rope behind it */
	AUTH_MS = 10000,                /* a password is checked, or it is too much at the moment */
	VERIFY_SLACK_MS = 1000,         /* and so does the verifier */
	DRAIN_OCTETS = 256 * 1024,      /* what is read of a refused client in one turn */
	SETTLED_US = 20000000,          /* a tunnel that old is worth the calls that set keepalive */
};

static const struct { const char *name; unsigned next; } states[SESSION_STATES] = {
	[S_HEAD]    = { "head",    BIT(S_TLS) | BIT(S_HEAD) | BIT(S_AUTH) | BIT(S_RESOLVE) | BIT(S_FORWARD) | BIT(S_DRAIN) | BIT(S_CLOSED) },
	[S_RESOLVE] = { "resolve", BIT(S_CONNECT) | BIT(S_DRAIN) | BIT(S_CLOSED) },
	[S_CONNECT] = { "connect", BIT(S_VERIFY) | BIT(S_BIND) | BIT(S_RELAY) | BIT(S_FORWARD) | BIT(S_DRAIN) | BIT(S_CLOSED) },
	[S_BIND]    = { "bind",    BIT(S_BIND) | BIT(S_RELAY) | BIT(S_DRAIN) | BIT(S_CLOSED) },
	[S_RELAY]   = { "relay",   BIT(S_CLOSED) },
	[S_FORWARD] = { "forward", BIT(S_HEAD) | BIT(S_RESOLVE) | BIT(S_RELAY) | BIT(S_DRAIN) | BIT(S_CLOSED) },
	[S_DRAIN]   = { "drain",   BIT(S_CLOSED) },
	[S_CLOSED]  = { "closed",  0 },
	[S_TLS]     = { "tls",     BIT(S_HEAD) | BIT(S_DRAIN) | BIT(S_CLOSED) },
	[S_SNIFF]   = { "sniff",   BIT(S_RESOLVE) | BIT(S_DRAIN) | BIT(S_CLOSED) },
	[S_AUTH]    = { "auth",    BIT(S_HEAD) | BIT(S_RESOLVE) | BIT(S_FORWARD) | BIT(S_DRAIN) | BIT(S_CLOSED) },
	[S_VERIFY]  = { "verify",  BIT(S_BIND) | BIT(S_RELAY) | BIT(S_DRAIN) | BIT(S_CLOSED) },
};

/* ---- states and deadlines ------------------------------------------------------------------ */

static void set_timer(struct session *s, uint64_t now_us)
{
	uint64_t after_us = s->due_us > now_us ? s->due_us - now_us : 0;

	s->timer_us = now_us + after_us;
	event_add(&s->timer, &(struct timeval){ .tv_sec = (time_t)(after_us / 1000000),
						.tv_usec = (suseconds_t)(after_us % 1000000) });
}

/* Most deadlines are put off before they come: a timer that comes too early costs less than setting each. */
void session_arm(struct session *s, uint64_t after_us)
{
	uint64_t now_us = clock_mono_us();

	s->due_us = now_us + after_us;
	if (!s->timer_us || s->timer_us > s->due_us)
		set_timer(s, now_us);
}

/* How long the relay may sleep: until it has been idle for too long, has settled, or the next interim record. */
static uint64_t relay_sleep_us(const struct session *s, uint64_t now_us)
{
	uint64_t due = s->active_us + session_settings(s)->idle_ms * 1000;

	if (!s->settled && s->opened_us + SETTLED_US < due)
		due = s->opened_us + SETTLED_US;
	if (session_settings(s)->log_interim && s->interim_us < due)
		due = s->interim_us;
	return due > now_us ? due - now_us : 0;
}

static uint64_t deadline_us(const struct session *s)
{
	const struct settings *set = session_settings(s);

	switch (s->state) {
	case S_HEAD:
		return head_deadline_us(s);
	case S_RESOLVE:
		return (set->resolver.lookup_ms + RESOLVE_SLACK_MS) * UINT64_C(1000);
	case S_CONNECT:
		return set->connect_ms * UINT64_C(1000);
	case S_BIND:
		return set->hello_ms * UINT64_C(1000);
	case S_RELAY:
		return relay_sleep_us(s, s->active_us);
	case S_FORWARD:
		return forward_deadline_us(s);
	case S_SNIFF:
		return sniff_deadline_us(s);
	case S_TLS:
		return set->tls_ms * UINT64_C(1000);
	case S_AUTH:
		return AUTH_MS * UINT64_C(1000);
	case S_VERIFY:
		return (set->verify.timeout_ms + VERIFY_SLACK_MS) * UINT64_C(1000);
	default:
		return DRAIN_MS * UINT64_C(1000);
	}
}

void session_enter(struct session *s, enum session_state to)
{
	assert(states[s->state].next & BIT(to));
	s->state = to;
	session_arm(s, deadline_us(s));
}

/* ---- bytes that wait ------------------------------------------------------------------------ */

void session_keep_pending(struct session *s, struct sv bytes)
{
	if (bytes.n == 0)
		return;
	s->pending = xrealloc(s->pending, s->n_pending + bytes.n);
	memcpy(s->pending + s->n_pending, bytes.p, bytes.n);
	s->n_pending += (uint32_t)bytes.n;
}

void session_use_pending(struct session *s, size_t n)
{
	s->n_pending -= (uint32_t)n;
	if (s->n_pending) {
		memmove(s->pending, s->pending + n, s->n_pending);
		return;
	}
	free(s->pending);
	s->pending = NULL;
}

/* ---- the end ------------------------------------------------------------------------------- */

void session_record_end(struct session *s)
{
	struct worker *w = s->worker;

	if (s->recorded)
		return;
	s->recorded = true;
	counter_add(&w->counters.ended[s->reason], 1);
	if (s->reason == REASON_LOG_FULL)
		writer_lost(w->shared->log, w->index);
	else
		session_log(s, RECORD_END);
}

/* Nothing was asked: a health probe, or a kept-alive client that has had its answers. */
static bool asked_nothing(const struct session *s)
{
	return !s->heard && s->reason == REASON_CLIENT_GONE;
}

static void leave_limits(struct session *s)
{
	struct worker *w = s->worker;

	if (s->counted_source)
		sources_leave(w->shared->sources, &s->peer.ip);
	atomic_fetch_sub_explicit(&w->shared->open, 1, memory_order_relaxed);
	atomic_fetch_sub_explicit(&w->counters.open, 1, memory_order_relaxed);
}

static void drop_connector(struct session *s)
{
	if (!s->connector)
		return;
	s->trail = connector_take_trail(s->connector);
	connector_free(s->connector);
	s->connector = NULL;
}

/* Nobody is asked any more on behalf of this session. */
static void stop_waiting(struct session *s)
{
	drop_connector(s);
	auth_cancel(s);
	verify_cancel(s);
}

static void record_last(struct session *s)
{
	if (asked_nothing(s)) {
		counter_add(&s->worker->counters.probes, s->requests == 0);
		s->recorded |= s->requests > 0 || !session_settings(s)->log_probes;
	}
	session_record_end(s);
}

void session_close(struct session *s, enum reason why)
{
	struct worker *w = s->worker;
	bool cut = why != REASON_COMPLETED && (s->state == S_RELAY || s->state == S_FORWARD ||
					       (s->state != S_DRAIN && !s->awaits_tls && !session_speaks_http(s)));

	if (s->state == S_CLOSED)
		return;
	if (s->reason == REASON_NONE)
		s->reason = why;
	stop_waiting(s);
	record_last(s);
	s->state = S_CLOSED;
	if (s->timer_us)
		event_del(&s->timer);
	pipes_discard(&w->tools.pipes, &s->client.pipe);
	pipes_discard(&w->tools.pipes, &s->origin.pipe);
	side_close(&s->client, cut);
	side_close(&s->origin, cut);
	leave_limits(s);
	if (w->swept == s)
		w->swept = TAILQ_NEXT(s, link);
	TAILQ_REMOVE(&w->live, s, link);
	TAILQ_INSERT_TAIL(&w->dead, s, link);
	worker_reap_later(w);
}

bool session_is_idle(const struct session *s)
{
	return s->state == S_HEAD && s->requests > 0 && !s->heard;
}

void session_close_by(struct session *s, enum reason why, const char *who)
{
	if (why == REASON_CLIENT_RESET && s->client.tls)
		session_tls_blame(s, &why, &who);
	s->closed_by = who;
	session_close(s, why);
}

void session_forget_request(struct session *s)
{
	forward_end(s);
	auth_end(s);
	verify_end(s);
	free(s->trail);
	free(s->host);
	free(s->hello);
	free(s->answer);
	free(s->kept);
	generation_unref(s->gen);
	s->trail = NULL;
	s->host = NULL;
	s->hello = NULL;
	s->answer = NULL;
	s->n_answer = 0;
	s->kept = NULL;
	s->gen = NULL;
	s->n_host = s->n_method = 0;
	s->heard = s->recorded = s->decided = s->opened = s->answered = s->refused = s->settled = false;
	s->bytes_up = s->bytes_down = s->first_byte_us = s->opened_us = 0;
	s->reason = REASON_NONE;
	s->detail = NULL;
	s->error = 0;
	s->closed_by = NULL;
}

void session_free(struct session *s)
{
	session_forget_request(s);
	sniff_end(s);
	free(s->pending);
	free(s->origin_host);
	slab_give(s->worker->sessions, s);
}

/* ---- refusing ------------------------------------------------------------------------------ */

/* What is held, then the end; the rest of it when there is room. 0, or a negative errno other than -EAGAIN. */
static int say_goodbye(struct session *s)
{
	int err = side_holds(&s->client) ? side_flush(&s->client) : 0;

	if (!err)
		err = side_shut(&s->client);
	side_want(&s->client, err == -EAGAIN ? SOCK_READ | SOCK_WRITE : SOCK_READ);
	return err == -EAGAIN ? 0 : err;
}

/* Reads and forgets what the client still sends, so that the answer is not lost to a reset. */
static void on_drain(struct session *s)
{
	size_t forgotten = 0;

	if (say_goodbye(s) < 0) {
		session_close(s, s->reason);
		return;
	}
	while (forgotten < DRAIN_OCTETS) {              /* then the event comes again, until the deadline */
		int n = side_read(&s->client, s->worker->tools.buffer, RELAY_BUFFER);

		if (n == -EAGAIN)
			return;
		if (n <= 0) {
			session_close(s, s->reason);
			return;
		}
		forgotten += (size_t)n;
	}
}

void session_drain(struct session *s)
{
	side_close(&s->origin, false);
	session_enter(s, S_DRAIN);
	say_goodbye(s);                         /* what the client still sends, or its end, comes as an event */
}

static const char *rcode_name(enum reason r)
{
	switch (r) {
	case REASON_DNS_NXDOMAIN:
		return "NXDOMAIN";
	case REASON_DNS_NO_ADDRESS:
		return "NOERROR";
	case REASON_DNS_SERVFAIL:
		return "SERVFAIL";
	case REASON_DNS_REFUSED:
		return "REFUSED";
	default:
		return NULL;
	}
}

static int send_refusal(struct session *s)
{
	char text[REPLY_MAX], id[SESSION_ID_TEXT];
	struct reply reply = { .reason = s->reason, .form = s->form, .rcode = rcode_name(s->reason),
			       .session = { id, sizeof(id) },
			       .head_only = sv_eq((struct sv){ s->method, s->n_method }, SV("HEAD")) };
	struct strbuf out;

	session_id_text(s, id);
	auth_describe(s, &reply);
	strbuf_init(&out, text, sizeof(text));
	reply_format(&reply, &out);
	return reply.keep ? side_send(&s->client, strbuf_sv(&out)) : side_send_last(&s->client, strbuf_sv(&out));
}

/* In the client's own protocol; negative when there is no way to tell it. */
static int answer_refusal(struct session *s)
{
	if (s->awaits_tls)
		return -EPROTO;
	if (!session_speaks_http(s))
		return sniff_answer_refusal(s);
	return reason_row(s->reason)->status ? send_refusal(s) : -EPIPE;
}

void session_refuse(struct session *s, enum reason why, const char *detail)
{
	s->reason = why;
	s->detail = detail;
	s->closed_by = "proxy";
	s->refused = true;
	stop_waiting(s);
	counter_add(&s->worker->counters.refused, 1);
	session_record_end(s);
	if (s->answered || answer_refusal(s) < 0)
		session_close(s, why);
	else if (auth_may_retry(s) && !side_holds(&s->client))
		head_next(s);
	else
		session_drain(s);
}

/* ---- deciding ------------------------------------------------------------------------------ */

struct ask session_ask(const struct session *s)
{
	struct tls_facts client = { .version = 0 };

	if (s->client.tls)
		tls_conn_facts(s->client.tls, &client);
	return (struct ask){
		.identity = client.identity,
		.source = s->peer.ip,
		.name = s->ip.family ? (struct sv){ NULL, 0 } : (struct sv){ s->host, s->n_host },
		.ip = s->ip, .port = s->port, .protos = s->protos, .now_ms = clock_wall_ms(),
		.user = auth_user(s),
	};
}

enum guard_verdict session_guard(const struct session *s, const struct endpoint *to)
{
	struct ask ask = session_ask(s);

	return policy_guard(s->gen->policy, &ask, &s->verdict, to);
}

static enum guard_verdict on_guard(void *arg, const struct endpoint *to)
{
	return session_guard(arg, to);
}

static void adopt(struct session *s, struct generation *gen, const struct verdict *v)
{
	if (s->gen != gen) {
		generation_unref(s->gen);
		s->gen = generation_ref(gen);
	}
	s->generation_id = gen->id;
	s->verdict = *v;
	free(s->kept);                          /* of a reload that kept it: the rule is one of `gen` again */
	s->kept = NULL;
	s->decided = true;
	s->epoch = s->worker->epoch;
}

enum reason session_plain_denial(const struct verdict *v)
{
	return v->why == WHY_RULE ? REASON_RULE :
	       v->why == WHY_REGEX_LIMIT ? REASON_REGEX_LIMIT : REASON_NO_RULE;
}

static enum reason denial(const struct session *s, const struct verdict *v, const char **detail)
{
	enum reason plain = session_plain_denial(v);

	return s->detour ? sniff_denial(s, plain, detail) : auth_denial(s, plain, detail);
}

static void on_connector(void *arg, const struct connector_result *r)
{
	struct session *s = arg;

	switch (r->event) {
	case CONNECTOR_DIALLING:
		session_enter(s, S_CONNECT);
		break;
	case CONNECTOR_CONNECTED:
		drop_connector(s);
		s->chosen = r->origin;
		if (s->exchange)
			forward_open(s, r->sock);
		else
			tunnel_open(s, r->sock);
		break;
	case CONNECTOR_FAILED:
		s->chosen = r->origin;
		s->error = r->error;
		if (r->reason == REASON_OUT_OF_DESCRIPTORS)
			worker_pause_accept(s->worker);
		session_refuse(s, r->reason, NULL);
		break;
	}
}

void session_connect(struct session *s)
{
	const struct settings *set = session_settings(s);
	struct ask ask = session_ask(s);
	struct ip dial = s->detour && s->detour->dial.family ? s->detour->dial : s->ip;

	session_enter(s, S_RESOLVE);
	s->connector = connector_start(&(struct connector_plan){
		.base = s->worker->base, .poller = s->worker->poller, .memory = s->worker->connectors, .resolver = s->worker->resolver,
		.name = dial.family ? (struct sv){ NULL, 0 } : ask.name, .ip = dial, .port = s->port,
		.ipv6 = s->worker->gen->ipv6, .outbound4 = set->outbound4, .outbound6 = set->outbound6,
		.guard = on_guard, .done = on_connector, .arg = s });
	if (connector_is_dialling(s->connector))
		session_enter(s, S_CONNECT);
}

/* What `default audit` lets pass has no word of its own: on 443 it is held to TLS, as a rule would. */
static enum proto word_of(const struct session *s, const struct verdict *v)
{
	if (v->proto)
		return v->proto;
	if (s->detour)
		return sniff_word(s);
	if (s->protos & PROTO_HTTP)
		return PROTO_HTTP;
	return s->port == 443 ? PROTO_HTTPS : PROTO_TCP;
}

void session_decide(struct session *s)
{
	struct worker *w = s->worker;
	const char *detail = NULL;
	enum reason client = session_tls_recheck(s, &detail);
	struct verdict v;
	struct ask ask;

	if (client != REASON_COMPLETED) {       /* a reload has come since its last request, and the sweep has not, or kept it */
		s->detail = detail;
		session_close_by(s, client, "proxy");
		return;
	}
	ask = session_ask(s);
	if (s->detour)
		sniff_decide(s, w->gen->policy, &v);
	else
		policy_decide(w->gen->policy, &ask, &v);
	adopt(s, w->gen, &v);
	if (v.action != ACTION_ALLOW) {
		enum reason why = denial(s, &v, &detail);

		session_refuse(s, why, detail);
		return;
	}
	if (!writer_admits(w->shared->log, w->index)) {
		session_refuse(s, REASON_LOG_FULL, NULL);
		return;
	}
	s->bound = word_of(s, &v);
	counter_add(&w->counters.allowed, 1);
	if (s->exchange && forward_admit(s) != REASON_NONE)
		session_refuse(s, forward_admit(s), NULL);
	else if (!s->exchange || !forward_reuse(s))
		session_connect(s);
}

/* ---- deciding again ------------------------------------------------------------------------ */

struct kept_rule {
	struct rule rule;
	char texts[];
};

/* `on-reload keep`: the session goes on under a rule that may be gone; remember where it stood. */
static void keep_rule(struct session *s)
{
	const struct rule *r = s->verdict.rule;

	if (r && !s->kept) {
		size_t c = strlen(r->collection) + 1, n = strlen(r->name) + 1,
		       f = r->at.file ? strlen(r->at.file) + 1 : 0;
		struct kept_rule *k = xmalloc(sizeof(*k) + c + n + f);

		k->rule = *r;
		k->rule.pins = NULL;            /* the tunnel is open: nobody asks again */
		k->rule.n_pins = 0;
		k->rule.collection = memcpy(k->texts, r->collection, c);
		k->rule.name = memcpy(k->texts + c, r->name, n);
		k->rule.at.file = f ? memcpy(k->texts + c + n, r->at.file, f) : NULL;
		s->kept = k;
		s->verdict.rule = &k->rule;
	}
	s->verdict.would_deny = NULL;
	generation_unref(s->gen);
	s->gen = NULL;
}

static bool is_past_until(const struct verdict *v, int64_t now_ms)
{
	return v->rule && v->rule->until_ms && now_ms >= v->rule->until_ms;
}

static bool is_still_allowed(const struct session *s, const struct policy *policy, const struct ask *ask,
			     struct verdict *v)
{
	if (!s->detour)
		policy_decide(policy, ask, v);
	else if (!sniff_still_holds(s, policy, v))
		return false;
	return v->action == ACTION_ALLOW && tunnel_fits(s, v) && verify_fits(s, v) &&
	       (!s->chosen.ip.family || policy_guard(policy, ask, v, &s->chosen) == GUARD_PASS);
}

/* What was allowed is not any more: ends it in the way that its state leaves. */
static void take_back(struct session *s, enum reason why, const char *detail)
{
	s->detail = detail;
	if (s->state == S_BIND)
		tunnel_refuse(s, why);
	else if (s->state == S_RELAY || s->answered || why != REASON_POLICY_REVOKED)
		session_close_by(s, why, "proxy");
	else
		session_refuse(s, why, NULL);
}

void session_recheck(struct session *s)
{
	struct worker *w = s->worker;
	bool keeps = session_settings(s)->keep_on_reload && s->opened;
	const char *detail = NULL;
	enum reason client;
	struct verdict v;
	struct ask ask;

	s->epoch = w->epoch;
	if (s->recorded || s->state == S_DRAIN || s->state == S_CLOSED)
		return;
	client = keeps ? REASON_COMPLETED : session_tls_recheck(s, &detail);
	ask = session_ask(s);
	if (client != REASON_COMPLETED)
		take_back(s, client, detail);
	else if (!s->decided)
		return;
	else if (keeps && !is_past_until(&s->verdict, ask.now_ms))
		keep_rule(s);
	else if (is_still_allowed(s, w->gen->policy, &ask, &v))
		adopt(s, w->gen, &v);
	else
		take_back(s, REASON_POLICY_REVOKED, NULL);
}

/* ---- events -------------------------------------------------------------------------------- */

/* While the origin is not there yet, the client's bytes wait in the socket. Only a reset is looked for; data
 * or a FIN is for later. */
static void watch_client(struct session *s, unsigned what)
{
	if (what & SOCK_BROKEN)
		session_close_by(s, REASON_CLIENT_GONE, "client");
	else
		side_want(&s->client, 0);
}

static void on_client(void *arg, unsigned what)
{
	struct session *s = arg;

	switch (s->state) {
	case S_HEAD:
		(s->awaits_header ? balancer_on_client : head_on_client)(s);
		break;
	case S_TLS:
		session_tls_on_client(s);
		break;
	case S_AUTH:
	case S_RESOLVE:
	case S_CONNECT:
	case S_VERIFY:
		watch_client(s, what);
		break;
	case S_BIND:
	case S_RELAY:
		tunnel_on_client(s, what);
		break;
	case S_FORWARD:
		forward_on_client(s, what);
		break;
	case S_DRAIN:
		on_drain(s);
		break;
	case S_SNIFF:
		sniff_on_client(s);
		break;
	default:
		break;
	}
}

void session_on_origin(void *arg, unsigned what)
{
	struct session *s = arg;

	if (s->state == S_BIND || s->state == S_RELAY)
		tunnel_on_origin(s, what);
	else if (s->state == S_VERIFY)
		verify_on_origin(s, what);
	else
		forward_on_origin(s, what);
}

void session_interim(struct session *s, uint64_t now_us)
{
	const struct settings *set = session_settings(s);

	if (!set->log_interim || now_us < s->interim_us)
		return;
	if (writer_admits(s->worker->shared->log, s->worker->index))
		session_log(s, RECORD_INTERIM);
	s->interim_us = now_us + set->log_interval_ms * 1000;
}

static void on_relay_deadline(struct session *s)
{
	const struct settings *set = session_settings(s);
	uint64_t now_us = clock_mono_us();

	if (now_us >= s->active_us + set->idle_ms * 1000) {
		session_close_by(s, REASON_IDLE_TIMEOUT, "proxy");
		return;
	}
	if (!s->settled && now_us >= s->opened_us + SETTLED_US) {
		s->settled = true;
		side_set_keepalive(side_fd(&s->origin), set->keepalive_s);
	}
	session_interim(s, now_us);
	session_arm(s, relay_sleep_us(s, now_us));
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;
	uint64_t now_us = clock_mono_us();

	(void)fd;
	(void)what;
	s->timer_us = 0;
	if (now_us < s->due_us) {
		set_timer(s, now_us);
		return;
	}
	switch (s->state) {
	case S_HEAD:
		if (s->heard)
			session_refuse(s, REASON_HEAD_TIMEOUT, NULL);
		else
			session_close_by(s, REASON_CLIENT_GONE, "proxy");
		break;
	case S_RESOLVE:
		session_refuse(s, REASON_DNS_TIMEOUT, NULL);
		break;
	case S_CONNECT:
		session_refuse(s, REASON_CONNECT_TIMEOUT, NULL);
		break;
	case S_BIND:
		tunnel_refuse(s, REASON_HELLO_TIMEOUT);
		break;
	case S_RELAY:
		on_relay_deadline(s);
		break;
	case S_FORWARD:
		forward_on_deadline(s);
		break;
	case S_SNIFF:
		sniff_on_deadline(s);
		break;
	case S_TLS:
		session_tls_on_deadline(s);
		break;
	case S_AUTH:
		session_refuse(s, REASON_AUTH_OVERLOADED, NULL);
		break;
	case S_VERIFY:
		verify_on_deadline(s);
		break;
	default:
		session_close(s, s->reason);
		break;
	}
}

/* ---- accept -------------------------------------------------------------------------------- */

bool session_enter_source(struct session *s)
{
	size_t most = session_settings(s)->max_per_source;

	if (!most)
		return true;
	s->counted_source = sources_enter(s->worker->shared->sources, &s->peer.ip, most);
	return s->counted_source;
}

/* REASON_NONE when the limits have room; the session is counted in either case. */
static enum reason enter_limits(struct session *s)
{
	struct worker *w = s->worker;
	int64_t open = atomic_fetch_add_explicit(&w->shared->open, 1, memory_order_relaxed);

	atomic_fetch_add_explicit(&w->counters.open, 1, memory_order_relaxed);
	if (open >= w->shared->most_sessions)
		return REASON_TOO_MANY_SESSIONS;
	return s->awaits_header || session_enter_source(s) ? REASON_NONE : REASON_TOO_MANY_FROM_SOURCE;
}

uint64_t session_new_id(struct worker *w)
{
	const uint64_t parts[2] = { w->index, w->next_id++ };

	return hash_bytes(parts, sizeof(parts));        /* the hash's key is new in every process */
}

void session_accept(struct worker *w, int fd, const struct listener *l, const struct endpoint *peer)
{
	struct session *s = slab_take(w->sessions);
	struct sock *sock = sock_open(w->poller, fd, true, NULL, NULL);
	enum reason full;

	if (!sock) {
		close(fd);
		slab_give(w->sessions, s);
		return;
	}
	s->worker = w;
	s->listener = l->at;
	s->peer = *peer;
	s->id = session_new_id(w);
	s->start_ms = clock_wall_ms();
	s->start_us = s->head_us = clock_mono_us();
	s->epoch = w->epoch;
	side_init(&s->client);
	side_init(&s->origin);
	evtimer_assign(&s->timer, w->base, on_deadline, s);
	side_open(&s->client, sock, on_client, s);
	TAILQ_INSERT_TAIL(&w->live, s, link);
	counter_add(&w->counters.accepted, 1);
	if (l->mode == LISTEN_TRANSPARENT)
		sniff_init(s, l);
	else
		s->awaits_header = balancer_is_listed(session_settings(s), &l->at, &peer->ip);
	s->awaits_tls = generation_front(w->gen, &l->at) != NULL;
	full = enter_limits(s);
	session_arm(s, deadline_us(s));
	if (full != REASON_NONE) {
		s->heard = true;
		session_refuse(s, full, NULL);
	} else if (s->detour) {
		sniff_start(s);
	} else if (s->awaits_tls && !s->awaits_header) {
		session_tls_start(s);
	} else {
		side_try(&s->client);           /* clients of a proxy speak first, and mostly have by now */
	}
}
