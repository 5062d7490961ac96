/*
 * policy_help -- policies from texts, for tests: files in a folder of their own, loaded and built as the
 * program does it. Include behind cmocka.h.
 */
#ifndef SEKISHO_TESTS_POLICY_HELP_H
#define SEKISHO_TESTS_POLICY_HELP_H

#include "config/conf.h"
#include "policy/expect.h"
#include "policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef UNUSED
#define UNUSED __attribute__((unused))
#endif

#define NOW_MS 1780272000000            /* 2026-06-01T00:00:00Z */

struct bed {                            /* one policy and what it took to make it */
	char dir[64];
	struct diag_list why;
	struct conf *conf;
	const struct policy *policy;
};

static inline void bed_file(const struct bed *b, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", b->dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fputs(text, f) < 0, 0);
	assert_int_equal(fclose(f), 0);
}

static inline void bed_start(struct bed *b)
{
	*b = (struct bed){ .dir = "/tmp/sekisho-test-XXXXXX" };
	assert_non_null(mkdtemp(b->dir));
}

/* Loads and builds main.conf; the result of whichever failed. */
static inline int bed_build_with(struct bed *b, const struct policy_env *env, const char *const *sets,
				 size_t n_sets)
{
	const struct conf_options opt = { sets, n_sets };
	struct policy *p = NULL;
	char path[128];
	int err;

	snprintf(path, sizeof(path), "%s/main.conf", b->dir);
	err = conf_load(&b->conf, path, &opt, &b->why);
	if (!err)
		err = policy_build(&p, b->conf, env, &b->why);
	b->policy = p;
	return err;
}

static inline int bed_build(struct bed *b)
{
	return bed_build_with(b, &(struct policy_env){ .now_ms = NOW_MS }, NULL, 0);
}

static inline void bed_end(struct bed *b)
{
	char command[160];

	policy_unref(b->policy);
	conf_free(b->conf);
	diag_fini(&b->why);
	snprintf(command, sizeof(command), "rm -rf '%s'", b->dir);
	assert_int_equal(system(command), 0);
}

/* All findings as one text, for messages and for strstr(). */
static inline const char *bed_findings(const struct bed *b)
{
	static char all[65536];
	size_t n = 0;

	all[0] = '\0';
	for (size_t i = 0; i < b->why.n && n + 2 < sizeof(all); i++) {
		diag_format(&b->why.items[i], all + n, sizeof(all) - n - 1);
		n += strlen(all + n);
		all[n++] = '\n';
		all[n] = '\0';
	}
	return all;
}

static inline void bed_must_say(const struct bed *b, const char *part)
{
	if (!strstr(bed_findings(b), part))
		fail_msg("no finding says \"%s\" in:\n%s", part, bed_findings(b));
}

/* A policy that must build from this text. */
static inline void bed_policy(struct bed *b, const char *text)
{
	bed_start(b);
	bed_file(b, "main.conf", text);
	if (bed_build(b))
		fail_msg("does not build:\n%s", bed_findings(b));
}

/* A policy that must not build, with a finding that says `part`. */
static inline void must_fail(const char *text, const char *part)
{
	struct bed b;

	bed_start(&b);
	bed_file(&b, "main.conf", text);
	if (bed_build(&b) == 0)
		fail_msg("builds, though it should say \"%s\":\n%s", part, text);
	assert_null(b.policy);
	bed_must_say(&b, part);
	bed_end(&b);
}

static inline void ask_of(struct question *q, const char *source, const char *name, const char *port)
{
	static char why[256];
	struct arena *a = arena_create();
	enum question_error e = question_parse(q, sv_of(source), sv_of(name), sv_of(port), a);

	if (e != QUESTION_OK)
		snprintf(why, sizeof(why), "%.*s", SV_ARG(q->why));
	arena_free(a);
	if (e != QUESTION_OK)
		fail_msg("bad question %s %s %s: %s", source, name, port, why);
	q->ask.now_ms = NOW_MS;
}

static inline struct verdict decide(const struct bed *b, const char *source, const char *name,
				    const char *port)
{
	struct question q;
	struct verdict v;

	ask_of(&q, source, name, port);
	policy_decide(b->policy, &q.ask, &v);
	return v;
}

#endif
