#!/usr/bin/env python3
"""The back-end is stopped with SIGSTOP again and again, in the middle of bodies and answers.

Its sockets stay open and nobody reads: a black hole. Some stops are longer than net.io_timeout.
"""

import random
import sys
import time

sys.dont_write_bytecode = True

from kit import books, logs
from kit.stand import quick_or

FILE_COUNT = 4
STOPS = quick_or(4, 15)
BYTES_PER_S = 20_000_000
SECONDS = quick_or(6, 30)
LINE_BYTES = 263


def story(stand):
    chance = random.Random(1)
    stand.output["net.io_timeout"] = "2s"
    line_count = SECONDS * BYTES_PER_S // LINE_BYTES // FILE_COUNT
    sources = stand.generate(FILE_COUNT, line_count)
    pods = logs.open_pods(stand, FILE_COUNT, kept_max=60)
    stand.start()
    writer = logs.Writer(pods, sources, BYTES_PER_S, BYTES_PER_S // 2)
    writer.start()
    for nth in range(STOPS):
        time.sleep(chance.uniform(0.05, 0.6))
        stand.sink.freeze()
        time.sleep(3.5 if nth % 4 == 3 else chance.uniform(0.05, 1))
        stand.sink.thaw()
    writer.finish()
    told = books.close(stand, books.Books(line_count * FILE_COUNT))
    told.note = f"{STOPS} stops, {stand.sink.must_stats()['conflicts']} kept out by id"
    return told


books.run(story)
