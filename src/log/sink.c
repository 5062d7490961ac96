/*
 * Opening a log's place so that writing to it never waits.  A full pipe or a terminal that is held must not hold the
 * writing thread either: it has commands to obey and a deadline at the end.
 */
#include "log/sink.h"

#include "base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

void sink_complain(const struct sink *s, const char *what, int error)
{
	dprintf(STDERR_FILENO, "sekisho: access log %s: %s%s%s\n", s->path, what, error ? ": " : "",
		error ? strerror(error) : "");
}

void sink_free(struct sink *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	free(s->path);
	free(s);
}

static bool is_stdout(const char *path)
{
	return strcmp(path, "-") == 0;
}

static bool is_off(const char *path)
{
	return strcmp(path, "off") == 0;
}

/*
 * A descriptor of our own for stdout. A pipe or terminal is opened once more, so that O_NONBLOCK is ours alone and
 * not the shell's too; a file is not, since its offset must be shared. Where that is not possible, *kind says
 * that writing may block.
 */
static int open_stdout(enum sink_kind *kind)
{
	struct stat st;
	int fd;

	if (fstat(STDOUT_FILENO, &st) < 0)
		return -errno;
	*kind = S_ISREG(st.st_mode) ? SINK_FILE : S_ISSOCK(st.st_mode) ? SINK_SOCKET : SINK_BLOCKING;
	if (*kind == SINK_BLOCKING) {
		fd = open("/proc/self/fd/1", O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
		if (fd >= 0) {
			*kind = SINK_FILE;
			return fd;
		}
	}
	fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

/* O_NONBLOCK: a FIFO without a reader is an error and not a wait. It means nothing to files. */
static int open_path(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0640);

	return fd < 0 ? -errno : fd;
}

/* A crash or a full disk may have left half a line: the next one must not be glued to it. */
static bool ends_torn(const char *path, const struct stat *st)
{
	char last = '\n';
	int fd;

	if (!S_ISREG(st->st_mode) || st->st_size == 0 || is_stdout(path))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (pread(fd, &last, 1, st->st_size - 1) != 1)
		last = '\n';
	close(fd);
	return last != '\n';
}

int sink_open(struct sink **out, const char *path)
{
	struct sink *s = xcalloc(1, sizeof(*s));
	struct stat st;

	s->path = xstrdup(path);
	s->fd = -1;
	if (is_off(path)) {
		s->kind = SINK_OFF;
		*out = s;
		return 0;
	}
	s->fd = is_stdout(path) ? open_stdout(&s->kind) : open_path(path);
	if (s->fd < 0 || fstat(s->fd, &st) < 0) {
		int error = s->fd < 0 ? s->fd : -errno;

		sink_free(s);
		return error;
	}
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	s->torn = ends_torn(path, &st);
	*out = s;
	return 0;
}

/* A shared pipe that could not be opened anew: with POLLOUT, PIPE_BUF octets go in at once. */
static ssize_t write_unblocked(int fd, const struct iovec *iov)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int ready = poll(&p, 1, 0);

	if (ready <= 0) {
		errno = ready == 0 ? EAGAIN : errno;
		return -1;
	}
	return write(fd, iov->iov_base, iov->iov_len < PIPE_BUF ? iov->iov_len : PIPE_BUF);
}

ssize_t sink_write(const struct sink *s, struct iovec *iov, int n)
{
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = (size_t)n };
	ssize_t done;

	if (s->kind == SINK_SOCKET)
		done = sendmsg(s->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (s->kind == SINK_BLOCKING)
		done = write_unblocked(s->fd, iov);
	else
		done = writev(s->fd, iov, n);
	return done < 0 ? -errno : done == 0 ? -EIO : done;
}

ssize_t sink_mend(struct sink *s)
{
	char newline = '\n';
	ssize_t done = sink_write(s, &(struct iovec){ &newline, 1 }, 1);

	s->torn = done < 0;
	return done;
}

bool sink_is_same(const struct sink *a, const struct sink *b)
{
	return a->fd >= 0 && b->fd >= 0 && a->dev == b->dev && a->ino == b->ino;
}

bool sink_can_reopen(const struct sink *s)
{
	return s->kind != SINK_OFF && !is_stdout(s->path);
}
