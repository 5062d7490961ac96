#include "wire/proxy_protocol.h"

#include <errno.h>

static const char signature2[12] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 'Q', 'U', 'I', 'T', 0x0a };
static const struct sv signature1 = { "PROXY ", 6 };

enum { HEAD2 = 16, VERSION2 = 2, LOCAL = 0, PROXY = 1, TCP4 = 0x11, TCP6 = 0x21, UNSPECIFIED = 0x00 };

const char *proxy_error_text(enum proxy_error e)
{
	static const char *const texts[] = {
		[PROXY_OK] = "nothing is wrong",
		[PROXY_NOT_PROXY] = "it does not begin with a PROXY protocol header",
		[PROXY_BAD_LINE] = "the line of PROXY protocol version 1 is malformed",
		[PROXY_BAD_VERSION] = "an unknown version or command of PROXY protocol",
		[PROXY_BAD_FAMILY] = "the PROXY protocol header is not about TCP over IPv4 or IPv6",
		[PROXY_BAD_LENGTH] = "the PROXY protocol header has a wrong length",
	};

	return texts[e];
}

static int fail(enum proxy_error *why, enum proxy_error e)
{
	*why = e;
	return -EBADMSG;
}

static bool begins_like(struct sv bytes, struct sv signature)
{
	size_t n = bytes.n < signature.n ? bytes.n : signature.n;

	return n == 0 || memcmp(bytes.p, signature.p, n) == 0;
}

/* ---- version 1 -------------------------------------------------------------------------------- */

/* Digits without a leading zero, up to 65535 (0 may stand alone). */
static bool read_port(struct sv text, uint16_t *out)
{
	uint64_t n;

	if (text.n == 0 || text.n > 5 || (text.n > 1 && text.p[0] == '0') || !sv_to_u64(text, UINT16_MAX, &n))
		return false;
	*out = (uint16_t)n;
	return true;
}

static bool read_ip(struct sv text, uint8_t family, struct ip *out)
{
	if (!ip_parse(out, text) || out->family != family)
		return false;
	*out = ip_unmapped(out);
	return true;
}

/* "TCP4 192.0.2.1 198.51.100.1 56324 443", or "UNKNOWN" and anything. */
static bool read_line(struct proxy_header *h, struct sv line)
{
	struct sv rest = line, family = sv_cut(&rest, ' '), fields[4];
	uint8_t version = sv_eq(family, SV("TCP4")) ? 4 : 6;

	if (sv_eq(family, SV("UNKNOWN"))) {
		h->local = true;
		return true;
	}
	if (version == 6 && !sv_eq(family, SV("TCP6")))
		return false;
	for (int i = 0; i < 4; i++) {
		if (!rest.p)
			return false;
		fields[i] = sv_cut(&rest, ' ');
	}
	return !rest.p && read_ip(fields[0], version, &h->source.ip) && read_ip(fields[1], version, &h->destination.ip) &&
	       read_port(fields[2], &h->source.port) && read_port(fields[3], &h->destination.port);
}

static int parse1(struct proxy_header *out, struct sv bytes, enum proxy_error *why)
{
	struct sv window = sv_slice(bytes, 0, PROXY_V1_MAX);
	size_t end = sv_find(window, '\r');

	out->version = 1;
	if (sv_find(window, '\n') < end)
		return fail(why, PROXY_BAD_LINE);
	if (end == window.n || end + 1 == window.n)
		return window.n < PROXY_V1_MAX ? -EAGAIN : fail(why, PROXY_BAD_LINE);
	if (window.p[end + 1] != '\n' || !read_line(out, sv_slice(window, signature1.n, end - signature1.n)))
		return fail(why, PROXY_BAD_LINE);
	return (int)end + 2;
}

/* ---- version 2 -------------------------------------------------------------------------------- */

static unsigned octet(struct sv s, size_t i)
{
	return (unsigned char)s.p[i];
}

static void read_addresses(struct proxy_header *h, struct sv b, uint8_t family)
{
	size_t n = family == 4 ? 4 : 16;
	struct endpoint *ends[2] = { &h->source, &h->destination };

	for (size_t i = 0; i < 2; i++) {
		struct ip ip = { .family = family };

		memcpy(ip.b, b.p + i * n, n);
		ends[i]->ip = ip_unmapped(&ip);
		ends[i]->port = (uint16_t)(octet(b, 2 * n + 2 * i) << 8 | octet(b, 2 * n + 2 * i + 1));
	}
}

/* Each octet is judged as soon as it is there. */
static int parse2(struct proxy_header *out, struct sv b, enum proxy_error *why)
{
	size_t length, wanted;

	out->version = 2;
	if (b.n > 12 && (octet(b, 12) >> 4 != VERSION2 || (octet(b, 12) & 15) > PROXY))
		return fail(why, PROXY_BAD_VERSION);
	if (b.n > 13 && (octet(b, 12) & 15) == PROXY && octet(b, 13) != TCP4 && octet(b, 13) != TCP6 &&
	    octet(b, 13) != UNSPECIFIED)
		return fail(why, PROXY_BAD_FAMILY);
	if (b.n < HEAD2)
		return -EAGAIN;
	length = octet(b, 14) << 8 | octet(b, 15);
	out->local = (octet(b, 12) & 15) == LOCAL || octet(b, 13) == UNSPECIFIED;
	wanted = out->local ? 0 : octet(b, 13) == TCP4 ? 12 : 36;
	if (length < wanted || length > PROXY_V2_MAX - HEAD2)
		return fail(why, PROXY_BAD_LENGTH);
	if (b.n < HEAD2 + length)
		return -EAGAIN;
	if (!out->local)
		read_addresses(out, sv_slice(b, HEAD2, length), octet(b, 13) == TCP4 ? 4 : 6);
	return (int)(HEAD2 + length);
}

int proxy_header_parse(struct proxy_header *out, struct sv bytes, enum proxy_error *why)
{
	const struct sv second = { signature2, sizeof(signature2) };

	*out = (struct proxy_header){ .version = 0 };
	*why = PROXY_OK;
	if (begins_like(bytes, signature1))
		return bytes.n < signature1.n ? -EAGAIN : parse1(out, bytes, why);
	if (begins_like(bytes, second))
		return bytes.n < second.n ? -EAGAIN : parse2(out, bytes, why);
	return fail(why, PROXY_NOT_PROXY);
}
