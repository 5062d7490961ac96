/* Request heads: a prefix wants more or agrees with the whole; what is accepted has the shape that http.h
 * promises, and its framing is never in doubt. */
#include <errno.h>

#include "wire/http.h"
#include "wire_fuzz.h"

static const struct http_limits limits = { 2048, 24 };

static void check_accepted(const struct http_request *r, struct sv head)
{
	const struct http_field *host = http_find(r, SV("Host"));
	struct sv h, p;

	CHECK(head.n <= limits.head_octets && sv_ends_with(head, SV("\r\n\r\n")));
	CHECK(r->method.n && is_inside(r->method, head));
	CHECK(r->target.n && is_inside(r->target, head));
	CHECK(is_inside(r->scheme, r->target) && is_inside(r->host, r->target));
	CHECK(is_inside(r->port, r->target) && is_inside(r->path, r->target));
	CHECK(r->n_fields <= limits.fields);
	CHECK(!(r->has_length && r->chunked) && !(r->chunked && r->minor == 0));
	CHECK(r->length <= INT64_MAX && (r->has_length || r->length == 0));
	CHECK(r->minor == 0 || host);
	CHECK(host ? sv_eq(r->host_field, host->value) : r->host_field.p == NULL);
	CHECK(!r->keep_alive || !http_has_token(r, SV("connection"), SV("close")));
	CHECK((r->form == HTTP_AUTHORITY) == sv_eq(r->method, SV("CONNECT")));
	CHECK((r->form == HTTP_AUTHORITY || r->form == HTTP_ABSOLUTE) == (r->host.n > 0));
	if (r->form == HTTP_AUTHORITY) {
		CHECK(http_split_authority(r->target, &h, &p) && sv_eq(h, r->host) && sv_eq(p, r->port));
	}
	for (size_t i = 0; i < r->target.n; i++)
		CHECK(r->target.p[i] > ' ' && r->target.p[i] < 0x7f && r->target.p[i] != '#');
	for (size_t i = 0; i < r->n_fields; i++) {
		struct sv value = r->fields[i].value;

		CHECK(r->fields[i].name.n && is_inside(r->fields[i].name, head) && is_inside(value, head));
		CHECK(sv_find(value, '\r') == value.n && sv_find(value, '\n') == value.n && sv_find(value, 0) == value.n);
		CHECK(sv_trim(value).n == value.n);
	}
}

static void check_prefix(struct sv whole, size_t n, int verdict, enum http_error why)
{
	static struct http_request r;
	struct sv prefix = exact_copy(sv_slice(whole, 0, n));
	enum http_error reason;
	int now = http_request_parse(&r, prefix, &limits, &reason);

	CHECK(now == -EAGAIN ? reason == HTTP_OK : now == verdict && reason == why);
	if (verdict > 0)
		CHECK(now == (n < (size_t)verdict ? -EAGAIN : verdict));
	exact_free(prefix);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_request r;
	struct sv whole = exact_copy((struct sv){ (const char *)data, size });
	enum http_error why;
	int n = http_request_parse(&r, whole, &limits, &why);
	uint16_t port;

	CHECK(n == -EAGAIN || n == -EBADMSG || (n > 0 && (size_t)n <= size));
	CHECK((why == HTTP_OK) == (n != -EBADMSG));
	CHECK(n != -EAGAIN || size < limits.head_octets);
	CHECK(is_inside(r.method, whole) && is_inside(r.target, whole));
	if (n > 0)
		check_accepted(&r, sv_slice(whole, 0, (size_t)n));
	if (n > 0 && r.port.n && http_parse_port(r.port, &port))
		CHECK(port > 0 && r.port.n <= 5);
	for (size_t i = 0; i < 4; i++)
		check_prefix(whole, some_cut(whole, i), n, why);
	if (n > 0) {
		check_prefix(whole, (size_t)n, n, why);
		check_prefix(whole, (size_t)n - 1, n, why);
	}
	exact_free(whole);
	return 0;
}
