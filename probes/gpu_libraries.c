/* SPDX-License-Identifier: MIT */
/* What user-space drivers say of a GPU, joined by its PCI address; and GPUs that only they show. */
#include <stdio.h>
#include <string.h>

#include "probes/gpu.h"

/* The first row of a table whose column holds this text, and whose flag column, if any, is false. */
static const struct gd_row *find(const struct gd_ctx *ctx, const char *table, const char *column, const char *value,
				 const char *unless)
{
	const struct gd_rows *rows = gd_facts_table_peek(ctx->facts, table);

	for (size_t i = 0; rows && i < rows->count; i++) {
		const char *s = gd_get_text(rows->rows[i], column, NULL);

		if (s && !strcmp(s, value) && (!unless || !gd_get_int(rows->rows[i], unless, 0)))
			return rows->rows[i];
	}
	return NULL;
}

/* No row: nobody shows this GPU where the table is complete, else nobody knows. */
static void set_none(const struct gd_ctx *ctx, struct gd_row *gpu, const char *table, const char *const *columns,
		     size_t count)
{
	const struct gd_rows *rows = gd_facts_table_peek(ctx->facts, table);
	gd_autofree source = gd_xasprintf("no row of %s has its PCI address", table);

	for (size_t i = 0; i < count; i++) {
		if (rows && rows->complete)
			gd_set_absent(gpu, columns[i], source);
		else
			gd_set_unknown(gpu, columns[i], rows ? rows->gap : GD_GAP_NOT_PROBED,
				       rows ? rows->detail : NULL, rows ? rows->remedy : NULL);
	}
}

static void set_vulkan(const struct gd_ctx *ctx, struct gd_row *gpu, const char *address)
{
	static const char *const columns[] = { "vulkan_driver", "vulkan_mib", "mesa_version" };
	const struct gd_row *device = find(ctx, "vulkan_device", "pci_address", address, "software");

	if (!device) {
		set_none(ctx, gpu, "vulkan_device", columns, GD_COUNT(columns));
		return;
	}
	gd_set_cell(gpu, "vulkan_driver", gd_get(device, "driver"));
	gd_set_cell(gpu, "vulkan_mib", gd_get(device, "llama_cpp_mib"));
	gd_set_cell(gpu, "mesa_version", gd_get(device, "mesa_version"));
}

/* The agent of this address in the environment as it is; what shows only without an override does not count. */
static const struct gd_row *find_agent(const struct gd_ctx *ctx, const char *address)
{
	const struct gd_rows *rows = gd_facts_table_peek(ctx->facts, "hsa_agent");

	for (size_t i = 0; rows && i < rows->count; i++) {
		const struct gd_row *runtime;

		if (strcmp(gd_get_text(rows->rows[i], "pci_address", ""), address))
			continue;
		runtime = gd_facts_find(ctx->facts, "hsa_runtime", gd_get_text(rows->rows[i], "runtime", ""));
		if (runtime && !gd_get_int(runtime, "without_override", 0))
			return rows->rows[i];
	}
	return NULL;
}

static void set_hsa(const struct gd_ctx *ctx, struct gd_row *gpu, const char *address)
{
	static const char *const columns[] = { "hsa_isa" };
	const struct gd_row *agent = find_agent(ctx, address);

	if (agent)
		gd_set_cell(gpu, "hsa_isa", gd_get(agent, "gfx"));
	else if (strcmp(gd_get_text(gpu, "vendor_id", "1002"), "1002"))
		gd_set_absent(gpu, "hsa_isa", "no AMD GPU");
	else
		set_none(ctx, gpu, "hsa_agent", columns, GD_COUNT(columns));
}

const struct gd_row *gd_gpu_nvml_peek(const struct gd_ctx *ctx, const char *address)
{
	return find(ctx, "nvml_device", "address", address, NULL);
}

static void set_cuda(const struct gd_ctx *ctx, struct gd_row *gpu, const struct gd_gpu_sources *s)
{
	static const char *const columns[] = { "cuda_version" };
	const struct gd_rows *nvml = gd_facts_table_peek(ctx->facts, "nvml");

	if (s->nvml && nvml->count)
		gd_set_cell(gpu, "cuda_version", gd_get(nvml->rows[0], "cuda_version"));
	else if (strcmp(gd_get_text(gpu, "vendor_id", "10de"), "10de"))
		gd_set_absent(gpu, "cuda_version", "no NVIDIA GPU");
	else
		set_none(ctx, gpu, "nvml_device", columns, GD_COUNT(columns));
}

void gd_gpu_set_compute_capability(struct gd_row *gpu, const struct gd_gpu_sources *s)
{
	const struct gd_cell *cell = s->nvml ? gd_get(s->nvml, "compute_capability") : NULL;
	gd_autofree isa = NULL;
	unsigned major;
	unsigned minor;

	if (!cell || cell->state != GD_KNOWN || sscanf(cell->value.s, "%u.%u", &major, &minor) != 2)
		return;
	isa = gd_xasprintf("sm_%u%u", major, minor);
	gd_set_text(gpu, "isa", isa, cell->source);
}

void gd_gpu_link_libraries(const struct gd_ctx *ctx, struct gd_row *gpu, const struct gd_gpu_sources *s)
{
	set_vulkan(ctx, gpu, gd_get_text(gpu, "id", ""));
	set_hsa(ctx, gpu, gd_get_text(gpu, "id", ""));
	set_cuda(ctx, gpu, s);
}
