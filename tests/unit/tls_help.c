#include "tls_help.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <fcntl.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static char dir[64];

void certs_shell(const char *command)
{
	char text[2048];

	snprintf(text, sizeof(text), "cd %s && { %s; } >>shell.out 2>&1", dir, command);
	if (system(text) != 0)
		fail_msg("failed: %s", command);
}

int certs_setup(void **state)
{
	const char *src = getenv("SEKISHO_SRCDIR");
	char command[1024];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	snprintf(dir, sizeof(dir), "tls-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(command, sizeof(command), "%s/certs/make-test-certs %s www.test '*.wild.test' >/dev/null",
		 src ? src : "../..", dir);
	return system(command) == 0 ? 0 : -1;
}

int certs_teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

const char *certs_path(const char *name)
{
	static _Thread_local char kept[16][128];
	static _Thread_local unsigned next;
	char *p = kept[next++ % 16];

	snprintf(p, sizeof(kept[0]), "%s/%s", dir, name);
	return p;
}

struct tls_file certs_file(const char *name)
{
	return (struct tls_file){ certs_path(name), { "test.conf", 1, 1 } };
}

struct tls_pair certs_pair(const char *kind)
{
	char crt[64], key[64];

	snprintf(crt, sizeof(crt), "%s.crt", kind);
	snprintf(key, sizeof(key), "%s.key", kind);
	return (struct tls_pair){ certs_file(crt), certs_file(key) };
}

/* ---- client ---------------------------------------------------------------------------------- */

static int on_ticket(SSL *ssl, SSL_SESSION *session)
{
	struct duo *d = SSL_get_app_data(ssl);

	SSL_SESSION_free(d->ticket);
	d->ticket = session;
	return 1;                               /* ours now */
}

static void set_client_cert(SSL_CTX *ctx, const struct client_options *o)
{
	struct tls_pair p;

	if (!o->cert)
		return;
	SSL_CTX_set_security_level(ctx, o->level);
	p = certs_pair(o->cert);
	assert_int_equal(SSL_CTX_use_certificate_chain_file(ctx, p.cert.path), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(ctx, p.key.path, SSL_FILETYPE_PEM), 1);
}

void duo_open(struct duo *d, const struct front *f, const struct client_options *o)
{
	memset(d, 0, sizeof(*d));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, d->fds), 0);
	assert_int_equal(tls_conn_create(&d->server, f, d->fds[0]), 0);
	d->ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_session_cache_mode(d->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(d->ctx, on_ticket);
	set_client_cert(d->ctx, o);
	SSL_CTX_set_min_proto_version(d->ctx, o->min_version);
	SSL_CTX_set_max_proto_version(d->ctx, o->max_version);
	if (o->suites12)
		assert_int_equal(SSL_CTX_set_cipher_list(d->ctx, o->suites12), 1);
	d->client = SSL_new(d->ctx);
	SSL_set_app_data(d->client, d);
	SSL_set_fd(d->client, d->fds[1]);
	SSL_set_connect_state(d->client);
	if (o->sni)
		SSL_set_tlsext_host_name(d->client, (char *)(uintptr_t)o->sni);        /* the macro casts */
	if (o->alpn)
		SSL_set_alpn_protos(d->client, (const unsigned char *)o->alpn, (unsigned)strlen(o->alpn));
	if (o->session)
		SSL_set_session(d->client, o->session);
}

static void step_client(struct duo *d)
{
	int ret;

	ERR_clear_error();
	ret = SSL_do_handshake(d->client);
	d->client_done = ret == 1;
	if (ret != 1 && SSL_get_error(d->client, ret) != SSL_ERROR_WANT_READ)
		d->client_error = ERR_peek_error();
}

void duo_handshake(struct duo *d)
{
	for (int i = 0; i < 20; i++) {
		if (!d->client_done && !d->client_error)
			step_client(d);
		if (d->reason == REASON_NONE)
			d->reason = tls_conn_handshake(d->server);
		if ((d->client_done || d->client_error) && d->reason != REASON_NONE)
			break;
	}
	if (d->client_done && d->reason != REASON_COMPLETED) {  /* TLS 1.3: the alert comes afterwards */
		char c;

		ERR_clear_error();
		if (SSL_read(d->client, &c, 1) <= 0)
			d->client_error = ERR_peek_error();
	}
}

void duo_close(struct duo *d)
{
	tls_conn_free(d->server);
	if (d->client)
		SSL_set_shutdown(d->client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);         /* keeps the ticket good */
	SSL_free(d->client);
	SSL_CTX_free(d->ctx);
	SSL_SESSION_free(d->ticket);
	close(d->fds[0]);
	if (d->fds[1] >= 0)
		close(d->fds[1]);
}

enum reason duo_run(struct duo *d, const struct front *f, const struct client_options *o)
{
	char c = 0;

	duo_open(d, f, o);
	duo_handshake(d);
	if (d->reason == REASON_COMPLETED) {
		assert_true(d->client_done);
		assert_int_equal(tls_conn_write(d->server, "x", 1), 1);
		assert_int_equal(SSL_read(d->client, &c, 1), 1);
		assert_int_equal(c, 'x');
	}
	return d->reason;
}

/* ---- fronts ---------------------------------------------------------------------------------- */

struct client_trust *trust_make(enum client_cert_mode mode, const char *crl)
{
	const struct tls_file ca = certs_file("ca.crt"), list = certs_file(crl ? crl : "none");
	struct diag_list why = { 0 };
	struct client_trust *t;

	client_trust_load(&t, &(struct client_trust_config){
		.mode = mode, .cas = &ca, .n_cas = 1, .crls = &list, .n_crls = crl ? 1 : 0,
		.kinds = { IDENTITY_URI, IDENTITY_DNS }, .n_kinds = 2 }, &why);
	diag_print(&why, stderr);
	diag_fini(&why);
	assert_non_null(t);
	return t;
}

struct front *front_make(const char *kind, const struct client_trust *trust, struct tickets *tickets)
{
	const struct tls_pair pair = certs_pair(kind);
	struct diag_list why = { 0 };
	struct front *f;

	front_load(&f, &(struct front_config){ &pair, 1, trust, tickets }, &why);
	diag_print(&why, stderr);
	diag_fini(&why);
	assert_non_null(f);
	return f;
}
