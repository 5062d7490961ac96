#include "base/suggest.h"

enum { WORD_MAX = 64, FAR = 4 };

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Optimal string alignment distance, without regard to case. */
static unsigned distance(struct sv a, struct sv b)
{
	unsigned rows[3][WORD_MAX + 1], *before = rows[0], *last = rows[1], *row = rows[2];

	for (unsigned j = 0; j <= b.n; j++)
		last[j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		char ca = ascii_lower(a.p[i - 1]);

		row[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			char cb = ascii_lower(b.p[j - 1]);

			row[j] = min3(last[j] + 1, row[j - 1] + 1, last[j - 1] + (ca != cb));
			if (i > 1 && j > 1 && ca == ascii_lower(b.p[j - 2]) &&
			    cb == ascii_lower(a.p[i - 2]) && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		unsigned *spare = before;

		before = last;
		last = row;
		row = spare;
	}
	return last[b.n];
}

void suggest_init(struct suggest *s, struct sv word)
{
	unsigned near = (unsigned)(word.n / 3) + 1;

	*s = (struct suggest){ .word = word, .distance = near < FAR ? near : FAR };
	if (word.n < 3)
		s->distance = 2;
}

void suggest_offer(struct suggest *s, const char *candidate)
{
	struct sv c = sv_of(candidate);
	unsigned d;

	if (c.n > WORD_MAX || s->word.n > WORD_MAX)
		return;
	d = distance(s->word, c);
	if (d < s->distance) {
		s->distance = d;
		s->best = candidate;
	}
}

const char *suggest_best(const struct suggest *s)
{
	return s->best;
}

const char *suggest_among(struct sv word, const char *const *candidates, size_t n)
{
	struct suggest s;

	suggest_init(&s, word);
	for (size_t i = 0; i < n; i++)
		suggest_offer(&s, candidates[i]);
	return suggest_best(&s);
}
