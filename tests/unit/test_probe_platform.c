/* SPDX-License-Identifier: MIT */
/* The probe platform: containers, virtual machines, Secure Boot, DMI. */
#include "probe_machine.h"

extern const struct gd_probe gd_probe_platform;

/* Every sign of a container is absent, but for those given in front: the first answer for a path stays. */
#define NO_SIGNS \
	"absent /var/run/secrets/kubernetes.io\n" \
	"absent /run/.containerenv\n" \
	"absent /.dockerenv\n" \
	"absent /run/.toolboxenv\n" \
	"absent /run/systemd/container\n" \
	"file /proc/1/cgroup\n" \
	"|0::/init.scope\n" \
	"file /proc/sys/kernel/osrelease\n" \
	"|6.12.9\n"

static void test_container_kinds(void **state)
{
	static const struct {
		const char *body;
		const char *kind;
	} cases[] = {
		{ "file /run/.containerenv\nabsent /run/.toolboxenv\nabsent /etc/profile.d/distrobox_profile.sh\n",
		  "podman" },
		{ "file /run/.containerenv\n|engine=\"podman-5\"\nfile /run/.toolboxenv\n", "toolbox" },
		{ "file /run/.containerenv\nfile /etc/profile.d/distrobox_profile.sh\n|#\n", "distrobox" },
		{ "absent /run/.containerenv\nfile /.dockerenv\nabsent /etc/profile.d/distrobox_profile.sh\n",
		  "docker" },
		{ "file /.dockerenv\nfile /etc/profile.d/distrobox_profile.sh\n|#\n", "distrobox" },
		{ "file /.dockerenv\ndir /var/run/secrets/kubernetes.io\n|serviceaccount\n", "kubernetes" },
		{ "file /run/systemd/container\n|systemd-nspawn\n", "systemd-nspawn" },
		{ "file /run/systemd/container\n|lxc\n", "lxc" },
		{ "file /run/systemd/container\n|something-new\n", "other" },
		{ "file /proc/1/environ\n|TERM=linux\\x00container=lxc\\x00HOME=/\\x00\\\n", "lxc" },
		{ "file /proc/1/cgroup\n|12:cpu:/docker/0123abcd\n", "docker" },
		{ "file /proc/1/cgroup\n|0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-1.scope\n",
		  "kubernetes" },
		{ "file /proc/sys/kernel/osrelease\n|5.15.167.4-microsoft-standard-WSL2\n", "wsl" },
	};
	automachine m = { 0 };

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		run(&m, &gd_probe_platform, cases[i].body);
		assert_text(&m, "platform", "platform", "container", cases[i].kind);
	}
}

static void test_container_none_needs_all_signs(void **state)
{
	automachine m = { 0 };

	(void)state;
	run(&m, &gd_probe_platform, NO_SIGNS "file /proc/1/environ\n|HOME=/\\x00TERM=linux\\x00\\\n");
	assert_text(&m, "platform", "platform", "container", "none");

	/* A plain user may not read it; the number of the PID namespace stands in. */
	run(&m, &gd_probe_platform,
	    NO_SIGNS "error file /proc/1/environ EACCES\nlink /proc/self/ns/pid -> pid:[4026531836]\n");
	assert_text(&m, "platform", "platform", "container", "none");
	run(&m, &gd_probe_platform,
	    NO_SIGNS "error file /proc/1/environ EACCES\nlink /proc/self/ns/pid -> pid:[4026532512]\n");
	expect_gap(&m, "platform", "platform", "container", GD_GAP_DENIED);

	/* One sign that nobody captured. */
	run(&m, &gd_probe_platform,
	    "absent /run/.containerenv\nabsent /.dockerenv\nabsent /run/.toolboxenv\n"
	    "file /proc/1/environ\n|HOME=/\\x00\\\n");
	expect_gap(&m, "platform", "platform", "container", GD_GAP_NOT_CAPTURED);
}

#define SECURE_BOOT "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

static void test_secure_boot(void **state)
{
	automachine m = { 0 };

	(void)state;
	run(&m, &gd_probe_platform, "file " SECURE_BOOT "\n|\\x06\\x00\\x00\\x00\\x01\\\n");
	assert_int(&m, "platform", "platform", "secure_boot", 1);
	run(&m, &gd_probe_platform, "file " SECURE_BOOT "\n|\\x06\\x00\\x00\\x00\\x00\\\n");
	assert_int(&m, "platform", "platform", "secure_boot", 0);

	/* No UEFI at all, and UEFI without the variable. */
	run(&m, &gd_probe_platform, "dir /sys/firmware\n|acpi\n|memmap\n");
	assert_int(&m, "platform", "platform", "secure_boot", 0);
	assert_string_equal(gd_get(row_of(&m, "platform", "platform"), "secure_boot")->source, "/sys/firmware/efi");
	run(&m, &gd_probe_platform, "dir /sys/firmware/efi/efivars\n|BootOrder-8be4df61-93ca-11d2-aa0d-00e098032b8c\n");
	assert_int(&m, "platform", "platform", "secure_boot", 0);

	/* Engines hide /sys/firmware under an empty directory; efivarfs may not be mounted. */
	run(&m, &gd_probe_platform, "dir /sys/firmware\n");
	expect_gap(&m, "platform", "platform", "secure_boot", GD_GAP_NO_SOURCE);
	run(&m, &gd_probe_platform,
	    "dir /sys/firmware\n|efi\ndir /sys/firmware/efi\n|efivars\ndir /sys/firmware/efi/efivars\n");
	expect_gap(&m, "platform", "platform", "secure_boot", GD_GAP_NO_SOURCE);

	run(&m, &gd_probe_platform, "error file " SECURE_BOOT " EACCES\n");
	expect_gap(&m, "platform", "platform", "secure_boot", GD_GAP_DENIED);
	run(&m, &gd_probe_platform, "");
	expect_gap(&m, "platform", "platform", "secure_boot", GD_GAP_NOT_CAPTURED);
	run(&m, &gd_probe_platform, "file " SECURE_BOOT "\n|\\x06\\x00\\\n");
	expect_gap(&m, "platform", "platform", "secure_boot", GD_GAP_GARBAGE);
}

static void test_lockdown(void **state)
{
	automachine m = { 0 };

	(void)state;
	run(&m, &gd_probe_platform, "file /sys/kernel/security/lockdown\n|none [integrity] confidentiality\n");
	assert_text(&m, "platform", "platform", "lockdown", "integrity");
	run(&m, &gd_probe_platform, "file /sys/kernel/security/lockdown\n|none integrity\n");
	expect_gap(&m, "platform", "platform", "lockdown", GD_GAP_GARBAGE);
	run(&m, &gd_probe_platform, "dir /sys/kernel/security\n|lsm\n");
	assert_absent(&m, "platform", "platform", "lockdown");
	run(&m, &gd_probe_platform, "dir /sys/kernel/security\n");
	expect_gap(&m, "platform", "platform", "lockdown", GD_GAP_NO_SOURCE);
}

#define DMI(vendor, product) \
	"file /sys/class/dmi/id/sys_vendor\n|" vendor "\nfile /sys/class/dmi/id/product_name\n|" product "\n"
#define FLAGS(flags) "file /proc/cpuinfo\n|processor\t: 0\n|flags\t\t: " flags "\n"

static void test_virtual_machines(void **state)
{
	static const struct {
		const char *body;
		const char *kind;
	} cases[] = {
		{ DMI("QEMU", "Standard PC (Q35 + ICH9, 2009)") FLAGS("fpu hypervisor"), "qemu" },
		{ DMI("Microsoft Corporation", "Virtual Machine") FLAGS("fpu hypervisor"), "hyper-v" },
		{ DMI("Microsoft Corporation", "Surface Laptop") FLAGS("fpu lm"), "none" },
		{ DMI("Amazon EC2", "g5.xlarge") FLAGS("fpu hypervisor"), "amazon" },
		{ DMI("Amazon EC2", "g4dn.metal") FLAGS("fpu lm"), "none" },
		{ DMI("Google", "Google Compute Engine") FLAGS("hypervisor"), "google" },
		{ DMI("Google", "Kohaku") FLAGS("lm"), "none" },
		{ DMI("innotek GmbH", "VirtualBox") FLAGS("hypervisor"), "virtualbox" },
		{ DMI("LENOVO", "82JQ") FLAGS("lm not_a_hypervisor"), "none" },
		{ "absent /sys/class/dmi/id\n" FLAGS("fpu hypervisor lm"), "other" },
		{ "absent /sys/class/dmi/id\n" FLAGS("hypervisor")
		  "file /sys/devices/system/clocksource/clocksource0/available_clocksource\n|kvm-clock tsc\n",
		  "kvm" },
		{ "absent /sys/class/dmi/id\n" FLAGS("hypervisor") "file /sys/firmware/acpi/tables/FACP\n"
		  "|FACP\\x14\\x01\\x00\\x00\\x06\\x66FIRECKFCVMFADT\\\n",
		  "firecracker" },
		{ DMI("Dell Inc.", "R910") FLAGS("hypervisor") "file /sys/hypervisor/type\n|xen\n"
		  "file /proc/xen/capabilities\n|control_d\n",
		  "none" },
		{ "file /proc/cpuinfo\n|processor\t: 0\n|CPU implementer\t: 0x41\nabsent /sys/class/dmi/id\n"
		  "file /proc/device-tree/compatible\n|raspberrypi,5-model-b\\x00brcm,bcm2712\\x00\\\n",
		  "none" },
	};
	automachine m = { 0 };

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		run(&m, &gd_probe_platform, cases[i].body);
		assert_text(&m, "platform", "platform", "virtual_machine", cases[i].kind);
	}
	/* Hypervisors can hide the flag: without DMI its lack proves nothing. */
	run(&m, &gd_probe_platform, FLAGS("fpu lm"));
	expect_gap(&m, "platform", "platform", "virtual_machine", GD_GAP_NOT_CAPTURED);
}

static void test_dmi(void **state)
{
	automachine m = { 0 };

	(void)state;
	run(&m, &gd_probe_platform,
	    DMI("Default string", "X99")
	    "file /sys/class/dmi/id/board_vendor\n|To Be Filled By O.E.M.\n"
	    "file /sys/class/dmi/id/board_name\n|X99\n"
	    "file /sys/class/dmi/id/chassis_type\n|10\n"
	    "file /sys/class/dmi/id/bios_version\n|\n"
	    "error file /sys/class/dmi/id/bios_date EACCES\n");
	assert_absent(&m, "platform", "platform", "vendor");
	assert_text(&m, "platform", "platform", "product", "X99");
	assert_text(&m, "platform", "platform", "board", "X99");
	assert_text(&m, "platform", "platform", "chassis", "laptop");
	assert_int(&m, "platform", "platform", "portable", 1);
	assert_absent(&m, "platform", "platform", "bios_version");
	expect_gap(&m, "platform", "platform", "bios_date", GD_GAP_DENIED);

	run(&m, &gd_probe_platform,
	    "absent /sys/class/dmi/id\nfile /proc/device-tree/model\n|Raspberry Pi 5 Model B Rev 1.0\\x00\\\n");
	assert_text(&m, "platform", "platform", "product", "Raspberry Pi 5 Model B Rev 1.0");

	run(&m, &gd_probe_platform, "file /sys/class/dmi/id/chassis_type\n|2\n"); /* "unknown" */
	expect_gap(&m, "platform", "platform", "chassis", GD_GAP_NO_SOURCE);
	run(&m, &gd_probe_platform, "file /sys/class/dmi/id/chassis_type\n|99999999999999999999\n");
	expect_gap(&m, "platform", "platform", "portable", GD_GAP_GARBAGE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_container_kinds),
		cmocka_unit_test(test_container_none_needs_all_signs),
		cmocka_unit_test(test_secure_boot),
		cmocka_unit_test(test_lockdown),
		cmocka_unit_test(test_virtual_machines),
		cmocka_unit_test(test_dmi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
