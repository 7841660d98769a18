/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "rule/compile.h"
#include "rule/rule.h"

/* SQL's three values of a condition, and an answer that must not be taken. */
enum truth { FALSE_, TRUE_, UNKNOWN_, TAINTED_ };

/* One part of a condition: for each row its truth, and what it reads. */
struct part {
	enum truth *values;
	struct gd_reads reads;
	bool tainted; /* for every row: a subquery went over rows or cells that are not known */
};

/* Parts that must all hold; none of them: it holds. */
struct condition {
	struct part *parts;
	size_t count;
};

static void condition_free(struct condition *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->parts[i].values);
		gd_reads_free(&c->parts[i].reads);
	}
	free(c->parts);
}

/* The row that a value is read from; NULL for the row that nobody has seen. */
static const struct gd_row *row_of(const struct gd_read *r, const struct gd_rule *rule, const struct gd_row *row)
{
	if (!strcmp(r->table->table->name, rule->on))
		return row;
	return r->table->count ? r->table->rows[0] : NULL;
}

/*
 * Inside a subquery the row's own unknowns vanish in the same way: NOT EXISTS
 * (SELECT 1 WHERE gpu.cu_count = 40) is true where cu_count is NULL.
 */
static bool is_tainted_for(const struct part *c, const struct gd_rule *rule, const struct gd_row *row)
{
	if (c->tainted || !c->reads.subqueries)
		return c->tainted;
	for (size_t i = 0; i < c->reads.count; i++) {
		const struct gd_read *r = &c->reads.items[i];
		const struct gd_row *at = r->whole_table ? NULL : row_of(r, rule, row);

		if (!r->whole_table && (!at || at->cells[r->column].state == GD_UNKNOWN))
			return true;
	}
	return false;
}

static int truth_of(sqlite3_stmt *stmt, enum truth *ret, struct gd_err *err)
{
	switch (sqlite3_column_type(stmt, 0)) {
	case SQLITE_NULL:
		*ret = UNKNOWN_;
		return 0;
	case SQLITE_INTEGER:
		*ret = sqlite3_column_int64(stmt, 0) ? TRUE_ : FALSE_;
		return 0;
	default:
		return gd_err_set(err, -EINVAL, "the condition gives a value that is neither true nor false");
	}
}

static int run_part(const struct gd_rule *rule, const char *key, const char *expression, enum gd_rows_asked rows,
		    struct gd_store *store, struct part *part, struct gd_err *err)
{
	const struct gd_rows *on = gd_facts_table_peek(store->facts, rule->on);
	sqlite3_stmt *stmt = NULL;
	size_t i = 0;
	size_t count;
	int r = gd_compile_condition(rule, key, expression, rows, store, &stmt, &part->reads, err);

	if (r < 0)
		return r;
	count = rows == GD_UNSEEN_ROW ? 1 : on->count;
	part->values = gd_xcalloc(count, sizeof(*part->values));
	gd_store_reset_steps(store);
	while ((r = sqlite3_step(stmt)) == SQLITE_ROW && i < count) {
		int q = truth_of(stmt, &part->values[i++], err);

		if (q < 0) {
			sqlite3_finalize(stmt);
			return gd_rule_fault(rule, key, err, q);
		}
	}
	sqlite3_finalize(stmt);
	part->tainted = gd_reads_tainted(&part->reads);
	if (r == SQLITE_DONE && i == count)
		return 0;
	if (r == SQLITE_DONE || r == SQLITE_ROW)
		gd_err_set(err, -EIO, "it does not give one answer for each row of %s", rule->on);
	else if (r == SQLITE_INTERRUPT)
		gd_err_set(err, -EIO, "it takes too long and was stopped");
	else
		gd_err_set(err, -EIO, "%s", sqlite3_errmsg(store->db));
	return gd_rule_fault(rule, key, err, -EIO);
}

static int run_condition(const struct gd_rule *rule, const char *key, const struct gd_strv *expressions,
			 enum gd_rows_asked rows, struct gd_store *store, struct condition *c, struct gd_err *err)
{
	c->parts = gd_xcalloc(expressions->count, sizeof(*c->parts));
	for (size_t i = 0; i < expressions->count; i++) {
		int r;

		c->count++;
		r = run_part(rule, key, expressions->items[i], rows, store, &c->parts[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Kleene's AND over the parts; a part that is false by itself decides. */
static enum truth truth_for(const struct condition *c, const struct gd_rule *rule, const struct gd_row *row, size_t i)
{
	enum truth all = TRUE_;

	for (size_t k = 0; k < c->count; k++) {
		const struct part *part = &c->parts[k];
		enum truth one = is_tainted_for(part, rule, row) ? TAINTED_ : part->values[i];

		if (one == FALSE_)
			return FALSE_;
		if (one > all)
			all = one;
	}
	return all;
}

static const struct gd_cell *input_cell(const struct gd_input *in)
{
	return in->row ? &in->row->cells[in->column] : NULL;
}

bool gd_input_is_unknown(const struct gd_input *in)
{
	if (in->row)
		return in->row->cells[in->column].state == GD_UNKNOWN;
	return gd_rows_have_gaps(in->table, in->column);
}

static bool any_absent(const struct gd_verdict *v)
{
	for (size_t i = 0; i < v->input_count; i++) {
		const struct gd_cell *c = input_cell(&v->inputs[i]);

		if (c && c->state == GD_ABSENT)
			return true;
	}
	return false;
}

static bool any_input_unknown(const struct gd_verdict *v)
{
	for (size_t i = 0; i < v->input_count; i++)
		if (gd_input_is_unknown(&v->inputs[i]))
			return true;
	return false;
}

static void add_inputs(struct gd_verdict *v, const struct gd_reads *reads, bool decides)
{
	v->inputs = gd_xrealloc_array(v->inputs, v->input_count + reads->count, sizeof(*v->inputs));
	for (size_t i = 0; i < reads->count; i++) {
		const struct gd_read *r = &reads->items[i];
		struct gd_input in = { .table = r->table, .column = r->column, .decides = decides };
		bool known_already = false;

		if (!r->whole_table)
			in.row = row_of(r, v->rule, v->row);
		for (size_t k = 0; k < v->input_count; k++) {
			struct gd_input *old = &v->inputs[k];

			if (old->table != in.table || old->row != in.row || old->column != in.column)
				continue;
			known_already = true;
			old->decides |= decides;
		}
		if (!known_already)
			v->inputs[v->input_count++] = in;
	}
}

/* Kleene's AND of `when` and `problem`, told apart by what made it so. */
static enum gd_outcome outcome_of(const struct gd_verdict *v, enum truth when, enum truth problem)
{
	if (when == FALSE_)
		return GD_NOT_APPLICABLE;
	if (when == TAINTED_)
		return GD_UNDECIDED;
	if (problem == FALSE_)
		return GD_FINE;
	if (problem == TAINTED_)
		return GD_UNDECIDED;
	if (when == TRUE_ && problem == TRUE_)
		return GD_PROBLEM;
	/* NULL from what is proved absent: there is nothing to ask the question of. */
	if (!any_input_unknown(v) && any_absent(v))
		return GD_NOT_APPLICABLE;
	return GD_UNDECIDED;
}

static int fill_in_problem(struct gd_verdict *v, struct gd_store *store, struct gd_err *err)
{
	const struct gd_rule *rule = v->rule;
	int r = gd_compile_text(rule, rule->says, v->row, store, &v->says, err);

	if (r < 0)
		return gd_rule_fault(rule, "says", err, r);
	v->fixes = gd_xcalloc(rule->fix_count, sizeof(*v->fixes));
	for (size_t i = 0; i < rule->fix_count; i++) {
		v->fixes[i].kind = rule->fixes[i].kind;
		r = gd_compile_text(rule, rule->fixes[i].text, v->row, store, &v->fixes[i].text, err);
		if (r < 0)
			return gd_rule_fault(rule, "fix", err, r);
		v->fix_count++;
	}
	return 0;
}

static struct gd_verdict *add_verdict(struct gd_verdicts *out, const struct gd_rule *rule, const struct gd_row *row)
{
	GD_GROW(out->items, out->count, out->cap);
	out->items[out->count] = (struct gd_verdict){ .rule = rule, .row = row };
	return &out->items[out->count++];
}

/* Most rules do not apply to most machines: what will not be asked need not be compiled. */
static bool may_apply(const struct condition *when, const struct gd_rule *rule, const struct gd_rows *on)
{
	for (size_t i = 0; i < on->count; i++)
		if (truth_for(when, rule, on->rows[i], i) != FALSE_)
			return true;
	return false;
}

static void add_all_inputs(struct gd_verdict *v, const struct condition *c, bool decides)
{
	for (size_t i = 0; i < c->count; i++)
		add_inputs(v, &c->parts[i].reads, decides);
}

static int judge_rows(const struct gd_rule *rule, struct gd_store *store, const struct condition *when,
		      const struct condition *problem, struct gd_verdicts *out, struct gd_err *err)
{
	const struct gd_rows *on = gd_facts_table_peek(store->facts, rule->on);

	for (size_t i = 0; i < on->count; i++) {
		struct gd_verdict *v = add_verdict(out, rule, on->rows[i]);
		enum truth w = truth_for(when, rule, v->row, i);
		enum truth p = problem->count ? truth_for(problem, rule, v->row, i) : FALSE_;

		add_all_inputs(v, when, false);
		if (w != FALSE_)
			add_all_inputs(v, problem, true);
		v->outcome = outcome_of(v, w, p);
		if (v->outcome == GD_PROBLEM) {
			int r = fill_in_problem(v, store, err);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static bool names_table(const char *expression, const char *table)
{
	gd_autostrv named = { 0 };

	gd_guard_tables(expression, &named);
	return gd_strv_has(&named, table);
}

/*
 * Rows may be missing: the rule is open, unless it would not apply to them
 * whatever they hold. Only parts that do not read them can tell.
 */
static int judge_unseen(const struct gd_rule *rule, struct gd_store *store, const struct gd_strv *when_parts,
			struct gd_verdicts *out, struct gd_err *err)
{
	GD_CLEANUP(condition_free) struct condition when = { 0 };
	gd_autostrv parts = { 0 };
	int r;

	for (size_t i = 0; i < when_parts->count; i++)
		if (!names_table(when_parts->items[i], rule->on))
			gd_strv_add(&parts, when_parts->items[i]);
	r = run_condition(rule, "when", &parts, GD_UNSEEN_ROW, store, &when, err);
	if (r >= 0 && truth_for(&when, rule, NULL, 0) != FALSE_)
		add_verdict(out, rule, NULL)->outcome = GD_UNDECIDED;
	return r;
}

int gd_rule_eval(const struct gd_rule *rule, struct gd_store *store, struct gd_verdicts *out, struct gd_err *err)
{
	GD_CLEANUP(condition_free) struct condition when = { 0 };
	GD_CLEANUP(condition_free) struct condition problem = { 0 };
	const struct gd_rows *on = gd_facts_table_peek(store->facts, rule->on);
	gd_autostrv when_parts = { 0 };
	gd_autostrv problem_parts = { 0 };
	int r = gd_compile_when(rule, &when_parts, err);

	gd_guard_split(rule->problem, &problem_parts);
	if (r >= 0 && (!on || on->count))
		r = run_condition(rule, "when", &when_parts, GD_EVERY_ROW, store, &when, err);
	if (r >= 0 && (!on || (on->count && may_apply(&when, rule, on))))
		r = run_condition(rule, "problem", &problem_parts, GD_EVERY_ROW, store, &problem, err);
	if (r >= 0)
		r = judge_rows(rule, store, &when, &problem, out, err);
	if (r >= 0 && !on->complete)
		r = judge_unseen(rule, store, &when_parts, out, err);
	return r;
}

static void drop_verdicts(struct gd_verdicts *v, size_t from)
{
	for (size_t i = from; i < v->count; i++) {
		free(v->items[i].inputs);
		free(v->items[i].says);
		for (size_t k = 0; k < v->items[i].fix_count; k++)
			free(v->items[i].fixes[k].text);
		free(v->items[i].fixes);
	}
	v->count = from;
}

void gd_verdicts_free(struct gd_verdicts *v)
{
	drop_verdicts(v, 0);
	free(v->items);
	*v = (struct gd_verdicts){ 0 };
}

void gd_ruleset_eval(struct gd_ruleset *set, struct gd_store *store, struct gd_verdicts *out)
{
	for (size_t i = 0; i < set->count; i++) {
		struct gd_rule *rule = set->rules[i];
		size_t before = out->count;
		struct gd_err err;

		if (rule->broken || gd_rule_eval(rule, store, out, &err) >= 0)
			continue;
		drop_verdicts(out, before);
		rule->broken = gd_xstrdup(err.text);
	}
}

static int check_template(const struct gd_rule *rule, const char *key, const char *template, struct gd_store *store,
			  struct gd_err *err)
{
	gd_autofree text = NULL;
	int r = gd_compile_text(rule, template, NULL, store, &text, err);

	return r < 0 ? gd_rule_fault(rule, key, err, r) : 0;
}

static int check_parts(const struct gd_rule *rule, const char *key, const struct gd_strv *parts,
		       struct gd_store *store, struct gd_err *err)
{
	GD_CLEANUP(condition_free) struct condition c = { 0 };

	return run_condition(rule, key, parts, GD_EVERY_ROW, store, &c, err);
}

static int check_rule(const struct gd_rule *rule, struct gd_store *store, struct gd_err *err)
{
	gd_autostrv when = { 0 };
	gd_autostrv problem = { 0 };
	int r = gd_compile_when(rule, &when, err);

	gd_guard_split(rule->problem, &problem);
	if (r >= 0)
		r = check_parts(rule, "when", &when, store, err);
	if (r >= 0)
		r = check_parts(rule, "problem", &problem, store, err);
	if (r >= 0)
		r = check_template(rule, "says", rule->says, store, err);
	for (size_t i = 0; i < rule->fix_count && r >= 0; i++)
		r = check_template(rule, "fix", rule->fixes[i].text, store, err);
	return r;
}

/* Puts the rule that a broken one overrode back into its place; what is wrong stays told. */
static bool fall_back(struct gd_ruleset *set, size_t i)
{
	struct gd_rule *broken = set->rules[i];

	if (!broken->overridden)
		return false;
	gd_strv_add(&set->errors, broken->broken);
	set->rules[i] = broken->overridden;
	broken->overridden = NULL;
	gd_rule_free(broken);
	return true;
}

void gd_ruleset_check(struct gd_ruleset *set, struct gd_store *store, enum gd_origin from)
{
	for (size_t i = 0; i < set->count; i++) {
		struct gd_err err;

		do {
			if (set->rules[i]->origin >= from && !set->rules[i]->broken &&
			    check_rule(set->rules[i], store, &err) < 0)
				set->rules[i]->broken = gd_xstrdup(err.text);
		} while (set->rules[i]->broken && fall_back(set, i));
	}
}
