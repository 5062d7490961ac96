/*
 * metrics -- the server's counters as Prometheus text (exposition format 0.0.4). Pure formatting.
 */
#ifndef SEKISHO_ADMIN_METRICS_H
#define SEKISHO_ADMIN_METRICS_H

#include "base/strbuf.h"
#include "proxy/stats.h"

enum { METRICS_MAX = 16 * 1024 };

void metrics_format(const struct server_stats *s, struct strbuf *out);

#endif
