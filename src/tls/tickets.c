#include "tls/tickets.h"

#include "base/arena.h"
#include "base/clock.h"
#include "tls/front_impl.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 16, SECRET_SIZE = 32 };

struct ticket_key {
	uint64_t made_us;               /* monotonic */
	unsigned char name[NAME_SIZE], cipher[SECRET_SIZE], mac[SECRET_SIZE];
};

struct tickets {
	pthread_mutex_t lock;           /* held for the copying of one key */
	EVP_CIPHER *aes;                /* fetched once */
	struct ticket_key keys[TICKETS_KEYS];   /* newest first */
	unsigned n;
};

static void rotate_locked(struct tickets *t, uint64_t now)
{
	struct ticket_key fresh = { .made_us = now };

	if (RAND_bytes(fresh.name, NAME_SIZE) != 1 || RAND_priv_bytes(fresh.cipher, SECRET_SIZE) != 1 ||
	    RAND_priv_bytes(fresh.mac, SECRET_SIZE) != 1)
		return;                         /* the old one seals on, or none: no tickets */
	memmove(&t->keys[1], &t->keys[0], (TICKETS_KEYS - 1) * sizeof(t->keys[0]));
	t->keys[0] = fresh;
	OPENSSL_cleanse(&fresh, sizeof(fresh));
	if (t->n < TICKETS_KEYS)
		t->n++;
}

/* Forgets keys under which no ticket can hold any more, and makes a new one when it is time. */
static void age_locked(struct tickets *t)
{
	const uint64_t second = 1000000, now = clock_mono_us();

	while (t->n && now - t->keys[t->n - 1].made_us > (TICKETS_ROTATE_S + TICKETS_LIFETIME_S) * second)
		OPENSSL_cleanse(&t->keys[--t->n], sizeof(t->keys[0]));
	if (t->n == 0 || now - t->keys[0].made_us > TICKETS_ROTATE_S * second)
		rotate_locked(t, now);
}

struct tickets *tickets_create(void)
{
	struct tickets *t = xcalloc(1, sizeof(*t));

	pthread_mutex_init(&t->lock, NULL);
	t->aes = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	return t;
}

void tickets_free(struct tickets *t)
{
	if (!t)
		return;
	pthread_mutex_destroy(&t->lock);
	EVP_CIPHER_free(t->aes);
	OPENSSL_cleanse(t, sizeof(*t));
	free(t);
}

static struct tickets *shared;

static void make_shared(void)
{
	shared = tickets_create();
}

struct tickets *tickets_shared(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_shared);
	return shared;
}

void tickets_rotate(struct tickets *t)
{
	pthread_mutex_lock(&t->lock);
	rotate_locked(t, clock_mono_us());
	pthread_mutex_unlock(&t->lock);
}

/* The sealing key, or (by its name) one that opens. Its age in the ring, 0 the newest; -1: there is none. */
static int find(struct tickets *t, const unsigned char *name, struct ticket_key *out)
{
	int found = -1;

	pthread_mutex_lock(&t->lock);
	age_locked(t);
	for (unsigned i = 0; i < t->n && found < 0; i++)
		if (!name || memcmp(t->keys[i].name, name, NAME_SIZE) == 0)
			found = (int)i;
	if (found >= 0)
		*out = t->keys[found];
	pthread_mutex_unlock(&t->lock);
	return found;
}

static int set_mac(EVP_MAC_CTX *mac, struct ticket_key *k)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, k->mac, SECRET_SIZE),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_CTX_set_params(mac, params);
}

static int seal(struct tickets *t, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	struct ticket_key k;
	int ok;

	if (find(t, NULL, &k) < 0)
		return 0;                       /* no ticket, and the handshake goes on */
	memcpy(name, k.name, NAME_SIZE);
	ok = RAND_bytes(iv, EVP_CIPHER_get_iv_length(t->aes)) == 1 &&
	     EVP_EncryptInit_ex2(cipher, t->aes, k.cipher, iv, NULL) == 1 && set_mac(mac, &k) == 1;
	OPENSSL_cleanse(&k, sizeof(k));
	return ok ? 1 : -1;
}

static int unseal(struct tickets *t, const unsigned char *name, const unsigned char *iv, EVP_CIPHER_CTX *cipher,
		  EVP_MAC_CTX *mac)
{
	struct ticket_key k;
	int age = find(t, name, &k), ok;

	if (age < 0)
		return 0;
	ok = EVP_DecryptInit_ex2(cipher, t->aes, k.cipher, iv, NULL) == 1 && set_mac(mac, &k) == 1;
	OPENSSL_cleanse(&k, sizeof(k));
	return !ok ? -1 : age == 0 ? 1 : 2;
}

static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
		     int sealing)
{
	struct tickets *t = tls_conn_front(SSL_get_app_data(ssl))->tickets;

	return sealing ? seal(t, name, iv, cipher, mac) : unseal(t, name, iv, cipher, mac);
}

void tickets_attach(SSL_CTX *ctx)
{
	SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket);
}
