#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""libdrm: one that does as it is told (tests/fakes/fake_drm.c), and the real one on amdgpu's stand-in of Mesa."""
import glob
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "cli"))
import live  # noqa: E402
import tap  # noqa: E402

FAKES = os.path.join(os.environ["TOP_BUILDDIR"], "tests", "fakes")
TABLES = ("library", "drm_device", "amdgpu_firmware")
SHIM = "libamdgpu_noop_drm_shim.so"


def ask(how="", fakes="drm", *args):
    env = live.environment(LD_LIBRARY_PATH=os.path.join(FAKES, fakes), FAKE_DRM=how)
    return live.Facts(TABLES, *args, env=env)


def check_answers(t):
    f = ask()
    t.equal(f.row("library", "libdrm", "status", "library", "version", "detail", "denied_node"),
            ["ok", "libdrm.so.2", "(absent)", "(absent)", "(absent)"], "libdrm answers")
    t.equal(f.row("library", "libdrm_amdgpu", "status", "library", "step", "last_words"),
            ["ok", "libdrm_amdgpu.so.1", "(absent)", "(absent)"], "libdrm_amdgpu has a row of its own")
    t.equal([f.table(n)["complete"] for n in TABLES], [True] * 3, "and all is told")
    t.equal(f.row("drm_device", "/dev/null", "render_node", "card_node", "bus", "device", "vendor_id", "device_id"),
            ["/dev/null", "/dev/dri/card7", "pci", "0001:10:03.7", "1002", "15bf"], "what libdrm lists")
    t.equal(f.row("drm_device", "/dev/null", "permitted", "opened", "open_error", "refusal"),
            [True, True, "(absent)", "(absent)"], "its render node is opened")
    t.equal(f.row("drm_device", "/dev/null", "driver", "driver_version", "driver_date"),
            ["amdgpu", "3.61.4", "(absent)"], "the driver: a name is as long as it is said to be, and 0 is no date")
    t.equal(f.row("drm_device", "/dev/null", "family_id", "chip_rev", "external_rev", "chip_id", "pci_revision",
                  "marketing_name", "integrated", "cu_count", "shader_engines", "arrays_per_engine", "wave_size"),
            [148, 0, 1, "15bf", "c1", "AMD Radeon 780M Graphics", True, 12, 1, 2, 32], "the chip")
    t.equal(f.row("drm_device", "/dev/null", "engine_max_mhz", "memory_max_mhz", "vram_type", "vram_bits"),
            [2700, 2800, "LPDDR5", 128], "its clocks, in MHz of kHz, and its memory")
    t.equal(f.row("drm_device", "/dev/null", "vram_mib", "vram_usable_mib", "vram_used_mib", "visible_vram_mib",
                  "visible_vram_used_mib", "gtt_mib", "gtt_usable_mib", "gtt_used_mib"),
            [4096, 4000, 128, 4096, 100, 14000, 13990, 20], "the memory in three heaps")
    firmware = {k: f.row("amdgpu_firmware", k, "name", "version", "feature") for k in f.keys("amdgpu_firmware")}
    t.equal(firmware, {"/dev/null MEC": ["MEC", 42, 35], "/dev/null SDMA0": ["SDMA0", 18, 0],
                       "/dev/null SDMA1": ["SDMA1", 19, 0], "/dev/null TA XGMI": ["TA XGMI", 0x1302, 0],
                       "/dev/null TA RAS": ["TA RAS", 0x1303, 0], "/dev/null MES": ["MES", 0xffffffff, 1]},
            "only firmware that is loaded, up to the largest number")
    f = ask("driver=i915")
    t.equal(f.row("drm_device", "/dev/null", "driver", "driver_version", "family_id", "vram_mib", "gtt_used_mib"),
            ["i915", "3.61.4", "(absent)", "(absent)", "(absent)"], "another driver has none of amdgpu's")
    t.equal(("libdrm_amdgpu" in f.keys("library"), f.keys("amdgpu_firmware"), f.table("amdgpu_firmware")["complete"]),
            (False, [], True), "and libdrm_amdgpu is not loaded")
    f = ask("platform")
    t.equal(f.row("drm_device", "/dev/null", "bus", "device", "vendor_id"), ["platform", "(absent)", "(absent)"],
            "on another bus no PCI address is made up")
    f = ask("devices=0")
    t.equal((f.get("library", "libdrm", "status"), f.keys("drm_device"), f.table("drm_device")["complete"]),
            ("no-device", [], True), "no device: proved")


def check_many(t):
    f = ask("devices=64")
    t.equal((len(f.keys("drm_device")), f.table("drm_device")["complete"]), (64, True), "64 devices")
    t.equal({f.get("drm_device", k, "marketing_name") for k in f.keys("drm_device")}, {"AMD Radeon 780M Graphics"},
            "each of them told to the end")
    t.equal((len(f.keys("amdgpu_firmware")), f.get("library", "libdrm", "status")), (6 * 64, "ok"),
            "with its firmware, and the answer is not too long")
    t.equal(len(ask("devices=256").keys("drm_device")), 256, "256 devices")
    f = ask("claims=257")
    t.equal(f.row("library", "libdrm", "status", "detail"), ["garbage", "drmGetDevices2 speaks of 257 devices"],
            "more than there was room for")
    t.equal(f.table("drm_device")["complete"], False, "so nothing is proved")
    f = ask("claims=2147483647")
    t.equal(f.get("library", "libdrm", "status"), "garbage", "the largest number")
    f = ask("devices=1 claims=3")
    t.equal((f.get("library", "libdrm", "status"), f.keys("drm_device")), ("garbage", ["/dev/null"]),
            "devices that are counted and not there")
    f = ask("devices=2 twice")
    t.equal((f.get("library", "libdrm", "status"), f.keys("drm_device")), ("garbage", ["/dev/null"]),
            "one device twice is one row")
    f = ask("nameless")
    t.equal((f.get("library", "libdrm", "status"), f.keys("drm_device")), ("garbage", []), "a device without a node")


def check_nonsense(t):
    f = ask("absurd")
    t.equal(f.row("drm_device", "/dev/null", "cu_count", "engine_max_mhz", "pci_revision", "vram_type", "vram_mib",
                  "gtt_usable_mib"), ["(garbage)"] * 6, "absurd numbers are unknown")
    t.equal(f.row("drm_device", "/dev/null", "family_id", "vram_bits", "gtt_mib", "vram_used_mib"),
            [148, 128, 14000, 128], "and spoil nothing else")
    f = ask("zero")
    t.equal(f.row("drm_device", "/dev/null", "family_id", "cu_count", "vram_bits", "engine_max_mhz", "pcie_gen",
                  "infinity_cache_mib"), ["(no-source)"] * 5 + [f.get("drm_device", "/dev/null", "infinity_cache_mib")],
            "0 says nothing")
    t.equal(f.row("drm_device", "/dev/null", "chip_rev", "vram_mib", "integrated", "marketing_name"),
            [0, 0, False, "(absent)"], "but of revisions, memory and flags it does")
    t.equal(ask("odd-version").get("drm_device", "/dev/null", "driver_version"), "(garbage)", "a version below 0")
    t.equal(ask("bytes").get("drm_device", "/dev/null", "marketing_name"), "(garbage)", "a name that is no text")
    f = ask("node=/dev/gpudoctor-none")
    t.equal(f.row("drm_device", "/dev/gpudoctor-none", "permitted", "opened", "open_error", "driver", "cu_count"),
            [False, False, "ENOENT", "(error)", "(error)"], "a node that is not there")
    t.equal(f.get("library", "libdrm", "status"), "ok", "is not the library's fault")
    t.equal(f.table("amdgpu_firmware")["complete"], False, "whose firmware is not known")


def check_failures(t):
    f = ask("fails=drmGetDevices2")
    t.equal(f.row("library", "libdrm", "status", "detail"), ["failed", "drmGetDevices2: Input/output error"],
            "the list fails")
    f = ask("fails=drmGetVersion")
    t.equal(f.row("drm_device", "/dev/null", "opened", "driver", "family_id"), [True, "(error)", "(error)"],
            "the version fails: not even the driver is known")
    for call in ("amdgpu_device_initialize", "chip", "memory", "amdgpu_query_firmware_version"):
        f = ask("fails=" + call)
        t.equal((f.get("library", "libdrm", "status"), f.get("library", "libdrm_amdgpu", "status"),
                 f.table("amdgpu_firmware")["complete"]), ("ok", "failed", False), "%s fails" % call)
        told = f.row("drm_device", "/dev/null", "cu_count", "vram_mib")
        wanted = [12 if call not in ("amdgpu_device_initialize", "chip") else "(error)",
                  4096 if call not in ("amdgpu_device_initialize", "memory") else "(error)"]
        t.equal(told, wanted, "what the others said stays: " + call)
    f = ask("", "drm-old")
    t.equal(f.row("library", "libdrm", "status", "missing"), ["too-old", "drmGetVersion"], "a libdrm that lacks one")
    t.equal(f.table("drm_device")["complete"], False, "proves nothing")
    f = ask("", "drm-old-amdgpu")
    t.equal(f.row("library", "libdrm_amdgpu", "status", "missing"), ["too-old", "amdgpu_query_firmware_version"],
            "a libdrm_amdgpu that lacks one")
    t.equal((f.get("library", "libdrm", "status"), f.get("drm_device", "/dev/null", "driver"),
             f.get("drm_device", "/dev/null", "cu_count"), f.table("amdgpu_firmware")["complete"]),
            ("ok", "amdgpu", "(no-source)", False), "what libdrm said stays")


def check_crashes(t):
    calls = {"drmGetDevices2": "drmGetDevices2", "drmGetVersion": "drmGetVersion",
             "amdgpu_device_initialize": "amdgpu_device_initialize", "chip": "amdgpu_query_info(DEV_INFO)",
             "memory": "amdgpu_query_info(MEMORY)", "amdgpu_query_firmware_version": "amdgpu_query_firmware_version",
             "amdgpu_device_deinitialize": "amdgpu_device_deinitialize"}
    for call, step in calls.items():
        step += " of libdrm_amdgpu" if step.startswith("amdgpu") else ""
        f = ask("crash=" + call)
        t.equal(f.row("library", "libdrm", "status", "signal", "step", "detail", "last_words"),
                ["crashed", "SIGSEGV", step, "libdrm.so.2 crashed (SIGSEGV) in " + step, "fake: this is the end"],
                "a crash in " + step)
        t.equal(f.table("amdgpu_firmware")["complete"], False, "proves nothing of what would have come: " + call)
        t.equal(f.get("library", "libudev", "status"), "ok", "and others go on: " + call)
    f = ask("crash=memory")
    t.equal(f.row("drm_device", "/dev/null", "driver", "cu_count", "vram_mib"), ["amdgpu", 12, "(crashed)"],
            "what was told before is kept")
    f = ask("hang=memory", "drm", "--timeout", "2")
    t.equal(f.row("library", "libdrm", "status", "step"), ["timed-out", "amdgpu_query_info(MEMORY) of libdrm_amdgpu"],
            "it hangs")
    t.equal(f.row("drm_device", "/dev/null", "driver", "cu_count"), ["amdgpu", 12], "and what was told is kept")
    f = ask("flood")
    t.equal((f.get("library", "libdrm", "status"), f.get("drm_device", "/dev/null", "cu_count")), ("ok", 12),
            "a library that prints megabytes")


def check_replay(t):
    for how in ("devices=2", "crash=memory", "absurd", "node=/dev/gpudoctor-none"):
        env = live.environment(LD_LIBRARY_PATH=os.path.join(FAKES, "drm"), FAKE_DRM=how)
        file = t.folder() + "/c"
        tap.run("record", file, env=env)
        t.equal(live.Facts(TABLES, "--capture", file).lasting("libdrm", "libdrm_amdgpu"),
                live.Facts(TABLES, env=env).lasting("libdrm", "libdrm_amdgpu"),
                "a replay shows the same: " + how)


def check_rules(t):
    for how, rule in (("crash=drmGetVersion", "libdrm-crashes"), ("hang=drmGetVersion", "libdrm-hangs")):
        env = live.environment(LD_LIBRARY_PATH=os.path.join(FAKES, "drm"), FAKE_DRM=how)
        found = live.findings("--timeout", "2", env=env)
        t.ok((rule, "libdrm") in found, rule, sorted(found))
        t.ok("drmGetVersion" in found.get((rule, "libdrm"), {}).get("says", ""), "which names the call: " + rule)


def find_shim():
    """Mesa's stand-in for amdgpu, which some distributions package, and which may lie among the fetched parts."""
    parts = os.environ.get("GPUDOCTOR_PARTS") or "/"
    return sorted(glob.glob(parts + "/mesa25/usr/lib/*/" + SHIM)) + glob.glob("/usr/lib*/" + SHIM) + \
        glob.glob("/usr/lib/*/" + SHIM)


def check_shim(t):
    """The chips' numbers are those of their data sheets, the ids and firmware those in Mesa's src/amd/drm-shim."""
    shim = find_shim()
    chips = {
        "navi21": {"chip_id": "73bf", "family_id": 143, "integrated": False, "cu_count": 60, "vram_bits": 256,
                   "vram_type": "GDDR6", "wave_size": 32, "marketing_name": "AMD Radeon RX 6800"},
        "navi31": {"chip_id": "744c", "family_id": 145, "integrated": False, "cu_count": 96, "vram_bits": 384,
                   "vram_type": "GDDR6"},
        "renoir": {"chip_id": "15e7", "family_id": 142, "integrated": True, "wave_size": 64},
        "polaris10": {"chip_id": "67df", "family_id": 130, "integrated": False, "cu_count": 36, "vram_bits": 256,
                      "vram_type": "GDDR5", "visible_vram_mib": 256},
    }
    for chip, wanted in chips.items():
        name = "the real libdrm and an emulated " + chip
        if not shim:
            t.skip(name, "no %s is here (package mesa-drm-shim)" % SHIM)
            continue
        f = live.Facts(TABLES, env=live.preloading(shim[0], AMDGPU_GPU_ID=chip))
        node = "/dev/dri/renderD128"
        t.equal({k: f.get("drm_device", node, k) for k in wanted}, wanted, name)
        t.equal(f.row("drm_device", node, "opened", "driver", "device"), [True, "amdgpu", "0000:04:00.0"],
                "is opened: " + chip)
        t.ok(node + " MEC" in f.keys("amdgpu_firmware"), "and tells its firmware: " + chip, f.keys("amdgpu_firmware"))


t = tap.Tap()
check_answers(t)
check_many(t)
check_nonsense(t)
check_failures(t)
check_crashes(t)
check_replay(t)
check_rules(t)
check_shim(t)
t.end()
