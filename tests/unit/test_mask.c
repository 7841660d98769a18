/* SPDX-License-Identifier: MIT */
/* Paths, names, ids and addresses. */
#include "mask_fixture.h"

static void test_paths_of_people(void **state)
{
	(void)state;
	path_is("/home/alice/.ollama/models", "/home/user/.ollama/models");
	path_is("/home/ubuntu", "/home/user2");
	path_is("/var/home/bob/x", "/var/home/user4/x");
	path_is("/Users/alice/x", "/Users/user/x");
	path_is("../../home/alice/x", "../../home/user/x");
	path_is("home/john.doe", "home/user3");
	path_is("/home/stranger/alice", "/home/user5/user");
	path_is("alice", "user");
	path_is("/var/lib/systemd/linger/alice", "/var/lib/systemd/linger/user");
	path_is("/var/lib/systemd/linger/ubuntu", "/var/lib/systemd/linger/user2");
	path_is("/var/spool/cron/crontabs/john.doe", "/var/spool/cron/crontabs/user3");
	path_is("/etc/sudoers.d/alice", "/etc/sudoers.d/user");
}

static void test_paths_that_stay(void **state)
{
	static const char *const paths[] = {
		"/",
		"/home",
		"/home/linuxbrew/.linuxbrew/bin",
		"/run/user/1000",
		"/run/user/1000/podman",
		"/etc/apt/sources.list.d/ubuntu.sources",
		"/sys/devices/pci0000:00/0000:00:03.1/0000:03:00.0/hwmon/hwmon4/temp1_input",
		"/sys/devices/LNXSYSTM:00/LNXSYBUS:00/PNP0A08:00",
		"/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice",
		"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
		"/sys/firmware/efi/efivars/MokListRT-605dab50-e046-4300-abb6-3dd810dd8b23",
		"/sys/bus/wmi/devices/05901221-D566-11D1-B2F0-00A0C9062910",
		"../../../devices/pci0000:00/0000:00:16.0/0000:00:16.0-55213584-9a29-4916-badf-0fb7ed682aeb",
		"../../../devices/system/alice",
		"/opt/rocm-6.4.3/lib/librocblas.so.4.4.60403",
		"/usr/lib/x86_64-linux-gnu/libcuda.so.570.133.07",
		"/dev/disk/by-path/pci-0000:01:00.0-nvme-1-part2",
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(paths); i++)
		path_is(paths[i], paths[i]);
}

static void test_paths_of_disks(void **state)
{
	(void)state;
	path_is("/dev/disk/by-uuid/" UUID_A, "/dev/disk/by-uuid/" UUID_N("1"));
	path_is("/dev/disk/by-uuid/1A2B-3C4D", "/dev/disk/by-uuid/masked-1");
	path_is("/dev/disk/by-id/nvme-Samsung_SSD_980_S64DNX0R123456-part1", "/dev/disk/by-id/nvme-masked-2-part1");
	path_is("/dev/disk/by-id/nvme-Samsung_SSD_980_S64DNX0R123456", "/dev/disk/by-id/nvme-masked-2");
	path_is("/dev/disk/by-id/wwn-0x5000c500a1b2c3d4", "/dev/disk/by-id/wwn-masked-3");
	path_is("/run/systemd/units/dev-disk-by\\x2duuid-c3a1d2f0\\x2d1b2c\\x2d4d3e\\x2d8f90\\x2da1b2c3d4e5f6.device",
		"/run/systemd/units/"
		"dev-disk-by\\x2duuid-00000000\\x2d0000\\x2d0000\\x2d0000\\x2d000000000001.device");
	path_is("/sys/class/net/enx0a1b2c3d4e5f", "/sys/class/net/enx020000000001");
	path_is("/var/log/journal/0123456789abcdef0123456789abcdef",
		"/var/log/journal/00000000000000000000000000000002");
	content("/proc/cmdline", "root=UUID=1A2B-3C4D\n", "root=UUID=masked-1\n");
	content("/run/udev/data/b259:1", "S:disk/by-id/nvme-Samsung_SSD_980_S64DNX0R123456\n",
		"S:disk/by-id/nvme-masked-2\n");
}

static void test_whole_values(void **state)
{
	(void)state;
	content("/sys/class/dmi/id/product_serial", "5CD1234XYZ\n", "masked\n");
	content("/sys/class/dmi/id/board_asset_tag", "IT 0042\n", "masked\n");
	content("/sys/class/dmi/id/product_uuid", UUID_A "\n", UUID_N("1") "\n");
	content("/sys/class/power_supply/BAT0/serial_number", " 12345", "masked");
	content("/sys/firmware/devicetree/base/serial-number", "10000000abcdef", "masked");
	CONTENT_BYTES("/proc/device-tree/serial-number", "1000abc\0", "masked\0");
	content("/etc/machine-id", "0123456789abcdef0123456789abcdef\n", "00000000000000000000000000000002\n");
	content("/proc/sys/kernel/random/boot_id", UUID_A "\n", UUID_N("1") "\n");
	unchanged("/sys/class/dmi/id/board_serial", "Default string\n");
	unchanged("/sys/class/dmi/id/product_serial", "None\n");
	unchanged("/sys/class/dmi/id/chassis_serial", "0000000000\n");
	unchanged("/sys/class/dmi/id/chassis_serial", "\n");
	unchanged("/sys/class/dmi/id/chassis_asset_tag", "To Be Filled By O.E.M.\n");
	unchanged("/sys/class/dmi/id/product_name", "ROG STRIX B550-F\n");
	unchanged("/proc/tty/driver/serial", "serinfo:1.0 driver revision:\n0: uart:16550A port:000003F8 irq:4\n");
}

static void test_unique_ids(void **state)
{
	(void)state;
	content("/sys/class/drm/card0/device/unique_id", "a1b2c3d4e5f60718\n", "0000000000000001\n");
	content("/sys/class/drm/card1/device/unique_id", "a1b2c3d4e5f60719\n", "0000000000000002\n");
	content("/sys/class/drm/card0/device/xgmi_hive_info/xgmi_hive_id", "1152921504606846977\n", "3\n");
	unchanged("/sys/class/drm/card0/device/unique_id", "0000000000000000\n");
	/* The same number in decimal, and behind GPU- as ROCm writes it. */
	content("/sys/class/kfd/kfd/topology/nodes/1/properties",
		"hive_id 1152921504606846977\nunique_id 11651590505119483672\nnum_xcc 1\n",
		"hive_id 3\nunique_id 1\nnum_xcc 1\n");
	content("/proc/1234/environ", "ROCR_VISIBLE_DEVICES=GPU-a1b2c3d4e5f60718",
		"ROCR_VISIBLE_DEVICES=GPU-0000000000000001");
	unchanged("/cmd/rocminfo.txt", "  Uuid:                    GPU-XX                             \n");
	unchanged("/sys/devices/virtual/kfd/kfd/topology/nodes/1/properties",
		  "cpu_cores_count 0\nsimd_count 128\nmem_banks_count 1\ncaches_count 206\nio_links_count 1\n"
		  "max_waves_per_simd 16\nlds_size_in_kb 64\nwave_front_size 32\ngfx_target_version 120001\n"
		  "vendor_id 4098\ndevice_id 30032\nlocation_id 768\ndomain 0\ndrm_render_minor 128\nhive_id 0\n"
		  "max_engine_clk_fcompute 3450\nlocal_mem_size 0\nfw_version 110\ncapability 671588992\n"
		  "debug_prop 1511\nsdma_fw_version 838\nunique_id 0\nnum_xcc 1\n");
}

static void test_uuids(void **state)
{
	(void)state;
	content("/proc/cmdline", "root=UUID=" UUID_A " resume=PARTUUID=" UUID_B " ro\n",
		"root=UUID=" UUID_N("1") " resume=PARTUUID=" UUID_N("2") " ro\n");
	content("/proc/driver/nvidia/gpus/0000:01:00.0/information",
		"Model: \t\t NVIDIA GeForce RTX 3070\nIRQ:   \t\t 85\nGPU UUID: \t GPU-" UUID_B
		"\nVideo BIOS: \t 94.04.2f.00.7b\nBus Location: \t 0000:01:00.0\nGPU Firmware: \t 580.95.05\n",
		"Model: \t\t NVIDIA GeForce RTX 3070\nIRQ:   \t\t 85\nGPU UUID: \t GPU-" UUID_N(
			"2") "\nVideo BIOS: \t 94.04.2f.00.7b\nBus Location: \t 0000:01:00.0\nGPU Firmware: \t "
			     "580.95.05\n");
	content("/cmd/nvidia-smi.txt", "MIG-" UUID_A ", C3A1D2F0-1B2C-4D3E-8F90-A1B2C3D4E5F6.",
		"MIG-" UUID_N("1") ", " UUID_N("1") ".");
	unchanged("/cmd/x", UUID_N("7") " 00000000-0000-0000-0000-000000000000");
	unchanged("/cmd/x", "x" UUID_A " " UUID_A "0 c3a1d2f0-1b2c-4d3e-8f90");
	unchanged("/cmd/x", "efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c");
	unchanged("/sys/bus/wmi/devices/x/uevent",
		  "WMI_GUID=05901221-D566-11D1-B2F0-00A0C9062910\nMODALIAS=wmi:05901221-D566-11D1-B2F0-00A0C9062910\n");
}

static void test_numbers_in_use_are_passed_over(void **state)
{
	(void)state;
	unchanged("/cmd/x", UUID_N("1") " 192.0.2.1 2001:db8::1 02:00:00:00:00:01 /home/user");
	content("/cmd/x", UUID_A " 10.1.1.1 fe80::1 aa:bb:cc:dd:ee:ff",
		UUID_N("2") " 192.0.2.2 2001:db8::2 02:00:00:00:00:02");
}

static void test_mac_addresses(void **state)
{
	(void)state;
	content("/sys/class/net/enp3s0/address", "d8:43:ae:12:34:56\n", "02:00:00:00:00:01\n");
	content("/cmd/ip-link.txt", "link/ether D8:43:AE:12:34:56 brd ff:ff:ff:ff:ff:ff",
		"link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff");
	content("/sys/class/net/ib0/address", "80:00:00:48:fe:80:00:00\n", "02:00:00:00:00:02\n");
	content("/cmd/x", "enxd843ae123456: d8:43:ae:12:34:56: up", "enx020000000001: 02:00:00:00:00:01: up");
	unchanged("/sys/class/net/lo/address", "00:00:00:00:00:00\n");
	unchanged("/cmd/x", "12:34:56 0000:03:00.0 pci0000:00 01:02:03:04:05 aa:bb:cc:dd:ee:ff0 1:2:3:4:5:6");
}

static void test_ipv4(void **state)
{
	(void)state;
	content("/proc/77/environ", "OLLAMA_HOST=192.168.1.5:11434", "OLLAMA_HOST=192.0.2.1:11434");
	content("/etc/hosts", "127.0.1.1 x\n192.168.1.5\ty\n10.0.0.0/8 z\n",
		"127.0.1.1 x\n192.0.2.1\ty\n192.0.2.2/8 z\n");
	content("/etc/systemd/system/ollama.service", "ExecStart=/bin/x 172.16.0.1-172.16.0.9.\n",
		"ExecStart=/bin/x 192.0.2.3-192.0.2.4.\n");
	unchanged("/run/x", "0.0.0.0:11434 127.0.0.1 255.255.255.255 192.0.2.9 198.51.100.3 203.0.113.254");
	unchanged("/cmd/x", "1.2.3.4.5 v1.2.3.4 rocm-1.2.3.4 1.2.3.4-1ubuntu1 256.1.1.1 01.2.3.4 6.4.3.60403 1.2.3");
	unchanged("/cmd/vulkaninfo.txt",
		  "conformanceVersion = 1.3.8.2\nserver: X.org v: 1.21.1.18\nDriver Version: 10.0.1.2\n");
	unchanged("/var/lib/dpkg/status", "Version: 1.2.3.4\nDepends: x (>= 10.0.0.1)\n");
	unchanged("/usr/share/x", "10.0.0.1");
	unchanged("/sys/module/x/srcversion", "10.0.0.1\n");
}

static void test_ipv6(void **state)
{
	(void)state;
	content("/etc/hosts", "fe80::1ff:fe23:4567:890a%eth0 [fd00:1:2:3:4:5:6:7]:80 FE80:0::1ff:fe23:4567:890a/64",
		"2001:db8::1%eth0 [2001:db8::2]:80 2001:db8::1/64");
	content("/run/x", "at 2a00:1450:4001::: no, 2a00:1450:4001::x, ::ffff:10.1.2.3.",
		"at 2001:db8::3: no, 2a00:1450:4001::x, ::ffff:192.0.2.1.");
	unchanged("/run/x", "[::]:11434 ::1 ff02::fb 2001:db8::beef 2001:db8:1::2");
	unchanged("/cmd/x", "std::string a::b c10::Error at::cuda dead::beef 0000:03:00.0 12:34:56 ggml::abc ::std");
	unchanged("/usr/x", "fe80::1");
}

static void test_host_names(void **state)
{
	(void)state;
	content("/proc/sys/kernel/hostname", "Zephyr-7\n", "host\n");
	content("/etc/hostname", "zephyr-7.lan.example.org\n", "host\n");
	content("/etc/hosts", "127.0.1.1 zephyr-7.lan.example.org ZEPHYR-7 zephyr-7.fritz.box\n",
		"127.0.1.1 host host host.fritz.box\n");
	content("/cmd/uname.txt", "Linux zephyr-7 6.10.3-200.fc40.x86_64\n", "Linux host 6.10.3-200.fc40.x86_64\n");
	unchanged("/cmd/x", "zephyr-70 myzephyr-7 zephyr zephyr-7_x zephyr-7-x");
	unchanged("/proc/version", "Linux version 6.8.0 (buildd@zephyr-7) (gcc 13.2.0) #1 SMP\n");
	unchanged("/usr/lib/os-release", "VARIANT_ID=zephyr-7\n");
	unchanged("/proc/sys/kernel/domainname", "(none)\n");
	content("/proc/sys/kernel/domainname", "lan.example.org\n", "masked\n");
}

static void test_peoples_names(void **state)
{
	(void)state;
	content("/cmd/id.txt", "uid=1000(alice) gid=1000(alice) groups=1000(alice),44(video),1001(ubuntu)\n",
		"uid=1000(user) gid=1000(user) groups=1000(user),44(video),1001(ubuntu)\n");
	content("/run/x", "alice@zephyr-7 john.doe's home-alice.mount -bob- bob.",
		"user@host user3's home-user.mount -user4- user4.");
	CONTENT_BYTES("/proc/9/environ", "USER=alice\0HOME=/home/ubuntu", "USER=user\0HOME=/home/user2");
	unchanged("/cmd/x", "malice alices alice-x x-alice alice_ ubuntu 24.04");
	unchanged("/sys/class/x/name", "alice\n");
	unchanged("/proc/cpuinfo", "model name : alice\n");
	unchanged("/etc/os-release", "NAME=alice\nID=ubuntu\n");
	content("/usr/share/x", "see /home/alice/x, /home/john.doe. alice", "see /home/user/x, /home/user3. alice");
	unchanged("/etc/x", "/home/ /home/* /home/%u /home/$USER /home/linuxbrew/bin");
}

static void test_account_files(void **state)
{
	(void)state;
	content("/etc/passwd",
		"root:$6$abc$def:0:0:root:/root:/bin/bash\n"
		"alice:x:1000:1000:Alice Liddell,,,:/home/alice:/bin/bash\n"
		"ubuntu::1001:1001:Ubuntu:/data/ubuntu:/bin/bash\n"
		"ollama:x:997:997:ollama service:/usr/share/ollama:/bin/false\n+::::::\n",
		"root:masked:0:0:root:/root:/bin/bash\n"
		"user:x:1000:1000::/home/user:/bin/bash\n"
		"user2::1001:1001::/data/user2:/bin/bash\n"
		"ollama:x:997:997:ollama service:/usr/share/ollama:/bin/false\n+::::::\n");
	content("/etc/group", "video:x:44:alice,ubuntu,ollama\nalice:x:1000:\nubuntu:x:1001:\nrender:x:992:bob",
		"video:x:44:user,user2,ollama\nuser:x:1000:\nuser2:x:1001:\nrender:x:992:user4");
	content("/etc/subuid", "alice:100000:65536\nubuntu:165536:65536\n", "user:100000:65536\nuser2:165536:65536\n");
	content("/etc/shadow", "alice:$y$j9T$abc:19000:0:99999:7:::\nbin:*:19000::::::\n",
		"user:masked:19000:0:99999:7:::\nbin:*:19000::::::\n");
}

static void test_machines_own_words_stay(void **state)
{
	static const struct {
		const char *path;
		const char *text;
	} samples[] = {
		{ "/sys/devices/pci0000:00/0000:03:00.0/uevent",
		  "DRIVER=amdgpu\nPCI_CLASS=30000\nPCI_ID=1002:7550\nPCI_SUBSYS_ID=1EAE:8801\n"
		  "PCI_SLOT_NAME=0000:03:00.0\nMODALIAS=pci:v00001002d00007550sv00001EAEsd00008801bc03sc00i00\n" },
		{ "/sys/class/drm/card0/device/vbios_version", "022.040.003.042.000001\n" },
		{ "/proc/modules",
		  "amdgpu 19734528 24 - Live 0x0000000000000000\nnvidia_uvm 1847296 0 - Live 0x0 (POE)\n" },
		{ "/proc/cpuinfo",
		  "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD Ryzen 5 7600 6-Core Processor\n"
		  "flags\t\t: fpu vme avx512f pku ospke\npower management: ts ttp tm [9]\n" },
		{ "/proc/version", "Linux version 6.14.2-arch1-1 (linux@archlinux) (gcc (GCC) 14.2.1 20250207, GNU ld "
				   "(GNU Binutils) 2.44) #1 SMP PREEMPT_DYNAMIC Thu, 10 Apr 2025 18:43:59 +0000\n" },
		{ "/etc/os-release",
		  "NAME=\"Arch Linux\"\nID=arch\nBUILD_ID=rolling\nHOME_URL=\"https://archlinux.org/\"\n" },
		{ "/proc/driver/nvidia/version",
		  "NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.133.07  Fri Mar 14 2025\n" },
		{ "/sys/kernel/debug/dri/0/name", "amdgpu dev=0000:03:00.0 unique=0000:03:00.0\n" },
		{ "/proc/1/cgroup", "0::/system.slice/ollama.service\n" },
		{ "/proc/1/status",
		  "Name:\tollama\nUid:\t997\t997\t997\t997\nGroups:\t44 992 997\nCapEff:\t0000000000000000\n" },
		{ "/proc/meminfo", "MemTotal:       98765432 kB\nHugetlb:               0 kB\n" },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(samples); i++)
		unchanged(samples[i].path, samples[i].text);
}

static void test_unknown_machine(void **state)
{
	struct gd_mask *m = new_mask("gpudoctor-capture 1\norigin live\nend 0\n");
	gd_autobuf out = { 0 };

	(void)state;
	gd_mask_content(m, "/cmd/x", "alice /home/alice /home/bob", 27, &out);
	gd_mask_path(m, "/home/alice", &out);
	assert_string_equal(gd_buf_peek(&out), "alice /home/user /home/user2/home/user");
	gd_mask_free(m);
}

static void test_masked_machine(void **state)
{
	struct gd_mask *m =
		new_mask("gpudoctor-capture 1\norigin live\n"
			 "file /proc/sys/kernel/hostname\n|host\n"
			 "file /etc/passwd\n|zoe:x:1000:1000::/home/zoe:/bin/sh\n|user::1001:1001::/home/user:/bin/sh\n"
			 "dir /home\n|user\n|user3\n|zoe\nend 3\n");
	gd_autobuf out = { 0 };

	(void)state;
	gd_mask_content(m, "/cmd/x", "/home/user3 host user zoe /home/user", 36, &out);
	assert_string_equal(gd_buf_peek(&out), "/home/user3 host user user2 /home/user");
	gd_mask_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_paths_of_people, setup, teardown),
		cmocka_unit_test_setup_teardown(test_paths_that_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_paths_of_disks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_whole_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unique_ids, setup, teardown),
		cmocka_unit_test_setup_teardown(test_uuids, setup, teardown),
		cmocka_unit_test_setup_teardown(test_numbers_in_use_are_passed_over, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mac_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ipv4, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ipv6, setup, teardown),
		cmocka_unit_test_setup_teardown(test_host_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_peoples_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_account_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_machines_own_words_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown_machine, setup, teardown),
		cmocka_unit_test_setup_teardown(test_masked_machine, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
