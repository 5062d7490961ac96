/* The directive table against itself, and the types of its arguments. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/directives.h"
#include "config/values.h"

#define UNUSED __attribute__((unused))
#define N(a) (sizeof(a) / sizeof((a)[0]))

static void rows_are_sorted_and_found(void **state UNUSED)
{
	size_t n = 0;

	for (const struct directive *d = directives; d->name; d++, n++) {
		if (n) {
			int order = strcmp(d[-1].name, d->name);

			assert_true(order < 0 || (order == 0 && !(d[-1].places & d->places)));
		}
		assert_true(d->places);
		for (unsigned bit = IN_MAIN; bit <= IN_FQDN_GROUP; bit <<= 1)
			if (d->places & bit)
				assert_ptr_equal(directive_find(sv_of(d->name), (enum conf_context)bit), d);
			else
				assert_ptr_not_equal(directive_find(sv_of(d->name), (enum conf_context)bit), d);
		assert_non_null(d->summary);
	}
	assert_true(n > 0);
	assert_null(directive_find(SV(""), IN_MAIN));
	assert_null(directive_find(SV("zz"), IN_MAIN));
	assert_null(directive_find(SV("Listen"), IN_MAIN));
	assert_null(directive_find(SV("priority"), IN_MAIN));
	assert_null(directive_find(SV("listen"), IN_RULE));
}

static void rows_make_sense(void **state UNUSED)
{
	for (const struct directive *d = directives; d->name; d++) {
		struct sv rest = sv_of(d->preset);
		struct diag_list why = { 0 };

		assert_true(d->min_args <= d->max_args);
		assert_true(d->args[0] != ARG_END);
		if (d->args[0] == ARG_ENUM)
			assert_non_null(d->values);
		if (d->named || d->opens)
			assert_int_equal(d->args[0], ARG_NAME);
		if (!d->preset)
			continue;
		assert_true(d->once);
		for (size_t arg = 1; rest.p; arg++) {
			struct conf_word w = { .text = sv_cut(&rest, ' '), .at = { "f", 1, 1 } };

			assert_true(value_check(d, arg, &w, &why));
		}
		assert_int_equal(why.n, 0);
	}
}

static void usages(void **state UNUSED)
{
	static const struct { const char *name; enum conf_context in; const char *usage; } cases[] = {
		{ "priority", IN_COLLECTION, "priority NUMBER;" },
		{ "action", IN_COLLECTION, "action allow|deny|audit;" },
		{ "collection", IN_MAIN, "collection NAME { ... }" },
		{ "param", IN_MAIN, "param NAME WORD ...;" },
		{ "listen", IN_MAIN, "listen explicit|transparent|dns ADDRESS:PORT ...;" },
		{ "expect", IN_MAIN, "expect allow|deny|audit WORD WORD WORD ...;" },
		{ "log-probes", IN_MAIN, "log-probes on|off;" },
		{ "verify", IN_RULE, "verify off|origin|origin audit;" },
		{ "pin", IN_RULE, "pin sha256:BASE64 ...;" },
	};
	char text[128], tiny[8];

	for (size_t i = 0; i < N(cases); i++) {
		directive_usage(directive_find(sv_of(cases[i].name), cases[i].in), text, sizeof(text));
		assert_string_equal(text, cases[i].usage);
	}
	directive_usage(directive_find(SV("expect"), IN_MAIN), tiny, sizeof(tiny));
	assert_true(strlen(tiny) < sizeof(tiny));
}

static void durations(void **state UNUSED)
{
	static const struct { const char *text; bool good; uint64_t ms; } cases[] = {
		{ "500ms", true, 500 }, { "10s", true, 10000 }, { "5m", true, 300000 },
		{ "1h", true, 3600000 }, { "2d", true, 172800000 }, { "0s", true, 0 },
		{ "10", false, 0 }, { "", false, 0 }, { "s", false, 0 }, { "-1s", false, 0 },
		{ "1.5s", false, 0 }, { "1h30m", false, 0 }, { "1 s", false, 0 }, { "1M", false, 0 },
		{ "1w", false, 0 }, { "99999999999999999999s", false, 0 },
		{ "18446744073709551615ms", true, UINT64_MAX }, { "18446744073709551615s", false, 0 },
	};

	for (size_t i = 0; i < N(cases); i++) {
		uint64_t ms = 0;

		assert_int_equal(duration_parse(sv_of(cases[i].text), &ms), cases[i].good);
		assert_true(!cases[i].good || ms == cases[i].ms);
	}
}

static void sizes(void **state UNUSED)
{
	static const struct { const char *text; bool good; uint64_t octets; } cases[] = {
		{ "512", true, 512 }, { "64k", true, 65536 }, { "16m", true, 16777216 },
		{ "16M", true, 16777216 }, { "1g", true, 1073741824 }, { "0", true, 0 },
		{ "", false, 0 }, { "k", false, 0 }, { "1kb", false, 0 }, { "-1", false, 0 },
		{ "17179869184g", false, 0 }, { "17179869183g", true, (uint64_t)17179869183 << 30 },
	};

	for (size_t i = 0; i < N(cases); i++) {
		uint64_t octets = 0;

		assert_int_equal(size_parse(sv_of(cases[i].text), &octets), cases[i].good);
		assert_true(!cases[i].good || octets == cases[i].octets);
	}
}

/* A value for the first argument of a directive of some block; "" when it fits. */
static void value_complaints(void **state UNUSED)
{
	static const struct { const char *name; enum conf_context in; size_t arg; const char *text, *complaint; }
	cases[] = {
		{ "workers", IN_MAIN, 1, "auto", "" },
		{ "workers", IN_MAIN, 1, "256", "" },
		{ "workers", IN_MAIN, 1, "0", "\"0\" is out of range for \"workers\"; write a value from 1 to 256" },
		{ "workers", IN_MAIN, 1, "many", "\"many\" is not a number; write digits only, or auto" },
		{ "priority", IN_COLLECTION, 1, "99",
		  "\"99\" is out of range for \"priority\"; write a value from 100 to 65000" },
		{ "priority", IN_COLLECTION, 1, "1e3", "\"1e3\" is not a number; write digits only" },
		{ "idle-timeout", IN_MAIN, 1, "31d",
		  "\"31d\" is out of range for \"idle-timeout\"; write a value from 100ms to 30d" },
		{ "connect-timeout", IN_MAIN, 1, "1h",
		  "\"1h\" is out of range for \"connect-timeout\"; write a value from 100ms to 10m" },
		{ "idle-timeout", IN_MAIN, 1, "30", "\"30\" has no unit; did you mean \"30s\"?" },
		{ "idle-timeout", IN_MAIN, 1, "long",
		  "\"long\" is not a duration; write it as 500ms, 10s, 5m, 1h or 2d" },
		{ "head-size", IN_MAIN, 1, "2m",
		  "\"2m\" is out of range for \"head-size\"; write a value from 1k to 1m" },
		{ "head-size", IN_MAIN, 1, "big", "\"big\" is not a size; write it as 512, 64k, 16m or 1g" },
		{ "log-probes", IN_MAIN, 1, "yes", "\"yes\" is neither on nor off; write \"on\" or \"off\"" },
		{ "action", IN_COLLECTION, 1, "alow", "unknown action \"alow\"; did you mean \"allow\"?" },
		{ "action", IN_COLLECTION, 1, "inspect",
		  "unknown action \"inspect\"; expected allow, deny or audit" },
		{ "default", IN_MAIN, 1, "allow", "unknown default \"allow\"; expected deny or audit" },
		{ "listen", IN_MAIN, 2, "[::1]:3128", "" },
		{ "listen", IN_MAIN, 2, "10.0.0.1",
		  "\"10.0.0.1\" is not an address and a port; write 192.0.2.1:3128 or [2001:db8::1]:3128" },
		{ "resolver", IN_MAIN, 8, "10.0.0.1", "" },
		{ "resolver", IN_MAIN, 8, "10.0.0.1:5353", "" },
		{ "resolver", IN_MAIN, 8, "localhost",
		  "\"localhost\" is not an address; write 192.0.2.1, 192.0.2.1:53 or [2001:db8::1]:53" },
		{ "outbound-address", IN_MAIN, 2, "10.0.0.01",
		  "\"10.0.0.01\" is not an address; write 192.0.2.1 or 2001:db8::1" },
		{ "allow-address", IN_RULE, 1, "10.0.0.0/8", "" },
		{ "allow-address", IN_RULE, 5, "10.1.2.3/8",
		  "\"10.1.2.3/8\" has bits set behind its length; did you mean \"10.0.0.0/8\"?" },
		{ "allow-address", IN_MAIN, 1, "10.0.0.0/33",
		  "\"10.0.0.0/33\" has a wrong length; write /0 to /32 for IPv4, /0 to /128 for IPv6" },
		{ "allow-address", IN_MAIN, 1, "private",
		  "\"private\" is not an address or prefix; write 192.0.2.0/24 or 2001:db8::/32" },
		{ "until", IN_RULE, 1, "2026-12-01T00:00:00Z", "" },
		{ "until", IN_RULE, 1, "2026-02-30T00:00:00Z",
		  "\"2026-02-30T00:00:00Z\" is not a time; write it as 2026-12-01T00:00:00Z" },
		{ "rule", IN_COLLECTION, 1, "a b",
		  "\"a b\" is not a name; write letters, digits, \"-\", \"_\" and \".\", a letter or digit first" },
		{ "include", IN_MAIN, 1, "", "an empty path for \"include\"; write the name of a file" },
		{ "from", IN_RULE, 1, "anything at all", "" },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct conf_word w = { .text = sv_of(cases[i].text), .at = { "f", 1, 1 } };
		struct diag_list why = { 0 };
		bool fits = value_check(directive_find(sv_of(cases[i].name), cases[i].in), cases[i].arg, &w, &why);

		assert_int_equal(fits, cases[i].complaint[0] == '\0');
		assert_int_equal(why.errors, !fits);
		assert_string_equal(fits ? "" : why.items[0].text, cases[i].complaint);
		diag_fini(&why);
	}
}

static void parameters_stand_only_where_readers_expand_them(void **state UNUSED)
{
	static const struct { const char *name; enum conf_context in; size_t arg; bool may; } cases[] = {
		{ "to", IN_RULE, 1, true }, { "from", IN_RULE, 9, true }, { "entry", IN_TAG, 1, true },
		{ "allow-address", IN_MAIN, 1, true }, { "expect", IN_MAIN, 3, true },
		{ "expect", IN_MAIN, 1, false }, { "item", IN_IP_GROUP, 1, true },
		{ "param", IN_MAIN, 2, false }, { "idle-timeout", IN_MAIN, 1, false },
		{ "listen", IN_MAIN, 200, false }, { "rule", IN_COLLECTION, 1, false },
		{ "include", IN_TAG, 1, false }, { "until", IN_RULE, 1, false },
	};
	struct conf_word w = { .text = SV("${a}"), .at = { "f", 1, 1 }, .has_params = true };

	for (size_t i = 0; i < N(cases); i++) {
		struct diag_list why = { 0 };
		const struct directive *d = directive_find(sv_of(cases[i].name), cases[i].in);

		assert_int_equal(value_check(d, cases[i].arg, &w, &why), cases[i].may);
		diag_fini(&why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_sorted_and_found),
		cmocka_unit_test(rows_make_sense),
		cmocka_unit_test(usages),
		cmocka_unit_test(durations),
		cmocka_unit_test(sizes),
		cmocka_unit_test(value_complaints),
		cmocka_unit_test(parameters_stand_only_where_readers_expand_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
