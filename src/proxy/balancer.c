#include "proxy/balancer.h"

#include "wire/proxy_protocol.h"

#include <errno.h>

bool balancer_is_listed(const struct settings *set, const struct endpoint *listener, const struct ip *peer)
{
	const struct listen_setting *l = settings_listen(set, listener);

	for (size_t i = 0; l && i < l->n_balancers; i++)
		if (prefix_contains(&l->balancers[i], peer))
			return true;
	return false;
}

/* From here on the session is the client's. */
static void take_client(struct session *s, const struct proxy_header *h)
{
	if (h->local)
		return;                         /* the balancer speaks for itself: a health probe */
	s->balancer = s->peer.ip;
	s->peer = h->source;
}

/* The header alone asks for nothing: what comes behind it is the client's own. */
static void take_header(struct session *s, const struct proxy_header *h)
{
	s->awaits_header = s->heard = false;
	take_client(s, h);
	if (!session_enter_source(s)) {
		s->heard = true;
		session_refuse(s, REASON_TOO_MANY_FROM_SOURCE, NULL);
	} else if (s->awaits_tls) {
		session_tls_start(s);
	}
}

void balancer_on_client(struct session *s)
{
	char *buffer = s->worker->tools.buffer;
	int n = side_peek(&s->client, buffer, RELAY_BUFFER), used;
	enum proxy_error why;
	struct proxy_header header;

	if (n == -EAGAIN)
		return;
	used = n > 0 ? proxy_header_parse(&header, (struct sv){ buffer, (size_t)n }, &why) : -ECONNRESET;
	head_note_heard(s);
	if (n <= 0 || (used == -EAGAIN && s->client.sock->ready & SOCK_ENDED)) {
		s->heard = n > 0;
		session_close_by(s, REASON_CLIENT_GONE, "client");
	} else if (used == -EAGAIN) {
		session_arm(s, head_deadline_us(s));
	} else if (used < 0) {
		session_refuse(s, REASON_BAD_PROXY_HEADER, proxy_error_text(why));
	} else {
		side_skip(&s->client, (size_t)used);
		take_header(s, &header);
	}
}
