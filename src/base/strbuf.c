#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>

void strbuf_init(struct strbuf *b, char *memory, size_t size)
{
	*b = (struct strbuf){ .p = memory, .cap = size };
}

void strbuf_add(struct strbuf *b, struct sv s)
{
	if (s.n > b->cap - b->n) {
		b->full = true;
		return;
	}
	if (s.n)
		memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

void strbuf_addc(struct strbuf *b, char c)
{
	if (b->n == b->cap)
		b->full = true;
	else
		b->p[b->n++] = c;
}

void strbuf_addu(struct strbuf *b, uint64_t value)
{
	static const char pairs[] = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
				    "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
	char digits[20];
	size_t at = sizeof(digits);

	for (; value >= 100; value /= 100)
		memcpy(digits + (at -= 2), pairs + 2 * (value % 100), 2);
	if (value >= 10)
		memcpy(digits + (at -= 2), pairs + 2 * value, 2);
	else
		digits[--at] = (char)('0' + value);
	strbuf_add(b, (struct sv){ digits + at, sizeof(digits) - at });
}

void strbuf_printf(struct strbuf *b, const char *fmt, ...)
{
	size_t room = b->cap - b->n;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(b->p + b->n, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room)
		b->full = true;
	else
		b->n += (size_t)n;
}

struct sv strbuf_sv(const struct strbuf *b)
{
	return (struct sv){ b->p, b->n };
}

/* Length of the well-formed UTF-8 sequence at the start of `s` (RFC 3629), or 0. */
static size_t utf8_length(struct sv s)
{
	unsigned char c = (unsigned char)s.p[0], low = 0x80, high = 0xbf;
	size_t n;

	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (s.n < n)
		return 0;
	if (c == 0xe0)
		low = 0xa0;             /* no overlong forms */
	else if (c == 0xed)
		high = 0x9f;            /* no surrogates */
	else if (c == 0xf0)
		low = 0x90;
	else if (c == 0xf4)
		high = 0x8f;            /* nothing above U+10FFFF */
	for (size_t i = 1; i < n; i++, low = 0x80, high = 0xbf)
		if ((unsigned char)s.p[i] < low || (unsigned char)s.p[i] > high)
			return 0;
	return n;
}

static void add_escaped(struct strbuf *b, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char u[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	if (c == '"' || c == '\\')
		strbuf_add(b, (struct sv){ (char[2]){ '\\', (char)c }, 2 });
	else
		strbuf_add(b, (struct sv){ u, sizeof(u) });
}

static inline bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Whether any of eight octets is not plain; at worst it says so of eight that are. */
static inline bool is_any_odd(uint64_t eight)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	uint64_t quote = eight ^ ones * '"', backslash = eight ^ ones * '\\', del = eight ^ ones * 0x7f;

	return ((eight - ones * 0x20) | (quote - ones) | (backslash - ones) | (del - ones) | eight) & tops;
}

/* Copies the eight octets at `i` when they are plain. */
static inline bool copy_eight(char *out, const char *s, size_t i)
{
	uint64_t eight;

	memcpy(&eight, s + i, sizeof(eight));
	if (is_any_odd(eight))
		return false;
	memcpy(out + i, &eight, sizeof(eight));
	return true;
}

/* Copies what is plain at the start of `s`, within its first `end` octets; how many that were. */
static size_t add_plain(struct strbuf *b, const char *s, size_t end)
{
	size_t room = b->cap - b->n, most = end < room ? end : room, i = 0;
	char *out = b->p + b->n;

	while (i + 8 <= most && copy_eight(out, s, i))
		i += 8;
	if (most >= 8 && i + 8 > most && copy_eight(out, s, most - 8))
		i = most;               /* the last eight overlap what is copied already */
	for (; i < most && is_plain((unsigned char)s[i]); i++)
		out[i] = s[i];
	b->n += i;
	b->full |= i == room && i < end && is_plain((unsigned char)s[i]);
	return i;
}

void json_text(struct strbuf *b, struct sv s, size_t max)
{
	size_t end = max && max < s.n ? max : s.n, i = 0;

	strbuf_addc(b, '"');
	while (!b->full && (i += add_plain(b, s.p + i, end - i)) < end) {
		size_t n = utf8_length((struct sv){ s.p + i, s.n - i });

		if (i + n > end)
			break;                  /* the limit falls inside a character */
		if (n == 0)
			strbuf_add(b, SV("\xef\xbf\xbd"));
		else if (n == 1)
			add_escaped(b, (unsigned char)s.p[i]);
		else
			strbuf_add(b, (struct sv){ s.p + i, n });
		i += n ? n : 1;
	}
	strbuf_addc(b, '"');
}

void json_word(struct strbuf *b, struct sv word)
{
	char *p = b->p + b->n;

	if (b->cap - b->n < word.n + 2) {
		b->full = true;
		return;
	}
	p[0] = p[word.n + 1] = '"';
	if (word.n)
		memcpy(p + 1, word.p, word.n);
	b->n += word.n + 2;
}

/* Nothing stands before what comes next in this object or array. */
static inline bool is_first(const struct strbuf *b)
{
	char last = b->n ? b->p[b->n - 1] : '{';

	return last == '{' || last == '[';
}

static inline void separate(struct strbuf *b)
{
	if (!is_first(b))
		strbuf_addc(b, ',');
}

void json_key(struct strbuf *b, struct sv key)
{
	size_t comma = is_first(b);

	strbuf_add(b, (struct sv){ key.p + comma, key.n - comma });
}

void json_open(struct strbuf *b, struct sv key, char bracket)
{
	if (key.n)
		json_key(b, key);
	else
		separate(b);
	strbuf_addc(b, bracket);
}

void json_close(struct strbuf *b, char bracket)
{
	strbuf_addc(b, bracket);
}

void json_member(struct strbuf *b, struct sv key, struct sv value)
{
	json_key(b, key);
	json_text(b, value, 0);
}

void json_member_u(struct strbuf *b, struct sv key, uint64_t value)
{
	json_key(b, key);
	strbuf_addu(b, value);
}

void json_member_bool(struct strbuf *b, struct sv key, bool value)
{
	json_key(b, key);
	strbuf_add(b, value ? SV("true") : SV("false"));
}

void json_element(struct strbuf *b, struct sv value)
{
	separate(b);
	json_text(b, value, 0);
}
