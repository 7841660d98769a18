#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Device nodes: the real libudev and libdrm, and the kernel's own refusals, on nodes that are made for the test."""
import contextlib
import os
import shutil
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests", "cli"))
import devices  # noqa: E402
import live  # noqa: E402
import tap  # noqa: E402

TABLES = ("library", "drm_device", "device_node", "pci_device")
RENDER, CARD = "/dev/dri/renderD128", "/dev/dri/card0"
GPU = "0000:c4:00.0"
NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}
MEMBER = {"user": 65534, "group": 65534, "extra_groups": [devices.RENDER_GROUP]}
ENVIRONMENT = live.environment(SYSTEMD_DEVICE_VERIFY_SYSFS="0")  # what stands in for /sys is no sysfs


class Place:
    """One machine, seen by root or another user."""

    def __init__(self, t):
        self.t = t

    @contextlib.contextmanager
    def of(self, fill, **how):
        root = self.t.folder()
        devices.mount("-t", "tmpfs", "tmpfs", root)
        machine = devices.Machine(root)
        fill(machine)
        machine.enter(**how)
        try:
            yield machine
        finally:
            machine.leave()
            devices.mount("-o", "remount,rw", root)
            subprocess.run(["umount", "-l", root], check=True)


def facts(**who):
    return live.Facts(TABLES, env=ENVIRONMENT, **who)


def rules_on(node, **who):
    """The rules that speak of this node."""
    return {rule for rule, key in live.findings(env=ENVIRONMENT, **who) if key == node}


def one_gpu(machine, **how):
    machine.gpu(GPU, 0, **how)


def check_root(t, place):
    with place.of(one_gpu):
        f = facts()
        t.equal(f.row("drm_device", RENDER, "card_node", "device", "device_id", "permitted", "opened", "open_error"),
                [CARD, GPU, "15bf", True, False, "ENXIO"], "libdrm finds it; no driver answers root")
        t.equal((f.get("library", "libdrm", "status"), f.get("drm_device", RENDER, "driver")), ("ok", "(error)"),
                "which is neither denied nor the library's fault")
        t.equal(f.row("device_node", RENDER, "kind", "present", "devnum", "mode", "owner_uid", "owner_gid",
                      "group_name", "group_may_open", "acl"),
                ["render", True, "226:128", "0660", 0, devices.RENDER_GROUP, "render", True, "(absent)"], "its node")
        t.equal(f.row("device_node", RENDER, "accessible", "access_by", "in_group", "in_group_file"),
                [True, "owner", False, False], "root is its owner")
        t.equal(f.row("device_node", RENDER, "subsystem", "device", "driver"), ["drm", GPU, "amdgpu"],
                "what libudev says of it")
        t.equal(f.row("device_node", RENDER, "tags", "uaccess", "seat", "id_path"), ["(no-source)"] * 4,
                "and what it does not where there is no database")
        t.equal(rules_on(RENDER), {"render-node-dead"}, "one rule speaks of it")
    with place.of(lambda m: one_gpu(m, uid=1)):
        t.equal(facts().row("device_node", RENDER, "accessible", "access_by"), [True, "privilege"],
                "root needs a privilege for another's node")


def check_groups(t, place):
    with place.of(one_gpu):
        f = facts(**NOBODY)
        sentence = "%s has mode 0660, owner 0 and group 992; user 65534 is not in group 992" % RENDER
        t.equal(f.row("drm_device", RENDER, "permitted", "opened", "open_error", "refusal", "driver"),
                [False, False, "EACCES", sentence, "(denied)"], "a user without the group, to the letter")
        t.equal(f.row("library", "libdrm", "status", "denied_node", "detail"), ["denied", RENDER, sentence],
                "no node could be opened: denied")
        t.equal(f.row("device_node", RENDER, "readable", "writable", "accessible", "access_by", "in_group"),
                [False, False, False, "none", False], "nothing lets him in")
        t.equal(rules_on(RENDER, **NOBODY), {"node-needs-group"}, "one rule speaks of it")
        t.equal(rules_on(CARD, **NOBODY), set(), "and none of the card node")
        f = facts(**MEMBER)
        t.equal(f.row("device_node", RENDER, "accessible", "access_by", "in_group"), [True, "group", True],
                "a member comes in by the group")
        t.equal(f.get("drm_device", RENDER, "open_error"), "ENXIO", "as far as there is a driver")
    with place.of(one_gpu, groups="render:x:992:other,nobody\n"):
        t.equal(facts(**NOBODY).row("device_node", RENDER, "in_group", "in_group_file"), [False, True],
                "a member by the file, and not in this session")
        t.equal(rules_on(RENDER, **NOBODY), {"node-needs-new-login"}, "has to log in again")
    with place.of(one_gpu, groups="video:x:44:\n# 992\nhalf:x\nrender:x:0992x:\n"):
        f = facts(**NOBODY)
        t.equal(f.row("device_node", RENDER, "group_named", "group_name"), [False, "(absent)"],
                "a group without a name")
        t.equal(rules_on(RENDER, **NOBODY), {"node-group-unnamed"}, "is a container's")
    with place.of(lambda m: one_gpu(m, mode=0o600)):
        t.equal(rules_on(RENDER, **NOBODY), {"node-closed-to-groups"}, "mode 0600 is open to no group")
    with place.of(lambda m: one_gpu(m, gid=0)):
        t.equal(rules_on(RENDER, **NOBODY), {"node-closed-to-groups"}, "nor is that of root")
    with place.of(lambda m: one_gpu(m, gid=65534)):
        t.equal(rules_on(RENDER, user=65534, group=7, extra_groups=[]), {"node-group-unmapped"},
                "a group of the host that has no place here")
    with place.of(lambda m: one_gpu(m, mode=0o666)):
        t.equal(facts(**NOBODY).row("device_node", RENDER, "accessible", "access_by"), [True, "others"],
                "open to all")
        t.equal(rules_on(RENDER, **NOBODY), {"render-node-dead"}, "and dead")


def check_alike(t, place):
    def fill(machine):
        machine.gpu("0000:c4:00.0", 0)
        machine.gpu("0000:c5:00.0", 1)
        machine.gpu("0000:c6:00.0", 2, gid=44)
        machine.gpu("0000:c7:00.0", 3, mode=0o600)
        machine.node("kfd", 235, 0)

    nodes = ["/dev/dri/renderD%d" % n for n in (128, 129, 130, 131)] + ["/dev/kfd", CARD]
    with place.of(fill):
        f = facts(**NOBODY)
        t.equal([f.get("device_node", n, "first_alike") for n in nodes],
                [RENDER, RENDER, nodes[2], nodes[3], RENDER, "(absent)"], "nodes of one group, open to it or not")
        t.equal({n: rules_on(n, **NOBODY) for n in nodes},
                {RENDER: {"node-needs-group"}, nodes[1]: set(), nodes[2]: {"node-needs-group"},
                 nodes[3]: {"node-closed-to-groups"}, "/dev/kfd": set(), CARD: set()},
                "one finding for each kind of trouble")
        says = live.findings(env=ENVIRONMENT, **NOBODY)[("node-needs-group", RENDER)]["says"]
        t.equal(says, "The group render may open %s and 2 more (mode 0660), and this user is not in it." % RENDER,
                "which counts the nodes")


def check_accounts(t, place):
    """Groups whose members are in no other file, and users who are in none."""
    groups = "render:x:992:zaphod\nmice:x:4242:trillian,nobody\n"
    with place.of(one_gpu, groups=groups):
        for who in ({}, NOBODY):
            record = tap.run("record", "-", env=ENVIRONMENT, **who).stdout
            t.ok("group_name = \"render\"" in record, "a record has the name of a node's group", record[-400:])
            secrets = ("zaphod", "mice", "trillian", ":4242:", "file /etc/group")
            t.equal([word for word in secrets if word in record], [],
                    "and neither other groups nor anybody's membership")
        stranger = dict(NOBODY, user=54321)
        t.equal(facts(**stranger).row("device_node", RENDER, "group_name", "accessible", "in_group", "in_group_file"),
                ["render", False, False, "(no-source)"], "a user of a directory service: its groups are kept there")
        t.equal(rules_on(RENDER, **stranger), set(), "so nobody tells him to join one")
    with place.of(one_gpu, groups="video:x:44:\n"):
        t.equal(rules_on(RENDER, **stranger), {"node-group-unnamed"}, "but of one without a name he hears")
    columns = ("group_named", "group_name", "group_file", "in_group_file")
    try:
        with place.of(one_gpu, groups="video:x:44:\n", system_groups="render:x:992:nobody\n"):
            t.equal(facts(**NOBODY).row("device_node", RENDER, *columns), [True, "render", "/usr/lib/group", True],
                    "a group that comes with the system's image")
        with place.of(one_gpu, groups="gpu:x:992:\n", system_groups="render:x:992:nobody\n"):
            t.equal(facts(**NOBODY).row("device_node", RENDER, *columns), [True, "gpu", "/etc/group", True],
                    "a group in both has the first name, and the members of both")
    except subprocess.CalledProcessError as error:
        t.skip("groups of the system's image", "no overlay: %s" % error)


def acl(*entries):
    """The bytes of system.posix_acl_access: version 2, then tag, permissions and id of each entry."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries)


def check_lists(t, place):
    none = 0xffffffff
    everyone = [(0x01, 6, none), (0x04, 6, none), (0x10, 6, none), (0x20, 0, none)]

    def with_list(*named, mask=6):
        def fill(machine):
            one_gpu(machine)
            entries = sorted(everyone[:2] + list(named) + [(0x10, mask, none), everyone[3]])
            os.setxattr(machine.root + RENDER, "system.posix_acl_access", acl(*entries))
        return fill

    try:
        with place.of(with_list((0x02, 6, 65534))):
            f = facts(**NOBODY)
            t.equal(f.row("device_node", RENDER, "acl", "accessible", "access_by", "in_group"),
                    ["user::rw-, user:65534:rw-, group::rw-, mask::rw-, other::---", True, "acl", False],
                    "a user that the login manager let in")
            t.equal(rules_on(RENDER, **NOBODY), {"render-node-dead"}, "lacks no permission")
    except OSError as error:
        t.skip("access lists", "the file system has none: %s" % error)
        return
    with place.of(with_list((0x02, 6, 65534), mask=4)):
        t.equal(facts(**NOBODY).row("device_node", RENDER, "accessible", "access_by", "group_may_open", "mode"),
                [False, "none", False, "0640"], "a mask takes it back")
    with place.of(with_list((0x02, 0, 65534))):
        t.equal(rules_on(RENDER, **MEMBER), {"node-denied-to-member"}, "an entry of one's own shuts a member out")
    with place.of(with_list((0x08, 6, 44))):
        who = dict(NOBODY, extra_groups=[44])
        t.equal(facts(**who).row("device_node", RENDER, "access_by"), ["acl"], "an entry for a group")


def check_sleep(t, place):
    for status, left in (("suspended", True), ("suspending", True), ("resuming", True), ("error", True),
                         ("active", False), ("unsupported", False)):
        for listed in (True, False):
            with place.of(lambda m, s=status, l=listed: one_gpu(m, status=s, listed=l)):
                f = facts()
                asleep = status in ("suspended", "suspending") and listed
                t.equal(f.get("drm_device", RENDER, "open_error"), "(asleep)" if left or asleep else "ENXIO",
                        "%s, %s the PCI bus: %s" % (status, "on" if listed else "not on",
                                                   "left alone" if left else "opened"))
    with place.of(lambda m: one_gpu(m, status="suspended")):
        f = facts()
        t.equal(f.row("drm_device", RENDER, "device", "permitted", "opened", "driver", "vram_mib"),
                [GPU, True, "(asleep)", "(asleep)", "(asleep)"], "what is known of it all the same")
        t.equal((f.get("library", "libdrm", "status"), f.table("drm_device")["complete"]), ("ok", True),
                "the list is whole")
        t.equal(f.get("device_node", RENDER, "accessible"), True, "and permissions wake nobody")
        t.equal(rules_on(RENDER), set(), "no rule speaks of it")

    def two(machine):
        machine.gpu("0000:c4:00.0", 0, status="suspended")
        machine.gpu("0000:c5:00.0", 1)

    with place.of(two):
        f = facts()
        t.equal([f.get("drm_device", n, "open_error") for n in (RENDER, "/dev/dri/renderD129")],
                ["(asleep)", "ENXIO"], "of two only the one that is awake is opened")


def check_presence(t, place):
    def two(machine, first=True, second=True):
        machine.gpu("0000:c4:00.0", 0, present=first)
        machine.gpu("0000:c5:00.0", 1, present=second)

    other = "/dev/dri/renderD129"
    with place.of(lambda m: two(m, second=False)):
        f = facts()
        t.equal([f.row("device_node", n, "present", "mode", "device") for n in (RENDER, other)],
                [[True, "0660", "0000:c4:00.0"], [False, "(absent)", "0000:c5:00.0"]], "one node of two")
        t.equal((rules_on(other), rules_on("/dev/dri/card1")), ({"render-node-left-out"}, set()), "is a note")
    with place.of(lambda m: two(m, False, False)):
        t.equal((facts().get("library", "libdrm", "status"), rules_on(RENDER), rules_on(other)),
                ("no-device", {"render-node-missing"}, set()), "none of two is said once")
    with place.of(two, nodev=True):
        f = facts()
        t.equal(f.row("drm_device", RENDER, "permitted", "opened", "open_error"), [True, False, "EACCES"],
                "a mount that shuts out devices")
        t.ok("which lets user 0 in" in str(f.get("drm_device", RENDER, "refusal")), "is told from permissions")
        t.equal(rules_on(RENDER), {"render-node-refused"}, "and by the rule")


def check_kinds(t, place):
    nodes = {"kfd": ("kfd", 235, 0), "nvidia0": ("nvidia", 195, 0), "nvidia15": ("nvidia", 195, 15),
             "nvidiactl": ("nvidia-control", 195, 255), "nvidia-uvm": ("nvidia-uvm", 508, 0),
             "nvidia-uvm-tools": ("nvidia-uvm", 508, 1), "nvidia-modeset": ("nvidia-modeset", 195, 254),
             "nvidia-caps/nvidia-cap1": ("nvidia-caps", 509, 1), "accel/accel0": ("accel", 261, 0),
             "dxg": ("dxg", 10, 126)}

    def fill(machine, names=tuple(nodes)):
        for name in names:
            machine.node(name, *nodes[name][1:], mode=0o666)
        for name in ("nvidia", "nvidia0x", "nvidia-foo", "kfd0", "dri/card", "dri/renderDx", "dri/by-path", "accelx"):
            machine.node(name, 1, 3, mode=0o666)

    with place.of(fill):
        f = facts()
        t.equal({k[5:]: f.get("device_node", k, "kind") for k in f.keys("device_node")},
                {name: node[0] for name, node in nodes.items()}, "nodes that libudev knows nothing of, and no others")
        t.equal(f.row("device_node", "/dev/nvidia0", "devnum", "accessible", "subsystem", "tags"),
                ["195:0", True, "(no-source)", "(no-source)"], "with all that the node itself tells")
        t.equal(f.table("device_node")["complete"], True, "and that is all there are")
        t.equal(rules_on("/dev/nvidia0"), set(), "nothing is missing")
    with place.of(lambda m: fill(m, ("nvidia0",))):
        t.ok("nvidia-control-missing" in rules_on("/dev/nvidia0"), "nvidia0 without nvidiactl")
    with place.of(lambda m: m.node("kfd", 235, 0, 0o660, 0, devices.RENDER_GROUP)):
        t.equal(rules_on("/dev/kfd", **NOBODY), {"node-needs-group"}, "/dev/kfd has the same rules")


def check_udev(t, place):
    def fill(machine):
        one_gpu(machine)
        machine.udev("226:128", "E:ID_PATH=pci-0000:c4:00.0", "E:ID_FOR_SEAT=drm-pci-0000_c4_00_0", "G:uaccess",
                     "G:seat", "Q:uaccess", "Q:seat")
        machine.udev("226:0", "E:ID_SEAT=seat-left", "G:master-of-seat", "Q:master-of-seat")

    with place.of(fill):
        f = facts()
        t.equal(f.row("device_node", RENDER, "tags", "uaccess", "seat", "seat_name", "id_path"),
                ["seat uaccess", True, "(absent)", "drm-pci-0000_c4_00_0", "pci-0000:c4:00.0"],
                "tags and properties of udev's database")
        t.equal(f.row("device_node", CARD, "tags", "uaccess", "seat"), ["master-of-seat", False, "seat-left"],
                "and of another seat")
        t.equal(rules_on(RENDER, **NOBODY), {"node-needs-group"}, "a session by ssh")
        for who in ({}, NOBODY):
            file = t.folder() + "/c"
            os.chmod(os.path.dirname(file), 0o777)
            tap.run("record", file, env=ENVIRONMENT, **who)
            now = live.Facts(TABLES[:3], env=ENVIRONMENT, **who)
            t.equal(live.Facts(TABLES[:3], "--capture", file).lasting("libdrm", "libdrm_amdgpu", "libudev"),
                    now.lasting("libdrm", "libdrm_amdgpu", "libudev"),
                    "a replay shows the same" + (" to another user" if who else ""))


UMOCKDEV = """P: /devices/pci0000:00/0000:00:08.1/0000:c4:00.0
E: DRIVER=amdgpu
E: PCI_SLOT_NAME=0000:c4:00.0
E: SUBSYSTEM=pci
L: driver=../../../../bus/pci/drivers/amdgpu
A: vendor=0x1002\\n
A: device=0x15bf\\n
A: subsystem_vendor=0x1002\\n
A: subsystem_device=0x0124\\n

P: /devices/pci0000:00/0000:00:08.1/0000:c4:00.0/drm/card0
N: dri/card0
E: DEVNAME=/dev/dri/card0
E: DEVTYPE=drm_minor
E: MAJOR=226
E: MINOR=0
E: SUBSYSTEM=drm
E: ID_SEAT=seat-left
E: ID_PATH=pci-0000:c4:00.0
L: device=../../../0000:c4:00.0
A: dev=226:0\\n

P: /devices/virtual/kfd/kfd
N: kfd
E: DEVNAME=/dev/kfd
E: MAJOR=235
E: MINOR=0
E: SUBSYSTEM=kfd
A: dev=235:0\\n
"""


def check_umockdev(t):
    if not shutil.which("umockdev-run") or os.environ.get("SANITIZERS") == "yes":
        t.skip("devices of umockdev", "umockdev is not installed, or a sanitizer wants to be first")
        return
    file = tap.write(t.folder() + "/gpu.umockdev", UMOCKDEV)
    program = tap.PROGRAM
    tap.PROGRAM = shutil.which("umockdev-run")
    done = tap.run("-d", file, "--", program, "facts", *TABLES, "--format", "json")
    tap.PROGRAM = program
    f = live.Facts.of(done)
    t.equal(f.row("device_node", CARD, "kind", "present", "subsystem", "device", "driver", "seat", "id_path"),
            ["card", True, "drm", GPU, "amdgpu", "seat-left", "pci-0000:c4:00.0"], "a device of umockdev")
    t.equal(f.row("device_node", "/dev/kfd", "kind", "subsystem", "device", "driver"),
            ["kfd", "kfd", "(absent)", "(absent)"], "one without a parent")
    t.equal(f.row("drm_device", CARD, "render_node", "device", "opened", "driver", "vram_mib"),
            ["(absent)", GPU, "(absent)", "(no-source)", "(absent)"], "a card node alone is not opened")


t = tap.Tap()
check_umockdev(t)
why = devices.own_mounts()
if why:
    t.skip("device nodes of our own", why)
else:
    here = Place(t)
    check_root(t, here)
    check_groups(t, here)
    check_alike(t, here)
    check_accounts(t, here)
    check_lists(t, here)
    check_sleep(t, here)
    check_presence(t, here)
    check_kinds(t, here)
    check_udev(t, here)
t.end()
