#!/usr/bin/env python3
"""The back-end is down, files rotate and are deleted, and more is held than held_limit allows.

One log keeps one generation, and nothing of it is there when it is let go of. The other is squeezed,
and keeps as many as the kubelet does: what is deleted is read on in its .gz, until that is deleted, too.
What is let go of must be counted to the line and to the byte: written less delivered.
"""

import os
import sys

sys.dont_write_bytecode = True

from kit import books, logs
from kit.stand import quick_or

DOWN_SECONDS = quick_or(12, 40)
GENERATION_BYTES = quick_or(2_000_000, 5_000_000)
WRITING_SECONDS = DOWN_SECONDS // 2  # so that a busy machine has written all before the end of it
HELD_LIMIT = "4M"
LINE_BYTES = 263
FILE_NUMBERS = 100_000_000  # as tests/bench/gen numbers the lines of its files
LET_GO_BYTES = "tailrace_input_dropped_bytes_total"


def delivered_bytes(stand, sources):
    """The lengths of the sources' lines that the sink has, frames and line feeds included."""
    missing = set(stand.sink.must_ask("/__missing?count=100000000"))
    count = 0
    for nth, source in enumerate(sources):
        with open(source, "rb") as text:
            count += sum(len(line) for number, line in enumerate(text, nth * FILE_NUMBERS)
                         if number not in missing)
    return count


def story(stand):
    stand.service["held_limit"] = HELD_LIMIT
    line_count = GENERATION_BYTES * WRITING_SECONDS // LINE_BYTES
    sources = stand.generate(2, line_count)
    pods = [logs.PodLog(stand.folder, "gone", kept_max=1, squeezes=False),
            logs.PodLog(stand.folder, "squeezed")]
    stand.start()
    stand.sink.go_down(DOWN_SECONDS)
    writer = logs.Writer(pods, sources, 2 * GENERATION_BYTES, GENERATION_BYTES)
    writer.start()
    writer.finish()
    told = books.Books(2 * line_count)
    told.may_drop = True
    books.settle(stand, told)
    let_go = stand.metric(LET_GO_BYTES, "held_budget")
    missing = sum(map(os.path.getsize, sources)) - delivered_bytes(stand, sources)
    moved = stand.log().count("it is read on in")
    if let_go != missing:
        told.problems.append(f"{let_go} bytes counted as let go of, {missing} are")
    if not told.dropped:
        told.problems.append("nothing was let go of: the case is too easy")
    if not moved:
        told.problems.append("nothing was read on in its .gz")
    stand.stop()
    told.note = f"held_limit {HELD_LIMIT}, {let_go} bytes let go of, {moved} files read on in their .gz"
    return told


books.run(story)
