/* SPDX-License-Identifier: MIT */
/*
 * One row for each physical GPU: what the PCI, DRM, KFD and driver probes found
 * is put together here, and nothing is read anew.
 */
#include "probes/gpu.h"

#include <string.h>

#include "base/parse.h"

static const struct gd_column gpu_columns[] = {
	{ .name = "id",
	  .type = GD_TEXT,
	  .flags = GD_COL_KEY,
	  .help = "The PCI address; where there is none, the card node or the KFD node." },
	{ .name = "vendor", .type = GD_TEXT, .help = "The maker of the chip: AMD, NVIDIA, Intel …" },
	{ .name = "vendor_id", .type = GD_TEXT, .help = "The vendor of the chip, as four hexadecimal digits." },
	{ .name = "device_id", .type = GD_TEXT, .help = "The chip, as four hexadecimal digits." },
	{ .name = "revision", .type = GD_TEXT, .help = "The revision of the chip, as two hexadecimal digits." },
	{ .name = "subsystem", .type = GD_TEXT, .help = "The board: vendor and device, as in 1da2:e471." },
	{ .name = "name",
	  .type = GD_TEXT,
	  .help = "The marketing name; where the ids leave it open, those that it may be, joined by \"or\"." },
	{ .name = "name_exact", .type = GD_BOOL, .help = "Whether the ids leave one name only." },
	{ .name = "codename", .type = GD_TEXT, .help = "The chip's code name: Navi 48, Phoenix, GA104M …" },
	{ .name = "generation", .type = GD_TEXT, .help = "The generation of an AMD GPU: RDNA3, CDNA2 …" },
	{ .name = "isa",
	  .type = GD_TEXT,
	  .help = "The ISA, as in gfx1103; for NVIDIA the compute capability, as in sm_86. The driver's word goes "
		  "first." },
	{ .name = "isa_kfd", .type = GD_TEXT, .help = "The ISA that the compute driver (KFD) reports." },
	{ .name = "isa_ip", .type = GD_TEXT, .help = "The ISA that follows from the version of the graphics block." },
	{ .name = "isa_db", .type = GD_TEXT, .help = "The ISA that the GPU database has for the PCI id." },
	{ .name = "isa_agrees",
	  .type = GD_BOOL,
	  .help = "Whether these sources agree; absent where fewer than two of them speak." },
	{ .name = "integrated", .type = GD_BOOL, .help = "Whether it shares the memory of the CPU." },
	{ .name = "compute",
	  .type = GD_BOOL,
	  .help = "Whether it can compute; false for the display chips of servers and virtual machines." },
	{ .name = "passthrough",
	  .type = GD_BOOL,
	  .help = "Whether it is handed to virtual machines (vfio-pci and the like)." },
	{ .name = "cu_count", .type = GD_INT, .help = "The compute units of the whole card, all partitions added up." },
	{ .name = "partitions",
	  .type = GD_INT,
	  .help = "How many compute devices the card is split into; 1 normally." },
	{ .name = "kfd_node", .type = GD_INT, .help = "Its node in the compute topology, the first of several." },
	{ .name = "card", .type = GD_TEXT, .help = "Its card node: card1." },
	{ .name = "render_node", .type = GD_TEXT, .help = "Its render node: renderD128." },
	{ .name = "driver", .type = GD_TEXT, .help = "The kernel driver bound to it; absent where none is." },
	{ .name = "driver_bound", .type = GD_BOOL, .help = "Whether any kernel driver is bound to it." },
	{ .name = "driver_wanted", .type = GD_TEXT, .help = "The kernel driver that serves it for compute." },
	{ .name = "vram_mib",
	  .type = GD_INT,
	  .help = "Its own memory; on an integrated GPU the part of RAM that the firmware set aside (carve-out)." },
	{ .name = "vram_used_mib", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "How much of that is in use." },
	{ .name = "visible_vram_mib", .type = GD_INT, .help = "How much of that the CPU can reach directly." },
	{ .name = "gtt_mib", .type = GD_INT, .help = "The system memory that it may map at most (GTT)." },
	{ .name = "gtt_used_mib", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "How much of that is in use." },
	{ .name = "memory_bus_bits", .type = GD_INT, .help = "The width of its memory bus." },
	{ .name = "memory_type", .type = GD_TEXT, .help = "GDDR6, HBM2, LPDDR5X …" },
	{ .name = "bandwidth_gbps",
	  .type = GD_REAL,
	  .help = "The theoretical memory bandwidth, in 10^9 bytes a second." },
	{ .name = "resizable_bar",
	  .type = GD_BOOL,
	  .help = "Whether the CPU reaches all of its memory through the BAR; absent on integrated GPUs." },
	{ .name = "bar_max_mib", .type = GD_INT, .help = "The size of its largest memory BAR." },
	{ .name = "link_gtps",
	  .type = GD_REAL,
	  .flags = GD_COL_VOLATILE,
	  .help = "Its own PCIe link speed now, in GT/s." },
	{ .name = "link_width", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "The lanes of that link now." },
	{ .name = "link_max_gtps", .type = GD_REAL, .help = "The highest speed of that link." },
	{ .name = "link_max_width", .type = GD_INT, .help = "The most lanes of that link." },
	{ .name = "link_reliable",
	  .type = GD_BOOL,
	  .help = "Whether these registers describe the link to the slot; false behind a switch on the card." },
	{ .name = "slot", .type = GD_TEXT, .help = "The port of the board or CPU that the card is plugged into." },
	{ .name = "slot_gtps",
	  .type = GD_REAL,
	  .flags = GD_COL_VOLATILE,
	  .help = "The link speed of that port now, in GT/s." },
	{ .name = "slot_width", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "The lanes of that port now." },
	{ .name = "slot_max_gtps", .type = GD_REAL, .help = "The highest link speed of that port." },
	{ .name = "slot_max_width", .type = GD_INT, .help = "The most lanes of that port." },
	{ .name = "path_max_gtps", .type = GD_REAL, .help = "The link speed that both ends are capable of." },
	{ .name = "path_max_width", .type = GD_INT, .help = "The lanes that both ends are capable of." },
	{ .name = "asleep",
	  .type = GD_BOOL,
	  .flags = GD_COL_VOLATILE,
	  .help = "Whether it is suspended; it is not woken." },
	{ .name = "performance_level",
	  .type = GD_TEXT,
	  .flags = GD_COL_VOLATILE,
	  .help = "The power management level that is forced: auto, low, high …" },
	{ .name = "kernel_min", .type = GD_VERSION, .help = "The first Linux release that serves this ISA." },
	{ .name = "rocm",
	  .type = GD_TEXT,
	  .help = "yes: some build of ROCm has this ISA; dropped: AMD's current packages have it no more; never." },
	{ .name = "vulkan_driver",
	  .type = GD_TEXT,
	  .help = "The Vulkan driver that shows it first: radv, nvidia …; absent where Vulkan does not show it." },
	{ .name = "vulkan_mib", .type = GD_INT, .help = "The memory that llama.cpp sees there." },
	{ .name = "mesa_version",
	  .type = GD_VERSION,
	  .help = "The version of Mesa of that driver; absent for others." },
	{ .name = "hsa_isa",
	  .type = GD_TEXT,
	  .help = "The ISA that ROCm's runtime takes it for, overrides included; absent where it does not offer it." },
	{ .name = "cuda_version", .type = GD_VERSION, .help = "The newest CUDA that its driver serves." },
	{ .name = "numa_node", .type = GD_INT, .help = "The NUMA node it is attached to." },
};

static const struct gd_table gpu_table = {
	.name = "gpu",
	.help = "A physical GPU, as all sources together show it.",
	.columns = gpu_columns,
	.column_count = GD_COUNT(gpu_columns),
};

void gd_gpu_copy(struct gd_row *gpu, const char *column, const struct gd_row *from, const char *from_column)
{
	if (from)
		gd_set_cell(gpu, column, gd_get(from, from_column));
	else
		gd_set_unknown(gpu, column, GD_GAP_NO_SOURCE, "no file of its driver says it", NULL);
}

static bool is_true(const struct gd_row *row, const char *column)
{
	return gd_get_int(row, column, 0) == 1;
}

/* Data-centre GPUs may call themselves processing accelerators, as NPUs and other things do. */
static bool is_gpu(const struct gd_ctx *ctx, const struct gd_row *pci)
{
	struct gd_pci_key key = { .vendor = gd_get_text(pci, "vendor_id", ""),
				  .device = gd_get_text(pci, "device_id", "") };
	struct gd_pci_match match;

	if (is_true(pci, "display"))
		return true;
	if (!is_true(pci, "accelerator"))
		return false;
	if (gd_text_is(pci, "driver", "amdgpu") || gd_text_is(pci, "driver", "nvidia"))
		return true;
	gd_gpudb_match_pci(ctx->db, &key, &match);
	return match.count > 0;
}

/* The row of a table whose column holds this text; NULL where there is none. */
static const struct gd_row *row_by(const struct gd_ctx *ctx, const char *table, const char *column, const char *value,
				   const char *kind)
{
	const struct gd_rows *rows = gd_facts_table_peek(ctx->facts, table);

	for (size_t i = 0; rows && i < rows->count; i++)
		if (gd_text_is(rows->rows[i], column, value) && (!kind || gd_text_is(rows->rows[i], "kind", kind)))
			return rows->rows[i];
	return NULL;
}

/* Partitions of a card show as functions of one PCI device: what counts is the address without the function. */
static bool same_device(const char *a, const char *b)
{
	const char *dot = strrchr(a, '.');

	return dot && !strncmp(a, b, (size_t)(dot - a) + 1);
}

static bool is_gpu_node(const struct gd_row *node)
{
	return is_true(node, "is_gpu");
}

static void add_node(struct gd_gpu_sources *s, const struct gd_row *node)
{
	s->nodes = gd_xrealloc_array(s->nodes, s->node_count + 1, sizeof(*s->nodes));
	s->nodes[s->node_count++] = node;
}

/* The KFD nodes of the device with this address, whatever their function: partitions count as functions. */
static void find_nodes(const struct gd_ctx *ctx, const char *address, struct gd_gpu_sources *s)
{
	const struct gd_rows *rows = gd_facts_table_peek(ctx->facts, "kfd_node");

	for (size_t i = 0; i < rows->count; i++) {
		const char *at = gd_get_text(rows->rows[i], "pci_address", NULL);

		if (is_gpu_node(rows->rows[i]) && at && same_device(at, address))
			add_node(s, rows->rows[i]);
	}
}

/* What only AMD's kernel driver has is not unknown on other GPUs: there is no such thing. */
static void drop_amd_only(struct gd_row *gpu)
{
	static const char *const columns[] = {
		"isa_kfd",	     "isa_ip",	"cu_count",	"partitions", "kfd_node",
		"performance_level", "gtt_mib", "gtt_used_mib",
	};
	const char *vendor = gd_get_text(gpu, "vendor_id", NULL);

	for (size_t i = 0; vendor && strcmp(vendor, "1002") && i < GD_COUNT(columns); i++)
		gd_set_absent(gpu, columns[i], "no AMD GPU");
}

static void fill(struct gd_ctx *ctx, struct gd_row *gpu, struct gd_gpu_sources *s)
{
	gd_gpu_copy(gpu, "card", s->card, "name");
	gd_gpu_copy(gpu, "render_node", s->render, "name");
	gd_gpu_copy(gpu, "asleep", s->pci, "asleep");
	gd_gpu_copy(gpu, "numa_node", s->pci, "numa_node");
	gd_gpu_copy(gpu, "performance_level", s->amdgpu, "performance_level");
	gd_gpu_count_units(gpu, s);
	gd_gpu_identify(ctx, gpu, s);
	gd_gpu_measure(ctx, gpu, s);
	gd_gpu_link_libraries(ctx, gpu, s);
	drop_amd_only(gpu);
}

static void add_pci_gpu(struct gd_ctx *ctx, const struct gd_row *pci)
{
	const char *address = gd_get_text(pci, "address", "");
	struct gd_row *gpu = gd_facts_add(ctx->facts, "gpu");
	struct gd_gpu_sources s = {
		.pci = pci,
		.card = row_by(ctx, "drm_node", "device", address, "card"),
		.render = row_by(ctx, "drm_node", "device", address, "render"),
		.amdgpu = row_by(ctx, "amdgpu", "device", address, NULL),
		.nvidia = row_by(ctx, "nvidia_gpu", "address", address, NULL),
		.intel = row_by(ctx, "intel_gpu", "address", address, NULL),
		.nvml = gd_gpu_nvml_peek(ctx, address),
	};

	find_nodes(ctx, address, &s);
	gd_set_cell(gpu, "id", gd_get(pci, "address"));
	fill(ctx, gpu, &s);
	free(s.nodes);
}

/* A card that no PCI device stands behind, as far as was captured. */
static void add_card_gpu(struct gd_ctx *ctx, const struct gd_row *card)
{
	const char *name = gd_get_text(card, "name", "");
	struct gd_row *gpu = gd_facts_add(ctx->facts, "gpu");
	struct gd_gpu_sources s = { .card = card, .amdgpu = row_by(ctx, "amdgpu", "device", name, NULL) };

	gd_set_cell(gpu, "id", gd_get(card, "name"));
	fill(ctx, gpu, &s);
}

/* A GPU that only the compute topology shows. */
static void add_node_gpu(struct gd_ctx *ctx, const struct gd_row *node)
{
	const char *address = gd_get_text(node, "pci_address", NULL);
	struct gd_row *gpu = gd_facts_add(ctx->facts, "gpu");
	struct gd_gpu_sources s = { 0 };

	if (address) {
		find_nodes(ctx, address, &s);
		gd_set_cell(gpu, "id", gd_get(node, "pci_address"));
	} else {
		gd_autofree key = gd_row_key(node);
		gd_autofree id = gd_xasprintf("kfd-node%s", key);

		add_node(&s, node);
		gd_set_text(gpu, "id", id, "/sys/class/kfd/kfd/topology/nodes");
	}
	fill(ctx, gpu, &s);
	free(s.nodes);
}

/* True where a GPU already listed has this KFD node. */
static bool has_node(const struct gd_ctx *ctx, const struct gd_row *node)
{
	const struct gd_rows *gpus = gd_facts_table_peek(ctx->facts, "gpu");
	const char *address = gd_get_text(node, "pci_address", NULL);

	for (size_t i = 0; address && i < gpus->count; i++)
		if (same_device(gd_get_text(gpus->rows[i], "id", ""), address))
			return true;
	return false;
}

static void add_all(struct gd_ctx *ctx)
{
	const struct gd_rows *pci = gd_facts_table_peek(ctx->facts, "pci_device");
	const struct gd_rows *drm = gd_facts_table_peek(ctx->facts, "drm_node");
	const struct gd_rows *kfd = gd_facts_table_peek(ctx->facts, "kfd_node");

	for (size_t i = 0; i < pci->count; i++)
		if (is_gpu(ctx, pci->rows[i]))
			add_pci_gpu(ctx, pci->rows[i]);
	for (size_t i = 0; i < kfd->count; i++)
		if (is_gpu_node(kfd->rows[i]) && !has_node(ctx, kfd->rows[i]))
			add_node_gpu(ctx, kfd->rows[i]);
	for (size_t i = 0; i < drm->count; i++) {
		const struct gd_row *card = drm->rows[i];

		if (gd_text_is(card, "kind", "card") && !gd_is_known(card, "device") && gd_is_known(card, "vendor_id"))
			add_card_gpu(ctx, card);
	}
}

/*
 * A render node of a system on a chip (Jetson, Apple, Mali, Adreno): such a GPU
 * can compute and is no PCI device. NULL where there is none. Those of the list
 * do not compute; partitions of AMD's cards have nodes on a platform device.
 */
static const struct gd_row *find_soc_gpu(const struct gd_ctx *ctx)
{
	static const char *const others[] = { "etnaviv", "lima", "v3d", "vc4", "vgem", "vkms" };
	const struct gd_rows *nodes = gd_facts_table_peek(ctx->facts, "drm_node");

	for (size_t i = 0; nodes && i < nodes->count; i++) {
		const char *driver = gd_get_text(nodes->rows[i], "driver", NULL);
		bool other = !driver || gd_get(nodes->rows[i], "device")->state != GD_ABSENT ||
			     !gd_text_is(nodes->rows[i], "kind", "render") || !strncmp(driver, "amdgpu", 6);

		for (size_t k = 0; k < GD_COUNT(others) && !other; k++)
			other = !strcmp(driver, others[k]);
		if (!other)
			return nodes->rows[i];
	}
	return NULL;
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	const struct gd_rows *pci = gd_facts_table_peek(ctx->facts, "pci_device");
	const struct gd_row *soc = find_soc_gpu(ctx);

	(void)err;
	add_all(ctx);
	if (!pci->complete) {
		gd_facts_incomplete(ctx->facts, "gpu", pci->gap, pci->detail, pci->remedy);
	} else if (soc) {
		gd_autofree detail = gd_xasprintf("%s (%s) is a GPU inside a system on a chip; those are not read yet",
						  gd_get_text(soc, "name", ""), gd_get_text(soc, "driver", ""));

		gd_facts_incomplete(ctx->facts, "gpu", GD_GAP_NO_SOURCE, detail, NULL);
	} else {
		gd_facts_complete(ctx->facts, "gpu");
	}
	return 0;
}

const struct gd_probe gd_probe_gpu = {
	.name = "gpu",
	.help = "Joins what the other probes found into one row for each GPU.",
	.tables = (const struct gd_table *const[]){ &gpu_table, NULL },
	.needs = (const char *const[]){ "pci", "drm", "kfd", "amdgpu", "nvidia", "intel", "vulkan",
					 "nvml", "hsa", NULL },
	.run = run,
};
