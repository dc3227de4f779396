"""One HTTP call and its answer, whatever the status."""

import base64
import collections
import json
import urllib.error
import urllib.request

CALL_SECONDS_MAX = 60


class Answer(collections.namedtuple("Answer", "status headers body")):
    @property
    def text(self):
        return self.body.decode(errors="replace")

    def json(self):
        return json.loads(self.body)


def call(method, url, body=None, login=None, content_type="application/json"):
    """A dict body goes out as JSON, text and bytes as they are. OSError: nobody answered."""
    headers = {"Content-Type": content_type} if body is not None else {}
    if login:
        headers["Authorization"] = "Basic " + base64.b64encode(":".join(login).encode()).decode()
    request = urllib.request.Request(url, encode(body), headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=CALL_SECONDS_MAX) as reply:
            return Answer(reply.status, dict(reply.headers), reply.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return Answer(refused.code, dict(refused.headers), refused.read())


def encode(body):
    if body is None or isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()
