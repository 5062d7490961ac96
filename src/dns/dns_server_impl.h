/*
 * dns_server_impl -- what dns_server.c (a question from its octets to its answer) and dns_transport.c (sockets) share.
 */
#ifndef SEKISHO_DNS_DNS_SERVER_IMPL_H
#define SEKISHO_DNS_DNS_SERVER_IMPL_H

#include "dns/dns_server.h"
#include "wire/dns_reply.h"

#include <sys/queue.h>

enum {
	QUERY_MAX = 4096,               /* octets of a question; more is not sent by anybody honest */
	REQUESTS_MAX = 8192,            /* waiting for the resolver */
	ADDRESSES_MAX = 256,            /* told in one answer */
};

struct dns_socket;                      /* a listener's two sockets */
struct dns_stream;                      /* a client's TCP connection */

struct dns_origin {                     /* where a question came from, and its answer goes */
	struct dns_socket *socket;
	struct dns_stream *stream;      /* NULL: UDP */
	struct endpoint listener, client;       /* listener: the address that was asked */
	unsigned interface;             /* it came in by; for link-local addresses */
};

struct dns_request {
	LIST_ENTRY(dns_request) link;   /* while it waits */
	struct dns_server *server;
	struct dns_origin from;
	struct dns_message query;       /* its octets lie in `bytes` while it waits */
	char name[DNS_TEXT_MAX];        /* "" when it is no host name */
	const struct policy *policy;    /* decided on; a reference while it waits */
	uint64_t generation;
	enum dns_reason reason;
	bool allowed;
	bool by_address;                /* passes with those addresses only that address rules allow */
	struct verdict verdict;
	uint64_t start_us;
	int64_t start_ms;
	struct resolver_query *asked;
	uint8_t bytes[];
};
LIST_HEAD(dns_requests, dns_request);

struct dns_server {
	struct dns_server_env env;
	struct dns_server_config cfg;
	const struct policy *policy;
	uint64_t generation;
	LIST_HEAD(, dns_socket) sockets;
	struct dns_requests waiting;
	struct dns_server_counts counts;
	uint8_t answer[2 + DNS_MESSAGE_MAX];    /* scratch; the first two octets are a stream's length */
};

/* ---- dns_server.c ------------------------------------------------------------------------------ */

/* Takes a message apart and answers it, at once or later. */
void dns_server_take(struct dns_server *s, const struct dns_origin *from, const uint8_t *bytes, size_t n);
/* Drops what waits and came from there; `stream` NULL: all of the socket. */
void dns_server_forget(struct dns_server *s, const struct dns_socket *socket, const struct dns_stream *stream);

/* ---- dns_transport.c ---------------------------------------------------------------------------- */

/* Sends s->answer + 2, n octets. */
void dns_transport_send(struct dns_server *s, const struct dns_origin *to, size_t n);

#endif
