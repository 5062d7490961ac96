/* Order, completeness, rotation, full disks and readers that do not read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "log/writer.h"

#include <string.h>

#define UNUSED __attribute__((unused))

enum { PRODUCERS = 4, LINES = 25000, PATIENCE_MS = 20000 };

static char dir[64];
static char path[4][128];               /* log, log.1, log.2, errors */
static int saved_stderr;

/* ---- a place of its own for each test ------------------------------------------------------ */

static int setup(void **state UNUSED)
{
	int fd;

	strcpy(dir, "/tmp/sekisho-writer-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	for (int i = 0; i < 4; i++)
		snprintf(path[i], sizeof(path[i]), "%s/%d", dir, i);
	fd = open(path[3], O_WRONLY | O_CREAT | O_APPEND, 0600);
	saved_stderr = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
	return 0;
}

static int teardown(void **state UNUSED)
{
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	for (int i = 0; i < 4; i++)
		unlink(path[i]);
	return rmdir(dir);
}

static struct writer *create(const char *where, size_t backlog, enum on_full on_full, unsigned workers)
{
	struct writer_config cfg = { where, backlog, on_full };
	struct writer *w = NULL;

	assert_int_equal(writer_create(&w, &cfg, workers), 0);
	return w;
}

static void configure(struct writer *w, const char *where, size_t backlog, enum on_full on_full)
{
	struct writer_config cfg = { where, backlog, on_full };

	assert_int_equal(writer_configure(w, &cfg), 0);
}

static void put(struct writer *w, unsigned worker, const char *text)
{
	writer_put(w, worker, sv_of(text));
}

static struct writer_counts counts(const struct writer *w)
{
	struct writer_counts c;

	writer_count(w, &c);
	return c;
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* Evaluates the condition until it holds, and not again. */
#define EVENTUALLY(condition) do { \
	uint64_t until_us_ = clock_mono_us() + PATIENCE_MS * 1000u; \
	bool holds_; \
	while (!(holds_ = (condition)) && clock_mono_us() < until_us_) \
		nap(); \
	if (!holds_) \
		fail_msg("never: %s", #condition); \
} while (0)

static char *slurp(const char *file)
{
	FILE *f = fopen(file, "r");
	size_t n, cap = 1 << 20;
	char *text = xmalloc(cap);

	assert_non_null(f);
	n = fread(text, 1, cap - 1, f);
	assert_true(feof(f));
	text[n] = '\0';
	fclose(f);
	return text;
}

static void assert_content(const char *file, const char *want)
{
	char *text = slurp(file);

	assert_string_equal(text, want);
	free(text);
}

static unsigned count_in_file(const char *file, const char *what)
{
	char *text = slurp(file), *at = text;
	unsigned n = 0;

	for (; (at = strstr(at, what)); at++)
		n++;
	free(text);
	return n;
}

/* ---- order and completeness ---------------------------------------------------------------- */

static void lines_arrive_in_order(void **state UNUSED)
{
	struct writer *w = create(path[0], 1 << 20, ON_FULL_DENY, 1);
	struct stat st;

	put(w, 0, "one\n");
	put(w, 0, "two\n");
	EVENTUALLY(counts(w).lines == 2);
	put(w, 0, "three\n");
	assert_int_equal(writer_free(w, 5000), 0);
	assert_content(path[0], "one\ntwo\nthree\n");
	assert_int_equal(stat(path[0], &st), 0);
	assert_int_equal(st.st_mode & 07777 & ~0640u, 0);
	w = create(path[0], 1 << 20, ON_FULL_DENY, 1);
	put(w, 0, "four\n");
	writer_free(w, 5000);
	assert_content(path[0], "one\ntwo\nthree\nfour\n");
	writer_free(NULL, 0);
}

struct producer {
	struct writer *w;
	unsigned worker;
	pthread_t thread;
};

/* Lines of 20 to 800 octets: "WORKER NUMBER xxxx...\n" */
static void *produce(void *arg)
{
	struct producer *p = arg;
	char line[900];

	for (unsigned i = 0; i < LINES; i++) {
		int n = snprintf(line, sizeof(line), "%u %u ", p->worker, i);
		unsigned fill = (i * 37 + p->worker * 11) % 800;

		memset(line + n, 'x', fill);
		line[(unsigned)n + fill] = '\n';
		writer_put(p->w, p->worker, (struct sv){ line, (unsigned)n + fill + 1 });
		if (i % 1000 == 999)
			nap();          /* or the thread would never sleep */
	}
	return NULL;
}

static void start_producers(struct producer *p, struct writer *w)
{
	for (unsigned i = 0; i < PRODUCERS; i++) {
		p[i] = (struct producer){ .w = w, .worker = i };
		assert_int_equal(pthread_create(&p[i].thread, NULL, produce, &p[i]), 0);
	}
}

static void join_producers(struct producer *p)
{
	for (unsigned i = 0; i < PRODUCERS; i++)
		pthread_join(p[i].thread, NULL);
}

/* Each worker's numbers go on where they were, and every line is whole. */
static void check_file(const char *file, unsigned next[PRODUCERS])
{
	char line[1000], *end;
	FILE *f = fopen(file, "r");

	if (!f && errno == ENOENT)
		return;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		unsigned worker = (unsigned)strtoul(line, &end, 10), i = (unsigned)strtoul(end, &end, 10);
		unsigned fill = (i * 37 + worker * 11) % 800;

		assert_true(worker < PRODUCERS);
		assert_int_equal(i, next[worker]++);
		assert_int_equal(strspn(end + 1, "x"), fill);
		assert_string_equal(end + 1 + fill, "\n");
	}
	fclose(f);
}

static void nothing_is_lost_between_workers(void **state UNUSED)
{
	struct writer *w = create(path[0], 1 << 20, ON_FULL_DENY, PRODUCERS);
	struct producer p[PRODUCERS];
	unsigned next[PRODUCERS] = { 0 };
	struct writer_counts c;
	struct stat st;

	start_producers(p, w);
	join_producers(p);
	EVENTUALLY(counts(w).lines == PRODUCERS * LINES && counts(w).backlog_octets == 0);
	c = counts(w);
	assert_int_equal(stat(path[0], &st), 0);
	assert_int_equal(c.octets, st.st_size);
	assert_int_equal(c.backlog_octets, 0);
	assert_int_equal(c.lost, 0);
	assert_int_equal(c.errors, 0);
	assert_int_equal(writer_free(w, 5000), 0);
	check_file(path[0], next);
	for (unsigned i = 0; i < PRODUCERS; i++)
		assert_int_equal(next[i], LINES);
}

/* Rotated twice while lines come in; what is read in order of the files is whole and complete. */
static void reopening_loses_and_splits_nothing(void **state UNUSED)
{
	struct writer *w = create(path[0], 1 << 20, ON_FULL_DENY, PRODUCERS);
	struct producer p[PRODUCERS];
	unsigned next[PRODUCERS] = { 0 };

	start_producers(p, w);
	EVENTUALLY(counts(w).lines > 1000);
	assert_int_equal(rename(path[0], path[2]), 0);
	writer_reopen(w);
	EVENTUALLY(access(path[0], F_OK) == 0);
	EVENTUALLY(counts(w).lines > 20000);
	writer_reopen(w);               /* the same file again: nothing happens */
	assert_int_equal(rename(path[0], path[1]), 0);
	writer_reopen(w);
	join_producers(p);
	assert_int_equal(writer_free(w, 10000), 0);
	check_file(path[2], next);
	check_file(path[1], next);
	check_file(path[0], next);
	for (unsigned i = 0; i < PRODUCERS; i++)
		assert_int_equal(next[i], LINES);
}

static void a_line_larger_than_a_chunk(void **state UNUSED)
{
	struct writer *w = create(path[0], 1 << 20, ON_FULL_DENY, 1);
	size_t n = 200000;
	char *big = xmalloc(n + 1), *text;

	memset(big, 'b', n);
	big[n - 1] = '\n';
	put(w, 0, "before\n");
	writer_put(w, 0, (struct sv){ big, n });
	put(w, 0, "after\n");
	assert_int_equal(writer_free(w, 5000), 0);
	text = slurp(path[0]);
	assert_int_equal(strlen(text), n + 13);
	assert_memory_equal(text + 7, big, n);
	free(text);
	free(big);
}

static void a_torn_end_is_mended(void **state UNUSED)
{
	FILE *f = fopen(path[0], "w");
	struct writer *w;

	fputs("whole\nhal", f);
	fclose(f);
	w = create(path[0], 1 << 20, ON_FULL_DENY, 1);
	put(w, 0, "new\n");
	assert_int_equal(writer_free(w, 5000), 0);
	assert_content(path[0], "whole\nhal\nnew\n");
}

/* ---- when it cannot be written ------------------------------------------------------------- */

static void a_full_disk_denies_and_keeps_every_line(void **state UNUSED)
{
	struct writer *w = create("/dev/full", 100, ON_FULL_DENY, 2);
	char want[1024] = "", line[32];

	assert_true(writer_admits(w, 0));
	for (int i = 0; i < 9; i++) {
		snprintf(line, sizeof(line), "line number %02d, 20 b\n", i);
		put(w, 0, line);
		strcat(want, line);
	}
	EVENTUALLY(counts(w).errors >= 2);              /* it is tried again */
	assert_int_equal(counts(w).backlog_octets, strlen(want));
	assert_false(writer_admits(w, 0));              /* the limit is the process', not the worker's */
	assert_false(writer_admits(w, 1));
	put(w, 0, "admitted before\n");
	strcat(want, "admitted before\n");
	assert_int_equal(counts(w).lost, 0);
	configure(w, path[0], 100, ON_FULL_DENY);       /* the operator finds room */
	EVENTUALLY(counts(w).lines == 10);
	assert_true(writer_admits(w, 0));
	assert_int_equal(counts(w).backlog_octets, 0);
	assert_int_equal(writer_free(w, 5000), 0);
	assert_content(path[0], want);
	assert_int_equal(count_in_file(path[3], "No space left on device"), 1);
	assert_int_equal(count_in_file(path[3], "is written again"), 1);
	assert_int_equal(count_in_file(path[3], "\n"), 2);
}

/* The sum over the "lost" records of a file; *since_ms: the earliest time in them. */
static uint64_t lost_in_file(const char *file, int64_t *since_ms)
{
	char *text = slurp(file), *at = text;
	uint64_t lost = 0;

	*since_ms = INT64_MAX;
	while ((at = strstr(at, "{\"schema\":1,\"type\":\"lost\",\"time\":\""))) {
		char *since = strstr(at, "\"since\":\"") + 9;
		int64_t ms;

		assert_true(time_parse((struct sv){ since, 24 }, &ms));
		*since_ms = ms < *since_ms ? ms : *since_ms;
		at = strstr(at, "\"lost\":");
		lost += strtoull(at + 7, NULL, 10);
	}
	free(text);
	return lost;
}

static void a_full_disk_drops_and_counts(void **state UNUSED)
{
	struct writer *w = create("/dev/full", 100, ON_FULL_DROP, 2);
	int64_t before = clock_wall_ms(), since;

	for (int i = 0; i < 30; i++)
		put(w, (unsigned)i % 2, "0123456789\n");        /* ten reach the limit */
	assert_true(writer_admits(w, 0));
	assert_int_equal(counts(w).lost, 20);
	assert_int_equal(counts(w).backlog_octets, 110);
	writer_lost(w, 1);
	assert_int_equal(counts(w).lost, 21);
	configure(w, path[0], 100, ON_FULL_DROP);
	EVENTUALLY(counts(w).backlog_octets == 0);
	put(w, 0, "after\n");
	assert_int_equal(writer_free(w, 5000), 0);
	assert_int_equal(count_in_file(path[0], "0123456789\n"), 10);
	assert_int_equal(count_in_file(path[0], "after\n"), 1);
	assert_int_equal(lost_in_file(path[0], &since), 21);
	assert_true(since >= before && since <= clock_wall_ms());
}

/* Nothing but a loss happens: it is reported all the same, and not more often than once a second. */
static void losses_alone_are_reported(void **state UNUSED)
{
	struct writer *w = create(path[0], 1 << 20, ON_FULL_DENY, 1);
	int64_t since;

	writer_lost(w, 0);
	EVENTUALLY(counts(w).lines == 1);
	for (int i = 0; i < 5; i++) {
		writer_lost(w, 0);
		nap();
	}
	assert_int_equal(counts(w).lost, 6);
	EVENTUALLY(lost_in_file(path[0], &since) == 6);
	assert_in_range(counts(w).lines, 2, 3);
	writer_lost(w, 0);
	assert_int_equal(writer_free(w, 5000), 0);
	assert_int_equal(lost_in_file(path[0], &since), 7);     /* the last one did not wait for its second */
}

/* A disk that fills up inside a line: the rest follows when there is room. */
static void a_partial_write_is_continued(void **state UNUSED)
{
	struct rlimit before, small;
	struct writer *w;

	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 15;
	setrlimit(RLIMIT_FSIZE, &small);
	w = create(path[0], 1 << 20, ON_FULL_DENY, 1);
	put(w, 0, "0123456789\n");
	put(w, 0, "abcdefghij\n");
	EVENTUALLY(counts(w).errors >= 1);
	setrlimit(RLIMIT_FSIZE, &before);
	EVENTUALLY(counts(w).lines == 2);
	assert_int_equal(writer_free(w, 5000), 0);
	assert_content(path[0], "0123456789\nabcdefghij\n");
}

/* Rotated in that moment: the line is in the new file, whole. */
static void a_torn_line_begins_anew_in_the_new_file(void **state UNUSED)
{
	struct rlimit before, small;
	struct writer *w;

	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 15;
	setrlimit(RLIMIT_FSIZE, &small);
	w = create(path[0], 1 << 20, ON_FULL_DENY, 1);
	put(w, 0, "0123456789\n");
	put(w, 0, "abcdefghij\n");
	EVENTUALLY(counts(w).errors >= 1);
	assert_int_equal(counts(w).backlog_octets, 7);
	assert_int_equal(rename(path[0], path[1]), 0);
	writer_reopen(w);
	EVENTUALLY(counts(w).lines == 2);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(counts(w).backlog_octets, 0);
	assert_int_equal(writer_free(w, 5000), 0);
	assert_content(path[1], "0123456789\nabcd");
	assert_content(path[0], "abcdefghij\n");
}

/* The same, but the path still leads to the same file. */
static void a_torn_line_in_the_same_file_is_closed_and_repeated(void **state UNUSED)
{
	struct rlimit before, small;
	struct writer *w;

	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 15;
	setrlimit(RLIMIT_FSIZE, &small);
	w = create(path[0], 1 << 20, ON_FULL_DENY, 1);
	put(w, 0, "0123456789\n");
	put(w, 0, "abcdefghij\n");
	EVENTUALLY(counts(w).errors >= 1);
	writer_reopen(w);
	EVENTUALLY(counts(w).errors >= 2);
	setrlimit(RLIMIT_FSIZE, &before);
	EVENTUALLY(counts(w).lines == 2);
	assert_int_equal(writer_free(w, 5000), 0);
	assert_content(path[0], "0123456789\nabcd\nabcdefghij\n");
}

static void what_cannot_be_written_at_the_end_is_counted(void **state UNUSED)
{
	struct writer *w = create("/dev/full", 1 << 20, ON_FULL_DENY, 2);
	uint64_t began = clock_mono_us(), took;

	for (int i = 0; i < 500; i++)
		put(w, (unsigned)i % 2, "a line of a few hundred octets, or nearly so, to fill a chunk\n");
	assert_int_equal(writer_free(w, 300), 500);
	took = clock_mono_us() - began;
	assert_true(took >= 250000 && took < 5000000);
	w = create("/dev/full", 1 << 20, ON_FULL_DENY, 1);
	put(w, 0, "one\n");
	assert_int_equal(writer_free(w, 0), 1);
}

/* ---- pipes --------------------------------------------------------------------------------- */

/* A writer on a pipe that was our stdout for a moment; the pipe's reading end. */
static struct writer *create_on_pipe(int *reader)
{
	int ends[2], saved = dup(STDOUT_FILENO);
	struct writer *w;

	fflush(stdout);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	dup2(ends[1], STDOUT_FILENO);
	w = create("-", 1 << 16, ON_FULL_DENY, 1);
	assert_int_equal(fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK, 0);       /* the shell's is as it was */
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(ends[1]);
	*reader = ends[0];
	return w;
}

static void a_pipe_that_is_not_read_blocks_no_worker(void **state UNUSED)
{
	enum { MANY = 20000 };          /* 1.2 MB: more than any pipe holds */
	uint64_t began, n = 0;
	char line[64], text[4096];
	int reader;
	struct writer *w = create_on_pipe(&reader);
	ssize_t got;

	began = clock_mono_us();
	for (int i = 0; i < MANY; i++) {
		int len = snprintf(line, sizeof(line), "%059d\n", i);

		writer_put(w, 0, (struct sv){ line, (size_t)len });
	}
	assert_true(clock_mono_us() - began < 2000000);
	assert_false(writer_admits(w, 0));
	while (n < MANY * 60u) {
		got = read(reader, text, sizeof(text));
		assert_true(got > 0);
		for (ssize_t i = 0; i < got; i++, n++)
			if (n % 60 == 59)
				assert_int_equal(text[i], '\n');
	}
	EVENTUALLY(counts(w).lines == MANY);
	assert_int_equal(counts(w).errors, 0);
	assert_int_equal(writer_free(w, 5000), 0);
	close(reader);
}

static void an_unread_pipe_does_not_hold_up_the_end(void **state UNUSED)
{
	int reader;
	struct writer *w = create_on_pipe(&reader);
	uint64_t began;
	char line[1001];

	memset(line, 'y', 1000);
	line[999] = '\n';
	line[1000] = '\0';
	for (int i = 0; i < 300; i++)
		put(w, 0, line);
	EVENTUALLY(counts(w).lines > 0);
	began = clock_mono_us();
	assert_true(writer_free(w, 200) >= 300 - 66);
	assert_true(clock_mono_us() - began < 5000000);
	close(reader);
}

static void a_closed_pipe_is_an_error_and_no_signal(void **state UNUSED)
{
	int reader;
	struct writer *w = create_on_pipe(&reader);

	close(reader);
	put(w, 0, "nobody there\n");
	EVENTUALLY(counts(w).errors >= 1);
	assert_int_equal(count_in_file(path[3], "Broken pipe"), 1);
	assert_int_equal(writer_free(w, 0), 1);
}

static void a_fifo_gets_whole_lines_from_its_next_reader_on(void **state UNUSED)
{
	struct writer_config cfg = { path[0], 1 << 16, ON_FULL_DENY };
	struct writer *w = NULL;
	char text[64] = "";
	int reader;

	assert_int_equal(mkfifo(path[0], 0600), 0);
	assert_int_equal(writer_create(&w, &cfg, 1), -ENXIO);
	reader = open(path[0], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	w = create(path[0], 1 << 16, ON_FULL_DENY, 1);
	put(w, 0, "one\n");
	EVENTUALLY(read(reader, text, sizeof(text)) == 4);
	close(reader);
	put(w, 0, "two\n");
	EVENTUALLY(counts(w).errors >= 1);
	reader = open(path[0], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	EVENTUALLY(read(reader, text, sizeof(text)) == 4);
	assert_memory_equal(text, "two\n", 4);
	assert_int_equal(writer_free(w, 1000), 0);
	close(reader);
}

/* ---- configuration ------------------------------------------------------------------------- */

static void off_writes_nothing_and_admits_all(void **state UNUSED)
{
	struct writer *w = create("off", 0, ON_FULL_DENY, 1);

	assert_true(writer_admits(w, 0));
	put(w, 0, "unseen\n");
	writer_lost(w, 0);
	writer_reopen(w);
	EVENTUALLY(counts(w).lost == 1);
	for (int i = 0; i < 50; i++)
		nap();
	assert_int_equal(counts(w).lines, 0);
	configure(w, path[0], 100, ON_FULL_DENY);
	put(w, 0, "seen\n");
	EVENTUALLY(counts(w).lines == 1);
	put(w, 0, "seen too\n");
	configure(w, "off", 100, ON_FULL_DENY);         /* what was put before is still written */
	put(w, 0, "unseen\n");
	EVENTUALLY(counts(w).lines == 2);
	configure(w, path[1], 100, ON_FULL_DENY);
	put(w, 0, "elsewhere\n");
	assert_int_equal(writer_free(w, 5000), 0);
	assert_content(path[0], "seen\nseen too\n");
	assert_content(path[1], "elsewhere\n");
}

static void a_bad_path_changes_nothing(void **state UNUSED)
{
	struct writer_config bad = { "/nonexistent/x", 1, ON_FULL_DROP };
	struct writer *w = NULL;

	assert_int_equal(writer_create(&w, &bad, 1), -ENOENT);
	w = create(path[0], 100, ON_FULL_DENY, 1);
	assert_int_equal(writer_configure(w, &bad), -ENOENT);
	put(w, 0, "still here\n");
	assert_true(writer_admits(w, 0));
	assert_int_equal(writer_free(w, 5000), 0);
	assert_content(path[0], "still here\n");
}

static void a_failed_reopen_keeps_the_old_file(void **state UNUSED)
{
	struct writer *w = create(path[0], 1 << 16, ON_FULL_DENY, 1);

	assert_int_equal(rename(path[0], path[1]), 0);
	assert_int_equal(mkdir(path[0], 0700), 0);      /* cannot be opened for writing, not even by root */
	writer_reopen(w);
	EVENTUALLY(count_in_file(path[3], "the old file stays in use") == 1);
	put(w, 0, "old file\n");
	assert_int_equal(writer_free(w, 5000), 0);
	assert_content(path[1], "old file\n");
	assert_int_equal(rmdir(path[0]), 0);
}

/* Voluntary context switches of the writing thread so far. */
static long switches_of_writer(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *e;
	long found = -1;

	while (tasks && (e = readdir(tasks))) {
		char file[300], text[4096] = "", *at;
		FILE *f;

		snprintf(file, sizeof(file), "/proc/self/task/%s/status", e->d_name);
		f = fopen(file, "r");
		if (!f)
			continue;
		if (fread(text, 1, sizeof(text) - 1, f) && strstr(text, "Name:\tsekisho-log\n") &&
		    (at = strstr(text, "\nvoluntary_ctxt_switches:")))
			found = strtol(strchr(at, '\t'), NULL, 10);
		fclose(f);
	}
	closedir(tasks);
	return found;
}

static void an_idle_writer_sleeps(void **state UNUSED)
{
	struct writer *w = create(path[0], 1 << 16, ON_FULL_DENY, 4);
	long before;

	put(w, 0, "x\n");
	EVENTUALLY(counts(w).lines == 1);
	for (int i = 0; i < 50; i++)
		nap();
	before = switches_of_writer();
	assert_true(before >= 0);
	for (int i = 0; i < 500; i++)
		nap();
	assert_int_equal(switches_of_writer(), before);
	writer_free(w, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(lines_arrive_in_order),
		TEST(nothing_is_lost_between_workers),
		TEST(reopening_loses_and_splits_nothing),
		TEST(a_line_larger_than_a_chunk),
		TEST(a_torn_end_is_mended),
		TEST(a_full_disk_denies_and_keeps_every_line),
		TEST(a_full_disk_drops_and_counts),
		TEST(losses_alone_are_reported),
		TEST(a_partial_write_is_continued),
		TEST(a_torn_line_begins_anew_in_the_new_file),
		TEST(a_torn_line_in_the_same_file_is_closed_and_repeated),
		TEST(what_cannot_be_written_at_the_end_is_counted),
		TEST(a_pipe_that_is_not_read_blocks_no_worker),
		TEST(an_unread_pipe_does_not_hold_up_the_end),
		TEST(a_closed_pipe_is_an_error_and_no_signal),
		TEST(a_fifo_gets_whole_lines_from_its_next_reader_on),
		TEST(off_writes_nothing_and_admits_all),
		TEST(a_bad_path_changes_nothing),
		TEST(a_failed_reopen_keeps_the_old_file),
		TEST(an_idle_writer_sleeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
