/* The parser: what it makes of good files, and where it finds the fault in broken ones. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/conf_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))
#define N(a) (sizeof(a) / sizeof((a)[0]))

/* ---- a folder of our own ------------------------------------------------------------------ */

static char root[64];

static const char *in_root(const char *name)
{
	static char path[4][256];
	static unsigned turn;
	char *p = path[turn++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", root, name);
	return p;
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(in_root(name), "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int make_root(void **state UNUSED)
{
	strcpy(root, "/tmp/conf_test.XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state UNUSED)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

/* The first finding, without the folder of our own; "" without one. */
static void first_finding(const struct diag_list *why, char *out, size_t size)
{
	char line[1024] = "";

	if (why->n)
		diag_format(&why->items[0], line, sizeof(line));
	out[0] = '\0';
	for (const char *p = line; *p;) {
		size_t n = strlen(root);

		if (strncmp(p, root, n) == 0 && p[n] == '/')
			p += n + 1;
		else
			snprintf(out + strlen(out), size - strlen(out), "%c", *p++);
	}
}

static void check_file(const char *name, const char *finding, bool good)
{
	struct diag_list why = { 0 };
	struct conf *c;
	char line[1024];
	int err = conf_load(&c, in_root(name), NULL, &why);

	first_finding(&why, line, sizeof(line));
	assert_string_equal(line, finding);
	assert_int_equal(err, good ? 0 : -EINVAL);
	assert_int_equal(c != NULL, good);
	conf_free(c);
	diag_fini(&why);
}

static struct conf *load_good(const char *text)
{
	struct diag_list why = { 0 };
	struct conf *c;

	if (conf_load_text(&c, "f", sv_of(text), NULL, &why) != 0)
		diag_print(&why, stderr);
	assert_int_equal(why.n, 0);
	assert_non_null(c);
	return c;
}

/* ---- good files --------------------------------------------------------------------------- */

static const char good[] =
	"# a checkpoint\n"
	"listen explicit 0.0.0.0:3128;\n"
	"listen explicit [::]:3128;\n"
	"resolver 168.63.129.16 10.0.0.53:53;\n"
	"idle-timeout 2h;\n"
	"head-size 32k;\n"
	"max-sessions 5000;\n"
	"log-probes on;\n"
	"log-events start end;\n"
	"outbound-address 10.0.0.4 2001:db8::4;\n"
	"allow-address 10.9.0.0/16;\n"
	"param region japaneast;\n"
	"param workspace 0a1b;\n"
	"\n"
	"ip-group backup-vms {\n"
	"\t10.1.0.0/24;\n"
	"\t10.2.0.4 10.2.0.5;\n"
	"}\n"
	"fqdn-group mirrors {\n"
	"\ta.example;\n"
	"\t~\"m\\d+\\.example\";\n"
	"}\n"
	"\n"
	"collection azure-backup {\n"
	"\tpriority 200;\n"
	"\taction allow;\n"
	"\trule mars {\n"
	"\t\tfrom backup-vms;\n"
	"\t\tto tag:AzureBackupMARS;\n"
	"\t}\n"
	"\trule file-restore {\n"
	"\t\tfrom backup-vms 10.3.0.0/16;\n"
	"\t\tto download.microsoft.com https:443;\n"
	"\t\tto pod*.${geo}.example\n"
	"\t\t\ttcp:3260;\n"
	"\t\tuntil 2026-12-01T00:00:00Z;\n"
	"\t\tallow-address ${workspace}/8;\n"
	"\t}\n"
	"}\n"
	"tag Restore {\n"
	"\tentry a.${geo}.example https:443 \"a { purpose; }\" as-of 2024-05-01;\n"
	"\tinclude AzureActiveDirectory;\n"
	"}\n"
	"expect allow 10.1.0.9 download.microsoft.com https:443;\n";

static void a_good_file_becomes_a_tree(void **state UNUSED)
{
	struct conf *c = load_good(good);
	const struct conf_node *n = conf_find(conf_first(c), "collection"), *rule, *to;

	assert_true(n->has_block);
	assert_null(n->parent);
	assert_true(sv_eq(n->words[1].text, SV("azure-backup")));
	assert_int_equal(conf_place(n).line, 24);
	rule = conf_find(conf_find(n->children, "rule")->next, "rule");
	assert_ptr_equal(rule->parent, n);
	assert_true(sv_eq(rule->words[1].text, SV("file-restore")));
	to = conf_find(conf_find(rule->children, "to")->next, "to");
	assert_int_equal(to->n_words, 3);
	assert_true(to->words[1].has_params);
	assert_true(sv_eq(to->words[2].text, SV("tcp:3260")));
	assert_int_equal(to->words[2].at.line, 35);
	assert_int_equal(to->words[2].at.col, 4);
	assert_string_equal(to->words[2].at.file, "f");
	n = conf_find(conf_first(c), "listen");
	assert_non_null(conf_find(n->next, "listen"));
	assert_null(conf_find(conf_find(n->next, "listen")->next, "listen"));
	conf_free(c);
}

static void lines_of_groups_are_items(void **state UNUSED)
{
	struct conf *c = load_good(good);
	const struct conf_node *n = conf_find(conf_first(c), "ip-group")->children;

	assert_string_equal(n->directive->name, "item");
	assert_int_equal(n->n_words, 1);
	assert_true(sv_eq(n->words[0].text, SV("10.1.0.0/24")));
	assert_int_equal(n->next->n_words, 2);
	assert_true(sv_eq(n->next->words[1].text, SV("10.2.0.5")));
	assert_null(n->next->next);
	n = conf_find(conf_first(c), "fqdn-group")->children->next;
	assert_true(n->words[0].quoted);
	assert_int_equal(n->words[0].quote_at, 1);
	assert_true(sv_eq(n->words[0].text, SV("~m\\d+\\.example")));
	conf_free(c);
}

static void settings_have_values_and_presets(void **state UNUSED)
{
	struct conf *c = load_good(good), *empty = load_good("");

	assert_int_equal(conf_duration_ms(c, "idle-timeout"), 7200000);
	assert_int_equal(conf_duration_ms(empty, "idle-timeout"), 3600000);
	assert_int_equal(conf_size(c, "head-size"), 32768);
	assert_int_equal(conf_size(empty, "head-size"), 16384);
	assert_int_equal(conf_number(c, "max-sessions"), 5000);
	assert_int_equal(conf_number(empty, "head-fields"), 100);
	assert_int_equal(conf_number(empty, "workers"), 0);
	assert_true(conf_on(c, "log-probes"));
	assert_false(conf_on(empty, "log-probes"));
	assert_true(sv_eq(conf_text(c, "log-events"), SV("start")));
	assert_true(sv_eq(conf_text(empty, "log-events"), SV("end")));
	assert_true(sv_eq(conf_text(empty, "workers"), SV("auto")));
	assert_true(sv_eq(conf_text(empty, "access-log"), SV("-")));
	assert_null(conf_first(empty));
	assert_null(conf_place(NULL).file);
	conf_free(c);
	conf_free(empty);
	conf_free(NULL);
}

static void lists_of_words_have_no_end(void **state UNUSED)
{
	enum { WORDS = 1000 };
	static char text[WORDS * 4 * 2 + 256];
	struct conf *c;

	strcpy(text, "ip-group g { ");
	for (int i = 0; i < WORDS; i++)
		strcat(text, "w ");
	strcat(text, "; } param p ");
	for (int i = 0; i < WORDS; i++)
		strcat(text, "v\n ");
	strcat(text, ";");
	c = load_good(text);
	assert_int_equal(conf_first(c)->children->n_words, WORDS);
	assert_int_equal(conf_find(conf_first(c), "param")->n_words, WORDS + 2);
	conf_free(c);
}

static void odd_but_good_texts(void **state UNUSED)
{
	static const char *const texts[] = {
		"\xef\xbb\xbfworkers 4;",
		"workers 4;\r\nlog-probes on;\r\n",
		"workers\n4\n;",
		"collection c { priority 100; action deny; rule r { from any; to * tcp:any; } }",
		"collection c\n{\n\tpriority 100;\n\taction deny;\n}\n",
		"collection c { priority 100;\naction deny; }",
		"ip-group g { } fqdn-group g { \"file\"; }",
		"collection c { priority 100; action allow; rule r { from \"to\"\n\"until\"; to x tcp:1; } }",
		"param to x; param from y;",
		"access-log off;", "workers auto;", "workers \"4\";",
	};

	for (size_t i = 0; i < N(texts); i++) {
		struct diag_list why = { 0 };
		struct conf *c;

		assert_int_equal(conf_load_text(&c, "f", sv_of(texts[i]), NULL, &why), 0);
		assert_int_equal(why.n, 0);
		conf_free(c);
		diag_fini(&why);
	}
}

/* ---- complaints --------------------------------------------------------------------------- */

static void complaints(void **state UNUSED)
{
	static const struct { const char *text, *finding; size_t errors; } cases[] = {
		{ "wokers 4;", "f:1:1: error: unknown directive \"wokers\"; did you mean \"workers\"?", 1 },
		{ "Workers 4;", "f:1:1: error: unknown directive \"Workers\"; did you mean \"workers\"?", 1 },
		{ "acl x { a; { b; } }\nworkers 0;",
		  "f:1:1: error: unknown directive \"acl\"; none of the top level has a name like it", 2 },
		{ "\"workers\" 4;",
		  "f:1:1: error: a quoted word where a directive should be; write the directive without quotes", 1 },
		{ "priority 100;",
		  "f:1:1: error: \"priority\" cannot stand at the top level; it belongs in a \"collection\" block", 1 },
		{ "tag t { workers 4; }",
		  "f:1:9: error: \"workers\" cannot stand in a \"tag\" block; it belongs at the top level", 1 },
		{ "tag t { from any; }",
		  "f:1:9: error: \"from\" cannot stand in a \"tag\" block; it belongs in a \"rule\" block", 1 },
		{ "item 4;", "f:1:1: error: unknown directive \"item\"; none of the top level has a name like it", 1 },
		{ "workers;", "f:1:1: error: \"workers\" lacks its arguments; write \"workers NUMBER;\"", 1 },
		{ "workers 4 5;", "f:1:11: error: too many arguments for \"workers\"; write \"workers NUMBER;\"", 1 },
		{ "workers 4", "f:1:10: error: missing \";\" after \"4\"", 1 },
		{ "workers 4\nlog-probes on;", "f:1:10: error: missing \";\" after \"4\"", 1 },
		{ "workers 4\nlog-probs on;", "f:1:10: error: missing \";\" after \"4\"", 2 },
		{ "workers\nlog-probes on;", "f:1:1: error: \"workers\" lacks its arguments; write \"workers NUMBER;\"", 1 },
		{ ";", "f:1:1: error: unexpected \";\"; delete it", 1 },
		{ "ip-group g { };", "f:1:15: error: unexpected \";\"; delete it", 1 },
		{ "{ workers 4; }", "f:1:1: error: unexpected \"{\"; a directive must stand before it", 1 },
		{ "workers 4 { a; }", "f:1:11: error: unexpected \"{\"; \"workers\" takes no block, end it with \";\"", 1 },
		{ "ip-group g { a { b; } }",
		  "f:1:16: error: unexpected \"{\"; a line of a group takes no block, end it with \";\"", 1 },
		{ "tag t;", "f:1:6: error: \"tag\" needs a block; write \"tag NAME { ... }\"", 1 },
		{ "tag { entry x; }", "f:1:1: error: \"tag\" lacks its arguments; write \"tag NAME { ... }\"", 1 },
		{ "}", "f:1:1: error: unexpected \"}\"; no block is open here", 1 },
		{ "workers 4; }\nworkers x;", "f:1:12: error: unexpected \"}\"; no block is open here", 3 },
		{ "tag t {\n\tentry x;\n",
		  "f:1:7: error: the block opened here is not closed at the end of the file; add a \"}\"", 1 },
		{ "tag t {\n\tentry x;\ntag u {\n\tentry y;\n}\n",
		  "f:1:7: error: the block opened here is not closed; add a \"}\" before line 3", 1 },
		{ "ip-group g {\n\t10.0.0.1\n\t10.0.0.2;\n}\n", "f:2:10: error: missing \";\" after \"10.0.0.1\"", 1 },
		{ "workers 4;\nworkers 5;", "f:2:1: error: \"workers\" is set twice; the first is at f:1:1", 1 },
		{ "tag t { }\ntag T { }\ntag t { }",
		  "f:3:5: error: tag \"t\" is defined twice; the first is at f:1:1", 1 },
		{ "collection c { action deny; }",
		  "f:1:1: error: collection \"c\" has no \"priority\"; add \"priority NUMBER;\"", 1 },
		{ "collection c { action deny; priorty 200; }",
		  "f:1:29: error: unknown directive \"priorty\"; did you mean \"priority\"?", 1 },
		{ "collection c { priority 200; action alow; }",
		  "f:1:37: error: unknown action \"alow\"; did you mean \"allow\"?", 1 },
		{ "collection c { priority 200; action deny; rule r { to x tcp:1; } }",
		  "f:1:43: error: rule \"r\" has no \"from\"; add \"from WORD ...;\"", 1 },
		{ "collection c { priority 200; action deny; rule r { from any; to x tcp:1; until 1; until 2; } }",
		  "f:1:80: error: \"1\" is not a time; write it as 2026-12-01T00:00:00Z", 3 },
		{ "listen sideways 1.2.3.4:1;",
		  "f:1:8: error: unknown listen \"sideways\"; expected explicit, transparent or dns", 1 },
		{ "workers \"4;\nlog-probes on;",
		  "f:1:9: error: the quote opened here is not closed on its line; add a \"\\\"\"", 1 },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct diag_list why = { 0 };
		struct conf *c;
		char line[1024];

		assert_int_equal(conf_load_text(&c, "f", sv_of(cases[i].text), NULL, &why), -EINVAL);
		assert_null(c);
		diag_sort(&why);
		first_finding(&why, line, sizeof(line));
		assert_string_equal(line, cases[i].finding);
		assert_int_equal(why.errors, cases[i].errors);
		diag_fini(&why);
	}
}

/* ---- a file broken at any one line -------------------------------------------------------- */

struct line {
	size_t begin, end;              /* of its text, without the newline */
};

static struct line find_line(const char *text, unsigned number)
{
	struct line l = { 0, 0 };

	for (unsigned i = 1; i < number; i++)
		l.begin += (size_t)(strchr(text + l.begin, '\n') - (text + l.begin)) + 1;
	l.end = l.begin + strcspn(text + l.begin, "\n");
	return l;
}

static unsigned count_lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* Loads the good text with `n` bytes at `at` replaced; true when an error names that line. */
static bool breaks_at(unsigned line, size_t at, size_t n, const char *with, size_t *errors)
{
	struct diag_list why = { 0 };
	size_t size = sizeof(good) + strlen(with);
	char *text = malloc(size);
	struct conf *c;
	bool named = false;

	assert_non_null(text);
	snprintf(text, size, "%.*s%s%s", (int)at, good, with, good + at + n);
	conf_load_text(&c, "f", sv_of(text), NULL, &why);
	for (size_t i = 0; i < why.n; i++)
		named |= why.items[i].line == line && why.items[i].severity == DIAG_ERROR;
	*errors = why.errors;
	if (!named || why.errors > 2) {
		fprintf(stderr, "# line %u \"%s\":\n", line, with);
		diag_print(&why, stderr);
	}
	diag_fini(&why);
	conf_free(c);
	free(text);
	return named;
}

static bool is_blank_line(struct line l)
{
	return l.begin == l.end || good[l.begin] == '#';
}

static void assert_broken(unsigned line, size_t at, size_t n, const char *with)
{
	size_t errors;

	assert_true(breaks_at(line, at, n, with, &errors));
	assert_true(errors <= 2);       /* it is said, and not drowned */
}

static void a_missing_semicolon_is_found_on_its_line(void **state UNUSED)
{
	for (unsigned i = 1; i <= count_lines(good); i++) {
		struct line l = find_line(good, i);

		if (l.end > l.begin && good[l.end - 1] == ';')
			assert_broken(i, l.end - 1, 1, "");
	}
}

static void a_stray_brace_is_found_on_its_line(void **state UNUSED)
{
	for (unsigned i = 1; i <= count_lines(good); i++) {
		struct line l = find_line(good, i);

		if (is_blank_line(l) || good[l.end - 1] == 'e')         /* a comment; a `to` that goes on */
			continue;
		assert_broken(i, l.end, 0, " }");
		assert_broken(i, l.end, 0, "\t\t}");
	}
}

static void a_missing_closing_brace_is_found_where_it_was_opened(void **state UNUSED)
{
	unsigned opened[8], depth = 0;

	for (unsigned i = 1; i <= count_lines(good); i++) {
		struct line l = find_line(good, i);

		if (is_blank_line(l))
			continue;
		if (good[l.end - 1] == '{')
			opened[depth++] = i;
		else if (good[l.end - 1] == '}')
			assert_broken(opened[--depth], l.end - 1, 1, "");
	}
	assert_int_equal(depth, 0);
}

static void a_missing_opening_brace_is_found_on_its_line(void **state UNUSED)
{
	for (unsigned i = 1; i <= count_lines(good); i++) {
		struct line l = find_line(good, i);

		if (!is_blank_line(l) && good[l.end - 1] == '{')
			assert_broken(i, l.end - 1, 1, "");
	}
}

static void a_misspelt_directive_is_found_on_its_line(void **state UNUSED)
{
	bool in_group = false;

	for (unsigned i = 1; i <= count_lines(good); i++) {
		struct line l = find_line(good, i);
		size_t first = l.begin + strspn(good + l.begin, "\t");

		if (is_blank_line(l))
			continue;
		in_group = in_group || strstr(good + l.begin, "-group ") == good + l.begin + 2 ||
			   strstr(good + l.begin, "-group ") == good + l.begin + 4;
		if (!in_group && good[first] != '}' && strncmp(good + first, "tcp:3260", 8) != 0)
			assert_broken(i, first, 1, "zz");
		if (good[first] == '}')
			in_group = false;
	}
}

static void an_open_quote_or_a_bad_byte_is_found_on_its_line(void **state UNUSED)
{
	size_t errors;

	for (unsigned i = 1; i <= count_lines(good); i++) {
		struct line l = find_line(good, i);

		if (is_blank_line(l))
			continue;
		assert_true(breaks_at(i, l.end, 0, "\"", &errors));
		assert_broken(i, l.end, 0, "\x01");
		assert_broken(i, l.begin, 0, "\xff");
	}
}

static void several_errors_are_told_in_one_run(void **state UNUSED)
{
	static const char text[] = "wokers 4;\nidle-timeout 5;\ntag t {\n\tentri x;\n\tentry y\n}\nlisten explicit x;\n";
	static const unsigned lines[] = { 1, 2, 4, 5, 7 };
	struct diag_list why = { 0 };
	struct conf *c;

	assert_int_equal(conf_load_text(&c, "f", sv_of(text), NULL, &why), -EINVAL);
	assert_int_equal(why.n, N(lines));
	for (size_t i = 0; i < N(lines); i++)
		assert_int_equal(why.items[i].line, lines[i]);
	diag_fini(&why);
}

/* ---- files -------------------------------------------------------------------------------- */

static void write_tree(void)
{
	mkdir(in_root("etc"), 0700);
	mkdir(in_root("etc/d"), 0700);
	mkdir(in_root("etc/d/folder.conf"), 0700);
	mkdir(in_root("etc/lists"), 0700);
	write_file("etc/main.conf", "workers 2;\ninclude d/*.conf;\naccess-log log/a.jsonl;\ninclude none/*.x;\n");
	write_file("etc/d/10.conf", "param a 1;\n");
	write_file("etc/d/9.conf", "param c 3;\nfqdn-group g { file ../lists/l; }\n");
	write_file("etc/d/20.conf", "param b 2;\ninclude ../e.conf;\n");
	write_file("etc/e.conf", "param e \"x \\\"y\\\"\";\n");
	write_file("etc/lists/l", "\xef\xbb\xbf" "a.example\nb.example\n");
}

static void includes_are_flattened_in_order(void **state UNUSED)
{
	static const char *const order[] = { "a", "b", "e", "c" };
	struct diag_list why = { 0 };
	const struct conf_node *n;
	struct conf *c;

	write_tree();
	assert_int_equal(conf_load(&c, in_root("etc/main.conf"), NULL, &why), 0);
	assert_int_equal(why.n, 1);             /* a note: none/ *.x matches nothing */
	assert_int_equal(why.items[0].severity, DIAG_NOTE);
	assert_int_equal(why.items[0].line, 4);
	assert_string_equal(conf_first(c)->directive->name, "workers");
	n = conf_first(c)->next;
	for (size_t i = 0; i < N(order); i++, n = n->next)
		assert_true(sv_eq(n->words[1].text, sv_of(order[i])));
	assert_string_equal(n->directive->name, "fqdn-group");
	assert_true(sv_eq(n->children->content, SV("a.example\nb.example\n")));
	assert_string_equal(n->children->content_file, in_root("etc/d/../lists/l"));
	assert_true(sv_eq(conf_text(c, "access-log"), sv_of(in_root("etc/log/a.jsonl"))));
	assert_string_equal(conf_find(conf_first(c), "fqdn-group")->words[0].at.file, in_root("etc/d/9.conf"));
	diag_fini(&why);
	conf_free(c);
}

static void contents_can_be_forgotten(void **state UNUSED)
{
	struct diag_list why = { 0 };
	const struct conf_source *sources;
	const struct conf_node *list;
	struct conf *c;
	size_t n;

	write_tree();
	assert_int_equal(conf_load(&c, in_root("etc/main.conf"), NULL, &why), 0);
	list = conf_find(conf_first(c), "fqdn-group")->children;
	assert_true(list->content.n > 0);
	n = conf_sources(c, &sources);
	for (int twice = 0; twice < 2; twice++) {
		conf_forget_contents(c);
		assert_int_equal(list->content.n, 0);
		assert_non_null(list->content.p);
	}
	assert_string_equal(list->content_file, in_root("etc/d/../lists/l"));
	assert_int_equal(conf_sources(c, &sources), n);
	diag_fini(&why);
	conf_free(c);
}

/* What a pipe holds is not known in advance; it is more than the first guess. */
static void a_pipe_is_read_to_its_end(void **state UNUSED)
{
	struct arena *a = arena_create();
	char bytes[60000], path[32];
	struct file_id id;
	struct sv text;
	int fds[2];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)('a' + i * i % 23);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], bytes, sizeof(bytes)), sizeof(bytes));
	close(fds[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", fds[0]);
	assert_int_equal(source_read(path, false, a, &text, &id), -ENOTSUP);
	assert_int_equal(source_read(path, true, a, &text, &id), 0);
	assert_int_equal(text.n, sizeof(bytes));
	assert_memory_equal(text.p, bytes, sizeof(bytes));
	assert_int_equal(text.p[text.n], '\0');
	close(fds[0]);
	arena_free(a);
}

static void sources_name_all_that_was_read(void **state UNUSED)
{
	static const struct { const char *name; bool folder; } wanted[] = {
		{ "etc/main.conf", false }, { "etc/d", true }, { "etc/d/10.conf", false },
		{ "etc/d/20.conf", false }, { "etc/d/../e.conf", false }, { "etc/d/9.conf", false },
		{ "etc/d/../lists/l", false }, { "etc/none", true },
	};
	struct diag_list why = { 0 };
	const struct conf_source *s;
	struct conf *c;

	write_tree();
	assert_int_equal(conf_load(&c, in_root("etc/main.conf"), NULL, &why), 0);
	assert_int_equal(conf_sources(c, &s), N(wanted));
	for (size_t i = 0; i < N(wanted); i++) {
		assert_string_equal(s[i].path, in_root(wanted[i].name));
		assert_int_equal(s[i].pattern != NULL, wanted[i].folder);
	}
	diag_fini(&why);
	conf_free(c);
}

static void sources_are_absolute_and_unique(void **state UNUSED)
{
	struct diag_list why = { 0 };
	const struct conf_source *s;
	struct conf *c;
	char before[512];

	write_file("rel.conf", "fqdn-group a { file ./names; }\nfqdn-group b { file names; }\n"
		   "include ./x*/y*.conf;\n");
	write_file("names", "a.example\n");
	mkdir(in_root("x1"), 0700);
	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(root), 0);
	assert_int_equal(conf_load(&c, "rel.conf", NULL, &why), 0);
	assert_int_equal(conf_sources(c, &s), 4);
	assert_string_equal(s[0].path, in_root("rel.conf"));
	assert_string_equal(s[1].path, in_root("names"));
	assert_string_equal(s[2].path, root);
	assert_non_null(s[2].pattern);
	assert_string_equal(s[3].path, in_root("x1"));
	assert_string_equal(conf_first(c)->words[0].at.file, "rel.conf");
	assert_int_equal(chdir(before), 0);
	diag_fini(&why);
	conf_free(c);
}

static void files_that_go_wrong(void **state UNUSED)
{
	char name[32], text[64];

	check_file("absent.conf", "absent.conf: error: cannot be read: no such file", false);
	mkdir(in_root("dir"), 0700);
	check_file("dir", "dir: error: cannot be read: it is a folder", false);
	write_file("a.conf", "\ninclude absent.conf;\n");
	check_file("a.conf", "a.conf:2:9: error: cannot read \"absent.conf\": no such file", false);
	write_file("a.conf", "include a.conf;\n");
	check_file("a.conf", "a.conf:1:9: error: include loop; \"a.conf\" is the main file", false);
	write_file("a.conf", "include b.conf;\n");
	write_file("b.conf", "include c.conf;\n");
	write_file("c.conf", "\n include b.conf;\n");
	check_file("a.conf", "c.conf:2:10: error: include loop; \"b.conf\" is being read since a.conf:1:9", false);
	write_file("c.conf", "workers 2;\n");
	write_file("a.conf", "include c.conf;\ninclude [bc].conf;\n");
	check_file("a.conf", "b.conf:1:9: error: \"c.conf\" is included twice; the first is at a.conf:1:9", false);
	write_file("a.conf", "include *.none;\n");
	check_file("a.conf", "a.conf:1:9: note: no file matches \"*.none\"", true);
	write_file("a.conf", "include ${x}.conf;\n");
	check_file("a.conf", "a.conf:1:9: error: a parameter in \"include\"; write the value itself", false);
	write_file("a.conf", "workers 2;\ninclude c.conf;\n");
	check_file("a.conf", "c.conf:1:1: error: \"workers\" is set twice; the first is at a.conf:1:1", false);
	write_file("a.conf", "fqdn-group g {\n\tfile absent.list;\n}\n");
	check_file("a.conf", "a.conf:2:7: error: cannot read \"absent.list\": no such file", false);
	write_file("absent.list", "a.example\n\x01\n");
	check_file("a.conf", "absent.list:2:1: error: control byte 0x01; delete it", false);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "deep%d.conf", i);
		snprintf(text, sizeof(text), "include deep%d.conf;\n", i + 1);
		write_file(name, text);
	}
	check_file("deep0.conf",
		   "deep15.conf:1:9: error: includes go deeper than 16 files; include less deeply", false);
	assert_int_equal(mkfifo(in_root("pipe"), 0600), 0);
	write_file("a.conf", "include pipe;\n");
	check_file("a.conf", "a.conf:1:9: error: cannot read \"pipe\": it is not a regular file", false);
}

static void a_folder_with_wildcards_in_its_name_is_literal(void **state UNUSED)
{
	mkdir(in_root("[x]"), 0700);
	write_file("[x]/a.conf", "include ?.inc;\n");
	write_file("[x]/b.inc", "workers 0;\n");
	check_file("[x]/a.conf",
		   "[x]/b.inc:1:9: error: \"0\" is out of range for \"workers\"; write a value from 1 to 256", false);
}

/* ---- dump --------------------------------------------------------------------------------- */

static void dump_to(const char *from, const char *to, const struct conf_options *opt)
{
	struct diag_list why = { 0 };
	struct conf *c;
	FILE *f = fopen(in_root(to), "w");

	assert_non_null(f);
	if (conf_load(&c, in_root(from), opt, &why) != 0)
		diag_print(&why, stderr);
	assert_non_null(c);
	conf_dump(c, f);
	assert_int_equal(fclose(f), 0);
	conf_free(c);
	diag_fini(&why);
}

static size_t read_file(const char *name, char *out, size_t size)
{
	FILE *f = fopen(in_root(name), "r");
	size_t n;

	assert_non_null(f);
	n = fread(out, 1, size - 1, f);
	out[n] = '\0';
	fclose(f);
	return n;
}

static void a_dump_loads_to_the_same_dump(void **state UNUSED)
{
	const char *const sets[] = { "region=japanwest,koreasouth", "extra=a b,#c" };
	struct conf_options opt = { sets, 2 };
	static char first[16384], second[16384];

	write_tree();
	write_file("etc/e.conf", good);
	write_file("etc/main.conf", "workers 2;\naccess-log \"log/a b.jsonl\";\ninclude d/*.conf;\n");
	dump_to("etc/main.conf", "first.conf", &opt);
	dump_to("first.conf", "etc/second.conf", NULL);
	assert_true(read_file("first.conf", first, sizeof(first)) > 1000);
	read_file("etc/second.conf", second, sizeof(second));
	assert_string_equal(first, second);
	assert_non_null(strstr(first, "param extra \"a b\" \"#c\";\n"));
	assert_non_null(strstr(first, "\nparam region japanwest koreasouth;\n"));
	assert_null(strstr(first, "japaneast"));
	assert_non_null(strstr(first, "\n# connect-timeout 10s;\n"));
	assert_non_null(strstr(first, "\nidle-timeout 2h;\n"));
	assert_null(strstr(first, "# idle-timeout"));
	assert_non_null(strstr(first, "\t~\"m\\d+\\.example\";\n"));
	assert_non_null(strstr(first, "\"a { purpose; }\""));
	assert_non_null(strstr(first, "\t\tto pod*.${geo}.example tcp:3260;\n"));
	assert_null(strstr(first, "include d"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_file_becomes_a_tree),
		cmocka_unit_test(lines_of_groups_are_items),
		cmocka_unit_test(settings_have_values_and_presets),
		cmocka_unit_test(lists_of_words_have_no_end),
		cmocka_unit_test(odd_but_good_texts),
		cmocka_unit_test(complaints),
		cmocka_unit_test(a_missing_semicolon_is_found_on_its_line),
		cmocka_unit_test(a_stray_brace_is_found_on_its_line),
		cmocka_unit_test(a_missing_closing_brace_is_found_where_it_was_opened),
		cmocka_unit_test(a_missing_opening_brace_is_found_on_its_line),
		cmocka_unit_test(a_misspelt_directive_is_found_on_its_line),
		cmocka_unit_test(an_open_quote_or_a_bad_byte_is_found_on_its_line),
		cmocka_unit_test(several_errors_are_told_in_one_run),
		cmocka_unit_test(includes_are_flattened_in_order),
		cmocka_unit_test(sources_name_all_that_was_read),
		cmocka_unit_test(sources_are_absolute_and_unique),
		cmocka_unit_test(contents_can_be_forgotten),
		cmocka_unit_test(a_pipe_is_read_to_its_end),
		cmocka_unit_test(files_that_go_wrong),
		cmocka_unit_test(a_folder_with_wildcards_in_its_name_is_literal),
		cmocka_unit_test(a_dump_loads_to_the_same_dump),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
