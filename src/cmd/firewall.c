/*
 * firewall -- prints the packet filter that belongs to a configuration with transparent listeners.
 * It never applies it: a person reads it, and `nft -f` loads it.  Redirecting alone would be a bypass: what is
 * not TCP would go on past the proxy, so all else is dropped on its way through this host.
 */
#include "cmd/cmd.h"

#include <stdio.h>

static const char help[] =
	"Usage: sekisho firewall nft [-c FILE] [--set NAME=VALUE]...\n"
	"Prints an nftables ruleset for the transparent listeners of a configuration, and for the clients\n"
	"that its rules name in \"from\", for nft(8) to load. Changes nothing itself.\n\n"
	"  -c, --config FILE   the main configuration (" DEFAULT_CONF ")\n"
	"      --set NAME=VAL  gives a parameter a value; wins over \"param\" in the files\n"
	"  -h, --help          this text\n\n"
	"Exit code: 0 when it was printed, 1 when the configuration has no transparent listener or cannot be\n"
	"loaded, 2 for a wrong call.\n";

enum { MARK = 0x5e15, TABLE = 24085 };  /* of the route that leads marked packets to TPROXY listeners */

struct plan {
	const struct listen_setting *listen[2];         /* IPv4, IPv6; or NULL */
	const struct prefix *clients;
	size_t n_clients;
	bool any;
	const struct policy *policy;
	bool udp;                       /* some rule has udp ports */
};

static bool is_address(const struct ip *ip, uint8_t first4, bool zero6)
{
	static const uint8_t loopback6[16] = { [15] = 1 }, any6[16];

	return ip->family == 4 ? ip->b[0] == first4 : memcmp(ip->b, zero6 ? any6 : loopback6, 16) == 0;
}

static bool is_wildcard(const struct ip *ip)
{
	return is_address(ip, 0, true);
}

static bool is_loopback(const struct ip *ip)
{
	return is_address(ip, 127, false);
}

/* The first transparent listener of each family; REDIRECT and TPROXY do not mix. */
static bool choose_listeners(const struct settings *set, struct plan *p)
{
	for (size_t i = 0; i < set->n_listens; i++) {
		const struct listen_setting *l = &set->listens[i];
		const struct listen_setting **slot = &p->listen[l->at.ip.family == 6];

		if (l->mode != LISTEN_TRANSPARENT)
			continue;
		if (!l->tproxy && is_loopback(&l->at.ip)) {
			fprintf(stderr, "%s:%u:%u: error: nothing can be redirected to a loopback address; listen on "
				"0.0.0.0, on [::], or with tproxy\n", l->place.file, l->place.line, l->place.col);
			return false;
		}
		if (!*slot)
			*slot = l;
	}
	if (!p->listen[0] && !p->listen[1]) {
		fprintf(stderr, "sekisho: error: no \"listen transparent\" in the configuration\n");
		return false;
	}
	return true;
}

/* ---- the ruleset -------------------------------------------------------------------------------- */

static void print_head(const struct plan *p, const char *path)
{
	printf("#!/usr/sbin/nft -f\n"
	       "# Made by \"sekisho firewall nft -c %s\". Make it again when listeners or the clients in\n"
	       "# \"from\" change. All TCP of the clients goes to the transparent listener, nothing else passes this\n"
	       "# host. The proxy's own connections leave by the output hook, which no chain here looks at.\n"
	       "#\n"
	       "# IP forwarding must be on (in Azure on the network interface too), so that what is refused here is\n"
	       "# refused with a word and not lost:\n"
	       "#     sysctl -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1\n", path);
	for (int i = 0; i < 2; i++)
		if (p->listen[i] && p->listen[i]->tproxy)
			printf("# TPROXY wants marked packets delivered to this host:\n"
			       "#     ip %srule add fwmark 0x%x lookup %d\n"
			       "#     ip %sroute add local default dev lo table %d\n",
			       i ? "-6 " : "", (unsigned)MARK, TABLE, i ? "-6 " : "", TABLE);
	if (p->udp && !(p->listen[0] && p->listen[0]->tproxy) && !(p->listen[1] && p->listen[1]->tproxy))
		printf("# Some rule has udp ports. Only TPROXY can relay them; with redirection they are dropped.\n");
	if (p->any)
		printf("# Some rule is \"from any\", or has no address in its \"from\": every source is a client.\n");
	printf("\ntable inet sekisho\ndelete table inet sekisho\n\ntable inet sekisho {\n");
}

static void print_set(const struct plan *p, int six)
{
	char text[PREFIX_TEXT_MAX];
	bool first = true;

	printf("\tset clients%d {\n\t\ttype ipv%d_addr\n\t\tflags interval\n\t\tauto-merge\n", six ? 6 : 4, six ? 6 : 4);
	for (size_t i = 0; i < p->n_clients && !p->any; i++) {
		if ((p->clients[i].addr.family == 6) != six)
			continue;
		prefix_format(&p->clients[i], text);
		printf("%s%s", first ? "\t\telements = { " : ", ", text);
		first = false;
	}
	if (p->any)
		printf("\t\telements = { %s", six ? "::/0" : "0.0.0.0/0");
	printf("%s\t}\n\n", first && !p->any ? "" : " }\n");
}

/* The ports that some rule opens for udp, as an nftables set: "123, 1194-1200". False when there are none. */
static bool print_udp_ports(const struct policy *p, bool quiet)
{
	bool first = true;

	for (unsigned port = 1, end; port <= UINT16_MAX; port = end + 1) {
		end = port;
		if (!(policy_port_protos(p, (uint16_t)port) & PROTO_UDP))
			continue;
		while (end < UINT16_MAX && policy_port_protos(p, (uint16_t)(end + 1)) & PROTO_UDP)
			end++;
		if (!quiet)
			printf(end > port ? "%s%u-%u" : "%s%u", first ? "" : ", ", port, end);
		first = false;
	}
	return !first;
}

static void print_match(const struct plan *p, int six, bool udp)
{
	printf("\t\t%s saddr @clients%d ", six ? "ip6" : "ip", six ? 6 : 4);
	if (!udp) {
		printf("meta l4proto tcp ");
		return;
	}
	printf("udp dport { ");
	print_udp_ports(p->policy, false);
	printf(" } ");
}

static void print_catch(const struct plan *p, int six, bool udp)
{
	const struct listen_setting *l = p->listen[six];
	const char *family = six ? "ip6" : "ip";
	char text[ENDPOINT_TEXT_MAX];

	print_match(p, six, udp);
	endpoint_format(&l->at, text);
	if (l->tproxy && is_wildcard(&l->at.ip))
		printf("tproxy %s to :%u meta mark set 0x%x accept\n", family, l->at.port, (unsigned)MARK);
	else if (l->tproxy)
		printf("tproxy %s to %s meta mark set 0x%x accept\n", family, text, (unsigned)MARK);
	else if (is_wildcard(&l->at.ip))
		printf("redirect to :%u\n", l->at.port);
	else
		printf("dnat %s to %s\n", family, text);
}

/* The two ways differ in the hook that they need; a configuration may use one for each family. */
static void print_prerouting(const struct plan *p, bool tproxy)
{
	bool used = false;

	for (int i = 0; i < 2; i++)
		used |= p->listen[i] && p->listen[i]->tproxy == tproxy;
	if (!used)
		return;
	printf("\tchain %s {\n\t\ttype %s hook prerouting priority %s; policy accept;\n",
	       tproxy ? "catch_tproxy" : "catch_redirect", tproxy ? "filter" : "nat", tproxy ? "mangle" : "dstnat");
	printf("\t\t# to this host itself, and to Azure's platform: left alone\n"
	       "\t\tfib daddr type { local, broadcast, multicast } return\n"
	       "\t\tip daddr { 168.63.129.16, 169.254.169.254 } return\n");
	if (tproxy)
		printf("\t\tmeta l4proto { tcp, udp } socket transparent 1 meta mark set 0x%x accept\n", (unsigned)MARK);
	for (int i = 0; i < 2; i++)
		if (p->listen[i] && p->listen[i]->tproxy == tproxy) {
			print_catch(p, i, false);
			if (tproxy && p->udp)
				print_catch(p, i, true);
		}
	printf("\t}\n\n");
}

static void print_forward(void)
{
	printf("\tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n"
	       "\t\t# QUIC is told at once that it cannot pass, and falls back to TCP\n"
	       "\t\tip saddr @clients4 udp dport 443 reject with icmp type port-unreachable\n"
	       "\t\tip6 saddr @clients6 udp dport 443 reject with icmpv6 type port-unreachable\n"
	       "\t\t# everything else, IPv6 too, is dropped by the policy of this chain\n\t}\n}\n");
}

static int print_ruleset(const struct common_options *o)
{
	struct generation *gen = load_generation(o);
	struct plan p = { .n_clients = 0 };
	bool ok = gen && choose_listeners(&gen->settings, &p);

	if (ok) {
		p.policy = gen->policy;
		p.udp = print_udp_ports(gen->policy, true);
		p.n_clients = policy_sources(gen->policy, &p.clients, &p.any);
		print_head(&p, o->conf_path);
		print_set(&p, 0);
		print_set(&p, 1);
		print_prerouting(&p, false);
		print_prerouting(&p, true);
		print_forward();
	}
	generation_unref(gen);
	return ok ? EXIT_YES : EXIT_NO;
}

int cmd_firewall(int argc, char **argv)
{
	static const struct option options[] = { COMMON_LONG, { 0 } };
	struct common_options o = { .conf_path = DEFAULT_CONF };
	bool nft = argc > 1 && strcmp(argv[1], "nft") == 0;
	int option;

	optind = nft ? 2 : 1;
	while ((option = getopt_long(argc, argv, COMMON_SHORT, options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_YES;
		}
		if (!common_take(&o, option, optarg))
			return EXIT_USAGE;
	}
	if (!nft && optind < argc && strcmp(argv[optind], "nft") == 0) {
		nft = true;
		optind++;
	}
	if (!nft)
		return usage_error("firewall", optind < argc ? "unknown kind \"%s\"; expected nft" : "nft is missing%s",
				   optind < argc ? argv[optind] : "");
	if (optind < argc)
		return usage_error("firewall", "unexpected argument \"%s\"", argv[optind]);
	return print_ruleset(&o);
}
