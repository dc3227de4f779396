"""Container logs as the runtimes and the kubelet write them, of numbered lines.

Each line's body is made from its number alone, so a document that was read back can be compared
with what was written. `written` tells the time and stream that a number was written with.
"""

import collections
import gzip
import json
import os
import random
import time

Stamp = collections.namedtuple("Stamp", "time stream")

ROTATED_KEPT_MAX = 4  # besides the current one, as the kubelet's default of 5 files has it: the last as it was
LEVELS = ("debug", "info", "warn", "error")


def body(number):
    """What a structured application log has: strings to escape, numbers, nesting, nulls."""
    return {
        "seq": number,
        "message": f"order {number} \"taken\" at C:\\temp\twith café, \u65e5\u672c, \U0001f600",
        "level": LEVELS[number % 4],
        "duration_ms": number % 1000,
        "ratio": number % 100 / 8,
        "is_retry": number % 3 == 0,
        "user": None,
        "http": {"status": 200 + number % 5, "path": "/api/v1/orders", "tags": ["a", "b"]},
        "padding": "x" * (number % 180),
    }


def is_long(number):
    """Now and then a text is so long that a runtime writes it in parts."""
    return number % 500 == 7


def body_or_long(number):
    return {**body(number), "long": "y" * 40000} if is_long(number) else body(number)


def json_text(number):
    return json.dumps(body_or_long(number), ensure_ascii=False)


def now_stamp(number):
    ns = time.time_ns()
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ns // 10**9))
    return Stamp(f"{seconds}.{ns % 10**9:09d}Z", "stderr" if number % 10 == 0 else "stdout")


class CriFormat:
    """time stream F text; a text longer than the runtime's buffer comes in parts."""

    part_bytes = 16384

    def __init__(self, text_of=json_text):
        self.text_of = text_of

    def line(self, number, stamp):
        text, parts = self.text_of(number).encode(), b""
        while len(text) > self.part_bytes:
            parts += self.frame(stamp, "P", text[: self.part_bytes])
            text = text[self.part_bytes :]
        return parts + self.frame(stamp, "F", text)

    @staticmethod
    def frame(stamp, mark, text):
        return f"{stamp.time} {stamp.stream} {mark} ".encode() + text + b"\n"


class DockerFormat:
    """{"log":"text\\n","stream":…,"time":…}; only a text's last part ends in a newline."""

    part_chars = 16384

    def __init__(self, text_of=json_text):
        self.text_of = text_of

    def line(self, number, stamp):
        text = self.text_of(number) + "\n"
        parts = [text[at : at + self.part_chars] for at in range(0, len(text), self.part_chars)]
        return b"".join(self.frame(stamp, part) for part in parts)

    @staticmethod
    def frame(stamp, text):
        record = {"log": text, "stream": stamp.stream, "time": stamp.time}
        return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class Log:
    """One file that a container writes to. It is kept open, as a runtime keeps it."""

    def __init__(self, path, form):
        self.path = path
        self.form = form
        self.written = {}
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.out = open(path, "ab")

    def write(self, numbers):
        lines = []
        for number in numbers:
            self.written[number] = now_stamp(number)
            lines.append(self.form.line(number, self.written[number]))
        self.out.write(b"".join(lines))
        self.out.flush()

    def reopen(self):
        self.out.close()
        self.out = open(self.path, "ab")

    def close(self):
        self.out.close()


class PodLog(Log):
    """A container's 0.log under pods/, and the link to it under containers/."""

    def __init__(self, root, pod, form):
        chance = random.Random(pod)
        uid = f"{chance.getrandbits(64):016x}"
        container = f"{chance.getrandbits(256):064x}"
        folder = os.path.join(root, "pods", f"shop_{pod}_{uid}", "app")
        super().__init__(os.path.join(folder, "0.log"), form)
        links = os.path.join(root, "containers")
        os.makedirs(links, exist_ok=True)
        os.symlink(self.path, os.path.join(links, f"{pod}_shop_app-{container}.log"))
        self.rotated = []  # oldest first
        self.last_stamp = 0

    def rotate(self):
        """What the kubelet does: drop the oldest, squeeze the older, rename, have it reopened."""
        while len(self.rotated) >= ROTATED_KEPT_MAX:
            os.remove(self.rotated.pop(0))
        self.rotated = [squeeze(path) for path in self.rotated]
        self.last_stamp = max(int(time.time()), self.last_stamp + 1)
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(self.last_stamp))
        os.rename(self.path, f"{self.path}.{stamp}")
        self.rotated.append(f"{self.path}.{stamp}")
        self.reopen()


def squeeze(path):
    if path.endswith(".gz"):
        return path
    with open(path, "rb") as text, gzip.open(path + ".tmp", "wb", 1) as out:
        out.write(text.read())
    os.rename(path + ".tmp", path + ".gz")
    os.remove(path)
    return path + ".gz"


class DockerLog(Log):
    """Docker's own rotation: x-json.log becomes x-json.log.1, and that one .2."""

    def rotate(self):
        if os.path.exists(self.path + ".1"):
            os.rename(self.path + ".1", self.path + ".2")
        os.rename(self.path, self.path + ".1")
        self.reopen()


def all_written(logs):
    written = {}
    for log in logs:
        written.update(log.written)
    return written
