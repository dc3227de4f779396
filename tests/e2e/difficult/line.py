"""What a difficult line is, and how one stands in a file.

`text` is what the application wrote; `want` is what must become of it:

    exact   a JSON object whose members arrive as they were written
    text    it is no JSON object: the whole line arrives as text
    any     one of them, or refused by the back-end and then found as text
    last    as any; or members stand twice, or have a name of the frame, and the last one is there
    raw     `text` is a frame of its own, an odd one: its `words` are found
"""

import collections

Line = collections.namedtuple("Line", "name text want words", defaults=("",))

START_SECONDS = 1763712000  # 2025-11-21T08:00:00Z


def stamp(nth):
    """A time for the frame of the nth line, all different."""
    return f"2025-11-21T08:{nth // 60 % 60:02d}:{nth % 60:02d}.{nth:09d}Z"


def neighbour(nth):
    """A line that everything understands."""
    return Line(f"neighbour {nth}", b'{"seq":%d,"message":"order %d taken"}' % (nth, nth), "exact")


def with_neighbours(lines):
    """A good line before each, and one at the end."""
    mixed = []
    for nth, line in enumerate(lines):
        mixed += [neighbour(nth), line]
    return mixed + [neighbour(len(lines))]
