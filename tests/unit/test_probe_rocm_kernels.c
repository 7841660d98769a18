/* SPDX-License-Identifier: MIT */
/* Which kernels are found, by the names of files. */
#include "rocm_fixture.h"

/* An empty tree proves nothing. */
static void test_nothing(void **state)
{
	automachine m = { 0 };

	(void)state;
	run_tree(&m);
	expect_keys(&m, "kernel_library", "");
	expect_open(&m, "kernel_library", GD_GAP_NOT_CAPTURED);
	expect_open(&m, "kernel_isa", GD_GAP_NOT_CAPTURED);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
