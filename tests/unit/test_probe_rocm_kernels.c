/* SPDX-License-Identifier: MIT */
/* Which kernels are found by the names of files: what is whole, what is a part, and what proves nothing. */
#include "kernels_fixture.h"

#include <sys/resource.h>
#include <sys/time.h>

#include "forward_fixture.h"

#define LT "/opt/rocm/lib/hipblaslt/library"
#define OTHER "TensileLibrary_Type_SS_Contraction_l_Ailk_Bjlk_Cijk_Dijk"

/* An empty tree proves nothing. */
static void test_nothing(void **state)
{
	automachine m = { 0 };

	(void)state;
	run_tree(&m);
	expect_keys(&m, "kernel_library", "");
	expect_open(&m, "kernel_library", GD_GAP_NOT_CAPTURED);
	expect_open(&m, "install_kernels", GD_GAP_NOT_CAPTURED);
	expect_open(&m, "kernel_isa", GD_GAP_NOT_CAPTURED);
}

/* -------------------------------------------------------------------- parts -- */

static void test_index_only(void **state)
{
	automachine m = { 0 };

	(void)state;
	put_rocblas("TensileLibrary_lazy_gfx1103.dat " TYPE "_gfx1103.dat " OTHER "_gfx1103.dat "
		    "Kernels.so-000-gfx1103.hsaco");
	run_tree(&m);
	assert_text(&m, "kernel_isa", BLAS " gfx1103", "status", "partial");
	assert_int(&m, "kernel_isa", BLAS " gfx1103", "usable", 0);
	assert_int(&m, "kernel_isa", BLAS " gfx1103", "index", 1);
	assert_int(&m, "kernel_isa", BLAS " gfx1103", "code_objects", 1);
	assert_int(&m, "kernel_isa", BLAS " gfx1103", "tuned_files", 0);
	assert_text(&m, "kernel_isa", BLAS " gfx1103", "lacks",
		    "code objects for 2 of its types, as for " TYPE "_gfx1103");
	assert_absent(&m, "kernel_library", BLAS, "isas");
	assert_text(&m, "kernel_library", BLAS, "targets", "gfx1103");
	/* The index of the index, and nothing that it would lead to. */
	put_in(BLAS, "TensileLibrary_lazy_gfx1201.dat");
	run_tree(&m);
	assert_text(&m, "kernel_isa", BLAS " gfx1201", "status", "partial");
	assert_text(&m, "kernel_isa", BLAS " gfx1201", "lacks", "code objects for any type");
}

static void test_code_only(void **state)
{
	automachine m = { 0 };

	(void)state;
	put_rocblas("TensileLibrary_lazy_gfx1100.dat " TYPE "_gfx1100.dat " TYPE "_gfx1100.co " TYPE "_gfx1103.co "
		    TYPE "_gfx1103.dat Kernels.so-000-gfx1103.hsaco");
	run_tree(&m);
	assert_text(&m, "kernel_library", BLAS, "isas", "gfx1100");
	assert_text(&m, "kernel_isa", BLAS " gfx1103", "status", "partial");
	assert_int(&m, "kernel_isa", BLAS " gfx1103", "usable", 0);
	assert_int(&m, "kernel_isa", BLAS " gfx1103", "index", 0);
	assert_int(&m, "kernel_isa", BLAS " gfx1103", "code_objects", 2);
	assert_text(&m, "kernel_isa", BLAS " gfx1103", "lacks", "an index: TensileLibrary_lazy_gfx1103.dat");
}

/* Code that is not tuned: its index is that of all ISAs, or there is none and it is of no use. */
static void test_fallback(void **state)
{
	automachine m = { 0 };

	(void)state;
	put_rocblas("TensileLibrary_lazy_gfx1103.dat " TYPE "_fallback_gfx1103.hsaco " OTHER "_fallback_gfx1103.hsaco");
	run_tree(&m);
	assert_text(&m, "kernel_isa", BLAS " gfx1103", "status", "partial");
	assert_text(&m, "kernel_isa", BLAS " gfx1103", "lacks", "an index for each of its 2 types");
	put_in(BLAS, TYPE "_fallback.dat");
	run_tree(&m);
	assert_text(&m, "kernel_isa", BLAS " gfx1103", "status", "fallback");
	assert_int(&m, "kernel_isa", BLAS " gfx1103", "usable", 1);
	assert_int(&m, "kernel_isa", BLAS " gfx1103", "tuned_files", 0);
	assert_int(&m, "kernel_isa", BLAS " gfx1103", "fallback_files", 1);
}

/* Some types are whole, others have lost their code. */
static void test_some_code_lost(void **state)
{
	automachine m = { 0 };

	(void)state;
	put_rocblas("TensileLibrary_lazy_gfx90a.dat " TYPE "_gfx90a.dat " TYPE "_gfx90a-xnack+.hsaco " OTHER
		    "_gfx90a.dat");
	run_tree(&m);
	assert_text(&m, "kernel_isa", BLAS " gfx90a", "status", "partial");
	assert_int(&m, "kernel_isa", BLAS " gfx90a", "usable", 1);
	assert_int(&m, "kernel_isa", BLAS " gfx90a", "tuned_files", 1);
	assert_text(&m, "kernel_isa", BLAS " gfx90a", "features", "xnack+");
	assert_int(&m, "kernel_library", BLAS, "mixed", 0);
	/* And code is there that no index leads to: two builds. */
	put_in(BLAS, "TensileLibrary_Type_DD_Contraction_l_Ailk_Bjlk_Cijk_Dijk_gfx90a.co");
	run_tree(&m);
	assert_int(&m, "kernel_library", BLAS, "mixed", 1);
}

static void test_features(void **state)
{
	automachine m = { 0 };

	(void)state;
	put_rocblas("TensileLibrary_gfx90a.dat TensileLibrary_gfx90a.co Kernels.so-000-gfx90a-xnack+.hsaco "
		    "Kernels.so-000-gfx90a-xnack-.hsaco TensileLibrary_gfx906.dat TensileLibrary_gfx906-xnack-.co "
		    "TensileLibrary_gfx942.dat TensileLibrary_gfx942-sramecc+-xnack-.co");
	run_tree(&m);
	assert_text(&m, "kernel_library", BLAS, "layout", "per-isa");
	assert_text(&m, "kernel_library", BLAS, "isas", "gfx906 gfx90a gfx942");
	assert_text(&m, "kernel_isa", BLAS " gfx90a", "features", "xnack+ xnack-");
	assert_text(&m, "kernel_isa", BLAS " gfx906", "features", "xnack-");
	assert_text(&m, "kernel_isa", BLAS " gfx942", "features", "sramecc+ xnack-");
}

/* Rows that hold nothing: the library is there, its kernels are not. */
static void test_no_kernels(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/opt/rocm/lib/librocblas.so.5.2.70201", "");
	put("/opt/rocm/lib/libhipblaslt.so.1.2.70201", "");
	put(LT "/TensileManifest.txt", "");
	run_tree(&m);
	expect_keys(&m, "kernel_library", BLAS ", " LT);
	assert_text(&m, "kernel_library", BLAS, "layout", "none");
	assert_int(&m, "kernel_library", BLAS, "file_count", 0);
	assert_text(&m, "kernel_library", LT, "layout", "none");
	assert_int(&m, "kernel_library", LT, "file_count", 1);
	assert_absent(&m, "kernel_library", LT, "isas");
	assert_int(&m, "kernel_library", LT, "complete", 1);
}

/* ------------------------------------------------------------------- places -- */

/* A folder for each target, as newer builds of hipBLASLt have it. */
static void test_subfolders(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/opt/rocm/lib/libhipblaslt.so.1", "");
	put_all(LT "/gfx1201", "TensileLibrary_lazy_gfx1201.dat.zlib " TYPE "_gfx1201.dat.zlib " TYPE "_gfx1201.co");
	put_all(LT "/gfx1250-strict", "TensileLibrary_lazy_gfx1250.dat " TYPE "_gfx1250.dat");
	put_all(LT "/notes", "TensileLibrary_lazy_gfx906.dat TensileLibrary_lazy_gfx90a.dat");
	put(LT "/gfx908", "a file");
	run_tree(&m);
	assert_int(&m, "kernel_library", LT, "subfolders", 1);
	/* Three and two for targets, the file gfx908, and the folder notes. */
	assert_int(&m, "kernel_library", LT, "file_count", 3 + 2 + 1 + 1);
	assert_text(&m, "kernel_library", LT, "isas", "gfx1201");
	assert_text(&m, "kernel_isa", LT " gfx1201", "status", "tuned");
	assert_text(&m, "kernel_isa", LT " gfx1250-strict", "status", "partial");
	assert_null(gd_facts_find(m.facts, "kernel_isa", LT " gfx906"));
	assert_null(gd_facts_find(m.facts, "kernel_isa", LT " gfx908"));
}

/* Where there are archives, a file that is missing proves nothing. */
static void test_archives(void **state)
{
	automachine m = { 0 };
	static const char *const unknown[] = { "status", "usable", "lacks" };

	(void)state;
	put_rocblas("TensileLibrary_lazy_gfx1100.dat " TYPE "_gfx1100.dat " TYPE "_gfx1100.co "
		    "TensileLibrary_lazy_gfx1103.dat");
	put("/opt/rocm/.kpack/blas_lib_gfx1103.kpack", "");
	put("/opt/rocm/.kpack/blas_lib_gfx1151.kpack", "");
	put("/opt/rocm/.kpack/fft_lib_gfx906.kpack", "");
	run_tree(&m);
	assert_text(&m, "kernel_library", BLAS, "isas", "gfx1100");
	assert_int(&m, "kernel_library", BLAS, "complete", 0);
	assert_text(&m, "kernel_isa", BLAS " gfx1100", "status", "tuned");
	for (size_t i = 0; i < GD_COUNT(unknown); i++) {
		expect_gap(&m, "kernel_isa", BLAS " gfx1103", unknown[i], GD_GAP_NO_SOURCE);
		expect_gap(&m, "kernel_isa", BLAS " gfx1151", unknown[i], GD_GAP_NO_SOURCE);
	}
	assert_int(&m, "kernel_isa", BLAS " gfx1151", "archive", 1);
	assert_int(&m, "kernel_isa", BLAS " gfx1100", "archive", 0);
	expect_open(&m, "kernel_isa", GD_GAP_NOT_CAPTURED);
}

/* Nothing but archives, and one that does not say what it is for. */
static void test_archives_only(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/opt/rocm/lib/librocblas.so.5", "");
	put("/opt/rocm/.kpack/blas_lib_gfx110X-all.kpack", "");
	run_tree(&m);
	assert_text(&m, "kernel_library", BLAS, "layout", "kpack");
	assert_int(&m, "kernel_library", BLAS, "complete", 0);
	assert_absent(&m, "kernel_library", BLAS, "isas");
}

/* What a service is told to use, right or wrong. */
static void test_variables(void **state)
{
	automachine m = { 0 };
	static const char *const settings[] = { "ROCBLAS_TENSILE_LIBPATH",   "/srv/kernels",
						"HIPBLASLT_TENSILE_LIBPATH", "/srv/wrong",
						"ROCBLAS_TENSILE_LIBPATH",   "relative",
						NULL };

	(void)state;
	put_all("/srv/kernels", "TensileLibrary.dat TensileLibrary_gfx1103.co");
	put("/srv/wrong/library/TensileLibrary_gfx1103.dat", "");
	run_rocm(&m, open_tree(), settings);
	expect_keys(&m, "kernel_library", "/srv/kernels, /srv/wrong");
	assert_text(&m, "kernel_library", "/srv/kernels", "found_by", "ROCBLAS_TENSILE_LIBPATH");
	assert_text(&m, "kernel_library", "/srv/kernels", "layout", "merged");
	assert_text(&m, "kernel_library", "/srv/kernels", "isas", "gfx1103");
	assert_absent(&m, "kernel_library", "/srv/kernels", "install");
	assert_text(&m, "kernel_library", "/srv/wrong", "library", "hipblaslt");
	assert_text(&m, "kernel_library", "/srv/wrong", "layout", "none");
}

static void test_miopen(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/opt/rocm/lib/libMIOpen.so.1", "");
	put_all("/opt/rocm/share/miopen/db", "gfx90a68.kdb gfx90878.HIP.fdb.txt gfx1030_36.db.txt miopen.db");
	run_tree(&m);
	assert_text(&m, "kernel_library", "/opt/rocm/share/miopen/db", "isas", "gfx908 gfx90a gfx1030");
	assert_int(&m, "kernel_library", "/opt/rocm/share/miopen/db", "file_count", 4);
	assert_int(&m, "kernel_isa", "/opt/rocm/share/miopen/db gfx90a", "code_objects", 1);
	assert_int(&m, "kernel_isa", "/opt/rocm/share/miopen/db gfx908", "code_objects", 0);
}

/* ---------------------------------------------------------------- bad input -- */

#define LIVE "dir /\n|opt\ndir /opt\n|rocm\ndir /opt/rocm/lib\n|librocblas.so.5\n|rocblas\n" \
	     "stat /opt/rocm/lib/librocblas.so.5" STAT

/* What may not be read is not known, at each depth. */
static void test_denied(void **state)
{
	automachine m = { 0 };

	(void)state;
	run_rocm(&m, open_entries(LIVE "dir /opt/rocm/lib/rocblas\n|library\nerror dir " BLAS " EACCES\n"), NULL);
	expect_keys(&m, "kernel_library", BLAS);
	expect_gap(&m, "kernel_library", BLAS, "layout", GD_GAP_DENIED);
	expect_gap(&m, "kernel_library", BLAS, "isas", GD_GAP_DENIED);
	assert_int(&m, "kernel_library", BLAS, "complete", 0);
	/* The folder above it may be entered, and not listed: perhaps there is a folder of a version. */
	run_rocm(&m, open_entries(LIVE "error dir /opt/rocm/lib/rocblas EACCES\nabsent " BLAS "\n"), NULL);
	expect_keys(&m, "kernel_library", BLAS);
	expect_gap(&m, "kernel_library", BLAS, "layout", GD_GAP_DENIED);
	/* One target's folder. */
	run_rocm(&m,
		 open_entries(LIVE "dir /opt/rocm/lib/rocblas\n|library\ndir " BLAS "\n|gfx1103\n|gfx906\n"
				   "error dir " BLAS "/gfx1103 EACCES\ndir " BLAS "/gfx906\n"),
		 NULL);
	expect_gap(&m, "kernel_isa", BLAS " gfx1103", "status", GD_GAP_DENIED);
	expect_gap(&m, "kernel_isa", BLAS " gfx1103", "code_objects", GD_GAP_DENIED);
	assert_null(gd_facts_find(m.facts, "kernel_isa", BLAS " gfx906"));
}

/* An index that leads nowhere is none, and a folder is none either. */
static void test_dead_index(void **state)
{
	automachine m = { 0 };
	static const char text[] = LIVE "dir /opt/rocm/lib/rocblas\n|library\n"
					"dir " BLAS "\n"
					"|TensileLibrary_lazy_gfx1103.dat\n"
					"|" TYPE "_gfx1103.dat\n"
					"|" TYPE "_gfx1103.co\n"
					"|TensileLibrary_lazy_gfx906.dat\n"
					"|" TYPE "_gfx906.dat\n"
					"|" TYPE "_gfx906.co\n"
					"error stat " BLAS "/TensileLibrary_lazy_gfx1103.dat ENOENT\n"
					"stat " BLAS "/TensileLibrary_lazy_gfx906.dat dir 0755 0:0 0:0 r\n";

	(void)state;
	run_rocm(&m, open_entries(text), NULL);
	assert_absent(&m, "kernel_library", BLAS, "isas");
	assert_int(&m, "kernel_isa", BLAS " gfx1103", "index", 0);
	assert_int(&m, "kernel_isa", BLAS " gfx906", "index", 0);
}

static void test_long_names(void **state)
{
	automachine m = { 0 };
	char name[256];

	(void)state;
	memset(name, '1', 255);
	name[255] = '\0';
	memcpy(name, "gfx", 3);
	put_rocblas("TensileLibrary_lazy_gfx1103.dat " TYPE "_gfx1103.dat " TYPE "_gfx1103.co");
	put_in(BLAS, name);
	memcpy(name, "TensileLibrary_lazy_gfx", 23);
	memcpy(name + 251, ".dat", 4);
	put_in(BLAS, name);
	memset(name, '_', 255);
	put_in(BLAS, name);
	run_tree(&m);
	assert_text(&m, "kernel_library", BLAS, "isas", "gfx1103");
	assert_int(&m, "kernel_library", BLAS, "file_count", 6);
}

/* More ISAs than there are: those that are left out are not said to be missing. */
static void test_many_isas(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/opt/rocm/lib/librocblas.so.5", "");
	for (unsigned i = 0; i < 200; i++) {
		gd_autofree path = gd_xasprintf(BLAS "/TensileLibrary_lazy_gfx1%03x.dat", i);

		put(path, "");
	}
	run_tree(&m);
	assert_int(&m, "kernel_library", BLAS, "target_count", 64);
	assert_int(&m, "kernel_library", BLAS, "file_count", 200);
	assert_int(&m, "kernel_library", BLAS, "complete", 0);
}

static long memory_kib(void)
{
	struct rusage use;

	assert_int_equal(getrusage(RUSAGE_SELF, &use), 0);
	return use.ru_maxrss;
}

/* 100,000 files, of which 40,000 are 20,000 types with an index and code. */
static void test_many_files(void **state)
{
	enum { TYPES = 20000, OTHERS = 60000, MOST_KIB = 64 * 1024 };
	automachine m = { 0 };
	gd_autobuf text = { 0 };
	struct gd_host *h;
	long before;

	(void)state;
	gd_buf_puts(&text, LIVE "dir /opt/rocm/lib/rocblas\n|library\n");
	gd_buf_puts(&text, "stat " BLAS "/TensileLibrary_lazy_gfx1103.dat" STAT);
	gd_buf_puts(&text, "dir " BLAS "\n|TensileLibrary_lazy_gfx1103.dat\n");
	for (int i = 0; i < TYPES; i++)
		gd_buf_printf(&text,
			      "|TensileLibrary_Type_%d_Contraction_l_gfx1103.dat\n"
			      "|TensileLibrary_Type_%d_Contraction_l_gfx1103.co\n",
			      i, i);
	for (int i = 0; i < OTHERS; i++)
		gd_buf_printf(&text, "|%d\n", i);
	h = open_entries(gd_buf_peek(&text));
	before = memory_kib();
	run_rocm(&m, h, NULL);
	assert_int(&m, "kernel_library", BLAS, "file_count", 2 * TYPES + OTHERS + 1);
	assert_int(&m, "kernel_isa", BLAS " gfx1103", "tuned_files", TYPES);
	assert_int(&m, "kernel_isa", BLAS " gfx1103", "code_objects", TYPES);
	assert_text(&m, "kernel_isa", BLAS " gfx1103", "status", "tuned");
	if (!getenv("SANITIZERS") || strcmp(getenv("SANITIZERS"), "yes") != 0)
		assert_true(memory_kib() - before < MOST_KIB);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),
		TEST(test_index_only),
		TEST(test_code_only),
		TEST(test_fallback),
		TEST(test_some_code_lost),
		TEST(test_features),
		TEST(test_no_kernels),
		TEST(test_subfolders),
		TEST(test_archives),
		TEST(test_archives_only),
		TEST(test_variables),
		TEST(test_miopen),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_dead_index),
		TEST(test_long_names),
		TEST(test_many_isas),
		cmocka_unit_test(test_many_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
