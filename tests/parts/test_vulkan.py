#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The real Vulkan loader with lavapipe, and with manifests that are wrong in each way there is."""
import glob
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "parts"))
import parts  # noqa: E402 (it knows where the next ones are)
import machine  # noqa: E402
import tap  # noqa: E402
import world  # noqa: E402

# A library that ends whoever loads it.
TRAP = "#include <unistd.h>\n__attribute__((constructor)) void t(void) { _exit(9); }\n"


def manifest(folder, name, library, **more):
    content = {"file_format_version": "1.0.1", "ICD": {"library_path": library, "api_version": "1.1.0", **more}}
    return tap.write("%s/vulkan/icd.d/%s.json" % (folder, name), json.dumps(content))


def facts(table, columns, **environment):
    done = tap.run("query", "--format", "json", "SELECT %s FROM %s" % (columns, table),
                   env=dict(os.environ, **environment))
    return parts.rows(done) if done.returncode == 0 and not tap.crashed(done) else [{"fault": tap.describe(done)}]


def lavapipe():
    found = glob.glob("/usr/share/vulkan/icd.d/lvp_icd*.json")
    return found[0] if found else None


def lavapipe_library():
    with open(lavapipe(), encoding="utf-8") as f:
        return json.load(f)["ICD"]["library_path"]


def check_lavapipe(t):
    row = facts("vulkan_device", "*", VK_DRIVER_FILES=lavapipe())[0]
    t.equal([row.get(k) for k in ("driver", "software", "type", "pci_address", "isa")],
            ["lavapipe", 1, "cpu", None, None], "lavapipe is software, and no GPU")
    t.equal(facts("vulkan", "device_count, gpu_count", VK_DRIVER_FILES=lavapipe()),
            [{"device_count": 1, "gpu_count": 0}], "so of one device none is a GPU")
    if not shutil.which("vulkaninfo"):
        t.skip("vulkaninfo says the same", "vulkaninfo is not installed")
        return
    said = subprocess.run(["vulkaninfo", "--summary"], env=dict(os.environ, VK_DRIVER_FILES=lavapipe()),
                          capture_output=True, text=True, check=False).stdout
    info = dict(line.replace("\t", "").split(" = ", 1) for line in said.splitlines() if " = " in line)
    info = {k.strip(): v for k, v in info.items()}
    t.equal([row["name"], row["driver_info"], row["api_version"]],
            [info.get("deviceName"), info.get("driverInfo"), info.get("apiVersion", "").split(" ")[0]],
            "vulkaninfo says the same")


def check_manifests(t):
    """Every kind of manifest, each in a folder where the loader looks."""
    folder = t.folder()
    text = tap.write(folder + "/text.so", "no library\n")
    needy = folder + "/needy.so"
    other = folder + "/libgpudoctor-other.so"
    source = tap.write(folder + "/a.c", "int other(void); int vk_x(void) { return other(); }\n")
    other_source = tap.write(folder + "/b.c", "int other(void) { return 1; }\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", other, other_source], check=True)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", needy, source, other], check=True)
    os.remove(other)
    manifests = {
        manifest(folder, "good", lavapipe_library()): ("ok", None),
        manifest(folder, "gone", "/no/such/libvulkan_gone.so"): ("missing", None),
        manifest(folder, "name", "libvulkan_gone.so"): ("missing", None),
        manifest(folder, "relative", "../../text.so"): ("garbage", None),
        manifest(folder, "absolute", text): ("garbage", None),
        manifest(folder, "needy", needy): ("unresolved", other),
        manifest(folder, "other-bits", "/usr/lib/i386-linux-gnu/libvulkan_lvp.so", library_arch="32"):
            ("foreign", None),
    }
    where = {"XDG_DATA_DIRS": folder, "XDG_CONFIG_DIRS": folder + "/none", "HOME": folder}
    found = {row["manifest"]: row for row in facts("vulkan_driver", "manifest, status, missing", **where)}
    for file, (status, missing) in manifests.items():
        row = found.get(file, {})
        # glibc names a library that is missing as its user wrote it down: here with its path.
        t.equal([row.get("status"), row.get("missing")], [status, missing],
                "a manifest whose library is %s (%s)" % (status, os.path.basename(file)))
    rows = {row["manifest"]: row for row in facts("vulkan_icd", "manifest, selected", **where)}
    t.ok(all(rows[m]["selected"] == 1 for m in manifests), "all of a folder are taken", rows)
    named = {row["manifest"]: row["selected"] for row in facts("vulkan_icd", "manifest, selected",
                                                               VK_DRIVER_FILES=lavapipe(), **where)}
    t.ok(named[lavapipe()] == 1 and all(named[m] == 0 for m in manifests), "VK_DRIVER_FILES takes others out", named)
    t.equal(facts("vulkan_device", "driver", **where), [{"driver": "lavapipe"}],
            "the good one among them works for the loader too")
    done = tap.run("check", env=dict(os.environ, **where))
    t.ok(done.returncode == 1 and needy in done.stdout and "libvulkan_gone.so" in done.stdout and
         text in done.stdout, "the report names each that cannot be loaded", done.stdout)
    # One manifest that is no JSON keeps this loader from starting at all: the others do not help.
    broken = tap.write(folder + "/vulkan/icd.d/broken.json", '{"ICD": {"library_path": ')
    rows = {row["manifest"]: row["library"] for row in facts("vulkan_icd", "manifest, library", **where)}
    t.equal(rows.get(broken, "not listed"), None, "a broken manifest is listed, and its library unknown")
    result = facts("vulkan", "instance_result AS r", **where)[0]["r"]
    done = tap.run("check", env=dict(os.environ, **where))
    t.ok(result == "VK_SUCCESS" or broken in "".join(done.stdout.split()),
         "where it keeps Vulkan from starting, the report names it", result + done.stdout)


def check_failures(t):
    folder = t.folder()
    gone = manifest(folder, "gone", "/no/such/libvulkan_gone.so")
    broken = tap.write(folder + "/broken.json", "{")
    for name, files in (("a library that is not there", gone), ("a manifest that is none", broken),
                        ("a manifest that is not there", folder + "/none.json")):
        row = facts("vulkan JOIN library ON library.id = 'vulkan'",
                    "vulkan.instance_result AS result, vulkan.device_count AS devices, library.status AS status",
                    VK_DRIVER_FILES=files)[0]
        # The loader answers VK_ERROR_OUT_OF_HOST_MEMORY to text that is no JSON.
        t.ok(row.get("result") in ("VK_ERROR_INCOMPATIBLE_DRIVER", "VK_ERROR_OUT_OF_HOST_MEMORY") and
             row["status"] in ("no-device", "failed") and row["devices"] == 0, name, row)


def check_no_trace(t):
    """Looking writes nothing: Mesa would make caches in the home of the caller."""
    home = t.folder()
    environment = dict(os.environ, HOME=home, XDG_CACHE_HOME=home + "/cache")
    if os.path.exists(parts.path("mesa25.done")):
        environment.update(parts.host_environment("navi21"), HOME=home, XDG_CACHE_HOME=home + "/cache")
    done = tap.run("check", env=environment)
    t.ok(done.returncode in (0, 1, 2), "check runs with a home of its own", tap.describe(done))
    t.equal(os.listdir(home), [], "and leaves it empty")


def check_replay(t):
    """A record holds what Vulkan said, and a replay enters no library."""
    file = t.folder() + "/machine.capture"
    environment = dict(os.environ, VK_DRIVER_FILES=lavapipe())
    t.status(tap.run("record", file, env=environment), 0, "a machine is recorded")
    tables = ("library", "vulkan", "vulkan_icd", "vulkan_driver", "vulkan_device", "vulkan_heap")
    live = tap.run("facts", *tables, env=environment).stdout
    # A loader that must not be loaded: were it entered, the child would end with status 9.
    trap = t.folder()
    subprocess.run(["cc", "-shared", "-fPIC", "-o", trap + "/libvulkan.so.1", tap.write(trap + "/trap.c", TRAP)],
                   check=True)
    replayed = tap.run("facts", *tables, "--capture", file,
                       env=dict(os.environ, LD_LIBRARY_PATH=trap)).stdout
    t.ok("lavapipe" in live, "Vulkan is asked live", live)

    def lasting(text):
        return [line for line in text.splitlines() if "took_ms" not in line]
    t.equal(lasting(replayed), lasting(live), "the replay has the same facts")
    report = tap.run("check", "--format", "json", env=environment)
    again = tap.run("check", "--format", "json", "--capture", file)
    mine, other = tap.load(report), tap.load(again)
    t.equal([f["rule"] for f in mine["findings"]], [f["rule"] for f in other["findings"]], "and the same findings")


def check_sleeping(t):
    """A suspended NVIDIA card: its driver is not asked, those of others are; with its driver alone, nobody is."""
    if not world.command()[0]:
        t.skip("drivers beside a GPU that sleeps", world.command()[1])
        return
    place = world.World(t)
    where = machine.add_pci(place.root, "0000:01:00.0", "0x10de", "0x2684", "0x030000",
                            **{"power/runtime_status": "suspended", "power_state": "D3cold"})
    os.makedirs(place.root + "/sys/bus/pci/drivers/nvidia")
    os.symlink("../../../bus/pci/drivers/nvidia", where + "/driver")
    manifests = os.path.join(t.folder(), "m")
    # Were it loaded, the child would be gone.
    trap = tap.write(manifests + "/trap.c", TRAP)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", manifests + "/libGLX_nvidia.so.0", trap], check=True)
    nvidia = tap.write(manifests + "/nvidia.json", json.dumps(
        {"file_format_version": "1.0.1", "ICD": {"library_path": manifests + "/libGLX_nvidia.so.0"}}))

    def ask(files):
        said = tap.load(place.run("facts", "--format", "json", "library", "vulkan_driver", "vulkan_device", nodes=(),
                                  VK_DRIVER_FILES=files))
        vulkan = [row for row in said["library"]["rows"] if row["id"]["value"] == "vulkan"][0]
        return (vulkan["status"]["value"], [row["manifest"]["value"] for row in said["vulkan_driver"]["rows"]],
                [row["driver"]["value"] for row in said["vulkan_device"]["rows"]], said["vulkan_device"]["complete"])
    t.equal(ask(nvidia + ":" + lavapipe()), ("ok", [lavapipe()], ["lavapipe"], False),
            "beside a GPU that sleeps other drivers are asked, and more may be there")
    t.equal(ask(nvidia), ("not-asked", [], [], False), "where only its own driver is here, nobody is asked")


def main():
    t = tap.Tap()
    if not lavapipe():
        t.ok(not parts.NEEDED, "lavapipe is installed", "the package mesa-vulkan-drivers was promised")
        t.skip("the Vulkan loader", "lavapipe is not installed")
        t.end()
    check_lavapipe(t)
    check_manifests(t)
    check_failures(t)
    check_no_trace(t)
    check_sleeping(t)
    check_replay(t)
    t.end()


main()
