/*
 * suggest -- "did you mean".
 * The candidate nearest to a misspelt word by Damerau-Levenshtein distance, or NULL when none is
 * near enough to be worth saying (at most a third of the word's letters, and never more than 3).
 */
#ifndef SEKISHO_BASE_SUGGEST_H
#define SEKISHO_BASE_SUGGEST_H

#include "base/sv.h"

struct suggest {
	struct sv word;
	const char *best;       /* borrowed from the candidates */
	unsigned distance;
};

void suggest_init(struct suggest *s, struct sv word);
void suggest_offer(struct suggest *s, const char *candidate);
const char *suggest_best(const struct suggest *s);              /* NULL: nothing near enough */
const char *suggest_among(struct sv word, const char *const *candidates, size_t n);

#endif
