/*
 * trust -- the CAs that an origin's certificate may come from: what `origin-ca` names.
 * Never changes once it is loaded; reference-counted, so that a check that began under one generation can end
 * under the next.  Whatever is named is an anchor: a root, an intermediate CA, or a single server's certificate.
 */
#ifndef SEKISHO_TLS_TRUST_H
#define SEKISHO_TLS_TRUST_H

#include "config/conf.h"

struct trust;
struct x509_store_st;

/* Reads the files of `origin-ca`. 0, or -EINVAL with the reasons in *why and nothing in *out. Without that
 * directive and without a need (`wanted`: some rule verifies) nothing is read, and *out is NULL. */
int trust_load(struct trust **out, const struct conf *c, bool wanted, struct diag_list *why);
struct trust *trust_ref(struct trust *t);               /* NULL is fine */
void trust_unref(struct trust *t);                      /* NULL is fine; any thread */

/* The same for the same CAs in the same order, whichever generation they were loaded for. */
uint64_t trust_id(const struct trust *t);
size_t trust_count(const struct trust *t);              /* of certificates */
struct x509_store_st *trust_store(const struct trust *t);       /* borrowed */

#endif
