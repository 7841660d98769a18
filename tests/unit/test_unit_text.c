/* SPDX-License-Identifier: MIT */
/* The syntax of units: systemd.syntax(7), and the words of systemd.service(5). */
#include "cmocka_all.h"

#include <errno.h>

#include "base/unit_text.h"

/* "LINE SECTION/KEY=VALUE" joined by "|", headers as "LINE [SECTION]"; owned. */
static char *lines_of(const char *text, size_t len)
{
	gd_auto_unit_lines u = { 0 };
	gd_autobuf out = { 0 };

	gd_unit_parse(&u, text, len);
	gd_buf_puts(&out, "");
	for (size_t i = 0; i < u.count; i++) {
		const struct gd_unit_line *line = &u.items[i];

		if (line->key)
			gd_buf_printf(&out, "%s%u %s/%s=%s", i ? "|" : "", line->line, line->section, line->key,
				      line->value);
		else
			gd_buf_printf(&out, "%s%u [%s]", i ? "|" : "", line->line, line->section);
	}
	if (u.broken_line)
		gd_buf_printf(&out, "!%u", u.broken_line);
	return gd_buf_take(&out);
}

static void test_lines(void **state)
{
	static const struct {
		const char *text;
		const char *expected;
	} texts[] = {
		{ "", "" },
		{ "[Unit]\nDescription=x\n", "1 [Unit]|2 Unit/Description=x" },
		{ "[S]\n# A=1\n; A=2\n\nA=3", "1 [S]|5 S/A=3" },
		{ "A=1\n[S]\nB=2\n", "2 [S]|3 S/B=2" },
		{ "[S]\n  A  =  1  \n", "1 [S]|2 S/A=1" },
		{ "[S]\nA=\n", "1 [S]|2 S/A=" },
		{ "[S]\nA=a=b\n", "1 [S]|2 S/A=a=b" },
		{ "[S]\nno sign\nA=1\n", "1 [S]|3 S/A=1" },
		/* "… are concatenated with the following line …, and the backslash is replaced by a space". */
		{ "[S]\nA=a \\\n  b\nB=1\n", "1 [S]|2 S/A=a    b|4 S/B=1" },
		/* Comments between continued lines are passed over. */
		{ "[S]\nA=a \\\n# x\n; y\nb\n", "1 [S]|2 S/A=a  b" },
		{ "[S]\nA=a\\\\\nB=1\n", "1 [S]|2 S/A=a\\\\|3 S/B=1" },
		{ "[S]\nA=a\\", "1 [S]|2 S/A=a" },
		{ "[S]\r\nA=1\r\nB=2\r\n", "1 [S]|2 S/A=1|3 S/B=2" },
		{ "[S]\nA=\xff\nB=2\n", "1 [S]|3 S/B=2" },
		{ "\xef\xbb\xbf[S]\nA=1\n", "1 [S]|2 S/A=1" },
		{ "[S\nA=1\n", "!1" },
		{ "[S]\nA=1\n[T\nB=2\n", "1 [S]|2 S/A=1!3" },
		{ "[S]\n[T]\nA=1\n", "1 [S]|2 [T]|3 T/A=1" },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(texts); i++) {
		gd_autofree got = lines_of(texts[i].text, strlen(texts[i].text));

		assert_string_equal(got, texts[i].expected);
	}
}

/* The words of a value, joined by "|", and "!" where it cannot be read on; owned. */
static char *words_of(const char *value)
{
	gd_autobuf out = { 0 };
	gd_autobuf word = { 0 };
	size_t count = 0;
	int r;

	gd_buf_puts(&out, "");
	while ((r = gd_unit_word(&value, &word)) > 0)
		gd_buf_printf(&out, "%s%s", count++ ? "|" : "", word.data);
	if (r < 0)
		gd_buf_puts(&out, "!");
	return gd_buf_take(&out);
}

static void test_words(void **state)
{
	static const struct {
		const char *value;
		const char *expected;
	} values[] = {
		{ "", "" },
		{ "   ", "" },
		{ "A=1 B=2", "A=1|B=2" },
		{ "\"A=one two\" 'B=3 4'", "A=one two|B=3 4" },
		{ "A=\"one two\"", "A=one two" },
		{ "A=a\"b\"'c'd", "A=abcd" },
		{ "\"\" x", "|x" },
		{ "A=\\\"x\\\\", "A=\"x\\" },
		{ "\\x41\\102\\u00e4\\U0001f600\\s", "AB\xc3\xa4\xf0\x9f\x98\x80 " },
		{ "'it\\'s'", "it's" },
		{ "a\\tb", "a\tb" },
		{ "A=1 \"open B=2", "A=1!" },
		{ "A=1 \\q", "A=1!" },
		{ "A=\\x0", "!" },
		{ "A=\\x00", "!" },
		{ "A=\\777", "!" },
		{ "A=\\", "!" },
		{ "A=\\U0000d800", "!" },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(values); i++) {
		gd_autofree got = words_of(values[i].value);

		assert_string_equal(got, values[i].expected);
	}
}

static void test_quote(void **state)
{
	static const char *const words[] = {
		"", "a b", "it's", "\"x\"", "a\\b", "a\nb\t\x01", "\xc3\xa4", "\xff\xfe", "#%$",
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(words); i++) {
		gd_autobuf quoted = { 0 };
		gd_autobuf word = { 0 };
		const char *at;

		gd_unit_quote(words[i], &quoted);
		at = gd_buf_peek(&quoted);
		assert_int_equal(gd_unit_word(&at, &word), 1);
		assert_string_equal(gd_buf_peek(&word), words[i]);
		assert_int_equal(gd_unit_word(&at, &word), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_quote),
	};

	return cmocka_run_group_tests_name("texts of units", tests, NULL, NULL);
}
