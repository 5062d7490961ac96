/*
 * balancer -- explicit listeners behind a load balancer: the client's address comes in a PROXY protocol header.
 * Only from sources that the listener's `proxy-protocol` lists, and from them always: a header from anybody else is a
 * bad request, and a listed source without one is refused. Sources are counted by the client's own address.
 */
#ifndef SEKISHO_PROXY_BALANCER_H
#define SEKISHO_PROXY_BALANCER_H

#include "proxy/session.h"

/* Whether a header must come first on a connection from `peer` to that listener. */
bool balancer_is_listed(const struct settings *set, const struct endpoint *listener, const struct ip *peer);
/* Reads the header off s->pending. True when it is through; false: more is needed, or the session ended. */
bool balancer_take_header(struct session *s);

#endif
