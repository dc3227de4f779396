"""The node: what its containers, its journal and its system write, and what must come of each line.

Lines are numbered; every event that is expected is an Event with its group, stream, time and record.
"""

import collections
import glob
import json
import os
import random
import subprocess
import time

from kit.agent import BINARY, READY_SECONDS_MAX, ROOT, STOP_SECONDS_MAX, die_with_parent
from kit.case import Skip
from node import apart, cloud
from services import web

NAME = "ip-10-0-3-7.eu-west-1.compute.internal"
CLUSTER = "shop"
REGION = cloud.REGION
TOKEN = "account-token"
ACCOUNT = "/run/secrets/kubernetes.io/serviceaccount"
JOURNAL_REMOTE = "/lib/systemd/systemd-journal-remote"
AGENT = "/fluent-bit/bin/fluent-bit"
PORT = 2020
PART_BYTES = 16384
BOOT_NS = time.time_ns() - 10**12

Pod = collections.namedtuple("Pod", "namespace name uid container ident")


def group(name):
    return f"/aws/containerinsights/{CLUSTER}/{name}"


def new_pod(namespace, name, container):
    dice = random.Random(f"{namespace}/{name}")
    return Pod(namespace, name, f"{dice.getrandbits(128):032x}", container, f"{dice.getrandbits(256):064x}")


def parsers():
    """Those that the image has."""
    found = {}
    for path in glob.glob(os.path.join(ROOT, "conf", "parsers*.conf")):
        with open(path) as file:
            found[os.path.basename(path)] = file.read()
    return found


def pod_file(pod):
    return f"/var/log/pods/{pod.namespace}_{pod.name}_{pod.uid}/{pod.container}/0.log"


def link(pod):
    return f"/var/log/containers/{pod.name}_{pod.namespace}_{pod.container}-{pod.ident}.log"


def docker_file(pod):
    return f"/var/lib/docker/containers/{pod.ident}/{pod.ident}-json.log"


class Node:
    def __init__(self, folder, place, files, authority):
        """files: the ConfigMap's, mounted at the place."""
        self.root = os.path.join(folder, "root")
        self.folder = folder
        self.process = None
        apart.make_root(self.root, {
            "/etc/hosts": cloud.HOSTS, "/etc/machine-id": "a" * 32 + "\n",
            "/etc/ssl/certs/ca-certificates.crt": authority.text,
            ACCOUNT + "/token": TOKEN, ACCOUNT + "/ca.crt": authority.text,
            **{f"/etc/tailrace/{name}": text for name, text in parsers().items()},
            **{f"{place}/{name}": text for name, text in files.items()}})
        for path in ("var/log/containers", "var/log/journal", "var/fluent-bit/state", "var/lib/tailrace",
                     "fluent-bit/bin"):
            os.makedirs(self.path(path))
        with open(BINARY, "rb") as program, open(self.path(AGENT), "wb") as out:
            out.write(program.read())
        os.chmod(self.path(AGENT), 0o755)

    def path(self, *names):
        return os.path.join(self.root, *(name.lstrip("/") for name in names))

    # ---- the agent ----

    def start(self, arguments, environment, rights=()):
        """rights: a program before the agent's, which takes rights away."""
        with open(os.path.join(self.folder, "agent.log"), "a") as log:
            self.process = subprocess.Popen(
                ["/usr/sbin/chroot", self.root, *rights, AGENT, *arguments], cwd="/", env=environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent)

    def wait_until_ready(self):
        """Its inputs are open by then."""
        until = time.monotonic() + READY_SECONDS_MAX
        while not is_answering():
            assert self.process.poll() is None, f"the agent ended by itself with {self.process.returncode}"
            assert time.monotonic() < until, f"the agent is not ready after {READY_SECONDS_MAX} s"
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        try:
            status = self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the agent did not end within {STOP_SECONDS_MAX} s of SIGTERM")
        assert status == 0, f"the agent ended with {status} upon SIGTERM"

    # ---- what a node writes ----

    def append(self, path, text):
        os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        with open(self.path(path), "ab") as out:
            out.write(text if isinstance(text, bytes) else text.encode())

    def write_container(self, pod, lines):
        """lines: (ns, stream, text) each; in the form of containerd."""
        self.append(pod_file(pod), b"".join(
            frame(stamp(ns), stream, text) for ns, stream, text in lines))
        if not os.path.islink(self.path(link(pod))):
            os.symlink(pod_file(pod), self.path(link(pod)))

    def write_docker(self, pod, lines):
        """The same by Docker: its own file, links to it from where the kubelet has its logs."""
        self.append(docker_file(pod), b"".join(docker_frame(stamp(ns), stream, text)
                                               for ns, stream, text in lines))
        for path, target in ((link(pod), pod_file(pod)), (pod_file(pod), docker_file(pod))):
            if not os.path.islink(self.path(path)):
                os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
                os.symlink(target, self.path(path))

    def rotate(self, path):
        """What comes next is another file."""
        os.rename(self.path(path), self.path(path) + time.strftime(".%Y%m%d-%H%M%S", time.gmtime()))

    def write_journal(self, name, entries):
        """A journal of its own: fields of each, the time as ns first."""
        if not os.path.exists(JOURNAL_REMOTE):
            raise Skip(f"there is no {JOURNAL_REMOTE} to make a journal with")
        text = "".join(
            f"__REALTIME_TIMESTAMP={ns // 1000}\n__MONOTONIC_TIMESTAMP={(ns - BOOT_NS) // 1000}\n"
            f"_BOOT_ID={'b' * 32}\n" + "".join(f"{key}={value}\n" for key, value in fields.items()) + "\n"
            for ns, fields in entries)
        done = subprocess.run([JOURNAL_REMOTE, "-o", self.path("var/log/journal", name), "-"], input=text,
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def is_answering():
    try:
        return web.call("GET", f"http://127.0.0.1:{PORT}/api/v1/uptime").status == 200
    except OSError:
        return False


def frame(when, stream, text):
    """A line as containerd writes it; what is longer than its buffer comes in parts."""
    content, parts = text.encode(), []
    while len(content) > PART_BYTES:
        parts.append(content[:PART_BYTES])
        content = content[PART_BYTES:]
    return b"".join([f"{when} {stream} P ".encode() + part + b"\n" for part in parts] +
                    [f"{when} {stream} F ".encode() + content + b"\n"])


def docker_frame(when, stream, text):
    """As Docker's json-file; only the last part ends in a line feed."""
    text += "\n"
    parts = [text[at:at + PART_BYTES] for at in range(0, len(text), PART_BYTES)]
    return b"".join(json.dumps({"log": part, "stream": stream, "time": when}, ensure_ascii=False,
                               separators=(",", ":")).encode() + b"\n" for part in parts)


def stamp(ns):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ns // 10**9)) + f".{ns % 10**9:09d}Z"


def syslog_stamp(ns):
    return time.strftime("%b %d %H:%M:%S", time.gmtime(ns // 10**9))

