/*
 * params -- what ${name} stands for.  A word expands over axes: one per parameter in it, and the
 * region with all that follows from it (geo, azurecloud) on a single one, so that they move in step.
 */
#include "config/conf_impl.h"

#include "base/arena.h"
#include "base/suggest.h"
#include "config/lexer.h"
#include "config/region.h"

/* ---- reading them ------------------------------------------------------------------------- */

const struct param *conf_param(const struct conf *c, struct sv name)
{
	for (size_t i = 0; i < c->n_params; i++)
		if (sv_eq(c->params[i].name, name))
			return &c->params[i];
	return NULL;
}

bool conf_has_param(const struct conf *c, struct sv name)
{
	return conf_param(c, name) != NULL;
}

/* What a file could hold as well, so that a dump can say it. */
static const char *what_is_wrong(struct sv value)
{
	struct diag_list ignored = { 0 };
	struct sv text = value;
	bool clean = text_check(&text, NULL, &ignored) && text.n == value.n &&
		     sv_find(value, '\n') == value.n;

	diag_fini(&ignored);
	if (!clean)
		return "holds a byte that is not printable UTF-8";
	if (value.n == 0)
		return "is empty";
	for (size_t i = 0; i + 1 < value.n; i++)
		if (value.p[i] == '$' && value.p[i + 1] == '{')
			return "holds a parameter; write the value itself";
	return value.p[value.n - 1] == '\\' ? "ends with a backslash" : NULL;
}

static bool read_set_values(struct conf *c, struct param *p, struct sv list, struct diag_list *why)
{
	struct sv *values = arena_array(c->arena, list.n + 1, sizeof(*values)), rest = list, one;

	for (one = sv_cut(&rest, ','); one.p; one = sv_cut(&rest, ',')) {
		const char *wrong = what_is_wrong(one);

		if (wrong) {
			diag_error(why, p->at, "--set %.*s: a value %s", SV_ARG(excerpt(p->name)), wrong);
			return false;
		}
		values[p->n++] = arena_sv(c->arena, one);
	}
	p->values = values;
	return true;
}

static void read_set(struct conf *c, const char *text, struct diag_list *why)
{
	struct param p = { .at = { NULL, 0, 0 } };
	struct sv rest = sv_of(text);

	p.name = arena_sv(c->arena, sv_cut(&rest, '='));
	if (!name_is_valid(p.name))
		diag_error(why, p.at, "--set without a name; write --set NAME=VALUE");
	else if (!rest.p)
		diag_error(why, p.at, "--set %.*s without a value; write --set %.*s=VALUE",
			   SV_ARG(excerpt(p.name)), SV_ARG(excerpt(p.name)));
	else if (conf_has_param(c, p.name))
		diag_error(why, p.at, "--set %.*s is given twice; several values are written %.*s=ONE,TWO",
			   SV_ARG(excerpt(p.name)), SV_ARG(excerpt(p.name)));
	else if (read_set_values(c, &p, rest, why))
		c->params[c->n_params++] = p;
}

static bool param_of_node(struct arena *a, const struct conf_node *n, struct param *out)
{
	struct sv *values;

	if (n->n_words < 3)
		return false;
	values = arena_array(a, n->n_words - 2, sizeof(*values));
	for (size_t i = 2; i < n->n_words; i++)
		values[i - 2] = n->words[i].text;
	*out = (struct param){
		.name = n->words[1].text, .values = values, .n = n->n_words - 2, .at = conf_place(n),
	};
	return true;
}

/* A second definition of a name was an error already, with the place of the first. */
static void read_node(struct conf *c, const struct conf_node *n)
{
	struct param p;

	if (param_of_node(c->arena, n, &p) && !conf_has_param(c, p.name))
		c->params[c->n_params++] = p;
}

/* Parameters whose values mean something to us. */
static const char *const clouds[] = { "public", "government", "china" };

static bool is_region(struct sv value)
{
	return region_find(value) != NULL;
}

static bool is_cloud(struct sv value)
{
	for (size_t i = 0; i < sizeof(clouds) / sizeof(clouds[0]); i++)
		if (sv_eq(value, sv_of(clouds[i])))
			return true;
	return false;
}

static const char *suggest_cloud(struct sv value)
{
	return suggest_among(value, clouds, sizeof(clouds) / sizeof(clouds[0]));
}

static const struct known {
	const char *name, *what, *advice;
	bool (*is)(struct sv value);
	const char *(*suggest)(struct sv value);
} known[] = {
	{ "region", "Azure region", "write it as \"japaneast\"", is_region, region_suggest },
	{ "cloud", "Azure cloud", "expected public, government or china", is_cloud, suggest_cloud },
};

static void check_known(const struct known *k, const struct param *p, struct diag_list *why)
{
	for (size_t i = 0; i < p->n; i++) {
		struct sv shown = excerpt(p->values[i]);
		const char *near = k->suggest(p->values[i]);

		if (k->is(p->values[i]))
			continue;
		if (near)
			diag_add(why, DIAG_WARNING, p->at, "unknown %s \"%.*s\"; did you mean \"%s\"?",
				 k->what, SV_ARG(shown), near);
		else
			diag_add(why, DIAG_WARNING, p->at, "unknown %s \"%.*s\"; %s", k->what, SV_ARG(shown),
				 k->advice);
	}
}

static void check_param(const struct param *p, struct diag_list *why)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (sv_eq(p->name, sv_of(known[i].name)))
			check_known(&known[i], p, why);
}

static void check_collection(const struct conf *c, const struct conf_node *collection, struct diag_list *why)
{
	struct param p;

	for (const struct conf_node *n = conf_find(collection->children, "param"); n;
	     n = conf_find(n->next, "param"))
		if (param_of_node(c->arena, n, &p))
			check_param(&p, why);
}

static void check_known_values(const struct conf *c, struct diag_list *why)
{
	for (size_t i = 0; i < c->n_params; i++)
		check_param(&c->params[i], why);
	for (const struct conf_node *n = conf_find(c->first, "collection"); n;
	     n = conf_find(n->next, "collection"))
		check_collection(c, n, why);
}

void conf_read_params(struct conf *c, const struct conf_options *opt, struct diag_list *why)
{
	size_t n_sets = opt ? opt->n_sets : 0, n = n_sets;

	for (const struct conf_node *p = conf_find(c->first, "param"); p; p = conf_find(p->next, "param"))
		n++;
	c->params = arena_array(c->arena, n, sizeof(*c->params));
	for (size_t i = 0; i < n_sets; i++)
		read_set(c, opt->sets[i], why);
	for (const struct conf_node *p = conf_find(c->first, "param"); p; p = conf_find(p->next, "param"))
		read_node(c, p);
	check_known_values(c, why);
}

/* ---- expansion ---------------------------------------------------------------------------- */

enum derive { DERIVE_NOTHING, DERIVE_GEO, DERIVE_AZURECLOUD, DERIVE_CLOUD };

struct piece {                          /* literal text, or one ${name} */
	struct sv text;
	const struct param *param;      /* NULL: literal */
	enum derive derive;
	bool in_scope;                  /* the collection's own */
	size_t axis;
};

struct axis {
	const struct param *param;
	bool in_scope;
	size_t chosen;
};

struct expander {
	const struct conf *c;
	const struct conf_node *scope;
	struct arena *a;
	struct piece *pieces;
	struct axis *axes;
	size_t n_pieces, n_axes, n_texts;
	bool quote_regex;
};

/* The next "${name}" of `text`: where it begins and how long it is; false when there is none. */
static bool find_param(struct sv text, size_t *at, size_t *length)
{
	for (*at = 0; *at + 1 < text.n; ++*at) {
		struct sv rest = sv_slice(text, *at, text.n);
		size_t end = sv_find(rest, '}');

		if (rest.p[0] == '$' && rest.p[1] == '{' && end < rest.n) {
			*length = end + 1;
			return true;
		}
	}
	return false;
}

static bool is_from_set(const struct param *p)
{
	return p && !p->at.file;
}

/* The `param` line of the collection, or NULL. The same one every time, so that axes can be told apart. */
static const struct param *scope_param(struct expander *e, struct sv name)
{
	const struct conf_node *n = e->scope ? conf_find(e->scope->children, "param") : NULL;
	struct param *p;

	for (size_t i = 0; i < e->n_axes; i++)
		if (e->axes[i].param->at.file && e->axes[i].in_scope && sv_eq(e->axes[i].param->name, name))
			return e->axes[i].param;
	while (n && !(n->n_words > 2 && sv_eq(n->words[1].text, name)))
		n = conf_find(n->next, "param");
	if (!n)
		return NULL;
	p = arena_alloc(e->a, sizeof(*p));
	param_of_node(e->a, n, p);
	return p;
}

static enum derive derivation(struct sv name)
{
	return sv_eq(name, SV("geo")) ? DERIVE_GEO : sv_eq(name, SV("azurecloud")) ? DERIVE_AZURECLOUD :
	       sv_eq(name, SV("cloud")) ? DERIVE_CLOUD : DERIVE_NOTHING;
}

static bool take(struct piece *piece, const struct param *p, enum derive derive, bool in_scope)
{
	piece->param = p;
	piece->derive = derive;
	piece->in_scope = in_scope;
	return p != NULL;
}

/* --set, the collection, what follows from the collection's region, the top level, what follows from its region. */
static bool resolve(struct expander *e, struct sv name, struct piece *piece)
{
	const struct param *global = conf_param(e->c, name), *region = conf_param(e->c, SV("region"));
	enum derive derive = derivation(name);

	if (is_from_set(global))
		return take(piece, global, DERIVE_NOTHING, false);
	if (take(piece, scope_param(e, name), DERIVE_NOTHING, true))
		return true;
	if (derive && !is_from_set(region) && take(piece, scope_param(e, SV("region")), derive, true))
		return true;
	return take(piece, global, DERIVE_NOTHING, false) || (derive && take(piece, region, derive, false));
}

/* The value of `piece` for value `i` of its parameter; p == NULL when there is none. */
static struct sv piece_value(const struct piece *piece, size_t i)
{
	struct sv value = piece->param->values[i];
	const struct region *region;

	if (piece->derive == DERIVE_NOTHING)
		return value;
	region = region_find(value);
	if (piece->derive == DERIVE_GEO)
		return sv_of(region ? region->geo : NULL);
	if (piece->derive == DERIVE_CLOUD)
		return sv_of(region ? region->cloud : "public");
	return region ? sv_of(region->azurecloud) : value;      /* most are spelt like the region */
}

static size_t axis_of(struct expander *e, const struct piece *piece)
{
	size_t i = 0;

	while (i < e->n_axes && e->axes[i].param != piece->param)
		i++;
	if (i == e->n_axes)
		e->axes[e->n_axes++] = (struct axis){ piece->param, piece->in_scope, 0 };
	return i;
}

static void add_literal(struct expander *e, struct sv text)
{
	if (text.n)
		e->pieces[e->n_pieces++] = (struct piece){ .text = text };
}

static enum expand_error add_param(struct expander *e, struct sv name, struct sv *missing)
{
	struct piece piece = { .text = name };

	if (!resolve(e, name, &piece)) {
		*missing = name;
		return EXPAND_UNSET;
	}
	for (size_t i = 0; i < piece.param->n; i++)
		if (!piece_value(&piece, i).p) {
			*missing = piece.param->values[i];
			return EXPAND_NO_CODE;
		}
	piece.axis = axis_of(e, &piece);
	e->pieces[e->n_pieces++] = piece;
	return EXPAND_OK;
}

static enum expand_error split(struct expander *e, struct sv text, struct sv *missing)
{
	size_t at, length;

	while (find_param(text, &at, &length)) {
		enum expand_error err;

		add_literal(e, sv_slice(text, 0, at));
		err = add_param(e, sv_slice(text, at + 2, length - 3), missing);
		if (err)
			return err;
		text = sv_slice(text, at + length, text.n);
	}
	add_literal(e, text);
	return EXPAND_OK;
}

static bool count_texts(struct expander *e)
{
	e->n_texts = 1;
	for (size_t i = 0; i < e->n_axes; i++) {
		e->n_texts *= e->axes[i].param->n;
		if (e->n_texts > EXPANSION_MAX)
			return false;
	}
	return true;
}

/* Appends to `to`, or only counts when it is NULL. */
static size_t put(char *to, struct sv text, bool quote_regex)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool plain = ascii_is_alpha(c) || ascii_is_digit(c) || c == '_' || (c & 0x80);

		if (quote_regex && !plain) {
			if (to)
				to[n] = '\\';
			n++;
		}
		if (to)
			to[n] = c;
		n++;
	}
	return n;
}

static size_t render(const struct expander *e, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < e->n_pieces; i++) {
		const struct piece *piece = &e->pieces[i];
		struct sv text = piece->param ? piece_value(piece, e->axes[piece->axis].chosen) : piece->text;

		n += put(to ? to + n : NULL, text, piece->param && e->quote_regex);
	}
	return n;
}

/* The next combination, the last axis turning fastest. */
static void turn(struct expander *e)
{
	for (size_t i = e->n_axes; i-- > 0;) {
		if (++e->axes[i].chosen < e->axes[i].param->n)
			return;
		e->axes[i].chosen = 0;
	}
}

static size_t count_byte(struct sv s, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == c;
	return n;
}

static struct sv render_copy(const struct expander *e, struct arena *a)
{
	size_t n = render(e, NULL);
	char *text = arena_alloc(a, n + 1);

	render(e, text);
	return (struct sv){ text, n };
}

const struct conf_node *conf_scope(const struct conf_node *n)
{
	for (; n; n = n->parent)
		if (n->directive->opens == IN_COLLECTION)
			return conf_find(n->children, "param") ? n : NULL;
	return NULL;
}

enum expand_error conf_expand(const struct conf *c, const struct conf_word *word, bool quote_regex,
			      struct arena *a, struct expansion *out)
{
	return conf_expand_in(c, NULL, word, quote_regex, a, out);
}

enum expand_error conf_expand_in(const struct conf *c, const struct conf_node *scope,
				 const struct conf_word *word, bool quote_regex, struct arena *a,
				 struct expansion *out)
{
	size_t params = word->has_params ? count_byte(word->text, '$') : 0;
	struct expander e = { .c = c, .scope = scope, .a = a, .quote_regex = quote_regex };
	enum expand_error err = EXPAND_OK;

	*out = (struct expansion){ 0 };
	e.pieces = arena_array(a, params * 2 + 1, sizeof(*e.pieces));
	e.axes = arena_array(a, params + 1, sizeof(*e.axes));
	if (params)
		err = split(&e, word->text, &out->missing);
	else
		add_literal(&e, word->text);
	if (err)
		return err;
	if (!count_texts(&e)) {
		out->missing = word->text;
		return EXPAND_TOO_MANY;
	}
	out->n = e.n_texts;
	out->texts = arena_array(a, e.n_texts, sizeof(*out->texts));
	for (size_t i = 0; i < e.n_texts; i++, turn(&e))
		out->texts[i] = render_copy(&e, a);
	return EXPAND_OK;
}
