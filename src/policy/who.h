/*
 * who -- what the rules of a policy want of a client besides its address: an identity, a user.
 * Rules that want the same share one set; sets are numbered from 1, and 0 wants nothing. Within a kind any of a set's
 * words will do; each kind of which a word stands there must be met.
 *  - All sets are asked at once: names of identities lie in an index (index.h), other texts in one sorted list, so
 *    that the cost does not grow with the rules. Only globs of URIs are tried one after the other.
 *  - Filled while the policy is built, then finished, then immutable.
 */
#ifndef SEKISHO_POLICY_WHO_H
#define SEKISHO_POLICY_WHO_H

#include "policy/identity.h"

struct whos;

enum who_kind { WHO_IDENTITY = 1, WHO_USER = 2, WHO_LIMIT = 4 };       /* LIMIT: of a regular expression */

struct who_words {                      /* what a set was written with, for people */
	struct sv identities, users;
};

/* ---- building -------------------------------------------------------------------------------- */

struct whos *whos_create(void);
void whos_free(struct whos *w);                         /* NULL is fine */
/* A new set, which the calls below fill. */
uint32_t whos_begin(struct whos *w);
/* What stands behind "identity:" and "user:". False: *why, from `a`. */
bool whos_add_identity(struct whos *w, const struct identity_pattern *p, struct arena *a, struct sv *why);
bool whos_add_user(struct whos *w, struct sv name, struct arena *a, struct sv *why);
/* A name of a group that the set has as `written`. */
bool whos_add_name(struct whos *w, const struct pattern *p, struct arena *a, struct sv *why);
/* For who_words: a word of that kind, as it was written. Makes the set want something of that kind. */
void whos_note(struct whos *w, enum who_kind kind, struct sv written);
void whos_finish(struct whos *w);

/* ---- asking ---------------------------------------------------------------------------------- */

/* Each kind of each set that the client meets. The same may come several times. */
typedef void whos_visit(void *arg, uint32_t who, enum who_kind kind);
void whos_each(const struct whos *w, const struct ask *ask, whos_visit *visit, void *arg);
/* The same for one set, as who_kind bits. */
unsigned whos_met(const struct whos *w, uint32_t who, const struct ask *ask);
/*
 * The kinds of `who` that stand against a rule, with `met` as found; 0: it applies. A regular expression at its limits
 * does not allow, and does deny. ask->any_user and ask->anybody as in policy.h.
 */
unsigned whos_lacking(const struct whos *w, uint32_t who, unsigned met, const struct ask *ask, bool allows);

unsigned whos_wanted(const struct whos *w, uint32_t who);       /* the kinds of which words stand in the set */
struct who_words whos_words(const struct whos *w, uint32_t who);
size_t whos_count(const struct whos *w, enum who_kind kind);    /* words of that kind in all sets */
size_t whos_n(const struct whos *w);                            /* sets, 0 among them: numbers are below it */
size_t whos_octets(const struct whos *w);

#endif
