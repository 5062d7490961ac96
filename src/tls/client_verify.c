/*
 * client_verify -- looks at the certificate that a client shows, within the handshake, so that what is refused
 * is refused by an alert. And keeps a resumed session from outliving what it rests on: the end of every
 * certificate of the verified chain, and of the lists, goes into the ticket.
 */
#include "base/clock.h"
#include "tls/front_impl.h"
#include "tls/pemfile.h"

static struct tls_conn *conn_of(const X509_STORE_CTX *ctx)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());

	return SSL_get_app_data(ssl);
}

/* An anchor is trusted as it stands: one that is no root needs no list of a CA above it. */
static int on_step(int ok, X509_STORE_CTX *ctx)
{
	int top = sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) - 1;

	if (ok || X509_STORE_CTX_get_error(ctx) != X509_V_ERR_UNABLE_TO_GET_CRL ||
	    X509_STORE_CTX_get_error_depth(ctx) != top || top == 0)
		return ok;
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

static int on_verify(X509_STORE_CTX *ctx, void *unused)
{
	struct tls_conn *c = conn_of(ctx);
	const struct client_trust *t = tls_conn_front(c)->trust;
	struct found_identity who;
	const char *fault;
	int ok;

	(void)unused;
	X509_STORE_CTX_set_verify_cb(ctx, on_step);
	ok = X509_verify_cert(ctx);
	tls_conn_show(c, X509_STORE_CTX_get0_cert(ctx));
	if (ok <= 0)
		return ok;
	fault = identity_find(&who, X509_STORE_CTX_get0_cert(ctx), t->kinds, t->n_kinds);
	if (!fault)
		return 1;
	tls_conn_fault(c, fault);
	X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_REJECTED);        /* the alert is bad_certificate */
	return 0;
}

enum reason client_reason(long x509_error)
{
	switch (x509_error) {
	case X509_V_ERR_CERT_NOT_YET_VALID:
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return REASON_CLIENT_CERT_EXPIRED;
	case X509_V_ERR_CERT_REVOKED:
		return REASON_CLIENT_CERT_REVOKED;
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return REASON_CLIENT_CERT_WEAK;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_CERT_UNTRUSTED:
	case X509_V_ERR_CERT_REJECTED:
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
		return REASON_CLIENT_CERT_UNTRUSTED;
	default:
		return REASON_CLIENT_CERT_BAD;
	}
}

enum reason client_trust_recheck(const struct client_trust *t, SSL *ssl, const char **detail)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	X509_STORE_CTX *ctx;
	long error = X509_V_ERR_OUT_OF_MEM;

	*detail = NULL;
	if (t->mode == CLIENT_CERT_NONE || (!cert && t->mode == CLIENT_CERT_OPTIONAL))
		return REASON_COMPLETED;
	if (!cert)
		return REASON_CLIENT_CERT_MISSING;
	ctx = X509_STORE_CTX_new();
	if (ctx && X509_STORE_CTX_init(ctx, t->store, cert, SSL_get_peer_cert_chain(ssl)) == 1) {
		X509_STORE_CTX_set_default(ctx, "ssl_client");
		X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(ctx), SECURITY_LEVEL);
		X509_STORE_CTX_set_verify_cb(ctx, on_step);
		error = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
	}
	X509_STORE_CTX_free(ctx);
	if (error == X509_V_OK)
		return REASON_COMPLETED;
	*detail = X509_verify_cert_error_string(error);
	return client_reason(error);
}

/* ---- tickets --------------------------------------------------------------------------------- */

/* When the first thing ends that a verified client rests on; 0: never. */
static int64_t rests_until_ms(SSL *ssl)
{
	const STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
	int64_t end = tls_conn_front(SSL_get_app_data(ssl))->trust->crls_end_ms;

	for (int i = 0; chain && i < sk_X509_num(chain); i++) {
		int64_t one = pemfile_time_ms(X509_get0_notAfter(sk_X509_value(chain, i)));

		if (!end || one < end)
			end = one;
	}
	return chain ? end : 0;
}

/* A resumed session carries on what its first handshake found. */
static int on_seal(SSL *ssl, void *unused)
{
	int64_t end;

	(void)unused;
	if (SSL_session_reused(ssl) || !SSL_get0_peer_certificate(ssl))
		return 1;
	end = rests_until_ms(ssl);
	return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), &end, sizeof(end));
}

static bool is_over(SSL_SESSION *session)
{
	void *data = NULL;
	size_t n = 0;
	int64_t end;

	if (!SSL_SESSION_get0_peer(session))
		return false;
	if (SSL_SESSION_get0_ticket_appdata(session, &data, &n) != 1 || n != sizeof(end))
		return true;
	memcpy(&end, data, sizeof(end));
	return end && end < clock_wall_ms();
}

static SSL_TICKET_RETURN on_unseal(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t n_name,
				   SSL_TICKET_STATUS status, void *unused)
{
	(void)ssl;
	(void)name;
	(void)n_name;
	(void)unused;
	switch (status) {
	case SSL_TICKET_SUCCESS:
		return is_over(session) ? SSL_TICKET_RETURN_IGNORE_RENEW : SSL_TICKET_RETURN_USE;
	case SSL_TICKET_SUCCESS_RENEW:
		return is_over(session) ? SSL_TICKET_RETURN_IGNORE_RENEW : SSL_TICKET_RETURN_USE_RENEW;
	default:
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	}
}

void client_trust_attach(const struct client_trust *t, SSL_CTX *ctx)
{
	SSL_CTX_set_session_id_context(ctx, t->digest, sizeof(t->digest));
	if (t->mode == CLIENT_CERT_NONE)
		return;
	SSL_CTX_set1_cert_store(ctx, t->store);
	SSL_CTX_set0_CA_list(ctx, SSL_dup_CA_list(t->names));
	SSL_CTX_set_verify(ctx, t->mode == CLIENT_CERT_REQUIRE ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
							       : SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, on_verify, NULL);
	SSL_CTX_set_session_ticket_cb(ctx, on_seal, on_unseal, NULL);
}
