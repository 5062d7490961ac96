/* The DNS message parser and the question writer: right, cut short, looping, lying. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "dns_build.h"
#include "dns_help.h"
#include "wire/dns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

static struct build m;
static struct dns_found f;

static void parse(struct dns_message *out)
{
	assert_int_equal(dns_message_parse(out, m.b, m.n), 0);
}

static int find(const char *name, unsigned type)
{
	const struct dns_name asked = name_of(name);
	struct dns_message msg;
	int err = dns_message_parse(&msg, m.b, m.n);

	return err ? err : dns_find(&f, &msg, &asked, (uint16_t)type);
}

static void assert_address(size_t i, const char *text)
{
	struct ip want;

	assert_true(ip_parse(&want, sv_of(text)));
	assert_true(i < f.n);
	assert_true(ip_eq(&f.addresses[i], &want));
}

/* ---- names -------------------------------------------------------------------------------- */

static void names_from_text(void **state UNUSED)
{
	static const struct { const char *text; bool ok; } cases[] = {
		{ "a", true }, { "a.b.c", true }, { "_x._tcp.example", true }, { "xn--d1a.example", true },
		{ "a-b.example", true }, { "1.2.3.example", true }, { "A.Example", true },
		{ "", false }, { ".", false }, { "a.", false }, { ".a", false }, { "a..b", false },
		{ "a b.example", false }, { "a\\.b", false }, { "a*.b", false }, { "\xc3\xa9.example", false },
		{ "127.0.0.1", false }, { "1", false }, { "a.0x7f", false }, { "a.0X", false },
		{ "a.b.123", false },
	};
	char text[DNS_TEXT_MAX];
	struct dns_name n;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(dns_name_from_text(&n, sv_of(cases[i].text)), cases[i].ok);
		if (cases[i].ok) {
			assert_int_equal(dns_name_to_text(&n, text), strlen(cases[i].text));
			assert_true(sv_eq_nocase(sv_of(text), sv_of(cases[i].text)));
			assert_int_equal(n.n, strlen(cases[i].text) + 2);
		}
	}
	assert_false(dns_name_from_text(&n, (struct sv){ "a\0b", 3 }));
}

static void name_lengths(void **state UNUSED)
{
	char text[300];
	struct dns_name n;

	memset(text, 'a', sizeof(text));
	assert_true(dns_name_from_text(&n, (struct sv){ text, 63 }));
	assert_false(dns_name_from_text(&n, (struct sv){ text, 64 }));
	text[63] = text[127] = text[191] = '.';
	assert_true(dns_name_from_text(&n, (struct sv){ text, 253 }));
	assert_int_equal(n.n, DNS_NAME_MAX);
	assert_false(dns_name_from_text(&n, (struct sv){ text, 254 }));
}

static void names_within(void **state UNUSED)
{
	static const struct { const char *name, *zone; bool yes; } cases[] = {
		{ "a.b.c", "b.c", true }, { "b.c", "b.c", true }, { "c", "b.c", false },
		{ "ab.c", "b.c", false }, { "a.b.c", "c", true }, { "a.b.c", "a.b", false },
	};
	struct dns_name root = { .n = 1 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dns_name n = name_of(cases[i].name), z = name_of(cases[i].zone);

		assert_int_equal(dns_name_is_within(&n, &z), cases[i].yes);
		assert_true(dns_name_is_within(&n, &root));
		assert_false(dns_name_is_within(&root, &z));
	}
}

/* A dot inside a label: "evil.example" as one label is not the name "evil.example". */
static void dot_in_a_label(void **state UNUSED)
{
	struct dns_name wanted = name_of("evil.example");
	struct dns_message msg;
	char text[DNS_TEXT_MAX];

	put_head(&m, 1, 0x8180, "", 1);
	m.n = 12;
	put_u8(&m, 12);
	for (const char *p = "evil.example"; *p; p++)
		put_u8(&m, (uint8_t)*p);
	put_u8(&m, 0);
	put_u16(&m, 1);
	put_u16(&m, 1);
	parse(&msg);
	assert_false(dns_name_eq(&msg.name, &wanted));
	assert_int_equal(dns_name_to_text(&msg.name, text), 0);
	assert_string_equal(text, "");
}

/* ---- questions ---------------------------------------------------------------------------- */

static void question_octets(void **state UNUSED)
{
	static const uint8_t want[] = {
		0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1, 1, 'a', 4, 't', 'e', 's', 't', 0, 0, 28, 0, 1,
		0, 0, 41, 0x04, 0xd0, 0, 0, 0x80, 0, 0, 0,
	};
	const struct dns_name name = name_of("A.test");
	struct dns_ask ask = { .name = &name, .id = 0x1234, .type = DNS_TYPE_AAAA,
			       .payload = DNS_UDP_PAYLOAD, .dnssec_ok = true };
	uint8_t out[DNS_QUESTION_MAX];
	struct dns_message msg;

	assert_int_equal(dns_question_write(out, sizeof(out), &ask), sizeof(want));
	assert_memory_equal(out, want, sizeof(want));
	for (size_t n = 0; n < sizeof(want); n++)
		assert_int_equal(dns_question_write(out, n, &ask), -ENOSPC);
	assert_int_equal(dns_message_parse(&msg, out, sizeof(want)), 0);
	assert_true(msg.has_opt && msg.dnssec_ok && msg.recursion_desired && !msg.response);
	assert_int_equal(msg.payload, 1232);
	ask.payload = 0;
	assert_int_equal(dns_question_write(out, sizeof(out), &ask), sizeof(want) - 11);
	assert_int_equal(out[11], 0);
}

static void longest_question_fits(void **state UNUSED)
{
	char text[253];
	struct dns_name name;
	struct dns_ask ask = { .name = &name, .type = 1, .payload = 512 };
	uint8_t out[DNS_QUESTION_MAX];

	memset(text, 'a', sizeof(text));
	text[63] = text[127] = text[191] = '.';
	assert_true(dns_name_from_text(&name, (struct sv){ text, 253 }));
	assert_int_equal(dns_question_write(out, sizeof(out), &ask), DNS_QUESTION_MAX);
}

static void believable(void **state UNUSED)
{
	static const struct { unsigned id, flags; const char *name; unsigned type; bool yes; } cases[] = {
		{ 7, 0x8180, "a.test", 1, true },
		{ 7, 0x8180, "A.TEST", 1, true },
		{ 7, 0x8183, "a.test", 1, true },
		{ 8, 0x8180, "a.test", 1, false },
		{ 7, 0x0100, "a.test", 1, false },      /* QR=0 */
		{ 7, 0xa980, "a.test", 1, false },      /* opcode 5 */
		{ 7, 0x8180, "b.test", 1, false },
		{ 7, 0x8180, "a.test", 28, false },
	};
	const struct dns_name name = name_of("a.test");
	const struct dns_ask ask = { .name = &name, .id = 7, .type = 1 };
	struct dns_message msg;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_head(&m, cases[i].id, cases[i].flags, cases[i].name, cases[i].type);
		parse(&msg);
		assert_int_equal(dns_is_reply_to(&msg, &ask), cases[i].yes);
	}
	put_head(&m, 7, 0x8180, "a.test", 1);
	m.b[m.n - 1] = 3;                       /* class CHAOS */
	parse(&msg);
	assert_false(dns_is_reply_to(&msg, &ask));
}

/* ---- whole messages ----------------------------------------------------------------------- */

static void build_rich(void)
{
	put_head(&m, 7, 0x8580, "www.a.test", 1);
	put_rr_cname(&m, "@12", 60, "cdn.b.test");
	put_rr_cname(&m, "cdn.b.test", 50, "edge.c.test");
	put_rr_a(&m, "edge.c.test", 40, "192.0.2.1");
	put_rr_a(&m, "EDGE.c.test", 45, "192.0.2.2");
	put_rr_soa(&m, "c.test", 300, 30);
	put_rr(&m, 2, "", 41, 0x00008000, "", 0);
}

static void rich_message(void **state UNUSED)
{
	struct dns_message msg;
	struct dns_cursor c;
	struct dns_record r;
	unsigned seen[DNS_SECTIONS] = { 0 };

	build_rich();
	parse(&msg);
	assert_true(msg.authoritative && msg.response && msg.has_opt && msg.dnssec_ok);
	dns_records(&c, &msg);
	while (dns_next(&c, &r))
		seen[r.section]++;
	assert_int_equal(seen[DNS_ANSWER], 4);
	assert_int_equal(seen[DNS_AUTHORITY], 1);
	assert_int_equal(seen[DNS_ADDITIONAL], 1);
	assert_int_equal(find("www.a.test", 1), 0);
	assert_int_equal(f.links, 2);
	assert_int_equal(f.n, 2);
	assert_address(0, "192.0.2.1");
	assert_address(1, "192.0.2.2");
	assert_int_equal(f.ttl_s, 40);
	assert_true(f.has_soa);
	assert_int_equal(f.negative_ttl_s, 30);
}

static void every_prefix_is_refused(void **state UNUSED)
{
	struct dns_message msg;

	build_rich();
	for (size_t n = 0; n < m.n; n++) {
		uint8_t *exact = malloc(n ? n : 1);     /* ASan sees one octet too many */

		memcpy(exact, m.b, n);
		assert_int_equal(dns_message_parse(&msg, exact, n), -EBADMSG);
		free(exact);
	}
	put_u32(&m, 0xdeadbeef);                        /* octets behind the last record do not count */
	assert_int_equal(dns_message_parse(&msg, m.b, m.n), 0);
	assert_int_equal(msg.n, m.n - 4);
}

/* Every octet of the message in turn takes every value, right before a page that must not be read. */
static void every_octet_beside_a_guard_page(void **state UNUSED)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *area = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct dns_name asked = name_of("www.a.test");
	struct dns_message msg;
	unsigned parsed = 0;
	uint8_t *at;

	assert_true(area != MAP_FAILED);
	assert_int_equal(mprotect(area + page, page, PROT_NONE), 0);
	build_rich();
	at = area + page - m.n;
	for (size_t i = 0; i < m.n; i++) {
		memcpy(at, m.b, m.n);
		for (unsigned v = 0; v < 256; v++) {
			at[i] = (uint8_t)v;
			if (dns_message_parse(&msg, at, m.n) != 0)
				continue;
			parsed++;
			if (dns_find(&f, &msg, &asked, 1) == 0)
				assert_true(f.n <= 2 && f.links <= 2);
		}
	}
	assert_true(parsed > 256);
	for (size_t n = 0; n < m.n; n++) {
		memcpy(area + page - n, m.b, n);
		assert_int_equal(dns_message_parse(&msg, area + page - n, n), -EBADMSG);
	}
	munmap(area, 2 * page);
}

static void pointers(void **state UNUSED)
{
	/* An answer's owner put at offset 24, behind the header and the question "a.test" (12..23). */
	static const struct { const char *what; uint8_t bytes[6]; size_t n; bool ok; } cases[] = {
		{ "to the question", { 0xc0, 12 }, 2, true },
		{ "to its second label", { 0xc0, 14 }, 2, true },
		{ "label, then the question", { 1, 'x', 0xc0, 12 }, 4, true },
		{ "into the question's type, and on from there", { 0xc0, 21 }, 2, false },
		{ "to itself", { 0xc0, 24 }, 2, false },
		{ "forward", { 0xc0, 30 }, 2, false },
		{ "into its own label", { 1, 'x', 0xc0, 24 }, 4, false },
		{ "into its own middle", { 1, 'x', 0xc0, 25 }, 4, false },
		{ "into the header", { 0xc0, 4 }, 2, false },
		{ "far past the end", { 0xff, 0xff }, 2, false },
		{ "label type 01", { 0x41, 'x', 0 }, 3, false },
		{ "label type 10", { 0x81, 'x', 0 }, 3, false },
	};
	struct dns_message msg;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_head(&m, 1, 0x8180, "a.test", 1);
		assert_int_equal(m.n, 24);
		m.b[7] = 1;
		for (size_t k = 0; k < cases[i].n; k++)
			put_u8(&m, cases[i].bytes[k]);
		put_u16(&m, 1);
		put_u16(&m, 1);
		put_u32(&m, 60);
		put_u16(&m, 4);
		put_u32(&m, 0xc0000201);
		if ((dns_message_parse(&msg, m.b, m.n) == 0) != cases[i].ok)
			fail_msg("%s", cases[i].what);
	}
}

/* Two names that point at each other: the second may point back, the first never forward. */
static void pointer_loops(void **state UNUSED)
{
	struct dns_message msg;

	put_head(&m, 1, 0x8180, "a.test", 1);
	put_rr_cname(&m, "@12", 60, "@45");             /* its data is at 36 */
	put_rr_cname(&m, "@36", 60, "@36");
	assert_int_equal(dns_message_parse(&msg, m.b, m.n), -EBADMSG);
	/* a staircase of pointers, each to the one before: bounded work, and refused when too long */
	put_head(&m, 1, 0x8180, "a.test", 1);
	put_rr(&m, 0, "@12", 16, 60, "", 0);
	m.b[m.n - 2] = 0x02;                            /* 512 octets of data */
	m.b[m.n - 1] = 0x00;
	for (unsigned i = 0; i < 256; i++)
		put_u16(&m, 0xc000 | (i ? (unsigned)m.n - 2 : 12));
	put_rr_a(&m, "@546", 60, "192.0.2.1");
	assert_int_equal(dns_message_parse(&msg, m.b, m.n), -EBADMSG);
}

static void name_of_256_octets(void **state UNUSED)
{
	struct dns_message msg;

	for (unsigned last = 61; last <= 62; last++) {
		put_head(&m, 1, 0x8180, "", 1);
		m.n = 12;
		for (unsigned i = 0; i < 4; i++) {
			put_u8(&m, i < 3 ? 63 : last);
			for (unsigned k = 0; k < (i < 3 ? 63 : last); k++)
				put_u8(&m, 'a');
		}
		put_u8(&m, 0);
		put_u16(&m, 1);
		put_u16(&m, 1);
		assert_int_equal(dns_message_parse(&msg, m.b, m.n), last == 61 ? 0 : -EBADMSG);
	}
}

static void counts_that_lie(void **state UNUSED)
{
	struct dns_message msg;

	for (unsigned i = 4; i < 12; i++) {
		build_rich();
		m.b[i] = (uint8_t)(m.b[i] + 1);
		assert_int_equal(dns_message_parse(&msg, m.b, m.n), -EBADMSG);
	}
	build_rich();
	m.b[5] = 0;                             /* no question */
	assert_int_equal(dns_message_parse(&msg, m.b, m.n), -EBADMSG);
}

static void opt_records(void **state UNUSED)
{
	struct dns_message msg;

	put_head(&m, 1, 0x8180, "a.test", 1);
	put_rr(&m, 2, "", 41, 0x01000000, "", 0);       /* extended rcode 1: BADVERS */
	parse(&msg);
	assert_int_equal(msg.rcode, DNS_RCODE_BADVERS);
	put_rr(&m, 2, "", 41, 0, "", 0);
	assert_int_equal(dns_message_parse(&msg, m.b, m.n), -EBADMSG);
	put_head(&m, 1, 0x8180, "a.test", 1);
	put_rr(&m, 0, "", 41, 0, "", 0);
	assert_int_equal(dns_message_parse(&msg, m.b, m.n), -EBADMSG);
	put_head(&m, 1, 0x8180, "a.test", 1);
	put_rr(&m, 2, "x", 41, 0, "", 0);
	assert_int_equal(dns_message_parse(&msg, m.b, m.n), -EBADMSG);
}

/* ---- chains ------------------------------------------------------------------------------- */

static void only_the_chain_counts(void **state UNUSED)
{
	put_head(&m, 1, 0x8180, "a.test", 1);
	put_rr_a(&m, "other.test", 60, "198.51.100.1");
	put_rr_aaaa(&m, "a.test", 60, "2001:db8::1");
	put_rr_cname(&m, "other.test", 1, "b.test");
	put_rr_a(&m, "b.test", 60, "198.51.100.2");
	put_rr_a(&m, "a.test", 30, "192.0.2.1");
	put_rr_a(&m, "a.test", 20, "192.0.2.1");
	m.b[7]--;                               /* the last one becomes an additional record */
	m.b[11]++;
	assert_int_equal(find("a.test", 1), 0);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.ttl_s, 30);
	assert_address(0, "192.0.2.1");
	assert_int_equal(find("a.test", 28), 0);
	assert_int_equal(f.n, 1);
	assert_address(0, "2001:db8::1");
	assert_int_equal(find("nobody.test", 1), 0);
	assert_int_equal(f.n, 0);
	assert_int_equal(f.ttl_s, UINT32_MAX);
}

static void other_class_does_not_count(void **state UNUSED)
{
	put_head(&m, 1, 0x8180, "a.test", 1);
	put_rr_a(&m, "@12", 60, "192.0.2.1");
	m.b[m.n - 11] = 3;
	assert_int_equal(find("a.test", 1), 0);
	assert_int_equal(f.n, 0);
}

/* An address beside a CNAME of the same owner is against the rules: the chain's end counts alone. */
static void address_within_the_chain(void **state UNUSED)
{
	put_head(&m, 1, 0x8180, "a.test", 1);
	put_rr_a(&m, "a.test", 60, "198.51.100.1");
	put_rr_cname(&m, "a.test", 60, "b.test");
	assert_int_equal(find("a.test", 1), 0);
	assert_int_equal(f.links, 1);
	assert_int_equal(f.n, 0);
}

static void chain_lengths(void **state UNUSED)
{
	for (unsigned links = 14; links <= 18; links++) {
		put_head(&m, 1, 0x8180, "n0.test", 1);
		for (unsigned i = links; i-- > 0; ) {   /* last link first: order does not matter */
			char from[20], to[20];

			snprintf(from, sizeof(from), "n%u.test", i);
			snprintf(to, sizeof(to), "n%u.test", i + 1);
			put_rr_cname(&m, from, 100 + i, to);
		}
		assert_int_equal(find("n0.test", 1), links <= 16 ? 0 : -ELOOP);
		if (links <= 16) {
			assert_int_equal(f.links, links);
			assert_int_equal(f.ttl_s, 100);
		}
	}
}

static void chain_loops(void **state UNUSED)
{
	put_head(&m, 1, 0x8180, "a.test", 1);
	put_rr_cname(&m, "a.test", 60, "a.test");
	assert_int_equal(find("a.test", 1), -ELOOP);
	put_head(&m, 1, 0x8180, "a.test", 1);
	put_rr_cname(&m, "a.test", 60, "b.test");
	put_rr_cname(&m, "b.test", 60, "A.test");
	assert_int_equal(find("a.test", 1), -ELOOP);
	put_head(&m, 1, 0x8180, "a.test", 1);
	for (unsigned i = 0; i < 65; i++)
		put_rr_cname(&m, "x.test", 60, "y.test");
	assert_int_equal(find("a.test", 1), -ELOOP);
}

static void bad_targets(void **state UNUSED)
{
	static const char *const targets[] = { "", "a b.test", "127.0.0.1", "a.0x7f", "*.test", "a/b.test" };

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		put_head(&m, 1, 0x8180, "a.test", 1);
		put_rr_cname(&m, "@12", 60, targets[i]);
		if (find("a.test", 1) != -EBADMSG)
			fail_msg("target \"%s\"", targets[i]);
	}
	put_head(&m, 1, 0x8180, "a.test", 1);
	put_rr_cname(&m, "@12", 60, "_x-1.b.test");
	assert_int_equal(find("a.test", 1), 0);
	put_head(&m, 1, 0x8180, "a.test", 1);
	put_rr(&m, 0, "@12", 5, 60, "\1b\0z", 4);       /* an octet behind the name */
	assert_int_equal(find("a.test", 1), -EBADMSG);
	put_head(&m, 1, 0x8180, "a.test", 1);
	put_rr(&m, 0, "@12", 5, 60, "\1b", 2);          /* a name that reaches past its record */
	put_u8(&m, 0);
	assert_int_equal(find("a.test", 1), -EBADMSG);
}

static void address_sizes(void **state UNUSED)
{
	for (size_t n = 0; n <= 17; n++) {
		put_head(&m, 1, 0x8180, "a.test", 1);
		put_rr(&m, 0, "@12", 1, 60, "0123456789abcdefg", n);
		assert_int_equal(find("a.test", 1), n == 4 ? 0 : -EBADMSG);
		put_head(&m, 1, 0x8180, "a.test", 28);
		put_rr(&m, 0, "@12", 28, 60, "0123456789abcdefg", n);
		assert_int_equal(find("a.test", 28), n == 16 ? 0 : -EBADMSG);
	}
}

static void ttls(void **state UNUSED)
{
	static const struct { uint32_t sent, read; } cases[] = {
		{ 0, 0 }, { 1, 1 }, { 0x7fffffff, 0x7fffffff }, { 0x80000000, 0 }, { 0xffffffff, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_head(&m, 1, 0x8180, "a.test", 1);
		put_rr_a(&m, "@12", cases[i].sent, "192.0.2.1");
		put_rr_soa(&m, "", cases[i].sent, 0x7fffffff);
		assert_int_equal(find("a.test", 1), 0);
		assert_int_equal(f.ttl_s, cases[i].read);
		assert_int_equal(f.negative_ttl_s, cases[i].read);
		put_head(&m, 1, 0x8180, "a.test", 1);
		put_rr_soa(&m, "test", 0x7fffffff, cases[i].sent);
		assert_int_equal(find("a.test", 1), 0);
		assert_int_equal(f.negative_ttl_s, cases[i].read);
	}
}

static void soa_of_another_zone(void **state UNUSED)
{
	put_head(&m, 1, 0x8183, "a.test", 1);
	put_rr_soa(&m, "b.test", 60, 60);
	assert_int_equal(find("a.test", 1), 0);
	assert_false(f.has_soa);
	put_head(&m, 1, 0x8183, "a.test", 1);
	put_rr(&m, 1, "test", 6, 60, "\0\0" "0123456789abcdefghi", 21);         /* one octet short */
	assert_int_equal(find("a.test", 1), 0);
	assert_false(f.has_soa);
}

static void thousands_of_addresses(void **state UNUSED)
{
	put_head(&m, 1, 0x8180, "a.test", 1);
	for (uint32_t i = 0; i < 4000; i++) {
		uint8_t a[4] = { 198, 18, (uint8_t)(i >> 8), (uint8_t)i };

		put_rr(&m, 0, "@12", 1, 60, a, 4);
	}
	assert_int_equal(find("a.test", 1), 0);
	assert_int_equal(f.n, DNS_ADDRESSES_MAX);
	assert_address(0, "198.18.0.0");
	assert_address(31, "198.18.0.31");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_from_text),
		cmocka_unit_test(name_lengths),
		cmocka_unit_test(names_within),
		cmocka_unit_test(dot_in_a_label),
		cmocka_unit_test(question_octets),
		cmocka_unit_test(longest_question_fits),
		cmocka_unit_test(believable),
		cmocka_unit_test(rich_message),
		cmocka_unit_test(every_prefix_is_refused),
		cmocka_unit_test(every_octet_beside_a_guard_page),
		cmocka_unit_test(pointers),
		cmocka_unit_test(pointer_loops),
		cmocka_unit_test(name_of_256_octets),
		cmocka_unit_test(counts_that_lie),
		cmocka_unit_test(opt_records),
		cmocka_unit_test(only_the_chain_counts),
		cmocka_unit_test(other_class_does_not_count),
		cmocka_unit_test(address_within_the_chain),
		cmocka_unit_test(chain_lengths),
		cmocka_unit_test(chain_loops),
		cmocka_unit_test(bad_targets),
		cmocka_unit_test(address_sizes),
		cmocka_unit_test(ttls),
		cmocka_unit_test(soa_of_another_zone),
		cmocka_unit_test(thousands_of_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
