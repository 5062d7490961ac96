#include "proxy/sniff.h"

#include "base/arena.h"
#include "base/clock.h"
#include "wire/tls_hello.h"

#include <errno.h>
#include <stdlib.h>

/* ---- names ------------------------------------------------------------------------------------- */

static void release(struct session *s)
{
	struct detour *d = s->detour;

	if (d->hold)
		learned_release(s->worker->shared->learned, d->hold, clock_mono_us());
	d->hold = NULL;
}

static void find_names(struct session *s)
{
	transparent_find_names(s->detour, s->worker->shared->learned, &s->peer.ip, clock_mono_us());
}

static void keep_address_as_host(struct session *s)
{
	char text[IP_TEXT_MAX];

	head_keep_host(s, (struct sv){ text, ip_format(&s->detour->original.ip, text) });
}

/* ---- the decision ------------------------------------------------------------------------------- */

static void apply(struct session *s, const struct choice *c)
{
	struct detour *d = s->detour;
	const struct learned_name *name = d->names + c->name;

	release(s);
	d->by = c->by;
	s->protos = c->protos;
	s->port = d->original.port;
	s->ip = d->dial = (struct ip){ .family = 0 };
	if (c->by == BY_LEARNED) {
		head_keep_host(s, (struct sv){ name->text, name->n });
		d->dial = d->original.ip;
		if (c->verdict.action == ACTION_ALLOW)
			d->hold = learned_hold(s->worker->shared->learned, &s->peer.ip, &d->original.ip,
					       (struct sv){ name->text, name->n }, clock_mono_us());
		return;
	}
	if (c->by == BY_ADDRESS)
		s->ip = d->original.ip;
	if (d->said.n)
		head_keep_host(s, fqdn_sv(&d->said));
	else
		keep_address_as_host(s);
}

static void choose(const struct session *s, const struct policy *p, struct choice *out)
{
	transparent_choose(p, s->detour, &s->peer.ip, session_settings(s)->learned_any, clock_wall_ms(), out);
}

void sniff_decide(struct session *s, const struct policy *p, struct verdict *v)
{
	struct choice c;

	find_names(s);
	choose(s, p, &c);
	apply(s, &c);
	tunnel_match_hello(s);
	s->detour->another = c.another;
	*v = c.verdict;
}

enum reason sniff_denial(const struct session *s, enum reason plain, const char **detail)
{
	return transparent_denial(s->detour, s->worker->shared->learned, &s->peer.ip, clock_mono_us(), plain, detail);
}

bool sniff_still_holds(const struct session *s, const struct policy *p, struct verdict *v)
{
	const struct settings *set = session_settings(s);
	struct choice first, same;

	choose(s, p, &first);
	transparent_ask(p, s->detour, &s->peer.ip, set->learned_any, clock_wall_ms(), s->detour->by, &same);
	*v = same.verdict;
	return first.verdict.action == ACTION_ALLOW && same.verdict.action == ACTION_ALLOW;
}

enum proto sniff_word(const struct session *s)
{
	const struct detour *d = s->detour;

	if (d->trouble != REASON_NONE)
		return PROTO_TCP;
	return d->kind == STREAM_HTTP ? PROTO_HTTP :
	       d->kind == STREAM_TLS && d->by == BY_NAME ? PROTO_HTTPS : PROTO_TCP;
}

/* ---- refusing -------------------------------------------------------------------------------------- */

int sniff_answer_refusal(struct session *s)
{
	unsigned char alert[TLS_ALERT_OCTETS];

	if (s->detour->kind != STREAM_TLS)
		return -EPROTO;
	tls_alert_write(alert, tunnel_alert_for(s->reason));
	return side_send_last(&s->client, (struct sv){ (const char *)alert, sizeof(alert) });
}

/* ---- TLS ------------------------------------------------------------------------------------------- */

static void set_trouble(struct session *s, enum reason why, const char *detail)
{
	s->detour->trouble = why;
	s->detour->trouble_detail = detail;
}

/* The SNI as a name; an odd one is trouble, since it says something that cannot be decided. */
static void take_sni(struct session *s, const struct tls_hello *h)
{
	struct detour *d = s->detour;
	enum name_error bad;

	tunnel_keep_hello(s, h);
	if (!h->has_sni)
		return;
	bad = fqdn_parse(&d->said, tls_hello_sni(h));
	if (bad == NAME_OK)
		return;
	d->said.n = 0;
	set_trouble(s, bad == NAME_NUMERIC || bad == NAME_BAD_ADDRESS ? REASON_SNI_ADDRESS : REASON_BAD_HELLO,
		    name_error_text(bad));
}

static void take_hello(struct session *s, const struct tls_hello *h, size_t octets)
{
	take_sni(s, h);
	s->hello->octets = (uint32_t)octets;
}

static void wait_for_more(struct session *s, enum stream_kind kind)
{
	if (s->detour->kind == kind)
		return;
	s->detour->kind = kind;
	session_arm(s, sniff_deadline_us(s));
}

static void look_at_tls(struct session *s)
{
	enum tls_hello_error why = TLS_HELLO_OK;
	struct tls_hello hello;
	int n = tls_hello_parse(&hello, session_pending(s), &why);

	if (n == -EAGAIN) {
		wait_for_more(s, STREAM_TLS);
		return;
	}
	if (why == TLS_NOT_TLS || why == TLS_SSLV2) {
		s->detour->kind = STREAM_OTHER;
	} else {
		s->detour->kind = STREAM_TLS;
		if (n > 0)
			take_hello(s, &hello, (size_t)n);
		else
			set_trouble(s, tunnel_hello_reason(why), tls_hello_error_text(why));
	}
	session_decide(s);
}

/* ---- HTTP ------------------------------------------------------------------------------------------ */

/* The authority that a request is for: of its target, or of its Host field. False: there is none. */
static bool split_host(const struct http_request *r, struct sv *host, struct sv *port)
{
	if (r->form == HTTP_ABSOLUTE) {
		*host = r->host;
		*port = r->port;
		return true;
	}
	return http_split_authority(r->host_field, host, port);
}

/* Beside a target in absolute form, Host must name the same host (RFC 9112 3.2). */
static bool host_field_agrees(const struct http_request *r, const struct target *t)
{
	struct sv host, port;
	struct target other;

	if (r->form != HTTP_ABSOLUTE || !r->host_field.p)
		return true;
	return http_split_authority(r->host_field, &host, &port) && target_parse(&other, host) == NAME_OK &&
	       sv_eq(fqdn_sv(&other.name), fqdn_sv(&t->name)) && ip_eq(&other.ip, &t->ip);
}

/* What is wrong with the name that a request is for, or REASON_NONE and it is in d->said (n == 0: none). */
static enum reason name_request(struct detour *d, const struct http_request *r, const char **detail)
{
	struct sv host, port;
	struct target target;
	enum name_error bad;
	uint16_t number;

	d->said.n = 0;
	*detail = NULL;
	if (r->form == HTTP_AUTHORITY) {
		*detail = "CONNECT on a connection to an origin";
		return REASON_METHOD_NOT_SUPPORTED;
	}
	if (r->form != HTTP_ABSOLUTE && r->host_field.n == 0)
		return REASON_NONE;
	if (!split_host(r, &host, &port))
		return REASON_BAD_HOST;
	bad = target_parse(&target, host);
	if (bad != NAME_OK) {
		*detail = name_error_text(bad);
		return REASON_BAD_HOST;
	}
	if (port.n && (!http_parse_port(port, &number) || number != d->original.port)) {
		*detail = "the port in Host is not that of the connection";
		return REASON_HOST_MISMATCH;
	}
	if (target.ip.family && !ip_eq(&target.ip, &d->original.ip)) {
		*detail = "the address in Host is not that of the connection";
		return REASON_HOST_MISMATCH;
	}
	if (!host_field_agrees(r, &target)) {
		*detail = "the Host field names another host than the request's target";
		return REASON_HOST_MISMATCH;
	}
	d->said = target.name;
	return REASON_NONE;
}

/* What the log and the new head are to know of a request; the host is what its Host field says. */
static void describe_request(struct session *s, const struct http_request *r)
{
	const struct http_field *accept = http_find(r, SV("Accept"));

	s->form = accept ? reply_form_for(accept->value) : REPLY_TEXT;
	head_keep_method(s, r->method);
	s->port = s->detour->original.port;
	if (s->detour->said.n)
		head_keep_host(s, fqdn_sv(&s->detour->said));
	else
		keep_address_as_host(s);
}

/* Whether a `tcp` entry lets the whole connection pass unread. */
static bool passes_unread(struct session *s)
{
	struct choice c;

	find_names(s);
	choose(s, s->worker->gen->policy, &c);
	return c.verdict.action == ACTION_ALLOW && c.verdict.proto == PROTO_TCP;
}

static void take_first_request(struct session *s, const struct http_request *r, size_t n)
{
	struct detour *d = s->detour;
	const char *detail;
	enum reason bad = name_request(d, r, &detail);

	d->kind = STREAM_HTTP;
	describe_request(s, r);
	if (bad != REASON_NONE) {
		d->said.n = 0;
		set_trouble(s, bad, detail);
	} else if (!passes_unread(s)) {
		if (!forward_take(s, r))
			return;
		session_use_pending(s, n);      /* `r` points into it: gone from here on */
	}
	session_decide(s);
}

bool sniff_take_request(struct session *s, const struct http_request *r)
{
	const char *detail;
	enum reason bad = name_request(s->detour, r, &detail);

	describe_request(s, r);
	if (bad == REASON_NONE)
		return forward_take(s, r);
	session_refuse(s, bad, detail);
	return false;
}

/* What no request begins with is another protocol; what begins like one and goes wrong later is a bad one. */
static bool is_no_request_at_all(enum http_error e)
{
	return e == HTTP_BAD_LINE || e == HTTP_BAD_METHOD || e == HTTP_BAD_TARGET || e == HTTP_BAD_VERSION ||
	       e == HTTP_BAD_NEWLINE || e == HTTP_NOT_HTTP;
}

static void look_at_http(struct session *s)
{
	const struct settings *set = session_settings(s);
	const struct http_limits limits = { set->head_octets, set->head_fields };
	struct sv bytes = session_pending(s);
	enum http_error why = HTTP_OK;
	struct http_request request;
	int n = http_request_parse(&request, bytes, &limits, &why);

	if (n > 0) {
		take_first_request(s, &request, (size_t)n);
	} else if (n == -EAGAIN) {              /* a whole line that is none of HTTP would have been an error */
		if (sv_find(bytes, '\n') < bytes.n)
			wait_for_more(s, STREAM_HTTP);
	} else {
		s->detour->kind = is_no_request_at_all(why) ? STREAM_OTHER : STREAM_HTTP;
		if (s->detour->kind == STREAM_HTTP)
			set_trouble(s, head_reason(why), http_error_text(why));
		session_decide(s);
	}
}

/* ---- bytes, time --------------------------------------------------------------------------------------- */

enum { TLS_HANDSHAKE_RECORD = 22 };

static void look(struct session *s)
{
	char first = s->pending[0];

	if (first == TLS_HANDSHAKE_RECORD) {
		look_at_tls(s);
	} else if (ascii_is_alpha(first)) {
		look_at_http(s);
	} else {
		s->detour->kind = STREAM_OTHER;
		session_decide(s);
	}
}

void sniff_on_client(struct session *s)
{
	char *buffer = s->worker->tools.buffer;
	int n = side_read(&s->client, buffer, RELAY_BUFFER);

	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		session_close_by(s, REASON_CLIENT_GONE, "client");
		return;
	}
	session_keep_pending(s, (struct sv){ buffer, (size_t)n });
	look(s);
}

void sniff_on_deadline(struct session *s)
{
	switch (s->detour->kind) {
	case STREAM_TLS:
		set_trouble(s, REASON_HELLO_TIMEOUT, NULL);
		break;
	case STREAM_HTTP:
		set_trouble(s, REASON_HEAD_TIMEOUT, NULL);
		break;
	default:
		s->detour->kind = STREAM_OTHER;
		break;
	}
	session_decide(s);
}

uint64_t sniff_deadline_us(const struct session *s)
{
	const struct settings *set = session_settings(s);
	uint64_t whole = s->detour->kind == STREAM_TLS ? set->hello_ms :
			 s->detour->kind == STREAM_HTTP ? set->head_ms : set->sniff_ms;
	uint64_t passed = clock_mono_us() - s->start_us;

	return whole * 1000 > passed ? whole * 1000 - passed : 0;
}

/* ---- the start and the end ------------------------------------------------------------------------------- */

void sniff_init(struct session *s, const struct listener *l)
{
	s->detour = xcalloc(1, sizeof(*s->detour));
	s->state = S_SNIFF;
	s->heard = true;                        /* where it wanted to go is already something that it said */
	if (transparent_original(side_fd(&s->client), l, &s->detour->original) != 0)
		s->detour->original = s->listener;
	s->port = s->detour->original.port;
	keep_address_as_host(s);
}

/* Nobody was led here who connects to this host itself, or from it: our own connections, above all. */
static enum reason find_loop(const struct session *s)
{
	const struct policy *p = s->worker->gen->policy;

	if (policy_is_local(p, &s->peer.ip))
		return REASON_LOOP;
	if (policy_is_local(p, &s->detour->original.ip) || endpoint_eq(&s->detour->original, &s->listener))
		return REASON_OWN_ADDRESS;
	return REASON_NONE;
}

/* Before the first octet: only where no octet could lead to another word than `tcp`. */
static bool is_decided_by_learned(struct session *s)
{
	const struct policy *p = s->worker->gen->policy;
	struct choice c;

	if (policy_port_protos(p, s->detour->original.port) != PROTO_TCP)
		return false;
	find_names(s);
	if (s->detour->n_names == 0)
		return false;
	s->detour->kind = STREAM_OTHER;
	choose(s, p, &c);
	if (c.verdict.action == ACTION_ALLOW)
		return true;
	s->detour->kind = STREAM_UNKNOWN;       /* perhaps the stream has a better name */
	return false;
}

void sniff_start(struct session *s)
{
	enum reason loop = find_loop(s);

	if (loop != REASON_NONE)
		session_refuse(s, loop, NULL);
	else if (is_decided_by_learned(s))
		session_decide(s);
}

void sniff_end(struct session *s)
{
	if (!s->detour)
		return;
	release(s);
	free(s->detour->names);
	free(s->detour);
	s->detour = NULL;
}

/* ---- the record ---------------------------------------------------------------------------------------------- */

static int is_in_answer(const struct session *s)
{
	const struct trail *t = s->trail;

	for (size_t i = 0; t && i < t->n_resolved; i++)
		if (ip_eq(&t->resolved[i], &s->detour->original.ip))
			return 1;
	return t && t->n_resolved ? 0 : -1;
}

void sniff_describe(const struct session *s, struct access_record *r, struct detour_texts *memory)
{
	transparent_describe(s->detour, s->decided, is_in_answer(s), r, memory);
}
