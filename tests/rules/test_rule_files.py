#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rule files of users: what is refused, with file, line and rule, and that the other rules go on."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "cli"))
import tap  # noqa: E402

GOOD = {
    "title": "a title",
    "on": "gpu",
    "when": "gpu.compute",
    "problem": "gpu.vram_mib > 5",
    "severity": "warning",
    "says": "{gpu.id} has {gpu.vram_mib}",
    "because": "so",
    "fix": "choice something",
    "valid": "kernel >= 6.10",
    "see": "https://example.org/",
}

FACTS = """
table host complete
row
  id = "host"
  kernel_release = "6.18.9-200.fc43.x86_64"
  ram_mib = 64000
table kernel_arg complete
table gpu complete
row
  id = "0000:03:00.0"
  name = "card"
  isa = "gfx1201"
  compute = true
  vram_mib = 16304
"""


def section(name="mine", **changes):
    """A good rule with some keys changed, or left out where None."""
    keys = dict(GOOD)
    keys.update(changes)
    return "[%s]\n" % name + "".join("%s = %s\n" % (k, v) for k, v in keys.items() if v is not None)


class Files:
    def __init__(self, t):
        self.t = t
        self.folder = t.folder()
        self.facts = tap.write(os.path.join(self.folder, "facts"), tap.facts_text(FACTS))

    def rules(self, text, name="my.rules"):
        return tap.write(os.path.join(self.folder, name), text)

    def check(self, text):
        return tap.run("rules", "--check", self.rules(text))

    def refused(self, name, text, *words, line=None):
        """rules --check says no, with the file, perhaps the line, and these words."""
        where = self.folder + "/my.rules" + (":%d:" % line if line else "")
        self.t.status(self.check(text), 65, name, where, *words)

    def accepted(self, name, text):
        self.t.status(self.check(text), 0, name, "0 faults")

    def explain(self, rule, text, facts=None):
        file = tap.write(os.path.join(self.folder, "own"), tap.facts_text(facts)) if facts else self.facts
        return tap.run("explain", rule, "--rules", self.rules(text), "--facts", file, "--format", "json")


def check_keys(t, f):
    f.accepted("a rule with every key is accepted", section())
    f.accepted("a rule with the needed keys only", section(when=None, because=None, fix=None, valid=None, see=None))
    for key in ("title", "on", "problem", "severity", "says"):
        f.refused("%s is missing" % key, section(**{key: None}), "[mine]", "missing", key, line=1)
    for key in ("title", "on", "when", "problem", "severity", "says", "because", "valid"):
        f.refused("%s is given twice" % key, section() + "%s = %s\n" % (key, GOOD[key]), "[mine]", "twice", key,
                  line=12)
    for key in GOOD:
        if key not in ("fix", "see"):
            f.refused("%s is empty" % key, section(**{key: ""}), "[mine]", key)
    f.accepted("fix and see may stand several times", section() + "fix = env A=1\nsee = x\n")
    f.refused("a misspelt key", section() + "problm = 1\n", "[mine]", "problm", line=12)
    f.refused("a key in capitals", section() + "Fix = choice x\n", "[mine]", "Fix", line=12)
    f.refused("an unknown severity", section(severity="fatal"), "[mine]", "fatal", line=6)
    f.refused("an unknown kind of fix", section(fix="magic wand"), "[mine]", "magic wand", line=9)
    f.refused("a kind of fix without its text", section(fix="choice"), "[mine]", "KIND", line=9)
    f.refused("a line that is no key", section() + "just words\n", "[mine]", line=12)
    f.refused("an unknown table in on", section(on="gpus"), "[mine]", "on", "gpus", line=1)
    f.refused("a misspelt column in problem", section(problem="gpu.vram_mb > 5"), "[mine]", "problem", "vram_mb",
              line=1)
    f.refused("a misspelt column in when", section(when="gpu.compte"), "[mine]", "when", "compte", line=1)
    f.refused("a misspelt column in says", section(says="{gpu.nam}"), "[mine]", "says", "nam", line=1)
    f.refused("a misspelt column in a fix", section(fix="env A={gpu.nam}"), "[mine]", "fix", "nam", line=1)
    f.refused("a table that is not a single row and not the rule's own", section(problem="pci_device.address = 'x'"),
              "[mine]", "problem", "pci_device")
    f.accepted("a table of one row may be named anywhere", section(problem="gpu.vram_mib < host.ram_mib"))
    f.refused("a rule's name with capitals", section("Mine"), "[Mine]", line=1)
    f.refused("a rule without a name", section(""), "[]", line=1)
    f.refused("a header that does not end", section().replace("]", "", 1), "my.rules")
    f.refused("the same name twice in a file", section() + section(), "[mine]", "line 1", line=12)


def check_valid(t, f):
    for bad in ("kernel 6.10", "kernel >= six", "kernel ~ 6.10", "kernel => 6.10", "kernel>=6.10", "rocm >= 7",
                "kernel >= 6.10 < 7.0", "kernel >= 6'10", "kernel == 6.10"):
        f.refused("valid = %s" % bad, section(valid=bad), "[mine]", "valid", line=1)
    for bad in ("kernel >= 6.10,", ",", ",kernel >= 6.10", "kernel >= 6.10,, kernel < 7.0"):
        f.refused("valid = %s has an empty range" % bad, section(valid=bad), "[mine] valid: \"\" is not NAME", line=1)
    cases = [
        # A release candidate of 6.10 has what 6.10 has.
        ("kernel >= 6.10", {"6.9.7": "out", "6.10.0-rc1": "in", "6.10": "in", "6.10.0": "in", "6.10.3-arch1-1": "in",
                            "6.18.9-200.fc43.x86_64": "in", "7.0.0": "in", "5.14.0-611.el9.x86_64": "out"}),
        ("kernel < 6.10", {"6.9.7": "in", "6.10.0-rc1": "out", "6.18.9-200.fc43.x86_64": "out"}),
        ("kernel >= 6.10, kernel < 6.16", {"6.9.7": "out", "6.12.48+deb13-amd64": "in", "6.16.0": "out"}),
        ("kernel <= 6.12", {"6.12": "in", "6.13": "out", "6.9": "in"}),
        ("kernel > 6.9", {"6.9": "out", "6.10": "in", "6.18.9-200.fc43.x86_64": "in"}),
        ("kernel = 6.12", {"6.12": "in", "6.12.48+deb13-amd64": "in", "6.1.2": "out", "6.120.1": "out"}),
    ]
    for valid, releases in cases:
        for release, wanted in releases.items():
            facts = FACTS.replace("6.18.9-200.fc43.x86_64", release)
            done = f.explain("mine", section(valid=valid), facts)
            got = [v["outcome"] for v in tap.load(done)["verdicts"]] if done.returncode == 0 else tap.describe(done)
            t.equal(got, ["problem" if wanted == "in" else "does not apply"], "%s with %s" % (valid, release))
    facts = FACTS.replace('kernel_release = "6.18.9-200.fc43.x86_64"', "kernel_release unknown not-captured")
    done = f.explain("mine", section(), facts)
    t.equal([v["outcome"] for v in tap.load(done)["verdicts"]], ["unknown"], "an unknown kernel leaves valid unknown")
    done = f.explain("mine", section(valid="nvidia-driver >= 580"), FACTS)
    t.equal([v["outcome"] for v in tap.load(done)["verdicts"]], ["unknown"], "an unknown NVIDIA driver too")


def check_files(t, f):
    f.refused("a line of more than 196 bytes", section(says="x" * 200), "[mine]", "196", line=7)
    f.accepted("continued lines", section(says="one\n\ttwo\n  three {gpu.id}"))
    done = f.explain("mine", section(says="one\n\ttwo\n  three {gpu.id}"))
    t.equal([v["says"] for v in tap.load(done)["verdicts"]], ["one two three 0000:03:00.0"],
            "continued lines are joined by blanks")
    f.refused("a value that grows past 8 KiB", section(says="x\n" + ("\t" + "y" * 150 + "\n") * 80), "[mine]",
              "8 KiB")
    f.refused("a NUL byte", section() + "\0", "my.rules")
    f.refused("a binary file", bytes(range(256)) * 40, "my.rules")
    f.refused("bytes that are no UTF-8", section(title="caf\xe9").encode("latin-1"), "my.rules")
    f.refused("text before the first section", "title = x\n" + section(), "my.rules:1:")
    t.status(f.check(""), 0, "an empty file holds no rules", "0 rules", "0 faults")
    f.accepted("comments, blank lines and CR LF", "; one\n# two\n\n" + section().replace("\n", "\r\n"))

    t.status(tap.run("check", "--facts", f.facts, "--rules", f.folder + "/none.rules"), 66,
             "a file that is not there",
             "none.rules")
    fifo = os.path.join(f.folder, "fifo")
    os.mkfifo(fifo)
    t.status(tap.run("rules", "--check", fifo, timeout=10), range(64, 79), "a FIFO does not hang", "fifo")
    if os.geteuid() == 0:
        secret = f.rules(section(), "secret.rules")
        os.chmod(secret, 0)
        os.chmod(f.folder, 0o755)
        done = tap.run("rules", "--check", secret, user=65534, group=65534, extra_groups=[])
        t.status(done, range(64, 79), "an unreadable file", "secret.rules", "Permission denied")
    else:
        t.skip("an unreadable file", "only root can become another user")

    folder = os.path.join(f.folder, "rules.d")
    tap.write(os.path.join(folder, "20.rules"), section("second"))
    tap.write(os.path.join(folder, "10.rules"), section("first"))
    tap.write(os.path.join(folder, "broken.rules"), "[broken]\ntitle = x\n")
    tap.write(os.path.join(folder, "note.txt"), "no rules")
    tap.write(os.path.join(folder, ".hidden.rules"), "no rules")
    os.mkfifo(os.path.join(folder, "fifo.rules"))
    done = tap.run("rules", "--rules", folder, "--format", "json")
    names = [r["name"] for r in tap.load(done)["rules"]]
    t.equal(names[-2:], ["first", "second"], "the *.rules files of a folder, in order")
    t.status(done, 0, "what is wrong in a folder is told", "broken.rules:1: [broken]", "fifo.rules")


def check_override(t, f):
    name = "cpu-without-avx2"
    text = section(name, on="cpu", when=None, problem="NOT cpu.avx2", says="my own words", valid=None)
    facts = 'table cpu complete\nrow\n  id = "cpu"\n  avx2 = false\n'
    done = f.explain(name, text, facts)
    t.equal([v["says"] for v in tap.load(done)["verdicts"]], ["my own words"],
            "a user's rule replaces a shipped one by name")
    before = len(tap.load(tap.run("rules", "--format", "json"))["rules"])
    after = len(tap.load(tap.run("rules", "--rules", f.rules(text), "--format", "json"))["rules"])
    t.equal(after, before, "and does not stand beside it")
    one = f.rules(section("mine", says="first"), "one.rules")
    two = f.rules(section("mine", says="second"), "two.rules")
    done = tap.run("explain", "mine", "--rules", one, "--rules", two, "--facts", f.facts, "--format", "json")
    t.equal([v["says"] for v in tap.load(done)["verdicts"]], ["second"], "of two files the later one holds")


def check_report(t, f):
    """A broken rule is shown in the report, and the exit status tells of it; the others run."""
    quiet = f.explain("mine", section())
    t.status(quiet, 0, "explain works on a good rule")
    whole = """
table host complete
row
  id = "host"
  kernel_release = "6.18.9"
table platform complete
table kernel_arg complete
table module complete
table cpu complete
table pci_device complete
table drm_node complete
table kfd complete
table nvidia_driver complete
table gpu complete
"""
    facts = tap.write(os.path.join(f.folder, "whole"), tap.facts_text(whole))
    plain = tap.run("check", "--facts", facts, "--format", "json")
    # A column that is not there, a rule without a problem, and a good one behind them that fires.
    text = section("broken-one", problem="gpu.nothing") + section("broken-two", problem=None) + \
        section("fires", on="host", when=None, problem="host.id = 'host'", severity="info", says="I ran")
    file = f.rules(text)
    done = tap.run("check", "--facts", facts, "--rules", file, "--format", "json")
    t.equal((plain.returncode, done.returncode), (0, 2), "broken rules: 2 in place of 0")
    report = tap.load(done)
    t.ok(any(x["rule"] == "fires" for x in report["findings"]), "a rule behind the broken ones runs", done.stdout)
    t.ok(file + ":1: [broken-one] problem" in done.stdout, "the column that is not there is in the report",
         done.stdout)
    t.ok(file + ":12: [broken-two]" in done.stdout, "the key that is missing is in the report", done.stdout)
    text_report = tap.run("check", "--facts", facts, "--rules", file, env={**os.environ, "COLUMNS": "120"})
    t.status(text_report, 2, "also in the one for people", "Rules that cannot run\n",
             file + ":1: [broken-one] problem", file + ":12: [broken-two]")
    silent = tap.run("check", "--quiet", "--facts", facts, "--rules", file, env={**os.environ, "COLUMNS": "120"})
    t.status(silent, 2, "with --quiet too", "Rules that cannot run\n", file + ":1: [broken-one] problem",
             file + ":12: [broken-two]")
    t.ok("I ran" not in silent.stdout, "where an info is left out", silent.stdout)
    for one in (section("broken", problem="gpu.nothing"), section("broken", problem=None), "no rule\n"):
        done = tap.run("check", "--facts", facts, "--rules", f.rules(one), "--format", "json")
        t.equal((done.returncode, len(tap.load(done)["broken_rules"])), (2, 1), "one fault is enough: " + one[:20])
    for severity, wanted, narrow in (("error", 1, 1), ("warning", 1, 2), ("advice", 2, 2)):
        both = f.rules(text.replace("severity = info", "severity = " + severity))
        done = tap.run("check", "--facts", facts, "--rules", both)
        t.status(done, wanted, "broken rules and an %s: %d" % (severity, wanted), "Rules that cannot run\n", "I ran")
        done = tap.run("check", "--facts", facts, "--rules", both, "--fail-on", "error")
        t.status(done, narrow, "with --fail-on error: %d" % narrow, "Rules that cannot run\n")
    f.rules(text)
    folder = os.path.join(f.folder, "status.d")
    tap.write(os.path.join(folder, "10.rules"), section("whole", on="host", when=None, problem="host.id = 'x'",
                                                              says="{host.id}"))
    t.status(tap.run("check", "--facts", facts, "--rules", folder), 0, "a folder of good rules: 0")
    tap.write(os.path.join(folder, "20.rules"), "[broken]\ntitle = x\n")
    t.status(tap.run("check", "--facts", facts, "--rules", folder), 2, "a broken one among them: 2",
             folder + "/20.rules:1: [broken]")
    done = tap.run("explain", "broken-one", "--facts", facts, "--rules", file)
    t.status(done, 65, "explain of a broken rule says why", ":1: [broken-one] problem")
    t.status(tap.run("explain", "no-such-rule", "--facts", facts), 64, "explain of no rule", "no-such-rule")


def check_templates(t, f):
    def says(template, facts=None):
        done = f.explain("mine", section(says=template), facts)
        return tap.load(done)["verdicts"][0]["says"] if done.returncode == 0 else tap.describe(done)

    t.equal(says("{gpu.id}: {gpu.vram_mib * 2}"), "0000:03:00.0: 32608", "an expression is filled in")
    t.equal(says("a {{b}} {{{gpu.vram_mib}}}"), "a {b} {16304}", "doubled braces are braces")
    t.equal(says("{gpu.driver} {gpu.vram_mib + gpu.gtt_mib}"), "unknown unknown", "an unknown value reads unknown")
    t.equal(says("{host.ram_mib} {host.kernel_release}"), "64000 6.18.9-200.fc43.x86_64",
            "tables of one row may be named")
    t.equal(says("{gpu.vram_mib / 3.0} {gpu.vram_mib / 1024.0} {7 / 2}"), "5434.7 15.9 3", "one decimal at most")
    # From { on: a value with braces must not be filled in again.
    facts = FACTS.replace('name = "card"', 'name = "a {gpu.isa} } {{ name"')
    t.equal(says("{gpu.name}", facts), "a {gpu.isa} } {{ name", "a value's braces are left alone")
    f.accepted("an empty list of fixes", section(fix=None))
    for bad in ("{gpu.id", "gpu.id}", "{gpu.id}}", "{{gpu.id}", "{", "}", "{}", "{ }", "{{{gpu.id}}", "{gpu.{id}}"):
        f.refused("says = %s" % bad, section(says=bad), "[mine]", "says")
    for bad in ("{1) FROM gpu --}", "{1; DROP TABLE gpu}", "{1) FROM sqlite_schema /*}",
                "{(SELECT sql FROM sqlite_schema)}",
                "{(SELECT name FROM pragma_table_list)}", "{readfile('/etc/passwd')}", "{load_extension('x')}",
                "{randomblob(100000000)}", "{zeroblob(100000000)}"):
        f.refused("says = %s" % bad, section(says=bad), "[mine]", "says")
    for bad in ("{1), (2}", "{1) FROM this_gpu UNION SELECT (2}"):
        f.refused("says = %s" % bad, section(says=bad), "[mine] says", "the parentheses of %s do not match" % bad,
                  line=1)
        f.refused("fix = %s" % bad, section(fix="env A=" + bad), "[mine] fix", "do not match", line=1)
    f.refused("says names the engine's own view", section(says="{(SELECT count(*) FROM this_gpu)}"), "[mine] says",
              "no fact table", "this_gpu", line=1)
    t.equal(says("{(1 + (2)) * 3}"), "9", "parentheses that match are no matter")


def check_injection(t, f):
    for bad in ("1) FROM gpu --", "1; DROP TABLE gpu", "1) FROM gpu; --", "1 /* x */", "1), (2", "1) OR (1", "1))",
                "((1)",
                "'x", "DELETE FROM gpu", "(DELETE FROM gpu)", "(INSERT INTO gpu(id) VALUES ('x'))",
                "(UPDATE gpu SET id = 'x')", "(SELECT 1 FROM sqlite_schema) = 1",
                "(SELECT 1 FROM pragma_table_list) = 1",
                "load_extension('x') = 1", "(PRAGMA query_only)", "ATTACH 'x' AS y", "gpu.id = \"x\"", "gpu.id = ?",
                "gpu.id = ?1",
                "gpu.id = :x", "gpu.id = @x", "gpu.id = $x", "[gpu].[id] = 'x'", "`gpu`.id = 'x'",
                "randomblob(9) = 1",
                "zeroblob(99999999) = 1", "readfile('/etc/passwd') = 'x'", "changes() = 0",
                "(SELECT 1 FROM json_each('[1]')) = 1", "(VACUUM)", "(SELECT 1 FROM nothing) = 1"):
        f.refused("problem = %s" % bad, section(problem=bad), "[mine]", "problem", line=1)
    f.refused("when = 1) OR (1 cannot leave its parentheses", section(when="gpu.compute) OR (1"), "[mine]", "when")


def check_refused_words(t, f):
    for bad in ("gpu.isa IS NULL", "gpu.isa IS NOT 'x'", "gpu.isa ISNULL", "gpu.isa NOTNULL", "gpu.isa NOT NULL",
                "coalesce(gpu.vram_mib, 0) = 0", "ifnull(gpu.vram_mib, 0) = 0", "IIF(gpu.compute, 1, 0)",
                "nullif(gpu.isa, 'x') = 'y'", "typeof(gpu.isa) = 'null'", "CASE WHEN gpu.compute THEN 1 ELSE 0 END",
                "quote(gpu.isa) = 'NULL'", "CAST(gpu.isa AS INTEGER) = 5", "random() = 1",
                "(SELECT group_concat(g.isa) FROM gpu AS g) = 'x'", "(SELECT g.isa FROM gpu AS g LIMIT 1) = 'x'",
                "(SELECT count(*) FILTER (WHERE g.compute) FROM gpu AS g) = 1",
                "(SELECT count(*) OVER () FROM gpu AS g) = 1", "gpu.isa COLLATE nocase = 'x'"):
        f.refused("refused: %s" % bad, section(problem=bad), "[mine]", "problem", line=1)
    for bad in ("gpu.isa = 5", "5 = gpu.isa", "gpu.vram_mib = 'x'", "gpu.vram_mib IN (1, 'x')",
                "host.kernel_release < 6.10",
                "gpu.isa", "NOT gpu.isa", "gpu.compute AND gpu.isa", "gpu.compute OR (gpu.isa)", "'x'"):
        f.refused("never true: %s" % bad, section(problem=bad), "[mine]", "problem", line=1)
    done = f.explain("mine", section(problem="gpu.vram_mib * 1.5"))
    t.status(done, 65, "neither true nor false: gpu.vram_mib * 1.5", "[mine]", "problem", "neither true nor false")
    for bad, why in (("lower(gpu.isa)", "lower(…) is text, which SQL takes for false; compare it with something"),
                     ("gpu.isa || 'x' = 'gfx1201x'", "|| makes text, and a condition is none"),
                     ("max(gpu.vram_mib) > 5", "max(…) with one argument folds rows: put it into a subquery"),
                     ("min(gpu.vram_mib) > 5", "min(…) with one argument folds rows: put it into a subquery"),
                     ("(WITH w AS (SELECT 1 AS n) SELECT n FROM w) = 1", "WITH is refused in a rule"),
                     ("lower(host.kernel_release) < '6.10'", "host.kernel_release is a version: compare it directly")):
        f.refused("refused: %s" % bad, section(problem=bad), "[mine] problem: " + why, line=1)
        f.refused("refused in when: %s" % bad, section(when=bad), "[mine] when: " + why, line=1)
    f.accepted("min and max of two values", section(problem="max(gpu.vram_mib, 5) > min(gpu.gtt_mib, 6)"))
    f.accepted("min and max in a subquery", section(problem="(SELECT max(g.vram_mib) FROM gpu AS g) > 5"))


def check_endless(t, f):
    """A rule that would not end is refused or stopped, and the next one runs."""
    row = 'row\n  address = "0000:%02x:%02x.0"\n  vendor_id = "1002"\n'
    rows = "".join(row % (i // 32, i % 32) for i in range(400))
    facts = FACTS + "table pci_device complete\n" + rows
    file = tap.write(os.path.join(f.folder, "many"), tap.facts_text(facts))
    cross = "(SELECT count(*) FROM pci_device AS a, pci_device AS b, pci_device AS c, pci_device AS d WHERE " \
        "a.address < b.address AND b.address < c.address AND d.address < 'x') = 0"
    recursive = "(WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r) > 0"
    hog = "length(replace(replace(replace('%s', 'x', '%s'), 'x', '%s'), 'x', '%s')) > 0" % (("x" * 40,) * 4)
    endless = [("a cross join", cross.replace("WHERE", "\n WHERE"), "it takes too long and was stopped"),
               ("an endless recursion", recursive, "WITH is refused in a rule"),
               ("a text that grows", hog.replace(", 'x', ", ", 'x',\n\t"), "string or blob too big")]
    for name, problem, why in endless:
        text = section("endless", problem=problem) + section("next", severity="info", says="next ran")
        done = tap.run("check", "--facts", file, "--rules", f.rules(text), "--format", "json", timeout=50)
        report = tap.load(done)
        t.ok(any(x["rule"] == "next" for x in report["findings"]), "%s: the next rule runs" % name,
             tap.describe(done))
        t.ok(any("[endless] problem: " + why in x for x in report["broken_rules"]), "%s: it is reported" % name,
             tap.describe(done))
        t.equal(done.returncode, 2, "%s: the exit status tells of it" % name)
    deep = "(" * 300 + "1" + ")" * 300
    lines = "\n\t".join(deep[i:i + 100] for i in range(0, 601, 100))
    f.refused("parentheses that nest too deep", section(problem=lines), "[mine]", "problem")


def check_broken_override(t, f):
    """A rule of the user's that cannot run does not switch off the shipped rule of its name."""
    name = "gpu-without-driver"
    facts = tap.write(os.path.join(f.folder, "undriven"), tap.facts_text("""
table gpu complete
row
  id = "0000:03:00.0"
  name = "a card"
  vendor = "AMD"
  compute = true
  integrated = false
  passthrough = false
  driver_bound = false
  driver_wanted = "amdgpu"
"""))
    shipped = "a card (0000:03:00.0) is there, but no kernel driver serves it, so nothing can compute on it."
    misspelt = section(name, problem="NOT gpu.driver_bund", severity="info", says="my own words", valid=None)
    cases = [("a misspelt column", misspelt, " problem: no such column: gpu.driver_bund"),
             ("a key that is missing", section(name, problem=None), " the key is missing: problem"),
             ("a misspelt column in its text", section(name, problem="NOT gpu.driver_bound", says="{gpu.nam}",
                                                       valid=None), " says: no such column: gpu.nam")]
    for about, text, why in cases:
        file = f.rules(text)
        done = tap.run("check", "--facts", facts, "--rules", file, "--format", "json")
        report = tap.load(done)
        t.equal(done.returncode, 1, "a broken override, %s: 1" % about)
        found = [(x["severity"], x["says"]) for x in report["findings"] if x["rule"] == name]
        t.equal(found, [("error", shipped)], "the shipped rule gives its verdict: " + about)
        t.ok([x for x in report["broken_rules"] if x.startswith("%s:1: [%s]%s" % (file, name, why))] ==
             report["broken_rules"] != [], "and the broken one is listed: " + about, report["broken_rules"])
        done = tap.run("check", "--facts", facts, "--rules", file, env={**os.environ, "COLUMNS": "120"})
        t.status(done, 1, "both for people: " + about, "Rules that cannot run\n", file + ":1: [%s]" % name,
                 "error: A GPU has no kernel driver")
    # Where the override works it holds, and nothing is listed.
    done = tap.run("check", "--facts", facts, "--rules", f.rules(misspelt.replace("bund", "bound")), "--format", "json")
    report = tap.load(done)
    found = [(x["severity"], x["says"]) for x in report["findings"] if x["rule"] == name]
    t.equal((found, report["broken_rules"]), ([("info", "my own words")], []), "one that works holds")


def main():
    t = tap.Tap()
    f = Files(t)
    check_keys(t, f)
    check_valid(t, f)
    check_files(t, f)
    check_override(t, f)
    check_report(t, f)
    check_templates(t, f)
    check_injection(t, f)
    check_refused_words(t, f)
    check_endless(t, f)
    check_broken_override(t, f)
    t.end()


main()
