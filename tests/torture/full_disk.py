#!/usr/bin/env python3
"""The disk of the positions is full while lines flow; the agent is killed, started, killed again.

The generations are not compressed meanwhile: who cannot save what a file is called by knows it by its
inode alone, and what was read before the kill would be stored again under the id of another file.
A tmpfs of its own holds the positions, so this needs root, or a user namespace that may mount.
"""

import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True

from kit import books, logs
from kit.stand import quick_or

FILE_COUNT = 4
BYTES_PER_S = 4_000_000
SECONDS = quick_or(6, 20)
KILLS = quick_or(2, 6)
LINE_BYTES = 263
DISK = "size=256k"
NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]


def reenter():
    """Runs this program again where it may mount."""
    if os.environ.get("TORTURE_MOUNTS"):
        return
    if os.geteuid() != 0:
        namespace = NAMESPACE
    else:
        namespace = ["unshare", "--mount"]
    if subprocess.run(namespace + ["true"], capture_output=True).returncode != 0:
        books.skip("nothing may be mounted here")
    os.environ["TORTURE_MOUNTS"] = "1"
    os.execvp(namespace[0], namespace + [sys.executable] + sys.argv)


def fill(path):
    """Takes what is left of the disk."""
    with open(path, "wb", buffering=0) as out:
        try:
            while out.write(b"\0" * 4096) == 4096:
                pass
        except OSError:
            pass


def story(stand):
    subprocess.run(["mount", "-t", "tmpfs", "-o", DISK, "tmpfs", stand.path("state")], check=True)
    try:
        return on_the_disk(stand)
    finally:
        stand.kill()
        subprocess.run(["umount", stand.path("state")], check=True)


def on_the_disk(stand):
    line_count = SECONDS * BYTES_PER_S // LINE_BYTES // FILE_COUNT
    sources = stand.generate(FILE_COUNT, line_count)
    pods = logs.open_pods(stand, FILE_COUNT, kept_max=60, squeezes=False)
    stand.start()
    writer = logs.Writer(pods, sources, BYTES_PER_S, BYTES_PER_S)
    writer.start()
    time.sleep(1.5)
    for _ in range(KILLS):
        fill(stand.path("state", "ballast"))
        time.sleep(SECONDS / KILLS / 2)
        stand.kill()
        stand.start()
        time.sleep(SECONDS / KILLS / 4)
        os.remove(stand.path("state", "ballast"))
        time.sleep(SECONDS / KILLS / 4)
    fill(stand.path("state", "ballast"))
    writer.finish()
    told = books.close(stand, books.Books(line_count * FILE_COUNT))
    told.note = f"{KILLS} kills on a full disk, {stand.sink.stats()['conflicts']} kept out by id"
    return told


reenter()
books.run(story)
