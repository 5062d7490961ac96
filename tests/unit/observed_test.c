/* observed: what of a log is counted, and what never gets through. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "catalog/observed.h"

#include <stdlib.h>

#define UNUSED __attribute__((unused))

#define LINE(more) "{\"schema\":1,\"type\":\"access\",\"time\":\"2026-01-02T03:04:05.678Z\",\"event\":\"end\"," \
	"\"client_ip\":\"10.1.0.9\",\"method\":\"CONNECT\"," more "}"
#define DENIED(host, port) LINE("\"host\":\"" host "\",\"port\":" port ",\"action\":\"deny\",\"reason\":\"no_rule\"")

static void read_text(struct observed *o, const char *text, size_t n)
{
	FILE *f = fmemopen((void *)(uintptr_t)text, n, "r");

	assert_non_null(f);
	observed_init(o);
	observed_add_rule(o, SV("main"), SV("web"));
	assert_true(observed_read(o, f));
	fclose(f);
}

static void names_are_canonical_or_nothing(void **state UNUSED)
{
	static const struct {
		const char *line;
		const char *name;       /* NULL: passed over */
	} cases[] = {
		{ DENIED("a.example", "443"), "a.example" },
		{ DENIED("A.example", "443"), NULL },
		{ DENIED("a.example.", "443"), NULL },
		{ DENIED("a.example;\\n}", "443"), NULL },
		{ DENIED("a.example\\u0000", "443"), NULL },
		{ DENIED("*.example", "443"), NULL },
		{ DENIED("${region}.example", "443"), NULL },
		{ DENIED("~\\\"x\\\"", "443"), NULL },
		{ DENIED("a b", "443"), NULL },
		{ DENIED("0x7f.1", "443"), NULL },
		{ DENIED("127.1", "443"), NULL },
		{ DENIED("", "443"), NULL },
		{ DENIED("m\\u00fcnchen.example", "443"), NULL },
		{ DENIED("a.example", "0"), NULL },
		{ DENIED("a.example", "65536"), NULL },
		{ DENIED("a.example", "\"443\""), NULL },
		{ DENIED("a.example", "443.5"), NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct observed o;

		read_text(&o, cases[i].line, strlen(cases[i].line));
		assert_int_equal(o.sessions, 1);
		assert_int_equal(o.n, cases[i].name != NULL);
		assert_int_equal(o.bad_names, cases[i].name == NULL);
		if (cases[i].name)
			assert_true(sv_eq(o.all[0].name, sv_of(cases[i].name)));
		observed_fini(&o);
	}
}

static void addresses_are_addresses(void **state UNUSED)
{
	struct observed o;

	read_text(&o, DENIED("::ffff:192.0.2.1", "443"), sizeof(DENIED("::ffff:192.0.2.1", "443")) - 1);
	assert_int_equal(o.n, 1);
	assert_int_equal(o.all[0].name.n, 0);
	assert_int_equal(o.all[0].ip.family, 4);
	observed_fini(&o);
}

static void kinds_and_protocols(void **state UNUSED)
{
	static const struct {
		const char *line;
		int kind;               /* -1: none */
		enum proto proto;
	} cases[] = {
		{ DENIED("a.example", "443"), OBSERVED_DENIED, PROTO_HTTPS },
		{ DENIED("a.example", "22"), OBSERVED_DENIED, PROTO_TCP },
		{ LINE("\"host\":\"a.example\",\"port\":3260,\"sni\":\"a.example\",\"action\":\"allow\","
		       "\"would_deny\":{\"reason\":\"no_rule\"}"), OBSERVED_DENIED, PROTO_HTTPS },
		{ LINE("\"host\":\"a.example\",\"port\":443,\"action\":\"deny\",\"reason\":\"rule\","
		       "\"collection\":\"main\",\"rule\":\"web\""), -1, 0 },
		{ LINE("\"host\":\"a.example\",\"port\":443,\"action\":\"allow\",\"reason\":\"completed\","
		       "\"proto\":\"tcp\",\"collection\":\"main\",\"rule\":\"web\""), OBSERVED_ALLOWED, PROTO_TCP },
		{ LINE("\"host\":\"a.example\",\"port\":443,\"action\":\"allow\",\"proto\":\"tcp\","
		       "\"collection\":\"main\",\"rule\":\"gone\""), -1, 0 },
		{ LINE("\"host\":\"a.example\",\"port\":443,\"action\":\"allow\",\"proto\":\"https\",\"collection\":"
		       "\"x\",\"rule\":\"y\",\"would_deny\":{\"collection\":\"main\",\"rule\":\"web\"}"),
		  OBSERVED_AUDITED, PROTO_HTTPS },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct observed o;

		read_text(&o, cases[i].line, strlen(cases[i].line));
		assert_int_equal(o.n, cases[i].kind >= 0);
		if (cases[i].kind >= 0) {
			assert_int_equal(o.all[0].kind, cases[i].kind);
			assert_int_equal(o.all[0].proto, cases[i].proto);
		}
		observed_fini(&o);
	}
}

static void rules_are_hit(void **state UNUSED)
{
	static const char lines[] =
		LINE("\"host\":\"a.example\",\"port\":443,\"action\":\"allow\",\"collection\":\"main\",\"rule\":\"web\"") "\n"
		LINE("\"host\":\"-\",\"port\":443,\"action\":\"deny\",\"collection\":\"main\",\"rule\":\"web\"") "\n"
		LINE("\"host\":\"a.example\",\"port\":443,\"action\":\"allow\","
		     "\"would_deny\":{\"collection\":\"main\",\"rule\":\"web\"}") "\n";
	struct observed o;

	read_text(&o, lines, sizeof(lines) - 1);
	assert_int_equal(o.rules[0].hits, 2);
	assert_int_equal(o.rules[0].audits, 1);
	assert_int_equal(o.rules[0].last_ms, 1767323045678);
	observed_fini(&o);
}

/* Whatever stands on one line, the next is read. */
static void broken_lines_are_passed_over(void **state UNUSED)
{
	static const char *const broken[] = {
		"{", "[]", "1", "null", "\"text\"", "{}", "{\"type\":\"access\"", "{\"type\":7}", "\x01\xff\xfe",
		"{\"type\":\"access\",\"event\":\"end\"}",
		"{\"type\":\"access\",\"event\":\"end\",\"time\":\"2026-13-01T00:00:00Z\",\"client_ip\":\"10.1.0.9\"}",
		"{\"type\":\"access\",\"event\":\"end\",\"time\":\"2026-01-01T00:00:00Z\",\"client_ip\":\"any; }\"}",
	};

	for (size_t i = 0; i <= sizeof(broken) / sizeof(broken[0]); i++) {
		bool nul = i == sizeof(broken) / sizeof(broken[0]);
		char text[1024];
		size_t n = nul ? 3 : strlen(broken[i]);
		struct observed o;

		memcpy(text, nul ? "\0{\0" : broken[i], n);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "\n\n%s", DENIED("a.example", "443"));
		read_text(&o, text, n);
		assert_int_equal(o.lines, 2);
		assert_int_equal(o.broken, 1);
		assert_int_equal(o.n, 1);
		observed_fini(&o);
	}
}

static void long_lines_are_broken(void **state UNUSED)
{
	static const size_t lengths[] = { OBSERVED_LINE_MAX - 1, OBSERVED_LINE_MAX, OBSERVED_LINE_MAX + 1,
					  3 * OBSERVED_LINE_MAX };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		size_t n = lengths[i];
		char *text = malloc(n + 1024);
		struct observed o;

		assert_non_null(text);
		memset(text, ' ', n);
		memcpy(text, DENIED("a.example", "443"), sizeof(DENIED("a.example", "443")) - 1);
		n += (size_t)snprintf(text + n, 1024, "\n%s\n", DENIED("b.example", "443"));
		read_text(&o, text, n);
		assert_int_equal(o.broken, lengths[i] > OBSERVED_LINE_MAX);
		assert_int_equal(o.n, lengths[i] > OBSERVED_LINE_MAX ? 1 : 2);
		observed_fini(&o);
		free(text);
	}
}

static void events_and_lost_lines(void **state UNUSED)
{
	static const char lines[] =
		"{\"schema\":1,\"type\":\"access\",\"event\":\"start\",\"host\":\"a.example\"}\n"
		"{\"schema\":1,\"type\":\"access\",\"event\":\"interim\"}\n"
		"{\"schema\":1,\"type\":\"lost\",\"lost\":12}\n{\"type\":\"lost\",\"lost\":-3}\n";
	struct observed o;

	read_text(&o, lines, sizeof(lines) - 1);
	assert_int_equal(o.sessions, 0);
	assert_int_equal(o.lost, 12);
	assert_int_equal(o.n, 0);
	assert_int_equal(o.broken, 1);
	observed_fini(&o);
}

static void equal_sessions_are_one(void **state UNUSED)
{
	static const char lines[] = DENIED("a.example", "443") "\n" DENIED("a.example", "443") "\n"
				    DENIED("a.example", "22") "\n";
	struct observed o;

	read_text(&o, lines, sizeof(lines) - 1);
	assert_int_equal(o.n, 2);
	assert_int_equal(o.all[0].count, 2);
	assert_int_equal(o.all[1].count, 1);
	observed_fini(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_canonical_or_nothing),
		cmocka_unit_test(addresses_are_addresses),
		cmocka_unit_test(kinds_and_protocols),
		cmocka_unit_test(rules_are_hit),
		cmocka_unit_test(broken_lines_are_passed_over),
		cmocka_unit_test(long_lines_are_broken),
		cmocka_unit_test(events_and_lost_lines),
		cmocka_unit_test(equal_sessions_are_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
