/* SPDX-License-Identifier: MIT */
/* JSON for programs. The report follows data/report.schema.json; numbers stay numbers. */
#include <jansson.h>
#include <string.h>

#include "base/alloc.h"
#include "config.h"
#include "render/render.h"

static void put(json_t *root, struct gd_buf *out)
{
	char *text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(12));

	json_decref(root);
	if (!text)
		abort();
	gd_buf_puts(out, text);
	gd_buf_putc(out, '\n');
	free(text);
}

static json_t *text_or_null(const char *s)
{
	json_t *j = s ? json_string(s) : NULL;

	return j ? j : json_null();
}

static json_t *int_or_null(int64_t v)
{
	return v < 0 ? json_null() : json_integer(v);
}

static json_t *real_or_null(double v)
{
	return v < 0 ? json_null() : json_real(v);
}

static json_t *bool_or_null(int v)
{
	return v < 0 ? json_null() : json_boolean(v);
}

static json_t *string_list(const struct gd_strv *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->count; i++)
		json_array_append_new(list, json_string(v->items[i]));
	return list;
}

static json_t *machine(const struct gd_report_machine *m)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "product",
			 text_or_null(m->product), "os", text_or_null(m->os), "kernel", text_or_null(m->kernel),
			 "container", text_or_null(m->container), "virtual_machine", text_or_null(m->virtual_machine),
			 "cpu", text_or_null(m->cpu), "cpu_build", text_or_null(m->cpu_build), "sockets",
			 int_or_null(m->sockets), "cores", int_or_null(m->cores), "threads", int_or_null(m->threads),
			 "performance_cores", int_or_null(m->performance_cores), "efficiency_cores",
			 int_or_null(m->efficiency_cores), "usable_cores", int_or_null(m->usable_cores), "ram_mib",
			 int_or_null(m->ram_mib), "ram_available_mib", int_or_null(m->ram_available_mib),
			 "cpu_bandwidth_gbps", real_or_null(m->cpu_bandwidth_gbps));
}

static json_t *gpu(const struct gd_report_gpu *g)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
			 "id",
			 text_or_null(g->id), "name", text_or_null(g->name), "vendor", text_or_null(g->vendor), "isa",
			 text_or_null(g->isa), "driver", text_or_null(g->driver), "vulkan_driver",
			 text_or_null(g->vulkan_driver), "mesa_version", text_or_null(g->mesa_version), "hsa_isa",
			 text_or_null(g->hsa_isa), "cuda_version", text_or_null(g->cuda_version), "memory_type",
			 text_or_null(g->memory_type), "asleep",
			 g->asleep ? json_boolean(!strcmp(g->asleep, "yes")) : json_null(), "integrated",
			 bool_or_null(g->integrated), "compute", json_boolean(g->compute), "passthrough",
			 json_boolean(g->passthrough), "cu_count", int_or_null(g->cu_count), "partitions",
			 int_or_null(g->partitions), "vram_mib", int_or_null(g->vram_mib), "vram_is_nominal",
			 json_boolean(g->vram_is_nominal), "gtt_mib", int_or_null(g->gtt_mib), "bandwidth_gbps",
			 real_or_null(g->bandwidth_gbps), "link_gtps", real_or_null(g->link_gtps), "link_width",
			 int_or_null(g->link_width));
}

static json_t *kernels(const struct gd_report_rocm *install)
{
	json_t *list = json_array();

	for (size_t i = 0; i < install->kernel_count; i++) {
		const struct gd_report_kernels *k = &install->kernels[i];

		json_array_append_new(list, json_pack("{s:s,s:o,s:o,s:o,s:o}", "isa", k->isa, "official",
						      text_or_null(k->official), "hip_code", text_or_null(k->hip_code),
						      "rocblas", text_or_null(k->rocblas), "hipblaslt",
						      text_or_null(k->hipblaslt)));
	}
	return list;
}

static json_t *rocm(const struct gd_report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->rocm_count; i++) {
		const struct gd_report_rocm *install = &r->rocm[i];

		json_array_append_new(list, json_pack("{s:s,s:o,s:o,s:o}", "folder", install->folder, "version",
						      text_or_null(install->version), "engine",
						      text_or_null(install->engine), "kernels", kernels(install)));
	}
	return list;
}

static json_t *evidence(const struct gd_finding *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->evidence_count; i++) {
		const struct gd_evidence *e = &f->evidence[i];

		json_array_append_new(list,
				      json_pack("{s:s,s:b,s:s,s:o,s:o,s:o}", "fact", e->fact, "decides", e->decides,
						"state", e->state, "value", text_or_null(e->value), "source",
						text_or_null(e->source), "reason", text_or_null(e->reason)));
	}
	return list;
}

static json_t *fixes(const struct gd_fix *fix, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_pack("{s:s,s:s}", "kind", gd_fix_kind_name_peek(fix[i].kind), "text",
						      fix[i].text));
	return list;
}

static json_t *finding(const struct gd_finding *f)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:o}", "rule", f->rule->name, "severity",
			 gd_severity_name_peek(f->severity), "title", f->rule->title, "on", f->rule->on, "key", f->key,
			 "subject", f->subject, "says", f->says, "because", text_or_null(f->rule->because), "evidence",
			 evidence(f), "fixes", fixes(f->fixes, f->fix_count), "see", string_list(&f->rule->see));
}

static json_t *question(const struct gd_open_question *q)
{
	return json_pack("{s:s,s:o,s:o,s:o,s:o,s:b,s:b}", "reason", gd_gap_name_peek(q->gap), "detail",
			 text_or_null(q->detail), "remedy", text_or_null(q->remedy), "checks", string_list(&q->rules),
			 "facts", string_list(&q->facts), "minor", q->minor, "could_be_error", q->could_be_error);
}

static void json_report(const struct gd_report *r, const struct gd_view *view, struct gd_buf *out)
{
	json_t *gpus = json_array();
	json_t *findings = json_array();
	json_t *open = json_array();
	json_t *counts = json_object();

	(void)view;
	for (size_t i = 0; i < r->gpu_count; i++)
		json_array_append_new(gpus, gpu(&r->gpus[i]));
	for (size_t i = 0; i < r->finding_count; i++)
		json_array_append_new(findings, finding(&r->findings[i]));
	for (size_t i = 0; i < r->open_count; i++)
		json_array_append_new(open, question(&r->open[i]));
	for (int s = 0; s < GD_SEVERITY_COUNT; s++)
		json_object_set_new(counts, gd_severity_name_peek((enum gd_severity)s),
				    json_integer((json_int_t)r->by_severity[s]));
	put(json_pack("{s:s,s:i,s:s,s:i,s:s,s:o,s:o,s:o,s:b,s:o,s:b,s:o,s:o,s:o,s:o,s:o,s:I,s:I,s:I}", "program",
		      "gpudoctor", "schema", 1, "version", PACKAGE_VERSION, "exit_status", r->exit_status, "headline",
		      r->headline, "hint", text_or_null(r->hint), "machine", machine(&r->machine), "gpus", gpus,
		      "gpus_complete", r->gpus_complete, "rocm", rocm(r), "rocm_complete", r->rocm_complete, "findings",
		      findings, "counts", counts, "open", open, "failed_probes",
		      string_list(&r->failed_probes), "broken_rules", string_list(&r->broken_rules), "rules_asked",
		      (json_int_t)r->rules_asked, "rules_open", (json_int_t)r->rules_open, "rules_total",
		      (json_int_t)r->rules_total),
	    out);
}

static json_t *cell_value(const struct gd_cell *c, const struct gd_column *column, bool show_private)
{
	if (!show_private && (column->flags & GD_COL_PRIVATE))
		return json_string("(private)");
	switch (column->type) {
	case GD_BOOL:
		return json_boolean(c->value.i);
	case GD_INT:
		return json_integer(c->value.i);
	case GD_REAL:
		return json_real(c->value.r);
	case GD_TEXT:
	case GD_VERSION:
		break;
	}
	return json_string(c->value.s);
}

static json_t *cell(const struct gd_cell *c, const struct gd_column *column, bool show_private)
{
	switch (c->state) {
	case GD_KNOWN:
		return json_pack("{s:s,s:o,s:o}", "state", "known", "value", cell_value(c, column, show_private),
				 "source", text_or_null(c->source));
	case GD_ABSENT:
		return json_pack("{s:s,s:o}", "state", "absent", "source", text_or_null(c->source));
	case GD_UNKNOWN:
	case GD_UNSET:
		break;
	}
	return json_pack("{s:s,s:s,s:o,s:o}", "state", "unknown", "reason", gd_gap_name_peek(c->gap), "detail",
			 text_or_null(c->detail), "remedy", text_or_null(c->remedy));
}

static json_t *table(const struct gd_rows *t, bool show_private)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < t->count; i++) {
		json_t *row = json_object();

		for (size_t c = 0; c < t->table->column_count; c++)
			json_object_set_new(row, t->table->columns[c].name,
					    cell(&t->rows[i]->cells[c], &t->table->columns[c], show_private));
		json_array_append_new(rows, row);
	}
	if (t->complete)
		return json_pack("{s:b,s:o}", "complete", 1, "rows", rows);
	return json_pack("{s:b,s:s,s:o,s:o,s:o}", "complete", 0, "reason", gd_gap_name_peek(t->gap), "detail",
			 text_or_null(t->detail), "remedy", text_or_null(t->remedy), "rows", rows);
}

static bool wanted(const struct gd_text_options *o, const char *name)
{
	if (!o->tables || !o->tables[0])
		return true;
	for (size_t i = 0; o->tables[i]; i++)
		if (!strcmp(o->tables[i], name))
			return true;
	return false;
}

static void json_facts(const struct gd_facts *f, const struct gd_text_options *o, struct gd_buf *out)
{
	json_t *root = json_object();

	for (size_t i = 0; i < f->count; i++)
		if (wanted(o, f->tables[i].table->name))
			json_object_set_new(root, f->tables[i].table->name, table(&f->tables[i], o->show_private));
	put(root, out);
}

static void json_describe(const struct gd_facts *f, const struct gd_view *view, struct gd_buf *out)
{
	json_t *root = json_array();

	(void)view;
	for (size_t t = 0; t < f->count; t++) {
		const struct gd_table *tab = f->tables[t].table;
		json_t *columns = json_array();

		for (size_t c = 0; c < tab->column_count; c++)
			json_array_append_new(columns,
					      json_pack("{s:s,s:s,s:s,s:b,s:b,s:b}", "name", tab->columns[c].name,
							"type", gd_type_name_peek(tab->columns[c].type), "help",
							tab->columns[c].help, "key", tab->columns[c].flags & GD_COL_KEY,
							"volatile", tab->columns[c].flags & GD_COL_VOLATILE, "private",
							tab->columns[c].flags & GD_COL_PRIVATE));
		json_array_append_new(root, json_pack("{s:s,s:s,s:b,s:s,s:o}", "name", tab->name, "help", tab->help,
						      "one_row", tab->singleton, "probe", f->tables[t].probe, "columns",
						      columns));
	}
	put(root, out);
}

static json_t *grid_value(const struct gd_value *v)
{
	switch (v->type) {
	case GD_VALUE_INT:
		return json_integer(v->i);
	case GD_VALUE_REAL:
		return json_real(v->r);
	case GD_VALUE_TEXT:
		return text_or_null(v->text);
	case GD_VALUE_NULL:
		break;
	}
	return json_null();
}

static void json_grid(const struct gd_grid *g, const struct gd_view *view, struct gd_buf *out)
{
	json_t *rows = json_array();

	(void)view;
	for (size_t r = 0; r < g->rows; r++) {
		json_t *row = json_array();

		for (size_t c = 0; c < g->columns.count; c++)
			json_array_append_new(row, grid_value(&g->cells[r * g->columns.count + c]));
		json_array_append_new(rows, row);
	}
	put(json_pack("{s:o,s:o,s:b}", "columns", string_list(&g->columns), "rows", rows, "cut", g->cut), out);
}

static json_t *rule(const struct gd_rule *r)
{
	return json_pack("{s:s,s:s,s:i,s:s,s:s,s:s,s:o,s:s,s:s,s:o,s:o,s:o,s:o,s:o}", "name", r->name, "file", r->file,
			 "line", (int)r->line, "title", r->title, "severity", gd_severity_name_peek(r->severity), "on",
			 r->on, "when", text_or_null(r->when), "problem", r->problem, "says", r->says, "because",
			 text_or_null(r->because), "valid", text_or_null(r->valid), "fixes",
			 fixes(r->fixes, r->fix_count), "see", string_list(&r->see), "broken", text_or_null(r->broken));
}

static void json_rules(const struct gd_ruleset *set, const struct gd_view *view, struct gd_buf *out)
{
	json_t *rules = json_array();

	(void)view;
	for (size_t i = 0; i < set->count; i++)
		json_array_append_new(rules, rule(set->rules[i]));
	put(json_pack("{s:o,s:o}", "rules", rules, "errors", string_list(&set->errors)), out);
}

static json_t *verdict(const struct gd_verdict *v, bool show_private)
{
	gd_autofree key = v->row ? gd_row_key(v->row) : NULL;
	json_t *inputs = json_array();

	for (size_t i = 0; i < v->input_count; i++) {
		const struct gd_input *in = &v->inputs[i];
		const struct gd_column *column = &in->table->table->columns[in->column];
		json_t *j = in->row ? cell(&in->row->cells[in->column], column, show_private)
				    : json_pack("{s:s}", "state", gd_input_is_unknown(in) ? "unknown" : "all rows");

		json_object_set_new(j, "table", json_string(in->table->table->name));
		json_object_set_new(j, "column", json_string(column->name));
		json_array_append_new(inputs, j);
	}
	return json_pack("{s:o,s:s,s:o,s:o,s:o}", "key", text_or_null(key), "outcome", gd_outcome_text_peek(v->outcome),
			 "inputs", inputs, "says", text_or_null(v->says), "fixes", fixes(v->fixes, v->fix_count));
}

static void json_explain(const struct gd_explanation *e, const struct gd_view *view, struct gd_buf *out)
{
	json_t *verdicts = json_array();

	(void)view;
	for (size_t i = 0; i < e->verdict_count; i++)
		json_array_append_new(verdicts, verdict(&e->verdicts[i], e->show_private));
	put(json_pack("{s:o,s:o}", "rule", rule(e->rule), "verdicts", verdicts), out);
}

const struct gd_format gd_format_json = {
	.name = "json",
	.help = "for programs",
	.report = json_report,
	.facts = json_facts,
	.describe = json_describe,
	.grid = json_grid,
	.rules = json_rules,
	.explain = json_explain,
};
