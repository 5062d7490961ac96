/*
 * source -- files and paths.  Symbolic links in a path are kept as they are: a watcher must see the
 * link being turned, not the file that it once led to.
 */
#include "config/source.h"

#include "config/lexer.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- reading ------------------------------------------------------------------------------ */

/* What a file may be, before it is opened: opening a pipe blocks. */
static int check_kind(const char *path, bool pipes)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (S_ISREG(st.st_mode) || (pipes && (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))))
		return 0;
	return -ENOTSUP;
}

/* To the end. `expected` is a guess: a pipe has no size, and a file may change under us. */
static int read_all(int fd, size_t expected, struct arena *a, struct sv *text)
{
	size_t cap = expected && expected <= FILE_SIZE_MAX ? expected : 16384, n = 0;
	char *p = arena_alloc(a, cap + 1), *more;       /* one octet to meet the end, then the NUL */

	for (;;) {
		ssize_t got = read(fd, p + n, cap + 1 - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (n + (size_t)got > FILE_SIZE_MAX)
			return -EFBIG;
		n += (size_t)got;
		if (got == 0)
			break;
		if (n <= cap)
			continue;
		more = arena_alloc(a, (cap *= 2) + 1);
		p = memcpy(more, p, n);
	}
	p[n] = '\0';
	*text = (struct sv){ p, n };
	return 0;
}

int source_read(const char *path, bool pipes, struct arena *a, struct sv *text, struct file_id *id)
{
	struct stat st;
	int err = check_kind(path, pipes), fd;

	if (err)
		return err;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = fstat(fd, &st) == 0 ? read_all(fd, (size_t)st.st_size, a, text) : -errno;
	if (err == 0)
		*id = (struct file_id){ st.st_dev, st.st_ino };
	close(fd);
	return err;
}

const char *source_error(int err)
{
	switch (err) {
	case -EISDIR: return "it is a folder";
	case -EFBIG: return "it is larger than 64 MiB";
	case -ENOTSUP: return "it is not a regular file";
	case -ENOENT: return "no such file";
	default: return strerror(-err);
	}
}

/* ---- paths -------------------------------------------------------------------------------- */

struct sv path_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	return (struct sv){ path, slash ? (size_t)(slash - path) + 1 : 0 };
}

const char *path_join(struct arena *a, struct sv folder, struct sv path)
{
	if (path.n && path.p[0] == '/')
		folder.n = 0;
	return arena_printf(a, "%.*s%.*s", SV_ARG(folder), SV_ARG(path)).p;
}

bool path_has_wildcards(struct sv path)
{
	for (size_t i = 0; i < path.n; i++)
		if (strchr("*?[", path.p[i]))
			return true;
	return false;
}

const char *path_join_glob(struct arena *a, struct sv folder, struct sv path)
{
	char *escaped = arena_alloc(a, folder.n * 2 + 1);
	size_t n = 0;

	for (size_t i = 0; i < folder.n; i++) {
		if (strchr("*?[\\", folder.p[i]))
			escaped[n++] = '\\';
		escaped[n++] = folder.p[i];
	}
	return path_join(a, (struct sv){ escaped, n }, path);
}

/* ---- what a reload watches ---------------------------------------------------------------- */

void source_list_init(struct source_list *l, struct arena *a)
{
	char *cwd = getcwd(NULL, 0);

	*l = (struct source_list){ 0 };
	l->cwd = arena_printf(a, "%s%s", cwd ? cwd : "", !cwd || strcmp(cwd, "/") != 0 ? "/" : "").p;
	free(cwd);
}

/* Leaves out "." parts and doubled slashes. ".." stays: behind a link it cannot be taken away. */
static void tidy(char *path)
{
	char *to = path;

	for (const char *from = path; *from;) {
		if (from[0] == '/' && from[1] == '/')
			from++;
		else if (from[0] == '/' && from[1] == '.' && (from[2] == '/' || from[2] == '\0'))
			from += 2;
		else
			*to++ = *from++;
	}
	if (to == path)
		*to++ = '/';
	*to = '\0';
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

void source_list_add(struct source_list *l, struct arena *a, const char *path, const char *pattern)
{
	char *full = arena_strdup(a, sv_of(path_join(a, sv_of(l->cwd), sv_of(path))));
	size_t n;

	tidy(full);
	n = strlen(full);
	if (pattern && n > 1 && full[n - 1] == '/')
		full[n - 1] = '\0';
	for (size_t i = 0; i < l->n; i++)
		if (same_text(l->items[i].pattern, pattern) && strcmp(l->items[i].path, full) == 0)
			return;
	if (l->n == l->cap) {
		struct conf_source *more = arena_array(a, l->cap * 2 + 16, sizeof(*more));

		if (l->n)
			memcpy(more, l->items, l->n * sizeof(*more));
		l->items = more;
		l->cap = l->cap * 2 + 16;
	}
	l->items[l->n++] = (struct conf_source){ full, pattern };
}

/* The folders that the first parts of a glob name, with the part that follows. One without wildcards need not
 * exist yet. */
static void add_folders(struct source_list *l, struct arena *a, struct sv parts, struct sv next)
{
	const char *pattern = parts.n ? arena_strdup(a, parts) : "./";
	int flags = GLOB_NOSORT | GLOB_ONLYDIR | (path_has_wildcards(parts) ? 0 : GLOB_NOCHECK);
	const char *names = arena_strdup(a, next);
	glob_t found;

	if (glob(pattern, flags, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			source_list_add(l, a, found.gl_pathv[i], names);
	globfree(&found);
}

void source_list_add_glob(struct source_list *l, struct arena *a, const char *glob_text)
{
	struct sv whole = sv_of(glob_text);
	size_t part = 0;

	for (size_t i = 0; i <= whole.n; i++) {
		if (i < whole.n && whole.p[i] != '/')
			continue;
		if (path_has_wildcards(sv_slice(whole, part, i - part)))
			add_folders(l, a, sv_slice(whole, 0, part), sv_slice(whole, part, i - part));
		part = i + 1;
	}
}
