#!/usr/bin/env python3
"""A back-end that answers everything that may be answered, at random.

Documents get 201, 409, 429, 500, 503; each 1000th is refused as a mapping conflict, and found as
text; each 5000th is refused in any form, and set aside. Whole requests get 429, 503, a login page,
no answer, half an answer, 20 MB of answer.
"""

import sys

sys.dont_write_bytecode = True

from kit import books, logs
from kit.stand import quick_or

FILE_COUNT = 4
SECONDS = quick_or(5, 30)
BYTES_PER_S = 4_000_000
LINE_BYTES = 263
REFUSE_EVERY, POISON_EVERY = 1000, 5000
RATES = {"item409": 20, "item429": 60, "item500": 20, "item503": 40, "refuse": REFUSE_EVERY,
         "poison": POISON_EVERY, "busy": 50, "unavailable": 50, "page": 30, "closed": 50,
         "lost": 60, "cut": 60, "huge": 5, "seed": 1}


def story(stand):
    stand.service["records_limit"] = "16M"
    line_count = SECONDS * BYTES_PER_S // LINE_BYTES // FILE_COUNT
    sources = stand.generate(FILE_COUNT, line_count)
    pods = logs.open_pods(stand, FILE_COUNT)
    stand.sink.faults(**RATES)
    stand.start()
    writer = logs.Writer(pods, sources, BYTES_PER_S, BYTES_PER_S)
    writer.start()
    writer.finish()
    told = books.Books(line_count * FILE_COUNT)
    told.may_set_aside = True
    books.close(stand, told)
    poison = FILE_COUNT * sum(n % POISON_EVERY == 11 for n in range(line_count))
    if told.set_aside != poison:
        told.problems.append(f"set aside {told.set_aside}, and {poison} were refused in any form")
    stats = stand.sink.must_stats()
    told.note = (f"{stats['requests']} requests, {stats['failed']} items failed, "
                 f"{stats['conflicts']} answered 409")
    return told


books.run(story)
