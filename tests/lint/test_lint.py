#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the tree to the rules of checks.py: one TAP line a check, its complaints below it."""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import checks  # noqa: E402

TOP = os.environ.get("TOP_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
BUILD = os.environ.get("TOP_BUILDDIR", TOP)
TITLES = {
    "layers": "a layer includes itself and those to its left only",
    "calls": "the machine is asked through the door, and only the command layer prints and exits",
    "function-size": "functions have at most %d lines" % checks.MAX_FUNCTION_LINES,
    "file-size": "files have at most %d lines" % checks.MAX_FILE_LINES,
    "nesting": "nesting is at most %d deep" % checks.MAX_NESTING,
    "columns": "lines have at most %d columns" % checks.MAX_COLUMNS,
    "spdx": "every source file names its licence",
    "unfinished": "no notes of unfinished work",
    "blanks": "no blanks at the ends of lines",
    "goto": "no goto",
    "own-header": "a file includes its own header first",
    "probes": "each probe is defined and listed",
    "assertions": "every test can fail",
    "waivers": "every waiver is needed",
}


class Tap:
    def __init__(self):
        self.count = 0

    def result(self, found, title):
        self.count += 1
        print("%s %d - %s" % ("not ok" if found else "ok", self.count, title))
        for c in found:
            print("#   %s" % c)

    def skip(self, title, why):
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, title, why))


def check_distribution(tap, tree):
    title = "every file is listed for distribution"
    listing = os.path.join(BUILD, "tests/lint/distfiles.list")
    if not tree.from_git():
        tap.skip(title, "this is no git checkout")
    elif not os.path.exists(listing):
        tap.skip(title, "tests/lint/distfiles.list is not built; make check builds it")
    else:
        with open(listing, encoding="utf-8") as f:
            distributed = {os.path.normpath(p) for p in f.read().split()}
        tap.result(list(checks.listed(tree, distributed)), title)


def check_shell(tap, tree):
    title = "shellcheck has no complaint"
    scripts = [p for p in tree.files if p.endswith(".sh") or p == ".ci/run"]
    scripts = [p for p in scripts if not p.startswith(("tests/lint/fixtures/", "build-aux/"))]
    if not shutil.which("shellcheck"):
        tap.skip(title, "shellcheck is not installed")
        return
    run = subprocess.run(["shellcheck", "-x", "-f", "gcc"] + scripts, cwd=TOP, capture_output=True, text=True,
                         check=False)
    tap.result(run.stdout.splitlines() + run.stderr.splitlines(), title)


def main():
    tree = checks.Tree(TOP)
    waivers = checks.read_waivers(os.path.join(TOP, "tests/lint/waivers"))
    found = list(checks.complaints(tree, waivers))
    tap = Tap()
    print("1..%d" % (len(TITLES) + 3))
    tap.result([] if len(list(tree.sources())) > 50 else ["found %d source files" % len(list(tree.sources()))],
               "there are sources to look at")
    for check, title in TITLES.items():
        tap.result([c for c in found if c.check == check], title)
    check_distribution(tap, tree)
    check_shell(tap, tree)


main()
