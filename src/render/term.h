/* SPDX-License-Identifier: MIT */
#ifndef GD_TERM_H
#define GD_TERM_H
/* Text for people: wrapping, colour, and what standard output is. */
#include "base/buf.h"
#include "render/render.h"

enum gd_style { GD_PLAIN, GD_BOLD, GD_RED, GD_YELLOW, GD_CYAN, GD_DIM };

/* Width and colour as standard output and NO_COLOR have it: colour on a terminal only. */
struct gd_view gd_view_of_stdout(void);

/* Appends the text in a style; plain where the view has no colour. */
void gd_styled(struct gd_buf *out, const struct gd_view *view, enum gd_style style, const char *text);

/*
 * Appends a paragraph wrapped at the view's width: `first` stands before the
 * first line, as many blanks before the others. Control characters of the text
 * are shown as "?", so that nothing that was read can reach the terminal.
 */
void gd_paragraph(struct gd_buf *out, const struct gd_view *view, const char *first, const char *text);
/* The same, with the label and the text each in a style of its own. */
void gd_paragraph_styled(struct gd_buf *out, const struct gd_view *view, enum gd_style first_style, const char *first,
			 enum gd_style style, const char *text);

/* How many columns a UTF-8 text takes, one for each character. */
size_t gd_columns(const char *text);

/* Appends the text with its control characters shown as "?". */
void gd_clean(struct gd_buf *out, const char *text, size_t len);

#endif
