/* reply_test -- every refusal in every form is a well-formed answer, and Accept chooses the form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proxy/reply.h"
#include "wire/http_response.h"

#include <stdio.h>

#define UNUSED __attribute__((unused))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct http_limits limits = { REPLY_MAX, HTTP_FIELDS_MAX };
static const char *const types[] = {
	[REPLY_TEXT] = "text/plain; charset=utf-8",
	[REPLY_PROBLEM_JSON] = "application/problem+json",
	[REPLY_HTML] = "text/html; charset=utf-8",
};

static bool has(struct sv s, const char *what)
{
	return memmem(s.p, s.n, what, strlen(what)) != NULL;
}

static struct sv field(const struct http_response *r, const char *name)
{
	const struct http_field *f = http_response_find(r, sv_of(name));

	return f ? f->value : (struct sv){ NULL, 0 };
}

/* Reads the answer back with the parser for origins' answers, which is strict. */
static void check(const struct reply *reply)
{
	const struct reason_row *row = reason_row(reply->reason);
	char memory[REPLY_MAX], expected[128];
	struct http_response r;
	enum http_error why;
	struct strbuf out;
	struct sv all, body;
	int n;

	strbuf_init(&out, memory, sizeof(memory));
	reply_format(reply, &out);
	assert_false(out.full);
	all = strbuf_sv(&out);
	n = http_response_parse(&r, all, reply->head_only ? SV("HEAD") : SV("GET"), &limits, &why);
	assert_true(n > 0);
	body = sv_slice(all, (size_t)n, all.n);
	assert_int_equal(r.status, row->status);
	assert_false(sv_eq(r.reason, SV("Error")));             /* every status has its phrase */
	assert_true(r.has_length);
	assert_int_equal(body.n, reply->head_only ? 0 : r.length);
	assert_int_equal(r.keep_alive, reply->keep);
	assert_true(sv_eq(field(&r, "Content-Type"), sv_of(types[reply->form])));
	assert_true(sv_eq(field(&r, "Cache-Control"), SV("no-store")));
	assert_true(sv_eq(field(&r, "Retry-After"), row->status == 503 ? SV("5") : row->status == 429 ? SV("42")
											  : (struct sv){ NULL, 0 }));
	assert_true(sv_eq(field(&r, "Proxy-Authenticate"), row->status == 407
			  ? SV("Basic realm=\"The Corp\", charset=\"UTF-8\"") : (struct sv){ NULL, 0 }));
	snprintf(expected, sizeof(expected), "sekisho; error=%s; %s%s%sdetails=\"%s\"", row->proxy_error,
		 reply->rcode ? "rcode=\"" : "", reply->rcode ? reply->rcode : "", reply->rcode ? "\"; " : "", row->word);
	assert_true(sv_eq(field(&r, "Proxy-Status"), sv_of(expected)));
	if (reply->head_only)
		return;
	assert_true(has(body, row->word) && has(body, "0123456789abcdef"));
	assert_false(has(body, "<script"));
	if (reply->form == REPLY_PROBLEM_JSON)
		assert_true(body.p[0] == '{' && body.p[body.n - 2] == '}');
}

static void every_reason_in_every_form(void **state UNUSED)
{
	for (unsigned reason = 0; reason < REASONS; reason++)
		for (unsigned form = 0; form < COUNT(types); form++)
			for (int head_only = 0; head_only < 2; head_only++) {
				struct reply r = { .reason = (enum reason)reason, .form = (enum reply_form)form,
						   .session = SV("0123456789abcdef"), .head_only = head_only,
						   .keep = reason % 2, .realm = SV("The Corp"), .retry_s = 42 };

				if (reason_row(r.reason)->status == 0)
					continue;
				check(&r);
				r.rcode = "NXDOMAIN";
				check(&r);
			}
}

static void forms(void **state UNUSED)
{
	static const struct { const char *accept; enum reply_form form; } cases[] = {
		{ "", REPLY_TEXT }, { "*/*", REPLY_TEXT }, { "text/*", REPLY_TEXT }, { ",", REPLY_TEXT }, { ";", REPLY_TEXT },
		{ "text/html", REPLY_HTML }, { "TEXT/HTML", REPLY_HTML }, { " text/html ; q=1 ", REPLY_HTML },
		{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", REPLY_HTML },
		{ "text/htmlx", REPLY_TEXT }, { "text/htm", REPLY_TEXT }, { "xtext/html", REPLY_TEXT },
		{ "application/json", REPLY_PROBLEM_JSON }, { "application/problem+json", REPLY_PROBLEM_JSON },
		{ "application/json, text/html", REPLY_PROBLEM_JSON }, { "text/html, application/json", REPLY_HTML },
		{ "text/html;q=0", REPLY_TEXT }, { "text/html;q=0.0", REPLY_TEXT }, { "text/html; q=0.00", REPLY_TEXT },
		{ "text/html;Q=0.000", REPLY_TEXT }, { "text/html;q=0.001", REPLY_HTML }, { "text/html;level=1;q=0", REPLY_TEXT },
		{ "text/html;q=0, application/json", REPLY_PROBLEM_JSON }, { "text/html;q=0,text/html", REPLY_HTML },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(reply_form_for(sv_of(cases[i].accept)), cases[i].form);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_in_every_form),
		cmocka_unit_test(forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
