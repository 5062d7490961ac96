/*
 * dns_server -- a question's way from its octets to its answer.
 *
 *   take() -> parse, refuse what is no question -> decide() -> denied: NXDOMAIN or REFUSED
 *                                                     | may pass
 *            cached message <- resolver -> a request that waits -> on_message()
 *                   `------------> answer(): write it, learn what it tells, send, record
 *
 * answer() is the only place from which an address leaves, and it teaches the learned names before it sends.
 */
#include "base/clock.h"
#include "dns/dns_server_impl.h"
#include "policy/name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	STALE_TTL_S = 30,               /* RFC 8767 4 */
	TYPE_ZONE_TRANSFER = 249,       /* TKEY, TSIG, IXFR, AXFR, MAILB, MAILA, ANY: 249 to 255 */
	TYPE_LAST_META = 255,
	NAME_NOTATION_MAX = 4 * DNS_NAME_MAX + 1,
};

/* ---- what was told -------------------------------------------------------------------------- */

struct told {                           /* collected while an answer is written */
	const struct dns_request *request;
	size_t n;
	struct ip addresses[ADDRESSES_MAX];
	uint32_t ttls[ADDRESSES_MAX];
};

static bool on_address(void *arg, const struct ip *ip, uint32_t ttl_s)
{
	struct told *t = arg;
	const struct dns_request *q = t->request;
	struct verdict v;

	if (t->n == ADDRESSES_MAX)
		return false;           /* what cannot be learned is not told */
	if (q->by_address && !policy_address_may_pass(q->policy, &q->from.client.ip, ip, q->start_ms, &v))
		return false;
	t->addresses[t->n] = *ip;
	t->ttls[t->n++] = ttl_s;
	return true;
}

/* Whatever the client was told, so that it is known even if the policy changes in between. The hints in an HTTPS
 * record of "_8443._https.a.test" are not addresses of that very name. */
static void learn(struct dns_server *s, const struct dns_request *q, const struct told *t)
{
	uint64_t now = clock_mono_us();
	struct sv name = sv_of(q->name);
	bool service = q->query.type == DNS_TYPE_HTTPS || q->query.type == DNS_TYPE_SVCB;

	if (service && q->name[0] == '_')
		return;
	for (size_t i = 0; i < t->n && name.n; i++)
		s->counts.learned += learned_add(s->env.learned, &q->from.client.ip, &t->addresses[i], name,
						 t->ttls[i], now);
}

/* ---- the record ----------------------------------------------------------------------------- */

/* Any name, with the escapes of RFC 1035 5.1; the root is ".". */
static size_t notation(const struct dns_name *name, char out[NAME_NOTATION_MAX])
{
	size_t n = 0;

	for (size_t at = 0; name->wire[at]; at += name->wire[at] + 1u) {
		if (at)
			out[n++] = '.';
		for (size_t i = 1; i <= name->wire[at]; i++) {
			uint8_t c = name->wire[at + i];

			if (c > ' ' && c < 0x7f && c != '.' && c != '\\')
				out[n++] = (char)c;
			else
				n += (size_t)snprintf(out + n, NAME_NOTATION_MAX - n, "\\%03u", c);
		}
	}
	if (n == 0)
		out[n++] = '.';
	return n;
}

/* The answer of n octets is still in s->answer. */
static void record(struct dns_server *s, const struct dns_request *q, struct dns_record_entry *r, size_t n)
{
	const struct rule *rule = q->verdict.rule;
	char name[NAME_NOTATION_MAX], line[RECORD_MAX];
	struct strbuf out;

	if (s->cfg.log == DNS_LOG_OFF || (s->cfg.log == DNS_LOG_DENIED && r->allowed))
		return;
	r->time_ms = clock_wall_ms();
	r->worker = s->env.worker;
	r->generation = q->generation;
	r->transport = q->from.stream ? SV("tcp") : SV("udp");
	r->listener = q->from.listener;
	r->client = q->from.client;
	r->name = (struct sv){ name, notation(&q->query.name, name) };
	r->qtype = q->query.type;
	r->took_us = (int64_t)(clock_mono_us() - q->start_us);
	r->query.id = q->query.id;
	r->query.class = q->query.class;
	r->query.payload = q->query.payload;
	r->query.size = q->query.n;
	r->query.dnssec_ok = q->query.dnssec_ok;
	r->response.bits = (unsigned)s->answer[4] << 8 | s->answer[5];
	r->response.size = n;
	if (rule && r->allowed)
		r->rule = (struct record_rule){ sv_of(rule->collection), sv_of(rule->name), sv_of(rule->at.file),
						rule->at.line };
	strbuf_init(&out, line, sizeof(line));
	record_format_question(s->cfg.form, r, &out);
	if (out.full)
		writer_lost(s->env.writer, s->env.worker);
	else
		writer_put(s->env.writer, s->env.worker, strbuf_sv(&out));
}

/* ---- answers -------------------------------------------------------------------------------- */

static size_t room_for(const struct dns_request *q)
{
	size_t room = q->query.payload;

	if (q->from.stream)
		return DNS_MESSAGE_MAX;
	room = room < 512 ? 512 : room;         /* RFC 6891 6.2.3 */
	return room < DNS_UDP_PAYLOAD ? room : DNS_UDP_PAYLOAD;
}

/* An answer without records. */
static void answer_bare(struct dns_server *s, const struct dns_request *q, unsigned rcode, unsigned ede,
			struct sv error, bool asked, unsigned left_out)
{
	const struct dns_reply reply = { .query = &q->query, .rcode = (uint16_t)rcode, .payload = DNS_UDP_PAYLOAD,
					 .ede = (uint16_t)ede };
	struct dns_record_entry r = { .allowed = q->allowed, .reason = q->reason, .rcode = rcode, .error = error,
				      .asked = asked, .left_out = left_out };
	struct dns_reply_facts facts;
	size_t n = dns_reply_write(s->answer + 2, room_for(q), &reply, &facts);

	if (q->allowed)
		s->counts.allowed++;
	else
		s->counts.denied++;
	dns_transport_send(s, &q->from, n);
	record(s, q, &r, n);
}

static void refuse(struct dns_server *s, struct dns_request *q, enum dns_reason reason, unsigned rcode, unsigned ede)
{
	q->allowed = false;
	q->reason = reason;
	answer_bare(s, q, rcode, ede, SV(""), false, 0);
}

/* The way that a name is refused which the policy would never let this client reach. */
static void deny(struct dns_server *s, struct dns_request *q, enum dns_reason reason)
{
	refuse(s, q, reason, s->cfg.deny_by_refused ? DNS_RCODE_REFUSED : DNS_RCODE_NXDOMAIN, DNS_EDE_BLOCKED);
}

struct parts {
	struct dns_message messages[RESOLVER_PARTS_MAX];
	struct dns_found found[RESOLVER_PARTS_MAX];     /* the owners of each */
	struct dns_part part[RESOLVER_PARTS_MAX];
	size_t n;
};

/* Of an answer with addresses only the records of the asked name and its aliases are taken. */
static bool read_parts(const struct dns_server *s, const struct dns_request *q, const struct resolver_message *m,
		       struct parts *out)
{
	bool addresses = q->query.type == DNS_TYPE_A || q->query.type == DNS_TYPE_AAAA;
	uint32_t ttl_max_s = s->cfg.client_ttl_s ? s->cfg.client_ttl_s : UINT32_MAX;
	const struct dns_name *name = &q->query.name;

	for (out->n = 0; out->n < m->n; out->n++) {
		const struct resolver_part *from = &m->parts[out->n];
		struct dns_message *parsed = &out->messages[out->n];
		struct dns_found *found = &out->found[out->n];
		struct dns_part *p = &out->part[out->n];

		if (dns_message_parse(parsed, from->bytes, from->n) != 0)
			return false;
		*p = (struct dns_part){ .m = parsed, .age_s = from->age_s, .ttl_max_s = ttl_max_s };
		if (from->left_s == 0) {
			p->age_s = 0;
			p->ttl_max_s = STALE_TTL_S < ttl_max_s ? STALE_TTL_S : ttl_max_s;
		}
		if (!addresses)
			continue;
		if (dns_find(found, parsed, name, q->query.type) != 0)
			return false;
		name = &found->names[found->links];
		p->owners = found->names;
		p->n_owners = found->links + 1;
	}
	return out->n > 0;
}

static void answer_failure(struct dns_server *s, struct dns_request *q, const struct resolver_message *m)
{
	unsigned rcode = m && m->status == DNS_REFUSED ? DNS_RCODE_REFUSED : DNS_RCODE_SERVFAIL;
	const char *error = m ? dns_status_name(m->status) : "bad_answer";

	if (q->by_address) {
		deny(s, q, DNS_NO_RULE);
		return;
	}
	answer_bare(s, q, rcode, DNS_EDE_NETWORK, sv_of(error), true, 0);
}

/* True when the name had nothing but address rules to pass by, and none of its addresses did. */
static bool is_empty_handed(const struct dns_request *q, const struct told *t)
{
	return q->by_address && t->n == 0;
}

static void answer(struct dns_server *s, struct dns_request *q, const struct resolver_message *m)
{
	struct told told = { .request = q };
	struct parts parts;
	struct dns_reply reply = { .query = &q->query, .parts = parts.part, .strip_ech = s->cfg.strip_ech,
				   .payload = DNS_UDP_PAYLOAD, .on_address = on_address, .arg = &told };
	struct dns_reply_facts facts;
	struct dns_record_entry r;
	size_t n;

	if (m->n == 0 || !read_parts(s, q, m, &parts)) {
		answer_failure(s, q, m->n ? NULL : m);
		return;
	}
	reply.n_parts = parts.n;
	reply.rcode = parts.messages[parts.n - 1].rcode & 0xf;
	reply.ede = m->parts[0].left_s ? DNS_EDE_NONE : DNS_EDE_STALE;
	n = dns_reply_write(s->answer + 2, room_for(q), &reply, &facts);
	if (is_empty_handed(q, &told)) {
		deny(s, q, DNS_NO_RULE);
		return;
	}
	if (facts.truncated)
		told.n = 0;
	r = (struct dns_record_entry){
		.allowed = true, .reason = q->reason, .rcode = reply.rcode, .answers = told.addresses,
		.n_answers = told.n, .records = facts.answers, .left_out = facts.left_out,
		.truncated = facts.truncated, .asked = true, .cached = m->cached,
	};
	s->counts.allowed++;
	learn(s, q, &told);
	dns_transport_send(s, &q->from, n);
	record(s, q, &r, n);
}

/* ---- asking --------------------------------------------------------------------------------- */

static void request_free(struct dns_request *q)
{
	LIST_REMOVE(q, link);
	q->server->counts.in_flight--;
	policy_unref(q->policy);
	free(q);
}

static void on_message(void *arg, const struct resolver_message *m)
{
	struct dns_request *q = arg;

	q->asked = NULL;
	answer(q->server, q, m);
	request_free(q);
}

void dns_server_forget(struct dns_server *s, const struct dns_socket *socket, const struct dns_stream *stream)
{
	struct dns_request *q, *next;

	for (q = LIST_FIRST(&s->waiting); q; q = next) {
		next = LIST_NEXT(q, link);
		if (q->from.socket != socket || (stream && q->from.stream != stream))
			continue;
		resolver_cancel(q->asked);
		request_free(q);
	}
}

/* A copy that outlives the datagram. */
static struct dns_request *request_keep(struct dns_server *s, const struct dns_request *q)
{
	struct dns_request *kept = malloc(sizeof(*kept) + q->query.n);

	if (!kept)
		return NULL;
	*kept = *q;
	memcpy(kept->bytes, q->query.bytes, q->query.n);
	kept->query.bytes = kept->bytes;
	policy_ref(kept->policy);
	LIST_INSERT_HEAD(&s->waiting, kept, link);
	s->counts.in_flight++;
	return kept;
}

static void resolve(struct dns_server *s, struct dns_request *q)
{
	const struct dns_message *m = &q->query;
	const struct resolver_message *cached;
	struct dns_request *kept;

	cached = resolver_cached_message(s->env.resolver, &m->name, m->type, m->dnssec_ok);
	if (cached) {
		answer(s, q, cached);
		return;
	}
	kept = s->counts.in_flight < REQUESTS_MAX ? request_keep(s, q) : NULL;
	if (kept && resolver_ask_message(&kept->asked, s->env.resolver, &m->name, m->type, m->dnssec_ok, on_message,
					 kept) == 0)
		return;
	if (kept)
		request_free(kept);
	s->counts.overloaded++;
	refuse(s, q, DNS_OVERLOADED, DNS_RCODE_SERVFAIL, DNS_EDE_NONE);
}

/* ---- deciding ------------------------------------------------------------------------------- */

static bool exempts(const struct dns_exempt *e, const struct dns_name *name)
{
	if (!dns_name_is_within(name, &e->name))
		return false;
	if (e->match == DNS_MATCH_TREE)
		return true;
	return (e->match == DNS_MATCH_NAME) == (name->n == e->name.n);
}

static const struct dns_exempt *find_exempt(const struct dns_server *s, const struct dns_name *name)
{
	for (size_t i = 0; i < s->cfg.n_exempt; i++)
		if (exempts(&s->cfg.exempt[i], name))
			return &s->cfg.exempt[i];
	return NULL;
}

static bool pass(struct dns_request *q, enum dns_reason reason)
{
	q->allowed = true;
	q->reason = reason;
	return true;
}

/* The name as the policy knows names; "" when it is none. */
static void read_host_name(struct dns_request *q)
{
	struct fqdn f;
	size_t n = dns_name_to_text(&q->query.name, q->name);

	if (n == 0 || fqdn_parse(&f, (struct sv){ q->name, n }) != NAME_OK)
		q->name[0] = '\0';
}

/* With address rules only the answer can tell; a name that no such rule could help is not even asked for. */
static bool may_pass_by_address(const struct dns_server *s, struct dns_request *q)
{
	bool address = q->query.type == DNS_TYPE_A || q->query.type == DNS_TYPE_AAAA;

	if (s->cfg.policy != DNS_POLICY_ENFORCE || !address ||
	    !policy_has_addresses_for(q->policy, &q->from.client.ip, q->start_ms))
		return false;
	q->by_address = true;
	return pass(q, DNS_BY_ADDRESS_RULE);
}

static bool decide(struct dns_server *s, struct dns_request *q)
{
	const struct dns_exempt *e = find_exempt(s, &q->query.name);

	q->allowed = false;
	if (e)
		return pass(q, e->zone ? DNS_BY_ZONE : DNS_BY_LIST);
	if (q->name[0] && policy_name_may_pass(q->policy, &q->from.client.ip, sv_of(q->name), q->start_ms,
					       &q->verdict))
		return pass(q, q->verdict.rule ? DNS_BY_RULE : DNS_BY_DEFAULT_AUDIT);
	if (s->cfg.policy == DNS_POLICY_OPEN)
		return pass(q, DNS_BY_OPEN);
	q->reason = q->name[0] ? DNS_NO_RULE : DNS_NOT_A_HOST_NAME;
	return q->name[0] && may_pass_by_address(s, q);
}

/* ---- taking --------------------------------------------------------------------------------- */

static void send_bare(struct dns_server *s, const struct dns_origin *from, const uint8_t *bytes, unsigned rcode)
{
	dns_transport_send(s, from, dns_reply_bare(s->answer + 2, bytes, rcode));
}

/* Not even worth a record: false after it was counted, and answered if there is somebody to answer to. */
static bool is_question(struct dns_server *s, const struct dns_origin *from, const uint8_t *bytes, size_t n,
			struct dns_message *out)
{
	if (n < DNS_HEADER_OCTETS || from->client.port == 0) {
		s->counts.malformed++;
		return false;
	}
	if (bytes[2] & 0x80) {                  /* QR: to answer an answer would go on for ever */
		s->counts.responses++;
		return false;
	}
	if (bytes[2] & 0x78) {                  /* the opcode */
		s->counts.unsupported++;
		send_bare(s, from, bytes, DNS_RCODE_NOTIMP);
		return false;
	}
	if (dns_message_parse(out, bytes, n) != 0 || out->truncated || out->counts[DNS_ANSWER]) {
		s->counts.malformed++;
		send_bare(s, from, bytes, DNS_RCODE_FORMERR);
		return false;
	}
	return true;
}

static void take_question(struct dns_server *s, struct dns_request *q)
{
	const struct dns_message *m = &q->query;

	if (!policy_knows_source(q->policy, &q->from.client.ip))
		refuse(s, q, DNS_UNKNOWN_CLIENT, DNS_RCODE_REFUSED, DNS_EDE_PROHIBITED);
	else if (m->has_opt && m->edns_version)
		refuse(s, q, DNS_BAD_TYPE, DNS_RCODE_BADVERS, DNS_EDE_NONE);
	else if (m->class != DNS_CLASS_IN)
		refuse(s, q, DNS_BAD_CLASS, DNS_RCODE_REFUSED, DNS_EDE_NONE);
	else if (m->type == 0 || m->type == DNS_TYPE_OPT ||
		 (m->type >= TYPE_ZONE_TRANSFER && m->type <= TYPE_LAST_META))
		refuse(s, q, DNS_BAD_TYPE, DNS_RCODE_NOTIMP, DNS_EDE_NONE);
	else if (decide(s, q))
		resolve(s, q);
	else
		deny(s, q, q->reason);
}

void dns_server_take(struct dns_server *s, const struct dns_origin *from, const uint8_t *bytes, size_t n)
{
	struct dns_request q = { .server = s, .from = *from, .policy = s->policy, .generation = s->generation };

	if (n > QUERY_MAX) {
		s->counts.oversized++;
		return;
	}
	if (!is_question(s, from, bytes, n, &q.query))
		return;
	s->counts.questions++;
	q.start_us = clock_mono_us();
	q.start_ms = clock_wall_ms();
	read_host_name(&q);
	if (s->cfg.log != DNS_LOG_OFF && !writer_admits(s->env.writer, s->env.worker)) {
		s->counts.overloaded++;         /* nothing passes unrecorded */
		send_bare(s, from, bytes, DNS_RCODE_SERVFAIL);
		return;
	}
	take_question(s, &q);
}

/* ---- life ----------------------------------------------------------------------------------- */

int dns_server_create(struct dns_server **out, const struct dns_server_env *env)
{
	struct dns_server *s = calloc(1, sizeof(*s));

	*out = s;
	if (!s)
		return -ENOMEM;
	s->env = *env;
	LIST_INIT(&s->sockets);
	LIST_INIT(&s->waiting);
	return 0;
}

void dns_server_configure(struct dns_server *s, const struct dns_server_config *cfg, const struct policy *policy,
			  uint64_t generation)
{
	s->cfg = *cfg;
	s->policy = policy;
	s->generation = generation;
}

void dns_server_count(const struct dns_server *s, struct dns_server_counts *out)
{
	*out = s->counts;
}
