#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The checks over a small tree that breaks each of them: what is complained of must be exactly what is expected."""
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import checks  # noqa: E402

FIXTURES = os.path.join(HERE, "fixtures")


def result(number, good, title, details=()):
    print("%s %d - %s" % ("ok" if good else "not ok", number, title))
    if not good:
        for line in details:
            print("#   %s" % line)


def found_in_fixtures():
    tree = checks.Tree(os.path.join(FIXTURES, "tree"))
    waivers = checks.read_waivers(os.path.join(FIXTURES, "waivers"))
    return sorted("%s %s" % (c.check, c) for c in checks.complaints(tree, waivers))


def long_file(lines):
    with tempfile.TemporaryDirectory() as top:
        os.makedirs(os.path.join(top, "src/base"))
        with open(os.path.join(top, "src/base/long.c"), "w", encoding="utf-8") as f:
            f.write("int x;\n" * lines)
        return [c.check for c in checks.sizes(checks.Tree(top))]


def bad_waiver():
    with tempfile.NamedTemporaryFile("w", suffix=".waivers") as f:
        f.write("calls src/base/x.c:open\n")
        f.flush()
        try:
            checks.read_waivers(f.name)
        except ValueError:
            return True
    return False


def main():
    with open(os.path.join(FIXTURES, "expected"), encoding="utf-8") as f:
        expected = sorted(f.read().splitlines())
    found = found_in_fixtures()
    if "--update" in sys.argv:
        with open(os.path.join(FIXTURES, "expected"), "w", encoding="utf-8") as f:
            f.write("".join(line + "\n" for line in found))
        return
    kinds = sorted({line.split()[0] for line in expected})
    print("1..%d" % (len(kinds) + 5))
    for number, kind in enumerate(kinds, 1):
        want = [line for line in expected if line.split()[0] == kind]
        have = [line for line in found if line.split()[0] == kind]
        result(number, want == have, "fixtures: " + kind,
               ["missed: " + x for x in want if x not in have] + ["too much: " + x for x in have if x not in want])
    number = len(kinds)
    result(number + 1, {line.split()[0] for line in found} <= set(kinds), "fixtures: nothing else", found)
    result(number + 2, long_file(checks.MAX_FILE_LINES) == [], "a file just short enough")
    result(number + 3, long_file(checks.MAX_FILE_LINES + 1) == ["file-size"], "a file one line too long")
    result(number + 4, bad_waiver(), "a waiver without a reason is refused")
    tree = checks.Tree(os.path.join(FIXTURES, "tree"))
    left_out = [c.path for c in checks.listed(tree, set(tree.files) - {"probes/good.c"})]
    result(number + 5, left_out == ["probes/good.c"], "a file that is not distributed", left_out)


main()
