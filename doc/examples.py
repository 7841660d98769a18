#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Examples in README.md and the manual pages are what the program prints.

A comment names the command, and the block behind it holds the command and its output:

    <!-- output: gpudoctor check --demo -->        .\\" output: gpudoctor check --demo
    ```                                            .Bd -literal -offset indent
    ...                                            ...
    ```                                            .Ed

usage: examples.py FILE...    (make update-readme) writes the blocks anew
"""
import os
import re
import shlex
import subprocess
import sys

MARKDOWN = re.compile(r"(<!-- output: (gpudoctor [^\n]*) -->\n```\n)(.*?)(```\n)", re.S)
MDOC = re.compile(r'(\.\\" output: (gpudoctor [^\n]*)\n\.Bd -literal -offset indent\n)(.*?)(\.Ed\n)', re.S)


def output(command, columns):
    words = shlex.split(command)
    environment = {**os.environ, "COLUMNS": str(columns), "LC_ALL": "C.UTF-8"}
    done = subprocess.run([os.environ["GPUDOCTOR"], *words[1:]], capture_output=True, text=True, encoding="utf-8",
                          env=environment, stdin=subprocess.DEVNULL)
    if done.returncode > 2 or done.stderr:
        raise RuntimeError(f"{command}: exit status {done.returncode}: {done.stderr.strip()}")
    return f"$ {command}\n{done.stdout}"


def roff(text):
    text = "".join(c if c < "\x7f" else f"\\[u{ord(c):04X}]" for c in text.replace("\\", "\\e"))
    return re.sub(r"^(?=[.'])", r"\\&", text, flags=re.M)


def renewed(path, text):
    """The text with every block as the program prints it now, and how many blocks there are."""
    if path.endswith(".md"):
        return MARKDOWN.subn(lambda m: m[1] + output(m[2], 80) + m[4], text)
    return MDOC.subn(lambda m: m[1] + roff(output(m[2], 68)) + m[4], text)


def main():
    for name in sys.argv[1:]:
        path = os.path.join(os.environ["TOP_SRCDIR"], name)
        with open(path, encoding="utf-8") as f:
            old = f.read()
        new, count = renewed(path, old)
        if new != old:
            with open(path, "w", encoding="utf-8") as f:
                f.write(new)
        print(f"{name}: {count} examples, {'renewed' if new != old else 'as they were'}")


if __name__ == "__main__":
    main()
