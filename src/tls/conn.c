#include "tls/conn.h"

#include "base/arena.h"
#include "base/strbuf.h"
#include "tls/front_impl.h"
#include "tls/pemfile.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum {
	BIO_READS_MAX = 8,      /* read()s of the socket in one call: some 128 KiB of ciphertext */
	PIECES_MAX = 64,        /* records taken in one call */
	IDLE_TALK_MAX = 32,     /* messages of TLS itself in a row without an octet of the client's */
	ISSUER_TEXT = 512,
};

struct shown {                          /* by a client's certificate */
	struct found_identity who;
	size_t n_issuer, n_serial;
	char issuer[ISSUER_TEXT], serial[64];
};

struct tls_conn {
	SSL *ssl;                       /* NULL: the first record is not there yet */
	struct front *front;
	int fd;
	struct shown *shown;            /* NULL: no certificate */
	const char *detail, *fault;     /* fault: what on_verify found */
	int failed;                     /* a negative errno that every further read gets */
	uint8_t wants, reads_left, idle_talk;
	bool heard, done, more, ended, cut, said_goodbye;
	size_t missing;                 /* of the first record, when it was looked at last */
	bool dry;                       /* in this call, a read() of the socket has found nothing */
	uint8_t n_first;
	char first[8];                  /* what the peer began with, to name it when it is no TLS */
};

const struct front *tls_conn_front(const struct tls_conn *c)
{
	return c->front;
}

/* Who the client is by the other trust: another part of its certificate may count there, or none. NULL, or what is wrong. */
static const char *identify_anew(struct tls_conn *c, const struct client_trust *now)
{
	if (!c->shown)
		return NULL;
	if (now->mode != CLIENT_CERT_NONE)
		return identity_find(&c->shown->who, SSL_get0_peer_certificate(c->ssl), now->kinds, now->n_kinds);
	c->shown->who.kind = IDENTITY_NONE;
	c->shown->who.n = 0;
	return NULL;
}

enum reason tls_conn_recheck(struct tls_conn *c, const struct front *now, const char **detail)
{
	enum reason why;

	*detail = NULL;
	if (memcmp(c->front->trust->digest, now->trust->digest, TRUST_DIGEST) == 0)
		return REASON_COMPLETED;
	why = client_trust_recheck(now->trust, c->ssl, detail);
	if (why != REASON_COMPLETED)
		return why;
	*detail = identify_anew(c, now->trust);
	if (*detail)
		return REASON_CLIENT_CERT_BAD;
	front_free(c->front);                   /* from here on this is what it came by */
	c->front = front_ref(now);
	return REASON_COMPLETED;
}

void tls_conn_fault(struct tls_conn *c, const char *text)
{
	c->fault = text;
}

/* ---- lifetime -------------------------------------------------------------------------------- */

static void keep_first(struct tls_conn *c, const char *p, size_t n)
{
	while (n-- && c->n_first < sizeof(c->first))
		c->first[c->n_first++] = *p++;
}

/* Around each read of the socket: once the call's share is used up, it looks empty. */
static long on_bio(BIO *bio, int op, const char *p, size_t n, int argi, long argl, int ret, size_t *done)
{
	struct tls_conn *c = (struct tls_conn *)(void *)BIO_get_callback_arg(bio);

	(void)n;
	(void)argi;
	(void)argl;
	if (op == (BIO_CB_READ | BIO_CB_RETURN) && ret > 0 && done)
		keep_first(c, p, *done);
	if (op == (BIO_CB_READ | BIO_CB_RETURN) && ret <= 0)
		c->dry = true;
	if (op != BIO_CB_READ)
		return ret;
	if (c->reads_left == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	c->reads_left--;
	return ret;
}

/* Counts what a peer can send without end and without use: KeyUpdates, attempts to renegotiate (each is
 * answered by an alert). */
static void on_message(int sent, int version, int type, const void *p, size_t n, SSL *ssl, void *unused)
{
	struct tls_conn *c = SSL_get_app_data(ssl);

	(void)version;
	(void)p;
	(void)n;
	(void)unused;
	if (c->done && c->idle_talk < 0xff && (type == SSL3_RT_HANDSHAKE || (type == SSL3_RT_ALERT && sent)))
		c->idle_talk++;
}

int tls_conn_create(struct tls_conn **out, const struct front *f, int fd)
{
	struct tls_conn *c = xcalloc(1, sizeof(*c));

	c->front = front_ref(f);
	c->fd = fd;
	*out = c;
	return 0;
}

static int start(struct tls_conn *c)
{
	BIO *bio;

	ERR_clear_error();
	c->ssl = SSL_new(c->front->sites[0].ctx);
	bio = c->ssl ? BIO_new_socket(c->fd, BIO_NOCLOSE) : NULL;
	if (!bio) {
		SSL_free(c->ssl);
		c->ssl = NULL;
		return -ENOMEM;
	}
	BIO_set_callback_ex(bio, on_bio);
	BIO_set_callback_arg(bio, (char *)c);
	SSL_set_bio(c->ssl, bio, bio);
	SSL_set_app_data(c->ssl, c);
	SSL_set_accept_state(c->ssl);
	return 0;
}

void tls_conn_free(struct tls_conn *c)
{
	if (!c)
		return;
	SSL_free(c->ssl);
	front_free(c->front);
	free(c->shown);
	free(c);
}

/* ---- what went wrong ------------------------------------------------------------------------- */

static const char *alert_text(int alert)
{
	switch (alert) {
	case SSL_AD_HANDSHAKE_FAILURE: return "alert from the client: handshake failure";
	case SSL_AD_BAD_CERTIFICATE: return "alert from the client: bad certificate";
	case SSL_AD_UNSUPPORTED_CERTIFICATE: return "alert from the client: unsupported certificate";
	case SSL_AD_CERTIFICATE_REVOKED: return "alert from the client: our certificate is revoked";
	case SSL_AD_CERTIFICATE_EXPIRED: return "alert from the client: our certificate is expired";
	case SSL_AD_CERTIFICATE_UNKNOWN: return "alert from the client: it does not take our certificate";
	case SSL_AD_UNKNOWN_CA: return "alert from the client: it does not know the CA of our certificate";
	case SSL_AD_ACCESS_DENIED: return "alert from the client: access denied";
	case SSL_AD_PROTOCOL_VERSION: return "alert from the client: protocol version";
	case SSL_AD_INSUFFICIENT_SECURITY: return "alert from the client: insufficient security";
	case SSL_AD_INTERNAL_ERROR: return "alert from the client: internal error";
	case SSL_AD_USER_CANCELLED: return "alert from the client: cancelled";
	default: return "alert from the client";
	}
}

/* What is no TLS at all, when it can be told; else NULL. */
static const char *other_protocol(const struct tls_conn *c)
{
	struct sv first = { c->first, c->n_first };

	if (sv_starts_with(first, SV("PROXY ")) || sv_starts_with(first, SV("\r\n\r\n\0")))
		return "a PROXY protocol header, and the listener has no proxy-protocol";
	return first.n && first.p[0] >= 'A' && first.p[0] <= 'Z' ? "plain HTTP on a TLS listener" : NULL;
}

/* Names for the mistakes that people make; OpenSSL's own words for the rest. */
static const char *error_text(unsigned long err)
{
	int reason = ERR_GET_REASON(err);
	const char *text;

	if (ERR_GET_LIB(err) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET)
		return alert_text(reason - SSL_AD_REASON_OFFSET);
	if (ERR_GET_LIB(err) == ERR_LIB_SSL)
		switch (reason) {
		case SSL_R_NO_APPLICATION_PROTOCOL: return "the client's ALPN list has no http/1.1";
		default: break;
		}
	text = ERR_reason_error_string(err);
	return text ? text : "TLS error";
}

/* After a failed call: 0 when the connection ended (c->ended), or a negative errno; sets detail and wants. */
static int failure(struct tls_conn *c, int ret)
{
	int sys = errno, kind = SSL_get_error(c->ssl, ret);
	unsigned long err = ERR_peek_error();

	switch (kind) {
	case SSL_ERROR_WANT_READ:
		c->wants = TLS_WANTS_READ;
		return -EAGAIN;
	case SSL_ERROR_WANT_WRITE:
		c->wants = TLS_WANTS_WRITE;
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		c->ended = true;
		c->cut = BIO_eof(SSL_get_rbio(c->ssl)) == 1;
		if (c->cut)
			c->detail = "the client closed without close_notify";
		return 0;
	case SSL_ERROR_SYSCALL:
		if (sys != 0)
			return -sys;
		break;
	default:
		c->detail = error_text(err);
		if (ERR_GET_LIB(err) != ERR_LIB_SSL || ERR_GET_REASON(err) != SSL_R_UNEXPECTED_EOF_WHILE_READING)
			return -EPROTO;
		break;
	}
	c->ended = c->cut = true;
	return 0;
}

static void begin(struct tls_conn *c, uint8_t reads)
{
	ERR_clear_error();
	errno = 0;
	c->wants = 0;
	c->dry = false;
	c->reads_left = reads;
}

/* Whether the call stopped for its share, or behind a message of TLS itself, and not for want of octets. */
static bool is_more(const struct tls_conn *c)
{
	return !c->dry && c->wants != TLS_WANTS_WRITE;
}

/* ---- the handshake --------------------------------------------------------------------------- */

static void read_serial(struct shown *s, const X509 *cert)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	const unsigned char *p = ASN1_STRING_get0_data(serial);
	int n = ASN1_STRING_length(serial);
	struct strbuf b;

	strbuf_init(&b, s->serial, sizeof(s->serial));
	for (int i = 0; i < n; i++)
		strbuf_printf(&b, "%02x", p[i]);
	s->n_serial = b.n;
}

void tls_conn_show(struct tls_conn *c, const X509 *cert)
{
	if (!c->shown)
		c->shown = xcalloc(1, sizeof(*c->shown));
	pemfile_name(X509_get_issuer_name(cert), c->shown->issuer, sizeof(c->shown->issuer));
	c->shown->n_issuer = strlen(c->shown->issuer);
	read_serial(c->shown, cert);
}

static const char *take_identity(struct tls_conn *c)
{
	const X509 *cert = SSL_get0_peer_certificate(c->ssl);

	if (!cert)
		return NULL;
	tls_conn_show(c, cert);
	return identity_find(&c->shown->who, cert, c->front->trust->kinds, c->front->trust->n_kinds);
}

static enum reason finished(struct tls_conn *c)
{
	c->done = true;
	c->detail = take_identity(c);
	SSL_set_msg_callback(c->ssl, on_message);
	return c->detail ? REASON_CLIENT_CERT_BAD : REASON_COMPLETED;
}

static enum reason certificate_refused(struct tls_conn *c)
{
	long verdict = SSL_get_verify_result(c->ssl);

	c->detail = c->fault ? c->fault : X509_verify_cert_error_string(verdict);
	return c->fault ? REASON_CLIENT_CERT_BAD : client_reason(verdict);
}

static enum reason handshake_failure(struct tls_conn *c, int ret)
{
	unsigned long err = ERR_peek_error();
	int reason = ERR_GET_LIB(err) == ERR_LIB_SSL ? ERR_GET_REASON(err) : 0, code = failure(c, ret);

	if (code == -EAGAIN)
		return REASON_NONE;
	if (code == 0) {
		c->detail = "the client closed in the handshake";
		return REASON_CLIENT_GONE;
	}
	if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
		return certificate_refused(c);
	if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
		c->detail = NULL;
		return REASON_CLIENT_CERT_MISSING;
	}
	if (other_protocol(c))
		c->detail = other_protocol(c);
	return code == -EPROTO ? REASON_TLS_FAILED : REASON_CLIENT_RESET;
}

enum { RECORD_HEADER = 5, RECORD_MAX_OCTETS = 16384 };

/* Octets of the first record that are still to come, by what lies in the socket; 0: it is all there, or no TLS. */
static size_t missing_of_first(struct tls_conn *c, const unsigned char *p, size_t n)
{
	size_t whole;
	int lies = 0;

	if (p[0] != SSL3_RT_HANDSHAKE)
		return 0;
	if (n < RECORD_HEADER)
		return RECORD_HEADER - n;
	whole = RECORD_HEADER + ((size_t)p[3] << 8 | p[4]);
	if (whole > RECORD_HEADER + RECORD_MAX_OCTETS || ioctl(c->fd, FIONREAD, &lies) != 0 || (size_t)lies >= whole)
		return 0;
	return whole - (size_t)lies;
}

/* Who is silent, or slow with its hello, costs next to nothing: OpenSSL takes 56 KiB as soon as it waits for one. An event
 * that brought no octet is the end; OpenSSL says which. */
static enum reason listen_first(struct tls_conn *c)
{
	unsigned char first[RECORD_HEADER];
	size_t missing;
	ssize_t n;

	do
		n = recv(c->fd, first, sizeof(first), MSG_PEEK);
	while (n < 0 && errno == EINTR);
	missing = n > 0 ? missing_of_first(c, first, (size_t)n) : 0;
	c->heard |= n > 0;
	if ((n < 0 && errno == EAGAIN) || (missing && missing != c->missing)) {
		c->missing = missing;
		c->wants = TLS_WANTS_READ;
		return REASON_NONE;
	}
	if (n <= 0)
		return n == 0 ? REASON_CLIENT_GONE : REASON_CLIENT_RESET;
	if (start(c) == 0)
		return REASON_COMPLETED;
	c->detail = "out of memory";
	return REASON_INTERNAL;
}

enum reason tls_conn_handshake(struct tls_conn *c)
{
	enum reason r = c->ssl ? REASON_COMPLETED : listen_first(c);
	int ret;

	if (r != REASON_COMPLETED)
		return r;
	begin(c, BIO_READS_MAX);
	ret = SSL_do_handshake(c->ssl);
	r = ret == 1 ? finished(c) : handshake_failure(c, ret);
	c->more = is_more(c);
	return r;
}

const char *tls_conn_detail(const struct tls_conn *c)
{
	return c->detail;
}

bool tls_conn_has_heard(const struct tls_conn *c)
{
	return c->heard;
}

void tls_conn_facts(const struct tls_conn *c, struct tls_facts *out)
{
	const struct shown *s = c->shown;

	*out = (struct tls_facts){ .version = 0 };
	if (!c->ssl || !(SSL_get_current_cipher(c->ssl) || SSL_get_pending_cipher(c->ssl)))
		return;                         /* nothing was agreed on */
	*out = (struct tls_facts){
		.version = (unsigned)SSL_version(c->ssl), .resumed = SSL_session_reused(c->ssl) == 1,
		.ktls_send = BIO_get_ktls_send(SSL_get_wbio(c->ssl)), .ktls_recv = BIO_get_ktls_recv(SSL_get_rbio(c->ssl)),
	};
	if (!s)
		return;
	out->identity = (struct identity){ s->who.kind, { s->who.text, s->who.n } };
	out->issuer = (struct sv){ s->issuer, s->n_issuer };
	out->serial = (struct sv){ s->serial, s->n_serial };
}

/* ---- bytes ----------------------------------------------------------------------------------- */

unsigned tls_conn_wants(const struct tls_conn *c)
{
	return c->wants;
}

bool tls_conn_more(const struct tls_conn *c)
{
	return c->more;
}

bool tls_conn_is_cut(const struct tls_conn *c)
{
	return c->cut;
}

/* What ends a read after `got` octets: those are given first, and the bad news at the next call. */
static ssize_t stopped(struct tls_conn *c, size_t got, int code)
{
	if (code != -EAGAIN && code != 0)
		c->failed = code;
	c->more = code == -EAGAIN ? is_more(c) : got > 0;
	return got ? (ssize_t)got : code;
}

ssize_t tls_conn_read(struct tls_conn *c, void *buffer, size_t size)
{
	size_t got = 0, one;

	c->more = false;
	if (c->failed || c->ended)
		return c->failed;
	begin(c, BIO_READS_MAX);
	for (unsigned i = 0; i < PIECES_MAX && got < size; i++) {
		int ret = SSL_read_ex(c->ssl, (char *)buffer + got, size - got, &one);

		if (c->idle_talk > IDLE_TALK_MAX) {
			c->detail = "too many messages without content";
			return stopped(c, got, -EPROTO);
		}
		if (ret != 1)
			return stopped(c, got, failure(c, ret));
		got += one;
		c->idle_talk = 0;
	}
	c->more = true;
	return (ssize_t)got;
}

ssize_t tls_conn_write(struct tls_conn *c, const void *p, size_t n)
{
	size_t done = 0, one;

	begin(c, 0);
	while (done < n) {
		int ret = SSL_write_ex(c->ssl, (const char *)p + done, n - done, &one), code;

		if (ret != 1) {
			code = failure(c, ret);
			return done && code == -EAGAIN ? (ssize_t)done : code ? code : -EPIPE;
		}
		done += one;
	}
	return (ssize_t)done;
}

int tls_conn_shutdown(struct tls_conn *c)
{
	int ret, code;

	if (c->said_goodbye || !c->done)
		return 0;
	begin(c, 0);
	ret = SSL_shutdown(c->ssl);
	code = ret < 0 ? failure(c, ret) : 0;
	c->said_goodbye = code == 0;
	return code;
}
