/* ports_test -- lists of PROTO:PORT: what they open, and what is said about bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/ports.h"

#include <stdio.h>

#define UNUSED __attribute__((unused))
#define T(lit)   { (lit), sizeof(lit) - 1 }     /* SV() for static tables */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int setup(void **state)
{
	*state = arena_create();
	return 0;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

/* The set as text, every part with its protocol and both ends. */
static void write_out(const struct port_set *s, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < s->n; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s:%u-%u", i ? " " : "",
				      proto_name((enum proto)s->ranges[i].proto), s->ranges[i].lo,
				      s->ranges[i].hi);
}

static const struct {
	const char *text, *ranges;
} good[] = {
	{ "https:443", "https:443-443" },
	{ "http:80,8080", "http:80-80 http:8080-8080" },
	{ "tcp:1024-2048", "tcp:1024-2048" },
	{ "tcp:any", "tcp:1-65535" },
	{ "udp:123", "udp:123-123" },
	{ "https:443,tcp:3260", "https:443-443 tcp:3260-3260" },
	{ "tcp:3260,https:443,8443", "tcp:3260-3260 https:443-443 https:8443-8443" },
	{ "tcp:1,65535", "tcp:1-1 tcp:65535-65535" },
	{ "tcp:5-5", "tcp:5-5" },
	{ "tcp:443,https:443", "tcp:443-443 https:443-443" },
	{ "tcp:any,udp:any", "tcp:1-65535 udp:1-65535" },
};

static void good_lists(void **state)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		struct port_set s;
		struct sv why;
		char text[256];

		assert_true(ports_parse(&s, sv_of(good[i].text), *state, &why));
		write_out(&s, text, sizeof(text));
		assert_string_equal(text, good[i].ranges);
		assert_true(ports_looks_like(sv_of(good[i].text)));
	}
}

static const struct {
	struct sv text;
	const char *why;        /* a part of the sentence */
} bad[] = {
	{ T(""), "empty port" },
	{ T("https"), "write \"https:443\"" },
	{ T("443"), "has no protocol" },
	{ T("443,https:80"), "has no protocol" },
	{ T("https:"), "bad port" },
	{ T(":443"), "unknown protocol" },
	{ T("htps:443"), "did you mean \"https\"?" },
	{ T("HTTPS:443"), "did you mean \"https\"?" },
	{ T("tpc:443"), "did you mean \"tcp\"?" },
	{ T("sctp:443"), "unknown protocol" },
	{ T("icmp:8"), "expected https, http, tcp or udp" },
	{ T("tcp:0"), "1 to 65535" },
	{ T("tcp:65536"), "1 to 65535" },
	{ T("tcp:4294967739"), "1 to 65535" },
	{ T("tcp:000443"), "1 to 65535" },
	{ T("tcp:+443"), "1 to 65535" },
	{ T("tcp:4 43"), "1 to 65535" },
	{ T("tcp:0x1bb"), "1 to 65535" },
	{ T("tcp:443\0"), "1 to 65535" },
	{ T("tcp:-443"), "1 to 65535" },
	{ T("tcp:443-"), "1 to 65535" },
	{ T("tcp:1-2-3"), "1 to 65535" },
	{ T("tcp:ANY"), "any" },
	{ T("tcp:2048-1024"), "did you mean \"1024-2048\"?" },
	{ T("tcp:443,"), "empty port" },
	{ T(",tcp:443"), "empty port" },
	{ T("tcp:443,,80"), "empty port" },
	{ T("tcp:443,443"), "repeats" },
	{ T("tcp:1-100,50"), "repeats" },
	{ T("tcp:50,1-100"), "repeats" },
	{ T("tcp:1-100,100-200"), "repeats" },
	{ T("https:443,tcp:80,https:443"), "repeats" },
	{ T("tcp:any,1"), "repeats" },
	{ T("https://a.example"), "URL" },
};

static void bad_lists(void **state)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct port_set s;
		struct sv why;

		assert_false(ports_parse(&s, bad[i].text, *state, &why));
		if (!why.n || !memmem(why.p, why.n, bad[i].why, strlen(bad[i].why)))
			fail_msg("%.*s: \"%.*s\" does not say \"%s\"", SV_ARG(bad[i].text),
				 SV_ARG(why), bad[i].why);
	}
}

static void a_list_has_an_end(void **state)
{
	char text[8 * 600] = "tcp:1";
	size_t n = strlen(text);
	struct port_set s;
	struct sv why;

	for (unsigned i = 2; i <= 512; i++)
		n += (size_t)sprintf(text + n, ",%u", i);
	assert_true(ports_parse(&s, sv_of(text), *state, &why));
	assert_int_equal(s.n, 512);
	strcat(text, ",999");
	assert_false(ports_parse(&s, sv_of(text), *state, &why));
}

static void what_looks_like_ports(void **state UNUSED)
{
	static const char *const no[] = {
		"example.com", "https", "example.com:443", "2001:db8::1", "::1", "tag:AzureBackup",
		"group:names", "service-tag:Storage", "identity:x", "fc00::/7", "*", "", ":", "any",
	};
	static const char *const yes[] = { "https:443", "udp:x", "htps:443", "Tcp:1", "http://x" };

	for (size_t i = 0; i < COUNT(no); i++)
		assert_false(ports_looks_like(sv_of(no[i])));
	for (size_t i = 0; i < COUNT(yes); i++)
		assert_true(ports_looks_like(sv_of(yes[i])));
}

static const struct {
	const char *set;
	unsigned asked;
	uint16_t port;
	unsigned found;
} matches[] = {
	{ "https:443", PROTO_HTTPS, 443, PROTO_HTTPS },
	{ "https:443", PROTO_HTTPS | PROTO_TCP, 443, PROTO_HTTPS },
	{ "https:443", PROTO_HTTP, 443, 0 },
	{ "https:443", PROTO_HTTPS, 444, 0 },
	{ "http:80", PROTO_HTTPS | PROTO_TCP, 80, 0 },
	{ "tcp:443,https:443", PROTO_HTTPS | PROTO_TCP, 443, PROTO_TCP },
	{ "https:443,tcp:443", PROTO_HTTPS | PROTO_TCP, 443, PROTO_HTTPS },
	{ "tcp:1024-2048", PROTO_TCP, 1023, 0 },
	{ "tcp:1024-2048", PROTO_TCP, 1024, PROTO_TCP },
	{ "tcp:1024-2048", PROTO_TCP, 2048, PROTO_TCP },
	{ "tcp:1024-2048", PROTO_TCP, 2049, 0 },
	{ "udp:any", PROTO_UDP, 1, PROTO_UDP },
	{ "udp:any", PROTO_UDP, 65535, PROTO_UDP },
	{ "udp:any", PROTO_UDP, 0, 0 },
	{ "udp:any", 0, 53, 0 },
};

static void the_first_match_counts(void **state)
{
	for (size_t i = 0; i < COUNT(matches); i++) {
		struct port_set s;
		struct sv why;

		assert_true(ports_parse(&s, sv_of(matches[i].set), *state, &why));
		assert_int_equal(ports_match(&s, matches[i].asked, matches[i].port), matches[i].found);
	}
}

static void protocol_words(void **state UNUSED)
{
	static const enum proto all[] = { PROTO_HTTPS, PROTO_HTTP, PROTO_TCP, PROTO_UDP };
	enum proto p;

	for (size_t i = 0; i < COUNT(all); i++) {
		assert_true(proto_parse(sv_of(proto_name(all[i])), &p));
		assert_int_equal(p, all[i]);
	}
	assert_false(proto_parse(SV("tls"), &p));
	assert_false(proto_parse(SV(""), &p));
	assert_false(proto_parse(SV("tcp\0"), &p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(good_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(a_list_has_an_end, setup, teardown),
		cmocka_unit_test(what_looks_like_ports),
		cmocka_unit_test_setup_teardown(the_first_match_counts, setup, teardown),
		cmocka_unit_test(protocol_words),
	};

	return cmocka_run_group_tests_name("ports", tests, NULL, NULL);
}
