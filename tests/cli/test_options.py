#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command line: what is wrong with it is said on standard error, with a status of 64."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "cli"))
import tap  # noqa: E402

COMMANDS = ["check", "facts", "query", "rules", "explain", "record"]


def full(*args):
    """With a standard output that takes nothing."""
    with open("/dev/full", "wb") as out:
        return tap.run(*args, stdout=out)


def closed(*args):
    """With no standard output at all."""
    return tap.run(*args, stdout=None, preexec_fn=lambda: os.close(1))


def main():
    t = tap.Tap()
    empty = t.folder()
    facts = tap.write(empty + "/facts", tap.facts_text("table gpu complete\n"))

    t.status(tap.run("--version"), 0, "--version", "gpudoctor ")
    for word in ("--help", "-h", "help"):
        done = tap.run(word)
        t.status(done, 0, word, *COMMANDS)
        t.equal(done.stderr, "", "%s is no error" % word)
    done = tap.run()
    t.ok(done.returncode == 64 and not tap.crashed(done), "no command", tap.describe(done))
    t.status(tap.run("chekc"), 64, "an unknown command", "chekc")
    t.status(tap.run("--root", empty), 64, "an option in place of a command", "--root")
    t.status(tap.run(""), 64, "an empty command")
    for command in COMMANDS:
        done = tap.run(command, "--help")
        t.status(done, 0, "%s --help" % command, "Usage: gpudoctor " + command, "--help")
        long = [line for line in done.stdout.splitlines() if len(line) > 80]
        t.ok(not long, "%s --help fits 80 columns" % command, "\n".join(long))
        done = tap.run(command, "--no-such-option")
        t.status(done, 64, "%s --no-such-option" % command, "no-such-option")
        t.equal(done.stdout, "", "%s: nothing on standard output then" % command)
        t.status(tap.run(command, "-Z"), 64, "%s -Z" % command, "Z")
    for command, option in (("check", "--root"), ("check", "--capture"), ("check", "--facts"), ("check", "--format"),
                            ("check", "--rules"), ("check", "--fail-on"), ("check", "--color"), ("rules", "--check"),
                            ("record", "--comment")):
        t.status(tap.run(command, option), 64, "%s %s without its argument" % (command, option), option)
    for command, option in (("facts", "--fail-on=error"), ("query", "--quiet"), ("rules", "--root=/"),
                            ("record", "--format=json"), ("explain", "--describe"), ("check", "--force")):
        t.status(tap.run(command, option), 64, "%s has no %s" % (command, option), option.split("=", maxsplit=1)[0])
    for one, other in ((("--root", empty), ("--capture", facts)), (("--root", empty), ("--demo",)),
                       (("--root", empty), ("--facts", facts)), (("--capture", facts), ("--demo",)),
                       (("--facts", facts), ("--demo",))):
        t.status(tap.run("check", *one, *other), 64, "%s and %s" % (one[0], other[0]), "only one of")
    for command in ("check", "facts", "rules", "explain", "query"):
        t.status(tap.run(command, "--format", "xml"), 64, "%s: an unknown format" % command, "xml")
    t.status(tap.run("check", "--fail-on", "advice"), 64, "an unknown --fail-on", "advice")
    t.status(tap.run("check", "--color", "blue"), 64, "an unknown --color", "blue")
    for args in (("check", "x"), ("rules", "x"), ("query", "SELECT 1", "x"), ("explain", "nomodeset", "x"),
                 ("record", "a", "b")):
        t.status(tap.run(*args), 64, "too many arguments: " + " ".join(args), "too many")
    for command in ("query", "explain", "record"):
        t.status(tap.run(command), 64, "too few arguments: " + command, command)
    t.status(tap.run("explain", "no-such-rule", "--facts", facts), 64, "no such rule", "no-such-rule")
    t.status(tap.run("facts", "no_such_table", "--facts", facts), 64, "no such table", "no_such_table")
    t.status(tap.run("check", "--facts", facts, "--", "--root"), 64, "-- ends the options", "too many")
    t.status(tap.run("facts", "--facts", facts, "gpu", "host"), 0, "several tables", "table gpu", "table host")

    outputs = [
        ("check", "--facts", facts),
        ("check", "--facts", facts, "--format", "json"),
        ("facts", "--facts", facts),
        ("facts", "--describe"),
        ("rules",),
        ("rules", "--format", "json"),
        ("explain", "nomodeset", "--facts", facts),
        ("query", "SELECT 1", "--facts", facts),
        ("record", "-", "--root", empty),
        ("--help",),
        ("--version",),
        ("check", "--help"),
    ]
    for args in outputs:
        name = " ".join(a for a in args if not a.startswith("/"))
        t.status(full(*args), 74, "a full standard output: " + name, "output")
        t.status(closed(*args), 74, "a closed standard output: " + name, "output")
    rules = tap.write(empty + "/my.rules", "")
    t.status(full("rules", "--check", rules), 74, "a full standard output: rules --check", "output")
    t.end()


main()
