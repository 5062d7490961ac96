/*
 * dns_reply -- answers to clients, put together from what a server answered us.
 *
 *   struct out     where the octets go; `full` once something did not fit
 *   put_name()     compresses: each suffix written before is found again by its hash, and compared
 *   shapes[]       which types have names in their data, and where; all other data is copied as it is
 */
#include "wire/dns_reply.h"

#include "base/hash.h"

enum {
	SUFFIXES_MAX = 128,             /* remembered for compression */
	POINTER_MAX = 0x3fff,
	FLAG_QR = 0x8000, FLAG_TC = 0x0200, FLAG_RD = 0x0100, FLAG_RA = 0x0080, FLAG_AD = 0x0020, FLAG_CD = 0x0010,
	OPCODE_BITS = 0x7800, OPT_DO = 0x8000, OPTION_EDE = 15,
	TYPE_DS = 43, TYPE_RRSIG = 46, TYPE_NSEC = 47, TYPE_NSEC3 = 50,
	SVC_MANDATORY = 0, SVC_IPV4_HINT = 4, SVC_ECH = 5, SVC_IPV6_HINT = 6,
};

struct suffix {
	uint64_t hash;
	uint16_t at;
};

struct out {
	uint8_t *p;
	size_t n, size;
	bool full;
	size_t n_suffixes;
	struct suffix suffixes[SUFFIXES_MAX];
	const struct dns_reply *reply;
	struct dns_reply_facts *facts;
};

/* ---- octets ----------------------------------------------------------------------------------- */

static void put(struct out *o, const uint8_t *p, size_t n)
{
	if (n > o->size - o->n) {
		o->full = true;
		return;
	}
	memcpy(o->p + o->n, p, n);
	o->n += n;
}

static void put16(struct out *o, unsigned v)
{
	const uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	put(o, b, sizeof(b));
}

static void put32(struct out *o, uint32_t v)
{
	put16(o, v >> 16);
	put16(o, v & 0xffff);
}

static void patch16(struct out *o, size_t at, size_t v)
{
	if (o->full)
		return;
	o->p[at] = (uint8_t)(v >> 8);
	o->p[at + 1] = (uint8_t)v;
}

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* ---- names ------------------------------------------------------------------------------------ */

static bool stands_at(const struct out *o, size_t at, const uint8_t *suffix, size_t n)
{
	struct dns_name name;

	return dns_name_read(&name, o->p, o->n, at) > 0 && name.n == n && memcmp(name.wire, suffix, n) == 0;
}

/* Where this suffix stands already; 0: nowhere. */
static size_t find_suffix(const struct out *o, const uint8_t *suffix, size_t n, uint64_t hash)
{
	for (size_t i = 0; i < o->n_suffixes; i++)
		if (o->suffixes[i].hash == hash && stands_at(o, o->suffixes[i].at, suffix, n))
			return o->suffixes[i].at;
	return 0;
}

static void remember(struct out *o, size_t at, uint64_t hash)
{
	if (o->n_suffixes < SUFFIXES_MAX && at <= POINTER_MAX)
		o->suffixes[o->n_suffixes++] = (struct suffix){ hash, (uint16_t)at };
}

static void put_name(struct out *o, const struct dns_name *name, bool compress)
{
	size_t at = 0;

	for (; name->wire[at]; at += name->wire[at] + 1u) {
		uint64_t hash = hash_bytes(name->wire + at, name->n - at);
		size_t there = compress ? find_suffix(o, name->wire + at, name->n - at, hash) : 0;

		if (there) {
			put16(o, 0xc000 | (unsigned)there);
			return;
		}
		remember(o, o->n, hash);
		put(o, name->wire + at, name->wire[at] + 1u);
	}
	put(o, name->wire + at, 1);
}

/* As the client wrote it; its suffixes are the first that can be pointed to. */
static void put_question(struct out *o, const struct dns_message *query)
{
	size_t start = o->n;

	put(o, query->bytes + DNS_HEADER_OCTETS, query->records_at - DNS_HEADER_OCTETS);
	for (size_t at = 0; query->name.wire[at]; at += query->name.wire[at] + 1u)
		remember(o, start + at, hash_bytes(query->name.wire + at, query->name.n - at));
}

/* ---- data ------------------------------------------------------------------------------------- */

/* Octets, then character strings, then names, then octets up to the end. */
static const struct shape {
	uint16_t type;
	uint8_t octets, strings, names;
	bool compress;                  /* RFC 3597 4: only the types of RFC 1035 */
} shapes[] = {
	{ DNS_TYPE_NS, 0, 0, 1, true }, { 3, 0, 0, 1, true }, { 4, 0, 0, 1, true },
	{ DNS_TYPE_CNAME, 0, 0, 1, true }, { DNS_TYPE_SOA, 0, 0, 2, true },
	{ 7, 0, 0, 1, true }, { 8, 0, 0, 1, true }, { 9, 0, 0, 1, true },
	{ 12 /* PTR */, 0, 0, 1, true }, { 14 /* MINFO */, 0, 0, 2, true }, { 15 /* MX */, 2, 0, 1, true },
	{ 17 /* RP */, 0, 0, 2, false }, { 18 /* AFSDB */, 2, 0, 1, false }, { 21 /* RT */, 2, 0, 1, false },
	{ 26 /* PX */, 2, 0, 2, false }, { 33 /* SRV */, 6, 0, 1, false }, { 35 /* NAPTR */, 4, 3, 1, false },
	{ 36 /* KX */, 2, 0, 1, false }, { 39 /* DNAME */, 0, 0, 1, false },
};

static const struct shape *shape_of(uint16_t type)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (shapes[i].type == type)
			return &shapes[i];
	return NULL;
}

/* Where the names begin; 0 when the data is too short for its type. */
static size_t skip_to_names(const struct shape *s, const uint8_t *bytes, size_t at, size_t end)
{
	if (end - at < s->octets)
		return 0;
	at += s->octets;
	for (unsigned i = 0; i < s->strings; i++) {
		if (at >= end || end - at < bytes[at] + 1u)
			return 0;
		at += bytes[at] + 1u;
	}
	return at;
}

/* False: the data is not what its type wants, and the record is left out. */
static bool put_shaped(struct out *o, const struct shape *s, const struct dns_message *m,
		       const struct dns_record *r)
{
	size_t end = r->rdata_at + r->rdata_n, at = skip_to_names(s, m->bytes, r->rdata_at, end);
	struct dns_name name;

	if (!at)
		return false;
	put(o, m->bytes + r->rdata_at, at - r->rdata_at);
	for (unsigned i = 0; i < s->names; i++) {
		int after = dns_name_read(&name, m->bytes, end, at);

		if (after < 0)
			return false;
		put_name(o, &name, s->compress);
		at = (size_t)after;
	}
	put(o, m->bytes + at, end - at);
	return true;
}

static bool show_address(struct out *o, uint8_t family, const uint8_t *p, uint32_t ttl_s)
{
	struct ip ip = { .family = family };

	memcpy(ip.b, p, family == 4 ? 4 : 16);
	if (!o->reply->on_address || o->reply->on_address(o->reply->arg, &ip, ttl_s))
		return true;
	o->facts->left_out++;
	return false;
}

static bool put_address(struct out *o, const struct dns_message *m, const struct dns_record *r, uint32_t ttl_s)
{
	uint8_t family = r->type == DNS_TYPE_A ? 4 : 6;

	if (r->rdata_n != (family == 4 ? 4u : 16u) || !show_address(o, family, m->bytes + r->rdata_at, ttl_s))
		return false;
	put(o, m->bytes + r->rdata_at, r->rdata_n);
	return true;
}

/* ---- SVCB and HTTPS (RFC 9460): priority, target, then parameters: key, length, value ----------- */

static bool hints_stay(struct out *o, uint8_t family, const uint8_t *value, size_t n, uint32_t ttl_s)
{
	size_t each = family == 4 ? 4 : 16;
	bool stay = n % each == 0;

	for (size_t at = 0; stay && at < n; at += each)
		stay = show_address(o, family, value + at, ttl_s);
	return stay;
}

/* The keys that a client must understand, without `ech`; nothing when no other is left. */
static void put_mandatory(struct out *o, const uint8_t *value, size_t n)
{
	size_t length_at;

	if (n == 2 && get16(value) == SVC_ECH)
		return;
	put16(o, SVC_MANDATORY);
	length_at = o->n;
	put16(o, 0);
	for (size_t at = 0; at + 2 <= n; at += 2)
		if (get16(value + at) != SVC_ECH)
			put(o, value + at, 2);
	patch16(o, length_at, o->n - length_at - 2);
}

static void put_parameter(struct out *o, const uint8_t *p, size_t n, uint32_t ttl_s)
{
	unsigned key = get16(p);

	if (o->reply->strip_ech && key == SVC_ECH)
		return;
	if (key == SVC_IPV4_HINT && !hints_stay(o, 4, p + 4, n - 4, ttl_s))
		return;
	if (key == SVC_IPV6_HINT && !hints_stay(o, 6, p + 4, n - 4, ttl_s))
		return;
	if (o->reply->strip_ech && key == SVC_MANDATORY)
		put_mandatory(o, p + 4, n - 4);
	else
		put(o, p, n);
}

static bool put_service(struct out *o, const struct dns_message *m, const struct dns_record *r, uint32_t ttl_s)
{
	size_t end = r->rdata_at + r->rdata_n;
	struct dns_name target;
	int after = r->rdata_n > 2 ? dns_name_read(&target, m->bytes, end, r->rdata_at + 2) : -1;

	if (after < 0)
		return false;
	put(o, m->bytes + r->rdata_at, 2);
	put_name(o, &target, false);
	for (size_t at = (size_t)after, n; at < end; at += n) {
		if (end - at < 4)
			return false;
		n = 4 + get16(m->bytes + at + 2);
		if (n > end - at)
			return false;
		put_parameter(o, m->bytes + at, n, ttl_s);
	}
	return true;
}

/* ---- records ---------------------------------------------------------------------------------- */

static bool put_data(struct out *o, const struct dns_message *m, const struct dns_record *r, uint32_t ttl_s)
{
	const struct shape *s = shape_of(r->type);

	if (s)
		return put_shaped(o, s, m, r);
	if (r->type == DNS_TYPE_A || r->type == DNS_TYPE_AAAA)
		return put_address(o, m, r, ttl_s);
	if (r->type == DNS_TYPE_SVCB || r->type == DNS_TYPE_HTTPS)
		return put_service(o, m, r, ttl_s);
	put(o, m->bytes + r->rdata_at, r->rdata_n);
	return true;
}

static uint32_t ttl_of(const struct dns_part *part, const struct dns_record *r)
{
	uint32_t ttl_s = r->ttl_s > part->age_s ? r->ttl_s - part->age_s : 0;

	return ttl_s < part->ttl_max_s ? ttl_s : part->ttl_max_s;
}

/* Whether the record was written; if not, all is as before. */
static bool put_record(struct out *o, const struct dns_part *part, const struct dns_record *r)
{
	size_t before = o->n, suffixes = o->n_suffixes, length_at;
	uint32_t ttl_s = ttl_of(part, r);

	put_name(o, &r->owner, true);
	put16(o, r->type);
	put16(o, r->class);
	put32(o, ttl_s);
	length_at = o->n;
	put16(o, 0);
	if (!put_data(o, part->m, r, ttl_s)) {
		o->n = before;
		o->n_suffixes = suffixes;
		return false;
	}
	patch16(o, length_at, o->n - length_at - 2);
	return true;
}

static bool has_owner(const struct dns_part *part, const struct dns_name *owner)
{
	for (size_t i = 0; i < part->n_owners; i++)
		if (dns_name_eq(&part->owners[i], owner))
			return true;
	return !part->owners;
}

static bool belongs(const struct dns_part *part, const struct dns_record *r, unsigned section, bool dnssec_ok)
{
	if (r->section != section || r->class != DNS_CLASS_IN || r->type == DNS_TYPE_OPT)
		return false;
	if (section == DNS_ANSWER)
		return has_owner(part, &r->owner);
	return r->type == DNS_TYPE_SOA ||
	       (dnssec_ok && (r->type == TYPE_RRSIG || r->type == TYPE_NSEC || r->type == TYPE_NSEC3 ||
			      r->type == TYPE_DS));
}

static unsigned put_section(struct out *o, const struct dns_part *part, enum dns_section section)
{
	struct dns_cursor c;
	struct dns_record r;
	unsigned n = 0;

	dns_records(&c, part->m);
	while (!o->full && dns_next(&c, &r))
		if (belongs(part, &r, section, o->reply->query->dnssec_ok))
			n += put_record(o, part, &r);
	return n;
}

static void put_opt(struct out *o)
{
	const struct dns_reply *r = o->reply;

	put(o, (const uint8_t *)"", 1);
	put16(o, DNS_TYPE_OPT);
	put16(o, r->payload);
	put16(o, (unsigned)(r->rcode >> 4) << 8);       /* the rcode's upper bits; version 0 */
	put16(o, r->query->dnssec_ok ? OPT_DO : 0);
	put16(o, r->ede ? 6 : 0);
	if (r->ede) {
		put16(o, OPTION_EDE);
		put16(o, 2);
		put16(o, r->ede);
	}
}

static unsigned flags_of(const struct out *o)
{
	const struct dns_reply *r = o->reply;
	const struct dns_message *q = r->query, *last = r->n_parts ? r->parts[r->n_parts - 1].m : NULL;
	bool authentic = last && r->n_parts == 1 && last->authentic && !o->facts->left_out &&
			 (q->dnssec_ok || q->authentic);

	return FLAG_QR | FLAG_RA | (q->recursion_desired ? FLAG_RD : 0) | (q->checking_disabled ? FLAG_CD : 0) |
	       (o->facts->truncated ? FLAG_TC : 0) | (authentic ? FLAG_AD : 0) | (r->rcode & 0xfu);
}

static void start(struct out *o)
{
	o->n = o->n_suffixes = 0;
	o->full = false;
	put16(o, o->reply->query->id);
	for (int i = 0; i < 5; i++)
		put16(o, 0);
	patch16(o, 4, 1);
	put_question(o, o->reply->query);
}

static void end(struct out *o, unsigned answers, unsigned authority)
{
	if (o->reply->query->has_opt) {
		put_opt(o);
		patch16(o, 10, 1);
	}
	o->facts->answers = answers;
	patch16(o, 2, flags_of(o));
	patch16(o, 6, answers);
	patch16(o, 8, authority);
}

size_t dns_reply_write(uint8_t *out, size_t size, const struct dns_reply *r, struct dns_reply_facts *facts)
{
	struct out o = { .p = out, .size = size, .reply = r, .facts = facts };
	unsigned answers = 0, authority = 0;

	*facts = (struct dns_reply_facts){ .answers = 0 };
	start(&o);
	for (size_t i = 0; i < r->n_parts; i++)
		answers += put_section(&o, &r->parts[i], DNS_ANSWER);
	if (r->n_parts)
		authority = put_section(&o, &r->parts[r->n_parts - 1], DNS_AUTHORITY);
	end(&o, answers, authority);
	if (!o.full)
		return o.n;
	facts->truncated = true;
	start(&o);
	end(&o, 0, 0);
	return o.n;
}

size_t dns_reply_bare(uint8_t out[DNS_HEADER_OCTETS], const uint8_t *bytes, unsigned rcode)
{
	unsigned flags = FLAG_QR | (get16(bytes + 2) & (OPCODE_BITS | FLAG_RD)) | (rcode & 0xf);

	memset(out, 0, DNS_HEADER_OCTETS);
	memcpy(out, bytes, 2);
	out[2] = (uint8_t)(flags >> 8);
	out[3] = (uint8_t)flags;
	return DNS_HEADER_OCTETS;
}
