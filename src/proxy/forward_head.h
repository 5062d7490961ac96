/*
 * forward_head -- the heads that a plain request and its response get on the other side of the proxy.
 * Pure: parsed head in, text out.  Framing is written anew, hop-by-hop fields go (RFC 9110 7.6.1): those that
 * Connection names, and the known ones whether named or not.  Host, Content-Length and Transfer-Encoding cannot
 * be named away, because they are never copied in the first place.
 */
#ifndef SEKISHO_PROXY_FORWARD_HEAD_H
#define SEKISHO_PROXY_FORWARD_HEAD_H

#include "base/strbuf.h"
#include "wire/http_response.h"

/* How the response's body is framed towards the client. */
enum { FORWARD_HEAD_SLACK = 1024 };     /* what a head may grow by, beyond its own length */

struct forward_request {
	struct sv host;                 /* canonical, with brackets for IPv6 */
	uint16_t port;
	struct sv via;                  /* our pseudonym */
	bool upgrade;                   /* Upgrade may go on */
};
/* Writes the request as the origin gets it. */
void forward_request_head(const struct http_request *r, const struct forward_request *how, struct strbuf *out);
/* Room that forward_request_head() needs at most. */
size_t forward_request_size(const struct http_request *r);

struct forward_response {
	struct sv via;
	enum http_framing framing;      /* towards the client */
	bool close;                     /* say `Connection: close` */
	bool upgrade;                   /* a 101 that may pass */
};
/* Writes the response as the client gets it. */
void forward_response_head(const struct http_response *r, const struct forward_response *how,
			   struct strbuf *out);
size_t forward_response_size(const struct http_response *r);

/* Whether a request asks to leave HTTP/1.1 for something that an `upgrade on` rule is needed for. h2c is
 * not one: it may be ignored, and the client goes on in HTTP/1.1. */
bool forward_wants_upgrade(const struct http_request *r);

#endif
