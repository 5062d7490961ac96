/*
 * question -- one name and type on its way to an answer: out of the cache, from one server after the other, along
 * its CNAMEs, within its time.  resolver.c has the map.
 */
#include "base/clock.h"
#include "base/hash.h"
#include "dns/resolver_impl.h"

#include <errno.h>
#include <stdlib.h>

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* ---- the cache ------------------------------------------------------------------------------ */

/* A remembered failure is its status and rcode in one number, never 0. */
static uint16_t failure_pack(enum dns_status status, uint8_t rcode)
{
	return (uint16_t)((unsigned)rcode << 8 | (unsigned)status);
}

static void failure_unpack(struct lookup *l, uint16_t failure, uint32_t left_s)
{
	l->status = failure & 0xff;
	l->rcode = (uint8_t)(failure >> 8);
	l->n = l->n_chain = 0;
	l->ttl_s = left_s;
}

static bool wants_refresh(const struct cached *e)
{
	return e->hits >= REFRESH_HITS && !e->failure && e->left_us &&
	       e->left_us * REFRESH_SHARE <= e->ttl_s * UINT64_C(1000000);
}

/* ---- messages for those who want them whole ------------------------------------------------ */

void messages_clear(struct messages *all)
{
	for (size_t i = 0; i < all->n; i++)
		free(all->bytes[i]);
	all->n = 0;
	all->broken = false;
}

/* A message that does not fit or for which there is no memory ends the list: `broken` then says so. */
static void messages_add(struct messages *all, const uint8_t *message, size_t n, uint32_t age_s, uint32_t left_s)
{
	uint8_t *copy = all->n < MESSAGES_MAX ? malloc(n) : NULL;

	if (!copy) {
		all->broken = true;
		return;
	}
	memcpy(copy, message, n);
	all->bytes[all->n] = copy;
	all->part[all->n++] = (struct resolver_part){ copy, n, age_s, left_s };
}

static struct cache_key key_of(const struct dns_name *name, struct dns_kind kind)
{
	return (struct cache_key){ .name = name, .type = kind.type, .dnssec_ok = kind.dnssec_ok };
}

/* Takes what l->name's cached message says into `l`, and a copy of it into `all` when that is given; of expired
 * ones only if `stale` allows. */
static enum lookup_step take_cached(struct resolver *r, struct lookup *l, struct messages *all, bool stale,
				    bool *refresh)
{
	const struct cache_key key = key_of(&l->name, l->kind);
	enum lookup_step step;
	struct cached e;

	if (!dns_cache_get(r->cache, &key, clock_mono_us(), &e))
		return LOOKUP_FAILED;
	stale = stale || e.failure;             /* asking again would only fail again */
	if (!e.value.n || (!e.left_s && !(stale && r->cfg.stale_s))) {
		if (!e.failure)
			return LOOKUP_FAILED;
		failure_unpack(l, e.failure, e.failure_left_s);
		return LOOKUP_DONE;
	}
	*refresh |= wants_refresh(&e);
	step = lookup_take(l, e.value.gist, e.value.n_gist);
	lookup_limit_ttl(l, e.left_s);
	if (all && (step == LOOKUP_DONE || step == LOOKUP_FOLLOW))
		messages_add(all, e.value.message, e.value.n, e.ttl_s - e.left_s, e.left_s);
	return step;
}

/* The whole way from a name to its answer by cached messages; false when a part of it is missing. */
bool question_answer_from_cache(struct resolver *r, struct lookup *l, struct messages *all, bool stale,
				bool *refresh)
{
	enum lookup_step step;

	do
		step = take_cached(r, l, all, stale, refresh);
	while (step == LOOKUP_FOLLOW);
	return step == LOOKUP_DONE;
}

/* `m` became a part of the answer: `name` was asked, and g is the gist of it. */
static void keep(struct question *q, const struct dns_name *name, const struct dns_message *m, const struct gist *g)
{
	const struct cache_key key = key_of(name, q->lookup.kind);
	const struct cache_value value = { .message = m->bytes, .n = m->n, .gist = g->bytes, .n_gist = g->n };

	messages_add(&q->messages, m->bytes, m->n, 0, g->ttl_s);
	dns_cache_put(q->resolver->cache, &key, &value, g->ttl_s, clock_mono_us());
	lookup_limit_ttl(&q->lookup, g->ttl_s);
}

static bool look_up_stale(struct question *q, struct lookup *out, struct messages *all)
{
	bool refresh = false;

	if (!q->resolver->cfg.stale_s)
		return false;
	messages_clear(all);
	lookup_init(out, &q->name, q->lookup.kind);
	if (!question_answer_from_cache(q->resolver, out, all, true, &refresh))
		return false;
	return out->status == DNS_OK || out->status == DNS_NXDOMAIN || out->status == DNS_NO_DATA;
}

/* ---- questions ------------------------------------------------------------------------------ */

static uint64_t bucket_of(const struct dns_name *name, uint16_t type)
{
	return (hash_bytes(name->wire, name->n) + type) & (BUCKETS - 1);
}

struct question *question_find(struct resolver *r, const struct dns_name *name, struct dns_kind kind)
{
	struct question *q;

	LIST_FOREACH(q, &r->buckets[bucket_of(name, kind.type)], bucket)
		if (q->lookup.kind.type == kind.type && q->lookup.kind.dnssec_ok == kind.dnssec_ok &&
		    dns_name_eq(&q->name, name))
			return q;
	return NULL;
}

void question_forget_legs(struct question *q)
{
	for (unsigned i = 0; i < LEGS_MAX; i++) {
		if (q->legs[i].question)
			upstream_forget(q->legs[i].ask);
		q->legs[i] = (struct leg){ 0 };
	}
}

void question_free(struct question *q)
{
	struct resolver_query *w;

	question_forget_legs(q);
	messages_clear(&q->messages);
	event_del(&q->timer);
	while ((w = TAILQ_FIRST(&q->waiters))) {
		TAILQ_REMOVE(&q->waiters, w, link);
		free(w);
	}
	free(q);
}

/* From here on only the deliver event and resolver_cancel() know it. */
void question_hand_over(struct question *q)
{
	struct resolver *r = q->resolver;

	TAILQ_INSERT_TAIL(&r->finished, q, link);
	evtimer_add(&r->deliver, &at_once);
}

static void question_finish(struct question *q)
{
	struct resolver *r = q->resolver;

	question_forget_legs(q);
	event_del(&q->timer);
	LIST_REMOVE(q, bucket);
	TAILQ_REMOVE(&r->live, q, link);
	r->counts.in_flight--;
	question_hand_over(q);
}

static void question_fail(struct question *q, enum dns_status status, uint8_t rcode)
{
	struct resolver *r = q->resolver;
	const struct cache_key key = key_of(&q->name, q->lookup.kind);
	struct lookup stale;

	dns_cache_fail(r->cache, &key, failure_pack(status, rcode), r->cfg.failure_s,
		       clock_mono_us());
	if (look_up_stale(q, &stale, &q->messages)) {
		q->lookup = stale;
	} else {
		messages_clear(&q->messages);
		failure_unpack(&q->lookup, failure_pack(status, rcode), 0);
		q->lookup.cached = false;
	}
	question_finish(q);
}

static void on_question_timer(evutil_socket_t fd, short what, void *arg);

struct question *question_create(struct resolver *r, const struct dns_name *name, struct dns_kind kind)
{
	struct question *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->resolver = r;
	q->name = *name;
	q->current = -1;
	TAILQ_INIT(&q->waiters);
	lookup_init(&q->lookup, name, kind);
	evtimer_assign(&q->timer, r->base, on_question_timer, q);
	return q;
}

struct question *question_start(struct resolver *r, const struct dns_name *name, struct dns_kind kind)
{
	uint64_t now = clock_mono_us();
	struct question *q = question_create(r, name, kind);
	uint32_t stale_ms = min_u32(STALE_WAIT_MS, r->cfg.lookup_ms / 5 * 3);

	if (!q)
		return NULL;
	q->lookup.cached = false;
	q->deadline_us = now + r->cfg.lookup_ms * UINT64_C(1000);
	q->stale_us = r->cfg.stale_s ? now + stale_ms * UINT64_C(1000) : UINT64_MAX;
	LIST_INSERT_HEAD(&r->buckets[bucket_of(name, kind.type)], q, bucket);
	TAILQ_INSERT_TAIL(&r->live, q, link);
	r->counts.in_flight++;
	return q;
}

/* Asked ahead of its end, for nobody in particular. */
void question_refresh(struct resolver *r, const struct dns_name *name, struct dns_kind kind)
{
	struct question *q;

	if (question_find(r, name, kind) || r->counts.in_flight >= QUESTIONS_MAX)
		return;
	q = question_start(r, name, kind);
	if (!q)
		return;
	q->fresh = true;
	question_send_next(q);
}

/* ---- servers -------------------------------------------------------------------------------- */

static bool has_legs(const struct question *q)
{
	for (unsigned i = 0; i < LEGS_MAX; i++)
		if (q->legs[i].question)
			return true;
	return false;
}

static bool has_word(const struct question *q)
{
	return q->failure == DNS_SERVFAIL || q->failure == DNS_REFUSED || q->failure == DNS_BAD_ANSWER;
}

/* Once a server has spoken, if only of failure, one that is dead gets a single turn. */
static bool is_hopeless(const struct question *q, unsigned server)
{
	const struct turn *t = &q->turns[server];

	return t->failed || t->tries >= ROUNDS_MAX ||
	       (t->tries && has_word(q) && upstream_is_dead(q->resolver->up[server]));
}

/* The least asked in this lookup; among equals, the living before the dead; among these, in order. */
static int pick_server(const struct question *q)
{
	const struct resolver *r = q->resolver;
	int best = -1;
	unsigned best_rank = UINT32_MAX;

	for (unsigned i = 0; i < r->cfg.n_servers; i++) {
		unsigned rank = q->turns[i].tries * 2u + upstream_is_dead(r->up[i]);

		if (rank >= best_rank || is_hopeless(q, i))
			continue;
		best = (int)i;
		best_rank = rank;
	}
	return best;
}

static bool has_unasked_server(const struct question *q)
{
	int s = pick_server(q);

	return s >= 0 && q->turns[s].tries == 0;
}

/* How long one server has the floor: longer in each round, since the first may just have been slow. */
static uint64_t turn_length_us(const struct question *q, unsigned tries)
{
	uint32_t lookup_ms = q->resolver->cfg.lookup_ms, ms = lookup_ms / 5;

	ms = ms < TURN_MIN_MS ? TURN_MIN_MS : min_u32(ms, TURN_MAX_MS);
	ms = min_u32(ms, lookup_ms / 2 + 1);
	return ((uint64_t)ms << (tries - 1)) * 1000;
}

static void arm(struct question *q)
{
	uint64_t now = clock_mono_us(), at = q->deadline_us, wait;
	struct timeval tv;

	at = q->turn_us < at ? q->turn_us : at;
	at = q->stale_us < at ? q->stale_us : at;
	wait = at > now ? at - now : 0;
	tv = (struct timeval){ .tv_sec = (time_t)(wait / 1000000),
			       .tv_usec = (suseconds_t)(wait % 1000000) };
	evtimer_add(&q->timer, &tv);
}

static void on_leg(void *arg, enum upstream_end end, const struct dns_message *reply);

static bool send_leg(struct question *q, unsigned server)
{
	struct leg *leg = q->legs;

	while (leg < q->legs + LEGS_MAX && leg->question)
		leg++;
	if (leg == q->legs + LEGS_MAX)
		return false;
	*leg = (struct leg){ .question = q, .server = server };
	q->turns[server].tries++;
	if (upstream_send(&leg->ask, q->resolver->up[server], &q->lookup.name, q->lookup.kind.type,
			  q->lookup.kind.dnssec_ok, on_leg, leg) == 0)
		return true;
	*leg = (struct leg){ 0 };
	return false;
}

/* A dead server gets a question now and then beside the one that is asked anyway. */
static void send_probes(struct question *q)
{
	struct resolver *r = q->resolver;

	for (unsigned i = 0; i < r->cfg.n_servers; i++)
		if ((int)i != q->current && q->turns[i].tries == 0 &&
		    upstream_probe_is_due(r->up[i], clock_mono_us()))
			send_leg(q, i);
}

static void note_failure(struct question *q, unsigned server, enum dns_status status, uint8_t rcode)
{
	/* A word from a server says more than none. */
	static const uint8_t weight[] = { [DNS_SERVFAIL] = 4, [DNS_REFUSED] = 3, [DNS_BAD_ANSWER] = 2,
					  [DNS_UNREACHABLE] = 1, [DNS_OK] = 0 };

	q->turns[server].failed = true;
	if (weight[status] > weight[q->failure]) {
		q->failure = status;
		q->failure_rcode = rcode;
	}
}

/* No server is left to turn to. Those still out kept silent through their turn: worth waiting for,
 * unless another one has spoken. */
static void out_of_servers(struct question *q)
{
	q->current = -1;
	q->turn_us = UINT64_MAX;
	if (has_legs(q) && !has_word(q))
		arm(q);
	else
		question_fail(q, q->failure ? q->failure : DNS_UNREACHABLE, q->failure_rcode);
}

void question_send_next(struct question *q)
{
	int s;

	while ((s = pick_server(q)) >= 0) {
		q->current = s;
		if (send_leg(q, (unsigned)s)) {
			q->turn_us = clock_mono_us() + turn_length_us(q, q->turns[s].tries);
			arm(q);
			send_probes(q);
			return;
		}
		note_failure(q, (unsigned)s, DNS_UNREACHABLE, 0);
	}
	out_of_servers(q);
}

/* The chain goes on at another name: every server may be asked anew. */
static void ask_follow_up(struct question *q)
{
	bool refresh = false;

	question_forget_legs(q);
	memset(q->turns, 0, sizeof(q->turns));
	q->failure = DNS_OK;
	q->failure_rcode = 0;
	if (!q->fresh && question_answer_from_cache(q->resolver, &q->lookup, &q->messages, false, &refresh)) {
		q->lookup.cached = false;
		question_finish(q);
		return;
	}
	question_send_next(q);
}

/* ---- replies -------------------------------------------------------------------------------- */

/* The leg's server cannot help. Others may; only when all are through, that is the answer. */
static void leg_failed(struct question *q, unsigned server, enum dns_status status, uint8_t rcode)
{
	note_failure(q, server, status, rcode);
	if (q->current < 0 || q->current == (int)server)
		question_send_next(q);
}

static void reply_failed(struct question *q, unsigned server, uint8_t rcode)
{
	bool old = rcode == DNS_RCODE_FORMERR || rcode == DNS_RCODE_NOTIMP || rcode == DNS_RCODE_BADVERS;

	if (old && upstream_drop_edns(q->resolver->up[server])) {
		q->turns[server].tries--;
		if (send_leg(q, server))
			return;         /* within the same turn, this time without EDNS */
	}
	leg_failed(q, server, lookup_failure(rcode), rcode);
}

static void take_reply(struct question *q, unsigned server, const struct dns_message *m)
{
	const struct dns_name name = q->lookup.name;
	struct gist g;

	gist_read(&g, m, &name, q->lookup.kind, &q->resolver->cfg);
	switch (lookup_take(&q->lookup, g.bytes, g.n)) {
	case LOOKUP_FAILED:
		reply_failed(q, server, q->lookup.rcode);
		return;
	case LOOKUP_BAD:
		q->resolver->counts.bad_answers++;
		leg_failed(q, server, DNS_BAD_ANSWER, (uint8_t)m->rcode);
		return;
	case LOOKUP_FOLLOW:
		keep(q, &name, m, &g);
		ask_follow_up(q);
		return;
	case LOOKUP_DONE:
		keep(q, &name, m, &g);
		question_finish(q);
		return;
	}
}

static void on_leg(void *arg, enum upstream_end end, const struct dns_message *reply)
{
	struct leg leg = *(struct leg *)arg;
	struct question *q = leg.question;
	struct resolver *r = q->resolver;

	*(struct leg *)arg = (struct leg){ 0 };
	if (end == UPSTREAM_MALFORMED || end == UPSTREAM_UNBELIEVABLE)
		r->counts.bad_answers++;
	switch (end) {
	case UPSTREAM_REPLY:
		take_reply(q, leg.server, reply);
		return;
	case UPSTREAM_MALFORMED:
		leg_failed(q, leg.server, DNS_BAD_ANSWER, 0);
		return;
	case UPSTREAM_UNREACHABLE:
		leg_failed(q, leg.server, DNS_UNREACHABLE, 0);
		return;
	case UPSTREAM_UNBELIEVABLE:     /* as if it had not come; but no use in waiting for another */
		if (q->current == (int)leg.server && has_unasked_server(q))
			question_send_next(q);
		return;
	case UPSTREAM_SILENT:           /* the question's own timer sees to it */
		return;
	}
}

/* The waiters get what is there; the question goes on for the cache's sake. */
static void answer_stale(struct question *q)
{
	struct resolver *r = q->resolver;
	struct resolver_query *w;
	struct question *other;

	q->stale_us = UINT64_MAX;
	if (TAILQ_EMPTY(&q->waiters))
		return;
	other = question_create(r, &q->name, q->lookup.kind);
	if (!other)
		return;
	if (!look_up_stale(q, &other->lookup, &other->messages)) {
		question_free(other);
		return;
	}
	TAILQ_CONCAT(&other->waiters, &q->waiters, link);
	TAILQ_FOREACH(w, &other->waiters, link)
		w->question = other;
	question_hand_over(other);
}

static void turn_is_over(struct question *q, uint64_t now_us)
{
	struct resolver *r = q->resolver;

	q->turn_us = UINT64_MAX;
	if (q->current < 0)
		return;
	r->counts.timeouts++;
	upstream_mark_dead(r->up[q->current], now_us);
}

/* libevent counts from when its loop woke up, so this may come a little early. */
static void on_question_timer(evutil_socket_t fd, short what, void *arg)
{
	struct question *q = arg;
	uint64_t now = clock_mono_us();

	(void)fd, (void)what;
	if (now >= q->stale_us)
		answer_stale(q);
	if (now >= q->deadline_us) {
		turn_is_over(q, now);
		question_fail(q, has_word(q) ? q->failure : DNS_TIMEOUT,
			      has_word(q) ? q->failure_rcode : 0);
	} else if (now >= q->turn_us) {
		turn_is_over(q, now);
		question_send_next(q);
	} else {
		arm(q);
	}
}
