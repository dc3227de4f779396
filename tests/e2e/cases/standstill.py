"""A back-end that answers and takes nothing: the agent says that it is not healthy, and why, whatever other
outputs do."""

import re
import time

from kit import config, logs, scripted
from kit.case import case

LINE_COUNT = 300
LIMIT_S = 10
LOOK_S = LIMIT_S / 10  # how often the agent looks
SLACK_S = 5  # of a busy machine
WAIT_S = 60
SAID = re.compile(r"has stood still for (\d+) s.*not healthy")


def start(lab, *others):
    server = lab.closing(scripted.Scripted())
    log = lab.closing(logs.Log(lab.path("logs", "a.log"), logs.CriFormat()))
    agent = lab.start_agent({
        "service": {"health_check": "on", "hc_standstill": LIMIT_S, "flush": "0.2",
                    "scheduler.base": "0.2", "scheduler.cap": "1"},
        "inputs": [config.tail(lab.path("logs", "*.log"), lab.path("positions.db"),
                               **{"multiline.parser": "cri"})],
        "outputs": [config.bulk_output("127.0.0.1", port, "e2e")
                    for port in (server.port, *(other.port for other in others))],
    })
    return server, log, agent


def is_healthy(agent):
    """As a probe sees it: by both paths, unless it changes between the two questions."""
    for _ in range(3):
        answers = [agent.get(f"/api/{api}/health").status for api in ("v1", "v2")]
        assert set(answers) <= {200, 500}, answers
        if len(set(answers)) == 1:
            return answers[0] == 200
    raise AssertionError(f"one path says {answers[0]}, the other {answers[1]}")


def is_alive(agent):
    return agent.get("/api/tailrace/live").status == 200


def sentence(agent):
    """What the page shows on top."""
    return agent.get("/api/tailrace/status").json()["verdict"]["text"]


def standstill_s(agent):
    """Of each output, as metrics have it."""
    page = agent.get("/api/v2/metrics/prometheus").text
    return {name: int(seconds) for name, seconds in
            re.findall(r'tailrace_output_standstill_seconds\{name="([^"]+)"\} (\d+)', page)}


def wait_for(probe, agent, wanted):
    until = time.monotonic() + WAIT_S
    while probe(agent) != wanted:
        assert time.monotonic() < until, \
            f"{probe.__name__} is {not wanted} after {WAIT_S} s: {sentence(agent)}"
        time.sleep(0.1)


def wait_for_health(agent, wanted):
    wait_for(is_healthy, agent, wanted)


def expect_told(lab, agent, name, words):
    """The page, the log, the metrics and health: all say the same."""
    told = sentence(agent)
    assert re.search(rf"No: output {name} has stood still for \d+ s, since \S+Z, while \d+ records wait; "
                     rf"its back-end's last word: .*({words})", told), told
    health = agent.get("/api/v2/health").json()["standstill"]
    assert re.sub(r"\d+ s,", "", told.removeprefix("No: ").removesuffix(".")) \
        == re.sub(r"\d+ s,", "", health), (told, health)
    lines = [line for line in lab.agent_log().splitlines() if "not healthy" in line]
    assert len(lines) == 1 and re.search(rf"output {name} has stood still .*({words})", lines[0]), lines
    still_s = int(SAID.search(lines[0]).group(1))
    assert LIMIT_S <= still_s <= LIMIT_S + LOOK_S + SLACK_S, lines
    seconds = standstill_s(agent)
    assert seconds[name] >= LIMIT_S and not any(s for other, s in seconds.items() if other != name), seconds


def told_while_nothing_is_taken(lab, answer, words):
    server, log, agent = start(lab)
    log.write(range(LINE_COUNT))
    server.wait_for(range(LINE_COUNT))
    server.then = answer
    since = time.monotonic()
    log.write(range(LINE_COUNT, 2 * LINE_COUNT))
    wait_for_health(agent, False)
    took = time.monotonic() - since
    assert took >= LIMIT_S - LOOK_S - SLACK_S, f"not healthy after {took:.1f} s already"
    expect_told(lab, agent, "es.0", words)
    assert is_alive(agent), "a start anew would help nobody"
    server.then = "well"
    wait_for_health(agent, True)
    server.wait_for(range(2 * LINE_COUNT))
    server.expect_all(range(2 * LINE_COUNT))
    agent.stop()
    assert "lines leave again" in lab.agent_log()


@case()
def documents_that_are_all_answered_429_for_ever_are_not_healthy(lab):
    told_while_nothing_is_taken(lab, "429 for every item", "429")


@case()
def requests_that_are_all_answered_429_for_ever_are_not_healthy(lab):
    told_while_nothing_is_taken(lab, "429", "429")


@case()
def answers_with_200_that_say_nothing_of_a_document_are_not_healthy(lab):
    told_while_nothing_is_taken(lab, "a login page", "200|no bulk answer|JSON")


@case()
def answers_that_break_off_are_not_healthy(lab):
    told_while_nothing_is_taken(lab, "half a body, and none stored", "closed|end")


@case()
def one_that_takes_nothing_beside_one_that_does_is_not_healthy(lab):
    other = lab.closing(scripted.Scripted())
    server, log, agent = start(lab, other)
    other.then = "429"
    lines = iter(range(0, 1000000, 10))
    since = time.monotonic()
    while is_healthy(agent):
        assert time.monotonic() - since < WAIT_S, sentence(agent)
        first = next(lines)
        log.write(range(first, first + 10))
        time.sleep(0.2)
    took = time.monotonic() - since
    assert took >= LIMIT_S - LOOK_S - SLACK_S, f"not healthy after {took:.1f} s already"
    count = next(lines)
    server.wait_for(range(count))
    server.expect_all(range(count))
    expect_told(lab, agent, "es.1", "429")
    other.then = "well"
    wait_for_health(agent, True)
    other.wait_for(range(count))
    other.expect_all(range(count))
    assert not any(standstill_s(agent).values())
    agent.stop()


@case()
def a_back_end_that_is_down_is_no_reason_to_start_anew(lab):
    """The same for one that says so: a start anew could not help, and deleted files would be lost."""
    server, log, agent = start(lab)
    for answer in ("503", "nothing"):
        server.then = answer
        log.write(range(LINE_COUNT))
        time.sleep(LIMIT_S + LOOK_S + SLACK_S)
        assert is_healthy(agent), answer
        assert sentence(agent).startswith("No: output es.0 has had trouble"), sentence(agent)
    server.then = "well"
    server.wait_for(range(LINE_COUNT))
    agent.stop()


@case()
def what_is_neither_taken_nor_answered_is_a_reason_to_start_anew(lab):
    """As an agent that is stuck itself would look: nothing comes, and nobody says why."""
    server, log, agent = start(lab)
    log.write(range(LINE_COUNT))
    server.wait_for(range(LINE_COUNT))
    assert is_alive(agent)
    server.then = "silence"
    log.write(range(LINE_COUNT, 2 * LINE_COUNT))
    wait_for(is_alive, agent, False)
    assert "a start anew may help" in agent.get("/api/tailrace/live").json()["standstill"]
    server.then = "well"
    wait_for(is_alive, agent, True)
    server.wait_for(range(2 * LINE_COUNT))
    agent.stop()
