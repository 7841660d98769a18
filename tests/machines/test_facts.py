#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each machine's facts against what its files and its source state.

tests/machines/NAME.capture is a machine, NAME.facts what a correct program finds in it:

    count gpu 1                                  rows of a table
    count pci_device[display=true] 1             rows with a value in a column
    table pci_device incomplete
    gpu[0000:64:00.0].isa = gfx1103              the row with this key
    host.ram_mib = 55296                         a table of one row
    gpu[0000:64:00.0].bandwidth_gbps unknown     or absent, or known

Two blanks and a # start a comment. The values come from the files, never from the program.
"""
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


def load(capture):
    run = subprocess.run([PROGRAM, "facts", "--capture", capture, "--format", "json", "--show-private"],
                         capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(f"exit status {run.returncode}: {run.stderr.strip()}")
    return json.loads(run.stdout)


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


def check(facts, line):
    for pattern, function in ((CELL, check_cell), (COUNT, check_count), (TABLE, check_table)):
        match = pattern.match(line)
        if match:
            try:
                return function(facts, match)
            except KeyError as missing:
                return f"no such table or column: {missing}"
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
            for number, line in lines:
                fault = check(facts, line)
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
