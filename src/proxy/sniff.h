/*
 * sniff -- what a transparent connection says of itself, and for how long it is waited for (state "sniff").
 *
 *     first octets of TLS   -> the whole ClientHello, within hello-timeout  -> its SNI
 *     of an HTTP request    -> the whole head, within head-timeout          -> its Host, and that of each request after it
 *     anything else         -> nothing more is waited for
 *     no octet at all       -> after sniff-timeout as "anything else": protocols in which the server speaks first
 *
 * On a port that rules open for `tcp` only, a learned name that is allowed decides before the first octet.
 * What was read stays in s->pending: nothing of it is consumed but the heads of requests that are forwarded.
 */
#ifndef SEKISHO_PROXY_SNIFF_H
#define SEKISHO_PROXY_SNIFF_H

#include "proxy/session.h"

/* Makes a session one of a transparent listener: its detour, and the state it begins in. */
void sniff_init(struct session *s, const struct listener *l);
/* Begins, once the session is counted and in the lists. It may have ended after this. */
void sniff_start(struct session *s);
void sniff_on_client(struct session *s);
void sniff_on_deadline(struct session *s);
uint64_t sniff_deadline_us(const struct session *s);
/* A further request of a kept-alive client: false when it was refused, else the policy is to be asked. */
bool sniff_take_request(struct session *s, const struct http_request *r);

/* Decides, and puts what was decided into the session: host, address, protocols, what is to be dialled. */
void sniff_decide(struct session *s, const struct policy *p, struct verdict *v);
/* The reason for a denial, when it has to do with what is not known; else `plain`. */
enum reason sniff_denial(const struct session *s, enum reason plain, const char **detail);
/* Whether what was decided still holds, and nothing else that is known denies it now. */
bool sniff_still_holds(const struct session *s, const struct policy *p, struct verdict *v);
/* The word that a session without a deciding rule (`default audit`) is admitted under. */
enum proto sniff_word(const struct session *s);
/* Tells the client that it is refused, in its own protocol. Negative: there is none for it, close. */
int sniff_answer_refusal(struct session *s);
void sniff_end(struct session *s);              /* frees the detour; NULL is fine */

void sniff_describe(const struct session *s, struct access_record *r, struct detour_texts *memory);

#endif
