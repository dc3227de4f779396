"""Documents that a real engine refuses for what is in them."""

import json
import re
import subprocess
import time

from kit import agent as agent_kit
from kit import config, index, logs
from kit.case import ALL_ENGINES, case

LINE_COUNT = 1000
BAD = 500
BAD_BODY = {**logs.body(BAD), "duration_ms": "soon"}
# As text, too, it is longer than a keyword may be.
WORST_BODY = {**BAD_BODY, "padding": "x" * 40000}
FATE_SECONDS_MAX = 120


def texts(bad_body):
    return lambda number: json.dumps(bad_body if number == BAD else logs.body(number))


def put_template(lab, prefix, mappings):
    template = {"index_patterns": [prefix + "-*"], "priority": 500,
                "template": {"mappings": mappings}}
    answer = lab.engine.call("PUT", "/_index_template/" + prefix, template)
    assert answer.status == 200, answer.text


def ship(lab, prefix, bad_body, input_keys=None, output_keys=None):
    log = lab.closing(logs.Log(lab.path("logs", "a.log"), logs.CriFormat(texts(bad_body))))
    log.write(range(LINE_COUNT))
    agent = lab.start_agent({
        "parsers": [config.JSON_PARSER],
        "inputs": [config.tail(lab.path("logs", "*.log"), lab.path("positions.db"),
                               **{"multiline.parser": "cri", **(input_keys or {})})],
        "filters": [config.json_filter()],
        "outputs": [config.bulk_output(lab.engine.host, lab.engine.port, prefix,
                                       **(output_keys or {}))],
    })
    index.wait_for(lab.engine, prefix + "-*", LINE_COUNT - 1)
    return agent, log


def expect_the_others(lab, prefix, log):
    """All but the bad one, once; what else is there must tell of the bad one."""
    found = list(index.hits(lab.engine, prefix + "-*"))
    good = [hit for hit in found if hit["_source"].get("seq") not in (None, BAD)]
    written = {number: stamp for number, stamp in log.written.items() if number != BAD}
    index.expect_each_once(good, written, plain_document)
    return [hit for hit in found if hit["_source"].get("seq") in (None, BAD)]


def plain_document(number, stamp):
    return {"@timestamp": stamp.time[:23] + "Z", **logs.body(number), "time": stamp.time,
            "stream": stamp.stream, "_p": "F"}


def wait_until(is_true):
    until = time.monotonic() + FATE_SECONDS_MAX
    while time.monotonic() < until and not is_true():
        time.sleep(0.2)
    return is_true()


def expect_reason_in_log(lab, agent, pattern):
    agent.stop()
    assert re.search(pattern, lab.agent_log()), f"the log does not give the reason, {pattern}"


@case(ALL_ENGINES)
def a_mapping_conflict_costs_at_most_the_one_document(lab):
    """It may be stored in another form, or be set aside and counted; it may not just vanish."""
    prefix = "conflict"
    put_template(lab, prefix, {"properties": {"duration_ms": {"type": "integer"}}})
    agent, log = ship(lab, prefix, BAD_BODY)

    def is_settled():
        return index.count(lab.engine, prefix + "-*") == LINE_COUNT or dropped(agent) == 1

    assert wait_until(is_settled), "the bad document is neither stored in some form nor counted"
    expect_reason_in_log(lab, agent, r"(document|mapper)_parsing_exception")
    for hit in expect_the_others(lab, prefix, log):
        assert "soon" in json.dumps(hit["_source"]), hit


@case(ALL_ENGINES)
def a_document_refused_in_any_form_is_set_aside_and_counted(lab):
    prefix = "strict"
    known = {key: {"type": kind_of(value)} for key, value in plain_document(0, logs.now_stamp(0))
             .items() if kind_of(value)}
    known["http"] = {"type": "object", "dynamic": True}
    put_template(lab, prefix, {"dynamic": "strict", "properties": known})
    agent, log = ship(lab, prefix, WORST_BODY)
    assert wait_until(lambda: dropped(agent) == 1), f"{dropped(agent)} counted as dropped, not 1"
    assert agent.metric("fluentbit_output_errors_total") >= 1
    assert wait_until(lambda: delivered(agent) == LINE_COUNT - 1), delivered(agent)
    expect_reason_in_log(lab, agent, r"(document|mapper)_parsing_exception|strict_dynamic_mapping")
    assert not expect_the_others(lab, prefix, log)
    (letter,) = dead_letters(lab)
    assert letter["record"]["padding"] == WORST_BODY["padding"]
    assert letter["file"].endswith("a.log") and letter["status"] == 400, letter


def dead_letters(lab):
    shown = subprocess.run([agent_kit.BINARY, "dlq", "show", "-d", lab.path("positions.db") + ".dead-letters"],
                           stdout=subprocess.PIPE, check=True, text=True)
    return [json.loads(line) for line in shown.stdout.splitlines()]


# As many bytes as a document has, and as few as an engine takes.
LARGE_CHARS = 1_500_000
SMALL_ENGINE = {"http.max_content_length": "1mb"}
LARGE_BODY = {**logs.body(BAD), "padding": "x" * LARGE_CHARS}


def expect_the_large_one_set_aside(lab, prefix, **output_keys):
    agent, log = ship(lab, prefix, LARGE_BODY, {"buffer_max_size": "4M"}, output_keys)
    assert wait_until(lambda: dropped(agent) == 1), f"{dropped(agent)} counted as dropped, not 1"
    assert wait_until(lambda: delivered(agent) == LINE_COUNT - 1), delivered(agent)
    agent.stop()
    assert not expect_the_others(lab, prefix, log)
    (letter,) = dead_letters(lab)
    assert letter["record"]["padding"] == LARGE_BODY["padding"]
    assert letter["file"].endswith("a.log") and letter["status"] == 413, letter["status"]


@case(ALL_ENGINES, settings=SMALL_ENGINE)
def a_document_larger_than_the_engine_takes_is_set_aside_alone(lab):
    expect_the_large_one_set_aside(lab, "large")


@case(ALL_ENGINES, settings=SMALL_ENGINE)
def a_document_that_inflates_to_more_than_the_engine_takes_is_set_aside_alone(lab):
    """It may answer and hang up at once."""
    expect_the_large_one_set_aside(lab, "packed", compress="gzip")


def kind_of(value):
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "double"
    return None if isinstance(value, dict) else "keyword"


def delivered(agent):
    return agent.metric("fluentbit_output_proc_records_total")


def dropped(agent):
    return agent.metric("fluentbit_output_dropped_records_total")
