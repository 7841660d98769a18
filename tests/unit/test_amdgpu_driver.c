/* SPDX-License-Identifier: MIT */
/* The generation of AMD's kernel driver, from the facts of the probe kernel. */
#include "cmocka_all.h"

#include <string.h>

#include "fact/text.h"
#include "probe/probe.h"

extern const struct gd_probe gd_probe_amdgpu_driver;

/* The facts of the probe, given these of others; freed by the caller. */
static struct gd_facts *look(const char *tables)
{
	gd_autofree text = gd_xasprintf("gpudoctor-facts 1\n%send\n", tables);
	struct gd_gpudb *db = gd_gpudb_open();
	struct gd_facts *f = gd_facts_new();
	struct gd_ctx ctx = { .probe = &gd_probe_amdgpu_driver, .facts = f, .db = db };
	struct gd_err err = { "" };

	gd_probes_declare(f);
	if (gd_text_parse(f, "test", text, strlen(text), &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(gd_probe_amdgpu_driver.run(&ctx, &err), 0);
	gd_facts_close(f);
	gd_gpudb_free(db);
	return f;
}

static const struct gd_row *driver(const struct gd_facts *f)
{
	return gd_facts_find(f, "amdgpu_driver", "amdgpu");
}

static void test_packaged(void **state)
{
	struct gd_facts *f = look("table module complete\nrow\n  name = \"amdgpu\"\n  version = \"6.8.5\"\n");

	(void)state;
	/* ROCm 6.2's driver: tested with 6.0 to 7.0. */
	assert_string_equal(gd_get_text(driver(f), "version", ""), "6.8.5");
	assert_string_equal(gd_get_text(driver(f), "release", ""), "6.2");
	assert_string_equal(gd_get_text(driver(f), "rocm_min", ""), "6.0");
	assert_string_equal(gd_get_text(driver(f), "rocm_max", ""), "7.0");
	gd_facts_free(f);
	f = look("table module complete\nrow\n  name = \"amdgpu\"\n  version = \"6.16.13\"\n");
	assert_string_equal(gd_get_text(driver(f), "rocm_min", ""), "6.3");
	assert_true(gd_is_absent(driver(f), "rocm_max"));
	gd_facts_free(f);
}

static void test_of_the_kernel(void **state)
{
	struct gd_facts *f = look("table module complete\nrow\n  name = \"amdgpu\"\n"
				  "  version absent @ \"/sys/module/amdgpu/version\"\n");

	(void)state;
	assert_true(gd_is_absent(driver(f), "version"));
	assert_true(gd_is_absent(driver(f), "rocm_min"));
	gd_facts_free(f);
	f = look("table module complete\nrow\n  name = \"nvidia\"\n");
	assert_true(gd_is_absent(driver(f), "version"));
	gd_facts_free(f);
}

static void test_unknown(void **state)
{
	struct gd_facts *f = look("table module complete\nrow\n  name = \"amdgpu\"\n  version = \"9.9.9\"\n");

	(void)state;
	assert_string_equal(gd_get_text(driver(f), "version", ""), "9.9.9");
	assert_int_equal(gd_get(driver(f), "rocm_min")->gap, GD_GAP_NO_SOURCE);
	gd_facts_free(f);
	f = look("table module incomplete not-captured \"no /proc/modules\"\n");
	assert_int_equal(gd_get(driver(f), "version")->state, GD_UNKNOWN);
	assert_int_equal(gd_get(driver(f), "version")->gap, GD_GAP_NOT_CAPTURED);
	gd_facts_free(f);
	f = look("table module complete\nrow\n  name = \"amdgpu\"\n  version unknown denied \"no\"\n");
	assert_int_equal(gd_get(driver(f), "rocm_max")->gap, GD_GAP_DENIED);
	gd_facts_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packaged),
		cmocka_unit_test(test_of_the_kernel),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
