"""What the measuring scripts share: the sink, pinned processes, and what /proc says they cost."""

import collections
import ctypes
import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

from ports import free_port

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PROGRAMS = os.environ.get("BENCH_PROGRAMS", os.path.join(ROOT, "build", "release", "bench"))
AGENT = os.environ.get("TAILRACE", os.path.join(ROOT, "build", "release", "tailrace"))
CPUS = os.sched_getaffinity(0)
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
AGENT_CPU, SINK_CPU = 0, 1
STOP_SECONDS_MAX = 15
PR_SET_PDEATHSIG = 1

ANSWER_SECONDS_MAX = 60

# Whatever proxies the environment names, nobody stands between us, the agent and the sink.
for name in ("no_proxy", "NO_PROXY"):
    os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1,10.211.0.0/16")))

Cost = collections.namedtuple("Cost", "cpu_s peak_mib rss_mib wakeups")


def start(command, cpu, **options):
    """A process of its own session on one CPU, that dies with this script."""
    cpus = {cpu} & CPUS or CPUS

    def prepare():
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.sched_setaffinity(0, cpus)

    return subprocess.Popen(command, preexec_fn=prepare, start_new_session=True,
                            stdin=subprocess.DEVNULL, **options)


def stop(process):
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def cost_of(process):
    """What a living process has cost until now; its threads are counted in."""
    folder = f"/proc/{process.pid}"
    with open(folder + "/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    cpu_s = (int(fields[11]) + int(fields[12])) / TICKS_PER_S
    memory = read_status(folder)
    wakeups = sum(read_status(f"{folder}/task/{task}").get("voluntary_ctxt_switches", 0)
                  for task in os.listdir(folder + "/task"))
    return Cost(cpu_s, memory["VmHWM"] / 1024, memory["VmRSS"] / 1024, wakeups)


def cpu_ns(process):
    """The CPU time of a living process, finer than cost_of tells it."""
    folder = f"/proc/{process.pid}/task"
    total = 0
    for task in os.listdir(folder):
        with open(f"{folder}/{task}/schedstat") as schedstat:
            total += int(schedstat.read().split()[0])
    return total


def read_status(folder):
    numbers = {}
    try:
        with open(folder + "/status") as status:
            for line in status:
                key, _, value = line.partition(":")
                if value.split() and value.split()[0].isdigit():
                    numbers[key] = int(value.split()[0])
    except OSError:  # a thread that has ended meanwhile
        pass
    return numbers


class Sink:
    """The counting server of sink.c."""

    def __init__(self, delay_ms=0):
        self.port = free_port()
        self.process = start([os.path.join(PROGRAMS, "sink"), str(self.port), str(delay_ms)],
                             SINK_CPU)
        self.must_answer()

    def must_answer(self):
        if not self.wait_for(lambda: self.stats() is not None, ANSWER_SECONDS_MAX):
            raise RuntimeError(f"the sink does not answer after {ANSWER_SECONDS_MAX} s")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        stop(self.process)

    def must_ask(self, path):
        """Its answer. OSError: nobody listens, or hung up before the end of it."""
        url = f"http://127.0.0.1:{self.port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=ANSWER_SECONDS_MAX) as reply:
                return json.load(reply)
        except (http.client.HTTPException, ValueError) as cut:
            raise ConnectionError(f"{path}: {cut!r}") from cut

    def ask(self, path):
        """None: nobody has answered."""
        try:
            return self.must_ask(path)
        except OSError:
            return None

    def stats(self):
        return self.ask("/__stats")

    def has(self, line_count):
        return self.must_ask("/__stats")["unique"] >= line_count

    @staticmethod
    def wait_for(is_true, seconds_max):
        until = time.monotonic() + seconds_max
        while not is_true():
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True


class Stand:
    """A scratch folder with logs and state, and the agent on them."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="tailrace-bench-")
        self.logs = os.path.join(self.folder, "logs")
        self.agent = None
        os.mkdir(self.logs)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop_agent()
        shutil.rmtree(self.folder, ignore_errors=True)

    def generate(self, file_count, line_count, folder=None):
        generate = [os.path.join(PROGRAMS, "gen"), folder or self.logs]
        subprocess.run(generate + [str(file_count), str(line_count)], check=True)

    def log_paths(self):
        return sorted(entry.path for entry in os.scandir(self.logs))

    def start_agent(self, config, sink, keep_state=False, calls=0):
        state = os.path.join(self.folder, "state")
        if not keep_state:
            shutil.rmtree(state, ignore_errors=True)
        os.makedirs(state, exist_ok=True)
        environment = dict(os.environ, LOGS=self.logs, STATE=state, PORT=str(sink.port),
                           ADMIN=str(free_port()), CALLS=str(calls), AWS_ACCESS_KEY_ID="AKIDEXAMPLE",
                           AWS_SECRET_ACCESS_KEY="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
        command = [AGENT, "-c", os.path.join(HERE, "conf", config)]
        with open(os.path.join(self.folder, "agent.log"), "a") as log:
            self.agent = start(command, AGENT_CPU, env=environment, stdout=log, stderr=log)
        return self.agent

    def agent_log(self):
        with open(os.path.join(self.folder, "agent.log"), errors="replace") as log:
            return log.read()

    def stop_agent(self):
        if self.agent:
            stop(self.agent)
            self.agent = None
