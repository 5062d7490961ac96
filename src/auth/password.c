#include "auth/password.h"

#include "base/arena.h"

#include <crypt.h>
#include <errno.h>
#include <stdlib.h>

enum { BCRYPT_COST_MAX = 16, ROUNDS_MAX = 9999999 };    /* some seconds each */

struct password_scratch {
	struct crypt_data data;
};

/* The methods that are taken. `digest` is how many characters stand behind the last '$' (bcrypt: salt and digest). */
static const struct { const char *prefix; size_t digest; } methods[] = {
	{ "$y$", 43 },                  /* yescrypt */
	{ "$gy$", 43 },                 /* gost-yescrypt */
	{ "$2b$", 53 }, { "$2y$", 53 }, { "$2a$", 53 },         /* bcrypt, also as htpasswd(1) writes it */
	{ "$6$", 86 },                  /* SHA-512 */
	{ "$5$", 43 },                  /* SHA-256 */
};

struct password_scratch *password_scratch_create(void)
{
	return xcalloc(1, sizeof(struct password_scratch));
}

void password_scratch_free(struct password_scratch *s)
{
	free(s);
}

static bool is_hash_octet(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '.' || c == '/' || c == '$' || c == '=' || c == ',';
}

static const char *check_shape(struct sv hash, size_t digest)
{
	size_t after = 0;

	while (after < hash.n && hash.p[hash.n - 1 - after] != '$')
		after++;
	if (after < digest)
		return "cut short";
	return after > digest ? "too long" : NULL;
}

/* crypt_checksalt() looks at the method only; a cost that keeps a thread busy for minutes is a mistake, too. */
static const char *check_cost(struct sv hash)
{
	struct sv rest = sv_slice(hash, 1, hash.n), method = sv_cut(&rest, '$'), cost = sv_cut(&rest, '$');
	uint64_t number;

	if (method.p[0] == '2' && (hash.n != 60 || cost.n != 2 || !sv_to_u64(cost, 31, &number) || number < 4))
		return "malformed";
	if (method.p[0] == '2' && number > BCRYPT_COST_MAX)
		return "of a cost that is far too high";
	if (sv_starts_with(cost, SV("rounds=")) && !sv_to_u64(sv_slice(cost, 7, cost.n), ROUNDS_MAX, &number))
		return "of a cost that is far too high, or malformed";
	return NULL;
}

const char *password_hash_error(struct sv hash)
{
	char text[PASSWORD_HASH_MAX];
	size_t m = 0;
	const char *why;

	if (hash.n == 0)
		return "missing";
	for (size_t i = 0; i < hash.n; i++)
		if (!is_hash_octet(hash.p[i]))
			return hash.p[0] == '*' || hash.p[0] == '!' ? "that of a locked account"
								     : "not a crypt(3) hash";
	while (m < sizeof(methods) / sizeof(methods[0]) && !sv_starts_with(hash, sv_of(methods[m].prefix)))
		m++;
	if (m == sizeof(methods) / sizeof(methods[0]))
		return "of a method that is too weak, or unknown (DES, MD5 and the like)";
	why = check_shape(hash, methods[m].digest);
	if (!why)
		why = check_cost(hash);
	if (why)
		return why;
	if (hash.n >= sizeof(text))
		return "too long";
	memcpy(text, hash.p, hash.n);
	text[hash.n] = '\0';
	return crypt_checksalt(text) == CRYPT_SALT_INVALID ? "malformed" : NULL;
}

bool password_same(struct sv a, struct sv b)
{
	volatile unsigned char differs = 0;

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		differs |= (unsigned char)(a.p[i] ^ b.p[i]);
	return differs == 0;
}

int password_matches(struct password_scratch *s, const char *password, const char *hash)
{
	const char *made;
	int same;

	errno = 0;
	made = crypt_r(password, hash, &s->data);
	if (!made || made[0] == '*')
		same = errno ? -errno : -EINVAL;
	else
		same = password_same(sv_of(made), sv_of(hash));
	explicit_bzero(&s->data, sizeof(s->data));
	return same;
}

int password_make_hash(struct password_scratch *s, const char *password, char out[PASSWORD_HASH_MAX])
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *made;
	int err = 0;

	if (!crypt_gensalt_rn("$y$", 0, NULL, 0, setting, sizeof(setting)))
		return errno ? -errno : -EINVAL;
	errno = 0;
	made = crypt_r(password, setting, &s->data);
	if (!made || made[0] == '*' || strlen(made) >= PASSWORD_HASH_MAX)
		err = errno ? -errno : -EINVAL;
	else
		memcpy(out, made, strlen(made) + 1);
	explicit_bzero(&s->data, sizeof(s->data));
	return err;
}
