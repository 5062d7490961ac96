/*
 * uring -- an experiment: the relay of refs.c (raw, no CONNECT) behind io_uring instead of epoll.
 *
 *     uring recv|send-zc|splice|poll-splice LISTEN ORIGIN [BUFFERS [OCTETS]]
 *
 * recv: multishot receives into a ring of provided buffers, one send under way for each direction.  send-zc: the same
 * with IORING_OP_SEND_ZC.  splice: socket to pipe and pipe to socket as two linked requests; the kernel has a
 * worker thread do each of them, and an idle direction holds one.  poll-splice: a poll linked before them, so that it does not.
 * Those threads belong to this process, so its CPU clock counts them.
 *
 *     gcc -O2 -D_GNU_SOURCE -o uring tests/bench/uring.c tests/bench/net.c
 *     see compare.pl for how to measure it
 *
 * Bare system calls, since nothing else in the project needs liburing.  Needs Linux 6.1 and io_uring allowed.
 */
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ENTRIES = 4096, BUFFERS_MAX = 1024, PIPE_OCTETS = 1 << 20, NONE = -1 };
enum op { ACCEPT, CONNECT, RECV, SEND, WAIT, FILL, DRAIN };     /* the low bits of user_data; the pointer is above */
enum { OP_MASK = 15, BID_SHIFT = 48 };

struct side {
	_Alignas(OP_MASK + 1) int fd;           /* its address has room for an operation */
	int pipe[2];                            /* leads towards `fd` */
	struct side *peer;
	struct pair *pair;
	struct side *next_dry;
	int first, last;                        /* buffers that wait for `fd` */
	bool receiving, sending, eof, shut, dry;
};

struct pair {
	struct side client, origin;
	unsigned pending;                       /* requests that have a completion to come */
	bool is_open, failed;
};

static struct { bool zerocopy, splice, poll; struct sockaddr_in origin; unsigned buffers, octets; } mode = {
	.buffers = 32, .octets = 65536,
};

static struct {
	int fd;
	unsigned *sq_tail, *cq_head, *cq_tail, sq_mask, cq_mask, tail, unsent;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
} ring;

static struct io_uring_buf_ring *provided;
static char *octets;
static struct { unsigned n; int next; } buffers[BUFFERS_MAX];
static struct side *dry;                        /* want to receive and found no buffer */

/* ---- the ring ---------------------------------------------------------------------------------- */

static void enter(unsigned wait)
{
	int n;

	__atomic_store_n(ring.sq_tail, ring.tail, __ATOMIC_RELEASE);
	n = (int)syscall(SYS_io_uring_enter, ring.fd, ring.unsent, wait, IORING_ENTER_GETEVENTS, NULL, 0);
	if (n >= 0)
		ring.unsent -= (unsigned)n;
	else if (errno != EINTR && errno != EBUSY && errno != EAGAIN)
		die("io_uring_enter: %s", strerror(errno));
}

static struct io_uring_sqe *request(enum op op, void *of, unsigned bid)
{
	struct io_uring_sqe *s;

	while (ring.unsent == ENTRIES)
		enter(0);
	s = &ring.sqes[ring.tail++ & ring.sq_mask];
	ring.unsent++;
	memset(s, 0, sizeof(*s));
	s->user_data = (uintptr_t)of | op | (uint64_t)bid << BID_SHIFT;
	return s;
}

static char *map(size_t n, off_t what)
{
	char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd, what);

	if (p == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	return p;
}

static void ring_init(void)
{
	struct io_uring_params p = { .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
					      IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE, .cq_entries = 4 * ENTRIES };
	cpu_set_t cpus;
	char *q;

	ring.fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &p);
	if (ring.fd < 0)
		die("io_uring_setup: %s", strerror(errno));
	q = map(p.sq_off.array + p.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);  /* it lies behind the completions */
	ring.sqes = (void *)map(p.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	ring.sq_tail = (void *)(q + p.sq_off.tail);
	ring.cq_head = (void *)(q + p.cq_off.head);
	ring.cq_tail = (void *)(q + p.cq_off.tail);
	ring.cqes = (void *)(q + p.cq_off.cqes);
	ring.sq_mask = p.sq_entries - 1;
	ring.cq_mask = p.cq_entries - 1;
	for (unsigned i = 0; i < p.sq_entries; i++)
		((unsigned *)(void *)(q + p.sq_off.array))[i] = i;
	/* Worker threads would run on any core otherwise. */
	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_IOWQ_AFF, &cpus, sizeof(cpus));
}

/* ---- provided buffers -------------------------------------------------------------------------- */

static void provide(unsigned bid)
{
	unsigned tail = provided->tail;
	struct io_uring_buf *b = &provided->bufs[tail & (mode.buffers - 1)];

	b->addr = (uintptr_t)(octets + (size_t)bid * mode.octets);
	b->len = mode.octets;
	b->bid = (uint16_t)bid;
	__atomic_store_n(&provided->tail, (uint16_t)(tail + 1), __ATOMIC_RELEASE);
}

static void *pages(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	return p;
}

static void buffers_init(void)
{
	struct io_uring_buf_reg reg = { .ring_entries = mode.buffers };

	provided = pages(mode.buffers * sizeof(struct io_uring_buf));
	octets = pages((size_t)mode.buffers * mode.octets);
	reg.ring_addr = (uintptr_t)provided;
	if (syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_PBUF_RING, &reg, 1) != 0)
		die("no ring of %u buffers: %s", mode.buffers, strerror(errno));
	for (unsigned i = 0; i < mode.buffers; i++)
		provide(i);
}

/* ---- requests ---------------------------------------------------------------------------------- */

static void receive(struct side *s)
{
	struct io_uring_sqe *q = request(RECV, s, 0);

	q->opcode = IORING_OP_RECV;
	q->fd = s->fd;
	q->ioprio = IORING_RECV_MULTISHOT;
	q->flags = IOSQE_BUFFER_SELECT;
	s->receiving = true;
	s->pair->pending++;
}

static void send_first(struct side *s)
{
	struct io_uring_sqe *q = request(SEND, s, (unsigned)s->first);

	q->opcode = mode.zerocopy ? IORING_OP_SEND_ZC : IORING_OP_SEND;
	q->fd = s->fd;
	q->addr = (uintptr_t)(octets + (size_t)s->first * mode.octets);
	q->len = buffers[s->first].n;
	q->msg_flags = MSG_NOSIGNAL | MSG_WAITALL;
	s->sending = true;
	s->pair->pending++;
}

static void drain(struct side *to)
{
	struct io_uring_sqe *q = request(DRAIN, to, 0);

	q->opcode = IORING_OP_SPLICE;
	q->splice_fd_in = to->pipe[0];
	q->splice_off_in = q->off = (uint64_t)-1;
	q->fd = to->fd;
	q->len = PIPE_OCTETS;
	q->splice_flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;    /* the socket blocks, the empty pipe does not */
	to->sending = true;
	to->pair->pending++;
}

/* A splice of less than was asked for breaks an ordinary link. */
static void fill_and_drain(struct side *from)
{
	struct io_uring_sqe *q;

	if (mode.poll) {
		q = request(WAIT, from, 0);
		q->opcode = IORING_OP_POLL_ADD;
		q->fd = from->fd;
		q->poll32_events = POLLIN;
		q->flags = IOSQE_IO_HARDLINK;
		from->pair->pending++;
	}
	q = request(FILL, from, 0);
	q->opcode = IORING_OP_SPLICE;
	q->splice_fd_in = from->fd;
	q->splice_off_in = q->off = (uint64_t)-1;
	q->fd = from->peer->pipe[1];
	q->len = PIPE_OCTETS;
	q->splice_flags = SPLICE_F_MOVE;
	q->flags = IOSQE_IO_HARDLINK;
	from->receiving = true;
	from->pair->pending++;
	drain(from->peer);
}

static void accept_all(int listener)
{
	struct io_uring_sqe *q = request(ACCEPT, NULL, 0);

	q->opcode = IORING_OP_ACCEPT;
	q->fd = listener;
	q->ioprio = IORING_ACCEPT_MULTISHOT;
	q->accept_flags = SOCK_CLOEXEC;
}

/* ---- pairs ------------------------------------------------------------------------------------- */

static void fail(struct pair *p)
{
	if (p->failed)
		return;
	p->failed = true;                       /* whatever is under way ends now */
	shutdown(p->client.fd, SHUT_RDWR);
	shutdown(p->origin.fd, SHUT_RDWR);
}

static void recycle(int bid)
{
	provide((unsigned)bid);
	while (dry) {
		struct side *s = dry;

		dry = s->next_dry;
		s->dry = false;
		if (!s->receiving && !s->eof && !s->pair->failed)
			receive(s);
		s->pair->pending--;
	}
}

static void side_end(struct side *s)
{
	while (s->first != NONE) {
		int bid = s->first;

		s->first = buffers[bid].next;
		recycle(bid);
	}
	close(s->fd);
	if (s->pipe[0] >= 0) {
		close(s->pipe[0]);
		close(s->pipe[1]);
	}
}

static void settle(struct pair *p)
{
	if (p->pending || !(p->failed || (p->client.shut && p->origin.shut)))
		return;
	side_end(&p->client);
	side_end(&p->origin);
	free(p);
}

static void push(struct side *to)
{
	if (to->sending || to->pair->failed || !to->pair->is_open)
		return;
	if (to->first != NONE) {
		send_first(to);
	} else if (to->peer->eof && !to->shut) {
		to->shut = true;
		shutdown(to->fd, SHUT_WR);
	}
}

static void side_init(struct side *s, int fd, struct pair *p, struct side *peer)
{
	*s = (struct side){ .fd = fd, .pipe = { -1, -1 }, .peer = peer, .pair = p, .first = NONE };
	if (mode.splice) {
		if (pipe2(s->pipe, O_CLOEXEC) != 0)
			die("pipe: %s", strerror(errno));
		fcntl(s->pipe[0], F_SETPIPE_SZ, PIPE_OCTETS);
	}
}

static void on_accept(const struct io_uring_cqe *c)
{
	struct pair *p = aligned_alloc(OP_MASK + 1, sizeof(*p));
	struct io_uring_sqe *q;

	if (c->res < 0 || !p)
		die("accept: %s", strerror(-c->res));
	memset(p, 0, sizeof(*p));
	side_init(&p->client, c->res, p, &p->origin);
	side_init(&p->origin, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), p, &p->client);
	if (!mode.splice)
		receive(&p->client);
	q = request(CONNECT, p, 0);
	q->opcode = IORING_OP_CONNECT;
	q->fd = p->origin.fd;
	q->addr = (uintptr_t)&mode.origin;
	q->off = sizeof(mode.origin);
	p->pending++;
}

static void on_connect(struct pair *p, int res)
{
	p->pending--;
	p->is_open = true;
	if (res < 0) {
		fail(p);
	} else if (mode.splice) {
		fill_and_drain(&p->client);
		fill_and_drain(&p->origin);
	} else {
		receive(&p->origin);
		push(&p->origin);
	}
}

static void on_recv(struct side *s, const struct io_uring_cqe *c)
{
	struct side *to = s->peer;

	if (!(c->flags & IORING_CQE_F_MORE)) {
		s->receiving = false;
		s->pair->pending--;
	}
	if (c->res > 0) {
		int bid = (int)(c->flags >> IORING_CQE_BUFFER_SHIFT);

		buffers[bid].n = (unsigned)c->res;
		buffers[bid].next = NONE;
		if (to->first == NONE)
			to->first = bid;
		else
			buffers[to->last].next = bid;
		to->last = bid;
		if (!s->receiving && !s->pair->failed)
			receive(s);
	} else if (c->res == -ENOBUFS && !s->dry) {
		s->dry = true;
		s->next_dry = dry;
		dry = s;
		s->pair->pending++;
	} else if (c->res == 0) {
		s->eof = true;
	} else if (c->res != -ENOBUFS) {
		fail(s->pair);
	}
	push(to);
}

/* A zero-copy send completes twice: taken, and (F_NOTIF) its octets no longer needed. */
static void on_send(struct side *s, const struct io_uring_cqe *c)
{
	int bid = (int)(c->user_data >> BID_SHIFT);

	if (!(c->flags & IORING_CQE_F_NOTIF)) {
		s->sending = false;
		s->first = buffers[bid].next;
		if (c->res < (int)buffers[bid].n)
			fail(s->pair);
		push(s);
	}
	if (!(c->flags & IORING_CQE_F_MORE)) {
		s->pair->pending--;
		recycle(bid);
	}
}

static void on_fill(struct side *from, int res)
{
	from->receiving = false;
	from->pair->pending--;
	from->eof = res == 0;
	if (res < 0 && res != -EINTR)
		fail(from->pair);
}

static void on_drain(struct side *to, int res)
{
	to->sending = false;
	to->pair->pending--;
	if (res < 0 && res != -EAGAIN && res != -EINTR)
		fail(to->pair);
	if (to->pair->failed)
		return;
	if (to->peer->eof && res <= 0)
		push(to);
	else if (to->peer->eof)
		drain(to);
	else
		fill_and_drain(to->peer);
}

static void complete(const struct io_uring_cqe *c)
{
	void *of = (void *)(uintptr_t)(c->user_data & ((UINT64_C(1) << BID_SHIFT) - 1) & ~(uint64_t)OP_MASK);
	enum op op = c->user_data & OP_MASK;
	struct side *s = of;
	struct pair *p = op == CONNECT ? of : op == ACCEPT ? NULL : s->pair;

	switch (op) {
	case ACCEPT:  on_accept(c); break;
	case CONNECT: on_connect(p, c->res); break;
	case RECV:    on_recv(s, c); break;
	case SEND:    on_send(s, c); break;
	case WAIT:    p->pending--; break;
	case FILL:    on_fill(s, c->res); break;
	case DRAIN:   on_drain(s, c->res); break;
	}
	if (p)
		settle(p);
}

static void turn(void)
{
	unsigned head = *ring.cq_head;

	enter(1);
	while (head != __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE)) {
		struct io_uring_cqe c = ring.cqes[head & ring.cq_mask];

		__atomic_store_n(ring.cq_head, ++head, __ATOMIC_RELEASE);
		complete(&c);
	}
}

int main(int argc, char **argv)
{
	int listener;

	if (argc < 4 || argc > 6)
		die("usage: uring recv|send-zc|splice|poll-splice LISTEN ORIGIN [BUFFERS [OCTETS]]");
	if (argc > 4)
		mode.buffers = (unsigned)strtoul(argv[4], NULL, 10);
	if (argc > 5)
		mode.octets = (unsigned)strtoul(argv[5], NULL, 10);
	if (mode.buffers > BUFFERS_MAX || mode.buffers & (mode.buffers - 1))
		die("the number of buffers is a power of two, at most %d", BUFFERS_MAX);
	mode.zerocopy = strcmp(argv[1], "send-zc") == 0;
	mode.poll = strcmp(argv[1], "poll-splice") == 0;
	mode.splice = mode.poll || strcmp(argv[1], "splice") == 0;
	mode.origin = net_address(argv[3]);
	signal(SIGPIPE, SIG_IGN);
	net_take_descriptors();
	ring_init();
	buffers_init();
	listener = net_listen(net_address(argv[2]));
	fcntl(listener, F_SETFL, 0);            /* what would block is for the ring to wait for */
	accept_all(listener);
	while (true)
		turn();
}
