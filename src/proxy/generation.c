#include "proxy/generation.h"

#include "base/clock.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOCALS_MAX = 1024 };

static _Atomic bool was_freed;

struct locals {
	struct ip ips[LOCALS_MAX];
	size_t n;
};

/* Every address of this host, so that the guard knows the proxy's own listeners under all of them. */
static void collect_locals(struct locals *out)
{
	struct ifaddrs *list, *i;

	out->n = 0;
	if (getifaddrs(&list) != 0)
		return;
	for (i = list; i && out->n < LOCALS_MAX; i = i->ifa_next) {
		struct sockaddr_storage sa = { 0 };

		if (!i->ifa_addr)
			continue;
		if (i->ifa_addr->sa_family == AF_INET)
			memcpy(&sa, i->ifa_addr, sizeof(struct sockaddr_in));
		else if (i->ifa_addr->sa_family == AF_INET6)
			memcpy(&sa, i->ifa_addr, sizeof(struct sockaddr_in6));
		else
			continue;
		out->ips[out->n++] = endpoint_from_sockaddr(&sa).ip;
	}
	freeifaddrs(list);
}

/* Connecting a datagram socket sends nothing, but asks the routing table. */
static bool has_global_ipv6(void)
{
	const struct endpoint world = { .ip = { .family = 6, .b = { 0x20, 0x00, [15] = 1 } }, .port = 443 };
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(&world, &sa);
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool routed = fd >= 0 && connect(fd, (struct sockaddr *)&sa, len) == 0;

	if (fd >= 0)
		close(fd);
	return routed;
}

static int build_policy(struct generation *g, struct diag_list *why)
{
	struct policy *policy = NULL;
	struct locals *locals = xmalloc(sizeof(*locals));
	uint16_t ports[SETTINGS_LISTENS_MAX + 1];
	size_t n_ports = 0, errors = why->errors;
	int err;

	for (size_t i = 0; i < g->settings.n_listens; i++)
		ports[n_ports++] = g->settings.listens[i].at.port;
	if (g->settings.admin.ip.family)
		ports[n_ports++] = g->settings.admin.port;
	collect_locals(locals);
	settings_check_loops(&g->settings, locals->ips, locals->n, why);
	err = policy_build(&policy, g->conf, &(struct policy_env){
		.now_ms = clock_wall_ms(), .locals = locals->ips, .n_locals = locals->n,
		.own_ports = ports, .n_own_ports = n_ports }, why);
	free(locals);
	g->policy = policy;
	return why->errors > errors ? -EINVAL : err;
}

/* The files of every TLS listener, and of what clients must show. */
static int load_fronts(struct generation *g, struct diag_list *why)
{
	struct client_trust *trust = NULL;
	size_t errors = why->errors;

	client_trust_load(&trust, &g->settings.clients, why);
	for (size_t i = 0; i < g->settings.n_listens; i++) {
		const struct listen_setting *l = &g->settings.listens[i];

		if (l->tls)
			front_load(&g->fronts[i], &(struct front_config){ .pairs = l->pairs, .n_pairs = l->n_pairs,
									   .trust = trust }, why);
	}
	client_trust_free(trust);
	return why->errors > errors ? -EINVAL : 0;
}

const struct front *generation_front(const struct generation *g, const struct endpoint *at)
{
	const struct listen_setting *l = settings_listen(&g->settings, at);

	return l ? g->fronts[l - g->settings.listens] : NULL;
}

static int read_users(struct generation *g, struct diag_list *why)
{
	const struct conf_node *n = conf_find(conf_first(g->conf), "auth-users");
	size_t errors = why->errors;

	if (!n)
		return 0;
	users_check_mode(n->content_file, n->words[1].at, why);
	users_read(&g->users, n->content, n->content_file, why);
	return why->errors > errors ? -EINVAL : 0;
}

/* Whom origins are verified by. */
static int load_trust(struct generation *g, struct diag_list *why)
{
	struct policy_counts n;

	policy_count(g->policy, &n);
	return trust_load(&g->trust, g->conf, n.verified > 0, why);
}

int generation_load(struct generation **out, const char *path, const struct conf_options *opt,
		    uint64_t id, struct diag_list *why)
{
	struct generation *g = xcalloc(1, sizeof(*g));
	int settings_err, users_err, policy_err, fronts_err, trust_err;

	*out = NULL;
	atomic_init(&g->refs, 1);
	g->id = id;
	if (conf_load(&g->conf, path, opt, why) != 0) {
		generation_unref(g);
		return -EINVAL;
	}
	settings_err = settings_read(&g->settings, g->conf, why);
	users_err = read_users(g, why);
	policy_err = build_policy(g, why);
	fronts_err = settings_err ? 0 : load_fronts(g, why);
	trust_err = policy_err ? 0 : load_trust(g, why);
	if (settings_err || users_err || policy_err || fronts_err || trust_err) {
		generation_unref(g);
		return -EINVAL;
	}
	g->ipv6 = g->settings.ipv6 == IPV6_ON || (g->settings.ipv6 == IPV6_AUTO && has_global_ipv6());
	*out = g;
	return 0;
}

struct generation *generation_ref(struct generation *g)
{
	atomic_fetch_add_explicit(&g->refs, 1, memory_order_relaxed);
	return g;
}

void generation_unref(struct generation *g)
{
	if (!g || atomic_fetch_sub_explicit(&g->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < g->settings.n_listens; i++)
		front_free(g->fronts[i]);
	policy_unref(g->policy);
	users_free(g->users);
	trust_unref(g->trust);
	conf_free(g->conf);
	free(g);
	atomic_store_explicit(&was_freed, true, memory_order_relaxed);
}

bool generation_was_freed(void)
{
	return atomic_exchange_explicit(&was_freed, false, memory_order_relaxed);
}
