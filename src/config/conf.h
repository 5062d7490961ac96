/*
 * conf -- the directive language: files in, a checked tree out.
 * Owns the text of every file read, the tree made of it, and the list of what to watch for changes.
 *  - `directive arguments ;` and `directive arguments { ... }`, `#` comments; `include GLOB;` at top
 *    level is replaced by the nodes of the files it names, sorted by name. Relative paths start at
 *    the folder of the file they stand in.
 *  - Every node was checked against the directive table (directives.h): its name is known, it
 *    stands where it may, the number and type of its arguments fit. Arguments with ${name} are
 *    checked for type after expansion, by the layer that reads them.
 *  - The tree never changes after conf_load(). Each layer reads its own nodes; none writes.
 *  - In an ip-group or fqdn-group every line is an "item" node, whose words are all items, words[0]
 *    included; only `file LIST` of an fqdn-group is a directive there. Such a line ends on its line.
 *  - A bare word at the start of a line that is the name of a directive of this block begins a
 *    directive (so a missing ";" is found where it is missing); in quotes it is an argument.
 *  - The text of an ARG_PATH, ARG_CONTENT or ARG_FILE argument is the path to open: the folder of the
 *    file it stands in has been put before a relative one; likewise behind "cert=" and its like.
 *  - ${name} stands only in directives whose row says `params`; anywhere else it is an error.
 */
#ifndef SEKISHO_CONFIG_CONF_H
#define SEKISHO_CONFIG_CONF_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/ip.h"
#include "base/sv.h"

struct conf;
struct directive;

struct conf_word {
	struct sv text;         /* quotes taken off, \" made "; ${name} stands as written */
	struct place at;
	size_t quote_at;        /* where in `text` the quoted part begins; text.n without one */
	bool quoted;            /* a quoted part stood here, perhaps behind a bare prefix: ~"..." */
	bool has_params;        /* holds at least one ${name} */
};

struct conf_node {
	const struct directive *directive;      /* its row in the table, never NULL */
	const struct conf_node *parent;         /* NULL at top level */
	const struct conf_node *children;       /* first of the block, or NULL */
	const struct conf_node *next;
	const struct conf_word *words;          /* words[0] is the directive's own name */
	size_t n_words;
	bool has_block;
	struct sv content;      /* what the file named by an ARG_CONTENT argument holds, or p == NULL */
	const char *content_file;               /* that file's name for diagnostics, or NULL */
};

struct conf_options {
	const char *const *sets;        /* "name=value[,value]" from --set; win over `param` */
	size_t n_sets;
};

/* Reads `path` and all it includes. 0, or -EINVAL with at least one error in *why and *out == NULL.
 * Warnings and notes may be added on success too. */
int conf_load(struct conf **out, const char *path, const struct conf_options *opt,
	      struct diag_list *why);
/* As if a main file held `include FOLDER/PATTERN;` and nothing else. */
int conf_load_folder(struct conf **out, const char *folder, const char *pattern,
		     const struct conf_options *opt, struct diag_list *why);
void conf_free(struct conf *c);                         /* NULL is fine */
/* Gives back what lists and other files of which only the policy is made hold (directive.transient): for those
 * who keep the tree but build nothing from it any more. Their `content` is then empty. */
void conf_forget_contents(struct conf *c);

const struct conf_node *conf_first(const struct conf *c);       /* top level, includes flattened */
/* The first node named `name` from `from` on (its siblings); NULL when there is none. */
const struct conf_node *conf_find(const struct conf_node *from, const char *name);

/* Values that the table has already checked; `arg` counts from 1. An absent node (NULL) gives the
 * directive's preset of that name. */
uint64_t conf_duration_ms(const struct conf *c, const char *directive);
uint64_t conf_number(const struct conf *c, const char *directive);      /* 0 for a word like "auto" */
uint64_t conf_size(const struct conf *c, const char *directive);        /* octets */
bool conf_on(const struct conf *c, const char *directive);              /* on|off */
struct sv conf_text(const struct conf *c, const char *directive);       /* first argument or preset */
struct place conf_place(const struct conf_node *n);     /* of its name; NULL: no place */

bool duration_parse(struct sv text, uint64_t *ms);      /* 500ms 10s 5m 1h 2d; a bare number is refused */
bool size_parse(struct sv text, uint64_t *octets);      /* 512 64k 16m 1g */

/* ---- parameters --------------------------------------------------------------------------- */

enum expand_error {
	EXPAND_OK,
	EXPAND_UNSET,           /* a parameter has no value; *missing is its name */
	EXPAND_NO_CODE,         /* ${geo} is wanted of a region without a known code; *missing is the region */
	EXPAND_TOO_MANY,        /* the cross product has more than EXPANSION_MAX texts; *missing is the word */
};

enum { EXPANSION_MAX = 65536 };

struct expansion {
	struct sv *texts;       /* in the caller's arena, n of them: the cross product of all values */
	size_t n;
	struct sv missing;
};

/* Replaces every ${name} in `word` by its values. ${region} gives ${geo} and ${azurecloud} by
 * itself, in step with it (and ${cloud}: public, government or china). With `quote_regex` values are escaped so that PCRE2 takes them
 * literally. A word without parameters expands to itself. */
enum expand_error conf_expand(const struct conf *c, const struct conf_word *word, bool quote_regex,
			      struct arena *a, struct expansion *out);
/* Whether --set or a `param` at top level gives `name` a value; marks nothing. */
bool conf_has_param(const struct conf *c, struct sv name);

/* As conf_expand(), for a word in the collection `scope`, whose own `param` lines stand before those at top
 * level (and behind --set). NULL: no collection. What follows from a region that the collection sets (geo,
 * azurecloud, cloud) stands before a top-level `param` of that name. */
enum expand_error conf_expand_in(const struct conf *c, const struct conf_node *scope,
				 const struct conf_word *word, bool quote_regex, struct arena *a,
				 struct expansion *out);
/* The scope that a word somewhere below `n` has: its collection if that sets a parameter, else NULL. */
const struct conf_node *conf_scope(const struct conf_node *n);

/* ---- what a reload watches ---------------------------------------------------------------- */

/* Every file that was read (main file, includes, content files) or named for its reader (ARG_FILE) and the folder of every include
 * glob, absolute paths, no duplicates. A folder has the glob that its names are matched with. Borrowed. */
struct conf_source {
	const char *path;
	const char *pattern;    /* NULL: a file */
};
size_t conf_sources(const struct conf *c, const struct conf_source **out);

/* The effective configuration: every file flattened, parameters as set, presets of absent
 * directives filled in as comments. What it prints can be loaded again and means the same. */
void conf_dump(const struct conf *c, FILE *to);

#endif
