/*
 * report -- the daemon's own messages to its operator, on stderr.
 * One line per message, written at once: "sekisho: error: text".  The access log is elsewhere (log/).
 */
#ifndef SEKISHO_BASE_REPORT_H
#define SEKISHO_BASE_REPORT_H

#include "base/diag.h"

void report_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void report_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void report_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Every finding on a line of its own, each with its severity. */
void report_diags(const struct diag_list *d);

#endif
