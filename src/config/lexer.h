/*
 * lexer -- the text of one file as tokens with their places.
 * Tokens are spans of the text; nothing is copied until token_word() takes quotes off.
 *  - A word ends at white space, ";", "{", "}" or the end of its quoted part, and never spans lines.
 *  - `${name}` is part of a word; "#" starts a comment only at the start of a word.
 *  - In quotes a backslash is literal except before a quote.
 *  - Every list ends with one TOKEN_END.
 */
#ifndef SEKISHO_CONFIG_LEXER_H
#define SEKISHO_CONFIG_LEXER_H

#include "config/conf.h"

enum { FILE_SIZE_MAX = 64 << 20 };

enum token_kind { TOKEN_WORD, TOKEN_SEMICOLON, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_END };

struct token {
	uint32_t at, n;                 /* its span of the text */
	uint32_t line, col;
	uint32_t quote_at;              /* of the opening quote in the span; n without one */
	uint8_t kind;
	bool starts_line;               /* nothing but white space stands before it on its line */
	bool has_params, has_escapes;
	bool bad;                       /* an error was reported for it: say no more */
};

struct token_list {
	const char *file;               /* for places */
	struct sv text;
	struct token *items;
	size_t n, cap;
};

/* UTF-8 without control bytes? Errors name every broken line, up to a few. *text loses its byte order
 * mark. For configuration files and the lists they name. */
bool text_check(struct sv *text, const char *file, struct diag_list *why);

/* Borrows `text` and `file`. A text that is not UTF-8 gives the errors and an empty list. */
void lexer_run(struct token_list *out, struct sv text, const char *file, struct diag_list *why);
void token_list_add(struct token_list *t, struct token item);
void token_list_fini(struct token_list *t);

/* The word that a TOKEN_WORD stands for; `text` is copied to the arena only when it must be. */
struct conf_word token_word(const struct token_list *t, const struct token *word, struct arena *a);
struct place token_place(const struct token_list *t, const struct token *token);
struct place token_end_place(const struct token_list *t, const struct token *token);   /* right behind it */

/* Letters, digits, "-", "_" and ".", beginning with a letter or digit. */
bool name_is_valid(struct sv name);

/* The beginning of `s`, short enough for a message, cut at a character; for "%.*s". */
struct sv excerpt(struct sv s);

#endif
