/*
 * sockmap -- an experiment: what would it cost if the kernel moved a tunnel's octets by itself?
 *
 *     sockmap LISTEN ORIGIN
 *
 * One tunnel at a time.  Two socket maps of one entry each, and for each a BPF program of five instructions that
 * sends what arrives on its socket out of the other one: no octet comes to this process.  Written with bare bpf() calls,
 * since nothing else in the project needs libbpf.  Needs CAP_BPF and CAP_NET_ADMIN.
 *
 * This is a yardstick, not a design: an end of the stream can overtake octets that still wait in the kernel's queue, so
 * the process must ask how much was sent before it passes the end on, and it learns of byte counts only afterwards.
 */
#include "net.h"

#include <errno.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int maps[2];                     /* 0: the client's socket, 1: the origin's */

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int make_map(void)
{
	union bpf_attr a = { .map_type = BPF_MAP_TYPE_SOCKMAP, .key_size = 4, .value_size = 4, .max_entries = 1 };
	int fd = bpf(BPF_MAP_CREATE, &a);

	if (fd < 0)
		die("bpf: no socket map: %s", strerror(errno));
	return fd;
}

/* return bpf_sk_redirect_map(skb, &maps[other], 0, 0); */
static int make_program(int other)
{
	struct bpf_insn code[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_2, .src_reg = BPF_PSEUDO_MAP_FD, .imm = other },
		{ .code = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_4 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_sk_redirect_map },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr a = { .prog_type = BPF_PROG_TYPE_SK_SKB, .insn_cnt = sizeof(code) / sizeof(code[0]),
			     .insns = (uintptr_t)code, .license = (uintptr_t)"Dual BSD/GPL" };
	int fd = bpf(BPF_PROG_LOAD, &a);

	if (fd < 0)
		die("bpf: the program is refused: %s", strerror(errno));
	return fd;
}

static void set_up(void)
{
	for (int i = 0; i < 2; i++)
		maps[i] = make_map();
	for (int i = 0; i < 2; i++) {
		union bpf_attr a = { .target_fd = (uint32_t)maps[i], .attach_bpf_fd = (uint32_t)make_program(maps[!i]),
				     .attach_type = BPF_SK_SKB_STREAM_VERDICT };

		if (bpf(BPF_PROG_ATTACH, &a) != 0)
			die("bpf: cannot attach: %s", strerror(errno));
	}
}

static void enter(int map, int fd)
{
	uint32_t key = 0, value = (uint32_t)fd;
	union bpf_attr a = { .map_fd = (uint32_t)map, .key = (uintptr_t)&key, .value = (uintptr_t)&value };

	if (bpf(BPF_MAP_UPDATE_ELEM, &a) != 0)
		die("bpf: the socket is not taken: %s", strerror(errno));
}

static void wait_for(int fd, uint32_t events)
{
	struct epoll_event e = { .events = events };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
	while (epoll_wait(epoll, &e, 1, -1) < 1 || !(e.events & (events | EPOLLHUP | EPOLLERR)))
		;
	close(epoll);
}

/* What had come before the socket was in its map. */
static void forward_early(int from, int to)
{
	char buffer[65536];
	ssize_t n;

	while ((n = recv(from, buffer, sizeof(buffer), 0)) > 0)
		if (send(to, buffer, (size_t)n, MSG_NOSIGNAL) != n)
			die("early octets do not fit");
}

static void tunnel(int client, struct sockaddr_in to)
{
	int origin = net_dial(to);

	wait_for(origin, EPOLLOUT);
	enter(maps[1], origin);
	enter(maps[0], client);
	forward_early(client, origin);
	wait_for(client, EPOLLRDHUP);
	shutdown(origin, SHUT_WR);
	wait_for(origin, EPOLLRDHUP);
	close(client);
	close(origin);
}

int main(int argc, char **argv)
{
	int listener;

	if (argc != 3)
		die("usage: sockmap LISTEN ORIGIN");
	signal(SIGPIPE, SIG_IGN);
	set_up();
	listener = net_listen(net_address(argv[1]));
	while (true) {
		int client;

		wait_for(listener, EPOLLIN);
		client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (client >= 0)
			tunnel(client, net_address(argv[2]));
	}
}
