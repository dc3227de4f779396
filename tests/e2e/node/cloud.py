"""Who a node talks to: CloudWatch Logs (moto behind a front that notes the calls), the instance's
metadata, the kubelet and the API server. Each has the address and the port that it has on a node.
"""

import collections
import gzip
import http.client
import json
import os
import random
import ssl
import threading
import urllib.parse

from kit import server
from node.apart import call

REGION = "eu-west-1"
INSTANCE = {
    "placement/availability-zone": REGION + "a", "placement/availability-zone-id": "euw1-az1",
    "placement/region": REGION, "instance-id": "i-0123456789abcdef0", "instance-type": "m7i.large",
    "ami-id": "ami-0fedcba9876543210", "mac": "0a:00:00:00:00:01", "local-ipv4": "10.0.3.7",
    "hostname": "ip-10-0-3-7.eu-west-1.compute.internal",
    "network/interfaces/macs/0a:00:00:00:00:01/vpc-id": "vpc-0a1b2c3d",
}
LOGS_ADDRESS, LOGS_HOST = "127.0.0.2", f"logs.{REGION}.amazonaws.com"
STS_ADDRESS, STS_HOST = "127.0.0.4", f"sts.{REGION}.amazonaws.com"
API_ADDRESS, API_HOST = "127.0.0.3", "kubernetes.default.svc"
HOSTS = (f"127.0.0.1 localhost\n{LOGS_ADDRESS} {LOGS_HOST}\n{STS_ADDRESS} {STS_HOST}\n"
         f"{API_ADDRESS} {API_HOST}\n")

Call = collections.namedtuple("Call", "action group stream status agent asked")


class Authority:
    """Signs the certificates of those that have one."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder)
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-subj", "/CN=authority", "-days", "2", "-keyout", "ca.key", "-out", "ca.crt")

    def openssl(self, *words):
        call("openssl", *[os.path.join(self.folder, word) if word.endswith((".key", ".crt", ".csr"))
                          else word for word in words])

    @property
    def text(self):
        with open(os.path.join(self.folder, "ca.crt")) as file:
            return file.read()

    def context(self, host):
        """Of a server that is called so."""
        name = os.path.join(self.folder, host)
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                     "/CN=" + host, "-addext", "subjectAltName=DNS:" + host, "-keyout", host + ".key",
                     "-out", host + ".csr")
        self.openssl("x509", "-req", "-days", "2", "-copy_extensions", "copyall", "-CA", "ca.crt",
                     "-CAkey", "ca.key", "-in", host + ".csr", "-out", host + ".crt")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(name + ".crt", name + ".key")
        return context


class Server(server.Server):
    """answer(handler, body) gives (status, headers, bytes)."""

    def __init__(self, address, port, answer, context=None):
        class Handler(server.Handler):
            def do_GET(self):
                status, headers, content = answer(self, self.body())
                self.answer(status, content, headers)

            do_POST = do_PUT = do_GET

        super().__init__(Handler, (address, port), context)


class Front:
    """A service's host and certificate; moto behind it, which checks signatures and rights."""

    def __init__(self, authority, address, host, moto_port):
        self.moto_port = moto_port
        Server(address, 443, self.answer, authority.context(host))

    def answer(self, handler, body):
        there = http.client.HTTPConnection("127.0.0.1", self.moto_port, timeout=60)
        there.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
        for name, value in handler.headers.items():
            if name.lower() not in ("connection", "expect"):
                there.putheader(name, value)
        there.endheaders(body)
        reply = there.getresponse()
        content = reply.read()
        there.close()
        self.note(handler, body, reply.status)
        kept = ("content-type", "x-amzn-requestid", "date", "x-amzn-errortype")
        return reply.status, {name: value for name, value in reply.getheaders()
                              if name.lower() in kept}, content

    def note(self, handler, body, status):
        pass


class Sts:
    """For web identities alone, which moto takes for unsigned: keys of the role, for the token that is known."""

    NAMES = (("AccessKeyId", "AccessKeyId"), ("SecretAccessKey", "SecretAccessKey"),
             ("SessionToken", "Token"), ("Expiration", "Expiration"))

    def __init__(self, authority, role, token, keys):
        self.role, self.token, self.keys = role, token, keys
        Server(STS_ADDRESS, 443, self.answer, authority.context(STS_HOST))

    def answer(self, handler, body):
        asked = dict(urllib.parse.parse_qsl(body.decode() or urllib.parse.urlsplit(handler.path).query))
        if (asked.get("Action"), asked.get("RoleArn"), asked.get("WebIdentityToken")) != (
                "AssumeRoleWithWebIdentity", self.role, self.token):
            return 400, {}, b"<ErrorResponse><Error><Code>InvalidIdentityToken</Code></Error></ErrorResponse>"
        keys = "".join(f"<{name}>{self.keys[ours]}</{name}>" for name, ours in self.NAMES)
        return 200, {"Content-Type": "text/xml"}, (
            "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult>"
            f"<Credentials>{keys}</Credentials>"
            "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>").encode()


class Logs(Front):
    def __init__(self, authority, moto_port):
        self.calls = []
        super().__init__(authority, LOGS_ADDRESS, LOGS_HOST, moto_port)

    def note(self, handler, body, status):
        if handler.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        asked = json.loads(body)
        self.calls.append(Call(handler.headers["X-Amz-Target"].partition(".")[2],
                               asked.get("logGroupName"), asked.get("logStreamName"), status,
                               handler.headers.get("User-Agent", ""), asked))


class EcsAgent:
    """At the task's address its keys and what it is, under paths that the task alone knows; at port 51678
    what runs on the instance."""

    KEYS = "/v2/credentials/5f0c1e7a"
    TASK = "/v4/7c1d-0001"
    TASK_ID = "158d1c8083dd49d6b527399fd6414f5c"
    ARN = f"arn:aws:ecs:{REGION}:123456789012:task/default/{TASK_ID}"
    CLUSTER_ARN = f"arn:aws:ecs:{REGION}:123456789012:container-instance/default/1f73d099"

    def __init__(self, keys, container):
        self.pages = {
            self.KEYS: {**keys, "RoleArn": "arn:aws:iam::123456789012:role/logs"},
            self.TASK + "/task": {"Cluster": "default", "TaskARN": self.ARN, "Family": "shop", "Revision": "1"},
            "/v1/metadata": {"Cluster": "default", "ContainerInstanceArn": self.CLUSTER_ARN,
                             "Version": "Amazon ECS Agent - v1.99.0"},
            f"/v1/tasks?dockerid={container[:12]}": {
                "Arn": self.ARN, "Family": "shop", "Version": "1", "DesiredStatus": "RUNNING",
                "KnownStatus": "RUNNING", "Containers": [
                    {"DockerId": container, "DockerName": "ecs-shop-1-web-00", "Name": "web"}]}}
        Server("169.254.170.2", 80, self.answer)
        Server("127.0.0.1", 51678, self.answer)

    def answer(self, handler, _):
        page = self.pages.get(handler.path)
        if page is None:
            return 404, {}, b""
        return 200, {"Content-Type": "application/json"}, json.dumps(page).encode()


class Metadata:
    """The instance's, version 2 only: without a token nothing is told. Keys are those of the node's role."""

    def __init__(self, keys):
        self.keys = keys
        self.tokens = set()
        self.asked_without = []
        Server("169.254.169.254", 80, self.answer)

    def answer(self, handler, _):
        path = handler.path.rstrip("/")
        if path == "/latest/api/token" and handler.command == "PUT":
            token = f"{random.getrandbits(200):x}"
            self.tokens.add(token)
            return 200, {"X-aws-ec2-metadata-token-ttl-seconds": "21600"}, token.encode()
        if handler.headers.get("X-aws-ec2-metadata-token") not in self.tokens:
            self.asked_without.append(path)
            return 401, {}, b""
        return self.told(path)

    def told(self, path):
        roles = "/latest/meta-data/iam/security-credentials"
        if path == roles:
            return 200, {}, b"node"
        if path == roles + "/node":
            return 200, {}, json.dumps(self.keys).encode()
        if path == "/latest/dynamic/instance-identity/document":
            return 200, {}, json.dumps({"accountId": "123456789012", "region": REGION}).encode()
        text = INSTANCE.get(path.partition("/latest/meta-data/")[2])
        return (404, {}, b"") if text is None else (200, {}, text.encode())


class Cluster:
    """What the kubelet says of its pods, at 127.0.0.1:10250 under the node's name, and the API server."""

    def __init__(self, authority, node, token):
        self.node, self.token = node, token
        self.pods = []
        self.asked = []
        Server("127.0.0.1", 10250, self.answer, authority.context(node))
        Server(API_ADDRESS, 443, self.answer, authority.context(API_HOST))

    def add(self, namespace, name, uid, container, ident):
        self.pods.append({
            "metadata": {"name": name, "namespace": namespace, "uid": uid, "labels": {"app": name}},
            "spec": {"nodeName": self.node, "containers": [{"name": container, "image": "web:1"}]},
            "status": {"podIP": "10.0.3.40", "containerStatuses": [
                {"name": container, "image": "web:1", "imageID": "reg/web@sha256:12",
                 "containerID": "containerd://" + ident}]}})

    def answer(self, handler, _):
        self.asked.append(handler.path)
        if handler.headers.get("Authorization") != "Bearer " + self.token:
            return 401, {}, b""
        if "watch=" in handler.path:
            threading.Event().wait(600)  # nothing changes
            return 200, {}, b""
        pods = {"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "7"},
                "items": self.pods}
        return 200, {"Content-Type": "application/json"}, json.dumps(pods).encode()
