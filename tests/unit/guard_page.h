/*
 * guard_page -- puts bytes right in front of a page that cannot be touched: reading one octet too many
 * is a crash, with or without a sanitizer.
 */
#ifndef SEKISHO_TESTS_GUARD_PAGE_H
#define SEKISHO_TESTS_GUARD_PAGE_H

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/sv.h"

enum { GUARD_ROOM = 1 << 18 };

static inline char *guard_end(void)
{
	static char *end;

	if (!end) {
		size_t page = (size_t)sysconf(_SC_PAGESIZE);
		char *room = mmap(NULL, GUARD_ROOM + page, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (room == MAP_FAILED || mprotect(room + GUARD_ROOM, page, PROT_NONE) != 0)
			abort();
		end = room + GUARD_ROOM;
	}
	return end;
}

/* The only copy at a time: the next call overwrites it. */
static inline struct sv guarded(struct sv s)
{
	char *p = guard_end() - s.n;

	if (s.n > GUARD_ROOM)
		abort();
	memmove(p, s.p, s.n);
	return (struct sv){ p, s.n };
}

#endif
