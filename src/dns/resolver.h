/*
 * resolver -- turns FQDNs into addresses without blocking, through c-ares.
 * Owns, for one worker: one c-ares channel per upstream server, their socket events, the questions in
 * flight and the answer cache.  Not thread-safe: one resolver per event loop.
 *  - One question is one name and one type; happy eyeballs asks A and AAAA apart. Any type can be asked for,
 *    and the server's messages taken as they are: what the DNS listener does, out of the same cache.
 *  - Names within a zone go to the zone's own servers (a resolver within the resolver).
 *  - The callback runs once, later: never inside resolver_ask(), never after resolver_cancel().
 *  - A query handle dies with its callback, or with resolver_cancel(), whichever comes first.
 *  - Equal questions in flight are asked once. No question outlives `lookup_ms`.
 *  - No search domains, no hosts file, no environment variables. Each answer is checked (id, question,
 *    QR, opcode, class, owner chain) before it is believed.
 */
#ifndef SEKISHO_DNS_RESOLVER_H
#define SEKISHO_DNS_RESOLVER_H

#include "base/ip.h"
#include "base/sv.h"
#include "wire/dns.h"

struct event_base;
struct resolver;
struct resolver_query;

enum { RESOLVER_ADDRESSES_MAX = 32, RESOLVER_SERVERS_MAX = 8, RESOLVER_CHAIN_MAX = 512,
       RESOLVER_ZONES_MAX = 32, RESOLVER_PARTS_MAX = 9 };

enum dns_status {
	DNS_OK,                 /* at least one address */
	DNS_NXDOMAIN, DNS_NO_DATA,
	DNS_SERVFAIL, DNS_REFUSED,
	DNS_TIMEOUT,            /* no believable answer within lookup_ms */
	DNS_UNREACHABLE,        /* no server could be sent to */
	DNS_BAD_ANSWER,         /* malformed, or a chain that loops or is too long */
};
const char *dns_status_name(enum dns_status s);         /* "nxdomain", ... */

struct dns_answer {             /* valid during the callback, or until the next call into the resolver */
	enum dns_status status;
	uint8_t family;                                 /* 4: A, 6: AAAA */
	uint8_t rcode;                                  /* of the message; 0 when there was none */
	bool cached;
	size_t n;
	const struct ip *addresses;                     /* n of them, in the server's order */
	struct sv chain;                                /* CNAME targets, separated by one space; "" without */
	uint32_t ttl_s;                                 /* what is left of it */
	uint32_t took_us;                               /* from the question to the answer; 0 when cached */
};

typedef void resolver_cb(void *arg, const struct dns_answer *answer);

struct resolver_part {
	const uint8_t *bytes;           /* a message that dns_message_parse() takes */
	size_t n;
	uint32_t age_s;                 /* in the cache */
	uint32_t left_s;                /* of its time there; 0: stale */
};
struct resolver_message {       /* valid as long as a dns_answer is */
	enum dns_status status;
	uint8_t rcode;
	bool cached;
	size_t n;                       /* 0: there is no answer (status says why) */
	const struct resolver_part *parts;      /* in the order of the chain */
	uint32_t took_us;
};
typedef void resolver_message_cb(void *arg, const struct resolver_message *m);

struct resolver_zone {
	struct dns_name suffix;
	struct endpoint servers[RESOLVER_SERVERS_MAX];
	size_t n_servers;               /* at least 1 */
};

struct resolver_config {        /* copied */
	struct endpoint servers[RESOLVER_SERVERS_MAX];
	size_t n_servers;
	uint32_t lookup_ms;             /* the whole lookup; 3000 */
	uint32_t ttl_floor_s, ttl_ceiling_s;    /* 1, 86400 */
	uint32_t negative_ceiling_s;    /* RFC 2308; 60 */
	uint32_t failure_s;             /* how long SERVFAIL and the like are remembered; 1 */
	size_t cache_octets;            /* bound on the cache; the least recently used goes first */
	uint32_t stale_s;               /* RFC 8767: serve answers that old while no server answers; 0: off */
	const struct resolver_zone *zones;      /* read in create and configure only */
	size_t n_zones;
};

/* The system's servers (/etc/resolv.conf through c-ares), without search domains; the number found. */
size_t resolver_system_servers(struct endpoint out[RESOLVER_SERVERS_MAX]);

int resolver_create(struct resolver **out, struct event_base *base, const struct resolver_config *cfg);
/* Ends every query in flight without calling back. NULL is fine. */
void resolver_free(struct resolver *r);
/* New servers or limits; the cache stays unless the servers changed; questions in flight go on. */
int resolver_configure(struct resolver *r, const struct resolver_config *cfg);

/* What the cache holds for (name, family), negative answers included; NULL: it must be asked.
 * `name` is canonical: lower case, no final dot. */
const struct dns_answer *resolver_cached(struct resolver *r, struct sv name, uint8_t family);
/* 0 and a handle in *out, or a negative errno (then no callback comes). */
int resolver_ask(struct resolver_query **out, struct resolver *r, struct sv name, uint8_t family,
		 resolver_cb *cb, void *arg);
/* The same for messages of any type, asked with our own id. With A and AAAA (without DNSSEC) the parts follow
 * aliases to the addresses; `name` is in lower case and need not be a host name. */
const struct resolver_message *resolver_cached_message(struct resolver *r, const struct dns_name *name,
						       uint16_t type, bool dnssec_ok);
int resolver_ask_message(struct resolver_query **out, struct resolver *r, const struct dns_name *name,
			 uint16_t type, bool dnssec_ok, resolver_message_cb *cb, void *arg);
void resolver_cancel(struct resolver_query *q);         /* NULL is fine */

struct resolver_counts {
	uint64_t questions, cache_hits, sent, timeouts, bad_answers;
	size_t cached, cache_octets, in_flight;
};
void resolver_count(const struct resolver *r, struct resolver_counts *out);

#endif
