/*
 * Any bytes as a DNS message: what wire/dns.h promises holds, what was read can be asked again, and an answer that
 * is taken from the message's gist is that of the message.
 */
#include "dns/lookup.h"
#include "wire/dns.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const struct dns_name *name)
{
	char text[DNS_TEXT_MAX];
	struct dns_name again;
	size_t at = 0, n = dns_name_to_text(name, text);

	assert(name->n >= 1);
	while (name->wire[at]) {
		assert(name->wire[at] <= 63);
		at += name->wire[at] + 1u;
	}
	assert(at + 1 == name->n);
	assert(n < DNS_TEXT_MAX && text[n] == '\0');
	if (n) {
		assert(dns_name_from_text(&again, (struct sv){ text, n }));
		assert(dns_name_eq(&again, name));
	}
	assert(dns_name_is_within(name, name));
}

static void check_records(const struct dns_message *m)
{
	unsigned counts[DNS_SECTIONS] = { 0 };
	struct dns_cursor c;
	struct dns_record r;
	size_t end = m->records_at;

	dns_records(&c, m);
	while (dns_next(&c, &r)) {
		check_name(&r.owner);
		assert(r.owner_at == end && r.rdata_at >= end && r.rdata_n <= m->n - r.rdata_at);
		assert(r.ttl_s <= INT32_MAX);
		end = r.rdata_at + r.rdata_n;
		counts[r.section]++;
	}
	assert(end == m->n);
	for (unsigned i = 0; i < DNS_SECTIONS; i++)
		assert(counts[i] == m->counts[i]);
}

static void check_find(const struct dns_message *m, uint16_t type)
{
	struct dns_found f;
	char text[DNS_TEXT_MAX];

	if (dns_find(&f, m, &m->name, type) != 0)
		return;
	assert(f.links <= DNS_LINKS_MAX && f.n <= DNS_ADDRESSES_MAX);
	assert(dns_name_eq(&f.names[0], &m->name));
	for (unsigned i = 1; i <= f.links; i++)
		assert(dns_name_to_text(&f.names[i], text) > 0);
	for (size_t i = 0; i < f.n; i++) {
		assert(f.addresses[i].family == (type == DNS_TYPE_A ? 4 : 6));
		for (size_t k = 0; k < i; k++)
			assert(!ip_eq(&f.addresses[i], &f.addresses[k]));
	}
	if (f.n || f.links)
		assert(f.ttl_s <= INT32_MAX);
	if (f.has_soa)
		assert(f.negative_ttl_s <= INT32_MAX);
}

static void check_gist(const struct dns_message *m, uint16_t type)
{
	const struct resolver_config cfg = { .ttl_floor_s = 1, .ttl_ceiling_s = 86400, .negative_ceiling_s = 60 };
	const struct dns_kind kind = { .type = type };
	enum lookup_step step;
	struct dns_found f;
	struct lookup l;
	struct gist g;

	gist_read(&g, m, &m->name, kind, &cfg);
	assert(g.n >= GIST_HEAD && g.n <= GIST_MAX && g.ttl_s <= cfg.ttl_ceiling_s);
	lookup_init(&l, &m->name, kind);
	step = lookup_take(&l, g.bytes, g.n);
	if (step == LOOKUP_BAD || step == LOOKUP_FAILED || !dns_kind_is_address(kind))
		return;
	assert(dns_find(&f, m, &m->name, type) == 0 && l.links == f.links);
	assert((l.n_chain != 0) == (f.links != 0) && l.n_chain <= sizeof(l.chain));
	assert(l.n == (l.status == DNS_OK ? f.n : 0));
	for (size_t i = 0; i < l.n; i++)
		assert(ip_eq(&l.addresses[i], &f.addresses[i]));
}

static void check_asking(const struct dns_message *m)
{
	struct dns_ask ask = { .name = &m->name, .id = m->id, .type = m->type, .payload = m->payload,
			       .dnssec_ok = m->payload && m->dnssec_ok };
	uint8_t out[DNS_QUESTION_MAX];
	struct dns_message again;
	int n = dns_question_write(out, sizeof(out), &ask);

	assert(n > 0 && dns_message_parse(&again, out, (size_t)n) == 0);
	assert(again.n == (size_t)n && again.id == m->id && again.type == m->type);
	assert(again.payload == m->payload && again.dnssec_ok == ask.dnssec_ok && !again.response);
	assert(dns_name_eq(&again.name, &m->name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);       /* nothing behind the end may be read */
	struct dns_message m;

	assert(exact);
	if (size)
		memcpy(exact, data, size);
	if (dns_message_parse(&m, exact, size) == 0) {
		assert(m.n <= size);
		check_name(&m.name);
		check_records(&m);
		check_find(&m, DNS_TYPE_A);
		check_find(&m, DNS_TYPE_AAAA);
		check_gist(&m, DNS_TYPE_A);
		check_gist(&m, DNS_TYPE_AAAA);
		check_gist(&m, m.type);
		check_asking(&m);
	}
	free(exact);
	return 0;
}
