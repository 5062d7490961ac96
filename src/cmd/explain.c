/* explain -- what the policy says to one question, step by step, from the files and offline. */
#include "policy/explain.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/strbuf.h"
#include "cmd/cmd.h"
#include "policy/identity.h"
#include "policy/name.h"
#include "policy/ports.h"
#include "wire/http.h"

#include <stdio.h>
#include <stdlib.h>

static const char help[] =
	"Usage: sekisho explain [-c FILE] --from ADDRESS [--identity TEXT] [--user NAME] [--at TIME] [--json]\n"
	"                       TARGET [PROTO:PORT]\n"
	"Says whether the policy lets ADDRESS reach TARGET, and why.\n\n"
	"  TARGET              NAME:PORT asks as a CONNECT does; http://NAME[:PORT] as plain HTTP;\n"
	"                      NAME PROTO:PORT (https:443, tcp:3260, udp:123) as said\n"
	"  -c, --config FILE   the main configuration (" DEFAULT_CONF ")\n"
	"      --from ADDRESS  the client's address\n"
	"      --identity TEXT what its certificate says it is: a name, a URI, or cn:TEXT\n"
	"      --user NAME     the user whose right password it shows\n"
	"      --at TIME       as of this time (RFC 3339) instead of now\n"
	"      --json          prints one JSON object\n"
	"      --set NAME=VAL  gives a parameter a value; wins over \"param\" in the files\n"
	"  -h, --help          this text\n\n"
	"Exit code: 0 allowed, 1 denied (or the files are broken), 2 for a wrong call.\n";

struct question {
	struct target target;
	struct fqdn identity;
	struct ask ask;
};

static const char *set_host(struct question *q, struct sv host)
{
	enum name_error bad = target_parse(&q->target, host);

	if (bad != NAME_OK)
		return name_error_text(bad);
	q->ask.name = fqdn_sv(&q->target.name);
	q->ask.ip = q->target.ip;
	return NULL;
}

/* NAME:PORT */
static const char *parse_connect(struct question *q, struct sv text)
{
	struct sv host, port;

	if (!http_split_authority(text, &host, &port) || !http_parse_port(port, &q->ask.port))
		return "write NAME:PORT, http://NAME or NAME PROTO:PORT";
	q->ask.protos = PROTO_HTTPS | PROTO_TCP;
	return set_host(q, host);
}

/* What follows http:// */
static const char *parse_plain(struct question *q, struct sv text)
{
	struct sv rest = text, authority = sv_cut(&rest, '/'), host, port;

	q->ask.port = 80;
	if (!http_split_authority(authority, &host, &port) || (port.n && !http_parse_port(port, &q->ask.port)))
		return "not a host with an optional port";
	q->ask.protos = PROTO_HTTP;
	return set_host(q, host);
}

static const char *parse_said(struct question *q, struct sv host, struct sv what)
{
	struct sv rest = what, word = sv_cut(&rest, ':');
	enum proto proto;

	if (!proto_parse(word, &proto) || !http_parse_port(rest, &q->ask.port))
		return "write PROTO:PORT, such as https:443";
	q->ask.protos = proto;
	return set_host(q, host);
}

static const char *parse_question(struct question *q, struct sv target, const char *what)
{
	if (what)
		return parse_said(q, target, sv_of(what));
	if (sv_starts_with(target, SV("http://")))
		return parse_plain(q, sv_slice(target, 7, target.n));
	return parse_connect(q, target);
}

static const char *word_of(const struct verdict *v)
{
	return v->action == ACTION_ALLOW ? "allow" : "deny";
}

static void print_rule(const char *label, const struct rule *r)
{
	printf("%s %s/%s (%s), %s:%u\n", label, r->collection, r->name, action_name(r->action), r->at.file,
	       r->at.line);
}

/* The rule whose origins must prove themselves to be let out to by this verdict, or NULL. */
static const struct rule *proving_rule(const struct verdict *v)
{
	return v->action == ACTION_ALLOW && v->proto == PROTO_HTTPS && v->rule &&
	       (v->rule->verify != VERIFY_OFF || v->rule->n_pins) ? v->rule : NULL;
}

static const char *const verify_words[] = {
	[VERIFY_OFF] = "off", [VERIFY_AUDIT] = "origin audit", [VERIFY_ORIGIN] = "origin",
};

static void print_origin(const struct verdict *v)
{
	const struct rule *r = proving_rule(v);

	if (!r)
		return;
	printf("then the origin is looked at: verify %s", verify_words[r->verify]);
	if (r->n_pins)
		printf(", its key is one of %zu pinned", r->n_pins);
	puts(r->verify == VERIFY_AUDIT ? " (a failure is only logged)" : "");
}

static void add_origin(struct strbuf *b, const struct verdict *v)
{
	const struct rule *r = proving_rule(v);

	if (!r)
		return;
	json_member(b, JSON_KEY("verify"), sv_of(verify_words[r->verify]));
	json_open(b, JSON_KEY("pins"), '[');
	for (size_t i = 0; i < r->n_pins; i++) {
		char text[64];
		struct strbuf pin;

		strbuf_init(&pin, text, sizeof(text));
		strbuf_add(&pin, SV("sha256:"));
		base64_encode(&pin, r->pins[i], PIN_OCTETS);
		json_element(b, strbuf_sv(&pin));
	}
	json_close(b, ']');
}

static void print_text(const struct explanation *e)
{
	const struct verdict *v = &e->verdict;

	for (size_t i = 0; i < e->n_steps; i++) {
		const struct explain_step *step = &e->steps[i];

		printf("%s ", step->decided ? "->" : "  ");
		if (step->rule)
			printf("%s/%s: ", step->rule->collection, step->rule->name);
		if (step->entry.n)
			printf("%.*s", SV_ARG(step->entry));
		if (step->at.file)
			printf(" (%s:%u)", step->at.file, step->at.line);
		printf("%s%.*s\n", step->entry.n || step->rule ? ": " : "", SV_ARG(step->text));
	}
	printf("%s", word_of(v));
	if (v->proto)
		printf(" as %s", proto_name(v->proto));
	if (v->rule)
		print_rule(" by", v->rule);
	else
		puts(v->why == WHY_DEFAULT_AUDIT ? " by \"default audit\": no rule matched" : ": no rule matched");
	print_origin(v);
	if (v->would_deny)
		print_rule("would be denied by", v->would_deny);
	if (e->nearest_miss.n)
		printf("nearest miss: %.*s\n", SV_ARG(e->nearest_miss));
}

static void add_rule(struct strbuf *b, struct sv key, const struct rule *r)
{
	if (!r)
		return;
	json_open(b, key, '{');
	json_member(b, JSON_KEY("collection"), sv_of(r->collection));
	json_member(b, JSON_KEY("rule"), sv_of(r->name));
	json_member(b, JSON_KEY("action"), sv_of(action_name(r->action)));
	json_member(b, JSON_KEY("file"), sv_of(r->at.file));
	json_member_u(b, JSON_KEY("line"), r->at.line);
	json_close(b, '}');
}

static void add_step(struct strbuf *b, const struct explain_step *step)
{
	json_open(b, JSON_NO_KEY, '{');
	add_rule(b, JSON_KEY("rule"), step->rule);
	json_member(b, JSON_KEY("entry"), step->entry);
	if (step->at.file) {
		json_member(b, JSON_KEY("file"), sv_of(step->at.file));
		json_member_u(b, JSON_KEY("line"), step->at.line);
	}
	json_member(b, JSON_KEY("text"), step->text);
	json_member_bool(b, JSON_KEY("decided"), step->decided);
	json_close(b, '}');
}

static void print_json(const struct explanation *e)
{
	size_t size = 64 * 1024 + e->n_steps * 8192;
	char *memory = xmalloc(size);
	struct strbuf b;

	strbuf_init(&b, memory, size);
	json_open(&b, JSON_NO_KEY, '{');
	json_member(&b, JSON_KEY("action"), sv_of(word_of(&e->verdict)));
	if (e->verdict.proto)
		json_member(&b, JSON_KEY("proto"), sv_of(proto_name(e->verdict.proto)));
	add_rule(&b, JSON_KEY("rule"), e->verdict.rule);
	add_origin(&b, &e->verdict);
	add_rule(&b, JSON_KEY("would_deny"), e->verdict.would_deny);
	json_member_bool(&b, JSON_KEY("would_deny_no_rule"), e->verdict.would_deny_no_rule);
	json_open(&b, JSON_KEY("steps"), '[');
	for (size_t i = 0; i < e->n_steps; i++)
		add_step(&b, &e->steps[i]);
	json_close(&b, ']');
	if (e->nearest_miss.n)
		json_member(&b, JSON_KEY("nearest_miss"), e->nearest_miss);
	json_close(&b, '}');
	printf("%.*s\n", SV_ARG(strbuf_sv(&b)));
	free(memory);
}

static int answer(const struct common_options *o, const struct question *q)
{
	struct generation *gen = load_generation(o);
	struct explanation e;
	struct arena *a;

	if (!gen)
		return EXIT_NO;
	a = arena_create();
	policy_explain(gen->policy, &q->ask, a, &e);
	if (o->json)
		print_json(&e);
	else
		print_text(&e);
	arena_free(a);
	generation_unref(gen);
	return e.verdict.action == ACTION_ALLOW ? EXIT_YES : EXIT_NO;
}

enum { OPT_FROM = OPT_OWN, OPT_AT, OPT_IDENTITY, OPT_USER };

static bool set_identity(struct question *q, const char *text)
{
	struct arena *a = arena_create();
	struct sv why;
	bool ok = identity_parse(&q->ask.identity, &q->identity, sv_of(text), a, &why);

	if (!ok)
		usage_error("explain", "%s", arena_strdup(a, why));
	arena_free(a);
	return ok;
}

/* False: a usage error, which was printed. */
static bool take_option(struct question *q, struct common_options *o, int option, const char *text)
{
	switch (option) {
	case OPT_AT:
		if (time_parse(sv_of(text), &q->ask.now_ms))
			return true;
		usage_error("explain", "\"%s\" is not a time; write 2026-12-01T00:00:00Z", text);
		return false;
	case OPT_FROM:
		if (ip_parse(&q->ask.source, sv_of(text))) {
			q->ask.source = ip_unmapped(&q->ask.source);
			return true;
		}
		usage_error("explain", "\"%s\" is not an address", text);
		return false;
	case OPT_IDENTITY:
		return set_identity(q, text);
	case OPT_USER:
		q->ask.user = sv_of(text);
		if (user_name_is_valid(q->ask.user))
			return true;
		usage_error("explain", "\"%s\" is no name of a user", text);
		return false;
	default:
		return common_take(o, option, text);
	}
}

int cmd_explain(int argc, char **argv)
{
	static const struct option options[] = {
		COMMON_LONG, { "from", required_argument, NULL, OPT_FROM }, { "at", required_argument, NULL, OPT_AT },
		{ "identity", required_argument, NULL, OPT_IDENTITY }, { "user", required_argument, NULL, OPT_USER },
		{ 0 }
	};
	struct common_options o = { .conf_path = DEFAULT_CONF };
	struct question q = { .ask.now_ms = clock_wall_ms() };
	const char *wrong;
	int option;

	while ((option = getopt_long(argc, argv, COMMON_SHORT, options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_YES;
		}
		if (!take_option(&q, &o, option, optarg))
			return EXIT_USAGE;
	}
	if (q.ask.source.family == 0)
		return usage_error("explain", "--from ADDRESS is missing");
	if (argc - optind != 1 && argc - optind != 2)
		return usage_error("explain", "one TARGET is wanted");
	wrong = parse_question(&q, sv_of(argv[optind]), argc - optind == 2 ? argv[optind + 1] : NULL);
	if (wrong)
		return usage_error("explain", "\"%s\": %s", argv[optind], wrong);
	return answer(&o, &q);
}
