/* scope_test -- parameters of a collection, the cloud, deprecated tags, service tags: what a rule gets of them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy_help.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void build(struct bed *b, const char *text, const char *const *sets, size_t n_sets, bool ok)
{
	bed_start(b);
	bed_file(b, "main.conf", text);
	bed_file(b, "prefixes", "sekisho-service-tags 1\ntag Storage.JapanEast\n\t41.1.0.0/16\ntag Storage.WestEurope\n"
		 "\t41.2.0.0/16\ntag Inside\n\t10.0.0.0/8\n");
	if ((bed_build_with(b, &(struct policy_env){ .now_ms = NOW_MS }, sets, n_sets) == 0) != ok)
		fail_msg("%s\n%s", text, bed_findings(b));
}

#define COLLECTION(name, priority, inside) \
	"collection " name " { priority " priority "; action allow; " inside " }\n"

static const char two_collections[] =
	"param region japaneast;\nparam who a b;\n"
	"tag T { entry t.${geo}.example https:443; entry ${who}.t.example https:443 optional; }\n"
	COLLECTION("one", "100", "rule r { from 10.0.0.0/8; to x.${region}.${geo}.example https:443; to tag:T; }")
	COLLECTION("two", "200", "param region westeurope; param net 11.0.0.0/8; param who c;"
		   "rule r { from ${net}; to x.${region}.${geo}.example https:443; to ${who}.example https:443; to tag:T+optional; }")
	COLLECTION("three", "300", "param net 12.0.0.0/8; rule r { from ${net}; to x.${region}.${geo}.example https:443; to tag:T+optional; }")
	"expect allow 10.0.0.1 x.japaneast.jpe.example https:443;\nexpect deny 10.0.0.1 x.westeurope.we.example https:443;\n"
	"expect allow 11.0.0.1 x.westeurope.we.example https:443;\nexpect deny 11.0.0.1 x.japaneast.jpe.example https:443;\n"
	"expect allow 12.0.0.1 x.japaneast.jpe.example https:443;\nexpect deny 12.0.0.1 x.westeurope.we.example https:443;\n"
	"expect allow 11.0.0.1 c.example https:443;\nexpect deny 11.0.0.1 a.example https:443;\n"
	"expect allow 10.0.0.1 t.jpe.example https:443;\nexpect deny 10.0.0.1 t.we.example https:443;\n"
	"expect allow 11.0.0.1 t.we.example https:443;\nexpect deny 11.0.0.1 t.jpe.example https:443;\n"
	"expect allow 11.0.0.1 c.t.example https:443;\nexpect deny 11.0.0.1 a.t.example https:443;\n"
	"expect allow 12.0.0.1 b.t.example https:443;\nexpect deny 12.0.0.1 c.t.example https:443;\n";

static void a_collection_has_its_own_values(void **state UNUSED)
{
	struct bed b;

	build(&b, two_collections, NULL, 0, true);
	bed_end(&b);
}

static void resolutions(void **state UNUSED)
{
	static const struct { const char *global, *own, *set, *word, *name; bool ok; } cases[] = {
		{ "param region japaneast; param geo xx;", "", NULL, "${geo}", "xx", true },
		/* the collection's region stands before a geo from the top */
		{ "param region japaneast; param geo xx;", "param region westeurope;", NULL, "${geo}", "we", true },
		{ "param region japaneast;", "param geo yy;", NULL, "${geo}", "yy", true },
		{ "", "param region westeurope;", NULL, "${region}-${geo}-${azurecloud}", "westeurope-we-westeurope", true },
		{ "", "param region francecentral;", NULL, "${azurecloud}", "centralfrance", true },
		{ "", "param region usgovvirginia;", NULL, "${cloud}", "government", true },
		{ "param region chinaeast;", "", NULL, "${cloud}", "china", true },
		{ "param region japaneast;", "", NULL, "${cloud}", "public", true },
		/* --set wins over both */
		{ "param region japaneast;", "param region westeurope;", "region=uksouth", "${region}-${geo}", "uksouth-uks", true },
		{ "param region japaneast;", "param region westeurope;", "geo=zz", "${region}-${geo}", "westeurope-zz", true },
		{ "", "param geo yy;", "region=uksouth", "${geo}", "yy", true },
		/* values move in step with their own region */
		{ "", "param region japaneast westeurope;", NULL, "${region}-${geo}", "westeurope-we", true },
		{ "", "", NULL, "${region}", "", false },
		{ "", "param other x;", NULL, "${region}", "", false },
	};

	for (size_t i = 0; i < N(cases); i++) {
		const char *sets[] = { cases[i].set };
		char text[1024];
		struct bed b;

		snprintf(text, sizeof(text), "%s\ncollection c { priority 100; action allow; %s rule r { from any; to %s.example https:443; } }\n"
			 "expect allow 10.0.0.1 %s.example https:443;\n", cases[i].global, cases[i].own, cases[i].word, cases[i].name);
		build(&b, text, sets, cases[i].set != NULL, cases[i].ok);
		bed_end(&b);
	}
}

static void regions_do_not_mix_in_a_product(void **state UNUSED)
{
	struct bed b;

	build(&b, COLLECTION("c", "100", "param region japaneast westeurope; rule r { from any; to ${region}-${geo}.example https:443; }")
	      "expect allow 10.0.0.1 japaneast-jpe.example https:443;\nexpect deny 10.0.0.1 japaneast-we.example https:443;\n", NULL, 0, true);
	bed_end(&b);
}

static void wrong_values_are_warned_of(void **state UNUSED)
{
	static const struct { const char *text, *complaint; } cases[] = {
		{ "param cloud goverment;\n", ":1:1: warning: unknown Azure cloud \"goverment\"; did you mean \"government\"?" },
		{ "param cloud mars;\n", "expected public, government or china" },
		{ COLLECTION("c", "100", "param region japanest; rule r { from any; to a.example https:443; }"),
		  "unknown Azure region \"japanest\"; did you mean \"japaneast\"?" },
	};
	struct bed b;

	for (size_t i = 0; i < N(cases); i++) {
		build(&b, cases[i].text, NULL, 0, true);
		bed_must_say(&b, cases[i].complaint);
		bed_end(&b);
	}
	build(&b, COLLECTION("c", "100", "param a x; param a y; rule r { from any; to a.example https:443; }"), NULL, 0, false);
	bed_must_say(&b, "param \"a\" is defined twice");
	bed_end(&b);
	build(&b, COLLECTION("c", "100", "rule r { param a x; from any; to a.example https:443; }"), NULL, 0, false);
	bed_end(&b);
}

#define CLOUD_TAG "tag T { entry p.example https:443; entry g.example https:443 profile government;" \
	" entry o.example https:443 optional profile government; entry c.example https:443 profile china; }\n"

static void the_cloud_is_a_profile_that_every_use_names(void **state UNUSED)
{
	static const struct { const char *params, *use, *verdicts; } cases[] = {
		{ "", "tag:T", "adddd" }, { "param cloud public;", "tag:T", "adddd" },
		{ "param cloud government;", "tag:T", "aaddd" }, { "param cloud government;", "tag:T+optional", "aaadd" },
		{ "param cloud government china;", "tag:T", "aadad" }, { "param region usgovvirginia;", "tag:T", "aaddd" },
		{ "param region japaneast;", "tag:T", "adddd" }, { "param cloud china;", "tag:T+government", "aadad" },
	};
	static const char *const names[] = { "p", "g", "o", "c", "x" };

	for (size_t i = 0; i < N(cases); i++) {
		char text[2048];
		struct bed b;
		int n = snprintf(text, sizeof(text), "%s\n" CLOUD_TAG "collection c { priority 100; action allow; rule r { from any; to %s; } }\n",
				 cases[i].params, cases[i].use);

		for (size_t k = 0; k < N(names); k++)
			n += snprintf(text + n, sizeof(text) - (size_t)n, "expect %s 10.0.0.1 %s.example https:443;\n",
				      cases[i].verdicts[k] == 'a' ? "allow" : "deny", names[k]);
		build(&b, text, NULL, 0, true);
		bed_end(&b);
	}
}

static void a_deprecated_tag_is_warned_of_where_it_is_used(void **state UNUSED)
{
	static const char tags[] = "tag Old { deprecated \"use New\"; entry o.example https:443; }\ntag New { include Old; }\n";
	char text[1024];
	struct bed b;

	snprintf(text, sizeof(text), "%s%s", tags, COLLECTION("c", "100", "rule r { from any;\nto tag:Old; }"));
	build(&b, text, NULL, 0, true);
	bed_must_say(&b, "main.conf:4:4: warning: tag \"Old\" is deprecated: use New");
	bed_end(&b);
	build(&b, tags, NULL, 0, true);
	assert_int_equal(b.why.n, 0);
	bed_end(&b);
	build(&b, "tag Old { deprecated x; deprecated y; }\n", NULL, 0, false);
	bed_end(&b);
}

static void service_tags_in_rules(void **state UNUSED)
{
	static const struct { const char *rule, *rest; bool ok; } cases[] = {
		{ "from any; to service-tag:Storage.${region} tcp:443;", "expect allow 10.0.0.1 41.1.2.3 tcp:443; expect deny 10.0.0.1 41.2.0.1 tcp:443;"
		  "expect deny 10.0.0.1 41.1.2.3 tcp:80;", true },
		{ "from any; to service-tag:storage.westeurope service-tag:Storage.JapanEast tcp:443;",
		  "expect allow 10.0.0.1 41.1.2.3 tcp:443; expect allow 10.0.0.1 41.2.0.1 tcp:443;", true },
		{ "from service-tag:Storage.JapanEast 12.0.0.0/8; to a.example https:443;",
		  "expect allow 41.1.2.3 a.example https:443; expect allow 12.0.0.1 a.example https:443; expect deny 41.2.0.1 a.example https:443;", true },
		{ "from service-tag:Nix; to a.example https:443;", "", false },
		{ "from any; to service-tag:Nix tcp:443;", "", false },
		{ "from any; to service-tag:Storage.${nix} tcp:443;", "", false },
		{ "from any; to service-tag:Storage.JapanEast;", "", false },
		{ "from any; to tag:T;", "expect allow 10.0.0.1 41.1.2.3 tcp:443; expect deny 10.0.0.1 41.2.0.1 tcp:443;", true },
		{ "from any; to tag:T+optional;", "expect allow 10.0.0.1 41.2.0.1 tcp:8443;", true },
	};

	for (size_t i = 0; i < N(cases); i++) {
		char text[2048];
		struct bed b;

		snprintf(text, sizeof(text), "service-tags prefixes; param region japaneast;\n"
			 "tag T { entry service-tag:Storage.${region} tcp:443; entry service-tag:Storage.WestEurope tcp:8443 optional;"
			 " entry service-tag:Gone tcp:443; entry service-tag:Storage.WestEurope tcp:443 direct; }\n"
			 "collection c { priority 100; action allow; rule r { %s } }\n%s\n", cases[i].rule, cases[i].rest);
		build(&b, text, NULL, 0, cases[i].ok);
		bed_end(&b);
	}
}

static void a_guarded_service_tag_is_told_of(void **state UNUSED)
{
	struct bed b;

	build(&b, "service-tags prefixes;\n" COLLECTION("c", "100", "rule r { from any; to service-tag:Inside tcp:443; }"), NULL, 0, true);
	bed_must_say(&b, "this can never connect: 10.0.0.0/8");
	bed_end(&b);
}

static void a_denied_service_tag_takes_addresses_out(void **state UNUSED)
{
	struct verdict v;
	struct ask ask = { .source = { 4, { 10, 0, 0, 1 } }, .name = SV("a.example"), .port = 443, .protos = PROTO_HTTPS, .now_ms = NOW_MS };
	struct endpoint inside = { { 4, { 41, 1, 2, 3 } }, 443 }, outside = { { 4, { 41, 7, 2, 3 } }, 443 };
	struct bed b;

	build(&b, "service-tags prefixes;\ncollection d { priority 100; action deny; rule r { from any; to service-tag:Storage.JapanEast tcp:any https:443; } }\n"
	      COLLECTION("c", "200", "rule r { from any; to a.example https:443; }"), NULL, 0, true);
	policy_decide(b.policy, &ask, &v);
	assert_int_equal(v.action, ACTION_ALLOW);
	assert_int_equal(policy_guard(b.policy, &ask, &v, &inside), GUARD_DENIED);
	assert_int_equal(policy_guard(b.policy, &ask, &v, &outside), GUARD_PASS);
	bed_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_collection_has_its_own_values),
		cmocka_unit_test(resolutions),
		cmocka_unit_test(regions_do_not_mix_in_a_product),
		cmocka_unit_test(wrong_values_are_warned_of),
		cmocka_unit_test(the_cloud_is_a_profile_that_every_use_names),
		cmocka_unit_test(a_deprecated_tag_is_warned_of_where_it_is_used),
		cmocka_unit_test(service_tags_in_rules),
		cmocka_unit_test(a_guarded_service_tag_is_told_of),
		cmocka_unit_test(a_denied_service_tag_takes_addresses_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
