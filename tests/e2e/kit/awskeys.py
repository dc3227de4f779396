"""Who hands out keys, and who looks at signatures: both as AWS does it, by botocore's arithmetic.

A Vault makes sets of keys and remembers when they end. Agents stands where instance metadata and a
container's agent stand; vault.guard is asked by a back-end whether a request is signed well.
"""

import calendar
import random
import socket
import string
import threading
import time
import urllib.parse

from kit.server import Handler, Server

ROLE_PATH = "/latest/meta-data/iam/security-credentials/"
STS_NAMES = [("AccessKeyId", "AccessKeyId"), ("SecretAccessKey", "SecretAccessKey"),
             ("SessionToken", "Token"), ("Expiration", "Expiration")]
ALPHABET = string.ascii_letters + string.digits + "+/"


def random_text(length, dice=random):
    return "".join(dice.choice(ALPHABET) for _ in range(length))


class Vault:
    def __init__(self, botocore, life_s, region="eu-west-1", service="es"):
        self.botocore = botocore
        self.life_s = life_s
        self.region, self.service = region, service
        self.lock = threading.Lock()
        self.sets = {}  # id: (secret, token, end)
        self.refused = []
        self.used = []  # ids, in the order they were first used

    def make(self):
        with self.lock:
            ident = "ASIA" + "".join(random.choice(string.ascii_uppercase) for _ in range(16))
            self.sets[ident] = (random_text(40), random_text(400), time.time() + self.life_s)
            return ident

    def revoke_all(self):
        with self.lock:
            self.sets = {ident: (secret, token, 0) for ident, (secret, token, _) in
                         self.sets.items()}

    def document(self, ident):
        with self.lock:
            secret, token, end = self.sets[ident]
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))
        return {"Code": "Success", "AccessKeyId": ident, "SecretAccessKey": secret, "Token": token,
                "Expiration": stamp}

    def secrets(self):
        with self.lock:
            return [text for secret, token, _ in self.sets.values() for text in (secret, token)]

    def guard(self, handler, body):
        why = self.trouble_of(handler, body)
        if why is None:
            return None
        with self.lock:
            self.refused.append(why)
        return 403, {"message": why}

    def trouble_of(self, handler, body):
        told = handler.headers.get("Authorization", "")
        ident = told.partition("Credential=")[2].partition("/")[0]
        with self.lock:
            secret, token, end = self.sets.get(ident, (None, None, 0))
            if ident not in self.used:
                self.used.append(ident)
        if secret is None:
            return "The security token included in the request is invalid."
        if has_ended(handler, end) or handler.headers.get("X-Amz-Security-Token") != token:
            return "The security token included in the request is expired"
        if abs(stamp_of(handler) - time.time()) > 300:
            return "Signature expired: too old"
        if told != self.expected(handler, body, (ident, secret, token), told):
            return "The request signature we calculated does not match the signature you provided."
        return None

    def expected(self, handler, body, keys, told):
        """Authorization as botocore makes it, for the headers that were signed."""
        names = told.partition("SignedHeaders=")[2].partition(",")[0].split(";")
        return sign(self.botocore, {
            "method": handler.command, "url": "http://" + handler.headers["Host"] + handler.path,
            "headers": [(name, value) for name, value in handler.headers.items()
                        if name.lower() in names and name.lower() != "host"],
            "body": body, "keys": keys, "region": self.region, "service": self.service,
            "stamp": handler.headers["X-Amz-Date"]})


def has_ended(handler, end):
    """What was signed in time and is read late was held up by a busy machine, and is good."""
    return time.time() > end and stamp_of(handler) >= end


def stamp_of(handler):
    return calendar.timegm(time.strptime(handler.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ"))


def sign(botocore, wanted):
    """botocore's Authorization for a request as it is on the wire; headers are (name, value)."""
    request = botocore.awsrequest.AWSRequest(method=wanted["method"], url=wanted["url"],
                                             data=wanted["body"], params=wanted.get("params", {}))
    for name, value in wanted["headers"]:
        request.headers.add_header(name, value)
    request.context["timestamp"] = wanted["stamp"]
    auth = botocore.auth.SigV4Auth(botocore.credentials.Credentials(*wanted["keys"]),
                                   wanted["service"], wanted["region"])
    canonical = auth.canonical_request(request)
    signature = auth.signature(auth.string_to_sign(request, canonical), request)
    names = auth.signed_headers(auth.headers_to_sign(request))
    return (f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={names}, "
            f"Signature={signature}")


class Agents:
    """Instance metadata that wants its tokens, and a container's agent that wants its own."""

    def __init__(self, vault, container_token="", is_mute=False, address=("127.0.0.1", 0)):
        self.vault = vault
        self.container_token = container_token
        self.is_mute = is_mute  # takes what is asked, and says nothing
        self.hop_limit = None  # of a token's answer; None: as far as it takes
        self.web_token = None  # that STS trusts; None: any
        self.facts = {}  # of the instance, by what stands behind /latest/
        self.tokens = set()
        self.asked = []
        self.over = threading.Event()
        self.server = Server(handler_for(self), address)

    @property
    def url(self):
        return self.server.url

    def close(self):
        self.over.set()
        self.server.close()

    def sts(self, form):
        """AssumeRoleWithWebIdentity: the same keys as from elsewhere, in XML."""
        fields = dict(urllib.parse.parse_qsl(form.decode()))
        if self.web_token is not None and fields.get("WebIdentityToken") != self.web_token:
            return 400, ("<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>no"
                         "</Message></Error></ErrorResponse>")
        keys = self.vault.document(self.vault.make())
        return 200, ("<R><Credentials>" + "".join(
            f"<{name}>{keys[key]}</{name}>" for name, key in STS_NAMES) + "</Credentials></R>")

    def answer(self, handler):
        path = handler.path
        if handler.command == "POST":
            return self.sts(handler.body())
        if path == "/process":
            return 200, process_document(self.vault.document(self.vault.make()))
        if path == "/container":
            if handler.headers.get("Authorization") != self.container_token:
                return 401, {"code": "Unauthorized", "message": "wrong token"}
            return 200, self.vault.document(self.vault.make())
        if path == "/latest/api/token":
            if handler.command != "PUT":
                return 405, ""
            token = random_text(40)
            self.tokens.add(token)
            return 200, token
        if handler.headers.get("X-aws-ec2-metadata-token") not in self.tokens:
            return 401, ""
        if path == "/latest/meta-data/placement/region":
            return 200, self.vault.region
        if path == ROLE_PATH:
            return 200, "node"
        if path == ROLE_PATH + "node":
            return 200, self.vault.document(self.vault.make())
        return (200, self.facts[path[len("/latest/"):]]) if path[len("/latest/"):] in self.facts \
            else (404, "")


def process_document(keys):
    """As a credential_process prints them."""
    return {"Version": 1, "AccessKeyId": keys["AccessKeyId"], "SessionToken": keys["Token"],
            "SecretAccessKey": keys["SecretAccessKey"], "Expiration": keys["Expiration"]}


def handler_for(agents):
    class Keys(Handler):
        def do_GET(self):
            agents.asked.append((time.monotonic(), self.path))
            if agents.is_mute:
                agents.over.wait()  # and for ever: who asks has long gone
                self.close_connection = True
                return
            status, body = agents.answer(self)
            if agents.hop_limit and self.path == "/latest/api/token":
                self.connection.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, agents.hop_limit)
            self.answer(status, body)

        do_PUT = do_POST = do_GET

    return Keys
