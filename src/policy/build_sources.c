/*
 * build_sources -- who may ask: the `from` lines of a rule.
 * Its words are of three kinds, addresses, identities and users. A rule has a number for the addresses and one for the
 * rest; rules with the same words share them. What kind a word is of is known for certain when its parameters
 * are expanded: `from ${who};` is fine.
 */
#include "policy/building.h"

#include <stdlib.h>

enum word_kind { WORD_ADDRESS, WORD_IDENTITY, WORD_USER };

static const struct sv kind_prefixes[] = {
	[WORD_ADDRESS] = { "", 0 }, [WORD_IDENTITY] = { "identity:", 9 }, [WORD_USER] = { "user:", 5 },
};

static enum word_kind kind_of(struct sv text)
{
	for (int k = WORD_USER; k > WORD_ADDRESS; k--)
		if (sv_starts_with(text, kind_prefixes[k]))
			return (enum word_kind)k;
	return WORD_ADDRESS;
}

/* ---- addresses ------------------------------------------------------------------------------- */

static void add_group_source(struct build *b, const struct conf_word *w, struct sv name,
			     struct prefixes *out)
{
	const struct ip_group *g = groups_find_ips(b->groups, name);
	const char *near;

	if (g) {
		for (size_t i = 0; i < g->n; i++)
			add_prefix(out, &g->prefixes[i]);
		return;
	}
	near = groups_suggest_ips(b->groups, name);
	if (near)
		diag_error(b->r.why, w->at, "unknown ip-group \"%.*s\"; did you mean \"%s\"?",
			   SV_ARG(name), near);
	else
		diag_error(b->r.why, w->at, "unknown ip-group \"%.*s\"; expected any, an address, a prefix, "
			   "the name of an ip-group, identity:TEXT or user:NAME", SV_ARG(name));
}

static void add_service_tag_source(struct build *b, const struct conf_word *w, struct sv text,
				   struct prefixes *out)
{
	struct service_prefixes all;
	struct sv missing;

	if (!read_service_tag(&b->line, sv_slice(text, SV("service-tag:").n, text.n), &all, &missing)) {
		diag_error(b->r.why, w->at, "%.*s", SV_ARG(missing));
		return;
	}
	for (size_t i = 0; i < all.n; i++)
		add_prefix(out, &all.items[i]);
}

/* Whether it reads as "usr:alice" does: what stands before the colon is nothing of an IPv6 address. */
static bool looks_like_a_kind(struct sv text)
{
	size_t i = 0;

	while (i < text.n && ((text.p[i] >= 'a' && text.p[i] <= 'z') || (text.p[i] >= 'A' && text.p[i] <= 'Z') ||
			      text.p[i] == '-'))
		i++;
	return i > 0 && i < text.n && text.p[i] == ':' && strspn(text.p, "abcdefABCDEF") < i;
}

static void add_address(struct build *b, const struct conf_word *w, struct sv text, bool *any,
			struct prefixes *out)
{
	struct prefix p;
	struct sv why;

	if (sv_eq(text, SV("any")))
		*any = true;
	else if (sv_starts_with(text, SV("service-tag:")))
		add_service_tag_source(b, w, text, out);
	else if (!looks_like_prefix(text))
		add_group_source(b, w, text, out);
	else if (looks_like_a_kind(text))
		diag_error(b->r.why, w->at, "\"%.*s\" is unknown here; expected any, an address, a prefix, the name of an "
			   "ip-group, service-tag:NAME, identity:TEXT or user:NAME", SV_ARG(text));
	else if (read_prefix(text, b->line.scratch, &p, &why))
		add_prefix(out, &p);
	else
		diag_error(b->r.why, w->at, "%.*s", SV_ARG(why));
}

/* ---- identities and users -------------------------------------------------------------------- */

static struct whos *whos_of(struct build *b)
{
	if (!b->p->whos)
		b->p->whos = whos_create();
	return b->p->whos;
}

/* Nobody can be one without the files that say who is: said once. */
static void check_provided(struct build *b, const struct conf_word *w, enum word_kind kind)
{
	bool user = kind == WORD_USER;

	if (b->warned[user] || conf_find(conf_first(b->r.conf), user ? "auth-users" : "client-ca"))
		return;
	b->warned[user] = true;
	if (user)
		diag_add_code(b->r.why, DIAG_WARNING, "SK018", w->at, "\"%.*s\" can be nobody: no \"auth-users\" names a "
			      "file of users; write \"auth-users FILE;\", and make it with \"sekisho passwd\"",
			      SV_ARG(w->text));
	else
		diag_add_code(b->r.why, DIAG_WARNING, "SK019", w->at, "\"%.*s\" can be nobody: no \"client-ca\" says "
			      "whose certificates clients may show; write \"client-ca FILE;\", and \"tls\" in a "
			      "\"listen explicit\"", SV_ARG(w->text));
}

/* Whether `client-identity`, or its preset, lets an identity of that word come about. */
static bool is_looked_for(const struct build *b, enum identity_word kind)
{
	const struct conf_node *n = conf_find(conf_first(b->r.conf), "client-identity");
	bool uri = kind == IDENTITY_WORD_URI || kind == IDENTITY_WORD_URI_GLOB;

	if ((!uri && kind != IDENTITY_WORD_CN) || !n)
		return kind != IDENTITY_WORD_CN;
	for (size_t i = 1; i < n->n_words; i++)
		if (sv_eq(n->words[i].text, uri ? SV("uri") : SV("cn")))
			return true;
	return false;
}

static void check_looked_for(struct build *b, const struct conf_word *w, enum identity_word kind)
{
	const char *part = kind == IDENTITY_WORD_CN ? "cn" : "uri";

	if (!is_looked_for(b, kind) && !b->warned[0])
		diag_add_code(b->r.why, DIAG_WARNING, "SK019", w->at, "\"%.*s\" can be nobody: \"client-identity\" does not "
			      "have %s; write \"client-identity %s;\"", SV_ARG(w->text), part,
			      kind == IDENTITY_WORD_CN ? "uri dns cn" : "uri dns");
}

struct group_names {
	struct build *b;
	struct place at;
};

static void add_group_name(void *arg, struct place at, const struct pattern *p)
{
	struct group_names *g = arg;
	struct sv why;

	(void)at;
	if (p->kind != PATTERN_ADDRESS && !whos_add_name(g->b->p->whos, p, g->b->line.scratch, &why))
		diag_error(g->b->r.why, g->at, "%.*s", SV_ARG(why));
}

/* What is wrong in the group itself is reported where it is read as a group. */
static void add_group_identities(struct build *b, const struct conf_word *w, struct sv name)
{
	struct group_names g = { b, w->at };
	struct diag_list ignored = { 0 };
	struct reading quiet = b->r;
	const char *near;
	size_t number;

	quiet.why = &ignored;
	if (groups_find_names(b->groups, name, &number)) {
		groups_each_name(b->groups, &quiet, number, add_group_name, &g);
		diag_fini(&ignored);
		return;
	}
	near = groups_suggest_names(b->groups, name);
	diag_error(b->r.why, w->at, "unknown fqdn-group \"%.*s\"%s%s%s", SV_ARG(name),
		   near ? "; did you mean \"" : "; define it with \"fqdn-group NAME { ... }\"",
		   near ? near : "", near ? "\"?" : "");
}

static void add_identity(struct build *b, const struct conf_word *w, struct sv text)
{
	size_t skip = kind_prefixes[WORD_IDENTITY].n;
	struct sv rest = sv_slice(text, skip, text.n), why = { NULL, 0 };
	size_t quote_at = w->quoted && w->quote_at > skip ? w->quote_at - skip : 0;
	struct identity_pattern p;

	if (!w->quoted && sv_starts_with(rest, SV("group:")))
		add_group_identities(b, w, sv_slice(rest, 6, rest.n));
	else if (!identity_pattern_parse(&p, rest, w->quoted, quote_at < rest.n ? quote_at : rest.n,
					 b->line.scratch, &why) ||
		 !whos_add_identity(b->p->whos, &p, b->line.scratch, &why))
		diag_error(b->r.why, w->at, "%.*s", SV_ARG(why));
	else
		check_looked_for(b, w, p.kind);
}

/* The file of users is read for good where passwords are checked; here it is only asked for a name. */
static bool has_line_of(struct sv file, struct sv name)
{
	while (file.n) {
		size_t end = sv_find(file, '\n');

		if (sv_find(file, ':') == name.n && sv_starts_with(file, name))
			return true;
		file = sv_slice(file, end < file.n ? end + 1 : file.n, file.n);
	}
	return false;
}

static void check_is_user(struct build *b, const struct conf_word *w, struct sv name)
{
	const struct conf_node *n = conf_find(conf_first(b->r.conf), "auth-users");

	if (n && n->content_file && !sv_eq(name, SV("*")) && !has_line_of(n->content, name))
		diag_add_code(b->r.why, DIAG_WARNING, "SK018", w->at, "\"%.*s\" can be nobody: \"%s\" has no such user; make "
			      "one with \"sekisho passwd\"", SV_ARG(w->text), n->content_file);
}

static void add_user(struct build *b, const struct conf_word *w, struct sv text)
{
	struct sv why, name = sv_slice(text, kind_prefixes[WORD_USER].n, text.n);

	if (!whos_add_user(b->p->whos, name, b->line.scratch, &why))
		diag_error(b->r.why, w->at, "%.*s", SV_ARG(why));
	else
		check_is_user(b, w, name);
}

static void add_who(struct build *b, const struct conf_word *w, struct sv text, enum word_kind kind)
{
	check_provided(b, w, kind);
	whos_note(b->p->whos, kind == WORD_USER ? WHO_USER : WHO_IDENTITY, text);
	if (kind == WORD_USER)
		add_user(b, w, text);
	else
		add_identity(b, w, text);
}

/* ---- the words of a rule --------------------------------------------------------------------- */

static const struct conf_node *next_from(const struct conf_node *n)
{
	return conf_find(n, "from");
}

/* Whether the word may be, or become, one for addresses; for the rest. */
static bool may_be(const struct conf_word *w, bool who)
{
	enum word_kind kind = kind_of(w->text);

	return who ? kind != WORD_ADDRESS || w->has_params : kind == WORD_ADDRESS;
}

/* The words of the rule's `from` lines that count here, as one text: equal texts share what is built. Where a
 * collection has parameters of its own, its words may mean what they mean nowhere else. */
static struct sv joined_words(const struct build *b, const struct conf_node *rule, bool who)
{
	struct sv all = b->line.scope ? arena_printf(b->line.scratch, "%.*s {",
						     SV_ARG(b->line.scope->words[1].text)) : SV("");

	for (const struct conf_node *n = next_from(rule->children); n; n = next_from(n->next))
		for (size_t i = 1; i < n->n_words; i++)
			if (may_be(&n->words[i], who))
				all = arena_printf(b->line.scratch, "%.*s %s%.*s", SV_ARG(all),
						   n->words[i].quoted ? "\"" : "", SV_ARG(n->words[i].text));
	return all;
}

/* What has been read of a rule. */
struct from {
	struct prefixes addresses;
	bool any, addressed;            /* an address word stands there */
	uint32_t who;
};

static void take_text(struct build *b, const struct conf_word *w, struct sv text, bool who, struct from *out)
{
	enum word_kind kind = kind_of(text);

	if ((kind != WORD_ADDRESS) != who)
		return;
	if (!who) {
		out->addressed = true;
		add_address(b, w, text, &out->any, &out->addresses);
		return;
	}
	if (out->who == 0)
		out->who = whos_begin(whos_of(b));
	add_who(b, w, text, kind);
}

static void read_from(struct build *b, const struct conf_node *rule, bool who, struct from *out)
{
	struct expansion texts;
	struct sv missing;

	for (const struct conf_node *n = next_from(rule->children); n; n = next_from(n->next))
		for (size_t i = 1; i < n->n_words; i++) {
			const struct conf_word *w = &n->words[i];

			if (!may_be(w, who))
				continue;
			if (who && kind_of(w->text) == WORD_ADDRESS) {  /* reported where addresses are read */
				if (read_texts(&b->line, w, &texts, &missing) != READ_OK)
					continue;
			} else if (!read_texts_or_report(&b->line, w, &texts)) {
				continue;
			}
			for (size_t k = 0; k < texts.n; k++)
				take_text(b, w, texts.texts[k], who, out);
		}
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* Numbers by text: what `words` got when they were read first is kept in `numbers`. */
static bool is_known(struct build *b, struct known_words *k, struct sv words, uint32_t **number)
{
	bool added;
	uint32_t at = symtab_find(&k->texts, words);

	if (at != SYMTAB_NONE) {
		*number = &k->numbers[at];
		return true;
	}
	at = symtab_add(&k->texts, arena_sv(b->r.scratch, words), &added);
	k->numbers = xgrow(k->numbers, at, &k->cap, sizeof(*k->numbers));
	*number = &k->numbers[at];
	return false;
}

static uint32_t add_sources(struct build *b, const struct prefixes *all)
{
	struct policy *p = b->p;
	uint32_t number;

	if (p->n_sources == 0) {        /* 0 is any */
		p->sources = xgrow(p->sources, p->n_sources, &b->sources_cap, sizeof(*p->sources));
		p->sources[p->n_sources++] = NULL;
	}
	number = (uint32_t)p->n_sources;
	p->sources = xgrow(p->sources, p->n_sources, &b->sources_cap, sizeof(*p->sources));
	p->sources[p->n_sources++] = netset_build(p->arena, all->p, all->n);
	for (size_t i = 0; i < all->n; i++) {
		b->source_items = xgrow(b->source_items, b->n_source_items, &b->source_items_cap,
				       sizeof(*b->source_items));
		b->source_items[b->n_source_items++] = (struct nettree_item){ all->p[i], number };
	}
	return number;
}

uint32_t build_sources(struct build *b, const struct conf_node *rule)
{
	struct from from = { .any = false };
	uint32_t *number;

	if (is_known(b, &b->sources, joined_words(b, rule, false), &number))
		return *number;
	read_from(b, rule, false, &from);
	*number = from.addressed && !from.any ? add_sources(b, &from.addresses) : 0;
	free(from.addresses.p);
	return *number;
}

uint32_t build_who(struct build *b, const struct conf_node *rule)
{
	struct from from = { .any = false };
	uint32_t *number;

	if (is_known(b, &b->whos, joined_words(b, rule, true), &number))
		return *number;
	read_from(b, rule, true, &from);
	return *number = from.who;
}
