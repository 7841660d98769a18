#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Units and environment.d as the program reads them, against systemd itself.

systemd's own manager, in its test mode, loads a unit from given folders, starts nothing, and says what it
understood. Its generator for environment.d reads files as EnvironmentFile= does.
"""
import os
import random
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "cli"))
import tap  # noqa: E402

MANAGERS = ("/usr/lib/systemd/systemd", "/lib/systemd/systemd")
GENERATORS = [d + "/user-environment-generators/30-systemd-environment-d-generator"
              for d in ("/usr/lib/systemd", "/lib/systemd")]
NOBODY = 65534
UNITS = ("etc/systemd/system", "usr/lib/systemd/system")
# Pieces that are strung together; some are nonsense, as files are.
PIECES = ["GGML_A=", "GGML_B=", "OLLAMA_C=", "1", "x y", " ", "\"", "\"", "'", "'", "\\", "\\\\", "\\n", "=", "\u00e4",
          "#", ";", "\\\n", "\n", "\n# c\n"]
UNIT_PIECES = PIECES + [" ", "\\x41", "\\101", "\\t", "\\s", "%%", "%", "\\u00e4", "\nEnvironment=", "\nEnvironment=",
                        "\nEnvironment=GGML_D=4\n"]
FILE_PIECES = PIECES + ["\t", "\n", "\n; c\n", "\nGGML_D=4\n", "\r\n", "`"]


def first(paths):
    return next((p for p in paths if os.access(p, os.X_OK)), None)


def shut_in():
    """Arguments for subprocess: the manager refuses to be tried out by root."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def settings_of(root):
    """{scope: {variable: value}} as the program reads it; None is unknown."""
    done = tap.run("query", "--root", root, "--format", "json", "SELECT scope, variable, value FROM setting")
    found = {}
    for scope, variable, value in tap.load(done)["rows"]:
        found.setdefault(scope, {})[variable] = value
    return found


class Manager:
    def __init__(self, t, program):
        self.folder = t.folder()
        self.program = program
        os.chmod(self.folder, 0o755)
        os.mkdir(self.folder + "/run")
        if os.geteuid() == 0:
            os.chown(self.folder + "/run", NOBODY, NOBODY)

    def units(self, root, names):
        """{unit: its part of what the manager says of all units}, or None where it cannot be tried."""
        for folder in UNITS:
            os.makedirs(os.path.join(root, folder), exist_ok=True)
        tap.write(os.path.join(root, UNITS[0], "all.target"), "[Unit]\nWants=%s\n" % " ".join(names))
        for path, _, files in os.walk(root):
            os.chmod(path, 0o755)
        run = self.folder + "/run"
        paths = ":".join(os.path.join(root, folder) for folder in UNITS)
        words = [self.program, "--test", "--user", "--unit=all.target", "--no-pager", "--log-level=emerg"]
        done = subprocess.run(words,
                              env={"SYSTEMD_UNIT_PATH": paths, "XDG_RUNTIME_DIR": run, "HOME": run, "PATH": "/bin"},
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=run, timeout=120, **shut_in())
        text = done.stdout.decode("utf-8", "surrogateescape")
        parts = re.split(r"(?m)^\t?-> Unit (.*):$", text)
        found = dict(zip(parts[1::2], parts[2::2]))
        return found if "all.target" in found else None


def environment_in(part):
    """What the manager would put into the environment of a service."""
    return dict(line.split("=", 1) for line in re.findall(r"(?m)^\t\tEnvironment: (.*)$", part) if "=" in line)


def lay_out(t, files):
    root = t.folder()
    os.chmod(root, 0o755)
    for path, text in files.items():
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        if text is None:
            os.symlink("/dev/null", full)
        else:
            with open(full, "w", encoding="utf-8", newline="") as f:
                f.write(text)
    return root


S = "[Service]\nExecStart=/bin/true\n"
ETC, LIB = UNITS

# (what it shows, unit, files)
LAYOUTS = [
    ("drop-ins by name, the folder of the administrator first", "llama-a.service", {
        LIB + "/llama-a.service": S + "Environment=GGML_A=0\n",
        LIB + "/llama-a.service.d/20.conf": "[Service]\nEnvironment=GGML_A=20\n",
        ETC + "/llama-a.service.d/10.conf": "[Service]\nEnvironment=GGML_A=10 GGML_B=10\n",
        LIB + "/llama-a.service.d/10.conf": "[Service]\nEnvironment=GGML_B=hidden\n",
        ETC + "/llama-a.service.d/x.txt": "[Service]\nEnvironment=GGML_B=no\n"}),
    ("a unit of the administrator's hides that of the package", "llama-b.service", {
        LIB + "/llama-b.service": S + "Environment=GGML_A=0\n",
        ETC + "/llama-b.service": S + "Environment=GGML_B=1\n"}),
    ("resets", "llama-c.service", {
        LIB + "/llama-c.service": S + "Environment=GGML_A=0 GGML_B=0\n",
        ETC + "/llama-c.service.d/1.conf": "[Service]\nEnvironment=\nEnvironment=GGML_B=1\n"}),
    ("a drop-in that is masked", "llama-d.service", {
        LIB + "/llama-d.service": S + "Environment=GGML_A=0\n",
        LIB + "/llama-d.service.d/1.conf": "[Service]\nEnvironment=GGML_A=1\n",
        ETC + "/llama-d.service.d/1.conf": None}),
    ("drop-ins of prefixes", "llama-e-f.service", {
        LIB + "/llama-e-f.service": S + "Environment=GGML_A=0\n",
        ETC + "/llama-.service.d/10.conf": "[Service]\nEnvironment=GGML_A=1 GGML_B=1\n",
        ETC + "/llama-e-.service.d/10.conf": "[Service]\nEnvironment=OLLAMA_C=1\n",
        ETC + "/llama-e-.service.d/20.conf": "[Service]\nEnvironment=GGML_D=2 GGML_A=2\n",
        ETC + "/llama-e-f.service.d/20.conf": "[Service]\nEnvironment=GGML_A=3\n"}),
    ("drop-ins of all services", "llama-g.service", {
        LIB + "/llama-g.service": S + "Environment=GGML_A=0\n",
        ETC + "/service.d/10.conf": "[Service]\nEnvironment=GGML_A=10 GGML_B=10\n",
        ETC + "/llama-g.service.d/10.conf": "[Service]\nEnvironment=OLLAMA_C=1\n"}),
    ("a template and its drop-ins", "llama-h@i.service", {
        LIB + "/llama-h@.service": S + "Environment=GGML_A=0 GGML_B=%i\n",
        ETC + "/llama-h@.service.d/10.conf": "[Service]\nEnvironment=GGML_A=10 OLLAMA_C=1\n",
        ETC + "/llama-h@i.service.d/05.conf": "[Service]\nEnvironment=GGML_A=5 GGML_D=5\n",
        LIB + "/llama-h@i.service.d/10.conf": "[Service]\nEnvironment=GGML_E=1\n"}),
    ("a fault in a drop-in", "llama-j.service", {
        LIB + "/llama-j.service": S + "Environment=GGML_A=0\n",
        ETC + "/llama-j.service.d/1.conf": "[Service]\nEnvironment=GGML_A=1\n[Serv\nEnvironment=GGML_A=2\n",
        ETC + "/llama-j.service.d/2.conf": "[Service]\nEnvironment=GGML_B=1\n"}),
    ("other sections, other keys, odd blanks", "llama-k.service", {
        LIB + "/llama-k.service": S + " Environment = GGML_A=1 \n[Unit]\nEnvironment=GGML_B=1\n"
                                  "[X-Y]\nEnvironment=OLLAMA_C=1\n[Service]\nenvironment=GGML_D=1\n"
                                  "Environment=GGML_E=1\\\n # c\n GGML_F=2\n"}),
]


def same(known, wanted):
    """Where a value is unknown to the program, it must be one that systemd fills in."""
    return set(known) == set(wanted) and all(v is None or v == wanted[k] for k, v in known.items())


def listed(environment):
    return {k: v for k, v in environment.items() if k.startswith(("GGML_", "OLLAMA_"))}


def check_layouts(t, manager):
    for about, unit, files in LAYOUTS:
        root = lay_out(t, files)
        # An instance is a unit once somebody names it.
        if "@" in unit:
            os.makedirs(os.path.join(root, ETC, unit + ".d"), exist_ok=True)
        said = manager.units(root, [unit])
        if said is None:
            t.skip(about, "systemd cannot be tried out here")
            continue
        wanted = listed(environment_in(said.get(unit, "")))
        known = settings_of(root).get("unit " + unit, {})
        t.ok(wanted and same(known, wanted), about, "program: %s\nsystemd: %s" % (known, wanted))


def units_of_chance(t, chance, number):
    texts = {}
    for n in range(200):
        text = "".join(chance.choice(UNIT_PIECES) for _ in range(chance.randint(2, 14)))
        texts["llama-%d-%03d.service" % (number, n)] = S + "Environment=" + text + "\n"
    return lay_out(t, {LIB + "/" + name: text for name, text in texts.items()}), texts


def check_texts(t, manager):
    """Texts that nobody would write on purpose: what counts is to read them alike."""
    chance = random.Random(252)
    wrong = []
    count = 0
    for number in range(2):
        root, texts = units_of_chance(t, chance, number)
        said = manager.units(root, sorted(texts))
        if said is None:
            t.skip("texts of units", "systemd cannot be tried out here")
            return
        known = settings_of(root)
        count += len(known)
        for name, text in sorted(texts.items()):
            wanted = listed(environment_in(said.get(name, "")))
            # The manager's list has one line for each variable; a value of several lines does not fit in. And what
            # systemd fills in may be a part of a name, which is then no name to the program.
            odd = "\\n" in text or "%\\" in text
            if not odd and not same(known.get("unit " + name, {}), wanted):
                wrong.append("%r\nprogram: %s\nsystemd: %s" % (text, known.get("unit " + name), wanted))
    t.ok(not wrong, "400 texts of units are read alike", "%d differ\n" % len(wrong) + "\n".join(wrong[:8]))
    t.ok(count > 100, "and many of them set something", count)


def plain(word):
    """A word as the generator quotes it: in double quotes, control characters as in C."""
    if not word.startswith('"'):
        return word
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t", "r": "\r"}.get(m.group(1), m.group(1)), word[1:-1])


def check_files(t, generator):
    chance = random.Random(253)
    wrong = []
    count = 0
    root = t.folder()
    path = root + "/home/joe/.config/environment.d/1.conf"
    for _ in range(300):
        text = "".join(chance.choice(FILE_PIECES) for _ in range(chance.randint(2, 16)))
        # Before release 254 a backslash at the end carried a comment on into the next line.
        text = re.sub(r"(?m)^(\s*[#;].*?)\\+$", r"\1", text)
        tap.write(path, text)
        home = root + "/home/joe"
        done = subprocess.run([generator], env={"HOME": home, "XDG_CONFIG_HOME": home + "/.config"},
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
        pairs = [line.split("=", 1) for line in done.stdout.decode().splitlines()]
        wanted = listed({name: plain(word) for name, word in pairs})
        known = settings_of(root).get("user manager of /home/joe", {})
        count += bool(wanted)
        if not same(known, wanted):
            wrong.append("%r\nprogram: %s\nsystemd: %s" % (text, known, wanted))
    t.ok(not wrong, "300 environment files are read alike", "%d differ\n" % len(wrong) + "\n".join(wrong[:8]))
    t.ok(count > 100, "and many of them set something", count)


def main():
    t = tap.Tap()
    program = first(MANAGERS)
    generator = first(GENERATORS)
    if program:
        manager = Manager(t, program)
        check_layouts(t, manager)
        check_texts(t, manager)
    else:
        t.skip("units", "systemd is not here")
    if generator:
        check_files(t, generator)
    else:
        t.skip("environment files", "systemd's generator for environment.d is not here")
    t.end()


main()
