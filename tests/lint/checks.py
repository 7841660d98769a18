# SPDX-License-Identifier: MIT
"""The house rules that a program can hold. Each check takes a Tree and yields complaints.

What is let off stands in a list of waivers, one a line, with its reason:

    CHECK PATH[:NAME] reason

A waiver that nothing needs any more is itself a complaint.
"""
import os
import re
import subprocess

LAYERS = ["base", "object", "host", "fact", "probe|rule", "plan", "render", "cmd"]
MAX_FUNCTION_LINES = 60
MAX_FILE_LINES = 500
MAX_NESTING = 4
MAX_COLUMNS = 120

CALLS = """open openat openat2 creat fopen freopen fdopen opendir fdopendir readdir scandir ftw nftw glob readlink
    readlinkat realpath stat lstat fstat fstatat statx access faccessat euidaccess getenv secure_getenv setenv putenv
    popen system dlopen uname sysconf gethostname getpwuid getpwnam execl execlp execle execv execvp execve execvpe
    fork vfork posix_spawn clone syscall printf vprintf puts putchar perror exit _exit _Exit quick_exit
    abort assert mkstemp mkostemp rename unlink mkdir""".split()
CALL = re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join(CALLS))
TO_STDERR = re.compile(r"(?<![\w.>])(fprintf|vfprintf|fputs|fputc|fwrite)\s*\([^;]*\bstd(err|out)\b")


class Complaint:
    def __init__(self, check, path, line, text, name=""):
        self.check, self.path, self.line, self.text, self.name = check, path, line, text, name

    def __str__(self):
        where = "%s:%d" % (self.path, self.line) if self.line else self.path
        return "%s: %s" % (where, self.text)


class Tree:
    """The source tree: which files there are, and their text."""

    def __init__(self, top):
        self.top = top
        self.texts = {}
        self.files = sorted(self.from_git() or self.walk())

    def from_git(self):
        """Tracked files and new ones that git does not ignore; [] where this is no checkout of its own."""
        git = ["git", "-C", self.top]
        try:
            prefix = subprocess.check_output(git + ["rev-parse", "--show-prefix"], text=True, stderr=subprocess.DEVNULL)
            names = subprocess.check_output(git + ["ls-files", "-co", "--exclude-standard"], text=True)
        except (OSError, subprocess.CalledProcessError):
            return []
        if prefix.strip():
            return []
        return [f for f in names.splitlines() if os.path.isfile(os.path.join(self.top, f))]

    def walk(self):
        """The files of an unpacked release, without what autotools copied into it and without build folders."""
        for folder, folders, names in os.walk(self.top):
            if folder == self.top:
                folders[:] = [d for d in folders if not re.match(r"_|build|autom4te\.cache$|m4$", d)]
                names = [n for n in names if n not in ("config.h", "config.h.in")]
            folders[:] = [d for d in folders if not d.startswith(".") or d == ".ci"]
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), self.top)
                if not re.search(r"\.(o|a|log|trs|pyc|gcno|gcda)$|(^|/)(registry|embedded_\w+)\.c$", path):
                    yield path

    def text(self, path):
        if path not in self.texts:
            with open(os.path.join(self.top, path), encoding="utf-8", errors="replace") as f:
                self.texts[path] = f.read()
        return self.texts[path]

    def under(self, folders, endings=""):
        """Files of these folders with these endings; fixtures, which are faulty on purpose, left out."""
        for path in self.files:
            if path.startswith("tests/lint/fixtures/"):
                continue
            if path.startswith(tuple(f + "/" for f in folders)) and path.endswith(endings):
                yield path

    def sources(self):
        return self.under(["src", "probes"], (".c", ".h"))


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def bare_code(text):
    """C without comments, and with strings and characters blanked; the lines stay where they are."""
    pattern = r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"

    def replace(m):
        s = m.group(0)
        return s[0] + " " * (len(s) - 2) + s[-1] if s[0] in "\"'" else blank(m)
    return re.sub(pattern, replace, text, flags=re.S)


def functions(code):
    """Yields (name, first line, last line) of each function: a body that starts and ends in the first column."""
    lines = code.split("\n")
    for i, line in enumerate(lines):
        if line != "{":
            continue
        head = i - 1
        while head > 0 and lines[head - 1].strip() and not re.search(r"[;}]\s*$|^#", lines[head - 1]):
            head -= 1
        signature = re.sub(r"__attribute__\s*\(\(.*?\)\)|GD_\w+\([^)]*\)", "", " ".join(lines[head:i]))
        name = re.search(r"(\w+)\s*\(", signature)
        end = next((k for k in range(i, len(lines)) if lines[k].startswith("}")), len(lines) - 1)
        yield name.group(1) if name else "?", i + 1, end + 1


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def layer_of(path):
    parts = path.split("/")
    return "probes" if parts[0] == "probes" else parts[1] if len(parts) > 2 else ""


def rank(layer):
    for i, names in enumerate(LAYERS):
        if layer in names.split("|"):
            return i
    return -1


def may_include(layer, target):
    if target == "config.h":
        return layer in ("render", "cmd")
    other = target.split("/")[0]
    if layer == "probes":
        return other in ("probes", "probe", "fact", "host", "object", "base")
    if rank(other) < 0 or rank(layer) < 0:
        return False
    return other == layer or rank(other) < rank(layer)


def layers(tree):
    for path in tree.sources():
        for m in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', tree.text(path), re.M):
            target = m.group(1)
            # A name without a folder is a header beside the file itself.
            if "/" not in target and os.path.join(os.path.dirname(path), target) in tree.files:
                continue
            if not may_include(layer_of(path), target):
                yield Complaint("layers", path, line_of(tree.text(path), m.start()),
                                '%s may not include "%s"' % (layer_of(path), target), target)


def calls(tree):
    for path in tree.sources():
        code = bare_code(tree.text(path))
        for m in CALL.finditer(code):
            before = code[:m.start()].rsplit("\n", 1)[-1]
            # A declaration or definition of our own by that name, not a call.
            if re.match(r"^(static |extern |const |int |void |char |bool |struct )", before) and "=" not in before:
                continue
            yield Complaint("calls", path, line_of(code, m.start()), "bare %s()" % m.group(1), m.group(1))
        for m in TO_STDERR.finditer(code):
            yield Complaint("calls", path, line_of(code, m.start()), "writes to std%s" % m.group(2), "std" + m.group(2))


def sizes(tree):
    for path in tree.sources():
        lines = tree.text(path).split("\n")
        if len(lines) - 1 > MAX_FILE_LINES:
            yield Complaint("file-size", path, 0, "%d lines, more than %d" % (len(lines) - 1, MAX_FILE_LINES))
        for name, first, last in functions(bare_code(tree.text(path))):
            if last - first + 1 > MAX_FUNCTION_LINES:
                yield Complaint("function-size", path, first,
                                "%s() has %d lines, more than %d" % (name, last - first + 1, MAX_FUNCTION_LINES), name)


def columns(tree):
    for path in list(tree.sources()) + list(tree.under(["tests"], (".c", ".h", ".py", ".sh"))):
        for i, line in enumerate(tree.text(path).split("\n"), 1):
            width = len(line.expandtabs(8))
            if width > MAX_COLUMNS:
                yield Complaint("columns", path, i, "%d columns, more than %d" % (width, MAX_COLUMNS))


def statements(lines, first, last):
    """Yields (number, line) of the lines of a function where a statement starts."""
    depth = 0
    fresh = True
    for i in range(first, last - 1):
        line = lines[i].rstrip()
        if not line.strip():
            continue
        if depth == 0 and fresh and not re.match(r"\s*(&&|\|\||[?:+*/|&<>=-])", line):
            yield i + 1, line
        depth += line.count("(") - line.count(")") + line.count("[") - line.count("]")
        fresh = bool(re.search(r"[;{}:)]$|\b(else|do)$", line))


def nesting(tree):
    for path in tree.sources():
        code = bare_code(tree.text(path))
        lines = code.split("\n")
        for name, first, last in functions(code):
            for i, line in statements(lines, first, last):
                tabs = len(line) - len(line.lstrip("\t"))
                if tabs > MAX_NESTING:
                    yield Complaint("nesting", path, i, "%d deep in %s(), more than %d" % (tabs, name, MAX_NESTING),
                                    name)


SPDX_ENDINGS = (".c", ".h", ".py", ".sh", ".awk", ".mk", ".am", ".ac", ".rules")
TEXT_ENDINGS = SPDX_ENDINGS + (".md", ".csv", ".1", ".5", ".7", ".facts")


def words(tree):
    # In pieces, or this file would complain of itself.
    unfinished = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    for path in tree.files:
        if not path.endswith(TEXT_ENDINGS) or path.startswith("tests/lint/fixtures/"):
            continue
        text = tree.text(path)
        head = "\n".join(text.split("\n")[:3])
        if path.endswith(SPDX_ENDINGS) and "SPDX-License-Identifier: MIT" not in head:
            yield Complaint("spdx", path, 1, "no SPDX-License-Identifier in the first lines")
        for i, line in enumerate(text.split("\n"), 1):
            if unfinished.search(line):
                yield Complaint("unfinished", path, i, "%s: finish it, or write an issue" % unfinished.search(line)[1])
            if line != line.rstrip():
                yield Complaint("blanks", path, i, "blanks at the end of the line")
        if text and not text.endswith("\n"):
            yield Complaint("blanks", path, 0, "no newline at the end of the file")


def jumps(tree):
    for path in tree.sources():
        code = bare_code(tree.text(path))
        for m in re.finditer(r"\bgoto\b", code):
            yield Complaint("goto", path, line_of(code, m.start()), "goto; use GD_CLEANUP and return")


def own_headers(tree):
    """A .c file with a header of its name includes it before any other of ours; else its interface could drift."""
    for path in tree.under(["src", "probes"], ".c"):
        header = path[:-2] + ".h"
        if header not in tree.files:
            continue
        name = header[4:] if header.startswith("src/") else header
        ours = re.findall(r'^#include "([^"]+)"', tree.text(path), re.M)
        if not ours or ours[0] not in (name, os.path.basename(name)):
            yield Complaint("own-header", path, 1, 'does not include "%s" first' % name)


def make_list(text, name):
    m = re.search(r"^%s\s*\+?=((?:[^\n]*\\\n)*[^\n]*)" % name, text, re.M)
    return m.group(1).replace("\\\n", " ").split() if m else []


def probes(tree):
    listing = "probes/local.mk"
    if listing not in tree.files:
        return
    registered = make_list(tree.text(listing), "PROBE_SOURCES")
    parts = make_list(tree.text(listing), "PROBE_PARTS")
    for path in tree.under(["probes"], ".c"):
        name = os.path.basename(path)[:-2]
        if name == "registry":
            continue
        defined = re.findall(r"^const struct gd_probe gd_probe_(\w+)\s*=", tree.text(path), re.M)
        if path in registered and defined != [name]:
            yield Complaint("probes", path, 1, "is in PROBE_SOURCES and does not define gd_probe_%s" % name)
        if path not in registered and defined:
            yield Complaint("probes", path, 1, "defines gd_probe_%s and is not in PROBE_SOURCES" % defined[0])
        if path not in registered + parts:
            yield Complaint("probes", path, 1, "is neither in PROBE_SOURCES nor in PROBE_PARTS")


SHIPPED = ("src", "probes", "rules", "data", "doc", "tests", "tools", "completions")


def listed(tree, distributed):
    """Every file of these folders is in the distribution; `distributed` is automake's list, relative to the top."""
    for path in tree.files:
        if path.split("/")[0] in SHIPPED and path not in distributed:
            yield Complaint("distributed", path, 0, "is in no Makefile list: make dist leaves it out")


ASSERTION = re.compile(r"\b(assert_\w+|expect_\w+|fail_msg|fail)\s*\(")


def bodies(text):
    """name → text of each function and each macro of a C file."""
    code = bare_code(text)
    lines = code.split("\n")
    found = {name: "\n".join(lines[first - 1:last]) for name, first, last in functions(code)}
    for m in re.finditer(r"^#define (\w+)\(((?:[^\n]*\\\n)*[^\n]*)", code, re.M):
        found[m.group(1)] = m.group(2)
    return found


def asserting(found):
    """The names among `found` that assert, by themselves or through one another."""
    names = {n for n, body in found.items() if ASSERTION.search(body)}
    while True:
        more = {n for n, body in found.items() if n not in names and
                any(re.search(r"\b%s\b" % re.escape(k), body) for k in names)}
        if not more:
            return names
        names |= more


def assertions(tree):
    for path in tree.under(["tests"], ".c"):
        text = tree.text(path)
        if "cmocka_unit_test" not in text:
            continue
        found = {}
        for name in re.findall(r'^#include "([^"<>]+)"', text, re.M):
            for folder in ("", os.path.dirname(path) + "/"):
                if folder + name in tree.files and (folder + name).startswith("tests/"):
                    found.update(bodies(tree.text(folder + name)))
        own = bodies(text)
        found.update(own)
        good = asserting(found)
        for name in re.findall(r"cmocka_unit_test\w*\(\s*(\w+)", text):
            if name in own and name not in good:
                yield Complaint("assertions", path, 0, "%s() asserts nothing" % name, name)
    for path in tree.under(["tests"], (".py", ".sh")):
        text = tree.text(path)
        if os.path.basename(path).startswith(("test_", "test-")) and not can_fail(tree, path, text):
            yield Complaint("assertions", path, 0, 'can never print "not ok"')


def can_fail(tree, path, text):
    """By itself, or through a helper of the tests that it leans on."""
    says_no = re.compile(r"not ok|[\"']not [\"']")
    helpers = re.findall(r"^(?:import|from) (\w+)", text, re.M) + re.findall(r"^\s*\. .*?(\w+)\.sh", text, re.M)
    for helper in tree.under(["tests"], (".py", ".sh")):
        if os.path.splitext(os.path.basename(helper))[0] in helpers and says_no.search(tree.text(helper)):
            return True
    return bool(says_no.search(text))


CHECKS = [layers, calls, sizes, columns, nesting, words, jumps, own_headers, probes, assertions]


def read_waivers(path):
    """(check, path, name, reason, line) of each line."""
    waivers = []
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            fields = line.split(None, 2)
            if not fields or fields[0].startswith("#"):
                continue
            if len(fields) < 3:
                raise ValueError("%s:%d: expected: CHECK PATH[:NAME] reason" % (path, number))
            where, _, name = fields[1].partition(":")
            waivers.append((fields[0], where, name, fields[2].strip(), number))
    return waivers


def waived(complaint, waivers, used):
    for w in waivers:
        names = w[2].split(",")
        if w[0] == complaint.check and w[1] == complaint.path and (not w[2] or complaint.name in names):
            used.add((w, complaint.name if w[2] else ""))
            return True
    return False


def complaints(tree, waivers, checks=None):
    """What is left after the waivers, and complaints of those that nothing needs."""
    used = set()
    for check in checks or CHECKS:
        for c in check(tree):
            if not waived(c, waivers, used):
                yield c
    for w in waivers:
        for name in w[2].split(","):
            if (w, name) not in used:
                where = w[1] + (":" + name if name else "")
                yield Complaint("waivers", "tests/lint/waivers", w[4], "nothing needs: %s %s" % (w[0], where))
