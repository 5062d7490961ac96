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

bool balancer_take_header(struct session *s)
{
	enum proxy_error why;
	struct proxy_header header;
	int n = proxy_header_parse(&header, session_pending(s), &why);

	if (n == -EAGAIN) {
		session_arm(s, head_deadline_us(s));
		return false;
	}
	if (n < 0) {
		session_refuse(s, REASON_BAD_PROXY_HEADER, proxy_error_text(why));
		return false;
	}
	session_use_pending(s, (size_t)n);
	s->awaits_header = false;
	s->heard = s->n_pending > 0;            /* the header alone asks for nothing */
	take_client(s, &header);
	if (session_enter_source(s))
		return true;
	s->heard = true;
	session_refuse(s, REASON_TOO_MANY_FROM_SOURCE, NULL);
	return false;
}
