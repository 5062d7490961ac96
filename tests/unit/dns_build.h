/*
 * dns_build -- DNS messages put together for tests, right or wrong as the test wants them.
 * Written apart from src/wire/dns.c, so that a misreading there is not repeated here.
 */
#ifndef SEKISHO_TESTS_DNS_BUILD_H
#define SEKISHO_TESTS_DNS_BUILD_H

#include <assert.h>
#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct build {
	uint8_t b[65536];
	size_t n;
};

static inline void put_u8(struct build *m, unsigned v)
{
	assert(m->n < sizeof(m->b));
	m->b[m->n++] = (uint8_t)v;
}

static inline void put_u16(struct build *m, unsigned v)
{
	put_u8(m, v >> 8 & 0xff);
	put_u8(m, v & 0xff);
}

static inline void put_u32(struct build *m, uint32_t v)
{
	put_u16(m, v >> 16);
	put_u16(m, v & 0xffff);
}

/* "a.b" as labels; "" is the root; "@12" a pointer to offset 12. */
static inline void put_name(struct build *m, const char *text)
{
	if (*text == '@') {
		unsigned to = 0;

		while (*++text)
			to = to * 10 + (unsigned)(*text - '0');
		put_u16(m, 0xc000 | to);
		return;
	}
	while (*text) {
		size_t n = strcspn(text, ".");

		put_u8(m, (unsigned)n);
		for (size_t i = 0; i < n; i++)
			put_u8(m, (uint8_t)text[i]);
		text += n + (text[n] == '.');
	}
	put_u8(m, 0);
}

static inline void put_head(struct build *m, unsigned id, unsigned flags, const char *name, unsigned type)
{
	m->n = 0;
	put_u16(m, id);
	put_u16(m, flags);
	put_u16(m, 1);
	put_u16(m, 0);
	put_u16(m, 0);
	put_u16(m, 0);
	put_name(m, name);
	put_u16(m, type);
	put_u16(m, 1);
}

/* section: 0 answer, 1 authority, 2 additional */
static inline void count_one(struct build *m, unsigned section)
{
	uint8_t *at = m->b + 6 + 2 * section;
	unsigned v = ((unsigned)at[0] << 8 | at[1]) + 1u;

	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static inline void put_rr(struct build *m, unsigned section, const char *owner, unsigned type, uint32_t ttl,
			  const void *data, size_t n)
{
	count_one(m, section);
	put_name(m, owner);
	put_u16(m, type);
	put_u16(m, 1);
	put_u32(m, ttl);
	put_u16(m, (unsigned)n);
	for (size_t i = 0; i < n; i++)
		put_u8(m, ((const uint8_t *)data)[i]);
}

static inline void put_rr_a(struct build *m, const char *owner, uint32_t ttl, const char *ip)
{
	uint8_t a[4];

	inet_pton(AF_INET, ip, a);
	put_rr(m, 0, owner, 1, ttl, a, 4);
}

static inline void put_rr_aaaa(struct build *m, const char *owner, uint32_t ttl, const char *ip)
{
	uint8_t a[16];

	inet_pton(AF_INET6, ip, a);
	put_rr(m, 0, owner, 28, ttl, a, 16);
}

static inline void put_rr_cname(struct build *m, const char *owner, uint32_t ttl, const char *target)
{
	size_t length_at;

	put_rr(m, 0, owner, 5, ttl, "", 0);
	length_at = m->n - 2;
	put_name(m, target);
	m->b[length_at] = (uint8_t)((m->n - length_at - 2) >> 8);
	m->b[length_at + 1] = (uint8_t)(m->n - length_at - 2);
}

static inline void put_rr_soa(struct build *m, const char *zone, uint32_t ttl, uint32_t minimum)
{
	size_t length_at;

	put_rr(m, 1, zone, 6, ttl, "", 0);
	length_at = m->n - 2;
	put_name(m, "ns.invalid");
	put_name(m, "root.invalid");
	for (unsigned i = 1; i <= 4; i++)
		put_u32(m, i);
	put_u32(m, minimum);
	m->b[length_at] = (uint8_t)((m->n - length_at - 2) >> 8);
	m->b[length_at + 1] = (uint8_t)(m->n - length_at - 2);
}

#endif
