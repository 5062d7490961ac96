/*
 * directives -- the one table of directives: names, places, argument types, presets.
 * Feeds the parser, `check --dump`, the manual's check and the shell completion.  There are no
 * callbacks here: each layer reads its own nodes from the tree.
 */
#ifndef SEKISHO_CONFIG_DIRECTIVES_H
#define SEKISHO_CONFIG_DIRECTIVES_H

#include "base/sv.h"

enum conf_context {             /* where a directive may stand; the block that a directive opens */
	IN_NONE = 0,
	IN_MAIN = 1 << 0,
	IN_COLLECTION = 1 << 1,
	IN_RULE = 1 << 2,
	IN_TAG = 1 << 3,
	IN_IP_GROUP = 1 << 4,   /* free lines: prefixes, no directive names */
	IN_FQDN_GROUP = 1 << 5, /* free lines: names, or `file LIST` */
};

enum arg_type {
	ARG_END,                /* no further argument */
	ARG_WORD,               /* anything; its reader checks it */
	ARG_NAME,               /* letters, digits, '-', '_', '.'; begins with a letter or digit */
	ARG_NUMBER, ARG_DURATION, ARG_SIZE, ARG_ONOFF,
	ARG_ENUM,               /* one of `values` */
	ARG_ENDPOINT,           /* address:port */
	ARG_ADDRESS,
	ARG_PREFIX,
	ARG_TIME,               /* RFC 3339 */
	ARG_PATH,
	ARG_CONTENT,            /* a file that is read at load: conf_node.content */
	ARG_FILE,               /* a file that its reader opens; watched for changes like those read here */
};

struct directive {
	const char *name;               /* NULL ends the table */
	unsigned places;                /* conf_context bits */
	enum conf_context opens;        /* IN_NONE: ends with ';' */
	unsigned char min_args, max_args;       /* 255: any number */
	enum arg_type args[6];          /* arguments behind the listed ones are of the last type */
	bool once;                      /* at most once in its block (per whole configuration at top level) */
	bool required;                  /* its block must have it */
	bool named;                     /* its first argument is a name that no sibling of the same row bears */
	bool params;                    /* its arguments may hold ${name} */
	const char *file_words;         /* how words begin that name such a file too, separated by one space: "cert= key=" */
	bool transient;                 /* what its file holds is needed while loading only */
	const char *values;             /* ARG_ENUM: the words, separated by one space; for another type,
	                                   words that may stand in its place ("auto") */
	const char *preset;             /* what holds when it is absent, as it would be written; or NULL */
	uint64_t min, max;              /* ARG_NUMBER, ARG_DURATION (ms), ARG_SIZE: the range; max 0: none.
	                                   ARG_ENDPOINT: min is the port when none is written, 0: required */
	const char *usage;              /* its arguments as a message shows them, where types do not say it; or NULL */
	const char *summary;            /* half a sentence for --help and completion */
};

/* Sorted by name; a name that means different things in different blocks has several rows. "item" is
 * no directive: it is the row of the free lines of groups. */
extern const struct directive directives[];

/* The row for `name` in a block of that context, or NULL. */
const struct directive *directive_find(struct sv name, enum conf_context in);

/* Whether so many arguments are too many. */
bool directive_overflows(const struct directive *d, size_t args);
/* The type of argument `arg`, counted from 1. */
enum arg_type directive_arg(const struct directive *d, size_t arg);

/* "collection", "rule": what the block of that context is called in messages; "the top level". */
const char *context_name(enum conf_context in);
/* How it is written, as "priority NUMBER;", cut at the end of `out`. */
void directive_usage(const struct directive *d, char *out, size_t size);

#endif
