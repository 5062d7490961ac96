/*
 * clock -- the two clocks.
 * Monotonic time measures durations and deadlines; wall time dates log records and decides `until`.
 */
#ifndef SEKISHO_BASE_CLOCK_H
#define SEKISHO_BASE_CLOCK_H

#include "base/sv.h"

enum { TIME_TEXT_MAX = 25 };            /* "2026-12-01T00:00:00.000Z" and a NUL */

uint64_t clock_mono_us(void);
int64_t clock_wall_ms(void);            /* since 1970-01-01T00:00:00Z */

/* Until clock_let_go() the calling thread's clocks stand at what they say when they are first asked: what is done for one
 * event has one time, and costs one reading. */
void clock_hold(void);
void clock_let_go(void);

/* RFC 3339 in UTC with milliseconds; the length without the NUL. */
size_t time_format(int64_t wall_ms, char out[TIME_TEXT_MAX]);
/* RFC 3339 date-time, with "Z" or a numeric offset; a date that does not exist is refused. */
bool time_parse(struct sv text, int64_t *wall_ms);

#endif
