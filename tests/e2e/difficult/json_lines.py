"""JSON of every kind of oddity. Each line has keys of its own, where its keys are not the point."""

from difficult.line import Line

NUMBERS = """0 -0 0.0 -0.0 1.10 1.0 1e2 1E+2 1e-7 10.00 0.1 0.30000000000000004 5e-324 1e-400
9007199254740993 -9007199254740993 9223372036854775807
-9223372036854775808 4294967296 2147483648 3.141592653589793238462643383279
0.1000000000000000055511151231257827021181583404541015625 1e0 1e00 100000000000000000000.0""".split()

HUGE_NUMBERS = """9223372036854775808 -9223372036854775809 18446744073709551615 18446744073709551616
123456789012345678901234567890 1e400 -1e400 1e39 3.5e38 1e308 1.7976931348623157e308 0e999999999""".split()

STRINGS = {
    "an escaped NUL": r"a\u0000b",
    "a high surrogate alone": r"a\ud800b",
    "a low surrogate alone": r"a\udc00b",
    "surrogates the wrong way": r"\udc00\ud800",
    "a pair": r"\ud83d\ude00",
    "quotes and backslashes": r"\"a\\b\\\"",
    "an escaped slash": r"a\/b",
    "short escapes": r"\b\f\n\r\t",
    "line separators escaped": r"\u2028\u2029",
    "line separators": "a\u2028b\u2029c",
    "a next line": "a\u0085b",
    "DEL": "a\u007fb",
    "an escaped control": r"\u001b[31mred\u001b[0m",
    "nothing": "",
    "a blank": " ",
    "blanks around": "  a  ",
    "a byte order mark": "\ufeffa",
    "right to left": "שלום عالم",
    "combining marks": "e\u0301 \u1112\u1161\u11ab",
    "a family": "👨‍👩‍👧‍👦",
    "private use": "\ue000\uf8ff",
    "a noncharacter": "\ufffe\uffff",
    "the last code point": "\U0010ffff",
    "a replacement": "a\ufffdb",
    "null as text": "null",
    "a number as text": "1e400",
    "a date": "2026-11-21T08:00:00Z",
    "no date": "2026-13-45T99:00:00Z",
    "a short date": "2026/11/21",
    "an address": "10.0.0.1",
    "JSON": r"{\"a\":1}",
    "a kilobyte": "x" * 1024,
    "a term over 32766 bytes": "y" * 40000,
    "mixed case escapes": r"\u00E9\u00e9",
    "percent": "%s%n%d",
    "markup": "<script>&amp;</script>",
    "a lone escape at the end": r"a\\",
    "bidi overrides": "\u202eabc\u202c",
}

KEYS = [
    "",
    ".",
    "..",
    "...",
    ".a",
    "a.",
    "a..b",
    " ",
    "a ",
    " a",
    "a b",
    "_id",
    "_index",
    "_source",
    "_type",
    "_routing",
    "_field_names",
    "_ignored",
    "_size",
    "_doc_count",
    "_tier",
    "_version",
    "_seq_no",
    "_nested_path",
    "_data_stream_timestamp",
    "@version",
    "@",
    "#",
    "*",
    "?",
    ",",
    ":",
    "[",
    "{",
    '\\"',
    "\\\\",
    "/",
    "$ref",
    "$",
    "__proto__",
    "constructor",
    "1",
    "-1",
    "é",
    "日本",
    "😀",
    "\\u0000",
    "a\\u0000b",
    "\\n",
    "\\t",
    "\\ud800",
    "null",
    "true",
    "type",
    "level",
    "properties",
    "k" * 300,
    "k" * 40000,
    ".".join("abcdefghij"),
    ".".join(["d"] * 30),
    "refused_reason",
    "create",
    "index",
    "tags",
    "host",
    "error",
    "service",
    "user",
    "\ufeffk",
]

NO_JSON = {
    "a comma at the end": '{"a":1,}',
    "a comment": '{"a":1 /* b */}',
    "single quotes": "{'a':1}",
    "NaN": '{"a":NaN}',
    "infinity": '{"a":-Infinity}',
    "a key without quotes": "{a:1}",
    "two objects": '{"a":1}{"b":2}',
    "two objects with a blank": '{"a":1} {"b":2}',
    "text behind": '{"a":1} done',
    "text before": 'INFO {"a":1}',
    "no end": '{"a":1',
    "no end of a string": '{"a":"x',
    "a brace": "{",
    "a closing brace": "}",
    "no value": '{"a":}',
    "no colon": '{"a" 1}',
    "no comma": '{"a":1 "b":2}',
    "a leading zero": '{"a":01}',
    "a plus": '{"a":+1}',
    "a point first": '{"a":.5}',
    "a point last": '{"a":5.}',
    "hexadecimal": '{"a":0x1F}',
    "an unknown escape": r'{"a":"\x41"}',
    "half an escape": r'{"a":"\u12"}',
    "a tab in a string": '{"a":"x\ty"}',
    "True": '{"a":True}',
    "undefined": '{"a":undefined}',
    "a number and more": '{"a":1abc}',
    "brackets crossed": '{"a":[1}]',
    "an array": '[{"a":1}]',
    "a string": '"a"',
    "a number": "42",
    "true": "true",
    "null": "null",
    "an empty array": "[]",
    "a colon at the front": ':{"a":1}',
    "an escaped object": r"{\"a\":1}",
    "a byte order mark": '\ufeff{"a":1}',
    "a NUL in a string": '{"a":"x\0y"}',
    "a control in a string": '{"a":"x\x1by"}',
    "a NUL behind": '{"a":1}\0',
    "an unfinished escape": '{"a":"x\\',
    "minus": '{"a":-}',
    "an exponent without digits": '{"a":1e}',
    "a value twice": '{"a":1 2}',
}


def object_of(key, value):
    return f'{{"{key}":{value}}}'.encode("utf-8", "surrogatepass")


def numbers():
    for nth, text in enumerate(NUMBERS):
        yield Line(f"the number {text}", object_of(f"n{nth}", text), "exact")
    for nth, text in enumerate(HUGE_NUMBERS):
        yield Line(f"the huge number {text}", object_of(f"h{nth}", text), "any")
    yield Line("numbers in an array", object_of("numbers", "[1.5,2.50,1e3,-0.0]"), "exact")


def strings():
    for nth, (name, text) in enumerate(STRINGS.items()):
        want = "any" if "date" in name or "surrogate" in name else "exact"
        yield Line("a string with " + name, object_of(f"s{nth}", f'"{text}"'), want)


def keys():
    for key in KEYS:
        shown = key if len(key) < 20 else f"{key[:8]}… of {len(key)}"
        yield Line(f"the key {shown!r}", object_of(key, '"v"'), "any")
        yield Line(
            f"the key {shown!r} in an object", object_of("o", object_of(key, 1).decode()), "any"
        )


def doubled_keys():
    texts = [
        '{"d1":1,"d1":2}',
        '{"d2":1,"d2":1}',
        '{"d3":{"a":1,"a":2}}',
        r'{"d4":1,"\u0064\u0034":2}',
        '{"d5":"a","x5":1,"d5":null}',
        '{"d6":[{"a":1,"a":2}]}',
        '{"d7":1,"d7":2,"d7":3}',
        '{"d8":{"a":1},"d8":{"b":2}}',
        '{"d9":{"y":1},"d9.y":2}',
    ]
    for text in texts:
        yield Line("keys twice, " + text, text.encode(), "last")


def frame_keys():
    """Members with the names of what the frame, the parser or the output writes."""
    values = ('"a text"', "7", '{"a":1}', "null", '["a"]', '"2001-02-03T04:05:06Z"')
    for key in ("time", "stream", "_p", "log", "message", "@timestamp", "date", "level"):
        for value in values:
            yield Line(f"{key} is {value}", f'{{"{key}":{value},"own":"{key}"}}'.encode(), "any")


def shapes():
    yield Line("an empty object", b"{}", "any")
    yield Line("an empty object with blanks", b" { } ", "any")
    yield Line("an empty member", b'{"e1":{}}', "exact")
    yield Line("an empty array", b'{"e2":[]}', "exact")
    yield Line("null", b'{"e3":null}', "exact")
    yield Line("nulls in an array", b'{"e4":[null,null]}', "exact")
    yield Line("arrays in arrays", b'{"e5":[[1,[2,[3]]],[]]}', "exact")
    yield Line("all kinds in an array", b'{"e6":[1,"a",null,true,{"b":2},[3]]}', "any")
    yield Line("blanks everywhere", b' \t{ "e7" : [ 1 , 2 ] , "f7" : { } } \t', "exact")
    for depth in (15, 19, 20, 21, 50, 100, 500, 1000, 1500):
        yield Line(f"objects {depth} deep", b'{"a":' * depth + b"1" + b"}" * depth, "any")
        yield Line(f"arrays {depth} deep", b'{"b":' + b"[" * depth + b"]" * depth + b"}", "any")
    yield Line(
        "an array of 10000", b'{"c":[' + b",".join(b"%d" % n for n in range(10000)) + b"]}", "any"
    )
    yield Line("a hundred members", members(100, "m"), "exact")


def members(count, key):
    return b"{" + b",".join(b'"%s%d":%d' % (key.encode(), n, n) for n in range(count)) + b"}"


def no_json():
    for name, text in NO_JSON.items():
        yield Line("no JSON for " + name, text.encode(), "text")


def bad_bytes():
    for name, data in (
        ("a lone continuation", b"\x80"),
        ("a cut character", b"\xc3"),
        ("Latin-1", b"caf\xe9"),
        ("an overlong slash", b"\xc0\xaf"),
        ("a surrogate", b"\xed\xa0\x80"),
        ("beyond Unicode", b"\xf4\x90\x80\x80"),
        ("bytes that never are", b"\xfe\xff"),
    ):
        yield Line(f"{name} in a string", b'{"b":"x' + data + b'y"}', "any")
        yield Line(f"{name} in a key", b'{"x' + data + b'y":1}', "any")
        yield Line(f"{name} behind", b'{"b":"x"}' + data, "any")


def conflicts():
    values = (
        "1",
        '"a text"',
        "1.5",
        "true",
        "null",
        "[1]",
        '["a"]',
        '{"a":1}',
        '[{"a":1}]',
        '"2026-11-21"',
        "{}",
        "[]",
    )
    for key in ("conflict", "message", "msg", "error", "user"):
        for value in values:
            yield Line(f"{key} is {value}", f'{{"{key}":{value}}}'.encode(), "any")
    for text in (
        '{"p":1,"p.q":2}',
        '{"p.q":1,"p":2}',
        '{"p":{"q":{"r":1}}}',
        '{"p":{"q.r":1,"q":{"r":2}}}',
        '{"p":{"q":5}}',
    ):
        yield Line("a path and what lies on it, " + text, text.encode(), "any")


def too_many():
    """An index of their own: they spend its limit of fields."""
    yield Line("900 fields", members(900, "f"), "any")
    yield Line("999 more fields", members(999, "g"), "any")
    yield Line("5000 fields", members(5000, "w"), "any")
    yield Line("one field more", b'{"one_more":1}', "any")
    yield Line("an object more", b'{"object_more":{"a":{"b":1}}}', "any")


def groups():
    return {
        "json-values": [*numbers(), *strings(), *shapes()],
        "json-keys": [*keys(), *doubled_keys(), *frame_keys()],
        "json-broken": [*no_json(), *bad_bytes()],
        "json-conflicts": list(conflicts()),
        "json-too-many": list(too_many()),
    }
