/*
 * name -- host names in their one canonical form.
 * An FQDN is ASCII, lower case, without a final dot, labels of 1 to 63 octets of letters, digits, '-'
 * and '_', at most 253 octets in all (RFC 1035 2.3.4, RFC 2181 11, RFC 5890 for A-labels).  A name
 * whose last label is a number or starts with 0x is an address in disguise and refused.  A name is
 * parsed once; what was parsed is what is checked, resolved, dialled and logged.
 */
#ifndef SEKISHO_POLICY_NAME_H
#define SEKISHO_POLICY_NAME_H

#include "base/ip.h"
#include "base/sv.h"

enum { FQDN_MAX = 253, LABEL_MAX = 63 };

struct fqdn {
	uint8_t n;
	char text[FQDN_MAX + 1];        /* NUL-terminated */
};

enum name_error {
	NAME_OK, NAME_EMPTY, NAME_TOO_LONG, NAME_EMPTY_LABEL, NAME_LABEL_TOO_LONG, NAME_BAD_CHARACTER,
	NAME_NOT_ASCII, NAME_HYPHEN,    /* a label begins or ends with '-' */
	NAME_NUMERIC,                   /* the last label is a number: an address attempt */
	NAME_BAD_ADDRESS,               /* target_parse only: what stands in brackets */
};

/* The rules for one label by itself, in either case, but not the one about numbers. */
enum name_error label_check(struct sv label);
bool label_is_numeric(struct sv label);                 /* "10", "0x7f", "0x" */
bool label_has_octet(char c);                           /* a letter, a digit, '-' or '_' */

enum name_error fqdn_parse(struct fqdn *out, struct sv text);
const char *name_error_text(enum name_error e);         /* "a label is longer than 63 octets" */
static inline struct sv fqdn_sv(const struct fqdn *f)
{
	return (struct sv){ f->text, f->n };
}

/* What a request may name: an FQDN, an IPv4 address, or an IPv6 address in brackets. */
struct target {
	struct fqdn name;               /* n == 0 for an address */
	struct ip ip;                   /* family 0 for a name */
};
/* Parses a host as it stands in a request target: a name, dotted-quad IPv4, "[IPv6]". IPv4-mapped
 * IPv6, zone ids, userinfo, percent-encoding and every odd spelling are refused. On success exactly
 * one of out->name.n and out->ip.family is set. */
enum name_error target_parse(struct target *out, struct sv host);

#endif
