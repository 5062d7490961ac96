/*
 * relay -- moves bytes from one side of a tunnel to the other.
 * One call moves what can be moved now, within a budget that keeps one busy tunnel from starving the others,
 * and then sets what each side's event asks for.  An end that cannot take more holds at most one read's worth,
 * and its peer is not read until that is gone: back-pressure reaches the sender through TCP's own window.
 * A direction that proves to be bulk goes through a pipe (splice(2)) and is not copied any more.
 */
#ifndef SEKISHO_PROXY_RELAY_H
#define SEKISHO_PROXY_RELAY_H

#include "proxy/side.h"

enum { RELAY_BUFFER = 64 * 1024 };

enum relay_result {
	RELAY_WAITS,            /* an event will say when more can be moved */
	RELAY_FINISHED,         /* `from` sent FIN, all was delivered, and `to` got its FIN */
	RELAY_FROM_FAILED,      /* reading failed: reset, or keepalive gave up */
	RELAY_TO_FAILED,        /* writing failed */
};

struct relay_tools {                    /* a worker's */
	char buffer[RELAY_BUFFER];      /* scratch of whoever runs at the moment */
	struct pipes pipes;
};

/* *moved grows by the octets read. */
enum relay_result relay_pump(struct side *from, struct side *to, struct relay_tools *tools, uint64_t *moved);
/* Sets what the two events ask for by what is held and what has ended. */
void relay_want(struct side *a, struct side *b);

#endif
