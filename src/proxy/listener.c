#include "proxy/listener.h"

#include "base/arena.h"
#include "proxy/side.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

static int set_option(int fd, int level, int option)
{
	int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on)) == 0 ? 0 : -errno;
}

const char *listen_mode_name(enum listen_mode m)
{
	static const char *const names[] = {
		[LISTEN_EXPLICIT] = "explicit", [LISTEN_TRANSPARENT] = "transparent", [LISTEN_DNS] = "dns",
	};

	return names[m];
}

/* For datagrams SO_REUSEADDR would let anybody share the port, so only streams get it. */
static int set_before_bind(int fd, int type, sa_family_t family, bool exclusive, bool tproxy)
{
	int err = 0;

	if (tproxy)
		err = family == AF_INET6 ? set_option(fd, IPPROTO_IPV6, IPV6_TRANSPARENT)
					 : set_option(fd, IPPROTO_IP, IP_TRANSPARENT);
	if (!err && type == SOCK_STREAM)
		err = set_option(fd, SOL_SOCKET, SO_REUSEADDR);
	if (!err && family == AF_INET6)
		err = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	if (!err && !exclusive)
		err = set_option(fd, SOL_SOCKET, SO_REUSEPORT);
	return err;
}

/* The address that a datagram was sent to, so that its answer leaves from there; with TPROXY, the one that it was
 * on its way to. */
static int want_destination(int fd, sa_family_t family, bool tproxy)
{
	if (tproxy)
		return family == AF_INET6 ? set_option(fd, IPPROTO_IPV6, IPV6_RECVORIGDSTADDR)
					  : set_option(fd, IPPROTO_IP, IP_RECVORIGDSTADDR);
	return family == AF_INET6 ? set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO)
				  : set_option(fd, IPPROTO_IP, IP_PKTINFO);
}

static int bind_one(const struct endpoint *at, int type, bool exclusive, bool tproxy)
{
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(at, &sa);
	int fd = socket(sa.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	err = set_before_bind(fd, type, sa.ss_family, exclusive, tproxy);
	if (!err && bind(fd, (struct sockaddr *)&sa, len) != 0)
		err = -errno;
	if (!err && exclusive)
		err = set_option(fd, SOL_SOCKET, SO_REUSEPORT);
	if (!err && type == SOCK_DGRAM)
		err = want_destination(fd, sa.ss_family, tproxy);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

static void listener_free(struct listener *l)
{
	free(l->udp);
	free(l);
}

static void close_all(struct listener *l, unsigned n_udp)
{
	for (unsigned i = 0; i < l->n; i++)
		close(l->fds[i]);
	for (unsigned i = 0; i < n_udp; i++)
		close(l->udp[i]);
	listener_free(l);
}

/*
 * Clients of a proxy speak first. The kernel reports their connections when they have, so each costs one wake-up
 * less, and one that stays silent costs nothing; after a second (its SYN-ACK's next turn) it is reported anyway.
 */
static void wait_for_first_octets(int fd)
{
	set_option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT);          /* without it all goes on as well */
}

static int open_streams(struct listener *l, unsigned workers, bool shared, unsigned keepalive_s)
{
	while (l->n < workers) {
		int fd = bind_one(&l->at, SOCK_STREAM, l->n == 0 && !shared, l->tproxy);

		if (fd < 0)
			return fd;
		side_set_nodelay(fd);                   /* what it accepts inherits both */
		side_set_keepalive(fd, keepalive_s);
		if (l->mode == LISTEN_EXPLICIT)
			wait_for_first_octets(fd);
		l->fds[l->n++] = fd;
	}
	for (unsigned i = 0; i < l->n; i++)
		if (listen(l->fds[i], BACKLOG) != 0)
			return -errno;
	return 0;
}

static int open_datagrams(struct listener *l, unsigned *n, unsigned workers, bool shared)
{
	l->udp = xcalloc(workers, sizeof(l->udp[0]));
	while (*n < workers) {
		int fd = bind_one(&l->at, SOCK_DGRAM, *n == 0 && !shared, l->tproxy);

		if (fd < 0)
			return fd;
		l->udp[(*n)++] = fd;
	}
	return 0;
}

int listener_open(struct listener **out, const struct endpoint *at, enum listen_mode mode, bool tproxy,
		  unsigned workers, bool shared, unsigned keepalive_s)
{
	struct listener *l = xcalloc(1, sizeof(*l) + workers * sizeof(l->fds[0]));
	unsigned n_udp = 0;
	int err;

	l->at = *at;
	l->mode = mode;
	l->tproxy = tproxy;
	atomic_init(&l->refs, workers + 1);
	err = open_streams(l, workers, shared, keepalive_s);
	if (!err && (mode == LISTEN_DNS || tproxy))
		err = open_datagrams(l, &n_udp, workers, shared);
	if (err) {
		close_all(l, n_udp);
		return err;
	}
	*out = l;
	return 0;
}

void listener_ref(struct listener *l)
{
	atomic_fetch_add_explicit(&l->refs, 1, memory_order_relaxed);
}

void listener_release(struct listener *l, unsigned index)
{
	close(l->fds[index]);
	if (l->udp)
		close(l->udp[index]);
	listener_unref(l);
}

void listener_unref(struct listener *l)
{
	if (atomic_fetch_sub_explicit(&l->refs, 1, memory_order_acq_rel) == 1)
		listener_free(l);
}
