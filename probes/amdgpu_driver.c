/* SPDX-License-Identifier: MIT */
/* The generation of AMD's own kernel driver (amdgpu-dkms), and the releases of ROCm that AMD tests it with. */
#include <string.h>

#include "probe/probe.h"

static const struct gd_column columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "Always \"amdgpu\"." },
	{ .name = "version",
	  .type = GD_VERSION,
	  .help = "The version of the module as packaged by AMD (DKMS); absent for the kernel's own, which has none." },
	{ .name = "release", .type = GD_VERSION, .help = "The release that brought it: of ROCm, or 30.10 and later." },
	{ .name = "rocm_min", .type = GD_VERSION, .help = "The oldest release of ROCm that AMD supports with it." },
	{ .name = "rocm_max",
	  .type = GD_VERSION,
	  .help = "The newest release of ROCm that AMD supports with it; absent while that is not closed." },
};

static const struct gd_table table = {
	.name = "amdgpu_driver",
	.help = "The generation of the kernel driver amdgpu.",
	.singleton = true,
	.columns = columns,
	.column_count = GD_COUNT(columns),
};

static void set_alike(struct gd_row *row, const struct gd_cell *from)
{
	for (size_t i = 1; i < GD_COUNT(columns); i++)
		gd_set_cell(row, columns[i].name, from);
}

/* The first cell of the row has the module's version, which is known. */
static void look_up(const struct gd_ctx *ctx, struct gd_row *row, const char *version)
{
	const struct gd_csv *t = gd_gpudb_table_peek(ctx->db, "amdgpu-driver");
	int found = gd_gpudb_find(t, "version", version);
	gd_autofree source = NULL;

	for (size_t i = 2; found < 0 && i < GD_COUNT(columns); i++)
		gd_set_unknown(row, columns[i].name, GD_GAP_NO_SOURCE, "it is not in amdgpu-driver.csv", NULL);
	if (found < 0)
		return;
	source = gd_xasprintf("data/gpu-db/amdgpu-driver.csv:%u", t->lines[found]);
	for (size_t i = 2; i < GD_COUNT(columns); i++) {
		const char *text = gd_csv_peek(t, (size_t)found, gd_csv_column(t, columns[i].name));

		if (*text)
			gd_set_text(row, columns[i].name, text, source);
		else
			gd_set_absent(row, columns[i].name, source);
	}
}

static void fill(const struct gd_ctx *ctx, struct gd_row *row)
{
	const struct gd_row *module = gd_facts_find(ctx->facts, "module", "amdgpu");
	const struct gd_rows *modules = gd_facts_table_peek(ctx->facts, "module");
	const struct gd_cell *version = module ? gd_get(module, "version") : NULL;

	if (version && version->state != GD_KNOWN) {
		set_alike(row, version);
		return;
	}
	if (version) {
		gd_set_text(row, "version", version->value.s, version->source);
		look_up(ctx, row, version->value.s);
		return;
	}
	for (size_t i = 1; i < GD_COUNT(columns); i++)
		if (gd_module_is_absent(ctx, "amdgpu"))
			gd_set_absent(row, columns[i].name, "/proc/modules, without amdgpu");
		else
			gd_set_unknown(row, columns[i].name, modules ? modules->gap : GD_GAP_NOT_PROBED,
				       modules ? modules->detail : NULL, modules ? modules->remedy : NULL);
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	struct gd_row *row = gd_facts_add(ctx->facts, table.name);

	(void)err;
	gd_set_text(row, "id", "amdgpu", "gpudoctor");
	fill(ctx, row);
	gd_facts_complete(ctx->facts, table.name);
	return 0;
}

const struct gd_probe gd_probe_amdgpu_driver = {
	.name = "amdgpu_driver",
	.help = "Which generation of AMD's kernel driver is loaded.",
	.tables = (const struct gd_table *const[]){ &table, NULL },
	.needs = (const char *const[]){ "kernel", NULL },
	.run = run,
};
