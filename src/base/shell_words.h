/* SPDX-License-Identifier: MIT */
#ifndef GD_SHELL_WORDS_H
#define GD_SHELL_WORDS_H
/* Words of a shell; used by shell_text.c only. */
#include "base/defs.h"

/* A place in a text without NULs. */
struct gd_shell_cursor {
	const char *s;
	const char *end;
	unsigned line;
};

/* The character at the place, NUL at the end; take() goes on to the next one. */
char gd_shell_peek(const struct gd_shell_cursor *at);
char gd_shell_take(struct gd_shell_cursor *at);

struct gd_shell_word {
	char *text; /* without quotes; owned */
	bool computed; /* a shell would put something else in its place, in part */
	bool quoted;
	unsigned line;
};

/* The word at the place, up to a blank or an operator. */
struct gd_shell_word gd_shell_take_word(struct gd_shell_cursor *at);
/* Goes behind what closes a pair, over such pairs and quotes in it; `nesting` is 0. */
void gd_shell_skip_nested(struct gd_shell_cursor *at, char close, int nesting);

#endif
