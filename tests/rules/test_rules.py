#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Judges every shipped rule on the facts of the *.cases files.

A case is a headline and facts in the text form of `gpudoctor facts`; a cell that
is left out is unknown:

    [gpu-without-driver] fires: what is special about it
    table gpu complete
    row
      id = "0000:03:00.0"
      driver_bound = false
    expect severity = error
    expect says = the sentence, filled in
    expect fix = KIND the text, filled in

The outcome is fires, quiet, unknown or not-applicable, and holds for every row
unless a line `expect ID = OUTCOME` says otherwise. Each shipped rule must have a
case for each outcome it can have.
"""
import glob
import os
import re
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "cli"))
import tap  # noqa: E402

OUTCOMES = {"fires": "problem", "quiet": "fine", "unknown": "unknown", "not-applicable": "does not apply"}
HEADLINE = re.compile(r"^\[([a-z0-9-]+)\] (fires|quiet|unknown|not-applicable): (.+)$")


class Case:
    def __init__(self, file, line, rule, outcome, about):
        self.where = "%s:%d" % (os.path.basename(file), line)
        self.rule = rule
        self.outcome = outcome
        self.about = about
        self.facts = []
        self.severity = None
        self.says = None
        self.fixes = []
        self.rows = {}

    def expect(self, text):
        key, _, value = text.partition(" = ")
        if key == "says":
            self.says = value
        elif key == "severity":
            self.severity = value
        elif key == "fix":
            kind, _, rest = value.partition(" ")
            self.fixes.append({"kind": kind, "text": rest})
        else:
            self.rows[key] = value


def read_cases(file):
    cases = []
    with open(file, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            head = HEADLINE.match(line)
            if head:
                cases.append(Case(file, number, *head.groups()))
            elif line.startswith("["):
                raise SystemExit("%s:%d: not a headline: %s" % (file, number, line))
            elif line.startswith("expect "):
                cases[-1].expect(line[len("expect "):])
            elif line.strip() and not line.startswith("#"):
                cases[-1].facts.append(line)
    return cases


def judge(t, case, folder):
    file = tap.write(os.path.join(folder, "case.facts"), tap.facts_text("\n".join(case.facts)))
    name = "[%s] %s: %s (%s)" % (case.rule, case.outcome, case.about, case.where)
    done = tap.run("explain", case.rule, "--facts", file, "--format", "json")
    if done.returncode or tap.crashed(done):
        t.ok(False, name, tap.describe(done))
        return
    explained = tap.load(done)
    verdicts = explained["verdicts"]
    got = {v["key"]: v["outcome"] for v in verdicts}
    wanted = {key: OUTCOMES[case.rows.get(key or "rest", case.outcome)] for key in got}
    problems = []
    if got != wanted or not got:
        problems.append("outcomes %s, wanted %s" % (got, wanted))
    if case.severity not in (None, explained["rule"]["severity"]):
        problems.append("severity %s, wanted %s" % (explained["rule"]["severity"], case.severity))
    fired = [v for v in verdicts if v["outcome"] == "problem"]
    if case.says is not None and [v["says"] for v in fired] != [case.says]:
        problems.append("says %r, wanted %r" % ([v["says"] for v in fired], case.says))
    if case.fixes and [v["fixes"] for v in fired] != [case.fixes]:
        problems.append("fixes %r, wanted %r" % ([v["fixes"] for v in fired], case.fixes))
    for verdict in fired:
        if not verdict["says"] or "unknown" in verdict["says"] and case.says is None:
            problems.append("says %r" % verdict["says"])
    t.ok(not problems, name, "\n".join(problems))


def check_coverage(t, rules, cases):
    for rule in rules:
        outcomes = {"fires", "quiet", "unknown"} | ({"not-applicable"} if rule["when"] else set())
        missing = outcomes - {c.outcome for c in cases if c.rule == rule["name"]}
        t.ok(not missing, "[%s] has a case for every outcome" % rule["name"], "no case: %s" % sorted(missing))
        t.ok(any(c.rule == rule["name"] and c.says for c in cases), "[%s] has a case with its text" % rule["name"])
    names = {r["name"] for r in rules}
    strays = sorted({c.rule for c in cases} - names)
    t.ok(not strays, "every case is of a shipped rule", strays)
    # What is built in is trusted at run time: here it passes the gate that users' rules go through.
    files = sorted(glob.glob(os.path.join(tap.TOP, "rules", "*.rules")))
    t.ok(files, "there are files of shipped rules")
    for file in files:
        t.status(tap.run("rules", "--check", file), 0, "the gate lets %s pass" % os.path.basename(file))


def main():
    t = tap.Tap()
    folder = t.folder()
    files = sorted(glob.glob(os.path.join(os.environ["TOP_SRCDIR"], "tests", "rules", "*.cases")))
    cases = [case for file in files for case in read_cases(file)]
    listed = tap.load(tap.run("rules", "--format", "json"))
    rules = listed if isinstance(listed, list) else listed["rules"]

    check_coverage(t, rules, cases)
    for case in cases:
        judge(t, case, folder)
    t.end()


main()
