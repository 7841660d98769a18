#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each machine's facts and findings against what its files and its source state.

tests/machines/NAME.capture is a machine, NAME.facts what a correct program finds in it:

    count gpu 1                                  rows of a table
    count pci_device[display=true] 1             rows with a value in a column
    table pci_device incomplete
    gpu[0000:64:00.0].isa = gfx1103              the row with this key
    host.ram_mib = 55296                         a table of one row
    gpu[0000:64:00.0].bandwidth_gbps unknown     or absent, or known

and what a correct report says, and what it must not say:

    exit status 1
    finding override-needless warning 0000:03:00.0   the rule, its severity, the key of the row it is about
    finding override-needless warning            the same, where there is one such finding and no other
    no finding override-*                        no rule of such a name finds anything
    says override-needless systemctl daemon-reload   its findings have these words somewhere, fixes included
    no fix HSA_OVERRIDE_GFX_VERSION              these words are in no fix of any finding
    no word HSA_OVERRIDE_GFX_VERSION             nor anywhere in the findings and the headline

Two blanks and a # start a comment. The values come from the files, never from the program.
"""
import fnmatch
import functools
import json
import math
import os
import re
import subprocess
import sys

PROGRAM = os.environ["GPUDOCTOR"]
FOLDER = os.path.join(os.environ["TOP_SRCDIR"], "tests", "machines")
CELL = re.compile(r"^(\w+)(?:\[([^\]]*)\])?\.(\w+) (?:= (.*)|(unknown|absent|known))$")
COUNT = re.compile(r"^count (\w+)(?:\[(\w+)=([^\]]*)\])? (\d+)$")
TABLE = re.compile(r"^table (\w+) (complete|incomplete)$")
STATUS = re.compile(r"^exit status (\d+)$")
FINDING = re.compile(r"^finding ([\w-]+) (error|warning|advice|info)(?: (.+))?$")
NO_FINDING = re.compile(r"^no finding ([\w*-]+)$")
SAYS = re.compile(r"^says ([\w-]+) (.+)$")
NO_TEXT = re.compile(r"^no (fix|word) (.+)$")


def load(capture):
    run = subprocess.run([PROGRAM, "facts", "--capture", capture, "--format", "json", "--show-private"],
                         capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(f"exit status {run.returncode}: {run.stderr.strip()}")
    return json.loads(run.stdout)


def load_report(capture):
    run = subprocess.run([PROGRAM, "check", "--capture", capture, "--format", "json"], capture_output=True, text=True)
    if run.returncode > 2:
        raise RuntimeError(f"exit status {run.returncode}: {run.stderr.strip()}")
    return dict(json.loads(run.stdout), status=run.returncode)


@functools.cache
def rules():
    """The names of all rules, so that an expectation about one that there is not fails."""
    folder = os.path.join(os.environ["TOP_SRCDIR"], "rules")
    names = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".rules"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                names += re.findall(r"^\[([\w-]+)\]$", file.read(), re.M)
    return names


def text_of(cell):
    """A known cell's value as the expectations write it."""
    value = cell["value"]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def same(cell, wanted):
    value = cell["value"]
    if isinstance(value, float):
        try:
            return math.isclose(value, float(wanted), rel_tol=0.005)
        except ValueError:
            return False
    return text_of(cell) == wanted


def key_of(row):
    cell = row[next(iter(row))]
    return text_of(cell) if cell["state"] == "known" else None


def check_cell(facts, match):
    table, key, column, wanted, state = match.groups()
    rows = facts[table]["rows"]
    if key is not None:
        rows = [row for row in rows if key_of(row) == key]
    if len(rows) != 1:
        return f"{len(rows)} such rows"
    cell = rows[0][column]
    if state:
        return None if cell["state"] == state else f"it is {json.dumps(cell)}"
    if cell["state"] == "known" and same(cell, wanted):
        return None
    return f"it is {json.dumps(cell)}"


def check_count(facts, match):
    table, column, value, wanted = match.groups()
    rows = facts[table]["rows"]
    if column:
        rows = [row for row in rows if row[column]["state"] == "known" and text_of(row[column]) == value]
    return None if len(rows) == int(wanted) else f"there are {len(rows)}"


def check_table(facts, match):
    table, wanted = match.groups()
    return None if facts[table]["complete"] == (wanted == "complete") else f"it is {not (wanted == 'complete')}"


def findings_of(report, rule):
    if not fnmatch.filter(rules(), rule):
        raise KeyError(rule)
    return [finding for finding in report["findings"] if fnmatch.fnmatchcase(finding["rule"], rule)]


def check_status(report, match):
    return None if report["status"] == int(match[1]) else f"it is {report['status']}"


def check_finding(report, match):
    rule, severity, key = match.groups()
    found = findings_of(report, rule)
    if key:
        found = [finding for finding in found if finding["key"] == key]
    if len(found) != 1:
        return f"there are {len(found)}"
    return None if found[0]["severity"] == severity else f"it is {found[0]['severity']}"


def check_no_finding(report, match):
    found = findings_of(report, match[1])
    return f"{found[0]['rule']}: {found[0]['says']}" if found else None


def words_of(finding):
    """All that a reader sees of a finding, in one line."""
    texts = [finding["title"], finding["subject"], finding["says"], finding["because"]]
    return " ".join(text for text in texts + [fix["text"] for fix in finding["fixes"]] if text)


def check_says(report, match):
    found = findings_of(report, match[1])
    if not found:
        return "there is no such finding"
    texts = [words_of(finding) for finding in found]
    return None if any(match[2] in text for text in texts) else f"it says {' / '.join(texts)}"


def check_no_text(report, match):
    texts = [fix["text"] for finding in report["findings"] for fix in finding["fixes"]]
    if match[1] == "word":
        texts = [report["headline"]] + [words_of(finding) for finding in report["findings"]]
    return next((text for text in texts if match[2] in text), None)


OF_FACTS = ((CELL, check_cell), (COUNT, check_count), (TABLE, check_table))
OF_REPORT = ((STATUS, check_status), (FINDING, check_finding), (NO_FINDING, check_no_finding), (SAYS, check_says),
             (NO_TEXT, check_no_text))


def check(facts, report, line):
    for source, checks in ((facts, OF_FACTS), (report, OF_REPORT)):
        for pattern, function in checks:
            match = pattern.match(line)
            if match:
                try:
                    return function(source, match)
                except KeyError as missing:
                    return f"no such table, column or rule: {missing}"
    return "not an expectation"


def expectations(path):
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = re.sub(r"(^|\s\s+)#.*", "", line.rstrip("\n")).strip()
            if line:
                yield number, line


def main():
    names = sorted(name[:-6] for name in os.listdir(FOLDER) if name.endswith(".facts"))
    print(f"1..{len(names)}")
    failed = 0
    for index, name in enumerate(names, 1):
        faults = []
        lines = list(expectations(os.path.join(FOLDER, name + ".facts")))
        try:
            facts = load(os.path.join(FOLDER, name + ".capture"))
            report = load_report(os.path.join(FOLDER, name + ".capture"))
            for number, line in lines:
                fault = check(facts, report, line)
                if fault:
                    faults.append(f"{name}.facts:{number}: {line}: {fault}")
        except (RuntimeError, ValueError) as error:
            faults.append(str(error))
        if not lines:
            faults.append("no expectations")
        print(f"{'not ok' if faults else 'ok'} {index} - {name}: {len(lines)} expectations")
        for fault in faults:
            print(f"# {fault}")
        failed += bool(faults)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
