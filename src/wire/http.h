/*
 * http -- the head of an HTTP/1.x request (RFC 9112), read strictly.
 * Bytes in, views into those bytes out; no allocation, no I/O.  Any doubt about framing or syntax is
 * an error: no obs-fold, no bare CR or LF, no space before a colon, no control bytes.
 */
#ifndef SEKISHO_WIRE_HTTP_H
#define SEKISHO_WIRE_HTTP_H

#include "base/sv.h"

enum { HTTP_FIELDS_MAX = 128 };

enum http_form { HTTP_ORIGIN, HTTP_ABSOLUTE, HTTP_AUTHORITY, HTTP_ASTERISK };

enum http_error {
	HTTP_OK,
	HTTP_BAD_LINE,          /* the request line is not METHOD SP TARGET SP VERSION */
	HTTP_BAD_METHOD,
	HTTP_BAD_TARGET,
	HTTP_BAD_VERSION,       /* not HTTP/D.D */
	HTTP_UNSUPPORTED_VERSION,       /* HTTP/2.0 and the like: 505 */
	HTTP_BAD_FIELD,         /* a field's name or value */
	HTTP_BAD_NEWLINE,       /* a bare CR or LF */
	HTTP_OBS_FOLD,
	HTTP_TOO_LARGE,         /* 431 */
	HTTP_TOO_MANY_FIELDS,   /* 431 */
	HTTP_BAD_HOST,          /* none in HTTP/1.1, or more than one */
	HTTP_BAD_LENGTH,        /* Content-Length: not a number, or several */
	HTTP_BAD_CODING,        /* Transfer-Encoding: not exactly "chunked", in HTTP/1.0, or beside a length */
	HTTP_NOT_HTTP,          /* the first bytes cannot become a request (a TLS record, binary) */
};
const char *http_error_text(enum http_error e);

struct http_field {
	struct sv name, value;  /* value without surrounding blanks */
};

struct http_request {
	struct sv method, target;
	enum http_form form;
	unsigned minor;         /* of HTTP/1.x */
	/* The target's parts: authority for HTTP_AUTHORITY and HTTP_ABSOLUTE. */
	struct sv scheme, host, port;   /* host with its brackets; port n == 0: none given */
	struct sv path;                 /* HTTP_ABSOLUTE, HTTP_ORIGIN: path and query, "" stays "" */
	struct sv host_field;           /* the Host field's value; p == NULL: there was none */
	uint64_t length;                /* Content-Length; has_length tells 0 from none */
	bool has_length, chunked;
	bool keep_alive;                /* by version and Connection */
	size_t n_fields;
	struct http_field fields[HTTP_FIELDS_MAX];
};

struct http_limits {
	size_t head_octets;     /* of the whole head */
	size_t fields;          /* at most HTTP_FIELDS_MAX */
};

/*
 * Parses the head at the start of `bytes`. Returns its length (with the empty line), -EAGAIN when
 * more bytes are needed, or -EBADMSG with the reason in *why. Empty lines before the request line
 * are skipped (RFC 9112 2.2), two at most. `out` is complete only on success; on error method and target
 * are as far as they were understood (empty otherwise), for the log.
 */
int http_request_parse(struct http_request *out, struct sv bytes, const struct http_limits *limits,
		       enum http_error *why);

/* The first field of that name (without regard to case), or NULL. */
const struct http_field *http_find(const struct http_request *r, struct sv name);
/* Whether the comma-separated list in any field `name` has `token` (RFC 9110 5.6.1). */
bool http_has_token(const struct http_request *r, struct sv name, struct sv token);

/* "HOST:PORT" into host (with its brackets) and port digits (n == 0 without a port). False on userinfo,
 * a colon too many, an empty host or a character that no host has. */
bool http_split_authority(struct sv authority, struct sv *host, struct sv *port);
/* 1 to 5 digits, 1 to 65535. */
bool http_parse_port(struct sv digits, uint16_t *out);

#endif
