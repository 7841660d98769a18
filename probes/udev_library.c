/* SPDX-License-Identifier: MIT */
/* libudev's part of the udev probe: subsystem, device, driver, tags and seats. */
#include <libudev.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/strv.h"
#include "udev.h"

/* clang-format off */
#define CALLS(call) \
	call(udev_new) \
	call(udev_unref) \
	call(udev_enumerate_new) \
	call(udev_enumerate_unref) \
	call(udev_enumerate_add_match_subsystem) \
	call(udev_enumerate_scan_devices) \
	call(udev_enumerate_get_list_entry) \
	call(udev_list_entry_get_next) \
	call(udev_list_entry_get_name) \
	call(udev_device_new_from_syspath) \
	call(udev_device_new_from_devnum) \
	call(udev_device_unref) \
	call(udev_device_get_devnode) \
	call(udev_device_get_subsystem) \
	call(udev_device_get_sysname) \
	call(udev_device_get_driver) \
	call(udev_device_get_parent) \
	call(udev_device_get_parent_with_subsystem_devtype) \
	call(udev_device_get_property_value) \
	call(udev_device_get_is_initialized) \
	call(udev_device_get_tags_list_entry)
/* clang-format on */

struct calls {
#define FIELD(name) __typeof__(name) *name;
	CALLS(FIELD)
#undef FIELD
};

static const char source[] = "libudev";

enum { MAX_TAGS = 256 };

static void set_udev_unknown(struct gd_row *row, enum gd_gap gap, const char *why)
{
	for (int i = gd_table_column(row->table, "subsystem"); i < (int)row->table->column_count; i++)
		if (row->cells[i].state == GD_UNSET)
			gd_set_unknown(row, row->table->columns[i].name, gap, why, NULL);
}

/* In a container libudev sees the devices, and not what the udev outside has written down. */
static const char no_word[] = "udev's database says nothing of it, as in a container";

static void set_property(const struct calls *c, struct gd_row *row, const char *column, struct udev_device *device,
			 const char *property)
{
	const char *value = c->udev_device_get_property_value(device, property);

	if ((value && *value) || c->udev_device_get_is_initialized(device) > 0)
		gd_set_text_or_absent(row, column, value, source);
	else
		gd_set_unknown(row, column, GD_GAP_NO_SOURCE, no_word, NULL);
}

static void set_tags(const struct calls *c, struct gd_row *row, struct udev_device *device)
{
	gd_autostrv tags = { 0 };
	gd_autofree text = NULL;

	for (struct udev_list_entry *e = c->udev_device_get_tags_list_entry(device); e && tags.count < MAX_TAGS;
	     e = c->udev_list_entry_get_next(e))
		gd_strv_add(&tags, c->udev_list_entry_get_name(e));
	if (!tags.count && c->udev_device_get_is_initialized(device) <= 0) {
		gd_set_unknown(row, "tags", GD_GAP_NO_SOURCE, no_word, NULL);
		gd_set_unknown(row, "uaccess", GD_GAP_NO_SOURCE, no_word, NULL);
		return;
	}
	gd_strv_sort(&tags);
	text = gd_strv_join(&tags, " ");
	gd_set_text_or_absent(row, "tags", text, source);
	gd_set_bool(row, "uaccess", gd_strv_has(&tags, "uaccess"), source);
}

static void set_device(const struct calls *c, struct gd_row *row, struct udev_device *device)
{
	struct udev_device *parent = c->udev_device_get_parent(device);
	struct udev_device *pci = c->udev_device_get_parent_with_subsystem_devtype(device, "pci", NULL);

	gd_set_text_or_absent(row, "subsystem", c->udev_device_get_subsystem(device), source);
	gd_set_text_or_absent(row, "driver", parent ? c->udev_device_get_driver(parent) : NULL, source);
	gd_set_text_or_absent(row, "device", pci ? c->udev_device_get_sysname(pci) : NULL, source);
	set_tags(c, row, device);
	set_property(c, row, "seat", device, "ID_SEAT");
	set_property(c, row, "seat_name", device, "ID_FOR_SEAT");
	set_property(c, row, "id_path", device, "ID_PATH");
}

/* Goes through udev's devices of the subsystems that compute. */
static bool enumerate(const struct gd_udev_asking *q, const struct calls *c, struct udev *udev)
{
	static const char *const subsystems[] = { "drm", "kfd", "accel" };
	struct udev_enumerate *e;

	gd_answer_step(q->a, "udev_enumerate_new");
	e = c->udev_enumerate_new(udev);
	for (size_t i = 0; e && i < GD_COUNT(subsystems); i++)
		c->udev_enumerate_add_match_subsystem(e, subsystems[i]);
	gd_answer_step(q->a, "udev_enumerate_scan_devices");
	if (!e || c->udev_enumerate_scan_devices(e) < 0)
		return false;
	for (struct udev_list_entry *i = c->udev_enumerate_get_list_entry(e); i; i = c->udev_list_entry_get_next(i)) {
		struct udev_device *device = c->udev_device_new_from_syspath(udev, c->udev_list_entry_get_name(i));
		const char *node = device ? c->udev_device_get_devnode(device) : NULL;
		struct gd_row *row;

		if (!node || !gd_udev_kind_peek(node))
			continue;
		gd_answer_step(q->a, "udev_device_get_devnode");
		row = gd_facts_find(q->a->facts, "device_node", node);
		set_device(c, row ? row : gd_udev_add_node(q, node), device);
		c->udev_device_unref(device);
	}
	c->udev_enumerate_unref(e);
	return true;
}

/* What is left has no subsystem of ours: udev may know its number. */
static void ask_by_number(const struct gd_udev_asking *q, const struct calls *c, struct udev *udev)
{
	const struct gd_rows *rows = gd_facts_table_peek(q->a->facts, "device_node");

	for (size_t i = 0; i < rows->count; i++) {
		struct gd_row *row = rows->rows[i];
		const char *devnum = gd_get_text(row, "devnum", "");
		struct udev_device *device = NULL;
		char *end;
		unsigned long number = strtoul(devnum, &end, 10);

		if (gd_get(row, "subsystem")->state != GD_UNSET)
			continue;
		gd_answer_step(q->a, "udev_device_new_from_devnum");
		if (*end == ':')
			device = c->udev_device_new_from_devnum(
				udev, 'c', makedev((unsigned)number, (unsigned)strtoul(end + 1, NULL, 10)));
		if (device)
			set_device(c, row, device);
		else
			set_udev_unknown(row, GD_GAP_NO_SOURCE, "udev does not know this device");
		if (device)
			c->udev_device_unref(device);
	}
}

static bool load(struct gd_answer *a, struct calls *c)
{
	void *library = gd_answer_load(a, "libudev.so.1");

	if (!library)
		return false;
	gd_set_absent(a->library, "version", "libudev has no call for it");
#define LOAD(name)                                                                                                     \
	if (!(c->name = gd_answer_symbol(a, library, #name)))                                                          \
		return false;
	CALLS(LOAD)
#undef LOAD
	return true;
}

/* What the library does not tell is unknown, and so is whether the kernel has devices that /dev lacks. */
static void give_up(const struct gd_udev_asking *q, enum gd_gap gap, const char *why)
{
	const struct gd_rows *rows = gd_facts_table_peek(q->a->facts, "device_node");

	for (size_t i = 0; i < rows->count; i++)
		set_udev_unknown(rows->rows[i], gap, why);
	gd_facts_incomplete(q->a->facts, "device_node", gap, why, NULL);
}

void gd_udev_ask_library(const struct gd_udev_asking *q)
{
	struct calls c = { 0 };
	struct udev *udev;

	if (!load(q->a, &c)) {
		give_up(q, GD_GAP_NO_SOURCE, gd_get_text(q->a->library, "detail", NULL));
		return;
	}
	gd_answer_step(q->a, "udev_new");
	udev = c.udev_new();
	if (!udev || !enumerate(q, &c, udev)) {
		gd_answer_end(q->a, GD_LIBRARY_FAILED, "libudev could not list the devices");
		give_up(q, GD_GAP_ERROR, "libudev could not list the devices");
		return;
	}
	ask_by_number(q, &c, udev);
	c.udev_unref(udev);
	gd_facts_complete(q->a->facts, "device_node");
}
