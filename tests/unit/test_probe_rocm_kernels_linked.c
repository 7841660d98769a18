/* SPDX-License-Identifier: MIT */
/* Whose kernels are found where folders, libraries or single files are links. */
#include "kernels_fixture.h"

#define LAZY "TensileLibrary_lazy_gfx1100.dat " TYPE "_gfx1100.dat " TYPE "_gfx1100.co"
#define OLLAMA "/usr/lib/ollama/rocm"
#define LOCAL "/usr/local/lib"
#define SITE "/home/u/venv/lib/python3.12/site-packages"
#define DEVEL SITE "/_rocm_sdk_devel/lib"
#define WHEEL SITE "/_rocm_sdk_libraries_gfx110X_all/lib"

/* An engine's folder made of links to ROCm's: both copies have the kernels. */
static void test_linked_folder(void **state)
{
	automachine m = { 0 };

	(void)state;
	put_rocblas(LAZY);
	put_link(OLLAMA "/librocblas.so.5", "/opt/rocm/lib/librocblas.so.5.2.70201");
	put_link(OLLAMA "/rocblas", "/opt/rocm/lib/rocblas");
	run_tree(&m);
	expect_keys(&m, "kernel_library", BLAS);
	assert_text(&m, "kernel_library", BLAS, "install", "/opt/rocm/lib");
	expect_keys(&m, "install_kernels", "/opt/rocm/lib " BLAS ", " OLLAMA " " BLAS);
	assert_text(&m, "install_kernels", OLLAMA " " BLAS, "install", OLLAMA);
	assert_text(&m, "install_kernels", OLLAMA " " BLAS, "library", "rocblas");
	assert_text(&m, "install_kernels", OLLAMA " " BLAS, "folder", BLAS);
}

/*
 * rocBLAS looks beside the name that it was loaded by (dlpi_name): a link to it
 * alone, which the loader's files name first, has no kernels, and takes none away.
 */
static void test_linked_library(void **state)
{
	automachine m = { 0 };

	(void)state;
	put_rocblas(LAZY);
	put("/etc/ld.so.conf.d/libc.conf", LOCAL "\n");
	put("/etc/ld.so.conf.d/rocm.conf", "/opt/rocm/lib\n");
	put_link(LOCAL "/librocblas.so.5", "/opt/rocm/lib/librocblas.so.5.2.70201");
	run_tree(&m);
	expect_keys(&m, "install_kernels", LOCAL " " LOCAL "/rocblas/library, /opt/rocm/lib " BLAS);
	assert_text(&m, "kernel_library", LOCAL "/rocblas/library", "layout", "none");
	assert_text(&m, "kernel_library", BLAS, "install", "/opt/rocm/lib");
	assert_text(&m, "kernel_library", BLAS, "isas", "gfx1100");
}

/* TheRock's package for builds links each file of the one that holds the kernels. */
static void test_linked_wheel(void **state)
{
	static const char *const names[] = { "TensileLibrary_lazy_gfx1100.dat", TYPE "_gfx1100.dat",
					     TYPE "_gfx1100.co" };
	automachine m = { 0 };

	(void)state;
	put(SITE "/_rocm_sdk_core/lib/libamdhip64.so.7", "");
	put(WHEEL "/librocblas.so.5", "");
	put_all(WHEEL "/rocblas/library", LAZY);
	put_link(DEVEL "/librocblas.so.5", "../../_rocm_sdk_libraries_gfx110X_all/lib/librocblas.so.5");
	for (size_t i = 0; i < GD_COUNT(names); i++) {
		gd_autofree link = gd_xasprintf(DEVEL "/rocblas/library/%s", names[i]);
		gd_autofree target = gd_xasprintf("../../../../_rocm_sdk_libraries_gfx110X_all/lib/rocblas/library/%s",
						  names[i]);

		put_link(link, target);
	}
	run_tree(&m);
	expect_keys(&m, "install_kernels", DEVEL " " DEVEL "/rocblas/library, " WHEEL " " WHEEL "/rocblas/library");
	assert_text(&m, "kernel_library", DEVEL "/rocblas/library", "isas", "gfx1100");
	assert_text(&m, "kernel_library", WHEEL "/rocblas/library", "isas", "gfx1100");
}

/* Links that lead to themselves, or to each other, lead the library nowhere either. */
static void test_loops(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/opt/rocm/lib/librocblas.so.5", "");
	put_link(BLAS, "library");
	put_link("/opt/rocm/lib/rocblas/5", "../rocblas");
	put_link("/opt/rocm/lib/rocblas/6", "6");
	run_tree(&m);
	expect_keys(&m, "kernel_library", BLAS);
	assert_text(&m, "kernel_library", BLAS, "layout", "none");
	assert_int(&m, "kernel_library", BLAS, "complete", 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
	const struct CMUnitTest tests[] = {
		TEST(test_linked_folder),
		TEST(test_linked_library),
		TEST(test_linked_wheel),
		TEST(test_loops),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
