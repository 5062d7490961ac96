/*
 * front_impl -- what the files of this folder share about a listener's side; nobody else includes it.
 */
#ifndef SEKISHO_TLS_FRONT_IMPL_H
#define SEKISHO_TLS_FRONT_IMPL_H

#include "tls/conn.h"
#include "tls/identity.h"
#include "tls/tickets.h"

#include <openssl/ssl.h>
#include <stdatomic.h>

enum { TRUST_DIGEST = 32, SECURITY_LEVEL = 2, STRENGTH_MIN = 112 };     /* bits: RSA 2048, P-224, SHA-224 */

struct client_trust {
	_Atomic unsigned refs;
	enum client_cert_mode mode;
	enum identity_kind kinds[IDENTITY_KINDS_MAX];
	size_t n_kinds;
	X509_STORE *store;
	STACK_OF(X509_NAME) *names;             /* what a client is told about who may have signed */
	int64_t crls_end_ms;                    /* when the first of the lists is out of date; 0: none */
	unsigned char digest[TRUST_DIGEST];     /* of all this: what a ticket is bound to */
};

struct site {                                   /* one pair, and what goes with it */
	SSL_CTX *ctx;
	struct sv *names;                       /* canonical; "*." in front of a wildcard */
	size_t n_names;
	int key_type;                           /* EVP_PKEY_RSA, ... */
};

struct front {
	_Atomic unsigned refs;
	struct tickets *tickets;
	struct client_trust *trust;
	struct arena *arena;
	struct site *sites;
	size_t n_sites;
};

struct client_trust *client_trust_ref(const struct client_trust *t);
/* Clients are not asked. */
struct client_trust *client_trust_none(void);
/* Makes `ctx` ask for what `t` wants; client_verify.c. */
void client_trust_attach(const struct client_trust *t, SSL_CTX *ctx);
/* Looks at the certificate of an open connection by what `t` wants; as tls_conn_recheck(). */
enum reason client_trust_recheck(const struct client_trust *t, SSL *ssl, const char **detail);
/* By the code of a failed verification. */
enum reason client_reason(long x509_error);

struct front *front_ref(const struct front *f);
/* By SNI; never NULL. */
const struct site *front_site(const struct front *f, struct sv name);

/* The connection's own, while a callback of OpenSSL runs. */
const struct front *tls_conn_front(const struct tls_conn *c);
/* What client_verify found wrong with a certificate that OpenSSL takes: static text. */
void tls_conn_fault(struct tls_conn *c, const char *text);
/* Notes issuer and serial number of a client's certificate, a refused one too: by its own word. */
void tls_conn_show(struct tls_conn *c, const X509 *cert);

#endif
