#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ROCm's real runtime of Debian 13 (6.1.2) on a compute driver that computes nothing, and Mesa's emulated GPU."""
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "parts"))
sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "fakes"))
import kfd_topology  # noqa: E402
import parts  # noqa: E402
import tap  # noqa: E402
import world  # noqa: E402

FAKE = os.path.join(os.environ["TOP_BUILDDIR"], "tests", "fakes", "libfake_kfd.so")
GPU_ID = 4660
# What the kernel writes into gfx_target_version: two decimal digits each for minor and stepping, which the name of the
# ISA has as hexadecimal digits. The last ones came after ROCm 6.1 (ISAs are listed in core/runtime/isa.cpp of ROCr).
KNOWN = {90006: "gfx906", 90010: "gfx90a", 100300: "gfx1030", 100302: "gfx1032", 100306: "gfx1036", 110000: "gfx1100",
         110003: "gfx1103", 110500: "gfx1150", 110501: "gfx1151"}
LATER = (110502, 110503, 120000, 120001)

AGENTS = ("SELECT name, gfx, isa, cu_count, memory_mib, pci_address, override, xnack FROM hsa_agent "
          "WHERE kind = 'gpu' ORDER BY id")
RUNTIMES = ("SELECT library.status, r.init_status, r.gpu_agent_count, r.without_override FROM hsa_runtime AS r "
            "JOIN library ON library.id = r.id ORDER BY r.id")


class Trixie:
    """The Debian 13 root, with this GPU in its topology. Other tests enter it at the same time."""

    def __init__(self, t, target):
        self.root = parts.path("trixie")
        folder = tempfile.mkdtemp(dir=self.root + "/tmp")
        t.folders.append(folder)
        inside = folder[len(self.root):]
        self.program = inside + "/" + os.path.basename(shutil.copy(tap.PROGRAM, folder))
        self.preload = "%s/%s:/%s/%s" % (inside, os.path.basename(shutil.copy(FAKE, folder)), parts.LIB, parts.SHIM)
        self.world = world.World(t)
        kfd_topology.lay_out(self.world.root, target, GPU_ID)

    def rows(self, sql, **environment):
        done = self.world.run("query", sql, "--format", "json", program=self.program, other_root=self.root,
                              LD_PRELOAD=self.preload, AMDGPU_GPU_ID="phoenix", FAKE_KFD_GPU_ID=str(GPU_ID),
                              **parts.SANE, **environment)
        if done.returncode != 0 or tap.crashed(done):
            return [{"error": tap.describe(done)}]
        return parts.rows(done)


def main():
    t = tap.Tap()
    how, why = world.command()
    if not parts.have(t, "trixie", "ROCm's runtime of Debian 13"):
        t.end()
    if not how or os.geteuid() != 0:
        t.skip("ROCm's runtime of Debian 13", why or "only root can enter another root")
        t.end()
    for target, gfx in KNOWN.items():
        found = Trixie(t, target).rows(AGENTS)
        t.equal([(a.get("name"), a.get("gfx"), a.get("cu_count"), a.get("memory_mib"), a.get("pci_address"))
                 for a in found] or found, [(gfx, gfx, 12, 4096, "0000:04:00.0")], "%d is %s" % (target, gfx))
    for target in LATER:
        if os.environ.get("SANITIZERS") == "yes":
            t.skip("%d is not known to ROCm 6.1" % target,
                   "the runtime breaks memory of its own there, which a sanitizer does not let pass")
            continue
        found = Trixie(t, target).rows(RUNTIMES)
        t.equal([(r.get("status"), r.get("gpu_agent_count")) for r in found] or found, [("ok", 0)],
                "%d is not known to ROCm 6.1, and not offered" % target)
    phoenix = Trixie(t, 110003)
    found = phoenix.rows(AGENTS, HSA_OVERRIDE_GFX_VERSION="11.0.0")
    t.equal([(a.get("gfx"), a.get("override")) for a in found], [("gfx1100", "11.0.0"), ("gfx1103", None)],
            "an override, and without it")
    found = phoenix.rows(RUNTIMES, HSA_OVERRIDE_GFX_VERSION="11")
    t.equal([(r.get("status"), r.get("init_status"), r.get("gpu_agent_count")) for r in found],
            [("failed", "HSA_STATUS_ERROR_OUT_OF_RESOURCES", 0), ("ok", "HSA_STATUS_SUCCESS", 1)],
            "one that it cannot read keeps it from starting")
    found = phoenix.rows(RUNTIMES, ROCR_VISIBLE_DEVICES="1")
    t.equal([(r.get("status"), r.get("gpu_agent_count")) for r in found], [("ok", 0)], "a GPU that the user hides")
    found = phoenix.rows("SELECT status, denied_node FROM library WHERE id GLOB 'hsa *'", FAKE_KFD_ERRNO="13")
    t.equal(found, [{"status": "denied", "denied_node": "/dev/kfd"}], "a device that may not be opened")
    t.end()


main()
