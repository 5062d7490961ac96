/*
 * lint_order -- entries that an earlier one takes everything from, that stand there twice, or that an
 * allow and a deny collection both have.
 * Clauses are looked at in the order in which they are tried. Each pattern is kept under the literal end of
 * its name, so that only those are compared that could cover one another: a name is looked up with each of its suffixes.
 */
#include "catalog/lint_impl.h"

#include "catalog/cover.h"
#include "catalog/suffixes.h"
#include "policy/symtab.h"

#include <stdlib.h>

static const struct pattern reference = { .kind = PATTERN_EXACT, .suffix = { "", 0 } };

struct item {
	const struct pattern *pattern;
	struct regex *regex;            /* of a regular expression */
	uint32_t clause, next;
};

struct chain {
	uint32_t first, last;           /* FLAT_NONE: empty */
};

struct fate {                           /* of a clause */
	uint32_t outside, inside;       /* the clause of another rule (of its own) that covers it, or FLAT_NONE */
	bool dead, dead_by_others;
};

struct order {
	struct linter *l;
	struct flat *f;
	struct symtab keys;
	struct chain *chains;
	size_t chains_cap;
	struct item *items;
	size_t n_items, items_cap;
	struct fate *fates;
	signed char *yields;            /* by rule: whether the one looked at yields to it; 0: not asked yet */
	uint32_t yields_for;
};

/* One pattern that is compared with those before it. */
struct probe {
	struct order *o;
	const struct flat_clause *clause;
	uint32_t number;
	const struct pattern *pattern;
	struct sv suffix;
	uint32_t outside, inside;
	uint32_t opposite;              /* the same pattern in a collection of the other action */
};

static const struct flat_rule *rule_of(const struct order *o, uint32_t clause)
{
	return &o->f->rules[o->f->clauses[clause].rule];
}

/* ---- the table ------------------------------------------------------------------------------ */

/* Addresses are kept by their first octets; short prefixes, which hold many of those, apart. */
static struct sv address_key(const struct prefix *p, struct arena *a)
{
	if (p->bits < 16)
		return SV("#");
	return arena_printf(a, "#%u %u.%u", p->addr.family, p->addr.b[0], p->addr.b[1]);
}

static struct sv key_of(const struct flat_clause *c, const struct pattern *p, struct sv suffix, struct arena *a)
{
	if (c->opaque.n)
		return c->opaque;
	if (p->kind == PATTERN_ADDRESS)
		return address_key(&p->prefix, a);
	return p->kind == PATTERN_REGEX ? SV("~") : suffix;
}

static void add_item(struct order *o, struct sv key, const struct pattern *p, uint32_t clause)
{
	bool added;
	uint32_t at = symtab_add(&o->keys, key, &added), number = (uint32_t)o->n_items;
	struct sv why;

	if (at >= o->chains_cap) {
		o->chains_cap = o->chains_cap ? o->chains_cap * 2 : 256;
		o->chains = xrealloc(o->chains, o->chains_cap * sizeof(*o->chains));
	}
	if (added)
		o->chains[at] = (struct chain){ FLAT_NONE, FLAT_NONE };
	if (o->n_items == o->items_cap) {
		o->items_cap = o->items_cap ? o->items_cap * 2 : 256;
		o->items = xrealloc(o->items, o->items_cap * sizeof(*o->items));
	}
	o->items[o->n_items++] = (struct item){ p, NULL, clause, FLAT_NONE };
	if (p->kind == PATTERN_REGEX)
		o->items[number].regex = regex_compile(p->regex, o->f->arena, &why);
	if (o->chains[at].first == FLAT_NONE)
		o->chains[at].first = number;
	else
		o->items[o->chains[at].last].next = number;
	o->chains[at].last = number;
}

/* ---- comparing ------------------------------------------------------------------------------ */

/*
 * Whether an earlier rule decides for all whom the later one is for; asked once for each pair of rules. An
 * address that is denied is taken out of names' answers as well, which an allow before it does not do.
 */
static bool yields(struct order *o, uint32_t early, uint32_t late, const struct pattern *p)
{
	const struct flat_rule *e = &o->f->rules[early], *l = &o->f->rules[late];

	if (o->yields_for != late) {
		memset(o->yields, 0, o->f->n_rules);
		o->yields_for = late;
	}
	if (o->yields[early] == 0)
		o->yields[early] = e->until_ms == 0 && (e->action != ACTION_AUDIT || l->action == ACTION_AUDIT) &&
				   sources_cover(e, l) ? 1 : -1;
	return o->yields[early] > 0 &&
	       (p->kind != PATTERN_ADDRESS || l->action != ACTION_DENY || e->action == ACTION_DENY);
}

static bool opposes(const struct probe *x, const struct flat_rule *early, const struct flat_clause *c)
{
	const struct flat_rule *late = rule_of(x->o, x->number);

	return early->action != late->action && early->action != ACTION_AUDIT && late->action != ACTION_AUDIT &&
	       c->ref == FLAT_NONE && x->clause->ref == FLAT_NONE && !rule_has_expired(early, x->o->l->now_ms) &&
	       ports_meet(&c->ports, &x->clause->ports) && sources_meet(early, late);
}

static void compare(struct probe *x, const struct item *i)
{
	const struct flat_clause *early = &x->o->f->clauses[i->clause];
	const struct flat_rule *rule = rule_of(x->o, i->clause), *mine = rule_of(x->o, x->number);
	uint32_t *found = rule == mine ? &x->inside : &x->outside;

	if (early->ref != FLAT_NONE && early->ref == x->clause->ref)
		return;
	if (x->opposite == FLAT_NONE && rule->action != mine->action && pattern_same(i->pattern, x->pattern) &&
	    sv_eq(early->opaque, x->clause->opaque) && opposes(x, rule, early))
		x->opposite = i->clause;
	if (i->clause < *found && yields(x->o, early->rule, x->clause->rule, x->pattern) &&
	    ports_cover(&early->ports, &x->clause->ports, x->o->f->explicit_only) &&
	    pattern_covers(i->pattern, i->regex, x->pattern, x->suffix))
		*found = i->clause;
}

static void compare_chain(struct probe *x, struct sv key)
{
	uint32_t at = symtab_find(&x->o->keys, key);

	if (at == SYMTAB_NONE)
		return;
	for (uint32_t i = x->o->chains[at].first; i != FLAT_NONE; i = x->o->items[i].next)
		compare(x, &x->o->items[i]);
}

static void compare_all(struct probe *x)
{
	struct sv own = key_of(x->clause, x->pattern, x->suffix, x->o->f->arena), rest = x->suffix;

	if (x->clause->opaque.n || x->pattern->kind == PATTERN_ADDRESS) {
		compare_chain(x, own);
		if (x->clause->group != FLAT_NONE)
			compare_chain(x, SV(""));
		if (!x->clause->opaque.n && !sv_eq(own, SV("#")))
			compare_chain(x, SV("#"));
		return;
	}
	for (; rest.n; sv_cut(&rest, '.'))
		compare_chain(x, rest);
	compare_chain(x, SV(""));
	compare_chain(x, SV("~"));
}

static void look_at_pattern(struct order *o, uint32_t number, const struct pattern *p, struct probe *x)
{
	*x = (struct probe){ .o = o, .clause = &o->f->clauses[number], .number = number, .pattern = p,
			     .suffix = pattern_literal_suffix(p, o->f->arena), .outside = FLAT_NONE,
			     .inside = FLAT_NONE, .opposite = FLAT_NONE };
	compare_all(x);
}

static struct sv where(const struct order *o, uint32_t clause)
{
	const struct flat_clause *c = &o->f->clauses[clause];
	const struct flat_rule *r = rule_of(o, clause);
	struct place at = c->ref == FLAT_NONE ? c->at : o->f->refs[c->ref].word->at;

	return arena_printf(o->f->arena, "rule %s/%s (%s:%u)", r->collection, r->name, at.file ? at.file : "?",
			    at.line);
}

static void report_overlap(const struct order *o, uint32_t number, uint32_t opposite)
{
	const struct flat_rule *early = rule_of(o, opposite);

	lint_find(o->l, LINT_OVERLAP, DIAG_WARNING, o->f->clauses[number].at,
		  "%.*s %s \"%.*s\" before this, for some of the same sources and ports; say it in one place",
		  SV_ARG(where(o, opposite)), early->action == ACTION_DENY ? "denies" : "allows",
		  SV_ARG(o->f->clauses[number].text));
}

static void look_at_clause(struct order *o, uint32_t number)
{
	const struct flat_clause *c = &o->f->clauses[number];
	size_t n = c->opaque.n ? 1 : c->n_patterns;
	struct fate fate = { FLAT_NONE, FLAT_NONE, n > 0, n > 0 };
	uint32_t opposite = FLAT_NONE;
	struct probe x;

	for (size_t i = 0; i < n; i++) {
		look_at_pattern(o, number, c->opaque.n ? &reference : &c->patterns[i], &x);
		fate.outside = fate.outside == FLAT_NONE ? x.outside : fate.outside;
		fate.inside = fate.inside == FLAT_NONE ? x.inside : fate.inside;
		fate.dead_by_others = fate.dead_by_others && x.outside != FLAT_NONE;
		fate.dead = fate.dead && (x.outside != FLAT_NONE || x.inside != FLAT_NONE);
		opposite = opposite == FLAT_NONE ? x.opposite : opposite;
	}
	for (size_t i = 0; i < n; i++) {
		const struct pattern *p = c->opaque.n ? &reference : &c->patterns[i];
		struct sv suffix = pattern_literal_suffix(p, o->f->arena);

		add_item(o, key_of(c, p, suffix, o->f->arena), p, number);
	}
	o->fates[number] = fate;
	if (opposite != FLAT_NONE && !fate.dead && !rule_has_expired(rule_of(o, number), o->l->now_ms))
		report_overlap(o, number, opposite);
}

/* ---- saying it ------------------------------------------------------------------------------ */

static const char *deed(enum action a)
{
	return a == ACTION_DENY ? "denied" : a == ACTION_ALLOW ? "allowed" : "audited";
}

static void report_clause(const struct order *o, uint32_t number)
{
	const struct flat_clause *c = &o->f->clauses[number];
	const struct fate *fate = &o->fates[number];
	uint32_t by = fate->outside == FLAT_NONE ? fate->inside : fate->outside;
	const struct flat_clause *early = &o->f->clauses[by];
	bool twice = early->rule == c->rule && early->ref == FLAT_NONE && c->n_patterns && early->n_patterns &&
		     pattern_same(&c->patterns[0], &early->patterns[0]);

	if (twice || (early->rule == c->rule && c->opaque.n))
		lint_find(o->l, LINT_DUPLICATE, DIAG_WARNING, c->at, "\"%.*s\" stands in this rule already "
			  "(line %u); take one out", SV_ARG(c->text), early->at.line);
	else
		lint_find(o->l, LINT_ENTRY_COVERED, DIAG_WARNING, c->at, "\"%.*s\" never decides: it is %s "
			  "before by \"%.*s\" of %.*s; take it out, or move it up", SV_ARG(c->text),
			  deed(rule_of(o, by)->action), SV_ARG(early->text), SV_ARG(where(o, by)));
}

/* A tag of the catalog may well repeat another: it may not next month. */
static void report_ref(const struct order *o, const struct flat_ref *ref)
{
	uint32_t by = FLAT_NONE;

	for (uint32_t i = ref->first; i < ref->first + ref->n; i++) {
		if (!o->fates[i].dead)
			return;
		by = o->fates[i].outside != FLAT_NONE ? o->fates[i].outside : o->fates[i].inside;
	}
	if (by == FLAT_NONE)
		return;
	lint_find(o->l, LINT_ENTRY_COVERED, ref->tag && place_is_library(ref->tag->at) ? DIAG_NOTE : DIAG_WARNING,
		  ref->word->at, "\"%.*s\" never decides: all of it is %s before, last by %.*s; take it out, "
		  "or move it up", SV_ARG(ref->text), deed(rule_of(o, by)->action), SV_ARG(where(o, by)));
}

static bool rule_is_dead(const struct order *o, const struct flat_rule *r)
{
	for (uint32_t i = r->first; i < r->first + r->n; i++)
		if (!o->fates[i].dead_by_others)
			return false;
	return r->n > 0;
}

static void report_rule(const struct order *o, const struct flat_rule *r)
{
	uint32_t by = o->fates[r->first].outside;

	lint_find(o->l, LINT_RULE_COVERED, DIAG_WARNING, conf_place(r->node), "rule \"%s\" never decides: "
		  "\"%.*s\" and whatever else it names is %s before by %.*s; take the rule out, or move it up",
		  r->name, SV_ARG(o->f->clauses[r->first].text), deed(rule_of(o, by)->action),
		  SV_ARG(where(o, by)));
}

static void report_all(const struct order *o)
{
	for (size_t i = 0; i < o->f->n_rules; i++) {
		const struct flat_rule *r = &o->f->rules[i];

		if (rule_has_expired(r, o->l->now_ms))
			continue;
		if (rule_is_dead(o, r)) {
			report_rule(o, r);
			continue;
		}
		for (uint32_t k = r->first; k < r->first + r->n; k++)
			if (o->fates[k].dead && o->f->clauses[k].ref == FLAT_NONE)
				report_clause(o, k);
		for (size_t k = 0; k < o->f->n_refs; k++)
			if (&o->f->rules[o->f->refs[k].rule] == r)
				report_ref(o, &o->f->refs[k]);
	}
}

void lint_order(struct linter *l)
{
	struct order o = { .l = l, .f = &l->flat };

	o.yields = xcalloc(l->flat.n_rules + 1, 1);
	o.yields_for = FLAT_NONE;
	o.fates = xcalloc(l->flat.n_clauses + 1, sizeof(*o.fates));
	for (size_t i = 0; i < l->flat.n_clauses; i++)
		look_at_clause(&o, (uint32_t)i);
	report_all(&o);
	for (size_t i = 0; i < o.n_items; i++)
		regex_free(o.items[i].regex);
	free(o.items);
	free(o.chains);
	free(o.fates);
	free(o.yields);
	symtab_fini(&o.keys);
}
