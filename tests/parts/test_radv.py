#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Mesa's real RADV on AMD GPUs that its drm-shim emulates, by several versions of Mesa."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "parts"))
import parts  # noqa: E402
import tap  # noqa: E402

# The chip by the shim's name for it: its ISA by LLVM's AMDGPUUsage and the kernel's KFD.
ISA = {"polaris10": "gfx803", "polaris12": "gfx803", "vega10": "gfx900", "vega20": "gfx906", "raven": "gfx902",
       "renoir": "gfx90c", "navi10": "gfx1010", "navi21": "gfx1030", "vangogh": "gfx1033", "rembrandt": "gfx1035",
       "navi31": "gfx1100", "navi33": "gfx1102", "phoenix": "gfx1103", "gfx1150": "gfx1150", "strix1": "gfx1150",
       "gfx1201": "gfx1201"}
# Mebibytes of memory of the board that the shim copies, and whether it is the CPU's own: the devices of Mesa's
# src/amd/drm-shim/amdgpu_devices.c. An integrated GPU has two thirds of carve-out and GTT together as its own.
BOARD = {"polaris10": 8192, "polaris12": 4096, "navi21": 16384, "navi31": 24560, "gfx1201": 16384, "vega20": 16368,
         "navi33": 8176}
INTEGRATED = {"raven", "renoir", "vangogh", "rembrandt", "phoenix", "gfx1150", "strix1"}
# What each Mesa can show: the shim's name for the GPU, and the family that RADV then prints.
HOST = {"polaris10": "POLARIS10", "polaris12": "POLARIS12", "raven": "RAVEN", "renoir": "RENOIR", "navi10": "NAVI10",
        "navi21": "NAVI21", "navi31": "GFX1100"}
MESA25 = {"polaris10": "POLARIS10", "renoir": "RENOIR", "navi21": "NAVI21", "navi31": "NAVI31", "gfx1150": "GFX1150"}
TRIXIE = {"vega20": "VEGA20", "vangogh": "VANGOGH", "rembrandt": "REMBRANDT", "navi31": "NAVI31", "navi33": "NAVI33",
          "phoenix": "PHOENIX", "strix1": "STRIX1", "gfx1201": "GFX1201"}

QUERY = ("SELECT name, type, driver, software, radv_family, isa, mesa_version, pci_address, device_local_mib, "
         "llama_cpp_mib FROM vulkan_device WHERE software = 0")


def check_gpu(t, done, gpu, family, mesa, what):
    if done.returncode != 0 or tap.crashed(done):
        t.ok(False, "%s: %s is asked" % (what, gpu), tap.describe(done))
        return
    found = parts.rows(done)
    device = found[0] if len(found) == 1 else {}
    t.equal([device.get("radv_family"), device.get("isa"), device.get("driver"), bool(device.get("software"))],
            [family, ISA[gpu], "radv", False], "%s: %s is %s, %s" % (what, gpu, family, ISA[gpu]))
    # The shim has one PCI address for all; its name may hold anything before the brackets.
    t.ok("(RADV %s)" % family in device.get("name", "") and device["mesa_version"].startswith(mesa) and
         device["pci_address"] == "0000:04:00.0" and
         device["type"] == ("integrated" if gpu in INTEGRATED else "discrete"),
         "%s: %s has its name, version, address and type" % (what, gpu), device)
    if gpu in BOARD:
        t.equal(device.get("device_local_mib"), BOARD[gpu], "%s: %s has %d MiB" % (what, gpu, BOARD[gpu]))


def host_mesa():
    """The version of the host's Mesa by its package, or None where that is not Debian 12's."""
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "mesa-vulkan-drivers"], capture_output=True,
                          text=True, check=False)
    return "22.3" if done.stdout.startswith("22.3.") else None


def check_host(t):
    if not parts.have(t, "mesa25", "RADV of the host"):
        return
    if not host_mesa():
        t.skip("RADV of the host", "the host has no Mesa 22.3")
        return
    for gpu, family in HOST.items():
        done = tap.run("query", "--format", "json", QUERY, env=parts.host_environment(gpu))
        check_gpu(t, done, gpu, family, "22.3.", "Mesa 22.3")
    # A chip that this Mesa is too old for: no device at all, and the words say why.
    done = tap.run("query", "--format", "json", "SELECT status, last_words FROM library WHERE id = 'vulkan'",
                   env=parts.host_environment("gfx1150"))
    row = parts.rows(done)[0]
    t.ok(row["status"] == "no-device" and "unknown (family_id, chip_external_rev): (150, 17)" in row["last_words"],
         "Mesa 22.3 does not know gfx1150, and says so", row)


def check_mesa25(t):
    if not parts.have(t, "mesa25", "RADV of Mesa 25"):
        return
    for gpu, family in MESA25.items():
        done = tap.run("query", "--format", "json", QUERY, env=parts.mesa25_environment(t, gpu))
        check_gpu(t, done, gpu, family, "25.", "Mesa 25")


def check_trixie(t):
    if not parts.have(t, "trixie", "RADV of Mesa 26"):
        return
    if os.geteuid() != 0:
        t.skip("RADV of Mesa 26", "only root may change the root")
        return
    for gpu, family in TRIXIE.items():
        done = parts.run_in_trixie(gpu, "query", "--format", "json", QUERY)
        check_gpu(t, done, gpu, family, "26.", "Mesa 26")


def devices_of_ggml(environment):
    done = subprocess.run([sys.executable, os.path.join(tap.TOP, "tests/parts/ggml_devices.py"),
                           parts.ggml_folder()], env=environment, capture_output=True, text=True, check=False)
    devices = json.loads(done.stdout) if done.returncode == 0 else []
    said = {}
    for line in done.stderr.splitlines():
        # ggml_vulkan: 0 = NAME (radv) | uma: 0 | fp16: 1 | bf16: 0 | …
        if line.startswith("ggml_vulkan: 0 ="):
            said = dict(part.split(": ") for part in line.split(" | ")[1:] if ": " in part)
    return [d for d in devices if d["name"].startswith("Vulkan")], said


def check_ggml(t):
    """ggml's own Vulkan back end is the reference: its devices, its memory, its view of what they can do."""
    if not parts.have(t, "ggml", "ggml sees the same") or not parts.have(t, "mesa25", "ggml sees the same"):
        return
    if os.environ.get("SANITIZERS") == "yes":
        t.skip("ggml sees the same", "it is compared in the build without sanitizers")
        return
    query = ("SELECT name, llama_cpp_mib, type, fp16, int8_dot, bfloat16, shared_memory_bytes FROM vulkan_device "
             "WHERE software = 0")
    for gpu in ("navi21", "renoir", "polaris10", "navi31", "raven"):
        environment = parts.host_environment(gpu)
        wanted, said = devices_of_ggml(environment)
        mine = parts.rows(tap.run("query", "--format", "json", query, env=environment))
        t.equal([(d["name"], d["llama_cpp_mib"]) for d in mine],
                [(d["description"], d["total_bytes"] >> 20) for d in wanted], "ggml counts the memory of %s so" % gpu)
        t.equal([str(int(mine[0][key])) for key in ("fp16", "int8_dot", "bfloat16", "shared_memory_bytes")] +
                [str(int(mine[0]["type"] == "integrated"))],
                [said.get(key) for key in ("fp16", "int dot", "bf16", "shared memory", "uma")],
                "ggml reads the abilities of %s so" % gpu)
    wanted, _ = devices_of_ggml(dict(os.environ))
    mine = parts.rows(tap.run("query", "--format", "json", query))
    t.equal(len(mine), len(wanted), "without a GPU, software is none for ggml either")


def check_crash(t):
    """RADV without a winsys crashes: in the loader's own process a program would be gone."""
    if not host_mesa():
        t.skip("a real driver that crashes", "only Mesa before 26 has RADV_FORCE_FAMILY")
        return
    query = "SELECT status, signal, step, last_words FROM library WHERE id = 'vulkan'"
    for family, expected in (("renoir", ["crashed", "SIGSEGV",
                                         "vkGetPhysicalDeviceMemoryProperties2 of Null hardware (RADV RENOIR) (radv)"]),
                             ("nonsense", ["crashed", "SIGABRT", "vkEnumeratePhysicalDevices"])):
        environment = dict(os.environ, RADV_FORCE_FAMILY=family)
        row = parts.rows(tap.run("query", "--format", "json", query, env=environment))[0]
        t.equal([row["status"], row["signal"], row["step"]], expected, "RADV_FORCE_FAMILY=%s crashes there" % family)
        done = tap.run("check", env=environment)
        t.ok(done.returncode in (0, 1, 2) and "Vulkan" in done.stdout and "CPU" in done.stdout,
             "and the report names Vulkan and holds the rest", tap.describe(done))
    found = parts.rows(tap.run("query", "--format", "json", "SELECT name, isa FROM vulkan_device",
                               env=dict(os.environ, RADV_FORCE_FAMILY="renoir")))
    t.equal([(d["name"], d["isa"]) for d in found], [("Null hardware (RADV RENOIR)", "gfx90c")],
            "what was told before the crash is kept")


def main():
    t = tap.Tap()
    check_host(t)
    check_mesa25(t)
    check_trixie(t)
    check_ggml(t)
    check_crash(t)
    t.end()


main()
