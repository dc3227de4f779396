"""Docker's json-file logs, with long texts in parts and Docker's own rotation."""

import os
import time

from kit import config, index, logs
from kit.case import ELASTICSEARCH, case

LINE_COUNT = 3000
SLAB_LINES = 500
DOCKER_PARSER = {"name": "docker", "format": "json", "time_key": "time",
                 "time_format": "%Y-%m-%dT%H:%M:%S.%L", "time_keep": "on"}


def ship(lab, **input_keys):
    log = lab.closing(logs.DockerLog(lab.path("docker", "4f2a", "4f2a-json.log"),
                                     logs.DockerFormat()))
    prefix = lab.name.replace("_", "-")
    agent = lab.start_agent({
        "parsers": [config.JSON_PARSER, DOCKER_PARSER],
        "inputs": [config.tail(lab.path("docker", "*", "*-json.log"), lab.path("positions.db"),
                               **input_keys)],
        "filters": [config.json_filter()],
        "outputs": [config.bulk_output(lab.engine.host, lab.engine.port, prefix)],
    })
    for at in range(0, LINE_COUNT, SLAB_LINES):
        log.write(range(at, at + SLAB_LINES))
        time.sleep(0.5)
        if at == LINE_COUNT // 2:
            log.rotate()
    index.wait_for(lab.engine, prefix + "-*", LINE_COUNT)
    agent.stop()
    assert os.path.exists(log.path + ".1")
    index.expect_each_once(index.hits(lab.engine, prefix + "-*"), log.written, index.parsed_docker)


@case(ELASTICSEARCH)
def docker_lines_arrive_once_with_the_multiline_parser(lab):
    ship(lab, **{"multiline.parser": "docker"})


@case(ELASTICSEARCH)
def docker_lines_arrive_once_in_docker_mode(lab):
    ship(lab, docker_mode="on", parser="docker")
