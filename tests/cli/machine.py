# SPDX-License-Identifier: MIT
"""A machine as a folder, laid out from the capture that comes with the program."""
import os
import re

import tap

DEMO = os.path.join(tap.TOP, "data", "demo.capture")


def unescape(line):
    """One content line as bytes; a backslash at its end says that no newline follows."""
    folded = re.search(r"(?<!\\)(\\\\)*\\$", line) is not None
    line = line[:-1] if folded else line

    def one(match):
        return b"\\" if match.group(0) == b"\\\\" else bytes([int(match.group(1), 16)])

    return re.sub(rb"\\\\|\\x([0-9a-f]{2})", one, line.encode()) + (b"" if folded else b"\n")


def read_capture(text):
    """Yields (verb, path, lines) for each entry."""
    entry = None
    for line in text.splitlines():
        if line.startswith("|"):
            entry[2].append(line[1:])
            continue
        if entry:
            yield entry
        word, _, rest = line.partition(" ")
        entry = (word, rest, []) if word in ("file", "dir", "link") else None
    if entry:
        yield entry


def lay_out(root, capture=DEMO):
    """Files, folders and links of a capture below `root`."""
    with open(capture, encoding="utf-8") as f:
        entries = list(read_capture(f.read()))
    for verb, path, lines in entries:
        if verb == "file":
            tap.write(root + path, b"".join(unescape(line) for line in lines))
        elif verb == "dir":
            os.makedirs(root + path, exist_ok=True)
    for verb, path, _ in entries:
        if verb != "link":
            continue
        path, target = path.split(" -> ")
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        if not os.path.lexists(root + path):
            os.symlink(target, root + path)
    return root


def add_pci(root, address, vendor, device, device_class, **files):
    """A PCI function on the root bus."""
    where = "%s/sys/devices/pci%s/%s" % (root, address[:7], address)
    content = {"vendor": vendor, "device": device, "class": device_class, "revision": "0x00",
               "subsystem_vendor": "0x1002", "subsystem_device": "0x0001", "resource": "0x0 0x0 0x0\n" * 7,
               "uevent": "DRIVER=amdgpu"}
    content.update(files)
    for name, text in content.items():
        tap.write("%s/%s" % (where, name), text + "\n")
    os.makedirs(root + "/sys/bus/pci/devices", exist_ok=True)
    os.symlink("../../../devices/pci%s/%s" % (address[:7], address), "%s/sys/bus/pci/devices/%s" % (root, address))
    return where


def files_below(root):
    for where, _, names in os.walk(root):
        for name in names:
            path = os.path.join(where, name)
            if not os.path.islink(path):
                yield path
