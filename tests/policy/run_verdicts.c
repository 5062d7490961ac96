/*
 * run_verdicts -- policies as data: for each NAME.policy the lines of NAME.verdicts beside it.
 *
 *   verdict SOURCE NAME PROTO:PORT [collection/rule] [now=TIME] [user:NAME] [identity:TEXT]
 *
 * where verdict is allow, deny, audit (passes, but would be denied) or refused (the name cannot be asked for).
 * `@a*63` in a name stands for 63 times "a". https and tcp ask as a CONNECT does. Arguments: files or
 * folders; none: tests/policy below SEKISHO_SRCDIR. Output: TAP.
 */
#include "base/clock.h"
#include "config/conf.h"
#include "policy/expect.h"
#include "policy/policy.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { LINE_MAX_OCTETS = 2048, FIELDS_MAX = 8 };

static unsigned n_tests, n_failed;

static void report(bool ok, const char *file, unsigned line, const char *text)
{
	n_tests++;
	n_failed += !ok;
	printf("%sok %u - %s:%u %s\n", ok ? "" : "not ", n_tests, file, line, text);
}

/* A row of a verdicts file. */
struct row {
	const char *file;
	unsigned line;
	char text[LINE_MAX_OCTETS];     /* for the report */
	struct sv fields[FIELDS_MAX];
	size_t n_fields;
	int64_t now_ms;
	struct sv rule;                 /* "collection/rule", or n == 0 */
	struct sv who[2];               /* "user:alice", or n == 0 */
	size_t n_who;
};

/* "@c*N" at the start of `s`: how long that is, and its N. */
static size_t repeat_at(struct sv s, uint64_t *times)
{
	size_t n = 3;

	if (s.n < 4 || s.p[0] != '@' || s.p[2] != '*')
		return 0;
	while (n < s.n && ascii_is_digit(s.p[n]))
		n++;
	return sv_to_u64(sv_slice(s, 3, n - 3), 1000, times) ? n : 0;
}

static struct sv expanded(struct arena *a, struct sv name)
{
	struct sv out = SV("");
	uint64_t times;

	for (size_t i = 0, n; i < name.n; i += n ? n : 1) {
		n = repeat_at(sv_slice(name, i, name.n), &times);
		if (!n)
			out = arena_printf(a, "%.*s%c", SV_ARG(out), name.p[i]);
		else
			while (times--)
				out = arena_printf(a, "%.*s%c", SV_ARG(out), name.p[i + 1]);
	}
	return out;
}

static bool rule_is(const struct row *r, const struct rule *rule, struct arena *a)
{
	if (r->rule.n == 0)
		return true;
	if (sv_eq(r->rule, SV("-")))
		return rule == NULL;
	return rule && sv_eq(r->rule, arena_printf(a, "%s/%s", rule->collection, rule->name));
}

static void run_row(const struct policy *p, const struct row *r, struct arena *a)
{
	struct question q;
	enum question_error e;
	struct verdict v;
	const struct rule *rule;
	bool ok;

	e = question_parse(&q, r->fields[1], expanded(a, r->fields[2]), r->fields[3], a);
	if (sv_eq(r->fields[0], SV("refused")) || e != QUESTION_OK) {
		ok = e == QUESTION_BAD_NAME && sv_eq(r->fields[0], SV("refused"));
		report(ok, r->file, r->line, r->text);
		if (!ok)
			printf("# %.*s\n", e ? (int)q.why.n : 11, e ? q.why.p : "not refused");
		return;
	}
	for (size_t i = 0; i < r->n_who; i++)
		if (!question_add_who(&q, r->who[i], a)) {
			report(false, r->file, r->line, r->text);
			printf("# %.*s\n", SV_ARG(q.why));
			return;
		}
	q.ask.now_ms = r->now_ms;
	policy_decide(p, &q.ask, &v);
	rule = outcome_of(&v) == OUTCOME_AUDIT && v.would_deny ? v.would_deny : v.rule;
	ok = sv_eq(r->fields[0], sv_of(outcome_name(outcome_of(&v)))) && rule_is(r, rule, a);
	report(ok, r->file, r->line, r->text);
	if (!ok)
		printf("# got %s by %s/%s\n", outcome_name(outcome_of(&v)), rule ? rule->collection : "",
		       rule ? rule->name : "no rule");
}

static bool read_row(struct row *r, struct sv line)
{
	r->n_fields = 0;
	r->rule = SV("");
	r->n_who = 0;
	snprintf(r->text, sizeof(r->text), "%.*s", SV_ARG(sv_slice(line, 0, 200)));
	while (line.n && r->n_fields < FIELDS_MAX) {
		size_t n = 0;
		struct sv word;

		while (n < line.n && line.p[n] != ' ' && line.p[n] != '\t')
			n++;
		word = sv_slice(line, 0, n);
		line = sv_trim(sv_slice(line, n, line.n));
		if (sv_starts_with(word, SV("now="))) {
			if (!time_parse(sv_slice(word, 4, word.n), &r->now_ms))
				return false;
		} else if (question_is_who(word)) {
			if (r->n_who == 2)
				return false;
			r->who[r->n_who++] = word;
		} else if (r->n_fields == 4) {
			r->rule = word;
		} else {
			r->fields[r->n_fields++] = word;
		}
	}
	return r->n_fields == 4 && line.n == 0;
}

static void run_rows(const struct policy *p, const char *path)
{
	static char line[LINE_MAX_OCTETS];
	struct row r = { .file = path };
	FILE *f = fopen(path, "r");
	unsigned before = n_tests;

	while (f && fgets(line, sizeof(line), f)) {
		struct sv text = sv_trim((struct sv){ line, strcspn(line, "\n") });
		struct arena *a = arena_create();

		r.line++;
		r.now_ms = clock_wall_ms();
		if (text.n && text.p[0] != '#') {
			if (read_row(&r, text))
				run_row(p, &r, a);
			else
				report(false, path, r.line, "cannot be read");
		}
		arena_free(a);
	}
	if (f)
		fclose(f);
	if (n_tests == before)
		report(false, path, 0, "has no verdicts");
}

static void run_policy(const char *path)
{
	const struct policy_env env = { .now_ms = clock_wall_ms() };
	struct diag_list why = { 0 };
	struct policy *p = NULL;
	struct conf *conf = NULL;
	char verdicts[4096];

	snprintf(verdicts, sizeof(verdicts), "%.*s.verdicts", (int)(strlen(path) - strlen(".policy")), path);
	if (conf_load(&conf, path, &(struct conf_options){ 0 }, &why) == 0)
		policy_build(&p, conf, &env, &why);
	report(p != NULL, path, 0, "loads");
	if (!p)
		diag_print(&why, stdout);
	diag_fini(&why);
	conf_free(conf);
	if (p)
		run_rows(p, verdicts);
	policy_unref(p);
}

static int is_policy(const struct dirent *e)
{
	return sv_ends_with(sv_of(e->d_name), SV(".policy"));
}

static void run_path(const char *path)
{
	struct dirent **names;
	char file[4096];
	struct stat st;
	int n;

	if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
		run_policy(path);
		return;
	}
	n = scandir(path, &names, is_policy, alphasort);
	for (int i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		run_policy(file);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("SEKISHO_SRCDIR");
	char folder[4096];

	snprintf(folder, sizeof(folder), "%s/tests/policy", srcdir ? srcdir : ".");
	if (argc < 2)
		run_path(folder);
	for (int i = 1; i < argc; i++)
		run_path(argv[i]);
	printf("1..%u\n", n_tests);
	return n_failed || !n_tests;
}
