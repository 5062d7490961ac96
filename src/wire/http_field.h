/*
 * http_field -- the field section that requests and responses have in common (RFC 9112 5).
 * Names are tokens, values are visible octets, blanks and obs-text; each line ends in CR LF; no blank
 * before a colon, no folding.  What the fields say about framing is decided here, once for both sides.
 */
#ifndef SEKISHO_WIRE_HTTP_FIELD_H
#define SEKISHO_WIRE_HTTP_FIELD_H

#include "wire/http.h"

/* A set of octets, one bit each. */
struct octet_set {
	uint64_t bits[4];
};
extern const struct octet_set http_token;       /* RFC 9110 5.6.2 tchar */
extern const struct octet_set http_visible;     /* 0x21 to 0x7e */

static inline bool octet_in(const struct octet_set *set, char c)
{
	unsigned char u = (unsigned char)c;

	return set->bits[u >> 6] >> (u & 63) & 1;
}

/* How many octets at the start of `s` are in the set. */
size_t octets_span(struct sv s, const struct octet_set *set);
/* How many octets at the start of `s` may stand in a field's value or a reason phrase. */
size_t http_value_span(struct sv s);

/* For what must end in CR LF right at the start of `s`: 2, -EAGAIN, or -EBADMSG with HTTP_BAD_NEWLINE
 * for half of it and `otherwise` for anything else. */
int http_line_end(struct sv s, enum http_error otherwise, enum http_error *why);

/* Field lines up to and with the empty line. Its length, -EAGAIN, or -EBADMSG. At most `max` fields. */
int http_fields_parse(struct http_field *fields, size_t max, size_t *n, struct sv bytes,
		      enum http_error *why);

struct http_message_length {
	uint64_t length;
	bool has_length, chunked;
};
/* What Content-Length and Transfer-Encoding say. One length of digits below 2^63, or exactly "chunked" in
 * HTTP/1.1, or nothing: everything else is an error. */
enum http_error http_fields_length(struct http_message_length *out, const struct http_field *fields,
				   size_t n, unsigned minor);

const struct http_field *http_fields_find(const struct http_field *fields, size_t n, struct sv name);
size_t http_fields_count(const struct http_field *fields, size_t n, struct sv name);
bool http_fields_have_token(const struct http_field *fields, size_t n, struct sv name, struct sv token);

#endif
