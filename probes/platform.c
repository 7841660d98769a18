/* SPDX-License-Identifier: MIT */
/* What kind of machine this is: maker and model, container, virtual machine, Secure Boot. */
#include "platform.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"

static const struct gd_column platform_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "Always \"platform\"." },
	{ .name = "vendor", .type = GD_TEXT,
	  .help = "The machine's maker; absent where the firmware left a placeholder." },
	{ .name = "product", .type = GD_TEXT,
	  .help = "The machine's model, on boards without DMI the device tree's." },
	{ .name = "product_version", .type = GD_TEXT,
	  .help = "The model's version; some makers put the name for people here." },
	{ .name = "board", .type = GD_TEXT, .help = "The main board's maker and model." },
	{ .name = "bios_version", .type = GD_TEXT, .help = "The firmware's version." },
	{ .name = "bios_date", .type = GD_TEXT,
	  .help = "The firmware's date as the maker wrote it, mostly month/day/year." },
	{ .name = "chassis", .type = GD_TEXT,
	  .help = "The case: desktop, mini-pc, all-in-one, laptop, convertible, tablet, handheld, server or "
		  "embedded." },
	{ .name = "portable", .type = GD_BOOL,
	  .help = "Whether the case is one to carry around, which mostly means a battery." },
	{ .name = "container", .type = GD_TEXT,
	  .help = "The kind of container gpudoctor runs in, or none: podman, docker, toolbox, distrobox, lxc, "
		  "systemd-nspawn, wsl, kubernetes or other." },
	{ .name = "virtual_machine", .type = GD_TEXT,
	  .help = "The kind of virtual machine this is, or none: kvm, qemu, vmware, virtualbox, hyper-v, xen, "
		  "amazon, google, firecracker, parallels or other." },
	{ .name = "secure_boot", .type = GD_BOOL,
	  .help = "Whether the firmware checks the signature of what it boots." },
	{ .name = "lockdown", .type = GD_TEXT, .help = "The kernel's lockdown: none, integrity or confidentiality." },
};

static const struct gd_table platform_table = {
	.name = "platform",
	.help = "The kind of machine: maker, model, case, container, virtual machine, Secure Boot.",
	.singleton = true,
	.columns = platform_columns,
	.column_count = GD_COUNT(platform_columns),
};

static const struct gd_table *const tables[] = { &platform_table, NULL };

static const char sys_firmware[] = "/sys/firmware";
static const char sys_efi[] = "/sys/firmware/efi";
static const char sys_efivars[] = "/sys/firmware/efi/efivars";
static const char secure_boot_var[] = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
static const char sys_security[] = "/sys/kernel/security";
static const char sys_lockdown[] = "/sys/kernel/security/lockdown";
static const char chassis_type[] = "/sys/class/dmi/id/chassis_type";
static const char device_tree_model[] = "/proc/device-tree/model";

/* What board makers leave in fields that the maker of the machine should fill. */
static bool is_placeholder(const char *s)
{
	static const char *const texts[] = {
		"To Be Filled By O.E.M.", "To be filled by O.E.M.", "Default string", "Not Specified", "Not Applicable",
		"Not Available", "None", "N/A", "NA", "Unknown", "OEM", "O.E.M.", "Undefined", "INVALID", "x.x", "-",
		"System manufacturer", "System Manufacturer", "System Product Name", "System Version", "empty",
		"Type1ProductConfigId", "Type1 - Product Name", "0123456789", "123456789", "*", "Standard",
	};

	for (size_t i = 0; i < GD_COUNT(texts); i++)
		if (!strcasecmp(s, texts[i]))
			return true;
	return false;
}

static void take_dmi(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *path)
{
	if (gd_take_text(ctx, row, column, path) && is_placeholder(gd_get_text(row, column, "")))
		gd_set_absent(row, column, path);
}

static void take_board(struct gd_ctx *ctx, struct gd_row *row)
{
	static const char vendor_path[] = "/sys/class/dmi/id/board_vendor";
	static const char name_path[] = "/sys/class/dmi/id/board_name";
	struct gd_cell vendor;
	gd_autofree joined = NULL;

	take_dmi(ctx, row, "board", vendor_path);
	vendor = *gd_get(row, "board");
	take_dmi(ctx, row, "board", name_path);
	if (vendor.state != GD_KNOWN)
		return;
	if (gd_is_absent(row, "board")) {
		gd_set_cell(row, "board", &vendor);
		return;
	}
	if (!gd_is_known(row, "board"))
		return; /* a maker without a model names no board */
	joined = gd_xasprintf("%s %s", vendor.value.s, gd_get_text(row, "board", ""));
	gd_set_text(row, "board", joined, "/sys/class/dmi/id/board_vendor, /sys/class/dmi/id/board_name");
}

/* Boards without DMI say their name in the device tree, with a NUL at the end. */
static void take_device_tree(struct gd_ctx *ctx, struct gd_row *row)
{
	gd_autobuf text = { 0 };

	if (gd_is_known(row, "product") || gd_host_read(ctx->host, device_tree_model, &text) < 0)
		return;
	if (text.len && *gd_buf_peek(&text))
		gd_set_text(row, "product", gd_trim(text.data), device_tree_model);
}

/* The types of the System Management BIOS specification, 7.4.1. */
static const struct {
	int type;
	const char *name;
	bool portable;
} chassis_types[] = {
	{ 3, "desktop", false },     { 4, "desktop", false },	 { 5, "desktop", false },  { 6, "desktop", false },
	{ 7, "desktop", false },     { 8, "laptop", true },	 { 9, "laptop", true },	   { 10, "laptop", true },
	{ 11, "handheld", true },    { 13, "all-in-one", false }, { 14, "laptop", true },   { 15, "desktop", false },
	{ 16, "desktop", false },    { 17, "server", false },	 { 23, "server", false },  { 24, "desktop", false },
	{ 25, "server", false },     { 28, "server", false },	 { 29, "server", false },  { 30, "tablet", true },
	{ 31, "convertible", true }, { 32, "tablet", true },	 { 33, "embedded", false }, { 34, "embedded", false },
	{ 35, "mini-pc", false },    { 36, "mini-pc", false },
};

static void take_chassis(struct gd_ctx *ctx, struct gd_row *row)
{
	gd_autobuf text = { 0 };
	int64_t type;

	if (!gd_take_content(ctx, row, "chassis", chassis_type, &text)) {
		gd_set_cell(row, "portable", gd_get(row, "chassis"));
		return;
	}
	if (gd_parse_i64(gd_buf_peek(&text), 10, &type) < 0) {
		gd_take_garbage(row, "chassis", chassis_type, text.data ? gd_trim(text.data) : "");
		gd_set_cell(row, "portable", gd_get(row, "chassis"));
		return;
	}
	/* Firmware may set bit 7 to say that the case can be locked. */
	type &= type >= 0 && type < 256 ? 127 : -1;
	for (size_t i = 0; i < GD_COUNT(chassis_types); i++)
		if (chassis_types[i].type == type) {
			gd_set_text(row, "chassis", chassis_types[i].name, chassis_type);
			gd_set_bool(row, "portable", chassis_types[i].portable, chassis_type);
			return;
		}
	gd_set_unknown(row, "chassis", GD_GAP_NO_SOURCE, "the firmware names no kind of case", NULL);
	gd_set_cell(row, "portable", gd_get(row, "chassis"));
}

/* Container engines hide directories of /sys by an empty one on top, which then proves nothing. */
static bool is_hidden(struct gd_ctx *ctx, const char *dir)
{
	gd_autostrv names = { 0 };

	return !gd_host_list(ctx->host, dir, &names) && !names.count;
}

/* The variable is not there: a machine without UEFI, one without Secure Boot, or no view of it. */
static void take_no_variable(struct gd_ctx *ctx, struct gd_row *row)
{
	gd_autostrv names = { 0 };
	int r = gd_host_list(ctx->host, sys_efivars, &names);

	if (!r && names.count) {
		gd_set_bool(row, "secure_boot", false, sys_efivars);
		return;
	}
	gd_strv_free(&names);
	r = gd_host_list(ctx->host, sys_efi, &names);
	if (r == -ENOENT && !is_hidden(ctx, sys_firmware))
		gd_set_bool(row, "secure_boot", false, sys_efi);
	else if (r < 0 && r != -ENOENT)
		gd_take_error(ctx, row, "secure_boot", sys_efi, r);
	else
		gd_set_unknown(row, "secure_boot", GD_GAP_NO_SOURCE,
			       "the variables of the firmware are not to be seen from here",
			       "run gpudoctor outside of the container, with efivarfs mounted");
}

static void take_secure_boot(struct gd_ctx *ctx, struct gd_row *row)
{
	gd_autobuf bytes = { 0 };
	int r = gd_host_read(ctx->host, secure_boot_var, &bytes);

	if (r == -ENOENT || r == -GD_ENOTCAPTURED) {
		/* A capture may well hold the proof that there is no UEFI at all. */
		take_no_variable(ctx, row);
		return;
	}
	if (r < 0) {
		gd_take_error(ctx, row, "secure_boot", secure_boot_var, r);
		return;
	}
	/* Four bytes of attributes, one of value. */
	if (bytes.len != 5 || (bytes.data[4] != 0 && bytes.data[4] != 1))
		gd_take_garbage(row, "secure_boot", secure_boot_var, "\001");
	else
		gd_set_bool(row, "secure_boot", bytes.data[4] == 1, secure_boot_var);
}

/* "none [integrity] confidentiality": the word in brackets. */
static void take_lockdown(struct gd_ctx *ctx, struct gd_row *row)
{
	gd_autobuf text = { 0 };
	gd_autofree word = NULL;
	const char *open;
	const char *close;

	if (!gd_take_content(ctx, row, "lockdown", sys_lockdown, &text)) {
		if (gd_is_absent(row, "lockdown") && is_hidden(ctx, sys_security))
			gd_set_unknown(row, "lockdown", GD_GAP_NO_SOURCE, "securityfs is not mounted here",
				       "run gpudoctor outside of the container");
		return;
	}
	open = strchr(gd_buf_peek(&text), '[');
	close = open ? strchr(open, ']') : NULL;
	if (!close || close == open + 1) {
		gd_take_garbage(row, "lockdown", sys_lockdown, gd_buf_peek(&text));
		return;
	}
	word = gd_xstrndup(open + 1, (size_t)(close - open - 1));
	gd_set_text(row, "lockdown", word, sys_lockdown);
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	struct gd_row *row = gd_facts_add(ctx->facts, "platform");

	(void)err;
	gd_set_text(row, "id", "platform", "gpudoctor");
	take_dmi(ctx, row, "vendor", "/sys/class/dmi/id/sys_vendor");
	take_dmi(ctx, row, "product", "/sys/class/dmi/id/product_name");
	take_dmi(ctx, row, "product_version", "/sys/class/dmi/id/product_version");
	take_dmi(ctx, row, "bios_version", "/sys/class/dmi/id/bios_version");
	take_dmi(ctx, row, "bios_date", "/sys/class/dmi/id/bios_date");
	take_board(ctx, row);
	take_device_tree(ctx, row);
	take_chassis(ctx, row);
	gd_platform_take_container(ctx, row);
	gd_platform_take_vm(ctx, row);
	take_secure_boot(ctx, row);
	take_lockdown(ctx, row);
	gd_facts_complete(ctx->facts, "platform");
	return 0;
}

const struct gd_probe gd_probe_platform = {
	.name = "platform",
	.help = "Looks at the kind of machine: maker, model, container, virtual machine, Secure Boot.",
	.tables = tables,
	.run = run,
};
