/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "rule/compile.h"
#include "rule/rule.h"

/* SQL's three values of a condition. */
enum truth { FALSE_, TRUE_, UNKNOWN_ };

/* One condition of a rule: for each row its truth, and what it reads. */
struct condition {
	enum truth *values;
	struct gd_reads reads;
	bool tainted; /* a subquery went over rows or cells that are not known */
};

static void condition_free(struct condition *c)
{
	free(c->values);
	gd_reads_free(&c->reads);
}

static bool any_unknown(const struct gd_rows *rows, size_t column)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->rows[i]->cells[column].state == GD_UNKNOWN)
			return true;
	return false;
}

/*
 * A subquery's WHERE, aggregate, IN or EXISTS drops NULLs without a word. So
 * where it went over a table that is not listed in full, or over a column with
 * an unknown in any row, its answer is not taken.
 */
static bool is_tainted(const struct gd_reads *reads)
{
	for (size_t i = 0; i < reads->count; i++) {
		const struct gd_read *r = &reads->items[i];

		if (r->whole_table && (!r->table->complete || any_unknown(r->table, r->column)))
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

static int run_condition(const struct gd_rule *rule, const char *key, const char *expression, struct gd_store *store,
			 struct condition *c, struct gd_err *err)
{
	const struct gd_rows *on = gd_facts_table_peek(store->facts, rule->on);
	sqlite3_stmt *stmt = NULL;
	size_t i = 0;
	int r = gd_compile_condition(rule, key, expression, store, &stmt, &c->reads, err);

	if (r < 0)
		return r;
	c->values = gd_xcalloc(on->count, sizeof(*c->values));
	gd_store_reset_steps(store);
	while ((r = sqlite3_step(stmt)) == SQLITE_ROW && i < on->count) {
		int q = truth_of(stmt, &c->values[i++], err);

		if (q < 0) {
			sqlite3_finalize(stmt);
			return gd_rule_fault(rule, key, err, q);
		}
	}
	sqlite3_finalize(stmt);
	c->tainted = is_tainted(&c->reads);
	if (r == SQLITE_DONE && i == on->count)
		return 0;
	gd_err_set(err, -EIO, "%s",
		   r == SQLITE_INTERRUPT ? "it takes too many steps and was stopped" : sqlite3_errmsg(store->db));
	return gd_rule_fault(rule, key, err, -EIO);
}

static const struct gd_cell *input_cell(const struct gd_input *in)
{
	return in->row ? &in->row->cells[in->column] : NULL;
}

bool gd_input_is_unknown(const struct gd_input *in)
{
	if (in->row)
		return in->row->cells[in->column].state == GD_UNKNOWN;
	return !in->table->complete || any_unknown(in->table, in->column);
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

static void add_inputs(struct gd_verdict *v, const struct gd_reads *reads)
{
	v->inputs = gd_xrealloc_array(v->inputs, v->input_count + reads->count, sizeof(*v->inputs));
	for (size_t i = 0; i < reads->count; i++) {
		const struct gd_read *r = &reads->items[i];
		struct gd_input in = { .table = r->table, .column = r->column };
		bool known_already = false;

		if (!r->whole_table)
			in.row = v->row && !strcmp(r->table->table->name, v->rule->on) ? v->row
				 : r->table->count					? r->table->rows[0]
											: NULL;
		for (size_t k = 0; k < v->input_count; k++)
			known_already |= v->inputs[k].table == in.table && v->inputs[k].row == in.row &&
					 v->inputs[k].column == in.column;
		if (!known_already)
			v->inputs[v->input_count++] = in;
	}
}

/* Kleene's AND of `when` and `problem`, told apart by what made it so. */
static enum gd_outcome outcome_of(const struct gd_verdict *v, enum truth when, bool when_tainted, enum truth problem,
				  bool problem_tainted)
{
	if (when_tainted)
		return GD_UNDECIDED;
	if (when == FALSE_)
		return GD_NOT_APPLICABLE;
	if (problem_tainted)
		return GD_UNDECIDED;
	if (problem == FALSE_)
		return GD_FINE;
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
	gd_autofree key = gd_row_key(v->row);
	int r = gd_compile_text(rule, rule->says, key, store, &v->says, err);

	if (r < 0)
		return gd_rule_fault(rule, "says", err, r);
	v->fixes = gd_xcalloc(rule->fix_count, sizeof(*v->fixes));
	for (size_t i = 0; i < rule->fix_count; i++) {
		v->fixes[i].kind = rule->fixes[i].kind;
		r = gd_compile_text(rule, rule->fixes[i].text, key, store, &v->fixes[i].text, err);
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

static bool any_true_or_unknown(const struct condition *when, size_t rows)
{
	for (size_t i = 0; i < rows; i++)
		if (when->tainted || when->values[i] != FALSE_)
			return true;
	return false;
}

static int judge_rows(const struct gd_rule *rule, struct gd_store *store, const struct condition *when,
		      const struct condition *problem, struct gd_verdicts *out, struct gd_err *err)
{
	const struct gd_rows *on = gd_facts_table_peek(store->facts, rule->on);

	for (size_t i = 0; i < on->count; i++) {
		struct gd_verdict *v = add_verdict(out, rule, on->rows[i]);
		enum truth w = when->values ? when->values[i] : TRUE_;
		enum truth p = problem->values ? problem->values[i] : FALSE_;

		add_inputs(v, &when->reads);
		if (w != FALSE_)
			add_inputs(v, &problem->reads);
		v->outcome = outcome_of(v, w, when->tainted, p, problem->tainted);
		if (v->outcome == GD_PROBLEM) {
			int r = fill_in_problem(v, store, err);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

int gd_rule_eval(const struct gd_rule *rule, struct gd_store *store, struct gd_verdicts *out, struct gd_err *err)
{
	GD_CLEANUP(condition_free) struct condition when = { 0 };
	GD_CLEANUP(condition_free) struct condition problem = { 0 };
	const struct gd_rows *on = gd_facts_table_peek(store->facts, rule->on);
	gd_autofree when_sql = NULL;
	int r = gd_compile_when(rule, &when_sql, err);

	/* Most rules do not apply to most machines: do not compile what will not be asked. */
	if (r >= 0 && when_sql && (!on || on->count))
		r = run_condition(rule, "when", when_sql, store, &when, err);
	if (r >= 0 && (!on || (on->count && (!when_sql || any_true_or_unknown(&when, on->count)))))
		r = run_condition(rule, "problem", rule->problem, store, &problem, err);
	if (r >= 0)
		r = judge_rows(rule, store, &when, &problem, out, err);
	if (r >= 0 && !on->complete)
		add_verdict(out, rule, NULL)->outcome = GD_UNDECIDED;
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
	int r = gd_compile_text(rule, template, "", store, &text, err);

	return r < 0 ? gd_rule_fault(rule, key, err, r) : 0;
}

static int check_rule(const struct gd_rule *rule, struct gd_store *store, struct gd_err *err)
{
	GD_CLEANUP(gd_reads_free) struct gd_reads reads = { 0 };
	gd_autofree when = NULL;
	sqlite3_stmt *stmt = NULL;
	int r = gd_compile_when(rule, &when, err);

	if (r >= 0 && when) {
		r = gd_compile_condition(rule, "when", when, store, &stmt, &reads, err);
		sqlite3_finalize(stmt);
		stmt = NULL;
	}
	if (r >= 0) {
		r = gd_compile_condition(rule, "problem", rule->problem, store, &stmt, &reads, err);
		sqlite3_finalize(stmt);
	}
	if (r >= 0)
		r = check_template(rule, "says", rule->says, store, err);
	for (size_t i = 0; i < rule->fix_count && r >= 0; i++)
		r = check_template(rule, "fix", rule->fixes[i].text, store, err);
	return r;
}

void gd_ruleset_check(struct gd_ruleset *set, struct gd_store *store, enum gd_origin from)
{
	for (size_t i = 0; i < set->count; i++) {
		struct gd_err err;

		if (set->rules[i]->origin >= from && !set->rules[i]->broken &&
		    check_rule(set->rules[i], store, &err) < 0)
			set->rules[i]->broken = gd_xstrdup(err.text);
	}
}
