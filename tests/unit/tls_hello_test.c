/* tls_hello: hellos that OpenSSL sent and hellos put together here, cut over records of every size and at
 * every octet, each before a guard page. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "guard_page.h"
#include "tls_captures.h"
#include "wire/tls_hello.h"

#define UNUSED __attribute__((unused))

enum { ROOM = 1 << 17 };

/* --- putting hellos together ---------------------------------------------------------------------- */

struct bytes {
	size_t n;
	char p[ROOM];
};

static void add(struct bytes *b, struct sv s)
{
	assert_true(b->n + s.n <= ROOM);
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

static void add_number(struct bytes *b, size_t octets, size_t value)
{
	while (octets--)
		add(b, (struct sv){ &(char){ (char)(value >> (8 * octets)) }, 1 });
}

static void add_fill(struct bytes *b, size_t n)
{
	while (n--)
		add_number(b, 1, n * 7);
}

/* Opens a vector; close_vector() fills its length in. */
static size_t open_vector(struct bytes *b, size_t octets)
{
	add_number(b, octets, 0);
	return b->n;
}

static void close_vector(struct bytes *b, size_t octets, size_t opened)
{
	size_t end = b->n, value = end - opened;

	b->n = opened - octets;
	add_number(b, octets, value);
	b->n = end;
}

static struct sv view(const struct bytes *b)
{
	return (struct sv){ b->p, b->n };
}

static struct sv from_hex(struct bytes *b, const char *hex)
{
	b->n = 0;
	for (; *hex; hex += 2) {
		const char digits[3] = { hex[0], hex[1], 0 };

		add_number(b, 1, strtoul(digits, NULL, 16));
	}
	return view(b);
}

/* The message in records of `size` octets. */
static void add_records(struct bytes *wire, struct sv message, size_t size)
{
	for (size_t at = 0; at < message.n; at += size) {
		struct sv fragment = sv_slice(message, at, size);

		add(wire, SV("\x16\x03\x01"));
		add_number(wire, 2, fragment.n);
		add(wire, fragment);
	}
}

static struct sv in_records(struct sv message, size_t size)
{
	static struct bytes wire;

	wire.n = 0;
	add_records(&wire, message, size);
	return view(&wire);
}

/* A ClientHello with these extensions (p == NULL: without the whole block), as a handshake message. */
static struct sv hello_with(struct sv extensions)
{
	static struct bytes m;
	size_t whole, block;

	m.n = 0;
	add_number(&m, 1, 1);
	whole = open_vector(&m, 3);
	add(&m, SV("\x03\x03"));
	add_fill(&m, 32);
	add(&m, SV("\x00"));
	add(&m, SV("\x00\x04\x5a\x5a\x13\x01"));
	add(&m, SV("\x01\x00"));
	if (extensions.p) {
		block = open_vector(&m, 2);
		add(&m, extensions);
		close_vector(&m, 2, block);
	}
	close_vector(&m, 3, whole);
	return view(&m);
}

static void add_extension(struct bytes *b, unsigned type, struct sv data)
{
	add_number(b, 2, type);
	add_number(b, 2, data.n);
	add(b, data);
}

/* --- checks --------------------------------------------------------------------------------------- */

typedef int parse_fn(struct tls_hello *, struct sv, enum tls_hello_error *);

/* The verdict on `whole`; prefixes (every `step`th) want more or have the same one, and it stays. */
static int parse_prefixes(struct tls_hello *out, parse_fn *parse, struct sv whole, size_t step,
			  enum tls_hello_error *why)
{
	int verdict = parse(out, guarded(whole), why), last = -EAGAIN;
	enum tls_hello_error reason;
	struct tls_hello part;

	for (size_t n = 0; n < whole.n; n += step) {
		int now = parse(&part, guarded((struct sv){ whole.p, n }), &reason);

		if (last != -EAGAIN)
			assert_int_equal(now, last);
		assert_int_equal(reason, now == -EAGAIN ? TLS_HELLO_OK : *why);
		if (now != -EAGAIN)
			assert_int_equal(now, verdict);
		if (now > 0)
			assert_true((size_t)now <= n);
		last = now;
	}
	return verdict;
}

static void assert_same(const struct tls_hello *a, const struct tls_hello *b)
{
	assert_memory_equal(a, b, sizeof(*a));  /* cleared by the parser, padding included */
}

static void assert_refused(struct sv wire, enum tls_hello_error want)
{
	enum tls_hello_error why;
	struct tls_hello h;
	int n = parse_prefixes(&h, tls_hello_parse, wire, 1, &why);

	if (n != -EBADMSG || why != want)
		fail_msg("%d, %s; not: %s", n, tls_hello_error_text(why), tls_hello_error_text(want));
}

static void assert_sv(struct sv got, const char *want)
{
	if (!sv_eq(got, sv_of(want)))
		fail_msg("\"%.*s\" is not \"%s\"", SV_ARG(got), want);
}

/* --- captured hellos ------------------------------------------------------------------------------ */

static const struct capture {
	const char *hex, *sni, *alpn[3];
	uint16_t version;
} captures[] = {
	{ tls13_sni_alpn, "download.microsoft.com", { "h2", "http/1.1", NULL }, 0x0304 },
	{ tls13_no_sni, "", { NULL }, 0x0304 },
	{ tls12_sni, "a.test", { NULL }, 0x0303 },
	{ tls12_no_sni, "", { NULL }, 0x0303 },
	{ tls10_sni, "old.test", { NULL }, 0x0301 },
	{ retry_first, "a.test", { NULL }, 0x0304 },
	{ retry_second, "a.test", { NULL }, 0x0304 },
};
enum { CAPTURES = sizeof(captures) / sizeof(*captures) };

static void captured_hellos(void **state UNUSED)
{
	static struct bytes wire;

	for (size_t i = 0; i < CAPTURES; i++) {
		struct sv whole = from_hex(&wire, captures[i].hex);
		enum tls_hello_error why;
		struct tls_hello h;
		size_t protocols = 0;

		assert_int_equal(parse_prefixes(&h, tls_hello_parse, whole, 1, &why), whole.n);
		assert_sv(tls_hello_sni(&h), captures[i].sni);
		assert_int_equal(h.has_sni, *captures[i].sni != 0);
		assert_int_equal(h.version, captures[i].version);
		assert_false(h.has_ech);
		for (; captures[i].alpn[protocols]; protocols++)
			assert_sv(tls_hello_alpn(&h, protocols), captures[i].alpn[protocols]);
		assert_int_equal(h.alpn_n, protocols);
		assert_false(h.alpn_more);
		/* early data behind it is not its own */
		add(&wire, SV("\x17\x03\x03\x00\x01x"));
		assert_int_equal(tls_hello_parse(&h, guarded(view(&wire)), &why), whole.n);
	}
}

/* However a hello is cut over records, it says the same; a name may straddle them. */
static void records_of_every_size(void **state UNUSED)
{
	static struct bytes wire;

	for (size_t i = 0; i < CAPTURES; i++) {
		struct sv whole = from_hex(&wire, captures[i].hex), message = sv_slice(whole, 5, whole.n);
		struct tls_hello one, cut;
		enum tls_hello_error why;

		assert_true(tls_hello_parse(&one, whole, &why) > 0);
		for (size_t size = 1; size < message.n; size++) {
			struct sv records = in_records(message, size);

			assert_int_equal(tls_hello_parse(&cut, guarded(records), &why), records.n);
			assert_same(&one, &cut);
		}
		assert_int_equal(parse_prefixes(&cut, tls_hello_parse, in_records(message, 1), 1, &why),
				 message.n * 6);
	}
}

/* A message shorter by any number of octets, with its lengths right, ends inside something. */
static void hellos_cut_short(void **state UNUSED)
{
	static struct bytes wire, cut;

	for (size_t i = 0; i < CAPTURES; i++) {
		struct sv message = from_hex(&wire, captures[i].hex);
		size_t suites = (size_t)(5 + 4 + 2 + 32), bare;

		suites += 1 + (size_t)(unsigned char)message.p[suites];
		bare = suites + 2 + ((size_t)(unsigned char)message.p[suites] << 8 |
				     (unsigned char)message.p[suites + 1]) + 2;
		for (size_t n = 9; n < message.n; n++) {
			enum tls_hello_error why;
			struct tls_hello h;
			int result;

			cut.n = 0;
			add(&cut, SV("\x16\x03\x01"));
			add_number(&cut, 2, n - 5);
			add_number(&cut, 1, 1);
			add_number(&cut, 3, n - 9);
			add(&cut, sv_slice(message, 9, n - 9));
			result = tls_hello_parse(&h, guarded(view(&cut)), &why);
			assert_int_equal(result, n == bare ? (int)n : -EBADMSG);
			assert_int_equal(why, n == bare ? TLS_HELLO_OK : TLS_MALFORMED);
		}
	}
}

/* --- large hellos --------------------------------------------------------------------------------- */

static struct sv hello_with_key_share(size_t octets)
{
	static struct bytes extensions, share;
	const char sni[] = "\x00\x09\x00\x00\x06" "a.test";

	extensions.n = share.n = 0;
	add_fill(&share, octets);
	add_extension(&extensions, 0x0033, view(&share));
	add_extension(&extensions, 0x0000, (struct sv){ sni, sizeof(sni) - 1 });
	return hello_with(view(&extensions));
}

static void large_hellos(void **state UNUSED)
{
	static const size_t shares[] = { 1258, 2400, 16384, 40000, 60000 };     /* X25519MLKEM768 is the first */
	static const size_t sizes[] = { 7, 64, 512, 1400, 4096, 16383, 16384 };

	for (size_t i = 0; i < sizeof(shares) / sizeof(*shares); i++)
		for (size_t k = 0; k < sizeof(sizes) / sizeof(*sizes); k++) {
			struct sv wire = in_records(hello_with_key_share(shares[i]), sizes[k]);
			bool fits = wire.n <= TLS_HELLO_MAX;
			enum tls_hello_error why;
			struct tls_hello h;
			int n = parse_prefixes(&h, tls_hello_parse, wire, 997, &why);

			assert_int_equal(n, fits ? (int)wire.n : -EBADMSG);
			assert_int_equal(why, fits ? TLS_HELLO_OK : TLS_TOO_LARGE);
			if (fits)
				assert_sv(tls_hello_sni(&h), "a.test");
		}
}

static void too_large(void **state UNUSED)
{
	enum tls_hello_error why;
	struct tls_hello h;
	struct sv wire;

	/* told by the length in the message's header, with its last octet */
	assert_refused(SV("\x16\x03\x01\x40\x00\x01\x01\x00\x00"), TLS_TOO_LARGE);
	assert_int_equal(tls_hello_parse(&h, SV("\x16\x03\x01\x40\x00\x01\x01\x00"), &why), -EAGAIN);
	assert_refused(SV("\x16\x03\x01\x40\x00\x01\xff\xff\xff"), TLS_TOO_LARGE);
	/* a small message in so many records that the wire is what is too much */
	wire = in_records(hello_with_key_share(12000), 1);
	assert_true(wire.n > TLS_HELLO_MAX);
	assert_int_equal(tls_hello_parse(&h, guarded((struct sv){ wire.p, TLS_HELLO_MAX - 1 }), &why), -EAGAIN);
	assert_int_equal(tls_hello_parse(&h, guarded((struct sv){ wire.p, TLS_HELLO_MAX }), &why), -EBADMSG);
	assert_int_equal(why, TLS_TOO_LARGE);
	assert_int_equal(tls_hello_parse(&h, guarded(wire), &why), -EBADMSG);
	assert_int_equal(why, TLS_TOO_LARGE);
	/* exactly the limit */
	wire = in_records(hello_with_key_share(TLS_HELLO_MAX - 88), 16384);
	assert_int_equal(wire.n, TLS_HELLO_MAX);
	assert_int_equal(tls_hello_parse(&h, guarded(wire), &why), wire.n);
}

/* --- what is no hello ----------------------------------------------------------------------------- */

/* Each of the first three octets decides as soon as it is there. */
static void not_tls_at_once(void **state UNUSED)
{
	for (size_t at = 0; at < 3; at++)
		for (int c = 0; c < 256; c++) {
			char head[3] = { 0x16, 0x03, 0x01 };
			enum tls_hello_error why;
			struct tls_hello h;
			bool possible;
			int n;

			head[at] = (char)c;
			possible = at == 0 ? c == 0x16 || (c >= 0x80 && c <= 0x83) : at == 1 ? c == 3 : c <= 4;
			n = tls_hello_parse(&h, guarded((struct sv){ head, at + 1 }), &why);
			assert_int_equal(n, possible ? -EAGAIN : -EBADMSG);
			assert_int_equal(why, possible ? TLS_HELLO_OK : TLS_NOT_TLS);
		}
	assert_refused(SV("GET / HTTP/1.1\r\n"), TLS_NOT_TLS);
	assert_refused(SV("SSH-2.0-x\r\n"), TLS_NOT_TLS);
}

static void sslv2(void **state UNUSED)
{
	assert_refused(SV("\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10"), TLS_SSLV2);
	assert_refused(SV("\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10"), TLS_SSLV2);
	assert_refused(SV("\x81\x03\x01"), TLS_SSLV2);
	assert_refused(SV("\x80\x2e\x02"), TLS_NOT_TLS);
	assert_refused(SV("\x84\x2e\x01"), TLS_NOT_TLS);
}

#define BYTES(lit) { lit, sizeof(lit) - 1 }
static void bad_records(void **state UNUSED)
{
	static const struct {
		struct sv wire;
		enum tls_hello_error why;
	} cases[] = {
		{ BYTES("\x16\x03\x01\x00\x00"), TLS_BAD_RECORD },
		{ BYTES("\x16\x03\x01\x40\x01"), TLS_BAD_RECORD },
		{ BYTES("\x16\x03\x01\xff\xff"), TLS_BAD_RECORD },
		{ BYTES("\x16\x03\x01\x00\x01\x01\x16\x03\x01\x00\x00"), TLS_BAD_RECORD },
		{ BYTES("\x16\x03\x01\x00\x01\x01\x14\x03\x01\x00\x01\x01"), TLS_BAD_RECORD },
		{ BYTES("\x16\x03\x01\x00\x01\x01\x15\x03\x01\x00\x02\x02\x28"), TLS_BAD_RECORD },
		{ BYTES("\x16\x03\x01\x00\x01\x01\x17\x03\x01\x00\x01x"), TLS_BAD_RECORD },
		{ BYTES("\x16\x03\x01\x00\x01\x01\x16\x02\x01"), TLS_BAD_RECORD },
		{ BYTES("\x16\x03\x01\x00\x01\x01\x16\x03\x05"), TLS_BAD_RECORD },
		{ BYTES("\x16\x03\x01\x00\x04\x00\x00\x00\x00"), TLS_NOT_CLIENT_HELLO },
		{ BYTES("\x16\x03\x01\x00\x04\x02\x00\x00\x00"), TLS_NOT_CLIENT_HELLO },
		{ BYTES("\x16\x03\x01\x40\x00\x10"), TLS_NOT_CLIENT_HELLO },
		{ BYTES("\x16\x03\x01\x00\x04\x01\x00\x00\x00"), TLS_MALFORMED },
		/* the record goes on behind the message */
		{ BYTES("\x16\x03\x01\x00\x06\x01\x00\x00\x01"), TLS_BAD_RECORD },
		{ BYTES("\x16\x03\x01\x00\x02\x01\x00\x16\x03\x01\x00\x04\x00\x01"), TLS_BAD_RECORD },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_refused(cases[i].wire, cases[i].why);
}

/* The parts before the extensions, one wrong at a time. */
static void malformed_heads(void **state UNUSED)
{
	static const struct {
		size_t at;              /* in the message */
		char octet;
	} cases[] = {
		{ 4, 0x02 },            /* version 2.3 */
		{ 38, 0x21 },           /* a session id of 33 octets, that swallows the rest */
		{ 40, 0x03 },           /* an odd number of octets of cipher suites */
		{ 45, 0x00 },           /* no compression method: what follows is off by one */
		{ 45, 0x7f },
		{ 48, 0x00 },           /* extensions end before the message does */
		{ 48, 0x03 },
		{ 48, 0x10 },           /* too many */
	};
	static const char extension[] = "\x4a\x4a\x00\x00";

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		static struct bytes m;

		m.n = 0;
		add(&m, hello_with((struct sv){ extension, 4 }));
		assert_int_equal(m.n, 53);
		assert_int_equal(m.p[48], 4);
		m.p[cases[i].at] = cases[i].octet;
		assert_refused(in_records(view(&m), 16384), TLS_MALFORMED);
	}
}

/* The block's length is right, what is in it is cut. */
static void malformed_extensions(void **state UNUSED)
{
	static const struct sv blocks[] = {
		BYTES("\x4a"), BYTES("\x4a\x4a"), BYTES("\x4a\x4a\x00"), BYTES("\x4a\x4a\x00\x01"),
		BYTES("\x4a\x4a\x00\x00\x4a"), BYTES("\x4a\x4a\xff\xffx"),
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++)
		assert_refused(in_records(hello_with(blocks[i]), 16384), TLS_MALFORMED);
}

static void no_extensions(void **state UNUSED)
{
	const struct sv blocks[] = { { NULL, 0 }, { "", 0 } };

	for (size_t i = 0; i < 2; i++) {
		struct sv wire = in_records(hello_with(blocks[i]), 16384);
		enum tls_hello_error why;
		struct tls_hello h;

		assert_int_equal(parse_prefixes(&h, tls_hello_parse, wire, 1, &why), wire.n);
		assert_int_equal(tls_hello_sni(&h).n, 0);
		assert_int_equal(h.version, 0x0303);
	}
}

/* --- extensions ----------------------------------------------------------------------------------- */

static const struct sni_case {
	struct sv data;                 /* of a server_name extension */
	enum tls_hello_error why;
	const char *sni;
} sni_cases[] = {
	{ BYTES("\x00\x09\x00\x00\x06" "a.test"), TLS_HELLO_OK, "a.test" },
	{ BYTES("\x00\x0a\x00\x00\x07" "A.Test."), TLS_HELLO_OK, "A.Test." },
	{ BYTES("\x00\x0c\x00\x00\x09" "192.0.2.1"), TLS_HELLO_OK, "192.0.2.1" },       /* refused elsewhere */
	{ BYTES(""), TLS_MALFORMED, "" },
	{ BYTES("\x00"), TLS_MALFORMED, "" },
	{ BYTES("\x00\x00"), TLS_SNI_EMPTY, "" },
	{ BYTES("\x00\x03\x00\x00\x00"), TLS_SNI_EMPTY, "" },
	{ BYTES("\x00\x01\x00"), TLS_MALFORMED, "" },
	{ BYTES("\x00\x02\x00\x00"), TLS_MALFORMED, "" },
	{ BYTES("\x00\x09\x00\x00\x07" "a.test"), TLS_MALFORMED, "" },
	{ BYTES("\x00\x09\x00\x00\x06" "a.testx"), TLS_MALFORMED, "" },
	{ BYTES("\x00\x0a\x00\x00\x06" "a.test"), TLS_MALFORMED, "" },
	{ BYTES("\x00\x09\x01\x00\x06" "a.test"), TLS_SNI_NOT_A_NAME, "" },
	{ BYTES("\x00\x09\xff\x00\x06" "a.test"), TLS_SNI_NOT_A_NAME, "" },
	{ BYTES("\x00\x12\x00\x00\x06" "a.test\x00\x00\x06" "b.test"), TLS_SNI_TWICE, "a.test" },
	{ BYTES("\x00\x12\x00\x00\x06" "a.test\x01\x00\x06" "b.test"), TLS_SNI_TWICE, "a.test" },
	{ BYTES("\x00\x0a\x00\x00\x06" "a.testx"), TLS_SNI_TWICE, "a.test" },
	{ BYTES("\x00\x09\x00\x00\x06" "a.\0est"), TLS_SNI_BAD_OCTET, NULL },
	{ BYTES("\x00\x09\x00\x00\x06" "a.tes\0"), TLS_SNI_BAD_OCTET, NULL },
	{ BYTES("\x00\x09\x00\x00\x06" "a test"), TLS_SNI_BAD_OCTET, "a test" },
	{ BYTES("\x00\x09\x00\x00\x06" "a.tes\n"), TLS_SNI_BAD_OCTET, "a.tes\n" },
	{ BYTES("\x00\x09\x00\x00\x06" "a.tes\x7f"), TLS_SNI_BAD_OCTET, "a.tes\x7f" },
	{ BYTES("\x00\x09\x00\x00\x06" "\xc3\xa9test"), TLS_SNI_BAD_OCTET, "\xc3\xa9test" },
};

static void server_names(void **state UNUSED)
{
	static struct bytes extensions;

	for (size_t i = 0; i < sizeof(sni_cases) / sizeof(*sni_cases); i++) {
		const struct sni_case *c = &sni_cases[i];

		for (size_t size = 1; size < 200; size += 1 + size / 8) {
			struct sv wire;
			enum tls_hello_error why;
			struct tls_hello h;
			int n;

			extensions.n = 0;
			add_extension(&extensions, 0x4a4a, SV(""));
			add_extension(&extensions, 0, c->data);
			wire = in_records(hello_with(view(&extensions)), size);
			n = parse_prefixes(&h, tls_hello_parse, wire, 1, &why);
			if (n != (c->why ? -EBADMSG : (int)wire.n) || why != c->why)
				fail_msg("case %zu: %d, %s", i, n, tls_hello_error_text(why));
			if (c->sni)
				assert_sv(tls_hello_sni(&h), c->sni);
		}
	}
}

static void long_server_names(void **state UNUSED)
{
	static struct bytes data, extensions;

	for (size_t n = TLS_SNI_MAX - 1; n <= TLS_SNI_MAX + 2; n++) {
		enum tls_hello_error why;
		struct tls_hello h;

		data.n = extensions.n = 0;
		add_number(&data, 2, n + 3);
		add_number(&data, 1, 0);
		add_number(&data, 2, n);
		for (size_t i = 0; i < n; i++)
			add(&data, SV("x"));
		add_extension(&extensions, 0, view(&data));
		tls_hello_parse(&h, guarded(in_records(hello_with(view(&extensions)), 100)), &why);
		assert_int_equal(why, n <= TLS_SNI_MAX ? TLS_HELLO_OK : TLS_SNI_TOO_LONG);
		assert_int_equal(tls_hello_sni(&h).n, n <= TLS_SNI_MAX ? n : 0);
	}
}

static const struct extension_case {
	unsigned type;
	struct sv data;
	enum tls_hello_error why;
	uint16_t version;
	size_t alpn_n;
	bool alpn_more, ech;
} extension_cases[] = {
	/* supported_versions: GREASE, drafts and TLS 1.2 under 1.3 */
	{ 0x002b, BYTES("\x06\x9a\x9a\x03\x04\x03\x03"), TLS_HELLO_OK, 0x0304, 0, false, false },
	{ 0x002b, BYTES("\x04\x03\x02\x03\x03"), TLS_HELLO_OK, 0x0303, 0, false, false },
	{ 0x002b, BYTES("\x02\x03\x02"), TLS_HELLO_OK, 0x0302, 0, false, false },
	{ 0x002b, BYTES("\x04\x7f\x1c\xfa\xfa"), TLS_HELLO_OK, 0x0303, 0, false, false },
	{ 0x002b, BYTES("\x03\x03\x04\x03"), TLS_MALFORMED, 0, 0, false, false },
	{ 0x002b, BYTES("\x00"), TLS_MALFORMED, 0, 0, false, false },
	{ 0x002b, BYTES(""), TLS_MALFORMED, 0, 0, false, false },
	{ 0x002b, BYTES("\x02\x03\x04\x00"), TLS_MALFORMED, 0, 0, false, false },
	/* ALPN */
	{ 0x0010, BYTES("\x00\x06\x02\x8a\x8a\x02h2"), TLS_HELLO_OK, 0x0303, 2, false, false },
	{ 0x0010, BYTES("\x00\x12\x01" "1\x01" "2\x01" "3\x01" "4\x01" "5\x01" "6\x01" "7\x01" "8\x01" "9"),
	  TLS_HELLO_OK, 0x0303, 8, true, false },
	{ 0x0010, BYTES("\x00\x14\x11" "12345678901234567\x01x"), TLS_HELLO_OK, 0x0303, 1, true, false },
	{ 0x0010, BYTES("\x00\x00"), TLS_MALFORMED, 0, 0, false, false },
	{ 0x0010, BYTES("\x00\x01\x00"), TLS_MALFORMED, 0, 0, false, false },
	{ 0x0010, BYTES("\x00\x03\x03h2"), TLS_MALFORMED, 0, 0, false, false },
	{ 0x0010, BYTES("\x00\x03\x02h2x"), TLS_MALFORMED, 0, 0, false, false },
	/* ECH, and what nobody knows */
	{ 0xfe0d, BYTES("\x00\x00\x01\x00\x01"), TLS_HELLO_OK, 0x0303, 0, false, true },
	{ 0xfe0d, BYTES(""), TLS_HELLO_OK, 0x0303, 0, false, true },
	{ 0xdada, BYTES("\x00"), TLS_HELLO_OK, 0x0303, 0, false, false },
	{ 0xffff, BYTES(""), TLS_HELLO_OK, 0x0303, 0, false, false },
};

static void other_extensions(void **state UNUSED)
{
	static struct bytes extensions;

	for (size_t i = 0; i < sizeof(extension_cases) / sizeof(*extension_cases); i++) {
		const struct extension_case *c = &extension_cases[i];
		enum tls_hello_error why;
		struct tls_hello h;
		struct sv wire;
		int n;

		extensions.n = 0;
		add_extension(&extensions, c->type, c->data);
		wire = in_records(hello_with(view(&extensions)), 11);
		n = parse_prefixes(&h, tls_hello_parse, wire, 1, &why);
		if (n != (c->why ? -EBADMSG : (int)wire.n) || why != c->why)
			fail_msg("case %zu: %d, %s", i, n, tls_hello_error_text(why));
		if (why != TLS_HELLO_OK)
			continue;
		assert_int_equal(h.version, c->version);
		assert_int_equal(h.alpn_n, c->alpn_n);
		assert_int_equal(h.alpn_more, c->alpn_more);
		assert_int_equal(h.has_ech, c->ech);
	}
}

static void extensions_twice(void **state UNUSED)
{
	static const struct {
		unsigned type;
		struct sv data;
		enum tls_hello_error why;
	} cases[] = {
		{ 0x0000, BYTES("\x00\x09\x00\x00\x06" "a.test"), TLS_SNI_TWICE },
		{ 0x0010, BYTES("\x00\x03\x02h2"), TLS_MALFORMED },
		{ 0x002b, BYTES("\x02\x03\x04"), TLS_MALFORMED },
		{ 0xfe0d, BYTES("\x01"), TLS_MALFORMED },
	};
	static struct bytes extensions;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		extensions.n = 0;
		add_extension(&extensions, cases[i].type, cases[i].data);
		add_extension(&extensions, 0x0a0a, SV(""));
		add_extension(&extensions, cases[i].type, cases[i].data);
		assert_refused(in_records(hello_with(view(&extensions)), 16384), cases[i].why);
	}
}

/* --- the second hello ----------------------------------------------------------------------------- */

#define CCS "\x14\x03\x03\x00\x01\x01"
#define EARLY "\x17\x03\x03\x00\x03" "abc"

static void second_hellos(void **state UNUSED)
{
	static const struct {
		struct sv before;
		enum tls_hello_error why;
	} cases[] = {
		{ BYTES(""), TLS_HELLO_OK },
		{ BYTES(CCS), TLS_HELLO_OK },
		{ BYTES(EARLY), TLS_HELLO_OK },
		{ BYTES(EARLY EARLY CCS), TLS_HELLO_OK },
		{ BYTES(CCS EARLY "\x17\x03\x03\x00\x00"), TLS_HELLO_OK },
		{ BYTES(CCS CCS), TLS_BAD_RECORD },
		{ BYTES("\x14\x03\x03\x00\x02\x01\x01"), TLS_BAD_RECORD },
		{ BYTES("\x14\x03\x03\x00\x01\x02"), TLS_BAD_RECORD },
		{ BYTES("\x14\x03\x03\x00\x00"), TLS_BAD_RECORD },
		{ BYTES("\x17\x03\x03\x41\x01"), TLS_BAD_RECORD },
		{ BYTES("\x18\x03\x03\x00\x01x"), TLS_BAD_RECORD },
		{ BYTES("\x14\x02"), TLS_BAD_RECORD },
		{ BYTES("\x80\x2e\x01"), TLS_BAD_RECORD },
		{ BYTES("\x15\x03\x03\x00\x02\x02\x2f"), TLS_ALERT },
		{ BYTES(CCS "\x15\x03\x03\x00\x02\x02\x2f"), TLS_ALERT },
		{ BYTES("\x16\x03\x03\x00\x04\x0b\x00\x00\x00"), TLS_NOT_CLIENT_HELLO },
	};
	static struct bytes hello, wire;

	from_hex(&hello, retry_second);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		enum tls_hello_error why;
		struct tls_hello h;
		int n;

		wire.n = 0;
		add(&wire, cases[i].before);
		add(&wire, view(&hello));
		n = parse_prefixes(&h, tls_hello_parse_second, view(&wire), 1, &why);
		if (n != (cases[i].why ? -EBADMSG : (int)wire.n) || why != cases[i].why)
			fail_msg("case %zu: %d, %s", i, n, tls_hello_error_text(why));
		if (n > 0)
			assert_sv(tls_hello_sni(&h), "a.test");
		if (cases[i].before.n)
			assert_int_equal(tls_hello_parse(&h, view(&wire), &why), -EBADMSG);
	}
}

static void bounded_early_data(void **state UNUSED)
{
	static struct bytes wire;
	enum tls_hello_error why;
	struct tls_hello h;

	wire.n = 0;
	while (wire.n < TLS_HELLO_MAX) {
		add(&wire, SV("\x17\x03\x03\x10\x00"));
		add_fill(&wire, 4096);
	}
	assert_int_equal(parse_prefixes(&h, tls_hello_parse_second, view(&wire), 501, &why), -EBADMSG);
	assert_int_equal(why, TLS_TOO_LARGE);
}

/* --- the server's first octets -------------------------------------------------------------------- */

/* The verdict on `whole`; prefixes want more or have the same. */
static enum tls_server server_prefixes(struct sv whole)
{
	enum tls_server verdict = TLS_SERVER_OTHER, now;
	int last = -EAGAIN;

	assert_int_equal(tls_server_first(guarded(whole), &verdict), 0);
	for (size_t n = 0; n < whole.n; n++) {
		int result = tls_server_first(guarded((struct sv){ whole.p, n }), &now);

		assert_true(result == 0 || (result == -EAGAIN && last == -EAGAIN));
		if (result == 0)
			assert_int_equal(now, verdict);
		last = result;
	}
	return verdict;
}

static void server_flights(void **state UNUSED)
{
	static const struct {
		const char *hex;
		enum tls_server kind;
	} cases[] = {
		{ server_retry, TLS_SERVER_RETRY },
		{ server_hello_12, TLS_SERVER_HELLO },
		{ server_hello_13, TLS_SERVER_HELLO },
		{ tls13_sni_alpn, TLS_SERVER_OTHER },
		{ "15030300020228", TLS_SERVER_OTHER },
		{ "150303000301", TLS_SERVER_OTHER },
		{ "1703030001", TLS_SERVER_OTHER },
		{ "1603030000", TLS_SERVER_OTHER },
		{ "485454502f312e31", TLS_SERVER_OTHER },
		{ "160303000400000000", TLS_SERVER_OTHER },
	};
	static struct bytes wire, warned;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sv whole = from_hex(&wire, cases[i].hex);

		assert_int_equal(server_prefixes(whole), cases[i].kind);
		if (cases[i].kind == TLS_SERVER_OTHER)
			continue;
		for (size_t size = 1; size < 60; size++)
			assert_int_equal(server_prefixes(in_records(sv_slice(whole, 5, whole.n), size)), cases[i].kind);
		warned.n = 0;
		for (int warnings = 1; warnings <= 5; warnings++) {
			static struct bytes all;

			add(&warned, SV("\x15\x03\x03\x00\x02\x01\x70"));
			all.n = 0;
			add(&all, view(&warned));
			add(&all, whole);
			assert_int_equal(server_prefixes(view(&all)), warnings < 5 ? cases[i].kind : TLS_SERVER_OTHER);
		}
	}
}

/* One bit of the special random flipped, and it is an ordinary hello: known with that octet. */
static void retry_is_exact(void **state UNUSED)
{
	static struct bytes wire;
	struct sv whole = from_hex(&wire, server_retry);
	enum tls_server kind;

	for (size_t i = 0; i < 32; i++) {
		wire.p[5 + 6 + i] ^= 1;
		assert_int_equal(server_prefixes(whole), TLS_SERVER_HELLO);
		assert_int_equal(tls_server_first((struct sv){ whole.p, 5 + 6 + i + 1 }, &kind), 0);
		assert_int_equal(tls_server_first((struct sv){ whole.p, 5 + 6 + i }, &kind), -EAGAIN);
		wire.p[5 + 6 + i] ^= 1;
	}
	assert_int_equal(tls_server_first((struct sv){ whole.p, 5 + 6 + 32 }, &kind), 0);
	assert_int_equal(kind, TLS_SERVER_RETRY);
}

static void alerts(void **state UNUSED)
{
	unsigned char out[TLS_ALERT_OCTETS];

	assert_int_equal(tls_alert_write(out, TLS_ALERT_UNRECOGNIZED_NAME), 7);
	assert_memory_equal(out, "\x15\x03\x03\x00\x02\x02\x70", 7);
	assert_int_equal(tls_alert_write(out, TLS_ALERT_ACCESS_DENIED), 7);
	assert_memory_equal(out, "\x15\x03\x03\x00\x02\x02\x31", 7);
}

static void every_error_has_a_text(void **state UNUSED)
{
	for (int e = TLS_HELLO_OK; e <= TLS_SNI_BAD_OCTET; e++)
		assert_string_not_equal(tls_hello_error_text((enum tls_hello_error)e), "unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured_hellos),
		cmocka_unit_test(records_of_every_size),
		cmocka_unit_test(hellos_cut_short),
		cmocka_unit_test(large_hellos),
		cmocka_unit_test(too_large),
		cmocka_unit_test(not_tls_at_once),
		cmocka_unit_test(sslv2),
		cmocka_unit_test(bad_records),
		cmocka_unit_test(malformed_heads),
		cmocka_unit_test(malformed_extensions),
		cmocka_unit_test(no_extensions),
		cmocka_unit_test(server_names),
		cmocka_unit_test(long_server_names),
		cmocka_unit_test(other_extensions),
		cmocka_unit_test(extensions_twice),
		cmocka_unit_test(second_hellos),
		cmocka_unit_test(bounded_early_data),
		cmocka_unit_test(server_flights),
		cmocka_unit_test(retry_is_exact),
		cmocka_unit_test(alerts),
		cmocka_unit_test(every_error_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
