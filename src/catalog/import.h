/*
 * import -- other people's lists, translated into what a configuration can use.
 * Each importer reads one text and writes one; everything that it leaves out, or whose meaning is another in our
 * language, is a finding. The rule that they all keep: what comes out opens no more than what went in, but where a
 * warning says so (a deny that cannot be translated).
 *  - A warning is something lost or changed; a note is something to know; an error means nothing was written
 *    that is worth keeping.
 *  - Text goes to in->out as it comes; the caller decides whether to keep it (0) or not (-EINVAL).
 */
#ifndef SEKISHO_CATALOG_IMPORT_H
#define SEKISHO_CATALOG_IMPORT_H

#include "base/arena.h"
#include "base/diag.h"

#include <stdio.h>

struct import {
	const char *file;               /* its name, for findings and for the header of what is written */
	struct sv text;
	FILE *out;
	struct diag_list *why;
	const char *tenant;             /* office365: the tenant's name, or NULL */
	const char *from;               /* squid: the words behind `from`; NULL: any */
};

/* Microsoft's ServiceTags_*.json to a file for `service-tags` (policy/service_tags.h has its format). */
int import_service_tags(const struct import *in);
/* The endpoint sets of endpoints.office.com to tags Office365.AREA.CATEGORY[.Required|.NotRequired]. */
int import_office365(const struct import *in);
/* A dstdomain list, one a line, or the `acl NAME dstdomain` lines of a squid.conf. */
int import_squid(const struct import *in);
/* An ARM export with firewalls or with the rule collection groups of firewall policies. */
int import_azure_firewall(const struct import *in);
/* Smokescreen's ACL, version 1. */
int import_smokescreen(const struct import *in);

#endif
