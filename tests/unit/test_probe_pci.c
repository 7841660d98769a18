/* SPDX-License-Identifier: MIT */
/* The probe pci: identity, links, sleeping devices and memory windows. */
#include "pci_fixture.h"

static void test_apu_on_bus_0(void **state)
{
	static const struct file igpu[] = {
		IDS("8086", "9b41", "02", "17aa", "22b1", "030000"), AWAKE,
		{ "uevent", UEVENT("DRIVER=i915\n", "30000", "8086:9B41", "17AA:22B1") },
		{ "current_link_speed", "Unknown" }, { "current_link_width", "0" },
		{ "max_link_speed", "Unknown" }, { "max_link_width", "255" },
		{ "boot_vga", "1" }, { "numa_node", "-1" }, { "driver_override", "(null)" }, { 0 },
	};
	struct machine m = { 0 };
	const struct gd_row *r;

	(void)state;
	add_device(&m, "pci0000:00/0000:00:02.0", igpu);
	look(start(&m));
	r = row("pci_device", "0000:00:02.0");
	expect_text(r, "vendor_id", "8086");
	expect_source(r, "vendor_id", "/sys/bus/pci/devices/0000:00:02.0/vendor");
	expect_text(r, "revision", "02");
	expect_text(r, "class", "030000");
	expect_int(r, "display", 1);
	expect_int(r, "accelerator", 0);
	expect_text(r, "vendor_name", "Intel");
	expect_text(r, "driver", "i915");
	expect_absent(r, "driver_override");
	expect_absent(r, "numa_node");
	expect_int(r, "boot_vga", 1);
	expect_int(r, "asleep", 0);
	/* A device on the root bus need not have a link; the kernel then prints these words. */
	expect_absent(r, "link_gtps");
	expect_absent(r, "link_width");
	expect_absent(r, "link_max_width");
	expect_absent(r, "slot");
	expect_absent(r, "slot_gtps");
	expect_absent(r, "path_max_width");
	expect_int(r, "link_reliable", 1);
	expect_absent(r, "rebar_max_mib");
	assert_true(gd_facts_table_peek(facts, "pci_device")->complete);
}

static void test_discrete_in_a_narrow_slot(void **state)
{
	struct machine m = { 0 };
	const struct gd_row *r;

	(void)state;
	add_device(&m, "pci0000:00/0000:00:01.1", root_port);
	add_device(&m, "pci0000:00/0000:00:01.1/0000:01:00.0", nvidia_card);
	look(start(&m));
	r = row("pci_device", "0000:01:00.0");
	expect_real(r, "link_gtps", 2.5);
	expect_int(r, "link_width", 4);
	expect_real(r, "link_max_gtps", 16);
	expect_int(r, "link_max_width", 16);
	expect_text(r, "slot", "0000:00:01.1");
	expect_real(r, "slot_gtps", 8);
	expect_int(r, "slot_width", 4);
	expect_int(r, "slot_max_width", 8);
	expect_real(r, "path_max_gtps", 16);
	expect_int(r, "path_max_width", 8);
	expect_int(r, "link_reliable", 1);
	expect_int(r, "numa_node", 1);
	/* 0x61ffffffff - 0x6000000000 + 1 is 8 GiB; the seventh line is the ROM. */
	expect_int(r, "bar_max_mib", 8192);
	expect_int(r, "rebar_max_mib", 16384);
	expect_source(r, "rebar_max_mib", "/sys/bus/pci/devices/0000:01:00.0/resource1_resize");
	r = row("pci_device", "0000:00:01.1");
	expect_text(r, "class", "060400");
	expect_text(r, "driver", "pcieport");
	expect_real(r, "link_max_gtps", 16);
	expect_gap(r, "bar_max_mib", GD_GAP_NOT_PROBED);
}

static void test_switch_on_the_card(void **state)
{
	static const struct file upper[] = { BRIDGE("1002:1478"), AWAKE, LINK("16.0", "8", "32.0", "16"), { 0 } };
	static const struct file lower[] = { BRIDGE("1002:1479"), AWAKE, LINK("32.0", "16", "32.0", "16"), { 0 } };
	struct machine m = { 0 };
	const struct gd_row *r;

	(void)state;
	add_device(&m, "pci0000:00/0000:00:01.1", root_port);
	add_device(&m, "pci0000:00/0000:00:01.1/0000:01:00.0", upper);
	add_device(&m, "pci0000:00/0000:00:01.1/0000:01:00.0/0000:02:00.0", lower);
	add_device(&m, "pci0000:00/0000:00:01.1/0000:01:00.0/0000:02:00.0/0000:03:00.0", amd_card);
	look(start(&m));
	r = row("pci_device", "0000:03:00.0");
	expect_text(r, "slot", "0000:00:01.1");
	expect_real(r, "path_max_gtps", 16);
	expect_int(r, "path_max_width", 8);
	expect_source(r, "path_max_gtps",
		      "min(/sys/bus/pci/devices/0000:01:00.0/max_link_speed, "
		      "/sys/bus/pci/devices/0000:00:01.1/max_link_speed)");
	expect_int(r, "link_reliable", 0);
	expect_text(r, "vendor_name", "AMD");
}

/* A switch of the mainboard is no part of the card: its lower port is the slot. */
static void test_switch_on_the_board(void **state)
{
	static const struct file upper[] = { BRIDGE("1000:C030"), AWAKE, LINK("16.0", "16", "16.0", "16"), { 0 } };
	static const struct file lower[] = { BRIDGE("1000:C030"), AWAKE, LINK("16.0", "16", "16.0", "16"), { 0 } };
	struct machine m = { 0 };
	const struct gd_row *r;

	(void)state;
	add_device(&m, "pci0000:c0/0000:c0:01.1", root_port);
	add_device(&m, "pci0000:c0/0000:c0:01.1/0000:c1:00.0", upper);
	add_device(&m, "pci0000:c0/0000:c0:01.1/0000:c1:00.0/0000:c2:00.0", lower);
	add_device(&m, "pci0000:c0/0000:c0:01.1/0000:c1:00.0/0000:c2:00.0/0000:c3:00.0", amd_card);
	look(start(&m));
	r = row("pci_device", "0000:c3:00.0");
	expect_text(r, "slot", "0000:c2:00.0");
	expect_real(r, "path_max_gtps", 16);
	expect_int(r, "link_reliable", 1);
}

static void test_arc(void **state)
{
	static const struct file upper[] = { BRIDGE("8086:4FA1"), AWAKE, LINK("16.0", "8", "16.0", "8"), { 0 } };
	static const struct file lower[] = { BRIDGE("8086:4FA4"), AWAKE, LINK("2.5", "1", "2.5", "1"), { 0 } };
	static const struct file arc[] = {
		IDS("8086", "56a5", "05", "1849", "6004", "030000"), AWAKE,
		{ "uevent", UEVENT("DRIVER=xe\n", "30000", "8086:56A5", "1849:6004") },
		LINK("2.5", "1", "2.5", "1"), { 0 },
	};
	struct machine m = { 0 };
	const struct gd_row *r;

	(void)state;
	add_device(&m, "pci0000:00/0000:00:01.1", root_port);
	add_device(&m, "pci0000:00/0000:00:01.1/0000:06:00.0", upper);
	add_device(&m, "pci0000:00/0000:00:01.1/0000:06:00.0/0000:07:01.0", lower);
	add_device(&m, "pci0000:00/0000:00:01.1/0000:06:00.0/0000:07:01.0/0000:08:00.0", arc);
	add_device(&m, "pci0000:00/0000:00:03.1", root_port);
	add_device(&m, "pci0000:00/0000:00:03.1/0000:09:00.0", arc);
	look(start(&m));
	r = row("pci_device", "0000:08:00.0");
	expect_int(r, "link_reliable", 0);
	expect_text(r, "slot", "0000:00:01.1");
	expect_real(r, "path_max_gtps", 16);
	expect_int(r, "path_max_width", 8);
	/* Without its switch to be seen, the card's end of the link is not known. */
	r = row("pci_device", "0000:09:00.0");
	expect_int(r, "link_reliable", 0);
	expect_gap(r, "path_max_gtps", GD_GAP_NO_SOURCE);
}

/* AMD made chipsets too: a port on the root bus is the machine's, whoever made it. */
static void test_root_port_of_the_same_vendor(void **state)
{
	static const struct file port[] = { BRIDGE("1002:5A16"), AWAKE, LINK("5.0", "16", "5.0", "16"), { 0 } };
	struct machine m = { 0 };
	const struct gd_row *r;

	(void)state;
	add_device(&m, "pci0000:00/0000:00:02.0", port);
	add_device(&m, "pci0000:00/0000:00:02.0/0000:01:00.0", amd_card);
	look(start(&m));
	r = row("pci_device", "0000:01:00.0");
	expect_text(r, "slot", "0000:00:02.0");
	expect_real(r, "path_max_gtps", 5);
	expect_int(r, "link_reliable", 1);
}

/* A folder that was copied without the bridges above it. */
static void test_lost_bridges(void **state)
{
	struct machine m = { 0 };
	const struct gd_row *r;

	(void)state;
	add_device(&m, "pci0000:00/0000:03:00.0", amd_card);
	look(start(&m));
	r = row("pci_device", "0000:03:00.0");
	expect_real(r, "link_gtps", 32);
	expect_gap(r, "slot", GD_GAP_NOT_CAPTURED);
	expect_gap(r, "path_max_gtps", GD_GAP_NOT_CAPTURED);
	expect_gap(r, "link_reliable", GD_GAP_NOT_CAPTURED);
}

/* A door that fails the test where a file is read that wakes its device. */
struct guard {
	struct gd_host *inner;
	const char *const *sleepers;
};

static void check_guard(const struct guard *g, const char *path)
{
	static const char *const waking[] = { "link_speed", "link_width", "_resize", "/config", "/information",
					      "freq", "throttle", "/power", NULL };

	for (const char *const *s = g->sleepers; *s; s++)
		for (const char *const *w = waking; strstr(path, *s) && *w; w++) {
			const char *found = strstr(path, *w);

			if (found && !strstr(path, "/power/runtime_status") && !strstr(path, "power_state") &&
			    !strstr(strstr(path, *s), "/0000:"))
				fail_msg("%s was read of a sleeping device", path);
		}
}

static int guard_read(void *impl, const char *path, size_t max, struct gd_buf *out)
{
	struct guard *g = impl;

	check_guard(g, path);
	return gd_host_read_max(g->inner, path, max, out);
}

static int guard_list(void *impl, const char *path, struct gd_strv *out)
{
	return gd_host_list(((struct guard *)impl)->inner, path, out);
}

static int guard_link(void *impl, const char *path, char **ret)
{
	return gd_host_link(((struct guard *)impl)->inner, path, ret);
}

static int guard_stat(void *impl, const char *path, struct gd_stat *ret)
{
	return gd_host_stat(((struct guard *)impl)->inner, path, ret);
}

static void guard_close(void *impl)
{
	gd_host_close(((struct guard *)impl)->inner);
}

static const struct gd_host_ops guard_ops = {
	.kind = "guard",
	.read = guard_read,
	.list = guard_list,
	.link = guard_link,
	.stat = guard_stat,
	.close = guard_close,
};

static void test_asleep(void **state)
{
	static const char *const sleepers[] = { "0000:01:00.0", "0000:00:01.1", "0000:05:00.0", NULL };
	static const struct file port[] = {
		BRIDGE("1022:14DB"), { "power_state", "D3hot" }, { "power/runtime_status", "suspended" },
		LINK("8.0", "4", "16.0", "8"), { 0 },
	};
	static const struct file card[] = {
		IDS("10de", "249d", "a1", "17aa", "3a3e", "030000"), { "power_state", "D3cold" },
		{ "power/runtime_status", "suspended" }, LINK("2.5", "4", "16.0", "16"),
		{ "resource", "0x6000000000 0x600fffffff 0x14220c" }, { "resource1_resize", "00007fc0" }, { 0 },
	};
	static const struct file arc[] = {
		IDS("8086", "56a5", "05", "1849", "6004", "030000"), { "power_state", "D3hot" },
		{ "power/runtime_status", "active" }, LINK("2.5", "1", "2.5", "1"),
		{ "uevent", UEVENT("DRIVER=xe\n", "30000", "8086:56A5", "1849:6004") },
		{ "tile0/gt0/freq0/act_freq", "300" }, { 0 },
	};
	struct machine m = { 0 };
	struct guard guard = { .sleepers = sleepers };
	const struct gd_row *r;

	(void)state;
	add_device(&m, "pci0000:00/0000:00:01.1", port);
	add_device(&m, "pci0000:00/0000:00:01.1/0000:01:00.0", card);
	add_device(&m, "pci0000:00/0000:00:03.1", root_port);
	add_device(&m, "pci0000:00/0000:00:03.1/0000:05:00.0", arc);
	add_nvidia_proc(&m, "0000:01:00.0");
	guard.inner = start(&m);
	look(gd_host_new(&guard_ops, &guard, true));
	r = row("pci_device", "0000:01:00.0");
	expect_int(r, "asleep", 1);
	expect_text(r, "power_state", "D3cold");
	expect_text(r, "device_id", "249d");
	expect_int(r, "bar_max_mib", 256);
	expect_gap(r, "link_gtps", GD_GAP_ASLEEP);
	expect_gap(r, "link_max_width", GD_GAP_ASLEEP);
	expect_gap(r, "rebar_max_mib", GD_GAP_ASLEEP);
	assert_non_null(gd_get(r, "link_gtps")->remedy);
	expect_text(r, "slot", "0000:00:01.1");
	expect_gap(r, "slot_gtps", GD_GAP_ASLEEP);
	expect_gap(r, "path_max_gtps", GD_GAP_ASLEEP);
	expect_gap(row("nvidia_gpu", "0000:01:00.0"), "model", GD_GAP_ASLEEP);
	/* The port above this one is awake. */
	r = row("pci_device", "0000:05:00.0");
	expect_int(r, "asleep", 1);
	expect_real(r, "slot_gtps", 8);
	expect_gap(r, "link_gtps", GD_GAP_ASLEEP);
	expect_gap(row("intel_gpu", "0000:05:00.0"), "freq_mhz", GD_GAP_ASLEEP);
	expect_gap(row("intel_gpu", "0000:05:00.0"), "throttled", GD_GAP_ASLEEP);
}

/* Where it cannot be told whether the device sleeps, it is left alone. */
static void test_unreadable(void **state)
{
	static const char *const sleepers[] = { "0000:01:00.0", NULL };
	static const struct file card[] = {
		{ "vendor", NULL }, { "device", "0x249d" }, { "class", "0x030200" }, { "revision", NULL },
		{ "subsystem_vendor", "rubbish" }, { "subsystem_device", "0x12345" },
		{ "power_state", NULL }, { "power/runtime_status", NULL },
		{ "numa_node", "99999999999999999999" }, { "boot_vga", "maybe" }, { "resource", NULL }, { 0 },
	};
	struct machine m = { 0 };
	struct guard guard = { .sleepers = sleepers };
	const struct gd_row *r;

	(void)state;
	add_device(&m, "pci0000:00/0000:00:01.1", root_port);
	add_device(&m, "pci0000:00/0000:00:01.1/0000:01:00.0", card);
	guard.inner = start(&m);
	look(gd_host_new(&guard_ops, &guard, true));
	r = row("pci_device", "0000:01:00.0");
	expect_gap(r, "vendor_id", GD_GAP_DENIED);
	expect_gap(r, "revision", GD_GAP_DENIED);
	expect_gap(r, "vendor_name", GD_GAP_DENIED);
	expect_gap(r, "subsystem_vendor_id", GD_GAP_GARBAGE);
	expect_gap(r, "subsystem_device_id", GD_GAP_GARBAGE);
	expect_gap(r, "asleep", GD_GAP_DENIED);
	expect_gap(r, "numa_node", GD_GAP_GARBAGE);
	expect_gap(r, "boot_vga", GD_GAP_GARBAGE);
	expect_gap(r, "bar_max_mib", GD_GAP_DENIED);
	expect_gap(r, "link_gtps", GD_GAP_ASLEEP);
	expect_absent(r, "driver");
}

static void test_passthrough_and_no_driver(void **state)
{
	static const struct file bound[] = {
		{ "uevent", UEVENT("DRIVER=vfio-pci\n", "30000", "10DE:2684", "1043:88EB") }, AWAKE,
		{ "driver_override", "vfio-pci" }, { 0 },
	};
	static const struct file free_one[] = {
		{ "uevent", UEVENT("", "120000", "1002:74A1", "1002:74A1") }, AWAKE, { 0 },
	};
	struct machine m = { 0 };
	const struct gd_row *r;

	(void)state;
	add_device(&m, "pci0000:00/0000:00:04.0", bound);
	add_device(&m, "pci0000:00/0000:00:05.0", free_one);
	look(start(&m));
	r = row("pci_device", "0000:00:04.0");
	expect_text(r, "driver", "vfio-pci");
	expect_text(r, "driver_override", "vfio-pci");
	expect_text(r, "vendor_id", "10de");
	expect_source(r, "vendor_id", "/sys/bus/pci/devices/0000:00:04.0/uevent");
	expect_text(r, "class", "030000");
	r = row("pci_device", "0000:00:05.0");
	expect_absent(r, "driver");
	expect_int(r, "accelerator", 1);
	expect_int(r, "display", 0);
	expect_text(r, "subsystem_device_id", "74a1");
}

/* What our database lacks is looked up in pci.ids, where that is installed. */
static void test_names(void **state)
{
	static const struct file old[] = { IDS("10de", "0020", "04", "1092", "0550", "030000"), AWAKE, { 0 } };
	static const struct file nobody[] = { IDS("fffe", "fffe", "04", "1092", "0550", "030000"), AWAKE, { 0 } };
	static const struct file known[] = { IDS("1002", "744c", "c8", "1da2", "e471", "030000"), AWAKE, { 0 } };
	struct machine m = { 0 };
	const struct gd_row *r;

	(void)state;
	add_device(&m, "pci0000:00/0000:00:04.0", old);
	add_device(&m, "pci0000:00/0000:00:05.0", nobody);
	add_device(&m, "pci0000:00/0000:00:06.0", known);
	look(start(&m));
	r = row("pci_device", "0000:00:04.0");
	expect_text(r, "vendor_name", "NVIDIA");
	if (gd_is_known(r, "device_name"))
		assert_non_null(strstr(gd_get_text(r, "device_name", ""), "TNT"));
	else
		expect_gap(r, "device_name", GD_GAP_NO_SOURCE);
	r = row("pci_device", "0000:00:05.0");
	expect_gap(r, "device_name", GD_GAP_NO_SOURCE);
	expect_text(row("pci_device", "0000:00:06.0"), "device_name", "Radeon RX 7900 XTX");
}

static void test_windows(void **state)
{
	static const char *const texts[] = {
		/* the whole address space: one byte more than 64 bits hold */
		"0x0000000000000000 0xffffffffffffffff 0x000000000014220c",
		/* no room was found for it (IORESOURCE_UNSET) */
		"0x0000000000000000 0x00000003ffffffff 0x000000002014220c",
		"0x0000000100000000 0x0000000000000000 0x000000000014220c",
		"-1 -1 -1",
		"0x0000000010000000 0x000000001fffffff",
	};
	struct machine m = { 0 };

	(void)state;
	for (size_t i = 0; i < GD_COUNT(texts); i++) {
		gd_autofree place = gd_xasprintf("pci0000:00/0000:00:%02zx.0", i);
		const struct file card[] = {
			IDS("1002", "7550", "c0", "148c", "2435", "030000"), AWAKE, { "resource", texts[i] }, { 0 },
		};

		add_device(&m, place, card);
	}
	look(start(&m));
	expect_int(row("pci_device", "0000:00:00.0"), "bar_max_mib", (int64_t)1 << 44);
	expect_absent(row("pci_device", "0000:00:01.0"), "bar_max_mib");
	expect_absent(row("pci_device", "0000:00:02.0"), "bar_max_mib");
	expect_gap(row("pci_device", "0000:00:03.0"), "bar_max_mib", GD_GAP_GARBAGE);
	expect_gap(row("pci_device", "0000:00:04.0"), "bar_max_mib", GD_GAP_GARBAGE);
}

static void test_no_sysfs(void **state)
{
	static const char *const texts[] = {
		"gpudoctor-capture 1\norigin live\nabsent /sys/bus/pci/devices\nabsent /sys/bus\nend 2\n",
		("gpudoctor-capture 1\norigin live\nabsent /sys/bus/pci/devices\n"
		 "stat /sys/bus dir 0755 0:0 0:0 r-\nend 2\n"),
		"gpudoctor-capture 1\norigin tree\nend 0\n",
	};
	static const bool complete[] = { false, true, false };

	(void)state;
	for (size_t i = 0; i < GD_COUNT(texts); i++) {
		struct gd_capture *c = NULL;
		struct gd_err err = { 0 };

		if (gd_capture_parse("test", texts[i], strlen(texts[i]), &c, &err) < 0)
			fail_msg("%s", err.text);
		look(gd_capture_host(c));
		assert_int_equal(gd_facts_table_peek(facts, "pci_device")->complete, complete[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apu_on_bus_0),
		cmocka_unit_test(test_discrete_in_a_narrow_slot),
		cmocka_unit_test(test_switch_on_the_card),
		cmocka_unit_test(test_switch_on_the_board),
		cmocka_unit_test(test_arc),
		cmocka_unit_test(test_root_port_of_the_same_vendor),
		cmocka_unit_test(test_lost_bridges),
		cmocka_unit_test(test_asleep),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_passthrough_and_no_driver),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_no_sysfs),
	};

	return cmocka_run_group_tests_name("probe pci", tests, set_up, tear_down);
}
