"""Data streams, and a back-end that wants a login."""

import time

from kit import config, index, logs
from kit.case import ALL_ENGINES, ELASTICSEARCH, case

LINE_COUNT = 2000
PASSWORD = "swordfish"


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


@case(ALL_ENGINES)
def lines_arrive_once_in_a_data_stream(lab):
    stream = "logs-shop-e2e"
    template = {"index_patterns": [stream], "data_stream": {}, "priority": 500}
    answer = lab.engine.call("PUT", "/_index_template/shop", template)
    assert answer.status == 200, answer.text
    log = write_log(lab)
    name = "es" if lab.engine.is_elasticsearch else "opensearch"
    agent = lab.start_agent(pipeline(lab, name, index=stream, write_operation="create"))
    index.wait_for(lab.engine, stream, LINE_COUNT)
    agent.stop()
    found = list(index.hits(lab.engine, stream))
    index.expect_each_once(found, log.written, index.parsed_cri)
    assert all(hit["_index"].startswith(".ds-" + stream) for hit in found)


@case(ELASTICSEARCH, password=PASSWORD, is_quick=False)
def a_wrong_password_loses_nothing(lab):
    log = write_log(lab)
    keys = {"index": "login", "http_user": "elastic"}
    agent = lab.start_agent(pipeline(lab, "es", **keys, http_passwd="wrong"))
    time.sleep(5)
    agent.stop()
    assert index.count(lab.engine, "login") == 0
    assert "401" in lab.agent_log(), "the log does not tell of the 401"
    agent = lab.start_agent(pipeline(lab, "es", **keys, http_passwd=PASSWORD))
    index.wait_for(lab.engine, "login", LINE_COUNT)
    agent.stop()
    index.expect_each_once(index.hits(lab.engine, "login"), log.written, index.parsed_cri)
