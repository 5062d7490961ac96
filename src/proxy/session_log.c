/*
 * session_log -- puts a session's facts into an access record and hands the line to the writer.
 */
#include "proxy/sniff.h"

#include "base/clock.h"
#include "log/record.h"

#include <stdio.h>

void session_id_text(const struct session *s, char out[SESSION_ID_TEXT])
{
	static const char hex[] = "0123456789abcdef";

	for (int i = 0; i < SESSION_ID_TEXT; i++)
		out[i] = hex[s->id >> (60 - 4 * i) & 15];
}

struct record_rule session_rule_record(const struct rule *r)
{
	if (!r)
		return (struct record_rule){ .line = 0 };
	return (struct record_rule){ sv_of(r->collection), sv_of(r->name), sv_of(r->at.file), r->at.line };
}

static void add_trail(const struct session *s, struct access_record *r, struct strbuf *guarded)
{
	const struct trail *t = s->trail;
	char ip[IP_TEXT_MAX];

	if (!t)
		return;
	r->dns_asked = t->dns_asked;
	r->dns_cached = t->dns_cached;
	r->resolved = t->resolved;
	r->n_resolved = t->n_resolved;
	r->chain = (struct sv){ t->chain, t->n_chain };
	if (t->dns_asked)
		r->dns_us = t->dns_us;
	if (s->opened)
		r->connect_us = t->connect_us;
	if (t->guarded == GUARD_PASS)
		return;
	ip_format(&t->guarded_ip, ip);
	strbuf_printf(guarded, "%s %s", ip, guard_verdict_name(t->guarded));
	r->guarded = strbuf_sv(guarded);
}

static void add_hello(const struct session *s, struct access_record *r)
{
	const struct hello_facts *h = s->hello;

	r->tls_version = h->version;
	r->sni = (struct sv){ h->text, h->n_sni };
	r->alpn = (struct sv){ h->text + h->n_sni, h->n_alpn };
	r->ech = h->ech;
}

static void add_verdict(const struct session *s, struct access_record *r)
{
	const struct verdict *v = &s->verdict;

	if (!s->decided)
		return;
	r->generation = s->generation_id;
	r->rule = session_rule_record(v->rule);
	r->would_deny = session_rule_record(v->would_deny);
	r->would_deny_no_rule = v->would_deny_no_rule;
	r->allowed = v->action == ACTION_ALLOW;
	if (v->proto)
		r->proto = sv_of(proto_name(v->proto));
}

/* A session that the policy allowed may still have been refused: by the guard, DNS, the origin, a limit. */
static bool was_let_out(const struct session *s)
{
	return !s->refused && (s->opened || (s->decided && s->verdict.action == ACTION_ALLOW &&
					     s->reason == REASON_NONE));
}

static struct sv detail_of(const struct session *s, struct strbuf *memory)
{
	if (s->detail)
		return sv_of(s->detail);
	if (!s->error)
		return (struct sv){ NULL, 0 };
	strbuf_printf(memory, "%s", strerrordesc_np(s->error));
	return strbuf_sv(memory);
}

void session_log(struct session *s, enum record_event event)
{
	struct worker *w = s->worker;
	char id[SESSION_ID_TEXT], guarded_text[96], detail_text[96], line[RECORD_MAX];
	struct strbuf guarded, detail, out;
	struct detour_texts texts;
	uint64_t now_us = clock_mono_us();
	struct access_record r = {
		.event = event,
		.time_ms = s->start_ms + (int64_t)((now_us - s->start_us) / 1000), .start_ms = s->start_ms,
		.session = { id, SESSION_ID_TEXT }, .worker = w->index, .mode = s->detour ? SV("transparent") : SV("explicit"), .original_in_answer = -1,
		.balancer = s->balancer,
		.generation = w->gen->id, .listener = s->listener, .client = s->peer,
		.user = auth_logged_user(s),
		.method = { s->method, s->n_method }, .host = { s->host, s->n_host }, .port = s->port,
		.reason = s->reason, .status = s->answered && !s->detour ? 200 : 0,
		.origin = s->chosen, .dns_us = -1, .connect_us = -1, .first_byte_us = -1,
		.bytes_up = s->bytes_up, .bytes_down = s->bytes_down,
		.duration_ms = (int64_t)((now_us - s->start_us) / 1000),
		.closed_by = sv_of(s->closed_by),
	};

	session_id_text(s, id);
	strbuf_init(&guarded, guarded_text, sizeof(guarded_text));
	strbuf_init(&detail, detail_text, sizeof(detail_text));
	add_verdict(s, &r);
	session_tls_describe(s, &r);
	add_trail(s, &r, &guarded);
	r.allowed = was_let_out(s);
	r.detail = detail_of(s, &detail);
	if (s->first_byte_us)
		r.first_byte_us = (int64_t)(s->first_byte_us - s->start_us);
	if (s->exchange)
		forward_describe(s, &r);
	if (s->hello)
		add_hello(s, &r);
	if (s->proof)
		verify_describe(s, &r);
	if (s->detour)
		sniff_describe(s, &r, &texts);
	if (event == RECORD_END && !s->answered && s->reason != REASON_NONE && session_speaks_http(s))
		r.status = reason_row(s->reason)->status;
	strbuf_init(&out, line, sizeof(line));
	record_format(session_settings(s)->log_form, &r, &out);
	if (out.full)
		writer_lost(w->shared->log, w->index);
	else if (out.n)
		writer_put(w->shared->log, w->index, strbuf_sv(&out));
}
