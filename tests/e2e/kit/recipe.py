"""The commands of a page, run as they stand there, one block after the other, in one shell."""

import os
import re
import subprocess

from kit.agent import ROOT

SECONDS_MAX = 240


class Recipe:
    def __init__(self, page):
        with open(os.path.join(ROOT, page)) as text:
            blocks = re.findall(r"^```(\w+)\n(.*?)^```$", text.read(), re.MULTILINE | re.DOTALL)
        self.blocks = [body for kind, body in blocks if kind == "sh"]
        self.python = [body for kind, body in blocks if kind == "python"]

    def run(self, folder, env):
        """What each block wrote to its output."""
        script, outputs = ["set -eu"], []
        for number, block in enumerate(self.blocks):
            outputs.append(os.path.join(folder, f"block-{number}.out"))
            script.append(f"{{\n{block}}} > '{outputs[-1]}'")
        done = subprocess.run(["bash", "-c", "\n".join(script)], cwd=folder, env=env,
                              capture_output=True, text=True, timeout=SECONDS_MAX)
        assert done.returncode == 0, "the page's commands: " + done.stderr.strip()[-400:]
        return [open(path).read() for path in outputs]
