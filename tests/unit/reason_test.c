/* The reason table is complete, and the schema and the manual list exactly its words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "log/reason.h"

#include <string.h>

#define UNUSED __attribute__((unused))

/* RFC 9209 section 2.3, all of them */
static const char *const registered[] = {
	"dns_timeout", "dns_error", "destination_not_found", "destination_unavailable",
	"destination_ip_prohibited", "destination_ip_unroutable", "connection_refused",
	"connection_terminated", "connection_timeout", "connection_read_timeout",
	"connection_write_timeout", "connection_limit_reached", "tls_protocol_error",
	"tls_certificate_error", "tls_alert_received", "http_request_error", "http_request_denied",
	"http_response_incomplete", "http_response_header_section_size", "http_response_header_size",
	"http_response_body_size", "http_response_trailer_section_size", "http_response_trailer_size",
	"http_response_transfer_coding", "http_response_content_coding", "http_response_timeout",
	"http_upgrade_failed", "http_protocol_error", "proxy_internal_response", "proxy_internal_error",
	"proxy_configuration_error", "proxy_loop_detected",
};

static bool is_registered(const char *type)
{
	for (size_t i = 0; i < sizeof(registered) / sizeof(registered[0]); i++)
		if (strcmp(type, registered[i]) == 0)
			return true;
	return false;
}

static char *source_file(const char *name)
{
	const char *dir = getenv("SEKISHO_SRCDIR");
	char path[4096], *text;
	FILE *f;
	size_t n;

	if (!dir)
		dir = getenv("top_srcdir");
	snprintf(path, sizeof(path), "%s/%s", dir ? dir : ".", name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("cannot read %s", path);
	text = xcalloc(1, 1 << 20);
	n = fread(text, 1, (1 << 20) - 1, f);
	assert_true(n > 0 && feof(f));
	fclose(f);
	return text;
}

static void every_row_is_complete(void **state UNUSED)
{
	for (int r = 0; r < REASONS; r++) {
		const struct reason_row *row = reason_row((enum reason)r);

		assert_non_null(row->word);
		assert_true(strlen(row->word) > 0);
		assert_int_equal(strspn(row->word, "abcdefghijklmnopqrstuvwxyz_"), strlen(row->word));
		assert_non_null(row->sentence);
		assert_true(strlen(row->sentence) > 10 && strlen(row->sentence) < 120);
		assert_int_not_equal(row->sentence[strlen(row->sentence) - 1], '.');
		assert_null(strpbrk(row->sentence, "\"\\<>&\r\n"));     /* fits a header and a body as it is */
		assert_true(row->status == 0 || (row->status >= 400 && row->status <= 599));
		if (row->status)
			assert_non_null(row->proxy_error);
		if (row->proxy_error && !is_registered(row->proxy_error))
			fail_msg("%s: %s is not in RFC 9209", row->word, row->proxy_error);
	}
}

static void words_are_unique(void **state UNUSED)
{
	for (int a = 0; a < REASONS; a++)
		for (int b = 0; b < a; b++)
			assert_string_not_equal(reason_row((enum reason)a)->word,
						reason_row((enum reason)b)->word);
}

/* What clients and dashboards are told to rely on. */
static void statuses_are_as_documented(void **state UNUSED)
{
	static const struct {
		enum reason reason;
		const char *word;
		int status;
		const char *proxy_error;
	} cases[] = {
		{ REASON_COMPLETED, "completed", 0, NULL },
		{ REASON_ORIGIN_RESET, "origin_reset", 0, "connection_terminated" },
		{ REASON_POLICY_REVOKED, "policy_revoked", 403, "http_request_denied" },
		{ REASON_RULE, "rule", 403, "http_request_denied" },
		{ REASON_NO_RULE, "no_rule", 403, "http_request_denied" },
		{ REASON_PLATFORM_ADDRESS, "platform_address", 403, "destination_ip_prohibited" },
		{ REASON_PRIVATE_ADDRESS, "private_address", 403, "destination_ip_prohibited" },
		{ REASON_BAD_REQUEST, "bad_request", 400, "http_request_error" },
		{ REASON_HOST_MISMATCH, "host_mismatch", 421, "http_request_error" },
		{ REASON_HEAD_TOO_LARGE, "head_too_large", 431, "http_request_error" },
		{ REASON_HEAD_TIMEOUT, "head_timeout", 408, "http_request_error" },
		{ REASON_METHOD_NOT_SUPPORTED, "method_not_supported", 501, "proxy_internal_response" },
		{ REASON_VERSION_NOT_SUPPORTED, "version_not_supported", 505, "proxy_internal_response" },
		{ REASON_DNS_NXDOMAIN, "dns_nxdomain", 502, "dns_error" },
		{ REASON_DNS_TIMEOUT, "dns_timeout", 504, "dns_timeout" },
		{ REASON_DNS_UNREACHABLE, "dns_unreachable", 502, "dns_error" },
		{ REASON_CONNECT_REFUSED, "connect_refused", 502, "connection_refused" },
		{ REASON_CONNECT_TIMEOUT, "connect_timeout", 504, "connection_timeout" },
		{ REASON_CONNECT_UNREACHABLE, "connect_unreachable", 502, "destination_ip_unroutable" },
		{ REASON_LOG_FULL, "log_full", 503, "proxy_internal_error" },
		{ REASON_INTERNAL, "internal", 500, "proxy_internal_error" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct reason_row *row = reason_row(cases[i].reason);

		assert_string_equal(row->word, cases[i].word);
		assert_int_equal(row->status, cases[i].status);
		if (cases[i].proxy_error)
			assert_string_equal(row->proxy_error, cases[i].proxy_error);
		else
			assert_null(row->proxy_error);
	}
}

static json_t *access_property(json_t *schema, const char *name)
{
	json_t *defs = json_object_get(schema, "$defs");
	json_t *access = json_object_get(defs, "access");

	return json_object_get(json_object_get(access, "properties"), name);
}

static bool enum_has(json_t *list, const char *word)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
		if (strcmp(json_string_value(item), word) == 0)
			return true;
	return false;
}

/* Every word but that of "no reason", in the order of the table. */
static void schema_lists_the_words(void **state UNUSED)
{
	char *text = source_file("docs/access-log.schema.json");
	json_error_t error;
	json_t *schema = json_loads(text, JSON_REJECT_DUPLICATES, &error), *words, *types;

	assert_non_null(schema);
	words = json_object_get(access_property(schema, "reason"), "enum");
	types = json_object_get(access_property(schema, "proxy_error"), "enum");
	assert_int_equal(json_array_size(words), REASONS - 1);
	for (int r = 1; r < REASONS; r++) {
		const struct reason_row *row = reason_row((enum reason)r);

		assert_string_equal(json_string_value(json_array_get(words, (size_t)r - 1)), row->word);
		if (row->proxy_error && !enum_has(types, row->proxy_error))
			fail_msg("the schema lacks proxy_error %s", row->proxy_error);
	}
	json_decref(schema);
	free(text);
}

/* One row of the manual's table each: | `word` | status | `proxy_error` | meaning | what to do | */
static void manual_lists_the_words(void **state UNUSED)
{
	char *text = source_file("docs/LOG.md"), want[200], *section, *at;
	int rows = 0;

	section = strstr(text, "\n## Reasons\n");
	assert_non_null(section);
	for (int r = 1; r < REASONS; r++) {
		const struct reason_row *row = reason_row((enum reason)r);
		char status[8] = "none", type[64] = "none";

		if (row->status)
			snprintf(status, sizeof(status), "%u", row->status);
		if (row->proxy_error)
			snprintf(type, sizeof(type), "`%s`", row->proxy_error);
		snprintf(want, sizeof(want), "\n| `%s` | %s | %s | ", row->word, status, type);
		if (!strstr(section, want))
			fail_msg("docs/LOG.md has no row that begins with%s", want);
	}
	for (at = section; (at = strstr(at, "\n| `")) && at < strstr(section + 1, "\n## "); at++)
		rows++;
	assert_int_equal(rows, REASONS - 1);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(words_are_unique),
		cmocka_unit_test(statuses_are_as_documented),
		cmocka_unit_test(schema_lists_the_words),
		cmocka_unit_test(manual_lists_the_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
