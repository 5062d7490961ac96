#include "proxy/watch.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/report.h"

#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	NOISE_FACTOR = 10,      /* a folder that is never quiet is looked at after that many quiet times */
	LINKS_MAX = 8,          /* one behind the other; each is followed with what is left of this */
	MASK = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
	       IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF,
};

struct watch {
	struct event_base *base;
	struct event *readable, *quiet;
	void (*changed)(void *arg);
	void *arg;
	int fd;                         /* the inotify instance; a new one for every set */
	char **paths;                   /* the sources, absolute */
	char **patterns;                /* of a folder: which names count; NULL for a file */
	size_t n;
	uint64_t quiet_ms, fingerprint, noisy_since_us;
};

/* ---- the fingerprint: what the sources look like on disk ------------------------------------ */

static uint64_t mix(uint64_t h, uint64_t value)
{
	const uint64_t both[2] = { h, value };

	return hash_bytes(both, sizeof(both));
}

static uint64_t file_print(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return (uint64_t)errno;
	return mix(mix(mix(mix((uint64_t)st.st_ino, (uint64_t)st.st_dev), (uint64_t)st.st_size),
		       (uint64_t)st.st_mtim.tv_sec), (uint64_t)st.st_mtim.tv_nsec);
}

/* Which names a folder has that an include would take, in any order. */
static uint64_t folder_print(const char *path, const char *pattern)
{
	DIR *dir = opendir(path);
	uint64_t sum = 0;

	if (!dir)
		return (uint64_t)errno;
	for (struct dirent *e; (e = readdir(dir));)
		if (fnmatch(pattern, e->d_name, FNM_PERIOD) == 0)
			sum += hash_bytes(e->d_name, strlen(e->d_name));
	closedir(dir);
	return sum;
}

static uint64_t fingerprint(const struct watch *w)
{
	uint64_t h = w->n;

	for (size_t i = 0; i < w->n; i++)
		h = mix(h, w->patterns[i] ? folder_print(w->paths[i], w->patterns[i]) : file_print(w->paths[i]));
	return h;
}

/* ---- events -------------------------------------------------------------------------------- */

static void wait_for_quiet(struct watch *w)
{
	uint64_t now = clock_mono_us();

	if (w->noisy_since_us == 0)
		w->noisy_since_us = now;
	if (now - w->noisy_since_us > w->quiet_ms * 1000 * NOISE_FACTOR)
		return;                         /* the timer that runs already is the last one */
	event_add(w->quiet, &(struct timeval){ .tv_sec = (time_t)(w->quiet_ms / 1000),
					       .tv_usec = (suseconds_t)(w->quiet_ms % 1000 * 1000) });
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;
	char buffer[16 * 1024] __attribute__((aligned(8)));
	bool any = false;

	(void)what;
	while (read(fd, buffer, sizeof(buffer)) > 0)
		any = true;
	if (any)
		wait_for_quiet(w);
}

static void on_quiet(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;
	uint64_t now = fingerprint(w);

	(void)fd;
	(void)what;
	w->noisy_since_us = 0;
	if (now == w->fingerprint)
		return;
	w->fingerprint = now;
	w->changed(w->arg);
}

/* ---- what is watched ----------------------------------------------------------------------- */

static void watch_folder(struct watch *w, const char *path)
{
	if (inotify_add_watch(w->fd, path, MASK | IN_ONLYDIR) < 0 && errno != ENOENT)
		report_warning("%s: changes here will not be noticed: %s", path, strerrordesc_np(errno));
}

/* The folder that holds `path`. */
static void watch_parent(struct watch *w, const char *path)
{
	char copy[PATH_MAX];
	size_t n = strlen(path);
	char *slash;

	if (n >= sizeof(copy))
		return;
	memcpy(copy, path, n + 1);
	slash = strrchr(copy, '/');
	if (!slash)
		return;
	slash[slash == copy] = '\0';
	watch_folder(w, copy);
}

static void watch_links(struct watch *w, const char *path, unsigned depth);

/* The link at `link`, the first part of a path that ends in `rest`: its folder, and wherever it leads. */
static void watch_link(struct watch *w, const char *link, const char *rest, unsigned depth)
{
	char target[PATH_MAX], onward[PATH_MAX];
	ssize_t n = readlink(link, target, sizeof(target) - 1);
	const char *slash = strrchr(link, '/');
	int made;

	watch_parent(w, link);
	if (n <= 0 || !slash || depth == 0)
		return;
	target[n] = '\0';
	made = snprintf(onward, sizeof(onward), "%.*s%s%s", target[0] == '/' ? 0 : (int)(slash - link) + 1, link, target,
			rest);
	if (made > 0 && (size_t)made < sizeof(onward))
		watch_links(w, onward, depth - 1);
}

/* Every folder in which a symlink on the way to `path` stands, links behind links too: Let's Encrypt's live/
 * may itself be reached through one. */
static void watch_links(struct watch *w, const char *path, unsigned depth)
{
	char copy[PATH_MAX];
	size_t n = strlen(path);
	struct stat st;

	if (n >= sizeof(copy))
		return;
	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(copy, path, i);
		copy[i] = '\0';
		if (lstat(copy, &st) == 0 && S_ISLNK(st.st_mode))
			watch_link(w, copy, path + i, depth);
	}
}

static void watch_source(struct watch *w, const char *path, bool folder)
{
	char real[PATH_MAX];

	watch_links(w, path, LINKS_MAX);
	if (folder)
		watch_folder(w, path);
	else
		watch_parent(w, path);
	if (realpath(path, real) && strcmp(real, path) != 0)
		watch_parent(w, real);
}

static void forget(struct watch *w)
{
	if (w->readable)
		event_free(w->readable);
	if (w->fd >= 0)
		close(w->fd);
	for (size_t i = 0; i < w->n; i++) {
		free(w->paths[i]);
		free(w->patterns[i]);
	}
	free(w->paths);
	free(w->patterns);
	w->readable = NULL;
	w->fd = -1;
	w->paths = NULL;
	w->patterns = NULL;
	w->n = 0;
}

void watch_set(struct watch *w, const struct conf *conf, uint64_t quiet_ms)
{
	const struct conf_source *sources;

	forget(w);
	w->quiet_ms = quiet_ms;
	if (quiet_ms == 0)
		return;
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd < 0) {
		report_warning("changed files will not be noticed, send SIGHUP: %s", strerrordesc_np(errno));
		return;
	}
	w->n = conf_sources(conf, &sources);
	w->paths = xcalloc(w->n, sizeof(*w->paths));
	w->patterns = xcalloc(w->n, sizeof(*w->patterns));
	for (size_t i = 0; i < w->n; i++) {
		w->paths[i] = xstrdup(sources[i].path);
		w->patterns[i] = sources[i].pattern ? xstrdup(sources[i].pattern) : NULL;
		watch_source(w, w->paths[i], w->patterns[i] != NULL);
	}
	w->fingerprint = fingerprint(w);
	w->readable = event_new(w->base, w->fd, EV_READ | EV_PERSIST, on_readable, w);
	event_add(w->readable, NULL);
}

int watch_create(struct watch **out, struct event_base *base, void (*changed)(void *arg), void *arg)
{
	struct watch *w = xcalloc(1, sizeof(*w));

	w->base = base;
	w->changed = changed;
	w->arg = arg;
	w->fd = -1;
	w->quiet = evtimer_new(base, on_quiet, w);
	*out = w;
	return 0;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	forget(w);
	event_free(w->quiet);
	free(w);
}
