/*
 * session_auth -- passwords of explicit clients (RFC 7617, RFC 9110 11.7): taken from a request, checked off the loop,
 * and what a client is told that has none.
 *
 *     credentials? --no--> decide --denied, and a user could pass--> 407, and the connection stays for the next try
 *          | yes
 *          `--> state "auth" --> right: decide, with the user     wrong: 407     too often: 429     too many: 503
 *
 * Each request shows its own credentials. A user counts for as long as the current password file has the hash that
 * the password was found right by: who is taken out of the file, or given another password, is nobody after the reload.
 */
#include "proxy/session.h"

#include "auth/checker.h"
#include "base/arena.h"

#include <stdlib.h>

struct login {
	struct credentials *shown;      /* malloc'd, until their check has begun */
	struct checker_ticket *ticket;  /* while it goes on */
	enum reason bad;                /* what was shown is refused as it stands; else REASON_NONE */
	const char *unused;             /* why, or why it was not looked at: a sentence, or NULL */
	uint64_t proof;                 /* of the hash that was checked against (users.h) */
	bool right;
	uint8_t n_user;
	char user[BASIC_USER_MAX];
};

/* ---- taking credentials ------------------------------------------------------------------------------ */

static bool takes_passwords(const struct session *s)
{
	return !s->detour && s->worker->gen->users && (s->client.tls || session_settings(s)->auth_cleartext);
}

/* In the buffer that the request was read into, which is ours to write. */
static void wipe(struct sv value)
{
	explicit_bzero((void *)(uintptr_t)value.p, value.n);
}

static bool is_credentials(const struct http_field *f)
{
	return sv_eq_nocase(f->name, SV("proxy-authorization"));
}

static void keep_credentials(struct login *l, const struct credentials *shown)
{
	struct sv user = credentials_user(shown);

	l->n_user = (uint8_t)user.n;
	memcpy(l->user, user.p, user.n);
	l->shown = xmalloc(sizeof(*l->shown));
	*l->shown = *shown;
}

static void read_credentials(struct login *l, struct sv value)
{
	struct credentials shown;
	enum basic_error e = basic_parse(&shown, value);

	if (e == BASIC_OK)
		keep_credentials(l, &shown);
	else
		l->unused = basic_error_text(e);
	if (e != BASIC_OK && e != BASIC_OTHER_SCHEME)
		l->bad = REASON_AUTH_FAILED;
	credentials_wipe(&shown);
}

static void take_field(struct session *s, struct sv value)
{
	if (s->login) {
		s->login->bad = REASON_BAD_REQUEST;
		s->login->unused = "more than one Proxy-Authorization";
	} else {
		s->login = xcalloc(1, sizeof(*s->login));
		if (takes_passwords(s))
			read_credentials(s->login, value);
		else
			s->login->unused = "credentials are not taken on a listener without TLS";
	}
	wipe(value);
}

void auth_take(struct session *s, const struct http_request *r)
{
	if (s->detour || !s->worker->gen->users)
		return;
	for (size_t i = 0; i < r->n_fields; i++)
		if (is_credentials(&r->fields[i]))
			take_field(s, r->fields[i].value);
}

/* ---- checking them ----------------------------------------------------------------------------------- */

static void settle(struct session *s, enum check_verdict verdict)
{
	switch (verdict) {
	case CHECK_RIGHT:
		s->login->right = true;
		session_decide(s);
		return;
	case CHECK_WRONG:
		session_refuse(s, REASON_AUTH_FAILED, NULL);
		return;
	case CHECK_LIMITED:
		session_refuse(s, REASON_AUTH_LIMITED, NULL);
		return;
	case CHECK_OVERLOADED:
		session_refuse(s, REASON_AUTH_OVERLOADED, NULL);
		return;
	}
}

static void on_checked(void *arg, enum check_verdict verdict)
{
	struct session *s = arg;

	s->login->ticket = NULL;
	settle(s, verdict);
}

static void forget_shown(struct login *l)
{
	if (!l->shown)
		return;
	credentials_wipe(l->shown);
	free(l->shown);
	l->shown = NULL;
}

void auth_go_on(struct session *s)
{
	const struct users *users = s->worker->gen->users;
	struct login *l = s->login;
	enum check_verdict verdict;

	if (l && l->bad != REASON_NONE) {
		session_refuse(s, l->bad, l->unused);
		return;
	}
	if (!l || !l->shown) {
		session_decide(s);
		return;
	}
	l->proof = users_proof(users, (struct sv){ l->user, l->n_user });
	l->ticket = checker_ask(s->worker->shared->checker, &(struct check){
		.worker = s->worker->index, .source = s->peer.ip, .users = users, .shown = l->shown,
		.limit = session_settings(s)->auth_failures }, on_checked, s, &verdict);
	forget_shown(l);
	if (l->ticket)
		session_enter(s, S_AUTH);
	else
		settle(s, verdict);
}

void auth_cancel(struct session *s)
{
	if (!s->login || !s->login->ticket)
		return;
	checker_cancel(s->worker->shared->checker, s->login->ticket);
	s->login->ticket = NULL;
}

void auth_end(struct session *s)
{
	if (!s->login)
		return;
	auth_cancel(s);
	forget_shown(s->login);
	free(s->login);
	s->login = NULL;
}

/* ---- who it is --------------------------------------------------------------------------------------- */

struct sv auth_logged_user(const struct session *s)
{
	const struct login *l = s->login;

	return l && l->right ? (struct sv){ l->user, l->n_user } : (struct sv){ NULL, 0 };
}

struct sv auth_user(const struct session *s)
{
	struct sv user = auth_logged_user(s);

	if (user.n && users_proof(s->worker->gen->users, user) != s->login->proof)
		user = (struct sv){ NULL, 0 };
	return user;
}

/* ---- refusals ---------------------------------------------------------------------------------------- */

enum reason auth_denial(const struct session *s, enum reason plain, const char **detail)
{
	struct ask ask;
	struct verdict v;

	if (s->login && s->login->unused)
		*detail = s->login->unused;
	if (!takes_passwords(s) || !policy_has_users(s->gen->policy) || auth_user(s).n)
		return plain;
	ask = session_ask(s);
	ask.any_user = true;
	policy_decide(s->gen->policy, &ask, &v);
	return v.action == ACTION_ALLOW ? REASON_AUTH_REQUIRED : plain;
}

bool auth_may_retry(const struct session *s)
{
	return reason_row(s->reason)->status == 407 && s->keeps && !s->n_pending && session_speaks_http(s) &&
	       !atomic_load_explicit(&s->worker->shared->draining, memory_order_relaxed);
}

void auth_describe(const struct session *s, struct reply *r)
{
	unsigned status = reason_row(s->reason)->status;

	r->keep = auth_may_retry(s);
	if (status == 407)
		r->realm = sv_of(session_settings(s)->auth_realm);
	if (status == 429)
		r->retry_s = checker_retry_s(s->worker->shared->checker, &s->peer.ip);
}
