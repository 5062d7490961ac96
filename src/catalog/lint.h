/*
 * lint -- what loads without an error and is still doubtful.
 * Each finding has a code of its own that never changes its meaning, and can be silenced on its line by a comment:
 *
 *     to *.blob.core.windows.net https:443;       # lint: SK009 we back up customers' accounts
 *
 * A finding about an entry of a catalog file is a note and stands at the rule that uses the tag: whoever
 * reads it can change that, and not the file.
 */
#ifndef SEKISHO_CATALOG_LINT_H
#define SEKISHO_CATALOG_LINT_H

#include "config/conf.h"

enum lint {
	LINT_RULE_COVERED, LINT_ENTRY_COVERED, LINT_DUPLICATE,
	LINT_UNUSED_IPS, LINT_UNUSED_NAMES, LINT_UNUSED_PARAM, LINT_UNUSED_TAG,
	LINT_PUBLIC_SUFFIX, LINT_SHARED_SUFFIX, LINT_OVERLAP, LINT_NO_SUFFIX, LINT_MANY_REGEXES,
	LINT_ODD_PORT, LINT_EXPIRED, LINT_TAG_SOURCE,
	LINT_DEPRECATED, LINT_UNREACHABLE,      /* found while loading, by policy/build*.c; so are the next */
	LINT_NO_USERS, LINT_NO_CLIENT_CA,
	LINTS,
};

enum { LINT_REGEXES_MAX = 50 };

struct lint_row {
	const char *code;               /* "SK001" */
	const char *summary;            /* for the manual and for people */
};
const struct lint_row *lint_row(enum lint which);

/* Adds what is found in a configuration that has loaded without an error. */
void lint_run(const struct conf *conf, int64_t now_ms, struct diag_list *why);

/* Takes out the findings whose line in its file silences them; how many that were. Reads these files again. */
size_t lint_silence(struct diag_list *why);

#endif
