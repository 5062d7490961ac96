/*
 * learn -- see learn.h. Sources are taken together by the smallest ip-group that holds them, else by /24 or /64;
 * what they wanted is asked of the policy as it is now, so that an old log proposes nothing that is settled.
 */
#include "catalog/learn.h"

#include "policy/explain.h"
#include "policy/expect.h"
#include "policy/guard.h"

#include <stdlib.h>

enum { SCRATCH_MAX = 1 << 20, PRIORITY_MIN = 100, PRIORITY_MAX = 65000 };

void learn_rules(struct observed *seen, const struct conf *conf)
{
	const struct conf_node *c = conf_find(conf_first(conf), "collection"), *r;

	for (; c; c = conf_find(c->next, "collection"))
		for (r = conf_find(c->children, "rule"); r; r = conf_find(r->next, "rule"))
			observed_add_rule(seen, node_name(c), node_name(r));
}

struct sv learn_target(const struct learned_want *w, struct arena *a)
{
	char text[IP_TEXT_MAX];

	if (w->name.n)
		return w->name;
	ip_format(&w->ip, text);
	return arena_sv(a, sv_of(text));
}

/* ---- sources -------------------------------------------------------------------------------- */

struct ip_groups {
	const struct ip_group **all;
	size_t n;
};

static double group_size(const struct ip_group *g)
{
	double size = 0;

	for (size_t i = 0; i < g->n; i++) {
		unsigned free_bits = (g->prefixes[i].addr.family == 4 ? 32u : 128u) - g->prefixes[i].bits;
		double one = 1;

		while (free_bits--)
			one *= 2;
		size += one;
	}
	return size;
}

static bool group_holds(const struct ip_group *g, const struct ip *ip)
{
	for (size_t i = 0; i < g->n; i++)
		if (prefix_contains(&g->prefixes[i], ip))
			return true;
	return false;
}

static const struct ip_group *smallest_group(const struct ip_groups *l, const struct ip *ip)
{
	const struct ip_group *best = NULL;

	for (size_t i = 0; i < l->n; i++)
		if (group_holds(l->all[i], ip) && (!best || group_size(l->all[i]) < group_size(best)))
			best = l->all[i];
	return best;
}

static struct prefix network_of(const struct ip *ip)
{
	struct prefix p = { *ip, ip->family == 4 ? 24 : 64 };

	memset(p.addr.b + p.bits / 8, 0, sizeof(p.addr.b) - p.bits / 8);
	return p;
}

static struct sv as_name(struct sv text, struct arena *a)
{
	char *name = arena_strdup(a, text);

	for (char *c = name; *c; c++)
		if (!ascii_is_alpha(*c) && !ascii_is_digit(*c))
			*c = '-';
	return sv_of(name);
}

static void describe_network(struct learned *l, const struct ip *ip, struct learned_group *out)
{
	struct prefix *p = arena_alloc(l->arena, sizeof(*p));
	char text[PREFIX_TEXT_MAX];

	*p = network_of(ip);
	prefix_format(p, text);
	out->text = arena_sv(l->arena, sv_of(text));
	out->name = arena_printf(l->arena, "net-%.*s", SV_ARG(as_name(out->text, l->arena)));
	out->prefixes = p;
	out->n_prefixes = 1;
}

struct grouping {
	struct learned *l;
	struct ip_groups groups;
	struct symtab texts, wants;
	size_t groups_cap, wants_cap;
};

static uint32_t group_of(struct grouping *g, const struct ip *ip)
{
	const struct ip_group *known = smallest_group(&g->groups, ip);
	struct learned_group found = { .text = { NULL, 0 } };
	struct learned *l = g->l;
	uint32_t number;
	bool added;

	if (known)
		found = (struct learned_group){ sv_of(known->name),
			arena_printf(l->arena, "from-%s", known->name), known->prefixes, known->n };
	else
		describe_network(l, ip, &found);
	number = symtab_add(&g->texts, found.text, &added);
	if (!added)
		return number;
	if (l->n_groups == g->groups_cap) {
		g->groups_cap = g->groups_cap ? g->groups_cap * 2 : 64;
		l->groups = xrealloc(l->groups, g->groups_cap * sizeof(*l->groups));
	}
	l->groups[l->n_groups++] = found;
	return number;
}

static void list_ip_groups(struct grouping *g)
{
	const struct conf_node *first = conf_find(conf_first(g->l->conf), "ip-group"), *n;
	size_t count = 0;

	for (n = first; n; n = conf_find(n->next, "ip-group"))
		count++;
	g->groups.all = arena_array(g->l->arena, count, sizeof(*g->groups.all));
	for (n = first; n; n = conf_find(n->next, "ip-group"))
		g->groups.all[g->groups.n++] = groups_find_ips(g->l->flat.groups, node_name(n));
}

/* ---- wants ---------------------------------------------------------------------------------- */

static void add_want(struct grouping *g, const struct observation *x)
{
	struct learned *l = g->l;
	struct learned_want w = { .audited = x->kind == OBSERVED_AUDITED, .group = group_of(g, &x->source),
		.name = x->name, .ip = x->ip, .source = x->source, .port = x->port, .proto = x->proto };
	struct sv key;
	bool added;
	uint32_t at;

	w.from = l->groups[w.group].text;
	key = arena_printf(l->arena, "%d %u %u %d %.*s", w.audited, w.group, w.port, (int)w.proto,
			   SV_ARG(learn_target(&w, l->arena)));
	at = symtab_add(&g->wants, key, &added);
	if (added) {
		if (l->n_wants == g->wants_cap) {
			g->wants_cap = g->wants_cap ? g->wants_cap * 2 : 256;
			l->wants = xrealloc(l->wants, g->wants_cap * sizeof(*l->wants));
		}
		l->wants[l->n_wants++] = w;
	}
	l->wants[at].count += x->count;
	l->wants[at].sources++;
	if (x->last_ms > l->wants[at].last_ms)
		l->wants[at].last_ms = x->last_ms;
	if (ip_cmp(&x->source, &l->wants[at].source) < 0)
		l->wants[at].source = x->source;
}

static int compare_wants(const void *left, const void *right)
{
	const struct learned_want *a = left, *b = right;
	int order = sv_cmp(a->from, b->from);

	if (a->audited != b->audited)
		return a->audited ? 1 : -1;
	if (order)
		return order;
	order = sv_cmp(a->name, b->name);
	if (order)
		return order;
	order = ip_cmp(&a->ip, &b->ip);
	if (order)
		return order;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return a->proto < b->proto ? -1 : a->proto > b->proto;
}

static void collect_wants(struct learned *l)
{
	struct grouping g = { .l = l };

	list_ip_groups(&g);
	for (size_t i = 0; i < l->seen->n; i++)
		if (l->seen->all[i].kind != OBSERVED_ALLOWED)
			add_want(&g, &l->seen->all[i]);
	symtab_fini(&g.texts);
	symtab_fini(&g.wants);
	if (l->n_wants)
		qsort(l->wants, l->n_wants, sizeof(*l->wants), compare_wants);
}

/* ---- what is settled ------------------------------------------------------------------------ */

static unsigned asked_protos(enum proto p)
{
	return p & (PROTO_HTTPS | PROTO_TCP) ? PROTO_HTTPS | PROTO_TCP : p;
}

/* The log's lines are put together without regard to users and identities: what is open to those is not proposed to
 * be opened to all. */
static struct ask ask_of(const struct learned_want *w)
{
	return (struct ask){ .source = w->source, .name = w->name, .ip = w->ip, .port = w->port,
			     .protos = asked_protos(w->proto), .now_ms = w->last_ms, .anybody = true };
}

bool learn_group_has(const struct learned_group *g, const struct ip *source)
{
	for (size_t i = 0; i < g->n_prefixes; i++)
		if (prefix_contains(&g->prefixes[i], source))
			return true;
	return false;
}

static void add_closed(struct learned *l, const struct conf_node *n, size_t *cap, struct sv source,
		       struct sv name, struct sv port)
{
	struct question *q = arena_alloc(l->arena, sizeof(*q));        /* its name borrows from itself */

	if (question_parse(q, source, name, port, l->arena) != QUESTION_OK)
		return;
	if (l->n_closed == *cap) {
		*cap = *cap ? *cap * 2 : 64;
		l->closed = xrealloc(l->closed, *cap * sizeof(*l->closed));
	}
	l->closed[l->n_closed++] = (struct learned_want){ .source = q->ask.source, .name = q->ask.name,
		.ip = q->ask.ip, .port = q->ask.port, .proto = q->proto, .expected = conf_place(n) };
}

/* Every `expect deny`: what is proposed must not break one, or the file could not be loaded. What is proposed is for every
 * user and identity, so that it is no matter whom one names. */
static void collect_closed(struct learned *l)
{
	const struct conf_node *n = conf_find(conf_first(l->conf), "expect");
	struct expansion source, name, port;
	struct sv missing;
	size_t cap = 0;

	for (; n; n = conf_find(n->next, "expect")) {
		const struct conf_word *last = &n->words[n->n_words - 1];

		if (n->n_words < 5 || !sv_eq(n->words[1].text, SV("deny")) ||
		    read_texts(&l->flat.r, &n->words[2], &source, &missing) != READ_OK ||
		    read_texts(&l->flat.r, last - 1, &name, &missing) != READ_OK ||
		    read_texts(&l->flat.r, last, &port, &missing) != READ_OK)
			continue;
		for (size_t s = 0; s < source.n; s++)
			for (size_t i = 0; i < name.n; i++)
				for (size_t p = 0; p < port.n; p++)
					add_closed(l, n, &cap, source.texts[s], name.texts[i], port.texts[p]);
	}
}

static const struct learned_want *closed_by(const struct learned *l, const struct learned_want *w)
{
	for (size_t i = 0; i < l->n_closed; i++) {
		const struct learned_want *c = &l->closed[i];

		if (c->port == w->port && (asked_protos(c->proto) & w->proto) && sv_eq(c->name, w->name) &&
		    (w->name.n || ip_eq(&c->ip, &w->ip)) && learn_group_has(&l->groups[w->group], &c->source))
			return c;
	}
	return NULL;
}

static enum want_fate fate_of(struct learned *l, struct learned_want *w)
{
	enum want_fate room = (w->audited ? l->audited_priority : l->priority) ? WANT_RULE : WANT_NO_ROOM;
	const struct learned_want *closed = closed_by(l, w);
	struct ask ask = ask_of(w);
	struct verdict v;

	if (w->name.n == 0 && guard_classify(&w->ip) != GUARD_CLASS_PUBLIC)
		return WANT_GUARDED;
	if (!l->policy)
		return room;
	policy_decide(l->policy, &ask, &v);
	if (v.why == WHY_RULE && v.action == ACTION_DENY)
		return WANT_DENIED;
	if (v.why == WHY_RULE && !v.would_deny)
		return WANT_OPEN;
	if (closed) {
		w->expected = closed->expected;
		return WANT_EXPECTED;
	}
	return room;
}

/* ---- wildcards that matched few names ------------------------------------------------------- */

struct matched {                        /* an entry, and the names that it matched */
	struct learned_narrow pub;
	bool many;
};

struct narrowing {
	struct learned *l;
	struct symtab keys;
	struct matched *all;
	size_t n, cap, few;
	struct arena *scratch;          /* explanations */
};

static bool is_wild(struct sv entry)
{
	if (sv_starts_with(entry, SV("group:")) || sv_starts_with(entry, SV("service-tag:")))
		return false;
	return entry.n && (entry.p[0] == '~' || entry.p[0] == '.' || sv_find(entry, '*') < entry.n);
}

static const struct flat_rule *flat_rule_of(const struct learned *l, const struct rule *r)
{
	for (size_t i = 0; i < l->flat.n_rules; i++)
		if (strcmp(l->flat.rules[i].collection, r->collection) == 0 &&
		    strcmp(l->flat.rules[i].name, r->name) == 0)
			return &l->flat.rules[i];
	return NULL;
}

static struct matched *matched_of(struct narrowing *x, const struct explain_step *step)
{
	struct arena *a = x->l->arena;
	struct sv key = arena_printf(a, "%s/%s %s:%u:%u", step->rule->collection, step->rule->name,
				     step->at.file ? step->at.file : "", step->at.line, step->at.col);
	bool added;
	uint32_t at = symtab_add(&x->keys, key, &added);

	if (!added)
		return &x->all[at];
	if (x->n == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 64;
		x->all = xrealloc(x->all, x->cap * sizeof(*x->all));
	}
	x->all[x->n++] = (struct matched){ .pub = {
		.rule = flat_rule_of(x->l, step->rule), .entry = arena_sv(a, step->entry), .at = step->at,
		.names = arena_array(a, x->few, sizeof(struct sv)) } };
	return &x->all[at];
}

static void add_match(struct narrowing *x, struct matched *m, const struct observation *o)
{
	struct sv text = arena_printf(x->l->arena, "%.*s %s:%u", SV_ARG(o->name), proto_name(o->proto), o->port);

	m->pub.count += o->count;
	if (o->last_ms > m->pub.last_ms)
		m->pub.last_ms = o->last_ms;
	if (m->pub.n == x->few)
		m->many = true;
	else
		m->pub.names[m->pub.n++] = text;
}

/* Asks the policy which entry decides by now; the log knows only the rule. */
static void trace(struct narrowing *x, const struct observation *o)
{
	const struct observed_rule *rule = &x->l->seen->rules[o->rule];
	struct ask ask = { .source = o->source, .name = o->name, .port = o->port,
			   .protos = asked_protos(o->proto), .now_ms = o->last_ms, .anybody = true };
	const struct explain_step *step;
	struct explanation e;

	if (arena_bytes(x->scratch) > SCRATCH_MAX) {
		arena_free(x->scratch);
		x->scratch = arena_create();
	}
	policy_explain(x->l->policy, &ask, x->scratch, &e);
	step = &e.steps[e.n_steps - 1];
	if (!step->rule || !step->decided || !sv_eq(sv_of(step->rule->collection), rule->collection) ||
	    !sv_eq(sv_of(step->rule->name), rule->name))
		x->l->changed += o->count;
	else if (is_wild(step->entry))
		add_match(x, matched_of(x, step), o);
}

static int compare_texts(const void *left, const void *right)
{
	return sv_cmp(*(const struct sv *)left, *(const struct sv *)right);
}

static int compare_places(struct place a, struct place b)
{
	int order = strcmp(a.file ? a.file : "", b.file ? b.file : "");

	if (order)
		return order;
	if (a.line != b.line)
		return a.line < b.line ? -1 : 1;
	return a.col < b.col ? -1 : a.col > b.col;
}

static int compare_narrow(const void *left, const void *right)
{
	const struct learned_narrow *a = left, *b = right;
	int order = compare_places(conf_place(a->rule->node), conf_place(b->rule->node));

	return order ? order : compare_places(a->at, b->at);
}

static void find_narrow(struct learned *l, size_t few)
{
	struct narrowing x = { .l = l, .few = few, .scratch = arena_create() };

	for (size_t i = 0; i < l->seen->n; i++)
		if (l->seen->all[i].kind == OBSERVED_ALLOWED && l->seen->all[i].name.n)
			trace(&x, &l->seen->all[i]);
	l->narrow = arena_array(l->arena, x.n, sizeof(*l->narrow));
	for (size_t i = 0; i < x.n; i++) {
		if (x.all[i].many || !x.all[i].pub.rule)
			continue;
		qsort(x.all[i].pub.names, x.all[i].pub.n, sizeof(struct sv), compare_texts);
		l->narrow[l->n_narrow++] = x.all[i].pub;
	}
	if (l->n_narrow)
		qsort(l->narrow, l->n_narrow, sizeof(*l->narrow), compare_narrow);
	free(x.all);
	symtab_fini(&x.keys);
	arena_free(x.scratch);
}

/* ---- rules that nothing used, and where the proposals go ------------------------------------ */

static void find_unused(struct learned *l)
{
	l->unused = arena_array(l->arena, l->flat.n_rules, sizeof(*l->unused));
	for (size_t i = 0; i < l->flat.n_rules; i++) {
		const struct flat_rule *r = &l->flat.rules[i];
		struct sv key = arena_printf(l->arena, "%s/%s", r->collection, r->name);
		uint32_t at = symtab_find(&l->seen->rule_keys, key);

		if (at != SYMTAB_NONE && l->seen->rules[at].hits + l->seen->rules[at].audits == 0)
			l->unused[l->n_unused++] = (struct learned_unused){ r, 0 };
	}
}

static unsigned priority_of(const struct conf_node *collection)
{
	const struct conf_node *n = conf_find(collection->children, "priority");
	uint64_t number = 0;

	if (n)
		sv_to_u64(n->words[1].text, PRIORITY_MAX, &number);
	return (unsigned)number;
}

static bool is_taken(const struct learned *l, unsigned priority)
{
	const struct conf_node *n = conf_find(conf_first(l->conf), "collection");

	for (; n; n = conf_find(n->next, "collection"))
		if (priority_of(n) == priority)
			return true;
	return false;
}

static const char *free_name(struct learned *l, const char *stem)
{
	struct sv name = sv_of(stem);
	const struct conf_node *n;

	for (unsigned k = 2;; k++) {
		for (n = conf_find(conf_first(l->conf), "collection"); n; n = conf_find(n->next, "collection"))
			if (sv_eq(node_name(n), name))
				break;
		if (!n)
			return arena_strdup(l->arena, name);
		name = arena_printf(l->arena, "%s-%u", stem, k);
	}
}

/* Behind all others; what an audit collection would deny, right before the first of those. */
static void find_priorities(struct learned *l)
{
	const struct conf_node *n = conf_find(conf_first(l->conf), "collection");
	unsigned last = PRIORITY_MIN, audit = PRIORITY_MAX + 1, p;

	for (; n; n = conf_find(n->next, "collection"))
		last = priority_of(n) > last ? priority_of(n) : last;
	for (size_t i = 0; i < l->flat.n_rules; i++)
		if (l->flat.rules[i].action == ACTION_AUDIT && l->flat.rules[i].priority < audit)
			audit = l->flat.rules[i].priority;
	p = (last / 100 + 1) * 100;
	for (p = p > PRIORITY_MAX ? PRIORITY_MAX : p; p >= PRIORITY_MIN && is_taken(l, p);)
		p--;
	l->priority = p >= PRIORITY_MIN ? p : 0;
	for (p = audit - 1; p >= PRIORITY_MIN && (is_taken(l, p) || p == l->priority);)
		p--;
	l->audited_priority = p >= PRIORITY_MIN ? p : 0;
	l->name = free_name(l, "learned");
	l->audited_name = free_name(l, "learned-audited");
}

void learn_run(struct learned *out, const struct conf *conf, const struct policy *policy,
	       const struct observed *seen, size_t few)
{
	*out = (struct learned){ .arena = arena_create(), .conf = conf, .policy = policy, .seen = seen };
	flat_make(&out->flat, conf);
	collect_wants(out);
	collect_closed(out);
	find_priorities(out);
	for (size_t i = 0; i < out->n_wants; i++)
		out->wants[i].fate = fate_of(out, &out->wants[i]);
	learn_tags(out);
	if (policy) {
		find_narrow(out, few);
		find_unused(out);
	}
}

void learn_fini(struct learned *l)
{
	free(l->groups);
	free(l->wants);
	free(l->closed);
	free(l->tags);
	flat_fini(&l->flat);
	arena_free(l->arena);
}
