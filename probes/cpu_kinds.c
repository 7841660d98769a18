/* SPDX-License-Identifier: MIT */
/* Fast and slow cores of one processor. */
#include <errno.h>
#include <string.h>

#include "cpu.h"

static const char core_path[] = "/sys/devices/cpu_core/cpus";
static const char atom_path[] = "/sys/devices/cpu_atom/cpus";
static const char lowpower_path[] = "/sys/devices/cpu_lowpower/cpus";
static const char present_path[] = "/sys/devices/system/cpu/present";
static const char capacity_source[] = "/sys/devices/system/cpu/cpu*/cpu_capacity";
static const char clock_source[] = "/sys/devices/system/cpu/cpu*/cpufreq/cpuinfo_max_freq";

static void set_kinds(struct gd_row *row, const struct gd_cpus *cpus, const struct gd_cpu_set *slow,
		      const char *source)
{
	unsigned efficiency = 0;

	for (unsigned i = 0; i < GD_CPU_MAX; i++)
		efficiency += cpus->siblings[i] && gd_cpu_has(slow, i);
	gd_set_int(row, "performance_cores", cpus->cores - efficiency, source);
	gd_set_int(row, "efficiency_cores", efficiency, source);
	gd_set_bool(row, "hybrid", efficiency && efficiency < cpus->cores, source);
}

static void set_uniform(struct gd_row *row, const struct gd_cpus *cpus, const char *source)
{
	const struct gd_cpu_set none = { 0 };

	set_kinds(row, cpus, &none, source);
}

static void set_unknown(struct gd_row *row, enum gd_gap gap, const char *detail, const char *remedy)
{
	gd_set_unknown(row, "performance_cores", gap, detail, remedy);
	gd_set_unknown(row, "efficiency_cores", gap, detail, remedy);
	gd_set_unknown(row, "hybrid", gap, detail, remedy);
}

/*
 * Intel's hybrid processors have one performance monitor for each kind of core,
 * which lists its CPUs. Returns 1 where they told, 0 where there is no monitor
 * for fast cores, which proves a uniform processor, or the error.
 */
static int kinds_by_monitor(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpus *cpus)
{
	static const char *const slow_paths[] = { atom_path, lowpower_path };
	struct gd_cpu_set fast;
	struct gd_cpu_set slow = { 0 };
	int r = gd_cpu_read_set(ctx, core_path, &fast);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; i < GD_COUNT(slow_paths); i++) {
		struct gd_cpu_set set;

		r = gd_cpu_read_set(ctx, slow_paths[i], &set);
		for (size_t w = 0; !r && w < GD_COUNT(set.words); w++)
			slow.words[w] |= set.words[w];
		if (r < 0 && r != -ENOENT && r != -GD_ENOTCAPTURED)
			return r;
	}
	for (unsigned i = 0; i < GD_CPU_MAX; i++)
		if (gd_cpu_has(&cpus->online, i) && gd_cpu_has(&fast, i) == gd_cpu_has(&slow, i)) {
			set_unknown(row, GD_GAP_AMBIGUOUS,
				    "the lists of fast and slow CPUs do not cover each CPU once", NULL);
			return 1;
		}
	set_kinds(row, cpus, &slow, "/sys/devices/cpu_core/cpus, /sys/devices/cpu_atom/cpus");
	return 1;
}

/*
 * CPUs whose value is below `numerator`/`denominator` of the highest go into
 * `ret_slow`; true where there are any.
 */
static bool find_slow(const struct gd_cpus *cpus, const int64_t *values, int64_t numerator, int64_t denominator,
		      struct gd_cpu_set *ret_slow)
{
	int64_t max = 0;
	bool any = false;

	for (unsigned i = 0; i < GD_CPU_MAX; i++)
		max = values[i] > max ? values[i] : max;
	*ret_slow = (struct gd_cpu_set){ 0 };
	for (unsigned i = 0; i < GD_CPU_MAX; i++)
		if (gd_cpu_has(&cpus->online, i) && values[i] / numerator < max / denominator) {
			gd_cpu_add(ret_slow, i);
			any = true;
		}
	return any;
}

/*
 * The scheduler's capacities. Cores of one kind differ by a few percent where
 * some may clock higher, and phones' "big" and "prime" cores by up to a quarter:
 * a slow core is one below three quarters. 1: told; 0: all alike; or the error.
 */
static int kinds_by_capacity(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpus *cpus)
{
	gd_autovalues values = gd_xcalloc(GD_CPU_MAX, sizeof(int64_t));
	struct gd_cpu_set slow;
	int r = gd_cpu_read_each(ctx, cpus, "cpu_capacity", values);

	if (r < 0)
		return r;
	if (!find_slow(cpus, values, 3, 4, &slow))
		return 0;
	set_kinds(row, cpus, &slow, capacity_source);
	return 1;
}

/* As above, by the highest clock. Only on Arm does a difference mean another kind of core. */
static int kinds_by_clock(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpus *cpus)
{
	gd_autovalues values = gd_xcalloc(GD_CPU_MAX, sizeof(int64_t));
	struct gd_cpu_set slow;
	int r = gd_cpu_read_each(ctx, cpus, "cpufreq/cpuinfo_max_freq", values);

	if (r < 0)
		return r;
	if (!find_slow(cpus, values, 100, 115, &slow))
		return 0;
	if (gd_cpuinfo_is_arm(&cpus->info))
		set_kinds(row, cpus, &slow, clock_source);
	return 1;
}

static bool is_vendor(const struct gd_cpus *cpus, const char *id)
{
	return cpus->info.vendor && !strcmp(cpus->info.vendor, id);
}

/*
 * Intel's performance cores have had two threads each in the years in which its
 * efficiency cores had one. With every CPU online that tells them apart; with
 * threads switched off it tells nothing.
 */
static bool kinds_by_threads(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpus *cpus)
{
	struct gd_cpu_set present;
	struct gd_cpu_set slow = { 0 };
	unsigned singles = 0;

	for (unsigned i = 0; i < GD_CPU_MAX; i++) {
		if (cpus->siblings[i] > 2)
			return false;
		if (cpus->siblings[i] == 1) {
			gd_cpu_add(&slow, i);
			singles++;
		}
	}
	if (!singles) {
		set_uniform(row, cpus, "every core has two threads, as no efficiency core has");
		return true;
	}
	if (singles == cpus->cores || gd_cpuinfo_has(cpus->info.flags, "hypervisor") ||
	    gd_cpu_read_set(ctx, present_path, &present) < 0 ||
	    memcmp(&present, &cpus->online, sizeof(present)))
		return false;
	set_kinds(row, cpus, &slow,
		  "cores with two threads and with one, in /sys/devices/system/cpu/cpu*/topology, all CPUs online");
	return true;
}

/*
 * What a tree without the kernel's own word still proves. Intel's first hybrid
 * processor was model 138 of family 6; of two kinds of AMD's cores the slower
 * would have another highest clock.
 */
static bool kinds_by_inference(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpus *cpus)
{
	if (is_vendor(cpus, "GenuineIntel")) {
		if (gd_get_int(row, "family", 0) == 6 && gd_get_int(row, "model_number", 255) < 138) {
			set_uniform(row, cpus, "/proc/cpuinfo: family 6 below model 138, before hybrid processors");
			return true;
		}
		return kinds_by_threads(ctx, row, cpus);
	}
	if (is_vendor(cpus, "AuthenticAMD") && !kinds_by_clock(ctx, row, cpus)) {
		set_uniform(row, cpus, clock_source);
		return true;
	}
	return false;
}

/* No capacities on this kernel: on Arm the clocks decide, elsewhere there is only one kind. */
static int kinds_without_capacity(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpus *cpus)
{
	int r;

	if (!gd_cpuinfo_is_arm(&cpus->info)) {
		if (!gd_cpuinfo_is_x86(&cpus->info))
			return -ENODATA;
		/* AMD has no such files for its dense cores (Zen 4c, Zen 5c): only their clocks tell. */
		if (is_vendor(cpus, "AuthenticAMD") && kinds_by_clock(ctx, row, cpus) == 1)
			set_unknown(row, GD_GAP_AMBIGUOUS,
				    "the cores have different highest clocks: perhaps dense cores", NULL);
		else
			set_uniform(row, cpus,
				    "no /sys/devices/cpu_core, no /sys/devices/system/cpu/cpu*/cpu_capacity");
		return 0;
	}
	r = kinds_by_clock(ctx, row, cpus);
	if (!r)
		set_uniform(row, cpus, clock_source);
	return r < 0 ? r : 0;
}

void gd_cpu_take_kinds(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpus *cpus)
{
	gd_autofree detail = NULL;
	bool intel = is_vendor(cpus, "GenuineIntel");
	int monitor;
	int r;

	if (!cpus->cores_known) {
		const struct gd_cell *cores = gd_get(row, "cores");

		set_unknown(row, cores->gap, cores->detail, cores->remedy);
		return;
	}
	monitor = gd_cpuinfo_is_arm(&cpus->info) ? 0 : kinds_by_monitor(ctx, row, cpus);
	if (monitor == 1)
		return;
	r = kinds_by_capacity(ctx, row, cpus);
	if (r == 1)
		return;
	/* Equal capacities prove nothing on Intel: they are set only while threads are switched off. */
	if (intel && !monitor && (!r || r == -ENOENT)) {
		set_uniform(row, cpus, "no /sys/devices/cpu_core");
		return;
	}
	if (!intel && !r) {
		set_uniform(row, cpus, capacity_source);
		return;
	}
	if (!intel && !monitor && r == -ENOENT)
		r = kinds_without_capacity(ctx, row, cpus);
	if (!r && !intel)
		return;
	if (kinds_by_inference(ctx, row, cpus))
		return;
	if (intel && monitor < 0)
		r = monitor;
	detail = gd_xasprintf("%s: %s", intel ? core_path : capacity_source, gd_host_strerror_peek(r));
	set_unknown(row, r == -ENOENT ? GD_GAP_NO_SOURCE : gd_gap_of_error(r), detail, gd_remedy_peek(r));
}
