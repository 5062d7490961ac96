/* Which of name, learned names and address decides a transparent connection, and what each asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy_help.h"
#include "proxy/transparent.h"

static const char rules[] =
	"collection first { priority 100; action deny;\n"
	"  rule bad { from any; to bad.test tcp:any https:443; }\n"
	"  rule badnet { from any; to 20.66.0.0/16 tcp:any; } }\n"
	"collection second { priority 200; action allow;\n"
	"  rule web  { from any; to www.test https:443 http:80; }\n"
	"  rule kms  { from any; to kms.test two.test tcp:1688; }\n"
	"  rule net  { from any; to 20.1.0.0/16 tcp:1688,443; }\n"
	"  rule both { from any; to sni.test tcp:443; to late.test https:443; }\n"
	"  rule mine { from 10.0.0.7; to mine.test tcp:1688; } }\n";

struct row {
	const char *about;
	enum stream_kind kind;
	const char *said, *learned, *original;          /* learned: names with spaces, newest first */
	const char *rule;                               /* that decides; NULL: no rule */
	enum action action;
	enum decided_by by;
};

static const struct row table[] = {
	{ "a name by its kind", STREAM_TLS, "www.test", "", "20.9.0.1:443", "web", ACTION_ALLOW, BY_NAME },
	{ "the kind matters", STREAM_OTHER, "", "www.test", "20.9.0.1:443", NULL, ACTION_DENY, BY_LEARNED },
	{ "HTTP by its Host", STREAM_HTTP, "www.test", "", "20.9.0.1:80", "web", ACTION_ALLOW, BY_NAME },
	{ "a tcp entry takes an SNI", STREAM_TLS, "sni.test", "", "20.9.0.1:443", "both", ACTION_ALLOW, BY_NAME },
	{ "a learned name", STREAM_OTHER, "", "kms.test", "20.9.0.1:1688", "kms", ACTION_ALLOW, BY_LEARNED },
	{ "all learned names", STREAM_OTHER, "", "kms.test two.test", "20.9.0.1:1688", "kms", ACTION_ALLOW, BY_LEARNED },
	{ "one of them is not allowed", STREAM_OTHER, "", "kms.test x.test", "20.9.0.1:1688", NULL, ACTION_DENY, BY_LEARNED },
	{ "the newest is not", STREAM_OTHER, "", "x.test kms.test", "20.9.0.1:1688", NULL, ACTION_DENY, BY_LEARNED },
	{ "one of them is denied", STREAM_OTHER, "", "kms.test bad.test", "20.9.0.1:1688", "bad", ACTION_DENY, BY_LEARNED },
	{ "nothing is known", STREAM_OTHER, "", "", "20.9.0.1:1688", NULL, ACTION_DENY, BY_ADDRESS },
	{ "the address", STREAM_OTHER, "", "", "20.1.0.1:1688", "net", ACTION_ALLOW, BY_ADDRESS },
	{ "asking DNS makes nobody worse off", STREAM_OTHER, "", "x.test", "20.1.0.1:1688", "net", ACTION_ALLOW, BY_ADDRESS },
	{ "nor does a name in the stream", STREAM_TLS, "x.test", "", "20.1.0.1:443", "net", ACTION_ALLOW, BY_ADDRESS },
	{ "a denied name is denied at an allowed address", STREAM_TLS, "bad.test", "", "20.1.0.1:443", "bad", ACTION_DENY, BY_NAME },
	{ "an allowed name at a denied address", STREAM_TLS, "www.test", "", "20.66.0.1:443", "badnet", ACTION_DENY, BY_ADDRESS },
	{ "the rule that stands first", STREAM_TLS, "late.test", "", "20.1.0.1:443", "net", ACTION_ALLOW, BY_ADDRESS },
	{ "a learned name beside a strange SNI", STREAM_TLS, "x.test", "kms.test", "20.9.0.1:1688", "kms", ACTION_ALLOW, BY_LEARNED },
	{ "... asks for tcp only", STREAM_TLS, "x.test", "www.test", "20.9.0.1:443", NULL, ACTION_DENY, BY_NAME },
	{ "TLS without SNI by a learned name", STREAM_TLS, "", "www.test", "20.9.0.1:443", "web", ACTION_ALLOW, BY_LEARNED },
	{ "another client's rule", STREAM_OTHER, "", "mine.test", "20.9.0.1:1688", NULL, ACTION_DENY, BY_LEARNED },
};

static void take_row(const struct row *row, struct detour *d, struct learned_name names[4])
{
	struct sv rest = sv_of(row->learned);

	*d = (struct detour){ .kind = row->kind, .names = names };
	assert_true(endpoint_parse(&d->original, sv_of(row->original), 0));
	if (*row->said)
		assert_int_equal(fqdn_parse(&d->said, sv_of(row->said)), NAME_OK);
	while (rest.n) {
		struct sv one = sv_cut(&rest, ' ');

		names[d->n_names] = (struct learned_name){ .n = (uint8_t)one.n };
		memcpy(names[d->n_names++].text, one.p, one.n);
	}
	d->n_known = d->n_names;
}

static const struct ip client = { .family = 4, .b = { 10, 0, 0, 9 } };

static void check(const struct bed *b, const struct row *row)
{
	struct learned_name names[4];
	struct choice c;
	struct detour d;
	const char *rule;

	take_row(row, &d, names);
	transparent_choose(b->policy, &d, &client, false, NOW_MS, &c);
	rule = c.verdict.rule ? c.verdict.rule->name : NULL;
	if (c.by != row->by || c.verdict.action != row->action || (rule != NULL) != (row->rule != NULL) ||
	    (rule && strcmp(rule, row->rule) != 0))
		fail_msg("%s: by %d, %s, rule %s", row->about, c.by, action_name(c.verdict.action), rule ? rule : "-");
}

static void the_first_rule_decides(void **state UNUSED)
{
	struct bed b;

	bed_policy(&b, rules);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		check(&b, &table[i]);
	bed_end(&b);
}

static struct choice choose(const struct bed *b, const char *learned, size_t known, bool any)
{
	const struct row row = { "", STREAM_OTHER, "", learned, "20.9.0.1:1688", NULL, ACTION_DENY, BY_LEARNED };
	struct learned_name names[4];
	struct choice c;
	struct detour d;

	take_row(&row, &d, names);
	d.n_known += known;
	transparent_choose(b->policy, &d, &client, any, NOW_MS, &c);
	return c;
}

static void one_name_may_be_enough(void **state UNUSED)
{
	struct bed b;
	struct choice c;

	bed_policy(&b, rules);
	c = choose(&b, "x.test kms.test", 0, true);
	assert_int_equal(c.verdict.action, ACTION_ALLOW);
	assert_int_equal(c.name, 1);
	c = choose(&b, "x.test y.test", 0, true);
	assert_int_equal(c.verdict.action, ACTION_DENY);
	assert_int_equal(c.name, 0);
	c = choose(&b, "kms.test x.test", 0, false);
	assert_true(c.another);
	bed_end(&b);
}

static void names_that_were_not_seen_deny(void **state UNUSED)
{
	struct bed b;

	bed_policy(&b, rules);
	assert_int_equal(choose(&b, "kms.test", 0, false).verdict.action, ACTION_ALLOW);
	assert_int_equal(choose(&b, "kms.test", 1, false).verdict.action, ACTION_DENY);
	assert_int_equal(choose(&b, "kms.test", 1, true).verdict.action, ACTION_ALLOW);
	bed_end(&b);
}

static void what_could_not_be_read_is_opaque(void **state UNUSED)
{
	const struct row row = { "", STREAM_TLS, "", "www.test", "20.9.0.1:443", NULL, ACTION_DENY, BY_LEARNED };
	struct learned_name names[4];
	struct choice c;
	struct detour d;
	struct bed b;

	bed_policy(&b, rules);
	take_row(&row, &d, names);
	d.trouble = REASON_BAD_HELLO;
	transparent_choose(b.policy, &d, &client, false, NOW_MS, &c);
	assert_int_equal(c.protos, PROTO_TCP);
	assert_int_equal(c.verdict.action, ACTION_DENY);
	bed_end(&b);
}

static void ports_tell_their_protocols(void **state UNUSED)
{
	const struct prefix *sources;
	struct bed b;
	bool any;

	bed_policy(&b, rules);
	assert_int_equal(policy_port_protos(b.policy, 443), PROTO_HTTPS | PROTO_TCP);
	assert_int_equal(policy_port_protos(b.policy, 1688), PROTO_TCP);
	assert_int_equal(policy_port_protos(b.policy, 80), PROTO_HTTP | PROTO_TCP);
	assert_int_equal(policy_sources(b.policy, &sources, &any), 1);
	assert_true(any);
	assert_int_equal(sources[0].bits, 32);
	bed_end(&b);
	bed_policy(&b, "default audit;\n");
	assert_true(policy_port_protos(b.policy, 7) & PROTO_HTTPS);
	assert_int_equal(policy_sources(b.policy, &sources, &any), 0);
	assert_false(any);
	bed_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_rule_decides),
		cmocka_unit_test(one_name_may_be_enough),
		cmocka_unit_test(names_that_were_not_seen_deny),
		cmocka_unit_test(what_could_not_be_read_is_opaque),
		cmocka_unit_test(ports_tell_their_protocols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
