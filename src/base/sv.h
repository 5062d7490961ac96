/*
 * sv -- borrowed string views.
 * A view is a pointer and a length; it owns nothing and is not NUL-terminated.  NUL is a byte like
 * any other.  Case is folded in ASCII only, whatever the locale says.
 */
#ifndef SEKISHO_BASE_SV_H
#define SEKISHO_BASE_SV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sv {
	const char *p;
	size_t n;
};

#define SV(lit)   ((struct sv){ (lit), sizeof(lit) - 1 })
#define SV_ARG(s) (int)(s).n, (s).p     /* for "%.*s" */

static inline struct sv sv_of(const char *cstr)
{
	return (struct sv){ cstr, cstr ? strlen(cstr) : 0 };
}

static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static inline bool ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool ascii_is_alpha(char c)
{
	c = ascii_lower(c);
	return c >= 'a' && c <= 'z';
}

static inline bool sv_eq(struct sv a, struct sv b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool sv_eq_nocase(struct sv a, struct sv b);
int sv_cmp(struct sv a, struct sv b);           /* octet by octet, then the shorter first: <0, 0, >0 */
bool sv_starts_with(struct sv s, struct sv prefix);
bool sv_ends_with(struct sv s, struct sv suffix);

/* The bytes from `from` on, at most `n` of them; never reaches past the end of `s`. */
struct sv sv_slice(struct sv s, size_t from, size_t n);

/* Without leading and trailing spaces and tabs. */
struct sv sv_trim(struct sv s);

/* Index of the first `c`, or s.n when there is none. */
size_t sv_find(struct sv s, char c);

/* Cuts the part before the first `sep` off *rest and returns it; *rest becomes what follows, or an
 * empty view with p == NULL when there was no `sep`. Start with the whole text; stop on p == NULL. */
struct sv sv_cut(struct sv *rest, char sep);

/* A decimal number of digits only, no sign, at most `max`. False on anything else. */
bool sv_to_u64(struct sv s, uint64_t max, uint64_t *out);

#endif
