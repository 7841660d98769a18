/* SPDX-License-Identifier: MIT */
/* Variables of the caller's environment that change what Vulkan shows. */
#include <errno.h>

#include "probe/probe.h"

static const struct gd_column columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "Always \"caller\"." },
	{ .name = "driver_files",
	  .type = GD_TEXT,
	  .help = "VK_DRIVER_FILES, or by its older name VK_ICD_FILENAMES: the only manifests that count." },
	{ .name = "add_driver_files", .type = GD_TEXT, .help = "VK_ADD_DRIVER_FILES: manifests beside the others." },
	{ .name = "drivers_select",
	  .type = GD_TEXT,
	  .help = "The manifests that are kept (VK_LOADER_DRIVERS_SELECT)." },
	{ .name = "drivers_disable", .type = GD_TEXT, .help = "Those that are left out (VK_LOADER_DRIVERS_DISABLE)." },
	{ .name = "chosen", .type = GD_BOOL, .help = "Whether any of these keeps drivers away." },
	{ .name = "radv_force_family",
	  .type = GD_TEXT,
	  .help = "RADV_FORCE_FAMILY: a chip that RADV is to pretend, which then computes nothing." },
};

static const struct gd_table table = {
	.name = "vulkan_env",
	.help = "What the caller's environment says to Vulkan.",
	.singleton = true,
	.columns = columns,
	.column_count = GD_COUNT(columns),
};

/* Answers the error of the door; an empty variable is as good as none. */
static int take(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *variable)
{
	gd_autofree value = NULL;
	int r = gd_host_env(ctx->host, variable, &value);

	if (r >= 0 && *value)
		gd_set_text(row, column, value, variable);
	else if (r >= 0 || r == -ENOENT)
		gd_set_absent(row, column, variable);
	else
		gd_set_unknown(row, column, gd_gap_of_error(r),
			       "the caller's environment is not in this recording or tree", gd_remedy_peek(r));
	return r == -ENOENT ? 0 : r;
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	struct gd_row *row = gd_facts_add(ctx->facts, "vulkan_env");
	bool chosen;
	int r;

	(void)err;
	gd_set_text(row, "id", "caller", "gpudoctor");
	r = take(ctx, row, "driver_files", "VK_DRIVER_FILES");
	if (r >= 0 && !gd_is_known(row, "driver_files"))
		r = take(ctx, row, "driver_files", "VK_ICD_FILENAMES");
	(void)!take(ctx, row, "add_driver_files", "VK_ADD_DRIVER_FILES");
	(void)!take(ctx, row, "drivers_select", "VK_LOADER_DRIVERS_SELECT");
	(void)!take(ctx, row, "drivers_disable", "VK_LOADER_DRIVERS_DISABLE");
	(void)!take(ctx, row, "radv_force_family", "RADV_FORCE_FAMILY");
	chosen = gd_is_known(row, "driver_files") || gd_is_known(row, "drivers_select") ||
		 gd_is_known(row, "drivers_disable");
	if (chosen || r >= 0)
		gd_set_bool(row, "chosen", chosen, "VK_DRIVER_FILES, VK_LOADER_DRIVERS_SELECT and _DISABLE");
	else
		gd_set_cell(row, "chosen", gd_get(row, "driver_files"));
	gd_facts_complete(ctx->facts, "vulkan_env");
	return 0;
}

const struct gd_probe gd_probe_vulkan_env = {
	.name = "vulkan_env",
	.help = "Looks at the caller's environment for what changes Vulkan.",
	.tables = (const struct gd_table *const[]){ &table, NULL },
	.run = run,
};
