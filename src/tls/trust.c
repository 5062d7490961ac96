#include "tls/trust.h"

#include "config/source.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

struct trust {
	_Atomic unsigned refs;
	X509_STORE *store;
	uint64_t id;
	size_t n;
};

struct loading {
	struct trust *t;
	EVP_MD_CTX *digest;             /* over all certificates: the id */
	struct arena *scratch;
	struct diag_list *why;
};

/* Where systems keep the CAs that they trust, in one file. */
static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",   /* Debian, Alpine */
	"/etc/pki/tls/certs/ca-bundle.crt",     /* Fedora */
	"/etc/ssl/ca-bundle.pem",               /* SUSE */
	"/etc/ssl/cert.pem",
};

static bool add_certificate(struct loading *l, X509 *cert)
{
	unsigned char *der = NULL;
	int n = i2d_X509(cert, &der);

	if (n <= 0 || X509_STORE_add_cert(l->t->store, cert) != 1) {
		OPENSSL_free(der);
		return false;
	}
	EVP_DigestUpdate(l->digest, der, (size_t)n);
	OPENSSL_free(der);
	l->t->n++;
	return true;
}

static struct place place_in(const char *file, struct sv text, size_t offset)
{
	struct place at = { file, 1, 1 };

	for (size_t i = 0; i < offset && i < text.n; i++)
		at.line += text.p[i] == '\n';
	return at;
}

/* Why OpenSSL could not read what stands there; its queue is empty afterwards. */
static const char *last_words(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_error());

	ERR_clear_error();
	return text ? text : "no certificate";
}

/* Every certificate of a PEM text; what stands between them is commentary. */
static void add_pem(struct loading *l, const char *file, struct sv text)
{
	static const char begin[] = "-----BEGIN";
	BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
	size_t before = l->t->n, at = 0;

	for (;;) {
		X509 *cert = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
		bool end = !cert && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;

		if (end || !cert || !add_certificate(l, cert)) {
			X509_free(cert);
			break;
		}
		X509_free(cert);
		at = text.n - (size_t)BIO_pending(bio);
	}
	while (at + sizeof(begin) <= text.n && memcmp(text.p + at, begin, sizeof(begin) - 1) != 0)
		at++;
	if (ERR_peek_last_error() && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		diag_error(l->why, place_in(file, text, at), "this certificate cannot be read: %s; expected PEM, as in "
			   "\"-----BEGIN CERTIFICATE-----\"", last_words());
	else if (l->t->n == before)
		diag_error(l->why, (struct place){ file, 1, 1 }, "no certificate in this file; expected PEM, as in "
			   "\"-----BEGIN CERTIFICATE-----\"");
	ERR_clear_error();
	BIO_free(bio);
}

static void add_file(struct loading *l, struct place at, const char *path)
{
	struct file_id id;
	struct sv text;
	int err = source_read(path, false, l->scratch, &text, &id);

	if (err)
		diag_error(l->why, at, "cannot read \"%s\": %s", path, source_error(err));
	else
		add_pem(l, path, text);
}

static const char *system_bundle(void)
{
	const char *named = getenv("SSL_CERT_FILE");    /* as OpenSSL's own programs do */

	if (named && named[0])
		return named;
	for (size_t i = 0; i < sizeof(bundles) / sizeof(bundles[0]); i++)
		if (access(bundles[i], R_OK) == 0)
			return bundles[i];
	return NULL;
}

static void add_system(struct loading *l, struct place at)
{
	const char *path = system_bundle();

	if (path)
		add_file(l, at, path);
	else
		diag_error(l->why, at, "this system has no list of CAs; install the package ca-certificates, or name "
			   "the file with \"origin-ca FILE;\"");
}

static void add_words(struct loading *l, const struct conf_node *n)
{
	for (size_t i = 1; i < n->n_words; i++) {
		const struct conf_word *w = &n->words[i];

		if (!w->quoted && sv_eq(w->text, SV("system")))
			add_system(l, w->at);
		else
			add_file(l, w->at, arena_strdup(l->scratch, w->text));
	}
}

static uint64_t finish_id(EVP_MD_CTX *digest)
{
	unsigned char octets[EVP_MAX_MD_SIZE];
	uint64_t id;

	EVP_DigestFinal_ex(digest, octets, NULL);
	memcpy(&id, octets, sizeof(id));
	return id;
}

static struct trust *trust_create(void)
{
	struct trust *t = xcalloc(1, sizeof(*t));

	atomic_init(&t->refs, 1);
	t->store = X509_STORE_new();
	X509_STORE_set_flags(t->store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
	return t;
}

int trust_load(struct trust **out, const struct conf *c, bool wanted, struct diag_list *why)
{
	const struct conf_node *n = conf_find(conf_first(c), "origin-ca");
	struct loading l = { .why = why };
	size_t errors = why->errors;

	*out = NULL;
	if (!n && !wanted)
		return 0;
	ERR_clear_error();
	l.t = trust_create();
	l.scratch = arena_create();
	l.digest = EVP_MD_CTX_new();
	EVP_DigestInit_ex(l.digest, EVP_sha256(), NULL);
	if (n)
		add_words(&l, n);
	else
		add_system(&l, (struct place){ 0 });
	l.t->id = finish_id(l.digest);
	EVP_MD_CTX_free(l.digest);
	arena_free(l.scratch);
	if (why->errors > errors) {
		trust_unref(l.t);
		return -EINVAL;
	}
	*out = l.t;
	return 0;
}

struct trust *trust_ref(struct trust *t)
{
	if (t)
		atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
	return t;
}

void trust_unref(struct trust *t)
{
	if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
		return;
	X509_STORE_free(t->store);
	free(t);
}

uint64_t trust_id(const struct trust *t)
{
	return t->id;
}

size_t trust_count(const struct trust *t)
{
	return t->n;
}

X509_STORE *trust_store(const struct trust *t)
{
	return t->store;
}
