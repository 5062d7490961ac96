#include "proxy/forward_head.h"

#include "wire/http_field.h"

#include <stdio.h>

/* Fields that are for one hop only, or that are written anew. */
static const struct sv dropped[] = {
	{ "connection", 10 }, { "content-length", 14 }, { "host", 4 }, { "http2-settings", 14 },
	{ "keep-alive", 10 }, { "proxy-authenticate", 18 }, { "proxy-authorization", 19 },
	{ "proxy-connection", 16 }, { "te", 2 }, { "trailer", 7 }, { "transfer-encoding", 17 },
	{ "upgrade", 7 },
};

static bool is_dropped(struct sv name, const struct http_field *fields, size_t n)
{
	for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++)
		if (sv_eq_nocase(name, dropped[i]))
			return true;
	return http_fields_have_token(fields, n, SV("connection"), name);
}

static void add_field(struct strbuf *b, struct sv name, struct sv value)
{
	strbuf_add(b, name);
	strbuf_add(b, SV(": "));
	strbuf_add(b, value);
	strbuf_add(b, SV("\r\n"));
}

static void add_kept_fields(struct strbuf *b, const struct http_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_dropped(fields[i].name, fields, n))
			add_field(b, fields[i].name, fields[i].value);
}

static void add_length(struct strbuf *b, uint64_t length)
{
	strbuf_add(b, SV("Content-Length: "));
	strbuf_addu(b, length);
	strbuf_add(b, SV("\r\n"));
}

static void add_upgrade(struct strbuf *b, const struct http_field *fields, size_t n)
{
	const struct http_field *f = http_fields_find(fields, n, SV("upgrade"));

	if (!f)
		return;
	add_field(b, SV("Upgrade"), f->value);
	strbuf_add(b, SV("Connection: upgrade\r\n"));
}

static size_t fields_size(const struct http_field *fields, size_t n)
{
	size_t size = FORWARD_HEAD_SLACK;

	for (size_t i = 0; i < n; i++)
		size += fields[i].name.n + fields[i].value.n + 4;
	return size;
}

size_t forward_request_size(const struct http_request *r)
{
	return fields_size(r->fields, r->n_fields) + r->method.n + r->target.n;
}

size_t forward_response_size(const struct http_response *r)
{
	return fields_size(r->fields, r->n_fields) + r->reason.n;
}

/* The origin-form of the target (RFC 9112 3.2.1), or "*" for OPTIONS of the server itself (3.2.4). */
static void add_target(struct strbuf *b, const struct http_request *r)
{
	if (r->path.n == 0 && sv_eq(r->method, SV("OPTIONS"))) {
		strbuf_addc(b, '*');
		return;
	}
	if (r->path.n == 0 || r->path.p[0] != '/')
		strbuf_addc(b, '/');
	strbuf_add(b, r->path);
}

static void add_host(struct strbuf *b, const struct forward_request *how)
{
	strbuf_add(b, SV("Host: "));
	strbuf_add(b, how->host);
	if (how->port != 80) {
		strbuf_addc(b, ':');
		strbuf_addu(b, how->port);
	}
	strbuf_add(b, SV("\r\n"));
}

void forward_request_head(const struct http_request *r, const struct forward_request *how, struct strbuf *out)
{
	strbuf_add(out, r->method);
	strbuf_addc(out, ' ');
	add_target(out, r);
	strbuf_add(out, SV(" HTTP/1.1\r\n"));
	add_host(out, how);
	add_kept_fields(out, r->fields, r->n_fields);
	if (r->chunked)
		strbuf_add(out, SV("Transfer-Encoding: chunked\r\n"));
	else if (r->has_length)
		add_length(out, r->length);
	if (how->upgrade)
		add_upgrade(out, r->fields, r->n_fields);
	strbuf_add(out, r->minor ? SV("Via: 1.1 ") : SV("Via: 1.0 "));
	strbuf_add(out, how->via);
	strbuf_add(out, SV("\r\n\r\n"));
}

static void add_framing(struct strbuf *b, const struct http_response *r, enum http_framing framing)
{
	if (framing == HTTP_FRAME_CHUNKED)
		strbuf_add(b, SV("Transfer-Encoding: chunked\r\n"));
	else if (r->has_length && r->status != 204)     /* RFC 9110 8.6 */
		add_length(b, r->length);       /* also on HEAD and 304, where no body follows */
}

void forward_response_head(const struct http_response *r, const struct forward_response *how,
			   struct strbuf *out)
{
	strbuf_add(out, SV("HTTP/1.1 "));
	strbuf_addu(out, r->status);
	strbuf_addc(out, ' ');
	strbuf_add(out, r->reason);
	strbuf_add(out, SV("\r\n"));
	add_kept_fields(out, r->fields, r->n_fields);
	if (r->status >= 200)
		add_framing(out, r, how->framing);
	if (how->upgrade)
		add_upgrade(out, r->fields, r->n_fields);
	else if (how->close)
		strbuf_add(out, SV("Connection: close\r\n"));
	strbuf_add(out, r->minor ? SV("Via: 1.1 ") : SV("Via: 1.0 "));
	strbuf_add(out, how->via);
	strbuf_add(out, SV("\r\n\r\n"));
}

bool forward_wants_upgrade(const struct http_request *r)
{
	const struct http_field *f = http_find(r, SV("upgrade"));
	struct sv rest;

	if (!f || !http_has_token(r, SV("connection"), SV("upgrade")))
		return false;
	rest = f->value;
	while (rest.p)
		if (!sv_eq_nocase(sv_trim(sv_cut(&rest, ',')), SV("h2c")))
			return true;
	return false;
}
