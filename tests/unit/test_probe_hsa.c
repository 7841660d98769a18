/* SPDX-License-Identifier: MIT */
/* The variables that change what ROCm reports, and the small words of its runtime. */
#include "probe_machine.h"
#include "probes/hsa.h"

extern const struct gd_probe gd_probe_hsa_env;

#define UNSET_OTHERS \
	"error env ROCR_VISIBLE_DEVICES ENOENT\nerror env HIP_VISIBLE_DEVICES ENOENT\n" \
	"error env HSA_XNACK ENOENT\nerror env HSA_ENABLE_SDMA ENOENT\n"

static void test_no_override(void **state)
{
	automachine m = { 0 };

	(void)state;
	run(&m, &gd_probe_hsa_env, "error env HSA_OVERRIDE_GFX_VERSION ENOENT\n" UNSET_OTHERS);
	assert_absent(&m, "hsa_env", "caller", "override");
	assert_absent(&m, "hsa_env", "caller", "node_overrides");
	assert_absent(&m, "hsa_env", "caller", "override_valid");
	assert_int(&m, "hsa_env", "caller", "overridden", 0);
	assert_int(&m, "hsa_env", "caller", "devices_chosen", 0);
	assert_absent(&m, "hsa_env", "caller", "xnack");
	assert_true(is_complete(&m, "hsa_env"));
}

static void test_overrides(void **state)
{
	automachine m = { 0 };

	(void)state;
	run(&m, &gd_probe_hsa_env,
	    "env HSA_OVERRIDE_GFX_VERSION = 10.3.0\nenv HSA_OVERRIDE_GFX_VERSION_2 = 11.0.2\n"
	    "env HSA_OVERRIDE_GFX_VERSION_31 = 9.0.6\nenv HSA_OVERRIDE_GFX_VERSION_32 = 1.2.3\n"
	    "env ROCR_VISIBLE_DEVICES = 0,2\nenv HIP_VISIBLE_DEVICES = 1\nenv HSA_XNACK = 1\n"
	    "env HSA_ENABLE_SDMA = 0\n");
	assert_text(&m, "hsa_env", "caller", "override", "10.3.0");
	assert_text(&m, "hsa_env", "caller", "node_overrides",
		    "HSA_OVERRIDE_GFX_VERSION_2=11.0.2 HSA_OVERRIDE_GFX_VERSION_31=9.0.6");
	assert_int(&m, "hsa_env", "caller", "overridden", 1);
	assert_int(&m, "hsa_env", "caller", "override_valid", 1);
	assert_text(&m, "hsa_env", "caller", "rocr_visible_devices", "0,2");
	assert_int(&m, "hsa_env", "caller", "devices_chosen", 1);
	assert_text(&m, "hsa_env", "caller", "hip_visible_devices", "1");
	assert_text(&m, "hsa_env", "caller", "xnack", "1");
	assert_text(&m, "hsa_env", "caller", "enable_sdma", "0");
}

static void test_one_bad_override(void **state)
{
	automachine m = { 0 };

	(void)state;
	run(&m, &gd_probe_hsa_env,
	    "error env HSA_OVERRIDE_GFX_VERSION ENOENT\nenv HSA_OVERRIDE_GFX_VERSION_1 = gfx1030\n" UNSET_OTHERS);
	assert_absent(&m, "hsa_env", "caller", "override");
	assert_int(&m, "hsa_env", "caller", "overridden", 1);
	assert_int(&m, "hsa_env", "caller", "override_valid", 0);
}

/* Nobody was started in a tree, and older recordings hold no such variables. */
static void test_not_captured(void **state)
{
	automachine m = { 0 };

	(void)state;
	run(&m, &gd_probe_hsa_env, "");
	expect_gap(&m, "hsa_env", "caller", "override", GD_GAP_NOT_CAPTURED);
	expect_gap(&m, "hsa_env", "caller", "node_overrides", GD_GAP_NOT_CAPTURED);
	expect_gap(&m, "hsa_env", "caller", "overridden", GD_GAP_NOT_CAPTURED);
	expect_gap(&m, "hsa_env", "caller", "override_valid", GD_GAP_NOT_CAPTURED);
	expect_gap(&m, "hsa_env", "caller", "devices_chosen", GD_GAP_NOT_CAPTURED);
	assert_true(is_complete(&m, "hsa_env"));
}

/* libhsakmt reads it as "%u.%u.%u" with nothing behind, and takes at most 63, 255 and 255. */
static void test_validity(void **state)
{
	static const char *const good[] = { "10.3.0", "0.0.0", "63.255.255", "9.0.10", " 11.0.2", "11.00.02" };
	static const char *const bad[] = { "",	     "11",	"11.0",	   "11.0.2.", "11.0.2.1", "11..2",
					   ".11.0.2", "gfx1030", "11.0.2 ", "64.0.0",  "1.256.0",  "1.0.256",
					   "11.0.a",  "11,0,2",	"-1.0.0",  "." };

	(void)state;
	for (size_t i = 0; i < GD_COUNT(good); i++)
		if (!gd_hsa_override_is_valid(good[i]))
			fail_msg("\"%s\" is refused", good[i]);
	for (size_t i = 0; i < GD_COUNT(bad); i++)
		if (gd_hsa_override_is_valid(bad[i]))
			fail_msg("\"%s\" is taken", bad[i]);
}

static void test_override_of_a_node(void **state)
{
	static char all[] = "10.3.0";
	static char second[] = "11.0.0";
	struct gd_hsa_overrides o = { .of_node = { [2] = second } };
	gd_autofree text = NULL;

	(void)state;
	assert_null(gd_hsa_override_peek(&o, 1));
	assert_string_equal(gd_hsa_override_peek(&o, 2), "11.0.0");
	o.all = all;
	assert_string_equal(gd_hsa_override_peek(&o, 1), "10.3.0");
	assert_string_equal(gd_hsa_override_peek(&o, 2), "11.0.0");
	assert_string_equal(gd_hsa_override_peek(&o, -1), "10.3.0");
	assert_string_equal(gd_hsa_override_peek(&o, GD_HSA_NODES), "10.3.0");
	text = gd_hsa_overrides_text(&o);
	assert_string_equal(text, "HSA_OVERRIDE_GFX_VERSION=10.3.0 HSA_OVERRIDE_GFX_VERSION_2=11.0.0");
}

static void expect_gfx(const char *isa, const char *gfx, int xnack, int sramecc)
{
	gd_autofree got = gd_hsa_isa_gfx(isa);

	if (gfx)
		assert_string_equal(got, gfx);
	else
		assert_null(got);
	assert_int_equal(gd_hsa_isa_feature(isa, "xnack"), xnack);
	assert_int_equal(gd_hsa_isa_feature(isa, "sramecc"), sramecc);
}

static void test_isa(void **state)
{
	(void)state;
	expect_gfx("amdgcn-amd-amdhsa--gfx1103", "gfx1103", -1, -1);
	expect_gfx("amdgcn-amd-amdhsa--gfx90a:sramecc+:xnack-", "gfx90a", 0, 1);
	expect_gfx("amdgcn-amd-amdhsa--gfx906:sramecc-:xnack+", "gfx906", 1, 0);
	expect_gfx("amdgcn-amd-amdhsa--gfx908:xnackish+:xnack", "gfx908", -1, -1);
	expect_gfx("amdgcn-amd-amdhsa--gfx11-generic", "gfx11-generic", -1, -1);
	expect_gfx("amdgcn-amd-amdhsa--", NULL, -1, -1);
	expect_gfx("gfx1103", NULL, -1, -1);
	expect_gfx("", NULL, -1, -1);
}

static void expect_status(gd_hsa_status status, const char *name)
{
	gd_autofree got = gd_hsa_status_name(status);

	assert_string_equal(got, name);
}

static void test_status(void **state)
{
	(void)state;
	expect_status(0, "HSA_STATUS_SUCCESS");
	expect_status(0x1000, "HSA_STATUS_ERROR");
	expect_status(0x1008, "HSA_STATUS_ERROR_OUT_OF_RESOURCES");
	expect_status(0x100b, "HSA_STATUS_ERROR_NOT_INITIALIZED");
	expect_status(0x1026, "HSA_STATUS_ERROR_FATAL");
	expect_status(0x2f, "status 0x2f");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_override),   cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_one_bad_override), cmocka_unit_test(test_not_captured),
		cmocka_unit_test(test_validity),      cmocka_unit_test(test_override_of_a_node),
		cmocka_unit_test(test_isa),	      cmocka_unit_test(test_status),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
