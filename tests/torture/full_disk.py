#!/usr/bin/env python3
"""The disk of the positions is full while lines flow; the agent is killed, started, killed again.

The generations are compressed meanwhile: what a file became is known by its row alone, so rows of new
files must be saved beside the full disk too, in the room that the agent keeps for that.
A tmpfs of its own holds the positions, so this needs root, or a user namespace that may mount.
"""

import os
import sys
import time

sys.dont_write_bytecode = True

from kit import books, disk, logs
from kit.stand import quick_or

FILE_COUNT = 4
BYTES_PER_S = 4_000_000
SECONDS = quick_or(6, 20)
KILLS = quick_or(2, 6)
LINE_BYTES = 263
ROTATE_BYTES = BYTES_PER_S // 4
DISK_KIB = 8192


def story(stand):
    disk.mount(stand.path("state"), DISK_KIB)
    try:
        return on_the_disk(stand)
    finally:
        stand.kill()
        disk.unmount(stand.path("state"))


def on_the_disk(stand):
    line_count = SECONDS * BYTES_PER_S // LINE_BYTES // FILE_COUNT
    sources = stand.generate(FILE_COUNT, line_count)
    pods = logs.open_pods(stand, FILE_COUNT, kept_max=60)
    stand.start()
    writer = logs.Writer(pods, sources, BYTES_PER_S, ROTATE_BYTES)
    writer.start()
    time.sleep(1.5)
    for _ in range(KILLS):
        disk.fill(stand.path("state", "ballast"))
        time.sleep(SECONDS / KILLS / 2)
        stand.kill()
        stand.start()
        time.sleep(SECONDS / KILLS / 4)
        os.remove(stand.path("state", "ballast"))
        time.sleep(SECONDS / KILLS / 4)
    disk.fill(stand.path("state", "ballast"))
    writer.finish()
    told = books.close(stand, books.Books(line_count * FILE_COUNT))
    told.note = f"{KILLS} kills on a full disk, {stand.sink.must_stats()['conflicts']} kept out by id"
    return told


disk.reenter()
books.run(story)
