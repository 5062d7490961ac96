/*
 * policy -- decide() and guard() over a compiled policy, and its lifetime.
 * The index names the candidates; here is decided which of them fits port, protocol, time and source, and
 * which comes first. Lists of ranks are ascending, so each is left at the best rank found so far.
 */
#include "policy/compiled.h"
#include "policy/guard.h"

#include <assert.h>
#include <stdlib.h>

const char *action_name(enum action a)
{
	static const char *const names[] = {
		[ACTION_DENY] = "deny", [ACTION_ALLOW] = "allow", [ACTION_AUDIT] = "audit",
	};

	return names[a];
}

const char *guard_verdict_name(enum guard_verdict g)
{
	static const char *const names[] = {
		[GUARD_PASS] = "pass", [GUARD_OWN] = "own_listener", [GUARD_PLATFORM] = "platform_address",
		[GUARD_NEVER] = "never_address", [GUARD_LOOPBACK] = "loopback_address",
		[GUARD_PRIVATE] = "private_address", [GUARD_DENIED] = "denied_address",
	};

	return names[g];
}

/* ---- lifetime ------------------------------------------------------------------------------- */

void policy_free(struct policy *p)
{
	if (!p)
		return;
	index_free(p->index);
	whos_free(p->whos);
	free(p->rules);
	free(p->clauses);
	free(p->clause_sources);
	free(p->port_protos);
	free(p->ports);
	free(p->sources);
	free(p->vias);
	free(p->files);
	arena_free(p->arena);
	free(p);
}

/* Immutable to everyone but these two: the count is the one thing that moves. */
static atomic_uint *refs_of(const struct policy *p)
{
	return &((struct policy *)(uintptr_t)p)->refs;
}

const struct policy *policy_ref(const struct policy *p)
{
	atomic_fetch_add_explicit(refs_of(p), 1, memory_order_relaxed);
	return p;
}

void policy_unref(const struct policy *p)
{
	if (p && atomic_fetch_sub_explicit(refs_of(p), 1, memory_order_acq_rel) == 1)
		policy_free((struct policy *)(uintptr_t)p);
}

int64_t policy_next_until(const struct policy *p, int64_t after_ms)
{
	size_t low = 0, high = p->n_untils;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (p->untils[middle] > after_ms)
			high = middle;
		else
			low = middle + 1;
	}
	return low < p->n_untils ? p->untils[low] : 0;
}

void policy_count(const struct policy *p, struct policy_counts *out)
{
	*out = p->counts;
}

/* ---- decide --------------------------------------------------------------------------------- */

/*
 * A popular name belongs to as many clauses as there are rules, and most differ by their source. With many sets of
 * sources, one walk down the tree gives all that hold the address, as bits; with few, each is asked when needed.
 */
enum { SOURCES_FEW = 8, SOURCES_BITS = 4096 };

struct source_bits {
	bool known;
	uint64_t words[SOURCES_BITS / 64];
};

/* Which sets of identities and users the client meets (enum who_kind bits); found when first needed. */
enum { WHO_SETS = 2048 };

struct who_bits {
	bool known;
	uint8_t met[WHO_SETS];
};

struct scan {
	const struct policy *p;
	const struct ask *ask;
	uint32_t best, audit;           /* ranks; UINT32_MAX: none yet */
	enum proto proto;
	bool limit;                     /* the best is a regular expression that ran into its limits */
	struct source_bits *bits;       /* NULL: few sources */
	struct who_bits *who;
	uint32_t sources;               /* then: the last looked at, and what came out */
	bool source_fits;
	const struct regex *regex;      /* likewise */
	enum regex_result regex_result;
};

static void scan_start(struct scan *s, const struct policy *p, const struct ask *ask,
		       struct source_bits *bits, struct who_bits *who)
{
	*s = (struct scan){ .p = p, .ask = ask, .best = UINT32_MAX, .audit = UINT32_MAX, .who = who };
	bits->known = who->known = false;
	if (p->n_sources > SOURCES_FEW && p->n_sources <= SOURCES_BITS)
		s->bits = bits;
}

static void find_sources(const struct scan *s)
{
	struct nettree_list lists[NETTREE_LISTS_MAX];
	size_t n = nettree_find(s->p->source_tree, &s->ask->source, lists);

	memset(s->bits->words, 0, (s->p->n_sources + 63) / 64 * sizeof(uint64_t));
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < lists[i].n; k++)
			s->bits->words[lists[i].values[k] / 64] |= (uint64_t)1 << lists[i].values[k] % 64;
	s->bits->known = true;
}

static bool source_fits(struct scan *s, uint32_t sources)
{
	if (sources == 0)
		return true;
	if (s->bits) {
		if (!s->bits->known)
			find_sources(s);
		return s->bits->words[sources / 64] >> sources % 64 & 1;
	}
	if (s->sources != sources) {
		s->sources = sources;
		s->source_fits = netset_has(s->p->sources[sources], &s->ask->source);
	}
	return s->source_fits;
}

static void note_who(void *arg, uint32_t who, enum who_kind kind)
{
	struct who_bits *bits = arg;

	bits->met[who] = (uint8_t)(bits->met[who] | kind);
}

static unsigned met_of(const struct scan *s, uint32_t who)
{
	const struct whos *w = s->p->whos;

	if (s->ask->identity.kind == IDENTITY_NONE && s->ask->user.n == 0)
		return 0;
	if (whos_n(w) > WHO_SETS)
		return whos_met(w, who, s->ask);
	if (!s->who->known) {
		memset(s->who->met, 0, whos_n(w));
		whos_each(w, s->ask, note_who, s->who);
		s->who->known = true;
	}
	return s->who->met[who];
}

static bool who_fits(const struct scan *s, const struct compiled_rule *r)
{
	return whos_lacking(s->p->whos, r->who, met_of(s, r->who), s->ask, r->pub.action == ACTION_ALLOW) == 0;
}

/* The protocol by which the clause takes the question, its name aside; 0: it does not. */
static enum proto clause_takes(struct scan *s, uint32_t rank)
{
	const struct clause *c = &s->p->clauses[rank];
	const struct compiled_rule *r = clause_rule(s->p, c);
	uint32_t sources = s->p->clause_sources[rank];
	enum proto proto;

	if (!source_fits(s, sources & ~SOURCES_WHO))
		return 0;
	proto = clause_proto(s->p, c, s->ask);
	if (!proto || rule_is_over(r, s->ask->now_ms))
		return 0;
	return (sources & SOURCES_WHO) && !who_fits(s, r) ? 0 : proto;
}

static const struct rule *rule_at(const struct policy *p, uint32_t rank)
{
	return &clause_rule(p, &p->clauses[rank])->pub;
}

/* Whether the name matches a candidate; run only once something else depends on it. */
static bool candidate_matches(struct scan *s, const struct index_hit *hit)
{
	if (hit->kind == PATTERN_GLOB)
		return glob_match(hit->pattern, s->ask->name);
	if (hit->kind != PATTERN_REGEX)
		return true;
	if (s->regex != hit->regex) {
		s->regex = hit->regex;
		s->regex_result = regex_match(hit->regex, s->ask->name);
	}
	return s->regex_result != REGEX_NO;
}

static bool on_hit(void *arg, const struct index_hit *hit)
{
	struct scan *s = arg;
	bool matches = false;

	for (size_t i = 0; i < hit->n; i++) {
		uint32_t rank = hit->ranks[i];
		enum proto proto;

		if (rank >= s->best)
			return false;
		proto = clause_takes(s, rank);
		if (!proto)
			continue;
		if (!matches && !candidate_matches(s, hit))
			return true;
		matches = true;
		if (rule_at(s->p, rank)->action == ACTION_AUDIT) {
			s->audit = rank < s->audit ? rank : s->audit;
			continue;
		}
		s->best = rank;
		s->proto = proto;
		s->limit = hit->kind == PATTERN_REGEX && s->regex_result == REGEX_LIMIT;
	}
	return true;
}

static void conclude(const struct scan *s, struct verdict *v)
{
	*v = (struct verdict){ .action = ACTION_DENY, .why = WHY_NO_RULE, .rank = s->best };
	if (s->audit < s->best)
		v->would_deny = rule_at(s->p, s->audit);
	if (s->best == UINT32_MAX) {
		if (s->p->default_audit) {
			v->action = ACTION_ALLOW;
			v->why = WHY_DEFAULT_AUDIT;
			v->would_deny_no_rule = true;
		}
		return;
	}
	v->rule = rule_at(s->p, s->best);
	v->why = s->limit ? WHY_REGEX_LIMIT : WHY_RULE;
	v->action = s->limit ? ACTION_DENY : v->rule->action;
	v->proto = s->proto;
	v->by_address = s->ask->name.n == 0;
}

void policy_decide(const struct policy *p, const struct ask *ask, struct verdict *out)
{
	struct source_bits bits;
	struct who_bits who;
	struct scan s;

	scan_start(&s, p, ask, &bits, &who);
	if (ask->name.n)
		index_walk_name(p->index, ask->name, on_hit, &s);
	else
		index_walk_address(p->index, &ask->ip, on_hit, &s);
	conclude(&s, out);
}

/* ---- guard ---------------------------------------------------------------------------------- */

static bool is_own_port(const struct policy *p, uint16_t port)
{
	for (size_t i = 0; i < p->n_own_ports; i++)
		if (p->own_ports[i] == port)
			return true;
	return false;
}

static bool is_unspecified(const struct ip *ip)
{
	static const struct ip zero;

	return memcmp(ip->b, zero.b, sizeof(zero.b)) == 0;
}

static bool is_own(const struct policy *p, const struct ip *ip, enum guard_class class)
{
	return class == GUARD_CLASS_LOOPBACK || is_unspecified(ip) || policy_is_local(p, ip);
}

static bool allowance_opens(const struct allowance *a, enum guard_class class, const struct ip *ip)
{
	return a && netset_has(class == GUARD_CLASS_LOOPBACK ? a->loopback : a->any, ip);
}

/* An address that hides another (NAT64, 6to4, ...) is opened by a prefix that holds either. */
static bool is_opened(const struct policy *p, const struct verdict *v, enum guard_class class,
		      const struct ip *ip, const struct ip *inner)
{
	const struct compiled_rule *r = NULL;

	if (v->rule)            /* `pub` is the first member */
		r = (const struct compiled_rule *)(const void *)v->rule;
	for (int i = 0; i < 2; i++, ip = inner)
		if (ip->family && (allowance_opens(&p->allow, class, ip) ||
				   allowance_opens(r ? r->allow : NULL, class, ip)))
			return true;
	return false;
}

struct denial {
	struct scan scan;
	bool found;
};

static bool on_denial(void *arg, const struct index_hit *hit)
{
	struct denial *d = arg;

	for (size_t i = 0; i < hit->n && hit->ranks[i] < d->scan.best && !d->found; i++)
		d->found = rule_at(d->scan.p, hit->ranks[i])->action == ACTION_DENY &&
			   clause_takes(&d->scan, hit->ranks[i]);
	return true;
}

/* Whether an address entry of a deny collection, ranked before the verdict, takes this address out. */
static bool is_denied(const struct policy *p, const struct ask *ask, const struct verdict *v,
		      const struct ip *ip, const struct ip *inner)
{
	struct ask by_address = *ask;
	struct source_bits bits;
	struct who_bits who;
	struct denial d = { .found = false };

	if (v->proto)
		by_address.protos = v->proto;
	scan_start(&d.scan, p, &by_address, &bits, &who);
	d.scan.best = v->rank;
	index_walk_address(p->index, ip, on_denial, &d);
	if (inner->family && !d.found)
		index_walk_address(p->index, inner, on_denial, &d);
	return d.found;
}

enum guard_verdict policy_guard(const struct policy *p, const struct ask *ask, const struct verdict *v,
				const struct endpoint *to)
{
	const struct ip ip = ip_unmapped(&to->ip), inner = guard_inner(&ip);
	enum guard_class class = guard_classify(&ip);

	if (is_own_port(p, to->port) &&
	    (is_own(p, &ip, class) || (inner.family && is_own(p, &inner, class))))
		return GUARD_OWN;
	if (class == GUARD_CLASS_PLATFORM)
		return GUARD_PLATFORM;
	if (class == GUARD_CLASS_NEVER)
		return GUARD_NEVER;
	if (class != GUARD_CLASS_PUBLIC && !is_opened(p, v, class, &ip, &inner))
		return class == GUARD_CLASS_LOOPBACK ? GUARD_LOOPBACK : GUARD_PRIVATE;
	if (!v->by_address && is_denied(p, ask, v, &ip, &inner))
		return GUARD_DENIED;
	return GUARD_PASS;
}
