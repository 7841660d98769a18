/* SPDX-License-Identifier: MIT */
#include "render/term.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/parse.h"

enum { DEFAULT_WIDTH = 80, MIN_WIDTH = 40, MAX_WIDTH = 120 };

struct gd_view gd_view_of_stdout(void)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *columns = getenv("COLUMNS");
	const char *term = getenv("TERM");
	struct gd_view view = { .width = DEFAULT_WIDTH, .verbosity = GD_NORMAL };
	struct winsize size;
	uint64_t n;

	if (isatty(STDOUT_FILENO)) {
		view.colour = !(no_colour && *no_colour) && !(term && !strcmp(term, "dumb"));
		if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
			view.width = size.ws_col;
	}
	if (columns && !gd_parse_u64(columns, 10, &n) && n && n < 10000)
		view.width = (unsigned)n;
	/* Longer lines are hard to read; shorter ones cannot hold a path. */
	view.width = view.width < MIN_WIDTH ? MIN_WIDTH : view.width > MAX_WIDTH ? MAX_WIDTH : view.width;
	return view;
}

static void start_style(struct gd_buf *out, const struct gd_view *view, enum gd_style style)
{
	static const char *const codes[] = {
		[GD_PLAIN] = "",	   [GD_BOLD] = "\033[1m", [GD_RED] = "\033[1;31m", [GD_YELLOW] = "\033[1;33m",
		[GD_CYAN] = "\033[36m", [GD_DIM] = "\033[2m",
	};

	if (view->colour)
		gd_buf_puts(out, codes[style]);
}

static void end_style(struct gd_buf *out, const struct gd_view *view, enum gd_style style)
{
	if (view->colour && style != GD_PLAIN)
		gd_buf_puts(out, "\033[0m");
}

void gd_styled(struct gd_buf *out, const struct gd_view *view, enum gd_style style, const char *text)
{
	start_style(out, view, style);
	gd_clean(out, text, strlen(text));
	end_style(out, view, style);
}

size_t gd_columns(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

void gd_clean(struct gd_buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		/* C1 controls are two bytes in UTF-8: 0xc2 0x80 to 0xc2 0x9f. */
		bool c1 = c == 0xc2 && i + 1 < len && (unsigned char)text[i + 1] < 0xa0;

		gd_buf_putc(out, c < 0x20 || c == 0x7f || c1 ? '?' : (char)c);
		i += c1;
	}
}

static size_t word_columns(const char *word, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)word[i] & 0xc0) != 0x80;
	return n;
}

void gd_paragraph_styled(struct gd_buf *out, const struct gd_view *view, enum gd_style first_style, const char *first,
			 enum gd_style style, const char *text)
{
	size_t indent = gd_columns(first);
	size_t at = indent;
	bool empty = true;

	start_style(out, view, first_style);
	gd_buf_puts(out, first);
	end_style(out, view, first_style);
	start_style(out, view, style);
	while (*text) {
		size_t space = strspn(text, " \n\t");
		size_t len = strcspn(text + space, " \n\t");
		size_t columns = word_columns(text + space, len);

		if (!len)
			break;
		if (!empty && view->width && at + 1 + columns > view->width) {
			end_style(out, view, style);
			gd_buf_printf(out, "\n%*s", (int)indent, "");
			start_style(out, view, style);
			at = indent;
		} else if (!empty) {
			gd_buf_putc(out, ' ');
			at++;
		}
		gd_clean(out, text + space, len);
		at += columns;
		empty = false;
		text += space + len;
	}
	end_style(out, view, style);
	gd_buf_putc(out, '\n');
}

void gd_paragraph(struct gd_buf *out, const struct gd_view *view, const char *first, const char *text)
{
	gd_paragraph_styled(out, view, GD_PLAIN, first, GD_PLAIN, text);
}
