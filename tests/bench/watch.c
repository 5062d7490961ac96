#include "watch.h"

#include "net.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PIDS_MAX = 256 };

static struct { int pid; clockid_t clock; } watched[PIDS_MAX];
static unsigned n_watched;

void watch_add(const char *pids)
{
	while (*pids) {
		char *end;
		long pid = strtol(pids, &end, 10);

		if (end == pids || n_watched == PIDS_MAX)
			die("\"%s\" is not a list of at most %d process ids", pids, PIDS_MAX);
		if (clock_getcpuclockid((int)pid, &watched[n_watched].clock) != 0)
			die("there is no process %ld", pid);
		watched[n_watched++].pid = (int)pid;
		pids = *end == ',' ? end + 1 : end;
	}
}

uint64_t watch_cpu_ns(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n_watched; i++) {
		struct timespec t;

		if (clock_gettime(watched[i].clock, &t) != 0)
			die("process %d has ended", watched[i].pid);
		sum += (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
	}
	return sum;
}

/* The sum of the numbers behind `key` at the begin of a line. */
static uint64_t sum_of(const char *path, const char *key)
{
	FILE *f = fopen(path, "re");
	size_t n = strlen(key);
	uint64_t sum = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, n) == 0)
			sum += strtoull(line + n, NULL, 10);
	if (f)
		fclose(f);
	return sum;
}

uint64_t watch_pss_kib(void)
{
	uint64_t sum = 0;
	char path[64];

	for (unsigned i = 0; i < n_watched; i++) {
		snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", watched[i].pid);
		sum += sum_of(path, "Pss:");
	}
	return sum;
}

static uint64_t switches_of(int pid)
{
	char path[300];
	struct dirent *task;
	uint64_t sum = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	d = opendir(path);
	while (d && (task = readdir(d))) {
		snprintf(path, sizeof(path), "/proc/%d/task/%.200s/status", pid, task->d_name);
		sum += sum_of(path, "voluntary_ctxt_switches:") + sum_of(path, "nonvoluntary_ctxt_switches:");
	}
	if (d)
		closedir(d);
	return sum;
}

uint64_t watch_switches(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n_watched; i++)
		sum += switches_of(watched[i].pid);
	return sum;
}
