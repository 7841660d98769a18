/* SPDX-License-Identifier: MIT */
/*
 * What the text of an expression shows: words that hide an unknown, and values
 * of types that SQL compares or takes for true without a word.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rule/guard.h"
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
	{ "with", "a subquery says the same" },
	{ "using", "write ON a.x = b.x" },
	{ "natural", "write JOIN with ON a.x = b.x" },
	{ "random", "a rule must give the same answer twice" },
	{ "collate", "version columns compare as versions by themselves" },
};

enum operand { OPERAND_NONE, OPERAND_TEXT, OPERAND_VERSION, OPERAND_NUMBER, OPERAND_OTHER };

enum { MAX_DEPTH = 32, NAME_BYTES = 64 };

/* An open parenthesis. */
struct paren {
	enum operand gives; /* of a function; OPERAND_NONE for a group or list */
	char name[NAME_BYTES]; /* of the function */
	bool bare; /* the function stands where a condition is wanted */
	bool compares; /* a comparison stands before the function */
	bool takes_versions;
	bool folds_alone; /* min and max with one argument fold rows */
	bool call; /* of any function, known here or not */
	bool select; /* a subquery */
	unsigned commas;
	enum operand left;
	char left_name[NAME_BYTES];
};

struct scan {
	const struct gd_store *store;
	struct gd_err *err;
	struct paren parens[MAX_DEPTH];
	int depth;
	struct gd_token before;
	/* The operand just read, and what stands before the comparison at hand. */
	enum operand last;
	enum operand left;
	char last_name[NAME_BYTES];
	char left_name[NAME_BYTES];
	bool compares;
	int in_depth; /* of the list behind IN, or 0 */
	bool between; /* the AND to come belongs to BETWEEN */
	bool bare; /* the operand stands where a condition is wanted */
};

static const struct {
	const char *name;
	enum operand gives;
} functions[] = {
	{ "abs", OPERAND_NUMBER },    { "avg", OPERAND_NUMBER },	 { "count", OPERAND_NUMBER },
	{ "instr", OPERAND_NUMBER },  { "length", OPERAND_NUMBER },	 { "lower", OPERAND_TEXT },
	{ "ltrim", OPERAND_TEXT },    { "max", OPERAND_OTHER },		 { "min", OPERAND_OTHER },
	{ "replace", OPERAND_TEXT },  { "round", OPERAND_NUMBER },	 { "rtrim", OPERAND_TEXT },
	{ "sign", OPERAND_NUMBER },   { "substr", OPERAND_TEXT },	 { "substring", OPERAND_TEXT },
	{ "sum", OPERAND_NUMBER },    { "trim", OPERAND_TEXT },		 { "unicode", OPERAND_NUMBER },
	{ "upper", OPERAND_TEXT },    { "version_compare", OPERAND_NUMBER }, { "version_is", OPERAND_NUMBER },
};

static int refuse_word(const struct gd_token *t, struct gd_err *err)
{
	if (t->type == GD_TOK_WORD && t->len > 5 && !strncasecmp(t->at, "this_", 5))
		return gd_err_set(err, -EINVAL, "there is no fact table \"%.*s\"", (int)t->len, t->at);
	for (size_t i = 0; i < GD_COUNT(refused); i++)
		if (gd_token_is(t, refused[i].word))
			return gd_err_set(err, -EINVAL, "%.*s is refused in a rule: %s", (int)t->len, t->at,
					  refused[i].instead);
	if (t->type == GD_TOK_OPERATOR && !strncmp(t->at, "||", 2))
		return gd_err_set(err, -EINVAL, "|| makes text, and a condition is none");
	return 0;
}

static bool is_comparison(const struct gd_token *t)
{
	return t->type == GD_TOK_OPERATOR && strchr("<>=!", t->at[0]) && strncmp(t->at, "<<", 2) &&
	       strncmp(t->at, ">>", 2);
}

static bool is_logic(const struct gd_token *t)
{
	return gd_token_is(t, "and") || gd_token_is(t, "or") || gd_token_is(t, "not");
}

static bool is_text(enum operand o)
{
	return o == OPERAND_TEXT || o == OPERAND_VERSION;
}

static char *lower(const struct gd_token *t)
{
	char *name = gd_xstrndup(t->at, t->len);

	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return name;
}

static enum operand operand_of(enum gd_type type)
{
	return type == GD_TEXT ? OPERAND_TEXT : type == GD_VERSION ? OPERAND_VERSION : OPERAND_NUMBER;
}

/* A column whose table is not told: its type where all columns of that name have the same. */
static enum operand lone_operand(const struct gd_store *store, const struct gd_token *word)
{
	gd_autofree name = lower(word);
	enum operand found = OPERAND_NONE;

	for (size_t t = 0; t < store->facts->count; t++) {
		const struct gd_table *table = store->facts->tables[t].table;
		int i = gd_table_column(table, name);

		if (i < 0)
			continue;
		/* Behind an alias it may be any of them: a version is the one that must not be folded or wrapped. */
		if (operand_of(table->columns[i].type) == OPERAND_VERSION)
			return OPERAND_VERSION;
		if (found != OPERAND_NONE && found != operand_of(table->columns[i].type))
			found = OPERAND_OTHER;
		else
			found = operand_of(table->columns[i].type);
	}
	return found == OPERAND_NONE ? OPERAND_OTHER : found;
}

/* The type of TABLE.COLUMN, or of ALIAS.COLUMN. */
static enum operand column_operand(const struct gd_store *store, const struct gd_token *table,
				   const struct gd_token *column)
{
	gd_autofree name = lower(table);
	gd_autofree col = lower(column);
	const struct gd_rows *rows = gd_facts_table_peek(store->facts, name);
	int i = rows ? gd_table_column(rows->table, col) : -1;

	/* No such table, or no such column in it: an alias. */
	return i < 0 ? lone_operand(store, column) : operand_of(rows->table->columns[i].type);
}

/* Moves `*s` behind an operand that starts with `t`, and notes its type and name. */
static int read_operand(struct scan *scan, const struct gd_token *t, const char **s)
{
	struct gd_token dot;
	struct gd_token column;
	const char *ahead = *s;
	const char *end = t->at + t->len;
	int r = gd_token_next(&ahead, &dot, scan->err);

	scan->last = t->type == GD_TOK_STRING	? OPERAND_TEXT
		     : t->type == GD_TOK_NUMBER ? OPERAND_NUMBER
						: OPERAND_OTHER;
	if (t->type == GD_TOK_WORD)
		scan->last = lone_operand(scan->store, t);
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

/*
 * Versions are compared as versions only where the column itself stands beside
 * the operator; a subquery or function around it drops that.
 */
static int check_version_use(const struct scan *scan, const char *s)
{
	struct gd_token next;
	int r;

	if (scan->last != OPERAND_VERSION || scan->compares ||
	    (scan->depth && scan->parens[scan->depth - 1].takes_versions))
		return 0;
	r = gd_token_next(&s, &next, scan->err);
	if (r < 0 || is_comparison(&next) || gd_token_is(&next, "in") || gd_token_is(&next, "not") ||
	    gd_token_is(&next, "between") || gd_token_is(&next, "like") || gd_token_is(&next, "glob") ||
	    gd_token_is(&next, "collate") || (!scan->depth && (is_logic(&next) || next.type == GD_TOK_END)))
		return r;
	return gd_err_set(scan->err, -EINVAL,
			  "%s is a version: compare it directly, as in %s >= '6.10', or with version_compare(a, b)",
			  scan->last_name, scan->last_name);
}

static int check_comparison(struct scan *scan)
{
	bool clash = (is_text(scan->left) && scan->last == OPERAND_NUMBER) ||
		     (scan->left == OPERAND_NUMBER && is_text(scan->last));

	scan->compares = false;
	if (clash)
		return gd_err_set(scan->err, -EINVAL,
				  "%s is %s and %s is %s: SQL never finds them equal (a version is text: '6.10')",
				  scan->left_name, is_text(scan->left) ? "text" : "a number", scan->last_name,
				  is_text(scan->last) ? "text" : "a number");
	return 0;
}

/* Text that stands alone between AND, OR, NOT, parentheses or the ends counts as false in SQL. */
static int check_bare(struct scan *scan)
{
	if (scan->bare && is_text(scan->last))
		return gd_err_set(scan->err, -EINVAL,
				  "%s is text, which SQL takes for false; compare it with something", scan->last_name);
	return 0;
}

static void remember_left(struct scan *scan)
{
	scan->left = scan->last;
	memcpy(scan->left_name, scan->last_name, sizeof(scan->left_name));
}

/* IN and BETWEEN compare what stands before them with what follows. */
static bool take_list_word(struct scan *scan, const struct gd_token *t)
{
	if (gd_token_is(t, "select")) {
		scan->in_depth = 0;
		if (scan->depth)
			scan->parens[scan->depth - 1].select = true;
	}
	if (gd_token_is(t, "in")) {
		remember_left(scan);
		scan->in_depth = scan->depth + 1;
		return true;
	}
	if (gd_token_is(t, "between")) {
		remember_left(scan);
		scan->compares = true;
		scan->between = true;
		return true;
	}
	return false;
}

static bool take_and_of_between(struct scan *scan, const struct gd_token *t)
{
	if (!scan->between || !gd_token_is(t, "and"))
		return false;
	scan->between = false;
	scan->compares = true;
	return true;
}

/* A sign before a number is part of it. */
static bool is_sign(const struct scan *scan, const struct gd_token *t)
{
	return scan->compares && (t->at[0] == '-' || t->at[0] == '+') && t->len == 1;
}

static bool is_function(const struct gd_token *t, size_t *ret)
{
	for (*ret = 0; *ret < GD_COUNT(functions); (*ret)++)
		if (gd_token_is(t, functions[*ret].name))
			return true;
	return false;
}

/* A parenthesis opens: of a function, whose value counts when it closes, or of a group. */
static int open_paren(struct scan *scan, bool after_logic)
{
	struct paren *p = &scan->parens[scan->depth];
	size_t f;

	if (scan->depth == MAX_DEPTH)
		return gd_err_set(scan->err, -EINVAL, "more than %d parentheses inside each other", MAX_DEPTH);
	*p = (struct paren){ .gives = OPERAND_NONE };
	p->call = scan->before.type == GD_TOK_WORD && !is_logic(&scan->before) && !gd_token_is(&scan->before, "in");
	if (is_function(&scan->before, &f)) {
		p->gives = functions[f].gives;
		p->takes_versions = !strncmp(functions[f].name, "version_", 8);
		p->folds_alone = !strcmp(functions[f].name, "min") || !strcmp(functions[f].name, "max");
		p->bare = after_logic;
		p->compares = scan->compares;
		p->left = scan->left;
		snprintf(p->name, sizeof(p->name), "%s(…)", functions[f].name);
		memcpy(p->left_name, scan->left_name, sizeof(p->left_name));
	}
	scan->depth++;
	scan->compares = false;
	scan->bare = false;
	return 0;
}

static bool is_in_subquery(const struct scan *scan)
{
	for (int i = 0; i < scan->depth; i++)
		if (scan->parens[i].select)
			return true;
	return false;
}

static int close_paren(struct scan *scan)
{
	struct paren *p;
	int r = check_bare(scan);

	if (r < 0 || !scan->depth)
		return r < 0 ? r : gd_err_set(scan->err, -EINVAL, "a closing parenthesis too many");
	p = &scan->parens[--scan->depth];
	if (scan->depth < scan->in_depth)
		scan->in_depth = 0;
	if (p->folds_alone && !p->commas && !is_in_subquery(scan))
		return gd_err_set(scan->err, -EINVAL, "%s with one argument folds rows: put it into a subquery",
				  p->name);
	scan->last = p->gives == OPERAND_NONE ? OPERAND_OTHER : p->gives;
	scan->bare = p->gives != OPERAND_NONE && p->bare;
	scan->compares = false;
	memcpy(scan->last_name, p->name, sizeof(scan->last_name));
	if (!p->compares)
		return 0;
	scan->left = p->left;
	memcpy(scan->left_name, p->left_name, sizeof(scan->left_name));
	return check_comparison(scan);
}

static int take_word(struct scan *scan, const struct gd_token *t, const char **s, bool after_logic)
{
	int r = 0;

	if (take_and_of_between(scan, t))
		return 0;
	if (gd_token_is(t, "and") || gd_token_is(t, "or"))
		r = check_bare(scan);
	scan->bare = false;
	if (is_logic(t) || take_list_word(scan, t))
		return r;
	/* The name of a function is no operand: its value is one. */
	if (t->type == GD_TOK_WORD && **s == '(')
		return 0;
	r = read_operand(scan, t, s);
	if (r >= 0)
		r = check_version_use(scan, *s);
	if (r >= 0 && (scan->compares || (scan->in_depth && scan->depth == scan->in_depth)))
		return check_comparison(scan);
	scan->bare = after_logic;
	return r;
}

static int take_token(struct scan *scan, const struct gd_token *t, const char **s, bool after_logic)
{
	switch (t->type) {
	case GD_TOK_STRING:
	case GD_TOK_NUMBER:
	case GD_TOK_WORD:
		return take_word(scan, t, s, after_logic);
	case GD_TOK_OPERATOR:
		if (is_sign(scan, t))
			return 0;
		scan->compares = is_comparison(t);
		remember_left(scan);
		break;
	case GD_TOK_OPEN:
		return open_paren(scan, after_logic);
	case GD_TOK_CLOSE:
		return close_paren(scan);
	case GD_TOK_COMMA:
		if (scan->depth)
			scan->parens[scan->depth - 1].commas++;
		scan->compares = false;
		break;
	case GD_TOK_DOT:
	case GD_TOK_END:
		break;
	}
	scan->bare = false;
	return 0;
}

int gd_guard_text(const char *expression, const struct gd_store *store, struct gd_err *err)
{
	struct scan scan = { .store = store, .err = err };
	struct gd_token t;
	const char *s = expression;
	bool after_logic = true;

	for (;; scan.before = t) {
		size_t f;
		int r = gd_token_next(&s, &t, err);

		if (r >= 0)
			r = refuse_word(&t, err);
		if (r < 0)
			return r;
		if (t.type == GD_TOK_END)
			break;
		/* "x NOT IN ()" is true even where x is unknown. */
		if (t.type == GD_TOK_CLOSE && scan.before.type == GD_TOK_OPEN && !scan.parens[scan.depth - 1].call)
			return gd_err_set(err, -EINVAL, "empty parentheses");
		r = take_token(&scan, &t, &s, after_logic);
		if (r < 0)
			return r;
		/* A function's own parenthesis stands where its name does. */
		if (!(is_function(&t, &f) && *s == '('))
			after_logic = (is_logic(&t) && !scan.compares) ||
				      (t.type == GD_TOK_OPEN && after_logic && !is_function(&scan.before, &f));
	}
	if (scan.depth)
		return gd_err_set(err, -EINVAL, "a parenthesis is not closed");
	return check_bare(&scan);
}

int gd_guard_template(const char *expression, struct gd_err *err)
{
	struct gd_token t;
	const char *s = expression;
	int depth = 0;

	do {
		int r = gd_token_next(&s, &t, err);

		if (r >= 0 && t.type == GD_TOK_WORD && !strncasecmp(t.at, "this_", 5))
			r = refuse_word(&t, err);
		if (r < 0)
			return r;
		depth += (t.type == GD_TOK_OPEN) - (t.type == GD_TOK_CLOSE);
	} while (t.type != GD_TOK_END && depth >= 0);
	return depth ? gd_err_set(err, -EINVAL, "the parentheses of {%s} do not match", expression) : 0;
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
