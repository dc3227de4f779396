#!/usr/bin/env python3
"""Everything together, in an order that dice say: kills, stops, rotation, squeezing, outages, frozen
sockets, lost and cut answers, items put off. The seed may be given in SEED; the note tells it.
"""

import os
import random
import sys
import time

sys.dont_write_bytecode = True

from kit import books, logs
from kit.stand import quick_or

FILE_COUNT = 6
SECONDS = quick_or(8, 60)
BYTES_PER_S = 6_000_000
LINE_BYTES = 263
ROTATE_BYTES = 1_500_000
KEPT_MAX = 60  # none is deleted: what nobody could have read is not lost here
RATES = {"item409": 10, "item429": 40, "item503": 20, "busy": 20, "unavailable": 20, "page": 10,
         "closed": 30, "lost": 60, "cut": 60, "huge": 2}


def kill(stand, chance):
    stand.kill()
    time.sleep(chance.choice((0, 0, 0.3, 1)))
    stand.start(waits=False)


def stop(stand, chance):
    stand.wait_until_ready()
    stand.stop()
    time.sleep(chance.choice((0, 0.3, 1)))
    stand.start(waits=False)


def go_down(stand, chance):
    stand.sink.go_down(chance.uniform(0.2, 2))


def freeze(stand, chance):
    stand.sink.freeze()
    time.sleep(chance.uniform(0.1, 2.5))
    stand.sink.thaw()


def change_faults(stand, chance):
    chosen = {name: rate for name, rate in RATES.items() if chance.random() < 0.5}
    try:
        stand.sink.faults(seed=chance.randrange(1, 1000), **chosen)
    except OSError:  # it is down
        pass


def rest(_, chance):
    time.sleep(chance.uniform(0.2, 2))


DEEDS = (kill, kill, kill, stop, go_down, freeze, change_faults, change_faults, rest, rest)


def calm(stand):
    """The sink is well again, however long that takes."""
    stand.sink.must_answer()
    stand.sink.faults()


def story(stand):
    seed = int(os.environ.get("SEED", "1"))
    chance = random.Random(seed)
    stand.output["net.io_timeout"] = "1s"
    line_count = SECONDS * BYTES_PER_S // LINE_BYTES // FILE_COUNT
    sources = stand.generate(FILE_COUNT, line_count)
    pods = logs.open_pods(stand, FILE_COUNT, kept_max=KEPT_MAX)
    stand.start()
    writer = logs.Writer(pods, sources, BYTES_PER_S, ROTATE_BYTES)
    writer.start()
    deeds = 0
    while writer.is_alive():
        chance.choice(DEEDS)(stand, chance)
        time.sleep(chance.uniform(0, 0.4))
        deeds += 1
    writer.finish()
    calm(stand)
    told = books.close(stand, books.Books(line_count * FILE_COUNT))
    told.note = f"seed {seed}, {deeds} deeds, {stand.sink.must_stats()['conflicts']} kept out by id"
    return told


books.run(story)
