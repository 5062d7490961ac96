/*
 * identity -- the words `identity:` and `user:`: what they may say, and what they match.
 *
 *   *                        any identity
 *   backup-*.corp.example    a name pattern (pattern.h); ~"..." too, but no address. Matches DNS identities, and those
 *                            common names that are proper host names
 *   spiffe://site/vm/x       exactly that URI
 *   spiffe://site/vm/x-*     a `*` in a URI's path stands for characters of one segment: zero or more, but at least
 *                            one where it is the whole segment
 *   cn:Backup Server 1       exactly that common name
 *
 * URIs are compared octet by octet as they stand: nothing is decoded, no case is folded, nothing is normalised. A `*`
 * takes only what RFC 3986 lets stand in a segment as itself: no '/', '?', '#', '%', and never makes a segment "." or "..".
 */
#ifndef SEKISHO_POLICY_IDENTITY_H
#define SEKISHO_POLICY_IDENTITY_H

#include "policy/name.h"
#include "policy/pattern.h"
#include "policy/policy.h"

enum { USER_NAME_MAX = 64, URI_MAX = 2048 };

enum identity_word { IDENTITY_WORD_ANY, IDENTITY_WORD_NAME, IDENTITY_WORD_URI, IDENTITY_WORD_URI_GLOB, IDENTITY_WORD_CN };

struct identity_pattern {
	enum identity_word kind;
	struct pattern name;            /* NAME */
	struct sv text;                 /* URI, URI_GLOB, CN */
};

/* What stands behind "identity:"; quoted and quote_at as for pattern_parse(). False: *why, from `a`, says what is
 * wrong and what would be right. */
bool identity_pattern_parse(struct identity_pattern *out, struct sv text, bool quoted, size_t quote_at,
			    struct arena *a, struct sv *why);
/* `glob` as pattern.text of a URI_GLOB. */
bool uri_glob_match(struct sv glob, struct sv uri);

/* One identity, for questions: "cn:TEXT", a URI (whatever else has a colon), a name. `text` is borrowed, a name goes into
 * *memory. False as above. */
bool identity_parse(struct identity *out, struct fqdn *memory, struct sv text, struct arena *a, struct sv *why);

/* 1 to USER_NAME_MAX octets, no colon, no control character. */
bool user_name_is_valid(struct sv name);

#endif
