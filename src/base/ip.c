#include "base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

static bool parse_v4(struct ip *out, struct sv text)
{
	struct sv rest = text;

	*out = (struct ip){ .family = 4 };
	for (int i = 0; i < 4; i++) {
		struct sv part = sv_cut(&rest, '.');
		uint64_t octet;

		if (part.n > 3 || (part.n > 1 && part.p[0] == '0') || !sv_to_u64(part, 255, &octet))
			return false;
		if ((rest.p == NULL) != (i == 3))
			return false;
		out->b[i] = (uint8_t)octet;
	}
	return true;
}

static bool parse_v6(struct ip *out, struct sv text)
{
	char copy[IP_TEXT_MAX];

	*out = (struct ip){ .family = 6 };
	if (text.n == 0 || text.n >= sizeof(copy) || memchr(text.p, '\0', text.n))
		return false;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	return inet_pton(AF_INET6, copy, out->b) == 1;  /* takes neither zones nor brackets */
}

bool ip_parse(struct ip *out, struct sv text)
{
	return sv_find(text, ':') < text.n ? parse_v6(out, text) : parse_v4(out, text);
}

int ip_cmp(const struct ip *a, const struct ip *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->b, b->b, sizeof(a->b));
}

bool ip_eq(const struct ip *a, const struct ip *b)
{
	return ip_cmp(a, b) == 0;
}

struct ip ip_unmapped(const struct ip *ip)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct ip v4 = { .family = 4 };

	if (ip->family != 6 || memcmp(ip->b, mapped, sizeof(mapped)) != 0)
		return *ip;
	memcpy(v4.b, ip->b + 12, 4);
	return v4;
}

/* By hand, since each access record has several: inet_ntop() goes through sprintf(). */
static size_t format_v4(const uint8_t octets[4], char *out)
{
	size_t n = 0;

	for (int i = 0; i < 4; i++) {
		unsigned o = octets[i];

		if (o >= 100)
			out[n++] = (char)('0' + o / 100);
		if (o >= 10)
			out[n++] = (char)('0' + o / 10 % 10);
		out[n++] = (char)('0' + o % 10);
		out[n++] = i < 3 ? '.' : '\0';
	}
	return n - 1;
}

size_t ip_format(const struct ip *ip, char out[IP_TEXT_MAX])
{
	out[0] = '\0';
	if (ip->family == 4)
		return format_v4(ip->b, out);
	if (ip->family)
		inet_ntop(AF_INET6, ip->b, out, IP_TEXT_MAX);
	return strlen(out);
}

static bool clear_host_bits(struct prefix *p)
{
	unsigned width = p->addr.family == 4 ? 4 : 16;
	bool any = false;

	for (unsigned i = 0; i < width; i++) {
		unsigned kept = p->bits <= i * 8 ? 0 : p->bits - i * 8;
		uint8_t mask = (uint8_t)(kept >= 8 ? 0xffu : 0xff00u >> kept);

		any |= (p->addr.b[i] & ~mask) != 0;
		p->addr.b[i] &= mask;
	}
	return any;
}

enum prefix_error prefix_parse(struct prefix *out, struct sv text)
{
	struct sv rest = text, addr = sv_cut(&rest, '/');
	uint64_t bits;

	if (!ip_parse(&out->addr, addr))
		return PREFIX_BAD_ADDRESS;
	out->bits = out->addr.family == 4 ? 32 : 128;
	if (rest.p) {
		if (rest.n > 3 || !sv_to_u64(rest, out->bits, &bits))
			return PREFIX_BAD_LENGTH;
		out->bits = (uint8_t)bits;
	}
	return clear_host_bits(out) ? PREFIX_HOST_BITS : PREFIX_OK;
}

bool prefix_contains(const struct prefix *p, const struct ip *ip)
{
	unsigned whole = p->bits / 8, left = p->bits % 8;

	if (p->addr.family != ip->family || memcmp(p->addr.b, ip->b, whole) != 0)
		return false;
	return left == 0 || ((p->addr.b[whole] ^ ip->b[whole]) >> (8 - left)) == 0;
}

size_t prefix_format(const struct prefix *p, char out[PREFIX_TEXT_MAX])
{
	size_t n = ip_format(&p->addr, out);

	return n + (size_t)snprintf(out + n, PREFIX_TEXT_MAX - n, "/%u", p->bits);
}

static bool parse_port(struct sv text, uint16_t *out)
{
	uint64_t port;

	if (text.n > 5 || !sv_to_u64(text, 65535, &port) || port == 0)
		return false;
	*out = (uint16_t)port;
	return true;
}

bool endpoint_parse(struct endpoint *out, struct sv text, uint16_t default_port)
{
	struct sv host, rest;

	out->port = default_port;
	if (text.n && text.p[0] == '[') {
		size_t close = sv_find(text, ']');

		if (close == text.n)
			return false;
		host = sv_slice(text, 1, close - 1);
		rest = sv_slice(text, close + 1, text.n);
		if (sv_find(host, ':') == host.n)
			return false;
	} else {
		size_t colon = sv_find(text, ':');

		host = sv_slice(text, 0, colon);
		rest = sv_slice(text, colon, text.n);
		if (rest.n && sv_find(sv_slice(rest, 1, rest.n), ':') < rest.n - 1) {
			host = text;            /* a bare IPv6 address has no room for a port */
			rest.n = 0;
		}
	}
	if (!ip_parse(&out->ip, host))
		return false;
	if (rest.n == 0)
		return default_port != 0;
	return rest.p[0] == ':' && parse_port(sv_slice(rest, 1, rest.n), &out->port);
}

bool endpoint_eq(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && ip_eq(&a->ip, &b->ip);
}

size_t endpoint_format(const struct endpoint *e, char out[ENDPOINT_TEXT_MAX])
{
	char ip[IP_TEXT_MAX];

	ip_format(&e->ip, ip);
	return (size_t)snprintf(out, ENDPOINT_TEXT_MAX, e->ip.family == 6 ? "[%s]:%u" : "%s:%u", ip,
				e->port);
}

socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (e->ip.family == 4) {
		struct sockaddr_in *sin = (struct sockaddr_in *)out;

		sin->sin_family = AF_INET;
		sin->sin_port = htons(e->port);
		memcpy(&sin->sin_addr, e->ip.b, 4);
		return sizeof(*sin);
	}
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)out;

	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons(e->port);
	memcpy(&sin6->sin6_addr, e->ip.b, 16);
	return sizeof(*sin6);
}

struct endpoint endpoint_from_sockaddr(const struct sockaddr_storage *sa)
{
	struct endpoint e = { 0 };

	if (sa->ss_family == AF_INET) {
		const struct sockaddr_in *sin = (const struct sockaddr_in *)sa;

		e.ip.family = 4;
		memcpy(e.ip.b, &sin->sin_addr, 4);
		e.port = ntohs(sin->sin_port);
	} else if (sa->ss_family == AF_INET6) {
		const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)sa;

		e.ip.family = 6;
		memcpy(e.ip.b, &sin6->sin6_addr, 16);
		e.ip = ip_unmapped(&e.ip);
		e.port = ntohs(sin6->sin6_port);
	}
	return e;
}
