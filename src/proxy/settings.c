#include "proxy/settings.h"

#include <errno.h>
#include <stdio.h>

static struct sv word(const struct conf_node *n, size_t arg)
{
	return arg < n->n_words ? n->words[arg].text : (struct sv){ NULL, 0 };
}

const struct listen_setting *settings_listen(const struct settings *s, const struct endpoint *at)
{
	for (size_t i = 0; i < s->n_listens; i++)
		if (endpoint_eq(&s->listens[i].at, at))
			return &s->listens[i];
	return NULL;
}

static enum listen_mode read_mode(struct sv text)
{
	enum listen_mode m = LISTEN_EXPLICIT;

	while (m < LISTEN_DNS && !sv_eq(text, sv_of(listen_mode_name(m))))
		m++;
	return m;
}

static void read_balancer(struct listen_setting *l, const struct conf_word *w, struct diag_list *why)
{
	if (l->n_balancers == SETTINGS_BALANCERS_MAX)
		diag_error(why, w->at, "more than %d prefixes behind proxy-protocol", SETTINGS_BALANCERS_MAX);
	else if (prefix_parse(&l->balancers[l->n_balancers], w->text) != PREFIX_OK)
		diag_error(why, w->at, "\"%.*s\" is not an address or prefix; expected the addresses of load "
			   "balancers behind proxy-protocol", SV_ARG(w->text));
	else
		l->n_balancers++;
}

static void say_unknown(const struct listen_setting *l, const struct conf_word *w, struct diag_list *why)
{
	if (l->mode == LISTEN_EXPLICIT && sv_eq(w->text, SV("proxy-protocol")))
		diag_error(why, w->at, "proxy-protocol without an address; write the load balancers' behind it, as in "
			   "proxy-protocol 10.1.0.0/28");
	else
		diag_error(why, w->at, l->mode == LISTEN_TRANSPARENT
			   ? "\"%.*s\" is unknown here; expected tproxy or nothing" : l->tls
			   ? "\"%.*s\" is unknown here; expected cert=FILE key=FILE, proxy-protocol PREFIX... or nothing"
			   : l->mode == LISTEN_EXPLICIT
			   ? "\"%.*s\" is unknown here; expected tls cert=FILE key=FILE, proxy-protocol PREFIX... or nothing"
			   : "\"%.*s\" is unknown here; a dns listener has an address and a port only",
			   SV_ARG(w->text));
}

/* What may stand behind the address: `tproxy`, or `tls cert=FILE key=FILE...` and `proxy-protocol PREFIX...`. */
static void read_listen_words(struct listen_setting *l, const struct conf_node *n, struct diag_list *why)
{
	size_t i = 3;

	if (l->mode == LISTEN_EXPLICIT && sv_eq(word(n, i), SV("tls")))
		i = settings_read_tls_words(l, n, i, why);
	if (i >= n->n_words)
		return;
	if (l->mode == LISTEN_TRANSPARENT && n->n_words == 4 && sv_eq(word(n, i), SV("tproxy"))) {
		l->tproxy = true;
	} else if (l->mode == LISTEN_EXPLICIT && n->n_words > i + 1 && sv_eq(word(n, i), SV("proxy-protocol"))) {
		for (i++; i < n->n_words; i++)
			read_balancer(l, &n->words[i], why);
	} else {
		say_unknown(l, &n->words[i], why);
	}
}

static void read_listens(struct settings *s, const struct conf *c, struct diag_list *why)
{
	const struct conf_node *n = conf_find(conf_first(c), "listen");

	for (; n; n = conf_find(n->next, "listen")) {
		struct listen_setting *l = &s->listens[s->n_listens];

		if (s->n_listens == SETTINGS_LISTENS_MAX) {
			diag_error(why, conf_place(n), "more than %d listeners", SETTINGS_LISTENS_MAX);
			return;
		}
		if (!endpoint_parse(&l->at, word(n, 2), 0))
			continue;                       /* the table has already said so */
		if (settings_listen(s, &l->at)) {
			diag_error(why, conf_place(n), "\"%.*s\" is listened on twice",
				   SV_ARG(word(n, 2)));
			continue;
		}
		l->mode = read_mode(word(n, 1));
		read_listen_words(l, n, why);
		l->place = conf_place(n);
		s->n_listens++;
	}
}

static void read_resolver(struct settings *s, const struct conf *c, struct diag_list *why)
{
	struct resolver_config *r = &s->resolver;
	const struct conf_node *n = conf_find(conf_first(c), "resolver");

	for (; n; n = conf_find(n->next, "resolver"))
		for (size_t i = 1; i < n->n_words; i++) {
			if (r->n_servers == RESOLVER_SERVERS_MAX) {
				diag_error(why, n->words[i].at, "more than %d resolvers",
					   RESOLVER_SERVERS_MAX);
				return;
			}
			if (!endpoint_parse(&r->servers[r->n_servers], word(n, i), 53)) {
				diag_error(why, n->words[i].at,
					   "\"%.*s\" is not an address; write 192.0.2.1, 192.0.2.1:53 or [2001:db8::1]:53",
					   SV_ARG(word(n, i)));
				continue;
			}
			r->n_servers++;
		}
	if (!conf_find(conf_first(c), "resolver"))
		r->n_servers = resolver_system_servers(r->servers);
	r->lookup_ms = (uint32_t)conf_duration_ms(c, "resolver-timeout");
	r->ttl_floor_s = (uint32_t)(conf_duration_ms(c, "dns-ttl-floor") / 1000);
	r->ttl_ceiling_s = (uint32_t)(conf_duration_ms(c, "dns-ttl-ceiling") / 1000);
	r->negative_ceiling_s = (uint32_t)(conf_duration_ms(c, "dns-negative-ttl") / 1000);
	r->failure_s = 1;
	r->cache_octets = conf_size(c, "dns-cache");
	r->stale_s = (uint32_t)(conf_duration_ms(c, "dns-stale") / 1000);
	if (r->ttl_floor_s > r->ttl_ceiling_s)
		diag_error(why, (struct place){ 0 }, "dns-ttl-floor lies above dns-ttl-ceiling");
}

static void read_outbound(struct settings *s, const struct conf *c, struct diag_list *why)
{
	const struct conf_node *n = conf_find(conf_first(c), "outbound-address");

	for (size_t i = 1; n && i < n->n_words; i++) {
		struct ip ip, *slot;

		if (!ip_parse(&ip, word(n, i)))
			continue;                       /* the table has already said so */
		slot = ip.family == 4 ? &s->outbound4 : &s->outbound6;
		if (slot->family)
			diag_error(why, n->words[i].at, "a second IPv%u outbound-address", ip.family);
		*slot = ip;
	}
}

static bool has_word(const struct conf *c, const char *directive, const char *wanted)
{
	const struct conf_node *n = conf_find(conf_first(c), directive);

	for (size_t i = 1; n && i < n->n_words; i++)
		if (sv_eq(word(n, i), sv_of(wanted)))
			return true;
	return false;
}

static void read_log(struct settings *s, const struct conf *c, struct diag_list *why)
{
	struct sv path = conf_text(c, "access-log");

	if (path.n >= sizeof(s->log_path))
		diag_error(why, (struct place){ 0 }, "access-log: the path is too long");
	else
		memcpy(s->log_path, path.p, path.n);
	s->log = (struct writer_config){
		.path = s->log_path,
		.backlog_octets = conf_size(c, "log-queue"),
		.on_full = sv_eq(conf_text(c, "on-full"), SV("drop")) ? ON_FULL_DROP : ON_FULL_DENY,
	};
	s->log_form = sv_eq(conf_text(c, "log-format"), SV("azfw")) ? RECORD_AZFW : RECORD_JSON;
	s->dns.form = s->log_form;
	s->log_start = has_word(c, "log-events", "start");
	s->log_interim = has_word(c, "log-events", "interim");
	s->log_interval_ms = conf_duration_ms(c, "log-interval");
	s->log_probes = conf_on(c, "log-probes");
	s->log_query = conf_on(c, "log-query");
}

static enum ipv6_mode read_ipv6(const struct conf *c)
{
	struct sv word6 = conf_text(c, "ipv6");

	return sv_eq(word6, SV("on")) ? IPV6_ON : sv_eq(word6, SV("off")) ? IPV6_OFF : IPV6_AUTO;
}

int settings_read(struct settings *s, const struct conf *c, struct diag_list *why)
{
	size_t errors = why->errors;
	uint64_t workers = 0;

	memset(s, 0, sizeof(*s));
	if (!sv_eq(conf_text(c, "workers"), SV("auto")))
		sv_to_u64(conf_text(c, "workers"), 256, &workers);
	s->workers = (unsigned)workers;
	read_listens(s, c, why);
	if (conf_text(c, "admin").n)
		endpoint_parse(&s->admin, conf_text(c, "admin"), 0);
	read_resolver(s, c, why);
	read_outbound(s, c, why);
	settings_read_dns(s, c, why);
	settings_read_tls(s, c, why);
	settings_read_auth(s, c, why);
	read_log(s, c, why);
	s->ipv6 = read_ipv6(c);
	s->head_ms = (unsigned)conf_duration_ms(c, "head-timeout");
	s->connect_ms = (unsigned)conf_duration_ms(c, "connect-timeout");
	s->hello_ms = (unsigned)conf_duration_ms(c, "hello-timeout");
	s->sniff_ms = (unsigned)conf_duration_ms(c, "sniff-timeout");
	s->learned_any = sv_eq(conf_text(c, "learned-match"), SV("any"));
	s->response_ms = conf_duration_ms(c, "response-timeout");
	s->keep_alive_ms = conf_duration_ms(c, "keep-alive-timeout");
	s->head_rate = conf_number(c, "head-rate");
	s->drain_ms = (unsigned)conf_duration_ms(c, "drain-timeout");
	s->idle_ms = conf_duration_ms(c, "idle-timeout");
	s->udp_idle_ms = conf_duration_ms(c, "udp-idle-timeout");
	s->keepalive_s = (unsigned)(conf_duration_ms(c, "tcp-keepalive") / 1000);
	s->head_octets = conf_size(c, "head-size");
	s->head_fields = conf_number(c, "head-fields");
	s->max_sessions = conf_number(c, "max-sessions");
	s->max_per_source = conf_number(c, "max-sessions-per-source");
	s->keep_on_reload = sv_eq(conf_text(c, "on-reload"), SV("keep"));
	settings_read_verify(s, c);
	s->quiet_ms = conf_duration_ms(c, "reload-quiet");
	return why->errors > errors ? -EINVAL : 0;
}
