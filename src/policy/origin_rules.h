/*
 * origin_rules -- reads `verify` and `pin`: what a rule wants of the origins that it lets clients reach.
 * The nearest word holds: the rule's own, else its collection's, else the global one.  Both concern what is let out
 * as `https`; a rule that says one itself must have such an entry, and must not have a `tcp` entry beside it.
 */
#ifndef SEKISHO_POLICY_ORIGIN_RULES_H
#define SEKISHO_POLICY_ORIGIN_RULES_H

#include "policy/policy.h"
#include "policy/reading.h"

enum { PINS_MAX = 32 };                 /* of one rule */

/* The global word, or VERIFY_OFF. */
enum verify_mode read_global_verify(const struct reading *r);
/* That of a collection, or `global`. */
enum verify_mode read_collection_verify(const struct reading *r, const struct conf_node *collection,
					enum action action, enum verify_mode global);
/* Fills in verify, pins and n_pins of `out`, whose action is set; `protos` are those of the rule's entries (0: it has
 * none that could be read), `inherited` is its collection's word. Pins go into `keep`. */
void read_origin_rules(const struct reading *r, const struct conf_node *rule, unsigned protos,
		       enum verify_mode inherited, struct arena *keep, struct rule *out);

#endif
