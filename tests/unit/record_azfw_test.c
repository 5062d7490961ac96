/* Rows as docs/LOG.md shows them; which table a session belongs to; valid JSON of bounded length whatever goes in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "log/record_azfw.h"

#include <string.h>

#define UNUSED __attribute__((unused))

static char memory[RECORD_MAX + 1];

static struct sv format(const struct access_record *r)
{
	struct strbuf out;

	strbuf_init(&out, memory, RECORD_MAX);
	record_format(RECORD_AZFW, r, &out);
	assert_false(out.full);
	memory[out.n] = '\0';
	return strbuf_sv(&out);
}

static struct sv format_question(const struct dns_record_entry *r)
{
	struct strbuf out;

	strbuf_init(&out, memory, RECORD_MAX);
	record_format_question(RECORD_AZFW, r, &out);
	assert_false(out.full);
	memory[out.n] = '\0';
	return strbuf_sv(&out);
}

static struct endpoint endpoint(const char *text)
{
	struct endpoint out;

	assert_true(endpoint_parse(&out, sv_of(text), 0));
	return out;
}

/* ---- the three tables ------------------------------------------------------------------------ */

static struct access_record allowed_tunnel(void)
{
	return (struct access_record){
		.event = RECORD_END, .time_ms = 1767323045678, .mode = SV("explicit"), .method = SV("CONNECT"),
		.client = endpoint("10.1.0.9:50112"), .host = SV("pod01-rec2.jpe.backup.windowsazure.com"),
		.port = 443, .proto = SV("https"), .allowed = true, .reason = REASON_COMPLETED,
		.rule = { SV("azure-backup"), SV("file-restore"), SV("policies/azure-backup.policy"), 31 },
	};
}

static struct access_record denied_address(void)
{
	return (struct access_record){
		.event = RECORD_END, .time_ms = 1767323045678, .mode = SV("explicit"), .method = SV("CONNECT"),
		.client = endpoint("10.1.0.9:50113"), .host = SV("203.0.113.7"), .port = 1688,
		.reason = REASON_NO_RULE,
	};
}

static struct dns_record_entry question(void)
{
	return (struct dns_record_entry){
		.time_ms = 1767323042050, .transport = SV("udp"), .client = endpoint("10.1.0.9:50111"),
		.name = SV("pod01-rec2.jpe.backup.windowsazure.com"), .qtype = 1, .allowed = true,
		.reason = DNS_BY_RULE, .took_us = 4302,
		.query = { .id = 4711, .class = 1, .payload = 1232, .size = 67 },
		.response = { .bits = 0x8180, .size = 138 },
	};
}

static const char allowed_row[] =
	"{\"TimeGenerated\":\"2026-01-02T03:04:05.678Z\",\"Type\":\"AZFWApplicationRule\",\"Protocol\":\"HTTPS\","
	"\"SourceIp\":\"10.1.0.9\",\"SourcePort\":50112,\"DestinationPort\":443,"
	"\"Fqdn\":\"pod01-rec2.jpe.backup.windowsazure.com\",\"Action\":\"Allow\",\"ActionReason\":\"\","
	"\"Policy\":\"sekisho\",\"RuleCollection\":\"azure-backup\",\"Rule\":\"file-restore\","
	"\"IsTlsInspected\":false,\"IsExplicitProxyRequest\":true}\n";
static const char denied_row[] =
	"{\"TimeGenerated\":\"2026-01-02T03:04:05.678Z\",\"Type\":\"AZFWNetworkRule\",\"Protocol\":\"TCP\","
	"\"SourceIp\":\"10.1.0.9\",\"SourcePort\":50113,\"DestinationIp\":\"203.0.113.7\",\"DestinationPort\":1688,"
	"\"Action\":\"Deny\",\"ActionReason\":\"Default Action\",\"Policy\":\"sekisho\",\"RuleCollection\":\"\","
	"\"Rule\":\"\"}\n";
static const char question_row[] =
	"{\"TimeGenerated\":\"2026-01-02T03:04:02.050Z\",\"Type\":\"AZFWDnsQuery\",\"Protocol\":\"UDP\","
	"\"SourceIp\":\"10.1.0.9\",\"SourcePort\":50111,\"QueryId\":4711,\"QueryType\":\"A\",\"QueryClass\":\"IN\","
	"\"QueryName\":\"pod01-rec2.jpe.backup.windowsazure.com\",\"RequestSize\":67,\"DnssecOkBit\":false,"
	"\"EDNS0BufferSize\":1232,\"ResponseCode\":\"NOERROR\",\"ResponseFlags\":\"qr,rd,ra\",\"ResponseSize\":138,"
	"\"RequestDurationSecs\":0.004302,\"ErrorNumber\":0,\"ErrorMessage\":\"\"}\n";

static void rows_of_the_three_tables(void **state UNUSED)
{
	struct access_record allowed = allowed_tunnel(), denied = denied_address();
	struct dns_record_entry asked = question();

	assert_string_equal(format(&allowed).p, allowed_row);
	assert_string_equal(format(&denied).p, denied_row);
	assert_string_equal(format_question(&asked).p, question_row);
}

static void the_manual_shows_these_rows(void **state UNUSED)
{
	const char *dir = getenv("SEKISHO_SRCDIR");
	static char text[1 << 18];
	char path[4096];
	FILE *f;

	if (!dir)
		dir = getenv("top_srcdir");
	snprintf(path, sizeof(path), "%s/docs/LOG.md", dir ? dir : ".");
	f = fopen(path, "r");
	assert_non_null(f);
	assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
	fclose(f);
	assert_non_null(strstr(text, allowed_row));
	assert_non_null(strstr(text, denied_row));
	assert_non_null(strstr(text, question_row));
}

static void only_ends_have_a_row(void **state UNUSED)
{
	struct access_record r = allowed_tunnel();

	r.event = RECORD_START;
	assert_int_equal(format(&r).n, 0);
	r.event = RECORD_INTERIM;
	assert_int_equal(format(&r).n, 0);
}

/* ---- which table, which words ---------------------------------------------------------------- */

static void has(struct sv line, const char *want)
{
	if (!strstr(line.p, want))
		fail_msg("no %s in %s", want, line.p);
}

static void the_url_of_plain_http(void **state UNUSED)
{
	struct access_record r = allowed_tunnel();

	r.method = SV("GET");
	r.proto = SV("http");
	r.host = SV("a.example");
	r.port = 80;
	r.path = SV("/x\"y");
	assert_null(strstr(format(&r).p, "TargetUrl"));
	r.request = 1;
	has(format(&r), "\"Protocol\":\"HTTP\",");
	has(format(&r), "\"TargetUrl\":\"http://a.example/x\\\"y\",");
	r.port = 8080;
	has(format(&r), "\"TargetUrl\":\"http://a.example:8080/x\\\"y\",");
}

static void protocols(void **state UNUSED)
{
	static const struct {
		const char *proto, *method, *name_from, *want;
	} cases[] = {
		{ "https", "CONNECT", "", "\"Protocol\":\"HTTPS\"" }, { "http", "GET", "", "\"Protocol\":\"HTTP\"" },
		{ "tcp", "CONNECT", "", "\"Protocol\":\"TCP\"" }, { "", "CONNECT", "", "\"Protocol\":\"HTTPS\"" },
		{ "", "POST", "", "\"Protocol\":\"HTTP\"" }, { "", "", "sni", "\"Protocol\":\"HTTPS\"" },
		{ "", "", "host", "\"Protocol\":\"HTTP\"" }, { "", "", "", "\"Protocol\":\"TCP\"" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct access_record r = allowed_tunnel();

		r.proto = sv_of(cases[i].proto);
		r.method = sv_of(cases[i].method);
		r.name_from = sv_of(cases[i].name_from);
		has(format(&r), cases[i].want);
	}
}

static void transparent_sessions(void **state UNUSED)
{
	struct access_record r = allowed_tunnel();

	r.mode = SV("transparent");
	r.method = SV("");
	r.original = endpoint("[2001:db8::5]:1688");
	has(format(&r), "\"Type\":\"AZFWApplicationRule\"");
	has(format(&r), "\"IsExplicitProxyRequest\":false");
	r.host = SV("");                        /* refused before it had a name */
	r.port = 0;
	has(format(&r), "\"Type\":\"AZFWNetworkRule\"");
	has(format(&r), "\"DestinationIp\":\"2001:db8::5\",\"DestinationPort\":1688,");
	r.host = SV("kms.example");
	r.proto = SV("udp");                    /* datagrams are the network's, with a name or without */
	has(format(&r), "\"Type\":\"AZFWNetworkRule\",\"Protocol\":\"UDP\"");
}

static void why(void **state UNUSED)
{
	static const struct {
		bool allowed, rule;
		enum reason reason;
		const char *want;
	} cases[] = {
		{ true, true, REASON_IDLE_TIMEOUT, "\"Action\":\"Allow\",\"ActionReason\":\"\"" },
		{ true, false, REASON_COMPLETED, "\"Action\":\"Allow\",\"ActionReason\":\"Default Action\"" },
		{ false, true, REASON_RULE, "\"Action\":\"Deny\",\"ActionReason\":\"\"" },
		{ false, false, REASON_NO_RULE, "\"Action\":\"Deny\",\"ActionReason\":\"Default Action\"" },
		{ false, true, REASON_PRIVATE_ADDRESS, "\"Action\":\"Deny\",\"ActionReason\":\"private_address\"" },
		{ false, false, REASON_BAD_HOST, "\"Action\":\"Deny\",\"ActionReason\":\"bad_host\"" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct access_record r = allowed_tunnel();

		r.allowed = cases[i].allowed;
		r.reason = cases[i].reason;
		if (!cases[i].rule)
			r.rule = (struct record_rule){ .line = 0 };
		has(format(&r), cases[i].want);
	}
}

static void questions_that_failed(void **state UNUSED)
{
	struct dns_record_entry r = question();

	r.transport = SV("tcp");
	r.allowed = false;
	r.reason = DNS_NO_RULE;
	r.rcode = 3;
	r.qtype = 1234;
	r.query.class = 3;
	r.query.dnssec_ok = true;
	r.response.bits = 0x8733;
	r.took_us = 12000034;
	has(format_question(&r), "\"Protocol\":\"TCP\"");
	has(format_question(&r), "\"QueryType\":\"TYPE1234\",\"QueryClass\":\"CH\"");
	has(format_question(&r), "\"DnssecOkBit\":true");
	has(format_question(&r), "\"ResponseCode\":\"NXDOMAIN\",\"ResponseFlags\":\"qr,aa,tc,rd,ad,cd\"");
	has(format_question(&r), "\"RequestDurationSecs\":12.000034,\"ErrorNumber\":3,\"ErrorMessage\":\"no_rule\"");
	r.allowed = true;
	has(format_question(&r), "\"ErrorMessage\":\"\"");
	r.error = SV("timeout");
	has(format_question(&r), "\"ErrorMessage\":\"timeout\"");
}

/* ---- whatever the network sends -------------------------------------------------------------- */

static void check_row(struct sv line)
{
	json_error_t error;
	json_t *j;

	assert_true(line.n > 0 && line.n <= RECORD_MAX);
	assert_ptr_equal(memchr(line.p, '\n', line.n), line.p + line.n - 1);
	for (size_t i = 0; i + 1 < line.n; i++)
		assert_true((unsigned char)line.p[i] >= 0x20 && line.p[i] != 0x7f);
	j = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
	if (!j)
		fail_msg("%s in %s", error.text, line.p);
	json_decref(j);
}

static void no_text_breaks_a_row(void **state UNUSED)
{
	static const size_t lengths[] = { 1, 64, 127, 128, 129, 255, 256, 257, 399, 400, 401, 1024, 1025, 100000 };
	static char text[100000];

	for (int byte = 0; byte < 256; byte++) {
		memset(text, byte, sizeof(text));
		for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
			struct access_record r = allowed_tunnel();
			struct dns_record_entry q = question();
			struct sv s = { text, lengths[i] };

			r.host = r.path = r.method = r.mode = r.proto = s;
			r.rule = (struct record_rule){ s, s, s, UINT32_MAX };
			r.client = endpoint("[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535");
			r.request = UINT32_MAX;
			r.port = UINT32_MAX;
			r.allowed = false;
			r.reason = REASON_VERSION_NOT_SUPPORTED;
			check_row(format(&r));
			q.name = q.transport = q.error = s;
			q.client = r.client;
			q.qtype = q.rcode = q.query.class = q.query.id = q.query.payload = q.response.bits = UINT32_MAX;
			q.query.size = q.response.size = SIZE_MAX;
			q.took_us = INT64_MAX;
			check_row(format_question(&q));
		}
	}
}

static void a_small_buffer_gets_whole_rows_or_none(void **state UNUSED)
{
	struct access_record r = allowed_tunnel();
	char one[sizeof(allowed_row) + 20];
	struct strbuf out;

	strbuf_init(&out, one, sizeof(one));
	record_format(RECORD_AZFW, &r, &out);
	assert_false(out.full);
	record_format(RECORD_AZFW, &r, &out);
	assert_true(out.full);
	assert_int_equal(out.n, sizeof(allowed_row) - 1);
	assert_memory_equal(one, allowed_row, out.n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_the_three_tables),
		cmocka_unit_test(the_manual_shows_these_rows),
		cmocka_unit_test(only_ends_have_a_row),
		cmocka_unit_test(the_url_of_plain_http),
		cmocka_unit_test(protocols),
		cmocka_unit_test(transparent_sessions),
		cmocka_unit_test(why),
		cmocka_unit_test(questions_that_failed),
		cmocka_unit_test(no_text_breaks_a_row),
		cmocka_unit_test(a_small_buffer_gets_whole_rows_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
