/* base64_test -- the vectors of RFC 4648, all lengths there and back, and text that is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base64.h"

#define UNUSED __attribute__((unused))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void the_vectors_of_the_rfc(void **state UNUSED)
{
	static const char *const rows[][2] = {          /* RFC 4648 section 10 */
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" }, { "\xfb\xff\xbf", "+/+/" },
	};
	unsigned char out[16];
	char memory[16];
	struct strbuf b;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sv octets = sv_of(rows[i][0]), text = sv_of(rows[i][1]);

		strbuf_init(&b, memory, sizeof(memory));
		base64_encode(&b, octets.p, octets.n);
		assert_true(sv_eq(strbuf_sv(&b), text));
		assert_int_equal(base64_decode(text, out, sizeof(out)), octets.n);
		assert_memory_equal(out, octets.p, octets.n);
	}
}

static void every_length_comes_back(void **state UNUSED)
{
	enum { MOST = 200 };
	unsigned char octets[MOST], out[MOST];
	char memory[MOST * 2];
	struct strbuf b;

	for (size_t i = 0; i < MOST; i++)
		octets[i] = (unsigned char)(i * 71 + 13);
	for (size_t n = 0; n <= MOST; n++) {
		strbuf_init(&b, memory, sizeof(memory));
		base64_encode(&b, octets, n);
		assert_false(b.full);
		assert_int_equal(b.n, (n + 2) / 3 * 4);
		assert_int_equal(base64_decode(strbuf_sv(&b), out, n), n);      /* room for exactly that much */
		assert_memory_equal(out, octets, n);
		if (n)
			assert_int_equal(base64_decode(strbuf_sv(&b), out, n - 1), -1);
	}
}

static void what_is_none_is_refused(void **state UNUSED)
{
	static const char *const rows[] = {
		"Z", "Zg", "Zg=", "Zg===", "=", "==", "====", "=Zg=", "Z===", "Zm9vYg==Zm9v", "Zm=v",  /* length, padding */
		"Zm9 ", " Zm9v", "Zm9v\n", "Zm-v", "Zm_v", "Zm9\x80", "Zm9.",                   /* alphabet */
		"Zh==", "Zm9=", "Zv==", "Zm//Zh==", "//9=",                                     /* stray bits */
	};
	static const struct sv nul = { "Zm\0v", 4 };
	unsigned char out[64];

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(base64_decode(sv_of(rows[i]), out, sizeof(out)), -1);
	assert_int_equal(base64_decode(nul, out, sizeof(out)), -1);
}

/* Each octet has its place in the alphabet, or none. */
static void every_octet(void **state UNUSED)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (int c = 0; c < 256; c++) {
		char text[4] = { 'A', 'A', 'A', (char)c };
		const char *at = c ? strchr(alphabet, c) : NULL;
		unsigned char out[3];
		ptrdiff_t n = base64_decode((struct sv){ text, 4 }, out, sizeof(out));

		if (c == '=')
			assert_int_equal(n, 2);
		else
			assert_int_equal(n, at ? 3 : -1);
		if (at)
			assert_int_equal(out[2], at - alphabet);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_the_rfc),
		cmocka_unit_test(every_length_comes_back),
		cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(every_octet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
