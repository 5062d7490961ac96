#include "tls/verifier.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/inbox.h"
#include "tls/probe.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/queue.h>

enum {
	WAYS = 4, SETS = 1024,          /* of a worker's shelf */
	BUCKETS = 8192,                 /* of the thread's cache */
};

struct verifier_ticket {                /* one question under way; its worker's, while it lies in no inbox */
	struct inbox_item item;
	unsigned desk;
	verifier_cb *cb;                /* the worker's: NULL once it is cancelled */
	void *arg;
	struct verifier_ticket *next;   /* the thread's: who else waits for the same check */
	struct verify_question q;       /* its texts and pins lie behind the struct, its trust is referenced */
	uint64_t hash;
	struct origin_verdict *answer;
	char memory[];
};

struct desk {                           /* a worker's: touched by its thread alone, but for the inbox */
	struct inbox answers;
	_Atomic uint64_t cached;
	struct origin_verdict *shelf[SETS][WAYS];       /* most recently put first */
} __attribute__((aligned(64)));

struct entry {                          /* of the thread's cache */
	struct entry *next;             /* in its bucket */
	TAILQ_ENTRY(entry) used;
	struct origin_verdict *verdict;
};

struct check {                          /* one name and address that is being looked at, or waits for that */
	TAILQ_ENTRY(check) link;        /* in `waiting` or `running` */
	struct check *next;             /* in its bucket */
	struct verifier *v;
	struct event timer;
	struct verifier_ticket *first;  /* who asks; the first one's question is the check's */
	struct verifier_ticket **last;
	struct probe *probe;            /* NULL: it waits for its turn */
};

TAILQ_HEAD(check_list, check);

struct verifier {
	unsigned desks;
	pthread_t thread;
	bool running;
	_Atomic bool stop;
	struct inbox questions;
	_Atomic uint64_t handshakes, failed, cached, overloaded, in_flight, queued;
	/* from here on the thread's own */
	struct event_base *base;
	struct event *on_questions;
	struct prober *prober;
	struct check_list waiting, in_progress;
	struct check *checks[BUCKETS];
	struct entry *entries[BUCKETS];
	TAILQ_HEAD(, entry) used;       /* least recently first */
	size_t n_entries;
	unsigned most;                  /* as the newest question has it */
	struct desk *desk;
};

static void count(_Atomic uint64_t *c, int64_t by)
{
	atomic_fetch_add_explicit(c, (uint64_t)by, memory_order_relaxed);
}

static struct origin_key key_of(const struct verify_question *q)
{
	return (struct origin_key){ q->name, q->at, trust_id(q->trust) };
}

static bool is_about(const struct origin_verdict *v, uint64_t hash, const struct origin_key *k)
{
	return v->hash == hash && origin_key_eq(&v->about, k);
}

static bool will_do(const struct origin_verdict *v, const struct verify_question *q)
{
	return verdict_is_fresh(v, &q->demand, q->limits.cache_ms, clock_mono_us(), clock_wall_ms());
}

/* ---- a worker's shelf ------------------------------------------------------------------------------ */

static struct origin_verdict *find_on_shelf(struct desk *d, const struct verify_question *q, uint64_t hash,
					    const struct origin_key *k)
{
	struct origin_verdict **set = d->shelf[hash % SETS];

	for (unsigned i = 0; i < WAYS && set[i]; i++)
		if (is_about(set[i], hash, k))
			return will_do(set[i], q) ? set[i] : NULL;
	return NULL;
}

/* In place of the older one about the same, or of the one that was put longest ago. */
static void put_on_shelf(struct desk *d, struct origin_verdict *v)
{
	struct origin_verdict **set = d->shelf[v->hash % SETS];
	unsigned i = 0;

	while (i < WAYS - 1 && set[i] && !is_about(set[i], v->hash, &v->about))
		i++;
	verdict_unref(set[i]);
	for (; i > 0; i--)
		set[i] = set[i - 1];
	set[0] = verdict_ref(v);
}

/* ---- tickets --------------------------------------------------------------------------------------- */

static struct verifier_ticket *ticket_create(const struct verify_question *q, unsigned desk, uint64_t hash,
					     verifier_cb *cb, void *arg)
{
	size_t pins = q->demand.n_pins * PIN_OCTETS;
	struct verifier_ticket *t = xcalloc(1, sizeof(*t) + pins + q->name.n);

	t->desk = desk;
	t->cb = cb;
	t->arg = arg;
	t->hash = hash;
	t->q = *q;
	t->q.trust = trust_ref(q->trust);
	if (pins)
		memcpy(t->memory, q->demand.pins, pins);
	if (q->name.n)
		memcpy(t->memory + pins, q->name.p, q->name.n);
	t->q.demand.pins = (const unsigned char (*)[PIN_OCTETS])(void *)t->memory;
	t->q.name.p = t->memory + pins;
	return t;
}

static void ticket_free(struct verifier_ticket *t)
{
	verdict_unref(t->answer);
	trust_unref(t->q.trust);
	free(t);
}

static struct verifier_ticket *ticket_of(struct inbox_item *item)
{
	return (struct verifier_ticket *)(void *)item;
}

/* From the thread: the ticket goes back to its worker. */
static void answer(struct verifier *v, struct verifier_ticket *t, struct origin_verdict *with)
{
	t->answer = verdict_ref(with);
	inbox_put(&v->desk[t->desk].answers, &t->item);
}

/* ---- the thread's cache ------------------------------------------------------------------------------ */

static struct entry **entry_slot(struct verifier *v, uint64_t hash, const struct origin_key *k)
{
	struct entry **at = &v->entries[hash % BUCKETS];

	while (*at && !is_about((*at)->verdict, hash, k))
		at = &(*at)->next;
	return at;
}

static void entry_drop(struct verifier *v, struct entry **at)
{
	struct entry *e = *at;

	*at = e->next;
	TAILQ_REMOVE(&v->used, e, used);
	v->n_entries--;
	verdict_unref(e->verdict);
	free(e);
}

static struct origin_verdict *find_kept(struct verifier *v, const struct verifier_ticket *t)
{
	struct origin_key k = key_of(&t->q);
	struct entry *e = *entry_slot(v, t->hash, &k);

	if (!e || !will_do(e->verdict, &t->q))
		return NULL;
	TAILQ_REMOVE(&v->used, e, used);
	TAILQ_INSERT_TAIL(&v->used, e, used);
	return e->verdict;
}

static void keep_verdict(struct verifier *v, struct origin_verdict *verdict)
{
	struct entry **at = entry_slot(v, verdict->hash, &verdict->about), *e;

	if (*at)
		entry_drop(v, at);
	if (v->n_entries == VERIFIER_CACHE_MAX) {
		const struct origin_verdict *oldest = TAILQ_FIRST(&v->used)->verdict;

		entry_drop(v, entry_slot(v, oldest->hash, &oldest->about));
	}
	e = xcalloc(1, sizeof(*e));
	e->verdict = verdict_ref(verdict);
	e->next = v->entries[verdict->hash % BUCKETS];
	v->entries[verdict->hash % BUCKETS] = e;
	TAILQ_INSERT_TAIL(&v->used, e, used);
	v->n_entries++;
}

/* ---- checks ------------------------------------------------------------------------------------------- */

static struct check **check_slot(struct verifier *v, uint64_t hash, const struct origin_key *k)
{
	struct check **at = &v->checks[hash % BUCKETS];

	while (*at) {
		struct origin_key other = key_of(&(*at)->first->q);

		if ((*at)->first->hash == hash && origin_key_eq(&other, k))
			break;
		at = &(*at)->next;
	}
	return at;
}

static void check_free(struct check *c)
{
	struct verifier *v = c->v;
	struct origin_key k = key_of(&c->first->q);
	struct check **at = check_slot(v, c->first->hash, &k);

	*at = c->next;
	if (c->probe) {
		TAILQ_REMOVE(&v->in_progress, c, link);
		count(&v->in_flight, -1);
	} else {
		TAILQ_REMOVE(&v->waiting, c, link);
		count(&v->queued, -1);
	}
	event_del(&c->timer);
	probe_free(c->probe);
	free(c);
}

static void start_next(struct verifier *v);

/* Takes the reference over: everybody who waits gets it, and it is remembered if it says something of the origin. */
static void check_end(struct check *c, struct origin_verdict *verdict)
{
	struct verifier *v = c->v;
	struct verifier_ticket *t = c->first, *next;

	check_free(c);                          /* before its tickets go: its question is the first one's */
	if (!verdict->passing)
		keep_verdict(v, verdict);
	for (; t; t = next) {
		next = t->next;
		answer(v, t, verdict);
	}
	verdict_unref(verdict);
	start_next(v);
}

static void on_probed(void *arg, struct origin_verdict *verdict)
{
	struct check *c = arg;

	count(&c->v->failed, !verdict->verified);
	check_end(c, verdict);
}

static struct origin_verdict *passing_verdict(const struct verify_question *q, const char *error)
{
	struct origin_verdict facts = { .about = key_of(q), .passing = true, .error = error };

	return verdict_create(&facts);
}

static void on_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct check *c = arg;

	(void)fd;
	(void)what;
	if (c->probe)
		on_probed(c, probe_give_up(c->probe));
	else
		check_end(c, passing_verdict(&c->first->q, "too many origins are being verified; no turn in time"));
}

static void check_start(struct check *c)
{
	struct verifier *v = c->v;
	const struct verify_question *q = &c->first->q;

	TAILQ_REMOVE(&v->waiting, c, link);
	count(&v->queued, -1);
	c->probe = probe_start(v->prober, &(struct probe_plan){
		.about = key_of(q), .from = q->from, .trust = q->trust, .done = on_probed, .arg = c });
	TAILQ_INSERT_TAIL(&v->in_progress, c, link);
	count(&v->in_flight, 1);
	count(&v->handshakes, 1);
}

static void start_next(struct verifier *v)
{
	while (atomic_load_explicit(&v->in_flight, memory_order_relaxed) < v->most && !TAILQ_EMPTY(&v->waiting))
		check_start(TAILQ_FIRST(&v->waiting));
}

static void check_create(struct verifier *v, struct verifier_ticket *t)
{
	struct check *c = xcalloc(1, sizeof(*c));
	unsigned ms = t->q.limits.timeout_ms;

	c->v = v;
	c->first = t;
	c->last = &t->next;
	c->next = v->checks[t->hash % BUCKETS];
	v->checks[t->hash % BUCKETS] = c;
	evtimer_assign(&c->timer, v->base, on_timeout, c);
	event_add(&c->timer, &(struct timeval){ .tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000 });
	TAILQ_INSERT_TAIL(&v->waiting, c, link);
	count(&v->queued, 1);
	start_next(v);
}

static void turn_away(struct verifier *v, struct verifier_ticket *t)
{
	struct origin_verdict *no = passing_verdict(&t->q, "overloaded: too many origins wait to be verified");

	count(&v->overloaded, 1);
	answer(v, t, no);
	verdict_unref(no);
}

static void take_question(struct verifier *v, struct verifier_ticket *t)
{
	struct origin_key k = key_of(&t->q);
	struct origin_verdict *kept = find_kept(v, t);
	struct check *c = *check_slot(v, t->hash, &k);

	v->most = t->q.limits.most;
	if (kept) {
		count(&v->cached, 1);
		answer(v, t, kept);
	} else if (c) {
		*c->last = t;
		c->last = &t->next;
	} else if (atomic_load_explicit(&v->queued, memory_order_relaxed) >= VERIFIER_QUEUE_MAX) {
		turn_away(v, t);
	} else {
		check_create(v, t);
	}
}

static void on_questions(evutil_socket_t fd, short what, void *arg)
{
	struct verifier *v = arg;
	struct inbox_item *item = inbox_take(&v->questions), *next;

	(void)fd;
	(void)what;
	for (; item; item = next) {
		next = item->next;
		take_question(v, ticket_of(item));
	}
	if (atomic_load_explicit(&v->stop, memory_order_acquire))
		event_base_loopbreak(v->base);
}

/* ---- for workers ----------------------------------------------------------------------------------- */

int verifier_bell(const struct verifier *v, unsigned desk)
{
	return v->desk[desk].answers.bell;
}

void verifier_deliver(struct verifier *v, unsigned desk)
{
	struct desk *d = &v->desk[desk];
	struct inbox_item *item = inbox_take(&d->answers), *next;

	for (; item; item = next) {
		struct verifier_ticket *t = ticket_of(item);

		next = item->next;
		if (!t->answer->passing)
			put_on_shelf(d, t->answer);
		if (t->cb)
			t->cb(t->arg, t->answer);
		ticket_free(t);
	}
}

struct origin_verdict *verifier_ask(struct verifier *v, unsigned desk, const struct verify_question *q,
				    verifier_cb *cb, void *arg, struct verifier_ticket **ticket)
{
	struct desk *d = &v->desk[desk];
	struct origin_key k = key_of(q);
	uint64_t hash = origin_key_hash(&k);
	struct origin_verdict *found = find_on_shelf(d, q, hash, &k);

	*ticket = NULL;
	if (found) {
		atomic_store_explicit(&d->cached, atomic_load_explicit(&d->cached, memory_order_relaxed) + 1,
				      memory_order_relaxed);
		return verdict_ref(found);
	}
	*ticket = ticket_create(q, desk, hash, cb, arg);
	inbox_put(&v->questions, &(*ticket)->item);
	return NULL;
}

void verifier_cancel(struct verifier_ticket *t)
{
	if (t)
		t->cb = NULL;                   /* it comes back with its answer, and is freed then */
}

void verifier_count(const struct verifier *v, struct verifier_counts *out)
{
	*out = (struct verifier_counts){
		.handshakes = atomic_load_explicit(&v->handshakes, memory_order_relaxed),
		.failed = atomic_load_explicit(&v->failed, memory_order_relaxed),
		.cached = atomic_load_explicit(&v->cached, memory_order_relaxed),
		.overloaded = atomic_load_explicit(&v->overloaded, memory_order_relaxed),
		.in_flight = atomic_load_explicit(&v->in_flight, memory_order_relaxed),
		.queued = atomic_load_explicit(&v->queued, memory_order_relaxed),
	};
	for (unsigned i = 0; i < v->desks; i++)
		out->cached += atomic_load_explicit(&v->desk[i].cached, memory_order_relaxed);
}

/* ---- life --------------------------------------------------------------------------------------------- */

static void *run(void *arg)
{
	struct verifier *v = arg;

	event_base_dispatch(v->base);
	return NULL;
}

/* Signals are the main thread's. */
static int start_thread(struct verifier *v)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&v->thread, NULL, run, v);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	v->running = err == 0;
	if (v->running)
		pthread_setname_np(v->thread, "sekisho-verify");
	return -err;
}

static int open_inboxes(struct verifier *v)
{
	int err = inbox_init(&v->questions);

	for (unsigned i = 0; i < v->desks && !err; i++)
		err = inbox_init(&v->desk[i].answers);
	return err;
}

static int open_base(struct verifier *v)
{
	struct event_config *cfg = event_config_new();

	event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
	v->base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	if (!v->base || prober_create(&v->prober, v->base) != 0)
		return -ENOMEM;
	v->on_questions = event_new(v->base, v->questions.bell, EV_READ | EV_PERSIST, on_questions, v);
	return v->on_questions && event_add(v->on_questions, NULL) == 0 ? 0 : -ENOMEM;
}

int verifier_create(struct verifier **out, unsigned desks)
{
	struct verifier *v = xcalloc(1, sizeof(*v));
	size_t size = desks * sizeof(struct desk);
	int err;

	v->desks = desks;
	v->most = 1;
	v->desk = aligned_alloc(64, size);
	if (!v->desk)
		abort();
	memset(v->desk, 0, size);
	TAILQ_INIT(&v->waiting);
	TAILQ_INIT(&v->in_progress);
	TAILQ_INIT(&v->used);
	v->questions.bell = -1;
	for (unsigned i = 0; i < desks; i++)
		v->desk[i].answers.bell = -1;
	err = open_inboxes(v);
	if (!err)
		err = open_base(v);
	if (!err)
		err = start_thread(v);
	if (err) {
		verifier_free(v);
		return err;
	}
	*out = v;
	return 0;
}

static void stop_thread(struct verifier *v)
{
	atomic_store_explicit(&v->stop, true, memory_order_release);
	inbox_ring(&v->questions);
	pthread_join(v->thread, NULL);
}

static void drop_tickets(struct inbox *in)
{
	struct inbox_item *item = in->bell < 0 ? NULL : inbox_take(in), *next;

	for (; item; item = next) {
		next = item->next;
		ticket_free(ticket_of(item));
	}
	inbox_fini(in);
}

static void drop_checks(struct check_list *list)
{
	struct check *c;

	while ((c = TAILQ_FIRST(list))) {
		struct verifier_ticket *t = c->first, *next;

		check_free(c);
		for (; t; t = next) {
			next = t->next;
			ticket_free(t);
		}
	}
}

static void drop_shelf(struct desk *d)
{
	for (unsigned i = 0; i < SETS; i++)
		for (unsigned k = 0; k < WAYS; k++)
			verdict_unref(d->shelf[i][k]);
}

void verifier_free(struct verifier *v)
{
	if (!v)
		return;
	if (v->running)
		stop_thread(v);
	drop_checks(&v->waiting);
	drop_checks(&v->in_progress);
	drop_tickets(&v->questions);
	for (unsigned i = 0; i < v->desks; i++) {
		drop_tickets(&v->desk[i].answers);
		drop_shelf(&v->desk[i]);
	}
	while (!TAILQ_EMPTY(&v->used)) {
		const struct origin_verdict *oldest = TAILQ_FIRST(&v->used)->verdict;

		entry_drop(v, entry_slot(v, oldest->hash, &oldest->about));
	}
	prober_free(v->prober);
	if (v->on_questions)
		event_free(v->on_questions);
	if (v->base)
		event_base_free(v->base);
	free(v->desk);
	free(v);
}
