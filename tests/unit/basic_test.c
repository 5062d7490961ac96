/* basic_test -- the credentials of Proxy-Authorization, good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/basic.h"
#include "base/base64.h"

#include <stdio.h>

#define UNUSED __attribute__((unused))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static enum basic_error parse(struct credentials *out, const char *scheme, struct sv octets)
{
	char memory[2048];
	struct strbuf b;

	strbuf_init(&b, memory, sizeof(memory));
	strbuf_add(&b, sv_of(scheme));
	base64_encode(&b, octets.p, octets.n);
	assert_false(b.full);
	return basic_parse(out, strbuf_sv(&b));
}

static void values(void **state UNUSED)
{
	static const struct { const char *value; enum basic_error e; const char *user, *password; } rows[] = {
		{ "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", BASIC_OK, "Aladdin", "open sesame" },   /* RFC 7617 2 */
		{ "Basic dGVzdDoxMjPCow==", BASIC_OK, "test", "123\xc2\xa3" },                  /* RFC 7617 2.1 */
		{ "basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", BASIC_OK, "Aladdin", "open sesame" },
		{ "BASIC    QWxhZGRpbjpvcGVuIHNlc2FtZQ==", BASIC_OK, "Aladdin", "open sesame" },
		{ "", BASIC_OTHER_SCHEME, "", "" }, { "Basic", BASIC_OTHER_SCHEME, "", "" },
		{ "Basi QWxhZGRpbg==", BASIC_OTHER_SCHEME, "", "" }, { "Basicx QWxh", BASIC_OTHER_SCHEME, "", "" },
		{ "Basic\tQWxhZGRpbjpvcGVuIHNlc2FtZQ==", BASIC_OTHER_SCHEME, "", "" },
		{ "NTLM TlRMTVNTUAABAAAA", BASIC_OTHER_SCHEME, "", "" },
		{ "Negotiate YII=", BASIC_OTHER_SCHEME, "", "" }, { "Bearer abc", BASIC_OTHER_SCHEME, "", "" },
		{ "Basic ", BASIC_NO_COLON, "", "" }, { "Basic QWxhZGRpbg==", BASIC_NO_COLON, "", "" },
		{ "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ", BASIC_BAD_TOKEN, "", "" },
		{ "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ== ", BASIC_BAD_TOKEN, "", "" },
		{ "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==, Basic x", BASIC_BAD_TOKEN, "", "" },
		{ "Basic QWxh=GRp", BASIC_BAD_TOKEN, "", "" },
	};
	struct credentials c;

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(basic_parse(&c, sv_of(rows[i].value)), rows[i].e);
		assert_string_equal(c.user, rows[i].user);
		assert_string_equal(c.password, rows[i].password);
		assert_int_equal(c.n_user, strlen(rows[i].user));
		assert_int_equal(c.n_password, strlen(rows[i].password));
		assert_true(strlen(basic_error_text(rows[i].e)) > 0);
	}
}

static void octets(void **state UNUSED)
{
	static const struct { struct sv octets; enum basic_error e; } rows[] = {
		{ { "a:", 2 }, BASIC_OK }, { { "a:b:c", 5 }, BASIC_OK },
		{ { "j\xf6rg:stra\xdf""e", 11 }, BASIC_OK },    /* Latin-1 */
		{ { ":x", 2 }, BASIC_BAD_USER }, { { "a\0b:x", 5 }, BASIC_BAD_USER }, { { "a\nb:x", 5 }, BASIC_BAD_USER },
		{ { "a\x7f:x", 4 }, BASIC_BAD_USER }, { { "a:x\0y", 5 }, BASIC_BAD_PASSWORD },
		{ { "a:\x1f", 3 }, BASIC_BAD_PASSWORD }, { { "a:\r\n", 4 }, BASIC_BAD_PASSWORD },
	};
	struct credentials c;

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(parse(&c, "Basic ", rows[i].octets), rows[i].e);
	assert_int_equal(parse(&c, "Basic ", SV("a:b:c")), BASIC_OK);
	assert_string_equal(c.password, "b:c");         /* the first colon ends the name */
	credentials_wipe(&c);
	for (size_t i = 0; i < sizeof(c); i++)
		assert_int_equal(((const char *)&c)[i], 0);
}

static void lengths_have_bounds(void **state UNUSED)
{
	char text[1024];
	struct credentials c;

	memset(text, 'x', sizeof(text));
	text[BASIC_USER_MAX] = ':';
	assert_int_equal(parse(&c, "Basic ", (struct sv){ text, BASIC_USER_MAX + 1 + PASSWORD_MAX }), BASIC_OK);
	assert_int_equal(c.n_user, BASIC_USER_MAX);
	assert_int_equal(c.n_password, PASSWORD_MAX);
	assert_int_equal(strlen(c.password), PASSWORD_MAX);
	assert_int_equal(parse(&c, "Basic ", (struct sv){ text, BASIC_USER_MAX + 2 + PASSWORD_MAX }), BASIC_BAD_TOKEN);
	assert_int_equal(parse(&c, "Basic ", (struct sv){ text, sizeof(text) }), BASIC_BAD_TOKEN);
	assert_int_equal(c.n_user, 0);                  /* nothing is left of what was refused */
	text[BASIC_USER_MAX] = 'x';
	text[BASIC_USER_MAX + 1] = ':';
	assert_int_equal(parse(&c, "Basic ", (struct sv){ text, BASIC_USER_MAX + 9 }), BASIC_BAD_USER);
	text[1] = ':';
	assert_int_equal(parse(&c, "Basic ", (struct sv){ text, 2 + PASSWORD_MAX + 1 }), BASIC_BAD_PASSWORD);
}

static void names(void **state UNUSED)
{
	static const char *const good[] = { "a", "alice@corp.example", "a b", "J\xc3\xb6rg", "*", "a#b", "-x" };
	static const char *const bad[] = { "", " a", "a ", "a:b", "#a", "a\tb", "a\x7f",
		"12345678901234567890123456789012345678901234567890123456789012345" };

	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(user_name_is_good(sv_of(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(user_name_is_good(sv_of(bad[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(octets),
		cmocka_unit_test(lengths_have_bounds),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
