#include "proxy/listener.h"

#include "base/arena.h"
#include "proxy/side.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

static int set_option(int fd, int level, int option)
{
	int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on)) == 0 ? 0 : -errno;
}

static int bind_one(const struct endpoint *at, bool exclusive)
{
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(at, &sa);
	int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	err = set_option(fd, SOL_SOCKET, SO_REUSEADDR);
	if (!err && sa.ss_family == AF_INET6)
		err = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	if (!err && !exclusive)
		err = set_option(fd, SOL_SOCKET, SO_REUSEPORT);
	if (!err && bind(fd, (struct sockaddr *)&sa, len) != 0)
		err = -errno;
	if (!err && exclusive)
		err = set_option(fd, SOL_SOCKET, SO_REUSEPORT);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

static void close_all(struct listener *l)
{
	for (unsigned i = 0; i < l->n; i++)
		close(l->fds[i]);
	free(l);
}

int listener_open(struct listener **out, const struct endpoint *at, unsigned workers, bool shared,
		  unsigned keepalive_s)
{
	struct listener *l = xcalloc(1, sizeof(*l) + workers * sizeof(l->fds[0]));
	int err = 0;

	l->at = *at;
	atomic_init(&l->refs, workers + 1);
	while (l->n < workers && !err) {
		int fd = bind_one(at, l->n == 0 && !shared);

		if (fd < 0)
			err = fd;
		else {
			side_set_nodelay(fd);           /* what it accepts inherits both */
			side_set_keepalive(fd, keepalive_s);
			l->fds[l->n++] = fd;
		}
	}
	for (unsigned i = 0; i < l->n && !err; i++)
		if (listen(l->fds[i], BACKLOG) != 0)
			err = -errno;
	if (err) {
		close_all(l);
		return err;
	}
	*out = l;
	return 0;
}

void listener_release(struct listener *l, unsigned index)
{
	close(l->fds[index]);
	listener_unref(l);
}

void listener_unref(struct listener *l)
{
	if (atomic_fetch_sub_explicit(&l->refs, 1, memory_order_acq_rel) == 1)
		free(l);
}
