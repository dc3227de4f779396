"""Container logs that the kubelet rotates while they are read."""

import time

from kit import config, index, logs
from kit.case import ALL_ENGINES, ELASTICSEARCH, case

FILE_COUNT = 5
LINE_COUNT = 20_000
SLAB_LINES = 200
SLABS_PER_ROTATION = 4
PAUSE_SECONDS = 0.25


def pipeline(lab, **output_keys):
    return {
        "parsers": [config.JSON_PARSER],
        "inputs": [config.tail(lab.path("containers", "*.log"), lab.path("positions.db"),
                               **{"multiline.parser": "cri"})],
        "filters": [config.json_filter()],
        "outputs": [config.bulk_output(lab.engine.host, lab.engine.port, prefix(lab),
                                       "es" if lab.engine.is_elasticsearch else "opensearch",
                                       **output_keys)],
    }


def prefix(lab):
    return lab.name.replace("_", "-")


def open_logs(lab):
    form = logs.CriFormat()
    return [lab.closing(logs.PodLog(lab.folder, f"web-{nth}", form)) for nth in range(FILE_COUNT)]


def write_and_rotate(pods):
    """Slab by slab; each file is rotated at its own time, five times in all."""
    per_file = LINE_COUNT // FILE_COUNT
    for slab, at in enumerate(range(0, per_file, SLAB_LINES)):
        for nth, pod in enumerate(pods):
            first = nth * per_file + at
            pod.write(range(first, first + SLAB_LINES))
            if (slab + nth) % SLABS_PER_ROTATION == SLABS_PER_ROTATION - 1:
                pod.rotate()
        time.sleep(PAUSE_SECONDS)


def expect_all_stored(lab, agent, pods):
    pattern = prefix(lab) + "-*"
    index.wait_for(lab.engine, pattern, LINE_COUNT)
    agent.stop()
    found = list(index.hits(lab.engine, pattern))
    index.expect_each_once(found, logs.all_written(pods), index.parsed_cri)
    for hit in found:
        day = hit["_source"]["time"][:10].replace("-", ".")
        assert hit["_index"] == f"{prefix(lab)}-{day}", hit["_index"]


@case(ALL_ENGINES)
def lines_arrive_once_while_the_kubelet_rotates_their_files(lab):
    pods = open_logs(lab)
    agent = lab.start_agent(pipeline(lab))
    write_and_rotate(pods)
    expect_all_stored(lab, agent, pods)


@case(ELASTICSEARCH)
def lines_arrive_once_with_the_same_configuration_as_yaml(lab):
    pods = open_logs(lab)
    agent = lab.start_agent(pipeline(lab), syntax="yaml")
    write_and_rotate(pods)
    expect_all_stored(lab, agent, pods)


@case(ALL_ENGINES)
def lines_arrive_once_in_gzip(lab):
    pods = open_logs(lab)
    write_all(pods)
    agent = lab.start_agent(pipeline(lab, compress="gzip"))
    expect_all_stored(lab, agent, pods)


@case(ALL_ENGINES, settings={"http.max_content_length": "1mb"})
def lines_arrive_once_where_only_small_requests_are_taken(lab):
    pods = open_logs(lab)
    write_all(pods)
    agent = lab.start_agent(pipeline(lab))
    expect_all_stored(lab, agent, pods)


def write_all(pods):
    per_file = LINE_COUNT // FILE_COUNT
    for nth, pod in enumerate(pods):
        pod.write(range(nth * per_file, (nth + 1) * per_file))
