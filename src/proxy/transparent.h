/*
 * transparent -- connections that were led here: where they wanted to go, and what the policy says of them.
 * Three things can speak for such a connection, and the rule that stands first in the policy decides, whichever
 * of them it matches:
 *
 *     name      what the stream itself says: the SNI of its ClientHello, the Host of its request. Our own answer for
 *               that name is dialled, never the address that the client believes in.
 *     learned   the names by which this client got this address from our DNS. All of them must be allowed (or one,
 *               `learned-match any`). The client's own address is dialled.
 *     address   the original destination, against address entries. Exactly it is dialled.
 *
 * So a client that asks our DNS, or names itself, is never worse off than one that does not.  A name that the
 * stream says asks for its kind (`https`, `http`) or `tcp`; a learned name beside it for `tcp` only.
 */
#ifndef SEKISHO_PROXY_TRANSPARENT_H
#define SEKISHO_PROXY_TRANSPARENT_H

#include "dns/learned.h"
#include "log/record.h"
#include "policy/name.h"
#include "policy/policy.h"
#include "proxy/listener.h"

/* The original destination of a connection that `l` accepted: by getsockname() for TPROXY, SO_ORIGINAL_DST for
 * REDIRECT. 0 or a negative errno. */
int transparent_original(int fd, const struct listener *l, struct endpoint *out);

enum stream_kind { STREAM_UNKNOWN, STREAM_TLS, STREAM_HTTP, STREAM_OTHER };

enum decided_by { BY_NAME, BY_LEARNED, BY_ADDRESS };

struct detour {                         /* of one such connection; one malloc'd block, and `names` */
	struct endpoint original;
	enum stream_kind kind;
	bool datagrams;                 /* UDP: there is no stream, and `udp` is asked for */
	enum reason trouble;            /* why the stream's first octets say no name, though they should */
	const char *trouble_detail;
	enum decided_by by;
	bool another;                   /* denied for a name that is not the newest */
	size_t n_names;                 /* in `names`; how many there are in all is n_known */
	size_t n_known;
	struct learned_name *names;     /* malloc'd, newest first */
	struct learned_hold *hold;
	struct ip dial;                 /* family 0: the name's own answer */
	struct fqdn said;               /* n == 0: the stream names nobody */
};

struct choice {                         /* which of the three decided, and how */
	enum decided_by by;
	struct verdict verdict;
	unsigned protos;                /* what was asked for */
	size_t name;                    /* BY_LEARNED: the number of the name */
	bool another;                   /* BY_LEARNED: denied for the sake of a name that is not the newest */
};

/* The names by which `client` knows the original address, as of now. `table` may be NULL. */
void transparent_find_names(struct detour *d, struct learned *table, const struct ip *client, uint64_t now_us);
/* The reason for a denial, when it has to do with what is not known; else `plain`. */
enum reason transparent_denial(const struct detour *d, struct learned *table, const struct ip *client,
			       uint64_t now_us, enum reason plain, const char **detail);

struct detour_texts {                   /* what transparent_describe() points into */
	struct sv learned[LEARNED_NAMES_MAX];
};
/* `in_answer`: whether the original address was in our own answer: 1, 0, or -1 when there was none. */
void transparent_describe(const struct detour *d, bool decided, int in_answer, struct access_record *r,
			  struct detour_texts *memory);

/* What the policy says. `any`: one allowed name of several is enough. */
void transparent_choose(const struct policy *p, const struct detour *d, const struct ip *source, bool any,
			int64_t now_ms, struct choice *out);
/* What it says by that one way alone. */
void transparent_ask(const struct policy *p, const struct detour *d, const struct ip *source, bool any,
		     int64_t now_ms, enum decided_by by, struct choice *out);

#endif
