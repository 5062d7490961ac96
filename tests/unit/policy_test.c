#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/policy_help.h"

#include "policy/guard.h"
#include "policy/pattern.h"

#define VMS "ip-group vms { 10.1.0.0/24; 10.2.0.4; }\n"

/* ---- verdicts ------------------------------------------------------------------------------- */

static void the_first_match_decides(void **state UNUSED)
{
	struct bed b;
	struct verdict v;

	bed_policy(&b, "collection late { priority 300; action allow; rule all { from any; to * tcp:any; } }\n"
		       "collection early { priority 200; action deny; rule bad { from any; to *.bad.example tcp:443; } }\n");
	v = decide(&b, "10.1.0.9", "a.bad.example", "tcp:443");
	assert_int_equal(v.action, ACTION_DENY);
	assert_int_equal(v.why, WHY_RULE);
	assert_string_equal(v.rule->collection, "early");
	assert_string_equal(v.rule->name, "bad");
	assert_int_equal(v.rule->priority, 200);
	assert_int_equal(v.rule->at.line, 2);
	assert_non_null(strstr(v.rule->at.file, "main.conf"));
	assert_int_equal(v.rank, 0);
	assert_false(v.by_address);
	v = decide(&b, "10.1.0.9", "bad.example", "tcp:443");
	assert_int_equal(v.action, ACTION_ALLOW);
	assert_int_equal(v.proto, PROTO_TCP);
	assert_int_equal(v.rank, 1);
	v = decide(&b, "10.1.0.9", "192.0.2.1", "tcp:443");    /* `*` is any name, never an address */
	assert_int_equal(v.why, WHY_NO_RULE);
	assert_null(v.rule);
	assert_int_equal(v.proto, 0);
	bed_end(&b);
}

static void the_protocol_is_the_rules_own_word(void **state UNUSED)
{
	struct bed b;

	bed_policy(&b, "collection c { priority 200; action allow; rule r { from any;\n"
		       "to a.example tcp:443 https:443; to b.example https:443 tcp:443;\n"
		       "to c.example http:443,80; to d.example https:443; } }\n");
	assert_int_equal(decide(&b, "10.0.0.1", "a.example", "https:443").proto, PROTO_TCP);
	assert_int_equal(decide(&b, "10.0.0.1", "b.example", "https:443").proto, PROTO_HTTPS);
	assert_int_equal(decide(&b, "10.0.0.1", "c.example", "https:443").action, ACTION_DENY);
	assert_int_equal(decide(&b, "10.0.0.1", "c.example", "http:80").proto, PROTO_HTTP);
	assert_int_equal(decide(&b, "10.0.0.1", "d.example", "http:443").action, ACTION_DENY);
	assert_int_equal(decide(&b, "10.0.0.1", "d.example", "udp:443").action, ACTION_DENY);
	bed_end(&b);
}

static void audit_reports_the_first_match_before_the_decision(void **state UNUSED)
{
	struct bed b;
	struct verdict v;

	bed_policy(&b, "collection a1 { priority 110; action audit; rule second { from any; to *.x.example tcp:443; } }\n"
		       "collection a0 { priority 100; action audit; rule first { from 10.9.0.0/16; to .example tcp:443; } }\n"
		       "collection ok { priority 200; action allow; rule all { from any; to .example tcp:443; } }\n"
		       "collection a3 { priority 300; action audit; rule after { from any; to * tcp:443; } }\n");
	v = decide(&b, "10.9.0.1", "a.x.example", "tcp:443");
	assert_int_equal(v.action, ACTION_ALLOW);
	assert_string_equal(v.would_deny->name, "first");
	v = decide(&b, "10.8.0.1", "a.x.example", "tcp:443");
	assert_string_equal(v.would_deny->name, "second");
	v = decide(&b, "10.8.0.1", "y.example", "tcp:443");
	assert_int_equal(v.action, ACTION_ALLOW);
	assert_null(v.would_deny);              /* what audits after the decision is not heard */
	v = decide(&b, "10.8.0.1", "y.test", "tcp:443");
	assert_int_equal(v.action, ACTION_DENY);
	assert_int_equal(v.why, WHY_NO_RULE);
	assert_string_equal(v.would_deny->name, "after");
	bed_end(&b);
}

static void default_audit_lets_pass_and_says_so(void **state UNUSED)
{
	struct bed b;
	struct verdict v;

	bed_policy(&b, "default audit;\n"
		       "collection d { priority 100; action deny; rule bad { from any; to bad.example tcp:443; } }\n");
	v = decide(&b, "10.0.0.1", "x.example", "tcp:443");
	assert_int_equal(v.action, ACTION_ALLOW);
	assert_int_equal(v.why, WHY_DEFAULT_AUDIT);
	assert_true(v.would_deny_no_rule);
	assert_int_equal(v.proto, 0);
	v = decide(&b, "10.0.0.1", "bad.example", "tcp:443");
	assert_int_equal(v.action, ACTION_DENY);
	assert_false(v.would_deny_no_rule);
	bed_end(&b);
}

static void until_ends_a_rule(void **state UNUSED)
{
	struct bed b;
	struct question q;
	struct verdict v;

	bed_policy(&b, "collection c { priority 100; action allow;\n"
		       "rule soon { from any; to a.example tcp:443; until 2026-06-01T00:00:01Z; }\n"
		       "rule later { from any; to a.example tcp:443; until 2026-06-02T00:00:00Z; } }\n");
	ask_of(&q, "10.0.0.1", "a.example", "tcp:443");
	policy_decide(b.policy, &q.ask, &v);
	assert_string_equal(v.rule->name, "soon");
	assert_int_equal(policy_next_until(b.policy, NOW_MS), NOW_MS + 1000);
	q.ask.now_ms = NOW_MS + 1000;           /* the moment itself is over */
	policy_decide(b.policy, &q.ask, &v);
	assert_string_equal(v.rule->name, "later");
	assert_int_equal(policy_next_until(b.policy, NOW_MS + 1000), NOW_MS + 86400000);
	q.ask.now_ms = NOW_MS + 86400000;
	policy_decide(b.policy, &q.ask, &v);
	assert_int_equal(v.why, WHY_NO_RULE);
	assert_int_equal(policy_next_until(b.policy, q.ask.now_ms), 0);
	bed_end(&b);
}

static void a_regex_limit_is_a_deny(void **state UNUSED)
{
	struct bed b;
	struct verdict v;
	const char *bomb = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.d";

	bed_policy(&b, "collection c { priority 100; action allow;\n"
		       "rule bomb { from 10.1.0.0/16; to ~\"(a|aa|a?a)+[bc]\\.d\" tcp:443; }\n"
		       "rule all { from any; to * tcp:443; } }\n");
	v = decide(&b, "10.1.0.1", bomb, "tcp:443");
	assert_int_equal(v.why, WHY_REGEX_LIMIT);
	assert_int_equal(v.action, ACTION_DENY);
	assert_string_equal(v.rule->name, "bomb");
	v = decide(&b, "10.2.0.1", bomb, "tcp:443");            /* another source: it is not even run */
	assert_int_equal(v.action, ACTION_ALLOW);
	v = decide(&b, "10.1.0.1", "aac.d", "tcp:443");
	assert_string_equal(v.rule->name, "bomb");
	assert_int_equal(v.why, WHY_RULE);
	bed_end(&b);
}

static void counts_say_what_there_is(void **state UNUSED)
{
	struct bed b;
	struct policy_counts n;

	bed_policy(&b, VMS "tag T { entry a.example https:443; }\n"
		       "collection c { priority 100; action allow; rule r { from vms; to tag:T;\n"
		       "to b.example 192.0.2.0/24 ~\"c+\" https:443; } }\n"
		       "expect allow 10.1.0.1 a.example https:443;\n");
	policy_count(b.policy, &n);
	assert_int_equal(n.collections, 1);
	assert_int_equal(n.rules, 1);
	assert_int_equal(n.names, 2);
	assert_int_equal(n.addresses, 1);
	assert_int_equal(n.regexes, 1);
	assert_int_equal(n.tags_used, 1);
	assert_int_equal(n.expectations, 1);
	assert_true(n.octets > 1000);
	bed_end(&b);
}

static void a_reference_keeps_it(void **state UNUSED)
{
	struct bed b;
	const struct policy *mine;

	bed_policy(&b, "collection c { priority 100; action allow; rule r { from any; to a.example tcp:1; } }\n");
	mine = policy_ref(b.policy);
	assert_ptr_equal(mine, b.policy);
	policy_unref(b.policy);
	conf_free(b.conf);              /* and nothing of the configuration is needed any more */
	b.conf = NULL;
	assert_int_equal(decide(&b, "10.0.0.1", "a.example", "tcp:1").action, ACTION_ALLOW);
	assert_non_null(strstr(decide(&b, "10.0.0.1", "a.example", "tcp:1").rule->at.file, "main.conf"));
	policy_unref(mine);
	policy_unref(NULL);
	b.policy = NULL;
	bed_end(&b);
}

/* ---- the guard ------------------------------------------------------------------------------ */

static struct endpoint endpoint_of(const char *text)
{
	struct endpoint e;

	if (!endpoint_parse(&e, sv_of(text), 0))
		fail_msg("bad endpoint %s", text);
	return e;
}

static const char guard_policy[] =
	"allow-address 10.9.0.0/16 127.0.0.5;\n"
	"collection d { priority 100; action deny; rule no { from 10.1.0.0/16; to 203.0.113.0/28 tcp:443;\n"
	"  to 198.51.100.7 udp:53; } rule gone { from any; to 203.0.113.128/25 tcp:443; until 2026-05-01T00:00:00Z; } }\n"
	"collection a { priority 200; action allow;\n"
	"  rule plain { from any; to plain.example tcp:443,8443; }\n"
	"  rule open { from any; to open.example tcp:443,8443; allow-address 10.7.0.0/16 ::1 0.0.0.0/0; } }\n"
	"collection z { priority 300; action deny; rule late { from any; to 203.0.113.16/28 tcp:443; } }\n";

static const struct {
	const char *name, *to;
	enum guard_verdict want;
} guard_cases[] = {
	{ "plain.example", "198.51.100.1:443", GUARD_PRIVATE },         /* documentation range: reserved */
	{ "plain.example", "20.1.2.3:443", GUARD_PASS },
	{ "plain.example", "[2600::1]:443", GUARD_PASS },
	{ "plain.example", "10.9.1.1:443", GUARD_PASS },
	{ "plain.example", "10.7.1.1:443", GUARD_PRIVATE },
	{ "open.example", "10.7.1.1:443", GUARD_PASS },
	{ "open.example", "192.168.1.1:443", GUARD_PASS },
	{ "open.example", "127.0.0.1:443", GUARD_LOOPBACK },            /* 0.0.0.0/0 does not open loopback */
	{ "open.example", "[::1]:443", GUARD_PASS },
	{ "plain.example", "[::1]:443", GUARD_LOOPBACK },
	{ "plain.example", "127.0.0.5:443", GUARD_PASS },
	{ "plain.example", "127.0.0.5:3128", GUARD_OWN },
	{ "plain.example", "20.9.9.9:3128", GUARD_OWN },                /* an address of this host */
	{ "plain.example", "20.9.9.9:443", GUARD_PASS },
	{ "open.example", "[::ffff:20.9.9.9]:3128", GUARD_OWN },
	{ "open.example", "0.0.0.0:3128", GUARD_OWN },
	{ "open.example", "[::]:3128", GUARD_OWN },
	{ "open.example", "0.0.0.0:443", GUARD_NEVER },
	{ "open.example", "169.254.169.254:443", GUARD_PLATFORM },
	{ "open.example", "168.63.129.16:443", GUARD_PLATFORM },
	{ "open.example", "[::ffff:168.63.129.16]:443", GUARD_PLATFORM },
	{ "open.example", "224.0.0.1:443", GUARD_NEVER },
	{ "open.example", "255.255.255.255:443", GUARD_NEVER },
	{ "plain.example", "[64:ff9b::10.7.1.1]:443", GUARD_PRIVATE },
	{ "open.example", "[64:ff9b::10.7.1.1]:443", GUARD_PASS },
	{ "open.example", "203.0.113.1:443", GUARD_DENIED },            /* ranked before the verdict */
	{ "open.example", "203.0.113.17:443", GUARD_PASS },             /* ranked behind it */
	{ "open.example", "203.0.113.200:443", GUARD_PASS },            /* its until has passed */
	{ "open.example", "198.51.100.7:443", GUARD_PASS },             /* another protocol */
};

static void the_guard_table(void **state UNUSED)
{
	struct ip local = { 4, { 20, 9, 9, 9 } };
	const uint16_t ports[] = { 3128, 9128 };
	const struct policy_env env = { NOW_MS, &local, 1, ports, 2 };
	struct bed b;

	bed_start(&b);
	bed_file(&b, "main.conf", guard_policy);
	if (bed_build_with(&b, &env, NULL, 0))
		fail_msg("%s", bed_findings(&b));
	for (size_t i = 0; i < sizeof(guard_cases) / sizeof(guard_cases[0]); i++) {
		struct endpoint to = endpoint_of(guard_cases[i].to);
		enum guard_verdict got;
		struct question q;
		struct verdict v;

		ask_of(&q, "10.1.0.9", guard_cases[i].name, "tcp:443");
		policy_decide(b.policy, &q.ask, &v);
		assert_int_equal(v.action, ACTION_ALLOW);
		got = policy_guard(b.policy, &q.ask, &v, &to);
		if (got != guard_cases[i].want)
			fail_msg("%s -> %s: got %s, want %s", guard_cases[i].name, guard_cases[i].to,
				 guard_verdict_name(got), guard_verdict_name(guard_cases[i].want));
	}
	bed_end(&b);
}

static void the_guard_heeds_the_source_of_a_denial(void **state UNUSED)
{
	struct endpoint to = endpoint_of("203.0.113.1:443");
	struct question q;
	struct verdict v;
	struct bed b;

	bed_policy(&b, guard_policy);
	ask_of(&q, "10.2.0.9", "open.example", "tcp:443");
	policy_decide(b.policy, &q.ask, &v);
	assert_int_equal(policy_guard(b.policy, &q.ask, &v, &to), GUARD_PASS);
	bed_end(&b);
}

static void the_guard_under_default_audit(void **state UNUSED)
{
	struct endpoint to = endpoint_of("20.1.2.3:443"), inside = endpoint_of("10.1.2.3:443");
	struct question q;
	struct verdict v;
	struct bed b;

	bed_policy(&b, "default audit;\ncollection d { priority 100; action deny; rule no { from any; to 20.1.2.0/24 tcp:443; } }\n");
	ask_of(&q, "10.2.0.9", "open.example", "tcp:443");
	policy_decide(b.policy, &q.ask, &v);
	assert_int_equal(v.action, ACTION_ALLOW);
	assert_int_equal(policy_guard(b.policy, &q.ask, &v, &to), GUARD_DENIED);
	assert_int_equal(policy_guard(b.policy, &q.ask, &v, &inside), GUARD_PRIVATE);
	bed_end(&b);
}

static void an_address_rule_does_not_open_the_guard(void **state UNUSED)
{
	struct endpoint to = endpoint_of("10.5.5.5:443");
	struct question q;
	struct verdict v;
	struct bed b;

	bed_policy(&b, "collection a { priority 100; action allow; rule r { from any; to 10.5.0.0/16 tcp:443; } }\n");
	bed_must_say(&b, "warning: this can never connect: 10.5.0.0/16 lies in 10.0.0.0/8");
	ask_of(&q, "10.2.0.9", "10.5.5.5", "tcp:443");
	policy_decide(b.policy, &q.ask, &v);
	assert_int_equal(v.action, ACTION_ALLOW);
	assert_true(v.by_address);
	assert_int_equal(policy_guard(b.policy, &q.ask, &v, &to), GUARD_PRIVATE);
	bed_end(&b);
	bed_policy(&b, "collection a { priority 100; action allow; rule r { from any; to 10.5.0.0/16 tcp:443;\n"
		       "allow-address 10.5.0.0/16; } }\n");
	assert_int_equal(b.why.n, 0);
	policy_decide(b.policy, &q.ask, &v);
	assert_int_equal(policy_guard(b.policy, &q.ask, &v, &to), GUARD_PASS);
	bed_end(&b);
	bed_policy(&b, "collection a { priority 100; action allow; rule r { from any; to 168.63.129.16 tcp:80; } }\n");
	bed_must_say(&b, "which no rule can open");
	bed_end(&b);
}

/* ---- what is refused ------------------------------------------------------------------------ */

#define IN_RULE(lines) VMS "collection c { priority 100; action allow;\nrule r { from any;\n" lines "\n} }\n"
#define IN_FROM(words) VMS "collection c { priority 100; action allow;\nrule r {\nfrom " words ";\nto a.example tcp:1; } }\n"

static const struct {
	const char *text, *part;
} bad[] = {
	{ "collection a { priority 100; action allow; rule r { from any; to a.example tcp:1; } }\n"
	  "collection b { priority 100; action deny; rule r { from any; to a.example tcp:1; } }\n",
	  "main.conf:2:25: error: priority 100 is already that of collection \"a\"" },
	{ IN_RULE("to a.example;"), ":4:4: error: \"a.example\" has no PROTO:PORT; write it as in \"to a.example https:443;\"" },
	{ IN_RULE("to https:443;"), "no target" },
	{ IN_RULE("to a.example htps:443;"), "did you mean \"https\"?" },
	{ IN_RULE("to tag:X https:443;"), "a tag brings its own ports" },
	{ IN_RULE("to tag:X;"), "unknown tag \"X\"" },
	{ IN_RULE("to group:nope https:443;"), "unknown fqdn-group \"nope\"" },
	{ IN_RULE("to service-tag:Storage.JapanEast tcp:443;"), "no file of service tags is loaded" },
	{ IN_RULE("to a..example https:443;"), ":4:4: error: " },
	{ IN_RULE("to ~\"a(\" https:443;"), ":4:4: error: " },
	{ IN_RULE("to ${nope}.example https:443;"), "${nope} has no value; set it with \"param nope VALUE;\" or --set nope=VALUE" },
	{ IN_RULE("to a.example https:${nope};"), "${nope} has no value" },
	{ IN_FROM("vm"), ":4:6: error: unknown ip-group \"vm\"; did you mean \"vms\"?" },
	{ IN_FROM("10.1.0.1/24"), "did you mean \"10.1.0.0/24\"?" },
	{ IN_FROM("10.1.0"), "is no address or prefix" },
	{ IN_FROM("identity:"), ":4:6: error: nothing stands behind \"identity:\"" },
	{ IN_FROM("identity:a..b"), ":4:6: error: bad name \"a..b\"" },
	{ IN_FROM("identity:~x"), "a regular expression stands in quotes behind its ~" },
	{ IN_FROM("identity:~\"a(\""), ":4:6: error: " },
	{ IN_FROM("identity:10.0.0.1"), "an address stands in \"from\" by itself" },
	{ IN_FROM("identity:vm1:8443"), "a URI is written with its scheme" },
	{ IN_FROM("identity:\"Backup Server 1\""), "a common name as in identity:cn:\"Backup Server 1\"" },
	{ IN_FROM("identity:\"spiffe://*/vm/1\""), "stands outside the path" },
	{ IN_FROM("identity:cn:*"), "without wildcard" },
	{ IN_FROM("identity:group:none"), "unknown fqdn-group \"none\"" },
	{ IN_FROM("identity:${nope}"), "${nope} has no value; set it with" },
	{ IN_FROM("user:"), ":4:6: error: \"\" is no name of a user" },
	{ IN_FROM("user:a:b"), "without colon" },
	{ IN_FROM("user:a*"), "only user:* stands for any user" },
	{ IN_FROM("any user:a usr:b"), ":4:17: error: \"usr:b\" is unknown here; expected any, an address, a prefix, the name of "
	  "an ip-group, service-tag:NAME, identity:TEXT or user:NAME" },
	{ IN_FROM("fade:g::1"), "\"fade:g::1\" is no address or prefix" },
	{ IN_FROM("service-tag:Storage"), "no file of service tags is loaded" },
	{ "ip-group g { 10.0.0.300; }\n", ":1:14: error: \"10.0.0.300\" is no address" },
	{ "ip-group g { }\n", "ip-group \"g\" is empty" },
	{ "fqdn-group g { }\n", "fqdn-group \"g\" is empty" },
	{ "fqdn-group g { a..b; }\n", ":1:16: error: " },
	{ "fqdn-group g { ~\"a(\"; }\n", ":1:16: error: " },
	{ "fqdn-group g { tag:X; }\n", "an fqdn-group holds names" },
};

static void errors_name_place_and_cure(void **state UNUSED)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		must_fail(bad[i].text, bad[i].part);
}

static void several_errors_in_one_run(void **state UNUSED)
{
	struct bed b;

	bed_start(&b);
	bed_file(&b, "main.conf", IN_RULE("to a.example;\nto b..example tcp:1;\nto tag:X;\nto group:G tcp:1;"));
	assert_int_not_equal(bed_build(&b), 0);
	assert_int_equal(b.why.errors, 4);
	bed_end(&b);
}

static void list_files_name_their_lines(void **state UNUSED)
{
	struct bed b;

	bed_start(&b);
	bed_file(&b, "main.conf", "fqdn-group g { file names.list; }\n"
		 "collection c { priority 100; action allow; rule r { from any; to group:g https:443; } }\n");
	bed_file(&b, "names.list", "# comment\ngood.example\n  bad..example\n\n*.fine.example # why\ntag:T\n~\"x(\"\n");
	assert_int_not_equal(bed_build(&b), 0);
	bed_must_say(&b, "names.list:3:3: error: ");
	bed_must_say(&b, "names.list:6:1: error: a list holds names");
	bed_must_say(&b, "names.list:7:1: error: ");
	assert_int_equal(b.why.errors, 3);
	bed_end(&b);
}

static void a_long_list_of_errors_is_cut(void **state UNUSED)
{
	char list[8 * 500 + 1] = "";
	struct bed b;

	for (int i = 0; i < 500; i++)
		memcpy(list + i * 5, "a..b\n", 6);
	bed_start(&b);
	bed_file(&b, "main.conf", "fqdn-group g { file names.list; }\n");
	bed_file(&b, "names.list", list);
	assert_int_not_equal(bed_build(&b), 0);
	assert_int_equal(b.why.errors, 21);
	bed_must_say(&b, "480 more lines are wrong");
	bed_end(&b);
}

/* ---- decide() against a linear reading ------------------------------------------------------ */

struct naive_clause {
	struct pattern pattern;
	struct regex *regex;
	char from[3][20];
	unsigned n_from, rule, lo, hi;
	enum proto proto;
	enum action action;
	bool over;
};

enum { CLAUSES_MAX = 400 };

struct naive {
	struct naive_clause all[CLAUSES_MAX];
	size_t n;
	struct arena *a;
	bool default_audit;
};

static uint64_t seed = 7;

static unsigned pick(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static void random_name(char *out, size_t size)
{
	static const char *const labels[] = { "a", "b", "ab", "example", "com", "x", "cdn-b" };
	size_t n = 0;

	for (unsigned i = 0, count = 1 + pick(4); i < count; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s", i ? "." : "", labels[pick(7)]);
}

static bool random_target(char *out, size_t size)
{
	char name[100];

	random_name(name, sizeof(name));
	switch (pick(11)) {
	case 0: case 1: snprintf(out, size, "*.%s", name); return false;
	case 2: snprintf(out, size, ".%s", name); return false;
	case 3: snprintf(out, size, "*b.%s", name); return false;
	case 4: snprintf(out, size, "a.*.%s", name); return false;
	case 5: snprintf(out, size, "~\"[ab]+\\.%s\"", name); return true;
	case 6: snprintf(out, size, "20.%u.0.0/16", pick(3)); return false;
	case 7: snprintf(out, size, "20.%u.0.%u", pick(3), pick(3)); return false;
	case 8: snprintf(out, size, pick(4) ? "*.*.com" : "*"); return false;
	default: snprintf(out, size, "%s", name); return false;
	}
}

static const char *random_source(void)
{
	static const char *const all[] = { "any", "10.0.0.0/8", "10.1.0.0/16", "10.1.0.1", "vms", "10.3.0.7" };

	return all[pick(6)];
}

static void naive_add(struct naive *t, const char *target, bool regex, const struct naive_clause *like)
{
	struct sv text = arena_sv(t->a, sv_of(target)), why;
	struct naive_clause *c = &t->all[t->n++];

	assert_true(t->n <= CLAUSES_MAX);
	*c = *like;
	if (regex) {                    /* as the lexer gives it: without the quotes */
		text = arena_printf(t->a, "~%.*s", (int)text.n - 3, text.p + 2);
	}
	assert_true(pattern_parse(&c->pattern, text, regex, regex ? 1 : text.n, t->a, &why));
	if (regex)
		c->regex = regex_compile(c->pattern.regex, t->a, &why);
}

static void random_rule(struct naive *t, FILE *f, unsigned rule, enum action action)
{
	static const char *const protos[] = { "https", "http", "tcp", "udp" };
	struct naive_clause like = { .rule = rule, .action = action, .n_from = 1 + pick(2) };
	char target[160];

	fprintf(f, "rule r%u {\nfrom", rule);
	for (unsigned i = 0; i < like.n_from; i++) {
		snprintf(like.from[i], sizeof(like.from[i]), "%s", random_source());
		fprintf(f, " %s", like.from[i]);
	}
	like.over = pick(6) == 0;
	fprintf(f, ";\n%s", like.over ? "until 2026-05-31T23:59:59Z;\n" : pick(2) ? "until 2026-06-01T00:00:01Z;\n" : "");
	for (unsigned i = 0, n = 1 + pick(4); i < n; i++) {
		unsigned p = pick(4);
		bool regex = random_target(target, sizeof(target));

		like.proto = (enum proto)(1u << p);
		like.lo = 440 + pick(4);
		like.hi = like.lo + pick(4);
		fprintf(f, "to %s %s:%u-%u;\n", target, protos[p], like.lo, like.hi);
		naive_add(t, target, regex, &like);
	}
	fprintf(f, "}\n");
}

static void random_policy(struct naive *t, FILE *f)
{
	static const char *const actions[] = { "deny", "allow", "audit" };
	unsigned rule = 0;

	t->n = 0;
	t->default_audit = pick(3) == 0;
	fprintf(f, "ip-group vms { 10.1.0.0/24; 10.2.0.4; }\n%s", t->default_audit ? "default audit;\n" : "");
	for (unsigned c = 0, n = 1 + pick(6); c < n; c++) {
		unsigned action = pick(5) < 3 ? 1 : pick(2) ? 0 : 2;

		fprintf(f, "collection c%u { priority %u; action %s;\n", c, 100 + c, actions[action]);
		for (unsigned i = 0, rules = pick(6); i < rules; i++)
			random_rule(t, f, rule++, (enum action)action);
		fprintf(f, "}\n");
	}
}

static bool naive_source(const struct naive_clause *c, const struct ip *source)
{
	struct prefix p;

	for (unsigned i = 0; i < c->n_from; i++) {
		if (strcmp(c->from[i], "any") == 0)
			return true;
		if (strcmp(c->from[i], "vms") == 0) {
			if (source->b[0] == 10 && ((source->b[1] == 1 && source->b[2] == 0) ||
						   (source->b[1] == 2 && source->b[2] == 0 && source->b[3] == 4)))
				return true;
			continue;
		}
		assert_int_equal(prefix_parse(&p, sv_of(c->from[i])), PREFIX_OK);
		if (prefix_contains(&p, source))
			return true;
	}
	return false;
}

static bool naive_name(const struct naive_clause *c, const struct ask *ask)
{
	const struct pattern *p = &c->pattern;
	struct sv name = ask->name;
	bool below;

	if (name.n == 0)
		return p->kind == PATTERN_ADDRESS && prefix_contains(&p->prefix, &ask->ip);
	below = name.n > p->name.n + 1 && sv_ends_with(name, p->name) && name.p[name.n - p->name.n - 1] == '.';
	switch (p->kind) {
	case PATTERN_EXACT: return sv_eq(name, p->name);
	case PATTERN_BELOW: return below;
	case PATTERN_TREE: return below || sv_eq(name, p->name);
	case PATTERN_GLOB: return glob_match(p->name, name);
	case PATTERN_REGEX: return regex_match(c->regex, name) == REGEX_YES;
	case PATTERN_ANY: return true;
	case PATTERN_ADDRESS: break;
	}
	return false;
}

static void naive_decide(const struct naive *t, const struct ask *ask, int *decided, int *audited)
{
	*decided = *audited = -1;
	for (size_t i = 0; i < t->n; i++) {
		const struct naive_clause *c = &t->all[i];

		if (c->over || !(c->proto & ask->protos) || ask->port < c->lo || ask->port > c->hi ||
		    !naive_source(c, &ask->source) || !naive_name(c, ask))
			continue;
		if (c->action != ACTION_AUDIT) {
			*decided = (int)i;
			return;
		}
		*audited = *audited < 0 ? (int)i : *audited;
	}
}

static int rule_number(const struct rule *r)
{
	return r ? atoi(r->name + 1) : -1;
}

static void compare_once(const struct bed *b, const struct naive *t)
{
	static const char *const ports[] = { "https:443", "tcp:441", "http:442", "udp:444", "https:445" };
	char name[100], source[32];
	int decided, audited;
	struct question q;
	struct verdict v;

	random_name(name, sizeof(name));
	if (pick(4) == 0)
		snprintf(name, sizeof(name), "20.%u.0.%u", pick(4), pick(4));
	snprintf(source, sizeof(source), "10.%u.0.%u", pick(4), pick(9));
	ask_of(&q, source, name, ports[pick(5)]);
	policy_decide(b->policy, &q.ask, &v);
	naive_decide(t, &q.ask, &decided, &audited);
	assert_int_equal(rule_number(v.rule), decided < 0 ? -1 : (int)t->all[decided].rule);
	assert_int_equal(rule_number(v.would_deny), audited < 0 ? -1 : (int)t->all[audited].rule);
	if (decided >= 0) {
		assert_int_equal(v.rank, decided);
		assert_int_equal(v.action, t->all[decided].action);
		assert_int_equal(v.proto, t->all[decided].proto);
		assert_int_equal(v.by_address, t->all[decided].pattern.kind == PATTERN_ADDRESS);
	} else {
		assert_int_equal(v.action, t->default_audit ? ACTION_ALLOW : ACTION_DENY);
	}
}

static void random_policies_against_a_linear_reading(void **state UNUSED)
{
	static struct naive t;
	char path[128];
	struct bed b;
	FILE *f;

	for (int round = 0; round < 60; round++) {
		t.a = arena_create();
		bed_start(&b);
		snprintf(path, sizeof(path), "%s/main.conf", b.dir);
		f = fopen(path, "w");
		assert_non_null(f);
		random_policy(&t, f);
		fclose(f);
		if (bed_build(&b))
			fail_msg("%s", bed_findings(&b));
		for (int i = 0; i < 500; i++)
			compare_once(&b, &t);
		for (size_t i = 0; i < t.n; i++)
			regex_free(t.all[i].regex);
		memset(t.all, 0, sizeof(t.all));
		arena_free(t.a);
		bed_end(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_match_decides),
		cmocka_unit_test(the_protocol_is_the_rules_own_word),
		cmocka_unit_test(audit_reports_the_first_match_before_the_decision),
		cmocka_unit_test(default_audit_lets_pass_and_says_so),
		cmocka_unit_test(until_ends_a_rule),
		cmocka_unit_test(a_regex_limit_is_a_deny),
		cmocka_unit_test(counts_say_what_there_is),
		cmocka_unit_test(a_reference_keeps_it),
		cmocka_unit_test(the_guard_table),
		cmocka_unit_test(the_guard_heeds_the_source_of_a_denial),
		cmocka_unit_test(the_guard_under_default_audit),
		cmocka_unit_test(an_address_rule_does_not_open_the_guard),
		cmocka_unit_test(errors_name_place_and_cure),
		cmocka_unit_test(several_errors_in_one_run),
		cmocka_unit_test(list_files_name_their_lines),
		cmocka_unit_test(a_long_list_of_errors_is_cut),
		cmocka_unit_test(random_policies_against_a_linear_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
