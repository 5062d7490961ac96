/*
 * strbuf -- text put together in memory that the caller owns.
 * Never writes past its end: what does not fit is left out and `full` is set, so that one check at
 * the end suffices.  The json_ functions write RFC 8259 text: strings come out as valid UTF-8 with
 * every control character escaped, whatever bytes go in (a byte that is not UTF-8 becomes U+FFFD).
 */
#ifndef SEKISHO_BASE_STRBUF_H
#define SEKISHO_BASE_STRBUF_H

#include "base/sv.h"

struct strbuf {
	char *p;
	size_t n, cap;
	bool full;
};

void strbuf_init(struct strbuf *b, char *memory, size_t size);
void strbuf_add(struct strbuf *b, struct sv s);
void strbuf_addc(struct strbuf *b, char c);
void strbuf_addu(struct strbuf *b, uint64_t value);             /* decimal */
void strbuf_printf(struct strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct sv strbuf_sv(const struct strbuf *b);

/* A JSON string with its quotes; at most `max` octets of `s` go in (cut at a character), 0: all. */
void json_text(struct strbuf *b, struct sv s, size_t max);
/* ,"key": with the comma left out right behind { or [ ; `key` is ours and not escaped. */
void json_key(struct strbuf *b, const char *key);
void json_open(struct strbuf *b, const char *key, char bracket);        /* key may be NULL */
void json_close(struct strbuf *b, char bracket);
void json_member(struct strbuf *b, const char *key, struct sv value);   /* a string member */
void json_member_u(struct strbuf *b, const char *key, uint64_t value);
void json_member_bool(struct strbuf *b, const char *key, bool value);
void json_element(struct strbuf *b, struct sv value);                   /* a string in an array */

#endif
