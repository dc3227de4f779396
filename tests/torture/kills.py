#!/usr/bin/env python3
"""kill -9, 200 times, under 20 MB/s, while the files rotate and the older generations are squeezed.

Most runs are shorter than the second that positions wait before they are saved; some are longer.
"""

import random
import sys
import time

sys.dont_write_bytecode = True

from kit import books, logs
from kit.stand import quick_or

KILLS = quick_or(20, 200)
FILE_COUNT = 10
BYTES_PER_S = 20_000_000
LINE_BYTES = 263  # about
ROTATE_BYTES = 5_000_000
GENERATIONS_MAX = 60  # none is deleted: what nobody could have read is not lost here


def gaps_of(chance):
    return [chance.uniform(1.1, 1.6) if nth % 5 == 4 else chance.uniform(0.05, 0.5)
            for nth in range(KILLS)]


def story(stand):
    gaps = gaps_of(random.Random(1))
    line_count = int(sum(gaps) * BYTES_PER_S / LINE_BYTES) // FILE_COUNT
    sources = stand.generate(FILE_COUNT, line_count)
    pods = logs.open_pods(stand, FILE_COUNT, kept_max=GENERATIONS_MAX)
    writer = logs.Writer(pods, sources, BYTES_PER_S, ROTATE_BYTES)
    writer.start()
    for gap in gaps:
        stand.start(waits=False)
        time.sleep(gap)
        stand.kill()
    stand.start()
    writer.finish()
    told = books.close(stand, books.Books(line_count * FILE_COUNT))
    told.note = f"{KILLS} kills, {stand.sink.must_stats()['conflicts']} sent again and kept out by id"
    return told


books.run(story)
