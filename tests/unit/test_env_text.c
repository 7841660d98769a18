/* SPDX-License-Identifier: MIT */
/* Texts that set variables, as their readers read them. */
#include "cmocka_all.h"

#include "base/env_text.h"

/*
 * "LINE NAME=VALUE", joined by "|"; a value that is computed is "?". What is
 * taken back is "LINE -NAME", with a "?" where that is not certain. Owned.
 */
static char *list(const struct gd_assignments *a)
{
	gd_autobuf out = { 0 };

	gd_buf_puts(&out, "");
	for (size_t i = 0; i < a->count; i++) {
		const struct gd_assignment *one = &a->items[i];

		gd_buf_printf(&out, "%s%u ", i ? "|" : "", one->line);
		if (one->change == GD_CHANGE_SET)
			gd_buf_printf(&out, "%s=%s", one->name, one->value ? one->value : "?");
		else
			gd_buf_printf(&out, "-%s%s", one->name, one->change == GD_CHANGE_UNSET ? "" : "?");
	}
	return gd_buf_take(&out);
}

struct text {
	const char *text;
	const char *expected;
};

/* Reads it, and once more what is printed of it. */
static void check(enum gd_env_syntax syntax, const char *text, size_t len, const char *expected)
{
	gd_auto_assignments once = { 0 };
	gd_auto_assignments twice = { 0 };
	gd_autobuf printed = { 0 };
	gd_autofree first = NULL;
	gd_autofree second = NULL;

	gd_env_parse(&once, syntax, text, len);
	first = list(&once);
	assert_string_equal(first, expected);
	gd_env_print(&once, syntax, &printed);
	gd_env_parse(&twice, syntax, gd_buf_peek(&printed), printed.len);
	second = list(&twice);
	assert_string_equal(second, expected);
}

static void check_all(enum gd_env_syntax syntax, const struct text *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check(syntax, texts[i].text, strlen(texts[i].text), texts[i].expected);
}

/* systemd.exec(5), EnvironmentFile=, and the notes on quoting in it. */
static void test_env_file(void **state)
{
	static const struct text texts[] = {
		{ "", "" },
		{ "A=1", "1 A=1" },
		{ "A=1\nB=2\n", "1 A=1|2 B=2" },
		{ "\n\n# A=0\n; A=0\nA=1\n", "5 A=1" },
		{ "  A = 1  \n", "1 A=1" },
		{ "A=\n", "1 A=" },
		{ "A=1\nA=2\n", "1 A=1|2 A=2" },
		{ "A=one two\n", "1 A=one two" },
		{ "A=\"one # two\"\n", "1 A=one # two" },
		{ "A=one # two\n", "1 A=one # two" },
		{ "A='it is \\ so'\n", "1 A=it is \\ so" },
		{ "A=\"a\\\"b\\\\c\\$d\\`e\\nf\"\n", "1 A=a\"b\\c$d`e\\nf" },
		{ "A=one\\\ntwo\nB=3\n", "1 A=onetwo|3 B=3" },
		{ "A=\"one\ntwo\"\nB=3\n", "1 A=one\ntwo|3 B=3" },
		{ "A=\"one\\\ntwo\"\n", "1 A=onetwo" },
		{ "A=a\\ \n", "1 A=a " },
		{ "A='a'\"b\"c\n", "1 A=abc" },
		{ "A=c\"b\"\n", "1 A=c\"b\"" },
		{ "1A=1\nA-B=1\n=1\nA\nB=2\n", "5 B=2" },
		{ "export A=1\nB=2\n", "2 B=2" },
		{ "A=\"open\nB=2\n", "1 A=open\nB=2\n" },
		{ "A=1\r\nB=2\r\n", "1 A=1|2 B=2" },
		{ "A=$B\n", "1 A=$B" },
		{ "=\"A=1\nB=2\n", "2 B=2" },
		{ "A=\xff\nB=2\n", "2 B=2" },
		{ "# a \\\nA=1\n", "2 A=1" },
	};

	(void)state;
	check_all(GD_ENV_FILE, texts, GD_COUNT(texts));
	check(GD_ENV_FILE, "A=1\0B=2\n", 8, "1 A=1");
}

/* pam_env(8) on /etc/environment, and what its source does with quotes. */
static void test_pam(void **state)
{
	static const struct text texts[] = {
		{ "PATH=\"/usr/bin:/bin\"\n", "1 PATH=/usr/bin:/bin" },
		{ "export A=1\n", "1 A=1" },
		{ "A='1'\nB=2\n", "1 A=1|2 B=2" },
		{ "A=1 # why\n#A=2\n\n", "1 A=1" },
		{ "A=$HOME\n", "1 A=$HOME" },
		{ "A=one two\n", "1 A=one two" },
		{ "A\nB C=1\n", "" },
		{ "  A=1", "1 A=1" },
	};
	static const struct text conf[] = {
		{ "HSA_XNACK DEFAULT=1\n", "1 HSA_XNACK=1" },
		{ "A DEFAULT=1 OVERRIDE=2\n", "1 A=2" },
		{ "A OVERRIDE=\"one two\"\n", "1 A=one two" },
		{ "A DEFAULT=x OVERRIDE=${B}\n", "1 A=?" },
		{ "# A DEFAULT=1\nB DEFAULT=@{HOME}/x\n", "2 B=?" },
		{ "A DEFAULT=\n", "1 A=" },
		{ "A\n", "" },
	};

	(void)state;
	check_all(GD_ENV_PAM, texts, GD_COUNT(texts));
	check_all(GD_ENV_PAM_CONF, conf, GD_COUNT(conf));
}

/* Nothing is run: what a shell would compute is unknown, and what is not exported reaches nobody. */
static void test_shell(void **state)
{
	static const struct text texts[] = {
		{ "export A=1\n", "1 A=1" },
		{ "  export\tA=1 B='2 3' C=\"4\"\n", "1 A=1|1 B=2 3|1 C=4" },
		{ "A=1\n", "" },
		{ "export A\n", "" },
		{ "A=1\nexport A\n", "2 A=1" },
		{ "A=1 B=2\nexport B\nA=3\nB=4\n", "2 B=2|4 B=4" },
		{ "A=1 ollama serve\n", "" },
		{ "export A=$B\n", "1 A=?" },
		{ "export A=\"$(cat \"/etc/passwd\")\" B=2\n", "1 A=?|1 B=2" },
		{ "export A='$B'\n", "1 A=$B" },
		{ "export A=`id` B=2\n", "1 A=?|1 B=2" },
		{ "export A=1; B=2\n", "1 A=1" },
		{ "true; export A=1\r\nexport B=2\r\n", "1 A=1|2 B=2" },
		{ "export A=1 # export A=2\n", "1 A=1" },
		{ "exportA=1\n# export A=1\nexport -p\n", "" },
		{ "export A=\"it's\" B=a'b'c\n", "1 A=it's|1 B=abc" },
		{ "export A='open\n", "1 A=?" },
		{ "export A=~/x\n", "1 A=?" },
		{ "export A=\n", "1 A=" },
		{ "export A=1\nexport A+=2\n", "1 A=1|2 A=?" },
		{ "export A=a\\ b B=\"a\\$b\"\n", "1 A=a b|1 B=a$b" },
		{ "export A=1 \\\n B=2\nexport C='x\ny'\nexport D=4\n", "1 A=1|2 B=2|3 C=x\ny|5 D=4" },
		{ "declare -x A=1\ntypeset -x B=2\ndeclare C=3\n", "1 A=1|2 B=2" },
		{ "set -x A 1\nalias o='A=1 ollama'\n", "" },
		{ "export A=1 2>/dev/null >&2\nexport B=$((1<<2)) C=3\n", "1 A=1|2 B=?|2 C=3" },
	};

	(void)state;
	check_all(GD_ENV_SHELL, texts, GD_COUNT(texts));
}

/* What may happen or not leaves a value that is not known. */
static void test_shell_conditions(void **state)
{
	static const struct text texts[] = {
		{ "f() {\n  export A=1\n}\nexport B=2\n", "2 A=?|4 B=2" },
		{ "function f {\n\texport A=1\n}\nexport B=2\n", "2 A=?|4 B=2" },
		{ "function f() { export A=1; }\nexport B=2\n", "1 A=?|2 B=2" },
		{ "f () (\n export A=1\n)\nexport B=2\n", "4 B=2" },
		{ "if [ \"$(hostname)\" = x ]; then\n  export A=1\nfi\nexport B=2\n", "2 A=?|4 B=2" },
		{ "if true; then export A=1; else export A=2; fi; export B=2\n", "1 A=?|1 A=?|1 B=2" },
		{ "case $H in\n x|y) export A=1 ;;\n (z) ;; esac\nexport B=2\n", "2 A=?|4 B=2" },
		{ "case $H in esac\nexport B=2\n", "2 B=2" },
		{ "for i in 1 2; do export A=$i; done\nexport B=2\n", "1 A=?|2 B=2" },
		{ "for ((i=0; i<2; i++)); do export A=1; done; export B=2\n", "1 A=?|1 B=2" },
		{ "while read -r l; do export A=1; done <f\nexport B=2\n", "1 A=?|2 B=2" },
		{ "[ -e /x ] && export A=1\nexport B=2\n", "1 A=?|2 B=2" },
		{ "[ -e /x ] ||\n\n  export A=1\nexport B=2\n", "3 A=?|4 B=2" },
		{ "export A=1 && true\n", "1 A=1" },
		{ "[[ $- == *i* || -n $X ]] && A=1; export A\n", "1 A=?" },
		{ "((x<<1))\nexport B=2\n", "2 B=2" },
		{ "( export A=1; ollama serve )\nexport B=2\n", "2 B=2" },
		{ "export A=1 | cat\nexport A=2 &\nexport B=2\n", "3 B=2" },
	};

	(void)state;
	check_all(GD_ENV_SHELL, texts, GD_COUNT(texts));
}

/* What looks like a command and is none, and what is taken back. */
static void test_shell_texts(void **state)
{
	static const struct text texts[] = {
		{ "cat >/dev/null <<EOF\nexport A=1\nEOF\nexport B=2\n", "4 B=2" },
		{ "cat <<-'E F' <<X\n\tE F\nexport A=1\nX\nexport B=2\n", "5 B=2" },
		{ "cat <<<word\nexport B=2\n", "2 B=2" },
		{ "cat <<EOF\nexport A=1\n", "" },
		{ "echo \"\nexport A=1\n\"\nexport B=2\n", "4 B=2" },
		{ "echo 'it\nexport A=1'\nx=(a 'b\nexport A=1')\nexport B=2\n", "5 B=2" },
		{ "x=$(\nexport A=1\n)\nexport B=2\n", "4 B=2" },
		{ "return 0\nexport A=1\n", "" },
		{ "export A=1\nexec 2>/dev/null\nexport B=2\nexec zsh\nexport C=3\n", "1 A=1|3 B=2" },
		/* Shells that people use go on there. */
		{ "[ -z \"$PS1\" ] && return\nexport A=1\n", "2 A=1" },
		{ "case $- in\n *i*) ;;\n *) return;;\nesac\nexport A=1\n", "5 A=1" },
		{ "export A=1\nunset A\n", "1 A=1|2 -A" },
		{ "export A=1; unset -v A B; export A=3\n", "1 A=1|1 -A|1 -B|1 A=3" },
		{ "unset -f A\nexport -n B\n", "2 -B" },
		{ "export A=1\nif [ -n \"$X\" ]; then unset A; fi\n", "1 A=1|2 -A?" },
		{ "export A=1\nunset A\nA=2\n", "1 A=1|2 -A" },
	};

	(void)state;
	check_all(GD_ENV_SHELL, texts, GD_COUNT(texts));
}

/* Nobody nests so deep; it must end, and set nothing that is certain. */
static void test_shell_deep(void **state)
{
	static const char *const openings[] = { "{ ", "$(", "((", "\"$(\"", "${", "if ", "<<a ", "case x in ", "(" };

	(void)state;
	for (size_t i = 0; i < GD_COUNT(openings); i++) {
		gd_auto_assignments a = { 0 };
		gd_autobuf text = { 0 };

		for (int n = 0; n < 20000; n++)
			gd_buf_puts(&text, openings[i]);
		gd_buf_puts(&text, "\nexport A=1\n");
		gd_env_parse(&a, GD_ENV_SHELL, text.data, text.len);
		for (size_t k = 0; k < a.count; k++)
			assert_null(a.items[k].value);
	}
}

/* proc(5): the entries are separated by NULs, and there may be one at the end. */
static void test_block(void **state)
{
	static const char block[] = "A=1\0B=2=3\0=x\0C\0D=\0E=a\nb";

	(void)state;
	check(GD_ENV_BLOCK, block, sizeof(block) - 1, "0 A=1|0 B=2=3|0 D=|0 E=a\nb");
	check(GD_ENV_BLOCK, "", 0, "");
}

static void test_names(void **state)
{
	(void)state;
	assert_true(gd_is_variable_name("A_1", 3));
	assert_true(gd_is_variable_name("_", 1));
	assert_false(gd_is_variable_name("", 0));
	assert_false(gd_is_variable_name("1A", 2));
	assert_false(gd_is_variable_name("A-B", 3));
	assert_false(gd_is_variable_name("A\0B", 3));
	assert_false(gd_is_variable_name("\xc3\x84", 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_env_file), cmocka_unit_test(test_pam),   cmocka_unit_test(test_shell),
		cmocka_unit_test(test_block),	 cmocka_unit_test(test_names), cmocka_unit_test(test_shell_conditions),
		cmocka_unit_test(test_shell_texts), cmocka_unit_test(test_shell_deep),
	};

	return cmocka_run_group_tests_name("texts of variables", tests, NULL, NULL);
}
