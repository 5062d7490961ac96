/*
 * http_response -- see http_response.h.  Like a request's head: no state between calls, one pass from left
 * to right, and a verdict on a prefix is the verdict on the whole.
 *
 *     HTTP/1.D SP DDD [SP [REASON]] CRLF  *(NAME ":" OWS VALUE OWS CRLF)  CRLF
 */
#include "wire/http_response.h"

#include <errno.h>

#include "wire/http_field.h"

/* '0' stands for any digit. */
static const char line_pattern[] = "HTTP/0.0 000";
enum { PATTERN_OCTETS = sizeof(line_pattern) - 1, NAME_OCTETS = 5, VERSION_OCTETS = 8 };

static int fail(enum http_error *why, enum http_error e)
{
	*why = e;
	return -EBADMSG;
}

static bool octet_fits(char c, size_t at)
{
	return line_pattern[at] == '0' ? ascii_is_digit(c) : c == line_pattern[at];
}

static enum http_error misfit(size_t at)
{
	if (at < NAME_OCTETS)
		return HTTP_NOT_HTTP;
	return at < VERSION_OCTETS ? HTTP_BAD_VERSION : HTTP_BAD_LINE;
}

static int parse_line(struct http_response *out, struct sv bytes, enum http_error *why)
{
	struct sv rest;
	int end;

	for (size_t i = 0; i < PATTERN_OCTETS; i++) {
		if (i == bytes.n)
			return -EAGAIN;
		if (!octet_fits(bytes.p[i], i))
			return fail(why, misfit(i));
	}
	if (bytes.p[5] != '1')
		return fail(why, HTTP_UNSUPPORTED_VERSION);
	if (bytes.p[9] == '0')
		return fail(why, HTTP_BAD_LINE);
	out->minor = (unsigned)(bytes.p[7] - '0');
	for (size_t i = 9; i < PATTERN_OCTETS; i++)
		out->status = out->status * 10 + (unsigned)(bytes.p[i] - '0');
	rest = sv_slice(bytes, PATTERN_OCTETS, bytes.n);
	if (rest.n && rest.p[0] == ' ') {
		rest = sv_slice(rest, 1, rest.n);
		out->reason = sv_slice(rest, 0, http_value_span(rest));
		rest = sv_slice(rest, out->reason.n, rest.n);
	}
	end = http_line_end(rest, HTTP_BAD_LINE, why);
	return end < 0 ? end : (int)(rest.p - bytes.p) + end;
}

/* RFC 9112 6.3. */
static enum http_framing framing_of(const struct http_response *r, struct sv method)
{
	if (r->status < 200 || r->status == 204 || r->status == 304 || sv_eq(method, SV("HEAD")))
		return HTTP_FRAME_NONE;
	if (r->chunked)
		return HTTP_FRAME_CHUNKED;
	if (!r->has_length)
		return HTTP_FRAME_CLOSE;
	return r->length ? HTTP_FRAME_LENGTH : HTTP_FRAME_NONE;
}

/* RFC 9112 9.3, and not after a 1xx or 204 that announces a body it cannot have: what follows it on the
 * wire is anybody's guess. */
static bool keeps_alive(const struct http_response *r)
{
	const struct sv connection = SV("connection");
	bool bodiless = r->status < 200 || r->status == 204;

	if (r->framing == HTTP_FRAME_CLOSE || http_response_has_token(r, connection, SV("close")))
		return false;
	if (bodiless && (r->chunked || r->length))
		return false;
	return r->minor > 0 || http_response_has_token(r, connection, SV("keep-alive"));
}

static int parse_head(struct http_response *out, struct sv bytes, struct sv method, size_t max,
		      enum http_error *why)
{
	int line = parse_line(out, bytes, why), fields;
	struct http_message_length found;
	enum http_error e;

	if (line < 0)
		return line;
	fields = http_fields_parse(out->fields, max, &out->n_fields, sv_slice(bytes, (size_t)line, bytes.n),
				   why);
	if (fields < 0)
		return fields;
	e = http_fields_length(&found, out->fields, out->n_fields, out->minor);
	if (e != HTTP_OK)
		return fail(why, e);
	out->length = found.length;
	out->has_length = found.has_length;
	out->chunked = found.chunked;
	out->interim = out->status < 200 && out->status != 101;
	out->framing = framing_of(out, method);
	out->keep_alive = keeps_alive(out);
	return line + fields;
}

int http_response_parse(struct http_response *out, struct sv bytes, struct sv method,
			const struct http_limits *limits, enum http_error *why)
{
	size_t max = limits->fields < HTTP_FIELDS_MAX ? limits->fields : HTTP_FIELDS_MAX;
	int n;

	memset(out, 0, offsetof(struct http_response, fields));
	*why = HTTP_OK;
	n = parse_head(out, sv_slice(bytes, 0, limits->head_octets), method, max, why);
	if (n == -EAGAIN && bytes.n >= limits->head_octets)
		return fail(why, HTTP_TOO_LARGE);
	return n;
}

const struct http_field *http_response_find(const struct http_response *r, struct sv name)
{
	return http_fields_find(r->fields, r->n_fields, name);
}

bool http_response_has_token(const struct http_response *r, struct sv name, struct sv token)
{
	return http_fields_have_token(r->fields, r->n_fields, name, token);
}
