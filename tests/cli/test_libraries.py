#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Libraries that crash, hang, flood and lie: what is said of them, and that nothing else suffers."""
import os
import re
import resource
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "cli"))
import tap  # noqa: E402

FAKES = os.path.join(os.environ["TOP_BUILDDIR"], "tests", "fakes")
# By their ids in the table library. libudev is not among them: libpci is linked to it.
LIBRARIES = ("vulkan", "nvml", "libdrm")
# Long enough that a busy machine does not make a library late that means to answer.
PLENTY = ("--timeout", "50")


def environment(mode, folder="vulkan"):
    return dict(os.environ, LD_LIBRARY_PATH=os.path.join(FAKES, folder), FAKE_VULKAN=mode,
                ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":handle_segv=0")


def rows(done):
    answer = tap.load(done)
    return [dict(zip(answer["columns"], row)) for row in answer["rows"]]


def ask(columns, table, mode, folder="vulkan", options=PLENTY):
    where = " WHERE id = 'vulkan'" if table == "library" else ""
    done = tap.run("query", "--format", "json", *options, "SELECT %s FROM %s%s" % (columns, table, where),
                   env=environment(mode, folder))
    return rows(done) if done.returncode == 0 and not tap.crashed(done) else [{"fault": tap.describe(done)}]


def check_ends(t):
    """(status, signal, step) of each way in which a library ends."""
    late = ("--timeout", "0.3")
    for mode, options, wanted in (
            ("plain", PLENTY, ["ok", None, None]),
            ("many", PLENTY, ["ok", None, None]),
            ("flood", PLENTY, ["ok", None, None]),
            ("future", PLENTY, ["garbage", None, None]),
            ("endless", PLENTY, ["garbage", None, None]),
            ("crash", PLENTY, ["crashed", "SIGSEGV", "vkEnumeratePhysicalDevices"]),
            ("exit", PLENTY, ["failed", None, "vkCreateInstance"]),
            ("hang", late, ["timed-out", None, "vkCreateInstance"]),
            ("hang-late", late, ["timed-out", None, "vkGetPhysicalDeviceProperties2"]),
            ("old", PLENTY, ["too-old", None, None])):
        row = ask("status, signal, step", "library", mode, options=options)[0]
        t.equal(list(row.values()), wanted, "a library that does this: " + mode)
    row = ask("status, missing", "library", "plain", folder="vulkan-lacks")[0]
    t.equal(list(row.values()), ["too-old", "vkGetInstanceProcAddr"], "one that lacks a function")
    row = ask("status, last_words", "library", "exit")[0]
    t.equal(row["last_words"], None, "what says nothing has no last words")


def check_devices(t):
    plain = ask("id, name, pci_address, device_local_mib, driver", "vulkan_device", "plain")
    t.equal([list(row.values()) for row in plain],
            [["vulkan0", "Fake GPU 0", "0000:01:00.0", 16384, "amdvlk"],
             ["vulkan1", "Fake GPU 1", "0000:02:00.0", 16384, "amdvlk"]], "the devices are those of the library")
    t.equal(ask("id, name, pci_address, device_local_mib, driver", "vulkan_device", "flood"), plain,
            "megabytes of words do not change them")
    many = ask("name", "vulkan_device", "many")
    t.equal([row.get("name") for row in many], ["Fake GPU %d" % i for i in range(64)], "64 devices are listed")
    t.equal([row["name"] for row in ask("name", "vulkan_device", "hang-late", options=("--timeout", "0.5"))][:1],
            ["Fake GPU 0"], "the device before the one that hangs is kept")
    future = ask("name, type, driver, api_version", "vulkan_device", "future")[0]
    t.equal([future.get(k) for k in ("type", "driver", "api_version")], [None, "driver-4711", "7.2.300"],
            "a Vulkan of the future is taken as far as it is understood")
    t.equal(len(future["name"]), 256, "a name without an end ends with its array")


def leftovers(tag):
    """Processes that still have this variable in their environment."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/environ" % pid, "rb") as f:
                if tag.encode() in f.read():
                    found.append(pid)
        except OSError:
            pass
    return found


def other_facts(text):
    """Facts without the tables that Vulkan fills, and what changes by itself."""
    tables = text.split("\ntable ")
    return [t for t in tables if not t.startswith(("vulkan", "library", "host ", "cpu ", "kernel"))]


def check_rest(t):
    calm = tap.run("facts", env=environment("plain"))
    for mode, options in (("crash", PLENTY), ("hang", ("--timeout", "0.3")), ("flood", PLENTY), ("exit", PLENTY)):
        folder = t.folder()
        tag = "GPUDOCTOR_TEST_TAG=%s-%d" % (mode, os.getpid())
        env = dict(environment(mode), **dict([tag.split("=")]))
        # Where core files are wanted, a crash would leave one in its folder.
        done = tap.run("facts", *options, env=env, cwd=folder, preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.getrlimit(resource.RLIMIT_CORE)[1])))
        t.equal(other_facts(done.stdout), other_facts(calm.stdout), "%s: all other facts are there" % mode)
        t.equal([os.listdir(folder), leftovers(tag), done.stderr], [[], [], ""],
                "%s: no core file, no process, no word is left" % mode)
        report = tap.run("check", *options, env=env)
        said = " ".join(report.stdout.split())
        if mode in ("crash", "hang"):
            t.ok(report.returncode == 1 and "libvulkan.so.1" in said and "Engines that use Vulkan" in said,
                 "%s: the report names the library and what it means" % mode, tap.describe(report))
        else:
            t.ok(report.returncode in (0, 1, 2), "%s: the report is made" % mode, tap.describe(report))


def bare_root(folder):
    """A root with the program, the libraries that it is linked to, and nothing else."""
    listed = subprocess.run(["ldd", tap.PROGRAM], capture_output=True, text=True, check=True).stdout
    for file in [tap.PROGRAM, *re.findall(r"(/\S+) \(0x", listed)]:
        os.makedirs(folder + os.path.dirname(file), exist_ok=True)
        shutil.copy(file, folder + file)
    for name in ("dev", "proc", "sys"):
        os.makedirs("%s/%s" % (folder, name))
    return folder


def check_absent(t):
    """With every driver library absent the program starts, and reports each as missing."""
    if os.geteuid() != 0 or os.environ.get("SANITIZERS") == "yes":
        t.skip("every driver library absent", "needs root, and a program without sanitizers")
        return
    folder = bare_root(t.folder())
    done = tap.run_program(["chroot", folder, tap.PROGRAM, "query", "--format", "json",
                            "SELECT id, status FROM library"])
    found = {row["id"]: row["status"] for row in rows(done)} if done.returncode == 0 else tap.describe(done)
    t.ok(found and all(found.get(name) == "missing" for name in LIBRARIES), "each driver library is missing", found)
    done = tap.run_program(["chroot", folder, tap.PROGRAM, "check"])
    t.status(done, (0, 1, 2), "check runs there")


def check_none(t):
    """A file that is no library, in the place of one."""
    folder = t.folder()
    tap.write(folder + "/libvulkan.so.1", "")
    done = tap.run("query", "--format", "json", "SELECT status FROM library WHERE id = 'vulkan'",
                   env=dict(os.environ, LD_LIBRARY_PATH=folder))
    t.equal([row["status"] for row in rows(done)], ["garbage"], "an empty file in the place of a library")
    t.ok(tap.run("check", env=dict(os.environ, LD_LIBRARY_PATH=folder)).returncode in (0, 1, 2), "check is made")


def check_timeout(t):
    for text in ("0", "-1", "x", "", "1e9", "nan", "inf", "0.0001", "3601"):
        t.status(tap.run("check", "--timeout", text), 64, "--timeout %s is refused" % text, "--timeout takes seconds")
    for text in ("0.5", "3600", "1"):
        t.status(tap.run("check", "--demo", "--timeout", text), (0, 1, 2), "--timeout %s is taken" % text)


def main():
    t = tap.Tap()
    check_ends(t)
    check_devices(t)
    check_rest(t)
    check_none(t)
    check_absent(t)
    check_timeout(t)
    t.end()


main()
