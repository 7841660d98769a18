/* SPDX-License-Identifier: MIT */
/* What the amdgpu driver says of each GPU in sysfs. */
#include <errno.h>
#include <string.h>

#include "amdgpu_row.h"
#include "base/parse.h"

#define PCI_DEVICES "/sys/bus/pci/devices"
#define VENDOR_AMD "1002"

/* Longer than any line that the driver prints into one of its short files. */
enum { LINE_MAX_BYTES = 128 };

static const struct gd_column columns[] = {
	{ .name = "device",
	  .type = GD_TEXT,
	  .flags = GD_COL_KEY,
	  .help = "the PCI address, or the name of the card where it has none" },
	{ .name = "vram_mib",
	  .type = GD_INT,
	  .help = "video memory; on an integrated GPU what the firmware set aside from system memory" },
	{ .name = "vram_used_mib", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "video memory in use" },
	{ .name = "visible_vram_mib",
	  .type = GD_INT,
	  .help = "the part of video memory that the CPU can reach directly" },
	{ .name = "visible_vram_used_mib",
	  .type = GD_INT,
	  .flags = GD_COL_VOLATILE,
	  .help = "how much of that part is in use" },
	{ .name = "gtt_mib", .type = GD_INT, .help = "system memory that the GPU may map at most" },
	{ .name = "gtt_used_mib",
	  .type = GD_INT,
	  .flags = GD_COL_VOLATILE,
	  .help = "system memory that the GPU has mapped" },
	{ .name = "vram_vendor",
	  .type = GD_TEXT,
	  .help = "who made the memory chips, in the driver's words; absent on integrated GPUs" },
	{ .name = "board_info",
	  .type = GD_TEXT,
	  .help = "the form of the board, in the driver's words; absent on integrated GPUs" },
	{ .name = "gc_version",
	  .type = GD_TEXT,
	  .help = "version of the graphics core block, which is not the ISA's number" },
	{ .name = "sdma_version", .type = GD_TEXT, .help = "version of the copy engine block" },
	{ .name = "vcn_version", .type = GD_TEXT, .help = "version of the video block" },
	{ .name = "dcn_version", .type = GD_TEXT, .help = "version of the display block" },
	{ .name = "vbios_version", .type = GD_TEXT, .help = "part number of the video BIOS" },
	{ .name = "performance_level",
	  .type = GD_TEXT,
	  .flags = GD_COL_VOLATILE,
	  .help = "how clocks are chosen: auto, low, high, manual and others" },
	{ .name = "sclk_mhz", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "the engine's clock now" },
	{ .name = "sclk_max_mhz", .type = GD_INT, .help = "the engine's highest clock level" },
	{ .name = "mclk_mhz", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "the memory's clock now" },
	{ .name = "mclk_max_mhz", .type = GD_INT, .help = "the memory's highest clock level" },
	{ .name = "fclk_max_mhz", .type = GD_INT, .help = "the data fabric's highest clock level" },
	{ .name = "power_profile",
	  .type = GD_TEXT,
	  .flags = GD_COL_VOLATILE,
	  .help = "the name of the power profile in force" },
	{ .name = "busy_percent", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "how busy the GPU is" },
	{ .name = "power_w",
	  .type = GD_REAL,
	  .flags = GD_COL_VOLATILE,
	  .help = "power drawn, averaged where the chip averages it" },
	{ .name = "power_cap_w", .type = GD_REAL, .help = "the power limit in force" },
	{ .name = "power_cap_default_w", .type = GD_REAL, .help = "the power limit that the board came with" },
	{ .name = "power_cap_max_w", .type = GD_REAL, .help = "the highest power limit that may be set" },
	{ .name = "temp_edge_c",
	  .type = GD_REAL,
	  .flags = GD_COL_VOLATILE,
	  .help = "temperature at the edge of the die" },
	{ .name = "temp_junction_c",
	  .type = GD_REAL,
	  .flags = GD_COL_VOLATILE,
	  .help = "temperature of the hottest spot of the die" },
	{ .name = "temp_memory_c", .type = GD_REAL, .flags = GD_COL_VOLATILE, .help = "temperature of the memory" },
	{ .name = "mes_fw_version", .type = GD_INT, .help = "version of the scheduler's firmware (MES)" },
	{ .name = "mes_kiq_fw_version",
	  .type = GD_INT,
	  .help = "version of the scheduler's firmware for the kernel's own queue" },
	{ .name = "mec_fw_version", .type = GD_INT, .help = "version of the compute engine's firmware (MEC)" },
	{ .name = "sdma_fw_version", .type = GD_INT, .help = "version of the copy engine's firmware (SDMA)" },
	{ .name = "smc_fw_version", .type = GD_INT, .help = "version of the power controller's firmware (SMC)" },
	{ .name = "imu_fw_version", .type = GD_INT, .help = "version of the graphics power-up firmware (IMU)" },
	{ .name = "rlc_fw_version", .type = GD_INT, .help = "version of the run list controller's firmware (RLC)" },
	{ .name = "vcn_fw_version", .type = GD_INT, .help = "version of the video engine's firmware (VCN)" },
	{ .name = "compute_partition",
	  .type = GD_TEXT,
	  .help = "how the GPU is split for computing: SPX, DPX, TPX, QPX or CPX" },
	{ .name = "memory_partition",
	  .type = GD_TEXT,
	  .help = "how the GPU's memory is split: NPS1, NPS2, NPS4 or NPS8" },
	{ .name = "unique_id",
	  .type = GD_TEXT,
	  .flags = GD_COL_PRIVATE,
	  .help = "the serial number burnt into the chip" },
};

static const struct gd_table amdgpu_table = {
	.name = "amdgpu",
	.help = "A GPU that the amdgpu driver runs, and what the driver says of it.",
	.columns = columns,
	.column_count = GD_COUNT(columns),
};

static const struct gd_table *const tables[] = { &amdgpu_table, NULL };
static const char *const needs[] = { "pci", "drm", NULL };

struct source {
	const char *column;
	const char *file;
};

/* None of these files touches the device: the driver answers from its own memory. */
static const struct source memory_files[] = {
	{ .column = "vram_mib", .file = "mem_info_vram_total" },
	{ .column = "vram_used_mib", .file = "mem_info_vram_used" },
	{ .column = "visible_vram_mib", .file = "mem_info_vis_vram_total" },
	{ .column = "visible_vram_used_mib", .file = "mem_info_vis_vram_used" },
	{ .column = "gtt_mib", .file = "mem_info_gtt_total" },
	{ .column = "gtt_used_mib", .file = "mem_info_gtt_used" },
};

static const struct source text_files[] = {
	{ .column = "vram_vendor", .file = "mem_info_vram_vendor" },
	{ .column = "board_info", .file = "board_info" },
	{ .column = "vbios_version", .file = "vbios_version" },
	{ .column = "unique_id", .file = "unique_id" },
};

/* Columns that are named as the file in fw_version/. */
static const char *const firmware[] = {
	"mes_fw_version", "mes_kiq_fw_version", "mec_fw_version", "sdma_fw_version",
	"smc_fw_version", "imu_fw_version",	"rlc_fw_version", "vcn_fw_version",
};

/*
 * The blocks of ip_discovery: by the name that links to the directory, else by
 * the number that the directory has (the hardware ids of the kernel's
 * soc15_hw_ip.h).
 */
static const struct {
	const char *column;
	const char *names[4];
} blocks[] = {
	{ .column = "gc_version", .names = { "GC", "11" } },
	{ .column = "sdma_version", .names = { "SDMA0", "42" } },
	{ .column = "vcn_version", .names = { "UVD", "VCN", "12" } },
	{ .column = "dcn_version", .names = { "DMU", "271" } },
};

int gd_amdgpu_read(const struct gd_amdgpu *d, const char *file, struct gd_buf *out, char **ret_path)
{
	int r;

	*ret_path = gd_xasprintf("%s/%s", d->dir, file);
	r = gd_host_read(d->ctx->host, *ret_path, out);
	if (r < 0)
		return r;
	return gd_is_text(gd_buf_peek(out), out->len) ? 0 : -EBADMSG;
}

void gd_amdgpu_take_error(const struct gd_amdgpu *d, const char *column, const char *path, int error)
{
	gd_autofree detail = NULL;

	switch (error) {
	case -EBADMSG:
		detail = gd_xasprintf("%s holds nothing that this driver writes", path);
		gd_set_unknown(d->row, column, GD_GAP_GARBAGE, detail, NULL);
		return;
	case -EPERM:
		/* Everybody may read these files. The driver says EPERM while the device sleeps or is being reset. */
		detail = gd_xasprintf("%s: the driver does not answer while the GPU is suspended or reset", path);
		gd_set_unknown(d->row, column, GD_GAP_ASLEEP, detail, "use the GPU for a moment, then check again");
		return;
	case -EOPNOTSUPP:
	case -ENODATA:
	case -EINVAL:
		detail = gd_xasprintf("%s: the driver has no such reading of this GPU", path);
		gd_set_unknown(d->row, column, GD_GAP_NO_SOURCE, detail, NULL);
		return;
	default:
		gd_take_error(d->ctx, d->row, column, path, error);
	}
}

void gd_amdgpu_take_line(const struct gd_amdgpu *d, const char *column, const char *file)
{
	gd_autobuf text = { 0 };
	gd_autofree path = NULL;
	int r = gd_amdgpu_read(d, file, &text, &path);
	char *s = text.data ? gd_trim(text.data) : NULL;

	if (r == 0 && s && (strlen(s) > LINE_MAX_BYTES || strpbrk(s, "\n\r\t")))
		r = -EBADMSG;
	if (r < 0)
		gd_amdgpu_take_error(d, column, path, r);
	else if (s && *s)
		gd_set_text(d->row, column, s, path);
	else
		gd_set_absent(d->row, column, path);
}

static void take_mib(const struct gd_amdgpu *d, const char *column, const char *file)
{
	gd_autobuf text = { 0 };
	gd_autofree path = NULL;
	uint64_t bytes;
	int r = gd_amdgpu_read(d, file, &text, &path);

	if (r == 0 && (gd_parse_u64(gd_buf_peek(&text), 10, &bytes) < 0 || bytes > INT64_MAX))
		r = -EBADMSG;
	if (r < 0)
		gd_amdgpu_take_error(d, column, path, r);
	else
		gd_set_int(d->row, column, (int64_t)(bytes / 1048576), path);
}

static void take_firmware(const struct gd_amdgpu *d, const char *column)
{
	gd_autofree file = gd_xasprintf("fw_version/%s", column);
	gd_autobuf text = { 0 };
	gd_autofree path = NULL;
	uint64_t version;
	int r = gd_amdgpu_read(d, file, &text, &path);

	if (r == 0 && (gd_parse_u64(gd_buf_peek(&text), 16, &version) < 0 || version > UINT32_MAX))
		r = -EBADMSG;
	if (r < 0)
		gd_amdgpu_take_error(d, column, path, r);
	else if (version)
		gd_set_int(d->row, column, (int64_t)version, path);
	else /* no such firmware is loaded; newer kernels leave out the file then */
		gd_set_absent(d->row, column, path);
}

/* The version of the first instance of a block, as "11.0.1"; owned. */
static int read_block(const struct gd_amdgpu *d, const char *die, const char *name, char **ret)
{
	static const char *const parts[] = { "major", "minor", "revision" };
	uint64_t number[GD_COUNT(parts)] = { 0 };

	for (size_t i = 0; i < GD_COUNT(parts); i++) {
		gd_autofree file = gd_xasprintf("ip_discovery/die/%s/%s/0/%s", die, name, parts[i]);
		gd_autobuf text = { 0 };
		gd_autofree path = NULL;
		int r = gd_amdgpu_read(d, file, &text, &path);

		if (r < 0)
			return r;
		if (gd_parse_u64(gd_buf_peek(&text), 10, &number[i]) < 0 || number[i] > 255)
			return -EBADMSG;
	}
	*ret = gd_xasprintf("%u.%u.%u", (unsigned)number[0], (unsigned)number[1], (unsigned)number[2]);
	return 0;
}

static void take_block(const struct gd_amdgpu *d, size_t index, const struct gd_strv *dies)
{
	const char *column = blocks[index].column;
	gd_autofree base = gd_xasprintf("%s/ip_discovery/die/*/%s/0", d->dir, blocks[index].names[0]);
	int failure = -ENOENT;

	for (size_t i = 0; i < dies->count; i++) {
		for (const char *const *name = blocks[index].names; *name; name++) {
			gd_autofree version = NULL;
			gd_autofree path = gd_xasprintf("%s/ip_discovery/die/%s/%s/0", d->dir, dies->items[i], *name);
			int r = read_block(d, dies->items[i], *name, &version);

			if (r == 0) {
				gd_set_text(d->row, column, version, path);
				return;
			}
			/* What was read and made no sense says more than a name that is not there. */
			if (r != -ENOENT && r != -ENOTDIR && (failure == -ENOENT || failure == -GD_ENOTCAPTURED))
				failure = r;
		}
	}
	gd_amdgpu_take_error(d, column, base, failure);
}

static void take_blocks(const struct gd_amdgpu *d)
{
	gd_autofree base = gd_xasprintf("%s/ip_discovery/die", d->dir);
	gd_autostrv dies = { 0 };

	/* Nearly all GPUs have one die, so a list that cannot be had need not stop us. */
	if (gd_host_list(d->ctx->host, base, &dies) < 0 || !dies.count)
		gd_strv_add(&dies, "0");
	for (size_t i = 0; i < GD_COUNT(blocks); i++)
		take_block(d, i, &dies);
}

static void fill(const struct gd_amdgpu *d, const char *quiet)
{
	for (size_t i = 0; i < GD_COUNT(memory_files); i++)
		take_mib(d, memory_files[i].column, memory_files[i].file);
	for (size_t i = 0; i < GD_COUNT(text_files); i++)
		gd_amdgpu_take_line(d, text_files[i].column, text_files[i].file);
	for (size_t i = 0; i < GD_COUNT(firmware); i++)
		take_firmware(d, firmware[i]);
	take_blocks(d);
	if (quiet)
		gd_amdgpu_skip_power(d, quiet, "use the GPU for a moment, then check again");
	else
		gd_amdgpu_take_power(d);
}

static void add(struct gd_ctx *ctx, const char *key, const char *dir, const char *quiet)
{
	struct gd_amdgpu d = { .ctx = ctx, .dir = dir, .row = gd_facts_add(ctx->facts, "amdgpu") };

	gd_set_text(d.row, "device", key, dir);
	fill(&d, quiet);
}

static const char asleep[] = "the GPU is suspended, and reading this would wake it";
static const char perhaps_asleep[] = "the GPU may be suspended, and reading this would wake it";

/* Why the device is to be left alone, or NULL. Files of a tree or capture wake nobody, so doubt is no reason there. */
static const char *pci_quiet(const struct gd_ctx *ctx, const struct gd_row *pci)
{
	const struct gd_cell *cell = gd_get(pci, "asleep");

	if (cell->state == GD_KNOWN)
		return cell->value.i ? asleep : NULL;
	return cell->state == GD_UNKNOWN && gd_host_is_live(ctx->host) ? perhaps_asleep : NULL;
}

static const char *dir_quiet(const struct gd_ctx *ctx, const char *dir)
{
	gd_autofree path = gd_xasprintf("%s/power/runtime_status", dir);
	gd_autobuf text = { 0 };
	int r = gd_host_read(ctx->host, path, &text);

	if (r == 0 && text.data)
		return !strncmp(text.data, "suspend", 7) ? asleep : NULL;
	return r < 0 && r != -ENOENT && gd_host_is_live(ctx->host) ? perhaps_asleep : NULL;
}

/* Without a word on the driver: the file is one that amdgpu alone makes. */
static bool looks_driven(struct gd_ctx *ctx, const char *dir)
{
	gd_autofree path = gd_xasprintf("%s/mem_info_vram_total", dir);
	gd_autobuf text = { 0 };

	return gd_host_read(ctx->host, path, &text) == 0;
}

/* Adds the row of a PCI device if amdgpu runs it; false where nobody can tell. */
static bool add_pci(struct gd_ctx *ctx, const struct gd_row *pci)
{
	const char *address = gd_get_text(pci, "address", "");
	gd_autofree dir = gd_xasprintf(PCI_DEVICES "/%s", address);
	const struct gd_cell *driver = gd_get(pci, "driver");
	bool graphics = gd_get_int(pci, "display", 1) || gd_get_int(pci, "accelerator", 1);

	if (driver->state == GD_KNOWN || driver->state == GD_ABSENT) {
		if (!strcmp(gd_get_text(pci, "driver", ""), "amdgpu"))
			add(ctx, address, dir, pci_quiet(ctx, pci));
		return true;
	}
	if (!graphics || strcmp(gd_get_text(pci, "vendor_id", VENDOR_AMD), VENDOR_AMD) != 0)
		return true;
	if (!looks_driven(ctx, dir))
		return false;
	add(ctx, address, dir, pci_quiet(ctx, pci));
	return true;
}

/* Adds the row of a card that no PCI row stands for. */
static void add_card(struct gd_ctx *ctx, const struct gd_row *card)
{
	const char *name = gd_get_text(card, "name", "");
	const char *device = gd_get_text(card, "device", NULL);
	gd_autofree fallback = gd_xasprintf("/sys/class/drm/%s/device", name);
	gd_autofree dir = gd_xstrdup(gd_get_text(card, "device_path", fallback));
	size_t len = strlen(dir);

	if (strcmp(gd_get_text(card, "kind", ""), "card") != 0)
		return;
	if (gd_is_known(card, "driver") ? strcmp(gd_get_text(card, "driver", ""), "amdgpu") != 0
					: strcmp(gd_get_text(card, "vendor_id", ""), VENDOR_AMD) != 0)
		return;
	if (device && gd_facts_table_peek(ctx->facts, "pci_device") &&
	    gd_facts_find(ctx->facts, "pci_device", device))
		return;
	if (gd_facts_find(ctx->facts, "amdgpu", device ? device : name))
		return;
	while (len > 1 && dir[len - 1] == '/')
		dir[--len] = '\0';
	add(ctx, device ? device : name, dir, dir_quiet(ctx, dir));
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	const struct gd_rows *pci = gd_facts_table_peek(ctx->facts, "pci_device");
	const struct gd_rows *drm = gd_facts_table_peek(ctx->facts, "drm_node");
	const struct gd_cell *unsure = NULL;

	(void)err;
	for (size_t i = 0; pci && i < pci->count; i++)
		if (!add_pci(ctx, pci->rows[i]))
			unsure = gd_get(pci->rows[i], "driver");
	for (size_t i = 0; drm && i < drm->count; i++)
		add_card(ctx, drm->rows[i]);
	if (!pci)
		gd_facts_incomplete(ctx->facts, "amdgpu", GD_GAP_NOT_PROBED, "PCI devices were not looked at", NULL);
	else if (!pci->complete)
		gd_facts_incomplete(ctx->facts, "amdgpu", pci->gap, pci->detail, pci->remedy);
	else if (unsure)
		gd_facts_incomplete(ctx->facts, "amdgpu", unsure->gap ? unsure->gap : GD_GAP_NOT_PROBED,
				    unsure->detail, unsure->remedy);
	else
		gd_facts_complete(ctx->facts, "amdgpu");
	return 0;
}

const struct gd_probe gd_probe_amdgpu = {
	.name = "amdgpu",
	.help = "AMD GPUs as their kernel driver shows them: memory, block and firmware versions, clocks, sensors.",
	.tables = tables,
	.needs = needs,
	.run = run,
};
