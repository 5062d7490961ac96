/* service_tags_test -- prefix files: what is read, what is refused, how a tag is found. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/service_tags.h"
#include "policy_help.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define HEAD "sekisho-service-tags 1\ncloud Public\nchange-number 375\ndate 2025-10-28\n"

static const char sample[] =
	"# a comment\n\n" HEAD
	"tag AzureCloud.centralfrance\n\t41.1.0.0/16\n"
	"# between\n"
	"tag AzureFrontDoor.Frontend\n\t41.2.0.0/16\n\t2c0f:f000::/48\n"
	"tag Storage\n\t41.3.0.0/16\n\t41.4.0.0/16\n"
	"tag Storage.FranceCentral\n\t41.3.1.0/24\n";

struct loaded {
	struct bed b;
	struct arena *arena;
	struct service_tags *t;
};

static void load(struct loaded *l, const char *main_conf, const char *first, const char *second)
{
	char path[128];

	bed_start(&l->b);
	bed_file(&l->b, "main.conf", main_conf);
	bed_file(&l->b, "one", first);
	bed_file(&l->b, "two", second ? second : "");
	snprintf(path, sizeof(path), "%s/main.conf", l->b.dir);
	assert_int_equal(conf_load(&l->b.conf, path, &(struct conf_options){ 0 }, &l->b.why), 0);
	l->arena = arena_create();
	l->t = service_tags_read(l->b.conf, l->arena, &l->b.why);
}

static void unload(struct loaded *l)
{
	service_tags_fini(l->t);
	arena_free(l->arena);
	bed_end(&l->b);
}

static void finds(void **state UNUSED)
{
	static const struct { const char *name; int n; const char *first; } cases[] = {
		{ "Storage", 2, "41.3.0.0/16" },
		{ "sTORAGE", 2, "41.3.0.0/16" },
		{ "Storage.francecentral", 1, "41.3.1.0/24" },
		{ "Storage.CentralFrance", 1, "41.3.1.0/24" },          /* the other spelling of the region */
		{ "AzureCloud.francecentral", 1, "41.1.0.0/16" },
		{ "AzureCloud.centralfrance", 1, "41.1.0.0/16" },
		{ "AzureFrontDoor.Frontend", 2, "41.2.0.0/16" },
		{ "Storage.JapanEast", -1, NULL },
		{ "AzureFrontDoor", -1, NULL },
		{ "Storage.", -1, NULL },
		{ ".francecentral", -1, NULL },
		{ "", -1, NULL },
	};
	struct loaded l;

	load(&l, "service-tags one;\n", sample, NULL);
	assert_true(service_tags_loaded(l.t));
	assert_int_equal(service_tags_count(l.t), 4);
	for (size_t i = 0; i < N(cases); i++) {
		struct service_prefixes all;
		char text[PREFIX_TEXT_MAX];
		bool found = service_tags_find(l.t, sv_of(cases[i].name), &all);

		if (found != (cases[i].n >= 0))
			fail_msg("%s: found %d", cases[i].name, found);
		if (!found)
			continue;
		assert_int_equal(all.n, cases[i].n);
		prefix_format(&all.items[0], text);
		assert_string_equal(text, cases[i].first);
	}
	assert_string_equal(service_tags_suggest(l.t, SV("Storag")), "Storage");
	assert_string_equal(service_tags_suggest(l.t, SV("AzureFrontDor.Frontend")), "AzureFrontDoor.Frontend");
	assert_null(service_tags_suggest(l.t, SV("Nothing.Like.It")));
	unload(&l);
}

static void a_long_name_is_not_found(void **state UNUSED)
{
	struct service_prefixes all;
	struct loaded l;
	char name[600];

	memset(name, 'a', sizeof(name));
	memcpy(name + 230, ".francecentral", 14);
	load(&l, "service-tags one;\n", sample, NULL);
	for (size_t n = 240; n < sizeof(name); n++)
		assert_false(service_tags_find(l.t, (struct sv){ name, n }, &all));
	unload(&l);
}

static void several_files_add_up(void **state UNUSED)
{
	struct service_prefixes all;
	struct loaded l;

	load(&l, "service-tags one;\nservice-tags two;\n", sample,
	     "sekisho-service-tags 1\ncloud AzureGovernment\ntag STORAGE\n\t41.9.0.0/16\ntag Empty\n");
	assert_int_equal(l.b.why.n, 0);
	assert_true(service_tags_find(l.t, SV("Storage"), &all));
	assert_int_equal(all.n, 3);
	assert_true(service_tags_find(l.t, SV("Empty"), &all));
	assert_int_equal(all.n, 0);
	unload(&l);
	load(&l, "service-tags one;\nservice-tags two;\n", sample, "sekisho-service-tags 1\ncloud public\n");
	bed_must_say(&l.b, "main.conf:2:1: warning: a second file of the cloud public");
	unload(&l);
	load(&l, "default deny;\n", "", NULL);
	assert_false(service_tags_loaded(l.t));
	assert_false(service_tags_find(l.t, SV("Storage"), &all));
	unload(&l);
}

static void refusals(void **state UNUSED)
{
	static const struct { const char *text, *complaint; } cases[] = {
		{ "", "is empty" },
		{ "x", "one:1:1: error: this is no file of service tags; \"sekisho tag import" },
		{ "#\n\n{ \"values\": [] }", "one:3:1: error: this looks like Microsoft's JSON file itself" },
		{ "sekisho-service-tags 2\n", "one:1:1: error: a later format" },
		{ HEAD "\t41.0.0.0/8\n", "one:5:2: error: a prefix without a tag before it: \"41.0.0.0/8\"" },
		{ HEAD "tag A\n\t41.0.0.0/33\n", "one:6:2: error: expected a prefix such as 192.0.2.0/24, not \"41.0.0.0/33\"" },
		{ HEAD "tag A\n\t41.0.0.1/8\n", "one:6:2: error" },
		{ HEAD "tag A\n\t\n", "one:6:2: error" },
		{ HEAD "tag A\n41.0.0.0/8\n", "one:6:1: error: expected \"tag NAME\" or a prefix behind a tab" },
		{ HEAD "tag A\ntag a\n", "one:6:5: error: this file has two tags of the name \"a\"" },
		{ HEAD "tag \n", "one:5:5: error: expected a tag's name" },
		{ HEAD "tag A B\n", "one:5:5: error: expected a tag's name, not \"A B\"" },
		{ HEAD "colour blue\n", "one:5:1: error" },
		{ HEAD "tag A\ncloud Public\n", "one:6:1: error" },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct loaded l;

		load(&l, "service-tags one;\n", cases[i].text, NULL);
		if (l.b.why.errors == 0)
			fail_msg("accepted: %s", cases[i].text);
		bed_must_say(&l.b, cases[i].complaint);
		unload(&l);
	}
}

static void complaints_are_bounded(void **state UNUSED)
{
	char text[8192] = HEAD "tag A\n";
	struct loaded l;

	for (size_t n = strlen(text); n + 3 < sizeof(text); n += 2)
		memcpy(text + n, "x\n", 3);
	load(&l, "service-tags one;\n", text, NULL);
	assert_int_equal(l.b.why.n, 11);
	bed_must_say(&l.b, "more lines like these");
	unload(&l);
}

static void lines_end_as_they_like(void **state UNUSED)
{
	struct service_prefixes all;
	struct loaded l;

	load(&l, "service-tags one;\n", "sekisho-service-tags 1\r\ntag A\r\n\t41.0.0.0/8\r\n\t42.0.0.0/8", NULL);
	assert_int_equal(l.b.why.n, 0);
	assert_true(service_tags_find(l.t, SV("a"), &all));
	assert_int_equal(all.n, 2);
	unload(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds),
		cmocka_unit_test(a_long_name_is_not_found),
		cmocka_unit_test(several_files_add_up),
		cmocka_unit_test(refusals),
		cmocka_unit_test(complaints_are_bounded),
		cmocka_unit_test(lines_end_as_they_like),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
