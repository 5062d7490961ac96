/*
 * pattern -- one `to` entry's name or address pattern, read from its text, and matching it alone.
 *
 *   download.microsoft.com     exact      that name
 *   *.windowsazure.com         below      one or more labels below; never the apex
 *   .windowsazure.com          tree       the apex and everything below
 *   pod*-rec2.x.y, *cdn.x.y    glob       a `*` stands for zero or more characters of one label; a label that
 *                                         is only `*` (and does not lead) is exactly one label
 *   *.pod*.x.y             glob       with a leading `*.`: one or more labels below what pod*.x.y matches
 *   ~"pod\d+\.x\.y"            regex      PCRE2, caseless, anchored at both ends, with limits
 *   192.0.2.1, 2001:db8::/32   address
 *   *                          any        any name, never an address
 *
 * U-labels become A-labels (libidn2).  The index (index.h) finds candidates among many; this module says
 * what one means.
 */
#ifndef SEKISHO_POLICY_PATTERN_H
#define SEKISHO_POLICY_PATTERN_H

#include "base/arena.h"
#include "base/ip.h"

enum pattern_kind {
	PATTERN_EXACT, PATTERN_BELOW, PATTERN_TREE, PATTERN_GLOB, PATTERN_REGEX, PATTERN_ADDRESS,
	PATTERN_ANY,
};

struct pattern {
	enum pattern_kind kind;
	struct sv name;         /* EXACT, BELOW, TREE: the canonical name alone; GLOB: the canonical glob */
	struct sv suffix;       /* GLOB: the whole labels behind the last wildcard, "" when none: where the
	                           index hangs it */
	struct prefix prefix;   /* ADDRESS */
	struct sv regex;        /* REGEX: its source, not yet compiled; regex_compile() anchors it */
};

/* `quoted_at` as conf_word's: a text "~" followed by a quoted part is a regular expression. On failure
 * false, and *why is a sentence from `a`: what is wrong; what would be right. */
bool pattern_parse(struct pattern *out, struct sv text, bool quoted, size_t quote_at, struct arena *a,
		   struct sv *why);

/* `glob` canonical as pattern.name, `name` canonical. A leading `*.` is one or more labels. */
bool glob_match(struct sv glob, struct sv name);

struct regex;                   /* compiled, JIT when it can be; shareable between threads */
enum regex_result { REGEX_NO, REGEX_YES, REGEX_LIMIT };
/* NULL on a syntax error: *why from `a` says what PCRE2 says and at which offset. Refused besides:
 * \C, callouts, a leading (*VERB), octets outside ASCII, and sources above REGEX_SOURCE_MAX. */
enum { REGEX_SOURCE_MAX = 16384 };
struct regex *regex_compile(struct sv source, struct arena *a, struct sv *why);
void regex_free(struct regex *r);                       /* NULL is fine */
enum regex_result regex_match(const struct regex *r, struct sv name);

#endif
