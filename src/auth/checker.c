#include "auth/checker.h"

#include "auth/failures.h"
#include "auth/verified.h"
#include "base/arena.h"
#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <unistd.h>

enum { THREADS_MAX = 4,
       CHECKER_NICE = 5 };              /* traffic goes before new logins */

struct job;
struct checker_ticket {
	struct inbox_item item;         /* first: what the inbox links */
	TAILQ_ENTRY(checker_ticket) link;
	struct job *job;                /* under the lock; NULL: the verdict is there */
	struct ip source;
	unsigned worker, limit;
	enum check_verdict verdict;
	bool cancelled;                 /* the worker's own word */
	checker_cb *cb;
	void *arg;
};
TAILQ_HEAD(tickets, checker_ticket);

struct job {                            /* one run of crypt(3), for all who ask the same */
	TAILQ_ENTRY(job) link;
	struct verified_key key;
	struct tickets waiting;
	struct ip source;               /* whose failure it will be */
	bool running, known;
	struct credentials shown;
	char hash[PASSWORD_HASH_MAX];
};
TAILQ_HEAD(jobs, job);

struct checker {
	struct verified *verified;
	struct failures *failures;
	unsigned n_workers, n_wanted, n_threads;
	pthread_t threads[THREADS_MAX];
	pthread_mutex_t lock;           /* of the two lists, and what hangs on them */
	pthread_cond_t work;
	struct jobs queue, running;
	unsigned n_queued;
	bool stopping;
	_Atomic uint64_t runs;
	struct inbox inboxes[];
};

static uint64_t now_s(void)
{
	return clock_mono_us() / 1000000;
}

/* ---- the threads --------------------------------------------------------------------------------- */

static void free_job(struct job *j)
{
	explicit_bzero(j, sizeof(*j));
	free(j);
}

static void answer(struct checker *c, struct tickets *to, enum check_verdict verdict)
{
	struct checker_ticket *t;

	while ((t = TAILQ_FIRST(to))) {
		TAILQ_REMOVE(to, t, link);
		t->verdict = verdict;
		inbox_put(&c->inboxes[t->worker], &t->item);    /* from here on it is the worker's */
	}
}

/* Whose sources have had their fill meanwhile: they go over to `out`. With the lock. */
static void take_limited(struct checker *c, struct job *j, struct tickets *out)
{
	struct checker_ticket *t, *next;

	for (t = TAILQ_FIRST(&j->waiting); t; t = next) {
		next = TAILQ_NEXT(t, link);
		if (!failures_wait_s(c->failures, &t->source, t->limit, now_s()))
			continue;
		TAILQ_REMOVE(&j->waiting, t, link);
		TAILQ_INSERT_TAIL(out, t, link);
		t->job = NULL;
	}
}

/* The next job that somebody may have done, or NULL at the end. With the lock. Answers `limited` ones itself. */
static struct job *next_job(struct checker *c)
{
	for (;;) {
		struct tickets limited = TAILQ_HEAD_INITIALIZER(limited);
		struct job *j;

		while (!c->stopping && TAILQ_EMPTY(&c->queue))
			pthread_cond_wait(&c->work, &c->lock);
		if (c->stopping)
			return NULL;
		j = TAILQ_FIRST(&c->queue);
		TAILQ_REMOVE(&c->queue, j, link);
		c->n_queued--;
		take_limited(c, j, &limited);
		answer(c, &limited, CHECK_LIMITED);
		if (!TAILQ_EMPTY(&j->waiting)) {
			j->source = TAILQ_FIRST(&j->waiting)->source;
			j->running = true;
			TAILQ_INSERT_TAIL(&c->running, j, link);
			return j;
		}
		free_job(j);
	}
}

static enum check_verdict run(struct checker *c, struct job *j, struct password_scratch *scratch)
{
	int same = password_matches(scratch, j->shown.password, j->hash);

	atomic_fetch_add_explicit(&c->runs, 1, memory_order_relaxed);
	explicit_bzero(j->shown.password, sizeof(j->shown.password));
	if (same < 0 && same != -EINVAL)        /* EINVAL: a hash of which nothing can come */
		return CHECK_OVERLOADED;
	if (same == 1 && j->known) {
		verified_add(c->verified, &j->key, now_s());
		return CHECK_RIGHT;
	}
	failures_add(c->failures, &j->source, now_s());
	return CHECK_WRONG;
}

static void *work(void *arg)
{
	struct checker *c = arg;
	struct password_scratch *scratch = password_scratch_create();
	struct checker_ticket *t;
	struct job *j;

	setpriority(PRIO_PROCESS, (id_t)gettid(), CHECKER_NICE);
	pthread_mutex_lock(&c->lock);
	while ((j = next_job(c))) {
		enum check_verdict verdict;

		pthread_mutex_unlock(&c->lock);
		verdict = run(c, j, scratch);
		pthread_mutex_lock(&c->lock);
		TAILQ_REMOVE(&c->running, j, link);
		TAILQ_FOREACH(t, &j->waiting, link)
			t->job = NULL;
		answer(c, &j->waiting, verdict);
		free_job(j);
	}
	pthread_mutex_unlock(&c->lock);
	password_scratch_free(scratch);
	return NULL;
}

/* With the lock; false when there is not even one. */
static bool start_threads(struct checker *c)
{
	while (c->n_threads < c->n_wanted && pthread_create(&c->threads[c->n_threads], NULL, work, c) == 0)
		c->n_threads++;
	return c->n_threads > 0;
}

/* ---- asking -------------------------------------------------------------------------------------- */

static struct job *find_job(struct jobs *in, const struct verified_key *key)
{
	struct job *j;

	TAILQ_FOREACH(j, in, link)
		if (memcmp(j->key.octets, key->octets, sizeof(key->octets)) == 0)
			return j;
	return NULL;
}

static struct job *new_job(struct checker *c, const struct check *what, const struct verified_key *key,
			   const char *hash, bool known)
{
	struct job *j;

	if (c->n_queued == CHECKER_QUEUE_MAX || strlen(hash) >= sizeof(j->hash) || !start_threads(c))
		return NULL;
	j = xcalloc(1, sizeof(*j));
	j->key = *key;
	j->known = known;
	j->shown = *what->shown;
	memcpy(j->hash, hash, strlen(hash) + 1);
	TAILQ_INIT(&j->waiting);
	TAILQ_INSERT_TAIL(&c->queue, j, link);
	c->n_queued++;
	pthread_cond_signal(&c->work);
	return j;
}

static struct checker_ticket *new_ticket(struct job *j, const struct check *what, checker_cb *cb, void *arg)
{
	struct checker_ticket *t = xcalloc(1, sizeof(*t));

	t->job = j;
	t->source = what->source;
	t->worker = what->worker;
	t->limit = what->limit;
	t->cb = cb;
	t->arg = arg;
	TAILQ_INSERT_TAIL(&j->waiting, t, link);
	return t;
}

struct checker_ticket *checker_ask(struct checker *c, const struct check *what, checker_cb *cb, void *arg,
				   enum check_verdict *at_once)
{
	struct sv name = credentials_user(what->shown);
	const char *own = users_find(what->users, name), *hash = own ? own : users_decoy(what->users, name);
	struct checker_ticket *t = NULL;
	struct verified_key key;
	struct job *j;

	*at_once = CHECK_LIMITED;
	if (failures_wait_s(c->failures, &what->source, what->limit, now_s()))
		return NULL;
	*at_once = CHECK_OVERLOADED;
	if (!verified_make_key(c->verified, what->shown, hash, own != NULL, &key))
		return NULL;
	if (verified_has(c->verified, &key, now_s())) {
		*at_once = CHECK_RIGHT;
		return NULL;
	}
	pthread_mutex_lock(&c->lock);
	j = find_job(&c->running, &key);
	if (!j)
		j = find_job(&c->queue, &key);
	if (!j)
		j = new_job(c, what, &key, hash, own != NULL);
	if (j)
		t = new_ticket(j, what, cb, arg);
	pthread_mutex_unlock(&c->lock);
	return t;
}

/* With the lock. A job in the queue for which nobody waits any more need not be done. */
static void leave_job(struct checker *c, struct checker_ticket *t)
{
	struct job *j = t->job;

	TAILQ_REMOVE(&j->waiting, t, link);
	free(t);
	if (j->running || !TAILQ_EMPTY(&j->waiting))
		return;
	TAILQ_REMOVE(&c->queue, j, link);
	c->n_queued--;
	free_job(j);
}

void checker_cancel(struct checker *c, struct checker_ticket *t)
{
	if (!t)
		return;
	pthread_mutex_lock(&c->lock);
	if (t->job)
		leave_job(c, t);
	else
		t->cancelled = true;            /* it lies in the inbox, and goes when that is emptied */
	pthread_mutex_unlock(&c->lock);
}

unsigned checker_retry_s(struct checker *c, const struct ip *source)
{
	unsigned wait = failures_wait_s(c->failures, source, 1, now_s());

	return wait ? wait : 1;
}

/* ---- answers ------------------------------------------------------------------------------------- */

struct inbox *checker_inbox(struct checker *c, unsigned worker)
{
	assert(worker < c->n_workers);
	return &c->inboxes[worker];
}

void checker_deliver(struct checker *c, unsigned worker)
{
	struct inbox_item *next = inbox_take(checker_inbox(c, worker));

	while (next) {
		struct checker_ticket *t = (struct checker_ticket *)(void *)next;
		bool wanted = !t->cancelled;
		checker_cb *cb = t->cb;
		void *arg = t->arg;
		enum check_verdict verdict = t->verdict;

		next = next->next;
		free(t);
		if (wanted)
			cb(arg, verdict);
	}
}

uint64_t checker_runs(const struct checker *c)
{
	return atomic_load_explicit(&c->runs, memory_order_relaxed);
}

/* ---- life ---------------------------------------------------------------------------------------- */

int checker_create(struct checker **out, unsigned n_workers, unsigned threads)
{
	struct checker *c = xcalloc(1, sizeof(*c) + n_workers * sizeof(c->inboxes[0]));
	int err = 0;

	*out = NULL;
	c->n_workers = n_workers;
	c->n_wanted = threads > THREADS_MAX ? THREADS_MAX : threads ? threads : 1;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->work, NULL);
	TAILQ_INIT(&c->queue);
	TAILQ_INIT(&c->running);
	for (unsigned i = 0; i < n_workers; i++)
		c->inboxes[i].bell = -1;
	for (unsigned i = 0; i < n_workers && !err; i++)
		err = inbox_init(&c->inboxes[i]);
	c->failures = failures_create();
	c->verified = verified_create();
	if (err || !c->verified) {
		checker_free(c);
		return err ? err : -ENOSYS;
	}
	*out = c;
	return 0;
}

static void free_tickets(struct tickets *tickets)
{
	struct checker_ticket *t;

	while ((t = TAILQ_FIRST(tickets))) {
		TAILQ_REMOVE(tickets, t, link);
		free(t);
	}
}

static void free_inbox(struct inbox *in)
{
	struct inbox_item *next = in->bell < 0 ? NULL : inbox_take(in);

	while (next) {
		struct inbox_item *item = next;

		next = item->next;
		free(item);                     /* the first member of a ticket */
	}
	inbox_fini(in);
}

void checker_free(struct checker *c)
{
	struct job *j;

	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->stopping = true;
	pthread_cond_broadcast(&c->work);
	pthread_mutex_unlock(&c->lock);
	for (unsigned i = 0; i < c->n_threads; i++)
		pthread_join(c->threads[i], NULL);
	while ((j = TAILQ_FIRST(&c->queue))) {
		TAILQ_REMOVE(&c->queue, j, link);
		free_tickets(&j->waiting);
		free_job(j);
	}
	for (unsigned i = 0; i < c->n_workers; i++)
		free_inbox(&c->inboxes[i]);
	verified_free(c->verified);
	failures_free(c->failures);
	pthread_cond_destroy(&c->work);
	pthread_mutex_destroy(&c->lock);
	free(c);
}
