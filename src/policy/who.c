/* who -- see who.h. */
#include "policy/who.h"

#include "policy/index.h"

#include <stdlib.h>

enum { NOTED_MAX = 200 };

struct set {
	unsigned wants;                 /* kinds of which words stand there */
	bool any_user;
	struct who_words words;
};

enum entry_kind { ENTRY_USER, ENTRY_URI, ENTRY_CN, ENTRY_ANY_USER, ENTRY_ANY_IDENTITY };      /* ANY: text is "" */

struct entry {                          /* one text, written out */
	enum entry_kind kind;
	struct sv text;
	uint32_t who;
};

struct glob {                           /* of a URI */
	struct sv text;
	uint32_t who;
};

struct whos {
	struct arena *arena;
	struct index_builder *builder;  /* until it is finished */
	struct index *names;
	uint32_t handle;                /* the ranks of the set being filled: its number */
	bool has_handle;
	struct set *sets;
	struct entry *entries;          /* sorted */
	struct glob *globs;
	size_t n, n_entries, n_globs, cap, entries_cap, globs_cap;
	size_t n_identities, n_users;
};

/* ---- building -------------------------------------------------------------------------------- */

struct whos *whos_create(void)
{
	struct whos *w = xcalloc(1, sizeof(*w));

	w->arena = arena_create();
	w->builder = index_builder_create();
	whos_begin(w);                  /* 0, which wants nothing */
	return w;
}

void whos_free(struct whos *w)
{
	if (!w)
		return;
	index_builder_free(w->builder);
	index_free(w->names);
	arena_free(w->arena);
	free(w->sets);
	free(w->entries);
	free(w->globs);
	free(w);
}

uint32_t whos_begin(struct whos *w)
{
	w->sets = xgrow(w->sets, w->n, &w->cap, sizeof(*w->sets));
	w->sets[w->n] = (struct set){ .words = { SV(""), SV("") } };
	w->has_handle = false;
	return (uint32_t)w->n++;
}

static struct set *filling(struct whos *w)
{
	return &w->sets[w->n - 1];
}

static uint32_t number(const struct whos *w)
{
	return (uint32_t)(w->n - 1);
}

static void add_entry(struct whos *w, enum entry_kind kind, struct sv text)
{
	w->entries = xgrow(w->entries, w->n_entries, &w->entries_cap, sizeof(*w->entries));
	w->entries[w->n_entries++] = (struct entry){ kind, arena_sv(w->arena, text), number(w) };
}

bool whos_add_name(struct whos *w, const struct pattern *p, struct arena *a, struct sv *why)
{
	const uint32_t rank = number(w);

	if (!w->has_handle)
		w->handle = index_ranks(w->builder, &rank, 1);
	w->has_handle = true;
	return index_add(w->builder, w->handle, p, a, why);
}

bool whos_add_identity(struct whos *w, const struct identity_pattern *p, struct arena *a, struct sv *why)
{
	switch (p->kind) {
	case IDENTITY_WORD_ANY:
		add_entry(w, ENTRY_ANY_IDENTITY, SV(""));
		break;
	case IDENTITY_WORD_NAME:
		return whos_add_name(w, &p->name, a, why);
	case IDENTITY_WORD_URI:
		add_entry(w, ENTRY_URI, p->text);
		break;
	case IDENTITY_WORD_URI_GLOB:
		w->globs = xgrow(w->globs, w->n_globs, &w->globs_cap, sizeof(*w->globs));
		w->globs[w->n_globs++] = (struct glob){ arena_sv(w->arena, p->text), number(w) };
		break;
	case IDENTITY_WORD_CN:
		add_entry(w, ENTRY_CN, p->text);
		break;
	}
	return true;
}

bool whos_add_user(struct whos *w, struct sv name, struct arena *a, struct sv *why)
{
	bool any = sv_eq(name, SV("*"));

	if (any && !filling(w)->any_user)
		add_entry(w, ENTRY_ANY_USER, SV(""));
	filling(w)->any_user |= any;
	if (any)
		return true;
	if (sv_find(name, '*') < name.n)
		*why = arena_printf(a, "\"%.*s\" is no user: names are written out, and only user:* stands for any user",
				    SV_ARG(sv_slice(name, 0, NOTED_MAX)));
	else if (!user_name_is_valid(name))
		*why = arena_printf(a, "\"%.*s\" is no name of a user; write 1 to %d octets without colon or control "
				    "character, as in user:alice", SV_ARG(sv_slice(name, 0, NOTED_MAX)), USER_NAME_MAX);
	else
		add_entry(w, ENTRY_USER, name);
	return sv_find(name, '*') == name.n && user_name_is_valid(name);
}

void whos_note(struct whos *w, enum who_kind kind, struct sv written)
{
	struct set *s = filling(w);
	struct sv *words = kind == WHO_USER ? &s->words.users : &s->words.identities;

	s->wants |= kind;
	*(kind == WHO_USER ? &w->n_users : &w->n_identities) += 1;
	if (words->n + written.n < NOTED_MAX)
		*words = arena_printf(w->arena, "%.*s%s%.*s", SV_ARG(*words), words->n ? " " : "", SV_ARG(written));
	else if (!sv_ends_with(*words, SV("...")))
		*words = arena_printf(w->arena, "%.*s%s...", SV_ARG(*words), words->n ? " " : "");
}

static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	return a->kind == b->kind ? sv_cmp(a->text, b->text) : a->kind < b->kind ? -1 : 1;
}

void whos_finish(struct whos *w)
{
	if (w->n_entries)
		qsort(w->entries, w->n_entries, sizeof(*w->entries), compare_entries);
	w->names = index_finish(w->builder);
	w->builder = NULL;
}

/* ---- asking ---------------------------------------------------------------------------------- */

struct asking {
	const struct whos *w;
	struct sv name;
	whos_visit *visit;
	void *arg;
};

static bool on_name(void *arg, const struct index_hit *hit)
{
	const struct asking *x = arg;
	enum who_kind kind = WHO_IDENTITY;

	if (hit->kind == PATTERN_GLOB && !glob_match(hit->pattern, x->name))
		return true;
	if (hit->kind == PATTERN_REGEX) {
		enum regex_result result = regex_match(hit->regex, x->name);

		if (result == REGEX_NO)
			return true;
		kind = result == REGEX_LIMIT ? WHO_LIMIT : WHO_IDENTITY;
	}
	for (size_t i = 0; i < hit->n; i++)
		x->visit(x->arg, hit->ranks[i], kind);
	return true;
}

static void each_name(struct asking *x, struct sv name)
{
	x->name = name;
	index_walk_name(x->w->names, name, on_name, x);
}

static void each_entry(const struct asking *x, enum entry_kind kind, struct sv text, enum who_kind met)
{
	const struct entry wanted = { .kind = kind, .text = text };
	size_t low = 0, high = x->w->n_entries;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (compare_entries(&x->w->entries[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < x->w->n_entries && compare_entries(&x->w->entries[low], &wanted) == 0; low++)
		x->visit(x->arg, x->w->entries[low].who, met);
}

static void each_uri(const struct asking *x, struct sv uri)
{
	each_entry(x, ENTRY_URI, uri, WHO_IDENTITY);
	for (size_t i = 0; i < x->w->n_globs; i++)
		if (uri_glob_match(x->w->globs[i].text, uri))
			x->visit(x->arg, x->w->globs[i].who, WHO_IDENTITY);
}

static void each_identity(struct asking *x, const struct identity *id)
{
	struct fqdn name;

	switch (id->kind) {
	case IDENTITY_NONE:
		return;
	case IDENTITY_URI:
		each_uri(x, id->text);
		break;
	case IDENTITY_DNS:
		each_name(x, id->text);
		break;
	case IDENTITY_CN:
		each_entry(x, ENTRY_CN, id->text, WHO_IDENTITY);
		if (fqdn_parse(&name, id->text) == NAME_OK)
			each_name(x, fqdn_sv(&name));
		break;
	}
	each_entry(x, ENTRY_ANY_IDENTITY, SV(""), WHO_IDENTITY);
}

void whos_each(const struct whos *w, const struct ask *ask, whos_visit *visit, void *arg)
{
	struct asking x = { .w = w, .visit = visit, .arg = arg };

	each_identity(&x, &ask->identity);
	if (ask->user.n == 0)
		return;
	each_entry(&x, ENTRY_USER, ask->user, WHO_USER);
	each_entry(&x, ENTRY_ANY_USER, SV(""), WHO_USER);
}

struct one {
	uint32_t who;
	unsigned met;
};

static void note_one(void *arg, uint32_t who, enum who_kind kind)
{
	struct one *o = arg;

	if (who == o->who)
		o->met |= kind;
}

unsigned whos_met(const struct whos *w, uint32_t who, const struct ask *ask)
{
	struct one o = { .who = who };

	if (ask->identity.kind != IDENTITY_NONE || ask->user.n)
		whos_each(w, ask, note_one, &o);
	return o.met;
}

unsigned whos_lacking(const struct whos *w, uint32_t who, unsigned met, const struct ask *ask, bool allows)
{
	const struct set *s = &w->sets[who];

	if (ask->anybody)
		return allows ? 0 : s->wants;
	if ((met & WHO_LIMIT) && !allows)
		met |= WHO_IDENTITY;
	if (ask->any_user)
		met = (met & ~(unsigned)WHO_USER) | (allows || s->any_user ? WHO_USER : 0);
	return s->wants & ~met;
}

unsigned whos_wanted(const struct whos *w, uint32_t who)
{
	return w->sets[who].wants;
}

struct who_words whos_words(const struct whos *w, uint32_t who)
{
	return w->sets[who].words;
}

size_t whos_count(const struct whos *w, enum who_kind kind)
{
	return kind == WHO_USER ? w->n_users : w->n_identities;
}

size_t whos_n(const struct whos *w)
{
	return w->n;
}

size_t whos_octets(const struct whos *w)
{
	struct index_counts x;

	index_count(w->names, &x);
	return sizeof(*w) + arena_bytes(w->arena) + x.octets + w->cap * sizeof(*w->sets) +
	       w->entries_cap * sizeof(*w->entries) + w->globs_cap * sizeof(*w->globs);
}
