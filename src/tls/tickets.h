/*
 * tickets -- the keys of session tickets: one ring for all workers of the process, which reloads leave alone.
 * The newest key seals; older ones open until they are too old, and what they opened is sealed anew. A ticket
 * under a key that is gone means a full handshake, nothing worse. Keys live in memory only: a restart
 * forgets them, and so do other machines behind a load balancer.
 */
#ifndef SEKISHO_TLS_TICKETS_H
#define SEKISHO_TLS_TICKETS_H

#include <stdint.h>

enum {
	TICKETS_ROTATE_S = 3600,        /* how long a key seals */
	TICKETS_LIFETIME_S = 2 * 3600,  /* how long a ticket holds */
	TICKETS_KEYS = 4,               /* sealing, and those that may still open something */
};

struct tickets;
typedef struct ssl_ctx_st SSL_CTX;

struct tickets *tickets_create(void);
void tickets_free(struct tickets *t);                   /* NULL is fine */
struct tickets *tickets_shared(void);                   /* the process's own; any thread */
/* A new key seals from now on; the oldest is forgotten when there are TICKETS_KEYS. Any thread. */
void tickets_rotate(struct tickets *t);
/* For tls/front: how its connections seal and open. */
void tickets_attach(SSL_CTX *ctx);

#endif
