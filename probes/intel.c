/* SPDX-License-Identifier: MIT */
/*
 * Intel GPUs under i915 or xe: clocks and throttling.
 *
 * Most of these files resume the GPU to answer (xe's throttle/status and
 * min_freq, i915's older frequency files), so a sleeping one is left alone.
 */
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "pci.h"

static const struct gd_column columns[] = {
	{ .name = "address", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The PCI address." },
	{ .name = "driver", .type = GD_TEXT, .help = "The kernel driver: i915 or xe." },
	{ .name = "card", .type = GD_TEXT, .help = "Its card node: card0." },
	{ .name = "tiles", .type = GD_INT, .help = "How many chips work as one GPU; absent with i915." },
	{ .name = "gts", .type = GD_INT,
	  .help = "How many engine groups it has: render, and on newer GPUs media." },
	{ .name = "freq_max_mhz", .type = GD_INT, .help = "The highest clock the hardware is capable of." },
	{ .name = "freq_limit_mhz", .type = GD_INT, .help = "The highest clock that is allowed now." },
	{ .name = "freq_min_mhz", .type = GD_INT, .help = "The lowest clock that is allowed now." },
	{ .name = "freq_mhz", .type = GD_INT, .flags = GD_COL_VOLATILE,
	  .help = "The clock now; 0 while powered down." },
	{ .name = "throttled", .type = GD_BOOL, .flags = GD_COL_VOLATILE,
	  .help = "Whether heat or power holds the clock down now." },
	{ .name = "vram_mib", .type = GD_INT, .help = "The size of its own memory, in MiB, where the driver tells." },
};

static const struct gd_table table = {
	.name = "intel_gpu",
	.help = "An Intel GPU under i915 or xe.",
	.columns = columns,
	.column_count = GD_COUNT(columns),
};

static const struct gd_table *const tables[] = { &table, NULL };
static const char *const needs[] = { "pci", NULL };

struct reading {
	const char *column;
	const char *file;
	const char *instead; /* where the driver is too old for the first, or NULL */
};

static const struct reading xe_readings[] = {
	{ "freq_max_mhz", "freq0/rp0_freq", NULL },
	{ "freq_limit_mhz", "freq0/max_freq", NULL },
	{ "freq_min_mhz", "freq0/min_freq", NULL },
	{ "freq_mhz", "freq0/act_freq", "freq0/cur_freq" },
	{ "throttled", "freq0/throttle/status", NULL },
};

static const struct reading i915_readings[] = {
	{ "freq_max_mhz", "gt_RP0_freq_mhz", NULL },
	{ "freq_limit_mhz", "gt_max_freq_mhz", NULL },
	{ "freq_min_mhz", "gt_min_freq_mhz", NULL },
	{ "freq_mhz", "gt_act_freq_mhz", "gt_cur_freq_mhz" },
	{ "throttled", "gt/gt0/throttle_reason_status", NULL },
};

/* card0, tile1, gt0: a prefix and a number. */
static bool is_numbered(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);

	return !strncmp(name, prefix, len) && name[len] && strspn(name + len, "0123456789") == strlen(name + len);
}

/* Counts entries of a folder named prefixN; the first one's name is kept. Negative errno on failure. */
static int count_numbered(struct gd_ctx *ctx, const char *folder, const char *prefix, char **ret_first)
{
	gd_autostrv names = { 0 };
	int count = 0;
	int r = gd_host_list(ctx->host, folder, &names);

	if (r < 0)
		return r;
	for (size_t i = 0; i < names.count; i++) {
		if (!is_numbered(names.items[i], prefix))
			continue;
		if (!count++ && ret_first)
			*ret_first = gd_xstrdup(names.items[i]);
	}
	return count;
}

/* Sets a count, or what its failure demands. */
static void set_count(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *folder, int count)
{
	if (count > 0)
		gd_set_int(row, column, count, folder);
	else if (count == 0)
		gd_set_absent(row, column, folder);
	else
		gd_take_error(ctx, row, column, folder, count);
}

static bool take_one(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *path)
{
	if (!strcmp(column, "throttled"))
		return gd_take_bool(ctx, row, column, path);
	if (!gd_take_int(ctx, row, column, path, 10, 1))
		return false;
	if (gd_get_int(row, column, 0) >= 0)
		return true;
	gd_take_garbage(row, column, path, "a negative clock");
	return false;
}

static void take_readings(struct gd_ctx *ctx, struct gd_row *row, const char *folder, const struct reading *list,
			  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		gd_autofree path = gd_xasprintf("%s/%s", folder, list[i].file);
		gd_autofree second = NULL;
		struct gd_cell first;

		if (take_one(ctx, row, list[i].column, path) || !list[i].instead)
			continue;
		first = *gd_get(row, list[i].column);
		second = gd_xasprintf("%s/%s", folder, list[i].instead);
		if (!take_one(ctx, row, list[i].column, second))
			gd_set_cell(row, list[i].column, &first);
	}
}

static void set_all(struct gd_row *row, const struct reading *list, size_t count, const char *path, int error,
		    struct gd_ctx *ctx)
{
	for (size_t i = 0; i < count; i++)
		gd_take_error(ctx, row, list[i].column, path, error);
}

/* Neither driver's usual sysfs tells the memory of a card; some of their versions do. */
static void take_vram(struct gd_ctx *ctx, struct gd_row *row, const char *path)
{
	if (gd_take_int(ctx, row, "vram_mib", path, 0, 1024 * 1024) && gd_get_int(row, "vram_mib", 0) > 0)
		return;
	if (gd_is_known(row, "vram_mib") || gd_is_absent(row, "vram_mib"))
		gd_set_unknown(row, "vram_mib", GD_GAP_NO_SOURCE,
			       "the kernel driver does not tell the size of GPU memory", NULL);
}

static void take_xe(struct gd_ctx *ctx, struct gd_row *row, const char *device, bool quiet)
{
	gd_autofree tile = NULL;
	gd_autofree gt = NULL;
	gd_autofree folder = NULL;
	gd_autofree main_gt = NULL;
	gd_autofree vram = NULL;
	int tiles = count_numbered(ctx, device, "tile", &tile);
	int gts = 0;

	set_count(ctx, row, "tiles", device, tiles);
	folder = gd_xasprintf("%s/%s", device, tile ? tile : "tile0");
	for (int i = 0; i < tiles && gts >= 0; i++) {
		gd_autofree one = gd_xasprintf("%s/tile%d", device, i);
		int n = count_numbered(ctx, one, "gt", gt ? NULL : &gt);

		gts = n < 0 ? n : gts + n;
	}
	set_count(ctx, row, "gts", folder, tiles < 0 ? tiles : gts);
	if (quiet)
		return;
	main_gt = gd_xasprintf("%s/%s", folder, gt ? gt : "gt0");
	vram = gd_xasprintf("%s/physical_vram_size_bytes", folder);
	take_readings(ctx, row, main_gt, xe_readings, GD_COUNT(xe_readings));
	take_vram(ctx, row, vram);
}

static void take_i915(struct gd_ctx *ctx, struct gd_row *row, const char *device, const char *card, bool quiet)
{
	gd_autofree folder = gd_xasprintf("%s/drm/%s", device, card);
	gd_autofree gt = gd_xasprintf("%s/gt", folder);
	gd_autofree vram = gd_xasprintf("%s/lmem_total_bytes", folder);

	gd_set_absent(row, "tiles", folder);
	set_count(ctx, row, "gts", gt, count_numbered(ctx, gt, "gt", NULL));
	if (quiet)
		return;
	take_readings(ctx, row, folder, i915_readings, GD_COUNT(i915_readings));
	take_vram(ctx, row, vram);
}

static void take_gpu(struct gd_ctx *ctx, const struct gd_row *pci, const char *driver)
{
	const char *address = gd_get_text(pci, "address", "");
	gd_autofree device = gd_xasprintf(GD_PCI_DEVICES "/%s", address);
	gd_autofree drm = gd_xasprintf("%s/drm", device);
	struct gd_row *row = gd_facts_add(ctx->facts, "intel_gpu");
	bool quiet = gd_pci_might_wake(pci);
	gd_autofree card = NULL;
	int cards;

	gd_set_text(row, "address", address, GD_PCI_DEVICES);
	gd_set_cell(row, "driver", gd_get(pci, "driver"));
	cards = count_numbered(ctx, drm, "card", &card);
	if (card)
		gd_set_text(row, "card", card, drm);
	else
		set_count(ctx, row, "card", drm, cards);
	for (size_t i = 0; quiet && i < GD_COUNT(xe_readings); i++)
		gd_pci_set_asleep(row, xe_readings[i].column);
	if (quiet)
		gd_pci_set_asleep(row, "vram_mib");
	if (!strcmp(driver, "xe")) {
		take_xe(ctx, row, device, quiet);
	} else if (card) {
		take_i915(ctx, row, device, card, quiet);
	} else {
		int error = cards < 0 ? cards : -ENOENT;

		gd_set_absent(row, "tiles", device);
		gd_take_error(ctx, row, "gts", drm, error);
		if (!quiet) {
			set_all(row, i915_readings, GD_COUNT(i915_readings), drm, error, ctx);
			gd_take_error(ctx, row, "vram_mib", drm, error);
		}
	}
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	const struct gd_rows *devices = gd_facts_table_peek(ctx->facts, "pci_device");
	bool unsure = false;

	(void)err;
	for (size_t i = 0; devices && i < devices->count; i++) {
		const struct gd_row *pci = devices->rows[i];
		const char *driver = gd_get_text(pci, "driver", "");

		if (!gd_get_int(pci, "display", 0) || strcmp(gd_get_text(pci, "vendor_id", ""), "8086") != 0)
			continue;
		if (!strcmp(driver, "xe") || !strcmp(driver, "i915"))
			take_gpu(ctx, pci, driver);
		unsure = unsure || gd_get(pci, "driver")->state == GD_UNKNOWN;
	}
	if (devices && !devices->complete)
		gd_facts_incomplete(ctx->facts, "intel_gpu", devices->gap, "the list of PCI devices is incomplete",
				    devices->remedy);
	else if (devices && unsure)
		gd_facts_incomplete(ctx->facts, "intel_gpu", GD_GAP_NO_SOURCE,
				    "the driver of an Intel display device is unknown", NULL);
	else if (devices)
		gd_facts_complete(ctx->facts, "intel_gpu");
	return 0;
}

const struct gd_probe gd_probe_intel = {
	.name = "intel",
	.help = "Clocks and throttling of Intel GPUs.",
	.tables = tables,
	.needs = needs,
	.run = run,
};
