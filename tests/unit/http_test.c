/* http and http_field: the head of a request. Each input is also cut at every octet, before a guard page. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "guard_page.h"
#include "wire/http.h"
#include "wire/http_field.h"

#define UNUSED __attribute__((unused))
#define H11 "Host: a.test\r\n"
#define GET "GET / HTTP/1.1\r\n" H11

static const struct http_limits wide = { 8192, HTTP_FIELDS_MAX };

/*
 * Parses `whole` and every prefix of it. A prefix wants more or has the verdict of the whole; once there is
 * a verdict it stays. Returns the verdict of the whole.
 */
static int parse_every_prefix(struct http_request *out, struct sv whole, const struct http_limits *limits,
			      enum http_error *why)
{
	int verdict = http_request_parse(out, guarded(whole), limits, why), last = -EAGAIN;
	static struct http_request part;
	enum http_error reason;

	for (size_t n = 0; n <= whole.n; n++) {
		int now = http_request_parse(&part, guarded((struct sv){ whole.p, n }), limits, &reason);

		if (last != -EAGAIN)
			assert_int_equal(now, last);
		if (now == -EAGAIN) {
			assert_int_equal(reason, HTTP_OK);
		} else {
			assert_int_equal(now, verdict);
			assert_int_equal(reason, *why);
		}
		if (now > 0)
			assert_true((size_t)now <= n);
		last = now;
	}
	assert_int_equal(last, verdict);
	return http_request_parse(out, guarded(whole), limits, why);
}

/* --- what is accepted ----------------------------------------------------------------------------- */

static const struct good {
	const char *head;
	const char *method, *target, *scheme, *host, *port, *path, *host_field;
	enum http_form form;
	unsigned minor;
	long long length;               /* -1: none */
	bool chunked, keep_alive;
} goods[] = {
	{ "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n",
	  "CONNECT", "a.test:443", "", "a.test", "443", "", "a.test:443", HTTP_AUTHORITY, 1, -1, false, true },
	{ "CONNECT a.test:443 HTTP/1.0\r\n\r\n",
	  "CONNECT", "a.test:443", "", "a.test", "443", "", NULL, HTTP_AUTHORITY, 0, -1, false, false },
	{ "CONNECT a.test HTTP/1.1\r\nHost: a.test\r\n\r\n",
	  "CONNECT", "a.test", "", "a.test", "", "", "a.test", HTTP_AUTHORITY, 1, -1, false, true },
	{ "CONNECT [2001:db8::1]:3260 HTTP/1.1\r\nHost:\t[2001:db8::1] \t\r\n\r\n",
	  "CONNECT", "[2001:db8::1]:3260", "", "[2001:db8::1]", "3260", "", "[2001:db8::1]",
	  HTTP_AUTHORITY, 1, -1, false, true },
	{ "CONNECT a.test:99999999 HTTP/1.1\r\nHost:x\r\n\r\n",        /* the port's range is not read here */
	  "CONNECT", "a.test:99999999", "", "a.test", "99999999", "", "x", HTTP_AUTHORITY, 1, -1, false, true },
	{ "GET http://a.test/x?y=1:2/@ HTTP/1.1\r\nHost: a.test\r\n\r\n",
	  "GET", "http://a.test/x?y=1:2/@", "http", "a.test", "", "/x?y=1:2/@", "a.test",
	  HTTP_ABSOLUTE, 1, -1, false, true },
	{ "GET HTTP://A.Test:8080 HTTP/1.1\r\nhOST: A.Test:8080\r\n\r\n",
	  "GET", "HTTP://A.Test:8080", "HTTP", "A.Test", "8080", "", "A.Test:8080", HTTP_ABSOLUTE, 1, -1, false, true },
	{ "GET http://a.test?q HTTP/1.1\r\n" H11 "\r\n",
	  "GET", "http://a.test?q", "http", "a.test", "", "?q", "a.test", HTTP_ABSOLUTE, 1, -1, false, true },
	{ "GET https://a.test/ HTTP/1.1\r\n" H11 "\r\n",
	  "GET", "https://a.test/", "https", "a.test", "", "/", "a.test", HTTP_ABSOLUTE, 1, -1, false, true },
	{ "GET /%zz\\{|}^`\"<> HTTP/1.1\r\n" H11 "\r\n",
	  "GET", "/%zz\\{|}^`\"<>", "", "", "", "/%zz\\{|}^`\"<>", "a.test", HTTP_ORIGIN, 1, -1, false, true },
	{ "OPTIONS * HTTP/1.1\r\n" H11 "\r\n",
	  "OPTIONS", "*", "", "", "", "", "a.test", HTTP_ASTERISK, 1, -1, false, true },
	{ "\r\n\r\nGET / HTTP/1.1\r\nHost:\r\n\r\n",
	  "GET", "/", "", "", "", "/", "", HTTP_ORIGIN, 1, -1, false, true },
	{ "!#$%&'*+-.^_`|~09azAZ / HTTP/1.1\r\n" H11 "\r\n",
	  "!#$%&'*+-.^_`|~09azAZ", "/", "", "", "", "/", "a.test", HTTP_ORIGIN, 1, -1, false, true },
	{ "POST / HTTP/1.1\r\n" H11 "content-LENGTH:  007 \r\n\r\nbody...",
	  "POST", "/", "", "", "", "/", "a.test", HTTP_ORIGIN, 1, 7, false, true },
	{ "POST / HTTP/1.1\r\n" H11 "Content-Length: 9223372036854775807\r\n\r\n",
	  "POST", "/", "", "", "", "/", "a.test", HTTP_ORIGIN, 1, INT64_MAX, false, true },
	{ "POST / HTTP/1.1\r\n" H11 "Transfer-Encoding: Chunked\r\n\r\n",
	  "POST", "/", "", "", "", "/", "a.test", HTTP_ORIGIN, 1, -1, true, true },
	{ GET "Connection: x, Close ,y\r\n\r\n",
	  "GET", "/", "", "", "", "/", "a.test", HTTP_ORIGIN, 1, -1, false, false },
	{ GET "Connection: keep-alive\r\nX: \t\xff\x80 \r\nEmpty:\r\n\r\n",
	  "GET", "/", "", "", "", "/", "a.test", HTTP_ORIGIN, 1, -1, false, true },
	{ GET "Connection: closed\r\n\r\n",
	  "GET", "/", "", "", "", "/", "a.test", HTTP_ORIGIN, 1, -1, false, true },
	{ "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",           /* RFC 9112 9.3: not through a proxy */
	  "GET", "/", "", "", "", "/", NULL, HTTP_ORIGIN, 0, -1, false, false },
	{ "GET / HTTP/1.7\r\n" H11 "\r\n",
	  "GET", "/", "", "", "", "/", "a.test", HTTP_ORIGIN, 7, -1, false, true },
};

static void assert_sv(struct sv got, const char *want)
{
	if (!sv_eq(got, sv_of(want)))
		fail_msg("\"%.*s\" is not \"%s\"", SV_ARG(got), want);
}

static void good_heads(void **state UNUSED)
{
	static struct http_request r;
	enum http_error why;

	for (size_t i = 0; i < sizeof(goods) / sizeof(*goods); i++) {
		const struct good *g = &goods[i];
		int n = parse_every_prefix(&r, sv_of(g->head), &wide, &why);

		if (n <= 0)
			fail_msg("refused (%s): %s", http_error_text(why), g->head);
		assert_int_equal(n, strstr(g->head + 4, "\r\n\r\n") + 4 - g->head);
		assert_sv(r.method, g->method);
		assert_sv(r.target, g->target);
		assert_sv(r.scheme, g->scheme);
		assert_sv(r.host, g->host);
		assert_sv(r.port, g->port);
		assert_sv(r.path, g->path);
		assert_int_equal(r.host_field.p == NULL, g->host_field == NULL);
		assert_sv(r.host_field, g->host_field ? g->host_field : "");
		assert_int_equal(r.form, g->form);
		assert_int_equal(r.minor, g->minor);
		assert_int_equal(r.has_length, g->length >= 0);
		assert_true(r.length == (g->length >= 0 ? (uint64_t)g->length : 0));
		assert_int_equal(r.chunked, g->chunked);
		assert_int_equal(r.keep_alive, g->keep_alive);
	}
}

/* --- what is refused ------------------------------------------------------------------------------ */

#define BYTES(lit) { lit, sizeof(lit) - 1 }
static const struct refused {
	struct sv head;
	enum http_error why;
} refusals[] = {
	/* the line */
	{ BYTES("GET /\r\n\r\n"), HTTP_BAD_LINE },
	{ BYTES("GET\r\n"), HTTP_BAD_LINE },
	{ BYTES("GET\t/ HTTP/1.1\r\n"), HTTP_BAD_LINE },
	{ BYTES("GET  / HTTP/1.1\r\n"), HTTP_BAD_LINE },
	{ BYTES("GET /  HTTP/1.1\r\n"), HTTP_BAD_LINE },
	{ BYTES("GET /\tHTTP/1.1\r\n"), HTTP_BAD_LINE },
	{ BYTES("GET / HTTP/1.1 \r\n"), HTTP_BAD_LINE },
	{ BYTES("GET /a b HTTP/1.1\r\n"), HTTP_BAD_VERSION },
	{ BYTES("\r\n\r\n\r\nGET / HTTP/1.1\r\n"), HTTP_BAD_LINE },
	{ BYTES("GET / HTTP/1.1\n"), HTTP_BAD_NEWLINE },
	{ BYTES("GET / HTTP/1.1\rHost: a\r\n"), HTTP_BAD_NEWLINE },
	{ BYTES("GET / HTTP/1.1\r\r\n"), HTTP_BAD_NEWLINE },
	/* the method */
	{ BYTES("G(T / HTTP/1.1\r\n"), HTTP_BAD_METHOD },
	{ BYTES("GET:/ HTTP/1.1\r\n"), HTTP_BAD_METHOD },
	{ BYTES("G\0T / HTTP/1.1\r\n"), HTTP_NOT_HTTP },
	{ BYTES("G\xc3\x89T / HTTP/1.1\r\n"), HTTP_NOT_HTTP },
	{ BYTES(" GET / HTTP/1.1\r\n"), HTTP_NOT_HTTP },
	{ BYTES("\nGET / HTTP/1.1\r\n"), HTTP_NOT_HTTP },
	{ BYTES("\rGET / HTTP/1.1\r\n"), HTTP_NOT_HTTP },
	{ BYTES("\x16\x03\x01"), HTTP_NOT_HTTP },
	{ BYTES("\0"), HTTP_NOT_HTTP },
	{ BYTES("\x80"), HTTP_NOT_HTTP },
	{ BYTES("{"), HTTP_NOT_HTTP },
	/* the version */
	{ BYTES("GET / HTTP/1.10\r\n"), HTTP_BAD_VERSION },
	{ BYTES("GET / HTTP/11\r\n"), HTTP_BAD_VERSION },
	{ BYTES("GET / http/1.1\r\n"), HTTP_BAD_VERSION },
	{ BYTES("GET / HTTP/x.1\r\n"), HTTP_BAD_VERSION },
	{ BYTES("GET / HTTP/0.9\r\n"), HTTP_UNSUPPORTED_VERSION },
	{ BYTES("GET / HTTP/2.0\r\n"), HTTP_UNSUPPORTED_VERSION },
	{ BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), HTTP_UNSUPPORTED_VERSION },
	/* the target */
	{ BYTES("GET /a\x01 HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET /a\0b HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET /\x7f HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET /\xc3\xa9 HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET /a#b HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET http://a.test/#b HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET http://u@a.test/ HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET http://u:p@a.test/ HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET http://a.test\\@b.test/ HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET http:///x HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET http://?x HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET http://:80/ HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET http://a.test:/ HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET http://a.test:8x/ HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET http:/a.test/ HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET 1http://a.test/ HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET ht_tp://a.test/ HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET ://a.test/ HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET mailto:a HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET a.test:80 HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET a.test HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("GET * HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("options * HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("connect a.test:443 HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("CONNECT / HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("CONNECT http://a.test/ HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("CONNECT :443 HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("CONNECT a.test:443/ HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("CONNECT u@a.test:443 HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("CONNECT 2001:db8::1:443 HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("CONNECT [2001:db8::1 HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("CONNECT []:443 HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	{ BYTES("CONNECT [::1]443 HTTP/1.1\r\n"), HTTP_BAD_TARGET },
	/* fields */
	{ BYTES("GET / HTTP/1.1\r\n X: y\r\n"), HTTP_BAD_FIELD },
	{ BYTES(GET " folded\r\n"), HTTP_OBS_FOLD },
	{ BYTES(GET "\tfolded\r\n"), HTTP_OBS_FOLD },
	{ BYTES(GET "X : y\r\n\r\n"), HTTP_BAD_FIELD },
	{ BYTES(GET "X\t: y\r\n\r\n"), HTTP_BAD_FIELD },
	{ BYTES(GET ": y\r\n\r\n"), HTTP_BAD_FIELD },
	{ BYTES(GET "X\r\n\r\n"), HTTP_BAD_FIELD },
	{ BYTES(GET "X(: y\r\n\r\n"), HTTP_BAD_FIELD },
	{ BYTES(GET "\xc3: y\r\n\r\n"), HTTP_BAD_FIELD },
	{ BYTES(GET "X: a\0b\r\n\r\n"), HTTP_BAD_FIELD },
	{ BYTES(GET "X: aaaaaaaaaaaaaaaaaaaaaaaaaaa\x1f" "aaaaaaaaaaaaaaa\r\n\r\n"), HTTP_BAD_FIELD },
	{ BYTES(GET "X: aaaaaaaaaaaaaaaaaaaaaaaaaaa\x7f" "aaaaaaaaaaaaaaa\r\n\r\n"), HTTP_BAD_FIELD },
	{ BYTES(GET "X: y\n\r\n"), HTTP_BAD_NEWLINE },
	{ BYTES(GET "X: y\rz\r\n"), HTTP_BAD_NEWLINE },
	{ BYTES(GET "X: y\r\r\n"), HTTP_BAD_NEWLINE },
	{ BYTES(GET "\n"), HTTP_BAD_NEWLINE },
	{ BYTES(GET "\rX"), HTTP_BAD_NEWLINE },
	/* together */
	{ BYTES("GET / HTTP/1.1\r\n\r\n"), HTTP_BAD_HOST },
	{ BYTES(GET H11 "\r\n"), HTTP_BAD_HOST },
	{ BYTES("GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n"), HTTP_BAD_HOST },
	{ BYTES(GET "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"), HTTP_BAD_LENGTH },
	{ BYTES(GET "Content-Length: 1\r\ncontent-length: 2\r\n\r\n"), HTTP_BAD_LENGTH },
	{ BYTES(GET "Content-Length: 1, 1\r\n\r\n"), HTTP_BAD_LENGTH },
	{ BYTES(GET "Content-Length: +1\r\n\r\n"), HTTP_BAD_LENGTH },
	{ BYTES(GET "Content-Length: -1\r\n\r\n"), HTTP_BAD_LENGTH },
	{ BYTES(GET "Content-Length: 0x1\r\n\r\n"), HTTP_BAD_LENGTH },
	{ BYTES(GET "Content-Length: 1 0\r\n\r\n"), HTTP_BAD_LENGTH },
	{ BYTES(GET "Content-Length:\r\n\r\n"), HTTP_BAD_LENGTH },
	{ BYTES(GET "Content-Length: 9223372036854775808\r\n\r\n"), HTTP_BAD_LENGTH },
	{ BYTES(GET "Content-Length: 18446744073709551617\r\n\r\n"), HTTP_BAD_LENGTH },
	{ BYTES(GET "Transfer-Encoding: gzip, chunked\r\n\r\n"), HTTP_BAD_CODING },
	{ BYTES(GET "Transfer-Encoding: chunked, chunked\r\n\r\n"), HTTP_BAD_CODING },
	{ BYTES(GET "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), HTTP_BAD_CODING },
	{ BYTES(GET "Transfer-Encoding: chunked;x\r\n\r\n"), HTTP_BAD_CODING },
	{ BYTES(GET "Transfer-Encoding: \"chunked\"\r\n\r\n"), HTTP_BAD_CODING },
	{ BYTES(GET "Transfer-Encoding: xchunked\r\n\r\n"), HTTP_BAD_CODING },
	{ BYTES(GET "Transfer-Encoding: identity\r\n\r\n"), HTTP_BAD_CODING },
	{ BYTES(GET "Transfer-Encoding:\r\n\r\n"), HTTP_BAD_CODING },
	{ BYTES(GET "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"), HTTP_BAD_CODING },
	{ BYTES("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), HTTP_BAD_CODING },
};

static void refused_heads(void **state UNUSED)
{
	static struct http_request r;

	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		enum http_error why;
		int n = parse_every_prefix(&r, refusals[i].head, &wide, &why);

		if (n != -EBADMSG || why != refusals[i].why)
			fail_msg("%d, %s (not: %s): %.*s", n, http_error_text(why),
				 http_error_text(refusals[i].why), SV_ARG(refusals[i].head));
	}
}

/* What binary protocols and TLS send first is known at its first octet. */
static void not_http_at_once(void **state UNUSED)
{
	static struct http_request r;

	for (int c = 0; c < 256; c++) {
		char octet = (char)c;
		enum http_error why;
		int n = http_request_parse(&r, guarded((struct sv){ &octet, 1 }), &wide, &why);
		bool possible = c == '\r' || octet_in(&http_token, octet);

		assert_int_equal(n, possible ? -EAGAIN : -EBADMSG);
		assert_int_equal(why, possible ? HTTP_OK : HTTP_NOT_HTTP);
	}
}

/* The log says as much of a refused request as was understood. */
static void method_and_target_after_an_error(void **state UNUSED)
{
	static const struct { const char *head, *method, *target; } cases[] = {
		{ "G(T / HTTP/1.1\r\n", "", "" },
		{ "GET /\x01 HTTP/1.1\r\n", "GET", "" },
		{ "GET /a#b HTTP/1.1\r\n", "GET", "/a#b" },
		{ "GET /a HTTP/3.0\r\n", "GET", "/a" },
		{ "GET /a HTTP/1.1\r\n\r\n", "GET", "/a" },
	};
	static struct http_request r;
	enum http_error why;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		memset(&r, 0xa5, sizeof(r));
		assert_int_equal(http_request_parse(&r, sv_of(cases[i].head), &wide, &why), -EBADMSG);
		assert_sv(r.method, cases[i].method);
		assert_sv(r.target, cases[i].target);
	}
}

/* --- limits --------------------------------------------------------------------------------------- */

static void limit_on_octets(void **state UNUSED)
{
	const struct sv head = SV(GET "X: yyyyyyyyyyyyyyyyyyyy\r\n\r\n");
	static struct http_request r;
	enum http_error why;

	for (size_t max = 1; max <= head.n + 1; max++) {
		const struct http_limits limits = { max, HTTP_FIELDS_MAX };
		int n = parse_every_prefix(&r, head, &limits, &why);

		assert_int_equal(n, max < head.n ? -EBADMSG : (int)head.n);
		assert_int_equal(why, max < head.n ? HTTP_TOO_LARGE : HTTP_OK);
		if (max < head.n) {     /* told with the octet that fills the limit, not later */
			struct sv full = { head.p, max };

			assert_int_equal(http_request_parse(&r, guarded(full), &limits, &why), -EBADMSG);
			full.n--;
			assert_int_equal(http_request_parse(&r, guarded(full), &limits, &why), -EAGAIN);
		}
	}
}

static void limit_on_fields(void **state UNUSED)
{
	static struct http_request r;
	static char head[4096];
	enum http_error why;

	for (size_t fields = 0; fields < HTTP_FIELDS_MAX + 2; fields += fields < 5 ? 1 : 41) {
		struct http_limits limits = { sizeof(head), fields };
		size_t have = fields + 1, n = 0;

		n += (size_t)snprintf(head, sizeof(head), "GET / HTTP/1.0\r\n");
		for (size_t i = 0; i < have; i++)
			n += (size_t)snprintf(head + n, sizeof(head) - n, "X%zu:y\r\n", i);
		n += (size_t)snprintf(head + n, sizeof(head) - n, "\r\n");
		assert_int_equal(parse_every_prefix(&r, (struct sv){ head, n }, &limits, &why), -EBADMSG);
		assert_int_equal(why, HTTP_TOO_MANY_FIELDS);
		limits.fields++;
		if (limits.fields > HTTP_FIELDS_MAX)
			continue;
		assert_int_equal(http_request_parse(&r, (struct sv){ head, n }, &limits, &why), n);
		assert_int_equal(r.n_fields, have);
	}
	assert_int_equal(http_request_parse(&r, SV("GET / HTTP/1.0\r\n\r\n"),
					    &(struct http_limits){ 100, 0 }, &why), 18);
}

/* --- pieces --------------------------------------------------------------------------------------- */

static void octet_sets(void **state UNUSED)
{
	const char tchar[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (int c = 0; c < 256; c++) {
		char octet = (char)c, text[24];
		bool value = c == '\t' || (c >= ' ' && c != 0x7f);

		assert_int_equal(octet_in(&http_token, octet), c && strchr(tchar, c));
		assert_int_equal(octet_in(&http_visible, octet), c > ' ' && c < 0x7f);
		for (size_t at = 0; at < sizeof(text); at++) {
			memset(text, at % 2 ? 'v' : 0xe9, sizeof(text));
			text[at] = octet;
			assert_int_equal(http_value_span(guarded((struct sv){ text, sizeof(text) })),
					 value ? sizeof(text) : at);
		}
	}
}

static void fields_and_tokens(void **state UNUSED)
{
	static struct http_request r;
	const struct http_field *f;
	enum http_error why;

	assert_true(http_request_parse(&r, SV(GET "Accept: text/html\r\nVia:1.1 a\r\nvia: 1.1 b , ,C\r\n\r\n"),
				       &wide, &why) > 0);
	f = http_find(&r, SV("ACCEPT"));
	assert_non_null(f);
	assert_sv(f->value, "text/html");
	assert_sv(http_find(&r, SV("Via"))->value, "1.1 a");
	assert_null(http_find(&r, SV("Vi")));
	assert_null(http_find(&r, SV("Via ")));
	assert_true(http_has_token(&r, SV("VIA"), SV("1.1 B")));
	assert_true(http_has_token(&r, SV("via"), SV("c")));
	assert_false(http_has_token(&r, SV("via"), SV("1.1")));
	assert_false(http_has_token(&r, SV("vi"), SV("c")));
	assert_int_equal(http_fields_count(r.fields, r.n_fields, SV("via")), 2);
}

static const struct {
	const char *authority, *host, *port;    /* host == NULL: refused */
} authorities[] = {
	{ "a.test:443", "a.test", "443" },
	{ "a.test", "a.test", "" },
	{ "a_b-c.TEST.", "a_b-c.TEST.", "" },
	{ "%61:1", "%61", "1" },                /* the parser of names refuses it */
	{ "[::1]", "[::1]", "" },
	{ "[::ffff:1.2.3.4]:65536", "[::ffff:1.2.3.4]", "65536" },
	{ "[fe80::1%eth0]:1", "[fe80::1%eth0]", "1" },
	{ "", NULL, NULL }, { ":", NULL, NULL }, { ":1", NULL, NULL }, { "a:", NULL, NULL },
	{ "a:b", NULL, NULL }, { "a:1:2", NULL, NULL }, { "a::1", NULL, NULL }, { "a:+1", NULL, NULL },
	{ "a:1 ", NULL, NULL }, { "u@a", NULL, NULL }, { "u:p@a:1", NULL, NULL }, { "a b", NULL, NULL },
	{ "a/b", NULL, NULL }, { "a\\b", NULL, NULL }, { "a?b", NULL, NULL }, { "a#b", NULL, NULL },
	{ "a[b]", NULL, NULL }, { "[", NULL, NULL }, { "[]", NULL, NULL }, { "[::1", NULL, NULL },
	{ "[::1]x", NULL, NULL }, { "[::1]:", NULL, NULL }, { "[[::1]]", NULL, NULL }, { "[a@b]", NULL, NULL },
	{ "\xc3\xa9.test", NULL, NULL }, { "a\"", NULL, NULL }, { "<a>", NULL, NULL }, { "a^b", NULL, NULL },
};

static void authority_splits(void **state UNUSED)
{
	for (size_t i = 0; i < sizeof(authorities) / sizeof(*authorities); i++) {
		struct sv host, port;
		bool ok = http_split_authority(guarded(sv_of(authorities[i].authority)), &host, &port);

		if (ok != (authorities[i].host != NULL))
			fail_msg("%s: %d", authorities[i].authority, ok);
		if (ok) {
			assert_sv(host, authorities[i].host);
			assert_sv(port, authorities[i].port);
		}
	}
	struct sv host, port, nul = SV("a\0b:1");
	assert_false(http_split_authority(nul, &host, &port));
}

static void ports(void **state UNUSED)
{
	static const struct { const char *digits; int port; } cases[] = {
		{ "1", 1 }, { "443", 443 }, { "65535", 65535 }, { "00080", 80 },
		{ "", 0 }, { "0", 0 }, { "00000", 0 }, { "65536", 0 }, { "000443", 0 }, { "4294967739", 0 },
		{ "+1", 0 }, { "-1", 0 }, { " 1", 0 }, { "1 ", 0 }, { "0x1", 0 }, { "1e3", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint16_t port = 0;

		assert_int_equal(http_parse_port(sv_of(cases[i].digits), &port), cases[i].port != 0);
		assert_int_equal(port, cases[i].port);
	}
}

static void every_error_has_a_text(void **state UNUSED)
{
	for (int e = HTTP_OK; e <= HTTP_NOT_HTTP; e++) {
		assert_non_null(http_error_text((enum http_error)e));
		assert_string_not_equal(http_error_text((enum http_error)e), "unknown error");
	}
	assert_string_equal(http_error_text((enum http_error)1000), "unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_heads),
		cmocka_unit_test(refused_heads),
		cmocka_unit_test(not_http_at_once),
		cmocka_unit_test(method_and_target_after_an_error),
		cmocka_unit_test(limit_on_octets),
		cmocka_unit_test(limit_on_fields),
		cmocka_unit_test(octet_sets),
		cmocka_unit_test(fields_and_tokens),
		cmocka_unit_test(authority_splits),
		cmocka_unit_test(ports),
		cmocka_unit_test(every_error_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
