/*
 * expect -- checks the `expect` lines of a configuration against a policy just built.
 * Each is asked with every `until` still open, so that a load never fails because time passed; what
 * holds only that way is a note.
 */
#ifndef SEKISHO_POLICY_EXPECT_H
#define SEKISHO_POLICY_EXPECT_H

#include "policy/name.h"
#include "policy/policy.h"
#include "policy/reading.h"

/* The number of expectations. Broken ones are errors in r->why, at their place. */
size_t expectations_check(const struct policy *p, const struct reading *r, int64_t now_ms);

/* What tests of policies as data need as well. */
enum outcome { OUTCOME_DENY, OUTCOME_ALLOW, OUTCOME_AUDIT };
const char *outcome_name(enum outcome o);
/* AUDIT: passes, though an audit rule or the default would deny it. */
enum outcome outcome_of(const struct verdict *v);

enum question_error { QUESTION_OK, QUESTION_BAD_SOURCE, QUESTION_BAD_NAME, QUESTION_BAD_PORT };
struct question {
	struct ask ask;                 /* ask.name borrows from `name`: do not move the struct */
	struct fqdn name, identity;     /* likewise for ask.identity */
	enum proto proto;               /* as written; https and tcp ask as a CONNECT does, for both */
	struct sv why;                  /* of an error */
};
enum question_error question_parse(struct question *q, struct sv source, struct sv name,
				   struct sv proto_port, struct arena *a);

/* Gives the question a user or an identity: "user:alice", "identity:vm.example", "identity:spiffe://site/vm/x",
 * "identity:cn:Backup Server 1". `word` is borrowed. False: q->why. */
bool question_add_who(struct question *q, struct sv word, struct arena *a);
bool question_is_who(struct sv word);   /* begins like one of these */

#endif
