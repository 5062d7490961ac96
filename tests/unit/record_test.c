/* Lines as they are documented; valid JSON of bounded length whatever goes in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "log/record.h"

#include <string.h>

#define UNUSED __attribute__((unused))

static char memory[RECORD_MAX + 64];

static struct sv format(const struct access_record *r)
{
	struct strbuf out;

	strbuf_init(&out, memory, sizeof(memory));
	record_format_json(r, &out);
	assert_false(out.full);
	return strbuf_sv(&out);
}

static struct ip ip(const char *text)
{
	struct ip out;

	assert_true(ip_parse(&out, sv_of(text)));
	return out;
}

static struct endpoint endpoint(const char *text)
{
	struct endpoint out;

	assert_true(endpoint_parse(&out, sv_of(text), 0));
	return out;
}

static struct access_record blank(void)
{
	return (struct access_record){
		.event = RECORD_END, .dns_us = -1, .connect_us = -1, .first_byte_us = -1, .duration_ms = -1,
	};
}

/* The line that docs/LOG.md shows. */
static struct access_record allowed_tunnel(void)
{
	static struct ip found[2];
	struct access_record r = blank();

	found[0] = ip("20.150.85.164");
	found[1] = ip("2603:1040:407::5");
	r.time_ms = 1767323045678;
	r.start_ms = 1767323042100;
	r.session = SV("3f9c2a7e51d04b86");
	r.worker = 1;
	r.generation = 7;
	r.mode = SV("explicit");
	r.listener = endpoint("10.1.0.4:3128");
	r.client = endpoint("10.1.0.9:50112");
	r.method = SV("CONNECT");
	r.host = SV("pod01-rec2.jpe.backup.windowsazure.com");
	r.port = 443;
	r.proto = SV("https");
	r.allowed = true;
	r.reason = REASON_COMPLETED;
	r.status = 200;
	r.rule = (struct record_rule){ SV("azure-backup"), SV("file-restore"), SV("policies/azure-backup.policy"), 31 };
	r.resolved = found;
	r.n_resolved = 2;
	r.chain = SV("pod01-rec2.jpe.trafficmanager.net pod01.japaneast.cloudapp.azure.com");
	r.origin = endpoint("20.150.85.164:443");
	r.dns_asked = true;
	r.dns_us = 4218;
	r.connect_us = 11037;
	r.first_byte_us = 27500;
	r.bytes_up = 18230;
	r.bytes_down = 7340032;
	r.duration_ms = 3578;
	r.closed_by = SV("client");
	return r;
}

static const char allowed_line[] =
	"{\"schema\":1,\"type\":\"access\",\"time\":\"2026-01-02T03:04:05.678Z\",\"start\":\"2026-01-02T03:04:02.100Z\","
	"\"event\":\"end\",\"session\":\"3f9c2a7e51d04b86\",\"worker\":1,\"generation\":7,\"mode\":\"explicit\","
	"\"listener\":\"10.1.0.4:3128\",\"client_ip\":\"10.1.0.9\",\"client_port\":50112,\"method\":\"CONNECT\","
	"\"host\":\"pod01-rec2.jpe.backup.windowsazure.com\",\"port\":443,\"proto\":\"https\",\"action\":\"allow\","
	"\"reason\":\"completed\",\"status\":200,\"collection\":\"azure-backup\",\"rule\":\"file-restore\","
	"\"rule_file\":\"policies/azure-backup.policy\",\"rule_line\":31,"
	"\"resolved\":[\"20.150.85.164\",\"2603:1040:407::5\"],"
	"\"cname\":[\"pod01-rec2.jpe.trafficmanager.net\",\"pod01.japaneast.cloudapp.azure.com\"],"
	"\"origin_ip\":\"20.150.85.164\",\"origin_port\":443,\"dns_cached\":false,\"dns_ms\":4.218,"
	"\"connect_ms\":11.037,\"first_byte_ms\":27.500,\"bytes_up\":18230,\"bytes_down\":7340032,"
	"\"duration_ms\":3578,\"closed_by\":\"client\"}\n";

static void an_allowed_tunnel(void **state UNUSED)
{
	struct access_record r = allowed_tunnel();
	struct sv line = format(&r);

	memory[line.n] = '\0';
	assert_string_equal(line.p, allowed_line);
}

static void a_refusal_without_rule(void **state UNUSED)
{
	struct access_record r = blank();
	struct sv line;

	r.time_ms = r.start_ms = 1767323045000;
	r.session = SV("a1");
	r.mode = SV("explicit");
	r.client = endpoint("[2001:db8::9]:1025");
	r.listener = endpoint("[::1]:3128");
	r.method = SV("CONNECT");
	r.host = SV("evil.example");
	r.port = 443;
	r.reason = REASON_NO_RULE;
	r.status = 403;
	r.duration_ms = 0;
	line = format(&r);
	memory[line.n] = '\0';
	assert_string_equal(line.p,
		"{\"schema\":1,\"type\":\"access\",\"time\":\"2026-01-02T03:04:05.000Z\","
		"\"start\":\"2026-01-02T03:04:05.000Z\",\"event\":\"end\",\"session\":\"a1\",\"worker\":0,"
		"\"generation\":0,\"mode\":\"explicit\",\"listener\":\"[::1]:3128\",\"client_ip\":\"2001:db8::9\","
		"\"client_port\":1025,\"method\":\"CONNECT\",\"host\":\"evil.example\",\"port\":443,"
		"\"action\":\"deny\",\"reason\":\"no_rule\",\"proxy_error\":\"http_request_denied\",\"status\":403,"
		"\"bytes_up\":0,\"bytes_down\":0,\"duration_ms\":0}\n");
}

static void shadow_denials(void **state UNUSED)
{
	struct access_record r = blank();
	struct sv line;

	r.event = RECORD_START;
	r.allowed = r.would_deny_no_rule = true;
	line = format(&r);
	assert_non_null(memmem(line.p, line.n, "\"would_deny\":{\"reason\":\"no_rule\"}", 33));
	assert_null(memmem(line.p, line.n, "\"reason\":\"none\"", 15));
	r.would_deny = (struct record_rule){ SV("trial"), SV("no-cdn"), SV("p.policy"), 4 };
	line = format(&r);
	assert_non_null(memmem(line.p, line.n, "\"would_deny\":{\"collection\":\"trial\",\"rule\":\"no-cdn\","
			       "\"file\":\"p.policy\",\"line\":4}", 76));
}

static void milliseconds_have_three_decimals(void **state UNUSED)
{
	static const struct {
		int64_t us;
		const char *want;       /* NULL: left out */
	} cases[] = {
		{ -1, NULL }, { 0, "\"dns_ms\":0.000," }, { 7, "\"dns_ms\":0.007," }, { 999, "\"dns_ms\":0.999," },
		{ 1000, "\"dns_ms\":1.000," }, { 1050, "\"dns_ms\":1.050," },
		{ INT64_MAX, "\"dns_ms\":9223372036854775.807," },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct access_record r = blank();
		struct sv line;

		r.dns_us = cases[i].us;
		line = format(&r);
		memory[line.n] = '\0';
		if (cases[i].want)
			assert_non_null(strstr(line.p, cases[i].want));
		else
			assert_null(strstr(line.p, "dns_ms"));
	}
}

/* ---- against the schema -------------------------------------------------------------------- */

static json_t *load_source(const char *name)
{
	const char *dir = getenv("SEKISHO_SRCDIR");
	char path[4096];
	json_error_t error;
	json_t *j;

	if (!dir)
		dir = getenv("top_srcdir");
	snprintf(path, sizeof(path), "%s/%s", dir ? dir : ".", name);
	j = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!j)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	return j;
}

static bool type_fits(json_t *type, const json_t *value)
{
	const char *name = json_string_value(type);

	if (!name)
		return true;            /* const or enum */
	return (strcmp(name, "string") == 0 && json_is_string(value)) ||
	       (strcmp(name, "integer") == 0 && json_is_integer(value)) ||
	       (strcmp(name, "number") == 0 && json_is_number(value)) ||
	       (strcmp(name, "boolean") == 0 && json_is_boolean(value)) ||
	       (strcmp(name, "array") == 0 && json_is_array(value)) ||
	       (strcmp(name, "object") == 0 && json_is_object(value));
}

/* Members known and of the right type, required ones there. The members met are removed from *unmet. */
static void check_members(json_t *def, json_t *line, json_t *unmet)
{
	json_t *properties = json_object_get(def, "properties"), *value, *name;
	const char *key;
	size_t i;

	json_object_foreach(line, key, value) {
		json_t *p = json_object_get(properties, key);

		if (!p)
			fail_msg("%s is not in the schema", key);
		if (!type_fits(json_object_get(p, "type"), value))
			fail_msg("%s has another type than in the schema", key);
		json_object_del(unmet, key);
	}
	json_array_foreach(json_object_get(def, "required"), i, name)
		if (!json_object_get(line, json_string_value(name)))
			fail_msg("%s is required", json_string_value(name));
}

/* Jansson wants to be told that NUL and integers above 2^63 are fine. */
static json_t *parse(struct sv line, size_t flags)
{
	json_error_t error;
	json_t *j = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | flags, &error);

	if (!j)
		fail_msg("%s in %.*s", error.text, SV_ARG(line));
	return j;
}

/* What TLS at both ends and a password show. */
static void show_identities(struct access_record *r)
{
	static const unsigned char key[32] = { 0xff, 0xfe, 1 };

	r->client_tls = 0x0303;
	r->identity = SV("spiffe://site/vm/a");
	r->issuer = SV("CN=An issuer,O=Example");
	r->serial = SV("01ff");
	r->user = SV("backup");
	r->origin_tls.known = true;
	r->origin_tls.error = SV("certificate has expired");
	r->origin_tls.issuer = SV("CN=Another");
	r->origin_tls.key = key;
	r->origin_tls.expires_ms = 1767323045678;
	r->origin_tls.age_ms = 12;
}

static void identities_are_written(void **state UNUSED)
{
	struct access_record r = allowed_tunnel();
	struct sv line;

	show_identities(&r);
	line = format(&r);
	memory[line.n] = '\0';
	assert_non_null(strstr(line.p, "\"client_port\":50112,\"client_tls\":\"TLS 1.2\",\"identity\":\"spiffe://site/vm/a\","
			       "\"identity_issuer\":\"CN=An issuer,O=Example\",\"identity_serial\":\"01ff\",\"user\":\"backup\","
			       "\"method\":"));
	assert_non_null(strstr(line.p, "\"origin_port\":443,\"origin_tls\":{\"verified\":false,\"error\":\"certificate has expired\","
			       "\"issuer\":\"CN=Another\",\"key\":\"sha256://4BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\","
			       "\"expires\":\"2026-01-02T03:04:05.678Z\",\"age_ms\":12},\"dns_cached\":"));
	r.client_tls = 0x0304;
	r.origin_tls.known = false;
	line = format(&r);
	memory[line.n] = '\0';
	assert_non_null(strstr(line.p, "\"client_tls\":\"TLS 1.3\""));
	assert_null(strstr(line.p, "origin_tls"));
}

/* Whether every member of the schema can come, and no other. */
static void schema_and_lines_have_the_same_members(void **state UNUSED)
{
	json_t *schema = load_source("docs/access-log.schema.json"), *unmet, *line, *def;
	struct access_record r = allowed_tunnel();
	struct strbuf out;

	r.would_deny_no_rule = true;
	r.guarded = SV("10.0.0.1 private");
	r.path = SV("/a");
	r.request = 1;
	r.balancer = ip("10.0.0.2");
	r.original = endpoint("20.150.85.164:443");
	r.original_in_answer = 1;
	r.name_from = SV("sni");
	r.learned = &(struct sv){ "a.example", 9 };
	r.n_learned = 1;
	r.sni = SV("a.example");
	r.alpn = SV("h2,http/1.1");
	r.tls_version = 0x0304;
	show_identities(&r);
	r.detail = SV("it is");
	r.reason = REASON_ORIGIN_RESET;
	r.host = (struct sv){ memory, 300 };
	memset(memory, 'x', 300);
	def = json_object_get(json_object_get(schema, "$defs"), "access");
	assert_true(json_is_false(json_object_get(def, "additionalProperties")));
	unmet = json_copy(json_object_get(def, "properties"));
	{
		static char text[RECORD_MAX];

		strbuf_init(&out, text, sizeof(text));
		record_format_json(&r, &out);
	}
	line = parse(strbuf_sv(&out), 0);
	check_members(def, line, unmet);
	if (json_object_size(unmet))
		fail_msg("never written: %s", json_object_iter_key(json_object_iter(unmet)));
	json_decref(line);
	json_decref(unmet);

	def = json_object_get(json_object_get(schema, "$defs"), "lost");
	assert_true(json_is_false(json_object_get(def, "additionalProperties")));
	strbuf_init(&out, memory, sizeof(memory));
	record_format_lost(12, 1767323045000, 1767323046001, &out);
	memory[out.n] = '\0';
	assert_string_equal(out.p, "{\"schema\":1,\"type\":\"lost\",\"time\":\"2026-01-02T03:04:06.001Z\",\"lost\":12,"
			    "\"since\":\"2026-01-02T03:04:05.000Z\"}\n");
	line = parse(strbuf_sv(&out), 0);
	unmet = json_copy(json_object_get(def, "properties"));
	check_members(def, line, unmet);
	assert_int_equal(json_object_size(unmet), 0);
	json_decref(line);
	json_decref(unmet);
	json_decref(schema);
}

/* ---- questions to the DNS listener ------------------------------------------------------------ */

static struct dns_record_entry a_question(void)
{
	static struct ip told;
	struct dns_record_entry r = {
		.time_ms = 1767323042050, .worker = 1, .generation = 7, .transport = SV("udp"),
		.name = SV("pod01-rec2.jpe.backup.windowsazure.com"), .qtype = 1, .allowed = true,
		.reason = DNS_BY_RULE, .answers = &told, .n_answers = 1, .records = 3, .asked = true, .took_us = 4302,
		.rule = { SV("azure-backup"), SV("file-restore"), SV("policies/azure-backup.policy"), 31 },
	};

	told = ip("20.150.85.164");
	r.listener = endpoint("10.1.0.4:53");
	r.client = endpoint("10.1.0.9:50111");
	return r;
}

static const char question_line[] =
	"{\"schema\":1,\"type\":\"dns\",\"time\":\"2026-01-02T03:04:02.050Z\",\"worker\":1,\"generation\":7,"
	"\"transport\":\"udp\",\"listener\":\"10.1.0.4:53\",\"client_ip\":\"10.1.0.9\",\"client_port\":50111,"
	"\"name\":\"pod01-rec2.jpe.backup.windowsazure.com\",\"qtype\":\"A\",\"action\":\"allow\",\"reason\":\"rule\","
	"\"collection\":\"azure-backup\",\"rule\":\"file-restore\",\"rule_file\":\"policies/azure-backup.policy\","
	"\"rule_line\":31,\"rcode\":\"NOERROR\",\"records\":3,\"answers\":[\"20.150.85.164\"],\"cached\":false,\"ms\":4.302}\n";

static struct sv format_question(const struct dns_record_entry *r)
{
	static char text[RECORD_MAX + 1];
	struct strbuf out;

	strbuf_init(&out, text, RECORD_MAX);
	record_format_dns(r, &out);
	assert_false(out.full);
	text[out.n] = '\0';
	return strbuf_sv(&out);
}

static void a_question_to_the_dns_listener(void **state UNUSED)
{
	json_t *schema = load_source("docs/access-log.schema.json"), *def, *line, *unmet;
	struct dns_record_entry r = a_question();
	struct ip many[40];

	assert_string_equal(format_question(&r).p, question_line);
	for (size_t i = 0; i < 40; i++)
		many[i] = ip("2603:1040:407:aaaa:bbbb:cccc:dddd:eeee");
	r.answers = many;
	r.n_answers = 40;
	r.truncated = true;
	r.left_out = 2;
	r.error = SV("timeout");
	r.qtype = 1234;
	def = json_object_get(json_object_get(schema, "$defs"), "dns");
	assert_true(json_is_false(json_object_get(def, "additionalProperties")));
	unmet = json_copy(json_object_get(def, "properties"));
	line = parse(format_question(&r), 0);
	check_members(def, line, unmet);
	if (json_object_size(unmet))
		fail_msg("never written: %s", json_object_iter_key(json_object_iter(unmet)));
	assert_string_equal(json_string_value(json_object_get(line, "qtype")), "TYPE1234");
	assert_int_equal(json_array_size(json_object_get(line, "answers")), 32);
	json_decref(line);
	json_decref(unmet);
	json_decref(schema);
}

static void every_dns_reason_is_in_schema_and_manual(void **state UNUSED)
{
	json_t *schema = load_source("docs/access-log.schema.json");
	json_t *words = json_object_get(json_object_get(json_object_get(json_object_get(json_object_get(schema, "$defs"),
		"dns"), "properties"), "reason"), "enum");

	assert_int_equal(json_array_size(words), DNS_REASONS);
	for (unsigned i = 0; i < DNS_REASONS; i++)
		assert_string_equal(json_string_value(json_array_get(words, i)), dns_reason_word((enum dns_reason)i));
	json_decref(schema);
}

/* The longest names, and octets that take six each. */
static void no_name_makes_a_question_too_long(void **state UNUSED)
{
	struct dns_record_entry r = a_question();
	char *text = xmalloc(4096);

	memset(text, 0x01, 4096);
	r.name = (struct sv){ text, 1024 };
	r.rule = (struct record_rule){ { text, 4096 }, { text, 4096 }, { text, 4096 }, 4000000000u };
	assert_true(format_question(&r).n > 0);
	free(text);
}

static void manual_shows_a_true_line_and_every_member(void **state UNUSED)
{
	json_t *schema = load_source("docs/access-log.schema.json"), *value;
	const char *dir = getenv("SEKISHO_SRCDIR"), *key;
	char path[4096], *text = xcalloc(1, 1 << 20), want[80];
	FILE *f;

	if (!dir)
		dir = getenv("top_srcdir");
	snprintf(path, sizeof(path), "%s/docs/LOG.md", dir ? dir : ".");
	f = fopen(path, "r");
	assert_non_null(f);
	assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	assert_non_null(strstr(text, allowed_line));
	assert_non_null(strstr(text, question_line));
	for (unsigned i = 0; i < DNS_REASONS; i++) {
		snprintf(want, sizeof(want), "`%s`", dns_reason_word((enum dns_reason)i));
		assert_non_null(strstr(text, want));
	}
	json_object_foreach(json_object_get(json_object_get(json_object_get(schema, "$defs"), "access"),
					    "properties"), key, value) {
		snprintf(want, sizeof(want), "\n| `%s` | ", key);
		if (!strstr(text, want))
			fail_msg("docs/LOG.md does not explain %s", key);
	}
	json_decref(schema);
	free(text);
}

/* ---- whatever the network sends ------------------------------------------------------------ */

static void check_line(struct sv line)
{
	json_t *j;

	assert_true(line.n > 0 && line.n <= RECORD_MAX);
	assert_ptr_equal(memchr(line.p, '\n', line.n), line.p + line.n - 1);
	for (size_t i = 0; i + 1 < line.n; i++)
		assert_true((unsigned char)line.p[i] >= 0x20 && line.p[i] != 0x7f);
	j = parse(line, JSON_DECODE_INT_AS_REAL);       /* jansson refuses what is not UTF-8 */
	assert_true(json_is_object(j));
	json_decref(j);
}

static struct access_record filled_with(struct sv text, struct ip address)
{
	static struct ip many[100];
	static struct sv learned[16];
	struct access_record r = blank();
	struct record_rule rule = { text, text, text, UINT32_MAX };

	for (size_t i = 0; i < 100; i++)
		many[i] = address;
	for (size_t i = 0; i < 16; i++)
		learned[i] = sv_slice(text, 0, 253);
	r.time_ms = r.start_ms = 1767323045678;
	r.worker = UINT32_MAX;
	r.generation = r.bytes_up = r.bytes_down = UINT64_MAX;
	r.method = r.host = r.detail = r.guarded = r.chain = text;
	r.session = SV("0123456789abcdef");             /* the longest words */
	r.mode = SV("transparent");
	r.proto = r.name_from = r.closed_by = SV("aaaaaaaaaa");
	r.path = r.sni = r.alpn = text;
	show_identities(&r);
	r.identity = r.issuer = r.serial = r.user = r.origin_tls.error = r.origin_tls.issuer = text;
	r.origin_tls.age_ms = INT64_MAX;
	r.learned = learned;
	r.n_learned = 16;
	r.balancer = r.original.ip = address;
	r.original.port = UINT16_MAX;
	r.original_in_answer = 1;
	r.request = UINT32_MAX;
	r.tls_version = UINT32_MAX;
	r.listener = r.client = r.origin = (struct endpoint){ address, UINT16_MAX };
	r.port = 65535;
	r.status = 65535;
	r.reason = REASON_VERSION_NOT_SUPPORTED;
	r.rule = r.would_deny = rule;
	r.resolved = many;
	r.n_resolved = 100;
	r.dns_asked = true;
	r.dns_us = r.connect_us = r.first_byte_us = r.duration_ms = INT64_MAX;
	return r;
}

static void no_text_breaks_a_line(void **state UNUSED)
{
	static const size_t lengths[] = { 1, 23, 24, 25, 63, 64, 65, 127, 255, 256, 257, 2048, 2049, 100000 };
	const struct ip longest = ip("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff");
	char *text = xmalloc(100000);

	for (int byte = 0; byte < 256; byte++) {
		memset(text, byte, 100000);
		for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
			struct access_record r = filled_with((struct sv){ text, lengths[i] }, longest);

			check_line(format(&r));
		}
	}
	free(text);
}

static void the_worst_line_says_that_it_was_cut(void **state UNUSED)
{
	static const unsigned char worst[] = { 0x01, 0xff };
	char *text = xmalloc(1 << 20);

	for (size_t i = 0; i < sizeof(worst); i++) {
		struct access_record r;
		json_t *j;

		memset(text, worst[i], 1 << 20);
		r = filled_with((struct sv){ text, 1 << 20 }, ip("::ffff"));
		check_line(format(&r));
		j = parse(format(&r), JSON_DECODE_INT_AS_REAL);
		assert_true(json_is_true(json_object_get(j, "truncated")));
		/* the deciding rule's place, who asked, and the whole host stay */
		assert_int_equal(json_string_length(json_object_get(j, "host")), worst[i] == 0x01 ? 256 : 768);
		assert_non_null(json_object_get(j, "rule_file"));
		assert_non_null(json_object_get(j, "client_ip"));
		json_decref(j);
	}
	free(text);
}

/* What is long and clean is written whole. */
static void clean_texts_within_their_bounds_are_not_cut(void **state UNUSED)
{
	char *text = xmalloc(4096);
	struct access_record r;
	json_t *j;

	memset(text, 'a', 4096);
	r = filled_with((struct sv){ text, 64 }, ip("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff"));
	r.n_resolved = 32;
	r.host.n = 253;
	r.detail.n = 200;
	r.rule.collection.n = r.rule.rule.n = r.would_deny.collection.n = r.would_deny.rule.n = 128;
	r.rule.file.n = r.would_deny.file.n = 512;
	r.guarded.n = 128;
	r.chain.n = 2048;
	r.n_learned = 2;
	check_line(format(&r));
	j = parse(format(&r), JSON_DECODE_INT_AS_REAL);
	assert_null(json_object_get(j, "truncated"));
	assert_int_equal(json_array_size(json_object_get(j, "resolved")), 32);
	json_decref(j);
	/* With everything else as long as may be, only lists are shorter. */
	r.path.n = 512;
	r.identity.n = 256;
	r.issuer.n = r.origin_tls.issuer.n = 200;
	r.n_learned = 16;
	check_line(format(&r));
	j = parse(format(&r), JSON_DECODE_INT_AS_REAL);
	assert_true(json_is_true(json_object_get(j, "truncated")));
	assert_int_equal(json_string_length(json_object_get(j, "path")), 512);
	assert_int_equal(json_string_length(json_object_get(j, "identity")), 256);
	assert_int_equal(json_string_length(json_object_get(j, "rule_file")), 512);
	assert_int_equal(json_array_size(json_object_get(j, "resolved")), 8);
	json_decref(j);
	free(text);
}

static void random_texts(void **state UNUSED)
{
	char text[700];
	unsigned seed = 1;

	for (int round = 0; round < 3000; round++) {
		struct access_record r;

		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = (char)(rand_r(&seed) >> 7);
		r = filled_with((struct sv){ text, (size_t)rand_r(&seed) % sizeof(text) + 1 }, ip("10.0.0.1"));
		r.n_resolved = (size_t)rand_r(&seed) % 40;
		check_line(format(&r));
	}
}

static void lines_follow_each_other(void **state UNUSED)
{
	struct access_record r = allowed_tunnel();
	char two[2 * sizeof(allowed_line)];
	struct strbuf out;

	strbuf_init(&out, two, sizeof(two));
	record_format_json(&r, &out);
	record_format_json(&r, &out);
	assert_int_equal(out.n, 2 * (sizeof(allowed_line) - 1));
	assert_memory_equal(out.p + sizeof(allowed_line) - 1, allowed_line, sizeof(allowed_line) - 1);
	record_format_json(&r, &out);           /* no room: nothing is added, and `full` says so */
	assert_true(out.full);
	assert_int_equal(out.n, 2 * (sizeof(allowed_line) - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_allowed_tunnel),
		cmocka_unit_test(a_refusal_without_rule),
		cmocka_unit_test(shadow_denials),
		cmocka_unit_test(milliseconds_have_three_decimals),
		cmocka_unit_test(identities_are_written),
		cmocka_unit_test(schema_and_lines_have_the_same_members),
		cmocka_unit_test(a_question_to_the_dns_listener),
		cmocka_unit_test(every_dns_reason_is_in_schema_and_manual),
		cmocka_unit_test(no_name_makes_a_question_too_long),
		cmocka_unit_test(manual_shows_a_true_line_and_every_member),
		cmocka_unit_test(no_text_breaks_a_line),
		cmocka_unit_test(the_worst_line_says_that_it_was_cut),
		cmocka_unit_test(clean_texts_within_their_bounds_are_not_cut),
		cmocka_unit_test(random_texts),
		cmocka_unit_test(lines_follow_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
