/*
 * tls_peer -- certificates made on the spot, and a server on loopback that shows them (or misbehaves).
 * One thread a peer, one connection after the other. Every test frees what it made.
 */
#ifndef SEKISHO_TESTS_TLS_PEER_H
#define SEKISHO_TESTS_TLS_PEER_H

#include "base/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ---- certificates --------------------------------------------------------------------------------- */

struct cert_plan {
	const char *cn, *san;           /* "DNS:a.test,IP:127.0.0.1"; NULL: none */
	X509 *issuer;                   /* NULL: signed by itself */
	EVP_PKEY *issuer_key;
	long from_s, to_s;              /* from now; both 0: a day back, a day on */
	bool ca;
	const char *usage;              /* extendedKeyUsage; NULL: serverAuth, or none of a CA */
	unsigned rsa_bits;              /* 0: P-256 */
};

static inline void add_extension(X509 *cert, X509 *issuer, int nid, const char *text)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, text);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(cert, e, -1), 1);
	X509_EXTENSION_free(e);
}

static inline X509 *make_cert(const struct cert_plan *plan, EVP_PKEY **key)
{
	static _Atomic long serial = 1000;
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	bool dated = plan->from_s || plan->to_s;

	*key = plan->rsa_bits ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)plan->rsa_bits)
			      : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	assert_non_null(*key);
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
	X509_gmtime_adj(X509_getm_notBefore(cert), dated ? plan->from_s : -86400);
	X509_gmtime_adj(X509_getm_notAfter(cert), dated ? plan->to_s : 86400);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)plan->cn, -1, -1, 0);
	X509_set_issuer_name(cert, plan->issuer ? X509_get_subject_name(plan->issuer) : name);
	X509_set_pubkey(cert, *key);
	add_extension(cert, plan->issuer ? plan->issuer : cert, NID_basic_constraints,
		      plan->ca ? "critical,CA:TRUE" : "CA:FALSE");
	if (plan->usage || !plan->ca)
		add_extension(cert, cert, NID_ext_key_usage, plan->usage ? plan->usage : "serverAuth");
	if (plan->san)
		add_extension(cert, cert, NID_subject_alt_name, plan->san);
	assert_true(X509_sign(cert, plan->issuer_key ? plan->issuer_key : *key, EVP_sha256()) > 0);
	return cert;
}

/* ---- peers ------------------------------------------------------------------------------------------ */

enum peer_kind { PEER_TLS, PEER_SILENT, PEER_RESET, PEER_CLOSE, PEER_PLAIN };

struct peer {
	enum peer_kind kind;
	SSL_CTX *ctx;                   /* PEER_TLS */
	unsigned delay_ms;              /* before it answers */
	int fd;
	struct endpoint at;
	pthread_t thread;
	atomic_bool stop;
	atomic_uint accepted, handshakes, in_order, octets, with_alpn;
	char sni[256];                  /* of the last handshake; read after it */
};

static inline void peer_handshake(struct peer *p, int fd)
{
	SSL *ssl = SSL_new(p->ctx);
	const char *sni;
	char rest[64];
	int n;

	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1)
		p->handshakes++;
	sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	snprintf(p->sni, sizeof(p->sni), "%s", sni ? sni : "");
	n = SSL_read(ssl, rest, sizeof(rest));
	if (n > 0)
		p->octets += (unsigned)n;
	/* In order: close_notify, then FIN, and what we sent was not answered by a reset. */
	if (n <= 0 && SSL_get_error(ssl, n) == SSL_ERROR_ZERO_RETURN && SSL_shutdown(ssl) >= 0 &&
	    recv(fd, rest, sizeof(rest), 0) == 0)
		p->in_order++;
	SSL_free(ssl);
	ERR_clear_error();
}

static inline void peer_serve(struct peer *p, int fd)
{
	char rest[4096];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_sec = 5 }, sizeof(struct timeval));
	if (p->delay_ms)
		usleep(p->delay_ms * 1000);
	switch (p->kind) {
	case PEER_TLS:
		peer_handshake(p, fd);
		break;
	case PEER_SILENT:
		while (recv(fd, rest, sizeof(rest), 0) > 0 && !p->stop)
			;
		break;
	case PEER_RESET:
		recv(fd, rest, sizeof(rest), 0);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 }, sizeof(struct linger));
		break;
	case PEER_CLOSE:
		recv(fd, rest, sizeof(rest), 0);
		break;
	case PEER_PLAIN:
		send(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL);
		recv(fd, rest, sizeof(rest), 0);
		break;
	}
}

static inline void *peer_run(void *arg)
{
	struct peer *p = arg;

	while (!p->stop) {
		int fd = accept(p->fd, NULL, NULL);

		if (fd < 0)
			continue;
		p->accepted++;
		if (!p->stop)
			peer_serve(p, fd);
		close(fd);
	}
	return NULL;
}

static inline void peer_listen(struct peer *p, const char *address)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(at);

	inet_pton(AF_INET, address, &at.sin_addr);
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(p->fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(p->fd, 512), 0);
	assert_int_equal(getsockname(p->fd, (struct sockaddr *)&at, &len), 0);
	memcpy(&sa, &at, sizeof(at));
	p->at = endpoint_from_sockaddr(&sa);
}

static inline int peer_on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n, const unsigned char *in,
			       unsigned n, void *arg)
{
	struct peer *p = arg;

	(void)ssl;
	(void)out;
	(void)out_n;
	(void)in;
	(void)n;
	p->with_alpn++;
	return SSL_TLSEXT_ERR_NOACK;
}

static inline struct peer *peer_start(enum peer_kind kind, X509 *cert, EVP_PKEY *key, X509 *between)
{
	struct peer *p = calloc(1, sizeof(*p));

	p->kind = kind;
	peer_listen(p, "127.0.0.1");
	if (kind == PEER_TLS) {
		p->ctx = SSL_CTX_new(TLS_server_method());
		SSL_CTX_set_security_level(p->ctx, 0);
		SSL_CTX_set_cipher_list(p->ctx, "ALL:@SECLEVEL=0");
		SSL_CTX_set_alpn_select_cb(p->ctx, peer_on_alpn, p);
		assert_int_equal(SSL_CTX_use_certificate(p->ctx, cert), 1);
		assert_int_equal(SSL_CTX_use_PrivateKey(p->ctx, key), 1);
		if (between)
			SSL_CTX_add1_chain_cert(p->ctx, between);
	}
	return p;
}

/* Once its context is as the test wants it. */
static inline void peer_go(struct peer *p)
{
	assert_int_equal(pthread_create(&p->thread, NULL, peer_run, p), 0);
}

static inline void peer_stop(struct peer *p)
{
	p->stop = true;
	shutdown(p->fd, SHUT_RDWR);     /* accept() returns */
	pthread_join(p->thread, NULL);
	close(p->fd);
	SSL_CTX_free(p->ctx);
	free(p);
}

#endif
