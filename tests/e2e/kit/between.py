"""Stands between the agent and a real engine, and loses answers when it is told to.

The engine gets every request, so what it was asked for is done; the agent sees the connection end
without a word.
"""

import http.client
import threading

from kit.server import Handler, Server

KEPT_HEADERS = ("Content-Type", "X-elastic-product")


class Between:
    def __init__(self, engine):
        self.target = (engine.host, engine.port)
        self.lose_next = 0  # so many answers to bulk requests
        self.before_losing = lambda: None
        self.lost = 0
        self.lock = threading.Lock()
        self.server = Server(handler_for(self))

    @property
    def port(self):
        return self.server.server_port

    def close(self):
        self.server.close()

    def is_lost(self):
        with self.lock:
            is_lost = self.lose_next > 0
            self.lose_next -= is_lost
            self.lost += is_lost
            return is_lost


def handler_for(between):
    class Relay(Handler):
        def do_POST(self):
            body = self.body()
            told, content = self.ask(body)
            if "_bulk" in self.path and between.is_lost():
                between.before_losing()
                self.close_connection = True
                return
            self.answer(told.status, content, {name: told.getheader(name) for name in KEPT_HEADERS
                                               if told.getheader(name)})

        def ask(self, body):
            connection = http.client.HTTPConnection(*between.target, timeout=60)
            try:
                connection.request("POST", self.path, body, {
                    name: self.headers[name] for name in ("Content-Type", "Content-Encoding")
                    if name in self.headers})
                answer = connection.getresponse()
                return answer, answer.read()
            finally:
                connection.close()

    return Relay
