"""What a living agent has saved of its positions."""

import contextlib
import os
import sqlite3
import time

SAVED_SECONDS_MAX = 60


def offsets(path):
    """How far each inode is acknowledged; nothing while the database is not there, or busy."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return dict(database.execute("SELECT inode, max(offset) FROM in_tail_files GROUP BY inode"))
    except sqlite3.OperationalError:
        return {}


def wait_for_rows(path, count=1):
    """Until it knows so many files."""
    wait_until(lambda: len(offsets(path)) >= count, f"{count} rows are not saved")


def wait_for_ends(path, files):
    """Until these files are acknowledged to their ends."""
    wait_until(lambda: all(offsets(path).get(os.stat(file).st_ino) == os.path.getsize(file)
                           for file in files), "their ends are not saved")


def wait_until(is_true, what):
    until = time.monotonic() + SAVED_SECONDS_MAX
    while not is_true():
        assert time.monotonic() < until, f"{what} after {SAVED_SECONDS_MAX} s"
        time.sleep(0.02)
