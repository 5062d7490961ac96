/* pattern_test -- what one `to` entry means, as a table of patterns, names and look-alikes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/name.h"
#include "policy/pattern.h"

#include <pthread.h>
#include <stdio.h>

#define UNUSED __attribute__((unused))
#define T(lit)   { (lit), sizeof(lit) - 1 }     /* SV() for static tables */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define A10 "aaaaaaaaaa"
#define A63 A10 A10 A10 A10 A10 A10 "aaa"
#define A61 A10 A10 A10 A10 A10 A10 "a"
#define LONGEST A63 "." A63 "." A63 "." A61     /* 253 octets */

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

/* Plain words as the lexer gives them; `~` patterns are written without their quotes here. */
static bool parse(struct pattern *out, struct sv text, struct arena *a, struct sv *why)
{
	bool regex = text.n && text.p[0] == '~';

	return pattern_parse(out, text, regex, regex ? 1 : text.n, a, why);
}

static const struct {
	struct sv text;
	enum pattern_kind kind;
	const char *name, *suffix;
} good[] = {
	{ T("download.microsoft.com"), PATTERN_EXACT, "download.microsoft.com", "" },
	{ T("Download.Microsoft.COM."), PATTERN_EXACT, "download.microsoft.com", "" },
	{ T("localhost"), PATTERN_EXACT, "localhost", "" },
	{ T("a_b.example"), PATTERN_EXACT, "a_b.example", "" },
	{ T(LONGEST "."), PATTERN_EXACT, LONGEST, "" },
	{ T("*.windowsazure.com"), PATTERN_BELOW, "windowsazure.com", "" },
	{ T("*.WindowsAzure.com."), PATTERN_BELOW, "windowsazure.com", "" },
	{ T("*.com"), PATTERN_BELOW, "com", "" },
	{ T(".windowsazure.com"), PATTERN_TREE, "windowsazure.com", "" },
	{ T(".Com."), PATTERN_TREE, "com", "" },
	{ T("pod*-rec2.x.y"), PATTERN_GLOB, "pod*-rec2.x.y", "x.y" },
	{ T("*CDN.x.y."), PATTERN_GLOB, "*cdn.x.y", "x.y" },
	{ T("a.*.x.y"), PATTERN_GLOB, "a.*.x.y", "x.y" },
	{ T("a.b*c.*d*.x"), PATTERN_GLOB, "a.b*c.*d*.x", "x" },
	{ T("*.pod*.x.y"), PATTERN_GLOB, "*.pod*.x.y", "x.y" },
	{ T("*.*.x"), PATTERN_GLOB, "*.*.x", "x" },
	{ T("*.*"), PATTERN_GLOB, "*.*", "" },
	{ T("foo.*"), PATTERN_GLOB, "foo.*", "" },
	{ T("foo.*x"), PATTERN_GLOB, "foo.*x", "" },
	{ T("*cdn"), PATTERN_GLOB, "*cdn", "" },
	{ T(A63 "*.x"), PATTERN_GLOB, A63 "*.x", "x" },
	{ T("*"), PATTERN_ANY, "", "" },
	/* U-labels: capitals, sharp s kept apart from ss, a whole name in Japanese */
	{ T("b\xc3\xbc" "cher.example"), PATTERN_EXACT, "xn--bcher-kva.example", "" },
	{ T("B\xc3\x9c" "CHER.example"), PATTERN_EXACT, "xn--bcher-kva.example", "" },
	{ T("bu\xcc\x88" "cher.example"), PATTERN_EXACT, "xn--bcher-kva.example", "" },
	{ T("fa\xc3\x9f.example"), PATTERN_EXACT, "xn--fa-hia.example", "" },
	{ T("*.b\xc3\xbc" "cher.example"), PATTERN_BELOW, "xn--bcher-kva.example", "" },
	{ T(".b\xc3\xbc" "cher.example"), PATTERN_TREE, "xn--bcher-kva.example", "" },
	{ T("a*.b\xc3\xbc" "cher.example"), PATTERN_GLOB, "a*.xn--bcher-kva.example", "xn--bcher-kva.example" },
	{ T("\xe9\x96\xa2\xe6\x89\x80.jp"), PATTERN_EXACT, "xn--8ous75i.jp", "" },
	{ T("\xef\xbd\x81.example"), PATTERN_EXACT, "a.example", "" },          /* fullwidth a */
};

static void good_patterns(void **state)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		struct pattern p;
		struct sv why;

		if (!parse(&p, good[i].text, *state, &why))
			fail_msg("%.*s: %.*s", SV_ARG(good[i].text), SV_ARG(why));
		assert_int_equal(p.kind, good[i].kind);
		assert_int_equal(why.n, 0);
		if (!sv_eq(p.name, sv_of(good[i].name)) || !sv_eq(p.suffix, sv_of(good[i].suffix)))
			fail_msg("%.*s: \"%.*s\" on \"%.*s\"", SV_ARG(good[i].text), SV_ARG(p.name),
				 SV_ARG(p.suffix));
	}
}

static const struct {
	const char *text, *prefix;
} addresses[] = {
	{ "20.118.99.224", "20.118.99.224/32" },
	{ "10.0.0.0/8", "10.0.0.0/8" },
	{ "0.0.0.0/0", "0.0.0.0/0" },
	{ "::/0", "::/0" },
	{ "2001:DB8::/32", "2001:db8::/32" },
	{ "::1", "::1/128" },
	{ "[2001:db8::1]", "2001:db8::1/128" },
	{ "[2001:db8::]/32", "2001:db8::/32" },
	{ "64:ff9b::192.0.2.1", "64:ff9b::c000:201/128" },
};

static void addresses_and_prefixes(void **state)
{
	for (size_t i = 0; i < COUNT(addresses); i++) {
		struct pattern p;
		struct sv why;
		char text[PREFIX_TEXT_MAX];

		if (!parse(&p, sv_of(addresses[i].text), *state, &why))
			fail_msg("%s: %.*s", addresses[i].text, SV_ARG(why));
		assert_int_equal(p.kind, PATTERN_ADDRESS);
		prefix_format(&p.prefix, text);
		assert_string_equal(text, addresses[i].prefix);
	}
}

static const struct {
	struct sv text;
	const char *why;        /* a part of the sentence */
} bad[] = {
	{ T(""), "the name is empty" },
	{ T("."), "the name is empty" },
	{ T(".."), "label is empty" },
	{ T("a..b"), "label is empty" },
	{ T("a.."), "label is empty" },
	{ T("..a"), "label is empty" },
	{ T("*..a"), "label is empty" },
	{ T("*.a..b*"), "label is empty" },
	{ T("*."), "write * for any name" },
	{ T(".*"), "write * for any name" },
	{ T("**"), "\"**\" has no meaning" },
	{ T("**.x"), "\"**\" has no meaning" },
	{ T("a**b.x"), "\"**\" has no meaning" },
	{ T(".a*.x"), "write \"a*.x\" and \"*.a*.x\"" },
	{ T(".*.x"), "two entries" },
	{ T("a" A63 ".x"), "longer than 63" },
	{ T("a" A63 "*.x"), "longer than 63" },
	{ T("a" LONGEST), "longer than 253" },
	{ T("*.a" LONGEST), "longer than 253" },
	{ T("b*." LONGEST), "longer than 253" },
	{ T(LONGEST "." LONGEST "." LONGEST "." LONGEST), "longer than 253" },
	{ T("a b.x"), "other than letters" },
	{ T("a?.x"), "\"*\" is the only wildcard" },
	{ T("a[12].x"), "\"*\" is the only wildcard" },
	{ T("a*?.x"), "\"*\" is the only wildcard" },
	{ T("user@a.x"), "other than letters" },
	{ T("a%2eb.x"), "other than letters" },
	{ T("a\0.x"), "NUL" },
	{ T("-a.x"), "begins or ends with \"-\"" },
	{ T("*-.x"), "begins or ends with \"-\"" },
	{ T("-*.x"), "begins or ends with \"-\"" },
	/* addresses that are none */
	{ T("10.1.2.3/8"), "did you mean \"10.0.0.0/8\"?" },
	{ T("2001:db8::1/32"), "did you mean \"2001:db8::/32\"?" },
	{ T("10.0.0.0/33"), "0 to 32" },
	{ T("10.0.0.0/"), "0 to 32" },
	{ T("10.0.0.0/-1"), "0 to 32" },
	{ T("2001:db8::/129"), "0 to 128" },
	{ T("0x7f.1"), "four decimal numbers" },
	{ T("0x7f000001"), "four decimal numbers" },
	{ T("a.0x7f"), "four decimal numbers" },
	{ T("10.1"), "four decimal numbers" },
	{ T("10.1/16"), "four decimal numbers" },
	{ T("010.0.0.1"), "four decimal numbers" },
	{ T("256.0.0.1"), "four decimal numbers" },
	{ T("1.2.3.4."), "four decimal numbers" },
	{ T("2130706433"), "four decimal numbers" },
	{ T("server.10"), "four decimal numbers" },
	{ T(".10"), "four decimal numbers" },
	{ T("*.10"), "wildcard in an address" },
	{ T("10.1.*.*"), "wildcard in an address" },
	{ T("10.1.2.*"), "wildcard in an address" },
	{ T("10.*.0.0/16"), "wildcard in an address" },
	{ T("a*.10"), "ends in a number" },
	{ T("a.0x*"), "ends in a number" },
	{ T("::ffff:192.0.2.1"), "write \"192.0.2.1/32\"" },
	{ T("::ffff:10.0.0.0/104"), "write \"10.0.0.0/8\"" },
	{ T("fe80::1%eth0"), "not an IPv6 address" },
	{ T("[::1"), "not an IPv6 address" },
	{ T("[::1]:443"), "not an IPv6 address" },
	{ T("[::1/128]"), "not an IPv6 address" },
	{ T("[10.0.0.1]"), "not an IPv6 address" },
	{ T("1:2:3"), "not an IPv6 address" },
	/* other mistakes that people make */
	{ T("https://a.example/x"), "is a URL" },
	{ T("a.example:443"), "joins a host and a port" },
	{ T("10.0.0.1:443"), "joins a host and a port" },
	{ T("a.example/24"), "name with a path" },
	{ T("a.example/"), "name with a path" },
	{ T("~"), "empty regular expression" },
	/* U-labels */
	{ T("b\xc3\xbc*.example"), "wildcard and non-ASCII" },
	{ T("\xff.example"), "xn-- form" },
	{ T("a\xe3\x80\x82" "b.example"), "no label" },                 /* ideographic full stop */
	{ T("\xef\xbc\x8a.example"), "no label" },                      /* fullwidth * */
	{ T("\xef\xbc\x8e" "a.example"), "no label" },                  /* fullwidth . in front */
	{ T("a.\xe2\x84\x80"), "no label" },                            /* a/c in one sign */
	{ T("\xc2\xad.example"), "label" },                             /* a soft hyphen alone */
	{ T("\xef\xbc\x91.2.3.\xef\xbc\x94"), "the last label is a number" },   /* fullwidth digits */
	{ T("\xef\xbc\x91.2.3.*"), "the last label is a number" },
	{ T("\xf0\x9f\x92\xa9\xe2\x80\x8b\xe2\x80\x8d.\xcc\x81"), "label" },
};

static bool says(struct sv sentence, const char *part)
{
	return sentence.n && memmem(sentence.p, sentence.n, part, strlen(part));
}

static void bad_patterns(void **state)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct pattern p;
		struct sv why;

		if (parse(&p, bad[i].text, *state, &why))
			fail_msg("%.*s: accepted", SV_ARG(bad[i].text));
		if (!says(why, bad[i].why))
			fail_msg("%.*s: \"%.*s\" does not say \"%s\"", SV_ARG(bad[i].text),
				 SV_ARG(why), bad[i].why);
	}
}

static void where_quotes_stand(void **state)
{
	static const struct {
		const char *text;
		size_t quote_at;
		bool quoted, good;
		enum pattern_kind kind;
	} cases[] = {
		{ "~pod\\d+\\.x", 1, true, true, PATTERN_REGEX },
		{ "~pod\\d+\\.x", 10, false, false, 0 },        /* ~pod\d+\.x */
		{ "~pod\\d+\\.x", 0, true, false, 0 },          /* "~pod\d+\.x" */
		{ "~pod\\d+\\.x", 3, true, false, 0 },          /* ~po"d\d+\.x" */
		{ "a.example", 0, true, true, PATTERN_EXACT },  /* "a.example" */
		{ "a.example", 2, true, false, 0 },             /* a."example" */
		{ "*", 0, true, true, PATTERN_ANY },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pattern p;
		struct sv why;

		assert_int_equal(pattern_parse(&p, sv_of(cases[i].text), cases[i].quoted,
					       cases[i].quote_at, *state, &why), cases[i].good);
		assert_int_equal(why.n > 0, !cases[i].good);
		if (cases[i].good)
			assert_int_equal(p.kind, cases[i].kind);
		if (cases[i].good && p.kind == PATTERN_REGEX)
			assert_true(sv_eq(p.regex, SV("pod\\d+\\.x")));
	}
}

/* ---- what matches what -------------------------------------------------------------------- */

static bool matches(const struct pattern *p, struct sv name, struct arena *a)
{
	struct sv why;
	struct regex *r;
	bool found;

	switch (p->kind) {
	case PATTERN_EXACT:
		return sv_eq(p->name, name);
	case PATTERN_BELOW:
		return glob_match(arena_printf(a, "*.%.*s", SV_ARG(p->name)), name);
	case PATTERN_TREE:
		return sv_eq(p->name, name) ||
		       glob_match(arena_printf(a, "*.%.*s", SV_ARG(p->name)), name);
	case PATTERN_GLOB:
		return glob_match(p->name, name);
	case PATTERN_ANY:
		return glob_match(SV("*"), name);
	case PATTERN_REGEX:
		r = regex_compile(p->regex, a, &why);
		assert_non_null(r);
		found = regex_match(r, name) == REGEX_YES;
		regex_free(r);
		return found;
	case PATTERN_ADDRESS:
		break;
	}
	return false;
}

static const struct {
	const char *pattern, *names;    /* names apart by blanks; "!" in front: does not match */
} semantics[] = {
	{ "download.microsoft.com", "download.microsoft.com DOWNLOAD.microsoft.com. "
		"!microsoft.com !a.download.microsoft.com !download.microsoft.com.evil.example "
		"!evildownload.microsoft.com !download.microsoft.co !download-microsoft.com" },
	{ "*.windowsazure.com", "a.windowsazure.com a.b.windowsazure.com A.B.C.WindowsAzure.Com. "
		"_x.windowsazure.com !windowsazure.com !evilwindowsazure.com !windowsazure.com.evil.example "
		"!a.windowsazure.com.evil.example !a.evilwindowsazure.com !com !a.windowsazure.comx" },
	{ ".windowsazure.com", "windowsazure.com windowsazure.com. a.windowsazure.com a.b.windowsazure.com "
		"!evilwindowsazure.com !windowsazure.com.evil.example !com" },
	{ "pod*-rec2.jpe.x", "pod-rec2.jpe.x pod01-rec2.jpe.x POD01-REC2.JPE.X pod-rec2-rec2.jpe.x "
		"!pod01-rec3.jpe.x !xpod01-rec2.jpe.x !pod01-rec2x.jpe.x !pod.01-rec2.jpe.x "
		"!a.pod01-rec2.jpe.x !pod01-rec2.jpe.x.evil.example !pod01-rec2.x !pod01-rec2.kpe.x" },
	{ "*cdn.x.y", "cdn.x.y acdn.x.y a-cdn.x.y cdncdn.x.y !a.cdn.x.y !cdn2.x.y !x.y" },
	{ "cdn*.x.y", "cdn.x.y cdn2.x.y !acdn.x.y !cdn.a.x.y" },
	{ "a*b*c.x", "abc.x aXbXc.x abbcc.x abcbc.x !acb.x !ab.x !ac.x !abcd.x !a.bc.x" },
	{ "a*a.x", "aa.x aaa.x !a.x" },
	{ "*a*.x", "a.x ba.x ab.x bab.x !b.x" },
	{ "a.*.x.y", "a.b.x.y a.b-c.x.y !a.x.y !a.b.c.x.y !b.a.x.y" },
	{ "*.pod*.x.y", "a.pod.x.y a.pod1.x.y a.b.pod1.x.y !pod1.x.y !a.po.x.y !pod1.a.x.y !apod1.x.y" },
	{ "*.*.x", "a.b.x a.b.c.x !a.x !x" },
	{ "*.*", "a.b a.b.c !a" },
	{ "foo.*", "foo.com foo.x !foo !foo.co.uk !a.foo.com" },
	{ "foo.*m", "foo.com foo.m !foo.org !foo.a.com" },
	{ "*", "a a.b download.microsoft.com" },
	{ A63 "*.x", A63 ".x" },
	{ "*." A61, LONGEST },
	{ "b\xc3\xbc" "cher.example", "xn--bcher-kva.example !bcher.example" },
	{ "~pod\\d+-rec2\\.[a-z]+\\.x", "pod01-rec2.jpe.x POD1-rec2.JPE.x !pod-rec2.jpe.x "
		"!pod1-rec2.jpe.x.evil.example !evilpod1-rec2.jpe.x !pod1-rec2.jpe.xx" },
	{ "~a\\.com", "a.com !a.com.evil.net !evil.net.a.com !aa.com" },
	{ "~a|ab", "a ab !abc !b !aab" },
	{ "~a\\.x|b\\.x", "a.x b.x !a.xx !ab.x !c.b.x !a.x.b.x" },
	{ "~(?<n>a)\\.x", "a.x !b.x" },
	{ "~(a|b)+\\.x", "abab.x !abc.x" },
	{ "~^a\\.x$", "a.x !a.x.y" },
	{ "~A\\.X", "a.x" },
	{ "~a(*ACCEPT)b", "!ab !abc a" },
	{ "~^$", "!a" },
};

/* The pattern's answer to every name of the list. */
static void check_names(const struct pattern *p, const char *pattern, struct sv rest, struct arena *a)
{
	do {
		struct sv word = sv_cut(&rest, ' ');
		bool wanted = !sv_starts_with(word, SV("!"));
		struct fqdn f;

		assert_int_equal(fqdn_parse(&f, sv_slice(word, !wanted, word.n)), NAME_OK);
		if (matches(p, fqdn_sv(&f), a) != wanted)
			fail_msg("%s %s %s", pattern, wanted ? "must match" : "must not match", f.text);
	} while (rest.p);
}

static void patterns_and_names(void **state)
{
	for (size_t i = 0; i < COUNT(semantics); i++) {
		struct pattern p;
		struct sv why;

		if (!parse(&p, sv_of(semantics[i].pattern), *state, &why))
			fail_msg("%s: %.*s", semantics[i].pattern, SV_ARG(why));
		check_names(&p, semantics[i].pattern, sv_of(semantics[i].names), *state);
	}
}

/* A hostile pattern on a hostile label: quick, because only the last `*` is tried again. */
static void many_stars_end_quickly(void **state UNUSED)
{
	const struct sv glob = SV("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b.x"), name = SV(A63 ".x");

	for (unsigned i = 0; i < 100000; i++)
		assert_false(glob_match(glob, name));
}

/* ---- regular expressions ------------------------------------------------------------------ */

static const struct {
	struct sv source;
	const char *why;
} bad_regexes[] = {
	{ T("("), "offset 1: missing closing parenthesis" },
	{ T("a)|(b"), "offset 1" },
	{ T("[a"), "missing terminating ]" },
	{ T("a\\Cb"), "\\C" },
	{ T("a(?C1)b"), "callout" },
	{ T("a(?C'x')b"), "callout" },
	{ T("(*LIMIT_MATCH=4000000000)a"), "(*VERB)" },
	{ T("(*LIMIT_HEAP=4000000000)a"), "(*VERB)" },
	{ T("(*UTF)a"), "(*VERB)" },
	{ T("(*NO_JIT)a"), "(*VERB)" },
	{ T("b\xc3\xbc" "cher"), "not ASCII at offset 1" },
	{ T("(a)\\1"), "non-existent" },
};

static void bad_regular_expressions(void **state)
{
	struct sv why, longest = { arena_alloc(*state, REGEX_SOURCE_MAX + 1), REGEX_SOURCE_MAX + 1 };

	for (size_t i = 0; i < COUNT(bad_regexes); i++) {
		assert_null(regex_compile(bad_regexes[i].source, *state, &why));
		if (!says(why, bad_regexes[i].why))
			fail_msg("%.*s: \"%.*s\" does not say \"%s\"", SV_ARG(bad_regexes[i].source),
				 SV_ARG(why), bad_regexes[i].why);
	}
	assert_null(regex_compile(longest, *state, &why));
	assert_true(says(why, "16384 at most"));
	regex_free(NULL);
}

static const char *const explosive[] = {
	"(a+)+b", "(a|a)+b", "(a|aa)+b", "(.*)*b", "(.+.+)+b", "(a?){60}a{60}b", "(?:(?:a*)*)*b",
	"(?<x>a|b|(?&x)(?&x))+c", "(.*.*.*.*.*.*)=",
};

/* Backtracking without end is cut off: not a match, and not an ordinary "no" either. */
static void limits_are_hit(void **state)
{
	const struct sv name = SV(A63 A63 A63 A63);

	for (size_t i = 0; i < COUNT(explosive); i++) {
		struct sv why;
		struct regex *r = regex_compile(sv_of(explosive[i]), *state, &why);

		assert_non_null(r);
		if (regex_match(r, name) == REGEX_YES)
			fail_msg("%s matches", explosive[i]);
		regex_free(r);
	}
	for (size_t i = 0; i < 3; i++) {
		struct sv why, pattern = arena_printf(*state, "(?:%s)[^c]", explosive[i]);
		struct regex *r = regex_compile(pattern, *state, &why);

		assert_non_null(r);
		/* A `b` at the end keeps PCRE2 from seeing at a glance that there is none. */
		assert_int_equal(regex_match(r, SV(A63 A63 A63 "cb")), REGEX_LIMIT);
		regex_free(r);
	}
}

/* The source cannot give itself more than the limits; it works again after they were hit. */
static void limits_stay(void **state)
{
	struct sv why;
	struct regex *bomb = regex_compile(SV("(?:a|a)+b[^c]"), *state, &why),
		     *fine = regex_compile(SV("[a-z]+\\.x"), *state, &why);

	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(regex_match(bomb, SV(A63 A63 "cb")), REGEX_LIMIT);
		assert_int_equal(regex_match(fine, SV("abc.x")), REGEX_YES);
		assert_int_equal(regex_match(fine, SV("abc.y")), REGEX_NO);
		assert_int_equal(regex_match(fine, (struct sv){ 0 }), REGEX_NO);
	}
	regex_free(bomb);
	regex_free(fine);
}

struct race {
	const struct regex *regex;
	unsigned wrong;
};

static void *match_many(void *arg)
{
	struct race *race = arg;

	for (unsigned i = 0; i < 5000; i++) {
		char name[32];
		int n = snprintf(name, sizeof(name), "pod%u.%s", i, i % 2 ? "x" : "y");
		enum regex_result wanted = i % 2 ? REGEX_YES : REGEX_NO;

		race->wrong += regex_match(race->regex, (struct sv){ name, (size_t)n }) != wanted;
	}
	return NULL;
}

static void threads_share_one(void **state)
{
	struct sv why;
	struct regex *r = regex_compile(SV("pod(\\d+)\\.x"), *state, &why);
	struct race races[4];
	pthread_t threads[4];

	for (size_t i = 0; i < COUNT(races); i++) {
		races[i] = (struct race){ .regex = r };
		assert_int_equal(pthread_create(&threads[i], NULL, match_many, &races[i]), 0);
	}
	for (size_t i = 0; i < COUNT(races); i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(races[i].wrong, 0);
	}
	regex_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(good_patterns, setup, teardown),
		cmocka_unit_test_setup_teardown(addresses_and_prefixes, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_patterns, setup, teardown),
		cmocka_unit_test_setup_teardown(where_quotes_stand, setup, teardown),
		cmocka_unit_test_setup_teardown(patterns_and_names, setup, teardown),
		cmocka_unit_test(many_stars_end_quickly),
		cmocka_unit_test_setup_teardown(bad_regular_expressions, setup, teardown),
		cmocka_unit_test_setup_teardown(limits_are_hit, setup, teardown),
		cmocka_unit_test_setup_teardown(limits_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(threads_share_one, setup, teardown),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
