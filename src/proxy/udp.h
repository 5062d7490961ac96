/*
 * udp -- flows of datagrams that TPROXY leads to a worker, and their relay.
 * A flow is one client's address and port with one original destination. Its first datagram is decided as a transparent
 * connection is, for `udp`: by a learned name or by an address entry; the original address is what is sent to. An allowed
 * flow has two sockets of its own:
 *
 *     client  <->  near: bound to the original destination, connected to the client
 *                  far:  connected to the original destination                       <->  destination
 *
 * so that only the first datagram passes through the listener: the kernel finds `near` for the others. A flow ends when
 * it was idle for udp-idle-timeout, or when the policy changes its mind; each has one record. A refused flow keeps
 * its entry for a moment, so that a client that tries again and again does not fill the log.
 * Belongs to one event loop; not thread-safe.
 */
#ifndef SEKISHO_PROXY_UDP_H
#define SEKISHO_PROXY_UDP_H

#include "proxy/worker.h"

struct udp_relay;

void udp_create(struct udp_relay **out, struct worker *w);
/* Ends every flow, with its record. NULL is fine. */
void udp_free(struct udp_relay *u);
/* Serves that listener's socket, which stays the listener's. */
void udp_add(struct udp_relay *u, const struct listener *l, int fd);
void udp_remove(struct udp_relay *u, int fd);
/* Decides every flow again, on the worker's generation. */
void udp_recheck(struct udp_relay *u);

#endif
