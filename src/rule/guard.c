/* SPDX-License-Identifier: MIT */
#include "rule/guard.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rule/token.h"

/* Words that would let an unknown pass for an answer, and what to write instead. */
static const struct {
	const char *word;
	const char *instead;
} refused[] = {
	{ "is", "use = or <>; an unknown stays unknown" },
	{ "isnull", "an unknown fact cannot be tested for; the rule becomes unknown by itself" },
	{ "notnull", "an unknown fact cannot be tested for; the rule becomes unknown by itself" },
	{ "null", "an unknown fact cannot be tested for; the rule becomes unknown by itself" },
	{ "case", "use AND, OR and NOT, which keep unknowns" },
	{ "coalesce", "it hides an unknown" },
	{ "ifnull", "it hides an unknown" },
	{ "iif", "use AND, OR and NOT, which keep unknowns" },
	{ "nullif", "it makes an unknown of a known fact" },
	{ "typeof", "columns have one type; see gpudoctor facts --describe" },
	{ "quote", "it makes text of an unknown" },
	{ "group_concat", "it skips unknowns" },
	{ "string_agg", "it skips unknowns" },
	{ "filter", "compare inside the aggregate instead: sum(x.a = 1)" },
	{ "over", "window functions are not for rules" },
	{ "limit", "which rows it keeps depends on order" },
	{ "cast", "it makes 0 of any text" },
	{ "random", "a rule must give the same answer twice" },
	{ "collate", "version columns compare as versions by themselves" },
};

enum operand { OPERAND_NONE, OPERAND_TEXT, OPERAND_NUMBER, OPERAND_OTHER };

struct scan {
	const struct gd_store *store;
	struct gd_err *err;
	int depth;
	/* The operand just read, and whether a comparison stands before it. */
	enum operand last;
	enum operand left; /* of that comparison */
	char last_name[64];
	char left_name[64];
	bool compares;
	int in_depth; /* of the list behind IN, or 0 */
	bool bare; /* the operand stands where a condition is wanted */
};

static int refuse_word(const struct gd_token *t, struct gd_err *err)
{
	for (size_t i = 0; i < GD_COUNT(refused); i++)
		if (gd_token_is(t, refused[i].word))
			return gd_err_set(err, -EINVAL, "%.*s is refused in a rule: %s", (int)t->len, t->at,
					  refused[i].instead);
	return 0;
}

static bool is_comparison(const struct gd_token *t)
{
	return t->type == GD_TOK_OPERATOR && strchr("<>=!", t->at[0]) && strncmp(t->at, "<<", 2) && strncmp(t->at, ">>", 2);
}

static bool is_logic(const struct gd_token *t)
{
	return gd_token_is(t, "and") || gd_token_is(t, "or") || gd_token_is(t, "not");
}

/* The type of TABLE.COLUMN; aliases of subqueries are left to SQLite. */
static enum operand column_operand(const struct gd_store *store, const struct gd_token *table,
				   const struct gd_token *column)
{
	gd_autofree name = gd_xstrndup(table->at, table->len);
	gd_autofree col = gd_xstrndup(column->at, column->len);
	const struct gd_rows *rows = gd_facts_table_peek(store->facts, name);
	int i = rows ? gd_table_column(rows->table, col) : -1;

	if (i < 0)
		return OPERAND_OTHER;
	switch (rows->table->columns[i].type) {
	case GD_TEXT:
	case GD_VERSION:
		return OPERAND_TEXT;
	case GD_BOOL:
	case GD_INT:
	case GD_REAL:
		break;
	}
	return OPERAND_NUMBER;
}

/* Reads one operand that starts with `t`; `*s` stands behind it afterwards. */
static int read_operand(struct scan *scan, const struct gd_token *t, const char **s)
{
	struct gd_token dot;
	struct gd_token column;
	const char *ahead = *s;
	const char *end = t->at + t->len;
	int r;

	scan->last = t->type == GD_TOK_STRING ? OPERAND_TEXT : t->type == GD_TOK_NUMBER ? OPERAND_NUMBER : OPERAND_OTHER;
	r = gd_token_next(&ahead, &dot, scan->err);
	if (r >= 0 && t->type == GD_TOK_WORD && dot.type == GD_TOK_DOT) {
		r = gd_token_next(&ahead, &column, scan->err);
		if (r >= 0 && column.type == GD_TOK_WORD) {
			scan->last = column_operand(scan->store, t, &column);
			*s = ahead;
			end = column.at + column.len;
		}
	}
	snprintf(scan->last_name, sizeof(scan->last_name), "%.*s", (int)(end - t->at), t->at);
	return r;
}

static int check_comparison(struct scan *scan)
{
	bool clash = (scan->left == OPERAND_TEXT && scan->last == OPERAND_NUMBER) ||
		     (scan->left == OPERAND_NUMBER && scan->last == OPERAND_TEXT);

	scan->compares = false;
	if (clash)
		return gd_err_set(scan->err, -EINVAL, "%s is %s and %s is %s: they are never equal", scan->left_name,
				  scan->left == OPERAND_TEXT ? "text" : "a number", scan->last_name,
				  scan->last == OPERAND_TEXT ? "text" : "a number");
	return 0;
}

/* Text that stands alone between AND, OR, NOT, parentheses or the ends counts as false in SQL. */
static int check_bare(struct scan *scan)
{
	if (scan->bare && scan->last == OPERAND_TEXT)
		return gd_err_set(scan->err, -EINVAL, "%s is text, which SQL takes for false; compare it with something",
				  scan->last_name);
	return 0;
}

static void remember_left(struct scan *scan)
{
	scan->left = scan->last;
	memcpy(scan->left_name, scan->last_name, sizeof(scan->left_name));
}

static int take_token(struct scan *scan, const struct gd_token *t, const char **s, bool after_logic)
{
	int r = 0;

	switch (t->type) {
	case GD_TOK_STRING:
	case GD_TOK_NUMBER:
	case GD_TOK_WORD:
		if (t->type == GD_TOK_WORD && (gd_token_is(t, "and") || gd_token_is(t, "or")))
			r = check_bare(scan);
		scan->bare = false;
		if (t->type == GD_TOK_WORD && is_logic(t))
			return r;
		if (gd_token_is(t, "in")) {
			remember_left(scan);
			scan->in_depth = scan->depth + 1;
			return 0;
		}
		r = read_operand(scan, t, s);
		if (r >= 0 && (scan->compares || (scan->in_depth && scan->depth == scan->in_depth)))
			return check_comparison(scan);
		scan->bare = after_logic;
		return r;
	case GD_TOK_OPERATOR:
		scan->compares = is_comparison(t);
		remember_left(scan);
		break;
	case GD_TOK_OPEN:
		scan->depth++;
		break;
	case GD_TOK_CLOSE:
		if (--scan->depth < 0)
			return gd_err_set(scan->err, -EINVAL, "a closing parenthesis too many");
		if (scan->depth < scan->in_depth)
			scan->in_depth = 0;
		r = check_bare(scan);
		scan->last = OPERAND_OTHER;
		break;
	case GD_TOK_COMMA:
	case GD_TOK_DOT:
	case GD_TOK_END:
		break;
	}
	scan->bare = false;
	if (t->type != GD_TOK_OPERATOR)
		scan->compares = false;
	return r;
}

int gd_guard_text(const char *expression, const struct gd_store *store, struct gd_err *err)
{
	struct scan scan = { .store = store, .err = err };
	struct gd_token t;
	const char *s = expression;
	bool after_logic = true;
	int r;

	for (;;) {
		r = gd_token_next(&s, &t, err);
		if (r >= 0)
			r = refuse_word(&t, err);
		if (r < 0)
			return r;
		if (t.type == GD_TOK_END)
			break;
		r = take_token(&scan, &t, &s, after_logic);
		if (r < 0)
			return r;
		after_logic = is_logic(&t) || (t.type == GD_TOK_OPEN && after_logic);
	}
	if (scan.depth)
		return gd_err_set(err, -EINVAL, "a parenthesis is not closed");
	return check_bare(&scan);
}

void gd_guard_tables(const char *expression, struct gd_strv *out)
{
	struct gd_token before = { .type = GD_TOK_END };
	struct gd_token t;
	struct gd_err err;

	while (gd_token_next(&expression, &t, &err) >= 0 && t.type != GD_TOK_END) {
		if (t.type == GD_TOK_DOT && before.type == GD_TOK_WORD) {
			gd_autofree name = gd_xstrndup(before.at, before.len);

			if (!gd_strv_has(out, name))
				gd_strv_add(out, name);
		}
		before = t;
	}
}

void gd_reads_free(struct gd_reads *r)
{
	free(r->items);
	*r = (struct gd_reads){ 0 };
}

struct watch {
	const struct gd_store *store;
	struct gd_reads *reads;
	bool refused;
};

/* Functions of SQLite that make an answer of an unknown, or reach outside, stay closed in rules. */
static bool function_is_open(const char *name)
{
	static const char *const open[] = {
		"abs",	 "like",  "glob",   "lower", "upper",	 "length",  "min",   "max",	       "sum",
		"count", "avg",	  "total",  "round", "replace",	 "substr",  "instr", "substring",      "trim",
		"ltrim", "rtrim", "printf", "format", "version_is", "version_compare", "sign", "hex", "unicode",
	};

	for (size_t i = 0; i < GD_COUNT(open); i++)
		if (!strcasecmp(name, open[i]))
			return true;
	return false;
}

static void note_read(struct watch *w, const char *table, const char *column, bool whole)
{
	const struct gd_rows *rows = gd_facts_table_peek(w->store->facts, table);
	/* count(*) reads a table without naming a column: its first one stands for it. */
	int c = rows ? (*column ? gd_table_column(rows->table, column) : 0) : -1;

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
		return SQLITE_OK;
	case SQLITE_FUNCTION:
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

int gd_guard_prepare(struct gd_store *store, const char *sql, sqlite3_stmt **ret, struct gd_reads *reads,
		     struct gd_err *err)
{
	struct watch w = { .store = store, .reads = reads };
	int r;

	sqlite3_set_authorizer(store->db, watch_reads, &w);
	r = sqlite3_prepare_v2(store->db, sql, -1, ret, NULL);
	gd_store_relock(store);
	return r == SQLITE_OK ? 0 : gd_err_set(err, -EINVAL, "%s", sqlite3_errmsg(store->db));
}
