/* build_sources -- who may ask: the `from` lines of a rule. */
#include "policy/building.h"

#include <stdlib.h>

static void add_group_source(struct build *b, const struct conf_word *w, struct sv name,
			     struct prefixes *out)
{
	const struct ip_group *g = groups_find_ips(b->groups, name);
	const char *near;

	if (g) {
		for (size_t i = 0; i < g->n; i++)
			add_prefix(out, &g->prefixes[i]);
		return;
	}
	near = groups_suggest_ips(b->groups, name);
	if (near)
		diag_error(b->r.why, w->at, "unknown ip-group \"%.*s\"; did you mean \"%s\"?",
			   SV_ARG(name), near);
	else
		diag_error(b->r.why, w->at, "unknown ip-group \"%.*s\"; expected any, an address, a prefix or "
			   "the name of an ip-group", SV_ARG(name));
}

static void add_service_tag_source(struct build *b, const struct conf_word *w, struct sv text,
				   struct prefixes *out)
{
	struct service_prefixes all;
	struct sv missing;

	if (!read_service_tag(&b->line, sv_slice(text, SV("service-tag:").n, text.n), &all, &missing)) {
		diag_error(b->r.why, w->at, "%.*s", SV_ARG(missing));
		return;
	}
	for (size_t i = 0; i < all.n; i++)
		add_prefix(out, &all.items[i]);
}

static void add_source(struct build *b, const struct conf_word *w, struct sv text, bool *any,
		       struct prefixes *out)
{
	static const struct sv later[] = { { "identity:", 9 }, { "user:", 5 } };
	struct prefix p;
	struct sv why;

	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
		if (sv_starts_with(text, later[i])) {
			diag_error(b->r.why, w->at, "\"%.*s\" sources are not available in this version; "
				   "expected any, an address, a prefix or an ip-group", SV_ARG(later[i]));
			return;
		}
	if (sv_eq(text, SV("any")))
		*any = true;
	else if (sv_starts_with(text, SV("service-tag:")))
		add_service_tag_source(b, w, text, out);
	else if (!looks_like_prefix(text))
		add_group_source(b, w, text, out);
	else if (read_prefix(text, b->line.scratch, &p, &why))
		add_prefix(out, &p);
	else
		diag_error(b->r.why, w->at, "%.*s", SV_ARG(why));
}

/* The words of all nodes called `name` below `rule`, as one text: equal texts share what is built. Where a
 * collection has parameters of its own, its words may mean what they mean nowhere else. */
static struct sv joined_words(const struct build *b, const struct conf_node *rule, const char *name)
{
	struct sv all = b->line.scope ? arena_printf(b->line.scratch, "%.*s {",
						     SV_ARG(b->line.scope->words[1].text)) : SV("");

	for (const struct conf_node *n = conf_find(rule->children, name); n; n = conf_find(n->next, name))
		for (size_t i = 1; i < n->n_words; i++)
			all = arena_printf(b->line.scratch, "%.*s %.*s", SV_ARG(all), SV_ARG(n->words[i].text));
	return all;
}

static void read_sources(struct build *b, const struct conf_node *rule, bool *any, struct prefixes *out)
{
	struct expansion texts;

	for (const struct conf_node *n = conf_find(rule->children, "from"); n; n = conf_find(n->next, "from"))
		for (size_t i = 1; i < n->n_words; i++) {
			if (!read_texts_or_report(&b->line, &n->words[i], &texts))
				continue;
			for (size_t k = 0; k < texts.n; k++)
				add_source(b, &n->words[i], texts.texts[k], any, out);
		}
}

uint32_t build_sources(struct build *b, const struct conf_node *rule)
{
	struct policy *p = b->p;
	struct prefixes all = { 0 };
	bool any = false;
	struct sv words = joined_words(b, rule, "from");
	uint32_t number = symtab_find(&b->source_texts, words) + 1;

	if (number)             /* SYMTAB_NONE + 1 is 0 */
		return p->sources[number] ? number : 0;
	number = symtab_add(&b->source_texts, arena_sv(b->r.scratch, words), NULL) + 1;
	read_sources(b, rule, &any, &all);
	while (p->n_sources <= number) {
		p->sources = room(p->sources, p->n_sources, &b->sources_cap, sizeof(*p->sources));
		p->sources[p->n_sources++] = NULL;
	}
	if (!any)
		p->sources[number] = netset_build(p->arena, all.p, all.n);
	for (size_t i = 0; i < all.n && !any; i++) {
		b->source_items = room(b->source_items, b->n_source_items, &b->source_items_cap,
				       sizeof(*b->source_items));
		b->source_items[b->n_source_items++] = (struct nettree_item){ all.p[i], number };
	}
	free(all.p);
	return any ? 0 : number;
}
