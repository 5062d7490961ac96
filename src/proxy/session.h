/*
 * session -- one client connection, from accept to its last record.
 *
 *                                       ,--> bind --> relay ----> closed
 *     head --> resolve --> connect ----<                            ^
 *      ^  \         \           \       `--> forward --------------<
 *      |   `---------`-----------`--------------|------> drain -----'
 *      `----------------------------------------'  the next request of a kept-alive client
 *
 * Between head and resolve comes "auth" while a password is checked; when it is wrong, or is missing, the
 * client may try again on the same connection: back to head.
 *
 * A transparent one begins in "sniff" instead, which leads to resolve; its first request is read there. On a TLS listener
 * "tls" comes before head. A tunnel whose origin must prove itself first waits in "verify" between connect and bind.
 *
 * One state, one deadline in each, one table of what may follow (session.c), one function that ends it.
 * The parts: session.c has the states, the decision, the refusal and the end; session_head.c reads requests;
 * session_tls.c makes the client's handshake; session_auth.c asks for passwords; session_verify.c has the origin verified;
 * sniff.c begins a transparent one; tunnel.c binds and relays a CONNECT; forward.c forwards plain HTTP; session_log.c writes the records.
 * "drain" is the short wait after a refusal in which the client may read the answer.  A session belongs to
 * one worker and is touched by no other thread.  Exactly one end record is written for each tunnel and each
 * request, unless the client went without sending a byte.
 */
#ifndef SEKISHO_PROXY_SESSION_H
#define SEKISHO_PROXY_SESSION_H

#include "log/record.h"
#include "policy/policy.h"
#include "proxy/connector.h"
#include "proxy/reply.h"
#include "proxy/side.h"
#include "proxy/transparent.h"
#include "proxy/worker.h"
#include "wire/http.h"
#include "wire/tls_hello.h"

#include <event2/event_struct.h>

enum session_state {
	S_HEAD, S_RESOLVE, S_CONNECT, S_BIND, S_RELAY, S_FORWARD, S_DRAIN, S_CLOSED, S_SNIFF, S_TLS, S_AUTH, S_VERIFY,
	SESSION_STATES
};

struct exchange;                        /* forward.c: one plain request and its response */
struct login;                           /* session_auth.c: the user of a request */
struct proof;                           /* session_verify.c: what the origin has shown of itself */
struct kept_rule;                       /* session.c: `on-reload keep` */

struct hello_facts {                    /* what a tunnel's ClientHello said; one malloc'd block */
	uint16_t version;               /* the highest TLS version offered, as in the protocol */
	bool has_sni, ech;
	bool matches;                   /* the SNI is the decided name */
	uint32_t octets;                /* of the whole hello, when it lies at the start of s->pending; else 0 */
	uint8_t n_sni, n_alpn;
	char text[];                    /* the SNI, then the ALPN list with commas */
};

struct session {
	TAILQ_ENTRY(session) link;
	struct worker *worker;
	struct event timer;
	uint64_t due_us;                /* the deadline; the timer may come earlier and is then set again */
	uint64_t timer_us;              /* when the timer comes; 0: it is not set */
	struct side client, origin;

	enum session_state state;
	enum bind_step { BIND_HELLO, BIND_ANSWER, BIND_SECOND } bind_step;
	bool counted_source;
	bool awaits_header;             /* PROXY protocol comes first */
	bool awaits_tls;                /* then the handshake: no octet in the clear until it is done */
	bool heard;                     /* the client has sent a byte of this request */
	bool recorded;                  /* the end record is written */
	bool decided;                   /* `verdict` holds, and `gen` is referenced (or `kept`) */
	bool opened;                    /* the origin was reached: the tunnel or the response is under way */
	bool answered;                  /* a response's head has gone to the client: no refusal can follow */
	bool refused;                   /* it ended by a refusal of ours */
	bool settled;                   /* the tunnel is old enough to have keepalive towards the origin */
	bool keeps;                     /* this request leaves the connection open for another one, and has no body */
	enum reply_form form;           /* of a refusal, as the client accepts it */
	uint64_t epoch;                 /* of the worker, when it was last decided */

	uint64_t id;
	uint32_t requests;              /* plain HTTP: which one on this connection, from 1 */
	int64_t start_ms;
	uint64_t start_us, head_us, active_us, interim_us, opened_us, first_byte_us;
	struct endpoint listener, peer;
	struct ip balancer;             /* who said that `peer` is the client; family 0: nobody */

	char *pending;                  /* malloc'd: read from the client, not used yet */
	uint32_t n_pending;
	char *host;                     /* malloc'd; canonical, or as sent (bounded) when it could not be read */
	uint8_t n_host, n_method;
	char method[16];
	uint16_t port;
	struct ip ip;                   /* the target, when it is an address */
	unsigned protos;                /* what it asks for: enum proto bits */

	struct generation *gen;         /* the one it was last decided on */
	struct verdict verdict;
	enum proto bound;               /* the word it was admitted under: `https` binds */
	struct kept_rule *kept;
	uint64_t generation_id;
	struct connector *connector;
	struct trail *trail;
	struct endpoint chosen;         /* the address that is dialled; family 0 until then */
	struct hello_facts *hello;
	struct proof *proof;            /* NULL: not asked for */
	struct detour *detour;          /* of a transparent listener; else NULL */
	struct exchange *exchange;
	struct login *login;            /* NULL: no credentials */
	char *answer;                   /* malloc'd: the server's first octets, while too few to tell */
	uint8_t n_answer;
	uint8_t n_origin_host;          /* plain HTTP: what the kept connection to an origin is for */
	uint16_t origin_port;
	char *origin_host;              /* malloc'd */
	struct endpoint chosen_before;
	uint64_t bytes_up, bytes_down;

	enum reason reason;             /* why it was refused or ended */
	const char *detail;             /* static text, or NULL */
	int error;                      /* an errno behind the reason, or 0 */
	const char *closed_by;
};

/* Takes over an accepted descriptor. */
void session_accept(struct worker *w, int fd, const struct listener *l, const struct endpoint *peer);
/* Decides again on the worker's generation, as of now: goes on untouched, or ends with policy_revoked. */
void session_recheck(struct session *s);
/* The only way a session ends, from any state. Safe in any callback, safe twice. */
void session_close(struct session *s, enum reason why);
/* Between two plain requests: the client has had all its answers and has asked nothing new. */
bool session_is_idle(const struct session *s);
/* Frees what session_close() left. The reaper's. */
void session_free(struct session *s);

/* ---- between the parts of a session; after each of these the caller returns ----------------- */

static inline const struct settings *session_settings(const struct session *s)
{
	return &s->worker->gen->settings;
}
/* Whether the client can be told of a refusal by a status. */
static inline bool session_speaks_http(const struct session *s)
{
	return !s->awaits_tls && (!s->detour || s->detour->kind == STREAM_HTTP);
}
/* Counts the session for its source address, once; false when that has its fill. */
bool session_enter_source(struct session *s);
void session_enter(struct session *s, enum session_state to);
void session_arm(struct session *s, uint64_t after_us);         /* the deadline, from now */
void session_close_by(struct session *s, enum reason why, const char *who);
/* Answers with the reason's status and drains. `detail` is static text or NULL. */
void session_refuse(struct session *s, enum reason why, const char *detail);
/* Says goodbye to a client that has its answer: FIN, a short drain, close. */
void session_drain(struct session *s);
/* Asks the policy for s->host, ip, port and protos; goes on to the connector, or refuses. */
void session_decide(struct session *s);
struct ask session_ask(const struct session *s);
/* `rule`, `no_rule` or `regex_limit`. */
enum reason session_plain_denial(const struct verdict *v);
uint64_t session_new_id(struct worker *w);
enum guard_verdict session_guard(const struct session *s, const struct endpoint *to);
/* Writes the end record of what is under way, once, and counts it. */
void session_record_end(struct session *s);
/* Forgets what belonged to one request; the connection stays. */
void session_forget_request(struct session *s);
/* Dials the decided target (again). */
void session_connect(struct session *s);
/* Writes an interim record when one is due. */
void session_interim(struct session *s, uint64_t now_us);
/* Where the peer of `origin` events goes; for those who open that side. */
void session_on_origin(void *arg, unsigned what);
/* Adds to, or cuts from the front of, what was read from the client and not used. */
void session_keep_pending(struct session *s, struct sv bytes);
void session_use_pending(struct session *s, size_t n);
static inline struct sv session_pending(const struct session *s)
{
	return (struct sv){ s->pending, s->n_pending };
}

/* session_head.c */
void head_on_client(struct session *s);         /* in S_HEAD, the client is readable */
void head_take_pending(struct session *s);      /* a request may already lie in s->pending */
uint64_t head_deadline_us(const struct session *s);
void head_keep_host(struct session *s, struct sv host);         /* bounded copies, for the log */
void head_keep_method(struct session *s, struct sv method);
enum reason head_reason(enum http_error e);
void head_next(struct session *s);              /* the request is answered and recorded: on to the next one */

/* session_auth.c */
/* Keeps what a request shows. What is wrong with it is for auth_go_on() to say: the head is still in the buffer. */
void auth_take(struct session *s, const struct http_request *r);
void auth_go_on(struct session *s);             /* with a whole head: to the policy, perhaps by way of S_AUTH */
void auth_cancel(struct session *s);            /* no answer is waited for any more */
void auth_end(struct session *s);               /* forgets the request's user */
struct sv auth_user(const struct session *s);   /* whose password is right, by the current file; n == 0: nobody's */
struct sv auth_logged_user(const struct session *s);    /* whose it was at that time */
/* The reason for a denial: `plain`, or that a user is wanted. */
enum reason auth_denial(const struct session *s, enum reason plain, const char **detail);
/* Whether the refusal leaves the connection open for another try. */
bool auth_may_retry(const struct session *s);
void auth_describe(const struct session *s, struct reply *r);   /* what a refusal says of it */

void head_note_heard(struct session *s);        /* the first octet of a request has come */

/* session_tls.c */
void session_tls_start(struct session *s);      /* S_TLS begins */
void session_tls_on_client(struct session *s);
void session_tls_on_deadline(struct session *s);
/* For a client's connection that failed behind the handshake: mends reason and culprit, sets the detail. */
void session_tls_blame(struct session *s, enum reason *why, const char **who);
/* After a reload: REASON_COMPLETED, or why the client's certificate does not let it in any more. */
enum reason session_tls_recheck(const struct session *s, const char **detail);
void session_tls_describe(const struct session *s, struct access_record *r);

/* tunnel.c */
void tunnel_open(struct session *s, struct sock *sock);        /* the origin is connected */
void tunnel_start(struct session *s);           /* the same, and it has proved itself as far as it must */
void tunnel_on_client(struct session *s, unsigned what);
void tunnel_on_origin(struct session *s, unsigned what);
void tunnel_refuse(struct session *s, enum reason why);         /* in S_BIND: an alert, and the end */
void tunnel_relay(struct session *s);           /* from here on bytes only, what is pending first */
/* What a ClientHello said, and (again) whether its SNI is s->host; the words for what is wrong with one. */
void tunnel_keep_hello(struct session *s, const struct tls_hello *h);
void tunnel_match_hello(struct session *s);
enum reason tunnel_hello_reason(enum tls_hello_error e);
enum tls_alert tunnel_alert_for(enum reason why);
/* Whether a verdict asks no more of the tunnel than it has shown. */
bool tunnel_fits(const struct session *s, const struct verdict *v);

/* forward.c */
bool forward_take(struct session *s, const struct http_request *r);     /* false: refused */
enum reason forward_admit(const struct session *s);     /* what the rule itself has against it */
bool forward_fits(const struct session *s, const struct verdict *v);    /* as tunnel_fits() */
void forward_open(struct session *s, struct sock *sock);       /* the origin is connected */
bool forward_reuse(struct session *s);          /* after the decision: the connection at hand serves */
void forward_on_client(struct session *s, unsigned what);
void forward_on_origin(struct session *s, unsigned what);
uint64_t forward_deadline_us(const struct session *s);
void forward_on_deadline(struct session *s);
void forward_end(struct session *s);            /* frees the exchange; NULL is fine */
void forward_describe(const struct session *s, struct access_record *r);

/* session_verify.c */
bool verify_is_wanted(const struct session *s);         /* the rule says `verify origin` or `pin` */
void verify_start(struct session *s);           /* the origin is connected: tunnel_start(), S_VERIFY, or a refusal */
void verify_on_origin(struct session *s, unsigned what);        /* in S_VERIFY */
void verify_on_deadline(struct session *s);
/* Whether what the origin has shown is enough for that verdict, too. True when it was not looked at. */
bool verify_fits(const struct session *s, const struct verdict *v);
void verify_cancel(struct session *s);          /* no verdict is waited for any more */
void verify_end(struct session *s);             /* frees the proof */
void verify_describe(const struct session *s, struct access_record *r);

/* session_log.c */
void session_log(struct session *s, enum record_event event);
struct record_rule session_rule_record(const struct rule *r);   /* NULL: no rule */

enum { SESSION_ID_TEXT = 16 };
void session_id_text(const struct session *s, char out[SESSION_ID_TEXT]);

#endif
