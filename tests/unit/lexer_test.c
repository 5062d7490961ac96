/* The lexer: tables of texts and the tokens or the complaint that they give. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "config/lexer.h"

#include <stdlib.h>

#define UNUSED __attribute__((unused))
#define N(a) (sizeof(a) / sizeof((a)[0]))
#define TEXT(lit) { (lit), sizeof(lit) - 1 }      /* SV() is no constant */

/* Tokens as text: "line:col word" apart by "|"; a quoted part in <>, "$" behind a word with parameters. */
static void show(const struct token_list *t, struct strbuf *b)
{
	struct arena *a = arena_create();

	for (size_t i = 0; i < t->n; i++) {
		const struct token *k = &t->items[i];
		struct conf_word w;

		if (k->kind == TOKEN_END)
			break;
		strbuf_printf(b, "%s%u:%u ", i ? "|" : "", k->line, k->col);
		if (k->kind != TOKEN_WORD) {
			strbuf_addc(b, k->kind == TOKEN_SEMICOLON ? ';' : k->kind == TOKEN_OPEN ? '{' : '}');
			continue;
		}
		w = token_word(t, k, a);
		assert_int_equal(w.quoted, w.quote_at < k->n && k->quote_at < k->n);
		strbuf_add(b, sv_slice(w.text, 0, w.quote_at));
		if (w.quoted) {
			strbuf_addc(b, '<');
			strbuf_add(b, sv_slice(w.text, w.quote_at, w.text.n));
			strbuf_addc(b, '>');
		}
		if (w.has_params)
			strbuf_addc(b, '$');
	}
	arena_free(a);
}

static void check(struct sv text, const char *tokens, const char *complaint)
{
	struct diag_list why = { 0 };
	struct token_list t;
	char memory[1024], line[512] = "";
	struct strbuf b;

	lexer_run(&t, text, "f", &why);
	assert_int_equal(t.items[t.n - 1].kind, TOKEN_END);
	if (why.n)
		diag_format(&why.items[0], line, sizeof(line));
	assert_string_equal(line, complaint);
	strbuf_init(&b, memory, sizeof(memory) - 1);
	show(&t, &b);
	memory[b.n] = '\0';
	if (tokens)
		assert_string_equal(memory, tokens);
	token_list_fini(&t);
	diag_fini(&why);
}

static void good_texts(void **state UNUSED)
{
	static const struct { const char *text, *tokens; } cases[] = {
		{ "", "" },
		{ " \t\r\n", "" },
		{ "# nothing", "" },
		{ "a b;", "1:1 a|1:3 b|1:4 ;" },
		{ "a{b;}", "1:1 a|1:2 {|1:3 b|1:4 ;|1:5 }" },
		{ "a\nb\r\n  c;", "1:1 a|2:1 b|3:3 c|3:4 ;" },
		{ "a#b #c;\nd", "1:1 a#b|2:1 d" },
		{ ";#c\n;", "1:1 ;|2:1 ;" },
		{ "\"a b\"", "1:1 <a b>" },
		{ "\"\"", "1:1 <>" },
		{ "\"a;{}#\";", "1:1 <a;{}#>|1:8 ;" },
		{ "~\"pod\\d+\\.x\"", "1:1 ~<pod\\d+\\.x>" },
		{ "identity:\"a b\" c", "1:1 identity:<a b>|1:16 c" },
		{ "\"a\\\"b\"", "1:1 <a\"b>" },
		{ "\"a\\\\b\"", "1:1 <a\\\\b>" },
		{ "\"a\\\\\\\"b\"", "1:1 <a\\\\\"b>" },
		{ "a\\b\\;", "1:1 a\\b\\|1:5 ;" },
		{ "x.${geo}.y;", "1:1 x.${geo}.y$|1:11 ;" },
		{ "${a}${b-c_d.e}{", "1:1 ${a}${b-c_d.e}$|1:15 {" },
		{ "~\"a${geo}b$\"", "1:1 ~<a${geo}b$>$" },
		{ "a$ $b c$d{", "1:1 a$|1:4 $b|1:7 c$d|1:10 {" },
		{ "\xef\xbb\xbf" "a;", "1:1 a|1:2 ;" },
		{ "\xe9\x96\xa2\xe6\x89\x80 b", "1:1 \xe9\x96\xa2\xe6\x89\x80|1:8 b" },
		{ "it's", "1:1 it's" },
	};

	for (size_t i = 0; i < N(cases); i++)
		check(sv_of(cases[i].text), cases[i].tokens, "");
}

static void bad_texts(void **state UNUSED)
{
	static const struct { struct sv text; const char *complaint; } cases[] = {
		{ TEXT("a \"b\nc\";"),
		  "f:1:3: error: the quote opened here is not closed on its line; add a \"\\\"\"" },
		{ TEXT("a\n \"b"),
		  "f:2:2: error: the quote opened here is not closed on its line; add a \"\\\"\"" },
		{ TEXT("\"a\\\""),
		  "f:1:1: error: the quote opened here is not closed on its line; add a \"\\\"\"" },
		{ TEXT("a \"b\"c;"),
		  "f:1:6: error: text right behind a closing quote; put a space or \";\" between" },
		{ TEXT("\"a\"\"b\""),
		  "f:1:4: error: text right behind a closing quote; put a space or \";\" between" },
		{ TEXT("a 'b c';"), "f:1:3: error: a single quote; quotes are written \"...\"" },
		{ TEXT("x${geo;"), "f:1:2: error: \"${\" without a name and \"}\"; write ${name}, of letters, "
		  "digits, \"-\", \"_\" and \".\"" },
		{ TEXT("${}"), "f:1:1: error: \"${\" without a name and \"}\"; write ${name}, of letters, "
		  "digits, \"-\", \"_\" and \".\"" },
		{ TEXT("a \"${b c}\""), "f:1:4: error: \"${\" without a name and \"}\"; write ${name}, of "
		  "letters, digits, \"-\", \"_\" and \".\"" },
		{ TEXT("a\0b"), "f:1:2: error: control byte 0x00; delete it" },
		{ TEXT("ab;\n#\x1b[0m"), "f:2:2: error: control byte 0x1b; delete it" },
		{ TEXT("a\rb"), "f:1:2: error: control byte 0x0d; delete it" },
		{ TEXT("a\r"), "f:1:2: error: control byte 0x0d; delete it" },
		{ TEXT("a\x7f"), "f:1:2: error: control byte 0x7f; delete it" },
		{ TEXT("\xc2\x85"), "f:1:1: error: control byte 0x85; delete it" },
		{ TEXT("a\n\xff;"), "f:2:1: error: byte 0xff is not UTF-8; save the file as UTF-8" },
		{ TEXT("\xc0\x80"), "f:1:1: error: byte 0xc0 is not UTF-8; save the file as UTF-8" },
		{ TEXT("\xed\xa0\x80"), "f:1:1: error: byte 0xed is not UTF-8; save the file as UTF-8" },
		{ TEXT("\xf4\x90\x80\x80"), "f:1:1: error: byte 0xf4 is not UTF-8; save the file as UTF-8" },
		{ TEXT("a\xe9\x96"), "f:1:2: error: byte 0xe9 is not UTF-8; save the file as UTF-8" },
		{ TEXT("\xff\xfe" "a\0"), "f:1:1: error: the file is UTF-16; save it as UTF-8" },
		{ TEXT("a\xc2\xa0" "b"), "f:1:2: error: a no-break space; write an ordinary one" },
		{ TEXT("#\xe2\x80\xae"), "f:1:2: error: an invisible direction mark; delete it" },
		{ TEXT("a\xef\xbb\xbf"), "f:1:2: error: a byte order mark inside the file; delete it" },
	};

	for (size_t i = 0; i < N(cases); i++)
		check(cases[i].text, NULL, cases[i].complaint);
}

static void every_bad_line_is_named_once(void **state UNUSED)
{
	struct sv text = SV("a;\n\x01\x02\nb;\n\x03\n");
	struct diag_list why = { 0 };

	assert_false(text_check(&text, "f", &why));
	assert_int_equal(why.errors, 2);
	assert_int_equal(why.items[0].line, 2);
	assert_int_equal(why.items[1].line, 4);
	diag_fini(&why);
}

static void a_file_of_64_mib_is_the_largest(void **state UNUSED)
{
	struct diag_list why = { 0 };
	struct token_list t;
	char *text = xmalloc(FILE_SIZE_MAX + 1u);

	memset(text, ' ', FILE_SIZE_MAX + 1u);
	lexer_run(&t, (struct sv){ text, FILE_SIZE_MAX }, "f", &why);
	assert_int_equal(why.errors, 0);
	token_list_fini(&t);
	lexer_run(&t, (struct sv){ text, FILE_SIZE_MAX + 1u }, "f", &why);
	assert_int_equal(why.errors, 1);
	assert_int_equal(t.n, 1);
	token_list_fini(&t);
	diag_fini(&why);
	free(text);
}

/* Every prefix of a text gives spans that lie inside of it, in order, and nothing that hangs. */
static void every_prefix_gives_tokens_inside_it(void **state UNUSED)
{
	const struct sv whole = SV("\xef\xbb\xbf" "a ~\"b\\\"${c}\" { ${d}x; } # e\r\n;\xe9\x96\xa2");

	for (size_t n = 0; n <= whole.n; n++) {
		struct diag_list why = { 0 };
		struct token_list t;
		size_t last = 0;
		char *copy = xmalloc(n);                /* so that a sanitizer sees its end */

		memcpy(copy, whole.p, n);
		lexer_run(&t, (struct sv){ copy, n }, "f", &why);
		for (size_t i = 0; i < t.n; i++) {
			assert_true(t.items[i].at >= last);
			last = t.items[i].at + t.items[i].n;
			assert_true(last <= t.text.n);
		}
		token_list_fini(&t);
		diag_fini(&why);
		free(copy);
	}
}

static void names(void **state UNUSED)
{
	assert_true(name_is_valid(SV("a")));
	assert_true(name_is_valid(SV("0-a_b.C")));
	assert_false(name_is_valid(SV("")));
	assert_false(name_is_valid(SV("-a")));
	assert_false(name_is_valid(SV("a b")));
	assert_false(name_is_valid(SV("a:b")));
}

static void an_excerpt_ends_at_a_character(void **state UNUSED)
{
	char text[90];

	memset(text, 'x', sizeof(text));
	assert_int_equal(excerpt((struct sv){ text, 80 }).n, 80);
	assert_int_equal(excerpt((struct sv){ text, 90 }).n, 80);
	memcpy(text + 78, "\xe9\x96\xa2", 3);
	assert_int_equal(excerpt((struct sv){ text, 90 }).n, 78);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_texts),
		cmocka_unit_test(bad_texts),
		cmocka_unit_test(every_bad_line_is_named_once),
		cmocka_unit_test(a_file_of_64_mib_is_the_largest),
		cmocka_unit_test(every_prefix_gives_tokens_inside_it),
		cmocka_unit_test(names),
		cmocka_unit_test(an_excerpt_ends_at_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
