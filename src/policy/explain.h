/*
 * explain -- why a question gets the answer it gets, step by step, for a person.
 * Says what policy_decide() says (it asks it), and besides: which entries matched the name, why each
 * earlier one did not decide, and on a deny the nearest miss: what would have had to differ.
 */
#ifndef SEKISHO_POLICY_EXPLAIN_H
#define SEKISHO_POLICY_EXPLAIN_H

#include "policy/policy.h"

struct explain_step {
	const struct rule *rule;        /* NULL for a step that belongs to no rule */
	struct sv entry;                /* the `to` entry as written, or the tag entry behind it */
	struct place at;                /* of that entry */
	struct sv text;                 /* "matches the name, but not the port: it has https:443" */
	bool decided;
};

struct explanation {
	struct verdict verdict;
	const struct explain_step *steps;
	size_t n_steps;
	struct sv nearest_miss;         /* one sentence, or n == 0 */
};

/* All memory comes from `a`. */
void policy_explain(const struct policy *p, const struct ask *ask, struct arena *a,
		    struct explanation *out);

#endif
