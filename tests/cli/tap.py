# SPDX-License-Identifier: MIT
"""TAP output, and running the program: what the Python tests share."""
import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile

PROGRAM = os.environ["GPUDOCTOR"]
TOP = os.environ["TOP_SRCDIR"]

HANGS = -1000


def program_for_all():
    """A copy of the program that every user may run: the build folder may lie in somebody's private home."""
    folder = tempfile.mkdtemp(prefix="gpudoctor-test-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.chmod(folder, 0o755)
    return shutil.copy(PROGRAM, folder)


def run(*args, **options):
    """Runs the program; the result has returncode, stdout and stderr as text."""
    return run_program([program_for_all() if "user" in options else PROGRAM, *args], **options)


def run_program(words, timeout=60, binary=False, **options):
    """Runs a command line that ends in the program or its like."""
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    if "input" not in options:
        options.setdefault("stdin", subprocess.DEVNULL)
    try:
        done = subprocess.run([*map(str, words)], timeout=timeout, check=False, **options)
    except subprocess.TimeoutExpired:
        done = subprocess.CompletedProcess(words, HANGS, b"", b"it did not end in time")
    if not binary:
        done.stdout = (done.stdout or b"").decode("utf-8", "replace")
        done.stderr = (done.stderr or b"").decode("utf-8", "replace")
    return done


def crashed(done):
    """True where a signal or a sanitizer ended it."""
    error = done.stderr if isinstance(done.stderr, str) else (done.stderr or b"").decode("utf-8", "replace")
    return done.returncode < 0 or done.returncode >= 128 or "Sanitizer" in error or "runtime error:" in error


def describe(done):
    return "status %d\nout: %s\nerr: %s" % (done.returncode, done.stdout[-600:], done.stderr[-1500:])


class Tap:
    """Counts the cases and prints the plan at the end."""

    def __init__(self):
        self.count = 0
        self.failed = 0
        self.folders = []

    def ok(self, good, name, why=""):
        self.count += 1
        name = name.replace("#", "\\#")
        print("%sok %d - %s" % ("" if good else "not ", self.count, name))
        if not good:
            self.failed += 1
            for line in str(why).splitlines()[:40]:
                print("# " + line)
        sys.stdout.flush()
        return good

    def equal(self, got, wanted, name):
        return self.ok(got == wanted, name, "got    %r\nwanted %r" % (got, wanted))

    def skip(self, name, why):
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, name, why))

    def status(self, done, wanted, name, *words):
        """The exit status is one of `wanted`, nothing crashed, and the words stand in its message."""
        wanted = (wanted,) if isinstance(wanted, int) else wanted
        said = done.stdout + done.stderr
        missing = [w for w in words if w not in said]
        good = not crashed(done) and done.returncode in wanted and not missing
        return self.ok(good, name, "wanted status %s and %s\n%s" % (list(wanted), list(words), describe(done)))

    def folder(self):
        path = tempfile.mkdtemp(prefix="gpudoctor-test-")
        self.folders.append(path)
        return path

    def end(self):
        for path in self.folders:
            subprocess.run(["chmod", "-R", "u+rwX", path], check=False)
            subprocess.run(["rm", "-rf", path], check=False)
        print("1..%d" % self.count)
        sys.exit(1 if self.failed else 0)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    return path


def facts_text(body):
    """Facts as `gpudoctor facts` prints them, from their tables."""
    return "gpudoctor-facts 1\n" + body.strip("\n") + "\nend\n"


def load(done):
    return json.loads(done.stdout)
