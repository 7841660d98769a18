#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Manual pages, completion, README and the program say the same."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.environ["TOP_SRCDIR"]
BUILD = os.environ["TOP_BUILDDIR"]
PROGRAM = os.environ["GPUDOCTOR"]
sys.path.insert(0, os.path.join(TOP, "doc"))
import examples  # noqa: E402 (after its folder is known)

numbers = {"tests": 0, "failed": 0}


def ok(passed, name, detail=""):
    numbers["tests"] += 1
    numbers["failed"] += not passed
    print(f"{'' if passed else 'not '}ok {numbers['tests']} - {name}")
    if not passed and detail:
        print("\n".join("# " + line for line in str(detail).splitlines()[:40]))


def skip(name, why):
    numbers["tests"] += 1
    print(f"ok {numbers['tests']} - {name} # SKIP {why}")


def same(got, wanted, name):
    got, wanted = set(got), set(wanted)
    ok(got == wanted, name, f"missing: {sorted(wanted - got)}\ntoo many: {sorted(got - wanted)}")


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, encoding="utf-8", stdin=subprocess.DEVNULL, **more)


def read(path):
    for folder in (BUILD, TOP):
        if os.path.exists(os.path.join(folder, path)):
            with open(os.path.join(folder, path), encoding="utf-8") as f:
                return f.read()
    raise FileNotFoundError(path)


def where(path):
    built = os.path.join(BUILD, path)
    return built if os.path.exists(built) else os.path.join(TOP, path)


def source(*names):
    return "\n".join(read(os.path.join("src", name)) for name in names)


def section(page, title):
    found = re.search(rf"^\.S[hs] {re.escape(title)}\n(.*?)(?=^\.S[hs] |\Z)", page, re.S | re.M)
    return found[1] if found else ""


def help_of(*command):
    done = run(PROGRAM, *command, "--help")
    name = " ".join(["gpudoctor", *command, "--help"])
    ok(done.returncode == 0 and not done.stderr, f"{name} exits with 0", f"{done.returncode}\n{done.stderr}")
    wide = [line for line in done.stdout.splitlines() if len(line) > 80]
    ok(not wide, f"{name} fits 80 columns", "\n".join(wide))
    return done.stdout


def options_in(text):
    """The options of a help text: long and short, with their dashes."""
    lines = re.findall(r"^  (?:(-\w), |    )(--[a-z-]+)", text, re.M)
    return {option for pair in lines for option in pair if option}


def check_lint():
    for page in ("gpudoctor.1", "gpudoctor-rules.5", "gpudoctor-facts.7"):
        if not shutil.which("mandoc"):
            skip(f"mandoc has nothing to say about {page}", "mandoc is not installed")
            continue
        said = run("mandoc", "-T", "lint", "-W", "style", where(f"doc/{page}")).stdout
        # Our own pages are not installed yet.
        said = re.sub(r".*referenced manual not found: Xr gpudoctor.*\n", "", said)
        ok(not said, f"mandoc has nothing to say about {page}", said)


def synopsis_of(page, command):
    """The options in the part of the synopsis that is about this command."""
    parts = re.split(r"^\.Nm\n", section(page, "SYNOPSIS"), flags=re.M)
    mine = "".join(part for part in parts if part.startswith(f".Cm {command}\n"))
    long = {f"--{name}" for name in re.findall(r"Fl -([a-z-]+)", mine)}
    short = {f"-{c}" for letters in re.findall(r"Fl ([a-z]+)\b", mine) for c in letters}
    return long | short


def check_options(page, commands):
    everywhere = options_in(help_of()) | {"--version"}
    completion = read("doc/completion/gpudoctor.bash")
    for command in commands:
        wanted = options_in(help_of(command))
        everywhere |= wanted
        # --quiet and --help stand beside their letters, and --help with every command.
        listed = synopsis_of(page, command)
        letters = {"-q": "--quiet", "-v": "--verbose"}
        listed |= {letters[o] for o in listed if o in letters} | {"-h", "--help"}
        same(listed, wanted, f"gpudoctor(1) has the options of {command}")
    described = re.findall(r"^\.It Fl (.*)$", page, re.M)
    names = set()
    for line in described:
        names |= {f"--{n}" for n in re.findall(r"(?:^|Fl )-([a-z-]+)", line)}
        names |= {f"-{n}" for n in re.findall(r"(?:^|Fl )([a-z])\b", line)}
    same(names, everywhere, "gpudoctor(1) describes every option, and no other")
    ok("complete -F _gpudoctor gpudoctor" in completion, "the completion is for gpudoctor")


def complete(folder, *words):
    """What bash offers for the last word."""
    script = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
compopt() { :; }
_gpudoctor "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
    done = run("bash", "-c", script, "bash", os.path.join(TOP, "doc/completion/gpudoctor.bash"), *words, cwd=folder)
    return set(done.stdout.split()) if not done.stderr else {done.stderr}


def check_completion(commands, folder):
    if not shutil.which("bash"):
        skip("the completion", "bash is not installed")
        return
    formats = set(re.findall(r"src/render/format_(\w+)\.c", read("src/local.mk")))
    same(complete(folder, PROGRAM, ""), {*commands, "--help", "--version"}, "the completion has every command")
    for command in commands:
        offered = complete(folder, PROGRAM, command, "-")
        same(offered, options_in(run(PROGRAM, command, "--help").stdout), f"the completion has the options of {command}")
        if "--format" in offered:
            wanted = formats if command == "facts" else formats - {"mdoc"}
            same(complete(folder, PROGRAM, command, "--format", ""), wanted, f"the completion has the formats of {command}")
    rules = {line.split()[0] for line in run(PROGRAM, "rules").stdout.splitlines() if line[:1].isalpha()}
    same(complete(folder, PROGRAM, "explain", ""), rules, "the completion of explain has every rule")
    tables = run(PROGRAM, "facts", "--describe").stdout
    same(complete(folder, PROGRAM, "facts", ""), set(re.findall(r"^(\w+)", tables, re.M)),
         "the completion of facts has every table")
    for name in ("one.file", "two.file"):
        with open(os.path.join(folder, name), "w", encoding="utf-8"):
            pass
    same(complete(folder, PROGRAM, "check", "--capture", "o"), {"one.file"}, "the completion of --capture has files")


def check_statuses(page):
    codes = set(re.findall(r"GD_EXIT_\w+ = (\d+)", source("cmd/cmd.h"))) | {"0", "1", "2"}
    same(re.findall(r"^\.It (\d+)$", section(page, "EXIT STATUS"), re.M), codes, "gpudoctor(1) has every exit status")
    variables = set(re.findall(r'getenv\("(\w+)"\)', source("render/term.c")))
    same(re.findall(r"^\.It Ev (\w+)$", section(page, "ENVIRONMENT"), re.M), variables,
         "gpudoctor(1) has every environment variable")
    listed = re.findall(r"^\.It Ev (.*)$", section(page, "Variables that are facts"), re.M)
    same([name for line in listed for name in line.split(" , ")], variables_of_probes(),
         "gpudoctor(1) has every variable that a probe looks at")


def variables_of_probes():
    """The names in the files that ask the door for variables: text in capitals, there or behind a macro."""
    word = r'"([A-Z][A-Z0-9_]{3,})"'
    start = r'"\$([A-Z][A-Z0-9_]{3,})/'
    files = [read(f"probes/{name}") for name in os.listdir(os.path.join(TOP, "probes")) if name.endswith((".c", ".h"))]
    macros = {k: v for text in files for k, v in re.findall(rf"^#define (\w+)\s+{word}$", text, re.M)}
    asking = [text for text in files if "gd_host_env(" in text]
    used = {macros[name] for text in asking for name in re.findall(r"\bGD_\w+", text) if name in macros}
    listed = re.search(r"\bnames\[\] = \{(.*?)\n\};", source("host/variables.c"), re.S)[1]
    asked = {name for text in asking for name in re.findall(start, text)}
    return used | asked | {name for text in [*asking, listed] for name in re.findall(word, text)}


def check_rules_page(folder):
    page = read("doc/gpudoctor-rules.5")
    parser = source("rule/parse.c")
    keys = set(re.findall(r'\{ "(\w+)", &r->\w+ \}', parser)) | {"severity", "fix", "see"}
    same(re.findall(r"^\.It Ic (\w+)$", section(page, "Keys"), re.M), keys, "gpudoctor-rules(5) has every key")
    kinds = re.findall(r'\[GD_FIX_\w+\] = \{ "([a-z-]+)"', source("rule/set.c"))
    same(re.findall(r"^\.It Cm ([a-z-]+)$", section(page, "Kinds of fix"), re.M), kinds,
         "gpudoctor-rules(5) has every kind of fix")
    guard = source("rule/guard.c")
    refused = re.search(r"refused\[\] = \{(.*?)\n\};", source("rule/guard_text.c"), re.S)[1]
    listed = {word.lower() for line in re.findall(r"^\.It Ic (.*)$", section(page, "What is refused"), re.M)
              for word in re.findall(r"\w+", line)}
    same(listed, re.findall(r'^\t\{ "(\w+)"', refused, re.M), "gpudoctor-rules(5) has every word that is refused")
    functions = re.search(r"open\[\] = \{(.*?)\}", guard, re.S)[1]
    same(re.findall(r"^\.Fn (\w+)(?: [,.])?$", section(page, "What is refused"), re.M), re.findall(r'"(\w+)"', functions),
         "gpudoctor-rules(5) has every function")
    subjects = re.search(r"subjects\[\] = \{(.*?)\n\t\};", source("rule/compile.c"), re.S)[1]
    same(re.findall(r"^\.Cm ([a-z-]+)$", section(page, "Versions"), re.M), re.findall(r'\{ "([a-z-]+)"', subjects),
         "gpudoctor-rules(5) has everything that has versions")
    for number, block in enumerate(re.findall(r"^\.Bd [^\n]*\n([^\n]*\n\[.*?)^\.Ed", page, re.S | re.M)):
        file = os.path.join(folder, f"{number}.rules")
        with open(file, "w", encoding="utf-8") as f:
            f.write(block)
        done = run(PROGRAM, "rules", "--check", file)
        ok(done.returncode == 0 and done.stdout.startswith("1 rule,"), f"rule {number} of gpudoctor-rules(5) is sound",
           done.stdout + done.stderr)
    ok(os.path.exists(os.path.join(folder, "1.rules")), "gpudoctor-rules(5) has examples")


def check_facts_page():
    done = run(PROGRAM, "facts", "--describe", "--format", "mdoc")
    ok(done.returncode == 0 and done.stdout == read("doc/gpudoctor-facts.7"), "gpudoctor-facts(7) is up to date")
    for words in (["check"], ["facts"], ["query", "SELECT 1"], ["rules"], ["explain", "x"]):
        done = run(PROGRAM, *words, "--format", "mdoc")
        ok(done.returncode == 64 and "mdoc" in done.stderr, f"{words[0]} refuses the format mdoc", done.stderr)


def check_examples():
    for name in ("README.md", "doc/gpudoctor.1"):
        text = read(name)
        try:
            new, count = examples.renewed(name, text)
        except RuntimeError as e:
            ok(False, f"the examples of {name} run", e)
            continue
        ok(count > 0, f"{name} has examples")
        ok(new == text, f"the examples of {name} are what the program prints; make update-readme renews them", new)


def main():
    page = read("doc/gpudoctor.1")
    commands = re.findall(r"src/cmd/cmd_(\w+)\.c", read("src/local.mk"))
    listed = re.findall(r"^  (\w+) +\S", help_of().split("Options:")[0], re.M)
    same(listed, commands, "--help lists every command")
    same(re.findall(r"^\.It Cm (\w+)$", section(page, "DESCRIPTION"), re.M), commands, "gpudoctor(1) has every command")
    same(re.findall(r"^\| `gpudoctor (\w+)", read("README.md"), re.M), commands, "README.md has every command")
    check_lint()
    check_options(page, commands)
    check_statuses(page)
    with tempfile.TemporaryDirectory() as folder:
        check_completion(commands, folder)
    with tempfile.TemporaryDirectory() as folder:
        check_rules_page(folder)
    check_facts_page()
    check_examples()
    print(f"1..{numbers['tests']}")
    return numbers["failed"] > 0


sys.exit(main())
