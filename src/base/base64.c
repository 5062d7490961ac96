#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct strbuf *out, const void *octets, size_t n)
{
	const unsigned char *p = octets;

	for (; n; p += n < 3 ? n : 3, n -= n < 3 ? n : 3) {
		unsigned group = (unsigned)p[0] << 16 | (n > 1 ? (unsigned)p[1] << 8 : 0) | (n > 2 ? p[2] : 0u);

		strbuf_addc(out, alphabet[group >> 18]);
		strbuf_addc(out, alphabet[group >> 12 & 63]);
		strbuf_addc(out, n > 1 ? alphabet[group >> 6 & 63] : '=');
		strbuf_addc(out, n > 2 ? alphabet[group & 63] : '=');
	}
}

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

ptrdiff_t base64_decode(struct sv text, unsigned char *out, size_t size)
{
	size_t padding = 0, n;
	unsigned bits = 0, kept = 0;
	ptrdiff_t made = 0;

	while (padding < 2 && padding < text.n && text.p[text.n - 1 - padding] == '=')
		padding++;
	n = text.n - padding;
	if (text.n % 4 != 0 || n * 6 / 8 > size)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int value = value_of(text.p[i]);

		if (value < 0)
			return -1;
		bits = (bits << 6 | (unsigned)value) & 0xffff;
		kept += 6;
		if (kept >= 8) {
			kept -= 8;
			out[made++] = (unsigned char)(bits >> kept);
		}
	}
	return bits & ((1u << kept) - 1) ? -1 : made;
}
