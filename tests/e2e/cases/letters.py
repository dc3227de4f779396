"""What a real engine refuses: as text, as a dead letter, or counted, as the two steps are on or off."""

import json
import os
import re
import shutil
import subprocess

from cases.refused import kind_of, plain_document, put_template, wait_until
from kit import agent as agent_kit
from kit import config, index, logs
from kit.case import ALL_ENGINES, case

LINE_COUNT = 1000
BAD = range(500, 506)
# What the page shows of dead letters.
SHOWN_MAX = 20
OUTPUT = "es.0"


def conflicting(number):
    """The word is refused where a number is wanted, and taken as a part of a text."""
    body = logs.body(number)
    return json.dumps({**body, "duration_ms": "soon"} if number in BAD else body)


def hopeless(number):
    """As text, too, it is longer than a keyword may be."""
    body = logs.body(number)
    more = {"duration_ms": "soon", "padding": "x" * 40000} if number in BAD else {}
    return json.dumps({**body, **more})


def want_numbers(lab, prefix):
    put_template(lab, prefix, {"properties": {"duration_ms": {"type": "integer"}}})


def want_known_fields(lab, prefix):
    """What has a field too many, or too long, is refused."""
    known = {key: {"type": kind_of(value)} for key, value in plain_document(0, logs.now_stamp(0))
             .items() if kind_of(value)}
    known["http"] = {"type": "object", "dynamic": True}
    put_template(lab, prefix, {"dynamic": "strict", "properties": known})


def lenient(lab, prefix):
    put_template(lab, prefix, {})
    for name in {hit["_index"] for hit in documents(lab)}:
        answer = lab.engine.call("DELETE", "/" + name)
        assert answer.status == 200, answer.text


def prefix_of(lab):
    return re.sub("[^a-z]+", "-", lab.name)[:60]


def ship(lab, service=None, output_keys=None, text_of=conflicting):
    log = lab.closing(logs.Log(lab.path("logs", "a.log"), logs.CriFormat(text_of)))
    log.write(range(LINE_COUNT))
    agent = lab.start_agent({
        "service": {"health_check": "on", **(service or {})},
        "parsers": [config.JSON_PARSER],
        "inputs": [config.tail(lab.path("logs", "*.log"), lab.path("positions.db"),
                               **{"multiline.parser": "cri"})],
        "filters": [config.json_filter()],
        "outputs": [config.bulk_output(lab.engine.host, lab.engine.port, prefix_of(lab),
                                       **(output_keys or {}))],
    })
    assert wait_until(lambda: total(agent, "delivered") + total(agent, "set_aside") == LINE_COUNT), \
        f"{total(agent, 'delivered')} delivered, {total(agent, 'set_aside')} set aside"
    return agent, log


def total(agent, what):
    return agent.metric(f"tailrace_output_{what}_records_total")


def kept(agent):
    return agent.metric("tailrace_deadletter_kept_total")


def wait_for_letters(agent):
    """They are counted once they are on the disk, which may be later than that they are set aside."""
    assert wait_until(lambda: kept(agent) == len(BAD)), kept(agent)


def shown(agent):
    """The letters on the status page."""
    return agent.get("/api/tailrace/status").json()["letters"]


def dlq(lab, *arguments, wants=0):
    """What it prints, line by line."""
    command = [agent_kit.BINARY, "dlq", *arguments, "-c", lab.path("tailrace.conf")]
    done = subprocess.run(command, cwd=lab.folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == wants, f"{arguments} ended with {done.returncode}: {done.stderr}"
    return done.stdout.splitlines()


def letters(lab):
    return [json.loads(line) for line in dlq(lab, "show")]


def documents(lab):
    return list(index.hits(lab.engine, prefix_of(lab) + "-*"))


def expect_the_good_ones(lab, log):
    good = [hit for hit in documents(lab) if hit["_source"].get("seq") not in (None, *BAD)]
    written = {number: stamp for number, stamp in log.written.items() if number not in BAD}
    index.expect_each_once(good, written, plain_document)


def numbers(members):
    return sorted(letter["record"]["seq"] for letter in members)


# ---- both steps, on and off ----


@case(ALL_ENGINES)
def refused_with_both_steps_on_is_found_as_text(lab):
    want_numbers(lab, prefix_of(lab))
    agent, log = ship(lab)
    assert (total(agent, "as_text"), total(agent, "set_aside"), kept(agent)) == (len(BAD), 0, 0)
    assert shown(agent)["last"] == [], shown(agent)
    agent.stop()
    expect_the_good_ones(lab, log)
    found = [hit["_source"] for hit in documents(lab) if "refused_reason" in hit["_source"]]
    assert sorted(json.loads(text["message"])["seq"] for text in found) == list(BAD), found
    assert re.search(r"go once more as text: \d", lab.agent_log())


@case(ALL_ENGINES)
def refused_without_the_first_step_is_a_dead_letter(lab):
    want_numbers(lab, prefix_of(lab))
    agent, log = ship(lab, output_keys={"refused_as_text": "off"})
    assert (total(agent, "resent_as_text"), total(agent, "set_aside")) == (0, len(BAD))
    wait_for_letters(agent)
    assert len(shown(agent)["last"]) == len(BAD), shown(agent)
    agent.stop()
    expect_the_good_ones(lab, log)
    assert len(documents(lab)) == LINE_COUNT - len(BAD)
    assert numbers(letters(lab)) == list(BAD)
    assert re.search(r"were refused and set aside: \d+.*parsing_exception", lab.agent_log())


@case(ALL_ENGINES)
def refused_without_the_second_step_is_counted_and_logged(lab):
    want_known_fields(lab, prefix_of(lab))
    agent, log = ship(lab, service={"storage.keep.rejected": "off"}, text_of=hopeless)
    assert (total(agent, "resent_as_text"), total(agent, "set_aside")) == (len(BAD), len(BAD))
    assert shown(agent) is None, shown(agent)
    agent.stop()
    expect_the_good_ones(lab, log)
    assert not os.path.exists(lab.path("positions.db.dead-letters"))
    assert re.search(r"were refused and set aside: \d+", lab.agent_log())


@case(ALL_ENGINES)
def refused_without_both_steps_is_counted_and_logged(lab):
    want_numbers(lab, prefix_of(lab))
    agent, log = ship(lab, {"storage.keep.rejected": "off"}, {"refused_as_text": "off"})
    assert (total(agent, "resent_as_text"), total(agent, "set_aside")) == (0, len(BAD))
    assert agent.metric("fluentbit_output_dropped_records_total") == len(BAD)
    agent.stop()
    expect_the_good_ones(lab, log)
    assert len(documents(lab)) == LINE_COUNT - len(BAD)
    assert not os.path.exists(lab.path("positions.db.dead-letters"))
    assert re.search(r"were refused and set aside: \d+.*parsing_exception", lab.agent_log())


# ---- tailrace dlq ----


def ship_into_letters(lab):
    want_known_fields(lab, prefix_of(lab))
    agent, log = ship(lab, text_of=hopeless)
    wait_for_letters(agent)
    return agent, log


@case(ALL_ENGINES)
def dead_letters_are_listed_shown_dropped_and_sent_again(lab):
    agent, log = ship_into_letters(lab)
    *listed, summary = dlq(lab, "list")
    idents = [line.split()[0] for line in listed]
    assert len(idents) == len(BAD) and summary.startswith(f"{len(BAD)} letters in "), listed
    assert all(f" {OUTPUT} " in line and " 400 " in line and "a.log@" in line and
               "parsing_exception" in line for line in listed), listed[0]
    assert numbers(letters(lab)) == list(BAD)
    (one,) = [json.loads(line) for line in dlq(lab, "show", idents[0])]
    assert one["record"]["seq"] == BAD[0], one["record"]["seq"]
    expect_on_the_page(agent, log)
    expect_dropped(lab, idents)
    expect_replayed(lab, agent, log)
    agent.stop()


def expect_on_the_page(agent, log):
    """The last ones first, without their records."""
    told = shown(agent)["last"]
    assert len(told) == len(BAD) <= SHOWN_MAX, told
    for letter in told:
        assert letter["output"] == OUTPUT and letter["status"] == 400, letter
        assert letter["file"] == log.path and "parsing_exception" in letter["reason"], letter
        assert "record" not in letter, letter
    assert [letter["offset"] for letter in told] == sorted(
        (letter["offset"] for letter in told), reverse=True)
    assert "letters" in agent.get("/ui").text


def expect_dropped(lab, idents):
    """Nothing goes that was not named."""
    dlq(lab, "drop", wants=1)
    assert numbers(letters(lab)) == list(BAD)
    assert dlq(lab, "drop", idents[0])[-1].startswith("1 letters dropped"), idents[0]
    assert numbers(letters(lab)) == list(BAD[1:])
    dlq(lab, "drop", "--output", "no.such")
    assert numbers(letters(lab)) == list(BAD[1:])


def expect_replayed(lab, agent, log):
    """First the engine refuses them again, and they stay; then it takes them, under the ids that
    they had: who replays twice doubles nothing."""
    dlq(lab, "replay", wants=1)
    assert numbers(letters(lab)) == list(BAD[1:])
    folder = lab.path("positions.db.dead-letters")
    shutil.copytree(folder, lab.path("copy"))
    lenient(lab, prefix_of(lab))
    dlq(lab, "replay")
    assert not letters(lab)
    expect_the_bad_ones(lab, log)
    for name in os.listdir(lab.path("copy")):
        shutil.copy(lab.path("copy", name), folder)
    dlq(lab, "replay")
    expect_the_bad_ones(lab, log)
    assert not letters(lab) and agent.get("/api/v1/uptime").status == 200


def expect_the_bad_ones(lab, log):
    """All but the one that was dropped, once, as they were written."""
    found = {hit["_source"]["seq"]: hit["_source"] for hit in documents(lab)}
    assert sorted(found) == list(BAD[1:]) and len(documents(lab)) == len(found), sorted(found)
    for number, source in found.items():
        expected = {**plain_document(number, log.written[number]), **json.loads(hopeless(number)),
                    "_p": "P"}  # of its first part
        assert not index.compare(source, expected), index.compare(source, expected)
