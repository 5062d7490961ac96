/*
 * learn_tags -- which tags explain what a group of sources was refused.
 * All entries of all tags go into one index; each destination is looked up there, and then the tag that explains the most
 * of a group's destinations is taken, until none explains enough. Only matches that tell something count for the
 * choice: a name written out, or a wildcard below a domain of the service. *.microsoft.com explains everything
 * and nothing. Once a tag is chosen, its wide entries explain as well.
 */
#include "catalog/learn.h"

#include "catalog/suffixes.h"
#include "policy/index.h"

#include <stdlib.h>

enum { ENOUGH = 3, SHARE = 5, SHOWN = 3 };

struct match {
	uint32_t entry;
	bool telling;
};

struct matches {
	struct match *p;
	size_t n, cap;
};

struct known_tag {
	const struct tag *tag;
	uint64_t *has;                  /* a bit for each entry of its own and of the tags it includes */
	size_t needed;
};

struct chooser {
	struct learned *l;
	const struct tag_entry **entries;
	size_t n_entries;
	struct known_tag *tags;
	size_t n_tags;
	struct index *index;
	struct matches *wants;          /* by want */
	struct symtab bad_specs, good_specs;
	size_t cap;                     /* of l->tags */
	const struct learned_want *asked;       /* while the index is walked */
	struct matches *into;
};

struct parts {                          /* what a use of a tag names besides the tag */
	bool optional;
	const char *profiles[8];
	size_t n_profiles;
};

/* ---- the index of all entries --------------------------------------------------------------- */

static void index_entry(struct chooser *c, struct index_builder *b, const struct tag_entry *e)
{
	uint32_t rank = (uint32_t)c->n_entries, ranks = index_ranks(b, &rank, 1);
	struct sv missing, why;
	struct patterns p;

	c->entries[c->n_entries++] = e;
	if (e->direct || e->service_tag || read_patterns(&c->l->flat.r, e->word, &p, &missing) != READ_OK)
		return;
	for (size_t i = 0; i < p.n; i++)
		index_add(b, ranks, &p.items[i], c->l->arena, &why);
}

static bool tag_has(const struct known_tag *k, uint32_t entry)
{
	return k->has[entry / 64] >> entry % 64 & 1;
}

static void add_entries(struct chooser *c, struct known_tag *k, const struct tag *t, struct symtab *walked)
{
	const struct tags *all = c->l->flat.tags;
	bool added;

	symtab_add(walked, sv_of(t->name), &added);
	if (!added)
		return;
	for (size_t i = 0; i < c->n_entries; i++)
		if (c->entries[i]->tag == t)
			k->has[i / 64] |= (uint64_t)1 << i % 64;
	for (size_t i = 0; i < t->n_includes; i++)
		if (tags_find(all, t->includes[i]->text))
			add_entries(c, k, tags_find(all, t->includes[i]->text), walked);
}

static void know_tag(struct chooser *c, const struct tag *t)
{
	struct known_tag *k = &c->tags[c->n_tags++];
	struct symtab walked = { 0 };

	*k = (struct known_tag){ .tag = t,
		.has = arena_array(c->l->arena, c->n_entries / 64 + 1, sizeof(*k->has)) };
	add_entries(c, k, t, &walked);
	symtab_fini(&walked);
	for (size_t i = 0; i < c->n_entries; i++) {
		const struct tag_entry *e = c->entries[i];

		k->needed += tag_has(k, (uint32_t)i) && !e->direct && !e->service_tag && !e->optional && e->n_profiles == 0;
	}
}

static void index_all(struct chooser *c)
{
	const struct tags *all = c->l->flat.tags;
	struct index_builder *b = index_builder_create();
	size_t total = 0;

	for (size_t i = 0; i < tags_count(all); i++)
		total += tags_at(all, i)->n_entries;
	c->entries = arena_array(c->l->arena, total, sizeof(*c->entries));
	c->tags = arena_array(c->l->arena, tags_count(all), sizeof(*c->tags));
	for (size_t i = 0; i < tags_count(all); i++)
		for (size_t k = 0; k < tags_at(all, i)->n_entries; k++)
			index_entry(c, b, &tags_at(all, i)->entries[k]);
	for (size_t i = 0; i < tags_count(all); i++)
		know_tag(c, tags_at(all, i));
	c->index = index_finish(b);
}

/* ---- what matches --------------------------------------------------------------------------- */

static size_t count_labels(struct sv name)
{
	size_t n = name.n > 0;

	for (size_t i = 0; i < name.n; i++)
		n += name.p[i] == '.';
	return n;
}

static bool is_telling(const struct index_hit *hit, struct arena *a)
{
	const struct suffix_row *row;
	struct pattern p = { .kind = hit->kind, .name = hit->pattern, .regex = hit->pattern };
	struct sv suffix = hit->pattern;

	if (hit->kind == PATTERN_EXACT || hit->kind == PATTERN_ADDRESS)
		return true;
	if (hit->kind == PATTERN_GLOB)
		while (sv_find(suffix, '*') < suffix.n && suffix.n)
			sv_cut(&suffix, '.');
	else
		suffix = pattern_literal_suffix(&p, a);
	return suffix_kind_of(suffix, &row) == SUFFIX_OWN && count_labels(suffix) > 2;
}

static bool on_hit(void *arg, const struct index_hit *hit)
{
	struct chooser *c = arg;
	struct matches *m = c->into;

	if ((hit->kind == PATTERN_GLOB && !glob_match(hit->pattern, c->asked->name)) ||
	    (hit->kind == PATTERN_REGEX && regex_match(hit->regex, c->asked->name) != REGEX_YES))
		return true;
	for (size_t i = 0; i < hit->n; i++) {
		unsigned protos = c->asked->proto == PROTO_TCP ? PROTO_TCP | PROTO_HTTPS : c->asked->proto;

		if (c->asked->proto == PROTO_HTTPS)
			protos |= PROTO_TCP;
		if (!ports_match(&c->entries[hit->ranks[i]]->ports, protos, c->asked->port))
			continue;
		if (m->n == m->cap) {
			m->cap = m->cap ? m->cap * 2 : 8;
			m->p = xrealloc(m->p, m->cap * sizeof(*m->p));
		}
		m->p[m->n++] = (struct match){ hit->ranks[i], is_telling(hit, c->l->arena) };
	}
	return true;
}

static void look_up(struct chooser *c, const struct learned_want *w, struct matches *into)
{
	c->asked = w;
	c->into = into;
	if (w->name.n)
		index_walk_name(c->index, w->name, on_hit, c);
	else
		index_walk_address(c->index, &w->ip, on_hit, c);
}

static bool is_told_by(const struct known_tag *k, const struct matches *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->p[i].telling && tag_has(k, m->p[i].entry))
			return true;
	return false;
}

/* ---- parts ---------------------------------------------------------------------------------- */

static bool parts_have(const struct parts *p, const struct tag_entry *e)
{
	for (size_t i = 0; i < e->n_profiles; i++)
		for (size_t k = 0; k < p->n_profiles; k++)
			if (strcmp(e->profiles[i], p->profiles[k]) == 0)
				return true;
	return e->n_profiles == 0;
}

static bool parts_take(const struct parts *p, const struct tag_entry *e)
{
	return parts_have(p, e) && (!e->optional || p->optional);
}

/* As little as lets one of the matching entries in. */
static void need_parts(const struct chooser *c, const struct known_tag *k, const struct matches *m,
		       struct parts *p)
{
	const struct tag_entry *best = NULL;

	for (size_t i = 0; i < m->n; i++) {
		const struct tag_entry *e = c->entries[m->p[i].entry];

		if (!m->p[i].telling || !tag_has(k, m->p[i].entry))
			continue;
		if (parts_take(p, e))
			return;
		if (!best || (e->optional + (e->n_profiles > 0) < best->optional + (best->n_profiles > 0)))
			best = e;
	}
	if (!best)
		return;
	p->optional = p->optional || best->optional;
	if (!parts_have(p, best) && p->n_profiles < 8)
		p->profiles[p->n_profiles++] = best->profiles[0];
}

static struct sv spec_of(const struct chooser *c, const struct known_tag *k, const struct parts *p)
{
	struct sv spec = arena_printf(c->l->arena, "%s%s", k->tag->name, p->optional ? "+optional" : "");

	for (size_t i = 0; i < p->n_profiles; i++)
		spec = arena_printf(c->l->arena, "%.*s+%s", SV_ARG(spec), p->profiles[i]);
	return spec;
}

static void ignore_entry(void *arg, const struct tag_entry *e, const struct patterns *p)
{
	(void)arg;
	(void)e;
	(void)p;
}

/* Whether a rule could say tag:SPEC: a needed parameter may have no value. */
static bool spec_is_usable(struct chooser *c, struct sv spec)
{
	struct diag_list why = { 0 };
	struct reading r = { .conf = c->l->conf, .scratch = arena_create(), .why = &why };
	struct tags *tags;
	bool usable;

	if (symtab_find(&c->good_specs, spec) != SYMTAB_NONE || symtab_find(&c->bad_specs, spec) != SYMTAB_NONE) {
		arena_free(r.scratch);
		return symtab_find(&c->good_specs, spec) != SYMTAB_NONE;
	}
	tags = tags_read(&r);
	usable = tags_resolve(tags, &r, spec, (struct place){ 0 }, ignore_entry, NULL) && why.errors == 0;
	symtab_add(usable ? &c->good_specs : &c->bad_specs, spec, NULL);
	tags_fini(tags);
	diag_fini(&why);
	arena_free(r.scratch);
	return usable;
}

/* Whether the tag would open what an `expect deny` wants closed. */
static bool breaks_expectation(struct chooser *c, const struct known_tag *k, const struct parts *p, uint32_t group)
{
	bool breaks = false;

	for (size_t i = 0; i < c->l->n_closed && !breaks; i++) {
		const struct learned_want *w = &c->l->closed[i];
		struct matches m = { 0 };

		if (!learn_group_has(&c->l->groups[group], &w->source))
			continue;
		look_up(c, w, &m);
		for (size_t j = 0; j < m.n; j++)
			breaks = breaks || (tag_has(k, m.p[j].entry) && parts_take(p, c->entries[m.p[j].entry]));
		free(m.p);
	}
	return breaks;
}

/* ---- choosing ------------------------------------------------------------------------------- */

struct span {                           /* the wants of one group: they stand together */
	size_t first, end;
};

static size_t count_told(const struct chooser *c, const struct known_tag *k, struct span s)
{
	size_t n = 0;

	for (size_t i = s.first; i < s.end; i++)
		n += c->l->wants[i].fate == WANT_RULE && is_told_by(k, &c->wants[i]);
	return n;
}

static bool is_better(const struct known_tag *a, size_t told_a, const struct known_tag *b, size_t told_b)
{
	if (told_a != told_b)
		return told_a > told_b;
	if (a->needed != b->needed)
		return a->needed < b->needed;
	return strcmp(a->tag->name, b->tag->name) < 0;
}

static struct parts parts_for(const struct chooser *c, const struct known_tag *k, struct span s)
{
	struct parts p = { .optional = false };

	for (size_t i = s.first; i < s.end; i++)
		if (c->l->wants[i].fate == WANT_RULE)
			need_parts(c, k, &c->wants[i], &p);
	return p;
}

/* The best tag that explains enough and can be used, or NULL. `refused` are out already. */
static const struct known_tag *best_tag(struct chooser *c, struct span s, bool *refused, struct parts *parts)
{
	for (;;) {
		const struct known_tag *best = NULL;
		size_t told = 0;

		for (size_t i = 0; i < c->n_tags; i++) {
			size_t n = refused[i] || c->tags[i].tag->deprecated.p ? 0 : count_told(c, &c->tags[i], s);

			if (n && (n >= ENOUGH || n * SHARE >= c->tags[i].needed) &&
			    (!best || is_better(&c->tags[i], n, best, told))) {
				best = &c->tags[i];
				told = n;
			}
		}
		if (!best)
			return NULL;
		*parts = parts_for(c, best, s);
		if (spec_is_usable(c, spec_of(c, best, parts)) &&
		    !breaks_expectation(c, best, parts, c->l->wants[s.first].group))
			return best;
		refused[best - c->tags] = true;
	}
}

static void take_tag(struct chooser *c, struct span s, const struct known_tag *k, const struct parts *p)
{
	struct learned *l = c->l;
	const struct learned_want *first = &l->wants[s.first];
	struct learned_tag *t;

	if (l->n_tags == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 32;
		l->tags = xrealloc(l->tags, c->cap * sizeof(*l->tags));
	}
	t = &l->tags[l->n_tags];
	*t = (struct learned_tag){ .audited = first->audited, .group = first->group, .tag = k->tag,
				   .spec = spec_of(c, k, p), .needed = k->needed };
	for (size_t i = s.first; i < s.end; i++) {
		const struct matches *m = &c->wants[i];
		bool takes = false;

		for (size_t j = 0; j < m->n; j++)
			takes = takes || (tag_has(k, m->p[j].entry) && parts_take(p, c->entries[m->p[j].entry]));
		if (!takes || l->wants[i].fate != WANT_RULE)
			continue;
		l->wants[i].fate = WANT_TAG;
		l->wants[i].tag = (uint32_t)l->n_tags;
		t->asked++;
	}
	l->n_tags++;
}

static void note_others(struct chooser *c, size_t want)
{
	struct learned_want *w = &c->l->wants[want];
	size_t n = 0;

	for (size_t i = 0; i < c->n_tags; i++) {
		if (!is_told_by(&c->tags[i], &c->wants[want]))
			continue;
		if (n++ < SHOWN)
			w->also = arena_printf(c->l->arena, "%.*s%stag:%s", SV_ARG(w->also), n > 1 ? ", " : "",
					       c->tags[i].tag->name);
	}
	if (n > SHOWN)
		w->also = arena_printf(c->l->arena, "%.*s and %zu more", SV_ARG(w->also), n - SHOWN);
}

static void choose_for(struct chooser *c, struct span s)
{
	bool *refused = arena_array(c->l->arena, c->n_tags, sizeof(*refused));
	const struct known_tag *k;
	struct parts parts;

	while ((k = best_tag(c, s, refused, &parts)) != NULL) {
		take_tag(c, s, k, &parts);
		refused[k - c->tags] = true;
	}
	for (size_t i = s.first; i < s.end; i++)
		if (c->l->wants[i].fate == WANT_RULE)
			note_others(c, i);
}

void learn_tags(struct learned *l)
{
	struct chooser c = { .l = l };
	struct span s = { 0, 0 };

	index_all(&c);
	c.wants = xcalloc(l->n_wants + 1, sizeof(*c.wants));
	for (size_t i = 0; i < l->n_wants; i++)
		if (l->wants[i].fate == WANT_RULE)
			look_up(&c, &l->wants[i], &c.wants[i]);
	for (; s.first < l->n_wants; s.first = s.end) {
		for (s.end = s.first; s.end < l->n_wants && l->wants[s.end].group == l->wants[s.first].group &&
				      l->wants[s.end].audited == l->wants[s.first].audited;)
			s.end++;
		choose_for(&c, s);
	}
	for (size_t i = 0; i < l->n_wants; i++)
		free(c.wants[i].p);
	free(c.wants);
	symtab_fini(&c.bad_specs);
	symtab_fini(&c.good_specs);
	index_free(c.index);
}
