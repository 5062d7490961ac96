#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/policy_help.h"

#include "policy/tags.h"

static const char catalog[] =
	"tag Backup {\n"
	"  entry download.example https:443 \"parts\" source \"a page\" as-of 2019-03-01;\n"
	"  entry pod*-rec2.${geo}.backup.example https:443,tcp:3260;\n"
	"  entry *.private.example https:443 optional \"private endpoint\" as-of 2026;\n"
	"  entry 168.63.129.16 tcp:80 direct \"never through a proxy\";\n"
	"  entry service-tag:Storage.${region} tcp:443 optional;\n"
	"  entry eu.example https:443 profile eu,uk;\n"
	"  entry us.example https:443 profile us as-of 2026-04;\n"
	"  entry eu-more.example https:443 optional profile eu;\n"
	"  include SignIn;\n"
	"}\n"
	"tag SignIn {\n"
	"  entry login.example https:443;\n"
	"  entry login-eu.example https:443 profile eu;\n"
	"  entry extra.example https:443 optional;\n"
	"}\n"
	"param region japaneast;\n";

static void build_tag_policy(struct bed *b, const char *more, const char *ref)
{
	char text[8192];

	snprintf(text, sizeof(text), "%s%scollection c { priority 100; action allow; rule r { from any; to tag:%s; } }\n",
		 catalog, more, ref);
	bed_policy(b, text);
}

static const struct {
	const char *ref, *name, *port;
	bool allowed;
} openings[] = {
	{ "Backup", "download.example", "https:443", true },
	{ "Backup", "download.example", "https:80", false },
	{ "Backup", "pod01-rec2.jpe.backup.example", "tcp:3260", true },
	{ "Backup", "pod01-rec2.jpe.backup.example", "https:443", true },
	{ "Backup", "pod01-rec2.eus.backup.example", "https:443", false },
	{ "Backup", "login.example", "https:443", true },
	{ "Backup", "extra.example", "https:443", false },
	{ "Backup", "x.private.example", "https:443", false },
	{ "Backup", "168.63.129.16", "tcp:80", false },
	{ "Backup", "eu.example", "https:443", false },
	{ "Backup+optional", "x.private.example", "https:443", true },
	{ "Backup+optional", "extra.example", "https:443", true },
	{ "Backup+optional", "168.63.129.16", "tcp:80", false },
	{ "Backup+optional", "eu-more.example", "https:443", false },
	{ "Backup+eu", "eu.example", "https:443", true },
	{ "Backup+eu", "us.example", "https:443", false },
	{ "Backup+eu", "login-eu.example", "https:443", true },
	{ "Backup+eu", "eu-more.example", "https:443", false },
	{ "Backup+uk", "eu.example", "https:443", true },
	{ "Backup+us+optional+eu", "us.example", "https:443", true },
	{ "Backup+us+optional+eu", "eu-more.example", "https:443", true },
	{ "SignIn", "login.example", "https:443", true },
	{ "SignIn", "download.example", "https:443", false },
};

static void what_a_reference_opens(void **state UNUSED)
{
	for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
		struct bed b;
		struct verdict v;

		build_tag_policy(&b, "", openings[i].ref);
		v = decide(&b, "10.0.0.1", openings[i].name, openings[i].port);
		if ((v.action == ACTION_ALLOW) != openings[i].allowed)
			fail_msg("tag:%s, %s %s: got %s", openings[i].ref, openings[i].name, openings[i].port,
				 action_name(v.action));
		bed_end(&b);
	}
}

#define RULE(ref) "collection c { priority 100; action allow; rule r { from any;\nto " ref "; } }\n"

static const struct {
	const char *text, *part;
} bad[] = {
	{ RULE("tag:Bakcup") "tag Backup { entry a.example https:443; }", "unknown tag \"Bakcup\"; did you mean \"Backup\"?" },
	{ RULE("tag:T+uss") "tag T { entry a.example https:443 profile us; }", ":2:4: error: tag \"T\" has no profile \"uss\"; did you mean \"us\"?" },
	{ RULE("tag:T+optoinal") "tag T { entry a.example https:443; }", "did you mean \"optional\"?" },
	{ RULE("tag:T+") "tag T { entry a.example https:443; }", "bad parts" },
	{ "tag A { include B; entry a.example https:443; }\ntag B { include C; }\ntag C { include A; }\n", "includes itself" },
	{ "tag A { include A; entry a.example https:443; }\n", ":1:17: error: tag \"A\" includes itself" },
	{ RULE("tag:A") "tag A { include Signin; }\ntag SignIn { entry a.example https:443; }\n", "includes \"Signin\", which does not exist; did you mean \"SignIn\"?" },
	{ "tag A { entry a.example; }", "an entry needs PROTO:PORT" },
	{ "tag A { entry a.example optional https:443; }", "an entry needs PROTO:PORT" },
	{ "tag A { entry a..example https:443; }", ":1:15: error: " },
	{ "tag A { entry ~\"a(\" https:443; }", ":1:15: error: " },
	{ "tag A { entry a.example https:0; }", "bad port" },
	{ "tag A { entry a.example https:443 optoinal; }", "unknown word \"optoinal\"; did you mean \"optional\"?" },
	{ "tag A { entry a.example https:443 profile; }", "\"profile\" needs a name" },
	{ "tag A { entry a.example https:443 profile optional; }", "a profile cannot be called \"optional\"" },
	{ "tag A { entry a.example https:443 source; }", "\"source\" needs the document" },
	{ "tag A { entry a.example https:443 as-of 2019-02-30; }", "bad date" },
	{ "tag A { entry a.example https:443 as-of 19; }", "bad date" },
	{ "tag A { entry a.example https:443 as-of 2019-13; }", "bad date" },
	{ "tag A { entry a.example https:443 \"one\" \"two\"; }", "a second purpose" },
	{ "tag A { entry tag:B https:443; }", "another tag comes in by \"include NAME;\"" },
};

static void errors_name_place_and_cure(void **state UNUSED)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		must_fail(bad[i].text, bad[i].part);
}

static void an_unset_parameter(void **state UNUSED)
{
	struct bed b;

	must_fail(RULE("tag:T") "tag T {\nentry a.${geo}.example https:443;\nentry b.${geo}.example https:443; }\n",
		  "main.conf:4:1: error: tag \"T\" (used at ");
	must_fail(RULE("tag:T") "tag T { entry a.${geo}.example https:443; }\n",
		  "${geo} has no value; \"param region NAME;\" or --set region=NAME gives it");
	must_fail(RULE("tag:T") "param region austriaeast;\ntag T { entry a.${geo}.example https:443; }\n",
		  "no Azure Backup code is known for the region \"austriaeast\"; set it with \"param geo CODE;\"");
	must_fail(RULE("tag:T") "tag T { entry a.${vault}.example https:443; }\n",
		  "${vault} has no value; set it with \"param vault VALUE;\" or --set vault=VALUE");
	/* unused, or optional, or direct: no error */
	bed_policy(&b, "tag T { entry a.${vault}.example https:443; }\n");
	assert_int_equal(b.why.n, 0);
	bed_end(&b);
	bed_policy(&b, RULE("tag:T") "tag T { entry a.${vault}.example https:443 optional; entry b.example https:443;\n"
		       "entry ${dns} udp:53 direct; }\n");
	assert_int_equal(b.why.n, 0);
	bed_end(&b);
	bed_policy(&b, RULE("tag:T+optional") "tag T { entry a.${vault}.example https:443 optional; entry b.example https:443; }\n");
	bed_must_say(&b, "note: \"a.${vault}.example\" of tag \"T\" is left out: ${vault} has no value");
	assert_int_equal(b.why.n, 1);
	bed_end(&b);
}

static void ten_entries_one_missing_parameter_one_error(void **state UNUSED)
{
	struct bed b;

	bed_start(&b);
	bed_file(&b, "main.conf", RULE("tag:T") "tag T { entry a.${vault}.example https:443; entry b.${vault}.example https:443;\n"
		 "entry c.${other}.example https:443; }\n");
	assert_int_not_equal(bed_build(&b), 0);
	assert_int_equal(b.why.errors, 2);
	bed_end(&b);
}

static void a_tag_that_opens_nothing_is_noted(void **state UNUSED)
{
	struct bed b;

	bed_policy(&b, RULE("tag:T") "tag T { entry 168.63.129.16 tcp:80 direct; entry service-tag:Storage tcp:443; }\n");
	bed_must_say(&b, "note: \"service-tag:Storage\" of tag \"T\" is left out: no file of service tags is loaded; make one with");
	bed_must_say(&b, "note: \"tag:T\" opens nothing");
	assert_int_equal(b.why.errors + b.why.warnings, 0);
	bed_end(&b);
}

static void values_expand_one_pattern_each(void **state UNUSED)
{
	struct bed b;

	build_tag_policy(&b, "tag V { entry ${vaults}.vault.example https:443; }\nparam vaults one two;\n", "V");
	assert_int_equal(decide(&b, "10.0.0.1", "one.vault.example", "https:443").action, ACTION_ALLOW);
	assert_int_equal(decide(&b, "10.0.0.1", "two.vault.example", "https:443").action, ACTION_ALLOW);
	assert_int_equal(decide(&b, "10.0.0.1", "three.vault.example", "https:443").action, ACTION_DENY);
	bed_end(&b);
}

static void a_diamond_gives_each_entry_once(void **state UNUSED)
{
	struct bed b;
	struct policy_counts n;

	bed_policy(&b, RULE("tag:Top") "tag Top { include Left Right; }\ntag Left { include Base; }\ntag Right { include Base; }\n"
		       "tag Base { entry a.example https:443; }\n");
	policy_count(b.policy, &n);
	assert_int_equal(n.names, 1);
	assert_int_equal(decide(&b, "10.0.0.1", "a.example", "https:443").action, ACTION_ALLOW);
	bed_end(&b);
}

static void the_catalog_can_be_read(void **state UNUSED)
{
	struct bed b;
	struct reading r;
	struct tags *t;
	const struct tag *tag;
	const struct tag_entry *e;

	bed_start(&b);
	bed_file(&b, "main.conf", catalog);
	assert_int_equal(bed_build(&b), 0);
	r = (struct reading){ .conf = b.conf, .scratch = arena_create(), .why = &b.why };
	t = tags_read(&r);
	assert_int_equal(tags_count(t), 2);
	tag = tags_find(t, SV("Backup"));
	assert_ptr_equal(tag, tags_at(t, 0));
	assert_string_equal(tag->name, "Backup");
	assert_int_equal(tag->at.line, 1);
	assert_int_equal(tag->n_entries, 8);
	assert_int_equal(tag->n_includes, 1);
	assert_true(sv_eq(tag->includes[0]->text, SV("SignIn")));
	e = &tag->entries[0];
	assert_true(sv_eq(e->word->text, SV("download.example")));
	assert_true(sv_eq(e->purpose, SV("parts")));
	assert_true(sv_eq(e->source, SV("a page")));
	assert_true(sv_eq(e->as_of, SV("2019-03-01")));
	assert_int_equal(e->at.line, 2);
	assert_false(e->optional || e->direct || e->service_tag);
	assert_int_equal(tag->entries[1].ports.n, 2);
	assert_true(tag->entries[2].optional);
	assert_true(tag->entries[3].direct);
	assert_true(tag->entries[4].service_tag);
	assert_int_equal(tag->entries[5].n_profiles, 2);
	assert_string_equal(tag->entries[5].profiles[1], "uk");
	assert_null(tags_find(t, SV("Nope")));
	assert_string_equal(tags_suggest(t, SV("Bakup")), "Backup");
	tags_fini(t);
	arena_free(r.scratch);
	bed_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_reference_opens),
		cmocka_unit_test(errors_name_place_and_cure),
		cmocka_unit_test(an_unset_parameter),
		cmocka_unit_test(ten_entries_one_missing_parameter_one_error),
		cmocka_unit_test(a_tag_that_opens_nothing_is_noted),
		cmocka_unit_test(values_expand_one_pattern_each),
		cmocka_unit_test(a_diamond_gives_each_entry_once),
		cmocka_unit_test(the_catalog_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
