/*
 * poller -- tells a worker which of its sessions' sockets can be read or written.
 * An epoll instance of its own, itself waited for by the worker's event_base, which keeps everything else: timers,
 * listeners, DNS, datagrams.  What libevent does not offer is had here: each socket is registered once, edge-triggered, for both
 * directions, and leaves by being closed (one epoll_ctl() in its life, where libevent needs one for each change
 * and one for the end), and a FIN or a reset behind the last octets is told apart from octets alone.
 *
 * What the kernel reported stays noted in `ready` until a read or a write finds otherwise and says so with sock_exhausted(); whoever
 * stops before that asks with sock_call_again() to be called once more, after the others. A connected socket takes octets
 * until it is full: that it has room again is asked for only then, or each new one would come with an event of its own.
 */
#ifndef SEKISHO_PROXY_POLLER_H
#define SEKISHO_PROXY_POLLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct event_base;
struct poller;

enum sock_ready {
	SOCK_READ = 1,                  /* octets, or the end, may lie there */
	SOCK_WRITE = 2,                 /* there may be room */
	SOCK_ENDED = 4,                 /* the peer's FIN has come: a short read is not the last one */
	SOCK_BROKEN = 8,                /* a reset, or another error that a read or a write will name */
	SOCK_URGENT = 16,               /* urgent octets have come: a read may stop short in front of them */
};

struct sock {                           /* a connected or connecting socket */
	int fd;
	uint8_t ready;                  /* enum sock_ready bits */
	bool queued;                    /* for sock_call_again() */
	bool reports_room;              /* EPOLLOUT is asked for */
	struct poller *poller;
	void (*on_ready)(void *arg);    /* may be changed at any time, as may `arg` */
	void *arg;
	TAILQ_ENTRY(sock) link;         /* the poller's */
};

/* 0 or a negative errno. */
int poller_create(struct poller **out, struct event_base *base);
void poller_free(struct poller *p);     /* all its sockets are closed by now; NULL is fine */

/* Takes the descriptor over, of a socket that is connected, or connecting. NULL when memory runs out: it is still the
 * caller's. */
struct sock *sock_open(struct poller *p, int fd, bool connected, void (*on_ready)(void *arg), void *arg);
/* A read has found nothing, a write no room: enum sock_ready bits that are to be reported anew. */
void sock_exhausted(struct sock *k, unsigned what);
/* Calls on_ready() soon, though nothing new has happened. */
void sock_call_again(struct sock *k);
/* Closes and frees; with `reset` by RST, so that the peer cannot take a cut stream for a whole one. */
void sock_close(struct sock *k, bool reset);

#endif
