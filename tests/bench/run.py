#!/usr/bin/env python3
"""Measures tailrace against the floor in the same run and prints a table.

    run.py [--short] [MEASURE...]        measures: throughput gzip files trickle idle cloudwatch
                                         throttled pods

The agent runs on CPU 0, the sink on CPU 1. CPU seconds and ratios hold from run to run; wall times
do not. A measure is the best of ROUNDS, because noise only ever adds.
"""

import os
import resource
import sys
import time

sys.dont_write_bytecode = True

import measure
import steady

ARRIVE_SECONDS_MAX = 300
SETTLE_SECONDS_MAX = 60


class Size:
    """How much is measured: --short for a look, else for numbers to write down."""

    def __init__(self, is_short):
        self.rounds = 1 if is_short else 3
        self.lines = 400_000 if is_short else 2_000_000
        self.many_lines = 100_000 if is_short else 400_000
        self.many_files = (10, 1000) if is_short else (10, 1000, 10_000)
        self.found_lines = (100_000,) if is_short else (self.lines, self.many_lines)
        self.steady = ((200, 100_000),) if is_short else ((200, 100_000), (20, 100_000), (1, 5000))
        self.quiet_seconds = 10 if is_short else 60
        self.pods = 500 if is_short else 5_000


def floor_cpu_s(stand, level, program="floor"):
    """Runs a floor over all logs, to its end."""
    paths = stand.log_paths()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with measure.Sink() as sink:
        command = [os.path.join(measure.PROGRAMS, program), str(sink.port), level] + paths
        floor = measure.start(command, measure.AGENT_CPU)
        if floor.wait() != 0:
            raise RuntimeError("the floor did not reach its end")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def agent_cost(stand, config, line_count):
    """What the agent has cost when the last line arrives."""
    with measure.Sink() as sink:
        agent = stand.start_agent(config, sink)
        has_ended = lambda: agent.poll() is not None
        measure.Sink.wait_for(lambda: has_ended() or sink.has(line_count), ARRIVE_SECONDS_MAX)
        if has_ended() or not sink.has(line_count):
            raise RuntimeError(f"only {sink.stats()['unique']} of {line_count} lines arrived: "
                               + stand.agent_log()[-500:])
        cost = measure.cost_of(agent)
        stats = sink.stats() | {"puts": sink.ask("/__puts")}
        stand.stop_agent()
    return cost, stats


def best(rounds, take, cpu_of):
    return min((take() for _ in range(rounds)), key=cpu_of)


def race(size, config, levels):
    """Rows for one configuration against some of the floor's levels."""
    with measure.Stand() as stand:
        stand.generate(20, size.lines // 20)
        cost, stats = best(size.rounds, lambda: agent_cost(stand, config, size.lines),
                           lambda result: result[0].cpu_s)
        per_line = 1e6 / size.lines
        for level in levels:
            floor = best(size.rounds, lambda: floor_cpu_s(stand, level), lambda cpu_s: cpu_s)
            yield (f"{config}, floor {level}", f"{cost.cpu_s * per_line:.2f} µs/line",
                   f"{floor * per_line:.2f} µs/line", f"{cost.cpu_s / floor:.2f}")
    yield f"{config}, peak memory", f"{cost.peak_mib:.1f} MiB", "", ""
    yield f"{config}, on the wire", f"{stats['wire_bytes'] / size.lines:.0f} bytes/line", "", ""
    yield f"{config}, requests", str(stats["requests"]), "", ""
    yield f"{config}, stored twice", str(stats["duplicates"]), "", ""


def throughput(size):
    return race(size, "plain.conf", ["none"])


def gzip(size):
    return race(size, "gzip.conf", ["isal", "zlib"])


def found(size, line_count):
    """The same lines in ever more files, and what a file more costs once in its life."""
    few = None
    for file_count in size.many_files:
        title = f"{line_count} lines in {file_count} files"
        with measure.Stand() as stand:
            stand.generate(file_count, line_count // file_count)
            cost, _ = best(size.rounds, lambda: agent_cost(stand, "plain.conf", line_count),
                           lambda result: result[0].cpu_s)
            floor = best(size.rounds, lambda: floor_cpu_s(stand, "none"), lambda cpu_s: cpu_s)
        per_line = 1e6 / line_count
        yield (title, f"{cost.cpu_s * per_line:.2f} µs/line", f"{floor * per_line:.2f} µs/line",
               f"{cost.cpu_s / floor:.2f}")
        yield f"{title}, peak memory", f"{cost.peak_mib:.1f} MiB", "", ""
        few = few or (file_count, cost.cpu_s, floor)
        if file_count > few[0]:
            per_file = 1e6 / (file_count - few[0])
            yield (f"{title}, each", f"{(cost.cpu_s - few[1]) * per_file:.0f} µs/file",
                   f"{(floor - few[2]) * per_file:.0f} µs/file", "")


def appended(size):
    """Lines that come to files which are known and open: a few at a time, to each file in turn."""
    for piece_lines, lines_per_s in size.steady:
        line_count = min(size.many_lines, lines_per_s * 10)
        for file_count in size.many_files:
            cpu_s, count, rest_mib = steady.agent_cpu_s(file_count, line_count, piece_lines,
                                                        lines_per_s)
            yield (f"{piece_lines} lines at a time to {file_count} files",
                   f"{1e6 * cpu_s / count:.2f} µs/line", "",
                   f"{1e6 * cpu_s / count * piece_lines:.0f} µs/append")
            if piece_lines == size.steady[0][0]:
                yield f"{file_count} files at rest, memory", f"{rest_mib:.1f} MiB", "", ""


def files(size):
    for line_count in size.found_lines:
        yield from found(size, line_count)
    yield from appended(size)


def put_rows(title, puts):
    """How many calls PutLogEvents took, and that each of them kept the service's limits."""
    more = 100 * (puts["calls"] / puts["least"] - 1)
    yield (f"{title}, calls", f"{puts['calls']} ({more:+.1f} %)", f"{puts['least']} at least", "")
    yield f"{title}, calls that broke a limit or had no signature", str(
        puts["invalid"] + puts["unsigned"]), "", ""


def cloudwatch(size):
    """Ten pods, a stream each, to PutLogEvents: signed, in gzip."""
    with measure.Stand() as stand:
        stand.generate(10, size.lines // 10)
        cost, stats = best(size.rounds, lambda: agent_cost(stand, "cloudwatch.conf", size.lines),
                           lambda result: result[0].cpu_s)
        floor = best(size.rounds, lambda: floor_cpu_s(stand, "isal", "floor_put"),
                     lambda cpu_s: cpu_s)
    yield ("cloudwatch, CPU", f"{cost.cpu_s:.2f} s", f"{floor:.2f} s", f"{cost.cpu_s / floor:.2f}")
    yield "cloudwatch, peak memory", f"{cost.peak_mib:.1f} MiB", "", ""
    yield "cloudwatch, on the wire", f"{stats['wire_bytes'] / size.lines:.0f} bytes/line", "", ""
    yield "cloudwatch, stored twice", str(stats["duplicates"]), "", ""
    yield from put_rows("cloudwatch", stats["puts"])


def throttled(size):
    """A back-log against a service that throttles, and how many calls a second come to it."""
    lines = size.lines // 2
    for title, limits, calls in (("every second call throttled", "throttle=2", 0),
                                 ("5 calls a second, as it is learnt", "calls=5", 0),
                                 ("5 calls a second, as it is told", "calls=5", 5)):
        with measure.Stand() as stand, measure.Sink() as sink:
            stand.generate(10, lines // 10)
            sink.ask("/__limits?" + limits)
            stand.start_agent("cloudwatch.conf", sink, calls=calls)
            started = time.monotonic()
            if not sink.wait_for(lambda: sink.has(lines), ARRIVE_SECONDS_MAX):
                raise RuntimeError("not all arrived: " + stand.agent_log()[-500:])
            seconds = time.monotonic() - started
            puts, stats = sink.ask("/__puts"), sink.stats()
        came = puts["calls"] + puts["throttled"]
        yield (f"{title}, calls", f"{puts['calls']}, {puts['throttled']} throttled",
               f"{puts['least']} at least", "")
        yield (f"{title}, calls a second, most in one", f"{came / seconds:.1f}, {puts['most_calls']}",
               "", "")
        yield (f"{title}, lines lost, doubled",
               f"{lines - stats['unique']}, {stats['duplicates']}", "", "")


def write_pods(stand, first, count, line_count):
    """Logs of pods that are new, whole at once."""
    for pod in range(first, first + count):
        with open(os.path.join(stand.logs, f"pod-{pod:05}.log"), "w") as log:
            for line in range(line_count):
                log.write(f'2026-11-21T05:46:30.104572605Z stdout F {{"message":"order accepted",'
                          f'"sequence_id":{pod * 100_000_000 + line},"level":"info"}}\n')


def hundred_pods(config):
    """What calls a flush takes in which a hundred pods wrote 40 KiB each."""
    with measure.Stand() as stand, measure.Sink() as sink:
        write_pods(stand, 0, 100, 1)
        agent = stand.start_agent(config, sink)
        sink.wait_for(lambda: sink.has(100), SETTLE_SECONDS_MAX)
        time.sleep(2)
        before = sink.ask("/__puts")["calls"]
        write_pods(stand, 100, 100, 400)
        if not sink.wait_for(lambda: sink.has(100 + 100 * 400), SETTLE_SECONDS_MAX):
            raise RuntimeError(f"not all arrived, {agent.poll()}: " + stand.agent_log()[-500:])
        return sink.ask("/__puts")["calls"] - before


def pods(size):
    """Pods that come and go, where no more than fifty streams may be made in a second."""
    yield ("100 pods in a flush, 4 MiB, a stream each, calls", str(hundred_pods("cloudwatch.conf")),
           "", "")
    yield ("the same in one stream", str(hundred_pods("cloudwatch_shared.conf")), "", "")
    with measure.Stand() as stand, measure.Sink() as sink:
        sink.ask("/__limits?made=1&creates=50")
        write_pods(stand, 0, 50, 20)
        agent = stand.start_agent("cloudwatch.conf", sink)
        memory = {}
        for first in range(0, size.pods, 50):
            if first > 0:
                write_pods(stand, first, 50, 20)
            if not sink.wait_for(lambda: sink.has((first + 50) * 20), SETTLE_SECONDS_MAX):
                raise RuntimeError("not all arrived: " + stand.agent_log()[-500:])
            memory[first + 50] = measure.cost_of(agent).rss_mib
            for path in stand.log_paths():
                os.unlink(path)
        puts, stats = sink.ask("/__puts"), sink.stats()
    for count in sorted({size.pods // 10, size.pods // 2, size.pods}):
        yield f"{count} pods came and went, memory", f"{memory[count]:.1f} MiB", "", ""
    yield "streams made, throttled", f"{puts['creates']}, {puts['creates_throttled']}", "", ""
    yield "most streams made in a second", str(puts["most_creates"]), "", ""
    yield "lines lost, doubled", f"{size.pods * 20 - stats['unique']}, {stats['duplicates']}", "", ""


def append_lines(logs, line):
    """One line to each file, spread over a second."""
    started = time.monotonic()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    for number, log in enumerate(logs):
        text = (f'{stamp}.{number:09d}Z stdout F {{"message":"health check answered",'
                f'"sequence_id":{number * 100_000_000 + line},"level":"info","status":200}}\n')
        os.write(log, text.encode())
        ahead = started + (number + 1) / len(logs) - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)


def watch(size, title, act):
    """500 quiet files: what the agent costs while act() goes on, after it has settled."""
    with measure.Stand() as stand, measure.Sink() as sink:
        stand.generate(500, 1)
        agent = stand.start_agent("plain.conf", sink)
        if not sink.wait_for(lambda: sink.has(500), SETTLE_SECONDS_MAX):
            raise RuntimeError("the agent did not settle: " + stand.agent_log()[-500:])
        time.sleep(2)
        before, requests = measure.cost_of(agent), sink.stats()["requests"]
        started = time.monotonic()
        line_count = act(stand.log_paths())
        sink.wait_for(lambda: sink.has(500 + line_count), SETTLE_SECONDS_MAX)
        after, stats = measure.cost_of(agent), sink.stats()
        seconds = time.monotonic() - started
    cpu_percent = 100 * (after.cpu_s - before.cpu_s) / seconds
    yield f"{title}, CPU", f"{cpu_percent:.2f} %", "", ""
    yield f"{title}, wakeups", f"{(after.wakeups - before.wakeups) / seconds:.0f}/s", "", ""
    yield f"{title}, requests", f"{(stats['requests'] - requests) / seconds:.1f}/s", "", ""
    yield f"{title}, memory", f"{after.rss_mib:.1f} MiB", "", ""
    yield f"{title}, lines lost", str(500 + line_count - stats["unique"]), "", ""


def trickle(size):
    def act(paths):
        logs = [os.open(path, os.O_WRONLY | os.O_APPEND) for path in paths]
        for line in range(size.quiet_seconds):
            append_lines(logs, line + 1)
        for log in logs:
            os.close(log)
        return len(paths) * size.quiet_seconds

    return watch(size, "500 files, a line a second each", act)


def idle(size):
    def act(_):
        time.sleep(size.quiet_seconds)
        return 0

    return watch(size, "500 files, idle", act)


MEASURES = {"throughput": throughput, "gzip": gzip, "files": files, "trickle": trickle,
            "idle": idle, "cloudwatch": cloudwatch, "throttled": throttled, "pods": pods}


def print_row(cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def main():
    arguments = [a for a in sys.argv[1:] if a != "--short"]
    unknown = set(arguments) - set(MEASURES)
    if unknown:
        sys.exit(__doc__)
    if not os.access(measure.AGENT, os.X_OK):
        sys.exit(f"no agent at {measure.AGENT}: build it, or name another with TAILRACE=")
    os.sched_setaffinity(0, {measure.SINK_CPU} & measure.CPUS or measure.CPUS)
    size = Size("--short" in sys.argv)
    print_row(["measure", "tailrace", "floor", "ratio"])
    print_row(["---"] * 4)
    for name in arguments or MEASURES:
        for row in MEASURES[name](size):
            print_row(row)


main()
