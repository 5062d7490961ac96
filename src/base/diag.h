/*
 * diag -- what is wrong with a file that a person wrote, and where.
 * A list collects the findings of one run: several errors are better than the first.  A finding
 * owns its texts.  The sentence says what is wrong; after a semicolon, what would be right:
 * "unknown action "alow"; did you mean "allow"?".  It has no file name, no newline, no full stop.
 */
#ifndef SEKISHO_BASE_DIAG_H
#define SEKISHO_BASE_DIAG_H

#include "base/sv.h"

#include <stdio.h>

struct place {
	const char *file;       /* as the person named it; NULL: no file ("--set" and the like) */
	unsigned line, col;     /* from 1; 0: unknown. Columns count bytes */
};

enum severity { DIAG_NOTE, DIAG_WARNING, DIAG_ERROR };

struct diag {
	char *file, *text;
	const char *code;       /* a lint's code ("SK012"), or NULL; not owned */
	unsigned line, col;
	enum severity severity;
};

struct diag_list {
	struct diag *items;
	size_t n, cap;
	size_t errors, warnings;
};

void diag_add(struct diag_list *d, enum severity sev, struct place at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* With a lint's code, which must outlive the list. */
void diag_add_code(struct diag_list *d, enum severity sev, const char *code, struct place at,
		   const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void diag_error(struct diag_list *d, struct place at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

void diag_sort(struct diag_list *d);            /* by file (in order of first mention), line, column */
void diag_fini(struct diag_list *d);            /* frees all; the list is empty and usable again */

/* "file:line:col: error: text" into `out` (cut at its end), without a newline. */
void diag_format(const struct diag *d, char *out, size_t size);
void diag_print(const struct diag_list *d, FILE *to);

const char *severity_name(enum severity sev);   /* "error", "warning", "note" */

#endif
