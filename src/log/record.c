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
	/* 6 * (3 words + host and SNI + 2 details + 4 names + 2 files + guarded + path + ALPN + identity +
	 * 2 issuers) = 5592, and some 2000 for the rest */
	{ .word = 20, .host = 256, .sni = 56, .detail = 40, .name = 32, .file = 48, .guarded = 40,
	  .path = 48, .alpn = 24, .chain = 0, .resolved = 8, .identity = 64, .issuer = 40 },
};

struct line {
	struct strbuf b;
	const struct bounds *max;
	bool cut;
};

/* ---- single members ------------------------------------------------------------------------ */

static void add_text(struct line *l, struct sv key, struct sv s, size_t max)
{
	if (s.n == 0)
		return;
	l->cut |= s.n > max;
	json_key(&l->b, key);
	json_text(&l->b, s, max);
}

/* A word of ours, see json_word(). */
static void add_word(struct line *l, struct sv key, struct sv word)
{
	if (word.n == 0)
		return;
	json_key(&l->b, key);
	json_word(&l->b, word);
}

static void add_time(struct line *l, struct sv key, int64_t wall_ms)
{
	char text[TIME_TEXT_MAX];
	size_t n = time_format(wall_ms, text);

	add_word(l, key, (struct sv){ text, n });
}

/* Milliseconds with three decimals. */
static void add_ms(struct line *l, struct sv key, int64_t us)
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

static void add_unless_zero(struct line *l, struct sv key, uint64_t value)
{
	if (value)
		json_member_u(&l->b, key, value);
}

static void add_ip(struct line *l, struct sv key, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	if (ip->family)
		add_word(l, key, (struct sv){ text, ip_format(ip, text) });
}

/* "192.0.2.1:3128", "[2001:db8::1]:3128" */
static void add_endpoint(struct line *l, struct sv key, const struct endpoint *e)
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

	json_member_u(&l->b, JSON_KEY("schema"), RECORD_SCHEMA);
	add_word(l, JSON_KEY("type"), SV("access"));
	add_time(l, JSON_KEY("time"), r->time_ms);
	add_time(l, JSON_KEY("start"), r->start_ms);
	add_word(l, JSON_KEY("event"), events[r->event]);
	add_word(l, JSON_KEY("session"), r->session);
	json_member_u(&l->b, JSON_KEY("worker"), r->worker);
	json_member_u(&l->b, JSON_KEY("generation"), r->generation);
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
	json_open(&l->b, JSON_KEY("learned"), '[');
	for (size_t i = 0; i < n; i++)
		json_element(&l->b, r->learned[i]);
	json_close(&l->b, ']');
}

static void add_client_identity(struct line *l, const struct access_record *r)
{
	if (r->client_tls)
		add_word(l, JSON_KEY("client_tls"), r->client_tls >= 0x0304 ? SV("TLS 1.3") : SV("TLS 1.2"));
	add_text(l, JSON_KEY("identity"), r->identity, l->max->identity);
	add_text(l, JSON_KEY("identity_issuer"), r->issuer, l->max->issuer);
	add_text(l, JSON_KEY("identity_serial"), r->serial, l->max->word);
	add_text(l, JSON_KEY("user"), r->user, l->max->word);
}

static void add_original(struct line *l, const struct access_record *r)
{
	if (!r->original.ip.family)
		return;
	add_ip(l, JSON_KEY("orig_ip"), &r->original.ip);
	add_unless_zero(l, JSON_KEY("orig_port"), r->original.port);
	if (r->original_in_answer >= 0)
		json_member_bool(&l->b, JSON_KEY("orig_in_answer"), r->original_in_answer);
	add_word(l, JSON_KEY("name_from"), r->name_from);
	add_learned(l, r);
}

static void add_request(struct line *l, const struct access_record *r)
{
	add_word(l, JSON_KEY("mode"), r->mode);
	add_endpoint(l, JSON_KEY("listener"), &r->listener);
	add_ip(l, JSON_KEY("client_ip"), &r->client.ip);
	if (r->client.ip.family)
		json_member_u(&l->b, JSON_KEY("client_port"), r->client.port);
	add_ip(l, JSON_KEY("balancer_ip"), &r->balancer);
	add_client_identity(l, r);
	add_original(l, r);
	add_text(l, JSON_KEY("method"), r->method, l->max->word);
	add_text(l, JSON_KEY("host"), r->host, l->max->host);
	add_unless_zero(l, JSON_KEY("port"), r->port);
	add_text(l, JSON_KEY("path"), r->path, l->max->path);
	add_unless_zero(l, JSON_KEY("request"), r->request);
	add_word(l, JSON_KEY("proto"), r->proto);
}

static void add_hello(struct line *l, const struct access_record *r)
{
	static const struct sv versions[] = { { "SSL 3.0", 7 }, { "TLS 1.0", 7 }, { "TLS 1.1", 7 },
					      { "TLS 1.2", 7 }, { "TLS 1.3", 7 } };
	unsigned minor = r->tls_version - 0x0300;

	if (!r->tls_version)
		return;
	add_text(l, JSON_KEY("sni"), r->sni, l->max->sni);
	add_text(l, JSON_KEY("alpn"), r->alpn, l->max->alpn);
	add_word(l, JSON_KEY("tls_version"), minor < sizeof(versions) / sizeof(versions[0]) ? versions[minor] : SV("unknown"));
	json_member_bool(&l->b, JSON_KEY("ech"), r->ech);
}

static void add_would_deny(struct line *l, const struct access_record *r)
{
	if (r->would_deny.collection.n) {
		json_open(&l->b, JSON_KEY("would_deny"), '{');
		add_text(l, JSON_KEY("collection"), r->would_deny.collection, l->max->name);
		add_text(l, JSON_KEY("rule"), r->would_deny.rule, l->max->name);
		add_text(l, JSON_KEY("file"), r->would_deny.file, l->max->file);
		add_unless_zero(l, JSON_KEY("line"), r->would_deny.line);
		json_close(&l->b, '}');
	} else if (r->would_deny_no_rule) {
		json_open(&l->b, JSON_KEY("would_deny"), '{');
		add_word(l, JSON_KEY("reason"), sv_of(reason_row(REASON_NO_RULE)->word));
		json_close(&l->b, '}');
	}
}

static void add_verdict(struct line *l, const struct access_record *r)
{
	const struct reason_row *why = reason_row(r->reason);

	add_word(l, JSON_KEY("action"), r->allowed ? SV("allow") : SV("deny"));
	if (r->reason != REASON_NONE) {
		add_word(l, JSON_KEY("reason"), sv_of(why->word));
		add_word(l, JSON_KEY("proxy_error"), sv_of(why->proxy_error));
	}
	add_text(l, JSON_KEY("detail"), r->detail, l->max->detail);
	add_unless_zero(l, JSON_KEY("status"), r->status);
	if (r->rule.collection.n) {
		add_text(l, JSON_KEY("collection"), r->rule.collection, l->max->name);
		add_text(l, JSON_KEY("rule"), r->rule.rule, l->max->name);
		add_text(l, JSON_KEY("rule_file"), r->rule.file, l->max->file);
		add_unless_zero(l, JSON_KEY("rule_line"), r->rule.line);
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
	json_open(&l->b, JSON_KEY("resolved"), '[');
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
	json_open(&l->b, JSON_KEY("cname"), '[');
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
	json_open(&l->b, JSON_KEY("origin_tls"), '{');
	json_member_bool(&l->b, JSON_KEY("verified"), r->origin_tls.verified);
	add_text(l, JSON_KEY("error"), r->origin_tls.error, l->max->detail);
	add_text(l, JSON_KEY("issuer"), r->origin_tls.issuer, l->max->issuer);
	if (r->origin_tls.key) {
		json_key(&l->b, JSON_KEY("key"));
		strbuf_add(&l->b, SV("\"sha256:"));
		base64_encode(&l->b, r->origin_tls.key, 32);
		strbuf_addc(&l->b, '"');
	}
	if (r->origin_tls.expires_ms)
		add_time(l, JSON_KEY("expires"), r->origin_tls.expires_ms);
	json_member_u(&l->b, JSON_KEY("age_ms"), (uint64_t)r->origin_tls.age_ms);
	json_close(&l->b, '}');
}

static void add_path(struct line *l, const struct access_record *r)
{
	add_resolved(l, r);
	add_text(l, JSON_KEY("guarded"), r->guarded, l->max->guarded);
	add_chain(l, r);
	add_ip(l, JSON_KEY("origin_ip"), &r->origin.ip);
	if (r->origin.ip.family)
		json_member_u(&l->b, JSON_KEY("origin_port"), r->origin.port);
	add_origin_tls(l, r);
	if (r->dns_asked)
		json_member_bool(&l->b, JSON_KEY("dns_cached"), r->dns_cached);
	add_ms(l, JSON_KEY("dns_ms"), r->dns_us);
	add_ms(l, JSON_KEY("connect_ms"), r->connect_us);
	add_ms(l, JSON_KEY("first_byte_ms"), r->first_byte_us);
}

static void add_traffic(struct line *l, const struct access_record *r)
{
	json_member_u(&l->b, JSON_KEY("bytes_up"), r->bytes_up);
	json_member_u(&l->b, JSON_KEY("bytes_down"), r->bytes_down);
	if (r->duration_ms >= 0)
		json_member_u(&l->b, JSON_KEY("duration_ms"), (uint64_t)r->duration_ms);
	add_word(l, JSON_KEY("closed_by"), r->closed_by);
	if (l->cut)
		json_member_bool(&l->b, JSON_KEY("truncated"), true);
}

/* ---- lines --------------------------------------------------------------------------------- */

/* A line of its own behind what `out` holds already. */
static void line_open(struct line *l, const struct strbuf *out, const struct bounds *max)
{
	size_t room = out->cap - out->n;

	*l = (struct line){ .max = max };
	strbuf_init(&l->b, out->p + out->n, room < RECORD_MAX ? room : RECORD_MAX);
	json_open(&l->b, JSON_NO_KEY, '{');
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
	json_member_u(&l.b, JSON_KEY("schema"), RECORD_SCHEMA);
	json_member(&l.b, JSON_KEY("type"), SV("lost"));
	add_time(&l, JSON_KEY("time"), now_ms);
	json_member_u(&l.b, JSON_KEY("lost"), lost);
	add_time(&l, JSON_KEY("since"), since_ms);
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
static void add_number_word(struct strbuf *b, struct sv key, const char *prefix, unsigned number,
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

void record_qtype(struct strbuf *b, struct sv key, unsigned qtype)
{
	static const struct number_word types[] = {
		{ 1, "A" }, { 2, "NS" }, { 5, "CNAME" }, { 6, "SOA" }, { 12, "PTR" }, { 15, "MX" }, { 16, "TXT" },
		{ 28, "AAAA" }, { 33, "SRV" }, { 35, "NAPTR" }, { 43, "DS" }, { 48, "DNSKEY" }, { 52, "TLSA" },
		{ 64, "SVCB" }, { 65, "HTTPS" }, { 251, "IXFR" }, { 252, "AXFR" }, { 255, "ANY" }, { 257, "CAA" },
	};

	add_number_word(b, key, "TYPE", qtype, types, sizeof(types) / sizeof(types[0]));
}

void record_qclass(struct strbuf *b, struct sv key, unsigned qclass)
{
	static const struct number_word classes[] = { { 1, "IN" }, { 3, "CH" }, { 4, "HS" }, { 254, "NONE" }, { 255, "ANY" } };

	add_number_word(b, key, "CLASS", qclass, classes, sizeof(classes) / sizeof(classes[0]));
}

void record_rcode(struct strbuf *b, struct sv key, unsigned rcode)
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
	json_open(&l->b, JSON_KEY("answers"), '[');
	for (size_t i = 0; i < n; i++)
		json_element(&l->b, (struct sv){ text, ip_format(&r->answers[i], text) });
	json_close(&l->b, ']');
}

static void add_dns_question(struct line *l, const struct dns_record_entry *r)
{
	json_member_u(&l->b, JSON_KEY("schema"), RECORD_SCHEMA);
	json_member(&l->b, JSON_KEY("type"), SV("dns"));
	add_time(l, JSON_KEY("time"), r->time_ms);
	json_member_u(&l->b, JSON_KEY("worker"), r->worker);
	json_member_u(&l->b, JSON_KEY("generation"), r->generation);
	add_word(l, JSON_KEY("transport"), r->transport);
	add_endpoint(l, JSON_KEY("listener"), &r->listener);
	add_ip(l, JSON_KEY("client_ip"), &r->client.ip);
	json_member_u(&l->b, JSON_KEY("client_port"), r->client.port);
	json_key(&l->b, JSON_KEY("name"));
	json_text(&l->b, r->name, 1024);
	record_qtype(&l->b, JSON_KEY("qtype"), r->qtype);
}

static void add_dns_verdict(struct line *l, const struct dns_record_entry *r)
{
	json_member(&l->b, JSON_KEY("action"), r->allowed ? SV("allow") : SV("deny"));
	json_member(&l->b, JSON_KEY("reason"), sv_of(dns_reason_word(r->reason)));
	if (r->rule.collection.n) {
		add_text(l, JSON_KEY("collection"), r->rule.collection, l->max->name);
		add_text(l, JSON_KEY("rule"), r->rule.rule, l->max->name);
		add_text(l, JSON_KEY("rule_file"), r->rule.file, l->max->file);
		add_unless_zero(l, JSON_KEY("rule_line"), r->rule.line);
	}
}

static void add_dns_answer(struct line *l, const struct dns_record_entry *r)
{
	record_rcode(&l->b, JSON_KEY("rcode"), r->rcode);
	add_text(l, JSON_KEY("error"), r->error, l->max->word);
	json_member_u(&l->b, JSON_KEY("records"), r->records);
	add_answers(l, r);
	add_unless_zero(l, JSON_KEY("left_out"), r->left_out);
	if (r->truncated)
		json_member_bool(&l->b, JSON_KEY("tc"), true);
	if (r->asked)
		json_member_bool(&l->b, JSON_KEY("cached"), r->cached);
	add_ms(l, JSON_KEY("ms"), r->took_us);
	if (l->cut)
		json_member_bool(&l->b, JSON_KEY("truncated"), true);
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
