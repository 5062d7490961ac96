/*
 * tls_hello -- see tls_hello.h.  Two passes.  The first goes over record headers only, joins the four
 * octets of the handshake header and finds where the message ends; it needs no more than the octets at
 * hand and is begun anew with each call.  The second runs once the whole message is there, over a stream
 * that steps over record headers by itself, so that no field knows about records:
 *
 *     wire    16 03 01 len | 01 len version rand | 16 03 01 len | om ... extensions |
 *     stream                 01 len version rand                  om ... extensions
 */
#include "wire/tls_hello.h"

#include <errno.h>

enum content_type { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23 };

enum {
	RECORD_HEADER = 5, RECORD_MAX = 1 << 14, CIPHERTEXT_MAX = RECORD_MAX + 256,
	MESSAGE_HEADER = 4, RANDOM = 32,
	CLIENT_HELLO = 1, SERVER_HELLO = 2,
	VERSION_MAJOR = 3, VERSION_SSL3 = 0x0300, VERSION_TLS12 = 0x0303,
	WARNINGS_MAX = 4,
};

static const char *const error_texts[] = {
	[TLS_HELLO_OK] = "no error",
	[TLS_NOT_TLS] = "this is not TLS",
	[TLS_SSLV2] = "this is an SSLv2 hello",
	[TLS_BAD_RECORD] = "a TLS record is not what a hello is sent in",
	[TLS_ALERT] = "the client sent an alert",
	[TLS_TOO_LARGE] = "the ClientHello is too large",
	[TLS_NOT_CLIENT_HELLO] = "the first handshake message is not a ClientHello",
	[TLS_MALFORMED] = "the ClientHello is malformed",
	[TLS_SNI_TWICE] = "the ClientHello has more than one server name",
	[TLS_SNI_NOT_A_NAME] = "the server name is not of the type host_name",
	[TLS_SNI_EMPTY] = "the server name is empty",
	[TLS_SNI_TOO_LONG] = "the server name is too long",
	[TLS_SNI_BAD_OCTET] = "the server name has octets that no name has",
};

const char *tls_hello_error_text(enum tls_hello_error e)
{
	return (size_t)e < sizeof(error_texts) / sizeof(*error_texts) ? error_texts[e] : "unknown error";
}

static int fail(enum tls_hello_error *why, enum tls_hello_error e)
{
	*why = e;
	return -EBADMSG;
}

static unsigned octet(struct sv s, size_t at)
{
	return (unsigned char)s.p[at];
}

/* --- first pass: records -------------------------------------------------------------------------- */

struct record {
	unsigned type;
	size_t length;                  /* of the fragment */
};

/* The header at the start of `s`: RECORD_HEADER, -EAGAIN, or -EBADMSG as soon as an octet does not fit.
 * The minor version is ignored, as RFC 8446 5.1 wants it, up to the highest that can be meant. */
static int read_record(struct record *out, struct sv s, unsigned types)
{
	if (s.n >= 1 && (octet(s, 0) > APPLICATION_DATA || !(types >> octet(s, 0) & 1)))
		return -EBADMSG;
	if (s.n >= 2 && octet(s, 1) != VERSION_MAJOR)
		return -EBADMSG;
	if (s.n >= 3 && octet(s, 2) > 4)
		return -EBADMSG;
	if (s.n < RECORD_HEADER)
		return -EAGAIN;
	out->type = octet(s, 0);
	out->length = octet(s, 3) << 8 | octet(s, 4);
	if (out->length == 0 && out->type != APPLICATION_DATA)
		return -EBADMSG;
	if (out->length > (out->type == APPLICATION_DATA ? CIPHERTEXT_MAX : RECORD_MAX))
		return -EBADMSG;
	return RECORD_HEADER;
}

/*
 * Whether this can become TLS at all: content type handshake, version 3.0 to 3.4. An SSLv2 hello is two
 * octets of length with the top bit set, then 1; one longer than 1 KiB was never seen, so that other first
 * octets are decided at once.
 */
static enum tls_hello_error sniff(struct sv s)
{
	if (s.n && (octet(s, 0) & 0xfc) == 0x80) {
		if (s.n < 3)
			return TLS_HELLO_OK;
		return octet(s, 2) == CLIENT_HELLO ? TLS_SSLV2 : TLS_NOT_TLS;
	}
	if ((s.n >= 1 && octet(s, 0) != HANDSHAKE) || (s.n >= 2 && octet(s, 1) != VERSION_MAJOR) ||
	    (s.n >= 3 && octet(s, 2) > 4))
		return TLS_NOT_TLS;
	return TLS_HELLO_OK;
}

struct message {
	unsigned char header[MESSAGE_HEADER];
	size_t have;                    /* octets of it that declared records hold, its header included */
	size_t whole;                   /* 0 until its header is known */
};

/* Takes what `fragment` adds to the message's header; checks it octet by octet. */
static enum tls_hello_error read_message_header(struct message *m, struct sv fragment)
{
	for (size_t i = 0; i < fragment.n && m->have + i < MESSAGE_HEADER; i++)
		m->header[m->have + i] = (unsigned char)fragment.p[i];
	if (m->have + fragment.n >= 1 && m->header[0] != CLIENT_HELLO)
		return TLS_NOT_CLIENT_HELLO;
	if (m->whole == 0 && m->have + fragment.n >= MESSAGE_HEADER) {
		m->whole = MESSAGE_HEADER +
			((size_t)m->header[1] << 16 | (size_t)m->header[2] << 8 | m->header[3]);
		if (m->whole > TLS_HELLO_MAX - RECORD_HEADER)
			return TLS_TOO_LARGE;
	}
	return TLS_HELLO_OK;
}

/* Finds the message that starts in the first record: the octets of its records, -EAGAIN or -EBADMSG. */
static int find_message(struct message *m, struct sv bytes, enum tls_hello_error *why)
{
	size_t at = 0;

	*m = (struct message){ .have = 0 };
	do {
		struct record record;
		struct sv fragment;
		enum tls_hello_error e;
		int header = read_record(&record, sv_slice(bytes, at, bytes.n), 1u << HANDSHAKE);

		if (header < 0)
			return header == -EAGAIN ? header : fail(why, TLS_BAD_RECORD);
		at += RECORD_HEADER;
		fragment = sv_slice(bytes, at, record.length);
		e = read_message_header(m, fragment);
		if (e != TLS_HELLO_OK)
			return fail(why, e);
		if (m->whole && m->have + record.length > m->whole)
			return fail(why, TLS_BAD_RECORD);
		if (fragment.n < record.length)
			return -EAGAIN;
		m->have += record.length;
		at += record.length;
	} while (m->whole == 0 || m->have < m->whole);
	return (int)at;
}

/* --- second pass: the message as one stream ------------------------------------------------------- */

/* A part of a message that is known to be there as a whole, record headers in between. */
struct stream {
	const char *p;
	size_t in_record;               /* octets before the next record header */
	size_t left;                    /* octets of this part */
};

/* The next n octets, which are there, into `out` unless that is NULL. */
static void take_across_records(struct stream *s, char *out, size_t n)
{
	s->left -= n;
	while (n) {
		size_t run;

		if (s->in_record == 0) {
			s->in_record = (size_t)(unsigned char)s->p[3] << 8 | (unsigned char)s->p[4];
			s->p += RECORD_HEADER;
		}
		run = n < s->in_record ? n : s->in_record;
		if (out) {
			memcpy(out, s->p, run);
			out += run;
		}
		s->p += run;
		s->in_record -= run;
		n -= run;
	}
}

/* The next n octets, into `out` unless that is NULL. False: the part has fewer. */
static inline bool take(struct stream *s, char *out, size_t n)
{
	if (n > s->left)
		return false;
	if (n > s->in_record || out) {
		take_across_records(s, out, n);
		return true;
	}
	s->p += n;              /* nearly always */
	s->left -= n;
	s->in_record -= n;
	return true;
}

static inline bool take_number(struct stream *s, size_t octets, unsigned *out)
{
	unsigned char b[2];

	if (octets <= s->left && octets <= s->in_record) {      /* nearly always: no record ends within it */
		*out = octets == 1 ? (unsigned char)s->p[0] : (unsigned)(unsigned char)s->p[0] << 8 | (unsigned char)s->p[1];
		s->p += octets;
		s->left -= octets;
		s->in_record -= octets;
		return true;
	}
	if (!take(s, (char *)b, octets))
		return false;
	*out = octets == 1 ? b[0] : (unsigned)b[0] << 8 | b[1];
	return true;
}

/* A vector with a length of that many octets, as a part of its own. */
static bool take_vector(struct stream *s, size_t octets, struct stream *out)
{
	unsigned n;

	if (!take_number(s, octets, &n) || n > s->left)
		return false;
	*out = *s;
	out->left = n;
	return take(s, NULL, n);
}

static bool is_visible(struct sv s)
{
	for (size_t i = 0; i < s.n; i++)
		if (octet(s, i) <= ' ' || octet(s, i) >= 0x7f)
			return false;
	return true;
}

/* --- extensions ----------------------------------------------------------------------------------- */

static enum tls_hello_error read_sni(struct tls_hello *out, struct stream *s)
{
	struct stream list, name;
	unsigned type;

	if (!take_vector(s, 2, &list) || s->left)
		return TLS_MALFORMED;
	if (list.left == 0)
		return TLS_SNI_EMPTY;
	if (!take_number(&list, 1, &type) || !take_vector(&list, 2, &name))
		return TLS_MALFORMED;
	if (type != 0)
		return TLS_SNI_NOT_A_NAME;
	if (name.left == 0)
		return TLS_SNI_EMPTY;
	if (name.left > TLS_SNI_MAX)
		return TLS_SNI_TOO_LONG;
	out->has_sni = true;
	out->sni_n = (uint8_t)name.left;
	take(&name, out->sni, name.left);
	if (list.left)
		return TLS_SNI_TWICE;
	return is_visible(tls_hello_sni(out)) ? TLS_HELLO_OK : TLS_SNI_BAD_OCTET;
}

static void keep_protocol(struct tls_hello *out, struct stream *name)
{
	if (out->alpn_n == TLS_ALPN_MAX || name->left > TLS_ALPN_OCTETS) {
		out->alpn_more = true;
		return;
	}
	out->alpn[out->alpn_n].n = (uint8_t)name->left;
	take(name, out->alpn[out->alpn_n++].text, name->left);
}

static enum tls_hello_error read_alpn(struct tls_hello *out, struct stream *s)
{
	struct stream list, name;

	if (!take_vector(s, 2, &list) || s->left || list.left == 0)
		return TLS_MALFORMED;
	while (list.left) {
		if (!take_vector(&list, 1, &name) || name.left == 0)
			return TLS_MALFORMED;
		keep_protocol(out, &name);
	}
	return TLS_HELLO_OK;
}

/* The highest TLS version of the list; GREASE values and drafts have another major number. */
static enum tls_hello_error read_versions(struct tls_hello *out, struct stream *s)
{
	unsigned version, highest = 0;
	struct stream list;

	if (!take_vector(s, 1, &list) || s->left || list.left == 0)
		return TLS_MALFORMED;
	while (list.left) {
		if (!take_number(&list, 2, &version))
			return TLS_MALFORMED;
		if (version >> 8 == VERSION_MAJOR && version > highest)
			highest = version;
	}
	if (highest)
		out->version = (uint16_t)highest;
	return TLS_HELLO_OK;
}

static enum tls_hello_error read_ech(struct tls_hello *out, struct stream *s)
{
	(void)s;
	out->has_ech = true;
	return TLS_HELLO_OK;
}

static const struct extension {
	unsigned type;
	enum tls_hello_error (*read)(struct tls_hello *, struct stream *);
	enum tls_hello_error twice;
} extensions[] = {
	{ 0x0000, read_sni,      TLS_SNI_TWICE },       /* server_name, RFC 6066 3 */
	{ 0x0010, read_alpn,     TLS_MALFORMED },       /* RFC 7301 */
	{ 0x002b, read_versions, TLS_MALFORMED },       /* supported_versions, RFC 8446 4.2.1 */
	{ 0xfe0d, read_ech,      TLS_MALFORMED },       /* encrypted_client_hello */
};
enum { EXTENSIONS = sizeof(extensions) / sizeof(*extensions) };

static enum tls_hello_error read_extension(struct tls_hello *out, unsigned *seen, unsigned type,
					   struct stream *data)
{
	for (size_t i = 0; i < EXTENSIONS; i++) {
		if (extensions[i].type != type)
			continue;
		if (*seen >> i & 1)
			return extensions[i].twice;
		*seen |= 1u << i;
		return extensions[i].read(out, data);
	}
	return TLS_HELLO_OK;
}

static enum tls_hello_error read_extensions(struct tls_hello *out, struct stream *s)
{
	struct stream data;
	unsigned type, seen = 0;

	while (s->left) {
		enum tls_hello_error e;

		if (!take_number(s, 2, &type) || !take_vector(s, 2, &data))
			return TLS_MALFORMED;
		e = read_extension(out, &seen, type, &data);
		if (e != TLS_HELLO_OK)
			return e;
	}
	return TLS_HELLO_OK;
}

/* --- the hello ------------------------------------------------------------------------------------ */

/* RFC 8446 4.1.2; the extensions may be missing, as in RFC 5246 7.4.1.2. */
static enum tls_hello_error read_hello(struct tls_hello *out, struct stream *s)
{
	struct stream session, suites, compression, list;
	unsigned version;

	if (!take(s, NULL, MESSAGE_HEADER) || !take_number(s, 2, &version) || !take(s, NULL, RANDOM) ||
	    !take_vector(s, 1, &session) || !take_vector(s, 2, &suites) || !take_vector(s, 1, &compression))
		return TLS_MALFORMED;
	if (version < VERSION_SSL3 || session.left > 32 || suites.left == 0 || suites.left % 2 ||
	    compression.left == 0)
		return TLS_MALFORMED;
	out->version = version < VERSION_TLS12 ? (uint16_t)version : VERSION_TLS12;
	if (s->left == 0)
		return TLS_HELLO_OK;
	if (!take_vector(s, 2, &list) || s->left)
		return TLS_MALFORMED;
	return read_extensions(out, &list);
}

/* Where the second hello's first record starts, -EAGAIN or -EBADMSG. */
static int skip_to_second(struct sv bytes, enum tls_hello_error *why)
{
	bool changed = false;
	size_t at = 0;

	for (;;) {
		struct sv rest = sv_slice(bytes, at, bytes.n);
		struct record record;
		int header;

		if (rest.n && octet(rest, 0) == HANDSHAKE)
			return (int)at;
		if (rest.n && octet(rest, 0) == ALERT)
			return fail(why, TLS_ALERT);
		header = read_record(&record, rest, 1u << CHANGE_CIPHER_SPEC | 1u << APPLICATION_DATA);
		if (header < 0)
			return header == -EAGAIN ? header : fail(why, TLS_BAD_RECORD);
		rest = sv_slice(rest, RECORD_HEADER, record.length);
		if (record.type == CHANGE_CIPHER_SPEC &&
		    (changed || record.length != 1 || (rest.n && octet(rest, 0) != 1)))
			return fail(why, TLS_BAD_RECORD);
		if (rest.n < record.length)
			return -EAGAIN;
		changed |= record.type == CHANGE_CIPHER_SPEC;
		at += RECORD_HEADER + record.length;
	}
}

static int parse_at(struct tls_hello *out, struct sv bytes, size_t start, enum tls_hello_error *why)
{
	struct sv rest = sv_slice(bytes, start, bytes.n);
	struct message message;
	struct stream stream;
	enum tls_hello_error e;
	int n = find_message(&message, rest, why);

	if (n < 0)
		return n;
	stream = (struct stream){ .p = rest.p, .left = message.whole };
	e = read_hello(out, &stream);
	return e == TLS_HELLO_OK ? (int)start + n : fail(why, e);
}

/* Only the first TLS_HELLO_MAX octets are looked at; what is not done by then never will be. */
static int within_limit(int result, struct sv bytes, enum tls_hello_error *why)
{
	return result == -EAGAIN && bytes.n >= TLS_HELLO_MAX ? fail(why, TLS_TOO_LARGE) : result;
}

int tls_hello_parse(struct tls_hello *out, struct sv bytes, enum tls_hello_error *why)
{
	struct sv window = sv_slice(bytes, 0, TLS_HELLO_MAX);
	enum tls_hello_error e = sniff(window);

	memset(out, 0, sizeof(*out));
	*why = TLS_HELLO_OK;
	if (e != TLS_HELLO_OK)
		return fail(why, e);
	if (window.n < 3)
		return -EAGAIN;
	return within_limit(parse_at(out, window, 0, why), bytes, why);
}

int tls_hello_parse_second(struct tls_hello *out, struct sv bytes, enum tls_hello_error *why)
{
	struct sv window = sv_slice(bytes, 0, TLS_HELLO_MAX);
	int start;

	memset(out, 0, sizeof(*out));
	*why = TLS_HELLO_OK;
	start = skip_to_second(window, why);
	return within_limit(start < 0 ? start : parse_at(out, window, (size_t)start, why), bytes, why);
}

/* --- the server's side ---------------------------------------------------------------------------- */

/* SHA-256 of "HelloRetryRequest": the random of a ServerHello that is one (RFC 8446 4.1.3). */
static const unsigned char retry_random[RANDOM] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

static int server_is(enum tls_server *out, enum tls_server kind)
{
	*out = kind;
	return 0;
}

/* Steps over warning alerts (an old server's unrecognized_name): where the handshake starts, -EAGAIN,
 * or -EBADMSG for what cannot be one. */
static int skip_warnings(struct sv bytes)
{
	size_t at = 0;

	for (int warnings = 0; warnings <= WARNINGS_MAX; warnings++) {
		struct sv rest = sv_slice(bytes, at, bytes.n);
		struct record record;
		int header = read_record(&record, rest, 1u << HANDSHAKE | 1u << ALERT);

		if (header < 0 || record.type == HANDSHAKE)
			return header < 0 ? header : (int)at;
		if (record.length != 2 || (rest.n > RECORD_HEADER && octet(rest, RECORD_HEADER) != 1))
			return -EBADMSG;
		if (rest.n < RECORD_HEADER + 2)
			return -EAGAIN;
		at += RECORD_HEADER + 2;
	}
	return -EBADMSG;
}

int tls_server_first(struct sv bytes, enum tls_server *out)
{
	const size_t random_at = MESSAGE_HEADER + 2, wanted = random_at + RANDOM;
	int start = skip_warnings(bytes), header;
	size_t at = start < 0 ? 0 : (size_t)start, have = 0;

	if (start < 0)
		return start == -EAGAIN ? start : server_is(out, TLS_SERVER_OTHER);
	while (have < wanted) {
		struct record record;
		struct sv fragment;

		header = read_record(&record, sv_slice(bytes, at, bytes.n), 1u << HANDSHAKE);
		if (header < 0)
			return header == -EAGAIN ? header : server_is(out, TLS_SERVER_OTHER);
		fragment = sv_slice(bytes, at + RECORD_HEADER, record.length);
		for (size_t i = 0; i < fragment.n && have < wanted; i++, have++) {
			if (have == 0 && octet(fragment, i) != SERVER_HELLO)
				return server_is(out, TLS_SERVER_OTHER);
			if (have >= random_at && octet(fragment, i) != retry_random[have - random_at])
				return server_is(out, TLS_SERVER_HELLO);
		}
		if (have < wanted && fragment.n < record.length)
			return -EAGAIN;
		at += RECORD_HEADER + record.length;
	}
	return server_is(out, TLS_SERVER_RETRY);
}

size_t tls_alert_write(unsigned char out[TLS_ALERT_OCTETS], enum tls_alert description)
{
	const unsigned char record[TLS_ALERT_OCTETS] = {
		ALERT, VERSION_MAJOR, VERSION_TLS12 & 0xff, 0, 2, 2, (unsigned char)description,
	};

	memcpy(out, record, sizeof(record));
	return sizeof(record);
}
