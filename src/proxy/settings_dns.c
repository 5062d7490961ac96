/*
 * settings_dns -- the settings of the DNS listener, of zones with servers of their own, and of learned names.
 */
#include "policy/name.h"
#include "proxy/settings.h"

static struct sv word(const struct conf_node *n, size_t arg)
{
	return arg < n->n_words ? n->words[arg].text : (struct sv){ NULL, 0 };
}

/* A name in lower case. */
static bool read_name(struct dns_name *out, struct sv text)
{
	struct fqdn f;

	return fqdn_parse(&f, text) == NAME_OK && dns_name_from_text(out, fqdn_sv(&f));
}

static struct dns_exempt *new_exempt(struct settings *s, struct place at, struct diag_list *why)
{
	if (s->dns.n_exempt == SETTINGS_EXEMPT_MAX) {
		diag_error(why, at, "more than %d names in dns-allow and dns-zone", SETTINGS_EXEMPT_MAX);
		return NULL;
	}
	return &s->exempt[s->dns.n_exempt];
}

/* "a.test", "*.a.test" and ".a.test" mean what they mean in a rule. */
static void read_allowed(struct settings *s, const struct conf_word *w, struct diag_list *why)
{
	struct dns_exempt *e = new_exempt(s, w->at, why);
	bool below = sv_starts_with(w->text, SV("*.")), tree = sv_starts_with(w->text, SV("."));

	if (!e)
		return;
	*e = (struct dns_exempt){ .match = below ? DNS_MATCH_BELOW : tree ? DNS_MATCH_TREE : DNS_MATCH_NAME };
	if (read_name(&e->name, sv_slice(w->text, below ? 2 : tree ? 1 : 0, w->text.n)))
		s->dns.n_exempt++;
	else
		diag_error(why, w->at, "\"%.*s\" is not a name; write a.example, *.a.example or .a.example",
			   SV_ARG(w->text));
}

static void read_forward(struct settings *s, const struct conf_node *n, const struct dns_name *suffix,
			 struct diag_list *why)
{
	struct resolver_zone *z = &s->zones[s->resolver.n_zones];

	if (s->resolver.n_zones == RESOLVER_ZONES_MAX) {
		diag_error(why, conf_place(n), "more than %d zones with servers of their own", RESOLVER_ZONES_MAX);
		return;
	}
	z->suffix = *suffix;
	for (size_t i = 3; i < n->n_words; i++) {
		if (z->n_servers == RESOLVER_SERVERS_MAX)
			diag_error(why, n->words[i].at, "more than %d servers", RESOLVER_SERVERS_MAX);
		else if (!endpoint_parse(&z->servers[z->n_servers], word(n, i), 53))
			diag_error(why, n->words[i].at,
				   "\"%.*s\" is not an address; write 192.0.2.1, 192.0.2.1:53 or [2001:db8::1]:53",
				   SV_ARG(word(n, i)));
		else
			z->n_servers++;
	}
	if (z->n_servers)
		s->resolver.n_zones++;
	else
		diag_error(why, conf_place(n), "forward without a server; add its address");
}

static void read_zone(struct settings *s, const struct conf_node *n, struct diag_list *why)
{
	struct dns_exempt *e = new_exempt(s, conf_place(n), why);
	struct sv text = word(n, 1);

	if (!e)
		return;
	*e = (struct dns_exempt){ .match = DNS_MATCH_TREE, .zone = true };
	if (!read_name(&e->name, sv_slice(text, sv_starts_with(text, SV(".")), text.n))) {
		diag_error(why, n->words[1].at, "\"%.*s\" is not a name; write corp.example", SV_ARG(text));
		return;
	}
	s->dns.n_exempt++;
	if (n->n_words == 2)
		return;
	if (sv_eq(word(n, 2), SV("forward")))
		read_forward(s, n, &e->name, why);
	else
		diag_error(why, n->words[2].at, "unknown word \"%.*s\"; expected forward ADDRESS", SV_ARG(word(n, 2)));
}

/* Which of the words stands there; the table has seen to it that one does. */
static unsigned choice(const struct conf *c, const char *directive, const char *const *words)
{
	struct sv text = conf_text(c, directive);
	unsigned i = 0;

	while (words[i + 1] && !sv_eq(text, sv_of(words[i])))
		i++;
	return i;
}

static void read_learned(struct settings *s, const struct conf *c, struct diag_list *why)
{
	struct sv path = conf_text(c, "learned-file");

	s->learned.grace_s = (uint32_t)(conf_duration_ms(c, "learned-grace") / 1000);
	s->learned.entries = conf_number(c, "learned-max");
	if (path.n >= sizeof(s->learned_path))
		diag_error(why, (struct place){ 0 }, "learned-file: the path is too long");
	else if (!sv_eq(path, SV("off")))
		memcpy(s->learned_path, path.p, path.n);
}

void settings_read_dns(struct settings *s, const struct conf *c, struct diag_list *why)
{
	static const char *const policies[] = { "enforce", "names", "open", NULL };
	static const char *const logs[] = { "all", "denied", "off", NULL };
	const struct conf_node *n;

	for (n = conf_find(conf_first(c), "dns-zone"); n; n = conf_find(n->next, "dns-zone"))
		read_zone(s, n, why);
	for (n = conf_find(conf_first(c), "dns-allow"); n; n = conf_find(n->next, "dns-allow"))
		for (size_t i = 1; i < n->n_words; i++)
			read_allowed(s, &n->words[i], why);
	s->dns.exempt = s->exempt;
	s->resolver.zones = s->zones;
	s->dns.policy = (enum dns_policy)choice(c, "dns-policy", policies);
	s->dns.log = (enum dns_log)choice(c, "dns-log", logs);
	s->dns.deny_by_refused = sv_eq(conf_text(c, "dns-deny-answer"), SV("refused"));
	s->dns.strip_ech = conf_on(c, "dns-strip-ech");
	s->dns.client_ttl_s = (uint32_t)(conf_duration_ms(c, "dns-client-ttl") / 1000);
	read_learned(s, c, why);
}

/* ---- loops ---------------------------------------------------------------------------------- */

static bool is_unspecified(const struct ip *ip)
{
	static const struct ip zero;

	return memcmp(ip->b, zero.b, sizeof(zero.b)) == 0;
}

static bool is_local(const struct ip *ip, const struct ip *locals, size_t n_locals)
{
	for (size_t i = 0; i < n_locals; i++)
		if (ip_eq(&locals[i], ip))
			return true;
	return is_unspecified(ip) || (ip->family == 4 && ip->b[0] == 127);
}

static void check_server(const struct settings *s, const struct endpoint *server, const struct ip *locals,
			 size_t n_locals, struct diag_list *why)
{
	char text[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < s->n_listens; i++) {
		const struct listen_setting *l = &s->listens[i];
		bool same = ip_eq(&l->at.ip, &server->ip) ||
			    (is_unspecified(&l->at.ip) && l->at.ip.family == server->ip.family &&
			     is_local(&server->ip, locals, n_locals));

		if (l->mode != LISTEN_DNS || l->at.port != server->port || !same)
			continue;
		endpoint_format(server, text);
		diag_error(why, l->place, "the resolver %s is this listener itself; name another DNS server", text);
	}
}

void settings_check_loops(const struct settings *s, const struct ip *locals, size_t n_locals,
			  struct diag_list *why)
{
	const struct resolver_config *r = &s->resolver;

	for (size_t i = 0; i < r->n_servers; i++)
		check_server(s, &r->servers[i], locals, n_locals, why);
	for (size_t i = 0; i < r->n_zones; i++)
		for (size_t k = 0; k < r->zones[i].n_servers; k++)
			check_server(s, &r->zones[i].servers[k], locals, n_locals, why);
}
