/*
 * pipes -- a worker's pool of pipes for splice(2).
 * A pipe is borrowed for as long as bytes lie in it and goes back empty; one that is given up with bytes in it is
 * closed instead.  An idle tunnel has none.
 */
#ifndef SEKISHO_PROXY_PIPES_H
#define SEKISHO_PROXY_PIPES_H

#include <stddef.h>

enum {
	PIPES_KEPT = 16,                /* empty ones */
	PIPES_LENT = 256,               /* with bytes in them; each costs two descriptors */
	PIPE_OCTETS = 256 * 1024,
};

struct pipe_pair {
	int in, out;                    /* written to, read from; -1: none */
};

struct pipes {                          /* all zero at the start */
	struct pipe_pair kept[PIPES_KEPT];
	size_t n, lent;
};

/* 0, or a negative errno (no descriptors, too many lent): then the bytes have to be copied. */
int pipes_take(struct pipes *p, struct pipe_pair *out);
void pipes_give(struct pipes *p, struct pipe_pair *pair);       /* empty again; *pair becomes none */
void pipes_discard(struct pipes *p, struct pipe_pair *pair);    /* whatever is in it; none is fine */
void pipes_fini(struct pipes *p);

#endif
