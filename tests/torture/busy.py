#!/usr/bin/env python3
"""40 % of all items are answered 429: a 429 slows down, it does not give up."""

import sys

sys.dont_write_bytecode = True

from kit import books, logs
from kit.stand import quick_or

FILE_COUNT = 4
LINE_COUNT = quick_or(10_000, 100_000)  # of each file
BYTES_PER_S = 10_000_000


def story(stand):
    sources = stand.generate(FILE_COUNT, LINE_COUNT)
    pods = logs.open_pods(stand, FILE_COUNT)
    stand.service["records_limit"] = "16M"
    stand.sink.faults(item429=400)
    stand.start()
    writer = logs.Writer(pods, sources, BYTES_PER_S)
    writer.start()
    writer.finish()
    told = books.close(stand, books.Books(LINE_COUNT * FILE_COUNT))
    told.note = f"{stand.sink.must_stats()['failed']} items answered 429"
    return told


books.run(story)
