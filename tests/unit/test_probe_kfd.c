/* SPDX-License-Identifier: MIT */
/* The kfd probe against written-out captures; expected values follow from kfd_topology.c and kfd_device.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "host/capture.h"
#include "probe/probe.h"

extern const struct gd_probe gd_probe_kfd;

#define NODES "/sys/class/kfd/kfd/topology/nodes"

struct machine {
	struct gd_host *host;
	struct gd_facts *facts;
};

static void close_machine(struct machine *m)
{
	gd_facts_free(m->facts);
	gd_host_close(m->host);
}

#define automachine GD_CLEANUP(close_machine) struct machine

/* Runs the probe on a capture: `origin` is live or tree, `entries` the rest of its text. */
static struct machine probe(const char *origin, const char *entries)
{
	struct machine m = { .facts = gd_facts_new() };
	struct gd_ctx ctx = { .probe = &gd_probe_kfd, .facts = m.facts };
	struct gd_capture *capture = NULL;
	struct gd_err err = { 0 };
	gd_autobuf text = { 0 };
	size_t count = 0;

	for (const char *s = entries; s && *s; s = strchr(s, '\n') ? strchr(s, '\n') + 1 : NULL)
		count += *s != '|';
	gd_buf_printf(&text, "gpudoctor-capture 1\norigin %s\n%send %zu\n", origin, entries, count);
	if (gd_capture_parse("test", text.data, text.len, &capture, &err) < 0)
		fail_msg("%s", err.text);
	m.host = gd_capture_host(capture);
	ctx.host = m.host;
	for (const struct gd_table *const *t = gd_probe_kfd.tables; *t; t++)
		gd_facts_declare(m.facts, *t, "kfd");
	assert_int_equal(gd_probe_kfd.run(&ctx, &err), 0);
	gd_facts_close(m.facts);
	return m;
}

static struct gd_row *node(const struct machine *m, const char *number)
{
	struct gd_row *row = gd_facts_find(m->facts, "kfd_node", number);

	assert_non_null(row);
	return row;
}

static struct gd_row *kfd(const struct machine *m)
{
	return gd_facts_find(m->facts, "kfd", "kfd");
}

static void assert_text(const struct gd_row *row, const char *column, const char *value)
{
	assert_string_equal(gd_get_text(row, column, "(not known)"), value);
}

static void assert_number(const struct gd_row *row, const char *column, int64_t value)
{
	assert_true(gd_is_known(row, column));
	assert_int_equal(gd_get_int(row, column, -1), value);
}

static void assert_gap(const struct gd_row *row, const char *column, enum gd_gap gap)
{
	assert_int_equal(gd_get(row, column)->state, GD_UNKNOWN);
	assert_string_equal(gd_gap_name_peek(gd_get(row, column)->gap), gd_gap_name_peek(gap));
}

static void assert_absent(const struct gd_row *row, const char *column)
{
	assert_int_equal(gd_get(row, column)->state, GD_ABSENT);
}

/* A machine with one GPU node whose properties end in `more`. */
static struct machine one_gpu(const char *more)
{
	gd_autobuf text = { 0 };

	gd_buf_printf(&text,
		      "dir " NODES "\n|1\nfile " NODES "/1/properties\n|cpu_cores_count 0\n|simd_count 80\n"
		      "|simd_per_cu 2\n|vendor_id 4098\n|device_id 5510\n|location_id 50688\n|drm_render_minor 128\n%s",
		      more);
	return probe("tree", text.data);
}

/* Values of the kernel's table of devices, and the names that ROCm gives to them. */
static void test_isa_names(void **state)
{
	static const struct {
		const char *version;
		const char *isa;
	} cases[] = {
		{ "70000", "gfx700" },	 { "80003", "gfx803" },	  { "90000", "gfx900" },   { "90006", "gfx906" },
		{ "90008", "gfx908" },	 { "90010", "gfx90a" },	  { "90012", "gfx90c" },   { "90402", "gfx942" },
		{ "90500", "gfx950" },	 { "100100", "gfx1010" }, { "100300", "gfx1030" }, { "100306", "gfx1036" },
		{ "110000", "gfx1100" }, { "110003", "gfx1103" }, { "110501", "gfx1151" }, { "120001", "gfx1201" },
		{ "120500", "gfx1250" },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		gd_autofree line = gd_xasprintf("|gfx_target_version %s\n", cases[i].version);
		automachine m = one_gpu(line);

		assert_text(node(&m, "1"), "isa", cases[i].isa);
	}
}

static void test_isa_that_cannot_be(void **state)
{
	static const char *const versions[] = { "1", "9999", "91600", "90016", "90099", "1000000", "4294967295" };
	automachine beyond = one_gpu("|gfx_target_version 4294967296\n");
	automachine negative = one_gpu("|gfx_target_version -110501\n");
	automachine none = one_gpu("|gfx_target_version 0\n");

	(void)state;
	for (size_t i = 0; i < GD_COUNT(versions); i++) {
		gd_autofree line = gd_xasprintf("|gfx_target_version %s\n", versions[i]);
		automachine m = one_gpu(line);

		assert_gap(node(&m, "1"), "isa", GD_GAP_GARBAGE);
		assert_true(gd_is_known(node(&m, "1"), "gfx_target_version"));
	}
	assert_gap(node(&beyond, "1"), "isa", GD_GAP_GARBAGE);
	assert_gap(node(&beyond, "1"), "gfx_target_version", GD_GAP_GARBAGE);
	assert_gap(node(&negative, "1"), "isa", GD_GAP_GARBAGE);
	assert_gap(node(&none, "1"), "isa", GD_GAP_NO_SOURCE);
}

static const char apu[] =
	"dir " NODES "\n|0\n|1\n"
	"file " NODES "/0/gpu_id\n|0\n"
	"file " NODES "/0/name\n|\n"
	"file " NODES "/0/properties\n|cpu_cores_count 32\n|simd_count 0\n|simd_per_cu 0\n|gfx_target_version 0\n"
	"|vendor_id 0\n|device_id 0\n|location_id 0\n|domain 0\n|drm_render_minor 0\n|hive_id 0\n|cwsr_size 0\n"
	"|max_engine_clk_ccompute 5187\n"
	"dir " NODES "/0/mem_banks\n|0\n"
	"file " NODES "/0/mem_banks/0/properties\n|heap_type 0\n|size_in_bytes 33264304128\n|flags 0\n|width 32\n"
	"|mem_clk_max 8000\n"
	"dir " NODES "/0/io_links\n|0\n"
	"file " NODES "/0/io_links/0/properties\n|type 2\n|node_from 0\n|node_to 1\n"
	"file " NODES "/1/gpu_id\n|58117\n"
	"file " NODES "/1/name\n|ip discovery\n"
	"file " NODES "/1/properties\n|cpu_cores_count 0\n|simd_count 80\n|lds_size_in_kb 64\n|wave_front_size 32\n"
	"|simd_per_cu 2\n|gfx_target_version 110501\n|vendor_id 4098\n|device_id 5510\n|location_id 50688\n"
	"|domain 0\n|drm_render_minor 128\n|hive_id 0\n|cwsr_size 19185664\n|ctl_stack_size 16384\n"
	"|max_engine_clk_fcompute 2900\n|fw_version 32\n|sdma_fw_version 14\n|unique_id 18446744073709551615\n"
	"|num_xcc 1\n|max_engine_clk_ccompute 5187\n"
	"dir " NODES "/1/mem_banks\n|0\n"
	"file " NODES "/1/mem_banks/0/properties\n|heap_type 1\n|size_in_bytes 133143986176\n|flags 0\n|width 256\n"
	"|mem_clk_max 1000\n"
	"dir " NODES "/1/io_links\n|0\n"
	"file " NODES "/1/io_links/0/properties\n|type 2\n|node_from 1\n|node_to 0\n"
	"stat /dev/kfd char 0660 0:993 235:0 rw\n";

static void test_apu(void **state)
{
	automachine m = probe("live", apu);
	struct gd_row *gpu = node(&m, "1");

	(void)state;
	assert_true(gd_facts_table_peek(m.facts, "kfd")->complete);
	assert_true(gd_facts_table_peek(m.facts, "kfd_node")->complete);
	assert_number(gpu, "gpu_id", 58117);
	assert_text(gpu, "name", "ip discovery");
	assert_number(gpu, "is_gpu", 1);
	assert_number(gpu, "cu_count", 40);
	assert_number(gpu, "xcc_count", 1);
	assert_text(gpu, "isa", "gfx1151");
	assert_text(gpu, "vendor_id", "1002");
	assert_text(gpu, "device_id", "1586");
	assert_text(gpu, "pci_address", "0000:c6:00.0");
	assert_number(gpu, "render_minor", 128);
	assert_number(gpu, "memory_mib", 126976);
	assert_number(gpu, "memory_width_bits", 256);
	assert_number(gpu, "memory_clock_mhz", 1000);
	assert_number(gpu, "max_engine_mhz", 2900);
	assert_number(gpu, "lds_kib", 64);
	assert_number(gpu, "wave_size", 32);
	assert_number(gpu, "fw_version", 32);
	assert_number(gpu, "sdma_fw_version", 14);
	assert_number(gpu, "cwsr_size", 19185664);
	assert_number(gpu, "ctl_stack_size", 16384);
	assert_number(gpu, "pcie_links", 1);
	assert_number(gpu, "xgmi_links", 0);
	assert_text(gpu, "unique_id", "18446744073709551615");
	assert_absent(gpu, "hive_id");
	assert_string_equal(gd_get(gpu, "isa")->source, NODES "/1/properties");
}

static void test_cpu_node(void **state)
{
	static const char *const none[] = { "name",	   "isa",	   "cu_count",	"vendor_id",  "device_id",
					    "pci_address", "render_minor", "xcc_count", "cwsr_size", "fw_version" };
	automachine m = probe("live", apu);
	struct gd_row *cpu = node(&m, "0");

	(void)state;
	assert_number(cpu, "is_gpu", 0);
	assert_number(cpu, "cpu_cores", 32);
	assert_number(cpu, "gfx_target_version", 0);
	assert_number(cpu, "memory_mib", 31723);
	assert_number(cpu, "max_engine_mhz", 5187);
	for (size_t i = 0; i < GD_COUNT(none); i++)
		assert_absent(cpu, none[i]);
}

static void test_device_node(void **state)
{
	automachine m = probe("live", apu);
	automachine denied = probe("live", "dir " NODES "\nstat /dev/kfd char 0660 0:993 235:0 -\n");
	automachine dir = probe("live", "dir " NODES "\nstat /dev/kfd dir 0755 0:0 0:0 rw\n");

	(void)state;
	assert_number(kfd(&m), "present", 1);
	assert_number(kfd(&m), "topology_readable", 1);
	assert_number(kfd(&m), "node_count", 2);
	assert_number(kfd(&m), "gpu_node_count", 1);
	assert_number(kfd(&m), "dev_present", 1);
	assert_text(kfd(&m), "dev_mode", "0660");
	assert_number(kfd(&m), "dev_gid", 993);
	assert_number(kfd(&m), "dev_accessible", 1);
	assert_number(kfd(&denied), "dev_accessible", 0);
	assert_number(kfd(&dir), "dev_present", 0);
	assert_absent(kfd(&dir), "dev_accessible");
}

static void test_old_kernel(void **state)
{
	automachine m = one_gpu("");
	struct gd_row *gpu = node(&m, "1");

	(void)state;
	assert_gap(gpu, "isa", GD_GAP_NO_SOURCE);
	assert_gap(gpu, "gfx_target_version", GD_GAP_NO_SOURCE);
	assert_non_null(strstr(gd_get(gpu, "isa")->remedy, "5.15"));
	assert_number(gpu, "cu_count", 40);
	assert_text(gpu, "pci_address", "0000:c6:00.0");
	assert_non_null(strstr(gd_get(gpu, "pci_address")->source, "0000 assumed"));
	assert_gap(gpu, "domain", GD_GAP_NO_SOURCE);
	/* That these lines are missing is the sign of the kernel before the fix. */
	assert_absent(gpu, "cwsr_size");
	assert_absent(gpu, "ctl_stack_size");
	/* Not in this tree. */
	assert_gap(gpu, "memory_mib", GD_GAP_NOT_CAPTURED);
	assert_gap(gpu, "xgmi_links", GD_GAP_NOT_CAPTURED);
	assert_gap(gpu, "gpu_id", GD_GAP_NOT_CAPTURED);
	assert_gap(kfd(&m), "dev_present", GD_GAP_NOT_CAPTURED);
	assert_number(kfd(&m), "node_count", 1);
}

static void test_hidden_gpu(void **state)
{
	automachine m = probe("live", "dir " NODES "\n|0\n|1\n"
				      "file " NODES "/0/properties\n|cpu_cores_count 8\n|simd_count 0\n"
				      "error file " NODES "/1/properties EPERM\n"
				      "error file " NODES "/1/gpu_id EPERM\n"
				      "error file " NODES "/1/name EPERM\n"
				      "dir " NODES "/1/mem_banks\n|0\n"
				      "error file " NODES "/1/mem_banks/0/properties EPERM\n"
				      "dir " NODES "/1/io_links\n|0\n"
				      "error file " NODES "/1/io_links/0/properties EPERM\n");
	struct gd_row *gpu = node(&m, "1");

	(void)state;
	assert_true(gd_facts_table_peek(m.facts, "kfd_node")->complete);
	for (size_t i = 1; i < gpu->table->column_count; i++)
		assert_gap(gpu, gpu->table->columns[i].name, GD_GAP_DENIED);
	assert_non_null(strstr(gd_get(gpu, "isa")->remedy, "render node"));
	assert_number(kfd(&m), "node_count", 2);
	assert_gap(kfd(&m), "gpu_node_count", GD_GAP_DENIED);
}

static void test_partitions(void **state)
{
	gd_autobuf text = { 0 };

	(void)state;
	gd_buf_puts(&text, "dir " NODES "\n|2\n|3\n|10\n|x\n|01\n|-1\n|99999999999\n");
	for (int i = 0; i < 3; i++)
		gd_buf_printf(&text,
			      "file " NODES "/%d/properties\n|cpu_cores_count 0\n|simd_count 152\n|simd_per_cu 4\n"
			      "|gfx_target_version 90402\n|vendor_id 4098\n|device_id 29857\n|location_id %u\n"
			      "|domain %d\n|num_xcc 1\n|hive_id 1152921504606846977\n"
			      "dir " NODES "/%d/io_links\n|0\n|1\n|2\n"
			      "file " NODES "/%d/io_links/0/properties\n|type 11\n"
			      "file " NODES "/%d/io_links/1/properties\n|type 11\n"
			      "file " NODES "/%d/io_links/2/properties\n|type 2\n",
			      i == 2 ? 10 : i + 2, i == 2 ? 0x70000500u : 1280u + (unsigned)i * 7, i == 2,
			      i == 2 ? 10 : i + 2, i == 2 ? 10 : i + 2, i == 2 ? 10 : i + 2, i == 2 ? 10 : i + 2);

	automachine m = probe("tree", text.data);

	assert_number(kfd(&m), "node_count", 3);
	assert_number(kfd(&m), "gpu_node_count", 3);
	assert_text(node(&m, "2"), "pci_address", "0000:05:00.0");
	assert_text(node(&m, "3"), "pci_address", "0000:05:00.7");
	/* Kernels that count partitions in bits 28 to 31 instead; and a second PCI domain. */
	assert_text(node(&m, "10"), "pci_address", "0001:05:00.0");
	assert_number(node(&m, "2"), "cu_count", 38);
	assert_text(node(&m, "2"), "isa", "gfx942");
	assert_number(node(&m, "2"), "xgmi_links", 2);
	assert_number(node(&m, "2"), "pcie_links", 1);
	assert_text(node(&m, "2"), "hive_id", "1152921504606846977");
}

static void test_memory_banks(void **state)
{
	automachine two = one_gpu("dir " NODES "/1/mem_banks\n|0\n|1\n|2\n"
				  "file " NODES "/1/mem_banks/0/properties\n|heap_type 1\n|size_in_bytes 268435456\n"
				  "|width 384\n|mem_clk_max 1249\n"
				  "file " NODES "/1/mem_banks/1/properties\n|heap_type 2\n|size_in_bytes 805306368\n"
				  "|width 384\n|mem_clk_max 1249\n"
				  "file " NODES "/1/mem_banks/2/properties\n|heap_type 3\n|size_in_bytes 65536\n"
				  "|width 1\n|mem_clk_max 1\n");
	automachine none = one_gpu("dir " NODES "/1/mem_banks\n");
	automachine broken = one_gpu("dir " NODES "/1/mem_banks\n|0\n"
				     "file " NODES "/1/mem_banks/0/properties\n|heap_type 1\n|size_in_bytes -1\n"
				     "|width 384\n|mem_clk_max 1249\n");
	automachine huge = one_gpu("dir " NODES "/1/mem_banks\n|0\n|1\n"
				   "file " NODES "/1/mem_banks/0/properties\n|heap_type 1\n"
				   "|size_in_bytes 9223372036854775807\n|width 384\n|mem_clk_max 1249\n"
				   "file " NODES "/1/mem_banks/1/properties\n|heap_type 1\n"
				   "|size_in_bytes 9223372036854775807\n|width 384\n|mem_clk_max 1249\n");

	(void)state;
	assert_number(node(&two, "1"), "memory_mib", 1024);
	assert_number(node(&two, "1"), "memory_width_bits", 384);
	assert_absent(node(&none, "1"), "memory_mib");
	assert_gap(node(&broken, "1"), "memory_mib", GD_GAP_GARBAGE);
	assert_gap(node(&huge, "1"), "memory_mib", GD_GAP_GARBAGE);
}

static void test_garbage(void **state)
{
	automachine binary = probe("tree", "dir " NODES "\n|1\nfile " NODES "/1/properties\n|\\x00\\xff\\xfe\n");
	automachine empty = probe("tree", "dir " NODES "\n|1\nfile " NODES "/1/properties\n");
	automachine overflow = probe("tree", "dir " NODES "\n|1\nfile " NODES "/1/properties\n"
					     "|simd_count 99999999999999999999\n");
	automachine part = one_gpu("|wave_front_size banana\n|domain -1\n|fw_version 4294967296\n");
	automachine zero = probe("tree", "dir " NODES "\n|1\nfile " NODES "/1/properties\n"
					 "|simd_count 80\n|simd_per_cu 0\n");

	(void)state;
	assert_gap(node(&binary, "1"), "simd_count", GD_GAP_GARBAGE);
	assert_gap(node(&binary, "1"), "isa", GD_GAP_GARBAGE);
	assert_gap(node(&empty, "1"), "is_gpu", GD_GAP_GARBAGE);
	assert_gap(node(&overflow, "1"), "is_gpu", GD_GAP_GARBAGE);
	assert_gap(kfd(&overflow), "gpu_node_count", GD_GAP_GARBAGE);
	assert_gap(node(&part, "1"), "wave_size", GD_GAP_GARBAGE);
	assert_gap(node(&part, "1"), "fw_version", GD_GAP_GARBAGE);
	/* A domain that makes no sense is not the same as none given. */
	assert_gap(node(&part, "1"), "pci_address", GD_GAP_GARBAGE);
	assert_number(node(&part, "1"), "cu_count", 40);
	assert_gap(node(&zero, "1"), "cu_count", GD_GAP_GARBAGE);
}

static void test_no_driver(void **state)
{
	automachine m = probe("live", "dir /sys/class\n|drm\n|net\nabsent " NODES "\nabsent /sys/class/kfd\n"
				      "absent /dev/kfd\n");
	automachine quiet = probe("live", "dir /sys/class\n|drm\nabsent " NODES "\nabsent /sys/class/kfd\n");

	(void)state;
	assert_number(kfd(&m), "present", 0);
	assert_absent(kfd(&m), "topology_readable");
	assert_absent(kfd(&m), "node_count");
	assert_number(kfd(&m), "dev_present", 0);
	assert_absent(kfd(&m), "dev_mode");
	assert_true(gd_facts_table_peek(m.facts, "kfd_node")->complete);
	assert_int_equal(gd_facts_table_peek(m.facts, "kfd_node")->count, 0);
	assert_false(gd_is_known(kfd(&quiet), "dev_present"));
}

static void test_nothing_to_be_seen(void **state)
{
	automachine bare = probe("live", "absent " NODES "\nabsent /sys/class/kfd\nabsent /sys/class\n"
					 "absent /dev/kfd\n");
	automachine tree = probe("tree", "file /proc/version\n|Linux\n");
	automachine denied = probe("live", "dir /sys/class/kfd\n|kfd\nerror dir " NODES " EACCES\n");

	(void)state;
	assert_gap(kfd(&bare), "present", GD_GAP_ERROR);
	assert_false(gd_facts_table_peek(bare.facts, "kfd_node")->complete);
	assert_gap(kfd(&tree), "present", GD_GAP_NOT_CAPTURED);
	assert_false(gd_facts_table_peek(tree.facts, "kfd_node")->complete);
	assert_number(kfd(&denied), "present", 1);
	assert_number(kfd(&denied), "topology_readable", 0);
	assert_gap(kfd(&denied), "node_count", GD_GAP_DENIED);
	assert_int_equal(gd_facts_table_peek(denied.facts, "kfd_node")->gap, GD_GAP_DENIED);
}

static void test_too_many_nodes(void **state)
{
	gd_autobuf text = { 0 };

	(void)state;
	gd_buf_puts(&text, "dir " NODES "\n");
	for (int i = 0; i < 4100; i++)
		gd_buf_printf(&text, "|%d\n", i);

	automachine m = probe("tree", text.data);

	assert_int_equal(gd_facts_table_peek(m.facts, "kfd_node")->count, 4096);
	assert_false(gd_facts_table_peek(m.facts, "kfd_node")->complete);
	assert_gap(kfd(&m), "gpu_node_count", GD_GAP_GARBAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_isa_names),      cmocka_unit_test(test_isa_that_cannot_be),
		cmocka_unit_test(test_apu),	       cmocka_unit_test(test_cpu_node),
		cmocka_unit_test(test_device_node),    cmocka_unit_test(test_old_kernel),
		cmocka_unit_test(test_hidden_gpu),     cmocka_unit_test(test_partitions),
		cmocka_unit_test(test_memory_banks),   cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_no_driver),      cmocka_unit_test(test_nothing_to_be_seen),
		cmocka_unit_test(test_too_many_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
