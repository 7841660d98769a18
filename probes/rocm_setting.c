/* SPDX-License-Identifier: MIT */
/*
 * Variables that only ROCm reads, where there is a GPU for it. Elsewhere it does
 * not matter who sets them, nor whether all who may were seen.
 */
#include <string.h>

#include "base/parse.h"
#include "probes/hsa.h"
#include "probes/rocm_override.h"

static const struct gd_column columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The scope and the variable: setting.id." },
	{ .name = "scope", .type = GD_TEXT, .help = "Whose environment it is: scope.id." },
	{ .name = "variable", .type = GD_TEXT, .help = "The variable." },
	{ .name = "value", .type = GD_TEXT, .help = "The value that holds in the end." },
	{ .name = "place", .type = GD_TEXT, .help = "Where it is to be changed: setting.place." },
	{ .name = "change", .type = GD_TEXT, .help = "What is to be done there: setting.change." },
	{ .name = "repeated", .type = GD_BOOL, .help = "Another scope has this very setting: see setting.repeats." },
	{ .name = "folder", .type = GD_TEXT, .help = "What it names that kernels are read from: setting.folder." },
	{ .name = "misspelled", .type = GD_BOOL, .help = "Nobody reads it; it is meant as another one." },
	{ .name = "node_is_gpu",
	  .type = GD_BOOL,
	  .help = "The node whose number ends HSA_OVERRIDE_GFX_VERSION_N is a GPU; absent for other variables." },
};

static const struct gd_table table = {
	.name = "rocm_setting",
	.help = "A variable that only ROCm reads, in one scope; none where there is no AMD GPU.",
	.columns = columns,
	.column_count = GD_COUNT(columns),
};

/* The number behind HSA_OVERRIDE_GFX_VERSION_, or -1. */
static int64_t node_of(const char *variable)
{
	static const char prefix[] = GD_HSA_OVERRIDE "_";
	int64_t node = -1;

	if (strncmp(variable, prefix, strlen(prefix)) != 0 || gd_parse_i64(variable + strlen(prefix), 10, &node) < 0)
		return -1;
	return node;
}

static bool is_wanted(const char *variable)
{
	static const char *const names[] = {
		"HSA_ENABLE_GFX_VERSION",
		"ROCBLAS_TENSILE_LIBPATH",
		"HIPBLASLT_TENSILE_LIBPATH",
		"ROCBLAS_USE_HIPBLASLT",
	};

	for (size_t i = 0; i < GD_COUNT(names); i++)
		if (!strcmp(variable, names[i]))
			return true;
	return node_of(variable) >= 0;
}

static void set_node(struct gd_ctx *ctx, struct gd_row *row, int64_t node)
{
	const struct gd_rows *nodes = gd_facts_table_peek(ctx->facts, "kfd_node");

	if (node < 0) {
		gd_set_absent(row, "node_is_gpu", "variable");
		return;
	}
	for (size_t i = 0; i < nodes->count; i++)
		if (gd_get_int(nodes->rows[i], "node", -1) == node) {
			gd_set_cell(row, "node_is_gpu", gd_get(nodes->rows[i], "is_gpu"));
			return;
		}
	if (nodes->complete)
		gd_set_bool(row, "node_is_gpu", false, "kfd_node");
	else
		gd_set_unknown(row, "node_is_gpu", nodes->gap, nodes->detail, nodes->remedy);
}

static void add_row(struct gd_ctx *ctx, const struct gd_row *setting)
{
	static const char *const same[] = {
		"id", "scope", "variable", "value", "place", "change", "repeated", "folder",
	};
	const char *variable = gd_get_text(setting, "variable", "");
	struct gd_row *row = gd_facts_add(ctx->facts, table.name);

	for (size_t i = 0; i < GD_COUNT(same); i++)
		gd_set_cell(row, same[i], gd_get(setting, same[i]));
	gd_set_bool(row, "misspelled", !strcmp(variable, "HSA_ENABLE_GFX_VERSION"), "variable");
	set_node(ctx, row, node_of(variable));
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	const struct gd_rows *settings = gd_facts_table_peek(ctx->facts, "setting");
	const struct gd_rows *gpus = gd_facts_table_peek(ctx->facts, "gpu");
	const struct gd_rows *open = gpus->complete ? NULL : gpus;
	bool any = false;

	(void)err;
	for (size_t i = 0; i < gpus->count; i++)
		any |= gd_override_is_candidate(ctx, gpus->rows[i]);
	for (size_t i = 0; any && i < settings->count; i++)
		if (is_wanted(gd_get_text(settings->rows[i], "variable", "")))
			add_row(ctx, settings->rows[i]);
	if (any && !settings->complete)
		open = settings;
	gd_facts_close_like(ctx->facts, table.name, open);
	return 0;
}

const struct gd_probe gd_probe_rocm_setting = {
	.name = "rocm_setting",
	.help = "Picks the variables that only ROCm reads, where it has a GPU.",
	.tables = (const struct gd_table *const[]){ &table, NULL },
	.needs = (const char *const[]){ "setting", "gpu", "kfd", NULL },
	.run = run,
};
