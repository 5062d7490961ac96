/*
 * clients -- what listeners want to know of the policy before there is a question: whom it speaks of, what it has on a
 * port, and which addresses are this host's.
 */
#include "policy/compiled.h"

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

bool policy_has_users(const struct policy *p)
{
	return p->counts.users > 0;
}

bool policy_has_identities(const struct policy *p)
{
	return p->counts.identities > 0;
}
