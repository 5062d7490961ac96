/* name_test -- the one canonical form, and every spelling that is not it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/name.h"

#define UNUSED __attribute__((unused))
#define T(lit)   { (lit), sizeof(lit) - 1 }     /* SV() for static tables */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define A10 "aaaaaaaaaa"
#define A63 A10 A10 A10 A10 A10 A10 "aaa"
#define A61 A10 A10 A10 A10 A10 A10 "a"
#define LONGEST A63 "." A63 "." A63 "." A61     /* 3 * 64 + 61 = 253 */

static const struct {
	struct sv text, canonical;
	enum name_error error;
} names[] = {
	{ T("download.microsoft.com"), T("download.microsoft.com"), NAME_OK },
	{ T("DOWNLOAD.Microsoft.COM"), T("download.microsoft.com"), NAME_OK },
	{ T("download.microsoft.com."), T("download.microsoft.com"), NAME_OK },
	{ T("localhost"), T("localhost"), NAME_OK },
	{ T("a"), T("a"), NAME_OK },
	{ T("_dns._tcp.a_b.x_"), T("_dns._tcp.a_b.x_"), NAME_OK },
	{ T("xn--bcher-kva.example"), T("xn--bcher-kva.example"), NAME_OK },
	{ T("a--b.x"), T("a--b.x"), NAME_OK },
	{ T("1.2.3.4.example"), T("1.2.3.4.example"), NAME_OK },
	{ T("3com"), T("3com"), NAME_OK },
	{ T("x.0a"), T("x.0a"), NAME_OK },
	{ T(A63 ".x"), T(A63 ".x"), NAME_OK },
	{ T(LONGEST), T(LONGEST), NAME_OK },
	{ T(LONGEST "."), T(LONGEST), NAME_OK },

	{ T(""), T(""), NAME_EMPTY },
	{ T("."), T(""), NAME_EMPTY },
	{ T(".."), T(""), NAME_EMPTY_LABEL },
	{ T("a.."), T(""), NAME_EMPTY_LABEL },
	{ T(".a"), T(""), NAME_EMPTY_LABEL },
	{ T("a..b"), T(""), NAME_EMPTY_LABEL },
	{ T("a" A63 ".x"), T(""), NAME_LABEL_TOO_LONG },
	{ T("a" LONGEST), T(""), NAME_TOO_LONG },
	{ T(LONGEST "a."), T(""), NAME_TOO_LONG },
	{ T(LONGEST ".."), T(""), NAME_TOO_LONG },
	{ T("a b.x"), T(""), NAME_BAD_CHARACTER },
	{ T(" a.x"), T(""), NAME_BAD_CHARACTER },
	{ T("a.x "), T(""), NAME_BAD_CHARACTER },
	{ T("a.x\n"), T(""), NAME_BAD_CHARACTER },
	{ T("a.x\0"), T(""), NAME_BAD_CHARACTER },
	{ T("good.example\0.evil.example"), T(""), NAME_BAD_CHARACTER },
	{ T("\0"), T(""), NAME_BAD_CHARACTER },
	{ T("a\x7f.x"), T(""), NAME_BAD_CHARACTER },
	{ T("a%2eb.x"), T(""), NAME_BAD_CHARACTER },
	{ T("user@a.x"), T(""), NAME_BAD_CHARACTER },
	{ T("a.x:443"), T(""), NAME_BAD_CHARACTER },
	{ T("a.x/"), T(""), NAME_BAD_CHARACTER },
	{ T("*.x"), T(""), NAME_BAD_CHARACTER },
	{ T("[a.x]"), T(""), NAME_BAD_CHARACTER },
	{ T("b\xc3\xbc" "cher.example"), T(""), NAME_NOT_ASCII },
	{ T("a\xe3\x80\x82" "b"), T(""), NAME_NOT_ASCII },
	{ T("-a.x"), T(""), NAME_HYPHEN },
	{ T("a-.x"), T(""), NAME_HYPHEN },
	{ T("a.-"), T(""), NAME_HYPHEN },
	{ T("10"), T(""), NAME_NUMERIC },
	{ T("192.0.2.1"), T(""), NAME_NUMERIC },
	{ T("192.0.2.1."), T(""), NAME_NUMERIC },
	{ T("a.10"), T(""), NAME_NUMERIC },
	{ T("a.0x7f"), T(""), NAME_NUMERIC },
	{ T("a.0X7F"), T(""), NAME_NUMERIC },
	{ T("0x"), T(""), NAME_NUMERIC },
	{ T("0xzz"), T(""), NAME_NUMERIC },
	{ T("2130706433"), T(""), NAME_NUMERIC },
	{ T("017700000001"), T(""), NAME_NUMERIC },
};

static void names_as_in_the_table(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		struct fqdn f = { .n = 77, .text = "stale" };

		assert_int_equal(fqdn_parse(&f, names[i].text), names[i].error);
		assert_int_equal(f.n, names[i].canonical.n);
		assert_memory_equal(f.text, names[i].canonical.p, f.n + 1u);
	}
}

/* Of 256 octets in the middle of a label, letters, digits, '-' and '_' pass, and '.' parts it. */
static void every_octet_inside_a_label(void **state UNUSED)
{
	for (int c = 0; c < 256; c++) {
		char text[] = "a?b.x";
		struct fqdn f;
		bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';

		text[1] = (char)c;
		assert_int_equal(fqdn_parse(&f, (struct sv){ text, 5 }) == NAME_OK, fine);
	}
}

static const struct {
	struct sv host;
	const char *ip;         /* what it is, or NULL */
	enum name_error error;
} targets[] = {
	{ T("192.0.2.1"), "192.0.2.1", NAME_OK },
	{ T("0.0.0.0"), "0.0.0.0", NAME_OK },
	{ T("255.255.255.255"), "255.255.255.255", NAME_OK },
	{ T("[2001:db8::1]"), "2001:db8::1", NAME_OK },
	{ T("[2001:DB8:0:0::1]"), "2001:db8::1", NAME_OK },
	{ T("[::1]"), "::1", NAME_OK },
	{ T("[64:ff9b::192.0.2.1]"), "64:ff9b::c000:201", NAME_OK },
	{ T("a.example"), NULL, NAME_OK },
	{ T("A.example."), NULL, NAME_OK },

	{ T(""), NULL, NAME_EMPTY },
	{ T("192.0.2.1."), NULL, NAME_NUMERIC },
	{ T("192.0.2"), NULL, NAME_NUMERIC },
	{ T("10.1"), NULL, NAME_NUMERIC },
	{ T("0x7f.1"), NULL, NAME_NUMERIC },
	{ T("0x7f000001"), NULL, NAME_NUMERIC },
	{ T("127.0.0.0x1"), NULL, NAME_NUMERIC },
	{ T("010.0.0.1"), NULL, NAME_NUMERIC },
	{ T("256.0.0.1"), NULL, NAME_NUMERIC },
	{ T("1.2.3.4.5"), NULL, NAME_NUMERIC },
	{ T("1.2.3.4%eth0"), NULL, NAME_BAD_CHARACTER },
	{ T("1.2.3.4\0"), NULL, NAME_BAD_CHARACTER },
	{ T("+1.2.3.4"), NULL, NAME_BAD_CHARACTER },
	{ T("2001:db8::1"), NULL, NAME_BAD_CHARACTER },
	{ T("::1"), NULL, NAME_BAD_CHARACTER },
	{ T("a.example:443"), NULL, NAME_BAD_CHARACTER },
	{ T("1.2.3.4:80"), NULL, NAME_BAD_CHARACTER },
	{ T("user@[::1]"), NULL, NAME_BAD_CHARACTER },
	{ T("user@a.example"), NULL, NAME_BAD_CHARACTER },
	{ T("a%2eexample"), NULL, NAME_BAD_CHARACTER },
	{ T("%5b::1%5d"), NULL, NAME_BAD_CHARACTER },
	{ T("["), NULL, NAME_BAD_ADDRESS },
	{ T("[]"), NULL, NAME_BAD_ADDRESS },
	{ T("[::1"), NULL, NAME_BAD_ADDRESS },
	{ T("[::1]."), NULL, NAME_BAD_ADDRESS },
	{ T("[::1]:443"), NULL, NAME_BAD_ADDRESS },
	{ T("[[::1]]"), NULL, NAME_BAD_ADDRESS },
	{ T("[::1\0]"), NULL, NAME_BAD_ADDRESS },
	{ T("[ ::1]"), NULL, NAME_BAD_ADDRESS },
	{ T("[192.0.2.1]"), NULL, NAME_BAD_ADDRESS },
	{ T("[a.example]"), NULL, NAME_BAD_ADDRESS },
	{ T("[::ffff:192.0.2.1]"), NULL, NAME_BAD_ADDRESS },
	{ T("[::ffff:c000:201]"), NULL, NAME_BAD_ADDRESS },
	{ T("[0:0:0:0:0:FFFF:7f00:1]"), NULL, NAME_BAD_ADDRESS },
	{ T("[fe80::1%eth0]"), NULL, NAME_BAD_ADDRESS },
	{ T("[fe80::1%25eth0]"), NULL, NAME_BAD_ADDRESS },
	{ T("[::127.0.0.01]"), NULL, NAME_BAD_ADDRESS },
	{ T("[00001::1]"), NULL, NAME_BAD_ADDRESS },
	{ T("[v1.fe80]"), NULL, NAME_BAD_ADDRESS },
};

static void targets_as_in_the_table(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(targets); i++) {
		struct target t;
		char text[IP_TEXT_MAX];

		assert_int_equal(target_parse(&t, targets[i].host), targets[i].error);
		ip_format(&t.ip, text);
		assert_string_equal(text, targets[i].ip ? targets[i].ip : "");
		assert_int_equal(t.name.n > 0, targets[i].error == NAME_OK && !targets[i].ip);
	}
}

static void every_error_has_a_text(void **state UNUSED)
{
	for (int e = NAME_OK; e <= NAME_BAD_ADDRESS; e++)
		assert_true(strlen(name_error_text((enum name_error)e)) > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_as_in_the_table),
		cmocka_unit_test(every_octet_inside_a_label),
		cmocka_unit_test(targets_as_in_the_table),
		cmocka_unit_test(every_error_has_a_text),
	};

	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
