"""A scratch folder, sinks and the agent, for one case.

The agent may be killed and started again as often as a case likes: its configuration, its port, its
positions and its log file stay. Ports come from the kernel, so that cases can run beside each other.
"""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, os.path.join(ROOT, "tests", "bench"))

import measure

AGENT = os.environ.get("TAILRACE", os.path.join(ROOT, "build", "release", "tailrace"))
IS_QUICK = "quick" in sys.argv[1:] or os.environ.get("T") == "quick"
STOP_SECONDS_MAX = 30
READY_SECONDS_MAX = 60
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? ([0-9.e+-]+)$", re.MULTILINE)

SERVICE = {"flush": "0.2", "grace": "5", "log_level": "info", "scheduler.base": "0.2",
           "scheduler.cap": "2", "http_server": "on", "http_listen": "127.0.0.1"}


def quick_or(quick, full):
    return quick if IS_QUICK else full


class Sink(measure.Sink):
    """The counting server of tests/bench/sink.c, and what goes wrong at it."""

    def faults(self, **rates):
        """Sets all faults anew (see tests/bench/faults.h); none without rates."""
        self.must_ask("/__faults?" + "&".join(f"{name}={rate}" for name, rate in rates.items()))

    def go_down(self, seconds):
        """Nobody listens for so long. It may take the answer to this with it."""
        try:
            self.faults(down=int(seconds * 1000))
        except OSError:
            pass

    def missing(self):
        return self.must_ask("/__missing")

    def must_stats(self):
        return self.must_ask("/__stats")

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        self.thaw()
        measure.stop(self.process)


class Stand:
    """`with Stand() as stand`: everything that was started ends with it."""

    def __init__(self, sink_count=1):
        self.folder = tempfile.mkdtemp(prefix="tailrace-torture-")
        self.sinks = []
        self.agent = None
        self.port = measure.free_port()
        self.service = dict(SERVICE)
        self.input = {"name": "tail", "path": self.path("containers", "*.log"), "tag": "kube.*",
                      "multiline.parser": "cri", "read_from_head": "on",
                      "db": self.path("state", "positions.db"), "mem_buf_limit": "50MB",
                      "refresh_interval": "2"}
        self.output = {"name": "es", "match": "*", "host": "127.0.0.1", "logstash_format": "on",
                       "retry_limit": "false"}
        self.outputs = [{} for _ in range(sink_count)]
        self.launcher = []
        self.environment = {}
        self.keep = False

    def __enter__(self):
        for name in ("containers", "pods", "state", "source"):
            os.mkdir(self.path(name))
        try:
            self.sinks = [Sink() for _ in self.outputs]
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def sink(self):
        return self.sinks[0]

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def close(self):
        self.kill()
        for sink in self.sinks:
            sink.close()
        if os.environ.get("KEEP") or self.keep:
            print("kept: " + self.folder, file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def generate(self, file_count, line_count):
        """Sources to write logs from: their paths, in the order of their numbers."""
        command = [os.path.join(measure.PROGRAMS, "gen"), self.path("source")]
        subprocess.run(command + [str(file_count), str(line_count)], check=True)
        return sorted(entry.path for entry in os.scandir(self.path("source")))

    def config_text(self):
        parts = [section("SERVICE", {**self.service, "http_port": self.port}),
                 section("INPUT", self.input),
                 section("FILTER", {"name": "parser", "match": "*", "key_name": "log",
                                    "parser": "json", "reserve_data": "on"})]
        for sink, keys in zip(self.sinks, self.outputs):
            parts.append(section("OUTPUT", {**self.output, "port": sink.port, **keys}))
        return "\n".join(parts)

    def start(self, waits=True):
        """Starts the agent; `waits` until it answers."""
        with open(self.path("parsers.conf"), "w") as out:
            out.write(section("PARSER", {"name": "json", "format": "json"}))
        self.service["parsers_file"] = self.path("parsers.conf")
        with open(self.path("tailrace.conf"), "w") as out:
            out.write(self.config_text())
        command = self.launcher + [AGENT, "-c", self.path("tailrace.conf")]
        with open(self.path("agent.log"), "a") as log:
            self.agent = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          env={**os.environ, **self.environment},
                                          preexec_fn=die_with_parent)
        if waits:
            self.wait_until_ready()

    def kill(self):
        if self.agent and self.agent.poll() is None:
            self.agent.kill()
            self.agent.wait()

    def stop(self):
        """A graceful end, in time and clean."""
        self.agent.terminate()
        try:
            status = self.agent.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the agent did not end within {STOP_SECONDS_MAX} s of SIGTERM")
        assert status == 0, f"the agent ended with {status} upon SIGTERM"

    def metrics(self):
        """[(name, labels, value)]. OSError: nobody answers."""
        url = f"http://127.0.0.1:{self.port}/api/v2/metrics/prometheus"
        with urllib.request.urlopen(url, timeout=measure.ANSWER_SECONDS_MAX) as reply:
            text = reply.read().decode()
        return [(name, labels, float(value)) for name, labels, value in SAMPLE.findall(text)]

    def is_answering(self):
        try:
            return self.metrics() is not None
        except OSError:
            return False

    def wait_until_ready(self):
        self.wait_until(self.is_answering, READY_SECONDS_MAX, "the agent does not answer")

    def metric(self, name, label=""):
        """The sum over all that hold the label; 0 where there is none. OSError: nobody answers."""
        return int(sum(value for each, labels, value in self.metrics()
                       if each == name and label in labels))

    def log(self):
        """Nothing where no agent has been started."""
        try:
            with open(self.path("agent.log"), errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    @staticmethod
    def wait_until(is_true, seconds_max, what):
        until = time.monotonic() + seconds_max
        while not is_true():
            assert time.monotonic() < until, f"{what}, after {seconds_max} s"
            time.sleep(0.05)


def section(name, keys):
    return "\n".join([f"[{name}]"] + [f"    {key} {value}" for key, value in keys.items()]) + "\n"


def die_with_parent():
    ctypes.CDLL(None).prctl(measure.PR_SET_PDEATHSIG, signal.SIGKILL)
