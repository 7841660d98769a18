/* SPDX-License-Identifier: MIT */
/* What NVIDIA's management library (NVML) says: driver, GPUs, instances, processes. Needs no DRM node. */
#include "probes/nvml.h"

#include <string.h>

#include "probes/pci.h"

static const struct gd_column columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "Always \"nvml\"." },
	{ .name = "loaded", .type = GD_BOOL, .help = "Whether libnvidia-ml.so.1 is here and could be loaded." },
	{ .name = "status", .type = GD_TEXT,
	  .help = "What it said when it was started: ok, driver-not-loaded, version-mismatch (of library and kernel "
		  "module), no-permission, operating-system (blocked by a cgroup) …" },
	{ .name = "library_version", .type = GD_VERSION,
	  .help = "The driver release that the library is of; its last number may be missing." },
	{ .name = "driver_version", .type = GD_VERSION,
	  .help = "The version of the driver it talks to; under WSL that of the driver for Windows." },
	{ .name = "cuda_version", .type = GD_VERSION, .help = "The newest version of CUDA that the driver serves." },
	{ .name = "device_count", .type = GD_INT, .help = "The GPUs it counts." },
	{ .name = "nodes_denied", .type = GD_INT,
	  .help = "How many of NVIDIA's device nodes are there and may not be opened by the user who asks." },
};

static const struct gd_table table = {
	.name = "nvml",
	.help = "NVIDIA's management library (NVML), which nvidia-smi uses too.",
	.singleton = true,
	.columns = columns,
	.column_count = GD_COUNT(columns),
};

static const struct gd_table *const tables[] = {
	&table, &gd_nvml_device_table, &gd_nvml_mig_table, &gd_nvml_process_table, NULL,
};
static const char *const needs[] = { "pci", "nvidia", NULL };

/* Where the libraries of drivers and containers lie that the loader was not told of. */
static const char *const places[] = {
	"/usr/lib/wsl/lib",
	"/usr/local/nvidia/lib64",
	"/usr/local/nvidia/lib",
	"/run/opengl-driver/lib",
	"/usr/lib/nvidia",
	"/usr/lib/nvidia/current",
	"/usr/lib64/nvidia",
	"/run/nvidia/driver/usr/lib/x86_64-linux-gnu",
	"/run/nvidia/driver/usr/lib/aarch64-linux-gnu",
	"/run/nvidia/driver/usr/lib64",
};

static void add_place(struct gd_host *h, const char *folder, struct gd_strv *out)
{
	gd_autofree path = gd_xasprintf("%s/" GD_NVML_LIBRARY, folder);
	struct gd_stat st;

	if (!gd_host_stat(h, path, &st))
		gd_strv_add(out, path);
}

void gd_nvml_places(struct gd_host *h, const char *module_version, struct gd_strv *out)
{
	for (size_t i = 0; i < GD_COUNT(places); i++)
		add_place(h, places[i], out);
	if (module_version) {
		/* Until 2018 Ubuntu had a folder for each branch of the driver: /usr/lib/nvidia-390. */
		gd_autofree folder = gd_xasprintf("/usr/lib/nvidia-%.*s", (int)strcspn(module_version, "."),
						  module_version);

		add_place(h, folder, out);
	}
}

static void brief(const struct gd_ctx *ctx, struct gd_nvml_errand *e)
{
	const struct gd_rows *drivers = gd_facts_table_peek(ctx->facts, "nvidia_driver");
	const struct gd_rows *gpus = gd_facts_table_peek(ctx->facts, "nvidia_gpu");
	const struct gd_row *driver = drivers && drivers->count ? drivers->rows[0] : NULL;

	if (driver && gd_is_known(driver, "version"))
		e->module_version = gd_xstrdup(gd_get_text(driver, "version", ""));
	e->no_driver = driver && gd_is_known(driver, "present") && !gd_get_int(driver, "present", 1);
	for (size_t i = 0; gpus && i < gpus->count; i++)
		gd_strv_add(&e->gpus, gd_get_text(gpus->rows[i], "address", ""));
	gd_nvml_places(ctx->host, e->module_version, &e->places);
}

/*
 * Also asked where no kernel module is: WSL has another, and where there is
 * nothing the library returns at once. What it would start to load the module
 * (nvidia-modprobe) cannot be started from the child.
 */
static void start(struct gd_ctx *ctx)
{
	enum { MIB = 1024 * 1024 };
	struct gd_nvml_errand errand = { 0 };
	struct gd_question q = { .id = "nvml",
				 .library = GD_NVML_LIBRARY,
				 .limits = { .data_bytes = (uint64_t)1024 * MIB },
				 .ask = gd_nvml_ask,
				 .arg = &errand };
	const struct gd_row *sleeper = gd_pci_sleeper_peek(ctx, "nvidia");

	if (sleeper) {
		gd_autofree why = gd_xasprintf("%s is suspended, and NVML would wake it",
					       gd_get_text(sleeper, "address", ""));

		gd_library_leave(ctx, q.id, q.library, GD_LIBRARY_NOT_ASKED, why, GD_ASLEEP_REMEDY);
		return;
	}
	brief(ctx, &errand);
	gd_library_ask(ctx, &q);
	gd_strv_free(&errand.places);
	gd_strv_free(&errand.gpus);
	free(errand.module_version);
}

const struct gd_probe gd_probe_nvml = {
	.name = "nvml",
	.help = "NVIDIA's driver and GPUs, as the library that nvidia-smi uses sees them.",
	.tables = tables,
	.needs = needs,
	.start = start,
	.run = gd_library_run,
};
