/*
 * catalog -- the tags of a configuration, or of a folder of .tag files, open for looking at: listed, shown with
 * the reason for each entry, compared with another state of the same catalog.
 * Texts are for people; with `json` the same facts come as one JSON document.
 */
#ifndef SEKISHO_CATALOG_CATALOG_H
#define SEKISHO_CATALOG_CATALOG_H

#include "policy/tags.h"

#include <stdio.h>

struct catalog {
	struct conf *conf;
	struct tags *tags;
	struct reading r;               /* for tags_examine() */
	struct service_tags *service_tags;
};

/* One of the two: a configuration, or a folder whose *.tag files are read. 0, or -EINVAL with errors in *why,
 * which must live as long as the catalog. */
int catalog_open_file(struct catalog *out, const char *path, const struct conf_options *opt,
		      struct diag_list *why);
int catalog_open_folder(struct catalog *out, const char *folder, const struct conf_options *opt,
			struct diag_list *why);
void catalog_close(struct catalog *c);                  /* copes with one that did not open */

/* Every tag with its counts, its newest date and its state; a warning for each entry without a source. */
void catalog_list(struct catalog *c, bool json, FILE *to);

/* What NAME[+PART...] opens and why, and what it leaves out and why. False: `spec` is wrong (reported). */
bool catalog_show(struct catalog *c, struct sv spec, bool json, FILE *to);

/* Entry by entry, first what opens more, then what opens less, then what only reads differently. The number of
 * differences. */
size_t catalog_diff(const struct catalog *before, const struct catalog *after, bool json, FILE *to);

#endif
