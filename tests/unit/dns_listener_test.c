/*
 * The DNS listener over real sockets of loopback: one thread runs the event loop with listener and resolver,
 * another is the DNS server behind it, the test itself is the client.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "dns/dns_server.h"
#include "dns_build.h"
#include "policy_help.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

static const char rules[] =
	"allow-address 192.0.2.0/24;\n"
	"collection c { priority 200; action allow;\n"
	"  rule r { from 127.0.0.1; to *.test https:443; to 192.0.2.64/26 tcp:1688; } }\n";

struct stand {
	struct bed bed;
	struct event_base *base;
	struct resolver *resolver;
	struct learned *learned;
	struct writer *writer;
	struct dns_server *server;
	struct dns_server_config cfg;
	struct dns_server_counts counts;
	int upstream, udp, tcp, client, order;
	uint16_t port;
	struct event *on_order;
	void (*todo)(struct stand *s);
	pthread_t loop, other;
	_Atomic bool stop;
	_Atomic unsigned asked;
};

/* A stream socket takes the port that it is given: -1 when somebody has it. */
static int bound(int type, uint16_t *port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (type == SOCK_STREAM)
		sa.sin_port = htons(*port);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0) {
		close(fd);
		return -1;
	}
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	*port = ntohs(sa.sin_port);
	return fd;
}

/* ---- the server behind: names that begin with "quiet" get no answer, "two" two addresses, "no" none ---- */

static void answer_one(struct stand *s, const uint8_t *bytes, size_t n, const struct sockaddr_in *to)
{
	struct dns_message m;
	char name[DNS_TEXT_MAX];
	static struct build b;

	if (dns_message_parse(&m, bytes, n) != 0)
		return;
	s->asked++;
	dns_name_to_text(&m.name, name);
	if (strncmp(name, "quiet", 5) == 0)
		return;
	put_head(&b, m.id, strncmp(name, "no", 2) == 0 ? 0x8183 : 0x8180, name, m.type);
	if (strncmp(name, "no", 2) == 0) {
		put_rr_soa(&b, "test", 60, 60);
	} else if (m.type == 1) {
		put_rr_a(&b, name, 1000, "192.0.2.1");
		if (strncmp(name, "two", 3) == 0)
			put_rr_a(&b, name, 1000, "192.0.2.65");
		put_rr_a(&b, "unrelated.test", 1000, "192.0.2.99");
	}
	sendto(s->upstream, b.b, b.n, 0, (const struct sockaddr *)to, sizeof(*to));
}

static void *be_upstream(void *arg)
{
	struct stand *s = arg;
	uint8_t bytes[4096];

	while (!s->stop) {
		struct pollfd p = { .fd = s->upstream, .events = POLLIN };
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		ssize_t n;

		if (poll(&p, 1, 20) <= 0)
			continue;
		n = recvfrom(s->upstream, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &len);
		if (n > 0)
			answer_one(s, bytes, (size_t)n, &from);
	}
	return NULL;
}

/* ---- the stand ---------------------------------------------------------------------------------- */

static void on_order(evutil_socket_t fd, short what, void *arg)
{
	struct stand *s = arg;
	eventfd_t v;

	(void)what;
	eventfd_read(fd, &v);
	__atomic_load_n(&s->todo, __ATOMIC_SEQ_CST)(s);
	__atomic_store_n(&s->todo, NULL, __ATOMIC_SEQ_CST);
}

static void *run_loop(void *arg)
{
	event_base_dispatch(((struct stand *)arg)->base);
	return NULL;
}

/* Carries it out on the loop's thread, and waits. */
static void on_loop(struct stand *s, void (*what)(struct stand *))
{
	struct timespec moment = { .tv_nsec = 1000000 };

	__atomic_store_n(&s->todo, what, __ATOMIC_SEQ_CST);
	eventfd_write(s->order, 1);
	while (__atomic_load_n(&s->todo, __ATOMIC_SEQ_CST))
		nanosleep(&moment, NULL);
}

static void open_sockets(struct stand *s)
{
	uint16_t own = 0;
	int on = 1;

	for (s->tcp = -1; s->tcp < 0; ) {
		s->udp = bound(SOCK_DGRAM, &s->port);
		assert_true(s->udp >= 0);
		s->tcp = bound(SOCK_STREAM, &s->port);
		if (s->tcp < 0)
			close(s->udp);
	}
	assert_int_equal(listen(s->tcp, 5), 0);
	assert_int_equal(setsockopt(s->udp, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)), 0);
	evutil_make_socket_nonblocking(s->udp);
	evutil_make_socket_nonblocking(s->tcp);
	s->client = bound(SOCK_DGRAM, &own);
}

static struct endpoint here(uint16_t port)
{
	return (struct endpoint){ .ip = { 4, { 127, 0, 0, 1 } }, .port = port };
}

static void stand_start(struct stand *s, const char *policy)
{
	struct resolver_config rc = { .n_servers = 1, .lookup_ms = 400, .ttl_floor_s = 1, .ttl_ceiling_s = 86400,
				      .negative_ceiling_s = 60, .failure_s = 1, .cache_octets = 1 << 20 };
	uint16_t port = 0;
	struct endpoint at;

	*s = (struct stand){ .cfg = { .strip_ech = true, .client_ttl_s = 300, .log = DNS_LOG_ALL } };
	bed_policy(&s->bed, policy);
	s->upstream = bound(SOCK_DGRAM, &port);
	rc.servers[0] = here(port);
	open_sockets(s);
	s->base = event_base_new();
	assert_int_equal(resolver_create(&s->resolver, s->base, &rc), 0);
	s->learned = learned_create(&(struct learned_config){ .grace_s = 100, .entries = 1000 });
	assert_int_equal(writer_create(&s->writer, &(struct writer_config){ .path = "off", .backlog_octets = 1 << 20 },
				       1), 0);
	assert_int_equal(dns_server_create(&s->server, &(struct dns_server_env){ .base = s->base,
		.resolver = s->resolver, .learned = s->learned, .writer = s->writer }), 0);
	dns_server_configure(s->server, &s->cfg, s->bed.policy, 1);
	at = here(s->port);
	assert_int_equal(dns_server_add(s->server, &at, s->udp, s->tcp), 0);
	s->order = eventfd(0, EFD_NONBLOCK);
	s->on_order = event_new(s->base, s->order, EV_READ | EV_PERSIST, on_order, s);
	event_add(s->on_order, NULL);
	pthread_create(&s->other, NULL, be_upstream, s);
	pthread_create(&s->loop, NULL, run_loop, s);
}

static void break_loop(struct stand *s)
{
	event_base_loopbreak(s->base);
}

static void stand_end(struct stand *s)
{
	on_loop(s, break_loop);
	pthread_join(s->loop, NULL);
	s->stop = true;
	pthread_join(s->other, NULL);
	dns_server_free(s->server);
	resolver_free(s->resolver);
	learned_free(s->learned);
	writer_free(s->writer, 100);
	event_free(s->on_order);
	event_base_free(s->base);
	close(s->upstream);
	close(s->udp);
	close(s->tcp);
	close(s->client);
	close(s->order);
	bed_end(&s->bed);
}

/* ---- the client --------------------------------------------------------------------------------- */

static void send_octets(struct stand *s, const void *p, size_t n)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(s->port),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };

	assert_int_equal(sendto(s->client, p, n, 0, (struct sockaddr *)&to, sizeof(to)), n);
}

static uint8_t got[65536];

static ssize_t receive(struct stand *s, int wait_ms)
{
	struct pollfd p = { .fd = s->client, .events = POLLIN };

	return poll(&p, 1, wait_ms) > 0 ? recv(s->client, got, sizeof(got), 0) : -1;
}

/* The rcode; the answer stands in `got` and *m. */
static int ask(struct stand *s, const char *name, unsigned type, struct dns_message *m)
{
	static unsigned id = 100;
	static struct build b;
	ssize_t n;

	put_head(&b, ++id, 0x0100, name, type);
	send_octets(s, b.b, b.n);
	n = receive(s, 3000);
	assert_true(n > 0);
	assert_int_equal(dns_message_parse(m, got, (size_t)n), 0);
	assert_int_equal(m->id, id);
	return m->rcode;
}

static bool knows(struct stand *s, const char *name, uint8_t last)
{
	struct ip client = { 4, { 127, 0, 0, 1 } }, address = { 4, { 192, 0, 2, last } };

	return learned_knows(s->learned, &client, &address, sv_of(name), clock_mono_us());
}

static void take_counts(struct stand *s)
{
	dns_server_count(s->server, &s->counts);
}

static struct dns_server_counts counts(struct stand *s)
{
	on_loop(s, take_counts);
	return s->counts;
}

/* ---- tests -------------------------------------------------------------------------------------- */

static void learned_before_the_answer_is_there(void **state UNUSED)
{
	struct ip client = { 4, { 127, 0, 0, 1 } }, address = { 4, { 192, 0, 2, 1 } };
	struct learned_name found;
	struct dns_message m;
	struct stand s;
	char name[32];

	stand_start(&s, rules);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "n%d.test", i);
		assert_int_equal(ask(&s, name, 1, &m), 0);
		assert_true(knows(&s, name, 1));        /* from another thread than the listener's */
	}
	ask(&s, "last.test", 1, &m);
	assert_int_equal(m.counts[0], 1);               /* not what the server said of another name */
	assert_false(knows(&s, "last.test", 99));
	learned_find(s.learned, &client, &address, &found, 1, clock_mono_us());
	assert_string_equal(found.text, "last.test");
	assert_in_range(found.left_s, 399, 400);        /* the TTL that was told, and the grace */
	stand_end(&s);
}

static void refused_names_teach_nothing(void **state UNUSED)
{
	struct dns_message m;
	struct stand s;

	stand_start(&s, rules);
	assert_int_equal(ask(&s, "one.example", 1, &m), DNS_RCODE_NXDOMAIN);
	assert_false(knows(&s, "one.example", 1));
	assert_int_equal(ask(&s, "two.example", 1, &m), 0);     /* one of its addresses lies in a rule */
	assert_int_equal(m.counts[0], 1);
	assert_true(knows(&s, "two.example", 65));
	assert_false(knows(&s, "two.example", 1));
	assert_int_equal(ask(&s, "two.example", 28, &m), DNS_RCODE_NXDOMAIN);
	assert_int_equal(ask(&s, "no.example", 1, &m), DNS_RCODE_NXDOMAIN);
	assert_int_equal(ask(&s, "no.test", 1, &m), DNS_RCODE_NXDOMAIN);
	assert_int_equal(m.counts[DNS_AUTHORITY], 1);   /* that one is the server's word, with its SOA */
	stand_end(&s);
}

static void use_names_only(struct stand *s)
{
	s->cfg.policy = DNS_POLICY_NAMES;
	s->cfg.deny_by_refused = true;
	dns_server_configure(s->server, &s->cfg, s->bed.policy, 2);
}

static void a_denied_name_is_not_asked_for(void **state UNUSED)
{
	struct dns_message m;
	struct stand s;

	stand_start(&s, rules);
	on_loop(&s, use_names_only);
	assert_int_equal(ask(&s, "two.example", 1, &m), DNS_RCODE_REFUSED);
	assert_int_equal(s.asked, 0);
	assert_int_equal(ask(&s, "two.test", 1, &m), 0);
	assert_int_equal(ask(&s, "two.test", 1, &m), 0);
	assert_int_equal(s.asked, 1);
	assert_int_equal(counts(&s).denied, 1);
	assert_int_equal(counts(&s).allowed, 2);
	stand_end(&s);
}

static void rubbish_is_counted(void **state UNUSED)
{
	static struct build b;
	static const uint8_t big[5000];
	struct dns_message m;
	struct stand s;

	stand_start(&s, rules);
	send_octets(&s, "short", 5);
	send_octets(&s, big, sizeof(big));
	put_head(&b, 1, 0x8100, "a.test", 1);
	send_octets(&s, b.b, b.n);
	assert_true(receive(&s, 200) < 0);
	put_head(&b, 1, 0x2100, "a.test", 1);
	send_octets(&s, b.b, b.n);
	assert_int_equal(receive(&s, 2000), 12);
	put_head(&b, 1, 0x0100, "a.test", 1);
	send_octets(&s, b.b, b.n - 1);
	assert_int_equal(receive(&s, 2000), 12);
	ask(&s, "a.test", 1, &m);
	assert_int_equal(counts(&s).malformed, 2);
	assert_int_equal(counts(&s).oversized, 1);
	assert_int_equal(counts(&s).responses, 1);
	assert_int_equal(counts(&s).unsupported, 1);
	assert_int_equal(counts(&s).questions, 1);
	stand_end(&s);
}

/* Every prefix of a good question, and every octet of it changed: no crash, and it goes on. */
static void mangled_questions(void **state UNUSED)
{
	static struct build b;
	struct dns_message m;
	struct stand s;

	stand_start(&s, rules);
	put_head(&b, 1, 0x0100, "a.test", 1);
	put_rr(&b, 2, "", 41, 0, "\0\3\0\1x", 5);
	for (size_t n = 0; n < b.n; n++)
		send_octets(&s, b.b, n);
	for (size_t i = 0; i < b.n; i++) {
		for (unsigned flip = 1; flip < 256; flip *= 2) {
			b.b[i] ^= (uint8_t)flip;
			send_octets(&s, b.b, b.n);
			b.b[i] ^= (uint8_t)flip;
		}
		while (receive(&s, 1) >= 0)
			;
	}
	while (receive(&s, 600) >= 0)
		;
	assert_int_equal(ask(&s, "again.test", 1, &m), 0);
	stand_end(&s);
}

static void drop_listener(struct stand *s)
{
	dns_server_remove(s->server, s->udp);
}

static void a_listener_may_go_while_questions_wait(void **state UNUSED)
{
	static struct build b;
	struct stand s;

	stand_start(&s, rules);
	for (unsigned i = 0; i < 20; i++) {
		put_head(&b, i, 0x0100, i % 2 ? "quiet1.test" : "quiet2.test", 1);
		send_octets(&s, b.b, b.n);
	}
	while (counts(&s).in_flight < 20)
		assert_true(receive(&s, 1) < 0);
	on_loop(&s, drop_listener);
	assert_int_equal(counts(&s).in_flight, 0);
	assert_true(receive(&s, 600) < 0);
	stand_end(&s);
}

static void forget_policy(struct stand *s)
{
	struct bed next;

	bed_policy(&next, "collection c { priority 200; action allow; rule r { from 127.0.0.1; to a.test https:443; } }\n");
	dns_server_configure(s->server, &s->cfg, next.policy, 2);
	bed_end(&s->bed);
	s->bed = next;
}

static void a_question_outlives_the_policy_that_let_it_pass(void **state UNUSED)
{
	static struct build b;
	struct dns_message m;
	struct stand s;

	stand_start(&s, rules);
	put_head(&b, 7, 0x0100, "quiet.test", 1);
	send_octets(&s, b.b, b.n);
	while (counts(&s).in_flight < 1)
		assert_true(receive(&s, 1) < 0);
	on_loop(&s, forget_policy);
	assert_true(receive(&s, 3000) > 0);             /* SERVFAIL, when the resolver gives up */
	assert_int_equal(got[3] & 15, DNS_RCODE_SERVFAIL);
	assert_int_equal(ask(&s, "b.test", 1, &m), DNS_RCODE_NXDOMAIN);
	stand_end(&s);
}

static int dial(struct stand *s)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(s->port),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void streams_come_and_go(void **state UNUSED)
{
	static struct build b;
	uint8_t length[2];
	struct stand s;

	stand_start(&s, rules);
	for (int i = 0; i < 50; i++) {
		int fd = dial(&s);

		put_head(&b, 7, 0x0100, i % 3 ? "quiet.test" : "a.test", 1);
		length[0] = (uint8_t)(b.n >> 8);
		length[1] = (uint8_t)b.n;
		assert_int_equal(send(fd, length, 2, 0), 2);
		assert_int_equal(send(fd, b.b, b.n - (i % 5 == 0), 0), b.n - (i % 5 == 0));
		if (i % 3 == 0 && i % 5)
			assert_true(recv(fd, got, sizeof(got), 0) > 2);
		close(fd);
	}
	for (int i = 0; i < 200 && (counts(&s).connections || counts(&s).in_flight); i++)
		receive(&s, 10);
	assert_int_equal(counts(&s).connections, 0);
	assert_int_equal(counts(&s).in_flight, 0);
	stand_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(learned_before_the_answer_is_there),
		cmocka_unit_test(refused_names_teach_nothing),
		cmocka_unit_test(a_denied_name_is_not_asked_for),
		cmocka_unit_test(rubbish_is_counted),
		cmocka_unit_test(mangled_questions),
		cmocka_unit_test(a_listener_may_go_while_questions_wait),
		cmocka_unit_test(a_question_outlives_the_policy_that_let_it_pass),
		cmocka_unit_test(streams_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
