/*
 * braces -- one walk over the tokens with a stack of open blocks.
 *
 *   more "}" than "{"    a "}" is stray when nothing is open, when it closes an empty block, or when it
 *                        does not stand under the line that opened the block; and a directive whose
 *                        arguments are complete but which goes on in the next line lacks its "{"
 *   more "{" than "}"    a block ends unclosed before a line that is not deeper than the one that
 *                        opened it, or at the end of the file
 */
#include "config/braces.h"

#include "base/arena.h"
#include "config/directives.h"

#include <stdlib.h>

struct block {
	struct token open;
	unsigned indent;                /* column of the first token of the line that opened it */
	bool flat;                      /* its content is not indented: columns say nothing */
	bool empty;                     /* nothing in it yet */
};

struct balance {
	const struct token_list *in;
	struct token_list out;
	struct block *stack;
	size_t depth, cap;
	size_t surplus, deficit;        /* closing braces too many; too few */
	unsigned indent;                /* of the line that the walk is in */
	size_t statement;               /* index in `in` of the first token of the statement */
	struct diag_list *why;
};

static struct block *top(const struct balance *b)
{
	return b->depth ? &b->stack[b->depth - 1] : NULL;
}

static void push(struct balance *b, const struct token *open)
{
	if (b->depth == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 16;
		b->stack = xrealloc(b->stack, b->cap * sizeof(*b->stack));
	}
	b->stack[b->depth++] = (struct block){ .open = *open, .indent = b->indent, .empty = true };
}

/* Unmatched braces in plain counting order. */
static bool count(const struct token_list *t, size_t *surplus, size_t *deficit)
{
	size_t depth = 0, stray = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->items[i].kind == TOKEN_OPEN)
			depth++;
		else if (t->items[i].kind == TOKEN_CLOSE && depth)
			depth--;
		else if (t->items[i].kind == TOKEN_CLOSE)
			stray++;
	}
	*surplus = stray > depth ? stray - depth : 0;
	*deficit = depth > stray ? depth - stray : 0;
	return stray || depth;
}

/* A token that nobody wrote, at the place of `at`. */
static void insert(struct balance *b, enum token_kind kind, const struct token *at)
{
	token_list_add(&b->out, (struct token){ .kind = (uint8_t)kind, .at = at->at, .line = at->line,
						.col = at->col, .bad = true });
}

static void close_unclosed(struct balance *b, const struct token *before)
{
	struct block *block = top(b);

	if (before->kind == TOKEN_END)
		diag_error(b->why, token_place(b->in, &block->open),
			   "the block opened here is not closed at the end of the file; add a \"}\"");
	else
		diag_error(b->why, token_place(b->in, &block->open),
			   "the block opened here is not closed; add a \"}\" before line %u", before->line);
	insert(b, TOKEN_CLOSE, before);
	b->depth--;
	if (b->deficit)
		b->deficit--;
}

static bool is_stray(const struct balance *b, const struct token *close)
{
	const struct block *block = top(b);

	if (!block)
		return true;
	if (b->surplus == 0)
		return false;
	if (block->open.line == close->line)
		return block->empty;
	return !close->starts_line || close->col != block->indent;
}

static void on_close(struct balance *b, const struct token *close)
{
	while (b->deficit && close->starts_line && b->depth > 1 && close->col < top(b)->indent)
		close_unclosed(b, close);
	if (is_stray(b, close)) {
		const struct block *block = top(b);

		if (block)
			diag_error(b->why, token_place(b->in, close),
				   "unexpected \"}\"; the block opened in line %u goes on behind it",
				   block->open.line);
		else
			diag_error(b->why, token_place(b->in, close),
				   "unexpected \"}\"; no block is open here");
		if (b->surplus)
			b->surplus--;
		return;
	}
	b->depth--;
	token_list_add(&b->out, *close);
}

/* A statement that opens blocks, with all its arguments, going on in another line. */
static bool lacks_open(const struct balance *b, size_t i)
{
	const struct token *first = &b->in->items[b->statement];
	struct sv name = sv_slice(b->in->text, first->at, first->n);

	if (!b->surplus || !b->in->items[i].starts_line || i == b->statement)
		return false;
	for (const struct directive *d = directives; d->name; d++)
		if (d->opens && sv_eq(name, sv_of(d->name)))
			return i - b->statement == 1u + d->max_args;
	return false;
}

static void on_word(struct balance *b, size_t i)
{
	const struct token *word = &b->in->items[i];

	while (b->deficit && i == b->statement && word->starts_line && b->depth && !top(b)->flat &&
	       word->line > top(b)->open.line && word->col <= top(b)->indent) {
		if (top(b)->empty) {
			top(b)->flat = true;
			break;
		}
		close_unclosed(b, word);
	}
	if (lacks_open(b, i)) {
		const struct token *last = &b->in->items[i - 1];

		if (!last->bad)
			diag_error(b->why, token_end_place(b->in, last), "missing \"{\" after \"%.*s\"",
				   SV_ARG(excerpt(sv_slice(b->in->text, last->at, last->n))));
		insert(b, TOKEN_OPEN, word);
		push(b, last);
		b->surplus--;
		b->statement = i;
	}
	if (b->depth)
		top(b)->empty = false;
	token_list_add(&b->out, *word);
}

static void on_token(struct balance *b, size_t i)
{
	const struct token *token = &b->in->items[i];

	if (token->starts_line)
		b->indent = token->col;
	switch ((enum token_kind)token->kind) {
	case TOKEN_WORD:
		on_word(b, i);
		return;
	case TOKEN_OPEN:
		push(b, token);
		break;
	case TOKEN_CLOSE:
		on_close(b, token);
		b->statement = i + 1;
		return;
	case TOKEN_END:
		while (b->depth)
			close_unclosed(b, token);
		break;
	case TOKEN_SEMICOLON:
		break;
	}
	b->statement = i + 1;
	token_list_add(&b->out, *token);
}

void braces_balance(struct token_list *t, struct diag_list *why)
{
	struct balance b = { .in = t, .why = why };

	if (!count(t, &b.surplus, &b.deficit))
		return;
	b.out = (struct token_list){ .file = t->file, .text = t->text };
	for (size_t i = 0; i < t->n; i++)
		on_token(&b, i);
	free(b.stack);
	free(t->items);
	*t = b.out;
}
