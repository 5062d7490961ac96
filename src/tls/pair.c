#include "tls/pair.h"

#include "base/clock.h"
#include "policy/name.h"
#include "tls/front_impl.h"
#include "tls/pemfile.h"

#include <openssl/x509v3.h>

enum { NAME_TEXT = 256, SOON_DAYS = 30 };

static const int64_t DAY_MS = INT64_C(86400000);

/* ---- names ----------------------------------------------------------------------------------- */

static bool canonical(struct sv text, struct arena *a, struct sv *out)
{
	bool wildcard = sv_starts_with(text, SV("*."));
	struct fqdn name;

	if (fqdn_parse(&name, sv_slice(text, wildcard ? 2 : 0, text.n)) != NAME_OK)
		return false;
	*out = arena_printf(a, "%s%s", wildcard ? "*." : "", name.text);
	return true;
}

struct sv *pair_names(const X509 *cert, struct arena *a, size_t *n)
{
	GENERAL_NAMES *san = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	int all = sk_GENERAL_NAME_num(san);
	struct sv *names = arena_array(a, all > 0 ? (size_t)all : 1, sizeof(*names));

	*n = 0;
	for (int i = 0; i < all; i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(san, i);
		const ASN1_STRING *s = g->type == GEN_DNS ? g->d.dNSName : NULL;

		if (s && canonical((struct sv){ (const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s) },
				   a, &names[*n]))
			++*n;
	}
	GENERAL_NAMES_free(san);
	return names;
}

static bool has_any_name(const X509 *cert)
{
	GENERAL_NAMES *san = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	bool any = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(san); i++) {
		int type = sk_GENERAL_NAME_value(san, i)->type;

		any = any || type == GEN_DNS || type == GEN_IPADD;
	}
	GENERAL_NAMES_free(san);
	return any;
}

/* ---- one certificate --------------------------------------------------------------------------- */

static void check_dates(const X509 *cert, const struct tls_file *f, struct diag_list *why)
{
	int64_t now = clock_wall_ms(), begins = pemfile_time_ms(X509_get0_notBefore(cert)),
		ends = pemfile_time_ms(X509_get0_notAfter(cert));
	int64_t days = (ends - now) / DAY_MS;
	char name[NAME_TEXT];

	pemfile_name(X509_get_subject_name(cert), name, sizeof(name));
	if (ends < now)
		diag_add(why, DIAG_WARNING, f->at, "the certificate \"%s\" in \"%s\" is expired; clients refuse it", name, f->path);
	else if (begins > now)
		diag_add(why, DIAG_WARNING, f->at, "the certificate \"%s\" in \"%s\" is not valid yet; clients refuse it",
			 name, f->path);
	else if (days < SOON_DAYS)
		diag_add(why, DIAG_WARNING, f->at, "the certificate \"%s\" in \"%s\" ends in %lld day%s; renew it", name,
			 f->path, (long long)days, days == 1 ? "" : "s");
}

static void check_strength(X509 *cert, const struct tls_file *f, struct diag_list *why)
{
	const EVP_PKEY *key = X509_get0_pubkey(cert);
	char name[NAME_TEXT];
	uint32_t flags = 0;
	int bits = 0;

	pemfile_name(X509_get_subject_name(cert), name, sizeof(name));
	if (!key || EVP_PKEY_get_security_bits(key) < STRENGTH_MIN)
		diag_error(why, f->at, "the key of the certificate \"%s\" in \"%s\" is too weak (%d bits); take RSA with "
			   "2048 bits, or P-256", name, f->path, key ? EVP_PKEY_get_bits(key) : 0);
	else if (X509_get_signature_info(cert, NULL, NULL, &bits, &flags) == 1 && bits < STRENGTH_MIN &&
		 !(X509_get_extension_flags(cert) & EXFLAG_SS))
		diag_error(why, f->at, "the signature of the certificate \"%s\" in \"%s\" is too weak (%s); have it signed "
			   "with SHA-256", name, f->path, OBJ_nid2sn(X509_get_signature_nid(cert)));
}

static void check_purpose(X509 *cert, const struct tls_file *f, struct diag_list *why)
{
	if (X509_check_purpose(cert, X509_PURPOSE_SSL_SERVER, 0) != 1)
		diag_error(why, f->at, "the first certificate in \"%s\" is not for TLS servers; its extendedKeyUsage must "
			   "have serverAuth", f->path);
	else if (!has_any_name(cert))
		diag_add(why, DIAG_WARNING, f->at, "the certificate in \"%s\" has no subjectAltName; clients refuse it",
			 f->path);
}

/* ---- chain and key --------------------------------------------------------------------------- */

static void check_chain(const struct pair *p, const struct tls_file *f, struct diag_list *why)
{
	for (int i = 1; i < sk_X509_num(p->certs); i++)
		if (X509_check_issued(sk_X509_value(p->certs, i), sk_X509_value(p->certs, i - 1)) != X509_V_OK) {
			diag_add(why, DIAG_WARNING, f->at, "certificate %d in \"%s\" is not the issuer of certificate %d; "
				 "write the server's own first, then each one's issuer behind it", i + 1, f->path, i);
			return;
		}
}

/* Which other certificate the key belongs to, so that the mistake is plain. */
static void say_mismatch(const struct pair *p, const struct tls_pair *files, const struct tls_pair *all, size_t n_all,
			 struct diag_list *why)
{
	struct diag_list unsaid = { 0 };
	const char *owner = NULL;

	for (int i = 1; i < sk_X509_num(p->certs); i++)
		if (X509_check_private_key(sk_X509_value(p->certs, i), p->key) == 1) {
			diag_error(why, files->cert.at, "the key \"%s\" belongs to certificate %d in \"%s\"; write the "
				   "server's own certificate first", files->key.path, i + 1, files->cert.path);
			return;
		}
	for (size_t i = 0; i < n_all && !owner; i++) {
		STACK_OF(X509) *certs = pemfile_certs(&all[i].cert, &unsaid);

		if (certs && X509_check_private_key(sk_X509_value(certs, 0), p->key) == 1)
			owner = all[i].cert.path;
		sk_X509_pop_free(certs, X509_free);
	}
	diag_fini(&unsaid);
	diag_error(why, files->key.at, owner ? "the key \"%s\" does not belong to the certificate \"%s\"; it belongs to \"%s\""
					     : "the key \"%s\" does not belong to the certificate \"%s\"",
		   files->key.path, files->cert.path, owner);
}

static void check_key(const struct pair *p, const struct tls_pair *files, const struct tls_pair *all, size_t n_all,
		      struct diag_list *why)
{
	if (X509_check_private_key(sk_X509_value(p->certs, 0), p->key) != 1)
		say_mismatch(p, files, all, n_all, why);
}

void pair_load(struct pair *out, const struct tls_pair *files, const struct tls_pair *all, size_t n_all,
	       struct diag_list *why)
{
	X509 *own;

	out->certs = pemfile_certs(&files->cert, why);
	out->key = pemfile_key(&files->key, why);
	out->chain = sk_X509_new_null();
	if (!out->certs)
		return;
	own = sk_X509_value(out->certs, 0);
	for (int i = 1; i < sk_X509_num(out->certs); i++)
		sk_X509_push(out->chain, sk_X509_value(out->certs, i));
	for (int i = 0; i < sk_X509_num(out->certs); i++) {
		check_dates(sk_X509_value(out->certs, i), &files->cert, why);
		check_strength(sk_X509_value(out->certs, i), &files->cert, why);
	}
	check_purpose(own, &files->cert, why);
	check_chain(out, &files->cert, why);
	if (out->key)
		check_key(out, files, all, n_all, why);
}

void pair_fini(struct pair *p)
{
	sk_X509_free(p->chain);
	sk_X509_pop_free(p->certs, X509_free);
	EVP_PKEY_free(p->key);
}
