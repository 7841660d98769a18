# SPDX-License-Identifier: MIT
"""A /sys, /dev and udev database of our own, in a mount namespace of this process: real device nodes without devices.

What opens such a node gets the kernel's own answer: EACCES by its permissions,
and ENXIO where these allow it, since no driver has the number.
"""
import ctypes
import os
import subprocess

import tap

NEWNS = 0x00020000
AMD = "/sys/devices/pci0000:00/0000:00:08.1/"
RENDER_GROUP = 992


def own_mounts():
    """Leaves the mounts that all share; returns why that is not possible, or ""."""
    if os.geteuid() != 0:
        return "only root can make device nodes"
    if ctypes.CDLL(None, use_errno=True).unshare(NEWNS):
        return "no mount namespace: " + os.strerror(ctypes.get_errno())
    done = subprocess.run(["mount", "--make-rprivate", "/"], capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else ""


def mount(*args):
    subprocess.run(["mount", *args], check=True, capture_output=True)


class Machine:
    """`root` gets sys, dev, udev and group, which are then mounted in their places."""

    def __init__(self, root):
        self.root = root
        self.mounted = []
        for folder in ("sys/class/drm", "sys/dev/char", "sys/bus/pci/devices", "sys/bus/pci/drivers/amdgpu",
                       "sys/class/kfd", "dev/dri", "udev/data"):
            os.makedirs(os.path.join(root, folder))
        os.chmod(root, 0o755)
        self.node("null", 1, 3, 0o666, 0, 0)

    def write(self, path, text):
        tap.write(self.root + path, text)

    def node(self, name, major, minor, mode=0o660, uid=0, gid=RENDER_GROUP):
        path = self.root + "/dev/" + name
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.mknod(path, 0o020000, os.makedev(major, minor))
        os.chown(path, uid, gid)
        os.chmod(path, mode)
        return path

    def gpu(self, address, number, status="active", listed=True, **node):
        """An AMD GPU with a card and a render node; without `listed` only the class knows it, not the PCI bus."""
        place = AMD + address
        self.write(place + "/vendor", "0x1002\n")
        self.write(place + "/device", "0x15bf\n")
        self.write(place + "/class", "0x030000\n")
        self.write(place + "/subsystem_vendor", "0x1002\n")
        self.write(place + "/subsystem_device", "0x0124\n")
        self.write(place + "/power/runtime_status", status + "\n")
        self.write(place + "/uevent", "DRIVER=amdgpu\nPCI_SLOT_NAME=%s\n" % address)
        os.symlink("../../../../bus/pci", self.root + place + "/subsystem")
        os.symlink("../../../../bus/pci/drivers/amdgpu", self.root + place + "/driver")
        if listed:
            os.symlink("../../.." + place[4:], self.root + "/sys/bus/pci/devices/" + address)
        for name, minor in (("card%d" % number, number), ("renderD%d" % (128 + number), 128 + number)):
            self.drm(place, address, name, minor)
            if node.get("present", True):
                self.node("dri/" + name, 226, minor, **{k: v for k, v in node.items() if k != "present"})

    def drm(self, place, address, name, minor):
        where = "%s/drm/%s" % (place, name)
        self.write(where + "/uevent", "MAJOR=226\nMINOR=%d\nDEVNAME=dri/%s\nDEVTYPE=drm_minor\n" % (minor, name))
        self.write(where + "/dev", "226:%d\n" % minor)
        os.symlink("../../../" + address, self.root + where + "/device")
        os.symlink("../../../../../../class/drm", self.root + where + "/subsystem")
        os.symlink("../.." + where[4:], self.root + "/sys/class/drm/" + name)
        os.symlink("../.." + where[4:], self.root + "/sys/dev/char/226:%d" % minor)

    def udev(self, number, *lines):
        """What udev has written down of a device: its data file has one such line each."""
        self.write("/udev/data/c" + number, "I:1000\n" + "".join(line + "\n" for line in lines) + "V:1\n")

    def enter(self, groups="render:x:%d:\nvideo:x:44:\nroot:x:0:\n" % RENDER_GROUP, nodev=False, system_groups=None):
        """`system_groups` stands in /usr/lib/group, where image-based systems keep those that come with them."""
        self.write("/group", groups)
        os.makedirs("/run/udev", exist_ok=True)
        if system_groups is not None:
            self.write("/lib/group", system_groups)
            mount("-t", "overlay", "-o", "lowerdir=%s/lib:/usr/lib" % self.root, "overlay", "/usr/lib")
            self.mounted.append("/usr/lib")
        for source, target in (("sys", "/sys"), ("dev", "/dev"), ("udev", "/run/udev"), ("group", "/etc/group")):
            mount("--bind", os.path.join(self.root, source), target)
            self.mounted.append(target)
        if nodev:
            mount("--bind", "/dev/dri", "/dev/dri")
            mount("-o", "remount,bind,nodev", "/dev/dri")

    def leave(self):
        for target in reversed(self.mounted):
            subprocess.run(["umount", "-l", target], check=True, capture_output=True)
