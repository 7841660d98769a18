/* SPDX-License-Identifier: MIT */
/* Where copies of ROCm's runtime are looked for, and which of several names of one file is taken. */
#include "forward_fixture.h"
#include "probes/hsa.h"
#include "tree_fixture.h"

#if defined(__x86_64__)
#define LIB "/usr/lib/x86_64-linux-gnu"
#else
#define LIB "/usr/lib64"
#endif

/* "found_in path" of each, in the order found, with commas between them. */
static char *found_text(const struct gd_hsa_places *p)
{
	gd_autobuf text = { 0 };

	for (size_t i = 0; i < p->count; i++)
		gd_buf_printf(&text, "%s%s %s", i ? ", " : "", p->items[i].found_in, p->items[i].path);
	return gd_xstrdup(gd_buf_peek(&text));
}

static void expect_found(struct gd_host *h, const char *expected)
{
	GD_CLEANUP(gd_hsa_places_free) struct gd_hsa_places found = { 0 };
	gd_autofree text = NULL;

	gd_hsa_find(h, &found);
	text = found_text(&found);
	assert_string_equal(text, expected);
	assert_int_equal(found.left_out, 0);
	gd_host_close(h);
}

static void test_none(void **state)
{
	(void)state;
	put_dir("/usr");
	expect_found(open_tree(), "");
}

static void test_distribution(void **state)
{
	(void)state;
	put(LIB "/libhsa-runtime64.so.1.5.0", "ELF");
	put_link(LIB "/libhsa-runtime64.so.1", "libhsa-runtime64.so.1.5.0");
	put_link(LIB "/libhsa-runtime64.so", "libhsa-runtime64.so.1");
	expect_found(open_tree(), "loader " LIB "/libhsa-runtime64.so.1");
}

/* As AMD's packages lay it out, and the loader told of it. */
static void test_opt(void **state)
{
	(void)state;
	put("/opt/rocm-6.4.1/lib/libhsa-runtime64.so.1.15.60401", "ELF");
	put_link("/opt/rocm-6.4.1/lib/libhsa-runtime64.so.1", "libhsa-runtime64.so.1.15.60401");
	put_link("/opt/rocm", "rocm-6.4.1");
	put("/opt/rocm-5.7.0/lib/libhsa-runtime64.so.1", "ELF");
	put("/opt/other/lib/libhsa-runtime64.so.1", "ELF");
	put("/opt/other/core-1/lib/libhsa-runtime64.so.1", "not ROCm's");
	expect_found(open_tree(), "opt /opt/other/lib/libhsa-runtime64.so.1, "
				  "opt /opt/rocm/lib/libhsa-runtime64.so.1, "
				  "opt /opt/rocm-5.7.0/lib/libhsa-runtime64.so.1");
	put("/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n");
	put("/etc/ld.so.conf.d/20-rocm.conf", "# ROCm\n/opt/rocm-5.7.0/lib # old\n");
	put("/etc/ld.so.conf.d/readme", "/opt/other/lib\n");
	expect_found(open_tree(), "loader /opt/rocm-5.7.0/lib/libhsa-runtime64.so.1, "
				  "opt /opt/other/lib/libhsa-runtime64.so.1, "
				  "opt /opt/rocm/lib/libhsa-runtime64.so.1");
}

/* ROCm 7.10 and later: /opt/rocm is a folder of releases. */
static void test_opt_core(void **state)
{
	(void)state;
	put("/opt/rocm/core-7.14/lib/libhsa-runtime64.so.1", "ELF");
	put("/opt/rocm/core-10.0/lib/libhsa-runtime64.so.1", "ELF");
	put_link("/opt/rocm/lib", "core-10.0/lib");
	expect_found(open_tree(), "opt /opt/rocm/lib/libhsa-runtime64.so.1, "
				  "opt /opt/rocm/core-7.14/lib/libhsa-runtime64.so.1");
}

static void test_engines(void **state)
{
	(void)state;
	put("/usr/lib/ollama/rocm/libhsa-runtime64.so.1", "ELF");
	put("/usr/local/lib/ollama/rocm_v7_2/libhsa-runtime64.so.1.18.70201", "ELF");
	put("/usr/local/lib/ollama/cuda_v12/libhsa-runtime64.so.1", "never there");
	put("/opt/ollama/lib/ollama/libhsa-runtime64.so", "ELF");
	expect_found(open_tree(), "engine /usr/lib/ollama/rocm/libhsa-runtime64.so.1, "
				  "engine /usr/local/lib/ollama/rocm_v7_2/libhsa-runtime64.so.1.18.70201, "
				  "engine /opt/ollama/lib/ollama/libhsa-runtime64.so");
}

static void test_python_of_the_system(void **state)
{
	(void)state;
	put("/usr/local/lib/python3.11/dist-packages/torch/lib/libhsa-runtime64.so", "ELF");
	put("/usr/lib/python3.13/site-packages/_rocm_sdk_core/lib/libhsa-runtime64.so.1", "ELF");
	put("/usr/lib64/python3.9/site-packages/triton/backends/amd/lib/libhsa-runtime64.so", "ELF");
	put("/usr/lib/python3/dist-packages/torch/lib/libtorch.so", "another");
	expect_found(open_tree(),
		     "python /usr/local/lib/python3.11/dist-packages/torch/lib/libhsa-runtime64.so, "
		     "python /usr/lib/python3.13/site-packages/_rocm_sdk_core/lib/libhsa-runtime64.so.1, "
		     "python /usr/lib64/python3.9/site-packages/triton/backends/amd/lib/libhsa-runtime64.so");
}

#define STAT " file 0644 0:0 0:0 r\n"
#define DIR " dir 0755 0:0 0:0 r\n"

static void test_environment(void **state)
{
	(void)state;
	expect_found(open_entries("env LD_LIBRARY_PATH = ::/a;relative:/b\n"
				  "env HOME = /home/u\n"
				  "env VIRTUAL_ENV = /v\n"
				  "env CONDA_PREFIX = \n"
				  "stat /a" DIR "stat /b" DIR "stat " LIB DIR
				  "stat /a/libhsa-runtime64.so.1" STAT "stat /b/libhsa-runtime64.so.1" STAT
				  "stat " LIB "/libhsa-runtime64.so.1" STAT
				  "dir /v/lib\n|python3.12\n|pkgconfig\n"
				  "dir /v/lib/python3.12/site-packages/torch/lib\n|libhsa-runtime64.so\n"
				  "stat /v/lib/python3.12/site-packages" DIR
				  "stat /v/lib/python3.12/site-packages/torch/lib/libhsa-runtime64.so" STAT
				  "dir /home/u/.local/lib\n|python3.11\n"
				  "stat /home/u/.local/lib/python3.11/site-packages" DIR
				  "dir /home/u/.local/lib/python3.11/site-packages/_rocm_sdk_core/lib\n"
				  "|libhsa-runtime64.so\n|libhsa-runtime64.so.1\n"
				  "stat /home/u/.local/lib/python3.11/site-packages/_rocm_sdk_core/lib/"
				  "libhsa-runtime64.so.1" STAT
				  "stat /home/u/.cache/lemonade" DIR
				  "dir /home/u/.cache/lemonade/therock\n|gfx1151-7.14\n"
				  "dir /home/u/.cache/lemonade/therock/gfx1151-7.14/lib\n|libhsa-runtime64.so.1\n"
				  "stat /home/u/.cache/lemonade/therock/gfx1151-7.14/lib/libhsa-runtime64.so.1" STAT),
		     "loader /a/libhsa-runtime64.so.1, LD_LIBRARY_PATH /b/libhsa-runtime64.so.1, "
		     "distribution " LIB "/libhsa-runtime64.so.1, "
		     "python /v/lib/python3.12/site-packages/torch/lib/libhsa-runtime64.so, "
		     "python /home/u/.local/lib/python3.11/site-packages/_rocm_sdk_core/lib/libhsa-runtime64.so.1, "
		     "engine /home/u/.cache/lemonade/therock/gfx1151-7.14/lib/libhsa-runtime64.so.1");
}

static void test_conda(void **state)
{
	(void)state;
	expect_found(open_entries("env CONDA_PREFIX = /c\n"
				  "stat /c/lib" DIR "absent /c/lib/libhsa-runtime64.so.1\n"
				  "stat /c/lib/libhsa-runtime64.so" STAT "stat /c/lib/python3.12" DIR
				  "stat /c/lib/python3.12/site-packages" DIR
				  "dir /c/lib/python3.12/site-packages/torch/lib\n|libhsa-runtime64.so\n"
				  "stat /c/lib/python3.12/site-packages/torch/lib/libhsa-runtime64.so" STAT),
		     "python /c/lib/libhsa-runtime64.so, "
		     "python /c/lib/python3.12/site-packages/torch/lib/libhsa-runtime64.so");
}

/* What is no file, leads nowhere, or leads to what is known already. */
static void test_odd(void **state)
{
	(void)state;
	put_dir("/usr");
	put("/opt/rocm/lib/libhsa-runtime64.so.1/x", "a folder");
	put_link("/opt/gone", "nowhere");
	put("/opt/file", "no folder");
	put(LIB "/libhsa-runtime64.so.1", "ELF");
	put_link("/usr/lib/ollama", "../.." LIB);
	expect_found(open_tree(), "loader " LIB "/libhsa-runtime64.so.1");
}

static void test_too_many(void **state)
{
	GD_CLEANUP(gd_hsa_places_free) struct gd_hsa_places found = { 0 };
	struct gd_host *h;

	(void)state;
	for (int i = 0; i < GD_HSA_RUNTIMES + 3; i++) {
		gd_autofree path = gd_xasprintf("/opt/rocm-6.%d/lib/libhsa-runtime64.so.1", i);

		put(path, "ELF");
	}
	h = open_tree();
	gd_hsa_find(h, &found);
	assert_int_equal(found.count, GD_HSA_RUNTIMES);
	assert_int_equal(found.left_out, 3);
	assert_string_equal(found.items[GD_HSA_RUNTIMES - 1].path, "/opt/rocm-6.15/lib/libhsa-runtime64.so.1");
	gd_host_close(h);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
	const struct CMUnitTest tests[] = {
		TEST(test_none),
		TEST(test_distribution),
		TEST(test_opt),
		TEST(test_opt_core),
		TEST(test_engines),
		TEST(test_python_of_the_system),
		TEST(test_environment),
		TEST(test_conda),
		TEST(test_odd),
		TEST(test_too_many),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
