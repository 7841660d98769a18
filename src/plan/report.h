/* SPDX-License-Identifier: MIT */
#ifndef GD_REPORT_H
#define GD_REPORT_H
/*
 * The finished report: all that a renderer may know. Texts are owned by the
 * report; NULL is "not known" unless said otherwise, as are the numbers' -1.
 */
#include "base/strv.h"
#include "rule/rule.h"

struct gd_report_machine {
	const char *product; /* vendor and product */
	const char *os;
	const char *kernel;
	const char *container; /* NULL also for none */
	const char *virtual_machine; /* NULL also for none */
	const char *cpu;
	const char *cpu_build; /* the widest instruction set a CPU build can use: "AVX-512", "AVX2" … */
	int64_t sockets;
	int64_t cores;
	int64_t threads;
	int64_t performance_cores; /* of a hybrid CPU, else -1 */
	int64_t efficiency_cores;
	int64_t usable_cores; /* what affinity and quota leave */
	int64_t ram_mib;
	int64_t ram_available_mib;
	double cpu_bandwidth_gbps;
};

struct gd_report_gpu {
	const char *id;
	const char *name;
	const char *vendor;
	const char *isa;
	const char *driver; /* "" where none is bound */
	const char *vulkan_driver; /* NULL where Vulkan does not show it, or nobody asked */
	const char *mesa_version;
	const char *hsa_isa; /* what ROCm's runtime takes it for */
	const char *cuda_version;
	const char *memory_type;
	const char *asleep; /* "yes", "no" or NULL */
	int integrated; /* 0, 1 or -1 */
	int compute; /* 0 for a display device that is no compute GPU */
	int passthrough; /* 1: handed to a virtual machine */
	int64_t cu_count;
	int64_t partitions;
	int64_t vram_mib;
	bool vram_is_nominal; /* from the GPU database, not from this machine */
	int64_t gtt_mib;
	double bandwidth_gbps;
	double link_gtps; /* of the slot where there is one */
	int64_t link_width;
};

/* What an install of ROCm has for one ISA: "tuned", "fallback", "partial", "missing", "empty", or "none" without it. */
struct gd_report_kernels {
	const char *isa;
	const char *official; /* AMD's support: "yes", "limited", "deprecated", "no"; "none" for builds of others */
	const char *hip_code; /* in the file of rocBLAS: "present", "generic", "missing", "none" */
	const char *rocblas;
	const char *hipblaslt;
};

struct gd_report_rocm {
	const char *folder; /* of its libraries */
	const char *version;
	const char *engine; /* that brought it; NULL also for none */
	struct gd_report_kernels *kernels; /* one for each ISA of the AMD GPUs here */
	size_t kernel_count;
};

/* One fact behind a finding. */
struct gd_evidence {
	const char *fact; /* table.column */
	bool decides; /* the problem itself rests on it; else it says only that the rule applies */
	const char *value; /* NULL: unknown or absent, see state */
	const char *state; /* "known", "absent", "unknown" */
	const char *source; /* NULL for unknown */
	const char *reason; /* why unknown */
};

struct gd_finding {
	size_t order; /* in which the rules and rows were asked */
	const struct gd_rule *rule;
	enum gd_severity severity;
	const char *subject; /* "Radeon 780M (0000:64:00.0)", or "" for the machine */
	const char *key; /* of the row: "0000:64:00.0" */
	const char *says;
	struct gd_evidence *evidence;
	size_t evidence_count;
	struct gd_fix *fixes; /* borrowed from the verdict */
	size_t fix_count;
};

/* Rules that stayed open for one reason. */
struct gd_open_question {
	enum gd_gap gap;
	const char *detail; /* what could not be read, one example of it */
	const char *remedy; /* NULL where there is none */
	struct gd_strv rules; /* titles, each once */
	struct gd_strv facts; /* table.column, each once */
	bool minor; /* none of the rules is more than information */
	bool could_be_error; /* a rule of severity error about a GPU in use is among them */
};

struct gd_report {
	struct gd_arena arena;
	struct gd_report_machine machine;
	struct gd_report_gpu *gpus;
	size_t gpu_count;
	int64_t gpus_of_drivers; /* GPUs that Vulkan or NVML list, whatever /sys shows */
	bool gpus_complete; /* every GPU there is was listed */
	const char *gpus_why; /* where not */
	struct gd_report_rocm *rocm; /* the installs on the disks */
	size_t rocm_count;
	bool rocm_complete; /* every place for one was looked into */
	struct gd_finding *findings; /* the most severe first */
	size_t finding_count;
	struct gd_open_question *open;
	size_t open_count;
	struct gd_strv failed_probes; /* "name: why" */
	struct gd_strv broken_rules; /* file, line, and what is wrong */
	size_t rules_asked; /* rules that gave a verdict on something, "unknown" included */
	size_t rules_open; /* of these: rules that stayed unknown about something */
	size_t rules_total; /* without those that cannot run */
	size_t by_severity[GD_SEVERITY_COUNT];
	const char *headline; /* the most important sentence */
	const char *hint; /* what a newcomer may try next, or NULL */
	int exit_status; /* of `check`, with --fail-on taken into account */
};

struct gd_report_options {
	enum gd_severity fail_on; /* GD_ERROR or GD_WARNING */
	bool show_private;
	bool live; /* the report is about the machine that the program runs on */
};

/* Builds the report; `verdicts` must outlive it. */
struct gd_report *gd_report_new(const struct gd_facts *facts, const struct gd_ruleset *rules,
				const struct gd_verdicts *verdicts, const struct gd_report_options *options);
void gd_report_free(struct gd_report *r);
static inline void gd_report_freep(struct gd_report **r)
{
	gd_report_free(*r);
}

#endif
