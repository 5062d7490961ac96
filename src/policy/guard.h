/*
 * guard -- which addresses a proxy must not be talked into dialling (SSRF).
 * A pure table of address ranges, each row with the registry that reserves it.  Says what an address is;
 * policy_guard() (policy.h) says whether this rule opens it.
 */
#ifndef SEKISHO_POLICY_GUARD_H
#define SEKISHO_POLICY_GUARD_H

#include "base/ip.h"

enum guard_class {
	GUARD_CLASS_PUBLIC,     /* nothing against it */
	GUARD_CLASS_PLATFORM,   /* IMDS, wireserver: never opened */
	GUARD_CLASS_NEVER,      /* multicast, broadcast, "this network": never opened */
	GUARD_CLASS_LOOPBACK,   /* opened only by an allow-address inside 127.0.0.0/8 or ::1 */
	GUARD_CLASS_PRIVATE,    /* opened by any allow-address that holds it */
};

struct guard_row {
	const char *prefix;
	enum guard_class class;
	const char *registry;   /* "RFC 1918", "IANA IPv4 special-purpose registry", ... */
};
const struct guard_row *guard_rows(size_t *n);

/* The class of `ip`. An address that hides an IPv4 address (IPv4-mapped, NAT64 64:ff9b::/96 and 64:ff9b:1::/48,
 * 6to4, Teredo, IPv4-compatible) has the stricter of its own class and that of the address inside. */
enum guard_class guard_classify(const struct ip *ip);
/* The IPv4 address hidden inside, or family 0. */
struct ip guard_inner(const struct ip *ip);

#endif
