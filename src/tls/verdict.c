#include "tls/verdict.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"

#include <stdlib.h>

uint64_t origin_key_hash(const struct origin_key *k)
{
	unsigned char text[256 + 32];
	size_t n = k->name.n < 256 ? k->name.n : 256;

	if (n)
		memcpy(text, k->name.p, n);
	text[n++] = k->at.ip.family;
	memcpy(text + n, k->at.ip.b, sizeof(k->at.ip.b));
	n += sizeof(k->at.ip.b);
	memcpy(text + n, &k->at.port, sizeof(k->at.port));
	n += sizeof(k->at.port);
	memcpy(text + n, &k->trust, sizeof(k->trust));
	return hash_bytes(text, n + sizeof(k->trust));
}

bool origin_key_eq(const struct origin_key *a, const struct origin_key *b)
{
	return a->trust == b->trust && endpoint_eq(&a->at, &b->at) && sv_eq(a->name, b->name);
}

static struct sv keep(char **to, struct sv text)
{
	struct sv kept = { *to, text.n };

	if (text.n)
		memcpy(*to, text.p, text.n);
	*to += text.n;
	return kept;
}

struct origin_verdict *verdict_create(const struct origin_verdict *facts)
{
	struct origin_verdict *v = xmalloc(sizeof(*v) + facts->about.name.n + facts->issuer.n);
	char *to = v->text;

	*v = *facts;
	atomic_init(&v->refs, 1);
	v->about.name = keep(&to, facts->about.name);
	v->issuer = keep(&to, facts->issuer);
	v->hash = origin_key_hash(&v->about);
	v->made_us = clock_mono_us();
	return v;
}

struct origin_verdict *verdict_ref(struct origin_verdict *v)
{
	atomic_fetch_add_explicit(&v->refs, 1, memory_order_relaxed);
	return v;
}

void verdict_unref(struct origin_verdict *v)
{
	if (v && atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel) == 1)
		free(v);
}

static bool is_pinned(const unsigned char key[PIN_OCTETS], const struct origin_demand *d)
{
	for (size_t i = 0; i < d->n_pins; i++)
		if (memcmp(d->pins[i], key, PIN_OCTETS) == 0)
			return true;
	return false;
}

const char *verdict_fault(const struct origin_verdict *v, const struct origin_demand *d)
{
	if (!v->proven || (d->chain && !v->verified))
		return v->error;
	if (d->n_pins && !is_pinned(v->key, d))
		return "the origin's key is none of the pinned ones";
	return NULL;
}

bool verdict_is_fresh(const struct origin_verdict *v, const struct origin_demand *d, unsigned cache_ms,
		      uint64_t now_us, int64_t wall_ms)
{
	unsigned most = cache_ms;

	if (v->passing)
		return false;
	if (verdict_fault(v, d) && most > VERDICT_BRIEF_MS)
		most = VERDICT_BRIEF_MS;
	if (d->chain && v->verified && wall_ms >= v->good_until_ms)
		return false;
	return now_us - v->made_us < most * UINT64_C(1000);
}
