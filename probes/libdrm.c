/* SPDX-License-Identifier: MIT */
/*
 * libdrm's list of graphics devices, and what the driver behind each render
 * node says of itself. Opening the node of a suspended device would wake it, so
 * such nodes are left alone; card nodes are never opened, since who opens one
 * first becomes the master of its display.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <xf86drm.h>

#include "libdrm.h"
#include "node_access.h"
#include "pci.h"

/* More than libdrm itself lists. */
enum { MAX_DEVICES = 256, MAX_NAME_BYTES = 255 };

static const struct gd_column device_columns[] = {
	{ .name = "node",
	  .type = GD_TEXT,
	  .flags = GD_COL_KEY,
	  .help = "The render node, as in /dev/dri/renderD128; the card node where the device has no other." },
	{ .name = "card_node", .type = GD_TEXT, .help = "The card node, which may also drive displays." },
	{ .name = "render_node", .type = GD_TEXT, .help = "The render node, through which programs compute." },
	{ .name = "bus", .type = GD_TEXT, .help = "What it is attached to: pci, usb, platform, host1x or other." },
	{ .name = "device", .type = GD_TEXT, .help = "Its PCI address; absent on another bus." },
	{ .name = "vendor_id", .type = GD_TEXT, .help = "The PCI vendor in four hexadecimal digits." },
	{ .name = "device_id", .type = GD_TEXT, .help = "The chip in four hexadecimal digits." },
	{ .name = "permitted",
	  .type = GD_BOOL,
	  .help = "The permissions of the render node let the user who runs gpudoctor read and write." },
	{ .name = "opened", .type = GD_BOOL, .help = "The render node could be opened." },
	{ .name = "open_error", .type = GD_TEXT, .help = "The error of that: EACCES, EPERM, ENXIO, ENODEV …" },
	{ .name = "refusal", .type = GD_TEXT, .help = "The same as a sentence, with the missing permission." },
	{ .name = "driver", .type = GD_TEXT, .help = "The kernel driver, as it calls itself." },
	{ .name = "driver_version", .type = GD_VERSION, .help = "The version of the driver's interface." },
	{ .name = "driver_date", .type = GD_TEXT, .help = "Its date, which newer kernels leave out." },
	{ .name = GD_LIBDRM_FIRST_AMDGPU_COLUMN,
	  .type = GD_INT,
	  .help = "The number that amdgpu has for the chip's family; this and all that follow are of amdgpu only." },
	{ .name = "chip_rev", .type = GD_INT, .help = "The revision of the chip within its family." },
	{ .name = "external_rev", .type = GD_INT, .help = "The same, counted on from the family's first chip." },
	{ .name = "chip_id", .type = GD_TEXT, .help = "The chip in four hexadecimal digits, as the driver says it." },
	{ .name = "pci_revision", .type = GD_TEXT, .help = "The PCI revision in two hexadecimal digits." },
	{ .name = "marketing_name",
	  .type = GD_TEXT,
	  .help = "The name in libdrm's list, which calls what it does not know AMD Radeon Graphics." },
	{ .name = "integrated", .type = GD_BOOL, .help = "It is part of the processor and shares its memory." },
	{ .name = "cu_count", .type = GD_INT, .help = "How many compute units are active." },
	{ .name = "shader_engines", .type = GD_INT, .help = "How many shader engines it has." },
	{ .name = "arrays_per_engine", .type = GD_INT, .help = "How many shader arrays each of them has." },
	{ .name = "wave_size", .type = GD_INT, .help = "How many lanes one wavefront has." },
	{ .name = "engine_max_mhz", .type = GD_INT, .help = "The engine's highest clock." },
	{ .name = "memory_max_mhz", .type = GD_INT, .help = "The memory's highest clock." },
	{ .name = "vram_type", .type = GD_TEXT, .help = "The kind of memory: GDDR6, HBM, DDR5, LPDDR5 …" },
	{ .name = "vram_bits", .type = GD_INT, .help = "The width of the memory bus." },
	{ .name = "infinity_cache_mib", .type = GD_INT, .help = "The size of the last-level cache (MALL)." },
	{ .name = "pcie_gen", .type = GD_INT, .help = "The PCIe generation that card and machine can both do." },
	{ .name = "pcie_lanes", .type = GD_INT, .help = "The PCIe lanes that card and machine can both do." },
	{ .name = "vram_mib", .type = GD_INT, .help = "Video memory." },
	{ .name = "vram_usable_mib",
	  .type = GD_INT,
	  .flags = GD_COL_VOLATILE,
	  .help = "Video memory without what the driver has pinned for itself." },
	{ .name = "vram_used_mib", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "Video memory in use." },
	{ .name = "visible_vram_mib", .type = GD_INT, .help = "The part of it that the CPU can reach directly." },
	{ .name = "visible_vram_usable_mib",
	  .type = GD_INT,
	  .flags = GD_COL_VOLATILE,
	  .help = "That part without what the driver has pinned." },
	{ .name = "visible_vram_used_mib",
	  .type = GD_INT,
	  .flags = GD_COL_VOLATILE,
	  .help = "How much of that part is in use." },
	{ .name = "gtt_mib", .type = GD_INT, .help = "System memory that the GPU may map at most." },
	{ .name = "gtt_usable_mib",
	  .type = GD_INT,
	  .flags = GD_COL_VOLATILE,
	  .help = "That memory without what the driver has pinned." },
	{ .name = "gtt_used_mib", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "How much of it is mapped." },
};

static const struct gd_table device_table = {
	.name = "drm_device",
	.help = "A graphics device as libdrm lists it, which is how Vulkan, ROCm and VA-API find it.",
	.columns = device_columns,
	.column_count = GD_COUNT(device_columns),
};

static const struct gd_table *const tables[] = { &device_table, &gd_amdgpu_firmware_table, NULL };
static const char *const needs[] = { "pci", NULL };

static const char list_call[] = "drmGetDevices2";
static const char version_call[] = "drmGetVersion";

struct calls {
	__typeof__(drmGetDevices2) *get_devices;
	__typeof__(drmGetVersion) *get_version;
	__typeof__(drmFreeVersion) *free_version;
};

/* What the parent knows: PCI addresses that are not to be woken. */
struct asleep {
	const char **addresses;
	size_t count;
};

/* ------------------------------------------------------------- the list -- */

static bool is_pci(const drmDevice *d)
{
	return d->bustype == DRM_BUS_PCI && d->businfo.pci;
}

static const char *bus_name(const drmDevice *d)
{
	static const char *const names[] = {
		[DRM_BUS_PCI] = "pci",
		[DRM_BUS_USB] = "usb",
		[DRM_BUS_PLATFORM] = "platform",
		[DRM_BUS_HOST1X] = "host1x",
	};

	return d->bustype >= 0 && (size_t)d->bustype < GD_COUNT(names) ? names[d->bustype] : "other";
}

/* The node of this kind, or NULL. */
static const char *node_peek(const drmDevice *d, int kind)
{
	bool there = d->nodes && (d->available_nodes & 1 << kind) && d->nodes[kind];

	return there && strnlen(d->nodes[kind], MAX_NAME_BYTES + 1) <= MAX_NAME_BYTES ? d->nodes[kind] : NULL;
}

static const char *key_peek(const drmDevice *d)
{
	const char *render = node_peek(d, DRM_NODE_RENDER);

	return render ? render : node_peek(d, DRM_NODE_PRIMARY);
}

static void describe(struct gd_row *row, const drmDevice *d)
{
	static const char *const pci_columns[] = { "device", "vendor_id", "device_id" };
	gd_autofree address = NULL;
	gd_autofree vendor = NULL;
	gd_autofree device = NULL;

	gd_set_text_or_absent(row, "card_node", node_peek(d, DRM_NODE_PRIMARY), list_call);
	gd_set_text_or_absent(row, "render_node", node_peek(d, DRM_NODE_RENDER), list_call);
	gd_set_text(row, "bus", bus_name(d), list_call);
	/* On another bus the same bytes mean something else. */
	if (!is_pci(d)) {
		for (size_t i = 0; i < GD_COUNT(pci_columns); i++)
			gd_set_absent(row, pci_columns[i], list_call);
		return;
	}
	address = gd_xasprintf("%04x:%02x:%02x.%u", d->businfo.pci->domain, d->businfo.pci->bus, d->businfo.pci->dev,
			       (unsigned)d->businfo.pci->func);
	if (gd_pci_is_address(address))
		gd_set_text(row, "device", address, list_call);
	else
		gd_take_garbage(row, "device", list_call, address);
	if (!d->deviceinfo.pci)
		return;
	vendor = gd_xasprintf("%04x", d->deviceinfo.pci->vendor_id);
	device = gd_xasprintf("%04x", d->deviceinfo.pci->device_id);
	gd_set_text(row, "vendor_id", vendor, list_call);
	gd_set_text(row, "device_id", device, list_call);
}

static int by_node(const void *a, const void *b)
{
	const drmDevice *const *one = a;
	const drmDevice *const *other = b;

	return strverscmp(key_peek(*one), key_peek(*other));
}

/* Takes out what has no node, or the node of another; returns how many are left, in the order of their nodes. */
static size_t arrange(struct gd_answer *a, drmDevicePtr *devices, size_t count)
{
	size_t named = 0;
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (devices[i] && key_peek(devices[i]))
			devices[named++] = devices[i];
	qsort(devices, named, sizeof(drmDevicePtr), by_node);
	for (size_t i = 0; i < named; i++)
		if (!kept || strcmp(key_peek(devices[i]), key_peek(devices[kept - 1])))
			devices[kept++] = devices[i];
	if (kept < count)
		gd_answer_end(a, GD_LIBRARY_GARBAGE, "drmGetDevices2 lists a device without a node, or one twice");
	return kept;
}

/* Lists the devices; 0 where there is nothing more to ask. */
static size_t list_devices(struct gd_answer *a, const struct calls *calls, drmDevicePtr *devices)
{
	gd_autofree why = NULL;
	int n;

	gd_answer_step(a, list_call);
	/* Without flags it reads nothing that a suspended device would have to be woken for. */
	n = calls->get_devices(0, devices, MAX_DEVICES);
	if (n > MAX_DEVICES) {
		why = gd_xasprintf("drmGetDevices2 speaks of %d devices", n);
		gd_answer_end(a, GD_LIBRARY_GARBAGE, why);
	} else if (n == 0 || n == -ENOENT) {
		gd_answer_end(a, GD_LIBRARY_NO_DEVICE, "libdrm finds no graphics device in /dev/dri");
		gd_answer_complete(a);
	} else if (n < 0) {
		why = gd_xasprintf("drmGetDevices2: %s", strerror(-n));
		gd_answer_end(a, GD_LIBRARY_FAILED, why);
	}
	return n > 0 && n <= MAX_DEVICES ? (size_t)n : 0;
}

/* -------------------------------------------------------------- opening -- */

static void set_rest(struct gd_row *row, enum gd_gap gap, const char *detail, const char *remedy)
{
	for (size_t i = (size_t)gd_table_column(&device_table, "driver"); i < GD_COUNT(device_columns); i++) {
		if (gap == GD_GAP_NONE)
			gd_set_absent(row, device_columns[i].name, detail);
		else
			gd_set_unknown(row, device_columns[i].name, gap, detail, remedy);
	}
}

static void set_no_amdgpu(struct gd_row *row, const char *source)
{
	size_t first = (size_t)gd_table_column(&device_table, GD_LIBDRM_FIRST_AMDGPU_COLUMN);

	for (size_t i = first; i < GD_COUNT(device_columns); i++)
		gd_set_absent(row, device_columns[i].name, source);
}

/* The device behind a node is suspended, or is on the way to it, or that cannot be told. */
static bool is_asleep(const struct gd_row *row, const struct asleep *asleep, dev_t number)
{
	gd_autofree path =
		gd_xasprintf("/sys/dev/char/%u:%u/device/power/runtime_status", major(number), minor(number));
	const char *address = gd_get_text(row, "device", "");
	char status[32] = "";
	ssize_t n;
	int fd;

	for (size_t i = 0; i < asleep->count; i++)
		if (!strcmp(asleep->addresses[i], address))
			return true;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* A device without power management does not sleep. */
	if (fd < 0)
		return errno != ENOENT && errno != ENOTDIR;
	n = read(fd, status, sizeof(status) - 1);
	close(fd);
	return n <= 0 || (strcmp(status, "active\n") && strcmp(status, "unsupported\n"));
}

static char *error_name(int error)
{
	static const struct {
		int number;
		const char *name;
	} known[] = {
		{ EACCES, "EACCES" }, { EPERM, "EPERM" },   { ENOENT, "ENOENT" }, { ENXIO, "ENXIO" },
		{ ENODEV, "ENODEV" }, { EBUSY, "EBUSY" },   { EIO, "EIO" },	  { ENOMEM, "ENOMEM" },
		{ EINVAL, "EINVAL" }, { EMFILE, "EMFILE" }, { EAGAIN, "EAGAIN" }, { ETIMEDOUT, "ETIMEDOUT" },
	};

	for (size_t i = 0; i < GD_COUNT(known); i++)
		if (known[i].number == error)
			return gd_xstrdup(known[i].name);
	return gd_xasprintf("errno %d", error);
}

static bool is_refusal(int error)
{
	return error == EACCES || error == EPERM;
}

static void set_not_opened(struct gd_answer *a, struct gd_row *row, int error, const struct gd_node_rights *rights)
{
	const char *node = gd_get_text(row, "node", "");
	gd_autofree name = error_name(error);
	gd_autofree brief = gd_xasprintf("%s could not be opened (%s)", node, name);
	gd_autofree why = NULL;

	if (rights && is_refusal(error)) {
		struct gd_caller caller;

		gd_caller_read(&caller);
		why = gd_node_refusal(node, rights, &caller);
		gd_caller_free(&caller);
	} else {
		why = gd_xasprintf("%s cannot be opened: %s", node, strerror(error));
	}
	gd_set_bool(row, "opened", false, "open()");
	gd_set_text(row, "open_error", name, "open()");
	gd_set_text(row, "refusal", why, "open()");
	set_rest(row, is_refusal(error) ? GD_GAP_DENIED : GD_GAP_ERROR, brief, NULL);
	if (is_refusal(error) && gd_get(a->library, "denied_node")->state != GD_KNOWN)
		gd_set_text(a->library, "denied_node", node, "open()");
}

/* Opens the render node where that wakes nobody; -1 where not. */
static int open_node(struct gd_answer *a, struct gd_row *row)
{
	static const char *const columns[] = { "permitted", "opened", "open_error", "refusal" };
	const char *node = gd_get_text(row, "render_node", NULL);
	struct gd_node_rights rights;
	int acl_error;
	dev_t number;
	int fd;
	int r;

	for (size_t i = 0; i < GD_COUNT(columns) && !node; i++)
		gd_set_absent(row, columns[i], list_call);
	if (!node) {
		set_rest(row, GD_GAP_NO_SOURCE, "it has no render node, and a card node is not opened", NULL);
		set_no_amdgpu(row, "drmGetDevices2: amdgpu would have a render node");
		return -1;
	}
	r = gd_node_rights_read(node, &rights, &number, &acl_error);
	gd_set_bool(row, "permitted", gd_node_permits(node, 6), "access()");
	if (r < 0) {
		set_not_opened(a, row, -r, NULL);
		return -1;
	}
	if (is_asleep(row, a->arg, number)) {
		for (size_t i = 1; i < GD_COUNT(columns); i++)
			gd_pci_set_asleep(row, columns[i]);
		set_rest(row, GD_GAP_ASLEEP, "the device is suspended, and opening it would wake it", GD_ASLEEP_REMEDY);
		return -1;
	}
	gd_answer_step(a, "open");
	fd = open(node, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		set_not_opened(a, row, errno, &rights);
		return -1;
	}
	gd_set_bool(row, "opened", true, "open()");
	gd_set_absent(row, "open_error", "open()");
	gd_set_absent(row, "refusal", "open()");
	return fd;
}

/* A text of drmVersion, whose length is the library's word. */
static char *version_text(const char *text, int len)
{
	return text && len > 0 ? gd_xstrndup(text, (size_t)(len < MAX_NAME_BYTES ? len : MAX_NAME_BYTES)) : NULL;
}

static void take_version(struct gd_answer *a, const struct calls *calls, const struct gd_libdrm_device *d)
{
	gd_autofree version = NULL;
	gd_autofree name = NULL;
	gd_autofree date = NULL;
	drmVersionPtr v;

	gd_answer_step(a, version_call);
	v = calls->get_version(d->fd);
	if (!v) {
		set_rest(d->row, GD_GAP_ERROR, "drmGetVersion gives no answer", NULL);
		return;
	}
	name = version_text(v->name, v->name_len);
	date = version_text(v->date, v->date_len);
	version = gd_xasprintf("%d.%d.%d", v->version_major, v->version_minor, v->version_patchlevel);
	gd_set_text_or_absent(d->row, "driver", name, version_call);
	if (v->version_major < 0 || v->version_minor < 0 || v->version_patchlevel < 0)
		gd_take_garbage(d->row, "driver_version", version_call, version);
	else
		gd_set_text(d->row, "driver_version", version, version_call);
	/* "0" is what kernels say that have given it up. */
	gd_set_text_or_absent(d->row, "driver_date", date && strcmp(date, "0") ? date : NULL, version_call);
	calls->free_version(v);
	if (!name || strcmp(name, "amdgpu"))
		set_no_amdgpu(d->row, "drmGetVersion: its driver is not amdgpu");
}

/* --------------------------------------------------------------- asking -- */

void gd_libdrm_set_number(struct gd_row *row, const char *column, uint64_t value, uint64_t most, const char *source)
{
	gd_autofree text = gd_xasprintf("%llu", (unsigned long long)value);

	if (value > most)
		gd_take_garbage(row, column, source, text);
	else if (!value)
		gd_set_unknown(row, column, GD_GAP_NO_SOURCE, "the driver says 0: none, or it does not know", NULL);
	else
		gd_set_int(row, column, (int64_t)value, source);
}

/* Denied only where no node could be opened, and one because of its permissions. */
static void set_end(struct gd_answer *a, const struct gd_libdrm_device *devices, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (devices[i].fd >= 0)
			return;
	for (size_t i = 0; i < count; i++) {
		const char *error = gd_get_text(devices[i].row, "open_error", "");

		if (!strcmp(error, "EACCES") || !strcmp(error, "EPERM")) {
			gd_answer_end(a, GD_LIBRARY_DENIED, gd_get_text(devices[i].row, "refusal", NULL));
			return;
		}
	}
}

static bool load(struct gd_answer *a, struct calls *c)
{
	void *library = gd_answer_load(a, "libdrm.so.2");

	if (!library)
		return false;
	gd_set_absent(a->library, "version", "libdrm has no call for it");
	c->get_devices = gd_answer_symbol(a, library, list_call);
	c->get_version = gd_answer_symbol(a, library, version_call);
	c->free_version = gd_answer_symbol(a, library, "drmFreeVersion");
	return c->get_devices && c->get_version && c->free_version;
}

static void ask(struct gd_answer *a)
{
	drmDevicePtr listed[MAX_DEVICES] = { NULL };
	struct gd_libdrm_device devices[MAX_DEVICES];
	struct calls calls = { 0 };
	size_t count;

	if (!load(a, &calls))
		return;
	count = list_devices(a, &calls, listed);
	if (!count)
		return;
	count = arrange(a, listed, count);
	for (size_t i = 0; i < count; i++) {
		devices[i] = (struct gd_libdrm_device){ .row = gd_facts_add(a->facts, "drm_device"), .fd = -1 };
		gd_set_text(devices[i].row, "node", key_peek(listed[i]), list_call);
		describe(devices[i].row, listed[i]);
	}
	gd_facts_complete(a->facts, "drm_device");
	gd_answer_tell(a);
	for (size_t i = 0; i < count; i++) {
		devices[i].fd = open_node(a, devices[i].row);
		if (devices[i].fd < 0)
			continue;
		take_version(a, &calls, &devices[i]);
		if (count <= GD_LIBDRM_FEW_DEVICES)
			gd_answer_tell(a);
	}
	set_end(a, devices, count);
	gd_answer_tell(a);
	/* The list itself needs no memory any more, and is not freed: the process ends soon. */
	gd_libdrm_ask_amdgpu(a, devices, count);
}

static void start(struct gd_ctx *ctx)
{
	const struct gd_rows *pci = gd_facts_table_peek(ctx->facts, "pci_device");
	struct asleep asleep = { .addresses = gd_xcalloc(pci->count + 1, sizeof(char *)) };
	struct gd_question q = { .id = "libdrm",
				 .library = "libdrm.so.2",
				 .limits = { .data_bytes = (uint64_t)1 << 30 },
				 .ask = ask,
				 .arg = &asleep };

	for (size_t i = 0; i < pci->count; i++)
		if (gd_pci_might_wake(pci->rows[i]))
			asleep.addresses[asleep.count++] = gd_get_text(pci->rows[i], "address", "");
	gd_library_ask(ctx, &q);
	free(asleep.addresses);
}

const struct gd_probe gd_probe_libdrm = {
	.name = "libdrm",
	.help = "Graphics devices as libdrm sees them, and what amdgpu says of its chip, memory and firmware.",
	.tables = tables,
	.needs = needs,
	.start = start,
	.run = gd_library_run,
};
