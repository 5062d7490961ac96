/*
 * check -- what holds between the directives of one block: at most one, at least one, no name twice.
 */
#include "config/conf_impl.h"

#include "base/arena.h"
#include "config/lexer.h"

#include <stdlib.h>

static void check_row(const struct directive *row, const struct conf_node *n,
		      const struct conf_node *parent, bool incomplete, struct diag_list *why)
{
	const struct conf_node *first = NULL;
	char usage[128];

	for (; n; n = n->next) {
		struct place at;

		if (n->directive != row)
			continue;
		if (!first) {
			first = n;
			continue;
		}
		at = conf_place(first);
		if (row->once)
			diag_error(why, conf_place(n), "\"%s\" is set twice; the first is at %s:%u:%u",
				   row->name, at.file, at.line, at.col);
	}
	if (first || !row->required || incomplete)
		return;
	directive_usage(row, usage, sizeof(usage));
	if (parent && parent->n_words > 1)
		diag_error(why, conf_place(parent), "%s \"%.*s\" has no \"%s\"; add \"%s\"",
			   parent->directive->name, SV_ARG(excerpt(parent->words[1].text)), row->name, usage);
}

struct named {
	const struct conf_node *node;
	size_t order;
};

static int compare_identity(const struct conf_node *a, const struct conf_node *b)
{
	struct sv x = a->words[1].text, y = b->words[1].text;
	int order;

	if (a->directive != b->directive)
		return a->directive < b->directive ? -1 : 1;
	order = x.n && y.n ? memcmp(x.p, y.p, x.n < y.n ? x.n : y.n) : 0;
	return order ? order : x.n < y.n ? -1 : x.n > y.n;
}

static int compare_named(const void *left, const void *right)
{
	const struct named *a = left, *b = right;
	int order = compare_identity(a->node, b->node);

	return order ? order : a->order < b->order ? -1 : a->order > b->order;
}

static bool has_name(const struct conf_node *n)
{
	return n->directive->named && n->n_words > 1;
}

static void check_names(const struct conf_node *first, struct diag_list *why)
{
	struct named *all;
	size_t n = 0, same = 0;

	for (const struct conf_node *node = first; node; node = node->next)
		n += has_name(node);
	all = xcalloc(n, sizeof(*all));
	n = 0;
	for (const struct conf_node *node = first; node; node = node->next)
		if (has_name(node)) {
			all[n] = (struct named){ node, n };
			n++;
		}
	qsort(all, n, sizeof(*all), compare_named);
	for (size_t i = 1; i < n; i++) {                /* all[same] is the first of a run of equals */
		const struct conf_node *node = all[i].node;
		struct place at = conf_place(all[same].node);

		if (compare_identity(all[same].node, node) != 0)
			same = i;
		else
			diag_error(why, node->words[1].at,
				   "%s \"%.*s\" is defined twice; the first is at %s:%u:%u",
				   node->directive->name, SV_ARG(excerpt(node->words[1].text)), at.file,
				   at.line, at.col);
	}
	free(all);
}

void conf_check_block(const struct conf_node *first, const struct conf_node *parent, bool incomplete,
		      struct diag_list *why)
{
	unsigned in = parent ? (unsigned)parent->directive->opens : IN_MAIN;

	for (const struct directive *row = directives; row->name; row++)
		if ((row->places & in) && (row->once || row->required))
			check_row(row, first, parent, incomplete, why);
	check_names(first, why);
}
