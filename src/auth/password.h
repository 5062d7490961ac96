/*
 * password -- crypt(3) and nothing else: whether a password fits a hash, and hashes of new ones.
 * Runs for as long as the hash wants (tens of milliseconds and 16 MiB for yescrypt): never on an event loop.
 * Only methods that are strong today are taken; scratch memory is wiped after each use.
 */
#ifndef SEKISHO_AUTH_PASSWORD_H
#define SEKISHO_AUTH_PASSWORD_H

#include "base/sv.h"

enum { PASSWORD_MAX = 511,              /* octets; crypt(3) takes no more */
       PASSWORD_HASH_MAX = 384 };       /* with the NUL */

struct password_scratch;
struct password_scratch *password_scratch_create(void);
void password_scratch_free(struct password_scratch *s);         /* NULL is fine */

/* What is wrong with a hash, as the end of a sentence ("is ..."); NULL: it can be used. */
const char *password_hash_error(struct sv hash);
/* 1: it is the password; 0: it is not; a negative errno when that could not be found out (memory). */
int password_matches(struct password_scratch *s, const char *password, const char *hash);
/* A yescrypt hash with a fresh salt. 0 or a negative errno. */
int password_make_hash(struct password_scratch *s, const char *password, char out[PASSWORD_HASH_MAX]);

/* Whether two texts are the same, in a time that tells only their lengths. */
bool password_same(struct sv a, struct sv b);

#endif
