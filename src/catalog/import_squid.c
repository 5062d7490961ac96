/*
 * import_squid -- dstdomain lists. A plain list becomes one fqdn-group and one rule. In a squid.conf every
 * dstdomain acl becomes an fqdn-group, every src acl an ip-group, and each http_access line that is made of one
 * dstdomain acl and at most one src acl becomes a rule, in its order; every other line is reported.
 */
#include "catalog/emit.h"

#include "policy/reading.h"

#include <errno.h>
#include <stdlib.h>

enum acl_kind { ACL_NAMES, ACL_SOURCES, ACL_OTHER };

struct acl {
	struct sv name, group;          /* as squid calls it; as we do */
	enum acl_kind kind;
	struct sv *items;
	size_t n, cap;
};

struct access {                         /* an http_access line that can be said in our language */
	bool allow;
	const struct acl *names, *sources;      /* sources NULL: any */
};

struct work {
	const struct import *in;
	struct arena *arena;
	struct symtab by_name, taken;
	struct acl *acls;
	size_t n_acls, acls_cap;
	struct sv *lines;
	size_t n_lines;
	struct sv *words;               /* of the line being read */
	size_t words_cap;
	struct access *rules;
	size_t n_rules, n_access;
};

static struct place place_of(const struct work *w, size_t line)
{
	return (struct place){ w->in->file, (unsigned)line + 1, 1 };
}

/* ---- reading -------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void add_word(struct work *w, size_t n, struct sv word)
{
	if (n == w->words_cap) {
		w->words_cap = w->words_cap ? w->words_cap * 2 : 64;
		w->words = xrealloc(w->words, w->words_cap * sizeof(*w->words));
	}
	w->words[n] = word;
}

/* Into w->words, without a comment; squid takes a "#" at the start of a word for one. */
static size_t split(struct work *w, struct sv line)
{
	size_t n = 0, at = 0;

	for (;;) {
		size_t from;

		while (at < line.n && is_blank(line.p[at]))
			at++;
		if (at == line.n || line.p[at] == '#')
			return n;
		from = at;
		while (at < line.n && !is_blank(line.p[at]))
			at++;
		add_word(w, n++, sv_slice(line, from, at - from));
	}
}

static void add_item(struct acl *acl, struct sv item)
{
	if (acl->n == acl->cap) {
		acl->cap = acl->cap ? acl->cap * 2 : 16;
		acl->items = xrealloc(acl->items, acl->cap * sizeof(*acl->items));
	}
	acl->items[acl->n++] = item;
}

static struct acl *acl_named(struct work *w, struct sv name, enum acl_kind kind)
{
	bool added;
	uint32_t i = symtab_add(&w->by_name, name, &added);

	if (!added)
		return &w->acls[i];
	if (i == w->acls_cap) {
		w->acls_cap = w->acls_cap ? w->acls_cap * 2 : 16;
		w->acls = xrealloc(w->acls, w->acls_cap * sizeof(*w->acls));
	}
	w->n_acls = i + 1;
	w->acls[i] = (struct acl){ .name = name, .kind = kind };
	if (kind != ACL_OTHER)
		w->acls[i].group = emit_name(w->arena, &w->taken, name);
	return &w->acls[i];
}

static struct sv lower_without_dot(struct work *w, struct sv text)
{
	char *p = arena_strdup(w->arena, text);

	for (size_t i = 0; i < text.n; i++)
		p[i] = ascii_lower(p[i]);
	if (text.n > 1 && p[text.n - 1] == '.')
		text.n--;
	return (struct sv){ p, text.n };
}

static void read_domain(struct work *w, struct acl *acl, struct sv text, size_t line)
{
	struct sv out;

	if (sv_starts_with(text, SV("\""))) {
		diag_add(w->in->why, DIAG_WARNING, place_of(w, line), "a list in a file of its own is left out: %.*s; "
			 "import that file, or name it by \"file\" in the fqdn-group", SV_ARG(text));
		return;
	}
	if (emit_target(w->in, DIALECT_SQUID, lower_without_dot(w, text), place_of(w, line), w->arena, &out))
		add_item(acl, out);
}

static void read_source(struct work *w, struct acl *acl, struct sv text, size_t line)
{
	struct prefix p;
	struct sv why;
	char shown[PREFIX_TEXT_MAX];

	if (sv_eq(text, SV("all"))) {
		add_item(acl, SV("0.0.0.0/0"));
		add_item(acl, SV("::/0"));
	} else if (read_prefix(text, w->arena, &p, &why)) {
		prefix_format(&p, shown);
		add_item(acl, arena_sv(w->arena, sv_of(shown)));
	} else
		diag_add(w->in->why, DIAG_WARNING, place_of(w, line), "a source is left out: %.*s", SV_ARG(why));
}

static void read_acl(struct work *w, const struct sv *words, size_t n, size_t line)
{
	enum acl_kind kind = sv_eq(words[2], SV("dstdomain")) ? ACL_NAMES :
			     sv_eq(words[2], SV("src")) ? ACL_SOURCES : ACL_OTHER;
	struct acl *acl = acl_named(w, words[1], kind);

	if (kind == ACL_OTHER) {
		if (sv_starts_with(words[2], SV("dst")) || sv_starts_with(words[2], SV("url")))
			diag_add(w->in->why, DIAG_WARNING, place_of(w, line), "acl \"%.*s\" of the type %.*s is not "
				 "translated", SV_ARG(words[1]), SV_ARG(words[2]));
		return;
	}
	if (acl->kind != kind) {
		diag_add(w->in->why, DIAG_WARNING, place_of(w, line), "acl \"%.*s\" has two types; this line is left "
			 "out", SV_ARG(words[1]));
		return;
	}
	for (size_t i = 3; i < n; i++)
		if (sv_starts_with(words[i], SV("-")) || sv_eq(words[i], SV("--")))
			continue;
		else if (kind == ACL_NAMES)
			read_domain(w, acl, words[i], line);
		else
			read_source(w, acl, words[i], line);
}

/* False: it says more than a rule of ours can. */
static bool read_conditions(struct work *w, const struct sv *words, size_t n, struct access *out)
{
	for (size_t i = 2; i < n; i++) {
		uint32_t number = symtab_find(&w->by_name, words[i]);
		const struct acl *acl = number == SYMTAB_NONE ? NULL : &w->acls[number];

		if (!acl && sv_eq(words[i], SV("all")))
			continue;
		if (acl && acl->kind == ACL_NAMES && !out->names)
			out->names = acl;
		else if (acl && acl->kind == ACL_SOURCES && !out->sources)
			out->sources = acl;
		else
			return false;
	}
	return true;
}

static void read_access(struct work *w, const struct sv *words, size_t n, size_t line)
{
	struct access rule = { .allow = sv_eq(words[1], SV("allow")) };
	bool known = read_conditions(w, words, n, &rule);

	w->n_access++;
	if (known && rule.names) {
		w->rules[w->n_rules++] = rule;
		return;
	}
	if (known && !rule.sources && !rule.allow)
		return;                         /* deny all: what is not allowed is denied here too */
	if (rule.allow)
		diag_add(w->in->why, DIAG_WARNING, place_of(w, line), "\"%.*s\" is not translated: only one dstdomain acl "
			 "with at most one src acl can be", SV_ARG(sv_trim(w->lines[line])));
	else
		diag_add(w->in->why, DIAG_WARNING, place_of(w, line), "\"%.*s\" is not translated; what it denied may be "
			 "allowed by a rule below", SV_ARG(sv_trim(w->lines[line])));
}

static void read_conf(struct work *w)
{
	for (size_t i = 0; i < w->n_lines; i++) {
		size_t n = split(w, w->lines[i]);

		if (n >= 3 && sv_eq(w->words[0], SV("acl")))
			read_acl(w, w->words, n, i);
	}
	w->rules = arena_array(w->arena, w->n_lines, sizeof(*w->rules));
	for (size_t i = 0; i < w->n_lines; i++) {       /* squid wants acls before their use, we do not */
		size_t n = split(w, w->lines[i]);

		if (n >= 3 && sv_eq(w->words[0], SV("http_access")))
			read_access(w, w->words, n, i);
	}
}

static void read_list(struct work *w)
{
	struct acl *acl = acl_named(w, SV("squid-list"), ACL_NAMES);

	for (size_t i = 0; i < w->n_lines; i++) {
		size_t n = split(w, w->lines[i]);

		for (size_t k = 0; k < n; k++)
			read_domain(w, acl, w->words[k], i);
	}
}

static bool split_lines(struct work *w)
{
	struct sv rest = w->in->text;
	bool is_conf = false;
	size_t n = 1;

	if (sv_starts_with(rest, SV("\xef\xbb\xbf")))
		rest = sv_slice(rest, 3, rest.n);
	for (size_t i = 0; i < rest.n; i++)
		n += rest.p[i] == '\n';
	w->lines = arena_array(w->arena, n, sizeof(*w->lines));
	while (rest.p) {
		struct sv line = sv_cut(&rest, '\n');

		w->lines[w->n_lines++] = line;
		n = split(w, line);
		is_conf = is_conf || (n >= 2 && (sv_eq(w->words[0], SV("acl")) || sv_eq(w->words[0], SV("http_access"))));
	}
	return is_conf;
}

/* ---- writing -------------------------------------------------------------------------------- */

static void write_group(const struct work *w, const struct acl *acl)
{
	if (acl->kind == ACL_OTHER || acl->n == 0)
		return;
	fprintf(w->in->out, "%s %.*s {\n", acl->kind == ACL_NAMES ? "fqdn-group" : "ip-group", SV_ARG(acl->group));
	for (size_t i = 0; i < acl->n; i++)
		fprintf(w->in->out, "\t%.*s;\n", SV_ARG(acl->items[i]));
	fputs("}\n\n", w->in->out);
}

static void write_rule(struct work *w, struct emitter *e, const struct access *rule)
{
	if (rule->names->n == 0 || (rule->sources && rule->sources->n == 0)) {
		diag_add(w->in->why, DIAG_WARNING, (struct place){ w->in->file, 0, 0 }, "the rule for acl \"%.*s\" is "
			 "left out: nothing is left of its acls", SV_ARG(rule->names->name));
		return;
	}
	emit_rule(e, rule->names->group);
	if (rule->sources)
		emit_line(e, "from %.*s;", SV_ARG(rule->sources->group));
	else
		emit_line(e, "from %s;", w->in->from ? w->in->from : "any");
	emit_line(e, "to   group:%.*s https:443 http:80;", SV_ARG(rule->names->group));
	emit_rule_end(e);
}

static void write_rules(struct work *w)
{
	struct emitter e = { .out = w->in->out, .a = w->arena };

	for (size_t i = 0; i < w->n_rules; i++) {
		if (i == 0 || w->rules[i].allow != w->rules[i - 1].allow)
			emit_collection(&e, w->rules[i].allow ? SV("squid-allow") : SV("squid-deny"),
					w->rules[i].allow ? "allow" : "deny");
		write_rule(w, &e, &w->rules[i]);
	}
	emit_end(&e);
	symtab_fini(&e.collections);
}

/* A list, or acls without any http_access: each is meant to be allowed. */
static void allow_all_lists(struct work *w)
{
	w->rules = arena_array(w->arena, w->n_acls, sizeof(*w->rules));
	for (size_t i = 0; i < w->n_acls; i++)
		if (w->acls[i].kind == ACL_NAMES)
			w->rules[w->n_rules++] = (struct access){ .allow = true, .names = &w->acls[i] };
}

static int translate(struct work *w)
{
	size_t names = 0;

	if (split_lines(w))
		read_conf(w);
	else
		read_list(w);
	for (size_t i = 0; i < w->n_acls; i++)
		names += w->acls[i].kind == ACL_NAMES ? w->acls[i].n : 0;
	if (names == 0) {
		diag_error(w->in->why, (struct place){ w->in->file, 0, 0 }, "no name was found; expected one a line, or "
			   "\"acl NAME dstdomain ...\"");
		return -EINVAL;
	}
	if (w->n_access == 0)
		allow_all_lists(w);
	emit_head(w->in, "Squid's lists");
	for (size_t i = 0; i < w->n_acls; i++)
		write_group(w, &w->acls[i]);
	write_rules(w);
	diag_add(w->in->why, DIAG_NOTE, (struct place){ w->in->file, 0, 0 }, "%zu names in %zu acls, %zu rules; rules open "
		 "https:443 and http:80", names, w->n_acls, w->n_rules);
	return 0;
}

int import_squid(const struct import *in)
{
	struct work w = { .in = in, .arena = arena_create() };
	int err = translate(&w);

	for (size_t i = 0; i < w.n_acls; i++)
		free(w.acls[i].items);
	free(w.acls);
	free(w.words);
	symtab_fini(&w.by_name);
	symtab_fini(&w.taken);
	arena_free(w.arena);
	return err;
}
