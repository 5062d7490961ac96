/*
 * cover -- whether everything that one entry takes is taken by another already, and whether two meet.
 * Careful: "covers" is said only when it is certain; where two wild patterns are hard to compare, the answer is
 * no. Nothing here looks at more than the two things it is given.
 */
#ifndef SEKISHO_CATALOG_COVER_H
#define SEKISHO_CATALOG_COVER_H

#include "catalog/flat.h"

/* `re` is the wide pattern, compiled, when it is a regular expression; NULL: then only equals are covered. */
bool pattern_covers(const struct pattern *wide, const struct regex *re, const struct pattern *narrow,
		    struct sv narrow_suffix);
bool pattern_same(const struct pattern *a, const struct pattern *b);
bool name_at_or_below(struct sv name, struct sv of);

/* With `explicit_only` an https port takes what asks for tcp: a CONNECT asks for both. */
bool ports_cover(const struct port_set *wide, const struct port_set *narrow, bool explicit_only);
bool ports_meet(const struct port_set *a, const struct port_set *b);

bool sources_cover(const struct flat_rule *wide, const struct flat_rule *narrow);
bool sources_meet(const struct flat_rule *a, const struct flat_rule *b);

#endif
