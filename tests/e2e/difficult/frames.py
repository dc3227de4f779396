"""Lines as container runtimes write them, whole and in parts, and frames that are none.

A frame is bytes in a file. `spans` of a group tell which bytes belong to which line, so that what
arrived is known by its offset, whatever its content.
"""

import json

from difficult.line import Line, stamp

PART_BYTES = 16384


def cri(text, nth, stream="stdout"):
    """Time, stream, P or F, text; parts are cut at bytes, in the middle of characters too."""
    head = f"{stamp(nth)} {stream} ".encode()
    out = b""
    while len(text) > PART_BYTES:
        out += head + b"P " + text[:PART_BYTES] + b"\n"
        text = text[PART_BYTES:]
    return out + head + b"F " + text + b"\n"


def docker(text, nth, stream="stdout"):
    """Docker's JSON; what is no UTF-8 it has replaced, and a character that it cut, too."""
    out = b""
    data = text + b"\n"
    for at in range(0, len(data), PART_BYTES):
        part = data[at : at + PART_BYTES].decode(errors="replace")
        frame = {"log": part, "stream": stream, "time": stamp(nth)}
        line = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
        out += line.replace("\x7f", "\\u007f").encode() + b"\n"
    return out


def plain(text, _):
    return text + b"\n"


def file_of(lines, frame):
    """(bytes, [(first offset, line)]) of a file with all of them."""
    data, spans = bytearray(), []
    for nth, line in enumerate(lines):
        spans.append((len(data), line))
        data += line.text if line.want == "raw" else frame(line.text, nth)
    return bytes(data), spans


def odd_cri():
    """Frames that a runtime writes rarely, or nobody but a broken one. The words must be found."""
    at, good = b"2025-11-21T09:00:00", b"2025-11-21T09:00:00.000000001Z stdout F "
    frames = {
        "an offset for Z": (at + b".000000002+00:00 stdout F shifted", "shifted"),
        "another offset": (
            b"2025-11-21T11:00:00.000000003+02:00 stdout F shifted far",
            "shifted far",
        ),
        "three digits": (at + b".004Z stdout F three digits", "three digits"),
        "no fraction": (at + b"Z stdout F no fraction", "no fraction"),
        "a tag behind the mark": (at + b".000000005Z stdout F:x tagged", "tagged"),
        "an impossible day": (
            b"2025-02-31T09:00:00.000000006Z stdout F impossible day",
            "impossible day",
        ),
        "an impossible hour": (
            b"2025-11-21T29:00:00.000000007Z stdout F impossible hour",
            "impossible hour",
        ),
        "no time": (b"yesterday stdout F no time", "no time"),
        "a leap second": (b"2025-11-21T23:59:60.000000008Z stdout F leap second", "leap second"),
        "the year 9999": (b"9999-12-31T23:59:59.999999999Z stdout F last year", "last year"),
        "the year 1": (b"0001-01-01T00:00:00.000000001Z stdout F first year", "first year"),
        "a time before 1970": (
            b"1969-12-31T23:59:59.000000001Z stdout F before 1970",
            "before 1970",
        ),
        "an unknown stream": (at + b".000000009Z stdlog F unknown stream", "unknown stream"),
        "an unknown mark": (at + b".000000010Z stdout X unknown mark", "unknown mark"),
        "no mark": (at + b".000000011Z stdout no mark", "no mark"),
        "nothing of it": (b"panic: nobody framed this", "nobody framed this"),
        "NULs before it": (b"\0" * 1024 + good + b"after NULs", "after NULs"),
        "a blank before it": (b" " + good + b"blank before", "blank before"),
        "no text and no blank": (at + b".000000012Z stdout F", "09:00:00"),
        "two blanks": (at + b".000000013Z stdout F  two blanks", " two blanks"),
        "a carriage return": (good + b"carriage return\r", "carriage return"),
        "half of it": (b"2025-11-21T09:0", "2025-11-21T09:0"),
        "bytes of no text": (b"\xff\xfe\xfd framed by nobody", "\ufffd framed by nobody"),
    }
    for name, (data, words) in frames.items():
        yield Line("a CRI frame with " + name, data + b"\n", "raw", words)


def odd_docker():
    """The same of Docker's."""

    def frame(log, **keys):
        return json.dumps({"log": log, "stream": "stdout", "time": stamp(7), **keys}).encode()

    tail = b'","stream":"stdout","time":"2025-11-21T09:00:00Z"}'
    frames = {
        "attributes": (frame("with attributes\n", attrs={"tag": "a"}), "with attributes"),
        "the keys in another order": (
            b'{"time":"2025-11-21T09:00:00Z","stream":"stdout","log":"other order\\n"}',
            "other order",
        ),
        "blanks": (
            b'{ "log" : "with blanks\\n" , "stream" : "stdout" , "time" : "2025-11-21T09:00:00Z" }',
            "with blanks",
        ),
        "no stream": (b'{"log":"no stream\\n","time":"2025-11-21T09:00:00Z"}', "no stream"),
        "no time": (b'{"log":"no time\\n","stream":"stdout"}', "no time"),
        "an impossible time": (
            frame("impossible time\n", time="2025-13-41T09:00:00Z"),
            "impossible time",
        ),
        "a time that is a number": (frame("time is a number\n", time=7), "time is a number"),
        "a log that is an object": (frame({"a": "log is an object"}), "log is an object"),
        "no log": (b'{"stream":"stdout","time":"2025-11-21T09:00:01Z"}', "2025-11-21T09:00:01Z"),
        "no JSON": (b"panic: no JSON", "panic: no JSON"),
        "half of it": (b'{"log":"half of i', "half of i"),
        "an array": (b'["an array"]', "an array"),
        "NULs before it": (b"\0" * 1024 + frame("after NULs\n"), "after NULs"),
        "two in one line": (frame("the first\n") + frame("the second\n"), "the first"),
        "bytes of no text": (b'{"log":"no\xff\xfetext\\n' + tail, "text"),
        "escapes": (
            b'{"log":"\\u003ca\\u003e \\u0026 \\u2028 escapes\\n' + tail,
            "<a> & \u2028 escapes",
        ),
        "half a pair": (b'{"log":"half \\ud83d pair\\n' + tail, " pair"),
        "a carriage return": (frame("carriage return\r\n"), "carriage return"),
        "only a line feed": (frame("\n"), ""),
        "nothing": (b"", ""),
    }
    for name, (data, words) in frames.items():
        yield Line("a Docker line with " + name, data + b"\n", "raw", words)


def times():
    """Time stamps in the text itself, for a parser that wants one; the text must stay as it was."""
    values = [
        "2026-11-21T08:00:00.123Z",
        "2026-11-21T08:00:00Z",
        "2026-11-21T08:00:00.123456789Z",
        "2026-11-21 08:00:00",
        "2026-11-21T08:00:00.123+02:00",
        "2026-02-30T08:00:00.123Z",
        "2026-13-01T08:00:00.123Z",
        "2026-11-21T25:00:00.123Z",
        "2026-11-21T08:61:00.123Z",
        "2026-06-30T23:59:60.000Z",
        "0000-00-00T00:00:00.000Z",
        "9999-12-31T23:59:59.999Z",
        "99999-01-01T00:00:00.000Z",
        "1970-01-01T00:00:00.000Z",
        "1969-12-31T23:59:59.999Z",
        "-2026-11-21T08:00:00.123Z",
        "",
        " ",
        "now",
        "1763712000",
        "1763712000123",
        "1763712000.123",
        "null",
        "21/Nov/2026:08:00:00 +0000",
        "Sat Nov 21 08:00:00 2026",
        "2026-11-21T08:00:00.123Z ",
        " 2026-11-21T08:00:00.123Z",
        "2026-11-21T08:00:00,123Z",
        "２０２６-11-21T08:00:00.123Z",
        "2026-11-21T08:00:00.123Z" * 3,
    ]
    for nth, value in enumerate(values):
        yield Line(
            f"the time {value!r}",
            json.dumps({"ts": value, f"t{nth}": 1}, ensure_ascii=False).encode(),
            "any",
        )
    for value in (
        "1763712000",
        "1763712000.123",
        "1e9",
        "-1",
        "null",
        "true",
        "{}",
        "[]",
        '{"a":1}',
        "99999999999999999999",
    ):
        yield Line(f"the time {value}", b'{"ts":%s,"plain":1}' % value.encode(), "any")


def groups():
    return {"odd-cri": list(odd_cri()), "odd-docker": list(odd_docker()), "times": list(times())}
