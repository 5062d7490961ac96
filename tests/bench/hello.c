#include "hello.h"

#include <string.h>

static void put16(unsigned char *p, size_t v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
}

static unsigned char *add(unsigned char *p, const void *bytes, size_t n)
{
	memcpy(p, bytes, n);
	return p + n;
}

static unsigned char *add_sni(unsigned char *p, const char *name, size_t n)
{
	put16(p, 0);
	put16(p + 2, n + 5);
	put16(p + 4, n + 3);
	p[6] = 0;
	put16(p + 7, n);
	return add(p + 9, name, n);
}

static unsigned char *add_others(unsigned char *p)
{
	static const unsigned char alpn[] = { 0, 16, 0, 14, 0, 12, 2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1' };
	static const unsigned char versions[] = { 0, 43, 0, 5, 4, 3, 4, 3, 3 };
	static const unsigned char groups[] = { 0, 10, 0, 4, 0, 2, 0, 29 };
	static const unsigned char signatures[] = { 0, 13, 0, 6, 0, 4, 4, 3, 8, 4 };
	static const unsigned char share[] = { 0, 51, 0, 38, 0, 36, 0, 29, 0, 32 };

	p = add(p, alpn, sizeof(alpn));
	p = add(p, versions, sizeof(versions));
	p = add(p, groups, sizeof(groups));
	p = add(p, signatures, sizeof(signatures));
	p = add(p, share, sizeof(share));
	memset(p, 0x5a, 32);
	return p + 32;
}

void hello_make(unsigned char out[HELLO_OCTETS], const char *name, size_t n)
{
	static const unsigned char suites[] = { 0, 8, 0x13, 1, 0x13, 2, 0xc0, 0x2b, 0xc0, 0x2f, 1, 0 };
	unsigned char *end = out + HELLO_OCTETS, *p = out, *extensions;

	memset(out, 0, HELLO_OCTETS);
	p = add(p, (const unsigned char[]){ 0x16, 3, 1 }, 3);
	put16(p, HELLO_OCTETS - 5);
	p = add(p + 2, (const unsigned char[]){ 1, 0 }, 2);
	put16(p, HELLO_OCTETS - 9);
	p = add(p + 2, (const unsigned char[]){ 3, 3 }, 2);
	memset(p, 0xa5, 32);                    /* random */
	p[32] = 32;
	memset(p + 33, 0x3c, 32);               /* session id */
	extensions = add(p + 65, suites, sizeof(suites));
	put16(extensions, (size_t)(end - extensions) - 2);
	p = add_others(add_sni(extensions + 2, name, n));
	put16(p, 21);                           /* padding takes the rest */
	put16(p + 2, (size_t)(end - p) - 4);
}
