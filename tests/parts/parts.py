# SPDX-License-Identifier: MIT
"""The real driver libraries that fetch.sh brought, and ways to run the program on them."""
import atexit
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "cli"))
import tap  # noqa: E402

FOLDER = os.environ.get("GPUDOCTOR_PARTS", "")
NEEDED = os.environ.get("GPUDOCTOR_NEED_PARTS") == "yes"
LIB = "usr/lib/x86_64-linux-gnu"
SHIM = "libamdgpu_noop_drm_shim.so"
# A preloaded library stands before the sanitizer's.
SANE = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}


def path(part, *more):
    return os.path.join(FOLDER, part, *more)


def have(t, part, what):
    """True where a part is there; else the test is skipped, or fails where Debian's parts are promised."""
    if os.path.exists(path(part + ".done")):
        return True
    if NEEDED and part != "ggml":
        t.ok(False, what, "the part %s was promised and is not in %s" % (part, FOLDER))
    else:
        t.skip(what, "tests/parts/fetch.sh did not fetch " + part)
    return False


def rows(done):
    """The rows of a query's JSON, each by the names of its columns."""
    answer = json.loads(done.stdout)
    return [dict(zip(answer["columns"], row)) for row in answer["rows"]]


def host_environment(gpu, **more):
    """The host's own Mesa on an emulated GPU."""
    return dict(os.environ, LD_PRELOAD=path("mesa25", LIB, SHIM), AMDGPU_GPU_ID=gpu, **SANE, **more)


def mesa25_environment(t, gpu):
    """Mesa of bookworm-backports, unpacked beside the host's."""
    manifest = tap.write(t.folder() + "/radeon.json", json.dumps({
        "file_format_version": "1.0.0",
        "ICD": {"library_path": path("mesa25", LIB, "libvulkan_radeon.so"), "api_version": "1.4.0"}}))
    return host_environment(gpu, LD_LIBRARY_PATH=path("mesa25", LIB), VK_DRIVER_FILES=manifest)


def run_in_trixie(gpu, *args, **environment):
    """The program inside of the Debian 13 root."""
    root = path("trixie")
    # Tests run side by side, and each has its own copy.
    folder = tempfile.mkdtemp(prefix="gpudoctor-test-", dir=root + "/tmp")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    program = shutil.copy(tap.PROGRAM, folder)[len(root):]
    words = ["env", "LD_PRELOAD=/%s/%s" % (LIB, SHIM), "AMDGPU_GPU_ID=" + gpu]
    words += ["%s=%s" % pair for pair in {**SANE, **environment}.items()]
    # With /proc in there, where that is allowed, in a name space of its own, so that nothing stays mounted.
    script = 'mount -t proc proc "$0/proc"; exec chroot "$0" "$@"'
    own = ["unshare", "-m"] if subprocess.run(["unshare", "-m", "true"], check=False).returncode == 0 else []
    if not own:
        # The search for leaks reads /proc.
        words += ["ASAN_OPTIONS=%s:detect_leaks=0" % SANE["ASAN_OPTIONS"]]
    return tap.run_program([*own, "sh", "-c", script if own else 'exec chroot "$0" "$@"', root, *words, program, *args])


def ggml_folder():
    return glob.glob(path("ggml", "node_modules", "@node-llama-cpp", "*", "bins", "*"))[0]
