#include "proxy/poller.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/slab.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BATCH = 128,
	ROUNDS = 8,                     /* before libevent's own descriptors and timers have their turn */
};

TAILQ_HEAD(sock_list, sock);

struct poller {
	int fd;
	struct slab *socks;
	struct event *event;            /* the epoll instance is readable */
	struct event *again;            /* a timer of no time: somebody is in the queue */
	struct sock_list queue;
	struct sock_list closed;        /* in this batch: events of theirs may still stand in it */
	struct sock mark;               /* stands in the queue behind those whose turn it is */
	bool running;
	struct epoll_event batch[BATCH];
	int n, at;                      /* of the batch; at: of the event that comes next */
};

/* ---- sockets ------------------------------------------------------------------------------- */

static int control(struct sock *k, int how)
{
	uint32_t room = k->reports_room ? EPOLLOUT : 0;
	struct epoll_event e = { .events = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET | room, .data.ptr = k };

	return epoll_ctl(k->poller->fd, how, k->fd, &e);
}

struct sock *sock_open(struct poller *p, int fd, bool connected, void (*on_ready)(void *arg), void *arg)
{
	struct sock *k = slab_take(p->socks);

	k->fd = fd;
	k->poller = p;
	k->on_ready = on_ready;
	k->arg = arg;
	k->ready = connected ? SOCK_WRITE : 0;
	k->reports_room = !connected;
	if (control(k, EPOLL_CTL_ADD) == 0)
		return k;
	slab_give(p->socks, k);
	return NULL;
}

void sock_exhausted(struct sock *k, unsigned what)
{
	k->ready &= (uint8_t)~what;
	if (!(what & SOCK_WRITE) || k->reports_room)
		return;
	k->reports_room = true;
	control(k, EPOLL_CTL_MOD);      /* says at once when there is room by now */
}

void sock_call_again(struct sock *k)
{
	struct poller *p = k->poller;

	if (k->queued)
		return;
	k->queued = true;
	if (TAILQ_EMPTY(&p->queue) && !p->running)
		event_active(p->event, EV_READ, 0);
	TAILQ_INSERT_TAIL(&p->queue, k, link);
}

void sock_close(struct sock *k, bool reset)
{
	struct poller *p = k->poller;

	if (k->queued)
		TAILQ_REMOVE(&p->queue, k, link);
	if (reset)
		setsockopt(k->fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 }, sizeof(struct linger));
	close(k->fd);
	k->fd = -1;
	if (p->at < p->n)
		TAILQ_INSERT_TAIL(&p->closed, k, link);
	else
		slab_give(p->socks, k);
}

static void free_closed(struct poller *p)
{
	struct sock *k;

	while ((k = TAILQ_FIRST(&p->closed))) {
		TAILQ_REMOVE(&p->closed, k, link);
		slab_give(p->socks, k);
	}
}

/* ---- events -------------------------------------------------------------------------------- */

static uint8_t ready_of(uint32_t events)
{
	uint8_t ready = 0;

	if (events & EPOLLIN)
		ready |= SOCK_READ;
	if (events & EPOLLPRI)
		ready |= SOCK_READ | SOCK_URGENT;
	if (events & EPOLLOUT)
		ready |= SOCK_WRITE;
	if (events & (EPOLLRDHUP | EPOLLHUP))
		ready |= SOCK_READ | SOCK_ENDED;
	if (events & EPOLLERR)
		ready |= SOCK_READ | SOCK_WRITE | SOCK_ENDED | SOCK_BROKEN;
	return ready;
}

static void call(struct sock *k)
{
	clock_hold();
	k->on_ready(k->arg);
	clock_let_go();
}

/*
 * One epoll_wait() and what it says. True when there may be more: who was called for several has been busy for long
 * enough that others have come, and asking here is cheaper than by way of libevent.
 */
static bool go_through_batch(struct poller *p)
{
	int n = epoll_wait(p->fd, p->batch, BATCH, 0);

	p->n = n;
	for (p->at = 0; p->at < p->n;) {
		const struct epoll_event *e = &p->batch[p->at++];
		struct sock *k = e->data.ptr;

		if (k->fd < 0)
			continue;
		k->ready |= ready_of(e->events);
		call(k);
	}
	p->n = p->at = 0;
	free_closed(p);
	return n > 1;
}

/* Those who are in the queue now; who joins it meanwhile waits for the next round. */
static void go_through_queue(struct poller *p)
{
	struct sock *k;

	if (TAILQ_EMPTY(&p->queue))
		return;
	TAILQ_INSERT_TAIL(&p->queue, &p->mark, link);
	while ((k = TAILQ_FIRST(&p->queue)) != &p->mark) {
		TAILQ_REMOVE(&p->queue, k, link);
		k->queued = false;
		call(k);
	}
	TAILQ_REMOVE(&p->queue, &p->mark, link);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct poller *p = arg;
	int rounds = 0;
	bool more;

	(void)fd;
	(void)what;
	p->running = true;
	do {
		more = go_through_batch(p);
		go_through_queue(p);
	} while ((more || !TAILQ_EMPTY(&p->queue)) && ++rounds < ROUNDS);
	p->running = false;
	if (more || !TAILQ_EMPTY(&p->queue))
		event_add(p->again, &(struct timeval){ 0 });
}

/* ---- life ---------------------------------------------------------------------------------- */

int poller_create(struct poller **out, struct event_base *base)
{
	struct poller *p = xcalloc(1, sizeof(*p));

	TAILQ_INIT(&p->queue);
	TAILQ_INIT(&p->closed);
	p->socks = slab_create(sizeof(struct sock));
	p->fd = epoll_create1(EPOLL_CLOEXEC);
	p->event = p->fd < 0 ? NULL : event_new(base, p->fd, EV_READ | EV_ET | EV_PERSIST, on_ready, p);
	p->again = evtimer_new(base, on_ready, p);
	if (!p->event || !p->again || event_add(p->event, NULL) != 0) {
		poller_free(p);
		return -ENOMEM;
	}
	*out = p;
	return 0;
}

void poller_free(struct poller *p)
{
	if (!p)
		return;
	if (p->event)
		event_free(p->event);
	if (p->again)
		event_free(p->again);
	if (p->fd >= 0)
		close(p->fd);
	slab_free(p->socks);
	free(p);
}
