/* SPDX-License-Identifier: MIT */
/* Growing bytes and vectors of strings. */
#include "cmocka_all.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/strv.h"

static void test_buf_empty(void **state)
{
	gd_autobuf b = { 0 };
	gd_autofree taken = NULL;

	(void)state;
	assert_string_equal(gd_buf_peek(&b), "");
	gd_buf_clear(&b);
	gd_buf_add(&b, NULL, 0);
	assert_int_equal(b.len, 0);
	taken = gd_buf_take(&b);
	assert_string_equal(taken, "");
	assert_null(b.data);
}

static void test_buf_grows(void **state)
{
	gd_autobuf b = { 0 };

	(void)state;
	for (int i = 0; i < 10000; i++) {
		gd_buf_putc(&b, (char)('a' + i % 26));
		assert_int_equal(b.data[b.len], '\0');
	}
	assert_int_equal(b.len, 10000);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(b.data[i], 'a' + i % 26);
	gd_buf_clear(&b);
	assert_string_equal(gd_buf_peek(&b), "");
	gd_buf_add(&b, "a\0b", 3);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.data, "a\0b", 4);
}

static void test_buf_printf(void **state)
{
	char long_text[5000];
	gd_autobuf b = { 0 };

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	gd_buf_printf(&b, "%s", "");
	assert_string_equal(gd_buf_peek(&b), "");
	gd_buf_printf(&b, "%d-%s-", 12, long_text);
	gd_buf_puts(&b, "end");
	assert_int_equal(b.len, 3 + 4999 + 1 + 3);
	assert_string_equal(b.data + b.len - 5, "x-end");
}

static void test_split_and_join(void **state)
{
	gd_autostrv v = { 0 };
	gd_autofree joined = NULL;
	gd_autofree none = NULL;

	(void)state;
	none = gd_strv_join(&v, ", ");
	assert_string_equal(none, "");
	gd_strv_split(&v, "", " ");
	gd_strv_split(&v, "  ", " ");
	assert_int_equal(v.count, 0);
	gd_strv_split(&v, " a\tb  c ", " \t");
	joined = gd_strv_join(&v, ", ");
	assert_string_equal(joined, "a, b, c");
	assert_true(gd_strv_has(&v, "b"));
	assert_false(gd_strv_has(&v, ""));
	assert_false(gd_strv_has(&v, "a, b"));
}

static void test_sort(void **state)
{
	gd_autostrv v = { 0 };
	gd_autofree plain = NULL;
	gd_autofree natural = NULL;

	(void)state;
	gd_strv_sort(&v);
	gd_strv_sort_natural(&v);
	gd_strv_split(&v, "card10 card2 card1 renderD128 card2-DP-1", " ");
	gd_strv_sort(&v);
	plain = gd_strv_join(&v, " ");
	assert_string_equal(plain, "card1 card10 card2 card2-DP-1 renderD128");
	gd_strv_sort_natural(&v);
	natural = gd_strv_join(&v, " ");
	assert_string_equal(natural, "card1 card2 card2-DP-1 card10 renderD128");
}

static void test_add_part(void **state)
{
	gd_autostrv v = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++)
		gd_strv_add_n(&v, "abcdef", 3);
	assert_int_equal(v.count, 100);
	assert_string_equal(v.items[99], "abc");
}

static void test_arena(void **state)
{
	struct gd_arena a = { 0 };
	const char *first = gd_arena_strdup(&a, "first");

	(void)state;
	for (size_t i = 0; i < 2000; i++) {
		char *p = gd_arena_alloc(&a, i % 97 * 11);

		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		memset(p, 0xff, i % 97 * 11);
	}
	memset(gd_arena_alloc(&a, 1024 * 1024), 0xff, 1024 * 1024);
	assert_string_equal(first, "first");
	assert_string_equal(gd_arena_strdup(&a, ""), "");
	gd_arena_free(&a);
	assert_null(a.head);
}

static void test_steal(void **state)
{
	char *owned = gd_xstrdup("x");
	char *taken = GD_STEAL(owned);

	(void)state;
	assert_null(owned);
	assert_string_equal(taken, "x");
	free(taken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buf_empty),      cmocka_unit_test(test_buf_grows),
		cmocka_unit_test(test_buf_printf),     cmocka_unit_test(test_split_and_join),
		cmocka_unit_test(test_sort),	       cmocka_unit_test(test_add_part),
		cmocka_unit_test(test_arena),	       cmocka_unit_test(test_steal),
	};

	return cmocka_run_group_tests_name("buf and strv", tests, NULL, NULL);
}
