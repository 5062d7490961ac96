/*
 * server -- the daemon as a whole: workers, listeners, log, and the generation that they run on.
 * Its own thread takes signals, watches files, keeps the time of every `until`, and builds the next generation
 * beside the running one.  What it knows reaches the workers as orders (worker.h).
 */
#ifndef SEKISHO_PROXY_SERVER_H
#define SEKISHO_PROXY_SERVER_H

#include "config/conf.h"
#include "proxy/stats.h"

struct event_base;
struct settings;

struct server_options {
	const char *conf_path;
	struct conf_options conf;       /* --set */
	/* Called on the server's thread when the workers run, for what is built on top of it; a negative errno ends
	 * the start. `ended` is called with what it gave, before the server goes. Both may be NULL. */
	int (*started)(void **out, const struct server *server, struct event_base *base,
		       const struct settings *settings);
	void (*ended)(void *what);
};

/*
 * Runs until SIGTERM or SIGINT.  SIGHUP reloads, SIGUSR1 reopens the log.  The exit code: 0 after an orderly
 * stop, 1 when the start failed (the reason is on stderr).
 */
int server_run(const struct server_options *opt);

#endif
