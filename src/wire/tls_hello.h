/*
 * tls_hello -- the ClientHello at the start of a TLS stream, read and never answered.
 * Works on the client's octets from the first one on, in a buffer that grows; keeps nothing between calls.
 * The hello may be cut over records of any legal size (RFC 8446 5.1); what is wanted from it is copied
 * out, since a name may straddle records.  No I/O, no allocation, nothing decrypted.
 *  - A verdict on a prefix is the verdict on the whole. What is not TLS is known at the first octet that
 *    cannot be; what is wrong inside the hello, when all of it is there.
 *  - Unknown extensions, cipher suites, groups and versions (RFC 8701 GREASE) are stepped over.
 *  - Nothing may stand behind the hello in its last record.
 */
#ifndef SEKISHO_WIRE_TLS_HELLO_H
#define SEKISHO_WIRE_TLS_HELLO_H

#include "base/sv.h"

enum {
	TLS_HELLO_MAX = 64 * 1024,      /* octets on the wire, record headers included */
	TLS_SNI_MAX = 255,
	TLS_ALPN_MAX = 8,               /* protocols that are copied out, of at most... */
	TLS_ALPN_OCTETS = 16,           /* ...this length each */
};

enum tls_hello_error {
	TLS_HELLO_OK,
	TLS_NOT_TLS,            /* the first octets are no handshake record */
	TLS_SSLV2,              /* an SSLv2-style hello */
	TLS_BAD_RECORD,         /* another content type, an illegal length, octets behind the hello */
	TLS_ALERT,              /* an alert in place of the second hello */
	TLS_TOO_LARGE,
	TLS_NOT_CLIENT_HELLO,   /* a handshake message of another type */
	TLS_MALFORMED,          /* the hello's own structure; an extension that matters here twice */
	TLS_SNI_TWICE,          /* two server_name extensions, or a second entry in the list */
	TLS_SNI_NOT_A_NAME,     /* an entry of another type than host_name */
	TLS_SNI_EMPTY,          /* an empty list or name */
	TLS_SNI_TOO_LONG,
	TLS_SNI_BAD_OCTET,      /* anything but visible ASCII */
};
const char *tls_hello_error_text(enum tls_hello_error e);

struct tls_hello {
	uint16_t version;               /* highest offered: 0x0304 is TLS 1.3 */
	bool has_sni, has_ech;
	bool alpn_more;                 /* some of the list was left out (too many, or too long) */
	uint8_t alpn_n, sni_n;
	struct {
		uint8_t n;
		char text[TLS_ALPN_OCTETS];     /* raw octets */
	} alpn[TLS_ALPN_MAX];
	char sni[TLS_SNI_MAX];          /* as sent: no case folded, no dot cut */
};

/* The view lives as long as `h` stays where it is; n == 0 when there was no SNI. */
static inline struct sv tls_hello_sni(const struct tls_hello *h)
{
	return (struct sv){ h->sni, h->sni_n };
}

static inline struct sv tls_hello_alpn(const struct tls_hello *h, size_t i)
{
	return (struct sv){ h->alpn[i].text, h->alpn[i].n };
}

/*
 * Reads the hello at the start of `bytes`. Returns how many octets it took on the wire (up to the end of a
 * record), -EAGAIN when more are needed, or -EBADMSG with the reason in *why. `out` is complete only on
 * success; after TLS_SNI_BAD_OCTET and TLS_SNI_TWICE the (first) name is in it, for the log.
 */
int tls_hello_parse(struct tls_hello *out, struct sv bytes, enum tls_hello_error *why);

/*
 * The same for what a client sends after its first hello when the server answered with a
 * HelloRetryRequest: a change_cipher_spec record (middlebox compatibility) and records of early data, which
 * the server skips, may come before the second hello. They count in the result and in TLS_HELLO_MAX.
 */
int tls_hello_parse_second(struct tls_hello *out, struct sv bytes, enum tls_hello_error *why);

enum tls_server {
	TLS_SERVER_HELLO,       /* an ordinary ServerHello: no second ClientHello may follow */
	TLS_SERVER_RETRY,       /* a HelloRetryRequest (RFC 8446 4.1.4): a second ClientHello follows */
	TLS_SERVER_OTHER,       /* an alert that ends it, another message, not TLS */
};
/* What the server's first octets are: 0 and *out, or -EAGAIN. Warning alerts in front are skipped. */
int tls_server_first(struct sv bytes, enum tls_server *out);

enum tls_alert {                /* RFC 8446 6 */
	TLS_ALERT_UNEXPECTED_MESSAGE = 10, TLS_ALERT_HANDSHAKE_FAILURE = 40,
	TLS_ALERT_ILLEGAL_PARAMETER = 47, TLS_ALERT_ACCESS_DENIED = 49, TLS_ALERT_DECODE_ERROR = 50,
	TLS_ALERT_PROTOCOL_VERSION = 70, TLS_ALERT_INTERNAL_ERROR = 80,
	TLS_ALERT_UNRECOGNIZED_NAME = 112,
};
enum { TLS_ALERT_OCTETS = 7 };
/* A fatal alert as one plaintext record; TLS_ALERT_OCTETS. For before the handshake is over only. */
size_t tls_alert_write(unsigned char out[TLS_ALERT_OCTETS], enum tls_alert description);

#endif
