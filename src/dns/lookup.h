/*
 * lookup -- what one question has found so far.
 * Takes messages, from a server or from the cache, and follows the name through them until an answer
 * stands or the next name to ask is known. Owns its result; does no I/O and keeps no message.
 */
#ifndef SEKISHO_DNS_LOOKUP_H
#define SEKISHO_DNS_LOOKUP_H

#include "dns/resolver.h"
#include "wire/dns.h"

struct dns_kind {
	uint16_t type;
	bool dnssec_ok;
};

/* Of A and AAAA the addresses are wanted, and aliases are followed; everything else is taken as it comes. */
static inline bool dns_kind_is_address(struct dns_kind k)
{
	return !k.dnssec_ok && (k.type == DNS_TYPE_A || k.type == DNS_TYPE_AAAA);
}

struct lookup {
	struct dns_name name;           /* to be asked now */
	struct dns_kind kind;
	unsigned links, follow_ups;
	enum dns_status status;
	uint8_t rcode;
	uint32_t ttl_s;                 /* the least of all messages that it went through */
	bool cached;                    /* every one of them came from the cache */
	size_t n, n_chain;
	struct ip addresses[RESOLVER_ADDRESSES_MAX];
	char chain[RESOLVER_CHAIN_MAX];
};

enum lookup_step {
	LOOKUP_DONE,                    /* status, addresses, chain and ttl_s stand */
	LOOKUP_FOLLOW,                  /* l->name is another now: ask for it */
	LOOKUP_BAD,                     /* not to be believed; nothing changed */
	LOOKUP_FAILED,                  /* the server could not say; nothing changed but rcode */
};

void lookup_init(struct lookup *l, const struct dns_name *name, struct dns_kind kind);
/* *granted_s becomes how long this message may be used, by `cfg` and by the message. */
enum lookup_step lookup_take(struct lookup *l, const struct dns_message *m,
			     const struct resolver_config *cfg, uint32_t *granted_s);
void lookup_limit_ttl(struct lookup *l, uint32_t ttl_s);
enum dns_status lookup_failure(unsigned rcode);         /* the status of a failing rcode */

#endif
