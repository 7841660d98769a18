/* SPDX-License-Identifier: MIT */
/* One GPU as NVML sees it. */
#include <string.h>

#include "probes/nvml.h"

static const struct gd_column columns[] = {
	{ .name = "address", .type = GD_TEXT, .flags = GD_COL_KEY,
	  .help = "The PCI address; nvml0, nvml1 … where NVML does not say it." },
	{ .name = "index", .type = GD_INT, .help = "The number by which nvidia-smi calls it." },
	{ .name = "status", .type = GD_TEXT,
	  .help = "ok, or why it cannot be used: gpu-is-lost, unknown-error, insufficient-power, reset-required, "
		  "no-permission …" },
	{ .name = "lost", .type = GD_BOOL, .help = "Whether NVML says that it has fallen off the bus." },
	{ .name = "name", .type = GD_TEXT, .help = "The product's name." },
	{ .name = "uuid", .type = GD_TEXT, .flags = GD_COL_PRIVATE, .help = "The identifier of this very card." },
	{ .name = "compute_capability", .type = GD_VERSION, .help = "The CUDA compute capability, as in 8.6." },
	{ .name = "core_count", .type = GD_INT, .help = "Its CUDA cores." },
	{ .name = "memory_total_mib", .type = GD_INT, .help = "Its memory." },
	{ .name = "memory_used_mib", .type = GD_INT, .flags = GD_COL_VOLATILE,
	  .help = "How much of that is in use, without what is reserved; with it where reserved is not known." },
	{ .name = "memory_reserved_mib", .type = GD_INT, .flags = GD_COL_VOLATILE,
	  .help = "How much of it the driver and the firmware keep for themselves." },
	{ .name = "memory_bus_width_bits", .type = GD_INT, .help = "The width of the way to its memory." },
	{ .name = "bar1_total_mib", .type = GD_INT, .help = "How much of its memory the CPU can reach at a time." },
	{ .name = "sm_clock_mhz", .type = GD_INT, .flags = GD_COL_VOLATILE,
	  .help = "The clock of its processors now." },
	{ .name = "sm_clock_max_mhz", .type = GD_INT, .help = "The highest clock of its processors." },
	{ .name = "memory_clock_mhz", .type = GD_INT, .flags = GD_COL_VOLATILE,
	  .help = "The clock of its memory now." },
	{ .name = "memory_clock_max_mhz", .type = GD_INT, .help = "The highest clock of its memory." },
	{ .name = "throttle_reasons", .type = GD_TEXT, .flags = GD_COL_VOLATILE,
	  .help = "What holds its clocks down now: none, or words with commas: gpu-idle, application-clocks, "
		  "sw-power-cap, hw-slowdown, sync-boost, sw-thermal-slowdown, hw-thermal-slowdown, hw-power-brake, "
		  "display-clocks." },
	{ .name = "performance_state", .type = GD_INT, .flags = GD_COL_VOLATILE,
	  .help = "From 0, the fastest, to 15, the slowest." },
	{ .name = "temperature_c", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "The temperature of the chip." },
	{ .name = "power_w", .type = GD_REAL, .flags = GD_COL_VOLATILE, .help = "The power it draws now." },
	{ .name = "power_limit_w", .type = GD_REAL, .help = "The power limit that was set." },
	{ .name = "power_limit_default_w", .type = GD_REAL, .help = "The power limit it starts with." },
	{ .name = "power_limit_enforced_w", .type = GD_REAL, .flags = GD_COL_VOLATILE,
	  .help = "The lowest of all power limits that hold now." },
	{ .name = "link_generation", .type = GD_INT, .flags = GD_COL_VOLATILE,
	  .help = "The PCIe generation of its link now; lower while idle." },
	{ .name = "link_generation_max", .type = GD_INT,
	  .help = "The highest PCIe generation that it and its slot are capable of." },
	{ .name = "link_width", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "The PCIe lanes in use now." },
	{ .name = "link_width_max", .type = GD_INT,
	  .help = "The most PCIe lanes that it and its slot are capable of." },
	{ .name = "nvlink_count", .type = GD_INT, .help = "Its NVLink links that are up; absent where it has none." },
	{ .name = "ecc_mode", .type = GD_BOOL, .help = "Whether its memory corrects errors; absent where it cannot." },
	{ .name = "ecc_uncorrected", .type = GD_INT, .flags = GD_COL_VOLATILE,
	  .help = "Memory errors that could not be corrected, since the driver was loaded." },
	{ .name = "ecc_uncorrected_ever", .type = GD_INT, .flags = GD_COL_VOLATILE,
	  .help = "Memory errors that could not be corrected, over the life of the card." },
	{ .name = "remap_failed", .type = GD_BOOL,
	  .help = "Whether a faulty row of memory could not be replaced with a spare one." },
	{ .name = "remap_pending", .type = GD_BOOL,
	  .help = "Whether a faulty row of memory is to be replaced with a spare one at the next reset." },
	{ .name = "mig_mode", .type = GD_BOOL,
	  .help = "Whether it is split into instances (MIG); absent where it cannot." },
	{ .name = "compute_mode", .type = GD_TEXT,
	  .help = "Who may compute on it: default (all), exclusive-process (one process at a time), exclusive-thread "
		  "or prohibited." },
	{ .name = "persistence_mode", .type = GD_BOOL,
	  .help = "Whether the driver keeps it ready while nobody uses it." },
	{ .name = "display_active", .type = GD_BOOL, .flags = GD_COL_VOLATILE, .help = "Whether it drives a display." },
	{ .name = "virtualization", .type = GD_TEXT,
	  .help = "none, passthrough, vgpu (this is a part of a card), host-vgpu or host-vsga." },
};

const struct gd_table gd_nvml_device_table = {
	.name = "nvml_device",
	.help = "A GPU as NVIDIA's management library (NVML) sees it.",
	.columns = columns,
	.column_count = GD_COUNT(columns),
};

enum { NO_ARGUMENT = -1 };
enum kind { NUMBER, MILLIWATTS, FLAG, WORD, MODE /* now, and after the next reset */ };

static const char *const compute_modes[] = { "default", "exclusive-thread", "prohibited", "exclusive-process" };
static const char *const virtualizations[] = { "none", "passthrough", "vgpu", "host-vgpu", "host-vsga" };

/* The columns that are one number of one call. */
static const struct reading {
	const char *column;
	const char *function;
	int argument; /* between the device and the result */
	enum kind kind;
	unsigned most; /* what is above makes no sense */
	const char *const *words;
} readings[] = {
	{ "core_count", "nvmlDeviceGetNumGpuCores", NO_ARGUMENT, NUMBER, 10 * 1000 * 1000, NULL },
	{ "memory_bus_width_bits", "nvmlDeviceGetMemoryBusWidth", NO_ARGUMENT, NUMBER, 64 * 1024, NULL },
	{ "sm_clock_mhz", "nvmlDeviceGetClockInfo", NVML_CLOCK_SM, NUMBER, 100 * 1000, NULL },
	{ "sm_clock_max_mhz", "nvmlDeviceGetMaxClockInfo", NVML_CLOCK_SM, NUMBER, 100 * 1000, NULL },
	{ "memory_clock_mhz", "nvmlDeviceGetClockInfo", NVML_CLOCK_MEMORY, NUMBER, 100 * 1000, NULL },
	{ "memory_clock_max_mhz", "nvmlDeviceGetMaxClockInfo", NVML_CLOCK_MEMORY, NUMBER, 100 * 1000, NULL },
	{ "performance_state", "nvmlDeviceGetPerformanceState", NO_ARGUMENT, NUMBER, 15, NULL },
	{ "temperature_c", "nvmlDeviceGetTemperature", NVML_SENSOR_GPU, NUMBER, 300, NULL },
	{ "power_w", "nvmlDeviceGetPowerUsage", NO_ARGUMENT, MILLIWATTS, 100 * 1000 * 1000, NULL },
	{ "power_limit_w", "nvmlDeviceGetPowerManagementLimit", NO_ARGUMENT, MILLIWATTS, 100 * 1000 * 1000, NULL },
	{ "power_limit_default_w", "nvmlDeviceGetPowerManagementDefaultLimit", NO_ARGUMENT, MILLIWATTS,
	  100 * 1000 * 1000, NULL },
	{ "power_limit_enforced_w", "nvmlDeviceGetEnforcedPowerLimit", NO_ARGUMENT, MILLIWATTS, 100 * 1000 * 1000,
	  NULL },
	{ "link_generation", "nvmlDeviceGetCurrPcieLinkGeneration", NO_ARGUMENT, NUMBER, 16, NULL },
	{ "link_generation_max", "nvmlDeviceGetMaxPcieLinkGeneration", NO_ARGUMENT, NUMBER, 16, NULL },
	{ "link_width", "nvmlDeviceGetCurrPcieLinkWidth", NO_ARGUMENT, NUMBER, 64, NULL },
	{ "link_width_max", "nvmlDeviceGetMaxPcieLinkWidth", NO_ARGUMENT, NUMBER, 64, NULL },
	{ "ecc_mode", "nvmlDeviceGetEccMode", NO_ARGUMENT, MODE, 1, NULL },
	{ "mig_mode", "nvmlDeviceGetMigMode", NO_ARGUMENT, MODE, 1, NULL },
	{ "compute_mode", "nvmlDeviceGetComputeMode", NO_ARGUMENT, WORD, GD_COUNT(compute_modes) - 1, compute_modes },
	{ "persistence_mode", "nvmlDeviceGetPersistenceMode", NO_ARGUMENT, FLAG, 1, NULL },
	{ "display_active", "nvmlDeviceGetDisplayActive", NO_ARGUMENT, FLAG, 1, NULL },
	{ "virtualization", "nvmlDeviceGetVirtualizationMode", NO_ARGUMENT, WORD, GD_COUNT(virtualizations) - 1,
	  virtualizations },
};

/* Calls the function of a reading; false where the library has none. */
static bool call(struct gd_nvml *n, const struct gd_nvml_gpu *g, const struct reading *r, unsigned *ret, int *ret_error)
{
	int (*get)(nvml_device, unsigned *);
	int (*get_of)(nvml_device, unsigned, unsigned *);
	int (*get_mode)(nvml_device, unsigned *, unsigned *);
	unsigned pending;

	if (r->argument != NO_ARGUMENT) {
		if (!gd_nvml_find(n, r->function, &get_of))
			return false;
		*ret_error = get_of(g->handle, (unsigned)r->argument, ret);
	} else if (r->kind == MODE) {
		if (!gd_nvml_find(n, r->function, &get_mode))
			return false;
		*ret_error = get_mode(g->handle, ret, &pending);
	} else {
		if (!gd_nvml_find(n, r->function, &get))
			return false;
		*ret_error = get(g->handle, ret);
	}
	return true;
}

static void take_reading(struct gd_nvml *n, struct gd_nvml_gpu *g, const struct reading *r)
{
	unsigned value = 0;
	int error;

	if (!call(n, g, r, &value, &error)) {
		gd_nvml_set_no_function(g->row, r->column, r->function);
		return;
	}
	if (!gd_nvml_went_well(n, g, g->row, r->column, r->function, error))
		return;
	if (value > r->most) {
		gd_autofree text = gd_xasprintf("%u", value);

		gd_take_garbage(g->row, r->column, r->function, text);
		return;
	}
	if (r->kind == NUMBER)
		gd_set_int(g->row, r->column, value, r->function);
	else if (r->kind == MILLIWATTS)
		gd_set_real(g->row, r->column, value / 1000.0, r->function);
	else if (r->kind == WORD)
		gd_set_text(g->row, r->column, r->words[value], r->function);
	else
		gd_set_bool(g->row, r->column, value != 0, r->function);
}

static void take_capability(struct gd_nvml *n, struct gd_nvml_gpu *g)
{
	static const char column[] = "compute_capability";
	static const char function[] = "nvmlDeviceGetCudaComputeCapability";
	int (*get)(nvml_device, int *, int *);
	int major = 0;
	int minor = 0;
	gd_autofree text = NULL;

	if (!gd_nvml_find(n, function, &get)) {
		gd_nvml_set_no_function(g->row, column, function);
		return;
	}
	if (!gd_nvml_went_well(n, g, g->row, column, function, get(g->handle, &major, &minor)))
		return;
	text = gd_xasprintf("%d.%d", major, minor);
	if (major < 1 || major > 99 || minor < 0 || minor > 99)
		gd_take_garbage(g->row, column, function, text);
	else
		gd_set_text(g->row, column, text, function);
}

static void set_memory(struct gd_row *row, uint64_t total, uint64_t used, const char *function)
{
	gd_nvml_set_mib(row, "memory_total_mib", total, function);
	if (used <= total)
		gd_nvml_set_mib(row, "memory_used_mib", used, function);
	else
		gd_set_unknown(row, "memory_used_mib", GD_GAP_GARBAGE, "more is in use than there is", NULL);
}

/* As it was until 2021. */
static void take_memory_v1(struct gd_nvml *n, struct gd_nvml_gpu *g, struct gd_row *row, nvml_device device)
{
	static const char function[] = "nvmlDeviceGetMemoryInfo";
	int (*get)(nvml_device, struct nvml_memory *);
	struct nvml_memory memory = { 0 };

	if (!gd_nvml_find(n, function, &get)) {
		gd_nvml_set_no_function(row, "memory_total_mib", function);
		gd_nvml_set_no_function(row, "memory_used_mib", function);
		return;
	}
	int error = get(device, &memory);

	if (gd_nvml_went_well(n, g, row, "memory_total_mib", function, error))
		set_memory(row, memory.total, memory.used, function);
	else
		gd_set_cell(row, "memory_used_mib", gd_get(row, "memory_total_mib"));
}

void gd_nvml_take_memory(struct gd_nvml *n, struct gd_nvml_gpu *g, struct gd_row *row, nvml_device device)
{
	static const char function[] = "nvmlDeviceGetMemoryInfo_v2";
	int (*get)(nvml_device, struct nvml_memory_v2 *);
	struct nvml_memory_v2 memory = { .version = NVML_VERSIONED(struct nvml_memory_v2, 2U) };

	if (!gd_nvml_find(n, function, &get)) {
		gd_nvml_set_no_function(row, "memory_reserved_mib", function);
		take_memory_v1(n, g, row, device);
		return;
	}
	if (!gd_nvml_went_well(n, g, row, "memory_reserved_mib", function, get(device, &memory))) {
		take_memory_v1(n, g, row, device);
		return;
	}
	set_memory(row, memory.total, memory.used, function);
	if (memory.reserved <= memory.total)
		gd_nvml_set_mib(row, "memory_reserved_mib", memory.reserved, function);
	else
		gd_set_unknown(row, "memory_reserved_mib", GD_GAP_GARBAGE, "more is reserved than there is", NULL);
}

static void take_bar1(struct gd_nvml *n, struct gd_nvml_gpu *g)
{
	static const char column[] = "bar1_total_mib";
	static const char function[] = "nvmlDeviceGetBAR1MemoryInfo";
	int (*get)(nvml_device, struct nvml_bar1 *);
	struct nvml_bar1 bar1 = { 0 };

	if (!gd_nvml_find(n, function, &get))
		gd_nvml_set_no_function(g->row, column, function);
	else if (gd_nvml_went_well(n, g, g->row, column, function, get(g->handle, &bar1)))
		gd_nvml_set_mib(g->row, column, bar1.total, function);
}

static void take_ecc(struct gd_nvml *n, struct gd_nvml_gpu *g, const char *column, enum nvml_counter counter)
{
	static const char function[] = "nvmlDeviceGetTotalEccErrors";
	int (*get)(nvml_device, unsigned, unsigned, unsigned long long *);
	unsigned long long count = 0;

	if (!gd_nvml_find(n, function, &get))
		gd_nvml_set_no_function(g->row, column, function);
	else if (gd_nvml_went_well(n, g, g->row, column, function,
				   get(g->handle, NVML_ERROR_UNCORRECTED, counter, &count)))
		gd_nvml_set_number(g->row, column, count, INT64_MAX, function);
}

static void take_remapping(struct gd_nvml *n, struct gd_nvml_gpu *g)
{
	static const char function[] = "nvmlDeviceGetRemappedRows";
	int (*get)(nvml_device, unsigned *, unsigned *, unsigned *, unsigned *);
	unsigned correctable = 0;
	unsigned uncorrectable = 0;
	unsigned pending = 0;
	unsigned failed = 0;

	if (!gd_nvml_find(n, function, &get)) {
		gd_nvml_set_no_function(g->row, "remap_failed", function);
		gd_nvml_set_no_function(g->row, "remap_pending", function);
	} else if (gd_nvml_went_well(n, g, g->row, "remap_failed", function,
				     get(g->handle, &correctable, &uncorrectable, &pending, &failed))) {
		gd_set_bool(g->row, "remap_failed", failed != 0, function);
		gd_set_bool(g->row, "remap_pending", pending != 0, function);
	} else {
		gd_set_cell(g->row, "remap_pending", gd_get(g->row, "remap_failed"));
	}
}

static void take_throttling(struct gd_nvml *n, struct gd_nvml_gpu *g)
{
	static const char column[] = "throttle_reasons";
	/* Renamed in 2023; drivers have had both names since. */
	const char *function = "nvmlDeviceGetCurrentClocksEventReasons";
	int (*get)(nvml_device, unsigned long long *);
	unsigned long long reasons = 0;
	gd_autofree words = NULL;

	if (!gd_nvml_find(n, function, &get)) {
		function = "nvmlDeviceGetCurrentClocksThrottleReasons";
		if (!gd_nvml_find(n, function, &get)) {
			gd_nvml_set_no_function(g->row, column, function);
			return;
		}
	}
	if (!gd_nvml_went_well(n, g, g->row, column, function, get(g->handle, &reasons)))
		return;
	words = gd_nvml_throttle_words(reasons);
	gd_set_text(g->row, column, words, function);
}

static void take_links(struct gd_nvml *n, struct gd_nvml_gpu *g)
{
	static const char column[] = "nvlink_count";
	static const char function[] = "nvmlDeviceGetNvLinkState";
	int (*get)(nvml_device, unsigned, unsigned *);
	unsigned up = 0;

	if (!gd_nvml_find(n, function, &get)) {
		gd_nvml_set_no_function(g->row, column, function);
		return;
	}
	for (unsigned link = 0; link < NVML_LINKS; link++) {
		unsigned active = 0;
		int error = get(g->handle, link, &active);

		/* Beyond the last one of this chip. */
		if (link && (error == NVML_INVALID_ARGUMENT || error == NVML_NOT_SUPPORTED))
			break;
		if (!gd_nvml_went_well(n, g, g->row, column, function, error))
			return;
		up += active == 1;
	}
	gd_set_int(g->row, column, up, function);
}

static void take_parts(struct gd_nvml *n, struct gd_nvml_gpu *g)
{
	gd_nvml_take_text(n, g, g->row, g->handle, "name", "nvmlDeviceGetName");
	gd_nvml_take_text(n, g, g->row, g->handle, "uuid", "nvmlDeviceGetUUID");
	take_capability(n, g);
	gd_nvml_take_memory(n, g, g->row, g->handle);
	for (size_t i = 0; i < GD_COUNT(readings) && g->status == NVML_OK; i++)
		take_reading(n, g, &readings[i]);
	if (g->status != NVML_OK)
		return;
	take_bar1(n, g);
	take_ecc(n, g, "ecc_uncorrected", NVML_SINCE_LOAD);
	take_ecc(n, g, "ecc_uncorrected_ever", NVML_EVER);
	take_remapping(n, g);
	take_throttling(n, g);
	take_links(n, g);
}

void gd_nvml_take_device(struct gd_nvml *n, struct gd_nvml_gpu *g)
{
	gd_autofree text = NULL;
	gd_autofree detail = NULL;

	if (g->status == NVML_OK)
		take_parts(n, g);
	if (g->status == NVML_OK)
		return;
	text = gd_nvml_error_text(n, g->status);
	detail = gd_xasprintf("NVML cannot reach this GPU: %s", text);
	for (size_t i = 0; i < GD_COUNT(columns); i++)
		if (g->row->cells[i].state == GD_UNSET)
			gd_set_unknown(g->row, columns[i].name,
				       g->status == NVML_NO_PERMISSION ? GD_GAP_DENIED : GD_GAP_ERROR, detail, NULL);
}
