/*
 * dns -- DNS messages read, questions written.
 *
 *    0         2       4        6        8        10        12
 *    | id      | flags | QD     | AN     | NS     | AR      | question, records ...
 *
 * dns_name_read() is the only place that follows compression pointers; read_record() the only one that
 * trusts a length found in a message.
 */
#include "wire/dns.h"

#include <errno.h>

enum {
	JUMPS_MAX = 127,        /* no name has more labels, so no honest one needs more pointers */
	CNAMES_MAX = 64,        /* looked at in one message */
	LABEL_MAX = 63,
	FLAG_QR = 0x8000, FLAG_AA = 0x0400, FLAG_TC = 0x0200, FLAG_RD = 0x0100, FLAG_RA = 0x0080,
	FLAG_AD = 0x0020, FLAG_CD = 0x0010, OPT_DO = 0x8000,
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint8_t *put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

/* ---- names -------------------------------------------------------------------------------- */

/* What an octet of a host name is in lower case; 0: it is none. */
#define BOTH(upper, lower) [upper] = (lower), [lower] = (lower)
static const uint8_t host_octet[256] = {
	BOTH('A', 'a'), BOTH('B', 'b'), BOTH('C', 'c'), BOTH('D', 'd'), BOTH('E', 'e'), BOTH('F', 'f'),
	BOTH('G', 'g'), BOTH('H', 'h'), BOTH('I', 'i'), BOTH('J', 'j'), BOTH('K', 'k'), BOTH('L', 'l'),
	BOTH('M', 'm'), BOTH('N', 'n'), BOTH('O', 'o'), BOTH('P', 'p'), BOTH('Q', 'q'), BOTH('R', 'r'),
	BOTH('S', 's'), BOTH('T', 't'), BOTH('U', 'u'), BOTH('V', 'v'), BOTH('W', 'w'), BOTH('X', 'x'),
	BOTH('Y', 'y'), BOTH('Z', 'z'),
	['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4', ['5'] = '5', ['6'] = '6', ['7'] = '7',
	['8'] = '8', ['9'] = '9', ['-'] = '-', ['_'] = '_',
};
#undef BOTH

/* "255", "0x7f": what inet_aton() would take for an address. */
static bool is_numeric(struct sv label)
{
	if (label.n >= 2 && label.p[0] == '0' && ascii_lower(label.p[1]) == 'x')
		return true;
	for (size_t i = 0; i < label.n; i++)
		if (!ascii_is_digit(label.p[i]))
			return false;
	return true;
}

static bool is_host_label(struct sv label)
{
	if (label.n == 0 || label.n > LABEL_MAX)
		return false;
	for (size_t i = 0; i < label.n; i++)
		if (!host_octet[(uint8_t)label.p[i]])
			return false;
	return true;
}

static void append_label(struct dns_name *name, struct sv label)
{
	name->wire[name->n++] = (uint8_t)label.n;
	for (size_t i = 0; i < label.n; i++)
		name->wire[name->n++] = (uint8_t)ascii_lower(label.p[i]);
}

/* Copies the label at `from`, in one pass: on the wire its length stands there, and each octet one further on.
 * Where it ends. */
static size_t copy_host_label(struct dns_name *out, struct sv text, size_t from)
{
	size_t at = from;
	uint8_t octet;

	for (; at < text.n && (octet = host_octet[(uint8_t)text.p[at]]); at++)
		out->wire[at + 1] = octet;
	out->wire[from] = (uint8_t)(at - from);
	return at;
}

bool dns_name_from_text(struct dns_name *out, struct sv text)
{
	size_t from, at = 0;

	if (text.n == 0 || text.n >= DNS_TEXT_MAX)
		return false;
	for (from = 0; ; from = at + 1) {
		at = copy_host_label(out, text, from);
		if (at == from || at - from > LABEL_MAX || (at < text.n && text.p[at] != '.'))
			return false;
		if (at == text.n)
			break;
	}
	out->wire[at + 1] = 0;
	out->n = (uint8_t)(at + 2);
	return !is_numeric(sv_slice(text, from, text.n));
}

static bool is_host_name(const struct dns_name *name)
{
	struct sv label = { 0 };

	for (size_t at = 0; name->wire[at]; at += name->wire[at] + 1u) {
		label = (struct sv){ (const char *)name->wire + at + 1, name->wire[at] };
		if (!is_host_label(label))
			return false;
	}
	return label.n && !is_numeric(label);
}

size_t dns_name_to_text(const struct dns_name *name, char out[DNS_TEXT_MAX])
{
	size_t n = 0;

	out[0] = '\0';
	if (!is_host_name(name))
		return 0;
	for (size_t at = 0; name->wire[at]; at += name->wire[at] + 1u) {
		memcpy(out + n, name->wire + at + 1, name->wire[at]);
		n += name->wire[at];
		out[n++] = '.';
	}
	out[--n] = '\0';
	return n;
}

bool dns_name_eq(const struct dns_name *a, const struct dns_name *b)
{
	return a->n == b->n && memcmp(a->wire, b->wire, a->n) == 0;
}

bool dns_name_is_within(const struct dns_name *name, const struct dns_name *zone)
{
	size_t at = 0;

	while (name->n - at > zone->n)
		at += name->wire[at] + 1u;
	return name->n - at == zone->n && memcmp(name->wire + at, zone->wire, zone->n) == 0;
}

static int take_label(struct dns_name *out, const uint8_t *bytes, size_t n, size_t at)
{
	size_t size = bytes[at] + 1u;

	if (bytes[at] > LABEL_MAX || size > n - at || out->n + size > DNS_NAME_MAX)
		return -EBADMSG;
	append_label(out, (struct sv){ (const char *)bytes + at + 1, size - 1 });
	return (int)size;
}

/* Where the pointer at `at` leads; only backwards from `run`, where the labels before it began. */
static int take_pointer(const uint8_t *bytes, size_t n, size_t at, size_t run)
{
	size_t to;

	if (n - at < 2)
		return -EBADMSG;
	to = get16(bytes + at) & 0x3fff;
	return to >= DNS_HEADER_OCTETS && to < run ? (int)to : -EBADMSG;
}

/* Reads the name at `at`; returns where the bytes behind it begin, or -EBADMSG. What a pointer leads to must
 * end before the run of labels that the pointer ends, as it does in any honest message: so what a name
 * means never depends on bytes behind it. */
int dns_name_read(struct dns_name *out, const uint8_t *bytes, size_t n, size_t at)
{
	size_t after = 0, run = at;
	int got;

	out->n = 0;
	for (unsigned jumps = 0; at < n; ) {
		if (bytes[at] >= 0xc0) {
			got = take_pointer(bytes, n, at, run);
			if (got < 0 || ++jumps > JUMPS_MAX)
				return -EBADMSG;
			after = after ? after : at + 2;
			n = run;
			at = run = (size_t)got;
			continue;
		}
		got = take_label(out, bytes, n, at);
		if (got < 0)
			return got;
		at += (size_t)got;
		if (got == 1)
			return (int)(after ? after : at);
	}
	return -EBADMSG;
}

/* ---- asking ------------------------------------------------------------------------------- */

static uint8_t *put_opt(uint8_t *p, const struct dns_ask *ask)
{
	*p++ = 0;                               /* the root owns it */
	p = put16(p, DNS_TYPE_OPT);
	p = put16(p, ask->payload);
	p = put16(p, 0);                        /* extended rcode, version */
	p = put16(p, ask->dnssec_ok ? OPT_DO : 0);
	return put16(p, 0);                     /* no options */
}

int dns_question_write(uint8_t *out, size_t size, const struct dns_ask *ask)
{
	size_t want = DNS_HEADER_OCTETS + ask->name->n + 4u + (ask->payload ? DNS_OPT_OCTETS : 0u);
	uint8_t *p = out;

	if (size < want)
		return -ENOSPC;
	p = put16(p, ask->id);
	p = put16(p, FLAG_RD);
	p = put16(p, 1);
	p = put16(p, 0);
	p = put16(p, 0);
	p = put16(p, ask->payload ? 1 : 0);
	memcpy(p, ask->name->wire, ask->name->n);
	p = put16(p + ask->name->n, ask->type);
	p = put16(p, DNS_CLASS_IN);
	if (ask->payload)
		p = put_opt(p, ask);
	return (int)(p - out);
}

/* ---- reading ------------------------------------------------------------------------------ */

static int read_record(struct dns_record *out, const uint8_t *bytes, size_t n, size_t at)
{
	int after = dns_name_read(&out->owner, bytes, n, at);
	const uint8_t *fixed;

	if (after < 0 || n - (size_t)after < 10)
		return -EBADMSG;
	fixed = bytes + after;
	out->owner_at = at;
	out->type = get16(fixed);
	out->class = get16(fixed + 2);
	out->raw_ttl = get32(fixed + 4);
	out->ttl_s = out->raw_ttl >> 31 ? 0 : out->raw_ttl;
	out->rdata_n = get16(fixed + 8);
	out->rdata_at = (size_t)after + 10;
	if (out->rdata_n > n - out->rdata_at)
		return -EBADMSG;
	return (int)(out->rdata_at + out->rdata_n);
}

static int take_opt(struct dns_message *m, const struct dns_record *opt)
{
	if (m->has_opt || opt->section != DNS_ADDITIONAL || opt->owner.n != 1)
		return -EBADMSG;
	m->has_opt = true;
	m->payload = opt->class;
	m->dnssec_ok = opt->raw_ttl & OPT_DO;
	m->edns_version = (uint8_t)(opt->raw_ttl >> 16);
	m->rcode = (uint16_t)(m->rcode | (opt->raw_ttl >> 24) << 4);
	return 0;
}

/* Walks all records once, so that dns_next() can trust every length later. */
static int check_records(struct dns_message *m, size_t n)
{
	struct dns_record r;
	size_t at = m->records_at;

	for (unsigned section = 0; section < DNS_SECTIONS; section++) {
		for (unsigned i = 0; i < m->counts[section]; i++) {
			int after = read_record(&r, m->bytes, n, at);

			r.section = section;
			if (after < 0 || (r.type == DNS_TYPE_OPT && take_opt(m, &r) != 0))
				return -EBADMSG;
			at = (size_t)after;
		}
	}
	m->n = at;
	return 0;
}

static void read_flags(struct dns_message *m, uint16_t flags)
{
	m->response = flags & FLAG_QR;
	m->opcode = flags >> 11 & 0xf;
	m->authoritative = flags & FLAG_AA;
	m->truncated = flags & FLAG_TC;
	m->recursion_desired = flags & FLAG_RD;
	m->recursion_available = flags & FLAG_RA;
	m->authentic = flags & FLAG_AD;
	m->checking_disabled = flags & FLAG_CD;
	m->rcode = flags & 0xf;
}

int dns_message_parse(struct dns_message *out, const uint8_t *bytes, size_t n)
{
	int after;

	*out = (struct dns_message){ .bytes = bytes };
	if (n < DNS_HEADER_OCTETS || n > DNS_MESSAGE_MAX || get16(bytes + 4) != 1)
		return -EBADMSG;
	out->id = get16(bytes);
	read_flags(out, get16(bytes + 2));
	for (unsigned i = 0; i < DNS_SECTIONS; i++)
		out->counts[i] = get16(bytes + 6 + 2 * i);
	after = dns_name_read(&out->name, bytes, n, DNS_HEADER_OCTETS);
	if (after < 0 || n - (size_t)after < 4)
		return -EBADMSG;
	out->type = get16(bytes + after);
	out->class = get16(bytes + after + 2);
	out->records_at = (size_t)after + 4;
	return check_records(out, n);
}

bool dns_is_reply_to(const struct dns_message *m, const struct dns_ask *ask)
{
	return m->response && m->opcode == 0 && m->id == ask->id && m->type == ask->type &&
	       m->class == DNS_CLASS_IN && dns_name_eq(&m->name, ask->name);
}

void dns_records(struct dns_cursor *c, const struct dns_message *m)
{
	*c = (struct dns_cursor){ .m = m, .at = m->records_at };
}

bool dns_next(struct dns_cursor *c, struct dns_record *out)
{
	int after;

	while (c->section < DNS_SECTIONS && c->taken == c->m->counts[c->section]) {
		c->section++;
		c->taken = 0;
	}
	if (c->section == DNS_SECTIONS)
		return false;
	after = read_record(out, c->m->bytes, c->m->n, c->at);
	if (after < 0)
		return false;
	out->section = c->section;
	c->taken++;
	c->at = (size_t)after;
	return true;
}

/* ---- what a message says about one name ----------------------------------------------------- */

struct cname {
	uint16_t owner_at, target_at;
	uint32_t ttl_s;
};
struct cnames {
	size_t n;
	struct cname at[CNAMES_MAX];
};

static void lower_ttl(struct dns_found *f, uint32_t ttl_s)
{
	if (ttl_s < f->ttl_s)
		f->ttl_s = ttl_s;
}

/* A name that fills its record's data exactly. */
static bool read_target(struct dns_name *out, const struct dns_message *m, const struct dns_record *r)
{
	int after = dns_name_read(out, m->bytes, r->rdata_at + r->rdata_n, r->rdata_at);

	return after >= 0 && (size_t)after == r->rdata_at + r->rdata_n;
}

static int collect_cnames(struct cnames *out, const struct dns_message *m)
{
	struct dns_cursor c;
	struct dns_record r;
	struct dns_name target;

	out->n = 0;
	dns_records(&c, m);
	while (dns_next(&c, &r) && r.section == DNS_ANSWER) {
		if (r.type != DNS_TYPE_CNAME || r.class != DNS_CLASS_IN)
			continue;
		if (out->n == CNAMES_MAX)
			return -ELOOP;
		if (!read_target(&target, m, &r))
			return -EBADMSG;
		out->at[out->n++] = (struct cname){ (uint16_t)r.owner_at, (uint16_t)r.rdata_at, r.ttl_s };
	}
	return 0;
}

static const struct cname *cname_of(const struct cnames *all, const struct dns_message *m,
				    const struct dns_name *owner)
{
	struct dns_name name;

	for (size_t i = 0; i < all->n; i++)
		if (dns_name_read(&name, m->bytes, m->n, all->at[i].owner_at) > 0 &&
		    dns_name_eq(&name, owner))
			return &all->at[i];
	return NULL;
}

static bool was_here(const struct dns_found *f, const struct dns_name *name)
{
	for (unsigned i = 0; i <= f->links; i++)
		if (dns_name_eq(&f->names[i], name))
			return true;
	return false;
}

static int follow_cnames(struct dns_found *f, const struct dns_message *m)
{
	char text[DNS_TEXT_MAX];
	const struct cname *link;
	struct cnames all;
	struct dns_name target;
	int err = collect_cnames(&all, m);

	if (err)
		return err;
	while ((link = cname_of(&all, m, &f->names[f->links]))) {
		if (dns_name_read(&target, m->bytes, m->n, link->target_at) < 0 ||
		    dns_name_to_text(&target, text) == 0)
			return -EBADMSG;
		if (f->links == DNS_LINKS_MAX || was_here(f, &target))
			return -ELOOP;
		f->names[++f->links] = target;
		lower_ttl(f, link->ttl_s);
	}
	return 0;
}

static int take_address(struct dns_found *f, const struct dns_message *m, const struct dns_record *r)
{
	struct ip ip = { .family = r->type == DNS_TYPE_A ? 4 : 6 };

	if (r->rdata_n != (ip.family == 4 ? 4u : 16u))
		return -EBADMSG;
	memcpy(ip.b, m->bytes + r->rdata_at, r->rdata_n);
	lower_ttl(f, r->ttl_s);
	for (size_t i = 0; i < f->n; i++)
		if (ip_eq(&f->addresses[i], &ip))
			return 0;
	if (f->n < DNS_ADDRESSES_MAX)
		f->addresses[f->n++] = ip;
	return 0;
}

/* SOA: two names, then serial, refresh, retry, expire and, last, the TTL of a "no". */
static void take_soa(struct dns_found *f, const struct dns_message *m, const struct dns_record *r)
{
	struct dns_name skipped;
	size_t end = r->rdata_at + r->rdata_n;
	int at = dns_name_read(&skipped, m->bytes, end, r->rdata_at);
	uint32_t minimum;

	if (at >= 0)
		at = dns_name_read(&skipped, m->bytes, end, (size_t)at);
	if (at < 0 || end - (size_t)at != 20)
		return;
	minimum = get32(m->bytes + end - 4);
	minimum = minimum >> 31 ? 0 : minimum;
	f->has_soa = true;
	f->negative_ttl_s = minimum < r->ttl_s ? minimum : r->ttl_s;
}

int dns_find(struct dns_found *out, const struct dns_message *m, const struct dns_name *asked,
	     uint16_t type)
{
	const struct dns_name *last;
	struct dns_cursor c;
	struct dns_record r;
	int err;

	out->links = 0;
	out->names[0] = *asked;
	out->n = 0;
	out->ttl_s = UINT32_MAX;
	out->has_soa = false;
	out->negative_ttl_s = 0;
	err = follow_cnames(out, m);
	last = &out->names[out->links];
	dns_records(&c, m);
	while (!err && dns_next(&c, &r) && r.section != DNS_ADDITIONAL) {
		if (r.class != DNS_CLASS_IN)
			continue;
		if (r.section == DNS_ANSWER && r.type == type && dns_name_eq(&r.owner, last))
			err = take_address(out, m, &r);
		else if (r.section == DNS_AUTHORITY && r.type == DNS_TYPE_SOA &&
			 dns_name_is_within(last, &r.owner))
			take_soa(out, m, &r);
	}
	return err;
}
