/*
 * symtab -- numbers for texts: the same text always gets the same number, counted from 0.
 * Used while a policy is built, to find things by name and to keep one of what is written many times.
 * Keys are borrowed: they must outlive the table.
 */
#ifndef SEKISHO_POLICY_SYMTAB_H
#define SEKISHO_POLICY_SYMTAB_H

#include "base/sv.h"

#define SYMTAB_NONE UINT32_MAX

struct symtab {
	struct sv *keys;        /* by number */
	uint32_t *slots;        /* number + 1, or 0 */
	size_t n, cap, n_slots;
};

uint32_t symtab_find(const struct symtab *t, struct sv key);    /* SYMTAB_NONE: not there */
/* The number of `key`; *added (may be NULL) says whether it is new, and then it is t->n - 1. */
uint32_t symtab_add(struct symtab *t, struct sv key, bool *added);
void symtab_fini(struct symtab *t);

#endif
