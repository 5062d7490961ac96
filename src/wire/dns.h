/*
 * dns -- DNS messages read, questions written (RFC 1035, RFC 2181, RFC 6891).
 * Bytes in, values out; no allocation, no I/O, and work bounded by the size of the message.
 *  - A name is kept as it stands on the wire, uncompressed and in lower case, so that equal names are
 *    equal bytes and a dot inside a label is never mistaken for a border between labels.
 *  - A compression pointer must lead to labels that lie wholly before the run of labels that it ends, and
 *    past the header.
 *  - A parsed message borrows its bytes. Every record in it was checked to lie inside them.
 */
#ifndef SEKISHO_WIRE_DNS_H
#define SEKISHO_WIRE_DNS_H

#include "base/ip.h"
#include "base/sv.h"

enum {
	DNS_HEADER_OCTETS = 12,
	DNS_MESSAGE_MAX = 65535,
	DNS_NAME_MAX = 255,             /* on the wire, with the root's empty label */
	DNS_TEXT_MAX = 254,             /* as text, with a NUL */
	DNS_OPT_OCTETS = 11,
	DNS_QUESTION_MAX = DNS_HEADER_OCTETS + DNS_NAME_MAX + 4 + DNS_OPT_OCTETS,
	DNS_UDP_PAYLOAD = 1232,         /* fits one packet nearly everywhere */
	DNS_LINKS_MAX = 16,             /* CNAMEs followed in one message */
	DNS_ADDRESSES_MAX = 32,
};
enum { DNS_TYPE_A = 1, DNS_TYPE_NS = 2, DNS_TYPE_CNAME = 5, DNS_TYPE_SOA = 6, DNS_TYPE_AAAA = 28,
       DNS_TYPE_OPT = 41 };
enum { DNS_CLASS_IN = 1 };
enum { DNS_RCODE_NOERROR, DNS_RCODE_FORMERR, DNS_RCODE_SERVFAIL, DNS_RCODE_NXDOMAIN,
       DNS_RCODE_NOTIMP, DNS_RCODE_REFUSED, DNS_RCODE_BADVERS = 16 };

struct dns_name {
	uint8_t n;                      /* octets of `wire`; at least 1 */
	uint8_t wire[DNS_NAME_MAX];
};

/* A host name as text: labels of letters, digits, '-' and '_', no final dot, and a last label that
 * is no number (an address in disguise). False on anything else. */
bool dns_name_from_text(struct dns_name *out, struct sv text);
/* The same way back, with a NUL; the length without it, or 0 when it is no such host name. */
size_t dns_name_to_text(const struct dns_name *name, char out[DNS_TEXT_MAX]);
bool dns_name_eq(const struct dns_name *a, const struct dns_name *b);
/* The name at `at` in the first `n` octets of a message, compression pointers followed. Where the octets behind it
 * begin, or -EBADMSG. */
int dns_name_read(struct dns_name *out, const uint8_t *bytes, size_t n, size_t at);
bool dns_name_is_within(const struct dns_name *name, const struct dns_name *zone);  /* or the zone itself */

/* ---- asking ------------------------------------------------------------------------------- */

struct dns_ask {
	const struct dns_name *name;
	uint16_t id, type;
	uint16_t payload;               /* EDNS: what we take over UDP; 0: no OPT record */
	bool dnssec_ok;                 /* needs `payload` */
};

/* A question of class IN with recursion desired. Its length, or -ENOSPC. */
int dns_question_write(uint8_t *out, size_t size, const struct dns_ask *ask);

/* ---- reading ------------------------------------------------------------------------------ */

enum dns_section { DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL, DNS_SECTIONS };

struct dns_message {
	const uint8_t *bytes;
	size_t n;                       /* up to the end of the last record; what follows is ignored */
	uint16_t id, rcode;             /* rcode with the upper bits of the OPT record */
	uint8_t opcode;
	bool response, authoritative, truncated, recursion_desired, recursion_available;
	bool authentic, checking_disabled;
	struct dns_name name;           /* the one question */
	uint16_t type, class;
	size_t records_at;
	uint16_t counts[DNS_SECTIONS];
	bool has_opt, dnssec_ok;
	uint16_t payload;               /* of the OPT record */
	uint8_t edns_version;           /* likewise; only 0 exists */
};

/* 0, or -EBADMSG: cut short, a record that reaches past the end, a bad name, not exactly one question,
 * two OPT records. */
int dns_message_parse(struct dns_message *out, const uint8_t *bytes, size_t n);
/* Whether it may be believed: a response to a standard query, with this id and this very question. */
bool dns_is_reply_to(const struct dns_message *m, const struct dns_ask *ask);

struct dns_record {
	enum dns_section section;
	struct dns_name owner;
	uint16_t type, class;
	uint32_t ttl_s;                 /* 2^31 and more is 0 (RFC 2181 8) */
	uint32_t raw_ttl;               /* as sent: an OPT record has flags there */
	size_t rdata_at, rdata_n;       /* in the message's bytes */
	size_t owner_at;
};
struct dns_cursor {
	const struct dns_message *m;
	size_t at;
	unsigned section, taken;
};
void dns_records(struct dns_cursor *c, const struct dns_message *m);
bool dns_next(struct dns_cursor *c, struct dns_record *out);    /* false behind the last */

struct dns_found {              /* what a message says about one name */
	unsigned links;
	struct dns_name names[DNS_LINKS_MAX + 1];       /* the asked name, then each CNAME's target */
	size_t n;
	struct ip addresses[DNS_ADDRESSES_MAX];         /* of names[links]; each once, in their order */
	uint32_t ttl_s;                 /* the least along the way; UINT32_MAX when no record counted */
	bool has_soa;                   /* of a zone above names[links]: an answer of "no" */
	uint32_t negative_ttl_s;        /* RFC 2308 5 */
};
/* Follows the CNAMEs from `asked` on, whatever their order, and takes the addresses of `type` (A or
 * AAAA) at their end. Records with other owners, types or classes do not count. -ELOOP for a chain
 * that loops or is too long; -EBADMSG for a target that is no host name or a record that is malformed. */
int dns_find(struct dns_found *out, const struct dns_message *m, const struct dns_name *asked,
	     uint16_t type);

#endif
