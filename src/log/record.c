/*
 * An access record as one line of JSON.  Owns the order of the members and the bounds on their texts.
 *
 * Three sets of bounds.  The first is generous, the second has shorter lists: no clean text of that length makes a line too
 * long.  What the network sends need not be clean, and an escaped octet takes six; when a line does not fit, it is made again
 * within the last set, which fits whatever the octets are.  A line that lost anything to a bound says "truncated":true.
 */
#include "log/record.h"

#include "base/base64.h"
#include "base/clock.h"
#include "log/record_azfw.h"

struct bounds {                         /* octets of input; resolved: addresses */
	size_t word, host, sni, detail, name, file, guarded, path, alpn, chain, resolved, learned, identity, issuer;
};

static const struct bounds ladder[] = {
	{ .word = 64, .host = 256, .sni = 256, .detail = 200, .name = 128, .file = 512, .guarded = 128,
	  .path = RECORD_PATH_MAX, .alpn = 136, .chain = 2048, .resolved = 32,
	  .learned = 1024, .identity = 256, .issuer = 200 },
	/* Where everything is long at once, the lists are shortened first. */
	{ .word = 64, .host = 256, .sni = 256, .detail = 200, .name = 128, .file = 512, .guarded = 128,
	  .path = RECORD_PATH_MAX, .alpn = 136, .chain = 512, .resolved = 8, .learned = 256, .identity = 256, .issuer = 200 },
	/* 6 * (7 words + host and SNI + 2 details + 4 names + 2 files + guarded + path + ALPN + identity +
	 * 2 issuers) = 6072, and some 2000 for the rest */
	{ .word = 20, .host = 256, .sni = 56, .detail = 40, .name = 32, .file = 48, .guarded = 40,
	  .path = 48, .alpn = 24, .chain = 0, .resolved = 8, .identity = 64, .issuer = 40 },
};

struct line {
	struct strbuf b;
	const struct bounds *max;
	bool cut;
};

/* ---- single members ------------------------------------------------------------------------ */

static void add_text(struct line *l, const char *key, struct sv s, size_t max)
{
	if (s.n == 0)
		return;
	l->cut |= s.n > max;
	json_key(&l->b, key);
	json_text(&l->b, s, max);
}

static void add_time(struct line *l, const char *key, int64_t wall_ms)
{
	char text[TIME_TEXT_MAX];
	size_t n = time_format(wall_ms, text);

	json_key(&l->b, key);
	strbuf_addc(&l->b, '"');
	strbuf_add(&l->b, (struct sv){ text, n });
	strbuf_addc(&l->b, '"');
}

/* Milliseconds with three decimals. */
static void add_ms(struct line *l, const char *key, int64_t us)
{
	unsigned rest;

	if (us < 0)
		return;
	rest = (unsigned)(us % 1000);
	json_member_u(&l->b, key, (uint64_t)us / 1000);
	strbuf_addc(&l->b, '.');
	strbuf_addc(&l->b, (char)('0' + rest / 100));
	strbuf_addc(&l->b, (char)('0' + rest / 10 % 10));
	strbuf_addc(&l->b, (char)('0' + rest % 10));
}

static void add_unless_zero(struct line *l, const char *key, uint64_t value)
{
	if (value)
		json_member_u(&l->b, key, value);
}

static void add_ip(struct line *l, const char *key, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	if (ip->family)
		json_member(&l->b, key, (struct sv){ text, ip_format(ip, text) });
}

/* "192.0.2.1:3128", "[2001:db8::1]:3128" */
static void add_endpoint(struct line *l, const char *key, const struct endpoint *e)
{
	char text[IP_TEXT_MAX];
	bool v6 = e->ip.family == 6;

	if (!e->ip.family)
		return;
	json_key(&l->b, key);
	strbuf_add(&l->b, v6 ? SV("\"[") : SV("\""));
	strbuf_add(&l->b, (struct sv){ text, ip_format(&e->ip, text) });
	strbuf_add(&l->b, v6 ? SV("]:") : SV(":"));
	strbuf_addu(&l->b, e->port);
	strbuf_addc(&l->b, '"');
}

/* ---- groups of members, in the order of the line ------------------------------------------- */

static void add_identity(struct line *l, const struct access_record *r)
{
	static const struct sv events[] = {
		[RECORD_START] = { "start", 5 },
		[RECORD_INTERIM] = { "interim", 7 },
		[RECORD_END] = { "end", 3 },
	};

	json_member_u(&l->b, "schema", RECORD_SCHEMA);
	json_member(&l->b, "type", SV("access"));
	add_time(l, "time", r->time_ms);
	add_time(l, "start", r->start_ms);
	json_member(&l->b, "event", events[r->event]);
	add_text(l, "session", r->session, l->max->word);
	json_member_u(&l->b, "worker", r->worker);
	json_member_u(&l->b, "generation", r->generation);
}

/* As many names as fit into the bound, whole ones only. */
static void add_learned(struct line *l, const struct access_record *r)
{
	size_t used = 0, n = 0;

	while (n < r->n_learned && used + r->learned[n].n <= l->max->learned)
		used += r->learned[n++].n;
	l->cut |= n < r->n_learned;
	if (n == 0)
		return;
	json_open(&l->b, "learned", '[');
	for (size_t i = 0; i < n; i++)
		json_element(&l->b, r->learned[i]);
	json_close(&l->b, ']');
}

static void add_client_identity(struct line *l, const struct access_record *r)
{
	if (r->client_tls)
		json_member(&l->b, "client_tls", r->client_tls >= 0x0304 ? SV("TLS 1.3") : SV("TLS 1.2"));
	add_text(l, "identity", r->identity, l->max->identity);
	add_text(l, "identity_issuer", r->issuer, l->max->issuer);
	add_text(l, "identity_serial", r->serial, l->max->word);
	add_text(l, "user", r->user, l->max->word);
}

static void add_original(struct line *l, const struct access_record *r)
{
	if (!r->original.ip.family)
		return;
	add_ip(l, "orig_ip", &r->original.ip);
	add_unless_zero(l, "orig_port", r->original.port);
	if (r->original_in_answer >= 0)
		json_member_bool(&l->b, "orig_in_answer", r->original_in_answer);
	add_text(l, "name_from", r->name_from, l->max->word);
	add_learned(l, r);
}

static void add_request(struct line *l, const struct access_record *r)
{
	add_text(l, "mode", r->mode, l->max->word);
	add_endpoint(l, "listener", &r->listener);
	add_ip(l, "client_ip", &r->client.ip);
	if (r->client.ip.family)
		json_member_u(&l->b, "client_port", r->client.port);
	add_ip(l, "balancer_ip", &r->balancer);
	add_client_identity(l, r);
	add_original(l, r);
	add_text(l, "method", r->method, l->max->word);
	add_text(l, "host", r->host, l->max->host);
	add_unless_zero(l, "port", r->port);
	add_text(l, "path", r->path, l->max->path);
	add_unless_zero(l, "request", r->request);
	add_text(l, "proto", r->proto, l->max->word);
}

static void add_hello(struct line *l, const struct access_record *r)
{
	static const struct sv versions[] = { { "SSL 3.0", 7 }, { "TLS 1.0", 7 }, { "TLS 1.1", 7 },
					      { "TLS 1.2", 7 }, { "TLS 1.3", 7 } };
	unsigned minor = r->tls_version - 0x0300;

	if (!r->tls_version)
		return;
	add_text(l, "sni", r->sni, l->max->sni);
	add_text(l, "alpn", r->alpn, l->max->alpn);
	json_member(&l->b, "tls_version", minor < sizeof(versions) / sizeof(versions[0]) ? versions[minor]
											: SV("unknown"));
	json_member_bool(&l->b, "ech", r->ech);
}

static void add_would_deny(struct line *l, const struct access_record *r)
{
	if (r->would_deny.collection.n) {
		json_open(&l->b, "would_deny", '{');
		add_text(l, "collection", r->would_deny.collection, l->max->name);
		add_text(l, "rule", r->would_deny.rule, l->max->name);
		add_text(l, "file", r->would_deny.file, l->max->file);
		add_unless_zero(l, "line", r->would_deny.line);
		json_close(&l->b, '}');
	} else if (r->would_deny_no_rule) {
		json_open(&l->b, "would_deny", '{');
		json_member(&l->b, "reason", sv_of(reason_row(REASON_NO_RULE)->word));
		json_close(&l->b, '}');
	}
}

static void add_verdict(struct line *l, const struct access_record *r)
{
	const struct reason_row *why = reason_row(r->reason);

	json_member(&l->b, "action", r->allowed ? SV("allow") : SV("deny"));
	if (r->reason != REASON_NONE) {
		json_member(&l->b, "reason", sv_of(why->word));
		if (why->proxy_error)
			json_member(&l->b, "proxy_error", sv_of(why->proxy_error));
	}
	add_text(l, "detail", r->detail, l->max->detail);
	add_unless_zero(l, "status", r->status);
	if (r->rule.collection.n) {
		add_text(l, "collection", r->rule.collection, l->max->name);
		add_text(l, "rule", r->rule.rule, l->max->name);
		add_text(l, "rule_file", r->rule.file, l->max->file);
		add_unless_zero(l, "rule_line", r->rule.line);
	}
	add_would_deny(l, r);
}

static void add_resolved(struct line *l, const struct access_record *r)
{
	size_t n = r->n_resolved < l->max->resolved ? r->n_resolved : l->max->resolved;
	char text[IP_TEXT_MAX];

	if (n == 0)
		return;
	l->cut |= n < r->n_resolved;
	json_open(&l->b, "resolved", '[');
	for (size_t i = 0; i < n; i++)
		json_element(&l->b, (struct sv){ text, ip_format(&r->resolved[i], text) });
	json_close(&l->b, ']');
}

/* Whole names only: one that does not fit into the bound ends the list. */
static void add_chain(struct line *l, const struct access_record *r)
{
	struct sv rest = r->chain;
	size_t used = 0;

	if (rest.n == 0)
		return;
	if (sv_find(rest, ' ') > l->max->chain) {
		l->cut = true;          /* not even the first */
		return;
	}
	json_open(&l->b, "cname", '[');
	while (rest.p) {
		struct sv name = sv_cut(&rest, ' ');

		used += name.n + 1;
		if (used > l->max->chain + 1) {
			l->cut = true;
			break;
		}
		if (name.n)
			json_element(&l->b, name);
	}
	json_close(&l->b, ']');
}

static void add_origin_tls(struct line *l, const struct access_record *r)
{
	if (!r->origin_tls.known)
		return;
	json_open(&l->b, "origin_tls", '{');
	json_member_bool(&l->b, "verified", r->origin_tls.verified);
	add_text(l, "error", r->origin_tls.error, l->max->detail);
	add_text(l, "issuer", r->origin_tls.issuer, l->max->issuer);
	if (r->origin_tls.key) {
		json_key(&l->b, "key");
		strbuf_add(&l->b, SV("\"sha256:"));
		base64_encode(&l->b, r->origin_tls.key, 32);
		strbuf_addc(&l->b, '"');
	}
	if (r->origin_tls.expires_ms)
		add_time(l, "expires", r->origin_tls.expires_ms);
	json_member_u(&l->b, "age_ms", (uint64_t)r->origin_tls.age_ms);
	json_close(&l->b, '}');
}

static void add_path(struct line *l, const struct access_record *r)
{
	add_resolved(l, r);
	add_text(l, "guarded", r->guarded, l->max->guarded);
	add_chain(l, r);
	add_ip(l, "origin_ip", &r->origin.ip);
	if (r->origin.ip.family)
		json_member_u(&l->b, "origin_port", r->origin.port);
	add_origin_tls(l, r);
	if (r->dns_asked)
		json_member_bool(&l->b, "dns_cached", r->dns_cached);
	add_ms(l, "dns_ms", r->dns_us);
	add_ms(l, "connect_ms", r->connect_us);
	add_ms(l, "first_byte_ms", r->first_byte_us);
}

static void add_traffic(struct line *l, const struct access_record *r)
{
	json_member_u(&l->b, "bytes_up", r->bytes_up);
	json_member_u(&l->b, "bytes_down", r->bytes_down);
	if (r->duration_ms >= 0)
		json_member_u(&l->b, "duration_ms", (uint64_t)r->duration_ms);
	add_text(l, "closed_by", r->closed_by, l->max->word);
	if (l->cut)
		json_member_bool(&l->b, "truncated", true);
}

/* ---- lines --------------------------------------------------------------------------------- */

/* A line of its own behind what `out` holds already. */
static void line_open(struct line *l, const struct strbuf *out, const struct bounds *max)
{
	size_t room = out->cap - out->n;

	*l = (struct line){ .max = max };
	strbuf_init(&l->b, out->p + out->n, room < RECORD_MAX ? room : RECORD_MAX);
	json_open(&l->b, NULL, '{');
}

/* False, and `out` stays as it was, when the line does not fit. */
static bool line_close(struct line *l, struct strbuf *out)
{
	json_close(&l->b, '}');
	strbuf_addc(&l->b, '\n');
	if (l->b.full)
		return false;
	out->n += l->b.n;
	return true;
}

void record_format_json(const struct access_record *r, struct strbuf *out)
{
	for (size_t i = 0; i < sizeof(ladder) / sizeof(ladder[0]); i++) {
		struct line l;

		line_open(&l, out, &ladder[i]);
		add_identity(&l, r);
		add_request(&l, r);
		add_hello(&l, r);
		add_verdict(&l, r);
		add_path(&l, r);
		add_traffic(&l, r);
		if (line_close(&l, out))
			return;
	}
	out->full = true;               /* the caller's buffer is smaller than RECORD_MAX */
}

void record_format_lost(uint64_t lost, int64_t since_ms, int64_t now_ms, struct strbuf *out)
{
	struct line l;

	line_open(&l, out, &ladder[0]);
	json_member_u(&l.b, "schema", RECORD_SCHEMA);
	json_member(&l.b, "type", SV("lost"));
	add_time(&l, "time", now_ms);
	json_member_u(&l.b, "lost", lost);
	add_time(&l, "since", since_ms);
	if (!line_close(&l, out))
		out->full = true;
}

/* ---- questions to the DNS listener ---------------------------------------------------------- */

const char *dns_reason_word(enum dns_reason r)
{
	static const char *const words[DNS_REASONS] = {
		[DNS_BY_RULE] = "rule", [DNS_BY_ADDRESS_RULE] = "address_rule", [DNS_BY_ZONE] = "zone",
		[DNS_BY_LIST] = "listed", [DNS_BY_OPEN] = "open", [DNS_BY_DEFAULT_AUDIT] = "default_audit",
		[DNS_NO_RULE] = "no_rule", [DNS_UNKNOWN_CLIENT] = "unknown_client",
		[DNS_NOT_A_HOST_NAME] = "not_a_host_name", [DNS_BAD_CLASS] = "bad_class",
		[DNS_BAD_TYPE] = "bad_type", [DNS_OVERLOADED] = "overloaded",
	};

	return words[r];
}

struct number_word {
	unsigned number;
	const char *word;
};

/* A known number by its word, another as PREFIXnumber (RFC 3597). */
static void add_number_word(struct strbuf *b, const char *key, const char *prefix, unsigned number,
			    const struct number_word *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (words[i].number == number) {
			json_member(b, key, sv_of(words[i].word));
			return;
		}
	json_key(b, key);
	strbuf_addc(b, '"');
	strbuf_add(b, sv_of(prefix));
	strbuf_addu(b, number);
	strbuf_addc(b, '"');
}

void record_qtype(struct strbuf *b, const char *key, unsigned qtype)
{
	static const struct number_word types[] = {
		{ 1, "A" }, { 2, "NS" }, { 5, "CNAME" }, { 6, "SOA" }, { 12, "PTR" }, { 15, "MX" }, { 16, "TXT" },
		{ 28, "AAAA" }, { 33, "SRV" }, { 35, "NAPTR" }, { 43, "DS" }, { 48, "DNSKEY" }, { 52, "TLSA" },
		{ 64, "SVCB" }, { 65, "HTTPS" }, { 251, "IXFR" }, { 252, "AXFR" }, { 255, "ANY" }, { 257, "CAA" },
	};

	add_number_word(b, key, "TYPE", qtype, types, sizeof(types) / sizeof(types[0]));
}

void record_qclass(struct strbuf *b, const char *key, unsigned qclass)
{
	static const struct number_word classes[] = { { 1, "IN" }, { 3, "CH" }, { 4, "HS" }, { 254, "NONE" }, { 255, "ANY" } };

	add_number_word(b, key, "CLASS", qclass, classes, sizeof(classes) / sizeof(classes[0]));
}

void record_rcode(struct strbuf *b, const char *key, unsigned rcode)
{
	static const struct number_word codes[] = {
		{ 0, "NOERROR" }, { 1, "FORMERR" }, { 2, "SERVFAIL" }, { 3, "NXDOMAIN" }, { 4, "NOTIMP" },
		{ 5, "REFUSED" }, { 16, "BADVERS" },
	};

	add_number_word(b, key, "RCODE", rcode, codes, sizeof(codes) / sizeof(codes[0]));
}

static void add_answers(struct line *l, const struct dns_record_entry *r)
{
	size_t n = r->n_answers < l->max->resolved ? r->n_answers : l->max->resolved;
	char text[IP_TEXT_MAX];

	l->cut |= n < r->n_answers;
	if (n == 0)
		return;
	json_open(&l->b, "answers", '[');
	for (size_t i = 0; i < n; i++)
		json_element(&l->b, (struct sv){ text, ip_format(&r->answers[i], text) });
	json_close(&l->b, ']');
}

static void add_dns_question(struct line *l, const struct dns_record_entry *r)
{
	json_member_u(&l->b, "schema", RECORD_SCHEMA);
	json_member(&l->b, "type", SV("dns"));
	add_time(l, "time", r->time_ms);
	json_member_u(&l->b, "worker", r->worker);
	json_member_u(&l->b, "generation", r->generation);
	add_text(l, "transport", r->transport, l->max->word);
	add_endpoint(l, "listener", &r->listener);
	add_ip(l, "client_ip", &r->client.ip);
	json_member_u(&l->b, "client_port", r->client.port);
	json_key(&l->b, "name");
	json_text(&l->b, r->name, 1024);
	record_qtype(&l->b, "qtype", r->qtype);
}

static void add_dns_verdict(struct line *l, const struct dns_record_entry *r)
{
	json_member(&l->b, "action", r->allowed ? SV("allow") : SV("deny"));
	json_member(&l->b, "reason", sv_of(dns_reason_word(r->reason)));
	if (r->rule.collection.n) {
		add_text(l, "collection", r->rule.collection, l->max->name);
		add_text(l, "rule", r->rule.rule, l->max->name);
		add_text(l, "rule_file", r->rule.file, l->max->file);
		add_unless_zero(l, "rule_line", r->rule.line);
	}
}

static void add_dns_answer(struct line *l, const struct dns_record_entry *r)
{
	record_rcode(&l->b, "rcode", r->rcode);
	add_text(l, "error", r->error, l->max->word);
	json_member_u(&l->b, "records", r->records);
	add_answers(l, r);
	add_unless_zero(l, "left_out", r->left_out);
	if (r->truncated)
		json_member_bool(&l->b, "tc", true);
	if (r->asked)
		json_member_bool(&l->b, "cached", r->cached);
	add_ms(l, "ms", r->took_us);
	if (l->cut)
		json_member_bool(&l->b, "truncated", true);
}

void record_format_dns(const struct dns_record_entry *r, struct strbuf *out)
{
	for (size_t i = 0; i < sizeof(ladder) / sizeof(ladder[0]); i++) {
		struct line l;

		line_open(&l, out, &ladder[i]);
		add_dns_question(&l, r);
		add_dns_verdict(&l, r);
		add_dns_answer(&l, r);
		if (line_close(&l, out))
			return;
	}
	out->full = true;
}

/* ---- the forms ------------------------------------------------------------------------------- */

void record_format(enum record_form form, const struct access_record *r, struct strbuf *out)
{
	(form == RECORD_AZFW ? record_azfw : record_format_json)(r, out);
}

void record_format_question(enum record_form form, const struct dns_record_entry *r, struct strbuf *out)
{
	(form == RECORD_AZFW ? record_azfw_dns : record_format_dns)(r, out);
}
