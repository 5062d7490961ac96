/*
 * front -- the settings of TLS, and which certificate answers to which name.
 */
#include "tls/front.h"

#include "base/arena.h"
#include "policy/name.h"
#include "tls/front_impl.h"
#include "tls/pair.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>

static const char suites12[] =          /* the cheap strong one first; ChaCha when the client has it first */
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char suites13[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

enum { CLIENT_CHAIN_MAX = 32 * 1024, CLIENT_TICKETS = 2 };

/* ---- callbacks of OpenSSL ---------------------------------------------------------------------- */

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *n_out, const unsigned char *in, unsigned n_in,
		   void *unused)
{
	static const char ours[] = "http/1.1";

	(void)ssl;
	(void)unused;
	for (unsigned i = 0; i < n_in; i += 1U + in[i])
		if (in[i] == sizeof(ours) - 1 && i + in[i] < n_in && memcmp(in + i + 1, ours, in[i]) == 0) {
			*out = in + i + 1;
			*n_out = in[i];
			return SSL_TLSEXT_ERR_OK;
		}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int on_server_name(SSL *ssl, int *alert, void *unused)
{
	const struct front *f = tls_conn_front(SSL_get_app_data(ssl));
	const struct site *site = front_site(f, sv_of(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)));

	(void)alert;
	(void)unused;
	if (site != &f->sites[0])
		SSL_set_SSL_CTX(ssl, site->ctx);
	return SSL_TLSEXT_ERR_OK;
}

/* ---- which certificate --------------------------------------------------------------------------- */

static bool has_name(const struct site *s, struct sv name)
{
	for (size_t i = 0; i < s->n_names; i++)
		if (sv_eq(s->names[i], name))
			return true;
	return false;
}

static const struct site *find_site(const struct front *f, struct sv name)
{
	for (size_t i = 0; i < f->n_sites; i++)
		if (has_name(&f->sites[i], name))
			return &f->sites[i];
	return NULL;
}

const struct site *front_site(const struct front *f, struct sv text)
{
	char wildcard[FQDN_MAX + 2] = "*";
	const struct site *found;
	struct fqdn name;
	size_t label;

	if (!text.n || fqdn_parse(&name, text) != NAME_OK)
		return &f->sites[0];
	found = find_site(f, fqdn_sv(&name));
	label = sv_find(fqdn_sv(&name), '.');
	if (!found && label < name.n) {
		memcpy(wildcard + 1, name.text + label, name.n - label);
		found = find_site(f, (struct sv){ wildcard, 1 + name.n - label });
	}
	return found ? found : &f->sites[0];
}

static bool same_names(const struct site *a, const struct site *b)
{
	for (size_t i = 0; i < a->n_names; i++)
		if (!has_name(b, a->names[i]))
			return false;
	return a->n_names == b->n_names && a->n_names > 0;
}

/* ---- building -------------------------------------------------------------------------------------- */

static bool configure(SSL_CTX *ctx)
{
	char groups[] = "X25519:P-256:P-384";           /* not const: the macro casts */

	SSL_CTX_set_security_level(ctx, SECURITY_LEVEL);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
			    SSL_OP_PRIORITIZE_CHACHA | SSL_OP_ENABLE_KTLS);
	/* Or our own direction would be broken by it; tls_conn_is_cut() tells. */
	SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
	/* Without AUTO_RETRY a read returns behind each KeyUpdate instead of going on for ever. */
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
			 SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_timeout(ctx, TICKETS_LIFETIME_S);
	SSL_CTX_set_max_cert_list(ctx, CLIENT_CHAIN_MAX);
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
	SSL_CTX_set_tlsext_servername_callback(ctx, on_server_name);
	tickets_attach(ctx);
	return SSL_CTX_set_num_tickets(ctx, CLIENT_TICKETS) == 1 &&
	       SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, suites12) == 1 && SSL_CTX_set_ciphersuites(ctx, suites13) == 1 &&
	       SSL_CTX_set1_groups_list(ctx, groups) == 1;
}

static void keep_names(struct front *f, struct site *s, X509 *cert)
{
	s->names = pair_names(cert, f->arena, &s->n_names);
}

static bool use(SSL_CTX *ctx, const struct pair *p)
{
	return SSL_CTX_use_cert_and_key(ctx, sk_X509_value(p->certs, 0), p->key, p->chain, 1) == 1;
}

/* The pair itself, and one of each other key type for the same names. */
static bool use_pairs(struct front *f, struct site *s, const struct pair *pairs)
{
	int taken = 0;

	if (!use(s->ctx, &pairs[s - f->sites]))
		return false;
	for (size_t i = 0; i < f->n_sites; i++) {
		const struct site *other = &f->sites[i];

		if (other->key_type == s->key_type || other->key_type == taken || !same_names(s, other))
			continue;
		if (!use(s->ctx, &pairs[i]))
			return false;
		taken = other->key_type;
	}
	return true;
}

static void say_openssl(const struct front_config *cfg, size_t i, struct diag_list *why)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	diag_error(why, cfg->pairs[i].cert.at, "OpenSSL does not take \"%s\" with \"%s\": %s", cfg->pairs[i].cert.path,
		   cfg->pairs[i].key.path, text ? text : "unknown reason");
	ERR_clear_error();
}

static void build_sites(struct front *f, const struct front_config *cfg, const struct pair *pairs,
			struct diag_list *why)
{
	for (size_t i = 0; i < f->n_sites; i++) {
		keep_names(f, &f->sites[i], sk_X509_value(pairs[i].certs, 0));
		f->sites[i].key_type = EVP_PKEY_get_base_id(pairs[i].key);
	}
	for (size_t i = 0; i < f->n_sites; i++) {
		struct site *s = &f->sites[i];

		ERR_clear_error();
		s->ctx = SSL_CTX_new(TLS_server_method());
		if (!s->ctx || !configure(s->ctx) || !use_pairs(f, s, pairs))
			say_openssl(cfg, i, why);
		else
			client_trust_attach(f->trust, s->ctx);
	}
}

int front_load(struct front **out, const struct front_config *cfg, struct diag_list *why)
{
	struct front *f = xcalloc(1, sizeof(*f));
	struct pair *pairs = xcalloc(cfg->n_pairs, sizeof(*pairs));
	size_t errors = why->errors;

	atomic_init(&f->refs, 1);
	f->tickets = cfg->tickets ? cfg->tickets : tickets_shared();
	f->trust = cfg->trust ? client_trust_ref(cfg->trust) : client_trust_none();
	f->arena = arena_create();
	f->n_sites = cfg->n_pairs;
	f->sites = arena_array(f->arena, f->n_sites, sizeof(*f->sites));
	for (size_t i = 0; i < cfg->n_pairs; i++)
		pair_load(&pairs[i], &cfg->pairs[i], cfg->pairs, cfg->n_pairs, why);
	if (why->errors == errors)
		build_sites(f, cfg, pairs, why);
	for (size_t i = 0; i < cfg->n_pairs; i++)
		pair_fini(&pairs[i]);
	free(pairs);
	if (why->errors > errors) {
		front_free(f);
		*out = NULL;
		return -EINVAL;
	}
	*out = f;
	return 0;
}

struct front *front_ref(const struct front *f)
{
	struct front *same = (struct front *)(uintptr_t)f;      /* but for the count nothing moves */

	atomic_fetch_add_explicit(&same->refs, 1, memory_order_relaxed);
	return same;
}

void front_free(struct front *f)
{
	if (!f || atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < f->n_sites; i++)
		SSL_CTX_free(f->sites[i].ctx);
	client_trust_free(f->trust);
	arena_free(f->arena);
	free(f);
}
