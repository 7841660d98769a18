/* SPDX-License-Identifier: MIT */
#include "fact/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/parse.h"

#define MAGIC "gpudoctor-facts 1"

void gd_text_quote(struct gd_buf *out, const char *s)
{
	gd_buf_putc(out, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			gd_buf_printf(out, "\\%c", *s);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			gd_buf_printf(out, "\\x%02x", (unsigned char)*s);
		else
			gd_buf_putc(out, *s);
	}
	gd_buf_putc(out, '"');
}

static void print_gap(struct gd_buf *out, enum gd_gap gap, const char *detail, const char *remedy)
{
	gd_buf_printf(out, " %s", gd_gap_name_peek(gap));
	if (detail) {
		gd_buf_putc(out, ' ');
		gd_text_quote(out, detail);
	}
	if (remedy) {
		gd_buf_puts(out, " fix ");
		gd_text_quote(out, remedy);
	}
}

static void print_value(struct gd_buf *out, const struct gd_cell *c, const struct gd_column *column)
{
	gd_autofree value = gd_cell_text(c, column->type);

	gd_buf_puts(out, " = ");
	if (column->type == GD_TEXT || column->type == GD_VERSION)
		gd_text_quote(out, value);
	else
		gd_buf_puts(out, value);
}

static void print_cell(struct gd_buf *out, const struct gd_cell *c, const struct gd_column *column, bool show_private)
{
	/* Most devices are asked for little, and a line for each thing not asked would hide the rest. */
	if (c->state == GD_UNSET || (c->state == GD_UNKNOWN && c->gap == GD_GAP_NOT_PROBED))
		return;
	gd_buf_printf(out, "  %s", column->name);
	if (c->state == GD_UNKNOWN) {
		gd_buf_puts(out, " unknown");
		print_gap(out, c->gap, c->detail, c->remedy);
	} else if (c->state == GD_KNOWN && !show_private && (column->flags & GD_COL_PRIVATE)) {
		gd_buf_puts(out, " unknown");
		print_gap(out, GD_GAP_DENIED, "private", "--show-private shows it");
	} else {
		if (c->state == GD_ABSENT)
			gd_buf_puts(out, " absent");
		else
			print_value(out, c, column);
		if (c->source) {
			gd_buf_puts(out, " @ ");
			gd_text_quote(out, c->source);
		}
	}
	gd_buf_putc(out, '\n');
}

static bool wanted(const struct gd_text_options *o, const char *table)
{
	if (!o->tables || !o->tables[0])
		return true;
	for (size_t i = 0; o->tables[i]; i++)
		if (!strcmp(o->tables[i], table))
			return true;
	return false;
}

void gd_text_print(const struct gd_facts *f, const struct gd_text_options *options, struct gd_buf *out)
{
	gd_buf_puts(out, MAGIC "\n");
	for (size_t t = 0; t < f->count; t++) {
		const struct gd_rows *rows = &f->tables[t];

		if (!wanted(options, rows->table->name))
			continue;
		gd_buf_printf(out, "table %s %s", rows->table->name, rows->complete ? "complete" : "incomplete");
		if (!rows->complete)
			print_gap(out, rows->gap, rows->detail, rows->remedy);
		gd_buf_putc(out, '\n');
		for (size_t r = 0; r < rows->count; r++) {
			gd_buf_puts(out, "row\n");
			for (size_t c = 0; c < rows->table->column_count; c++)
				print_cell(out, &rows->rows[r]->cells[c], &rows->table->columns[c],
					   options->show_private);
		}
	}
	gd_buf_puts(out, "end\n");
}

/* Where a row began, and then its key: two rows must not be one. */
struct seen_row {
	const struct gd_row *row;
	unsigned line;
	char *key;
};

struct reader {
	const char *name;
	unsigned line;
	struct gd_facts *facts;
	struct gd_rows *table;
	struct gd_row *row;
	struct seen_row *seen;
	size_t seen_count;
	size_t seen_cap;
	struct gd_err *err;
};

static int fault(const struct reader *r, const char *what, const char *about)
{
	return gd_err_set(r->err, -EINVAL, "%s:%u: %s%s%.60s", r->name, r->line, what, about ? ": " : "",
			  about ? about : "");
}

static char *take_word(char **s)
{
	char *word;
	size_t n;

	*s += strspn(*s, " \t");
	word = *s;
	n = strcspn(word, " \t");
	*s += n;
	if (**s)
		*(*s)++ = '\0';
	return word;
}

static int hex(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads a quoted string in place; NULL where there is none, or a bad escape. */
static char *take_quoted(char **s)
{
	char *start;
	char *to;
	char *p;

	*s += strspn(*s, " \t");
	if (**s != '"')
		return NULL;
	start = to = *s;
	for (p = *s + 1; *p && *p != '"'; p++) {
		if (*p != '\\') {
			*to++ = *p;
		} else if (p[1] == '"' || p[1] == '\\') {
			*to++ = *++p;
		} else if (p[1] == 'x' && hex(p[2]) > -1 && hex(p[3]) > -1) {
			*to++ = (char)(hex(p[2]) * 16 + hex(p[3]));
			p += 3;
		} else {
			return NULL;
		}
	}
	if (*p != '"')
		return NULL;
	*s = p + 1;
	*to = '\0';
	return start;
}

/* GAP ["detail"] [fix "remedy"] to the end of the line. */
static int read_gap(struct reader *r, char *s, enum gd_gap *gap, char **detail, char **remedy)
{
	const char *word = take_word(&s);
	int g = gd_gap_by_name(word);

	if (g < 0)
		return fault(r, "not a reason for an unknown", word);
	*gap = (enum gd_gap)g;
	*detail = take_quoted(&s);
	word = take_word(&s);
	*remedy = !strcmp(word, "fix") ? take_quoted(&s) : NULL;
	if ((*word && !*remedy) || *take_word(&s))
		return fault(r, "expected: REASON \"detail\" fix \"remedy\"", NULL);
	return 0;
}

static int read_table(struct reader *r, char *s)
{
	const char *name = take_word(&s);
	const char *state = take_word(&s);

	r->table = gd_facts_table_peek(r->facts, name);
	r->row = NULL;
	if (!r->table)
		return fault(r, "no such table", name);
	if (!strcmp(state, "complete")) {
		gd_facts_complete(r->facts, name);
	} else if (!strcmp(state, "incomplete")) {
		enum gd_gap gap;
		char *detail;
		char *remedy;
		int q = read_gap(r, s, &gap, &detail, &remedy);

		if (q < 0)
			return q;
		gd_facts_incomplete(r->facts, name, gap, detail, remedy);
	} else {
		return fault(r, "expected: table NAME complete|incomplete", NULL);
	}
	return 0;
}

static int set_number(struct reader *r, const struct gd_column *column, const char *word, const char *source)
{
	double real;
	int64_t i;

	switch (column->type) {
	case GD_BOOL:
		if (strcmp(word, "true") && strcmp(word, "false"))
			return fault(r, "expected true or false", word);
		gd_set_bool(r->row, column->name, !strcmp(word, "true"), source);
		return 0;
	case GD_INT:
		if (gd_parse_i64(word, 10, &i) < 0)
			return fault(r, "not a whole number", word);
		gd_set_int(r->row, column->name, i, source);
		return 0;
	case GD_REAL:
		if (gd_parse_real(word, &real) < 0)
			return fault(r, "not a number", word);
		gd_set_real(r->row, column->name, real, source);
		return 0;
	case GD_TEXT:
	case GD_VERSION:
		break;
	}
	return fault(r, "expected quoted text", word);
}

/* [@ "source"] to the end of the line. */
static int read_source(struct reader *r, char *s, const char **ret)
{
	const char *word = take_word(&s);

	*ret = NULL;
	if (!*word)
		return 0;
	if (!strcmp(word, "@"))
		*ret = take_quoted(&s);
	return *ret && !*take_word(&s) ? 0 : fault(r, "expected: @ \"source\"", NULL);
}

static int read_known(struct reader *r, const struct gd_column *column, char *s)
{
	bool text = column->type == GD_TEXT || column->type == GD_VERSION;
	const char *value = text ? take_quoted(&s) : take_word(&s);
	const char *source;
	int q;

	if (!value)
		return fault(r, "expected quoted text", s);
	if (strlen(value) > GD_TEXT_MAX_BYTES)
		return fault(r, "a text of more than 64 KiB", column->name);
	q = read_source(r, s, &source);
	if (q < 0)
		return q;
	if (!text)
		return set_number(r, column, value, source);
	gd_set_text(r->row, column->name, value, source);
	return 0;
}

static int read_cell(struct reader *r, const char *name, char *s)
{
	const char *state = take_word(&s);
	const struct gd_column *column;
	const char *source;
	enum gd_gap gap;
	char *detail;
	char *remedy;
	int i;
	int q;

	if (!r->row)
		return fault(r, "a cell outside a row", name);
	i = gd_table_column(r->table->table, name);
	if (i < 0)
		return fault(r, "no such column", name);
	column = &r->table->table->columns[i];
	if (!strcmp(state, "="))
		return read_known(r, column, s);
	if (!strcmp(state, "absent")) {
		q = read_source(r, s, &source);
		if (q >= 0)
			gd_set_absent(r->row, name, source);
		return q;
	}
	if (strcmp(state, "unknown"))
		return fault(r, "expected: COLUMN = VALUE, COLUMN absent, or COLUMN unknown", state);
	q = read_gap(r, s, &gap, &detail, &remedy);
	if (q >= 0)
		gd_set_unknown(r->row, name, gap, detail, remedy);
	return q;
}

static int read_line(struct reader *r, char *line)
{
	const char *word = take_word(&line);

	if (!*word || *word == '#')
		return 0;
	if (!strcmp(word, "table"))
		return read_table(r, line);
	if (strcmp(word, "row"))
		return read_cell(r, word, line);
	if (!r->table)
		return fault(r, "a row outside a table", NULL);
	r->row = gd_facts_add(r->facts, r->table->table->name);
	GD_GROW(r->seen, r->seen_count, r->seen_cap);
	r->seen[r->seen_count++] = (struct seen_row){ .row = r->row, .line = r->line };
	return 0;
}

static int compare_seen(const void *a, const void *b)
{
	const struct seen_row *x = a;
	const struct seen_row *y = b;
	int order = strcmp(x->row->table->name, y->row->table->name);

	if (!order && !x->row->table->singleton)
		order = strcmp(x->key, y->key);
	return order ? order : x->line < y->line ? -1 : 1;
}

/* No two rows of a table have the same key; a one-row table has one row. */
static int check_keys(struct reader *r)
{
	for (size_t i = 0; i < r->seen_count; i++) {
		const struct gd_row *row = r->seen[i].row;
		bool is_private = row->table->columns[0].flags & GD_COL_PRIVATE;
		bool masked = is_private && row->cells[0].state == GD_UNKNOWN;

		r->line = r->seen[i].line;
		if (!row->table->singleton && row->cells[0].state != GD_KNOWN && !masked)
			return fault(r, "a row without its key", row->table->columns[0].name);
		r->seen[i].key = gd_row_key(row);
	}
	if (r->seen_count)
		qsort(r->seen, r->seen_count, sizeof(*r->seen), compare_seen);
	for (size_t i = 1; i < r->seen_count; i++) {
		const struct gd_table *t = r->seen[i].row->table;

		r->line = r->seen[i].line;
		if (t != r->seen[i - 1].row->table)
			continue;
		if (t->singleton)
			return fault(r, "a second row in a table of one row", t->name);
		if (r->seen[i].row->cells[0].state == GD_KNOWN && !strcmp(r->seen[i].key, r->seen[i - 1].key))
			return fault(r, "a second row with the same key", r->seen[i].key);
	}
	return 0;
}

static int read_lines(struct reader *r, const char *text, size_t len)
{
	const char *end = text + len;
	int q = 0;

	while (text < end && q >= 0) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((eol ? eol : end) - text);
		gd_autofree line = gd_xstrndup(text, n);

		r->line++;
		text += n + 1;
		if (strlen(line) != n)
			return fault(r, "a NUL byte: this is no text", NULL);
		if (r->line == 1 && strcmp(line, MAGIC))
			return fault(r, "the first line must be \"" MAGIC "\"", NULL);
		if (!strcmp(line, "end"))
			return check_keys(r);
		if (r->line > 1)
			q = read_line(r, line);
	}
	return q < 0 ? q : fault(r, "no end line: the facts are truncated", NULL);
}

int gd_text_parse(struct gd_facts *f, const char *name, const char *text, size_t len, struct gd_err *err)
{
	struct reader r = { .name = name, .facts = f, .err = err };
	int q = read_lines(&r, text, len);

	for (size_t i = 0; i < r.seen_count; i++)
		free(r.seen[i].key);
	free(r.seen);
	return q;
}
