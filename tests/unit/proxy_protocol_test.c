/* PROXY protocol: both versions, every prefix, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "wire/proxy_protocol.h"

#define UNUSED __attribute__((unused))
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define OCTETS(lit) { (lit), sizeof(lit) - 1 }

static const struct {
	struct sv bytes;
	int n;                          /* octets of the header; 0: all of it */
	const char *source, *destination;       /* NULL: local */
} good[] = {
	{ OCTETS("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"), 0, "192.0.2.1:56324", "198.51.100.1:443" },
	{ OCTETS("PROXY TCP4 192.0.2.1 198.51.100.1 1 443\r\nCONNECT a:1"), 41, "192.0.2.1:1", "198.51.100.1:443" },
	{ OCTETS("PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n"), 0, "[2001:db8::1]:56324", "[2001:db8::2]:443" },
	{ OCTETS("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 5 443\r\n"), 0, "192.0.2.1:5", "192.0.2.2:443" },
	{ OCTETS("PROXY UNKNOWN\r\n"), 0, NULL, NULL },
	{ OCTETS("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"), 0, NULL, NULL },
	{ OCTETS(SIGNATURE "\x21\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\1\xdc\4\1\xbb"), 0, "192.0.2.1:56324", "198.51.100.1:443" },
	{ OCTETS(SIGNATURE "\x21\x11\0\x10\xc0\0\2\1\xc6\x33\x64\1\xdc\4\1\xbb\4\0\1z"), 0, "192.0.2.1:56324", "198.51.100.1:443" },
	{ OCTETS(SIGNATURE "\x21\x21\0\x24\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\2\xdc\4\1\xbb"),
	  0, "[2001:db8::1]:56324", "[2001:db8::2]:443" },
	{ OCTETS(SIGNATURE "\x20\0\0\0"), 0, NULL, NULL },
	{ OCTETS(SIGNATURE "\x20\x11\0\3abc"), 0, NULL, NULL },
	{ OCTETS(SIGNATURE "\x21\0\0\0rest"), 16, NULL, NULL },
};

static void check_end(const struct endpoint *is, const char *want)
{
	char text[ENDPOINT_TEXT_MAX];

	if (!want) {
		assert_int_equal(is->ip.family, 0);
		return;
	}
	endpoint_format(is, text);
	assert_string_equal(text, want);
}

static void good_headers_and_their_prefixes(void **state UNUSED)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		int n = good[i].n ? good[i].n : (int)good[i].bytes.n;
		struct proxy_header h;
		enum proxy_error why;

		for (size_t cut = 0; cut <= good[i].bytes.n; cut++)
			assert_int_equal(proxy_header_parse(&h, sv_slice(good[i].bytes, 0, cut), &why),
					 cut < (size_t)n ? -EAGAIN : n);
		assert_int_equal(h.local, good[i].source == NULL);
		check_end(&h.source, good[i].source);
		check_end(&h.destination, good[i].destination);
	}
}

static const struct {
	struct sv bytes;
	enum proxy_error why;
} bad[] = {
	{ OCTETS("CONNECT a.test:443 HTTP/1.1\r\n"), PROXY_NOT_PROXY },
	{ OCTETS("proxy TCP4"), PROXY_NOT_PROXY },
	{ OCTETS("\r\n\r\nX"), PROXY_NOT_PROXY },
	{ OCTETS("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\n"), PROXY_BAD_LINE },
	{ OCTETS("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\rX"), PROXY_BAD_LINE },
	{ OCTETS("PROXY TCP4 192.0.2.1 198.51.100.1 056324 443\r\n"), PROXY_BAD_LINE },
	{ OCTETS("PROXY TCP4 192.0.2.1 198.51.100.1 65536 443\r\n"), PROXY_BAD_LINE },
	{ OCTETS("PROXY TCP4 192.0.2.1 198.51.100.1 1\r\n"), PROXY_BAD_LINE },
	{ OCTETS("PROXY TCP4 192.0.2.1 198.51.100.1 1 2 3\r\n"), PROXY_BAD_LINE },
	{ OCTETS("PROXY TCP4  192.0.2.1 198.51.100.1 1 2\r\n"), PROXY_BAD_LINE },
	{ OCTETS("PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n"), PROXY_BAD_LINE },
	{ OCTETS("PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n"), PROXY_BAD_LINE },
	{ OCTETS("PROXY TCP4 192.0.2.01 198.51.100.1 1 2\r\n"), PROXY_BAD_LINE },
	{ OCTETS("PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n"), PROXY_BAD_LINE },
	{ OCTETS("PROXY UNKNOWN 1234567890123456789012345678901234567890123456789012345678901234567890"
		 "12345678901234567890123\r\n"), PROXY_BAD_LINE },
	{ OCTETS(SIGNATURE "\x11\x11\0\x0c"), PROXY_BAD_VERSION },
	{ OCTETS(SIGNATURE "\x22\x11\0\x0c"), PROXY_BAD_VERSION },
	{ OCTETS(SIGNATURE "\x21\x12\0\x0c"), PROXY_BAD_FAMILY },
	{ OCTETS(SIGNATURE "\x21\x31\0\xd8"), PROXY_BAD_FAMILY },
	{ OCTETS(SIGNATURE "\x21\x11\0\x0b"), PROXY_BAD_LENGTH },
	{ OCTETS(SIGNATURE "\x21\x21\0\x0c"), PROXY_BAD_LENGTH },
	{ OCTETS(SIGNATURE "\x21\x11\xff\xff"), PROXY_BAD_LENGTH },
};

static void bad_headers(void **state UNUSED)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct proxy_header h;
		enum proxy_error why;

		assert_int_equal(proxy_header_parse(&h, bad[i].bytes, &why), -EBADMSG);
		assert_int_equal(why, bad[i].why);
		assert_non_null(proxy_error_text(why));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_headers_and_their_prefixes),
		cmocka_unit_test(bad_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
