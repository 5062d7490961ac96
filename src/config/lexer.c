/*
 * lexer -- scanning.  First the whole text is checked to be clean UTF-8, so that everything behind it
 * (messages included) deals with printable text only; then it is cut into tokens in one pass.
 */
#include "config/lexer.h"

#include "base/arena.h"

#include <stdlib.h>

/* ---- clean text --------------------------------------------------------------------------- */

enum { BAD_LINES_MAX = 10 };

/* Length of the UTF-8 sequence at p (RFC 3629: shortest form, no surrogates), 0 when there is none. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
	static const struct { unsigned char first, last, low, high, length; } forms[] = {
		{ 0x00, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (p[0] < forms[i].first || p[0] > forms[i].last)
			continue;
		if (forms[i].length > n)
			return 0;
		if (forms[i].length > 1 && (p[1] < forms[i].low || p[1] > forms[i].high))
			return 0;
		for (size_t j = 2; j < forms[i].length; j++)
			if ((p[j] & 0xc0) != 0x80)
				return 0;
		return forms[i].length;
	}
	return 0;
}

/* Characters that show as something they are not: two people could read two policies. */
static const struct { const char *bytes, *what; } deceptive[] = {
	{ "\xc2\xa0", "a no-break space; write an ordinary one" },
	{ "\xe2\x80\x8b", "an invisible space; delete it" },
	{ "\xe2\x80\xa8", "a line separator; write an ordinary newline" },
	{ "\xe2\x80\xa9", "a paragraph separator; write an ordinary newline" },
	{ "\xe2\x80\xaa", "an invisible direction mark; delete it" },
	{ "\xe2\x80\xab", "an invisible direction mark; delete it" },
	{ "\xe2\x80\xac", "an invisible direction mark; delete it" },
	{ "\xe2\x80\xad", "an invisible direction mark; delete it" },
	{ "\xe2\x80\xae", "an invisible direction mark; delete it" },
	{ "\xe2\x81\xa6", "an invisible direction mark; delete it" },
	{ "\xe2\x81\xa7", "an invisible direction mark; delete it" },
	{ "\xe2\x81\xa8", "an invisible direction mark; delete it" },
	{ "\xe2\x81\xa9", "an invisible direction mark; delete it" },
	{ "\xef\xbb\xbf", "a byte order mark inside the file; delete it" },
};

static const char *find_deceptive(struct sv rest)
{
	for (size_t i = 0; i < sizeof(deceptive) / sizeof(deceptive[0]); i++)
		if (sv_starts_with(rest, sv_of(deceptive[i].bytes)))
			return deceptive[i].what;
	return NULL;
}

static bool is_control(struct sv rest)
{
	unsigned char c = (unsigned char)rest.p[0];

	if (c == '\r')
		return rest.n < 2 || rest.p[1] != '\n';
	if (c == 0xc2)                          /* U+0080 to U+009F */
		return rest.n > 1 && (unsigned char)rest.p[1] < 0xa0;
	return (c < 0x20 && c != '\t' && c != '\n') || c == 0x7f;
}

/* Whether the character at the start of `rest` may stand in a file; *length is its own. */
static bool check_character(struct sv rest, struct place at, size_t *length, struct diag_list *why)
{
	const unsigned char *p = (const unsigned char *)rest.p;
	const char *what;

	*length = utf8_length(p, rest.n);
	if (*length == 0) {
		*length = 1;
		diag_error(why, at, "byte 0x%02x is not UTF-8; save the file as UTF-8", p[0]);
		return false;
	}
	if (is_control(rest)) {
		diag_error(why, at, "control byte 0x%02x; delete it", p[*length - 1]);
		return false;
	}
	what = p[0] >= 0xc2 ? find_deceptive(rest) : NULL;
	if (what)
		diag_error(why, at, "%s", what);
	return !what;
}

static bool is_utf16(struct sv text)
{
	return sv_starts_with(text, SV("\xff\xfe")) || sv_starts_with(text, SV("\xfe\xff"));
}

bool text_check(struct sv *text, const char *file, struct diag_list *why)
{
	struct place at = { file, 1, 1 };
	unsigned bad_lines = 0, last_bad = 0;
	size_t length;

	if (is_utf16(*text)) {
		diag_error(why, at, "the file is UTF-16; save it as UTF-8");
		return false;
	}
	if (sv_starts_with(*text, SV("\xef\xbb\xbf")))
		*text = sv_slice(*text, 3, text->n);
	for (size_t i = 0; i < text->n && bad_lines < BAD_LINES_MAX; i += length) {
		unsigned char c = (unsigned char)text->p[i];

		length = 1;
		if (c == '\n') {
			at = (struct place){ file, at.line + 1, 1 };
			continue;
		}
		if ((c < 0x20 || c > 0x7e) && last_bad != at.line &&
		    !check_character(sv_slice(*text, i, text->n), at, &length, why)) {
			last_bad = at.line;
			bad_lines++;
		}
		at.col += (unsigned)length;
	}
	return bad_lines == 0;
}

/* ---- tokens ------------------------------------------------------------------------------- */

struct scan {
	struct token_list *out;
	struct sv text;
	size_t at, line_start;
	unsigned line;
	bool starts_line;
	struct diag_list *why;
};

void token_list_add(struct token_list *t, struct token item)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 256;
		t->items = xrealloc(t->items, t->cap * sizeof(*t->items));
	}
	t->items[t->n++] = item;
}

void token_list_fini(struct token_list *t)
{
	free(t->items);
	*t = (struct token_list){ 0 };
}

static char peek(const struct scan *s, size_t ahead)
{
	return s->at + ahead < s->text.n ? s->text.p[s->at + ahead] : '\n';
}

static bool at_end(const struct scan *s)
{
	return s->at >= s->text.n;
}

static struct place place_here(const struct scan *s)
{
	return (struct place){ s->out->file, s->line, (unsigned)(s->at - s->line_start) + 1 };
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool ends_word(char c)
{
	return is_space(c) || c == ';' || c == '{' || c == '}';
}

static bool is_name_byte(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_' || c == '.';
}

bool name_is_valid(struct sv name)
{
	if (name.n == 0 || !(ascii_is_alpha(name.p[0]) || ascii_is_digit(name.p[0])))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!is_name_byte(name.p[i]))
			return false;
	return true;
}

static void skip_space(struct scan *s)
{
	for (; !at_end(s); s->at++) {
		char c = s->text.p[s->at];

		if (c == '#')
			while (s->at + 1 < s->text.n && s->text.p[s->at + 1] != '\n')
				s->at++;
		else if (!is_space(c))
			return;
		if (c == '\n') {
			s->line++;
			s->line_start = s->at + 1;
			s->starts_line = true;
		}
	}
}

/* At "${": past the "}", or, with an error, past the "${" alone. */
static void scan_param(struct scan *s, struct token *t)
{
	size_t n = 0;

	while (is_name_byte(peek(s, 2 + n)))
		n++;
	if (peek(s, 2 + n) == '}' && name_is_valid(sv_slice(s->text, s->at + 2, n))) {
		t->has_params = true;
		s->at += n + 3;
		return;
	}
	if (!t->bad)
		diag_error(s->why, place_here(s),
			   "\"${\" without a name and \"}\"; write ${name}, of letters, digits, \"-\", \"_\" and \".\"");
	t->bad = true;
	s->at += 2 + n + (peek(s, 2 + n) == '}');
}

/* At the opening quote: past the closing one, or to the end of the line. */
static void scan_quoted(struct scan *s, struct token *t)
{
	struct place opened = place_here(s);

	t->quote_at = (uint32_t)(s->at - t->at);
	s->at++;
	while (!at_end(s) && peek(s, 0) != '\n' && peek(s, 0) != '"') {
		if (peek(s, 0) == '\\' && peek(s, 1) == '"') {
			t->has_escapes = true;
			s->at += 2;
		} else if (peek(s, 0) == '$' && peek(s, 1) == '{') {
			scan_param(s, t);
		} else {
			s->at++;
		}
	}
	if (peek(s, 0) == '"') {
		s->at++;
		return;
	}
	diag_error(s->why, opened, "the quote opened here is not closed on its line; add a \"\\\"\"");
	t->bad = true;
}

static void scan_after_quote(struct scan *s, struct token *t)
{
	if (ends_word(peek(s, 0)))
		return;
	if (!t->bad)
		diag_error(s->why, place_here(s),
			   "text right behind a closing quote; put a space or \";\" between");
	t->bad = true;
	while (!ends_word(peek(s, 0)))
		s->at++;
}

static void scan_word(struct scan *s, struct token *t)
{
	if (peek(s, 0) == '\'') {
		diag_error(s->why, place_here(s), "a single quote; quotes are written \"...\"");
		t->bad = true;
	}
	while (!ends_word(peek(s, 0)) && peek(s, 0) != '"') {
		if (peek(s, 0) == '$' && peek(s, 1) == '{')
			scan_param(s, t);
		else
			s->at++;
	}
	if (peek(s, 0) == '"') {
		scan_quoted(s, t);
		scan_after_quote(s, t);
	} else {
		t->quote_at = (uint32_t)(s->at - t->at);
	}
}

static enum token_kind kind_of(char c)
{
	return c == ';' ? TOKEN_SEMICOLON : c == '{' ? TOKEN_OPEN : c == '}' ? TOKEN_CLOSE : TOKEN_WORD;
}

static bool scan_token(struct scan *s)
{
	struct token t;

	skip_space(s);
	t = (struct token){ .at = (uint32_t)s->at, .line = s->line, .starts_line = s->starts_line,
			    .col = (uint32_t)(s->at - s->line_start) + 1, .kind = TOKEN_END };
	if (!at_end(s)) {
		t.kind = (uint8_t)kind_of(peek(s, 0));
		if (t.kind == TOKEN_WORD)
			scan_word(s, &t);
		else
			s->at++;
	}
	t.n = (uint32_t)s->at - t.at;
	token_list_add(s->out, t);
	s->starts_line = false;
	return t.kind != TOKEN_END;
}

void lexer_run(struct token_list *out, struct sv text, const char *file, struct diag_list *why)
{
	struct scan s = { .out = out, .text = SV(""), .line = 1, .starts_line = true, .why = why };

	*out = (struct token_list){ .file = file };
	if (text.n > FILE_SIZE_MAX)
		diag_error(why, (struct place){ file, 0, 0 }, "the file is larger than 64 MiB; split it");
	else if (text_check(&text, file, why))
		s.text = text;
	out->text = s.text;
	while (scan_token(&s))
		;
}

/* ---- words -------------------------------------------------------------------------------- */

struct place token_place(const struct token_list *t, const struct token *token)
{
	return (struct place){ t->file, token->line, token->col };
}

struct place token_end_place(const struct token_list *t, const struct token *token)
{
	return (struct place){ t->file, token->line, token->col + token->n };
}

/* The bare prefix and what stands between the quotes, \" made ", in memory of its own. */
static struct sv unquote(struct sv prefix, struct sv inside, struct arena *a)
{
	char *p = arena_alloc(a, prefix.n + inside.n + 1);
	size_t n = prefix.n;

	if (prefix.n)
		memcpy(p, prefix.p, prefix.n);
	for (size_t i = 0; i < inside.n; i++) {
		if (inside.p[i] == '\\' && i + 1 < inside.n && inside.p[i + 1] == '"')
			i++;
		p[n++] = inside.p[i];
	}
	return (struct sv){ p, n };
}

struct conf_word token_word(const struct token_list *t, const struct token *word, struct arena *a)
{
	struct sv span = sv_slice(t->text, word->at, word->n), inside;
	struct conf_word w = { .text = span, .at = token_place(t, word), .quote_at = span.n,
			       .has_params = word->has_params };

	if (word->quote_at >= span.n)
		return w;
	inside = sv_slice(span, word->quote_at + 1, span.n);
	if (inside.n && inside.p[inside.n - 1] == '"')          /* missing only in a bad word */
		inside.n--;
	w.quoted = true;
	w.quote_at = word->quote_at;
	w.text = w.quote_at || word->has_escapes ? unquote(sv_slice(span, 0, w.quote_at), inside, a)
						 : inside;
	return w;
}

struct sv excerpt(struct sv s)
{
	enum { MOST = 80 };

	if (s.n <= MOST)
		return s;
	s.n = MOST;
	while (s.n && ((unsigned char)s.p[s.n] & 0xc0) == 0x80)
		s.n--;
	return s;
}
