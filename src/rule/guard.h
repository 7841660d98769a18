/* SPDX-License-Identifier: MIT */
#ifndef GD_GUARD_H
#define GD_GUARD_H
/*
 * What a rule's expression may hold.
 *
 * SQL has ways to turn "unknown" into an answer without anybody noticing. Those
 * that the text shows are refused here; those that only show when it runs
 * (NULLs that an aggregate skips, tables not listed in full) are seen by
 * eval.c through the columns that were read.
 */
#include "base/strv.h"
#include "fact/store.h"

/*
 * Refuses: several statements, comments, unbalanced parentheses; IS, ISNULL,
 * NOTNULL, CASE, COALESCE, IFNULL, IIF, NULLIF, TYPEOF and the like, which read
 * an unknown as an answer; comparing text with a number; text where a condition
 * is wanted.
 */
int gd_guard_text(const char *expression, const struct gd_store *store, struct gd_err *err) GD_MUST_CHECK;

/*
 * For what stands in the braces of a template, where an unknown may be seen:
 * refuses only what would break out of the statement.
 */
int gd_guard_template(const char *expression, struct gd_err *err) GD_MUST_CHECK;

/* The tables named as TABLE.column in the expression, each once, added to `out`. */
void gd_guard_tables(const char *expression, struct gd_strv *out);

/*
 * The parts of a condition that can be judged one by one: an expression with a
 * subquery is cut at its outermost ANDs, any other stays whole. So a fact that
 * is false by itself decides, even where a subquery beside it cannot.
 */
void gd_guard_split(const char *expression, struct gd_strv *out);

/* A column that a prepared statement reads. */
struct gd_read {
	const struct gd_rows *table;
	size_t column;
	bool whole_table; /* in a subquery: every row of it */
};

struct gd_reads {
	struct gd_read *items;
	size_t count;
	size_t cap;
	unsigned subqueries; /* how many are in the expression */
	bool aggregates; /* a function that folds rows is called */
};

void gd_reads_free(struct gd_reads *r);

/* The table is not listed in full, or the column is unknown in a row of it. */
bool gd_rows_have_gaps(const struct gd_rows *rows, size_t column);

/*
 * A subquery's WHERE, aggregate, IN or EXISTS drops NULLs without a word. So
 * where it went over a table that is not listed in full, or over a column with
 * an unknown in any row, its answer is not taken.
 */
bool gd_reads_tainted(const struct gd_reads *reads);

/*
 * Prepares a statement of a rule: it may only read fact tables and call plain
 * functions. What it reads is noted, each column once. `selects`: how many of
 * them the statement has around the expression.
 */
int gd_guard_prepare(struct gd_store *store, const char *sql, unsigned selects, sqlite3_stmt **ret,
		     struct gd_reads *reads, struct gd_err *err) GD_MUST_CHECK;

#endif
