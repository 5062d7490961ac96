/*
 * lookup -- what one question has found so far.
 *
 *   message   NOERROR, addresses at the chain's end        DONE, DNS_OK
 *             NXDOMAIN (of the chain's end, RFC 6604)      DONE, DNS_NXDOMAIN
 *             NOERROR, no chain, or a SOA says "none"      DONE, DNS_NO_DATA
 *             NOERROR, a chain that just ends              FOLLOW: ask for its end
 *             anything else                                FAILED or BAD
 *
 *   gist      | struct head | addresses, 4 or 16 octets each | the chain's targets as text, a space between |
 */
#include "dns/lookup.h"

enum { FOLLOW_UPS_MAX = 8 };

struct head {                           /* octets only, so that it has no gaps */
	uint8_t step;                   /* what the message by itself leads to */
	uint8_t status, rcode, links, n_addresses;
};
_Static_assert(sizeof(struct head) == GIST_HEAD, "a gist begins with its head");

void lookup_init(struct lookup *l, const struct dns_name *name, struct dns_kind kind)
{
	l->name = *name;
	l->kind = kind;
	l->links = l->follow_ups = 0;
	l->status = DNS_NO_DATA;
	l->rcode = 0;
	l->ttl_s = UINT32_MAX;
	l->cached = true;
	l->n = l->n_chain = 0;
}

void lookup_limit_ttl(struct lookup *l, uint32_t ttl_s)
{
	if (ttl_s < l->ttl_s)
		l->ttl_s = ttl_s;
}

enum dns_status lookup_failure(unsigned rcode)
{
	return rcode == DNS_RCODE_REFUSED ? DNS_REFUSED : DNS_SERVFAIL;
}

/* ---- reading a message ------------------------------------------------------------------------ */

static uint32_t clamp(uint32_t v, uint32_t low, uint32_t high)
{
	return v > high ? high : v < low ? low : v;
}

static uint32_t grant(const struct dns_found *f, enum dns_status status, const struct resolver_config *cfg)
{
	uint32_t ttl;

	if (status == DNS_OK)
		return clamp(f->ttl_s, cfg->ttl_floor_s, cfg->ttl_ceiling_s);
	/* Without a SOA a "no" must not be kept (RFC 2308 5); it is then treated as a failure is. */
	ttl = f->has_soa ? clamp(f->negative_ttl_s, cfg->ttl_floor_s, UINT32_MAX) : cfg->failure_s;
	return clamp(ttl < f->ttl_s ? ttl : f->ttl_s, 0, cfg->negative_ceiling_s);
}

static enum dns_status judge(const struct dns_found *f, const struct dns_message *m)
{
	if (m->rcode == DNS_RCODE_NXDOMAIN)
		return DNS_NXDOMAIN;
	return f->n ? DNS_OK : DNS_NO_DATA;
}

/* Of the records in the answer section, whatever they are; UINT32_MAX when there are none. */
static uint32_t least_ttl(const struct dns_message *m)
{
	uint32_t ttl_s = UINT32_MAX;
	struct dns_cursor c;
	struct dns_record r;

	dns_records(&c, m);
	while (dns_next(&c, &r) && r.section == DNS_ANSWER)
		if (r.ttl_s < ttl_s)
			ttl_s = r.ttl_s;
	return ttl_s;
}

static struct head read_failure(const struct dns_message *m)
{
	return (struct head){ .step = LOOKUP_FAILED, .rcode = m->rcode > 255 ? 255 : (uint8_t)m->rcode };
}

/* A message that is handed on as it is: only how long it may be used is of interest. */
static struct head read_whole(struct gist *out, const struct dns_message *m, const struct dns_name *asked,
			      const struct resolver_config *cfg)
{
	enum dns_status status;
	struct dns_found f;

	if (m->truncated)
		return (struct head){ .step = LOOKUP_BAD };
	status = m->rcode == DNS_RCODE_NXDOMAIN ? DNS_NXDOMAIN : m->counts[DNS_ANSWER] ? DNS_OK : DNS_NO_DATA;
	if (dns_find(&f, m, asked, DNS_TYPE_A) != 0)
		f.has_soa = false;      /* an alias to something that is no host name, say */
	f.ttl_s = least_ttl(m);
	out->ttl_s = grant(&f, status, cfg);
	return (struct head){ .step = LOOKUP_DONE, .status = (uint8_t)status, .rcode = (uint8_t)m->rcode };
}

static size_t address_octets(struct dns_kind kind)
{
	return kind.type == DNS_TYPE_A ? 4 : 16;
}

static void put_addresses(struct gist *out, const struct dns_found *f, size_t size)
{
	for (size_t i = 0; i < f->n; i++, out->n += size)
		memcpy(out->bytes + out->n, f->addresses[i].b, size);
}

static void put_chain(struct gist *out, const struct dns_found *f)
{
	for (unsigned i = 1; i <= f->links; i++) {
		if (i > 1)
			out->bytes[out->n++] = ' ';
		out->n += dns_name_to_text(&f->names[i], (char *)out->bytes + out->n);
	}
}

static struct head read_addresses(struct gist *out, const struct dns_message *m, const struct dns_name *asked,
				  struct dns_kind kind, const struct resolver_config *cfg)
{
	enum dns_status status;
	struct dns_found f;
	bool follow;

	if (m->truncated || dns_find(&f, m, asked, kind.type) != 0)
		return (struct head){ .step = LOOKUP_BAD };
	status = judge(&f, m);
	follow = status == DNS_NO_DATA && f.links && !f.has_soa;
	f.n = status == DNS_OK ? f.n : 0;
	put_addresses(out, &f, address_octets(kind));
	put_chain(out, &f);
	out->ttl_s = follow ? clamp(f.ttl_s, cfg->ttl_floor_s, cfg->ttl_ceiling_s) : grant(&f, status, cfg);
	return (struct head){ .step = follow ? LOOKUP_FOLLOW : LOOKUP_DONE, .status = (uint8_t)status,
			      .rcode = (uint8_t)m->rcode, .links = (uint8_t)f.links,
			      .n_addresses = (uint8_t)f.n };
}

void gist_read(struct gist *out, const struct dns_message *m, const struct dns_name *asked, struct dns_kind kind,
	       const struct resolver_config *cfg)
{
	struct head h;

	out->ttl_s = 0;
	out->n = GIST_HEAD;
	if (m->rcode != DNS_RCODE_NOERROR && m->rcode != DNS_RCODE_NXDOMAIN)
		h = read_failure(m);
	else if (dns_kind_is_address(kind))
		h = read_addresses(out, m, asked, kind, cfg);
	else
		h = read_whole(out, m, asked, cfg);
	memcpy(out->bytes, &h, sizeof(h));
}

/* ---- taking what was read --------------------------------------------------------------------- */

/* A chain that does not fit ends with " ...": the log must not show half of it as the whole. */
static void add_to_chain(struct lookup *l, struct sv target)
{
	static const struct sv more = { " ...", 4 };
	size_t gap = l->n_chain ? 1 : 0;

	if (l->n_chain >= more.n && memcmp(l->chain + l->n_chain - more.n, more.p, more.n) == 0)
		return;
	if (l->n_chain + gap + target.n + more.n > sizeof(l->chain)) {
		memcpy(l->chain + l->n_chain, more.p, more.n);
		l->n_chain += more.n;
		return;
	}
	if (gap)
		l->chain[l->n_chain++] = ' ';
	memcpy(l->chain + l->n_chain, target.p, target.n);
	l->n_chain += target.n;
}

/* Where the octets behind them begin. */
static const uint8_t *take_addresses(struct lookup *l, const uint8_t *from, size_t n)
{
	size_t size = address_octets(l->kind);

	l->n = n;
	for (size_t i = 0; i < n; i++, from += size) {
		l->addresses[i] = (struct ip){ .family = size == 4 ? 4 : 6 };
		memcpy(l->addresses[i].b, from, size);
	}
	return from;
}

/* The last target: where the chain ends. */
static struct sv take_chain(struct lookup *l, struct sv targets, unsigned links)
{
	struct sv target = { 0 };

	for (unsigned i = 0; i < links; i++) {
		target = sv_cut(&targets, ' ');
		add_to_chain(l, target);
	}
	l->links += links;
	return target;
}

enum lookup_step lookup_take(struct lookup *l, const uint8_t *gist, size_t n)
{
	const uint8_t *at;
	struct head h;
	struct sv end;

	memcpy(&h, gist, sizeof(h));
	if (h.step == LOOKUP_FAILED)
		l->rcode = h.rcode;
	if (h.step == LOOKUP_FAILED || h.step == LOOKUP_BAD)
		return h.step;
	if (l->links + h.links > DNS_LINKS_MAX || (h.step == LOOKUP_FOLLOW && l->follow_ups == FOLLOW_UPS_MAX))
		return LOOKUP_BAD;
	l->status = h.status;
	l->rcode = h.rcode;
	at = take_addresses(l, gist + GIST_HEAD, h.n_addresses);
	end = take_chain(l, (struct sv){ (const char *)at, (size_t)(gist + n - at) }, h.links);
	if (h.step == LOOKUP_FOLLOW) {
		dns_name_from_text(&l->name, end);      /* it was a host name when it was read */
		l->follow_ups++;
	}
	return h.step;
}

_Static_assert((int)DNS_ADDRESSES_MAX <= (int)RESOLVER_ADDRESSES_MAX, "addresses fit");
