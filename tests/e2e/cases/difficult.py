"""Difficult lines: each is there once, its value exact or kept as text, and no neighbour is harmed."""

import json
import os
import time

from difficult import frames, json_lines, judge, text_lines
from difficult.line import Line, with_neighbours
from kit import config, index, logs
from kit.case import ALL_ENGINES, case

TIME_PARSER = {
    "name": "timed",
    "format": "json",
    "time_key": "ts",
    "time_format": "%Y-%m-%dT%H:%M:%S.%LZ",
    "time_keep": "on",
}
LONG_LINES = {"buffer_max_size": "2M", "mem_buf_limit": "50M", "offset_key": "file_offset"}


def write_group(lab, name, lines, frame):
    """The group's file, its neighbours included; returns which bytes are whose."""
    data, spans = frames.file_of(with_neighbours(lines), frame)
    folder = lab.make_folder("logs", name)
    with open(os.path.join(folder, "0.log"), "wb") as out:
        out.write(data)
    return spans


def pipeline(lab, prefix, groups, multiline, parser):
    """One input and one output for each group: it has an index of its own."""
    keys = dict(LONG_LINES, **({"multiline.parser": multiline} if multiline else {}))
    output = "es" if lab.engine.is_elasticsearch else "opensearch"
    inputs, filters, outputs = [], [], []
    for name in groups:
        inputs.append(
            {
                **config.tail(lab.path("logs", name, "*.log"), lab.path(name + ".db"), **keys),
                "tag": name,
            }
        )
        if parser:
            filters.append(config.json_filter(match=name, parser=parser))
        outputs.append(
            {
                **config.bulk_output(lab.engine.host, lab.engine.port, f"{prefix}-{name}", output),
                "match": name,
            }
        )
    return {
        # Two outputs, and lines that wait for a mebibyte of their parts: with less room the largest go on cut.
        "service": {"flush": "0.2", "memory_limit": "40M"},
        "parsers": [config.JSON_PARSER, TIME_PARSER],
        "inputs": inputs,
        "filters": filters,
        "outputs": outputs,
    }


def check(lab, prefix, groups, frame, multiline, parser="json"):
    spans = {name: write_group(lab, name, lines, frame) for name, lines in groups.items()}
    agent = lab.start_agent(pipeline(lab, prefix, groups, multiline, parser))
    index.wait_for(lab.engine, f"{prefix}-*", sum(map(len, spans.values())))
    agent.stop()
    problems = []
    for name in groups:
        sources = index.raw_sources(lab.engine, f"{prefix}-{name}-*")
        problems += [
            (f"{name}: {line}", words, source)
            for line, words, source in judge.judge(spans[name], sources)
        ]
    if problems:
        with open(lab.path("problems"), "w") as out:
            out.writelines(
                f"{name}\t{words}\t{source[:1000]}\n" for name, words, source in problems
            )
    count = sum(map(len, groups.values()))
    assert (
        not problems
    ), f"{len(problems)} of {count} lines and their neighbours: {judge.told(problems)}"


@case(ALL_ENGINES)
def difficult_lines_of_json_arrive_as_they_were_written_or_as_text(lab):
    check(lab, "dj", json_lines.groups(), frames.cri, "cri")


@case(ALL_ENGINES)
def difficult_lines_of_text_arrive_as_they_were_written(lab):
    check(lab, "dt", text_lines.groups(), frames.cri, "cri")


@case(ALL_ENGINES)
def difficult_lines_of_docker_arrive_as_they_were_written_or_as_text(lab):
    groups = {**json_lines.groups(), "odd-docker": frames.groups()["odd-docker"]}
    check(lab, "dd", groups, frames.docker, "docker")


@case(ALL_ENGINES)
def difficult_lines_without_a_frame_arrive_as_they_were_written(lab):
    check(lab, "dp", text_lines.groups(), frames.plain, None)


@case(ALL_ENGINES)
def difficult_frames_of_container_runtimes_harm_nobody(lab):
    check(lab, "df", {"odd-cri": frames.groups()["odd-cri"]}, frames.cri, "cri")


@case(ALL_ENGINES)
def difficult_times_arrive_with_their_text(lab):
    check(lab, "dm", {"times": frames.groups()["times"]}, frames.cri, "cri", parser="timed")


@case()
def the_judge_of_difficult_lines_finds_what_is_wrong(_):
    """Otherwise everything would arrive well."""
    frame = '"time":"t","stream":"stdout","_p":"F","file_offset":0}'
    good = Line("one", b'{"a":1.10,"b":{"c":"\xc3\xa9"}}', "any")
    right = [
        '{"a":1.10,"b":{"c":"é"},' + frame,
        '{"b":{"c":"é"},"a":1.10,' + frame,
        '{"log":"{\\"a\\":1.10,\\"b\\":{\\"c\\":\\"é\\"}}",' + frame,
        '{"refused_reason":"no","log":"{\\"a\\":1.10,\\"b\\":{\\"c\\":\\"é\\"},\\"file_offset\\":0}"}',
    ]
    wrong = [
        '{"a":1.1,"b":{"c":"é"},' + frame,
        '{"a":1.10,"b":{"c":"e"},' + frame,
        '{"a":1.10,' + frame,
        '{"a":1.10,"b":{"c":"é"},"d":1,' + frame,
        '{"log":"{\\"a\\":1.10}",' + frame,
        '{"a":"1.10","b":{"c":"é"},' + frame,
    ]
    for source in right:
        assert not judge.judge([(0, good)], [source]), source
    for source in wrong:
        assert judge.judge([(0, good)], [source]), source
    assert judge.judge([(0, good)], []) and judge.judge([(0, good)], right[:2])
    text = Line("two", b"caf\xe9 ", "text")
    assert not judge.judge([(0, text)], ['{"log":"caf\ufffd ",' + frame])
    for log in ("caf ", "caf\ufffd", "café ", "caf\ue0e9 "):
        assert judge.judge([(0, text)], [json.dumps({"log": log, "file_offset": 0})]), log


def cut_text(log, number):
    """A line of the log, to be written in two pieces."""
    stamp = log.written[number] = logs.now_stamp(number)
    line = log.form.line(number, stamp)
    return line[: len(line) // 2], line[len(line) // 2 :]


def put(log, data):
    log.out.write(data)
    log.out.flush()
    time.sleep(0.7)  # it is read as far as it goes


@case(ALL_ENGINES)
def lines_cut_by_the_end_of_the_file_and_by_rotation_arrive_whole(lab):
    pod = lab.closing(logs.PodLog(lab.folder, "web", logs.CriFormat()))
    output = "es" if lab.engine.is_elasticsearch else "opensearch"
    keys = {"multiline.parser": "cri", "rotate_wait": "1"}
    pipe = {
        "parsers": [config.JSON_PARSER],
        "inputs": [config.tail(lab.path("containers", "*.log"), lab.path("positions.db"), **keys)],
        "filters": [config.json_filter()],
        "outputs": [config.bulk_output(lab.engine.host, lab.engine.port, "cut", output)],
    }
    pod.write(range(100))
    agent = lab.start_agent(pipe)
    for number, end in ((100, None), (101, "stop"), (102, "kill")):
        first, rest = cut_text(pod, number)
        put(pod, first)
        if end:
            getattr(agent, end)()
        put(pod, rest)
        agent = lab.start_agent(pipe) if end else agent
    put(pod, b"".join(cut_text(pod, 103))[:-1])
    pod.rotate()
    pod.write(range(104, 200))
    index.wait_for(lab.engine, "cut-*", 200)
    agent.stop()
    index.expect_each_once(index.hits(lab.engine, "cut-*"), pod.written, index.parsed_cri)
