/*
 * front -- all that one TLS listener needs to answer its clients: certificates with their keys, chosen by
 * SNI, and what clients must show of themselves.  Built with a generation, never changed, owned by it.
 *  - A front may be freed while connections made from it live on: each keeps what it needs.
 *  - TLS 1.2 and 1.3, ECDHE with AEAD only, our order of suites, no renegotiation, no compression, no early
 *    data; ALPN http/1.1, and a client whose list lacks it gets the alert no_application_protocol.
 *  - The pair whose certificate has the SNI among its names is used: an exact name before a wildcard, then
 *    file order; without SNI or match, the first pair. Pairs of another key type (RSA beside ECDSA) whose
 *    certificates bear the same names go with it, and OpenSSL takes what the client can.
 *  - Sessions resume by tickets only (tls/tickets.h). A ticket holds for the configuration of client
 *    certificates it was made under: another CA, CRL or mode means a full handshake.
 */
#ifndef SEKISHO_TLS_FRONT_H
#define SEKISHO_TLS_FRONT_H

#include "base/diag.h"
#include "policy/policy.h"

struct front;
struct client_trust;
struct tickets;

struct tls_file {                       /* a file that a configuration names, and where it does */
	const char *path;
	struct place at;
};

struct tls_pair {
	struct tls_file cert, key;
};

/* ---- what clients must show: one for all TLS listeners of a generation ------------------------ */

enum client_cert_mode { CLIENT_CERT_NONE, CLIENT_CERT_OPTIONAL, CLIENT_CERT_REQUIRE };

enum { IDENTITY_KINDS_MAX = 3 };

struct client_trust_config {
	enum client_cert_mode mode;     /* NONE: clients are not asked, and the rest does not matter */
	const struct tls_file *cas, *crls;
	size_t n_cas, n_crls;
	enum identity_kind kinds[IDENTITY_KINDS_MAX];   /* tried in this order */
	size_t n_kinds;
};

/* Reads the files. 0, or -EINVAL with errors in *why: no PEM, not a CA, a key that is too weak, a list that its CA did
 * not sign, or (with any list at all) a CA without one, since the whole chain is checked. Warnings: a CA or a
 * list is out of date. Every CA named is trusted as it stands, whether a root or one in between. */
int client_trust_load(struct client_trust **out, const struct client_trust_config *cfg, struct diag_list *why);
void client_trust_free(struct client_trust *t);         /* NULL is fine */

/* ---- one TLS listener ------------------------------------------------------------------------ */

struct front_config {
	const struct tls_pair *pairs;
	size_t n_pairs;                         /* at least one */
	const struct client_trust *trust;       /* what is needed of it is kept; NULL: as CLIENT_CERT_NONE */
	struct tickets *tickets;                /* borrowed; NULL: those of the process (tickets_shared()) */
};

/* Reads the files. 0, or -EINVAL with errors in *why: a file that cannot be read or holds no PEM, a key of
 * another certificate, a key that others may read, a key or signature that is too weak, a certificate that is
 * not for servers. Warnings: expired, not valid yet, ends within 30 days, a chain out of order, no name. */
int front_load(struct front **out, const struct front_config *cfg, struct diag_list *why);
void front_free(struct front *f);                       /* NULL is fine */

#endif
