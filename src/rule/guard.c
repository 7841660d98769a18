/* SPDX-License-Identifier: MIT */
#include "rule/guard.h"

#include <errno.h>
#include <string.h>

#include "rule/token.h"

/* Where an expression may be cut: false where it may not. */
static bool find_cuts(const char *expression, const char **cuts, size_t max, size_t *count)
{
	const char *s = expression;
	struct gd_token t;
	struct gd_err err;
	bool select = false;
	bool between = false;
	int depth = 0;

	*count = 0;
	while (gd_token_next(&s, &t, &err) >= 0 && t.type != GD_TOK_END) {
		depth += (t.type == GD_TOK_OPEN) - (t.type == GD_TOK_CLOSE);
		select |= gd_token_is(&t, "select");
		if (depth)
			continue;
		if (gd_token_is(&t, "or") || *count == max)
			return false;
		if (gd_token_is(&t, "and") && !between)
			cuts[(*count)++] = t.at;
		between = gd_token_is(&t, "between") || (between && !gd_token_is(&t, "and"));
	}
	return select;
}

void gd_guard_split(const char *expression, struct gd_strv *out)
{
	const char *cuts[32];
	size_t count;

	if (!find_cuts(expression, cuts, GD_COUNT(cuts), &count))
		count = 0;
	for (size_t i = 0; i < count; i++) {
		gd_strv_add_n(out, expression, (size_t)(cuts[i] - expression));
		expression = cuts[i] + strlen("and");
	}
	gd_strv_add(out, expression);
}

bool gd_rows_have_gaps(const struct gd_rows *rows, size_t column)
{
	if (!rows->complete)
		return true;
	for (size_t i = 0; i < rows->count; i++)
		if (rows->rows[i]->cells[column].state == GD_UNKNOWN)
			return true;
	return false;
}

bool gd_reads_tainted(const struct gd_reads *reads)
{
	for (size_t i = 0; i < reads->count; i++) {
		const struct gd_read *r = &reads->items[i];

		if (r->whole_table && gd_rows_have_gaps(r->table, r->column))
			return true;
	}
	return false;
}

void gd_reads_free(struct gd_reads *r)
{
	free(r->items);
	*r = (struct gd_reads){ 0 };
}

struct watch {
	const struct gd_store *store;
	struct gd_reads *reads;
	unsigned selects;
	bool refused;
};

static bool folds_rows(const char *name)
{
	return !strcasecmp(name, "count") || !strcasecmp(name, "sum") || !strcasecmp(name, "avg");
}

/*
 * Functions of SQLite that make an answer of an unknown (printf, hex, total …),
 * or reach outside, stay closed in rules: those open give NULL for NULL.
 */
static bool function_is_open(const char *name)
{
	static const char *const open[] = {
		"abs",	 "like",  "glob",   "lower",  "upper",	   "length", "min",		"max",
		"sum",	 "count", "avg",    "round",  "replace",   "substr", "instr",		"substring",
		"trim",	 "ltrim", "rtrim",  "sign",   "version_is", "unicode", "version_compare",
	};

	for (size_t i = 0; i < GD_COUNT(open); i++)
		if (!strcasecmp(name, open[i]))
			return true;
	return false;
}

static void note_read(struct watch *w, const char *table, const char *column, bool whole)
{
	const struct gd_rows *rows = gd_facts_table_peek(w->store->facts, table);
	int c;

	/* A row at hand of which no column is read. */
	if (rows && !whole && !*column)
		return;
	/* count(*) reads a table without naming a column: its first one stands for it. */
	c = rows ? (*column ? gd_table_column(rows->table, column) : 0) : -1;

	if (c < 0) {
		w->refused = true;
		return;
	}
	for (size_t i = 0; i < w->reads->count; i++) {
		const struct gd_read *r = &w->reads->items[i];

		if (r->table == rows && r->column == (size_t)c && r->whole_table == whole)
			return;
	}
	GD_GROW(w->reads->items, w->reads->count, w->reads->cap);
	w->reads->items[w->reads->count++] = (struct gd_read){ rows, (size_t)c, whole };
}

static int watch_reads(void *arg, int action, const char *a, const char *b, const char *schema, const char *via)
{
	struct watch *w = arg;

	(void)schema;
	switch (action) {
	case SQLITE_SELECT:
		w->selects += !via;
		return SQLITE_OK;
	case SQLITE_FUNCTION:
		w->reads->aggregates |= folds_rows(b);
		return function_is_open(b) ? SQLITE_OK : SQLITE_DENY;
	case SQLITE_READ:
		/* The columns that a this_T view spells out are not what the rule reads. */
		if (via && !strncmp(via, "this_", 5))
			return SQLITE_OK;
		if (!strncmp(a, "this_", 5))
			note_read(w, a + 5, b, false);
		else
			note_read(w, a, b, !gd_facts_table_peek(w->store->facts, a) ||
						   !gd_facts_table_peek(w->store->facts, a)->table->singleton);
		return w->refused ? SQLITE_DENY : SQLITE_OK;
	default:
		return SQLITE_DENY;
	}
}

/* Without a subquery no other row is read: SQLite then names the table of the row at hand. */
static void drop_whole_tables(struct gd_reads *reads)
{
	size_t kept = 0;

	for (size_t i = 0; i < reads->count; i++)
		if (!reads->items[i].whole_table)
			reads->items[kept++] = reads->items[i];
	reads->count = kept;
}

int gd_guard_prepare(struct gd_store *store, const char *sql, unsigned selects, sqlite3_stmt **ret,
		     struct gd_reads *reads, struct gd_err *err)
{
	struct watch w = { .store = store, .reads = reads };
	int r;

	store->watch = watch_reads;
	store->watch_arg = &w;
	r = sqlite3_prepare_v2(store->db, sql, -1, ret, NULL);
	store->watch = NULL;
	if (r != SQLITE_OK)
		return gd_err_set(err, -EINVAL, "%s", sqlite3_errmsg(store->db));
	reads->subqueries = w.selects > selects ? w.selects - selects : 0;
	if (!reads->subqueries)
		drop_whole_tables(reads);
	if (reads->aggregates && !reads->subqueries) {
		sqlite3_finalize(*ret);
		*ret = NULL;
		return gd_err_set(err, -EINVAL,
				  "count, sum and avg fold rows: put them into a subquery, (SELECT count(*) FROM …)");
	}
	return 0;
}
