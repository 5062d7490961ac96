/*
 * params -- what ${name} stands for.  A word expands over axes: one per parameter in it, and the
 * region with all that follows from it (geo, azurecloud) on a single one, so that they move in step.
 */
#include "config/conf_impl.h"

#include "base/arena.h"
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

/* A second definition of a name was an error already, with the place of the first. */
static void read_node(struct conf *c, const struct conf_node *n)
{
	struct sv *values;

	if (n->n_words < 3 || conf_has_param(c, n->words[1].text))
		return;
	values = arena_array(c->arena, n->n_words - 2, sizeof(*values));
	for (size_t i = 2; i < n->n_words; i++)
		values[i - 2] = n->words[i].text;
	c->params[c->n_params++] = (struct param){
		.name = n->words[1].text, .values = values, .n = n->n_words - 2, .at = conf_place(n),
	};
}

static void check_regions(const struct conf *c, struct diag_list *why)
{
	const struct param *p = conf_param(c, SV("region"));

	for (size_t i = 0; p && i < p->n; i++) {
		struct sv shown = excerpt(p->values[i]);
		const char *near = region_suggest(p->values[i]);

		if (region_find(p->values[i]))
			continue;
		if (near)
			diag_add(why, DIAG_WARNING, p->at, "unknown Azure region \"%.*s\"; did you mean \"%s\"?",
				 SV_ARG(shown), near);
		else
			diag_add(why, DIAG_WARNING, p->at,
				 "unknown Azure region \"%.*s\"; write it as \"japaneast\"", SV_ARG(shown));
	}
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
	check_regions(c, why);
}

/* ---- expansion ---------------------------------------------------------------------------- */

enum derive { DERIVE_NOTHING, DERIVE_GEO, DERIVE_AZURECLOUD };

struct piece {                          /* literal text, or one ${name} */
	struct sv text;
	const struct param *param;      /* NULL: literal */
	enum derive derive;
	size_t axis;
};

struct axis {
	const struct param *param;
	size_t chosen;
};

struct expander {
	const struct conf *c;
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

static bool resolve(const struct conf *c, struct sv name, struct piece *piece)
{
	piece->param = conf_param(c, name);
	if (piece->param)
		return true;
	if (sv_eq(name, SV("geo")))
		piece->derive = DERIVE_GEO;
	else if (sv_eq(name, SV("azurecloud")))
		piece->derive = DERIVE_AZURECLOUD;
	else
		return false;
	piece->param = conf_param(c, SV("region"));
	return piece->param != NULL;
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
	return region ? sv_of(region->azurecloud) : value;      /* most are spelt like the region */
}

static size_t axis_of(struct expander *e, const struct param *p)
{
	size_t i = 0;

	while (i < e->n_axes && e->axes[i].param != p)
		i++;
	if (i == e->n_axes)
		e->axes[e->n_axes++] = (struct axis){ p, 0 };
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

	if (!resolve(e->c, name, &piece)) {
		*missing = name;
		return EXPAND_UNSET;
	}
	for (size_t i = 0; i < piece.param->n; i++)
		if (!piece_value(&piece, i).p) {
			*missing = piece.param->values[i];
			return EXPAND_NO_CODE;
		}
	piece.axis = axis_of(e, piece.param);
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

enum expand_error conf_expand(const struct conf *c, const struct conf_word *word, bool quote_regex,
			      struct arena *a, struct expansion *out)
{
	size_t params = word->has_params ? count_byte(word->text, '$') : 0;
	struct expander e = { .c = c, .quote_regex = quote_regex };
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
