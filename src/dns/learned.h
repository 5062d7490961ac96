/*
 * learned -- which name a client means by an address, as our own DNS answers taught it.
 * One table for all workers: (client, address, name) with a time until which it counts.  Only the DNS listener
 * adds, and only what a client was just told; the transparent listener asks.
 *  - A client is one address. (Azure's IPv6 subnets are a /64 each: a wider key would let neighbours teach
 *    each other.)
 *  - An entry lives for its TTL and the grace beyond, and as long as somebody holds it: a tunnel that was
 *    decided by it. When its last holder lets go, it lives for the grace once more.
 *  - Memory is bounded: what is over makes room first, then the oldest entry that nobody holds of a client that
 *    has many. A client with few entries does not lose them to one that asks for thousands of names.
 *  - Sharded by client, one mutex a shard, held for a few hash steps; safe from any thread. What was added is
 *    found by every thread from the moment that learned_add() returns: add, then send the answer.
 * Times are of the monotonic clock (clock_mono_us()); on disk, of the wall clock. Names are canonical text.
 */
#ifndef SEKISHO_DNS_LEARNED_H
#define SEKISHO_DNS_LEARNED_H

#include "base/diag.h"
#include "base/ip.h"
#include "base/sv.h"

enum { LEARNED_NAME_MAX = 253, LEARNED_NAMES_MAX = 16 };

struct learned;
struct learned_hold;

struct learned_config {
	uint32_t grace_s;               /* `learned-grace`; 900 */
	size_t entries;                 /* at most; `learned-max` */
};

struct learned_name {                   /* a copy: stays what it is when the table goes on */
	uint8_t n;
	char text[LEARNED_NAME_MAX + 1];        /* with a NUL */
	uint32_t left_s;                /* how long it still counts; 0: only as long as it is held */
};

struct learned_counts {
	size_t entries, held;
	uint64_t added, renewed, evicted;       /* evicted: before their time */
};

struct learned *learned_create(const struct learned_config *cfg);       /* out of memory ends the process */
void learned_free(struct learned *l);                   /* NULL is fine; every hold must have been released */
void learned_configure(struct learned *l, const struct learned_config *cfg);   /* after a reload */

/* `client` was told that `name` has `address`, for `ttl_s`. Known already: its time starts anew. False when
 * the name is no canonical host name, or no room could be made: everything in the shard is held. */
bool learned_add(struct learned *l, const struct ip *client, const struct ip *address, struct sv name,
		 uint32_t ttl_s, uint64_t now_us);
/* The names by which `client` knows `address`, newest first, at most `max` of them in `out`. Returns how many
 * there are in all: when that is more than `max`, not all of them were seen. */
size_t learned_find(struct learned *l, const struct ip *client, const struct ip *address,
		    struct learned_name *out, size_t max, uint64_t now_us);
/* Is `address` one that `client` was told for `name`? */
bool learned_knows(struct learned *l, const struct ip *client, const struct ip *address, struct sv name,
		   uint64_t now_us);

/* Has `client` been told anything that still counts? */
bool learned_has_client(struct learned *l, const struct ip *client, uint64_t now_us);

/* Keeps one entry alive until released. NULL when there is no such live entry. */
struct learned_hold *learned_hold(struct learned *l, const struct ip *client, const struct ip *address,
				  struct sv name, uint64_t now_us);
void learned_release(struct learned *l, struct learned_hold *hold, uint64_t now_us);   /* NULL is fine */

/* Writes all live entries to a new file beside `path` and renames it over `path`. 0 or a negative errno. */
int learned_save(struct learned *l, const char *path, int64_t wall_ms, uint64_t now_us);
/* Adds what `path` holds and is not over. 0, also when there is no such file; else a negative errno with a
 * sentence in *why: -EBADMSG for a file that is not ours or was damaged, of which nothing is taken. */
int learned_load(struct learned *l, const char *path, int64_t wall_ms, uint64_t now_us,
		 struct diag_list *why);

void learned_count(struct learned *l, struct learned_counts *out);

#endif
