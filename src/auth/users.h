/*
 * users -- the password file of one generation: NAME:HASH lines, '#' comments, blank lines.
 * Immutable, and freed with its generation.  A name stands once.  Hashes are those of crypt(3), of strong methods
 * only (password.h).
 */
#ifndef SEKISHO_AUTH_USERS_H
#define SEKISHO_AUTH_USERS_H

#include "base/diag.h"

struct users;

/* Reads the text of `file`. 0, or -EINVAL with the reasons in *why and nothing in *out. */
int users_read(struct users **out, struct sv text, const char *file, struct diag_list *why);
void users_free(struct users *u);                       /* NULL is fine */
/* Complains about a file that others than its owner and group can read or write; `at` is where it is named. */
void users_check_mode(const char *file, struct place at, struct diag_list *why);

size_t users_count(const struct users *u);
/* The user's hash (with a NUL), or NULL. */
const char *users_find(const struct users *u, struct sv name);
/* The hash to work on for a name that is not there, so that it takes as long as one that is. */
const char *users_decoy(const struct users *u, struct sv name);
/* A keyed digest of the user's hash, so that a later generation can be asked whether the password is still the
 * same one; 0: no such user. `u` may be NULL: nobody. */
uint64_t users_proof(const struct users *u, struct sv name);

/* ---- for those who change the file ----------------------------------------------------------- */

/* The name that a line of the file is about; n == 0: none (a comment, a blank line, no colon). */
struct sv users_line_name(struct sv line);

#endif
