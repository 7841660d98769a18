/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cmd/session.h"

enum { MAX_ROWS = 10000, MAX_BYTES = 32 * 1024 * 1024 };

static void add_cell(struct gd_grid *g, size_t at, sqlite3_stmt *stmt, int c)
{
	struct gd_value *v = &g->cells[at];
	const char *text = (const char *)sqlite3_column_text(stmt, c);

	*v = (struct gd_value){ .type = GD_VALUE_NULL };
	if (!text)
		return;
	v->text = gd_xstrdup(text);
	v->type = GD_VALUE_TEXT;
	if (sqlite3_column_type(stmt, c) == SQLITE_INTEGER) {
		v->type = GD_VALUE_INT;
		v->i = sqlite3_column_int64(stmt, c);
	} else if (sqlite3_column_type(stmt, c) == SQLITE_FLOAT) {
		v->type = GD_VALUE_REAL;
		v->r = sqlite3_column_double(stmt, c);
	}
}

static void add_row(struct gd_grid *g, sqlite3_stmt *stmt)
{
	size_t columns = g->columns.count;

	if ((g->rows + 1) * columns > g->cap) {
		g->cap = ((g->rows + 1) * columns) * 2;
		g->cells = gd_xrealloc_array(g->cells, g->cap, sizeof(*g->cells));
	}
	for (size_t c = 0; c < columns; c++)
		add_cell(g, g->rows * columns + c, stmt, (int)c);
	g->rows++;
}

static int fetch(struct gd_session *s, sqlite3_stmt *stmt, struct gd_grid *g)
{
	size_t bytes = 0;
	int r;

	for (int c = 0; c < sqlite3_column_count(stmt); c++)
		gd_strv_add(&g->columns, sqlite3_column_name(stmt, c));
	gd_store_reset_steps(s->store);
	while ((r = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (g->rows == MAX_ROWS || bytes > MAX_BYTES) {
			g->cut = true;
			return 0;
		}
		add_row(g, stmt);
		for (size_t c = 0; c < g->columns.count; c++)
			bytes += (size_t)sqlite3_column_bytes(stmt, (int)c);
	}
	if (r == SQLITE_DONE)
		return 0;
	if (r == SQLITE_INTERRUPT)
		return gd_fail(GD_EXIT_DATA, "the query was stopped: it takes more than %d steps or %d seconds",
			       GD_STORE_MAX_STEPS, GD_STORE_MAX_SECONDS);
	return gd_fail(GD_EXIT_DATA, "the query failed: %s", sqlite3_errmsg(s->store->db));
}

/* SQLite's word, and what helps. */
static int refuse(const struct gd_session *s)
{
	const char *text = sqlite3_errmsg(s->store->db);
	const char *help = strstr(text, "no such table")    ? "; gpudoctor facts --describe lists the tables"
			   : strstr(text, "no such column") ? "; gpudoctor facts --describe TABLE lists the columns"
			   : strstr(text, "not authorized") ? "; a query may only read, with SELECT"
							    : "";

	return gd_fail(GD_EXIT_DATA, "the query cannot be used: %s%s", text, help);
}

static int query(struct gd_session *s, const struct gd_options *o, const char *sql)
{
	struct gd_grid g = { 0 };
	gd_autobuf out = { 0 };
	sqlite3_stmt *stmt = NULL;
	const char *tail = "";
	int status = 0;

	if (sqlite3_prepare_v2(s->store->db, sql, -1, &stmt, &tail) != SQLITE_OK)
		status = refuse(s);
	else if (!stmt)
		status = gd_fail(GD_EXIT_USAGE, "the query is empty");
	else if (tail[strspn(tail, "; \t\r\n")])
		status = gd_fail(GD_EXIT_USAGE, "one statement at a time; \"%.40s\" is left over", tail);
	if (!status)
		status = fetch(s, stmt, &g);
	if (!status)
		o->format->grid(&g, &o->view, &out);
	sqlite3_finalize(stmt);
	gd_grid_free(&g);
	return status ? status : gd_put_out(&out);
}

static int run(const struct gd_options *o, char **args, int count)
{
	struct gd_session s = { 0 };
	int status = gd_need_output(o, o->format->grid != NULL);

	(void)count;
	if (!status)
		status = gd_session_open(&s, o);
	if (!status)
		status = gd_session_probe(&s, o);
	if (!status)
		status = gd_session_store(&s, o, GD_STORE_FOR_PEOPLE);
	if (!status)
		status = query(&s, o, args[0]);
	gd_session_close(&s);
	return status;
}

const struct gd_command gd_command_query = {
	.name = "query",
	.help = "ask the facts in SQL",
	.args = "SQL",
	.about = "Runs one SELECT over the fact tables (gpudoctor facts --describe lists them), the tables source and "
		 "gap, and the GPU database (db_isa, db_pci …). Nothing can be written; a query that takes too long or "
		 "too much memory is stopped. An unknown or absent fact is NULL; the table gap says why.",
	.options = GD_OPT_HOST | GD_OPT_FACTS | GD_OPT_FORMAT | GD_OPT_PRIVATE,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
