/* SPDX-License-Identifier: MIT */
/* Instances: the parts that a GPU is split into (MIG). */
#include <string.h>

#include "probes/nvml.h"

static const struct gd_column columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY,
	  .help = "The address of the GPU, the GPU instance and the compute instance, as in 0000:65:00.0/7/0." },
	{ .name = "device", .type = GD_TEXT, .help = "The address of the GPU that it is a part of." },
	{ .name = "name", .type = GD_TEXT, .help = "The product's name with the profile." },
	{ .name = "profile", .type = GD_TEXT, .help = "Compute slices and memory, as in 1g.10gb." },
	{ .name = "uuid", .type = GD_TEXT, .flags = GD_COL_PRIVATE, .help = "The identifier of this instance." },
	{ .name = "memory_total_mib", .type = GD_INT, .help = "Its memory." },
	{ .name = "memory_used_mib", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "How much of that is in use." },
	{ .name = "memory_reserved_mib", .type = GD_INT, .flags = GD_COL_VOLATILE,
	  .help = "How much of it the driver and the firmware keep for themselves." },
	{ .name = "multiprocessors", .type = GD_INT, .help = "The streaming multiprocessors it may use." },
	{ .name = "gpu_slices", .type = GD_INT, .help = "How many slices of the GPU its GPU instance has." },
	{ .name = "compute_slices", .type = GD_INT, .help = "How many of these its compute instance has." },
};

const struct gd_table gd_nvml_mig_table = {
	.name = "nvml_mig",
	.help = "A part of an NVIDIA GPU that is split into instances (MIG).",
	.columns = columns,
	.column_count = GD_COUNT(columns),
};

/* No GPU has more than 8. */
enum { MOST_INSTANCES = 64, MOST_SLICES = 64, MOST_MULTIPROCESSORS = 10 * 1000 };

static int number_of(struct gd_nvml *n, nvml_device device, const char *function, unsigned *ret)
{
	int (*get)(nvml_device, unsigned *);

	return gd_nvml_find(n, function, &get) ? get(device, ret) : NVML_FUNCTION_NOT_FOUND;
}

/* The key; owned. */
static char *id_of(struct gd_nvml *n, const struct gd_nvml_gpu *g, nvml_device instance, unsigned index)
{
	unsigned gpu = 0;
	unsigned compute = 0;

	if (!number_of(n, instance, "nvmlDeviceGetGpuInstanceId", &gpu) &&
	    !number_of(n, instance, "nvmlDeviceGetComputeInstanceId", &compute)) {
		gd_autofree id = gd_xasprintf("%s/%u/%u", g->address, gpu, compute);

		if (!gd_facts_find(n->answer->facts, "nvml_mig", id))
			return GD_STEAL(id);
	}
	return gd_xasprintf("%s/mig%u", g->address, index);
}

static void take_attributes(struct gd_nvml *n, struct gd_nvml_gpu *g, struct gd_row *row, nvml_device instance)
{
	static const char function[] = "nvmlDeviceGetAttributes_v2";
	int (*get)(nvml_device, struct nvml_attributes *);
	struct nvml_attributes it = { 0 };

	if (!gd_nvml_find(n, function, &get)) {
		gd_nvml_set_no_function(row, "multiprocessors", function);
	} else if (gd_nvml_went_well(n, g, row, "multiprocessors", function, get(instance, &it))) {
		gd_nvml_set_number(row, "multiprocessors", it.multiprocessors, MOST_MULTIPROCESSORS, function);
		gd_nvml_set_number(row, "gpu_slices", it.gpu_slices, MOST_SLICES, function);
		gd_nvml_set_number(row, "compute_slices", it.compute_slices, MOST_SLICES, function);
		return;
	}
	gd_set_cell(row, "gpu_slices", gd_get(row, "multiprocessors"));
	gd_set_cell(row, "compute_slices", gd_get(row, "multiprocessors"));
}

static void take_instance(struct gd_nvml *n, struct gd_nvml_gpu *g, nvml_device instance, unsigned index)
{
	static const char source[] = "nvmlDeviceGetMigDeviceHandleByIndex";
	gd_autofree id = id_of(n, g, instance, index);
	struct gd_row *row = gd_facts_add(n->answer->facts, "nvml_mig");
	gd_autofree profile = NULL;

	gd_set_text(row, "id", id, source);
	gd_set_text(row, "device", g->address, source);
	gd_nvml_take_text(n, g, row, instance, "name", "nvmlDeviceGetName");
	profile = gd_nvml_mig_profile(gd_get_text(row, "name", ""));
	if (profile)
		gd_set_text(row, "profile", profile, "nvmlDeviceGetName");
	else
		gd_set_unknown(row, "profile", GD_GAP_NO_SOURCE, "its name holds no profile", NULL);
	gd_nvml_take_text(n, g, row, instance, "uuid", "nvmlDeviceGetUUID");
	gd_nvml_take_memory(n, g, row, instance);
	take_attributes(n, g, row, instance);
}

static void set_gap(struct gd_nvml *n, const struct gd_nvml_gpu *g, const char *function, int error)
{
	gd_autofree text = gd_nvml_error_text(n, error);
	gd_autofree detail = gd_xasprintf("%s of %s: %s", function, g->address, text);

	n->instances_missing = true;
	gd_facts_incomplete(n->answer->facts, "nvml_mig",
			    error == NVML_NO_PERMISSION ? GD_GAP_DENIED : GD_GAP_ERROR, detail, NULL);
}

void gd_nvml_take_instances(struct gd_nvml *n, struct gd_nvml_gpu *g)
{
	static const char function[] = "nvmlDeviceGetMigDeviceHandleByIndex";
	int (*get)(nvml_device, unsigned, nvml_device *);
	unsigned count = 0;
	int error;

	if (g->status != NVML_OK || !gd_get_int(g->row, "mig_mode", 0))
		return;
	error = number_of(n, g->handle, "nvmlDeviceGetMaxMigDeviceCount", &count);
	if (error || count > MOST_INSTANCES) {
		set_gap(n, g, "nvmlDeviceGetMaxMigDeviceCount", error ? error : NVML_UNKNOWN_ERROR);
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		nvml_device instance = NULL;

		if (!gd_nvml_find(n, function, &get))
			error = NVML_FUNCTION_NOT_FOUND;
		else
			error = get(g->handle, i, &instance);
		if (!error)
			take_instance(n, g, instance, i);
		/* Places that hold no instance are passed over. */
		else if (error != NVML_NOT_FOUND)
			set_gap(n, g, function, error);
	}
}
