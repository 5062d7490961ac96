/* http_body: where bodies end. Each input is fed whole, in two parts cut at every octet, and octet by octet,
 * each part before a guard page. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "guard_page.h"
#include "wire/http_body.h"

#define UNUSED __attribute__((unused))

struct outcome {
	enum http_body_status status;
	enum http_body_error error;
	size_t used, n;
	char payload[1 << 17];
};

/* One part, by the loop that the header shows. */
static enum http_body_status feed_part(struct http_body *b, struct outcome *o, struct sv part)
{
	struct sv in = guarded(part);

	while (in.n) {
		struct sv payload;
		size_t used;

		o->status = http_body_feed(b, in, &used, &payload);
		assert_true(used <= in.n);
		assert_true(payload.n <= used);
		assert_true(payload.p >= in.p && payload.p + payload.n <= in.p + used);
		memcpy(o->payload + o->n, payload.p, payload.n);
		o->n += payload.n;
		o->used += used;
		in = sv_slice(in, used, in.n);
		if (o->status != HTTP_BODY_MORE)
			break;
		assert_true(used > 0);
	}
	return o->status;
}

static void feed(struct outcome *o, enum http_framing framing, uint64_t length, struct sv whole, size_t first,
		 size_t step)
{
	struct http_body b;
	size_t at = 0;

	o->status = HTTP_BODY_MORE;
	o->used = o->n = 0;
	http_body_init(&b, framing, length);
	for (size_t n = first; at < whole.n; at += n, n = step)
		if (feed_part(&b, o, sv_slice(whole, at, n)) != HTTP_BODY_MORE)
			break;
	o->error = b.error;
	assert_int_equal(b.octets, o->n);
	assert_int_equal(http_body_done(&b), o->status == HTTP_BODY_DONE);
}

static void assert_same(const struct outcome *a, const struct outcome *b)
{
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->error, b->error);
	assert_int_equal(a->used, b->used);
	assert_int_equal(a->n, b->n);
	assert_memory_equal(a->payload, b->payload, a->n);
}

static const struct outcome *feed_every_split(enum http_framing framing, uint64_t length, struct sv whole)
{
	static struct outcome at_once, cut;

	feed(&at_once, framing, length, whole, whole.n, 1);
	for (size_t first = 1; first < whole.n; first++) {
		feed(&cut, framing, length, whole, first, whole.n);
		assert_same(&at_once, &cut);
	}
	feed(&cut, framing, length, whole, 1, 1);
	assert_same(&at_once, &cut);
	return &at_once;
}

#define BYTES(lit) { lit, sizeof(lit) - 1 }
static const struct good {
	struct sv bytes;
	const char *payload;
	size_t behind;                  /* octets that are the next message's */
} goods[] = {
	{ BYTES("0\r\n\r\n"), "", 0 },
	{ BYTES("0\r\n\r\nGET / "), "", 6 },
	{ BYTES("5\r\nhello\r\n0\r\n\r\n"), "hello", 0 },
	{ BYTES("1\r\nh\r\n4\r\nello\r\n000\r\n\r\nrest"), "hello", 4 },
	{ BYTES("0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n"), "hello", 0 },
	{ BYTES("A\r\n0123456789\r\n0\r\n\r\n"), "0123456789", 0 },
	{ BYTES("a\r\n\r\n0\r\n\r\n\r\n\n\r\n0\r\n\r\n"), "\r\n0\r\n\r\n\r\n\n", 0 },
	{ BYTES("5;x\r\nhello\r\n0;y=z\r\n\r\n"), "hello", 0 },
	{ BYTES("5 \t; a=\"b c;\" ; d\r\nhello\r\n0\r\n\r\n"), "hello", 0 },
	{ BYTES("5\r\nhello\r\n0\r\nA: b\r\nC:\xff\r\nD:\r\n\r\n"), "hello", 0 },
};

static void good_chunks(void **state UNUSED)
{
	for (size_t i = 0; i < sizeof(goods) / sizeof(*goods); i++) {
		const struct outcome *o = feed_every_split(HTTP_FRAME_CHUNKED, 0, goods[i].bytes);

		if (o->status != HTTP_BODY_DONE)
			fail_msg("%d %s: %.*s", (int)o->status, http_body_error_text(o->error),
				 SV_ARG(goods[i].bytes));
		assert_int_equal(o->used, goods[i].bytes.n - goods[i].behind);
		assert_true(sv_eq((struct sv){ o->payload, o->n }, sv_of(goods[i].payload)));
	}
}

static const struct refused {
	struct sv bytes;
	enum http_body_error error;
} refusals[] = {
	{ BYTES("\r\n"), HTTP_BODY_BAD_SIZE },
	{ BYTES(";x\r\n"), HTTP_BODY_BAD_SIZE },
	{ BYTES(" 5\r\n"), HTTP_BODY_BAD_SIZE },
	{ BYTES("0x5\r\n"), HTTP_BODY_BAD_SIZE },
	{ BYTES("+5\r\n"), HTTP_BODY_BAD_SIZE },
	{ BYTES("-1\r\n"), HTTP_BODY_BAD_SIZE },
	{ BYTES("g\r\n"), HTTP_BODY_BAD_SIZE },
	{ BYTES("5\0\r\n"), HTTP_BODY_BAD_SIZE },
	{ BYTES("5 \r\nhello\r\n"), HTTP_BODY_BAD_SIZE },
	{ BYTES("5 5\r\n"), HTTP_BODY_BAD_SIZE },
	{ BYTES("8000000000000000\r\n"), HTTP_BODY_BAD_SIZE },
	{ BYTES("ffffffffffffffff\r\n"), HTTP_BODY_BAD_SIZE },
	{ BYTES("00000000000000005\r\n"), HTTP_BODY_BAD_SIZE },
	{ BYTES("10000000000000000\r\n"), HTTP_BODY_BAD_SIZE },
	{ BYTES("5\nhello\n0\n\n"), HTTP_BODY_BAD_NEWLINE },
	{ BYTES("5\rhello"), HTTP_BODY_BAD_NEWLINE },
	{ BYTES("5\r\nhello\n0\r\n"), HTTP_BODY_BAD_NEWLINE },
	{ BYTES("5\r\nhello!\r\n"), HTTP_BODY_BAD_NEWLINE },
	{ BYTES("5\r\nhello\r0\r\n"), HTTP_BODY_BAD_NEWLINE },
	{ BYTES("5\r\nhell\r\n0\r\n\r\n"), HTTP_BODY_BAD_NEWLINE },
	{ BYTES("5;x\n"), HTTP_BODY_BAD_NEWLINE },
	{ BYTES("5;x\ry"), HTTP_BODY_BAD_NEWLINE },
	{ BYTES("5;\0\r\n"), HTTP_BODY_BAD_EXTENSION },
	{ BYTES("5;\x7f\r\n"), HTTP_BODY_BAD_EXTENSION },
	{ BYTES("0\r\n\n"), HTTP_BODY_BAD_NEWLINE },
	{ BYTES("0\r\n\rX"), HTTP_BODY_BAD_NEWLINE },
	{ BYTES("0\r\nA: b\n"), HTTP_BODY_BAD_NEWLINE },
	{ BYTES("0\r\nA: b\rc"), HTTP_BODY_BAD_NEWLINE },
	{ BYTES("0\r\nA: b\r\n c\r\n"), HTTP_BODY_BAD_TRAILER },
	{ BYTES("0\r\nA : b\r\n"), HTTP_BODY_BAD_TRAILER },
	{ BYTES("0\r\n: b\r\n"), HTTP_BODY_BAD_TRAILER },
	{ BYTES("0\r\nA\r\n"), HTTP_BODY_BAD_TRAILER },
	{ BYTES("0\r\nA: \0\r\n"), HTTP_BODY_BAD_TRAILER },
};

static void refused_chunks(void **state UNUSED)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		const struct outcome *o = feed_every_split(HTTP_FRAME_CHUNKED, 0, refusals[i].bytes);

		if (o->status != HTTP_BODY_BAD || o->error != refusals[i].error)
			fail_msg("%d %s: %.*s", (int)o->status, http_body_error_text(o->error),
				 SV_ARG(refusals[i].bytes));
	}
}

/* Nothing but the whole of it is "done", and an end at any earlier octet is a cut body. */
static void cut_chunks(void **state UNUSED)
{
	const struct sv whole = SV("3;e\r\nabc\r\n0\r\nT: v\r\n\r\n");
	static struct outcome o;

	for (size_t n = 0; n <= whole.n; n++) {
		struct http_body b;
		struct sv part = { whole.p, n };

		o.status = HTTP_BODY_MORE;
		o.n = o.used = 0;
		http_body_init(&b, HTTP_FRAME_CHUNKED, 0);
		assert_int_equal(feed_part(&b, &o, part), n < whole.n ? HTTP_BODY_MORE : HTTP_BODY_DONE);
		assert_int_equal(http_body_end(&b), n < whole.n ? HTTP_BODY_BAD : HTTP_BODY_DONE);
		assert_int_equal(b.error, n < whole.n ? HTTP_BODY_CUT : HTTP_BODY_OK);
	}
}

static void sizes_up_to_the_last(void **state UNUSED)
{
	struct http_body b;
	struct sv payload, in = SV("7fffffffffffffff\r\nabc");
	size_t used;

	http_body_init(&b, HTTP_FRAME_CHUNKED, 0);
	assert_int_equal(http_body_feed(&b, in, &used, &payload), HTTP_BODY_MORE);
	assert_int_equal(used, in.n);
	assert_int_equal(payload.n, 3);
}

/* How many octets of extension, in one chunk and in all, and of trailers pass. */
static enum http_body_error feed_text(const char *text, size_t n)
{
	static struct outcome o;

	feed(&o, HTTP_FRAME_CHUNKED, 0, (struct sv){ text, n }, n, 1);
	return o.error;
}

static void bounded_extensions(void **state UNUSED)
{
	static char text[1 << 17];
	size_t n;

	for (int more = 0; more < 2; more++) {
		n = (size_t)snprintf(text, sizeof(text), "0;%0*d\r\n\r\n", HTTP_CHUNK_EXTENSION_MAX - 1 + more, 0);
		assert_int_equal(feed_text(text, n), more ? HTTP_BODY_BAD_EXTENSION : HTTP_BODY_OK);
	}
	for (int more = 0; more < 2; more++) {
		n = 0;
		for (int i = 0; i < HTTP_EXTENSIONS_MAX / HTTP_CHUNK_EXTENSION_MAX + more; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "1;%0*d\r\nx\r\n",
					      HTTP_CHUNK_EXTENSION_MAX - 1, 0);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "0\r\n\r\n");
		assert_int_equal(feed_text(text, n), more ? HTTP_BODY_BAD_EXTENSION : HTTP_BODY_OK);
	}
}

static void bounded_trailers(void **state UNUSED)
{
	static char text[1 << 15];
	size_t n;

	for (int more = 0; more < 2; more++) {
		n = (size_t)snprintf(text, sizeof(text), "0\r\n");
		for (int i = 0; i < HTTP_TRAILER_FIELDS_MAX + more; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "T: v\r\n");
		n += (size_t)snprintf(text + n, sizeof(text) - n, "\r\n");
		assert_int_equal(feed_text(text, n), more ? HTTP_BODY_BAD_TRAILER : HTTP_BODY_OK);

		/* "T:", the value, two line ends */
		n = (size_t)snprintf(text, sizeof(text), "0\r\nT:%0*d\r\n\r\n", HTTP_TRAILER_MAX - 6 + more, 0);
		assert_int_equal(feed_text(text, n), more ? HTTP_BODY_BAD_TRAILER : HTTP_BODY_OK);
	}
}

static void length_framing(void **state UNUSED)
{
	const struct sv in = SV("hello, next");
	const struct outcome *o;

	for (size_t length = 1; length <= in.n + 1; length++) {
		o = feed_every_split(HTTP_FRAME_LENGTH, length, in);
		assert_int_equal(o->status, length <= in.n ? HTTP_BODY_DONE : HTTP_BODY_MORE);
		assert_int_equal(o->n, length <= in.n ? length : in.n);
		assert_int_equal(o->used, o->n);
		assert_memory_equal(o->payload, in.p, o->n);
	}
}

static void no_body(void **state UNUSED)
{
	static const struct { enum http_framing framing; uint64_t length; } cases[] = {
		{ HTTP_FRAME_NONE, 0 }, { HTTP_FRAME_NONE, 5 }, { HTTP_FRAME_LENGTH, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct http_body b;
		struct sv payload;
		size_t used = 1;

		http_body_init(&b, cases[i].framing, cases[i].length);
		assert_true(http_body_done(&b));
		assert_int_equal(http_body_feed(&b, SV("next"), &used, &payload), HTTP_BODY_DONE);
		assert_int_equal(used, 0);
		assert_int_equal(payload.n, 0);
		assert_int_equal(http_body_end(&b), HTTP_BODY_DONE);
	}
}

static void ends_of_connections(void **state UNUSED)
{
	struct http_body b;
	struct sv payload;
	size_t used;

	http_body_init(&b, HTTP_FRAME_CLOSE, 0);
	assert_int_equal(http_body_feed(&b, SV("0\r\n\r\n"), &used, &payload), HTTP_BODY_MORE);
	assert_int_equal(payload.n, 5);
	assert_int_equal(http_body_end(&b), HTTP_BODY_DONE);
	assert_true(http_body_done(&b));

	http_body_init(&b, HTTP_FRAME_LENGTH, 3);
	assert_int_equal(http_body_feed(&b, SV("ab"), &used, &payload), HTTP_BODY_MORE);
	assert_int_equal(http_body_end(&b), HTTP_BODY_BAD);
	assert_int_equal(b.error, HTTP_BODY_CUT);
	assert_int_equal(http_body_feed(&b, SV("c"), &used, &payload), HTTP_BODY_BAD);
	assert_int_equal(used, 0);

	/* the first error stays */
	http_body_init(&b, HTTP_FRAME_CHUNKED, 0);
	assert_int_equal(http_body_feed(&b, SV("z"), &used, &payload), HTTP_BODY_BAD);
	assert_int_equal(http_body_end(&b), HTTP_BODY_BAD);
	assert_int_equal(b.error, HTTP_BODY_BAD_SIZE);
}

static void framing_of_requests(void **state UNUSED)
{
	static const struct { const char *field; enum http_framing framing; } cases[] = {
		{ "", HTTP_FRAME_NONE },
		{ "Content-Length: 0\r\n", HTTP_FRAME_NONE },
		{ "Content-Length: 3\r\n", HTTP_FRAME_LENGTH },
		{ "Transfer-Encoding: chunked\r\n", HTTP_FRAME_CHUNKED },
	};
	static struct http_request r;
	enum http_error why;
	char head[128];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int n = snprintf(head, sizeof(head), "PUT / HTTP/1.1\r\nHost: a\r\n%s\r\n", cases[i].field);

		assert_int_equal(http_request_parse(&r, (struct sv){ head, (size_t)n },
						    &(struct http_limits){ 1000, 10 }, &why), n);
		assert_int_equal(http_request_framing(&r), cases[i].framing);
	}
}

static void chunk_lines(void **state UNUSED)
{
	static const struct { uint64_t n; const char *line; } cases[] = {
		{ 1, "1\r\n" }, { 15, "f\r\n" }, { 16, "10\r\n" }, { 16384, "4000\r\n" },
		{ INT64_MAX, "7fffffffffffffff\r\n" }, { UINT64_MAX, "ffffffffffffffff\r\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char out[HTTP_CHUNK_LINE_MAX];
		size_t n = http_chunk_line(out, cases[i].n);

		assert_true(sv_eq((struct sv){ out, n }, sv_of(cases[i].line)));
	}
}

static void every_error_has_a_text(void **state UNUSED)
{
	for (int e = HTTP_BODY_OK; e <= HTTP_BODY_CUT; e++)
		assert_string_not_equal(http_body_error_text((enum http_body_error)e), "unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_chunks),
		cmocka_unit_test(refused_chunks),
		cmocka_unit_test(cut_chunks),
		cmocka_unit_test(sizes_up_to_the_last),
		cmocka_unit_test(bounded_extensions),
		cmocka_unit_test(bounded_trailers),
		cmocka_unit_test(length_framing),
		cmocka_unit_test(no_body),
		cmocka_unit_test(ends_of_connections),
		cmocka_unit_test(framing_of_requests),
		cmocka_unit_test(chunk_lines),
		cmocka_unit_test(every_error_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
