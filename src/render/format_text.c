/* SPDX-License-Identifier: MIT */
/* Text for people. The report is in text_report.c; here are tables and explanations. */
#include <libsmartcols/libsmartcols.h>
#include <string.h>

#include "base/alloc.h"
#include "render/term.h"
#include "render/text_report.h"

static void put_table(struct libscols_table *t, struct gd_buf *out)
{
	char *text = NULL;

	/* Wide answers go beyond the terminal's edge: smartcols would cut words and values. */
	scols_table_set_termforce(t, SCOLS_TERMFORCE_NEVER);
	if (!scols_print_table_to_string(t, &text) && text)
		gd_buf_puts(out, text);
	free(text);
	if (out->len && out->data[out->len - 1] != '\n')
		gd_buf_putc(out, '\n');
	scols_unref_table(t);
}

static void set_cell(struct libscols_line *line, size_t column, const char *text)
{
	gd_autobuf clean = { 0 };

	gd_clean(&clean, text, strlen(text));
	scols_line_set_data(line, column, gd_buf_peek(&clean));
}

static void text_grid(const struct gd_grid *g, const struct gd_view *view, struct gd_buf *out)
{
	struct libscols_table *t = scols_new_table();

	(void)view;
	for (size_t c = 0; c < g->columns.count; c++) {
		bool numbers = g->rows > 0;

		for (size_t r = 0; r < g->rows; r++)
			numbers &= g->cells[r * g->columns.count + c].type != GD_VALUE_TEXT;
		scols_table_new_column(t, g->columns.items[c], 0, numbers ? SCOLS_FL_RIGHT : 0);
	}
	for (size_t r = 0; r < g->rows; r++) {
		struct libscols_line *line = scols_table_new_line(t, NULL);

		for (size_t c = 0; c < g->columns.count; c++) {
			const struct gd_value *v = &g->cells[r * g->columns.count + c];

			set_cell(line, c, v->type == GD_VALUE_NULL ? "-" : v->text);
		}
	}
	put_table(t, out);
	if (!g->rows)
		gd_buf_puts(out, "(no rows)\n");
	if (g->cut)
		gd_buf_printf(out, "(cut after %zu rows)\n", g->rows);
}

static void text_facts(const struct gd_facts *f, const struct gd_text_options *o, struct gd_buf *out)
{
	gd_text_print(f, o, out);
}

static void text_describe(const struct gd_facts *f, const struct gd_view *view, struct gd_buf *out)
{
	for (size_t t = 0; t < f->count; t++) {
		const struct gd_table *table = f->tables[t].table;

		if (t)
			gd_buf_putc(out, '\n');
		gd_styled(out, view, GD_BOLD, table->name);
		gd_buf_puts(out, table->singleton ? "  (one row)\n" : "\n");
		gd_paragraph(out, view, "  ", table->help);
		for (size_t c = 0; c < table->column_count; c++) {
			const struct gd_column *col = &table->columns[c];
			gd_autofree first = gd_xasprintf("    %-24s %-8s ", col->name, gd_type_name_peek(col->type));
			gd_autofree help = gd_xasprintf("%s%s%s%s", col->help, col->flags & GD_COL_KEY ? " (key)" : "",
							col->flags & GD_COL_VOLATILE ? " (changes by itself)" : "",
							col->flags & GD_COL_PRIVATE ? " (private)" : "");

			gd_paragraph(out, view, first, help);
		}
	}
}

static void text_rules(const struct gd_ruleset *set, const struct gd_view *view, struct gd_buf *out)
{
	size_t width = 0;

	for (size_t i = 0; i < set->count; i++)
		width = strlen(set->rules[i]->name) > width ? strlen(set->rules[i]->name) : width;
	for (size_t i = 0; i < set->count; i++) {
		const struct gd_rule *r = set->rules[i];
		gd_autofree first =
			gd_xasprintf("%-*s  %-7s  ", (int)width, r->name, gd_severity_name_peek(r->severity));

		gd_paragraph(out, view, first, r->title);
	}
}

static void put_field(struct gd_buf *out, const struct gd_view *view, const char *name, const char *text)
{
	gd_autofree first = gd_xasprintf("  %-9s ", name);

	if (text)
		gd_paragraph(out, view, first, text);
}

static void put_input(struct gd_buf *out, const struct gd_view *view, const struct gd_input *in, bool show_private)
{
	const struct gd_column *column = &in->table->table->columns[in->column];
	const struct gd_cell *cell = in->row ? &in->row->cells[in->column] : NULL;
	gd_autofree text = NULL;
	gd_autofree value = NULL;

	if (!cell) {
		text = gd_xasprintf("%s.%s of all rows: %s", in->table->table->name, column->name,
				    gd_input_is_unknown(in) ? "not known of every row" : "known of every row");
	} else if (cell->state == GD_KNOWN) {
		value = (column->flags & GD_COL_PRIVATE) && !show_private ? gd_xstrdup("(private)")
									  : gd_cell_text(cell, column->type);
		text = gd_xasprintf("%s.%s = %s  (%s)", in->table->table->name, column->name, value,
				    cell->source ? cell->source : "");
	} else if (cell->state == GD_ABSENT) {
		text = gd_xasprintf("%s.%s is absent  (%s)", in->table->table->name, column->name,
				    cell->source ? cell->source : "");
	} else {
		text = gd_xasprintf("%s.%s is unknown: %s%s%s", in->table->table->name, column->name,
				    cell->detail ? cell->detail : gd_gap_text_peek(cell->gap),
				    cell->remedy ? "; " : "", cell->remedy ? cell->remedy : "");
	}
	gd_paragraph(out, view, "      ", text);
}

static void put_verdict(struct gd_buf *out, const struct gd_view *view, const struct gd_verdict *v, bool show_private)
{
	gd_autofree key = v->row ? gd_row_key(v->row)
				 : gd_xasprintf("the rest of the table %s, which is not listed in full", v->rule->on);

	gd_autofree line = gd_xasprintf("%s: %s", key, gd_outcome_text_peek(v->outcome));

	gd_paragraph_styled(out, view, GD_PLAIN, "  ", v->outcome == GD_PROBLEM ? GD_YELLOW : GD_BOLD, line);
	if (v->says)
		gd_paragraph(out, view, "    ", v->says);
	for (size_t i = 0; i < v->input_count; i++)
		put_input(out, view, &v->inputs[i], show_private);
	for (size_t i = 0; i < v->fix_count; i++) {
		gd_autofree text = gd_xasprintf("%s: %s", gd_fix_kind_text_peek(v->fixes[i].kind), v->fixes[i].text);

		gd_paragraph(out, view, "    to do: ", text);
	}
}

static void text_explain(const struct gd_explanation *e, const struct gd_view *view, struct gd_buf *out)
{
	const struct gd_rule *r = e->rule;
	gd_autofree where = gd_xasprintf("%s:%u", r->file, r->line);

	gd_styled(out, view, GD_BOLD, r->name);
	gd_buf_puts(out, "\n");
	put_field(out, view, "title", r->title);
	put_field(out, view, "from", where);
	put_field(out, view, "severity", gd_severity_name_peek(r->severity));
	put_field(out, view, "on", r->on);
	put_field(out, view, "valid", r->valid);
	put_field(out, view, "when", r->when);
	put_field(out, view, "problem", r->problem);
	put_field(out, view, "says", r->says);
	put_field(out, view, "because", r->because);
	for (size_t i = 0; i < r->fix_count; i++) {
		gd_autofree fix = gd_xasprintf("%s %s", gd_fix_kind_name_peek(r->fixes[i].kind), r->fixes[i].text);

		put_field(out, view, "fix", fix);
	}
	for (size_t i = 0; i < r->see.count; i++)
		put_field(out, view, "see", r->see.items[i]);
	gd_buf_puts(out, "\nOn this machine:\n");
	if (!e->verdict_count)
		gd_buf_printf(out, "  does not apply: there is no %s\n", r->on);
	for (size_t i = 0; i < e->verdict_count; i++)
		put_verdict(out, view, &e->verdicts[i], e->show_private);
}

const struct gd_format gd_format_text = {
	.name = "text",
	.help = "for people",
	.report = gd_text_report,
	.facts = text_facts,
	.describe = text_describe,
	.grid = text_grid,
	.rules = text_rules,
	.explain = text_explain,
};
