/* lint_uses -- groups, parameters and tags that nobody uses, and uses that deserve a second look. */
#include "catalog/lint_impl.h"

#include "base/clock.h"
#include "policy/symtab.h"

struct uses {
	struct linter *l;
	struct symtab ips, names, params, tags;
};

/* ---- what is used --------------------------------------------------------------------------- */

/* ${geo} and ${azurecloud} come from the region. */
static void use_params_of(struct uses *u, struct sv text)
{
	for (size_t i = 0; i + 1 < text.n; i++) {
		struct sv rest = sv_slice(text, i, text.n), name;
		size_t end = sv_find(rest, '}');

		if (rest.p[0] != '$' || rest.p[1] != '{' || end == rest.n)
			continue;
		name = sv_slice(rest, 2, end - 2);
		symtab_add(&u->params, name, NULL);
		if (sv_eq(name, SV("geo")) || sv_eq(name, SV("azurecloud")))
			symtab_add(&u->params, SV("region"), NULL);
	}
}

static void use_tag(struct uses *u, const struct tag *t)
{
	bool added;

	if (!t)
		return;
	symtab_add(&u->tags, sv_of(t->name), &added);
	for (size_t i = 0; added && i < t->n_includes; i++)
		use_tag(u, tags_find(u->l->flat.tags, t->includes[i]->text));
}

static void use_source(struct uses *u, const struct conf_word *w)
{
	struct expansion texts;
	struct sv missing;

	if (read_texts(&u->l->flat.r, w, &texts, &missing) != READ_OK)
		return;
	for (size_t i = 0; i < texts.n; i++) {
		struct sv text = texts.texts[i];

		if (sv_starts_with(text, SV("identity:group:")))
			symtab_add(&u->names, sv_slice(text, SV("identity:group:").n, text.n), NULL);
		else
			symtab_add(&u->ips, text, NULL);
	}
}

static void use_target(struct uses *u, const struct conf_word *w)
{
	struct expansion texts;
	struct sv missing;

	if (!sv_starts_with(w->text, SV("group:")) || read_texts(&u->l->flat.r, w, &texts, &missing) != READ_OK)
		return;
	for (size_t i = 0; i < texts.n; i++)
		symtab_add(&u->names, sv_slice(texts.texts[i], 6, texts.texts[i].n), NULL);
}

static bool is_called(const struct conf_node *n, const char *name)
{
	return n->n_words && sv_eq(n->words[0].text, sv_of(name));
}

static void walk(struct uses *u, const struct conf_node *n)
{
	for (; n; n = n->next) {
		bool in_rule = n->parent && is_called(n->parent, "rule");

		if (!n->parent && is_called(n, "tag") && symtab_find(&u->tags, node_name(n)) == SYMTAB_NONE)
			continue;
		u->l->flat.r.scope = conf_scope(n);
		for (size_t i = 0; i < n->n_words; i++) {
			use_params_of(u, n->words[i].text);
			if (in_rule && i && is_called(n, "from"))
				use_source(u, &n->words[i]);
			if (in_rule && i && is_called(n, "to"))
				use_target(u, &n->words[i]);
		}
		walk(u, n->children);
	}
}

/* ---- what is not ---------------------------------------------------------------------------- */

static void report_unused(struct uses *u, const char *directive, const struct symtab *used, enum lint which,
			  const char *how)
{
	const struct conf_node *n = conf_find(conf_first(u->l->flat.r.conf), directive);

	for (; n; n = conf_find(n->next, directive)) {
		if (symtab_find(used, node_name(n)) != SYMTAB_NONE)
			continue;
		if (which == LINT_UNUSED_TAG && place_is_library(conf_place(n)))
			continue;
		lint_find(u->l, which, DIAG_WARNING, conf_place(n), "%s \"%.*s\" is never used; %s",
			  directive, SV_ARG(node_name(n)), how);
	}
}

/* ---- a second look -------------------------------------------------------------------------- */

static void check_port(struct linter *l, const struct conf_word *w)
{
	static const struct {
		struct sv from, to;
		uint8_t proto;
		uint16_t port;
	} odd[] = {
		{ { "https:80", 8 }, { "http:80", 7 }, PROTO_HTTPS, 80 },
		{ { "http:443", 8 }, { "https:443", 9 }, PROTO_HTTP, 443 },
	};
	struct port_set set;
	struct sv why;

	if (!ports_looks_like(w->text) || !ports_parse(&set, w->text, l->arena, &why))
		return;
	for (size_t i = 0; i < set.n; i++)
		for (size_t k = 0; k < 2; k++)
			if (set.ranges[i].proto == odd[k].proto && set.ranges[i].lo == odd[k].port &&
			    set.ranges[i].hi == odd[k].port)
				lint_find(l, LINT_ODD_PORT, place_is_library(w->at) ? DIAG_NOTE : DIAG_WARNING, w->at,
					  "%.*s is seldom meant; did you mean %.*s?", SV_ARG(odd[k].from),
					  SV_ARG(odd[k].to));
}

static void check_ports(struct linter *l)
{
	const struct conf_node *first = conf_first(l->flat.r.conf), *n, *e;

	for (size_t i = 0; i < l->flat.n_rules; i++) {
		n = conf_find(l->flat.rules[i].node->children, "to");
		for (; n; n = conf_find(n->next, "to"))
			for (size_t k = 1; k < n->n_words; k++)
				check_port(l, &n->words[k]);
	}
	for (n = conf_find(first, "tag"); n; n = conf_find(n->next, "tag"))
		for (e = conf_find(n->children, "entry"); e; e = conf_find(e->next, "entry"))
			if (e->n_words > 2)
				check_port(l, &e->words[2]);
}

static void check_expired(struct linter *l)
{
	for (size_t i = 0; i < l->flat.n_rules; i++) {
		const struct flat_rule *r = &l->flat.rules[i];
		char text[TIME_TEXT_MAX];

		if (!rule_has_expired(r, l->now_ms))
			continue;
		time_format(r->until_ms, text);
		lint_find(l, LINT_EXPIRED, DIAG_WARNING, conf_place(conf_find(r->node->children, "until")),
			  "rule \"%s\" ended at %s; take it out, or give it a later \"until\"", r->name, text);
	}
}

static void check_sources(struct linter *l)
{
	for (size_t i = 0; i < l->flat.n_rules; i++) {
		const struct conf_node *n = conf_find(l->flat.rules[i].node->children, "from");

		for (; n; n = conf_find(n->next, "from"))
			for (size_t k = 1; k < n->n_words; k++)
				if (sv_starts_with(n->words[k].text, SV("service-tag:")))
					lint_find(l, LINT_TAG_SOURCE, DIAG_WARNING, n->words[k].at, "\"%.*s\" as a "
						  "source is every customer of that service, not you; write your "
						  "own addresses", SV_ARG(n->words[k].text));
	}
}

void lint_uses(struct linter *l)
{
	struct uses u = { .l = l };

	for (size_t i = 0; i < l->flat.n_refs; i++)
		use_tag(&u, l->flat.refs[i].tag);
	symtab_add(&u.params, SV("cloud"), NULL);       /* tags take it as a profile */
	walk(&u, conf_first(l->flat.r.conf));
	l->flat.r.scope = NULL;
	report_unused(&u, "ip-group", &u.ips, LINT_UNUSED_IPS, "take it out, or name it in a \"from\"");
	report_unused(&u, "fqdn-group", &u.names, LINT_UNUSED_NAMES,
		      "take it out, or use it as group:NAME in a \"to\"");
	report_unused(&u, "param", &u.params, LINT_UNUSED_PARAM, "take it out, or write it as ${NAME} somewhere");
	report_unused(&u, "tag", &u.tags, LINT_UNUSED_TAG, "take it out, or use it as tag:NAME in a \"to\"");
	symtab_fini(&u.ips);
	symtab_fini(&u.names);
	symtab_fini(&u.params);
	symtab_fini(&u.tags);
	check_ports(l);
	check_expired(l);
	check_sources(l);
}
