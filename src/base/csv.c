/* SPDX-License-Identifier: MIT */
#include "base/csv.h"

#include <errno.h>
#include <string.h>

struct scan {
	const char *p;
	const char *end;
	unsigned line;
	char *out; /* where the next unquoted field is written */
};

static bool ends_field(char c)
{
	return c == ',' || c == '\n' || c == '\r' || c == '"' || c == '\0';
}

/* Copies what stands between the quotes; false where the closing one is missing. */
static bool scan_quoted(struct scan *s)
{
	for (s->p++; s->p < s->end; s->p++) {
		if (*s->p == '"' && (++s->p == s->end || *s->p != '"'))
			return true;
		s->line += *s->p == '\n';
		*s->out++ = *s->p;
	}
	return false;
}

/*
 * Reads one field into `s->out`. Returns the character that ended it (',' or
 * '\n'), '\0' at the end of the text, or -1 for a quote out of place.
 */
static int scan_field(struct scan *s, const char **ret)
{
	*ret = s->out;
	if (s->p < s->end && *s->p == '"') {
		if (!scan_quoted(s))
			return -1;
	} else {
		while (s->p < s->end && !ends_field(*s->p))
			*s->out++ = *s->p++;
	}
	*s->out++ = '\0';
	if (s->p < s->end && *s->p == '\r')
		s->p++;
	if (s->p >= s->end)
		return '\0';
	return *s->p == ',' || *s->p == '\n' ? *s->p++ : -1;
}

static void add_cell(struct gd_csv *t, size_t *count, const char *cell)
{
	GD_GROW(t->cells, *count, t->cap);
	t->cells[(*count)++] = cell;
}

/* Reads one line of fields; returns how many there were, or a negative errno. */
static int scan_row(struct gd_csv *t, struct scan *s, size_t *count, struct gd_err *err)
{
	unsigned line = s->line;
	int fields = 0;

	for (;;) {
		const char *cell;
		int c = scan_field(s, &cell);

		if (c < 0)
			return gd_err_set(err, -EINVAL, "%s:%u: a quote is out of place or not closed", t->name, line);
		add_cell(t, count, cell);
		fields++;
		if (c == '\n')
			s->line++;
		if (c != ',')
			return fields;
	}
}

int gd_csv_parse(struct gd_csv *t, const char *name, const char *text, size_t len, struct gd_err *err)
{
	struct scan s = { .p = text, .end = text + len, .line = 1 };
	size_t count = 0;
	size_t lines_cap = 0;

	*t = (struct gd_csv){ .name = name };
	s.out = gd_arena_alloc(&t->arena, len + 2);
	while (s.p < s.end) {
		unsigned line = s.line;
		int fields = scan_row(t, &s, &count, err);

		if (fields < 0)
			return fields;
		if (!t->columns)
			t->columns = (size_t)fields;
		if ((size_t)fields != t->columns)
			return gd_err_set(err, -EINVAL, "%s:%u: %d fields where the header has %zu", name, line, fields,
					  t->columns);
		GD_GROW(t->lines, t->rows, lines_cap);
		t->lines[t->rows++] = line;
	}
	if (!t->rows)
		return gd_err_set(err, -EINVAL, "%s:1: the header line is missing", name);
	t->rows--;
	memmove(t->lines, t->lines + 1, t->rows * sizeof(*t->lines));
	return 0;
}

void gd_csv_free(struct gd_csv *t)
{
	gd_arena_free(&t->arena);
	free(t->cells);
	free(t->lines);
	*t = (struct gd_csv){ 0 };
}

int gd_csv_column(const struct gd_csv *t, const char *name)
{
	for (size_t i = 0; i < t->columns; i++)
		if (!strcmp(t->cells[i], name))
			return (int)i;
	return -1;
}

const char *gd_csv_peek(const struct gd_csv *t, size_t row, int column)
{
	return column < 0 ? "" : t->cells[(row + 1) * t->columns + (size_t)column];
}
