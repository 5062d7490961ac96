/* The identity in a certificate (DER): found whole and clean or refused with words, the same each time, whatever was signed. */
#include "policy/name.h"
#include "tls/identity.h"
#include "wire_fuzz.h"

#include <openssl/err.h>

static void check_found(const struct found_identity *who, enum identity_kind wanted)
{
	struct fqdn name;

	CHECK(who->kind == wanted);
	CHECK(who->n > 0 && who->n <= IDENTITY_MAX);
	for (size_t i = 0; i < who->n; i++) {
		unsigned char c = (unsigned char)who->text[i];

		CHECK(c >= ' ' && c != 0x7f);
		CHECK(wanted == IDENTITY_CN || (c > ' ' && c <= '~'));
	}
	if (wanted != IDENTITY_DNS)
		return;
	CHECK(fqdn_parse(&name, (struct sv){ who->text, who->n }) == NAME_OK);
	CHECK(sv_eq(fqdn_sv(&name), (struct sv){ who->text, who->n }));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum identity_kind all[] = { IDENTITY_URI, IDENTITY_DNS, IDENTITY_CN };
	static struct found_identity one, again, any;
	const unsigned char *p = data;
	X509 *cert = d2i_X509(NULL, &p, (long)size);
	enum identity_kind first = IDENTITY_NONE;
	bool refused = false;
	const char *fault;

	ERR_clear_error();
	if (!cert)
		return 0;
	for (size_t i = 0; i < 3; i++) {
		fault = identity_find(&one, cert, &all[i], 1);
		CHECK((fault == NULL) == (one.kind != IDENTITY_NONE));
		if (!fault)
			check_found(&one, all[i]);
		CHECK(identity_find(&again, cert, &all[i], 1) == fault && again.n == one.n);
		if (first == IDENTITY_NONE && !refused) {
			first = one.kind;
			refused = fault && !strstr(fault, "no name");
		}
	}
	fault = identity_find(&any, cert, all, 3);
	CHECK((fault == NULL) == (first != IDENTITY_NONE && any.kind == first));
	X509_free(cert);
	ERR_clear_error();
	return 0;
}
