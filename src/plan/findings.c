/* SPDX-License-Identifier: MIT */
/* From verdicts that are problems to findings, with the facts behind each. */
#include <string.h>

#include "plan/report_parts.h"

const char *gd_report_subject(struct gd_report *r, const struct gd_row *row)
{
	gd_autofree key = NULL;
	const char *name;

	if (!row || row->table->singleton)
		return "";
	key = gd_row_key(row);
	name = gd_table_column(row->table, "name") >= 0 ? gd_get_text(row, "name", NULL) : NULL;
	if (!name || !strcmp(name, key))
		return gd_arena_strdup(&r->arena, key);
	return gd_report_keep(r, gd_xasprintf("%s (%s)", name, key));
}

static void fill_evidence(struct gd_report *r, struct gd_evidence *e, const struct gd_input *in, bool show_private)
{
	const struct gd_column *column = &in->table->table->columns[in->column];
	const struct gd_cell *cell = in->row ? &in->row->cells[in->column] : NULL;

	*e = (struct gd_evidence){
		.fact = gd_report_keep(r, gd_xasprintf("%s.%s", in->table->table->name, column->name)),
		.decides = in->decides,
		.state = "known",
	};
	if (!cell) {
		e->value = "all rows";
		return;
	}
	e->source = cell->source ? gd_arena_strdup(&r->arena, cell->source) : NULL;
	switch (cell->state) {
	case GD_KNOWN:
		e->value = (column->flags & GD_COL_PRIVATE) && !show_private
				   ? "(private)"
				   : gd_report_keep(r, gd_cell_text(cell, column->type));
		break;
	case GD_ABSENT:
		e->state = "absent";
		break;
	case GD_UNKNOWN:
	case GD_UNSET:
		e->state = "unknown";
		e->reason = gd_arena_strdup(&r->arena, cell->detail ? cell->detail : gd_gap_text_peek(cell->gap));
		break;
	}
}

/* The most severe first; within a severity the order of the rules and rows is kept. */
static int compare_findings(const void *a, const void *b)
{
	const struct gd_finding *x = a;
	const struct gd_finding *y = b;

	if (x->severity != y->severity)
		return x->severity < y->severity ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void fill_finding(struct gd_report *r, struct gd_finding *f, const struct gd_verdict *v, bool show_private)
{
	*f = (struct gd_finding){
		.order = r->finding_count,
		.rule = v->rule,
		.severity = v->rule->severity,
		.subject = gd_report_subject(r, v->row),
		.key = gd_report_keep(r, gd_row_key(v->row)),
		.says = gd_arena_strdup(&r->arena, v->says),
		.evidence = gd_xcalloc(v->input_count, sizeof(*f->evidence)),
		.fixes = v->fixes,
		.fix_count = v->fix_count,
	};
	for (size_t i = 0; i < v->input_count; i++)
		fill_evidence(r, &f->evidence[f->evidence_count++], &v->inputs[i], show_private);
}

void gd_report_fill_findings(struct gd_report *r, const struct gd_verdicts *verdicts, bool show_private)
{
	size_t cap = 0;

	for (size_t i = 0; i < verdicts->count; i++) {
		const struct gd_verdict *v = &verdicts->items[i];

		if (v->outcome != GD_PROBLEM)
			continue;
		GD_GROW(r->findings, r->finding_count, cap);
		fill_finding(r, &r->findings[r->finding_count], v, show_private);
		r->finding_count++;
		r->by_severity[v->rule->severity]++;
	}
	if (r->finding_count)
		qsort(r->findings, r->finding_count, sizeof(*r->findings), compare_findings);
}
