/* SPDX-License-Identifier: MIT */
/* The text form of facts, both ways. */
#include <errno.h>

#include "facts_fixture.h"
#include "fact/text.h"

#define HEAD "gpudoctor-facts 1\n"

static const struct gd_text_options open_options = { .show_private = true };

static struct gd_facts *parse(const char *text)
{
	struct gd_facts *f = new_facts();
	struct gd_err err = { "" };

	if (gd_text_parse(f, "f", text, strlen(text), &err) < 0)
		fail_msg("%s\n%s", err.text, text);
	gd_facts_close(f);
	return f;
}

static void expect_same(const char *a, const char *b)
{
	assert_int_equal(a != NULL, b != NULL);
	if (a)
		assert_string_equal(a, b);
}

static void expect_same_cell(const struct gd_cell *a, const struct gd_cell *b, enum gd_type type)
{
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->gap, b->gap);
	expect_same(a->source, b->source);
	expect_same(a->detail, b->detail);
	expect_same(a->remedy, b->remedy);
	if (a->state == GD_KNOWN) {
		gd_autofree x = gd_cell_text(a, type);
		gd_autofree y = gd_cell_text(b, type);

		assert_string_equal(x, y);
	}
}

/* Takes the facts: prints them, reads them, and compares. */
static void round_trip(struct gd_facts *f)
{
	gd_autobuf first = { 0 };
	gd_autobuf second = { 0 };
	struct gd_facts *again;

	gd_facts_close(f);
	gd_text_print(f, &open_options, &first);
	again = parse(first.data);
	for (size_t t = 0; t < f->count; t++) {
		const struct gd_rows *x = &f->tables[t];
		const struct gd_rows *y = &again->tables[t];

		assert_int_equal(x->complete, y->complete);
		assert_int_equal(x->gap, y->gap);
		expect_same(x->detail, y->detail);
		expect_same(x->remedy, y->remedy);
		assert_int_equal(x->count, y->count);
		for (size_t r = 0; r < x->count; r++)
			for (size_t c = 0; c < x->table->column_count; c++)
				expect_same_cell(&x->rows[r]->cells[c], &y->rows[r]->cells[c],
						 x->table->columns[c].type);
	}
	gd_text_print(again, &open_options, &second);
	assert_string_equal(first.data, second.data);
	gd_facts_free(again);
	gd_facts_free(f);
}

static void test_round_trip(void **state)
{
	struct gd_facts *f;

	(void)state;
	round_trip(new_facts());
	round_trip(some_facts());
	f = some_facts();
	gd_facts_incomplete(f, "card", GD_GAP_DENIED, "a \"detail\"\\", "fix \"it\"\n");
	gd_facts_incomplete(f, "box", GD_GAP_AMBIGUOUS, NULL, "only a remedy");
	round_trip(f);
}

static void test_every_gap(void **state)
{
	struct gd_facts *f = new_facts();

	(void)state;
	for (int g = 1; g < GD_GAP_COUNT; g++)
		for (int k = 0; k < 4; k++) {
			gd_autofree id = gd_xasprintf("%d.%d", g, k);
			struct gd_row *row = gd_facts_add(f, "card");

			gd_set_text(row, "id", id, NULL);
			if (g != GD_GAP_NOT_PROBED)
				gd_set_unknown(row, "name", (enum gd_gap)g, k & 1 ? "fix" : NULL,
					       k & 2 ? "remedy" : NULL);
		}
	round_trip(f);
}

static void test_odd_values(void **state)
{
	static const char *const texts[] = {
		"", " ", "\"", "\\", "\\\"", "\" @ \"x", "\\x41", "a\tb\nc\rd", "# no comment", "Gr\303\274n", "=",
		"end", "true", "12",
	};
	static const int64_t numbers[] = { 0, -1, INT64_MAX, INT64_MIN };
	struct gd_facts *f = new_facts();

	(void)state;
	for (size_t i = 0; i < GD_COUNT(texts); i++) {
		struct gd_row *row = gd_facts_add(f, "card");

		gd_set_text(row, "id", texts[i], texts[i]);
		gd_set_text(row, "name", texts[i], NULL);
		gd_set_text(row, "firmware", texts[i], texts[(i + 1) % GD_COUNT(texts)]);
		gd_set_absent(row, "uuid", texts[i]);
		gd_set_int(row, "serial", numbers[i % GD_COUNT(numbers)], texts[i]);
		gd_set_real(row, "bandwidth_gbps", (double)i * 0.1 - 0.3, "test");
		gd_set_bool(row, "integrated", i % 2, "test");
		gd_set_unknown(row, "cu_count", GD_GAP_GARBAGE, texts[i], texts[i]);
	}
	round_trip(f);
}

static void test_quoting(void **state)
{
	gd_autobuf out = { 0 };

	(void)state;
	gd_text_quote(&out, "a\"b\\c\n\177\001\303\274");
	assert_string_equal(out.data, "\"a\\\"b\\\\c\\x0a\\x7f\\x01\303\274\"");
}

static void test_hidden(void **state)
{
	static const char *const only_box[] = { "box", NULL };
	const struct gd_text_options closed = { 0 };
	const struct gd_text_options box = { .tables = only_box };
	struct gd_facts *f = some_facts();
	gd_autobuf text = { 0 };
	gd_autobuf part = { 0 };

	(void)state;
	gd_text_print(f, &closed, &text);
	assert_null(strstr(text.data, "GPU-1234"));
	assert_null(strstr(text.data, "4711"));
	assert_non_null(strstr(text.data, "unknown denied \"private\""));
	assert_non_null(strstr(text.data, "Radeon"));
	gd_text_print(f, &box, &part);
	assert_null(strstr(part.data, "table card"));
	assert_non_null(strstr(part.data, "table box complete\n"));
	gd_facts_free(f);
}

/* Blanks between words are free, comments and empty lines too, and the order of the columns. */
static void test_free_form(void **state)
{
	struct gd_facts *f = parse(HEAD "# comment\n\n table\tcard   complete \n\trow \n"
					"cu_count\t=   12   @   \"s\"  \n   id = \"x\"\n"
					" name unknown  denied   fix \"y\"\nend\n"
					"what follows is not read\n");
	const struct gd_row *row = gd_facts_find(f, "card", "x");

	(void)state;
	assert_non_null(row);
	assert_int_equal(gd_get_int(row, "cu_count", 0), 12);
	assert_string_equal(gd_get(row, "cu_count")->source, "s");
	assert_string_equal(gd_get(row, "name")->remedy, "y");
	/* A cell that is left out reads as not asked for. */
	assert_int_equal(gd_get(row, "uuid")->gap, GD_GAP_NOT_PROBED);
	gd_facts_free(f);
}

static void refuse(const char *text, const char *place)
{
	struct gd_facts *f = new_facts();
	struct gd_err err = { "" };
	gd_autofree copy = gd_xmalloc(strlen(text));
	int r;

	memcpy(copy, text, strlen(text));
	r = gd_text_parse(f, "f", copy, strlen(text), &err);
	gd_facts_free(f);
	if (r != -EINVAL || strncmp(err.text, place, strlen(place)) != 0)
		fail_msg("<%s>: %d, <%s> instead of <%s>", text, r, err.text, place);
}

static void test_refusals(void **state)
{
	(void)state;
	refuse("", "f:0:");
	refuse("gpudoctor-facts 2\nend\n", "f:1:");
	refuse("gpudoctor-capture 1\nend\n", "f:1:");
	refuse(HEAD "table cards complete\nend\n", "f:2: no such table: cards");
	refuse(HEAD "table card\nend\n", "f:2:");
	refuse(HEAD "table card halfway\nend\n", "f:2:");
	refuse(HEAD "table card incomplete\nend\n", "f:2:");
	refuse(HEAD "table card incomplete tired\nend\n", "f:2:");
	refuse(HEAD "row\nend\n", "f:2:");
	refuse(HEAD "table card complete\n id = \"x\"\nend\n", "f:3:");
	refuse(HEAD "\n# c\ntable card complete\nrow\n ident = \"x\"\nend\n", "f:6: no such column: ident");
	refuse(HEAD "table card complete\ntable box complete\nrow\n cu_count = 1\nend\n", "f:5:");
}

static void test_bad_cells(void **state)
{
	static const char *const cells[] = {
		"id", "id \"x\"", "id =", "id = x", "id = \"x", "id = \"x\\\"", "id = \"x\\q\"", "id = \"x\\x4\"",
		"id = \"x\" y", "id = \"x\" @", "id = \"x\" @ y", "id = \"x\" @ \"y\" z", "id = \"x\" \"y\"", "id = 12",
		"cu_count = \"12\"", "cu_count = 1.5", "cu_count = 0x10", "cu_count = twelve", "cu_count =",
		"cu_count = 9223372036854775808", "cu_count = 1 2", "bandwidth_gbps = fast", "bandwidth_gbps = nan",
		"bandwidth_gbps = 1e999", "integrated = 1", "integrated = yes", "integrated = TRUE",
		"name absent \"x\"",
		"name absent @", "name unknown", "name unknown tired", "name unknown none", "name unknown denied x",
		"name unknown denied \"x\" fix", "name unknown denied \"x\" \"y\"", "name unknown denied fix \"x\" y",
		"name known \"x\"",
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cells); i++) {
		gd_autofree text = gd_xasprintf(HEAD "table card complete\nrow\n  %s\nend\n", cells[i]);

		refuse(text, "f:4:");
	}
}

static void test_truncated(void **state)
{
	struct gd_facts *f = some_facts();
	gd_autobuf text = { 0 };

	(void)state;
	gd_text_print(f, &open_options, &text);
	gd_facts_free(f);
	/* Without its last newline it is whole. */
	for (size_t n = 0; n + 1 < text.len; n++) {
		gd_autofree part = gd_xstrndup(text.data, n);

		refuse(part, "f:");
	}
}

static void test_nul(void **state)
{
	static const char text[] = HEAD "table card complete\n\0\nend\n";
	struct gd_facts *f = new_facts();
	struct gd_err err = { "" };

	(void)state;
	assert_int_equal(gd_text_parse(f, "f", text, sizeof(text) - 1, &err), -EINVAL);
	assert_non_null(strstr(err.text, "f:3:"));
	gd_facts_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_every_gap),
		cmocka_unit_test(test_odd_values), cmocka_unit_test(test_quoting),
		cmocka_unit_test(test_hidden),	   cmocka_unit_test(test_free_form),
		cmocka_unit_test(test_refusals),   cmocka_unit_test(test_bad_cells),
		cmocka_unit_test(test_truncated),  cmocka_unit_test(test_nul),
	};

	return cmocka_run_group_tests_name("fact text", tests, NULL, NULL);
}
