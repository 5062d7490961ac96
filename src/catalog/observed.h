/*
 * observed -- what access logs tell, line by line, as counts.
 * The log is untrusted input: it may be cut, forged or of another program. A line that is not understood is counted and
 * passed over; a name is taken only in its canonical form, and nothing of a line is kept besides names,
 * addresses, ports, times and what equals a rule of the configuration. Memory is bounded, however long the log is.
 */
#ifndef SEKISHO_CATALOG_OBSERVED_H
#define SEKISHO_CATALOG_OBSERVED_H

#include "policy/policy.h"
#include "policy/symtab.h"

#include <stdio.h>

enum { OBSERVED_MAX = 500000, OBSERVED_LINE_MAX = 65536 };

#define OBSERVED_NONE UINT32_MAX

enum observed_kind {
	OBSERVED_ALLOWED,               /* by `rule` */
	OBSERVED_DENIED,                /* by no rule; or passed by `default audit` alone */
	OBSERVED_AUDITED,               /* passed, but an audit collection would deny it */
};

struct observation {
	enum observed_kind kind;
	struct ip source;               /* ALLOWED: the first of them */
	struct sv name;                 /* canonical; n == 0: `ip` */
	struct ip ip;
	uint16_t port;
	enum proto proto;               /* by which it passed, or the one that fits what was asked for */
	uint32_t rule;                  /* ALLOWED: its number in `rules`, else OBSERVED_NONE */
	uint64_t count;
	int64_t last_ms;
};

struct observed_rule {
	struct sv collection, name;
	uint64_t hits, audits;          /* decided; would have denied */
	int64_t last_ms;
};

struct observed {
	struct arena *arena;
	struct symtab keys, rule_keys;
	struct observation *all;        /* in the order of their first appearance */
	size_t n, cap;
	struct observed_rule *rules;
	size_t n_rules, rules_cap;
	uint64_t lines, sessions, broken, bad_names, others, lost, left_out;
	int64_t first_ms, last_ms;      /* of the sessions; 0: none */
};

void observed_init(struct observed *o);
void observed_fini(struct observed *o);
/* Before reading: what the log may call a rule. Its number. */
uint32_t observed_add_rule(struct observed *o, struct sv collection, struct sv name);
/* False: reading failed half-way (errno). */
bool observed_read(struct observed *o, FILE *log);
void observed_line(struct observed *o, struct sv line);

#endif
