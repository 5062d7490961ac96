/*
 * conn -- one TLS connection over a client's non-blocking socket.
 * Owns the TLS state, never the descriptor.  All calls return at once.  Belongs to one thread.
 *
 *     tls_conn_create --> tls_conn_handshake (again, on each event) --> read, write --> shutdown --> free
 *
 *  - After -EAGAIN wait for what tls_conn_wants() says, on whichever call; but when tls_conn_more() is true after a
 *    read or a step of the handshake (the buffer was full, or the share of work was done), call again without
 *    waiting for an event: the socket was not found empty, so an edge-triggered event may have been the last.
 *  - Each call does a bounded amount of work, whatever the peer sends: tiny or empty records, KeyUpdates.
 *  - SIGPIPE must be ignored in this process (OpenSSL uses write()).
 */
#ifndef SEKISHO_TLS_CONN_H
#define SEKISHO_TLS_CONN_H

#include "log/reason.h"
#include "policy/policy.h"
#include "tls/front.h"

#include <sys/types.h>

struct tls_conn;

enum { TLS_WANTS_READ = 1, TLS_WANTS_WRITE = 2 };       /* bits */

struct tls_facts {                      /* what the handshake showed; borrowed from the connection */
	unsigned version;               /* as in the protocol: 0x0303, 0x0304 */
	bool resumed;                   /* by a ticket */
	bool ktls_send, ktls_recv;      /* the kernel does the records: plain send()/splice() may be used */
	struct identity identity;       /* kind IDENTITY_NONE: no certificate */
	struct sv issuer;               /* of the certificate, RFC 2253; n == 0: no certificate */
	struct sv serial;               /* hexadecimal digits, lower case */
};

/* Makes the server's end of a connection over `fd`, which stays the caller's. Cheap until the client has said
 * something. 0 or a negative errno. */
int tls_conn_create(struct tls_conn **out, const struct front *f, int fd);
/* Frees the TLS state; sends nothing. NULL is fine. */
void tls_conn_free(struct tls_conn *c);

/* Goes on with the handshake. REASON_COMPLETED: it is done. REASON_NONE: it waits for what tls_conn_wants()
 * says. Else why it failed (REASON_TLS_FAILED, REASON_CLIENT_CERT_*, REASON_CLIENT_RESET, REASON_CLIENT_GONE
 * for a FIN in the middle of it, REASON_INTERNAL without memory), with words in tls_conn_detail(); the alert has
 * been sent. */
enum reason tls_conn_handshake(struct tls_conn *c);
/* Why the handshake, or the last read or write, failed: static text, or NULL. */
const char *tls_conn_detail(const struct tls_conn *c);
/* Whether the peer has sent any octet at all. */
bool tls_conn_has_heard(const struct tls_conn *c);
/* All zero before the handshake has come to a version; the views hold until tls_conn_free(). */
void tls_conn_facts(const struct tls_conn *c, struct tls_facts *out);

/* Whether the client could still come in by another front (after a reload): REASON_COMPLETED, or why its certificate
 * is not enough any more, with *detail as static text or NULL. Costs nothing while what clients must show is the same. When
 * it may stay, its identity is what the other front sees in it: views that were given before are gone. A
 * client that came by a ticket shows its certificate alone: where CAs between it and `client-ca` are needed, it fails. */
enum reason tls_conn_recheck(struct tls_conn *c, const struct front *now, const char **detail);

/* What the last call that returned -EAGAIN (or a handshake REASON_NONE) waits for: TLS_WANTS_ bits. Nearly
 * always the obvious one; but a read may wait for room to send an answer of TLS itself. */
unsigned tls_conn_wants(const struct tls_conn *c);

/* Reads until the buffer is full or nothing is left. Octets; 0 at the end (tls_conn_is_cut() tells which);
 * -EAGAIN; -ECONNRESET and the like; -EPROTO with a detail for what breaks TLS. */
ssize_t tls_conn_read(struct tls_conn *c, void *buffer, size_t size);
/* The last read or step of the handshake left something that no event will announce. */
bool tls_conn_more(const struct tls_conn *c);
/* The end that was read was a bare FIN, not a close_notify: what came before may have been cut. */
bool tls_conn_is_cut(const struct tls_conn *c);

/* Octets taken (fewer than n when the socket is full), -EAGAIN when none, or another negative errno. After
 * -EAGAIN or a short count the octets that were not taken must be the next to be written, and at least as many
 * as were offered before (a record of them is sealed already); from other memory is fine. */
ssize_t tls_conn_write(struct tls_conn *c, const void *p, size_t n);
/* Sends close_notify, once, after all that was to be written. 0, -EAGAIN (call again), or a negative
 * errno. Reading may go on. The socket itself is left alone: shutdown(fd, SHUT_WR) may follow. */
int tls_conn_shutdown(struct tls_conn *c);

#endif
