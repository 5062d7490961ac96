/* netset_test -- sets and trees against a walk over all prefixes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/netset.h"

#include <stdio.h>

#define UNUSED __attribute__((unused))
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

static struct ip ip_of(const char *text)
{
	struct ip ip;

	assert_true(ip_parse(&ip, sv_of(text)));
	return ip;
}

static struct prefix prefix_of(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(&p, sv_of(text)), PREFIX_OK);
	return p;
}

static const struct netset *set_of(struct arena *a, const char *const *texts, size_t n)
{
	struct prefix p[16];

	for (size_t i = 0; i < n; i++)
		p[i] = prefix_of(texts[i]);
	return netset_build(a, p, n);
}

static void a_set_by_its_edges(void **state)
{
	static const char *const texts[] = {
		"10.1.0.0/24", "10.2.0.4", "192.168.0.0/16", "2001:db8::/33", "2001:db8:8000::/33", "::1",
	};
	static const char *const in[] = {
		"10.1.0.0", "10.1.0.255", "10.2.0.4", "192.168.0.0", "192.168.255.255", "2001:db8::",
		"2001:db8:7fff:ffff:ffff:ffff:ffff:ffff", "2001:db8:8000::",
		"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "::1",
	};
	static const char *const out[] = {
		"10.0.255.255", "10.1.1.0", "10.2.0.3", "10.2.0.5", "192.169.0.0", "255.255.255.255",
		"0.0.0.0", "::", "::2", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::",
		"::10.1.0.0", "a01::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	};
	const struct netset *s = set_of(*state, texts, COUNT(texts));

	for (size_t i = 0; i < COUNT(in); i++)
		assert_true(netset_has(s, &(struct ip[]){ ip_of(in[i]) }[0]));
	for (size_t i = 0; i < COUNT(out); i++)
		assert_false(netset_has(s, &(struct ip[]){ ip_of(out[i]) }[0]));
}

static const struct {
	const char *prefix;
	bool overlaps, covers;
} prefixes[] = {
	{ "10.0.0.0/8", true, true },           /* joined from its two halves */
	{ "10.0.0.0/9", true, true },
	{ "10.64.0.0/10", true, true },
	{ "10.127.255.255/32", true, true },
	{ "10.0.0.0/7", true, false },
	{ "0.0.0.0/0", true, false },
	{ "11.0.0.0/8", false, false },
	{ "9.255.255.255/32", false, false },
	{ "172.16.0.0/31", true, true },        /* two neighbours */
	{ "172.16.0.0/30", true, true },
	{ "172.16.0.0/29", true, false },
	{ "172.16.0.4/30", false, false },
	{ "2001:db8::/32", true, true },
	{ "2001:db8::/31", true, false },
	{ "::/0", true, false },
	{ "2001:dba::/32", false, false },
};

static void prefixes_against_a_set(void **state)
{
	static const char *const texts[] = {
		"10.128.0.0/9", "10.0.0.0/9", "10.5.0.0/16", "172.16.0.3", "172.16.0.1", "172.16.0.0",
		"172.16.0.2", "2001:db8::/32", "2001:db8:1::/48",
	};
	const struct netset *s = set_of(*state, texts, COUNT(texts));

	for (size_t i = 0; i < COUNT(prefixes); i++) {
		struct prefix p = prefix_of(prefixes[i].prefix);

		assert_int_equal(netset_overlaps(s, &p), prefixes[i].overlaps);
		assert_int_equal(netset_covers(s, &p), prefixes[i].covers);
	}
}

static void nothing_and_everything(void **state)
{
	static const char *const both[] = { "0.0.0.0/0", "::/0" }, *const one[] = { "0.0.0.0/0" };
	struct ip v4 = ip_of("255.255.255.255"), v6 = ip_of("::"), none = { 0 };
	struct prefix p = prefix_of("10.0.0.0/8"), all6 = prefix_of("::/0");
	const struct netset *empty = netset_build(*state, NULL, 0), *all = set_of(*state, both, 2),
			    *v4_only = set_of(*state, one, 1);

	assert_false(netset_has(NULL, &v4) || netset_has(empty, &v4) || netset_has(empty, &v6));
	assert_false(netset_overlaps(NULL, &p) || netset_overlaps(empty, &p));
	assert_false(netset_covers(NULL, &p) || netset_covers(empty, &p));
	assert_true(netset_has(all, &v4) && netset_has(all, &v6));
	assert_true(netset_covers(all, &p) && netset_covers(all, &all6));
	assert_true(netset_has(v4_only, &v4));
	assert_false(netset_has(v4_only, &v6) || netset_covers(v4_only, &all6));
	assert_false(netset_has(all, &none));
}

/* ---- against a walk over all -------------------------------------------------------------- */

static uint64_t seed;

static uint32_t random32(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) ^ (uint32_t)(seed >> 20);
}

/* Addresses that crowd into few places, so that prefixes nest and touch. */
static struct ip random_ip(void)
{
	struct ip ip = { .family = random32() % 2 ? 4 : 6 };
	unsigned width = ip.family == 4 ? 4 : 16;

	for (unsigned i = 0; i < width; i++)
		ip.b[i] = (uint8_t)(random32() % 3 ? random32() % 2 * 0xff : random32());
	return ip;
}

static struct prefix random_prefix(void)
{
	struct ip ip = random_ip();
	char text[IP_TEXT_MAX + 8];
	unsigned width = ip.family == 4 ? 32 : 128;
	struct prefix p;
	size_t n = ip_format(&ip, text);

	snprintf(text + n, sizeof(text) - n, "/%u", random32() % (width + 1));
	prefix_parse(&p, sv_of(text));          /* host bits are cleared for us */
	return p;
}

/* An address inside or right beside one of the prefixes, or just any. */
static struct ip random_near(const struct prefix *p, size_t n)
{
	struct ip ip = random_ip(), base;
	unsigned at;

	if (n == 0 || random32() % 4 == 0)
		return ip;
	p += random32() % n;
	base = p->addr;
	at = p->bits ? p->bits - 1 : 0;
	if (random32() % 2)             /* the sibling of the prefix */
		base.b[at / 8] ^= (uint8_t)(0x80u >> at % 8);
	return base;
}

static bool brute_has(const struct prefix *p, size_t n, const struct ip *ip)
{
	for (size_t i = 0; i < n; i++)
		if (prefix_contains(&p[i], ip))
			return true;
	return false;
}

/* Whether a prefix is covered: some prefix holds it, or both its halves are covered. */
static bool brute_covers(const struct prefix *p, size_t n, struct prefix want)
{
	struct prefix half = want;
	bool any_inside = false;

	for (size_t i = 0; i < n; i++) {
		if (p[i].bits <= want.bits && prefix_contains(&p[i], &want.addr))
			return true;
		any_inside |= prefix_contains(&want, &p[i].addr);
	}
	if (!any_inside || want.bits == (want.addr.family == 4 ? 32 : 128))
		return false;
	half.bits++;
	if (!brute_covers(p, n, half))
		return false;
	half.addr.b[want.bits / 8] |= (uint8_t)(0x80u >> want.bits % 8);
	return brute_covers(p, n, half);
}

static bool brute_overlaps(const struct prefix *p, size_t n, const struct prefix *want)
{
	for (size_t i = 0; i < n; i++)
		if (prefix_contains(&p[i], &want->addr) || prefix_contains(want, &p[i].addr))
			return true;
	return false;
}

static void random_sets(void **state)
{
	for (unsigned round = 0; round < 300; round++) {
		struct prefix p[40];
		size_t n = round % 40;
		const struct netset *s;

		seed = round;
		for (size_t i = 0; i < n; i++)
			p[i] = random_prefix();
		s = netset_build(*state, p, n);
		for (unsigned i = 0; i < 100; i++) {
			struct ip ip = random_near(p, n);
			struct prefix want = i % 2 && n ? p[random32() % n] : random_prefix();

			assert_int_equal(netset_has(s, &ip), brute_has(p, n, &ip));
			assert_int_equal(netset_covers(s, &want), brute_covers(p, n, want));
			assert_int_equal(netset_overlaps(s, &want), brute_overlaps(p, n, &want));
		}
	}
}

static bool prefix_eq(const struct prefix *a, const struct prefix *b)
{
	return a->bits == b->bits && ip_eq(&a->addr, &b->addr);
}

/* What nettree_find() must say: by rising length, the values of each distinct prefix ascending. */
static void check_find(const struct nettree *t, const struct nettree_item *items, size_t n,
		       const struct ip *ip)
{
	struct nettree_list lists[NETTREE_LISTS_MAX];
	size_t found = nettree_find(t, ip, lists), expected = 0;

	for (unsigned bits = 0; bits <= 128; bits++) {
		size_t values = 0;
		const struct nettree_list *list = &lists[expected];

		for (size_t i = 0; i < n; i++) {
			bool twice = false;

			if (items[i].prefix.bits != bits || !prefix_contains(&items[i].prefix, ip))
				continue;
			for (size_t j = 0; j < i; j++)
				twice |= items[j].value == items[i].value &&
					 prefix_eq(&items[j].prefix, &items[i].prefix);
			if (twice)
				continue;
			assert_true(expected < found);
			for (size_t j = 0; j < list->n && !twice; j++)
				twice = list->values[j] == items[i].value;
			assert_true(twice);
			values++;
		}
		if (!values)
			continue;
		assert_int_equal(list->n, values);
		for (size_t j = 1; j < list->n; j++)
			assert_true(list->values[j - 1] < list->values[j]);
		expected++;
	}
	assert_int_equal(found, expected);
}

static void random_trees(void **state)
{
	for (unsigned round = 0; round < 300; round++) {
		struct nettree_item items[60];
		struct prefix p[60];
		size_t n = round % 60;
		const struct nettree *t;

		seed = round + 1000;
		for (size_t i = 0; i < n; i++) {
			p[i] = i && random32() % 5 == 0 ? p[random32() % i] : random_prefix();
			items[i] = (struct nettree_item){ p[i], random32() % 50 };
		}
		t = nettree_build(*state, items, n);
		for (unsigned i = 0; i < 60; i++) {
			struct ip ip = random_near(p, n);

			check_find(t, items, n, &ip);
		}
	}
}

/* Every length from 0 to the full one, nested: the longest answer there is. */
static void the_deepest_nest(void **state)
{
	static const char *const deepest[] = {
		"255.255.255.255", "0.0.0.0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::",
	};

	for (size_t d = 0; d < COUNT(deepest); d++) {
		struct nettree_item items[129];
		struct nettree_list lists[NETTREE_LISTS_MAX];
		struct ip ip = ip_of(deepest[d]);
		unsigned width = ip.family == 4 ? 32 : 128;
		const struct nettree *t;

		for (unsigned bits = 0; bits <= width; bits++) {
			char text[IP_TEXT_MAX + 8];
			size_t n = ip_format(&ip, text);

			snprintf(text + n, sizeof(text) - n, "/%u", bits);
			prefix_parse(&items[bits].prefix, sv_of(text));
			items[bits].value = 1000 + bits;
		}
		t = nettree_build(*state, items, width + 1);
		assert_int_equal(nettree_find(t, &ip, lists), width + 1);
		for (unsigned bits = 0; bits <= width; bits++) {
			assert_int_equal(lists[bits].n, 1);
			assert_int_equal(lists[bits].values[0], 1000 + bits);
		}
	}
}

static void an_empty_tree(void **state)
{
	struct nettree_list lists[NETTREE_LISTS_MAX];
	const struct nettree *t = nettree_build(*state, NULL, 0);
	struct ip v4 = ip_of("1.2.3.4"), v6 = ip_of("::1"), none = { 0 };

	assert_int_equal(nettree_find(t, &v4, lists), 0);
	assert_int_equal(nettree_find(t, &v6, lists), 0);
	assert_int_equal(nettree_find(t, &none, lists), 0);
	assert_int_equal(nettree_find(NULL, &v4, lists), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_set_by_its_edges, setup, teardown),
		cmocka_unit_test_setup_teardown(prefixes_against_a_set, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_and_everything, setup, teardown),
		cmocka_unit_test_setup_teardown(random_sets, setup, teardown),
		cmocka_unit_test_setup_teardown(random_trees, setup, teardown),
		cmocka_unit_test_setup_teardown(the_deepest_nest, setup, teardown),
		cmocka_unit_test_setup_teardown(an_empty_tree, setup, teardown),
	};

	return cmocka_run_group_tests_name("netset", tests, NULL, NULL);
}
