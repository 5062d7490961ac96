/*
 * tls_help -- certificates for the tests of tls/, made by certs/make-test-certs when the program begins, and an OpenSSL
 * client in the same process at the other end of a socket pair.
 */
#ifndef SEKISHO_TESTS_TLS_HELP_H
#define SEKISHO_TESTS_TLS_HELP_H

#include "tls/conn.h"
#include "tls/tickets.h"

#include <openssl/ssl.h>

/* Group setup and teardown: a folder in the working directory. */
int certs_setup(void **state);
int certs_teardown(void **state);
/* Runs a shell command in that folder; its certificates are there under their names. */
void certs_shell(const char *command);
/* "DIR/name", of which a thread has its last 16. */
const char *certs_path(const char *name);
struct tls_file certs_file(const char *name);
struct tls_pair certs_pair(const char *kind);

struct client_options {
	const char *sni, *cert;         /* a kind of certificate; NULL: none */
	int max_version, min_version;   /* 0: any */
	const char *alpn;               /* in wire form */
	SSL_SESSION *session;           /* to resume; borrowed */
	const char *suites12;
	int level;                      /* of security, for weak certificates; 0: as preset */
};

struct duo {
	int fds[2];                     /* the server's, the client's */
	struct tls_conn *server;
	SSL *client;
	SSL_CTX *ctx;
	SSL_SESSION *ticket;            /* the newest that the server gave */
	enum reason reason;             /* of the server's handshake */
	bool client_done;
	unsigned long client_error;     /* OpenSSL's code, 0: none */
};

/* Connects, without a handshake. */
void duo_open(struct duo *d, const struct front *f, const struct client_options *o);
/* Both ends in turn, until both are done or one has failed. */
void duo_handshake(struct duo *d);
void duo_close(struct duo *d);
/* Open, handshake, and an exchange of octets so that the client has its tickets. Returns d->reason. */
enum reason duo_run(struct duo *d, const struct front *f, const struct client_options *o);

/* A front of one pair; fails the test when it does not load. */
struct front *front_make(const char *kind, const struct client_trust *trust, struct tickets *tickets);
/* client-ca ca.crt; with the list `crl` or NULL. */
struct client_trust *trust_make(enum client_cert_mode mode, const char *crl);

#endif
