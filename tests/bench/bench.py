#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make bench: what a check costs, beside programs that look at the same machine. It judges nothing."""
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import common  # noqa: E402

RUNS = max(20, int(os.environ.get("BENCH_RUNS", "30")))
MEASURE = os.path.join(common.BUILD, "tests/bench/measure")
ALL_PEERS = "all four, one after another"
AIMS = """aim: check of the largest machine under 15 ms and 16 MiB; live, less than half the time of
     vulkaninfo, rocminfo, lscpu and lspci one after another"""


def measure(command):
    """(best ms, median ms, MiB) over RUNS warm runs."""
    out = subprocess.check_output([MEASURE, str(RUNS)] + command, text=True)
    rows = [line.split() for line in out.splitlines()]
    walls = [int(r[0]) / 1e6 for r in rows]
    return min(walls), statistics.median(walls), max(int(r[1]) for r in rows) / 1024


def cell(number, form="%.1f"):
    return "-" if number is None else form % number


def commands(tree, capture):
    """(title, command) of everything that is compared; what is not installed is left out."""
    doctor = common.GPUDOCTOR
    yield "gpudoctor check --capture", [doctor, "check", "--capture", capture]
    yield "gpudoctor check --root", [doctor, "check", "--root", tree]
    yield "lscpu --sysroot (same tree)", ["lscpu", "--sysroot", tree]
    yield "gpudoctor check (live)", [doctor, "check"]
    yield "gpudoctor --version", [doctor, "--version"]
    yield "lscpu (live)", ["lscpu"]
    yield "lspci -nn (live)", ["lspci", "-nn"]
    yield "lstopo-no-graphics (live)", ["lstopo-no-graphics"]
    yield "hwloc-ls (live)", ["hwloc-ls"]
    yield "vulkaninfo --summary", ["vulkaninfo", "--summary"]
    yield "rocminfo", ["rocminfo"]
    yield ALL_PEERS, ["sh", "-c", "vulkaninfo --summary; rocminfo; lscpu; lspci -nn"]


def compare():
    capture = common.largest_capture()
    if not capture:
        print("no capture in tests/machines")
        return
    print("gpudoctor on %s, %s" % (platform.machine(), time.strftime("%Y-%m-%d")))
    print("the largest machine: %s, %d KiB of capture" % (os.path.basename(capture), os.path.getsize(capture) / 1024))
    print(AIMS)
    print("%-30s %9s %10s %8s %12s %14s\n" % ("", "best ms", "median ms", "MiB", "M instr.", "× all four"), end="")
    with tempfile.TemporaryDirectory() as tree:
        common.unpack(capture, tree)
        rows = []
        for title, command in commands(tree, capture):
            if shutil.which(command[0]):
                best, median, mib = measure(command)
                counted = common.instructions(command)
                rows.append((title, best, median, mib, counted / 1e6 if counted else None))
    base = next((r for r in rows if r[0] == ALL_PEERS), None)
    for title, best, median, mib, counted in rows:
        ratio = "%.1f time" % (median / base[2]) if base else "-"
        if base and base[4] and counted:
            ratio += ", %.1f instr." % (counted / base[4])
        print("%-30s %9.1f %10.1f %8.1f %12s  %s" % (title, best, median, mib, cell(counted), ratio))


def libraries():
    """What each library took by itself, and how much longer the whole check was than the slowest."""
    took = {}
    whole = []
    for _ in range(RUNS):
        start = time.monotonic()
        subprocess.run([common.GPUDOCTOR, "check"], stdout=subprocess.DEVNULL, check=False)
        whole.append((time.monotonic() - start) * 1000)
        out = subprocess.check_output([common.GPUDOCTOR, "query", "--format", "json",
                                       "SELECT id, took_ms FROM library"], text=True)
        for name, ms in json.loads(out)["rows"]:
            took.setdefault(name, []).append(ms or 0)
    print("\n%-60s %10s" % ("library (median ms, all side by side)", "ms"))
    for name, all_ms in sorted(took.items()):
        print("%-60s %10d" % (name[-60:], statistics.median(all_ms)))
    if took:
        slowest = max(statistics.median(all_ms) for all_ms in took.values())
        print("%-60s %10.1f  (aim: at most 20)" % ("check, over the slowest library",
                                                   statistics.median(whole) - slowest))


LIBRARY = "usr/lib/x86_64-linux-gnu/ggml/backends0/libggml-hip.so"
LIBRARY_BUNDLES = 512


def inventory():
    """What ROCm on disk costs a check, 10,000 files and a library of 1 GiB, beside a program that lists them."""
    with tempfile.TemporaryDirectory() as plain, tempfile.TemporaryDirectory() as full:
        for tree in (plain, full):
            common.unpack(common.machine("seed-strixhalo-framework"), tree)
        for release in ("7.2.1", "6.4.4", "6.3.3"):
            for package in ("librocblas5-7.2.4", "libhipblaslt1-7.2.4"):
                common.lay_out_package(package, "/opt/rocm-%s/lib" % release, full)
        count = sum(len(files) for _, _, files in os.walk(full))
        check = [common.GPUDOCTOR, "check", "--root"]
        results = [("check of the machine without ROCm", measure(check + [plain])),
                   ("check with %d files more" % count, measure(check + [full]))]
        common.write_library(os.path.join(full, LIBRARY), LIBRARY_BUNDLES)
        results.append(("and a library of 1 GiB", measure(check + [full])))
        results.append(("find | wc", measure(["sh", "-c", "find %s | wc" % full])))
    print("\n%-40s %10s %8s %10s" % ("ROCm on disk", "median ms", "MiB", "× find"))
    base, find = results[0][1][1], results[-1][1][1]
    for title, (_, median, mib) in results:
        more = "%.1f" % ((median - base) / find) if "find" not in title else "1.0"
        print("%-40s %10.1f %8.1f %10s" % (title, median, mib, more))
    print("(× find: what it takes more than the first line; aim: at most 2, and no more memory for the library)")


def rule_row(rules, gpus, finds):
    """(ms, million instructions, instructions for each rule and GPU); the last two less what no rule costs."""
    with tempfile.TemporaryDirectory() as folder:
        facts, file = os.path.join(folder, "facts"), os.path.join(folder, "generated.rules")
        common.write_facts(facts, gpus)
        common.write_rules(file, rules, finds)
        command = [common.GPUDOCTOR, "check", "--facts", facts, "--rules", file]
        out = subprocess.check_output([MEASURE, "3"] + command, text=True)
    ms = min(int(line.split()[0]) for line in out.splitlines()) / 1e6
    if finds and COUNT is common.instructions and rules * gpus > MAX_FINDINGS_COUNTED:
        return ms, None, None
    none = common.rule_instructions(0, gpus, finds, COUNT)
    some = common.rule_instructions(rules, gpus, finds, COUNT)
    if none is None or some is None:
        return ms, None, None
    return ms, (some - none) / 1e6, (some - none) / rules / gpus


def growth():
    """Generated rules over generated GPUs; linear growth shows as a last column that does not rise."""
    for title, finds in (("rules without findings", False), ("rules that find a problem in each GPU", True)):
        print("\n%s" % title)
        print("%6s %6s %10s %12s %20s" % ("GPUs", "rules", "best ms", "M instr.", "instr. per rule×GPU"))
        for gpus in (16, 32, 64):
            for rules in (250, 500, 1000):
                ms, counted, each = rule_row(rules, gpus, finds)
                print("%6d %6d %10.1f %12s %20s" % (gpus, rules, ms, cell(counted), cell(each, "%.0f")), flush=True)


# Callgrind slows its subject down fiftyfold: 64,000 findings would take it many minutes.
MAX_FINDINGS_COUNTED = 4000
COUNT = common.perf_instructions if common.perf_instructions(["true"]) else common.instructions
compare()
libraries()
inventory()
growth()
