/* SPDX-License-Identifier: MIT */
/* Tables as in RFC 4180; the comments name its rules. */
#include <errno.h>

#include "cmocka_all.h"

#include "base/csv.h"

/* Parses bytes that end where an allocation ends. */
static int parse_n(struct gd_csv *t, const char *text, size_t len, struct gd_err *err)
{
	gd_autofree copy = gd_xmalloc(len);

	memcpy(copy, text, len);
	return gd_csv_parse(t, "t.csv", copy, len, err);
}

/* Expects rows, the header first: fields joined by "|", rows by "/". */
static void expect(const char *text, const char *expected)
{
	gd_autofree is = gd_xstrdup("");
	struct gd_csv t = { 0 };
	struct gd_err err = { "" };

	if (parse_n(&t, text, strlen(text), &err) < 0)
		fail_msg("<%s>: %s", text, err.text);
	for (size_t i = 0; i < (t.rows + 1) * t.columns; i++) {
		char *more = gd_xasprintf("%s%s%s", is, !i ? "" : i % t.columns ? "|" : "/", t.cells[i]);

		free(is);
		is = more;
	}
	gd_csv_free(&t);
	assert_string_equal(is, expected);
}

static void refuse_n(const char *text, size_t len, const char *place)
{
	struct gd_csv t = { 0 };
	struct gd_err err = { "" };
	int r = parse_n(&t, text, len, &err);

	gd_csv_free(&t);
	if (r != -EINVAL || strncmp(err.text, place, strlen(place)) != 0)
		fail_msg("<%s>: %d, <%s> instead of <%s>", text, r, err.text, place);
}

static void refuse(const char *text, const char *place)
{
	refuse_n(text, strlen(text), place);
}

static void test_plain(void **state)
{
	(void)state;
	/* 1 and 2: lines end in CRLF, the last one perhaps not. */
	expect("a,b,c\r\n1,2,3\r\n", "a|b|c/1|2|3");
	expect("a,b,c\r\n1,2,3", "a|b|c/1|2|3");
	expect("a,b,c\n1,2,3\n", "a|b|c/1|2|3");
	expect("a,b,c\n1,2,3", "a|b|c/1|2|3");
	/* 4: blanks are part of a field. */
	expect("a, b ,c\n 1,2 , 3", "a| b |c/ 1|2 | 3");
	expect("a,b\n,\n1,\n,2", "a|b/|/1|/|2");
	expect("a,b\n,", "a|b/|");
	expect("a", "a");
	expect("a\n1\n", "a/1");
	expect("a,b\n", "a|b");
}

static void test_quotes(void **state)
{
	(void)state;
	/* 5: a field may be quoted. */
	expect("\"a\",\"b\",\"c\"\r\n1,\"2\",3\r\n", "a|b|c/1|2|3");
	/* 6: breaks, quotes and commas within quotes. */
	expect("a,b,c\r\n1,\"x \r\ny\",3\r\n", "a|b|c/1|x \r\ny|3");
	expect("a,b\n1,\"2,3\"\n", "a|b/1|2,3");
	/* 7: a quote is doubled. */
	expect("a,b\n1,\"x\"\"y\"\n", "a|b/1|x\"y");
	expect("a,b\n\"\"\"\",\"\"\n", "a|b/\"|");
	expect("a,b\n1,\"\"", "a|b/1|");
	expect("a,b\n1,\"2\"", "a|b/1|2");
}

static void test_refusals(void **state)
{
	(void)state;
	refuse("", "t.csv:1:");
	refuse("a,b\n1,2,3\n", "t.csv:2:");
	refuse("a,b\n1,2\n3\n4,5\n", "t.csv:3:");
	refuse("a,b\n1,2\n\n", "t.csv:3:");
	refuse("a,b\n1,\"x\ny\nz\"\n3\n", "t.csv:5:");
	/* 5: no quotes inside an unquoted field. */
	refuse("a,b\n1,x\"y\"\n", "t.csv:2:");
	refuse("a,b\n1,\"x\"y\n", "t.csv:2:");
	refuse("a,b\n1,2\r3,4\n", "t.csv:2:");
	refuse_n("a,b\n1,\0002\n", 9, "t.csv:2:");
}

static void test_lines(void **state)
{
	static const char text[] = "a,b\n1,\"x\ny\"\n3,4\r\n5,6";
	struct gd_csv t = { 0 };
	struct gd_err err;

	(void)state;
	assert_int_equal(parse_n(&t, text, strlen(text), &err), 0);
	assert_int_equal(t.rows, 3);
	assert_int_equal(t.lines[0], 2);
	assert_int_equal(t.lines[1], 4);
	assert_int_equal(t.lines[2], 5);
	gd_csv_free(&t);
}

static void test_columns(void **state)
{
	static const char text[] = "vendor,device,name\n1002,744c,x\n";
	struct gd_csv t = { 0 };
	struct gd_err err;

	(void)state;
	assert_int_equal(parse_n(&t, text, strlen(text), &err), 0);
	assert_int_equal(gd_csv_column(&t, "vendor"), 0);
	assert_int_equal(gd_csv_column(&t, "name"), 2);
	assert_int_equal(gd_csv_column(&t, "nam"), -1);
	assert_int_equal(gd_csv_column(&t, "x"), -1);
	assert_string_equal(gd_csv_peek(&t, 0, 1), "744c");
	assert_string_equal(gd_csv_peek(&t, 0, -1), "");
	gd_csv_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	 cmocka_unit_test(test_quotes),	 cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_lines),	 cmocka_unit_test(test_columns),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
