/* ClientHellos: a prefix wants more or agrees with the whole, and the same message cut over other records says
 * the same. The first octet chooses: 'h' first hello, '2' second hello, 's' the server's first octets. */
#include <errno.h>

#include "wire/tls_hello.h"
#include "wire_fuzz.h"

typedef int parse_fn(struct tls_hello *, struct sv, enum tls_hello_error *);

static void check_prefix(parse_fn *parse, struct sv whole, size_t n, int verdict, enum tls_hello_error why)
{
	struct sv prefix = exact_copy(sv_slice(whole, 0, n));
	enum tls_hello_error reason;
	struct tls_hello h;
	int now = parse(&h, prefix, &reason);

	CHECK(now == -EAGAIN ? reason == TLS_HELLO_OK : now == verdict && reason == why);
	if (verdict > 0)
		CHECK(now == (n < (size_t)verdict ? -EAGAIN : verdict));
	exact_free(prefix);
}

/* The handshake octets of accepted records, sent again in records of `size`. */
static struct sv cut_again(struct sv wire, size_t size, char *memory)
{
	size_t n = 0, left = 0;
	char *header = NULL;

	while (wire.n) {
		size_t length = (size_t)(unsigned char)wire.p[3] << 8 | (unsigned char)wire.p[4];

		for (size_t i = 0; i < length; i++, left--) {
			if (left == 0) {
				header = memory + n;
				memcpy(header, "\x16\x03\x01\x00\x00", 5);
				n += 5;
				left = size;
			}
			memory[n++] = wire.p[5 + i];
			if (++header[4] == 0)
				header[3]++;
		}
		wire = sv_slice(wire, 5 + length, wire.n);
	}
	return (struct sv){ memory, n };
}

static void check_records(const struct tls_hello *h, struct sv wire, size_t size)
{
	char *memory = malloc(6 * wire.n);
	enum tls_hello_error why;
	struct tls_hello again;
	struct sv other;
	int n;

	CHECK(memory);
	other = cut_again(wire, size, memory);
	n = tls_hello_parse(&again, other, &why);
	if (other.n <= TLS_HELLO_MAX)
		CHECK(n == (int)other.n && memcmp(&again, h, sizeof(again)) == 0);
	else
		CHECK(n == -EBADMSG && why == TLS_TOO_LARGE);
	free(memory);
}

static void check_accepted(const struct tls_hello *h)
{
	struct sv sni = tls_hello_sni(h);

	CHECK(h->has_sni == (sni.n > 0));
	for (size_t i = 0; i < sni.n; i++)
		CHECK(sni.p[i] > ' ' && sni.p[i] < 0x7f);
	CHECK(h->version >= 0x0300 && h->version <= 0x03ff);
	CHECK(h->alpn_n <= TLS_ALPN_MAX);
	for (size_t i = 0; i < h->alpn_n; i++)
		CHECK(h->alpn[i].n >= 1 && h->alpn[i].n <= TLS_ALPN_OCTETS);
}

static void fuzz_hello(parse_fn *parse, struct sv whole)
{
	enum tls_hello_error why;
	struct tls_hello h;
	int n = parse(&h, whole, &why);

	CHECK(n == -EAGAIN || n == -EBADMSG || (n > 0 && (size_t)n <= whole.n && n <= TLS_HELLO_MAX));
	CHECK((why == TLS_HELLO_OK) == (n != -EBADMSG));
	CHECK(n != -EAGAIN || whole.n < TLS_HELLO_MAX);
	for (size_t i = 0; i < 4; i++)
		check_prefix(parse, whole, some_cut(whole, i), n, why);
	if (n <= 0)
		return;
	check_prefix(parse, whole, (size_t)n - 1, n, why);
	check_accepted(&h);
	if (parse != tls_hello_parse)
		return;
	check_records(&h, sv_slice(whole, 0, (size_t)n), 1);
	check_records(&h, sv_slice(whole, 0, (size_t)n), 1 + some_cut(whole, 9) % 300);
	check_records(&h, sv_slice(whole, 0, (size_t)n), 16384);
}

static void fuzz_server(struct sv whole)
{
	enum tls_server kind = TLS_SERVER_OTHER, part;
	int n = tls_server_first(whole, &kind);

	CHECK(n == 0 || n == -EAGAIN);
	for (size_t i = 0; i < 4; i++) {
		struct sv prefix = exact_copy(sv_slice(whole, 0, some_cut(whole, i)));
		int now = tls_server_first(prefix, &part);

		CHECK(now == -EAGAIN || (n == 0 && now == 0 && part == kind));
		exact_free(prefix);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv whole;

	if (size == 0)
		return 0;
	whole = exact_copy((struct sv){ (const char *)data + 1, size - 1 });
	if (data[0] == 's')
		fuzz_server(whole);
	else
		fuzz_hello(data[0] == '2' ? tls_hello_parse_second : tls_hello_parse, whole);
	exact_free(whole);
	return 0;
}
