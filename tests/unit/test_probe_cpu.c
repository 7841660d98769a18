/* SPDX-License-Identifier: MIT */
/* The probe cpu: topology, kinds of cores, quotas, NUMA. */
#include "probe_machine.h"

extern const struct gd_probe gd_probe_cpu;

/* Writers of captures of CPUs. */
static void put_file(struct gd_buf *b, const char *content, const char *fmt, ...) GD_PRINTF(3, 4);
static void put_file(struct gd_buf *b, const char *content, const char *fmt, ...)
{
	char path[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	gd_buf_printf(b, "file %s\n|%s\n", path, content);
}

#define CPU_DIR "/sys/devices/system/cpu"

static void put_cpu(struct gd_buf *b, unsigned cpu, unsigned first, unsigned last, unsigned core, unsigned package)
{
	gd_autofree list = gd_xasprintf("%u-%u", first, last);
	gd_autofree core_text = gd_xasprintf("%u", core);
	gd_autofree package_text = gd_xasprintf("%u", package);

	put_file(b, list, CPU_DIR "/cpu%u/topology/thread_siblings_list", cpu);
	put_file(b, core_text, CPU_DIR "/cpu%u/topology/core_id", cpu);
	put_file(b, package_text, CPU_DIR "/cpu%u/topology/physical_package_id", cpu);
	gd_buf_printf(b, "absent " CPU_DIR "/cpu%u/topology/core_cpus_list\n", cpu);
}

/* Two cores of two threads, then four of one: CPUs 0-1, 2-3, 4, 5, 6, 7. */
static void put_hybrid(struct gd_buf *b)
{
	put_file(b, "0-7", CPU_DIR "/online");
	put_file(b, "0-7", CPU_DIR "/present");
	for (unsigned i = 0; i < 4; i++)
		put_cpu(b, i, i & ~1u, i | 1u, i / 2 * 4, 0);
	for (unsigned i = 4; i < 8; i++)
		put_cpu(b, i, i, i, i + 4, 0);
}

#define INTEL "file /proc/cpuinfo\n|processor\t: 0\n|vendor_id\t: GenuineIntel\n|cpu family\t: 6\n|model\t\t: 186\n"

static void expect_kinds(const struct machine *m, int fast, int slow, bool hybrid)
{
	assert_int(m, "cpu", "cpu", "performance_cores", fast);
	assert_int(m, "cpu", "cpu", "efficiency_cores", slow);
	assert_int(m, "cpu", "cpu", "hybrid", hybrid);
}

static void test_hybrid_intel(void **state)
{
	gd_autobuf body = { 0 };
	gd_autofree text = NULL;
	automachine m = { 0 };

	(void)state;
	put_hybrid(&body);
	gd_buf_puts(&body, INTEL "|flags\t\t: fpu avx2 avx_vnni\n");
	text = gd_xasprintf("%sfile /sys/devices/cpu_core/cpus\n|0-3\nfile /sys/devices/cpu_atom/cpus\n|4-6\n"
			    "file /sys/devices/cpu_lowpower/cpus\n|7\n",
			    body.data);
	run(&m, &gd_probe_cpu, text);
	assert_int(&m, "cpu", "cpu", "cores", 6);
	assert_int(&m, "cpu", "cpu", "threads", 8);
	assert_int(&m, "cpu", "cpu", "threads_per_core", 2);
	assert_int(&m, "cpu", "cpu", "sockets", 1);
	expect_kinds(&m, 2, 4, true);

	/* Lists that leave a CPU out. */
	free(text);
	text = gd_xasprintf("%sfile /sys/devices/cpu_core/cpus\n|0-3\nfile /sys/devices/cpu_atom/cpus\n|4-6\n"
			    "absent /sys/devices/cpu_lowpower\n",
			    body.data);
	run(&m, &gd_probe_cpu, text);
	expect_gap(&m, "cpu", "cpu", "hybrid", GD_GAP_AMBIGUOUS);

	/* Not captured: cores with two threads and with one tell. */
	run(&m, &gd_probe_cpu, body.data);
	expect_kinds(&m, 2, 4, true);

	/* The kernel has no such monitor: its word. */
	gd_buf_puts(&body, "absent /sys/devices/cpu_core\n");
	for (unsigned i = 0; i < 8; i++)
		gd_buf_printf(&body, "absent " CPU_DIR "/cpu%u/cpu_capacity\n", i);
	run(&m, &gd_probe_cpu, body.data);
	expect_kinds(&m, 6, 0, false);
}

static void test_hybrid_not_told(void **state)
{
	gd_autobuf body = { 0 };
	automachine m = { 0 };

	(void)state;
	/* Threads switched off: nothing to tell the cores apart by. */
	put_file(&body, "0,2,4-7", CPU_DIR "/online");
	put_file(&body, "0-7", CPU_DIR "/present");
	for (unsigned i = 0; i < 8; i++)
		if (i != 1 && i != 3)
			put_cpu(&body, i, i, i, i, 0);
	gd_buf_puts(&body, INTEL "|flags\t\t: fpu avx2\n");
	run(&m, &gd_probe_cpu, body.data);
	assert_int(&m, "cpu", "cpu", "threads", 6);
	assert_int(&m, "cpu", "cpu", "cores", 6);
	expect_gap(&m, "cpu", "cpu", "hybrid", GD_GAP_NOT_CAPTURED);
	expect_gap(&m, "cpu", "cpu", "performance_cores", GD_GAP_NOT_CAPTURED);
}

static void put_capacities(struct gd_buf *b, const char *const *values, unsigned count, const char *file)
{
	for (unsigned i = 0; i < count; i++)
		put_file(b, values[i], CPU_DIR "/cpu%u/%s", i, file);
}

#define ARM "file /proc/cpuinfo\n|processor\t: 0\n|Features\t: fp asimd asimddp\n|CPU implementer\t: 0x41\n"

static void test_hybrid_arm(void **state)
{
	static const char *const capacities[] = { "250", "250", "871", "1024" };
	static const char *const clocks[] = { "1800000", "1800000", "2400000", "2400000" };
	gd_autobuf cores = { 0 };
	gd_autobuf body = { 0 };
	automachine m = { 0 };

	(void)state;
	put_file(&cores, "0-3", CPU_DIR "/online");
	for (unsigned i = 0; i < 4; i++)
		put_cpu(&cores, i, i, i, i, 0);
	gd_buf_puts(&cores, ARM "|CPU part\t: 0xd05\n|\n"
				"|processor\t: 1\n|CPU implementer\t: 0x41\n|CPU part\t: 0xd0b\n");
	gd_buf_puts(&body, cores.data);
	put_capacities(&body, capacities, 4, "cpu_capacity");
	run(&m, &gd_probe_cpu, body.data);
	expect_kinds(&m, 2, 2, true);
	assert_text(&m, "cpu", "cpu", "model", "Cortex-A55 + Cortex-A76");
	assert_text(&m, "cpu", "cpu", "vendor", "ARM");
	assert_int(&m, "cpu", "cpu", "neon", 1);
	assert_int(&m, "cpu", "cpu", "dotprod", 1);
	assert_int(&m, "cpu", "cpu", "sve", 0);
	assert_absent(&m, "cpu", "cpu", "avx2");
	assert_absent(&m, "cpu", "cpu", "family");

	/* No capacities: the clocks decide. */
	gd_buf_clear(&body);
	gd_buf_puts(&body, cores.data);
	put_capacities(&body, clocks, 4, "cpufreq/cpuinfo_max_freq");
	for (unsigned i = 0; i < 4; i++)
		gd_buf_printf(&body, "absent " CPU_DIR "/cpu%u/cpu_capacity\n", i);
	run(&m, &gd_probe_cpu, body.data);
	expect_kinds(&m, 2, 2, true);
	assert_int(&m, "cpu", "cpu", "max_mhz", 2400);
}

static void test_amd_clocks_leave_it_open(void **state)
{
	/* Zen 5 and Zen 5c: different clocks, and no word of the kernel. */
	static const char *const clocks[] = { "5100000", "5100000", "3300000", "3300000" };
	gd_autobuf body = { 0 };
	automachine m = { 0 };

	(void)state;
	put_file(&body, "0-3", CPU_DIR "/online");
	for (unsigned i = 0; i < 4; i++) {
		put_cpu(&body, i, i, i, i, 0);
		gd_buf_printf(&body, "absent " CPU_DIR "/cpu%u/cpu_capacity\n", i);
	}
	put_capacities(&body, clocks, 4, "cpufreq/cpuinfo_max_freq");
	gd_buf_puts(&body, "file /proc/cpuinfo\n|processor\t: 0\n|vendor_id\t: AuthenticAMD\n|flags\t\t: fpu\n"
			   "absent /sys/devices/cpu_core\n");
	run(&m, &gd_probe_cpu, body.data);
	expect_gap(&m, "cpu", "cpu", "performance_cores", GD_GAP_AMBIGUOUS);
	expect_gap(&m, "cpu", "cpu", "efficiency_cores", GD_GAP_AMBIGUOUS);
	expect_gap(&m, "cpu", "cpu", "hybrid", GD_GAP_AMBIGUOUS);
	assert_text(&m, "cpu", "cpu", "vendor", "AMD");
	assert_int(&m, "cpu", "cpu", "sse42", 0);
}

/* Two packages of two cores, whose numbers repeat. */
static void test_cores_repeat_across_packages(void **state)
{
	gd_autobuf body = { 0 };
	automachine m = { 0 };

	(void)state;
	put_file(&body, "0-3", CPU_DIR "/online");
	for (unsigned i = 0; i < 4; i++) {
		put_cpu(&body, i, i, i, i % 2, i / 2);
		gd_buf_printf(&body, "dir " CPU_DIR "/cpu%u/cache\n|index0\n|index3\n", i);
		put_file(&body, "1", CPU_DIR "/cpu%u/cache/index0/level", i);
		put_file(&body, "3", CPU_DIR "/cpu%u/cache/index3/level", i);
		put_file(&body, "16384K", CPU_DIR "/cpu%u/cache/index3/size", i);
		put_file(&body, i < 2 ? "0-1" : "2-3", CPU_DIR "/cpu%u/cache/index3/shared_cpu_list", i);
	}
	run(&m, &gd_probe_cpu, body.data);
	assert_int(&m, "cpu", "cpu", "cores", 4);
	assert_int(&m, "cpu", "cpu", "sockets", 2);
	assert_int(&m, "cpu", "cpu", "threads_per_core", 1);
	assert_int(&m, "cpu", "cpu", "l3_kib", 32768);
	expect_gap(&m, "cpu", "cpu", "model", GD_GAP_NOT_CAPTURED);
	expect_gap(&m, "cpu", "cpu", "avx2", GD_GAP_NOT_CAPTURED);
}

static void put_cpuinfo(struct gd_buf *b, unsigned count, unsigned cores)
{
	gd_buf_puts(b, "file /proc/cpuinfo\n");
	for (unsigned i = 0; i < count; i++)
		gd_buf_printf(b,
			      "|processor\t: %u\n|vendor_id\t: GenuineIntel\n|physical id\t: 0\n|siblings\t: %u\n"
			      "|core id\t\t: %u\n|cpu cores\t: %u\n|flags\t\t: fpu\n|\n",
			      i, count, i % 2, cores);
}

static void test_topology_from_cpuinfo(void **state)
{
	gd_autobuf body = { 0 };
	automachine m = { 0 };

	(void)state;
	put_cpuinfo(&body, 4, 2);
	run(&m, &gd_probe_cpu, body.data);
	assert_int(&m, "cpu", "cpu", "threads", 4);
	assert_int(&m, "cpu", "cpu", "cores", 2);
	assert_int(&m, "cpu", "cpu", "threads_per_core", 2);
	assert_int(&m, "cpu", "cpu", "sockets", 1);

	/* Two numbers of cores, four cores: they repeat, and do not suffice. */
	gd_buf_clear(&body);
	put_cpuinfo(&body, 4, 4);
	run(&m, &gd_probe_cpu, body.data);
	assert_int(&m, "cpu", "cpu", "threads", 4);
	expect_gap(&m, "cpu", "cpu", "cores", GD_GAP_NOT_CAPTURED);
}

/* Eight threads on four cores: 0-1, 2-3, 4-5, 6-7. */
static void put_smt(struct gd_buf *b)
{
	put_file(b, "0-7", CPU_DIR "/online");
	for (unsigned i = 0; i < 8; i++)
		put_cpu(b, i, i & ~1u, i | 1u, i / 2, 0);
}

static void run_usable(struct machine *m, const char *allowed, const char *cgroups)
{
	gd_autobuf body = { 0 };

	put_smt(&body);
	gd_buf_printf(&body, "file /proc/self/status\n|Cpus_allowed:\tff\n|Cpus_allowed_list:\t%s\n%s", allowed,
		      cgroups);
	run(m, &gd_probe_cpu, body.data);
}

static double quota_of(const struct machine *m)
{
	return gd_get_real(row_of(m, "cpu", "cpu"), "quota_cpus", -1);
}

#define V2_MOUNT "file /sys/fs/cgroup/cgroup.controllers\n|cpuset cpu io memory\n"

static void test_cgroup_v2(void **state)
{
	automachine m = { 0 };

	(void)state;
	/* The limit of a parent counts, and the smaller of two. */
	run_usable(&m, "0-7",
		   "file /proc/self/cgroup\n|0::/a.slice/b.service\n" V2_MOUNT
		   "absent /sys/fs/cgroup/cpu.max\n"
		   "file /sys/fs/cgroup/a.slice/cpu.max\n|250000 100000\n"
		   "file /sys/fs/cgroup/a.slice/b.service/cpu.max\n|400000 100000\n");
	assert_true(quota_of(&m) > 2.49 && quota_of(&m) < 2.51);
	assert_int(&m, "cpu", "cpu", "allowed_threads", 8);
	assert_int(&m, "cpu", "cpu", "usable_cores", 2);

	/* "max" is none; the siblings 0 and 1 are one core. */
	run_usable(&m, "0-2",
		   "file /proc/self/cgroup\n|0::/a\n" V2_MOUNT
		   "absent /sys/fs/cgroup/cpu.max\nfile /sys/fs/cgroup/a/cpu.max\n|max 100000\n");
	assert_absent(&m, "cpu", "cpu", "quota_cpus");
	assert_int(&m, "cpu", "cpu", "allowed_threads", 3);
	assert_int(&m, "cpu", "cpu", "usable_cores", 2);

	/* In a container's namespace the own group is the root. Half a CPU still is one core. */
	run_usable(&m, "0-7",
		   "file /proc/self/cgroup\n|0::/\n" V2_MOUNT "file /sys/fs/cgroup/cpu.max\n|50000 100000\n");
	assert_true(quota_of(&m) > 0.49 && quota_of(&m) < 0.51);
	assert_int(&m, "cpu", "cpu", "usable_cores", 1);

	run_usable(&m, "0-7", "file /proc/self/cgroup\n|0::/../x\n" V2_MOUNT);
	expect_gap(&m, "cpu", "cpu", "quota_cpus", GD_GAP_NO_SOURCE);
	expect_gap(&m, "cpu", "cpu", "usable_cores", GD_GAP_NO_SOURCE);
	run_usable(&m, "0-7", "file /proc/self/cgroup\n|0::/\n" V2_MOUNT "file /sys/fs/cgroup/cpu.max\n|many 1\n");
	expect_gap(&m, "cpu", "cpu", "quota_cpus", GD_GAP_GARBAGE);
	run_usable(&m, "0-7", "file /proc/self/cgroup\n|0::/\n" V2_MOUNT "error file /sys/fs/cgroup/cpu.max EACCES\n");
	expect_gap(&m, "cpu", "cpu", "quota_cpus", GD_GAP_DENIED);
	run_usable(&m, "0-7", "file /proc/self/cgroup\n|0::/\n" V2_MOUNT);
	expect_gap(&m, "cpu", "cpu", "quota_cpus", GD_GAP_NOT_CAPTURED);
}

static void test_cgroup_v1(void **state)
{
	automachine m = { 0 };

	(void)state;
	/* Hybrid: the controller is in version 1, whatever the last line says. */
	run_usable(&m, "0-7",
		   "file /proc/self/cgroup\n|5:cpu,cpuacct:/docker/1\n|2:cpuset:/docker/1\n|0::/system.slice\n"
		   "absent /sys/fs/cgroup/cpu\n"
		   "file /sys/fs/cgroup/cpu,cpuacct/cgroup.clone_children\n|0\n"
		   "file /sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us\n|-1\n"
		   "file /sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us\n|-1\n"
		   "file /sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_quota_us\n|300000\n"
		   "file /sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_period_us\n|100000\n");
	assert_true(quota_of(&m) > 2.99 && quota_of(&m) < 3.01);
	assert_int(&m, "cpu", "cpu", "usable_cores", 3);

	/* Without a namespace for groups the path is the host's, and the mount the own group. */
	run_usable(&m, "0-7",
		   "file /proc/self/cgroup\n|5:cpu:/docker/1\n"
		   "file /sys/fs/cgroup/cpu/cgroup.clone_children\n|0\n"
		   "absent /sys/fs/cgroup/cpu/docker\n"
		   "file /sys/fs/cgroup/cpu/cpu.cfs_quota_us\n|150000\n"
		   "file /sys/fs/cgroup/cpu/cpu.cfs_period_us\n|100000\n");
	assert_true(quota_of(&m) > 1.49 && quota_of(&m) < 1.51);

	run_usable(&m, "0-7",
		   "file /proc/self/cgroup\n|5:cpu:/\nfile /sys/fs/cgroup/cpu/cgroup.clone_children\n|0\n"
		   "file /sys/fs/cgroup/cpu/cpu.cfs_quota_us\n|-1\n");
	assert_absent(&m, "cpu", "cpu", "quota_cpus");
	run_usable(&m, "0-7", "absent /proc/self/cgroup\n");
	assert_absent(&m, "cpu", "cpu", "quota_cpus");
	run_usable(&m, "0-7", "file /proc/self/cgroup\n|\\xff\n");
	expect_gap(&m, "cpu", "cpu", "quota_cpus", GD_GAP_GARBAGE);
}

static void test_cpu_lists(void **state)
{
	static const char *const bad[] = { "0-4294967295", "0-8192", "0-8191,9000", "0,9000", "3-1", "x", "0,-1",
					    "0--3",
					   "99999999999999999999", "" };
	gd_autobuf body = { 0 };
	automachine m = { 0 };

	(void)state;
	for (size_t i = 0; i < GD_COUNT(bad); i++) {
		gd_buf_clear(&body);
		put_file(&body, bad[i], CPU_DIR "/online");
		run(&m, &gd_probe_cpu, body.data);
		expect_gap(&m, "cpu", "cpu", "threads", GD_GAP_GARBAGE);
		expect_gap(&m, "cpu", "cpu", "cores", GD_GAP_GARBAGE);
		expect_gap(&m, "cpu", "cpu", "l3_kib", GD_GAP_GARBAGE);
		run_usable(&m, bad[i], "absent /proc/self/cgroup\n");
		expect_gap(&m, "cpu", "cpu", "allowed_threads", GD_GAP_GARBAGE);
	}
	/* Allowed CPUs that are offline do not count. */
	run_usable(&m, "6-8191", "absent /proc/self/cgroup\n");
	assert_int(&m, "cpu", "cpu", "allowed_threads", 2);
	assert_int(&m, "cpu", "cpu", "usable_cores", 1);
}

static void test_cpu_garbage(void **state)
{
	gd_autobuf body = { 0 };
	automachine m = { 0 };

	(void)state;
	run(&m, &gd_probe_cpu, "file /proc/cpuinfo\n|\\x7fELF\\x00\\x01\n");
	expect_gap(&m, "cpu", "cpu", "model", GD_GAP_GARBAGE);
	expect_gap(&m, "cpu", "cpu", "avx2", GD_GAP_GARBAGE);
	run(&m, &gd_probe_cpu, "file /proc/cpuinfo\n");
	expect_gap(&m, "cpu", "cpu", "vendor", GD_GAP_GARBAGE);
	run(&m, &gd_probe_cpu, "file /proc/cpuinfo\n|processor\t: 18446744073709551616\n");
	expect_gap(&m, "cpu", "cpu", "vendor", GD_GAP_GARBAGE);
	run(&m, &gd_probe_cpu, "error file /proc/cpuinfo EACCES\n");
	expect_gap(&m, "cpu", "cpu", "model", GD_GAP_DENIED);

	/* A list of siblings that leaves the CPU itself out. */
	put_file(&body, "0-1", CPU_DIR "/online");
	put_file(&body, "1", CPU_DIR "/cpu0/topology/core_cpus_list");
	gd_buf_puts(&body, "absent " CPU_DIR "/cpu0/topology/thread_siblings_list\n");
	put_file(&body, "-9223372036854775808", CPU_DIR "/cpu0/topology/physical_package_id");
	gd_buf_puts(&body, "dir " CPU_DIR "/cpu0/cache\n|index3\n");
	put_file(&body, "3", CPU_DIR "/cpu0/cache/index3/level");
	put_file(&body, "9999999999999999K", CPU_DIR "/cpu0/cache/index3/size");
	run(&m, &gd_probe_cpu, body.data);
	expect_gap(&m, "cpu", "cpu", "cores", GD_GAP_GARBAGE);
	expect_gap(&m, "cpu", "cpu", "hybrid", GD_GAP_GARBAGE);
	expect_gap(&m, "cpu", "cpu", "sockets", GD_GAP_GARBAGE);
	expect_gap(&m, "cpu", "cpu", "l3_kib", GD_GAP_GARBAGE);
}

#define NODE "/sys/devices/system/node"
#define NODES \
	"dir " NODE "\n|node0\n|node1\n|node2\n|online\n|nodes\n|node-1\n" \
	"file " NODE "/node0/cpulist\n|0-71\n" \
	"file " NODE "/node0/meminfo\n|Node 0 MemTotal:       491520000 kB\n|Node 0 MemFree: 1 kB\n" \
	"file " NODE "/node1/cpulist\n|\n" \
	"file " NODE "/node1/meminfo\n|Node 1 MemTotal:       98304000 kB\n" \
	"file " NODE "/node2/cpulist\n|\n" \
	"file " NODE "/node2/meminfo\n|Node 2 MemTotal:       0 kB\n"

static void test_numa(void **state)
{
	automachine m = { 0 };

	(void)state;
	/* Grace Hopper: an Arm CPU, and node 1 is the GPU's memory. */
	run(&m, &gd_probe_cpu,
	    NODES ARM "|CPU part\t: 0xd4f\n"
	    "dir /sys/bus/pci/devices\n|0009:01:00.0\n"
	    "file /sys/bus/pci/devices/0009:01:00.0/vendor\n|0x10de\n"
	    "file /sys/bus/pci/devices/0009:01:00.0/class\n|0x030200\n");
	assert_true(is_complete(&m, "numa_node"));
	assert_int_equal(gd_facts_table_peek(m.facts, "numa_node")->count, 3);
	assert_text(&m, "numa_node", "0", "cpus", "0-71");
	assert_int(&m, "numa_node", "0", "memory_mib", 480000);
	assert_int(&m, "numa_node", "0", "gpu_memory", 0);
	assert_absent(&m, "numa_node", "1", "cpus");
	assert_int(&m, "numa_node", "1", "gpu_memory", 1);
	assert_int(&m, "numa_node", "2", "gpu_memory", 0);
	assert_int(&m, "cpu", "cpu", "numa_nodes", 1);

	/* The same nodes on a machine without such a GPU: memory behind CXL. */
	run(&m, &gd_probe_cpu, NODES "dir /sys/bus/pci/devices\n");
	assert_int(&m, "numa_node", "1", "gpu_memory", 0);
	assert_int(&m, "cpu", "cpu", "numa_nodes", 2);

	/* An NVIDIA card beside an x86 CPU keeps its memory to itself. */
	run(&m, &gd_probe_cpu,
	    NODES INTEL "|flags\t\t: fpu\n"
	    "dir /sys/bus/pci/devices\n|0000:01:00.0\n"
	    "file /sys/bus/pci/devices/0000:01:00.0/vendor\n|0x10de\n"
	    "file /sys/bus/pci/devices/0000:01:00.0/class\n|0x030000\n");
	assert_int(&m, "numa_node", "1", "gpu_memory", 0);

	run(&m, &gd_probe_cpu, NODES);
	expect_gap(&m, "numa_node", "1", "gpu_memory", GD_GAP_NOT_CAPTURED);
	expect_gap(&m, "cpu", "cpu", "numa_nodes", GD_GAP_AMBIGUOUS);
	run(&m, &gd_probe_cpu, "dir /sys/devices/system\n|cpu\n");
	assert_true(is_complete(&m, "numa_node"));
	assert_int(&m, "cpu", "cpu", "numa_nodes", 1);
	run(&m, &gd_probe_cpu, "");
	assert_false(is_complete(&m, "numa_node"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hybrid_intel),
		cmocka_unit_test(test_hybrid_not_told),
		cmocka_unit_test(test_hybrid_arm),
		cmocka_unit_test(test_amd_clocks_leave_it_open),
		cmocka_unit_test(test_cores_repeat_across_packages),
		cmocka_unit_test(test_topology_from_cpuinfo),
		cmocka_unit_test(test_cgroup_v2),
		cmocka_unit_test(test_cgroup_v1),
		cmocka_unit_test(test_cpu_lists),
		cmocka_unit_test(test_cpu_garbage),
		cmocka_unit_test(test_numa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
