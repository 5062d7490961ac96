/*
 * conf -- the parser: tokens of one file after the other become one tree of checked nodes.
 *
 *   file -> lexer_run() -> braces_balance() -> statements -> nodes     (an `include` starts over there)
 *
 * One error must not hide the next: a broken statement is skipped up to its ";" or past its block, and
 * a node whose arguments are wrong still becomes part of the tree, which is thrown away at the end.
 */
#include "config/conf_impl.h"

#include "base/arena.h"
#include "base/suggest.h"
#include "config/braces.h"
#include "config/lexer.h"
#include "config/values.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { INCLUDE_DEPTH_MAX = 16 };

/* A file that is or was read, in a chain from the newest to the first. */
struct opened {
	const struct opened *earlier;
	const char *name;
	struct file_id id;
	struct place included_at;       /* no file: the main one */
	bool reading;                   /* its end is not reached: an include of it is a loop */
};

struct loader {
	struct conf *c;
	struct diag_list *why;
	struct opened *files;
	unsigned depth;
	bool may_read;
};

struct nodes {                          /* the list being built of one block */
	const struct conf_node *first;
	struct conf_node *last;
	const struct conf_node *parent;
	enum conf_context in;
	bool incomplete;                /* a statement of it was skipped */
};

struct parser {
	struct loader *loader;
	struct token_list tokens;
	size_t at;
};

static void parse_file(struct loader *l, const char *path, struct place at, struct nodes *out);
static void parse_block(struct parser *p, struct nodes *out);

/* ---- tokens ------------------------------------------------------------------------------- */

static const struct token *token_at(const struct parser *p, size_t i)
{
	return &p->tokens.items[i];
}

static struct sv token_text(const struct parser *p, const struct token *t)
{
	return sv_slice(p->tokens.text, t->at, t->n);
}

static bool is_free(enum conf_context in)
{
	return in == IN_IP_GROUP || in == IN_FQDN_GROUP;
}

static bool is_quoted(const struct token *t)
{
	return t->quote_at < t->n;
}

static bool names_directive(const struct parser *p, const struct token *t, enum conf_context in)
{
	return !is_quoted(t) && !is_free(in) && directive_find(token_text(p, t), in);
}

/* Does word `i`, the first of its line, begin a statement of its own, because the one that began at
 * p->at lacks its ";" or "{"? */
static bool begins_statement(const struct parser *p, size_t i, enum conf_context in,
			     const struct directive *row)
{
	const struct token *t = token_at(p, i);

	if (!t->starts_line)
		return false;
	if (is_free(in) || names_directive(p, t, in))
		return true;
	if (!row)
		return false;
	return directive_overflows(row, i - p->at) || (row->opens && names_directive(p, t, row->opens));
}

/* The index behind the last word of the statement at p->at. */
static size_t statement_end(const struct parser *p, enum conf_context in, const struct directive *row)
{
	size_t i = p->at + 1;

	while (token_at(p, i)->kind == TOKEN_WORD && !begins_statement(p, i, in, row))
		i++;
	return i;
}

/* Past the block whose "{" stands at p->at. */
static void skip_block(struct parser *p)
{
	size_t depth = 0;

	do {
		depth += token_at(p, p->at)->kind == TOKEN_OPEN;
		depth -= token_at(p, p->at)->kind == TOKEN_CLOSE;
		p->at++;
	} while (depth);
}

static void skip_terminator(struct parser *p)
{
	if (token_at(p, p->at)->kind == TOKEN_SEMICOLON)
		p->at++;
	else if (token_at(p, p->at)->kind == TOKEN_OPEN)
		skip_block(p);
}

/* ---- what is wrong with a statement ------------------------------------------------------- */

#define SAY(p, token, ...) \
	diag_error((p)->loader->why, token_place(&(p)->tokens, token), __VA_ARGS__)

static const struct directive *row_elsewhere(struct sv name)
{
	for (const struct directive *d = directives; d->name; d++)
		if (sv_eq(name, sv_of(d->name)) && !(d->places & IN_IP_GROUP))
			return d;               /* IN_IP_GROUP has only "item", which nobody writes */
	return NULL;
}

static const char *nearest_directive(struct sv name, unsigned places)
{
	struct suggest s;

	suggest_init(&s, name);
	for (const struct directive *d = directives; d->name; d++)
		if (d->places & places)
			suggest_offer(&s, d->name);
	return suggest_best(&s);
}

static const char *place_name(unsigned places)
{
	unsigned lowest = places & -places;

	return context_name((enum conf_context)lowest);
}

static void say_unknown(struct parser *p, const struct token *t, enum conf_context in)
{
	const struct directive *other = row_elsewhere(token_text(p, t));
	struct sv name = excerpt(token_text(p, t));
	const char *near = nearest_directive(name, in), *here = context_name(in);

	if (t->bad)
		return;
	if (is_quoted(t))
		SAY(p, t, "a quoted word where a directive should be; write the directive without quotes");
	else if (other && in == IN_MAIN)
		SAY(p, t, "\"%s\" cannot stand at the top level; it belongs in a \"%s\" block",
		    other->name, place_name(other->places));
	else if (other && (other->places & IN_MAIN))
		SAY(p, t, "\"%s\" cannot stand in a \"%s\" block; it belongs at the top level",
		    other->name, here);
	else if (other)
		SAY(p, t, "\"%s\" cannot stand in a \"%s\" block; it belongs in a \"%s\" block",
		    other->name, here, place_name(other->places));
	else if (near)
		SAY(p, t, "unknown directive \"%.*s\"; did you mean \"%s\"?", SV_ARG(name), near);
	else
		SAY(p, t, "unknown directive \"%.*s\"; none of %s has a name like it", SV_ARG(name),
		    in == IN_MAIN ? here : "this block");
}

static bool check_count(struct parser *p, const struct directive *row, size_t end)
{
	size_t args = end - p->at - 1;
	char usage[128];

	directive_usage(row, usage, sizeof(usage));
	if (args < row->min_args)
		SAY(p, token_at(p, p->at), "\"%s\" lacks %s; write \"%s\"", row->name,
		    args == 0 ? "its arguments" : "an argument", usage);
	else if (directive_overflows(row, args))
		SAY(p, token_at(p, p->at + 1 + row->max_args), "too many arguments for \"%s\"; write \"%s\"",
		    row->name, usage);
	return args >= row->min_args && !directive_overflows(row, args);
}

static void say_missing(struct parser *p, const struct token *last, char what)
{
	if (!last->bad)
		diag_error(p->loader->why, token_end_place(&p->tokens, last), "missing \"%c\" after \"%.*s\"",
			   what, SV_ARG(excerpt(token_text(p, last))));
}

/* Says whether the token behind the words, at `end`, is the one that ends such a statement. */
static bool check_terminator(struct parser *p, const struct directive *row, size_t end)
{
	const struct token *t = token_at(p, end);
	char usage[128];

	directive_usage(row, usage, sizeof(usage));
	if (t->kind == (row->opens ? TOKEN_OPEN : TOKEN_SEMICOLON))
		return true;
	if (t->kind == TOKEN_OPEN && !t->bad)
		SAY(p, t, "unexpected \"{\"; %s%s%s takes no block, end it with \";\"",
		    row->min_args ? "\"" : "", row->min_args ? row->name : "a line of a group",
		    row->min_args ? "\"" : "");
	else if (t->kind == TOKEN_SEMICOLON)
		SAY(p, t, "\"%s\" needs a block; write \"%s\"", row->name, usage);
	else if (t->kind != TOKEN_OPEN)
		say_missing(p, token_at(p, end - 1), row->opens ? '{' : ';');
	return false;
}

/* ---- include ------------------------------------------------------------------------------ */

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void include_glob(struct loader *l, const struct conf_word *word, struct nodes *out)
{
	const char *pattern = path_join_glob(l->c->arena, path_folder(word->at.file), word->text);
	glob_t found = { 0 };
	size_t files = 0;

	source_list_add_glob(&l->c->sources, l->c->arena, pattern);
	if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0) {
		qsort(found.gl_pathv, found.gl_pathc, sizeof(found.gl_pathv[0]), compare_paths);
		for (size_t i = 0; i < found.gl_pathc; i++) {
			if (is_folder(found.gl_pathv[i]))
				continue;
			parse_file(l, found.gl_pathv[i], word->at, out);
			files++;
		}
	}
	if (files == 0)
		diag_add(l->why, DIAG_NOTE, word->at, "no file matches \"%.*s\"",
			 SV_ARG(excerpt(word->text)));
	globfree(&found);
}

static bool is_include(const struct directive *row)
{
	return row->places == IN_MAIN && strcmp(row->name, "include") == 0;
}

static void include(struct loader *l, const struct conf_word *word, struct nodes *out)
{
	if (!l->may_read)
		return;
	if (l->depth == INCLUDE_DEPTH_MAX)
		diag_error(l->why, word->at, "includes go deeper than %d files; include less deeply",
			   INCLUDE_DEPTH_MAX);
	else if (path_has_wildcards(word->text))
		include_glob(l, word, out);
	else
		parse_file(l, path_join(l->c->arena, path_folder(word->at.file), word->text), word->at,
			   out);
}

/* ---- nodes -------------------------------------------------------------------------------- */

static struct conf_node *append(struct loader *l, struct nodes *to, const struct directive *row)
{
	struct conf_node *n = arena_alloc(l->c->arena, sizeof(*n));

	n->directive = row;
	n->parent = to->parent;
	if (to->last)
		to->last->next = n;
	else
		to->first = n;
	return to->last = n;
}

static void note_transient(struct conf *c, struct conf_node *n)
{
	struct content *content = arena_alloc(c->arena, sizeof(*content));

	*content = (struct content){ n, c->contents };
	c->contents = content;
}

static void read_content(struct loader *l, struct conf_node *n, const struct conf_word *word)
{
	const char *path = arena_strdup(l->c->arena, word->text);
	const bool transient = n->directive->transient;
	struct file_id id;
	int err;

	n->content = SV("");
	n->content_file = path;
	if (!l->may_read)
		return;
	if (transient)
		note_transient(l->c, n);
	err = source_read(path, false, transient ? l->c->transient : l->c->arena, &n->content, &id);
	source_list_add(&l->c->sources, l->c->arena, path, NULL);
	if (err)
		diag_error(l->why, word->at, "cannot read \"%s\": %s", path, source_error(err));
	else
		text_check(&n->content, path, l->why);
}

/* Puts the folder of the file before a relative path; see conf.h. */
static void join_folder(struct loader *l, const struct directive *row, struct conf_word *word)
{
	if (value_is_among(word->text, row->values))
		return;
	word->text = sv_of(path_join(l->c->arena, path_folder(word->at.file), word->text));
	word->quote_at = word->quoted ? 0 : word->text.n;
}

/* The same for a word that names a file which its reader opens. It is watched whether it exists or not. */
static void take_file(struct loader *l, struct conf_word *word, size_t at)
{
	const char *path = path_join(l->c->arena, path_folder(word->at.file),
				     sv_slice(word->text, at, word->text.n));

	source_list_add(&l->c->sources, l->c->arena, path, NULL);
	word->text = arena_printf(l->c->arena, "%.*s%s", (int)at, word->text.p, path);
	word->quote_at = word->quoted ? at : word->text.n;
}

static const struct conf_word *read_words(struct parser *p, const struct directive *row, size_t end)
{
	struct arena *a = p->loader->c->arena;
	struct conf_word *words = arena_array(a, end - p->at, sizeof(*words));

	for (size_t i = p->at; i < end; i++) {
		struct conf_word *w = &words[i - p->at];
		size_t arg = i - p->at;
		enum arg_type type = arg ? directive_arg(row, arg) : ARG_WORD;

		*w = token_word(&p->tokens, token_at(p, i), a);
		if (arg == 0 || token_at(p, i)->bad || !value_check(row, arg, w, p->loader->why))
			continue;
		if ((type == ARG_PATH && !is_include(row)) || type == ARG_CONTENT)
			join_folder(p->loader, row, w);
		else if (value_file_at(row, arg, w->text) < w->text.n)
			take_file(p->loader, w, value_file_at(row, arg, w->text));
	}
	return words;
}

static void parse_children(struct parser *p, struct conf_node *n)
{
	struct nodes children = { .parent = n, .in = n->directive->opens };

	p->at++;                                /* { */
	parse_block(p, &children);
	p->at++;                                /* } */
	n->has_block = true;
	n->children = children.first;
	conf_check_block(n->children, n, children.incomplete, p->loader->why);
}

static void parse_directive(struct parser *p, const struct directive *row, struct nodes *out)
{
	struct loader *l = p->loader;
	size_t end = statement_end(p, out->in, row), errors = l->why->errors;
	bool fits = check_count(p, row, end), ended = fits && check_terminator(p, row, end);
	const struct conf_word *words = read_words(p, row, fits ? end : p->at + 1);
	struct conf_node *n;

	if (is_include(row)) {
		p->at = end;
		skip_terminator(p);
		if (l->why->errors == errors)
			include(l, &words[1], out);
		return;
	}
	n = append(l, out, row);
	n->words = words;
	n->n_words = fits ? end - p->at : 1;
	if (l->why->errors == errors && row->args[0] == ARG_CONTENT)
		read_content(l, n, &words[1]);
	p->at = end;
	if (row->opens && token_at(p, end)->kind == TOKEN_OPEN)
		parse_children(p, n);
	else if (ended)
		p->at++;
	else
		skip_terminator(p);
}

static void parse_statement(struct parser *p, struct nodes *out)
{
	const struct token *t = token_at(p, p->at);
	const struct directive *row = NULL;

	if (t->kind != TOKEN_WORD) {
		if (t->kind == TOKEN_SEMICOLON)
			SAY(p, t, "unexpected \";\"; delete it");
		else if (!t->bad)
			SAY(p, t, "unexpected \"{\"; a directive must stand before it");
		skip_terminator(p);
		return;
	}
	if (!is_quoted(t))
		row = directive_find(token_text(p, t), out->in);
	if (is_free(out->in) && !row)
		row = directive_find(SV("item"), out->in);
	if (row) {
		parse_directive(p, row, out);
		return;
	}
	say_unknown(p, t, out->in);
	out->incomplete = true;
	p->at = statement_end(p, out->in, NULL);
	skip_terminator(p);
}

static void parse_block(struct parser *p, struct nodes *out)
{
	for (;;) {
		uint8_t kind = token_at(p, p->at)->kind;

		if (kind == TOKEN_END || kind == TOKEN_CLOSE)
			return;
		parse_statement(p, out);
	}
}

/* ---- files -------------------------------------------------------------------------------- */

static void parse_text(struct loader *l, const char *name, struct sv text, struct nodes *out)
{
	struct parser p = { .loader = l };

	lexer_run(&p.tokens, text, name, l->why);
	braces_balance(&p.tokens, l->why);
	parse_block(&p, out);
	token_list_fini(&p.tokens);
}

static bool is_new(const struct loader *l, const struct file_id *id, struct place at)
{
	const struct opened *f = l->files;
	struct place before;

	while (f && (f->id.dev != id->dev || f->id.ino != id->ino))
		f = f->earlier;
	if (!f)
		return true;
	before = f->included_at;
	if (f->reading && !before.file)
		diag_error(l->why, at, "include loop; \"%s\" is the main file", f->name);
	else if (f->reading)
		diag_error(l->why, at, "include loop; \"%s\" is being read since %s:%u:%u", f->name,
			   before.file, before.line, before.col);
	else
		diag_error(l->why, at, "\"%s\" is included twice; the first is at %s:%u:%u", f->name,
			   before.file, before.line, before.col);
	return false;
}

static void parse_file(struct loader *l, const char *path, struct place at, struct nodes *out)
{
	const char *name = arena_strdup(l->c->arena, sv_of(path));
	struct opened *f = arena_alloc(l->c->arena, sizeof(*f));
	struct sv text;
	int err = source_read(name, !at.file, l->c->arena, &text, &f->id);

	source_list_add(&l->c->sources, l->c->arena, name, NULL);
	if (err && at.file)
		diag_error(l->why, at, "cannot read \"%s\": %s", name, source_error(err));
	else if (err)
		diag_error(l->why, (struct place){ name, 0, 0 }, "cannot be read: %s", source_error(err));
	if (err || !is_new(l, &f->id, at))
		return;
	f->name = name;
	f->included_at = at;
	f->earlier = l->files;
	f->reading = true;
	l->files = f;
	l->depth++;
	parse_text(l, name, text, out);
	l->depth--;
	f->reading = false;
}

/* Where a configuration comes from. */
struct origin {
	const char *name;
	const struct sv *text;          /* NULL: to be read */
	const char *pattern;            /* not NULL: `name` is a folder */
};

static void parse_folder(struct loader *l, const struct origin *o, struct nodes *out)
{
	bool slash = sv_ends_with(sv_of(o->name), SV("/"));
	const struct conf_word word = {         /* a place with a final slash is its own folder */
		.text = sv_of(o->pattern),
		.at = { arena_printf(l->c->arena, "%s%s", o->name, slash ? "" : "/").p, 0, 0 },
	};

	if (is_folder(o->name))
		include_glob(l, &word, out);
	else
		diag_error(l->why, word.at, "this is no folder; name one that holds %s", o->pattern);
}

static void parse_origin(struct loader *l, const struct origin *o, struct nodes *out)
{
	struct arena *a = l->c->arena;

	if (o->text)
		parse_text(l, arena_strdup(a, sv_of(o->name)), arena_sv(a, *o->text), out);
	else if (o->pattern)
		parse_folder(l, o, out);
	else
		parse_file(l, o->name, (struct place){ NULL, 0, 0 }, out);
}

static int load(struct conf **out, const struct origin *from, const struct conf_options *opt,
		struct diag_list *why)
{
	struct arena *a = arena_create();
	struct conf *c = arena_alloc(a, sizeof(*c));
	struct loader l = { .c = c, .why = why, .may_read = from->text == NULL };
	struct nodes top = { .in = IN_MAIN };
	size_t errors = why->errors;

	*out = NULL;
	c->arena = a;
	c->transient = arena_create();
	source_list_init(&c->sources, a);
	parse_origin(&l, from, &top);
	c->first = top.first;
	conf_check_block(c->first, NULL, top.incomplete, why);
	conf_read_params(c, opt, why);
	if (why->errors > errors) {
		conf_free(c);
		return -EINVAL;
	}
	*out = c;
	return 0;
}

int conf_load(struct conf **out, const char *path, const struct conf_options *opt,
	      struct diag_list *why)
{
	return load(out, &(struct origin){ .name = path }, opt, why);
}

int conf_load_folder(struct conf **out, const char *folder, const char *pattern,
		     const struct conf_options *opt, struct diag_list *why)
{
	return load(out, &(struct origin){ .name = folder, .pattern = pattern }, opt, why);
}

int conf_load_text(struct conf **out, const char *name, struct sv text, const struct conf_options *opt,
		   struct diag_list *why)
{
	return load(out, &(struct origin){ .name = name, .text = &text }, opt, why);
}

void conf_free(struct conf *c)
{
	if (!c)
		return;
	arena_free(c->transient);
	arena_free(c->arena);
}

void conf_forget_contents(struct conf *c)
{
	for (const struct content *i = c->contents; i; i = i->next)
		i->node->content = SV("");
	arena_free(c->transient);
	c->transient = NULL;
}

/* ---- reading the tree --------------------------------------------------------------------- */

const struct conf_node *conf_first(const struct conf *c)
{
	return c->first;
}

const struct conf_node *conf_find(const struct conf_node *from, const char *name)
{
	while (from && strcmp(from->directive->name, name) != 0)
		from = from->next;
	return from;
}

struct place conf_place(const struct conf_node *n)
{
	return n && n->n_words ? n->words[0].at : (struct place){ NULL, 0, 0 };
}

struct sv conf_text(const struct conf *c, const char *directive)
{
	const struct conf_node *n = conf_find(c->first, directive);
	const struct directive *row = directive_find(sv_of(directive), IN_MAIN);

	if (n && n->n_words > 1)
		return n->words[1].text;
	return row && row->preset ? sv_of(row->preset) : SV("");
}

uint64_t conf_duration_ms(const struct conf *c, const char *directive)
{
	uint64_t ms = 0;

	duration_parse(conf_text(c, directive), &ms);
	return ms;
}

uint64_t conf_number(const struct conf *c, const char *directive)
{
	uint64_t value = 0;

	sv_to_u64(conf_text(c, directive), UINT64_MAX, &value);
	return value;
}

uint64_t conf_size(const struct conf *c, const char *directive)
{
	uint64_t octets = 0;

	size_parse(conf_text(c, directive), &octets);
	return octets;
}

bool conf_on(const struct conf *c, const char *directive)
{
	return sv_eq(conf_text(c, directive), SV("on"));
}

size_t conf_sources(const struct conf *c, const struct conf_source **out)
{
	*out = c->sources.items;
	return c->sources.n;
}
