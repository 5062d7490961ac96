/*
 * name -- the one routine that reads host names.
 * Two passes: the limits of the whole, then label by label into the canonical copy.  Nothing is
 * decoded, mapped or repaired besides the case and one final dot.
 */
#include "policy/name.h"

bool label_has_octet(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_';
}

enum name_error label_check(struct sv label)
{
	if (label.n == 0)
		return NAME_EMPTY_LABEL;
	for (size_t i = 0; i < label.n; i++)
		if (!label_has_octet(label.p[i]))
			return (unsigned char)label.p[i] > 127 ? NAME_NOT_ASCII : NAME_BAD_CHARACTER;
	if (label.n > LABEL_MAX)
		return NAME_LABEL_TOO_LONG;
	if (label.p[0] == '-' || label.p[label.n - 1] == '-')
		return NAME_HYPHEN;
	return NAME_OK;
}

bool label_is_numeric(struct sv label)
{
	if (label.n >= 2 && label.p[0] == '0' && ascii_lower(label.p[1]) == 'x')
		return true;
	for (size_t i = 0; i < label.n; i++)
		if (!ascii_is_digit(label.p[i]))
			return false;
	return label.n > 0;
}

static enum name_error check_labels(struct sv text)
{
	struct sv rest = text, label;

	do {
		enum name_error e;

		label = sv_cut(&rest, '.');
		e = label_check(label);
		if (e != NAME_OK)
			return e;
	} while (rest.p);
	return label_is_numeric(label) ? NAME_NUMERIC : NAME_OK;
}

enum name_error fqdn_parse(struct fqdn *out, struct sv text)
{
	enum name_error e;

	*out = (struct fqdn){ 0 };
	if (text.n && text.p[text.n - 1] == '.')
		text.n--;
	if (text.n == 0)
		return NAME_EMPTY;
	if (text.n > FQDN_MAX)
		return NAME_TOO_LONG;
	e = check_labels(text);
	if (e != NAME_OK)
		return e;
	for (size_t i = 0; i < text.n; i++)
		out->text[i] = ascii_lower(text.p[i]);
	out->n = (uint8_t)text.n;
	return NAME_OK;
}

const char *name_error_text(enum name_error e)
{
	static const char *const texts[] = {
		[NAME_OK] = "the name is well-formed",
		[NAME_EMPTY] = "the name is empty",
		[NAME_TOO_LONG] = "the name is longer than 253 octets",
		[NAME_EMPTY_LABEL] = "a label is empty",
		[NAME_LABEL_TOO_LONG] = "a label is longer than 63 octets",
		[NAME_BAD_CHARACTER] = "a label has a character other than letters, digits, \"-\" and \"_\"",
		[NAME_NOT_ASCII] = "the name is not ASCII",
		[NAME_HYPHEN] = "a label begins or ends with \"-\"",
		[NAME_NUMERIC] = "the last label is a number, as in an address",
		[NAME_BAD_ADDRESS] = "the brackets do not hold a plain IPv6 address",
	};

	return texts[e];
}

/* "[2001:db8::1]". An IPv4-mapped address would be a second spelling of an IPv4 address. */
static enum name_error bracketed_parse(struct ip *out, struct sv host)
{
	struct ip ip;
	struct sv inside = sv_slice(host, 1, host.n - 1);

	if (inside.n == 0 || inside.p[inside.n - 1] != ']')
		return NAME_BAD_ADDRESS;
	inside.n--;
	if (!ip_parse(&ip, inside) || ip.family != 6 || ip_unmapped(&ip).family != 6)
		return NAME_BAD_ADDRESS;
	*out = ip;
	return NAME_OK;
}

enum name_error target_parse(struct target *out, struct sv host)
{
	struct ip ip;

	*out = (struct target){ 0 };
	if (host.n && host.p[0] == '[')
		return bracketed_parse(&out->ip, host);
	if (sv_find(host, ':') == host.n && ip_parse(&ip, host)) {
		out->ip = ip;
		return NAME_OK;
	}
	return fqdn_parse(&out->name, host);
}
