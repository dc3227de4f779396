"""Reads back what a real engine has stored, document by document, and compares."""

import json
import time

from kit import logs

PAGE_DOCUMENTS = 5000
SHOWN_MAX = 5
SOURCE_KEY = '"_source":'

# An engine that makes its first indices on a busy machine.
FIRST_SECONDS_MAX = 120


def count(engine, pattern):
    engine.call("POST", f"/{pattern}/_refresh")
    answer = engine.call("GET", f"/{pattern}/_count?allow_no_indices=true")
    return answer.json().get("count", 0) if answer.status == 200 else 0


def wait_for(engine, pattern, wanted, quiet_seconds_max=60):
    """Until that many documents are there, or none has come for a while. Returns how many are."""
    seen, quiet_since = 0, time.monotonic()
    while time.monotonic() - quiet_since < (quiet_seconds_max if seen else FIRST_SECONDS_MAX):
        found = count(engine, pattern)
        if found >= wanted:
            return found
        if found != seen:
            seen, quiet_since = found, time.monotonic()
        time.sleep(0.2)
    return seen


def hits(engine, pattern):
    """Every document, as the engine tells it: _index, _id, _source."""
    engine.call("POST", f"/{pattern}/_refresh")
    query = {"size": PAGE_DOCUMENTS, "sort": ["_doc"]}
    page = engine.call("POST", f"/{pattern}/_search?scroll=1m", query).json()
    while page.get("hits", {}).get("hits"):
        yield from page["hits"]["hits"]
        scroll = {"scroll": "1m", "scroll_id": page["_scroll_id"]}
        page = engine.call("POST", "/_search/scroll", scroll).json()


def raw_sources(engine, pattern):
    """Every document's text as the engine has it, numbers as they are spelt. A document stands on a
    line of its own: the engines do not print answers prettily, and JSON has no line feeds in texts."""
    engine.call("POST", f"/{pattern}/_refresh")
    query = {"size": PAGE_DOCUMENTS // 10, "sort": ["_doc"]}
    page = engine.call("POST", f"/{pattern}/_search?scroll=1m", query).text
    while True:
        found = list(sources_of(page))
        yield from found
        if not found:
            return
        scroll = {"scroll": "1m", "scroll_id": json.loads(page)["_scroll_id"]}
        page = engine.call("POST", "/_search/scroll", scroll).text


def sources_of(page):
    """The texts of all _source members, cut out by walking over each value once."""
    decoder = json.JSONDecoder()
    at = page.find(SOURCE_KEY)
    while at >= 0:
        first = at + len(SOURCE_KEY)
        _, end = decoder.raw_decode(page, first)
        yield page[first:end]
        at = page.find(SOURCE_KEY, end)


def expect_each_once(documents, written, expected_of):
    """Every number that was written is there once, with the fields that it was written with."""
    seen, doubled, strange, differing = {}, [], [], []
    for hit in documents:
        number = hit["_source"].get("seq")
        if number not in written:
            strange.append(hit)
        elif number in seen:
            doubled.append(number)
        seen[number] = hit
    missing = sorted(set(written) - set(seen))
    for number in set(written) & set(seen):
        difference = compare(seen[number]["_source"], expected_of(number, written[number]))
        if difference:
            differing.append(f"{number}: {difference}")
    problems = [told("missing", missing), told("doubled", doubled), told("strange", strange),
                told("differing", differing)]
    assert not any(problems), "; ".join(problem for problem in problems if problem)


def told(what, members):
    return f"{len(members)} {what}: {members[:SHOWN_MAX]}" if members else ""


def compare(found, expected):
    """The first field that differs, in words; empty when none does."""
    for key in sorted(set(found) | set(expected)):
        if key not in found:
            return f"{key} is missing"
        if key not in expected:
            return f"{key} is there, {found[key]!r}"
        if found[key] != expected[key]:
            return f"{key} is {found[key]!r} and not {expected[key]!r}"
    return ""


def parsed_cri(number, stamp):
    """The document of a CRI line whose JSON text was parsed, the other keys reserved: those of its
    first part, where the runtime wrote it in parts."""
    return {"@timestamp": stamp.time[:23] + "Z", **logs.body_or_long(number), "time": stamp.time,
            "stream": stamp.stream, "_p": "P" if logs.is_long(number) else "F"}


def parsed_docker(number, stamp):
    return {"@timestamp": stamp.time[:23] + "Z", **logs.body_or_long(number), "time": stamp.time,
            "stream": stamp.stream}
