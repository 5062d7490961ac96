/*
 * probe -- one TLS handshake with an origin, made to look at its certificate and for nothing else.
 * Dials the address that it is given and no other, sends the handshake, a close_notify and a FIN, and no octet
 * of data.  Says no ALPN protocol: servers that insist on one of theirs still show their certificate then.
 * TLS 1.2 or later, security level 2.  Nothing is fetched on the way: no CRL, no OCSP answer, no missing issuer.
 *  - The callback runs once, later: never inside probe_start(), never after probe_free().
 *  - One thread: the one whose loop the prober is given.
 */
#ifndef SEKISHO_TLS_PROBE_H
#define SEKISHO_TLS_PROBE_H

#include "tls/trust.h"
#include "tls/verdict.h"

struct event_base;
struct prober;
struct probe;

struct probe_plan {                     /* borrowed; the name and the trust live as long as the probe */
	struct origin_key about;
	struct ip from;                 /* source address; family 0: the kernel's choice */
	struct trust *trust;
	void (*done)(void *arg, struct origin_verdict *v);      /* the reference is the callee's */
	void *arg;
};

int prober_create(struct prober **out, struct event_base *base);        /* 0 or a negative errno */
void prober_free(struct prober *p);                     /* no probe may be left. NULL is fine */

struct probe *probe_start(struct prober *p, const struct probe_plan *plan);
/* What is known of one that has taken too long: a verdict with the error "timed out ...". */
struct origin_verdict *probe_give_up(const struct probe *p);
void probe_free(struct probe *p);                       /* breaks it off. NULL is fine */

#endif
