/*
 * session_verify -- state "verify": a tunnel that waits for the proof that its origin is who it should be.
 *
 *     connect --> is a verdict at hand? --yes--> is it good? --yes--> the tunnel opens
 *                       | no                        | no
 *                    verify: the verifier looks  ---'--> origin_unverified, and nothing of the client's was sent
 *
 * What is verified is the very address that the tunnel is connected to. When it fails, no other address of the name
 * is tried: a wrong one among them is to be seen, and not to be got round. Only entries of the word `https` are
 * verified; what `default audit` lets pass is not. After a reload an open tunnel is judged again by what its origin has
 * shown when it was opened; one whose origin was not looked at then stays open, since its connection leads where it led.
 */
#include "proxy/session.h"

#include "base/arena.h"
#include "base/clock.h"
#include "tls/verifier.h"

#include <stdlib.h>

struct proof {
	struct verifier_ticket *ticket;
	struct origin_verdict *verdict; /* what the tunnel was judged by */
	const char *fault;
	uint64_t age_us;                /* of the verdict, then */
};

static struct origin_demand demand_of(const struct rule *r)
{
	return (struct origin_demand){ .chain = r->verify != VERIFY_OFF, .pins = r->pins, .n_pins = r->n_pins };
}

static const struct rule *rule_of(const struct session *s)
{
	const struct rule *r = s->verdict.rule;

	return s->bound == PROTO_HTTPS && r && (r->verify != VERIFY_OFF || r->n_pins) ? r : NULL;
}

bool verify_is_wanted(const struct session *s)
{
	return rule_of(s) != NULL;
}

static struct verify_question question(const struct session *s, const struct rule *r)
{
	const struct settings *set = session_settings(s);

	return (struct verify_question){
		.name = s->ip.family ? (struct sv){ NULL, 0 } : (struct sv){ s->host, s->n_host }, .at = s->chosen,
		.from = s->chosen.ip.family == 4 ? set->outbound4 : set->outbound6, .trust = s->gen->trust,
		.demand = demand_of(r),
		.limits = set->verify,
	};
}

static void fail(struct session *s, const struct rule *r, const char *fault)
{
	s->proof->fault = fault;
	if (r->verify == VERIFY_AUDIT)
		tunnel_start(s);
	else
		session_refuse(s, REASON_ORIGIN_UNVERIFIED, fault);
}

/* The verdict's reference becomes the session's. */
static void judge(struct session *s, const struct rule *r, struct origin_verdict *v)
{
	struct origin_demand demand = demand_of(r);
	const char *fault = verdict_fault(v, &demand);

	verdict_unref(s->proof->verdict);
	s->proof->verdict = v;
	s->proof->age_us = clock_mono_us() - v->made_us;
	if (fault)
		fail(s, r, fault);
	else
		tunnel_start(s);
}

static void on_verdict(void *arg, struct origin_verdict *v)
{
	struct session *s = arg;
	const struct rule *r = rule_of(s);

	s->proof->ticket = NULL;
	if (!r)
		tunnel_start(s);                /* a reload has taken the word away meanwhile */
	else if (v->about.trust != trust_id(s->gen->trust))
		verify_start(s);                /* or has changed whom to trust */
	else
		judge(s, r, verdict_ref(v));
}

void verify_start(struct session *s)
{
	const struct rule *r = rule_of(s);
	struct verify_question q = question(s, r);
	struct origin_verdict *v;

	if (!s->proof)
		s->proof = xcalloc(1, sizeof(*s->proof));
	v = verifier_ask(s->worker->shared->verifier, s->worker->index, &q, on_verdict, s, &s->proof->ticket);
	if (v)
		judge(s, r, v);
	else if (s->state != S_VERIFY)
		session_enter(s, S_VERIFY);
}

/* Behind the verifier's own time, which has run out without an answer. */
void verify_on_deadline(struct session *s)
{
	const struct rule *r = rule_of(s);

	verify_cancel(s);
	if (r)
		fail(s, r, "the verification of the origin did not end in time");
	else
		tunnel_start(s);
}

void verify_on_origin(struct session *s, unsigned what)
{
	if (what & SOCK_BROKEN)
		session_refuse(s, REASON_CONNECT_FAILED, "the destination broke the connection off");
	else
		side_want(&s->origin, 0);       /* it should not speak first; what it says is read in its time */
}

bool verify_fits(const struct session *s, const struct verdict *v)
{
	const struct rule *r = v->rule;
	struct origin_demand demand;

	if (!s->proof || !s->proof->verdict || v->proto != PROTO_HTTPS || !r || r->verify == VERIFY_AUDIT)
		return true;
	demand = demand_of(r);
	return verdict_fault(s->proof->verdict, &demand) == NULL;
}

void verify_cancel(struct session *s)
{
	if (!s->proof)
		return;
	verifier_cancel(s->proof->ticket);
	s->proof->ticket = NULL;
}

void verify_end(struct session *s)
{
	if (!s->proof)
		return;
	verify_cancel(s);
	verdict_unref(s->proof->verdict);
	free(s->proof);
	s->proof = NULL;
}

void verify_describe(const struct session *s, struct access_record *r)
{
	const struct proof *p = s->proof;
	const struct origin_verdict *v = p ? p->verdict : NULL;

	if (!p || (!v && !p->fault))
		return;
	r->origin_tls.known = true;
	r->origin_tls.verified = !p->fault;
	r->origin_tls.error = sv_of(p->fault);
	if (!v)
		return;
	r->origin_tls.issuer = v->issuer;
	r->origin_tls.key = v->has_key ? v->key : NULL;
	r->origin_tls.expires_ms = v->expires_ms;
	r->origin_tls.age_ms = (int64_t)(p->age_us / 1000);
}
