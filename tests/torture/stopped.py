#!/usr/bin/env python3
"""The agent is stopped, or killed, over two rotations and more; the older generations are squeezed."""

import sys
import time

sys.dont_write_bytecode = True

from kit import books, logs
from kit.stand import quick_or

FILE_COUNT = 5
ROUNDS = quick_or(3, 12)
PIECES = 8  # of each round
KEPT_MAX = 20  # none is deleted unread: some runs end before they have read anything
LINE_COUNT = quick_or(4_800, 48_000)  # of each file


def cut(source, count):
    """The source's lines in so many parts, at line ends."""
    with open(source, "rb") as text:
        lines = text.readlines()
    size = len(lines) // count
    return [b"".join(lines[at:at + size]) for at in range(0, size * count, size)]


def write_round(pods, parts, nth, rotations):
    """Piece by piece; the files rotate that often within the round, each at its own time."""
    for piece in range(PIECES):
        for which, pod in enumerate(pods):
            pod.write(parts[which][nth * PIECES + piece])
            if rotations and (piece + which) % (PIECES // rotations) == 1:
                pod.rotate()


def story(stand):
    sources = stand.generate(FILE_COUNT, LINE_COUNT)
    parts = [cut(source, ROUNDS * 2 * PIECES) for source in sources]
    pods = logs.open_pods(stand, FILE_COUNT, kept_max=KEPT_MAX)
    for nth in range(ROUNDS):
        stand.start()
        write_round(pods, parts, 2 * nth, 0)
        time.sleep((0, 0.5, 2.2)[nth % 3])
        if nth % 2 == 0:
            stand.stop()
        else:
            stand.kill()
        write_round(pods, parts, 2 * nth + 1, 2 + nth % 2 * 2)
    stand.start()
    told = books.close(stand, books.Books(sum(len(part.splitlines()) for each in parts
                                              for part in each)))
    told.note = (f"{ROUNDS} stops and kills over 2 or 4 rotations, "
                 f"{stand.sink.must_stats()['conflicts']} kept out by id")
    return told


books.run(story)
