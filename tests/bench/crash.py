#!/usr/bin/env python3
"""Kills the agent again and again while it ships lines that are still being written.

    crash.py LINES KILLS [SEED]

Prints one line of JSON: what was lost, what was stored twice, what a known id kept from being
stored twice. Ends 1 when a line was lost.
"""

import json
import os
import random
import sys
import threading
import time

sys.dont_write_bytecode = True

import measure

FILE_COUNT = 10
ANSWER_DELAY_MS = 20
GAP_SECONDS = (0.1, 1.2)
QUIET_SECONDS_MAX = 60


class Writer(threading.Thread):
    """Copies prepared logs bit by bit, never minding where a line ends."""

    def __init__(self, source, target, seconds):
        super().__init__(daemon=True)
        self.pairs = [(os.path.join(source, name), os.path.join(target, name))
                      for name in sorted(os.listdir(source))]
        self.step_count = max(1, int(seconds / 0.05))

    def run(self):
        for step in range(self.step_count):
            for source, target in self.pairs:
                self.copy_step(source, target, step)
            time.sleep(0.05)

    def copy_step(self, source, target, step):
        size = os.path.getsize(source)
        first, last = (size * n // self.step_count for n in (step, step + 1))
        with open(source, "rb") as text, open(target, "ab") as out:
            text.seek(first)
            out.write(text.read(last - first))


def wait_for_the_rest(sink, line_count):
    """Until all has arrived, or nothing has for a while."""
    seen, quiet_since = -1, time.monotonic()
    while time.monotonic() - quiet_since < QUIET_SECONDS_MAX:
        unique = sink.must_ask("/__stats")["unique"]
        if unique >= line_count:
            time.sleep(2)  # for what comes twice
            return
        if unique != seen:
            seen, quiet_since = unique, time.monotonic()
        time.sleep(0.1)


def kill_loop(line_count, kills, chance):
    gaps = [chance.uniform(*GAP_SECONDS) for _ in range(kills)]
    after_kills = []
    with measure.Stand() as stand, measure.Sink(ANSWER_DELAY_MS) as sink:
        source = os.path.join(stand.folder, "source")
        os.mkdir(source)
        stand.generate(FILE_COUNT, line_count // FILE_COUNT, source)
        writer = Writer(source, stand.logs, sum(gaps))
        writer.start()
        for gap in gaps:
            agent = stand.start_agent("crash.conf", sink, keep_state=True)
            time.sleep(gap)
            agent.kill()
            agent.wait()
            after_kills.append(sink.must_ask("/__stats")["unique"])
        writer.join()
        stand.start_agent("crash.conf", sink, keep_state=True)
        wait_for_the_rest(sink, line_count)
        stand.stop_agent()
        return after_kills, sink.must_ask("/__stats")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    line_count, kills = int(sys.argv[1]), int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    after_kills, stats = kill_loop(line_count, kills, random.Random(seed))
    lost = line_count - stats["unique"]
    print(json.dumps({"lines": line_count, "kills": kills, "after_kills": after_kills,
                      "lost": lost, "stored_twice": stats["duplicates"],
                      "kept_out_by_id": stats["conflicts"], "requests": stats["requests"]}))
    sys.exit(1 if lost else 0)


main()
