/* SPDX-License-Identifier: MIT */
/* The facts as tables of SQLite, and what may be asked of them. */
#include "facts_fixture.h"

#include "base/buf.h"
#include "fact/store.h"

static struct gd_facts *facts;
static struct gd_store *store;

static int open_store(bool hide_private)
{
	struct gd_err err = { "" };

	facts = some_facts();
	if (gd_store_open(facts, hide_private, &store, &err) < 0 || gd_store_lock(store, &err) < 0)
		fail_msg("%s", err.text);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	return open_store(false);
}

static int set_up_hidden(void **state)
{
	(void)state;
	return open_store(true);
}

static int tear_down(void **state)
{
	(void)state;
	gd_store_close(store);
	gd_facts_free(facts);
	return 0;
}

/* The first row, its columns joined by "|", NULL as "-"; or how SQLite refused. Owned. */
static char *ask(const char *sql)
{
	gd_autobuf out = { 0 };
	sqlite3_stmt *stmt = NULL;
	int r = sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL);

	gd_store_reset_steps(store);
	if (r == SQLITE_OK)
		r = sqlite3_step(stmt);
	for (int i = 0; r == SQLITE_ROW && i < sqlite3_column_count(stmt); i++) {
		const unsigned char *text = sqlite3_column_text(stmt, i);

		gd_buf_printf(&out, "%s%s", i ? "|" : "", text ? (const char *)text : "-");
	}
	if (r != SQLITE_ROW)
		gd_buf_printf(&out, "%s", r == SQLITE_DONE ? "no row" : sqlite3_errstr(r & 0xff));
	sqlite3_finalize(stmt);
	return gd_buf_take(&out);
}

static void expect(const char *sql, const char *expected)
{
	gd_autofree is = ask(sql);

	if (strcmp(is, expected) != 0)
		fail_msg("%s: <%s> instead of <%s>", sql, is, expected);
}

static void test_types(void **state)
{
	(void)state;
	expect("SELECT * FROM card WHERE id = 'a'", "a|Radeon|40|256.5|1|6.9|GPU-1234|4711");
	expect("SELECT typeof(id), typeof(cu_count), typeof(bandwidth_gbps), typeof(integrated), typeof(firmware) "
	       "FROM card WHERE id = 'a'", "text|integer|real|integer|text");
	expect("SELECT cu_count / 3, cu_count * 1.5 FROM card WHERE id = 'a'", "13|60.0");
	expect("SELECT count(*) FROM card", "3");
	expect("SELECT virtual FROM box", "0");
	expect("SELECT count(*), max(firmware) FROM this_card", "3|6.10");
	/* Double quotes are names, never text. */
	expect("SELECT count(*) FROM card WHERE id = \"a\"", "SQL logic error");
}

static void test_nulls(void **state)
{
	(void)state;
	/* Absent, unknown and never asked. */
	expect("SELECT name, cu_count, uuid, integrated FROM card WHERE id = 'b'", "-|-|-|-");
	expect("SELECT count(*), count(name), count(cu_count) FROM card", "3|1|1");
	expect("SELECT id FROM card WHERE cu_count <> 40", "no row");
}

static void test_versions(void **state)
{
	(void)state;
	expect("SELECT id FROM card ORDER BY firmware DESC", "b");
	expect("SELECT id FROM card WHERE firmware < '6.10'", "a");
	expect("SELECT id FROM card WHERE firmware > '6.9'", "b");
	expect("SELECT id FROM card WHERE firmware = '6.010'", "b");
	expect("SELECT kernel_release >= '6.10', kernel_release < '6.9', kernel_release < '6.10.10' FROM box", "1|0|1");
	expect("SELECT version_compare('6.9', '6.10'), version_compare('6.10', '6.10'), version_compare('7', '6.10')",
	       "-1|0|1");
	expect("SELECT version_is(kernel_release, '6.10'), version_is(kernel_release, '6.1') FROM box", "1|0");
	expect("SELECT version_is('6.10.3', '6.10'), version_is('6.100', '6.10')", "1|0");
	expect("SELECT version_is(NULL, '6'), version_is('6', NULL), version_compare(NULL, NULL)", "-|-|-");
	/* Whatever the type, nothing breaks. */
	expect("SELECT version_is('', '') + version_is(x'', zeroblob(0)) + version_compare('', x'')", "0");
	expect("SELECT version_compare(6, 6.5), version_is(6.5, 6), version_is(x'362e3130', '6.10')", "-1|1|1");
	expect("SELECT version_is('6.10')", "SQL logic error");
}

static void test_writes_are_refused(void **state)
{
	static const char *const statements[] = {
		"INSERT INTO card(id) VALUES('x')", "UPDATE card SET name = 'x'", "DELETE FROM card",
		"REPLACE INTO card(id) VALUES('x')", "CREATE TABLE t(x)", "CREATE TEMP TABLE t(x)",
		"CREATE VIEW v AS SELECT 1", "CREATE TEMP VIEW v AS SELECT 1", "CREATE INDEX i ON card(id)",
		"CREATE TRIGGER t AFTER INSERT ON card BEGIN SELECT 1; END", "CREATE VIRTUAL TABLE v USING fts5(x)",
		"DROP TABLE card", "DROP VIEW this_card", "ALTER TABLE card RENAME TO cards",
		"ALTER TABLE card ADD COLUMN x", "ATTACH ':memory:' AS x", "ATTACH '/tmp/gpudoctor-unit.db' AS x",
		"DETACH main", "PRAGMA query_only=0", "PRAGMA table_info(card)", "PRAGMA writable_schema=1",
		"PRAGMA user_version", "BEGIN", "COMMIT", "SAVEPOINT s", "VACUUM",
		"VACUUM INTO '/tmp/gpudoctor-unit.db'",
		"ANALYZE", "SELECT load_extension('/tmp/x.so')", "SELECT LOAD_EXTENSION('x', 'y')",
		"UPDATE sqlite_schema SET sql = ''", "DELETE FROM sqlite_schema",
		"WITH x AS (SELECT 1) INSERT INTO card(id) SELECT 'x' FROM x",
		"INSERT INTO card(id) VALUES('x') RETURNING id",
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(statements); i++) {
		gd_autofree is = ask(statements[i]);

		if (!strcmp(is, "no row") || strstr(is, "|") || strchr("0123456789x", *is))
			fail_msg("%s: <%s>", statements[i], is);
	}
	expect("SELECT count(*), max(id) FROM card", "3|c");
}

/* Lets everything pass that it is asked about. */
static int allow_all(void *arg, int action, const char *a, const char *b, const char *schema, const char *via)
{
	int *asked = arg;

	(void)action;
	(void)a;
	(void)b;
	(void)schema;
	(void)via;
	(*asked)++;
	return SQLITE_OK;
}

static void test_watch_narrows_only(void **state)
{
	int asked = 0;

	(void)state;
	store->watch = allow_all;
	store->watch_arg = &asked;
	expect("ATTACH ':memory:' AS x", "authorization denied");
	expect("DELETE FROM card", "authorization denied");
	assert_int_equal(asked, 0);
	expect("SELECT count(*) FROM card", "3");
	assert_true(asked > 0);
	store->watch = NULL;
}

static const char forever[] = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";

static void test_step_limit(void **state)
{
	(void)state;
	expect(forever, "interrupted");
	/* The next statement has its own. */
	expect("SELECT count(*) FROM card", "3");
	expect(forever, "interrupted");
}

static void test_size_limits(void **state)
{
	gd_autobuf deep = { 0 };

	(void)state;
	sqlite3_memory_highwater(1);
	expect("SELECT length(zeroblob(100000))", "100000");
	expect("SELECT zeroblob(1000001)", "string or blob too big");
	expect("WITH RECURSIVE c(x) AS (SELECT 'x' UNION ALL SELECT x || x FROM c) SELECT max(length(x)) FROM c",
	       "string or blob too big");
	for (int i = 0; i < 200; i++)
		gd_buf_puts(&deep, "1+(");
	gd_buf_putc(&deep, '1');
	for (int i = 0; i < 200; i++)
		gd_buf_putc(&deep, ')');
	{
		gd_autofree sql = gd_xasprintf("SELECT %s", deep.data);

		expect(sql, "SQL logic error");
	}
	assert_true(sqlite3_memory_highwater(0) <= GD_STORE_MAX_HEAP_BYTES);
	assert_int_equal(sqlite3_hard_heap_limit64(-1), GD_STORE_MAX_HEAP_BYTES);
}

/* Rows that have to be kept until the last is known: memory is bounded, and the store goes on afterwards. */
static void test_heap_limit(void **state)
{
	gd_autofree is = NULL;

	(void)state;
	sqlite3_memory_highwater(1);
	is = ask("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 300) "
		 "SELECT length(hex(zeroblob(400000 + x)) || x) AS h FROM c ORDER BY hex(zeroblob(400000 - x)) || x");
	assert_true(sqlite3_memory_highwater(0) <= GD_STORE_MAX_HEAP_BYTES);
	expect("SELECT count(*) FROM card", "3");
}

static void test_hidden(void **state)
{
	(void)state;
	expect("SELECT uuid, serial, name FROM card WHERE id = 'a'", "(private)|-|Radeon");
	expect("SELECT uuid FROM card WHERE id = 'b'", "-");
	expect("SELECT count(*) FROM card WHERE uuid LIKE 'GPU%' OR serial = 4711", "0");
	expect("SELECT uuid FROM this_card WHERE id = 'a'", "(private)");
}

static void test_extras(void **state)
{
	struct gd_gpudb *db = gd_gpudb_open();
	struct gd_err err = { "" };

	(void)state;
	gd_store_close(store);
	if (gd_store_open(facts, true, &store, &err) < 0 || gd_store_add_extras(store, db, &err) < 0 ||
	    gd_store_lock(store, &err) < 0)
		fail_msg("%s", err.text);
	expect("SELECT source FROM source WHERE tbl = 'card' AND key = 'a' AND \"column\" = 'cu_count'", "/sys/a/cu");
	expect("SELECT source FROM source WHERE tbl = 'card' AND key = 'b' AND \"column\" = 'name'", "/sys/b/name");
	expect("SELECT reason, detail, remedy FROM gap WHERE key = 'b' AND \"column\" = 'cu_count'",
	       "denied|/sys/b/cu: permission denied|run it as root");
	expect("SELECT reason FROM gap WHERE tbl = 'card' AND key = 'c' AND \"column\" = 'name'", "not-probed");
	expect("SELECT isa FROM db_isa WHERE gfx_target_version = '110501'", "gfx1151");
	expect("SELECT count(*) > 20 FROM db_not_gpu", "1");
	expect("SELECT revision FROM db_pci WHERE device = '66a3'", "-");
	expect("DELETE FROM db_isa", "authorization denied");
	gd_gpudb_free(db);
}

#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_types),
		STORE_TEST(test_nulls),
		STORE_TEST(test_versions),
		STORE_TEST(test_writes_are_refused),
		STORE_TEST(test_watch_narrows_only),
		STORE_TEST(test_step_limit),
		STORE_TEST(test_size_limits),
		STORE_TEST(test_heap_limit),
		cmocka_unit_test_setup_teardown(test_hidden, set_up_hidden, tear_down),
		STORE_TEST(test_extras),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
