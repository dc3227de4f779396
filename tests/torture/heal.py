#!/usr/bin/env python3
"""How long it takes until lines flow again, from the end of each fault of a back-end or its network on.

As root the sink has a network of its own: a path that swallows everything is then one of the faults.
"""

import ctypes
import os
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True

from kit import books, logs
from kit import stand as kit
from kit.stand import quick_or

import measure

ALONE = True

HEALED_WITHIN_S = 10
FAULT_SECONDS = quick_or((4, 15), (4, 15, 40))
BYTES_PER_S = 200 << 10
LINE_COUNT = quick_or(300_000, 900_000)
NETWORK = f"tailrace{os.getpid()}"
CABLE = [f"tr{os.getpid()}{end}" for end in "ab"]
SUBNET = f"10.211.{os.getpid() >> 6 & 255}."  # several run on one machine
OUR_ADDRESS, ITS_ADDRESS = (f"{SUBNET}{os.getpid() % 64 * 4 + nth}" for nth in (1, 2))
CLONE_NEWNET = 0x40000000


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


class FarSink(kit.Sink):
    """Behind a network of its own, where packets can vanish."""

    def __init__(self):
        run("ip", "netns", "add", NETWORK)
        try:
            self.start()
        except BaseException:
            run("ip", "netns", "del", NETWORK)
            raise

    def start(self):
        near, far = CABLE
        run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", NETWORK)
        run("ip", "addr", "add", OUR_ADDRESS + "/30", "dev", near)
        run("ip", "link", "set", near, "up")
        self.inside("ip", "addr", "add", ITS_ADDRESS + "/30", "dev", far)
        self.inside("ip", "link", "set", far, "up")
        self.inside("ip", "link", "set", "lo", "up")
        self.port = measure.free_port()
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", NETWORK, os.path.join(measure.PROGRAMS, "sink"),
             str(self.port), "0"], env={**os.environ, "SINK_ADDRESS": "0.0.0.0"},
            preexec_fn=kit.die_with_parent)
        self.must_answer()

    @staticmethod
    def inside(*command):
        return run("ip", "netns", "exec", NETWORK, *command)

    def must_ask(self, path):
        """By a thread that goes there."""
        got = []

        def work():
            try:
                with open("/run/netns/" + NETWORK) as network:
                    if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), CLONE_NEWNET) != 0:
                        raise OSError(ctypes.get_errno(), "setns")
                got.append((super(FarSink, self).must_ask(path), None))
            except OSError as trouble:
                got.append((None, trouble))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        [(answer, trouble)] = got
        if trouble:
            raise trouble
        return answer

    def swallow(self):
        self.inside("ip", "route", "add", "blackhole", OUR_ADDRESS + "/32")

    def swallow_no_more(self):
        self.inside("ip", "route", "del", "blackhole", OUR_ADDRESS + "/32")

    def close(self):
        super().close()
        run("ip", "link", "del", CABLE[0])
        run("ip", "netns", "del", NETWORK)


def unique(stand):
    stats = stand.sink.stats()
    return stats["unique"] if stats else 0


def wait_for_more(stand, than):
    began = time.monotonic()
    stand.wait_until(lambda: unique(stand) > than, 120, "no line came")
    return time.monotonic() - began


def frozen(stand, seconds):
    stand.sink.freeze()
    time.sleep(seconds)
    stand.sink.thaw()


def refused(stand, seconds):
    stand.sink.go_down(seconds)
    time.sleep(seconds)


def swallowed(stand, seconds):
    stand.sink.swallow()
    time.sleep(seconds)
    stand.sink.swallow_no_more()


def unavailable(stand, seconds):
    stand.sink.faults(unavailable=1000)
    time.sleep(seconds)
    stand.sink.faults()


def lossy(stand, seconds):
    stand.sink.faults(closed=1000)
    time.sleep(seconds)
    stand.sink.faults()


def go_through(stand, faults, writer):
    """Each fault's longest time to heal."""
    longest = {}
    for seconds in FAULT_SECONDS:
        for fault in faults:
            wait_for_more(stand, unique(stand))
            assert writer.is_alive(), "nothing is left to write"
            fault(stand, seconds)
            took = wait_for_more(stand, unique(stand))
            longest[fault.__name__] = max(took, longest.get(fault.__name__, 0))
    return longest


def story(stand):
    faults = [refused, frozen, unavailable, lossy]
    stand.service["scheduler.base"], stand.service["scheduler.cap"] = "0.5", "10"
    if os.geteuid() == 0:
        try:
            far = FarSink()
        except (OSError, subprocess.CalledProcessError):
            far = None
        if far:
            stand.sinks.pop().close()
            stand.sinks.append(far)
            stand.outputs[0]["host"] = ITS_ADDRESS
            faults.append(swallowed)
    sources = stand.generate(1, LINE_COUNT)
    pods = logs.open_pods(stand, 1)
    stand.start()
    writer = logs.Writer(pods, sources, BYTES_PER_S)
    writer.start()
    longest = go_through(stand, faults, writer)
    writer.bytes_per_s = 100 << 20
    writer.finish()
    told = books.close(stand, books.Books(LINE_COUNT))
    told.note = "healed after, at most: " + ", ".join(
        f"{name} {seconds:.1f} s" for name, seconds in longest.items())
    told.slow += [f"{name} took {seconds:.1f} s" for name, seconds in longest.items()
                  if seconds > HEALED_WITHIN_S]
    return told


books.run(story)
