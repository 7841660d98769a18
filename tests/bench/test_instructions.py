#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A check stays as cheap as it is: instructions against a limit, and growth with the number of rules.

Instructions, not seconds: the count hardly differs between machines and runs. Libraries count too, so the limit
in instructions.limit has slack.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import common  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


def read_limit():
    """(machine, limit): the line of instructions.limit that is no comment."""
    with open(os.path.join(HERE, "instructions.limit"), encoding="utf-8") as f:
        line = next(x for x in f if x.strip() and not x.startswith("#"))
    machine, limit = line.split()
    return machine, int(limit)


def result(number, good, title, why=""):
    print("%s %d - %s" % ("ok" if good else "not ok", number, title))
    for line in why.splitlines():
        print("# " + line)
    sys.stdout.flush()


def check_limit(number, machine, limit):
    capture = common.machine(machine)
    count = common.instructions([common.GPUDOCTOR, "check", "--capture", capture])
    good = count is not None and os.path.exists(capture) and count <= limit
    why = "%s million instructions; the limit is %.1f" % (count / 1e6 if count else "no", limit / 1e6)
    if not good:
        why += "\nWhere the cost is worth it, say so in the commit and write %d into %s." % (
            (count or 0) * 5 // 4, "tests/bench/instructions.limit")
    result(number, good, "check of %s costs at most %.0f million instructions" % (machine, limit / 1e6), why)


def check_growth(number, finds):
    half = common.rule_instructions(500, 1, finds)
    whole = common.rule_instructions(1000, 1, finds)
    ratio = whole / half if half and whole else 99.0
    result(number, ratio <= 2.4, "1000 %s cost at most 2.4 times what 500 cost" % (
        "rules that find something" if finds else "rules"), "%.2f times" % ratio)


def main():
    if os.environ.get("SANITIZERS") == "yes":
        print("1..0 # SKIP a build with sanitizers counts otherwise")
    elif common.instructions(["true"]) is None:
        print("1..0 # SKIP valgrind is not installed")
    else:
        print("1..3")
        check_limit(1, *read_limit())
        check_growth(2, False)
        check_growth(3, True)


main()
