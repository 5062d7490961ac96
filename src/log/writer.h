/*
 * writer -- carries finished lines from the workers to a file or stdout.
 * Owns the file, one thread that writes, and one queue per worker.
 *  - writer_put() never blocks and takes no lock that the writing thread holds during I/O.
 *  - A write that fails (disk full) is tried again every second; nothing is thrown away meanwhile.
 *  - With on-full deny, the backlog's limit holds back admission: writer_admits() says no, and the
 *    session is refused. Whoever was admitted gets its records in, whatever the backlog: memory is
 *    bounded by the limit plus the records of the sessions that are open.
 *  - With on-full drop, lines above the limit are dropped and counted, and a record says how many.
 */
#ifndef SEKISHO_LOG_WRITER_H
#define SEKISHO_LOG_WRITER_H

#include "base/sv.h"

struct writer;

enum on_full { ON_FULL_DENY, ON_FULL_DROP };

struct writer_config {          /* copied */
	const char *path;       /* "-": stdout; "off": nothing is written, everything is admitted */
	size_t backlog_octets;  /* unwritten octets at which on_full sets in */
	enum on_full on_full;
};

/* Opens (appending, mode 0640) and starts the thread. 0 or a negative errno. */
int writer_create(struct writer **out, const struct writer_config *cfg, unsigned workers);
/* Writes all that is queued, waiting `wait_ms` at most, then stops. NULL is fine. The number of
 * lines that could not be written. */
uint64_t writer_free(struct writer *w, unsigned wait_ms);

/* From worker `worker` only. */
bool writer_admits(struct writer *w, unsigned worker);
void writer_put(struct writer *w, unsigned worker, struct sv line);
/* Counts a record that could not be made or was refused a place. */
void writer_lost(struct writer *w, unsigned worker);

/* From any thread. The file is opened anew before the next write; if that fails, the old one stays
 * in use and the error is reported on stderr. */
void writer_reopen(struct writer *w);
/* Another path or other limits (a reload). 0, or a negative errno and the old ones stay. */
int writer_configure(struct writer *w, const struct writer_config *cfg);

struct writer_counts {
	uint64_t lines, octets, lost, errors;
	size_t backlog_octets;
};
void writer_count(const struct writer *w, struct writer_counts *out);

#endif
