/* SPDX-License-Identifier: MIT */
#ifndef GD_TEST_ROCM_FIXTURE_H
#define GD_TEST_ROCM_FIXTURE_H
/* Runs the probes that look for ROCm over any door, with settings of programs where a test has some. */
#include "probe_machine.h"
#include "tree_fixture.h"

/* The ends of a capture's lines on a file, on a folder, and on one that may not be entered. */
#define STAT " file 0644 0:0 0:0 r\n"
#define DIR " dir 0755 0:0 0:0 r\n"
#define CLOSED " dir 0700 0:0 0:0 -\n"

extern const struct gd_probe gd_probe_host;
extern const struct gd_probe gd_probe_rocm;
extern const struct gd_probe gd_probe_rocm_kernels;

static const struct gd_column setting_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "" },
	{ .name = "scope", .type = GD_TEXT, .help = "" },
	{ .name = "variable", .type = GD_TEXT, .help = "" },
	{ .name = "value", .type = GD_TEXT, .help = "" },
};

static const struct gd_table setting_table = {
	.name = "setting",
	.help = "",
	.columns = setting_columns,
	.column_count = GD_COUNT(setting_columns),
};

static inline void run_probe(struct machine *m, const struct gd_probe *probe)
{
	struct gd_ctx ctx = { .probe = probe, .host = m->host, .facts = m->facts };
	struct gd_err err = { "" };

	for (const struct gd_table *const *t = probe->tables; *t; t++)
		gd_facts_declare(m->facts, *t, probe->name);
	assert_int_equal(probe->run(&ctx, &err), 0);
}

/* `settings`: variable and value by turns, NULL-terminated, or NULL where no probe has found any. Takes the door. */
static inline void run_rocm(struct machine *m, struct gd_host *h, const char *const *settings)
{
	machine_free(m);
	m->host = h;
	m->facts = gd_facts_new();
	if (settings)
		gd_facts_declare(m->facts, &setting_table, "setting");
	for (size_t i = 0; settings && settings[i]; i += 2) {
		struct gd_row *row = gd_facts_add(m->facts, "setting");

		gd_set_text(row, "id", settings[i], "test");
		gd_set_text(row, "scope", "unit x.service", "test");
		gd_set_text(row, "variable", settings[i], "test");
		gd_set_text(row, "value", settings[i + 1], "test");
	}
	run_probe(m, &gd_probe_host);
	run_probe(m, &gd_probe_rocm);
	run_probe(m, &gd_probe_rocm_kernels);
	gd_facts_close(m->facts);
}

static inline void run_tree(struct machine *m)
{
	run_rocm(m, open_tree(), NULL);
}

/* The keys of a table's rows, with commas between them. */
static inline void expect_keys(const struct machine *m, const char *table, const char *expected)
{
	const struct gd_rows *rows = gd_facts_table_peek(m->facts, table);
	gd_autobuf text = { 0 };

	for (size_t i = 0; i < rows->count; i++) {
		gd_autofree key = gd_row_key(rows->rows[i]);

		gd_buf_printf(&text, "%s%s", i ? ", " : "", key);
	}
	assert_string_equal(gd_buf_peek(&text), expected);
}

/* The table is incomplete, for this reason. */
static inline void expect_open(const struct machine *m, const char *table, enum gd_gap gap)
{
	const struct gd_rows *rows = gd_facts_table_peek(m->facts, table);

	assert_false(rows->complete);
	if (rows->gap != gap)
		fail_msg("%s: %s (%s)", table, gd_gap_name_peek(rows->gap), rows->detail);
	assert_non_null(rows->detail);
}

#endif
