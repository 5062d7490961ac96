/* forward_head_test -- what the other side gets for a head: all of it, octet by octet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proxy/forward_head.h"

#include <stdio.h>
#include <stdlib.h>

#define UNUSED __attribute__((unused))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct http_limits limits = { 64 * 1024, HTTP_FIELDS_MAX };

/* The head as it goes on, in memory of just the size that is promised to do. */
static char *rewritten_request(const char *text, bool upgrade, uint16_t port)
{
	struct forward_request how = { .host = SV("a.test"), .port = port, .via = SV("px"), .upgrade = upgrade };
	struct http_request r;
	enum http_error why;
	struct strbuf b;
	char *memory;
	size_t size;

	assert_int_equal(http_request_parse(&r, sv_of(text), &limits, &why), (int)strlen(text));
	size = forward_request_size(&r);
	memory = malloc(size + 1);
	assert_non_null(memory);
	strbuf_init(&b, memory, size);
	forward_request_head(&r, &how, &b);
	assert_false(b.full);
	memory[b.n] = '\0';
	return memory;
}

static void requests(void **state UNUSED)
{
	static const struct { const char *in, *out; bool upgrade; uint16_t port; } cases[] = {
		{ "GET http://A.test/x?y HTTP/1.1\r\nHost: A.test\r\n\r\n",
		  "GET /x?y HTTP/1.1\r\nHost: a.test\r\nVia: 1.1 px\r\n\r\n", false, 80 },
		{ "GET http://a.test HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: a.test:81\r\nVia: 1.0 px\r\n\r\n", false, 81 },
		{ "GET http://a.test?q HTTP/1.1\r\nHost: a.test\r\n\r\n",
		  "GET /?q HTTP/1.1\r\nHost: a.test\r\nVia: 1.1 px\r\n\r\n", false, 80 },
		{ "OPTIONS http://a.test HTTP/1.1\r\nHost: a.test\r\n\r\n",
		  "OPTIONS * HTTP/1.1\r\nHost: a.test\r\nVia: 1.1 px\r\n\r\n", false, 80 },
		{ "OPTIONS http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
		  "OPTIONS / HTTP/1.1\r\nHost: a.test\r\nVia: 1.1 px\r\n\r\n", false, 80 },
		/* hop-by-hop, known and named; Host, lengths and codings cannot be named away */
		{ "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nKeep-Alive: 5\r\nPROXY-Connection: x\r\nProxy-Authorization: s\r\n"
		  "TE: trailers\r\nTrailer: x\r\nX-Stays: 1\r\n\r\n",
		  "GET / HTTP/1.1\r\nHost: a.test\r\nX-Stays: 1\r\nVia: 1.1 px\r\n\r\n", false, 80 },
		{ "GET http://a.test/ HTTP/1.1\r\nX-One: 1\r\nHost: a.test\r\nConnection: close, x-one , Host,, X-Two\r\nX-TWO: 2\r\n"
		  "Connection: x-three\r\nX-Three: 3\r\nX-Threes: 4\r\n\r\n",
		  "GET / HTTP/1.1\r\nHost: a.test\r\nX-Threes: 4\r\nVia: 1.1 px\r\n\r\n", false, 80 },
		{ "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nConnection: content-length\r\nContent-Length: 007\r\n\r\n",
		  "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 7\r\nVia: 1.1 px\r\n\r\n", false, 80 },
		{ "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nConnection: Transfer-Encoding\r\nTransfer-Encoding: CHUNKED\r\n\r\n",
		  "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nVia: 1.1 px\r\n\r\n", false, 80 },
		{ "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nVia: 1.1 other\r\nX:\r\n\r\n",
		  "GET / HTTP/1.1\r\nHost: a.test\r\nVia: 1.1 other\r\nX: \r\nVia: 1.1 px\r\n\r\n", false, 80 },
		/* upgrades */
		{ "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
		  "GET / HTTP/1.1\r\nHost: a.test\r\nVia: 1.1 px\r\n\r\n", false, 80 },
		{ "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
		  "GET / HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: upgrade\r\nVia: 1.1 px\r\n\r\n", true, 80 },
		{ "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n",
		  "GET / HTTP/1.1\r\nHost: a.test\r\nVia: 1.1 px\r\n\r\n", false, 80 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char *out = rewritten_request(cases[i].in, cases[i].upgrade, cases[i].port);

		assert_string_equal(out, cases[i].out);
		free(out);
	}
}

static char *rewritten_response(const char *text, const char *method, struct forward_response how)
{
	struct http_response r;
	enum http_error why;
	struct strbuf b;
	char *memory;
	size_t size;

	assert_int_equal(http_response_parse(&r, sv_of(text), sv_of(method), &limits, &why), (int)strlen(text));
	size = forward_response_size(&r);
	memory = malloc(size + 1);
	assert_non_null(memory);
	how.via = SV("px");
	strbuf_init(&b, memory, size);
	forward_response_head(&r, &how, &b);
	assert_false(b.full);
	memory[b.n] = '\0';
	return memory;
}

static void responses(void **state UNUSED)
{
	static const struct { const char *method, *in, *out; struct forward_response how; } cases[] = {
		{ "GET", "HTTP/1.1 200 OK\r\nContent-Length: 05\r\nServer: x\r\n\r\n",
		  "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\nVia: 1.1 px\r\n\r\n", { .framing = HTTP_FRAME_LENGTH } },
		{ "GET", "HTTP/1.0 404 \r\nConnection: x-a\r\nX-A: 1\r\n\r\n",
		  "HTTP/1.1 404 \r\nConnection: close\r\nVia: 1.0 px\r\n\r\n", { .framing = HTTP_FRAME_CLOSE, .close = true } },
		{ "GET", "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\nKeep-Alive: timeout=5\r\n\r\n",
		  "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\nVia: 1.1 px\r\n\r\n", { .framing = HTTP_FRAME_CHUNKED } },
		{ "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		  "HTTP/1.1 200 OK\r\nConnection: close\r\nVia: 1.1 px\r\n\r\n", { .framing = HTTP_FRAME_CLOSE, .close = true } },
		{ "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
		  "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nVia: 1.1 px\r\n\r\n", { .framing = HTTP_FRAME_NONE } },
		{ "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: \"x\"\r\n\r\n",
		  "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 9\r\nVia: 1.1 px\r\n\r\n", { .framing = HTTP_FRAME_NONE } },
		{ "GET", "HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n",        /* RFC 9110 8.6 */
		  "HTTP/1.1 204 No Content\r\nVia: 1.1 px\r\n\r\n", { .framing = HTTP_FRAME_NONE } },
		{ "GET", "HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\nLink: x\r\n\r\n",
		  "HTTP/1.1 103 Early Hints\r\nLink: x\r\nVia: 1.1 px\r\n\r\n", { .framing = HTTP_FRAME_NONE } },
		{ "GET", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-A: x\r\n\r\n",
		  "HTTP/1.1 101 Switching Protocols\r\nSec-A: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\nVia: 1.1 px\r\n\r\n", { .upgrade = true } },
		{ "GET", "HTTP/1.1 200 OK\r\nUpgrade: h2c\r\nConnection: upgrade\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
		  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nVia: 1.1 px\r\n\r\n", { .framing = HTTP_FRAME_NONE } },
		{ "GET", "HTTP/1.1 407 Auth\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n",
		  "HTTP/1.1 407 Auth\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\nVia: 1.1 px\r\n\r\n", { .framing = HTTP_FRAME_NONE } },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char *out = rewritten_response(cases[i].in, cases[i].method, cases[i].how);

		assert_string_equal(out, cases[i].out);
		free(out);
	}
}

/* What was made anew can be read again and means the same. */
static void what_is_written_can_be_read(void **state UNUSED)
{
	char *out = rewritten_request("POST http://a.test/p HTTP/1.0\r\nContent-Length: 12\r\nX: y\r\n\r\n", false, 8080);
	struct http_request r;
	enum http_error why;

	assert_int_equal(http_request_parse(&r, sv_of(out), &limits, &why), (int)strlen(out));
	assert_true(r.has_length);
	assert_int_equal(r.length, 12);
	assert_true(sv_eq(r.host_field, SV("a.test:8080")));
	assert_true(sv_eq(r.path, SV("/p")));
	free(out);
}

static void largest_heads_fit(void **state UNUSED)
{
	char text[32 * 1024], *out;
	struct strbuf b;

	strbuf_init(&b, text, sizeof(text) - 1);
	strbuf_add(&b, SV("GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n"));
	for (int i = 0; i < HTTP_FIELDS_MAX - 2; i++)
		strbuf_printf(&b, "X-%d: %0200d\r\n", i, i);
	strbuf_add(&b, SV("Content-Length: 9223372036854775807\r\n\r\n"));
	text[b.n] = '\0';
	out = rewritten_request(text, false, 65535);
	assert_non_null(strstr(out, "X-125: "));
	free(out);
}

static void wanting_an_upgrade(void **state UNUSED)
{
	static const struct { const char *fields; bool wants; } cases[] = {
		{ "", false }, { "Upgrade: websocket\r\n", false }, { "Connection: upgrade\r\n", false },
		{ "Connection: upgrade\r\nUpgrade: websocket\r\n", true },
		{ "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n", true },
		{ "Connection: upgrade\r\nUpgrade: h2c\r\n", false }, { "Connection: upgrade\r\nUpgrade: H2C, TLS/1.0\r\n", true },
		{ "Connection: close\r\nConnection: upgrade\r\nUpgrade: x\r\n", true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[256];
		struct http_request r;
		enum http_error why;
		int n = snprintf(text, sizeof(text), "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n%s\r\n", cases[i].fields);

		assert_int_equal(http_request_parse(&r, sv_of(text), &limits, &why), n);
		assert_int_equal(forward_wants_upgrade(&r), cases[i].wants);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(responses),
		cmocka_unit_test(what_is_written_can_be_read),
		cmocka_unit_test(largest_heads_fit),
		cmocka_unit_test(wanting_an_upgrade),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
