/* SPDX-License-Identifier: MIT */
#include "rule/compile.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/parse.h"
#include "base/version.h"
#include "rule/token.h"

int gd_rule_fault(const struct gd_rule *rule, const char *key, struct gd_err *err, int code)
{
	struct gd_err inner = *err;

	return gd_err_set(err, code, "%s:%u: [%s] %s: %.800s", rule->file, rule->line, rule->name, key, inner.text);
}

/* The column that a name in `valid` stands for. */
static const char *subject_column(const char *name)
{
	static const struct {
		const char *name;
		const char *column;
	} subjects[] = {
		{ "kernel", "host.kernel_release" },
		{ "nvidia-driver", "nvidia_driver.version" },
	};

	for (size_t i = 0; i < GD_COUNT(subjects); i++)
		if (!strcmp(subjects[i].name, name))
			return subjects[i].column;
	return NULL;
}

/* NAME OP VERSION, such as "kernel >= 6.10". */
static int compile_range(char *range, struct gd_buf *sql, struct gd_err *err)
{
	static const char *const operators[] = { "<", "<=", ">", ">=", "=" };
	gd_autostrv words = { 0 };
	const char *column;

	gd_strv_split(&words, range, " \t");
	if (words.count != 3)
		return gd_err_set(err, -EINVAL, "\"%s\" is not NAME OPERATOR VERSION, such as kernel >= 6.10", range);
	column = subject_column(words.items[0]);
	if (!column)
		return gd_err_set(err, -EINVAL, "no versions are known of \"%s\"; there are kernel and nvidia-driver",
				  words.items[0]);
	if (!gd_version_is_valid(words.items[2]) || strpbrk(words.items[2], "'\""))
		return gd_err_set(err, -EINVAL, "\"%s\" is not a version", words.items[2]);
	for (size_t i = 0; i < GD_COUNT(operators); i++) {
		if (strcmp(operators[i], words.items[1]))
			continue;
		if (sql->len)
			gd_buf_puts(sql, " AND ");
		if (!strcmp(operators[i], "="))
			gd_buf_printf(sql, "version_is(%s, '%s')", column, words.items[2]);
		else
			gd_buf_printf(sql, "%s %s '%s'", column, operators[i], words.items[2]);
		return 0;
	}
	return gd_err_set(err, -EINVAL, "\"%s\" is not one of < <= > >= =", words.items[1]);
}

int gd_compile_when(const struct gd_rule *rule, char **ret, struct gd_err *err)
{
	gd_autostrv ranges = { 0 };
	gd_autobuf sql = { 0 };

	if (rule->valid)
		gd_strv_split(&ranges, rule->valid, ",");
	for (size_t i = 0; i < ranges.count; i++) {
		int r = compile_range(gd_trim(ranges.items[i]), &sql, err);

		if (r < 0)
			return gd_rule_fault(rule, "valid", err, r);
	}
	if (rule->when)
		gd_buf_printf(&sql, "%s(%s)", sql.len ? " AND " : "", rule->when);
	*ret = sql.len ? gd_buf_take(&sql) : NULL;
	return 0;
}

/* FROM the rule's table and every one-row table that the expression names. */
static void add_from(const struct gd_rule *rule, const char *expression, const struct gd_store *store,
		     struct gd_buf *sql)
{
	gd_autostrv named = { 0 };

	gd_guard_tables(expression, &named);
	gd_buf_printf(sql, " FROM \"this_%s\" AS \"%s\"", rule->on, rule->on);
	for (size_t i = 0; i < named.count; i++) {
		const struct gd_rows *t = gd_facts_table_peek(store->facts, named.items[i]);

		if (t && t->table->singleton && strcmp(named.items[i], rule->on))
			gd_buf_printf(sql, " LEFT JOIN \"this_%s\" AS \"%s\"", named.items[i], named.items[i]);
	}
}

int gd_compile_condition(const struct gd_rule *rule, const char *key_name, const char *expression,
			 struct gd_store *store, sqlite3_stmt **ret, struct gd_reads *reads, struct gd_err *err)
{
	const struct gd_rows *on = gd_facts_table_peek(store->facts, rule->on);
	gd_autobuf sql = { 0 };
	int r;

	if (!on) {
		gd_err_set(err, -EINVAL, "there is no fact table \"%s\"; see gpudoctor facts --describe", rule->on);
		return gd_rule_fault(rule, "on", err, -EINVAL);
	}
	r = gd_guard_text(expression, store, err);
	if (r < 0)
		return gd_rule_fault(rule, key_name, err, r);
	gd_buf_printf(&sql, "SELECT (%s)", expression);
	add_from(rule, expression, store, &sql);
	r = gd_guard_prepare(store, sql.data, ret, reads, err);
	return r < 0 ? gd_rule_fault(rule, key_name, err, r) : 0;
}

static void add_value(sqlite3_stmt *stmt, struct gd_buf *out)
{
	double real;

	switch (sqlite3_column_type(stmt, 0)) {
	case SQLITE_NULL:
		gd_buf_puts(out, "unknown");
		break;
	case SQLITE_FLOAT:
		real = sqlite3_column_double(stmt, 0);
		/* One decimal is as exact as any of our sources. */
		if (fabs(real - round(real)) < 0.05)
			gd_buf_printf(out, "%.0f", real);
		else
			gd_buf_printf(out, "%.1f", real);
		break;
	default:
		gd_buf_puts(out, (const char *)sqlite3_column_text(stmt, 0));
	}
}

/* Appends the value of one expression for the row with this key. */
static int fill_in(const struct gd_rule *rule, const char *expression, const char *key, struct gd_store *store,
		   struct gd_buf *out, struct gd_err *err)
{
	const struct gd_rows *on = gd_facts_table_peek(store->facts, rule->on);
	GD_CLEANUP(gd_reads_free) struct gd_reads reads = { 0 };
	gd_autobuf sql = { 0 };
	sqlite3_stmt *stmt;
	struct gd_token t;
	const char *s = expression;
	int r;

	/* The same words are refused as in a condition only where they would break out of the statement. */
	do
		r = gd_token_next(&s, &t, err);
	while (r >= 0 && t.type != GD_TOK_END);
	if (r < 0)
		return r;
	gd_buf_printf(&sql, "SELECT (%s)", expression);
	add_from(rule, expression, store, &sql);
	gd_buf_printf(&sql, " WHERE \"%s\".\"%s\" = ?1", rule->on, on->table->columns[0].name);
	r = gd_guard_prepare(store, sql.data, &stmt, &reads, err);
	if (r < 0)
		return r;
	sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
	gd_store_reset_steps(store);
	r = sqlite3_step(stmt);
	if (r == SQLITE_ROW)
		add_value(stmt, out);
	sqlite3_finalize(stmt);
	return r == SQLITE_ROW || r == SQLITE_DONE ? 0 : gd_err_set(err, -EIO, "%s", sqlite3_errmsg(store->db));
}

int gd_compile_text(const struct gd_rule *rule, const char *template, const char *key, struct gd_store *store,
		    char **ret, struct gd_err *err)
{
	gd_autobuf out = { 0 };

	while (*template) {
		size_t n = strcspn(template, "{}");
		gd_autofree expression = NULL;
		int r;

		gd_buf_add(&out, template, n);
		template += n;
		if (!*template)
			break;
		if (template[0] == template[1]) {
			gd_buf_putc(&out, *template);
			template += 2;
			continue;
		}
		n = strcspn(template + 1, "{}");
		if (*template == '}' || template[1 + n] != '}')
			return gd_err_set(err, -EINVAL, "a brace without its partner (write {{ for one brace)");
		expression = gd_xstrndup(template + 1, n);
		r = fill_in(rule, expression, key, store, &out, err);
		if (r < 0)
			return r;
		template += n + 2;
	}
	*ret = gd_buf_take(&out);
	return 0;
}
