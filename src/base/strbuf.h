/*
 * strbuf -- text put together in memory that the caller owns.
 * Never writes past its end: what does not fit is left out and `full` is set, so that one check at
 * the end suffices.  The json_ functions write RFC 8259 text: strings come out as valid UTF-8 with
 * every control character escaped, whatever bytes go in (a byte that is not UTF-8 becomes U+FFFD); only json_word() trusts.
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
/* The same for a word of ours: printable ASCII without quotes and backslashes, which nobody looks at again. */
void json_word(struct strbuf *b, struct sv word);

/* A member's name as it is written, put together by the compiler: records have forty of them. */
#define JSON_KEY(name) SV(",\"" name "\":")
#define JSON_NO_KEY    SV("")
/* `key`, without its comma right behind { or [ . */
void json_key(struct strbuf *b, struct sv key);
void json_open(struct strbuf *b, struct sv key, char bracket);          /* JSON_NO_KEY: in an array, or the outermost */
void json_close(struct strbuf *b, char bracket);
void json_member(struct strbuf *b, struct sv key, struct sv value);     /* a string member */
void json_member_u(struct strbuf *b, struct sv key, uint64_t value);
void json_member_bool(struct strbuf *b, struct sv key, bool value);
void json_element(struct strbuf *b, struct sv value);                   /* a string in an array */

#endif
