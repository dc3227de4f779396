"""The AWS command line, from PyPI, once."""

import os
import subprocess
import venv

from services import fetch

PACKAGE = "awscli==1.46.3"
INSTALL_SECONDS_MAX = 300


def folder():
    """Where the program `aws` lies; Missing where it cannot be had."""
    home = os.path.join(fetch.cache_dir(), "awscli")
    done = os.path.join(home, "done")
    if not os.path.exists(done):
        venv.create(home, with_pip=True, clear=True)
        command = [os.path.join(home, "bin", "pip"), "-q", "install", PACKAGE]
        try:
            run = subprocess.run(command, capture_output=True, text=True,
                                 timeout=INSTALL_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            raise fetch.Missing(f"PyPI did not deliver {PACKAGE} in {INSTALL_SECONDS_MAX} s")
        if run.returncode != 0:
            raise fetch.Missing(f"PyPI cannot deliver {PACKAGE}: " + run.stderr.strip()[-120:])
        open(done, "w").close()
    return os.path.join(home, "bin")
