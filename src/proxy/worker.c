#include "proxy/worker.h"

#include "auth/checker.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/inbox.h"
#include "base/report.h"
#include "proxy/session.h"
#include "proxy/udp.h"

#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ACCEPTS_PER_TURN = 64,
	SLICE_US = 1000,                /* of one sweep over the sessions */
	PAUSE_MS = 100,                 /* until accept is tried again after descriptors ran out */
	TRIM_SESSIONS = 64,             /* fewer are not worth a trim */
};

enum order_kind { ORDER_GENERATION, ORDER_RECHECK, ORDER_DRAIN, ORDER_STOP, ORDER_CONNECTION };

struct order {
	struct inbox_item item;
	enum order_kind kind;
	struct generation *gen;
	int fd;                         /* ORDER_CONNECTION: accepted from `peer` */
	struct endpoint peer;
	size_t n_opened, n_closed;
	struct listener *listeners[];   /* opened, then closed; of a connection: the one that it came to, referenced */
};

struct acceptor {
	struct acceptor *next;
	struct worker *worker;
	struct listener *listener;
	struct event *event;            /* NULL: the DNS server has its own */
};

struct worker_private {
	pthread_t thread;
	bool running;
	struct inbox orders;
	struct event *on_orders, *on_checks, *on_verdicts, *reaper, *sweep, *resume;
	struct acceptor *acceptors;
	bool stopped;
	int64_t peak;                   /* of sessions, since memory was last given back */
};

/* ---- accept -------------------------------------------------------------------------------- */

void worker_pause_accept(struct worker *w)
{
	if (w->paused)
		return;
	w->paused = true;
	counter_add(&w->counters.accept_pauses, 1);
	for (struct acceptor *a = w->private->acceptors; a; a = a->next)
		if (a->event)
			event_del(a->event);
	event_add(w->private->resume, &(struct timeval){ .tv_usec = PAUSE_MS * 1000 });
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	w->paused = false;
	for (struct acceptor *a = w->private->acceptors; a; a = a->next)
		if (a->event)
			event_add(a->event, NULL);
}

static int64_t sessions_of(struct worker *w)
{
	return atomic_load_explicit(&w->counters.open, memory_order_relaxed);
}

/*
 * Who is to have a new connection: `w`, unless another one has far fewer. The kernel spreads connections by a hash of
 * their addresses, which is even for thousands; of four backups that run all night it may give three to one worker.
 */
static struct worker *pick_worker(struct worker *w)
{
	int64_t mine = sessions_of(w), least = mine;
	struct worker *best = w;

	for (unsigned i = 0; mine && i < w->shared->n_workers; i++) {
		struct worker *other = w->shared->workers[i];
		int64_t n = sessions_of(other);

		if (n < least) {
			least = n;
			best = other;
		}
	}
	return mine >= least + 1 + mine / 2 ? best : w;
}

static void give_order(struct worker *w, struct order *o);
static struct order *new_order(enum order_kind kind, size_t n_listeners);

static void hand_over(struct worker *to, int fd, struct listener *l, const struct endpoint *peer)
{
	struct order *o = new_order(ORDER_CONNECTION, 1);

	listener_ref(l);
	o->fd = fd;
	o->peer = *peer;
	o->listeners[0] = l;
	give_order(to, o);
}

static void begin_session(struct worker *w, int fd, const struct listener *l, const struct endpoint *peer)
{
	struct worker_private *p = w->private;
	int64_t open;

	clock_hold();
	session_accept(w, fd, l, peer);
	clock_let_go();
	open = sessions_of(w);
	if (open > p->peak)
		p->peak = open;
}

static void take_connection(struct worker *w, int fd, struct listener *l, const struct endpoint *peer)
{
	struct worker *taker = pick_worker(w);

	if (taker == w)
		begin_session(w, fd, l, peer);
	else
		hand_over(taker, fd, l, peer);
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct acceptor *a = arg;
	struct worker *w = a->worker;

	(void)what;
	for (int i = 0; i < ACCEPTS_PER_TURN && !w->paused; i++) {
		struct sockaddr_storage sa;
		socklen_t len = sizeof(sa);
		struct endpoint peer;
		int client = accept4(fd, (struct sockaddr *)&sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (client >= 0) {
			peer = endpoint_from_sockaddr(&sa);
			take_connection(w, client, a->listener, &peer);
		} else if (errno == EAGAIN) {
			return;
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			worker_pause_accept(w);
		}
		/* Anything else is an error of that one connection (accept(2)): take the next. */
	}
}

static void acceptor_add(struct worker *w, struct listener *l)
{
	struct acceptor *a = xcalloc(1, sizeof(*a));

	a->worker = w;
	a->listener = l;
	if (l->mode == LISTEN_DNS)
		dns_server_add(w->dns, &l->at, l->udp[w->index], l->fds[w->index]);
	else
		a->event = event_new(w->base, l->fds[w->index], EV_READ | EV_PERSIST, on_accept, a);
	if (l->tproxy)
		udp_add(w->udp, l, l->udp[w->index]);
	a->next = w->private->acceptors;
	w->private->acceptors = a;
	if (!w->paused && a->event)
		event_add(a->event, NULL);
}

static void acceptor_remove(struct worker *w, struct acceptor **at)
{
	struct acceptor *a = *at;

	*at = a->next;
	if (a->event)
		event_free(a->event);
	else
		dns_server_remove(w->dns, a->listener->udp[w->index]);
	if (a->listener->tproxy)
		udp_remove(w->udp, a->listener->udp[w->index]);
	listener_release(a->listener, w->index);
	free(a);
}

static void acceptor_remove_listener(struct worker *w, const struct listener *l)
{
	for (struct acceptor **at = &w->private->acceptors; *at; at = &(*at)->next)
		if ((*at)->listener == l) {
			if ((*at)->event)
				on_accept(l->fds[w->index], EV_READ, *at);      /* those who wait already */
			acceptor_remove(w, at);
			return;
		}
}

static void acceptor_remove_all(struct worker *w)
{
	while (w->private->acceptors)
		acceptor_remove(w, &w->private->acceptors);
}

/* ---- the sweep: deciding every session again, a millisecond at a time ----------------------- */

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	uint64_t until = clock_mono_us() + SLICE_US;
	unsigned n = 0;

	(void)fd;
	(void)what;
	while (w->swept) {
		struct session *s = w->swept;

		w->swept = TAILQ_NEXT(s, link);
		if (s->epoch != w->epoch)
			session_recheck(s);
		if (++n % 16 == 0 && clock_mono_us() > until)
			break;
	}
	if (w->swept)
		event_add(w->private->sweep, &(struct timeval){ 0 });
}

static void start_sweep(struct worker *w)
{
	udp_recheck(w->udp);
	w->epoch++;
	w->swept = TAILQ_FIRST(&w->live);
	if (w->swept)
		event_add(w->private->sweep, &(struct timeval){ 0 });
}

/* ---- the reaper ---------------------------------------------------------------------------- */

void worker_reap_later(struct worker *w)
{
	event_active(w->private->reaper, EV_TIMEOUT, 0);
}

/* When most of many sessions have gone, their memory goes back to the system: malloc would keep it. */
static void give_memory_back(struct worker *w)
{
	struct worker_private *p = w->private;
	int64_t open = sessions_of(w);

	if (p->peak < TRIM_SESSIONS || open > p->peak / 8)
		return;
	malloc_trim(0);
	p->peak = open;
}

static void on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	while (!TAILQ_EMPTY(&w->dead)) {
		struct session *s = TAILQ_FIRST(&w->dead);

		TAILQ_REMOVE(&w->dead, s, link);
		session_free(s);
	}
	give_memory_back(w);
}

/* ---- orders -------------------------------------------------------------------------------- */

static void take_generation(struct worker *w, struct order *o)
{
	generation_unref(w->gen);
	w->gen = o->gen;                /* the order's reference becomes ours */
	o->gen = NULL;
	resolver_configure(w->resolver, &w->gen->settings.resolver);
	dns_server_configure(w->dns, &w->gen->settings.dns, w->gen->policy, w->gen->id);
	for (size_t i = 0; i < o->n_opened; i++)
		acceptor_add(w, o->listeners[i]);
	for (size_t i = 0; i < o->n_closed; i++)
		acceptor_remove_listener(w, o->listeners[o->n_opened + i]);
	atomic_store_explicit(&w->in_force, w->gen->id, memory_order_release);
	start_sweep(w);
}

/* Kept-alive clients that wait between two requests need not be waited for. */
static void close_idle(struct worker *w)
{
	struct session *s, *next;

	for (s = TAILQ_FIRST(&w->live); s; s = next) {
		next = TAILQ_NEXT(s, link);
		if (session_is_idle(s))
			session_close(s, REASON_CLIENT_GONE);
	}
}

static void stop(struct worker *w)
{
	w->private->stopped = true;
	acceptor_remove_all(w);
	while (!TAILQ_EMPTY(&w->live))
		session_close(TAILQ_FIRST(&w->live), REASON_SHUTDOWN);
	event_base_loopbreak(w->base);
}

static void carry_out(struct worker *w, struct order *o)
{
	switch (o->kind) {
	case ORDER_GENERATION:
		take_generation(w, o);
		break;
	case ORDER_RECHECK:
		start_sweep(w);
		break;
	case ORDER_DRAIN:
		acceptor_remove_all(w);
		close_idle(w);
		break;
	case ORDER_STOP:
		stop(w);
		break;
	case ORDER_CONNECTION:
		if (!w->private->stopped) {
			begin_session(w, o->fd, o->listeners[0], &o->peer);
			o->fd = -1;
		}
		break;
	}
}

static void order_free(struct order *o)
{
	if (o->kind == ORDER_CONNECTION) {
		if (o->fd >= 0)
			close(o->fd);
		listener_unref(o->listeners[0]);
	}
	generation_unref(o->gen);
	free(o);
}

static void on_orders(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	struct inbox_item *next = inbox_take(&w->private->orders);

	(void)fd;
	(void)what;
	while (next) {
		struct order *o = (struct order *)(void *)next;

		next = next->next;
		carry_out(w, o);
		order_free(o);
	}
}

/* Passwords that were checked. */
static void on_checks(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	checker_deliver(w->shared->checker, w->index);
}

static void give_order(struct worker *w, struct order *o)
{
	inbox_put(&w->private->orders, &o->item);
}

static struct order *new_order(enum order_kind kind, size_t n_listeners)
{
	struct order *o = xcalloc(1, sizeof(*o) + n_listeners * sizeof(o->listeners[0]));

	o->kind = kind;
	o->fd = -1;
	return o;
}

void worker_order_generation(struct worker *w, struct generation *gen,
			     struct listener *const *opened, size_t n_opened,
			     struct listener *const *closed, size_t n_closed)
{
	struct order *o = new_order(ORDER_GENERATION, n_opened + n_closed);

	o->gen = generation_ref(gen);
	o->n_opened = n_opened;
	o->n_closed = n_closed;
	for (size_t i = 0; i < n_opened; i++)
		o->listeners[i] = opened[i];
	for (size_t i = 0; i < n_closed; i++)
		o->listeners[n_opened + i] = closed[i];
	give_order(w, o);
}

void worker_order_recheck(struct worker *w)
{
	give_order(w, new_order(ORDER_RECHECK, 0));
}

void worker_order_drain(struct worker *w)
{
	give_order(w, new_order(ORDER_DRAIN, 0));
}

void worker_order_stop(struct worker *w)
{
	give_order(w, new_order(ORDER_STOP, 0));
}

static void on_verdicts(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	verifier_deliver(w->shared->verifier, w->index);
}

/* ---- life ---------------------------------------------------------------------------------- */

static struct event_base *new_base(void)
{
	struct event_config *cfg = event_config_new();
	struct event_base *base;

	event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
	event_config_require_features(cfg, EV_FEATURE_ET);
	base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	return base;
}

int worker_create(struct worker **out, unsigned index, struct shared *shared, struct generation *gen)
{
	struct worker *w = xcalloc(1, sizeof(*w));
	struct worker_private *p = xcalloc(1, sizeof(*p));

	w->private = p;
	w->index = index;
	w->shared = shared;
	w->gen = generation_ref(gen);
	w->sessions = slab_create(sizeof(struct session));
	w->connectors = slab_create(connector_size);
	TAILQ_INIT(&w->live);
	TAILQ_INIT(&w->dead);
	w->base = new_base();
	if (inbox_init(&p->orders) != 0 || !w->base || poller_create(&w->poller, w->base) != 0 || resolver_create(&w->resolver, w->base, &gen->settings.resolver) != 0) {
		worker_free(w);
		return -ENOMEM;
	}
	if (dns_server_create(&w->dns, &(struct dns_server_env){
			.base = w->base, .resolver = w->resolver, .learned = shared->learned,
			.writer = shared->log, .worker = index }) != 0) {
		worker_free(w);
		return -ENOMEM;
	}
	dns_server_configure(w->dns, &gen->settings.dns, gen->policy, gen->id);
	udp_create(&w->udp, w);
	p->on_orders = event_new(w->base, p->orders.bell, EV_READ | EV_PERSIST, on_orders, w);
	p->on_checks = event_new(w->base, checker_inbox(shared->checker, index)->bell, EV_READ | EV_PERSIST, on_checks, w);
	p->on_verdicts = event_new(w->base, verifier_bell(shared->verifier, index), EV_READ | EV_PERSIST, on_verdicts, w);
	p->reaper = event_new(w->base, -1, 0, on_reap, w);
	p->sweep = evtimer_new(w->base, on_sweep, w);
	p->resume = evtimer_new(w->base, on_resume, w);
	event_add(p->on_orders, NULL);
	event_add(p->on_checks, NULL);
	event_add(p->on_verdicts, NULL);
	*out = w;
	return 0;
}

static void *run(void *arg)
{
	struct worker *w = arg;

	event_base_dispatch(w->base);
	on_reap(-1, 0, w);
	return NULL;
}

int worker_start(struct worker *w)
{
	int err = pthread_create(&w->private->thread, NULL, run, w);

	w->private->running = err == 0;
	return -err;
}

static void free_event(struct event *e)
{
	if (e)
		event_free(e);
}

void worker_join(struct worker *w)
{
	if (w->private->running)
		pthread_join(w->private->thread, NULL);
	w->private->running = false;
}

/* Orders that came after the one to stop. */
static void forget_orders(struct worker *w)
{
	struct inbox_item *next = w->private->orders.bell < 0 ? NULL : inbox_take(&w->private->orders);

	while (next) {
		struct order *o = (struct order *)(void *)next;

		next = next->next;
		order_free(o);
	}
}

void worker_free(struct worker *w)
{
	struct worker_private *p;

	if (!w)
		return;
	p = w->private;
	worker_join(w);
	forget_orders(w);
	acceptor_remove_all(w);
	dns_server_free(w->dns);
	udp_free(w->udp);
	resolver_free(w->resolver);
	generation_unref(w->gen);
	pipes_fini(&w->tools.pipes);
	free_event(p->on_orders);
	free_event(p->on_checks);
	free_event(p->on_verdicts);
	free_event(p->reaper);
	free_event(p->sweep);
	free_event(p->resume);
	poller_free(w->poller);
	slab_free(w->sessions);
	slab_free(w->connectors);
	if (w->base)
		event_base_free(w->base);
	inbox_fini(&p->orders);
	free(p);
	free(w);
}
