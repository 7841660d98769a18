/* SPDX-License-Identifier: MIT */
/* The probes host and kernel, and all four of this group on an empty tree. */
#include "probe_machine.h"

extern const struct gd_probe gd_probe_host;
extern const struct gd_probe gd_probe_platform;
extern const struct gd_probe gd_probe_kernel;
extern const struct gd_probe gd_probe_cpu;

static void test_host_values(void **state)
{
	automachine m = { 0 };

	(void)state;
	run(&m, &gd_probe_host,
	    "absent /etc/os-release\n"
	    "file /usr/lib/os-release\n"
	    "|NAME=\"Some \\\\\"Big\\\\\" Linux\"\n"
	    "|ID='some'\n"
	    "|ID_LIKE=\"rhel fedora\"\n"
	    "|VERSION_ID=\n"
	    "|PRETTY_NAME=\"Some \\\\\"Big\\\\\" Linux 7\"\n"
	    "file /proc/sys/kernel/osrelease\n"
	    "|6.12.0-160000.9-default\n"
	    "file /proc/sys/kernel/arch\n"
	    "|aarch64\n"
	    "file /proc/meminfo\n"
	    "|MemTotal:       56623108 kB\n"
	    "|SwapTotal:       2097148 kB\n"
	    "|SwapFree:              0 kB\n"
	    "file /proc/self/status\n"
	    "|Name:\tgpudoctor\n"
	    "|Uid:\t1000\t1001\t1002\t1003\n"
	    "|Gid:\t100\t101\t102\t103\n"
	    "|Groups:\t44 993 \n");
	assert_text(&m, "host", "host", "os_id", "some");
	assert_text(&m, "host", "host", "os_like", "rhel fedora");
	assert_text(&m, "host", "host", "os_name", "Some \"Big\" Linux 7");
	assert_absent(&m, "host", "host", "os_version");
	assert_text(&m, "host", "host", "kernel_release", "6.12.0-160000.9-default");
	assert_text(&m, "host", "host", "arch", "aarch64");
	assert_int(&m, "host", "host", "ram_mib", 55296); /* 56623108 / 1024, down */
	assert_absent(&m, "host", "host", "ram_available_mib");
	assert_int(&m, "host", "host", "swap_mib", 2047);
	assert_int(&m, "host", "host", "swap_free_mib", 0);
	assert_int(&m, "host", "host", "caller_uid", 1001);
	assert_text(&m, "host", "host", "caller_groups", "44 993 101");
	assert_true(is_complete(&m, "host"));
}

static void test_host_fallbacks(void **state)
{
	automachine m = { 0 };

	(void)state;
	run(&m, &gd_probe_host,
	    "absent /etc/os-release\n"
	    "absent /usr/lib/os-release\n"
	    "absent /proc/sys/kernel/arch\n"
	    "file /proc/version\n"
	    "|Linux version 6.1.0-13-amd64 (debian-kernel@lists.debian.org) #1 SMP\n"
	    "file /proc/cpuinfo\n"
	    "|processor\t: 0\n"
	    "|flags\t\t: fpu lm sse\n");
	assert_absent(&m, "host", "host", "os_id");
	assert_absent(&m, "host", "host", "os_name");
	assert_text(&m, "host", "host", "kernel_release", "6.1.0-13-amd64");
	assert_text(&m, "host", "host", "arch", "x86_64");
	expect_gap(&m, "host", "host", "ram_mib", GD_GAP_NOT_CAPTURED);
	expect_gap(&m, "host", "host", "caller_uid", GD_GAP_NOT_CAPTURED);
	expect_gap(&m, "host", "host", "caller_groups", GD_GAP_NOT_CAPTURED);

	/* A 32-bit kernel on a 64-bit CPU still shows the flag. */
	run(&m, &gd_probe_host,
	    "absent /proc/sys/kernel/arch\n"
	    "file /proc/cpuinfo\n"
	    "|processor\t: 0\n"
	    "|fdiv_bug\t: no\n"
	    "|flags\t\t: fpu lm sse\n");
	assert_text(&m, "host", "host", "arch", "i686");
}

static void test_host_garbage(void **state)
{
	automachine m = { 0 };

	(void)state;
	run(&m, &gd_probe_host,
	    "file /etc/os-release\n"
	    "|ID=\\xff\\xfe\n"
	    "|PRETTY_NAME=ok\n"
	    "file /proc/sys/kernel/osrelease\n"
	    "absent /proc/version\n"
	    "file /proc/sys/kernel/arch\n"
	    "|\\x00\\x01\n"
	    "file /proc/cpuinfo\n"
	    "file /proc/meminfo\n"
	    "|MemTotal: 99999999999999999999999 kB\n"
	    "|MemAvailable: -5 kB\n"
	    "|SwapTotal: 12\n"
	    "error file /proc/self/status EACCES\n");
	expect_gap(&m, "host", "host", "os_id", GD_GAP_GARBAGE);
	assert_text(&m, "host", "host", "os_name", "ok");
	expect_gap(&m, "host", "host", "kernel_release", GD_GAP_GARBAGE);
	expect_gap(&m, "host", "host", "arch", GD_GAP_GARBAGE);
	expect_gap(&m, "host", "host", "ram_mib", GD_GAP_GARBAGE);
	expect_gap(&m, "host", "host", "ram_available_mib", GD_GAP_GARBAGE);
	expect_gap(&m, "host", "host", "swap_mib", GD_GAP_GARBAGE);
	expect_gap(&m, "host", "host", "caller_uid", GD_GAP_DENIED);
	expect_gap(&m, "host", "host", "caller_groups", GD_GAP_DENIED);

	/* An empty file is no proof that there is no swap. */
	run(&m, &gd_probe_host, "file /proc/meminfo\n");
	expect_gap(&m, "host", "host", "swap_mib", GD_GAP_GARBAGE);
}

static void test_kernel_args(void **state)
{
	automachine m = { 0 };

	(void)state;
	/* As lib/cmdline.c has it: quotes protect blanks, and go where they enclose the value or the whole. */
	run(&m, &gd_probe_kernel,
	    "file /proc/cmdline\n"
	    "|ro  dyndbg=\"file a.c +p\" \"foo.bar=x y\" a=\"b\"c amdgpu.gttsize=-1 e= rdinit=/x=y =z -- init-arg\n");
	assert_true(is_complete(&m, "kernel_arg"));
	assert_int_equal(gd_facts_table_peek(m.facts, "kernel_arg")->count, 8);
	assert_text(&m, "kernel_arg", "1", "name", "ro");
	assert_absent(&m, "kernel_arg", "1", "value");
	assert_text(&m, "kernel_arg", "2", "name", "dyndbg");
	assert_text(&m, "kernel_arg", "2", "value", "file a.c +p");
	assert_text(&m, "kernel_arg", "3", "name", "foo.bar");
	assert_text(&m, "kernel_arg", "3", "value", "x y");
	assert_text(&m, "kernel_arg", "4", "value", "b\"c");
	assert_text(&m, "kernel_arg", "5", "value", "-1");
	assert_text(&m, "kernel_arg", "6", "value", "");
	assert_text(&m, "kernel_arg", "7", "value", "/x=y");
	assert_text(&m, "kernel_arg", "8", "name", "=z");

	run(&m, &gd_probe_kernel, "file /proc/cmdline\n|ro \"never closed\n");
	assert_text(&m, "kernel_arg", "2", "name", "never closed");
	run(&m, &gd_probe_kernel, "file /proc/cmdline\n");
	assert_true(is_complete(&m, "kernel_arg"));
	run(&m, &gd_probe_kernel, "error file /proc/cmdline EACCES\n");
	assert_false(is_complete(&m, "kernel_arg"));
	assert_int_equal(gd_facts_table_peek(m.facts, "kernel_arg")->gap, GD_GAP_DENIED);
	run(&m, &gd_probe_kernel, "file /proc/cmdline\n|ro \\x00\\xff quiet\n");
	assert_int_equal(gd_facts_table_peek(m.facts, "kernel_arg")->gap, GD_GAP_GARBAGE);
}

static void test_kernel_arg_limit(void **state)
{
	gd_autobuf body = { 0 };
	automachine m = { 0 };

	(void)state;
	gd_buf_puts(&body, "file /proc/cmdline\n|");
	for (int i = 0; i < 5000; i++)
		gd_buf_puts(&body, "a ");
	gd_buf_puts(&body, "\n");
	run(&m, &gd_probe_kernel, gd_buf_peek(&body));
	assert_false(is_complete(&m, "kernel_arg"));
	assert_int_equal(gd_facts_table_peek(m.facts, "kernel_arg")->count, 4096);
}

static void test_modules(void **state)
{
	automachine m = { 0 };

	(void)state;
	run(&m, &gd_probe_kernel,
	    "file /proc/modules\n"
	    "|amdgpu 20537344 12 - Live 0x0000000000000000\n"
	    "|snd 131072 3 snd_hda_intel, Live 0x0000000000000000 (OE)\n"
	    "|xe 3457024 0 - Loading 0x0000000000000000\n"
	    "dir /sys/module\n|amdgpu\n|snd\n|xe\n|ttm\n|printk\n"
	    "file /sys/module/amdgpu/version\n|6.16.13\n"
	    "absent /sys/module/ttm/version\n"
	    "dir /sys/module/amdgpu/parameters\n|gttsize\n|secret\n|empty\n"
	    "file /sys/module/amdgpu/parameters/gttsize\n|-1\n"
	    "error file /sys/module/amdgpu/parameters/secret EACCES\n"
	    "file /sys/module/amdgpu/parameters/empty\n|\n"
	    "absent /sys/module/xe/parameters\n"
	    "dir /sys/module/ttm/parameters\n|pages_limit\n"
	    "file /sys/module/ttm/parameters/pages_limit\n|7077888\n");
	assert_true(is_complete(&m, "module"));
	assert_int_equal(gd_facts_table_peek(m.facts, "module")->count, 4);
	assert_int(&m, "module", "amdgpu", "loaded", 1);
	assert_int(&m, "module", "amdgpu", "builtin", 0);
	assert_text(&m, "module", "amdgpu", "version", "6.16.13");
	assert_int(&m, "module", "xe", "loaded", 0);
	assert_int(&m, "module", "ttm", "builtin", 1);
	assert_int(&m, "module", "ttm", "loaded", 1);
	assert_absent(&m, "module", "ttm", "version");
	expect_gap(&m, "module", "snd", "version", GD_GAP_NOT_PROBED);
	assert_true(is_complete(&m, "module_param"));
	assert_text(&m, "module_param", "amdgpu.gttsize", "value", "-1");
	assert_text(&m, "module_param", "amdgpu.gttsize", "module", "amdgpu");
	expect_gap(&m, "module_param", "amdgpu.secret", "value", GD_GAP_DENIED);
	assert_absent(&m, "module_param", "amdgpu.empty", "value");
	assert_text(&m, "module_param", "ttm.pages_limit", "value", "7077888");
}

static void test_modules_partly_known(void **state)
{
	automachine m = { 0 };

	(void)state;
	/* Loaded, but nobody listed its parameters. */
	run(&m, &gd_probe_kernel,
	    "file /proc/modules\n|nvidia 1 0 - Live 0x0\ndir /sys/module\n|nvidia\n");
	assert_true(is_complete(&m, "module"));
	assert_false(is_complete(&m, "module_param"));

	/* No /proc/modules on a kernel without loadable modules: what is there is built in. */
	run(&m, &gd_probe_kernel,
	    "absent /proc/modules\ndir /sys/module\n|kvm\nabsent /sys/module/kvm/parameters\n");
	assert_true(is_complete(&m, "module"));
	assert_int(&m, "module", "kvm", "builtin", 1);

	/* Only the directory: loaded files have "initstate", built-in ones do not. */
	run(&m, &gd_probe_kernel,
	    "dir /sys/module\n|amdgpu\n|kvm\n|xe\nfile /sys/module/amdgpu/initstate\n|live\n"
	    "absent /sys/module/kvm/initstate\n");
	assert_false(is_complete(&m, "module"));
	assert_int(&m, "module", "amdgpu", "builtin", 0);
	assert_int(&m, "module", "kvm", "builtin", 1);
	expect_gap(&m, "module", "xe", "loaded", GD_GAP_NOT_CAPTURED);

	run(&m, &gd_probe_kernel, "file /proc/modules\n|amdgpu\n|\\x01\\x02\ndir /sys/module\n");
	assert_false(is_complete(&m, "module"));
	run(&m, &gd_probe_kernel, "");
	assert_false(is_complete(&m, "module"));
	assert_false(is_complete(&m, "module_param"));
}

/* A tree proves no absence: nothing may be false, absent or "none" in an empty one. */
static void test_empty_tree(void **state)
{
	static const struct gd_probe *const probes[] = { &gd_probe_host, &gd_probe_platform, &gd_probe_kernel,
							 &gd_probe_cpu };
	automachine m = { 0 };

	(void)state;
	for (size_t i = 0; i < GD_COUNT(probes); i++) {
		run_origin(&m, probes[i], "tree", "");
		for (size_t t = 0; t < m.facts->count; t++) {
			const struct gd_rows *rows = &m.facts->tables[t];

			assert_int_equal(rows->complete, rows->table->singleton);
			assert_int_equal(rows->count, rows->table->singleton);
			for (size_t c = 1; rows->count && c < rows->table->column_count; c++)
				assert_int_equal(rows->rows[0]->cells[c].state, GD_UNKNOWN);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host_values),
		cmocka_unit_test(test_host_fallbacks),
		cmocka_unit_test(test_host_garbage),
		cmocka_unit_test(test_kernel_args),
		cmocka_unit_test(test_kernel_arg_limit),
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_modules_partly_known),
		cmocka_unit_test(test_empty_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
