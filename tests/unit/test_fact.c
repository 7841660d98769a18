/* SPDX-License-Identifier: MIT */
/* Cells in their three states, rows and tables. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "facts_fixture.h"

static void test_states(void **state)
{
	struct gd_facts *f = some_facts();
	struct gd_row *a = gd_facts_find(f, "card", "a");
	struct gd_row *b = gd_facts_find(f, "card", "b");
	const struct gd_cell *c;

	(void)state;
	assert_int_equal(gd_get_int(a, "cu_count", -1), 40);
	assert_true(gd_get_real(a, "bandwidth_gbps", -1) > 256.4);
	assert_int_equal(gd_get_int(a, "integrated", -1), 1);
	assert_string_equal(gd_get_text(a, "firmware", "?"), "6.9");
	assert_string_equal(gd_get(a, "cu_count")->source, "/sys/a/cu");
	assert_true(gd_is_absent(b, "name"));
	assert_false(gd_is_known(b, "name"));
	assert_string_equal(gd_get(b, "name")->source, "/sys/b/name");
	assert_string_equal(gd_get_text(b, "name", "otherwise"), "otherwise");
	c = gd_get(b, "cu_count");
	assert_int_equal(c->state, GD_UNKNOWN);
	assert_int_equal(c->gap, GD_GAP_DENIED);
	assert_null(c->source);
	assert_string_equal(c->detail, "/sys/b/cu: permission denied");
	assert_string_equal(c->remedy, "run it as root");
	assert_int_equal(gd_get_int(b, "cu_count", -7), -7);
	assert_false(gd_is_known(b, "cu_count") || gd_is_absent(b, "cu_count"));
	assert_true(gd_text_is(a, "firmware", "6.9"));
	assert_false(gd_text_is(a, "firmware", "6.10"));
	/* What is not there is no text, not even an empty one. */
	assert_false(gd_text_is(b, "name", ""));
	gd_facts_free(f);
}

static void test_closing(void **state)
{
	struct gd_facts *f = new_facts();
	struct gd_row *row = gd_facts_add(f, "card");

	(void)state;
	for (size_t i = 0; i < GD_COUNT(card_columns); i++)
		assert_int_equal(row->cells[i].state, GD_UNSET);
	gd_set_text(row, "id", "x", "test");
	gd_set_absent(row, "name", "test");
	gd_set_unknown(row, "uuid", GD_GAP_DENIED, NULL, NULL);
	gd_facts_close(f);
	assert_true(gd_is_known(row, "id"));
	assert_true(gd_is_absent(row, "name"));
	assert_int_equal(gd_get(row, "uuid")->gap, GD_GAP_DENIED);
	assert_int_equal(gd_get(row, "serial")->state, GD_UNKNOWN);
	assert_int_equal(gd_get(row, "serial")->gap, GD_GAP_NOT_PROBED);
	gd_facts_free(f);
}

/* What a cell held before does not show through. */
static void test_overwriting(void **state)
{
	struct gd_facts *f = new_facts();
	struct gd_row *row = gd_facts_add(f, "card");

	(void)state;
	gd_set_unknown(row, "name", GD_GAP_DENIED, "detail", "remedy");
	gd_set_text(row, "name", "x", "source");
	assert_null(gd_get(row, "name")->detail);
	assert_null(gd_get(row, "name")->remedy);
	assert_int_equal(gd_get(row, "name")->gap, GD_GAP_NONE);
	gd_set_unknown(row, "name", GD_GAP_ERROR, NULL, NULL);
	assert_null(gd_get(row, "name")->source);
	assert_string_equal(gd_get_text(row, "name", "none"), "none");
	gd_set_absent(row, "name", NULL);
	assert_null(gd_get(row, "name")->source);
	gd_facts_free(f);
}

static void test_strings_are_copied(void **state)
{
	char value[] = "value";
	char source[] = "source";
	struct gd_facts *f = new_facts();
	struct gd_row *row = gd_facts_add(f, "card");

	(void)state;
	gd_set_text(row, "name", value, source);
	gd_set_unknown(row, "uuid", GD_GAP_DENIED, value, source);
	memset(value, '#', strlen(value));
	memset(source, '#', strlen(source));
	assert_string_equal(gd_get_text(row, "name", ""), "value");
	assert_string_equal(gd_get(row, "name")->source, "source");
	assert_string_equal(gd_get(row, "uuid")->detail, "value");
	assert_string_equal(gd_get(row, "uuid")->remedy, "source");
	gd_facts_free(f);
}

static void test_cells_are_copied(void **state)
{
	struct gd_facts *from = some_facts();
	struct gd_facts *to = new_facts();
	struct gd_row *row = gd_facts_add(to, "card");

	(void)state;
	for (size_t i = 0; i < GD_COUNT(card_columns); i++)
		gd_set_cell(row, card_columns[i].name, &gd_facts_find(from, "card", "a")->cells[i]);
	gd_set_cell(row, "name", gd_get(gd_facts_find(from, "card", "b"), "name"));
	gd_set_cell(row, "cu_count", gd_get(gd_facts_find(from, "card", "b"), "cu_count"));
	gd_facts_free(from); /* whose strings go with it */
	assert_string_equal(gd_get_text(row, "id", ""), "a");
	assert_string_equal(gd_get_text(row, "firmware", ""), "6.9");
	assert_string_equal(gd_get(row, "firmware")->source, "/sys/a/fw");
	assert_int_equal(gd_get_int(row, "serial", 0), 4711);
	assert_true(gd_is_absent(row, "name"));
	assert_string_equal(gd_get(row, "name")->source, "/sys/b/name");
	assert_string_equal(gd_get(row, "cu_count")->remedy, "run it as root");
	gd_facts_free(to);
}

static void test_tables(void **state)
{
	struct gd_facts *f = new_facts();
	struct gd_rows *cards = gd_facts_table_peek(f, "card");

	(void)state;
	assert_null(gd_facts_table_peek(f, "cards"));
	assert_false(cards->complete);
	assert_int_equal(cards->gap, GD_GAP_NOT_PROBED);
	assert_string_equal(cards->probe, "test");
	gd_facts_complete(f, "card");
	assert_true(cards->complete);
	assert_int_equal(cards->gap, GD_GAP_NONE);
	gd_facts_incomplete(f, "card", GD_GAP_DENIED, "detail", "remedy");
	assert_false(cards->complete);
	assert_string_equal(cards->detail, "detail");
	assert_string_equal(cards->remedy, "remedy");
	assert_null(gd_facts_find(f, "card", "a"));
	for (int i = 0; i < 100; i++) {
		gd_autofree id = gd_xasprintf("card%d", i);

		gd_set_text(gd_facts_add(f, "card"), "id", id, "test");
	}
	assert_int_equal(cards->count, 100);
	assert_ptr_equal(gd_facts_find(f, "card", "card42"), cards->rows[42]);
	gd_facts_free(f);
	gd_facts_free(NULL);
}

static void test_text_must_be_text(void **state)
{
	struct gd_facts *f = new_facts();
	struct gd_row *row = gd_facts_add(f, "card");

	(void)state;
	gd_set_text(row, "name", "\377\376", "/sys/x");
	assert_int_equal(gd_get(row, "name")->state, GD_UNKNOWN);
	assert_int_equal(gd_get(row, "name")->gap, GD_GAP_GARBAGE);
	assert_non_null(strstr(gd_get(row, "name")->detail, "/sys/x"));
	gd_set_text(row, "name", "\033[31mred", NULL);
	assert_int_equal(gd_get(row, "name")->gap, GD_GAP_GARBAGE);
	gd_set_text(row, "name", "Gr\303\274n", "/sys/x");
	assert_string_equal(gd_get_text(row, "name", ""), "Gr\303\274n");
	gd_facts_free(f);
}

static void test_gap_names(void **state)
{
	(void)state;
	for (int i = 1; i < GD_GAP_COUNT; i++) {
		assert_int_equal(gd_gap_by_name(gd_gap_name_peek((enum gd_gap)i)), i);
		assert_true(*gd_gap_text_peek((enum gd_gap)i));
	}
	assert_int_equal(gd_gap_by_name("none"), -1);
	assert_int_equal(gd_gap_by_name(""), -1);
	assert_string_equal(gd_type_name_peek(GD_VERSION), "version");
	assert_string_equal(gd_type_name_peek(GD_BOOL), "bool");
	assert_int_equal(gd_table_column(&card_table, "serial"), 7);
	assert_int_equal(gd_table_column(&card_table, "seria"), -1);
}

static void test_values_as_text(void **state)
{
	static const struct {
		struct gd_cell cell;
		enum gd_type type;
		const char *text;
	} cases[] = {
		{ { .value.i = 1 }, GD_BOOL, "true" },	   { { .value.i = 0 }, GD_BOOL, "false" },
		{ { .value.i = INT64_MIN }, GD_INT, "-9223372036854775808" },
		{ { .value.r = 0.1 }, GD_REAL, "0.1" },	   { { .value.r = 2.5 }, GD_REAL, "2.5" },
		{ { .value.s = "a\"b" }, GD_TEXT, "a\"b" }, { { .value.s = "6.10" }, GD_VERSION, "6.10" },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		gd_autofree text = gd_cell_text(&cases[i].cell, cases[i].type);

		assert_string_equal(text, cases[i].text);
	}
}

static void name_no_column(struct gd_row *row)
{
	gd_set_int(row, "cu_counts", 1, "test");
}

static void give_text_a_number(struct gd_row *row)
{
	gd_set_int(row, "name", 1, "test");
}

static void give_a_bool_a_number(struct gd_row *row)
{
	gd_set_int(row, "integrated", 1, "test");
}

/* Faults of a probe end the program. */
static void test_bugs(void **state)
{
	static void (*const bugs[])(struct gd_row *) = { name_no_column, give_text_a_number, give_a_bool_a_number };

	(void)state;
	for (size_t i = 0; i < GD_COUNT(bugs); i++) {
		int status = 0;
		pid_t pid = fork();

		if (pid == 0) {
			struct rlimit none = { 0, 0 };

			setrlimit(RLIMIT_CORE, &none);
			signal(SIGABRT, SIG_DFL);
			if (!freopen("/dev/null", "w", stderr))
				_exit(1);
			bugs[i](gd_facts_add(new_facts(), "card"));
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),		  cmocka_unit_test(test_closing),
		cmocka_unit_test(test_overwriting),	  cmocka_unit_test(test_strings_are_copied),
		cmocka_unit_test(test_cells_are_copied),  cmocka_unit_test(test_tables),
		cmocka_unit_test(test_text_must_be_text), cmocka_unit_test(test_gap_names),
		cmocka_unit_test(test_values_as_text),	  cmocka_unit_test(test_bugs),
	};

	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
