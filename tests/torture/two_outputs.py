#!/usr/bin/env python3
"""Two outputs on one route, one dead: the other goes on as before, the dead one gets all later.

More is written meanwhile than memory holds, and the files rotate.
"""

import sys
import time

sys.dont_write_bytecode = True

from kit import books, logs
from kit.stand import quick_or

FILE_COUNT = 4
DEAD_SECONDS = quick_or(6, 30)
BYTES_PER_S = 8_000_000
LINE_BYTES = 263
LATE_SECONDS_MAX = 2


def story(stand):
    stand.input["mem_buf_limit"] = "10MB"
    line_count = DEAD_SECONDS * BYTES_PER_S // LINE_BYTES // FILE_COUNT
    sources = stand.generate(FILE_COUNT, line_count)
    pods = logs.open_pods(stand, FILE_COUNT, kept_max=60)
    alive, dead = stand.sinks
    stand.start()
    writer = logs.Writer(pods, sources, BYTES_PER_S, BYTES_PER_S)
    writer.start()
    time.sleep(1)
    dead.go_down(DEAD_SECONDS + 1)
    writer.finish()
    time.sleep(LATE_SECONDS_MAX)
    told = books.Books(2 * line_count * FILE_COUNT)
    behind = line_count * FILE_COUNT - alive.stats()["unique"]
    books.close(stand, told)
    if behind:
        told.problems.append(f"the living output was {behind} lines behind {LATE_SECONDS_MAX} s "
                             "after the last one")
    told.note = f"one dead for {DEAD_SECONDS} s, {BYTES_PER_S * DEAD_SECONDS // 1_000_000} MB"
    return told


books.run(story, sink_count=2)
