/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_CPU_H
#define GD_PROBE_CPU_H
/* Parts of the probe `cpu`. */
#include "probe/probe.h"

enum { GD_CPU_MAX = 8192 };

struct gd_cpu_set {
	uint64_t words[GD_CPU_MAX / 64];
};

static inline bool gd_cpu_has(const struct gd_cpu_set *s, unsigned cpu)
{
	return cpu < GD_CPU_MAX && (s->words[cpu / 64] >> (cpu % 64) & 1);
}

static inline void gd_cpu_add(struct gd_cpu_set *s, unsigned cpu)
{
	if (cpu < GD_CPU_MAX)
		s->words[cpu / 64] |= (uint64_t)1 << (cpu % 64);
}

unsigned gd_cpu_count(const struct gd_cpu_set *s);
void gd_cpu_intersect(struct gd_cpu_set *s, const struct gd_cpu_set *with);
/* The kernel's list format; -EINVAL where it is none or names a CPU beyond GD_CPU_MAX. */
int gd_cpu_parse_set(const char *list, struct gd_cpu_set *ret) GD_MUST_CHECK;

/* Readers: 0, the door's error, or -EINVAL where the text makes no sense. */
int gd_cpu_read_set(struct gd_ctx *ctx, const char *path, struct gd_cpu_set *ret) GD_MUST_CHECK;
int gd_cpu_read_int(struct gd_ctx *ctx, const char *path, int64_t *ret) GD_MUST_CHECK;
/* As gd_take_error(), for cells that a missing file does not prove absent. */
void gd_cpu_unknown(struct gd_row *row, const char *column, const char *path, int error);

/* One block of /proc/cpuinfo; -1 where a line is missing or makes no sense. */
struct gd_cpuinfo_cpu {
	unsigned cpu;
	int64_t package;
	int64_t core;
	int64_t cores; /* in the package */
	int64_t implementer;
	int64_t part;
};

struct gd_cpuinfo {
	int error; /* why there is none */
	struct gd_buf text;
	struct gd_cpuinfo_cpu *cpus;
	size_t count;
	size_t cap;
	char *vendor; /* x86: vendor_id */
	char *flags; /* x86 */
	char *features; /* Arm */
};

void gd_cpuinfo_read(struct gd_ctx *ctx, struct gd_cpuinfo *info);
void gd_cpuinfo_free(struct gd_cpuinfo *info);
static inline bool gd_cpuinfo_is_x86(const struct gd_cpuinfo *info)
{
	return info->flags != NULL;
}
static inline bool gd_cpuinfo_is_arm(const struct gd_cpuinfo *info)
{
	return info->features != NULL;
}
bool gd_cpuinfo_has(const char *words, const char *word);
/* Sets model, vendor, family, model_number, stepping, the feature columns and the memory bandwidth. */
void gd_cpuinfo_take(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpuinfo *info);

struct gd_cpus {
	struct gd_cpu_set online;
	bool online_known;
	bool cores_known;
	unsigned threads;
	unsigned cores;
	uint16_t core_of[GD_CPU_MAX]; /* the lowest online CPU on the same core */
	uint16_t siblings[GD_CPU_MAX]; /* of a core's lowest CPU: how many are on it */
	struct gd_cpuinfo info;
};

/* Sets sockets, cores, threads, threads_per_core. */
void gd_cpu_take_topology(struct gd_ctx *ctx, struct gd_row *row, struct gd_cpus *cpus);
/* Sets performance_cores, efficiency_cores, hybrid; cores must have been set. */
void gd_cpu_take_kinds(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpus *cpus);
/* Numbers indexed by CPU, freed at the end of their scope. */
static inline void gd_cpu_values_freep(int64_t **values)
{
	free(*values);
}
#define gd_autovalues GD_CLEANUP(gd_cpu_values_freep) int64_t *
/* Reads the same file of every online CPU into `values`, indexed by CPU; 0 or the first error. */
int gd_cpu_read_each(struct gd_ctx *ctx, const struct gd_cpus *cpus, const char *file, int64_t *values) GD_MUST_CHECK;
/* Sets l3_kib. */
void gd_cpu_take_l3(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpus *cpus);

/* Sets quota_cpus. */
void gd_cpu_take_quota(struct gd_ctx *ctx, struct gd_row *row);
/* Fills numa_node, and sets numa_nodes. */
void gd_cpu_take_numa(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpus *cpus);

#endif
