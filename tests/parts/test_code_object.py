#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Code objects that clang compiles, its bundler bundles and linkers embed, against what these tools say of them."""
import os
import re
import shutil
import struct
import subprocess
import sys
import zlib

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "cli"))
import tap  # noqa: E402

DIGEST = os.path.join(os.environ["TOP_BUILDDIR"], "tests/parts/object_digest")
KERNEL = """typedef __attribute__((address_space(1))) int device_int;
__attribute__((amdgpu_kernel)) void add_one(device_int *p) { *p += 1; }
"""
# Target IDs, and the version of code objects that each needs; the generic ones need the newest.
TARGETS = {"gfx803": 5, "gfx906": 5, "gfx908:sramecc-": 5, "gfx90a": 4, "gfx90a:xnack+": 5, "gfx90a:xnack-": 5,
           "gfx942:sramecc+:xnack-": 5, "gfx1010": 5, "gfx1030": 5, "gfx1103": 5, "gfx1151": 5, "gfx1201": 5,
           "gfx9-generic": 6, "gfx10-1-generic": 6, "gfx10-3-generic": 6, "gfx11-generic": 6, "gfx12-generic": 6}
ID = "hipv4-amdgcn-amd-amdhsa--"
HOST = "host-x86_64-unknown-linux--"


def find_tools():
    """The suffix of clang, its bundler and its linker of LLVM 19 or newer, or None."""
    for suffix in ("-19", "-20", "-21", "-22", ""):
        bundler = shutil.which("clang-offload-bundler" + suffix)
        if not bundler or not shutil.which("clang" + suffix) or not shutil.which("ld.lld" + suffix):
            continue
        said = subprocess.run(["clang" + suffix, "--version"], capture_output=True, text=True, check=False).stdout
        version = re.search(r"clang version (\d+)", said)
        targets = subprocess.run(["clang" + suffix, "--print-targets"], capture_output=True, text=True, check=False)
        if version and int(version[1]) >= 19 and "amdgcn" in targets.stdout:
            return suffix
    return None


def digest(*args):
    """(status, {path: lines}) of what the check program prints."""
    done = tap.run_program([DIGEST, *args])
    found = {}
    for line in done.stdout.splitlines():
        if line.startswith("== "):
            found[line[3:]] = []
        else:
            found[list(found)[-1]].append(line)
    return done.returncode, found


def lines_of(path, *args):
    status, found = digest(*args, path)
    lines = found.get(path, [])
    return lines + ["status %d" % status] if status not in (0, 1) else lines


def values(lines, key):
    return [line.split(" ", 1)[1] for line in lines if line.startswith(key + " ")]


def targets_of(lines):
    """{ID: (count, bytes)}"""
    return {t.split()[0]: (int(t.split()[1]), int(t.split()[2])) for t in values(lines, "target")}


class Workshop:
    """A folder with code objects, and the tools."""

    def __init__(self, t, suffix):
        self.folder = t.folder()
        self.suffix = suffix
        self.codes = {}
        source = tap.write(self.path("kernel.c"), KERNEL)
        for target, version in TARGETS.items():
            code = self.path(target + ".hsaco")
            if self.run("clang", "-target", "amdgcn-amd-amdhsa", "-mcpu=" + target, "-nogpulib", "-O2",
                        "-mcode-object-version=%d" % version, source, "-o", code):
                self.codes[target] = code

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, tool, *args):
        done = subprocess.run([tool + self.suffix, *args], capture_output=True, text=True, check=False)
        self.said = done.stdout + done.stderr
        return done.returncode == 0

    def bundle(self, name, targets, *options):
        args = ["-type=o", "-bundle-align=4096", "-targets=" + ",".join([HOST] + [ID + t for t in targets]),
                "-input=/dev/null", *["-input=" + self.codes[t] for t in targets], "-output=" + self.path(name)]
        return self.path(name) if self.run("clang-offload-bundler", *args, *options) else None

    def listed(self, bundle):
        """The targets by the bundler itself."""
        self.run("clang-offload-bundler", "-list", "-type=o", "-input=" + bundle)
        return sorted(line[len(ID):] for line in self.said.splitlines() if line.startswith(ID))


def check_codes(t, shop):
    readelf = shutil.which("llvm-readelf" + shop.suffix)
    t.ok(len(shop.codes) >= 15, "clang compiles for %d targets" % len(shop.codes), shop.said)
    for target, code in shop.codes.items():
        lines = lines_of(code)
        size = os.path.getsize(code)
        t.equal(lines, ["kind code-object", "size %d" % size, "class 64", "machine 224",
                        "target %s 1 %d" % (target, size)], "the code object for %s" % target)
        if not readelf:
            continue
        said = subprocess.run([readelf, "-h", code], capture_output=True, text=True, check=False).stdout
        flags = re.search(r"Flags: +(.*)", said)[1].split(", ")[1:]
        # "xnack" alone says that either will do.
        t.equal([flags[0]] + sorted(f for f in flags[1:] if f[-1] in "+-"), target.split(":"),
                "llvm-readelf reads %s in it" % target)
    if not readelf:
        t.skip("llvm-readelf reads the same", "it is not installed")


def expected_targets(shop, targets, times=1):
    return {x: (times, times * os.path.getsize(shop.codes[x])) for x in targets}


def rewrapped(data, version, method, unpacked):
    """Other headers around the same packed data: those of LLVM's RawCompressedBundleHeader."""
    head = b"CCOB" + struct.pack("<HH", version, method)
    if version == 1:
        return head + struct.pack("<IQ", unpacked, 0) + data
    form = "<IIQ" if version == 2 else "<QQQ"
    return head + struct.pack(form, len(head) + struct.calcsize(form) + len(data), unpacked, 0) + data


def version_of(packed):
    with open(packed, "rb") as f:
        return struct.unpack("<4sH", f.read(6))[1]


def check_bundles(t, shop):
    # The bundler refuses one that asks for a feature beside one that does not.
    targets = [x for x in shop.codes if x != "gfx90a"]
    plain = shop.bundle("plain.hipfb", targets)
    packed = shop.bundle("packed.hipfb", targets, "-compress")
    if not t.ok(plain and packed, "clang-offload-bundler bundles", shop.said):
        return
    wanted = expected_targets(shop, targets)
    for bundle, kind in ((plain, "bundle"), (packed, "compressed-bundle")):
        lines = lines_of(bundle)
        t.equal(sorted(targets_of(lines)), shop.listed(bundle), "the targets of a %s are those of -list" % kind)
        t.equal(targets_of(lines), wanted, "and have the sizes of their files")
        t.equal((values(lines, "kind"), values(lines, "bundles"), values(lines, "fault")), ([kind], ["1"], []),
                "it is one %s, and whole" % kind)
    t.equal(values(lines_of(packed), "compressed"), ["1 %d" % version_of(packed)],
            "its version is what the bundler wrote")
    check_versions(t, shop, plain, packed, wanted)


def check_versions(t, shop, plain, packed, wanted):
    """The bundler writes one version; all three stand in libraries."""
    with open(plain, "rb") as f:
        unpacked = f.read()
    with open(packed, "rb") as f:
        zstd = f.read()[{1: 20, 2: 24, 3: 32}[version_of(packed)]:]
    for version in (1, 2, 3):
        for method, data in ((0, zlib.compress(unpacked)), (1, zstd)):
            path = tap.write(shop.path("v%d-%d.co" % (version, method)),
                             rewrapped(data, version, method, len(unpacked)))
            lines = lines_of(path)
            t.equal((targets_of(lines), values(lines, "compressed"), values(lines, "fault")),
                    (wanted, ["1 %d" % version], []),
                    "version %d, packed with %s" % (version, ["zlib", "zstd"][method]))
    path = tap.write(shop.path("cut.co"), rewrapped(zstd, 3, 1, len(unpacked))[:-1])
    lines = lines_of(path)
    t.ok(not targets_of(lines) and values(lines, "fault"), "cut by its last byte it is damaged", lines)


def library_source(shop, bundles):
    text = '.section .hip_fatbin,"a",@progbits\n'
    for bundle in bundles:
        text += ".p2align 12\n.incbin \"%s\"\n" % bundle
    text += '.section .hipFatBinSegment,"a",@progbits\n'
    text += ".long 0x48495046, 1\n.quad 0, 0\n" * len(bundles)
    return tap.write(shop.path("fatbin.s"), text + '.section .note.GNU-stack,"",@progbits\n')


def check_library(t, shop, linker, wanted, source, version):
    library = shop.path("libfake-hip-%s.so" % linker)
    done = shop.run("clang", "-shared", "-nostdlib", "-fuse-ld=" + linker, "-Wl,-soname,libfake-hip.so.0",
                    "-Wl,--enable-new-dtags", "-Wl,-rpath,$ORIGIN/../lib:/opt/rocm/lib", source, "-o", library,
                    "-Wl,--no-as-needed", "-lc")
    if not done:
        t.skip("a library linked by " + linker, shop.said.splitlines()[0] if shop.said else "it fails")
        return None
    lines = lines_of(library)
    t.equal(targets_of(lines), wanted, "the targets in a library linked by " + linker)
    t.equal([values(lines, k) for k in ("kind", "soname", "runpath", "rpath", "bundles", "compressed", "fault")],
            [["elf"], ["libfake-hip.so.0"], ["$ORIGIN/../lib:/opt/rocm/lib"], [], ["3"], ["1 %d" % version], []],
            "and what the loader is told")
    said = subprocess.run(["readelf", "-dSW", library], capture_output=True, text=True, check=False).stdout
    if said:
        t.equal(values(lines, "needed"), re.findall(r"\(NEEDED\).*\[(.*)\]", said), "readelf names the same libraries")
        size = int(re.search(r"\.hip_fatbin +PROGBITS +\w+ \w+ (\w+)", said)[1], 16)
        t.equal(values(lines, "fatbin"), [str(size)], "and the same size of .hip_fatbin")
    else:
        t.skip("readelf says the same", "binutils are not installed")
    return library


def check_libraries(t, shop):
    some = [x for x in ("gfx906", "gfx90a:xnack+", "gfx1030", "gfx11-generic") if x in shop.codes]
    bundles = [shop.bundle("a.hipfb", some), shop.bundle("b.hipfb", some, "-compress"),
               shop.bundle("c.hipfb", some[:2])]
    wanted = expected_targets(shop, some, 2)
    wanted.update(expected_targets(shop, some[:2], 3))
    source = library_source(shop, bundles)
    version = version_of(bundles[1])
    libraries = [check_library(t, shop, linker, wanted, source, version) for linker in ("bfd", "gold", "lld")]
    library = next((x for x in libraries if x), None)
    if not t.ok(library, "some linker is there"):
        return
    stripped = shop.path("libstripped.so")
    if shutil.which("strip"):
        subprocess.run(["strip", "-o", stripped, library], check=False)
        t.equal(targets_of(lines_of(stripped)), wanted, "a stripped library has the same")
    check_doors(t, shop, library, wanted)
    with open(library, "rb") as f:
        half = tap.write(shop.path("libhalf.so"), f.read()[:os.path.getsize(library) // 2])
    t.ok(values(lines_of(half), "fault"), "half a library is damaged")


def check_doors(t, shop, library, wanted):
    """Live, as a tree, recorded, and from the capture: the same text."""
    live = lines_of(library)
    inside = "/" + os.path.basename(library)
    t.equal(lines_of(inside, "--root", shop.folder), live, "a tree tells the same")
    done = tap.run_program([DIGEST, "--root", shop.folder, "--record", inside])
    capture = tap.write(shop.path("it.capture"), done.stdout)
    t.ok("object %s\n|kind elf\n" % inside in done.stdout, "the recorder writes it down", tap.describe(done))
    t.equal(lines_of(inside, "--capture", capture), live, "the capture tells the same")
    # What decides is what is in the file: it runs on gfx1103 by its family, and not on gfx1201.
    t.ok("gfx11-generic" in wanted and "gfx1103" not in targets_of(live) and "gfx1201" not in targets_of(live),
         "no target is told that is not in the file")


def main():
    t = tap.Tap()
    suffix = find_tools()
    if suffix is None:
        t.skip("code objects of clang", "clang, its offload bundler and lld of LLVM 19 or newer are not installed")
    else:
        shop = Workshop(t, suffix)
        check_codes(t, shop)
        check_bundles(t, shop)
        check_libraries(t, shop)
    t.end()


main()
