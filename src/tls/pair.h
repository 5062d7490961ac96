/*
 * pair -- a certificate with its chain and its key, read and looked at: is it one that clients will take?
 */
#ifndef SEKISHO_TLS_PAIR_H
#define SEKISHO_TLS_PAIR_H

#include "base/arena.h"
#include "tls/front.h"

#include <openssl/x509.h>

struct pair {
	STACK_OF(X509) *certs;          /* the server's own first, as in the file */
	STACK_OF(X509) *chain;          /* those behind it; borrowed from certs */
	EVP_PKEY *key;
};

/* What is wrong goes to *why. `all` are the pairs of the listener: the key may belong to another of them. */
void pair_load(struct pair *out, const struct tls_pair *files, const struct tls_pair *all, size_t n_all,
	       struct diag_list *why);
void pair_fini(struct pair *p);

/* The DNS names of a certificate, canonical, "*." in front of a wildcard. */
struct sv *pair_names(const X509 *cert, struct arena *a, size_t *n);

#endif
