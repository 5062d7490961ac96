/* http_response: the head of a response. Each input is also cut at every octet, before a guard page. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "guard_page.h"
#include "wire/http_response.h"

#define UNUSED __attribute__((unused))
#define OK "HTTP/1.1 200 OK\r\n"

static const struct http_limits wide = { 8192, HTTP_FIELDS_MAX };

static int parse_every_prefix(struct http_response *out, struct sv whole, struct sv method,
			      const struct http_limits *limits, enum http_error *why)
{
	int verdict = http_response_parse(out, guarded(whole), method, limits, why), last = -EAGAIN;
	static struct http_response part;
	enum http_error reason;

	for (size_t n = 0; n <= whole.n; n++) {
		struct sv prefix = guarded((struct sv){ whole.p, n });
		int now = http_response_parse(&part, prefix, method, limits, &reason);

		if (last != -EAGAIN)
			assert_int_equal(now, last);
		assert_int_equal(reason, now == -EAGAIN ? HTTP_OK : *why);
		if (now != -EAGAIN)
			assert_int_equal(now, verdict);
		last = now;
	}
	assert_int_equal(last, verdict);
	return http_response_parse(out, guarded(whole), method, limits, why);
}

static const struct good {
	const char *method, *head;
	unsigned minor, status;
	const char *reason;
	enum http_framing framing;
	uint64_t length;
	bool keep_alive, interim;
} goods[] = {
	{ "GET", OK "Content-Length: 5\r\n\r\n", 1, 200, "OK", HTTP_FRAME_LENGTH, 5, true, false },
	{ "GET", OK "Content-Length: 0\r\n\r\n", 1, 200, "OK", HTTP_FRAME_NONE, 0, true, false },
	{ "GET", OK "Transfer-Encoding: CHUNKED\r\n\r\n", 1, 200, "OK", HTTP_FRAME_CHUNKED, 0, true, false },
	{ "GET", OK "\r\n", 1, 200, "OK", HTTP_FRAME_CLOSE, 0, false, false },
	{ "GET", OK "Connection: keep-alive\r\n\r\n", 1, 200, "OK", HTTP_FRAME_CLOSE, 0, false, false },
	{ "GET", OK "Content-Length: 5\r\nConnection: x,close\r\n\r\n", 1, 200, "OK", HTTP_FRAME_LENGTH, 5, false, false },
	{ "GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", 0, 200, "OK", HTTP_FRAME_LENGTH, 5, false, false },
	{ "GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: Keep-Alive\r\n\r\n",
	  0, 200, "OK", HTTP_FRAME_LENGTH, 5, true, false },
	{ "GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive, close\r\n\r\n",
	  0, 200, "OK", HTTP_FRAME_LENGTH, 5, false, false },
	/* no body, whatever the fields say */
	{ "HEAD", OK "Content-Length: 5\r\n\r\n", 1, 200, "OK", HTTP_FRAME_NONE, 5, true, false },
	{ "HEAD", OK "Transfer-Encoding: chunked\r\n\r\n", 1, 200, "OK", HTTP_FRAME_NONE, 0, true, false },
	{ "HEAD", OK "\r\n", 1, 200, "OK", HTTP_FRAME_NONE, 0, true, false },
	{ "head", OK "\r\n", 1, 200, "OK", HTTP_FRAME_CLOSE, 0, false, false },
	{ "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
	  1, 304, "Not Modified", HTTP_FRAME_NONE, 5, true, false },
	{ "GET", "HTTP/1.1 204 No Content\r\n\r\n", 1, 204, "No Content", HTTP_FRAME_NONE, 0, true, false },
	{ "GET", "HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n", 1, 204, "No", HTTP_FRAME_NONE, 0, true, false },
	{ "GET", "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", 1, 204, "No", HTTP_FRAME_NONE, 5, false, false },
	{ "GET", "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n",
	  1, 204, "No", HTTP_FRAME_NONE, 0, false, false },
	{ "GET", "HTTP/1.1 100 Continue\r\n\r\n", 1, 100, "Continue", HTTP_FRAME_NONE, 0, true, true },
	{ "GET", "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n",
	  1, 103, "Early Hints", HTTP_FRAME_NONE, 0, true, true },
	{ "GET", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
	  1, 101, "Switching Protocols", HTTP_FRAME_NONE, 0, true, false },
	/* what real servers send */
	{ "GET", "HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\n", 1, 200, "", HTTP_FRAME_LENGTH, 1, true, false },
	{ "GET", "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\n", 1, 200, "", HTTP_FRAME_LENGTH, 1, true, false },
	{ "GET", "HTTP/1.1 404 Non trouv\xc3\xa9\t!\r\nContent-Length: 1\r\n\r\n",
	  1, 404, "Non trouv\xc3\xa9\t!", HTTP_FRAME_LENGTH, 1, true, false },
	{ "GET", "HTTP/1.1 999 Denied\r\nContent-Length: 1\r\n\r\nx",
	  1, 999, "Denied", HTTP_FRAME_LENGTH, 1, true, false },
};

static void good_heads(void **state UNUSED)
{
	static struct http_response r;
	enum http_error why;

	for (size_t i = 0; i < sizeof(goods) / sizeof(*goods); i++) {
		const struct good *g = &goods[i];
		int n = parse_every_prefix(&r, sv_of(g->head), sv_of(g->method), &wide, &why);

		if (n <= 0)
			fail_msg("refused (%s): %s", http_error_text(why), g->head);
		assert_int_equal(n, strstr(g->head, "\r\n\r\n") + 4 - g->head);
		assert_int_equal(r.minor, g->minor);
		assert_int_equal(r.status, g->status);
		assert_true(sv_eq(r.reason, sv_of(g->reason)));
		if (r.framing != g->framing || r.keep_alive != g->keep_alive || r.interim != g->interim)
			fail_msg("framing %d, keep_alive %d, interim %d: %s %s", (int)r.framing, r.keep_alive,
				 r.interim, g->method, g->head);
		assert_int_equal(r.length, g->length);
	}
}

#define BYTES(lit) { lit, sizeof(lit) - 1 }
static const struct refused {
	struct sv head;
	enum http_error why;
} refusals[] = {
	{ BYTES("\r\nHTTP/1.1 200 OK\r\n"), HTTP_NOT_HTTP },
	{ BYTES("\x15\x03\x01"), HTTP_NOT_HTTP },
	{ BYTES("<html>"), HTTP_NOT_HTTP },
	{ BYTES("ICY 200 OK\r\n"), HTTP_NOT_HTTP },
	{ BYTES("http/1.1 200 OK\r\n"), HTTP_NOT_HTTP },
	{ BYTES("HTTP 200 OK\r\n"), HTTP_NOT_HTTP },
	{ BYTES("HTTP/11 200 OK\r\n"), HTTP_BAD_VERSION },
	{ BYTES("HTTP/1.x 200 OK\r\n"), HTTP_BAD_VERSION },
	{ BYTES("HTTP/2.0 200 OK\r\n"), HTTP_UNSUPPORTED_VERSION },
	{ BYTES("HTTP/0.9 200 OK\r\n"), HTTP_UNSUPPORTED_VERSION },
	{ BYTES("HTTP/1.10 200 OK\r\n"), HTTP_BAD_LINE },
	{ BYTES("HTTP/1.1  200 OK\r\n"), HTTP_BAD_LINE },
	{ BYTES("HTTP/1.1\t200 OK\r\n"), HTTP_BAD_LINE },
	{ BYTES("HTTP/1.1 20 OK\r\n"), HTTP_BAD_LINE },
	{ BYTES("HTTP/1.1 2000 OK\r\n"), HTTP_BAD_LINE },
	{ BYTES("HTTP/1.1 099 OK\r\n"), HTTP_BAD_LINE },
	{ BYTES("HTTP/1.1 +20 OK\r\n"), HTTP_BAD_LINE },
	{ BYTES("HTTP/1.1 200\tOK\r\n"), HTTP_BAD_LINE },
	{ BYTES("HTTP/1.1 200 O\0K\r\n"), HTTP_BAD_LINE },
	{ BYTES("HTTP/1.1 200 O\x1b[1mK\r\n"), HTTP_BAD_LINE },
	{ BYTES("HTTP/1.1 200 OK\nX: y\n\n"), HTTP_BAD_NEWLINE },
	{ BYTES("HTTP/1.1 200\n\n"), HTTP_BAD_NEWLINE },
	{ BYTES("HTTP/1.1 200 OK\rX"), HTTP_BAD_NEWLINE },
	{ BYTES(OK "X: y\n\r\n"), HTTP_BAD_NEWLINE },
	{ BYTES(OK "\n"), HTTP_BAD_NEWLINE },
	{ BYTES(OK " X: y\r\n"), HTTP_BAD_FIELD },
	{ BYTES(OK "X: y\r\n z\r\n"), HTTP_OBS_FOLD },
	{ BYTES(OK "X : y\r\n"), HTTP_BAD_FIELD },
	{ BYTES(OK "X: \0\r\n"), HTTP_BAD_FIELD },
	{ BYTES(OK "X\r\n"), HTTP_BAD_FIELD },
	{ BYTES(OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"), HTTP_BAD_LENGTH },
	{ BYTES(OK "Content-Length: 5,5\r\n\r\n"), HTTP_BAD_LENGTH },
	{ BYTES(OK "Content-Length: -5\r\n\r\n"), HTTP_BAD_LENGTH },
	{ BYTES(OK "Content-Length: 9223372036854775808\r\n\r\n"), HTTP_BAD_LENGTH },
	{ BYTES(OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"), HTTP_BAD_CODING },
	{ BYTES(OK "Transfer-Encoding: gzip, chunked\r\n\r\n"), HTTP_BAD_CODING },
	{ BYTES(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n"), HTTP_BAD_CODING },
	{ BYTES("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), HTTP_BAD_CODING },
};

static void refused_heads(void **state UNUSED)
{
	static struct http_response r;

	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		enum http_error why;
		int n = parse_every_prefix(&r, refusals[i].head, SV("GET"), &wide, &why);

		if (n != -EBADMSG || why != refusals[i].why)
			fail_msg("%d, %s (not: %s): %.*s", n, http_error_text(why),
				 http_error_text(refusals[i].why), SV_ARG(refusals[i].head));
	}
}

static void limits(void **state UNUSED)
{
	const struct sv head = SV(OK "A: 1\r\nB: 2\r\n\r\n");
	static struct http_response r;
	enum http_error why;

	for (size_t max = 1; max <= head.n + 1; max++) {
		const struct http_limits limits = { max, 2 };
		int n = parse_every_prefix(&r, head, SV("GET"), &limits, &why);

		assert_int_equal(n, max < head.n ? -EBADMSG : (int)head.n);
		assert_int_equal(why, max < head.n ? HTTP_TOO_LARGE : HTTP_OK);
	}
	assert_int_equal(parse_every_prefix(&r, head, SV("GET"), &(struct http_limits){ 8192, 1 }, &why), -EBADMSG);
	assert_int_equal(why, HTTP_TOO_MANY_FIELDS);
}

static void fields_and_tokens(void **state UNUSED)
{
	static struct http_response r;
	enum http_error why;

	assert_true(http_response_parse(&r, SV(OK "Connection: a, Upgrade\r\nServer: x\r\n\r\n"), SV("GET"), &wide,
					&why) > 0);
	assert_int_equal(r.n_fields, 2);
	assert_true(sv_eq(http_response_find(&r, SV("SERVER"))->value, SV("x")));
	assert_null(http_response_find(&r, SV("Date")));
	assert_true(http_response_has_token(&r, SV("connection"), SV("upgrade")));
	assert_false(http_response_has_token(&r, SV("connection"), SV("close")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_heads),
		cmocka_unit_test(refused_heads),
		cmocka_unit_test(limits),
		cmocka_unit_test(fields_and_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
