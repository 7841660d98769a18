#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ROCm's runtime: a fake one that does as it is told, and the real one where it is installed."""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "cli"))
sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "fakes"))
import kfd_topology  # noqa: E402
import machine  # noqa: E402
import tap  # noqa: E402
import world  # noqa: E402

FAKES = os.path.join(os.environ["TOP_BUILDDIR"], "tests", "fakes")
NAME = "libhsa-runtime64.so.1"
TABLES = ("library", "hsa_runtime", "hsa_agent", "hsa_env")
GPU_ID = 4660
# What changes by itself, and what a record must not hold.
VOLATILE = ("sandbox", "took_ms", "last_words", "uuid")


def put_fake(folder, fake="libfake_hsa.so", name=NAME):
    os.makedirs(folder, exist_ok=True)
    return shutil.copy(os.path.join(FAKES, fake), os.path.join(folder, name))


class Facts:
    """What the program printed as JSON, by table and key."""

    def __init__(self, done):
        self.done = done
        self.tables = tap.load(done) if done.returncode == 0 else {}

    def rows(self, table):
        found = {}
        for row in self.tables.get(table, {}).get("rows", []):
            found[next(iter(row.values())).get("value")] = row
        return found

    def complete(self, table):
        return self.tables.get(table, {}).get("complete")

    def value(self, table, key, column):
        """The value; "absent" or "unknown" where there is none."""
        cell = self.rows(table).get(key, {}).get(column, {"state": "no such row or column"})
        return cell["value"] if cell["state"] == "known" else cell["state"]


def facts(w, *options, **more):
    return Facts(w.run("facts", *options, "--format", "json", *TABLES, **more))


def expect(t, f, table, key, about, **wanted):
    got = {column: f.value(table, key, column) for column in wanted}
    t.ok(got == wanted, about, "got    %s\nwanted %s\n%s" % (got, wanted, f.done.stderr[-800:]))


def findings(w, about, **more):
    """The rules of ROCm's runtime that found something in this copy of it, or in a GPU."""
    done = w.run("check", "--format", "json", **more)
    report = tap.load(done) if done.returncode < 64 else {}
    return sorted(f["rule"] for f in report.get("findings", [])
                  if f["rule"].startswith(("hsa-", "override-")) and f["key"].startswith((about, "0000:", "caller ")))


class Fake:
    """A world with a fake runtime that the loader finds first."""

    def __init__(self, t, gfx=110003, fake="libfake_hsa.so"):
        self.w = world.World(t)
        self.folder = t.folder()
        os.chmod(self.folder, 0o755)
        self.path = put_fake(self.folder, fake)
        self.id = "hsa " + self.path
        kfd_topology.lay_out(self.w.root, gfx, GPU_ID)

    def facts(self, *options, **more):
        more.setdefault("LD_LIBRARY_PATH", self.folder)
        return facts(self.w, *options, **more)

    def findings(self, **more):
        return findings(self.w, self.id, LD_LIBRARY_PATH=self.folder, **more)


def check_well(t):
    fake = Fake(t)
    f = fake.facts()
    expect(t, f, "library", fake.id, "a runtime that answers", status="ok", file=fake.path, detail="absent",
           version="1.15.0-rocm-rel-6.4")
    expect(t, f, "hsa_runtime", fake.id, "says how it started", file=fake.path, found_in="loader", hsa_version="1.15",
           build="1.15.0-rocm-rel-6.4", without_override=False, overridden=False, override="absent",
           init_status="HSA_STATUS_SUCCESS", init_detail="absent", agent_count=2, gpu_agent_count=1)
    expect(t, f, "hsa_agent", fake.id + " agent 0", "lists the processor", runtime=fake.id, number=0, kind="cpu",
           name="Some Processor", isa="absent", gfx="absent", marketing_name="absent", cu_count=16, profile="full",
           pci_address="absent", wavefront_size="absent", device_id="absent", overridden=False)
    expect(t, f, "hsa_agent", fake.id + " agent 1", "and the GPU", runtime=fake.id, number=1, kind="gpu",
           name="gfx1103", isa="amdgcn-amd-amdhsa--gfx1103", gfx="gfx1103", xnack="absent", sramecc="absent",
           other_isas="amdgcn-amd-amdhsa--gfx11-generic", marketing_name="Radeon of the Test", vendor_name="AMD",
           cu_count=12, wavefront_size=32, max_clock_mhz=2700, profile="base", node=1, pci_address="0000:04:03.1",
           device_id="15bf", pool_count=3, memory_mib=4096, alloc_max_mib=15360, lds_kib=64, overridden=False,
           override="absent", uuid="(private)")
    t.ok(f.complete("hsa_runtime") and f.complete("hsa_agent"), "and that is all")
    f = fake.facts("--show-private")
    expect(t, f, "hsa_agent", fake.id + " agent 1", "its number is private", uuid="GPU-5ec2e70000000000")
    f = fake.facts(FAKE_HSA_ISA="gfx90a")
    expect(t, f, "hsa_agent", fake.id + " agent 1", "features stand behind the chip",
           isa="amdgcn-amd-amdhsa--gfx90a:sramecc+:xnack-", gfx="gfx90a", sramecc=True, xnack=False)
    f = fake.facts(FAKE_HSA_GPUS="64")
    expect(t, f, "hsa_runtime", fake.id, "64 GPUs", agent_count=65, gpu_agent_count=64)
    expect(t, f, "hsa_agent", fake.id + " agent 64", "each by itself", node=64, pci_address="0000:43:03.1")
    f = fake.facts(FAKE_HSA_GPUS="0")
    expect(t, f, "library", fake.id, "no GPU is no failure", status="ok")
    expect(t, f, "hsa_runtime", fake.id, "but is said", gpu_agent_count=0)
    f = fake.facts(FAKE_HSA_DOES="flood")
    expect(t, f, "library", fake.id, "megabytes of words keep nobody from hearing it", status="ok")


def check_ends(t):
    fake = Fake(t)
    start = fake.path + " crashed "
    f = fake.facts(FAKE_HSA_DOES="crash")
    expect(t, f, "library", fake.id, "it crashes", status="crashed", signal="SIGSEGV", step="hsa_init",
           detail=start + "(SIGSEGV) in hsa_init", last_words="rocr: what is this chip?")
    expect(t, f, "hsa_runtime", fake.id, "what it offers stays open", file=fake.path, init_status="unknown",
           gpu_agent_count="unknown")
    t.equal(f.complete("hsa_agent"), False, "and so does the list of agents")
    t.equal(fake.findings(FAKE_HSA_DOES="crash"), ["hsa-crashes"], "that is a finding")
    expect(t, fake.facts(FAKE_HSA_DOES="abort"), "library", fake.id, "it aborts", status="crashed", signal="SIGABRT")
    f = fake.facts(FAKE_HSA_DOES="exit")
    expect(t, f, "library", fake.id, "it ends the process", status="failed", step="hsa_init",
           detail=fake.path + " ended the process with status 7 in hsa_init")
    f = fake.facts("--timeout", "1", FAKE_HSA_DOES="hang")
    expect(t, f, "library", fake.id, "it hangs", status="timed-out", step="hsa_init")
    f = fake.facts("--timeout", "1", FAKE_HSA_DOES="hang-late", FAKE_HSA_GPUS="3")
    expect(t, f, "library", fake.id, "it hangs at the second GPU", status="timed-out", step="hsa_agent_get_info")
    f = fake.facts(FAKE_HSA_DOES="crash-late", FAKE_HSA_GPUS="3")
    expect(t, f, "library", fake.id, "it crashes at the second GPU", status="crashed", step="hsa_agent_get_info")
    t.ok(fake.id + " agent 1" in f.rows("hsa_agent") and fake.id + " agent 2" not in f.rows("hsa_agent"),
         "the first was told", list(f.rows("hsa_agent")))
    expect(t, f, "hsa_runtime", fake.id, "how many there are was not", init_status="HSA_STATUS_SUCCESS",
           gpu_agent_count="unknown")


def check_refusals(t):
    fake = Fake(t)
    f = fake.facts(FAKE_HSA_INIT="0x1008")
    words = "HSA_STATUS_ERROR_OUT_OF_RESOURCES: there is not enough of something."
    expect(t, f, "library", fake.id, "it does not start", status="failed", detail="hsa_init: " + words)
    expect(t, f, "hsa_runtime", fake.id, "and says why", init_status="HSA_STATUS_ERROR_OUT_OF_RESOURCES",
           init_detail=words, agent_count="absent", gpu_agent_count=0)
    t.equal(f.complete("hsa_agent"), True, "so it offers nothing")
    t.equal(fake.findings(FAKE_HSA_INIT="0x1008"), ["hsa-fails"], "that is a finding")
    f = fake.facts(FAKE_HSA_INIT="0x77")
    expect(t, f, "library", fake.id, "for a reason of the future", status="failed", detail="hsa_init: status 0x77")
    f = fake.facts(FAKE_HSA_GPUS="300")
    expect(t, f, "library", fake.id, "more agents than any machine has", status="garbage",
           detail="it lists more than 256 agents")
    t.equal(f.complete("hsa_agent"), False, "are not listed")
    f = fake.facts(FAKE_HSA_DOES="garbage")
    expect(t, f, "hsa_agent", fake.id + " agent 1", "nonsense is not taken", kind="gpu", cu_count="unknown",
           profile="unknown", pci_address="unknown", memory_mib="unknown", alloc_max_mib="unknown", gfx="unknown",
           max_clock_mhz="unknown", lds_kib=64)
    f = fake.facts(FAKE_HSA_DOES="refuse")
    expect(t, f, "hsa_agent", fake.id + " agent 1", "what it does not say is open", kind="unknown", name="unknown",
           cu_count="unknown", pool_count="unknown")
    expect(t, f, "hsa_runtime", fake.id, "nor does anybody count", agent_count=2, gpu_agent_count="unknown",
           hsa_version="absent", build="absent")
    old = Fake(t, fake="libfake_hsa_lacks.so")
    f = old.facts()
    expect(t, f, "library", old.id, "one without memory pools", status="too-old",
           missing="hsa_amd_agent_iterate_memory_pools")
    broken = Fake(t, fake="libfake_hsa_needs.so")
    f = broken.facts()
    expect(t, f, "library", broken.id, "one that needs what nobody has", status="unresolved",
           missing="gpudoctor_symbol_that_nobody_has")
    expect(t, f, "hsa_runtime", broken.id, "offers nothing", gpu_agent_count=0, init_status="absent")
    t.equal(broken.findings(), ["hsa-unresolved"], "that is a finding")


def check_override(t):
    fake = Fake(t)
    without = fake.id + " without override"
    f = fake.facts()
    t.ok(without not in f.rows("library"), "without an override it is asked once", list(f.rows("library")))
    f = fake.facts(HSA_OVERRIDE_GFX_VERSION="11.0.0")
    expect(t, f, "hsa_runtime", fake.id, "with one it is asked with it", overridden=True, without_override=False,
           override="HSA_OVERRIDE_GFX_VERSION=11.0.0", gpu_agent_count=1)
    expect(t, f, "hsa_agent", fake.id + " agent 1", "and shows what the override says", gfx="gfx1100",
           overridden=True, override="11.0.0")
    expect(t, f, "hsa_agent", fake.id + " agent 0", "a processor has none", overridden=False, override="absent")
    expect(t, f, "hsa_runtime", without, "and once more without", overridden=False, without_override=True,
           override="absent", gpu_agent_count=1)
    expect(t, f, "hsa_agent", without + " agent 1", "which shows the chip", gfx="gfx1103", overridden=False)
    expect(t, f, "hsa_env", "caller", "the variables are facts", override="11.0.0", node_overrides="absent",
           overridden=True, override_valid=True)
    f = fake.facts(HSA_OVERRIDE_GFX_VERSION_1="11.0.2")
    expect(t, f, "hsa_agent", fake.id + " agent 1", "a variable for its node", overridden=True, override="11.0.2")
    expect(t, f, "library", without, "counts too", status="ok")
    told = {"HSA_OVERRIDE_GFX_VERSION": "11.0.0", "FAKE_HSA_KNOWS": "gfx1103"}
    expect(t, fake.facts(**told), "hsa_runtime", fake.id, "the override names what the runtime does not know",
           gpu_agent_count=0)
    t.equal(fake.findings(**told), ["hsa-override-hides-gpu"], "that is a finding")
    told = {"HSA_OVERRIDE_GFX_VERSION": "11.0.0", "FAKE_HSA_KNOWS": "gfx1100"}
    t.equal(fake.findings(**told), ["hsa-gpu-missing", "override-unsafe"], "without the override the GPU is not there")


def check_disagreement(t):
    """The kernel's word on the chip stands beside the runtime's where the PCI address is the same."""
    fake = Fake(t, gfx=100302)
    path = fake.w.root + "/sys/devices/virtual/kfd/kfd/topology/nodes/1/properties"
    with open(path, encoding="ascii") as f:
        text = f.read()
    tap.write(path, text.replace("location_id 1024", "location_id %d" % (4 << 8 | 3 << 3 | 1)))
    t.equal(fake.findings(FAKE_HSA_ISA="gfx1032"), [], "kernel and runtime agree")
    t.equal(fake.findings(FAKE_HSA_ISA="gfx1031"), ["hsa-isa-disagrees"], "they do not")
    t.equal(fake.findings(FAKE_HSA_ISA="gfx1032", HSA_OVERRIDE_GFX_VERSION="10.3.0"), ["override-works"],
            "an override names a close relative")
    t.equal(fake.findings(FAKE_HSA_ISA="gfx1032", HSA_OVERRIDE_GFX_VERSION="11.0.0"),
            ["override-other-generation-login"],
            "an override names another chip")
    t.equal(fake.findings(FAKE_HSA_ISA="gfx1032", HSA_OVERRIDE_GFX_VERSION="10.3.2"), ["override-no-op"],
            "an override names the chip that is there")


def check_places(t):
    fake = Fake(t)
    link = t.folder() + "/other"
    os.symlink(fake.folder, link)
    f = fake.facts(LD_LIBRARY_PATH="%s:%s" % (fake.folder, link))
    t.equal([i for i in f.rows("library") if fake.folder in i or link in i], [fake.id], "one file is asked once")
    folders = [t.folder() for _ in range(18)]
    for folder in folders:
        put_fake(folder)
    f = fake.facts(LD_LIBRARY_PATH=":".join(folders))
    ids = ["hsa %s/%s" % (folder, NAME) for folder in folders]
    t.equal([f.value("library", i, "status") for i in ids[:16]], ["ok"] * 16, "16 runtimes are asked")
    t.ok(not set(ids[16:]) & set(f.rows("library")), "no more")
    t.equal((f.complete("hsa_runtime"), f.complete("hsa_agent")), (False, False), "and that is said")
    expect(t, f, "hsa_runtime", ids[0], "the first is the loader's", found_in="loader")
    expect(t, f, "hsa_runtime", ids[1], "the others are not", found_in="LD_LIBRARY_PATH")
    tap.write(fake.w.root + "/etc/ld.so.conf.d/rocm.conf", fake.folder + "\n")
    f = fake.facts(LD_LIBRARY_PATH="", folders=("sys", "etc/ld.so.conf.d"))
    expect(t, f, "hsa_runtime", fake.id, "a folder that the loader was told of, but has not looked at",
           found_in="unlisted", gpu_agent_count=1)
    expect(t, f, "library", fake.id, "is asked by its path", status="ok", file=fake.path, detail="absent",
           missing="absent")
    tap.write(fake.path, "no library")
    expect(t, fake.facts(), "library", fake.id, "a file that is no library", status="garbage")


def check_no_device(t):
    fake = Fake(t)
    tap.write(fake.path, "nothing that could be loaded")
    f = fake.facts(nodes=(), HSA_OVERRIDE_GFX_VERSION="11.0.0")
    expect(t, f, "library", fake.id, "without /dev/kfd nothing is loaded", status="no-device",
           detail="it was not loaded: there is no compute device (/dev/kfd)")
    expect(t, f, "hsa_runtime", fake.id, "but what is here is said", file=fake.path, gpu_agent_count=0,
           init_status="absent")
    t.ok(fake.id + " without override" not in f.rows("library"), "once")
    t.ok(f.complete("hsa_runtime") and f.complete("hsa_agent"), "and nobody offers a GPU")


def check_denied(t):
    if os.geteuid() != 0:
        t.skip("a device that may not be opened", "only root can make a device node")
        return
    fake = Fake(t)
    f = fake.facts(nodes=(), secret=("kfd",), nobody=True, FAKE_HSA_INIT="0x1008")
    expect(t, f, "library", fake.id, "/dev/kfd may not be opened", status="denied", denied_node="/dev/kfd",
           detail="/dev/kfd may not be opened: Permission denied")
    f = fake.facts(secret=("dri/renderD128",), nobody=True, FAKE_HSA_INIT="0x1008")
    expect(t, f, "library", fake.id, "the render node may not be opened", status="denied",
           denied_node="/dev/dri/renderD128")
    f = fake.facts(secret=("dri/renderD128",), nobody=True, FAKE_HSA_GPUS="0")
    expect(t, f, "library", fake.id, "and the runtime says nothing of it", status="denied",
           denied_node="/dev/dri/renderD128")
    f = fake.facts(nobody=True, secret=("dri/renderD129",))
    expect(t, f, "library", fake.id, "another's render node is no matter", status="ok")


def check_asleep(t):
    fake = Fake(t)
    where = machine.add_pci(fake.w.root, "0000:03:00.0", "0x1002", "0x744c", "0x030000")
    os.makedirs(where + "/power")
    tap.write(where + "/power/runtime_status", "suspended\n")
    f = fake.facts(FAKE_HSA_DOES="crash")
    expect(t, f, "library", fake.id, "a GPU that sleeps is left alone", status="not-asked",
           detail="0000:03:00.0 is suspended, and starting the runtime would wake it")
    t.equal(f.complete("hsa_agent"), False, "so what is offered stays open")
    tap.write(where + "/power/runtime_status", "active\n")
    expect(t, fake.facts(), "library", fake.id, "one that is awake is not", status="ok")


def check_replay(t):
    fake = Fake(t)
    told = {"HSA_OVERRIDE_GFX_VERSION": "11.0.0", "HOME": "/home/somebody-else", "LD_LIBRARY_PATH": fake.folder}
    file = t.folder() + "/c"
    live = fake.facts(**told)
    t.status(fake.w.run("record", file, **told), 0, "a record")
    again = Facts(tap.run("facts", "--capture", file, "--format", "json", *TABLES))
    for table in TABLES:
        for rows in (live.rows(table), again.rows(table)):
            for row in rows.values():
                for column in VOLATILE:
                    row.pop(column, None)
        t.ok(live.rows(table) and live.rows(table) == again.rows(table), "its replay shows the same %s" % table,
             "%s\n%s" % (live.rows(table), again.rows(table)))
        t.equal(live.complete(table), again.complete(table), "as complete as before")
    with open(file, encoding="utf-8") as f:
        text = f.read()
    t.ok("5ec2e7" not in text, "it does not hold the GPU's own number")
    t.ok("somebody-else" not in text, "nor the name of a home folder",
         [line for line in text.splitlines() if "somebody-else" in line][:5])


def real_runtime(w):
    """The id of the runtime that the loader finds, or None."""
    f = facts(w, nodes=())
    for key in f.rows("hsa_runtime"):
        if f.value("hsa_runtime", key, "found_in") == "loader":
            return key
    return None


def check_real(t):
    w = world.World(t)
    real = real_runtime(w)
    if not real:
        t.skip("the real runtime", "libhsa-runtime64 is not installed")
        return
    expect(t, facts(w, nodes=()), "library", real, "the real one without /dev/kfd", status="no-device")
    f = facts(w)
    expect(t, f, "library", real, "with something else in its place", status="failed")
    expect(t, f, "hsa_runtime", real, "does not start", init_status="HSA_STATUS_ERROR_OUT_OF_RESOURCES",
           gpu_agent_count=0)
    fake = {"LD_PRELOAD": os.path.join(FAKES, "libfake_kfd.so"), "FAKE_KFD_GPU_ID": str(GPU_ID), "FAKE_KFD_RENDER": "1",
            # A sanitizer wants to stand before what is preloaded.
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
    kfd_topology.lay_out(w.root, 100302, GPU_ID)
    f = facts(w, **fake)
    if f.value("hsa_runtime", real, "gpu_agent_count") == 0:
        t.skip("the real runtime on a fake driver", "this release asks the driver for more than the fake knows")
        return
    expect(t, f, "library", real, "the real one starts in its sandbox", status="ok")
    expect(t, f, "hsa_runtime", real, "on a driver that computes nothing", init_status="HSA_STATUS_SUCCESS",
           agent_count=2, gpu_agent_count=1)
    expect(t, f, "hsa_agent", real + " agent 1", "and names the GPU of the topology", kind="gpu", name="gfx1032",
           gfx="gfx1032", isa="amdgcn-amd-amdhsa--gfx1032", cu_count=12, node=1, pci_address="0000:04:00.0",
           device_id="15bf", memory_mib=4096, lds_kib=64, wavefront_size=32, profile="base", vendor_name="AMD")
    t.equal(findings(w, real, **fake), [], "nothing is wrong with that")
    f = facts(w, HSA_OVERRIDE_GFX_VERSION="10.3.0", **fake)
    expect(t, f, "hsa_agent", real + " agent 1", "an override has its effect", gfx="gfx1030", override="10.3.0")
    expect(t, f, "hsa_agent", real + " without override agent 1", "and none without", gfx="gfx1032")
    t.equal(findings(w, real, HSA_OVERRIDE_GFX_VERSION="10.3.0", **fake), ["override-works"], "which is told")
    f = facts(w, HSA_OVERRIDE_GFX_VERSION="gfx1030", **fake)
    expect(t, f, "library", real, "one that it cannot read", status="failed")
    expect(t, f, "library", real + " without override", "keeps it from starting", status="ok")
    t.equal(findings(w, real, HSA_OVERRIDE_GFX_VERSION="gfx1030", **fake), ["hsa-override-breaks"], "which is told")
    f = facts(w, ROCR_VISIBLE_DEVICES="7", **fake)
    expect(t, f, "hsa_runtime", real, "GPUs that the user hides", agent_count=1, gpu_agent_count=0)
    t.equal(findings(w, real, ROCR_VISIBLE_DEVICES="7", **fake), [], "are not missed")
    expect(t, facts(w, FAKE_KFD_ERRNO="13", **fake), "library", real, "a device that may not be opened",
           status="denied", denied_node="/dev/kfd")
    if os.environ.get("SANITIZERS") == "yes":
        t.skip("a chip of the future", "the runtime breaks memory of its own there, and a sanitizer ends that")
        return
    unknown = world.World(t)
    kfd_topology.lay_out(unknown.root, 630900, GPU_ID)
    expect(t, facts(unknown, **fake), "hsa_runtime", real, "a chip of the future", init_status="HSA_STATUS_SUCCESS",
           gpu_agent_count=0)
    t.equal(findings(unknown, real, **fake), ["hsa-gpu-missing"], "is missed")


def main():
    t = tap.Tap()
    how, why = world.command()
    if not how:
        t.skip("ROCm's runtime", why)
        t.end()
    check_well(t)
    check_ends(t)
    check_refusals(t)
    check_override(t)
    check_disagreement(t)
    check_places(t)
    check_no_device(t)
    check_denied(t)
    check_asleep(t)
    check_replay(t)
    check_real(t)
    t.end()


main()
