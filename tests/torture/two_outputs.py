#!/usr/bin/env python3
"""Two outputs on one route, one dead: the other goes on as before, the dead one gets all later.

More is written meanwhile than memory holds, and the files rotate. How late lines are at the living
output is measured before and while the other is dead. DEAD_SECONDS and BYTES_PER_S may say how long
that is, and how much is written; HELD_LIMIT, how much of rotated files may be held open meanwhile.
"""

import bisect
import os
import sys
import threading
import time

sys.dont_write_bytecode = True

from kit import books, logs
from kit.stand import quick_or

FILE_COUNT = 4
BEFORE_SECONDS = quick_or(4, 10)
DEAD_SECONDS = int(os.environ.get("DEAD_SECONDS", quick_or(6, 30)))
BYTES_PER_S = int(os.environ.get("BYTES_PER_S", 8_000_000))
LINE_BYTES = 263
LATE_SECONDS_MAX = 2
LATER_AT_MOST = 1.2  # the median, while one is dead
LOOK_S = 0.05

ALONE = True


class Written(logs.Writer):
    """Knows when how much was written."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.times, self.sums = [0.0], [0]

    def step(self, text, pod):
        count = super().step(text, pod)
        self.times.append(time.monotonic())
        self.sums.append(self.sums[-1] + count)
        return count


class Arrived(threading.Thread):
    """Looks how much has come."""

    def __init__(self, sink):
        super().__init__(daemon=True)
        self.sink = sink
        self.seen = []
        self.is_over = False

    def run(self):
        while not self.is_over:
            before = time.monotonic()
            stats = self.sink.stats()
            if stats:
                self.seen.append(((before + time.monotonic()) / 2, stats["unique"]))
            time.sleep(LOOK_S)

    def lateness(self, written, line_count, begin, end):
        """How old the youngest line was that had come, at each look between these times; sorted."""
        line_bytes = written.sums[-1] / line_count
        return sorted(at - written.times[bisect.bisect_left(written.sums, lines * line_bytes)]
                      for at, lines in self.seen
                      if begin <= at < end and 0 < lines * line_bytes <= written.sums[-1])


def middle(values, share=0.5):
    return values[int(len(values) * share)] if values else float("nan")


def story(stand):
    stand.input["mem_buf_limit"] = "10MB"
    if "HELD_LIMIT" in os.environ:
        stand.service["held_limit"] = os.environ["HELD_LIMIT"]
    line_count = (BEFORE_SECONDS + DEAD_SECONDS) * BYTES_PER_S // LINE_BYTES // FILE_COUNT
    sources = stand.generate(FILE_COUNT, line_count)
    pods = logs.open_pods(stand, FILE_COUNT, kept_max=1_000_000)
    alive, dead = stand.sinks
    stand.start()
    writer, arrived = Written(pods, sources, BYTES_PER_S, BYTES_PER_S), Arrived(alive)
    began = time.monotonic()
    writer.start()
    arrived.start()
    time.sleep(BEFORE_SECONDS)
    died = time.monotonic()
    dead.go_down(DEAD_SECONDS + 1)
    writer.finish()
    ended = time.monotonic()
    time.sleep(LATE_SECONDS_MAX)
    arrived.is_over = True
    told = books.Books(2 * line_count * FILE_COUNT)
    behind = line_count * FILE_COUNT - alive.must_stats()["unique"]
    time.sleep(max(0, died + DEAD_SECONDS + 2 - time.monotonic()))  # the writer may be early
    books.close(stand, told)
    if behind:
        told.slow.append(f"the living output was {behind} lines behind {LATE_SECONDS_MAX} s "
                         "after the last one")
    before, meanwhile = (arrived.lateness(writer, line_count * FILE_COUNT, *times)
                         for times in ((began + 1, died), (died, ended)))
    if middle(meanwhile) > LATER_AT_MOST * middle(before) + LOOK_S:
        told.slow.append("the living output was later while the other was dead")
    told.note = (f"one dead for {DEAD_SECONDS} s, {BYTES_PER_S * DEAD_SECONDS // 1_000_000} MB; "
                 f"late by {middle(before):.2f} s before (p99 {middle(before, 0.99):.2f}), "
                 f"{middle(meanwhile):.2f} s meanwhile (p99 {middle(meanwhile, 0.99):.2f})")
    return told


books.run(story, sink_count=2)
