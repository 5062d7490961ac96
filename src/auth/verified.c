#include "auth/verified.h"

#include "base/arena.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

enum { SETS = 512, WAYS = 8 };

struct entry {
	struct verified_key key;
	uint64_t until_s;               /* 0: free */
};

struct set {
	pthread_mutex_t lock;
	struct entry entries[WAYS];
};

struct verified {
	EVP_MAC *mac;
	EVP_MAC_CTX *keyed;             /* has taken the key; copied for each use, never changed */
	struct set sets[SETS];
};

static EVP_MAC_CTX *keyed_context(EVP_MAC *mac)
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
				      OSSL_PARAM_construct_end() };
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	unsigned char key[32];

	if (ctx && (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key) ||
		    EVP_MAC_init(ctx, key, sizeof(key), params) != 1)) {
		EVP_MAC_CTX_free(ctx);
		ctx = NULL;
	}
	explicit_bzero(key, sizeof(key));
	return ctx;
}

struct verified *verified_create(void)
{
	struct verified *v = xcalloc(1, sizeof(*v));

	for (size_t i = 0; i < SETS; i++)
		pthread_mutex_init(&v->sets[i].lock, NULL);
	v->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	v->keyed = keyed_context(v->mac);
	if (!v->keyed) {
		verified_free(v);
		return NULL;
	}
	return v;
}

void verified_free(struct verified *v)
{
	if (!v)
		return;
	EVP_MAC_CTX_free(v->keyed);
	EVP_MAC_free(v->mac);
	for (size_t i = 0; i < SETS; i++)
		pthread_mutex_destroy(&v->sets[i].lock);
	free(v);
}

static bool add_text(EVP_MAC_CTX *ctx, const char *text, size_t n)
{
	const unsigned char length[2] = { (unsigned char)(n >> 8), (unsigned char)n };

	return EVP_MAC_update(ctx, length, sizeof(length)) == 1 &&
	       EVP_MAC_update(ctx, (const unsigned char *)text, n) == 1;
}

bool verified_make_key(struct verified *v, const struct credentials *shown, const char *hash, bool known,
		       struct verified_key *out)
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(v->keyed);
	size_t n = 0;
	bool ok = ctx && add_text(ctx, shown->user, shown->n_user) &&
		  add_text(ctx, shown->password, shown->n_password) && add_text(ctx, hash, strlen(hash)) &&
		  add_text(ctx, known ? "known" : "", known ? 5 : 0) &&
		  EVP_MAC_final(ctx, out->octets, &n, sizeof(out->octets)) == 1 && n == sizeof(out->octets);

	EVP_MAC_CTX_free(ctx);
	return ok;
}

static struct set *set_of(struct verified *v, const struct verified_key *key)
{
	return &v->sets[(key->octets[0] | (size_t)key->octets[1] << 8) % SETS];
}

static bool same_key(const struct verified_key *a, const struct verified_key *b)
{
	return CRYPTO_memcmp(a->octets, b->octets, sizeof(a->octets)) == 0;
}

bool verified_has(struct verified *v, const struct verified_key *key, uint64_t now_s)
{
	struct set *set = set_of(v, key);
	bool found = false;

	pthread_mutex_lock(&set->lock);
	for (size_t i = 0; i < WAYS; i++)
		found |= set->entries[i].until_s > now_s && same_key(&set->entries[i].key, key);
	pthread_mutex_unlock(&set->lock);
	return found;
}

void verified_add(struct verified *v, const struct verified_key *key, uint64_t now_s)
{
	struct set *set = set_of(v, key);
	struct entry *to = &set->entries[0];

	pthread_mutex_lock(&set->lock);
	for (size_t i = 0; i < WAYS; i++) {
		struct entry *e = &set->entries[i];

		if (same_key(&e->key, key)) {
			to = e;
			break;
		}
		if (e->until_s < to->until_s)
			to = e;
	}
	*to = (struct entry){ *key, now_s + VERIFIED_FOR_S };
	pthread_mutex_unlock(&set->lock);
}
