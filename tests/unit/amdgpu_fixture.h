/* SPDX-License-Identifier: MIT */
#ifndef GD_TEST_AMDGPU_FIXTURE_H
#define GD_TEST_AMDGPU_FIXTURE_H
/* A machine with one AMD GPU, for the tests of the amdgpu probe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "host/capture.h"
#include "probe/probe.h"

extern const struct gd_probe gd_probe_amdgpu;

#define DEV "/sys/bus/pci/devices/0000:03:00.0"

/* As much of the tables of the pci and drm probes as this one reads. */
static const struct gd_column pci_columns[] = {
	{ .name = "address", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "" },
	{ .name = "vendor_id", .type = GD_TEXT, .help = "" },
	{ .name = "driver", .type = GD_TEXT, .help = "" },
	{ .name = "display", .type = GD_BOOL, .help = "" },
	{ .name = "accelerator", .type = GD_BOOL, .help = "" },
	{ .name = "asleep", .type = GD_BOOL, .help = "" },
};

static const struct gd_table pci_table = {
	.name = "pci_device",
	.help = "",
	.columns = pci_columns,
	.column_count = GD_COUNT(pci_columns),
};

static const struct gd_column drm_columns[] = {
	{ .name = "name", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "" },
	{ .name = "kind", .type = GD_TEXT, .help = "" },
	{ .name = "device", .type = GD_TEXT, .help = "" },
	{ .name = "device_path", .type = GD_TEXT, .help = "" },
	{ .name = "driver", .type = GD_TEXT, .help = "" },
	{ .name = "vendor_id", .type = GD_TEXT, .help = "" },
};

static const struct gd_table drm_table = {
	.name = "drm_node",
	.help = "",
	.columns = drm_columns,
	.column_count = GD_COUNT(drm_columns),
};

struct machine {
	struct gd_host *host;
	struct gd_facts *facts;
};

static inline void close_machine(struct machine *m)
{
	gd_facts_free(m->facts);
	gd_host_close(m->host);
}

#define automachine GD_CLEANUP(close_machine) struct machine

static inline struct gd_host *open_capture(const char *origin, const char *entries)
{
	struct gd_capture *capture = NULL;
	struct gd_err err = { 0 };
	gd_autobuf text = { 0 };
	size_t count = 0;

	for (const char *s = entries; s && *s; s = strchr(s, '\n') ? strchr(s, '\n') + 1 : NULL)
		count += *s != '|';
	gd_buf_printf(&text, "gpudoctor-capture 1\norigin %s\n%send %zu\n", origin, entries, count);
	if (gd_capture_parse("test", text.data, text.len, &capture, &err) < 0)
		fail_msg("%s", err.text);
	return gd_capture_host(capture);
}

/* Takes the door. */
static inline struct machine prepare(struct gd_host *host)
{
	struct machine m = { .host = host, .facts = gd_facts_new() };

	gd_facts_declare(m.facts, &pci_table, "pci");
	gd_facts_declare(m.facts, &drm_table, "pci");
	for (const struct gd_table *const *t = gd_probe_amdgpu.tables; *t; t++)
		gd_facts_declare(m.facts, *t, "amdgpu");
	return m;
}

static inline struct gd_row *add_pci(struct machine *m, const char *driver, bool asleep)
{
	struct gd_row *row = gd_facts_add(m->facts, "pci_device");

	gd_set_text(row, "address", "0000:03:00.0", "test");
	gd_set_text(row, "vendor_id", "1002", "test");
	if (driver)
		gd_set_text(row, "driver", driver, "test");
	else
		gd_set_unknown(row, "driver", GD_GAP_NOT_CAPTURED, "no link", "look again");
	gd_set_bool(row, "display", true, "test");
	gd_set_bool(row, "accelerator", false, "test");
	gd_set_bool(row, "asleep", asleep, "test");
	gd_facts_complete(m->facts, "pci_device");
	return row;
}

static inline void run(struct machine *m)
{
	struct gd_ctx ctx = { .probe = &gd_probe_amdgpu, .host = m->host, .facts = m->facts };
	struct gd_err err = { 0 };

	assert_int_equal(gd_probe_amdgpu.run(&ctx, &err), 0);
	gd_facts_close(m->facts);
}

/* One device bound to amdgpu, awake. */
static inline struct machine one(const char *origin, const char *entries)
{
	struct machine m = prepare(open_capture(origin, entries));

	add_pci(&m, "amdgpu", false);
	run(&m);
	return m;
}

static inline struct gd_row *gpu(const struct machine *m)
{
	struct gd_row *row = gd_facts_find(m->facts, "amdgpu", "0000:03:00.0");

	assert_non_null(row);
	return row;
}

static inline const struct gd_rows *rows(const struct machine *m)
{
	return gd_facts_table_peek(m->facts, "amdgpu");
}

static inline void assert_text(const struct gd_row *row, const char *column, const char *value)
{
	assert_string_equal(gd_get_text(row, column, "(not known)"), value);
}

static inline void assert_number(const struct gd_row *row, const char *column, int64_t value)
{
	assert_true(gd_is_known(row, column));
	assert_int_equal(gd_get_int(row, column, -1), value);
}

static inline void assert_real(const struct gd_row *row, const char *column, double value)
{
	assert_true(gd_is_known(row, column));
	assert_float_equal((float)gd_get_real(row, column, -1), (float)value, 1e-4f);
}

static inline void assert_gap(const struct gd_row *row, const char *column, enum gd_gap gap)
{
	assert_int_equal(gd_get(row, column)->state, GD_UNKNOWN);
	assert_string_equal(gd_gap_name_peek(gd_get(row, column)->gap), gd_gap_name_peek(gap));
}

static inline void assert_absent(const struct gd_row *row, const char *column)
{
	assert_int_equal(gd_get(row, column)->state, GD_ABSENT);
}

#endif
