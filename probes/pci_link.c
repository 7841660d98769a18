/* SPDX-License-Identifier: MIT */
/*
 * Power state and links.
 *
 * The link files read the device's configuration space, for which the kernel
 * wakes the device and the bridges above it (since 6.18; before, they gave
 * nonsense for a sleeping one). power_state and power/runtime_status are the
 * kernel's own variables and wake nobody.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "pci.h"

enum { CHAIN_MAX = 32, LANES_MAX = 32 };

/* Switches on graphics cards whose vendor alone does not say so: boards carry such switches as well. */
static const struct {
	const char *gpu_vendor;
	const char *vendor;
	const char *device; /* the digits it starts with; "" for all of the vendor */
} card_switches[] = {
	{ "1002", "1002", "" }, /* 1478 and 1479: Navi */
	{ "1002", "1022", "1470" }, { "1002", "1022", "1471" }, /* Vega 10 */
	{ "1002", "1022", "14a0" }, { "1002", "1022", "14a1" }, /* Vega 20 */
	{ "1002", "1022", "1478" }, { "1002", "1022", "1479" },
	{ "8086", "8086", "4fa" }, /* Alchemist */
	{ "8086", "8086", "e2f0" }, { "8086", "8086", "e2f1" }, { "8086", "8086", "e2ff" }, /* Battlemage */
};

static const char *const link_columns[] = { "link_gtps", "link_width", "link_max_gtps", "link_max_width" };
static const char *const slot_columns[] = { "slot_gtps", "slot_width", "slot_max_gtps", "slot_max_width" };
static const char *const path_columns[] = { "path_max_gtps", "path_max_width" };

/* The way from the root port down to the device, as its place in /sys/devices tells. */
struct chain {
	char *path; /* the link that says so */
	char addresses[CHAIN_MAX][24];
	size_t count; /* the device is the last */
};

static void free_chain(struct chain *c)
{
	free(c->path);
}

void gd_pci_set_asleep(struct gd_row *row, const char *column)
{
	gd_set_unknown(row, column, GD_GAP_ASLEEP, "the device is suspended, and looking would wake it",
		       GD_ASLEEP_REMEDY);
}

bool gd_pci_might_wake(const struct gd_row *row)
{
	const struct gd_cell *asleep = row ? gd_get(row, "asleep") : NULL;

	if (!asleep)
		return false;
	/* Files that a tree or capture lacks wake nobody. */
	return asleep->state == GD_KNOWN ? asleep->value.i : asleep->gap != GD_GAP_NOT_CAPTURED;
}

static bool is_one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(s, *words))
			return true;
	return false;
}

static bool is_asked(const struct gd_row *row, const char *driver)
{
	static const char *const of_virtual_machines[] = { "vfio-pci", "pci-stub", "xen-pciback", NULL };
	const struct gd_cell *bound = gd_get(row, "driver");

	if (bound->state != GD_KNOWN)
		return bound->state != GD_ABSENT;
	return driver ? !strcmp(bound->value.s, driver) : !is_one_of(bound->value.s, of_virtual_machines);
}

const struct gd_row *gd_pci_sleeper_peek(const struct gd_ctx *ctx, const char *driver)
{
	const struct gd_rows *rows = gd_facts_table_peek(ctx->facts, "pci_device");

	for (size_t i = 0; i < rows->count; i++) {
		const struct gd_row *row = rows->rows[i];
		bool gpu = gd_get_int(row, "display", 0) || gd_get_int(row, "accelerator", 0);

		if (gpu && is_asked(row, driver) && gd_pci_might_wake(row))
			return row;
	}
	return NULL;
}

void gd_pci_power(struct gd_ctx *ctx, struct gd_pci_dev *dev)
{
	static const char *const sleeping[] = { "suspended", "suspending", "D3hot", "D3cold", NULL };
	static const char *const states[] = { "D0", "D1", "D2", "D3hot", "D3cold", NULL };
	gd_autofree status = gd_pci_path(dev->address, "power/runtime_status");
	gd_autofree state = gd_pci_path(dev->address, "power_state");
	const struct gd_cell *a = gd_get(dev->row, "runtime_status");
	const struct gd_cell *b = gd_get(dev->row, "power_state");

	if (dev->power_done)
		return;
	dev->power_done = true;
	gd_take_text(ctx, dev->row, "runtime_status", status);
	if (gd_take_text(ctx, dev->row, "power_state", state) && !is_one_of(b->value.s, states))
		gd_set_unknown(dev->row, "power_state", GD_GAP_NO_SOURCE, "the kernel itself does not know it", NULL);
	if (a->state == GD_KNOWN && is_one_of(a->value.s, sleeping))
		gd_set_bool(dev->row, "asleep", true, status);
	else if (b->state == GD_KNOWN && is_one_of(b->value.s, sleeping))
		gd_set_bool(dev->row, "asleep", true, state);
	else if (a->state == GD_UNKNOWN && a->gap != GD_GAP_NOT_CAPTURED)
		gd_set_cell(dev->row, "asleep", a);
	else if (a->state == GD_KNOWN)
		gd_set_bool(dev->row, "asleep", false, status);
	else if (b->state == GD_KNOWN)
		gd_set_bool(dev->row, "asleep", false, state);
	else if (a->state == GD_ABSENT)
		/* A kernel without power management suspends nothing. */
		gd_set_bool(dev->row, "asleep", false, status);
	else
		gd_set_cell(dev->row, "asleep", a);
	dev->quiet = gd_pci_might_wake(dev->row);
}

/* "16.0 GT/s PCIe", "8 GT/s"; false for "Unknown" and nonsense. */
static bool parse_speed(const char *text, double *ret)
{
	const char *unit = strstr(text, " GT/s");
	gd_autofree number = unit ? gd_xstrndup(text, (size_t)(unit - text)) : NULL;

	return number && gd_parse_real(number, ret) == 0 && *ret > 0 && *ret <= 1024;
}

/*
 * One link register. A width of 0 and an unknown speed are what the kernel
 * makes of registers that do not exist: proof on the root bus, where a device
 * may have no link, nonsense elsewhere.
 */
static void take_link_cell(struct gd_ctx *ctx, struct gd_pci_dev *dev, size_t i, bool may_have_none)
{
	static const char *const files[] = { "current_link_speed", "current_link_width", "max_link_speed",
					     "max_link_width" };
	bool is_speed = i % 2 == 0;
	gd_autofree path = gd_pci_path(dev->address, files[i]);
	gd_autobuf text = { 0 };
	const char *s;
	double speed;
	int64_t width = 0;

	if (!gd_take_content(ctx, dev->row, link_columns[i], path, &text))
		return;
	s = text.data ? gd_trim(text.data) : "";
	if (is_speed && parse_speed(s, &speed))
		gd_set_real(dev->row, link_columns[i], speed, path);
	else if (!is_speed && gd_parse_i64(s, 10, &width) == 0 && width >= 1 && width <= LANES_MAX)
		gd_set_int(dev->row, link_columns[i], width, path);
	else if (may_have_none && (!strncmp(s, "Unknown", 7) || !strcmp(s, "0") || !strcmp(s, "255")))
		gd_set_absent(dev->row, link_columns[i], path);
	else
		gd_take_garbage(dev->row, link_columns[i], path, s);
}

static void take_link(struct gd_ctx *ctx, struct gd_pci_dev *dev, bool may_have_none)
{
	gd_pci_power(ctx, dev);
	if (dev->link_done)
		return;
	dev->link_done = true;
	for (size_t i = 0; i < GD_COUNT(link_columns); i++) {
		if (dev->quiet)
			gd_pci_set_asleep(dev->row, link_columns[i]);
		else
			take_link_cell(ctx, dev, i, may_have_none);
	}
}

/* True for pci0000:00 that holds `address`: the device is on the root bus itself. */
static bool is_root_of(const char *component, const char *address)
{
	const char *colon = strchr(address, ':');

	return !strncmp(component, "pci", 3) && !strncmp(component + 3, address, (size_t)(colon - address) + 3) &&
	       !component[3 + (colon - address) + 3];
}

/*
 * Reads the chain from the text of the link in /sys/bus/pci/devices. A device
 * that stands right below a root of another bus number has lost its bridges:
 * some trees were put together from the device's folder alone.
 */
static int read_chain(struct gd_ctx *ctx, const char *address, struct chain *c)
{
	gd_autofree target = NULL;
	gd_autostrv parts = { 0 };
	const char *root = "";
	int r = gd_host_link(ctx->host, c->path, &target);

	if (r < 0)
		return r == -EINVAL && !gd_host_is_live(ctx->host) ? -GD_ENOTCAPTURED : r;
	gd_strv_split(&parts, target, "/");
	for (size_t i = 0; i < parts.count; i++) {
		if (!strncmp(parts.items[i], "pci", 3) && strchr(parts.items[i], ':')) {
			root = parts.items[i];
			c->count = 0;
		} else if (gd_pci_is_address(parts.items[i])) {
			if (c->count == CHAIN_MAX)
				return -EINVAL;
			snprintf(c->addresses[c->count++], sizeof(c->addresses[0]), "%s", parts.items[i]);
		}
	}
	if (!c->count || strcmp(c->addresses[c->count - 1], address))
		return -EINVAL;
	return is_root_of(root, c->addresses[0]) ? 0 : -GD_ENOTCAPTURED;
}

static bool is_part_of_card(const struct gd_row *bridge, const struct gd_row *gpu)
{
	const char *gpu_vendor = gd_get_text(gpu, "vendor_id", "");
	const char *vendor = gd_get_text(bridge, "vendor_id", "");
	const char *device = gd_get_text(bridge, "device_id", "");

	for (size_t i = 0; i < GD_COUNT(card_switches); i++)
		if (!strcmp(gpu_vendor, card_switches[i].gpu_vendor) && !strcmp(vendor, card_switches[i].vendor) &&
		    !strncmp(device, card_switches[i].device, strlen(card_switches[i].device)))
			return true;
	return false;
}

static void for_unknown(struct gd_row *row, void (*set)(struct gd_row *, const char *, const void *), const void *arg)
{
	set(row, "slot", arg);
	for (size_t i = 0; i < GD_COUNT(slot_columns); i++)
		set(row, slot_columns[i], arg);
	for (size_t i = 0; i < GD_COUNT(path_columns); i++)
		set(row, path_columns[i], arg);
}

static void set_absent(struct gd_row *row, const char *column, const void *source)
{
	gd_set_absent(row, column, source);
}

static void copy_cell(struct gd_row *row, const char *column, const void *cell)
{
	gd_set_cell(row, column, cell);
}

/* The lower of what the two ends can do. */
static void set_path(struct gd_row *row, size_t i, const struct gd_row *outer, const struct gd_row *slot)
{
	const char *const from[] = { "link_max_gtps", "link_max_width" };
	const struct gd_cell *a = gd_get(outer, from[i]);
	const struct gd_cell *b = gd_get(slot, from[i]);
	gd_autofree source = NULL;

	if (a->state != GD_KNOWN || b->state != GD_KNOWN) {
		gd_set_cell(row, path_columns[i], a->state != GD_KNOWN ? a : b);
		return;
	}
	source = gd_xasprintf("min(%s, %s)", a->source, b->source);
	if (i == 0)
		gd_set_real(row, path_columns[i], a->value.r < b->value.r ? a->value.r : b->value.r, source);
	else
		gd_set_int(row, path_columns[i], a->value.i < b->value.i ? a->value.i : b->value.i, source);
}

/* `outer` is the card's end of the link to the slot: the device, or the upper port of the card's own switch. */
static void set_slot(struct gd_ctx *ctx, struct gd_pci_dev *dev, struct gd_pci_dev *outer, struct gd_pci_dev *slot,
		     const struct chain *c, const char *quirk)
{
	gd_set_text(dev->row, "slot", slot->address, c->path);
	take_link(ctx, slot, false);
	take_link(ctx, outer, false);
	for (size_t i = 0; i < GD_COUNT(slot_columns); i++)
		gd_set_cell(dev->row, slot_columns[i], gd_get(slot->row, link_columns[i]));
	for (size_t i = 0; i < GD_COUNT(path_columns); i++) {
		if (quirk && outer == dev)
			gd_set_unknown(dev->row, path_columns[i], GD_GAP_NO_SOURCE, quirk, NULL);
		else
			set_path(dev->row, i, outer->row, slot->row);
	}
}

/* Climbs from the device to the slot. */
static void climb(struct gd_ctx *ctx, const struct gd_pci_set *set, struct gd_pci_dev *dev, const struct chain *c,
		  const char *quirk)
{
	struct gd_pci_dev *outer = dev;
	size_t i = c->count - 1;

	while (i-- > 0) {
		struct gd_pci_dev *bridge = gd_pci_find(set, c->addresses[i]);
		bool named = bridge && gd_is_known(bridge->row, "vendor_id") && gd_is_known(bridge->row, "device_id");

		/* A port on the root bus is the machine's, whatever its name. */
		if (!bridge || (i > 0 && !named)) {
			struct gd_cell lost = { .state = GD_UNKNOWN, .gap = GD_GAP_NOT_CAPTURED };

			lost.detail = "a bridge above the device is not among the PCI devices";
			lost.remedy = gd_remedy_peek(-GD_ENOTCAPTURED);
			for_unknown(dev->row, copy_cell, &lost);
			gd_set_cell(dev->row, "link_reliable", &lost);
			break;
		}
		if (i > 0 && is_part_of_card(bridge->row, dev->row)) {
			outer = bridge;
			continue;
		}
		gd_set_bool(dev->row, "link_reliable", outer == dev, c->path);
		set_slot(ctx, dev, outer, bridge, c, quirk);
		break;
	}
}

void gd_pci_links(struct gd_ctx *ctx, const struct gd_pci_set *set, struct gd_pci_dev *dev)
{
	GD_CLEANUP(free_chain) struct chain c = { .path = gd_xasprintf(GD_PCI_DEVICES "/%s", dev->address) };
	const char *quirk = gd_gpudb_link_quirk_peek(ctx->db, gd_get_text(dev->row, "vendor_id", ""),
						     gd_get_text(dev->row, "device_id", ""));
	int r = read_chain(ctx, dev->address, &c);

	take_link(ctx, dev, r == 0 && c.count == 1);
	if (r < 0) {
		gd_autofree detail = gd_xasprintf("%s: the bridges above the device are not to be seen (%s)", c.path,
						  gd_host_strerror_peek(r));
		struct gd_cell lost = { .state = GD_UNKNOWN, .gap = gd_gap_of_error(r), .detail = detail };

		lost.remedy = gd_remedy_peek(r);
		for_unknown(dev->row, copy_cell, &lost);
		gd_set_cell(dev->row, "link_reliable", &lost);
	} else if (c.count == 1) {
		for_unknown(dev->row, set_absent, c.path);
		gd_set_bool(dev->row, "link_reliable", true, c.path);
	} else {
		climb(ctx, set, dev, &c, quirk);
	}
	if (quirk)
		gd_set_bool(dev->row, "link_reliable", false, "gpu-db link-quirks");
}
