/* Tests of base/: views, addresses, clocks, JSON text, diagnostics, suggestions. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/hash.h"
#include "base/ip.h"
#include "base/strbuf.h"
#include "base/suggest.h"

#include <netinet/in.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void views_cut_and_compare(void **state UNUSED)
{
	struct sv rest = SV("a,,b"), part;

	part = sv_cut(&rest, ',');
	assert_true(sv_eq(part, SV("a")));
	part = sv_cut(&rest, ',');
	assert_int_equal(part.n, 0);
	assert_non_null(part.p);
	part = sv_cut(&rest, ',');
	assert_true(sv_eq(part, SV("b")));
	assert_null(rest.p);
	assert_true(sv_eq_nocase(SV("HoSt"), SV("hOsT")));
	assert_false(sv_eq_nocase((struct sv){ "a\0b", 3 }, (struct sv){ "a\0c", 3 }));
	assert_true(sv_eq(sv_trim(SV(" \t x \t")), SV("x")));
	assert_int_equal(sv_slice(SV("abc"), 5, 1).n, 0);
	assert_true(sv_eq(sv_slice(SV("abc"), 1, SIZE_MAX), SV("bc")));
}

static void numbers_are_strict(void **state UNUSED)
{
	static const struct { const char *text; uint64_t max; bool ok; uint64_t value; } rows[] = {
		{ "0", 9, true, 0 }, { "007", 9, true, 7 }, { "10", 9, false, 0 }, { "", 9, false, 0 },
		{ "+1", 9, false, 0 }, { "1 ", 9, false, 0 }, { "65535", 65535, true, 65535 },
		{ "65536", 65535, false, 0 }, { "4294967739", 65535, false, 0 },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, false, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t value = 0;

		assert_int_equal(sv_to_u64(sv_of(rows[i].text), rows[i].max, &value), rows[i].ok);
		assert_true(!rows[i].ok || value == rows[i].value);
	}
}

static void addresses_have_one_spelling(void **state UNUSED)
{
	static const char *const good[][2] = {
		{ "192.0.2.1", "192.0.2.1" }, { "0.0.0.0", "0.0.0.0" }, { "255.255.255.255", "255.255.255.255" },
		{ "::1", "::1" }, { "2001:DB8:0:0:0:0:0:1", "2001:db8::1" }, { "::ffff:1.2.3.4", "::ffff:1.2.3.4" },
	};
	static const char *const bad[] = {
		"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "0x7f.0.0.1", "1.2.3.4 ",
		" 1.2.3.4", "1..2.3", "1.2.3.", "a.b.c.d", "[::1]", "::1%lo", "1::2::3", ":", "fe80::1%1",
	};
	char text[IP_TEXT_MAX];
	struct ip ip;

	for (size_t i = 0; i < COUNT(good); i++) {
		assert_true(ip_parse(&ip, sv_of(good[i][0])));
		assert_int_equal(ip_format(&ip, text), strlen(good[i][1]));
		assert_string_equal(text, good[i][1]);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(ip_parse(&ip, sv_of(bad[i])));
	assert_false(ip_parse(&ip, (struct sv){ "::1\0", 4 }));
	assert_true(ip_parse(&ip, SV("::ffff:1.2.3.4")));
	ip = ip_unmapped(&ip);
	ip_format(&ip, text);
	assert_string_equal(text, "1.2.3.4");
}

static void prefixes(void **state UNUSED)
{
	static const struct { const char *text; enum prefix_error want; const char *back; } rows[] = {
		{ "10.0.0.0/8", PREFIX_OK, "10.0.0.0/8" }, { "10.0.0.1", PREFIX_OK, "10.0.0.1/32" },
		{ "0.0.0.0/0", PREFIX_OK, "0.0.0.0/0" }, { "::/0", PREFIX_OK, "::/0" },
		{ "2001:db8::/32", PREFIX_OK, "2001:db8::/32" },
		{ "10.0.0.1/8", PREFIX_HOST_BITS, "10.0.0.0/8" }, { "10.0.0.128/25", PREFIX_OK, "10.0.0.128/25" },
		{ "10.0.0.0/33", PREFIX_BAD_LENGTH, NULL }, { "10.0.0.0/", PREFIX_BAD_LENGTH, NULL },
		{ "10.0.0.0/-1", PREFIX_BAD_LENGTH, NULL }, { "10.0.0/8", PREFIX_BAD_ADDRESS, NULL },
	};
	struct prefix p;
	struct ip in, out;

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[PREFIX_TEXT_MAX];

		assert_int_equal(prefix_parse(&p, sv_of(rows[i].text)), rows[i].want);
		if (!rows[i].back)
			continue;
		prefix_format(&p, text);
		assert_string_equal(text, rows[i].back);
	}
	assert_int_equal(prefix_parse(&p, SV("10.0.0.128/25")), PREFIX_OK);
	assert_true(ip_parse(&in, SV("10.0.0.255")) && ip_parse(&out, SV("10.0.0.127")));
	assert_true(prefix_contains(&p, &in));
	assert_false(prefix_contains(&p, &out));
}

static void endpoints(void **state UNUSED)
{
	static const struct { const char *text; uint16_t preset; const char *back; } rows[] = {
		{ "192.0.2.1:53", 0, "192.0.2.1:53" }, { "192.0.2.1", 53, "192.0.2.1:53" }, { "192.0.2.1", 0, NULL },
		{ "[2001:db8::1]:53", 0, "[2001:db8::1]:53" }, { "2001:db8::1", 53, "[2001:db8::1]:53" },
		{ "[2001:db8::1]", 53, "[2001:db8::1]:53" }, { "[192.0.2.1]:53", 0, NULL },
		{ "192.0.2.1:0", 0, NULL }, { "192.0.2.1:65536", 0, NULL }, { "192.0.2.1:", 53, NULL },
		{ "[::1", 53, NULL }, { "name:53", 0, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sockaddr_storage sa;
		char text[ENDPOINT_TEXT_MAX];
		struct endpoint e, back;

		assert_int_equal(endpoint_parse(&e, sv_of(rows[i].text), rows[i].preset), rows[i].back != NULL);
		if (!rows[i].back)
			continue;
		endpoint_format(&e, text);
		assert_string_equal(text, rows[i].back);
		assert_true(endpoint_to_sockaddr(&e, &sa) > 0);
		back = endpoint_from_sockaddr(&sa);
		assert_true(endpoint_eq(&e, &back));
	}
}

static void times(void **state UNUSED)
{
	static const struct { const char *text; const char *back; } rows[] = {
		{ "2026-12-01T00:00:00Z", "2026-12-01T00:00:00.000Z" },
		{ "2026-12-01t09:00:00.25+09:00", "2026-12-01T00:00:00.250Z" },
		{ "2024-02-29T23:59:59Z", "2024-02-29T23:59:59.000Z" }, { "2026-02-29T00:00:00Z", NULL },
		{ "2026-13-01T00:00:00Z", NULL }, { "2026-12-01", NULL }, { "2026-12-01T00:00:00", NULL },
		{ "2026-12-01T24:00:00Z", NULL }, { "2026-12-01T00:00:00+9:00", NULL }, { "", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[TIME_TEXT_MAX];
		int64_t ms;

		assert_int_equal(time_parse(sv_of(rows[i].text), &ms), rows[i].back != NULL);
		if (!rows[i].back)
			continue;
		assert_int_equal(time_format(ms, text), TIME_TEXT_MAX - 1);
		assert_string_equal(text, rows[i].back);
	}
}

/* Against the C library, over leap years, centuries and both ends. */
static void dates_are_those_of_the_calendar(void **state UNUSED)
{
	for (int64_t s = 0; s < INT64_C(253402300800); s += 86400 * 13 + 4711) {
		char mine[TIME_TEXT_MAX], theirs[TIME_TEXT_MAX];
		time_t t = (time_t)s;
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%S.000Z", &tm);
		time_format(s * 1000, mine);
		assert_string_equal(mine, theirs);
	}
}

static void clocks_stand_while_they_are_held(void **state UNUSED)
{
	uint64_t before = clock_mono_us(), held;
	int64_t wall;

	clock_hold();
	held = clock_mono_us();
	wall = clock_wall_ms();
	assert_true(held >= before);
	usleep(3000);
	assert_int_equal(clock_mono_us(), held);
	assert_int_equal(clock_wall_ms(), wall);
	clock_hold();                                   /* the next event */
	assert_true(clock_mono_us() >= held + 3000);
	clock_let_go();
	held = clock_mono_us();
	usleep(1000);
	assert_true(clock_mono_us() >= held + 1000);
}

static void json_is_always_clean(void **state UNUSED)
{
	static const struct { struct sv in; size_t max; const char *out; } rows[] = {
		{ { "plain", 5 }, 0, "\"plain\"" }, { { "a\"b\\c", 5 }, 0, "\"a\\\"b\\\\c\"" },
		{ { "\n\0\x7f", 3 }, 0, "\"\\u000a\\u0000\\u007f\"" }, { { "\xc3\xa9", 2 }, 0, "\"\xc3\xa9\"" },
		{ { "\xc3", 1 }, 0, "\"\xef\xbf\xbd\"" }, { { "\xed\xa0\x80", 3 }, 0, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ { "\xc0\xaf", 2 }, 0, "\"\xef\xbf\xbd\xef\xbf\xbd\"" }, { { "ab\xc3\xa9", 4 }, 3, "\"ab\"" },
		{ { "\xf0\x9f\x98\x80", 4 }, 0, "\"\xf0\x9f\x98\x80\"" },
		{ { "\xf4\x90\x80\x80", 4 }, 1, "\"\xef\xbf\xbd\"" },
		/* around the eight octets that are taken at once, and the last eight of all */
		{ { "1234567", 7 }, 0, "\"1234567\"" }, { { "12345678", 8 }, 0, "\"12345678\"" },
		{ { "123456789", 9 }, 0, "\"123456789\"" }, { { "1234567890abcdef", 16 }, 0, "\"1234567890abcdef\"" },
		{ { "1234567890abc", 13 }, 9, "\"123456789\"" }, { { "1\"34567890abc", 13 }, 0, "\"1\\\"34567890abc\"" },
		{ { "12345678\"0abcdefgh", 18 }, 0, "\"12345678\\\"0abcdefgh\"" },
		{ { "1234567890abcde\"", 16 }, 0, "\"1234567890abcde\\\"\"" },
		{ { "", 0 }, 0, "\"\"" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char memory[64];
		struct strbuf b;

		strbuf_init(&b, memory, sizeof(memory));
		json_text(&b, rows[i].in, rows[i].max);
		assert_false(b.full);
		assert_true(sv_eq(strbuf_sv(&b), sv_of(rows[i].out)));
	}
}

static void json_words_are_taken_as_they_are(void **state UNUSED)
{
	char memory[8];
	struct strbuf b;

	strbuf_init(&b, memory, sizeof(memory));
	json_word(&b, SV("ab"));
	json_word(&b, SV(""));
	assert_true(!b.full && sv_eq(strbuf_sv(&b), SV("\"ab\"\"\"")));
	json_word(&b, SV("c"));
	assert_true(b.full && b.n == 6);
	b.full = false;
	json_word(&b, SV(""));
	assert_true(!b.full && b.n == 8);
}

static void json_puts_commas(void **state UNUSED)
{
	char memory[128];
	struct strbuf b;

	strbuf_init(&b, memory, sizeof(memory));
	json_open(&b, JSON_NO_KEY, '{');
	json_member_u(&b, JSON_KEY("n"), 1);
	json_open(&b, JSON_KEY("list"), '[');
	json_element(&b, SV("x"));
	json_element(&b, SV("y"));
	json_close(&b, ']');
	json_member_bool(&b, JSON_KEY("ok"), true);
	json_close(&b, '}');
	assert_true(sv_eq(strbuf_sv(&b), SV("{\"n\":1,\"list\":[\"x\",\"y\"],\"ok\":true}")));
	strbuf_init(&b, memory, 3);
	strbuf_add(&b, SV("four"));
	assert_true(b.full && b.n == 0);
	strbuf_printf(&b, "%s", "abc");
	assert_true(b.full);
}

static void findings_keep_their_order(void **state UNUSED)
{
	struct diag_list d = { 0 };
	char line[100];

	diag_error(&d, (struct place){ "b", 9, 1 }, "one");
	diag_add(&d, DIAG_WARNING, (struct place){ "a", 2, 5 }, "two %d", 2);
	diag_error(&d, (struct place){ "b", 3, 7 }, "three");
	diag_sort(&d);
	assert_int_equal(d.errors, 2);
	assert_int_equal(d.warnings, 1);
	diag_format(&d.items[0], line, sizeof(line));
	assert_string_equal(line, "b:3:7: error: three");
	diag_format(&d.items[2], line, sizeof(line));
	assert_string_equal(line, "a:2:5: warning: two 2");
	diag_fini(&d);
}

static void suggestions_are_near(void **state UNUSED)
{
	static const char *const words[] = { "allow", "deny", "audit", "listen" };
	static const struct { const char *word, *want; } rows[] = {
		{ "alow", "allow" }, { "lisetn", "listen" }, { "denny", "deny" }, { "xyzzy", NULL }, { "ALLOW", "allow" },
		{ "", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *got = suggest_among(sv_of(rows[i].word), words, COUNT(words));

		if (rows[i].want)
			assert_string_equal(got, rows[i].want);
		else
			assert_null(got);
	}
}

static void arenas_are_zeroed_and_aligned(void **state UNUSED)
{
	struct arena *a = arena_create();

	for (size_t n = 1; n < 20000; n = n * 3 + 1) {
		unsigned char *p = arena_alloc(a, n);

		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, n);
	}
	assert_true(sv_eq(arena_printf(a, "%s-%d", "x", 7), SV("x-7")));
	arena_free(a);
	arena_free(NULL);
}

/* Equal keys give equal hashes, other keys others. */
static void hashes_depend_on_key_and_bytes(void **state UNUSED)
{
	uint64_t first, again, other;

	hash_fix_key(1, 2);
	first = hash_bytes("windowsazure", 12);
	again = hash_bytes("windowsazure", 12);
	assert_true(first == again);
	assert_true(first != hash_bytes("windowsazurE", 12));
	assert_true(hash_bytes("", 0) != hash_bytes("\0", 1));
	hash_fix_key(1, 3);
	other = hash_bytes("windowsazure", 12);
	assert_true(first != other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(views_cut_and_compare), cmocka_unit_test(numbers_are_strict),
		cmocka_unit_test(addresses_have_one_spelling), cmocka_unit_test(prefixes),
		cmocka_unit_test(endpoints), cmocka_unit_test(times), cmocka_unit_test(dates_are_those_of_the_calendar),
		cmocka_unit_test(clocks_stand_while_they_are_held), cmocka_unit_test(json_is_always_clean),
		cmocka_unit_test(json_words_are_taken_as_they_are), cmocka_unit_test(json_puts_commas), cmocka_unit_test(findings_keep_their_order),
		cmocka_unit_test(suggestions_are_near), cmocka_unit_test(arenas_are_zeroed_and_aligned),
		cmocka_unit_test(hashes_depend_on_key_and_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
