/*
 * Any bytes as a server's message: the answer made of it can be read, has our id and question, and nothing that
 * was to be left out; when it does not fit it is empty and says so.
 */
#include "wire_fuzz.h"

#include "wire/dns_reply.h"

static const uint8_t plain[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\3wWw\1a\4tEst\0\0\1\0\1";
static const uint8_t edns[] = "\x12\x34\1\0\0\1\0\0\0\0\0\1\3wWw\1a\4tEst\0\0\1\0\1\0\0\x29\x04\xd0\0\0\x80\0\0\0";

static bool never(void *arg, const struct ip *ip, uint32_t ttl_s)
{
	(void)arg;
	CHECK(ip->family == 4 || ip->family == 6);
	CHECK(ttl_s <= 300);
	return false;
}

static void check(const struct dns_message *query, const struct dns_message *m, size_t size, bool addresses)
{
	const struct dns_part part = { .m = m, .age_s = 7, .ttl_max_s = 300 };
	const struct dns_reply r = { .query = query, .rcode = m->rcode & 0xf, .parts = &part, .n_parts = 1,
				     .strip_ech = true, .payload = 1232, .on_address = addresses ? NULL : never };
	struct dns_reply_facts facts;
	uint8_t *out = malloc(size);
	struct dns_message back;
	struct dns_cursor c;
	struct dns_record k;
	size_t n;

	CHECK(out);
	n = dns_reply_write(out, size, &r, &facts);
	CHECK(n <= size && dns_message_parse(&back, out, n) == 0 && back.n == n);
	CHECK(back.id == 0x1234 && back.response && back.has_opt == query->has_opt);
	CHECK(memcmp(out + 12, query->bytes + 12, query->records_at - 12) == 0);
	CHECK(back.truncated == facts.truncated && back.counts[DNS_ANSWER] == facts.answers);
	CHECK(!facts.truncated || (facts.answers == 0 && back.counts[DNS_AUTHORITY] == 0));
	dns_records(&c, &back);
	while (dns_next(&c, &k)) {
		CHECK(k.type == DNS_TYPE_OPT || k.ttl_s <= 300);
		CHECK(addresses || (k.type != DNS_TYPE_A && k.type != DNS_TYPE_AAAA));
	}
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv exact = exact_copy((struct sv){ (const char *)data, size });
	struct dns_message m, a, b;

	CHECK(dns_message_parse(&a, plain, sizeof(plain) - 1) == 0);
	CHECK(dns_message_parse(&b, edns, sizeof(edns) - 1) == 0);
	if (dns_message_parse(&m, (const uint8_t *)exact.p, exact.n) == 0) {
		check(&a, &m, 512, true);
		check(&b, &m, 1232, true);
		check(&b, &m, DNS_MESSAGE_MAX, false);
		check(&a, &m, 60 + some_cut(exact, 1) % 400, true);
	}
	exact_free(exact);
	return 0;
}
