/* SPDX-License-Identifier: MIT */
/* Words of a shell: quotes, and what is replaced in them. */
#include "base/shell_words.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

/* People nest a few levels; what is deeper is not read. */
enum { NESTING_MAX = 32 };

char gd_shell_peek(const struct gd_shell_cursor *at)
{
	return at->s < at->end ? *at->s : '\0';
}

char gd_shell_take(struct gd_shell_cursor *at)
{
	char c = gd_shell_peek(at);

	at->line += c == '\n';
	at->s += at->s < at->end;
	return c;
}

/* Up to the closing quote; in "$'…'" and behind it a backslash keeps the next one. */
static bool skip_quoted(struct gd_shell_cursor *at, char quote, bool escapes)
{
	while (gd_shell_peek(at) && gd_shell_peek(at) != quote)
		if (gd_shell_take(at) == '\\' && escapes)
			gd_shell_take(at);
	return gd_shell_take(at) == quote;
}

/* What stands behind "$". */
static void skip_dollar(struct gd_shell_cursor *at, int nesting)
{
	char c = gd_shell_peek(at);

	if (c == '(' || c == '{') {
		gd_shell_take(at);
		gd_shell_skip_nested(at, c == '(' ? ')' : '}', nesting);
	} else if (c == '\'') {
		gd_shell_take(at);
		skip_quoted(at, '\'', true);
	}
}

void gd_shell_skip_nested(struct gd_shell_cursor *at, char close, int nesting)
{
	char open = close == ')' ? '(' : close == '}' ? '{' : '\0';

	if (nesting > NESTING_MAX)
		at->s = at->end;
	while (gd_shell_peek(at)) {
		char c = gd_shell_take(at);

		if (c == close)
			return;
		if (c == '\\')
			gd_shell_take(at);
		else if (c == '$')
			skip_dollar(at, nesting + 1);
		else if (c == '\'' && close != '"')
			skip_quoted(at, '\'', false);
		else if (c == '`')
			skip_quoted(at, '`', true);
		else if (c == '"' || (open && c == open))
			gd_shell_skip_nested(at, c == '"' ? '"' : close, nesting + 1);
	}
}

static void take_double_quoted(struct gd_shell_cursor *at, struct gd_buf *text, bool *computed)
{
	while (gd_shell_peek(at) && gd_shell_peek(at) != '"') {
		char c = gd_shell_take(at);

		if (c == '\\' && strchr("\"\\$`\n", gd_shell_peek(at))) {
			c = gd_shell_take(at);
			if (c == '\n' || !c)
				continue;
		} else if (c == '$' || c == '`') {
			*computed = true;
			if (c == '$')
				skip_dollar(at, 0);
			else
				skip_quoted(at, '`', true);
			continue;
		}
		gd_buf_putc(text, c);
	}
	*computed |= gd_shell_take(at) != '"';
}

static void take_single_quoted(struct gd_shell_cursor *at, struct gd_buf *text, bool *computed)
{
	while (gd_shell_peek(at) && gd_shell_peek(at) != '\'')
		gd_buf_putc(text, gd_shell_take(at));
	*computed |= gd_shell_take(at) != '\'';
}

/* One character of a word that is not quoted, or what it starts. */
static void take_plain(struct gd_shell_cursor *at, struct gd_buf *text, struct gd_shell_word *w)
{
	char c = gd_shell_take(at);

	switch (c) {
	case '\'':
		w->quoted = true;
		take_single_quoted(at, text, &w->computed);
		return;
	case '"':
		w->quoted = true;
		take_double_quoted(at, text, &w->computed);
		return;
	case '\\':
		w->quoted = true;
		c = gd_shell_take(at);
		if (c && c != '\n')
			gd_buf_putc(text, c);
		return;
	case '$':
		w->computed = true;
		skip_dollar(at, 0);
		return;
	case '`':
		w->computed = true;
		skip_quoted(at, '`', true);
		return;
	default:
		w->computed |= strchr("*?[]{}!~", c) != NULL;
		gd_buf_putc(text, c);
	}
}

struct gd_shell_word gd_shell_take_word(struct gd_shell_cursor *at)
{
	struct gd_shell_word w = { .line = at->line };
	gd_autobuf text = { 0 };

	gd_buf_puts(&text, "");
	while (gd_shell_peek(at) && !strchr(" \t\r\n;&|<>()", gd_shell_peek(at)))
		take_plain(at, &text, &w);
	w.text = gd_buf_take(&text);
	return w;
}
