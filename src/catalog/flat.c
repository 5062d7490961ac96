/*
 * flat -- see flat.h. Walks the tree as the policy's builder does: collections by priority, rules and targets
 * in file order. A group of more names than GROUP_NAMES_MAX stays a reference: what is made here holds
 * every pattern once for each rule that uses it. Service tags stay references for the same reason.
 */
#include "catalog/flat.h"

#include "base/clock.h"

#include <stdlib.h>

enum { GROUP_NAMES_MAX = 20000 };

/* ---- sources -------------------------------------------------------------------------------- */

struct prefixes {
	struct prefix *p;
	size_t n, cap;
};

static void add_prefix(struct prefixes *l, const struct prefix *p)
{
	l->p = xgrow(l->p, l->n, &l->cap, sizeof(*l->p));
	l->p[l->n++] = *p;
}

static void add_word(struct flat *f, const struct sv **all, size_t *n, struct sv text)
{
	struct sv *grown_by_one = arena_array(f->arena, *n + 1, sizeof(*grown_by_one));

	if (*n)
		memcpy(grown_by_one, *all, *n * sizeof(*grown_by_one));
	grown_by_one[(*n)++] = text;
	*all = grown_by_one;
}

/* Whether the word wants something else than an address. */
static bool add_who(struct flat *f, struct flat_rule *rule, struct sv text)
{
	if (sv_starts_with(text, SV("identity:")))
		add_word(f, &rule->identities, &rule->n_identities, sv_slice(text, 9, text.n));
	else if (sv_starts_with(text, SV("user:")))
		add_word(f, &rule->users, &rule->n_users, sv_slice(text, 5, text.n));
	else
		return false;
	return true;
}

static void add_source(struct flat *f, struct flat_rule *rule, struct sv text, struct prefixes *out)
{
	const struct ip_group *g = groups_find_ips(f->groups, text);
	struct prefix p;
	struct sv why;

	if (sv_eq(text, SV("any")))
		rule->any = true;
	else if (g)
		for (size_t i = 0; i < g->n; i++)
			add_prefix(out, &g->prefixes[i]);
	else if (read_prefix(text, f->arena, &p, &why))
		add_prefix(out, &p);
	else
		rule->opaque = arena_printf(f->arena, "%.*s %.*s", SV_ARG(rule->opaque), SV_ARG(text));
}

static void read_sources(struct flat *f, struct flat_rule *rule)
{
	const struct conf_node *n = conf_find(rule->node->children, "from");
	struct prefixes all = { 0 };
	struct expansion texts;
	struct prefix *kept;
	struct sv missing;
	bool addressed = false;

	for (; n; n = conf_find(n->next, "from"))
		for (size_t i = 1; i < n->n_words; i++) {
			if (read_texts(&f->r, &n->words[i], &texts, &missing) != READ_OK)
				continue;
			for (size_t k = 0; k < texts.n; k++) {
				if (add_who(f, rule, texts.texts[k]))
					continue;
				addressed = true;
				add_source(f, rule, texts.texts[k], &all);
			}
		}
	rule->any = rule->any || !addressed;
	kept = arena_array(f->arena, all.n, sizeof(*kept));
	if (all.n)
		memcpy(kept, all.p, all.n * sizeof(*kept));
	rule->prefixes = kept;
	rule->n_prefixes = all.n;
	rule->set = all.n ? netset_build(f->arena, all.p, all.n) : NULL;
	free(all.p);
}

/* ---- targets -------------------------------------------------------------------------------- */

struct line {
	struct flat *f;
	uint32_t rule, ref;
	struct port_set ports;
};

static struct flat_clause *add_clause(const struct line *l, struct place at, struct sv text)
{
	struct flat *f = l->f;
	struct flat_clause *c;

	f->clauses = xgrow(f->clauses, f->n_clauses, &f->clauses_cap, sizeof(*f->clauses));
	c = &f->clauses[f->n_clauses++];
	*c = (struct flat_clause){ .rule = l->rule, .ref = l->ref, .text = text, .at = at,
				   .ports = l->ports, .group = FLAT_NONE };
	return c;
}

static void add_tag_entry(void *arg, const struct tag_entry *e, const struct patterns *p)
{
	const struct line *l = arg;
	struct flat_clause *c = add_clause(l, e->at, e->word->text);

	c->ports = e->ports;
	c->patterns = p->items;
	c->n_patterns = p->n;
}

static void add_tag(struct line *l, const struct conf_word *w, struct sv text)
{
	struct flat *f = l->f;
	struct sv rest = sv_slice(text, 4, text.n), spec = rest, name = sv_cut(&rest, '+');
	struct flat_ref *ref;

	f->refs = xgrow(f->refs, f->n_refs, &f->refs_cap, sizeof(*f->refs));
	ref = &f->refs[f->n_refs];
	*ref = (struct flat_ref){ .word = w, .text = text, .rule = l->rule, .tag = tags_find(f->tags, name),
				  .first = (uint32_t)f->n_clauses };
	l->ref = (uint32_t)f->n_refs++;
	tags_resolve(f->tags, &f->r, spec, w->at, add_tag_entry, l);
	l->ref = FLAT_NONE;
	ref->n = (uint32_t)f->n_clauses - ref->first;
}

struct collected {
	struct flat *f;
	struct pattern *p;
	size_t n, cap;
};

static void collect_pattern(void *arg, struct place at, const struct pattern *p)
{
	struct collected *c = arg;
	struct pattern *mine;

	(void)at;
	c->p = xgrow(c->p, c->n, &c->cap, sizeof(*c->p));
	mine = &c->p[c->n++];
	*mine = *p;
	mine->name = arena_sv(c->f->arena, p->name);
	mine->suffix = arena_sv(c->f->arena, p->suffix);
	mine->regex = arena_sv(c->f->arena, p->regex);
}

static void add_group(const struct line *l, const struct conf_word *w, struct sv text)
{
	struct collected all = { .f = l->f };
	struct flat_clause *c = add_clause(l, w->at, text);
	struct pattern *kept;
	size_t number;

	if (!groups_find_names(l->f->groups, sv_slice(text, 6, text.n), &number))
		return;
	c->group = (uint32_t)number;
	if (groups_size(l->f->groups, number) > GROUP_NAMES_MAX) {
		c->opaque = text;
		return;
	}
	groups_each_name(l->f->groups, &l->f->r, number, collect_pattern, &all);
	kept = arena_array(l->f->arena, all.n, sizeof(*kept));
	if (all.n)
		memcpy(kept, all.p, all.n * sizeof(*kept));
	free(all.p);
	c->patterns = kept;
	c->n_patterns = all.n;
}

static void add_reference(struct line *l, const struct conf_word *w)
{
	struct expansion texts;
	struct sv missing;

	if (read_texts(&l->f->r, w, &texts, &missing) != READ_OK)
		return;
	for (size_t i = 0; i < texts.n; i++) {
		if (sv_starts_with(w->text, SV("tag:")))
			add_tag(l, w, texts.texts[i]);
		else if (sv_starts_with(w->text, SV("group:")))
			add_group(l, w, texts.texts[i]);
		else
			add_clause(l, w->at, texts.texts[i])->opaque = texts.texts[i];
	}
}

static bool is_reference(const struct conf_word *w)
{
	return !w->quoted && (sv_starts_with(w->text, SV("tag:")) || sv_starts_with(w->text, SV("group:")) ||
			      sv_starts_with(w->text, SV("service-tag:")));
}

static struct sv written(const struct flat *f, const struct conf_word *w)
{
	if (!w->quoted || w->quote_at >= w->text.n)
		return w->text;
	return arena_printf(f->arena, "%.*s\"%.*s\"", SV_ARG(sv_slice(w->text, 0, w->quote_at)),
			    SV_ARG(sv_slice(w->text, w->quote_at, w->text.n)));
}

static void add_target(struct line *l, const struct conf_word *w)
{
	struct patterns p;
	struct sv missing;
	struct flat_clause *c;

	if (is_reference(w)) {
		add_reference(l, w);
		return;
	}
	if (read_patterns(&l->f->r, w, &p, &missing) != READ_OK)
		return;
	c = add_clause(l, w->at, written(l->f, w));
	c->patterns = p.items;
	c->n_patterns = p.n;
}

static bool is_ports(const struct conf_word *w)
{
	return !w->quoted && !is_reference(w) && ports_looks_like(w->text);
}

static void read_ports(struct line *l, const struct conf_node *node)
{
	struct sv all = SV(""), missing, why;
	struct expansion texts;

	l->ports = (struct port_set){ 0 };
	for (size_t i = 1; i < node->n_words; i++) {
		if (!is_ports(&node->words[i]) || read_texts(&l->f->r, &node->words[i], &texts, &missing) != READ_OK)
			continue;
		for (size_t k = 0; k < texts.n; k++)
			all = arena_printf(l->f->arena, "%.*s%s%.*s", SV_ARG(all), all.n ? "," : "",
					   SV_ARG(texts.texts[k]));
	}
	if (all.n)
		ports_parse(&l->ports, all, l->f->arena, &why);
}

static void read_line(struct flat *f, uint32_t rule, const struct conf_node *node)
{
	struct line l = { .f = f, .rule = rule, .ref = FLAT_NONE };

	read_ports(&l, node);
	for (size_t i = 1; i < node->n_words; i++)
		if (!is_ports(&node->words[i]))
			add_target(&l, &node->words[i]);
}

/* ---- rules ---------------------------------------------------------------------------------- */

static void read_rule(struct flat *f, const struct flat_rule *like, const struct conf_node *node)
{
	const struct conf_node *until = conf_find(node->children, "until");
	struct flat_rule rule = *like;
	uint32_t number = (uint32_t)f->n_rules;

	rule.node = node;
	rule.name = arena_strdup(f->arena, node_name(node));
	rule.first = (uint32_t)f->n_clauses;
	if (until)
		time_parse(until->words[1].text, &rule.until_ms);
	read_sources(f, &rule);
	f->rules = xgrow(f->rules, f->n_rules, &f->rules_cap, sizeof(*f->rules));
	f->rules[f->n_rules++] = rule;
	for (const struct conf_node *n = conf_find(node->children, "to"); n; n = conf_find(n->next, "to"))
		read_line(f, number, n);
	f->rules[number].n = (uint32_t)f->n_clauses - rule.first;
}

static int compare_priority(const void *left, const void *right)
{
	const struct flat_rule *a = left, *b = right;

	return a->priority < b->priority ? -1 : a->priority > b->priority;
}

static struct flat_rule head_of(struct flat *f, const struct conf_node *node)
{
	const struct conf_node *action = conf_find(node->children, "action");
	const struct conf_node *priority = conf_find(node->children, "priority");
	struct flat_rule head = { .node = node, .collection = arena_strdup(f->arena, node_name(node)) };
	uint64_t number = 0;

	if (priority)
		sv_to_u64(priority->words[1].text, 65000, &number);
	head.priority = (unsigned)number;
	for (int a = ACTION_DENY; action && a <= ACTION_AUDIT; a++)
		if (sv_eq(action->words[1].text, sv_of(action_name((enum action)a))))
			head.action = (enum action)a;
	return head;
}

static void read_collections(struct flat *f)
{
	const struct conf_node *first = conf_find(conf_first(f->r.conf), "collection"), *n;
	struct flat_rule *heads;
	size_t count = 0;

	for (n = first; n; n = conf_find(n->next, "collection"))
		count++;
	heads = arena_array(f->arena, count, sizeof(*heads));
	count = 0;
	for (n = first; n; n = conf_find(n->next, "collection"))
		heads[count++] = head_of(f, n);
	if (count)
		qsort(heads, count, sizeof(*heads), compare_priority);
	for (size_t i = 0; i < count; i++) {
		f->r.scope = conf_scope(heads[i].node);
		for (n = conf_find(heads[i].node->children, "rule"); n; n = conf_find(n->next, "rule"))
			read_rule(f, &heads[i], n);
	}
	f->r.scope = NULL;
}

void flat_make(struct flat *f, const struct conf *conf)
{
	const struct conf_node *listen = conf_find(conf_first(conf), "listen");

	*f = (struct flat){ .arena = arena_create(), .explicit_only = true };
	f->r = (struct reading){ .conf = conf, .scratch = f->arena, .why = &f->ignored };
	for (; listen; listen = conf_find(listen->next, "listen"))
		f->explicit_only = f->explicit_only && sv_eq(listen->words[1].text, SV("explicit"));
	f->groups = groups_read(&f->r);
	f->tags = tags_read(&f->r);
	read_collections(f);
}

void flat_fini(struct flat *f)
{
	groups_fini(f->groups);
	tags_fini(f->tags);
	free(f->rules);
	free(f->refs);
	free(f->clauses);
	diag_fini(&f->ignored);
	arena_free(f->arena);
}
