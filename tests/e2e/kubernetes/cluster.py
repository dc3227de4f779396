"""An API server and its etcd, on ports of their own, with an audit log of what they were asked.

The binaries are $KUBE_APISERVER and $ETCD, or what PATH has, or what tests/kubernetes/fetch has built; `kubectl`
($KUBECTL) applies manifests. Everything lies in one folder and ends with stop().
"""

import base64
import glob
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

TESTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(TESTS, "bench"))

from ports import free_port

READY_SECONDS_MAX = 120
ADMIN = "admin-of-this-test"

AUDIT_POLICY = """apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
    users: ["system:serviceaccount:logging:tailrace"]
  - level: None
"""


class Missing(Exception):
    """What the machine does not have: skipped, not failed."""


def built(name):
    default = os.path.join(os.path.expanduser("~"), ".cache", "tailrace")
    pattern = os.path.join(os.environ.get("TAILRACE_CACHE", default), "kubernetes-*", name)
    return max(glob.glob(pattern), default=None)


def binary(variable, name):
    path = os.environ.get(variable) or shutil.which(name) or built(name)
    if path is None:
        raise Missing(f"there is no {name}; ${variable} may name one")
    return path


class Cluster:
    def __init__(self, folder):
        self.folder = folder
        self.etcd_port, self.peer_port, self.port = (free_port() for _ in range(3))
        self.url = f"https://127.0.0.1:{self.port}"
        self.running = []
        self.asked_from = 0
        self.tls = ssl._create_unverified_context()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    # ---- processes ----

    def run(self, name, *command):
        log = open(self.path(name + ".log"), "wb")
        self.running.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder))

    def start(self):
        apiserver, etcd = binary("KUBE_APISERVER", "kube-apiserver"), binary("ETCD", "etcd")
        here = f"http://127.0.0.1:{self.etcd_port}"
        self.run("etcd", etcd, "--data-dir", self.path("etcd"), "--unsafe-no-fsync",
                 "--listen-client-urls", here, "--advertise-client-urls", here,
                 "--listen-peer-urls", f"http://127.0.0.1:{self.peer_port}")
        subprocess.run(["openssl", "genrsa", "-out", self.path("sa.key"), "2048"], check=True,
                       stderr=subprocess.DEVNULL)
        self.write("tokens.csv", f"{ADMIN},admin,1,system:masters\n")
        self.write("audit.yaml", AUDIT_POLICY)
        self.start_apiserver(apiserver, here)
        self.wait_ready()

    def start_apiserver(self, apiserver, etcd_url):
        self.apiserver = (apiserver, etcd_url)
        self.run("apiserver", apiserver, f"--etcd-servers={etcd_url}",
                 "--bind-address=127.0.0.1", f"--secure-port={self.port}",
                 "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
                 f"--cert-dir={self.path('certs')}", "--service-cluster-ip-range=10.0.0.0/24",
                 "--service-account-issuer=https://kubernetes.default.svc",
                 f"--service-account-key-file={self.path('sa.key')}",
                 f"--service-account-signing-key-file={self.path('sa.key')}",
                 f"--token-auth-file={self.path('tokens.csv')}", "--authorization-mode=RBAC",
                 "--disable-admission-plugins=ServiceAccount",
                 f"--audit-policy-file={self.path('audit.yaml')}",
                 f"--audit-log-path={self.path('audit.log')}")

    def wait_ready(self):
        end = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < end:
            if any(process.poll() is not None for process in self.running):
                raise RuntimeError(f"a server has ended; see {self.folder}")
            try:
                if self.ask("GET", "/readyz?verbose", raw=True):
                    return
            except (OSError, urllib.error.HTTPError):
                pass
            time.sleep(0.3)
        raise RuntimeError(f"the API server is not ready; see {self.folder}")

    def stop_apiserver(self):
        self.end(self.running.pop())

    def start_apiserver_again(self):
        self.start_apiserver(*self.apiserver)
        self.wait_ready()

    @staticmethod
    def end(process):
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self):
        while self.running:
            self.end(self.running.pop())

    # ---- requests ----

    def ask(self, method, path, body=None, token=ADMIN, raw=False,
            content="application/json"):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        request.add_header("Authorization", f"Bearer {token}")
        request.add_header("Content-Type", content)
        with urllib.request.urlopen(request, context=self.tls, timeout=30) as reply:
            text = reply.read()
        return text if raw else json.loads(text)

    def apply(self, path):
        kubectl = binary("KUBECTL", "kubectl")
        subprocess.run([kubectl, "--server", self.url, "--insecure-skip-tls-verify", "--token",
                        ADMIN, "apply", "-f", path], check=True, stdout=subprocess.DEVNULL,
                       env={"HOME": self.folder, "PATH": os.environ["PATH"]})

    def token(self, seconds=3600):
        """A new one of tailrace's service account."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
                "spec": {"expirationSeconds": seconds}}
        reply = self.ask("POST", "/api/v1/namespaces/logging/serviceaccounts/tailrace/token", body)
        return reply["status"]["token"]

    def may(self, token, verb, resource, group=""):
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
                "spec": {"resourceAttributes": {"verb": verb, "resource": resource,
                                                "group": group}}}
        reply = self.ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body,
                         token=token)
        return reply["status"]["allowed"]

    # ---- pods ----

    def create_namespace(self, name, labels):
        self.ask("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})

    def create_pod(self, namespace, name, node, labels, is_told=True):
        """Its UID; it has one container, whose id is made of the UID. Its status is told, too."""
        pod = self.ask("POST", f"/api/v1/namespaces/{namespace}/pods", {
            "metadata": {"name": name, "labels": labels, "annotations": {"made/by": "e2e"}},
            "spec": {"nodeName": node, "containers": [{"name": "main", "image": "web:1"}]}})
        uid = pod["metadata"]["uid"]
        if is_told:
            self.tell_status(namespace, name, uid)
        return uid

    def tell_status(self, namespace, name, uid):
        status = {"status": {"phase": "Running", "podIP": "10.1.0.9", "containerStatuses": [
            {"name": "main", "image": "reg/web:1", "imageID": "reg/web@sha256:ab", "ready": True,
             "restartCount": 0, "containerID": f"containerd://{container_id(uid)}"}]}}
        self.patch(f"/api/v1/namespaces/{namespace}/pods/{name}/status", status)

    def patch(self, path, body):
        self.ask("PATCH", path, body, content="application/merge-patch+json")

    def label(self, namespace, name, labels):
        self.patch(f"/api/v1/namespaces/{namespace}/pods/{name}", {"metadata": {"labels": labels}})

    def delete_pod(self, namespace, name):
        self.ask("DELETE", f"/api/v1/namespaces/{namespace}/pods/{name}?gracePeriodSeconds=0")

    # ---- what it was asked ----

    def forget_asked(self):
        path = self.path("audit.log")
        self.asked_from = os.path.getsize(path) if os.path.exists(path) else 0

    def asked(self):
        """(verb, resource, status) of each request of tailrace's; a watch counts when it begins."""
        found = []
        try:
            with open(self.path("audit.log"), encoding="utf-8") as file:
                file.seek(self.asked_from)
                for line in file:
                    if not line.endswith("\n"):
                        break  # it is being written
                    event = json.loads(line)
                    is_watch = event["verb"] == "watch"
                    if is_watch != (event["stage"] == "ResponseStarted"):
                        continue
                    found.append((event["verb"], event["objectRef"]["resource"],
                                  event.get("responseStatus", {}).get("code", 0)))
        except FileNotFoundError:
            pass
        return found


def container_id(uid):
    return base64.b16encode(uid.encode()).decode().lower()[:64]
