/* SPDX-License-Identifier: MIT */
/* Which devices the amdgpu probe lists, and that it lets sleeping ones sleep. */
#include "amdgpu_fixture.h"

#include <errno.h>

/* A door behind which a device sleeps: reading the wrong file is the failure. */
static int sleeping_read(void *impl, const char *path, size_t max, struct gd_buf *out)
{
	static const char *const forbidden[] = { "/pp_",      "/gpu_busy", "/mem_busy", "/power_dpm", "/hwmon",
						 "/pcie_bw", "_partition", "/gpu_metrics" };

	(void)impl;
	(void)max;
	for (size_t i = 0; i < GD_COUNT(forbidden); i++)
		if (strstr(path, forbidden[i]))
			fail_msg("%s was read, which wakes the device", path);
	if (!strcmp(path, DEV "/mem_info_vram_total")) {
		gd_buf_puts(out, "17163091968\n");
		return 0;
	}
	if (!strcmp(path, "/sys/class/drm/card0/device/power/runtime_status")) {
		gd_buf_puts(out, "suspended\n");
		return 0;
	}
	return -ENOENT;
}

static int sleeping_list(void *impl, const char *path, struct gd_strv *out)
{
	(void)impl;
	(void)out;
	if (strstr(path, "/hwmon"))
		fail_msg("%s was listed", path);
	return -ENOENT;
}

static int sleeping_link(void *impl, const char *path, char **ret)
{
	(void)impl;
	(void)path;
	(void)ret;
	return -EINVAL;
}

static int sleeping_stat(void *impl, const char *path, struct gd_stat *ret)
{
	(void)impl;
	(void)path;
	(void)ret;
	return -ENOENT;
}

static void sleeping_close(void *impl)
{
	(void)impl;
}

static const struct gd_host_ops sleeping_ops = {
	.kind = "live",
	.read = sleeping_read,
	.list = sleeping_list,
	.link = sleeping_link,
	.stat = sleeping_stat,
	.close = sleeping_close,
};

static void assert_left_alone(const struct gd_row *row)
{
	static const char *const columns[] = {
		"performance_level",   "sclk_mhz",	  "sclk_max_mhz",    "mclk_mhz",      "mclk_max_mhz",
		"fclk_max_mhz",	       "power_profile",	  "busy_percent",    "power_w",	      "power_cap_w",
		"power_cap_default_w", "power_cap_max_w", "temp_edge_c",     "temp_junction_c", "temp_memory_c",
		"compute_partition",   "memory_partition",
	};

	for (size_t i = 0; i < GD_COUNT(columns); i++) {
		assert_gap(row, columns[i], GD_GAP_ASLEEP);
		assert_string_equal(gd_get(row, columns[i])->remedy, "use the GPU for a moment, then check again");
	}
}

static void test_asleep(void **state)
{
	automachine m = prepare(gd_host_new(&sleeping_ops, NULL, true));

	(void)state;
	add_pci(&m, "amdgpu", true);
	run(&m);
	assert_left_alone(gpu(&m));
	assert_number(gpu(&m), "vram_mib", 16368);
	assert_absent(gpu(&m), "board_info");
}

static void test_perhaps_asleep(void **state)
{
	automachine m = prepare(gd_host_new(&sleeping_ops, NULL, true));

	(void)state;
	gd_set_unknown(add_pci(&m, "amdgpu", false), "asleep", GD_GAP_ERROR, NULL, NULL);
	run(&m);
	assert_left_alone(gpu(&m));
}

static void test_card_asleep(void **state)
{
	automachine m = prepare(gd_host_new(&sleeping_ops, NULL, true));
	struct gd_row *card = gd_facts_add(m.facts, "drm_node");

	(void)state;
	gd_set_text(card, "name", "card0", "test");
	gd_set_text(card, "kind", "card", "test");
	gd_set_absent(card, "device", "test");
	gd_set_text(card, "device_path", "/sys/class/drm/card0/device", "test");
	gd_set_absent(card, "driver", "test");
	gd_set_text(card, "vendor_id", "1002", "test");
	gd_facts_complete(m.facts, "pci_device");
	run(&m);
	assert_left_alone(gd_facts_find(m.facts, "amdgpu", "card0"));
}

/* A tree wakes nobody, so doubt is no reason not to read it. */
static void test_doubt_in_a_tree(void **state)
{
	automachine m = prepare(open_capture("tree", "file " DEV "/gpu_busy_percent\n|7\n"));

	(void)state;
	gd_set_unknown(add_pci(&m, "amdgpu", false), "asleep", GD_GAP_NOT_CAPTURED, NULL, NULL);
	run(&m);
	assert_number(gpu(&m), "busy_percent", 7);
}

static void test_other_drivers(void **state)
{
	static const char *const drivers[] = { "radeon", "vfio-pci", "amdgpu_pro" };

	(void)state;
	for (size_t i = 0; i < GD_COUNT(drivers); i++) {
		automachine m = prepare(open_capture("tree", "file " DEV "/vendor\n|0x1002\n"));

		add_pci(&m, drivers[i], false);
		run(&m);
		assert_int_equal(rows(&m)->count, 0);
		assert_true(rows(&m)->complete);
	}
}

static void test_driver_not_known(void **state)
{
	automachine seen = prepare(open_capture("tree", "file " DEV "/mem_info_vram_total\n|1048576\n"));
	automachine unseen = prepare(open_capture("tree", "file " DEV "/vendor\n|0x1002\n"));

	(void)state;
	add_pci(&seen, NULL, false);
	run(&seen);
	assert_number(gpu(&seen), "vram_mib", 1);
	assert_true(rows(&seen)->complete);
	add_pci(&unseen, NULL, false);
	run(&unseen);
	assert_int_equal(rows(&unseen)->count, 0);
	assert_false(rows(&unseen)->complete);
	assert_int_equal(rows(&unseen)->gap, GD_GAP_NOT_CAPTURED);
}

static void add_card(struct machine *m, const char *name, const char *device, const char *driver)
{
	gd_autofree path = gd_xasprintf("/sys/class/drm/%s/device/", name);
	struct gd_row *card = gd_facts_add(m->facts, "drm_node");

	gd_set_text(card, "name", name, "test");
	gd_set_text(card, "kind", strncmp(name, "render", 6) ? "card" : "render", "test");
	gd_set_text(card, "device_path", path, "test");
	gd_set_text(card, "vendor_id", "1002", "test");
	if (device)
		gd_set_text(card, "device", device, "test");
	if (driver)
		gd_set_text(card, "driver", driver, "test");
}

static void test_cards(void **state)
{
	automachine m = prepare(open_capture("tree", "file /sys/class/drm/card0/device/mem_info_vram_total\n"
						     "|536870912\n"));

	(void)state;
	gd_facts_incomplete(m.facts, "pci_device", GD_GAP_NOT_CAPTURED, "no bus", "record it");
	add_card(&m, "card0", NULL, NULL);
	add_card(&m, "card1", NULL, "radeon");
	add_card(&m, "renderD128", NULL, NULL);
	add_card(&m, "card2", "0000:0a:00.0", "amdgpu");
	add_card(&m, "card3", "0000:0a:00.0", "amdgpu");
	run(&m);
	assert_int_equal(rows(&m)->count, 2);
	assert_number(gd_facts_find(m.facts, "amdgpu", "card0"), "vram_mib", 512);
	assert_non_null(gd_facts_find(m.facts, "amdgpu", "0000:0a:00.0"));
	/* As incomplete as the list of PCI devices, and for the same reason. */
	assert_false(rows(&m)->complete);
	assert_int_equal(rows(&m)->gap, GD_GAP_NOT_CAPTURED);
	assert_string_equal(rows(&m)->detail, "no bus");
	assert_string_equal(rows(&m)->remedy, "record it");
}

static void test_card_of_a_pci_device(void **state)
{
	automachine m = prepare(open_capture("tree", "file " DEV "/vbios_version\n|113\n"));

	(void)state;
	add_pci(&m, "amdgpu", false);
	add_card(&m, "card0", "0000:03:00.0", NULL);
	run(&m);
	assert_int_equal(rows(&m)->count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asleep),
		cmocka_unit_test(test_perhaps_asleep),
		cmocka_unit_test(test_card_asleep),
		cmocka_unit_test(test_doubt_in_a_tree),
		cmocka_unit_test(test_other_drivers),
		cmocka_unit_test(test_driver_not_known),
		cmocka_unit_test(test_cards),
		cmocka_unit_test(test_card_of_a_pci_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
