/* Response heads: a prefix wants more or agrees with the whole; the framing that is decided on is one that
 * the fields support. The first octet chooses the method that was asked with. */
#include <errno.h>

#include "wire/http_response.h"
#include "wire_fuzz.h"

static const struct http_limits limits = { 2048, 24 };

static void check_accepted(const struct http_response *r, struct sv head, struct sv method)
{
	bool bodiless = r->status < 200 || r->status == 204 || r->status == 304 || sv_eq(method, SV("HEAD"));

	CHECK(head.n <= limits.head_octets && sv_ends_with(head, SV("\r\n\r\n")));
	CHECK(r->status >= 100 && r->status <= 999);
	CHECK(is_inside(r->reason, head) && r->n_fields <= limits.fields);
	CHECK(!(r->has_length && r->chunked) && !(r->chunked && r->minor == 0));
	CHECK(r->length <= INT64_MAX);
	CHECK(!bodiless || r->framing == HTTP_FRAME_NONE);
	CHECK(r->framing != HTTP_FRAME_CHUNKED || r->chunked);
	CHECK(r->framing != HTTP_FRAME_LENGTH || r->length);
	CHECK(r->framing != HTTP_FRAME_CLOSE || (!r->has_length && !r->chunked && !r->keep_alive));
	CHECK(!r->interim || r->status < 200);
	CHECK(!r->keep_alive || !http_response_has_token(r, SV("connection"), SV("close")));
	for (size_t i = 0; i < r->n_fields; i++) {
		CHECK(r->fields[i].name.n && is_inside(r->fields[i].name, head));
		CHECK(is_inside(r->fields[i].value, head));
		CHECK(http_response_find(r, r->fields[i].name));
	}
}

static void check_prefix(struct sv whole, size_t n, struct sv method, int verdict, enum http_error why)
{
	static struct http_response r;
	struct sv prefix = exact_copy(sv_slice(whole, 0, n));
	enum http_error reason;
	int now = http_response_parse(&r, prefix, method, &limits, &reason);

	CHECK(now == -EAGAIN ? reason == HTTP_OK : now == verdict && reason == why);
	if (verdict > 0)
		CHECK(now == (n < (size_t)verdict ? -EAGAIN : verdict));
	exact_free(prefix);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_response r;
	struct sv method = size && data[0] == 'h' ? SV("HEAD") : SV("GET"), whole;
	enum http_error why;
	int n;

	if (size == 0)
		return 0;
	whole = exact_copy((struct sv){ (const char *)data + 1, size - 1 });
	n = http_response_parse(&r, whole, method, &limits, &why);
	CHECK(n == -EAGAIN || n == -EBADMSG || (n > 0 && (size_t)n <= whole.n));
	CHECK((why == HTTP_OK) == (n != -EBADMSG));
	CHECK(n != -EAGAIN || whole.n < limits.head_octets);
	if (n > 0)
		check_accepted(&r, sv_slice(whole, 0, (size_t)n), method);
	for (size_t i = 0; i < 4; i++)
		check_prefix(whole, some_cut(whole, i), method, n, why);
	if (n > 0)
		check_prefix(whole, (size_t)n - 1, method, n, why);
	exact_free(whole);
	return 0;
}
