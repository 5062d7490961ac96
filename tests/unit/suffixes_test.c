/* suffixes and cover: what a wildcard opens, and what covers what. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "catalog/cover.h"
#include "catalog/suffixes.h"

#define UNUSED __attribute__((unused))

static struct arena *arena;

static struct pattern pattern(const char *text)
{
	size_t n = strlen(text);
	bool regex = text[0] == '~';
	struct pattern p;
	struct sv why;

	if (!pattern_parse(&p, (struct sv){ text, n }, regex, regex ? 1 : n, arena, &why))
		fail_msg("%s: %.*s", text, SV_ARG(why));
	return p;
}

static void kinds(void **state UNUSED)
{
	static const struct {
		const char *name;
		enum suffix_kind kind;
	} cases[] = {
		{ "", SUFFIX_PUBLIC }, { "com", SUFFIX_PUBLIC }, { "co.uk", SUFFIX_PUBLIC }, { "uk", SUFFIX_PUBLIC },
		{ "example.com", SUFFIX_OWN }, { "example.co.uk", SUFFIX_OWN }, { "corp", SUFFIX_OWN },
		{ "microsoft.com", SUFFIX_OWN }, { "azure.com", SUFFIX_SHARED },
		{ "windows.net", SUFFIX_SHARED }, { "core.windows.net", SUFFIX_SHARED },
		{ "blob.core.windows.net", SUFFIX_SHARED }, { "mine.blob.core.windows.net", SUFFIX_OWN },
		{ "xblob.core.windows.net", SUFFIX_OWN }, { "cloudapp.azure.com", SUFFIX_SHARED },
		{ "japaneast.cloudapp.azure.com", SUFFIX_SHARED }, { "vm.japaneast.cloudapp.azure.com", SUFFIX_OWN },
		{ "github.io", SUFFIX_SHARED }, { "vault.azure.net", SUFFIX_SHARED }, { "portal.azure.com", SUFFIX_OWN },
	};
	const struct suffix_row *row;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (suffix_kind_of(sv_of(cases[i].name), &row) != cases[i].kind)
			fail_msg("\"%s\" is %d", cases[i].name, (int)suffix_kind_of(sv_of(cases[i].name), &row));
}

static void every_row_is_shared(void **state UNUSED)
{
	size_t n;
	const struct suffix_row *rows = suffix_rows(&n);

	assert_true(n > 40);
	for (size_t i = 0; i < n; i++) {
		const struct suffix_row *row;

		assert_int_equal(suffix_kind_of(sv_of(rows[i].suffix), &row), SUFFIX_SHARED);
		assert_non_null(row);
		assert_true(rows[i].what[0] != '\0');
	}
}

static void literal_suffixes(void **state UNUSED)
{
	static const struct {
		const char *pattern, *suffix;
	} cases[] = {
		{ "a.example.com", "a.example.com" }, { "*.example.com", "example.com" }, { "*", "" },
		{ "pod*.example.com", "example.com" }, { "*cdn.com", "com" }, { "cdn*", "" },
		{ "*.pod*.x.example", "x.example" }, { "192.0.2.1", "" },
		{ "~a\\.example\\.com", "example.com" }, { "~.*\\.example\\.com", "example.com" },
		{ "~.*\\.Example\\.COM$", "example.com" }, { "~.*example\\.com", "com" }, { "~.*", "" },
		{ "~a\\.com|b\\.com", "" }, { "~(a|b)\\.example\\.com", "example.com" },
		{ "~[a|b]\\.example\\.com", "example.com" }, { "~a\\.example\\.(com|net)", "" },
		{ "~a\\.example.com", "" }, { "~a\\.x?example\\.com", "com" }, { "~a\\.example\\.com?", "" },
		{ "~a\\.example\\d\\.com", "com" }, { "~a\\.b\\|c\\.com", "com" }, { "~a\\.example\\.com{0,1}", "" },
		{ "~a\\.[b\\].]+\\.com", "com" }, { "~a\\.\\w", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pattern p = pattern(cases[i].pattern);
		struct sv got = pattern_literal_suffix(&p, arena);

		if (!sv_eq(got, sv_of(cases[i].suffix)))
			fail_msg("%s: \"%.*s\"", cases[i].pattern, SV_ARG(got));
	}
}

/* What is said to cover must match all that the other does; here with names that tell them apart. */
static void covering(void **state UNUSED)
{
	static const struct {
		const char *wide, *narrow;
		bool covers;
	} cases[] = {
		{ "a.x", "a.x", true }, { "a.x", "b.x", false }, { "*.x", "a.x", true }, { "*.x", "x", false },
		{ ".x", "x", true }, { ".x", "*.x", true }, { "*.x", ".x", false }, { "*.x", ".a.x", true },
		{ "*.x", "*.a.x", true }, { "*.a.x", "*.x", false }, { "*.xx", "*.x", false }, { "*.x", "*.ax", false },
		{ "*", ".x", true }, { "*", "*", true }, { "*.x", "*", false }, { "pod*.x", "pod7.x", true },
		{ "pod*.x", "pod7.a.x", false }, { "pod*.x", "*.x", false }, { "*.pod*.x", "*.pod7.x", true },
		{ "*.pod*.x", "pod7.x", false }, { "*.pod*.x", ".pod7.x", false }, { "*.pod*.x", ".a.pod7.x", true },
		{ "*.x", "pod*.x", true }, { "*.a.x", "pod*.x", false }, { "*.x", "pod*.ax", false },
		{ "~a\\.x", "~a\\.x", true }, { "~a\\.x", "a.x", true }, { "~a.*x", "a.y", false },
		{ "*.x.y", "~a\\.x\\.y", true }, { "*.x.y", "~ax\\.y", false },
		{ "*", "192.0.2.1", false }, { "0.0.0.0/0", "192.0.2.1", true }, { "192.0.2.0/25", "192.0.2.0/24", false },
		{ "0.0.0.0/0", "2001:db8::1", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pattern wide = pattern(cases[i].wide), narrow = pattern(cases[i].narrow);
		struct sv why;
		struct regex *re = wide.kind == PATTERN_REGEX ? regex_compile(wide.regex, arena, &why) : NULL;

		if (pattern_covers(&wide, re, &narrow, pattern_literal_suffix(&narrow, arena)) != cases[i].covers)
			fail_msg("%s and %s", cases[i].wide, cases[i].narrow);
		regex_free(re);
	}
}

static void port_cover(void **state UNUSED)
{
	static const struct {
		const char *wide, *narrow;
		bool covers, covers_explicit;
	} cases[] = {
		{ "https:443", "https:443", true, true }, { "tcp:443", "https:443", true, true },
		{ "https:443", "tcp:443", false, true }, { "http:80", "tcp:80", false, false },
		{ "tcp:80", "http:80", false, false }, { "tcp:any", "https:443,tcp:22", true, true },
		{ "tcp:1-10,11-20", "tcp:5-15", true, true }, { "tcp:11-20,1-10", "tcp:5-15", true, true },
		{ "tcp:1-10,12-20", "tcp:5-15", false, false }, { "tcp:443", "https:443,http:80", false, false },
		{ "udp:any", "tcp:53", false, false }, { "tcp:any", "tcp:any", true, true },
	};
	struct port_set wide, narrow;
	struct sv why;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(ports_parse(&wide, sv_of(cases[i].wide), arena, &why));
		assert_true(ports_parse(&narrow, sv_of(cases[i].narrow), arena, &why));
		if (ports_cover(&wide, &narrow, false) != cases[i].covers ||
		    ports_cover(&wide, &narrow, true) != cases[i].covers_explicit)
			fail_msg("%s and %s", cases[i].wide, cases[i].narrow);
	}
}

static int setup(void **state UNUSED)
{
	arena = arena_create();
	return 0;
}

static int teardown(void **state UNUSED)
{
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
		cmocka_unit_test(every_row_is_shared),
		cmocka_unit_test(literal_suffixes),
		cmocka_unit_test(covering),
		cmocka_unit_test(port_cover),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
