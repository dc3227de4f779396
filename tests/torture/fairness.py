#!/usr/bin/env python3
"""A file grows at 50 MB/s, a hundred others by a line a second: the quiet ones do not wait.

Each quiet line holds the time at which it was written. A server in this process takes requests as
fast as it can and notes, when one was read to its end, how old the quiet lines in it are. Of a
hundred, 99 may be no older than FLUSH_S + 1 s. Once with a back-end that is fast, once with one that
takes less than is written, so that memory is full all the time and files wait for room.
"""

import os
import re
import socket
import sys
import threading
import time

sys.dont_write_bytecode = True

from kit import books
from kit.stand import Stand, quick_or

ALONE = True

FLUSH_S = 1
SECONDS = quick_or(10, 60)
BUSY_BYTES_PER_S = int(os.environ.get("BUSY_BYTES", "50000000"))
QUIET_FILES = 100
QUIET_SECONDS_MAX = 40
WRITTEN_AT = re.compile(rb'"quiet_ns":(\d+)')
LENGTH = re.compile(rb"\r\nContent-Length: *(\d+)", re.IGNORECASE)
SLOW_ANSWER_S = 0.06  # with two requests of half a mebibyte under way, less than is written
ANSWER = b'{"took":1,"errors":false}'
REPLY = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
         % len(ANSWER)) + ANSWER


class Backend:
    """Takes everything; knows the ages of quiet lines and counts the busy file's."""

    def __init__(self, answer_s):
        self.answer_s = answer_s
        self.ages_s = []
        self.busy_lines = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def taken(self):
        return self.busy_lines + len(self.ages_s)

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        rest = b""
        while True:
            request, rest = read_request(connection, rest)
            if request is None:
                return
            now = time.time_ns()
            ages = [(now - int(at)) / 1e9 for at in WRITTEN_AT.findall(request)]
            busy = request.count(b'"busy":')
            with self.lock:
                self.ages_s += ages
                self.busy_lines += busy
            time.sleep(self.answer_s)
            try:
                connection.sendall(REPLY)
            except OSError:  # it has been stopped
                return


def read_request(connection, rest):
    data = bytearray(rest)
    while (end := data.find(b"\r\n\r\n")) < 0:
        if not fill(connection, data):
            return None, b""
    length = LENGTH.search(bytes(data[:end + 2]))
    whole = end + 4 + (int(length.group(1)) if length else 0)
    if b"100-continue" in data[:end]:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    while len(data) < whole:
        if not fill(connection, data):
            return None, b""
    return bytes(data[end + 4:whole]), bytes(data[whole:])


def fill(connection, data):
    try:
        more = connection.recv(1 << 18)
    except OSError:
        return False
    data += more
    return bool(more)


def stamp():
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + ".000000000Z stdout F "


def write_busy(path, until, counts):
    """In pieces of a hundredth of a second."""
    line = (stamp() + '{"busy":1,"message":"' + "x" * 200 + '"}\n').encode()
    lines = BUSY_BYTES_PER_S // 100 // len(line)
    with open(path, "ab", buffering=0) as out:
        due = time.monotonic()
        while time.monotonic() < until:
            out.write(line * lines)
            counts["busy"] += lines
            due += 0.01
            time.sleep(max(0, due - time.monotonic()))


def write_quiet(paths, until, counts):
    outs = [open(path, "ab", buffering=0) for path in paths]
    while time.monotonic() < until:
        for out in outs:
            out.write((stamp() + f'{{"quiet_ns":{time.time_ns()}}}\n').encode())
            counts["quiet"] += 1
            time.sleep(1 / len(outs))


def percentile(ages, share):
    ages = sorted(ages)
    return ages[min(len(ages) - 1, int(len(ages) * share))] if ages else float("inf")


def write_all(stand):
    counts = {"busy": 0, "quiet": 0}
    paths = [stand.path("containers", f"app-{nth:03d}_shop_app-{nth:064x}.log")
             for nth in range(QUIET_FILES + 1)]
    until = time.monotonic() + SECONDS
    writers = [threading.Thread(target=write_busy, args=(paths[0], until, counts)),
               threading.Thread(target=write_quiet, args=(paths[1:], until, counts))]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    return counts


def drain(backend, written):
    """As fast as it can: what a slow one has not taken yet is more than it takes in a minute. Until
    all is there, or nothing has come for a while."""
    backend.answer_s = 0
    before, quiet_since = -1, time.monotonic()
    while backend.taken < written and time.monotonic() - quiet_since < QUIET_SECONDS_MAX:
        if backend.taken != before:
            before, quiet_since = backend.taken, time.monotonic()
        time.sleep(0.1)


def play(name, answer_s, told):
    """What was slow is told anew: a busy machine may have been it."""
    for _ in range(books.TRIES):
        ages_s = ship(answer_s, told)
        p50, p99, worst = (percentile(ages_s, share) for share in (0.5, 0.99, 1))
        row = f"{name}: p50 {p50:.2f} s, p99 {p99:.2f} s, worst {worst:.2f} s"
        if p99 <= FLUSH_S + 1:
            return row
        print("told anew: " + row, file=sys.stderr, flush=True)
    told.problems.append(f"{name}: p99 is above {FLUSH_S + 1} s")
    return row


def ship(answer_s, told):
    """The ages of the quiet lines."""
    backend = Backend(answer_s)
    with Stand() as stand:
        stand.service["flush"] = str(FLUSH_S)
        stand.outputs = [{"port": backend.port}]
        stand.start()
        counts = write_all(stand)
        written = counts["busy"] + counts["quiet"]
        drain(backend, written)
        stand.stop()
    told.written += written
    told.delivered += backend.taken
    return backend.ages_s


def main():
    books.end_in_order()
    told = books.Books(0)
    rows = [play("fast back-end", 0, told), play("slow", SLOW_ANSWER_S, told)]
    told.note = "; ".join(rows)
    told.judge()
    print(told.line(), flush=True)
    sys.exit(1 if told.problems else 0)


main()
