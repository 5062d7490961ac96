/* may_pass: what the DNS listener asks a policy, as a table. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy_help.h"

static const char text[] =
	"ip-group vms { 10.1.0.0/24; }\n"
	"allow-address 192.0.2.0/24;\n"
	"collection first { priority 150; action deny;\n"
	"  rule d1 { from vms; to part.test tcp:1-1000 https:443; to part.test tcp:1002-65535; }\n"
	"  rule d2 { from vms; to whole.test tcp:1-65535; to shut.test https:443; to tls.test tcp:443; }\n"
	"  rule d3 { from vms; to 192.0.2.128/25 tcp:any; }\n"
	"  rule d4 { from vms; to seam.test tcp:100-500; to seam.test tcp:501-900; }\n"
	"}\n"
	"collection watch { priority 160; action audit; rule w { from any; to audited.test tcp:1; } }\n"
	"collection main { priority 200; action allow;\n"
	"  rule a1 { from vms; to part.test tcp:1-65535; to whole.test tcp:80-90; to shut.test https:443; }\n"
	"  rule a2 { from vms; to tls.test https:443; to *.wild.test https:443; to pod*-x.glob.test tcp:3260; }\n"
	"  rule a3 { from vms; to ~\"r[0-9]+\\.regex\\.test\" udp:123; }\n"
	"  rule a4 { from 10.2.0.7 2001:db8::/32; to other.test http:80; }\n"
	"  rule a5 { from vms; to over.test https:443; until 2026-01-01T00:00:00Z; }\n"
	"  rule a6 { from vms; to 192.0.2.0/24 tcp:1688; }\n"
	"  rule a7 { from vms; to seam.test tcp:100-900; }\n"
	"}\n";

static struct ip ip(const char *t)
{
	struct ip out;

	assert_true(ip_parse(&out, sv_of(t)));
	return out;
}

static void names(void **state UNUSED)
{
	static const struct {
		const char *source, *name, *rule;       /* NULL: may not pass */
	} cases[] = {
		{ "10.1.0.9", "part.test", "a1" },              /* port 1001 is left */
		{ "10.1.0.9", "whole.test", NULL },             /* every port is denied before */
		{ "10.1.0.9", "shut.test", NULL },
		{ "10.1.0.9", "tls.test", NULL },               /* TLS on 443 meets the tcp entry first */
		{ "10.1.0.9", "seam.test", NULL },
		{ "10.1.0.9", "a.wild.test", "a2" },
		{ "10.1.0.9", "wild.test", NULL },
		{ "10.1.0.9", "pod7-x.glob.test", "a2" },
		{ "10.1.0.9", "pod7-y.glob.test", NULL },
		{ "10.1.0.9", "r12.regex.test", "a3" },
		{ "10.1.0.9", "rx.regex.test", NULL },
		{ "10.1.0.9", "other.test", NULL },
		{ "10.2.0.7", "other.test", "a4" },
		{ "2001:db8:5::1", "other.test", "a4" },
		{ "10.2.0.7", "a.wild.test", NULL },
		{ "10.1.0.9", "over.test", NULL },
		{ "10.1.0.9", "audited.test", NULL },
		{ "10.1.0.9", "evil.test", NULL },
	};
	struct bed b;

	bed_policy(&b, text);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ip source = ip(cases[i].source);
		struct verdict v;
		bool may = policy_name_may_pass(b.policy, &source, sv_of(cases[i].name), NOW_MS, &v);

		if (may != (cases[i].rule != NULL))
			fail_msg("%s %s: %d", cases[i].source, cases[i].name, may);
		if (may)
			assert_string_equal(v.rule->name, cases[i].rule);
	}
	bed_end(&b);
}

static void addresses(void **state UNUSED)
{
	struct ip in = ip("192.0.2.9"), denied = ip("192.0.2.200"), out = ip("198.51.100.1");
	struct ip vm = ip("10.1.0.9"), other = ip("10.2.0.7");
	struct verdict v;
	struct bed b;

	bed_policy(&b, text);
	assert_true(policy_address_may_pass(b.policy, &vm, &in, NOW_MS, &v));
	assert_string_equal(v.rule->name, "a6");
	assert_false(policy_address_may_pass(b.policy, &vm, &denied, NOW_MS, &v));
	assert_false(policy_address_may_pass(b.policy, &vm, &out, NOW_MS, &v));
	assert_false(policy_address_may_pass(b.policy, &other, &in, NOW_MS, &v));
	assert_true(policy_has_addresses_for(b.policy, &vm, NOW_MS));
	assert_false(policy_has_addresses_for(b.policy, &other, NOW_MS));
	bed_end(&b);
}

static void sources(void **state UNUSED)
{
	static const struct {
		const char *source;
		bool known;
	} cases[] = { { "10.1.0.255", true }, { "10.1.1.0", false }, { "10.2.0.7", true }, { "10.2.0.8", false },
		      { "2001:db8::1", true }, { "2001:db9::1", false } };
	static const char without_any[] = "collection c { priority 200; action allow;\n"
		"  rule r { from 10.1.0.0/24 10.2.0.7 2001:db8::/32; to a.test https:443; } }\n";
	struct ip anyone = ip("203.0.113.9");
	struct bed b;

	bed_policy(&b, without_any);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ip source = ip(cases[i].source);

		assert_int_equal(policy_knows_source(b.policy, &source), cases[i].known);
	}
	bed_end(&b);
	bed_policy(&b, text);                   /* its audit rule is for any source */
	assert_true(policy_knows_source(b.policy, &anyone));
	bed_end(&b);
}

static void learning_mode(void **state UNUSED)
{
	struct ip anyone = ip("203.0.113.9");
	struct verdict v;
	struct bed b;

	bed_policy(&b, "default audit;\n");
	assert_true(policy_knows_source(b.policy, &anyone));
	assert_true(policy_name_may_pass(b.policy, &anyone, SV("a.test"), NOW_MS, &v));
	assert_null(v.rule);
	assert_true(v.would_deny_no_rule);
	bed_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(addresses),
		cmocka_unit_test(sources),
		cmocka_unit_test(learning_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
