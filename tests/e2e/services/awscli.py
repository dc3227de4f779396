"""The AWS command line, from PyPI, once."""

import os

from services import fetch

PACKAGE = "awscli==1.46.3"


def folder():
    """Where the program `aws` lies; Missing where it cannot be had."""
    return os.path.join(fetch.python_home("awscli", [PACKAGE]), "bin")
