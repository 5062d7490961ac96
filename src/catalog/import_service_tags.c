/*
 * import_service_tags -- Microsoft's weekly file of service tags, made small: names and prefixes, sorted, so that
 * two of them can be compared by line. Everything else in the file (networkFeatures, systemService, ids) says
 * nothing about addresses and is left out.
 */
#include "catalog/jsonin.h"

#include "base/ip.h"
#include "config/lexer.h"
#include "policy/symtab.h"

#include <errno.h>
#include <stdlib.h>

struct service_tag {
	struct sv name;                 /* borrowed from the JSON */
	struct prefix *prefixes;
	size_t n;
};

struct work {
	const struct import *in;
	struct arena *arena;
	struct symtab names;            /* in lower case */
	struct symtab strange;          /* keys that were told of */
	struct service_tag *tags;
	size_t n, skipped_tags, skipped_prefixes, prefixes;
};

/* What a person needs to find the entry again. */
static void skip_tag(struct work *w, size_t i, struct sv name, const char *why)
{
	w->skipped_tags++;
	jsonin_say(w->in, DIAG_WARNING, "skipped values[%zu] \"%.*s\": %s", i, SV_ARG(excerpt(name)), why);
}

static int compare_prefix(const void *left, const void *right)
{
	const struct prefix *a = left, *b = right;
	int order = ip_cmp(&a->addr, &b->addr);

	return order ? order : (int)a->bits - (int)b->bits;
}

static void sort_prefixes(struct service_tag *t)
{
	size_t kept = 0;

	qsort(t->prefixes, t->n, sizeof(*t->prefixes), compare_prefix);
	for (size_t i = 0; i < t->n; i++)
		if (kept == 0 || compare_prefix(&t->prefixes[kept - 1], &t->prefixes[i]) != 0)
			t->prefixes[kept++] = t->prefixes[i];
	t->n = kept;
}

static void skip_prefix(struct work *w, const struct service_tag *t, const json_t *value, const char *why)
{
	struct sv text = jsonin_value(value);

	w->skipped_prefixes++;
	jsonin_say(w->in, DIAG_WARNING, "skipped a prefix of \"%.*s\": \"%.*s\" %s", SV_ARG(t->name),
		   SV_ARG(excerpt(text.p ? text : SV("(not a string)"))), why);
}

static void add_prefix(struct work *w, struct service_tag *t, const json_t *value)
{
	struct sv text = jsonin_value(value);
	struct prefix p;

	switch (text.p ? prefix_parse(&p, text) : PREFIX_BAD_ADDRESS) {
	case PREFIX_OK:
		t->prefixes[t->n++] = p;
		return;
	case PREFIX_HOST_BITS:
		skip_prefix(w, t, value, "has bits set behind the prefix");
		return;
	case PREFIX_BAD_LENGTH:
		skip_prefix(w, t, value, "has a bad length");
		return;
	case PREFIX_BAD_ADDRESS:
		skip_prefix(w, t, value, "is no address");
		return;
	}
}

static void note_strange_keys(struct work *w, json_t *object, const char *where, const char *const *known)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) {
		size_t i = 0;
		bool first;

		while (known[i] && strcmp(known[i], key) != 0)
			i++;
		if (known[i])
			continue;
		symtab_add(&w->strange, arena_printf(w->arena, "%s %s", where, key), &first);
		if (first)
			jsonin_say(w->in, DIAG_NOTE, "a key that the documented format does not have, in %s: \"%.*s\"; "
				   "it is ignored", where, SV_ARG(excerpt(sv_of(key))));
	}
}

static struct sv lower(struct arena *a, struct sv text)
{
	char *p = arena_strdup(a, text);

	for (size_t i = 0; i < text.n; i++)
		p[i] = ascii_lower(p[i]);
	return (struct sv){ p, text.n };
}

static const char *const value_keys[] = { "name", "id", "properties", NULL };
static const char *const property_keys[] = { "changeNumber", "region", "regionId", "platform", "systemService",
					     "addressPrefixes", "networkFeatures", NULL };

static void add_tag(struct work *w, size_t i, json_t *value)
{
	struct service_tag t = { .name = jsonin_text(value, "name") };
	json_t *properties = json_object_get(value, "properties");
	json_t *list = json_object_get(properties, "addressPrefixes");
	bool added;

	if (!t.name.p)
		skip_tag(w, i, SV(""), "it has no name");
	else if (!name_is_valid(t.name) || t.name.n > 200)
		skip_tag(w, i, t.name, "a name of letters, digits, \"-\", \"_\" and \".\" was expected");
	else if (!json_is_array(list))
		skip_tag(w, i, t.name, "it has no list \"addressPrefixes\"");
	else if (json_array_size(list) == 0)
		skip_tag(w, i, t.name, "its list of prefixes is empty");
	else if (symtab_add(&w->names, lower(w->arena, t.name), &added), !added)
		skip_tag(w, i, t.name, "an earlier entry has this name");
	else {
		note_strange_keys(w, value, "an entry", value_keys);
		note_strange_keys(w, properties, "properties", property_keys);
		t.prefixes = arena_array(w->arena, json_array_size(list), sizeof(*t.prefixes));
		for (size_t k = 0; k < json_array_size(list); k++)
			add_prefix(w, &t, json_array_get(list, k));
		sort_prefixes(&t);
		w->prefixes += t.n;
		if (t.n)
			w->tags[w->n++] = t;
		else
			skip_tag(w, i, t.name, "none of its prefixes can be read");
	}
}

/* ---- writing -------------------------------------------------------------------------------- */

static int compare_tag(const void *left, const void *right)
{
	const struct service_tag *a = left, *b = right;
	size_t n = a->name.n < b->name.n ? a->name.n : b->name.n;

	for (size_t i = 0; i < n; i++) {
		char x = ascii_lower(a->name.p[i]), y = ascii_lower(b->name.p[i]);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return a->name.n < b->name.n ? -1 : a->name.n > b->name.n;
}

static void write_date(struct work *w)
{
	struct sv date = jsonin_file_date(w->in, w->arena);

	if (date.n)
		fprintf(w->in->out, "date %.*s\n", SV_ARG(date));
	else
		jsonin_say(w->in, DIAG_NOTE, "the file's name tells no date (as in ServiceTags_Public_20251028.json), so none "
			   "is written");
}

static void write_head(struct work *w, const json_t *root)
{
	const json_t *number = json_object_get(root, "changeNumber");
	struct sv cloud = jsonin_text(root, "cloud");

	fprintf(w->in->out, "# Azure service tags for sekisho's directive \"service-tags\"; written by \"sekisho tag "
		"import service-tags\".\nsekisho-service-tags 1\n");
	if (cloud.p && name_is_valid(cloud))
		fprintf(w->in->out, "cloud %.*s\n", SV_ARG(cloud));
	else
		jsonin_say(w->in, DIAG_NOTE, "the file does not say which cloud it is of");
	if (json_is_integer(number))
		fprintf(w->in->out, "change-number %" JSON_INTEGER_FORMAT "\n", json_integer_value(number));
	else
		jsonin_say(w->in, DIAG_NOTE, "the file has no change number");
	write_date(w);
}

static void write_tag(const struct work *w, const struct service_tag *t)
{
	char text[PREFIX_TEXT_MAX];

	fprintf(w->in->out, "tag %.*s\n", SV_ARG(t->name));
	for (size_t i = 0; i < t->n; i++) {
		prefix_format(&t->prefixes[i], text);
		fprintf(w->in->out, "\t%s\n", text);
	}
}

static int translate(void *work, json_t *root, struct arena *memory)
{
	struct work *w = work;
	static const char *const root_keys[] = { "changeNumber", "cloud", "values", NULL };
	json_t *values = json_object_get(root, "values");

	w->arena = memory;
	if (!json_is_array(values)) {
		jsonin_say(w->in, DIAG_ERROR, "no list \"values\" at the top; expected Microsoft's ServiceTags_*.json");
		return -EINVAL;
	}
	note_strange_keys(w, root, "the file", root_keys);
	w->tags = arena_array(w->arena, json_array_size(values), sizeof(*w->tags));
	for (size_t i = 0; i < json_array_size(values); i++)
		add_tag(w, i, json_array_get(values, i));
	if (w->n == 0) {
		jsonin_say(w->in, DIAG_ERROR, "not one tag with prefixes; nothing is written");
		return -EINVAL;
	}
	qsort(w->tags, w->n, sizeof(*w->tags), compare_tag);
	write_head(w, root);
	for (size_t i = 0; i < w->n; i++)
		write_tag(w, &w->tags[i]);
	jsonin_say(w->in, DIAG_NOTE, "%zu tags with %zu prefixes; skipped %zu tags and %zu prefixes", w->n,
		   w->prefixes, w->skipped_tags, w->skipped_prefixes);
	return 0;
}

int import_service_tags(const struct import *in)
{
	struct work w = { .in = in };
	int err = jsonin_translate(in, translate, &w);

	symtab_fini(&w.names);
	symtab_fini(&w.strange);
	return err;
}
