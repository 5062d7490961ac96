/*
 * resolver -- turns FQDNs into addresses without blocking.
 *
 *   resolver_ask() -> cached? ---------------------------------------------> finished -> deliver()
 *        |  no                                                                  ^
 *        v                                                                      |
 *   struct question, one for each name and type in flight, with its waiters     |
 *        | send_next(): the best server not yet asked; a timer for its turn     |
 *        v                                                                      |
 *   struct leg, one per message sent -> take_reply() or the next server --------+
 *
 * Callers are called back from one place only, the deliver event, where nothing of c-ares, of an
 * upstream or of a question is on the stack. So they may do what they like, freeing the resolver included.
 */
#include "base/clock.h"
#include "base/hash.h"
#include "dns/resolver_impl.h"

#include <errno.h>
#include <stdlib.h>

const char *dns_status_name(enum dns_status s)
{
	static const char *const names[] = {
		[DNS_OK] = "ok", [DNS_NXDOMAIN] = "nxdomain", [DNS_NO_DATA] = "no_data",
		[DNS_SERVFAIL] = "servfail", [DNS_REFUSED] = "refused", [DNS_TIMEOUT] = "timeout",
		[DNS_UNREACHABLE] = "unreachable", [DNS_BAD_ANSWER] = "bad_answer",
	};

	return (size_t)s < sizeof(names) / sizeof(names[0]) ? names[s] : "unknown";
}


static struct dns_kind kind_of(uint8_t family)
{
	return (struct dns_kind){ .type = family == 4 ? DNS_TYPE_A : DNS_TYPE_AAAA };
}

static void fill_answer(struct dns_answer *out, const struct lookup *l)
{
	*out = (struct dns_answer){
		.status = l->status,
		.family = l->kind.type == DNS_TYPE_A ? 4 : 6,
		.rcode = l->rcode,
		.cached = l->cached,
		.n = l->n,
		.addresses = l->addresses,
		.chain = { l->chain, l->n_chain },
		.ttl_s = l->ttl_s == UINT32_MAX ? 0 : l->ttl_s,
	};
}

/* Half a chain would look like a whole one that ends in nothing: rather none. */
static void fill_message(struct resolver_message *out, const struct lookup *l, const struct messages *all)
{
	*out = (struct resolver_message){
		.status = all->broken ? DNS_SERVFAIL : l->status,
		.rcode = all->broken ? DNS_RCODE_SERVFAIL : l->rcode,
		.cached = l->cached,
		.n = all->broken ? 0 : all->n,
		.parts = all->part,
	};
}

/* The resolver for this name: that of the longest zone around it, or `r` itself. */
static struct resolver *resolver_for(struct resolver *r, const struct dns_name *name)
{
	const struct zone *best = NULL;

	for (size_t i = 0; i < r->n_zones; i++)
		if (dns_name_is_within(name, &r->zones[i].suffix) &&
		    (!best || r->zones[i].suffix.n > best->suffix.n))
			best = &r->zones[i];
	return best ? best->resolver : r;
}

/* ---- callers -------------------------------------------------------------------------------- */

static void call_back(struct question *q, struct resolver_query *w)
{
	uint32_t took_us = q->lookup.cached ? 0 : (uint32_t)(clock_mono_us() - w->asked_us);
	resolver_message_cb *message_cb = w->message_cb;
	resolver_cb *cb = w->cb;
	void *arg = w->arg;

	TAILQ_REMOVE(&q->waiters, w, link);
	free(w);
	if (message_cb) {
		struct resolver_message message;

		fill_message(&message, &q->lookup, &q->messages);
		message.took_us = took_us;
		message_cb(arg, &message);
	} else {
		struct dns_answer answer;

		fill_answer(&answer, &q->lookup);
		answer.took_us = took_us;
		cb(arg, &answer);
	}
}

static void free_retired(struct resolver *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n_retired; i++) {
		if (upstream_is_idle(r->retired[i])) {
			r->sent_before += upstream_sent(r->retired[i]);
			upstream_free(r->retired[i]);
		} else {
			r->retired[kept++] = r->retired[i];
		}
	}
	r->n_retired = kept;
}

static void on_deliver(evutil_socket_t fd, short what, void *arg)
{
	struct resolver *r = arg;
	struct resolver_query *w;
	struct question *q;

	(void)fd, (void)what;
	r->delivering = true;
	while ((q = TAILQ_FIRST(&r->finished))) {
		while ((w = TAILQ_FIRST(&q->waiters)))
			call_back(q, w);
		TAILQ_REMOVE(&r->finished, q, link);
		question_free(q);
	}
	r->delivering = false;
	free_retired(r);
	if (r->doomed)
		resolver_free(r);
}

/* Into r->shown, and r->shown_messages when those are wanted. */
static bool show_cached(struct resolver *r, const struct dns_name *name, struct dns_kind kind, bool messages)
{
	bool refresh = false;

	messages_clear(&r->shown_messages);
	lookup_init(&r->shown, name, kind);
	if (!question_answer_from_cache(r, &r->shown, messages ? &r->shown_messages : NULL, false, &refresh))
		return false;
	r->counts.cache_hits++;
	if (refresh)
		question_refresh(r, name, kind);
	return true;
}

const struct dns_answer *resolver_cached(struct resolver *r, struct sv name, uint8_t family)
{
	struct dns_name asked;

	if ((family != 4 && family != 6) || !dns_name_from_text(&asked, name))
		return NULL;
	r = resolver_for(r, &asked);
	if (!show_cached(r, &asked, kind_of(family), false))
		return NULL;
	fill_answer(&r->answer, &r->shown);
	return &r->answer;
}

const struct resolver_message *resolver_cached_message(struct resolver *r, const struct dns_name *name,
						       uint16_t type, bool dnssec_ok)
{
	r = resolver_for(r, name);
	if (!show_cached(r, name, (struct dns_kind){ type, dnssec_ok }, true))
		return NULL;
	fill_message(&r->message, &r->shown, &r->shown_messages);
	return &r->message;
}

/* A finished question of its own, with what the cache holds; NULL when that is not enough. */
static struct question *question_from_cache(struct resolver *r, const struct dns_name *name,
					    struct dns_kind kind)
{
	struct question *q;

	if (!show_cached(r, name, kind, true))
		return NULL;
	q = question_create(r, name, kind);
	if (!q)
		return NULL;
	q->lookup = r->shown;
	q->messages = r->shown_messages;
	r->shown_messages.n = 0;                /* handed over */
	question_hand_over(q);
	return q;
}

/* The question to wait for; *is_new when it has yet to be sent. */
static int question_for(struct question **out, bool *is_new, struct resolver *r,
			const struct dns_name *name, struct dns_kind kind)
{
	*is_new = false;
	*out = question_from_cache(r, name, kind);
	if (!*out)
		*out = question_find(r, name, kind);
	if (*out)
		return 0;
	if (r->counts.in_flight >= QUESTIONS_MAX)
		return -EBUSY;
	*out = question_start(r, name, kind);
	*is_new = *out != NULL;
	return *out ? 0 : -ENOMEM;
}

/* `like` says who is to be called back. */
static int ask(struct resolver_query **out, struct resolver *r, const struct dns_name *name, struct dns_kind kind,
	       const struct resolver_query *like)
{
	struct resolver_query *w = malloc(sizeof(*w));
	bool is_new;
	int err;

	if (!w)
		return -ENOMEM;
	*w = *like;
	err = question_for(&w->question, &is_new, r, name, kind);
	if (err) {
		free(w);
		return err;
	}
	r->counts.questions++;
	w->asked_us = clock_mono_us();
	TAILQ_INSERT_TAIL(&w->question->waiters, w, link);
	*out = w;
	if (is_new)
		question_send_next(w->question);
	return 0;
}

int resolver_ask(struct resolver_query **out, struct resolver *r, struct sv name, uint8_t family,
		 resolver_cb *cb, void *arg)
{
	struct dns_name asked;

	*out = NULL;
	if ((family != 4 && family != 6) || r->doomed || !dns_name_from_text(&asked, name))
		return -EINVAL;
	return ask(out, resolver_for(r, &asked), &asked, kind_of(family),
		   &(struct resolver_query){ .cb = cb, .arg = arg });
}

int resolver_ask_message(struct resolver_query **out, struct resolver *r, const struct dns_name *name,
			 uint16_t type, bool dnssec_ok, resolver_message_cb *cb, void *arg)
{
	*out = NULL;
	if (r->doomed)
		return -EINVAL;
	return ask(out, resolver_for(r, name), name, (struct dns_kind){ type, dnssec_ok },
		   &(struct resolver_query){ .message_cb = cb, .arg = arg });
}

/* A question that lost its last waiter goes on: the next one will want to know soon. */
void resolver_cancel(struct resolver_query *w)
{
	if (!w)
		return;
	TAILQ_REMOVE(&w->question->waiters, w, link);
	free(w);
}

/* ---- life ----------------------------------------------------------------------------------- */

/* ---- zones ---------------------------------------------------------------------------------- */

enum { ZONE_CACHE_SHARE = 8 };

static struct resolver *take_zone(struct resolver *r, const struct dns_name *suffix)
{
	for (size_t i = 0; i < r->n_zones; i++) {
		struct resolver *found = r->zones[i].resolver;

		if (!found || !dns_name_eq(&r->zones[i].suffix, suffix))
			continue;
		r->zones[i].resolver = NULL;
		return found;
	}
	return NULL;
}

static int open_zone(struct resolver **out, struct resolver *r, const struct resolver_zone *z,
		     const struct resolver_config *cfg)
{
	struct resolver_config own = *cfg;
	struct resolver *kept = take_zone(r, &z->suffix);

	own.zones = NULL;
	own.n_zones = 0;
	own.n_servers = z->n_servers;
	memcpy(own.servers, z->servers, sizeof(own.servers));
	own.cache_octets = cfg->cache_octets / ZONE_CACHE_SHARE;
	*out = kept;
	return kept ? resolver_configure(kept, &own) : resolver_create(out, r->base, &own);
}

/* One that is still asked something stays until it has answered. */
static void retire_zone(struct resolver *r, struct resolver *old)
{
	struct resolver **more;

	if (!old)
		return;
	if (TAILQ_EMPTY(&old->live) && TAILQ_EMPTY(&old->finished) && !old->delivering) {
		resolver_free(old);
		return;
	}
	more = realloc(r->old_zones, (r->n_old_zones + 1) * sizeof(struct resolver *));
	if (!more)
		return;                 /* lost, but what it was asked is answered */
	r->old_zones = more;
	r->old_zones[r->n_old_zones++] = old;
}

static void look_at_old_zones(struct resolver *r)
{
	size_t n = r->n_old_zones;

	r->n_old_zones = 0;
	for (size_t i = 0; i < n; i++)
		retire_zone(r, r->old_zones[i]);
}

/* A zone that cannot be opened is left out, and its names go to the ordinary servers: -ENOMEM says so. */
static int set_zones(struct resolver *r, const struct resolver_config *cfg)
{
	struct zone next[RESOLVER_ZONES_MAX];
	size_t n = 0;
	int err = 0;

	look_at_old_zones(r);
	for (size_t i = 0; i < cfg->n_zones && !err; i++) {
		next[n].suffix = cfg->zones[i].suffix;
		err = open_zone(&next[n].resolver, r, &cfg->zones[i], cfg);
		n += next[n].resolver != NULL;
	}
	for (size_t i = 0; i < r->n_zones; i++)
		retire_zone(r, r->zones[i].resolver);
	memcpy(r->zones, next, n * sizeof(next[0]));
	r->n_zones = n;
	return err;
}

static void free_zones(struct resolver *r)
{
	for (size_t i = 0; i < r->n_zones; i++)
		resolver_free(r->zones[i].resolver);
	for (size_t i = 0; i < r->n_old_zones; i++)
		resolver_free(r->old_zones[i]);
	free(r->old_zones);
}

/* ---- configuration -------------------------------------------------------------------------- */

static int check_config(const struct resolver_config *cfg)
{
	if (cfg->n_servers > RESOLVER_SERVERS_MAX || cfg->lookup_ms > 3600u * 1000 ||
	    cfg->n_zones > RESOLVER_ZONES_MAX)
		return -EINVAL;
	for (size_t i = 0; i < cfg->n_servers; i++)
		if (cfg->servers[i].ip.family == 0 || cfg->servers[i].port == 0)
			return -EINVAL;
	return 0;
}

static bool same_servers(const struct resolver_config *a, const struct resolver_config *b)
{
	if (a->n_servers != b->n_servers)
		return false;
	for (size_t i = 0; i < a->n_servers; i++)
		if (!endpoint_eq(&a->servers[i], &b->servers[i]))
			return false;
	return true;
}

static void set_config(struct resolver *r, const struct resolver_config *cfg)
{
	r->cfg = *cfg;
	r->cfg.zones = NULL;            /* the caller's */
	if (r->cfg.lookup_ms == 0)
		r->cfg.lookup_ms = LOOKUP_PRESET_MS;
}

static int open_upstreams(struct upstream *up[], struct event_base *base,
			  const struct resolver_config *cfg)
{
	uint32_t patience_ms = cfg->lookup_ms ? cfg->lookup_ms : LOOKUP_PRESET_MS;

	for (size_t i = 0; i < cfg->n_servers; i++) {
		int err = upstream_create(&up[i], base, &cfg->servers[i], patience_ms);

		if (err) {
			while (i--)
				upstream_free(up[i]);
			return err;
		}
	}
	return 0;
}

int resolver_create(struct resolver **out, struct event_base *base, const struct resolver_config *cfg)
{
	struct resolver *r;
	int err = check_config(cfg);

	*out = NULL;
	if (err)
		return err;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->base = base;
	TAILQ_INIT(&r->live);
	TAILQ_INIT(&r->finished);
	evtimer_assign(&r->deliver, base, on_deliver, r);
	r->cache = dns_cache_create(cfg->cache_octets, cfg->stale_s);
	err = r->cache ? open_upstreams(r->up, base, cfg) : -ENOMEM;
	if (err) {
		resolver_free(r);
		return err;
	}
	set_config(r, cfg);
	err = set_zones(r, cfg);
	if (err) {
		resolver_free(r);
		return err;
	}
	*out = r;
	return 0;
}

static void free_all(struct question_list *list)
{
	struct question *q;

	while ((q = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, q, link);
		question_free(q);
	}
}

/* Within a callback the questions being delivered are still walked through: those lose their waiters
 * now, and go, with the rest, when the walk is over. */
static void doom(struct resolver *r)
{
	struct question *q;
	struct resolver_query *w;

	r->doomed = true;
	TAILQ_FOREACH(q, &r->finished, link) {
		while ((w = TAILQ_FIRST(&q->waiters))) {
			TAILQ_REMOVE(&q->waiters, w, link);
			free(w);
		}
	}
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	if (r->delivering) {
		doom(r);
		return;
	}
	free_all(&r->live);
	free_all(&r->finished);
	for (size_t i = 0; i < r->cfg.n_servers; i++)
		upstream_free(r->up[i]);
	for (size_t i = 0; i < r->n_retired; i++)
		upstream_free(r->retired[i]);
	free(r->retired);
	event_del(&r->deliver);
	messages_clear(&r->shown_messages);
	free_zones(r);
	dns_cache_free(r->cache);
	free(r);
}

/* Questions in flight start over: what the old servers say is not wanted any more. */
static void ask_new_servers(struct resolver *r)
{
	struct question *q, *next;

	for (q = TAILQ_FIRST(&r->live); q; q = next) {
		next = TAILQ_NEXT(q, link);
		question_forget_legs(q);
		memset(q->turns, 0, sizeof(q->turns));
		q->failure = DNS_OK;
		messages_clear(&q->messages);
		lookup_init(&q->lookup, &q->name, q->lookup.kind);
		q->lookup.cached = false;
		question_send_next(q);
	}
}

static int replace_upstreams(struct resolver *r, const struct resolver_config *cfg)
{
	struct upstream *up[RESOLVER_SERVERS_MAX], **retired;
	size_t n = r->n_retired + r->cfg.n_servers;
	int err;

	retired = realloc(r->retired, (n ? n : 1) * sizeof(struct upstream *));
	if (!retired)
		return -ENOMEM;
	r->retired = retired;
	err = open_upstreams(up, r->base, cfg);
	if (err)
		return err;
	for (size_t i = 0; i < r->cfg.n_servers; i++)
		r->retired[r->n_retired++] = r->up[i];
	memcpy(r->up, up, cfg->n_servers * sizeof(up[0]));
	dns_cache_clear(r->cache);
	return 0;
}

int resolver_configure(struct resolver *r, const struct resolver_config *cfg)
{
	bool same = same_servers(&r->cfg, cfg);
	int err = check_config(cfg);

	if (!err && !same)
		err = replace_upstreams(r, cfg);
	if (err)
		return err;
	set_config(r, cfg);
	dns_cache_limit(r->cache, cfg->cache_octets, cfg->stale_s);
	err = set_zones(r, cfg);
	if (!same) {
		ask_new_servers(r);
		evtimer_add(&r->deliver, &at_once);     /* frees idle old servers */
		return err;
	}
	for (size_t i = 0; i < r->cfg.n_servers; i++)
		upstream_set_patience(r->up[i], r->cfg.lookup_ms);
	return err;
}

static void add_counts(struct resolver_counts *sum, const struct resolver_counts *more)
{
	sum->questions += more->questions;
	sum->cache_hits += more->cache_hits;
	sum->sent += more->sent;
	sum->timeouts += more->timeouts;
	sum->bad_answers += more->bad_answers;
	sum->cached += more->cached;
	sum->cache_octets += more->cache_octets;
	sum->in_flight += more->in_flight;
}

void resolver_count(const struct resolver *r, struct resolver_counts *out)
{
	struct resolver_counts of_zone;

	*out = r->counts;
	out->sent = r->sent_before;
	for (size_t i = 0; i < r->cfg.n_servers; i++)
		out->sent += upstream_sent(r->up[i]);
	for (size_t i = 0; i < r->n_retired; i++)
		out->sent += upstream_sent(r->retired[i]);
	out->cached = dns_cache_entries(r->cache);
	out->cache_octets = dns_cache_octets(r->cache);
	for (size_t i = 0; i < r->n_zones; i++) {
		resolver_count(r->zones[i].resolver, &of_zone);
		add_counts(out, &of_zone);
	}
}
