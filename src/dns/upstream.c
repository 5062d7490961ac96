/*
 * upstream -- one DNS server, reached through c-ares.
 *
 *   upstream_send() -> ares_send() -> socket ... reply -> ares_process_fd() -> on_ares()
 *        on_ares() only writes down what came and wakes the collector, outside of c-ares:
 *   collect() -> truncated over UDP: send again over TCP;  else: the owner's callback
 *             -> frees worn-out channels that no question uses any more
 *
 * So no code but on_ares() ever runs inside c-ares, and a channel is never touched in its callback.
 */
#include "dns/upstream.h"
#include "base/clock.h"

#include <ares.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/random.h>

enum {
	PROBE_US = 10 * 1000 * 1000,
	TCP_QUESTIONS = 1,              /* a connection's end fails all that share its channel */
};

struct sock {                           /* one of c-ares' sockets */
	LIST_ENTRY(sock) link;
	struct channel *channel;
	ares_socket_t fd;
	struct event ev;
};

struct channel {
	LIST_ENTRY(channel) link;
	struct upstream *upstream;
	ares_channel ares;
	LIST_HEAD(, sock) socks;
	struct event timer;             /* armed while c-ares waits for anything */
	unsigned asked, pending;
	bool worn;                      /* takes no more questions */
};

struct upstream_ask {
	TAILQ_ENTRY(upstream_ask) link; /* in asks, or in done */
	struct upstream *upstream;
	struct channel *channel;        /* NULL: c-ares is through with it */
	upstream_cb *cb;                /* NULL: forgotten */
	void *arg;
	struct dns_name name;
	uint16_t type, id;
	bool dnssec_ok, tcp;
	int ares_status;
	uint8_t *reply;
	size_t n_reply;
};
TAILQ_HEAD(asks, upstream_ask);

struct upstream {
	struct event_base *base;
	struct endpoint server;
	uint32_t patience_ms;
	struct channel *udp, *tcp;      /* the current ones, or NULL */
	LIST_HEAD(, channel) channels;  /* all, worn-out ones too */
	struct asks asks, done;
	struct event collector;
	uint64_t dead_since_us, probed_us, sent;
	bool edns, collecting, freeing;
};

/* ---- channels ------------------------------------------------------------------------------- */

static void arm_timer(struct channel *ch)
{
	struct timeval most = { .tv_sec = 1 }, tv;

	/* All questions of a channel wait equally long, so the timer in force is for the oldest.
	 * (Asking c-ares anew each time would walk its whole list.) */
	if (ch->pending && !evtimer_pending(&ch->timer, NULL))
		evtimer_add(&ch->timer, ares_timeout(ch->ares, &most, &tv));
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct channel *ch = arg;

	(void)fd, (void)what;
	ares_process_fd(ch->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	arm_timer(ch);
}

/* `s` may be gone when c-ares returns. */
static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct channel *ch = ((struct sock *)arg)->channel;

	ares_process_fd(ch->ares, what & EV_READ ? fd : ARES_SOCKET_BAD,
			what & EV_WRITE ? fd : ARES_SOCKET_BAD);
	arm_timer(ch);
}

static void drop_sock(struct sock *s)
{
	event_del(&s->ev);
	LIST_REMOVE(s, link);
	free(s);
}

static struct sock *sock_of(struct channel *ch, ares_socket_t fd)
{
	struct sock *s;

	LIST_FOREACH(s, &ch->socks, link)
		if (s->fd == fd)
			return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;    /* its questions time out */
	s->channel = ch;
	s->fd = fd;
	LIST_INSERT_HEAD(&ch->socks, s, link);
	event_assign(&s->ev, ch->upstream->base, fd, EV_READ, on_socket, s);
	return s;
}

/* c-ares says what it waits for on a socket; neither: it is about to close it. */
static void on_interest(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct channel *ch = arg;
	struct sock *s = sock_of(ch, fd);
	short what = (short)(EV_PERSIST | (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));

	if (!s)
		return;
	if (!readable && !writable) {
		drop_sock(s);
		return;
	}
	event_del(&s->ev);
	event_assign(&s->ev, ch->upstream->base, fd, what, on_socket, s);
	event_add(&s->ev, NULL);
}

/* Every option is given, so that c-ares finds nothing left to look up in files or the environment.
 * ARES_FLAG_EDNS adds nothing to what ares_send() is given, but without it every reply over UDP is cut
 * at 512 octets. With it, a FORMERR makes c-ares chop an OPT record off the question's end: so it must
 * not be set where there is none. */
static int init_ares(struct channel *ch, bool tcp)
{
	static char lookups[] = "b", nowhere[] = "/dev/null";
	struct in_addr placeholder = { 0 };
	struct ares_options opt = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP |
			 ARES_FLAG_IGNTC |
			 (tcp ? ARES_FLAG_USEVC : ch->upstream->edns ? ARES_FLAG_EDNS : 0),
		.ednspsz = DNS_UDP_PAYLOAD,
		.timeout = (int)ch->upstream->patience_ms,
		.tries = 1, .ndots = 1,
		.servers = &placeholder, .nservers = 1,
		.lookups = lookups, .resolvconf_path = nowhere,
		.sock_state_cb = on_interest, .sock_state_cb_data = ch,
	};

	return ares_init_options(&ch->ares, &opt,
				 ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
				 ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_LOOKUPS |
				 ARES_OPT_SORTLIST | ARES_OPT_RESOLVCONF | ARES_OPT_NOROTATE |
				 ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_STATE_CB);
}

static int set_server(struct channel *ch)
{
	const struct endpoint *e = &ch->upstream->server;
	struct ares_addr_port_node node = {
		.family = e->ip.family == 4 ? AF_INET : AF_INET6,
		.udp_port = e->port, .tcp_port = e->port,
	};

	memcpy(&node.addr, e->ip.b, e->ip.family == 4 ? 4 : 16);
	return ares_set_servers_ports(ch->ares, &node);
}

static void channel_free(struct channel *ch)
{
	struct upstream *u = ch->upstream;

	if (ch->ares)
		ares_destroy(ch->ares);
	while (!LIST_EMPTY(&ch->socks))
		drop_sock(LIST_FIRST(&ch->socks));
	event_del(&ch->timer);
	if (u->udp == ch)
		u->udp = NULL;
	if (u->tcp == ch)
		u->tcp = NULL;
	LIST_REMOVE(ch, link);
	free(ch);
}

static struct channel *channel_create(struct upstream *u, bool tcp)
{
	struct channel *ch = calloc(1, sizeof(*ch));

	if (!ch)
		return NULL;
	ch->upstream = u;
	LIST_INIT(&ch->socks);
	LIST_INSERT_HEAD(&u->channels, ch, link);
	evtimer_assign(&ch->timer, u->base, on_timer, ch);
	if (init_ares(ch, tcp) == ARES_SUCCESS && set_server(ch) == ARES_SUCCESS)
		return ch;
	channel_free(ch);
	return NULL;
}

/* The channel for the next question; a worn-out one makes way, and goes when nothing waits for it. */
static struct channel *channel_for(struct upstream *u, bool tcp)
{
	struct channel **current = tcp ? &u->tcp : &u->udp;
	unsigned most = tcp ? TCP_QUESTIONS : UPSTREAM_CHANNEL_QUESTIONS;

	if (*current && ((*current)->worn || (*current)->asked >= most)) {
		(*current)->worn = true;
		if ((*current)->pending == 0)
			event_active(&u->collector, EV_TIMEOUT, 0);
		*current = NULL;
	}
	if (!*current)
		*current = channel_create(u, tcp);
	return *current;
}

static void free_worn(struct upstream *u)
{
	struct channel *ch, *next;

	for (ch = LIST_FIRST(&u->channels); ch; ch = next) {
		next = LIST_NEXT(ch, link);
		if (ch->worn && ch->pending == 0 && ch != u->udp && ch != u->tcp)
			channel_free(ch);
	}
}

/* ---- questions ------------------------------------------------------------------------------ */

static void ask_free(struct upstream_ask *a)
{
	free(a->reply);
	free(a);
}

/* The only code of ours that runs inside c-ares. */
static void on_ares(void *arg, int status, int timeouts, unsigned char *reply, int n)
{
	struct upstream_ask *a = arg;
	struct upstream *u = a->upstream;

	(void)timeouts;
	a->channel->pending--;
	a->channel = NULL;
	a->ares_status = status;
	TAILQ_REMOVE(&u->asks, a, link);
	if (u->freeing) {
		ask_free(a);
		return;
	}
	if (status == ARES_SUCCESS && n > 0 && (a->reply = malloc((size_t)n))) {
		memcpy(a->reply, reply, (size_t)n);
		a->n_reply = (size_t)n;
	}
	TAILQ_INSERT_TAIL(&u->done, a, link);
	event_active(&u->collector, EV_TIMEOUT, 0);
}

static int dispatch(struct upstream_ask *a)
{
	struct upstream *u = a->upstream;
	struct channel *ch = channel_for(u, a->tcp);
	uint8_t question[DNS_QUESTION_MAX];
	struct dns_ask ask = { .name = &a->name, .type = a->type,
			       .payload = u->edns ? DNS_UDP_PAYLOAD : 0,
			       .dnssec_ok = a->dnssec_ok };
	int n;

	if (!ch)
		return -ENOMEM;
	if (getrandom(&ask.id, sizeof(ask.id), 0) != (ssize_t)sizeof(ask.id))
		return -EIO;
	n = dns_question_write(question, sizeof(question), &ask);
	if (n < 0)
		return n;
	a->id = ask.id;
	a->channel = ch;
	TAILQ_INSERT_TAIL(&u->asks, a, link);
	ch->asked++;
	ch->pending++;
	u->sent++;
	ares_send(ch->ares, question, n, on_ares, a);   /* may call back before it returns */
	arm_timer(ch);
	return 0;
}

int upstream_send(struct upstream_ask **out, struct upstream *u, const struct dns_name *name,
		  uint16_t type, bool dnssec_ok, upstream_cb *cb, void *arg)
{
	struct upstream_ask *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return -ENOMEM;
	a->upstream = u;
	a->cb = cb;
	a->arg = arg;
	a->name = *name;
	a->type = type;
	a->dnssec_ok = dnssec_ok;
	err = dispatch(a);
	if (err)
		ask_free(a);
	else
		*out = a;
	return err;
}

void upstream_forget(struct upstream_ask *a)
{
	if (a)
		a->cb = NULL;           /* c-ares keeps a pointer to it: freed when that comes back */
}

static enum upstream_end judge(const struct upstream_ask *a, struct dns_message *m)
{
	const struct dns_ask ask = { .name = &a->name, .id = a->id, .type = a->type };
	int broken;

	if (a->ares_status == ARES_ETIMEOUT)
		return UPSTREAM_SILENT;
	if (!a->reply)
		return UPSTREAM_UNREACHABLE;
	broken = dns_message_parse(m, a->reply, a->n_reply);
	if (!m->response || m->opcode != 0 || (!broken && !dns_is_reply_to(m, &ask)))
		return UPSTREAM_UNBELIEVABLE;
	return broken && !m->truncated ? UPSTREAM_MALFORMED : UPSTREAM_REPLY;
}

/* Whether the truncated reply sent the question on its way again. */
static bool goes_again(struct upstream_ask *a, const struct dns_message *m)
{
	if (!m->truncated || a->tcp || !a->cb)
		return false;
	free(a->reply);
	a->reply = NULL;
	a->n_reply = 0;
	a->tcp = true;
	return dispatch(a) == 0;
}

static void note_life(struct upstream_ask *a, enum upstream_end end)
{
	if (end == UPSTREAM_REPLY || end == UPSTREAM_MALFORMED)
		a->upstream->dead_since_us = 0;
	else if (end == UPSTREAM_UNREACHABLE && !a->tcp)
		upstream_mark_dead(a->upstream, clock_mono_us());
}

static void finish(struct upstream_ask *a)
{
	struct dns_message m = { 0 };
	enum upstream_end end = judge(a, &m);

	note_life(a, end);
	if (end == UPSTREAM_REPLY && m.truncated) {
		if (goes_again(a, &m))
			return;
		end = a->tcp && a->reply ? UPSTREAM_MALFORMED : UPSTREAM_UNREACHABLE;
	}
	if (a->cb)
		a->cb(a->arg, end, end == UPSTREAM_REPLY ? &m : NULL);
	ask_free(a);
}

static void collect(evutil_socket_t fd, short what, void *arg)
{
	struct upstream *u = arg;
	struct upstream_ask *a;

	(void)fd, (void)what;
	u->collecting = true;
	while ((a = TAILQ_FIRST(&u->done))) {
		TAILQ_REMOVE(&u->done, a, link);
		finish(a);
	}
	u->collecting = false;
	free_worn(u);
}

/* ---- the server ----------------------------------------------------------------------------- */

static void init_library(void)
{
	ares_library_init(ARES_LIB_INIT_ALL);
}

void upstream_init_library(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, init_library);
}

int upstream_create(struct upstream **out, struct event_base *base, const struct endpoint *server,
		    uint32_t patience_ms)
{
	struct upstream *u = calloc(1, sizeof(*u));

	if (!u)
		return -ENOMEM;
	upstream_init_library();
	u->base = base;
	u->server = *server;
	u->patience_ms = patience_ms;
	u->edns = true;
	LIST_INIT(&u->channels);
	TAILQ_INIT(&u->asks);
	TAILQ_INIT(&u->done);
	evtimer_assign(&u->collector, base, collect, u);
	*out = u;
	return 0;
}

void upstream_free(struct upstream *u)
{
	struct upstream_ask *a;

	if (!u)
		return;
	u->freeing = true;
	while (!LIST_EMPTY(&u->channels))
		channel_free(LIST_FIRST(&u->channels));
	while ((a = TAILQ_FIRST(&u->done))) {
		TAILQ_REMOVE(&u->done, a, link);
		ask_free(a);
	}
	event_del(&u->collector);
	free(u);
}

static void wear_out(struct channel *ch)
{
	if (ch)
		ch->worn = true;
}

void upstream_set_patience(struct upstream *u, uint32_t patience_ms)
{
	u->patience_ms = patience_ms;
	wear_out(u->udp);
	wear_out(u->tcp);
}

bool upstream_is_idle(const struct upstream *u)
{
	return TAILQ_EMPTY(&u->asks) && TAILQ_EMPTY(&u->done) && !u->collecting;
}

void upstream_mark_dead(struct upstream *u, uint64_t now_us)
{
	if (!u->dead_since_us)
		u->dead_since_us = u->probed_us = now_us;
}

bool upstream_is_dead(const struct upstream *u)
{
	return u->dead_since_us != 0;
}

bool upstream_probe_is_due(struct upstream *u, uint64_t now_us)
{
	if (!u->dead_since_us || now_us - u->probed_us < PROBE_US)
		return false;
	u->probed_us = now_us;
	return true;
}

bool upstream_drop_edns(struct upstream *u)
{
	bool had = u->edns;

	u->edns = false;
	wear_out(u->udp);
	wear_out(u->tcp);
	return had;
}

uint64_t upstream_sent(const struct upstream *u)
{
	return u->sent;
}
