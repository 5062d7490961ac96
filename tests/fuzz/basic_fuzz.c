/*
 * basic_fuzz -- the value of a Proxy-Authorization field.
 * What is taken must be text without control characters within its bounds, must give the same octets when it is encoded
 * again, and nothing may be left of what was refused.
 */
#include "wire_fuzz.h"

#include "auth/basic.h"
#include "base/base64.h"

static void check_text(const char *text, size_t n)
{
	CHECK(text[n] == '\0' && strlen(text) == n);
	for (size_t i = 0; i < n; i++)
		CHECK((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
}

static void check_again(const struct credentials *c, struct sv value)
{
	char octets[1024], text[2048];
	struct strbuf o, t;

	strbuf_init(&o, octets, sizeof(octets));
	strbuf_add(&o, credentials_user(c));
	strbuf_addc(&o, ':');
	strbuf_add(&o, (struct sv){ c->password, c->n_password });
	strbuf_init(&t, text, sizeof(text));
	base64_encode(&t, o.p, o.n);
	CHECK(!o.full && !t.full && sv_ends_with(value, strbuf_sv(&t)));
	CHECK(sv_eq_nocase(sv_slice(value, 0, 6), SV("basic ")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv value = exact_copy((struct sv){ (const char *)data, size });
	struct credentials c;
	enum basic_error e = basic_parse(&c, value);

	CHECK(strlen(basic_error_text(e)) > 0);
	CHECK(c.n_user <= BASIC_USER_MAX && c.n_password <= PASSWORD_MAX);
	check_text(c.user, c.n_user);
	check_text(c.password, c.n_password);
	CHECK((e == BASIC_OK) == (c.n_user > 0));
	if (e == BASIC_OK) {
		CHECK(sv_find(credentials_user(&c), ':') == c.n_user);
		check_again(&c, value);
	} else {
		CHECK(c.n_password == 0);
	}
	exact_free(value);
	return 0;
}
