#include "tls/probe.h"

#include "base/arena.h"
#include "base/clock.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	CHAIN_DEPTH = 10,
	SECURITY_LEVEL = 2,             /* 112 bits: no RSA key below 2048, no SHA-1 */
	FAREWELL_MS = 1000,               /* how long the origin may take to close after us */
	FAREWELLS_MAX = 256,              /* more are closed at once */
	FAREWELL_READS = 16,
};

struct farewell {                         /* a connection that waits for the origin's FIN, so that no RST is sent */
	TAILQ_ENTRY(farewell) link;
	struct prober *prober;
	struct event event;
	int fd;
};

struct prober {
	struct event_base *base;
	SSL_CTX *ctx;
	TAILQ_HEAD(, farewell) farewells;
	unsigned n_farewells;
};

struct probe {
	struct prober *prober;
	struct probe_plan plan;
	struct event event;
	SSL *ssl;
	int fd;                         /* -1: none */
	int early;                      /* an errno that came before the loop could run */
	bool connected;
	bool asked;                     /* the origin wants a certificate of ours */
	bool ours;                      /* what failed was on this side: descriptors, memory, ports */
};

/* ---- closing in order --------------------------------------------------------------------------- */

static void farewell_free(struct farewell *l)
{
	event_del(&l->event);
	close(l->fd);
	TAILQ_REMOVE(&l->prober->farewells, l, link);
	l->prober->n_farewells--;
	free(l);
}

static void on_farewell(evutil_socket_t fd, short what, void *arg)
{
	char forgotten[4096];

	for (int i = 0; i < FAREWELL_READS && !(what & EV_TIMEOUT); i++) {
		ssize_t n = recv(fd, forgotten, sizeof(forgotten), 0);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			break;
	}
	farewell_free(arg);               /* it is closed, or has had its time, or says more than a server should */
}

/* Takes the descriptor over. What still comes (tickets, the other's close_notify) is read and forgotten. */
static void say_farewell(struct prober *p, int fd)
{
	struct farewell *l;

	if (p->n_farewells == FAREWELLS_MAX || shutdown(fd, SHUT_WR) != 0) {
		close(fd);
		return;
	}
	l = xcalloc(1, sizeof(*l));
	l->prober = p;
	l->fd = fd;
	TAILQ_INSERT_TAIL(&p->farewells, l, link);
	p->n_farewells++;
	event_assign(&l->event, p->base, fd, EV_READ | EV_PERSIST, on_farewell, l);
	event_add(&l->event, &(struct timeval){ .tv_sec = FAREWELL_MS / 1000 });
}

/* ---- what the handshake showed -------------------------------------------------------------------- */

static int64_t time_ms(const ASN1_TIME *at)
{
	static const int day_ms = 86400000;
	int days, seconds;
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	bool ok = epoch && ASN1_TIME_diff(&days, &seconds, epoch, at) == 1;

	ASN1_TIME_free(epoch);
	return ok ? (int64_t)days * day_ms + (int64_t)seconds * 1000 : 0;
}

static bool hash_key(X509 *cert, unsigned char out[PIN_OCTETS])
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	bool ok = n > 0 && EVP_Digest(der, (size_t)n, out, NULL, EVP_sha256(), NULL) == 1;

	OPENSSL_free(der);
	return ok;
}

/* The first of the chain to expire. */
static int64_t chain_end_ms(const SSL *ssl, int64_t own_ms)
{
	STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
	int64_t first = own_ms;

	for (int i = 0; i < sk_X509_num(chain); i++) {
		int64_t end = time_ms(X509_get0_notAfter(sk_X509_value(chain, i)));

		if (end < first)
			first = end;
	}
	return first;
}

static void describe_certificate(const SSL *ssl, X509 *cert, struct origin_verdict *facts, BIO *issuer)
{
	char *text = NULL;
	long n;

	facts->has_key = hash_key(cert, facts->key);
	facts->expires_ms = time_ms(X509_get0_notAfter(cert));
	facts->good_until_ms = chain_end_ms(ssl, facts->expires_ms);
	X509_NAME_print_ex(issuer, X509_get_issuer_name(cert), 0, XN_FLAG_RFC2253);
	n = BIO_get_mem_data(issuer, &text);
	facts->issuer = sv_slice((struct sv){ text, n > 0 ? (size_t)n : 0 }, 0, VERDICT_ISSUER_MAX);
}

/* `error` is why there was no handshake, or NULL. */
static struct origin_verdict *judge(const struct probe *p, const char *error)
{
	X509 *cert = p->ssl ? SSL_get0_peer_certificate(p->ssl) : NULL;
	struct origin_verdict facts = { .about = p->plan.about, .error = error, .passing = p->ours }, *v;
	BIO *issuer = BIO_new(BIO_s_mem());

	if (cert)
		describe_certificate(p->ssl, cert, &facts, issuer);
	if (!error && (!cert || !facts.has_key)) {      /* without a certificate the result below would be "ok" */
		facts.error = "the origin showed no certificate";
	} else if (!error) {
		long result = SSL_get_verify_result(p->ssl);

		facts.proven = true;
		facts.verified = result == X509_V_OK;
		facts.error = facts.verified ? NULL : X509_verify_cert_error_string(result);
	}
	v = verdict_create(&facts);
	BIO_free(issuer);
	return v;
}

static void conclude(struct probe *p, const char *error)
{
	p->plan.done(p->plan.arg, judge(p, error));     /* which frees the probe */
}

/* ---- the handshake ---------------------------------------------------------------------------------- */

static bool is_alert(unsigned long e)
{
	return ERR_GET_LIB(e) == ERR_LIB_SSL && ERR_GET_REASON(e) >= SSL_AD_REASON_OFFSET;
}

/* A TLS 1.2 server that insists on a client's certificate breaks off when there is none; by then it has signed its
 * half of the key exchange with the certificate's key, and that is all that was to be proved. (In TLS 1.3 the
 * handshake is over for us before such a server can object.) */
static bool has_proved_itself(const struct probe *p, unsigned long e)
{
	const SSL_CIPHER *c = SSL_get_pending_cipher(p->ssl);
	int exchange = c ? SSL_CIPHER_get_kx_nid(c) : NID_undef;

	return p->asked && is_alert(e) && SSL_version(p->ssl) == TLS1_2_VERSION &&
	       (exchange == NID_kx_ecdhe || exchange == NID_kx_dhe);
}

static int on_asked(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
	struct probe *p = SSL_get_app_data(ssl);

	(void)cert;
	(void)key;
	p->asked = true;
	return 0;
}

static const char *failure(const struct probe *p, int kind, int err)
{
	unsigned long e = ERR_peek_error();
	const char *text = ERR_reason_error_string(e);

	if (kind == SSL_ERROR_SSL && has_proved_itself(p, e))
		return NULL;
	if (ERR_GET_LIB(e) == ERR_LIB_SSL && ERR_GET_REASON(e) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return "the origin closed the connection during the TLS handshake";
	if (kind == SSL_ERROR_SYSCALL && err)
		return strerrordesc_np(err);
	return kind == SSL_ERROR_SSL && text ? text : "the TLS handshake failed";
}

static void on_probe(evutil_socket_t fd, short what, void *arg);

static void want(struct probe *p, short events)
{
	event_assign(&p->event, p->prober->base, p->fd, events, on_probe, p);
	event_add(&p->event, NULL);
}

static void go_on(struct probe *p)
{
	int r, kind, err;

	ERR_clear_error();
	errno = 0;
	r = SSL_do_handshake(p->ssl);
	err = errno;
	kind = SSL_get_error(p->ssl, r);
	if (r == 1) {
		SSL_shutdown(p->ssl);           /* says close_notify; what it returns changes nothing */
		conclude(p, NULL);
	} else if (kind == SSL_ERROR_WANT_READ) {
		want(p, EV_READ);
	} else if (kind == SSL_ERROR_WANT_WRITE) {
		want(p, EV_WRITE);
	} else {
		const char *text = failure(p, kind, err);

		conclude(p, text);
	}
	ERR_clear_error();
}

/* The name (or the address) and the CAs that this one is held to. */
static bool set_demands(struct probe *p)
{
	const struct origin_key *about = &p->plan.about;
	X509_VERIFY_PARAM *param = SSL_get0_param(p->ssl);
	char name[256];

	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
					X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	X509_VERIFY_PARAM_set_depth(param, CHAIN_DEPTH);
	if (SSL_set1_verify_cert_store(p->ssl, trust_store(p->plan.trust)) != 1)
		return false;
	if (!about->name.n)
		return X509_VERIFY_PARAM_set1_ip(param, about->at.ip.b, about->at.ip.family == 4 ? 4 : 16) == 1;
	if (about->name.n >= sizeof(name))
		return false;
	memcpy(name, about->name.p, about->name.n);
	name[about->name.n] = '\0';
	return X509_VERIFY_PARAM_set1_host(param, about->name.p, about->name.n) == 1 &&
	       SSL_set_tlsext_host_name(p->ssl, name) == 1;
}

static bool prepare(struct probe *p)
{
	p->ssl = SSL_new(p->prober->ctx);
	if (!p->ssl)
		return false;
	SSL_set_app_data(p->ssl, p);
	SSL_set_connect_state(p->ssl);
	return set_demands(p) && SSL_set_fd(p->ssl, p->fd) == 1;
}

static void on_probe(evutil_socket_t fd, short what, void *arg)
{
	struct probe *p = arg;
	int err = p->early;
	socklen_t len = sizeof(err);

	(void)what;
	if (p->connected) {
		go_on(p);
		return;
	}
	if (!err && getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0)
		err = errno;
	if (err) {
		conclude(p, strerrordesc_np(err));
		return;
	}
	p->connected = true;
	if (prepare(p)) {
		go_on(p);
	} else {
		ERR_clear_error();
		p->ours = true;
		conclude(p, "the TLS handshake could not be prepared");
	}
}

/* ---- dialling --------------------------------------------------------------------------------------- */

static int bind_from(int fd, const struct ip *from)
{
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(&(struct endpoint){ *from, 0 }, &sa);
	int on = 1;

	/* The port is chosen at connect(), where it need be free for that origin only. */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	return bind(fd, (struct sockaddr *)&sa, len) == 0 ? 0 : errno;
}

/* 0 when it is under way, or an errno. */
static int dial(struct probe *p)
{
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(&p->plan.about.at, &sa);
	int on = 1, err = 0;

	p->fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd < 0)
		return errno;
	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (p->plan.from.family == p->plan.about.at.ip.family)
		err = bind_from(p->fd, &p->plan.from);
	if (!err && connect(p->fd, (struct sockaddr *)&sa, len) != 0 && errno != EINPROGRESS)
		err = errno;
	return err;
}

static bool is_ours(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOMEM || err == ENOBUFS || err == EADDRNOTAVAIL;
}

struct probe *probe_start(struct prober *prober, const struct probe_plan *plan)
{
	struct probe *p = xcalloc(1, sizeof(*p));

	p->prober = prober;
	p->plan = *plan;
	p->early = dial(p);
	p->ours = is_ours(p->early);
	event_assign(&p->event, prober->base, p->fd, EV_WRITE, on_probe, p);
	if (p->early)
		event_active(&p->event, EV_WRITE, 0);
	else
		event_add(&p->event, NULL);
	return p;
}

struct origin_verdict *probe_give_up(const struct probe *p)
{
	struct origin_verdict facts = { .about = p->plan.about };

	facts.error = p->connected ? "timed out during the TLS handshake" : "timed out while connecting";
	return verdict_create(&facts);
}

void probe_free(struct probe *p)
{
	if (!p)
		return;
	event_del(&p->event);
	if (p->ssl)
		SSL_free(p->ssl);               /* leaves the descriptor alone: its BIO does not own it */
	if (p->fd >= 0 && p->connected)
		say_farewell(p->prober, p->fd);
	else if (p->fd >= 0)
		close(p->fd);
	free(p);
}

/* ---- life --------------------------------------------------------------------------------------------- */

static SSL_CTX *new_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx)
		return NULL;
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(ctx, 0);
	SSL_CTX_set_security_level(ctx, SECURITY_LEVEL);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* The chain is looked at, and whatever it is, the handshake goes on: a bad chain's key is wanted, too, and
	 * proved. Nothing but the handshake is ever sent. */
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_client_cert_cb(ctx, on_asked);
	return ctx;
}

int prober_create(struct prober **out, struct event_base *base)
{
	struct prober *p = xcalloc(1, sizeof(*p));

	TAILQ_INIT(&p->farewells);
	p->base = base;
	p->ctx = new_context();
	if (!p->ctx) {
		free(p);
		return -ENOMEM;
	}
	*out = p;
	return 0;
}

void prober_free(struct prober *p)
{
	struct farewell *l, *next;

	if (!p)
		return;
	for (l = TAILQ_FIRST(&p->farewells); l; l = next) {
		next = TAILQ_NEXT(l, link);
		farewell_free(l);
	}
	SSL_CTX_free(p->ctx);
	free(p);
}
