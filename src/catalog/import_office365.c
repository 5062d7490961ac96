/*
 * import_office365 -- the endpoint sets of Microsoft 365 as tags. Each set goes into the tag of its service area,
 * category and required flag, spelled as Azure Firewall spells them; areas and the whole are tags that include.
 */
#include "catalog/emit.h"
#include "catalog/jsonin.h"

#include "config/lexer.h"
#include "policy/reading.h"

#include <errno.h>
#include <stdlib.h>

enum category { OPTIMIZE, ALLOW, DEFAULT, CATEGORIES };

static const char *const categories[CATEGORIES] = { "Optimize", "Allow", "Default" };

struct entry {
	struct sv area, pattern, ports, purpose;
	enum category category;
	bool required;
	size_t order;                   /* in the file */
};

struct set {
	struct sv area, purpose;
	enum category category;
	bool required;
	struct sv tcp, udp;             /* lists as ports of our language: "80,443", "3478-3481"; n == 0: none */
	size_t i;
};

struct work {
	const struct import *in;
	struct arena *arena;
	struct symtab seen;             /* tag, pattern and ports */
	struct entry *entries;
	size_t n, cap, repeated, skipped;
	struct sv as_of;
};

static void skip(struct work *w, size_t i, const char *what, struct sv text)
{
	w->skipped++;
	jsonin_say(w->in, DIAG_WARNING, "set [%zu]: %s \"%.*s\" is left out", i, what,
		   SV_ARG(emit_comment(w->arena, text.p ? text : SV("(not a string)"), 80)));
}

/* ---- ports ---------------------------------------------------------------------------------- */

/* "80, 443" without spaces, each part a port or a range. False: it is something else. */
static bool read_ports(struct work *w, struct sv text, struct sv *out)
{
	struct sv rest = text;

	*out = SV("");
	while (rest.p) {
		struct sv part = sv_trim(sv_cut(&rest, ',')), high = part, low = sv_cut(&high, '-');
		uint64_t from, to;

		if (!sv_to_u64(low, 65535, &from) || (high.p && !sv_to_u64(high, 65535, &to)) || from == 0)
			return false;
		*out = arena_printf(w->arena, "%.*s%s%.*s", SV_ARG(*out), out->n ? "," : "", SV_ARG(part));
	}
	return true;
}

static struct sv with_proto(struct work *w, struct sv before, const char *proto, struct sv ports)
{
	return ports.n == 0 ? before : arena_printf(w->arena, "%.*s%s%s:%.*s", SV_ARG(before), before.n ? "," : "",
						    proto, SV_ARG(ports));
}

/* For a name, 443 and 80 are TLS and HTTP bound to it; for an address nothing is bound. */
static struct sv name_ports(struct work *w, const struct set *s)
{
	struct sv rest = s->tcp, https = SV(""), http = SV(""), other = SV("");

	while (s->tcp.n && rest.p) {
		struct sv part = sv_cut(&rest, ','), *to = sv_eq(part, SV("443")) ? &https :
							   sv_eq(part, SV("80")) ? &http : &other;

		*to = arena_printf(w->arena, "%.*s%s%.*s", SV_ARG(*to), to->n ? "," : "", SV_ARG(part));
	}
	return with_proto(w, with_proto(w, with_proto(w, with_proto(w, SV(""), "https", https), "http", http), "tcp",
					other), "udp", s->udp);
}

static struct sv address_ports(struct work *w, const struct set *s)
{
	return with_proto(w, with_proto(w, SV(""), "tcp", s->tcp), "udp", s->udp);
}

/* ---- entries -------------------------------------------------------------------------------- */

static struct sv tag_name(struct work *w, const struct entry *e)
{
	return arena_printf(w->arena, "Office365.%.*s.%s%s", SV_ARG(e->area), categories[e->category],
			    e->category == OPTIMIZE ? "" : e->required ? ".Required" : ".NotRequired");
}

static void add_entry(struct work *w, const struct set *s, struct sv pattern, struct sv ports)
{
	struct entry e = {
		.area = s->area, .pattern = pattern, .ports = ports, .purpose = s->purpose,
		.category = s->category, .required = s->required, .order = w->n,
	};
	bool added;

	symtab_add(&w->seen, arena_printf(w->arena, "%.*s %.*s %.*s", SV_ARG(tag_name(w, &e)), SV_ARG(pattern),
					  SV_ARG(ports)), &added);
	if (!added) {
		w->repeated++;
		return;
	}
	if (w->n == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 256;
		w->entries = xrealloc(w->entries, w->cap * sizeof(*w->entries));
	}
	w->entries[w->n++] = e;
}

/* Names in which a "*" stands for the tenant when the service was asked without one. */
static const struct { const char *pattern, *named; } tenant_names[] = {
	{ "*.sharepoint.com", "%s.sharepoint.com" }, { "*.sharepoint.com", "%s-my.sharepoint.com" },
	{ "*-my.sharepoint.com", "%s-my.sharepoint.com" }, { "*-admin.sharepoint.com", "%s-admin.sharepoint.com" },
	{ "*-files.sharepoint.com", "%s-files.sharepoint.com" },
	{ "*-myfiles.sharepoint.com", "%s-myfiles.sharepoint.com" },
	{ "autodiscover.*.onmicrosoft.com", "autodiscover.%s.onmicrosoft.com" },
};

static bool add_tenant_names(struct work *w, const struct set *s, struct sv url, struct sv ports)
{
	bool any = false;

	for (size_t i = 0; i < sizeof(tenant_names) / sizeof(tenant_names[0]); i++) {
		const char *named = tenant_names[i].named, *hole = strstr(named, "%s");
		struct sv name;

		if (!sv_eq_nocase(url, sv_of(tenant_names[i].pattern)))
			continue;
		any = true;
		if (!w->in->tenant) {
			jsonin_say(w->in, DIAG_NOTE, "\"%.*s\" opens the sites of every tenant; --tenant NAME narrows it to yours",
				   SV_ARG(url));
			return false;
		}
		name = arena_printf(w->arena, "%.*s%s%s", (int)(hole - named), named, w->in->tenant, hole + 2);
		add_entry(w, s, name, ports);
	}
	return any;
}

static void add_url(struct work *w, const struct set *s, const json_t *value)
{
	struct sv url = jsonin_value(value), ports = name_ports(w, s), why = SV("");
	struct pattern p;

	if (!url.p || !pattern_parse(&p, url, false, url.n, w->arena, &why) || p.kind == PATTERN_ADDRESS ||
	    p.kind == PATTERN_ANY || p.kind == PATTERN_REGEX) {
		skip(w, s->i, "the name", url);
		return;
	}
	for (size_t i = 0; i < url.n; i++)
		if (strchr(" \t;{}\"#$", url.p[i]) || (unsigned char)url.p[i] >= 0x80) {
			skip(w, s->i, "the name", url);
			return;
		}
	if (ports.n == 0)
		skip(w, s->i, "without a port", url);
	else if (!add_tenant_names(w, s, url, ports))
		add_entry(w, s, arena_sv(w->arena, url), ports);
}

static void add_ip(struct work *w, const struct set *s, const json_t *value)
{
	struct sv text = jsonin_value(value), ports = address_ports(w, s);
	char shown[PREFIX_TEXT_MAX];
	struct prefix p;

	if (!text.p || prefix_parse(&p, text) != PREFIX_OK) {
		skip(w, s->i, "the address", text);
		return;
	}
	prefix_format(&p, shown);
	if (ports.n == 0)
		skip(w, s->i, "without a port", text);
	else
		add_entry(w, s, arena_sv(w->arena, sv_of(shown)), ports);
}

static void each(struct work *w, const struct set *s, const json_t *object, const char *key,
		 void (*add)(struct work *, const struct set *, const json_t *))
{
	const json_t *list = json_object_get(object, key);

	if (list && !json_is_array(list))
		skip(w, s->i, "what should be a list,", sv_of(key));
	for (size_t i = 0; i < json_array_size(list); i++)
		add(w, s, json_array_get(list, i));
}

static bool read_category(struct sv word, enum category *out)
{
	for (int i = 0; i < CATEGORIES; i++)
		if (sv_eq_nocase(word, sv_of(categories[i]))) {
			*out = (enum category)i;
			return true;
		}
	return false;
}

static struct sv purpose_of(struct work *w, const json_t *value)
{
	const json_t *id = json_object_get(value, "id");
	struct sv name = jsonin_text(value, "serviceAreaDisplayName"), notes = jsonin_text(value, "notes");
	struct sv set = json_is_integer(id) ? arena_printf(w->arena, "set %" JSON_INTEGER_FORMAT,
							   json_integer_value(id)) : SV("set without a number");
	struct sv text = arena_printf(w->arena, "%.*s, %.*s: %.*s%s%.*s", SV_ARG(set),
				      SV_ARG(jsonin_text(value, "category")), SV_ARG(name.p ? name :
				      jsonin_text(value, "serviceArea")), notes.n ? "; " : "",
				      SV_ARG(notes.p ? notes : SV("")));

	return emit_comment(w->arena, text, 160);
}

static void read_set(struct work *w, size_t i, const json_t *value)
{
	struct set s = { .i = i, .area = jsonin_text(value, "serviceArea"), .tcp = SV(""), .udp = SV("") };
	struct sv category = jsonin_text(value, "category"), tcp = jsonin_text(value, "tcpPorts");
	struct sv udp = jsonin_text(value, "udpPorts");

	if (!s.area.p || !name_is_valid(s.area) || sv_find(s.area, '.') < s.area.n)
		skip(w, i, "a set with the service area", s.area);
	else if (!category.p || !read_category(category, &s.category))
		skip(w, i, "a set with the category", category);
	else if ((tcp.p && !read_ports(w, tcp, &s.tcp)) || (udp.p && !read_ports(w, udp, &s.udp)))
		skip(w, i, "a set with the ports", tcp.p ? tcp : udp);
	else {
		s.required = json_is_true(json_object_get(value, "required"));
		s.purpose = purpose_of(w, value);
		each(w, &s, value, "urls", add_url);
		each(w, &s, value, "ips", add_ip);
	}
}

/* ---- writing -------------------------------------------------------------------------------- */

static int compare_entry(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = sv_cmp(a->area, b->area);

	if (order == 0)
		order = (int)a->category - (int)b->category;
	if (order == 0 && a->category != OPTIMIZE)
		order = (int)b->required - (int)a->required;
	return order ? order : a->order < b->order ? -1 : a->order > b->order;
}

static bool same_tag(const struct entry *a, const struct entry *b)
{
	return sv_eq(a->area, b->area) && a->category == b->category &&
	       (a->category == OPTIMIZE || a->required == b->required);
}

static void write_entry(const struct work *w, const struct entry *e)
{
	const char *slash = strrchr(w->in->file, '/');

	fprintf(w->in->out, "\tentry %.*s %.*s%s\n\t\t\"%.*s\" source \"endpoints.office.com: %.*s\"", SV_ARG(e->pattern),
		SV_ARG(e->ports), e->required ? "" : " optional", SV_ARG(e->purpose),
		SV_ARG(emit_comment(w->arena, sv_of(slash ? slash + 1 : w->in->file), 80)));
	if (w->as_of.n)
		fprintf(w->in->out, " as-of %.*s", SV_ARG(w->as_of));
	fputs(";\n", w->in->out);
}

static void write_leaves(struct work *w)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct entry *e = &w->entries[i];

		if (i == 0 || !same_tag(e, e - 1))
			fprintf(w->in->out, "%stag %.*s {\n", i ? "}\n\n" : "", SV_ARG(tag_name(w, e)));
		write_entry(w, e);
	}
	fputs("}\n", w->in->out);
}

static void write_includes(struct work *w)
{
	fputs("tag Office365 {\n", w->in->out);
	for (size_t i = 0; i < w->n; i++)
		if (i == 0 || !sv_eq(w->entries[i].area, w->entries[i - 1].area))
			fprintf(w->in->out, "\tinclude Office365.%.*s;\n", SV_ARG(w->entries[i].area));
	fputs("}\n\n", w->in->out);
	for (size_t i = 0; i < w->n; i++) {
		const struct entry *e = &w->entries[i];

		if (i == 0 || !sv_eq(e->area, e[-1].area))
			fprintf(w->in->out, "%stag Office365.%.*s {\n", i ? "}\n\n" : "", SV_ARG(e->area));
		if (i == 0 || !same_tag(e, e - 1))
			fprintf(w->in->out, "\tinclude %.*s;\n", SV_ARG(tag_name(w, e)));
	}
	fputs("}\n\n", w->in->out);
}

static int translate(void *work, json_t *root, struct arena *memory)
{
	struct work *w = work;

	w->arena = memory;
	if (!json_is_array(root)) {
		jsonin_say(w->in, DIAG_ERROR, "no list of sets; expected what endpoints.office.com answers to /endpoints/");
		return -EINVAL;
	}
	w->as_of = jsonin_file_date(w->in, w->arena);
	for (size_t i = 0; i < json_array_size(root); i++)
		read_set(w, i, json_array_get(root, i));
	if (w->n == 0) {
		jsonin_say(w->in, DIAG_ERROR, "not one set with a name or an address; nothing is written");
		return -EINVAL;
	}
	qsort(w->entries, w->n, sizeof(*w->entries), compare_entry);
	emit_head(w->in, "The endpoints of Microsoft 365");
	fputs("# A set that is not required is optional here: write tag:NAME+optional.\n\n", w->in->out);
	write_includes(w);
	write_leaves(w);
	if (!w->as_of.n)
		jsonin_say(w->in, DIAG_NOTE, "the file's name tells no date (as in endpoints-20240426.json), so entries have none");
	jsonin_say(w->in, DIAG_NOTE, "%zu entries of %zu sets; %zu stand in several sets of one tag, %zu were left out", w->n,
		   json_array_size(root), w->repeated, w->skipped);
	return 0;
}

int import_office365(const struct import *in)
{
	struct work w = { .in = in };
	int err = jsonin_translate(in, translate, &w);

	free(w.entries);
	symtab_fini(&w.seen);
	return err;
}
