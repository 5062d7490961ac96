/*
 * connector -- from a decided name (or address) to a connected socket, by happy eyeballs (RFC 8305).
 * Asks for A and AAAA apart, lets every address pass the guard right before connect(), starts attempts one
 * after the other a quarter of a second apart, families taking turns, and hands over the first that answers.
 *  - The callback is never called inside connector_start(), and never after connector_free().
 *  - CONNECTOR_DIALLING comes at most once, before the result, unless connector_start() has come that far
 *    already (connector_is_dialling() tells); exactly one result comes.
 *  - What was learned on the way (`trail`) belongs to the one who takes it.
 */
#ifndef SEKISHO_PROXY_CONNECTOR_H
#define SEKISHO_PROXY_CONNECTOR_H

#include "base/ip.h"
#include "dns/resolver.h"
#include "log/reason.h"
#include "policy/policy.h"

struct event_base;
struct poller;
struct slab;
struct sock;
struct connector;

enum { RESOLUTION_DELAY_MS = 50, ATTEMPT_DELAY_MS = 250 };

struct trail {                          /* for the access record; one malloc'd block */
	uint32_t dns_us, connect_us;
	bool dns_asked, dns_cached;
	enum guard_verdict guarded;     /* of the first address that the guard took out */
	struct ip guarded_ip;
	uint16_t n_chain;
	uint8_t n_resolved;
	char *chain;                    /* both point behind the struct */
	struct ip resolved[];
};

enum connector_event { CONNECTOR_DIALLING, CONNECTOR_CONNECTED, CONNECTOR_FAILED };

struct connector_result {
	enum connector_event event;
	struct sock *sock;              /* CONNECTED: now the callee's */
	struct endpoint origin;         /* CONNECTED: what was dialled; FAILED: what was dialled last, if anything */
	enum reason reason;             /* FAILED */
	int error;                      /* FAILED: the errno behind the reason, or 0 */
};

struct connector_plan {
	struct event_base *base;        /* for timers */
	struct poller *poller;
	struct slab *memory;            /* of objects of connector_size */
	struct resolver *resolver;
	struct sv name;                 /* n == 0: dial `ip`; lives as long as the connector */
	struct ip ip;
	uint16_t port;
	bool ipv6;                      /* ask for AAAA */
	struct ip outbound4, outbound6; /* source addresses; family 0: the kernel's choice */
	enum guard_verdict (*guard)(void *arg, const struct endpoint *to);
	void (*done)(void *arg, const struct connector_result *r);
	void *arg;
};

/* The reason for an address that the guard took out. */
enum reason connector_guard_reason(enum guard_verdict g);

extern const size_t connector_size;
struct connector *connector_start(const struct connector_plan *plan);
/* Whether the first attempt has begun: the wait is for the origin, no longer for DNS alone. */
bool connector_is_dialling(const struct connector *c);
/* Ends all attempts and questions. NULL is fine. */
void connector_free(struct connector *c);
/* Takes what was learned so far; free() it. NULL when nothing was. */
struct trail *connector_take_trail(struct connector *c);

#endif
