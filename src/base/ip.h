/*
 * ip -- IP addresses, prefixes and endpoints as plain values.
 * Text is read strictly: an IPv4 address is four decimal numbers without leading zeros, an IPv6
 * address is RFC 4291 text without brackets and without a zone.  Everything else is refused, so
 * that no spelling (octal, hexadecimal, short) can mean one address here and another elsewhere.
 */
#ifndef SEKISHO_BASE_IP_H
#define SEKISHO_BASE_IP_H

#include "base/sv.h"

#include <sys/socket.h>

struct ip {
	uint8_t family;         /* 4, 6, or 0 for none */
	uint8_t b[16];          /* network order; IPv4 in the first four, the rest zero */
};

struct prefix {
	struct ip addr;         /* no bit set behind the prefix */
	uint8_t bits;
};

struct endpoint {
	struct ip ip;
	uint16_t port;          /* host order */
};

enum { IP_TEXT_MAX = 46, ENDPOINT_TEXT_MAX = 56, PREFIX_TEXT_MAX = 50 };

bool ip_parse(struct ip *out, struct sv text);
bool ip_eq(const struct ip *a, const struct ip *b);
int ip_cmp(const struct ip *a, const struct ip *b);     /* IPv4 before IPv6, then by value */
/* ::ffff:a.b.c.d becomes a.b.c.d; anything else stays. */
struct ip ip_unmapped(const struct ip *ip);
/* RFC 5952 text with a NUL; the length without it. Family 0 gives "". */
size_t ip_format(const struct ip *ip, char out[IP_TEXT_MAX]);

enum prefix_error { PREFIX_OK, PREFIX_BAD_ADDRESS, PREFIX_BAD_LENGTH, PREFIX_HOST_BITS };
/* "10.0.0.0/8", "2001:db8::/32", or a bare address (then of full length). On PREFIX_HOST_BITS *out
 * is the prefix that was probably meant. */
enum prefix_error prefix_parse(struct prefix *out, struct sv text);
bool prefix_contains(const struct prefix *p, const struct ip *ip);
size_t prefix_format(const struct prefix *p, char out[PREFIX_TEXT_MAX]);

/* "192.0.2.1:53", "[2001:db8::1]:53"; without a port, `default_port` (0: then a port is required). */
bool endpoint_parse(struct endpoint *out, struct sv text, uint16_t default_port);
bool endpoint_eq(const struct endpoint *a, const struct endpoint *b);
size_t endpoint_format(const struct endpoint *e, char out[ENDPOINT_TEXT_MAX]);
socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *out);
/* IPv4-mapped addresses are unmapped. Anything but AF_INET and AF_INET6 gives family 0. */
struct endpoint endpoint_from_sockaddr(const struct sockaddr_storage *sa);

#endif
