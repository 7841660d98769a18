/* SPDX-License-Identifier: MIT */
/* Overrides of the ISA, for each scope and each GPU. */
#include "override_fixture.h"

#include "probes/rocm_override.h"

static void judge_one(struct machine *m, const char *isa, const char *value)
{
	begin_one(m, isa, value);
	judge(m);
}

/* The names are in LLVM's AMDGPU guide: minor and stepping are a hexadecimal digit each. */
static void test_isas(void **state)
{
	static const struct {
		const char *value;
		const char *isa;
	} cases[] = {
		{ "10.3.0", "gfx1030" }, { "9.0.10", "gfx90a" }, { "9.0.12", "gfx90c" }, { "11.5.1", "gfx1151" },
		{ "9.0.6", "gfx906" }, { "9.16.0", "9.16.0" }, { "", NULL }, { "gfx1030", NULL }, { "10.3", NULL },
		{ "10.3.0.0", NULL }, { "10.3.0 ", NULL }, { " 10.3.0", "gfx1030" }, { "64.0.0", NULL },
		{ "10.256.0", NULL }, { "a.b.c", NULL }, { "10..0", NULL }, { "99999999999999999999.0.0", NULL },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		gd_autofree isa = gd_override_isa(cases[i].value);

		assert_string_equal(isa ? isa : "(none)", cases[i].isa ? cases[i].isa : "(none)");
	}
}

static void test_relations(void **state)
{
	(void)state;
	assert_string_equal(gd_override_relation_peek(db, "gfx1031", "gfx1030"), "sibling");
	assert_string_equal(gd_override_relation_peek(db, "gfx1103", "gfx1102"), "sibling");
	assert_string_equal(gd_override_relation_peek(db, "gfx1151", "gfx1100"), "sibling");
	assert_string_equal(gd_override_relation_peek(db, "gfx1201", "gfx1200"), "sibling");
	assert_string_equal(gd_override_relation_peek(db, "gfx1031", "gfx1031"), "same");
	assert_string_equal(gd_override_relation_peek(db, "gfx1010", "gfx1030"), "other-generation");
	assert_string_equal(gd_override_relation_peek(db, "gfx1151", "gfx1201"), "other-generation");
	assert_string_equal(gd_override_relation_peek(db, "gfx906", "gfx90a"), "other-generation");
	assert_string_equal(gd_override_relation_peek(db, "gfx1031", "gfx1039"), "no-isa");
	assert_string_equal(gd_override_relation_peek(db, "gfx906", "9.16.0"), "no-isa");
}

/* The pairs that the issue trackers know best. */
static void test_verdicts(void **state)
{
	static const struct {
		const char *isa;
		const char *value;
		const char *verdict;
	} cases[] = {
		{ "gfx1031", "10.3.0", "works" },  { "gfx1032", "10.3.0", "works" },
		{ "gfx1103", "11.0.0", "unsafe" }, { "gfx1103", "11.0.2", "mixed" },
		{ "gfx1010", "10.3.0", "unsafe" }, { "gfx1201", "12.0.0", "works" },
		{ "gfx906", "9.0.6", "no-op" },	   { "gfx1033", "10.3.0", "untested" },
		{ "gfx1100", "11.0.3", "unknown" },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		automachine m = { 0 };

		judge_one(&m, cases[i].isa, cases[i].value);
		assert_text(&m, T, KEY, "verdict", cases[i].verdict);
		assert_int(&m, T, KEY, "valid", 1);
	}
}

static void test_values(void **state)
{
	automachine m = { 0 };

	(void)state;
	judge_one(&m, "gfx1031", "");
	assert_int(&m, T, KEY, "valid", 0);
	assert_int(&m, T, KEY, "empty", 1);
	assert_absent(&m, T, KEY, "isa_assumed");
	judge_one(&m, "gfx1031", "gfx1030");
	assert_int(&m, T, KEY, "valid", 0);
	assert_int(&m, T, KEY, "empty", 0);
	assert_absent(&m, T, KEY, "verdict");
	judge_one(&m, "gfx1031", NULL);
	expect_gap(&m, T, KEY, "valid", GD_GAP_DENIED);
	expect_gap(&m, T, KEY, "verdict", GD_GAP_DENIED);
	begin(&m);
	gd_facts_incomplete(m.facts, "rocm_install", GD_GAP_DENIED, "/opt", NULL);
	add_gpu(&m, "0000:03:00.0", 1, NULL);
	add_scope(&m, "unit a", "unit");
	set(&m, "unit a", OVERRIDE, "10.3.0");
	judge(&m);
	assert_text(&m, T, KEY, "isa_assumed", "gfx1030");
	expect_gap(&m, T, KEY, "relation", GD_GAP_NO_SOURCE);
	assert_int(&m, T, KEY, "proved_needless", 0);
	assert_int(&m, T, KEY, "proved_useless", 0);
	/* Not every place for installs was looked into: unknown, and not "no kernels". */
	expect_gap(&m, T, KEY, "assumed_kernels", GD_GAP_DENIED);
}

/* The variable with the number of a node wins, for that node alone. */
static void test_nodes(void **state)
{
	automachine m = { 0 };

	(void)state;
	begin(&m);
	add_gpu(&m, "0000:03:00.0", 1, "gfx1031");
	add_gpu(&m, "0000:04:00.0", 2, "gfx1103");
	add_scope(&m, "unit a", "unit");
	set(&m, "unit a", OVERRIDE, "10.3.0");
	set(&m, "unit a", OVERRIDE "_2", "11.0.2");
	set(&m, "unit a", OVERRIDE "_0", "9.0.0");
	judge(&m);
	assert_text(&m, T, KEY, "variable", OVERRIDE);
	assert_int(&m, T, KEY, "shared", 0);
	assert_text(&m, T, "unit a 0000:04:00.0", "variable", OVERRIDE "_2");
	assert_text(&m, T, "unit a 0000:04:00.0", "isa_assumed", "gfx1102");
	assert_int(&m, "rocm_setting", "unit a " OVERRIDE "_2", "node_is_gpu", 1);
	assert_int(&m, "rocm_setting", "unit a " OVERRIDE "_0", "node_is_gpu", 0);
}

static void begin_two(struct machine *m, const char *isa, const char *other, const char *value)
{
	begin(m);
	add_gpu(m, "0000:03:00.0", 1, isa);
	add_gpu(m, "0000:0e:00.0", 2, other);
	add_scope(m, "unit a", "unit");
	set(m, "unit a", OVERRIDE, value);
}

static void test_shared(void **state)
{
	automachine m = { 0 };

	(void)state;
	begin_two(&m, "gfx1031", "gfx1103", "10.3.0");
	judge(&m);
	assert_int(&m, T, KEY, "shared", 1);
	assert_int(&m, T, KEY, "first", 1);
	assert_int(&m, T, "unit a 0000:0e:00.0", "first", 0);
	assert_text(&m, T, KEY, "shared_by",
		    "Radeon (0000:03:00.0) is gfx1031 and taken for gfx1030; "
		    "Radeon (0000:0e:00.0) is gfx1103 and taken for gfx1030");
	/* Two that it fits are no fault, and neither are two of a kind. */
	begin_two(&m, "gfx1031", "gfx1032", "10.3.0");
	judge(&m);
	assert_int(&m, T, KEY, "shared", 0);
	begin_two(&m, "gfx1103", "gfx1103", "11.0.0");
	judge(&m);
	assert_int(&m, T, KEY, "shared", 0);
}

/* Two cards, and what a unit leaves of them; `seen` has "-" where there is no row, "?" where it is unknown. */
static void expect_seen(const char *variable, const char *value, const char *seen)
{
	static const char *const keys[] = { KEY, "unit a 0000:0e:00.0" };
	automachine m = { 0 };
	const struct gd_rows *nodes;
	char is[] = "  ";

	begin(&m);
	add_gpu(&m, "0000:03:00.0", 4, "gfx1103");
	add_gpu(&m, "0000:0e:00.0", 1, "gfx1031");
	nodes = gd_facts_table_peek(m.facts, "kfd_node");
	/* 16 hexadecimal digits: 00a1b2c3d4e5f607 and 00a1000000000001. */
	gd_set_text(nodes->rows[0], "unique_id", "45514025410622983", "test");
	gd_set_text(nodes->rows[1], "unique_id", "45317471250415617", "test");
	add_scope(&m, "unit a", "unit");
	set(&m, "unit a", OVERRIDE, "10.3.0");
	set(&m, "unit a", variable, value);
	judge(&m);
	for (size_t i = 0; i < GD_COUNT(keys); i++) {
		const struct gd_row *row = gd_facts_find(m.facts, T, keys[i]);

		is[i] = !row ? '-' : gd_is_known(row, "value") ? 'x' : '?';
		/* What the sibling's rule advises is what clears it. */
		if (row && strcmp(seen, "xx") != 0)
			assert_int_equal(gd_get_int(row, "shared", -1), 0);
	}
	if (strcmp(is, seen) != 0)
		fail_msg("%s=%s: %s, not %s", variable, value ? value : "?", is, seen);
}

/* The first in the order of the topology is number 0: here the second card. */
static void test_visible(void **state)
{
	static const char rocr[] = "ROCR_VISIBLE_DEVICES";
	static const char hip[] = "HIP_VISIBLE_DEVICES";

	(void)state;
	expect_seen("HSA_XNACK", "1", "xx");
	expect_seen(rocr, "0", "-x");
	expect_seen(rocr, "1", "x-");
	expect_seen(rocr, "1,0", "xx");
	expect_seen(rocr, "0,7,1", "-x");
	expect_seen(rocr, "", "--");
	expect_seen(rocr, "-1", "--");
	expect_seen(rocr, NULL, "??");
	expect_seen(rocr, "GPU-00a1b2c3d4e5f607", "x-");
	expect_seen(rocr, "GPU-00A10,GPU-00a1b", "xx");
	/* Both start so. */
	expect_seen(rocr, "GPU-00a1", "--");
	expect_seen(rocr, "GPU-ffff", "--");
	expect_seen(hip, "1", "x-");
	expect_seen(hip, "", "xx");
	expect_seen("CUDA_VISIBLE_DEVICES", "0", "-x");
	/* AMD's manual and the source differ on whether HIP reads it. */
	expect_seen("GPU_DEVICE_ORDINAL", "0", "?x");
}

/* Numbers of the second variable count what the first one left; what cannot be mapped is unknown. */
static void test_visible_both(void **state)
{
	automachine m = { 0 };

	(void)state;
	begin_two(&m, "gfx1031", "gfx1103", "10.3.0");
	set(&m, "unit a", "ROCR_VISIBLE_DEVICES", "1");
	set(&m, "unit a", "HIP_VISIBLE_DEVICES", "0");
	judge(&m);
	assert_null(gd_facts_find(m.facts, T, KEY));
	assert_non_null(gd_facts_find(m.facts, T, "unit a 0000:0e:00.0"));
	/* No UUID is known, so that this one may be that of any GPU. */
	begin_one(&m, "gfx1031", "10.3.0");
	set(&m, "unit a", "ROCR_VISIBLE_DEVICES", "GPU-00a1b2c3d4e5f607");
	judge(&m);
	expect_gap(&m, T, KEY, "value", GD_GAP_NO_SOURCE);
	expect_gap(&m, T, KEY, "verdict", GD_GAP_NO_SOURCE);
	/* In a container other GPUs may be the first ones. */
	begin(&m);
	add_gpu(&m, "0000:03:00.0", 1, "gfx1031");
	add_scope(&m, "process 7", "process");
	gd_set_bool(gd_facts_table_peek(m.facts, "scope")->rows[0], "container", true, "test");
	set(&m, "process 7", OVERRIDE, "10.3.0");
	set(&m, "process 7", "ROCR_VISIBLE_DEVICES", "1");
	judge(&m);
	expect_gap(&m, T, "process 7 0000:03:00.0", "value", GD_GAP_NO_SOURCE);
}

/* Without such a GPU it does not matter who sets what. */
static void test_other_gpus(void **state)
{
	automachine m = { 0 };
	struct gd_row *gpu;

	(void)state;
	begin(&m);
	gpu = gd_facts_add(m.facts, "gpu");
	gd_set_text(gpu, "id", "0000:01:00.0", "test");
	gd_set_text(gpu, "vendor", "NVIDIA", "test");
	add_scope(&m, "caller", "caller");
	set(&m, "caller", OVERRIDE, "10.3.0");
	gd_facts_incomplete(m.facts, "setting", GD_GAP_DENIED, "d", NULL);
	judge(&m);
	assert_int_equal(gd_facts_table_peek(m.facts, T)->count, 0);
	assert_true(is_complete(&m, T));
	assert_true(is_complete(&m, "rocm_setting"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_isas),
		cmocka_unit_test(test_relations),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_other_gpus),
		cmocka_unit_test(test_visible),
		cmocka_unit_test(test_visible_both),
	};

	return cmocka_run_group_tests_name("the probe rocm_override", tests, set_up, tear_down);
}
