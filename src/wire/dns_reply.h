/*
 * dns_reply -- answers to clients, put together from what a server answered us.
 * Nothing is copied blindly: records are taken one by one, names in them are read and written anew (so that no
 * compression pointer survives from one message into the other), TTLs age and are capped.
 *  - The question goes back octet by octet, the case of its letters included.
 *  - Only the answer section, and from the authority section what a "no" (or DNSSEC) needs; what a server puts
 *    into the additional section is left out.
 *  - What does not fit is not cut: the answer becomes an empty one with TC set.
 * No allocation, no I/O.
 */
#ifndef SEKISHO_WIRE_DNS_REPLY_H
#define SEKISHO_WIRE_DNS_REPLY_H

#include "wire/dns.h"

enum { DNS_TYPE_SVCB = 64, DNS_TYPE_HTTPS = 65 };
/* RFC 8914: why the answer is not what was hoped for. */
enum { DNS_EDE_NONE = 0, DNS_EDE_STALE = 3, DNS_EDE_BLOCKED = 15, DNS_EDE_PROHIBITED = 18, DNS_EDE_NETWORK = 23 };

struct dns_part {                       /* one message of the server's; a chain may need several */
	const struct dns_message *m;
	uint32_t age_s;                 /* how long ago it came */
	uint32_t ttl_max_s;
	const struct dns_name *owners;  /* records of the answer with other owners are left out; NULL: all stay */
	size_t n_owners;
};

/* Shown every address that goes out, in A and AAAA records and in the hints of SVCB and HTTPS records. False
 * leaves the record (or all its hints of that family) out. */
typedef bool dns_address_cb(void *arg, const struct ip *ip, uint32_t ttl_s);

struct dns_reply {
	const struct dns_message *query;        /* as parsed; a question of class IN */
	uint16_t rcode;
	const struct dns_part *parts;
	size_t n_parts;                 /* 0: no records at all */
	bool strip_ech;                 /* the `ech` parameter of SVCB and HTTPS records */
	uint16_t payload;               /* what we take over UDP; said only to those who speak EDNS */
	uint16_t ede;                   /* an extended error, likewise; 0: none */
	dns_address_cb *on_address;     /* or NULL */
	void *arg;
};

struct dns_reply_facts {
	unsigned answers;               /* records in the answer section */
	unsigned left_out;              /* addresses that on_address refused */
	bool truncated;
};

/* Writes at most `size` octets; the length. `size` must hold the question: DNS_QUESTION_MAX + 6 always does. */
size_t dns_reply_write(uint8_t *out, size_t size, const struct dns_reply *r, struct dns_reply_facts *facts);
/* An answer of a header alone, for what could not be read further; `bytes` has at least a header. */
size_t dns_reply_bare(uint8_t out[DNS_HEADER_OCTETS], const uint8_t *bytes, unsigned rcode);

#endif
