/* SPDX-License-Identifier: MIT */
/* Target IDs. The expected values are those of LLVM's AMDGPUUsage, and flags that clang 19 wrote. */
#include <errno.h>

#include "cmocka_all.h"

#include "base/strv.h"
#include "object/target.h"

static void expect(const char *id, const char *isa, bool generic, enum gd_feature sramecc, enum gd_feature xnack,
		   const char *canonical)
{
	gd_autobuf out = { 0 };
	struct gd_target t;

	if (gd_target_parse(id, &t) < 0)
		fail_msg("%s is refused", id);
	assert_string_equal(t.isa, isa);
	assert_int_equal(t.generic, generic);
	assert_int_equal(t.sramecc, sramecc);
	assert_int_equal(t.xnack, xnack);
	gd_target_print(&t, &out);
	assert_string_equal(gd_buf_peek(&out), canonical);
}

static void test_parse(void **state)
{
	(void)state;
	expect("gfx1103", "gfx1103", false, GD_FEATURE_ANY, GD_FEATURE_ANY, "gfx1103");
	expect("gfx90a:sramecc+:xnack-", "gfx90a", false, GD_FEATURE_ON, GD_FEATURE_OFF, "gfx90a:sramecc+:xnack-");
	expect("gfx90a:xnack-:sramecc+", "gfx90a", false, GD_FEATURE_ON, GD_FEATURE_OFF, "gfx90a:sramecc+:xnack-");
	expect("gfx906:xnack+", "gfx906", false, GD_FEATURE_ANY, GD_FEATURE_ON, "gfx906:xnack+");
	expect("gfx9-4-generic:sramecc-", "gfx9-4-generic", true, GD_FEATURE_OFF, GD_FEATURE_ANY,
	       "gfx9-4-generic:sramecc-");
	expect("gfx11-generic", "gfx11-generic", true, GD_FEATURE_ANY, GD_FEATURE_ANY, "gfx11-generic");
	expect("amdgcnspirv", "amdgcnspirv", true, GD_FEATURE_ANY, GD_FEATURE_ANY, "amdgcnspirv");
	/* A feature of later days says nothing here, and takes nothing away. */
	expect("gfx1250:new-thing+:xnack+", "gfx1250", false, GD_FEATURE_ANY, GD_FEATURE_ON, "gfx1250:xnack+");
}

static void test_refused(void **state)
{
	static const char *const ids[] = {
		"", ":", "gfx90a:", "gfx90a:xnack", "gfx90a:+", "gfx90a:xnack+:xnack+", "gfx90a:xnack+:xnack-",
		"gfx90a::xnack+", "GFX90A", "gfx90a xnack+", " gfx90a", "sm_80", "x86_64", "gfx_90a", "amdgcn",
		"amdgcnspirv2", "gfx90a\n", "gfx123456789012345678901234567890",
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(ids); i++) {
		struct gd_target t;

		if (gd_target_parse(ids[i], &t) != -EINVAL)
			fail_msg("\"%s\" is taken", ids[i]);
	}
}

/* e_flags and the ABI version as clang 19 wrote them for -mcpu= this target, and some by the page alone. */
static void test_flags(void **state)
{
	static const struct {
		uint32_t flags;
		unsigned abi;
		const char *id;
	} known[] = {
		{ 0x52f, 3, "gfx906" },
		{ 0x930, 3, "gfx908:sramecc-" },
		{ 0x53f, 3, "gfx90a" },
		{ 0x73f, 3, "gfx90a:xnack+" },
		{ 0x63f, 3, "gfx90a:xnack-" },
		{ 0xe4c, 3, "gfx942:sramecc+:xnack-" },
		{ 0x133, 3, "gfx1010" },
		{ 0x36, 3, "gfx1030" },
		{ 0x44, 3, "gfx1103" },
		{ 0x4a, 3, "gfx1151" },
		{ 0x4e, 3, "gfx1201" },
		{ 0x1000151, 4, "gfx9-generic" },
		{ 0x1000152, 4, "gfx10-1-generic" },
		{ 0x1000053, 4, "gfx10-3-generic" },
		{ 0x1000054, 4, "gfx11-generic" },
		{ 0x1000059, 4, "gfx12-generic" },
		/* By the page's table: version 6 of clang 20, and versions 4 and 3; the last has one bit a feature. */
		{ 0x100055f, 4, "gfx9-4-generic" },
		{ 0xf3f, 2, "gfx90a:sramecc+:xnack+" },
		{ 0x32f, 1, "gfx906:sramecc+:xnack+" },
		{ 0x12f, 1, "gfx906:xnack+" },
		{ 0x2f, 1, "gfx906" },
	};
	struct gd_target t;

	(void)state;
	for (size_t i = 0; i < GD_COUNT(known); i++) {
		gd_autobuf out = { 0 };

		assert_int_equal(gd_target_of_flags(known[i].flags, known[i].abi, &t), 0);
		gd_target_print(&t, &out);
		assert_string_equal(gd_buf_peek(&out), known[i].id);
	}
	/* Version 2 has its target in a note; 0x27 is reserved; numbers below 0x20 are of the R600. */
	assert_int_equal(gd_target_of_flags(0x2f, 0, &t), -ENOENT);
	assert_int_equal(gd_target_of_flags(0x27, 3, &t), -ENOENT);
	assert_int_equal(gd_target_of_flags(0x01, 3, &t), -ENOENT);
	assert_int_equal(gd_target_of_flags(0, 3, &t), -ENOENT);
	assert_int_equal(gd_target_of_flags(0xff, 3, &t), -ENOENT);
}

static void expect_family(const char *generic, const char *isas)
{
	gd_autostrv words = { 0 };

	gd_strv_split(&words, isas, " ");
	for (size_t i = 0; i < words.count; i++) {
		const char *found = gd_isa_generic_peek(words.items[i]);

		if (!found || strcmp(found, generic) != 0)
			fail_msg("%s is in %s, not %s", words.items[i], found ? found : "none", generic);
	}
}

static void test_generic(void **state)
{
	static const char *const none[] = { "gfx803", "gfx908", "gfx90a", "gfx9", "gfx1", "", " ", "gfx900 gfx902",
					    " gfx900", "gfx11-generic", "gfx1300" };

	(void)state;
	expect_family("gfx9-generic", "gfx900 gfx902 gfx904 gfx906 gfx909 gfx90c");
	expect_family("gfx9-4-generic", "gfx940 gfx941 gfx942 gfx950");
	expect_family("gfx10-1-generic", "gfx1010 gfx1011 gfx1012 gfx1013");
	expect_family("gfx10-3-generic", "gfx1030 gfx1031 gfx1032 gfx1033 gfx1034 gfx1035 gfx1036");
	expect_family("gfx11-generic", "gfx1100 gfx1101 gfx1102 gfx1103 gfx1150 gfx1151 gfx1152 gfx1153 gfx1154");
	expect_family("gfx11-7-generic", "gfx1170 gfx1171 gfx1172");
	expect_family("gfx12-generic", "gfx1200 gfx1201");
	expect_family("gfx12-5-generic", "gfx1250 gfx1251");
	expect_family("gfx13-generic", "gfx1310");
	for (size_t i = 0; i < GD_COUNT(none); i++)
		assert_null(gd_isa_generic_peek(none[i]));
}

static bool covers(const char *id, const char *isa)
{
	struct gd_target t;

	assert_int_equal(gd_target_parse(id, &t), 0);
	return gd_target_covers(&t, isa);
}

static void test_covers(void **state)
{
	(void)state;
	assert_true(covers("gfx1103", "gfx1103"));
	assert_true(covers("gfx90a:xnack+", "gfx90a"));
	assert_true(covers("gfx11-generic", "gfx1103"));
	assert_true(covers("gfx11-generic", "gfx1151"));
	assert_true(covers("gfx12-generic", "gfx1201"));
	assert_true(covers("gfx10-3-generic", "gfx1036"));
	assert_true(covers("amdgcnspirv", "gfx1201"));
	assert_false(covers("gfx1100", "gfx1103"));
	assert_false(covers("gfx11-generic", "gfx1201"));
	assert_false(covers("gfx9-generic", "gfx908"));
	assert_false(covers("gfx9-generic", "gfx90a"));
	assert_false(covers("gfx10-3-generic", "gfx1010"));
	assert_false(covers("gfx9-4-generic", "gfx906"));
}

static void test_order(void **state)
{
	static const char *const sorted[] = {
		"gfx600", "gfx803", "gfx810", "gfx900", "gfx906", "gfx906:xnack-", "gfx906:xnack+", "gfx908",
		"gfx90a", "gfx90a:sramecc-", "gfx90a:sramecc-:xnack+", "gfx90a:sramecc+", "gfx90c", "gfx942",
		"gfx9-4-generic", "gfx950", "gfx9-generic", "gfx1010", "gfx10-1-generic", "gfx1030", "gfx1036",
		"gfx10-3-generic", "gfx1100", "gfx1103", "gfx1151", "gfx11-generic", "gfx1200", "gfx1201",
		"gfx12-generic", "amdgcnspirv",
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(sorted); i++)
		for (size_t k = 0; k < GD_COUNT(sorted); k++) {
			struct gd_target a;
			struct gd_target b;
			int r;

			assert_int_equal(gd_target_parse(sorted[i], &a), 0);
			assert_int_equal(gd_target_parse(sorted[k], &b), 0);
			r = gd_target_compare(&a, &b);
			if ((r < 0) != (i < k) || (r > 0) != (i > k))
				fail_msg("%s and %s: %d", sorted[i], sorted[k], r);
		}
	assert_true(gd_isa_compare("gfx90a", "gfx1010") < 0);
	assert_true(gd_isa_compare("gfx906", "gfx90a") < 0);
	assert_int_equal(gd_isa_compare("gfx90a", "gfx90a"), 0);
	assert_true(gd_isa_compare("gfx", "gfx9") != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	cmocka_unit_test(test_refused), cmocka_unit_test(test_flags),
		cmocka_unit_test(test_generic), cmocka_unit_test(test_covers),	cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests_name("target IDs", tests, NULL, NULL);
}
