"""One Elasticsearch or OpenSearch node on free loopback ports.

    with Engine(ELASTICSEARCH_8) as engine:
        engine.call("GET", "/_cluster/health")

Both refuse to run as root, so as root the node runs in a user namespace of its own; it is also
alone in a process namespace, so that killing its first process leaves nothing behind, whatever it
has started.
The node's configuration, data and logs lie in a scratch folder that goes with it.
"""

import collections
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from services import fetch, web

TESTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(TESTS, "bench"))

from ports import free_port

READY_SECONDS_MAX = 300
HEAP = "-Xms512m -Xmx512m"
PR_SET_PDEATHSIG = 1

Version = collections.namedtuple("Version", "title group name version java_min")

ELASTICSEARCH_8 = Version("Elasticsearch 8.19.21", "org.elasticsearch.distribution.integ-test-zip",
                          "elasticsearch", "8.19.21", 17)
OPENSEARCH_2 = Version("OpenSearch 2.19.6", "org.opensearch.distribution.integ-test-zip",
                       "opensearch", "2.19.6", 17)
OPENSEARCH_3 = Version("OpenSearch 3.6.0", "org.opensearch.distribution.integ-test-zip",
                       "opensearch", "3.6.0", 21)


class Engine:
    def __init__(self, version, settings=None, password=None):
        self.version = version
        self.settings = dict(settings or {})
        self.password = password
        self.scratch = self.process = None

    @property
    def title(self):
        return self.version.title

    @property
    def is_elasticsearch(self):
        return self.version.name == "elasticsearch"

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        home = fetch.distribution(self.version.group, self.version.name, self.version.version)
        java = fetch.java_home(self.version.java_min)
        self.scratch = tempfile.mkdtemp(prefix="tailrace-e2e-node-")
        self.port, transport = free_port(), free_port()
        self.host = "127.0.0.1"
        self.url = f"http://{self.host}:{self.port}"
        self.write_config(home, transport)
        self.process = self.launch(home, self.environment(home, java))
        self.wait_until_ready()

    def write_config(self, home, transport):
        config = os.path.join(self.scratch, "config")
        shutil.copytree(os.path.join(home, "config"), config)
        drop_lines(os.path.join(config, "jvm.options"), "logs/")
        settings = {
            "network.host": self.host,
            "http.port": self.port,
            "transport.port": transport,
            "discovery.type": "single-node",
            "path.data": os.path.join(self.scratch, "data"),
            "path.logs": os.path.join(self.scratch, "logs"),
            "cluster.routing.allocation.disk.threshold_enabled": "false",
        }
        if self.is_elasticsearch:
            settings["xpack.security.enabled"] = "true" if self.password else "false"
            settings["xpack.security.autoconfiguration.enabled"] = "false"
        settings.update(self.settings)
        with open(os.path.join(config, self.version.name + ".yml"), "w") as out:
            out.writelines(f"{key}: {value}\n" for key, value in settings.items())

    def environment(self, home, java):
        prefix = "ES" if self.is_elasticsearch else "OPENSEARCH"
        environment = dict(os.environ)
        environment[prefix + "_JAVA_HOME"] = java
        environment[prefix + "_JAVA_OPTS"] = HEAP
        environment[prefix + "_PATH_CONF"] = os.path.join(self.scratch, "config")
        if self.password:
            self.store_password(home, environment)
        return environment

    def store_password(self, home, environment):
        tool = os.path.join(home, "bin", "elasticsearch-keystore")
        subprocess.run([tool, "create"], env=environment, check=True, capture_output=True)
        subprocess.run([tool, "add", "-x", "bootstrap.password"], env=environment, check=True,
                       capture_output=True, input=self.password.encode())

    def launch(self, home, environment):
        command = [os.path.join(home, "bin", self.version.name)]
        if os.geteuid() == 0:
            command = namespace_command() + command
        self.log_path = os.path.join(self.scratch, "console.log")
        with open(self.log_path, "w") as log:
            return subprocess.Popen(command, env=environment, cwd=self.scratch, stdout=log,
                                    stderr=log, stdin=subprocess.DEVNULL,
                                    preexec_fn=die_with_parent)

    def wait_until_ready(self):
        until = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.title} ended by itself: {self.last_words()}")
            if self.is_ready():
                return
            time.sleep(0.5)
        raise RuntimeError(f"{self.title} is not ready in time: {self.last_words()}")

    def is_ready(self):
        try:
            answer = self.call("GET", "/_cluster/health?wait_for_status=yellow&timeout=1s")
        except OSError:
            return False
        return answer.status == 200 and answer.json().get("status") in ("yellow", "green")

    def last_words(self):
        with open(self.log_path, errors="replace") as log:
            return " | ".join(log.read().splitlines()[-5:])

    def call(self, method, path, body=None):
        login = ("elastic", self.password) if self.password else None
        return web.call(method, self.url + path, body, login)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
        if self.scratch:
            shutil.rmtree(self.scratch, ignore_errors=True)
            self.scratch = None


def namespace_command():
    """Another user, in a process namespace that dies with its first process."""
    command = ["unshare", "--user", "--map-user=1000", "--map-group=1000",
               "--pid", "--fork", "--kill-child", "--mount-proc"]
    if not shutil.which("unshare") or not works(command + ["true"]):
        raise fetch.Missing("the back-end refuses root, and root gets no user namespace here")
    return command


def works(command):
    return subprocess.run(command, capture_output=True).returncode == 0


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def drop_lines(path, word):
    with open(path) as text:
        kept = [line for line in text if word not in line]
    with open(path, "w") as out:
        out.writelines(kept)
