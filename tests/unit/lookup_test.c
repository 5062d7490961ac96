/* What messages say, read into a gist and taken from it: addresses, chains, "no", and what is not to be believed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "dns/lookup.h"
#include "dns_build.h"
#include "dns_help.h"

#include <stdio.h>
#include <stdlib.h>

#define UNUSED __attribute__((unused))

enum { RESPONSE = 0x8180, TRUNCATED = 0x0200, NXDOMAIN = 3, SERVFAIL = 2 };

static const struct resolver_config cfg = { .ttl_floor_s = 5, .ttl_ceiling_s = 1000, .negative_ceiling_s = 60,
					    .failure_s = 1 };
static const struct dns_kind kind_a = { DNS_TYPE_A, false }, kind_aaaa = { DNS_TYPE_AAAA, false };

static struct build m;
static struct gist g;
static struct lookup l;

static void begin(const char *name, struct dns_kind kind)
{
	const struct dns_name asked = name_of(name);

	lookup_init(&l, &asked, kind);
}

/* As the cache gives it: octets of their own, and nothing behind them. */
static enum lookup_step take(void)
{
	uint8_t *exact = malloc(g.n);
	enum lookup_step step;

	assert_non_null(exact);
	memcpy(exact, g.bytes, g.n);
	step = lookup_take(&l, exact, g.n);
	free(exact);
	return step;
}

/* The message in `m`, an answer to what `l` asks now. */
static enum lookup_step read_and_take(void)
{
	struct dns_message parsed;

	assert_int_equal(dns_message_parse(&parsed, m.b, m.n), 0);
	gist_read(&g, &parsed, &l.name, l.kind, &cfg);
	assert_true(g.n >= GIST_HEAD && g.n <= GIST_MAX);
	return take();
}

static void assert_address(size_t i, const char *text)
{
	struct ip want;

	assert_true(ip_parse(&want, sv_of(text)));
	assert_true(i < l.n);
	assert_true(ip_eq(&l.addresses[i], &want));
}

static void assert_chain(const char *text)
{
	assert_true(sv_eq((struct sv){ l.chain, l.n_chain }, sv_of(text)));
}

static void addresses(void **state UNUSED)
{
	begin("a.test", kind_a);
	put_head(&m, 1, RESPONSE, "a.test", DNS_TYPE_A);
	put_rr_a(&m, "a.test", 300, "192.0.2.1");
	put_rr_a(&m, "a.test", 200, "192.0.2.2");
	assert_int_equal(read_and_take(), LOOKUP_DONE);
	assert_int_equal(l.status, DNS_OK);
	assert_int_equal(l.n, 2);
	assert_address(0, "192.0.2.1");
	assert_address(1, "192.0.2.2");
	assert_chain("");
	assert_int_equal(g.ttl_s, 200);
	assert_int_equal(g.n, GIST_HEAD + 2 * 4);

	begin("a.test", kind_aaaa);
	put_head(&m, 1, RESPONSE, "a.test", DNS_TYPE_AAAA);
	put_rr_aaaa(&m, "a.test", 1, "2001:db8::1");
	assert_int_equal(read_and_take(), LOOKUP_DONE);
	assert_int_equal(l.n, 1);
	assert_address(0, "2001:db8::1");
	assert_int_equal(g.ttl_s, cfg.ttl_floor_s);
}

static void most_addresses(void **state UNUSED)
{
	char text[IP_TEXT_MAX];

	begin("a.test", kind_aaaa);
	put_head(&m, 1, RESPONSE, "a.test", DNS_TYPE_AAAA);
	for (unsigned i = 1; i <= DNS_ADDRESSES_MAX + 8; i++) {
		snprintf(text, sizeof(text), "2001:db8::%x", i);
		put_rr_aaaa(&m, "a.test", 100000, text);
	}
	assert_int_equal(read_and_take(), LOOKUP_DONE);
	assert_int_equal(l.n, DNS_ADDRESSES_MAX);
	for (unsigned i = 1; i <= DNS_ADDRESSES_MAX; i++) {
		snprintf(text, sizeof(text), "2001:db8::%x", i);
		assert_address(i - 1, text);
	}
	assert_int_equal(g.ttl_s, cfg.ttl_ceiling_s);
}

static void chain_within_a_message(void **state UNUSED)
{
	begin("a.test", kind_a);
	put_head(&m, 1, RESPONSE, "a.test", DNS_TYPE_A);
	put_rr_cname(&m, "a.test", 100, "one.test");
	put_rr_cname(&m, "one.test", 50, "Two.test");
	put_rr_a(&m, "two.test", 300, "192.0.2.1");
	assert_int_equal(read_and_take(), LOOKUP_DONE);
	assert_address(0, "192.0.2.1");
	assert_chain("one.test two.test");
	assert_int_equal(l.links, 2);
	assert_int_equal(g.ttl_s, 50);
}

static void chain_over_messages(void **state UNUSED)
{
	const struct dns_name end = name_of("two.test");

	begin("a.test", kind_a);
	put_head(&m, 1, RESPONSE, "a.test", DNS_TYPE_A);
	put_rr_cname(&m, "a.test", 100, "one.test");
	put_rr_cname(&m, "one.test", 5000, "two.test");
	assert_int_equal(read_and_take(), LOOKUP_FOLLOW);
	assert_true(dns_name_eq(&l.name, &end));
	assert_int_equal(l.n, 0);
	assert_int_equal(g.ttl_s, 100);
	put_head(&m, 1, RESPONSE, "two.test", DNS_TYPE_A);
	put_rr_cname(&m, "two.test", 100, "three.test");
	put_rr_a(&m, "three.test", 300, "192.0.2.3");
	assert_int_equal(read_and_take(), LOOKUP_DONE);
	assert_address(0, "192.0.2.3");
	assert_chain("one.test two.test three.test");
	assert_int_equal(l.links, 3);
}

/* Sixteen targets of the greatest length: the gist holds them all, the text for the log says that it does not. */
static void longest_chain(void **state UNUSED)
{
	char names[DNS_LINKS_MAX + 1][DNS_TEXT_MAX];
	struct dns_name end;

	for (unsigned i = 0; i <= DNS_LINKS_MAX; i++) {
		memset(names[i], 'a' + (int)i, DNS_TEXT_MAX - 1);
		names[i][63] = names[i][127] = names[i][191] = '.';
		names[i][DNS_TEXT_MAX - 1] = '\0';
	}
	begin(names[0], kind_a);
	put_head(&m, 1, RESPONSE, names[0], DNS_TYPE_A);
	for (unsigned i = 0; i < DNS_LINKS_MAX; i++)
		put_rr_cname(&m, names[i], 100, names[i + 1]);
	end = name_of(names[DNS_LINKS_MAX]);
	assert_int_equal(read_and_take(), LOOKUP_FOLLOW);
	assert_true(dns_name_eq(&l.name, &end));
	assert_int_equal(l.n_chain, 253 + 1 + 253 + 4);         /* two of them, and " ..." */
	assert_memory_equal(l.chain + l.n_chain - 4, " ...", 4);
	assert_memory_equal(l.chain, names[1], DNS_TEXT_MAX - 1);
	assert_int_equal(take(), LOOKUP_BAD);           /* as many again are too many */
	assert_int_equal(l.links, DNS_LINKS_MAX);
}

static void too_many_follow_ups(void **state UNUSED)
{
	char name[32], next[32];
	unsigned i;

	begin("n0.test", kind_a);
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "n%u.test", i);
		snprintf(next, sizeof(next), "n%u.test", i + 1);
		put_head(&m, 1, RESPONSE, name, DNS_TYPE_A);
		put_rr_cname(&m, name, 100, next);
		if (read_and_take() != LOOKUP_FOLLOW)
			break;
	}
	assert_int_equal(i, RESOLVER_PARTS_MAX - 1);
	assert_int_equal(take(), LOOKUP_BAD);
	assert_int_equal(l.follow_ups, i);              /* nothing changed */
	assert_int_equal(l.links, i);
}

static void negative(void **state UNUSED)
{
	begin("a.test", kind_a);
	put_head(&m, 1, RESPONSE | NXDOMAIN, "a.test", DNS_TYPE_A);
	put_rr_cname(&m, "a.test", 30, "one.test");
	put_rr_soa(&m, "test", 300, 20);
	assert_int_equal(read_and_take(), LOOKUP_DONE);
	assert_int_equal(l.status, DNS_NXDOMAIN);
	assert_int_equal(l.rcode, NXDOMAIN);
	assert_int_equal(l.n, 0);
	assert_chain("one.test");
	assert_int_equal(g.ttl_s, 20);

	begin("a.test", kind_a);
	put_head(&m, 1, RESPONSE, "a.test", DNS_TYPE_A);
	put_rr_soa(&m, "test", 300, 200);
	assert_int_equal(read_and_take(), LOOKUP_DONE);
	assert_int_equal(l.status, DNS_NO_DATA);
	assert_int_equal(g.ttl_s, cfg.negative_ceiling_s);

	begin("a.test", kind_a);
	put_head(&m, 1, RESPONSE, "a.test", DNS_TYPE_A);
	put_rr_cname(&m, "a.test", 30, "one.test");
	put_rr_soa(&m, "test", 300, 200);               /* the chain's end has none: not to be asked for */
	assert_int_equal(read_and_take(), LOOKUP_DONE);
	assert_int_equal(l.status, DNS_NO_DATA);
	assert_chain("one.test");
}

static void not_to_be_believed(void **state UNUSED)
{
	begin("a.test", kind_a);
	l.rcode = 9;
	put_head(&m, 1, RESPONSE | TRUNCATED, "a.test", DNS_TYPE_A);
	put_rr_a(&m, "a.test", 300, "192.0.2.1");
	assert_int_equal(read_and_take(), LOOKUP_BAD);
	put_head(&m, 1, RESPONSE, "a.test", DNS_TYPE_A);
	put_rr_cname(&m, "a.test", 300, "b.test");
	put_rr_cname(&m, "b.test", 300, "a.test");
	assert_int_equal(read_and_take(), LOOKUP_BAD);
	assert_int_equal(l.rcode, 9);
	put_head(&m, 1, RESPONSE | SERVFAIL, "a.test", DNS_TYPE_A);
	assert_int_equal(read_and_take(), LOOKUP_FAILED);
	assert_int_equal(l.rcode, SERVFAIL);
	assert_int_equal(l.n + l.n_chain + l.links, 0);
	assert_int_equal(g.ttl_s, 0);
}

/* Other types, and addresses with DNSSEC: aliases are not followed. */
static void taken_whole(void **state UNUSED)
{
	static const struct dns_kind kinds[] = { { 65, false }, { DNS_TYPE_A, true } };

	for (size_t i = 0; i < 2; i++) {
		begin("a.test", kinds[i]);
		put_head(&m, 1, RESPONSE, "a.test", kinds[i].type);
		put_rr_cname(&m, "a.test", 30, "one.test");
		assert_int_equal(read_and_take(), LOOKUP_DONE);
		assert_int_equal(l.status, DNS_OK);
		assert_int_equal(l.n + l.n_chain + l.links, 0);
		assert_int_equal(g.ttl_s, 30);
		assert_int_equal(g.n, GIST_HEAD);
		put_head(&m, 1, RESPONSE | NXDOMAIN, "a.test", kinds[i].type);
		put_rr_soa(&m, "test", 300, 20);
		assert_int_equal(read_and_take(), LOOKUP_DONE);
		assert_int_equal(l.status, DNS_NXDOMAIN);
		assert_int_equal(g.ttl_s, 20);
		put_head(&m, 1, RESPONSE | TRUNCATED, "a.test", kinds[i].type);
		assert_int_equal(read_and_take(), LOOKUP_BAD);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(most_addresses),
		cmocka_unit_test(chain_within_a_message),
		cmocka_unit_test(chain_over_messages),
		cmocka_unit_test(longest_chain),
		cmocka_unit_test(too_many_follow_ups),
		cmocka_unit_test(negative),
		cmocka_unit_test(not_to_be_believed),
		cmocka_unit_test(taken_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
