/*
 * admin -- a small HTTP service for operators: metrics and health.
 * Reads what others count and changes nothing.  Runs on the server's own loop (libevent's evhttp), away from the
 * workers.  GET /metrics is the Prometheus text format; GET /healthz is 200 while new sessions are taken, 503 while
 * the server drains.
 */
#ifndef SEKISHO_ADMIN_ADMIN_H
#define SEKISHO_ADMIN_ADMIN_H

#include "base/ip.h"
#include "proxy/stats.h"

struct admin;
struct event_base;

/* 0 or a negative errno. `server` outlives the admin. */
int admin_create(struct admin **out, struct event_base *base, const struct server *server,
		 const struct endpoint *at);
void admin_free(struct admin *a);                       /* NULL is fine */

#endif
