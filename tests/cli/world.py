# SPDX-License-Identifier: MIT
"""Runs the program in a mount namespace where /dev and /sys, and what else a test lays out, are its own."""
import os
import shutil
import subprocess

import tap

# The nodes that any program may want, and those that the test asks for, are bound to real ones:
# a namespace of an ordinary user may make none.
ENTER = r"""
root=$1 nodes=$2 folders=$3
shift 3
mount -t tmpfs tmpfs "$root/dev"
mkdir -p "$root/dev/shm" "$root/dev/dri"
for n in null zero full random urandom; do : >"$root/dev/$n"; mount --bind "/dev/$n" "$root/dev/$n"; done
for n in $nodes; do : >"$root/dev/$n"; mount --bind /dev/null "$root/dev/$n"; done
for n in $SECRET_NODES; do mknod -m 0600 "$root/dev/$n" c 1 3; done
mount --rbind "$root/dev" /dev
for f in $folders; do mount --bind "$root/$f" "/$f"; done
[ -n "$OTHER_ROOT" ] || exec "$@"
mount --rbind /dev "$OTHER_ROOT/dev"
mount --rbind /sys "$OTHER_ROOT/sys"
mount -t proc proc "$OTHER_ROOT/proc"
exec chroot "$OTHER_ROOT" "$@"
"""


def command():
    """How a namespace is entered here, and why not where it cannot be."""
    if not shutil.which("unshare"):
        return None, "unshare is not installed"
    how = ["unshare", "--mount", "--propagation", "private"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    probe = subprocess.run(how + ["sh", "-c", "mount -t tmpfs tmpfs /mnt"], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, check=False)
    why = probe.stdout.decode("utf-8", "replace").strip()
    return (how, None) if probe.returncode == 0 else (None, "no mount namespace can be had: " + why)


class World:
    """`root` holds sys/, and whatever `folders` names, as they are to be in there."""

    def __init__(self, t):
        self.root = t.folder()
        os.chmod(self.root, 0o755)
        for folder in ("dev", "sys/class", "sys/devices/system"):
            os.makedirs(os.path.join(self.root, folder))
        for part in ("cpu", "node"):
            if os.path.isdir("/sys/devices/system/" + part):
                subprocess.run(["cp", "-r", "/sys/devices/system/" + part, self.root + "/sys/devices/system/"],
                               stderr=subprocess.DEVNULL, check=False)

    def run(self, *args, nodes=("kfd",), secret=(), folders=("sys",), nobody=False, timeout=120, program=None,
            other_root="", **environment):
        """`nodes` of /dev may be opened, `secret` ones by root only; `program` is a path in `other_root`."""
        how, why = command()
        assert how, why
        program = program or (tap.program_for_all() if nobody else tap.PROGRAM)
        become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if nobody else []
        env = {k: v for k, v in os.environ.items() if not k.startswith(("HSA_", "ROCR_", "HIP_"))}
        env.update(environment, SECRET_NODES=" ".join(secret), OTHER_ROOT=other_root)
        # Only the program itself shall see libraries that are put before others.
        ours = ["%s=%s" % (k, env.pop(k)) for k in ("LD_PRELOAD", "LD_LIBRARY_PATH") if k in environment]
        inside = ["sh", "-ec", ENTER, "sh", self.root, " ".join(nodes), " ".join(folders)]
        try:
            done = subprocess.run(how + inside + become + ["env"] + ours + [program, *args], env=env, timeout=timeout,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(args, tap.HANGS, "", "it did not end in time")
        done.stdout = done.stdout.decode("utf-8", "replace")
        done.stderr = done.stderr.decode("utf-8", "replace")
        return done
