#!/usr/bin/env python3
"""memory_limit holds: many files, long lines, unfinished records, an outage, a back-log.

In each scene the agent follows its files for a while before anything is in them: what it has then is
idle. From there on the kernel notes the most it ever had: that may be memory_limit and a tenth. When
all was delivered it is idle again within a tenth. A row for each scene goes to stderr.
"""

import os
import shutil
import sys
import time

sys.dont_write_bytecode = True

from kit import books
from kit.stand import Stand, quick_or

ALONE = True

LIMIT_BYTES = int(os.environ.get("MEMORY_LIMIT", "25000000"))
IDLE_SECONDS = 7
REST_SECONDS_MAX = 60
DRAIN_SECONDS_MAX = 60
FILE_NUMBERS = 100_000_000
MANY_FILES = quick_or(500, 2000)
LONG_BYTES = 1 << 20
PART_BYTES = 16384
OUTAGE_SECONDS = quick_or(15, 120)
OUTAGE_BYTES_PER_S = 5_000_000
# Of each file, about 260 bytes each; 2,000,000 of them are 5.2 GB, and a minute.
BACKLOG_LINES = int(os.environ.get("BACKLOG_LINES", quick_or(100_000, 600_000)))
BACKLOG_FILES = 10


class Process:
    """What the kernel says of the agent's memory, in bytes."""

    def __init__(self, stand):
        self.folder = f"/proc/{stand.agent.pid}"

    def status(self, key):
        with open(self.folder + "/status") as status:
            for line in status:
                if line.startswith(key + ":"):
                    return int(line.split()[1]) << 10
        raise KeyError(key)

    def forget_peak(self):
        with open(self.folder + "/clear_refs", "w") as out:
            out.write("5")

    @property
    def now(self):
        return self.status("VmRSS")

    @property
    def peak(self):
        return self.status("VmHWM")


def log_path(stand, nth):
    return stand.path("containers", f"app-{nth:05d}_shop_app-{nth:064x}.log")


def touch_files(stand, count):
    for nth in range(count):
        open(log_path(stand, nth), "wb").close()


def append(stand, nth, data):
    with open(log_path(stand, nth), "ab") as out:
        out.write(data)


def cri(text, mark="F"):
    return b"2026-11-21T08:18:54.000000000Z stdout " + mark.encode() + b" " + text + b"\n"


def numbered(number, byte_count):
    tail = f'","sequence_id":{number}}}'.encode()
    head = b'{"padding":"'
    return head + b"x" * (byte_count - len(head) - len(tail)) + tail


def start_idle(stand):
    stand.start()
    time.sleep(IDLE_SECONDS)
    process = Process(stand)
    idle = process.now
    process.forget_peak()
    return process, idle


# ---- scenes: each writes, and says how many lines; what it returns is read for its peak ----


def many_files(stand):
    per_file = 200
    touch_files(stand, MANY_FILES)
    sources = stand.generate(MANY_FILES, per_file)
    process, idle = start_idle(stand)
    for nth, source in enumerate(sources):
        with open(source, "rb") as text:
            append(stand, nth, text.read())
    return process, idle, MANY_FILES * per_file


def long_lines(stand):
    file_count, per_file = 10, quick_or(5, 30)
    stand.input["buffer_max_size"] = "2M"
    touch_files(stand, file_count)
    process, idle = start_idle(stand)
    for line in range(per_file):
        for nth in range(file_count):
            append(stand, nth, cri(numbered(nth * FILE_NUMBERS + line, LONG_BYTES)))
    return process, idle, file_count * per_file


def unfinished(stand):
    """The number is in the last part, which comes when all files have the others."""
    touch_files(stand, MANY_FILES)
    process, idle = start_idle(stand)
    parts = b"".join(cri(b"x" * PART_BYTES, "P") for _ in range(LONG_BYTES // PART_BYTES))
    for nth in range(MANY_FILES):
        append(stand, nth, parts)
    time.sleep(1)
    for nth in range(MANY_FILES):
        append(stand, nth, cri(numbered(nth * FILE_NUMBERS, 100)))
    return process, idle, MANY_FILES


def outage(stand):
    file_count = 10
    per_file = OUTAGE_BYTES_PER_S * OUTAGE_SECONDS // file_count // 260
    touch_files(stand, file_count)
    sources = stand.generate(file_count, per_file)
    process, idle = start_idle(stand)
    stand.sink.go_down(OUTAGE_SECONDS)
    texts = [open(source, "rb") for source in sources]
    until = time.monotonic() + OUTAGE_SECONDS
    while time.monotonic() < until:
        for nth, text in enumerate(texts):
            append(stand, nth, text.read(OUTAGE_BYTES_PER_S // file_count // 10))
        time.sleep(0.1)
    for nth, text in enumerate(texts):
        append(stand, nth, text.read())
        text.close()
    return process, idle, file_count * per_file


def backlog(stand):
    """Killed in the middle of it, and started into the rest."""
    touch_files(stand, BACKLOG_FILES)
    sources = stand.generate(BACKLOG_FILES, BACKLOG_LINES)
    _, idle = start_idle(stand)
    for nth, source in enumerate(sources):
        with open(source, "rb") as text, open(log_path(stand, nth), "ab") as out:
            shutil.copyfileobj(text, out, 1 << 20)
        os.remove(source)
    stand.kill()
    stand.start()
    return Process(stand), idle, BACKLOG_FILES * BACKLOG_LINES


# ---- judging ----


def mib(count):
    return f"{count / (1 << 20):.1f}"


def wait_for_rest(process, idle):
    until = time.monotonic() + REST_SECONDS_MAX
    while process.now > idle * 1.1 and time.monotonic() < until:
        time.sleep(0.2)
    return process.now


def play(scene, told):
    with Stand() as stand:
        stand.service["memory_limit"] = str(LIMIT_BYTES)
        stand.service["flush"] = "1"
        process, idle, written = scene(stand)
        mine = books.Books(written)
        books.settle(stand, mine, DRAIN_SECONDS_MAX)
        rest = wait_for_rest(process, idle)
        peak = process.peak
        most = int(1.1 * LIMIT_BYTES)
        name = scene.__name__.replace("_", " ")
        if peak > most:
            mine.problems.append(f"{name}: {mib(peak)} MiB, above {mib(most)}")
        if rest > idle * 1.1:
            mine.problems.append(f"{name}: {mib(rest)} MiB after the drain, idle is {mib(idle)}")
        print(f"    {name:<12} idle {mib(idle):>5}  peak {mib(peak):>5} of {mib(most):>5}  "
              f"after {mib(rest):>5} MiB", file=sys.stderr, flush=True)
        told.written += mine.written
        told.delivered += mine.delivered
        told.doubled += mine.doubled
        told.problems += mine.problems
        stand.stop()
        return f"{name} {mib(idle)}/{mib(peak)}/{mib(rest)}"


def main():
    books.end_in_order()
    told = books.Books(0)
    scenes = [many_files, long_lines, unfinished, outage, backlog]
    wanted = [word for word in sys.argv[1:] if word != "quick"]
    rows = [play(scene, told) for scene in scenes if not wanted or scene.__name__ in wanted]
    told.note = "idle/peak/after MiB: " + ", ".join(rows)
    told.judge()
    print(told.line(), flush=True)
    sys.exit(1 if told.problems else 0)


main()
