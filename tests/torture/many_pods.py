#!/usr/bin/env python3
"""Ten thousand pods come and go, a hundred at a time, then a rush of them at once; COUNT= is another
number than ten thousand.

What is said of them in the metrics, and on the page does not grow with how many there were, nor do
descriptors and memory. What they needed is given back when they are gone: after the rush there is
hardly more memory than before it. What may grow is what the heap keeps for each thread, which is
full after some thousands of them.
"""

import os
import sys
import time
import urllib.request

sys.dont_write_bytecode = True

from kit import books, logs
from kit.stand import quick_or

POD_COUNT = int(os.environ.get("COUNT", quick_or(1000, 10_000)))
BESIDE_EACH_OTHER = 100
RUSH_COUNT = 2000
LINE_COUNT = 5  # of each pod
WAVE_SECONDS_MAX = 120
REST_SECONDS_MAX = 90
GIVEN_BACK_SECONDS = 12  # twice SETTLE_AFTER_MS of agent/service/settle.h, and more
MEMORY_GROWTH = 1.25
PAGES_GROWTH = 1.05  # longer numbers
CONNECTIONS_MORE = 1  # to the back-end; it keeps one or two
PAGES = ("/api/v2/metrics/prometheus", "/api/v1/metrics", "/api/tailrace/status")


class Sight:
    """What somebody from outside sees of an agent at rest."""

    def __init__(self, stand):
        self.rss = rss_of(stand)
        self.fds = len(os.listdir(f"/proc/{stand.agent.pid}/fd"))
        self.series = len(stand.metrics())
        self.pages = [page_bytes(stand, path) for path in PAGES]

    def more_than(self, early):
        """Of what there is more than early on."""
        said = {"series": self.series > early.series, "descriptors": self.fds > early.fds + CONNECTIONS_MORE,
                "memory": self.rss > early.rss * MEMORY_GROWTH,
                "bytes of pages": sum(self.pages) > sum(early.pages) * PAGES_GROWTH}
        return [what for what, is_so in said.items() if is_so]


def rss_of(stand):
    with open(f"/proc/{stand.agent.pid}/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmRSS:"))


def page_bytes(stand, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{stand.port}{path}", timeout=60) as reply:
        return len(reply.read())


def wave(stand, sources, first):
    """They come, write, and go when all was delivered."""
    pods = []
    for nth, source in enumerate(sources, first):
        pods.append(logs.PodLog(stand.folder, f"job-{nth}"))
        with open(source, "rb") as text:
            pods[-1].write(text.read())
    wanted = (first + len(sources)) * LINE_COUNT
    stand.wait_until(lambda: (stand.sink.stats() or {}).get("unique", 0) >= wanted,
                     WAVE_SECONDS_MAX, f"{wanted} lines did not come")
    for pod in pods:
        pod.remove()


def rest(stand, early=None):
    """Until no file is held any more, and memory was given back. Nothing is asked meanwhile: whatever
    answers has been in use lately."""
    stand.wait_until(lambda: stand.metric("fluentbit_input_files_opened_total")
                     == stand.metric("fluentbit_input_files_closed_total"),
                     REST_SECONDS_MAX, "files are held though all was delivered")
    time.sleep(GIVEN_BACK_SECONDS)
    until = time.monotonic() + REST_SECONDS_MAX
    while early and rss_of(stand) > early.rss * MEMORY_GROWTH and time.monotonic() < until:
        time.sleep(0.2)
    return Sight(stand)


def figures(each):
    return "/".join(str(figure) for figure in each)


def story(stand):
    sources = stand.generate(POD_COUNT + RUSH_COUNT, LINE_COUNT)
    stand.start()
    sights = []
    for first in range(0, POD_COUNT, BESIDE_EACH_OTHER):
        if first in (POD_COUNT // 10, POD_COUNT // 2):
            sights.append(rest(stand, *sights[:1]))
        wave(stand, sources[first:first + BESIDE_EACH_OTHER], first)
    sights.append(rest(stand, sights[0]))
    wave(stand, sources[POD_COUNT:], POD_COUNT)
    sights.append(rest(stand, sights[0]))
    result = books.Books(len(sources) * LINE_COUNT,
                         f"{POD_COUNT} pods; after a tenth, half, all, a rush of {RUSH_COUNT}: "
                         f"series {figures(each.series for each in sights)}, "
                         f"MB {figures(round(each.rss / 1e6, 1) for each in sights)}, "
                         f"fds {figures(each.fds for each in sights)}, "
                         f"pages {figures(sum(each.pages) for each in sights)}")
    more = {what for each in sights[1:] for what in each.more_than(sights[0])}
    result.problems += [f"there are more {what} than before" for what in sorted(more)]
    return books.close(stand, result)


books.run(story)
