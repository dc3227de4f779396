"""What is kept on the disk, when it is damaged, cut, of a newer version, or another agent's."""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import time

from kit import agent as agent_kit
from kit import config, logs, positions, scripted
from kit.case import Lab, case

FILE_COUNT = 10
START_SECONDS_MAX = 60
RANDOM_BYTES = 30


def pipeline(lab, port, service=None, **output_keys):
    return {
        "service": {"flush": "0.1", **(service or {})},
        "inputs": [config.tail(lab.path("logs", "*.log"), lab.path("positions.db"),
                               **{"multiline.parser": "cri"})],
        "outputs": [config.bulk_output("127.0.0.1", port, "e2e", **output_keys)],
    }


def open_logs(lab):
    return [lab.closing(logs.Log(lab.path("logs", f"{nth}.log"), logs.CriFormat()))
            for nth in range(FILE_COUNT)]


def write_round(files, nth):
    """A line to each; their numbers."""
    numbers = range(nth * FILE_COUNT, (nth + 1) * FILE_COUNT)
    for log, number in zip(files, numbers):
        log.write([number])
    return numbers


# ---- positions ----


def cut(data, chance):
    return data[:chance.randrange(len(data))]


def flip(data, chance):
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1:]


def scatter(data, chance):
    damaged = bytearray(data)
    for _ in range(RANDOM_BYTES):
        damaged[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(damaged)


def noise(data, chance):
    return chance.randbytes(len(data))


def restore(lab, kept):
    """The positions as they were, whatever was made of them."""
    for name in os.listdir(lab.folder):
        if name.startswith("positions.db"):
            os.remove(lab.path(name))
    for name in os.listdir(kept):
        shutil.copy(os.path.join(kept, name), lab.path(name))


def keep(lab):
    kept = lab.make_folder("kept")
    for name in os.listdir(lab.folder):
        if name.startswith("positions.db"):
            shutil.copy(lab.path(name), kept)
    return kept


@case()
def damaged_positions_stop_nobody_and_cost_no_line(lab):
    """The agent starts, says what it sets aside, and delivers what comes; after that it is well."""
    chance = random.Random(1)
    server = lab.closing(scripted.Scripted())
    files = open_logs(lab)
    agent = lab.start_agent(pipeline(lab, server.port))
    server.wait_for(write_round(files, 0))
    positions.wait_for_ends(lab.path("positions.db"), [log.path for log in files])
    agent.kill()
    kept = keep(lab)
    for nth in range(1, 16 if lab.is_quick else 100):
        restore(lab, kept)
        name = chance.choice(sorted(os.listdir(kept)))
        with open(lab.path(name), "rb") as whole:
            data = whole.read()
        with open(lab.path(name), "wb") as out:
            out.write(chance.choice((cut, flip, scatter, noise))(data, chance) if data else b"")
        agent = lab.start_agent(pipeline(lab, server.port))
        numbers = write_round(files, nth)
        server.wait_for(numbers)
        server.expect_all(numbers)
        agent.stop()
    assert not server.doubled(), f"{len(server.doubled())} were stored under another id"


def refused(lab, pipe, words):
    """A start, on a port of its own, that must end by itself, in words."""
    folder = lab.make_folder("refused")
    command = [agent_kit.BINARY, "-c", config.write(folder, pipe, "classic", 0)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True,
                          timeout=START_SECONDS_MAX)
    assert done.returncode == 1 and words in done.stderr, (done.returncode, done.stderr)
    return done.stderr


@case()
def positions_of_a_newer_version_are_refused_and_left_alone(lab):
    server = lab.closing(scripted.Scripted())
    files = open_logs(lab)
    agent = lab.start_agent(pipeline(lab, server.port))
    server.wait_for(write_round(files, 0))
    agent.stop()
    with sqlite3.connect(lab.path("positions.db")) as database:
        database.execute("PRAGMA user_version = 1000")
    database.close()
    with open(lab.path("positions.db"), "rb") as before:
        data = before.read()
    refused(lab, pipeline(lab, server.port), "a newer version of tailrace made it")
    with open(lab.path("positions.db"), "rb") as after:
        assert after.read() == data


@case()
def positions_that_another_agent_has_are_refused(lab):
    server = lab.closing(scripted.Scripted())
    files = open_logs(lab)
    agent = lab.start_agent(pipeline(lab, server.port))
    server.wait_for(write_round(files, 0))
    refused(lab, pipeline(lab, server.port), "another agent uses it")
    numbers = write_round(files, 1)
    server.wait_for(numbers)
    server.expect_all(numbers)
    agent.stop()
    lab.start_agent(pipeline(lab, server.port)).stop()


# ---- the journal's cursor ----


def journal_pipeline(lab):
    return {"inputs": [{"name": "systemd", "tag": "journal", "path": lab.make_folder("journal"),
                        "db": lab.path("cursor.db")}],
            "outputs": [{"name": "null", "match": "*"}]}


@case()
def a_damaged_cursor_is_set_aside(lab):
    chance = random.Random(1)
    pipe = journal_pipeline(lab)
    with sqlite3.connect(lab.path("whole.db")) as database:
        database.execute("CREATE TABLE in_systemd_cursor (cursor TEXT NOT NULL, updated INTEGER)")
        database.execute("INSERT INTO in_systemd_cursor VALUES ('s=1;i=2;b=3;m=4;t=5;x=6', 7)")
    database.close()
    with open(lab.path("whole.db"), "rb") as whole:
        data = whole.read()
    for damage in (cut, flip, scatter, noise) * (1 if lab.is_quick else 10):
        with open(lab.path("cursor.db"), "wb") as out:
            out.write(damage(data, chance))
        lab.start_agent(pipe).stop()
    assert os.path.exists(lab.path("cursor.db.damaged"))


@case()
def a_cursor_that_another_agent_has_is_refused(lab):
    pipe = journal_pipeline(lab)
    agent = lab.start_agent(pipe)
    refused(lab, pipe, "another agent uses it")
    agent.stop()
    lab.start_agent(pipe).stop()


@case()
def a_cursor_of_a_newer_version_is_refused(lab):
    with sqlite3.connect(lab.path("cursor.db")) as database:
        database.execute("PRAGMA user_version = 1000")
    database.close()
    refused(lab, journal_pipeline(lab), "a newer version of tailrace made it")


# ---- dead letters ----


def dlq(lab, *arguments, wants=0):
    command = [agent_kit.BINARY, "dlq", *arguments, "-d", lab.path("letters")]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120)
    assert done.returncode == wants, (arguments, done.returncode, done.stderr)
    return done.stdout.splitlines()


def into_letters(lab):
    """An agent whose back-end refuses everything, and what it writes to."""
    server = lab.closing(scripted.Scripted())
    server.then = "400 for every item"
    service = {"storage.rejected.path": lab.path("letters")}
    return pipeline(lab, server.port, service, refused_as_text="off"), open_logs(lab)


def wait_for_letters(agent, count):
    until = time.monotonic() + 60
    while agent.metric("tailrace_deadletter_kept_total") != count:
        assert time.monotonic() < until, agent.metric("tailrace_deadletter_kept_total")
        time.sleep(0.05)


def number_of(letter):
    return int(scripted.NUMBER.search(json.dumps(letter["record"]).encode()).group(1))


def sound(lab):
    """The numbers of those that dlq takes for letters."""
    found = []
    for line in dlq(lab, "show"):
        try:
            letter = json.loads(line)
            found += [number_of(letter)] if letter["version"] == 1 else []
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return found


@case()
def damaged_dead_letters_harm_no_later_ones(lab):
    chance = random.Random(1)
    pipe, files = into_letters(lab)
    agent = lab.start_agent(pipe)
    write_round(files, 0)
    wait_for_letters(agent, FILE_COUNT)
    agent.stop()
    kept = lab.path("kept")
    shutil.copytree(lab.path("letters"), kept)
    for nth in range(1, 10 if lab.is_quick else 60):
        shutil.rmtree(lab.path("letters"))
        shutil.copytree(kept, lab.path("letters"))
        (name,) = [name for name in os.listdir(kept) if name.endswith(".jsonl")]
        with open(lab.path("letters", name), "rb") as whole:
            data = whole.read()
        with open(lab.path("letters", name), "wb") as out:
            out.write(chance.choice((cut, flip, scatter, noise))(data, chance))
        agent = lab.start_agent(pipe)
        numbers = write_round(files, nth)
        wait_for_letters(agent, FILE_COUNT)
        agent.stop()
        later = [number for number in sound(lab) if number >= FILE_COUNT]
        assert sorted(later) == list(numbers), later


@case()
def letters_of_a_newer_version_are_told_and_stay(lab):
    pipe, files = into_letters(lab)
    agent = lab.start_agent(pipe)
    write_round(files, 0)
    wait_for_letters(agent, FILE_COUNT)
    (name,) = [name for name in os.listdir(lab.path("letters")) if name.endswith(".jsonl")]
    with open(lab.path("letters", name), "a") as out:
        out.write('{"version":2,"output":"es.0","what":"nobody knows yet"}\n')
    write_round(files, 1)
    wait_for_letters(agent, 2 * FILE_COUNT)
    agent.stop()
    *told, summary = dlq(lab, "list")
    (newer,) = [line for line in told if "newer" in line]
    assert summary.endswith("1 lines are none") and len(told) == 2 * FILE_COUNT + 1, summary
    dlq(lab, "drop", "--output", "es.0")
    assert [line for line in dlq(lab, "list") if "newer" in line], "it went with the others"
    dlq(lab, "drop", newer.split()[0])
    assert dlq(lab, "list")[-1].startswith("0 letters in ") or not dlq(lab, "list")


@case()
def dead_letters_that_another_agent_has_are_refused(lab):
    """Where they were asked for; where they are only the default they are counted as lost."""
    pipe, files = into_letters(lab)
    agent = lab.start_agent(pipe)
    write_round(files, 0)
    wait_for_letters(agent, FILE_COUNT)
    second = Lab("second")
    lab.closing(Closing(second))
    pipe["inputs"][0]["db"] = second.path("positions.db")
    words = refused(second, pipe, "is owned by another running agent")
    assert "storage.rejected.path" in words and f"pid {agent.process.pid}" in words, words
    pipe["service"] = {"flush": "0.1", "storage.path": lab.folder}
    os.symlink(lab.path("letters"), lab.path("dead-letters"))
    other = second.start_agent(pipe)
    until = time.monotonic() + 60
    while other.metric("tailrace_deadletter_lost_total") != FILE_COUNT:
        assert time.monotonic() < until, other.metric("tailrace_deadletter_lost_total")
        time.sleep(0.05)
    other.stop()
    assert "is owned by another running agent" in second.agent_log()
    agent.stop()
    assert sorted(sound(lab)) == list(range(FILE_COUNT))


class Closing:
    def __init__(self, lab):
        self.lab = lab

    def close(self):
        self.lab.close(keep_folder=False)
