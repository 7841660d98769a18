/* SPDX-License-Identifier: MIT */
/* Tables for people who ask: sources, gaps, and the GPU database. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "fact/store.h"

static int fail(struct gd_store *s, struct gd_err *err)
{
	return gd_err_set(err, -EIO, "the fact store: %s", sqlite3_errmsg(s->db));
}

static int prepare(struct gd_store *s, const char *sql, sqlite3_stmt **ret, struct gd_err *err)
{
	return sqlite3_prepare_v2(s->db, sql, -1, ret, NULL) == SQLITE_OK ? 0 : fail(s, err);
}

/* Binds the texts, NULL among them, and runs the statement once. */
static void insert(sqlite3_stmt *stmt, const char *const *texts, int count)
{
	for (int i = 0; i < count; i++) {
		if (texts[i])
			sqlite3_bind_text(stmt, i + 1, texts[i], -1, SQLITE_TRANSIENT);
		else
			sqlite3_bind_null(stmt, i + 1);
	}
	sqlite3_step(stmt);
	sqlite3_reset(stmt);
}

static void insert_cell(sqlite3_stmt *source, sqlite3_stmt *gap, const struct gd_row *row, size_t c)
{
	const struct gd_cell *cell = &row->cells[c];
	gd_autofree key = gd_row_key(row);
	const char *texts[] = { row->table->name,
				key,
				row->table->columns[c].name,
				cell->state == GD_UNKNOWN ? gd_gap_name_peek(cell->gap) : cell->source,
				cell->detail,
				cell->remedy };

	if (cell->state == GD_UNKNOWN)
		insert(gap, texts, 6);
	else
		insert(source, texts, 4);
}

static int add_provenance(struct gd_store *s, struct gd_err *err)
{
	sqlite3_stmt *source = NULL;
	sqlite3_stmt *gap = NULL;
	int r;

	if (sqlite3_exec(
		    s->db,
		    "CREATE TABLE source(tbl TEXT, key TEXT, column TEXT, source TEXT) STRICT;"
		    "CREATE TABLE gap(tbl TEXT, key TEXT, column TEXT, reason TEXT, detail TEXT, remedy TEXT) STRICT",
		    NULL, NULL, NULL) != SQLITE_OK)
		return fail(s, err);
	r = prepare(s, "INSERT INTO source VALUES(?,?,?,?)", &source, err);
	if (r >= 0)
		r = prepare(s, "INSERT INTO gap VALUES(?,?,?,?,?,?)", &gap, err);
	for (size_t t = 0; t < s->facts->count && r >= 0; t++) {
		const struct gd_rows *rows = &s->facts->tables[t];

		if (!rows->complete) {
			const char *texts[] = { rows->table->name, NULL,	 NULL, gd_gap_name_peek(rows->gap),
						rows->detail,	   rows->remedy };

			insert(gap, texts, 6);
		}
		for (size_t i = 0; i < rows->count; i++)
			for (size_t c = 0; c < rows->table->column_count; c++)
				insert_cell(source, gap, rows->rows[i], c);
	}
	sqlite3_finalize(source);
	sqlite3_finalize(gap);
	return r;
}

static int add_db_table(struct gd_store *s, const char *name, const struct gd_csv *t, struct gd_err *err)
{
	gd_autobuf create = { 0 };
	gd_autobuf values = { 0 };
	sqlite3_stmt *stmt = NULL;
	const char **texts;
	char table[64];
	int r;

	snprintf(table, sizeof(table), "db_%s", name);
	for (char *p = table; *p; p++)
		*p = *p == '-' ? '_' : *p;
	gd_buf_printf(&create, "CREATE TABLE \"%s\"(", table);
	gd_buf_printf(&values, "INSERT INTO \"%s\" VALUES(", table);
	for (size_t c = 0; c < t->columns; c++) {
		gd_buf_printf(&create, "%s\"%s\" TEXT", c ? "," : "", t->cells[c]);
		gd_buf_puts(&values, c ? ",?" : "?");
	}
	gd_buf_puts(&create, ") STRICT");
	gd_buf_puts(&values, ")");
	if (sqlite3_exec(s->db, create.data, NULL, NULL, NULL) != SQLITE_OK)
		return fail(s, err);
	r = prepare(s, values.data, &stmt, err);
	texts = gd_xcalloc(t->columns, sizeof(*texts));
	for (size_t i = 0; i < t->rows && r >= 0; i++) {
		for (size_t c = 0; c < t->columns; c++)
			texts[c] = *gd_csv_peek(t, i, (int)c) ? gd_csv_peek(t, i, (int)c) : NULL;
		insert(stmt, texts, (int)t->columns);
	}
	free(texts);
	sqlite3_finalize(stmt);
	return r;
}

int gd_store_add_extras(struct gd_store *s, const struct gd_gpudb *db, struct gd_err *err)
{
	const char *const *names = gd_gpudb_names_peek(db);
	int r = sqlite3_exec(s->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(s, err);

	if (r >= 0)
		r = add_provenance(s, err);
	for (size_t i = 0; names[i] && r >= 0; i++)
		r = add_db_table(s, names[i], gd_gpudb_table_peek(db, names[i]), err);
	if (r >= 0 && sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		r = fail(s, err);
	return r;
}
