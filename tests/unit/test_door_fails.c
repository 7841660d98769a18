/* SPDX-License-Identifier: MIT */
/*
 * All probes over a machine with one APU, asked again and again, each time with
 * another access refused: nothing crashes, and nothing is left undecided.
 */
#include <errno.h>

#include "forward_fixture.h"
#include "probe/probe.h"

#define DEV "/sys/devices/pci0000:00/0000:64:00.0"
#define NODES "/sys/devices/virtual/kfd/kfd/topology/nodes"
#define CPU "/sys/devices/system/cpu"

static const char system_entries[] =
	"file /etc/os-release\n|ID=debian\n|VERSION_ID=\"12\"\n|PRETTY_NAME=\"Debian 12\"\n"
	"file /proc/sys/kernel/osrelease\n|6.10.3\n"
	"file /proc/sys/kernel/arch\n|x86_64\n"
	"file /proc/version\n|Linux version 6.10.3\n"
	"file /proc/cmdline\n|root=/dev/sda1 amdgpu.gttsize=16384 amd_iommu=off\n"
	"file /proc/meminfo\n|MemTotal:       28311552 kB\n|MemAvailable:   20000000 kB\n"
	"|SwapTotal: 0 kB\n|SwapFree: 0 kB\n"
	"file /proc/modules\n|amdgpu 15556608 12 - Live 0x0000000000000000\n"
	"|ttm 110592 1 amdgpu, Live 0x0000000000000000\n"
	"file /proc/self/status\n|Name:\tgpudoctor\n|Uid:\t1000\t1000\t1000\t1000\n"
	"|Gid:\t100\t100\t100\t100\n|Groups:\t44 993 \n"
	"file /proc/self/cgroup\n|0::/user.slice\n"
	"file /etc/group\n|video:x:44:user\n|render:x:993:user\n"
	"dir /sys/module\n|amdgpu\n|ttm\n"
	"dir /sys/module/amdgpu/parameters\n|gttsize\n|ppfeaturemask\n"
	"file /sys/module/amdgpu/parameters/gttsize\n|16384\n"
	"error file /sys/module/amdgpu/parameters/ppfeaturemask EACCES\n"
	"dir /sys/module/ttm/parameters\n|pages_limit\n"
	"file /sys/module/ttm/parameters/pages_limit\n|3538944\n"
	"link /sys/class/dmi/id -> ../../devices/virtual/dmi/id\n"
	"dir /sys/devices/virtual/dmi/id\n|sys_vendor\n|product_name\n|board_name\n|bios_version\n|chassis_type\n"
	"file /sys/devices/virtual/dmi/id/sys_vendor\n|Maker\n"
	"file /sys/devices/virtual/dmi/id/product_name\n|Small PC\n"
	"file /sys/devices/virtual/dmi/id/board_name\n|Board\n"
	"file /sys/devices/virtual/dmi/id/bios_version\n|1.02\n"
	"file /sys/devices/virtual/dmi/id/chassis_type\n|35\n";

static const char cpu_entries[] =
	"file /proc/cpuinfo\n|processor\t: 0\n|vendor_id\t: AuthenticAMD\n|cpu family\t: 25\n|model\t\t: 116\n"
	"|model name\t: AMD Ryzen 7 7840HS w/ Radeon 780M Graphics\n|physical id\t: 0\n|core id\t\t: 0\n"
	"|flags\t\t: fpu sse2 avx avx2 avx512f avx512vl avx512_vnni avx512_bf16 f16c fma\n|\n"
	"|processor\t: 1\n|vendor_id\t: AuthenticAMD\n|cpu family\t: 25\n|model\t\t: 116\n"
	"|model name\t: AMD Ryzen 7 7840HS w/ Radeon 780M Graphics\n|physical id\t: 0\n|core id\t\t: 0\n"
	"|flags\t\t: fpu sse2 avx avx2 avx512f avx512vl avx512_vnni avx512_bf16 f16c fma\n|\n"
	"dir " CPU "\n|cpu0\n|cpu1\n|online\n|present\n|smt\n"
	"file " CPU "/online\n|0-1\n"
	"file " CPU "/present\n|0-1\n"
	"file " CPU "/smt/active\n|1\n"
	"dir " CPU "/cpu0\n|topology\n|cpufreq\n"
	"file " CPU "/cpu0/topology/physical_package_id\n|0\n"
	"file " CPU "/cpu0/topology/core_id\n|0\n"
	"file " CPU "/cpu0/topology/thread_siblings_list\n|0-1\n"
	"file " CPU "/cpu0/topology/core_cpus_list\n|0-1\n"
	"file " CPU "/cpu0/cpufreq/cpuinfo_max_freq\n|5137000\n"
	"file " CPU "/cpu0/cpufreq/scaling_governor\n|powersave\n"
	"dir " CPU "/cpu1\n|topology\n|cpufreq\n"
	"file " CPU "/cpu1/topology/physical_package_id\n|0\n"
	"file " CPU "/cpu1/topology/core_id\n|0\n"
	"file " CPU "/cpu1/topology/thread_siblings_list\n|0-1\n"
	"file " CPU "/cpu1/topology/core_cpus_list\n|0-1\n"
	"dir /sys/devices/system/node\n|node0\n|online\n"
	"file /sys/devices/system/node/online\n|0\n"
	"file /sys/devices/system/node/node0/cpulist\n|0-1\n"
	"file /sys/devices/system/node/node0/meminfo\n|Node 0 MemTotal:       28311552 kB\n"
	"file /sys/devices/system/node/node0/distance\n|10\n"
	"file /sys/fs/cgroup/cgroup.controllers\n|cpu memory\n"
	"file /sys/fs/cgroup/user.slice/memory.max\n|max\n"
	"file /sys/fs/cgroup/user.slice/cpu.max\n|max 100000\n";

static const char gpu_entries[] =
	"dir /sys/bus/pci/devices\n|0000:64:00.0\n"
	"link /sys/bus/pci/devices/0000:64:00.0 -> ../../../devices/pci0000:00/0000:64:00.0\n"
	"link " DEV "/driver -> ../../../bus/pci/drivers/amdgpu\n"
	"dir " DEV "\n|vendor\n|device\n|class\n|revision\n|subsystem_vendor\n|subsystem_device\n|uevent\n|power\n"
	"|power_state\n|resource\n|boot_vga\n|numa_node\n|driver\n|drm\n|hwmon\n|mem_info_vram_total\n"
	"|mem_info_vram_used\n"
	"|mem_info_vis_vram_total\n|mem_info_gtt_total\n|mem_info_gtt_used\n|pp_dpm_sclk\n|pp_dpm_mclk\n"
	"|power_dpm_force_performance_level\n|gpu_busy_percent\n|ip_discovery\n|vbios_version\n|fw_version\n"
	"file " DEV "/vendor\n|0x1002\n"
	"file " DEV "/device\n|0x15bf\n"
	"file " DEV "/class\n|0x030000\n"
	"file " DEV "/revision\n|0xc7\n"
	"file " DEV "/subsystem_vendor\n|0x1002\n"
	"file " DEV "/subsystem_device\n|0x0124\n"
	"file " DEV "/uevent\n|DRIVER=amdgpu\n|PCI_CLASS=30000\n|PCI_ID=1002:15BF\n|PCI_SUBSYS_ID=1002:0124\n"
	"file " DEV "/power/runtime_status\n|active\n"
	"file " DEV "/power_state\n|D0\n"
	"file " DEV "/resource\n|0x0000007c00000000 0x0000007c0fffffff 0x000000000014220c\n"
	"file " DEV "/boot_vga\n|1\n"
	"file " DEV "/numa_node\n|-1\n"
	"dir " DEV "/drm\n|card1\n|renderD128\n"
	"dir " DEV "/hwmon\n|hwmon6\n"
	"dir " DEV "/hwmon/hwmon6\n|name\n|power1_average\n|power1_input\n|temp1_input\n|freq1_input\n"
	"file " DEV "/hwmon/hwmon6/name\n|amdgpu\n"
	"file " DEV "/hwmon/hwmon6/power1_average\n|11000000\n"
	"file " DEV "/hwmon/hwmon6/power1_input\n|11000000\n"
	"file " DEV "/hwmon/hwmon6/temp1_input\n|43000\n"
	"file " DEV "/hwmon/hwmon6/freq1_input\n|800000000\n"
	"file " DEV "/mem_info_vram_total\n|4294967296\n"
	"file " DEV "/mem_info_vram_used\n|536870912\n"
	"file " DEV "/mem_info_vis_vram_total\n|4294967296\n"
	"file " DEV "/mem_info_gtt_total\n|14495514624\n"
	"file " DEV "/mem_info_gtt_used\n|20971520\n"
	"file " DEV "/pp_dpm_sclk\n|0: 800Mhz *\n|1: 1100Mhz\n|2: 2700Mhz\n"
	"file " DEV "/pp_dpm_mclk\n|0: 1000Mhz *\n|1: 2800Mhz\n"
	"file " DEV "/power_dpm_force_performance_level\n|auto\n"
	"file " DEV "/gpu_busy_percent\n|3\n"
	"file " DEV "/vbios_version\n|113-PHXGENERIC-001\n"
	"dir " DEV "/fw_version\n|mec_fw_version\n"
	"file " DEV "/fw_version/mec_fw_version\n|0x00000043\n"
	"link " DEV "/ip_discovery/die/0/GC -> 11\n"
	"dir " DEV "/ip_discovery/die/0/11\n|0\n"
	"file " DEV "/ip_discovery/die/0/11/0/major\n|11\n"
	"file " DEV "/ip_discovery/die/0/11/0/minor\n|0\n"
	"file " DEV "/ip_discovery/die/0/11/0/revision\n|1\n";

static const char node_entries[] =
	"dir /sys/class/drm\n|card1\n|renderD128\n|version\n"
	"link /sys/class/drm/card1 -> ../../devices/pci0000:00/0000:64:00.0/drm/card1\n"
	"link /sys/class/drm/renderD128 -> ../../devices/pci0000:00/0000:64:00.0/drm/renderD128\n"
	"link " DEV "/drm/card1/device -> ../..\n"
	"link " DEV "/drm/renderD128/device -> ../..\n"
	"stat /dev/dri/card1 char 0660 0:44 226:1 rw\n"
	"stat /dev/dri/renderD128 char 0660 0:993 226:128 rw\n"
	"stat /dev/kfd char 0660 0:993 237:0 rw\n"
	"link /sys/class/kfd/kfd -> ../../devices/virtual/kfd/kfd\n"
	"dir " NODES "\n|0\n|1\n"
	"file " NODES "/0/name\n|\n"
	"file " NODES "/0/gpu_id\n|0\n"
	"file " NODES "/0/properties\n|cpu_cores_count 2\n|simd_count 0\n|mem_banks_count 1\n|vendor_id 4130\n"
	"dir " NODES "/0/mem_banks\n|0\n"
	"file " NODES "/0/mem_banks/0/properties\n|heap_type 0\n|size_in_bytes 28991029248\n|width 64\n"
	"|mem_clk_max 5600\n"
	"file " NODES "/1/name\n|\n"
	"file " NODES "/1/gpu_id\n|26018\n"
	"file " NODES "/1/properties\n|cpu_cores_count 0\n|simd_count 24\n|mem_banks_count 1\n|simd_per_cu 2\n"
	"|array_count 2\n|wave_front_size 32\n|gfx_target_version 110003\n|vendor_id 4098\n|device_id 5567\n"
	"|location_id 25600\n|domain 0\n|drm_render_minor 128\n|local_mem_size 0\n|num_xcc 1\n"
	"|max_engine_clk_fcompute 2700\n|capability 709075584\n"
	"dir " NODES "/1/mem_banks\n|0\n"
	"file " NODES "/1/mem_banks/0/properties\n|heap_type 1\n|size_in_bytes 4294967296\n|width 128\n"
	"|mem_clk_max 2800\n"
	"dir " NODES "/1/io_links\n|0\n"
	"file " NODES "/1/io_links/0/properties\n|type 2\n|node_from 1\n|node_to 0\n|weight 20\n"
	"dir " NODES "/1/caches\n|0\n"
	"file " NODES "/1/caches/0/properties\n|level 2\n|size 2048\n";

static struct gd_gpudb *gpudb;

static struct gd_host *open_machine(void)
{
	gd_autofree all = gd_xasprintf("%s%s%s%s", system_entries, cpu_entries, gpu_entries, node_entries);

	return open_entries(all);
}

static void check_cell(const struct gd_rows *t, const struct gd_row *row, size_t c, unsigned at)
{
	const struct gd_cell *cell = &row->cells[c];
	const char *column = t->table->columns[c].name;

	if (cell->state == GD_UNSET)
		fail_msg("access %u refused: %s.%s is not set", at, t->table->name, column);
	if (cell->state == GD_UNKNOWN && (cell->gap <= GD_GAP_NONE || cell->gap >= GD_GAP_COUNT))
		fail_msg("access %u refused: %s.%s is unknown without a reason", at, t->table->name, column);
	if (cell->state != GD_UNKNOWN && !cell->source)
		fail_msg("access %u refused: %s.%s has no source", at, t->table->name, column);
	if (!c && cell->state != GD_KNOWN)
		fail_msg("access %u refused: a row of %s has no key", at, t->table->name);
}

static void check_facts(const struct gd_facts *facts, unsigned at)
{
	for (size_t i = 0; i < facts->count; i++) {
		const struct gd_rows *t = &facts->tables[i];

		if (!t->complete && t->gap == GD_GAP_NONE)
			fail_msg("access %u refused: %s is incomplete without a reason", at, t->table->name);
		if (t->table->singleton && t->complete && t->count != 1)
			fail_msg("access %u refused: %s has %zu rows", at, t->table->name, t->count);
		for (size_t r = 0; r < t->count; r++) {
			gd_autofree key = gd_row_key(t->rows[r]);

			for (size_t c = 0; c < t->table->column_count; c++)
				check_cell(t, t->rows[r], c, at);
			if (gd_facts_find(facts, t->table->name, key) != t->rows[r])
				fail_msg("access %u refused: %s has two rows %s", at, t->table->name, key);
		}
	}
}

/* How many accesses there were. */
static unsigned run(unsigned fails_at, int error, bool live, struct gd_facts **ret)
{
	struct forward f = { .inner = open_machine(), .fails_at = fails_at, .error = error };
	struct gd_host *h = gd_host_new(&forward_ops, &f, live);
	struct gd_facts *facts = gd_facts_new();

	gd_probes_run(h, gpudb, 5000, facts);
	gd_host_close(h);
	check_facts(facts, fails_at);
	if (ret)
		*ret = facts;
	else
		gd_facts_free(facts);
	return f.asked;
}

/* That the machine above is understood at all: otherwise the rest would prove little. */
static void test_nothing_fails(void **state)
{
	struct gd_facts *facts;
	const struct gd_row *r;

	(void)state;
	assert_true(run(0, 0, true, &facts) > 100);
	r = gd_facts_find(facts, "amdgpu", "0000:64:00.0");
	assert_non_null(r);
	assert_non_null(gd_facts_find(facts, "drm_node", "renderD128"));
	assert_int_equal(gd_facts_table_peek(facts, "gpu")->count, 1);
	assert_string_equal(gd_get_text(gd_facts_table_peek(facts, "gpu")->rows[0], "isa", "?"), "gfx1103");
	assert_int_equal(gd_facts_table_peek(facts, "kfd_node")->count, 2);
	gd_facts_free(facts);
}

/*
 * gd_resolve() takes a link that it may not read for no link, so the path that it
 * gives ends early. The link itself was read just before, so this takes a race.
 */
static bool is_excused(const struct gd_rows *t, size_t c)
{
	return !strcmp(t->table->name, "drm_node") && !strcmp(t->table->columns[c].name, "device");
}

/* What an access that was refused cannot prove: that something is not there. */
static void check_no_proof(const struct gd_facts *facts, const struct gd_facts *all, unsigned at)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct gd_rows *before = &all->tables[i];
		const struct gd_rows *now = &facts->tables[i];

		for (size_t r = 0; r < before->count; r++) {
			gd_autofree key = gd_row_key(before->rows[r]);
			const struct gd_row *row = gd_facts_find(facts, before->table->name, key);

			if (!row && now->complete)
				fail_msg("access %u refused: %s is complete without %s", at, before->table->name, key);
			for (size_t c = 0; row && c < before->table->column_count; c++)
				if (before->rows[r]->cells[c].state == GD_KNOWN && row->cells[c].state == GD_ABSENT &&
				    !is_excused(before, c))
					fail_msg("access %u refused: %s.%s of %s is absent", at, before->table->name,
						 before->table->columns[c].name, key);
		}
	}
}

/* Sanitizers take their time: with them each access is refused by one of the errors, in turn, else by all. */
enum { ERRORS = 5 };

static bool with_sanitizers(void)
{
	const char *value = getenv("SANITIZERS");

	return value && !strcmp(value, "yes");
}

static void refuse_each(int error, bool live)
{
	static unsigned turn;
	struct gd_facts *all;
	unsigned count = run(0, 0, live, &all);
	unsigned step = with_sanitizers() ? ERRORS : 1;

	assert_true(count > 2 * ERRORS);
	for (unsigned n = 1 + turn++ % step; n <= count; n += step) {
		struct gd_facts *facts;

		run(n, error, live, &facts);
		if (error != -ENOENT)
			check_no_proof(facts, all, n);
		gd_facts_free(facts);
	}
	gd_facts_free(all);
}

static void test_no_permission(void **state)
{
	(void)state;
	refuse_each(-EACCES, true);
}

static void test_not_there(void **state)
{
	(void)state;
	refuse_each(-ENOENT, true);
}

static void test_broken(void **state)
{
	(void)state;
	refuse_each(-EIO, true);
}

static void test_not_captured(void **state)
{
	(void)state;
	refuse_each(-GD_ENOTCAPTURED, false);
}

static void test_wrong_kind(void **state)
{
	(void)state;
	refuse_each(-EISDIR, true);
}

static int set_up(void **state)
{
	(void)state;
	gpudb = gd_gpudb_open();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	gd_gpudb_free(gpudb);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_fails), cmocka_unit_test(test_no_permission),
		cmocka_unit_test(test_not_there),     cmocka_unit_test(test_broken),
		cmocka_unit_test(test_not_captured),  cmocka_unit_test(test_wrong_kind),
	};

	return cmocka_run_group_tests_name("a door that fails", tests, set_up, tear_down);
}
