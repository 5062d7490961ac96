/*
 * sink -- the place that log lines go to: a file, a pipe, a socket, a terminal, or nowhere.
 * Knows how to open it, so that a write never waits, and how to find a line that was left without its end.
 */
#ifndef SEKISHO_LOG_SINK_H
#define SEKISHO_LOG_SINK_H

#include "base/sv.h"

#include <sys/types.h>
#include <sys/uio.h>

enum sink_kind { SINK_FILE, SINK_SOCKET, SINK_BLOCKING, SINK_OFF };

struct sink {
	char *path;                     /* "-": stdout, "off": nowhere */
	int fd;                         /* -1: SINK_OFF */
	enum sink_kind kind;
	bool torn;                      /* its last line has no end: sink_mend() goes first */
	dev_t dev;
	ino_t ino;
};

/* 0 or a negative errno. A file is appended to, and made with mode 0640. */
int sink_open(struct sink **out, const char *path);
void sink_free(struct sink *s);                                 /* NULL is fine */
bool sink_is_same(const struct sink *a, const struct sink *b);  /* one file under both */
bool sink_can_reopen(const struct sink *s);                     /* has a name of its own */

/* The number of octets written, or a negative errno; -EAGAIN: poll for POLLOUT. */
ssize_t sink_write(const struct sink *s, struct iovec *iov, int n);
ssize_t sink_mend(struct sink *s);

/* Says on stderr what is wrong with it: the only place left. `error` may be 0. */
void sink_complain(const struct sink *s, const char *what, int error);

#endif
