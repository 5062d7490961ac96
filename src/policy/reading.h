/*
 * reading -- reads single words of the configuration for the policy's builder.
 * Expands parameters, reads patterns and prefixes, and reports what is wrong at the word's place.
 */
#ifndef SEKISHO_POLICY_READING_H
#define SEKISHO_POLICY_READING_H

#include "config/conf.h"
#include "policy/pattern.h"
#include "policy/service_tags.h"

struct reading {
	const struct conf *conf;
	struct arena *scratch;          /* lives as long as the build */
	struct diag_list *why;
	const struct conf_node *scope;  /* of conf_expand_in(): the collection being read, or NULL */
	const struct service_tags *service_tags;        /* NULL: as if no file were loaded */
};

struct patterns {
	struct pattern *items;
	size_t n;
};

enum read_result {
	READ_OK,
	READ_WRONG,             /* reported */
	READ_MISSING,           /* not reported: a parameter is not set; *missing says what to do about it */
	READ_UNKNOWN,           /* not reported: no such service tag is loaded; *missing says what to do */
};

enum read_result read_patterns(const struct reading *r, const struct conf_word *w,
			       struct patterns *out, struct sv *missing);
/* The addresses of a word "service-tag:NAME". */
enum read_result read_service_tags(const struct reading *r, const struct conf_word *w,
				   struct patterns *out, struct sv *missing);
/* Those of one name, without the words before it. False: *missing says what to do. */
bool read_service_tag(const struct reading *r, struct sv name, struct service_prefixes *out, struct sv *missing);
/* The texts that `w` stands for. */
enum read_result read_texts(const struct reading *r, const struct conf_word *w,
			    struct expansion *out, struct sv *missing);
/* As above; what is missing is reported as an error at the word. False: reported. */
bool read_texts_or_report(const struct reading *r, const struct conf_word *w, struct expansion *out);
bool read_patterns_or_report(const struct reading *r, const struct conf_word *w, struct patterns *out);

/* Compiles and drops a regular expression; other patterns are fine as they are. False: reported. */
bool read_check_regexes(const struct reading *r, struct place at, const struct patterns *p);

/* "192.0.2.0/24", a bare address; IPv4-mapped ones are unmapped. False: *why says what is wrong. */
bool read_prefix(struct sv text, struct arena *a, struct prefix *out, struct sv *why);
/* A text that begins like an address and can be nothing else. */
bool looks_like_prefix(struct sv text);

#endif
