/*
 * side -- one end of a session: a connected socket, its event, and the bytes it could not take yet.
 * The event is level-triggered and asks for reading only, as long as nothing is stuck: a reset or a FIN behind
 * the last bytes is never missed, and no second read() is needed to find the socket empty.  `held` is the
 * only buffer a tunnel ever owns, and it exists only while this end is slower than the other one: at most
 * one read's worth, because the other end is not read before it is empty.
 */
#ifndef SEKISHO_PROXY_SIDE_H
#define SEKISHO_PROXY_SIDE_H

#include "base/sv.h"
#include "proxy/pipes.h"

#include <event2/event.h>
#include <event2/event_struct.h>

struct side {
	struct event event;
	int fd;                         /* -1: none */
	short wants;                    /* EV_READ, EV_WRITE: what the event asks for now */
	bool eof;                       /* its FIN was read */
	bool shut;                      /* our FIN was sent */
	char *held;                     /* malloc'd; bytes for this end that it has not taken */
	uint32_t held_at, held_end;     /* the part of `held` still to be written */
	uint32_t piped;                 /* octets for this end that lie in `pipe`; they come before `held` */
	struct pipe_pair pipe;          /* borrowed while `piped` (relay.c) */
	uint8_t streak;                 /* full reads from this end in a row: is it bulk? */
};

/* Small writes are not held back for company (TCP_NODELAY). */
void side_set_nodelay(int fd);
/* Keepalive probes after `keepalive_s` of silence; 0: none. */
void side_set_keepalive(int fd, unsigned keepalive_s);

void side_init(struct side *s);
static inline bool side_is_open(const struct side *s)
{
	return s->fd >= 0;
}
/* Takes the descriptor over and asks for reading. 0, or -ENOMEM and the descriptor is still the caller's. */
int side_open(struct side *s, struct event_base *base, int fd, event_callback_fn cb, void *arg);
/* Closes; with `reset` by RST, so that the peer cannot take a cut stream for a whole one. The side is as
 * after side_init(). */
void side_close(struct side *s, bool reset);
/* Changes what the event asks for: EV_READ, EV_WRITE, both or 0. With 0 the callback still comes when something
 * happens to the connection (once for each new thing), unless its FIN was read already; side_error() then tells
 * whether it was a reset. */
void side_want(struct side *s, short events);
/* A pending error of the socket (a reset) as a negative errno, or 0. */
int side_error(const struct side *s);
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
/* Sends FIN, once. Only when nothing is held. 0 or a negative errno. */
int side_shut(struct side *s);
/* One recv(): octets, 0 at the end (`eof` is set), -EAGAIN, or a negative errno. */
int side_read(struct side *s, char *buffer, size_t size);

#endif
