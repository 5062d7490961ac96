/*
 * record -- the access record: everything that is known of one session, and its JSON form.
 * record_azfw.h has the other form; record_format() and record_format_question() choose.
 * Pure formatting, no I/O, no allocation: a record fits RECORD_MAX octets whatever the network sent,
 * since every text has a bound of its own.  docs/LOG.md and docs/access-log.schema.json say what the
 * members mean; RECORD_SCHEMA rises when a member changes its meaning or goes away.
 */
#ifndef SEKISHO_LOG_RECORD_H
#define SEKISHO_LOG_RECORD_H

#include "base/ip.h"
#include "base/strbuf.h"
#include "log/reason.h"

enum { RECORD_MAX = 8192, RECORD_SCHEMA = 1, RECORD_PATH_MAX = 512 };

enum record_event { RECORD_START, RECORD_INTERIM, RECORD_END };
enum record_form { RECORD_JSON, RECORD_AZFW };          /* the words of log-format */

struct record_rule {            /* a rule's place; collection n == 0: no rule */
	struct sv collection, rule, file;
	unsigned line;
};

/* A member is left out of the JSON when its value is empty, family 0, or below zero. `session`, `mode`, `name_from`, `proto` and
 * `closed_by` are words of ours and written as they are; the other texts may hold any octets. */
struct access_record {
	enum record_event event;
	int64_t time_ms;                /* of this record */
	int64_t start_ms;               /* of the session */
	struct sv session;
	unsigned worker;
	uint64_t generation;
	struct sv mode;                 /* "explicit", "transparent" */
	struct endpoint listener, client;
	struct ip balancer;             /* whose PROXY protocol header named the client */
	unsigned client_tls;            /* version of TLS between client and proxy, as in the protocol; 0: none */
	struct sv identity;             /* of the client's certificate: what `from identity:` is matched with */
	struct sv issuer, serial;       /* of the same: a name in RFC 2253's form, hexadecimal digits */
	struct sv user;                 /* whose password was right */
	struct endpoint original;       /* transparent: where the client wanted to go */
	int original_in_answer;         /* 1, 0, or -1: no name was decided; written with `original` */
	struct sv name_from;            /* "sni", "host", "learned", "address" */
	const struct sv *learned;       /* names, newest first */
	size_t n_learned;
	struct sv method;               /* "CONNECT" */
	struct sv host;                 /* canonical name or address; as sent when it could not be read */
	unsigned port;                  /* 0: unknown */
	struct sv path;                 /* plain HTTP: the request's path, without query unless `log-query on` */
	unsigned request;               /* plain HTTP: which one on this connection, from 1; 0: none */
	struct sv proto;                /* "https", "tcp": the deciding entry's word */
	struct sv sni, alpn;            /* of the ClientHello; ALPN protocols with commas */
	unsigned tls_version;           /* the highest that it offers, as in the protocol (0x0304); 0: no hello */
	bool ech;                       /* it has an encrypted_client_hello extension; written with tls_version */
	bool allowed;                   /* action "allow" or "deny" */
	enum reason reason;             /* REASON_NONE on start and interim records */
	struct sv detail;               /* what exactly: "Host is missing", an errno's text */
	struct record_rule rule, would_deny;
	bool would_deny_no_rule;
	unsigned status;                /* HTTP status sent; 0: none */
	const struct ip *resolved;      /* at most 32 are written */
	size_t n_resolved;
	struct sv guarded;              /* the first address the guard took out, and why: "10.0.0.1 private" */
	struct sv chain;                /* CNAME targets, separated by one space */
	struct endpoint origin;         /* the chosen address */
	struct {                        /* what the proxy's own handshake with the origin showed */
		bool known, verified;   /* not known: there was none */
		struct sv error;        /* the X.509 or TLS reason */
		struct sv issuer;
		const unsigned char *key;       /* SHA-256 of the SubjectPublicKeyInfo, 32 octets; NULL: none */
		int64_t expires_ms;     /* wall clock; 0: no certificate */
		int64_t age_ms;         /* of the verdict */
	} origin_tls;
	bool dns_cached, dns_asked;     /* dns_cached is written only when dns_asked */
	int64_t dns_us, connect_us, first_byte_us;      /* durations; -1: did not happen */
	uint64_t bytes_up, bytes_down;  /* from client to origin, from origin to client */
	int64_t duration_ms;
	struct sv closed_by;            /* "client", "origin", "proxy" */
};

enum dns_reason {                       /* why a question was answered, or not */
	DNS_BY_RULE,                    /* a name rule could let this client reach the name */
	DNS_BY_ADDRESS_RULE,            /* no name rule, but one for an address of the answer */
	DNS_BY_ZONE, DNS_BY_LIST,       /* dns-zone, dns-allow */
	DNS_BY_OPEN,                    /* dns-policy open */
	DNS_BY_DEFAULT_AUDIT,
	DNS_NO_RULE, DNS_UNKNOWN_CLIENT, DNS_NOT_A_HOST_NAME, DNS_BAD_CLASS, DNS_BAD_TYPE, DNS_OVERLOADED,
	DNS_REASONS
};
const char *dns_reason_word(enum dns_reason r);

struct dns_record_entry {               /* one question to the DNS listener */
	int64_t time_ms;
	unsigned worker;
	uint64_t generation;
	struct sv transport;            /* "udp", "tcp" */
	struct endpoint listener, client;       /* listener: the address that was asked */
	struct sv name;                 /* without final dot; what is no host name in the notation of RFC 1035 */
	unsigned qtype;
	bool allowed;
	enum dns_reason reason;
	struct record_rule rule;
	bool would_deny_no_rule;
	unsigned rcode;                 /* as the client got it */
	struct sv error;                /* why there was no answer from the servers: "timeout"; or empty */
	const struct ip *answers;       /* addresses told to the client; at most 32 are written */
	size_t n_answers;
	unsigned records, left_out;     /* in the answer section; addresses taken out of it */
	bool asked, cached, truncated;  /* cached is written only when asked */
	int64_t took_us;
	/* azfw only */
	struct {
		unsigned id, class, payload;    /* payload: of the OPT record; 0: none */
		size_t size;
		bool dnssec_ok;
	} query;
	struct {
		unsigned bits;          /* the second word of the header */
		size_t size;
	} response;
};
void record_format_dns(const struct dns_record_entry *r, struct strbuf *out);
/* A member with a number of DNS by its word: "A", "TYPE1234" (RFC 3597). */
void record_qtype(struct strbuf *b, struct sv key, unsigned qtype);
void record_qclass(struct strbuf *b, struct sv key, unsigned qclass);
void record_rcode(struct strbuf *b, struct sv key, unsigned rcode);

/* One line with its newline. */
void record_format_json(const struct access_record *r, struct strbuf *out);
/* The record that says how many were lost between two times. */
void record_format_lost(uint64_t lost, int64_t since_ms, int64_t now_ms, struct strbuf *out);

/* In that form. A form that knows no record of this event adds nothing. */
void record_format(enum record_form form, const struct access_record *r, struct strbuf *out);
void record_format_question(enum record_form form, const struct dns_record_entry *r, struct strbuf *out);

#endif
