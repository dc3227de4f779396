#!/usr/bin/env python3
"""Checks the yardstick itself: what gen writes, what floor ships, what sink counts and answers."""

import gzip
import http.client
import http.server
import json
import os
import subprocess
import sys
import threading
import urllib.error

sys.dont_write_bytecode = True

import measure

NUMBER = '{"create":{}}\n{"sequence_id":%d}\n'


def post(sink, body, query="", headers=None):
    url = f"http://127.0.0.1:{sink.port}/_bulk{query}"
    request = measure.urllib.request.Request(url, body, headers or {})
    with measure.urllib.request.urlopen(request) as reply:
        return json.load(reply)


def generated_lines_are_numbered_json_in_cri_frames():
    with measure.Stand() as stand:
        stand.generate(2, 500)
        for number, path in enumerate(stand.log_paths()):
            for line, text in enumerate(open(path)):
                stamp, stream, whole, body = text.split(" ", 3)
                assert len(stamp) == 30 and stream in ("stdout", "stderr") and whole == "F", text
                assert json.loads(body)["sequence_id"] == number * 100_000_000 + line, text


def the_floor_ships_every_line_as_a_document():
    bodies = []

    class Keep(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            is_gzip = self.headers["Content-Encoding"] == "gzip"
            bodies.append(gzip.decompress(body) if is_gzip else body)
            self.send_response(200)
            self.send_header("Content-Length", "16")
            self.end_headers()
            self.wfile.write(b'{"errors":false}')

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Keep)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    floor = os.path.join(measure.PROGRAMS, "floor")
    with measure.Stand() as stand:
        stand.generate(1, 500)
        for level in ("none", "isal", "zlib"):
            bodies.clear()
            command = [floor, str(server.server_port), level] + stand.log_paths()
            subprocess.run(command, check=True, timeout=120)
            lines = b"".join(bodies).splitlines()
            documents = [json.loads(line) for line in lines[1::2]]
            assert [d["sequence_id"] for d in documents] == list(range(500)), level
            assert all(json.loads(line)["create"]["_index"] for line in lines[::2]), level
    server.shutdown()


def the_floor_of_cloudwatch_logs_ships_every_line():
    floor = os.path.join(measure.PROGRAMS, "floor_put")
    with measure.Stand() as stand, measure.Sink() as sink:
        stand.generate(3, 7000)
        for level in ("none", "isal", "zlib"):
            subprocess.run([floor, str(sink.port), level] + stand.log_paths(), check=True,
                           timeout=120)
        puts, stats = sink.ask("/__puts"), sink.stats()
    assert stats["unique"] == 21_000 and stats["duplicates"] == 42_000, stats
    assert puts["invalid"] == puts["unsigned"] == 0 and puts["streams"] == 3, puts
    assert puts["events"] == 63_000 and puts["calls"] <= puts["least"] + 6, puts


def the_sink_tells_unique_from_doubled_and_missing():
    with measure.Sink() as sink:
        post(sink, "".join(NUMBER % n for n in (0, 1, 1, 4, 300_000_002)).encode())
        post(sink, b'{"index":{}}\n{"log":"{\\"sequence_id\\":7}"}\n{"index":{}}\n{"a":1}\n')
        stats = sink.stats()
    assert stats["docs"] == 7 and stats["unique"] == 5 and stats["duplicates"] == 1, stats
    assert stats["gaps"] == 4 + 2 and stats["unnumbered"] == 1 and stats["requests"] == 2, stats


def the_sink_answers_as_filter_path_asks():
    body = (NUMBER % 1).encode()
    with measure.Sink() as sink:
        whole = post(sink, body)
        assert whole["items"][0]["create"]["_shards"]["successful"] == 1, whole
        assert post(sink, body, "?filter_path=errors") == {"errors": False}
        assert post(sink, body, "?filter_path=errors,items.*.error") == {"errors": False}
        slim = post(sink, body, "?filter_path=errors%2Citems.%2A.status%2Ctook")
        assert slim == {"errors": False, "took": 3, "items": [{"create": {"status": 201}}]}, slim


def the_sink_refuses_to_create_an_id_twice():
    create = b'{"create":{"_id":"a"}}\n{"sequence_id":1}\n'
    with measure.Sink() as sink:
        assert not post(sink, create)["errors"]
        again = post(sink, create + create.replace(b'"a"', b'"b"'))
        stats = sink.stats()
    assert again["errors"] and again["items"][0]["create"]["status"] == 409, again
    assert again["items"][1]["create"]["status"] == 201, again
    assert stats["conflicts"] == 1 and stats["duplicates"] == 1, stats


def the_sink_opens_gzip_in_several_members():
    body = gzip.compress((NUMBER % 1).encode()) + gzip.compress((NUMBER % 2).encode())
    with measure.Sink() as sink:
        post(sink, body, headers={"Content-Encoding": "gzip"})
        assert sink.stats()["unique"] == 2


def the_sink_does_wrong_as_it_is_told():
    with measure.Sink() as sink:
        def ask(path):
            with measure.urllib.request.urlopen(f"http://127.0.0.1:{sink.port}{path}") as reply:
                return json.load(reply)

        ask("/__faults?item429=1000")
        assert post(sink, (NUMBER % 1).encode())["items"][0]["create"]["status"] == 429
        ask("/__faults?item409=1000")
        assert post(sink, (NUMBER % 2).encode())["items"][0]["create"]["status"] == 409
        ask("/__faults?refuse=100&poison=100")
        as_text = b'{"create":{}}\n{"log":"{\\"sequence_id\\":%d}"}\n'
        for body, status in ((NUMBER % 107, 400), (NUMBER % 111, 400), (NUMBER % 106, 201),
                             ((as_text % 207).decode(), 201), ((as_text % 211).decode(), 400)):
            item = post(sink, body.encode())["items"][0]["create"]
            assert item["status"] == status, (body, item)
        for fault in ("closed", "lost", "cut"):
            ask(f"/__faults?{fault}=1000")
            try:
                post(sink, (NUMBER % 3).encode())
                raise AssertionError(fault + " was answered")
            except (OSError, http.client.HTTPException, ValueError):
                pass
        ask("/__faults?huge=1000")
        assert post(sink, (NUMBER % 4).encode())["errors"] is False
        missing, stats = ask("/__missing"), sink.stats()
    assert missing[:3] == [0, 1, 5] and stats["failed"] == 4, (missing, stats)
    assert stats["unique"] == 5 and stats["duplicates"] == 1, stats


def the_sink_goes_down_and_comes_back():
    with measure.Sink() as sink:
        post(sink, (NUMBER % 1).encode())
        try:
            measure.urllib.request.urlopen(f"http://127.0.0.1:{sink.port}/__faults?down=3000")
        except OSError:
            pass
        assert sink.stats() is None
        sink.must_answer()
        assert sink.stats()["unique"] == 1


def call(sink, operation, body, has_signature=True):
    headers = {"X-Amz-Target": "Logs_20140328." + operation, "Content-Encoding": "gzip"}
    if has_signature:
        headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=a"
    packed = gzip.compress(json.dumps(body, separators=(",", ":")).encode())
    request = measure.urllib.request.Request(f"http://127.0.0.1:{sink.port}/", packed, headers)
    try:
        with measure.urllib.request.urlopen(request) as reply:
            assert reply.headers["x-amzn-RequestId"]
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        assert error.headers["x-amzn-RequestId"]
        return error.code, json.load(error)["__type"]


def put(sink, events, stream="s", **more):
    body = {"logGroupName": "g", "logStreamName": stream,
            "logEvents": [{"timestamp": t, "message": m} for t, m in events]}
    return call(sink, "PutLogEvents", body, **more)


def the_sink_counts_events_as_cloudwatch_logs_does():
    with measure.Sink() as sink:
        assert put(sink, [(1, '{"sequence_id":1}'), (2, 'é"\n\u0001😀')])[0] == 200
        assert put(sink, [(5, '{"sequence_id":1}')], has_signature=False)[0] == 200
        puts, stats = sink.ask("/__puts"), sink.stats()
    assert puts["events"] == 3 and puts["event_bytes"] == 17 + 2 + 1 + 1 + 1 + 4 + 17 + 3 * 26, puts
    assert puts["calls"] == 2 and puts["least"] == 1 and puts["unsigned"] == 1, puts
    assert stats["unique"] == 1 and stats["duplicates"] == 1 and puts["invalid"] == 0, stats


def the_sink_refuses_calls_that_cloudwatch_logs_refuses():
    day = 24 * 3600 * 1000
    full = 1048576 - 26
    with measure.Sink() as sink:
        assert put(sink, [(1, "x" * full)])[0] == 200
        assert put(sink, [(1, "x")] * 10_000)[0] == 200
        assert put(sink, [(1, "x"), (day, "x")])[0] == 200
        for events in ([(1, "x" * (full + 1))], [(1, "x")] * 10_001, [(2, "x"), (1, "x")],
                       [(1, "x"), (1 + day, "x")], [(1, "")], []):
            assert put(sink, events) == (400, "InvalidParameterException"), events[:2]
        assert sink.ask("/__puts")["invalid"] == 6


def the_sink_throttles_as_it_is_told():
    with measure.Sink() as sink:
        sink.ask("/__limits?throttle=2&made=1")
        assert put(sink, [(1, "x")]) == (400, "ResourceNotFoundException")
        assert put(sink, [(1, "x")]) == (400, "ThrottlingException")
        name = {"logGroupName": "g", "logStreamName": "s"}
        assert call(sink, "CreateLogStream", name)[0] == 200
        assert call(sink, "CreateLogStream", name) == (400, "ResourceAlreadyExistsException")
        assert put(sink, [(1, "x")])[0] == 200
        sink.ask("/__limits?calls=1&creates=1")
        assert [put(sink, [(1, "x")])[0] for _ in range(9)].count(400) > 0
        assert sink.ask("/__puts")["creates"] == 1


CHECKS = [
    generated_lines_are_numbered_json_in_cri_frames,
    the_floor_ships_every_line_as_a_document,
    the_floor_of_cloudwatch_logs_ships_every_line,
    the_sink_tells_unique_from_doubled_and_missing,
    the_sink_answers_as_filter_path_asks,
    the_sink_refuses_to_create_an_id_twice,
    the_sink_opens_gzip_in_several_members,
    the_sink_does_wrong_as_it_is_told,
    the_sink_goes_down_and_comes_back,
    the_sink_counts_events_as_cloudwatch_logs_does,
    the_sink_refuses_calls_that_cloudwatch_logs_refuses,
    the_sink_throttles_as_it_is_told,
]

for check in CHECKS:
    check()
    print("ok     " + check.__name__.replace("_", " "))
