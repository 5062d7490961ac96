/*
 * session_tls -- the handshake of a client on a TLS listener, and who its certificate says it is.
 * Until it is done the client is told nothing in the clear; when it fails, the alert is OpenSSL's, and the record says why.
 */
#include "proxy/session.h"

#include "base/clock.h"

#include <errno.h>

/* How a failed one ends: the client may still read the alert. */
static void fail(struct session *s, enum reason why, const char *detail)
{
	s->reason = why;
	s->detail = detail;
	s->refused = true;
	s->closed_by = "proxy";
	counter_add(&s->worker->counters.refused, 1);
	session_record_end(s);
	tls_conn_free(s->client.tls);
	s->client.tls = NULL;
	session_drain(s);
}

/* By what holds now: a reload may have come since it began. */
static enum reason recheck(const struct session *s, const char **detail)
{
	const struct front *now = generation_front(s->worker->gen, &s->listener);

	return now ? tls_conn_recheck(s->client.tls, now, detail) : REASON_COMPLETED;
}

static void on_done(struct session *s)
{
	const char *detail = NULL;
	enum reason client = recheck(s, &detail);

	if (client != REASON_COMPLETED) {
		fail(s, client, detail);
		return;
	}
	s->awaits_tls = s->heard = false;
	s->head_us = clock_mono_us();
	session_enter(s, S_HEAD);
	side_want(&s->client, SOCK_READ);
}

void session_tls_on_client(struct session *s)
{
	struct tls_conn *c = s->client.tls;
	enum reason r = tls_conn_handshake(c);

	s->heard = tls_conn_has_heard(c);
	switch (r) {
	case REASON_NONE:
		side_want_for_tls(&s->client);
		break;
	case REASON_COMPLETED:
		on_done(s);
		break;
	case REASON_CLIENT_GONE:
	case REASON_CLIENT_RESET:
		session_close_by(s, s->heard ? r : REASON_CLIENT_GONE, "client");
		break;
	default:
		fail(s, r, tls_conn_detail(c));
		break;
	}
}

/* The connection failed behind the handshake: was it TLS that broke, and not TCP? */
void session_tls_blame(struct session *s, enum reason *why, const char **who)
{
	s->detail = tls_conn_detail(s->client.tls);
	if (!s->detail || tls_conn_is_cut(s->client.tls))
		return;
	*why = REASON_TLS_FAILED;
	*who = "proxy";
}

void session_tls_on_deadline(struct session *s)
{
	if (s->heard)
		fail(s, REASON_TLS_TIMEOUT, NULL);
	else
		session_close_by(s, REASON_CLIENT_GONE, "proxy");
}

void session_tls_start(struct session *s)
{
	const struct front *front = generation_front(s->worker->gen, &s->listener);

	if (!front || tls_conn_create(&s->client.tls, front, side_fd(&s->client)) != 0) {
		session_close_by(s, REASON_INTERNAL, "proxy");         /* a reload took TLS away in this moment, or no memory */
		return;
	}
	session_enter(s, S_TLS);
	side_want(&s->client, SOCK_READ);
}

enum reason session_tls_recheck(const struct session *s, const char **detail)
{
	return s->client.tls && !s->awaits_tls ? recheck(s, detail) : REASON_COMPLETED;
}

void session_tls_describe(const struct session *s, struct access_record *r)
{
	struct tls_facts facts;

	if (!s->client.tls)
		return;
	tls_conn_facts(s->client.tls, &facts);
	r->client_tls = facts.version;
	r->identity = facts.identity.text;
	r->issuer = facts.issuer;
	r->serial = facts.serial;
}
