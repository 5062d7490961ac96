/*
 * reply -- what a client is told when it is refused (RFC 9110, RFC 9209 Proxy-Status, RFC 9457).
 * Pure text: status line, fields and a short body in the form that the client asked for. Nothing in it comes
 * from the request, so nothing can be reflected.
 */
#ifndef SEKISHO_PROXY_REPLY_H
#define SEKISHO_PROXY_REPLY_H

#include "base/strbuf.h"
#include "log/reason.h"

enum { REPLY_MAX = 4096 };

enum reply_form { REPLY_TEXT, REPLY_PROBLEM_JSON, REPLY_HTML };

struct reply {
	enum reason reason;
	enum reply_form form;
	const char *rcode;              /* of a DNS failure ("NXDOMAIN"), or NULL */
	struct sv session;              /* the id to quote to the operator */
	bool head_only;                 /* the answer to HEAD */
	bool keep;                      /* the connection stays open for another request */
	struct sv realm;                /* of a 407's challenge; holds nothing that a quoted string would escape */
	unsigned retry_s;               /* of a 429: when to come again */
};

void reply_format(const struct reply *r, struct strbuf *out);
/* The form for an Accept field's value (RFC 9110 12.5.1; a type with q=0 does not count). */
enum reply_form reply_form_for(struct sv accept);

#endif
