/* Parameters: where values come from, and what a word expands to. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/strbuf.h"
#include "config/conf_impl.h"

#include <stdio.h>

#define UNUSED __attribute__((unused))
#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct conf *load(const char *text, const char *set, const char *complaint)
{
	struct conf_options opt = { &set, set ? 1 : 0 };
	struct diag_list why = { 0 };
	char line[512] = "";
	struct conf *c;
	int err = conf_load_text(&c, "f", sv_of(text), &opt, &why);

	if (why.n)
		diag_format(&why.items[0], line, sizeof(line));
	assert_string_equal(line, complaint);
	assert_int_equal(err == 0, why.errors == 0);
	diag_fini(&why);
	return c;
}

/* The word stands as the only item of the group "g". */
static const struct conf_word *only_word(const struct conf *c)
{
	return conf_find(conf_first(c), "ip-group")->children->words;
}

static void expansions(void **state UNUSED)
{
	static const struct { const char *params, *set, *word, *texts; } cases[] = {
		{ "", NULL, "plain", "plain" },
		{ "param a x;", NULL, "${a}", "x" },
		{ "param a x;", NULL, "p${a}q${a}", "pxqx" },
		{ "param a x y;", NULL, "${a}.${a}", "x.x y.y" },
		{ "param a x y; param b 1 2;", NULL, "${a}${b}", "x1 x2 y1 y2" },
		{ "param a x y;", "a=z", "${a}", "z" },
		{ "", "a=x,y", "${a}", "x y" },
		{ "param a \"\";", NULL, "p${a}", "p" },
		{ "param region japaneast;", NULL, "${region}.${geo}.${azurecloud}", "japaneast.jpe.japaneast" },
		{ "param region japaneast francecentral;", NULL, "${geo}-${region}-${azurecloud}",
		  "jpe-japaneast-japaneast frc-francecentral-centralfrance" },
		{ "param region JapanEast;", NULL, "${geo}", "jpe" },
		{ "param region japaneast japanwest; param a 1 2;", NULL, "${geo}${a}", "jpe1 jpe2 jpw1 jpw2" },
		{ "param region japaneast japanwest; param geo zz;", NULL, "${region}${geo}",
		  "japaneastzz japanwestzz" },
		{ "param region polandcentral;", NULL, "${region}", "polandcentral" },
		{ "param region polandcentral; param geo plc;", NULL, "${geo}", "plc" },
		{ "param region polandcentral;", NULL, "${azurecloud}", "polandcentral" },
		{ "param geo jpe;", NULL, "${geo}", "jpe" },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct arena *a = arena_create();
		struct expansion x;
		char text[512], got[512];
		struct strbuf b;
		struct conf *c;

		snprintf(text, sizeof(text), "ip-group g { %s; } %s", cases[i].word, cases[i].params);
		c = load(text, cases[i].set, "");
		assert_int_equal(conf_expand(c, only_word(c), false, a, &x), EXPAND_OK);
		strbuf_init(&b, got, sizeof(got) - 1);
		for (size_t j = 0; j < x.n; j++)
			strbuf_printf(&b, "%s%.*s", j ? " " : "", SV_ARG(x.texts[j]));
		got[b.n] = '\0';
		assert_string_equal(got, cases[i].texts);
		arena_free(a);
		conf_free(c);
	}
}

static void failed_expansions(void **state UNUSED)
{
	static const struct { const char *params, *word; enum expand_error err; const char *missing; } cases[] = {
		{ "", "${a}", EXPAND_UNSET, "a" },
		{ "param a x;", "${a}${b}", EXPAND_UNSET, "b" },
		{ "", "${region}", EXPAND_UNSET, "region" },
		{ "", "${geo}", EXPAND_UNSET, "geo" },
		{ "", "${azurecloud}", EXPAND_UNSET, "azurecloud" },
		{ "param region polandcentral;", "${geo}", EXPAND_NO_CODE, "polandcentral" },
		{ "param region japaneast polandcentral;", "x.${geo}", EXPAND_NO_CODE, "polandcentral" },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct arena *a = arena_create();
		struct expansion x;
		char text[512];
		struct conf *c;

		snprintf(text, sizeof(text), "%s ip-group g { %s; }", cases[i].params, cases[i].word);
		c = load(text, NULL, "");
		assert_int_equal(conf_expand(c, only_word(c), false, a, &x), cases[i].err);
		assert_true(sv_eq(x.missing, sv_of(cases[i].missing)));
		arena_free(a);
		conf_free(c);
	}
}

static void too_many_texts_are_refused(void **state UNUSED)
{
	static const char ten[] = "0 1 2 3 4 5 6 7 8 9";
	struct arena *a = arena_create();
	struct expansion x;
	char text[512];
	struct conf *c;

	snprintf(text, sizeof(text), "param a %s; param b %s; param c %s; param d %s; param e %s;"
		 "ip-group g { ${a}${b}${c}${d}; ${a}${b}${c}${d}${e}; }", ten, ten, ten, ten, ten);
	c = load(text, NULL, "");
	assert_int_equal(conf_expand(c, only_word(c), false, a, &x), EXPAND_OK);
	assert_int_equal(x.n, 10000);
	assert_true(sv_eq(x.texts[1234], SV("1234")));
	assert_int_equal(conf_expand(c, conf_find(conf_first(c), "ip-group")->children->next->words, false, a, &x),
			 EXPAND_TOO_MANY);
	arena_free(a);
	conf_free(c);
}

static void values_are_quoted_for_regular_expressions(void **state UNUSED)
{
	struct conf *c = load("ip-group g { ~\"^a.${v}$\"; } param v a.b-c_1\\E(\xc3\xa9;", NULL, "");
	struct arena *a = arena_create();
	struct expansion x;

	assert_int_equal(conf_expand(c, only_word(c), true, a, &x), EXPAND_OK);
	assert_true(sv_eq(x.texts[0], SV("~^a.a\\.b\\-c_1\\\\E\\(\xc3\xa9$")));
	arena_free(a);
	conf_free(c);
}

static void regions_that_are_unknown_are_warned_of(void **state UNUSED)
{
	conf_free(load("param region japaneest;", NULL,
		       "f:1:1: warning: unknown Azure region \"japaneest\"; did you mean \"japaneast\"?"));
	conf_free(load("\n param region atlantis;", NULL,
		       "f:2:2: warning: unknown Azure region \"atlantis\"; write it as \"japaneast\""));
	conf_free(load("param region japaneest;", "region=westusx",
		       "command line: warning: unknown Azure region \"westusx\"; did you mean \"westus\"?"));
}

static void definitions(void **state UNUSED)
{
	static const struct { const char *text, *set, *complaint; } cases[] = {
		{ "param a x;\nparam a y;", NULL,
		  "f:2:7: error: param \"a\" is defined twice; the first is at f:1:1" },
		{ "param a;", NULL, "f:1:1: error: \"param\" lacks an argument; write \"param NAME WORD ...;\"" },
		{ "param a ${b};", NULL, "f:1:9: error: a parameter in \"param\"; write the value itself" },
		{ "", "a", "command line: error: --set a without a value; write --set a=VALUE" },
		{ "", "=x", "command line: error: --set without a name; write --set NAME=VALUE" },
		{ "", "a b=x", "command line: error: --set without a name; write --set NAME=VALUE" },
		{ "", "a=", "command line: error: --set a: a value is empty" },
		{ "", "a=x,,y", "command line: error: --set a: a value is empty" },
		{ "", "a=x\ny", "command line: error: --set a: a value holds a byte that is not printable UTF-8" },
		{ "", "a=\xff", "command line: error: --set a: a value holds a byte that is not printable UTF-8" },
		{ "", "a=${b}", "command line: error: --set a: a value holds a parameter; write the value itself" },
		{ "", "a=x\\", "command line: error: --set a: a value ends with a backslash" },
	};

	for (size_t i = 0; i < N(cases); i++)
		assert_null(load(cases[i].text, cases[i].set, cases[i].complaint));
}

static void a_set_given_twice_is_an_error(void **state UNUSED)
{
	const char *const sets[] = { "a=x", "a=y" };
	struct conf_options opt = { sets, 2 };
	struct diag_list why = { 0 };
	struct conf *c;

	assert_int_not_equal(conf_load_text(&c, "f", SV(""), &opt, &why), 0);
	assert_string_equal(why.items[0].text,
			    "--set a is given twice; several values are written a=ONE,TWO");
	diag_fini(&why);
}

static void has_param(void **state UNUSED)
{
	struct conf *c = load("param a x;", "b=y", "");

	assert_true(conf_has_param(c, SV("a")));
	assert_true(conf_has_param(c, SV("b")));
	assert_false(conf_has_param(c, SV("c")));
	conf_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expansions),
		cmocka_unit_test(failed_expansions),
		cmocka_unit_test(too_many_texts_are_refused),
		cmocka_unit_test(values_are_quoted_for_regular_expressions),
		cmocka_unit_test(regions_that_are_unknown_are_warned_of),
		cmocka_unit_test(definitions),
		cmocka_unit_test(a_set_given_twice_is_an_error),
		cmocka_unit_test(has_param),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
