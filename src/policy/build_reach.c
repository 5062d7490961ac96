/* build_reach -- which guarded addresses are open, and which entries can never connect. */
#include "policy/building.h"

#include "policy/guard.h"

#include <stdlib.h>

/* ---- allow-address -------------------------------------------------------------------------- */

static bool lies_in_loopback(const struct prefix *p)
{
	static const struct ip one = { 6, { [15] = 1 } };

	if (p->addr.family == 4)
		return p->bits >= 8 && p->addr.b[0] == 127;
	return p->bits == 128 && ip_eq(&p->addr, &one);
}

static void read_allowed(struct build *b, const struct conf_word *w, struct prefixes *any,
			 struct prefixes *loopback)
{
	struct expansion texts;
	struct prefix p;
	struct sv why;

	if (!read_texts_or_report(&b->line, w, &texts))
		return;
	for (size_t i = 0; i < texts.n; i++) {
		if (!read_prefix(texts.texts[i], b->line.scratch, &p, &why)) {
			diag_error(b->r.why, w->at, "%.*s", SV_ARG(why));
			continue;
		}
		add_prefix(any, &p);
		if (lies_in_loopback(&p))
			add_prefix(loopback, &p);
	}
}

bool build_allowance(struct build *b, const struct conf_node *nodes, struct allowance *out)
{
	struct prefixes any = { 0 }, loopback = { 0 };
	const struct conf_node *n = conf_find(nodes, "allow-address");

	*out = (struct allowance){ 0 };
	if (!n)
		return false;
	for (; n; n = conf_find(n->next, "allow-address"))
		for (size_t i = 1; i < n->n_words; i++)
			read_allowed(b, &n->words[i], &any, &loopback);
	if (any.n)
		out->any = netset_build(b->p->arena, any.p, any.n);
	if (loopback.n)
		out->loopback = netset_build(b->p->arena, loopback.p, loopback.n);
	free(any.p);
	free(loopback.p);
	return true;
}

/* The narrowest row of the guard's table that holds all of `p`, or NULL. */
static const struct guard_row *guard_row_of(const struct prefix *p)
{
	const struct guard_row *best = NULL, *rows;
	unsigned best_bits = 0;
	struct prefix row;
	size_t n;

	rows = guard_rows(&n);
	for (size_t i = 0; i < n; i++) {
		if (prefix_parse(&row, sv_of(rows[i].prefix)) != PREFIX_OK || row.bits > p->bits ||
		    !prefix_contains(&row, &p->addr) || (best && row.bits < best_bits))
			continue;
		best = &rows[i];
		best_bits = row.bits;
	}
	return best && best->class != GUARD_CLASS_PUBLIC ? best : NULL;
}

static bool is_opened(const struct allowance *a, const struct guard_row *row, const struct prefix *p)
{
	return a && netset_overlaps(row->class == GUARD_CLASS_LOOPBACK ? a->loopback : a->any, p);
}

/* A warning; about a tag's own entry a note, and that once. */
static void report_unreachable(const struct target_line *l, struct place at, const struct guard_row *row,
			       const struct prefix *p, bool never)
{
	struct build *b = l->b;
	char text[PREFIX_TEXT_MAX];
	bool first = true;

	if (l->via)
		symtab_add(&b->noted, arena_printf(b->r.scratch, "%s:%u:%u", at.file ? at.file : "", at.line,
						   at.col), &first);
	if (!first)
		return;
	prefix_format(p, text);
	if (never)
		diag_add_code(b->r.why, l->via ? DIAG_NOTE : DIAG_WARNING, "SK017", at,
			      "this can never connect: %s lies in %s (%s), which no rule can open", text,
			      row->prefix, row->registry);
	else
		diag_add_code(b->r.why, l->via ? DIAG_NOTE : DIAG_WARNING, "SK017", at,
			      "this can never connect: %s lies in %s (%s); open it with \"allow-address %s;\" "
			      "in the rule", text, row->prefix, row->registry, text);
}

void build_check_reach(const struct target_line *l, struct place at, const struct pattern *p)
{
	const struct build *b = l->b;
	const struct guard_row *row;
	bool never;

	if (p->kind != PATTERN_ADDRESS || l->collection->action != ACTION_ALLOW ||
	    guard_classify(&p->prefix.addr) == GUARD_CLASS_PUBLIC)      /* there may be 100,000 */
		return;
	row = guard_row_of(&p->prefix);
	if (!row)
		return;
	never = row->class == GUARD_CLASS_PLATFORM || row->class == GUARD_CLASS_NEVER;
	if (never || (!is_opened(&b->p->allow, row, &p->prefix) &&
		      !is_opened(b->p->rules[l->rule].allow, row, &p->prefix)))
		report_unreachable(l, at, row, &p->prefix, never);
}
