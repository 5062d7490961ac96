/*
 * forward -- one plain HTTP request at a time: to its origin, and the response back (RFC 9110, 9112).
 *
 *     take (checks, new head) --> decide --> connect or reuse --> send head --> body up --.
 *                                                                                         |
 *     the next request, or the end  <-- body down <-- [1xx ...] response head <-----------'
 *
 * Both heads are written anew (forward_head.h) and both bodies are framed anew, so that nothing odd in either
 * can reach the other side.  Both directions flow at once, each held back by the other end's socket.  The origin's
 * connection belongs to this client alone and serves only requests for the same host and port, each of
 * which was decided by the policy.  A body that the origin cuts short is passed on as cut: by a reset.
 */
#include "proxy/session.h"

#include "base/arena.h"
#include "base/clock.h"
#include "proxy/forward_head.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	INTERIM_RESPONSES_MAX = 32,
	TURNS = 16,                     /* reads in a row, so that one busy exchange does not starve the others */
};

struct exchange {
	struct http_body up, down;
	bool up_done, down_done;        /* the body is complete and handed to the other side */
	bool up_chunked, down_chunked;  /* how it is framed anew */
	bool has_status;                /* the final response's head has come */
	bool old_client;                /* HTTP/1.0: no chunks, no 1xx, no keep-alive */
	bool keep_client, keep_origin;
	bool wants_upgrade, repeatable;
	bool reused;                    /* on a connection that had served before */
	unsigned status, interims;
	char *head;                     /* the request's new head; kept for a second try until an answer comes */
	size_t n_head;
	char *answer;                   /* the part of a response head that has come */
	size_t n_answer;
	struct sv path;                 /* for the log; behind the struct */
	char texts[];
};

static void pump_up(struct session *s);
static void pump_down(struct session *s);

/* ---- taking a request ------------------------------------------------------------------------- */

static struct sv logged_path(const struct session *s, const struct http_request *r)
{
	struct sv path = r->path;

	if (!session_settings(s)->log_query)
		path.n = sv_find(path, '?');
	return path;
}

/* A method without consequences may be sent a second time (RFC 9110 9.2.2). */
static bool is_repeatable(const struct http_request *r)
{
	static const struct sv safe[] = { { "GET", 3 }, { "HEAD", 4 }, { "OPTIONS", 7 } };

	for (size_t i = 0; i < sizeof(safe) / sizeof(safe[0]); i++)
		if (sv_eq(r->method, safe[i]))
			return http_request_framing(r) == HTTP_FRAME_NONE;
	return false;
}

static bool has_passed_here(const struct session *s, const struct http_request *r)
{
	struct sv own = sv_of(s->worker->shared->via);

	for (size_t i = 0; i < r->n_fields; i++)
		if (sv_eq_nocase(r->fields[i].name, SV("via")) &&
		    memmem(r->fields[i].value.p, r->fields[i].value.n, own.p, own.n))
			return true;
	return false;
}

/* No name has a colon. (On a transparent connection that an address decided, the host may be a name.) */
static bool is_address6(const struct session *s)
{
	return memchr(s->host, ':', s->n_host) != NULL;
}

static void write_head(struct session *s, struct exchange *x, const struct http_request *r)
{
	size_t size = forward_request_size(r);
	char host[UINT8_MAX + 2];
	struct strbuf b;
	int n = snprintf(host, sizeof(host), is_address6(s) ? "[%.*s]" : "%.*s", s->n_host, s->host);

	x->head = xmalloc(size);
	strbuf_init(&b, x->head, size);
	forward_request_head(r, &(struct forward_request){
		.host = { host, (size_t)n }, .port = s->port, .via = sv_of(s->worker->shared->via),
		.upgrade = x->wants_upgrade }, &b);
	x->n_head = b.n;
}

static struct exchange *new_exchange(struct session *s, const struct http_request *r)
{
	struct sv path = sv_slice(logged_path(s, r), 0, RECORD_PATH_MAX);
	struct exchange *x = xcalloc(1, sizeof(*x) + path.n);

	if (path.n)
		memcpy(x->texts, path.p, path.n);
	x->path = (struct sv){ x->texts, path.n };
	x->old_client = r->minor == 0;
	x->keep_client = r->keep_alive && !x->old_client;
	x->wants_upgrade = forward_wants_upgrade(r);
	x->repeatable = is_repeatable(r);
	x->up_chunked = r->chunked;
	http_body_init(&x->up, http_request_framing(r), r->length);
	x->up_done = http_body_done(&x->up);
	write_head(s, x, r);
	return x;
}

bool forward_take(struct session *s, const struct http_request *r)
{
	const struct http_field *expect = http_find(r, SV("expect"));

	if (sv_eq(r->method, SV("TRACE")))
		session_refuse(s, REASON_METHOD_NOT_SUPPORTED, "TRACE is not forwarded");
	else if (expect && !sv_eq_nocase(expect->value, SV("100-continue")))
		session_refuse(s, REASON_EXPECTATION, NULL);
	else if (has_passed_here(s, r))
		session_refuse(s, REASON_LOOP, NULL);
	else {
		s->requests++;
		s->exchange = new_exchange(s, r);
		return true;
	}
	return false;
}

void forward_end(struct session *s)
{
	struct exchange *x = s->exchange;

	s->exchange = NULL;
	if (!x)
		return;
	free(x->head);
	free(x->answer);
	free(x);
}

void forward_describe(const struct session *s, struct access_record *r)
{
	const struct exchange *x = s->exchange;

	r->request = s->requests;
	r->path = x->path.n ? x->path : SV("/");
	if (x->has_status)
		r->status = x->status;
}

/* ---- events and deadlines --------------------------------------------------------------------- */

static void set_wants(struct session *s)
{
	const struct exchange *x = s->exchange;
	unsigned client = 0, origin = 0;

	if (!x->up_done && !side_holds(&s->origin))
		client |= SOCK_READ;
	if (side_holds(&s->client))
		client |= SOCK_WRITE;
	if (!x->down_done && !side_holds(&s->client))
		origin |= SOCK_READ;
	if (side_holds(&s->origin))
		origin |= SOCK_WRITE;
	side_want(&s->client, client);
	side_want(&s->origin, origin);
}

static void moved(struct session *s, uint64_t up, uint64_t down)
{
	struct worker *w = s->worker;

	s->active_us = clock_mono_us();
	if (down && !s->first_byte_us)
		s->first_byte_us = s->active_us;
	s->bytes_up += up;
	s->bytes_down += down;
	counter_add(&w->counters.bytes_up, up);
	counter_add(&w->counters.bytes_down, down);
}

static bool waits_for_answer(const struct exchange *x)
{
	return x->up_done && !x->has_status;
}

uint64_t forward_deadline_us(const struct session *s)
{
	const struct settings *set = session_settings(s);
	uint64_t allowed = waits_for_answer(s->exchange) ? set->response_ms : set->idle_ms;
	uint64_t due = s->active_us + allowed * 1000, now = clock_mono_us();

	if (set->log_interim && s->interim_us < due)
		due = s->interim_us;
	return due > now ? due - now : 0;
}

void forward_on_deadline(struct session *s)
{
	const struct settings *set = session_settings(s);
	bool waits = waits_for_answer(s->exchange), for_origin = waits || side_holds(&s->origin);
	uint64_t now = clock_mono_us();

	if (now >= s->active_us + (waits ? set->response_ms : set->idle_ms) * 1000) {
		if (s->answered)
			session_close_by(s, REASON_IDLE_TIMEOUT, "proxy");
		else
			session_refuse(s, for_origin ? REASON_RESPONSE_TIMEOUT : REASON_REQUEST_TIMEOUT, NULL);
		return;
	}
	session_interim(s, now);
	session_arm(s, forward_deadline_us(s));
}

/* ---- failures --------------------------------------------------------------------------------- */

/* The client's own fault, or its end. */
static void client_failed(struct session *s, enum reason why, const char *detail)
{
	s->detail = detail;
	side_close(&s->origin, true);           /* half a request must not look whole */
	if (why == REASON_BAD_REQUEST && !s->answered)
		session_refuse(s, why, detail);
	else
		session_close_by(s, why, "client");
}

/* The origin failed; a repeatable request that met a stale connection is sent on a new one, once. */
static void origin_failed(struct session *s, enum reason why, const char *detail)
{
	struct exchange *x = s->exchange;

	side_close(&s->origin, false);
	if (x->reused && x->repeatable && s->gen && !s->answered && !x->n_answer && x->interims == 0) {
		x->reused = s->opened = false;
		session_connect(s);
		return;
	}
	s->detail = detail;
	if (s->answered)
		session_close_by(s, why, "origin");
	else
		session_refuse(s, why, detail);
}

/* ---- sending bodies ---------------------------------------------------------------------------- */

/* Wraps `payload` as one chunk, or takes it as it is. */
static void add_payload(struct strbuf *b, struct sv payload, bool chunked)
{
	char line[HTTP_CHUNK_LINE_MAX];

	if (payload.n == 0)
		return;
	if (chunked)
		strbuf_add(b, (struct sv){ line, http_chunk_line(line, payload.n) });
	strbuf_add(b, payload);
	if (chunked)
		strbuf_add(b, SV("\r\n"));
}

/*
 * Reads body octets off `in` and sends what they hold to `to`, framed anew. Returns how many octets were used; what
 * is left belongs to the next message. -EPIPE when `to` failed, -EBADMSG when the body is malformed.
 */
static ssize_t send_body(struct worker *w, struct http_body *body, bool chunked, struct sv in, struct side *to,
			 bool *done, uint64_t *octets)
{
	enum http_body_status status = HTTP_BODY_MORE;
	struct sv rest = in, payload;
	struct strbuf out;

	strbuf_init(&out, w->framed, sizeof(w->framed));
	while (rest.n && status == HTTP_BODY_MORE) {
		size_t used;

		status = http_body_feed(body, rest, &used, &payload);
		rest = sv_slice(rest, used, rest.n);
		add_payload(&out, payload, chunked);
		*octets += payload.n;
	}
	if (status == HTTP_BODY_BAD)
		return -EBADMSG;
	if (status == HTTP_BODY_DONE) {
		*done = true;
		if (chunked)
			strbuf_add(&out, HTTP_LAST_CHUNK);
	}
	assert(!out.full);
	if (side_send(to, strbuf_sv(&out)) < 0)
		return -EPIPE;
	return (ssize_t)(in.n - rest.n);
}

/* ---- upwards ----------------------------------------------------------------------------------- */

/* The origin takes no more of the request: it may have answered early, and that word decides. */
static void give_up_upload(struct session *s)
{
	struct exchange *x = s->exchange;

	x->up_done = true;
	x->keep_client = x->keep_origin = false;
	side_drop_held(&s->origin);
	session_arm(s, forward_deadline_us(s));
}

/* The octets used, or -1 after an end. */
static ssize_t take_up(struct session *s, struct sv in)
{
	struct exchange *x = s->exchange;
	uint64_t up = 0;
	ssize_t used = send_body(s->worker, &x->up, x->up_chunked, in, &s->origin, &x->up_done, &up);

	if (used == -EBADMSG) {
		client_failed(s, REASON_BAD_REQUEST, http_body_error_text(x->up.error));
		return -1;
	}
	if (used == -EPIPE) {
		give_up_upload(s);
		return (ssize_t)in.n;
	}
	moved(s, up, 0);
	if (x->up_done)
		session_arm(s, forward_deadline_us(s));         /* now the answer is waited for */
	return used;
}

static bool up_is_blocked(struct session *s)
{
	int err = side_holds(&s->origin) ? side_flush(&s->origin) : 0;

	if (err < 0 && err != -EAGAIN)
		give_up_upload(s);
	return err == -EAGAIN;
}

static void pump_up(struct session *s)
{
	struct exchange *x = s->exchange;
	char *buffer = s->worker->tools.buffer;

	for (int turn = 0; turn < TURNS && !up_is_blocked(s) && !x->up_done; turn++) {
		ssize_t used;
		int n;

		if (s->n_pending) {
			used = take_up(s, sv_slice(session_pending(s), 0, RELAY_BUFFER));
			if (used < 0)
				return;
			session_use_pending(s, (size_t)used);
			continue;
		}
		n = side_read(&s->client, buffer, RELAY_BUFFER);
		if (n == -EAGAIN)
			break;
		if (n <= 0) {
			client_failed(s, n == 0 ? REASON_CLIENT_GONE : REASON_CLIENT_RESET, NULL);
			return;
		}
		used = take_up(s, (struct sv){ buffer, (size_t)n });
		if (used < 0)
			return;
		session_keep_pending(s, sv_slice((struct sv){ buffer, (size_t)n }, (size_t)used, (size_t)n));
		if (n < RELAY_BUFFER)
			break;
	}
	set_wants(s);
}

/* ---- downwards --------------------------------------------------------------------------------- */

/* The response is complete: the record, and then the next request or goodbye. */
static void finish(struct session *s)
{
	struct exchange *x = s->exchange;
	bool keep_client = x->keep_client && x->up_done, keep_origin = x->keep_origin && x->up_done;

	s->reason = REASON_COMPLETED;
	session_record_end(s);
	if (!keep_client) {
		session_drain(s);
		return;
	}
	if (!keep_origin)
		side_close(&s->origin, false);
	head_next(s);
}

/* A 101: from here on it is a tunnel, with what lies in both directions already. */
static void become_tunnel(struct session *s, struct sv rest)
{
	s->exchange->status = 101;
	s->exchange->has_status = s->answered = true;
	moved(s, 0, rest.n);
	if (side_send(&s->client, rest) < 0)
		session_close_by(s, REASON_CLIENT_RESET, "client");
	else
		tunnel_relay(s);
}

static int send_head(struct session *s, const struct http_response *r, const struct forward_response *how)
{
	size_t size = forward_response_size(r);
	char *memory = xmalloc(size);
	struct strbuf b;
	int err;

	strbuf_init(&b, memory, size);
	forward_response_head(r, how, &b);
	err = side_send(&s->client, strbuf_sv(&b));
	free(memory);
	return err;
}

/* 1xx goes on to clients that know it; 101 only where it was asked for and allowed. */
static enum reason take_interim(struct session *s, const struct http_response *r)
{
	struct exchange *x = s->exchange;
	struct forward_response how = { .via = sv_of(s->worker->shared->via), .upgrade = r->status == 101 };

	if (r->status == 101 && !x->wants_upgrade)
		return REASON_BAD_RESPONSE;
	if (++x->interims > INTERIM_RESPONSES_MAX)
		return REASON_BAD_RESPONSE;
	if (x->old_client)
		return REASON_NONE;
	return send_head(s, r, &how) < 0 ? REASON_CLIENT_RESET : REASON_NONE;
}

static enum reason take_final(struct session *s, const struct http_response *r)
{
	struct exchange *x = s->exchange;
	struct forward_response how = { .via = sv_of(s->worker->shared->via), .framing = r->framing };

	if (x->old_client && r->framing == HTTP_FRAME_CHUNKED)
		how.framing = HTTP_FRAME_CLOSE;
	x->keep_client &= x->up_done && how.framing != HTTP_FRAME_CLOSE &&
			  !atomic_load_explicit(&s->worker->shared->draining, memory_order_relaxed);
	x->keep_origin = r->keep_alive && r->framing != HTTP_FRAME_CLOSE && x->up_done;
	how.close = !x->keep_client;
	x->down_chunked = how.framing == HTTP_FRAME_CHUNKED;
	x->status = r->status;
	x->has_status = s->answered = true;
	free(x->head);
	x->head = NULL;
	http_body_init(&x->down, r->framing, r->length);
	x->down_done = http_body_done(&x->down);
	session_arm(s, forward_deadline_us(s));         /* from here on it may only not fall silent */
	return send_head(s, r, &how) < 0 ? REASON_CLIENT_RESET : REASON_NONE;
}

/* One head at the start of `bytes`. Its length, -EAGAIN, or -1 after an end. */
static int take_head(struct session *s, struct sv bytes)
{
	const struct settings *set = session_settings(s);
	const struct http_limits limits = { set->head_octets, set->head_fields };
	enum http_error why = HTTP_OK;
	enum reason bad = REASON_BAD_RESPONSE;
	struct http_response r;
	int n = http_response_parse(&r, bytes, (struct sv){ s->method, s->n_method }, &limits, &why);

	if (n == -EAGAIN)
		return n;
	if (n > 0)
		bad = r.status < 200 ? take_interim(s, &r) : take_final(s, &r);
	if (bad == REASON_CLIENT_RESET) {
		session_close_by(s, bad, "client");
		return -1;
	}
	if (bad != REASON_NONE) {
		s->exchange->repeatable = false;
		origin_failed(s, bad, n < 0 ? http_error_text(why) : "an interim response that nobody asked for");
		return -1;
	}
	if (r.status == 101) {
		become_tunnel(s, sv_slice(bytes, (size_t)n, bytes.n));
		return -1;
	}
	return n;
}

/* Heads at the start of `bytes` (interim ones, then the final one). What is left of it is body; an unfinished
 * head is kept. False after an end. */
static bool take_heads(struct session *s, struct sv *bytes)
{
	struct exchange *x = s->exchange;
	char *joined = NULL;
	int n = 0;

	if (x->n_answer) {
		joined = xrealloc(x->answer, x->n_answer + bytes->n);
		memcpy(joined + x->n_answer, bytes->p, bytes->n);
		*bytes = (struct sv){ joined, x->n_answer + bytes->n };
		x->answer = NULL;
		x->n_answer = 0;
	}
	while (!x->has_status && (n = take_head(s, *bytes)) > 0)
		*bytes = sv_slice(*bytes, (size_t)n, bytes->n);
	if (n == -EAGAIN) {
		x->answer = bytes->n ? memcpy(xmalloc(bytes->n), bytes->p, bytes->n) : NULL;
		x->n_answer = bytes->n;
		bytes->n = 0;
	}
	if (joined && n != -1 && bytes->n) {            /* the body's first octets: back into the buffer */
		memcpy(s->worker->tools.buffer, bytes->p, bytes->n < RELAY_BUFFER ? bytes->n : RELAY_BUFFER);
		bytes->p = s->worker->tools.buffer;
	}
	free(joined);
	return n != -1;
}

/* False after an end. */
static bool take_down(struct session *s, struct sv in)
{
	struct exchange *x = s->exchange;
	uint64_t down = 0;
	ssize_t used;

	if (!x->has_status && !take_heads(s, &in))
		return false;
	if (!x->has_status)
		return true;
	if (x->down_done) {
		x->keep_origin &= in.n == 0;    /* octets that belong to no response */
		return true;
	}
	used = send_body(s->worker, &x->down, x->down_chunked, in, &s->client, &x->down_done, &down);
	if (used == -EPIPE) {
		session_close_by(s, REASON_CLIENT_RESET, "client");
		return false;
	}
	if (used < 0) {
		origin_failed(s, REASON_BAD_RESPONSE, http_body_error_text(x->down.error));
		return false;
	}
	moved(s, 0, down);
	x->keep_origin &= (size_t)used == in.n;
	return true;
}

/* The origin has sent its FIN. False after an end. */
static bool take_down_end(struct session *s)
{
	struct exchange *x = s->exchange;

	x->keep_origin = false;
	if (!x->has_status) {
		origin_failed(s, REASON_ORIGIN_CLOSED, NULL);
		return false;
	}
	if (http_body_end(&x->down) != HTTP_BODY_DONE) {
		origin_failed(s, REASON_RESPONSE_CUT, NULL);
		return false;
	}
	x->down_done = true;
	return true;
}

static void pump_down(struct session *s)
{
	struct exchange *x = s->exchange;
	char *buffer = s->worker->tools.buffer;

	for (int turn = 0; turn < TURNS || x->down_done; turn++) {
		int err = side_holds(&s->client) ? side_flush(&s->client) : 0, n;

		if (err == -EAGAIN)
			break;
		if (err < 0) {
			session_close_by(s, REASON_CLIENT_RESET, "client");
			return;
		}
		if (x->down_done) {
			finish(s);
			return;
		}
		n = side_read(&s->origin, buffer, RELAY_BUFFER);
		if (n == -EAGAIN)
			break;
		if (n < 0) {
			origin_failed(s, s->answered ? REASON_ORIGIN_RESET : REASON_ORIGIN_CLOSED, NULL);
			return;
		}
		if (n > 0 ? !take_down(s, (struct sv){ buffer, (size_t)n }) : !take_down_end(s))
			return;
		if (n > 0 && n < RELAY_BUFFER && !x->down_done)
			break;
	}
	set_wants(s);
}

/* ---- the start and the events -------------------------------------------------------------------- */

static void start(struct session *s)
{
	const struct exchange *x = s->exchange;

	s->opened = true;
	s->opened_us = s->active_us = clock_mono_us();
	s->interim_us = s->opened_us + session_settings(s)->log_interval_ms * 1000;
	session_enter(s, S_FORWARD);
	if (session_settings(s)->log_start)
		session_log(s, RECORD_START);
	if (side_send(&s->origin, (struct sv){ x->head, x->n_head }) < 0)
		origin_failed(s, REASON_ORIGIN_CLOSED, NULL);
	else
		pump_up(s);
}

void forward_open(struct session *s, struct sock *sock)
{
	if (session_guard(s, &s->chosen) != GUARD_PASS) {       /* a reload came between connect() and now */
		sock_close(sock, false);
		session_refuse(s, REASON_POLICY_REVOKED, NULL);
		return;
	}
	side_open(&s->origin, sock, session_on_origin, s);
	free(s->origin_host);
	s->origin_host = memcpy(xmalloc(s->n_host), s->host, s->n_host);
	s->n_origin_host = s->n_host;
	s->origin_port = s->port;
	start(s);
}

enum reason forward_admit(const struct session *s)
{
	const struct rule *rule = s->verdict.rule;

	if (s->exchange->wants_upgrade && !(rule && rule->upgrade))
		return REASON_UPGRADE_DENIED;
	return REASON_NONE;
}

bool forward_fits(const struct session *s, const struct verdict *v)
{
	return !s->exchange->wants_upgrade || (v->rule && v->rule->upgrade);
}

/* A kept connection that has ended, or holds octets of no response of ours, is not used again. */
static bool is_quiet(const struct side *s)
{
	char c;

	return recv(side_fd(s), &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static bool is_for_this_origin(const struct session *s)
{
	const struct ip *dial = s->detour && s->detour->dial.family ? &s->detour->dial : &s->ip;

	return side_is_open(&s->origin) && s->origin_port == s->port && is_quiet(&s->origin) &&
	       (!dial->family || ip_eq(dial, &s->chosen_before.ip)) &&
	       sv_eq((struct sv){ s->origin_host, s->n_origin_host }, (struct sv){ s->host, s->n_host });
}

bool forward_reuse(struct session *s)
{
	if (!is_for_this_origin(s) || session_guard(s, &s->chosen_before) != GUARD_PASS) {
		side_close(&s->origin, false);
		return false;
	}
	s->chosen = s->chosen_before;
	s->exchange->reused = true;
	start(s);
	return true;
}

void forward_on_client(struct session *s, unsigned what)
{
	if (!s->client.wants) {                 /* it waits for its answer */
		if (what & SOCK_BROKEN)
			client_failed(s, REASON_CLIENT_RESET, NULL);
		return;
	}
	if (what & SOCK_READ)
		pump_up(s);
	if (s->state == S_FORWARD && (what & SOCK_WRITE))
		pump_down(s);
}

void forward_on_origin(struct session *s, unsigned what)
{
	if (s->state != S_FORWARD) {            /* between requests: a FIN, or words that nobody asked for */
		side_close(&s->origin, false);
		return;
	}
	if (!s->origin.wants) {
		if (what & SOCK_BROKEN)
			origin_failed(s, s->answered ? REASON_ORIGIN_RESET : REASON_ORIGIN_CLOSED, NULL);
		return;
	}
	if (what & SOCK_READ)
		pump_down(s);
	if (s->state == S_FORWARD && (what & SOCK_WRITE))
		pump_up(s);
}
