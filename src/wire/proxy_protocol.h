/*
 * proxy_protocol -- the header by which a load balancer says who the client is (PROXY protocol, versions 1 and 2).
 * Bytes in, endpoints out; no allocation, no I/O, nothing kept.  Read strictly: version 1 is one line in exactly the
 * form that the specification gives, and of version 2 the TLVs are stepped over, not read.
 *  - A verdict on a prefix is the verdict on the whole. What is wrong is known at the first octet that does not fit,
 *    within a line of version 1 at its end.
 */
#ifndef SEKISHO_WIRE_PROXY_PROTOCOL_H
#define SEKISHO_WIRE_PROXY_PROTOCOL_H

#include "base/ip.h"

enum {
	PROXY_V1_MAX = 107,             /* octets of the longest line, its end included */
	PROXY_V2_MAX = 16 + 4096,       /* what is taken of version 2: far more than addresses and TLVs need */
};

enum proxy_error {
	PROXY_OK,
	PROXY_NOT_PROXY,        /* neither signature */
	PROXY_BAD_LINE,         /* version 1: not in the form of the specification */
	PROXY_BAD_VERSION,      /* version 2: another version or command */
	PROXY_BAD_FAMILY,       /* version 2: not TCP over IPv4 or IPv6 */
	PROXY_BAD_LENGTH,       /* version 2: too short for its addresses, or too long */
};
const char *proxy_error_text(enum proxy_error e);

struct proxy_header {
	unsigned version;               /* 1 or 2 */
	bool local;                     /* LOCAL or UNKNOWN: the balancer's own connection, no addresses */
	struct endpoint source, destination;    /* IPv4-mapped addresses are unmapped */
};

/* The header at the start of `bytes`: its length, -EAGAIN when more are needed, -EBADMSG with *why. */
int proxy_header_parse(struct proxy_header *out, struct sv bytes, enum proxy_error *why);

#endif
