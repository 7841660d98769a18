/* SPDX-License-Identifier: MIT */
/* The kernel's compute driver for AMD GPUs (KFD): is it there, may it be used, which nodes it has. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/parse.h"
#include "kfd_node.h"
#include "probe/probe.h"

#define CLASS_PATH "/sys/class/kfd"
#define NODES_PATH "/sys/class/kfd/kfd/topology/nodes"
#define DEV_PATH "/dev/kfd"

/* Eight GPUs in eight partitions each are 64; beyond this the directory is not what it claims to be. */
enum { NODES_MAX = 4096 };

static const struct gd_column kfd_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "always \"kfd\"" },
	{ .name = "present", .type = GD_BOOL, .help = "the kernel has the compute driver for AMD GPUs loaded" },
	{ .name = "topology_readable", .type = GD_BOOL, .help = "the list of compute nodes may be read by this user" },
	{ .name = "node_count", .type = GD_INT, .help = "how many compute nodes there are, CPUs among them" },
	{ .name = "gpu_node_count", .type = GD_INT, .help = "how many of the nodes are GPUs or parts of one" },
	{ .name = "dev_present", .type = GD_BOOL, .help = "the device node /dev/kfd is there" },
	{ .name = "dev_mode", .type = GD_TEXT, .help = "the permission bits of /dev/kfd in octal, as in 0660" },
	{ .name = "dev_gid", .type = GD_INT, .help = "the numeric group that owns /dev/kfd" },
	{ .name = "dev_accessible",
	  .type = GD_BOOL,
	  .help = "this user may open /dev/kfd for reading and writing, as ROCm does" },
};

static const struct gd_table kfd_table = {
	.name = "kfd",
	.help = "The kernel's compute driver for AMD GPUs, which ROCm needs.",
	.singleton = true,
	.columns = kfd_columns,
	.column_count = GD_COUNT(kfd_columns),
};

static const struct gd_column node_columns[] = {
	{ .name = "node", .type = GD_INT, .flags = GD_COL_KEY, .help = "the number of the node" },
	{ .name = "gpu_id", .type = GD_INT, .help = "the driver's number for the GPU; 0 on a CPU node" },
	{ .name = "name", .type = GD_TEXT, .help = "the driver's name for the chip, often only \"ip discovery\"" },
	{ .name = "is_gpu", .type = GD_BOOL, .help = "the node computes with SIMD units, that is, it is a GPU" },
	{ .name = "cpu_cores", .type = GD_INT, .help = "how many logical CPUs belong to the node" },
	{ .name = "simd_count", .type = GD_INT, .help = "how many SIMD units the node has; 0 on a CPU node" },
	{ .name = "simd_per_cu", .type = GD_INT, .help = "how many SIMD units make up one compute unit" },
	{ .name = "cu_count", .type = GD_INT, .help = "how many compute units the node has" },
	{ .name = "xcc_count", .type = GD_INT, .help = "how many accelerated compute dies the node spans" },
	{ .name = "gfx_target_version",
	  .type = GD_INT,
	  .help = "the ISA as a decimal number, as in 110501 for gfx1151; 0 on a CPU node" },
	{ .name = "isa", .type = GD_TEXT, .help = "the ISA that the driver reports, as in gfx1151" },
	{ .name = "vendor_id", .type = GD_TEXT, .help = "the PCI vendor in four hexadecimal digits" },
	{ .name = "device_id", .type = GD_TEXT, .help = "the PCI device in four hexadecimal digits" },
	{ .name = "pci_address",
	  .type = GD_TEXT,
	  .help = "the PCI address of the node, whose last digit may count partitions of one card" },
	{ .name = "domain", .type = GD_INT, .help = "the PCI domain" },
	{ .name = "location_id", .type = GD_INT, .help = "PCI bus, device and function as one number" },
	{ .name = "render_minor",
	  .type = GD_INT,
	  .help = "the number in the name of the render node, as in renderD128" },
	{ .name = "memory_mib",
	  .type = GD_INT,
	  .help = "memory of the node: of a GPU what the driver counts as its local memory, else system memory" },
	{ .name = "memory_width_bits", .type = GD_INT, .help = "the width of the memory bus in bits" },
	{ .name = "memory_clock_mhz", .type = GD_INT, .help = "the highest clock of the memory" },
	{ .name = "max_engine_mhz", .type = GD_INT, .help = "the highest clock of the compute engine" },
	{ .name = "lds_kib", .type = GD_INT, .help = "local data share of one compute unit" },
	{ .name = "wave_size", .type = GD_INT, .help = "how many lanes one wavefront has" },
	{ .name = "fw_version", .type = GD_INT, .help = "version of the compute engine's firmware" },
	{ .name = "sdma_fw_version", .type = GD_INT, .help = "version of the copy engine's firmware" },
	{ .name = "cwsr_size",
	  .type = GD_INT,
	  .help = "bytes to save a suspended wave into; absent where the kernel is too old to say" },
	{ .name = "ctl_stack_size",
	  .type = GD_INT,
	  .help = "bytes of the control stack in that area; absent where the kernel is too old to say" },
	{ .name = "xgmi_links", .type = GD_INT, .help = "how many XGMI links lead from the node" },
	{ .name = "pcie_links", .type = GD_INT, .help = "how many PCIe links lead from the node" },
	{ .name = "unique_id",
	  .type = GD_TEXT,
	  .flags = GD_COL_PRIVATE,
	  .help = "the serial number burnt into the chip" },
	{ .name = "hive_id", .type = GD_TEXT, .flags = GD_COL_PRIVATE, .help = "the group of GPUs joined by XGMI" },
};

static const struct gd_table node_table = {
	.name = "kfd_node",
	.help = "One node of the compute driver's topology: a CPU socket, a GPU, or a partition of a GPU.",
	.columns = node_columns,
	.column_count = GD_COUNT(node_columns),
};

static const struct gd_table *const tables[] = { &kfd_table, &node_table, NULL };

/* Node directories are plain decimal numbers; "01" would be a second name for node 1. */
static bool is_node_name(const char *name, uint64_t *ret)
{
	size_t len = strlen(name);

	if (!len || len > 9 || strspn(name, "0123456789") != len || (len > 1 && *name == '0'))
		return false;
	return gd_parse_u64(name, 10, ret) == 0;
}

static void fill_nodes(struct gd_ctx *ctx, struct gd_row *kfd, const struct gd_strv *names)
{
	const struct gd_cell *unsure = NULL;
	int64_t gpus = 0;
	size_t count = 0;

	for (size_t i = 0; i < names->count; i++) {
		gd_autofree dir = gd_xasprintf(NODES_PATH "/%s", names->items[i]);
		struct gd_row *row;
		uint64_t number;

		if (!is_node_name(names->items[i], &number))
			continue;
		if (++count > NODES_MAX)
			continue;
		row = gd_facts_add(ctx->facts, "kfd_node");
		gd_set_int(row, "node", (int64_t)number, dir);
		gd_kfd_fill_node(ctx, row, dir);
		if (!gd_is_known(row, "is_gpu"))
			unsure = gd_get(row, "is_gpu");
		gpus += gd_get_int(row, "is_gpu", 0);
	}
	gd_set_int(kfd, "node_count", (int64_t)count, NODES_PATH);
	if (count > NODES_MAX) {
		gd_facts_incomplete(ctx->facts, "kfd_node", GD_GAP_GARBAGE,
				    NODES_PATH " lists more nodes than a machine can have", NULL);
		gd_set_unknown(kfd, "gpu_node_count", GD_GAP_GARBAGE, "not every node was looked at", NULL);
		return;
	}
	gd_facts_complete(ctx->facts, "kfd_node");
	if (unsure && unsure->state == GD_UNKNOWN)
		gd_kfd_copy_state(kfd, "gpu_node_count", unsure);
	else
		gd_set_int(kfd, "gpu_node_count", gpus, NODES_PATH "/*/properties");
}

/* In a container without sysfs, a missing file proves nothing. */
static bool is_blind(struct gd_ctx *ctx)
{
	gd_autostrv names = { 0 };

	return gd_host_is_absence(gd_host_list(ctx->host, "/sys/class", &names));
}

static void fill_blind(struct gd_ctx *ctx, struct gd_row *kfd)
{
	static const char *const columns[] = { "present", "topology_readable", "node_count", "gpu_node_count" };
	static const char detail[] = "/sys/class: sysfs is not mounted here";
	static const char remedy[] = "mount sysfs, or run gpudoctor outside of this container";

	for (size_t i = 0; i < GD_COUNT(columns); i++)
		gd_set_unknown(kfd, columns[i], GD_GAP_ERROR, detail, remedy);
	gd_facts_incomplete(ctx->facts, "kfd_node", GD_GAP_ERROR, detail, remedy);
}

/* Without a list of nodes: is the driver there at all? */
static void fill_without_nodes(struct gd_ctx *ctx, struct gd_row *kfd, int error)
{
	static const char *const columns[] = { "topology_readable", "node_count", "gpu_node_count" };
	gd_autostrv names = { 0 };
	int r = gd_host_list(ctx->host, CLASS_PATH, &names);

	if (gd_host_is_absence(r) && is_blind(ctx)) {
		fill_blind(ctx, kfd);
		return;
	}
	if (gd_host_is_absence(r) || (r == -GD_ENOTCAPTURED && gd_module_is_absent(ctx, "amdgpu"))) {
		const char *source = gd_host_is_absence(r) ? CLASS_PATH : "/proc/modules, without amdgpu";

		gd_set_bool(kfd, "present", false, source);
		for (size_t i = 0; i < GD_COUNT(columns); i++)
			gd_set_absent(kfd, columns[i], source);
		gd_facts_complete(ctx->facts, "kfd_node");
		return;
	}
	if (r == 0)
		gd_set_bool(kfd, "present", true, CLASS_PATH);
	else
		gd_take_error(ctx, kfd, "present", CLASS_PATH, r);
	for (size_t i = 0; i < GD_COUNT(columns); i++)
		gd_take_error(ctx, kfd, columns[i], NODES_PATH, error);
	if (error == -EACCES || error == -EPERM)
		gd_set_bool(kfd, "topology_readable", false, NODES_PATH);
	gd_take_list_error(ctx, "kfd_node", NODES_PATH, error);
}

static void fill_device(struct gd_ctx *ctx, struct gd_row *kfd)
{
	static const char *const columns[] = { "dev_mode", "dev_gid", "dev_accessible" };
	struct gd_stat st;
	int r = gd_host_stat(ctx->host, DEV_PATH, &st);
	bool missing = gd_host_is_absence(r);
	gd_autofree mode = NULL;

	if (r < 0 && !missing && !gd_get_int(kfd, "present", 1)) {
		gd_set_absent(kfd, "dev_present", CLASS_PATH);
		for (size_t i = 0; i < GD_COUNT(columns); i++)
			gd_set_absent(kfd, columns[i], CLASS_PATH);
		return;
	}
	/* A container that was told to mount a missing /dev/kfd gets a directory of that name. */
	if (missing || (r == 0 && !S_ISCHR(st.mode))) {
		const char *source = missing ? DEV_PATH : DEV_PATH ", which is no character device";

		gd_set_bool(kfd, "dev_present", false, source);
		for (size_t i = 0; i < GD_COUNT(columns); i++)
			gd_set_absent(kfd, columns[i], source);
		return;
	}
	if (r < 0) {
		gd_take_error(ctx, kfd, "dev_present", DEV_PATH, r);
		for (size_t i = 0; i < GD_COUNT(columns); i++)
			gd_take_error(ctx, kfd, columns[i], DEV_PATH, r);
		return;
	}
	mode = gd_xasprintf("%04o", (unsigned)st.mode & 07777u);
	gd_set_bool(kfd, "dev_present", true, DEV_PATH);
	gd_set_text(kfd, "dev_mode", mode, DEV_PATH);
	gd_set_int(kfd, "dev_gid", (int64_t)st.gid, DEV_PATH);
	gd_set_bool(kfd, "dev_accessible", st.readable && st.writable, DEV_PATH);
}

static const char *const needs[] = { "kernel", NULL };

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	struct gd_row *kfd = gd_facts_add(ctx->facts, "kfd");
	gd_autostrv names = { 0 };
	int r = gd_host_list(ctx->host, NODES_PATH, &names);

	(void)err;
	gd_set_text(kfd, "id", "kfd", "gpudoctor");
	if (r == 0) {
		gd_set_bool(kfd, "present", true, CLASS_PATH);
		gd_set_bool(kfd, "topology_readable", true, NODES_PATH);
		fill_nodes(ctx, kfd, &names);
	} else {
		fill_without_nodes(ctx, kfd, r);
	}
	fill_device(ctx, kfd);
	gd_facts_complete(ctx->facts, "kfd");
	return 0;
}

const struct gd_probe gd_probe_kfd = {
	.name = "kfd",
	.help = "The compute driver of AMD GPUs: its topology in /sys/class/kfd and the device /dev/kfd.",
	.tables = tables,
	.needs = needs,
	.run = run,
};
