/*
 * hello -- a ClientHello of 517 octets, the size that browsers pad theirs to, with a server name in it.
 */
#ifndef SEKISHO_BENCH_HELLO_H
#define SEKISHO_BENCH_HELLO_H

#include <stddef.h>

enum { HELLO_OCTETS = 517 };

void hello_make(unsigned char out[HELLO_OCTETS], const char *name, size_t n);   /* n <= 100 */

#endif
