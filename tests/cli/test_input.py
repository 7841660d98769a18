#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bad roots, captures and files: a clear answer, no crash, no hang, and nothing from outside the root."""
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "cli"))
import machine  # noqa: E402
import tap  # noqa: E402

# Slow under a sanitizer or valgrind: look at fewer places.
SLOW = os.environ.get("SANITIZERS") == "yes"
MARK = "gpudoctor-must-not-see-this"


def check_roots(t):
    folder = t.folder()
    t.status(tap.run("check", "--root", folder + "/none"), range(64, 79), "a root that is not there", "/none")
    file = tap.write(folder + "/file", "x")
    t.status(tap.run("check", "--root", file), range(64, 79), "a file as root", file)
    t.status(tap.run("check", "--root", ""), range(64, 79), "an empty name as root", "root")
    empty = t.folder()
    done = tap.run("check", "--root", empty)
    t.status(done, 2, "an empty folder as root", "not captured")
    facts = tap.run("facts", "--root", empty).stdout
    known = [line for line in facts.splitlines() if re.match(r"  \w+ (=|absent)", line)]
    known = [line for line in known if not re.match(r'  (id|name) =|.*@ "gpudoctor"', line)]
    t.ok(not known, "of an empty folder nothing is known and nothing absent", "\n".join(known))
    if os.geteuid() == 0:
        os.chmod(folder, 0o755)
        locked = os.path.join(folder, "locked")
        os.makedirs(locked)
        os.chmod(locked, 0)
        done = tap.run("check", "--root", locked, user=65534, group=65534, extra_groups=[])
        t.status(done, range(64, 79), "a root that may not be read", locked, "Permission denied")
        root = machine.lay_out(t.folder())
        os.chmod(root, 0o755)
        for path in machine.files_below(root):
            os.chmod(path, 0)
        done = tap.run("facts", "--root", root, user=65534, group=65534, extra_groups=[])
        t.status(done, 0, "files that may not be read are denied, not absent", "unknown denied")
        t.ok("ram_mib unknown denied" in done.stdout, "and the RAM is unknown for that", done.stdout[:800])
    else:
        t.skip("a root that may not be read", "only root can become another user")


def check_captures(t):
    folder = t.folder()
    with open(machine.DEMO, "rb") as f:
        whole = f.read()
    cut = folder + "/cut.capture"
    bad = []
    step = max(1, len(whole) // (30 if SLOW else 100))
    for at in [*range(0, len(whole) - 1, step), *range(len(whole) - 12, len(whole) - 1)]:
        tap.write(cut, whole[:at])
        done = tap.run("check", "--capture", cut)
        if tap.crashed(done) or done.returncode != 65 or cut not in done.stderr:
            bad.append("%d of %d bytes: %s" % (at, len(whole), tap.describe(done)))
    t.ok(not bad, "a capture that is cut anywhere is refused", "\n".join(bad[:3]))
    bad = []
    for at in range(7, len(whole), step):
        for byte in (0, 0x0a):
            tap.write(cut, whole[:at] + bytes([byte]) + whole[at + 1:])
            done = tap.run("check", "--capture", cut)
            if tap.crashed(done) or not (done.returncode in (0, 1, 2) or 64 <= done.returncode < 79):
                bad.append("byte %d set to %d: %s" % (at, byte, tap.describe(done)))
        if SLOW and at > 20 * step:
            break
    t.ok(not bad, "a capture with a wrong byte anywhere does not crash", "\n".join(bad[:3]))
    for name, text in (("an empty file", b""), ("a foreign file", b"#!/bin/sh\necho hello\n"),
                       ("an ELF file", open(tap.PROGRAM, "rb").read(100000)), ("facts", b"gpudoctor-facts 1\nend\n"),
                       ("a later version", whole.replace(b"capture 1", b"capture 2", 1)),
                       ("a wrong count", re.sub(rb"end \d+", b"end 3", whole)),
                       ("an entry twice", whole.replace(b"end ", b"file /etc/os-release\n|x\nend ", 1)),
                       ("a path that climbs", b"gpudoctor-capture 1\norigin tree\nfile /sys/../etc/x\n|x\nend 1\n"),
                       ("a relative path", b"gpudoctor-capture 1\norigin tree\nfile sys/x\n|x\nend 1\n")):
        file = tap.write(folder + "/foreign", text)
        done = tap.run("check", "--capture", file)
        wanted = (0, 2, 65) if "path" in name or "twice" in name else 65
        t.status(done, wanted, "as a capture: " + name, *([file] if wanted == 65 else []))
    t.status(tap.run("check", "--capture", folder), range(64, 79), "a folder as capture", folder)
    t.status(tap.run("check", "--capture", folder + "/none"), 66, "a capture that is not there", "/none")
    os.mkfifo(folder + "/fifo")
    for option, name in (("--capture", "capture"), ("--facts", "facts")):
        done = tap.run("check", option, folder + "/fifo", timeout=5)
        t.status(done, 65, "a FIFO as " + name, name, folder + "/fifo", "no regular file")
        done = tap.run("check", option, "/dev/zero", timeout=5)
        t.status(done, 65, "a device as " + name, name, "/dev/zero", "no regular file")
    facts = tap.facts_text("table host complete\n")
    many = 'row\n  id = "host"\n  ram_mib = many\nend'
    for name, text in (("no facts", "x"), ("an unknown table", facts.replace("host", "hosts")),
                       ("facts that are cut", facts.replace("end\n", "")),
                       ("a value that does not fit", facts.replace("end", many))):
        file = tap.write(folder + "/facts", text)
        t.status(tap.run("check", "--facts", file), 65, "as facts: " + name, file)
    t.status(tap.run("check", "--facts", folder + "/none"), 66, "facts that are not there", "/none")
    t.status(tap.run("check", "--facts", folder), range(64, 79), "a folder as facts", folder)
    done = tap.run("check", "--facts", "-", input=facts.encode())
    t.status(done, 2, "facts from standard input")


def check_links(t):
    """What a link leads to is looked for inside the root."""
    root = machine.lay_out(t.folder())
    outside = tap.write(t.folder() + "/release", 'ID=%s\nPRETTY_NAME="%s"\n' % (MARK, MARK))
    up = "../" * 40

    def replaced(path, target):
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        if os.path.isdir(root + path) and not os.path.islink(root + path):
            shutil.rmtree(root + path)
        elif os.path.lexists(root + path):
            os.unlink(root + path)
        os.symlink(target, root + path)

    for name, target in (("absolute", outside), ("climbing", up + outside.lstrip("/")),
                         ("through proc", "/proc/self/root" + outside), ("through a descriptor", "/proc/self/fd/0")):
        replaced("/etc/os-release", target)
        with open(outside, encoding="utf-8") as stdin:
            done = tap.run("facts", "host", "--root", root, stdin=stdin)
        t.ok(done.returncode == 0 and MARK not in done.stdout, "a link that leaves the root: " + name,
             tap.describe(done))
    tap.write(root + outside, 'ID=inside\nPRETTY_NAME="inside"\n')
    replaced("/etc/os-release", outside)
    done = tap.run("facts", "host", "--root", root)
    t.ok('os_id = "inside"' in done.stdout, "an absolute link is followed inside the root", tap.describe(done))
    bus = tap.write(t.folder() + "/0000:03:00.0/vendor", "0x1002\n")
    replaced("/sys/bus/pci/devices", os.path.dirname(os.path.dirname(bus)))
    done = tap.run("facts", "--root", root)
    t.ok("0000:03:00.0" not in done.stdout, "a folder outside is not listed", tap.describe(done))
    replaced("/sys/bus/pci/devices", "devices")
    replaced("/sys/class/drm", "../class/drm")
    replaced("/proc/meminfo", "meminfo2")
    replaced("/proc/meminfo2", "meminfo")
    replaced("/proc/cmdline", "/proc/cmdline")
    for command in (("check",), ("facts",), ("record", "-"), ("record", "--all", "-")):
        done = tap.run(*command, "--root", root)
        t.status(done, (0, 1, 2), "links in a loop: " + " ".join(command))
    done = tap.run("facts", "--root", root)
    t.ok("ram_mib unknown garbage" in done.stdout, "and what is behind them is garbage", done.stdout[:800])


def check_strange_files(t):
    root = machine.lay_out(t.folder())
    paths = sorted(machine.files_below(root))
    content = {}
    for path in paths:
        with open(path, "rb") as f:
            content[path] = f.read()

    def everywhere(name, text, wanted=None):
        for path in paths:
            tap.write(path, text(content[path]) if callable(text) else text)
        for command in ("check", "facts"):
            done = tap.run(command, "--root", root)
            good = done.returncode < 64 and not tap.crashed(done)
            t.ok(good and (command == "check" or not wanted or wanted in done.stdout), "%s: %s" % (name, command),
                 tap.describe(done))
        return done.stdout

    everywhere("binary bytes in every file", bytes(range(256)) * 4, "unknown garbage")
    everywhere("a NUL in every file", lambda old: old[:3] + b"\0" + old[3:], "unknown garbage")
    everywhere("every file empty", b"")
    everywhere("every file without its newline", lambda old: old.rstrip(b"\n"))
    everywhere("Windows line ends", lambda old: old.replace(b"\n", b"\r\n"))
    everywhere("control characters in every file", lambda old: b"\x1b[31m\x07" + old)
    paths_now = paths
    small = [p for p in paths if len(content[p]) < 200]
    for number in ("-1", "-2147483648", "18446744073709551615", "99999999999999999999999999", "9223372036854775807",
                   "0x7fffffffffffffff", "1e400", "0", "nan"):
        paths = small
        out = everywhere("%s in every short file" % number, (number + "\n").encode())
        numbers = [int(n) for n in re.findall(r"^  (?:vram|gtt|ram|visible_vram)\w* = (-?\d+)", out, re.M)]
        t.ok(all(0 <= n < 2**45 for n in numbers), "%s: no impossible memory" % number, numbers)
        paths = paths_now
    for path, old in content.items():
        tap.write(path, old)

    # One numeric file at a time: only what rests on it changes, and it becomes garbage.
    wrong = [p for p in small if "/pci" in p and re.fullmatch(rb"(0x)?[0-9a-f.]+( GT/s PCIe)?\n", content[p])]
    bad = []
    for path in wrong[:12 if SLOW else 80]:
        for number in (b"-7\n", b"99999999999999999999\n", b"seven\n"):
            tap.write(path, number)
            done = tap.run("check", "--root", root)
            if tap.crashed(done) or done.returncode >= 64:
                bad.append("%s = %r: %s" % (path, number, tap.describe(done)))
        tap.write(path, content[path])
    t.ok(wrong and not bad, "a wrong number in each of %d files of PCI devices" % len(wrong), "\n".join(bad[:3]))
    for name, column in (("mem_info_vram_total", "vram_mib"), ("mem_info_gtt_total", "gtt_mib"),
                         ("mem_info_vis_vram_total", "visible_vram_mib"), ("current_link_width", "link_width"),
                         ("current_link_speed", "link_gtps"), ("max_link_width", "link_max_width")):
        found = [p for p in paths if p.endswith("/" + name)]
        for number in (b"-1\n", b"99999999999999999999\n", b"x\n", b"12 13\n"):
            for path in found:
                tap.write(path, number)
            out = tap.run("facts", "gpu", "--root", root).stdout
            t.ok(found and "  %s unknown garbage" % column in out,
                 "%s = %r makes %s garbage" % (name, number, column),
                 [line for line in out.splitlines() if " %s " % column in line])
        for path in found:
            tap.write(path, content[path])

    for name, make in (("a folder", os.mkdir), ("a FIFO", os.mkfifo),
                       ("a link to /dev/zero", lambda p: os.symlink("/dev/zero", p)),
                       ("a link to itself", lambda p: os.symlink(p, p))):
        for path in paths:
            os.unlink(path)
            make(path)
        for command in ("check", "facts", "record"):
            done = tap.run(command, *(["-"] if command == "record" else []), "--root", root, timeout=30)
            t.status(done, (0, 1, 2), "%s in place of every file: %s" % (name, command))
        for path in paths:
            (os.rmdir if os.path.isdir(path) and not os.path.islink(path) else os.unlink)(path)
            tap.write(path, content[path])


def check_sizes(t):
    root = machine.lay_out(t.folder())
    big = b"a" * 10 * 1024 * 1024
    for path in ("/proc/cpuinfo", "/proc/cmdline", "/etc/os-release", "/proc/meminfo",
                 "/sys/class/dmi/id/product_name"):
        tap.write(root + path, big)
    done = tap.run("facts", "--root", root)
    t.status(done, 0, "files of one line of 10 MB", "ram_mib unknown garbage")
    t.status(tap.run("check", "--root", root), (0, 1, 2), "and check on them")
    root = t.folder()
    for i in range(2000):
        machine.add_pci(root, "%04x:%02x:%02x.0" % (i // 1000, i % 1000 // 8, i % 8), "0x1002", "0x7550",
                        "0x020000" if i % 100 else "0x030000")
    sql = "SELECT (SELECT count(*) FROM pci_device), (SELECT count(*) FROM gpu)"
    done = tap.run("query", sql, "--root", root, timeout=120)
    t.ok(done.returncode == 0 and "2000" in done.stdout and "20" in done.stdout.replace("2000", ""),
         "2,000 PCI devices, 20 of them GPUs", tap.describe(done))
    done = tap.run("check", "--root", root, timeout=120)
    t.status(done, (0, 1, 2), "and check on them")
    deep = t.folder()
    path = deep + "/sys"
    os.mkdir(path)
    for _ in range(1000):
        path += "/d"
        os.mkdir(path)
    t.status(tap.run("record", "--all", "-", "--root", deep), (0, 64), "a tree of a thousand folders in each other")


def check_long_texts(t):
    """A text that SQL could not hold is no fact: it would read as NULL there."""
    root = t.folder()
    tap.write(root + "/etc/os-release", 'ID=arch\nPRETTY_NAME="%s"\n' % ("x" * 70000))
    done = tap.run("facts", "host", "--root", root)
    t.status(done, 0, "a distribution of 70,000 letters", "os_name unknown garbage", "more than 64 KiB")
    facts = tap.facts_text('table gpu complete\nrow\n  id = "a"\n  name = "%s"\n' % ("x" * 70000))
    file = tap.write(root + "/facts", facts)
    t.status(tap.run("check", "--facts", file), 65, "facts with such a name", file + ":5: a text of more than 64 KiB")


def check_lent_gpu(t):
    """WSL 2 shows whatever GPU Windows lends as one Microsoft device, which is a plain screen elsewhere."""
    for driver, wanted in (("dxgkrnl", "compute unknown no-source"), ("hyperv_drm", "compute = false")):
        root = t.folder()
        machine.add_pci(root, "5582:00:00.0", "0x1414", "0x008e", "0x030200", uevent="DRIVER=" + driver)
        t.status(tap.run("facts", "gpu", "--root", root), 0, "Microsoft's device with " + driver, wanted)


def check_soc_gpu(t):
    """The GPU of a system on a chip is no PCI device: that there is none must not be said."""
    for driver, wanted in (("asahi", "table gpu incomplete no-source \"renderD128 (asahi)"),
                           ("v3d", "table gpu complete")):
        root = t.folder()
        for folder in ("/sys/bus/pci/devices", "/sys/bus/platform/drivers/" + driver, "/sys/class/drm",
                       "/sys/devices/platform/soc/gpu0/drm/renderD128"):
            os.makedirs(root + folder)
        gpu = root + "/sys/devices/platform/soc/gpu0"
        os.symlink("../../../../bus/platform/drivers/" + driver, gpu + "/driver")
        os.symlink("../../../gpu0", gpu + "/drm/renderD128/device")
        os.symlink("../../devices/platform/soc/gpu0/drm/renderD128", root + "/sys/class/drm/renderD128")
        t.status(tap.run("facts", "gpu", "--root", root), 0, "a render node of " + driver, wanted)
        t.status(tap.run("check", "--root", root), (0, 2), "and its report", *(
            ["The GPUs of this machine could not be listed"] if driver == "asahi" else ["No GPU for compute"]))


def check_no_memory(t):
    """A card that is said to have no memory: nothing follows for its BAR."""
    root = t.folder()
    machine.add_pci(root, "0000:03:00.0", "0x1002", "0x73df", "0x030000", mem_info_vram_total="0",
                    resource="0x0000000800000000 0x0000000bffffffff 0x000000000014220c\n" + "0x0 0x0 0x0\n" * 6)
    t.status(tap.run("facts", "gpu", "--root", root), 0, "a card of 0 bytes", "vram_mib = 0 ",
             "resizable_bar unknown garbage")


def main():
    t = tap.Tap()
    for part in (check_roots, check_captures, check_links, check_strange_files, check_sizes, check_long_texts,
                 check_lent_gpu, check_soc_gpu, check_no_memory):
        part(t)
    t.end()


main()
