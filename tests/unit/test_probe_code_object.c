/* SPDX-License-Identifier: MIT */
/* The libraries with code for GPUs that the search finds, and what is in them; kernels counted in their indices. */
#include "elf_fixture.h"

#include "forward_fixture.h"
#include "probes/tensile_count.h"
#include "rocm_fixture.h"

extern const struct gd_probe gd_probe_code_object;

#define DIR_DEBIAN "/usr/lib/x86_64-linux-gnu"
#define GGML DIR_DEBIAN "/ggml/backends0/libggml-hip.so"
#define BLAS "/opt/rocm-7.2.1/lib/librocblas.so.5.2.70201"

static void put_buf(const char *path, const struct gd_buf *b)
{
	put_n(path, b->data, b->len);
}

/* A library with one bundle for these targets. */
static void put_library(const char *path, const struct code *codes, size_t count)
{
	gd_autobuf fatbin = { 0 };
	gd_autobuf elf = { 0 };
	struct section section = { .name = ".hip_fatbin", .type = SHT_PROGBITS, .data = &fatbin, .align = 4096 };

	put_bundle(&fatbin, codes, count);
	put_elf(&elf, &x86_64, &section, count ? 1 : 0);
	put_buf(path, &elf);
}

static void look(struct machine *m)
{
	run_tree(m);
	run_probe(m, &gd_probe_code_object);
	gd_facts_close(m->facts);
}

static const struct gd_cell *cell(const struct machine *m, const char *table, const char *key, const char *column)
{
	const struct gd_row *row = gd_facts_find(m->facts, table, key);

	if (!row)
		fail_msg("no row %s in %s", key, table);
	return gd_get(row, column);
}

static void expect(const struct machine *m, const char *table, const char *key, const char *column, const char *value)
{
	const struct gd_cell *c = cell(m, table, key, column);

	assert_int_equal(c->state, GD_KNOWN);
	assert_string_equal(c->value.s, value);
}

static void test_targets(void **state)
{
	static const struct code codes[] = {
		{ HOST, 0 },
		{ GPU "gfx1100", 900 },
		{ GPU "gfx90a:xnack+", 100 },
		{ GPU "gfx90a:xnack-", 100 },
		{ GPU "gfx11-generic", 50 },
	};
	automachine m = { 0 };

	(void)state;
	put_library(GGML, codes, GD_COUNT(codes));
	look(&m);
	expect(&m, "code_file", GGML, "role", "ggml-hip");
	expect(&m, "code_file", GGML, "engine", "llama.cpp");
	expect(&m, "code_file", GGML, "status", "ok");
	expect(&m, "code_file", GGML, "isas", "gfx90a gfx1100 gfx11-generic");
	assert_int_equal(cell(&m, "code_file", GGML, "bundle_count")->value.i, 1);
	assert_false(cell(&m, "code_file", GGML, "compressed")->value.i);
	expect_keys(&m, "code_isa", GGML " gfx90a:xnack-, " GGML " gfx90a:xnack+, " GGML " gfx1100, " GGML
		    " gfx11-generic");
	assert_int_equal(cell(&m, "code_isa", GGML " gfx1100", "size_bytes")->value.i, 900);
	assert_true(cell(&m, "code_isa", GGML " gfx11-generic", "generic")->value.i);
	assert_false(cell(&m, "code_isa", GGML " gfx1100", "generic")->value.i);
}

static void test_without_code(void **state)
{
	automachine m = { 0 };

	(void)state;
	put_library(BLAS, NULL, 0);
	look(&m);
	expect(&m, "code_file", BLAS, "status", "no-code");
	assert_int_equal(cell(&m, "code_file", BLAS, "isas")->state, GD_ABSENT);
}

/* Trees hold large files as empty ones, which says nothing of what is in them. */
static void test_unreadable(void **state)
{
	automachine m = { 0 };

	(void)state;
	put(BLAS, "");
	put(GGML, "no library");
	look(&m);
	expect(&m, "code_file", BLAS, "status", "empty");
	assert_int_equal(cell(&m, "code_file", BLAS, "isas")->gap, GD_GAP_NOT_CAPTURED);
	expect(&m, "code_file", GGML, "status", "not-elf");
	expect_open(&m, "code_isa", GD_GAP_NOT_CAPTURED);
}

static void test_damaged(void **state)
{
	static const struct code codes[] = { { GPU "gfx1100", 900 }, { GPU "gfx1103", 900 } };
	automachine m = { 0 };
	gd_autobuf fatbin = { 0 };
	gd_autobuf elf = { 0 };
	struct section section = { .name = ".hip_fatbin", .type = SHT_PROGBITS, .data = &fatbin, .align = 4096 };

	(void)state;
	put_bundle(&fatbin, codes, GD_COUNT(codes));
	/* The number of entries, behind the magic: 2^60. */
	set_le(&fatbin, strlen(MAGIC), UINT64_C(1) << 60, 8);
	put_elf(&elf, &x86_64, &section, 1);
	put_buf(GGML, &elf);
	look(&m);
	expect(&m, "code_file", GGML, "status", "damaged");
	assert_int_equal(cell(&m, "code_file", GGML, "isas")->gap, GD_GAP_GARBAGE);
	assert_int_equal(cell(&m, "code_file", GGML, "fault")->state, GD_KNOWN);
}

/* ------------------------------------------------------------------- counts -- */

#define LIBRARY "/opt/rocm/lib/rocblas/library"
#define TYPE(name, end) LIBRARY "/TensileLibrary_Type_" name "_Contraction_l_Ailk_Bjlk_Cijk_Dijk_" end

/* As Tensile's msgpack has it: a map whose "solutions" is an array of that many maps. */
static void put_index(const char *path, unsigned char count)
{
	gd_autobuf b = { 0 };

	gd_buf_add(&b, "\x82\xa9solutions\xdc\0", 13);
	gd_buf_putc(&b, (char)count);
	for (unsigned i = 0; i < count; i++)
		gd_buf_puts(&b, "\x81\xa5index\x07");
	gd_buf_puts(&b, "\xa7library\x82\xa4type\xa8Hardware\xa4rows\x90");
	put_buf(path, &b);
}

/* Through a door, which is taken. */
static const struct gd_cell *count_by(struct machine *m, struct gd_host *h, const char *isa,
				      struct gd_tensile_cost *total)
{
	struct gd_ctx ctx = { .probe = &gd_probe_code_object };
	struct gd_row *row;

	machine_free(m);
	m->host = h;
	m->facts = gd_facts_new();
	ctx.host = m->host;
	ctx.facts = m->facts;
	for (const struct gd_table *const *t = gd_probe_code_object.tables; *t; t++)
		gd_facts_declare(m->facts, *t, "test");
	row = gd_facts_add(m->facts, "code_file");
	gd_tensile_count(&ctx, row, "bundle_count", LIBRARY, isa, total);
	return gd_get(row, "bundle_count");
}

static const struct gd_cell *count(struct machine *m, const char *isa)
{
	return count_by(m, open_tree(), isa, &(struct gd_tensile_cost){ 0 });
}

static void test_count(void **state)
{
	automachine m = { 0 };

	(void)state;
	put_index(TYPE("HH", "gfx1151.dat"), 116);
	put_index(TYPE("SS", "gfx1151.dat"), 40);
	put_index(TYPE("HH", "gfx1100.dat"), 7);
	put_index(TYPE("HH", "fallback.dat"), 99);
	put_index(LIBRARY "/TensileLibrary_lazy_gfx1151.dat", 1);
	assert_int_equal(count(&m, "gfx1151")->value.i, 156);
	assert_int_equal(count(&m, "gfx1100")->value.i, 7);
	assert_int_equal(count(&m, "gfx1201")->value.i, 0);
	/* One that cannot be counted leaves the sum open. */
	put(TYPE("DD", "gfx1151.dat"), "");
	assert_int_equal(count(&m, "gfx1151")->gap, GD_GAP_NOT_CAPTURED);
	put(TYPE("DD", "gfx1151.dat"), "nonsense");
	assert_int_equal(count(&m, "gfx1151")->gap, GD_GAP_GARBAGE);
	/* Where ISAs have folders of their own. */
	put_index(LIBRARY "/gfx1151/TensileLibrary_Type_HH_Contraction_l_Ailk_Bjlk_Cijk_Dijk_gfx1151.dat", 3);
	assert_int_equal(count(&m, "gfx1151")->value.i, 3);
}

/* Indices whose solutions stand behind 36 MiB of other values. */
static void put_bombs(int count)
{
	gd_autobuf plain = { 0 };
	gd_autobuf b = { 0 };

	gd_buf_add(&plain, "\x82\xa7library\xdd\x02\x40\x00\x00", 14);
	put_zeros(&plain, 36 << 20);
	gd_buf_add(&plain, "\xa9solutions\x91\x80", 12);
	put_packed_data(&b, &plain, PACK_ZLIB);
	for (int i = 0; i < count; i++) {
		gd_autofree path = gd_xasprintf(LIBRARY "/TensileLibrary_Type_T%d_Contraction_l_gfx1151.dat.zlib", i);

		put_buf(path, &b);
	}
}

/* As count(), by a door that counts: two folders, one that is not there, and each file that is looked into. */
static const struct gd_cell *count_asked(struct machine *m, struct gd_tensile_cost *total, unsigned *ret_asked)
{
	struct forward f = { .inner = open_tree() };
	const struct gd_cell *c = count_by(m, gd_host_new(&forward_ops, &f, false), "gfx1151", total);

	*ret_asked = f.asked;
	gd_host_close(m->host);
	m->host = NULL;
	return c;
}

static void test_count_bombs(void **state)
{
	struct gd_tensile_cost total = { 0 };
	automachine m = { 0 };
	const struct gd_cell *c;
	unsigned asked;

	(void)state;
	put_bombs(1);
	c = count_asked(&m, &total, &asked);
	assert_int_equal(c->value.i, 1);
	assert_in_range(total.bytes, 36 << 20, 37 << 20);
	put_bombs(20);
	total = (struct gd_tensile_cost){ 0 };
	c = count_asked(&m, &total, &asked);
	assert_int_equal(c->gap, GD_GAP_GARBAGE);
	assert_non_null(strstr(c->detail, "more indices than any library has: 1024 files, or 64 MiB unpacked"));
	assert_int_equal(asked, 2 + 2);
	assert_int_equal(total.indices, 2);
	assert_in_range(total.bytes, 72 << 20, 74 << 20);
	/* Other folders have taken what there is for all. */
	total.bytes = 8ULL * 64 << 20;
	c = count_asked(&m, &total, &asked);
	assert_int_equal(c->gap, GD_GAP_ERROR);
	assert_int_equal(asked, 2);
}

static void test_count_many(void **state)
{
	struct gd_tensile_cost total = { 0 };
	automachine m = { 0 };
	const struct gd_cell *c;
	unsigned asked;

	(void)state;
	for (int i = 0; i <= 1024; i++) {
		gd_autofree path = gd_xasprintf(LIBRARY "/TensileLibrary_Type_T%d_Contraction_l_gfx1151.dat", i);

		put_index(path, 2);
		if (i < 1023)
			continue;
		c = count_asked(&m, &total, &asked);
		if (i == 1023)
			assert_int_equal(c->value.i, 2048);
		else
			assert_int_equal(c->gap, GD_GAP_GARBAGE);
		assert_int_equal(asked, 2 + 1024);
	}
	assert_int_equal(total.indices, 2048);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_targets, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_without_code, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_unreadable, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_damaged, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_count, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_count_bombs, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_count_many, make_root, remove_root),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
