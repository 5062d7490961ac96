/*
 * The log's queues, its thread and its file.
 *
 * One queue per worker, one producer and one consumer, no lock:
 *
 *      worker                                          the writing thread
 *      tail -> [ chunk |used     ]   <- next <- next <- reading [ chunk |seen  |used ]
 *              put += n, the only publication             taken += n; put - taken can be read
 *
 * `put` counts octets for ever.  Its store publishes the line, the chunk's new `used` and a new chunk's link alike,
 * and is a boundary between lines.  Chunks that were written go back to their worker over `spare`.
 *
 * Sleep: the thread sets `sleeping`, then looks at every `put`; a worker raises its `put`, then looks at `sleeping`.
 * All four are sequentially consistent, so one of the two sees the other.  A line that comes alone is written at once;
 * one that comes close behind another waits until LINGER_MS after that, so that under load a wake-up and a system call
 * carry many lines.
 *
 * A batch (an iovec of whole lines) stays until all of it is written, whatever comes between.  When the file
 * changes in the middle of a line, the line begins anew in the new file.
 */
#include "log/writer.h"

#include "base/arena.h"
#include "base/clock.h"
#include "log/record.h"
#include "log/sink.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	CHUNK_MAPPED = 64 * 1024,
	SPARE_MAX = 8,                  /* chunks that wait for their worker */
	BATCH_MAX = 64,                 /* pieces of one writev */
	LINGER_MS = 50,
	LINGER_SHORT_MS = 10,           /* with a backlog smaller than LINGER_OCTETS */
	LINGER_OCTETS = 4 << 20,
	RETRY_MS = 1000,                /* after a failed write */
	STUCK_MS = 5000,                /* a pipe that takes nothing for that long is reported */
	STOPPING_RETRY_MS = 100,
	LOST_EVERY_MS = 1000,           /* at most one "lost" record in that time */
	TRIM_AFTER_MS = 1000,           /* idle that long: spare chunks go back to the system */
	CACHE_LINE = 64,
};

struct chunk {
	_Atomic(struct chunk *) next;
	atomic_size_t used;             /* written by the worker only, raised before `put` */
	size_t size, seen;              /* seen: the thread's, taken into a batch so far */
	char bytes[];
};
enum { CHUNK_OCTETS = CHUNK_MAPPED - sizeof(struct chunk) };

struct queue {
	/* the worker's */
	_Alignas(CACHE_LINE) struct chunk *tail;
	_Atomic(struct chunk *) first;  /* set once */
	atomic_uint_least64_t put;      /* octets */
	atomic_uint_least64_t lost;     /* lines */
	atomic_int_least64_t lost_since_ms;
	/* the thread's */
	_Alignas(CACHE_LINE) struct chunk *reading;
	uint64_t taken;
	atomic_uint_least64_t lost_told;        /* of `lost`, what a record has reported */
	/* filled by the thread, emptied by the worker */
	_Alignas(CACHE_LINE) _Atomic(struct chunk *) spare[SPARE_MAX];
};

struct piece {                          /* of a batch: whole lines of one chunk */
	const char *begin;
	struct queue *queue;            /* NULL: the thread's own line */
	struct chunk *retire;           /* to give back once this is written */
};

struct batch {
	struct iovec iov[BATCH_MAX];    /* base and length move as it is written */
	struct piece piece[BATCH_MAX];
	int at, n;
};

struct writer {
	/* read by workers at every line */
	_Alignas(CACHE_LINE) atomic_bool off;
	atomic_int on_full;
	atomic_size_t limit;
	unsigned workers;
	int wake_fd;
	_Alignas(CACHE_LINE) atomic_bool sleeping;
	_Alignas(CACHE_LINE) atomic_uint_least64_t drained;     /* of what was put, what needs no room any more */
	/* commands to the thread, each followed by a wake-up */
	atomic_bool stop, reopen;
	_Atomic(struct sink *) next_sink;
	atomic_uint_least64_t stop_at_us;
	/* the thread's */
	struct sink *sink;
	struct batch batch;
	unsigned turn;                  /* the queue that the last batch began with */
	char own_line[256];
	bool failing, may_trim;
	int64_t lost_told_ms;           /* when the last "lost" record was made */
	atomic_uint_least64_t lines, octets, errors;
	pthread_t thread;
	/* the configuring caller's */
	pthread_mutex_t configuring;
	char *path;
	struct queue queues[];
};

/* Only one thread raises such a counter; others read it. */
static void raise_counter(atomic_uint_least64_t *counter, uint64_t by)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + by,
			      memory_order_relaxed);
}

static uint64_t read_counter(const atomic_uint_least64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/* ---- chunks -------------------------------------------------------------------------------- */

/* Mapped by itself: from malloc, chunks that have gone would leave holes among a worker's small texts. */
static struct chunk *chunk_create(size_t size)
{
	struct chunk *c = mmap(NULL, sizeof(*c) + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (c == MAP_FAILED)
		return NULL;
	c->size = size;
	return c;
}

static void chunk_free(struct chunk *c)
{
	if (c)
		munmap(c, sizeof(*c) + c->size);
}

/* A spare chunk if there is one, always empty; NULL without memory. The worker's. */
static struct chunk *chunk_take(struct queue *q, size_t need)
{
	struct chunk *c = NULL;

	for (int i = 0; i < SPARE_MAX && !c && need <= CHUNK_OCTETS; i++)
		if (atomic_load_explicit(&q->spare[i], memory_order_relaxed))
			c = atomic_exchange_explicit(&q->spare[i], NULL, memory_order_acquire);
	if (!c)
		c = chunk_create(need > CHUNK_OCTETS ? need : CHUNK_OCTETS);
	if (!c)
		return NULL;
	atomic_store_explicit(&c->next, NULL, memory_order_relaxed);
	atomic_store_explicit(&c->used, 0, memory_order_relaxed);
	c->seen = 0;
	return c;
}

/* The thread's, of a chunk that is written and has a successor. */
static void chunk_give_back(struct queue *q, struct chunk *c)
{
	for (int i = 0; i < SPARE_MAX && c->size == CHUNK_OCTETS; i++)
		if (!atomic_load_explicit(&q->spare[i], memory_order_relaxed)) {
			atomic_store_explicit(&q->spare[i], c, memory_order_release);
			return;
		}
	chunk_free(c);
}

static bool spares_free(struct queue *q)
{
	bool any = false;

	for (int i = 0; i < SPARE_MAX; i++) {
		struct chunk *c = atomic_exchange_explicit(&q->spare[i], NULL, memory_order_acquire);

		any |= c != NULL;
		chunk_free(c);
	}
	return any;
}

static void queue_fini(struct queue *q)
{
	struct chunk *c = q->reading ? q->reading : atomic_load(&q->first), *next;

	for (; c; c = next) {
		next = atomic_load(&c->next);
		chunk_free(c);
	}
	spares_free(q);
}

/* ---- the workers' side --------------------------------------------------------------------- */

static void command(struct writer *w)
{
	uint64_t one = 1;

	while (write(w->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void wake(struct writer *w)
{
	if (atomic_load(&w->sleeping) && atomic_exchange(&w->sleeping, false))
		command(w);
}

/* `drained` first: what it counts has been put before. */
static size_t backlog(const struct writer *w)
{
	uint64_t drained = atomic_load_explicit(&w->drained, memory_order_acquire), put = 0;

	for (unsigned i = 0; i < w->workers; i++)
		put += read_counter(&w->queues[i].put);
	return (size_t)(put - drained);
}

static bool is_over_limit(const struct writer *w)
{
	return backlog(w) >= atomic_load_explicit(&w->limit, memory_order_relaxed);
}

bool writer_admits(struct writer *w, unsigned worker)
{
	assert(worker < w->workers);
	return atomic_load_explicit(&w->off, memory_order_acquire) ||
	       atomic_load_explicit(&w->on_full, memory_order_relaxed) == ON_FULL_DROP ||
	       !is_over_limit(w);
}

static void count_lost(struct writer *w, struct queue *q)
{
	uint64_t lost = read_counter(&q->lost);

	if (lost == read_counter(&q->lost_told))
		atomic_store_explicit(&q->lost_since_ms, clock_wall_ms(), memory_order_relaxed);
	atomic_store(&q->lost, lost + 1);
	wake(w);
}

void writer_lost(struct writer *w, unsigned worker)
{
	assert(worker < w->workers);
	count_lost(w, &w->queues[worker]);
}

/* A chunk with room for `need` octets at the queue's end. */
static struct chunk *queue_room(struct queue *q, size_t need)
{
	struct chunk *old = q->tail, *c;

	if (old && old->size - atomic_load_explicit(&old->used, memory_order_relaxed) >= need)
		return old;
	c = chunk_take(q, need);
	if (!c)
		return NULL;
	atomic_store_explicit(old ? &old->next : &q->first, c, memory_order_relaxed);
	q->tail = c;
	return c;
}

void writer_put(struct writer *w, unsigned worker, struct sv line)
{
	struct queue *q = &w->queues[worker];
	struct chunk *c;
	size_t used;

	assert(worker < w->workers);
	if (line.n == 0 || atomic_load_explicit(&w->off, memory_order_acquire))
		return;
	if (atomic_load_explicit(&w->on_full, memory_order_relaxed) == ON_FULL_DROP && is_over_limit(w)) {
		count_lost(w, q);
		return;
	}
	c = queue_room(q, line.n);
	if (!c) {
		count_lost(w, q);
		return;
	}
	used = atomic_load_explicit(&c->used, memory_order_relaxed);
	memcpy(c->bytes + used, line.p, line.n);
	atomic_store_explicit(&c->used, used + line.n, memory_order_relaxed);
	atomic_store(&q->put, read_counter(&q->put) + line.n);
	wake(w);
}

/* ---- batches ------------------------------------------------------------------------------- */

static void batch_add(struct batch *b, struct queue *q, const char *p, size_t n)
{
	/* iovec has no const; what is written is not changed */
	b->iov[b->n] = (struct iovec){ .iov_base = (void *)(uintptr_t)p, .iov_len = n };
	b->piece[b->n] = (struct piece){ .begin = p, .queue = q };
	b->n++;
}

/* Goes on to the next chunk; the old one is needed until its piece, if it has one in this batch, is written. */
static void step_to_next_chunk(struct batch *b, struct queue *q)
{
	struct chunk *old = q->reading;
	struct piece *last = b->n ? &b->piece[b->n - 1] : NULL;

	q->reading = atomic_load_explicit(&old->next, memory_order_relaxed);
	if (last && last->queue == q)
		last->retire = old;
	else
		chunk_give_back(q, old);
}

static void gather_queue(struct batch *b, struct queue *q)
{
	uint64_t ready = atomic_load_explicit(&q->put, memory_order_acquire) - q->taken;

	if (ready && !q->reading)
		q->reading = atomic_load_explicit(&q->first, memory_order_relaxed);
	while (ready && b->n < BATCH_MAX) {
		struct chunk *c = q->reading;
		size_t n = atomic_load_explicit(&c->used, memory_order_relaxed) - c->seen;

		if (n == 0) {           /* there is more, so it has a successor */
			step_to_next_chunk(b, q);
			continue;
		}
		if (n > ready)
			n = (size_t)ready;
		batch_add(b, q, c->bytes + c->seen, n);
		c->seen += n;
		q->taken += n;
		ready -= n;
	}
}

/* A record of what was lost since the last such record, when one is due. */
static void gather_lost(struct writer *w, int64_t now_ms)
{
	struct strbuf line;
	int64_t since_ms = now_ms;
	uint64_t lost = 0;

	for (unsigned i = 0; i < w->workers; i++) {
		struct queue *q = &w->queues[i];
		uint64_t told = read_counter(&q->lost_told), all = atomic_load(&q->lost);
		int64_t since = atomic_load_explicit(&q->lost_since_ms, memory_order_relaxed);

		if (all == told)
			continue;
		lost += all - told;
		since_ms = since < since_ms ? since : since_ms;
		atomic_store_explicit(&q->lost_told, all, memory_order_relaxed);
	}
	/* A worker that lost one just while the last record was made has not seen that it was made. */
	since_ms = since_ms < w->lost_told_ms ? w->lost_told_ms : since_ms;
	w->lost_told_ms = now_ms;
	strbuf_init(&line, w->own_line, sizeof(w->own_line));
	record_format_lost(lost, since_ms, now_ms, &line);
	batch_add(&w->batch, NULL, line.p, line.n);
}

static bool has_untold_lost(const struct writer *w)
{
	for (unsigned i = 0; i < w->workers; i++)
		if (atomic_load(&w->queues[i].lost) != read_counter(&w->queues[i].lost_told))
			return true;
	return false;
}

/* How long until a record of lost ones may be made: 0 now, -1 there is nothing to report. */
static int lost_due_ms(const struct writer *w, int64_t now_ms)
{
	int64_t since_last = now_ms - w->lost_told_ms;

	if (!has_untold_lost(w))
		return -1;
	if (atomic_load(&w->stop) || since_last < 0 || since_last >= LOST_EVERY_MS)
		return 0;
	return (int)(LOST_EVERY_MS - since_last);
}

/* Each batch begins with another queue, so that a busy worker cannot keep the others out. */
static bool batch_gather(struct writer *w)
{
	struct batch *b = &w->batch;
	int64_t now_ms = clock_wall_ms();

	b->at = b->n = 0;
	if (lost_due_ms(w, now_ms) == 0)
		gather_lost(w, now_ms);
	w->turn = (w->turn + 1) % w->workers;
	for (unsigned i = 0; i < w->workers; i++)
		gather_queue(b, &w->queues[(w->turn + i) % w->workers]);
	return b->n > 0;
}

static uint64_t count_newlines(const char *p, size_t n)
{
	uint64_t lines = 0;
	const char *end = p + n;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
		lines++;
		p++;
	}
	return lines;
}

static void piece_finish(const struct piece *p)
{
	if (p->retire)
		chunk_give_back(p->queue, p->retire);
}

/* The next `n` octets of the batch are done with. */
static void batch_advance(struct writer *w, size_t n)
{
	struct batch *b = &w->batch;

	while (n) {
		struct iovec *v = &b->iov[b->at];
		size_t part = n < v->iov_len ? n : v->iov_len;

		if (b->piece[b->at].queue)
			atomic_store_explicit(&w->drained, read_counter(&w->drained) + part,
					      memory_order_release);
		v->iov_base = (char *)v->iov_base + part;
		v->iov_len -= part;
		n -= part;
		if (v->iov_len == 0)
			piece_finish(&b->piece[b->at++]);
	}
}

static void count_written(struct writer *w, size_t n)
{
	raise_counter(&w->octets, n);
	for (int i = w->batch.at; n; i++) {
		const struct iovec *v = &w->batch.iov[i];
		size_t part = n < v->iov_len ? n : v->iov_len;

		raise_counter(&w->lines, count_newlines(v->iov_base, part));
		n -= part;
	}
}

static bool is_batch_done(const struct batch *b)
{
	return b->at == b->n;
}

/* Lets go of what is left of the batch; the number of the workers' lines in it. */
static uint64_t batch_discard(struct writer *w)
{
	struct batch *b = &w->batch;
	uint64_t lines = 0;

	while (!is_batch_done(b)) {
		const struct iovec *v = &b->iov[b->at];

		if (b->piece[b->at].queue)
			lines += count_newlines(v->iov_base, v->iov_len);
		batch_advance(w, v->iov_len);
	}
	return lines;
}

/* Whoever reads on sees no first half: the line that was begun is written anew, whole. True if one was. */
static bool batch_rewind_line(struct writer *w)
{
	struct batch *b = &w->batch;
	struct iovec *v;
	const char *p;
	size_t back;

	if (is_batch_done(b))
		return false;
	v = &b->iov[b->at];
	p = v->iov_base;
	while (p > b->piece[b->at].begin && p[-1] != '\n')
		p--;
	back = (size_t)((const char *)v->iov_base - p);
	v->iov_base = (char *)v->iov_base - back;
	v->iov_len += back;
	if (b->piece[b->at].queue)
		atomic_store(&w->drained, read_counter(&w->drained) - back);
	return back > 0;
}

/* ---- the thread ---------------------------------------------------------------------------- */

static bool is_stopping(const struct writer *w)
{
	return atomic_load(&w->stop);
}

static bool is_past_stop(const struct writer *w)
{
	return is_stopping(w) && clock_mono_us() >= atomic_load(&w->stop_at_us);
}

/* No longer than writer_free() waits. */
static int within_stop(const struct writer *w, int timeout_ms)
{
	uint64_t now = clock_mono_us(), end = atomic_load(&w->stop_at_us);
	uint64_t left_ms = end > now ? (end - now) / 1000 + 1 : 0;

	if (!is_stopping(w))
		return timeout_ms;
	return timeout_ms < 0 || left_ms < (uint64_t)timeout_ms ? (int)left_ms : timeout_ms;
}

enum doze { DOZE_OVER, DOZE_WOKEN, DOZE_WRITABLE };

/* Until a wake-up, until `fd` (-1: none) can be written, or until the time is over (-1: never). */
static enum doze doze(struct writer *w, int timeout_ms, int fd)
{
	struct pollfd p[2] = { { .fd = w->wake_fd, .events = POLLIN }, { .fd = fd, .events = POLLOUT } };
	uint64_t wakes;
	int n = poll(p, 2, within_stop(w, timeout_ms));

	if (n > 0 && p[0].revents && read(w->wake_fd, &wakes, sizeof(wakes)) > 0)
		return DOZE_WOKEN;
	return n > 0 && p[1].revents ? DOZE_WRITABLE : DOZE_OVER;
}

static bool has_lines(const struct writer *w)
{
	for (unsigned i = 0; i < w->workers; i++)
		if (atomic_load(&w->queues[i].put) != w->queues[i].taken)
			return true;
	return false;
}

static void trim(struct writer *w)
{
	w->may_trim = false;
	for (unsigned i = 0; i < w->workers; i++)
		w->may_trim |= spares_free(&w->queues[i]);
}

/* How much longer lines are to be gathered, after a pause that began at `since_us`. */
static int linger_ms(const struct writer *w, uint64_t since_us)
{
	uint64_t limit = atomic_load_explicit(&w->limit, memory_order_relaxed);
	int whole = limit < LINGER_OCTETS ? LINGER_SHORT_MS : LINGER_MS;
	uint64_t passed_ms = (clock_mono_us() - since_us) / 1000;

	return passed_ms < (uint64_t)whole ? whole - (int)passed_ms : 0;
}

/* Nothing to write: sleep until there is, and perhaps a little longer. */
static void rest(struct writer *w)
{
	uint64_t since_us = clock_mono_us();
	enum doze end;
	int due_ms;

	atomic_store(&w->sleeping, true);
	due_ms = lost_due_ms(w, clock_wall_ms());
	if (has_lines(w) || atomic_load(&w->next_sink)) {
		atomic_store(&w->sleeping, false);
		return;
	}
	end = doze(w, due_ms >= 0 ? due_ms : w->may_trim ? TRIM_AFTER_MS : -1, -1);
	if (!atomic_exchange(&w->sleeping, false) && end == DOZE_WOKEN)
		doze(w, linger_ms(w, since_us), -1);    /* it was a line; a command leaves `sleeping` as it is */
	else if (end == DOZE_OVER && due_ms < 0)
		trim(w);
}

static void sink_switch(struct writer *w, struct sink *to)
{
	struct sink *old = w->sink;

	if (batch_rewind_line(w) && sink_is_same(old, to))
		to->torn = true;
	w->sink = to;
	sink_free(old);
}

static void reopen(struct writer *w)
{
	struct sink *s;
	int error;

	if (!sink_can_reopen(w->sink))
		return;
	error = sink_open(&s, w->sink->path);
	if (error)
		sink_complain(w->sink, "cannot be opened again, the old file stays in use", -error);
	else
		sink_switch(w, s);
}

static void obey_commands(struct writer *w)
{
	struct sink *next = atomic_load(&w->next_sink);
	bool unwritten = !is_batch_done(&w->batch) || has_lines(w);

	/* What was put before the log was turned off is still written, unless that cannot be done. */
	if (next && !(next->kind == SINK_OFF && unwritten && !w->failing))
		sink_switch(w, atomic_exchange(&w->next_sink, NULL));
	if (atomic_exchange(&w->reopen, false))
		reopen(w);
}

static void begin_failing(struct writer *w, const char *what, int error)
{
	if (!w->failing)
		sink_complain(w->sink, what, error);
	w->failing = true;
}

static void on_written(struct writer *w, size_t n)
{
	count_written(w, n);
	batch_advance(w, n);
	w->may_trim = true;
	if (w->failing && is_batch_done(&w->batch)) {
		w->failing = false;
		sink_complain(w->sink, "is written again", 0);
	}
}

static void on_write_error(struct writer *w, int error)
{
	int stuck_ms = is_stopping(w) || w->failing ? RETRY_MS : STUCK_MS;

	if (error == EINTR)
		return;
	if (error == EAGAIN) {
		if (doze(w, stuck_ms, w->sink->fd) == DOZE_OVER)
			begin_failing(w, "nobody reads it", 0);
		return;
	}
	raise_counter(&w->errors, 1);
	begin_failing(w, "cannot be written, it is tried again every second", error);
	if (error == EPIPE)
		batch_rewind_line(w);           /* the next reader of a FIFO has not seen the first half */
	doze(w, is_stopping(w) ? STOPPING_RETRY_MS : RETRY_MS, -1);
}

static void write_some(struct writer *w)
{
	struct batch *b = &w->batch;
	ssize_t n;

	if (w->sink->kind == SINK_OFF) {
		if (!atomic_load(&w->next_sink))        /* else: put for the file that comes now */
			batch_discard(w);
		return;
	}
	n = w->sink->torn ? sink_mend(w->sink) : 0;
	if (n >= 0)
		n = sink_write(w->sink, b->iov + b->at, b->n - b->at);
	if (n >= 0)
		on_written(w, (size_t)n);
	else
		on_write_error(w, (int)-n);
}

static void *writer_main(void *arg)
{
	struct writer *w = arg;

	for (;;) {
		bool stopping = is_stopping(w);         /* then what was put before is visible below */

		obey_commands(w);
		if (!is_batch_done(&w->batch) || batch_gather(w)) {
			write_some(w);
			if (is_past_stop(w))
				return NULL;
		} else if (stopping) {
			return NULL;
		} else {
			rest(w);
		}
	}
}

/* ---- life ---------------------------------------------------------------------------------- */

static void set_limits(struct writer *w, const struct writer_config *cfg)
{
	atomic_store(&w->limit, cfg->backlog_octets);
	atomic_store(&w->on_full, (int)cfg->on_full);
}

/* Signals are the main thread's; a blocked SIGPIPE or SIGXFSZ is an errno here and nothing more. */
static int start_thread(struct writer *w)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&w->thread, NULL, writer_main, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!error)
		pthread_setname_np(w->thread, "sekisho-log");
	return -error;
}

static void writer_destroy(struct writer *w)
{
	for (unsigned i = 0; i < w->workers; i++)
		queue_fini(&w->queues[i]);
	if (w->wake_fd >= 0)
		close(w->wake_fd);
	sink_free(w->sink);
	sink_free(atomic_load(&w->next_sink));
	pthread_mutex_destroy(&w->configuring);
	free(w->path);
	free(w);
}

int writer_create(struct writer **out, const struct writer_config *cfg, unsigned workers)
{
	size_t size = sizeof(struct writer) + workers * sizeof(struct queue);
	struct writer *w = aligned_alloc(CACHE_LINE, size);
	int error;

	assert(workers > 0);
	if (!w)
		return -ENOMEM;
	memset(w, 0, size);
	w->workers = workers;
	w->path = xstrdup(cfg->path);
	pthread_mutex_init(&w->configuring, NULL);
	set_limits(w, cfg);
	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	error = w->wake_fd < 0 ? -errno : sink_open(&w->sink, cfg->path);
	if (!error) {
		atomic_store(&w->off, w->sink->kind == SINK_OFF);
		error = start_thread(w);
	}
	if (error) {
		writer_destroy(w);
		return error;
	}
	*out = w;
	return 0;
}

uint64_t writer_free(struct writer *w, unsigned wait_ms)
{
	uint64_t unwritten = 0;

	if (!w)
		return 0;
	atomic_store(&w->stop_at_us, clock_mono_us() + (uint64_t)wait_ms * 1000);
	atomic_store(&w->stop, true);
	command(w);
	pthread_join(w->thread, NULL);
	do
		unwritten += batch_discard(w);
	while (batch_gather(w));
	writer_destroy(w);
	return unwritten;
}

void writer_reopen(struct writer *w)
{
	atomic_store(&w->reopen, true);
	command(w);
}

/* Turned off: first no more lines, then no file. Turned on: first the file, then lines. */
static void set_sink(struct writer *w, struct sink *s)
{
	bool off = s->kind == SINK_OFF;

	if (off)
		atomic_store(&w->off, true);
	sink_free(atomic_exchange(&w->next_sink, s));
	atomic_store(&w->off, off);
	command(w);
}

int writer_configure(struct writer *w, const struct writer_config *cfg)
{
	struct sink *s = NULL;
	int error = 0;

	pthread_mutex_lock(&w->configuring);
	if (strcmp(w->path, cfg->path) != 0)
		error = sink_open(&s, cfg->path);
	if (!error)
		set_limits(w, cfg);
	if (s) {
		free(w->path);
		w->path = xstrdup(cfg->path);
		set_sink(w, s);
	}
	pthread_mutex_unlock(&w->configuring);
	return error;
}

void writer_count(const struct writer *w, struct writer_counts *out)
{
	*out = (struct writer_counts){
		.lines = read_counter(&w->lines),
		.octets = read_counter(&w->octets),
		.errors = read_counter(&w->errors),
		.backlog_octets = backlog(w),
	};
	for (unsigned i = 0; i < w->workers; i++)
		out->lost += read_counter(&w->queues[i].lost);
}
