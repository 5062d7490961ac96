/*
 * tunnel -- a CONNECT whose origin is there: the answer, the binding of the name, and the relay.
 *
 * On an `https` rule the client's bytes are held (in s->pending) until a whole ClientHello is there, and go on
 * only when its SNI is the decided name.  Then they are held again until the server has answered, because
 * after a HelloRetryRequest a second hello comes, and that one is checked as the first was:
 *
 *     hello: hold and check  -->  answer: is it a HelloRetryRequest?  --no-->  relay
 *                                      | yes
 *                                  second: hold and check  ----------------->  relay
 *
 * A refusal here is a TLS alert, and not one byte of the client's has reached the origin.
 */
#include "proxy/session.h"

#include "base/arena.h"
#include "base/clock.h"
#include "policy/name.h"
#include "wire/tls_hello.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MAX = 128 };              /* the first octets of a server, alerts before them included */

/* ---- the relay ------------------------------------------------------------------------------ */

static void note_eof(struct session *s)
{
	if (s->closed_by)
		return;
	if (s->client.eof)
		s->closed_by = "client";
	else if (s->origin.eof)
		s->closed_by = "origin";
}

static void count(struct session *s, uint64_t up, uint64_t down)
{
	if (!(up | down))
		return;
	s->active_us = clock_mono_us();
	if (down && !s->first_byte_us)
		s->first_byte_us = s->active_us;
	s->bytes_up += up;
	s->bytes_down += down;
	counter_add(&s->worker->counters.bytes_up, up);
	counter_add(&s->worker->counters.bytes_down, down);
}

static enum relay_result pump_up(struct session *s)
{
	uint64_t up = 0;
	enum relay_result r = relay_pump(&s->client, &s->origin, &s->worker->tools, &up);

	count(s, up, 0);
	return r;
}

static enum relay_result pump_down(struct session *s)
{
	uint64_t down = 0;
	enum relay_result r = relay_pump(&s->origin, &s->client, &s->worker->tools, &down);

	count(s, 0, down);
	return r;
}

/* A server that has said all and closed answers the client's last octets (a TLS close_notify) by a reset. */
static void origin_broke(struct session *s)
{
	if (s->origin.eof && s->client.shut)
		session_close_by(s, REASON_COMPLETED, "origin");
	else
		session_close_by(s, REASON_ORIGIN_RESET, "origin");
}

/* Draws the consequences of one direction's result. */
static void settle(struct session *s, enum relay_result r, bool upward)
{
	bool origin_failed = upward ? r == RELAY_TO_FAILED : r == RELAY_FROM_FAILED;
	bool client_failed = upward ? r == RELAY_FROM_FAILED : r == RELAY_TO_FAILED;

	note_eof(s);
	if (upward && origin_failed)
		pump_down(s);                   /* the origin's last words may still lie in the socket */
	if (origin_failed)
		origin_broke(s);
	else if (client_failed)
		session_close_by(s, REASON_CLIENT_RESET, "client");
	else if (s->client.shut && s->origin.shut)
		session_close(s, REASON_COMPLETED);
	else
		relay_want(&s->client, &s->origin);
}

void tunnel_relay(struct session *s)
{
	struct sv waiting = session_pending(s);
	int err = side_send(&s->origin, waiting);

	count(s, waiting.n, 0);
	session_use_pending(s, waiting.n);
	free(s->answer);
	s->answer = NULL;
	s->client.fears_cut = s->bound == PROTO_TCP;    /* TLS within knows its own end; many clients close without a word */
	s->active_us = clock_mono_us();
	session_enter(s, S_RELAY);
	if (err < 0)
		settle(s, RELAY_TO_FAILED, true);
	else
		relay_want(&s->client, &s->origin);
}

/* ---- refusing inside the tunnel --------------------------------------------------------------- */

enum tls_alert tunnel_alert_for(enum reason why)
{
	switch (why) {
	case REASON_SNI_MISMATCH:
	case REASON_SNI_MISSING:
		return TLS_ALERT_UNRECOGNIZED_NAME;
	case REASON_BAD_HELLO:
	case REASON_SNI_TWICE:
		return TLS_ALERT_DECODE_ERROR;
	case REASON_SNI_ADDRESS:
		return TLS_ALERT_ILLEGAL_PARAMETER;
	default:
		return TLS_ALERT_ACCESS_DENIED;
	}
}

void tunnel_refuse(struct session *s, enum reason why)
{
	unsigned char alert[TLS_ALERT_OCTETS];
	size_t n = why == REASON_NOT_TLS ? 0 : tls_alert_write(alert, tunnel_alert_for(why));

	if (why == REASON_HELLO_TIMEOUT && s->bind_step == BIND_ANSWER) {
		session_close_by(s, REASON_IDLE_TIMEOUT, "proxy");     /* the hello came; it is the server that is silent */
		return;
	}
	s->reason = why;
	s->refused = true;
	s->closed_by = "proxy";
	counter_add(&s->worker->counters.refused, 1);
	session_record_end(s);
	if (side_send_last(&s->client, (struct sv){ (const char *)alert, n }) < 0)
		session_close(s, why);
	else
		session_drain(s);
}

/* ---- the ClientHello -------------------------------------------------------------------------- */

enum reason tunnel_hello_reason(enum tls_hello_error e)
{
	switch (e) {
	case TLS_NOT_TLS:
	case TLS_SSLV2:
		return REASON_NOT_TLS;
	case TLS_TOO_LARGE:
		return REASON_HELLO_TOO_LARGE;
	case TLS_SNI_TWICE:
		return REASON_SNI_TWICE;
	default:
		return REASON_BAD_HELLO;
	}
}

/* Compares as names, so that case and one final dot do not matter. `name` is canonical. */
static bool sni_is(struct sv sni, struct sv name)
{
	struct fqdn parsed;

	if (sv_eq(sni, name))
		return true;
	return fqdn_parse(&parsed, sni) == NAME_OK && sv_eq(fqdn_sv(&parsed), name);
}

static void add_alpn(struct strbuf *b, const struct tls_hello *h)
{
	for (size_t i = 0; i < h->alpn_n; i++) {
		if (i)
			strbuf_addc(b, ',');
		strbuf_add(b, tls_hello_alpn(h, i));
	}
}

void tunnel_match_hello(struct session *s)
{
	struct hello_facts *f = s->hello;

	if (f)
		f->matches = f->has_sni && !s->ip.family &&
			     sni_is((struct sv){ f->text, f->n_sni }, (struct sv){ s->host, s->n_host });
}

void tunnel_keep_hello(struct session *s, const struct tls_hello *h)
{
	char memory[TLS_ALPN_MAX * (TLS_ALPN_OCTETS + 1)];
	struct sv sni = tls_hello_sni(h);
	struct strbuf alpn;
	struct hello_facts *f;

	strbuf_init(&alpn, memory, sizeof(memory));
	add_alpn(&alpn, h);
	f = xmalloc(sizeof(*f) + sni.n + alpn.n);
	*f = (struct hello_facts){ .version = h->version, .has_sni = h->has_sni, .ech = h->has_ech,
				   .n_sni = (uint8_t)sni.n, .n_alpn = (uint8_t)alpn.n };
	memcpy(f->text, sni.p, sni.n);
	memcpy(f->text + sni.n, alpn.p, alpn.n);
	free(s->hello);
	s->hello = f;
	tunnel_match_hello(s);
}

static bool is_address_text(struct sv text)
{
	struct target t;

	return target_parse(&t, text) == NAME_OK ? t.ip.family != 0
						 : ip_parse(&t.ip, text) || sv_find(text, ':') < text.n;
}

/* An address entry takes a hello without SNI, or one whose SNI this source may reach on this port by name. */
static bool sni_is_allowed_itself(const struct session *s, const struct policy *p, struct sv sni)
{
	struct ask ask = session_ask(s);
	struct verdict v;
	struct fqdn name;

	if (fqdn_parse(&name, sni) != NAME_OK)
		return false;
	ask.name = fqdn_sv(&name);
	ask.protos = PROTO_HTTPS;
	policy_decide(p, &ask, &v);
	return v.action == ACTION_ALLOW;
}

/* REASON_NONE when a hello with these facts may pass under that verdict. */
static enum reason judge(const struct session *s, const struct verdict *v, const struct policy *p)
{
	const struct hello_facts *f = s->hello;
	struct sv sni = { f->text, f->n_sni };
	enum sni_rule rule = v->rule ? v->rule->sni : SNI_MATCH;

	if (f->ech && v->rule && v->rule->ech_deny)
		return REASON_ECH_DENIED;
	if (rule == SNI_ANY || f->matches)
		return REASON_NONE;
	if (!f->has_sni)
		return rule == SNI_ABSENT_OK || s->ip.family ? REASON_NONE : REASON_SNI_MISSING;
	if (is_address_text(sni))
		return REASON_SNI_ADDRESS;
	if (s->ip.family && sni_is_allowed_itself(s, p, sni))
		return REASON_NONE;
	return REASON_SNI_MISMATCH;
}

bool tunnel_fits(const struct session *s, const struct verdict *v)
{
	if (s->exchange)
		return forward_fits(s, v);
	if (v->proto != PROTO_HTTPS)
		return true;
	if (s->bound != PROTO_HTTPS)
		return false;
	return !s->hello || judge(s, v, s->worker->gen->policy) == REASON_NONE;
}

/* The client is read while its hello is awaited, the origin once it has one; neither over what the other holds. */
static void bind_want(struct session *s)
{
	unsigned client = s->bind_step == BIND_ANSWER ? 0 : SOCK_READ;
	unsigned origin = side_holds(&s->client) || s->bind_step == BIND_HELLO ? 0 : SOCK_READ;

	side_want(&s->client, client | (side_holds(&s->client) ? SOCK_WRITE : 0));
	side_want(&s->origin, origin | (side_holds(&s->origin) ? SOCK_WRITE : 0));
}

/* The hello is whole and may pass: on it goes, and the server's answer is awaited. */
static void pass_hello(struct session *s, struct sv hello)
{
	bool second = s->bind_step == BIND_SECOND;
	int err = side_send(&s->origin, hello);

	count(s, hello.n, 0);
	if (err < 0) {
		session_close_by(s, REASON_ORIGIN_RESET, "origin");
		return;
	}
	if (second) {
		tunnel_relay(s);
		return;
	}
	s->bind_step = BIND_ANSWER;
	session_arm(s, session_settings(s)->idle_ms * 1000);
	bind_want(s);
}

static enum reason judge_now(const struct session *s)
{
	return judge(s, &s->verdict, s->gen ? s->gen->policy : s->worker->gen->policy);
}

/* Whether a whole hello stands at the start of `bytes` and may pass: its length. 0: more is needed; -1: it was refused. */
static int check_hello(struct session *s, struct sv bytes)
{
	enum tls_hello_error why = TLS_HELLO_OK;
	struct tls_hello hello;
	enum reason refusal;
	int n = s->bind_step == BIND_SECOND ? tls_hello_parse_second(&hello, bytes, &why)
					    : tls_hello_parse(&hello, bytes, &why);

	if (n == -EAGAIN)
		return 0;
	if (n < 0) {
		if (hello.has_sni)
			tunnel_keep_hello(s, &hello);          /* as far as it was understood, for the log */
		s->detail = tls_hello_error_text(why);
		tunnel_refuse(s, tunnel_hello_reason(why));
		return -1;
	}
	tunnel_keep_hello(s, &hello);
	refusal = judge_now(s);
	if (refusal == REASON_NONE)
		return n;
	tunnel_refuse(s, refusal);
	return -1;
}

/* As check_hello(), for one that was read before it was decided where it goes (sniff.c). */
static int check_known(struct session *s)
{
	int n = (int)s->hello->octets;
	enum reason refusal = judge_now(s);

	s->hello->octets = 0;
	if (refusal == REASON_NONE)
		return n;
	tunnel_refuse(s, refusal);
	return -1;
}

static void check_pending(struct session *s)
{
	struct sv all = session_pending(s);
	int n = s->hello && s->hello->octets ? check_known(s) : check_hello(s, all);

	if (n <= 0)
		return;
	s->pending = NULL;                              /* what is behind the hello is kept anew */
	s->n_pending = 0;
	session_keep_pending(s, sv_slice(all, (size_t)n, all.n));
	pass_hello(s, sv_slice(all, 0, (size_t)n));
	free((void *)(uintptr_t)all.p);
}

/* A hello that came in one read goes on from where it lies. */
static void check_fresh(struct session *s, struct sv bytes)
{
	int n = check_hello(s, bytes);

	if (n < 0)
		return;
	session_keep_pending(s, sv_slice(bytes, (size_t)n, bytes.n));
	if (n > 0)
		pass_hello(s, sv_slice(bytes, 0, (size_t)n));
}

static void read_hello(struct session *s)
{
	char *buffer = s->worker->tools.buffer;
	int n = side_read(&s->client, buffer, RELAY_BUFFER);

	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		session_close_by(s, n == 0 ? REASON_CLIENT_GONE : REASON_CLIENT_RESET, "client");
		return;
	}
	if (!s->n_pending) {
		check_fresh(s, (struct sv){ buffer, (size_t)n });
		return;
	}
	session_keep_pending(s, (struct sv){ buffer, (size_t)n });
	check_pending(s);
}

/* ---- the server's first answer ---------------------------------------------------------------- */

/* Puts what has come behind what came before; one read is rarely too little to tell. */
static struct sv answer_so_far(struct session *s, struct sv fresh)
{
	fresh = sv_slice(fresh, 0, (size_t)(ANSWER_MAX - s->n_answer));
	s->answer = xrealloc(s->answer, ANSWER_MAX);
	if (fresh.n)
		memcpy(s->answer + s->n_answer, fresh.p, fresh.n);
	s->n_answer = (uint8_t)(s->n_answer + fresh.n);
	return (struct sv){ s->answer, s->n_answer };
}

/* What the first octets of the server are. One that says too little for too much counts as one that asks for
 * a second hello: what the client sends next is held to the name, too. */
static int classify(struct session *s, struct sv fresh, enum tls_server *kind)
{
	struct sv all;

	if (!s->answer && tls_server_first(fresh, kind) == 0)
		return 0;
	all = answer_so_far(s, fresh);
	if (tls_server_first(all, kind) == 0)
		return 0;
	*kind = fresh.n ? TLS_SERVER_RETRY : TLS_SERVER_OTHER;
	return fresh.n && all.n < ANSWER_MAX ? -EAGAIN : 0;
}

static void await_second(struct session *s)
{
	s->bind_step = BIND_SECOND;
	session_enter(s, S_BIND);
	bind_want(s);
	if (s->n_pending)
		check_pending(s);
}

static void read_answer(struct session *s)
{
	char *buffer = s->worker->tools.buffer;
	int n = side_read(&s->origin, buffer, RELAY_BUFFER);
	struct sv fresh = { buffer, n > 0 ? (size_t)n : 0 };
	enum tls_server kind;

	if (n == -EAGAIN)
		return;
	if (n < 0) {
		session_close_by(s, REASON_ORIGIN_RESET, "origin");
		return;
	}
	count(s, 0, fresh.n);
	if (side_send(&s->client, fresh) < 0) {
		session_close_by(s, REASON_CLIENT_RESET, "client");
	} else if (classify(s, fresh, &kind) == -EAGAIN) {
		bind_want(s);
	} else if (kind == TLS_SERVER_RETRY) {
		await_second(s);
	} else {
		tunnel_relay(s);
		if (s->state == S_RELAY && s->origin.eof)
			settle(s, pump_down(s), false);
	}
}

/* ---- events ----------------------------------------------------------------------------------- */

/* In S_BIND the client's direction is checked, the origin's flows as soon as it may. */
static void bind_on_client(struct session *s, unsigned what)
{
	if (what & SOCK_WRITE) {
		int err = side_flush(&s->client);

		if (err < 0 && err != -EAGAIN) {
			session_close_by(s, REASON_CLIENT_RESET, "client");
			return;
		}
		bind_want(s);
	}
	if (what & SOCK_READ)
		read_hello(s);
}

/* After a HelloRetryRequest the rest of that flight goes down while the second hello is awaited. */
static void read_rest_of_flight(struct session *s)
{
	enum relay_result r = pump_down(s);

	note_eof(s);
	if (r == RELAY_TO_FAILED)
		session_close_by(s, REASON_CLIENT_RESET, "client");
	else if (r == RELAY_FROM_FAILED || s->origin.eof)
		session_close_by(s, REASON_ORIGIN_RESET, "origin");
	else
		bind_want(s);
}

static void bind_on_origin(struct session *s, unsigned what)
{
	if (what & SOCK_WRITE) {
		int err = side_flush(&s->origin);

		if (err < 0 && err != -EAGAIN) {
			session_close_by(s, REASON_ORIGIN_RESET, "origin");
			return;
		}
		bind_want(s);
	}
	if (!(what & SOCK_READ))
		return;
	if (s->bind_step == BIND_ANSWER)
		read_answer(s);
	else
		read_rest_of_flight(s);
}

/* Nothing is wanted of it now, but it has news. */
static void on_silent_client(struct session *s, unsigned what)
{
	if (what & SOCK_BROKEN)
		session_close_by(s, REASON_CLIENT_RESET, "client");
	else if (s->state == S_BIND)            /* a FIN: nobody who waits for a ServerHello sends one */
		session_close_by(s, REASON_CLIENT_GONE, "client");
}

void tunnel_on_client(struct session *s, unsigned what)
{
	if (!s->client.wants) {
		on_silent_client(s, what);
		return;
	}
	if (s->state == S_BIND) {
		bind_on_client(s, what);
		return;
	}
	if (what & SOCK_READ)
		settle(s, pump_up(s), true);
	if (s->state == S_RELAY && (what & SOCK_WRITE))
		settle(s, pump_down(s), false);
}

void tunnel_on_origin(struct session *s, unsigned what)
{
	if (!s->origin.wants) {
		if (what & SOCK_BROKEN)
			origin_broke(s);
		return;
	}
	if (s->state == S_BIND) {
		bind_on_origin(s, what);
		return;
	}
	if (what & SOCK_READ)
		settle(s, pump_down(s), false);
	if (s->state == S_RELAY && (what & SOCK_WRITE))
		settle(s, pump_up(s), true);
}

/* ---- the start -------------------------------------------------------------------------------- */

static void bind_or_relay(struct session *s)
{
	if (s->bound != PROTO_HTTPS) {
		tunnel_relay(s);
		return;
	}
	s->bind_step = BIND_HELLO;
	session_enter(s, S_BIND);
	bind_want(s);
	if (s->n_pending)
		check_pending(s);
}

void tunnel_start(struct session *s)
{
	struct worker *w = s->worker;
	const struct settings *set = session_settings(s);

	s->opened = s->answered = true;
	s->opened_us = s->active_us = clock_mono_us();
	s->interim_us = s->opened_us + set->log_interval_ms * 1000;
	counter_add(&w->counters.tunnels, 1);
	if (set->log_start)
		session_log(s, RECORD_START);
	if (!s->detour && side_send(&s->client, SV("HTTP/1.1 200 Connection established\r\n\r\n")) < 0)
		session_close_by(s, REASON_CLIENT_RESET, "client");
	else
		bind_or_relay(s);
}

void tunnel_open(struct session *s, struct sock *sock)
{
	if (session_guard(s, &s->chosen) != GUARD_PASS) {       /* a reload came between connect() and now */
		sock_close(sock, false);
		session_refuse(s, REASON_POLICY_REVOKED, NULL);
		return;
	}
	side_open(&s->origin, sock, session_on_origin, s);
	if (verify_is_wanted(s))
		verify_start(s);
	else
		tunnel_start(s);
}
