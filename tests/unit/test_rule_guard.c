/* SPDX-License-Identifier: MIT */
/* What the expressions of a rule may hold. */
#include <errno.h>

#include "facts_fixture.h"

#include "base/buf.h"
#include "rule/guard.h"

static struct gd_facts *facts;
static struct gd_store *store;

static int set_up(void **state)
{
	struct gd_err err = { "" };

	(void)state;
	facts = some_facts();
	if (gd_store_open(facts, false, &store, &err) < 0 || gd_store_lock(store, &err) < 0)
		fail_msg("%s", err.text);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	gd_store_close(store);
	gd_facts_free(facts);
	return 0;
}

/* Both steps that a condition goes through; `reads` may be NULL. */
static int guard(const char *expression, struct gd_reads *reads, struct gd_err *err)
{
	GD_CLEANUP(gd_reads_free) struct gd_reads own = { 0 };
	gd_autofree sql = gd_xasprintf("SELECT (%s) FROM this_card AS card LEFT JOIN this_box AS box", expression);
	sqlite3_stmt *stmt = NULL;
	int r = gd_guard_text(expression, store, err);

	if (r >= 0)
		r = gd_guard_prepare(store, sql, 1, &stmt, reads ? reads : &own, err);
	sqlite3_finalize(stmt);
	return r;
}

static void allow(const char *expression)
{
	struct gd_err err = { "" };

	if (guard(expression, NULL, &err) < 0)
		fail_msg("%s: %s", expression, err.text);
}

/* Refused, with this in the reason. */
static void refuse(const char *expression, const char *reason)
{
	struct gd_err err = { "" };
	int r = guard(expression, NULL, &err);

	if (r != -EINVAL || !strstr(err.text, reason))
		fail_msg("%s: %d <%s> lacks <%s>", expression, r, err.text, reason);
}

static void test_refused_words(void **state)
{
	static const struct {
		const char *expression;
		const char *reason;
	} cases[] = {
		{ "card.cu_count IS 40", "IS is refused in a rule: use = or <>" },
		{ "card.cu_count IS NOT NULL", "IS is refused" },
		{ "card.cu_count is not distinct from 40", "is is refused" },
		{ "card.cu_count ISNULL", "ISNULL is refused in a rule: an unknown fact cannot be tested for" },
		{ "card.cu_count NOTNULL", "NOTNULL is refused" },
		{ "card.cu_count NOT NULL", "NULL is refused" },
		{ "card.cu_count = NULL", "NULL is refused" },
		{ "CASE WHEN card.integrated THEN 1 ELSE 0 END", "CASE is refused in a rule: use AND, OR and NOT" },
		{ "coalesce(card.cu_count, 0) = 0", "coalesce is refused in a rule: it hides an unknown" },
		{ "IfNull(card.cu_count, 0) = 0", "IfNull is refused in a rule: it hides an unknown" },
		{ "iif(card.integrated, 1, 0)", "iif is refused in a rule: use AND" },
		{ "nullif(card.cu_count, 0) = 1", "nullif is refused in a rule: it makes an unknown" },
		{ "typeof(card.cu_count) = 'null'", "typeof is refused in a rule: columns have one type" },
		{ "quote(card.cu_count) = 'NULL'", "quote is refused in a rule: it makes text of an unknown" },
		{ "(SELECT group_concat(id) FROM card) = 'a'", "group_concat is refused in a rule: it skips" },
		{ "(SELECT string_agg(id, '') FROM card) = 'a'", "string_agg is refused in a rule: it skips" },
		{ "(SELECT count(*) FILTER (WHERE 1) FROM card) = 1", "FILTER is refused in a rule: compare inside" },
		{ "(SELECT count(*) OVER () FROM card) = 1", "OVER is refused in a rule: window functions" },
		{ "(SELECT id FROM card LIMIT 1) = 'a'", "LIMIT is refused in a rule: which rows" },
		{ "CAST(card.name AS INTEGER) = 0", "CAST is refused in a rule: it makes 0 of any text" },
		{ "random() > 0", "random is refused in a rule: a rule must give the same answer twice" },
		{ "card.firmware COLLATE binary = '6.9'", "COLLATE is refused in a rule: version columns" },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++)
		refuse(cases[i].expression, cases[i].reason);
}

/* Not by their names, but by a list of the functions that keep unknowns. */
static void test_functions(void **state)
{
	(void)state;
	allow("abs(card.cu_count) = 40");
	allow("lower(card.name) = 'radeon'");
	allow("length(card.name) > 3");
	allow("version_is(box.kernel_release, '6.10')");
	allow("version_compare(card.firmware, '6.10') < 0");
	allow("min(card.cu_count, box.ram_mib) > 3");
	refuse("sqlite_version() = '3'", "not authorized");
	refuse("load_extension('x') = 1", "not authorized");
	refuse("likely(card.cu_count = 1)", "not authorized");
	refuse("randomblob(4) = '1'", "not authorized");
	refuse("changes() = 0", "not authorized");
	refuse("nosuchfunction(1) = 1", "nosuchfunction");
}

static void test_text_against_numbers(void **state)
{
	static const char *const clashes[] = {
		"card.name = 5", "5 = card.name", "card.name == 5", "card.name <> 5", "card.name != 5",
		"card.name < 5", "5 >= card.name", "card.cu_count = '40'", "'40' = card.cu_count",
		"card.integrated = 'true'",
		"card.bandwidth_gbps > '100'", "card.firmware = 6.10", "6.10 <= card.firmware",
		"card.name = card.cu_count", "card.cu_count = card.name", "box.os_id = box.ram_mib",
		"1 = 'one'", "card.cu_count = 40 AND card.name = 5",
		"card.cu_count = 40 OR (card.integrated AND card.name = 5)", "card.cu_count IN (1, '2')",
		"card.cu_count IN ('1', 2)", "card.name IN ('a', 3)", "card.name NOT IN (3)", "5 IN (1, card.name)",
		"card.cu_count NOT IN ('a')", "'a' IN (card.cu_count)", "card . name = 5",
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(clashes); i++)
		refuse(clashes[i], "SQL never finds them equal");
	refuse("card.name = 5", "card.name is text and 5 is a number");
	refuse("5 = card.name", "5 is a number and card.name is text");
}

static void test_bare_text(void **state)
{
	static const char *const bare[] = {
		"card.name", "(card.name)", "((card.name))", "NOT card.name", "card.integrated AND card.name",
		"card.name AND card.integrated", "card.integrated OR card.name", "card.integrated AND (card.name)",
		"card.integrated AND NOT card.name", "card.firmware", "'text'", "card.cu_count = 40 AND 'x'",
		"card.name OR card.name = 'x'", "card.cu_count IN (40) AND card.name",
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(bare); i++)
		refuse(bare[i], "is text, which SQL takes for false");
	allow("card.integrated");
	allow("NOT card.integrated AND card.cu_count");
}

static void test_shape(void **state)
{
	(void)state;
	refuse("(card.integrated", "a parenthesis is not closed");
	refuse("card.integrated)", "a closing parenthesis too many");
	refuse("card.integrated) FROM card; --", "");
	refuse("1) OR (1", "");
	refuse("card.integrated; SELECT 1", "\";\" has no place");
	refuse("card.integrated;", "\";\" has no place");
	refuse("card.integrated -- for now", "a comment");
	refuse("card.integrated /* for now */", "a comment");
	refuse("card.name = 'open", "does not end");
	refuse("card.\"name\" = 'x'", "single quotes");
	refuse("card.[name] = 'x'", "has no place");
	refuse("card.`name` = 'x'", "has no place");
	refuse("card.cu_count = ?1", "has no place");
	refuse("card.cu_count = :x", "has no place");
	refuse("card.cu_count = @x", "has no place");
	refuse("card.cu_count = $x", "has no place");
	refuse("card.name = \303\244", "has no place");
	refuse("", "syntax error");
	refuse("card.cu_count = ", "syntax error");
	refuse("AND", "syntax error");
	refuse("1, 2", "row value misused");
}

static void test_names(void **state)
{
	(void)state;
	refuse("card.cu_counts = 40", "no such column: card.cu_counts");
	refuse("cards.cu_count = 40", "no such column: cards.cu_count");
	refuse("EXISTS (SELECT 1 FROM cards)", "no such table: cards");
	refuse("card.name = radeon", "no such column: radeon");
	refuse("EXISTS (SELECT 1 FROM sqlite_schema)", "");
	refuse("EXISTS (SELECT 1 FROM sqlite_master WHERE sql LIKE '%')", "");
	refuse("EXISTS (SELECT 1 FROM pragma_table_info('card'))", "");
	refuse("card.rowid = 1", "");
}

/* Types that functions give, and versions that lose their order inside something. */
static void test_types_of_values(void **state)
{
	(void)state;
	refuse("NOT lower(card.name)", "is text, which SQL takes for false");
	refuse("card.integrated AND upper(card.name)", "is text, which SQL takes for false");
	refuse("length(card.name) > 'a'", "SQL never finds them equal");
	refuse("'a' < length(card.name)", "SQL never finds them equal");
	refuse("lower(card.name) = 5", "SQL never finds them equal");
	refuse("NOT (card.name || 'x')", "|| makes text");
	refuse("min(card.cu_count) > 3", "folds rows");
	refuse("max(card.cu_count) > 3", "folds rows");
	refuse("'6.9' > (SELECT c.firmware FROM card AS c)", "compare it directly");
	refuse("(SELECT c.firmware FROM card AS c) < '6.9'", "compare it directly");
	refuse("lower(card.firmware) < '6.9'", "compare it directly");
	refuse("card.name NOT IN ()", "empty parentheses");
	allow("max(card.cu_count, 3) > 3");
	allow("(SELECT max(c.cu_count) FROM card AS c) > 3");
	allow("version_compare(card.firmware, '6.9') < 0");
	allow("card.firmware < '6.9' AND '6.9' > card.firmware");
	allow("length(card.name) > 5 AND lower(card.name) = 'a'");
}

static void test_allowed(void **state)
{
	static const char *const fine[] = {
		"1", "card.cu_count = 40", "card.name = 'Radeon'", "'Radeon' <> card.name", "card.name LIKE 'Rad%'",
		"card.name NOT LIKE '%5%'", "card.name GLOB 'R*'", "card.cu_count BETWEEN 8 AND 64",
		"card.bandwidth_gbps NOT BETWEEN 8.5 AND 64 AND card.integrated", "card.cu_count IN (8, 12, 40)",
		"card.name NOT IN ('a', 'b')",
		"EXISTS (SELECT 1 FROM card AS c WHERE c.cu_count > 40)", "NOT EXISTS (SELECT 1 FROM card)",
		"(SELECT count(*) FROM card) > 1", "(SELECT sum(c.integrated = 1) FROM card AS c) = 2",
		"((card.cu_count > 8) AND (NOT (card.integrated OR (box.virtual))))",
		"card.cu_count * 2 + 1 >= box.ram_mib / 1024 % 3 - -1",
		"card.firmware < '6.10'", "box.kernel_release >= '6.10' AND box.kernel_release < '7.0'",
		"card.name = 'it''s NULL; -- IS /* CASE */ LIMIT'", "card.name = 'random' OR card.name = 'is'",
		"card.name = ''", "box.os_id IN ('debian', 'null')", "card.cu_count & 1 = 1", "card.cu_count << 1 > 80",
		"card.cu_count=40", "card.bandwidth_gbps > 1e2 AND card.cu_count <> 0x1f AND card.bandwidth_gbps > .5",
		"card.id IN (SELECT c.id FROM card AS c WHERE c.integrated)",
		"card.cu_count IN (40) AND (card.name = 'x')",
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(fine); i++)
		allow(fine[i]);
}

static bool has_read(const struct gd_reads *reads, const char *table, const char *column, bool whole)
{
	for (size_t i = 0; i < reads->count; i++)
		if (!strcmp(reads->items[i].table->table->name, table) &&
		    !strcmp(reads->items[i].table->table->columns[reads->items[i].column].name, column) &&
		    reads->items[i].whole_table == whole)
			return true;
	return false;
}

static void test_reads(void **state)
{
	struct gd_reads reads = { 0 };
	struct gd_err err = { "" };

	(void)state;
	assert_int_equal(guard("card.cu_count > 8 AND card.cu_count < 9 AND box.ram_mib > 1", &reads, &err), 0);
	assert_true(has_read(&reads, "card", "cu_count", false));
	assert_true(has_read(&reads, "box", "ram_mib", false));
	assert_int_equal(reads.count, 2);
	gd_reads_free(&reads);
	assert_int_equal(guard("EXISTS (SELECT 1 FROM card AS c WHERE c.name = card.id)", &reads, &err), 0);
	assert_true(has_read(&reads, "card", "name", true));
	assert_true(has_read(&reads, "card", "id", false));
	assert_int_equal(reads.count, 2);
	gd_reads_free(&reads);
	/* Counting rows rests on the list of them. */
	assert_int_equal(guard("(SELECT count(*) FROM card) > 1", &reads, &err), 0);
	assert_true(has_read(&reads, "card", "id", true));
	gd_reads_free(&reads);
}

static void test_tables(void **state)
{
	gd_autostrv names = { 0 };
	gd_autofree joined = NULL;

	(void)state;
	gd_guard_tables("card.name = 'box.os_id' AND card.cu_count > (SELECT max(x.y) FROM z AS x) "
			"AND 1.5 > box . ram_mib", &names);
	joined = gd_strv_join(&names, " ");
	assert_string_equal(joined, "card x box");
}

/* Long and deep expressions neither overflow a buffer nor the stack. */
static void test_large(void **state)
{
	gd_autobuf deep = { 0 };
	gd_autobuf name = { 0 };
	struct gd_err err = { "" };

	(void)state;
	for (int i = 0; i < 20000; i++)
		gd_buf_putc(&deep, '(');
	assert_int_equal(gd_guard_text(deep.data, store, &err), -EINVAL);
	for (int i = 0; i < 2000; i++)
		gd_buf_puts(&name, "longname");
	gd_buf_puts(&name, ".x = 5 AND card.name = ");
	for (int i = 0; i < 2000; i++)
		gd_buf_putc(&name, '5');
	assert_int_equal(gd_guard_text(name.data, store, &err), -EINVAL);
	assert_true(strlen(err.text) < sizeof(err.text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused_words), cmocka_unit_test(test_functions),
		cmocka_unit_test(test_text_against_numbers), cmocka_unit_test(test_bare_text),
		cmocka_unit_test(test_shape),	      cmocka_unit_test(test_names),
		cmocka_unit_test(test_types_of_values),	      cmocka_unit_test(test_reads),
		cmocka_unit_test(test_allowed),	      cmocka_unit_test(test_reads),
		cmocka_unit_test(test_tables),	      cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests_name("rule guard", tests, set_up, tear_down);
}
