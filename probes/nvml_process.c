/* SPDX-License-Identifier: MIT */
/* Who uses a GPU's memory. */
#include <string.h>

#include "probes/nvml.h"

static const struct gd_column columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY,
	  .help = "The address of the GPU and the process, as in 0000:65:00.0/1234." },
	{ .name = "device", .type = GD_TEXT, .help = "The address of the GPU." },
	{ .name = "pid", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "The process." },
	{ .name = "kind", .type = GD_TEXT, .help = "compute, graphics or both." },
	{ .name = "memory_used_mib", .type = GD_INT, .flags = GD_COL_VOLATILE,
	  .help = "How much of the GPU's memory it uses." },
};

const struct gd_table gd_nvml_process_table = {
	.name = "nvml_process",
	.help = "A process that uses an NVIDIA GPU.",
	.columns = columns,
	.column_count = GD_COUNT(columns),
};

enum { FIRST_ROOM = 64, MOST_PROCESSES = 8192, TRIES = 4, FILLER = 0xa5 };

static const char *const kinds[] = { "compute", "graphics" };
/* _v2 first: its layout never changed, that of _v3 did. */
static const char *const functions[][3] = {
	{ "nvmlDeviceGetComputeRunningProcesses_v2", "nvmlDeviceGetComputeRunningProcesses_v3",
	  "nvmlDeviceGetComputeRunningProcesses" },
	{ "nvmlDeviceGetGraphicsRunningProcesses_v2", "nvmlDeviceGetGraphicsRunningProcesses_v3",
	  "nvmlDeviceGetGraphicsRunningProcesses" },
};

struct list {
	unsigned char *bytes;
	unsigned count;
	size_t entry_bytes;
};

static void free_list(struct list *l)
{
	free(l->bytes);
}

typedef int get_processes(nvml_device, unsigned *, void *);

/* The list of one kind; it may grow between two calls. */
static int list_all(struct gd_nvml_gpu *g, get_processes *get, size_t usual_bytes, struct list *ret)
{
	unsigned room = FIRST_ROOM;

	for (int i = 0; i < TRIES; i++) {
		size_t len = (size_t)room * NVML_PROCESS_MAX_BYTES + 1;
		int error;

		free(ret->bytes);
		ret->bytes = gd_xmalloc(len);
		memset(ret->bytes, FILLER, len);
		ret->count = room;
		error = get(g->handle, &ret->count, ret->bytes);
		if (error == NVML_INSUFFICIENT_SIZE && ret->count < MOST_PROCESSES) {
			room = ret->count + FIRST_ROOM;
			continue;
		}
		if (!error && ret->count > room)
			return NVML_UNKNOWN_ERROR;
		ret->entry_bytes = gd_nvml_entry_bytes(ret->bytes, len, ret->count, FILLER);
		if (!ret->entry_bytes)
			ret->entry_bytes = usual_bytes;
		return error;
	}
	return NVML_INSUFFICIENT_SIZE;
}

static void set_memory(struct gd_row *row, uint64_t bytes, const char *source)
{
	static const char column[] = "memory_used_mib";

	if (bytes == UINT64_MAX)
		gd_set_unknown(row, column, GD_GAP_NO_SOURCE, "NVML does not know it", NULL);
	else
		gd_nvml_set_mib(row, column, bytes, source);
}

/* One process may be listed for each of several instances, and as both kinds. */
static void add(struct gd_nvml *n, const struct gd_nvml_gpu *g, const struct nvml_process *p, size_t kind,
		const char *source)
{
	gd_autofree id = gd_xasprintf("%s/%u", g->address, p->pid);
	struct gd_row *row = gd_facts_find(n->answer->facts, "nvml_process", id);

	if (!row) {
		row = gd_facts_add(n->answer->facts, "nvml_process");
		gd_set_text(row, "id", id, source);
		gd_set_text(row, "device", g->address, source);
		gd_set_int(row, "pid", p->pid, source);
		gd_set_text(row, "kind", kinds[kind], source);
		set_memory(row, p->memory, source);
	} else if (strcmp(gd_get_text(row, "kind", ""), kinds[kind])) {
		/* The same memory, told twice. */
		gd_set_text(row, "kind", "both", source);
	} else if (gd_is_known(row, "memory_used_mib") && p->memory != UINT64_MAX) {
		uint64_t before = (uint64_t)gd_get_int(row, "memory_used_mib", 0);

		set_memory(row, p->memory > UINT64_MAX - (before << 20) ? p->memory : p->memory + (before << 20),
			   source);
	}
}

static void take_kind(struct gd_nvml *n, struct gd_nvml_gpu *g, size_t kind)
{
	GD_CLEANUP(free_list) struct list list = { 0 };
	const char *function = NULL;
	gd_autofree text = NULL;
	gd_autofree detail = NULL;
	get_processes *get = NULL;
	int error = NVML_FUNCTION_NOT_FOUND;

	for (size_t i = 0; !get && i < GD_COUNT(functions[kind]); i++) {
		function = functions[kind][i];
		if (gd_nvml_find(n, function, &get))
			error = list_all(g, get, i == 2 ? NVML_PROCESS_MIN_BYTES : sizeof(struct nvml_process), &list);
	}
	for (unsigned i = 0; !error && i < list.count; i++) {
		struct nvml_process p = { 0 };

		/* The part that all layouts share. */
		memcpy(&p, list.bytes + i * list.entry_bytes, NVML_PROCESS_MIN_BYTES);
		add(n, g, &p, kind, function);
	}
	if (error == NVML_OK)
		return;
	if (error == NVML_GPU_IS_LOST)
		g->status = error;
	text = gd_nvml_error_text(n, error);
	detail = gd_xasprintf("%s of %s: %s", function, g->address, text);
	n->processes_missing = true;
	gd_facts_incomplete(n->answer->facts, "nvml_process",
			    error == NVML_NO_PERMISSION ? GD_GAP_DENIED : GD_GAP_NO_SOURCE, detail, NULL);
}

void gd_nvml_take_processes(struct gd_nvml *n, struct gd_nvml_gpu *g)
{
	for (size_t kind = 0; kind < GD_COUNT(kinds); kind++)
		if (g->status == NVML_OK)
			take_kind(n, g, kind);
}
