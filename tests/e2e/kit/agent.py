"""The agent as a process: started on a configuration, asked over HTTP, stopped or killed."""

import ctypes
import os
import re
import signal
import subprocess
import time

from kit import config
from services import web
from services.engine import PR_SET_PDEATHSIG, free_port

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BINARY = os.environ.get("TAILRACE", os.path.join(ROOT, "build", "release", "tailrace"))
READY_SECONDS_MAX = 60
STOP_SECONDS_MAX = 30


class Agent:
    def __init__(self, folder, pipeline, syntax, env=None, network=None):
        self.folder = folder
        self.network = network  # kit.netns.Network that it runs in; None: ours
        self.env = env or {}
        self.port = free_port()
        self.process = None
        self.config_path = config.write(folder, pipeline, syntax, self.port)
        self.log_path = os.path.join(folder, "agent.log")

    def start(self):
        command = [*(self.network.prefix if self.network else []),
                   BINARY, "-c", self.config_path, "-l", self.log_path]
        with open(os.path.join(self.folder, "agent.console"), "a") as console:
            self.process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL,
                                            stdout=console, stderr=console,
                                            env={**os.environ, **self.env},
                                            preexec_fn=die_with_parent)
        until = time.monotonic() + READY_SECONDS_MAX
        while not self.is_ready():
            if self.process.poll() is not None:
                raise AssertionError(f"the agent ended by itself with {self.process.returncode}")
            if time.monotonic() > until:
                raise AssertionError(f"the agent is not ready after {READY_SECONDS_MAX} s")
            time.sleep(0.05)

    def is_ready(self):
        try:
            return self.get("/api/v1/uptime").status == 200
        except OSError:
            return False

    def get(self, path):
        def ask():
            return web.call("GET", f"http://127.0.0.1:{self.port}{path}")
        return self.network.call(ask) if self.network else ask()

    def metric(self, name, api="v2"):
        """The sum over all labels; None where the name is not exported at all."""
        text = self.get(f"/api/{api}/metrics/prometheus").text
        values = re.findall(rf"^{name}(?:{{.*}})? ([0-9.e+-]+)", text, re.MULTILINE)
        return sum(float(value) for value in values) if values else None

    def stop(self):
        """A graceful end, which must come in time and be a clean one."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the agent did not end within {STOP_SECONDS_MAX} s of SIGTERM")
        if status != 0:
            raise AssertionError(f"the agent ended with {status} upon SIGTERM")

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
