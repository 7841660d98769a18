/* SPDX-License-Identifier: MIT */
/* The processor: its cores, what they can do, and how many of them gpudoctor's caller may use. */
#include "cpu.h"

#include <errno.h>
#include <string.h>

#include "base/parse.h"

static const struct gd_column cpu_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "Always \"cpu\"." },
	{ .name = "model", .type = GD_TEXT, .help = "The processor's name; on Arm the names of its kinds of cores." },
	{ .name = "vendor", .type = GD_TEXT,
	  .help = "Who designed the cores: AMD, Intel, ARM, Apple, Qualcomm, Ampere and others." },
	{ .name = "family", .type = GD_INT, .help = "The family number of an x86 processor." },
	{ .name = "model_number", .type = GD_INT, .help = "The model number of an x86 processor." },
	{ .name = "stepping", .type = GD_INT, .help = "The stepping of an x86 processor." },
	{ .name = "sockets", .type = GD_INT, .help = "Processor packages with CPUs online." },
	{ .name = "cores", .type = GD_INT, .help = "Physical cores with CPUs online." },
	{ .name = "threads", .type = GD_INT, .help = "Logical CPUs online." },
	{ .name = "threads_per_core", .type = GD_INT, .help = "The most logical CPUs that are online on one core." },
	{ .name = "performance_cores", .type = GD_INT,
	  .help = "Physical cores of the fast kind: all of them on a uniform processor." },
	{ .name = "efficiency_cores", .type = GD_INT,
	  .help = "Physical cores of slower kinds, low-power ones among them." },
	{ .name = "hybrid", .type = GD_BOOL, .help = "Whether both kinds of cores are online." },
	{ .name = "numa_nodes", .type = GD_INT, .help = "NUMA nodes with CPUs, or with memory that is not a GPU's." },
	{ .name = "l3_kib", .type = GD_INT, .help = "Size of all third-level caches together." },
	{ .name = "max_mhz", .type = GD_INT,
	  .help = "The highest clock any core may run at; absent without frequency scaling." },
	{ .name = "sse42", .type = GD_BOOL, .help = "Whether the CPU and kernel offer SSE4.2." },
	{ .name = "avx", .type = GD_BOOL, .help = "Whether the CPU and kernel offer AVX." },
	{ .name = "avx2", .type = GD_BOOL, .help = "Whether the CPU and kernel offer AVX2." },
	{ .name = "f16c", .type = GD_BOOL, .help = "Whether the CPU and kernel offer half-precision conversion." },
	{ .name = "fma", .type = GD_BOOL, .help = "Whether the CPU and kernel offer fused multiply-add." },
	{ .name = "bmi2", .type = GD_BOOL, .help = "Whether the CPU and kernel offer BMI2." },
	{ .name = "avx_vnni", .type = GD_BOOL, .help = "Whether the CPU and kernel offer AVX-VNNI." },
	{ .name = "avx512f", .type = GD_BOOL, .help = "Whether the CPU and kernel offer AVX-512 Foundation." },
	{ .name = "avx512_vbmi", .type = GD_BOOL, .help = "Whether the CPU and kernel offer AVX-512 VBMI." },
	{ .name = "avx512_vnni", .type = GD_BOOL, .help = "Whether the CPU and kernel offer AVX-512 VNNI." },
	{ .name = "avx512_bf16", .type = GD_BOOL, .help = "Whether the CPU and kernel offer AVX-512 BF16." },
	{ .name = "amx_tile", .type = GD_BOOL, .help = "Whether the CPU and kernel offer AMX tiles." },
	{ .name = "amx_int8", .type = GD_BOOL, .help = "Whether the CPU and kernel offer AMX on 8-bit integers." },
	{ .name = "amx_bf16", .type = GD_BOOL, .help = "Whether the CPU and kernel offer AMX on bfloat16." },
	{ .name = "neon", .type = GD_BOOL, .help = "Whether the CPU and kernel offer Arm Advanced SIMD." },
	{ .name = "dotprod", .type = GD_BOOL, .help = "Whether the CPU and kernel offer Arm 8-bit dot products." },
	{ .name = "i8mm", .type = GD_BOOL, .help = "Whether the CPU and kernel offer Arm 8-bit matrix products." },
	{ .name = "sve", .type = GD_BOOL, .help = "Whether the CPU and kernel offer Arm SVE." },
	{ .name = "sve2", .type = GD_BOOL, .help = "Whether the CPU and kernel offer Arm SVE2." },
	{ .name = "sme", .type = GD_BOOL, .help = "Whether the CPU and kernel offer Arm SME." },
	{ .name = "governor", .type = GD_TEXT, .flags = GD_COL_VOLATILE,
	  .help = "The frequency governor of CPU 0; absent without scaling." },
	{ .name = "allowed_threads", .type = GD_INT,
	  .help = "Logical CPUs that gpudoctor's own process may run on." },
	{ .name = "quota_cpus", .type = GD_REAL,
	  .help = "CPU time that the process's cgroups grant, in CPUs; absent where unlimited." },
	{ .name = "usable_cores", .type = GD_INT,
	  .help = "Physical cores among the allowed CPUs, at most the quota: what a thread count should not exceed." },
	{ .name = "memory_bandwidth_gbps", .type = GD_REAL,
	  .help = "The theoretical memory bandwidth of one socket with all channels filled, from the GPU database." },
};

static const struct gd_table cpu_table = {
	.name = "cpu",
	.help = "The processor or processors, and the part of them the caller may use.",
	.singleton = true,
	.columns = cpu_columns,
	.column_count = GD_COUNT(cpu_columns),
};

static const struct gd_column numa_node_columns[] = {
	{ .name = "id", .type = GD_INT, .flags = GD_COL_KEY, .help = "The node's number." },
	{ .name = "cpus", .type = GD_TEXT,
	  .help = "Its CPUs, in the kernel's list format; absent where it has none." },
	{ .name = "memory_mib", .type = GD_INT, .help = "Its memory." },
	{ .name = "gpu_memory", .type = GD_BOOL,
	  .help = "Whether its memory is a GPU's, as on Grace Hopper and MI300A machines." },
};

static const struct gd_table numa_node_table = {
	.name = "numa_node",
	.help = "A NUMA node.",
	.columns = numa_node_columns,
	.column_count = GD_COUNT(numa_node_columns),
};

static const struct gd_table *const tables[] = { &cpu_table, &numa_node_table, NULL };

static const char proc_status[] = "/proc/self/status";
static const char cpufreq_max[] = "/sys/devices/system/cpu/cpu*/cpufreq/cpuinfo_max_freq";

static void gd_cpus_freep(struct gd_cpus **cpus)
{
	gd_cpuinfo_free(&(*cpus)->info);
	free(*cpus);
}

static void take_max_clock(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpus *cpus)
{
	gd_autovalues khz = gd_xcalloc(GD_CPU_MAX, sizeof(int64_t));
	int64_t max = 0;
	int r;

	if (!cpus->online_known) {
		gd_set_cell(row, "max_mhz", gd_get(row, "threads"));
		return;
	}
	r = gd_cpu_read_each(ctx, cpus, "cpufreq/cpuinfo_max_freq", khz);
	if (r == -ENOENT) {
		gd_set_absent(row, "max_mhz", cpufreq_max);
		return;
	}
	if (r < 0) {
		gd_cpu_unknown(row, "max_mhz", cpufreq_max, r);
		return;
	}
	for (unsigned i = 0; i < GD_CPU_MAX; i++)
		max = khz[i] > max ? khz[i] : max;
	gd_set_int(row, "max_mhz", max / 1000, cpufreq_max);
}

/* The CPUs this process may run on; false where they are not known. */
static bool take_allowed(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpus *cpus, struct gd_cpu_set *allowed)
{
	gd_autobuf text = { 0 };
	gd_autofree list = NULL;
	int r = gd_host_read(ctx->host, proc_status, &text);

	if (r < 0) {
		gd_cpu_unknown(row, "allowed_threads", proc_status, r);
		return false;
	}
	list = gd_line_value(gd_buf_peek(&text), "Cpus_allowed_list", ":");
	if (!list || gd_cpu_parse_set(list, allowed) < 0) {
		gd_take_garbage(row, "allowed_threads", proc_status, list ? list : "");
		return false;
	}
	if (!cpus->online_known) {
		gd_set_cell(row, "allowed_threads", gd_get(row, "threads"));
		return false;
	}
	gd_cpu_intersect(allowed, &cpus->online);
	if (!gd_cpu_count(allowed)) {
		gd_take_garbage(row, "allowed_threads", proc_status, list);
		return false;
	}
	gd_set_int(row, "allowed_threads", gd_cpu_count(allowed),
		   "/proc/self/status, /sys/devices/system/cpu/online");
	return true;
}

static unsigned count_cores(const struct gd_cpus *cpus, const struct gd_cpu_set *of)
{
	struct gd_cpu_set cores = { 0 };

	for (unsigned i = 0; i < GD_CPU_MAX; i++)
		if (gd_cpu_has(of, i))
			gd_cpu_add(&cores, cpus->core_of[i]);
	return gd_cpu_count(&cores);
}

static void take_usable(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpus *cpus)
{
	struct gd_cpu_set allowed = { 0 };
	bool known = take_allowed(ctx, row, cpus, &allowed);
	const struct gd_cell *quota;
	unsigned usable;

	gd_cpu_take_quota(ctx, row);
	quota = gd_get(row, "quota_cpus");
	if (!known || !cpus->cores_known || quota->state == GD_UNKNOWN) {
		gd_set_cell(row, "usable_cores",
			    !known ? gd_get(row, "allowed_threads")
				   : cpus->cores_known ? quota : gd_get(row, "cores"));
		return;
	}
	usable = count_cores(cpus, &allowed);
	if (quota->state == GD_KNOWN && quota->value.r < usable)
		usable = quota->value.r < 1 ? 1 : (unsigned)quota->value.r;
	gd_set_int(row, "usable_cores", usable, "cores with allowed CPUs, at most quota_cpus, at least 1");
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	struct gd_row *row = gd_facts_add(ctx->facts, "cpu");
	GD_CLEANUP(gd_cpus_freep) struct gd_cpus *cpus = gd_xcalloc(1, sizeof(*cpus));

	(void)err;
	gd_set_text(row, "id", "cpu", "gpudoctor");
	gd_cpuinfo_read(ctx, &cpus->info);
	gd_cpuinfo_take(ctx, row, &cpus->info);
	gd_cpu_take_topology(ctx, row, cpus);
	gd_cpu_take_kinds(ctx, row, cpus);
	gd_cpu_take_l3(ctx, row, cpus);
	take_max_clock(ctx, row, cpus);
	gd_take_text(ctx, row, "governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
	take_usable(ctx, row, cpus);
	gd_cpu_take_numa(ctx, row, cpus);
	gd_facts_complete(ctx->facts, "cpu");
	return 0;
}

const struct gd_probe gd_probe_cpu = {
	.name = "cpu",
	.help = "Looks at the processor, its cores, caches and instructions, and what of it the caller may use.",
	.tables = tables,
	.needs = (const char *const[]){ "kfd", NULL },
	.run = run,
};
