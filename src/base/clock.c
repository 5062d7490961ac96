#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static _Thread_local struct {
	bool held;
	uint64_t mono_us, wall_us;      /* 0: not read since */
} now;

void clock_hold(void)
{
	now.held = true;
	now.mono_us = now.wall_us = 0;
}

void clock_let_go(void)
{
	now.held = false;
}

static uint64_t read_us(clockid_t clock, uint64_t *held_us)
{
	struct timespec ts;

	if (now.held && *held_us)
		return *held_us;
	clock_gettime(clock, &ts);
	*held_us = (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
	return *held_us;
}

uint64_t clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC, &now.mono_us);
}

int64_t clock_wall_ms(void)
{
	return (int64_t)(read_us(CLOCK_REALTIME, &now.wall_us) / 1000);
}

static void put_digits(char *out, unsigned value, int width)
{
	while (width-- > 0) {
		out[width] = (char)('0' + value % 10);
		value /= 10;
	}
}

/*
 * The date of a day counted from 1970-01-01, in the Gregorian calendar, for years 1970 to 9999.  gmtime_r() would read
 * the time zone file at its first call and take a lock at each, on the path of every log record.
 */
static void civil_date(unsigned days, unsigned *year, unsigned *month, unsigned *day)
{
	unsigned shifted = days + 719468;               /* from 0000-03-01: leap days come last in their year */
	unsigned era = shifted / 146097, of_era = shifted % 146097;
	unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned from_march = (5 * of_year + 2) / 153;

	*day = of_year - (153 * from_march + 2) / 5 + 1;
	*month = from_march < 10 ? from_march + 3 : from_march - 9;
	*year = year_of_era + era * 400 + (*month <= 2);
}

size_t time_format(int64_t wall_ms, char out[TIME_TEXT_MAX])
{
	uint64_t ms = wall_ms > 0 ? (uint64_t)wall_ms : 0;
	unsigned of_day = (unsigned)(ms / 1000 % 86400), year, month, day;

	civil_date((unsigned)(ms / 86400000), &year, &month, &day);
	memcpy(out, "0000-00-00T00:00:00.000Z", TIME_TEXT_MAX);
	put_digits(out, year, 4);
	put_digits(out + 5, month, 2);
	put_digits(out + 8, day, 2);
	put_digits(out + 11, of_day / 3600, 2);
	put_digits(out + 14, of_day / 60 % 60, 2);
	put_digits(out + 17, of_day % 60, 2);
	put_digits(out + 20, (unsigned)(ms % 1000), 3);
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
