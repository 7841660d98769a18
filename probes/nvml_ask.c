/* SPDX-License-Identifier: MIT */
/* The child of the nvml probe: from loading the library to the last answer. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/version.h"
#include "probes/nvml.h"

/* Far more than any machine has. */
enum { MOST_GPUS = 256, MOST_NODES = 64, TELLS = 8 };

static const char by[] = "dlopen";

static bool is_missing(const struct gd_answer *a)
{
	return !strcmp(gd_get_text(a->library, "status", ""), "missing");
}

/* A failure at another place does not count any more: nothing has been told yet. */
static void forget_failure(struct gd_answer *a)
{
	gd_answer_end(a, GD_LIBRARY_OK, NULL);
	gd_set_absent(a->library, "detail", by);
	gd_set_absent(a->library, "missing", by);
	for (size_t i = 0; i < a->facts->count; i++)
		if (a->facts->tables[i].table != &gd_library_table)
			gd_facts_incomplete(a->facts, a->facts->tables[i].table->name, GD_GAP_NOT_PROBED, NULL, NULL);
}

static void *load(struct gd_answer *a, const struct gd_nvml_errand *e)
{
	void *library = gd_answer_load(a, GD_NVML_LIBRARY);

	if (library || !is_missing(a))
		return library;
	for (size_t i = 0; !library && i < e->places.count; i++)
		library = gd_answer_load(a, e->places.items[i]);
	if (library)
		forget_failure(a);
	return library;
}

/* The row of a library that could not be loaded. */
static void close_unloaded(struct gd_answer *a, struct gd_row *row)
{
	bool missing = is_missing(a);

	gd_set_bool(row, "loaded", false, by);
	for (size_t i = 2; i < row->table->column_count; i++) {
		const char *column = row->table->columns[i].name;

		if (missing)
			gd_set_absent(row, column, by);
		else
			gd_set_unknown(row, column, GD_GAP_ERROR, gd_get_text(a->library, "detail", NULL), NULL);
	}
	gd_facts_complete(a->facts, "nvml");
}

static bool is_denied(const char *path)
{
	/* Opening the node of a GPU would start the GPU; cgroups answer this question too. */
	return faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) < 0 && (errno == EACCES || errno == EPERM);
}

/* Sets nodes_denied, and in `library` the first of them. */
static void look_at_nodes(struct gd_answer *a, struct gd_row *row)
{
	static const char *const others[] = { "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/dxg" };
	int64_t denied = 0;

	for (size_t i = 0; i < GD_COUNT(others) + MOST_NODES; i++) {
		gd_autofree path = i < GD_COUNT(others) ? gd_xstrdup(others[i])
							: gd_xasprintf("/dev/nvidia%zu", i - GD_COUNT(others));

		if (!is_denied(path))
			continue;
		if (!denied++)
			gd_set_text(a->library, "denied_node", path, "access");
	}
	gd_set_int(row, "nodes_denied", denied, "access to /dev/nvidia*");
}

/* From the name of the file, where the version stands in full, else from the library's own word. */
static void take_library_version(struct gd_nvml *n, struct gd_row *row)
{
	static const char function[] = "nvmlSystemGetNVMLVersion";
	int (*get)(char *, unsigned);
	char text[128] = "";
	gd_autofree path = realpath(gd_get_text(n->answer->library, "file", ""), NULL);
	gd_autofree version = path ? gd_nvml_file_version(path) : NULL;

	if (version) {
		gd_set_text(row, "library_version", version, path);
	} else if (!gd_nvml_find(n, function, &get)) {
		gd_nvml_set_no_function(row, "library_version", function);
	} else if (gd_nvml_went_well(n, NULL, row, "library_version", function, get(text, sizeof(text) - 1))) {
		text[sizeof(text) - 1] = '\0';
		version = gd_nvml_own_version(text);
		if (version)
			gd_set_text(row, "library_version", version, function);
		else
			gd_take_garbage(row, "library_version", function, text);
	}
	gd_set_cell(n->answer->library, "version", gd_get(row, "library_version"));
}

static void take_driver_version(struct gd_nvml *n, struct gd_row *row)
{
	static const char function[] = "nvmlSystemGetDriverVersion";
	int (*get)(char *, unsigned);
	char text[128] = "";

	if (!gd_nvml_find(n, function, &get)) {
		gd_nvml_set_no_function(row, "driver_version", function);
	} else if (gd_nvml_went_well(n, NULL, row, "driver_version", function, get(text, sizeof(text) - 1))) {
		text[sizeof(text) - 1] = '\0';
		if (gd_version_is_valid(text))
			gd_set_text(row, "driver_version", text, function);
		else
			gd_take_garbage(row, "driver_version", function, text);
	}
}

/* The first asks the CUDA library that is installed, the second is older and does not. */
static void take_cuda_version(struct gd_nvml *n, struct gd_row *row)
{
	const char *function = "nvmlSystemGetCudaDriverVersion_v2";
	int (*get)(int *);
	int version = 0;
	gd_autofree text = NULL;

	if (!gd_nvml_find(n, function, &get)) {
		function = "nvmlSystemGetCudaDriverVersion";
		if (!gd_nvml_find(n, function, &get)) {
			gd_nvml_set_no_function(row, "cuda_version", function);
			return;
		}
	}
	if (!gd_nvml_went_well(n, NULL, row, "cuda_version", function, get(&version)))
		return;
	text = gd_nvml_cuda_version(version);
	if (text) {
		gd_set_text(row, "cuda_version", text, function);
		return;
	}
	text = gd_xasprintf("%d", version);
	gd_take_garbage(row, "cuda_version", function, text);
}

/* NVML did not start: what that means. */
static void end_unstarted(struct gd_nvml *n, const struct gd_nvml_errand *e, const struct gd_row *row, int error)
{
	struct gd_answer *a = n->answer;
	gd_autofree text = gd_nvml_error_text(n, error);
	gd_autofree detail = NULL;

	switch (error) {
	case NVML_DRIVER_NOT_LOADED:
		gd_answer_end(a, GD_LIBRARY_NO_DEVICE,
			      e->no_driver ? "NVIDIA's kernel driver is not loaded"
					   : "NVML finds no kernel driver to talk to");
		/* Without a driver there is proved to be nothing that it could list. */
		if (e->no_driver)
			gd_answer_complete(a);
		return;
	case NVML_NO_PERMISSION:
	case NVML_OPERATING_SYSTEM:
		detail = gd_xasprintf("%s may not be opened (%s)",
				      gd_get_text(a->library, "denied_node", "NVIDIA's device nodes"), text);
		gd_answer_end(a, GD_LIBRARY_DENIED, detail);
		return;
	case NVML_VERSION_MISMATCH:
		detail = gd_xasprintf("the library is of version %s, the kernel module of %s: NVML refuses to work",
				      gd_get_text(row, "library_version", "unknown"),
				      e->module_version ? e->module_version : "another");
		gd_answer_end(a, GD_LIBRARY_FAILED, detail);
		return;
	default:
		detail = gd_xasprintf("nvmlInit_v2: %s", text);
		gd_answer_end(a, GD_LIBRARY_FAILED, detail);
	}
}

static bool start_up(struct gd_nvml *n, const struct gd_nvml_errand *e, struct gd_row *row)
{
	int (*init)(void);
	gd_autofree word = NULL;
	int error;

	/* What cannot be done without, and what every driver since 2013 has. */
	if (!gd_answer_symbol(n->answer, n->library, "nvmlInit_v2") ||
	    !gd_answer_symbol(n->answer, n->library, "nvmlDeviceGetCount_v2") ||
	    !gd_answer_symbol(n->answer, n->library, "nvmlDeviceGetHandleByIndex_v2") ||
	    !gd_nvml_find(n, "nvmlInit_v2", &init))
		return false;
	error = init();
	word = gd_nvml_return_word(error);
	gd_set_text(row, "status", word, "nvmlInit_v2");
	if (error == NVML_OK)
		return true;
	end_unstarted(n, e, row, error);
	return false;
}

/* The GPUs that NVML counts; -1 where it cannot or makes no sense. */
static int count_gpus(struct gd_nvml *n, struct gd_row *row)
{
	static const char function[] = "nvmlDeviceGetCount_v2";
	int (*get)(unsigned *);
	unsigned count = 0;
	gd_autofree detail = NULL;

	gd_nvml_find(n, function, &get);
	if (!gd_nvml_went_well(n, NULL, row, "device_count", function, get(&count))) {
		gd_answer_end(n->answer, GD_LIBRARY_FAILED, gd_get(row, "device_count")->detail);
		return -1;
	}
	gd_nvml_set_number(row, "device_count", count, MOST_GPUS, function);
	if (count <= MOST_GPUS)
		return (int)count;
	detail = gd_xasprintf("it counts %u GPUs", count);
	gd_answer_end(n->answer, GD_LIBRARY_GARBAGE, detail);
	return -1;
}

/* Opens a GPU, and learns where it is. */
static void open_gpu(struct gd_nvml *n, unsigned index, struct gd_nvml_gpu *ret)
{
	int (*get_handle)(unsigned, nvml_device *);
	int (*get_pci)(nvml_device, struct nvml_pci *);
	struct nvml_pci pci = { .legacy_id = "" };

	gd_nvml_find(n, "nvmlDeviceGetHandleByIndex_v2", &get_handle);
	ret->status = get_handle(index, &ret->handle);
	if (ret->status != NVML_OK)
		return;
	if (!gd_nvml_find(n, "nvmlDeviceGetPciInfo_v3", &get_pci) &&
	    !gd_nvml_find(n, "nvmlDeviceGetPciInfo_v2", &get_pci))
		return;
	if (get_pci(ret->handle, &pci) == NVML_OK)
		ret->address = gd_nvml_address(&pci);
}

static bool is_listed(const struct gd_nvml_gpu *gpus, size_t count, const char *address)
{
	for (size_t i = 0; i < count; i++)
		if (gpus[i].address && !strcmp(gpus[i].address, address))
			return true;
	return false;
}

/*
 * A lost GPU does not say where it is. Where one has no address and the kernel
 * driver lists one GPU that no other is, it is that one.
 */
static void find_the_lost(struct gd_nvml_gpu *gpus, size_t count, const struct gd_strv *addresses)
{
	struct gd_nvml_gpu *nameless = NULL;
	const char *left = NULL;
	size_t nameless_count = 0;
	size_t left_count = 0;

	for (size_t i = 0; i < count; i++)
		if (!gpus[i].address && gpus[i].status != NVML_OK) {
			nameless = &gpus[i];
			nameless_count++;
		}
	for (size_t i = 0; i < addresses->count; i++)
		if (!is_listed(gpus, count, addresses->items[i])) {
			left = addresses->items[i];
			left_count++;
		}
	if (nameless_count == 1 && left_count == 1)
		nameless->address = gd_xstrdup(left);
}

static void take_gpu(struct gd_nvml *n, struct gd_nvml_gpu *gpus, size_t i)
{
	static const char source[] = "nvmlDeviceGetHandleByIndex_v2";
	struct gd_nvml_gpu *g = &gpus[i];
	gd_autofree word = NULL;

	if (!g->address || is_listed(gpus, i, g->address)) {
		free(g->address);
		g->address = gd_xasprintf("nvml%zu", i);
	}
	g->row = gd_facts_add(n->answer->facts, "nvml_device");
	gd_set_text(g->row, "address", g->address, "nvmlDeviceGetPciInfo");
	gd_set_int(g->row, "index", (int64_t)i, source);
	gd_nvml_take_device(n, g);
	gd_nvml_take_processes(n, g);
	gd_nvml_take_instances(n, g);
	word = gd_nvml_return_word(g->status);
	gd_set_text(g->row, "status", word, source);
	gd_set_bool(g->row, "lost", g->status == NVML_GPU_IS_LOST, source);
}

static void take_gpus(struct gd_nvml *n, const struct gd_nvml_errand *e, size_t count)
{
	struct gd_nvml_gpu *gpus = gd_xcalloc(count, sizeof(*gpus));
	struct gd_facts *facts = n->answer->facts;

	for (size_t i = 0; i < count; i++)
		open_gpu(n, (unsigned)i, &gpus[i]);
	find_the_lost(gpus, count, &e->gpus);
	for (size_t i = 0; i < count; i++) {
		take_gpu(n, gpus, i);
		/* All that is known is told each time, so not too often. */
		if (count <= TELLS || i % (count / TELLS) == 0)
			gd_answer_tell(n->answer);
	}
	gd_facts_complete(facts, "nvml_device");
	if (!n->instances_missing)
		gd_facts_complete(facts, "nvml_mig");
	if (!n->processes_missing)
		gd_facts_complete(facts, "nvml_process");
	for (size_t i = 0; i < count; i++)
		free(gpus[i].address);
	free(gpus);
	gd_answer_tell(n->answer);
}

static void end_empty(struct gd_answer *a)
{
	gd_autofree detail = NULL;

	if (!gd_is_known(a->library, "denied_node")) {
		gd_answer_end(a, GD_LIBRARY_NO_DEVICE, "NVML works, and counts no GPU");
		gd_answer_complete(a);
		return;
	}
	detail = gd_xasprintf("%s may not be opened, and NVML counts no GPU",
			      gd_get_text(a->library, "denied_node", ""));
	gd_answer_end(a, GD_LIBRARY_DENIED, detail);
}

/* nvmlShutdown is left out: the end of the process does the same and cannot crash. */
void gd_nvml_ask(struct gd_answer *a)
{
	const struct gd_nvml_errand *e = a->arg;
	struct gd_nvml n = { .answer = a };
	struct gd_row *row = gd_facts_add(a->facts, "nvml");
	int count;

	gd_set_text(row, "id", "nvml", by);
	n.library = load(a, e);
	if (!n.library) {
		close_unloaded(a, row);
		return;
	}
	gd_set_bool(row, "loaded", true, by);
	look_at_nodes(a, row);
	take_library_version(&n, row);
	gd_facts_complete(a->facts, "nvml");
	gd_answer_tell(a);
	if (!start_up(&n, e, row))
		return;
	take_driver_version(&n, row);
	count = count_gpus(&n, row);
	gd_answer_tell(a);
	if (count > 0)
		take_gpus(&n, e, (size_t)count);
	else if (!count)
		end_empty(a);
	/* Last, since it enters the CUDA library too. */
	take_cuda_version(&n, row);
}
