/* SPDX-License-Identifier: MIT */
/* The nodes through which programs reach a GPU: card nodes for displays, render nodes for computing. */
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "pci.h"

#define DRM "/sys/class/drm"

static const struct gd_column drm_columns[] = {
	{ .name = "name", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The name of the node: card1, renderD128." },
	{ .name = "kind", .type = GD_TEXT,
	  .help = "card (may also drive displays) or render (computing and rendering only)." },
	{ .name = "device", .type = GD_TEXT,
	  .help = "The PCI address of the device behind it; absent where that is no PCI device." },
	{ .name = "device_path", .type = GD_TEXT, .help = "The place of that device in /sys/devices." },
	{ .name = "driver", .type = GD_TEXT, .help = "The kernel driver of that device." },
	{ .name = "vendor_id", .type = GD_TEXT, .help = "The vendor of that device, as four hexadecimal digits." },
	{ .name = "device_id", .type = GD_TEXT, .help = "The chip, as four hexadecimal digits." },
	{ .name = "dev_node", .type = GD_TEXT,
	  .help = "The device node; absent where /dev/dri has none of this name." },
	{ .name = "mode", .type = GD_TEXT, .help = "The permissions of the device node, in octal." },
	{ .name = "owner_gid", .type = GD_INT, .help = "The group that owns the device node." },
	{ .name = "accessible", .type = GD_BOOL,
	  .help = "Whether the user who runs gpudoctor may open the device node for reading and writing." },
};

static const struct gd_table drm_table = {
	.name = "drm_node",
	.help = "A card or render node of the kernel's graphics subsystem.",
	.columns = drm_columns,
	.column_count = GD_COUNT(drm_columns),
};

static const struct gd_table *const drm_tables[] = { &drm_table, NULL };

/* card1 and renderD128, but neither card1-DP-1 nor version. */
static const char *kind_of(const char *name)
{
	static const struct {
		const char *prefix;
		const char *kind;
	} kinds[] = { { "card", "card" }, { "renderD", "render" } };

	for (size_t i = 0; i < GD_COUNT(kinds); i++) {
		size_t len = strlen(kinds[i].prefix);
		const char *digits = name + len;

		if (!strncmp(name, kinds[i].prefix, len) && *digits && strlen(digits) < 10 &&
		    strspn(digits, "0123456789") == strlen(digits))
			return kinds[i].kind;
	}
	return NULL;
}

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/*
 * Finds the PCI device: what the link leads to, or, for a virtio GPU, the
 * parent of that. Returns the folder with the vendor and device files.
 */
static char *take_device(struct gd_ctx *ctx, struct gd_row *row, const char *path)
{
	gd_autofree target = NULL;
	gd_autofree real = NULL;
	char *slash;
	int r = gd_host_link(ctx->host, path, &target);

	if (r == 0)
		r = gd_host_resolve(ctx->host, path, &real);
	if (r < 0) {
		/* A tree that was copied through its links has a folder here, and no word of where it was. */
		if (r == -EINVAL && !gd_host_is_live(ctx->host))
			r = -GD_ENOTCAPTURED;
		gd_take_error(ctx, row, "device", path, r);
		gd_take_error(ctx, row, "device_path", path, r);
		return gd_xstrdup(path);
	}
	gd_set_text(row, "device_path", real, path);
	slash = strrchr(real, '/');
	if (slash && !strncmp(slash, "/virtio", 7))
		*slash = '\0';
	if (gd_pci_is_address(last_component(real)))
		gd_set_text(row, "device", last_component(real), path);
	else
		gd_set_absent(row, "device", path);
	return gd_pci_is_address(last_component(real)) ? GD_STEAL(real) : gd_xstrdup(path);
}

static void take_driver(struct gd_ctx *ctx, struct gd_row *row, const char *device)
{
	gd_autofree path = gd_xasprintf("%s/driver", device);
	gd_autofree uevent = gd_xasprintf("%s/uevent", device);
	gd_autofree target = NULL;
	gd_autofree value = NULL;
	gd_autobuf text = { 0 };
	int r = gd_host_link(ctx->host, path, &target);

	if (r == 0) {
		gd_set_text(row, "driver", last_component(target), path);
		return;
	}
	gd_take_error(ctx, row, "driver", path, r);
	if (r == -ENOENT || gd_host_read(ctx->host, uevent, &text) < 0)
		return;
	value = gd_line_value(gd_buf_peek(&text), "DRIVER", "=");
	if (value && *value)
		gd_set_text(row, "driver", value, uevent);
}

static void take_id(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *folder, const char *file)
{
	gd_autofree path = gd_xasprintf("%s/%s", folder, file);
	gd_autofree value = NULL;
	gd_autobuf text = { 0 };
	uint64_t n;

	if (!gd_take_content(ctx, row, column, path, &text))
		return;
	if (gd_parse_u64(gd_buf_peek(&text), 16, &n) < 0 || n > UINT16_MAX) {
		gd_take_garbage(row, column, path, text.data ? gd_trim(text.data) : "");
		return;
	}
	value = gd_xasprintf("%04llx", (unsigned long long)n);
	gd_set_text(row, column, value, path);
}

static void take_node(struct gd_ctx *ctx, struct gd_row *row, const char *name)
{
	static const char *const columns[] = { "dev_node", "mode", "owner_gid", "accessible" };
	gd_autofree path = gd_xasprintf("/dev/dri/%s", name);
	gd_autofree mode = NULL;
	struct gd_stat st;
	int r = gd_host_stat(ctx->host, path, &st);

	if (r < 0) {
		for (size_t i = 0; i < GD_COUNT(columns); i++)
			gd_take_error(ctx, row, columns[i], path, r);
		return;
	}
	mode = gd_xasprintf("%04o", (unsigned)st.mode & 07777);
	gd_set_text(row, "dev_node", path, path);
	gd_set_text(row, "mode", mode, path);
	gd_set_int(row, "owner_gid", st.gid, path);
	gd_set_bool(row, "accessible", st.readable && st.writable, path);
}

static void take_one(struct gd_ctx *ctx, const char *name, const char *kind)
{
	struct gd_row *row = gd_facts_add(ctx->facts, "drm_node");
	gd_autofree device = gd_xasprintf(DRM "/%s/device", name);
	gd_autofree folder = NULL;

	gd_set_text(row, "name", name, DRM);
	gd_set_text(row, "kind", kind, DRM);
	folder = take_device(ctx, row, device);
	take_driver(ctx, row, device);
	take_id(ctx, row, "vendor_id", folder, "vendor");
	take_id(ctx, row, "device_id", folder, "device");
	take_node(ctx, row, name);
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	gd_autostrv names = { 0 };
	int r = gd_host_list(ctx->host, DRM, &names);

	(void)err;
	if (r < 0) {
		gd_pci_list_error(ctx, "drm_node", DRM, r);
		return 0;
	}
	for (size_t i = 0; i < names.count; i++) {
		const char *kind = kind_of(names.items[i]);

		if (kind && (!i || strcmp(names.items[i], names.items[i - 1])))
			take_one(ctx, names.items[i], kind);
	}
	gd_facts_complete(ctx->facts, "drm_node");
	return 0;
}

const struct gd_probe gd_probe_drm = {
	.name = "drm",
	.help = "Card and render nodes, the devices behind them, and who may open them.",
	.tables = drm_tables,
	.run = run,
};
