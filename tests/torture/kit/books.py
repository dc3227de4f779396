"""What became of every line: the table's columns, and one line of JSON that the runner reads.

    written = delivered + set aside + dropped + unaccounted

each counted once for each output. Written comes from the case, delivered and doubled from the sinks,
set aside and dropped from the agent.
"""

import json
import os
import signal
import sys
import time
import traceback

from kit import stand as kit

QUIET_SECONDS_MAX = 40
TRIES = 2  # of what a busy machine may spoil
TWICE_SECONDS = 1.5
SET_ASIDE = "tailrace_output_set_aside_records_total"
DROPPED = "tailrace_output_dropped_records_total"
LET_GO = "tailrace_input_dropped_lines_total"  # of files that were over the held budget
LOG_LINES_SHOWN = 12


class Books:
    def __init__(self, written, note=""):
        self.written = written
        self.delivered = self.doubled = self.set_aside = self.dropped = 0
        self.may_set_aside = self.may_drop = False
        self.note = note
        self.problems = []
        self.slow = []  # what took too long: a problem when it does so again

    @property
    def unaccounted(self):
        return self.written - self.delivered - self.set_aside - self.dropped

    def judge(self):
        if self.unaccounted:
            self.problems.append(f"{self.unaccounted} unaccounted")
        if self.doubled:
            self.problems.append(f"{self.doubled} doubled")
        if self.set_aside and not self.may_set_aside:
            self.problems.append(f"{self.set_aside} set aside for no reason")
        if self.dropped and not self.may_drop:
            self.problems.append(f"{self.dropped} dropped for no reason")

    def line(self):
        return json.dumps({"written": self.written, "delivered": self.delivered,
                           "doubled": self.doubled, "set_aside": self.set_aside,
                           "dropped": self.dropped, "unaccounted": self.unaccounted,
                           "note": "; ".join(self.problems + [self.note] if self.note
                                             else self.problems)})


def add_up(stand, books):
    """Reads the sinks and the living agent; false while one of them does not answer."""
    try:
        add_up_sinks(stand, books)
        books.set_aside = stand.metric(SET_ASIDE)
        books.dropped = stand.metric(DROPPED) + stand.metric(LET_GO, "held_budget")
    except OSError:
        return False
    return True


def add_up_sinks(stand, books):
    stats = [sink.must_stats() for sink in stand.sinks]
    books.delivered = sum(each["unique"] for each in stats)
    books.doubled = sum(each["duplicates"] for each in stats)


def settle(stand, books, quiet_seconds_max=QUIET_SECONDS_MAX):
    """Waits until every line is accounted for, or nothing has moved for a while."""
    before, quiet_since = None, time.monotonic()
    while time.monotonic() - quiet_since < quiet_seconds_max:
        is_known = add_up(stand, books)
        now = (books.delivered, books.set_aside, books.dropped)
        if is_known and books.unaccounted <= 0:
            time.sleep(TWICE_SECONDS)
            break
        if now != before:
            before, quiet_since = now, time.monotonic()
        time.sleep(0.1)
    add_up(stand, books)
    if books.unaccounted > 0:
        books.problems.append(f"missing {[sink.missing()[:5] for sink in stand.sinks]}")


def close(stand, books):
    """The usual end: settle, stop the agent, and what is then in the books."""
    settle(stand, books)
    stand.stop()
    add_up_sinks(stand, books)
    return books


def run(story, sink_count=1):
    """A case: story(stand) returns its books. Prints their line and ends the process. What was slow and
    else in order is told anew, in a stand of its own."""
    end_in_order()
    for nth in range(TRIES):
        books = tell(story, sink_count, nth == TRIES - 1)
        if books.problems or not books.slow:
            break
    print(books.line(), flush=True)
    sys.exit(1 if books.problems else 0)


def end_in_order():
    """Upon SIGTERM, too, everything that was started ends, and every folder goes."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def tell(story, sink_count, is_last):
    with kit.Stand(sink_count) as stand:
        try:
            books = story(stand)
        except Exception as error:
            books = Books(0, explain(error))
            books.problems.append("broke off")
        books.judge()
        if is_last:
            books.problems += books.slow
        elif books.slow:
            print("told anew: " + "; ".join(books.slow), file=sys.stderr, flush=True)
        if books.problems:
            show(stand)
    return books


def skip(reason):
    print(json.dumps({"written": 0, "delivered": 0, "doubled": 0, "set_aside": 0, "dropped": 0,
                      "unaccounted": 0, "note": "skipped: " + reason}), flush=True)
    sys.exit(0)


def explain(error):
    place = traceback.extract_tb(error.__traceback__)[-1]
    if isinstance(error, AssertionError):
        return str(error)
    return f"{type(error).__name__} {error} ({os.path.basename(place.filename)}:{place.lineno})"


def show(stand):
    """The folder of a failed case is kept."""
    stand.keep = True
    for line in stand.log().splitlines()[-LOG_LINES_SHOWN:]:
        print("    | " + line[:200], file=sys.stderr)
