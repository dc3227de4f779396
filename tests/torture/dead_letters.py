#!/usr/bin/env python3
"""Documents that are refused in any form are kept as dead letters, while their disk fills up.

First the disk has room: every refused line is found among the letters, and a kill loses none. Then it
is full: the flow goes on, and what could not be kept is counted. At the end the back-end has changed
its mind, and a replay delivers every letter.
"""

import glob
import re
import subprocess
import sys

sys.dont_write_bytecode = True

from kit import books, disk, logs
from kit.stand import AGENT, quick_or

FILE_COUNT = 2
LINE_COUNT = quick_or(20_000, 100_000)  # of each file
BYTES_PER_S = 8_000_000
POISON_EVERY, POISON_REST = 100, 11
FILE_NUMBERS = 100_000_000
DISK_KIB = 2048
SETTLE_SECONDS_MAX = 90
UNREAD = "tailrace_input_unread_bytes"
KEPT, LOST = "tailrace_deadletter_kept_total", "tailrace_deadletter_lost_total"
NUMBER = re.compile(r'sequence_id\\*": ?(\d+)')


def letters(stand):
    """The numbers that are on the disk."""
    numbers = set()
    for path in glob.glob(stand.path("letters", "*.jsonl")):
        with open(path) as text:
            numbers |= {number_of(line) for line in text if line.endswith("\n")}
    return numbers


def number_of(letter):
    found = NUMBER.search(letter)
    assert found, "a letter without its line: " + letter[:300]
    return int(found.group(1))


def poisoned(nth, first, last):
    return {nth * FILE_NUMBERS + line for line in range(first, last)
            if (nth * FILE_NUMBERS + line) % POISON_EVERY == POISON_REST}


def ship(stand, pod, source, told):
    told.written += LINE_COUNT
    writer = logs.Writer([pod], [source], BYTES_PER_S)
    writer.start()
    writer.finish()


def wait_until_read(stand):
    """Every line is delivered or a letter, so no letter is written any more."""
    stand.wait_until(lambda: stand.metric(UNREAD) == 0, SETTLE_SECONDS_MAX, "not all is settled")


def with_room(stand, pod, source, told):
    """The agent is killed half-way; letters may be written twice, none is missing."""
    ship(stand, pod, source, told)
    stand.kill()
    stand.start()
    found = letters(stand)
    stand.wait_until(lambda: letters(stand) >= poisoned(0, 0, LINE_COUNT), SETTLE_SECONDS_MAX,
                     f"{len(found)} letters, not {len(poisoned(0, 0, LINE_COUNT))}")
    wait_until_read(stand)
    if letters(stand) != poisoned(0, 0, LINE_COUNT):
        told.problems.append("letters of lines that were not refused")


def without_room(stand, pod, source, told):
    """Every refused line is kept or counted as lost, and all others are delivered."""
    before = len(letters(stand))
    kept, lost = stand.metric(KEPT), stand.metric(LOST)
    disk.fill(stand.path("letters", "ballast"))
    ship(stand, pod, source, told)
    refused = len(poisoned(1, 0, LINE_COUNT))
    stand.wait_until(lambda: stand.metric(KEPT) + stand.metric(LOST) - kept - lost >= refused,
                     SETTLE_SECONDS_MAX, f"not all of {refused} are kept or lost")
    wait_until_read(stand)
    if len(letters(stand)) - before != stand.metric(KEPT) - kept:
        told.problems.append(f"{len(letters(stand)) - before} letters were written, "
                             f"{stand.metric(KEPT) - kept} counted")
    return stand.metric(LOST) - lost


def replay(stand, told):
    stand.sink.faults()
    command = [AGENT, "dlq", "replay", "-c", stand.path("tailrace.conf")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    if done.returncode != 0 or letters(stand):
        told.problems.append(f"replay ended with {done.returncode}, {len(letters(stand))} letters "
                             f"are left: {(done.stdout + done.stderr)[-200:]}")


def story(stand):
    stand.service.update({"records_limit": "16M", "storage.rejected.path": stand.path("letters")})
    disk.mount(stand.path("letters"), DISK_KIB)
    try:
        return on_the_disk(stand)
    finally:
        stand.kill()
        disk.unmount(stand.path("letters"))


def on_the_disk(stand):
    sources = stand.generate(FILE_COUNT, LINE_COUNT)
    pods = logs.open_pods(stand, FILE_COUNT)
    told = books.Books(0)
    told.may_set_aside = True
    stand.sink.faults(poison=POISON_EVERY)
    stand.start()
    with_room(stand, pods[0], sources[0], told)
    lost = without_room(stand, pods[1], sources[1], told)
    kept = len(letters(stand))
    stand.stop()
    replay(stand, told)
    stats = stand.sink.must_stats()
    told.delivered, told.doubled, told.set_aside = stats["unique"], stats["duplicates"], lost
    told.note = f"{kept} letters replayed, {lost} had no room and were counted"
    return told


disk.reenter()
books.run(story)
