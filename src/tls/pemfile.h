/*
 * pemfile -- PEM files that a configuration names: certificates, keys, revocation lists.
 * What is wrong is reported at the place that names the file. Key material does not outlive the call outside of
 * OpenSSL's own structures.
 */
#ifndef SEKISHO_TLS_PEMFILE_H
#define SEKISHO_TLS_PEMFILE_H

#include "tls/front.h"

#include <openssl/x509.h>

/* All certificates of the file, in order; at least one. NULL: reported. */
STACK_OF(X509) *pemfile_certs(const struct tls_file *f, struct diag_list *why);
STACK_OF(X509_CRL) *pemfile_crls(const struct tls_file *f, struct diag_list *why);
/* The private key. One that its group or others may use is refused; but root may own it and let a group read
 * it (root:sekisho 0640), so that a daemon without privileges can read what it cannot write. */
EVP_PKEY *pemfile_key(const struct tls_file *f, struct diag_list *why);

/* "CN=Corp CA,O=Corp" (RFC 2253), cut at the end of `out`. */
void pemfile_name(const X509_NAME *name, char *out, size_t size);
/* Wall clock in ms; 0 when it cannot be read. */
int64_t pemfile_time_ms(const ASN1_TIME *t);

#endif
