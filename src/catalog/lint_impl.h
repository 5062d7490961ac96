/*
 * lint_impl -- what the parts of lint share; nobody else includes it.
 */
#ifndef SEKISHO_CATALOG_LINT_IMPL_H
#define SEKISHO_CATALOG_LINT_IMPL_H

#include "catalog/flat.h"
#include "catalog/lint.h"

struct linter {
	struct flat flat;
	struct arena *arena;            /* the flat policy's */
	int64_t now_ms;
	struct diag_list *why;
};

void lint_find(const struct linter *l, enum lint which, enum severity sev, struct place at,
	       const char *fmt, ...) __attribute__((format(printf, 5, 6)));

void lint_order(struct linter *l);      /* lint_order.c: covered, duplicate, overlapping entries */
void lint_names(struct linter *l);      /* lint_names.c: what a wildcard opens */
void lint_uses(struct linter *l);       /* lint_uses.c: what nobody uses */

static inline bool rule_has_expired(const struct flat_rule *r, int64_t now_ms)
{
	return r->until_ms && r->until_ms <= now_ms;
}

#endif
