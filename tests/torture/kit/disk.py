"""A small disk for one case: a tmpfs in a mount namespace of the case's own."""

import os
import subprocess
import sys

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
