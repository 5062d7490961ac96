/*
 * ports -- reads lists of PROTO:PORT and matches them.
 * Owns the words for the protocols.  A list is short and tried in the order written, because the first
 * match gives the verdict its protocol.
 */
#include "policy/ports.h"

#include "base/suggest.h"

enum { RANGES_MAX = 512 };

static const struct {
	const char *name;
	enum proto proto;
} protos[] = {
	{ "https", PROTO_HTTPS },
	{ "http", PROTO_HTTP },
	{ "tcp", PROTO_TCP },
	{ "udp", PROTO_UDP },
};

enum { PROTOS = sizeof(protos) / sizeof(protos[0]) };

const char *proto_name(enum proto p)
{
	for (size_t i = 0; i < PROTOS; i++)
		if (protos[i].proto == p)
			return protos[i].name;
	return "none";
}

bool proto_parse(struct sv text, enum proto *out)
{
	for (size_t i = 0; i < PROTOS; i++)
		if (sv_eq(text, sv_of(protos[i].name))) {
			*out = protos[i].proto;
			return true;
		}
	return false;
}

static const char *nearest_proto(struct sv word)
{
	struct suggest s;

	suggest_init(&s, word);
	for (size_t i = 0; i < PROTOS; i++)
		suggest_offer(&s, protos[i].name);
	return suggest_best(&s);
}

bool ports_looks_like(struct sv text)
{
	size_t colon = sv_find(text, ':');
	enum proto p;

	if (colon == text.n)
		return false;
	text.n = colon;
	return proto_parse(text, &p) || nearest_proto(text);
}

struct reader {
	struct arena *arena;
	struct sv *why;
	struct port_range *ranges;
	size_t n;
	enum proto proto;       /* of the part before; 0 at first */
};

static bool refuse(struct reader *r, struct sv sentence)
{
	*r->why = sentence;
	return false;
}

static bool read_proto(struct reader *r, struct sv word)
{
	const char *near;

	if (proto_parse(word, &r->proto))
		return true;
	near = nearest_proto(word);
	if (near)
		return refuse(r, arena_printf(r->arena,
			"unknown protocol \"%.*s\"; did you mean \"%s\"?", SV_ARG(word), near));
	return refuse(r, arena_printf(r->arena,
		"unknown protocol \"%.*s\"; expected https, http, tcp or udp", SV_ARG(word)));
}

static bool read_port(struct sv text, uint16_t *out)
{
	uint64_t port;

	if (text.n > 5 || !sv_to_u64(text, 65535, &port) || port == 0)
		return false;
	*out = (uint16_t)port;
	return true;
}

static bool read_range(struct reader *r, struct sv text, struct port_range *out)
{
	struct sv hi = text, lo = sv_cut(&hi, '-');

	*out = (struct port_range){ 1, 65535, (uint8_t)r->proto };
	if (sv_eq(text, SV("any")))
		return true;
	if (sv_starts_with(text, SV("//")))
		return refuse(r, arena_printf(r->arena,
			"a URL cannot stand here; write the name alone, then \"%s:PORT\"",
			proto_name(r->proto)));
	if (!read_port(lo, &out->lo) || !read_port(hi.p ? hi : lo, &out->hi))
		return refuse(r, arena_printf(r->arena,
			"bad port \"%.*s\"; expected 1 to 65535, a range such as 1024-2048, or any",
			SV_ARG(text)));
	if (out->lo > out->hi)
		return refuse(r, arena_printf(r->arena,
			"the range \"%.*s\" runs backwards; did you mean \"%u-%u\"?", SV_ARG(text),
			out->hi, out->lo));
	return true;
}

static bool overlap(const struct port_range *a, const struct port_range *b)
{
	return a->proto == b->proto && a->lo <= b->hi && b->lo <= a->hi;
}

static bool add_range(struct reader *r, const struct port_range *range, struct sv text)
{
	for (size_t i = 0; i < r->n; i++)
		if (overlap(&r->ranges[i], range))
			return refuse(r, arena_printf(r->arena,
				"\"%s:%.*s\" repeats ports that this list already has; leave it out",
				proto_name(r->proto), SV_ARG(text)));
	r->ranges[r->n++] = *range;
	return true;
}

/* "https:443", or "443" behind a part that named the protocol. */
static bool read_part(struct reader *r, struct sv part)
{
	struct sv ports = part, word = sv_cut(&ports, ':');
	struct port_range range;

	if (part.n == 0)
		return refuse(r, SV("an empty port in the list; write it as in \"https:443,8443\""));
	if (!ports.p) {
		if (r->proto == 0 && proto_parse(part, &r->proto))
			return refuse(r, arena_printf(r->arena,
				"\"%.*s\" has no port; write \"%.*s:443\" or \"%.*s:any\"",
				SV_ARG(part), SV_ARG(part), SV_ARG(part)));
		if (r->proto == 0)
			return refuse(r, arena_printf(r->arena,
				"\"%.*s\" has no protocol; write it as in \"https:443\"",
				SV_ARG(part)));
		ports = part;
	} else if (!read_proto(r, word)) {
		return false;
	}
	return read_range(r, ports, &range) && add_range(r, &range, ports);
}

bool ports_parse(struct port_set *out, struct sv text, struct arena *a, struct sv *why)
{
	struct reader r = { .arena = a, .why = why };
	struct sv rest = text;
	size_t parts = 1;

	*out = (struct port_set){ 0 };
	*why = (struct sv){ 0 };
	for (size_t i = 0; i < text.n; i++)
		parts += text.p[i] == ',';
	if (parts > RANGES_MAX)
		return refuse(&r, arena_printf(a, "%zu ports in one list; write ranges, %d parts at most",
					       parts, RANGES_MAX));
	r.ranges = arena_array(a, parts, sizeof(*r.ranges));
	do
		if (!read_part(&r, sv_cut(&rest, ',')))
			return false;
	while (rest.p);
	*out = (struct port_set){ r.ranges, r.n };
	return true;
}

enum proto ports_match(const struct port_set *s, unsigned asked, uint16_t port)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct port_range *r = &s->ranges[i];

		if ((r->proto & asked) && port >= r->lo && port <= r->hi)
			return (enum proto)r->proto;
	}
	return 0;
}
