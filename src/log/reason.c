/*
 * The reason table.  Status and error type follow two rules: the status says whose move it is (4xx the
 * client's, 502/504 the network's, 503 later), and the type is the one that RFC 9209 section 2.3 registers for the
 * event.  Ends of an established tunnel that nobody can be told of by HTTP have neither.
 */
#include "log/reason.h"

#include <assert.h>
#include <stddef.h>

#define DENIED        403, "http_request_denied"
#define PROHIBITED    403, "destination_ip_prohibited"
#define FAULTY(code)  code, "http_request_error"
#define UNRESOLVED    502, "dns_error"

static const struct reason_row rows[REASONS] = {
	[REASON_NONE] = { "none", 0, NULL, "nothing is wrong" },

	[REASON_COMPLETED] = { "completed", 0, NULL, "both sides closed in order" },
	[REASON_CLIENT_RESET] = { "client_reset", 0, NULL, "the client broke the connection off" },
	[REASON_ORIGIN_RESET] = { "origin_reset", 0, "connection_terminated",
				  "the destination broke the connection off" },
	[REASON_RESPONSE_CUT] = { "response_cut", 0, "http_response_incomplete",
				  "the destination broke off in the middle of its answer" },
	[REASON_IDLE_TIMEOUT] = { "idle_timeout", 0, "connection_read_timeout",
				  "nothing was sent for too long" },
	/* These two can also meet a session that has not been answered yet. */
	[REASON_POLICY_REVOKED] = { "policy_revoked", DENIED,
				    "the policy has changed and no longer allows this destination" },
	[REASON_SHUTDOWN] = { "shutdown", 503, "proxy_internal_response", "the proxy was stopped" },

	[REASON_RULE] = { "rule", DENIED, "a rule of the policy denies this destination" },
	[REASON_NO_RULE] = { "no_rule", DENIED, "no rule of the policy allows this destination" },
	[REASON_REGEX_LIMIT] = { "regex_limit", DENIED,
				 "this name could not be checked within the set limits" },
	[REASON_NO_LEARNED_NAME] = { "no_learned_name", DENIED,
				     "the connection names no host, and this client has not asked the "
				     "proxy's DNS for any" },
	[REASON_NOT_LEARNED_ADDRESS] = { "not_learned_address", DENIED,
					 "the connection names no host, and its address is none that the "
					 "proxy's DNS gave this client" },

	[REASON_AUTH_REQUIRED] = { "auth_required", 407, "http_request_denied",
				   "no rule of the policy allows this destination without a user" },
	[REASON_AUTH_FAILED] = { "auth_failed", 407, "http_request_denied",
				 "the user name or the password is wrong" },
	[REASON_AUTH_LIMITED] = { "auth_limited", 429, "http_request_denied",
				  "this client has sent too many wrong passwords; try again later" },
	[REASON_AUTH_OVERLOADED] = { "auth_overloaded", 503, "proxy_internal_response",
				     "the proxy has too many passwords to check at the moment" },
	[REASON_TLS_FAILED] = { "tls_failed", 0, "tls_protocol_error",
				"the TLS handshake between client and proxy failed" },
	[REASON_TLS_TIMEOUT] = { "tls_timeout", 0, "tls_protocol_error",
				 "the TLS handshake between client and proxy did not end in time" },
	[REASON_CLIENT_CERT_MISSING] = { "client_cert_missing", 0, "tls_certificate_error",
					 "the client sent no certificate, and the proxy wants one" },
	[REASON_CLIENT_CERT_EXPIRED] = { "client_cert_expired", 0, "tls_certificate_error",
					 "the client's certificate, or one above it, is not valid at this time" },
	[REASON_CLIENT_CERT_REVOKED] = { "client_cert_revoked", 0, "tls_certificate_error",
					 "the client's certificate, or one above it, is revoked" },
	[REASON_CLIENT_CERT_UNTRUSTED] = { "client_cert_untrusted", 0, "tls_certificate_error",
					   "the client's certificate is not signed by a CA that the proxy trusts" },
	[REASON_CLIENT_CERT_WEAK] = { "client_cert_weak", 0, "tls_certificate_error",
				      "the client's certificate has a key or a signature that is too weak" },
	[REASON_CLIENT_CERT_BAD] = { "client_cert_bad", 0, "tls_certificate_error",
				     "the client's certificate is not good for a TLS client" },

	[REASON_PLATFORM_ADDRESS] = { "platform_address", PROHIBITED,
				      "this is an Azure platform address; the client must bypass the "
				      "proxy for 168.63.129.16 and 169.254.169.254" },
	[REASON_OWN_ADDRESS] = { "own_address", PROHIBITED, "this destination is the proxy itself" },
	[REASON_FORBIDDEN_ADDRESS] = { "forbidden_address", PROHIBITED,
				       "this destination has an address that is never connected to" },
	[REASON_LOOPBACK_ADDRESS] = { "loopback_address", PROHIBITED,
				      "this destination has a loopback address" },
	[REASON_PRIVATE_ADDRESS] = { "private_address", PROHIBITED,
				     "this destination has a private address that the policy does not open" },
	[REASON_DENIED_ADDRESS] = { "denied_address", PROHIBITED,
				    "the policy denies the address of this destination" },

	[REASON_BAD_REQUEST] = { "bad_request", FAULTY(400), "the request is not valid HTTP" },
	[REASON_BAD_HOST] = { "bad_host", FAULTY(400), "the requested host is not a valid name or address" },
	[REASON_BAD_PORT] = { "bad_port", FAULTY(400), "the requested port is missing or not valid" },
	[REASON_HOST_MISMATCH] = { "host_mismatch", FAULTY(421),
				   "the Host field names another host than the request target" },
	[REASON_HEAD_TOO_LARGE] = { "head_too_large", FAULTY(431), "the head of the request is too large" },
	[REASON_HEAD_TIMEOUT] = { "head_timeout", FAULTY(408),
				  "the head of the request did not arrive in time" },
	[REASON_METHOD_NOT_SUPPORTED] = { "method_not_supported", 501, "proxy_internal_response",
					  "this proxy does not support the request method" },
	[REASON_VERSION_NOT_SUPPORTED] = { "version_not_supported", 505, "proxy_internal_response",
					   "this proxy speaks HTTP/1.0 and HTTP/1.1 only" },
	[REASON_EXPECTATION] = { "expectation", FAULTY(417), "only the expectation 100-continue is supported" },
	[REASON_LOOP] = { "loop", 502, "proxy_loop_detected", "the request has passed this proxy before" },
	[REASON_UPGRADE_DENIED] = { "upgrade_denied", DENIED,
				    "the policy does not allow this destination to switch protocols" },
	[REASON_REQUEST_TIMEOUT] = { "request_timeout", FAULTY(408),
				     "the body of the request did not arrive in time" },
	[REASON_BAD_PROXY_HEADER] = { "bad_proxy_header", 0, "http_request_error",
				      "the load balancer's PROXY protocol header is missing or malformed" },
	[REASON_CLIENT_GONE] = { "client_gone", 0, NULL, "the client left before it was answered" },

	[REASON_NOT_TLS] = { "not_tls", 0, "tls_protocol_error",
			     "the rule is for TLS, and the client did not speak TLS" },
	[REASON_BAD_HELLO] = { "bad_hello", 0, "tls_protocol_error", "the TLS ClientHello is malformed" },
	[REASON_HELLO_TOO_LARGE] = { "hello_too_large", 0, "tls_protocol_error",
				     "the TLS ClientHello is larger than 64 KiB" },
	[REASON_HELLO_TIMEOUT] = { "hello_timeout", 0, "tls_protocol_error",
				   "the TLS ClientHello did not arrive in time" },
	[REASON_SNI_MISMATCH] = { "sni_mismatch", 0, "http_request_denied",
				  "the SNI of the TLS ClientHello is not the requested name" },
	[REASON_SNI_MISSING] = { "sni_missing", 0, "http_request_denied", "the TLS ClientHello has no SNI" },
	[REASON_SNI_ADDRESS] = { "sni_address", 0, "http_request_denied",
				 "the SNI of the TLS ClientHello is an address" },
	[REASON_SNI_TWICE] = { "sni_twice", 0, "http_request_denied",
			       "the TLS ClientHello has more than one SNI" },
	[REASON_ECH_DENIED] = { "ech_denied", 0, "http_request_denied",
				"the rule does not allow Encrypted ClientHello" },

	[REASON_DNS_NXDOMAIN] = { "dns_nxdomain", UNRESOLVED, "this name does not exist in DNS" },
	[REASON_DNS_NO_ADDRESS] = { "dns_no_address", UNRESOLVED, "this name has no address in DNS" },
	[REASON_DNS_SERVFAIL] = { "dns_servfail", UNRESOLVED, "the DNS server failed to resolve this name" },
	[REASON_DNS_REFUSED] = { "dns_refused", UNRESOLVED, "the DNS server refused to resolve this name" },
	[REASON_DNS_TIMEOUT] = { "dns_timeout", 504, "dns_timeout", "the DNS server did not answer in time" },
	[REASON_DNS_UNREACHABLE] = { "dns_unreachable", UNRESOLVED, "no DNS server can be reached" },
	[REASON_DNS_BAD_ANSWER] = { "dns_bad_answer", UNRESOLVED,
				    "the DNS server's answer for this name is not usable" },

	[REASON_CONNECT_REFUSED] = { "connect_refused", 502, "connection_refused",
				     "the destination refused the connection" },
	[REASON_CONNECT_TIMEOUT] = { "connect_timeout", 504, "connection_timeout",
				     "the destination did not accept the connection in time" },
	[REASON_CONNECT_UNREACHABLE] = { "connect_unreachable", 502, "destination_ip_unroutable",
					 "the proxy has no route to the destination" },
	[REASON_CONNECT_FAILED] = { "connect_failed", 502, "destination_unavailable",
				    "the connection to the destination failed" },

	[REASON_ORIGIN_UNVERIFIED] = { "origin_unverified", 502, "tls_certificate_error",
				       "the destination could not show a certificate for this name" },

	[REASON_ORIGIN_CLOSED] = { "origin_closed", 502, "connection_terminated",
				   "the destination closed the connection without an answer" },
	[REASON_BAD_RESPONSE] = { "bad_response", 502, "http_protocol_error",
				  "the destination's answer is not valid HTTP" },
	[REASON_RESPONSE_TIMEOUT] = { "response_timeout", 504, "http_response_timeout",
				      "the destination did not answer in time" },

	[REASON_TOO_MANY_SESSIONS] = { "too_many_sessions", 503, "connection_limit_reached",
				       "the proxy has as many connections as it may have" },
	[REASON_TOO_MANY_FROM_SOURCE] = { "too_many_from_source", 503, "connection_limit_reached",
					  "this client has as many connections as it may have" },
	[REASON_OUT_OF_DESCRIPTORS] = { "out_of_descriptors", 503, "proxy_internal_error",
					"the proxy has no file descriptor left" },
	[REASON_LOG_FULL] = { "log_full", 503, "proxy_internal_error",
			      "the proxy cannot write its access log and lets nothing pass unrecorded" },
	[REASON_DRAINING] = { "draining", 503, "proxy_internal_response",
			      "the proxy is about to stop and takes nothing new" },
	[REASON_INTERNAL] = { "internal", 500, "proxy_internal_error", "the proxy failed" },
};

const struct reason_row *reason_row(enum reason r)
{
	assert((unsigned)r < REASONS);
	return &rows[r];
}
