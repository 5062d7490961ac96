/*
 * cache -- DNS messages kept by name, type and DO bit.
 *
 * One allocation an entry:   | struct entry | key: name, type, DO | message |
 * A table of chains finds it, a list orders all by last use (newest first).
 */
#include "dns/cache.h"
#include "base/hash.h"

#include <stdlib.h>
#include <sys/queue.h>

enum {
	KEY_MAX = DNS_NAME_MAX + 3,
	BUCKETS_MIN = 64,
	ALLOCATION_OCTETS = 16,         /* what malloc itself takes, about */
};

struct entry {
	TAILQ_ENTRY(entry) by_use;
	struct entry *next;             /* in its bucket */
	uint64_t hash, expires_us, failed_until_us;
	size_t octets, n_message;
	uint32_t ttl_s, hits;
	uint16_t n_key, failure;
	uint8_t bytes[];
};
TAILQ_HEAD(entries, entry);

struct dns_cache {
	struct entries by_use;
	struct entry **buckets;
	size_t n_buckets;               /* a power of two */
	size_t n, octets, limit;
	uint32_t keep_s;
};

struct flat_key {
	size_t n;
	uint64_t hash;
	uint8_t bytes[KEY_MAX];
};

static void flatten(struct flat_key *out, const struct cache_key *key)
{
	memcpy(out->bytes, key->name->wire, key->name->n);
	out->n = key->name->n;
	out->bytes[out->n++] = (uint8_t)(key->type >> 8);
	out->bytes[out->n++] = (uint8_t)key->type;
	out->bytes[out->n++] = key->dnssec_ok;
	out->hash = hash_bytes(out->bytes, out->n);
}

struct dns_cache *dns_cache_create(size_t octets, uint32_t keep_s)
{
	struct dns_cache *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	TAILQ_INIT(&c->by_use);
	c->n_buckets = BUCKETS_MIN;
	c->buckets = calloc(c->n_buckets, sizeof(struct entry *));
	if (!c->buckets) {
		free(c);
		return NULL;
	}
	c->limit = octets;
	c->keep_s = keep_s;
	return c;
}

void dns_cache_free(struct dns_cache *c)
{
	if (!c)
		return;
	dns_cache_clear(c);
	free(c->buckets);
	free(c);
}

static struct entry **slot_of(struct dns_cache *c, const struct flat_key *key)
{
	struct entry **at = &c->buckets[key->hash & (c->n_buckets - 1)];

	while (*at && ((*at)->hash != key->hash || (*at)->n_key != key->n ||
		       memcmp((*at)->bytes, key->bytes, key->n) != 0))
		at = &(*at)->next;
	return at;
}

static void drop_at(struct dns_cache *c, struct entry **at)
{
	struct entry *e = *at;

	*at = e->next;
	TAILQ_REMOVE(&c->by_use, e, by_use);
	c->octets -= e->octets;
	c->n--;
	free(e);
}

static void drop(struct dns_cache *c, struct entry *e)
{
	struct entry **at = &c->buckets[e->hash & (c->n_buckets - 1)];

	while (*at != e)
		at = &(*at)->next;
	drop_at(c, at);
}

static void shrink_to(struct dns_cache *c, size_t octets)
{
	while (c->octets > octets)
		drop(c, TAILQ_LAST(&c->by_use, entries));
}

void dns_cache_clear(struct dns_cache *c)
{
	shrink_to(c, 0);
}

void dns_cache_limit(struct dns_cache *c, size_t octets, uint32_t keep_s)
{
	c->limit = octets;
	c->keep_s = keep_s;
	shrink_to(c, octets);
}

/* Twice the buckets; without memory the chains just grow longer. */
static void grow(struct dns_cache *c)
{
	size_t wider = c->n_buckets * 2;
	struct entry **buckets = calloc(wider, sizeof(struct entry *));
	struct entry *e;

	if (!buckets)
		return;
	TAILQ_FOREACH(e, &c->by_use, by_use) {
		struct entry **head = &buckets[e->hash & (wider - 1)];

		e->next = *head;
		*head = e;
	}
	free(c->buckets);
	c->buckets = buckets;
	c->n_buckets = wider;
}

static uint32_t seconds_until(uint64_t then_us, uint64_t now_us)
{
	return then_us > now_us ? (uint32_t)((then_us - now_us + 999999) / 1000000) : 0;
}

static bool is_useless(const struct dns_cache *c, const struct entry *e, uint64_t now_us)
{
	return e->failed_until_us <= now_us &&
	       (e->n_message == 0 || e->expires_us + c->keep_s * UINT64_C(1000000) <= now_us);
}

bool dns_cache_get(struct dns_cache *c, const struct cache_key *key, uint64_t now_us,
		   struct cached *out)
{
	struct flat_key flat;
	struct entry **at, *e;

	flatten(&flat, key);
	at = slot_of(c, &flat);
	e = *at;
	if (!e)
		return false;
	if (is_useless(c, e, now_us)) {
		drop_at(c, at);
		return false;
	}
	TAILQ_REMOVE(&c->by_use, e, by_use);
	TAILQ_INSERT_HEAD(&c->by_use, e, by_use);
	e->hits++;
	*out = (struct cached){
		.message = e->n_message ? e->bytes + e->n_key : NULL,
		.n = e->n_message,
		.ttl_s = e->ttl_s,
		.left_s = seconds_until(e->expires_us, now_us),
		.left_us = e->expires_us > now_us ? e->expires_us - now_us : 0,
		.hits = e->hits,
		.failure = e->failed_until_us > now_us ? e->failure : 0,
		.failure_left_s = seconds_until(e->failed_until_us, now_us),
	};
	return true;
}

/* Makes room for and links a new entry; its message is not filled in. NULL: there is no room. */
static struct entry *add(struct dns_cache *c, const struct flat_key *key, size_t n_message)
{
	size_t size = sizeof(struct entry) + key->n + n_message, octets = size + ALLOCATION_OCTETS;
	struct entry *e, **head;

	if (octets > c->limit)
		return NULL;
	e = calloc(1, size);
	if (!e)
		return NULL;
	shrink_to(c, c->limit - octets);
	if (c->n >= c->n_buckets)
		grow(c);
	head = &c->buckets[key->hash & (c->n_buckets - 1)];
	memcpy(e->bytes, key->bytes, key->n);
	e->n_key = (uint16_t)key->n;
	e->n_message = n_message;
	e->hash = key->hash;
	e->octets = octets;
	e->next = *head;
	*head = e;
	TAILQ_INSERT_HEAD(&c->by_use, e, by_use);
	c->octets += octets;
	c->n++;
	return e;
}

void dns_cache_put(struct dns_cache *c, const struct cache_key *key, const uint8_t *message, size_t n,
		   uint32_t ttl_s, uint64_t now_us)
{
	struct flat_key flat;
	struct entry **at, *e;

	flatten(&flat, key);
	at = slot_of(c, &flat);
	if (*at)
		drop_at(c, at);
	if (ttl_s == 0 || n == 0)
		return;
	e = add(c, &flat, n);
	if (!e)
		return;
	memcpy(e->bytes + e->n_key, message, n);
	e->ttl_s = ttl_s;
	e->expires_us = now_us + ttl_s * UINT64_C(1000000);
}

void dns_cache_fail(struct dns_cache *c, const struct cache_key *key, uint16_t failure, uint32_t hold_s,
		    uint64_t now_us)
{
	struct flat_key flat;
	struct entry *e;

	if (hold_s == 0)
		return;
	flatten(&flat, key);
	e = *slot_of(c, &flat);
	if (!e)
		e = add(c, &flat, 0);
	if (!e)
		return;
	e->failure = failure;
	e->failed_until_us = now_us + hold_s * UINT64_C(1000000);
}

size_t dns_cache_entries(const struct dns_cache *c)
{
	return c->n;
}

size_t dns_cache_octets(const struct dns_cache *c)
{
	return c->octets;
}
