"""Holds what an index has against what was written.

A document belongs to the line in whose bytes its offset lies. It is right when it has the line's
members as they were written, or the line as text, or was refused and has one of them in its text.
Numbers are compared as they are spelt, of doubled members all count.
"""

import bisect
import collections
import json
import sys

FRAME_KEYS = ("time", "stream", "_p", "@timestamp", "file_offset")
WHY_KEY = "refused_reason"
SHOWN_MAX = 160

sys.setrecursionlimit(20_000)  # lines are nested that deeply


class Number(str):
    """A number as it is spelt."""


class Pairs(list):
    """An object's members in their order, doubled ones too."""


def read_json(text):
    """Numbers as text, members as pairs; None where it is no JSON."""
    try:
        return json.loads(
            text,
            parse_int=Number,
            parse_float=Number,
            parse_constant=refuse,
            object_pairs_hook=Pairs,
        )
    except (ValueError, RecursionError):
        return None


def refuse(word):
    raise ValueError(word)


def plain_text(data):
    """Bytes that are no UTF-8 become a replacement; how many make one is left to the agent."""
    return squeeze(data.decode("utf-8", "replace"))


def squeeze(text):
    """Half of a surrogate pair is no character either."""
    text = "".join("\ufffd" if "\ud800" <= each <= "\udfff" else each for each in text)
    while "\ufffd\ufffd" in text:
        text = text.replace("\ufffd\ufffd", "\ufffd")
    return text


def member(pairs, key):
    found = [value for each, value in pairs if each == key]
    return found[-1] if found else None


def same(wanted, found):
    """Members may stand in another order; everything else is as it was."""
    if isinstance(wanted, Pairs) and isinstance(found, Pairs):
        return len(wanted) == len(found) and all(
            squeeze(key) == squeeze(name) and same(value, other)
            for (key, value), (name, other) in zip(by_key(wanted), by_key(found))
        )
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(same, wanted, found))
    if isinstance(wanted, Number) and type(found) is str:
        return wanted == found and is_out_of_range(wanted)
    if type(wanted) is str and type(found) is str:
        return squeeze(wanted) == squeeze(found)
    return type(wanted) is type(found) and wanted == found


def is_out_of_range(number):
    """What no 64 bits hold arrives as a text with its digits, as plugins/out_es says."""
    if number.lstrip("-").isdigit():
        return not -(2**63) <= int(number) < 2**64
    return float(number) in (float("inf"), float("-inf"))


def by_key(pairs):
    return sorted(pairs, key=lambda pair: pair[0])


def without_frame(pairs, wanted):
    """The document's own members: those of the frame go, unless the line has them too."""
    names = {key for key, _ in wanted}
    return Pairs((key, value) for key, value in pairs if key not in FRAME_KEYS or key in names)


def has_members(pairs, line_text):
    """The line is an object, and its members are the document's."""
    wanted = read_json(line_text.decode("utf-8", "replace"))
    return isinstance(wanted, Pairs) and same(wanted, without_frame(pairs, wanted))


def has_text(pairs, line_text):
    """Some field is the line itself. A carriage return at its end and NULs at its front may be gone;
    Docker writes the line feed, too."""
    wanted = plain_text(line_text)
    forms = {wanted, wanted.rstrip("\r"), wanted.lstrip("\0"), wanted.lstrip("\0").rstrip("\r")}
    return any(
        type(value) is str and squeeze(value).removesuffix("\n") in forms for _, value in pairs
    )


def refused_text(pairs):
    """The record in a document that went as text, as pairs; None where it is none of those. Where no
    field may be new the reason stands before the record, in one text."""
    for key, value in pairs:
        if key != WHY_KEY and isinstance(value, str) and '"file_offset":' in value:
            inner = read_json(value[value.index("{") :]) or read_json(
                value[value.rindex(': {"') + 2 :]
            )
            if isinstance(inner, Pairs):
                return inner
    return None


def last_only(value):
    """Of doubled members the last stays."""
    if isinstance(value, Pairs):
        return Pairs(
            (key, last_only(last)) for key, last in dict(value).items() if key not in FRAME_KEYS
        )
    return [last_only(each) for each in value] if isinstance(value, list) else value


def has_last_members(pairs, line_text):
    wanted = read_json(line_text.decode("utf-8", "replace"))
    return isinstance(wanted, Pairs) and same(last_only(wanted), last_only(pairs))


def fault(line, pairs):
    """What is wrong with the document of a line, in words; empty when nothing is."""
    inner = refused_text(pairs)
    is_text, is_exact = has_text(pairs, line.text), has_members(pairs, line.text)
    if line.want == "raw":
        return "" if holds_words(line, pairs) else "its text is not in it"
    if line.want == "exact":
        return "" if is_exact else "its members are not as they were written"
    if line.want == "text":
        return (
            ""
            if is_text or (inner is not None and has_text(inner, line.text))
            else "its text is not as it was written"
        )
    if line.want == "last" and has_last_members(pairs, line.text):
        return ""
    is_right = (
        is_text
        or is_exact
        or (inner is not None and (has_members(inner, line.text) or has_text(inner, line.text)))
    )
    return "" if is_right else "neither its members nor its text are as they were written"


def holds_words(line, pairs):
    """For odd frames: in a text, or in a text within a text."""
    everything = squeeze(json.dumps(pairs, ensure_ascii=False))
    return (
        line.words in everything or json.dumps(line.words, ensure_ascii=False)[1:-1] in everything
    )


def judge(spans, sources):
    """The problems of one group: [(line's name, what is wrong, the document)]."""
    starts = [start for start, _ in spans]
    found = collections.defaultdict(list)
    problems = []
    for source in sources:
        pairs = read_json(source)
        offset = offset_of(pairs)
        if offset is None:
            problems.append(("?", "a document that belongs to no line", source))
            continue
        found[bisect.bisect_right(starts, offset) - 1].append((pairs, source))
    for nth, (_, line) in enumerate(spans):
        problems += judge_line(line, found[nth])
    return problems


def judge_line(line, documents):
    if line.want == "raw" and not documents and not line.text.strip(b"\0\r\n"):
        return []
    if len(documents) != 1:
        return [
            (
                line.name,
                f"is there {len(documents)} times",
                documents[0][1] if documents else line.text.decode(errors="replace"),
            )
        ]
    pairs, source = documents[0]
    words = fault(line, pairs)
    return [(line.name, words, source)] if words else []


def offset_of(pairs):
    offset = member(pairs, "file_offset")
    if offset is None:
        inner = refused_text(pairs)
        offset = member(inner, "file_offset") if inner is not None else None
    return int(offset) if isinstance(offset, Number) else None


def told(problems):
    return "; ".join(
        f"{name}: {words} ({source[:SHOWN_MAX]})" for name, words, source in problems[:8]
    )
