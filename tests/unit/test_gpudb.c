/* SPDX-License-Identifier: MIT */
/* How rows of the built-in tables are found; data/gpu-db/README.md says how they should be. */
#include "cmocka_all.h"

#include "base/alloc.h"
#include "base/strv.h"
#include "fact/gpudb.h"

static struct gd_gpudb *db;

/* One column of all rows that fit best, each value once, joined by " or ". Owned. */
static char *matches(const struct gd_pci_key *key, const char *column)
{
	const struct gd_csv *t = gd_gpudb_table_peek(db, "pci");
	struct gd_pci_match m = { .count = 99 };
	gd_autostrv values = { 0 };

	gd_gpudb_match_pci(db, key, &m);
	for (size_t i = 0; i < m.count; i++) {
		const char *value = gd_csv_peek(t, m.rows[i], gd_csv_column(t, column));

		if (i)
			assert_true(m.rows[i - 1] < m.rows[i]);
		if (!gd_strv_has(&values, value))
			gd_strv_add(&values, value);
	}
	return gd_strv_join(&values, " or ");
}

static void expect(struct gd_pci_key key, const char *column, const char *value)
{
	gd_autofree is = matches(&key, column);

	assert_string_equal(is, value);
}

#define KEY(...) ((struct gd_pci_key){ .vendor = "1002", __VA_ARGS__ })

static void test_by_revision(void **state)
{
	(void)state;
	expect(KEY(.device = "744c", .revision = "c8"), "name", "Radeon RX 7900 XTX");
	expect(KEY(.device = "744c", .revision = "cc"), "name", "Radeon RX 7900 XT");
	expect(KEY(.device = "744c", .revision = "ce"), "name", "Radeon RX 7900 GRE");
	expect(KEY(.device = "744c", .revision = "cf"), "name", "Radeon RX 7900M");
	expect(KEY(.device = "744c", .revision = "cc"), "isa", "gfx1100");
	expect(KEY(.device = "7550", .revision = "c3"), "name", "Radeon RX 9070");
}

static void test_by_compute_units(void **state)
{
	(void)state;
	expect(KEY(.device = "744c", .cu_count = 96), "name", "Radeon RX 7900 XTX");
	expect(KEY(.device = "744c", .cu_count = 84), "name", "Radeon RX 7900 XT");
	expect(KEY(.device = "15bf", .cu_count = 12), "name", "Radeon 780M");
	expect(KEY(.device = "15bf", .cu_count = 8), "name", "Radeon 760M");
	expect(KEY(.device = "15bf", .cu_count = 4), "name", "Radeon 740M");
	expect(KEY(.device = "15bf", .revision = "c7"), "name", "Radeon 780M");
	/* Counting is surer than a revision that means something else to us. */
	expect(KEY(.device = "15bf", .revision = "c7", .cu_count = 8), "name", "Radeon 760M");
	expect(KEY(.device = "66a1", .cu_count = 60), "vram_mib", "16384;32768 or 32768 or 16384");
	expect(KEY(.device = "66a1", .cu_count = 64), "name", "Instinct MI60");
	expect(KEY(.device = "66a0", .cu_count = 60), "name", "Instinct MI50");
	expect(KEY(.device = "66a0"), "name", "Instinct MI60 or Instinct MI50");
	expect(KEY(.device = "66a1", .revision = "06"), "name", "Radeon Pro VII");
	expect(KEY(.device = "66a1", .revision = "02", .subsystem = "1002:0834"), "vram_mib", "32768");
}

static void test_doubt(void **state)
{
	(void)state;
	expect(KEY(.device = "7550"), "name", "Radeon RX 9070 XT or Radeon RX 9070 or Radeon RX 9070 GRE");
	expect(KEY(.device = "7550"), "isa", "gfx1201");
	/* A revision that nobody listed: the rows without one remain. */
	expect(KEY(.device = "7550", .revision = "ff", .subsystem = "ffff:ffff"), "name",
	       "Radeon RX 9070 XT or Radeon RX 9070 or Radeon RX 9070 GRE");
	expect(KEY(.device = "7550", .revision = "ff", .subsystem = "148c:2435"), "name", "Radeon RX 9070 XT");
	/* No row has so many: what is counted contradicts them all. */
	expect(KEY(.device = "7550", .cu_count = 63), "name", "");
}

static void test_unknown(void **state)
{
	struct gd_pci_match m = { .count = 99 };

	(void)state;
	expect(KEY(.device = "fffe"), "name", "");
	expect((struct gd_pci_key){ .vendor = "10de", .device = "744c" }, "name", "");
	gd_gpudb_match_pci(db, &(struct gd_pci_key){ .vendor = "1002" }, &m);
	assert_int_equal(m.count, 0);
	gd_gpudb_match_pci(db, &(struct gd_pci_key){ .device = "744c" }, &m);
	assert_int_equal(m.count, 0);
}

/* The digits of the block's version are not those of the ISA. */
static void test_isa_by_gc(void **state)
{
	(void)state;
	assert_string_equal(gd_gpudb_isa_by_gc_peek(db, "11.0.0"), "gfx1100");
	assert_string_equal(gd_gpudb_isa_by_gc_peek(db, "11.0.1"), "gfx1103");
	assert_string_equal(gd_gpudb_isa_by_gc_peek(db, "11.0.2"), "gfx1102");
	assert_string_equal(gd_gpudb_isa_by_gc_peek(db, "11.0.3"), "gfx1101");
	assert_string_equal(gd_gpudb_isa_by_gc_peek(db, "11.0.4"), "gfx1103");
	assert_string_equal(gd_gpudb_isa_by_gc_peek(db, "11.5.1"), "gfx1151");
	assert_string_equal(gd_gpudb_isa_by_gc_peek(db, "9.4.2"), "gfx90a");
	assert_null(gd_gpudb_isa_by_gc_peek(db, "11.0"));
	assert_null(gd_gpudb_isa_by_gc_peek(db, "11.0.1;11.0.4"));
	assert_null(gd_gpudb_isa_by_gc_peek(db, ""));
	assert_null(gd_gpudb_isa_by_gc_peek(db, "99.0.0"));
}

static void test_other_tables(void **state)
{
	const struct gd_csv *isa = gd_gpudb_table_peek(db, "isa");

	(void)state;
	assert_non_null(strstr(gd_gpudb_link_quirk_peek(db, "8086", "56a5"), "upstream port"));
	assert_null(gd_gpudb_link_quirk_peek(db, "8086", "9b41"));
	assert_null(gd_gpudb_link_quirk_peek(db, "1002", "56a5"));
	assert_non_null(strstr(gd_gpudb_not_gpu_peek(db, "1a03", "2000"), "ASPEED"));
	assert_null(gd_gpudb_not_gpu_peek(db, "1002", "744c"));
	assert_null(gd_gpudb_table_peek(db, "pci.csv"));
	assert_null(gd_gpudb_table_peek(db, ""));
	assert_ptr_equal(gd_gpudb_table_peek(db, "isa"), isa);
	assert_int_equal(gd_gpudb_find(isa, "isa", "gfx9999"), -1);
	assert_string_equal(gd_csv_peek(isa, (size_t)gd_gpudb_find(isa, "gfx_target_version", "110501"),
					gd_csv_column(isa, "isa")),
			    "gfx1151");
}

/* Every AMD product names an ISA that is in isa.csv, or none. */
static void test_tables_agree(void **state)
{
	const struct gd_csv *pci = gd_gpudb_table_peek(db, "pci");
	const struct gd_csv *isa = gd_gpudb_table_peek(db, "isa");
	size_t count = 0;

	(void)state;
	for (const char *const *name = gd_gpudb_names_peek(db); *name; name++, count++)
		assert_true(gd_gpudb_table_peek(db, *name)->rows > 0);
	assert_int_equal(count, 10);
	for (size_t i = 0; i < pci->rows; i++) {
		const char *name = gd_csv_peek(pci, i, gd_csv_column(pci, "isa"));

		if (!strcmp(gd_csv_peek(pci, i, 0), "1002") && *name && gd_gpudb_find(isa, "isa", name) < 0)
			fail_msg("line %u: %s is not in isa.csv", pci->lines[i], name);
	}
}

static int set_up(void **state)
{
	(void)state;
	db = gd_gpudb_open();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	gd_gpudb_free(db);
	gd_gpudb_free(NULL);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_revision),  cmocka_unit_test(test_by_compute_units),
		cmocka_unit_test(test_doubt),	     cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_isa_by_gc),    cmocka_unit_test(test_other_tables),
		cmocka_unit_test(test_tables_agree),
	};

	return cmocka_run_group_tests_name("GPU database", tests, set_up, tear_down);
}
