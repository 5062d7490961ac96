/*
 * http_body -- where the body of an HTTP/1.1 message ends (RFC 9112 6 and 7), read piece by piece.
 * Keeps a few counters and no octet of the body.  Payload comes out as views into what was fed, without
 * chunk framing, so that the framing that is sent on is made anew:
 *
 *     while (in.n) {
 *             status = http_body_feed(&body, in, &used, &payload);
 *             in = sv_slice(in, used, in.n);
 *             ...send payload...
 *             if (status != HTTP_BODY_MORE)
 *                     break;          // what is left of `in` is the next message's
 *     }
 *
 *  - Each call reads framing and at most one run of payload, and at least one octet if any is wanted.
 *  - What comes out does not depend on how the octets were cut into calls.
 *  - Chunked is read strictly: sizes of 1 to 16 hexadecimal digits below 2^63, CR LF only, extensions and
 *    trailers bounded; both are checked and dropped.
 *  - A body whose end was not seen is never "done": see http_body_end().
 */
#ifndef SEKISHO_WIRE_HTTP_BODY_H
#define SEKISHO_WIRE_HTTP_BODY_H

#include "wire/http.h"

enum http_framing {
	HTTP_FRAME_NONE,
	HTTP_FRAME_LENGTH,
	HTTP_FRAME_CHUNKED,
	HTTP_FRAME_CLOSE,               /* responses only: until the connection ends */
};

enum {
	HTTP_CHUNK_DIGITS_MAX = 16,
	HTTP_CHUNK_EXTENSION_MAX = 256,         /* octets, for one chunk */
	HTTP_EXTENSIONS_MAX = 64 * 1024,        /* octets, for one body */
	HTTP_TRAILER_FIELDS_MAX = 32,
	HTTP_TRAILER_MAX = 8 * 1024,            /* octets, the whole section */
};

enum http_body_status { HTTP_BODY_MORE, HTTP_BODY_DONE, HTTP_BODY_BAD };

enum http_body_error {
	HTTP_BODY_OK,
	HTTP_BODY_BAD_SIZE,             /* a chunk size: not digits, too many, too large */
	HTTP_BODY_BAD_EXTENSION,        /* malformed, or too much of it */
	HTTP_BODY_BAD_NEWLINE,          /* not CR LF where a line or a chunk ends */
	HTTP_BODY_BAD_TRAILER,          /* malformed, or too much of it */
	HTTP_BODY_CUT,                  /* the connection ended first */
};
const char *http_body_error_text(enum http_body_error e);

struct http_body {              /* read only what is marked so */
	uint64_t octets;        /* read: payload so far */
	enum http_body_error error;     /* read: after HTTP_BODY_BAD */
	uint64_t left;          /* of the length or of this chunk */
	uint32_t extension, extensions, trailer;
	uint8_t state, digits, fields;
};

/* `length` counts for HTTP_FRAME_LENGTH only. */
void http_body_init(struct http_body *b, enum http_framing framing, uint64_t length);
enum http_framing http_request_framing(const struct http_request *r);

/* Reads from the start of `in`: *used octets of it belonged to the body, *payload is what of them is
 * content. Also says HTTP_BODY_DONE, with *used == 0, on a body that is complete already. */
enum http_body_status http_body_feed(struct http_body *b, struct sv in, size_t *used,
				     struct sv *payload);
/* The peer has sent its last octet: HTTP_BODY_DONE, or HTTP_BODY_BAD when the body is cut short. */
enum http_body_status http_body_end(struct http_body *b);
bool http_body_done(const struct http_body *b);

/* The line that opens a chunk of `n` octets (n > 0). Behind the chunk comes CR LF; the body ends in
 * HTTP_LAST_CHUNK. Returns the line's length. */
enum { HTTP_CHUNK_LINE_MAX = 18 };
size_t http_chunk_line(char out[HTTP_CHUNK_LINE_MAX], uint64_t n);
#define HTTP_LAST_CHUNK SV("0\r\n\r\n")

#endif
