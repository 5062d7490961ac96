#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/identity.h"

#ifndef UNUSED
#define UNUSED __attribute__((unused))
#endif
#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *text;
	bool quoted;
	size_t quote_at;
	enum identity_word kind;
	const char *value;
} good[] = {
	{ "*", false, 1, IDENTITY_WORD_ANY, "" },
	{ "VM-1.Corp.Example.", false, 99, IDENTITY_WORD_NAME, "vm-1.corp.example" },
	{ "*.corp.example", true, 0, IDENTITY_WORD_NAME, "corp.example" },
	{ "b\xc3\xbc" "cher.example", false, 99, IDENTITY_WORD_NAME, "xn--bcher-kva.example" },
	{ "~a(?:b)c", true, 1, IDENTITY_WORD_NAME, "" },
	{ "~https://.*", true, 1, IDENTITY_WORD_NAME, "" },
	{ "spiffe://site/vm/A", false, 99, IDENTITY_WORD_URI, "spiffe://site/vm/A" },
	{ "spiffe://site/vm/*", true, 0, IDENTITY_WORD_URI_GLOB, "spiffe://site/vm/*" },
	{ "spiffe://site/*/x-*-y?q#f", true, 0, IDENTITY_WORD_URI_GLOB, "spiffe://site/*/x-*-y?q#f" },
	{ "https://[2001:db8::1]:8443/%2f", false, 99, IDENTITY_WORD_URI, "https://[2001:db8::1]:8443/%2f" },
	{ "urn:uuid:*", true, 0, IDENTITY_WORD_URI_GLOB, "urn:uuid:*" },
	{ "a:b", true, 0, IDENTITY_WORD_URI, "a:b" },
	{ "cn:Backup Server 1", true, 3, IDENTITY_WORD_CN, "Backup Server 1" },
	{ "cn:a://b", false, 99, IDENTITY_WORD_CN, "a://b" },
};

static void words_of_every_kind(void **state UNUSED)
{
	for (size_t i = 0; i < N(good); i++) {
		struct arena *a = arena_create();
		struct identity_pattern p;
		struct sv why;

		if (!identity_pattern_parse(&p, sv_of(good[i].text), good[i].quoted, good[i].quote_at, a, &why))
			fail_msg("%s: %.*s", good[i].text, SV_ARG(why));
		if (p.kind != good[i].kind || !sv_eq(p.kind == IDENTITY_WORD_NAME ? p.name.name : p.text,
						     sv_of(good[i].value)))
			fail_msg("%s: kind %d, \"%.*s\"", good[i].text, p.kind, SV_ARG(p.text));
		arena_free(a);
	}
}

static const struct {
	struct sv text;
	bool quoted;
	const char *part;
} bad[] = {
	{ { "", 0 }, false, "nothing stands behind" },
	{ { "10.0.0.1", 8 }, false, "is an address" },
	{ { "2001:db8::1", 11 }, false, "is no name" },
	{ { "vm:8443", 7 }, false, "is no name" },
	{ { "a/b", 3 }, false, "is no name" },
	{ { "a b", 3 }, true, "common name" },
	{ { "a..b", 4 }, false, "bad name" },
	{ { "**.a.example", 12 }, false, "\"**\" has no meaning" },
	{ { "~a", 2 }, false, "stands in quotes behind its ~" },
	{ { "cn:", 3 }, false, "written out" },
	{ { "cn:Backup*", 10 }, false, "without wildcard" },
	{ { "cn:a\0b", 6 }, false, "written out" },
	{ { "://site/x", 9 }, false, "no proper scheme" },
	{ { "1a://site/x", 11 }, false, "no proper scheme" },
	{ { "*://site/x", 10 }, false, "no proper scheme" },
	{ { "spiffe:", 7 }, true, "a scheme and nothing else" },
	{ { "spiffe://*/vm/a", 15 }, false, "outside the path" },
	{ { "spiffe://site*/vm/a", 19 }, false, "outside the path" },
	{ { "spiffe://*site/vm/*", 19 }, false, "outside the path" },
	{ { "spiffe://site/vm/a?*", 20 }, false, "outside the path" },
	{ { "spiffe://site/vm/a#*", 20 }, false, "outside the path" },
	{ { "spiffe://site/**", 16 }, false, "\"**\" has no meaning" },
	{ { "spiffe://site/a b", 17 }, true, "no URI from \" b\" on" },
	{ { "spiffe://site/a%2", 17 }, false, "no URI from \"%2\" on" },
	{ { "spiffe://site/a%zz", 18 }, false, "no URI from \"%zz\" on" },
	{ { "spiffe://site/a\0b", 17 }, false, "no URI from" },
	{ { "spiffe://site/\xc3\xa4", 16 }, false, "no URI from" },
	{ { "spiffe://site/a\\b", 17 }, false, "no URI from" },
};

static void what_is_none_is_refused_with_a_hint(void **state UNUSED)
{
	for (size_t i = 0; i < N(bad); i++) {
		struct arena *a = arena_create();
		struct identity_pattern p;
		struct sv why;

		if (identity_pattern_parse(&p, bad[i].text, bad[i].quoted, bad[i].quoted ? 0 : 99, a, &why))
			fail_msg("%.*s: taken", SV_ARG(bad[i].text));
		if (!strstr(arena_strdup(a, why), bad[i].part))
			fail_msg("%.*s: %.*s", SV_ARG(bad[i].text), SV_ARG(why));
		arena_free(a);
	}
}

static const struct {
	const char *glob, *yes, *no;    /* several, apart by spaces */
} globs[] = {
	{ "s://h/*", "s://h/a s://h/* s://h/a:b@c s://h/...", "s://h/ s://h s://h/. s://h/.. s://h/a/ s://h/a/b s://h//a "
	  "s://h/%61 s://h/a%2fb s://h/a?b s://h/a#b s://H/a S://h/a s://h/a\\b s://h/a\xc3\xa4 s:///h/a s:/h/a ss://h/a" },
	{ "s://h/*/", "s://h/a/", "s://h/a s://h// s://h/a/b s://h/a//" },
	{ "s://h/*/*", "s://h/a/b", "s://h/a s://h/a/ s://h//b s://h/a/b/c s://h/a%2fb" },
	{ "s://h/a*", "s://h/a s://h/ab s://h/a.", "s://h/A s://h/ba s://h/a/b s://h/ s://h/a%" },
	{ "s://h/.*", "s://h/.a s://h/...", "s://h/. s://h/.." },
	{ "s://h/*a*b*", "s://h/ab s://h/xaxbx s://h/aab s://h/abb", "s://h/ba s://h/a s://h/a/b s://h/a%b" },
	{ "s://h/*%41*", "s://h/%41 s://h/x%41y", "s://h/A s://h/%42 s://h/%41%41 s://h/%4" },
	{ "s://h/a/*/z?q/r", "s://h/a/b/z?q/r", "s://h/a/b/z s://h/a/b/z?q/r/ s://h/a/b/z?Q/r s://h/a/b/c/z?q/r" },
	{ "urn:uuid:*", "urn:uuid: urn:uuid:a", "urn:uuid urn:uuid:a/b URN:uuid:a urn:uuid:a%20" },
};

static void check_globs(const char *glob, const char *texts, bool wanted)
{
	struct sv rest = sv_of(texts), one;

	do {
		one = sv_cut(&rest, ' ');
		if (uri_glob_match(sv_of(glob), one) != wanted)
			fail_msg("%s %s %.*s", glob, wanted ? "does not match" : "matches", SV_ARG(one));
	} while (rest.p);
}

static void a_star_stays_within_its_segment(void **state UNUSED)
{
	for (size_t i = 0; i < N(globs); i++) {
		check_globs(globs[i].glob, globs[i].yes, true);
		check_globs(globs[i].glob, globs[i].no, false);
	}
	assert_false(uri_glob_match(SV("s://h/*"), SV("s://h/a\0b")));
	assert_false(uri_glob_match(SV("s://h/*"), SV("s://h/a\n")));
	assert_false(uri_glob_match(SV("s://h/*"), SV("")));
}

static void one_identity(void **state UNUSED)
{
	static const struct { const char *text; enum identity_kind kind; const char *value; } cases[] = {
		{ "VM.Example.", IDENTITY_DNS, "vm.example" }, { "spiffe://Site/x", IDENTITY_URI, "spiffe://Site/x" },
		{ "urn:uuid:1", IDENTITY_URI, "urn:uuid:1" }, { "cn:Backup Server 1", IDENTITY_CN, "Backup Server 1" },
		{ "*.example", IDENTITY_NONE, "is no identity" }, { "", IDENTITY_NONE, "is no identity" },
		{ "://x", IDENTITY_NONE, "is no URI" }, { "cn:", IDENTITY_NONE, "nothing stands behind" },
		{ "10.0.0.1", IDENTITY_NONE, "is no identity" },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct arena *a = arena_create();
		struct identity id;
		struct fqdn memory;
		struct sv why = SV("");
		bool ok = identity_parse(&id, &memory, sv_of(cases[i].text), a, &why);

		assert_int_equal(ok, cases[i].kind != IDENTITY_NONE);
		if (ok) {
			assert_int_equal(id.kind, cases[i].kind);
			assert_true(sv_eq(id.text, sv_of(cases[i].value)));
		} else if (!strstr(arena_strdup(a, why), cases[i].value)) {
			fail_msg("%s: %.*s", cases[i].text, SV_ARG(why));
		}
		arena_free(a);
	}
}

static void names_of_users(void **state UNUSED)
{
	char longest[USER_NAME_MAX + 1];

	memset(longest, 'a', sizeof(longest));
	assert_true(user_name_is_valid(SV("alice")));
	assert_true(user_name_is_valid(SV("Alice Smith+x,y@corp.example")));
	assert_true(user_name_is_valid(SV("\xc3\xa4")));
	assert_true(user_name_is_valid((struct sv){ longest, USER_NAME_MAX }));
	assert_false(user_name_is_valid((struct sv){ longest, USER_NAME_MAX + 1 }));
	assert_false(user_name_is_valid(SV("")));
	assert_false(user_name_is_valid(SV("a:b")));
	assert_false(user_name_is_valid(SV("a\nb")));
	assert_false(user_name_is_valid(SV("a\0")));
	assert_false(user_name_is_valid(SV("\x7f")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_every_kind),
		cmocka_unit_test(what_is_none_is_refused_with_a_hint),
		cmocka_unit_test(a_star_stays_within_its_segment),
		cmocka_unit_test(one_identity),
		cmocka_unit_test(names_of_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
