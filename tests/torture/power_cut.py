#!/usr/bin/env python3
"""The power goes while positions are written: what the disk has of them then is all that is left.

The positions are on a disk in a file, which is copied as it is in the middle of writing: what was
not yet told to the disk is not in it. The agent is killed, the copy is mounted in the disk's place,
and the agent starts with that. Logs rotate meanwhile and are squeezed; they are on another disk.
Needs root, for a file system of its own.
"""

import os
import shutil
import sys
import time

sys.dont_write_bytecode = True

from kit import books, disk, logs
from kit.stand import quick_or

FILE_COUNT = 4
BYTES_PER_S = 4_000_000
CUTS = quick_or(3, 12)
SECONDS_BETWEEN = 3.3  # not what positions are told to the disk at
SECONDS = CUTS * (SECONDS_BETWEEN + 1)
LINE_BYTES = 263
ROTATE_BYTES = BYTES_PER_S // 4
DISK_MIB = 32


def story(stand):
    disk.image(stand.path("disk.0"), DISK_MIB)
    disk.attach(stand.path("disk.0"), stand.path("state"))
    try:
        return on_the_disk(stand)
    finally:
        stand.kill()
        disk.unmount(stand.path("state"))


def cut(stand, nth):
    """The agent finds the disk as it was at that moment."""
    shutil.copyfile(stand.path(f"disk.{nth}"), stand.path(f"disk.{nth + 1}"))
    stand.kill()
    disk.unmount(stand.path("state"))
    disk.attach(stand.path(f"disk.{nth + 1}"), stand.path("state"))
    os.remove(stand.path(f"disk.{nth}"))
    stand.start()


def on_the_disk(stand):
    line_count = int(SECONDS * BYTES_PER_S / LINE_BYTES / FILE_COUNT)
    sources = stand.generate(FILE_COUNT, line_count)
    pods = logs.open_pods(stand, FILE_COUNT, kept_max=1000)
    stand.start()
    writer = logs.Writer(pods, sources, BYTES_PER_S, ROTATE_BYTES)
    writer.start()
    for nth in range(CUTS):
        time.sleep(SECONDS_BETWEEN)
        cut(stand, nth)
    writer.finish()
    told = books.close(stand, books.Books(line_count * FILE_COUNT))
    if ".corrupt-" in stand.log():
        told.problems.append("a database was found corrupted")
    told.note = f"{CUTS} cuts, {stand.sink.must_stats()['conflicts']} kept out by id"
    return told


disk.reenter()
if os.geteuid() != 0 or not disk.may_attach():
    books.skip("no file system can be made in a file here")
books.run(story)
