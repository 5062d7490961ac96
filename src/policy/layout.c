/*
 * layout -- what a policy is asked most, laid out for that when all rules are read: the sources of each clause, the
 * tree of all sources, every prefix of them once, and the protocols of each port.
 */
#include "policy/compiled.h"

#include <stdlib.h>

static int compare_prefixes(const void *left, const void *right)
{
	const struct prefix *a = left, *b = right;
	int order = ip_cmp(&a->addr, &b->addr);

	return order ? order : (int)a->bits - (int)b->bits;
}

/* Every prefix of every `from`, each once, for those who must know the clients in advance. */
static void keep_prefixes(struct policy *p, const struct nettree_item *items, size_t n_items)
{
	struct prefix *all = arena_alloc(p->arena, (n_items + 1) * sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < n_items; i++)
		all[i] = items[i].prefix;
	if (n_items)
		qsort(all, n_items, sizeof(*all), compare_prefixes);
	for (size_t i = 0; i < n_items; i++)
		if (n == 0 || compare_prefixes(&all[n - 1], &all[i]) != 0)
			all[n++] = all[i];
	p->source_prefixes = all;
	p->n_source_prefixes = n;
	for (size_t i = 0; i < p->n_rules; i++)
		p->has_any_source |= p->rules[i].sources == 0;
}

/* Which protocols stand on each port; a set of ports that many clauses share is looked at once. */
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

/* What decide() reads first, laid out for it. */
void policy_lay_out(struct policy *p, const struct nettree_item *items, size_t n_items)
{
	p->clause_sources = xcalloc(p->n_clauses, sizeof(*p->clause_sources));
	for (size_t i = 0; i < p->n_clauses; i++) {
		const struct compiled_rule *r = clause_rule(p, &p->clauses[i]);

		p->clause_sources[i] = r->sources | (r->who ? SOURCES_WHO : 0);
	}
	keep_prefixes(p, items, n_items);
	collect_ports(p);
	p->source_tree = nettree_build(p->arena, items, n_items);
}
