/* tag_diff_test -- which change of an entry opens more, which opens less, and which only reads differently. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "catalog/catalog.h"
#include "policy_help.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void open_text(struct bed *b, struct catalog *c, const char *text)
{
	bed_start(b);
	bed_file(b, "x.tag", text);
	if (catalog_open_folder(c, b->dir, &(struct conf_options){ 0 }, &b->why))
		fail_msg("%s: %s", text, bed_findings(b));
}

/* "O" for each difference that opens, "C" for one that closes, "w" for words; in the order of printing. */
static void differences(const char *before, const char *after, char out[64], char **text)
{
	struct bed a, b;
	struct catalog x, y;
	size_t size = 0, n, kept = 0;
	FILE *to = open_memstream(text, &size);
	char effect = '?';

	open_text(&a, &x, before);
	open_text(&b, &y, after);
	n = catalog_diff(&x, &y, false, to);
	fclose(to);
	for (char *line = *text; *line; line = strchr(line, '\n') + 1) {
		if (line[0] == ' ')
			out[kept++] = effect;
		else
			effect = strncmp(line, "Opens more", 10) == 0 ? 'O' : strncmp(line, "Opens less", 10) == 0 ? 'C' : 'w';
	}
	out[kept] = '\0';
	assert_int_equal(kept, n);
	catalog_close(&x);
	catalog_close(&y);
	bed_end(&a);
	bed_end(&b);
}

static void effects(void **state UNUSED)
{
	static const struct { const char *before, *after, *effects; } cases[] = {
		{ "entry a.x https:443;", "entry a.x https:443;", "" },
		{ "entry a.x https:443;", "entry a.x https:443,http:80;", "O" },
		{ "entry a.x https:443,http:80;", "entry a.x https:443;", "C" },
		{ "entry a.x tcp:1-9;", "entry a.x tcp:5;", "C" }, { "entry a.x tcp:5;", "entry a.x udp:5;", "O" },
		{ "entry a.x https:443;", "entry a.x https:443 optional;", "C" },
		{ "entry a.x https:443 optional;", "entry a.x https:443;", "O" },
		{ "entry a.x https:443;", "entry a.x https:443 direct;", "C" },
		{ "entry a.x https:443 direct;", "entry a.x https:443 optional;", "O" },
		{ "entry a.x https:443;", "entry a.x https:443 profile p;", "C" },
		{ "entry a.x https:443 profile p;", "entry a.x https:443 profile q;", "O" },
		{ "entry a.x https:443 profile p,q;", "entry a.x https:443 profile q;", "C" },
		{ "entry a.x https:443 profile p;", "entry a.x https:443;", "O" },
		{ "entry a.x https:443 optional;", "entry a.x https:443,http:80;", "O" },
		{ "entry a.x https:443;", "entry b.x https:443;", "OC" },
		{ "entry a.x https:443 \"one\";", "entry a.x https:443 \"two\";", "w" },
		{ "entry a.x https:443 source \"one\" as-of 2024;", "entry a.x https:443 source \"one\" as-of 2025;", "w" },
		{ "entry a.x https:443 \"one\";", "entry a.x https:443,http:80 \"two\";", "Ow" },
		{ "entry a.x https:443; entry a.x http:80;", "entry a.x http:80; entry a.x https:443;", "" },
		{ "entry a.x https:443; entry a.x https:443;", "entry a.x https:443;", "C" },
		{ "entry a.x tcp:1; entry a.x tcp:2;", "entry a.x tcp:2; entry a.x tcp:3;", "O" },
		{ "entry a.x https:443; include Other;", "entry a.x https:443;", "C" },
		{ "entry a.x https:443;", "entry a.x https:443; include Other;", "O" },
		{ "entry a.x https:443;", "deprecated \"no\"; entry a.x https:443;", "w" },
		{ "", "entry a.x https:443 direct;", "w" },
	};

	for (size_t i = 0; i < N(cases); i++) {
		char before[512], after[512], got[64], *text = NULL;

		snprintf(before, sizeof(before), "tag T { %s }\ntag Other { entry o.x https:443; }\n", cases[i].before);
		snprintf(after, sizeof(after), "tag T { %s }\ntag Other { entry o.x https:443; }\n", cases[i].after);
		differences(before, after, got, &text);
		if (strcmp(got, cases[i].effects) != 0)
			fail_msg("%s -> %s: \"%s\"\n%s", cases[i].before, cases[i].after, got, text);
		free(text);
	}
}

static void whole_tags(void **state UNUSED)
{
	char got[64], *text = NULL;

	differences("tag A { entry a.x https:443; }\n", "tag B { entry b.x https:443; include B2; }\ntag B2 { entry c.x tcp:1; }\n", got, &text);
	assert_string_equal(got, "OOOCwww");    /* two entries and an include; one entry; three tags */
	assert_non_null(strstr(text, "  + B: b.x https:443 (required)"));
	assert_non_null(strstr(text, "  - A: a.x https:443 (required)"));
	free(text);
}

static void a_broken_folder_does_not_open(void **state UNUSED)
{
	struct catalog c;
	struct bed b;

	bed_start(&b);
	bed_file(&b, "x.tag", "tag T { entry ; }\n");
	assert_int_not_equal(catalog_open_folder(&c, b.dir, &(struct conf_options){ 0 }, &b.why), 0);
	catalog_close(&c);
	bed_must_say(&b, "/x.tag:1:");
	assert_int_not_equal(catalog_open_folder(&c, "/nonexistent/[x]", &(struct conf_options){ 0 }, &b.why), 0);
	catalog_close(&c);
	bed_must_say(&b, "/nonexistent/[x]/: error: this is no folder");
	bed_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(effects),
		cmocka_unit_test(whole_tags),
		cmocka_unit_test(a_broken_folder_does_not_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
