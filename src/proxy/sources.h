/*
 * sources -- how many sessions each source address has open, over all workers, without a lock.
 * A fixed table of words that hold a tag of the address and a count; whoever changes one does so by
 * compare-and-swap.  Tags are keyed hashes, so that two addresses share a count only by accident of 2^-40.
 */
#ifndef SEKISHO_PROXY_SOURCES_H
#define SEKISHO_PROXY_SOURCES_H

#include "base/ip.h"

struct sources;

struct sources *sources_create(size_t most_sessions);   /* sized for that many different addresses */
void sources_free(struct sources *s);                   /* NULL is fine */
/* Counts one more, unless `limit` are open already. IPv6 clients count by their /64. */
bool sources_enter(struct sources *s, const struct ip *ip, size_t limit);
void sources_leave(struct sources *s, const struct ip *ip);

#endif
