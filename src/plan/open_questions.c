/* SPDX-License-Identifier: MIT */
/* What could not be checked: undecided verdicts, put together by their reason. */
#include <string.h>

#include "plan/report_parts.h"

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* People read reasons, not cells: one question for each kind of reason and remedy. */
static struct gd_open_question *question_for(struct gd_report *r, size_t *cap, enum gd_gap gap, const char *detail,
					     const char *remedy)
{
	struct gd_open_question *q;

	for (size_t i = 0; i < r->open_count; i++)
		if (r->open[i].gap == gap && same_text(r->open[i].remedy, remedy))
			return &r->open[i];
	GD_GROW(r->open, r->open_count, *cap);
	q = &r->open[r->open_count++];
	*q = (struct gd_open_question){
		.gap = gap,
		.detail = gd_arena_strdup(&r->arena, detail),
		.remedy = remedy ? gd_arena_strdup(&r->arena, remedy) : NULL,
		.minor = true,
	};
	return q;
}

static void add_once(struct gd_strv *v, const char *s)
{
	if (!gd_strv_has(v, s))
		gd_strv_add(v, s);
}

/* True where the verdict is about a GPU that this system computes with, or may. */
static bool is_gpu_in_use(const struct gd_verdict *v)
{
	if (strcmp(v->rule->on, "gpu"))
		return false;
	return !v->row || (gd_get_int(v->row, "compute", 1) && gd_get_int(v->row, "passthrough", 0) != 1);
}

static void ask(struct gd_report *r, size_t *cap, const struct gd_verdict *v, const struct gd_rows *table,
		const struct gd_cell *cell, const char *column)
{
	enum gd_gap gap = cell ? cell->gap : table->gap;
	const char *detail = cell ? cell->detail : table->detail;
	gd_autofree fact = gd_xasprintf("%s.%s", table->table->name, column);
	gd_autofree example = gd_xasprintf("%s: %s", fact, detail ? detail : gd_gap_text_peek(gap));
	struct gd_open_question *q = question_for(r, cap, gap, example, cell ? cell->remedy : table->remedy);

	add_once(&q->facts, fact);
	/* Verdicts come rule by rule, so the last title is the only one that can repeat. */
	if (!q->rules.count || strcmp(q->rules.items[q->rules.count - 1], v->rule->title))
		gd_strv_add(&q->rules, v->rule->title);
	q->minor &= v->rule->severity == GD_INFO;
	q->could_be_error |= v->rule->severity == GD_ERROR && is_gpu_in_use(v);
}

/* A subquery's column: each unknown cell of it is a reason. */
static void ask_column(struct gd_report *r, size_t *cap, const struct gd_verdict *v, const struct gd_input *in)
{
	const char *column = in->table->table->columns[in->column].name;

	if (!in->table->complete)
		ask(r, cap, v, in->table, NULL, column);
	for (size_t i = 0; i < in->table->count; i++)
		if (in->table->rows[i]->cells[in->column].state == GD_UNKNOWN)
			ask(r, cap, v, in->table, &in->table->rows[i]->cells[in->column], column);
}

/* All facts are known, and the condition is NULL all the same: a division by zero, say. */
static const struct gd_cell no_answer = {
	.state = GD_UNKNOWN,
	.gap = GD_GAP_ERROR,
	.detail = "the rule's own arithmetic gives no answer",
};

static void ask_verdict(struct gd_report *r, size_t *cap, const struct gd_facts *facts, const struct gd_verdict *v)
{
	const struct gd_rows *on = gd_facts_table_peek(facts, v->rule->on);
	bool any = !v->row;

	if (!v->row)
		ask(r, cap, v, on, NULL, "*");
	for (size_t k = 0; k < v->input_count; k++) {
		const struct gd_input *in = &v->inputs[k];

		if (!gd_input_is_unknown(in))
			continue;
		any = true;
		if (in->row)
			ask(r, cap, v, in->table, &in->row->cells[in->column],
			    in->table->table->columns[in->column].name);
		else
			ask_column(r, cap, v, in);
	}
	if (!any)
		ask(r, cap, v, on, &no_answer, "*");
}

void gd_report_fill_open(struct gd_report *r, const struct gd_facts *facts, const struct gd_verdicts *verdicts)
{
	size_t cap = 0;

	for (size_t i = 0; i < verdicts->count; i++)
		if (verdicts->items[i].outcome == GD_UNDECIDED)
			ask_verdict(r, &cap, facts, &verdicts->items[i]);
}
