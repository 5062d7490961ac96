/*
 * tag_diff -- "sekisho tag diff": two states of a catalog, entry by entry.
 * An entry is known by its tag, its pattern and its ports; one that stands in both with other ports or
 * words is a change. A reviewer asks first what an update opens, so that comes first.
 */
#include "catalog/catalog.h"

#include <jansson.h>
#include <stdlib.h>

enum effect { OPENS, CLOSES, WORDS, EFFECTS };

static const char *const effect_words[EFFECTS] = { "opens", "closes", "words" };
static const char *const effect_titles[EFFECTS] = {
	"Opens more", "Opens less", "Opens the same, reads differently",
};

struct difference {
	enum effect effect;
	char sign;                      /* '+', '-', '~' */
	const char *tag;
	struct sv what, detail;
};

struct diff {
	const struct catalog *before, *after;
	struct arena *arena;
	struct difference *all;
	size_t n, cap;
};

static void add(struct diff *d, enum effect effect, char sign, const char *tag, struct sv what, struct sv detail)
{
	if (d->n == d->cap) {
		d->cap = d->cap ? d->cap * 2 : 64;
		d->all = xrealloc(d->all, d->cap * sizeof(*d->all));
	}
	d->all[d->n++] = (struct difference){ effect, sign, tag, what, detail };
}

/* ---- one entry ------------------------------------------------------------------------------ */

static struct sv profiles_of(struct diff *d, const struct tag_entry *e)
{
	struct sv all = SV("");

	for (size_t i = 0; i < e->n_profiles; i++)
		all = arena_printf(d->arena, "%.*s%s%s", SV_ARG(all), i ? "," : "", e->profiles[i]);
	return all;
}

/* Who gets the entry: "required", "optional", "profile x", "direct". */
static struct sv standing(struct diff *d, const struct tag_entry *e)
{
	struct sv profiles = profiles_of(d, e);

	return arena_printf(d->arena, "%s%s%.*s", e->direct ? "direct" : e->optional ? "optional" : "required",
			    profiles.n ? " profile " : "", SV_ARG(profiles));
}

static struct sv entry_text(struct diff *d, const struct tag_entry *e)
{
	return arena_printf(d->arena, "%.*s %.*s", SV_ARG(e->word->text), SV_ARG(e->ports_text));
}

static struct sv entry_detail(struct diff *d, const struct tag_entry *e)
{
	return arena_printf(d->arena, "%.*s%s%.*s", SV_ARG(standing(d, e)), e->purpose.n ? "; " : "",
			    SV_ARG(e->purpose.p ? e->purpose : SV("")));
}

static bool ports_lie_within(const struct port_set *inner, const struct port_set *outer)
{
	for (size_t i = 0; i < inner->n; i++) {
		const struct port_range *r = &inner->ranges[i];
		size_t k = 0;

		while (k < outer->n && !(outer->ranges[k].proto == r->proto && outer->ranges[k].lo <= r->lo &&
					 outer->ranges[k].hi >= r->hi))
			k++;
		if (k == outer->n)
			return false;
	}
	return true;
}

static bool profiles_lie_within(const struct tag_entry *inner, const struct tag_entry *outer)
{
	if (outer->n_profiles == 0 || inner->n_profiles == 0)
		return outer->n_profiles == 0;
	for (size_t i = 0; i < inner->n_profiles; i++) {
		size_t k = 0;

		while (k < outer->n_profiles && strcmp(inner->profiles[i], outer->profiles[k]) != 0)
			k++;
		if (k == outer->n_profiles)
			return false;
	}
	return true;
}

/* Whether nobody gets anything by `b` that he did not get by `a`. */
static bool opens_no_more(const struct tag_entry *a, const struct tag_entry *b)
{
	if (b->direct)
		return true;
	return !a->direct && (b->optional || !a->optional) && ports_lie_within(&b->ports, &a->ports) &&
	       profiles_lie_within(b, a);
}

static struct sv changed(struct diff *d, struct sv said, const char *what, struct sv from, struct sv to)
{
	if (sv_eq(from, to))
		return said;
	return arena_printf(d->arena, "%.*s%s%s \"%.*s\" -> \"%.*s\"", SV_ARG(said), said.n ? "; " : "", what,
			    SV_ARG(from.p ? from : SV("")), SV_ARG(to.p ? to : SV("")));
}

static void compare_entries(struct diff *d, const struct tag_entry *a, const struct tag_entry *b)
{
	struct sv access = changed(d, SV(""), "ports", a->ports_text, b->ports_text), words = SV("");

	access = changed(d, access, "standing", standing(d, a), standing(d, b));
	words = changed(d, words, "purpose", a->purpose, b->purpose);
	words = changed(d, words, "source", a->source, b->source);
	words = changed(d, words, "as-of", a->as_of, b->as_of);
	if (access.n)
		add(d, opens_no_more(a, b) ? CLOSES : OPENS, '~', b->tag->name, entry_text(d, b), access);
	if (words.n)
		add(d, WORDS, '~', b->tag->name, entry_text(d, b), words);
}

/* ---- the entries of one tag ----------------------------------------------------------------- */

enum { CLOSENESS = 3 };

/* How alike two entries of one tag are: the same but for words, the same pattern and ports, the pattern alone. */
static bool are_close(struct diff *d, const struct tag_entry *a, const struct tag_entry *b, int how)
{
	if (!sv_eq(a->word->text, b->word->text) || a->word->quoted != b->word->quoted)
		return false;
	if (how < 2 && !sv_eq(a->ports_text, b->ports_text))
		return false;
	return how > 0 || sv_eq(standing(d, a), standing(d, b));
}

/* Pairs each entry of `a` with the closest of `b`, each once; what is left over was removed or added. */
static void compare_tag_entries(struct diff *d, const struct tag *a, const struct tag *b)
{
	bool *left = xcalloc(a->n_entries + 1, sizeof(*left)), *right = xcalloc(b->n_entries + 1, sizeof(*right));

	for (int how = 0; how < CLOSENESS; how++)
		for (size_t i = 0; i < a->n_entries; i++)
			for (size_t k = 0; k < b->n_entries && !left[i]; k++) {
				if (right[k] || !are_close(d, &a->entries[i], &b->entries[k], how))
					continue;
				left[i] = right[k] = true;
				compare_entries(d, &a->entries[i], &b->entries[k]);
			}
	for (size_t i = 0; i < a->n_entries; i++)
		if (!left[i])
			add(d, a->entries[i].direct ? WORDS : CLOSES, '-', a->name, entry_text(d, &a->entries[i]),
			    entry_detail(d, &a->entries[i]));
	for (size_t k = 0; k < b->n_entries; k++)
		if (!right[k])
			add(d, b->entries[k].direct ? WORDS : OPENS, '+', b->name, entry_text(d, &b->entries[k]),
			    entry_detail(d, &b->entries[k]));
	free(left);
	free(right);
}

/* ---- tags ----------------------------------------------------------------------------------- */

static bool includes(const struct tag *t, struct sv name)
{
	for (size_t i = 0; i < t->n_includes; i++)
		if (sv_eq(t->includes[i]->text, name))
			return true;
	return false;
}

static void compare_includes(struct diff *d, const struct tag *a, const struct tag *b)
{
	for (size_t i = 0; i < a->n_includes; i++)
		if (!includes(b, a->includes[i]->text))
			add(d, CLOSES, '-', a->name, arena_printf(d->arena, "include %.*s",
								  SV_ARG(a->includes[i]->text)), SV(""));
	for (size_t i = 0; i < b->n_includes; i++)
		if (!includes(a, b->includes[i]->text))
			add(d, OPENS, '+', b->name, arena_printf(d->arena, "include %.*s",
								 SV_ARG(b->includes[i]->text)), SV(""));
}

static void compare_tags(struct diff *d, const struct tag *a, const struct tag *b)
{
	struct sv state = changed(d, SV(""), "deprecated", a->deprecated, b->deprecated);

	if (state.n)
		add(d, WORDS, '~', b->name, SV("tag"), state);
	compare_includes(d, a, b);
	compare_tag_entries(d, a, b);
}

/* A tag that stands on one side only: it, and all its entries. */
static void add_whole(struct diff *d, const struct tag *t, char sign)
{
	const struct tag nothing = { .name = t->name, .deprecated = t->deprecated };

	add(d, WORDS, sign, t->name, SV("tag"), SV(""));
	if (sign == '+')
		compare_tags(d, &nothing, t);
	else
		compare_tags(d, t, &nothing);
}

static void compare_catalogs(struct diff *d)
{
	for (size_t i = 0; i < tags_count(d->before->tags); i++) {
		const struct tag *a = tags_at(d->before->tags, i), *b = tags_find(d->after->tags, sv_of(a->name));

		if (b)
			compare_tags(d, a, b);
		else
			add_whole(d, a, '-');
	}
	for (size_t i = 0; i < tags_count(d->after->tags); i++) {
		const struct tag *b = tags_at(d->after->tags, i);

		if (!tags_find(d->before->tags, sv_of(b->name)))
			add_whole(d, b, '+');
	}
}

/* ---- printing ------------------------------------------------------------------------------- */

static void print_text(const struct diff *d, FILE *to)
{
	for (int effect = OPENS; effect < EFFECTS; effect++) {
		size_t n = 0;

		for (size_t i = 0; i < d->n; i++)
			n += d->all[i].effect == (enum effect)effect;
		if (n)
			fprintf(to, "%s (%zu)\n", effect_titles[effect], n);
		for (size_t i = 0; i < d->n; i++) {
			const struct difference *x = &d->all[i];

			if (x->effect == (enum effect)effect)
				fprintf(to, "  %c %s: %.*s%s%.*s%s\n", x->sign, x->tag, SV_ARG(x->what),
					x->detail.n ? " (" : "", SV_ARG(x->detail), x->detail.n ? ")" : "");
		}
	}
}

static json_t *text(struct sv v)
{
	return v.n ? json_stringn(v.p, v.n) : json_string("");
}

static void print_json(const struct diff *d, FILE *to)
{
	json_t *all = json_array();

	for (size_t i = 0; i < d->n; i++) {
		const struct difference *x = &d->all[i];

		json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:o, s:o}", "effect", effect_words[x->effect],
						     "change", x->sign == '+' ? "added" : x->sign == '-' ? "removed" :
						     "changed", "tag", x->tag, "what", text(x->what), "detail",
						     text(x->detail)));
	}
	json_dumpf(all, to, JSON_INDENT(2));
	fputc('\n', to);
	json_decref(all);
}

size_t catalog_diff(const struct catalog *before, const struct catalog *after, bool json, FILE *to)
{
	struct diff d = { .before = before, .after = after, .arena = arena_create() };
	size_t n;

	compare_catalogs(&d);
	if (json)
		print_json(&d, to);
	else
		print_text(&d, to);
	n = d.n;
	free(d.all);
	arena_free(d.arena);
	return n;
}
