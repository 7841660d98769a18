# SPDX-License-Identifier: MIT
"""What the benchmark and the instruction test share: measuring, captures as trees, generated rules."""
import glob
import os
import re
import shutil
import struct
import subprocess
import tempfile

TOP = os.environ.get("TOP_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
BUILD = os.environ.get("TOP_BUILDDIR", TOP)
GPUDOCTOR = os.environ.get("GPUDOCTOR", os.path.join(BUILD, "gpudoctor"))


def perf_instructions(command):
    """The processor's own count, fast and a little unsteady; None where the kernel or the machine has none."""
    if not shutil.which("perf"):
        return None
    run = subprocess.run(["perf", "stat", "-x,", "-e", "instructions:u"] + command, stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    m = re.search(r"^(\d+),[^,]*,instructions", run.stderr, re.M)
    return int(m.group(1)) if m else None


def instructions(command):
    """Instructions of the whole process as callgrind counts them, or None where it cannot."""
    valgrind = os.environ.get("VALGRIND") or shutil.which("valgrind")
    if not valgrind or valgrind == "no":
        return None
    run = subprocess.run([valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null"] + command,
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    m = re.search(r"Collected : (\d+)", run.stderr)
    return int(m.group(1)) if m else None


def machine(name):
    return os.path.join(TOP, "tests/machines", name + ".capture")


def largest_capture():
    captures = glob.glob(os.path.join(TOP, "tests/machines/*.capture"))
    return max(captures, key=os.path.getsize) if captures else None


def lay_out_package(package, folder, tree):
    """Empty files with the names of a real package (tests/data/rocm-listings), `folder` in place of its own."""
    ends, place = [], ""
    with open(os.path.join(TOP, "tests/data/rocm-listings", package + ".txt"), encoding="utf-8") as f:
        for word, *rest in (line.split() for line in f):
            if word == "in":
                place = tree + rest[0].replace("/usr/lib/x86_64-linux-gnu", folder)
                os.makedirs(place, exist_ok=True)
            elif word in ("ends", "more"):
                ends = rest if word == "ends" else ends + rest
            elif word == "link":
                os.symlink(rest[1], os.path.join(place, rest[0]))
            elif word in ("file", "stem"):
                for end in ends if word == "stem" else [""]:
                    with open(os.path.join(place, rest[0] + end), "wb"):
                        pass


BUNDLE_BYTES = 2 << 20
BUNDLE_TARGETS = ["gfx90a", "gfx1030", "gfx1100", "gfx1151", "gfx1201"]


def bundle_head():
    """The start of one offload bundle as clang writes it: the targets, and where the code of each is."""
    head = b"__CLANG_OFFLOAD_BUNDLE__" + struct.pack("<Q", len(BUNDLE_TARGETS))
    each = (BUNDLE_BYTES - 4096) // len(BUNDLE_TARGETS) // 4096 * 4096
    for i, isa in enumerate(BUNDLE_TARGETS):
        name = b"hipv4-amdgcn-amd-amdhsa--" + isa.encode()
        head += struct.pack("<QQQ", 4096 + i * each, each, len(name)) + name
    return head


def write_library(path, bundles):
    """An ELF library with that many bundles of 2 MiB in its section .hip_fatbin; a sparse file."""
    names = b"\0.hip_fatbin\0.shstrtab\0"
    fatbin, strings = 4096, 4096 + bundles * BUNDLE_BYTES
    table = strings + 64
    sections = [(0,) * 10, (1, 1, 2, 0, fatbin, bundles * BUNDLE_BYTES, 0, 0, 4096, 0),
                (13, 3, 0, 0, strings, len(names), 0, 0, 1, 0)]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(b"\177ELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 0, table, 0, 64, 0, 0, 64,
                                                        len(sections), 2))
        for i in range(bundles):
            f.seek(fatbin + i * BUNDLE_BYTES)
            f.write(bundle_head())
        f.seek(strings)
        f.write(names)
        f.seek(table)
        for section in sections:
            f.write(struct.pack("<IIQQQQIIQQ", *section))


def unescape(text):
    """Undoes the escapes of a capture; bytes."""
    return re.sub(rb"\\(\\|x[0-9a-f]{2})", lambda m: b"\\" if m[1] == b"\\" else bytes([int(m[1][1:], 16)]), text)


def parse_capture(lines):
    """Yields (verb, path, content lines) of the entries that a tree can hold."""
    entry = None
    for line in lines:
        if line.startswith(b"|"):
            if entry:
                entry[2].append(line[1:])
            continue
        if entry:
            yield entry
        verb, _, rest = line.partition(b" ")
        entry = None
        if verb in (b"file", b"dir"):
            entry = (verb.decode(), unescape(rest), [])
        elif verb == b"link":
            path, _, target = rest.partition(b" -> ")
            entry = ("link", unescape(path), [unescape(target)])
    if entry:
        yield entry


def content_of(lines):
    content = b""
    for line in lines:
        folded = line.endswith(b"\\") and (len(line) - len(line.rstrip(b"\\"))) % 2 == 1
        content += unescape(line[:-1] if folded else line) + (b"" if folded else b"\n")
    return content


def unpack(capture, folder):
    """Writes the files, folders and links of a capture below a folder, for programs that read trees."""
    with open(capture, "rb") as f:
        entries = list(parse_capture(f.read().split(b"\n")[:-1]))
    root = os.fsencode(folder)
    known = {path for _, path, _ in entries}
    for verb, path, lines in entries:
        here = root + path
        os.makedirs(os.path.dirname(here), exist_ok=True)
        if verb == "dir":
            os.makedirs(here, exist_ok=True)
            for name in (unescape(line) for line in lines):
                # Listed and never looked into: a folder says least.
                below = (path.rstrip(b"/") + b"/" + name)
                if below not in known and not any(k.startswith(below + b"/") for k in known):
                    os.makedirs(here + b"/" + name, exist_ok=True)
        elif verb == "link":
            if not os.path.lexists(here):
                os.symlink(lines[0], here)
        else:
            with open(here, "wb") as f:
                f.write(content_of(lines))


def write_facts(file, gpus):
    """A machine with that many discrete GPUs."""
    lines = ["gpudoctor-facts 1", "table host complete", "row", '  ram_mib = 262144 @ "x"',
             '  kernel_release = "6.12.1" @ "x"', "table gpu complete"]
    for i in range(gpus):
        lines += ["row", '  id = "%04x:03:00.0" @ "x"' % i, '  name = "Card %d" @ "x"' % i, '  vendor = "AMD" @ "x"',
                  '  driver = "amdgpu" @ "x"', '  isa = "gfx1100" @ "x"', '  integrated = false @ "x"',
                  '  compute = true @ "x"', '  vram_mib = 24560 @ "x"', '  cu_count = 96 @ "x"']
    with open(file, "w", encoding="utf-8") as f:
        f.write("\n".join(lines + ["end"]) + "\n")


def write_rules(file, count, finds):
    """Rules that all apply to every GPU, and find a problem in each or in none."""
    with open(file, "w", encoding="utf-8") as f:
        for i in range(count):
            f.write("[generated-%d]\ntitle = Generated %d\non = gpu\nwhen = gpu.vendor = 'AMD'\n" % (i, i))
            f.write("problem = gpu.vram_mib %s %d AND gpu.cu_count > 8\n" % (">" if finds else "<", 1000 + i))
            f.write("severity = advice\nsays = {gpu.name} has {gpu.vram_mib} MiB.\n")
            f.write("fix = env GENERATED_%d=1\n\n" % i)


def rule_instructions(rules, gpus, finds, count=instructions):
    with tempfile.TemporaryDirectory() as folder:
        facts = os.path.join(folder, "facts")
        file = os.path.join(folder, "generated.rules")
        write_facts(facts, gpus)
        write_rules(file, rules, finds)
        return count([GPUDOCTOR, "check", "--facts", facts, "--rules", file])
