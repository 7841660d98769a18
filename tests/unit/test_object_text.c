/* SPDX-License-Identifier: MIT */
/* The text form of what a binary file holds: there and back again, and what is refused. */
#include <errno.h>

#include "object_fixture.h"

static const char whole[] = "kind elf\n"
			    "size 18446744073709551615\n"
			    "class 64\n"
			    "machine 62\n"
			    "soname libggml-hip.so\n"
			    "needed libamdhip64.so.6\n"
			    "needed a name  with blanks \n"
			    "rpath \n"
			    "runpath $ORIGIN:/opt/rocm/lib\n"
			    "fatbin 1256682976\n"
			    "kpack\n"
			    "archive ../.kpack/rocm-gfx1100.kpack\n"
			    "bundles 140\n"
			    "compressed 65 3\n"
			    "target gfx90a:sramecc+:xnack- 65 109300000\n"
			    "target gfx1103 65 0\n"
			    "target gfx11-generic 1 1\n"
			    "solutions 0\n"
			    "fault offset 12: the file ends \xc3\xa4t 7\n";

static void expect_same(const char *text)
{
	gd_autoobject o = { 0 };
	gd_autobuf out = { 0 };
	int r = gd_object_parse(text, &o);

	if (r < 0)
		fail_msg("refused: %s", text);
	gd_object_print(&o, &out);
	assert_string_equal(gd_buf_peek(&out), text);
}

static void test_there_and_back(void **state)
{
	static const char *const kinds[] = { "other",  "empty",		    "elf",     "code-object",
					     "bundle", "compressed-bundle", "tensile", "kpack" };
	gd_autoobject o = { 0 };

	(void)state;
	expect_same(whole);
	expect_same("kind empty\nsize 0\n");
	for (size_t k = 0; k < GD_COUNT(kinds); k++) {
		gd_autofree text = gd_xasprintf("kind %s\nsize 1\n", kinds[k]);

		expect_same(text);
	}
	assert_int_equal(gd_object_parse(whole, &o), 0);
	assert_int_equal(o.kind, GD_OBJECT_ELF);
	assert_int_equal(o.size_bytes, UINT64_MAX);
	assert_int_equal(o.class_bits, 64);
	assert_int_equal(o.machine, 62);
	assert_string_equal(o.soname, "libggml-hip.so");
	assert_string_equal(o.needed.items[1], "a name  with blanks ");
	assert_string_equal(o.rpath, "");
	assert_string_equal(o.runpath, "$ORIGIN:/opt/rocm/lib");
	assert_int_equal(o.fatbin_bytes, 1256682976);
	assert_true(o.kpack);
	assert_int_equal(o.archives.count, 1);
	assert_int_equal(o.bundle_count, 140);
	assert_int_equal(o.compressed_count, 65);
	assert_int_equal(o.compressed_version, 3);
	expect_targets(&o, "gfx90a:sramecc+:xnack- gfx1103 gfx11-generic");
	assert_int_equal(o.targets[0].count, 65);
	assert_int_equal(o.targets[0].size_bytes, 109300000);
	assert_true(o.targets[2].target.generic);
	assert_true(o.has_solutions);
	assert_int_equal(o.solution_count, 0);
	assert_non_null(strstr(o.fault, "offset 12"));
}

static void refuse(const char *text)
{
	gd_autoobject o = { 0 };

	if (gd_object_parse(text, &o) != -EINVAL)
		fail_msg("taken: %s", text);
	assert_null(o.fault);
}

static void test_refused(void **state)
{
	static const char *const lines[] = {
		"kind elf", "kind library", "kind", "kind ", "size 1", "size -1", "size 0x10", "size 01", "size  1",
		"size 1 ", "size 18446744073709551616", "class 64 bits", "machine 4294967296", "soname", "unknown 1",
		"unknown", "", " ", "kpack ", "kpack 1", "bundles 0", "bundles", "fatbin 0", "compressed 1",
		"compressed 0 3", "compressed 1 3 4", "compressed 1  3", "target gfx1103", "target gfx1103 1",
		"target gfx1103 1 1 1", "target sm_70 1 1", "target  gfx1103 1 1", "target gfx1103 1 1 ",
		"target gfx90a:xnack-:sramecc+ 1 1", "target gfx1103 x 1", "target gfx1103 1 -1", "solutions",
		"solutions x", "fault\x01 x", "soname a\x7f", "soname \xff",
	};

	(void)state;
	refuse("");
	refuse("\n");
	refuse("kind elf\nsize 1");
	refuse("kind elf\n");
	refuse("size 1\n");
	refuse("size 1\nkind elf\n");
	for (size_t i = 0; i < GD_COUNT(lines); i++) {
		gd_autofree text = gd_xasprintf("kind elf\nsize 1\n%s\n", lines[i]);

		refuse(text);
	}
	/* Twice, and in another order. */
	refuse("kind elf\nsize 1\nsoname a\nsoname b\n");
	refuse("kind elf\nsize 1\nbundles 1\nbundles 1\n");
	refuse("kind elf\nsize 1\nkpack\nkpack\n");
	refuse("kind elf\nsize 1\nmachine 62\nclass 64\n");
	refuse("kind elf\nsize 1\ntarget gfx1103 1 1\ntarget gfx1103 1 1\n");
	refuse("kind elf\nsize 1\ntarget gfx1103 1 1\ntarget gfx1030 1 1\n");
}

static void test_limits(void **state)
{
	gd_autobuf names = { 0 };
	gd_autobuf targets = { 0 };

	(void)state;
	gd_buf_puts(&names, "kind elf\nsize 1\n");
	gd_buf_puts(&targets, "kind elf\nsize 1\n");
	for (int i = 0; i < 1024; i++)
		gd_buf_printf(&names, "needed %d\n", i);
	for (unsigned i = 0; i < 256; i++)
		gd_buf_printf(&targets, "target gfx9%x%x 1 1\n", i / 16, i % 16);
	expect_same(names.data);
	expect_same(targets.data);
	gd_buf_puts(&names, "needed x\n");
	gd_buf_puts(&targets, "target gfx1010 1 1\n");
	refuse(names.data);
	refuse(targets.data);
}

/* Whole at the end of a line only, and then it may well be whole. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t n = 0; n < strlen(whole); n++) {
		gd_autofree text = gd_xstrndup(whole, n);
		gd_autoobject o = { 0 };
		int r = gd_object_parse(text, &o);

		assert_true(r < 0 || (n && text[n - 1] == '\n'));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests_name("the text of binary files", tests, NULL, NULL);
}
