/*
 * service_tags -- the prefixes behind service-tag:NAME, from the files that `service-tags` lines name.
 * "sekisho tag import service-tags" writes such a file. It is text, made to be read and compared by line:
 *
 *   sekisho-service-tags 1               what it is, and the version of this format
 *   cloud Public                         then any of these, in any order: which cloud,
 *   change-number 375                    the source's own number,
 *   date 2025-10-28                      the date of the source
 *   tag AzureBackup.JapanEast            one line a tag, sorted by name; each of its prefixes
 *   <TAB>13.78.108.32/27                 follows on a line of its own, sorted by address
 *
 *  - "#" at the start of a line begins a comment; empty lines are fine.
 *  - Names are found without regard to case, and by either spelling of the region behind the last dot
 *    (AzureCloud writes centralfrance where other tags and ${region} write francecentral).
 *  - A tag that several files have gives the prefixes of all of them.
 */
#ifndef SEKISHO_POLICY_SERVICE_TAGS_H
#define SEKISHO_POLICY_SERVICE_TAGS_H

#include "config/conf.h"

struct service_tags;

struct service_prefixes {
	const struct prefix *items;
	size_t n;
};

/* Reads what the `service-tags` lines of `conf` name; errors are reported. Never NULL. Lives in `a` and borrows
 * from `conf`; service_tags_fini() gives back the rest. */
struct service_tags *service_tags_read(const struct conf *conf, struct arena *a, struct diag_list *why);
void service_tags_fini(struct service_tags *t);         /* NULL is fine */

bool service_tags_loaded(const struct service_tags *t); /* whether any file was named */
size_t service_tags_count(const struct service_tags *t);
/* False: no such tag. */
bool service_tags_find(const struct service_tags *t, struct sv name, struct service_prefixes *out);
const char *service_tags_suggest(const struct service_tags *t, struct sv name);

#endif
