/* SPDX-License-Identifier: MIT */
/* What NVIDIA's kernel driver says in /proc and /sys, without any library. nouveau is another driver. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "base/version.h"
#include "pci.h"

#define PROC "/proc/driver/nvidia"
#define MODULE "/sys/module/nvidia"

static const struct gd_column driver_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "Always \"nvidia\"." },
	{ .name = "present", .type = GD_BOOL, .help = "Whether NVIDIA's kernel module is loaded." },
	{ .name = "version", .type = GD_VERSION, .help = "The version of the loaded module." },
	{ .name = "open_module", .type = GD_BOOL,
	  .help = "Whether it is the open kernel module, which serves Turing and newer GPUs only." },
	{ .name = "proc_version", .type = GD_VERSION,
	  .help = "The version in /proc/driver/nvidia/version; another than the module's means a half-done update." },
	{ .name = "preserve_video_memory", .type = GD_BOOL,
	  .help = "Whether the driver saves the whole video memory when the machine suspends." },
	{ .name = "uvm_loaded", .type = GD_BOOL,
	  .help = "Whether the module nvidia_uvm, which CUDA needs, is loaded." },
	{ .name = "modeset", .type = GD_BOOL, .help = "Whether nvidia_drm drives displays through the kernel." },
	{ .name = "dev_present", .type = GD_BOOL, .help = "Whether /dev/nvidiactl exists." },
	{ .name = "dev_accessible", .type = GD_BOOL,
	  .help = "Whether the user who runs gpudoctor may open /dev/nvidiactl for reading and writing." },
};

static const struct gd_table driver_table = {
	.name = "nvidia_driver",
	.help = "NVIDIA's kernel driver.",
	.singleton = true,
	.columns = driver_columns,
	.column_count = GD_COUNT(driver_columns),
};

static const struct gd_column gpu_columns[] = {
	{ .name = "address", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The PCI address." },
	{ .name = "model", .type = GD_TEXT, .help = "The product's name, as the driver knows it." },
	{ .name = "uuid", .type = GD_TEXT, .flags = GD_COL_PRIVATE, .help = "The identifier of this very card." },
	{ .name = "video_bios", .type = GD_TEXT, .help = "The version of the card's firmware image." },
	{ .name = "bus_type", .type = GD_TEXT, .help = "How the GPU is attached: PCIe, PCI …" },
	{ .name = "firmware", .type = GD_TEXT,
	  .help = "The version of the firmware that runs on the GPU; absent where the driver runs without." },
	{ .name = "excluded", .type = GD_BOOL, .help = "Whether the administrator told the driver to leave it alone." },
	{ .name = "d3_status", .type = GD_TEXT, .flags = GD_COL_VOLATILE,
	  .help = "Whether the driver may power it down while idle." },
	{ .name = "power_default_w", .type = GD_REAL, .help = "Its default power limit, in watts, on some laptops." },
	{ .name = "power_boost_w", .type = GD_REAL,
	  .help = "The power limit it may be raised to by Dynamic Boost, in watts, on some laptops." },
	{ .name = "minor", .type = GD_INT, .help = "The number of its device node: 0 for /dev/nvidia0." },
};

static const struct gd_table gpu_table = {
	.name = "nvidia_gpu",
	.help = "A GPU that NVIDIA's kernel driver has taken.",
	.columns = gpu_columns,
	.column_count = GD_COUNT(gpu_columns),
};

static const struct gd_table *const tables[] = { &driver_table, &gpu_table, NULL };
static const char *const needs[] = { "pci", "kernel", NULL };

/* The columns of nvidia_gpu that come from the file `information`, and from `power`. */
static const struct {
	const char *column;
	const char *file;
	const char *key;
} fields[] = {
	{ "model", "information", "Model" },
	{ "uuid", "information", "GPU UUID" },
	{ "video_bios", "information", "Video BIOS" },
	{ "bus_type", "information", "Bus Type" },
	{ "firmware", "information", "GPU Firmware" },
	{ "excluded", "information", "GPU Excluded" },
	{ "minor", "information", "Device Minor" },
	{ "d3_status", "power", "Runtime D3 status" },
	{ "power_default_w", "power", "Default" },
	{ "power_boost_w", "power", "GPU Boost" },
};

/* What follows "key:" on a line that may be indented; owned, or NULL. */
static char *field(const char *text, const char *key)
{
	size_t len = strlen(key);

	while (text && *text) {
		const char *eol = strchr(text, '\n');
		size_t indent = strspn(text, " \t");

		if (!strncmp(text + indent, key, len) && text[indent + len] == ':') {
			const char *from = text + indent + len + 1;
			gd_autofree value = gd_xstrndup(from, eol ? (size_t)(eol - from) : strlen(from));

			return gd_xstrdup(gd_trim(value));
		}
		text = eol ? eol + 1 : NULL;
	}
	return NULL;
}

/* "115000 milliwatts"; "N/A milliwatts" where the driver has none. */
static void set_watts(struct gd_row *row, const char *column, char *value, const char *path)
{
	char *unit = strstr(value, " milliwatts");
	double milliwatts;

	if (!strncmp(value, "N/A", 3)) {
		gd_set_absent(row, column, path);
		return;
	}
	if (unit)
		*unit = '\0';
	if (!unit || gd_parse_real(value, &milliwatts) < 0 || milliwatts < 0)
		gd_take_garbage(row, column, path, value);
	else
		gd_set_real(row, column, milliwatts / 1000, path);
}

static void set_field(struct gd_row *row, size_t i, const char *text, const char *path)
{
	const char *column = fields[i].column;
	enum gd_type type = gpu_columns[gd_table_column(&gpu_table, column)].type;
	gd_autofree value = field(text, fields[i].key);
	int64_t number;

	if (!value || !*value || !strcmp(value, "N/A"))
		gd_set_absent(row, column, path);
	else if (strchr(value, '?'))
		/* The driver fills in question marks until a program has used the GPU. */
		gd_set_unknown(row, column, GD_GAP_NO_SOURCE, "the driver does not know it yet", GD_ASLEEP_REMEDY);
	else if (type == GD_REAL)
		set_watts(row, column, value, path);
	else if (type == GD_BOOL && (!strcmp(value, "Yes") || !strcmp(value, "No")))
		gd_set_bool(row, column, *value == 'Y', path);
	else if (type == GD_INT && gd_parse_i64(value, 10, &number) == 0 && number >= 0)
		gd_set_int(row, column, number, path);
	else if (type == GD_TEXT)
		gd_set_text(row, column, value, path);
	else
		gd_take_garbage(row, column, path, value);
}

static void take_fields(struct gd_ctx *ctx, struct gd_row *row, const char *address, const char *file)
{
	gd_autofree path = gd_xasprintf(PROC "/gpus/%s/%s", address, file);
	gd_autobuf text = { 0 };
	int r = gd_host_read(ctx->host, path, &text);

	for (size_t i = 0; i < GD_COUNT(fields); i++) {
		if (strcmp(fields[i].file, file))
			continue;
		if (r < 0)
			gd_take_error(ctx, row, fields[i].column, path, r);
		else if (!text.len)
			gd_set_unknown(row, fields[i].column, GD_GAP_ERROR, "the driver gave an empty file", NULL);
		else if (!gd_is_text(gd_buf_peek(&text), text.len))
			gd_take_garbage(row, fields[i].column, path, "\1");
		else
			set_field(row, i, gd_buf_peek(&text), path);
	}
}

/* Reading `information` powers the GPU up, so a sleeping one is left alone. */
static void take_gpu(struct gd_ctx *ctx, const char *address)
{
	const struct gd_row *pci =
		gd_facts_table_peek(ctx->facts, "pci_device") ? gd_facts_find(ctx->facts, "pci_device", address) : NULL;
	struct gd_row *row = gd_facts_add(ctx->facts, "nvidia_gpu");

	gd_set_text(row, "address", address, PROC "/gpus");
	if (gd_pci_might_wake(pci)) {
		for (size_t i = 0; i < GD_COUNT(fields); i++)
			gd_pci_set_asleep(row, fields[i].column);
		return;
	}
	take_fields(ctx, row, address, "information");
	take_fields(ctx, row, address, "power");
}

static void take_gpus(struct gd_ctx *ctx)
{
	gd_autostrv names = { 0 };
	int r = gd_host_list(ctx->host, PROC "/gpus", &names);

	if (r < 0) {
		gd_take_list_error(ctx, "nvidia_gpu", PROC "/gpus", r);
		return;
	}
	for (size_t i = 0; i < names.count; i++)
		if (gd_pci_is_address(names.items[i]) && (!i || strcmp(names.items[i], names.items[i - 1])))
			take_gpu(ctx, names.items[i]);
	gd_facts_complete(ctx->facts, "nvidia_gpu");
}

/* The first word behind "Kernel Module" that is a version; owned, or NULL. */
static char *proc_version(const char *line)
{
	const char *after = strstr(line, "Kernel Module");
	gd_autostrv words = { 0 };

	if (after)
		gd_strv_split(&words, after, " \t");
	for (size_t i = 0; i < words.count; i++) {
		const char *w = words.items[i];

		if (isdigit((unsigned char)*w) && strchr(w, '.') && strspn(w, "0123456789.") == strlen(w))
			return gd_xstrdup(w);
	}
	return NULL;
}

static void take_proc_version(struct gd_ctx *ctx, struct gd_row *row)
{
	static const char path[] = PROC "/version";
	gd_autobuf text = { 0 };
	gd_autofree line = NULL;
	gd_autofree version = NULL;
	int r = gd_host_read(ctx->host, path, &text);

	if (r < 0) {
		gd_take_error(ctx, row, "proc_version", path, r);
		gd_take_error(ctx, row, "open_module", path, r);
		return;
	}
	line = field(gd_buf_peek(&text), "NVRM version");
	version = line ? proc_version(line) : NULL;
	if (!version) {
		gd_take_garbage(row, "proc_version", path, text.data ? gd_trim(text.data) : "");
		gd_take_garbage(row, "open_module", path, text.data ? gd_trim(text.data) : "");
		return;
	}
	gd_set_text(row, "proc_version", version, path);
	gd_set_bool(row, "open_module", strstr(line, "Open Kernel Module") != NULL, path);
}

static void take_version(struct gd_ctx *ctx, struct gd_row *row)
{
	static const char path[] = MODULE "/version";

	if (gd_take_text(ctx, row, "version", path)) {
		if (!gd_version_is_valid(gd_get_text(row, "version", "")))
			gd_take_garbage(row, "version", path, gd_get_text(row, "version", ""));
		return;
	}
	/* Both are said by the loaded module. */
	if (gd_is_known(row, "proc_version"))
		gd_set_cell(row, "version", gd_get(row, "proc_version"));
}

static void take_preserve(struct gd_ctx *ctx, struct gd_row *row)
{
	static const char column[] = "preserve_video_memory";
	static const char path[] = PROC "/params";
	gd_autobuf text = { 0 };
	gd_autofree value = NULL;
	int64_t n;

	if (!gd_take_content(ctx, row, column, path, &text))
		return;
	value = field(gd_buf_peek(&text), "PreserveVideoMemoryAllocations");
	if (!value)
		gd_set_absent(row, column, path);
	else if (gd_parse_i64(value, 10, &n) < 0)
		gd_take_garbage(row, column, path, value);
	else
		gd_set_bool(row, column, n != 0, path);
}

/* Whether a path exists, as a bool cell. */
static void take_existence(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *path)
{
	struct gd_stat st;
	int r = gd_host_stat(ctx->host, path, &st);

	if (r == 0 || gd_host_is_absence(r))
		gd_set_bool(row, column, r == 0, path);
	else
		gd_take_error(ctx, row, column, path, r);
}

static void take_device_node(struct gd_ctx *ctx, struct gd_row *row)
{
	static const char path[] = "/dev/nvidiactl";
	struct gd_stat st;
	int r = gd_host_stat(ctx->host, path, &st);

	take_existence(ctx, row, "dev_present", path);
	if (r < 0)
		gd_take_error(ctx, row, "dev_accessible", path, r);
	else
		gd_set_bool(row, "dev_accessible", st.readable && st.writable, path);
}

/* 1 for present, 0 for proved absent, -1 for neither; the cell is set. */
static int take_presence(struct gd_ctx *ctx, struct gd_row *row)
{
	static const char *const paths[] = { PROC, PROC "/version", MODULE };
	struct gd_stat st;
	int error = 0;

	for (size_t i = 0; i < GD_COUNT(paths); i++) {
		int r = gd_host_stat(ctx->host, paths[i], &st);

		if (r == 0) {
			gd_set_bool(row, "present", true, paths[i]);
			return 1;
		}
		if (r != -ENOENT && !error) {
			error = r;
			gd_take_error(ctx, row, "present", paths[i], r);
		}
	}
	if (error == -GD_ENOTCAPTURED && gd_module_is_absent(ctx, "nvidia")) {
		gd_set_bool(row, "present", false, "/proc/modules, without nvidia");
		return 0;
	}
	if (error)
		return -1;
	gd_set_bool(row, "present", false, PROC " and " MODULE);
	return 0;
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	struct gd_row *row = gd_facts_add(ctx->facts, "nvidia_driver");

	(void)err;
	gd_set_text(row, "id", "nvidia", PROC);
	if (take_presence(ctx, row) == 0) {
		for (size_t i = 2; i < GD_COUNT(driver_columns); i++)
			gd_set_absent(row, driver_columns[i].name, gd_get(row, "present")->source);
	} else {
		take_proc_version(ctx, row);
		take_version(ctx, row);
		take_preserve(ctx, row);
		take_existence(ctx, row, "uvm_loaded", "/sys/module/nvidia_uvm");
		gd_take_bool(ctx, row, "modeset", "/sys/module/nvidia_drm/parameters/modeset");
		take_device_node(ctx, row);
		/* A file that could be read proves more than a folder that was not captured. */
		if (!gd_is_known(row, "present") && gd_is_known(row, "version"))
			gd_set_bool(row, "present", true, gd_get(row, "version")->source);
	}
	gd_facts_complete(ctx->facts, "nvidia_driver");
	take_gpus(ctx);
	return 0;
}

const struct gd_probe gd_probe_nvidia = {
	.name = "nvidia",
	.help = "NVIDIA's kernel driver and the GPUs it has taken.",
	.tables = tables,
	.needs = needs,
	.run = run,
};
