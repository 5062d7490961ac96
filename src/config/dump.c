/*
 * dump -- the tree as text again.  What was quoted stays quoted; paths come out absolute, because the
 * dump stands in another folder than its sources.
 */
#include "config/conf_impl.h"

#include "base/arena.h"
#include "config/values.h"

#include <stdio.h>

static bool needs_quotes(struct sv text)
{
	if (text.n == 0 || text.p[0] == '#' || text.p[0] == '\'')
		return true;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '$' && i + 1 < text.n && text.p[i + 1] == '{')
			i += sv_find(sv_slice(text, i, text.n), '}');   /* a parameter's braces */
		else if (strchr(" \t;{}\"", text.p[i]))
			return true;
	}
	return false;
}

static void put(FILE *to, struct sv text)
{
	fwrite(text.p, 1, text.n, to);
}

static void put_quoted(FILE *to, struct sv text)
{
	fputc('"', to);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"')
			fputc('\\', to);
		fputc(text.p[i], to);
	}
	fputc('"', to);
}

static void put_text(FILE *to, struct sv text)
{
	if (needs_quotes(text))
		put_quoted(to, text);
	else
		put(to, text);
}

static bool is_path(const struct directive *d, size_t arg, struct sv text)
{
	enum arg_type type = arg ? directive_arg(d, arg) : ARG_WORD;

	return type == ARG_CONTENT || (type == ARG_PATH && !value_is_among(text, d->values));
}

static void put_path(FILE *to, const struct conf *c, const struct conf_word *w)
{
	struct arena *a = arena_create();

	put_text(to, sv_of(path_join(a, sv_of(c->sources.cwd), w->text)));
	arena_free(a);
}

/* "cert=" and a path, which may be quoted by itself. */
static void put_file(FILE *to, const struct conf *c, struct sv text, size_t at)
{
	struct arena *a = arena_create();

	put(to, sv_slice(text, 0, at));
	put_text(to, sv_of(path_join(a, sv_of(c->sources.cwd), sv_slice(text, at, text.n))));
	arena_free(a);
}

static void put_word(FILE *to, const struct conf_word *w)
{
	if (!w->quoted) {
		put_text(to, w->text);
		return;
	}
	put(to, sv_slice(w->text, 0, w->quote_at));
	put_quoted(to, sv_slice(w->text, w->quote_at, w->text.n));
}

static void indent(FILE *to, unsigned depth)
{
	while (depth--)
		fputc('\t', to);
}

static void put_param(FILE *to, const struct param *p)
{
	fputs("param ", to);
	put(to, p->name);
	for (size_t i = 0; i < p->n; i++) {
		fputc(' ', to);
		put_text(to, p->values[i]);
	}
	fputs(";\n", to);
}

static void put_nodes(FILE *to, const struct conf *c, const struct conf_node *n, unsigned depth);

static void put_node(FILE *to, const struct conf *c, const struct conf_node *n, unsigned depth)
{
	indent(to, depth);
	for (size_t i = 0; i < n->n_words; i++) {
		struct sv text = n->words[i].text;
		size_t file_at = value_file_at(n->directive, i, text);

		if (i)
			fputc(' ', to);
		if (file_at < text.n)
			put_file(to, c, text, file_at);
		else if (is_path(n->directive, i, text))
			put_path(to, c, &n->words[i]);
		else
			put_word(to, &n->words[i]);
	}
	if (n->has_block) {
		fputs(" {\n", to);
		put_nodes(to, c, n->children, depth + 1);
		indent(to, depth);
		fputs("}\n", to);
	} else {
		fputs(";\n", to);
	}
}

/* As it holds: the value of --set in the place of the file's. */
static void put_nodes(FILE *to, const struct conf *c, const struct conf_node *n, unsigned depth)
{
	for (; n; n = n->next) {
		const struct param *p = strcmp(n->directive->name, "param") == 0 ?
					conf_param(c, n->words[1].text) : NULL;

		if (p && (depth == 0 || !p->at.file)) {
			indent(to, depth);
			put_param(to, p);
		}
		else
			put_node(to, c, n, depth);
	}
}

static bool is_param_node(const struct conf *c, struct sv name)
{
	const struct conf_node *n = conf_find(c->first, "param");

	while (n && !sv_eq(n->words[1].text, name))
		n = conf_find(n->next, "param");
	return n != NULL;
}

/* Parameters that only --set defines; the others stand where their `param` stands. */
static void put_sets(FILE *to, const struct conf *c)
{
	for (size_t i = 0; i < c->n_params; i++)
		if (!c->params[i].at.file && !is_param_node(c, c->params[i].name))
			put_param(to, &c->params[i]);
}

void conf_dump(const struct conf *c, FILE *to)
{
	put_sets(to, c);
	put_nodes(to, c, c->first, 0);
	for (const struct directive *d = directives; d->name; d++)
		if ((d->places & IN_MAIN) && d->preset && !conf_find(c->first, d->name))
			fprintf(to, "# %s %s;\n", d->name, d->preset);
}
