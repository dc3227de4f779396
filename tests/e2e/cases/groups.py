"""Docker_Mode with a first line: groups that kills, pauses and rotation cut come whole, once."""

import gzip
import json
import os
import random
import time

from kit import config, logs, scripted
from kit.case import case

FIRST = {"name": "first", "format": "regex",
         "regex": r'^\{"log":"(?<log>\d{4}-\d\d-\d\d .*)$'}
DOCKER = {"name": "docker", "format": "json", "time_key": "time",
          "time_format": "%Y-%m-%dT%H:%M:%S.%L", "time_keep": "on"}
PART_CHARS = 16384  # of Docker
LONG_EVERY = 20
ROTATE_EVERY = 60
KILL_EVERY = 5
STOP_EVERY = 10  # of those ends
# Longer than any pause here and the busiest machine's: no group may be ended by it.
FLUSH_S = 15


class Kept:
    """What each document's text was, by its id: a second one under the same id changes nothing."""

    def __init__(self):
        self.texts = {}
        self.changed = []

    def __call__(self, handler, body):
        if handler.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        rows = body.split(b"\n")
        for action, document in zip(rows[::2], rows[1::2]):
            ident = json.loads(action).popitem()[1]["_id"]
            text = json.loads(document)["log"]
            if self.texts.setdefault(ident, text) != text:
                self.changed.append((ident, self.texts[ident][:80], text[:80]))


def group(number, chance):
    """The lines of one record; each has the number, so that a part is known for one."""
    count = chance.randint(1, 8)
    lines = [f"2026-11-22 09:00:00 ERROR \"seq\": {number} of {count}"]
    lines += [f"    at \"seq\": {number} {nth}/{count}" for nth in range(1, count)]
    if number % LONG_EVERY == LONG_EVERY // 2:
        lines[-1] += "y" * (2 * PART_CHARS)
    return [line + "\n" for line in lines]


def frames(line):
    stamp = logs.now_stamp(0).time
    parts = [line[at:at + PART_CHARS] for at in range(0, len(line), PART_CHARS)]
    return b"".join(json.dumps({"log": part, "stream": "stdout", "time": stamp},
                               separators=(",", ":")).encode() + b"\n" for part in parts)


class Container:
    """Its log, as Docker keeps it with max-file at 9."""

    def __init__(self, lab):
        self.path = lab.path("docker", "4f2a", "4f2a-json.log")
        lab.make_folder("docker", "4f2a")
        self.out = open(self.path, "ab", buffering=0)

    def rotate(self):
        for nth in range(8, 0, -1):
            if os.path.exists(f"{self.path}.{nth}"):
                os.rename(f"{self.path}.{nth}", f"{self.path}.{nth + 1}")
        os.rename(self.path, self.path + ".1")
        self.out.close()
        self.out = open(self.path, "ab", buffering=0)

    def close(self):
        self.out.close()


def pieces(data, chance):
    """Cut at one to three places, between its lines or within them."""
    cuts = sorted(chance.randrange(1, len(data)) for _ in range(chance.randint(1, 3)))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)])]


def write_cut(log, data, chance, deeds):
    """The pieces of a group, with a deed between each two."""
    for nth, piece in enumerate(pieces(data, chance)):
        if nth > 0:
            deeds()
        log.out.write(piece)
        time.sleep(chance.uniform(0, 0.05))


def told(groups, kept):
    whole, found = set(groups.values()), list(kept.texts.values())
    there = set(found)
    lost = [number for number, text in groups.items() if text not in there]
    doubled = len(found) - len(there)
    strange = [text[:60] for text in found if text not in whole]
    return lost, doubled, strange


@case()
def groups_in_docker_mode_come_whole_and_once_whatever_is_killed_when(lab):
    group_count = 60 if lab.is_quick else 600
    chance = random.Random(group_count)
    server = lab.closing(scripted.Scripted())
    kept = server.guard = Kept()
    log = lab.closing(Container(lab))
    pipeline = {
        "service": {"flush": "0.2", "scheduler.base": "0.2", "scheduler.cap": "1"},
        "parsers": [DOCKER, FIRST],
        "inputs": [config.tail(lab.path("docker", "*", "*-json.log"), lab.path("positions.db"),
                               docker_mode="on", docker_mode_flush=FLUSH_S,
                               docker_mode_parser="first", parser="docker")],
        "outputs": [config.bulk_output("127.0.0.1", server.port, "groups")],
    }
    agents = [lab.start_agent(pipeline)]
    groups, ends = {}, {"kill": 0, "stop": 0}

    def end_and_start(how):
        getattr(agents[-1], how)()
        ends[how] += 1
        agents.append(lab.start_agent(pipeline))

    def deed():
        time.sleep(chance.choice((0, 0.1, 0.4)))  # it is read as far as it goes, or delivered
        end_and_start("stop" if sum(ends.values()) % STOP_EVERY == STOP_EVERY - 1 else "kill")

    for number in range(group_count):
        lines = group(number, chance)
        groups[number] = "".join(lines)
        data = b"".join(map(frames, lines))
        if number % ROTATE_EVERY == ROTATE_EVERY - 1:
            at = data.index(b"\n") + 1
            log.out.write(data[:at])
            log.rotate()
            deed()
            log.out.write(data[at:])
        elif number % KILL_EVERY == KILL_EVERY - 1:
            write_cut(log, data, chance, deed)
        else:
            log.out.write(data)
    log.out.write(frames("2026-11-22 09:00:00 INFO \"seq\": 1000000\n"))
    groups[1000000] = "2026-11-22 09:00:00 INFO \"seq\": 1000000\n"
    server.wait_for(groups, seconds_max=FLUSH_S + 120)
    agents[-1].stop()
    lost, doubled, strange = told(groups, kept)
    assert not (lost or doubled or strange or kept.changed), (
        f"of {len(groups)} groups, {ends}: {len(lost)} lost {lost[:5]}, {doubled} doubled, "
        f"{len(strange)} parted {strange[:5]}, {len(kept.changed)} changed {kept.changed[:3]}")
