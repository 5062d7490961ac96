/*
 * tags -- reads tag blocks, and resolves a reference into the entries that it opens.
 * An entry's parameters are expanded when the first rule takes it, and kept for the next.
 */
#include "policy/tags.h"

#include "base/clock.h"
#include "base/suggest.h"
#include "policy/symtab.h"

enum { PARTS_MAX = 32, PATH_MAX_TAGS = 64 };

struct entry_state {                    /* beside each entry: what its parameters gave */
	struct patterns patterns;
	const struct conf_node *scope;  /* for which they were resolved */
	bool resolved;
	enum read_result result;
	struct sv missing;
	bool noted;
};

struct tag_node {
	struct tag pub;
	struct entry_state *states;
	unsigned visited;               /* the number of the walk that saw it last */
	bool on_path;                   /* while looking for circles */
};

struct tags {
	struct symtab names;
	struct tag_node *all;
	struct symtab reported;         /* "TAG PARAMETER" of errors already made */
	unsigned walk;
};

/* ---- one entry ------------------------------------------------------------------------------ */

struct entry_reader {
	const struct reading *r;
	const struct conf_node *node;
	size_t next;                    /* word */
	struct tag_entry *e;
};

static bool refuse(const struct entry_reader *x, const struct conf_word *w, const char *text)
{
	diag_error(x->r->why, w->at, "%s", text);
	return false;
}

static const struct conf_word *argument(struct entry_reader *x, const char *what)
{
	const struct conf_word *option = &x->node->words[x->next - 1];

	if (x->next < x->node->n_words)
		return &x->node->words[x->next++];
	diag_error(x->r->why, option->at, "\"%.*s\" needs %s behind it", SV_ARG(option->text), what);
	return NULL;
}

static bool read_optional(struct entry_reader *x)
{
	x->e->optional = true;
	return true;
}

static bool read_direct(struct entry_reader *x)
{
	x->e->direct = true;
	return true;
}

static bool read_profile(struct entry_reader *x)
{
	const struct conf_word *w = argument(x, "a name, or several with commas between");
	const char **names;
	struct sv rest;
	size_t n = 1;

	if (!w)
		return false;
	for (size_t i = 0; i < w->text.n; i++)
		n += w->text.p[i] == ',';
	names = arena_array(x->r->scratch, n, sizeof(*names));
	rest = w->text;
	for (size_t i = 0; i < n; i++) {
		struct sv name = sv_cut(&rest, ',');

		if (name.n == 0 || sv_find(name, '+') < name.n)
			return refuse(x, w, "bad profile name; expected letters, digits, \"-\" and \".\"");
		if (sv_eq(name, SV("optional")))
			return refuse(x, w, "a profile cannot be called \"optional\"; that word means the "
				      "optional entries");
		names[i] = arena_strdup(x->r->scratch, name);
	}
	x->e->profiles = names;
	x->e->n_profiles = n;
	return true;
}

static bool read_source(struct entry_reader *x)
{
	const struct conf_word *w = argument(x, "the document that says so, in quotes");

	if (w)
		x->e->source = w->text;
	return w != NULL;
}

/* A day, a month or a year: as much as the document tells. */
static bool is_date(struct sv text, struct arena *a)
{
	const char *rest = text.n == 4 ? "-01-01" : text.n == 7 ? "-01" : text.n == 10 ? "" : NULL;
	int64_t ms;

	return rest && time_parse(arena_printf(a, "%.*s%sT00:00:00Z", SV_ARG(text), rest), &ms);
}

static bool read_as_of(struct entry_reader *x)
{
	const struct conf_word *w = argument(x, "a date such as 2024-05-01");

	if (!w)
		return false;
	if (!is_date(w->text, x->r->scratch))
		return refuse(x, w, "bad date; expected one such as 2024-05-01, 2024-05 or 2024");
	x->e->as_of = w->text;
	return true;
}

static const struct {
	const char *word;
	bool (*read)(struct entry_reader *x);
} entry_words[] = {
	{ "optional", read_optional }, { "direct", read_direct }, { "profile", read_profile },
	{ "source", read_source }, { "as-of", read_as_of },
};

enum { ENTRY_WORDS = sizeof(entry_words) / sizeof(entry_words[0]) };

static bool read_option(struct entry_reader *x)
{
	const struct conf_word *w = &x->node->words[x->next++];
	struct suggest s;

	if (w->quoted) {
		if (x->e->purpose.p)
			return refuse(x, w, "a second purpose; an entry has one text in quotes (a document "
				      "goes behind the word source)");
		x->e->purpose = w->text;
		return true;
	}
	suggest_init(&s, w->text);
	for (size_t i = 0; i < ENTRY_WORDS; i++) {
		if (sv_eq(w->text, sv_of(entry_words[i].word)))
			return entry_words[i].read(x);
		suggest_offer(&s, entry_words[i].word);
	}
	if (suggest_best(&s))
		diag_error(x->r->why, w->at, "unknown word \"%.*s\"; did you mean \"%s\"?",
			   SV_ARG(w->text), suggest_best(&s));
	else
		diag_error(x->r->why, w->at, "unknown word \"%.*s\"; expected optional, direct, profile, "
			   "source, as-of or a purpose in quotes", SV_ARG(w->text));
	return false;
}

static bool read_ports(struct entry_reader *x)
{
	const struct conf_word *w;
	struct sv why;

	if (x->node->n_words < 3 || x->node->words[2].quoted ||
	    !ports_looks_like(x->node->words[2].text)) {
		w = &x->node->words[x->node->n_words < 3 ? 1 : 2];
		return refuse(x, w, "an entry needs PROTO:PORT behind its pattern; write it as in "
			      "\"entry a.example https:443;\"");
	}
	w = &x->node->words[2];
	x->e->ports_text = w->text;
	if (ports_parse(&x->e->ports, w->text, x->r->scratch, &why))
		return true;
	diag_error(x->r->why, w->at, "%.*s", SV_ARG(why));
	return false;
}

/* A pattern with parameters is checked once a rule takes it: until then nobody knows their values. */
static bool check_pattern(struct entry_reader *x)
{
	struct patterns p;

	if (x->e->service_tag || x->e->word->has_params)
		return true;
	return read_patterns_or_report(x->r, x->e->word, &p) &&
	       read_check_regexes(x->r, x->e->word->at, &p);
}

static void read_entry(const struct reading *r, const struct conf_node *node, struct tag_entry *e)
{
	struct entry_reader x = { .r = r, .node = node, .next = 3, .e = e };

	e->word = &node->words[1];
	e->at = conf_place(node);
	e->service_tag = sv_starts_with(e->word->text, SV("service-tag:"));
	if (sv_starts_with(e->word->text, SV("tag:")) || sv_starts_with(e->word->text, SV("group:"))) {
		refuse(&x, e->word, "an entry is a pattern; another tag comes in by \"include NAME;\"");
		return;
	}
	check_pattern(&x);
	if (read_ports(&x))
		while (x.next < node->n_words && read_option(&x))
			;
}

/* ---- tags ----------------------------------------------------------------------------------- */

static void count_children(const struct conf_node *tag, size_t *entries, size_t *includes)
{
	*entries = *includes = 0;
	for (const struct conf_node *n = conf_find(tag->children, "entry"); n; n = conf_find(n->next, "entry"))
		++*entries;
	for (const struct conf_node *n = conf_find(tag->children, "include"); n;
	     n = conf_find(n->next, "include"))
		*includes += n->n_words - 1;
}

static void read_tag(const struct reading *r, const struct conf_node *node, struct tag_node *t)
{
	struct tag_entry *entries;
	const struct conf_word **includes;
	const struct conf_node *n;
	size_t i = 0;

	t->pub.name = arena_strdup(r->scratch, node->words[1].text);
	t->pub.at = conf_place(node);
	n = conf_find(node->children, "deprecated");
	if (n)
		t->pub.deprecated = n->words[1].text;
	count_children(node, &t->pub.n_entries, &t->pub.n_includes);
	entries = arena_array(r->scratch, t->pub.n_entries, sizeof(*entries));
	includes = arena_array(r->scratch, t->pub.n_includes, sizeof(*includes));
	t->states = arena_array(r->scratch, t->pub.n_entries, sizeof(*t->states));
	for (n = conf_find(node->children, "entry"); n; n = conf_find(n->next, "entry")) {
		entries[i].tag = &t->pub;
		read_entry(r, n, &entries[i++]);
	}
	i = 0;
	for (n = conf_find(node->children, "include"); n; n = conf_find(n->next, "include"))
		for (size_t k = 1; k < n->n_words; k++)
			includes[i++] = &n->words[k];
	t->pub.entries = entries;
	t->pub.includes = includes;
}

static struct tag_node *node_named(const struct tags *t, struct sv name)
{
	uint32_t i = symtab_find(&t->names, name);

	return i == SYMTAB_NONE ? NULL : &t->all[i];
}

/* Depth first; the include that closes a circle is reported, and walked no further. */
static void find_circles(struct tags *t, const struct reading *r, struct tag_node *n)
{
	n->visited = t->walk;
	n->on_path = true;
	for (size_t i = 0; i < n->pub.n_includes; i++) {
		const struct conf_word *w = n->pub.includes[i];
		struct tag_node *next = node_named(t, w->text);

		if (!next)
			continue;
		if (next->on_path)
			diag_error(r->why, w->at, "tag \"%s\" includes itself by way of \"%.*s\"; leave one "
				   "include out", next->pub.name, SV_ARG(w->text));
		else if (next->visited != t->walk)
			find_circles(t, r, next);
	}
	n->on_path = false;
}

struct tags *tags_read(const struct reading *r)
{
	struct tags *t = arena_alloc(r->scratch, sizeof(*t));
	const struct conf_node *first = conf_first(r->conf), *n;
	size_t total = 0;
	bool added;

	for (n = conf_find(first, "tag"); n; n = conf_find(n->next, "tag"))
		total++;
	t->all = arena_array(r->scratch, total, sizeof(*t->all));
	for (n = conf_find(first, "tag"); n; n = conf_find(n->next, "tag")) {
		symtab_add(&t->names, n->words[1].text, &added);
		if (added)
			read_tag(r, n, &t->all[t->names.n - 1]);
	}
	t->walk++;
	for (size_t i = 0; i < t->names.n; i++)
		if (t->all[i].visited != t->walk)
			find_circles(t, r, &t->all[i]);
	return t;
}

void tags_fini(struct tags *t)
{
	if (!t)
		return;
	symtab_fini(&t->names);
	symtab_fini(&t->reported);
}

size_t tags_count(const struct tags *t)
{
	return t->names.n;
}

const struct tag *tags_at(const struct tags *t, size_t i)
{
	return &t->all[i].pub;
}

const struct tag *tags_find(const struct tags *t, struct sv name)
{
	const struct tag_node *n = node_named(t, name);

	return n ? &n->pub : NULL;
}

const char *tags_suggest(const struct tags *t, struct sv name)
{
	struct suggest s;

	suggest_init(&s, name);
	for (size_t i = 0; i < t->names.n; i++)
		suggest_offer(&s, t->all[i].pub.name);
	return suggest_best(&s);
}

/* ---- a reference ---------------------------------------------------------------------------- */

struct use {
	struct tags *t;
	const struct reading *r;
	struct place at;
	bool optional;
	struct sv profiles[PARTS_MAX];
	bool known[PARTS_MAX];          /* profiles that some tag of the walk has */
	size_t n_profiles;
	struct suggest near[PARTS_MAX];
	bool ok;
	tags_visit *visit;
	tags_examine_visit *examine;    /* not NULL: instead of `visit` */
	void *arg;
	const struct tag *path[PATH_MAX_TAGS];  /* from the tag asked for to the one being walked */
	size_t depth;
	struct sv clouds[PARTS_MAX];    /* profiles that every use names */
	size_t n_clouds;
};

static bool use_names_profile(const struct use *u, const struct tag_entry *e)
{
	for (size_t i = 0; i < e->n_profiles; i++) {
		for (size_t k = 0; k < u->n_profiles; k++)
			if (sv_eq(u->profiles[k], sv_of(e->profiles[i])))
				return true;
		for (size_t k = 0; k < u->n_clouds; k++)
			if (sv_eq(u->clouds[k], sv_of(e->profiles[i])))
				return true;
	}
	return e->n_profiles == 0;
}

static void note_profiles(struct use *u, const struct tag_entry *e)
{
	for (size_t i = 0; i < e->n_profiles; i++)
		for (size_t k = 0; k < u->n_profiles; k++) {
			u->known[k] = u->known[k] || sv_eq(u->profiles[k], sv_of(e->profiles[i]));
			suggest_offer(&u->near[k], e->profiles[i]);
		}
}

/* Once for each tag and sentence: ten entries may want the same parameter. */
static void report_missing(const struct use *u, const struct tag_entry *e, const struct entry_state *s)
{
	struct sv key = arena_printf(u->r->scratch, "%s %.*s", e->tag->name, SV_ARG(s->missing));
	bool first;

	symtab_add(&u->t->reported, key, &first);
	if (first)
		diag_error(u->r->why, e->at, "tag \"%s\" (used at %s:%u) needs \"%.*s\": %.*s", e->tag->name,
			   u->at.file ? u->at.file : "?", u->at.line, SV_ARG(e->word->text),
			   SV_ARG(s->missing));
}

static void note(const struct use *u, const struct tag_entry *e, struct entry_state *s, struct sv text)
{
	if (!s->noted)
		diag_add(u->r->why, DIAG_NOTE, e->at, "\"%.*s\" of tag \"%s\" is left out: %.*s",
			 SV_ARG(e->word->text), e->tag->name, SV_ARG(text));
	s->noted = true;
}

/* Once for each set of parameters: few collections have their own. */
static void resolve_entry(const struct use *u, const struct tag_entry *e, struct entry_state *s)
{
	if (s->resolved && s->scope == u->r->scope)
		return;
	s->result = e->service_tag ? read_service_tags(u->r, e->word, &s->patterns, &s->missing) :
				     read_patterns(u->r, e->word, &s->patterns, &s->missing);
	s->resolved = true;
	s->scope = u->r->scope;
}

static void take_entry(struct use *u, const struct tag_entry *e, struct entry_state *s)
{
	if (e->direct)
		return;
	resolve_entry(u, e, s);
	if (s->result == READ_OK)
		u->visit(u->arg, e, &s->patterns);
	else if (s->result == READ_MISSING && e->optional)
		note(u, e, s, s->missing);
	else if (s->result == READ_MISSING)
		report_missing(u, e, s);
	else if (s->result == READ_UNKNOWN && !e->optional)
		note(u, e, s, s->missing);
}

static enum tag_fate fate_of(const struct use *u, const struct tag_entry *e, struct entry_state *s)
{
	static const enum tag_fate fates[] = {
		[READ_OK] = FATE_OPEN, [READ_WRONG] = FATE_WRONG, [READ_MISSING] = FATE_MISSING,
		[READ_UNKNOWN] = FATE_UNKNOWN,
	};

	if (e->direct)
		return FATE_DIRECT;
	if (!use_names_profile(u, e))
		return FATE_PROFILE;
	if (e->optional && !u->optional)
		return FATE_OPTIONAL;
	resolve_entry(u, e, s);
	return fates[s->result];
}

static void examine_entry(struct use *u, const struct tag_entry *e, struct entry_state *s)
{
	struct tag_finding f = {
		.e = e, .fate = fate_of(u, e, s), .through = u->path, .n_through = u->depth - 1,
	};

	if (f.fate == FATE_OPEN)
		f.patterns = &s->patterns;
	else if (f.fate == FATE_MISSING || f.fate == FATE_UNKNOWN)
		f.reason = s->missing;
	u->examine(u->arg, &f);
}

static void take_tag(struct use *u, struct tag_node *n);

static void take_include(struct use *u, const struct tag_node *n, const struct conf_word *w)
{
	struct tag_node *next = node_named(u->t, w->text);
	const char *near;

	if (next) {
		take_tag(u, next);
		return;
	}
	u->ok = false;
	near = tags_suggest(u->t, w->text);
	diag_error(u->r->why, w->at, "tag \"%s\" includes \"%.*s\", which does not exist; %s%s%s",
		   n->pub.name, SV_ARG(w->text), near ? "did you mean \"" : "load the file that has it",
		   near ? near : "", near ? "\"?" : "");
}

static void take_tag(struct use *u, struct tag_node *n)
{
	if (n->visited == u->t->walk)
		return;
	n->visited = u->t->walk;
	if (u->depth == PATH_MAX_TAGS) {
		u->ok = false;
		diag_error(u->r->why, n->pub.at, "tags include each other %d deep; include less deeply",
			   PATH_MAX_TAGS);
		return;
	}
	u->path[u->depth++] = &n->pub;
	for (size_t i = 0; i < n->pub.n_entries; i++) {
		const struct tag_entry *e = &n->pub.entries[i];

		note_profiles(u, e);
		if (u->examine)
			examine_entry(u, e, &n->states[i]);
		else if (use_names_profile(u, e) && (!e->optional || u->optional))
			take_entry(u, e, &n->states[i]);
	}
	for (size_t i = 0; i < n->pub.n_includes; i++)
		take_include(u, n, n->pub.includes[i]);
	u->depth--;
}

static bool read_parts(struct use *u, struct sv rest)
{
	while (rest.p) {
		struct sv part = sv_cut(&rest, '+');

		if (sv_eq(part, SV("optional"))) {
			u->optional = true;
			continue;
		}
		if (part.n == 0 || u->n_profiles == PARTS_MAX) {
			diag_error(u->r->why, u->at, "bad parts behind the tag's name; write them as in "
				   "\"tag:NAME+optional+PROFILE\"");
			return false;
		}
		suggest_init(&u->near[u->n_profiles], part);
		suggest_offer(&u->near[u->n_profiles], "optional");
		u->profiles[u->n_profiles++] = part;
	}
	return true;
}

static void check_profiles(struct use *u, const char *tag)
{
	for (size_t k = 0; k < u->n_profiles; k++) {
		const char *near = suggest_best(&u->near[k]);

		if (u->known[k])
			continue;
		u->ok = false;
		diag_error(u->r->why, u->at, "tag \"%s\" has no profile \"%.*s\"%s%s%s", tag,
			   SV_ARG(u->profiles[k]), near ? "; did you mean \"" :
			   "; \"sekisho tag show\" lists what it has", near ? near : "", near ? "\"?" : "");
	}
}

/* What ${cloud} gives: usually nothing, or one word. */
static void read_clouds(struct use *u)
{
	const struct conf_word word = { .text = SV("${cloud}"), .quote_at = 8, .has_params = true };
	struct expansion all;

	if (conf_expand_in(u->r->conf, u->r->scope, &word, false, u->r->scratch, &all) != EXPAND_OK)
		return;
	for (size_t i = 0; i < all.n && u->n_clouds < PARTS_MAX; i++)
		u->clouds[u->n_clouds++] = all.texts[i];
}

static const struct tag *walk(struct use *u, struct sv spec)
{
	struct sv rest = spec, name = sv_cut(&rest, '+');
	struct tag_node *n = node_named(u->t, name);
	const char *near;

	if (!n) {
		near = tags_suggest(u->t, name);
		diag_error(u->r->why, u->at, "unknown tag \"%.*s\"; %s%s%s", SV_ARG(name),
			   near ? "did you mean \"" : "include the catalog file that has it",
			   near ? near : "", near ? "\"?" : "");
		return NULL;
	}
	if (!read_parts(u, rest))
		return NULL;
	read_clouds(u);
	u->t->walk++;
	take_tag(u, n);
	check_profiles(u, n->pub.name);
	return u->ok ? &n->pub : NULL;
}

const struct tag *tags_resolve(struct tags *t, const struct reading *r, struct sv spec, struct place at,
			       tags_visit *visit, void *arg)
{
	struct use u = { .t = t, .r = r, .at = at, .ok = true, .visit = visit, .arg = arg };

	return walk(&u, spec);
}

const struct tag *tags_examine(struct tags *t, const struct reading *r, struct sv spec, struct place at,
			       tags_examine_visit *visit, void *arg)
{
	struct use u = { .t = t, .r = r, .at = at, .ok = true, .examine = visit, .arg = arg };

	return walk(&u, spec);
}
