/* dns_reply: what of a server's message reaches a client, and how. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "dns_build.h"
#include "wire/dns_reply.h"

#include <stdlib.h>

#define UNUSED __attribute__((unused))

static struct build query_bytes, server_bytes;
static struct dns_message query, server;
static uint8_t out[DNS_MESSAGE_MAX];
static struct dns_message answer;
static struct dns_reply_facts facts;

static void put_query_opt(struct build *m, unsigned payload, uint32_t ttl)
{
	count_one(m, 2);
	put_name(m, "");
	put_u16(m, 41);
	put_u16(m, payload);
	put_u32(m, ttl);
	put_u16(m, 0);
}

static void ask(const char *name, unsigned type, unsigned payload)
{
	put_head(&query_bytes, 0x1234, 0x0100, name, type);
	if (payload)
		put_query_opt(&query_bytes, payload, 0);
	assert_int_equal(dns_message_parse(&query, query_bytes.b, query_bytes.n), 0);
}

static void begin(const char *name, unsigned type)
{
	put_head(&server_bytes, 0x9999, 0x8180, name, type);
}

/* Writes the reply from server_bytes and reads it back. */
static size_t reply_with(struct dns_reply r, struct dns_part p, size_t size)
{
	size_t n;

	assert_int_equal(dns_message_parse(&server, server_bytes.b, server_bytes.n), 0);
	p.m = &server;
	r.query = &query;
	r.parts = &p;
	r.n_parts = 1;
	n = dns_reply_write(out, size, &r, &facts);
	assert_true(n <= size);
	assert_int_equal(dns_message_parse(&answer, out, n), 0);
	assert_int_equal(answer.n, n);
	assert_int_equal(answer.id, 0x1234);
	assert_true(answer.response);
	assert_int_equal(answer.has_opt, query.has_opt);
	return n;
}

static void reply(void)
{
	reply_with((struct dns_reply){ .payload = 1232 }, (struct dns_part){ .ttl_max_s = 300 }, sizeof(out));
}

static struct dns_record record(unsigned at)
{
	struct dns_cursor c;
	struct dns_record r;

	dns_records(&c, &answer);
	for (unsigned i = 0; i <= at; i++)
		assert_true(dns_next(&c, &r));
	return r;
}

static void the_question_keeps_its_case(void **state UNUSED)
{
	ask("WwW.A.tEst", 1, 0);
	begin("www.a.test", 1);
	put_rr_a(&server_bytes, "www.a.test", 60, "192.0.2.1");
	reply();
	assert_memory_equal(out + 12, query_bytes.b + 12, query_bytes.n - 12);
	assert_int_equal(record(0).owner_at, answer.records_at);
	assert_int_equal(out[answer.records_at], 0xc0); /* compressed against it */
	assert_int_equal(out[answer.records_at + 1], 12);
	assert_int_equal(facts.answers, 1);
	assert_true(answer.recursion_available);
	assert_true(answer.recursion_desired);
	assert_false(answer.authentic);
}

static void ttls_age_and_are_capped(void **state UNUSED)
{
	static const struct {
		uint32_t ttl, age, max, want;
	} cases[] = {
		{ 600, 0, 300, 300 }, { 200, 0, 300, 200 }, { 200, 50, 300, 150 }, { 200, 200, 300, 0 },
		{ 200, 900, 300, 0 }, { 600, 400, 300, 200 }, { 0x80000000u, 0, 300, 0 }, { 60, 0, UINT32_MAX, 60 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ask("a.test", 1, 0);
		begin("a.test", 1);
		put_rr_a(&server_bytes, "a.test", cases[i].ttl, "192.0.2.1");
		reply_with((struct dns_reply){ .payload = 1232 },
			   (struct dns_part){ .age_s = cases[i].age, .ttl_max_s = cases[i].max }, sizeof(out));
		assert_int_equal(record(0).ttl_s, cases[i].want);
	}
}

static void names_in_data_are_written_anew(void **state UNUSED)
{
	static const uint8_t want_mx[] = { 0, 10, 4, 'm', 'a', 'i', 'l', 0xc0, 12 };
	static const uint8_t want_srv[] = { 0, 1, 0, 2, 0, 3, 1, 'b', 4, 't', 'e', 's', 't', 0 };
	struct build *m = &server_bytes;
	struct dns_record r;

	ask("a.test", 15, 0);
	begin("a.test", 15);
	put_rr(m, 0, "a.test", 1000, 60, "x", 1);       /* shifts all that follows */
	count_one(m, 0);
	put_name(m, "@12");
	put_u16(m, 15);
	put_u16(m, 1);
	put_u32(m, 60);
	put_u16(m, 9);
	put_u16(m, 10);
	put_u8(m, 4);
	for (const char *p = "MAIL"; *p; p++)
		put_u8(m, (uint8_t)*p);
	put_name(m, "@12");
	put_rr(m, 0, "a.test", 33, 60, "\0\1\0\2\0\3\1b\xc0\x0e", 10);
	reply();
	assert_int_equal(answer.counts[0], 3);
	r = record(1);
	assert_int_equal(r.rdata_n, sizeof(want_mx));
	assert_memory_equal(out + r.rdata_at, want_mx, sizeof(want_mx));
	r = record(2);                                  /* RFC 3597: not compressed */
	assert_int_equal(r.rdata_n, sizeof(want_srv));
	assert_memory_equal(out + r.rdata_at, want_srv, sizeof(want_srv));
}

static void malformed_data_is_left_out(void **state UNUSED)
{
	struct build *m = &server_bytes;

	ask("a.test", 255, 0);
	begin("a.test", 255);
	put_rr(m, 0, "a.test", 15, 60, "\0", 1);                /* MX without a name */
	put_rr(m, 0, "a.test", 2, 60, "\3ab", 3);               /* a name that is cut */
	put_rr(m, 0, "a.test", 1, 60, "abc", 3);                /* three octets of address */
	put_rr(m, 0, "a.test", 65, 60, "\0\1\0\0\4\0\4abc", 10);        /* a parameter that is cut */
	put_rr(m, 0, "a.test", 35, 60, "\0\1\0\2\5ab", 7);      /* a string that is cut */
	put_rr(m, 0, "a.test", 16, 60, "\2hi", 3);
	reply();
	assert_int_equal(answer.counts[0], 1);
	assert_int_equal(record(0).type, 16);
}

static void sections_that_nobody_asked_for_stay_behind(void **state UNUSED)
{
	struct build *m = &server_bytes;

	ask("a.test", 1, 1232);
	begin("a.test", 1);
	put_rr_a(m, "a.test", 60, "192.0.2.1");
	put_rr(m, 1, "a.test", 2, 60, "\2ns\0", 4);
	put_rr_soa(m, "test", 60, 60);
	put_rr(m, 2, "ns", 1, 60, "abcd", 4);
	reply();
	assert_int_equal(answer.counts[0], 1);
	assert_int_equal(answer.counts[1], 1);          /* the SOA */
	assert_int_equal(answer.counts[2], 1);          /* our OPT */
	assert_int_equal(answer.payload, 1232);
}

static void other_owners_are_left_out(void **state UNUSED)
{
	struct dns_name owners[2];
	struct build *m = &server_bytes;

	dns_name_from_text(&owners[0], SV("a.test"));
	dns_name_from_text(&owners[1], SV("b.test"));
	ask("a.test", 1, 0);
	begin("a.test", 1);
	put_rr_cname(m, "a.test", 60, "b.test");
	put_rr_a(m, "b.test", 60, "192.0.2.1");
	put_rr_a(m, "c.test", 60, "192.0.2.2");
	reply_with((struct dns_reply){ .payload = 1232 },
		   (struct dns_part){ .ttl_max_s = 300, .owners = owners, .n_owners = 2 }, sizeof(out));
	assert_int_equal(answer.counts[0], 2);
}

static bool only_even(void *arg, const struct ip *ip, uint32_t ttl_s)
{
	unsigned *shown = arg;

	assert_int_equal(ttl_s, 60);
	(*shown)++;
	return ip->b[ip->family == 4 ? 3 : 15] % 2 == 0;
}

static void addresses_are_shown_and_may_be_refused(void **state UNUSED)
{
	unsigned shown = 0;

	ask("a.test", 1, 0);
	begin("a.test", 1);
	put_rr_a(&server_bytes, "a.test", 60, "192.0.2.1");
	put_rr_a(&server_bytes, "a.test", 60, "192.0.2.2");
	put_rr_aaaa(&server_bytes, "a.test", 60, "2001:db8::4");
	put_rr_aaaa(&server_bytes, "a.test", 60, "2001:db8::5");
	reply_with((struct dns_reply){ .payload = 1232, .on_address = only_even, .arg = &shown },
		   (struct dns_part){ .ttl_max_s = 300 }, sizeof(out));
	assert_int_equal(shown, 4);
	assert_int_equal(facts.left_out, 2);
	assert_int_equal(answer.counts[0], 2);
	assert_int_equal(out[record(0).rdata_at + 3], 2);
}

/* ---- HTTPS records ------------------------------------------------------------------------------ */

#define MANDATORY "\0\0\0\4\0\1\0\5"
#define ALPN "\0\1\0\3\2h2"
#define HINT4 "\0\4\0\4\xc0\0\2\1"
#define ECH "\0\5\0\4echo"
#define HINT6 "\0\6\0\20\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\2"

static void ech_is_stripped(void **state UNUSED)
{
	static const char data[] = "\0\1\0" MANDATORY ALPN HINT4 ECH HINT6;
	static const char bare[] = "\0\1\0" "\0\0\0\2\0\1" ALPN HINT4 HINT6;
	static const char only[] = "\0\1\0" "\0\0\0\2\0\5" ECH;
	static const char alias[] = "\0\0\1b\0";
	struct dns_record r;

	ask("a.test", 65, 0);
	begin("a.test", 65);
	put_rr(&server_bytes, 0, "a.test", 65, 60, data, sizeof(data) - 1);
	put_rr(&server_bytes, 0, "a.test", 65, 60, only, sizeof(only) - 1);
	put_rr(&server_bytes, 0, "a.test", 64, 60, alias, sizeof(alias) - 1);
	reply_with((struct dns_reply){ .payload = 1232, .strip_ech = true }, (struct dns_part){ .ttl_max_s = 300 },
		   sizeof(out));
	assert_int_equal(answer.counts[0], 3);
	r = record(0);
	assert_int_equal(r.rdata_n, sizeof(bare) - 1);
	assert_memory_equal(out + r.rdata_at, bare, sizeof(bare) - 1);
	assert_int_equal(record(1).rdata_n, 3);
	assert_int_equal(record(2).rdata_n, sizeof(alias) - 1);

	reply();                                /* switched off: as it came */
	r = record(0);
	assert_int_equal(r.rdata_n, sizeof(data) - 1);
	assert_memory_equal(out + r.rdata_at, data, sizeof(data) - 1);
}

static void hints_are_addresses(void **state UNUSED)
{
	static const char data[] = "\0\1\0" HINT4 HINT6;
	static const char left[] = "\0\1\0" HINT6;
	unsigned shown = 0;
	struct dns_record r;

	ask("a.test", 65, 0);
	begin("a.test", 65);
	put_rr(&server_bytes, 0, "a.test", 65, 60, data, sizeof(data) - 1);
	reply_with((struct dns_reply){ .payload = 1232, .on_address = only_even, .arg = &shown },
		   (struct dns_part){ .ttl_max_s = 300 }, sizeof(out));
	r = record(0);
	assert_int_equal(shown, 2);
	assert_int_equal(r.rdata_n, sizeof(left) - 1);
	assert_memory_equal(out + r.rdata_at, left, sizeof(left) - 1);
}

/* ---- sizes -------------------------------------------------------------------------------------- */

static void what_does_not_fit_is_truncated_whole(void **state UNUSED)
{
	size_t whole;

	ask("a.test", 1, 4096);
	begin("a.test", 1);
	for (int i = 0; i < 200; i++)
		put_rr(&server_bytes, 0, "a.test", 1, 60, (uint8_t[]){ 10, 0, 0, (uint8_t)i }, 4);
	whole = reply_with((struct dns_reply){ .payload = 1232 }, (struct dns_part){ .ttl_max_s = 300 }, sizeof(out));
	assert_false(facts.truncated);
	assert_int_equal(whole, 12 + 12 + 200 * 16 + 11);
	for (size_t size = whole - 1; size > 40; size -= 1 + size / 7) {
		size_t n = reply_with((struct dns_reply){ .payload = 1232 }, (struct dns_part){ .ttl_max_s = 300 },
				      size);

		assert_true(facts.truncated);
		assert_true(answer.truncated);
		assert_int_equal(n, 12 + 12 + 11);
		assert_int_equal(answer.counts[0], 0);
	}
}

static void refusals_carry_a_reason_for_those_who_speak_edns(void **state UNUSED)
{
	const struct dns_reply r = { .query = &query, .rcode = DNS_RCODE_NXDOMAIN, .payload = 1232,
				     .ede = DNS_EDE_BLOCKED };
	size_t n;

	ask("evil.test", 1, 1232);
	n = dns_reply_write(out, sizeof(out), &r, &facts);
	assert_int_equal(dns_message_parse(&answer, out, n), 0);
	assert_int_equal(answer.rcode, DNS_RCODE_NXDOMAIN);
	assert_memory_equal(out + n - 6, "\0\17\0\2\0\17", 6);
	ask("evil.test", 1, 0);
	n = dns_reply_write(out, sizeof(out), &r, &facts);
	assert_int_equal(n, query_bytes.n);
}

static void high_rcodes_go_into_the_opt_record(void **state UNUSED)
{
	const struct dns_reply r = { .query = &query, .rcode = DNS_RCODE_BADVERS, .payload = 1232 };
	size_t n;

	put_head(&query_bytes, 0x1234, 0x0100, "a.test", 1);
	put_query_opt(&query_bytes, 1232, 1u << 16);
	assert_int_equal(dns_message_parse(&query, query_bytes.b, query_bytes.n), 0);
	assert_int_equal(query.edns_version, 1);
	n = dns_reply_write(out, sizeof(out), &r, &facts);
	assert_int_equal(dns_message_parse(&answer, out, n), 0);
	assert_int_equal(answer.rcode, DNS_RCODE_BADVERS);
	assert_int_equal(answer.edns_version, 0);
}

static void bare_headers(void **state UNUSED)
{
	const uint8_t in[12] = { 0x12, 0x34, 0x21, 0x80, 0, 9, 0, 9, 0, 9, 0, 9 };
	const uint8_t want[12] = { 0x12, 0x34, 0xa1, 0x04 };

	assert_int_equal(dns_reply_bare(out, in, DNS_RCODE_NOTIMP), 12);
	assert_memory_equal(out, want, 12);
}

static unsigned draw(unsigned *seed, unsigned below)
{
	return (unsigned)rand_r(seed) % below;
}

/* Whatever octets the records hold, what comes out can be read, and nothing is written past the end. */
static void random_messages(void **state UNUSED)
{
	static const unsigned types[] = { 1, 2, 5, 6, 12, 15, 16, 28, 33, 35, 39, 64, 65, 43, 46, 1000 };
	unsigned seed = 7;

	for (int round = 0; round < 20000; round++) {
		struct build *m = &server_bytes;

		ask("www.a.test", 255, draw(&seed, 2) ? 1232 : 0);
		begin("www.a.test", 255);
		for (unsigned i = draw(&seed, 8); i--;) {
			uint8_t data[60];
			size_t n = draw(&seed, sizeof(data));

			for (size_t k = 0; k < n; k++)
				data[k] = (uint8_t)draw(&seed, draw(&seed, 3) ? 5 : 256);
			if (n > 4 && draw(&seed, 2))
				data[n - 2] = 0xc0, data[n - 1] = 12;
			put_rr(m, draw(&seed, 2), "@12", types[draw(&seed, 16)], 60, data, n);
		}
		reply_with((struct dns_reply){ .payload = 1232, .strip_ech = round % 2 },
			   (struct dns_part){ .ttl_max_s = 300 }, 60 + draw(&seed, 600));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_question_keeps_its_case),
		cmocka_unit_test(ttls_age_and_are_capped),
		cmocka_unit_test(names_in_data_are_written_anew),
		cmocka_unit_test(malformed_data_is_left_out),
		cmocka_unit_test(sections_that_nobody_asked_for_stay_behind),
		cmocka_unit_test(other_owners_are_left_out),
		cmocka_unit_test(addresses_are_shown_and_may_be_refused),
		cmocka_unit_test(ech_is_stripped),
		cmocka_unit_test(hints_are_addresses),
		cmocka_unit_test(what_does_not_fit_is_truncated_whole),
		cmocka_unit_test(refusals_carry_a_reason_for_those_who_speak_edns),
		cmocka_unit_test(high_rcodes_go_into_the_opt_record),
		cmocka_unit_test(bare_headers),
		cmocka_unit_test(random_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
