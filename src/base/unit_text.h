/* SPDX-License-Identifier: MIT */
#ifndef GD_UNIT_TEXT_H
#define GD_UNIT_TEXT_H
/*
 * The syntax of systemd's unit files, as systemd.syntax(7) has it and as
 * systemd reads it where the manual is silent. What the keys mean is not known
 * here.
 */
#include "base/buf.h"

struct gd_unit_line {
	const char *section; /* "" before the first header; borrowed from the list */
	char *key; /* NULL: the line is a header, and opens `section` */
	char *value; /* continued lines joined, comments between them left out, blanks at both ends cut off */
	unsigned line; /* where it starts, from 1 */
};

struct gd_unit_lines {
	struct gd_unit_line *items; /* in the order of the file */
	size_t count;
	size_t cap;
	unsigned broken_line; /* a header without "]": nothing behind it counts; 0: there is none */
};

/* Lines that systemd passes over (no "=", no UTF-8, before any header) are left out. */
void gd_unit_parse(struct gd_unit_lines *u, const char *text, size_t len);
void gd_unit_lines_free(struct gd_unit_lines *u);

#define gd_auto_unit_lines GD_CLEANUP(gd_unit_lines_free) struct gd_unit_lines

/*
 * Cuts the next word off a value, quotes and C escapes undone: 1 and the word,
 * 0 at the end, or -EINVAL where a quote stays open or an escape is none. Then
 * `*at` is left at the start of that word; systemd reads no further either.
 */
int gd_unit_word(const char **at, struct gd_buf *word) GD_MUST_CHECK;
/* Appends a word such that gd_unit_word() reads it back. */
void gd_unit_quote(const char *word, struct gd_buf *out);

#endif
