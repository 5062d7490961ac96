/*
 * cache -- DNS messages kept by name, type and DO bit until their time is over.
 * Owns the messages' copies, their gists and their keys. It knows nothing of what they say: how long a message
 * may be used is the caller's word, so that any record type can be kept here.
 *  - The octets held (keys, gists, messages and bookkeeping) never exceed the bound; the least recently
 *    used goes first.
 *  - Beside its message, or without one, an entry may remember that asking failed a moment ago.
 *  - An expired message stays for `keep_s` more, for those who may serve it stale.
 * Not thread-safe: one cache per worker.
 */
#ifndef SEKISHO_DNS_CACHE_H
#define SEKISHO_DNS_CACHE_H

#include "wire/dns.h"

struct dns_cache;

struct cache_key {
	const struct dns_name *name;
	uint16_t type;
	bool dnssec_ok;
};

struct cache_value {
	const uint8_t *message;
	size_t n;
	const uint8_t *gist;    /* what the caller has made of it, so that it need not be read again */
	size_t n_gist;
};

struct cached {                 /* borrowed; valid until the next put, fail, limit or clear */
	struct cache_value value;       /* without octets when only a failure is remembered */
	uint32_t ttl_s;         /* as granted when it was put */
	uint32_t left_s;        /* of it, rounded up; 0: expired */
	uint64_t left_us;
	uint32_t hits;          /* of this message, this one included */
	uint16_t failure;       /* the caller's code while it is remembered; else 0 */
	uint32_t failure_left_s;
};

struct dns_cache *dns_cache_create(size_t octets, uint32_t keep_s);     /* NULL: out of memory */
void dns_cache_free(struct dns_cache *c);                               /* NULL is fine */
void dns_cache_limit(struct dns_cache *c, size_t octets, uint32_t keep_s);
void dns_cache_clear(struct dns_cache *c);

/* False: nothing of use is known. Counts as a use. */
bool dns_cache_get(struct dns_cache *c, const struct cache_key *key, uint64_t now_us,
		   struct cached *out);
/* Keeps a copy in place of what was known, failures included. With a TTL of 0, without memory or for a
 * message above the bound nothing is kept, and what was known goes. */
void dns_cache_put(struct dns_cache *c, const struct cache_key *key, const struct cache_value *value,
		   uint32_t ttl_s, uint64_t now_us);
/* Remembers a failure (not 0) for `hold_s`; a message that is still there stays. */
void dns_cache_fail(struct dns_cache *c, const struct cache_key *key, uint16_t failure, uint32_t hold_s,
		    uint64_t now_us);

size_t dns_cache_entries(const struct dns_cache *c);
size_t dns_cache_octets(const struct dns_cache *c);

#endif
