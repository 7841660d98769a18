/* SPDX-License-Identifier: MIT */
/* What amdgpu tells libdrm_amdgpu of an open device: the chip, its memory, and the firmware that was loaded. */
#include <amdgpu.h>
#include <amdgpu_drm.h>
#include <errno.h>
#include <string.h>

#include "libdrm.h"

static const struct gd_column firmware_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The render node and the firmware's name." },
	{ .name = "node", .type = GD_TEXT, .help = "The render node, as in drm_device." },
	{ .name = "name",
	  .type = GD_TEXT,
	  .help = "Which engine runs it: MEC (compute), MES (scheduler), SDMA0 (copying), SMC (power), RLC, SOS …" },
	{ .name = "version", .type = GD_INT, .help = "Its version, which the kernel's logs show in hexadecimal." },
	{ .name = "feature", .type = GD_INT, .help = "The version of what it offers; 0 where it has none." },
};

const struct gd_table gd_amdgpu_firmware_table = {
	.name = "amdgpu_firmware",
	.help = "A firmware that amdgpu has loaded into a GPU.",
	.columns = firmware_columns,
	.column_count = GD_COUNT(firmware_columns),
};

static const char device_call[] = "amdgpu_query_info(DEV_INFO)";
static const char memory_call[] = "amdgpu_query_info(MEMORY)";
static const char firmware_call[] = "amdgpu_query_firmware_version";
static const char name_call[] = "amdgpu_get_marketing_name";

/* The question is libdrm's; that this part of it is another file is for the reader of a crash to know. */
static void step(struct gd_answer *a, const char *call)
{
	gd_autofree text = gd_xasprintf("%s of libdrm_amdgpu", call);

	gd_answer_step(a, text);
}

struct calls {
	__typeof__(amdgpu_device_initialize) *initialize;
	__typeof__(amdgpu_device_deinitialize) *deinitialize;
	__typeof__(amdgpu_query_info) *query_info;
	__typeof__(amdgpu_query_firmware_version) *query_firmware;
	__typeof__(amdgpu_get_marketing_name) *marketing_name;
};

/*
 * The kernel's struct as of Linux 6.12. The headers at hand may be older, and
 * so may the kernel: it fills what it knows, and the rest stays 0.
 */
struct device_info {
	uint32_t device_id, chip_rev, external_rev, pci_rev, family;
	uint32_t num_shader_engines, num_shader_arrays_per_engine, gpu_counter_freq;
	uint64_t max_engine_clock, max_memory_clock; /* kHz */
	uint32_t cu_active_number, cu_ao_mask, cu_bitmap[4][4];
	uint32_t enabled_rb_pipes_mask, num_rb_pipes, num_hw_gfx_contexts;
	uint32_t pcie_gen; /* since Linux 6.3; padding before */
	uint64_t ids_flags, virtual_address_offset, virtual_address_max;
	uint32_t virtual_address_alignment, pte_fragment_size, gart_page_size, ce_ram_size;
	uint32_t vram_type, vram_bit_width, vce_harvest_config, gc_double_offchip_lds_buf;
	uint64_t prim_buf_gpu_addr, pos_buf_gpu_addr, cntl_sb_buf_gpu_addr, param_buf_gpu_addr;
	uint32_t prim_buf_size, pos_buf_size, cntl_sb_buf_size, param_buf_size;
	uint32_t wave_front_size, num_shader_visible_vgprs, num_cu_per_sh, num_tcc_blocks;
	uint32_t gs_vgt_table_depth, gs_prim_buffer_depth, max_gs_waves_per_vgt;
	uint32_t pcie_num_lanes; /* since Linux 6.3; padding before */
	uint32_t cu_ao_bitmap[4][4];
	uint64_t high_va_offset, high_va_max;
	uint32_t pa_sc_tile_steering_override;
	uint64_t tcc_disabled_mask;
	/* Since Linux 6.3. */
	uint64_t min_engine_clock, min_memory_clock;
	uint32_t tcp_cache_size, num_sqc_per_wgp, sqc_data_cache_size, sqc_inst_cache_size;
	uint32_t gl1c_cache_size, gl2c_cache_size;
	uint64_t mall_size; /* bytes */
	uint32_t room[8];   /* for what later kernels append */
};

#define SAME_PLACE(field)                                                                                              \
	_Static_assert(offsetof(struct device_info, field) == offsetof(struct drm_amdgpu_info_device, field), #field)
SAME_PLACE(max_engine_clock);
SAME_PLACE(ids_flags);
SAME_PLACE(vram_type);
SAME_PLACE(wave_front_size);
SAME_PLACE(cu_ao_bitmap);
SAME_PLACE(tcc_disabled_mask);

enum { MAX_MHZ = 100000 };
/* Kinds of memory that older headers lack. */
enum { DDR5 = 10, LPDDR4 = 11, LPDDR5 = 12, HBM3E = 13, HBM4 = 14 };

/* No GPU has 64 TiB; a driver that subtracted too much comes near 2^64. */
static const uint64_t max_bytes = (uint64_t)1 << 46;

/* ------------------------------------------------------------- the chip -- */

static void set_vram_type(struct gd_row *row, uint32_t type)
{
	static const char *const names[] = {
		[AMDGPU_VRAM_TYPE_GDDR1] = "GDDR1",
		[AMDGPU_VRAM_TYPE_DDR2] = "DDR2",
		[AMDGPU_VRAM_TYPE_GDDR3] = "GDDR3",
		[AMDGPU_VRAM_TYPE_GDDR4] = "GDDR4",
		[AMDGPU_VRAM_TYPE_GDDR5] = "GDDR5",
		[AMDGPU_VRAM_TYPE_HBM] = "HBM",
		[AMDGPU_VRAM_TYPE_DDR3] = "DDR3",
		[AMDGPU_VRAM_TYPE_DDR4] = "DDR4",
		[AMDGPU_VRAM_TYPE_GDDR6] = "GDDR6",
		[DDR5] = "DDR5",
		[LPDDR4] = "LPDDR4",
		[LPDDR5] = "LPDDR5",
		[HBM3E] = "HBM3E",
		[HBM4] = "HBM4",
	};
	gd_autofree text = gd_xasprintf("type %u", type);

	if (type < GD_COUNT(names) && names[type])
		gd_set_text(row, "vram_type", names[type], device_call);
	else if (!type)
		gd_set_unknown(row, "vram_type", GD_GAP_NO_SOURCE, "the driver does not know it", NULL);
	else
		gd_take_garbage(row, "vram_type", device_call, text);
}

static void set_hex(struct gd_row *row, const char *column, uint32_t value, int digits)
{
	gd_autofree text = gd_xasprintf("%0*x", digits, value);

	if (strlen(text) > (size_t)digits)
		gd_take_garbage(row, column, device_call, text);
	else
		gd_set_text(row, column, text, device_call);
}

static void set_chip(struct gd_row *row, const struct device_info *d)
{
	const struct {
		const char *column;
		uint64_t value;
		uint64_t most;
	} numbers[] = {
		{ "family_id", d->family, UINT16_MAX },
		{ "cu_count", d->cu_active_number, 4096 },
		{ "shader_engines", d->num_shader_engines, 256 },
		{ "arrays_per_engine", d->num_shader_arrays_per_engine, 256 },
		{ "wave_size", d->wave_front_size, 256 },
		{ "engine_max_mhz", d->max_engine_clock / 1000, MAX_MHZ },
		{ "memory_max_mhz", d->max_memory_clock / 1000, MAX_MHZ },
		{ "vram_bits", d->vram_bit_width, UINT16_MAX },
		{ "infinity_cache_mib", d->mall_size / (1024 * 1024), 65536 },
		{ "pcie_gen", d->pcie_gen, 16 },
		{ "pcie_lanes", d->pcie_num_lanes, 32 },
	};

	for (size_t i = 0; i < GD_COUNT(numbers); i++)
		gd_libdrm_set_number(row, numbers[i].column, numbers[i].value, numbers[i].most, device_call);
	/* Here 0 is a revision like any other. */
	gd_set_int(row, "chip_rev", d->chip_rev, device_call);
	gd_set_int(row, "external_rev", d->external_rev, device_call);
	set_hex(row, "chip_id", d->device_id, 4);
	set_hex(row, "pci_revision", d->pci_rev, 2);
	gd_set_bool(row, "integrated", d->ids_flags & AMDGPU_IDS_FLAGS_FUSION, device_call);
	set_vram_type(row, d->vram_type);
}

/* ----------------------------------------------------------- the memory -- */

static void set_mib(struct gd_row *row, const char *column, uint64_t bytes, uint64_t most)
{
	gd_autofree text = gd_xasprintf("%llu bytes", (unsigned long long)bytes);

	if (bytes > most)
		gd_take_garbage(row, column, memory_call, text);
	else
		gd_set_int(row, column, (int64_t)(bytes >> 20), memory_call);
}

static void set_memory(struct gd_row *row, const struct drm_amdgpu_memory_info *m)
{
	const struct {
		const char *name;
		const struct drm_amdgpu_heap_info *heap;
	} heaps[] = { { "vram", &m->vram }, { "visible_vram", &m->cpu_accessible_vram }, { "gtt", &m->gtt } };

	for (size_t i = 0; i < GD_COUNT(heaps); i++) {
		const struct drm_amdgpu_heap_info *h = heaps[i].heap;
		gd_autofree total = gd_xasprintf("%s_mib", heaps[i].name);
		gd_autofree usable = gd_xasprintf("%s_usable_mib", heaps[i].name);
		gd_autofree used = gd_xasprintf("%s_used_mib", heaps[i].name);

		set_mib(row, total, h->total_heap_size, max_bytes);
		set_mib(row, usable, h->usable_heap_size, h->total_heap_size);
		set_mib(row, used, h->heap_usage, max_bytes);
	}
}

/* --------------------------------------------------------- the firmware -- */

/* The numbers are the kernel's; older headers lack the last of them. */
static const struct {
	const char *name;
	unsigned type;
	unsigned index;
	unsigned since_minor; /* of the driver's interface: before, the index meant another one */
} firmwares[] = {
	{ "VCE", 0x01, 0, 0 },	    { "UVD", 0x02, 0, 0 },     { "GMC", 0x03, 0, 0 },	  { "ME", 0x04, 0, 0 },
	{ "PFP", 0x05, 0, 0 },	    { "CE", 0x06, 0, 0 },      { "RLC", 0x07, 0, 0 },	  { "MEC", 0x08, 0, 0 },
	{ "MEC2", 0x08, 1, 0 },	    { "SMC", 0x0a, 0, 0 },     { "SDMA0", 0x0b, 0, 0 },	  { "SDMA1", 0x0b, 1, 0 },
	{ "SOS", 0x0c, 0, 0 },	    { "ASD", 0x0d, 0, 0 },     { "VCN", 0x0e, 0, 0 },	  { "DMCU", 0x12, 0, 0 },
	{ "TA XGMI", 0x13, 2, 42 }, { "TA RAS", 0x13, 3, 42 }, { "DMCUB", 0x14, 0, 0 },	  { "TOC", 0x15, 0, 0 },
	{ "RLCP", 0x17, 0, 0 },	    { "RLCV", 0x18, 0, 0 },    { "MES_KIQ", 0x19, 0, 0 }, { "MES", 0x1a, 0, 0 },
	{ "IMU", 0x1b, 0, 0 },	    { "VPE", 0x1c, 0, 0 },
};

_Static_assert(AMDGPU_INFO_FW_GFX_MEC == 0x08 && AMDGPU_INFO_FW_VCN == 0x0e, "the numbers above");

static void add_firmware(struct gd_answer *a, const char *node, size_t i, uint32_t version, uint32_t feature)
{
	struct gd_row *row = gd_facts_add(a->facts, "amdgpu_firmware");
	gd_autofree id = gd_xasprintf("%s %s", node, firmwares[i].name);

	gd_set_text(row, "id", id, firmware_call);
	gd_set_text(row, "node", node, firmware_call);
	gd_set_text(row, "name", firmwares[i].name, firmware_call);
	gd_set_int(row, "version", version, firmware_call);
	gd_set_int(row, "feature", feature, firmware_call);
}

/* A firmware that is not loaded has version 0, or the kernel says that it knows of none; returns another error. */
static int take_firmware(struct gd_answer *a, const struct calls *c, amdgpu_device_handle handle, const char *node,
			 uint32_t minor)
{
	int error = 0;

	step(a, firmware_call);
	for (size_t i = 0; i < GD_COUNT(firmwares); i++) {
		uint32_t version = 0;
		uint32_t feature = 0;
		int r;

		if (minor < firmwares[i].since_minor)
			continue;
		r = c->query_firmware(handle, firmwares[i].type, 0, firmwares[i].index, &version, &feature);
		if (!r && version)
			add_firmware(a, node, i, version, feature);
		else if (r && r != -EINVAL && r != -ENOENT)
			error = r;
	}
	return error;
}

/* --------------------------------------------------------------- asking -- */

static bool is_amdgpu(const struct gd_libdrm_device *d)
{
	return d->fd >= 0 && !strcmp(gd_get_text(d->row, "driver", ""), "amdgpu");
}

/* The columns that are this library's and that are not set yet. */
static void set_unset(struct gd_row *row, enum gd_gap gap, const char *detail)
{
	int first = gd_table_column(row->table, GD_LIBDRM_FIRST_AMDGPU_COLUMN);

	for (size_t i = (size_t)first; i < row->table->column_count; i++)
		if (row->cells[i].state == GD_UNSET)
			gd_set_unknown(row, row->table->columns[i].name, gap, detail, NULL);
}

static char *failure(const char *call, int error)
{
	return gd_xasprintf("%s: %s", call, strerror(error < 0 ? -error : error));
}

/* Returns what went wrong, owned, or NULL. */
static char *take_device(struct gd_answer *a, const struct calls *c, const struct gd_libdrm_device *d, bool tell)
{
	const char *node = gd_get_text(d->row, "node", "");
	struct drm_amdgpu_memory_info memory = { 0 };
	struct device_info info = { 0 };
	amdgpu_device_handle handle = NULL;
	char *wrong = NULL;
	uint32_t major = 0;
	uint32_t minor = 0;
	int r;

	step(a, "amdgpu_device_initialize");
	r = c->initialize(d->fd, &major, &minor, &handle);
	if (r)
		return failure("amdgpu_device_initialize", r);
	step(a, device_call);
	r = c->query_info(handle, AMDGPU_INFO_DEV_INFO, sizeof(info), &info);
	if (r)
		wrong = failure(device_call, r);
	else
		set_chip(d->row, &info);
	if (tell)
		gd_answer_tell(a);
	step(a, memory_call);
	r = c->query_info(handle, AMDGPU_INFO_MEMORY, sizeof(memory), &memory);
	if (r && !wrong)
		wrong = failure(memory_call, r);
	else if (!r)
		set_memory(d->row, &memory);
	step(a, name_call);
	if (c->marketing_name(handle))
		gd_set_text(d->row, "marketing_name", c->marketing_name(handle), name_call);
	else
		gd_set_absent(d->row, "marketing_name", name_call);
	if (tell)
		gd_answer_tell(a);
	r = take_firmware(a, c, handle, node, minor);
	if (r && !wrong)
		wrong = failure(firmware_call, r);
	step(a, "amdgpu_device_deinitialize");
	c->deinitialize(handle);
	return wrong;
}

static bool load(struct gd_answer *a, struct calls *c)
{
	void *library = gd_answer_load(a, "libdrm_amdgpu.so.1");

	if (!library)
		return false;
	c->initialize = gd_answer_symbol(a, library, "amdgpu_device_initialize");
	c->deinitialize = gd_answer_symbol(a, library, "amdgpu_device_deinitialize");
	c->query_info = gd_answer_symbol(a, library, "amdgpu_query_info");
	c->query_firmware = gd_answer_symbol(a, library, firmware_call);
	c->marketing_name = gd_answer_symbol(a, library, name_call);
	return c->initialize && c->deinitialize && c->query_info && c->query_firmware && c->marketing_name;
}

/* This library has a row of its own, beside libdrm's. */
static struct gd_answer second_answer(const struct gd_answer *a)
{
	static const char *const optional[] = { "detail", "missing", "denied_node", "signal", "step", "last_words" };
	struct gd_answer b = *a;

	b.library = gd_facts_add(a->facts, "library");
	gd_set_text(b.library, "id", "libdrm_amdgpu", "gpudoctor");
	gd_set_text(b.library, "library", "libdrm_amdgpu.so.1", "gpudoctor");
	gd_set_cell(b.library, "sandbox", gd_get(a->library, "sandbox"));
	gd_set_absent(b.library, "version", "libdrm_amdgpu has no call for it");
	for (size_t i = 0; i < GD_COUNT(optional); i++)
		gd_set_absent(b.library, optional[i], "gpudoctor");
	return b;
}

/* Returns what went wrong first, owned, or NULL. */
static char *ask_all(struct gd_answer *a, struct gd_answer *b, const struct calls *c,
		     const struct gd_libdrm_device *devices, size_t count)
{
	gd_autofree first = NULL;

	for (size_t i = 0; i < count; i++) {
		gd_autofree wrong = NULL;

		if (!is_amdgpu(&devices[i]))
			continue;
		wrong = take_device(a, c, &devices[i], count <= GD_LIBDRM_FEW_DEVICES);
		if (wrong)
			set_unset(devices[i].row, GD_GAP_ERROR, wrong);
		if (wrong && !first)
			first = gd_xasprintf("%s: %s", gd_get_text(devices[i].row, "node", ""), wrong);
		if (count <= GD_LIBDRM_FEW_DEVICES)
			gd_answer_tell(a);
	}
	gd_answer_end(b, first ? GD_LIBRARY_FAILED : GD_LIBRARY_OK, first);
	return GD_STEAL(first);
}

/* What was not asked may have firmware too; but amdgpu gives every device a render node. */
static void complete_firmware(struct gd_answer *a, const struct gd_libdrm_device *devices, size_t count)
{
	gd_facts_complete(a->facts, "amdgpu_firmware");
	for (size_t i = 0; i < count; i++) {
		const struct gd_cell *driver = gd_get(devices[i].row, "driver");

		if (driver->state == GD_UNKNOWN && gd_is_known(devices[i].row, "render_node"))
			gd_facts_incomplete(a->facts, "amdgpu_firmware", driver->gap, driver->detail, driver->remedy);
	}
}

void gd_libdrm_ask_amdgpu(struct gd_answer *a, const struct gd_libdrm_device *devices, size_t count)
{
	struct calls calls = { 0 };
	struct gd_answer b;
	size_t first = 0;

	while (first < count && !is_amdgpu(&devices[first]))
		first++;
	if (first == count) {
		complete_firmware(a, devices, count);
		return;
	}
	b = second_answer(a);
	if (load(&b, &calls)) {
		gd_autofree wrong = ask_all(a, &b, &calls, devices, count);

		complete_firmware(a, devices, count);
		if (wrong)
			gd_facts_incomplete(a->facts, "amdgpu_firmware", GD_GAP_ERROR, wrong, NULL);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (is_amdgpu(&devices[i]))
			set_unset(devices[i].row, GD_GAP_NO_SOURCE, gd_get_text(b.library, "detail", NULL));
	gd_facts_incomplete(a->facts, "amdgpu_firmware", GD_GAP_NO_SOURCE, gd_get_text(b.library, "detail", NULL),
			    "install libdrm_amdgpu");
}
