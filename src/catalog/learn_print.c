/*
 * learn_print -- the proposals as a policy file, and as JSON.
 * What comes out of the log is printed only as what it was parsed to (a canonical name, an address, a number, a time),
 * so that no line of a log can become a line of a policy. Texts of the configuration go into comments with
 * control characters taken out.
 */
#include "catalog/learn.h"

#include "base/clock.h"

#include <jansson.h>

enum { EXAMPLES = 12 };

static struct sv time_text(int64_t ms, char out[TIME_TEXT_MAX])
{
	return (struct sv){ out, time_format(ms, out) };
}

static struct sv clean(struct sv text, struct arena *a)
{
	char *copy = arena_strdup(a, text);

	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)copy[i] < ' ' || copy[i] == 127)
			copy[i] = '?';
	return (struct sv){ copy, text.n };
}

static struct sv place_text(struct place at, struct arena *a)
{
	return arena_printf(a, "%.*s:%u", SV_ARG(clean(sv_of(at.file ? at.file : "?"), a)), at.line);
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- the head ------------------------------------------------------------------------------- */

static void print_head(const struct learned *l, FILE *to)
{
	const struct observed *o = l->seen;
	char first[TIME_TEXT_MAX], last[TIME_TEXT_MAX];

	fputs("# Proposed by \"sekisho learn\". Read it before you use it: what was refused may have been refused\n"
	      "# rightly, and each line opens something.\n", to);
	fprintf(to, "# From %ju session%s", (uintmax_t)o->sessions, plural(o->sessions));
	if (o->sessions)
		fprintf(to, " between %.*s and %.*s", SV_ARG(time_text(o->first_ms, first)),
			SV_ARG(time_text(o->last_ms, last)));
	fputs(".\n", to);
	if (o->broken)
		fprintf(to, "# %ju line%s could not be read.\n", (uintmax_t)o->broken, plural(o->broken));
	if (o->bad_names)
		fprintf(to, "# %ju session%s had no valid name or port, and were passed over.\n",
			(uintmax_t)o->bad_names, plural(o->bad_names));
	if (o->others)
		fprintf(to, "# %ju session%s refused for other reasons than a missing rule.\n",
			(uintmax_t)o->others, o->others == 1 ? " was" : "s were");
	if (o->lost)
		fprintf(to, "# %ju line%s lost when the log was written.\n", (uintmax_t)o->lost,
			o->lost == 1 ? " was" : "s were");
	if (o->left_out)
		fprintf(to, "# %ju session%s not counted: more than %d different ones.\n", (uintmax_t)o->left_out,
			o->left_out == 1 ? " was" : "s were", OBSERVED_MAX);
	if (l->changed)
		fprintf(to, "# %ju session%s decided by another rule by now: the policy has changed since.\n",
			(uintmax_t)l->changed, l->changed == 1 ? " would be" : "s would be");
	fputs("\n", to);
}

/* ---- openings ------------------------------------------------------------------------------- */

static void print_how_often(const struct learned_want *w, FILE *to)
{
	char last[TIME_TEXT_MAX];

	fprintf(to, "%ju time%s by %u source%s, last %.*s", (uintmax_t)w->count, plural(w->count), w->sources,
		plural(w->sources), SV_ARG(time_text(w->last_ms, last)));
}

static void print_examples(const struct learned *l, size_t tag, FILE *to)
{
	struct arena *a = l->arena;
	size_t shown = 0, n = 0;

	for (size_t i = 0; i < l->n_wants; i++) {
		const struct learned_want *w = &l->wants[i];

		if (w->fate != WANT_TAG || w->tag != tag)
			continue;
		if (n++ >= EXAMPLES)
			continue;
		fprintf(to, "\t#   %.*s %s:%u  ", SV_ARG(learn_target(w, a)), proto_name(w->proto), w->port);
		print_how_often(w, to);
		fputs("\n", to);
		shown++;
	}
	if (n > shown)
		fprintf(to, "\t#   and %zu more\n", n - shown);
}

static struct sv tag_rule_stem(const struct learned *l, size_t number)
{
	const struct learned_tag *t = &l->tags[number];
	char *p = arena_strdup(l->arena, arena_printf(l->arena, "tag-%.*s-%.*s", SV_ARG(t->spec),
						      SV_ARG(l->groups[t->group].name)));

	for (char *c = p; *c; c++)
		if (*c == '+')
			*c = '-';
	return sv_of(p);
}

/* No two of a collection alike: "+" has become "-". */
static struct sv tag_rule_name(const struct learned *l, size_t number)
{
	struct sv name = tag_rule_stem(l, number);

	for (size_t i = 0; i < number; i++)
		if (l->tags[i].audited == l->tags[number].audited && sv_eq(tag_rule_stem(l, i), name))
			return arena_printf(l->arena, "%.*s-%zu", SV_ARG(name), number);
	return name;
}

static void print_tag(const struct learned *l, size_t number, FILE *to)
{
	const struct learned_tag *t = &l->tags[number];

	fprintf(to, "\n\t# This tag explains %zu of what was refused; it opens %zu entries in all:\n", t->asked,
		t->needed);
	print_examples(l, number, to);
	fprintf(to, "\trule %.*s {\n\t\tfrom %.*s;\n\t\tto   tag:%.*s;\n\t}\n", SV_ARG(tag_rule_name(l, number)),
		SV_ARG(l->groups[t->group].text), SV_ARG(t->spec));
}

static void print_want(const struct learned *l, const struct learned_want *w, FILE *to)
{
	fprintf(to, "\t\tto   %.*s %s:%u;   # ", SV_ARG(learn_target(w, l->arena)), proto_name(w->proto), w->port);
	print_how_often(w, to);
	if (w->also.n)
		fprintf(to, "; also in %.*s", SV_ARG(w->also));
	fputs("\n", to);
}

/* A port that was asked for both ways is opened for TLS: the other word would never decide. */
static bool is_repeated(const struct learned *l, size_t i)
{
	const struct learned_want *w = &l->wants[i], *before;

	if (i == 0 || w->proto != PROTO_TCP)
		return false;
	for (size_t k = i; k-- > 0;) {
		before = &l->wants[k];
		if (before->group != w->group || before->audited != w->audited || before->port != w->port ||
		    !sv_eq(before->name, w->name) || !ip_eq(&before->ip, &w->ip))
			return false;
		if (before->proto == PROTO_HTTPS && before->fate == WANT_RULE)
			return true;
	}
	return false;
}

static void print_group(const struct learned *l, size_t first, size_t end, FILE *to)
{
	const struct learned_group *g = &l->groups[l->wants[first].group];
	bool any = false;

	for (size_t i = first; i < end; i++) {
		if (l->wants[i].fate != WANT_RULE || is_repeated(l, i))
			continue;
		if (!any)
			fprintf(to, "\n\trule %.*s {\n\t\tfrom %.*s;\n", SV_ARG(g->name), SV_ARG(g->text));
		any = true;
		print_want(l, &l->wants[i], to);
	}
	if (any)
		fputs("\t}\n", to);
}

static bool has_openings(const struct learned *l, bool audited)
{
	for (size_t i = 0; i < l->n_wants; i++)
		if (l->wants[i].audited == audited && l->wants[i].fate <= WANT_TAG)
			return true;
	return false;
}

static void print_collection(const struct learned *l, bool audited, FILE *to)
{
	unsigned priority = audited ? l->audited_priority : l->priority;
	size_t end;

	if (!has_openings(l, audited))
		return;
	fputs(audited ? "# What passed, though an audit collection would have denied it.\n" :
			"# What no rule allowed.\n", to);
	fprintf(to, "collection %s {\n\tpriority %u;\n\taction   allow;\n", audited ? l->audited_name : l->name,
		priority);
	for (size_t i = 0; i < l->n_tags; i++)
		if (l->tags[i].audited == audited)
			print_tag(l, i, to);
	for (size_t i = 0; i < l->n_wants; i = end) {
		for (end = i; end < l->n_wants && l->wants[end].group == l->wants[i].group &&
			      l->wants[end].audited == l->wants[i].audited;)
			end++;
		if (l->wants[i].audited == audited)
			print_group(l, i, end, to);
	}
	fputs("}\n\n", to);
}

/* ---- comments ------------------------------------------------------------------------------- */

static void print_left_out(const struct learned *l, FILE *to)
{
	static const char *const why[] = {
		[WANT_OPEN] = "the policy allows it by now, to some at least", [WANT_DENIED] = "a deny rule decides",
		[WANT_GUARDED] = "the address guard keeps such addresses closed",
		[WANT_NO_ROOM] = "no priority is free before the audit collections; make room and learn again",
	};
	bool any = false;

	for (size_t i = 0; i < l->n_wants; i++) {
		const struct learned_want *w = &l->wants[i];

		if (w->fate <= WANT_TAG)
			continue;
		if (!any)
			fputs("# Refused, and not proposed:\n", to);
		any = true;
		fprintf(to, "#   %.*s %s:%u from %.*s, ", SV_ARG(learn_target(w, l->arena)), proto_name(w->proto),
			w->port, SV_ARG(w->from));
		print_how_often(w, to);
		if (w->fate == WANT_EXPECTED)
			fprintf(to, ": \"expect deny\" at %.*s\n", SV_ARG(place_text(w->expected, l->arena)));
		else
			fprintf(to, ": %s\n", why[w->fate]);
	}
	if (any)
		fputs("\n", to);
}

static void print_narrow(const struct learned *l, FILE *to)
{
	if (l->n_narrow)
		fputs("# Wildcards that matched few names. These lines would do in their place:\n", to);
	for (size_t i = 0; i < l->n_narrow; i++) {
		const struct learned_narrow *n = &l->narrow[i];
		char last[TIME_TEXT_MAX];

		fprintf(to, "#\n# rule %s/%s (%.*s): %.*s", n->rule->collection, n->rule->name,
			SV_ARG(place_text(conf_place(n->rule->node), l->arena)),
			SV_ARG(clean(n->entry, l->arena)));
		fprintf(to, " (%.*s) matched %zu in %ju session%s, last %.*s\n",
			SV_ARG(place_text(n->at, l->arena)), n->n, (uintmax_t)n->count, plural(n->count),
			SV_ARG(time_text(n->last_ms, last)));
		for (size_t k = 0; k < n->n; k++)
			fprintf(to, "#\t\tto   %.*s;\n", SV_ARG(n->names[k]));
	}
	if (l->n_narrow)
		fputs("\n", to);
}

static void print_unused(const struct learned *l, FILE *to)
{
	if (l->n_unused)
		fputs("# Rules that nothing used in this time:\n", to);
	for (size_t i = 0; i < l->n_unused; i++) {
		const struct flat_rule *r = l->unused[i].rule;

		fprintf(to, "#   %s/%s (%.*s)\n", r->collection, r->name,
			SV_ARG(place_text(conf_place(r->node), l->arena)));
	}
	if (l->n_unused)
		fputs("\n", to);
}

void learn_print(const struct learned *l, const char *catalog, FILE *to)
{
	print_head(l, to);
	if (catalog)
		fprintf(to, "include \"%s/*.tag\";\n\n", catalog);
	print_collection(l, true, to);
	print_collection(l, false, to);
	if (!has_openings(l, true) && !has_openings(l, false))
		fputs("# Nothing to open.\n\n", to);
	print_left_out(l, to);
	print_narrow(l, to);
	print_unused(l, to);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static json_t *text_json(struct sv s)
{
	json_t *v = json_stringn(s.n ? s.p : "", s.n);

	return v ? v : json_string("?");        /* a path that is not UTF-8 */
}

static void set_text(json_t *to, const char *key, struct sv s)
{
	json_object_set_new(to, key, text_json(s));
}

static void set_number(json_t *to, const char *key, uint64_t n)
{
	json_object_set_new(to, key, json_integer((json_int_t)n));
}

static void set_time(json_t *to, const char *key, int64_t ms)
{
	char text[TIME_TEXT_MAX];

	if (ms)
		set_text(to, key, time_text(ms, text));
}

static void set_place(json_t *to, struct place at)
{
	set_text(to, "file", sv_of(at.file ? at.file : ""));
	set_number(to, "line", at.line);
}

static json_t *want_json(const struct learned *l, const struct learned_want *w)
{
	static const char *const fates[] = {
		[WANT_RULE] = "rule", [WANT_TAG] = "tag", [WANT_OPEN] = "open", [WANT_DENIED] = "denied",
		[WANT_EXPECTED] = "expected_denied", [WANT_GUARDED] = "guarded",
		[WANT_NO_ROOM] = "no_room",
	};
	json_t *o = json_object();

	set_text(o, "from", w->from);
	set_text(o, "host", learn_target(w, l->arena));
	set_number(o, "port", w->port);
	set_text(o, "proto", sv_of(proto_name(w->proto)));
	set_number(o, "count", w->count);
	set_number(o, "sources", w->sources);
	set_time(o, "last", w->last_ms);
	json_object_set_new(o, "audited", json_boolean(w->audited));
	set_text(o, "proposal", sv_of(fates[w->fate]));
	if (w->fate == WANT_TAG)
		set_text(o, "tag", l->tags[w->tag].spec);
	if (w->fate == WANT_EXPECTED)
		set_place(o, w->expected);
	return o;
}

static json_t *narrow_json(const struct learned_narrow *n)
{
	json_t *o = json_object(), *names = json_array();

	set_text(o, "collection", sv_of(n->rule->collection));
	set_text(o, "rule", sv_of(n->rule->name));
	set_text(o, "entry", n->entry);
	set_place(o, n->at);
	set_number(o, "count", n->count);
	set_time(o, "last", n->last_ms);
	for (size_t i = 0; i < n->n; i++)
		json_array_append_new(names, text_json(n->names[i]));
	json_object_set_new(o, "names", names);
	return o;
}

static json_t *rule_json(const struct flat_rule *r)
{
	json_t *o = json_object();

	set_text(o, "collection", sv_of(r->collection));
	set_text(o, "rule", sv_of(r->name));
	set_place(o, conf_place(r->node));
	return o;
}

static json_t *log_json(const struct learned *l)
{
	const struct observed *s = l->seen;
	json_t *o = json_object();

	set_number(o, "lines", s->lines);
	set_number(o, "sessions", s->sessions);
	set_number(o, "broken", s->broken);
	set_number(o, "bad_names", s->bad_names);
	set_number(o, "refused_otherwise", s->others);
	set_number(o, "lost", s->lost);
	set_number(o, "left_out", s->left_out);
	set_number(o, "changed", l->changed);
	set_time(o, "first", s->first_ms);
	set_time(o, "last", s->last_ms);
	return o;
}

static json_t *tag_json(const struct learned *l, const struct learned_tag *t)
{
	json_t *o = json_object();

	set_text(o, "tag", t->spec);
	set_text(o, "from", l->groups[t->group].text);
	set_number(o, "explains", t->asked);
	set_number(o, "entries", t->needed);
	json_object_set_new(o, "audited", json_boolean(t->audited));
	return o;
}

void learn_print_json(const struct learned *l, FILE *to)
{
	json_t *root = json_object(), *tags = json_array(), *wants = json_array(), *narrow = json_array(),
	       *unused = json_array();

	for (size_t i = 0; i < l->n_tags; i++)
		json_array_append_new(tags, tag_json(l, &l->tags[i]));
	for (size_t i = 0; i < l->n_wants; i++)
		json_array_append_new(wants, want_json(l, &l->wants[i]));
	for (size_t i = 0; i < l->n_narrow; i++)
		json_array_append_new(narrow, narrow_json(&l->narrow[i]));
	for (size_t i = 0; i < l->n_unused; i++)
		json_array_append_new(unused, rule_json(l->unused[i].rule));
	json_object_set_new(root, "log", log_json(l));
	json_object_set_new(root, "tags", tags);
	json_object_set_new(root, "refused", wants);
	json_object_set_new(root, "narrower", narrow);
	json_object_set_new(root, "unused_rules", unused);
	json_dumpf(root, to, JSON_INDENT(2));
	fputs("\n", to);
	json_decref(root);
}
