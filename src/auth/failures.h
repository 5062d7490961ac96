/*
 * failures -- how many wrong passwords each source address has sent in its minute, over all threads, without a lock.
 * A fixed table of words: a tag of the address, the second in which its minute began, and a count, changed by
 * compare-and-swap.  IPv6 counts by its /64.  A minute begins with the first failure and ends by itself.  When
 * there is no room, the oldest minute makes way.
 */
#ifndef SEKISHO_AUTH_FAILURES_H
#define SEKISHO_AUTH_FAILURES_H

#include "base/ip.h"

struct failures;

enum { FAILURES_MINUTE_S = 60, FAILURES_LIMIT_MAX = 1000 };

struct failures *failures_create(void);
void failures_free(struct failures *f);                 /* NULL is fine */
void failures_add(struct failures *f, const struct ip *source, uint64_t now_s);
/* For how many seconds the source is to be refused; 0: it has not sent `limit` wrong ones. `limit` 0: never. */
unsigned failures_wait_s(struct failures *f, const struct ip *source, unsigned limit, uint64_t now_s);

#endif
