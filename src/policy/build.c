/*
 * build -- from the configuration's tree to a policy.
 * Collections in the order of their priority, rules and `to` targets in file order: each target becomes one
 * clause, whose number is its rank, and its patterns go into the index under that rank. The names of
 * an fqdn-group go in last, once, under all the ranks that use the group. What stands beside the targets is read
 * in build_sources.c and build_reach.c.
 */
#include "policy/building.h"
#include "policy/expect.h"
#include "policy/origin_rules.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>

enum { LINE_SCRATCH_MAX = 1 << 20 };

/* ---- texts and places ----------------------------------------------------------------------- */

static uint16_t file_number(struct build *b, const char *file)
{
	bool added;
	uint32_t i = symtab_add(&b->files, sv_of(file ? file : ""), &added);

	if (added) {
		b->p->files = xgrow(b->p->files, i, &b->files_cap, sizeof(*b->p->files));
		b->p->files[i] = file ? arena_strdup(b->p->arena, sv_of(file)) : NULL;
		b->p->n_files = i + 1;
	}
	return (uint16_t)(i < UINT16_MAX ? i : UINT16_MAX);
}

static struct place kept_place(struct build *b, struct place at)
{
	uint16_t file = file_number(b, at.file);        /* first: it may move the array */

	return (struct place){ b->p->files[file], at.line, at.col };
}

static uint32_t add_via(struct build *b, const struct conf_word *w, struct sv text)
{
	struct policy *p = b->p;

	if (p->n_vias == 0)
		p->n_vias = 1;          /* 0 means none */
	p->vias = xgrow(p->vias, p->n_vias, &b->vias_cap, sizeof(*p->vias));
	p->vias[p->n_vias] = (struct via){ arena_sv(p->arena, text), kept_place(b, w->at) };
	return (uint32_t)p->n_vias++;
}

/* ---- targets -------------------------------------------------------------------------------- */

/* The number of a port set; SYMTAB_NONE: reported. */
static uint32_t ports_of(struct build *b, struct place at, struct sv text)
{
	struct policy *p = b->p;
	struct port_set set;
	struct sv why;
	uint32_t number = symtab_find(&b->port_texts, text);

	if (number != SYMTAB_NONE)
		return number;
	if (!ports_parse(&set, text, p->arena, &why)) {
		diag_error(b->r.why, at, "%.*s", SV_ARG(why));
		return SYMTAB_NONE;
	}
	number = symtab_add(&b->port_texts, arena_sv(b->r.scratch, text), NULL);
	p->ports = xgrow(p->ports, p->n_ports, &b->ports_cap, sizeof(*p->ports));
	p->ports[p->n_ports++] = set;
	return number;
}

static uint32_t next_rank(const struct build *b)
{
	return (uint32_t)b->p->n_clauses;
}

/* The clause that the patterns added under next_rank() belong to. */
static void add_clause(struct target_line *l, uint32_t ports, struct sv text, struct place at)
{
	struct policy *p = l->b->p;

	p->clauses = xgrow(p->clauses, p->n_clauses, &l->b->clauses_cap, sizeof(*p->clauses));
	p->clauses[p->n_clauses++] = (struct clause){
		.rule = l->rule, .ports = ports, .text = index_keep_text(l->b->index, text),
		.line = at.line, .col = (uint16_t)(at.col < UINT16_MAX ? at.col : UINT16_MAX),
		.file = file_number(l->b, at.file), .via = l->via,
	};
}

static void add_patterns(struct target_line *l, struct place at, const struct patterns *patterns)
{
	struct build *b = l->b;
	uint32_t rank = next_rank(b), handle = index_ranks(b->index, &rank, 1);
	struct sv why;

	for (size_t i = 0; i < patterns->n; i++) {
		build_check_reach(l, at, &patterns->items[i]);
		b->p->rules[l->rule].has_addresses |= patterns->items[i].kind == PATTERN_ADDRESS;
		if (!index_add(b->index, handle, &patterns->items[i], b->line.scratch, &why))
			diag_error(b->r.why, at, "%.*s", SV_ARG(why));
	}
}

static void add_tag_entry(void *arg, const struct tag_entry *e, const struct patterns *patterns)
{
	struct target_line *l = arg;
	uint32_t ports = ports_of(l->b, e->at, e->ports_text);

	if (ports == SYMTAB_NONE)
		return;
	add_patterns(l, e->at, patterns);
	add_clause(l, ports, e->word->text, e->at);
}

static void add_tag(struct target_line *l, struct sv text, struct sv spec)
{
	struct build *b = l->b;
	size_t before = b->p->n_clauses, errors = b->r.why->errors;
	const struct tag *tag;

	if (l->ports != SYMTAB_NONE) {
		diag_error(b->r.why, l->word->at, "a tag brings its own ports; give \"%.*s\" a line of its own, "
			   "without PROTO:PORT", SV_ARG(text));
		return;
	}
	l->via = add_via(b, l->word, text);
	tag = tags_resolve(b->tags, &b->r, spec, l->word->at, add_tag_entry, l);
	l->via = 0;
	if (!tag)
		return;
	symtab_add(&b->tags_used, sv_of(tag->name), NULL);
	if (tag->deprecated.p)
		diag_add_code(b->r.why, DIAG_WARNING, "SK016", l->word->at, "tag \"%s\" is deprecated: %.*s",
			      tag->name, SV_ARG(tag->deprecated));
	if (b->p->n_clauses == before && b->r.why->errors == errors)
		diag_add(b->r.why, DIAG_NOTE, l->word->at, "\"%.*s\" opens nothing: every entry is direct or left "
			 "out; \"sekisho tag show %s\" lists them", SV_ARG(text), tag->name);
}

static bool needs_ports(struct target_line *l, struct sv text)
{
	if (l->ports != SYMTAB_NONE)
		return false;
	diag_error(l->b->r.why, l->word->at, "\"%.*s\" has no PROTO:PORT; write it as in \"to %.*s https:443;\"",
		   SV_ARG(text), SV_ARG(text));
	return true;
}

static void add_rank(struct ranks *l, uint32_t rank)
{
	l->p = xgrow(l->p, l->n, &l->cap, sizeof(*l->p));
	l->p[l->n++] = rank;
}

static void add_group(struct target_line *l, struct sv text, struct sv name)
{
	struct build *b = l->b;
	const char *near;
	size_t number;

	if (groups_find_names(b->groups, name, &number)) {
		if (needs_ports(l, text))
			return;
		add_rank(&b->group_ranks[number], next_rank(b));
		add_clause(l, l->ports, text, l->word->at);
		return;
	}
	near = groups_suggest_names(b->groups, name);
	diag_error(b->r.why, l->word->at, "unknown fqdn-group \"%.*s\"%s%s%s", SV_ARG(name),
		   near ? "; did you mean \"" : "; define it with \"fqdn-group NAME { ... }\"",
		   near ? near : "", near ? "\"?" : "");
}

static void add_service_tag(struct target_line *l, struct sv text, struct sv name)
{
	struct build *b = l->b;
	uint32_t rank = next_rank(b), handle;
	struct service_prefixes all;
	struct sv why;

	if (needs_ports(l, text))
		return;
	if (!read_service_tag(&b->line, name, &all, &why)) {
		diag_error(b->r.why, l->word->at, "%.*s", SV_ARG(why));
		return;
	}
	handle = index_ranks(b->index, &rank, 1);
	b->p->rules[l->rule].has_addresses |= all.n > 0;
	for (size_t i = 0; i < all.n; i++) {
		struct pattern p = { .kind = PATTERN_ADDRESS, .prefix = all.items[i] };

		build_check_reach(l, l->word->at, &p);
		index_add(b->index, handle, &p, b->line.scratch, &why);
	}
	add_clause(l, l->ports, text, l->word->at);
}

static const struct {
	struct sv prefix;
	void (*add)(struct target_line *l, struct sv text, struct sv name);
} references[] = {
	{ { "tag:", 4 }, add_tag }, { { "group:", 6 }, add_group },
	{ { "service-tag:", 12 }, add_service_tag },
};

enum { REFERENCES = sizeof(references) / sizeof(references[0]) };

static bool is_reference(const struct conf_word *w, size_t *which)
{
	for (*which = 0; *which < REFERENCES; ++*which)
		if (!w->quoted && sv_starts_with(w->text, references[*which].prefix))
			return true;
	return false;
}

static void read_reference(struct target_line *l, size_t which)
{
	size_t skip = references[which].prefix.n;
	struct expansion texts;

	if (!read_texts_or_report(&l->b->line, l->word, &texts))
		return;
	for (size_t i = 0; i < texts.n; i++)
		references[which].add(l, texts.texts[i], sv_slice(texts.texts[i], skip, texts.texts[i].n));
}

/* As it was written, as far as a view of the word allows. */
static struct sv written(const struct build *b, const struct conf_word *w)
{
	if (!w->quoted || w->quote_at >= w->text.n)
		return w->text;
	return arena_printf(b->line.scratch, "%.*s\"%.*s\"", SV_ARG(sv_slice(w->text, 0, w->quote_at)),
			    SV_ARG(sv_slice(w->text, w->quote_at, w->text.n)));
}

static void read_target(struct target_line *l)
{
	struct patterns patterns;
	size_t which;

	if (is_reference(l->word, &which)) {
		read_reference(l, which);
		return;
	}
	if (!read_patterns_or_report(&l->b->line, l->word, &patterns) || needs_ports(l, l->word->text))
		return;
	add_patterns(l, l->word->at, &patterns);
	add_clause(l, l->ports, written(l->b, l->word), l->word->at);
}

static bool is_ports_word(const struct conf_word *w)
{
	size_t which;

	return !w->quoted && !is_reference(w, &which) && ports_looks_like(w->text);
}

/* All PROTO:PORT of the line as one list. False: reported. */
static bool read_ports(struct target_line *l, const struct conf_node *line)
{
	const struct conf_word *first = NULL;
	struct sv all = SV("");
	struct expansion texts;

	l->ports = SYMTAB_NONE;
	for (size_t i = 1; i < line->n_words; i++) {
		const struct conf_word *w = &line->words[i];

		if (!is_ports_word(w))
			continue;
		if (!read_texts_or_report(&l->b->line, w, &texts))
			return false;
		first = first ? first : w;
		for (size_t k = 0; k < texts.n; k++)
			all = arena_printf(l->b->line.scratch, "%.*s%s%.*s", SV_ARG(all), all.n ? "," : "",
					   SV_ARG(texts.texts[k]));
	}
	if (!first)
		return true;
	l->ports = ports_of(l->b, first->at, all);
	return l->ports != SYMTAB_NONE;
}

static void renew_line_scratch(struct build *b)
{
	if (arena_bytes(b->line.scratch) <= LINE_SCRATCH_MAX)
		return;
	arena_free(b->line.scratch);
	b->line.scratch = arena_create();
}

static void read_line(struct target_line *l, const struct conf_node *line)
{
	bool any = false;

	renew_line_scratch(l->b);
	if (!read_ports(l, line))
		return;
	for (size_t i = 1; i < line->n_words; i++) {
		if (is_ports_word(&line->words[i]))
			continue;
		any = true;
		l->word = &line->words[i];
		read_target(l);
	}
	if (!any)
		diag_error(l->b->r.why, conf_place(line), "this line has ports but no target; write it as in "
			   "\"to a.example https:443;\"");
}

/* ---- rules and collections ------------------------------------------------------------------ */

static int64_t read_until(struct build *b, const struct conf_node *rule)
{
	const struct conf_node *n = conf_find(rule->children, "until");
	int64_t ms = 0;

	if (n && !time_parse(n->words[1].text, &ms))
		diag_error(b->r.why, n->words[1].at, "bad time \"%.*s\"; expected one such as "
			   "2026-12-01T00:00:00Z", SV_ARG(n->words[1].text));
	return ms;
}

/* Whether the rule has `directive WORD;`. */
static bool rule_says(const struct conf_node *rule, const char *directive, const char *word)
{
	const struct conf_node *n = conf_find(rule->children, directive);

	return n && sv_eq(n->words[1].text, sv_of(word));
}

static enum sni_rule read_sni(const struct conf_node *rule)
{
	return rule_says(rule, "sni", "any") ? SNI_ANY :
	       rule_says(rule, "sni", "absent-ok") ? SNI_ABSENT_OK : SNI_MATCH;
}

/* The protocols of all clauses from `first` on. */
static unsigned protos_from(const struct policy *p, size_t first)
{
	unsigned protos = 0;

	for (; first < p->n_clauses; first++) {
		const struct port_set *ports = &p->ports[p->clauses[first].ports];

		for (size_t i = 0; i < ports->n; i++)
			protos |= ports->ranges[i].proto;
	}
	return protos;
}

static void read_rule(struct build *b, const struct collection *c, const struct conf_node *node)
{
	struct policy *p = b->p;
	struct target_line l = { .b = b, .collection = c, .rule = (uint32_t)p->n_rules };
	struct allowance allow, *kept = NULL;
	size_t first = p->n_clauses;

	if (build_allowance(b, node->children, &allow)) {
		kept = arena_alloc(p->arena, sizeof(*kept));
		*kept = allow;
	}
	p->rules = xgrow(p->rules, p->n_rules, &b->rules_cap, sizeof(*p->rules));
	p->rules[p->n_rules++] = (struct compiled_rule){
		.pub = {
			.collection = c->name, .name = arena_strdup(p->arena, node->words[1].text),
			.at = kept_place(b, conf_place(node)), .action = c->action,
			.priority = c->priority, .until_ms = read_until(b, node),
			.sni = read_sni(node), .ech_deny = rule_says(node, "ech", "deny"),
			.upgrade = rule_says(node, "upgrade", "on"),
		},
		.sources = build_sources(b, node), .who = build_who(b, node), .allow = kept,
	};
	for (const struct conf_node *n = conf_find(node->children, "to"); n; n = conf_find(n->next, "to"))
		read_line(&l, n);
	read_origin_rules(&b->r, node, protos_from(p, first), c->verify, p->arena, &p->rules[l.rule].pub);
}

static int compare_priority(const void *left, const void *right)
{
	const struct collection *a = left, *b = right;

	return a->priority < b->priority ? -1 : a->priority > b->priority;
}

static enum action action_of(struct sv word)
{
	for (int a = ACTION_DENY; a <= ACTION_AUDIT; a++)
		if (sv_eq(word, sv_of(action_name((enum action)a))))
			return (enum action)a;
	return ACTION_DENY;
}

static bool read_head(struct build *b, const struct conf_node *node, struct collection *out)
{
	const struct conf_node *action = conf_find(node->children, "action");
	const struct conf_node *priority = conf_find(node->children, "priority");
	uint64_t number = 0;

	if (!action || !priority || !sv_to_u64(priority->words[1].text, 65000, &number)) {
		diag_error(b->r.why, conf_place(node), "a collection needs a priority and an action");
		return false;
	}
	*out = (struct collection){
		.node = node, .name = arena_strdup(b->p->arena, node->words[1].text),
		.priority = (unsigned)number, .action = action_of(action->words[1].text),
	};
	return true;
}

static void check_priorities(struct build *b, const struct collection *all, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const struct collection *first = &all[i - 1], *second = &all[i];
		const struct conf_node *at;
		struct place place;

		if (first->priority != second->priority)
			continue;
		at = conf_find(second->node->children, "priority");
		place = conf_place(first->node);
		diag_error(b->r.why, at->words[1].at, "priority %u is already that of collection \"%s\" (%s:%u); "
			   "give each its own", second->priority, first->name,
			   place.file ? place.file : "?", place.line);
	}
}

static size_t count_collections(const struct conf_node *first)
{
	size_t n = 0;

	for (first = conf_find(first, "collection"); first; first = conf_find(first->next, "collection"))
		n++;
	return n;
}

static void read_collections(struct build *b)
{
	const struct conf_node *n, *first = conf_first(b->r.conf);
	struct collection *all = arena_array(b->r.scratch, count_collections(first), sizeof(*all));
	enum verify_mode verify = read_global_verify(&b->r);
	size_t count = 0;

	for (n = conf_find(first, "collection"); n; n = conf_find(n->next, "collection"))
		count += read_head(b, n, &all[count]);
	for (size_t i = 0; i < count; i++)
		all[i].verify = read_collection_verify(&b->r, all[i].node, all[i].action, verify);
	if (count)
		qsort(all, count, sizeof(*all), compare_priority);
	check_priorities(b, all, count);
	for (size_t i = 0; i < count; i++) {
		b->r.scope = b->line.scope = conf_scope(all[i].node);
		for (n = conf_find(all[i].node->children, "rule"); n; n = conf_find(n->next, "rule"))
			read_rule(b, &all[i], n);
	}
	b->r.scope = b->line.scope = NULL;
	b->p->counts.collections = count;
}

/* ---- groups, into the index ----------------------------------------------------------------- */

struct group_fill {
	struct build *b;
	uint32_t handle;
	bool used;
};

static void add_group_name(void *arg, struct place at, const struct pattern *p)
{
	struct group_fill *f = arg;
	struct patterns one = { (struct pattern *)(uintptr_t)p, 1 };
	struct sv why;

	if (!f->used)
		read_check_regexes(&f->b->r, at, &one);
	else if (!index_add(f->b->index, f->handle, p, f->b->r.scratch, &why))
		diag_error(f->b->r.why, at, "%.*s", SV_ARG(why));
}

static void fill_groups(struct build *b)
{
	for (size_t i = 0; i < groups_count_names(b->groups); i++) {
		const struct ranks *ranks = &b->group_ranks[i];
		struct group_fill f = { .b = b, .used = ranks->n > 0 };

		if (f.used) {
			f.handle = index_ranks(b->index, ranks->p, ranks->n);
			index_expect(b->index, groups_size(b->groups, i));
		}
		groups_each_name(b->groups, &b->r, i, add_group_name, &f);
	}
}

/* ---- the whole ------------------------------------------------------------------------------ */

static int compare_i64(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return a < b ? -1 : a > b;
}

static void collect_untils(struct policy *p)
{
	p->untils = arena_array(p->arena, p->n_rules, sizeof(*p->untils));
	for (size_t i = 0; i < p->n_rules; i++)
		if (p->rules[i].pub.until_ms)
			p->untils[p->n_untils++] = p->rules[i].pub.until_ms;
	if (p->n_untils)
		qsort(p->untils, p->n_untils, sizeof(*p->untils), compare_i64);
}

static void keep_env(struct policy *p, const struct policy_env *env)
{
	p->locals = arena_array(p->arena, env->n_locals, sizeof(*p->locals));
	for (size_t i = 0; i < env->n_locals; i++)
		p->locals[i] = ip_unmapped(&env->locals[i]);
	p->n_locals = env->n_locals;
	p->own_ports = arena_array(p->arena, env->n_own_ports, sizeof(*p->own_ports));
	if (env->n_own_ports)
		memcpy(p->own_ports, env->own_ports, env->n_own_ports * sizeof(*p->own_ports));
	p->n_own_ports = env->n_own_ports;
}

static void count_all(struct build *b)
{
	struct policy *p = b->p;
	struct index_counts x;

	index_count(p->index, &x);
	p->counts.rules = p->n_rules;
	for (size_t i = 0; i < p->n_rules; i++)
		p->counts.verified += p->rules[i].pub.verify != VERIFY_OFF || p->rules[i].pub.n_pins;
	p->counts.names = x.names;
	p->counts.addresses = x.addresses;
	p->counts.regexes = x.regexes;
	p->counts.tags_used = b->tags_used.n;
	p->counts.identities = p->whos ? whos_count(p->whos, WHO_IDENTITY) : 0;
	p->counts.users = p->whos ? whos_count(p->whos, WHO_USER) : 0;
	p->counts.octets = sizeof(*p) + arena_bytes(p->arena) + x.octets + (p->whos ? whos_octets(p->whos) : 0) +
			   b->rules_cap * sizeof(*p->rules) + b->clauses_cap * (sizeof(*p->clauses) + sizeof(*p->clause_sources)) +
			   b->ports_cap * sizeof(*p->ports) + b->vias_cap * sizeof(*p->vias);
}

static void trim(struct build *b)
{
	struct policy *p = b->p;

	b->clauses_cap = p->n_clauses;
	b->rules_cap = p->n_rules;
	p->clauses = xrealloc(p->clauses, p->n_clauses * sizeof(*p->clauses));
	p->rules = xrealloc(p->rules, p->n_rules * sizeof(*p->rules));
}

static void build_start(struct build *b, const struct conf *conf, const struct policy_env *env,
			struct diag_list *why)
{
	*b = (struct build){ .r = { .conf = conf, .scratch = arena_create(), .why = why }, .env = env };
	b->service_tags = service_tags_read(conf, b->r.scratch, why);
	b->r.service_tags = b->service_tags;
	b->line = b->r;
	b->line.scratch = arena_create();
	b->p = xcalloc(1, sizeof(*b->p));
	atomic_init(&b->p->refs, 1);
	b->p->arena = arena_create();
	b->index = index_builder_create();
	b->groups = groups_read(&b->r);
	b->tags = tags_read(&b->r);
	b->group_ranks = xcalloc(groups_count_names(b->groups), sizeof(*b->group_ranks));
	b->p->default_audit = sv_eq(conf_text(conf, "default"), SV("audit"));
	keep_env(b->p, env);
}

static void build_end(struct build *b)
{
	for (size_t i = 0; i < groups_count_names(b->groups); i++)
		free(b->group_ranks[i].p);
	free(b->group_ranks);
	symtab_fini(&b->files);
	symtab_fini(&b->port_texts);
	symtab_fini(&b->sources.texts);
	symtab_fini(&b->whos.texts);
	free(b->sources.numbers);
	free(b->whos.numbers);
	symtab_fini(&b->tags_used);
	symtab_fini(&b->noted);
	free(b->source_items);
	tags_fini(b->tags);
	service_tags_fini(b->service_tags);
	groups_fini(b->groups);
	arena_free(b->line.scratch);
	arena_free(b->r.scratch);
}

int policy_build(struct policy **out, const struct conf *conf, const struct policy_env *env,
		 struct diag_list *why)
{
	size_t errors = why->errors;
	struct build b;

	*out = NULL;
	build_start(&b, conf, env, why);
	build_allowance(&b, conf_first(conf), &b.p->allow);
	read_collections(&b);
	fill_groups(&b);
	b.p->index = index_finish(b.index);
	if (b.p->whos)
		whos_finish(b.p->whos);
	collect_untils(b.p);
	policy_lay_out(b.p, b.source_items, b.n_source_items);
	trim(&b);
	count_all(&b);
	if (why->errors == errors)
		b.p->counts.expectations = expectations_check(b.p, &b.r, env->now_ms);
	build_end(&b);
	if (why->errors != errors) {
		policy_free(b.p);
		return -EINVAL;
	}
	*out = b.p;
	return 0;
}
