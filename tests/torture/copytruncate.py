#!/usr/bin/env python3
"""Logs that are truncated under the agent: with a copy, nothing is lost; without, it is counted.

Every line has the same length, so that bytes which were lost are lines which were lost. First a file
is written to all the time, and copied and truncated as logrotate does it, older copies moving on.
Then the back-end stands still, the agent is full, and has seen how long the file is when that is
truncated without a copy: `tailrace_input_lost_bytes_total` must be what was not read, to the byte.
"""

import os
import shutil
import sys
import time

sys.dont_write_bytecode = True

from kit import books
from kit.stand import quick_or

LINE_BYTES = 200
FILE_NUMBERS = 100_000_000
COPIES = quick_or(4, 20)
COPIES_KEPT_MAX = 4
STEPS = 40  # between two copies
STEP_LINES = 100
STEP_SECONDS = 0.01
UNREAD_LINES = 40_000  # far over Mem_Buf_Limit
SEEN_SECONDS_MAX = 60
LOST_BYTES = "tailrace_input_lost_bytes_total"
UNREAD_BYTES = "tailrace_input_unread_bytes"
IN_FLIGHT = "tailrace_output_in_flight_records"


def lines(first, count):
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + ".000000000Z stdout F "
    rows = []
    for number in range(first, first + count):
        row = f'{stamp}{{"sequence_id":{number:09d},"padding":"'
        rows.append(row + "x" * (LINE_BYTES - len(row) - 3) + '"}\n')
    return "".join(rows).encode()


def append(path, data):
    with open(path, "ab", buffering=0) as out:
        out.write(data)


def copy_and_truncate(path):
    """Nothing is written between the two: what is written there nobody could read."""
    for nth in range(COPIES_KEPT_MAX, 1, -1):
        if os.path.exists(f"{path}.{nth - 1}"):
            os.rename(f"{path}.{nth - 1}", f"{path}.{nth}")
    shutil.copyfile(path, path + ".1")
    os.truncate(path, 0)


def write_and_copy(path):
    """Returns how many lines were written."""
    written = 0
    for _ in range(COPIES):
        for _ in range(STEPS):
            append(path, lines(written, STEP_LINES))
            written += STEP_LINES
            time.sleep(STEP_SECONDS)
        copy_and_truncate(path)
    return written


def story(stand):
    stand.input.update({"mem_buf_limit": "1MB", "path": stand.path("logs", "*.log")})
    os.mkdir(stand.path("logs"))
    path = stand.path("logs", "app.log")
    append(path, b"")
    stand.start()
    told = books.Books(write_and_copy(path))
    books.settle(stand, told)
    if told.unaccounted:
        told.problems.append(f"{told.unaccounted} lines lost though there was a copy")
    lost_before = stand.metric(LOST_BYTES)

    stand.sink.freeze()
    append(path, lines(told.written, UNREAD_LINES))
    stand.wait_until(lambda: stand.metric(UNREAD_BYTES) == UNREAD_LINES * LINE_BYTES and
                     stand.metric(IN_FLIGHT) > 0, SEEN_SECONDS_MAX,
                     "the agent does not see how long the file is")
    os.truncate(path, 0)
    for _ in range(20):
        stand.metric(UNREAD_BYTES)  # a look of somebody else's changes nothing
        time.sleep(0.1)
    append(path, lines(told.written + UNREAD_LINES, STEP_LINES))
    stand.sink.thaw()
    told.written += UNREAD_LINES + STEP_LINES
    settle_all_but(stand, told, lost_before)
    return count_lost(stand, told, lost_before, stand.metric(LOST_BYTES))


def settle_all_but(stand, told, lost_before):
    """Until what is missing is what was counted as lost."""
    def is_settled():
        lost_bytes = stand.metric(LOST_BYTES) - lost_before
        return books.add_up(stand, told) and told.unaccounted * LINE_BYTES == lost_bytes

    try:
        stand.wait_until(is_settled, SEEN_SECONDS_MAX, "other bytes are counted as lost")
    except AssertionError:
        pass  # count_lost says which
    time.sleep(books.TWICE_SECONDS)
    books.add_up(stand, told)


def count_lost(stand, told, lost_before, lost_bytes):
    missing = told.unaccounted * LINE_BYTES
    if lost_before:
        told.problems.append(f"{lost_before} bytes are counted as lost, and a copy was there")
    if lost_bytes - lost_before != missing:
        told.problems.append(f"{lost_bytes - lost_before} bytes counted as lost, {missing} are")
    stand.stop()
    told.may_drop = True
    told.dropped += (lost_bytes - lost_before) // LINE_BYTES
    told.note = f"{COPIES} copies; {lost_bytes - lost_before} bytes truncated unread"
    return told


books.run(story)
