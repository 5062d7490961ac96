/* import_test -- the wildcard table, and importers against cut and broken input: what they write always loads. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "catalog/emit.h"
#include "config/conf_impl.h"
#include "policy/policy.h"

#include <stdlib.h>

#define UNUSED __attribute__((unused))
#define N(a) (sizeof(a) / sizeof((a)[0]))

static void wildcards(void **state UNUSED)
{
	static const struct { enum dialect d; const char *text, *out; bool differs; } cases[] = {
		{ DIALECT_SQUID, "a.example", "a.example", false },
		{ DIALECT_SQUID, ".a.example", ".a.example", false },
		{ DIALECT_SQUID, "*.a.example", NULL, true },
		{ DIALECT_SQUID, "*a.example", NULL, true },
		{ DIALECT_SQUID, "*", NULL, true },
		{ DIALECT_SQUID, "a..example", NULL, true },
		{ DIALECT_AZURE_FIREWALL, "a.example", "a.example", false },
		{ DIALECT_AZURE_FIREWALL, "*.a.example", "*.a.example", false },
		{ DIALECT_AZURE_FIREWALL, "*a.example", ".a.example", true },
		{ DIALECT_AZURE_FIREWALL, "*", "*", false },
		{ DIALECT_AZURE_FIREWALL, ".a.example", NULL, true },
		{ DIALECT_AZURE_FIREWALL, "a*.example", NULL, true },
		{ DIALECT_AZURE_FIREWALL, "*.a*.example", NULL, true },
		{ DIALECT_AZURE_FIREWALL, "**.a.example", NULL, true },
		{ DIALECT_SMOKESCREEN, "a.example", "a.example", false },
		{ DIALECT_SMOKESCREEN, "*.a.example", "*.a.example", false },
		{ DIALECT_SMOKESCREEN, "*a.example", NULL, true },
		{ DIALECT_SMOKESCREEN, ".a.example", NULL, true },
		{ DIALECT_SMOKESCREEN, "*", NULL, true },
		{ DIALECT_SMOKESCREEN, "*.", NULL, true },
		{ DIALECT_SMOKESCREEN, "a.*.example", NULL, true },
		/* nothing that would be something else in our language */
		{ DIALECT_SQUID, "tag:X", NULL, true }, { DIALECT_SQUID, "a.example;", NULL, true },
		{ DIALECT_SQUID, "${x}.example", NULL, true }, { DIALECT_SQUID, "~\"a\"", NULL, true },
		{ DIALECT_SQUID, "", NULL, true }, { DIALECT_SQUID, "#a", NULL, true }, { DIALECT_SQUID, "a}", NULL, true },
		{ DIALECT_AZURE_FIREWALL, "group:x", NULL, true }, { DIALECT_SMOKESCREEN, "service-tag:Storage", NULL, true },
	};
	struct arena *a = arena_create();

	for (size_t i = 0; i < N(cases); i++) {
		struct sv out, why;
		bool ok = emit_translate(cases[i].d, sv_of(cases[i].text), a, &out, &why);

		if (ok != (cases[i].out != NULL) || (ok && !sv_eq(out, sv_of(cases[i].out))) || (why.n != 0) != cases[i].differs)
			fail_msg("%s: %d \"%.*s\" %.*s", cases[i].text, ok, SV_ARG(ok ? out : SV("")), SV_ARG(why));
	}
	arena_free(a);
}

static void names(void **state UNUSED)
{
	static const struct { const char *wanted, *got; } cases[] = {
		{ "rule one", "rule-one" }, { "rule/one", "rule-one-2" }, { "rule-one", "rule-one-3" }, { "-x", "x-x" }, { "", "unnamed" },
		{ "", "unnamed-2" }, { "\xe9t\xe9", "x-t-" }, { "1.a_b", "1.a_b" },
	};
	struct arena *a = arena_create();
	struct symtab taken = { 0 };

	for (size_t i = 0; i < N(cases); i++) {
		struct sv got = emit_name(a, &taken, sv_of(cases[i].wanted));

		if (!sv_eq(got, sv_of(cases[i].got)))
			fail_msg("%s: %.*s", cases[i].wanted, SV_ARG(got));
	}
	assert_true(sv_eq(emit_comment(a, SV("a\"b\nc\\"), 100), SV("a'b c")));
	assert_true(sv_eq(emit_comment(a, SV("ab\xc3\xa9"), 3), SV("ab")));
	symtab_fini(&taken);
	arena_free(a);
}

static const char squid[] =
	"acl lan src 10.0.0.0/8 all bad\nacl good dstdomain .a.example \"/x\" B.example.\nacl good src 1.2.3.4\nacl other time M\n"
	"http_access deny other\nhttp_access allow lan good\nhttp_access deny good\nhttp_access allow all\n";
static const char smokescreen[] =
	"version: v1\nservices:\n- name: a;b\n  action: report\n  allowed_domains: [x.example, 'a b', [1]]\n- 5\n- action: what\n"
	"default: {action: open}\nglobal_deny_list: ['*.y.example', '*']\nglobal_allow_list: ['*z']\n";
static const char azure[] =
	"{\"resources\":[{\"type\":\"microsoft.network/ipgroups\",\"name\":\"g\",\"properties\":{\"ipAddresses\":[\"10.0.0.1-10.0.0.6\",\"x\",1]}},"
	"{\"properties\":{\"priority\":\"p\",\"ruleCollections\":[{\"name\":\"c c\",\"priority\":1,\"action\":{\"type\":\"Allow\"},\"rules\":["
	"{\"ruleType\":\"ApplicationRule\",\"name\":5,\"protocols\":[{\"protocolType\":\"Https\",\"port\":443},{\"port\":0},7],\"targetFqdns\":[\"*a.example\",\"b;\",3],"
	"\"fqdnTags\":[\"Windows Update\"],\"sourceIpGroups\":[\"/x/g\",\"/x/h\"],\"sourceAddresses\":[\"*\"]},"
	"{\"ruleType\":\"NetworkRule\",\"ipProtocols\":[\"Any\"],\"destinationPorts\":[\"1-2\",\"x\"],\"destinationAddresses\":[\"1.2.3.4/8\",\"Tag.A\",\"a b\",\"*\"],"
	"\"destinationIpGroups\":[\"g\"],\"sourceAddresses\":[\"0.0.0.0-255.255.255.255\"]}]}]}}]}";
static const char office365[] =
	"[{\"id\":1,\"serviceArea\":\"Common\",\"category\":\"Allow\",\"required\":true,\"urls\":[\"*.sharepoint.com\",\"a.example\",\"a;b\",\"~\\\"x\\\"\"],"
	"\"ips\":[\"1.2.3.0/24\",\"::/0\",\"x\"],\"tcpPorts\":\"80, 443,1-2\",\"udpPorts\":\"5\",\"notes\":\"\\\" } ; \\\\\"},"
	"{\"serviceArea\":\"Exchange\",\"category\":\"Default\",\"urls\":{}}]";
static const char service_tags[] =
	"{\"changeNumber\":1,\"cloud\":\"Public\",\"values\":[{\"name\":\"A.B\",\"properties\":{\"addressPrefixes\":[\"1.2.3.0/24\",\"x\",null]}},"
	"{\"name\":\"a.b\",\"properties\":{\"addressPrefixes\":[\"1.2.3.0/24\"]}},{\"name\":\"C\",\"properties\":7},[],{\"name\":\"x;y\"}]}";

static const struct kind {
	const char *text;
	int (*run)(const struct import *in);
	bool conf;                      /* what comes out is of the directive language */
	bool alone;                     /* ... and refers to nothing but itself */
} kinds[] = {
	{ squid, import_squid, true, true }, { smokescreen, import_smokescreen, true, true },
	{ azure, import_azure_firewall, true, false }, { office365, import_office365, true, true },
	{ service_tags, import_service_tags, false, false },
};

static int run(const struct kind *k, struct sv text, const char *tenant)
{
	struct diag_list why = { 0 }, refused = { 0 };
	struct policy *policy = NULL;
	struct conf *conf = NULL;
	char *out = NULL;
	size_t n = 0;
	struct import in = { .file = "dir/input-20260102.x", .text = text, .why = &why, .tenant = tenant };
	int err;

	in.out = open_memstream(&out, &n);
	err = k->run(&in);
	fclose(in.out);
	if (err && why.errors == 0)
		fail_msg("failed without an error: %.*s", SV_ARG(text));
	if (!err && k->conf && conf_load_text(&conf, "out", (struct sv){ out, n }, NULL, &refused) != 0)
		fail_msg("%s\ndoes not load: %s\nfrom %.*s", out, refused.items[0].text, SV_ARG(text));
	if (conf && k->alone && policy_build(&policy, conf, &(struct policy_env){ 0 }, &refused) != 0)
		fail_msg("%s\ndoes not build: %s\nfrom %.*s", out, refused.items[refused.n - 1].text, SV_ARG(text));
	policy_unref(policy);
	conf_free(conf);
	diag_fini(&why);
	diag_fini(&refused);
	free(out);
	return err;
}

static void whole_inputs_are_translated(void **state UNUSED)
{
	for (size_t i = 0; i < N(kinds); i++) {
		assert_int_equal(run(&kinds[i], sv_of(kinds[i].text), NULL), 0);
		assert_int_equal(run(&kinds[i], sv_of(kinds[i].text), "contoso"), 0);
	}
}

static void cut_and_broken_inputs_do_no_harm(void **state UNUSED)
{
	static const char bytes[] = { '\0', '"', '{', ']', '\n', ' ', '\\', '-', '*', (char)0xff };

	for (size_t i = 0; i < N(kinds); i++) {
		size_t n = strlen(kinds[i].text);
		char *copy = malloc(n);

		for (size_t cut = 0; cut <= n; cut++)
			run(&kinds[i], (struct sv){ kinds[i].text, cut }, NULL);
		for (size_t at = 0; at < n; at++) {
			memcpy(copy, kinds[i].text, n);
			copy[at] = bytes[at % N(bytes)];
			run(&kinds[i], (struct sv){ copy, n }, NULL);
		}
		free(copy);
	}
}

static void wrong_kinds_are_refused(void **state UNUSED)
{
	static const char *const nothing[] = { "", " ", "[]", "{}", "null", "5", "\"x\"", "[[[]]]", "{\"values\":[]}", "{\"resources\":[]}", "\xff" };

	for (size_t i = 0; i < N(kinds); i++)
		for (size_t k = 0; k < N(nothing); k++)
			if (kinds[i].run != import_squid && run(&kinds[i], sv_of(nothing[k]), NULL) == 0)
				fail_msg("kind %zu takes %s", i, nothing[k]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wildcards),
		cmocka_unit_test(names),
		cmocka_unit_test(whole_inputs_are_translated),
		cmocka_unit_test(cut_and_broken_inputs_do_no_harm),
		cmocka_unit_test(wrong_kinds_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
