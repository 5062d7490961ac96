#include "tls/identity.h"

#include "policy/name.h"

#include <openssl/x509v3.h>

static const char *const several[] = {
	[IDENTITY_URI] = "several URI names in the client's certificate",
	[IDENTITY_DNS] = "several DNS names in the client's certificate",
	[IDENTITY_CN] = "several common names in the client's certificate",
};

/* One more entry of a kind. NULL, or what is wrong with it. */
static const char *take(struct found_identity *out, enum identity_kind kind, struct sv text)
{
	if (out->kind == kind)
		return sv_eq(text, (struct sv){ out->text, out->n }) ? NULL : several[kind];
	memcpy(out->text, text.p, text.n);
	out->n = text.n;
	out->kind = kind;
	return NULL;
}

static const char *take_uri(struct found_identity *out, struct sv text)
{
	if (text.n == 0 || text.n > IDENTITY_MAX)
		return "a URI name in the client's certificate is empty or too long";
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] > '~')
			return "a URI name in the client's certificate has characters that no URI has";
	return take(out, IDENTITY_URI, text);
}

static const char *take_dns(struct found_identity *out, struct sv text)
{
	struct fqdn name;

	if (sv_starts_with(text, SV("*.")))
		return NULL;
	if (fqdn_parse(&name, text) != NAME_OK)
		return "a DNS name in the client's certificate is none";
	return take(out, IDENTITY_DNS, fqdn_sv(&name));
}

static const char *take_cn(struct found_identity *out, struct sv text)
{
	if (text.n == 0 || text.n > IDENTITY_MAX)
		return "the common name in the client's certificate is empty or too long";
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
			return "the common name in the client's certificate has control characters";
	return take(out, IDENTITY_CN, text);
}

static struct sv view(const ASN1_STRING *s)
{
	return (struct sv){ (const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s) };
}

static const char *look_in_san(struct found_identity *out, const GENERAL_NAMES *san, enum identity_kind kind)
{
	const char *fault = NULL;

	for (int i = 0; i < sk_GENERAL_NAME_num(san) && !fault; i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(san, i);

		if (kind == IDENTITY_URI && g->type == GEN_URI)
			fault = take_uri(out, view(g->d.uniformResourceIdentifier));
		else if (kind == IDENTITY_DNS && g->type == GEN_DNS)
			fault = take_dns(out, view(g->d.dNSName));
	}
	return fault;
}

static const char *look_in_subject(struct found_identity *out, const X509 *cert)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	const char *fault = NULL;

	for (int i = -1; !fault && (i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) >= 0;) {
		unsigned char *utf8 = NULL;
		int n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)));

		fault = n < 0 ? "the common name in the client's certificate cannot be read"
			      : take_cn(out, (struct sv){ (const char *)utf8, (size_t)n });
		OPENSSL_free(utf8);
	}
	return fault;
}

const char *identity_find(struct found_identity *out, const X509 *cert, const enum identity_kind *kinds,
			  size_t n_kinds)
{
	GENERAL_NAMES *san = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	const char *fault = NULL;

	out->kind = IDENTITY_NONE;
	out->n = 0;
	for (size_t i = 0; i < n_kinds && !fault && out->kind == IDENTITY_NONE; i++)
		fault = kinds[i] == IDENTITY_CN ? look_in_subject(out, cert) : look_in_san(out, san, kinds[i]);
	GENERAL_NAMES_free(san);
	if (!fault && out->kind == IDENTITY_NONE)
		fault = "no name in the client's certificate that client-identity asks for";
	if (fault)
		out->kind = IDENTITY_NONE;
	return fault;
}
