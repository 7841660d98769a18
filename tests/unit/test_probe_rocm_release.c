/* SPDX-License-Identifier: MIT */
/*
 * Which builds are for which ISA. What is expected here was read where the table's
 * rows say: lists of files in Debian's packages, messages of rocBLAS that name all
 * indices of a package (legacy-rocm-build#3015 and #4625), AMD's compatibility
 * matrix, and TheRock's SUPPORTED_GPUS.md.
 */
#include "probe_machine.h"

extern const struct gd_probe gd_probe_rocm_release;

static const struct gd_column gpu_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "" },
	{ .name = "vendor", .type = GD_TEXT, .help = "" },
	{ .name = "isa", .type = GD_TEXT, .help = "" },
};

static const struct gd_table gpu_table = {
	.name = "gpu",
	.help = "",
	.columns = gpu_columns,
	.column_count = GD_COUNT(gpu_columns),
};

/* Vendor and ISA by turns, "" for an ISA that is not known; NULL-terminated. */
static void run_with(struct machine *m, const char *const *gpus)
{
	struct gd_ctx ctx = { .probe = &gd_probe_rocm_release };
	struct gd_gpudb *db = gd_gpudb_open();
	struct gd_err err = { "" };

	machine_free(m);
	*m = (struct machine){ .facts = gd_facts_new() };
	gd_facts_declare(m->facts, &gpu_table, "gpu");
	gd_facts_declare(m->facts, gd_probe_rocm_release.tables[0], "rocm_release");
	for (size_t i = 0; gpus[i]; i += 2) {
		struct gd_row *row = gd_facts_add(m->facts, "gpu");
		gd_autofree id = gd_xasprintf("%zu", i);

		gd_set_text(row, "id", id, "test");
		gd_set_text(row, "vendor", gpus[i], "test");
		if (*gpus[i + 1])
			gd_set_text(row, "isa", gpus[i + 1], "test");
	}
	gd_facts_complete(m->facts, "gpu");
	ctx.facts = m->facts;
	ctx.db = db;
	assert_int_equal(ctx.probe->run(&ctx, &err), 0);
	gd_facts_close(m->facts);
	gd_gpudb_free(db);
}

static void run_for(struct machine *m, const char *isa)
{
	run_with(m, (const char *const[]){ "AMD", isa, NULL });
}

#define T "rocm_release"

/* The chip that AMD's packages lost. */
static void test_gfx906(void **state)
{
	automachine m = { 0 };

	(void)state;
	run_for(&m, "gfx906");
	assert_text(&m, T, "ROCm 5.7 gfx906", "official", "yes");
	assert_text(&m, T, "ROCm 6.0 gfx906", "official", "deprecated");
	assert_int(&m, T, "ROCm 6.0 gfx906", "rocblas", 1);
	assert_text(&m, T, "ROCm 6.0 gfx906", "checked", "files");
	assert_int(&m, T, "ROCm 6.4.0 gfx906", "rocblas", 0);
	assert_text(&m, T, "ROCm 7.2 gfx906", "official", "no");
	assert_int(&m, T, "Debian 13 gfx906", "rocblas", 1);
	assert_absent(&m, T, "Debian 13 gfx906", "official");
	assert_int(&m, T, "Ollama 0.6.2 to 0.12.3 gfx906", "rocblas", 1);
	assert_int(&m, T, "Ollama 0.12.4 to 0.17.7 gfx906", "rocblas", 0);
	assert_int(&m, T, "TheRock 7.14 gfx906", "rocblas", 1);
	assert_int(&m, T, "TheRock 7.14 gfx906", "hipblaslt", 0);
	assert_int(&m, T, "TheRock 7.14 gfx906", "tested", 0);
}

/* The one that AMD's packages never had. */
static void test_gfx1103(void **state)
{
	automachine m = { 0 };

	(void)state;
	run_for(&m, "gfx1103");
	assert_int(&m, T, "ROCm 6.4.0 gfx1103", "rocblas", 0);
	assert_int(&m, T, "ROCm 7.2 gfx1103", "rocblas", 0);
	assert_text(&m, T, "ROCm 7.2 gfx1103", "official", "no");
	assert_int(&m, T, "TheRock 7.14 gfx1103", "rocblas", 1);
	assert_int(&m, T, "TheRock 7.14 gfx1103", "tested", 1);
	assert_int(&m, T, "Debian 13 gfx1103", "rocblas", 0);
	assert_int(&m, T, "Debian experimental gfx1103", "rocblas", 0);
	assert_int(&m, T, "Debian experimental gfx1103", "hipblaslt", 0);
	assert_int(&m, T, "Debian sid gfx1103", "rocblas", 0);
	assert_int(&m, T, "Debian sid gfx1103", "hipblaslt", 1);
	assert_int(&m, T, "Fedora 43 gfx1103", "rocblas", 1);
	assert_text(&m, T, "Fedora 43 gfx1103", "checked", "inferred");
	assert_int(&m, T, "Arch rocblas 7.2.4 gfx1103", "rocblas", 1);
	assert_absent(&m, T, "TheRock 7.9 gfx1103", "tested");
	assert_absent(&m, T, "TheRock 7.9 gfx1103", "official");
	assert_absent(&m, T, "ROCm 7.1 gfx1103", "rocblas");
	assert_absent(&m, T, "ROCm 7.1 gfx1103", "checked");
}

static void test_limited(void **state)
{
	automachine m = { 0 };

	(void)state;
	run_for(&m, "gfx1201");
	assert_text(&m, T, "ROCm 6.4.0 gfx1201", "official", "no");
	assert_int(&m, T, "ROCm 6.4.0 gfx1201", "rocblas", 1);
	assert_text(&m, T, "ROCm 6.4.1 to 6.4.4 gfx1201", "official", "yes");
	assert_absent(&m, T, "ROCm 6.3 gfx1201", "rocblas");
	run_for(&m, "gfx1101");
	assert_text(&m, T, "ROCm 6.3 gfx1101", "official", "no");
	assert_text(&m, T, "ROCm 7.0 gfx1101", "official", "limited");
	assert_text(&m, T, "ROCm 7.0 gfx1101", "first", "7.0.0");
	assert_text(&m, T, "ROCm 7.0 gfx1101", "date", "2025-09");
	assert_text(&m, T, "ROCm 7.0 gfx1101", "packager", "amd");
}

/* A row for each build and each of AMD's ISAs here, once. */
static void test_gpus(void **state)
{
	automachine m = { 0 };
	size_t one;

	(void)state;
	run_with(&m, (const char *const[]){ NULL });
	assert_int_equal(gd_facts_table_peek(m.facts, T)->count, 0);
	assert_true(is_complete(&m, T));
	run_for(&m, "gfx1103");
	one = gd_facts_table_peek(m.facts, T)->count;
	assert_true(one > 20);
	run_with(&m, (const char *const[]){ "AMD", "gfx1103", "AMD", "gfx1103", "NVIDIA", "sm_86", "AMD", "gfx803",
					    NULL });
	assert_int_equal(gd_facts_table_peek(m.facts, T)->count, 2 * one);
	assert_true(is_complete(&m, T));
	run_with(&m, (const char *const[]){ "AMD", "", "NVIDIA", "", NULL });
	assert_int_equal(gd_facts_table_peek(m.facts, T)->count, 0);
	assert_false(is_complete(&m, T));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gfx906),
		cmocka_unit_test(test_gfx1103),
		cmocka_unit_test(test_limited),
		cmocka_unit_test(test_gpus),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
