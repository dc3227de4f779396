"""A server that stands where Elasticsearch stands and misbehaves by a script.

Each bulk request is answered by the next name of the script, and once the script is over as `then`
says: well, until somebody says otherwise. It remembers which numbers it has stored and promised to
have stored, so that a case can ask what was lost, and what was sent again although its storing had
been acknowledged.
"""

import gzip
import json
import re
import threading
import time

from kit.server import Handler, Server

HANG_SECONDS = 30
NUMBER = re.compile(rb'seq\\*"\s*:\s*(\d+)')


class Scripted:
    def __init__(self, script=(), address=("127.0.0.1", 0)):
        self.script = list(script)
        self.then = "well"
        self.lock = threading.Lock()
        self.ids = set()
        self.stored = {}  # number: how often
        self.acknowledged = set()
        self.resent = []  # acknowledged before, and sent again
        self.answered = []  # what was answered, by name
        self.logins = set()
        self.guard = None  # asked first: (handler, body) -> (status, answer), or None to let it pass
        self.server = Server(handler_for(self), address)

    @property
    def port(self):
        return self.server.server_port

    def close(self):
        self.server.close()

    def next_answer(self):
        with self.lock:
            name = self.script.pop(0) if self.script else self.then
            self.answered.append(name)
            return name

    def store(self, items, is_acknowledged):
        """One status for each item; an id that is known is stored no second time."""
        with self.lock:
            return [self.store_one(item, is_acknowledged) for item in items]

    def store_one(self, item, is_acknowledged):
        ident, number = item
        if number in self.acknowledged:
            self.resent.append(number)
        if is_acknowledged:
            self.acknowledged.add(number)
        if ident is not None and ident in self.ids:
            return 409
        self.ids.add(ident)
        self.stored[number] = self.stored.get(number, 0) + 1
        return 201

    def has(self, numbers):
        with self.lock:
            return set(numbers) <= self.acknowledged

    def doubled(self):
        """What was stored under two ids."""
        with self.lock:
            return sorted(number for number, times in self.stored.items() if times > 1)

    def wait_for(self, numbers, seconds_max=120):
        until = time.monotonic() + seconds_max
        while time.monotonic() < until and not self.has(numbers):
            time.sleep(0.05)

    def expect_all(self, numbers):
        missing = sorted(set(numbers) - self.acknowledged)
        assert not missing, f"{len(missing)} lost: {missing[:5]}, answered {self.answered[:12]}"


def handler_for(scripted):
    class Elasticsearch(Handler):
        def do_GET(self):
            reply(self, 200, {"version": {"number": "8.19.21"}, "tagline": "You Know, for Search"})

        def do_HEAD(self):
            reply(self, 200, b"")

        def do_POST(self):
            body = self.body()
            if "_bulk" not in self.path:
                reply(self, 200, {})
                return
            refused = scripted.guard(self, body) if scripted.guard else None
            if refused:
                reply(self, *refused)
                return
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            scripted.logins.add(self.headers.get("Authorization"))
            ANSWERS[scripted.next_answer()](scripted, self, items_of(body))

    return Elasticsearch


def items_of(body):
    """(id or None, number) of each action and document."""
    lines = body.split(b"\n")
    return [(json.loads(action).popitem()[1].get("_id"), int(NUMBER.search(document).group(1)))
            for action, document in zip(lines[::2], lines[1::2])]


def reply(handler, status, body, headers=None):
    handler.answer(status, body, {"X-elastic-product": "Elasticsearch",
                                  "Content-Type": "application/json", **(headers or {})})


def hang_up(handler):
    handler.close_connection = True


def item_answer(status, kind="version_conflict_engine_exception"):
    if status < 300:
        return {"create": {"_index": "i", "status": status, "result": "created"}}
    return {"create": {"_index": "i", "status": status, "error": {"type": kind, "reason": "so"}}}


def bulk_answer(answers):
    is_failed = any(list(answer.values())[0]["status"] >= 300 for answer in answers)
    return {"took": 1, "errors": is_failed, "items": answers}


def well(scripted, handler, items):
    statuses = scripted.store(items, is_acknowledged=True)
    reply(handler, 200, bulk_answer([item_answer(status) for status in statuses]))


def page(_, handler, __):
    """A proxy's login page, with 200."""
    reply(handler, 200, b"<html><body>Please log in</body></html>", {"Content-Type": "text/html"})


def empty(_, handler, __):
    reply(handler, 200, b"")


def errors_only(_, handler, __):
    """Something failed, and nobody says what."""
    reply(handler, 200, {"took": 1, "errors": True})


def fewer_items(scripted, handler, items):
    """Half of the items are answered, so no position can be trusted."""
    answers = [item_answer(201) for _ in items[: len(items) // 2]]
    reply(handler, 200, {"took": 1, "errors": False, "items": answers})


def every_other_busy(scripted, handler, items):
    statuses = scripted.store(items[::2], is_acknowledged=True)
    answers = []
    for nth in range(len(items)):
        answers.append(item_answer(statuses[nth // 2]) if nth % 2 == 0
                       else item_answer(429, "es_rejected_execution_exception"))
    reply(handler, 200, bulk_answer(answers))


def all_busy(_, handler, items):
    """Each item is answered, and none is taken."""
    kind = "es_rejected_execution_exception"
    reply(handler, 200, bulk_answer([item_answer(429, kind) for _ in items]))


def all_refused(_, handler, items):
    kind = "document_parsing_exception"
    reply(handler, 200, bulk_answer([item_answer(400, kind) for _ in items]))


def half(scripted, handler, items):
    """Everything is stored, but the answer breaks off."""
    scripted.store(items, is_acknowledged=False)
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                        b"Content-Length: 5000\r\n\r\n" + b'{"took":1,"errors":false,"items":[')
    hang_up(handler)


def half_of_nothing(_, handler, __):
    """Likewise, and nothing is stored."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                        b"Content-Length: 5000\r\n\r\n" + b'{"took":1,"errors":false,"items":[')
    hang_up(handler)


def nothing(_, handler, __):
    hang_up(handler)


def stored_but_silent(scripted, handler, items):
    scripted.store(items, is_acknowledged=False)
    hang_up(handler)


def never(_, handler, __):
    """Takes the request and says nothing, for longer than a client should wait."""
    time.sleep(HANG_SECONDS)
    hang_up(handler)


def too_large(_, handler, __):
    reply(handler, 413, b"", {"Connection": "close"})
    hang_up(handler)


def busy(_, handler, __):
    error = {"type": "es_rejected_execution_exception", "reason": "rejected"}
    reply(handler, 429, {"error": error, "status": 429})


def no_entry(_, handler, __):
    error = {"type": "security_exception", "reason": "unable to authenticate"}
    reply(handler, 401, {"error": error, "status": 401}, {"WWW-Authenticate": "Basic realm=\"s\""})


def unavailable(_, handler, __):
    reply(handler, 503, b"<html>503</html>", {"Content-Type": "text/html"})


ANSWERS = {
    "well": well,
    "a login page": page,
    "an empty body": empty,
    "errors without items": errors_only,
    "fewer items than documents": fewer_items,
    "429 for every other item": every_other_busy,
    "429 for every item": all_busy,
    "400 for every item": all_refused,
    "half a body": half,
    "half a body, and none stored": half_of_nothing,
    "nothing": nothing,
    "nothing, having stored all": stored_but_silent,
    "silence": never,
    "413": too_large,
    "429": busy,
    "401": no_entry,
    "503": unavailable,
}
