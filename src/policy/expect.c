/* expect -- see expect.h. */
#include "policy/expect.h"

#include "policy/identity.h"
#include "policy/ports.h"

enum { EXPECT_WORDS = 7 };              /* expect allow SOURCE identity:X user:Y NAME PROTO:PORT */

static const char *const outcome_names[] = {
	[OUTCOME_DENY] = "deny", [OUTCOME_ALLOW] = "allow", [OUTCOME_AUDIT] = "audit",
};

const char *outcome_name(enum outcome o)
{
	return outcome_names[o];
}

enum outcome outcome_of(const struct verdict *v)
{
	if (v->action != ACTION_ALLOW)
		return OUTCOME_DENY;
	return v->would_deny || v->would_deny_no_rule ? OUTCOME_AUDIT : OUTCOME_ALLOW;
}

/* ---- the question --------------------------------------------------------------------------- */

static bool parse_name(struct question *q, struct sv text, struct arena *a)
{
	struct target t;
	enum name_error e;

	if (ip_parse(&q->ask.ip, text)) {
		q->ask.ip = ip_unmapped(&q->ask.ip);
		return true;
	}
	e = target_parse(&t, text);
	if (e != NAME_OK) {
		q->why = arena_printf(a, "\"%.*s\" cannot be asked for: %s", SV_ARG(text),
				      name_error_text(e));
		return false;
	}
	q->name = t.name;
	q->ask.name = fqdn_sv(&q->name);
	q->ask.ip = t.ip;
	return true;
}

static bool parse_port(struct question *q, struct sv text, struct arena *a)
{
	struct port_set ports;

	if (!ports_parse(&ports, text, a, &q->why))
		return false;
	if (ports.n != 1 || ports.ranges[0].lo != ports.ranges[0].hi) {
		q->why = arena_printf(a, "\"%.*s\" is more than one port; ask for one, as in \"https:443\"",
				      SV_ARG(text));
		return false;
	}
	q->proto = (enum proto)ports.ranges[0].proto;
	q->ask.port = ports.ranges[0].lo;
	q->ask.protos = q->proto;
	if (q->proto & (PROTO_HTTPS | PROTO_TCP))
		q->ask.protos = PROTO_HTTPS | PROTO_TCP;
	return true;
}

enum question_error question_parse(struct question *q, struct sv source, struct sv name,
				   struct sv proto_port, struct arena *a)
{
	*q = (struct question){ .ask.name = { NULL, 0 } };
	if (!ip_parse(&q->ask.source, source)) {
		q->why = arena_printf(a, "\"%.*s\" is no source address; expected one such as 10.1.0.9",
				      SV_ARG(source));
		return QUESTION_BAD_SOURCE;
	}
	q->ask.source = ip_unmapped(&q->ask.source);
	if (!parse_port(q, proto_port, a))
		return QUESTION_BAD_PORT;
	return parse_name(q, name, a) ? QUESTION_OK : QUESTION_BAD_NAME;
}

bool question_is_who(struct sv word)
{
	return sv_starts_with(word, SV("user:")) || sv_starts_with(word, SV("identity:"));
}

static bool add_user(struct question *q, struct sv name, struct arena *a)
{
	if (q->ask.user.n || !user_name_is_valid(name)) {
		q->why = q->ask.user.n ? SV("a question has one user at most") :
			 arena_printf(a, "\"%.*s\" is no name of a user; write one such as user:alice", SV_ARG(name));
		return false;
	}
	q->ask.user = name;
	return true;
}

bool question_add_who(struct question *q, struct sv word, struct arena *a)
{
	if (sv_starts_with(word, SV("user:")))
		return add_user(q, sv_slice(word, 5, word.n), a);
	if (q->ask.identity.kind != IDENTITY_NONE) {
		q->why = SV("a question has one identity at most");
		return false;
	}
	return identity_parse(&q->ask.identity, &q->identity, sv_slice(word, 9, word.n), a, &q->why);
}

/* ---- expectations --------------------------------------------------------------------------- */

static bool parse_outcome(struct sv text, enum outcome *out)
{
	for (int o = OUTCOME_DENY; o <= OUTCOME_AUDIT; o++)
		if (sv_eq(text, sv_of(outcome_names[o]))) {
			*out = (enum outcome)o;
			return true;
		}
	return false;
}

static bool holds(enum outcome wanted, const struct question *q, const struct verdict *v)
{
	if (outcome_of(v) != wanted)
		return false;
	return wanted != OUTCOME_ALLOW || v->proto == q->proto;
}

static struct sv rule_words(const struct rule *r, struct arena *a)
{
	return arena_printf(a, "rule %s/%s (%s:%u)", r->collection, r->name, r->at.file ? r->at.file : "?",
			    r->at.line);
}

/* "allow, by rule a/b (x.policy:3)"; "deny, for no rule matches" */
static struct sv verdict_words(const struct verdict *v, const struct question *q, struct arena *a)
{
	const char *got = outcome_name(outcome_of(v));

	if (outcome_of(v) == OUTCOME_AUDIT && v->would_deny)
		return arena_printf(a, "audit: it passes, but %.*s would deny it",
				    SV_ARG(rule_words(v->would_deny, a)));
	if (v->why == WHY_DEFAULT_AUDIT)
		return SV("audit: it passes by \"default audit\" alone, for no rule matches");
	if (v->why == WHY_NO_RULE)
		return SV("deny, for no rule matches");
	if (v->action == ACTION_ALLOW && v->proto != q->proto)
		return arena_printf(a, "allow as %s, by %.*s", proto_name(v->proto),
				    SV_ARG(rule_words(v->rule, a)));
	return arena_printf(a, "%s, by %.*s", got, SV_ARG(rule_words(v->rule, a)));
}

struct expectation {
	const struct policy *p;
	const struct reading *r;
	const struct conf_node *node;
	int64_t now_ms;
	enum outcome wanted;
};

static void check_question(const struct expectation *x, struct question *q, struct sv name)
{
	struct verdict v;
	struct sv proto = x->node->words[x->node->n_words - 1].text;

	q->ask.now_ms = INT64_MIN;              /* every `until` still open */
	policy_decide(x->p, &q->ask, &v);
	if (!holds(x->wanted, q, &v)) {
		diag_error(x->r->why, conf_place(x->node),
			   "broken expectation: expected %s for %.*s %.*s, got %.*s",
			   outcome_name(x->wanted), SV_ARG(name), SV_ARG(proto),
			   SV_ARG(verdict_words(&v, q, x->r->scratch)));
		return;
	}
	q->ask.now_ms = x->now_ms;
	policy_decide(x->p, &q->ask, &v);
	if (!holds(x->wanted, q, &v))
		diag_add(x->r->why, DIAG_NOTE, conf_place(x->node),
			 "this expectation holds only while an \"until\" that has passed was open; now it is %.*s",
			 SV_ARG(verdict_words(&v, q, x->r->scratch)));
}

/* The words of the line, each as one of the texts that it stands for. */
struct texts {
	struct sv words[EXPECT_WORDS];
	size_t n;
};

static void check_texts(const struct expectation *x, const struct texts *t)
{
	const struct conf_word *w = x->node->words;
	struct question q;
	enum question_error e = question_parse(&q, t->words[2], t->words[t->n - 2], t->words[t->n - 1], x->r->scratch);

	if (e != QUESTION_OK) {
		diag_error(x->r->why, w[e == QUESTION_BAD_SOURCE ? 2 : t->n - (e == QUESTION_BAD_NAME ? 2 : 1)].at, "%.*s",
			   SV_ARG(q.why));
		return;
	}
	for (size_t i = 3; i < t->n - 2; i++)
		if (!question_add_who(&q, t->words[i], x->r->scratch)) {
			diag_error(x->r->why, w[i].at, "%.*s", SV_ARG(q.why));
			return;
		}
	check_question(x, &q, t->words[t->n - 2]);
}

/* Every combination, the last word turning fastest. */
static void check_from(const struct expectation *x, const struct expansion *all, struct texts *t, size_t at)
{
	if (at == t->n) {
		check_texts(x, t);
		return;
	}
	for (size_t i = 0; i < all[at].n; i++) {
		t->words[at] = all[at].texts[i];
		check_from(x, all, t, at + 1);
	}
}

static bool is_well_formed(const struct conf_node *n)
{
	if (n->n_words < 5 || n->n_words > EXPECT_WORDS)
		return false;
	for (size_t i = 3; i < n->n_words - 2; i++)
		if (!question_is_who(n->words[i].text))
			return false;
	return true;
}

static void check_one(struct expectation *x)
{
	const struct conf_word *w = x->node->words;
	struct expansion all[EXPECT_WORDS];
	struct texts t = { .n = x->node->n_words };

	if (!is_well_formed(x->node) || !parse_outcome(w[1].text, &x->wanted)) {
		diag_error(x->r->why, conf_place(x->node), "expected \"expect allow|deny|audit SOURCE [identity:TEXT] "
			   "[user:NAME] NAME PROTO:PORT;\"");
		return;
	}
	for (size_t i = 2; i < t.n; i++)
		if (!read_texts_or_report(x->r, &w[i], &all[i]))
			return;
	check_from(x, all, &t, 2);
}

size_t expectations_check(const struct policy *p, const struct reading *r, int64_t now_ms)
{
	struct expectation x = { .p = p, .r = r, .now_ms = now_ms };
	size_t n = 0;

	for (x.node = conf_find(conf_first(r->conf), "expect"); x.node;
	     x.node = conf_find(x.node->next, "expect"), n++)
		check_one(&x);
	return n;
}
