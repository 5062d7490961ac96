/*
 * name_fuzz -- whatever goes in, what comes out of the name parser is canonical, and parsing it again
 * changes nothing.
 */
#include "policy/name.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) do { if (!(x)) abort(); } while (0)

static void check_canonical(const struct fqdn *f)
{
	size_t label = 0;

	MUST(f->n >= 1 && f->n <= FQDN_MAX && f->text[f->n] == '\0' && strlen(f->text) == f->n);
	for (size_t i = 0; i <= f->n; i++) {
		char c = f->text[i];

		if (c == '.' || c == '\0') {
			MUST(label >= 1 && label <= LABEL_MAX);
			MUST(f->text[i - 1] != '-' && f->text[i - label] != '-');
			label = 0;
			continue;
		}
		MUST((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_');
		label++;
	}
}

static void check_name(struct sv text)
{
	struct fqdn f, again;
	struct ip ip;

	if (fqdn_parse(&f, text) != NAME_OK) {
		MUST(f.n == 0);
		return;
	}
	check_canonical(&f);
	MUST(fqdn_parse(&again, fqdn_sv(&f)) == NAME_OK);
	MUST(sv_eq(fqdn_sv(&f), fqdn_sv(&again)));
	MUST(text.n - f.n <= 1 && sv_eq_nocase(fqdn_sv(&f), sv_slice(text, 0, f.n)));
	MUST(!ip_parse(&ip, fqdn_sv(&f)));
}

/* An address in the spelling of a request target. */
static struct sv spell(const struct ip *ip, char out[IP_TEXT_MAX + 2])
{
	char *p = out;

	if (ip->family == 6)
		*p++ = '[';
	p += ip_format(ip, p);
	if (ip->family == 6)
		*p++ = ']';
	return (struct sv){ out, (size_t)(p - out) };
}

static void check_target(struct sv text)
{
	struct target t, again;
	char spelled[IP_TEXT_MAX + 2];

	if (target_parse(&t, text) != NAME_OK) {
		MUST(t.name.n == 0 && t.ip.family == 0);
		return;
	}
	MUST((t.name.n > 0) != (t.ip.family > 0));
	if (t.name.n) {
		check_canonical(&t.name);
		return;
	}
	MUST(ip_unmapped(&t.ip).family == t.ip.family);
	MUST(target_parse(&again, spell(&t.ip, spelled)) == NAME_OK);
	MUST(ip_eq(&t.ip, &again.ip));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = { (const char *)data, size };

	check_name(text);
	check_target(text);
	return 0;
}
