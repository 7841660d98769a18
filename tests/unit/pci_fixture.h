/* SPDX-License-Identifier: MIT */
#ifndef GD_TEST_PCI_FIXTURE_H
#define GD_TEST_PCI_FIXTURE_H
/* Machines made of PCI devices, written as captures, for the probes pci, drm, nvidia and intel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "host/capture.h"
#include "probe/probe.h"

extern const struct gd_probe gd_probe_pci;
extern const struct gd_probe gd_probe_drm;
extern const struct gd_probe gd_probe_nvidia;
extern const struct gd_probe gd_probe_intel;

/* A file below a folder; a text of NULL may not be read. A name of NULL ends a list. */
struct file {
	const char *name;
	const char *text;
};

#define IDS(vendor_, device_, revision_, subvendor_, subdevice_, class_) \
	{ "vendor", "0x" vendor_ }, { "device", "0x" device_ }, { "revision", "0x" revision_ }, \
	{ "subsystem_vendor", "0x" subvendor_ }, { "subsystem_device", "0x" subdevice_ }, { "class", "0x" class_ }
#define AWAKE { "power_state", "D0" }, { "power/runtime_status", "active" }
#define LINK(speed, width, max_speed, max_width) \
	{ "current_link_speed", speed " GT/s PCIe" }, { "current_link_width", width }, \
	{ "max_link_speed", max_speed " GT/s PCIe" }, { "max_link_width", max_width }
#define UEVENT(driver, class, id, subsystem) \
	driver "PCI_CLASS=" class "\nPCI_ID=" id "\nPCI_SUBSYS_ID=" subsystem "\nPCI_SLOT_NAME=0000:00:00.0\n"
#define BRIDGE(id) { "uevent", UEVENT("DRIVER=pcieport\n", "60400", id, "0000:0000") }

static const struct file root_port[] = { BRIDGE("1022:14DB"), AWAKE, LINK("8.0", "4", "16.0", "8"), { 0 } };

/* The last line of `resource` is the expansion ROM, made larger here than it ever is. */
static const struct file nvidia_card[] = {
	IDS("10de", "249d", "a1", "17aa", "3a3e", "030000"), AWAKE, LINK("2.5", "4", "16.0", "16"),
	{ "uevent", UEVENT("DRIVER=nvidia\n", "30000", "10DE:249D", "17AA:3A3E") }, { "numa_node", "1" },
	{ "resource", "0x00000000fb000000 0x00000000fbffffff 0x0000000000040200\n"
		      "0x0000006000000000 0x00000061ffffffff 0x000000000014220c\n"
		      "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		      "0x0000006200000000 0x0000006201ffffff 0x000000000014220c\n"
		      "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		      "0x000000000000f000 0x000000000000f07f 0x0000000000040101\n"
		      "0x0000007000000000 0x00000073ffffffff 0x0000000000046200" },
	{ "resource1_resize", "0000000000007fc0" }, { 0 },
};

static const struct file amd_card[] = {
	IDS("1002", "744c", "c8", "1da2", "e471", "030000"), AWAKE, LINK("32.0", "16", "32.0", "16"), { 0 },
};

/* A capture in the making. */
struct machine {
	struct gd_buf text;
	size_t entries;
	struct gd_strv devices; /* addresses below /sys/bus/pci/devices */
};

/* What the last look() found. */
static struct gd_facts *facts;
static struct gd_gpudb *gpudb;

static inline int set_up(void **state)
{
	(void)state;
	gpudb = gd_gpudb_open();
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	gd_facts_free(facts);
	gd_gpudb_free(gpudb);
	return 0;
}

static inline void add_file(struct machine *m, const char *path, const char *text)
{
	m->entries++;
	if (!text) {
		gd_buf_printf(&m->text, "error file %s EACCES\n", path);
		return;
	}
	gd_buf_printf(&m->text, "file %s\n", path);
	while (*text) {
		size_t n = strcspn(text, "\n");

		gd_buf_printf(&m->text, "|%.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static inline void add_dir(struct machine *m, const char *path, const struct gd_strv *names)
{
	m->entries++;
	gd_buf_printf(&m->text, "dir %s\n", path);
	for (size_t i = 0; i < names->count; i++)
		gd_buf_printf(&m->text, "|%s\n", names->items[i]);
}

/* The files, and a listing of the folder that holds them, in which nothing else is. */
static inline void add_folder(struct machine *m, const char *folder, const struct file *files)
{
	gd_autostrv names = { 0 };

	for (const struct file *f = files; f->name; f++) {
		gd_autofree path = gd_xasprintf("%s/%s", folder, f->name);
		gd_autofree name = gd_xstrndup(f->name, strcspn(f->name, "/"));

		add_file(m, path, f->text);
		if (!gd_strv_has(&names, name))
			gd_strv_add(&names, name);
	}
	add_dir(m, folder, &names);
}

/* `place` is below /sys/devices, its last component the address. */
static inline void add_device(struct machine *m, const char *place, const struct file *files)
{
	gd_autofree folder = gd_xasprintf("/sys/devices/%s", place);
	const char *address = strrchr(place, '/') + 1;

	add_folder(m, folder, files);
	gd_buf_printf(&m->text, "link /sys/bus/pci/devices/%s -> ../../../devices/%s\n", address, place);
	m->entries++;
	gd_strv_add(&m->devices, address);
}

static inline void add_nvidia_proc(struct machine *m, const char *address)
{
	gd_autofree information = gd_xasprintf("/proc/driver/nvidia/gpus/%s/information", address);
	gd_autofree power = gd_xasprintf("/proc/driver/nvidia/gpus/%s/power", address);
	gd_autostrv names = { 0 };

	gd_strv_add(&names, address);
	add_dir(m, "/proc/driver/nvidia/gpus", &names);
	add_file(m, information,
		 "Model: \t\t NVIDIA GeForce RTX 3070 Laptop GPU\n"
		 "IRQ:   \t\t 88\n"
		 "GPU UUID: \t GPU-00000000-0000-0000-0000-000000000001\n"
		 "Video BIOS: \t ??.??.??.??.??\n"
		 "Bus Type: \t PCIe\n"
		 "DMA Size: \t 47 bits\n"
		 "Bus Location: \t 0000:01:00.0\n"
		 "Device Minor: \t 2\n"
		 "GPU Firmware: \t N/A\n"
		 "GPU Excluded:\t No\n");
	add_file(m, power,
		 "Runtime D3 status:          Enabled (fine-grained)\n"
		 "Video Memory:               Active\n"
		 "\n"
		 "Power Limits:\n"
		 " Default:                   115000 milliwatts\n"
		 " GPU Boost:                 N/A milliwatts\n");
}

/* The door to the machine, which is empty afterwards. */
static inline struct gd_host *start(struct machine *m)
{
	struct gd_capture *c = NULL;
	struct gd_err err = { 0 };
	gd_autobuf text = { 0 };

	if (m->devices.count)
		add_dir(m, "/sys/bus/pci/devices", &m->devices);
	gd_buf_printf(&text, "gpudoctor-capture 1\norigin live\n%send %zu\n", gd_buf_peek(&m->text), m->entries);
	gd_buf_free(&m->text);
	gd_strv_free(&m->devices);
	m->entries = 0;
	if (gd_capture_parse("test", text.data, text.len, &c, &err) < 0)
		fail_msg("%s", err.text);
	return gd_capture_host(c);
}

/* Asks the door, and closes it. */
static inline void look(struct gd_host *host)
{
	const struct gd_probe *const probes[] = { &gd_probe_pci, &gd_probe_drm, &gd_probe_nvidia, &gd_probe_intel };
	struct gd_err err = { 0 };

	gd_facts_free(facts);
	facts = gd_facts_new();
	for (size_t i = 0; i < GD_COUNT(probes); i++)
		for (const struct gd_table *const *t = probes[i]->tables; *t; t++)
			gd_facts_declare(facts, *t, probes[i]->name);
	for (size_t i = 0; i < GD_COUNT(probes); i++) {
		struct gd_ctx ctx = { .probe = probes[i], .host = host, .facts = facts, .db = gpudb };

		assert_int_equal(probes[i]->run(&ctx, &err), 0);
	}
	gd_facts_close(facts);
	gd_host_close(host);
}

static inline const struct gd_row *row(const char *table, const char *key)
{
	const struct gd_row *r = gd_facts_find(facts, table, key);

	if (!r)
		fail_msg("no row %s in %s", key, table);
	return r;
}

static inline const struct gd_cell *expect_known(const struct gd_row *r, const char *column)
{
	const struct gd_cell *c = gd_get(r, column);

	if (c->state != GD_KNOWN)
		fail_msg("%s.%s: state %d, gap %s, %s", r->table->name, column, c->state, gd_gap_name_peek(c->gap),
			 c->detail ? c->detail : "");
	return c;
}

static inline void expect_text(const struct gd_row *r, const char *column, const char *value)
{
	assert_string_equal(expect_known(r, column)->value.s, value);
}

static inline void expect_int(const struct gd_row *r, const char *column, int64_t value)
{
	int64_t is = expect_known(r, column)->value.i;

	if (is != value)
		fail_msg("%s.%s: %lld, not %lld", r->table->name, column, (long long)is, (long long)value);
}

static inline void expect_real(const struct gd_row *r, const char *column, double value)
{
	double is = expect_known(r, column)->value.r;

	if (is < value - 1e-9 || is > value + 1e-9)
		fail_msg("%s.%s: %g, not %g", r->table->name, column, is, value);
}

static inline void expect_source(const struct gd_row *r, const char *column, const char *source)
{
	assert_string_equal(expect_known(r, column)->source, source);
}

static inline void expect_absent(const struct gd_row *r, const char *column)
{
	const struct gd_cell *c = gd_get(r, column);

	if (c->state != GD_ABSENT)
		fail_msg("%s.%s: state %d, gap %s, %s", r->table->name, column, c->state, gd_gap_name_peek(c->gap),
			 c->detail ? c->detail : "");
}

static inline void expect_gap(const struct gd_row *r, const char *column, enum gd_gap gap)
{
	const struct gd_cell *c = gd_get(r, column);

	if (c->state != GD_UNKNOWN || c->gap != gap)
		fail_msg("%s.%s: state %d, gap %s, not %s", r->table->name, column, c->state, gd_gap_name_peek(c->gap),
			 gd_gap_name_peek(gap));
}

#endif
