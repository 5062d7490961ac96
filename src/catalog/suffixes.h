/*
 * suffixes -- names below which the world registers: public suffixes, and suffixes that one provider's
 * customers share.
 * A wildcard there opens more than its author thinks: *.co.uk is everybody, *.blob.core.windows.net is
 * every storage account of every customer, and anybody can open one to carry data out.
 */
#ifndef SEKISHO_CATALOG_SUFFIXES_H
#define SEKISHO_CATALOG_SUFFIXES_H

#include "base/arena.h"
#include "policy/pattern.h"

enum suffix_kind {
	SUFFIX_OWN,             /* belongs to somebody */
	SUFFIX_PUBLIC,          /* a public suffix, or above one */
	SUFFIX_SHARED,          /* customers of one provider share it, or it holds such a suffix */
};

struct suffix_row {
	const char *suffix;     /* "*" as a label stands for one label */
	const char *what;       /* "storage account" */
};
const struct suffix_row *suffix_rows(size_t *n);

/* What a wildcard right below `name` opens. *row is set for SUFFIX_SHARED when the list has a row for it: the
 * row itself, or the first row below `name`. */
enum suffix_kind suffix_kind_of(struct sv name, const struct suffix_row **row);

/* The whole labels at the end that every name which the pattern matches has: "" when there are none. */
struct sv pattern_literal_suffix(const struct pattern *p, struct arena *a);

#endif
