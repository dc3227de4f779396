"""Plain text: every byte, blanks, lengths around what runtimes cut at, characters cut in pieces."""

from difficult.line import Line

PART_BYTES = 16384  # what container runtimes cut at

TEXTS = {
    "a word": b"ok",
    "a letter": b"x",
    "a blank at the end": b"word ",
    "a blank at the front": b" word",
    "a tab": b"\tat com.example.Main(Main.java:7)",
    "blanks only": b"   ",
    "tabs only": b"\t\t",
    "a trace": b"Caused by: java.lang.Error: no",
    "colour": b"\x1b[1;31mERROR\x1b[0m broken",
    "a frame of CRI": b"2025-11-21T08:00:00.000000000Z stdout F inner",
    "only a mark": b"F",
    "P": b"P",
    "a frame of Docker": b'{"log":"inner\\n","stream":"stdout","time":"2025-11-21T08:00:00Z"}',
    "syslog": b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
    "apache": b'127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 2326',
    "key and value": b'level=info msg="a b" err=',
    "quotes": b'say "no"',
    "a backslash": b"C:\\temp\\new",
    "a backslash at the end": b"path\\",
    "percent": b"100%s %n",
    "a shell": b"$(reboot) `x` ${HOME}",
    "YAML": b"key: [a, b] # c",
    "XML": b'<?xml version="1.0"?><a b="c"/>',
    "emoji": "done ✅ 🎉".encode(),
    "Japanese": "注文を受け付けました".encode(),
    "Arabic": "تم استلام الطلب".encode(),
    "a byte order mark": b"\xef\xbb\xbfword",
    "a carriage return within": b"10%\r20%\r100%",
    "a line separator": "a\u2028b".encode(),
    "a form feed": b"a\x0cb",
    "a kilobyte of NULs": b"\0" * 1024,
    "NULs within": b"a" + b"\0" * 100 + b"b",
    "NULs at the end": b"a\0\0\0",
    "UTF-16": "word".encode("utf-16-le"),
    "Shift JIS": "注文".encode("shift_jis"),
    "Latin-1": "déjà vu".encode("latin-1"),
    "GB18030": "订单".encode("gb18030"),
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "a private character": "\ue000".encode(),
    "a cut character": "né".encode()[:-1],
    "an empty object": b"{}",
    "the bulk API's words": b'{"create":{"_index":"other"}}',
    "a million": b"1000000",
    "a dash": b"-",
    "a dot": b".",
}


def texts():
    for name, data in TEXTS.items():
        yield Line(name, data, "last" if data[:1] == b"{" else "text")
    yield Line("nothing", b"", "any")


def every_byte():
    for byte in range(256):
        if byte != 0x0A:
            yield Line(f"the byte {byte:02x}", b"x%cy" % byte, "text")
            yield Line(f"the byte {byte:02x} at the end", b"x%c" % byte, "text")
            yield Line(f"the byte {byte:02x} at the front", b"%cx" % byte, "text")


def lengths():
    for length in (
        255,
        256,
        257,
        4095,
        4096,
        8192,
        PART_BYTES - 1,
        PART_BYTES,
        PART_BYTES + 1,
        2 * PART_BYTES - 1,
        2 * PART_BYTES,
        2 * PART_BYTES + 1,
        32767,
        32768,
        32769,
        65535,
        65536,
        100_000,
        262_144,
    ):
        yield Line(f"{length} bytes", bytes(97 + n % 26 for n in range(length)), "text")
    yield Line("a JSON object of 100000 bytes", b'{"long":"' + b"z" * 100_000 + b'"}', "exact")
    yield Line(
        "a JSON object of a million bytes", b'{"longer":"' + b"z" * 1_000_000 + b'"}', "exact"
    )


def characters_at_the_cut():
    """Characters of two, three and four bytes, with the runtime's cut at each place in them."""
    for character in ("é", "日", "😀"):
        size = len(character.encode())
        for before in range(size + 1):
            head = "a" * (PART_BYTES - before)
            yield Line(
                f"{character} with {before} bytes before the cut",
                (head + character + "tail").encode(),
                "text",
            )
        whole = character * (3 * PART_BYTES // size)
        yield Line(f"nothing but {character}", whole.encode(), "text")
        yield Line(f"nothing but {character} in JSON", f'{{"c{size}":"{whole}"}}'.encode(), "exact")


def groups():
    return {"text": [*texts(), *every_byte()], "long": [*lengths(), *characters_at_the_cut()]}
