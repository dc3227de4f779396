"""What lines cost that are appended to files which the agent knows and has open already."""

import itertools
import os
import time

import measure

SETTLE_SECONDS_MAX = 60
# The positions of the first lines are written and the agent is at rest.
REST_SECONDS = 7


def pieces_of(path, skipped, piece_lines):
    """A log's lines after the first ones, a few at a time."""
    with open(path, "rb") as log:
        lines = log.read().splitlines(True)[skipped:]
    return [b"".join(lines[at:at + piece_lines]) for at in range(0, len(lines), piece_lines)]


def rounds_of(source, names, piece_lines):
    """What is appended: a piece to each file in turn, then the next piece to each."""
    pieces = [pieces_of(os.path.join(source, name), 1, piece_lines) for name in names]
    for pieces_now in itertools.zip_longest(*pieces):
        for number, piece in enumerate(pieces_now):
            if piece is not None:
                yield number, piece


def append(logs, pieces, piece_lines, lines_per_s):
    started, line_count = time.monotonic(), 0
    for number, piece in pieces:
        os.write(logs[number], piece)
        line_count += piece_lines
        ahead = started + line_count / lines_per_s - time.monotonic()
        if ahead > 0.002:
            time.sleep(ahead)


def agent_cpu_s(file_count, line_count, piece_lines, lines_per_s):
    """The CPU seconds of the appended lines alone, how many those were, and the agent's memory at
    rest before them. Where the lines are fewer than would reach all files, the rest stay quiet."""
    touched = min(file_count, line_count // piece_lines)
    per_file = line_count // touched
    with measure.Stand() as stand, measure.Sink() as sink:
        source = os.path.join(stand.folder, "source")
        os.mkdir(source)
        stand.generate(file_count, 1)
        stand.generate(touched, per_file + 1, source)
        names = sorted(os.listdir(source))
        agent = stand.start_agent("plain.conf", sink)
        if not sink.wait_for(lambda: sink.has(file_count), SETTLE_SECONDS_MAX):
            raise RuntimeError("the agent did not settle: " + stand.agent_log()[-500:])
        pieces = list(rounds_of(source, names, piece_lines))
        logs = [os.open(os.path.join(stand.logs, name), os.O_WRONLY | os.O_APPEND)
                for name in names]
        time.sleep(REST_SECONDS)
        rest, before = measure.cost_of(agent), measure.cpu_ns(agent)
        append(logs, pieces, piece_lines, lines_per_s)
        for log in logs:
            os.close(log)
        if not sink.wait_for(lambda: sink.has(file_count + touched * per_file),
                             SETTLE_SECONDS_MAX):
            raise RuntimeError("not all arrived: " + stand.agent_log()[-500:])
        cpu_s = (measure.cpu_ns(agent) - before) / 1e9
    return cpu_s, touched * per_file, rest.rss_mib
