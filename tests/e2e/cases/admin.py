"""The HTTP server: what probes, dashboards and people ask it."""

import re
import subprocess
import time

from kit import config, logs, scripted
from kit.agent import BINARY
from kit.case import case

LINE_COUNT = 500

METRICS = {
    "fluentbit_input_records_total": LINE_COUNT,
    "fluentbit_output_proc_records_total": LINE_COUNT,
    "fluentbit_output_errors_total": 0,
    "fluentbit_output_retries_total": 0,
    "fluentbit_output_retries_failed_total": 0,
    "fluentbit_output_dropped_records_total": 0,
}
SETTLE_SECONDS_MAX = 60
ALSO_EXPORTED = ["fluentbit_input_bytes_total", "fluentbit_output_proc_bytes_total",
                 "fluentbit_uptime", "fluentbit_build_info"]


def ship(lab, **service):
    server = lab.closing(scripted.Scripted())
    log = lab.closing(logs.Log(lab.path("logs", "a.log"), logs.CriFormat()))
    log.write(range(LINE_COUNT))
    agent = lab.start_agent({
        "service": {"health_check": "on", **service},
        "parsers": [config.JSON_PARSER],
        "inputs": [config.tail(lab.path("logs", "*.log"), lab.path("positions.db"),
                               **{"multiline.parser": "cri"})],
        "filters": [config.json_filter()],
        "outputs": [config.bulk_output("127.0.0.1", server.port, "e2e")],
    })
    server.wait_for(log.written)
    until = time.monotonic() + SETTLE_SECONDS_MAX
    while agent.metric("fluentbit_output_proc_records_total") != LINE_COUNT:
        assert time.monotonic() < until, "not all lines are counted as delivered"
        time.sleep(0.05)
    return agent


@case()
def the_counters_have_their_documented_names_and_add_up(lab):
    agent = ship(lab)
    for api in ("v1", "v2"):
        for name, value in METRICS.items():
            found = agent.metric(name, api)
            assert found == value, f"{name} is {found} and not {value} in {api}"
        for name in ALSO_EXPORTED:
            assert agent.metric(name, api) is not None, f"{name} is not in {api}"
    agent.stop()


@case()
def the_counters_also_come_as_json(lab):
    agent = ship(lab)
    told = agent.get("/api/v1/metrics").json()
    assert told["input"]["tail.0"]["records"] == LINE_COUNT, told
    assert told["output"]["es.0"]["proc_records"] == LINE_COUNT, told
    assert told["output"]["es.0"]["dropped_records"] == 0, told
    agent.stop()


@case()
def the_probes_are_answered(lab):
    begun = time.monotonic()
    agent = ship(lab)
    ready = time.monotonic()
    assert "fluent-bit" in agent.get("/").json()
    health = agent.get("/api/v1/health")
    assert (health.status, health.text) == (200, "ok\n"), health
    health = agent.get("/api/v2/health")
    assert health.status == 200 and health.json()["errors"] == 0, health
    time.sleep(1.1)
    least = int(time.monotonic() - ready)
    uptime = agent.get("/api/v1/uptime").json()
    assert 1 <= least <= uptime["uptime_sec"] <= time.monotonic() - begun, uptime
    assert uptime["uptime_hr"].startswith("Fluent Bit has been running:  0 day, "), uptime
    assert agent.get("/api/v2/reload").json() == {"hot_reload_count": 0}
    assert agent.get("/no/such/path").status == 404
    agent.stop()


@case()
def the_status_page_is_a_page(lab):
    agent = ship(lab)
    page = agent.get("/ui")
    assert page.status == 200 and "<html" in page.text.lower(), page.status
    agent.stop()


@case()
def the_port_is_free_again_after_the_end(lab):
    agent = ship(lab)
    agent.stop()
    agent.start()
    agent.stop()


@case()
def the_version_is_told_as_scripts_expect_it(_):
    text = subprocess.run([BINARY, "--version"], capture_output=True, text=True).stdout
    assert re.match(r"Fluent Bit v\d+\.\d+\.\d+\nGit commit: \S", text), text


@case()
def an_unknown_property_ends_a_dry_run(lab):
    path = config.write(lab.folder, {
        "inputs": [{"name": "tail", "path": "/nowhere", "colour": "red"}],
        "outputs": [{"name": "null", "match": "*"}],
    }, "classic", 0)
    done = subprocess.run([BINARY, "-c", path, "-D"], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "unknown configuration property 'colour'" in (done.stdout + done.stderr).lower()
