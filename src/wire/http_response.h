/*
 * http_response -- the head of an HTTP/1.x response (RFC 9112), read as strictly as a request: an origin
 * is not trusted either.  Bytes in, views into those bytes out; no allocation, no I/O.
 *  - Forgiven, because it is common and harmless: an empty reason phrase, also without the space before
 *    it; any status from 100 to 999.
 *  - Not forgiven, although a client might: bare LF, obs-fold, blanks before a colon, several or listed
 *    lengths, a length beside a coding, codings other than "chunked". The proxy answers 502.
 */
#ifndef SEKISHO_WIRE_HTTP_RESPONSE_H
#define SEKISHO_WIRE_HTTP_RESPONSE_H

#include "wire/http_body.h"

struct http_response {
	unsigned minor;         /* of HTTP/1.x; 2 to 9 are to be treated as 1 */
	unsigned status;
	struct sv reason;       /* phrase, may be empty */
	bool interim;           /* 1xx other than 101: another head follows */
	enum http_framing framing;      /* of the body that follows this head */
	uint64_t length;        /* Content-Length: for HEAD and 304 what a GET would have given */
	bool has_length, chunked;       /* which field was there */
	bool keep_alive;        /* whether another response may follow on this connection */
	size_t n_fields;
	struct http_field fields[HTTP_FIELDS_MAX];
};

/*
 * Parses the head at the start of `bytes`, the answer to a request with that method (it decides on the
 * body: none follows HEAD). Returns its length (with the empty line), -EAGAIN when more bytes are needed, or
 * -EBADMSG with the reason in *why (HTTP_BAD_LINE, _BAD_VERSION, _UNSUPPORTED_VERSION, _BAD_FIELD,
 * _BAD_NEWLINE, _OBS_FOLD, _TOO_LARGE, _TOO_MANY_FIELDS, _BAD_LENGTH, _BAD_CODING, _NOT_HTTP). `out` is
 * complete only on success; on error minor and status are as far as they were understood (0 otherwise).
 */
int http_response_parse(struct http_response *out, struct sv bytes, struct sv method,
			const struct http_limits *limits, enum http_error *why);

const struct http_field *http_response_find(const struct http_response *r, struct sv name);
bool http_response_has_token(const struct http_response *r, struct sv name, struct sv token);

#endif
