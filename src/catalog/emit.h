/*
 * emit -- what the importers of rules share: names that the language takes, patterns that mean the same, and
 * collections that are written in the order in which they are tried.
 */
#ifndef SEKISHO_CATALOG_EMIT_H
#define SEKISHO_CATALOG_EMIT_H

#include "catalog/import.h"
#include "policy/symtab.h"

/* A name made of `wanted`: other bytes become "-". */
struct sv emit_plain_name(struct arena *a, struct sv wanted);
/* Such a name that was not given out from `taken` before. */
struct sv emit_name(struct arena *a, struct symtab *taken, struct sv wanted);
/* For a comment or a text in quotes: one line, printable, without quotes, at most `max` octets. */
struct sv emit_comment(struct arena *a, struct sv text, size_t max);

/* How the other product reads a wildcard; what is not here is read alike. */
enum dialect {
	DIALECT_SQUID,                  /* ".a.com" is ours; "*" is a letter like any other and never matches */
	DIALECT_AZURE_FIREWALL,         /* "*.a.com" is ours; "*a.com" is any name that ends so, of any depth */
	DIALECT_SMOKESCREEN,            /* "*.a.com" is ours; any other "*" is refused by it */
};

/* The name of `text` in our language in *out. False: it has none that opens no more. *why (n == 0: nothing to
 * say) is the difference in meaning, or why there is none. */
bool emit_translate(enum dialect d, struct sv text, struct arena *a, struct sv *out, struct sv *why);
/* As emit_translate(), with the difference reported at `at`. */
bool emit_target(const struct import *in, enum dialect d, struct sv text, struct place at, struct arena *a,
		 struct sv *out);

/* The line that every written policy begins with. */
void emit_head(const struct import *in, const char *what);

/* Collections, with priorities that count up from 1000 by tens in the order of opening. */
struct emitter {
	FILE *out;
	struct arena *a;
	struct symtab collections, rules;
	unsigned priority;
	bool open;
};
void emit_collection(struct emitter *e, struct sv name, const char *action);    /* ends the one before */
void emit_rule(struct emitter *e, struct sv name);
void emit_line(struct emitter *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void emit_rule_end(struct emitter *e);
void emit_end(struct emitter *e);

#endif
