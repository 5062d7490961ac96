/*
 * braces -- makes the braces of one file balance.
 * A missing or stray brace shifts every block behind it, so that a parser alone would complain about
 * all lines but the wrong one.  Where the braces do not balance, the layout (which token begins a line,
 * and how deep) tells which brace is wrong; the error is put there, and the parser sees a balanced list.
 *  - A list that balances is left alone, whatever it looks like.
 *  - A list that does not gives at least one error, and balances afterwards.
 */
#ifndef SEKISHO_CONFIG_BRACES_H
#define SEKISHO_CONFIG_BRACES_H

#include "config/lexer.h"

void braces_balance(struct token_list *t, struct diag_list *why);

#endif
