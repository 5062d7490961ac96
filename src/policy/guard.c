/*
 * guard -- the table of addresses that are not simply "the internet", and what hides inside others.
 * The longest prefix wins.  Rows follow the IANA IPv4 and IPv6 special-purpose address registries, with
 * Azure's two platform addresses, multicast and unassigned space added.  Where a registry calls a
 * few addresses inside a reserved block globally reachable (PCP and TURN anycast, AMT, AS112, ORCHID),
 * the block's class stands: no origin that a proxy is asked for lives there.
 */
#include "policy/guard.h"

#include <pthread.h>

#define PUBLIC   GUARD_CLASS_PUBLIC
#define PLATFORM GUARD_CLASS_PLATFORM
#define NEVER    GUARD_CLASS_NEVER
#define LOOPBACK GUARD_CLASS_LOOPBACK
#define PRIVATE  GUARD_CLASS_PRIVATE

static const struct guard_row rows[] = {
	{ "0.0.0.0/8",          NEVER,    "RFC 791 section 3.2: this network" },
	{ "10.0.0.0/8",         PRIVATE,  "RFC 1918: private use" },
	{ "100.64.0.0/10",      PRIVATE,  "RFC 6598: shared address space (CGNAT)" },
	{ "127.0.0.0/8",        LOOPBACK, "RFC 1122 section 3.2.1.3: loopback" },
	{ "168.63.129.16/32",   PLATFORM, "Azure: wireserver, DNS and health probes of the platform" },
	{ "169.254.0.0/16",     PRIVATE,  "RFC 3927: link-local" },
	{ "169.254.169.254/32", PLATFORM, "Azure: Instance Metadata Service (IMDS)" },
	{ "172.16.0.0/12",      PRIVATE,  "RFC 1918: private use" },
	{ "192.0.0.0/24",       PRIVATE,  "RFC 6890 section 2.1: IETF protocol assignments" },
	{ "192.0.2.0/24",       PRIVATE,  "RFC 5737: documentation (TEST-NET-1)" },
	{ "192.88.99.0/24",     PRIVATE,  "RFC 7526: deprecated 6to4 relay anycast" },
	{ "192.168.0.0/16",     PRIVATE,  "RFC 1918: private use" },
	{ "198.18.0.0/15",      PRIVATE,  "RFC 2544: benchmarking" },
	{ "198.51.100.0/24",    PRIVATE,  "RFC 5737: documentation (TEST-NET-2)" },
	{ "203.0.113.0/24",     PRIVATE,  "RFC 5737: documentation (TEST-NET-3)" },
	{ "224.0.0.0/4",        NEVER,    "RFC 5771: multicast" },
	{ "240.0.0.0/4",        PRIVATE,  "RFC 1112 section 4: reserved for future use" },
	{ "255.255.255.255/32", NEVER,    "RFC 8190, RFC 919 section 7: limited broadcast" },

	/* IANA has global unicast in 2000::/3 only; the next three are all the rest. */
	{ "::/3",               PRIVATE,  "RFC 4291 section 2.4: outside global unicast" },
	{ "4000::/2",           PRIVATE,  "RFC 4291 section 2.4: outside global unicast" },
	{ "8000::/1",           PRIVATE,  "RFC 4291 section 2.4: outside global unicast" },
	{ "::/96",              PRIVATE,  "RFC 4291 section 2.5.5.1: deprecated IPv4-compatible" },
	{ "::/128",             NEVER,    "RFC 4291 section 2.5.2: unspecified" },
	{ "::1/128",            LOOPBACK, "RFC 4291 section 2.5.3: loopback" },
	{ "::ffff:0:0/96",      PUBLIC,   "RFC 4291 section 2.5.5.2: IPv4-mapped, as the address inside" },
	{ "::ffff:0:0:0/96",    PRIVATE,  "RFC 2765 section 2.1: deprecated IPv4-translated" },
	{ "64:ff9b::/96",       PUBLIC,   "RFC 6052: NAT64, as the address inside" },
	{ "64:ff9b:1::/48",     PRIVATE,  "RFC 8215: local-use NAT64" },
	{ "100::/64",           PRIVATE,  "RFC 6666: discard-only" },
	{ "100:0:0:1::/64",     PRIVATE,  "RFC 9780: dummy prefix" },
	{ "2001::/23",          PRIVATE,  "RFC 2928: IETF protocol assignments" },
	{ "2001::/32",          PUBLIC,   "RFC 4380: Teredo, as the address inside" },
	{ "2001:2::/48",        PRIVATE,  "RFC 5180: benchmarking" },
	{ "2001:10::/28",       PRIVATE,  "RFC 4843: deprecated ORCHID" },
	{ "2001:20::/28",       PRIVATE,  "RFC 7343: ORCHIDv2, not routed" },
	{ "2001:30::/28",       PRIVATE,  "RFC 9374: drone remote id tags, not routed" },
	{ "2001:db8::/32",      PRIVATE,  "RFC 3849: documentation" },
	{ "2002::/16",          PUBLIC,   "RFC 3056: 6to4, as the address inside" },
	{ "3fff::/20",          PRIVATE,  "RFC 9637: documentation" },
	{ "5f00::/16",          PRIVATE,  "RFC 9602: segment routing identifiers" },
	{ "fc00::/7",           PRIVATE,  "RFC 4193: unique-local" },
	{ "fe80::/10",          PRIVATE,  "RFC 4291 section 2.5.6: link-local" },
	{ "fec0::/10",          PRIVATE,  "RFC 3879: deprecated site-local" },
	{ "ff00::/8",           NEVER,    "RFC 4291 section 2.7: multicast" },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* Where the four octets of the IPv4 address lie. */
struct layout {
	uint8_t at[4];
	uint8_t zero_from;      /* from this octet on all are zero in this layout; 16: nothing to check */
};

enum embedding { EMBED_LOW, EMBED_TEREDO, EMBED_6TO4, EMBED_LOCAL_NAT64 };

static const struct {
	const char *prefix;
	enum embedding embedding;
} embeddings[] = {
	{ "::ffff:0:0/96",   EMBED_LOW },
	{ "::ffff:0:0:0/96", EMBED_LOW },
	{ "::/96",           EMBED_LOW },
	{ "64:ff9b::/96",    EMBED_LOW },
	{ "64:ff9b:1::/48",  EMBED_LOCAL_NAT64 },
	{ "2002::/16",       EMBED_6TO4 },
	{ "2001::/32",       EMBED_TEREDO },
};

enum { EMBEDDINGS = sizeof(embeddings) / sizeof(embeddings[0]) };

/* RFC 6052 section 2.2, for the prefix lengths that fit into a /48; octet 8 is always zero. */
static const struct layout nat64_layouts[] = {
	{ { 12, 13, 14, 15 }, 16 },     /* /96 */
	{ { 9, 10, 11, 12 }, 13 },      /* /64 */
	{ { 7, 9, 10, 11 }, 12 },       /* /56 */
	{ { 6, 7, 9, 10 }, 11 },        /* /48 */
};

static struct prefix row_prefixes[ROWS], embedding_prefixes[EMBEDDINGS];
/* By family (4, 6) and first octet: the rows that an address which begins so may lie in, as bits. */
static uint64_t rows_by_octet[2][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

_Static_assert(ROWS <= 64, "a row is a bit");

static void note_row(size_t row)
{
	const struct prefix *p = &row_prefixes[row];
	unsigned bits = p->bits < 8 ? p->bits : 8, others = 0xffu >> bits;

	for (unsigned octet = 0; octet <= others; octet++)
		rows_by_octet[p->addr.family == 6][(p->addr.b[0] & ~others & 0xff) | octet] |= (uint64_t)1 << row;
}

static void read_tables(void)
{
	for (size_t i = 0; i < ROWS; i++) {
		prefix_parse(&row_prefixes[i], sv_of(rows[i].prefix));
		note_row(i);
	}
	for (size_t i = 0; i < EMBEDDINGS; i++)
		prefix_parse(&embedding_prefixes[i], sv_of(embeddings[i].prefix));
}

const struct guard_row *guard_rows(size_t *n)
{
	*n = ROWS;
	return rows;
}

static enum guard_class own_class(const struct ip *ip)
{
	enum guard_class class = PUBLIC;
	int longest = -1;

	for (uint64_t left = rows_by_octet[ip->family == 6][ip->b[0]]; left; left &= left - 1) {
		int i = __builtin_ctzll(left);

		if (row_prefixes[i].bits > longest && prefix_contains(&row_prefixes[i], ip)) {
			longest = row_prefixes[i].bits;
			class = rows[i].class;
		}
	}
	return class;
}

static enum guard_class stricter(enum guard_class a, enum guard_class b)
{
	static const uint8_t strictness[] = {
		[PUBLIC] = 0, [PRIVATE] = 1, [LOOPBACK] = 2, [NEVER] = 3, [PLATFORM] = 4,
	};

	return strictness[b] > strictness[a] ? b : a;
}

static struct ip pick(const struct ip *ip, const uint8_t at[4], uint8_t inverted)
{
	struct ip v4 = { .family = 4 };

	for (int i = 0; i < 4; i++)
		v4.b[i] = ip->b[at[i]] ^ inverted;
	return v4;
}

static bool fits(const struct ip *ip, const struct layout *l)
{
	for (size_t i = l->zero_from; i < 16; i++)
		if (ip->b[i])
			return false;
	return ip->b[8] == 0;
}

/*
 * Nobody but its operator knows which layout a local NAT64 uses, so the strictest reading counts; among
 * equals the layout that asks for the most zeros.  A reading that gives 0.x.y.z is taken for the wrong
 * layout as long as another one gives something better: zeros are what a wrong layout finds.
 */
static struct ip local_nat64(const struct ip *ip)
{
	struct ip best = pick(ip, nat64_layouts[0].at, 0);

	for (size_t i = 1; i < sizeof(nat64_layouts) / sizeof(nat64_layouts[0]); i++) {
		struct ip v4 = pick(ip, nat64_layouts[i].at, 0);
		enum guard_class class = own_class(&v4);

		if (v4.b[0] == 0 || !fits(ip, &nat64_layouts[i]))
			continue;
		if (best.b[0] == 0 || stricter(class, own_class(&best)) == class)
			best = v4;
	}
	return best;
}

static struct ip extract(const struct ip *ip, enum embedding e)
{
	static const uint8_t low[4] = { 12, 13, 14, 15 }, high[4] = { 2, 3, 4, 5 };

	switch (e) {
	case EMBED_LOW:
		return pick(ip, low, 0);
	case EMBED_TEREDO:              /* the client's address, its bits inverted (RFC 4380 section 4) */
		return pick(ip, low, 0xff);
	case EMBED_6TO4:
		return pick(ip, high, 0);
	case EMBED_LOCAL_NAT64:
		return local_nat64(ip);
	}
	return (struct ip){ 0 };
}

/* :: and ::1 stand in ::/96 and are no IPv4 addresses. */
static bool hides_nothing(const struct ip *ip)
{
	static const uint8_t zeros[15];

	return ip->family != 6 || (memcmp(ip->b, zeros, sizeof(zeros)) == 0 && ip->b[15] <= 1);
}

struct ip guard_inner(const struct ip *ip)
{
	pthread_once(&once, read_tables);
	if (hides_nothing(ip))
		return (struct ip){ 0 };
	for (size_t i = 0; i < EMBEDDINGS; i++)
		if (prefix_contains(&embedding_prefixes[i], ip))
			return extract(ip, embeddings[i].embedding);
	return (struct ip){ 0 };
}

enum guard_class guard_classify(const struct ip *ip)
{
	struct ip inner = guard_inner(ip);

	if (ip->family == 0)
		return NEVER;
	return inner.family ? stricter(own_class(ip), own_class(&inner)) : own_class(ip);
}
