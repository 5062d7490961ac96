/* What goes on to the other side: a head made anew from any that was accepted can be read again, says the same
 * about its body, and has nothing in it that was meant for one hop. The first octet chooses request or response. */
#include "proxy/forward_head.h"
#include "wire/http_field.h"
#include "wire_fuzz.h"

static const struct http_limits before = { 2048, 24 }, after = { 16 * 1024, HTTP_FIELDS_MAX };

static const struct sv hop_by_hop[] = {
	{ "keep-alive", 10 }, { "proxy-connection", 16 }, { "proxy-authorization", 19 }, { "proxy-authenticate", 18 },
	{ "te", 2 }, { "trailer", 7 }, { "http2-settings", 14 },
};

static size_t count(const struct http_field *fields, size_t n, const char *name)
{
	return http_fields_count(fields, n, sv_of(name));
}

/* Fields of the old head that must not be in the new one, but for those that are made anew. */
static void check_fields(const struct http_field *old, size_t n_old, const struct http_field *made, size_t n_made)
{
	static const char *const anew[] = { "host", "content-length", "transfer-encoding", "connection", "upgrade", "via" };

	for (size_t i = 0; i < sizeof(hop_by_hop) / sizeof(hop_by_hop[0]); i++)
		CHECK(http_fields_count(made, n_made, hop_by_hop[i]) == 0);
	for (size_t i = 0; i < n_old; i++) {
		bool is_anew = false;

		for (size_t k = 0; k < sizeof(anew) / sizeof(anew[0]); k++)
			is_anew |= sv_eq_nocase(old[i].name, sv_of(anew[k]));
		if (!is_anew && http_fields_have_token(old, n_old, SV("connection"), old[i].name))
			CHECK(http_fields_count(made, n_made, old[i].name) == 0);
	}
	CHECK(count(made, n_made, "content-length") + count(made, n_made, "transfer-encoding") <= 1);
	CHECK(count(made, n_made, "connection") <= 1);
	CHECK(count(made, n_made, "via") >= 1);
	CHECK(sv_eq(made[n_made - 1].name, SV("Via")));
}

static void check_request(const struct http_request *r)
{
	const struct forward_request how = { .host = SV("a.test"), .port = 8080, .via = SV("px"), .upgrade = forward_wants_upgrade(r) };
	static struct http_request made;
	size_t size = forward_request_size(r);
	char *memory = malloc(size);
	enum http_error why;
	struct strbuf b;

	CHECK(memory);
	strbuf_init(&b, memory, size);
	forward_request_head(r, &how, &b);
	CHECK(!b.full);
	CHECK(http_request_parse(&made, strbuf_sv(&b), &after, &why) == (int)b.n);
	CHECK(sv_eq(made.method, r->method) && made.minor == 1);
	CHECK(made.form == (r->path.n == 0 && sv_eq(r->method, SV("OPTIONS")) ? HTTP_ASTERISK : HTTP_ORIGIN));
	CHECK(sv_eq(made.host_field, SV("a.test:8080")));
	CHECK(made.chunked == r->chunked && made.has_length == r->has_length && made.length == r->length);
	CHECK((count(made.fields, made.n_fields, "upgrade") == 1) == how.upgrade);
	check_fields(r->fields, r->n_fields, made.fields, made.n_fields);
	free(memory);
}

static void check_response(const struct http_response *r, struct sv method)
{
	struct forward_response how = { .via = SV("px"), .framing = r->framing, .upgrade = r->status == 101 };
	static struct http_response made;
	size_t size = forward_response_size(r);
	char *memory = malloc(size);
	enum http_error why;
	struct strbuf b;

	how.close = r->framing == HTTP_FRAME_CLOSE;
	CHECK(memory);
	strbuf_init(&b, memory, size);
	forward_response_head(r, &how, &b);
	CHECK(!b.full);
	CHECK(http_response_parse(&made, strbuf_sv(&b), method, &after, &why) == (int)b.n);
	CHECK(made.status == r->status && made.minor == 1 && sv_eq(made.reason, r->reason));
	CHECK(made.framing == r->framing);
	if (r->framing == HTTP_FRAME_LENGTH)
		CHECK(made.length == r->length);
	if (r->status < 200 || r->status == 204)
		CHECK(!made.has_length && !made.chunked);
	check_fields(r->fields, r->n_fields, made.fields, made.n_fields);
	free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_request request;
	static struct http_response response;
	enum http_error why;
	struct sv bytes;

	if (size == 0)
		return 0;
	bytes = exact_copy((struct sv){ (const char *)data + 1, size - 1 });
	if (data[0] == '>') {
		if (http_request_parse(&request, bytes, &before, &why) > 0 && request.form == HTTP_ABSOLUTE)
			check_request(&request);
	} else {
		struct sv method = data[0] == '-' ? SV("HEAD") : SV("GET");

		if (http_response_parse(&response, bytes, method, &before, &why) > 0)
			check_response(&response, method);
	}
	exact_free(bytes);
	return 0;
}
