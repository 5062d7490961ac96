/*
 * lookup -- what one question has found so far.
 * Takes what messages say and follows the name through them until an answer stands or the next name to ask is
 * known. Owns its result; does no I/O and keeps no message.
 *  - A message is read once, when a server has sent it: into its gist, which the cache keeps beside it. So an
 *    answer out of the cache costs no parsing.
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

enum {
	GIST_HEAD = 5,
	GIST_MAX = GIST_HEAD + DNS_ADDRESSES_MAX * 16 + DNS_LINKS_MAX * DNS_TEXT_MAX,
};

struct gist {                   /* what one message says about the name that it was asked for */
	uint32_t ttl_s;         /* how long the message may be used, by it and by the configuration */
	size_t n;
	uint8_t bytes[GIST_MAX];        /* lookup.c has the form; means nothing for another kind of question */
};

void gist_read(struct gist *out, const struct dns_message *m, const struct dns_name *asked, struct dns_kind kind,
	       const struct resolver_config *cfg);

void lookup_init(struct lookup *l, const struct dns_name *name, struct dns_kind kind);
/* The `n` octets of a gist of (l->name, l->kind). */
enum lookup_step lookup_take(struct lookup *l, const uint8_t *gist, size_t n);
void lookup_limit_ttl(struct lookup *l, uint32_t ttl_s);
enum dns_status lookup_failure(unsigned rcode);         /* the status of a failing rcode */

#endif
