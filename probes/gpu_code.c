/* SPDX-License-Identifier: MIT */
/*
 * For each AMD GPU and each binary with code for GPUs: whether it holds any for
 * this one. That ROCm's runtime lists the GPU says nothing of it.
 */
#include <string.h>

#include "object/target.h"
#include "probes/gpu_join.h"

static const struct gd_column columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The GPU and the file." },
	{ .name = "gpu", .type = GD_TEXT, .help = "The GPU: gpu.id." },
	{ .name = "file", .type = GD_TEXT, .help = "The binary: code_file.id." },
	{ .name = "role", .type = GD_TEXT, .help = "What it is: ggml-hip, rocblas …" },
	{ .name = "engine", .type = GD_TEXT, .help = "The engine that brought it; absent where none did." },
	{ .name = "engine_skips",
	  .type = GD_BOOL,
	  .help = "Whether the engine leaves out by itself a GPU that it has no code for, as Ollama does." },
	{ .name = "isa", .type = GD_TEXT, .help = "The ISA of the GPU, whatever an override says." },
	{ .name = "beside_served",
	  .type = GD_BOOL,
	  .help = "Whether the GPU is an integrated one, and the file has code for another GPU here." },
	{ .name = "code",
	  .type = GD_TEXT,
	  .help = "Code for that ISA in the file: present, generic (for a family of chips) or missing." },
};

static const struct gd_table table = {
	.name = "gpu_code",
	.help = "An AMD GPU and a binary with code for GPUs: whether it holds any for this one.",
	.columns = columns,
	.column_count = GD_COUNT(columns),
};

/* "present", "generic" or "missing", as far as the file was read. */
static const char *code_for(const struct gd_ctx *ctx, const char *file, const char *isa)
{
	const struct gd_rows *targets = gd_facts_table_peek(ctx->facts, "code_isa");
	const char *code = "missing";

	for (size_t i = 0; i < targets->count; i++) {
		const char *has = gd_get_text(targets->rows[i], "isa", "");
		struct gd_target target;

		if (strcmp(gd_get_text(targets->rows[i], "file", ""), file) != 0)
			continue;
		if (!strcmp(has, isa))
			return "present";
		if (gd_target_parse(has, &target) == 0 && gd_target_covers(&target, isa))
			code = "generic";
	}
	return code;
}

static void set_code(const struct gd_ctx *ctx, struct gd_row *row, const struct gd_row *file)
{
	const char *path = gd_get_text(file, "id", "");
	const char *code = code_for(ctx, path, gd_get_text(row, "isa", ""));

	if (strcmp(code, "missing") != 0)
		gd_set_text(row, "code", code, path);
	else if (gd_get(file, "isas")->state == GD_UNKNOWN)
		gd_set_cell(row, "code", gd_get(file, "isas"));
	else
		gd_set_text(row, "code", code, path);
}

static void add(struct gd_ctx *ctx, const struct gd_row *gpu, const struct gd_row *file)
{
	struct gd_row *row = gd_gpu_join_add(ctx, table.name, gpu, file);

	gd_set_cell(row, "file", gd_get(file, "id"));
	gd_set_cell(row, "role", gd_get(file, "role"));
	gd_set_cell(row, "engine", gd_get(file, "engine"));
	if (gd_get(file, "engine")->state == GD_UNKNOWN)
		gd_set_cell(row, "engine_skips", gd_get(file, "engine"));
	else
		gd_set_bool(row, "engine_skips", !strcmp(gd_get_text(file, "engine", ""), "ollama"), "code_file");
	if (gd_is_known(gpu, "isa"))
		set_code(ctx, row, file);
	else
		gd_set_cell(row, "code", gd_get(gpu, "isa"));
}

static bool is_served(const struct gd_row *pair)
{
	const char *code = gd_get_text(pair, "code", "");

	return !strcmp(code, "present") || !strcmp(code, "generic");
}

/* Once all pairs are there. Whether another one serves may be unknown: then it was not seen to. */
static void set_beside(const struct gd_ctx *ctx, const struct gd_rows *pairs, struct gd_row *row)
{
	const struct gd_row *gpu = gd_facts_find(ctx->facts, "gpu", gd_get_text(row, "gpu", ""));
	const char *file = gd_get_text(row, "file", "");
	bool beside = false;

	for (size_t i = 0; i < pairs->count; i++)
		if (pairs->rows[i] != row && !strcmp(gd_get_text(pairs->rows[i], "file", ""), file) &&
		    is_served(pairs->rows[i]))
			beside = true;
	gd_set_bool(row, "beside_served", beside && gpu && gd_get_int(gpu, "integrated", 0), "gpu, gpu_code");
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	const struct gd_rows *pairs = gd_facts_table_peek(ctx->facts, table.name);

	(void)err;
	gd_gpu_join(ctx, table.name, "code_file", add);
	for (size_t i = 0; i < pairs->count; i++)
		set_beside(ctx, pairs, pairs->rows[i]);
	return 0;
}

const struct gd_probe gd_probe_gpu_code = {
	.name = "gpu_code",
	.help = "Joins AMD GPUs with the code that binaries hold for them.",
	.tables = (const struct gd_table *const[]){ &table, NULL },
	.needs = (const char *const[]){ "gpu", "code_object", NULL },
	.run = run,
};
