"""A back-end that misbehaves: whatever it answers, every line is acknowledged in the end."""

from kit import config, logs, scripted
from kit.case import case

LINE_COUNT = 600
BAD_ANSWERS = 2


def deliver(lab, script, **output_keys):
    server = lab.closing(scripted.Scripted(script))
    log = lab.closing(logs.Log(lab.path("logs", "a.log"), logs.CriFormat()))
    log.write(range(LINE_COUNT))
    agent = lab.start_agent({
        "service": {"scheduler.base": "1", "scheduler.cap": "2"},
        "parsers": [config.JSON_PARSER],
        "inputs": [config.tail(lab.path("logs", "*.log"), lab.path("positions.db"),
                               **{"multiline.parser": "cri"})],
        "filters": [config.json_filter()],
        "outputs": [config.bulk_output("127.0.0.1", server.port, "e2e", **output_keys)],
    })
    server.wait_for(log.written)
    agent.stop()
    server.expect_all(log.written)
    assert not server.script, f"never asked for {server.script}"
    return server


def expect_survival(lab, answer, **output_keys):
    server = deliver(lab, [answer] * BAD_ANSWERS, **output_keys)
    assert not server.resent, f"{len(server.resent)} were sent again though acknowledged"


@case()
def nothing_is_lost_to_a_proxys_login_page(lab):
    expect_survival(lab, "a login page")


@case()
def nothing_is_lost_to_an_empty_answer(lab):
    expect_survival(lab, "an empty body")


@case()
def nothing_is_lost_to_an_answer_of_errors_without_items(lab):
    expect_survival(lab, "errors without items")


@case()
def nothing_is_lost_to_an_answer_with_too_few_items(lab):
    expect_survival(lab, "fewer items than documents")


@case()
def only_the_items_that_were_refused_for_now_are_sent_again(lab):
    expect_survival(lab, "429 for every other item")


@case()
def nothing_is_lost_to_half_an_answer(lab):
    expect_survival(lab, "half a body")


@case()
def nothing_is_lost_when_the_connection_ends_unanswered(lab):
    expect_survival(lab, "nothing")


@case()
def what_was_stored_without_an_answer_is_not_stored_twice(lab):
    server = deliver(lab, ["nothing, having stored all"])
    assert not server.doubled(), f"{len(server.doubled())} stored twice: {server.doubled()[:5]}"


@case(is_quick=False)
def nothing_is_lost_to_a_back_end_that_never_answers(lab):
    expect_survival(lab, "silence", **{"net.io_timeout": "2"})


@case()
def nothing_is_lost_to_413(lab):
    expect_survival(lab, "413")


@case()
def nothing_is_lost_to_429(lab):
    expect_survival(lab, "429")


@case()
def nothing_is_lost_to_401(lab):
    expect_survival(lab, "401")


@case()
def nothing_is_lost_to_503(lab):
    expect_survival(lab, "503")


@case()
def nothing_is_lost_to_all_of_it_in_turn(lab):
    deliver(lab, [name for name in scripted.ANSWERS if name not in ("well", "silence")])
