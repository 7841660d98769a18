/* SPDX-License-Identifier: MIT */
/* Clang offload bundles, whole and damaged. */
#include "bundle_fixture.h"

static void test_plain(void **state)
{
	gd_autobuf b = { 0 };

	(void)state;
	put_codes(&b);
	expect_text(&b, "kind bundle\nsize 24576\nbundles 1\n"
			"target gfx906 1 100\ntarget gfx90a:xnack+ 1 5000\ntarget gfx1103 1 10\n"
			"target gfx11-generic 1 4096\n");
}

static void test_several(void **state)
{
	gd_autobuf b = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		align(&b, 0, 4096);
		put_codes(&b);
	}
	/* Some linker scripts align to less: the next one starts in the padding. */
	align(&b, 0, 16);
	put_zeros(&b, 48);
	put_bundle(&b, codes, 2);
	align(&b, 0, 4096);
	/* Pages without a bundle are passed over. */
	put_zeros(&b, 3 * 4096);
	put_bundle(&b, codes + 1, 1);
	expect_text(&b, "kind bundle\nsize 98404\nbundles 5\n"
			"target gfx906 5 500\ntarget gfx90a:xnack+ 3 15000\ntarget gfx1103 3 30\n"
			"target gfx11-generic 3 12288\n");
}

/* Every form of ID that clang, hipcc and their forerunners wrote; and entries that are not code for an AMD GPU. */
static void test_ids(void **state)
{
	static const struct code ids[] = {
		{ "host-x86_64-unknown-linux--", 0 },
		{ "host-x86_64-unknown-linux-gnu-", 77 },
		{ "hip-amdgcn-amd-amdhsa--gfx803", 1 },
		{ "hip-amdgcn-amd-amdhsa-gfx900", 1 },
		{ "hcc-amdgcn-amd-amdhsa--gfx906", 1 },
		{ "hipv4-amdgcn-amd-amdhsa--gfx908:sramecc+:xnack-", 1 },
		{ "hipv4-amdgcn-amd-amdhsa-unknown-gfx942", 1 },
		{ "hipv4-amdgcn-amd-amdhsa--gfx9-4-generic:xnack+", 1 },
		{ "hipv4-amdgpu11.54-amd-amdhsa-unknown-gfx1154", 1 },
		{ "openmp-amdgcn-amd-amdhsa--gfx1030", 1 },
		{ "hip-spirv64-amd-amdhsa--amdgcnspirv", 1 },
		{ "openmp-nvptx64-nvidia-cuda--sm_70", 1 },
		{ "hipv4-amdgcn-amd-amdhsa--", 1 },
		{ "hipv4-amdgcn-amd-amdhsa--gfx1201", 0 },
		{ "hip", 1 },
		{ "", 1 },
		{ "----", 1 },
	};
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };

	(void)state;
	put_bundle(&b, ids, GD_COUNT(ids));
	o = object_of(&b);
	assert_null(o.fault);
	assert_int_equal(o.bundle_count, 1);
	expect_targets(&o, "gfx803 gfx900 gfx906 gfx908:sramecc+:xnack- gfx942 gfx9-4-generic:xnack+ gfx1030 gfx1154 "
			   "amdgcnspirv");
}

static void test_cut_plain(void **state)
{
	gd_autobuf b = { 0 };

	(void)state;
	put_codes(&b);
	for (size_t i = 0; i < b.len; i++)
		expect_cut(&b, i, 100 + 5000 + 10 + 4096);
}

/* One bundle whose list is what `put` makes it, in a file of 64 KiB; one more, whole, follows it. */
static struct gd_object damaged(const struct gd_buf *list)
{
	gd_autobuf b = { 0 };

	gd_buf_add(&b, list->data, list->len);
	put_zeros(&b, 0x10000 - b.len);
	put_bundle(&b, codes + 3, 1);
	return object_of(&b);
}

static void expect_damage(uint64_t offset, uint64_t size, const char *fault, const char *targets)
{
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };

	gd_buf_puts(&b, MAGIC);
	put_le(&b, 3, 8);
	put_entry(&b, 0x1000, 10, GPU "gfx900");
	put_entry(&b, offset, size, GPU "gfx906");
	put_entry(&b, 0x2000, 10, GPU "gfx908");
	o = damaged(&b);
	expect_fault(&o, fault);
	/* What stands before and behind the damage is kept. */
	expect_targets(&o, targets);
}

static void test_offsets(void **state)
{
	static const char without[] = "gfx900 gfx908 gfx1103";
	static const char with[] = "gfx900 gfx906 gfx908 gfx1103";

	(void)state;
	expect_damage(0x100000, 10, "of 10 bytes at 1048576 of its bundle is not inside of it", without);
	expect_damage(0x1000, 0x1000000, "not inside of it", without);
	expect_damage(UINT64_MAX, 1, "not inside of it", without);
	expect_damage(UINT64_MAX - 5, 10, "not inside of it", without);
	expect_damage(1, UINT64_MAX, "not inside of it", without);
	expect_damage(INT64_MAX, INT64_MAX, "not inside of it", without);
	expect_damage(0, 10, "a code object lies in the header", with);
	expect_damage(40, 10, "a code object lies in the header", with);
	expect_damage(0x1000, 0xf00, "code objects of the bundle overlap", with);
}

/* Backwards, and with holes, is fine: only the order of the list differs. */
static void test_backwards(void **state)
{
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };

	(void)state;
	gd_buf_puts(&b, MAGIC);
	put_le(&b, 2, 8);
	put_entry(&b, 0x8000, 0x1000, GPU "gfx900");
	put_entry(&b, 0x2000, 0x1000, GPU "gfx906");
	o = damaged(&b);
	assert_null(o.fault);
	assert_int_equal(o.bundle_count, 2);
	expect_targets(&o, "gfx900 gfx906 gfx1103");
}

static void test_claims(void **state)
{
	static const uint64_t counts[] = { 513, 1ULL << 32, 1ULL << 60, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < GD_COUNT(counts); i++) {
		gd_autofree expected = gd_xasprintf("offset 0: the bundle claims %llu entries, more than 512",
						    (unsigned long long)counts[i]);
		gd_autobuf b = { 0 };
		gd_autoobject o = { 0 };

		gd_buf_puts(&b, MAGIC);
		put_le(&b, counts[i], 8);
		o = damaged(&b);
		assert_string_equal(o.fault, expected);
		assert_int_equal(o.bundle_count, 1);
		expect_targets(&o, "gfx1103");
	}
	for (size_t i = 0; i < GD_COUNT(counts); i++) {
		gd_autobuf b = { 0 };
		gd_autoobject o = { 0 };

		gd_buf_puts(&b, MAGIC);
		put_le(&b, 2, 8);
		put_entry(&b, 0x1000, 10, GPU "gfx900");
		put_le(&b, 0x2000, 8);
		put_le(&b, 10, 8);
		put_le(&b, counts[i], 8);
		o = damaged(&b);
		expect_fault(&o, "an entry's ID claims");
		expect_targets(&o, "gfx900 gfx1103");
	}
}

static void test_bad_id(void **state)
{
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };

	(void)state;
	gd_buf_puts(&b, MAGIC);
	put_le(&b, 2, 8);
	put_entry(&b, 0x1000, 10, GPU "gfx9\x01\n\xff:xnack");
	put_entry(&b, 0x2000, 10, GPU "gfx906");
	o = damaged(&b);
	assert_string_equal(o.fault, "offset 0: \"gfx9???:xnack\" is not a target ID");
	expect_targets(&o, "gfx906 gfx1103");
}

static void test_many(void **state)
{
	gd_autobuf b = { 0 };
	gd_autoobject bundles = { 0 };
	gd_autoobject targets = { 0 };

	(void)state;
	/* The shortest ones that there can be, one behind the other. */
	for (int i = 0; i < 20000; i++) {
		gd_buf_puts(&b, MAGIC);
		put_le(&b, 0, 8);
	}
	bundles = object_of(&b);
	expect_fault(&bundles, "more than 16384 bundles");
	assert_int_equal(bundles.bundle_count, 16384);
	gd_buf_clear(&b);
	gd_buf_puts(&b, MAGIC);
	put_le(&b, 300, 8);
	for (unsigned i = 0; i < 300; i++) {
		gd_autofree id = gd_xasprintf(GPU "gfx9%02u%02x", i / 100, i % 100);

		put_entry(&b, 0x8000 + i, 1, id);
	}
	targets = damaged(&b);
	expect_fault(&targets, "more than 256 targets");
	assert_int_equal(targets.target_count, 256);
}

/* Magics alone, end to end: each is a step forward, and no more. */
static void test_magics(void **state)
{
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };

	(void)state;
	for (int i = 0; i < 5000; i++)
		gd_buf_add(&b, i % 2 ? "CCOB\x03\0" : MAGIC, i % 2 ? 6 : strlen(MAGIC));
	o = object_of(&b);
	assert_non_null(o.fault);
	assert_int_equal(o.bundle_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_cut_plain),
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_backwards),
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_bad_id),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_magics),
	};

	return cmocka_run_group_tests_name("offload bundles", tests, NULL, NULL);
}
