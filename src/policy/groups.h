/*
 * groups -- the ip-groups and fqdn-groups of a configuration.
 * Addresses are read at once; names are handed out one by one when asked for, straight from the list file's
 * text, so that a list of a million names costs no memory of its own.
 */
#ifndef SEKISHO_POLICY_GROUPS_H
#define SEKISHO_POLICY_GROUPS_H

#include "policy/reading.h"

struct groups;

/* Reports errors; never NULL. Lives in r->scratch; borrows from r->conf. */
struct groups *groups_read(const struct reading *r);
void groups_fini(struct groups *g);

struct ip_group {
	const char *name;
	struct place at;
	const struct prefix *prefixes;
	size_t n;
};
const struct ip_group *groups_find_ips(const struct groups *g, struct sv name);
const char *groups_suggest_ips(const struct groups *g, struct sv name);

/* fqdn-groups by number. */
size_t groups_count_names(const struct groups *g);
bool groups_find_names(const struct groups *g, struct sv name, size_t *number);
const char *groups_suggest_names(const struct groups *g, struct sv name);

/* About how many patterns the group has, from above. */
size_t groups_size(const struct groups *g, size_t number);

/* Gives each pattern of the group; *p is borrowed for the call. Errors are reported at their place in the
 * policy or in the list file. */
typedef void groups_visit(void *arg, struct place at, const struct pattern *p);
void groups_each_name(const struct groups *g, const struct reading *r, size_t number,
		      groups_visit *visit, void *arg);

#endif
