/*
 * upstream -- one DNS server, reached through c-ares.
 * Owns the server's channels with their sockets and events, the questions sent to it, and what is
 * remembered of it: whether it is dead, and whether it understands EDNS.
 *  - The callback runs once, later: never inside upstream_send(), never inside c-ares, never after
 *    upstream_forget(). It may send again, forget others, and retire this server.
 *  - c-ares matches id, question and sender of a reply, and nothing else. What it hands on still has
 *    to be read with care.
 *  - Questions go over UDP; a truncated reply makes one go again over TCP, on a channel of its own. (Left to
 *    c-ares, a TCP connection that fails takes every UDP question to that server with it.)
 *  - A channel is replaced after UPSTREAM_CHANNEL_QUESTIONS, since it keeps one port while it is busy.
 */
#ifndef SEKISHO_DNS_UPSTREAM_H
#define SEKISHO_DNS_UPSTREAM_H

#include "wire/dns.h"

struct event_base;
struct upstream;
struct upstream_ask;

enum { UPSTREAM_CHANNEL_QUESTIONS = 1000 };

enum upstream_end {
	UPSTREAM_REPLY,                 /* a message that was read, and may be believed */
	UPSTREAM_MALFORMED,             /* a reply to our question, but broken */
	UPSTREAM_UNBELIEVABLE,          /* QR or opcode say that it is no reply */
	UPSTREAM_SILENT,
	UPSTREAM_UNREACHABLE,           /* could not be sent to; ICMP said no; TCP was refused */
};

typedef void upstream_cb(void *arg, enum upstream_end end, const struct dns_message *reply);

/* Readies c-ares once per process; upstream_create() does so by itself. */
void upstream_init_library(void);
/* `patience_ms`: how long a question to it may go without a reply before c-ares gives up. */
int upstream_create(struct upstream **out, struct event_base *base, const struct endpoint *server,
		    uint32_t patience_ms);
/* Forgets all questions and frees the server. Not inside its own callback. NULL is fine. */
void upstream_free(struct upstream *u);
void upstream_set_patience(struct upstream *u, uint32_t patience_ms);
/* No question is out and none of its callbacks is running: upstream_free() is due and safe. */
bool upstream_is_idle(const struct upstream *u);

/* 0 and a handle, or a negative errno. The handle ends with the callback. */
int upstream_send(struct upstream_ask **out, struct upstream *u, const struct dns_name *name,
		  uint16_t type, bool dnssec_ok, upstream_cb *cb, void *arg);
/* The callback comes no more; a late reply still shows that the server lives. NULL is fine. */
void upstream_forget(struct upstream_ask *a);

/* A server that kept silent or could not be reached is dead until a reply comes from it. */
void upstream_mark_dead(struct upstream *u, uint64_t now_us);
bool upstream_is_dead(const struct upstream *u);
/* True once in ten seconds while it is dead: time to ask it beside another one. */
bool upstream_probe_is_due(struct upstream *u, uint64_t now_us);
/* It did not understand EDNS: go without. False when that is so already. */
bool upstream_drop_edns(struct upstream *u);
/* Messages sent, TCP repeats included. */
uint64_t upstream_sent(const struct upstream *u);

#endif
