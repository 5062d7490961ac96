/*
 * tag_list -- "sekisho tag list": one line a tag.
 */
#include "catalog/catalog.h"

#include "policy/symtab.h"

#include <jansson.h>

struct tag_facts {                      /* of a tag's own entries */
	size_t required, optional, profiled, direct;
	size_t without_source;
	struct sv newest;               /* as-of date */
	struct symtab profiles;
};

/* Dates of different length ("2024", "2024-05-01") compare as texts well enough. */
static bool is_newer(struct sv a, struct sv b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return a.p && (order > 0 || (order == 0 && a.n > b.n));
}

static void count_entry(struct tag_facts *f, const struct tag_entry *e)
{
	for (size_t i = 0; i < e->n_profiles; i++)
		symtab_add(&f->profiles, sv_of(e->profiles[i]), NULL);
	if (e->direct)
		f->direct++;
	else if (e->optional)
		f->optional++;
	else if (e->n_profiles)
		f->profiled++;
	else
		f->required++;
	f->without_source += e->source.n == 0;
	if (is_newer(e->as_of, f->newest))
		f->newest = e->as_of;
}

static struct tag_facts facts_of(const struct tag *t)
{
	struct tag_facts f = { 0 };

	for (size_t i = 0; i < t->n_entries; i++)
		count_entry(&f, &t->entries[i]);
	return f;
}

static void warn_of_sources(const struct catalog *c, const struct tag *t)
{
	for (size_t i = 0; i < t->n_entries; i++)
		if (t->entries[i].source.n == 0)
			diag_add(c->r.why, DIAG_WARNING, t->entries[i].at, "\"%.*s\" of tag \"%s\" names no source; add "
				 "source \"...\"", SV_ARG(t->entries[i].word->text), t->name);
}

static void print_line(const struct tag *t, const struct tag_facts *f, FILE *to)
{
	fprintf(to, "%-36s %8zu %8zu %8zu %6zu %8zu  %-10.*s  %s", t->name, f->required, f->optional, f->profiled,
		f->direct, t->n_includes, (int)(f->newest.p ? f->newest.n : 1), f->newest.p ? f->newest.p : "-",
		t->deprecated.p ? "deprecated" : "current");
	for (size_t i = 0; i < f->profiles.n; i++)
		fprintf(to, "%s%.*s", i ? "," : "  profiles: ", SV_ARG(f->profiles.keys[i]));
	fputc('\n', to);
}

static json_t *text(struct sv s)
{
	return s.p ? json_stringn(s.p, s.n) : json_null();
}

static json_t *as_json(const struct tag *t, const struct tag_facts *f)
{
	json_t *profiles = json_array(), *includes = json_array();

	for (size_t i = 0; i < f->profiles.n; i++)
		json_array_append_new(profiles, text(f->profiles.keys[i]));
	for (size_t i = 0; i < t->n_includes; i++)
		json_array_append_new(includes, text(t->includes[i]->text));
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:s, s:o, s:s, s:I}", "tag", t->name,
			 "required", (json_int_t)f->required, "optional", (json_int_t)f->optional,
			 "in_profiles", (json_int_t)f->profiled, "direct", (json_int_t)f->direct,
			 "without_source", (json_int_t)f->without_source, "profiles", profiles,
			 "includes", includes, "newest", text(f->newest), "state",
			 t->deprecated.p ? "deprecated" : "current", "deprecated", text(t->deprecated),
			 "file", t->at.file ? t->at.file : "", "line", (json_int_t)t->at.line);
}

void catalog_list(struct catalog *c, bool json, FILE *to)
{
	json_t *all = json ? json_array() : NULL;

	if (!json)
		fprintf(to, "%-36s %8s %8s %8s %6s %8s  %-10s  %s\n", "TAG", "REQUIRED", "OPTIONAL", "PROFILE",
			"DIRECT", "INCLUDES", "NEWEST", "STATE");
	for (size_t i = 0; i < tags_count(c->tags); i++) {
		const struct tag *t = tags_at(c->tags, i);
		struct tag_facts f = facts_of(t);

		if (json)
			json_array_append_new(all, as_json(t, &f));
		else
			print_line(t, &f, to);
		warn_of_sources(c, t);
		symtab_fini(&f.profiles);
	}
	if (json) {
		json_dumpf(all, to, JSON_INDENT(2));
		fputc('\n', to);
		json_decref(all);
	}
}
