/*
 * tag_show -- "sekisho tag show": what a tag opens in this configuration, entry by entry, and why each of the
 * others stays closed.
 */
#include "catalog/catalog.h"

#include <jansson.h>
#include <stdlib.h>

static const char *const fate_words[] = {
	[FATE_OPEN] = "open", [FATE_DIRECT] = "direct", [FATE_OPTIONAL] = "optional", [FATE_PROFILE] = "profile",
	[FATE_MISSING] = "parameter", [FATE_UNKNOWN] = "service-tag", [FATE_WRONG] = "wrong",
};

struct show {
	struct catalog *c;
	FILE *to;
	struct sv name;                 /* of the tag asked for, without parts */
	struct tag_finding *findings;
	size_t n, cap;
};

static void keep(void *arg, const struct tag_finding *f)
{
	struct show *s = arg;
	struct tag_finding copy = *f;
	const struct tag **through = arena_array(s->c->r.scratch, f->n_through + 1, sizeof(struct tag *));

	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->findings = xrealloc(s->findings, s->cap * sizeof(*s->findings));
	}
	for (size_t i = 0; i < f->n_through; i++)
		through[i] = f->through[i];
	copy.through = through;
	s->findings[s->n++] = copy;
}

static struct sv joined(struct arena *a, const char *const *words, size_t n, const char *between)
{
	struct sv all = SV("");

	for (size_t i = 0; i < n; i++)
		all = arena_printf(a, "%.*s%s%s", SV_ARG(all), i ? between : "", words[i]);
	return all;
}

/* Why a closed entry is closed, and what would open it. */
static struct sv reason_of(const struct show *s, const struct tag_finding *f)
{
	struct arena *a = s->c->r.scratch;

	switch (f->fate) {
	case FATE_DIRECT:
		return SV("must go around any proxy; a rule never opens it");
	case FATE_OPTIONAL:
		return arena_printf(a, "optional; tag:%.*s+optional%s%.*s opens it", SV_ARG(s->name),
				    f->e->n_profiles ? "+" : "", SV_ARG(f->e->n_profiles ? sv_of(f->e->profiles[0]) : SV("")));
	case FATE_PROFILE:
		return arena_printf(a, "in the profile %.*s; tag:%.*s+%s%s opens it",
				    SV_ARG(joined(a, f->e->profiles, f->e->n_profiles, " or ")), SV_ARG(s->name),
				    f->e->profiles[0], f->e->optional ? "+optional" : "");
	case FATE_MISSING:
	case FATE_UNKNOWN:
		return f->reason;
	case FATE_WRONG:
		return SV("it cannot be read");
	case FATE_OPEN:
		break;
	}
	return SV("");
}

/* ---- text ----------------------------------------------------------------------------------- */

static void print_pattern(const struct show *s, const struct tag_finding *f)
{
	const struct tag_entry *e = f->e;
	struct expansion texts;
	struct sv missing;

	fprintf(s->to, "  %.*s  %.*s", SV_ARG(e->word->text), SV_ARG(e->ports_text));
	if (e->service_tag && f->fate == FATE_OPEN)
		fprintf(s->to, "  (%zu prefixes)", f->patterns->n);
	fputc('\n', s->to);
	if (!e->word->has_params || read_texts(&s->c->r, e->word, &texts, &missing) != READ_OK)
		return;
	for (size_t i = 0; i < texts.n; i++)
		fprintf(s->to, "      is %.*s\n", SV_ARG(texts.texts[i]));
}

static void print_origin(const struct show *s, const struct tag_finding *f)
{
	const struct tag_entry *e = f->e;

	if (f->n_through) {
		fputs("      through ", s->to);
		for (size_t i = 1; i < f->n_through; i++)
			fprintf(s->to, "%s, ", f->through[i]->name);
		fprintf(s->to, "%s\n", e->tag->name);
	}
	if (e->purpose.n)
		fprintf(s->to, "      for %.*s\n", SV_ARG(e->purpose));
	fprintf(s->to, "      source %.*s%s%.*s (%s:%u)\n", SV_ARG(e->source.n ? e->source : SV("unknown")),
		e->as_of.n ? ", as of " : "", SV_ARG(e->as_of.n ? e->as_of : SV("")), e->at.file ? e->at.file : "",
		e->at.line);
}

static void print_part(const struct show *s, bool open, const char *title)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += (s->findings[i].fate == FATE_OPEN) == open;
	if (n == 0)
		return;
	fprintf(s->to, "\n%s (%zu)\n", title, n);
	for (size_t i = 0; i < s->n; i++) {
		const struct tag_finding *f = &s->findings[i];

		if ((f->fate == FATE_OPEN) != open)
			continue;
		print_pattern(s, f);
		if (!open)
			fprintf(s->to, "      left out: %.*s\n", SV_ARG(reason_of(s, f)));
		print_origin(s, f);
	}
}

static void print_text(const struct show *s, const struct tag *t)
{
	fprintf(s->to, "tag %s (%s:%u)\n", t->name, t->at.file ? t->at.file : "", t->at.line);
	if (t->deprecated.p)
		fprintf(s->to, "deprecated: %.*s\n", SV_ARG(t->deprecated));
	print_part(s, true, "Opens");
	print_part(s, false, "Leaves out");
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static json_t *text(struct sv v)
{
	return v.p ? json_stringn(v.p, v.n) : json_null();
}

static json_t *resolved(const struct show *s, const struct tag_entry *e)
{
	struct expansion texts;
	struct sv missing;
	json_t *all;

	if (read_texts(&s->c->r, e->word, &texts, &missing) != READ_OK)
		return json_null();
	all = json_array();
	for (size_t i = 0; i < texts.n; i++)
		json_array_append_new(all, text(texts.texts[i]));
	return all;
}

static json_t *entry_json(const struct show *s, const struct tag_finding *f)
{
	const struct tag_entry *e = f->e;
	json_t *profiles = json_array(), *through = json_array();
	struct sv reason = reason_of(s, f);
	json_t *o;

	for (size_t i = 0; i < e->n_profiles; i++)
		json_array_append_new(profiles, json_string(e->profiles[i]));
	for (size_t i = 0; i < f->n_through; i++)
		json_array_append_new(through, json_string(f->through[i]->name));
	o = json_pack("{s:s, s:o, s:o, s:o, s:s, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:s, s:I}", "tag", e->tag->name,
		      "pattern", text(e->word->text), "resolved", resolved(s, e), "ports", text(e->ports_text),
		      "fate", fate_words[f->fate], "optional", e->optional, "direct", e->direct, "profiles", profiles,
		      "through", through, "purpose", text(e->purpose), "source", text(e->source), "as_of",
		      text(e->as_of), "file", e->at.file ? e->at.file : "", "line", (json_int_t)e->at.line);
	if (reason.n)
		json_object_set_new(o, "left_out", text(reason));
	if (e->service_tag && f->fate == FATE_OPEN)
		json_object_set_new(o, "prefixes", json_integer((json_int_t)f->patterns->n));
	return o;
}

static void print_json(struct show *s, const struct tag *t)
{
	json_t *entries = json_array(), *o;

	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(entries, entry_json(s, &s->findings[i]));
	o = json_pack("{s:s, s:o, s:s, s:I, s:o}", "tag", t->name, "deprecated", text(t->deprecated), "file",
		      t->at.file ? t->at.file : "", "line", (json_int_t)t->at.line, "entries", entries);
	json_dumpf(o, s->to, JSON_INDENT(2));
	fputc('\n', s->to);
	json_decref(o);
}

bool catalog_show(struct catalog *c, struct sv spec, bool json, FILE *to)
{
	struct sv rest = spec;
	struct show s = { .c = c, .to = to, .name = sv_cut(&rest, '+') };
	const struct tag *t = tags_examine(c->tags, &c->r, spec, (struct place){ NULL, 0, 0 }, keep, &s);

	if (t && json)
		print_json(&s, t);
	else if (t)
		print_text(&s, t);
	free(s.findings);
	return t != NULL;
}
