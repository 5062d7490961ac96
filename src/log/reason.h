/*
 * reason -- the closed vocabulary of why a session was refused or how it ended.
 * One row each: the word in the log, the HTTP status a client gets (0: none can be sent any more), the
 * Proxy-Status error type (RFC 9209 section 2.3), and a sentence for the person who is refused.
 */
#ifndef SEKISHO_LOG_REASON_H
#define SEKISHO_LOG_REASON_H

enum reason {
	REASON_NONE,
	/* how an allowed session ends */
	REASON_COMPLETED, REASON_CLIENT_RESET, REASON_ORIGIN_RESET, REASON_IDLE_TIMEOUT,
	REASON_POLICY_REVOKED, REASON_SHUTDOWN, REASON_RESPONSE_CUT,
	/* the policy refused */
	REASON_RULE, REASON_NO_RULE, REASON_REGEX_LIMIT, REASON_NO_LEARNED_NAME, REASON_NOT_LEARNED_ADDRESS,
	/* the address guard refused every address */
	REASON_PLATFORM_ADDRESS, REASON_OWN_ADDRESS, REASON_FORBIDDEN_ADDRESS,
	REASON_LOOPBACK_ADDRESS, REASON_PRIVATE_ADDRESS, REASON_DENIED_ADDRESS,
	/* the request was wrong */
	REASON_BAD_REQUEST, REASON_BAD_HOST, REASON_BAD_PORT, REASON_HOST_MISMATCH,
	REASON_HEAD_TOO_LARGE, REASON_HEAD_TIMEOUT, REASON_METHOD_NOT_SUPPORTED,
	REASON_VERSION_NOT_SUPPORTED, REASON_EXPECTATION, REASON_LOOP, REASON_UPGRADE_DENIED,
	REASON_REQUEST_TIMEOUT, REASON_BAD_PROXY_HEADER, REASON_CLIENT_GONE,
	/* what came inside the tunnel was wrong */
	REASON_NOT_TLS, REASON_BAD_HELLO, REASON_HELLO_TOO_LARGE, REASON_HELLO_TIMEOUT,
	REASON_SNI_MISMATCH, REASON_SNI_MISSING, REASON_SNI_ADDRESS, REASON_SNI_TWICE, REASON_ECH_DENIED,
	/* the name did not resolve */
	REASON_DNS_NXDOMAIN, REASON_DNS_NO_ADDRESS, REASON_DNS_SERVFAIL, REASON_DNS_REFUSED,
	REASON_DNS_TIMEOUT, REASON_DNS_UNREACHABLE, REASON_DNS_BAD_ANSWER,
	/* the origin could not be reached */
	REASON_CONNECT_REFUSED, REASON_CONNECT_TIMEOUT, REASON_CONNECT_UNREACHABLE,
	REASON_CONNECT_FAILED,
	/* the origin answered badly */
	REASON_ORIGIN_CLOSED, REASON_BAD_RESPONSE, REASON_RESPONSE_TIMEOUT,
	/* this proxy cannot take it now */
	REASON_TOO_MANY_SESSIONS, REASON_TOO_MANY_FROM_SOURCE, REASON_OUT_OF_DESCRIPTORS,
	REASON_LOG_FULL, REASON_DRAINING, REASON_INTERNAL,
	REASONS
};

struct reason_row {
	const char *word;               /* "no_rule" */
	unsigned short status;          /* HTTP */
	const char *proxy_error;        /* RFC 9209 error type, or NULL */
	const char *sentence;           /* for the refused; no full stop */
};

const struct reason_row *reason_row(enum reason r);

#endif
