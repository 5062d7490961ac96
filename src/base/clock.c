#include "base/clock.h"

#include <stdio.h>
#include <time.h>

uint64_t clock_mono_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

int64_t clock_wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void put_digits(char *out, unsigned value, int width)
{
	while (width-- > 0) {
		out[width] = (char)('0' + value % 10);
		value /= 10;
	}
}

size_t time_format(int64_t wall_ms, char out[TIME_TEXT_MAX])
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	memcpy(out, "0000-00-00T00:00:00.000Z", TIME_TEXT_MAX);
	put_digits(out, (unsigned)(tm.tm_year + 1900), 4);
	put_digits(out + 5, (unsigned)(tm.tm_mon + 1), 2);
	put_digits(out + 8, (unsigned)tm.tm_mday, 2);
	put_digits(out + 11, (unsigned)tm.tm_hour, 2);
	put_digits(out + 14, (unsigned)tm.tm_min, 2);
	put_digits(out + 17, (unsigned)tm.tm_sec, 2);
	put_digits(out + 20, (unsigned)(wall_ms % 1000), 3);
	return TIME_TEXT_MAX - 1;
}

/* Reads `digits` digits and then `after` (0: nothing) off *s. */
static bool take(struct sv *s, size_t digits, char after, uint64_t max, int *out)
{
	uint64_t value;

	if (s->n < digits + (after != 0) || !sv_to_u64(sv_slice(*s, 0, digits), max, &value))
		return false;
	if (after && s->p[digits] != after && !(after == 'T' && ascii_lower(s->p[digits]) == 't'))
		return false;
	*s = sv_slice(*s, digits + (after != 0), s->n);
	*out = (int)value;
	return true;
}

static bool take_fraction(struct sv *s, int *ms)
{
	int scale = 100;
	size_t i = 1;

	*ms = 0;
	if (s->n == 0 || s->p[0] != '.')
		return true;
	for (; i < s->n && ascii_is_digit(s->p[i]); i++, scale /= 10)
		*ms += (s->p[i] - '0') * scale;
	if (i == 1 || i > 10)
		return false;
	*s = sv_slice(*s, i, s->n);
	return true;
}

static bool take_offset(struct sv s, int *minutes)
{
	int sign, hh, mm;

	*minutes = 0;
	if (sv_eq_nocase(s, SV("Z")))
		return true;
	if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-'))
		return false;
	sign = s.p[0] == '-' ? -1 : 1;
	s = sv_slice(s, 1, s.n);
	if (!take(&s, 2, ':', 23, &hh) || !take(&s, 2, 0, 59, &mm))
		return false;
	*minutes = sign * (hh * 60 + mm);
	return true;
}

bool time_parse(struct sv s, int64_t *wall_ms)
{
	int year, month, day, hour, minute, second, ms, offset;
	struct tm tm, back;
	time_t t;

	if (!take(&s, 4, '-', 9999, &year) || !take(&s, 2, '-', 12, &month) ||
	    !take(&s, 2, 'T', 31, &day) || !take(&s, 2, ':', 23, &hour) ||
	    !take(&s, 2, ':', 59, &minute) || !take(&s, 2, 0, 59, &second) ||
	    !take_fraction(&s, &ms) || !take_offset(s, &offset))
		return false;
	tm = (struct tm){ .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day,
			  .tm_hour = hour, .tm_min = minute, .tm_sec = second };
	t = timegm(&tm);
	gmtime_r(&t, &back);
	if (back.tm_mday != day || back.tm_mon != month - 1)
		return false;           /* the 30th of February */
	*wall_ms = ((int64_t)t - offset * 60) * 1000 + ms;
	return true;
}
