/* SPDX-License-Identifier: MIT */
#ifndef GD_TOKEN_H
#define GD_TOKEN_H
/*
 * The words of an SQL expression: just enough to refuse what a rule must not
 * hold, and to see which tables it names. SQLite does the parsing.
 */
#include "base/err.h"

enum gd_token_type { GD_TOK_END, GD_TOK_WORD, GD_TOK_NUMBER, GD_TOK_STRING, GD_TOK_OPERATOR, GD_TOK_OPEN,
		     GD_TOK_CLOSE, GD_TOK_COMMA, GD_TOK_DOT };

struct gd_token {
	enum gd_token_type type;
	const char *at;
	size_t len;
};

/* Takes the next token off `*s`. -EINVAL for a comment, a semicolon, an open quote or a stray byte. */
int gd_token_next(const char **s, struct gd_token *ret, struct gd_err *err) GD_MUST_CHECK;
/* Compares a word without regard to case. */
bool gd_token_is(const struct gd_token *t, const char *word);

#endif
