/*
 * service_tags -- the reader of prefix files. A file has a hundred thousand lines, so each is looked at once:
 * every prefix is checked and kept as a value, since a broken file must be found when it is loaded and not
 * when some rule first names the tag.
 */
#include "policy/service_tags.h"

#include "base/suggest.h"
#include "config/lexer.h"
#include "config/region.h"
#include "policy/symtab.h"

#include <stdlib.h>

enum { COMPLAINTS_MAX = 10 };           /* about one file: the wrong file has an error on every line */

struct part {                           /* what one file says of one tag */
	const char *name;               /* as the file spells it */
	size_t first, n;                /* of the prefixes of all */
	unsigned file;
	uint32_t earlier;               /* the part of the same tag before it, plus one; 0: none */
};

struct service_tags {
	struct arena *arena;
	struct symtab names;            /* in lower case; the number leads to `newest` */
	uint32_t *newest;               /* of each name: its last part */
	size_t newest_cap;
	struct part *parts;
	size_t n_parts, parts_cap;
	struct prefix *prefixes;
	size_t n_prefixes, prefixes_cap;
	unsigned files;
};

struct reader {                         /* one file */
	struct service_tags *t;
	const char *file;
	struct diag_list *why;
	unsigned line, complaints;
	struct sv cloud;
	bool in_tag;
};

static void complain(struct reader *r, unsigned col, const char *what, struct sv text)
{
	if (r->complaints++ < COMPLAINTS_MAX)
		diag_error(r->why, (struct place){ r->file, r->line, col }, "%s \"%.*s\"", what,
			   SV_ARG(excerpt(text)));
}

static struct sv lower(struct arena *a, struct sv text)
{
	char *p = arena_strdup(a, text);

	for (size_t i = 0; i < text.n; i++)
		p[i] = ascii_lower(p[i]);
	return (struct sv){ p, text.n };
}

/* ---- lines ---------------------------------------------------------------------------------- */

static void read_tag_line(struct reader *r, struct sv name)
{
	struct service_tags *t = r->t;
	uint32_t number, earlier = 0;
	bool added;

	r->in_tag = name_is_valid(name);
	if (!r->in_tag) {
		complain(r, 5, "expected a tag's name, not", name);
		return;
	}
	number = symtab_add(&t->names, lower(t->arena, name), &added);
	if (!added)
		earlier = t->newest[number] + 1;
	if (earlier && t->parts[earlier - 1].file == t->files)
		complain(r, 5, "this file has two tags of the name", name);
	t->newest = xgrow(t->newest, number, &t->newest_cap, sizeof(*t->newest));
	t->newest[number] = (uint32_t)t->n_parts;
	t->parts = xgrow(t->parts, t->n_parts, &t->parts_cap, sizeof(*t->parts));
	t->parts[t->n_parts++] = (struct part){
		.name = arena_strdup(t->arena, name), .first = t->n_prefixes, .file = t->files,
		.earlier = earlier,
	};
}

static void read_prefix_line(struct reader *r, struct sv text)
{
	struct service_tags *t = r->t;
	struct prefix p;

	if (!r->in_tag) {
		complain(r, 2, "a prefix without a tag before it:", text);
		return;
	}
	if (prefix_parse(&p, text) != PREFIX_OK) {
		complain(r, 2, "expected a prefix such as 192.0.2.0/24, not", text);
		return;
	}
	t->prefixes = xgrow(t->prefixes, t->n_prefixes, &t->prefixes_cap, sizeof(*t->prefixes));
	t->prefixes[t->n_prefixes++] = p;
	t->parts[t->n_parts - 1].n++;
}

static bool read_header_line(struct reader *r, struct sv line)
{
	struct sv value = line, key = sv_cut(&value, ' ');

	if (sv_eq(key, SV("cloud")))
		r->cloud = value;
	return !r->in_tag && value.p &&
	       (sv_eq(key, SV("cloud")) || sv_eq(key, SV("change-number")) || sv_eq(key, SV("date")));
}

static void read_line(struct reader *r, struct sv line)
{
	if (line.n == 0 || line.p[0] == '#')
		return;
	if (line.p[0] == '\t')
		read_prefix_line(r, sv_slice(line, 1, line.n));
	else if (sv_starts_with(line, SV("tag ")))
		read_tag_line(r, sv_slice(line, 4, line.n));
	else if (!read_header_line(r, line))
		complain(r, 1, "expected \"tag NAME\" or a prefix behind a tab, not", line);
}

/* ---- files ---------------------------------------------------------------------------------- */

static struct sv next_line(struct reader *r, struct sv *rest)
{
	struct sv line = sv_cut(rest, '\n');

	r->line++;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static bool read_first_line(struct reader *r, struct sv *rest)
{
	static const char advice[] = "\"sekisho tag import service-tags JSON -o FILE\" makes one";
	struct place at = { r->file, 1, 1 };
	struct sv line = SV("");

	while (rest->p && (line.n == 0 || line.p[0] == '#'))
		line = next_line(r, rest);
	if (sv_eq(line, SV("sekisho-service-tags 1")))
		return true;
	at.line = r->line ? r->line : 1;
	if (sv_starts_with(sv_trim(line), SV("{")))
		diag_error(r->why, at, "this looks like Microsoft's JSON file itself; %s", advice);
	else if (sv_starts_with(line, SV("sekisho-service-tags ")))
		diag_error(r->why, at, "a later format than this version reads; %s", advice);
	else
		diag_error(r->why, at, "this is no file of service tags; %s", advice);
	return false;
}

static void read_file(struct service_tags *t, const struct conf_node *n, struct diag_list *why,
		      struct sv *cloud)
{
	struct reader r = { .t = t, .file = n->content_file, .why = why, .cloud = SV("") };
	struct sv rest = n->content;

	t->files++;
	if (!rest.p || rest.n == 0) {
		diag_error(why, conf_place(n), "\"%s\" is empty", n->content_file ? n->content_file : "");
		return;
	}
	if (!read_first_line(&r, &rest))
		return;
	while (rest.p)
		read_line(&r, next_line(&r, &rest));
	if (r.complaints > COMPLAINTS_MAX)
		diag_error(why, (struct place){ r.file, 0, 0 }, "%u more lines like these",
			   r.complaints - COMPLAINTS_MAX);
	*cloud = r.cloud;
}

static void warn_of_twins(const struct conf_node *n, struct sv cloud, const struct sv *clouds, size_t n_clouds,
			  struct diag_list *why)
{
	for (size_t i = 0; i < n_clouds; i++)
		if (cloud.n && sv_eq_nocase(cloud, clouds[i])) {
			diag_add(why, DIAG_WARNING, conf_place(n), "a second file of the cloud %.*s; tags then hold the "
				 "prefixes of both, so keep the newer only", SV_ARG(cloud));
			return;
		}
}

struct service_tags *service_tags_read(const struct conf *conf, struct arena *a, struct diag_list *why)
{
	struct service_tags *t = arena_alloc(a, sizeof(*t));
	const struct conf_node *n = conf_find(conf_first(conf), "service-tags");
	size_t files = 0, seen = 0;
	struct sv *clouds;

	t->arena = a;
	for (const struct conf_node *m = n; m; m = conf_find(m->next, "service-tags"))
		files++;
	clouds = arena_array(a, files, sizeof(*clouds));
	for (; n; n = conf_find(n->next, "service-tags")) {
		read_file(t, n, why, &clouds[seen]);
		warn_of_twins(n, clouds[seen], clouds, seen, why);
		seen++;
	}
	return t;
}

void service_tags_fini(struct service_tags *t)
{
	if (!t)
		return;
	symtab_fini(&t->names);
	free(t->newest);
	free(t->parts);
	free(t->prefixes);
	*t = (struct service_tags){ .arena = t->arena };
}

/* ---- finding -------------------------------------------------------------------------------- */

bool service_tags_loaded(const struct service_tags *t)
{
	return t->files != 0;
}

size_t service_tags_count(const struct service_tags *t)
{
	return t->names.n;
}

/* The other spelling of a region that has two, or p == NULL. */
static struct sv respelt(struct sv region)
{
	const struct region *all;
	size_t n;

	all = region_all(&n);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(all[i].name, all[i].azurecloud) == 0)
			continue;
		if (sv_eq_nocase(region, sv_of(all[i].name)))
			return sv_of(all[i].azurecloud);
		if (sv_eq_nocase(region, sv_of(all[i].azurecloud)))
			return sv_of(all[i].name);
	}
	return (struct sv){ NULL, 0 };
}

static uint32_t find_name(const struct service_tags *t, struct sv name)
{
	char text[256];

	if (name.n >= sizeof(text))
		return SYMTAB_NONE;
	for (size_t i = 0; i < name.n; i++)
		text[i] = ascii_lower(name.p[i]);
	return symtab_find(&t->names, (struct sv){ text, name.n });
}

static uint32_t find_either(const struct service_tags *t, struct sv name)
{
	uint32_t number = find_name(t, name);
	size_t dot = name.n;
	struct sv other;
	char text[256];

	while (dot && name.p[dot - 1] != '.')
		dot--;
	other = number == SYMTAB_NONE && dot ? respelt(sv_slice(name, dot, name.n)) : (struct sv){ NULL, 0 };
	if (!other.p || dot + other.n >= sizeof(text))
		return number;
	memcpy(text, name.p, dot);
	memcpy(text + dot, other.p, other.n);
	return find_name(t, (struct sv){ text, dot + other.n });
}

static size_t count_prefixes(const struct service_tags *t, const struct part *p)
{
	size_t n = p->n;

	for (; p->earlier; n += p->n)
		p = &t->parts[p->earlier - 1];
	return n;
}

bool service_tags_find(const struct service_tags *t, struct sv name, struct service_prefixes *out)
{
	uint32_t number = find_either(t, name);
	const struct part *p;
	struct prefix *all;
	size_t n = 0;

	if (number == SYMTAB_NONE)
		return false;
	p = &t->parts[t->newest[number]];
	*out = (struct service_prefixes){ p->n ? &t->prefixes[p->first] : NULL, p->n };
	if (!p->earlier)
		return true;
	all = arena_array(t->arena, count_prefixes(t, p), sizeof(*all));
	for (;; p = &t->parts[p->earlier - 1]) {
		if (p->n)
			memcpy(all + n, &t->prefixes[p->first], p->n * sizeof(*all));
		n += p->n;
		if (!p->earlier)
			break;
	}
	*out = (struct service_prefixes){ all, n };
	return true;
}

const char *service_tags_suggest(const struct service_tags *t, struct sv name)
{
	struct suggest s;

	suggest_init(&s, name);
	for (size_t i = 0; i < t->n_parts; i++) {
		size_t n = strlen(t->parts[i].name);

		if ((n > name.n ? n - name.n : name.n - n) < s.distance)        /* 3,000 names: most are out at a glance */
			suggest_offer(&s, t->parts[i].name);
	}
	return suggest_best(&s);
}
