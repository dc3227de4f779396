#!/usr/bin/env python3
"""The wall clock jumps: an hour back, a day ahead, to 1970, while lines flow and the sink is busy.

The agent alone sees it, through libfaketime; where that is not installed the case is skipped, and
what is left is the fake clock of tests/unit and tests/scenario.
"""

import glob
import os
import sys
import time

sys.dont_write_bytecode = True

from kit import books, logs
from kit.stand import quick_or

LIBRARIES = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1") + \
    glob.glob("/usr/lib64/faketime/libfaketimeMT.so.1")
FILE_COUNT = 4
BYTES_PER_S = 4_000_000
JUMPS = ("+0", "-3600", "+86400", "+0", "-86400", "+31536000", "-31536000", "+0")
SECONDS_PER_JUMP = quick_or(0.8, 3)
LINE_BYTES = 263


def jump(stand, offset):
    """In one step, so that nobody reads half of it."""
    with open(stand.path("clock.new"), "w") as out:
        out.write(offset + "\n")
    os.rename(stand.path("clock.new"), stand.path("clock"))


def story(stand):
    stand.environment = {"LD_PRELOAD": LIBRARIES[0], "FAKETIME_NO_CACHE": "1",
                         "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                         "FAKETIME_TIMESTAMP_FILE": stand.path("clock")}
    seconds = SECONDS_PER_JUMP * len(JUMPS)
    line_count = int(seconds * BYTES_PER_S / LINE_BYTES) // FILE_COUNT
    sources = stand.generate(FILE_COUNT, line_count)
    pods = logs.open_pods(stand, FILE_COUNT, kept_max=60)
    stand.sink.faults(busy=100, item429=20)
    jump(stand, JUMPS[0])
    stand.start()
    writer = logs.Writer(pods, sources, BYTES_PER_S, BYTES_PER_S)
    writer.start()
    for nth, offset in enumerate(JUMPS):
        jump(stand, offset)
        time.sleep(SECONDS_PER_JUMP)
        if nth == len(JUMPS) // 2:
            stand.kill()
            stand.start()
    writer.finish()
    told = books.close(stand, books.Books(line_count * FILE_COUNT))
    told.note = f"{len(JUMPS)} jumps of up to a year, a kill between; by libfaketime"
    return told


if not LIBRARIES:
    books.skip("libfaketime is not installed")
books.run(story)
