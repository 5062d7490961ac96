/*
 * side -- one end of a session: a connected socket, what the session wants of it, and the bytes it could not take yet.
 * Its callback comes while something is wanted that can be done, so that a session may read a part and leave the
 * rest for the next turn.  `held` is the only buffer a tunnel ever owns, and it exists only while this end is slower
 * than the other one: at most one read's worth, because the other end is not read before it is empty.
 * With `tls` set, what is read and sent are the octets inside; nobody else need know.
 */
#ifndef SEKISHO_PROXY_SIDE_H
#define SEKISHO_PROXY_SIDE_H

#include "base/sv.h"
#include "proxy/pipes.h"
#include "proxy/poller.h"
#include "tls/conn.h"

/* `what`: those of the wanted SOCK_READ and SOCK_WRITE that can be done; SOCK_BROKEN when the connection is. While nothing
 * is wanted, it comes for SOCK_ENDED and SOCK_BROKEN, once for each piece of news. */
typedef void (*side_callback)(void *arg, unsigned what);

struct side {
	struct sock *sock;              /* NULL: none */
	side_callback callback;
	void *arg;
	struct tls_conn *tls;           /* owned; NULL: plain */
	uint8_t wants;                  /* SOCK_READ, SOCK_WRITE */
	uint8_t read_needs, write_needs;        /* what of the socket they wait for; TLS may turn them round */
	bool fears_cut;                 /* a FIN without close_notify is no end: somebody in between may have made it */
	bool eof;                       /* its end was read: a FIN or a close_notify */
	bool shut;                      /* our FIN was sent */
	bool shutting;                  /* it is to be sent, but TLS has something to say first and no room */
	char *held;                     /* malloc'd; bytes for this end that it has not taken */
	uint32_t held_at, held_end;     /* the part of `held` still to be written */
	uint32_t piped;                 /* octets for this end that lie in `pipe`; they come before `held` */
	struct pipe_pair pipe;          /* borrowed while `piped` (relay.c) */
	bool more;                      /* the kernel may keep back the end of what was spliced to it (relay.c) */
	uint8_t streak;                 /* large reads from this end in a row: is it bulk? */
};

/* Small writes are not held back for company (TCP_NODELAY). */
void side_set_nodelay(int fd);
/* Keepalive probes after `keepalive_s` of silence; 0: none. */
void side_set_keepalive(int fd, unsigned keepalive_s);

void side_init(struct side *s);
static inline bool side_is_open(const struct side *s)
{
	return s->sock;
}
static inline int side_fd(const struct side *s)
{
	return s->sock->fd;
}
/* Takes the socket over and wants to read. */
void side_open(struct side *s, struct sock *sock, side_callback callback, void *arg);
/* A new connection: perhaps there is something to read already. */
void side_try(struct side *s);
/* Closes; with `reset` by RST. The side is as after side_init(). */
void side_close(struct side *s, bool reset);
void side_want(struct side *s, unsigned wants);         /* SOCK_READ, SOCK_WRITE, both or 0 */
/* SOCK_READ and SOCK_WRITE, those that it makes sense to try: for the others the kernel will say when it does. */
unsigned side_can(const struct side *s);
/* A splice has found that it makes no sense for now. */
void side_note_empty(struct side *s);
void side_note_full(struct side *s);
/* The octets can be moved by splice(2). */
static inline bool side_is_plain(const struct side *s)
{
	return !s->tls;
}
/* In the handshake: waits for what TLS waits for. */
void side_want_for_tls(struct side *s);
static inline bool side_holds(const struct side *s)
{
	return s->piped || s->held_at < s->held_end;
}
/* Puts a copy of `bytes` behind what is held. */
void side_hold(struct side *s, struct sv bytes);
/* Forgets what is held. */
void side_drop_held(struct side *s);
/* Writes what is held (not what is piped: relay.c). 0 when nothing is left, -EAGAIN, or a negative errno. */
int side_flush(struct side *s);
/* Sends at once what the socket takes and holds the rest. 0 or a negative errno. */
int side_send(struct side *s, struct sv bytes);
/* The same for the last bytes of all, with FIN behind them in the same segment when the socket takes all. */
int side_send_last(struct side *s, struct sv bytes);
/* Sends FIN (with TLS, close_notify before it), once. Only when nothing is held. 0; -EAGAIN and `shutting` when
 * it has to wait: call it again when there is room; or another negative errno. */
int side_shut(struct side *s);
/* One recv(): octets, 0 at the end (`eof` is set), -EAGAIN, or a negative errno. With
 * `fears_cut`, an end of TLS without close_notify is -ECONNRESET. */
int side_read(struct side *s, char *buffer, size_t size);
/* The same below TLS, and the octets stay there; side_skip() takes the first `n` of them away. */
int side_peek(struct side *s, char *buffer, size_t size);
void side_skip(struct side *s, size_t n);

#endif
