"""What is remembered from one start to the next, and from Fluent Bit."""

import os
import shutil
import sqlite3
import time

from kit import config, logs, positions, scripted
from kit.case import case

COLUMNS = ["id INTEGER PRIMARY KEY", "name TEXT NOT NULL", "offset INTEGER", "inode INTEGER",
           "created INTEGER", "rotated INTEGER DEFAULT 0"]
CLOSED_SECONDS_MAX = 60
MARKER_COLUMNS = ["offset_marker INTEGER DEFAULT 0", "offset_marker_size INTEGER DEFAULT 0"]


def start(lab, server, **input_keys):
    return lab.start_agent({
        "service": {"scheduler.base": "1", "scheduler.cap": "2"},
        "parsers": [config.JSON_PARSER],
        "inputs": [config.tail(lab.path("containers", "*.log"), lab.path("positions.db"),
                               **{"multiline.parser": "cri", **input_keys})],
        "filters": [config.json_filter()],
        "outputs": [config.bulk_output("127.0.0.1", server.port, "e2e")],
    })


def open_both(lab):
    server = lab.closing(scripted.Scripted())
    return server, lab.closing(logs.PodLog(lab.folder, "web", logs.CriFormat()))


def expect_sent_once(server, numbers):
    server.wait_for(numbers)
    server.expect_all(numbers)
    assert not server.resent, f"{len(server.resent)} were read again"
    strange = set(server.stored) - set(numbers)
    assert not strange, f"{len(strange)} were read that lie before the position"


@case()
def a_restart_goes_on_where_the_last_run_ended(lab):
    server, pod = open_both(lab)
    pod.write(range(1000))
    agent = start(lab, server)
    server.wait_for(range(1000))
    agent.stop()
    pod.write(range(1000, 2000))
    agent = start(lab, server)
    expect_sent_once(server, range(2000))
    agent.stop()


@case()
def lines_written_and_rotated_away_while_the_agent_is_down_arrive(lab):
    server, pod = open_both(lab)
    pod.write(range(1000))
    agent = start(lab, server)
    server.wait_for(range(1000))
    agent.stop()
    pod.write(range(1000, 1500))
    pod.rotate()
    pod.write(range(1500, 2000))
    agent = start(lab, server)
    expect_sent_once(server, range(2000))
    agent.stop()


@case()
def after_a_clean_stop_the_database_tells_the_end_of_the_file(lab):
    server, pod = open_both(lab)
    pod.write(range(1000))
    agent = start(lab, server)
    server.wait_for(range(1000))
    agent.stop()
    saved = positions.offsets(lab.path("positions.db"))
    assert saved == {os.stat(pod.path).st_ino: os.path.getsize(pod.path)}, saved


def honour_database(lab, columns):
    server, pod = open_both(lab)
    pod.write(range(600))
    position = os.path.getsize(pod.path)
    link = os.path.join(lab.path("containers"), os.listdir(lab.path("containers"))[0])
    with sqlite3.connect(lab.path("positions.db")) as database:
        database.execute(f"CREATE TABLE in_tail_files ({', '.join(columns)})")
        database.execute("INSERT INTO in_tail_files (name, offset, inode, created, rotated) "
                         "VALUES (?, ?, ?, ?, 0)",
                         (link, position, os.stat(pod.path).st_ino, 1763700000))
    database.close()
    pod.write(range(600, 1000))
    agent = start(lab, server)
    expect_sent_once(server, range(600, 1000))
    agent.stop()


@case()
def the_positions_of_fluent_bit_are_taken_over(lab):
    honour_database(lab, COLUMNS + MARKER_COLUMNS)


@case()
def the_positions_of_an_older_fluent_bit_are_taken_over(lab):
    honour_database(lab, COLUMNS)


@case()
def without_read_from_head_only_what_is_written_later_arrives(lab):
    server, pod = open_both(lab)
    pod.write(range(100))
    agent = start(lab, server, read_from_head="off")
    pod.write(range(100, 200))
    expect_sent_once(server, range(100, 200))
    agent.stop()


@case()
def a_file_that_was_found_and_not_read_is_read_after_a_kill_and_a_rotation(lab):
    server, pod = open_both(lab)
    agent = start(lab, server, read_from_head="off")
    positions.wait_for_rows(lab.path("positions.db"))
    agent.kill()
    pod.write(range(500))
    pod.rotate()
    pod.write(range(500, 700))
    agent = start(lab, server, read_from_head="off")
    expect_sent_once(server, range(700))
    agent.stop()


def copy_and_truncate(pod):
    shutil.copyfile(pod.path, pod.path + ".1")
    os.truncate(pod.path, 0)


@case()
def what_was_unread_when_a_file_was_truncated_is_read_from_its_copy(lab):
    server, pod = open_both(lab)
    pod.write(range(300))
    agent = start(lab, server)
    server.wait_for(range(300))
    pod.write(range(300, 400))
    copy_and_truncate(pod)
    pod.write(range(400, 500))
    expect_sent_once(server, range(500))
    agent.stop()


@case()
def a_copy_that_was_read_is_not_read_again_after_a_kill(lab):
    server, pod = open_both(lab)
    pod.write(range(300))
    agent = start(lab, server)
    server.wait_for(range(300))
    copy_and_truncate(pod)
    pod.write(range(300, 400))
    server.wait_for(range(400))
    positions.wait_for_ends(lab.path("positions.db"), [pod.path])
    time.sleep(2.5)  # the copy's, too
    agent.kill()
    agent = start(lab, server)
    pod.write(range(400, 500))
    expect_sent_once(server, range(500))
    agent.stop()


@case()
def a_start_between_two_steps_of_a_rotation_forgets_nothing(lab):
    server, pod = open_both(lab)
    pod.write(range(300))
    agent = start(lab, server)
    server.wait_for(range(300))
    agent.stop()
    pod.write(range(300, 400))
    os.rename(pod.path, pod.path + ".20261121-050000")
    agent = start(lab, server)
    time.sleep(1.5)  # what is gone from the database by then is gone
    agent.kill()
    pod.reopen()
    pod.write(range(400, 500))
    agent = start(lab, server)
    expect_sent_once(server, range(500))
    agent.stop()


@case()
def generations_that_were_read_are_not_read_again_once_they_are_compressed(lab):
    server, pod = open_both(lab)
    keys = {"rotate_wait": "1", "refresh_interval": "1"}
    pod.write(range(300))
    agent = start(lab, server, **keys)
    server.wait_for(range(300))
    pod.rotate()
    pod.write(range(300, 400))
    until = time.monotonic() + CLOSED_SECONDS_MAX
    while agent.metric("fluentbit_input_files_closed_total") != 1:
        assert time.monotonic() < until, "the first generation is not closed"
        time.sleep(0.1)
    pod.rotate()
    pod.write(range(400, 500))
    server.wait_for(range(500))
    agent.kill()
    agent = start(lab, server, **keys)
    time.sleep(2)
    pod.rotate()
    pod.write(range(500, 600))
    server.wait_for(range(600))
    agent.stop()
    assert not server.doubled(), f"{len(server.doubled())} were stored twice"
    server.expect_all(range(600))


@case()
def a_file_that_two_inputs_follow_is_delivered_by_both(lab):
    server, pod = open_both(lab)
    pod.write(range(100))
    keys = {"multiline.parser": "cri"}
    agent = lab.start_agent({
        "inputs": [config.tail(lab.path("containers", "*.log"), lab.path(f"{name}.db"),
                               **keys, tag=f"{name}.*") for name in ("first", "second")],
        "outputs": [config.bulk_output("127.0.0.1", server.port, "e2e")],
    })
    server.wait_for(range(100))
    agent.stop()
    assert len(server.stored) == 100 and set(server.stored.values()) == {2}, server.stored
