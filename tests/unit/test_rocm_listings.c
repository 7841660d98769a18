/* SPDX-License-Identifier: MIT */
/*
 * The files of real packages, laid out where their packagers, and others, put
 * them. What is expected was counted in the lists with grep: for each
 * ISA the files of code that name it, the types that have an index and code for
 * it, and the types with "fallback" in their names that have both.
 */
#include "rocm_fixture.h"

#include "listing_fixture.h"

#if defined(__x86_64__)
#define LIB "/usr/lib/x86_64-linux-gnu"
#else
#define LIB "/usr/lib64"
#endif
#define DEBIAN "/usr/lib/x86_64-linux-gnu"

struct expected {
	const char *isa;
	const char *status;
	int code_objects;
	int tuned;
	int fallback;
	const char *features; /* NULL: none are named */
};

/* librocblas0 5.5.1: one index for all, and no tuned code for gfx1010. */
static const struct expected rocblas_5_5[] = {
	{ "gfx803", "tuned", 2, 1, 0, NULL },	{ "gfx900", "tuned", 2, 1, 0, NULL },
	{ "gfx906", "tuned", 2, 1, 0, NULL },	{ "gfx908", "tuned", 2, 1, 0, NULL },
	{ "gfx90a", "tuned", 3, 1, 0, "xnack+ xnack-" }, { "gfx1010", "fallback", 1, 0, 0, NULL },
	{ "gfx1030", "tuned", 2, 1, 0, NULL },	{ "gfx1100", "tuned", 2, 1, 0, NULL },
	{ "gfx1101", "tuned", 2, 1, 0, NULL },	{ "gfx1102", "tuned", 2, 1, 0, NULL },
};

static const struct expected rocblas_6_4[] = {
	{ "gfx803", "tuned", 59, 8, 50, NULL },	   { "gfx900", "tuned", 95, 28, 50, NULL },
	{ "gfx906", "tuned", 101, 38, 50, NULL },  { "gfx908", "tuned", 108, 47, 50, NULL },
	{ "gfx90a", "tuned", 276, 122, 50, "xnack+ xnack-" }, { "gfx1010", "fallback", 51, 0, 50, NULL },
	{ "gfx1030", "tuned", 67, 16, 50, NULL },  { "gfx1100", "tuned", 71, 20, 50, NULL },
	{ "gfx1101", "tuned", 71, 20, 50, NULL },  { "gfx1102", "tuned", 71, 20, 50, NULL },
};

/* Both chips of RDNA4 have an index, and code for any chip only. */
static const struct expected rocblas_7_2[] = {
	{ "gfx803", "tuned", 63, 8, 54, NULL },	    { "gfx900", "tuned", 99, 28, 54, NULL },
	{ "gfx906", "tuned", 113, 42, 54, NULL },   { "gfx908", "tuned", 120, 51, 54, NULL },
	{ "gfx90a", "tuned", 303, 129, 54, "xnack+ xnack-" }, { "gfx942", "tuned", 148, 93, 54, NULL },
	{ "gfx1010", "fallback", 55, 0, 54, NULL }, { "gfx1030", "tuned", 71, 16, 54, NULL },
	{ "gfx1100", "tuned", 75, 20, 54, NULL },   { "gfx1101", "tuned", 75, 20, 54, NULL },
	{ "gfx1102", "tuned", 75, 20, 54, NULL },   { "gfx1151", "tuned", 75, 20, 54, NULL },
	{ "gfx1200", "fallback", 55, 0, 54, NULL }, { "gfx1201", "fallback", 55, 0, 54, NULL },
};

static const struct expected hipblaslt_7_1[] = {
	{ "gfx908", "tuned", 53, 51, 0, NULL },	   { "gfx90a", "tuned", 95, 93, 0, NULL },
	{ "gfx1100", "tuned", 48, 46, 0, NULL },   { "gfx1101", "tuned", 56, 54, 0, NULL },
	{ "gfx1102", "tuned", 48, 46, 0, NULL },   { "gfx1103", "tuned", 48, 46, 0, NULL },
	{ "gfx1150", "tuned", 48, 46, 0, NULL },   { "gfx1151", "tuned", 48, 46, 0, NULL },
	{ "gfx1200", "tuned", 144, 142, 0, NULL }, { "gfx1201", "tuned", 149, 147, 0, NULL },
};

static const struct expected hipblaslt_7_2[] = {
	{ "gfx908", "tuned", 53, 51, 0, NULL },	   { "gfx90a", "tuned", 100, 98, 0, NULL },
	{ "gfx1100", "tuned", 48, 46, 0, NULL },   { "gfx1101", "tuned", 56, 54, 0, NULL },
	{ "gfx1102", "tuned", 48, 46, 0, NULL },   { "gfx1151", "tuned", 48, 46, 0, NULL },
	{ "gfx1200", "tuned", 144, 142, 0, NULL }, { "gfx1201", "tuned", 149, 147, 0, NULL },
};

static void expect_isa(const struct machine *m, const char *folder, const struct expected *e)
{
	gd_autofree key = gd_xasprintf("%s %s", folder, e->isa);

	assert_text(m, "kernel_isa", key, "status", e->status);
	assert_text(m, "kernel_isa", key, "directory", folder);
	assert_text(m, "kernel_isa", key, "isa", e->isa);
	assert_int(m, "kernel_isa", key, "usable", 1);
	assert_int(m, "kernel_isa", key, "index", 1);
	assert_int(m, "kernel_isa", key, "code_objects", e->code_objects);
	assert_int(m, "kernel_isa", key, "tuned_files", e->tuned);
	assert_int(m, "kernel_isa", key, "fallback_files", e->fallback);
	assert_int(m, "kernel_isa", key, "archive", 0);
	assert_absent(m, "kernel_isa", key, "lacks");
	if (e->features)
		assert_text(m, "kernel_isa", key, "features", e->features);
	else
		assert_absent(m, "kernel_isa", key, "features");
}

/* These ISAs and no others. */
static void expect_isas(const struct machine *m, const char *folder, const char *layout, int files,
			const struct expected *e, size_t count)
{
	const struct gd_rows *rows = gd_facts_table_peek(m->facts, "kernel_isa");
	gd_autobuf isas = { 0 };
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		expect_isa(m, folder, &e[i]);
		gd_buf_printf(&isas, "%s%s", i ? " " : "", e[i].isa);
	}
	for (size_t i = 0; i < rows->count; i++)
		found += !strcmp(gd_get_text(rows->rows[i], "directory", ""), folder);
	assert_int_equal(found, count);
	assert_text(m, "kernel_library", folder, "layout", layout);
	assert_text(m, "kernel_library", folder, "isas", gd_buf_peek(&isas));
	assert_text(m, "kernel_library", folder, "targets", gd_buf_peek(&isas));
	assert_int(m, "kernel_library", folder, "isa_count", (int)count);
	assert_int(m, "kernel_library", folder, "target_count", (int)count);
	assert_int(m, "kernel_library", folder, "file_count", files);
	assert_int(m, "kernel_library", folder, "complete", 1);
	assert_int(m, "kernel_library", folder, "subfolders", 0);
	assert_int(m, "kernel_library", folder, "mixed", 0);
}

/* That this ISA has no kernels there is proved. */
static void expect_missing(const struct machine *m, const char *folder, const char *isa)
{
	gd_autofree key = gd_xasprintf("%s %s", folder, isa);

	assert_int(m, "kernel_library", folder, "complete", 1);
	assert_null(gd_facts_find(m->facts, "kernel_isa", key));
}

static void test_librocblas0(void **state)
{
	automachine m = { 0 };

	(void)state;
	assert_int_equal(lay_out_at("librocblas0-5.5.1", DEBIAN, LIB), 23);
	run_tree(&m);
	expect_keys(&m, "kernel_library", LIB "/rocblas/2.47.0/library");
	expect_isas(&m, LIB "/rocblas/2.47.0/library", "merged", 21, rocblas_5_5, GD_COUNT(rocblas_5_5));
	expect_missing(&m, LIB "/rocblas/2.47.0/library", "gfx1103");
	assert_text(&m, "kernel_library", LIB "/rocblas/2.47.0/library", "install", LIB);
	assert_text(&m, "kernel_library", LIB "/rocblas/2.47.0/library", "found_by", "install");
	assert_text(&m, "rocm_install", LIB, "rocblas_version", "0.1");
}

static void test_librocblas4(void **state)
{
	automachine m = { 0 };

	(void)state;
	assert_int_equal(lay_out_at("librocblas4-6.4.4", DEBIAN, LIB), 1351);
	run_tree(&m);
	expect_keys(&m, "kernel_library", LIB "/rocblas/4.4.1/library");
	expect_isas(&m, LIB "/rocblas/4.4.1/library", "lazy", 1349, rocblas_6_4, GD_COUNT(rocblas_6_4));
	expect_missing(&m, LIB "/rocblas/4.4.1/library", "gfx1103");
	assert_text(&m, "rocm_install", LIB, "rocblas_version", "4.4");
}

/* Both libraries of one release: gfx1103 is in neither. */
static void test_debian_7_2(void **state)
{
	automachine m = { 0 };

	(void)state;
	assert_int_equal(lay_out_at("librocblas5-7.2.4", DEBIAN, LIB), 1899);
	assert_int_equal(lay_out_at("libhipblaslt1-7.2.4", DEBIAN, LIB), 1290);
	run_tree(&m);
	expect_keys(&m, "kernel_library", LIB "/rocblas/5/library, " LIB "/hipblaslt/library");
	expect_isas(&m, LIB "/rocblas/5/library", "lazy", 1897, rocblas_7_2, GD_COUNT(rocblas_7_2));
	expect_isas(&m, LIB "/hipblaslt/library", "lazy", 1287, hipblaslt_7_2, GD_COUNT(hipblaslt_7_2));
	expect_missing(&m, LIB "/rocblas/5/library", "gfx1103");
	expect_missing(&m, LIB "/hipblaslt/library", "gfx1103");
	assert_text(&m, "kernel_library", LIB "/rocblas/5/library", "library", "rocblas");
	assert_text(&m, "kernel_library", LIB "/hipblaslt/library", "library", "hipblaslt");
	assert_text(&m, "rocm_install", LIB, "hipblaslt_version", "1.2");
}

/* As in sid: rocBLAS 6.4 lacks gfx1103, hipBLASLt 7.1 beside it has it. */
static void test_debian_sid(void **state)
{
	automachine m = { 0 };

	(void)state;
	lay_out_at("librocblas4-6.4.4", DEBIAN, LIB);
	assert_int_equal(lay_out_at("libhipblaslt1-7.1.1", DEBIAN, LIB), 1470);
	run_tree(&m);
	expect_isas(&m, LIB "/hipblaslt/library", "lazy", 1467, hipblaslt_7_1, GD_COUNT(hipblaslt_7_1));
	expect_missing(&m, LIB "/rocblas/4.4.1/library", "gfx1103");
	assert_text(&m, "kernel_isa", LIB "/hipblaslt/library gfx1103", "install", LIB);
}

/* Two versions of the package can be installed side by side. */
static void test_two_versions(void **state)
{
	automachine m = { 0 };

	(void)state;
	lay_out_at("librocblas0-5.5.1", DEBIAN, LIB);
	lay_out_at("librocblas4-6.4.4", DEBIAN, LIB);
	run_tree(&m);
	expect_keys(&m, "kernel_library", LIB "/rocblas/2.47.0/library, " LIB "/rocblas/4.4.1/library");
	expect_isas(&m, LIB "/rocblas/2.47.0/library", "merged", 21, rocblas_5_5, GD_COUNT(rocblas_5_5));
	expect_isas(&m, LIB "/rocblas/4.4.1/library", "lazy", 1349, rocblas_6_4, GD_COUNT(rocblas_6_4));
}

/* Other packagers put the same files elsewhere. */
static void test_places(void **state)
{
	static const char *const places[] = {
		"/opt/rocm-7.2.4/lib",
		"/opt/rocm/core-7.14/lib",
		"/usr/local/lib/ollama/rocm",
		"/usr/lib64/ollama/rocm_v7_2",
		"/usr/lib64/rocm/gfx11/lib",
		"/usr/local/lib/python3.12/site-packages/torch/lib",
		"/usr/local/lib/python3.12/site-packages/_rocm_sdk_core/lib",
		"/var/lib/lemonade/.cache/lemonade/bin/therock/gfx1151-7.13.0/lib",
	};
	automachine m = { 0 };

	(void)state;
	for (size_t i = 0; i < GD_COUNT(places); i++) {
		gd_autofree data = gd_xasprintf("%s/rocblas", places[i]);
		gd_autofree library = gd_xasprintf("%s/librocblas.so.0", places[i]);

		assert_int_equal(lay_out_at("librocblas0-5.5.1", DEBIAN "/rocblas/2.47.0", data), 21);
		put(library, "");
	}
	run_tree(&m);
	for (size_t i = 0; i < GD_COUNT(places); i++) {
		gd_autofree folder = gd_xasprintf("%s/rocblas/library", places[i]);

		expect_isas(&m, folder, "merged", 21, rocblas_5_5, GD_COUNT(rocblas_5_5));
		assert_text(&m, "kernel_library", folder, "install", places[i]);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
	const struct CMUnitTest tests[] = {
		TEST(test_librocblas0), TEST(test_librocblas4),	 TEST(test_debian_7_2),
		TEST(test_debian_sid),	TEST(test_two_versions), TEST(test_places),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
