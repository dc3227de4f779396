#!/usr/bin/env python3
"""The back-end is down while a log is rotated every second, and then the pod is deleted.

Nobody listens for 30 s; the kubelet squeezes the older generations and deletes the oldest beyond five
meanwhile. When the back-end is back, nothing of the log is on disk any more but what is held open.
"""

import sys
import time

sys.dont_write_bytecode = True

from kit import books, logs
from kit.stand import quick_or

DOWN_SECONDS = quick_or(6, 30)
GENERATION_BYTES = quick_or(2_000_000, 10_000_000)
LINE_BYTES = 263


def story(stand):
    stand.input["mem_buf_limit"] = "20MB"
    line_count = GENERATION_BYTES * DOWN_SECONDS // LINE_BYTES
    sources = stand.generate(1, line_count)
    pods = logs.open_pods(stand, 1)
    stand.start()
    writer = logs.Writer(pods, sources, GENERATION_BYTES, GENERATION_BYTES)
    writer.start()
    time.sleep(1)
    stand.sink.go_down(DOWN_SECONDS)
    writer.finish()
    for pod in pods:
        pod.remove()
    told = books.Books(line_count, f"down {DOWN_SECONDS} s, generations of "
                                   f"{GENERATION_BYTES // 1_000_000} MB a second, pod deleted")
    return books.close(stand, told)


books.run(story)
