/*
 * system_servers -- the DNS servers that this host is set up with.
 * Reads files, so it belongs to the start of the program and never onto an event loop.
 */
#include "dns/resolver.h"
#include "dns/upstream.h"

#include <ares.h>

static bool read_node(struct endpoint *out, const struct ares_addr_port_node *node)
{
	*out = (struct endpoint){ .port = node->udp_port ? (uint16_t)node->udp_port : 53 };
	if (node->family != AF_INET && node->family != AF_INET6)
		return false;
	out->ip.family = node->family == AF_INET ? 4 : 6;
	memcpy(out->ip.b, &node->addr, node->family == AF_INET ? 4 : 16);
	return true;
}

size_t resolver_system_servers(struct endpoint out[RESOLVER_SERVERS_MAX])
{
	struct ares_options opt = { .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES };
	struct ares_addr_port_node *nodes = NULL;
	ares_channel ares;
	size_t n = 0;

	upstream_init_library();
	if (ares_init_options(&ares, &opt, ARES_OPT_FLAGS) != ARES_SUCCESS)
		return 0;
	if (ares_get_servers_ports(ares, &nodes) == ARES_SUCCESS) {
		for (struct ares_addr_port_node *at = nodes; at && n < RESOLVER_SERVERS_MAX; at = at->next)
			if (read_node(&out[n], at))
				n++;
		ares_free_data(nodes);
	}
	ares_destroy(ares);
	return n;
}
