/* SPDX-License-Identifier: MIT */
/* Whether all copies of ROCm were found: what proves that there are no others, what leaves that open. */
#include "rocm_fixture.h"

#include "forward_fixture.h"
#include "probes/homes.h"
#include "probes/rocm.h"

#define NO_VARIABLES \
	"error env HOME ENOENT\nerror env LD_LIBRARY_PATH ENOENT\nerror env ROCBLAS_TENSILE_LIBPATH ENOENT\n" \
	"error env HIPBLASLT_TENSILE_LIBPATH ENOENT\n"

/* More homes than are searched. */
static void test_many_homes(void **state)
{
	automachine m = { 0 };

	(void)state;
	for (int i = 0; i < 70; i++) {
		gd_autofree path = gd_xasprintf("/home/u%d/llama.cpp/build/bin/librocblas.so.4", i);

		put(path, "");
	}
	run_tree(&m);
	assert_int_equal(gd_facts_table_peek(m.facts, "rocm_install")->count, GD_HOMES_MAX);
	expect_open(&m, "rocm_install", GD_GAP_ERROR);
}

/* Closed homes of others do not count, and leave no gap. */
static void test_many_closed_homes(void **state)
{
	automachine m = { 0 };
	gd_autobuf text = { 0 };

	(void)state;
	gd_buf_puts(&text, NO_VARIABLES "dir /home\n");
	for (int i = 0; i < 70; i++)
		gd_buf_printf(&text, "|a%d\n", i);
	gd_buf_puts(&text, "|b\n");
	for (int i = 0; i < 70; i++)
		gd_buf_printf(&text, "stat /home/a%d" CLOSED "error dir /home/a%d EACCES\n", i, i);
	gd_buf_puts(&text, "stat /home/b" DIR "dir /home/b\n|llama.cpp\nstat /home/b/llama.cpp" DIR
			   "dir /home/b/llama.cpp\n|build\ndir /home/b/llama.cpp/build\n|bin\n"
			   "dir /home/b/llama.cpp/build/bin\n|librocblas.so.5\n"
			   "dir /\n|home\n");
	run_rocm(&m, open_entries(gd_buf_peek(&text)), NULL);
	expect_keys(&m, "rocm_install", "/home/b/llama.cpp/build/bin");
	assert_true(is_complete(&m, "rocm_install"));
}

/* A machine without any of the folders: that there is no ROCm is proved. */
static void test_proved(void **state)
{
	automachine m = { 0 };

	(void)state;
	run_rocm(&m, open_entries("dir /\n|etc\n|usr\ndir /etc\n|hostname\ndir /usr\n|bin\n" NO_VARIABLES), NULL);
	expect_keys(&m, "rocm_install", "");
	assert_true(is_complete(&m, "rocm_install"));
	assert_true(is_complete(&m, "rocm_file"));
	assert_true(is_complete(&m, "kernel_library"));
	assert_true(is_complete(&m, "install_kernels"));
	assert_true(is_complete(&m, "kernel_isa"));
}

static void test_denied(void **state)
{
	automachine m = { 0 };

	(void)state;
	run_rocm(&m, open_entries("dir /\n|opt\nstat /opt" CLOSED "error dir /opt EACCES\n" NO_VARIABLES), NULL);
	expect_open(&m, "rocm_install", GD_GAP_DENIED);
	expect_open(&m, "kernel_library", GD_GAP_DENIED);
	expect_open(&m, "kernel_isa", GD_GAP_DENIED);
	/* One of the folders that it lists. */
	run_rocm(&m, open_entries("dir /\n|opt\ndir /opt\n|rocm\nerror dir /opt/rocm/lib EACCES\n"
				  "error stat /opt/rocm/lib EACCES\n" NO_VARIABLES),
		 NULL);
	expect_keys(&m, "rocm_install", "");
	expect_open(&m, "rocm_install", GD_GAP_DENIED);
}

/* It may be entered and not listed: what has a name that is known is found. */
static void test_searchable(void **state)
{
	automachine m = { 0 };

	(void)state;
	run_rocm(&m, open_entries("dir /\n|opt\ndir /opt\n|rocm\nerror dir /opt/rocm/lib EACCES\n"
				  "stat /opt/rocm/lib dir 0711 0:0 0:0 -\n"
				  "stat /opt/rocm/lib/librocblas.so.5" STAT NO_VARIABLES),
		 NULL);
	expect_keys(&m, "rocm_install", "/opt/rocm/lib");
}

/* In a tree, a folder that is there counts as copied in full; the root does not. */
static void test_tree_proof(void **state)
{
	automachine m = { 0 };

	(void)state;
	put_dir("/opt");
	run_tree(&m);
	expect_keys(&m, "rocm_install", "");
	expect_open(&m, "rocm_install", GD_GAP_NOT_CAPTURED);
	assert_string_equal(gd_facts_table_peek(m.facts, "rocm_install")->detail, "HOME: not captured");
}

static void test_odd(void **state)
{
	automachine m = { 0 };

	(void)state;
	put_link("/opt/rocm", "rocm-loop");
	put_link("/opt/rocm-loop", "rocm");
	put("/opt/rocm-file", "a file where a folder should be");
	put("/opt/rocm-5.7.0/lib", "a file, too");
	put("/opt/rocm-6.0.0/lib/librocblas.so.4/x", "a folder where a file should be");
	put_link("/opt/rocm-6.1.0", "/nowhere");
	put("/usr/lib/ollama/rocm\nx/librocblas.so.4", "");
	put("/usr/local/lib/ollama/rocm\xff/librocblas.so.4", "");
	put("/opt/rocm-6.2.0/.info/version", "no version");
	put("/opt/rocm-6.2.0/lib/librocblas.so.4", "");
	run_tree(&m);
	expect_keys(&m, "rocm_install", "/opt/rocm-6.0.0/lib, /opt/rocm-6.2.0/lib, /usr/lib/ollama/rocm\nx");
	assert_absent(&m, "rocm_install", "/opt/rocm-6.0.0/lib", "rocblas_file");
	expect_gap(&m, "rocm_install", "/opt/rocm-6.2.0/lib", "version", GD_GAP_GARBAGE);
	/* The one whose name is no text is not shown, and not forgotten. */
	expect_open(&m, "rocm_install", GD_GAP_GARBAGE);
}

static void test_too_many(void **state)
{
	automachine m = { 0 };

	(void)state;
	for (int i = 0; i < GD_ROCM_LISTED + 3; i++) {
		gd_autofree path = gd_xasprintf("/opt/rocm-6.%d/lib/librocblas.so.4", i);

		put(path, "");
	}
	run_tree(&m);
	assert_int_equal(gd_facts_table_peek(m.facts, "rocm_install")->count, GD_ROCM_LISTED);
	expect_open(&m, "rocm_install", GD_GAP_ERROR);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
	const struct CMUnitTest tests[] = {
		TEST(test_many_homes),
		cmocka_unit_test(test_many_closed_homes),
		cmocka_unit_test(test_proved),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_searchable),
		TEST(test_tree_proof),
		TEST(test_odd),
		TEST(test_too_many),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
