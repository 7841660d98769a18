/* SPDX-License-Identifier: MIT */
#ifndef GD_COMPILE_H
#define GD_COMPILE_H
/* From the expressions of a rule to statements that SQLite can run. */
#include "rule/guard.h"
#include "rule/rule.h"

/* The parts of a rule's `valid` and `when`, all of which must hold; none where it has neither. */
int gd_compile_when(const struct gd_rule *rule, struct gd_strv *out, struct gd_err *err) GD_MUST_CHECK;

/* Every row that the rule is on, or one that nobody has seen: none of its cells has a value. */
enum gd_rows_asked { GD_EVERY_ROW, GD_UNSEEN_ROW };

/*
 * SELECT (EXPRESSION) for these rows, in their order. `reads` gets what it
 * reads.
 */
int gd_compile_condition(const struct gd_rule *rule, const char *key_name, const char *expression,
			 enum gd_rows_asked rows, struct gd_store *store, sqlite3_stmt **ret, struct gd_reads *reads,
			 struct gd_err *err) GD_MUST_CHECK;

/*
 * Fills a template in for this row, or, with NULL, only checks it: {SQL} becomes
 * its value, "unknown" where that is NULL; {{ and }} are braces. Owned.
 */
int gd_compile_text(const struct gd_rule *rule, const char *template, const struct gd_row *row,
		    struct gd_store *store, char **ret, struct gd_err *err) GD_MUST_CHECK;

/* The error text with the rule's file, line and name in front. Returns `code`. */
int gd_rule_fault(const struct gd_rule *rule, const char *key, struct gd_err *err, int code);

#endif
