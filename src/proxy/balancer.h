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
/* In S_HEAD with s->awaits_header, the client is readable. The header, and no octet behind it, leaves the socket. */
void balancer_on_client(struct session *s);

#endif
