/* SPDX-License-Identifier: MIT */
/*
 * Clocks, sensors and power settings of amdgpu. Older kernels resume a suspended
 * device when one of these files is read, newer ones answer EPERM: nothing here
 * may be called for a device that sleeps.
 */
#include <errno.h>
#include <string.h>

#include "amdgpu_row.h"
#include "base/parse.h"

/* Higher numbers than the driver gives to its sensors. */
enum { CHANNEL_MAX = 4 };

/* A file that holds one number in some fraction of the unit shown. */
struct reading {
	const char *column;
	const char *file;
	int64_t min;
	int64_t max;
	int64_t divide_by;
};

/* A sensor that is found by its label. */
struct sensor {
	const char *prefix;
	const char *label;
	struct reading reading; /* without the file */
};

static const struct sensor sensors[] = {
	{ .prefix = "temp",
	  .label = "edge",
	  .reading = { .column = "temp_edge_c", .min = -100000, .max = 1000000, .divide_by = 1000 } },
	{ .prefix = "temp",
	  .label = "junction",
	  .reading = { .column = "temp_junction_c", .min = -100000, .max = 1000000, .divide_by = 1000 } },
	{ .prefix = "temp",
	  .label = "mem",
	  .reading = { .column = "temp_memory_c", .min = -100000, .max = 1000000, .divide_by = 1000 } },
};

/* Where pp_dpm_* does not tell the current clock. */
static const struct sensor clocks[] = {
	{ .prefix = "freq",
	  .label = "sclk",
	  .reading = { .column = "sclk_mhz", .max = 50000000000, .divide_by = 1000000 } },
	{ .prefix = "freq",
	  .label = "mclk",
	  .reading = { .column = "mclk_mhz", .max = 50000000000, .divide_by = 1000000 } },
};

static const struct reading watts[] = {
	{ .column = "power_w", .file = "power1_average", .max = 10000000000, .divide_by = 1000000 },
	{ .column = "power_cap_w", .file = "power1_cap", .max = 10000000000, .divide_by = 1000000 },
	{ .column = "power_cap_default_w", .file = "power1_cap_default", .max = 10000000000, .divide_by = 1000000 },
	{ .column = "power_cap_max_w", .file = "power1_cap_max", .max = 10000000000, .divide_by = 1000000 },
};

static const struct reading power_now = {
	.column = "power_w",
	.file = "power1_input",
	.max = 10000000000,
	.divide_by = 1000000,
};

static const char *const other_columns[] = {
	"performance_level", "sclk_mhz", "sclk_max_mhz",	"mclk_mhz",	     "mclk_max_mhz",
	"fclk_max_mhz",	     "power_profile", "busy_percent",	"compute_partition", "memory_partition",
};

static int read_number(const struct gd_amdgpu *d, const struct reading *f, const char *file, int64_t *ret,
		       char **ret_path)
{
	gd_autobuf text = { 0 };
	int r = gd_amdgpu_read(d, file, &text, ret_path);

	if (r < 0)
		return r;
	if (gd_parse_i64(gd_buf_peek(&text), 10, ret) < 0 || *ret < f->min || *ret > f->max)
		return -EBADMSG;
	return 0;
}

static bool is_real(const struct gd_row *row, const char *column)
{
	return row->table->columns[gd_table_column(row->table, column)].type == GD_REAL;
}

static bool take_reading(const struct gd_amdgpu *d, const struct reading *f, const char *file)
{
	gd_autofree path = NULL;
	int64_t value;
	int r = read_number(d, f, file, &value, &path);

	if (r < 0)
		gd_amdgpu_take_error(d, f->column, path, r);
	else if (is_real(d->row, f->column))
		gd_set_real(d->row, f->column, (double)value / (double)f->divide_by, path);
	else
		gd_set_int(d->row, f->column, value / f->divide_by, path);
	return r == 0;
}

/* The first hwmon directory that is the driver's own, relative to the device; owned. */
static int find_hwmon(const struct gd_amdgpu *d, char **ret)
{
	gd_autofree base = gd_xasprintf("%s/hwmon", d->dir);
	gd_autostrv names = { 0 };
	int r = gd_host_list(d->ctx->host, base, &names);

	if (r < 0)
		return r;
	for (size_t i = 0; i < names.count; i++) {
		gd_autofree file = gd_xasprintf("hwmon/%s/name", names.items[i]);
		gd_autofree path = NULL;
		gd_autobuf text = { 0 };

		if (strncmp(names.items[i], "hwmon", 5) != 0)
			continue;
		/* Sensors of other kinds may hang below the device, but they have names of their own. */
		if (gd_amdgpu_read(d, file, &text, &path) == 0 && text.len && strcmp(gd_trim(text.data), "amdgpu") != 0)
			continue;
		*ret = gd_xasprintf("hwmon/%s", names.items[i]);
		return 0;
	}
	return -ENOENT;
}

/* The number of the channel with this label, or what kept us from finding it. */
static int find_channel(const struct gd_amdgpu *d, const char *hwmon, const struct sensor *s)
{
	int failure = -ENOENT;

	for (int i = 1; i <= CHANNEL_MAX; i++) {
		gd_autofree file = gd_xasprintf("%s/%s%d_label", hwmon, s->prefix, i);
		gd_autofree path = NULL;
		gd_autobuf text = { 0 };
		int r = gd_amdgpu_read(d, file, &text, &path);

		if (r < 0 && r != -ENOENT)
			failure = r;
		if (r == 0 && text.len && !strcmp(gd_trim(text.data), s->label))
			return i;
	}
	return failure;
}

static bool has_label(const struct gd_amdgpu *d, const char *hwmon, const char *channel)
{
	gd_autofree file = gd_xasprintf("%s/%s_label", hwmon, channel);
	gd_autofree path = NULL;
	gd_autobuf text = { 0 };

	return gd_amdgpu_read(d, file, &text, &path) == 0;
}

static void take_sensor(const struct gd_amdgpu *d, const char *hwmon, const struct sensor *s)
{
	int channel = find_channel(d, hwmon, s);
	gd_autofree file = gd_xasprintf("%s/%s%d_input", hwmon, s->prefix, channel);
	gd_autofree labels = gd_xasprintf("%s/%s/%s*_label", d->dir, hwmon, s->prefix);

	if (channel > 0) {
		take_reading(d, &s->reading, file);
		return;
	}
	gd_amdgpu_take_error(d, s->reading.column, labels, channel);
	/* Drivers that did not label their sensors yet had this one only. */
	if (!strcmp(s->label, "edge") && !has_label(d, hwmon, "temp1")) {
		gd_autofree only = gd_xasprintf("%s/temp1_input", hwmon);

		take_reading(d, &s->reading, only);
	}
}

static void take_clock_fallback(const struct gd_amdgpu *d, const char *hwmon, const struct sensor *s)
{
	struct gd_cell before = *gd_get(d->row, s->reading.column);
	int channel = before.state == GD_KNOWN ? -ENOENT : find_channel(d, hwmon, s);
	gd_autofree file = gd_xasprintf("%s/%s%d_input", hwmon, s->prefix, channel);

	if (channel > 0 && !take_reading(d, &s->reading, file))
		gd_set_cell(d->row, s->reading.column, &before);
}

static void take_hwmon(const struct gd_amdgpu *d)
{
	gd_autofree hwmon = NULL;
	gd_autofree base = gd_xasprintf("%s/hwmon", d->dir);
	int r = find_hwmon(d, &hwmon);

	if (r < 0) {
		for (size_t i = 0; i < GD_COUNT(sensors); i++)
			gd_amdgpu_take_error(d, sensors[i].reading.column, base, r);
		for (size_t i = 0; i < GD_COUNT(watts); i++)
			gd_amdgpu_take_error(d, watts[i].column, base, r);
		return;
	}
	for (size_t i = 0; i < GD_COUNT(sensors); i++)
		take_sensor(d, hwmon, &sensors[i]);
	for (size_t i = 0; i < GD_COUNT(clocks); i++)
		take_clock_fallback(d, hwmon, &clocks[i]);
	for (size_t i = 0; i < GD_COUNT(watts); i++) {
		gd_autofree file = gd_xasprintf("%s/%s", hwmon, watts[i].file);

		take_reading(d, &watts[i], file);
	}
	/* Some chips measure the power of the moment only. */
	if (!gd_is_known(d->row, "power_w")) {
		struct gd_cell before = *gd_get(d->row, "power_w");
		gd_autofree file = gd_xasprintf("%s/%s", hwmon, power_now.file);

		if (!take_reading(d, &power_now, file) && before.state == GD_UNKNOWN)
			gd_set_cell(d->row, "power_w", &before);
	}
}

static void take_profile(const struct gd_amdgpu *d)
{
	gd_autobuf text = { 0 };
	gd_autofree path = NULL;
	gd_autofree name = NULL;
	gd_autofree detail = NULL;
	int r = gd_amdgpu_read(d, "pp_power_profile_mode", &text, &path);

	if (r < 0) {
		gd_amdgpu_take_error(d, "power_profile", path, r);
		return;
	}
	name = gd_amdgpu_marked_profile(gd_buf_peek(&text));
	if (name) {
		gd_set_text(d->row, "power_profile", name, path);
	} else if (!text.len || !*gd_trim(text.data)) {
		gd_set_absent(d->row, "power_profile", path);
	} else {
		detail = gd_xasprintf("%s marks no profile in a way known here", path);
		gd_set_unknown(d->row, "power_profile", GD_GAP_GARBAGE, detail, NULL);
	}
}

void gd_amdgpu_take_power(const struct gd_amdgpu *d)
{
	static const struct reading busy = { .column = "busy_percent", .max = 100, .divide_by = 1 };

	gd_amdgpu_take_line(d, "performance_level", "power_dpm_force_performance_level");
	gd_amdgpu_take_line(d, "compute_partition", "current_compute_partition");
	gd_amdgpu_take_line(d, "memory_partition", "current_memory_partition");
	gd_amdgpu_take_clock(d, "sclk_mhz", "sclk_max_mhz", "pp_dpm_sclk");
	gd_amdgpu_take_clock(d, "mclk_mhz", "mclk_max_mhz", "pp_dpm_mclk");
	gd_amdgpu_take_clock(d, NULL, "fclk_max_mhz", "pp_dpm_fclk");
	take_reading(d, &busy, "gpu_busy_percent");
	take_profile(d);
	take_hwmon(d);
}

void gd_amdgpu_skip_power(const struct gd_amdgpu *d, const char *detail, const char *remedy)
{
	for (size_t i = 0; i < GD_COUNT(other_columns); i++)
		gd_set_unknown(d->row, other_columns[i], GD_GAP_ASLEEP, detail, remedy);
	for (size_t i = 0; i < GD_COUNT(sensors); i++)
		gd_set_unknown(d->row, sensors[i].reading.column, GD_GAP_ASLEEP, detail, remedy);
	for (size_t i = 0; i < GD_COUNT(watts); i++)
		gd_set_unknown(d->row, watts[i].column, GD_GAP_ASLEEP, detail, remedy);
}
