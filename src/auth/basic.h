/*
 * basic -- the credentials of a Proxy-Authorization field (RFC 7617).
 * Pure.  User and password are octets: UTF-8 is what the challenge asks for, and what some clients send in Latin-1
 * is taken as it stands.  Whoever holds credentials wipes them.
 */
#ifndef SEKISHO_AUTH_BASIC_H
#define SEKISHO_AUTH_BASIC_H

#include "auth/password.h"

enum { BASIC_USER_MAX = 64 };           /* octets of a user's name */

struct credentials {
	uint8_t n_user;
	uint16_t n_password;
	char user[BASIC_USER_MAX + 1];          /* both with a NUL behind them, and none inside */
	char password[PASSWORD_MAX + 1];
};

enum basic_error {
	BASIC_OK,
	BASIC_OTHER_SCHEME,     /* not Basic, or no scheme at all */
	BASIC_BAD_TOKEN,        /* what follows is no base64 */
	BASIC_NO_COLON,
	BASIC_BAD_USER,         /* empty, too long, or with a control character */
	BASIC_BAD_PASSWORD,     /* too long, or with a control character */
};
const char *basic_error_text(enum basic_error e);

/* Reads the value of the field. On an error *out holds nothing. */
enum basic_error basic_parse(struct credentials *out, struct sv value);
void credentials_wipe(struct credentials *c);
static inline struct sv credentials_user(const struct credentials *c)
{
	return (struct sv){ c->user, c->n_user };
}

/* Whether a name can be a user's: 1 to 64 octets, no colon, no control character, no blank at either end, no '#'
 * in front (the password file has comments). */
bool user_name_is_good(struct sv name);

#endif
