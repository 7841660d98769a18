/* SPDX-License-Identifier: MIT */
/* Orders of versions. The examples are those of the UAPI group's Version Format Specification. */
#include "cmocka_all.h"

#include "base/alloc.h"
#include "base/version.h"

static void expect(const char *a, const char *relation, const char *b)
{
	int there = gd_version_compare(a, b);
	int back = gd_version_compare(b, a);
	int wanted = *relation == '<' ? -1 : *relation == '>' ? 1 : 0;

	if (there != wanted || back != -wanted)
		fail_msg("\"%s\" %s \"%s\": compares as %d, and %d the other way round", a, relation, b, there, back);
}

static void test_examples_of_the_specification(void **state)
{
	static const struct {
		const char *a;
		const char *relation;
		const char *b;
	} examples[] = {
		{ "11", "=", "11" },	     { "systemd-123", "=", "systemd-123" },
		{ "bar-123", "<", "foo-123" }, { "123a", ">", "123" },
		{ "123.a", ">", "123" },     { "123.a", "<", "123.b" },
		{ "123a", ">", "123.a" },    { "11\316\261", "=", "11\316\262" },
		{ "A", "<", "a" },	     { "", "<", "0" },
		{ "0.", ">", "0" },	     { "0.0", ">", "0" },
		{ "0", ">", "~" },	     { "", ">", "~" },
		{ "1_", "=", "1" },	     { "_1", "=", "1" },
		{ "1_", "<", "1.2" },	     { "1_2_3", ">", "1.3.3" },
		{ "1+", "=", "1" },	     { "+1", "=", "1" },
		{ "1+", "<", "1.2" },	     { "1+2+3", ">", "1.3.3" },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(examples); i++)
		expect(examples[i].a, examples[i].relation, examples[i].b);
}

static void test_order_of_the_specification(void **state)
{
	static const char *const ordered[] = {
		"122.1",   "123~rc1-1", "123",	    "123-a",  "123-a.1", "123-1",
		"123-1.1", "123^post1", "123.a-1", "123.1-1", "123a-1",	 "124-1",
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(ordered); i++)
		for (size_t k = 0; k < GD_COUNT(ordered); k++)
			expect(ordered[i], i < k ? "<" : i > k ? ">" : "=", ordered[k]);
}

static void test_numbers_are_no_text(void **state)
{
	(void)state;
	expect("6.9", "<", "6.10");
	expect("6.9.12", "<", "6.10");
	expect("9", "<", "10");
	expect("535.54.03", "<", "535.129.03");
	expect("6.010", "=", "6.10");
	expect("0", "=", "000");
	expect("7.0", ">", "6.99");
}

/* Numbers that no integer type holds. */
static void test_long_runs_of_digits(void **state)
{
	char nines[400];
	char one[402];

	(void)state;
	memset(nines, '9', sizeof(nines) - 1);
	nines[sizeof(nines) - 1] = '\0';
	memset(one, '0', sizeof(one) - 1);
	one[0] = '1';
	one[sizeof(nines)] = '\0'; /* a one with as many zeros as there are nines */
	expect(nines, "<", one);
	expect(nines, "=", nines);
	expect("18446744073709551616", ">", "18446744073709551615");
	expect("1.99999999999999999999999999", "<", "2");
	memset(one, '0', sizeof(one) - 1);
	one[sizeof(one) - 2] = '7';
	one[sizeof(one) - 1] = '\0';
	expect(one, "=", "7");
}

/* The kernel writes "-rc" for what the specification writes "~rc". */
static void test_release_candidates(void **state)
{
	(void)state;
	expect("6.10-rc1", "<", "6.10");
	expect("6.10~rc1", "<", "6.10");
	expect("6.10-rc1", "=", "6.10~rc1");
	expect("6.10-rc2", "<", "6.10-rc10");
	expect("6.10.0-rc7", "<", "6.10.0");
	expect("6.10.0-rc7", ">", "6.9.12");
	expect("6.10.0-rc7", "<", "6.10.1");
	/* Only a number makes it a candidate. */
	expect("6.10-rcu", ">", "6.10");
	expect("6.10-rt14", ">", "6.10");
}

static void test_distributions(void **state)
{
	(void)state;
	expect("6.10.3-200.fc40.x86_64", ">", "6.10.3");
	expect("6.10.3-200.fc40.x86_64", "<", "6.10.4");
	expect("6.10.3-200.fc40.x86_64", "<", "6.10.10-100.fc39.x86_64");
	expect("6.8.0-45-generic", ">", "6.8.0-9-generic");
	expect("6.8.0-45-generic", "<", "6.9");
	expect("6.1.0-26-amd64", "<", "6.1.0-27-amd64");
	expect("5.14.0-427.13.1.el9_4.x86_64", "<", "5.15");
	expect("6.12.0-160000.9-default", ">", "6.12.0-160000.8-default");
	expect("6.6.87.2-microsoft-standard-WSL2", ">", "6.6.87.1-microsoft-standard-WSL2");
}

static void test_it_is_an_order(void **state)
{
	static const char *const some[] = {
		"",	"~",	  "-",	   "^",	       ".",	 "0",	    "a",       "1",   "1~",  "1-",  "1^", "1.",
		"1a",	"1.0",	  "1.0.0", "6.10",     "6.10-rc1", "6.10~rc1", "6.10-rc", "6-1", "6^1", "6~1", "~~",
		"--",
		"1..2", "1.-2", "1-~2",	   "\303\244", "_",	 "1 2",
	};

	(void)state;
	for (size_t a = 0; a < GD_COUNT(some); a++) {
		expect(some[a], "=", some[a]);
		for (size_t b = 0; b < GD_COUNT(some); b++) {
			int ab = gd_version_compare(some[a], some[b]);

			assert_int_equal(gd_version_compare(some[b], some[a]), -ab);
			for (size_t c = 0; c < GD_COUNT(some); c++)
				if (ab <= 0 && gd_version_compare(some[b], some[c]) <= 0 &&
				    gd_version_compare(some[a], some[c]) > 0)
					fail_msg("\"%s\" <= \"%s\" <= \"%s\", but not the first and last", some[a],
						 some[b], some[c]);
		}
	}
}

static void test_prefix(void **state)
{
	static const struct {
		const char *version;
		const char *pattern;
		bool fits;
	} cases[] = {
		{ "6.10.3-200.fc40", "6.10", true },  { "6.10", "6.10", true },	    { "6.10-rc1", "6.10", true },
		{ "6.100", "6.10", false },	      { "6.10", "6.1", false },	    { "6.1.10", "6.1", true },
		{ "16.10", "6.10", false },	      { "6.10.3", "6", true },	    { "6", "6.10", false },
		{ "60", "6", false },		      { "6.010.3", "6.10", true },  { "6.10.3", "6.10.3", true },
		{ "6.10.31", "6.10.3", false },	      { "535.129.03", "535", true }, { "7.0", "6", false },
		{ "", "6", false },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++)
		if (gd_version_has_prefix(cases[i].version, cases[i].pattern) != cases[i].fits)
			fail_msg("%s is %s%s", cases[i].version, cases[i].fits ? "" : "not ", cases[i].pattern);
}

/* Copies on the heap, so that reading past their end is seen. */
static void test_prefix_of_nothing(void **state)
{
	gd_autofree a = gd_xstrdup("");
	gd_autofree b = gd_xstrdup("");
	gd_autofree six = gd_xstrdup("6");

	(void)state;
	(void)gd_version_has_prefix(a, b);
	(void)gd_version_has_prefix(six, b);
	assert_false(gd_version_has_prefix(a, six));
	assert_int_equal(gd_version_compare(a, b), 0);
}

static void test_validity(void **state)
{
	(void)state;
	assert_true(gd_version_is_valid("6.10"));
	assert_true(gd_version_is_valid("0"));
	assert_false(gd_version_is_valid(""));
	assert_false(gd_version_is_valid("v6.10"));
	assert_false(gd_version_is_valid("-1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples_of_the_specification),
		cmocka_unit_test(test_order_of_the_specification),
		cmocka_unit_test(test_numbers_are_no_text),
		cmocka_unit_test(test_long_runs_of_digits),
		cmocka_unit_test(test_release_candidates),
		cmocka_unit_test(test_distributions),
		cmocka_unit_test(test_it_is_an_order),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_prefix_of_nothing),
		cmocka_unit_test(test_validity),
	};

	return cmocka_run_group_tests_name("version", tests, NULL, NULL);
}
