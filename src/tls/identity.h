/*
 * identity -- who a client is, by its certificate.
 * The first kind of the configured order that the certificate has decides. A certificate names one: two different
 * entries of the deciding kind are refused, since nobody could say which of them a rule means. A wildcard
 * DNS name is no identity and counts as absent; an entry that is malformed is refused, never skipped.
 */
#ifndef SEKISHO_TLS_IDENTITY_H
#define SEKISHO_TLS_IDENTITY_H

#include "policy/policy.h"

#include <openssl/x509.h>

enum { IDENTITY_MAX = 1024 };           /* octets */

struct found_identity {
	enum identity_kind kind;
	size_t n;
	char text[IDENTITY_MAX];
};

/* NULL, or what is wrong, as static text; then the kind is IDENTITY_NONE. */
const char *identity_find(struct found_identity *out, const X509 *cert, const enum identity_kind *kinds,
			  size_t n_kinds);

#endif
