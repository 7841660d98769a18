#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each machine's report against NAME.report, which `make accept` writes and a reviewer reads.

The facts behind it are held by test_facts.py; here the words, their order and the exit status are.
"""
import difflib
import os
import subprocess
import sys

PROGRAM = os.environ["GPUDOCTOR"]
FOLDER = os.path.join(os.environ["TOP_SRCDIR"], "tests", "machines")


def report(name):
    capture = os.path.join(FOLDER, name + ".capture")
    environment = dict(os.environ, COLUMNS="80", NO_COLOR="1")
    run = subprocess.run([PROGRAM, "check", "--capture", capture], capture_output=True, text=True, env=environment)
    return f"{run.stdout}{run.stderr}exit status {run.returncode}\n"


def wanted(name):
    try:
        with open(os.path.join(FOLDER, name + ".report"), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def accept(names):
    for name in names:
        text = report(name)
        if text != wanted(name):
            with open(os.path.join(FOLDER, name + ".report"), "w", encoding="utf-8") as file:
                file.write(text)
            print(f"accepted {name}.report: review its diff")


def main():
    names = sorted(name[:-8] for name in os.listdir(FOLDER) if name.endswith(".capture"))
    if sys.argv[1:] == ["--accept"]:
        accept(names)
        return 0
    print(f"1..{len(names)}")
    failed = 0
    for index, name in enumerate(names, 1):
        diff = list(difflib.unified_diff(wanted(name).splitlines(), report(name).splitlines(), name + ".report",
                                         "now", lineterm=""))
        print(f"{'not ok' if diff else 'ok'} {index} - {name}")
        for line in diff:
            print(f"# {line}")
        failed += bool(diff)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
