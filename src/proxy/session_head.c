/*
 * session_head -- reads the head of a request and takes it apart, for both kinds: CONNECT and plain HTTP.
 * Common to both is what is wrong with a target; what each does with a good one is tunnel.c's and forward.c's.
 */
#include "proxy/sniff.h"

#include "base/arena.h"
#include "base/clock.h"
#include "policy/name.h"
#include "wire/http_body.h"

#include <errno.h>
#include <stdlib.h>

enum {
	RAW_HOST_MAX = 200,             /* of a host that could not be read, for the log */
	RATE_GRACE_US = 2000000,        /* a slow start is forgiven for so long */
};

/* ---- the deadline: the whole head in its time, and no slower than the least rate ------------- */

uint64_t head_deadline_us(const struct session *s)
{
	const struct settings *set = session_settings(s);
	uint64_t whole = set->head_ms * UINT64_C(1000), by_rate, passed;

	if (!s->heard)
		return s->requests ? set->keep_alive_ms * UINT64_C(1000) : whole;
	passed = clock_mono_us() - s->head_us;
	by_rate = set->head_rate ? RATE_GRACE_US + s->n_pending * UINT64_C(1000000) / set->head_rate : whole;
	if (by_rate < whole)
		whole = by_rate;
	return whole > passed ? whole - passed : 0;
}

/* ---- what the log is to know of a request that may be refused --------------------------------- */

void head_keep_host(struct session *s, struct sv host)
{
	host = sv_slice(host, 0, UINT8_MAX);
	free(s->host);
	s->host = xmalloc(host.n + 1);
	if (host.n)
		memcpy(s->host, host.p, host.n);
	s->n_host = (uint8_t)host.n;
}

void head_keep_method(struct session *s, struct sv method)
{
	method = sv_slice(method, 0, sizeof(s->method));
	if (method.n)
		memcpy(s->method, method.p, method.n);
	s->n_method = (uint8_t)method.n;
}

static void keep_target(struct session *s, const struct target *t)
{
	char text[IP_TEXT_MAX];

	s->ip = t->ip;
	if (t->ip.family)
		head_keep_host(s, (struct sv){ text, ip_format(&t->ip, text) });
	else
		head_keep_host(s, fqdn_sv(&t->name));
}

/* ---- the target ------------------------------------------------------------------------------- */

/* Host, where it stands, must say what the target says (RFC 9112 3.2). */
static bool host_agrees(const struct session *s, const struct http_request *r, const struct target *t,
			uint16_t default_port)
{
	uint16_t number = default_port;
	struct sv host, port;
	struct target other;

	if (!r->host_field.p)
		return true;
	if (!http_split_authority(r->host_field, &host, &port) ||
	    target_parse(&other, host) != NAME_OK || (port.n && !http_parse_port(port, &number)))
		return false;
	return number == s->port && sv_eq(fqdn_sv(&other.name), fqdn_sv(&t->name)) &&
	       ip_eq(&other.ip, &t->ip);
}

/* What is wrong with the target, or REASON_NONE and *t is its host, s->port its port. */
static enum reason find_target(struct session *s, const struct http_request *r, uint16_t default_port, struct target *t,
			       const char **detail)
{
	enum name_error bad;

	s->port = default_port;
	if ((r->port.n || !default_port) && !http_parse_port(r->port, &s->port)) {
		s->port = 0;
		*detail = r->port.n ? "the port is not a number from 1 to 65535" : "the target has no port";
		return REASON_BAD_PORT;
	}
	bad = target_parse(t, r->host);
	*detail = bad == NAME_OK ? NULL : name_error_text(bad);
	return bad == NAME_OK ? REASON_NONE : REASON_BAD_HOST;
}

/* Reads the target's host and port into the session; false when the request was refused for them.
 * `default_port` 0: the target must have a port, and a Host without one means the same. */
static bool take_target(struct session *s, const struct http_request *r, uint16_t default_port)
{
	struct target target;
	const char *detail;
	enum reason bad = find_target(s, r, default_port, &target, &detail);

	if (bad != REASON_NONE) {
		head_keep_host(s, sv_slice(r->host, 0, RAW_HOST_MAX));
		session_refuse(s, bad, detail);
		return false;
	}
	keep_target(s, &target);
	if (!host_agrees(s, r, &target, default_port ? default_port : s->port)) {
		session_refuse(s, REASON_HOST_MISMATCH, NULL);
		return false;
	}
	return true;
}

/* ---- the two kinds ---------------------------------------------------------------------------- */

static bool take_connect(struct session *s, const struct http_request *r)
{
	if (!take_target(s, r, 0))
		return false;
	if (r->chunked || (r->has_length && r->length)) {
		session_refuse(s, REASON_BAD_REQUEST, "CONNECT with a body");
		return false;
	}
	side_close(&s->origin, false);          /* of plain requests before it on this connection */
	s->protos = PROTO_HTTPS | PROTO_TCP;
	return true;
}

static bool take_plain(struct session *s, const struct http_request *r)
{
	if (r->form != HTTP_ABSOLUTE) {
		session_refuse(s, REASON_BAD_REQUEST, "the target is not an absolute http:// address");
		return false;
	}
	if (!sv_eq_nocase(r->scheme, SV("http"))) {
		head_keep_host(s, sv_slice(r->host, 0, RAW_HOST_MAX));
		session_refuse(s, REASON_BAD_REQUEST, "only http:// is forwarded; use CONNECT for the rest");
		return false;
	}
	s->protos = PROTO_HTTP;
	return take_target(s, r, 80) && forward_take(s, r);
}

/* True when the policy is to be asked; false when the request was refused. */
static bool take_request(struct session *s, const struct http_request *r)
{
	const struct http_field *accept = http_find(r, SV("Accept"));

	s->form = accept ? reply_form_for(accept->value) : REPLY_TEXT;
	head_keep_method(s, r->method);
	s->keeps = r->keep_alive && r->minor > 0 && http_request_framing(r) == HTTP_FRAME_NONE;
	if (atomic_load_explicit(&s->worker->shared->draining, memory_order_relaxed)) {
		session_refuse(s, REASON_DRAINING, NULL);
		return false;
	}
	if (s->detour)
		return sniff_take_request(s, r);
	if (!(sv_eq(r->method, SV("CONNECT")) ? take_connect(s, r) : take_plain(s, r)))
		return false;
	auth_take(s, r);
	return true;
}

/* ---- bytes ------------------------------------------------------------------------------------ */

enum reason head_reason(enum http_error e)
{
	switch (e) {
	case HTTP_TOO_LARGE:
	case HTTP_TOO_MANY_FIELDS:
		return REASON_HEAD_TOO_LARGE;
	case HTTP_UNSUPPORTED_VERSION:
		return REASON_VERSION_NOT_SUPPORTED;
	default:
		return REASON_BAD_REQUEST;
	}
}

/*
 * Parses `bytes`, which are s->pending or fresh from the socket. Returns how many of them the head took, and the
 * policy is to be asked once they are out of the way; 0 when more are needed or the request was refused.
 */
static size_t parse(struct session *s, struct sv bytes)
{
	const struct settings *set = session_settings(s);
	const struct http_limits limits = { set->head_octets, set->head_fields };
	struct http_request request;
	enum http_error why = HTTP_OK;
	int n = http_request_parse(&request, bytes, &limits, &why);

	if (n == -EAGAIN)
		return 0;
	if (n < 0) {
		head_keep_method(s, request.method);
		session_refuse(s, head_reason(why), http_error_text(why));
		return 0;
	}
	return take_request(s, &request) ? (size_t)n : 0;       /* copies what it keeps of `bytes` */
}

/* After a parse: towards the policy with a whole head, or on waiting for the rest of one. */
static void go_on(struct session *s, size_t used)
{
	if (used)
		auth_go_on(s);
	else
		session_arm(s, head_deadline_us(s));
}

static void take_pending(struct session *s)
{
	size_t used = parse(s, session_pending(s));

	if (s->state != S_HEAD)
		return;
	if (used)
		session_use_pending(s, used);
	go_on(s, used);
}

/* A head that came in one read is parsed where it lies; only a part of one is copied. */
static void take_fresh(struct session *s, struct sv fresh)
{
	size_t used = parse(s, fresh);

	if (s->state != S_HEAD)
		return;
	session_keep_pending(s, sv_slice(fresh, used, fresh.n));
	go_on(s, used);
}

static void take_more(struct session *s, struct sv fresh)
{
	session_keep_pending(s, fresh);
	/* A head ends with a line; between ends of lines there is nothing new to find but its size. */
	if (sv_find(fresh, '\n') == fresh.n && s->n_pending <= session_settings(s)->head_octets) {
		session_arm(s, head_deadline_us(s));
		return;
	}
	take_pending(s);
}

void head_note_heard(struct session *s)
{
	if (s->heard)
		return;
	s->heard = true;
	s->head_us = clock_mono_us();
}

void head_on_client(struct session *s)
{
	char *buffer = s->worker->tools.buffer;
	int n = side_read(&s->client, buffer, RELAY_BUFFER);

	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		session_close_by(s, REASON_CLIENT_GONE, "client");
		return;
	}
	head_note_heard(s);
	if (s->n_pending)
		take_more(s, (struct sv){ buffer, (size_t)n });
	else
		take_fresh(s, (struct sv){ buffer, (size_t)n });
}

void head_take_pending(struct session *s)
{
	if (!s->n_pending)
		return;
	s->heard = true;
	s->head_us = clock_mono_us();
	take_pending(s);
}

void head_next(struct session *s)
{
	if (!s->exchange)
		s->requests++;                  /* forward.c counts its own */
	if (s->refused)
		side_close(&s->origin, false);  /* the one of a request before it; `chosen` says nothing of it */
	session_forget_request(s);
	s->start_ms = clock_wall_ms();
	s->start_us = s->head_us = clock_mono_us();
	s->chosen_before = s->chosen;
	s->chosen = (struct endpoint){ .port = 0 };
	s->ip = (struct ip){ .family = 0 };
	s->port = 0;
	s->protos = 0;
	session_enter(s, S_HEAD);
	side_want(&s->origin, SOCK_READ);
	side_want(&s->client, side_holds(&s->client) ? SOCK_READ | SOCK_WRITE : SOCK_READ);
	head_take_pending(s);
}
