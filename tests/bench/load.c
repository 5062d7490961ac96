/*
 * load -- clients and their origin in one process, on the other core than the proxy.
 *
 *     load MODE --proxy ADDR:PORT --origin ADDR:PORT [--watch PID,...] ...
 *
 * Does a fixed number of operations through the proxy, checks every answer, and prints one JSON object: what was
 * done, how long it took, and the CPU time that the watched processes spent on it.  A warm-up comes first.
 *
 *     connect   open, CONNECT, a ClientHello echoed, close            op: one tunnel
 *     refuse    CONNECT that is answered with --status (or, with --via none, a hello that nobody answers)
 *     get       GET on connections that are kept alive                op: one response
 *     rtt       64 octets echoed over open tunnels                    op: one round trip
 *     bulk      --bytes per tunnel, --direction up, down or both      op: one tunnel
 *     idle      --count tunnels open at once: memory before, with and after them
 *     stall     for --seconds: one tunnel echoes without a pause while others come and go; the longest waits
 *
 * Each client slot (struct flow) walks  DIAL -> HEAD (the proxy's 200) -> WORK -> closed, and starts again.
 */
#include "hello.h"
#include "net.h"
#include "origin.h"
#include "watch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 65536, HEAD_MAX = 8192, NAME_MAX_OCTETS = 100, PING = 64, SETTLE_MS = 60, AWAKE_US = 200, DIGITS = 7, OPENING_MAX = 64 };
enum step { CLOSED, DIAL, HEAD, WORK, HELD };

struct flow {
	struct actor actor;
	enum step step;
	const struct mode *mode;
	uint64_t started_ns, index;
	uint64_t to_send, to_swallow;           /* bulk */
	size_t got, body_left, n_head;
	int status;
	char *head;                             /* HTTP heads, HEAD_MAX */
	unsigned char sent[HELLO_OCTETS];
	char name[NAME_MAX_OCTETS + 1];
};

struct mode {
	const char *name;
	void (*begin)(struct flow *f);          /* the tunnel is open */
	void (*on)(struct flow *f, uint32_t events);
	bool no_tunnel;                         /* talks to the proxy itself: no CONNECT before WORK */
};

static struct {
	struct sockaddr_in proxy, origin;
	const char *via, *name, *denied, *direction, *target_port;
	uint64_t count, warmup, conns, bytes, names, first, seconds, status;
} opt = {
	.via = "connect", .name = "n#.bench.example", .denied = "n#.denied.example", .direction = "down",
	.count = 10000, .warmup = 2000, .conns = 32, .bytes = 1u << 30, .names = 1000, .seconds = 5, .status = 403,
};

static struct {
	const struct mode *mode;
	struct flow *flows;
	uint64_t target, issued, done, failed, deadline_ns;
	uint64_t worst_ns, worst_rtt_ns, sum_ns, next_name;
} run;

static bool via_connect(void)
{
	return strcmp(opt.via, "connect") == 0;
}

/* ---- flows ------------------------------------------------------------------------------------ */

/* "n#.bench.example" with a running number of DIGITS digits for the #. */
static void make_name(struct flow *f, const char *pattern)
{
	const char *hash = strchr(pattern, '#');
	uint64_t i = run.next_name++;

	f->index = opt.names ? i % opt.names : opt.first + i;
	if (!hash)
		snprintf(f->name, sizeof(f->name), "%s", pattern);
	else
		snprintf(f->name, sizeof(f->name), "%.*s%0*llu%s", (int)(hash - pattern), pattern, DIGITS,
			 (unsigned long long)f->index, hash + 1);
}

static bool may_issue(void)
{
	if (run.deadline_ns ? now_ns() >= run.deadline_ns : run.issued >= run.target)
		return false;
	run.issued++;
	return true;
}

static void flow_close(struct flow *f)
{
	if (f->actor.fd >= 0)
		close(f->actor.fd);
	f->actor.fd = -1;
	f->step = CLOSED;
}

static void on_flow(struct actor *a, uint32_t events);

static void flow_dial(struct flow *f)
{
	f->started_ns = now_ns();
	f->actor = (struct actor){ net_dial(opt.proxy), on_flow };
	f->step = DIAL;
	f->got = f->n_head = f->body_left = 0;
	if (f->actor.fd < 0)
		die("socket: %s", strerror(-f->actor.fd));
	loop_add(&f->actor, EPOLLIN | EPOLLOUT | EPOLLET);
}

static void op_done(struct flow *f)
{
	uint64_t took = now_ns() - f->started_ns;

	run.done++;
	run.sum_ns += took;
	if (took > run.worst_ns)
		run.worst_ns = took;
}

/* Closed slots are dialled again by the main loop, never here: this flow's event may still be running. */
static void flow_fail(struct flow *f, const char *what)
{
	if (run.failed++ == 0)
		fprintf(stderr, "load %s: %s: %s (status %d, %zu octets, %s)\n", f->mode->name, f->name, what, f->status,
			f->got, strerror(errno));
	flow_close(f);
}

static bool flow_send(struct flow *f, const void *p, size_t n)
{
	if (send(f->actor.fd, p, n, MSG_NOSIGNAL) == (ssize_t)n)
		return true;
	flow_fail(f, "cannot send");
	return false;
}

/* ---- HTTP answers ----------------------------------------------------------------------------- */

/* Reads towards the end of a head, and no further than into the buffer: 1 there, 0 wait, -1 failed. What
 * lies behind the head is counted as body. */
static int head_read(struct flow *f, size_t *behind)
{
	char *end, *length;
	ssize_t n;

	if (!f->head && !(f->head = malloc(HEAD_MAX + 1)))
		die("out of memory");
	n = recv(f->actor.fd, f->head + f->n_head, HEAD_MAX - f->n_head, 0);
	if (n <= 0)
		return n < 0 && errno == EAGAIN ? 0 : -1;
	f->n_head += (size_t)n;
	f->head[f->n_head] = '\0';
	end = memmem(f->head, f->n_head, "\r\n\r\n", 4);
	if (!end)
		return f->n_head == HEAD_MAX ? -1 : 0;
	f->status = f->n_head > 12 ? atoi(f->head + 9) : 0;
	*end = '\0';
	length = strcasestr(f->head, "\r\ncontent-length:");
	f->body_left = length ? strtoull(length + 17, NULL, 10) : 0;
	*behind = (size_t)(f->head + f->n_head - (end + 4));
	f->n_head = 0;
	return 1;
}

static void send_connect(struct flow *f)
{
	char head[3 * NAME_MAX_OCTETS];
	int n = snprintf(head, sizeof(head), "CONNECT %s:%s HTTP/1.1\r\nHost: %s:%s\r\n\r\n", f->name, opt.target_port,
			 f->name, opt.target_port);

	flow_send(f, head, (size_t)n);
}

static void flow_begin(struct flow *f)
{
	f->step = WORK;
	f->got = 0;
	f->mode->begin(f);
}

static void on_head(struct flow *f)
{
	size_t behind;
	int r = head_read(f, &behind);

	if (r < 0)
		flow_fail(f, "no answer to CONNECT");
	else if (r && f->status != 200)
		flow_fail(f, "CONNECT refused");
	else if (r)
		flow_begin(f);
}

static void on_flow(struct actor *a, uint32_t events)
{
	struct flow *f = CONTAINER(a, struct flow, actor);

	if (f->step == DIAL) {
		if (!(events & EPOLLOUT) || (events & EPOLLERR)) {
			flow_fail(f, "cannot connect to the proxy");
			return;
		}
		if (f->mode->no_tunnel || !via_connect()) {
			flow_begin(f);
		} else {
			f->step = HEAD;
			send_connect(f);
		}
		if (!(events & EPOLLIN))
			return;
	}
	if (!(events & ~(uint32_t)EPOLLOUT) && !f->to_send)
		return;
	if (f->step == HEAD)
		on_head(f);
	else if (f->step == WORK)
		f->mode->on(f, events);
	else if (f->step == HELD && (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLIN)))
		flow_fail(f, "a held tunnel ended");
}

/* ---- connect ---------------------------------------------------------------------------------- */

static void hello_begin(struct flow *f)
{
	hello_make(f->sent, f->name, strlen(f->name));
	flow_send(f, f->sent, HELLO_OCTETS);
}

/* True once all `n` octets that went out have come back. */
static bool echoed(struct flow *f, size_t n)
{
	static unsigned char buffer[BUFFER];
	ssize_t r = recv(f->actor.fd, buffer, sizeof(buffer), 0);

	if (r < 0 && errno == EAGAIN)
		return false;
	if (r <= 0 || (size_t)r > n - f->got || memcmp(buffer, f->sent + f->got, (size_t)r) != 0) {
		flow_fail(f, r <= 0 ? "the tunnel ended early" : "the echo differs");
		return false;
	}
	f->got += (size_t)r;
	return f->got == n;
}

static void hello_on(struct flow *f, uint32_t events)
{
	(void)events;
	if (!echoed(f, HELLO_OCTETS))
		return;
	op_done(f);
	flow_close(f);
}

static void idle_on(struct flow *f, uint32_t events)
{
	(void)events;
	if (!echoed(f, HELLO_OCTETS))
		return;
	op_done(f);
	f->step = HELD;
}

/* ---- refuse ----------------------------------------------------------------------------------- */

static void refuse_begin(struct flow *f)
{
	make_name(f, opt.denied);
	f->status = 0;
	if (via_connect())
		send_connect(f);
	else
		hello_begin(f);
}

/* Without CONNECT the refusal is an end: with or without an alert, but never with the echo. */
static void refused_by_end(struct flow *f)
{
	static unsigned char buffer[BUFFER];
	ssize_t n;

	while ((n = recv(f->actor.fd, buffer, sizeof(buffer), 0)) > 0)
		f->got += (size_t)n;
	if (n < 0 && errno == EAGAIN)
		return;
	if (f->got >= HELLO_OCTETS) {
		flow_fail(f, "let through");
		return;
	}
	op_done(f);
	flow_close(f);
}

static void refuse_on(struct flow *f, uint32_t events)
{
	static char body[BUFFER];
	size_t behind = 0;
	ssize_t n;

	(void)events;
	if (!via_connect()) {
		refused_by_end(f);
		return;
	}
	if (!f->status) {
		int r = head_read(f, &behind);

		if (r < 0)
			flow_fail(f, "no answer");
		if (r <= 0)
			return;
		if (f->status != (int)opt.status) {
			flow_fail(f, "another status than expected");
			return;
		}
	}
	f->body_left -= behind < f->body_left ? behind : f->body_left;
	while (f->body_left) {
		n = recv(f->actor.fd, body, sizeof(body), 0);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			flow_fail(f, "the body is short");
			return;
		}
		f->body_left -= (size_t)n < f->body_left ? (size_t)n : f->body_left;
	}
	op_done(f);
	flow_close(f);
}

/* ---- get -------------------------------------------------------------------------------------- */

static void get_send(struct flow *f)
{
	char head[3 * NAME_MAX_OCTETS];
	int n = snprintf(head, sizeof(head), "GET http://%s:%s/file HTTP/1.1\r\nHost: %s:%s\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n",
			 f->name, opt.target_port, f->name, opt.target_port);

	f->status = 0;
	f->got = 0;
	flow_send(f, head, (size_t)n);
}

static void get_on(struct flow *f, uint32_t events)
{
	static char body[BUFFER];
	size_t behind = 0;
	ssize_t n;
	int r;

	(void)events;
	if (!f->status) {
		r = head_read(f, &behind);
		if (r < 0)
			flow_fail(f, "no answer");
		if (r <= 0)
			return;
		if (f->status != 200 || f->body_left != ORIGIN_BODY) {
			flow_fail(f, "another status or length than expected");
			return;
		}
		f->body_left -= behind;
	}
	while (f->body_left) {
		n = recv(f->actor.fd, body, f->body_left, 0);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			flow_fail(f, "the body is short");
			return;
		}
		f->body_left -= (size_t)n;
	}
	op_done(f);
	f->started_ns = now_ns();
	if (may_issue())
		get_send(f);
	else
		flow_close(f);
}

/* ---- rtt -------------------------------------------------------------------------------------- */

static void ping_begin(struct flow *f)
{
	memset(f->sent, 'E', PING);
	f->started_ns = now_ns();
	flow_send(f, f->sent, PING);
}

static bool ping_back(struct flow *f)
{
	uint64_t took;

	if (!echoed(f, PING))
		return false;
	took = now_ns() - f->started_ns;
	if (took > run.worst_rtt_ns)
		run.worst_rtt_ns = took;
	f->got = 0;
	return true;
}

static void ping_on(struct flow *f, uint32_t events)
{
	(void)events;
	if (!ping_back(f))
		return;
	op_done(f);
	if (may_issue())
		ping_begin(f);
	else
		flow_close(f);
}

/* In `stall` the pinging tunnel does not count as an operation: it lasts as long as the run. */
static void stall_ping_on(struct flow *f, uint32_t events)
{
	(void)events;
	if (!ping_back(f))
		return;
	if (now_ns() < run.deadline_ns)
		ping_begin(f);
	else
		flow_close(f);
}

/* ---- bulk ------------------------------------------------------------------------------------- */

static void bulk_on(struct flow *f, uint32_t events);

static void bulk_begin(struct flow *f)
{
	bool up = strcmp(opt.direction, "up") == 0, both = strcmp(opt.direction, "both") == 0;
	unsigned char order[ORIGIN_ORDER];

	bulk_order(order, up ? 'U' : both ? 'B' : 'D', opt.bytes);
	f->to_send = up || both ? opt.bytes : 0;
	f->to_swallow = up ? 1 : opt.bytes;
	if (flow_send(f, order, sizeof(order)))
		bulk_on(f, EPOLLOUT);
}

static void bulk_on(struct flow *f, uint32_t events)
{
	int64_t n;

	if (f->to_send) {
		n = bulk_send(f->actor.fd, f->to_send);
		if (n < 0) {
			flow_fail(f, "cannot send");
			return;
		}
		f->to_send -= (uint64_t)n;
	}
	if (events & ~(uint32_t)EPOLLOUT) {
		n = bulk_swallow(f->actor.fd);
		if (n < 0 || (uint64_t)n > f->to_swallow) {
			flow_fail(f, n < 0 ? "the tunnel ended early" : "more octets than expected");
			return;
		}
		f->to_swallow -= (uint64_t)n;
		f->got += (uint64_t)n;
	}
	if (f->to_send || f->to_swallow)
		return;
	op_done(f);
	flow_close(f);
}

/* ---- the run ---------------------------------------------------------------------------------- */

static const struct mode modes[] = {
	{ "connect", hello_begin, hello_on, false },
	{ "refuse", refuse_begin, refuse_on, true },
	{ "get", get_send, get_on, true },
	{ "rtt", ping_begin, ping_on, false },
	{ "bulk", bulk_begin, bulk_on, false },
	{ "idle", hello_begin, idle_on, false },
	{ "stall", hello_begin, hello_on, false },
};
static const struct mode stall_ping = { "stall", ping_begin, stall_ping_on, false };

static void settle(unsigned ms)
{
	uint64_t end = now_ns() + ms * 1000000ull;

	while (now_ns() < end) {
		loop_turn(5);
		origin_sweep();
	}
}

/* Closed slots dial as long as there is something to issue, but never so many at once that a backlog overflows
 * and a SYN is lost for a second; false when nothing is left under way. */
static bool restart_flows(void)
{
	bool paced = strcmp(run.mode->name, "idle") == 0;
	unsigned busy = 0;

	for (uint64_t i = 0; i < opt.conns && !(paced && busy == OPENING_MAX); i++) {
		struct flow *f = &run.flows[i];

		if (f->step == CLOSED && f->mode != &stall_ping && may_issue()) {
			make_name(f, opt.name);
			flow_dial(f);
		}
		busy += f->step != CLOSED && f->step != HELD;
	}
	return busy > 0;
}

static void pause_briefly(void)
{
	for (int i = 0; i < 100; i++)
#if defined(__x86_64__) || defined(__i386__)
		__builtin_ia32_pause();
#elif defined(__aarch64__)
		__asm__ volatile("yield");
#else
		__asm__ volatile("");
#endif
}

/*
 * Stays awake over short pauses. To wake a sleeping process on another core costs the one who sends to it; a proxy on a
 * network does not pay that. Without this, whoever is a little slower than the load lets it sleep more often, and so gets
 * slower still.
 */
static void turn_awake(void)
{
	uint64_t end = now_ns() + AWAKE_US * 1000u;

	while (loop_turn(0) <= 0) {
		if (now_ns() >= end) {
			loop_turn(1000);
			return;
		}
		pause_briefly();
	}
}

static void run_ops(uint64_t target, uint64_t seconds)
{
	run.target = target;
	run.issued = run.done = run.failed = run.worst_ns = run.worst_rtt_ns = run.sum_ns = 0;
	run.deadline_ns = seconds ? now_ns() + seconds * 1000000000u : 0;
	if (run.flows[0].mode == &stall_ping) {
		make_name(&run.flows[0], opt.name);
		flow_dial(&run.flows[0]);
	}
	while (restart_flows()) {
		turn_awake();
		origin_sweep();
		if (run.failed > 1000)
			die("load %s: more than 1000 failures", run.mode->name);
	}
}

static void close_all(void)
{
	for (uint64_t i = 0; i < opt.conns; i++)
		flow_close(&run.flows[i]);
}

static void print(const char *key, double value, const char *end)
{
	printf("\"%s\":%.6g%s", key, value, end);
}

static void report(uint64_t cpu_ns, uint64_t wall_ns, uint64_t switches, const uint64_t pss[3])
{
	double ops = run.done ? (double)run.done : 1;

	printf("{\"mode\":\"%s\",", run.mode->name);
	printf("\"done\":%llu,\"failed\":%llu,\"cpu_ns\":%llu,\"wall_ns\":%llu,", (unsigned long long)run.done,
	       (unsigned long long)run.failed, (unsigned long long)cpu_ns, (unsigned long long)wall_ns);
	print("cpu_us_per_op", (double)cpu_ns / 1000 / ops, ",");
	print("ops_per_s", ops * 1e9 / (double)wall_ns, ",");
	print("switches_per_op", (double)switches / ops, ",");
	print("mean_ms", (double)run.sum_ns / 1e6 / ops, ",");
	print("worst_ms", (double)run.worst_ns / 1e6, ",");
	print("worst_rtt_ms", (double)run.worst_rtt_ns / 1e6, ",");
	print("dns_asked", (double)origin_dns_asked(), ",");
	printf("\"pss_kib\":[%llu,%llu,%llu]}\n", (unsigned long long)pss[0], (unsigned long long)pss[1],
	       (unsigned long long)pss[2]);
	fflush(stdout);
}

static void measure(void)
{
	bool idle = strcmp(run.mode->name, "idle") == 0, stall = strcmp(run.mode->name, "stall") == 0;
	uint64_t cpu, wall, switches, pss[3] = { 0 }, settled = SETTLE_MS * 1000000ull;

	pss[0] = idle ? watch_pss_kib() : 0;
	switches = watch_switches();
	cpu = watch_cpu_ns();
	wall = now_ns();
	run_ops(opt.count, stall ? opt.seconds : 0);
	settle(idle ? 1000 : SETTLE_MS);        /* the proxy closes and writes its log */
	cpu = watch_cpu_ns() - cpu;
	wall = now_ns() - wall - (idle ? 1000000000u : settled);
	switches = watch_switches() - switches;
	if (idle) {
		pss[1] = watch_pss_kib();
		close_all();
		settle(2000);
		pss[2] = watch_pss_kib();
	}
	report(cpu, wall, switches, pss);
}

static void warm_up(void)
{
	if (!opt.warmup)
		return;
	run_ops(opt.warmup, 0);
	if (run.failed)
		die("load %s: the warm-up failed", run.mode->name);
	settle(SETTLE_MS);
}

/* ---- options ---------------------------------------------------------------------------------- */

static const struct { const char *name; const char **text; uint64_t *number; } options[] = {
	{ "via", &opt.via, NULL }, { "name", &opt.name, NULL }, { "denied", &opt.denied, NULL },
	{ "direction", &opt.direction, NULL }, { "port", &opt.target_port, NULL },
	{ "count", NULL, &opt.count }, { "warmup", NULL, &opt.warmup }, { "conns", NULL, &opt.conns },
	{ "bytes", NULL, &opt.bytes }, { "names", NULL, &opt.names }, { "first", NULL, &opt.first },
	{ "seconds", NULL, &opt.seconds }, { "status", NULL, &opt.status },
};

static bool set_own_option(const char *name, const char *value)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strcmp(options[i].name, name) != 0)
			continue;
		if (options[i].text)
			*options[i].text = value;
		else
			*options[i].number = strtoull(value, NULL, 10);
		return true;
	}
	return false;
}

static void set_option(const char *name, const char *value)
{
	if (strcmp(name, "proxy") == 0)
		opt.proxy = net_address(value);
	else if (strcmp(name, "origin") == 0) {
		opt.origin = net_address(value);
		opt.target_port = strrchr(value, ':') + 1;
	} else if (strcmp(name, "dns") == 0)
		origin_dns_start(net_address(value));
	else if (strcmp(name, "watch") == 0)
		watch_add(value);
	else if (!set_own_option(name, value))
		die("unknown option --%s", name);
}

static void find_mode(const char *name)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(modes[i].name, name) == 0)
			run.mode = &modes[i];
	if (!run.mode)
		die("unknown mode \"%s\"", name);
}

static void make_flows(void)
{
	if (strcmp(run.mode->name, "idle") == 0) {
		opt.conns = opt.count;
		opt.warmup = 0;
	}
	net_take_descriptors();
	run.flows = calloc(opt.conns, sizeof(*run.flows));
	if (!run.flows)
		die("out of memory");
	for (uint64_t i = 0; i < opt.conns; i++)
		run.flows[i] = (struct flow){ .actor = { -1, on_flow }, .mode = run.mode };
}

int main(int argc, char **argv)
{
	if (argc < 2 || argc % 2 != 0)
		die("usage: load MODE --proxy ADDR:PORT --origin ADDR:PORT [--OPTION VALUE]...");
	signal(SIGPIPE, SIG_IGN);
	loop_init();
	find_mode(argv[1]);
	for (int i = 2; i < argc; i += 2) {
		if (strncmp(argv[i], "--", 2) != 0)
			die("\"%s\" is not an option", argv[i]);
		set_option(argv[i] + 2, argv[i + 1]);
	}
	make_flows();
	origin_start(opt.origin);
	warm_up();
	if (strcmp(run.mode->name, "stall") == 0)
		run.flows[0].mode = &stall_ping;
	measure();
	return run.failed ? 1 : 0;
}
