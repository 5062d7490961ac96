/*
 * origin -- the servers behind the proxy: one TCP server that does what the first octet says, and a DNS stub.
 *
 *     0x16 (TLS), 'E'         echo everything
 *     'G' (GET), 'H' (HEAD)   HTTP/1.1 with keep-alive: a body of ORIGIN_BODY octets for each request
 *     'D' and 8 octets        send that many octets (big endian), then end
 *     'U' and 8 octets        swallow that many octets, then send one
 *     'B' and 8 octets        both at once
 *
 * The DNS stub gives every name the address 127.0.0.1 and no other record.
 */
#ifndef SEKISHO_BENCH_ORIGIN_H
#define SEKISHO_BENCH_ORIGIN_H

#include "net.h"

enum { ORIGIN_BODY = 1024, ORIGIN_ORDER = 9 };

void origin_start(struct sockaddr_in at);
void origin_dns_start(struct sockaddr_in at);
void origin_sweep(void);                        /* after each loop_turn() */
uint64_t origin_dns_asked(void);

/* Shared with the clients: bulk octets. */
void bulk_order(unsigned char out[ORIGIN_ORDER], char what, uint64_t n);
int64_t bulk_send(int fd, uint64_t n);          /* until it would block: octets sent; -errno */
int64_t bulk_swallow(int fd);                   /* until it would block; *eof through -EPIPE when nothing came */

#endif
