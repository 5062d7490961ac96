/*
 * client_trust -- who may sign certificates of clients, and which of those are revoked.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "tls/front_impl.h"
#include "tls/pemfile.h"

#include <errno.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

enum { NAME_TEXT = 256, DEPTH_MAX = 8, SOON_DAYS = 30 };

static const int64_t DAY_MS = INT64_C(86400000);

struct loaded {                         /* while one is being made */
	struct client_trust *trust;
	const struct client_trust_config *cfg;
	STACK_OF(X509) *cas;
	STACK_OF(X509_CRL) *crls;
	EVP_MD_CTX *digest;
	struct diag_list *why;
};

/* ---- lifetime -------------------------------------------------------------------------------- */

struct client_trust *client_trust_none(void)
{
	struct client_trust *t = xcalloc(1, sizeof(*t));

	atomic_init(&t->refs, 1);
	return t;
}

struct client_trust *client_trust_ref(const struct client_trust *t)
{
	struct client_trust *same = (struct client_trust *)(uintptr_t)t;        /* but for the count nothing moves */

	atomic_fetch_add_explicit(&same->refs, 1, memory_order_relaxed);
	return same;
}

void client_trust_free(struct client_trust *t)
{
	if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
		return;
	X509_STORE_free(t->store);
	sk_X509_NAME_pop_free(t->names, X509_NAME_free);
	free(t);
}

/* ---- CAs ------------------------------------------------------------------------------------- */

static void digest_cert(struct loaded *l, const X509 *ca)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	X509_digest(ca, EVP_sha256(), hash, &n);
	EVP_DigestUpdate(l->digest, hash, n);
}

/* Nobody gets in by what has ended, so whoever can make a successor is told in time. */
static void say_soon(const struct loaded *l, const struct tls_file *f, const char *what, const char *name, int64_t left_ms)
{
	long long days = left_ms / DAY_MS;
	char when[32] = "within a day";

	if (days > 0)
		snprintf(when, sizeof(when), "in %lld day%s", days, days == 1 ? "" : "s");
	diag_add(l->why, DIAG_WARNING, f->at, "the %s \"%s\" in \"%s\" ends %s, and then no certificate of that CA is "
		 "taken; put a new one here", what, name, f->path, when);
}

static void take_ca(struct loaded *l, X509 *ca, const struct tls_file *f)
{
	EVP_PKEY *key = X509_get0_pubkey(ca);
	int64_t ends = pemfile_time_ms(X509_get0_notAfter(ca)), left = ends - clock_wall_ms();
	char name[NAME_TEXT];

	pemfile_name(X509_get_subject_name(ca), name, sizeof(name));
	if (X509_check_ca(ca) == 0)
		diag_error(l->why, f->at, "\"%s\" in \"%s\" is not a CA; name the CA that signs the certificates of clients",
			   name, f->path);
	else if (!key || EVP_PKEY_get_security_bits(key) < STRENGTH_MIN)
		diag_error(l->why, f->at, "the key of the CA \"%s\" in \"%s\" is too weak; RSA needs 2048 bits", name, f->path);
	else if (left < 0)
		diag_add(l->why, DIAG_WARNING, f->at, "the CA \"%s\" in \"%s\" is expired: no certificate of it is taken",
			 name, f->path);
	else if (left / DAY_MS < SOON_DAYS)
		say_soon(l, f, "CA", name, left);
	X509_STORE_add_cert(l->trust->store, ca);
	sk_X509_NAME_push(l->trust->names, X509_NAME_dup(X509_get_subject_name(ca)));
	digest_cert(l, ca);
}

static void take_cas(struct loaded *l, const struct tls_file *f)
{
	STACK_OF(X509) *certs = pemfile_certs(f, l->why);
	X509 *ca;

	while (certs && (ca = sk_X509_shift(certs))) {
		take_ca(l, ca, f);
		sk_X509_push(l->cas, ca);
	}
	sk_X509_free(certs);
}

/* ---- lists of what is revoked ------------------------------------------------------------------ */

/* Whether a CA of that name is there, and whether one of them signed it. */
static bool is_signed(const struct loaded *l, X509_CRL *crl, bool *known)
{
	*known = false;
	for (int i = 0; i < sk_X509_num(l->cas); i++) {
		X509 *ca = sk_X509_value(l->cas, i);

		if (X509_NAME_cmp(X509_get_subject_name(ca), X509_CRL_get_issuer(crl)) != 0)
			continue;
		*known = true;
		if (X509_CRL_verify(crl, X509_get0_pubkey(ca)) == 1)
			return true;
	}
	return false;
}

/* Lists last for days or for months: the last quarter of that is soon. */
static bool ends_soon(const X509_CRL *crl, int64_t ends, int64_t now)
{
	int64_t begins = pemfile_time_ms(X509_CRL_get0_lastUpdate(crl));

	return (ends - now) / DAY_MS < SOON_DAYS && ends - now < (ends - begins) / 4;
}

static void take_crl(struct loaded *l, X509_CRL *crl, const struct tls_file *f)
{
	int64_t ends = pemfile_time_ms(X509_CRL_get0_nextUpdate(crl)), now = clock_wall_ms();
	unsigned char hash[EVP_MAX_MD_SIZE];
	char name[NAME_TEXT];
	unsigned n = 0;
	bool known;

	pemfile_name(X509_CRL_get_issuer(crl), name, sizeof(name));
	if (!is_signed(l, crl, &known) && known)
		diag_error(l->why, f->at, "the list of \"%s\" in \"%s\" is not signed by that CA of \"client-ca\"", name, f->path);
	if (ends && ends < now)
		diag_add(l->why, DIAG_WARNING, f->at, "the list of \"%s\" in \"%s\" is out of date: no certificate of "
			 "that CA is taken until a new list is here", name, f->path);
	else if (ends && ends_soon(crl, ends, now))
		say_soon(l, f, "list of", name, ends - now);
	if (ends && (!l->trust->crls_end_ms || ends < l->trust->crls_end_ms))
		l->trust->crls_end_ms = ends;
	X509_STORE_add_crl(l->trust->store, crl);
	X509_CRL_digest(crl, EVP_sha256(), hash, &n);
	EVP_DigestUpdate(l->digest, hash, n);
}

static void take_crls(struct loaded *l, const struct tls_file *f)
{
	STACK_OF(X509_CRL) *crls = pemfile_crls(f, l->why);
	X509_CRL *crl;

	while (crls && (crl = sk_X509_CRL_shift(crls))) {
		take_crl(l, crl, f);
		sk_X509_CRL_push(l->crls, crl);
	}
	sk_X509_CRL_free(crls);
}

/* The whole chain is checked, so without its list a CA would vouch for nobody. */
static void check_coverage(const struct loaded *l)
{
	char name[NAME_TEXT];

	for (int i = 0; i < sk_X509_num(l->cas); i++) {
		const X509_NAME *subject = X509_get_subject_name(sk_X509_value(l->cas, i));
		bool covered = false;

		for (int k = 0; k < sk_X509_CRL_num(l->crls); k++)
			covered = covered || X509_NAME_cmp(X509_CRL_get_issuer(sk_X509_CRL_value(l->crls, k)), subject) == 0;
		pemfile_name(subject, name, sizeof(name));
		if (!covered)
			diag_error(l->why, l->cfg->crls[0].at, "no revocation list of the CA \"%s\"; add its list, an "
				   "empty one if nothing is revoked", name);
	}
}

/* ---- all of it --------------------------------------------------------------------------------- */

static void start(struct loaded *l)
{
	const struct client_trust_config *c = l->cfg;
	const unsigned char mode = (unsigned char)c->mode;
	struct client_trust *t = l->trust;

	t->mode = c->mode;
	t->n_kinds = c->n_kinds;
	memcpy(t->kinds, c->kinds, sizeof(t->kinds));
	l->cas = sk_X509_new_null();
	l->crls = sk_X509_CRL_new_null();
	l->digest = EVP_MD_CTX_new();
	t->names = sk_X509_NAME_new_null();
	t->store = X509_STORE_new();
	EVP_DigestInit_ex(l->digest, EVP_sha256(), NULL);
	EVP_DigestUpdate(l->digest, &mode, sizeof(mode));
	for (size_t i = 0; i < c->n_kinds; i++)
		EVP_DigestUpdate(l->digest, &c->kinds[i], sizeof(c->kinds[i]));
}

static void finish(struct loaded *l)
{
	X509_VERIFY_PARAM *p = X509_STORE_get0_param(l->trust->store);

	if (l->cfg->n_crls)
		check_coverage(l);
	X509_VERIFY_PARAM_set_depth(p, DEPTH_MAX);
	X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN |
				    (l->cfg->n_crls ? X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL : 0));
	EVP_DigestFinal_ex(l->digest, l->trust->digest, NULL);
	EVP_MD_CTX_free(l->digest);
	sk_X509_pop_free(l->cas, X509_free);
	sk_X509_CRL_pop_free(l->crls, X509_CRL_free);
}

int client_trust_load(struct client_trust **out, const struct client_trust_config *cfg, struct diag_list *why)
{
	struct loaded l = { .trust = client_trust_none(), .cfg = cfg, .why = why };
	size_t errors = why->errors;

	*out = l.trust;
	if (cfg->mode == CLIENT_CERT_NONE)
		return 0;
	start(&l);
	for (size_t i = 0; i < cfg->n_cas; i++)
		take_cas(&l, &cfg->cas[i]);
	for (size_t i = 0; i < cfg->n_crls; i++)
		take_crls(&l, &cfg->crls[i]);
	finish(&l);
	if (why->errors == errors)
		return 0;
	client_trust_free(l.trust);
	*out = NULL;
	return -EINVAL;
}
