/* SPDX-License-Identifier: MIT */
#include "fact/fact.h"

#include <stdio.h>
#include <string.h>

#include "base/parse.h"

static const struct {
	const char *name;
	const char *text;
} gaps[GD_GAP_COUNT] = {
	[GD_GAP_NONE] = { "none", "" },
	[GD_GAP_NOT_CAPTURED] = { "not-captured", "not in this recording or tree" },
	[GD_GAP_DENIED] = { "denied", "this user may not read it" },
	[GD_GAP_ASLEEP] = { "asleep", "the device is suspended, and asking would wake it" },
	[GD_GAP_GARBAGE] = { "garbage", "what was read makes no sense" },
	[GD_GAP_ERROR] = { "error", "it could not be read" },
	[GD_GAP_AMBIGUOUS] = { "ambiguous", "the sources allow several answers" },
	[GD_GAP_NO_SOURCE] = { "no-source", "nothing on this machine says it" },
	[GD_GAP_CRASHED] = { "crashed", "a library crashed before it answered" },
	[GD_GAP_TIMED_OUT] = { "timed-out", "a library did not answer in time" },
	[GD_GAP_NOT_PROBED] = { "not-probed", "the probe did not get this far" },
};

static void GD_NORETURN bug(const char *what, const char *table, const char *column)
{
	fprintf(stderr, "gpudoctor: bug: %s: %s.%s\n", what, table, column);
	abort();
}

const char *gd_gap_name_peek(enum gd_gap gap)
{
	return gaps[gap].name;
}

const char *gd_gap_text_peek(enum gd_gap gap)
{
	return gaps[gap].text;
}

int gd_gap_by_name(const char *name)
{
	for (int i = 1; i < GD_GAP_COUNT; i++)
		if (!strcmp(gaps[i].name, name))
			return i;
	return -1;
}

const char *gd_type_name_peek(enum gd_type type)
{
	static const char *const names[] = {
		[GD_BOOL] = "bool", [GD_INT] = "int",	      [GD_REAL] = "real",
		[GD_TEXT] = "text", [GD_VERSION] = "version",
	};

	return names[type];
}

int gd_table_column(const struct gd_table *t, const char *name)
{
	for (size_t i = 0; i < t->column_count; i++)
		if (!strcmp(t->columns[i].name, name))
			return (int)i;
	return -1;
}

struct gd_facts *gd_facts_new(void)
{
	return gd_xcalloc(1, sizeof(struct gd_facts));
}

void gd_facts_free(struct gd_facts *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++)
		free(f->tables[i].rows);
	free(f->tables);
	gd_arena_free(&f->arena);
	free(f);
}

struct gd_rows *gd_facts_table_peek(const struct gd_facts *f, const char *table)
{
	for (size_t i = 0; i < f->count; i++)
		if (!strcmp(f->tables[i].table->name, table))
			return &f->tables[i];
	return NULL;
}

static struct gd_rows *need_table(const struct gd_facts *f, const char *table)
{
	struct gd_rows *t = gd_facts_table_peek(f, table);

	if (!t)
		bug("no such fact table", table, "*");
	return t;
}

void gd_facts_declare(struct gd_facts *f, const struct gd_table *table, const char *probe)
{
	if (gd_facts_table_peek(f, table->name))
		bug("a fact table is declared twice", table->name, "*");
	GD_GROW(f->tables, f->count, f->cap);
	f->tables[f->count++] = (struct gd_rows){ .table = table, .probe = probe, .gap = GD_GAP_NOT_PROBED };
}

void gd_facts_complete(struct gd_facts *f, const char *table)
{
	struct gd_rows *t = need_table(f, table);

	t->complete = true;
	t->gap = GD_GAP_NONE;
}

static const char *keep(struct gd_arena *arena, const char *s)
{
	return s ? gd_arena_strdup(arena, s) : NULL;
}

void gd_facts_incomplete(struct gd_facts *f, const char *table, enum gd_gap gap, const char *detail,
			 const char *remedy)
{
	struct gd_rows *t = need_table(f, table);

	t->complete = false;
	t->gap = gap;
	t->detail = keep(&f->arena, detail);
	t->remedy = keep(&f->arena, remedy);
}

void gd_facts_close_like(struct gd_facts *f, const char *table, const struct gd_rows *from)
{
	if (!from || from->complete)
		gd_facts_complete(f, table);
	else
		gd_facts_incomplete(f, table, from->gap, from->detail, from->remedy);
}

struct gd_row *gd_facts_add(struct gd_facts *f, const char *table)
{
	struct gd_rows *t = need_table(f, table);
	size_t bytes = t->table->column_count * sizeof(struct gd_cell);
	struct gd_row *row = gd_arena_alloc(&f->arena, sizeof(*row));

	row->table = t->table;
	row->arena = &f->arena;
	row->cells = memset(gd_arena_alloc(&f->arena, bytes), 0, bytes);
	GD_GROW(t->rows, t->count, t->cap);
	t->rows[t->count++] = row;
	return row;
}

struct gd_row *gd_facts_find(const struct gd_facts *f, const char *table, const char *key)
{
	const struct gd_rows *t = need_table(f, table);

	for (size_t i = 0; i < t->count; i++) {
		gd_autofree own = gd_row_key(t->rows[i]);

		if (!strcmp(own, key))
			return t->rows[i];
	}
	return NULL;
}

static size_t need_column(const struct gd_row *row, const char *column)
{
	int i = gd_table_column(row->table, column);

	if (i < 0)
		bug("no such column", row->table->name, column);
	return (size_t)i;
}

/* The cell to be written, emptied; NULL takes any type. */
static struct gd_cell *cell_for(struct gd_row *row, const char *column, const enum gd_type *types, size_t count)
{
	size_t i = need_column(row, column);
	bool fits = !count;

	for (size_t k = 0; k < count; k++)
		fits |= row->table->columns[i].type == types[k];
	if (!fits)
		bug("a value of the wrong type", row->table->name, column);
	row->cells[i] = (struct gd_cell){ 0 };
	return &row->cells[i];
}

void gd_set_bool(struct gd_row *row, const char *column, bool value, const char *source)
{
	static const enum gd_type types[] = { GD_BOOL };
	struct gd_cell *c = cell_for(row, column, types, GD_COUNT(types));

	c->state = GD_KNOWN;
	c->value.i = value;
	c->source = keep(row->arena, source);
}

void gd_set_int(struct gd_row *row, const char *column, int64_t value, const char *source)
{
	static const enum gd_type types[] = { GD_INT };
	struct gd_cell *c = cell_for(row, column, types, GD_COUNT(types));

	c->state = GD_KNOWN;
	c->value.i = value;
	c->source = keep(row->arena, source);
}

void gd_set_real(struct gd_row *row, const char *column, double value, const char *source)
{
	static const enum gd_type types[] = { GD_REAL };
	struct gd_cell *c = cell_for(row, column, types, GD_COUNT(types));

	c->state = GD_KNOWN;
	c->value.r = value;
	c->source = keep(row->arena, source);
}

void gd_set_text(struct gd_row *row, const char *column, const char *value, const char *source)
{
	static const enum gd_type types[] = { GD_TEXT, GD_VERSION };
	struct gd_cell *c = cell_for(row, column, types, GD_COUNT(types));

	size_t len = strlen(value);

	if (len > GD_TEXT_MAX_BYTES || !gd_is_text(value, len)) {
		gd_autofree detail = gd_xasprintf("%s holds %s", source ? source : column,
						  len > GD_TEXT_MAX_BYTES ? "more than 64 KiB"
									  : "bytes that are no text");

		gd_set_unknown(row, column, GD_GAP_GARBAGE, detail, NULL);
		return;
	}
	c->state = GD_KNOWN;
	c->value.s = keep(row->arena, value);
	c->source = keep(row->arena, source);
}

void gd_set_text_or_absent(struct gd_row *row, const char *column, const char *value, const char *source)
{
	if (value && *value)
		gd_set_text(row, column, value, source);
	else
		gd_set_absent(row, column, source);
}

void gd_set_absent(struct gd_row *row, const char *column, const char *source)
{
	struct gd_cell *c = cell_for(row, column, NULL, 0);

	c->state = GD_ABSENT;
	c->source = keep(row->arena, source);
}

void gd_set_unknown(struct gd_row *row, const char *column, enum gd_gap gap, const char *detail, const char *remedy)
{
	struct gd_cell *c = cell_for(row, column, NULL, 0);

	c->state = GD_UNKNOWN;
	c->gap = gap;
	c->detail = keep(row->arena, detail);
	c->remedy = keep(row->arena, remedy);
}

void gd_set_cell(struct gd_row *row, const char *column, const struct gd_cell *from)
{
	size_t i = need_column(row, column);
	enum gd_type type = row->table->columns[i].type;
	struct gd_cell *c = &row->cells[i];

	*c = *from;
	c->source = keep(row->arena, from->source);
	c->detail = keep(row->arena, from->detail);
	c->remedy = keep(row->arena, from->remedy);
	if (c->state == GD_KNOWN && (type == GD_TEXT || type == GD_VERSION))
		c->value.s = keep(row->arena, from->value.s);
}

const struct gd_cell *gd_get(const struct gd_row *row, const char *column)
{
	return &row->cells[need_column(row, column)];
}

bool gd_is_known(const struct gd_row *row, const char *column)
{
	return gd_get(row, column)->state == GD_KNOWN;
}

bool gd_is_absent(const struct gd_row *row, const char *column)
{
	return gd_get(row, column)->state == GD_ABSENT;
}

int64_t gd_get_int(const struct gd_row *row, const char *column, int64_t otherwise)
{
	const struct gd_cell *c = gd_get(row, column);

	return c->state == GD_KNOWN ? c->value.i : otherwise;
}

double gd_get_real(const struct gd_row *row, const char *column, double otherwise)
{
	const struct gd_cell *c = gd_get(row, column);

	return c->state == GD_KNOWN ? c->value.r : otherwise;
}

const char *gd_get_text(const struct gd_row *row, const char *column, const char *otherwise)
{
	const struct gd_cell *c = gd_get(row, column);

	return c->state == GD_KNOWN ? c->value.s : otherwise;
}

bool gd_text_is(const struct gd_row *row, const char *column, const char *value)
{
	const char *text = gd_get_text(row, column, NULL);

	return text && !strcmp(text, value);
}

char *gd_cell_text(const struct gd_cell *cell, enum gd_type type)
{
	switch (type) {
	case GD_BOOL:
		return gd_xstrdup(cell->value.i ? "true" : "false");
	case GD_INT:
		return gd_xasprintf("%lld", (long long)cell->value.i);
	case GD_REAL:
		return gd_xasprintf("%.15g", cell->value.r);
	case GD_TEXT:
	case GD_VERSION:
		break;
	}
	return gd_xstrdup(cell->value.s);
}

char *gd_row_key(const struct gd_row *row)
{
	if (row->cells[0].state != GD_KNOWN)
		return gd_xstrdup("");
	return gd_cell_text(&row->cells[0], row->table->columns[0].type);
}

void gd_facts_close(struct gd_facts *f)
{
	for (size_t t = 0; t < f->count; t++)
		for (size_t r = 0; r < f->tables[t].count; r++)
			for (size_t c = 0; c < f->tables[t].table->column_count; c++) {
				struct gd_cell *cell = &f->tables[t].rows[r]->cells[c];

				if (cell->state == GD_UNSET)
					*cell = (struct gd_cell){ .state = GD_UNKNOWN, .gap = GD_GAP_NOT_PROBED };
			}
}
