/* SPDX-License-Identifier: MIT */
/* The probes drm, nvidia and intel. */
#include "pci_fixture.h"

static void test_drm(void **state)
{
	struct gd_strv names = { 0 };
	struct machine m = { 0 };
	const struct gd_row *r;

	(void)state;
	add_device(&m, "pci0000:00/0000:00:02.0", amd_card);
	gd_strv_split(&names, "card0 card0-DP-1 card1 card2 controlD64 renderD128 version", " ");
	add_dir(&m, "/sys/class/drm", &names);
	gd_strv_free(&names);
	gd_buf_puts(&m.text, "link /sys/class/drm/card0/device -> ../../../devices/pci0000:00/0000:00:02.0\n"
			     "link /sys/class/drm/card1/device -> ../../../devices/pci0000:00/0000:00:02.0/virtio3\n"
			     "link /sys/class/drm/card2/device -> ../../../devices/platform/simple-framebuffer.0\n"
			     "link /sys/class/drm/renderD128/device -> ../../../devices/pci0000:00/0000:00:02.0\n"
			     "link /sys/devices/pci0000:00/0000:00:02.0/driver -> ../../../bus/pci/drivers/amdgpu\n"
			     "link /sys/devices/pci0000:00/0000:00:02.0/virtio3/driver -> x/virtio_gpu\n"
			     "absent /sys/devices/platform/simple-framebuffer.0/vendor\n"
			     "stat /dev/dri/card0 char 0660 0:44 226:0 --\n"
			     "stat /dev/dri/renderD128 char 0666 0:993 226:128 rw\nabsent /dev/dri/card1\n");
	m.entries += 10;
	look(start(&m));
	assert_int_equal(gd_facts_table_peek(facts, "drm_node")->count, 4);
	r = row("drm_node", "card0");
	expect_text(r, "kind", "card");
	expect_text(r, "device", "0000:00:02.0");
	expect_text(r, "driver", "amdgpu");
	expect_text(r, "mode", "0660");
	expect_int(r, "owner_gid", 44);
	expect_int(r, "accessible", 0);
	r = row("drm_node", "card1");
	expect_text(r, "device", "0000:00:02.0");
	expect_text(r, "driver", "virtio_gpu");
	expect_text(r, "vendor_id", "1002");
	expect_absent(r, "dev_node");
	expect_absent(r, "accessible");
	r = row("drm_node", "card2");
	expect_absent(r, "device");
	expect_absent(r, "vendor_id");
	r = row("drm_node", "renderD128");
	expect_text(r, "kind", "render");
	expect_text(r, "dev_node", "/dev/dri/renderD128");
	expect_int(r, "accessible", 1);
}

static void test_nvidia_absent(void **state)
{
	struct machine m = { 0 };
	const struct gd_row *r;

	(void)state;
	gd_buf_puts(&m.text, "absent /proc/driver/nvidia\nabsent /sys/module/nvidia\n");
	m.entries += 2;
	look(start(&m));
	r = row("nvidia_driver", "nvidia");
	expect_int(r, "present", 0);
	expect_absent(r, "version");
	expect_absent(r, "uvm_loaded");
	assert_true(gd_facts_table_peek(facts, "nvidia_gpu")->complete);
	assert_int_equal(gd_facts_table_peek(facts, "nvidia_gpu")->count, 0);
	/* Nothing is known of it here. */
	look(start(&m));
	r = row("nvidia_driver", "nvidia");
	expect_gap(r, "present", GD_GAP_NOT_CAPTURED);
	expect_gap(r, "version", GD_GAP_NOT_CAPTURED);
	assert_false(gd_facts_table_peek(facts, "nvidia_gpu")->complete);
}

static void test_nvidia_present(void **state)
{
	struct machine m = { 0 };
	const struct gd_row *r;

	(void)state;
	add_device(&m, "pci0000:00/0000:00:01.1", root_port);
	add_device(&m, "pci0000:00/0000:00:01.1/0000:01:00.0", nvidia_card);
	add_nvidia_proc(&m, "0000:01:00.0");
	add_file(&m, "/proc/driver/nvidia/version",
		 "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.129.03  Thu Oct 19 18:56:32 UTC 2023\n"
		 "GCC version:  gcc version 12.2.0\n");
	add_file(&m, "/proc/driver/nvidia/params", "ResmanDebugLevel: 4294967295\nPreserveVideoMemoryAllocations: 1\n");
	add_file(&m, "/sys/module/nvidia/version", "535.154.05\n");
	add_file(&m, "/sys/module/nvidia_drm/parameters/modeset", NULL);
	gd_buf_puts(&m.text, "absent /sys/module/nvidia_uvm\nstat /dev/nvidiactl char 0666 0:0 195:255 rw\n");
	m.entries += 2;
	look(start(&m));
	r = row("nvidia_driver", "nvidia");
	expect_int(r, "present", 1);
	expect_text(r, "version", "535.154.05");
	expect_text(r, "proc_version", "535.129.03");
	expect_int(r, "open_module", 0);
	expect_int(r, "preserve_video_memory", 1);
	expect_int(r, "uvm_loaded", 0);
	expect_gap(r, "modeset", GD_GAP_DENIED);
	expect_int(r, "dev_present", 1);
	expect_int(r, "dev_accessible", 1);
	r = row("nvidia_gpu", "0000:01:00.0");
	expect_text(r, "model", "NVIDIA GeForce RTX 3070 Laptop GPU");
	expect_text(r, "uuid", "GPU-00000000-0000-0000-0000-000000000001");
	expect_gap(r, "video_bios", GD_GAP_NO_SOURCE);
	expect_text(r, "bus_type", "PCIe");
	expect_absent(r, "firmware");
	expect_int(r, "excluded", 0);
	expect_int(r, "minor", 2);
	expect_text(r, "d3_status", "Enabled (fine-grained)");
	expect_real(r, "power_default_w", 115);
	expect_absent(r, "power_boost_w");
}

static void test_nvidia_open_module(void **state)
{
	struct machine m = { 0 };
	const struct gd_row *r;

	(void)state;
	add_file(&m, "/proc/driver/nvidia/version",
		 "NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  580.65  Release Build  (a@b-24.04)\n");
	look(start(&m));
	r = row("nvidia_driver", "nvidia");
	expect_int(r, "present", 1);
	expect_int(r, "open_module", 1);
	expect_text(r, "proc_version", "580.65");
	expect_text(r, "version", "580.65");
}

static void test_xe(void **state)
{
	static const struct file arc[] = {
		IDS("8086", "56a5", "05", "1849", "6004", "030000"), AWAKE,
		{ "uevent", UEVENT("DRIVER=xe\n", "30000", "8086:56A5", "1849:6004") }, { "tile0/x", "" },
		{ "drm/x", "" }, { 0 },
	};
	static const struct file freq[] = {
		{ "rp0_freq", "2450" }, { "max_freq", "2000" }, { "min_freq", "300" }, { "cur_freq", "600" },
		{ "throttle/status", "1" }, { 0 },
	};
	struct gd_strv names = { 0 };
	struct machine m = { 0 };
	const struct gd_row *r;

	(void)state;
	add_device(&m, "pci0000:00/0000:00:02.0", arc);
	add_folder(&m, "/sys/devices/pci0000:00/0000:00:02.0/tile0/gt0/freq0", freq);
	gd_strv_split(&names, "gt0 gt1 physical", " ");
	add_dir(&m, "/sys/devices/pci0000:00/0000:00:02.0/tile0", &names);
	gd_strv_free(&names);
	gd_strv_split(&names, "card3 renderD131", " ");
	add_dir(&m, "/sys/devices/pci0000:00/0000:00:02.0/drm", &names);
	gd_strv_free(&names);
	look(start(&m));
	r = row("intel_gpu", "0000:00:02.0");
	expect_text(r, "driver", "xe");
	expect_text(r, "card", "card3");
	expect_int(r, "tiles", 1);
	expect_int(r, "gts", 2);
	expect_int(r, "freq_max_mhz", 2450);
	expect_int(r, "freq_limit_mhz", 2000);
	expect_int(r, "freq_min_mhz", 300);
	/* There is no act_freq here. */
	expect_int(r, "freq_mhz", 600);
	expect_int(r, "throttled", 1);
	expect_gap(r, "vram_mib", GD_GAP_NO_SOURCE);
}

static void test_i915(void **state)
{
	static const struct file igpu[] = {
		IDS("8086", "9b41", "02", "17aa", "22b1", "030000"), AWAKE,
		{ "uevent", UEVENT("DRIVER=i915\n", "30000", "8086:9B41", "17AA:22B1") }, { "drm/x", "" }, { 0 },
	};
	static const struct file card[] = {
		{ "gt_RP0_freq_mhz", "1150" }, { "gt_max_freq_mhz", "1100" }, { "gt_min_freq_mhz", "-300" },
		{ "gt_act_freq_mhz", "350" }, { "gt_cur_freq_mhz", "300" }, { 0 },
	};
	struct gd_strv names = { 0 };
	struct machine m = { 0 };
	const struct gd_row *r;

	(void)state;
	add_device(&m, "pci0000:00/0000:00:02.0", igpu);
	add_folder(&m, "/sys/devices/pci0000:00/0000:00:02.0/drm/card0", card);
	gd_strv_add(&names, "card0");
	add_dir(&m, "/sys/devices/pci0000:00/0000:00:02.0/drm", &names);
	gd_strv_free(&names);
	look(start(&m));
	r = row("intel_gpu", "0000:00:02.0");
	expect_text(r, "card", "card0");
	expect_absent(r, "tiles");
	expect_int(r, "freq_max_mhz", 1150);
	expect_int(r, "freq_limit_mhz", 1100);
	expect_gap(r, "freq_min_mhz", GD_GAP_GARBAGE);
	expect_int(r, "freq_mhz", 350);
	/* The kernel before 5.18 has no gt folder. */
	expect_absent(r, "throttled");
	expect_absent(r, "gts");
	assert_true(gd_facts_table_peek(facts, "intel_gpu")->complete);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drm),
		cmocka_unit_test(test_nvidia_absent),
		cmocka_unit_test(test_nvidia_present),
		cmocka_unit_test(test_nvidia_open_module),
		cmocka_unit_test(test_xe),
		cmocka_unit_test(test_i915),
	};

	return cmocka_run_group_tests_name("probes drm, nvidia, intel", tests, set_up, tear_down);
}
