#include "proxy/reply.h"

#include <stdio.h>

static const char *status_phrase(unsigned status)
{
	static const struct { unsigned status; const char *phrase; } rows[] = {
		{ 400, "Bad Request" }, { 403, "Forbidden" }, { 407, "Proxy Authentication Required" },
		{ 408, "Request Timeout" }, { 413, "Content Too Large" }, { 417, "Expectation Failed" },
		{ 421, "Misdirected Request" }, { 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" }, { 501, "Not Implemented" }, { 502, "Bad Gateway" },
		{ 503, "Service Unavailable" }, { 504, "Gateway Timeout" },
		{ 505, "HTTP Version Not Supported" }, { 508, "Loop Detected" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == status)
			return rows[i].phrase;
	return "Error";
}

static void format_text(const struct reply *r, const struct reason_row *row, struct strbuf *b)
{
	strbuf_add(b, sv_of(row->sentence));
	strbuf_add(b, SV(".\nreason: "));
	strbuf_add(b, sv_of(row->word));
	strbuf_add(b, SV("\nsession: "));
	strbuf_add(b, r->session);
	strbuf_addc(b, '\n');
}

static void format_problem(const struct reply *r, const struct reason_row *row, struct strbuf *b)
{
	json_open(b, JSON_NO_KEY, '{');
	json_member(b, JSON_KEY("title"), sv_of(row->sentence));
	json_member_u(b, JSON_KEY("status"), row->status);
	json_member(b, JSON_KEY("reason"), sv_of(row->word));
	json_member(b, JSON_KEY("session"), r->session);
	json_close(b, '}');
	strbuf_addc(b, '\n');
}

static void format_html(const struct reply *r, const struct reason_row *row, struct strbuf *b)
{
	strbuf_printf(b,
		"<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>%s</title>\n"
		"<body style=\"font:16px sans-serif;margin:3em;max-width:40em\">\n"
		"<h1>%u %s</h1>\n<p>%s.</p>\n<p>Reason: <code>%s</code><br>Session: <code>%.*s</code></p>\n"
		"<p>Quote the session to the operator of this proxy.</p>\n",
		status_phrase(row->status), row->status, status_phrase(row->status), row->sentence,
		row->word, SV_ARG(r->session));
}

/* RFC 9209, with the end of the line before and its own. */
static void add_proxy_status(const struct reply *r, const struct reason_row *row, struct strbuf *out)
{
	strbuf_add(out, SV("\r\nProxy-Status: sekisho; error="));
	strbuf_add(out, sv_of(row->proxy_error));
	if (r->rcode) {
		strbuf_add(out, SV("; rcode=\""));
		strbuf_add(out, sv_of(r->rcode));
		strbuf_addc(out, '"');
	}
	strbuf_add(out, SV("; details=\""));
	strbuf_add(out, sv_of(row->word));
	strbuf_add(out, SV("\"\r\n"));
}

/* RFC 7617 section 2.1 */
static void add_challenge(const struct reply *r, struct strbuf *out)
{
	strbuf_add(out, SV("Proxy-Authenticate: Basic realm=\""));
	strbuf_add(out, r->realm);
	strbuf_add(out, SV("\", charset=\"UTF-8\"\r\n"));
}

static void add_retry(unsigned seconds, struct strbuf *out)
{
	strbuf_add(out, SV("Retry-After: "));
	strbuf_addu(out, seconds);
	strbuf_add(out, SV("\r\n"));
}

void reply_format(const struct reply *r, struct strbuf *out)
{
	static const struct {
		const char *type;
		void (*format)(const struct reply *, const struct reason_row *, struct strbuf *);
	} forms[] = {
		[REPLY_TEXT] = { "text/plain; charset=utf-8", format_text },
		[REPLY_PROBLEM_JSON] = { "application/problem+json", format_problem },
		[REPLY_HTML] = { "text/html; charset=utf-8", format_html },
	};
	const struct reason_row *row = reason_row(r->reason);
	char memory[REPLY_MAX / 2];
	struct strbuf body;

	strbuf_init(&body, memory, sizeof(memory));
	forms[r->form].format(r, row, &body);
	strbuf_add(out, SV("HTTP/1.1 "));
	strbuf_addu(out, row->status);
	strbuf_addc(out, ' ');
	strbuf_add(out, sv_of(status_phrase(row->status)));
	add_proxy_status(r, row, out);
	if (row->status == 407)
		add_challenge(r, out);
	if (row->status == 503 || row->status == 429)
		add_retry(row->status == 503 ? 5 : r->retry_s, out);
	strbuf_add(out, SV("Content-Type: "));
	strbuf_add(out, sv_of(forms[r->form].type));
	strbuf_add(out, SV("\r\nContent-Length: "));
	strbuf_addu(out, body.n);
	strbuf_add(out, SV("\r\n"));
	strbuf_add(out, r->keep ? SV("Cache-Control: no-store\r\n\r\n")
				: SV("Cache-Control: no-store\r\nConnection: close\r\n\r\n"));
	if (!r->head_only)
		strbuf_add(out, strbuf_sv(&body));
}

/* Whether one element of Accept ("text/html;q=0.8") is of that type and not switched off. */
static bool element_accepts(struct sv element, struct sv type)
{
	struct sv rest = element, media = sv_trim(sv_cut(&rest, ';'));

	if (!sv_eq_nocase(media, type))
		return false;
	while (rest.p) {
		struct sv parameter = sv_trim(sv_cut(&rest, ';'));

		if (sv_eq_nocase(parameter, SV("q=0")) || sv_eq_nocase(parameter, SV("q=0.0")) ||
		    sv_eq_nocase(parameter, SV("q=0.00")) || sv_eq_nocase(parameter, SV("q=0.000")))
			return false;
	}
	return true;
}

enum reply_form reply_form_for(struct sv accept)
{
	static const struct { struct sv type; enum reply_form form; } types[] = {
		{ { "text/html", 9 }, REPLY_HTML },
		{ { "application/problem+json", 24 }, REPLY_PROBLEM_JSON },
		{ { "application/json", 16 }, REPLY_PROBLEM_JSON },
	};

	while (accept.p && accept.n) {
		struct sv element = sv_cut(&accept, ',');

		for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
			if (element_accepts(element, types[i].type))
				return types[i].form;
	}
	return REPLY_TEXT;
}
