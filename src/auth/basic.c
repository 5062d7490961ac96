#include "auth/basic.h"

#include "base/base64.h"

enum { DECODED_MAX = BASIC_USER_MAX + 1 + PASSWORD_MAX };

const char *basic_error_text(enum basic_error e)
{
	switch (e) {
	case BASIC_OK: return "nothing is wrong";
	case BASIC_OTHER_SCHEME: return "the credentials are of another scheme than Basic";
	case BASIC_BAD_TOKEN: return "the credentials are not base64, or too long";
	case BASIC_NO_COLON: return "the credentials have no colon";
	case BASIC_BAD_USER: return "the user name is empty, too long, or has control characters";
	case BASIC_BAD_PASSWORD: return "the password is too long, or has control characters";
	}
	return "";
}

static bool has_control(struct sv s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

bool user_name_is_good(struct sv name)
{
	return name.n > 0 && name.n <= BASIC_USER_MAX && !has_control(name) && sv_find(name, ':') == name.n &&
	       name.p[0] != '#' && sv_trim(name).n == name.n;
}

/* The part behind "Basic" and its blanks; p == NULL for another scheme. */
static struct sv token_of(struct sv value)
{
	const struct sv scheme = SV("Basic");
	size_t at = scheme.n;

	if (!sv_eq_nocase(sv_slice(value, 0, at), scheme) || at == value.n || value.p[at] != ' ')
		return (struct sv){ NULL, 0 };
	while (at < value.n && value.p[at] == ' ')
		at++;
	return sv_slice(value, at, value.n);
}

static enum basic_error split(struct credentials *out, struct sv text)
{
	struct sv password = text, user = sv_cut(&password, ':');

	if (!password.p)
		return BASIC_NO_COLON;
	if (user.n == 0 || user.n > BASIC_USER_MAX || has_control(user))
		return BASIC_BAD_USER;
	if (password.n > PASSWORD_MAX || has_control(password))
		return BASIC_BAD_PASSWORD;
	out->n_user = (uint8_t)user.n;
	out->n_password = (uint16_t)password.n;
	memcpy(out->user, user.p, user.n);
	if (password.n)
		memcpy(out->password, password.p, password.n);
	return BASIC_OK;
}

enum basic_error basic_parse(struct credentials *out, struct sv value)
{
	unsigned char octets[DECODED_MAX];
	struct sv token = token_of(value);
	enum basic_error e = BASIC_BAD_TOKEN;
	ptrdiff_t n;

	memset(out, 0, sizeof(*out));
	if (!token.p)
		return BASIC_OTHER_SCHEME;
	n = base64_decode(token, octets, sizeof(octets));
	if (n >= 0)
		e = split(out, (struct sv){ (const char *)octets, (size_t)n });
	explicit_bzero(octets, sizeof(octets));
	return e;
}

void credentials_wipe(struct credentials *c)
{
	explicit_bzero(c, sizeof(*c));
}
