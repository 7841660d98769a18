#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""gpudoctor query: it reads, and nothing else; what does not end is stopped."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "cli"))
import tap  # noqa: E402

FACTS = """
table host complete
row
  id = "host"
  ram_mib = 64000
table gpu complete
row
  id = "0000:03:00.0"
  name = "a card"
  vram_mib = 16304
  bandwidth_gbps = 644.6
"""

WRITES = [
    "INSERT INTO gpu(id) VALUES ('x')", "UPDATE gpu SET id = 'x'", "DELETE FROM gpu", "DROP TABLE gpu",
    "CREATE TABLE x(y)",
    "CREATE TEMP TABLE x(y)", "CREATE VIEW x AS SELECT 1", "CREATE TRIGGER x AFTER INSERT ON gpu BEGIN SELECT 1; END",
    "ALTER TABLE gpu RENAME TO x", "CREATE INDEX x ON gpu(id)", "REPLACE INTO gpu(id) VALUES ('x')", "VACUUM",
    "ANALYZE", "BEGIN", "COMMIT", "SAVEPOINT x", "DETACH main", "PRAGMA query_only = 0", "PRAGMA journal_mode",
    "PRAGMA writable_schema = 1", "SELECT load_extension('x')", "SELECT * FROM pragma_table_list",
    "CREATE VIRTUAL TABLE x USING fts5(y)", "SELECT fts3_tokenizer('x')",
    "WITH w AS (SELECT 1) DELETE FROM gpu", "EXPLAIN DELETE FROM gpu",
]
BAD = ["SELEC 1", "SELECT", "SELECT 1 FROM", "SELECT nothing FROM gpu", "SELECT * FROM nothing",
       "SELECT \"nothing\" FROM gpu",
       "SELECT 'open", "SELECT (1", "SELECT nothing()", "(", "\x00"[:0] + "SELECT 1 +", "SELECT ?1 = ", "hello"]
HEAVY = [
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT n FROM r WHERE n = 2",
    "WITH RECURSIVE r(n, s) AS (SELECT 1, 'x' UNION ALL SELECT n + 1, s || s FROM r) SELECT max(length(s)) FROM r",
    "SELECT zeroblob(2000000000)", "SELECT length(randomblob(2000000000))",
    "SELECT hex(zeroblob(900000))", "SELECT replace(hex(zeroblob(400000)), '0', hex(zeroblob(400000)))",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT group_concat(hex(zeroblob(1000))) FROM r",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT json_group_array(n) FROM r",
    "SELECT 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' LIKE '%%%%%%%%" + "%a" * 480 + "%b'",
    "SELECT " + "(" * 2000 + "1" + ")" * 2000,
    "SELECT " + "1+" * 5000 + "1",
    "SELECT " + ",".join(["1"] * 40000),
    " UNION ALL ".join(["SELECT 1"] * 600),
    "SELECT 1 WHERE 'x' IN (" + ",".join("'%d'" % i for i in range(12000)) + ")",
]

# Many cheap steps, and few steps that take long: these end with the clock.
ENDLESS = [
    ("a recursion", "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r"),
    ("a cross join", "SELECT count(*) FROM %s WHERE a.vendor < b.device" % ", ".join("db_pci AS " + x for x in "abcd")),
    ("searches in long texts", "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT "
     "sum(instr(hex(zeroblob(49000)), hex(zeroblob(24000 + n % 2)) || '1')) FROM r"),
]
LONG = [
    ("zeroblob", "SELECT zeroblob(100001)"),
    ("hex", "SELECT length(hex(zeroblob(50001)))"),
    ("replace", "SELECT length(replace(hex(zeroblob(5000)), '0', '12345678901'))"),
    ("||", "SELECT length(hex(zeroblob(50000)) || '1')"),
    ("group_concat", "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 20000) "
     "SELECT length(group_concat(n)) FROM r"),
]


def main():
    t = tap.Tap()
    folder = t.folder()
    facts = tap.write(folder + "/facts", tap.facts_text(FACTS))

    def query(sql, *options, **more):
        return tap.run("query", sql, "--facts", facts, *options, **more)

    done = query("SELECT id, name, vram_mib, bandwidth_gbps, gtt_mib FROM gpu", "--format", "json")
    t.status(done, 0, "a query", "0000:03:00.0", "16304", "644.6", "null")
    t.status(query("SELECT g.name FROM gpu AS g, host AS h WHERE h.ram_mib > g.vram_mib"), 0, "a join", "a card")
    t.status(query("SELECT 1;"), 0, "a semicolon at the end")
    t.status(query("SELECT * FROM gap"), 0, "the reasons of unknowns", "gtt_mib")
    t.status(query("SELECT count(*) FROM db_pci"), 0, "the GPU database")
    t.status(query("SELECT name FROM gpu WHERE 0", "--format", "json"), 0, "no rows")
    t.status(query("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r"), 0,
             "more rows than it prints are cut")
    t.status(query("SELECT '\x1b[31mred' AS '\x1b[31m'"), 0, "control characters")
    t.ok("\x1b" not in query("SELECT '\x1b[31mred' AS '\x1b[31m'").stdout, "are not sent to the terminal")
    for sql in WRITES:
        t.status(query(sql), range(64, 79), "refused: " + sql[:60], "gpudoctor: ")
    for database in ("/tmp/x.db", ":memory:", folder + "/new.db"):
        t.status(query("ATTACH '%s' AS x" % database), range(64, 79), "refused: ATTACH", "gpudoctor: ")
    t.status(query("VACUUM INTO '%s/new.db'" % folder), range(64, 79), "refused: VACUUM INTO")
    t.status(query("SELECT writefile('%s/new.db', 'x')" % folder), 65, "no function writes files")
    t.status(query("SELECT readfile('/etc/passwd')"), 65, "no function reads files")
    t.equal(sorted(os.listdir(folder)), ["facts"], "no file came of it")
    for sql in BAD:
        t.status(query(sql), 65, "cannot be used: %s" % sql[:60], "gpudoctor: ")
    t.status(query(""), 64, "an empty query", "empty")
    t.status(query("  -- only a comment"), 64, "a query of a comment", "empty")
    t.status(query("SELECT 1; SELECT 2"), 64, "two statements", "SELECT 2")
    t.status(query("SELECT 1; DROP TABLE gpu"), 64, "a second statement that writes", "DROP TABLE")
    for sql in HEAVY:
        done = query(sql, timeout=60)
        t.status(done, (0, *range(64, 79)), "it ends: %s (%d bytes)" % (sql[:70], len(sql)))
    for name, sql in ENDLESS:
        done = query(sql, timeout=60)
        t.status(done, 65, "stopped: " + name, "the query was stopped: it takes more than 50000000 steps or 5 seconds")
    t.status(query("SELECT length(hex(zeroblob(49999)))"), 0, "a text just below 100,000 bytes", "99998")
    t.status(query("SELECT length(zeroblob(100000))"), 0, "and a blob of as many", "100000")
    for name, sql in LONG:
        t.status(query(sql), 65, "no text of more than 100,000 bytes: " + name, "too big")
    # One call that repeats a character is one step to SQLite, however long it takes: such functions are closed.
    for name in ("printf", "PRINTF", "format"):
        t.status(query("SELECT %s('%%.*c', 2000000000, 'x')" % name, timeout=4), 65, "refused: " + name,
                 "not authorized", name)
    t.status(tap.run("query"), 64, "no query at all", "SQL")
    t.end()


main()
