#!/usr/bin/env python3
"""How long it takes until lines flow again when the name of a back-end, its certificate, or its pace was
wrong.

The agent reaches its back-end by a name, through TLS, and a proxy that may be slow: it reads a request
at 1 kB/s, or gives a byte of its answer a second. One such answer lasts longer than the agent waits for
any. As root a name server of ours is one of the faults.
"""

import sys
import time

sys.dont_write_bytecode = True

from kit import books, front, logs
from kit.stand import IS_QUICK, quick_or

ALONE = True

HEALED_WITHIN_S = 10
FAULT_SECONDS = quick_or((5,), (4, 15))
ANSWER_SECONDS = 60  # the agent's limit for the next part of an answer
BYTES_PER_S = 100 << 10
LINE_COUNT = quick_or(150_000, 400_000)
SLOW_REQUEST_BYTES_PER_S, SLOW_ANSWER_BYTES_PER_S = 1000, 1


class Scene:
    def __init__(self, stand):
        self.stand = stand
        self.certificates = front.Certificates(stand.path("certificates"))
        self.front = front.Front(stand.sink.port, self.certificates.good)
        self.names = front.name_server(stand.folder)
        stand.outputs = [{"host": front.NAME if self.names else "127.0.0.1",
                          "port": self.front.port, "tls": "on",
                          "tls.vhost": front.NAME, "tls.ca_file": self.certificates.authority}]
        stand.launcher = self.names.launcher() if self.names else []

    def faults(self):
        by_anybody = [self.expired, self.untrusted, self.slow_request, self.slow_answer]
        return by_anybody + ([self.nameless, self.nobody_names] if self.names else [])

    def wrong_certificate(self, context, seconds):
        self.front.show(context)
        time.sleep(seconds)
        self.front.show(self.certificates.good)

    def expired(self, seconds):
        self.wrong_certificate(self.certificates.expired, seconds)

    def untrusted(self, seconds):
        self.wrong_certificate(self.certificates.untrusted, seconds)

    def slow_request(self, seconds):
        self.front.request_bytes_per_s = SLOW_REQUEST_BYTES_PER_S
        time.sleep(seconds)
        self.front.request_bytes_per_s = 0

    def slow_answer(self, seconds):
        self.front.answer_bytes_per_s = SLOW_ANSWER_BYTES_PER_S
        time.sleep(seconds)
        self.front.answer_bytes_per_s = 0

    def start_without_name(self, mood, seconds):
        """An agent that has an address goes on with it; one that starts has none."""
        self.stand.kill()
        self.names.mood = mood
        asked = self.names.asked
        self.stand.start()
        time.sleep(seconds)
        assert self.names.asked > asked, "the name server was not asked"
        self.names.mood = self.names.ANSWERS

    def nameless(self, seconds):
        self.start_without_name(self.names.FAILS, seconds)

    def nobody_names(self, seconds):
        self.start_without_name(self.names.SILENT, seconds)


def unique(stand):
    stats = stand.sink.stats()
    return stats["unique"] if stats else 0


def wait_for_more(stand, than):
    began = time.monotonic()
    stand.wait_until(lambda: unique(stand) > than, 120, "no line came")
    return time.monotonic() - began


def go_through(scene, writer):
    """Each fault's longest time to heal."""
    longest = {}
    plan = [(fault, seconds) for seconds in FAULT_SECONDS for fault in scene.faults()]
    if not IS_QUICK:
        plan.append((scene.slow_answer, ANSWER_SECONDS + 10))
    for fault, seconds in plan:
        wait_for_more(scene.stand, unique(scene.stand))
        assert writer.is_alive(), "nothing is left to write"
        fault(seconds)
        took = wait_for_more(scene.stand, unique(scene.stand))
        longest[fault.__name__] = max(took, longest.get(fault.__name__, 0))
    return longest


def story(stand):
    stand.service["scheduler.base"], stand.service["scheduler.cap"] = "0.5", "10"
    scene = Scene(stand)
    sources = stand.generate(1, LINE_COUNT)
    pods = logs.open_pods(stand, 1)
    stand.start()
    writer = logs.Writer(pods, sources, BYTES_PER_S)
    writer.start()
    longest = go_through(scene, writer)
    writer.bytes_per_s = 100 << 20
    writer.finish()
    told = books.close(stand, books.Books(LINE_COUNT))
    told.note = "healed after, at most: " + ", ".join(
        f"{name} {seconds:.1f} s" for name, seconds in longest.items())
    told.slow += [f"{name} took {seconds:.1f} s" for name, seconds in longest.items()
                  if seconds > HEALED_WITHIN_S]
    if not IS_QUICK and f"timed out after {ANSWER_SECONDS} seconds (IO timeout)" not in stand.log():
        told.problems.append("no answer met the limit")
    return told


books.run(story)
