#!/usr/bin/env python3
"""The configuration is read again 500 times under load, half of the times with a mistake in it."""

import json
import signal
import sys
import time
import urllib.error
import urllib.request

sys.dont_write_bytecode = True

from kit import books, logs
from kit.stand import quick_or

FILE_COUNT = 5
RELOADS = quick_or(40, 500)
LINE_COUNT = quick_or(40_000, 400_000)  # of each file
BYTES_PER_S = 8 << 20
ROTATE_BYTES = 2 << 20
SECONDS_MAX = 60


def ask(stand, method):
    """The answer's status and what it says."""
    request = urllib.request.Request(f"http://127.0.0.1:{stand.port}/api/v2/reload", method=method)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS_MAX) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def configure(stand, text):
    with open(stand.path("tailrace.conf"), "w") as out:
        out.write(text)


def reload_well(stand, text, done):
    configure(stand, text)
    status, answer = ask(stand, "POST")
    assert (status, answer) == (200, {"reload": "done", "status": 0}), answer
    count = ask(stand, "GET")[1]["hot_reload_count"]
    assert count == done, f"{count} reloads are counted, not {done}"


def reload_badly(stand, text):
    """The mistake is on a line of its own, and named with it."""
    line = text.count("\n") + 1
    configure(stand, text + "    colour red\n")
    status, answer = ask(stand, "POST")
    place = f"{stand.path('tailrace.conf')}:{line}: "
    assert status == 400 and answer["status"] == -3, answer
    assert answer["errors"][0].startswith(place), answer


def reload_by_signal(stand, text, done):
    configure(stand, text)
    stand.agent.send_signal(signal.SIGHUP)
    stand.wait_until(lambda: ask(stand, "GET")[1]["hot_reload_count"] == done, SECONDS_MAX,
                     "no reload by SIGHUP")


def reload_all(stand, writer):
    """How many went well. What they reload to is a little different each time."""
    done = 0
    for nth in range(RELOADS):
        assert stand.agent.poll() is None, "the agent is gone"
        stand.service["flush"] = ("0.2", "0.5", "1")[nth % 3]
        text = stand.config_text()
        if nth % 2:
            reload_badly(stand, text)
            continue
        done += 1
        if nth % 10 == 4:
            reload_by_signal(stand, text, done)
        else:
            reload_well(stand, text, done)
        if not writer.is_alive():
            break
    return done


def story(stand):
    stand.service["hot_reload"] = "on"
    sources = stand.generate(FILE_COUNT, LINE_COUNT)
    pods = logs.open_pods(stand, FILE_COUNT)
    stand.start()
    stand.sink.faults(item429=20, unavailable=50, lost=20, cut=10)
    writer = logs.Writer(pods, sources, BYTES_PER_S, ROTATE_BYTES)
    writer.start()
    began = time.monotonic()
    done = reload_all(stand, writer)
    took = time.monotonic() - began
    writer.finish()
    stand.sink.faults()
    told = books.close(stand, books.Books(FILE_COUNT * LINE_COUNT))
    told.note = (f"{RELOADS} reloads, {done} of them well, {took / RELOADS * 1000:.0f} ms each, "
                 f"{stand.sink.must_stats()['conflicts']} kept out by id")
    return told


books.run(story)
