/* guard_test -- every row by its edges, and IPv4 addresses in IPv6 clothes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/guard.h"

#define UNUSED __attribute__((unused))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define PUBLIC   GUARD_CLASS_PUBLIC
#define PLATFORM GUARD_CLASS_PLATFORM
#define NEVER    GUARD_CLASS_NEVER
#define LOOPBACK GUARD_CLASS_LOOPBACK
#define PRIVATE  GUARD_CLASS_PRIVATE

/* A range by its first and last address; what stands right before and right behind it. */
static const struct {
	const char *prefix, *before, *first, *last, *after;
	enum guard_class class, before_class, after_class;
} ranges[] = {
	{ "0.0.0.0/8", NULL, "0.0.0.0", "0.255.255.255", "1.0.0.0", NEVER, PUBLIC, PUBLIC },
	{ "10.0.0.0/8", "9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0", PRIVATE, PUBLIC, PUBLIC },
	{ "100.64.0.0/10", "100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0", PRIVATE, PUBLIC, PUBLIC },
	{ "127.0.0.0/8", "126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0", LOOPBACK, PUBLIC, PUBLIC },
	{ "168.63.129.16/32", "168.63.129.15", "168.63.129.16", "168.63.129.16", "168.63.129.17", PLATFORM, PUBLIC, PUBLIC },
	{ "169.254.0.0/16", "169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0", PRIVATE, PUBLIC, PUBLIC },
	{ "169.254.169.254/32", "169.254.169.253", "169.254.169.254", "169.254.169.254", "169.254.169.255", PLATFORM, PRIVATE, PRIVATE },
	{ "172.16.0.0/12", "172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0", PRIVATE, PUBLIC, PUBLIC },
	{ "192.0.0.0/24", "191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0", PRIVATE, PUBLIC, PUBLIC },
	{ "192.0.2.0/24", "192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0", PRIVATE, PUBLIC, PUBLIC },
	{ "192.88.99.0/24", "192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0", PRIVATE, PUBLIC, PUBLIC },
	{ "192.168.0.0/16", "192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0", PRIVATE, PUBLIC, PUBLIC },
	{ "198.18.0.0/15", "198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0", PRIVATE, PUBLIC, PUBLIC },
	{ "198.51.100.0/24", "198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0", PRIVATE, PUBLIC, PUBLIC },
	{ "203.0.113.0/24", "203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0", PRIVATE, PUBLIC, PUBLIC },
	{ "224.0.0.0/4", "223.255.255.255", "224.0.0.0", "239.255.255.255", "240.0.0.0", NEVER, PUBLIC, PRIVATE },
	{ "240.0.0.0/4", "239.255.255.255", "240.0.0.0", "255.255.255.254", "255.255.255.255", PRIVATE, NEVER, NEVER },
	{ "255.255.255.255/32", "255.255.255.254", "255.255.255.255", "255.255.255.255", NULL, NEVER, PRIVATE, PUBLIC },

	{ "::/3", NULL, "1::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::", PRIVATE, PUBLIC, PUBLIC },
	{ "4000::/2", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "4000::", "7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "8000::", PRIVATE, PUBLIC, PRIVATE },
	{ "8000::/1", "7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "8000::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ff00::", PRIVATE, PRIVATE, NEVER },
	{ "::/128", NULL, "::", "::", "::1", NEVER, PUBLIC, LOOPBACK },
	{ "::1/128", "::", "::1", "::1", "::2", LOOPBACK, NEVER, NEVER },     /* ::2 hides 0.0.0.2 */
	{ "::/96", NULL, "::1.0.0.0", "::223.255.255.255", "::1:0:0", PRIVATE, PUBLIC, PRIVATE },
	{ "::ffff:0:0/96", "::fffe:ffff:ffff", "::ffff:1.0.0.0", "::ffff:223.255.255.255", "::1:0:0:0", PUBLIC, PRIVATE, PRIVATE },
	{ "::ffff:0:0:0/96", "::fffe:ffff:1.0.0.0", "::ffff:0:1.0.0.0", "::ffff:0:223.255.255.255", "::ffff:1:0:0", PRIVATE, PRIVATE, PRIVATE },
	{ "64:ff9b::/96", "64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", "64:ff9b::1.0.0.0", "64:ff9b::223.255.255.255", "64:ff9b::1:0:0", PUBLIC, PRIVATE, PRIVATE },
	{ "64:ff9b:1::/48", "64:ff9b:0:ffff:ffff:ffff:ffff:ffff", "64:ff9b:1::1.0.0.0", "64:ff9b:1:0:0:0:223.255.255.255", "64:ff9b:2::", PRIVATE, PRIVATE, PRIVATE },
	{ "100::/64", "ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "100::", "100::ffff:ffff:ffff:ffff", "100:0:0:1::", PRIVATE, PRIVATE, PRIVATE },
	{ "100:0:0:1::/64", "100::ffff:ffff:ffff:ffff", "100:0:0:1::", "100::1:ffff:ffff:ffff:ffff", "100:0:0:2::", PRIVATE, PRIVATE, PRIVATE },
	{ "2001::/23", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:1::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::", PRIVATE, PUBLIC, PUBLIC },
	{ "2001::/32", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001::2000:0", "2001:0:ffff:ffff:ffff:ffff:feff:ffff", "2001:1::", PUBLIC, PUBLIC, PRIVATE },
	{ "2001:2::/48", "2001:1:ffff:ffff:ffff:ffff:ffff:ffff", "2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "2001:2:1::", PRIVATE, PRIVATE, PRIVATE },
	{ "2001:10::/28", "2001:f:ffff::", "2001:10::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:20::", PRIVATE, PRIVATE, PRIVATE },
	{ "2001:20::/28", "2001:1f:ffff::", "2001:20::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:30::", PRIVATE, PRIVATE, PRIVATE },
	{ "2001:30::/28", "2001:2f:ffff::", "2001:30::", "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:40::", PRIVATE, PRIVATE, PRIVATE },
	{ "2001:db8::/32", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::", PRIVATE, PUBLIC, PUBLIC },
	{ "2002::/16", "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2002:100::", "2002:dfff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::", PUBLIC, PUBLIC, PUBLIC },
	{ "3fff::/20", "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::", PRIVATE, PUBLIC, PUBLIC },
	{ "5f00::/16", "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "5f01::", PRIVATE, PRIVATE, PRIVATE },
	{ "fc00::/7", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe00::", PRIVATE, PRIVATE, PRIVATE },
	{ "fe80::/10", "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fec0::", PRIVATE, PRIVATE, PRIVATE },
	{ "fec0::/10", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ff00::", PRIVATE, PRIVATE, NEVER },
	{ "ff00::/8", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, NEVER, PRIVATE, PUBLIC },
};

static void expect(const char *text, enum guard_class class)
{
	struct ip ip;

	if (!text)
		return;
	assert_true(ip_parse(&ip, sv_of(text)));
	if (guard_classify(&ip) != class)
		fail_msg("%s: class %d, expected %d", text, guard_classify(&ip), class);
}

static void every_range_by_its_edges(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(ranges); i++) {
		expect(ranges[i].before, ranges[i].before_class);
		expect(ranges[i].first, ranges[i].class);
		expect(ranges[i].last, ranges[i].class);
		expect(ranges[i].after, ranges[i].after_class);
	}
}

/* Each row is canonical, stands once, cites something, and has its line in the table above. */
static void every_row_is_tested(void **state UNUSED)
{
	size_t n;
	const struct guard_row *rows = guard_rows(&n);

	for (size_t i = 0; i < n; i++) {
		struct prefix p;
		size_t seen = 0;

		assert_int_equal(prefix_parse(&p, sv_of(rows[i].prefix)), PREFIX_OK);
		assert_true(strlen(rows[i].registry) > 5);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(rows[i].prefix, rows[j].prefix);
		for (size_t j = 0; j < COUNT(ranges); j++)
			if (strcmp(ranges[j].prefix, rows[i].prefix) == 0) {
				assert_int_equal(ranges[j].class, rows[i].class);
				seen++;
			}
		assert_int_equal(seen, 1);
	}
	assert_int_equal(n, COUNT(ranges));
}

static const struct {
	const char *ip, *inner;
	enum guard_class class;
} hidden[] = {
	{ "::ffff:20.1.2.3", "20.1.2.3", PUBLIC },
	{ "::ffff:10.0.0.1", "10.0.0.1", PRIVATE },
	{ "::ffff:127.0.0.1", "127.0.0.1", LOOPBACK },
	{ "::ffff:169.254.169.254", "169.254.169.254", PLATFORM },
	{ "::ffff:168.63.129.16", "168.63.129.16", PLATFORM },
	{ "::ffff:0.0.0.0", "0.0.0.0", NEVER },
	{ "::ffff:224.0.0.1", "224.0.0.1", NEVER },
	{ "::ffff:0:20.1.2.3", "20.1.2.3", PRIVATE },
	{ "::ffff:0:127.0.0.1", "127.0.0.1", LOOPBACK },
	{ "64:ff9b::20.1.2.3", "20.1.2.3", PUBLIC },
	{ "64:ff9b::10.0.0.1", "10.0.0.1", PRIVATE },
	{ "64:ff9b::127.0.0.1", "127.0.0.1", LOOPBACK },
	{ "64:ff9b::169.254.169.254", "169.254.169.254", PLATFORM },
	{ "64:ff9b::255.255.255.255", "255.255.255.255", NEVER },
	{ "2002:1401:203::1", "20.1.2.3", PUBLIC },
	{ "2002:a00:1::1", "10.0.0.1", PRIVATE },
	{ "2002:7f00:1::", "127.0.0.1", LOOPBACK },
	{ "2002:a9fe:a9fe::1", "169.254.169.254", PLATFORM },
	{ "2002:a83f:8110::1", "168.63.129.16", PLATFORM },
	{ "2002::1", "0.0.0.0", NEVER },
	{ "2001:0:4136:e378:8000:63bf:ebfe:fdfc", "20.1.2.3", PUBLIC },
	{ "2001:0:4136:e378:8000:63bf:f5ff:fffe", "10.0.0.1", PRIVATE },
	{ "2001:0:4136:e378:8000:63bf:80ff:fffe", "127.0.0.1", LOOPBACK },
	{ "2001:0:4136:e378:8000:63bf:5601:5601", "169.254.169.254", PLATFORM },
	{ "::20.1.2.3", "20.1.2.3", PRIVATE },
	{ "::10.0.0.1", "10.0.0.1", PRIVATE },
	{ "::127.0.0.1", "127.0.0.1", LOOPBACK },
	{ "::169.254.169.254", "169.254.169.254", PLATFORM },
	/* local-use NAT64: /96, /64, /56 and /48 of RFC 6052 section 2.2 */
	{ "64:ff9b:1::20.1.2.3", "20.1.2.3", PRIVATE },
	{ "64:ff9b:1:fffe::20.1.2.3", "20.1.2.3", PRIVATE },
	{ "64:ff9b:1:fffe::127.0.0.1", "127.0.0.1", LOOPBACK },
	{ "64:ff9b:1::169.254.169.254", "169.254.169.254", PLATFORM },
	{ "64:ff9b:1:5:a9:fea9:fe00:0", "169.254.169.254", PLATFORM },
	{ "64:ff9b:1:5:14:102:300:0", "20.1.2.3", PRIVATE },
	{ "64:ff9b:1:5a9:fe:a9fe::", "169.254.169.254", PLATFORM },
	{ "64:ff9b:1:a9fe:a9:fe00::", "169.254.169.254", PLATFORM },
	{ "64:ff9b:1:7f00:0:100::", "127.0.0.1", LOOPBACK },
	{ "64:ff9b:1:1401:2:300::", "20.1.2.3", PRIVATE },
	{ "64:ff9b:1::", "0.0.0.0", NEVER },
	/* nothing inside */
	{ "::", "", NEVER },
	{ "::1", "", LOOPBACK },
	{ "2606:4700::7f00:1", "", PUBLIC },
	{ "64:ff9b:2::127.0.0.1", "", PRIVATE },
	{ "20.1.2.3", "", PUBLIC },
	{ "127.0.0.1", "", LOOPBACK },
};

static void what_hides_inside(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(hidden); i++) {
		struct ip ip, inner;
		char text[IP_TEXT_MAX];

		assert_true(ip_parse(&ip, sv_of(hidden[i].ip)));
		inner = guard_inner(&ip);
		ip_format(&inner, text);
		if (strcmp(text, hidden[i].inner) != 0)
			fail_msg("%s: holds \"%s\", expected \"%s\"", hidden[i].ip, text, hidden[i].inner);
		expect(hidden[i].ip, hidden[i].class);
	}
}

static void the_internet_is_public(void **state UNUSED)
{
	static const char *const texts[] = {
		"1.1.1.1", "8.8.8.8", "20.118.99.224", "13.107.42.14", "168.63.129.15", "223.255.255.255",
		"2603:1030::1", "2001:4860:4860::8888", "2a01:111::1", "2620:4f:8000::1",
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		expect(texts[i], PUBLIC);
	assert_int_equal(guard_classify(&(struct ip){ 0 }), NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_range_by_its_edges),
		cmocka_unit_test(every_row_is_tested),
		cmocka_unit_test(what_hides_inside),
		cmocka_unit_test(the_internet_is_public),
	};

	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
