/*
 * listener -- the listening sockets of one configured address: one per worker, sharing the port.
 * The first socket is bound without SO_REUSEPORT, so that the kernel refuses the port when anybody else
 * (a second daemon, too) holds it; only then does it start to share with its sisters.  The set is opened
 * whole or not at all, and closed whole: closing one worker's socket while the port stays configured would
 * reset the connections that wait in its queue.
 */
#ifndef SEKISHO_PROXY_LISTENER_H
#define SEKISHO_PROXY_LISTENER_H

#include "base/ip.h"

enum { LISTENER_WORKERS_MAX = 256 };

enum listen_mode { LISTEN_EXPLICIT, LISTEN_TRANSPARENT, LISTEN_DNS };   /* the words of `listen` */
const char *listen_mode_name(enum listen_mode m);

struct listener {
	struct endpoint at;             /* as configured */
	enum listen_mode mode;
	bool tproxy;                    /* LISTEN_TRANSPARENT: for TPROXY; else for REDIRECT */
	_Atomic unsigned refs;          /* workers that still hold their socket, and the server */
	unsigned n;                     /* workers */
	int *udp;                       /* LISTEN_DNS, and LISTEN_TRANSPARENT with tproxy: one per worker
					   beside each of fds; else NULL */
	int fds[];                      /* one per worker */
};

/* `shared`: this process already listens on an overlapping address of the same port (a reload that
 * widens it), so that the exclusive bind would only meet ourselves. `keepalive_s`: what accepted sockets
 * inherit, 0 for none. `tproxy` needs CAP_NET_ADMIN. 0 or a negative errno. */
int listener_open(struct listener **out, const struct endpoint *at, enum listen_mode mode, bool tproxy,
		  unsigned workers, bool shared, unsigned keepalive_s);
/* For as long as somebody else needs it, too; listener_unref() gives it back. */
void listener_ref(struct listener *l);
/* Worker `index` is done with it: closes that worker's socket. */
void listener_release(struct listener *l, unsigned index);
/* The server, or who has it by listener_ref(), is done with it. The last of all to let go frees it. */
void listener_unref(struct listener *l);

#endif
