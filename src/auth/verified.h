/*
 * verified -- which passwords were found right a short while ago, so that crypt(3) need not run for every request.
 * Neither passwords nor anything that could be tried without this process is kept: an entry is a keyed digest
 * (HMAC-SHA-256, a key of this process' own) of name, password and hash.  Since the hash is part of it, an entry
 * says nothing any more once the file has another hash for the user; and it dies of age.
 * Any thread may ask; a mutex for each small part of the table is held for a few steps.
 */
#ifndef SEKISHO_AUTH_VERIFIED_H
#define SEKISHO_AUTH_VERIFIED_H

#include "auth/basic.h"

enum { VERIFIED_FOR_S = 300 };

struct verified;
struct verified_key {
	unsigned char octets[32];
};

struct verified *verified_create(void);                 /* NULL when there is no randomness or no HMAC */
void verified_free(struct verified *v);                 /* NULL is fine */
/* `known`: whether the hash is the user's own, and not a decoy. False when it could not be computed. */
bool verified_make_key(struct verified *v, const struct credentials *shown, const char *hash, bool known,
		       struct verified_key *out);
bool verified_has(struct verified *v, const struct verified_key *key, uint64_t now_s);
void verified_add(struct verified *v, const struct verified_key *key, uint64_t now_s);

#endif
