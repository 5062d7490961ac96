/*
 * zerocopy -- an experiment: a copying relay that sends from its own buffers with MSG_ZEROCOPY.
 *
 *     zerocopy copy|zero OCTETS LISTEN ORIGIN
 *
 * Reads up to OCTETS at a time into one of SLOTS buffers for each direction and sends that.  With "zero" a buffer is read
 * into again only when the error queue says that the kernel is done with it; with "copy" the same loop sends plainly,
 * so that the difference is the flag's.  When a tunnel ends, the sends and those that the kernel copied nevertheless
 * (all of them when the receiver is a socket of the same machine) go to standard error.
 *
 *     gcc -O2 -D_GNU_SOURCE -o zerocopy tests/bench/zerocopy.c tests/bench/net.c
 *     see compare.pl for how to measure it
 */
#include "net.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SLOTS = 16, LEAST = 16384 };             /* a smaller send is copied: pinning costs more */

struct slot { char *p; size_t n, at; uint32_t last_id; bool flying; };

struct side {
	struct actor actor;
	struct side *peer;
	struct slot slots[SLOTS];               /* towards `actor.fd` */
	unsigned reading, writing;              /* running numbers of slots; equal: nothing to send */
	uint32_t next_id, done_id;              /* zero-copy sends: of the next one, of the first not yet completed */
	uint64_t zero, copied, octets;
	bool eof, shut;
};

struct pair { struct side client, origin; struct pair *next; bool is_open; };

static struct { bool zero; size_t octets; struct sockaddr_in origin; } mode;
static struct pair *spare, *dead;               /* pairs keep their buffers */

static void pair_close(struct pair *p)
{
	if (p->client.actor.fd < 0)
		return;
	fprintf(stderr, "zero-copy sends %llu + %llu, of them copied %llu + %llu, octets %llu + %llu\n",
		(unsigned long long)p->client.zero, (unsigned long long)p->origin.zero,
		(unsigned long long)p->client.copied, (unsigned long long)p->origin.copied,
		(unsigned long long)p->client.octets, (unsigned long long)p->origin.octets);
	close(p->client.actor.fd);
	close(p->origin.actor.fd);
	p->client.actor.fd = p->origin.actor.fd = -1;
	p->next = dead;
	dead = p;
}

/* ---- completions ------------------------------------------------------------------------------- */

static void reap(struct side *s)
{
	char control[256];
	struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(control) };

	while (s->done_id != s->next_id && recvmsg(s->actor.fd, &m, MSG_ERRQUEUE) >= 0) {
		const struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		struct sock_extended_err e;

		if (!c)
			return;
		memcpy(&e, CMSG_DATA(c), sizeof(e));
		if (e.ee_origin == SO_EE_ORIGIN_ZEROCOPY) {
			s->done_id = e.ee_data + 1;     /* TCP completes in order */
			if (e.ee_code & SO_EE_CODE_ZEROCOPY_COPIED)
				s->copied += e.ee_data - e.ee_info + 1;
		}
		m.msg_controllen = sizeof(control);
	}
}

static bool is_free(const struct side *to, const struct slot *slot)
{
	return !slot->flying || (int32_t)(to->done_id - slot->last_id) > 0;
}

/* ---- relaying: 1 go on, 0 wait, -1 failed ------------------------------------------------------ */

static int drain(struct side *to)
{
	while (to->writing != to->reading) {
		struct slot *slot = &to->slots[to->writing % SLOTS];
		size_t left = slot->n - slot->at;
		bool zero = mode.zero && left >= LEAST;
		ssize_t n = send(to->actor.fd, slot->p + slot->at, left, MSG_NOSIGNAL | (zero ? MSG_ZEROCOPY : 0));

		if (n < 0 && errno == ENOBUFS && zero) {        /* too much is pinned */
			reap(to);
			n = send(to->actor.fd, slot->p + slot->at, left, MSG_NOSIGNAL);
			zero = false;
		}
		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		if (zero) {
			slot->last_id = to->next_id++;
			slot->flying = true;
			to->zero++;
		}
		slot->at += (size_t)n;
		to->octets += (size_t)n;
		if (slot->at == slot->n)
			to->writing++;
	}
	return 1;
}

static int fill(struct side *from, struct side *to)
{
	struct slot *slot = &to->slots[to->reading % SLOTS];
	ssize_t n;

	if (to->reading - to->writing == SLOTS)
		return 0;
	if (!is_free(to, slot))
		reap(to);
	if (!is_free(to, slot))
		return 0;                               /* EPOLLERR will say when */
	n = recv(from->actor.fd, slot->p, mode.octets, 0);
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	from->eof = n == 0;
	if (n) {
		slot->n = (size_t)n;
		slot->at = 0;
		slot->flying = false;
		to->reading++;
	}
	return 1;
}

static int pump(struct side *from, struct side *to)
{
	int go = drain(to);

	while (go == 1 && !from->eof) {
		go = fill(from, to);
		if (go == 1)
			go = drain(to);
	}
	if (go == 1 && !to->shut) {
		to->shut = true;
		shutdown(to->actor.fd, SHUT_WR);
	}
	return go;
}

static void on_side(struct side *s, struct pair *p, uint32_t events)
{
	if (p->client.actor.fd < 0)
		return;
	if (events & EPOLLERR)
		reap(s);
	if (pump(s, s->peer) < 0 || pump(s->peer, s) < 0 || (s->shut && s->peer->shut))
		pair_close(p);
}

static void on_client(struct actor *a, uint32_t events)
{
	struct pair *p = CONTAINER(a, struct pair, client.actor);

	if (p->is_open)
		on_side(&p->client, p, events);
}

static void on_origin(struct actor *a, uint32_t events)
{
	struct pair *p = CONTAINER(a, struct pair, origin.actor);

	p->is_open = true;
	on_side(&p->origin, p, events);
}

/* ---- opening ----------------------------------------------------------------------------------- */

static void side_renew(struct side *s, struct side *peer, int fd, void (*on)(struct actor *, uint32_t))
{
	struct slot *slots = s->slots;
	char *kept[SLOTS];
	int on_ = 1;

	for (unsigned i = 0; i < SLOTS; i++) {
		kept[i] = slots[i].p;
		if (!kept[i])
			kept[i] = mmap(NULL, mode.octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (kept[i] == MAP_FAILED)
			die("out of memory");
	}
	memset(s, 0, sizeof(*s));
	for (unsigned i = 0; i < SLOTS; i++)
		slots[i].p = kept[i];
	s->peer = peer;
	s->actor = (struct actor){ fd, on };
	if (mode.zero && setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &on_, sizeof(on_)) != 0)
		die("SO_ZEROCOPY: %s", strerror(errno));
	loop_add(&s->actor, EPOLLIN | EPOLLOUT | EPOLLET);
}

static void on_accept(struct actor *a, uint32_t events)
{
	int fd = accept4(a->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct pair *p = spare;

	(void)events;
	if (fd < 0)
		return;
	if (p)
		spare = p->next;
	else if (!(p = calloc(1, sizeof(*p))))
		die("out of memory");
	p->is_open = false;
	side_renew(&p->client, &p->origin, fd, on_client);
	side_renew(&p->origin, &p->client, net_dial(mode.origin), on_origin);
}

static void bury(void)
{
	while (dead) {
		struct pair *p = dead;

		dead = p->next;
		p->next = spare;
		spare = p;
	}
}

int main(int argc, char **argv)
{
	struct actor listener = { -1, on_accept };

	if (argc != 5 || (strcmp(argv[1], "copy") != 0 && strcmp(argv[1], "zero") != 0))
		die("usage: zerocopy copy|zero OCTETS LISTEN ORIGIN");
	mode.zero = *argv[1] == 'z';
	mode.octets = strtoul(argv[2], NULL, 10);
	mode.origin = net_address(argv[4]);
	signal(SIGPIPE, SIG_IGN);
	net_take_descriptors();
	loop_init();
	listener.fd = net_listen(net_address(argv[3]));
	loop_add(&listener, EPOLLIN);
	while (true) {
		loop_turn(-1);
		bury();
	}
}
