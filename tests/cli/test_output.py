#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The report: colour, width, the schema of its JSON, and that checking writes nothing anywhere."""
import json
import os
import pty
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "cli"))
import machine  # noqa: E402
import tap  # noqa: E402

try:
    import jsonschema
except ImportError:
    jsonschema = None

MACHINES = [os.path.join(tap.TOP, "tests", "machines", name + ".capture")
            for name in ("seed-rx9070xt-arch", "seed-strixhalo-framework", "seed-strixhalo-bosgame")]
ESCAPE = "\x1b"


def environment(**changes):
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "TERM")}
    env.update({"TERM": "xterm", **changes})
    return env


def has_terminals():
    """Some build chambers have no /dev/pts."""
    try:
        parent, child = pty.openpty()
    except OSError:
        return False
    os.close(parent)
    os.close(child)
    return True


def on_terminal(*args, **changes):
    """What the program prints on a terminal of 100 columns."""
    parent, child = pty.openpty()
    subprocess.run(["stty", "cols", "100", "rows", "40"], stdin=child, check=False)
    started = subprocess.Popen([tap.PROGRAM, *args], stdin=subprocess.DEVNULL, stdout=child, stderr=child,
                               env=environment(**changes))
    os.close(child)
    out = b""
    while True:
        try:
            piece = os.read(parent, 65536)
        except OSError:
            break
        if not piece:
            break
        out += piece
    os.close(parent)
    started.wait(timeout=30)
    return out.decode("utf-8", "replace").replace("\r\n", "\n")


def check_colour(t, source):
    piped = tap.run("check", *source, env=environment()).stdout
    t.ok(ESCAPE not in piped, "no colour in a pipe")
    t.ok(ESCAPE in tap.run("check", "--color", "always", *source, env=environment()).stdout,
         "--color always in a pipe")
    t.ok(ESCAPE in tap.run("check", "--color", "always", *source, env=environment(NO_COLOR="1")).stdout,
         "--color always outranks NO_COLOR")
    if not has_terminals():
        t.skip("colour and width of a terminal", "there are no pseudo-terminals here")
        return
    t.ok(ESCAPE in on_terminal("check", *source), "colour on a terminal")
    t.ok(ESCAPE not in on_terminal("check", *source, NO_COLOR="1"), "none with NO_COLOR")
    t.ok(ESCAPE in on_terminal("check", *source, NO_COLOR=""), "an empty NO_COLOR does not count")
    t.ok(ESCAPE not in on_terminal("check", *source, TERM="dumb"), "none on a dumb terminal")
    t.ok(ESCAPE not in on_terminal("check", "--color", "never", *source), "none with --color never")
    t.ok(ESCAPE not in on_terminal("check", "--format", "json", *source), "none in JSON")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", on_terminal("check", *source, COLUMNS="80"))
    t.equal(plain, tap.run("check", *source, env=environment(COLUMNS="80")).stdout,
            "but for colour both are the same")
    wide = max(len(line) for line in re.sub(r"\x1b\[[0-9;]*m", "", on_terminal("check", *source)).splitlines())
    t.ok(80 < wide <= 100, "the width of the terminal is used", wide)


def check_width(t, sources):
    reports = [(args, source) for _, source in sources
               for args in (("check",), ("check", "-v"), ("check", "-q"), ("explain", "gtt-larger-than-ram"))]
    reports += [(("rules",), []), (("facts", "--describe"), []), (("check", "--help"), [])]
    long = []
    for width in (40, 41, 60, 72, 80, 100, 120, 200):
        for args, source in reports:
            # Four columns of a table do not fit a narrower screen.
            if width < 60 and args[-1] in ("rules", "--describe"):
                continue
            out = tap.run(*args, *source, env=environment(COLUMNS=str(width))).stdout
            # A line may be longer for one word that cannot be broken, behind a label.
            long += ["%d: %s" % (width, line) for line in out.splitlines()
                     if len(line) > width and len(line.rpartition(" ")[0].rstrip()) > width // 2]
    t.ok(not long, "no line is longer than the width", "\n".join(sorted(set(long))[:12]))


def check_columns(t, source):
    for width, same in (("0", "80"), ("-5", "80"), ("wide", "80"), ("99999999999999999999", "80"), ("1", "40"),
                        ("9999", "120")):
        got = tap.run("check", *source, env=environment(COLUMNS=width)).stdout
        t.equal(got, tap.run("check", *source, env=environment(COLUMNS=same)).stdout,
                "COLUMNS=%s counts as %s" % (width, same))


def check_json(t, sources):
    with open(os.path.join(tap.TOP, "data", "report.schema.json"), encoding="utf-8") as f:
        schema = json.load(f)
    t.ok(schema.get("required"), "the schema asks for something")
    if not jsonschema:
        t.skip("the report keeps to its schema", "python3-jsonschema is missing")
        return
    for name, source in sources:
        report = tap.load(tap.run("check", "--format", "json", *source))
        errors = [e.message for e in jsonschema.Draft202012Validator(schema).iter_errors(report)]
        t.ok(not errors, "the report keeps to its schema: " + name, "\n".join(errors[:5]))


def check_counts(t, sources):
    """The last line counts the findings and the rules, as the JSON does."""
    for name, source in sources:
        report = tap.load(tap.run("check", "--format", "json", *source))
        out = tap.run("check", *source, env=environment(COLUMNS="120")).stdout
        found = {s: sum(f["severity"] == s for f in report["findings"]) for s in ("error", "warning", "advice", "info")}
        counts = ", ".join("%d %s%s" % (n, s, "s" if n != 1 and s in ("error", "warning") else "")
                           for s, n in found.items())
        wanted = "%s. Of %d rules %d were answered, %d could not be, %d do not apply." % (
            counts, report["rules_total"], report["rules_asked"] - report["rules_open"], report["rules_open"],
            report["rules_total"] - report["rules_asked"])
        t.ok(wanted in out.splitlines(), "the last line counts: " + name, wanted + "\n" + out[-400:])
        if report["gpus"] and not found["error"] + found["warning"]:
            start = "No problem was found%s." % (
                "; %d check%s could not be made" % (report["rules_open"], "" if report["rules_open"] == 1 else "s")
                if report["rules_open"] else "")
            t.ok(out.startswith(start), "the first line of a machine without a problem: " + name, out[:300])


def check_writes(t, root):
    """Run where nothing is, and see that nothing came."""
    home = t.folder()
    env = environment(HOME=home, TMPDIR=home, XDG_CACHE_HOME=home + "/c", XDG_CONFIG_HOME=home + "/d")
    before = {p: os.stat(p).st_mtime_ns for p in machine.files_below(root)}
    commands = [("check",), ("check", "--root", root), ("facts",), ("rules",), ("query", "SELECT * FROM gpu"),
                ("explain", "nomodeset"), ("record", "-"), ("check", "--demo")]
    for command in commands:
        tap.run(*command, cwd=home, env=env)
    t.equal(os.listdir(home), [], "nothing is written to the home or working folder")
    t.equal({p: os.stat(p).st_mtime_ns for p in machine.files_below(root)}, before, "nor to the tree")
    if not shutil.which("strace") or os.environ.get("SANITIZERS") == "yes":
        t.skip("no file is opened for writing", "strace is missing, or a sanitizer writes for itself")
        return
    log = t.folder() + "/log"
    check_devices(t, root, log)
    # New names, removed names, modes and owners: all that could leave a trace, and every open that may write.
    trace = "trace=open,openat,openat2,creat,mkdir,mkdirat,unlink,unlinkat,rename,renameat,renameat2," \
        "link,linkat,symlink,symlinkat,mknod,mknodat,truncate,ftruncate,chmod,fchmod,fchmodat," \
        "chown,fchown,fchownat,utimensat,socket,execve"
    for command in commands:
        done = subprocess.run(["strace", "-f", "-o", log, "-e", trace, tap.PROGRAM, *command], cwd=home, env=env,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
        with open(log, encoding="utf-8", errors="replace") as f:
            calls = [line for line in f if "(" in line]
        if not calls or "PTRACE" in done.stderr.decode("utf-8", "replace"):
            t.skip("traced: " + command[0], "strace may not trace here")
            continue
        changing = [line for line in calls if re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", line)
                    or not re.search(r" (open|openat|openat2|execve)\(|exited|resumed", " " + line)]
        # Libraries ask the driver through its node, which takes writing to it.
        changing = [line for line in changing if not re.search(r'open\w*\(\w+, "/dev/(dri/|kfd"|nvidia)', line)]
        programs = [line for line in calls if "execve(" in line]
        t.ok(not changing, "nothing is opened for writing: " + " ".join(command[:2]), "".join(changing[:5]))
        t.ok(len(programs) == 1, "no other program is started: " + " ".join(command[:2]), "".join(programs[:5]))


def check_devices(t, root, log):
    """Opening a device can wake a GPU or arm a watchdog: what is no file is only looked at."""
    os.makedirs(root + "/dev", exist_ok=True)
    os.mkfifo(root + "/dev/kfd")
    os.mkfifo(root + "/dev/watchdog")
    for command in (("check", "--root", root), ("record", "--all", "--root", root, "-")):
        subprocess.run(["strace", "-f", "-o", log, "-e", "trace=open,openat,openat2", tap.PROGRAM, *command],
                       stdin=subprocess.DEVNULL, capture_output=True, check=False)
        with open(log, encoding="utf-8", errors="replace") as f:
            calls = [line for line in f if "(" in line]
        opened = [line for line in calls if re.search(r'"/?dev/(kfd|watchdog)"', line) and "O_PATH" not in line]
        t.ok(calls and not opened, "no device is opened: " + command[0], "".join(opened[:5]))
    os.unlink(root + "/dev/kfd")
    os.unlink(root + "/dev/watchdog")


def main():
    t = tap.Tap()
    root = machine.lay_out(t.folder())
    sources = [("the demonstration", ["--demo"])]
    sources += [(os.path.basename(path), ["--capture", path]) for path in MACHINES if os.path.exists(path)]
    sources += [("an empty folder", ["--root", t.folder()])]
    check_colour(t, sources[0][1])
    check_width(t, sources)
    check_columns(t, sources[0][1])
    check_json(t, sources)
    check_counts(t, sources)
    check_writes(t, root)
    t.end()


main()
