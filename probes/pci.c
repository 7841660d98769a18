/* SPDX-License-Identifier: MIT */
/*
 * Every PCI function. Display devices and accelerators are read in full, the
 * bridges above them for their links, all others with one read of `uevent`.
 */
#include "pci.h"

#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "pci_names.h"

static const struct gd_column pci_columns[] = {
	{ .name = "address", .type = GD_TEXT, .flags = GD_COL_KEY,
	  .help = "The address of the function: domain, bus, device and function number, as in 0000:03:00.0." },
	{ .name = "vendor_id", .type = GD_TEXT, .help = "The vendor of the chip, as four hexadecimal digits." },
	{ .name = "device_id", .type = GD_TEXT, .help = "The chip, as four hexadecimal digits." },
	{ .name = "revision", .type = GD_TEXT,
	  .help = "The revision of the chip, as two hexadecimal digits; often all that tells two products apart." },
	{ .name = "subsystem_vendor_id", .type = GD_TEXT,
	  .help = "The maker of the board, as four hexadecimal digits." },
	{ .name = "subsystem_device_id", .type = GD_TEXT, .help = "The board, as four hexadecimal digits." },
	{ .name = "class", .type = GD_TEXT,
	  .help = "The class code, as six hexadecimal digits: 030000 is a VGA controller, 120000 an accelerator." },
	{ .name = "display", .type = GD_BOOL, .help = "Whether it is a display controller (base class 03)." },
	{ .name = "accelerator", .type = GD_BOOL, .help = "Whether it is a processing accelerator (base class 12)." },
	{ .name = "vendor_name", .type = GD_TEXT, .help = "The vendor of the chip by name." },
	{ .name = "device_name", .type = GD_TEXT,
	  .help = "The chip or product by name; several names joined by \"or\" where the numbers allow several." },
	{ .name = "driver", .type = GD_TEXT, .help = "The kernel driver bound to it; absent where none is." },
	{ .name = "driver_override", .type = GD_TEXT,
	  .help = "The only driver that the administrator lets bind to it; absent where any may." },
	{ .name = "boot_vga", .type = GD_BOOL, .help = "Whether the firmware used it as the primary display." },
	{ .name = "power_state", .type = GD_TEXT, .flags = GD_COL_VOLATILE,
	  .help = "The PCI power state: D0 when fully on, D3hot or D3cold when suspended." },
	{ .name = "runtime_status", .type = GD_TEXT, .flags = GD_COL_VOLATILE,
	  .help = "What the kernel's runtime power management says: active, suspended …" },
	{ .name = "asleep", .type = GD_BOOL, .flags = GD_COL_VOLATILE,
	  .help = "Whether it is suspended, so that reading more of it would wake it." },
	{ .name = "link_gtps", .type = GD_REAL, .flags = GD_COL_VOLATILE,
	  .help = "The speed of its PCI Express link now, in GT/s; GPUs lower it while idle." },
	{ .name = "link_width", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "The lanes of its link now." },
	{ .name = "link_max_gtps", .type = GD_REAL, .help = "The highest link speed it is capable of, in GT/s." },
	{ .name = "link_max_width", .type = GD_INT, .help = "The most lanes it is capable of." },
	{ .name = "slot", .type = GD_TEXT,
	  .help = "The address of the port the card is plugged into: the first bridge above it that is no part of the "
		  "card." },
	{ .name = "slot_gtps", .type = GD_REAL, .flags = GD_COL_VOLATILE, .help = "The link speed of that port now." },
	{ .name = "slot_width", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "The lanes of that port now." },
	{ .name = "slot_max_gtps", .type = GD_REAL,
	  .help = "The highest link speed that port is capable of, in GT/s." },
	{ .name = "slot_max_width", .type = GD_INT, .help = "The most lanes that port is capable of." },
	{ .name = "path_max_gtps", .type = GD_REAL,
	  .help = "The highest link speed that both the card and its port are capable of, in GT/s." },
	{ .name = "path_max_width", .type = GD_INT,
	  .help = "The most lanes that both the card and its port are capable of." },
	{ .name = "link_reliable", .type = GD_BOOL,
	  .help = "Whether the device's own link columns describe the way to the slot; false where its registers are "
		  "known to read low, or it sits behind a switch on the card." },
	{ .name = "bar_max_mib", .type = GD_INT,
	  .help = "The size of its largest 64-bit or prefetchable memory window, in MiB; 256 usually means that "
		  "resizable BAR is off." },
	{ .name = "rebar_max_mib", .type = GD_INT,
	  .help = "The largest size that one of its windows could be resized to, in MiB; absent where it has no "
		  "resizable BAR." },
	{ .name = "numa_node", .type = GD_INT,
	  .help = "The memory node it is close to; absent where the kernel names none." },
};

static const struct gd_table pci_table = {
	.name = "pci_device",
	.help = "A PCI function of the machine.",
	.columns = pci_columns,
	.column_count = GD_COUNT(pci_columns),
};

static const struct gd_table *const pci_tables[] = { &pci_table, NULL };

/* Identity columns: their files, and where in `uevent` the same number stands. */
static const struct {
	const char *column;
	const char *file;
	const char *key; /* of uevent, NULL where it has none */
	int part; /* which of the numbers between colons */
	int digits;
} ids[] = {
	{ "vendor_id", "vendor", "PCI_ID", 0, 4 },
	{ "device_id", "device", "PCI_ID", 1, 4 },
	{ "revision", "revision", NULL, 0, 2 },
	{ "subsystem_vendor_id", "subsystem_vendor", "PCI_SUBSYS_ID", 0, 4 },
	{ "subsystem_device_id", "subsystem_device", "PCI_SUBSYS_ID", 1, 4 },
	{ "class", "class", "PCI_CLASS", 0, 6 },
};

char *gd_pci_path(const char *address, const char *file)
{
	return gd_xasprintf(GD_PCI_DEVICES "/%s/%s", address, file);
}

bool gd_pci_is_address(const char *s)
{
	static const char hex[] = "0123456789abcdef";
	size_t domain = strspn(s, hex);

	if (domain < 4 || domain > 8 || s[domain] != ':')
		return false;
	s += domain + 1;
	return strspn(s, hex) == 2 && s[2] == ':' && strspn(s + 3, hex) == 2 && s[5] == '.' && s[6] >= '0' &&
	       s[6] <= '7' && !s[7];
}

struct gd_pci_dev *gd_pci_find(const struct gd_pci_set *set, const char *address)
{
	size_t low = 0;
	size_t high = set->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int r = strcmp(address, set->devs[mid].address);

		if (!r)
			return &set->devs[mid];
		if (r < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

void gd_pci_list_error(struct gd_ctx *ctx, const char *table, const char *path, int error)
{
	struct gd_stat st;

	if (error == -ENOENT && gd_host_stat(ctx->host, "/sys/bus", &st) == -ENOENT) {
		gd_facts_incomplete(ctx->facts, table, GD_GAP_NO_SOURCE, "/sys is not mounted here",
				    "run gpudoctor where /sys is mounted");
		return;
	}
	gd_take_list_error(ctx, table, path, error);
}

/* Sets a cell to a number of so many hexadecimal digits; false where the text is none. */
static bool set_hex(struct gd_row *row, const char *column, const char *text, int digits, const char *source)
{
	gd_autofree value = NULL;
	uint64_t n;

	if (gd_parse_u64(text, 16, &n) < 0 || n >> (digits * 4))
		return false;
	value = gd_xasprintf("%0*llx", digits, (unsigned long long)n);
	gd_set_text(row, column, value, source);
	return true;
}

static bool id_from_uevent(struct gd_row *row, size_t i, const char *uevent, const char *source)
{
	gd_autofree value = ids[i].key ? gd_line_value(uevent, ids[i].key, "=") : NULL;
	gd_autostrv parts = { 0 };

	if (!value)
		return false;
	gd_strv_split(&parts, value, ":");
	return (size_t)ids[i].part < parts.count &&
	       set_hex(row, ids[i].column, parts.items[ids[i].part], ids[i].digits, source);
}

static bool id_from_file(struct gd_ctx *ctx, const struct gd_pci_dev *dev, size_t i)
{
	gd_autofree path = gd_pci_path(dev->address, ids[i].file);
	gd_autobuf text = { 0 };

	if (!gd_take_content(ctx, dev->row, ids[i].column, path, &text))
		return false;
	if (set_hex(dev->row, ids[i].column, gd_buf_peek(&text), ids[i].digits, path))
		return true;
	gd_take_garbage(dev->row, ids[i].column, path, text.data ? gd_trim(text.data) : "");
	return false;
}

static bool has_base_class(const struct gd_row *row, const char *base)
{
	return !strncmp(gd_get_text(row, "class", ""), base, 2);
}

static void set_kind(struct gd_pci_dev *dev)
{
	const struct gd_cell *class = gd_get(dev->row, "class");
	bool display = has_base_class(dev->row, "03");
	bool accelerator = has_base_class(dev->row, "12");

	dev->gpu = display || accelerator;
	if (class->state != GD_KNOWN) {
		gd_set_unknown(dev->row, "display", class->gap, class->detail, class->remedy);
		gd_set_unknown(dev->row, "accelerator", class->gap, class->detail, class->remedy);
		return;
	}
	gd_set_bool(dev->row, "display", display, class->source);
	gd_set_bool(dev->row, "accelerator", accelerator, class->source);
}

/* Where uevent was read, its DRIVER line says it; the kernel leaves the line out where none is bound. */
static void set_driver(struct gd_ctx *ctx, struct gd_pci_dev *dev, const char *uevent, const char *uevent_path)
{
	gd_autofree path = gd_pci_path(dev->address, "driver");
	gd_autofree value = uevent ? gd_line_value(uevent, "DRIVER", "=") : NULL;
	gd_autofree target = NULL;
	int r;

	if (value && *value) {
		gd_set_text(dev->row, "driver", value, uevent_path);
		return;
	}
	if (uevent && !dev->gpu) {
		gd_set_absent(dev->row, "driver", uevent_path);
		return;
	}
	r = gd_host_link(ctx->host, path, &target);
	if (r == 0) {
		const char *slash = strrchr(target, '/');

		gd_set_text(dev->row, "driver", slash ? slash + 1 : target, path);
	} else if (uevent && r == -GD_ENOTCAPTURED) {
		gd_set_absent(dev->row, "driver", uevent_path);
	} else {
		gd_take_error(ctx, dev->row, "driver", path, r);
	}
}

static void take_identity(struct gd_ctx *ctx, struct gd_pci_dev *dev)
{
	gd_autofree path = gd_pci_path(dev->address, "uevent");
	gd_autobuf text = { 0 };
	const char *uevent = NULL;

	if (gd_host_read(ctx->host, path, &text) == 0 && gd_is_text(gd_buf_peek(&text), text.len))
		uevent = gd_buf_peek(&text);
	for (size_t i = 0; i < GD_COUNT(ids); i++)
		if (uevent)
			id_from_uevent(dev->row, i, uevent, path);
	if (!gd_is_known(dev->row, "class"))
		id_from_file(ctx, dev, GD_COUNT(ids) - 1);
	set_kind(dev);
	/* A GPU's own files come first; for the rest uevent is enough. */
	for (size_t i = 0; i < GD_COUNT(ids); i++) {
		if (!dev->gpu && (gd_is_known(dev->row, ids[i].column) || !ids[i].key))
			continue;
		if (!id_from_file(ctx, dev, i) && uevent)
			id_from_uevent(dev->row, i, uevent, path);
	}
	set_driver(ctx, dev, uevent, path);
}

static void take_override(struct gd_ctx *ctx, struct gd_pci_dev *dev)
{
	gd_autofree path = gd_pci_path(dev->address, "driver_override");

	if (gd_take_text(ctx, dev->row, "driver_override", path) &&
	    !strcmp(gd_get_text(dev->row, "driver_override", ""), "(null)"))
		gd_set_absent(dev->row, "driver_override", path);
}

static void take_gpu(struct gd_ctx *ctx, struct gd_pci_set *set, struct gd_pci_dev *dev, struct gd_pci_names **names)
{
	gd_autofree boot_vga = gd_pci_path(dev->address, "boot_vga");
	gd_autofree numa = gd_pci_path(dev->address, "numa_node");

	gd_pci_power(ctx, dev);
	take_override(ctx, dev);
	gd_take_bool(ctx, dev->row, "boot_vga", boot_vga);
	if (gd_take_int(ctx, dev->row, "numa_node", numa, 10, 1) && gd_get_int(dev->row, "numa_node", 0) < 0)
		gd_set_absent(dev->row, "numa_node", numa);
	gd_pci_links(ctx, set, dev);
	gd_pci_bars(ctx, dev);
	gd_pci_name(ctx, dev->row, names);
}

static void close_rows(const struct gd_pci_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		for (size_t c = 0; c < GD_COUNT(pci_columns); c++)
			if (set->devs[i].row->cells[c].state == GD_UNSET)
				gd_set_unknown(set->devs[i].row, pci_columns[c].name, GD_GAP_NOT_PROBED,
					       "read for GPUs, and for links of the bridges above them", NULL);
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct gd_pci_dev *)a)->address, ((const struct gd_pci_dev *)b)->address);
}

static void free_set(struct gd_pci_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		free(set->devs[i].address);
	free(set->devs);
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	GD_CLEANUP(free_set) struct gd_pci_set set = { 0 };
	GD_CLEANUP(gd_pci_names_freep) struct gd_pci_names *names = NULL;
	gd_autostrv listed = { 0 };
	int r = gd_host_list(ctx->host, GD_PCI_DEVICES, &listed);

	(void)err;
	if (r < 0) {
		gd_pci_list_error(ctx, "pci_device", GD_PCI_DEVICES, r);
		return 0;
	}
	for (size_t i = 0; i < listed.count; i++) {
		struct gd_pci_dev dev = { 0 };

		if (!gd_pci_is_address(listed.items[i]) || (i && !strcmp(listed.items[i], listed.items[i - 1])))
			continue;
		dev.address = gd_xstrdup(listed.items[i]);
		dev.row = gd_facts_add(ctx->facts, "pci_device");
		gd_set_text(dev.row, "address", dev.address, GD_PCI_DEVICES);
		take_identity(ctx, &dev);
		GD_GROW(set.devs, set.count, set.cap);
		set.devs[set.count++] = dev;
	}
	if (set.count)
		qsort(set.devs, set.count, sizeof(*set.devs), compare);
	for (size_t i = 0; i < set.count; i++)
		if (set.devs[i].gpu)
			take_gpu(ctx, &set, &set.devs[i], &names);
	close_rows(&set);
	gd_facts_complete(ctx->facts, "pci_device");
	return 0;
}

const struct gd_probe gd_probe_pci = {
	.name = "pci",
	.help = "PCI devices, their drivers, power states, links and memory windows.",
	.tables = pci_tables,
	.run = run,
};
