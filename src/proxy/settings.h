/*
 * settings -- the main configuration's values, read once from the tree, in the types that the data
 * path wants.  Plain data, immutable after settings_read(); lives and dies with its generation.
 */
#ifndef SEKISHO_PROXY_SETTINGS_H
#define SEKISHO_PROXY_SETTINGS_H

#include "config/conf.h"
#include "dns/dns_server.h"
#include "dns/resolver.h"
#include "log/writer.h"
#include "proxy/listener.h"
#include "tls/front.h"
#include "tls/verifier.h"

enum { SETTINGS_LISTENS_MAX = 64, SETTINGS_BALANCERS_MAX = 16, SETTINGS_PATH_MAX = 4096,
       SETTINGS_EXEMPT_MAX = 256, SETTINGS_PAIRS_MAX = 16, SETTINGS_TLS_FILES_MAX = 64,
       SETTINGS_REALM_MAX = 128 };

enum ipv6_mode { IPV6_AUTO, IPV6_ON, IPV6_OFF };

struct listen_setting {
	struct endpoint at;
	enum listen_mode mode;
	bool tproxy;
	size_t n_balancers;             /* explicit: who may (and must) say by PROXY protocol who the client is */
	struct prefix balancers[SETTINGS_BALANCERS_MAX];
	bool tls;                       /* explicit: clients speak TLS to us; the generation has its front */
	size_t n_pairs;
	struct tls_pair pairs[SETTINGS_PAIRS_MAX];      /* their paths live as long as the tree */
	struct place place;             /* where it was written; the file name lives as long as the settings */
};

struct settings {
	struct listen_setting listens[SETTINGS_LISTENS_MAX];
	size_t n_listens;
	unsigned workers;               /* 0: one per CPU */
	struct endpoint admin;          /* family 0: none */
	struct resolver_config resolver;
	struct resolver_zone zones[RESOLVER_ZONES_MAX];         /* resolver.zones points here */
	struct dns_server_config dns;   /* its exempt points to the next one */
	struct dns_exempt exempt[SETTINGS_EXEMPT_MAX];
	struct learned_config learned;
	char learned_path[SETTINGS_PATH_MAX];   /* "": none */
	enum ipv6_mode ipv6;
	struct ip outbound4, outbound6; /* family 0: the kernel chooses */
	struct client_trust_config clients;     /* its lists are the next two */
	struct tls_file client_cas[SETTINGS_TLS_FILES_MAX], client_crls[SETTINGS_TLS_FILES_MAX];
	struct verify_limits verify;
	unsigned tls_ms, head_ms, connect_ms, hello_ms, sniff_ms, drain_ms, keepalive_s;
	bool learned_any;               /* one allowed name of an address is enough */
	uint64_t response_ms, keep_alive_ms;
	uint64_t head_rate;             /* octets a second; 0: any */
	uint64_t idle_ms, udp_idle_ms;
	size_t head_octets, head_fields;
	size_t max_sessions, max_per_source;    /* 0: what descriptors allow; 0: off */
	char log_path[SETTINGS_PATH_MAX];
	struct writer_config log;       /* its path points at log_path */
	enum record_form log_form;
	bool log_start, log_interim, log_probes, log_query;
	uint64_t log_interval_ms;
	bool auth_cleartext;            /* passwords are taken on listeners without TLS, too */
	char auth_realm[SETTINGS_REALM_MAX + 1];
	unsigned auth_failures;         /* of one source in a minute; 0: any number */
	bool keep_on_reload;
	uint64_t quiet_ms;              /* how long watched files must be still before a reload */
};

/* What is said of the listener at that address, or NULL. */
const struct listen_setting *settings_listen(const struct settings *s, const struct endpoint *at);
/* 0, or -EINVAL with the reasons in *why. */
int settings_read(struct settings *out, const struct conf *conf, struct diag_list *why);
/* settings_dns.c: the part of the DNS listener. */
void settings_read_dns(struct settings *s, const struct conf *c, struct diag_list *why);
/* settings_tls.c: what TLS listeners need; and `tls cert= key=` at word `i`: the index behind it. */
void settings_read_tls(struct settings *s, const struct conf *c, struct diag_list *why);
size_t settings_read_tls_words(struct listen_setting *l, const struct conf_node *n, size_t i, struct diag_list *why);
/* settings_auth.c: the part of the password check. */
void settings_read_auth(struct settings *s, const struct conf *c, struct diag_list *why);
/* settings_verify.c: how origins are verified. */
void settings_read_verify(struct settings *s, const struct conf *c);
/* Reports every resolver that is one of our own DNS listeners; `locals` are this host's addresses. */
void settings_check_loops(const struct settings *s, const struct ip *locals, size_t n_locals,
			  struct diag_list *why);

#endif
