#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 256, BACKLOG = 4096 };

static int epoll = -1;

void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void loop_init(void)
{
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		die("epoll_create1: %s", strerror(errno));
}

static void control(int op, struct actor *a, uint32_t events)
{
	struct epoll_event e = { .events = events, .data = { .ptr = a } };

	if (epoll_ctl(epoll, op, a->fd, &e) != 0)
		die("epoll_ctl: %s", strerror(errno));
}

void loop_add(struct actor *a, uint32_t events)
{
	control(EPOLL_CTL_ADD, a, events);
}

void loop_change(struct actor *a, uint32_t events)
{
	control(EPOLL_CTL_MOD, a, events);
}

int loop_turn(int timeout_ms)
{
	struct epoll_event events[BATCH];
	int n = epoll_wait(epoll, events, BATCH, timeout_ms);

	for (int i = 0; i < n; i++) {
		struct actor *a = events[i].data.ptr;

		if (a->fd >= 0)                 /* closed by an earlier event of this batch */
			a->on(a, events[i].events);
	}
	return n;
}

struct sockaddr_in net_address(const char *text)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	const char *colon = strrchr(text, ':');
	char host[INET_ADDRSTRLEN] = "";

	if (colon && (size_t)(colon - text) < sizeof(host))
		memcpy(host, text, (size_t)(colon - text));
	if (!colon || inet_pton(AF_INET, host, &at.sin_addr) != 1)
		die("\"%s\" is not ADDRESS:PORT", text);
	at.sin_port = htons((uint16_t)atoi(colon + 1));
	return at;
}

int net_listen(struct sockaddr_in at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, BACKLOG) != 0)
		die("cannot listen on port %u: %s", ntohs(at.sin_port), strerror(errno));
	return fd;
}

int net_dial(struct sockaddr_in to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 && errno != EINPROGRESS)
		die("cannot connect to port %u: %s", ntohs(to.sin_port), strerror(errno));
	return fd >= 0 ? fd : -errno;
}

void net_take_descriptors(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) != 0)
		return;
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_NOFILE, &l);
}
