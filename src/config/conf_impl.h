/*
 * conf_impl -- what the files of this folder share; nobody else includes it.
 */
#ifndef SEKISHO_CONFIG_CONF_IMPL_H
#define SEKISHO_CONFIG_CONF_IMPL_H

#include "config/conf.h"
#include "config/directives.h"
#include "config/source.h"

struct param {
	struct sv name;
	const struct sv *values;
	size_t n;
	struct place at;                /* no file: from --set */
};

struct content {
	struct conf_node *node;
	struct content *next;
};

struct conf {
	struct arena *arena;
	struct arena *transient;        /* contents that conf_forget_contents() drops; NULL when it has */
	struct content *contents;       /* whose they are */
	const struct conf_node *first;
	struct param *params;           /* those of --set first; a `param` that one replaces is not here */
	size_t n_params;
	struct source_list sources;
};

/* As conf_load(), from memory and without touching a file: an `include` is left out, the content of a
 * list is empty. For fuzzers and tests. */
int conf_load_text(struct conf **out, const char *name, struct sv text, const struct conf_options *opt,
		   struct diag_list *why);

/* `once`, `required` and unique names among the nodes of one block, of `parent` or the top level.
 * With `incomplete` something in it could not be read: then nothing is said to be missing. */
void conf_check_block(const struct conf_node *first, const struct conf_node *parent, bool incomplete,
		      struct diag_list *why);

/* Fills c->params from `opt` and the `param` nodes. */
void conf_read_params(struct conf *c, const struct conf_options *opt, struct diag_list *why);
const struct param *conf_param(const struct conf *c, struct sv name);   /* NULL: no such */

#endif
