/*
 * http -- the head of a request, see http.h.
 * The parser keeps no state between calls: with more bytes it starts again at the first one, at about a
 * nanosecond per octet or less, and the limit on the head bounds what a client that sends one octet per
 * segment can cost.  It goes once from left to right and refuses at the first octet that cannot be right,
 * so a verdict on a prefix is the verdict on the whole:
 *
 *     [CRLF [CRLF]] METHOD SP TARGET SP HTTP/1.D CRLF  *(NAME ":" OWS VALUE OWS CRLF)  CRLF
 *                   `-- not a token at all: HTTP_NOT_HTTP
 *
 * The target's form and what the fields mean together are looked at when their line, or all lines, are there.
 */
#include "wire/http.h"

#include <errno.h>

#include "wire/http_field.h"

enum { VERSION_OCTETS = 8, EMPTY_LINES_MAX = 2, PORT_DIGITS_MAX = 5 };

static const char *const error_texts[] = {
	[HTTP_OK] = "no error",
	[HTTP_BAD_LINE] = "the first line is not made of three parts with one space between them",
	[HTTP_BAD_METHOD] = "the method is not a token",
	[HTTP_BAD_TARGET] = "the request target is malformed or of a form that this method does not take",
	[HTTP_BAD_VERSION] = "the version is not HTTP/1.0 or HTTP/1.1",
	[HTTP_UNSUPPORTED_VERSION] = "only HTTP/1.0 and HTTP/1.1 are spoken here",
	[HTTP_BAD_FIELD] = "a header field is malformed",
	[HTTP_BAD_NEWLINE] = "a line ends in something other than CR LF",
	[HTTP_OBS_FOLD] = "a header field is folded over several lines",
	[HTTP_TOO_LARGE] = "the header is too large",
	[HTTP_TOO_MANY_FIELDS] = "there are too many header fields",
	[HTTP_BAD_HOST] = "there is no Host field, or more than one",
	[HTTP_BAD_LENGTH] = "Content-Length is not one decimal number",
	[HTTP_BAD_CODING] = "Transfer-Encoding is not just \"chunked\" in HTTP/1.1, or stands beside Content-Length",
	[HTTP_NOT_HTTP] = "this is not HTTP/1",
};

const char *http_error_text(enum http_error e)
{
	return (size_t)e < sizeof(error_texts) / sizeof(*error_texts) ? error_texts[e] : "unknown error";
}

static int fail(enum http_error *why, enum http_error e)
{
	*why = e;
	return -EBADMSG;
}

/* --- authority ------------------------------------------------------------------------------------ */

/* RFC 3986 3.2.2 reg-name: unreserved, sub-delims and '%'. Which of these make a name that can be asked for
 * is not decided here: the one parser of names refuses the rest, with a reason of its own. */
static const struct octet_set host_octets = {
	{ 0x2bff7ff200000000, 0x47fffffe87fffffe, 0, 0 }
};
/* What is seen between brackets, zone ids too: hexadecimal, ':' and unreserved octets and '%'. */
static const struct octet_set literal_octets = {
	{ 0x07ff602000000000, 0x47fffffe87fffffe, 0, 0 }
};

static bool split_literal(struct sv authority, struct sv *host, struct sv *after)
{
	size_t inner = octets_span(sv_slice(authority, 1, authority.n), &literal_octets);
	struct sv close = sv_slice(authority, 1 + inner, 1);

	*host = sv_slice(authority, 0, inner + 2);
	*after = sv_slice(authority, inner + 2, authority.n);
	return inner && sv_eq(close, SV("]"));
}

bool http_split_authority(struct sv authority, struct sv *host, struct sv *port)
{
	struct sv after;

	*host = *port = (struct sv){ NULL, 0 };
	if (authority.n && authority.p[0] == '[') {
		if (!split_literal(authority, host, &after))
			return false;
	} else {
		size_t n = octets_span(authority, &host_octets);

		*host = sv_slice(authority, 0, n);
		after = sv_slice(authority, n, authority.n);
	}
	if (host->n == 0)
		return false;
	if (after.n == 0)
		return true;
	*port = sv_slice(after, 1, after.n);
	for (size_t i = 0; i < port->n; i++)
		if (!ascii_is_digit(port->p[i]))
			return false;
	return after.p[0] == ':' && port->n > 0;
}

bool http_parse_port(struct sv digits, uint16_t *out)
{
	uint64_t value;

	if (digits.n > PORT_DIGITS_MAX || !sv_to_u64(digits, UINT16_MAX, &value) || value == 0)
		return false;
	*out = (uint16_t)value;
	return true;
}

/* --- request target ------------------------------------------------------------------------------- */

static bool is_scheme(struct sv s)
{
	if (s.n == 0 || !ascii_is_alpha(s.p[0]))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!ascii_is_alpha(s.p[i]) && !ascii_is_digit(s.p[i]) && sv_find(SV("+-."), s.p[i]) == 3)
			return false;
	return true;
}

/* SCHEME "://" AUTHORITY [PATH] ["?" QUERY] */
static bool parse_absolute(struct http_request *out)
{
	struct sv scheme = sv_slice(out->target, 0, sv_find(out->target, ':'));
	struct sv rest = sv_slice(out->target, scheme.n, out->target.n), authority;

	if (!is_scheme(scheme) || !sv_starts_with(rest, SV("://")))
		return false;
	authority = sv_slice(rest, 3, rest.n);
	for (size_t i = 0; i < authority.n; i++)
		if (authority.p[i] == '/' || authority.p[i] == '?')
			authority.n = i;
	if (!http_split_authority(authority, &out->host, &out->port))
		return false;
	out->scheme = scheme;
	out->path = sv_slice(rest, 3 + authority.n, rest.n);
	out->form = HTTP_ABSOLUTE;
	return true;
}

static bool parse_target(struct http_request *out)
{
	if (sv_find(out->target, '#') < out->target.n)
		return false;
	if (sv_eq(out->method, SV("CONNECT"))) {
		out->form = HTTP_AUTHORITY;
		return http_split_authority(out->target, &out->host, &out->port);
	}
	if (out->target.p[0] == '/') {
		out->form = HTTP_ORIGIN;
		out->path = out->target;
		return true;
	}
	if (sv_eq(out->target, SV("*"))) {
		out->form = HTTP_ASTERISK;
		return sv_eq(out->method, SV("OPTIONS"));
	}
	return parse_absolute(out);
}

/* --- request line --------------------------------------------------------------------------------- */

/* Each of these takes the bytes from its own place on and returns how many it read, like the whole. */

static int skip_empty_lines(struct sv bytes, enum http_error *why)
{
	int at = 0;

	for (int lines = 0;; lines++, at += 2) {
		struct sv rest = sv_slice(bytes, (size_t)at, 2);

		if (rest.n == 0)
			return -EAGAIN;
		if (rest.p[0] != '\r')
			return at;
		if (lines == EMPTY_LINES_MAX)
			return fail(why, HTTP_BAD_LINE);
		if (rest.n == 1)
			return -EAGAIN;
		if (rest.p[1] != '\n')
			return fail(why, HTTP_NOT_HTTP);
	}
}

static int parse_method(struct http_request *out, struct sv bytes, enum http_error *why)
{
	size_t n = octets_span(bytes, &http_token);
	char stop;

	if (n == bytes.n)
		return -EAGAIN;
	stop = bytes.p[n];
	if (n == 0)
		return fail(why, HTTP_NOT_HTTP);
	if (stop == ' ') {
		out->method = sv_slice(bytes, 0, n);
		return (int)n + 1;
	}
	if (stop == '\r' || stop == '\n' || stop == '\t')
		return fail(why, HTTP_BAD_LINE);
	return fail(why, octet_in(&http_visible, stop) ? HTTP_BAD_METHOD : HTTP_NOT_HTTP);
}

static int read_target(struct http_request *out, struct sv bytes, enum http_error *why)
{
	size_t n = octets_span(bytes, &http_visible);
	char stop;

	if (n == bytes.n)
		return -EAGAIN;
	stop = bytes.p[n];
	if (stop == '\r' || stop == '\n' || stop == '\t' || (stop == ' ' && n == 0))
		return fail(why, HTTP_BAD_LINE);
	if (stop != ' ')
		return fail(why, HTTP_BAD_TARGET);
	out->target = sv_slice(bytes, 0, n);
	return (int)n + 1;
}

static bool version_octet_fits(char c, size_t at)
{
	const char pattern[] = "HTTP/0.0";

	return pattern[at] == '0' ? ascii_is_digit(c) : c == pattern[at];
}

/* HTTP/D.D CR LF */
static int parse_version(struct http_request *out, struct sv bytes, enum http_error *why)
{
	struct sv after = sv_slice(bytes, VERSION_OCTETS, 2);
	int end;

	for (size_t i = 0; i < VERSION_OCTETS; i++) {
		if (i == bytes.n)
			return -EAGAIN;
		if (!version_octet_fits(bytes.p[i], i))
			return fail(why, bytes.p[i] == ' ' ? HTTP_BAD_LINE : HTTP_BAD_VERSION);
	}
	end = http_line_end(after, after.n && after.p[0] == ' ' ? HTTP_BAD_LINE : HTTP_BAD_VERSION, why);
	if (end < 0)
		return end;
	if (bytes.p[5] != '1')
		return fail(why, HTTP_UNSUPPORTED_VERSION);
	out->minor = (unsigned)(bytes.p[7] - '0');
	return VERSION_OCTETS + end;
}

static int parse_line(struct http_request *out, struct sv bytes, enum http_error *why)
{
	int (*const parts[])(struct http_request *, struct sv, enum http_error *) = {
		parse_method, read_target, parse_version,
	};
	int at = skip_empty_lines(bytes, why);

	for (size_t i = 0; at >= 0 && i < sizeof(parts) / sizeof(*parts); i++) {
		int n = parts[i](out, sv_slice(bytes, (size_t)at, bytes.n), why);

		at = n < 0 ? n : at + n;
	}
	if (at >= 0 && !parse_target(out))
		return fail(why, HTTP_BAD_TARGET);
	return at;
}

/* --- the whole ------------------------------------------------------------------------------------ */

/* What the fields mean together. RFC 9112 9.3: a proxy keeps no connection open to an HTTP/1.0 client,
 * whatever its Connection field says. */
static enum http_error settle(struct http_request *r)
{
	struct http_message_length framing;
	const struct http_field *host = http_find(r, SV("host"));
	enum http_error e = http_fields_length(&framing, r->fields, r->n_fields, r->minor);

	if (e != HTTP_OK)
		return e;
	if (host ? http_fields_count(r->fields, r->n_fields, host->name) > 1 : r->minor > 0)
		return HTTP_BAD_HOST;
	if (host)
		r->host_field = host->value;
	r->length = framing.length;
	r->has_length = framing.has_length;
	r->chunked = framing.chunked;
	r->keep_alive = r->minor > 0 && !http_has_token(r, SV("connection"), SV("close"));
	return HTTP_OK;
}

static int parse_head(struct http_request *out, struct sv bytes, size_t max, enum http_error *why)
{
	int line = parse_line(out, bytes, why), fields;
	enum http_error e;

	if (line < 0)
		return line;
	fields = http_fields_parse(out->fields, max, &out->n_fields, sv_slice(bytes, (size_t)line, bytes.n),
				   why);
	if (fields < 0)
		return fields;
	e = settle(out);
	return e == HTTP_OK ? line + fields : fail(why, e);
}

int http_request_parse(struct http_request *out, struct sv bytes, const struct http_limits *limits,
		       enum http_error *why)
{
	size_t max = limits->fields < HTTP_FIELDS_MAX ? limits->fields : HTTP_FIELDS_MAX;
	int n;

	memset(out, 0, offsetof(struct http_request, fields));
	*why = HTTP_OK;
	n = parse_head(out, sv_slice(bytes, 0, limits->head_octets), max, why);
	if (n == -EAGAIN && bytes.n >= limits->head_octets)
		return fail(why, HTTP_TOO_LARGE);
	return n;
}

const struct http_field *http_find(const struct http_request *r, struct sv name)
{
	return http_fields_find(r->fields, r->n_fields, name);
}

bool http_has_token(const struct http_request *r, struct sv name, struct sv token)
{
	return http_fields_have_token(r->fields, r->n_fields, name, token);
}
