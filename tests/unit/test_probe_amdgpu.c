/* SPDX-License-Identifier: MIT */
/* The amdgpu probe against written-out captures; the texts have the shapes that amdgpu_pm.c and its kin print. */
#include "amdgpu_fixture.h"

static void test_discrete(void **state)
{
	automachine m = one("live", "file " DEV "/mem_info_vram_total\n|17163091968\n"
				    "file " DEV "/mem_info_vram_used\n|668672000\n"
				    "file " DEV "/mem_info_vis_vram_total\n|268435456\n"
				    "file " DEV "/mem_info_vis_vram_used\n|1048575\n"
				    "file " DEV "/mem_info_gtt_total\n|16764006400\n"
				    "file " DEV "/mem_info_gtt_used\n|0\n"
				    "file " DEV "/mem_info_vram_vendor\n|samsung\n"
				    "file " DEV "/board_info\n|type : cem\n"
				    "file " DEV "/vbios_version\n|113-D4121EXT-CO1\n"
				    "file " DEV "/unique_id\n|00ff00ff00ff00ff\n");
	struct gd_row *row = gpu(&m);

	(void)state;
	assert_true(rows(&m)->complete);
	assert_number(row, "vram_mib", 16368);
	assert_number(row, "vram_used_mib", 637);
	assert_number(row, "visible_vram_mib", 256);
	assert_number(row, "visible_vram_used_mib", 0);
	assert_number(row, "gtt_mib", 15987);
	assert_number(row, "gtt_used_mib", 0);
	assert_text(row, "vram_vendor", "samsung");
	assert_text(row, "board_info", "type : cem");
	assert_text(row, "vbios_version", "113-D4121EXT-CO1");
	assert_text(row, "unique_id", "00ff00ff00ff00ff");
	assert_string_equal(gd_get(row, "vram_mib")->source, DEV "/mem_info_vram_total");
}

static void test_integrated(void **state)
{
	static const char entries[] = "file " DEV "/mem_info_vram_total\n|536870912\n"
				      "file " DEV "/mem_info_gtt_total\n|133143986176\n"
				      "dir " DEV "/hwmon\n|hwmon6\n"
				      "file " DEV "/hwmon/hwmon6/name\n|amdgpu\n"
				      "file " DEV "/hwmon/hwmon6/power1_input\n|3142000\n"
				      "absent " DEV "/hwmon/hwmon6/power1_average\n"
				      "absent " DEV "/mem_info_vram_vendor\n"
				      "absent " DEV "/board_info\n";
	automachine live = one("live", entries);
	automachine tree = one("tree", "file " DEV "/mem_info_vram_total\n|536870912\n");

	(void)state;
	assert_number(gpu(&live), "vram_mib", 512);
	assert_number(gpu(&live), "gtt_mib", 126976);
	assert_absent(gpu(&live), "vram_vendor");
	assert_absent(gpu(&live), "board_info");
	assert_real(gpu(&live), "power_w", 3.142);
	/* A tree without the file proves nothing. */
	assert_gap(gpu(&tree), "board_info", GD_GAP_NOT_CAPTURED);
	assert_gap(gpu(&tree), "power_w", GD_GAP_NOT_CAPTURED);
}

struct clock_case {
	const char *lines;
	int64_t current; /* or -1 - gap */
	int64_t max; /* or -1 - gap, or ABSENT */
};

enum { ABSENT = -1000 };

static void assert_case(const struct gd_row *row, const char *column, int64_t expected)
{
	if (expected == ABSENT)
		assert_absent(row, column);
	else if (expected < 0)
		assert_gap(row, column, (enum gd_gap)(-1 - expected));
	else
		assert_number(row, column, expected);
}

static void test_clocks(void **state)
{
	static const struct clock_case cases[] = {
		{ "|0: 600Mhz \n|1: 1100Mhz \n|2: 2900Mhz *\n", 2900, 2900 },
		{ "|S: 19Mhz *\n|0: 615Mhz\n|1: 800Mhz\n", 19, 800 },
		/* The level in the middle is the clock of the moment, below the lowest level. */
		{ "|0: 500Mhz\n|1: 31Mhz *\n|2: 2219Mhz\n", 31, 2219 },
		{ "|0: 600Mhz \n|1: 2900Mhz \n", -1 - GD_GAP_NO_SOURCE, 2900 },
		{ "|0: 800Mhz *\n|1: 800Mhz *\n|2: 900Mhz \n", 800, 900 },
		{ "|0: 800Mhz *\n|1: 850Mhz *\n", -1 - GD_GAP_AMBIGUOUS, 850 },
		{ "|0: 0Mhz *\n|1: 0Mhz *\n", 0, -1 - GD_GAP_GARBAGE },
		{ "|1: 2900Mhz *\\\n", 2900, 2900 },
		{ "|\n", ABSENT, ABSENT },
		{ "", ABSENT, ABSENT },
		{ "|1: -5Mhz *\n", -1 - GD_GAP_GARBAGE, -1 - GD_GAP_GARBAGE },
		{ "|1: 18446744073709551616Mhz *\n", -1 - GD_GAP_GARBAGE, -1 - GD_GAP_GARBAGE },
		{ "|1: 4294967295Mhz *\n", -1 - GD_GAP_GARBAGE, -1 - GD_GAP_GARBAGE },
		{ "|1: 8.0GT/s, x16 *\n", -1 - GD_GAP_GARBAGE, -1 - GD_GAP_GARBAGE },
		{ "|\\x7fELF\n", -1 - GD_GAP_GARBAGE, -1 - GD_GAP_GARBAGE },
		{ "|0: 600Mhz \n|banana\n", -1 - GD_GAP_GARBAGE, -1 - GD_GAP_GARBAGE },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		gd_autofree text = gd_xasprintf("file " DEV "/pp_dpm_sclk\n%sfile " DEV "/pp_dpm_fclk\n%s",
						cases[i].lines, cases[i].lines);
		automachine m = one("tree", text);

		assert_case(gpu(&m), "sclk_mhz", cases[i].current);
		assert_case(gpu(&m), "sclk_max_mhz", cases[i].max);
		assert_case(gpu(&m), "fclk_max_mhz", cases[i].max);
		assert_gap(gpu(&m), "mclk_mhz", GD_GAP_NOT_CAPTURED);
	}
}

static void test_clock_from_sensor(void **state)
{
	automachine m = one("tree", "file " DEV "/pp_dpm_sclk\n|0: 600Mhz \n|1: 2900Mhz \n"
				    "file " DEV "/pp_dpm_mclk\n|0: 96Mhz *\n|1: 1000Mhz \n"
				    "dir " DEV "/hwmon\n|hwmon5\n"
				    "file " DEV "/hwmon/hwmon5/freq1_label\n|sclk\n"
				    "file " DEV "/hwmon/hwmon5/freq1_input\n|798080000\n"
				    "file " DEV "/hwmon/hwmon5/freq2_label\n|mclk\n"
				    "file " DEV "/hwmon/hwmon5/freq2_input\n|1000000000\n");

	(void)state;
	assert_number(gpu(&m), "sclk_mhz", 798);
	assert_number(gpu(&m), "sclk_max_mhz", 2900);
	/* The level table has the word where it speaks. */
	assert_number(gpu(&m), "mclk_mhz", 96);
}

static void test_sensors(void **state)
{
	automachine m = one("live", "dir " DEV "/hwmon\n|hwmon2\n|hwmon11\n"
				    "file " DEV "/hwmon/hwmon2/name\n|ucsi_source_psy\n"
				    "file " DEV "/hwmon/hwmon11/name\n|amdgpu\n"
				    "dir " DEV "/hwmon/hwmon11\n|name\n|temp1_label\n|temp1_input\n|temp2_label\n"
				    "|temp2_input\n|temp3_label\n|temp3_input\n|power1_average\n|power1_cap\n"
				    "|power1_cap_default\n|power1_cap_max\n"
				    "file " DEV "/hwmon/hwmon11/temp1_label\n|edge\n"
				    "file " DEV "/hwmon/hwmon11/temp1_input\n|42000\n"
				    "file " DEV "/hwmon/hwmon11/temp2_label\n|junction\n"
				    "file " DEV "/hwmon/hwmon11/temp2_input\n|-45500\n"
				    "file " DEV "/hwmon/hwmon11/temp3_label\n|mem\n"
				    "file " DEV "/hwmon/hwmon11/temp3_input\n|99999999\n"
				    "file " DEV "/hwmon/hwmon11/power1_average\n|41045000\n"
				    "file " DEV "/hwmon/hwmon11/power1_cap\n|120000000\n"
				    "file " DEV "/hwmon/hwmon11/power1_cap_default\n|304000000\n"
				    "error file " DEV "/hwmon/hwmon11/power1_cap_max ENOTSUP\n");
	struct gd_row *row = gpu(&m);

	(void)state;
	assert_real(row, "temp_edge_c", 42);
	assert_real(row, "temp_junction_c", -45.5);
	assert_gap(row, "temp_memory_c", GD_GAP_GARBAGE);
	assert_real(row, "power_w", 41.045);
	assert_real(row, "power_cap_w", 120);
	assert_real(row, "power_cap_default_w", 304);
	assert_gap(row, "power_cap_max_w", GD_GAP_NO_SOURCE);
	assert_string_equal(gd_get(row, "temp_edge_c")->source, DEV "/hwmon/hwmon11/temp1_input");
}

static void test_unlabelled_sensor(void **state)
{
	automachine m = one("live", "dir " DEV "/hwmon\n|hwmon0\ndir " DEV "/hwmon/hwmon0\n|name\n|temp1_input\n"
				    "file " DEV "/hwmon/hwmon0/name\n|amdgpu\n"
				    "file " DEV "/hwmon/hwmon0/temp1_input\n|37000\n");

	(void)state;
	assert_real(gpu(&m), "temp_edge_c", 37);
	assert_absent(gpu(&m), "temp_junction_c");
	assert_absent(gpu(&m), "power_w");
}

static void test_profiles(void **state)
{
	static const struct {
		const char *text;
		const char *name; /* NULL: cannot be told */
	} cases[] = {
		/* Polaris, Vega 10, Navi 1x and on, tables by column, APUs. */
		{ "|NUM        MODE_NAME     SCLK_UP_HYST\n|  0   BOOTUP_DEFAULT:        -    \n"
		  "|  1 3D_FULL_SCREEN *:        0     \n",
		  "3D_FULL_SCREEN" },
		{ "|NUM        MODE_NAME BUSY_SET_POINT\n|  0 BOOTUP_DEFAULT :  70\n|  5        COMPUTE*:  30\n",
		  "COMPUTE" },
		{ "|PROFILE_INDEX(NAME) CLOCK_TYPE(NAME) FPS\n| 0 BOOTUP_DEFAULT*:\n"
		  "|                    0(       GFXCLK)       0       1 -65536\n| 1 3D_FULL_SCREEN :\n",
		  "BOOTUP_DEFAULT" },
		{ "|                              0 BOOTUP_DEFAULT  1 3D_FULL_SCREEN* 2 POWER_SAVING   \n"
		  "|Gfx_ActiveHystLimit           0                 0                 0\n",
		  "3D_FULL_SCREEN" },
		{ "| 0 BOOTUP_DEFAULT\n| 4             VR*\n", "VR" },
		{ "| 0 BOOTUP_DEFAULT :\n| 1 3D_FULL_SCREEN :\n", NULL },
		{ "| 0 BOOTUP_DEFAULT*:\n| 1 3D_FULL_SCREEN*:\n", NULL },
		{ "|*\n", NULL },
		{ "| 5 *\n", NULL },
		{ "|COMPUTE*\n", NULL },
		{ "| 0 12345*\n", NULL },
		{ "| 0 rm -rf *\n", NULL },
		{ "|\\x01\\x02*\n", NULL },
	};
	automachine empty = one("tree", "file " DEV "/pp_power_profile_mode\n|\n");

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		gd_autofree text = gd_xasprintf("file " DEV "/pp_power_profile_mode\n%s", cases[i].text);
		automachine m = one("tree", text);

		if (cases[i].name)
			assert_text(gpu(&m), "power_profile", cases[i].name);
		else
			assert_gap(gpu(&m), "power_profile", GD_GAP_GARBAGE);
	}
	assert_absent(gpu(&empty), "power_profile");
}

static void test_blocks(void **state)
{
	automachine m = one("tree", "dir " DEV "/ip_discovery/die\n|0\n"
				    "link " DEV "/ip_discovery/die/0/GC -> 11\n"
				    "file " DEV "/ip_discovery/die/0/11/0/major\n|11\n"
				    "file " DEV "/ip_discovery/die/0/11/0/minor\n|0\n"
				    "file " DEV "/ip_discovery/die/0/11/0/revision\n|1\n"
				    "file " DEV "/ip_discovery/die/0/SDMA0/0/major\n|6\n"
				    "file " DEV "/ip_discovery/die/0/SDMA0/0/minor\n|0\n"
				    "file " DEV "/ip_discovery/die/0/VCN/0/major\n|4\n"
				    "file " DEV "/ip_discovery/die/0/VCN/0/minor\n|0\n"
				    "file " DEV "/ip_discovery/die/0/VCN/0/revision\n|2\n"
				    "file " DEV "/ip_discovery/die/0/DMU/0/major\n|256\n"
				    "file " DEV "/ip_discovery/die/0/DMU/0/minor\n|1\n"
				    "file " DEV "/ip_discovery/die/0/DMU/0/revision\n|4\n");
	automachine second = one("tree", "dir " DEV "/ip_discovery/die\n|0\n|1\n"
					 "file " DEV "/ip_discovery/die/1/GC/0/major\n|9\n"
					 "file " DEV "/ip_discovery/die/1/GC/0/minor\n|4\n"
					 "file " DEV "/ip_discovery/die/1/GC/0/revision\n|3\n");
	automachine old = one("live", "dir " DEV "\n|vendor\n");

	(void)state;
	assert_text(gpu(&m), "gc_version", "11.0.1");
	assert_gap(gpu(&m), "sdma_version", GD_GAP_NOT_CAPTURED);
	assert_text(gpu(&m), "vcn_version", "4.0.2");
	assert_gap(gpu(&m), "dcn_version", GD_GAP_GARBAGE);
	assert_text(gpu(&second), "gc_version", "9.4.3");
	assert_absent(gpu(&old), "gc_version");
}

static void test_firmware(void **state)
{
	automachine m = one("tree", "file " DEV "/fw_version/mes_fw_version\n|0x00000083\n"
				    "file " DEV "/fw_version/smc_fw_version\n|0x0a640200\n"
				    "file " DEV "/fw_version/imu_fw_version\n|0x00000000\n"
				    "file " DEV "/fw_version/rlc_fw_version\n|0x123456789\n"
				    "file " DEV "/fw_version/vcn_fw_version\n|-1\n");

	(void)state;
	assert_number(gpu(&m), "mes_fw_version", 0x83);
	assert_number(gpu(&m), "smc_fw_version", 0x0a640200);
	assert_absent(gpu(&m), "imu_fw_version");
	assert_gap(gpu(&m), "rlc_fw_version", GD_GAP_GARBAGE);
	assert_gap(gpu(&m), "vcn_fw_version", GD_GAP_GARBAGE);
	assert_gap(gpu(&m), "mec_fw_version", GD_GAP_NOT_CAPTURED);
}

static void test_garbage(void **state)
{
	automachine m = one("live", "file " DEV "/mem_info_vram_total\n|-1\n"
				    "file " DEV "/mem_info_vram_used\n|18446744073709551616\n"
				    "file " DEV "/mem_info_vis_vram_total\n|18446744073709551615\n"
				    "file " DEV "/mem_info_gtt_total\n|\\x00\\x01\n"
				    "file " DEV "/mem_info_gtt_used\n"
				    "file " DEV "/vbios_version\n|\\xff\\xfe\n"
				    "file " DEV "/board_info\n|type : cem\n|and more\n"
				    "file " DEV "/gpu_busy_percent\n|101\n"
				    "error file " DEV "/mem_info_vis_vram_used EISDIR\n"
				    "error file " DEV "/unique_id EACCES\n");
	struct gd_row *row = gpu(&m);

	(void)state;
	assert_gap(row, "vram_mib", GD_GAP_GARBAGE);
	assert_gap(row, "vram_used_mib", GD_GAP_GARBAGE);
	assert_gap(row, "visible_vram_mib", GD_GAP_GARBAGE);
	assert_gap(row, "visible_vram_used_mib", GD_GAP_GARBAGE);
	assert_gap(row, "gtt_mib", GD_GAP_GARBAGE);
	assert_gap(row, "gtt_used_mib", GD_GAP_GARBAGE);
	assert_gap(row, "vbios_version", GD_GAP_GARBAGE);
	assert_gap(row, "board_info", GD_GAP_GARBAGE);
	assert_gap(row, "busy_percent", GD_GAP_GARBAGE);
	assert_gap(row, "unique_id", GD_GAP_DENIED);
}

/* Newer kernels refuse instead of waking the device. */
static void test_refused_while_suspended(void **state)
{
	automachine m = one("live", "error file " DEV "/pp_dpm_sclk EPERM\n"
				    "error file " DEV "/gpu_busy_percent EPERM\n"
				    "file " DEV "/power_dpm_force_performance_level\n|auto\n");

	(void)state;
	assert_gap(gpu(&m), "sclk_mhz", GD_GAP_ASLEEP);
	assert_gap(gpu(&m), "busy_percent", GD_GAP_ASLEEP);
	assert_non_null(gd_get(gpu(&m), "sclk_mhz")->remedy);
	assert_text(gpu(&m), "performance_level", "auto");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_discrete),
		cmocka_unit_test(test_integrated),
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_clock_from_sensor),
		cmocka_unit_test(test_sensors),
		cmocka_unit_test(test_unlabelled_sensor),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_firmware),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_refused_while_suspended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
