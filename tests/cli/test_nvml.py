#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""NVML from end to end: the program beside a libnvidia-ml.so.1 that does as FAKE_NVML says (tests/fakes/fake_nvml.c).

What is expected stands in that file or in NVIDIA's documentation.
"""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "cli"))
import tap  # noqa: E402

FAKES = os.path.join(os.environ["TOP_BUILDDIR"], "tests", "fakes")
TABLES = ("library", "nvml", "nvml_device", "nvml_mig", "nvml_process")
HANG_GUARD = 120


def environment(how="", folder="nvml"):
    path = os.path.join(FAKES, folder) if folder else "/nowhere"
    return dict(os.environ, FAKE_NVML=how, LD_LIBRARY_PATH=path)


class Facts:
    """The tables of one run."""

    def __init__(self, done):
        self.tables = tap.load(done)

    def complete(self, table):
        return self.tables[table]["complete"]

    def rows(self, table):
        rows = self.tables[table]["rows"]
        return [row for row in rows if table != "library" or row["id"]["value"] == "nvml"]

    def row(self, table, key=None):
        """The only row, or the one with this key, as column -> value; "(absent)" and "(unknown GAP)" else."""
        for row in self.rows(table):
            if key is None or key in (cell.get("value") for cell in row.values()):
                return {column: text_of(cell) for column, cell in row.items()}
        return {}


def text_of(cell):
    if cell["state"] == "known":
        return cell["value"]
    return "(absent)" if cell["state"] == "absent" else "(unknown %s)" % cell["reason"]


def facts(how="", folder="nvml", *options):
    options = options or ("--timeout", HANG_GUARD)
    done = tap.run("facts", *TABLES, "--show-private", "--format", "json", *options, env=environment(how, folder),
                   timeout=2 * HANG_GUARD)
    return Facts(done)


def check(t, got, wanted, name):
    """Every column that is wanted has its value."""
    wrong = ["%s = %r, wanted %r" % (c, got.get(c), v) for c, v in wanted.items() if got.get(c) != v]
    t.ok(got and not wrong, name, "\n".join(wrong) or "no such row")


RTX_3090 = {
    "index": 0, "status": "ok", "lost": False, "name": "NVIDIA GeForce RTX 3090",
    "uuid": "GPU-00000000-0000-0000-0000-000000000000", "compute_capability": "8.6", "core_count": 10496,
    "memory_total_mib": 24576, "memory_used_mib": 8256, "memory_reserved_mib": 320, "memory_bus_width_bits": 384,
    "bar1_total_mib": 256, "sm_clock_mhz": 210, "sm_clock_max_mhz": 2100, "memory_clock_mhz": 405,
    "memory_clock_max_mhz": 9751, "throttle_reasons": "gpu-idle", "performance_state": 8, "temperature_c": 41,
    "power_w": 23.19, "power_limit_w": 300, "power_limit_default_w": 350, "power_limit_enforced_w": 290.5,
    "link_generation": 1, "link_generation_max": 4, "link_width": 8, "link_width_max": 16, "nvlink_count": 0,
    "ecc_mode": "(absent)", "ecc_uncorrected": "(absent)", "ecc_uncorrected_ever": "(absent)",
    "remap_failed": "(absent)", "remap_pending": "(absent)", "mig_mode": "(absent)", "compute_mode": "default",
    "persistence_mode": False, "display_active": True, "virtualization": "none",
}


def check_card(t):
    f = facts()
    check(t, f.row("library"), {"status": "ok", "version": "570.86.15", "step": "(absent)", "detail": "(absent)"},
          "a card: the library")
    check(t, f.row("nvml"), {"loaded": True, "status": "ok", "library_version": "570.86.15",
                             "driver_version": "570.86.15", "cuda_version": "12.8", "device_count": 1},
          "the driver")
    check(t, f.row("nvml_device"), dict(RTX_3090, address="0000:65:00.0"), "every column of the card")
    t.ok(all(f.complete(table) for table in TABLES), "all tables are complete")
    t.equal(f.rows("nvml_mig"), [], "it has no instances")
    check(t, f.row("nvml_process", "0000:65:00.0/4321"),
          {"pid": 4321, "kind": "both", "memory_used_mib": 8192}, "a process that is listed twice counts once")
    check(t, f.row("nvml_process", "0000:65:00.0/1500"),
          {"kind": "graphics", "memory_used_mib": 300}, "a graphics process")
    check(t, f.row("nvml_process", "0000:65:00.0/77"),
          {"kind": "compute", "memory_used_mib": "(unknown no-source)"}, "a process whose memory is not known")
    hidden = tap.run("facts", "nvml_device", env=environment())
    t.ok("GPU-0000" not in hidden.stdout and "RTX 3090" in hidden.stdout, "the UUID is private")


def check_instances(t):
    f = facts("card=h100 ecc=2 reasons=0x48 mode=2")
    check(t, f.row("nvml_device"), {
        "address": "10000:65:00.0", "memory_total_mib": 81559, "bar1_total_mib": 131072, "mig_mode": True,
        "ecc_mode": True, "ecc_uncorrected": 2, "ecc_uncorrected_ever": 5, "remap_pending": True,
        "remap_failed": False, "throttle_reasons": "hw-slowdown, hw-thermal-slowdown", "compute_mode": "prohibited",
        "nvlink_count": 17, "virtualization": "passthrough"}, "a card with instances")
    t.equal([row["id"]["value"] for row in f.rows("nvml_mig")],
            ["10000:65:00.0/%d/0" % (7 + i) for i in range(7)], "its seven instances, over an empty place")
    check(t, f.row("nvml_mig", "10000:65:00.0/9/0"), {
        "device": "10000:65:00.0", "name": "NVIDIA H100 80GB HBM3 MIG 1g.10gb", "profile": "1g.10gb",
        "uuid": "MIG-00000000-0000-0000-0000-000000000002", "memory_total_mib": 9984, "memory_used_mib": 8256,
        "multiprocessors": 16, "gpu_slices": 2, "compute_slices": 1}, "every column of an instance")
    check(t, f.row("nvml_process"), {"pid": 4321, "kind": "compute", "memory_used_mib": 3072},
          "a process in two instances uses the sum")
    f = facts("card=h100 list=4")
    t.ok(not f.complete("nvml_mig") and not f.complete("nvml_process") and f.complete("nvml_device"),
         "lists that may not be seen are not complete")
    f = facts("list=3")
    t.ok(not f.complete("nvml_process"), "nor where the driver has no such list")


def check_many(t):
    f = facts("count=64")
    t.equal([row["address"]["value"] for row in f.rows("nvml_device")],
            ["0000:%02x:00.0" % (0x65 + i) for i in range(64)], "64 cards")
    t.ok(f.complete("nvml_device") and f.complete("nvml_process"), "all of them are told")
    f = facts("count=4000000000")
    check(t, f.row("library"), {"status": "garbage", "detail": "it counts 4000000000 GPUs"}, "4 billion are not")
    check(t, f.row("nvml"), {"device_count": "(unknown garbage)", "driver_version": "570.86.15"},
          "what was said before stays")
    t.ok(not f.complete("nvml_device"), "and the list is open")
    f = facts("count=0")
    check(t, f.row("library"), {"status": "no-device"}, "no card")
    t.ok(all(f.complete(table) for table in TABLES), "which is an answer")
    for entry in (16, 24, 32):
        f = facts("processes=500 entry=%d" % entry)
        t.equal([row["pid"]["value"] for row in f.rows("nvml_process")], list(range(1000, 1500)),
                "500 processes, in entries of %d bytes" % entry)


def check_refusals(t):
    for code, word, status, gap, words in (
            (4, "no-permission", "denied", "denied", "Insufficient Permissions"),
            (17, "operating-system", "denied", "denied", "may not be opened"),
            (18, "version-mismatch", "failed", "error", "library is of version 570.86.15, the kernel module of "),
            (9, "driver-not-loaded", "no-device", "no-source", "driver"),
            (999, "unknown-error", "failed", "error", "nvmlInit_v2: Unknown Error"),
            (12345, "error-12345", "failed", "error", "nvmlInit_v2: error-12345")):
        f = facts("init=%d" % code)
        check(t, f.row("nvml"), {"loaded": True, "status": word, "library_version": "570.86.15",
                                 "driver_version": "(unknown %s)" % gap}, "nvmlInit_v2 returns %d" % code)
        got = f.row("library")
        t.ok(got.get("status") == status and words in got.get("detail", ""), "which ends as " + status, got)
        t.ok(f.complete("nvml"), "the table of the library is complete")
        t.ok(status == "no-device" or not f.complete("nvml_device"), "that of the cards is not")
    f = facts("handle=999")
    check(t, f.row("nvml_device"), {"address": "nvml0", "status": "unknown-error", "lost": False,
                                    "name": "(unknown error)"}, "a card that cannot be opened")
    f = facts("handle=8")
    check(t, f.row("nvml_device"), {"status": "insufficient-power"}, "a card without its power cables")
    f = facts("pci=3 count=2")
    t.equal([row["address"]["value"] for row in f.rows("nvml_device")], ["nvml0", "nvml1"],
            "cards that do not say where they are, as under WSL")
    check(t, f.row("nvml_device", "nvml1"), dict(RTX_3090, index=1, uuid="GPU-00000000-0000-0000-0000-000000000001"),
          "are asked all the same")


def check_lost(t):
    f = facts("count=3 lost=1")
    check(t, f.row("nvml_device", "nvml1"), {"index": 1, "status": "gpu-is-lost", "lost": True,
                                             "memory_total_mib": "(unknown error)", "name": "(unknown error)"},
          "a card that has fallen off the bus")
    check(t, f.row("nvml_device", "0000:67:00.0"), dict(RTX_3090, index=2, uuid=f.row(
        "nvml_device", "0000:67:00.0").get("uuid")), "its neighbour is told in full")
    f = facts("count=3 lost=1 late=1")
    check(t, f.row("nvml_device", "0000:66:00.0"), {
        "status": "gpu-is-lost", "lost": True, "name": "NVIDIA GeForce RTX 3090", "uuid": "(unknown error)",
        "power_w": "(unknown error)"}, "one that falls off while it is asked")


def check_2018(t):
    f = facts("", "nvml-2018")
    check(t, f.row("library"), {"status": "ok"}, "a library of 2018")
    check(t, f.row("nvml"), {"library_version": "570.86", "cuda_version": "9.1"}, "its version without its file's name")
    check(t, f.row("nvml_device"), {
        "address": "0000:65:00.0", "name": "NVIDIA GeForce RTX 3090", "memory_total_mib": 24576,
        "memory_used_mib": 8576, "memory_reserved_mib": "(unknown no-source)", "throttle_reasons": "gpu-idle",
        "core_count": "(unknown no-source)", "mig_mode": "(unknown no-source)", "power_limit_w": 300},
          "what it cannot say is unknown")
    check(t, facts("entry=16", "nvml-2018").row("nvml_process", "0000:65:00.0/4321"),
          {"kind": "both", "memory_used_mib": 8192}, "its list of processes")


def check_faults(t):
    f = facts("crash=nvmlInit_v2")
    check(t, f.row("library"), {"status": "crashed", "signal": "SIGSEGV", "step": "nvmlInit_v2",
                                "last_words": "fake: crashing in nvmlInit_v2"}, "a crash at the start")
    check(t, f.row("nvml"), {"loaded": True, "library_version": "570.86.15", "status": "(unknown crashed)"},
          "what was known stays")
    f = facts("crash=nvmlSystemGetCudaDriverVersion_v2 count=2")
    check(t, f.row("library"), {"status": "crashed", "step": "nvmlSystemGetCudaDriverVersion_v2"}, "a crash at the end")
    t.equal(len(f.rows("nvml_device")), 2, "loses nothing else")
    for function in ("nvmlInit_v2", "nvmlDeviceGetPowerUsage"):
        f = facts("hang=" + function, "nvml", "--timeout", 1)
        check(t, f.row("library"), {"status": "timed-out", "step": function}, "hangs in " + function)
        t.ok(not f.complete("nvml_device"), "the list is open")
    f = facts("noise=1")
    check(t, f.row("library"), {"status": "ok"}, "megabytes on both outputs")
    check(t, f.row("nvml_device"), RTX_3090, "spoil nothing")
    f = facts("absurd=1")
    got = f.row("nvml_device")
    for column in ("memory_total_mib", "memory_used_mib", "memory_reserved_mib", "bar1_total_mib", "sm_clock_mhz",
                   "power_w", "link_width", "compute_mode", "persistence_mode", "compute_capability"):
        t.ok(column in got and got[column] in ("(unknown garbage)",), "absurd: " + column, got.get(column))
    t.equal(got.get("name"), "A" * 256, "a text without its end ends")
    check(t, f.row("nvml"), {"cuda_version": "(unknown garbage)", "driver_version": "(unknown garbage)"},
          "absurd versions")
    check(t, f.row("library"), {"status": "ok"}, "and nothing breaks")


def check_denied(t):
    """Device nodes that the user may not open, in a /dev of the test's own."""
    home = t.folder()
    os.chmod(home, 0o755)
    shutil.copy(os.path.join(FAKES, "nvml", "libnvidia-ml.so.1"), home)
    within = ["unshare", "-m", "sh", "-c",
              "mount -t tmpfs none /dev && cd /dev && touch nvidiactl nvidia0 nvidia1 && chmod 666 nvidia0 && "
              'chmod 600 nvidiactl nvidia1 && exec setpriv --reuid=65534 --regid=65534 --clear-groups "$0" "$@"']
    if os.geteuid() or tap.run_program([*within, "true"]).returncode:
        t.skip("device nodes that may not be opened", "no name space can be made here")
        return
    for how, wanted in (("init=4", {"status": "denied", "denied_node": "/dev/nvidiactl",
                                    "detail": "/dev/nvidiactl may not be opened (Insufficient Permissions)"}),
                        ("count=0", {"status": "denied", "denied_node": "/dev/nvidiactl"}),
                        ("count=1", {"status": "ok", "denied_node": "/dev/nvidiactl"})):
        done = tap.run_program([*within, tap.program_for_all(), "facts", *TABLES, "--format", "json"],
                               env=dict(os.environ, FAKE_NVML=how, LD_LIBRARY_PATH=home))
        f = Facts(done)
        check(t, f.row("library"), wanted, "two nodes may not be opened: " + how)
        check(t, f.row("nvml"), {"nodes_denied": 2}, "they are counted")
        t.equal(f.complete("nvml_device"), how == "count=1", "the cards are known where NVML works")


def check_missing(t):
    f = facts("", None)
    if f.row("library").get("status") == "ok":
        t.skip("no library", "there is one here")
        return
    check(t, f.row("library"), {"status": "missing", "library": "libnvidia-ml.so.1"}, "no library")
    check(t, f.row("nvml"), {"loaded": False, "status": "(absent)", "cuda_version": "(absent)"}, "is a fact")
    t.ok(all(f.complete(table) for table in TABLES), "and nothing is open")


def check_replay(t):
    folder = t.folder()
    for how in ("card=h100 ecc=1", "count=3 lost=1", "init=18", "crash=nvmlInit_v2"):
        file = os.path.join(folder, "machine.capture")
        t.status(tap.run("record", file, "--force", "--timeout", HANG_GUARD, env=environment(how)), 0,
                 "a record: " + how)
        live = tap.run("facts", *TABLES, "--timeout", HANG_GUARD, env=environment(how)).stdout
        # No library is entered: this one would crash.
        replay = tap.run("facts", *TABLES, "--capture", file, env=environment("crash=nvmlInit_v2"))
        one, other = (text.replace(" @ ", "\n").splitlines() for text in (live, replay.stdout))
        wrong = [pair for pair in zip(one, other) if pair[0] != pair[1]
                 and pair[0].split()[0] not in ("uuid", "took_ms")]
        t.ok(len(live) > 500 and len(one) == len(other) and not wrong, "its replay gives the same facts", wrong[:5])
        with open(file, encoding="utf-8") as f:
            text = f.read()
        t.ok("said nvml" in text and "GPU-0000" not in text and "MIG-0000" not in text, "and holds no UUID")


def main():
    t = tap.Tap()
    if facts().row("library").get("status") == "not-asked":
        # A real GPU sleeps here, and must not be woken for a test.
        t.skip("NVML", "an NVIDIA GPU of this machine is suspended")
        t.end()
    check_card(t)
    check_instances(t)
    check_many(t)
    check_refusals(t)
    check_lost(t)
    check_2018(t)
    check_faults(t)
    check_denied(t)
    check_missing(t)
    check_replay(t)
    t.end()


main()
