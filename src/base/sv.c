#include "base/sv.h"

bool sv_eq_nocase(struct sv a, struct sv b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

int sv_cmp(struct sv a, struct sv b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : a.n < b.n ? -1 : a.n > b.n;
}

bool sv_starts_with(struct sv s, struct sv prefix)
{
	return s.n >= prefix.n && sv_eq((struct sv){ s.p, prefix.n }, prefix);
}

bool sv_ends_with(struct sv s, struct sv suffix)
{
	return s.n >= suffix.n && sv_eq((struct sv){ s.p + s.n - suffix.n, suffix.n }, suffix);
}

struct sv sv_slice(struct sv s, size_t from, size_t n)
{
	if (s.n == 0)
		return s;               /* p may be NULL */
	if (from >= s.n)
		return (struct sv){ s.p + s.n, 0 };
	if (n > s.n - from)
		n = s.n - from;
	return (struct sv){ s.p + from, n };
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct sv sv_trim(struct sv s)
{
	while (s.n && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

size_t sv_find(struct sv s, char c)
{
	const char *hit = s.n ? memchr(s.p, c, s.n) : NULL;

	return hit ? (size_t)(hit - s.p) : s.n;
}

struct sv sv_cut(struct sv *rest, char sep)
{
	struct sv head = *rest;
	size_t at = sv_find(head, sep);

	*rest = at < head.n ? (struct sv){ head.p + at + 1, head.n - at - 1 } : (struct sv){ NULL, 0 };
	head.n = at;
	return head;
}

bool sv_to_u64(struct sv s, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned char)s.p[i] - (unsigned)'0';

		if (digit > 9 || value > (max - digit) / 10 || digit > max)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}
