/* symtab -- an open-addressing table of borrowed keys; at most half full. */
#include "policy/symtab.h"

#include "base/arena.h"
#include "base/hash.h"

#include <stdlib.h>

static size_t slot_of(const struct symtab *t, struct sv key)
{
	size_t at = (size_t)hash_bytes(key.p, key.n) & (t->n_slots - 1);

	while (t->slots[at] && !sv_eq(t->keys[t->slots[at] - 1], key))
		at = (at + 1) & (t->n_slots - 1);
	return at;
}

uint32_t symtab_find(const struct symtab *t, struct sv key)
{
	uint32_t hit = t->n_slots ? t->slots[slot_of(t, key)] : 0;

	return hit ? hit - 1 : (uint32_t)SYMTAB_NONE;
}

static void grow(struct symtab *t)
{
	t->n_slots = t->n_slots ? t->n_slots * 2 : 16;
	t->cap = t->n_slots / 2;
	t->keys = xrealloc(t->keys, t->cap * sizeof(*t->keys));
	free(t->slots);
	t->slots = xcalloc(t->n_slots, sizeof(*t->slots));
	for (size_t i = 0; i < t->n; i++)
		t->slots[slot_of(t, t->keys[i])] = (uint32_t)i + 1;
}

uint32_t symtab_add(struct symtab *t, struct sv key, bool *added)
{
	size_t at;
	bool is_new;

	if (t->n == t->cap)
		grow(t);
	at = slot_of(t, key);
	is_new = t->slots[at] == 0;
	if (is_new) {
		t->keys[t->n++] = key;
		t->slots[at] = (uint32_t)t->n;
	}
	if (added)
		*added = is_new;
	return t->slots[at] - 1;
}

void symtab_fini(struct symtab *t)
{
	free(t->keys);
	free(t->slots);
	*t = (struct symtab){ 0 };
}
