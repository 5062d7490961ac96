/*
 * checker -- whether passwords are right, without keeping an event loop waiting.
 *
 *     checker_ask() --> source over its limit? --> found right a while ago? --> being checked already? wait with it
 *                            | LIMITED                   | RIGHT
 *                            v                           v             --> queue --> thread: crypt(3) --> inbox of the
 *                         at once                     at once          `-- full: OVERLOADED, at once      worker
 *
 *  - A worker asks and cancels on its own thread.  The callback runs from checker_deliver() on that thread, once, and
 *    never after checker_cancel().
 *  - A name that is not there costs as much as one that is.
 *  - Wrong answers are counted for the source that began the check, whether or not anybody still waits; when its
 *    limit is reached, what it has in the queue is answered without crypt(3).
 *  - The password is copied, and wiped when its check is done.
 *  - The threads are started by the first question.
 */
#ifndef SEKISHO_AUTH_CHECKER_H
#define SEKISHO_AUTH_CHECKER_H

#include "auth/basic.h"
#include "auth/users.h"
#include "base/inbox.h"
#include "base/ip.h"

struct checker;
struct checker_ticket;

enum check_verdict {
	CHECK_RIGHT,
	CHECK_WRONG,
	CHECK_LIMITED,          /* the source has sent too many wrong ones */
	CHECK_OVERLOADED,       /* too many are being checked, or memory ran out */
};
typedef void checker_cb(void *arg, enum check_verdict verdict);

enum { CHECKER_QUEUE_MAX = 128 };       /* different credentials that wait */

struct check {                          /* borrowed during the call */
	unsigned worker;
	struct ip source;
	const struct users *users;
	const struct credentials *shown;
	unsigned limit;                 /* wrong passwords of one source in a minute; 0: any number */
};

/* For that many workers; `threads` of its own do the work. 0 or a negative errno. */
int checker_create(struct checker **out, unsigned n_workers, unsigned threads);
/* When no worker runs any more. Forgets what is open. NULL is fine. */
void checker_free(struct checker *c);

/* A ticket, and `cb` comes later; or NULL, and *at_once is the verdict. */
struct checker_ticket *checker_ask(struct checker *c, const struct check *what, checker_cb *cb, void *arg,
				   enum check_verdict *at_once);
/* Its callback will not come. NULL is fine. */
void checker_cancel(struct checker *c, struct checker_ticket *t);
/* For how many seconds more the source is refused; at least 1. */
unsigned checker_retry_s(struct checker *c, const struct ip *source);

/* Where the worker's answers come in. It waits for the bell and calls checker_deliver(). */
struct inbox *checker_inbox(struct checker *c, unsigned worker);
void checker_deliver(struct checker *c, unsigned worker);

/* How often crypt(3) has run. */
uint64_t checker_runs(const struct checker *c);

#endif
