#include "proxy/server.h"

#include "auth/checker.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/report.h"
#include "proxy/watch.h"
#include "proxy/worker.h"

#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
	DRAIN_LOOK_MS = 50,             /* how often an orderly stop looks whether all sessions have ended */
	LOG_FLUSH_MS = 5000,            /* how long the end waits for the log */
	RECHECK_S = 30,                 /* `until` is looked at no less often, whatever the clocks do */
	SPARE_DESCRIPTORS = 64, DESCRIPTORS_PER_WORKER = 32, DESCRIPTORS_PER_SESSION = 2,
	FEW_SESSIONS = 32,              /* a limit on descriptors that leaves no more than this is worth a warning */
	WORKERS_MAX = 256,
	BUILDER_NICE = 10,              /* of the server's own thread */
	TAKE_MS = 2000,                 /* how long workers may take to begin with a new generation */
	BLOCK_MIN = 256 << 10,          /* memory that is mapped by itself, and unmapped when it is freed */
};

struct server {
	struct server_options opt;
	struct event_base *base;
	struct generation *gen;
	uint64_t last_id;               /* of the newest generation that was tried */
	struct shared shared;
	struct worker *workers[WORKERS_MAX];
	unsigned n_workers;
	struct listener *listeners[SETTINGS_LISTENS_MAX];
	size_t n_listeners;
	struct watch *watch;
	struct event *signals[5], *on_clock, *on_tick, *on_drain;
	int clock_fd;
	uint64_t learned_saved;         /* how many had been learned when they were saved last */
	uint64_t drain_until_us;        /* 0: not stopping */
	uint64_t reloads_ok, reloads_failed;
	void *on_top;                   /* what opt.started made */
};

/* ---- learned names -------------------------------------------------------------------------- */

/* Clients go on using what they were told, whether we are here or not. */
static void save_learned(struct server *s)
{
	const char *path = s->gen->settings.learned_path;
	struct learned_counts count;
	int err;

	learned_count(s->shared.learned, &count);
	if (!path[0] || count.added + count.renewed == s->learned_saved)
		return;
	err = learned_save(s->shared.learned, path, clock_wall_ms(), clock_mono_us());
	if (err)
		report_warning("learned-file %s: %s", path, strerrordesc_np(-err));
	else
		s->learned_saved = count.added + count.renewed;
}

static void load_learned(struct server *s)
{
	const char *path = s->gen->settings.learned_path;
	struct diag_list why = { 0 };

	s->shared.learned = learned_create(&s->gen->settings.learned);
	if (path[0])
		learned_load(s->shared.learned, path, clock_wall_ms(), clock_mono_us(), &why);
	report_diags(&why);
	diag_fini(&why);
}

/* ---- `until` ------------------------------------------------------------------------------- */

/* Wakes at the next `until`, and whenever somebody sets the clock. */
static void arm_clock(struct server *s)
{
	int64_t next = policy_next_until(s->gen->policy, clock_wall_ms());
	struct itimerspec at = { .it_value = { .tv_sec = (time_t)(next / 1000),
					       .tv_nsec = (long)(next % 1000) * 1000000 } };

	if (!next)
		at.it_value.tv_sec = LONG_MAX / 4;
	timerfd_settime(s->clock_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &at, NULL);
}

static void recheck_all(struct server *s)
{
	for (unsigned i = 0; i < s->n_workers; i++)
		worker_order_recheck(s->workers[i]);
	arm_clock(s);
}

static void on_clock(evutil_socket_t fd, short what, void *arg)
{
	uint64_t expirations;

	(void)what;
	if (read(fd, &expirations, sizeof(expirations)) > 0 || errno == ECANCELED)
		recheck_all(arg);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;

	(void)fd;
	(void)what;
	save_learned(s);
	if (policy_next_until(s->gen->policy, 0))
		recheck_all(s);
	if (generation_was_freed())
		malloc_trim(0);                 /* off the loops, and not more often than this */
}

/* ---- listeners ----------------------------------------------------------------------------- */

struct listener_change {
	struct listener *opened[SETTINGS_LISTENS_MAX], *closed[SETTINGS_LISTENS_MAX];
	size_t n_opened, n_closed;
};

static bool is_same(const struct listener *l, const struct listen_setting *wanted)
{
	return l->mode == wanted->mode && l->tproxy == wanted->tproxy && endpoint_eq(&l->at, &wanted->at);
}

static struct listener *find_listener(const struct server *s, const struct listen_setting *wanted)
{
	for (size_t i = 0; i < s->n_listeners; i++)
		if (is_same(s->listeners[i], wanted))
			return s->listeners[i];
	return NULL;
}

static bool is_wanted(const struct settings *set, const struct listener *l)
{
	for (size_t i = 0; i < set->n_listens; i++)
		if (is_same(l, &set->listens[i]))
			return true;
	return false;
}

static bool is_port_ours(const struct server *s, uint16_t port)
{
	for (size_t i = 0; i < s->n_listeners; i++)
		if (s->listeners[i]->at.port == port)
			return true;
	return false;
}

static void close_unused(struct listener *l)
{
	for (unsigned i = 0; i < l->n; i++)
		listener_release(l, i);
	listener_unref(l);
}

/* Opens what `set` has and the server has not. All or nothing; the reason goes to stderr. */
static int open_listeners(const struct server *s, const struct settings *set, unsigned workers,
			  struct listener_change *out)
{
	char text[ENDPOINT_TEXT_MAX];

	*out = (struct listener_change){ .n_opened = 0 };
	for (size_t i = 0; i < set->n_listens; i++) {
		const struct listen_setting *l = &set->listens[i];
		int err;

		if (find_listener(s, l))
			continue;
		err = listener_open(&out->opened[out->n_opened], &l->at, l->mode, l->tproxy, workers,
				    is_port_ours(s, l->at.port), set->keepalive_s);
		if (err) {
			endpoint_format(&l->at, text);
			report_error("%s:%u:%u: cannot listen on %s: %s", l->place.file, l->place.line,
				     l->place.col, text, strerrordesc_np(-err));
			while (out->n_opened)
				close_unused(out->opened[--out->n_opened]);
			return err;
		}
		out->n_opened++;
	}
	for (size_t i = 0; i < s->n_listeners; i++)
		if (!is_wanted(set, s->listeners[i]))
			out->closed[out->n_closed++] = s->listeners[i];
	return 0;
}

static void note_listeners(struct server *s, const struct listener_change *c)
{
	for (size_t i = 0; i < c->n_closed; i++)
		for (size_t k = 0; k < s->n_listeners; k++)
			if (s->listeners[k] == c->closed[i])
				s->listeners[k--] = s->listeners[--s->n_listeners];
	for (size_t i = 0; i < c->n_opened; i++)
		s->listeners[s->n_listeners++] = c->opened[i];
}

/* ---- generations --------------------------------------------------------------------------- */

/* As many workers as configured, or one for each CPU that this process may use. */
static unsigned worker_count(const struct settings *set)
{
	cpu_set_t cpus;
	unsigned n = 1;

	if (set->workers)
		n = set->workers;
	else if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		n = (unsigned)CPU_COUNT(&cpus);
	return n < WORKERS_MAX ? n : WORKERS_MAX;
}

/* What is said to be loaded holds on every worker. They need a moment for it; one that is stuck is not waited for. */
static void await_workers(const struct server *s, uint64_t id)
{
	uint64_t until_us = clock_mono_us() + TAKE_MS * UINT64_C(1000);

	for (unsigned i = 0; i < s->n_workers; i++)
		while (atomic_load_explicit(&s->workers[i]->in_force, memory_order_acquire) < id &&
		       clock_mono_us() < until_us)
			usleep(200);
}

/* Hands `gen` (its reference becomes the server's) and the listeners' changes to every worker. */
static void publish(struct server *s, struct generation *gen, const struct listener_change *change)
{
	for (unsigned i = 0; i < s->n_workers; i++)
		worker_order_generation(s->workers[i], gen, change->opened, change->n_opened,
					change->closed, change->n_closed);
	await_workers(s, gen->id);
	note_listeners(s, change);
	for (size_t i = 0; i < change->n_closed; i++)
		listener_unref(change->closed[i]);
	generation_unref(s->gen);
	s->gen = gen;
	learned_configure(s->shared.learned, &gen->settings.learned);
	arm_clock(s);
	watch_set(s->watch, gen->conf, gen->settings.quiet_ms);
}

static void warn_of_fixed(const struct server *s, const struct settings *next)
{
	const struct settings *now = &s->gen->settings;

	if (next->workers != now->workers && worker_count(next) != s->n_workers)
		report_warning("workers: changing it needs a restart; still running %u", s->n_workers);
	if (next->max_sessions != now->max_sessions)
		report_warning("max-sessions: changing it needs a restart; still at most %lld",
			       (long long)s->shared.most_sessions);
	if (!endpoint_eq(&next->admin, &now->admin))
		report_warning("admin: changing it needs a restart");
}

/* Loads the next generation from the files; what fails leaves everything as it was. */
static int load_next(struct server *s, struct generation **out)
{
	struct diag_list why = { 0 };
	int err = generation_load(out, s->opt.conf_path, &s->opt.conf, s->last_id + 1, &why);

	diag_sort(&why);
	report_diags(&why);
	diag_fini(&why);
	if (!err && (*out)->settings.n_listens == 0) {
		report_error("%s: no listener; add \"listen explicit 127.0.0.1:3128;\"", s->opt.conf_path);
		generation_unref(*out);
		err = -EINVAL;
	}
	if (!err) {
		s->last_id++;
		conf_forget_contents((*out)->conf);
	}
	return err;
}

static void keep_generation(struct server *s)
{
	s->reloads_failed++;
	report_error("reload failed, keeping generation %llu", (unsigned long long)s->gen->id);
}

static void reload(struct server *s)
{
	struct generation *next;
	struct listener_change change;

	if (s->drain_until_us)
		return;
	if (load_next(s, &next) != 0) {
		keep_generation(s);
		return;
	}
	if (open_listeners(s, &next->settings, s->n_workers, &change) != 0 ||
	    writer_configure(s->shared.log, &next->settings.log) != 0) {
		while (change.n_opened)
			close_unused(change.opened[--change.n_opened]);
		keep_generation(s);
		generation_unref(next);
		return;
	}
	s->reloads_ok++;
	warn_of_fixed(s, &next->settings);
	publish(s, next, &change);
	report_info("reloaded, generation %llu", (unsigned long long)s->gen->id);
}

static void on_change(void *arg)
{
	reload(arg);
}

/* ---- the end ------------------------------------------------------------------------------- */

static void stop_now(struct server *s)
{
	event_base_loopbreak(s->base);
}

static void on_drain(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;

	(void)fd;
	(void)what;
	if (atomic_load(&s->shared.open) == 0 || clock_mono_us() >= s->drain_until_us)
		stop_now(s);
}

static void drain(struct server *s)
{
	if (s->drain_until_us) {
		stop_now(s);                    /* asked twice */
		return;
	}
	s->drain_until_us = clock_mono_us() + s->gen->settings.drain_ms * UINT64_C(1000);
	atomic_store(&s->shared.draining, true);
	report_info("draining, %lld sessions open", (long long)atomic_load(&s->shared.open));
	for (unsigned i = 0; i < s->n_workers; i++)
		worker_order_drain(s->workers[i]);
	event_add(s->on_drain, &(struct timeval){ .tv_usec = DRAIN_LOOK_MS * 1000 });
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct server *s = arg;

	(void)what;
	if (sig == SIGHUP)
		reload(s);
	else if (sig == SIGUSR1)
		writer_reopen(s->shared.log);
	else
		drain(s);
}

/* ---- start --------------------------------------------------------------------------------- */

/* Raises the limit on descriptors as far as it goes, and makes the cap on sessions fit it. */
static int64_t most_sessions(const struct settings *set, unsigned workers)
{
	struct rlimit lim = { .rlim_cur = 1024 };
	int64_t room;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < lim.rlim_max) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_NOFILE, &lim);
	}
	getrlimit(RLIMIT_NOFILE, &lim);
	room = ((int64_t)lim.rlim_cur - SPARE_DESCRIPTORS - (int64_t)workers * DESCRIPTORS_PER_WORKER) /
	       DESCRIPTORS_PER_SESSION;
	if (room < 1)
		room = 1;
	if (set->max_sessions && (int64_t)set->max_sessions < room)
		return (int64_t)set->max_sessions;
	if (set->max_sessions)
		report_warning("max-sessions %zu: descriptors allow only %lld", set->max_sessions,
			       (long long)room);
	else if (room < FEW_SESSIONS)
		report_warning("%llu descriptors and %u workers: no more than %lld sessions at a time; raise the limit on descriptors",
			       (unsigned long long)lim.rlim_cur, workers, (long long)room);
	return room;
}

static int start_workers(struct server *s, unsigned wanted)
{
	while (s->n_workers < wanted) {
		int err = worker_create(&s->workers[s->n_workers], s->n_workers, &s->shared, s->gen);

		if (err) {
			report_error("cannot make a worker: %s", strerrordesc_np(-err));
			return err;
		}
		s->n_workers++;
	}
	s->shared.workers = s->workers;
	s->shared.n_workers = s->n_workers;
	for (unsigned i = 0; i < s->n_workers; i++) {
		int err = worker_start(s->workers[i]);

		if (err) {
			report_error("cannot start a thread: %s", strerrordesc_np(-err));
			return err;
		}
	}
	return 0;
}

static void add_signals(struct server *s)
{
	static const int numbers[] = { SIGHUP, SIGUSR1, SIGTERM, SIGINT };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		s->signals[i] = evsignal_new(s->base, numbers[i], on_signal, s);
		event_add(s->signals[i], NULL);
	}
}

/* Threads inherit the mask: all signals come to the server's own thread. */
static int start_workers_without_signals(struct server *s, unsigned workers)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = start_workers(s, workers);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

static int start_log(struct server *s, unsigned workers)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = writer_create(&s->shared.log, &s->gen->settings.log, workers);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		report_error("access log %s: %s", s->gen->settings.log_path, strerrordesc_np(-err));
	return err;
}

/* One thread leaves the other processor of a small machine to the traffic. */
static int make_checker(struct server *s, unsigned workers)
{
	int err = checker_create(&s->shared.checker, workers, workers > 2 ? 2 : 1);

	if (err)
		report_error("cannot make the password check: %s", strerrordesc_np(-err));
	return err;
}

static int start_verifier(struct server *s, unsigned workers)
{
	int err = verifier_create(&s->shared.verifier, workers);

	if (err)
		report_error("cannot start a thread: %s", strerrordesc_np(-err));
	return err;
}

static void say_ready(const struct server *s)
{
	char text[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < s->n_listeners; i++) {
		endpoint_format(&s->listeners[i]->at, text);
		report_info("listening on %s", text);
	}
	report_info("ready, generation %llu", (unsigned long long)s->gen->id);
}

static int start(struct server *s)
{
	struct listener_change change;
	struct generation *first;
	unsigned workers;

	if (load_next(s, &first) != 0)
		return -EINVAL;
	s->gen = first;
	workers = worker_count(&first->settings);
	s->shared.most_sessions = most_sessions(&first->settings, workers);
	s->shared.sources = sources_create((size_t)s->shared.most_sessions);
	load_learned(s);
	snprintf(s->shared.via, sizeof(s->shared.via), "sekisho-%08x", (unsigned)hash_bytes("via", 3));
	if (open_listeners(s, &first->settings, workers, &change) != 0)
		return -EADDRINUSE;
	add_signals(s);
	if (start_log(s, workers) != 0 || make_checker(s, workers) != 0 || start_verifier(s, workers) != 0 ||
	    start_workers_without_signals(s, workers) != 0) {
		while (change.n_opened)
			close_unused(change.opened[--change.n_opened]);
		return -ENOMEM;
	}
	/* From here on this thread builds policies while the workers serve: they come first. */
	setpriority(PRIO_PROCESS, (id_t)gettid(), BUILDER_NICE);
	publish(s, generation_ref(first), &change);
	if (s->opt.started && s->opt.started(&s->on_top, s, s->base, &first->settings) != 0)
		return -EADDRINUSE;
	say_ready(s);
	return 0;
}

static void finish(struct server *s)
{
	uint64_t lost;

	if (s->on_top)
		s->opt.ended(s->on_top);
	for (unsigned i = 0; i < s->n_workers; i++)
		worker_order_stop(s->workers[i]);
	for (unsigned i = 0; i < s->n_workers; i++)
		worker_join(s->workers[i]);
	for (unsigned i = 0; i < s->n_workers; i++)
		worker_free(s->workers[i]);
	checker_free(s->shared.checker);
	for (size_t i = 0; i < s->n_listeners; i++)
		listener_unref(s->listeners[i]);
	verifier_free(s->shared.verifier);
	lost = writer_free(s->shared.log, LOG_FLUSH_MS);
	if (lost)
		report_error("%llu log records could not be written", (unsigned long long)lost);
	sources_free(s->shared.sources);
	if (s->shared.learned)
		save_learned(s);
	learned_free(s->shared.learned);
	generation_unref(s->gen);
	watch_free(s->watch);
	for (size_t i = 0; i < sizeof(s->signals) / sizeof(s->signals[0]); i++)
		if (s->signals[i])
			event_free(s->signals[i]);
	event_free(s->on_clock);
	event_free(s->on_tick);
	event_free(s->on_drain);
	close(s->clock_fd);
	event_base_free(s->base);
}

static void add_counters(struct server_stats *sum, const struct counters *c)
{
	sum->accepted += counter_get(&c->accepted);
	sum->probes += counter_get(&c->probes);
	sum->allowed += counter_get(&c->allowed);
	sum->refused += counter_get(&c->refused);
	sum->tunnels += counter_get(&c->tunnels);
	sum->bytes_up += counter_get(&c->bytes_up);
	sum->bytes_down += counter_get(&c->bytes_down);
	sum->accept_pauses += counter_get(&c->accept_pauses);
	for (unsigned r = 0; r < REASONS; r++)
		sum->ended[r] += counter_get(&c->ended[r]);
}

void server_stats(const struct server *s, struct server_stats *out)
{
	*out = (struct server_stats){
		.workers = s->n_workers, .generation = s->gen->id, .reloads_ok = s->reloads_ok,
		.reloads_failed = s->reloads_failed, .open = atomic_load(&s->shared.open),
		.most = s->shared.most_sessions, .draining = s->drain_until_us != 0,
	};
	for (unsigned i = 0; i < s->n_workers; i++)
		add_counters(out, &s->workers[i]->counters);
	writer_count(s->shared.log, &out->log);
	verifier_count(s->shared.verifier, &out->verify);
}

/*
 * A policy consists of blocks of many megabytes. Left alone, malloc raises its threshold with every such block that
 * is freed, takes the next one from the heap, and there it stays, below something small that lives on.
 */
static void settle_malloc(void)
{
	mallopt(M_MMAP_THRESHOLD, BLOCK_MIN);
	mallopt(M_TRIM_THRESHOLD, 2 * BLOCK_MIN);
}

int server_run(const struct server_options *opt)
{
	struct server *s = xcalloc(1, sizeof(*s));
	int err;

	s->opt = *opt;
	settle_malloc();
	signal(SIGPIPE, SIG_IGN);
	s->base = event_base_new();
	s->clock_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	s->on_clock = event_new(s->base, s->clock_fd, EV_READ | EV_PERSIST, on_clock, s);
	s->on_tick = event_new(s->base, -1, EV_PERSIST, on_tick, s);
	s->on_drain = event_new(s->base, -1, EV_PERSIST, on_drain, s);
	event_add(s->on_clock, NULL);
	event_add(s->on_tick, &(struct timeval){ .tv_sec = RECHECK_S });
	watch_create(&s->watch, s->base, on_change, s);
	err = start(s);
	if (!err) {
		event_base_dispatch(s->base);
		report_info("stopped");
	}
	finish(s);
	free(s);
	return err ? 1 : 0;
}
