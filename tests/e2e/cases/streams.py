"""Data streams, and a back-end that wants a login."""

import collections
import time

from kit import between, config, index, logs
from kit.case import ALL_ENGINES, ELASTICSEARCH, case

LINE_COUNT = 2000
PASSWORD = "swordfish"
SETTLE_SECONDS_MAX = 120


def pipeline(lab, name, **output_keys):
    output = {"name": name, "match": "*", "host": lab.engine.host, "port": lab.engine.port,
              "suppress_type_name": "on", "retry_limit": "false", **output_keys}
    return {
        "service": {"scheduler.base": "1", "scheduler.cap": "2"},
        "parsers": [config.JSON_PARSER],
        "inputs": [config.tail(lab.path("logs", "*.log"), lab.path("positions.db"),
                               **{"multiline.parser": "cri"})],
        "filters": [config.json_filter()],
        "outputs": [output],
    }


def write_log(lab):
    log = lab.closing(logs.Log(lab.path("logs", "a.log"), logs.CriFormat()))
    log.write(range(LINE_COUNT))
    return log


def make_stream(lab, stream):
    template = {"index_patterns": [stream], "data_stream": {}, "priority": 500}
    answer = lab.engine.call("PUT", "/_index_template/" + stream, template)
    assert answer.status == 200, answer.text


@case(ALL_ENGINES)
def lines_arrive_once_in_a_data_stream(lab):
    stream = "logs-shop-e2e"
    make_stream(lab, stream)
    log = write_log(lab)
    name = "es" if lab.engine.is_elasticsearch else "opensearch"
    agent = lab.start_agent(pipeline(lab, name, index=stream, write_operation="create"))
    index.wait_for(lab.engine, stream, LINE_COUNT)
    agent.stop()
    found = list(index.hits(lab.engine, stream))
    index.expect_each_once(found, log.written, index.parsed_cri)
    assert all(hit["_index"].startswith(".ds-" + stream) for hit in found)


def ship_with_a_lost_answer(lab, stream, before_losing):
    """The answer to one request is lost, after before_losing. How often each number is there, and the
    agent's counts."""
    make_stream(lab, stream)
    relay = lab.closing(between.Between(lab.engine))
    relay.lose_next, relay.before_losing = 1, before_losing
    log = write_log(lab)
    name = "es" if lab.engine.is_elasticsearch else "opensearch"
    agent = lab.start_agent(pipeline(lab, name, index=stream, write_operation="create",
                                     host="127.0.0.1", port=relay.port))
    until = time.monotonic() + SETTLE_SECONDS_MAX
    while agent.metric("tailrace_output_delivered_records_total") != LINE_COUNT:
        assert time.monotonic() < until, "not all lines are counted as delivered"
        time.sleep(0.1)
    counts = {name: agent.metric(f"tailrace_output_{name}_records_total")
              for name in ("unanswered", "already_there", "delivered")}
    agent.stop()
    assert relay.lost == 1 and counts["unanswered"] > 0, (relay.lost, counts)
    there = collections.Counter(hit["_source"]["seq"] for hit in index.hits(lab.engine, stream))
    assert set(there) == set(log.written), "lines are missing"
    return there, counts


@case(ALL_ENGINES)
def a_lost_answer_doubles_nothing_in_a_data_stream(lab):
    there, counts = ship_with_a_lost_answer(lab, "logs-lost-e2e", lambda: None)
    assert set(there.values()) == {1}, there.most_common(5)
    assert counts["already_there"] == counts["unanswered"], counts


@case(ALL_ENGINES)
def what_a_rollover_between_two_tries_doubles_is_counted(lab):
    stream = "logs-rolled-e2e"

    def roll_over():
        answer = lab.engine.call("POST", f"/{stream}/_rollover")
        assert answer.status == 200 and answer.json()["rolled_over"], answer.text

    there, counts = ship_with_a_lost_answer(lab, stream, roll_over)
    doubled = sum(1 for times in there.values() if times == 2)
    assert max(there.values()) == 2 and doubled == counts["unanswered"], (doubled, counts)
    assert counts["already_there"] == 0, counts


@case(ELASTICSEARCH, password=PASSWORD, is_quick=False)
def a_wrong_password_loses_nothing(lab):
    log = write_log(lab)
    keys = {"index": "login", "http_user": "elastic"}
    agent = lab.start_agent(pipeline(lab, "es", **keys, http_passwd="wrong"))
    lab.wait_for_words("401")
    agent.stop()
    assert index.count(lab.engine, "login") == 0
    agent = lab.start_agent(pipeline(lab, "es", **keys, http_passwd=PASSWORD))
    index.wait_for(lab.engine, "login", LINE_COUNT)
    agent.stop()
    index.expect_each_once(index.hits(lab.engine, "login"), log.written, index.parsed_cri)
