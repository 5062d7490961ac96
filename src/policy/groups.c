/* groups -- see groups.h. Most lines of a list are plain names: they take a short way past the parser. */
#include "policy/groups.h"

#include "base/suggest.h"
#include "policy/name.h"
#include "policy/symtab.h"

enum { LIST_ERRORS_MAX = 20, LINES_PER_ARENA = 1024 };

struct name_group {
	const struct conf_node *node;
	const char *name;
};

struct groups {
	struct symtab ip_names, fqdn_names;
	struct ip_group *ips;
	struct name_group *names;
};

/* ---- addresses ------------------------------------------------------------------------------ */

static size_t count_words(const struct conf_node *children)
{
	size_t n = 0;

	for (const struct conf_node *line = children; line; line = line->next)
		n += line->n_words;
	return n;
}

struct prefix_list {
	struct prefix *p;
	size_t n, cap;
};

static void add_prefixes(const struct reading *r, const struct conf_word *w, struct prefix_list *l)
{
	struct expansion texts;
	struct sv why;

	if (!read_texts_or_report(r, w, &texts))
		return;
	if (l->n + texts.n > l->cap) {
		struct prefix *old = l->p;

		l->cap = 2 * (l->n + texts.n);
		l->p = arena_array(r->scratch, l->cap, sizeof(*l->p));
		if (l->n)
			memcpy(l->p, old, l->n * sizeof(*l->p));
	}
	for (size_t i = 0; i < texts.n; i++) {
		if (read_prefix(texts.texts[i], r->scratch, &l->p[l->n], &why))
			l->n++;
		else
			diag_error(r->why, w->at, "%.*s", SV_ARG(why));
	}
}

static void read_ip_group(struct groups *g, const struct reading *r, const struct conf_node *node)
{
	size_t errors = r->why->errors, cap = count_words(node->children);
	struct prefix_list l = { arena_array(r->scratch, cap, sizeof(*l.p)), 0, cap };

	for (const struct conf_node *line = node->children; line; line = line->next)
		for (size_t i = 0; i < line->n_words; i++)
			add_prefixes(r, &line->words[i], &l);
	if (l.n == 0 && errors == r->why->errors)
		diag_error(r->why, conf_place(node), "ip-group \"%.*s\" is empty; give it an address or "
			   "a prefix", SV_ARG(node->words[1].text));
	g->ips[g->ip_names.n - 1] = (struct ip_group){
		arena_strdup(r->scratch, node->words[1].text), conf_place(node), l.p, l.n };
}

const struct ip_group *groups_find_ips(const struct groups *g, struct sv name)
{
	uint32_t i = symtab_find(&g->ip_names, name);

	return i == SYMTAB_NONE ? NULL : &g->ips[i];
}

/* ---- the tree's groups ---------------------------------------------------------------------- */

static size_t count_nodes(const struct conf *conf, const char *name)
{
	size_t n = 0;

	for (const struct conf_node *c = conf_find(conf_first(conf), name); c; c = conf_find(c->next, name))
		n++;
	return n;
}

struct groups *groups_read(const struct reading *r)
{
	struct groups *g = arena_alloc(r->scratch, sizeof(*g));
	const struct conf_node *n, *first = conf_first(r->conf);
	bool added;

	g->ips = arena_array(r->scratch, count_nodes(r->conf, "ip-group"), sizeof(*g->ips));
	g->names = arena_array(r->scratch, count_nodes(r->conf, "fqdn-group"), sizeof(*g->names));
	for (n = conf_find(first, "ip-group"); n; n = conf_find(n->next, "ip-group")) {
		symtab_add(&g->ip_names, n->words[1].text, &added);
		if (added)
			read_ip_group(g, r, n);
	}
	for (n = conf_find(first, "fqdn-group"); n; n = conf_find(n->next, "fqdn-group")) {
		symtab_add(&g->fqdn_names, n->words[1].text, &added);
		if (added)
			g->names[g->fqdn_names.n - 1] = (struct name_group){
				n, arena_strdup(r->scratch, n->words[1].text) };
	}
	return g;
}

void groups_fini(struct groups *g)
{
	if (!g)
		return;
	symtab_fini(&g->ip_names);
	symtab_fini(&g->fqdn_names);
}

size_t groups_count_names(const struct groups *g)
{
	return g->fqdn_names.n;
}

bool groups_find_names(const struct groups *g, struct sv name, size_t *number)
{
	*number = symtab_find(&g->fqdn_names, name);
	return *number != SYMTAB_NONE;
}

const char *groups_suggest_ips(const struct groups *g, struct sv name)
{
	struct suggest s;

	suggest_init(&s, name);
	for (size_t i = 0; i < g->ip_names.n; i++)
		suggest_offer(&s, g->ips[i].name);
	return suggest_best(&s);
}

const char *groups_suggest_names(const struct groups *g, struct sv name)
{
	struct suggest s;

	suggest_init(&s, name);
	for (size_t i = 0; i < g->fqdn_names.n; i++)
		suggest_offer(&s, g->names[i].name);
	return suggest_best(&s);
}

/* ---- names ---------------------------------------------------------------------------------- */

/* The usual line of a list: "name", "*.name" or ".name" in plain ASCII. What fqdn_parse() takes here,
 * pattern_parse() would take for the same pattern; everything else goes there. */
static bool parse_plain(struct sv text, struct fqdn *name, struct pattern *out)
{
	*out = (struct pattern){ .kind = PATTERN_EXACT };
	if (sv_starts_with(text, SV("*."))) {
		out->kind = PATTERN_BELOW;
		text = sv_slice(text, 2, text.n);
	} else if (sv_starts_with(text, SV("."))) {
		out->kind = PATTERN_TREE;
		text = sv_slice(text, 1, text.n);
	}
	if (fqdn_parse(name, text) != NAME_OK)
		return false;
	out->name = fqdn_sv(name);
	return true;
}

/* A regular expression keeps its "#"; elsewhere one begins a comment. */
static struct sv without_comment(struct sv line)
{
	size_t quote = sv_starts_with(line, SV("~\"")) ? 2 : 0, hash;

	if (!quote)
		return sv_slice(line, 0, sv_find(line, '#'));
	while (quote < line.n && line.p[quote] != '"')
		quote += line.p[quote] == '\\' && quote + 1 < line.n ? 2 : 1;
	hash = quote + sv_find(sv_slice(line, quote, line.n), '#');
	return sv_slice(line, 0, hash);
}

/* ~"..." as the lexer would give it: quotes off, \" made ". */
static struct sv unquote(struct sv text, struct arena *a)
{
	char *out = arena_alloc(a, text.n + 1);
	size_t n = 0;

	out[n++] = '~';
	for (size_t i = 2; i + 1 < text.n; i++) {
		if (text.p[i] == '\\' && text.p[i + 1] == '"' && i + 2 < text.n)
			i++;
		out[n++] = text.p[i];
	}
	return (struct sv){ out, n };
}

static bool parse_line(struct sv text, struct fqdn *name, struct arena *a, struct pattern *out,
		       struct sv *why)
{
	bool quoted = text.n > 3 && sv_starts_with(text, SV("~\"")) && text.p[text.n - 1] == '"';

	if (sv_starts_with(text, SV("tag:")) || sv_starts_with(text, SV("group:"))) {
		*why = SV("a list holds names; references stand in the `to` of a rule");
		return false;
	}
	if (quoted)
		return pattern_parse(out, unquote(text, a), true, 1, a, why);
	return parse_plain(text, name, out) || pattern_parse(out, text, false, text.n, a, why);
}

struct list_reader {
	const struct reading *r;
	struct arena *lines;            /* renewed now and then: a list may be long */
	struct place at;
	size_t errors;
	groups_visit *visit;
	void *arg;
};

static void report_line(struct list_reader *l, struct sv why)
{
	if (++l->errors <= LIST_ERRORS_MAX)
		diag_error(l->r->why, l->at, "%.*s", SV_ARG(why));
}

static void read_line(struct list_reader *l, struct sv line)
{
	struct sv text, why;
	struct pattern p;
	struct fqdn name;

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	text = sv_trim(line);
	if (text.n == 0 || text.p[0] == '#')
		return;
	l->at.col = (unsigned)(text.p - line.p) + 1;
	text = sv_trim(without_comment(text));
	if (parse_line(text, &name, l->lines, &p, &why))
		l->visit(l->arg, l->at, &p);
	else
		report_line(l, why);
}

static void read_list(const struct reading *r, const struct conf_node *node, groups_visit *visit, void *arg)
{
	struct list_reader l = { .r = r, .at = { node->content_file, 0, 1 }, .visit = visit, .arg = arg };
	struct sv rest = node->content;

	if (sv_starts_with(rest, SV("\xef\xbb\xbf")))
		rest = sv_slice(rest, 3, rest.n);
	l.lines = arena_create();
	while (rest.p) {
		if (++l.at.line % LINES_PER_ARENA == 0 && arena_bytes(l.lines) > (1u << 20)) {
			arena_free(l.lines);
			l.lines = arena_create();
		}
		read_line(&l, sv_cut(&rest, '\n'));
	}
	arena_free(l.lines);
	if (l.errors > LIST_ERRORS_MAX)
		diag_error(r->why, (struct place){ node->content_file, 0, 0 }, "%zu more lines are wrong",
			   l.errors - LIST_ERRORS_MAX);
}

static void read_item(const struct reading *r, const struct conf_word *w, groups_visit *visit, void *arg)
{
	struct patterns p;

	if (sv_starts_with(w->text, SV("tag:")) || sv_starts_with(w->text, SV("group:"))) {
		diag_error(r->why, w->at, "an fqdn-group holds names; references stand in the `to` of a rule");
		return;
	}
	if (!read_patterns_or_report(r, w, &p))
		return;
	for (size_t i = 0; i < p.n; i++)
		visit(arg, w->at, &p.items[i]);
}

size_t groups_size(const struct groups *g, size_t number)
{
	size_t n = 0;

	for (const struct conf_node *line = g->names[number].node->children; line; line = line->next) {
		struct sv rest = line->content;

		for (n += line->n_words; rest.p; n++)
			sv_cut(&rest, '\n');
	}
	return n;
}

void groups_each_name(const struct groups *g, const struct reading *r, size_t number,
		      groups_visit *visit, void *arg)
{
	const struct conf_node *group = g->names[number].node;

	if (!group->children)
		diag_error(r->why, conf_place(group), "fqdn-group \"%s\" is empty; give it a name or a list",
			   g->names[number].name);
	for (const struct conf_node *line = group->children; line; line = line->next) {
		if (line->content.p) {
			read_list(r, line, visit, arg);
			continue;
		}
		for (size_t i = 0; i < line->n_words; i++)
			read_item(r, &line->words[i], visit, arg);
	}
}
