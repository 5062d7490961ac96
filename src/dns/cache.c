/*
 * cache -- DNS messages kept by name, type and DO bit.
 *
 * One allocation an entry:   | struct entry | name | gist | message |
 * A table of chains finds it, a list orders all by last use (newest first).
 */
#include "dns/cache.h"
#include "base/hash.h"

#include <stdlib.h>
#include <sys/queue.h>

enum {
	BUCKETS_MIN = 64,
	ALLOCATION_OCTETS = 16,         /* what malloc itself takes, about */
};

struct entry {
	TAILQ_ENTRY(entry) by_use;
	struct entry *next;             /* in its bucket */
	uint64_t hash, expires_us, failed_until_us;
	uint32_t ttl_s, hits;
	uint16_t type, failure, n_gist, n_message;
	bool dnssec_ok;
	uint8_t n_name;
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

/* The types of one name are neighbours, which is no harm. */
static uint64_t hash_of(const struct cache_key *key)
{
	return hash_bytes(key->name->wire, key->name->n) + key->type * UINT64_C(2) + key->dnssec_ok;
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

static bool has_key(const struct entry *e, const struct cache_key *key)
{
	return e->n_name == key->name->n && e->type == key->type && e->dnssec_ok == key->dnssec_ok &&
	       memcmp(e->bytes, key->name->wire, e->n_name) == 0;
}

static struct entry **slot_of(struct dns_cache *c, const struct cache_key *key, uint64_t hash)
{
	struct entry **at = &c->buckets[hash & (c->n_buckets - 1)];

	while (*at && ((*at)->hash != hash || !has_key(*at, key)))
		at = &(*at)->next;
	return at;
}

static size_t octets_of(const struct entry *e)
{
	return sizeof(*e) + e->n_name + e->n_gist + e->n_message + ALLOCATION_OCTETS;
}

static void drop_at(struct dns_cache *c, struct entry **at)
{
	struct entry *e = *at;

	*at = e->next;
	TAILQ_REMOVE(&c->by_use, e, by_use);
	c->octets -= octets_of(e);
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

static struct cache_value value_of(const struct entry *e)
{
	const uint8_t *gist = e->bytes + e->n_name;

	return (struct cache_value){ gist + e->n_gist, e->n_message, gist, e->n_gist };
}

bool dns_cache_get(struct dns_cache *c, const struct cache_key *key, uint64_t now_us,
		   struct cached *out)
{
	struct entry **at = slot_of(c, key, hash_of(key)), *e = *at;

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
		.value = value_of(e),
		.ttl_s = e->ttl_s,
		.left_s = seconds_until(e->expires_us, now_us),
		.left_us = e->expires_us > now_us ? e->expires_us - now_us : 0,
		.hits = e->hits,
		.failure = e->failed_until_us > now_us ? e->failure : 0,
		.failure_left_s = seconds_until(e->failed_until_us, now_us),
	};
	return true;
}

static void link_entry(struct dns_cache *c, struct entry *e)
{
	struct entry **head;

	if (c->n >= c->n_buckets)
		grow(c);
	head = &c->buckets[e->hash & (c->n_buckets - 1)];
	e->next = *head;
	*head = e;
	TAILQ_INSERT_HEAD(&c->by_use, e, by_use);
	c->octets += octets_of(e);
	c->n++;
}

static void fill(struct entry *e, const struct cache_key *key, const struct cache_value *value)
{
	uint8_t *at = e->bytes;

	memcpy(at, key->name->wire, e->n_name);
	at += e->n_name;
	if (value->n_gist)
		memcpy(at, value->gist, value->n_gist);
	at += value->n_gist;
	if (value->n)
		memcpy(at, value->message, value->n);
}

/* Makes room for a new entry. NULL: there is none. */
static struct entry *add(struct dns_cache *c, const struct cache_key *key, uint64_t hash,
			 const struct cache_value *value)
{
	size_t size = sizeof(struct entry) + key->name->n + value->n_gist + value->n;
	size_t octets = size + ALLOCATION_OCTETS;
	struct entry *e;

	if (octets > c->limit || value->n > UINT16_MAX || value->n_gist > UINT16_MAX)
		return NULL;
	e = malloc(size);
	if (!e)
		return NULL;
	*e = (struct entry){
		.hash = hash, .type = key->type, .dnssec_ok = key->dnssec_ok, .n_name = key->name->n,
		.n_gist = (uint16_t)value->n_gist, .n_message = (uint16_t)value->n,
	};
	fill(e, key, value);
	shrink_to(c, c->limit - octets);
	link_entry(c, e);
	return e;
}

void dns_cache_put(struct dns_cache *c, const struct cache_key *key, const struct cache_value *value,
		   uint32_t ttl_s, uint64_t now_us)
{
	uint64_t hash = hash_of(key);
	struct entry **at = slot_of(c, key, hash), *e;

	if (*at)
		drop_at(c, at);
	if (ttl_s == 0 || value->n == 0)
		return;
	e = add(c, key, hash, value);
	if (!e)
		return;
	e->ttl_s = ttl_s;
	e->expires_us = now_us + ttl_s * UINT64_C(1000000);
}

void dns_cache_fail(struct dns_cache *c, const struct cache_key *key, uint16_t failure, uint32_t hold_s,
		    uint64_t now_us)
{
	uint64_t hash = hash_of(key);
	struct entry *e;

	if (hold_s == 0)
		return;
	e = *slot_of(c, key, hash);
	if (!e)
		e = add(c, key, hash, &(struct cache_value){ 0 });
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
