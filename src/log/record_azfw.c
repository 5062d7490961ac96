/*
 * Rows of Azure Firewall's tables.  Owns which table a session belongs to and what its columns say:
 *
 *	a name, over TCP                        AZFWApplicationRule     Fqdn
 *	an address, or datagrams                AZFWNetworkRule         DestinationIp
 *	a question to the DNS listener          AZFWDnsQuery            QueryName
 *
 * The bounds are such that no row reaches RECORD_MAX: an escaped octet takes six, and the longest row, with a URL,
 * has 6 * (host + url + 2 names) = 6 * (256 + 680 + 2 * 128) = 7152 octets of them and some 500 of its own.
 */
#include "log/record_azfw.h"

#include "base/clock.h"

enum { HOST_MAX = 256, URL_PATH_MAX = 400, RULE_NAME_MAX = 128, WORD_MAX = 64, QUERY_NAME_MAX = 1024,
       URL_MAX = 16 + HOST_MAX + URL_PATH_MAX + 8 };

static struct sv at_most(struct sv s, size_t max)
{
	return (struct sv){ s.p, s.n < max ? s.n : max };
}

static void add_text(struct strbuf *b, struct sv key, struct sv s, size_t max)
{
	json_member(b, key, at_most(s, max));
}

static void add_address(struct strbuf *b, struct sv key, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	json_member(b, key, (struct sv){ text, ip_format(ip, text) });
}

static void add_source(struct strbuf *b, const struct endpoint *client)
{
	add_address(b, JSON_KEY("SourceIp"), &client->ip);
	json_member_u(b, JSON_KEY("SourcePort"), client->port);
}

/* ---- what was decided, and why -------------------------------------------------------------- */

/* Azure's words for what no rule decided; where a rule did, the column is empty. */
static struct sv action_reason(const struct access_record *r)
{
	bool by_rule = r->rule.collection.n != 0;

	if (r->allowed)
		return by_rule ? SV("") : SV("Default Action");
	if (r->reason == REASON_RULE)
		return SV("");
	if (r->reason == REASON_NO_RULE)
		return SV("Default Action");
	return sv_of(reason_row(r->reason)->word);
}

static void add_decision(struct strbuf *b, const struct access_record *r)
{
	json_member(b, JSON_KEY("Action"), r->allowed ? SV("Allow") : SV("Deny"));
	json_member(b, JSON_KEY("ActionReason"), action_reason(r));
	json_member(b, JSON_KEY("Policy"), SV("sekisho"));
	add_text(b, JSON_KEY("RuleCollection"), r->rule.collection, RULE_NAME_MAX);
	add_text(b, JSON_KEY("Rule"), r->rule.rule, RULE_NAME_MAX);
}

/* ---- AZFWApplicationRule -------------------------------------------------------------------- */

static struct sv upper_proto(struct sv proto)
{
	static const struct { struct sv word, upper; } protos[] = {
		{ { "https", 5 }, { "HTTPS", 5 } }, { { "http", 4 }, { "HTTP", 4 } }, { { "udp", 3 }, { "UDP", 3 } },
	};

	for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++)
		if (sv_eq(proto, protos[i].word))
			return protos[i].upper;
	return SV("TCP");
}

/* What was refused before a rule could say its protocol has the one that it began to speak. */
static struct sv protocol_of(const struct access_record *r)
{
	if (r->proto.n)
		return upper_proto(r->proto);
	if (sv_eq(r->method, SV("CONNECT")) || sv_eq(r->name_from, SV("sni")))
		return SV("HTTPS");
	return r->method.n || sv_eq(r->name_from, SV("host")) ? SV("HTTP") : SV("TCP");
}

/* Of plain HTTP only: Sekisho sees no other URL. */
static void add_url(struct strbuf *b, const struct access_record *r)
{
	char text[URL_MAX];
	struct strbuf url;

	if (!r->request)
		return;
	strbuf_init(&url, text, sizeof(text));
	strbuf_add(&url, SV("http://"));
	strbuf_add(&url, at_most(r->host, HOST_MAX));
	if (r->port != 80) {
		strbuf_addc(&url, ':');
		strbuf_addu(&url, r->port);
	}
	strbuf_add(&url, at_most(r->path, URL_PATH_MAX));
	json_member(b, JSON_KEY("TargetUrl"), strbuf_sv(&url));
}

static void add_application(struct strbuf *b, const struct access_record *r)
{
	json_member(b, JSON_KEY("Protocol"), protocol_of(r));
	add_source(b, &r->client);
	json_member_u(b, JSON_KEY("DestinationPort"), r->port);
	add_text(b, JSON_KEY("Fqdn"), r->host, HOST_MAX);
	add_url(b, r);
	add_decision(b, r);
	json_member_bool(b, JSON_KEY("IsTlsInspected"), false);
	json_member_bool(b, JSON_KEY("IsExplicitProxyRequest"), sv_eq(r->mode, SV("explicit")));
}

/* ---- AZFWNetworkRule ------------------------------------------------------------------------ */

/* Where a session without a name went, or wanted to go; false: it is one with a name. */
static bool destination_of(const struct access_record *r, struct ip *out)
{
	if (sv_eq(r->proto, SV("udp")) && r->original.ip.family) {
		*out = r->original.ip;
		return true;
	}
	if (r->host.n)
		return ip_parse(out, r->host);
	*out = r->original.ip;
	return out->family != 0;
}

static void add_network(struct strbuf *b, const struct access_record *r, const struct ip *to)
{
	json_member(b, JSON_KEY("Protocol"), sv_eq(r->proto, SV("udp")) ? SV("UDP") : SV("TCP"));
	add_source(b, &r->client);
	add_address(b, JSON_KEY("DestinationIp"), to);
	json_member_u(b, JSON_KEY("DestinationPort"), r->port ? r->port : r->original.port);
	add_decision(b, r);
}

/* ---- AZFWDnsQuery --------------------------------------------------------------------------- */

/* Seconds with six decimals. */
static void add_seconds(struct strbuf *b, struct sv key, int64_t us)
{
	uint64_t all = us < 0 ? 0 : (uint64_t)us, rest = all % 1000000;

	json_member_u(b, key, all / 1000000);
	strbuf_addc(b, '.');
	for (uint64_t unit = 100000; unit; unit /= 10)
		strbuf_addc(b, (char)('0' + rest / unit % 10));
}

static void add_flags(struct strbuf *b, unsigned bits)
{
	static const struct { unsigned bit; char name[3]; } flags[] = {
		{ 0x8000, "qr" }, { 0x0400, "aa" }, { 0x0200, "tc" }, { 0x0100, "rd" }, { 0x0080, "ra" },
		{ 0x0020, "ad" }, { 0x0010, "cd" },
	};
	bool first = true;

	json_key(b, JSON_KEY("ResponseFlags"));
	strbuf_addc(b, '"');
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (!(bits & flags[i].bit))
			continue;
		if (!first)
			strbuf_addc(b, ',');
		strbuf_add(b, sv_of(flags[i].name));
		first = false;
	}
	strbuf_addc(b, '"');
}

static void add_question(struct strbuf *b, const struct dns_record_entry *r)
{
	json_member(b, JSON_KEY("Protocol"), sv_eq(r->transport, SV("tcp")) ? SV("TCP") : SV("UDP"));
	add_source(b, &r->client);
	json_member_u(b, JSON_KEY("QueryId"), r->query.id);
	record_qtype(b, JSON_KEY("QueryType"), r->qtype);
	record_qclass(b, JSON_KEY("QueryClass"), r->query.class);
	add_text(b, JSON_KEY("QueryName"), r->name, QUERY_NAME_MAX);
	json_member_u(b, JSON_KEY("RequestSize"), r->query.size);
	json_member_bool(b, JSON_KEY("DnssecOkBit"), r->query.dnssec_ok);
	json_member_u(b, JSON_KEY("EDNS0BufferSize"), r->query.payload);
}

/* An error is what the proxy itself has to say: a refusal, or servers that had no answer. */
static void add_response(struct strbuf *b, const struct dns_record_entry *r)
{
	record_rcode(b, JSON_KEY("ResponseCode"), r->rcode);
	add_flags(b, r->response.bits);
	json_member_u(b, JSON_KEY("ResponseSize"), r->response.size);
	add_seconds(b, JSON_KEY("RequestDurationSecs"), r->took_us);
	json_member_u(b, JSON_KEY("ErrorNumber"), r->rcode);
	add_text(b, JSON_KEY("ErrorMessage"), r->error.n || r->allowed ? r->error : sv_of(dns_reason_word(r->reason)), WORD_MAX);
}

/* ---- rows ----------------------------------------------------------------------------------- */

static void row_open(struct strbuf *row, const struct strbuf *out, struct sv table, int64_t time_ms)
{
	size_t room = out->cap - out->n;
	char text[TIME_TEXT_MAX];

	strbuf_init(row, out->p + out->n, room < RECORD_MAX ? room : RECORD_MAX);
	json_open(row, JSON_NO_KEY, '{');
	json_member(row, JSON_KEY("TimeGenerated"), (struct sv){ text, time_format(time_ms, text) });
	json_member(row, JSON_KEY("Type"), table);
}

static void row_close(struct strbuf *row, struct strbuf *out)
{
	json_close(row, '}');
	strbuf_addc(row, '\n');
	if (row->full)
		out->full = true;       /* the caller's buffer is smaller than RECORD_MAX */
	else
		out->n += row->n;
}

void record_azfw(const struct access_record *r, struct strbuf *out)
{
	struct strbuf row;
	struct ip to;

	if (r->event != RECORD_END)
		return;
	if (destination_of(r, &to)) {
		row_open(&row, out, SV("AZFWNetworkRule"), r->time_ms);
		add_network(&row, r, &to);
	} else {
		row_open(&row, out, SV("AZFWApplicationRule"), r->time_ms);
		add_application(&row, r);
	}
	row_close(&row, out);
}

void record_azfw_dns(const struct dns_record_entry *r, struct strbuf *out)
{
	struct strbuf row;

	row_open(&row, out, SV("AZFWDnsQuery"), r->time_ms);
	add_question(&row, r);
	add_response(&row, r);
	row_close(&row, out);
}
