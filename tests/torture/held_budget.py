#!/usr/bin/env python3
"""The back-end is down, files rotate and are deleted, and more is held than held_limit allows.

What is let go of must be counted to the line and to the byte: written less delivered.
"""

import os
import sys

sys.dont_write_bytecode = True

from kit import books, logs
from kit.stand import quick_or

DOWN_SECONDS = quick_or(6, 20)
GENERATION_BYTES = quick_or(2_000_000, 5_000_000)
HELD_LIMIT = "4M"
LINE_BYTES = 263
LET_GO_BYTES = "tailrace_input_dropped_bytes_total"


def delivered_bytes(stand, source):
    """The lengths of the source's lines that the sink has, frames and line feeds included."""
    missing = set(stand.sink.must_ask("/__missing?count=100000000"))
    with open(source, "rb") as text:
        return sum(len(line) for number, line in enumerate(text) if number not in missing)


def story(stand):
    stand.service["held_limit"] = HELD_LIMIT
    line_count = GENERATION_BYTES * DOWN_SECONDS // LINE_BYTES
    source, = stand.generate(1, line_count)
    pod, = logs.open_pods(stand, 1, kept_max=1, squeezes=False)
    stand.start()
    stand.sink.go_down(DOWN_SECONDS)
    writer = logs.Writer([pod], [source], GENERATION_BYTES, GENERATION_BYTES)
    writer.start()
    writer.finish()
    told = books.Books(line_count)
    told.may_drop = True
    books.settle(stand, told)
    let_go = stand.metric(LET_GO_BYTES, "held_budget")
    missing = os.path.getsize(source) - delivered_bytes(stand, source)
    if let_go != missing:
        told.problems.append(f"{let_go} bytes counted as let go of, {missing} are")
    if not told.dropped:
        told.problems.append("nothing was let go of: the case is too easy")
    stand.stop()
    told.note = f"held_limit {HELD_LIMIT}, {let_go} bytes let go of"
    return told


books.run(story)
