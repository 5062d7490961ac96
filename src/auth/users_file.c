#include "auth/users_file.h"

#include "auth/users.h"
#include "base/arena.h"
#include "base/strbuf.h"
#include "config/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the text ------------------------------------------------------------------------------------ */

static void add_user(struct strbuf *b, struct sv name, const char *hash)
{
	strbuf_add(b, name);
	strbuf_addc(b, ':');
	strbuf_add(b, sv_of(hash));
	strbuf_addc(b, '\n');
}

/* The text with the change made; whether the user had a line. */
static bool change_text(struct strbuf *out, struct sv text, struct sv name, const char *hash)
{
	bool found = false;

	while (text.n) {
		struct sv line = sv_cut(&text, '\n');

		if (!sv_eq(users_line_name(line), name)) {
			strbuf_add(out, line);
			strbuf_addc(out, '\n');
			continue;
		}
		if (hash && !found)
			add_user(out, name, hash);
		found = true;
	}
	if (hash && !found)
		add_user(out, name, hash);
	return found;
}

/* ---- the file ------------------------------------------------------------------------------------ */

static bool is_same_file(int fd, const char *path)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_dev == there.st_dev &&
	       ours.st_ino == there.st_ino;
}

/* The file that stands at `path` once we have its lock: another one may have taken its place while we waited. */
static int open_locked(const char *path, int flags)
{
	for (;;) {
		int fd = open(path, flags, 0600);

		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX) != 0) {
			int err = -errno;

			close(fd);
			return err;
		}
		if (is_same_file(fd, path))
			return fd;
		close(fd);
	}
}

static int write_all(int fd, struct sv text)
{
	while (text.n) {
		ssize_t n = write(fd, text.p, text.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text = sv_slice(text, (size_t)n, text.n);
	}
	return 0;
}

/* Owner before mode: a change of owner may take bits away. */
static int fill(int fd, struct sv text, const struct stat *like)
{
	int err = write_all(fd, text);

	if (err)
		return err;
	if (fchown(fd, like->st_uid, like->st_gid) != 0 || fchmod(fd, like->st_mode & 0770u) != 0 || fsync(fd) != 0)
		return -errno;
	return 0;
}

static void sync_folder(struct arena *a, const char *path)
{
	int fd = open(path_join(a, path_folder(path), SV(".")), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static int replace(struct arena *a, const char *path, struct sv text, const struct stat *like)
{
	char *beside = arena_strdup(a, arena_printf(a, "%s.new-XXXXXX", path));
	int fd = mkostemp(beside, O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = fill(fd, text, like);
	if (close(fd) != 0 && !err)
		err = -errno;
	if (!err && rename(beside, path) != 0)
		err = -errno;
	if (err)
		unlink(beside);
	else
		sync_folder(a, path);
	return err;
}

static int change_locked(struct arena *a, int fd, const char *path, struct sv name, const char *hash)
{
	struct stat like;
	struct file_id id;
	struct strbuf out;
	struct sv text;
	size_t size;
	bool found;
	int err = fstat(fd, &like) == 0 ? source_read(path, false, a, &text, &id) : -errno;

	if (err)
		return err;
	size = text.n + name.n + (hash ? strlen(hash) : 0) + 4;
	strbuf_init(&out, arena_alloc(a, size), size);
	found = change_text(&out, text, name, hash);
	if (out.full)
		return -EOVERFLOW;
	if (found || hash)
		err = replace(a, path, strbuf_sv(&out), &like);
	return err ? err : found;
}

int users_file_change(const char *path, struct sv name, const char *hash)
{
	char *real = realpath(path, NULL);      /* behind a link: the file itself is replaced, not the link */
	struct arena *a = arena_create();
	const char *file = real ? real : path;
	int fd = open_locked(file, O_RDWR | O_CLOEXEC | (hash ? O_CREAT : 0)), done = fd;

	if (fd >= 0) {
		done = change_locked(a, fd, file, name, hash);
		close(fd);
	}
	arena_free(a);
	free(real);
	return done;
}
