#!/usr/bin/env python3
"""pods: what the metadata of N pods costs the whole agent in memory.

  pods.py [N...]        default: 110 500

An API server of its own hands out N pods that look like real ones, eight kilobytes each, and a watch that
says nothing. Printed is anonymous memory once the agent has settled, the median of three runs: with N pods
and no file, and what that is more than with no pods; with N pods and a log of each, of which 20 lines are
read, and what that is more than the same without the filter. TAILRACE names another program than
build/release/tailrace."""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
AGENT = os.environ.get("TAILRACE", os.path.join(ROOT, "build", "release", "tailrace"))
ROUNDS = 3
SETTLED_S = 4
LINES = 20
CONF = """[SERVICE]
    Flush      1
    Log_Level  error

[INPUT]
    Name              tail
    Path              {dir}/*.log
    Tag               kube.*
    Read_from_Head    On
    multiline.parser  cri
    DB                {dir}/positions.db

{filter}
[OUTPUT]
    Name   null
    Match  *
"""
FILTER = """[FILTER]
    Name             kubernetes
    Match            kube.*
    Merge_Log        On
    Kube_Tag_Prefix  kube.{dir}
    Kube_URL         http://127.0.0.1:{port}
    Kube_Node_Name   n1
    Kube_Token_File  {dir}/token
"""


def pod(i):
    """About nine kilobytes, of which six are nobody's business."""
    digest = "%064x" % i
    return {
        "metadata": {
            "name": "payments-api-7d9c6b5f4d-%05d" % i, "namespace": "shop-%d" % (i % 20),
            "uid": "0d9b8c7e-5a43-4c21-8f10-%012d" % i, "resourceVersion": str(1000 + i),
            "labels": {"app.kubernetes.io/name": "payments-api", "app.kubernetes.io/instance": str(i),
                       "app.kubernetes.io/version": "1.27.3", "pod-template-hash": "7d9c6b5f4d",
                       "topology.kubernetes.io/zone": "eu-central-1a"},
            "annotations": {"checksum/config": digest, "prometheus.io/scrape": "true",
                            "cni.projectcalico.org/podIP": "10.1.2.3/32", "kubernetes.io/psp": "eks"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": True,
                                 "name": "payments-api-7d9c6b5f4d", "uid": digest[:36]}],
            "managedFields": [{"manager": "kube-controller-manager", "fieldsV1": {"f:" + "x" * 5600: {}}}]},
        "spec": {"nodeName": "n1", "volumes": [{"name": "kube-api-access-abcde", "projected": {}}] * 6,
                 "containers": [{"name": "main", "image": "registry.example.com/payments:1.27.3",
                                 "env": [{"name": "VAR_%d" % n, "value": "value"} for n in range(20)]}]},
        "status": {"phase": "Running", "podIP": "10.1.2.3", "conditions": [{"type": "Ready"}] * 5,
                   "containerStatuses": [{"name": "main", "image": "registry.example.com/payments:1.27.3",
                                          "imageID": "registry.example.com/payments@sha256:" + digest,
                                          "containerID": "containerd://" + digest}]}}


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        if "watch=1" in self.path:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.server.watched.set()
            self.server.over.wait()
            return
        body = self.server.list
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def server_of(count):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.daemon_threads = True
    server.watched, server.over = threading.Event(), threading.Event()
    server.list = json.dumps({"kind": "PodList", "metadata": {"resourceVersion": "9999"},
                              "items": [pod(i) for i in range(count)]}).encode()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def anonymous_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("RssAnon"):
                return int(line.split()[1])
    sys.exit("pods: the kernel does not tell RssAnon")


def logs_write(folder, count):
    for i in range(count):
        name = "payments-api-7d9c6b5f4d-%05d_shop-%d_main-%064x.log" % (i, i % 20, i)
        with open(os.path.join(folder, name), "w", encoding="ascii") as log:
            for n in range(LINES):
                log.write('2026-11-21T10:00:00.%09dZ stdout F {"level":"info","n":%d}\n' % (n, n))


def run(count, log_count, has_filter):
    server = server_of(count)
    with tempfile.TemporaryDirectory(prefix="tailrace-pods-") as folder:
        logs_write(folder, log_count)
        open(os.path.join(folder, "token"), "w", encoding="ascii").close()
        conf = os.path.join(folder, "pods.conf")
        section = FILTER.format(dir=folder, port=server.server_port) if has_filter else ""
        with open(conf, "w", encoding="ascii") as file:
            file.write(CONF.format(dir=folder, filter=section))
        agent = subprocess.Popen([AGENT, "-c", conf], stderr=subprocess.DEVNULL)
        try:
            if has_filter and not server.watched.wait(30):
                sys.exit("pods: the agent does not watch")
            time.sleep(SETTLED_S)
            return anonymous_of(agent.pid)
        finally:
            server.over.set()
            agent.terminate()
            agent.wait()
            server.shutdown()


def median(count, log_count=0, has_filter=True):
    return statistics.median(run(count, log_count, has_filter) for _ in range(ROUNDS))


def main():
    none = median(0)
    print("| pods | as they come | no log: KiB | more than no pods | a log of each: KiB | more than without the filter |")
    print("|---|---|---|---|---|---|")
    for count in [int(a) for a in sys.argv[1:]] or [110, 500]:
        come = len(json.dumps([pod(i) for i in range(count)])) // 1024
        alone, logs, bare = median(count), median(count, count), median(0, count, False)
        print(f"| {count} | {come} | {alone:.0f} | {alone - none:.0f} | {logs:.0f} | {logs - bare:.0f} |")


if __name__ == "__main__":
    main()
