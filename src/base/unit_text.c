/* SPDX-License-Identifier: MIT */
#include "base/unit_text.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parse.h"

static const char blanks[] = " \t\n\r";

/* ----------------------------------------------------------------- lines -- */

enum eol { EOL_NONE = 0, EOL_LF = 1, EOL_CR = 2 };

static enum eol eol_of(char c)
{
	return c == '\n' ? EOL_LF : c == '\r' ? EOL_CR : EOL_NONE;
}

/*
 * Cuts the next line off: it ends with a NUL, or with LF, CR, or one of each in
 * either order. Returns the line's length without that.
 */
static size_t cut_line(const char **text, size_t *len)
{
	const char *s = *text;
	size_t n = 0;
	size_t end;
	unsigned seen = EOL_NONE;

	while (n < *len && s[n] && !eol_of(s[n]))
		n++;
	end = n;
	if (end < *len && !s[end])
		end++;
	else
		while (end < *len && eol_of(s[end]) && !(seen & eol_of(s[end])))
			seen |= eol_of(s[end++]);
	*text += end;
	*len -= end;
	return n;
}

/* True where an escape is still open at the end of the line, that is, the next one continues it. */
static bool is_continued(const char *line)
{
	size_t n = strlen(line);
	size_t slashes = 0;

	while (slashes < n && line[n - slashes - 1] == '\\')
		slashes++;
	return slashes % 2;
}

struct reader {
	struct gd_unit_lines *list;
	const char *section; /* NULL: no header yet */
	struct gd_buf open; /* a line that goes on */
	unsigned open_line;
};

static struct gd_unit_line *add_line(struct reader *r, unsigned line)
{
	struct gd_unit_lines *u = r->list;

	GD_GROW(u->items, u->count, u->cap);
	u->items[u->count] = (struct gd_unit_line){ .section = r->section, .line = line };
	return &u->items[u->count++];
}

/* A header's text is kept as its item's value. */
static void open_section(struct reader *r, char *header, unsigned line)
{
	size_t n = strlen(header);
	struct gd_unit_line *item;

	if (header[n - 1] != ']') {
		r->list->broken_line = line;
		return;
	}
	item = add_line(r, line);
	item->value = gd_xstrndup(header + 1, n - 2);
	item->section = r->section = item->value;
}

static void take_logical_line(struct reader *r, char *text, unsigned line)
{
	struct gd_unit_line *item;
	char *s = gd_trim(text);
	char *sign;

	if (!*s || !gd_is_utf8(s, strlen(s)))
		return;
	if (*s == '[') {
		open_section(r, s, line);
		return;
	}
	sign = strchr(s, '=');
	if (!sign || !r->section)
		return;
	*sign = '\0';
	item = add_line(r, line);
	item->key = gd_xstrdup(gd_trim(s));
	item->value = gd_xstrdup(gd_trim(sign + 1));
}

static void take_physical_line(struct reader *r, const char *s, size_t n, unsigned line)
{
	size_t skip = 0;

	/* A comment within a continued line does not end it. */
	while (skip < n && strchr(blanks, s[skip]))
		skip++;
	if (skip < n && (s[skip] == '#' || s[skip] == ';'))
		return;
	if (!r->open.data || !r->open.len)
		r->open_line = line;
	gd_buf_add(&r->open, s, n);
	if (n && is_continued(gd_buf_peek(&r->open))) {
		r->open.data[r->open.len - 1] = ' ';
		return;
	}
	take_logical_line(r, r->open.data, r->open_line);
	gd_buf_clear(&r->open);
}

void gd_unit_parse(struct gd_unit_lines *u, const char *text, size_t len)
{
	static const char bom[] = "\xef\xbb\xbf";
	struct reader r = { .list = u };

	if (len >= 3 && !memcmp(text, bom, 3)) {
		text += 3;
		len -= 3;
	}
	for (unsigned line = 1; len && !u->broken_line; line++) {
		const char *start = text;
		size_t n = cut_line(&text, &len);

		take_physical_line(&r, start, n, line);
	}
	if (r.open.len && !u->broken_line)
		take_logical_line(&r, r.open.data, r.open_line);
	gd_buf_free(&r.open);
}

void gd_unit_lines_free(struct gd_unit_lines *u)
{
	for (size_t i = 0; i < u->count; i++) {
		free(u->items[i].key);
		free(u->items[i].value);
	}
	free(u->items);
	*u = (struct gd_unit_lines){ 0 };
}

/* ----------------------------------------------------------------- words -- */

static int digit_of(char c, int base)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

	return at && at - digits < base ? (int)(at - digits) : -1;
}

/* A number of exactly so many digits; -1 where there are fewer. */
static int64_t digits_of(const char *s, int count, int base)
{
	int64_t value = 0;

	for (int i = 0; i < count; i++) {
		int d = s[i] ? digit_of(s[i], base) : -1;

		if (d < 0)
			return -1;
		value = value * base + d;
	}
	return value;
}

/* As UTF-8, surrogates too: whoever reads the word sees that they are none. */
static void put_character(struct gd_buf *out, uint32_t c)
{
	if (c < 0x80) {
		gd_buf_putc(out, (char)c);
	} else if (c < 0x800) {
		gd_buf_putc(out, (char)(0xc0 | c >> 6));
		gd_buf_putc(out, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		gd_buf_putc(out, (char)(0xe0 | c >> 12));
		gd_buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		gd_buf_putc(out, (char)(0x80 | (c & 0x3f)));
	} else {
		gd_buf_putc(out, (char)(0xf0 | c >> 18));
		gd_buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		gd_buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		gd_buf_putc(out, (char)(0x80 | (c & 0x3f)));
	}
}

static bool is_character(int64_t c)
{
	return c < 0x110000 && (c & 0xfffff800) != 0xd800 && !(c >= 0xfdd0 && c <= 0xfdef) && (c & 0xfffe) != 0xfffe;
}

/* \xNN and \NNN are bytes, \uNNNN and \UNNNNNNNN characters. Returns how long the escape is, or -EINVAL. */
static int put_number(const char *s, struct gd_buf *out)
{
	int count = *s == 'x' ? 2 : *s == 'u' ? 4 : *s == 'U' ? 8 : 3;
	bool octal = digit_of(*s, 8) >= 0;
	int64_t value;

	if (!octal && !strchr("xuU", *s))
		return -EINVAL;
	value = octal ? digits_of(s, count, 8) : digits_of(s + 1, count, 16);
	if (value <= 0 || (octal && value > 255) || (*s == 'U' && !is_character(value)))
		return -EINVAL;
	if (octal || *s == 'x')
		gd_buf_putc(out, (char)value);
	else
		put_character(out, (uint32_t)value);
	return octal ? count : count + 1;
}

/* `s` stands behind the backslash. */
static int put_escape(const char *s, struct gd_buf *out)
{
	static const char from[] = "abfnrtv\\\"'s";
	static const char to[] = "\a\b\f\n\r\t\v\\\"' ";
	const char *at = *s ? strchr(from, *s) : NULL;

	if (!*s)
		return -EINVAL;
	if (!at)
		return put_number(s, out);
	gd_buf_putc(out, to[at - from]);
	return 1;
}

int gd_unit_word(const char **at, struct gd_buf *word)
{
	const char *s = *at + strspn(*at, blanks);
	char quote = '\0';

	gd_buf_clear(word);
	*at = s;
	if (!*s)
		return 0;
	gd_buf_puts(word, "");
	for (; *s && (quote || !strchr(blanks, *s)); s++) {
		if (*s == '\\') {
			int n = put_escape(s + 1, word);

			if (n < 0)
				return n;
			s += n;
		} else if (quote ? *s == quote : *s == '"' || *s == '\'') {
			quote = quote ? '\0' : *s;
		} else {
			gd_buf_putc(word, *s);
		}
	}
	if (quote)
		return -EINVAL;
	*at = s;
	return 1;
}

void gd_unit_quote(const char *word, struct gd_buf *out)
{
	/* A line that is no UTF-8 is not read at all. */
	unsigned char last = gd_is_utf8(word, strlen(word)) ? 0xff : 0x7e;

	gd_buf_putc(out, '"');
	for (; *word; word++) {
		unsigned char c = (unsigned char)*word;

		if (c == '"' || c == '\\')
			gd_buf_printf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f || c > last)
			gd_buf_printf(out, "\\x%02x", c);
		else
			gd_buf_putc(out, (char)c);
	}
	gd_buf_putc(out, '"');
}
