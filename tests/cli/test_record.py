#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""gpudoctor record: the file it leaves, that a replay shows the same machine, and what it must not hold."""
import glob
import os
import pwd
import re
import socket
import stat
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "cli"))
import machine  # noqa: E402
import tap  # noqa: E402


def volatile_columns():
    return {(table["name"], column["name"]) for table in tap.load(tap.run("facts", "--describe", "--format", "json"))
            for column in table["columns"] if column["volatile"]}


def cells(text, volatile):
    """The cells of facts, as (table, row, column) -> the rest of the line, without what changes by itself."""
    found = {}
    table, row = "", 0
    for line in text.splitlines():
        words = line.split(None, 1)
        if line.startswith("table "):
            table, row = line.split()[1], 0
            found[table] = line
        elif line == "row":
            row += 1
        elif line.startswith("  ") and (table, words[0]) not in volatile:
            found[table, row, words[0]] = words[1]
    return found


def difference(one, other):
    return ["%s: %s / %s" % (key, one.get(key), other.get(key)) for key in sorted({*one, *other}, key=str)
            if one.get(key) != other.get(key)]


def check_file(t):
    folder = t.folder()
    root = machine.lay_out(t.folder())
    file = folder + "/new.capture"
    done = tap.run("record", file, "--root", root, "--comment", "a machine\nfor a test", umask=0o022)
    t.status(done, 0, "a new file")
    t.equal(os.listdir(folder), ["new.capture"], "and nothing beside it")
    t.equal(os.stat(file).st_mode & 0o777, 0o644, "that others may read")
    with open(file, encoding="utf-8") as f:
        text = f.read()
    t.ok(re.search(r"^# a machine$", text, re.M) and re.search(r"^# for a test$", text, re.M),
         "the comment stands in it", text[:300])
    t.ok(text.startswith("gpudoctor-capture 1\n") and re.search(r"\nend \d+\n$", text),
         "from the first line to the last")
    t.equal(tap.run("record", "-", "--root", root, "--comment", "a machine\nfor a test").stdout, text,
            "- writes the same to standard output, twice the same")
    for mask, mode in ((0o077, 0o600), (0o027, 0o640), (0o002, 0o664), (0, 0o666), (0o022, 0o644)):
        other = folder + "/mask"
        tap.run("record", other, "--root", root, umask=mask)
        t.equal(os.stat(other).st_mode & 0o7777, mode, "its mode with a umask of %03o" % mask)
        os.unlink(other)
        tap.write(other, "old")
        os.chmod(other, 0o777)
        tap.run("record", other, "--root", root, "--force", umask=mask)
        t.equal(os.stat(other).st_mode & 0o7777, mode, "and where it replaces a file")
        os.unlink(other)
    t.status(tap.run("record", file, "--root", root), 73, "a file that is there is left alone", file, "--force")
    with open(file, encoding="utf-8") as f:
        t.equal(f.read(), text, "its content too")
    t.status(tap.run("record", file, "--root", root, "--force"), 0, "--force replaces it")
    with open(file, encoding="utf-8") as f:
        t.ok("# a machine" not in f.read(), "with the new record")
    t.equal(os.listdir(folder), ["new.capture"], "and nothing beside it")
    t.status(tap.run("record", folder + "/none/x", "--root", root), 73, "a folder that is not there", "/none/x")
    t.status(tap.run("record", folder, "--root", root), 73, "a folder in place of a file", folder)
    t.status(tap.run("record", folder, "--root", root, "--force"), 73, "not even by force", folder)
    t.status(tap.run("record", "/dev/full", "--root", root), 73, "a device is no new file")
    t.equal(os.listdir(folder), ["new.capture"], "and nothing is left behind")
    os.symlink("nowhere", folder + "/link")
    for options in ((), ("--force",)):
        t.status(tap.run("record", folder + "/link", "--root", root, *options), 73, "a link that leads nowhere",
                 folder + "/link is no regular file")
    t.ok(not os.path.exists(folder + "/nowhere"), "is not followed")
    t.equal(os.readlink(folder + "/link"), "nowhere", "nor replaced")
    os.unlink(folder + "/link")
    fifo = folder + "/fifo"
    os.mkfifo(fifo)
    for options in ((), ("--force",)):
        done = tap.run("record", fifo, "--root", root, *options, timeout=20)
        t.status(done, 73, " ".join(("what is no file is not replaced", *options)), fifo + " is no regular file")
    t.ok(stat.S_ISFIFO(os.stat(fifo).st_mode), "and is still what it was")
    t.equal(sorted(os.listdir(folder)), ["fifo", "new.capture"], "and nothing is left behind")
    if os.geteuid() == 0:
        locked = folder + "/locked"
        os.mkdir(locked)
        os.chmod(folder, 0o755)
        os.chmod(locked, 0o555)
        readable = t.folder()
        os.chmod(readable, 0o755)
        for options in ((), ("--force",)):
            done = tap.run("record", locked + "/x", "--root", readable, *options, user=65534, group=65534,
                           extra_groups=[])
            t.status(done, 73, "a folder that may not be written", locked)
        t.equal(os.listdir(locked), [], "holds nothing afterwards")
    else:
        t.skip("a folder that may not be written", "only root can become another user")
    t.status(tap.run("record", "-", "--root", root, "--all", "--comment", ""), 0, "--all with an empty comment")
    t.status(tap.run("record", "-", "--all"), 64, "--all of the live machine is refused", "--all")


def check_trees(t):
    """A record of a tree, of all of it or of what was asked for, shows the same machine."""
    folder = t.folder()
    roots = [("the demonstration", machine.lay_out(t.folder()))]
    for name in ("seed-rx9070xt-arch", "seed-strixhalo-framework"):
        path = os.path.join(tap.TOP, "tests", "machines", name + ".capture")
        roots.append((name, machine.lay_out(t.folder(), path)))
    for name, root in roots:
        wanted = cells(tap.run("facts", "--root", root).stdout, set())
        for how in ((), ("--all",)):
            file = folder + "/c"
            tap.run("record", file, "--root", root, "--force", *how)
            got = cells(tap.run("facts", "--capture", file).stdout, set())
            t.ok(wanted and not difference(wanted, got), "a record %sof a tree: %s" % ("--all " if how else "", name),
                 "\n".join(difference(wanted, got)[:10]))
        again = tap.run("record", "-", "--capture", file).stdout
        tap.write(folder + "/d", again)
        got = cells(tap.run("facts", "--capture", folder + "/d").stdout, set())
        t.ok(not difference(wanted, got), "a record of a record: " + name, "\n".join(difference(wanted, got)[:10]))


def secrets():
    """What of this machine must not be in its record: words of more than four letters."""
    found = {
        "the host's name": {socket.gethostname()},
        # Root's is the same everywhere.
        "the home folder": {os.path.expanduser("~"), pwd.getpwuid(os.getuid()).pw_dir} - {"/root"},
        "a MAC address": set(),
        "the machine's id": set(),
    }
    for path in glob.glob("/sys/class/net/*/address"):
        with open(path, encoding="ascii") as f:
            found["a MAC address"].add(f.read().strip())
    for path in ("/etc/machine-id", "/proc/sys/kernel/random/boot_id", "/sys/class/dmi/id/product_uuid"):
        try:
            with open(path, encoding="ascii") as f:
                found["the machine's id"].add(f.read().strip())
        except OSError:
            pass
    found["a MAC address"].discard("00:00:00:00:00:00")
    # The administrator's has nobody's name in it.
    found["the home folder"].discard("/root")
    # "/" and the like are no secrets; nor is a name as short as "vm".
    return {name: {w for w in words if len(w) > 4} for name, words in found.items()}


def check_live(t):
    folder = t.folder()
    file = folder + "/live.capture"
    # In this order, what changes meanwhile shows up in both comparisons.
    live = tap.run("facts")
    t.status(tap.run("record", file), 0, "a record of this machine")
    volatile = volatile_columns()
    t.ok(("host", "ram_available_mib") in volatile, "columns say whether they change by themselves")
    replay = tap.run("facts", "--capture", file)
    t.status(replay, 0, "its replay")
    wrong = difference(cells(live.stdout, volatile), cells(replay.stdout, volatile))
    t.ok(len(live.stdout) > 1000 and not wrong, "a replay shows the facts of this machine", "\n".join(wrong[:10]))
    t.equal(tap.run("check", "--capture", file).returncode, tap.run("check").returncode, "and the same verdict")
    with open(file, encoding="utf-8") as f:
        text = f.read()
    for name, words in secrets().items():
        inside = [w for w in words if w in text or w.replace("-", "") in text]
        t.ok(not inside, "the record does not hold " + name, inside)


def main():
    t = tap.Tap()
    check_file(t)
    check_trees(t)
    check_live(t)
    t.end()


main()
