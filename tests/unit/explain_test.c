#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/policy_help.h"

#include "policy/explain.h"

static const char policy_text[] =
	"ip-group vms { 10.1.0.0/16; }\n"
	"tag T { entry tagged.example https:443; }\n"
	"fqdn-group names { *.grouped.example; }\n"
	"collection w { priority 100; action audit; rule watch { from any; to download.example https:443; } }\n"
	"collection d { priority 150; action deny; rule no { from any; to evil.download.example https:443; } }\n"
	"collection c { priority 200; action allow;\n"
	"rule other { from 10.9.0.1; to download.example https:443; }\n"
	"rule gone { from vms; to download.example https:443; until 2026-05-01T00:00:00Z; }\n"
	"rule main { from vms; to download.example https:443; to *.wild.example tcp:3260; to *.download.example https:443; }\n"
	"rule tag { from vms; to tag:T; to group:names https:443; to 20.1.1.0/24 tcp:22; }\n"
	"rule who { from 10.0.0.0/8 identity:vm.test user:alice user:bob; to who.example https:443; }\n"
	"rule past { from vms; to past.example https:443; until 2026-05-01T00:00:00Z; } }\n";

static void explain(const struct bed *b, struct arena *a, const char *source, const char *name,
		    const char *port, struct explanation *out)
{
	struct question q;

	ask_of(&q, source, name, port);
	policy_explain(b->policy, &q.ask, a, out);
}

static bool sv_says(struct sv text, const char *part)
{
	size_t n = strlen(part);

	for (size_t i = 0; i + n <= text.n; i++)
		if (memcmp(text.p + i, part, n) == 0)
			return true;
	return false;
}

static void each_entry_that_matches_is_a_step(void **state UNUSED)
{
	struct arena *a = arena_create();
	struct explanation x;
	struct bed b;

	bed_policy(&b, policy_text);
	explain(&b, a, "10.1.0.9", "download.example", "https:443", &x);
	assert_int_equal(x.verdict.action, ACTION_ALLOW);
	assert_int_equal(x.n_steps, 4);
	assert_string_equal(x.steps[0].rule->name, "watch");
	assert_true(sv_says(x.steps[0].text, "audit"));
	assert_string_equal(x.steps[1].rule->name, "other");
	assert_true(sv_says(x.steps[1].text, "not the source"));
	assert_string_equal(x.steps[2].rule->name, "gone");
	assert_true(sv_says(x.steps[2].text, "\"until\" passed at 2026-05-01"));
	assert_string_equal(x.steps[3].rule->name, "main");
	assert_true(x.steps[3].decided && !x.steps[0].decided);
	assert_true(sv_says(x.steps[3].text, "matches as https: allowed"));
	assert_true(sv_eq(x.steps[3].entry, SV("download.example")));
	assert_int_equal(x.steps[3].at.line, 9);
	assert_int_equal(x.steps[3].at.col, 26);
	assert_int_equal(x.nearest_miss.n, 0);
	arena_free(a);
	bed_end(&b);
}

static void entries_behind_references(void **state UNUSED)
{
	struct arena *a = arena_create();
	struct explanation x;
	struct bed b;

	bed_policy(&b, policy_text);
	explain(&b, a, "10.1.0.9", "tagged.example", "https:443", &x);
	assert_int_equal(x.n_steps, 1);
	assert_int_equal(x.steps[0].at.line, 2);
	assert_true(sv_says(x.steps[0].text, "brought by tag:T at "));
	explain(&b, a, "10.1.0.9", "x.grouped.example", "https:443", &x);
	assert_true(sv_eq(x.steps[0].entry, SV("group:names")));
	assert_true(sv_says(x.steps[0].text, "by *.grouped.example"));
	explain(&b, a, "10.1.0.9", "20.1.1.7", "tcp:22", &x);
	assert_true(sv_eq(x.steps[0].entry, SV("20.1.1.0/24")));
	assert_true(x.steps[0].decided);
	arena_free(a);
	bed_end(&b);
}

/* What each step and the nearest miss say of a rule that wants an identity and a user. */
static void who_it_would_have_to_be(void **state UNUSED)
{
	static const struct { const char *source, *identity, *user, *says; } cases[] = {
		{ "10.1.0.9", NULL, NULL, "but it needs a client certificate: it has identity:vm.test; it needs a user: it has "
					  "user:alice user:bob" },
		{ "10.1.0.9", "identity:vm.test", NULL, "but it needs a user: it has user:alice user:bob" },
		{ "10.1.0.9", "identity:vm.test", "user:carol", "but not the user: it has user:alice user:bob" },
		{ "10.1.0.9", "identity:spiffe://vm.test", "user:bob", "but the identity does not match: it has identity:vm.test" },
		{ "11.1.0.9", "identity:vm.test", "user:bob", "but not the source" },
	};
	struct arena *a = arena_create();
	struct explanation x;
	struct question q;
	struct bed b;

	bed_policy(&b, policy_text);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ask_of(&q, cases[i].source, "who.example", "https:443");
		assert_true(!cases[i].identity || question_add_who(&q, sv_of(cases[i].identity), a));
		assert_true(!cases[i].user || question_add_who(&q, sv_of(cases[i].user), a));
		policy_explain(b.policy, &q.ask, a, &x);
		assert_int_equal(x.verdict.action, ACTION_DENY);
		if (!sv_says(x.steps[0].text, cases[i].says) || !sv_says(x.nearest_miss, cases[i].says))
			fail_msg("got \"%.*s\" and \"%.*s\", want \"%s\"", SV_ARG(x.steps[0].text),
				 SV_ARG(x.nearest_miss), cases[i].says);
	}
	ask_of(&q, "10.1.0.9", "who.example", "https:443");
	assert_true(question_add_who(&q, SV("identity:vm.test"), a) && question_add_who(&q, SV("user:bob"), a));
	policy_explain(b.policy, &q.ask, a, &x);
	assert_int_equal(x.verdict.action, ACTION_ALLOW);
	assert_true(x.steps[0].decided && sv_says(x.steps[0].text, "allowed"));
	arena_free(a);
	bed_end(&b);
}

static const struct {
	const char *source, *name, *port, *miss;
} misses[] = {
	{ "10.1.0.9", "download.example", "https:8443", "rule c/gone (" },
	{ "10.1.0.9", "tagged.example", "https:8443", "allows tagged.example, but not the port: it has https:443" },
	{ "10.1.0.9", "tagged.example", "http:443", "but not the protocol: it has https:443" },
	{ "10.2.0.9", "tagged.example", "https:443", "but not the source" },
	{ "10.1.0.9", "past.example", "https:443", "\"until\" passed" },
	{ "10.1.0.9", "wild.example", "tcp:3260", "\"*.wild.example\" leaves the apex out, \".wild.example\" takes both" },
	{ "10.1.0.9", "www.tagged.example", "https:443", "allows tagged.example itself, not names below it" },
	{ "10.1.0.9", "taged.example", "https:443", "allows \"tagged.example\", which is spelt much like it" },
	{ "10.1.0.9", "93.184.216.34", "https:443", "an address was asked for" },
	{ "10.1.0.9", "evil.download.example", "https:443", "rule c/main" },
	{ "10.1.0.9", "nothing.test", "https:443", NULL },
};

static void the_nearest_miss(void **state UNUSED)
{
	struct arena *a = arena_create();
	struct explanation x;
	struct bed b;

	bed_policy(&b, policy_text);
	for (size_t i = 1; i < sizeof(misses) / sizeof(misses[0]); i++) {
		explain(&b, a, misses[i].source, misses[i].name, misses[i].port, &x);
		assert_int_equal(x.verdict.action, ACTION_DENY);
		if (misses[i].miss ? !sv_says(x.nearest_miss, misses[i].miss) : x.nearest_miss.n > 0)
			fail_msg("%s: got \"%.*s\", want \"%s\"", misses[i].name, SV_ARG(x.nearest_miss),
				 misses[i].miss ? misses[i].miss : "nothing");
		assert_true(x.steps[x.n_steps - 1].decided);
	}
	arena_free(a);
	bed_end(&b);
}

static void many_entries_are_cut(void **state UNUSED)
{
	static char text[64 * 1024];
	struct arena *a = arena_create();
	struct explanation x;
	size_t n;
	struct bed b;

	n = (size_t)snprintf(text, sizeof(text), "collection c { priority 100; action allow;\n");
	for (int i = 0; i < 500; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "rule r%d { from 10.0.0.1; to a.example tcp:1; }\n", i);
	snprintf(text + n, sizeof(text) - n, "rule last { from any; to a.example tcp:1; } }\n");
	bed_policy(&b, text);
	explain(&b, a, "10.0.0.2", "a.example", "tcp:1", &x);
	assert_int_equal(x.n_steps, 201);
	assert_null(x.steps[199].rule);
	assert_true(sv_says(x.steps[199].text, "301 more entries"));
	assert_string_equal(x.steps[200].rule->name, "last");
	assert_true(x.steps[200].decided);
	arena_free(a);
	bed_end(&b);
}

/* ---- it says what decide() says ------------------------------------------------------------- */

static uint64_t seed = 99;

static unsigned pick(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static void random_policy_text(char *out, size_t size)
{
	static const char *const targets[] = {
		"a.example", "*.example", ".b.example", "*a.example", "a.*.example", "~\"[ab]+\\.example\"", "*",
		"20.0.0.0/8", "20.1.1.1", "b.example",
	};
	static const char *const actions[] = { "allow", "deny", "audit", "allow" };
	static const char *const sources[] = { "any", "10.0.0.1", "10.0.0.0/24", "user:a", "identity:*.v.test user:b user:a" };
	static const char *const ports[] = { "tcp:443", "https:443", "http:80", "tcp:any", "udp:53" };
	size_t n = 0;

	for (unsigned c = 0, collections = 1 + pick(5); c < collections; c++) {
		n += (size_t)snprintf(out + n, size - n, "collection c%u { priority %u; action %s;\n", c, 100 + c,
				      actions[pick(4)]);
		for (unsigned r = 0, rules = pick(5); r < rules; r++)
			n += (size_t)snprintf(out + n, size - n, "rule r%u { from %s; to %s %s; %s }\n", r,
					      sources[pick(5)], targets[pick(10)], ports[pick(5)],
					      pick(5) ? "" : "until 2026-01-01T00:00:00Z;");
		n += (size_t)snprintf(out + n, size - n, "}\n");
	}
	if (pick(3) == 0)
		snprintf(out + n, size - n, "default audit;\n");
}

static void agree(const struct bed *b, struct arena *a)
{
	static const char *const names[] = { "a.example", "b.example", "example", "x.b.example", "aa.example",
					     "a.x.example", "20.1.1.1", "20.2.2.2", "30.0.0.1", "else.test" };
	static const char *const ports[] = { "tcp:443", "https:443", "http:80", "udp:53", "tcp:22" };
	char source[16];
	struct explanation x;
	struct question q;
	struct verdict v;
	size_t decided = 0;

	snprintf(source, sizeof(source), "10.0.%u.%u", pick(2), pick(3));
	ask_of(&q, source, names[pick(10)], ports[pick(5)]);
	q.ask.user = pick(2) ? SV("a") : SV("");
	if (pick(2))
		q.ask.identity = (struct identity){ IDENTITY_DNS, SV("x.v.test") };
	q.ask.any_user = pick(4) == 0;
	policy_decide(b->policy, &q.ask, &v);
	policy_explain(b->policy, &q.ask, a, &x);
	assert_ptr_equal(x.verdict.rule, v.rule);
	assert_int_equal(x.verdict.action, v.action);
	assert_true(x.n_steps > 0);
	for (size_t i = 0; i < x.n_steps; i++)
		decided += x.steps[i].decided;
	assert_int_equal(decided, 1);
	assert_true(x.steps[x.n_steps - 1].decided);
	assert_ptr_equal(x.steps[x.n_steps - 1].rule, v.rule);
	if (v.would_deny)
		for (size_t i = 0; i < x.n_steps; i++)
			if (x.steps[i].rule == v.would_deny && sv_says(x.steps[i].text, "audit"))
				return;
	assert_null(v.would_deny);
}

static void random_policies_agree(void **state UNUSED)
{
	static char text[16384];
	struct arena *a;
	struct bed b;

	for (int round = 0; round < 60; round++) {
		a = arena_create();
		random_policy_text(text, sizeof(text));
		bed_policy(&b, text);
		for (int i = 0; i < 200; i++)
			agree(&b, a);
		arena_free(a);
		bed_end(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_entry_that_matches_is_a_step),
		cmocka_unit_test(entries_behind_references),
		cmocka_unit_test(who_it_would_have_to_be),
		cmocka_unit_test(the_nearest_miss),
		cmocka_unit_test(many_entries_are_cut),
		cmocka_unit_test(random_policies_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
