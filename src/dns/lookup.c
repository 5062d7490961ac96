/*
 * lookup -- what one question has found so far.
 *
 *   message   NOERROR, addresses at the chain's end        DONE, DNS_OK
 *             NXDOMAIN (of the chain's end, RFC 6604)      DONE, DNS_NXDOMAIN
 *             NOERROR, no chain, or a SOA says "none"      DONE, DNS_NO_DATA
 *             NOERROR, a chain that just ends              FOLLOW: ask for its end
 *             anything else                                FAILED or BAD
 */
#include "dns/lookup.h"

enum { FOLLOW_UPS_MAX = 8 };

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

/* A chain that does not fit ends with " ...": the log must not show half of it as the whole. */
static void add_to_chain(struct lookup *l, const struct dns_name *name)
{
	static const struct sv more = { " ...", 4 };
	char text[DNS_TEXT_MAX];
	size_t n = dns_name_to_text(name, text), gap = l->n_chain ? 1 : 0;

	if (l->n_chain >= more.n && memcmp(l->chain + l->n_chain - more.n, more.p, more.n) == 0)
		return;
	if (l->n_chain + gap + n + more.n > sizeof(l->chain)) {
		memcpy(l->chain + l->n_chain, more.p, more.n);
		l->n_chain += more.n;
		return;
	}
	if (gap)
		l->chain[l->n_chain++] = ' ';
	memcpy(l->chain + l->n_chain, text, n);
	l->n_chain += n;
}

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

/* A message that is handed on as it is: only how long it may be used is of interest. */
static enum lookup_step take_whole(struct lookup *l, const struct dns_message *m,
				   const struct resolver_config *cfg, uint32_t *granted_s)
{
	struct dns_found f;

	if (m->truncated)
		return LOOKUP_BAD;
	l->rcode = (uint8_t)m->rcode;
	l->status = m->rcode == DNS_RCODE_NXDOMAIN ? DNS_NXDOMAIN :
		    m->counts[DNS_ANSWER] ? DNS_OK : DNS_NO_DATA;
	if (dns_find(&f, m, &l->name, DNS_TYPE_A) != 0)
		f.has_soa = false;      /* an alias to something that is no host name, say */
	f.ttl_s = least_ttl(m);
	*granted_s = grant(&f, l->status, cfg);
	return LOOKUP_DONE;
}

enum lookup_step lookup_take(struct lookup *l, const struct dns_message *m,
			     const struct resolver_config *cfg, uint32_t *granted_s)
{
	enum dns_status status;
	struct dns_found f;
	bool follow;

	if (m->rcode != DNS_RCODE_NOERROR && m->rcode != DNS_RCODE_NXDOMAIN) {
		l->rcode = m->rcode > 255 ? 255 : (uint8_t)m->rcode;
		return LOOKUP_FAILED;
	}
	if (!dns_kind_is_address(l->kind))
		return take_whole(l, m, cfg, granted_s);
	if (m->truncated || dns_find(&f, m, &l->name, l->kind.type) != 0)
		return LOOKUP_BAD;
	status = judge(&f, m);
	follow = status == DNS_NO_DATA && f.links && !f.has_soa;
	if (l->links + f.links > DNS_LINKS_MAX || (follow && l->follow_ups == FOLLOW_UPS_MAX))
		return LOOKUP_BAD;
	for (unsigned i = 1; i <= f.links; i++)
		add_to_chain(l, &f.names[i]);
	l->links += f.links;
	l->status = status;
	l->rcode = (uint8_t)m->rcode;
	l->name = f.names[f.links];
	l->n = status == DNS_OK ? f.n : 0;
	memcpy(l->addresses, f.addresses, l->n * sizeof(f.addresses[0]));
	*granted_s = follow ? clamp(f.ttl_s, cfg->ttl_floor_s, cfg->ttl_ceiling_s) :
		     grant(&f, status, cfg);
	if (follow)
		l->follow_ups++;
	return follow ? LOOKUP_FOLLOW : LOOKUP_DONE;
}

_Static_assert((int)DNS_ADDRESSES_MAX <= (int)RESOLVER_ADDRESSES_MAX, "addresses fit");
