/*
 * lint_names -- what a wildcard of an allow collection opens besides what its author meant.
 * An entry that a catalog file brings is gathered into one note at the rule that takes the tag; everything else is
 * reported where it stands, once, however many rules use it.
 */
#include "catalog/lint_impl.h"

#include "catalog/suffixes.h"
#include "policy/symtab.h"

#include <stdlib.h>

enum { SHOWN = 3 };

/* What the entries of one tag have in common, for one code. */
struct gathered {
	struct sv texts;
	size_t n;
};

struct names {
	struct linter *l;
	struct symtab seen;             /* "CODE file:line:col" of entries reported, "tag CODE" of notes */
	struct gathered *into;          /* by lint; NULL: report at `at` */
	enum action action;
	size_t regexes;
};

static bool is_first(struct names *s, struct sv key)
{
	bool added;

	symtab_add(&s->seen, key, &added);
	return added;
}

static struct sv key_at(const struct names *s, enum lint which, struct place at)
{
	return arena_printf(s->l->arena, "%s %s:%u:%u", lint_row(which)->code, at.file ? at.file : "", at.line,
			    at.col);
}

/* True when the caller has to say it. */
static bool wanted(struct names *s, enum lint which, struct place at, struct sv text)
{
	struct gathered *g;

	if (!s->into)
		return is_first(s, key_at(s, which, at));
	g = &s->into[which];
	if (g->n++ < SHOWN)
		g->texts = arena_printf(s->l->arena, "%.*s%s%.*s", SV_ARG(g->texts), g->texts.n ? ", " : "",
					SV_ARG(text));
	return false;
}

/* ---- one pattern ---------------------------------------------------------------------------- */

static void check_shared(struct names *s, struct place at, struct sv text, struct sv suffix,
			 const struct suffix_row *row)
{
	if (!wanted(s, LINT_SHARED_SUFFIX, at, text))
		return;
	if (!row)
		lint_find(s->l, LINT_SHARED_SUFFIX, DIAG_WARNING, at, "\"%.*s\" takes in every customer of "
			  "\"%.*s\"; write the name that is needed", SV_ARG(text), SV_ARG(suffix));
	else if (suffix.n >= strlen(row->suffix) || sv_find(sv_of(row->suffix), '*') < strlen(row->suffix))
		lint_find(s->l, LINT_SHARED_SUFFIX, DIAG_WARNING, at, "\"%.*s\" takes in every customer's %s; "
			  "write the name of yours, as in \"NAME.%.*s\"", SV_ARG(text), row->what,
			  SV_ARG(suffix));
	else
		lint_find(s->l, LINT_SHARED_SUFFIX, DIAG_WARNING, at, "\"%.*s\" takes in \"%s\", where every "
			  "customer's %s lives; write the names that are needed", SV_ARG(text), row->suffix,
			  row->what);
}

static void check_public(struct names *s, struct place at, struct sv text, struct sv suffix)
{
	if (!wanted(s, LINT_PUBLIC_SUFFIX, at, text))
		return;
	if (suffix.n == 0)
		lint_find(s->l, LINT_PUBLIC_SUFFIX, DIAG_WARNING, at, "\"*\" opens every name there is; write "
			  "the names that are needed");
	else
		lint_find(s->l, LINT_PUBLIC_SUFFIX, DIAG_WARNING, at, "\"%.*s\" takes in domains that anybody can "
			  "register below \"%.*s\"; write the domain out", SV_ARG(text), SV_ARG(suffix));
}

static void check_no_suffix(struct names *s, struct place at, struct sv text)
{
	if (wanted(s, LINT_NO_SUFFIX, at, text))
		lint_find(s->l, LINT_NO_SUFFIX, DIAG_WARNING, at, "%.*s does not end with a domain written out, "
			  "so names that anybody can register match; end it with one, as in %s", SV_ARG(text),
			  text.p[0] == '~' ? "~\"...\\.example\\.com\"" : "\"cdn*.example.com\"");
}

static void check_pattern(struct names *s, struct place at, struct sv text, const struct pattern *p)
{
	const struct suffix_row *row;
	struct sv suffix;

	if (s->action != ACTION_ALLOW || p->kind == PATTERN_EXACT || p->kind == PATTERN_ADDRESS)
		return;
	suffix = pattern_literal_suffix(p, s->l->arena);
	if (suffix.n == 0 && p->kind != PATTERN_ANY) {
		check_no_suffix(s, at, text);
		return;
	}
	switch (suffix_kind_of(suffix, &row)) {
	case SUFFIX_PUBLIC:
		check_public(s, at, text, suffix);
		break;
	case SUFFIX_SHARED:
		check_shared(s, at, text, suffix, row);
		break;
	case SUFFIX_OWN:
		break;
	}
}

static void count_regex(struct names *s, struct place at, const struct pattern *p)
{
	if (p->kind == PATTERN_REGEX && ++s->regexes == LINT_REGEXES_MAX + 1)
		lint_find(s->l, LINT_MANY_REGEXES, DIAG_WARNING, at, "more than %d regular expressions: each is "
			  "run for every name that nothing before it decides; write wildcards where they do",
			  LINT_REGEXES_MAX);
}

/* ---- groups --------------------------------------------------------------------------------- */

static struct sv pattern_written(const struct pattern *p, struct arena *a)
{
	static const char *const before[] = {
		[PATTERN_EXACT] = "", [PATTERN_BELOW] = "*.", [PATTERN_TREE] = ".", [PATTERN_GLOB] = "",
		[PATTERN_REGEX] = "~", [PATTERN_ADDRESS] = "", [PATTERN_ANY] = "*",
	};
	char prefix[PREFIX_TEXT_MAX];

	if (p->kind == PATTERN_ADDRESS) {
		prefix_format(&p->prefix, prefix);
		return arena_sv(a, sv_of(prefix));
	}
	return arena_printf(a, "%s%.*s", before[p->kind], SV_ARG(p->kind == PATTERN_REGEX ? p->regex : p->name));
}

static void check_group_name(void *arg, struct place at, const struct pattern *p)
{
	struct names *s = arg;

	if (p->kind != PATTERN_EXACT)
		check_pattern(s, at, pattern_written(p, s->l->arena), p);
}

struct twins {
	struct linter *l;
	struct symtab seen;
};

static void check_twin(void *arg, struct place at, const struct pattern *p)
{
	struct twins *t = arg;
	bool added;
	struct sv text = pattern_written(p, t->l->arena);

	symtab_add(&t->seen, text, &added);
	if (!added)
		lint_find(t->l, LINT_DUPLICATE, DIAG_WARNING, at, "\"%.*s\" is in this group already; take one "
			  "out", SV_ARG(text));
}

static void check_groups(struct linter *l)
{
	for (size_t i = 0; i < groups_count_names(l->flat.groups); i++) {
		struct twins t = { .l = l };

		groups_each_name(l->flat.groups, &l->flat.r, i, check_twin, &t);
		symtab_fini(&t.seen);
	}
}

/* Each address of an ip-group against those before it. */
static void check_ip_group(struct linter *l, const struct conf_node *group)
{
	const struct ip_group *g = groups_find_ips(l->flat.groups, node_name(group));
	size_t n = 0;

	for (const struct conf_node *line = group->children; g && line; line = line->next)
		for (size_t i = 0; i < line->n_words; i++, n++) {
			if (line->words[i].has_params || n >= g->n)
				return;         /* one word may be several prefixes */
			for (size_t k = 0; k < n; k++) {
				char text[PREFIX_TEXT_MAX];

				if (g->prefixes[k].bits > g->prefixes[n].bits ||
				    !prefix_contains(&g->prefixes[k], &g->prefixes[n].addr))
					continue;
				prefix_format(&g->prefixes[k], text);
				lint_find(l, LINT_DUPLICATE, DIAG_WARNING, line->words[i].at, "\"%.*s\" is in "
					  "this group already, by \"%s\"; take one out",
					  SV_ARG(line->words[i].text), text);
				break;
			}
		}
}

static bool same_profiles(const struct tag_entry *a, const struct tag_entry *b)
{
	if (a->n_profiles != b->n_profiles)
		return false;
	for (size_t i = 0; i < a->n_profiles; i++)
		if (strcmp(a->profiles[i], b->profiles[i]) != 0)
			return false;
	return true;
}

static void check_tag(struct linter *l, const struct tag *t)
{
	struct symtab seen = { 0 };
	bool added;

	for (size_t i = 0; i < t->n_entries; i++) {
		const struct tag_entry *e = &t->entries[i], *other;
		struct sv key = arena_printf(l->arena, "%.*s %.*s", SV_ARG(e->word->text), SV_ARG(e->ports_text));
		uint32_t at = symtab_add(&seen, key, &added);

		other = added ? e : &t->entries[at];
		if (!added && at < i && same_profiles(e, other) && e->optional == other->optional)
			lint_find(l, LINT_DUPLICATE, place_is_library(e->at) ? DIAG_NOTE : DIAG_WARNING, e->at,
				  "\"%.*s\" is in tag \"%s\" already; take one out", SV_ARG(e->word->text), t->name);
	}
	symtab_fini(&seen);
}

/* ---- clauses -------------------------------------------------------------------------------- */

static void report_gathered(struct names *s, const struct flat_ref *ref, const struct gathered *all)
{
	static const struct {
		enum lint which;
		const char *text;
	} rows[] = {
		{ LINT_PUBLIC_SUFFIX, "wildcards below which anybody can register a domain" },
		{ LINT_SHARED_SUFFIX, "wildcards that take in every customer of a service" },
		{ LINT_NO_SUFFIX, "patterns that do not end with a domain written out" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct gathered *g = &all[rows[i].which];

		if (g->n && is_first(s, arena_printf(s->l->arena, "%s %s", ref->tag->name,
						     lint_row(rows[i].which)->code)))
			lint_find(s->l, rows[i].which, DIAG_NOTE, ref->word->at, "\"%.*s\" brings %s: %.*s%s; "
				  "\"sekisho learn\" shows which names are really used", SV_ARG(ref->text),
				  rows[i].text, SV_ARG(g->texts), g->n > SHOWN ? ", ..." : "");
	}
}

static void check_clause(struct names *s, const struct flat_clause *c)
{
	s->action = s->l->flat.rules[c->rule].action;
	for (size_t i = 0; i < c->n_patterns; i++)
		count_regex(s, c->at, &c->patterns[i]);
	if (c->group != FLAT_NONE) {
		if (s->action == ACTION_ALLOW && is_first(s, arena_printf(s->l->arena, "group %u", c->group)))
			groups_each_name(s->l->flat.groups, &s->l->flat.r, c->group, check_group_name, s);
		return;
	}
	for (size_t i = 0; i < c->n_patterns; i++)
		check_pattern(s, c->at, c->text, &c->patterns[i]);
}

static void check_ref(struct names *s, const struct flat_ref *ref)
{
	struct gathered all[LINTS] = { { { NULL, 0 }, 0 } };

	for (uint32_t i = ref->first; i < ref->first + ref->n; i++) {
		const struct flat_clause *c = &s->l->flat.clauses[i];

		s->into = place_is_library(c->at) ? all : NULL;
		check_clause(s, c);
	}
	s->into = NULL;
	report_gathered(s, ref, all);
}

void lint_names(struct linter *l)
{
	struct names s = { .l = l };
	const struct conf_node *n = conf_find(conf_first(l->flat.r.conf), "ip-group");

	for (size_t i = 0; i < l->flat.n_clauses; i++)
		if (l->flat.clauses[i].ref == FLAT_NONE)
			check_clause(&s, &l->flat.clauses[i]);
	for (size_t i = 0; i < l->flat.n_refs; i++)
		if (l->flat.refs[i].tag)
			check_ref(&s, &l->flat.refs[i]);
	symtab_fini(&s.seen);
	check_groups(l);
	for (; n; n = conf_find(n->next, "ip-group"))
		check_ip_group(l, n);
	for (size_t i = 0; i < tags_count(l->flat.tags); i++)
		check_tag(l, tags_at(l->flat.tags, i));
}
