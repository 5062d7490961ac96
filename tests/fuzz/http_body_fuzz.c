/* Bodies: what comes out does not depend on how the octets were cut; made into chunks again it reads back
 * the same. The first octet chooses the framing: 'c' chunked, 'u' until close, any other is a length. */
#include "wire/http_body.h"
#include "wire_fuzz.h"

struct outcome {
	enum http_body_status status, end;
	enum http_body_error error;
	size_t used;
	struct sv payload;      /* in a block of its own */
};

static size_t feed_part(struct http_body *b, struct outcome *o, struct sv part, char *out)
{
	struct sv in = part;

	while (in.n && o->status == HTTP_BODY_MORE) {
		struct sv payload;
		size_t used;

		o->status = http_body_feed(b, in, &used, &payload);
		CHECK(used <= in.n && payload.n <= used && is_inside(payload, in));
		CHECK(used > 0 || o->status != HTTP_BODY_MORE);
		memcpy(out + o->payload.n, payload.p, payload.n);
		o->payload.n += payload.n;
		in = sv_slice(in, used, in.n);
	}
	return part.n - in.n;
}

/* Parts of `step` octets, the first of `first`. */
static struct outcome feed(enum http_framing framing, uint64_t length, struct sv whole, size_t first, size_t step)
{
	char *out = malloc(whole.n + 1);
	struct outcome o = { .status = HTTP_BODY_MORE, .payload = { out, 0 } };
	struct http_body b;

	CHECK(out);
	http_body_init(&b, framing, length);
	if (http_body_done(&b))
		o.status = HTTP_BODY_DONE;
	for (size_t at = 0, n = first; at < whole.n && o.status == HTTP_BODY_MORE; at += n, n = step) {
		struct sv part = exact_copy(sv_slice(whole, at, n));

		o.used += feed_part(&b, &o, part, out);
		exact_free(part);
	}
	CHECK(http_body_done(&b) == (o.status == HTTP_BODY_DONE));
	CHECK(b.octets == o.payload.n);
	CHECK((b.error != HTTP_BODY_OK) == (o.status == HTTP_BODY_BAD));
	o.error = b.error;
	o.end = http_body_end(&b);
	CHECK(o.end != HTTP_BODY_MORE);
	if (o.status != HTTP_BODY_MORE)
		CHECK(o.end == o.status);
	else
		CHECK((o.end == HTTP_BODY_DONE) == (framing == HTTP_FRAME_CLOSE));
	return o;
}

static void check_same(const struct outcome *a, struct outcome b)
{
	CHECK(a->status == b.status && a->end == b.end && a->error == b.error && a->used == b.used);
	CHECK(sv_eq(a->payload, b.payload));
	exact_free(b.payload);
}

static void check_made_again(struct sv payload)
{
	char *text = malloc(payload.n + HTTP_CHUNK_LINE_MAX + 16);
	struct outcome o;
	size_t n = 0;

	CHECK(text);
	if (payload.n) {
		n = http_chunk_line(text, payload.n);
		memcpy(text + n, payload.p, payload.n);
		memcpy(text + n + payload.n, "\r\n", 2);
		n += payload.n + 2;
	}
	memcpy(text + n, HTTP_LAST_CHUNK.p, HTTP_LAST_CHUNK.n);
	n += HTTP_LAST_CHUNK.n;
	o = feed(HTTP_FRAME_CHUNKED, 0, (struct sv){ text, n }, n, n);
	CHECK(o.status == HTTP_BODY_DONE && o.used == n && sv_eq(o.payload, payload));
	exact_free(o.payload);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum http_framing framing;
	struct outcome at_once;
	struct sv whole;
	uint64_t length;

	if (size < 2 || size > 1 << 16)
		return 0;
	framing = data[0] == 'c' ? HTTP_FRAME_CHUNKED : data[0] == 'u' ? HTTP_FRAME_CLOSE : HTTP_FRAME_LENGTH;
	length = framing == HTTP_FRAME_LENGTH ? data[0] : 0;
	whole = (struct sv){ (const char *)data + 1, size - 1 };
	at_once = feed(framing, length, whole, whole.n, 1);
	check_same(&at_once, feed(framing, length, whole, 1, 1));
	check_same(&at_once, feed(framing, length, whole, 1 + some_cut(whole, 0), whole.n));
	check_same(&at_once, feed(framing, length, whole, 3, 1 + some_cut(whole, 1) % 16));
	if (framing == HTTP_FRAME_LENGTH)
		CHECK(at_once.payload.n == (length < whole.n ? length : whole.n));
	if (at_once.status == HTTP_BODY_DONE)
		check_made_again(at_once.payload);
	exact_free(at_once.payload);
	return 0;
}
