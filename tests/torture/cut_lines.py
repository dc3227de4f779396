#!/usr/bin/env python3
"""Long lines in CRI parts, cut by rotation between their parts, by pauses and by kills.

Every number is in a line of several parts. The number stands at the end of its last part, so that a
line of which any part is missing does not count as delivered; a line with a part too many or too few
is told apart by its length, which stands there too.
"""

import random
import sys
import time

sys.dont_write_bytecode = True

from kit import books, logs
from kit.stand import quick_or

FILE_COUNT = 3
LINE_COUNT = quick_or(300, 3000)  # of each file
KILL_EVERY = quick_or(100, 150)
KEPT_MAX = 40  # the agent looks for 64
PART_BYTES = 16384
FILE_NUMBERS = 100_000_000


def frames(number, chance):
    """One line as the runtime writes it: P parts and a last F part."""
    padding = "x" * chance.randint(PART_BYTES, 3 * PART_BYTES)
    text = f'{{"padding":"{padding}","length":{len(padding)},"sequence_id":{number}}}'.encode()
    now_ns = time.time_ns()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now_ns // 10**9))
    stamp += f".{now_ns % 10**9:09d}Z stdout "
    parts = [text[at:at + PART_BYTES] for at in range(0, len(text), PART_BYTES)]
    marks = ["P"] * (len(parts) - 1) + ["F"]
    return [f"{stamp}{mark} ".encode() + part + b"\n" for mark, part in zip(marks, parts)]


def write_line(pod, number, chance):
    for frame in frames(number, chance):
        at = chance.randrange(len(frame))
        pod.write(frame[:at])
        if chance.random() < 0.02:
            time.sleep(chance.uniform(0, 0.05))
        pod.write(frame[at:])
        if chance.random() < 0.01:
            pod.rotate()


def story(stand):
    chance = random.Random(1)
    pods = logs.open_pods(stand, FILE_COUNT, kept_max=KEPT_MAX)
    stand.start()
    for line in range(LINE_COUNT):
        for nth, pod in enumerate(pods):
            write_line(pod, nth * FILE_NUMBERS + line, chance)
        if line % KILL_EVERY == KILL_EVERY // 2:
            stand.kill()
            stand.start(waits=False)
    told = books.close(stand, books.Books(LINE_COUNT * FILE_COUNT))
    unnumbered = stand.sink.must_stats()["unnumbered"]
    if unnumbered:
        told.problems.append(f"{unnumbered} pieces of lines came as documents of their own")
    told.note = f"{sum(pod.nth for pod in pods)} rotations, {LINE_COUNT // KILL_EVERY} kills"
    return told


books.run(story)
