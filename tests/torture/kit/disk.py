"""Small disks for one case, in a mount namespace of its own: a tmpfs, or a file system in a file."""

import os
import subprocess
import sys
import tempfile

from kit import books

NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]
PAGE_BYTES = 4096


def reenter():
    """Runs the case again where it may mount; skips it where nobody may."""
    if os.environ.get("TORTURE_MOUNTS"):
        return
    namespace = ["unshare", "--mount"] if os.geteuid() == 0 else NAMESPACE
    if subprocess.run(namespace + ["true"], capture_output=True).returncode != 0:
        books.skip("nothing may be mounted here")
    os.environ["TORTURE_MOUNTS"] = "1"
    os.execvp(namespace[0], namespace + [sys.executable] + sys.argv)


def mount(path, kibibytes):
    os.makedirs(path, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", path], check=True)


def image(path, mebibytes):
    """A file with an empty file system in it."""
    with open(path, "wb") as out:
        out.truncate(mebibytes << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", path], check=True)


def attach(image_path, path):
    subprocess.run(["mount", "-o", "loop", image_path, path], check=True)


def may_attach():
    """Tried once: a container may have the programs, and no devices for that."""
    with tempfile.TemporaryDirectory(prefix="tailrace-torture-") as folder:
        try:
            image(os.path.join(folder, "disk"), 4)
            os.mkdir(os.path.join(folder, "there"))
            attach(os.path.join(folder, "disk"), os.path.join(folder, "there"))
            unmount(os.path.join(folder, "there"))
        except (OSError, subprocess.CalledProcessError):
            return False
    return True


def unmount(path):
    subprocess.run(["umount", path], check=True)


def fill(path):
    """Takes what is left of the disk."""
    with open(path, "wb", buffering=0) as out:
        try:
            while out.write(b"\0" * PAGE_BYTES) == PAGE_BYTES:
                pass
        except OSError:
            pass
