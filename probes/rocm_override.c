/* SPDX-License-Identifier: MIT */
/*
 * HSA_OVERRIDE_GFX_VERSION makes ROCm take a GPU for another chip. For each
 * scope that sets it and each AMD GPU: which ISA results, what is known of that
 * pair, and whether rocBLAS has kernels for the one and for the other.
 *
 * Source of what the runtime does: libhsakmt, topology.c. There, the variable
 * with the number of a KFD node behind it wins over the one for all (ROCm 6.2
 * and later; before, only that one is known).
 */
#include "probes/rocm_override.h"

#include <string.h>

#include "probes/hsa.h"

static const struct gd_column columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The scope and the GPU." },
	{ .name = "scope", .type = GD_TEXT, .help = "Whose environment it is: scope.id." },
	{ .name = "kind", .type = GD_TEXT, .help = "scope.kind: unit, process, login …" },
	{ .name = "name", .type = GD_TEXT, .help = "The unit, where the scope is or belongs to one; else scope.id." },
	{ .name = "running", .type = GD_BOOL, .help = "The scope runs now." },
	{ .name = "gpu", .type = GD_TEXT, .help = "The GPU: gpu.id." },
	{ .name = "gpu_name", .type = GD_TEXT, .help = "The name of the GPU." },
	{ .name = "node", .type = GD_INT, .help = "The node of the GPU in the compute topology." },
	{ .name = "variable",
	  .type = GD_TEXT,
	  .help = "The variable that holds for this GPU: HSA_OVERRIDE_GFX_VERSION, or with the node's number." },
	{ .name = "for_all", .type = GD_BOOL, .help = "It is the variable that holds for every GPU." },
	{ .name = "value", .type = GD_TEXT, .help = "Its value." },
	{ .name = "place", .type = GD_TEXT, .help = "Where it is to be changed: setting.place." },
	{ .name = "change", .type = GD_TEXT, .help = "What is to be done there: setting.change." },
	{ .name = "repeated", .type = GD_BOOL, .help = "Another scope has this very setting: see setting.repeats." },
	{ .name = "first",
	  .type = GD_BOOL,
	  .help = "No row before has this setting: what is wrong with the value itself needs to be told once." },
	{ .name = "shared",
	  .type = GD_BOOL,
	  .help = "It was seen to hold for GPUs of several ISAs, and not to fit one of them." },
	{ .name = "shared_by", .type = GD_TEXT, .help = "What it makes of each GPU, where it holds for several." },
	{ .name = "valid",
	  .type = GD_BOOL,
	  .help = "ROCm's runtime takes the value; where it does not, it finds no GPU at all." },
	{ .name = "empty",
	  .type = GD_BOOL,
	  .help = "It is set to nothing, which runtimes before ROCm 7.14 do not take either." },
	{ .name = "isa", .type = GD_TEXT, .help = "The ISA that the GPU has." },
	{ .name = "isa_assumed", .type = GD_TEXT, .help = "The ISA that ROCm takes it for." },
	{ .name = "relation",
	  .type = GD_TEXT,
	  .help = "same; sibling (of the same generation, where RDNA3.5 counts as RDNA3, as LLVM's generic targets "
		  "have it); other-generation; or no-isa (no chip is called so)." },
	{ .name = "verdict",
	  .type = GD_TEXT,
	  .help = "What is known of that pair: works, mixed, unsafe, untested, unknown (not in the GPU database), or "
		  "no-op." },
	{ .name = "reach",
	  .type = GD_TEXT,
	  .help = "How far that evidence reaches: vendor, docs, several, one or features." },
	{ .name = "evidence", .type = GD_TEXT, .help = "The evidence, in a clause." },
	{ .name = "evidence_source", .type = GD_TEXT, .help = "Where it comes from." },
	{ .name = "native", .type = GD_TEXT, .help = "Builds that have code for the GPU's own ISA." },
	{ .name = "rocblas_directory",
	  .type = GD_TEXT,
	  .help = "The folder of rocBLAS's kernels that programs of this scope load." },
	{ .name = "directory_from",
	  .type = GD_TEXT,
	  .help = "What leads there: ROCBLAS_TENSILE_LIBPATH, LD_LIBRARY_PATH, the engine, Python's packages, or the "
		  "loader." },
	{ .name = "true_kernels", .type = GD_BOOL, .help = "There are usable kernels for the GPU's own ISA in it." },
	{ .name = "assumed_kernels", .type = GD_BOOL, .help = "There are usable kernels for the other ISA in it." },
	{ .name = "engine_needs_it",
	  .type = GD_BOOL,
	  .help = "A back end of the scope's engine was seen to have no code for the GPU's own ISA." },
	{ .name = "proved_needless",
	  .type = GD_BOOL,
	  .help = "That true_kernels holds was seen, and not that the engine needs the override." },
	{ .name = "proved_useless", .type = GD_BOOL, .help = "That assumed_kernels does not hold was seen." },
	{ .name = "proved_refused", .type = GD_BOOL, .help = "That the runtime hides a GPU for it or fails was seen." },
	{ .name = "runtime",
	  .type = GD_TEXT,
	  .help = "What ROCm's runtime did with it when it was asked, which is done in the caller's environment: "
		  "starts, hides (GPUs that it offers without it), or fails." },
};

static const struct gd_table table = {
	.name = "rocm_override",
	.help = "An override of the ISA in one scope, and what it means for one AMD GPU; GPUs that variables of the "
		"scope hide are left out.",
	.columns = columns,
	.column_count = GD_COUNT(columns),
};

const struct gd_row *gd_setting_peek(const struct gd_ctx *ctx, const char *scope, const char *variable)
{
	const struct gd_rows *rows = gd_facts_table_peek(ctx->facts, "setting");

	for (size_t i = 0; i < rows->count; i++)
		if (gd_text_is(rows->rows[i], "scope", scope) && gd_text_is(rows->rows[i], "variable", variable))
			return rows->rows[i];
	return NULL;
}

char *gd_override_isa(const char *value)
{
	unsigned part[GD_HSA_ISA_PARTS];

	if (gd_hsa_override_parse(value, part) < 0)
		return NULL;
	/* Minor and stepping are one hexadecimal digit each in the name of a chip. */
	if (part[1] > 15 || part[2] > 15)
		return gd_xasprintf("%u.%u.%u", part[0], part[1], part[2]);
	return gd_xasprintf("gfx%u%x%x", part[0], part[1], part[2]);
}

static int isa_row(const struct gd_csv *isas, const char *isa)
{
	return gd_gpudb_find(isas, "isa", isa);
}

/* The major version is what stands before the last two digits. */
static bool is_same_major(const char *a, const char *b)
{
	return strlen(a) == strlen(b) && strlen(a) > 2 && !strncmp(a, b, strlen(a) - 2);
}

const char *gd_override_relation_peek(const struct gd_gpudb *db, const char *isa, const char *assumed)
{
	const struct gd_csv *isas = gd_gpudb_table_peek(db, "isa");
	int generation = gd_csv_column(isas, "generation");
	int own = isa_row(isas, isa);
	int other = isa_row(isas, assumed);
	const char *own_name;
	const char *other_name;

	if (!strcmp(isa, assumed))
		return "same";
	if (other < 0)
		return "no-isa";
	own_name = own < 0 ? "" : gd_csv_peek(isas, (size_t)own, generation);
	other_name = gd_csv_peek(isas, (size_t)other, generation);
	if (!is_same_major(isa, assumed) || strcspn(own_name, ".") != strcspn(other_name, ".") ||
	    strncmp(own_name, other_name, strcspn(own_name, ".")) != 0)
		return "other-generation";
	return "sibling";
}

/* ------------------------------------------------------------------ rows -- */

static void set_absent_all(struct gd_row *row, const char *const *names, size_t count, const char *source)
{
	for (size_t i = 0; i < count; i++)
		gd_set_absent(row, names[i], source);
}

static const char *const evidence_columns[] = { "reach", "evidence", "evidence_source", "native" };

static void set_from_database(struct gd_ctx *ctx, struct gd_row *row, const char *isa, const char *assumed)
{
	static const char *const from[] = { "verdict", "reach", "evidence", "source", "native" };
	static const char *const to[] = { "verdict", "reach", "evidence", "evidence_source", "native" };
	const struct gd_csv *t = gd_gpudb_table_peek(ctx->db, "hsa-override");

	for (size_t i = 0; i < t->rows; i++) {
		gd_autofree source = NULL;

		if (strcmp(gd_csv_peek(t, i, gd_csv_column(t, "isa")), isa) != 0 ||
		    strcmp(gd_csv_peek(t, i, gd_csv_column(t, "assumed")), assumed) != 0)
			continue;
		source = gd_xasprintf("data/gpu-db/hsa-override.csv:%u", t->lines[i]);
		for (size_t k = 0; k < GD_COUNT(from); k++) {
			const char *value = gd_csv_peek(t, i, gd_csv_column(t, from[k]));

			gd_set_text(row, to[k], *value ? value : "none that is known", source);
		}
		return;
	}
	gd_set_text(row, "verdict", "unknown", "data/gpu-db/hsa-override.csv");
	set_absent_all(row, evidence_columns, GD_COUNT(evidence_columns), "data/gpu-db/hsa-override.csv");
}

static void set_pair(struct gd_ctx *ctx, struct gd_row *row, const char *isa, const char *assumed)
{
	const char *relation = gd_override_relation_peek(ctx->db, isa, assumed);

	gd_set_text(row, "relation", relation, "data/gpu-db/isa.csv");
	if (strcmp(relation, "same") != 0) {
		set_from_database(ctx, row, isa, assumed);
		return;
	}
	gd_set_text(row, "verdict", "no-op", "isa and isa_assumed are equal");
	set_absent_all(row, evidence_columns, GD_COUNT(evidence_columns), "isa and isa_assumed are equal");
}

/* Everything that follows from the value is as unknown as the value, or there is none. */
static void set_without_value(struct gd_row *row, const struct gd_cell *cell)
{
	static const char *const names[] = {
		"valid", "empty", "isa_assumed", "relation", "verdict", "reach", "evidence", "evidence_source",
		"native",
	};

	for (size_t i = 0; i < GD_COUNT(names); i++)
		gd_set_unknown(row, names[i], cell->gap, cell->detail, cell->remedy);
}

/* Returns the ISA that is assumed, owned, or NULL where that is none or not known. */
static char *judge_value(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cell *value, const struct gd_cell *isa)
{
	static const char *const of_pair[] = { "isa_assumed", "relation", "verdict" };
	static const char *const of_isa[] = { "relation", "verdict", "reach", "evidence", "evidence_source", "native" };
	char *assumed;

	if (value->state != GD_KNOWN) {
		set_without_value(row, value);
		return NULL;
	}
	assumed = gd_override_isa(value->value.s);
	gd_set_bool(row, "valid", assumed != NULL, value->source);
	gd_set_bool(row, "empty", !*value->value.s, value->source);
	if (!assumed) {
		set_absent_all(row, of_pair, GD_COUNT(of_pair), value->source);
		set_absent_all(row, evidence_columns, GD_COUNT(evidence_columns), value->source);
		return NULL;
	}
	gd_set_text(row, "isa_assumed", assumed, value->source);
	if (isa->state == GD_KNOWN) {
		set_pair(ctx, row, isa->value.s, assumed);
		return assumed;
	}
	for (size_t i = 0; i < GD_COUNT(of_isa); i++)
		gd_set_unknown(row, of_isa[i], GD_GAP_NO_SOURCE, "the ISA of the GPU is not known", NULL);
	return assumed;
}

/* Kernels of rocBLAS are no use to an engine whose own code is for another chip. */
static bool engine_needs_it(const struct gd_ctx *ctx, const struct gd_row *row)
{
	const struct gd_rows *codes = gd_facts_table_peek(ctx->facts, "gpu_code");
	const struct gd_row *scope = gd_facts_find(ctx->facts, "scope", gd_get_text(row, "scope", ""));
	const char *engine = scope ? gd_get_text(scope, "engine", NULL) : NULL;

	for (size_t i = 0; engine && i < codes->count; i++) {
		const struct gd_row *code = codes->rows[i];

		if (!strcmp(gd_get_text(code, "gpu", ""), gd_get_text(row, "gpu", "-")) &&
		    gd_text_is(code, "role", "ggml-hip") && gd_text_is(code, "engine", engine) &&
		    gd_text_is(code, "code", "missing"))
			return true;
	}
	return false;
}

/* Known in every case: what was not seen was not seen. */
static void set_proofs(const struct gd_ctx *ctx, struct gd_row *row)
{
	bool needed = engine_needs_it(ctx, row);

	gd_set_bool(row, "engine_needs_it", needed, "gpu_code");
	gd_set_bool(row, "proved_needless", gd_get_int(row, "true_kernels", 0) == 1 && !needed, "true_kernels");
	gd_set_bool(row, "proved_useless",
		    gd_is_known(row, "assumed_kernels") && !gd_get_int(row, "assumed_kernels", 1), "assumed_kernels");
	gd_set_bool(row, "proved_refused", strcmp(gd_get_text(row, "runtime", "starts"), "starts") != 0, "runtime");
}

/* ----------------------------------------------------------- the runtime -- */

static bool status_is(const struct gd_ctx *ctx, const char *library, const char *const *words, size_t count)
{
	const struct gd_row *row = gd_facts_find(ctx->facts, "library", library);
	const char *status = row ? gd_get_text(row, "status", "") : "";

	for (size_t i = 0; i < count; i++)
		if (!strcmp(status, words[i]))
			return true;
	return false;
}

/* What one copy of the runtime did, asked with the override and without it; NULL where it was not asked so. */
static const char *outcome_of(const struct gd_ctx *ctx, const char *library)
{
	static const char *const bad[] = { "crashed", "timed-out", "stuck", "failed", "garbage" };
	static const char *const good[] = { "ok" };
	gd_autofree other = gd_xasprintf("%s without override", library);
	const struct gd_row *with = gd_facts_find(ctx->facts, "hsa_runtime", library);
	const struct gd_row *without = gd_facts_find(ctx->facts, "hsa_runtime", other);

	if (!status_is(ctx, other, good, GD_COUNT(good)))
		return NULL;
	if (status_is(ctx, library, bad, GD_COUNT(bad)))
		return "fails";
	if (!with || !without || !status_is(ctx, library, good, GD_COUNT(good)))
		return NULL;
	return gd_get_int(with, "gpu_agent_count", 0) < gd_get_int(without, "gpu_agent_count", 0) ? "hides" : "starts";
}

/* The worst of all copies. */
static void set_runtime(struct gd_ctx *ctx, struct gd_row *row, bool caller)
{
	static const char *const worst_last[] = { "starts", "hides", "fails" };
	const struct gd_rows *libraries = gd_facts_table_peek(ctx->facts, "library");
	const struct gd_rows *runtimes = gd_facts_table_peek(ctx->facts, "hsa_runtime");
	int worst = -1;

	if (!caller || !libraries || !runtimes) {
		gd_set_absent(row, "runtime", "asked in the caller's environment only");
		return;
	}
	for (size_t i = 0; i < libraries->count; i++) {
		gd_autofree id = gd_row_key(libraries->rows[i]);
		const char *outcome = strncmp(id, "hsa ", strlen("hsa ")) ? NULL : outcome_of(ctx, id);

		for (int k = 0; outcome && k < (int)GD_COUNT(worst_last); k++)
			if (!strcmp(outcome, worst_last[k]) && k > worst)
				worst = k;
	}
	if (worst >= 0)
		gd_set_text(row, "runtime", worst_last[worst], "hsa_runtime");
	else if (!runtimes->complete)
		gd_set_unknown(row, "runtime", runtimes->gap, runtimes->detail, runtimes->remedy);
	else
		gd_set_absent(row, "runtime", "hsa_runtime");
}

/* ----------------------------------------------------------------- pairs -- */

/* The GPU's node, or -1 where it is not known. */
static int64_t node_of(const struct gd_row *gpu)
{
	return gd_get_int(gpu, "kfd_node", -1);
}

bool gd_override_is_candidate(const struct gd_ctx *ctx, const struct gd_row *gpu)
{
	const struct gd_rows *nodes = gd_facts_table_peek(ctx->facts, "kfd_node");

	if (strcmp(gd_get_text(gpu, "vendor", ""), "AMD") != 0 || gd_get_int(gpu, "passthrough", 0) == 1)
		return false;
	return node_of(gpu) >= 0 || !nodes || !nodes->complete;
}

static bool has_node_forms(const struct gd_ctx *ctx, const char *scope)
{
	const struct gd_rows *rows = gd_facts_table_peek(ctx->facts, "setting");

	for (size_t i = 0; i < rows->count; i++)
		if (gd_text_is(rows->rows[i], "scope", scope) &&
		    !strncmp(gd_get_text(rows->rows[i], "variable", ""), GD_HSA_OVERRIDE "_",
			     strlen(GD_HSA_OVERRIDE "_")))
			return true;
	return false;
}

/* The setting that holds for a GPU; `ret_open` where the node decides and is not known. */
static const struct gd_row *setting_for(const struct gd_ctx *ctx, const char *scope, const struct gd_row *gpu,
					bool *ret_open)
{
	gd_autofree name = gd_xasprintf(GD_HSA_OVERRIDE "_%lld", (long long)node_of(gpu));
	const struct gd_row *own = node_of(gpu) < 0 ? NULL : gd_setting_peek(ctx, scope, name);

	*ret_open = node_of(gpu) < 0 && has_node_forms(ctx, scope);
	return own ? own : gd_setting_peek(ctx, scope, GD_HSA_OVERRIDE);
}

static void set_scope(struct gd_row *row, const struct gd_row *scope)
{
	const char *unit = gd_get_text(scope, "unit", NULL);
	const char *kind = gd_get_text(scope, "kind", "");
	const char *id = gd_get_text(scope, "id", "");
	bool of_unit = !strcmp(kind, "unit") || !strcmp(kind, "user-unit");
	const char *name = unit ? strstr(unit, "unit ") : NULL;

	gd_set_cell(row, "scope", gd_get(scope, "id"));
	gd_set_cell(row, "kind", gd_get(scope, "kind"));
	gd_set_cell(row, "running", gd_get(scope, "running"));
	gd_set_text(row, "name",
		    name ? name + strlen("unit ") : of_unit ? gd_get_text(scope, "name", id) : id, "scope");
}

/* `open`: why it is not known whether the variable holds for this GPU, or NULL. */
static void set_variable(struct gd_row *row, const struct gd_row *setting, const char *open)
{
	static const char *const from_setting[] = { "variable", "value", "place", "change", "repeated" };

	for (size_t i = 0; i < GD_COUNT(from_setting); i++) {
		if (setting && (!open || i > 1))
			gd_set_cell(row, from_setting[i], gd_get(setting, from_setting[i]));
		else
			gd_set_unknown(row, from_setting[i], GD_GAP_NO_SOURCE, open, NULL);
	}
	if (open)
		gd_set_cell(row, "for_all", gd_get(row, "variable"));
	else
		gd_set_bool(row, "for_all", gd_text_is(setting, "variable", GD_HSA_OVERRIDE), "variable");
}

static void add_row(struct gd_ctx *ctx, const struct gd_row *scope, const struct gd_row *gpu)
{
	static const char no_node[] = "the node of the GPU decides which variable holds, and is not known";
	static const char no_choice[] = "a variable chooses GPUs, and it is not known whether this one is among them";
	enum gd_visible visible = gd_override_sees(ctx, scope, gpu);
	gd_autofree scope_id = gd_row_key(scope);
	gd_autofree gpu_id = gd_row_key(gpu);
	gd_autofree id = gd_xasprintf("%s %s", scope_id, gpu_id);
	gd_autofree assumed = NULL;
	const struct gd_row *setting;
	struct gd_row *row;
	bool open;

	setting = setting_for(ctx, scope_id, gpu, &open);
	if ((!setting && !open) || visible == GD_VISIBLE_NOT)
		return;
	row = gd_facts_add(ctx->facts, table.name);
	gd_set_text(row, "id", id, "setting");
	set_scope(row, scope);
	gd_set_cell(row, "gpu", gd_get(gpu, "id"));
	gd_set_cell(row, "gpu_name", gd_get(gpu, "name"));
	gd_set_cell(row, "node", gd_get(gpu, "kfd_node"));
	gd_set_cell(row, "isa", gd_get(gpu, "isa"));
	set_variable(row, setting, open ? no_node : visible == GD_VISIBLE_OPEN ? no_choice : NULL);
	assumed = judge_value(ctx, row, gd_get(row, "value"), gd_get(row, "isa"));
	gd_override_set_kernels(ctx, row, scope_id, gd_get_text(gpu, "isa", NULL), assumed);
	set_runtime(ctx, row, !strcmp(scope_id, "caller"));
	set_proofs(ctx, row);
}

static bool is_open_table(const struct gd_rows *rows)
{
	return rows && !rows->complete;
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	const struct gd_rows *scopes = gd_facts_table_peek(ctx->facts, "scope");
	const struct gd_rows *settings = gd_facts_table_peek(ctx->facts, "setting");
	const struct gd_rows *gpus = gd_facts_table_peek(ctx->facts, "gpu");
	const struct gd_rows *open = is_open_table(gpus) ? gpus : NULL;
	bool any = false;

	(void)err;
	for (size_t g = 0; g < gpus->count; g++) {
		if (!gd_override_is_candidate(ctx, gpus->rows[g]))
			continue;
		any = true;
		for (size_t i = 0; i < scopes->count; i++)
			add_row(ctx, scopes->rows[i], gpus->rows[g]);
	}
	gd_override_set_shared(ctx->facts, table.name);
	/* Without such a GPU it does not matter who sets what. */
	if (any && is_open_table(settings))
		open = settings;
	gd_facts_close_like(ctx->facts, table.name, open);
	return 0;
}

const struct gd_probe gd_probe_rocm_override = {
	.name = "rocm_override",
	.help = "Judges overrides of the ISA: which chip ROCm takes each GPU for, and whether that is known to run.",
	.tables = (const struct gd_table *const[]){ &table, NULL },
	.needs = (const char *const[]){ "setting", "gpu", "kfd", "hsa", "rocm", "rocm_kernels", "gpu_code", NULL },
	.run = run,
};
