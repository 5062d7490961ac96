#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/policy_help.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void add_who(struct question *q, const char *word)
{
	struct arena *a = arena_create();
	bool ok = question_add_who(q, sv_of(word), a);

	arena_free(a);
	if (!ok)
		fail_msg("bad word %s", word);
}

static const char *rule_of(const struct bed *b, const struct ask *ask)
{
	static char text[128];
	struct verdict v;

	policy_decide(b->policy, ask, &v);
	snprintf(text, sizeof(text), "%s %s", action_name(v.action), v.rule ? v.rule->name : "-");
	return text;
}

static const char policy_text[] =
	"collection d { priority 100; action deny;\n"
	"rule mallory { from user:mallory; to a.example x.example https:443; }\n"
	"rule all { from user:*; to none.example https:443; }\n"
	"rule vm { from identity:bad.example; to b.example https:443; to 20.0.0.0/8 https:443; }\n"
	"rule net { from user:eve; to 30.0.0.0/8 https:443; } }\n"
	"collection c { priority 200; action allow;\n"
	"rule alice { from user:alice; to a.example none.example https:443; }\n"
	"rule both { from identity:vm.example user:alice; to c.example https:443; }\n"
	"rule vm { from identity:vm.example; to b.example https:443; }\n"
	"rule x { from any; to x.example https:443; }\n"
	"rule at { from 10.0.0.0/8 user:alice; to at.example https:443; } }\n";

/* What a 407 is decided by: nobody has logged in, but would anybody be let through? */
static void what_if_there_were_a_user(void **state UNUSED)
{
	static const struct { const char *name, *identity, *now, *then; } cases[] = {
		{ "a.example", NULL, "deny -", "allow alice" },         /* mallory is denied, but one need not be mallory */
		{ "none.example", NULL, "deny -", "deny all" },         /* whoever it is, it is somebody */
		{ "x.example", NULL, "allow x", "allow x" },
		{ "c.example", NULL, "deny -", "deny -" },              /* a user alone would not do */
		{ "c.example", "identity:vm.example", "deny -", "allow both" },
		{ "b.example", NULL, "deny -", "deny -" },
		{ "b.example", "identity:bad.example", "deny vm", "deny vm" },
		{ "at.example", NULL, "deny -", "deny -" },
		{ "else.example", NULL, "deny -", "deny -" },
	};
	struct bed b;

	bed_policy(&b, policy_text);
	for (size_t i = 0; i < N(cases); i++) {
		struct question q;

		ask_of(&q, "11.1.1.1", cases[i].name, "https:443");
		if (cases[i].identity)
			add_who(&q, cases[i].identity);
		assert_string_equal(rule_of(&b, &q.ask), cases[i].now);
		q.ask.any_user = true;
		assert_string_equal(rule_of(&b, &q.ask), cases[i].then);
		q.ask.user = SV("mallory");     /* it is asked about any, not about this one */
		assert_string_equal(rule_of(&b, &q.ask), cases[i].then);
	}
	bed_end(&b);
}

static void the_dns_listener_counts_what_might_be(void **state UNUSED)
{
	static const struct { const char *name; bool passes; } cases[] = {
		{ "a.example", true }, { "none.example", true }, { "b.example", true }, { "c.example", true },
		{ "x.example", true }, { "at.example", false }, { "else.example", false },
	};
	const struct ip source = { 4, { 11, 1, 1, 1 } };
	struct verdict v;
	struct bed b;

	bed_policy(&b, policy_text);
	for (size_t i = 0; i < N(cases); i++)
		if (policy_name_may_pass(b.policy, &source, sv_of(cases[i].name), NOW_MS, &v) != cases[i].passes)
			fail_msg("%s %s", cases[i].name, cases[i].passes ? "does not pass" : "passes");
	assert_true(policy_knows_source(b.policy, &source));
	bed_end(&b);
	bed_policy(&b, "collection c { priority 100; action allow; rule r { from 10.0.0.0/8 user:a; to a.b https:1; } }\n");
	assert_false(policy_knows_source(b.policy, &source));
	bed_end(&b);
	bed_policy(&b, "collection c { priority 100; action allow; rule r { from user:a; to a.b https:1; } }\n");
	assert_true(policy_knows_source(b.policy, &source));
	bed_end(&b);
}

static enum guard_verdict guard(const struct bed *b, struct question *q, const char *to)
{
	struct endpoint at = { .port = 443 };
	struct verdict v;

	policy_decide(b->policy, &q->ask, &v);
	assert_int_equal(v.action, ACTION_ALLOW);
	assert_true(ip_parse(&at.ip, sv_of(to)));
	return policy_guard(b->policy, &q->ask, &v, &at);
}

static void the_guard_denies_to_those_meant(void **state UNUSED)
{
	struct question q;
	struct bed b;

	bed_policy(&b, policy_text);
	ask_of(&q, "11.1.1.1", "x.example", "https:443");
	assert_int_equal(guard(&b, &q, "20.1.1.1"), GUARD_PASS);
	assert_int_equal(guard(&b, &q, "30.1.1.1"), GUARD_PASS);
	add_who(&q, "identity:bad.example");
	assert_int_equal(guard(&b, &q, "20.1.1.1"), GUARD_DENIED);
	assert_int_equal(guard(&b, &q, "30.1.1.1"), GUARD_PASS);
	add_who(&q, "user:eve");
	assert_int_equal(guard(&b, &q, "30.1.1.1"), GUARD_DENIED);
	bed_end(&b);
}

static void what_the_others_ask_in_advance(void **state UNUSED)
{
	const struct prefix *sources;
	struct policy_counts n;
	struct bed b;
	bool any;

	bed_policy(&b, policy_text);
	assert_true(policy_has_users(b.policy));
	assert_true(policy_has_identities(b.policy));
	policy_count(b.policy, &n);
	assert_int_equal(n.users, 5);          /* alice of two rules is one */
	assert_int_equal(n.identities, 3);
	assert_int_equal(policy_sources(b.policy, &sources, &any), 1);
	assert_true(any);
	bed_end(&b);
	bed_policy(&b, "collection c { priority 100; action allow; rule r { from 10.0.0.0/8 user:a; to a.b https:1; } }\n");
	assert_true(policy_has_users(b.policy));
	assert_false(policy_has_identities(b.policy));
	assert_int_equal(policy_sources(b.policy, &sources, &any), 1);
	assert_false(any);
	bed_end(&b);
	bed_policy(&b, "collection c { priority 100; action allow; rule r { from any; to a.b https:1; } }\n");
	assert_false(policy_has_users(b.policy));
	assert_false(policy_has_identities(b.policy));
	bed_end(&b);
}

static void nobody_can_be_one_without_a_file(void **state UNUSED)
{
	struct bed b;

	bed_policy(&b, policy_text);
	bed_must_say(&b, ":2:21: warning: \"user:mallory\" can be nobody: no \"auth-users\"");
	bed_must_say(&b, ":4:16: warning: \"identity:bad.example\" can be nobody: no \"client-ca\"");
	assert_int_equal(b.why.warnings, 2);
	bed_end(&b);
}

/* An expression that cannot finish neither allows nor fails to deny. */
static void limits_of_an_expression(void **state UNUSED)
{
	const char *name = "identity:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.d";
	struct question q;
	struct bed b;

	bed_policy(&b, "collection d { priority 100; action deny;\n"
		   "rule d { from identity:~\"(a|aa|a?a)+[bc]\\.d\"; to d.example https:443; } }\n"
		   "collection c { priority 200; action allow;\n"
		   "rule a { from identity:~\"(a|aa|a?a)+[bc]\\.d\"; to a.example https:443; }\n"
		   "rule o { from any; to d.example https:443; } }\n");
	ask_of(&q, "11.1.1.1", "a.example", "https:443");
	add_who(&q, name);
	assert_string_equal(rule_of(&b, &q.ask), "deny -");
	ask_of(&q, "11.1.1.1", "d.example", "https:443");
	assert_string_equal(rule_of(&b, &q.ask), "allow o");
	add_who(&q, "identity:other.test");
	assert_string_equal(rule_of(&b, &q.ask), "allow o");
	ask_of(&q, "11.1.1.1", "d.example", "https:443");
	add_who(&q, name);
	assert_string_equal(rule_of(&b, &q.ask), "deny d");
	bed_end(&b);
}

/* More sets than are kept at hand for one decision. */
static void a_rule_for_each_of_many(void **state UNUSED)
{
	enum { MANY = 3000 };
	size_t size = MANY * 128, n;
	char *text = malloc(size), word[64], wanted[32];
	struct question q;
	struct bed b;

	assert_non_null(text);
	n = (size_t)snprintf(text, size, "collection c { priority 100; action allow;\n");
	for (int i = 0; i < MANY; i++)
		n += (size_t)snprintf(text + n, size - n, "rule r%d { from identity:vm%d.example user:u%d; to a.example "
				      "https:443; }\n", i, i, i);
	snprintf(text + n, size - n, "}\n");
	bed_policy(&b, text);
	for (int i = 0; i < MANY; i += 499) {
		ask_of(&q, "11.1.1.1", "a.example", "https:443");
		snprintf(word, sizeof(word), "identity:vm%d.example", i);
		add_who(&q, word);
		assert_string_equal(rule_of(&b, &q.ask), "deny -");
		snprintf(word, sizeof(word), "u%d", i);
		q.ask.user = sv_of(word);
		snprintf(wanted, sizeof(wanted), "allow r%d", i);
		assert_string_equal(rule_of(&b, &q.ask), wanted);
	}
	bed_end(&b);
	free(text);
}

/* ---- against a plain reading ------------------------------------------------------------------ */

static uint64_t seed = 7;

static unsigned pick(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

/* Words, and who meets them, as bits: of the identities and of the users below. */
static const char *const identities[] = { NULL, "identity:a.test", "identity:b.a.test", "identity:s://h/x",
					  "identity:s://h/x/y", "identity:cn:A.test", "identity:cn:X 1" };
static const char *const users[] = { NULL, "user:a", "user:b" };
static const struct { const char *word; unsigned met; } identity_words[] = {
	{ "identity:a.test", 0x22 }, { "identity:*.a.test", 0x04 }, { "identity:.a.test", 0x26 }, { "identity:*", 0x7e },
	{ "identity:~\"[ab].*\"", 0x26 }, { "identity:\"s://h/*\"", 0x08 }, { "identity:\"s://h/*/*\"", 0x10 },
	{ "identity:cn:\"X 1\"", 0x40 }, { "identity:cn:A.test", 0x20 }, { "identity:s://h/x", 0x08 },
}, user_words[] = { { "user:a", 2 }, { "user:b", 4 }, { "user:*", 6 }, { "user:c", 0 } };
static const struct { const char *word; unsigned met; } address_words[] = { { "any", 3 }, { "10.0.0.0/8", 1 },
									    { "11.1.1.1", 2 } };

struct plain {
	unsigned met[3];                /* address, identity, user; ~0: no word */
	enum action action;
};

static size_t add_words(char *out, size_t size, struct plain *r)
{
	size_t n = 0;

	*r = (struct plain){ .met = { ~0u, ~0u, ~0u } };
	for (unsigned i = 0, words = 1 + pick(4); i < words; i++) {
		unsigned kind = pick(3), which;
		const char *word;
		unsigned met;

		which = pick(kind == 0 ? N(address_words) : kind == 1 ? N(identity_words) : N(user_words));
		word = kind == 0 ? address_words[which].word : kind == 1 ? identity_words[which].word : user_words[which].word;
		met = kind == 0 ? address_words[which].met : kind == 1 ? identity_words[which].met : user_words[which].met;
		r->met[kind] = r->met[kind] == ~0u ? met : r->met[kind] | met;
		n += (size_t)snprintf(out + n, size - n, " %s", word);
	}
	return n;
}

static size_t random_policy(char *out, size_t size, struct plain *rules)
{
	size_t n = 0, count = 0;

	for (unsigned c = 0; c < 4; c++) {
		enum action action = pick(3) ? ACTION_ALLOW : ACTION_DENY;

		n += (size_t)snprintf(out + n, size - n, "collection c%u { priority %u; action %s;\n", c, c + 100,
				      action_name(action));
		for (unsigned r = 0; r < 3; r++) {
			n += (size_t)snprintf(out + n, size - n, "rule r%zu { from", count);
			n += add_words(out + n, size - n, &rules[count]);
			rules[count++].action = action;
			n += (size_t)snprintf(out + n, size - n, "; to x.test https:443; }\n");
		}
		n += (size_t)snprintf(out + n, size - n, "}\n");
	}
	return count;
}

static const char *plain_reading(const struct plain *rules, size_t n, unsigned address, unsigned identity, unsigned user)
{
	static char text[32];

	for (size_t i = 0; i < n; i++)
		if ((rules[i].met[0] >> address & 1) && (rules[i].met[1] >> identity & 1) && (rules[i].met[2] >> user & 1)) {
			snprintf(text, sizeof(text), "%s r%zu", action_name(rules[i].action), i);
			return text;
		}
	return "deny -";
}

static void random_policies_against_a_plain_reading(void **state UNUSED)
{
	static char text[8192];
	struct plain rules[12];
	struct question q;
	struct bed b;

	for (int round = 0; round < 150; round++) {
		size_t n = random_policy(text, sizeof(text), rules);

		bed_policy(&b, text);
		for (unsigned a = 0; a < 2; a++)
			for (unsigned i = 0; i < N(identities); i++)
				for (unsigned u = 0; u < N(users); u++) {
					const char *wanted = plain_reading(rules, n, a, i, u);

					ask_of(&q, a ? "11.1.1.1" : "10.1.1.1", "x.test", "https:443");
					if (identities[i])
						add_who(&q, identities[i]);
					if (users[u])
						add_who(&q, users[u]);
					if (strcmp(rule_of(&b, &q.ask), wanted) != 0)
						fail_msg("%s/%s/%u: %s, not %s, in\n%s", identities[i] ? identities[i] : "-",
							 users[u] ? users[u] : "-", a, rule_of(&b, &q.ask), wanted, text);
				}
		bed_end(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_if_there_were_a_user),
		cmocka_unit_test(the_dns_listener_counts_what_might_be),
		cmocka_unit_test(the_guard_denies_to_those_meant),
		cmocka_unit_test(what_the_others_ask_in_advance),
		cmocka_unit_test(nobody_can_be_one_without_a_file),
		cmocka_unit_test(limits_of_an_expression),
		cmocka_unit_test(a_rule_for_each_of_many),
		cmocka_unit_test(random_policies_against_a_plain_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
