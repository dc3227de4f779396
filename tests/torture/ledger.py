#!/usr/bin/env python3
"""The books of the agent against the files and the positions, as somebody from outside adds them up.

At each look read = delivered + set aside + dropped + in flight, in records and in bytes. Whenever the
back-end stands still and nobody writes, the unread bytes are the sum of size - offset of all files.
"""

import contextlib
import os
import sqlite3
import sys
import time

sys.dont_write_bytecode = True

from kit import books, logs
from kit.stand import quick_or

FILE_COUNT = 8
ROUNDS = quick_or(6, 30)
LINE_COUNT = quick_or(30_000, 150_000)  # of each file
ROTATE_BYTES = 3 << 20
SAVED_WITHIN_S = 60
OUT = "tailrace_output_"


def check_equation(stand, name, unit):
    values = {metric: 0 for metric in ("read", "delivered", "set_aside", "dropped", "in_flight")}
    for metric, labels, value in stand.metrics():
        for each in values:
            if f'name="{name}"' in labels and metric in (f"{OUT}{each}_{unit}_total",
                                                         f"{OUT}{each}_{unit}"):
                values[each] += value
    rest = values.pop("read") - sum(values.values())
    assert rest == 0, f"{rest} {unit} of {name} are in no book: {values}"


def look(stand):
    for name in ("es.0", "es.1"):
        check_equation(stand, name, "records")
        check_equation(stand, name, "bytes")


def offsets(stand):
    """What is acknowledged of each inode, as the positions have it; they are read while in use."""
    path = stand.path("state", "positions.db")
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as db:
        return dict(db.execute("SELECT inode, max(offset) FROM in_tail_files GROUP BY inode"))


def unread_outside(stand):
    known, unread = offsets(stand), 0
    for folder, _, names in os.walk(stand.path("pods")):
        for name in names:
            facts = os.stat(os.path.join(folder, name))
            unread += facts.st_size - known.get(facts.st_ino, 0)
    return unread


def compare(stand):
    """Positions are on disk a moment after the last answer."""
    until = time.monotonic() + SAVED_WITHIN_S
    while True:
        inside, outside = stand.metric("tailrace_input_unread_bytes"), unread_outside(stand)
        if inside == outside:
            return inside
        assert time.monotonic() < until, f"{inside} unread bytes are told, {outside} are there"
        time.sleep(0.1)


def cut(source):
    with open(source, "rb") as text:
        lines = text.readlines()
    size = len(lines) // ROUNDS
    return [b"".join(lines[nth * size:(nth + 1) * size]) for nth in range(ROUNDS)]


def story(stand):
    stand.input["db.journal_mode"] = "DELETE"
    stand.service["held_limit"] = "1G"
    parts = [cut(source) for source in stand.generate(FILE_COUNT, LINE_COUNT)]
    pods = logs.open_pods(stand, FILE_COUNT, squeezes=False, kept_max=100)
    stand.start()
    compared = []
    for nth in range(ROUNDS):
        for sink in stand.sinks:
            sink.faults(item429=50, unavailable=50, delay=20)
        for pod, part in zip(pods, parts):
            pod.write(part[nth])
            look(stand)
            if pod.size() > ROTATE_BYTES:
                pod.rotate()
        time.sleep(0.3)
        stand.sinks[nth % 2].freeze()
        time.sleep(2)
        look(stand)
        compared.append(compare(stand))
        stand.sinks[nth % 2].thaw()
    for sink in stand.sinks:
        sink.faults()
    written = sum(part.count(b"\n") for each in parts for part in each)
    told = books.close(stand, books.Books(2 * written))
    told.note = f"{ROUNDS} times compared, between {min(compared)} and {max(compared)} bytes unread"
    return told


books.run(story, sink_count=2)
