/*
 * values -- whether an argument is of its directive's type.
 */
#ifndef SEKISHO_CONFIG_VALUES_H
#define SEKISHO_CONFIG_VALUES_H

#include "config/conf.h"
#include "config/directives.h"

/* Argument `arg` (from 1) of a directive. An error in *why when it does not fit. */
bool value_check(const struct directive *d, size_t arg, const struct conf_word *word,
		 struct diag_list *why);
/* Is `word` one of those in `values`, which one space parts? NULL has none. */
bool value_is_among(struct sv word, const char *values);
/* Where in argument `arg` the path of an ARG_FILE begins; word.n: it names none. */
size_t value_file_at(const struct directive *d, size_t arg, struct sv word);

#endif
