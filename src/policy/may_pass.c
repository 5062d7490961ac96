/*
 * may_pass -- questions of the DNS listener to a policy: does it know this client, and could it ever let this
 * client reach that name or address, whatever the port?
 *
 * A clause that allows may still be of no use, when clauses before it deny all of its ports. The lowest port that
 * no denied range covers is either where the clause's own range begins or right behind the end of a denied one:
 * so these few ports are decided one by one, by decide() itself.
 *
 * Who asks by DNS shows no identity and no user. A rule that wants one counts as reachable when it allows, and as not
 * there when it denies: the answer opens nothing by itself, and the request that follows is decided by what it shows.
 */
#include "policy/compiled.h"

enum { ENDS_MAX = 64 };

struct search {
	const struct policy *p;
	struct ask ask;
	struct verdict *out;
	bool found, many;
	size_t n_ends;
	uint16_t ends[ENDS_MAX];        /* of ranges that matching clauses deny */
	void (*look_at)(struct search *s, const struct clause *c);
};

bool policy_knows_source(const struct policy *p, const struct ip *source)
{
	struct nettree_list lists[NETTREE_LISTS_MAX];

	return p->default_audit || p->has_any_source || nettree_find(p->source_tree, source, lists) > 0;
}

bool policy_has_addresses_for(const struct policy *p, const struct ip *source, int64_t now_ms)
{
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct compiled_rule *r = &p->rules[i];

		if (r->has_addresses && r->pub.action == ACTION_ALLOW && !rule_is_over(r, now_ms) &&
		    rule_has_source(p, r, source))
			return true;
	}
	return false;
}

static bool decides_allow(struct search *s, const struct port_range *r, uint16_t port)
{
	s->ask.port = port;
	/* TLS asks for both words, and the first rule with either decides. */
	s->ask.protos = r->proto == PROTO_HTTPS ? PROTO_HTTPS | PROTO_TCP : r->proto;
	policy_decide(s->p, &s->ask, s->out);
	return s->out->action == ACTION_ALLOW;
}

static bool range_has_open_port(struct search *s, const struct port_range *r)
{
	if (decides_allow(s, r, r->lo))
		return true;
	for (size_t i = 0; i < s->n_ends; i++)
		if (s->ends[i] >= r->lo && s->ends[i] < r->hi &&
		    decides_allow(s, r, (uint16_t)(s->ends[i] + 1)))
			return true;
	return s->many;                 /* too many to look at: a DNS answer opens nothing by itself */
}

static void note_ends(struct search *s, const struct clause *c)
{
	const struct port_set *ports = &s->p->ports[c->ports];

	if (clause_rule(s->p, c)->pub.action != ACTION_DENY)
		return;
	for (size_t i = 0; i < ports->n; i++) {
		if (s->n_ends < ENDS_MAX)
			s->ends[s->n_ends++] = ports->ranges[i].hi;
		else
			s->many = true;
	}
}

static void try_clause(struct search *s, const struct clause *c)
{
	const struct port_set *ports = &s->p->ports[c->ports];

	if (clause_rule(s->p, c)->pub.action != ACTION_ALLOW)
		return;
	for (size_t i = 0; i < ports->n && !s->found; i++)
		s->found = range_has_open_port(s, &ports->ranges[i]);
}

/* A regular expression that runs into its limits counts as a match, and decide() then says no. */
static bool is_match(const struct search *s, const struct index_hit *hit)
{
	if (hit->kind == PATTERN_GLOB)
		return glob_match(hit->pattern, s->ask.name);
	return hit->kind != PATTERN_REGEX || regex_match(hit->regex, s->ask.name) != REGEX_NO;
}

static bool on_hit(void *arg, const struct index_hit *hit)
{
	struct search *s = arg;
	bool matches = false;

	for (size_t i = 0; i < hit->n && !s->found; i++) {
		const struct clause *c = &s->p->clauses[hit->ranks[i]];
		const struct compiled_rule *r = clause_rule(s->p, c);

		if (rule_is_over(r, s->ask.now_ms) || !rule_has_source(s->p, r, &s->ask.source))
			continue;
		if (!matches && !is_match(s, hit))
			return true;
		matches = true;
		s->look_at(s, c);
	}
	return !s->found;
}

static void walk(struct search *s, void (*look_at)(struct search *, const struct clause *))
{
	s->look_at = look_at;
	if (s->ask.name.n)
		index_walk_name(s->p->index, s->ask.name, on_hit, s);
	else
		index_walk_address(s->p->index, &s->ask.ip, on_hit, s);
}

/* With `default audit` everything may pass but what is denied on every port: that is not looked for. */
static bool may_pass(struct search *s)
{
	*s->out = (struct verdict){ .action = ACTION_DENY, .why = WHY_NO_RULE };
	walk(s, note_ends);
	walk(s, try_clause);
	if (!s->found && s->p->default_audit) {
		s->found = true;
		*s->out = (struct verdict){ .action = ACTION_ALLOW, .why = WHY_DEFAULT_AUDIT,
					    .would_deny_no_rule = true };
	}
	return s->found;
}

bool policy_name_may_pass(const struct policy *p, const struct ip *source, struct sv name, int64_t now_ms,
			  struct verdict *out)
{
	struct search s = { .p = p, .out = out, .ask = { .source = *source, .name = name, .now_ms = now_ms,
							  .anybody = true } };

	return may_pass(&s);
}

bool policy_address_may_pass(const struct policy *p, const struct ip *source, const struct ip *to, int64_t now_ms,
			     struct verdict *out)
{
	struct search s = { .p = p, .out = out, .ask = { .source = *source, .ip = *to, .now_ms = now_ms,
							  .anybody = true } };

	return may_pass(&s);
}
