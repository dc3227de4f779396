#!/usr/bin/env python3
"""Pods that live for half a second to three seconds, with a container each, one after the other.

The sink is slow, so that some are gone before their last line is read.
"""

import random
import sys
import threading
import time

sys.dont_write_bytecode = True

from kit import books, logs
from kit.stand import quick_or

POD_COUNT = quick_or(40, 300)
BESIDE_EACH_OTHER = 20
LINE_COUNT = quick_or(500, 1000)  # of each pod
PIECES = 10


def live(stand, source, nth, seconds):
    with open(source, "rb") as text:
        data = text.read()
    pod = logs.PodLog(stand.folder, f"job-{nth}")
    step = len(data) // PIECES + 1
    for at in range(0, len(data), step):
        pod.write(data[at:at + step])
        time.sleep(seconds / PIECES)
    pod.remove()


def story(stand):
    chance = random.Random(1)
    sources = stand.generate(POD_COUNT, LINE_COUNT)
    stand.sink.faults(delay=50)
    stand.start()
    lives = [chance.uniform(0.5, 3) for _ in sources]
    for nth, (source, seconds) in enumerate(zip(sources, lives)):
        threading.Thread(target=live, args=(stand, source, nth, seconds)).start()
        while threading.active_count() > BESIDE_EACH_OTHER:
            time.sleep(0.01)
    while threading.active_count() > 1:
        time.sleep(0.05)
    return books.close(stand, books.Books(POD_COUNT * LINE_COUNT, f"{POD_COUNT} pods"))


books.run(story)
