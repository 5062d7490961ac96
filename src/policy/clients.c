/*
 * Sources and ports, laid out once all rules are there: for decide(), which reads them first, and for listeners, which
 * want to know before there is a question whom the policy speaks of and what it has on a port.
 */
#include "policy/compiled.h"

#include <stdlib.h>

static int compare_prefixes(const void *left, const void *right)
{
	const struct prefix *a = left, *b = right;
	int order = ip_cmp(&a->addr, &b->addr);

	return order ? order : (int)a->bits - (int)b->bits;
}

static void keep_prefixes(struct policy *p, const struct nettree_item *items, size_t n)
{
	struct prefix *all = arena_alloc(p->arena, (n + 1) * sizeof(*all));
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		all[i] = items[i].prefix;
	if (n)
		qsort(all, n, sizeof(*all), compare_prefixes);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || compare_prefixes(&all[kept - 1], &all[i]) != 0)
			all[kept++] = all[i];
	p->source_prefixes = all;
	p->n_source_prefixes = kept;
	for (size_t i = 0; i < p->n_rules; i++)
		p->has_any_source |= p->rules[i].sources == 0;
}

/* A set of ports that many clauses share is looked at once. */
static void collect_ports(struct policy *p)
{
	p->port_protos = xcalloc(UINT16_MAX + 1, 1);
	for (size_t i = 0; i < p->n_ports; i++)
		for (size_t k = 0; k < p->ports[i].n; k++) {
			const struct port_range *r = &p->ports[i].ranges[k];

			for (unsigned port = r->lo; port <= r->hi; port++)
				p->port_protos[port] |= r->proto;
		}
}

void policy_lay_out_sources(struct policy *p, const struct nettree_item *items, size_t n)
{
	p->clause_sources = xcalloc(p->n_clauses, sizeof(*p->clause_sources));
	for (size_t i = 0; i < p->n_clauses; i++)
		p->clause_sources[i] = p->rules[p->clauses[i].rule].sources;
	p->source_tree = nettree_build(p->arena, items, n);
	keep_prefixes(p, items, n);
	collect_ports(p);
}

unsigned policy_port_protos(const struct policy *p, uint16_t port)
{
	return p->default_audit ? PROTO_HTTPS | PROTO_HTTP | PROTO_TCP | PROTO_UDP : p->port_protos[port];
}

size_t policy_sources(const struct policy *p, const struct prefix **out, bool *any)
{
	*out = p->source_prefixes;
	*any = p->has_any_source;
	return p->n_source_prefixes;
}

bool policy_is_local(const struct policy *p, const struct ip *ip)
{
	for (size_t i = 0; i < p->n_locals; i++)
		if (ip_eq(&p->locals[i], ip))
			return true;
	return false;
}
