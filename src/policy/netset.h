/*
 * netset -- sets and maps of address prefixes.
 * A netset answers "is it in there" (sources, allow-address): sorted disjoint ranges, binary search.
 * A nettree answers "which prefixes hold it" (address entries of rules): a path-compressed radix tree whose
 * nodes carry a list of 32-bit values each.  Both are built once and never change.
 */
#ifndef SEKISHO_POLICY_NETSET_H
#define SEKISHO_POLICY_NETSET_H

#include "base/arena.h"
#include "base/ip.h"

struct netset;
const struct netset *netset_build(struct arena *a, const struct prefix *prefixes, size_t n);
bool netset_has(const struct netset *s, const struct ip *ip);           /* NULL set: false */
bool netset_overlaps(const struct netset *s, const struct prefix *p);
bool netset_covers(const struct netset *s, const struct prefix *p);     /* all of p lies inside */

struct nettree_item {
	struct prefix prefix;
	uint32_t value;
};
struct nettree;
/* Items with equal prefixes are merged into one node, their values ascending, each once. */
const struct nettree *nettree_build(struct arena *a, const struct nettree_item *items, size_t n);

enum { NETTREE_LISTS_MAX = 129 };
struct nettree_list {
	const uint32_t *values;         /* ascending */
	size_t n;
};
/* The lists of every prefix that holds `ip`, from the widest to the narrowest; the number of them. */
size_t nettree_find(const struct nettree *t, const struct ip *ip,
		    struct nettree_list out[NETTREE_LISTS_MAX]);

#endif
