/* SPDX-License-Identifier: MIT */
#include "rule/compile.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/parse.h"
#include "base/version.h"

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
static int compile_range(char *range, struct gd_strv *out, struct gd_err *err)
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
		bool equal = !strcmp(operators[i], "=");
		gd_autofree sql = equal ? gd_xasprintf("version_is(%s, '%s')", column, words.items[2])
					: gd_xasprintf("%s %s '%s'", column, operators[i], words.items[2]);

		if (strcmp(operators[i], words.items[1]))
			continue;
		gd_strv_add(out, sql);
		return 0;
	}
	return gd_err_set(err, -EINVAL, "\"%s\" is not one of < <= > >= =", words.items[1]);
}

int gd_compile_when(const struct gd_rule *rule, struct gd_strv *out, struct gd_err *err)
{
	const char *range = rule->valid;

	while (range) {
		size_t n = strcspn(range, ",");
		gd_autofree text = gd_xstrndup(range, n);
		int r = compile_range(gd_trim(text), out, err);

		if (r < 0)
			return gd_rule_fault(rule, "valid", err, r);
		range = range[n] ? range + n + 1 : NULL;
	}
	if (rule->when)
		gd_guard_split(rule->when, out);
	return 0;
}

/* FROM the rule's table, or one row of it without values, and every one-row table that the expression names. */
static void add_from(const struct gd_rule *rule, const char *expression, enum gd_rows_asked rows,
		     const struct gd_store *store, struct gd_buf *sql)
{
	gd_autostrv named = { 0 };

	gd_guard_tables(expression, &named);
	if (rows == GD_UNSEEN_ROW)
		gd_buf_printf(sql, " FROM (SELECT 1) LEFT JOIN \"this_%s\" AS \"%s\" ON 0", rule->on, rule->on);
	else
		gd_buf_printf(sql, " FROM \"this_%s\" AS \"%s\"", rule->on, rule->on);
	for (size_t i = 0; i < named.count; i++) {
		const struct gd_rows *t = gd_facts_table_peek(store->facts, named.items[i]);

		if (t && t->table->singleton && strcmp(named.items[i], rule->on))
			gd_buf_printf(sql, " LEFT JOIN \"this_%s\" AS \"%s\"", named.items[i], named.items[i]);
	}
}

/* How many letters must be changed, added or dropped to make one word of the other. */
static size_t distance(const char *a, const char *b)
{
	size_t row[64];
	size_t len = strlen(b);

	if (len >= GD_COUNT(row))
		return SIZE_MAX;
	for (size_t k = 0; k <= len; k++)
		row[k] = k;
	for (size_t i = 0; a[i]; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t k = 0; k < len; k++) {
			size_t change = corner + (a[i] != b[k]);
			size_t other = (row[k] < row[k + 1] ? row[k] : row[k + 1]) + 1;

			corner = row[k + 1];
			row[k + 1] = change < other ? change : other;
		}
	}
	return row[len];
}

/* Adds to "no such column: T.c" what its author may have meant. */
static void add_column_hint(const struct gd_rule *rule, const struct gd_store *store, struct gd_err *err)
{
	static const char start[] = "no such column: ";
	const char *name = strstr(err->text, start);
	const char *dot = name ? strchr(name, '.') : NULL;
	gd_autofree table = dot ? gd_xstrndup(name + strlen(start), (size_t)(dot - name) - strlen(start)) : NULL;
	const struct gd_rows *t = table ? gd_facts_table_peek(store->facts, table) : NULL;
	gd_autofree text = gd_xstrdup(err->text);
	size_t best = 4; /* more than three letters off is another word */
	const char *meant = NULL;

	if (!t)
		return;
	for (size_t i = 0; i < t->table->column_count; i++) {
		size_t far = distance(dot + 1, t->table->columns[i].name);

		if (far < best) {
			best = far;
			meant = t->table->columns[i].name;
		}
	}
	if (meant && best)
		gd_err_set(err, 0, "%s; did you mean %s.%s?", text, table, meant);
	else if (meant && !t->table->singleton && strcmp(table, rule->on))
		gd_err_set(err, 0,
			   "%s: %s has many rows; ask it in a subquery: (SELECT count(*) FROM %s AS x WHERE x.%s …)",
			   text, table, table, meant);
}

int gd_compile_condition(const struct gd_rule *rule, const char *key_name, const char *expression,
			 enum gd_rows_asked rows, struct gd_store *store, sqlite3_stmt **ret, struct gd_reads *reads,
			 struct gd_err *err)
{
	const struct gd_rows *on = gd_facts_table_peek(store->facts, rule->on);
	gd_autobuf sql = { 0 };
	int r;

	if (!on) {
		gd_err_set(err, -EINVAL, "there is no fact table \"%s\"; see gpudoctor facts --describe", rule->on);
		return gd_rule_fault(rule, "on", err, -EINVAL);
	}
	/* A test puts the files of the shipped rules through this as a user's: they need it only once. */
	r = rule->origin == GD_SHIPPED ? 0 : gd_guard_text(expression, store, err);
	if (r < 0)
		return gd_rule_fault(rule, key_name, err, r);
	gd_buf_printf(&sql, "SELECT (%s)", expression);
	add_from(rule, expression, rows, store, &sql);
	if (rows == GD_UNSEEN_ROW)
		gd_buf_puts(&sql, " LIMIT 1");
	r = gd_guard_prepare(store, sql.data, rows == GD_UNSEEN_ROW ? 2 : 1, ret, reads, err);
	if (r >= 0)
		return 0;
	add_column_hint(rule, store, err);
	return gd_rule_fault(rule, key_name, err, r);
}

/* One decimal is as exact as any of our sources. */
static void add_real(double real, struct gd_buf *out)
{
	if (fabs(real - round(real)) < 0.05)
		gd_buf_printf(out, "%.0f", real);
	else
		gd_buf_printf(out, "%.1f", real);
}

static void add_value(sqlite3_stmt *stmt, struct gd_buf *out)
{
	if (sqlite3_column_type(stmt, 0) == SQLITE_NULL)
		gd_buf_puts(out, "unknown");
	else if (sqlite3_column_type(stmt, 0) == SQLITE_FLOAT)
		add_real(sqlite3_column_double(stmt, 0), out);
	else
		gd_buf_puts(out, (const char *)sqlite3_column_text(stmt, 0));
}

/* The value as SQL gives it: a bool is 0 or 1 there. */
static void add_cell(const struct gd_cell *c, enum gd_type type, struct gd_buf *out)
{
	if (c->state != GD_KNOWN)
		gd_buf_puts(out, "unknown");
	else if (type == GD_REAL)
		add_real(c->value.r, out);
	else if (type == GD_TEXT || type == GD_VERSION)
		gd_buf_puts(out, c->value.s);
	else
		gd_buf_printf(out, "%lld", (long long)c->value.i);
}

/*
 * Most templates name plain columns of the row at hand or of a one-row table:
 * these need no statement. False where the expression is more than that.
 */
/* A text goes into reports that people pass on. */
static const char PRIVATE_VALUE[] = "(private)";

static bool reads_private(const struct gd_reads *reads)
{
	for (size_t i = 0; i < reads->count; i++)
		if (reads->items[i].table->table->columns[reads->items[i].column].flags & GD_COL_PRIVATE)
			return true;
	return false;
}

static bool add_plain_column(const struct gd_rule *rule, const char *expression, const struct gd_row *row,
			     const struct gd_store *store, struct gd_buf *out)
{
	gd_autostrv words = { 0 };
	const struct gd_rows *t;
	int c;

	gd_strv_split(&words, expression, ".");
	t = words.count == 2 ? gd_facts_table_peek(store->facts, words.items[0]) : NULL;
	c = t ? gd_table_column(t->table, words.items[1]) : -1;
	if (c < 0 || !row)
		return false;
	if (strcmp(words.items[0], rule->on)) {
		if (!t->table->singleton || !t->count)
			return false;
		row = t->rows[0];
	}
	if (t->table->columns[c].flags & GD_COL_PRIVATE)
		gd_buf_puts(out, PRIVATE_VALUE);
	else
		add_cell(&row->cells[c], t->table->columns[c].type, out);
	return true;
}

/* Appends the value of one expression for the row. */
static int fill_in(const struct gd_rule *rule, const char *expression, const struct gd_row *row, struct gd_store *store,
		   struct gd_buf *out, struct gd_err *err)
{
	const struct gd_rows *on = gd_facts_table_peek(store->facts, rule->on);
	GD_CLEANUP(gd_reads_free) struct gd_reads reads = { 0 };
	gd_autofree key = row ? gd_row_key(row) : gd_xstrdup("");
	gd_autobuf sql = { 0 };
	sqlite3_stmt *stmt;
	int r;

	if (add_plain_column(rule, expression, row, store, out))
		return 0;
	r = gd_guard_template(expression, err);
	if (r < 0)
		return r;
	gd_buf_printf(&sql, "SELECT (%s)", expression);
	add_from(rule, expression, GD_EVERY_ROW, store, &sql);
	gd_buf_printf(&sql, " WHERE \"%s\".\"%s\" = ?1", rule->on, on->table->columns[0].name);
	r = gd_guard_prepare(store, sql.data, 1, &stmt, &reads, err);
	if (r < 0)
		return r;
	sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
	gd_store_reset_steps(store);
	r = sqlite3_step(stmt);
	if (reads_private(&reads))
		gd_buf_puts(out, PRIVATE_VALUE);
	else if (gd_reads_tainted(&reads))
		gd_buf_puts(out, "unknown");
	else if (r == SQLITE_ROW)
		add_value(stmt, out);
	sqlite3_finalize(stmt);
	return r == SQLITE_ROW || r == SQLITE_DONE ? 0 : gd_err_set(err, -EIO, "%s", sqlite3_errmsg(store->db));
}

int gd_compile_text(const struct gd_rule *rule, const char *template, const struct gd_row *row,
		    struct gd_store *store, char **ret, struct gd_err *err)
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
		r = fill_in(rule, expression, row, store, &out, err);
		if (r < 0)
			return r;
		template += n + 2;
	}
	*ret = gd_buf_take(&out);
	return 0;
}
