/*
 * explain -- asks the index for every entry that matches, and says of each what decide() thought of it.
 * The verdict is policy_decide()'s own; steps are looked at in rank order up to the one that decided. On
 * a deny the entries that came nearest are turned into one sentence.
 */
#include "policy/explain.h"

#include "policy/compiled.h"

#include "base/clock.h"

#include <stdlib.h>

enum { STEPS_MAX = 200 };

enum misfit {                           /* why an entry that matches the name does not take the question */
	MISFIT_PORT = 1 << 0, MISFIT_SOURCE = 1 << 1, MISFIT_OVER = 1 << 2,
	MISFIT_IDENTITY = 1 << 3, MISFIT_USER = 1 << 4,
};

struct match {
	uint32_t rank;
	enum pattern_kind kind;
	struct sv pattern;              /* "*.x", as one text */
	bool limit;
};

struct matches {
	const struct policy *p;
	const struct ask *ask;
	struct arena *a;
	struct match *all;
	size_t n, cap;
};

static struct sv pattern_text(const struct index_hit *hit, struct arena *a)
{
	static const char *const before[] = {
		[PATTERN_BELOW] = "*.", [PATTERN_TREE] = ".", [PATTERN_REGEX] = "~",
		[PATTERN_EXACT] = "", [PATTERN_GLOB] = "", [PATTERN_ADDRESS] = "", [PATTERN_ANY] = "",
	};

	return arena_printf(a, "%s%.*s", before[hit->kind], SV_ARG(hit->pattern));
}

static void add_match(struct matches *m, const struct match *x)
{
	struct match *old = m->all;

	if (m->n == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 32;
		m->all = arena_array(m->a, m->cap, sizeof(*m->all));
		if (m->n)
			memcpy(m->all, old, m->n * sizeof(*old));
	}
	m->all[m->n++] = *x;
}

static bool collect(void *arg, const struct index_hit *hit)
{
	struct matches *m = arg;
	enum regex_result result = REGEX_YES;
	struct sv pattern;

	if (hit->kind == PATTERN_GLOB && !glob_match(hit->pattern, m->ask->name))
		return true;
	if (hit->kind == PATTERN_REGEX)
		result = regex_match(hit->regex, m->ask->name);
	if (result == REGEX_NO)
		return true;
	pattern = pattern_text(hit, m->a);
	for (size_t i = 0; i < hit->n; i++)
		add_match(m, &(struct match){ hit->ranks[i], hit->kind, pattern, result == REGEX_LIMIT });
	return true;
}

/* By rank; an entry that matches in several ways is one: a limit counts only if nothing matches plainly. */
static int compare_matches(const void *left, const void *right)
{
	const struct match *a = left, *b = right;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return (int)a->limit - (int)b->limit;
}

static void sort_matches(struct matches *m)
{
	size_t kept = 0;

	if (m->n == 0)
		return;
	qsort(m->all, m->n, sizeof(*m->all), compare_matches);
	for (size_t i = 0; i < m->n; i++)
		if (kept == 0 || m->all[kept - 1].rank != m->all[i].rank)
			m->all[kept++] = m->all[i];
	m->n = kept;
}

/* ---- what fits and what does not ------------------------------------------------------------ */

static const struct clause *clause_at(const struct policy *p, uint32_t rank)
{
	return &p->clauses[rank];
}

static unsigned misfits(const struct policy *p, const struct clause *c, const struct ask *ask)
{
	const struct compiled_rule *r = clause_rule(p, c);
	unsigned m = 0, lacks;

	if (!clause_proto(p, c, ask))
		m |= MISFIT_PORT;
	if (!rule_has_source(p, r, &ask->source))
		m |= MISFIT_SOURCE;
	if (rule_is_over(r, ask->now_ms))
		m |= MISFIT_OVER;
	lacks = rule_lacks(p, r, ask);
	return m | (lacks & WHO_IDENTITY ? MISFIT_IDENTITY : 0) | (lacks & WHO_USER ? MISFIT_USER : 0);
}

static struct sv ports_text(const struct port_set *s, struct arena *a)
{
	struct sv all = SV("");

	for (size_t i = 0; i < s->n; i++) {
		const struct port_range *r = &s->ranges[i];
		struct sv port = r->lo == 1 && r->hi == 65535 ? SV("any") :
				 r->lo == r->hi ? arena_printf(a, "%u", r->lo) :
				 arena_printf(a, "%u-%u", r->lo, r->hi);

		all = arena_printf(a, "%.*s%s%s:%.*s", SV_ARG(all), i ? "," : "",
				   proto_name((enum proto)r->proto), SV_ARG(port));
	}
	return all;
}

static struct sv until_text(const struct rule *r, struct arena *a)
{
	char text[TIME_TEXT_MAX];

	time_format(r->until_ms, text);
	return arena_printf(a, "its \"until\" passed at %s", text);
}

/* `all` with one more reason behind it. */
static struct sv and_also(struct sv all, struct sv more, struct arena *a)
{
	return arena_printf(a, "%.*s%s%.*s", SV_ARG(all), all.n ? "; " : "", SV_ARG(more));
}

static struct sv identity_text(const struct policy *p, const struct compiled_rule *r, const struct ask *ask,
			       struct arena *a)
{
	struct sv words = whos_words(p->whos, r->who).identities;

	if (ask->identity.kind == IDENTITY_NONE)
		return arena_printf(a, "it needs a client certificate: it has %.*s", SV_ARG(words));
	return arena_printf(a, "the identity does not match: it has %.*s", SV_ARG(words));
}

static struct sv user_text(const struct policy *p, const struct compiled_rule *r, const struct ask *ask,
			   struct arena *a)
{
	struct sv words = whos_words(p->whos, r->who).users;

	if (ask->user.n == 0)
		return arena_printf(a, "it needs a user: it has %.*s", SV_ARG(words));
	return arena_printf(a, "not the user: it has %.*s", SV_ARG(words));
}

/* "the port: it has https:443", with what else does not fit behind it. */
static struct sv misfit_text(const struct policy *p, const struct clause *c, const struct ask *ask,
			     unsigned m, struct arena *a)
{
	const struct port_set *ports = &p->ports[c->ports];
	const char *what = ports_match(ports, ~0u, ask->port) ? "protocol" : "port";
	struct sv all = SV("");

	if (m & MISFIT_PORT)
		all = arena_printf(a, "not the %s: it has %.*s", what, SV_ARG(ports_text(ports, a)));
	if (m & MISFIT_SOURCE)
		all = and_also(all, SV("not the source"), a);
	if (m & MISFIT_IDENTITY)
		all = and_also(all, identity_text(p, clause_rule(p, c), ask, a), a);
	if (m & MISFIT_USER)
		all = and_also(all, user_text(p, clause_rule(p, c), ask, a), a);
	if (m & MISFIT_OVER)
		all = and_also(all, until_text(&clause_rule(p, c)->pub, a), a);
	return all;
}

/* ---- steps ---------------------------------------------------------------------------------- */

static struct sv via_text(const struct policy *p, const struct clause *c, const struct match *m,
			  struct arena *a)
{
	struct sv entry = index_text(p->index, c->text);

	if (c->via)
		return arena_printf(a, " (brought by %.*s at %s:%u)", SV_ARG(p->vias[c->via].word),
				    p->vias[c->via].at.file ? p->vias[c->via].at.file : "?",
				    p->vias[c->via].at.line);
	if (m->pattern.n && !sv_eq_nocase(m->pattern, entry))
		return arena_printf(a, " (by %.*s)", SV_ARG(m->pattern));
	return SV("");
}

static struct sv decided_text(const struct matches *m, const struct match *x, const struct clause *c)
{
	const struct rule *r = &clause_rule(m->p, c)->pub;

	if (x->limit)
		return SV("the regular expression ran into its limits on this name: denied");
	if (r->action == ACTION_AUDIT)
		return SV("matches; an audit collection does not decide, would_deny is recorded");
	return arena_printf(m->a, "matches as %s: %s", proto_name(clause_proto(m->p, c, m->ask)),
			    r->action == ACTION_ALLOW ? "allowed" : "denied");
}

static struct explain_step step_of(const struct matches *m, const struct match *x, bool decided)
{
	const struct clause *c = clause_at(m->p, x->rank);
	unsigned not = misfits(m->p, c, m->ask);
	const char *what = x->kind == PATTERN_ADDRESS ? "address" : "name";
	struct sv text = decided_text(m, x, c), via = via_text(m->p, c, x, m->a);

	if (not)
		text = arena_printf(m->a, "matches the %s, but %.*s", what,
				    SV_ARG(misfit_text(m->p, c, m->ask, not, m->a)));
	return (struct explain_step){
		.rule = &clause_rule(m->p, c)->pub, .entry = index_text(m->p->index, c->text),
		.at = { m->p->files[c->file], c->line, c->col },
		.text = arena_printf(m->a, "%.*s%.*s", SV_ARG(text), SV_ARG(via)), .decided = decided,
	};
}

static struct explain_step closing_step(const struct verdict *v)
{
	return (struct explain_step){
		.text = v->why == WHY_DEFAULT_AUDIT ?
			SV("no rule decides: it passes by \"default audit\", would_deny is recorded") :
			SV("no rule decides: denied"),
		.decided = true,
	};
}

static void make_steps(const struct matches *m, struct explanation *out)
{
	struct explain_step *steps = arena_array(m->a, STEPS_MAX + 2, sizeof(*steps));
	size_t n = 0, last = 0;

	while (last < m->n && m->all[last].rank < out->verdict.rank)
		last++;
	for (size_t i = 0; i < last && i < STEPS_MAX; i++)
		steps[n++] = step_of(m, &m->all[i], false);
	if (last > STEPS_MAX)
		steps[n - 1] = (struct explain_step){ .text = arena_printf(m->a,
			"%zu more entries match the name and do not decide", last - STEPS_MAX + 1) };
	if (last < m->n && m->all[last].rank == out->verdict.rank)
		steps[n++] = step_of(m, &m->all[last], true);
	else
		steps[n++] = closing_step(&out->verdict);
	out->steps = steps;
	out->n_steps = n;
}

/* ---- the nearest miss ----------------------------------------------------------------------- */

static struct sv rule_text(const struct rule *r, struct arena *a)
{
	return arena_printf(a, "rule %s/%s (%s:%u)", r->collection, r->name, r->at.file ? r->at.file : "?",
			    r->at.line);
}

static int count_bits(unsigned m)
{
	return __builtin_popcount(m);
}

/* The allow entry with the fewest misfits, the earliest of them; NULL: none matches the name. */
static const struct match *nearest_match(const struct matches *m)
{
	const struct match *best = NULL;
	int fewest = 99;

	for (size_t i = 0; i < m->n; i++) {
		const struct clause *c = clause_at(m->p, m->all[i].rank);
		int n = count_bits(misfits(m->p, c, m->ask));

		if (clause_rule(m->p, c)->pub.action != ACTION_ALLOW || m->all[i].limit || n >= fewest)
			continue;
		best = &m->all[i];
		fewest = n;
	}
	return best;
}

static struct sv other_misfit(const struct matches *m, const struct match *x)
{
	const struct clause *c = clause_at(m->p, x->rank);
	unsigned not = misfits(m->p, c, m->ask);
	struct sv rule = rule_text(&clause_rule(m->p, c)->pub, m->a);

	if (!not)
		return arena_printf(m->a, "%.*s would allow it, but comes later", SV_ARG(rule));
	return arena_printf(m->a, "%.*s allows %.*s, but %.*s", SV_ARG(rule),
			    SV_ARG(index_text(m->p->index, c->text)),
			    SV_ARG(misfit_text(m->p, c, m->ask, not, m->a)));
}

static bool would_pass(const struct policy *p, const struct ask *ask, struct sv name, struct verdict *v)
{
	struct ask other = *ask;

	other.name = name;
	policy_decide(p, &other, v);
	return v->action == ACTION_ALLOW && v->why == WHY_RULE;
}

/* Asked for x, where *.x stands; asked for a.x, where x alone stands. */
static struct sv wildcard_miss(const struct matches *m)
{
	struct sv name = m->ask->name, rest = name, below, head = sv_cut(&rest, '.');
	struct verdict v;

	below = arena_printf(m->a, "x.%.*s", SV_ARG(name));
	if (index_has_below(m->p->index, name) && would_pass(m->p, m->ask, below, &v))
		return arena_printf(m->a, "%.*s allows names below %.*s, not %.*s itself: \"*.%.*s\" leaves the "
				    "apex out, \".%.*s\" takes both", SV_ARG(rule_text(v.rule, m->a)),
				    SV_ARG(name), SV_ARG(name), SV_ARG(name), SV_ARG(name));
	if (head.n && rest.p && index_has_exact(m->p->index, rest) && would_pass(m->p, m->ask, rest, &v))
		return arena_printf(m->a, "%.*s allows %.*s itself, not names below it",
				    SV_ARG(rule_text(v.rule, m->a)), SV_ARG(rest));
	return (struct sv){ NULL, 0 };
}

static struct sv spelling_miss(const struct matches *m)
{
	struct sv near = index_nearest_exact(m->p->index, m->ask->name);
	struct verdict v;

	if (near.n == 0 || !would_pass(m->p, m->ask, near, &v))
		return (struct sv){ NULL, 0 };
	return arena_printf(m->a, "%.*s allows \"%.*s\", which is spelt much like it",
			    SV_ARG(rule_text(v.rule, m->a)), SV_ARG(near));
}

static struct sv nearest_miss(const struct matches *m)
{
	const struct match *near = nearest_match(m);
	int misfit_count = near ? count_bits(misfits(m->p, clause_at(m->p, near->rank), m->ask)) : 99;
	struct sv text = { NULL, 0 };

	if (misfit_count > 1 && m->ask->name.n) {
		text = wildcard_miss(m);
		text = text.n ? text : spelling_miss(m);
	}
	if (text.n)
		return text;
	if (near)
		return other_misfit(m, near);
	if (m->ask->name.n == 0 && m->p->counts.names)
		return SV("an address was asked for, and entries for names never match an address; ask for the name");
	return text;
}

void policy_explain(const struct policy *p, const struct ask *ask, struct arena *a,
		    struct explanation *out)
{
	struct matches m = { .p = p, .ask = ask, .a = a };

	*out = (struct explanation){ .steps = NULL };
	policy_decide(p, ask, &out->verdict);
	if (ask->name.n)
		index_walk_name(p->index, ask->name, collect, &m);
	else
		index_walk_address(p->index, &ask->ip, collect, &m);
	sort_matches(&m);
	make_steps(&m, out);
	if (out->verdict.action == ACTION_DENY)
		out->nearest_miss = nearest_miss(&m);
}
