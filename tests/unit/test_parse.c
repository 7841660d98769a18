/* SPDX-License-Identifier: MIT */
/* Numbers, lists, lines, and what counts as text. */
#include <errno.h>
#include <math.h>

#include "cmocka_all.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/parse.h"

static void test_unsigned(void **state)
{
	static const struct {
		const char *text;
		int base;
		int result;
		uint64_t value;
	} cases[] = {
		{ "0", 10, 0, 0 },
		{ "18446744073709551615", 10, 0, UINT64_MAX },
		{ "18446744073709551616", 10, -ERANGE, 0 },
		{ "0xffffffffffffffff", 16, 0, UINT64_MAX },
		{ "10000000000000000", 16, -ERANGE, 0 },
		{ " 42\n", 10, 0, 42 },
		{ "0x1f", 0, 0, 31 },
		{ "1f", 16, 0, 31 },
		{ "1f", 10, -EINVAL, 0 },
		{ "-1", 10, -EINVAL, 0 },
		{ "+1", 10, -EINVAL, 0 },
		{ "", 10, -EINVAL, 0 },
		{ "\n", 10, -EINVAL, 0 },
		{ "ff", 10, -EINVAL, 0 },
		{ "0x", 16, -EINVAL, 0 },
		{ "12 kB", 10, -EINVAL, 0 },
		{ "1.5", 10, -EINVAL, 0 },
		{ "1e3", 10, -EINVAL, 0 },
		{ "99999999999999999999 kB", 10, -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		uint64_t value = 77;
		int r = gd_parse_u64(cases[i].text, cases[i].base, &value);

		if (r != cases[i].result || value != (r < 0 ? 77 : cases[i].value))
			fail_msg("\"%s\": %d, %llu", cases[i].text, r, (unsigned long long)value);
	}
}

static void test_signed(void **state)
{
	static const struct {
		const char *text;
		int result;
		int64_t value;
	} cases[] = {
		{ "-1\n", 0, -1 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "-9223372036854775808", 0, INT64_MIN },
		{ "-9223372036854775809", -ERANGE, 0 },
		{ "- 1", -EINVAL, 0 },
		{ "--1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ "-", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "Unknown", -EINVAL, 0 },
		{ "3 4", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		int64_t value = 77;
		int r = gd_parse_i64(cases[i].text, 10, &value);

		if (r != cases[i].result || value != (r < 0 ? 77 : cases[i].value))
			fail_msg("\"%s\": %d, %lld", cases[i].text, r, (long long)value);
	}
}

static void test_real(void **state)
{
	static const char *const refused[] = { "", "nan", "inf", "-inf", ".5", "+1", "1.5 GT/s", "1,5", "1.5.2", "-" };
	double value = 0;

	(void)state;
	assert_int_equal(gd_parse_real(" 2.5\n", &value), 0);
	assert_true(fabs(value - 2.5) < 1e-12);
	assert_int_equal(gd_parse_real("-16", &value), 0);
	assert_true(fabs(value + 16) < 1e-12);
	assert_int_equal(gd_parse_real("1e3", &value), 0);
	assert_true(fabs(value - 1000) < 1e-12);
	assert_int_equal(gd_parse_real("1e999", &value), -ERANGE);
	for (size_t i = 0; i < GD_COUNT(refused); i++)
		if (gd_parse_real(refused[i], &value) != -EINVAL)
			fail_msg("\"%s\" was taken for a number", refused[i]);
}

static void note(unsigned n, void *arg)
{
	gd_buf_printf(arg, "%u ", n);
}

static void test_list_values(void **state)
{
	static const struct {
		const char *text;
		const char *numbers;
	} cases[] = {
		{ "0-3,8,10-11\n", "0 1 2 3 8 10 11 " }, { "", "" }, { "\n", "" }, { "5", "5 " }, { "7-7", "7 " },
		{ "4294967295", "4294967295 " }, { "4294967294-4294967295", "4294967294 4294967295 " },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		gd_autobuf out = { 0 };

		assert_int_equal(gd_parse_list(cases[i].text, 100, note, &out), 0);
		assert_string_equal(gd_buf_peek(&out), cases[i].numbers);
	}
}

static void test_list_refusals(void **state)
{
	static const struct {
		const char *text;
		unsigned limit;
		int result;
	} cases[] = {
		{ "0-4294967295", 1000, -E2BIG },	{ "0-4294967295", UINT32_MAX, -E2BIG },
		{ "0-3", 4, 0 },			{ "0-3", 3, -E2BIG },
		{ "0-3,8", 4, -E2BIG },			{ "0,0,0,0,0", 4, -E2BIG },
		{ "0", 0, -E2BIG },			{ "4294967296", 10, -ERANGE },
		{ "0-99999999999999999999999", 10, -ERANGE }, { "3-0", 10, -EINVAL },
		{ "4294967295-0", 10, -EINVAL },	{ "-1", 10, -EINVAL },
		{ "0-", 10, -EINVAL },			{ "0--1", 10, -EINVAL },
		{ "0,,1", 10, -EINVAL },		{ ",", 10, -EINVAL },
		{ "0-3x", 10, -EINVAL },		{ "0 1", 10, -EINVAL },
		{ "0-1-2", 10, -EINVAL },		{ "a", 10, -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		unsigned count = 77;
		int r = gd_count_list(cases[i].text, cases[i].limit, &count);

		if (r != cases[i].result || (r < 0 && count != 77))
			fail_msg("\"%s\" up to %u: %d, %u", cases[i].text, cases[i].limit, r, count);
	}
}

static void test_line_value(void **state)
{
	static const char text[] = "MemTotal:       56623108 kB\nMemTotalX: 1\nHugePages_Total:       0\nLast: x y \t";
	static const struct {
		const char *key;
		const char *value;
	} cases[] = {
		{ "MemTotal", "56623108 kB" }, { "HugePages_Total", "0" }, { "Last", "x y" },
		{ "Mem", NULL }, { "Total", NULL }, { "Absent", NULL },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		gd_autofree value = gd_line_value(text, cases[i].key, ":");

		assert_int_equal(value != NULL, cases[i].value != NULL);
		if (value)
			assert_string_equal(value, cases[i].value);
	}
	assert_null(gd_line_value("", "a", ":"));
	assert_null(gd_line_value("a", "a", ":"));
}

static void test_trim(void **state)
{
	char both[] = " \t a b \r\n";
	char none[] = "";
	char blank[] = " \n ";

	(void)state;
	assert_string_equal(gd_trim(both), "a b");
	assert_string_equal(gd_trim(none), "");
	assert_string_equal(gd_trim(blank), "");
}

/* A copy whose end is the end of an allocation. */
static bool is_text(const char *s, size_t len)
{
	gd_autofree copy = gd_xmalloc(len);

	memcpy(copy, s, len);
	return gd_is_text(copy, len);
}

/* The rows of Unicode's table 3-7, "Well-Formed UTF-8 Byte Sequences". */
static void test_utf8_well_formed(void **state)
{
	static const char *const texts[] = {
		"",
		"plain ASCII, \t and \n",
		"\302\200",
		"\337\277",
		"\340\240\200",
		"\341\200\200",
		"\354\277\277",
		"\355\237\277",
		"\356\200\200",
		"\357\277\277",
		"\360\220\200\200",
		"\363\277\277\277",
		"\364\217\277\277",
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(texts); i++)
		if (!is_text(texts[i], strlen(texts[i])))
			fail_msg("case %zu was refused", i);
}

static void test_utf8_malformed(void **state)
{
	static const char *const texts[] = {
		"\200",		    /* a continuation alone */
		"\300\200",	    /* overlong NUL */
		"\301\277",	    /* overlong DEL */
		"\340\200\257",	    /* overlong "/" in three */
		"\340\237\277",	    /* overlong U+07FF */
		"\360\200\200\257", /* overlong "/" in four */
		"\360\217\277\277", /* overlong U+FFFF */
		"\355\240\200",	    /* the surrogate U+D800 */
		"\355\277\277",	    /* the surrogate U+DFFF */
		"\364\220\200\200", /* U+110000 */
		"\365\200\200\200", "\376", "\377",
		"\303",		    /* cut short */
		"\342\202", "\360\237\230", "\342\202x", "\303\303\244",
		"\033[2J",	    /* control characters */
		"\177", "a\001b",
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(texts); i++)
		if (is_text(texts[i], strlen(texts[i])))
			fail_msg("case %zu was taken for text", i);
	assert_false(is_text("a\0b", 3));
}

/* Bytes that are no part of a character become "?", and nothing else changes. */
static void test_repair(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "sch\xc3\xb6n \xe2\x80\x93 \xf0\x9f\x98\x80", "sch\xc3\xb6n \xe2\x80\x93 \xf0\x9f\x98\x80" },
		{ "cut \xc3", "cut ?" },
		{ "cut \xf0\x9f\x98", "cut ???" },
		{ "\xff\xb6x", "??x" },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		gd_autofree s = gd_xstrdup(cases[i].in);

		gd_repair_text(s);
		assert_string_equal(s, cases[i].out);
	}
}

static void test_starts_with(void **state)
{
	(void)state;
	assert_true(gd_starts_with("/usr/lib", "/usr/"));
	assert_true(gd_starts_with("/usr", "/usr"));
	assert_true(gd_starts_with("x", ""));
	assert_false(gd_starts_with("/us", "/usr"));
	assert_false(gd_starts_with("/Usr/lib", "/usr/"));
	assert_false(gd_starts_with("", "x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unsigned),	cmocka_unit_test(test_signed),
		cmocka_unit_test(test_real),		cmocka_unit_test(test_list_values),
		cmocka_unit_test(test_list_refusals),	cmocka_unit_test(test_line_value),
		cmocka_unit_test(test_trim),		cmocka_unit_test(test_utf8_well_formed),
		cmocka_unit_test(test_utf8_malformed),
		cmocka_unit_test(test_repair),		cmocka_unit_test(test_starts_with),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
