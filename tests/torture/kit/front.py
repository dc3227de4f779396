"""What may stand between the agent and a back-end: a name, a certificate, and a slow reader.

A name server of our own and a proxy that ends TLS. Each obeys its attributes from one moment to the
next, so a case can break something and mend it again.
"""

import os
import socket
import ssl
import struct
import subprocess
import threading
import time

NAME = "front.tailrace.test"
NAME_SERVERS = [f"127.0.{nth}.77" for nth in range(20)]
PIECE_BYTES = 1 << 16
RECEIVE_BYTES = 8 << 10  # the kernel keeps no more than about that for a slow reader
STEP_S = 0.05


class Certificates:
    """An authority, a server's certificate of it, one that has expired, and one of somebody else."""

    def __init__(self, folder):
        os.mkdir(folder)
        self.folder = folder
        self.authority, authority_key = self.make_authority("authority")
        _, other_key = self.make_authority("other")
        self.good = self.sign("good", "authority", authority_key, 2)
        self.expired = self.sign("expired", "authority", authority_key, -1)
        self.untrusted = self.sign("untrusted", "other", other_key, 2)

    def path(self, name):
        return os.path.join(self.folder, name)

    @staticmethod
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    def make_authority(self, name):
        key, certificate = self.path(name + ".key"), self.path(name + ".pem")
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                     "-subj", f"/CN={name}", "-keyout", key, "-out", certificate)
        return certificate, key

    def sign(self, name, authority, authority_key, days):
        key, request = self.path(name + ".key"), self.path(name + ".csr")
        certificate, extension = self.path(name + ".pem"), self.path(name + ".ext")
        with open(extension, "w") as out:
            out.write(f"subjectAltName=DNS:{NAME}\n")
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={NAME}",
                     "-keyout", key, "-out", request)
        self.openssl("x509", "-req", "-in", request, "-CA", self.path(authority + ".pem"),
                     "-CAkey", authority_key, "-CAcreateserial", "-days", str(days),
                     "-extfile", extension, "-out", certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context


class Front:
    """Ends TLS and goes on to a port of ours; as fast as it can, or at so many bytes a second."""

    def __init__(self, port, context):
        self.target = ("127.0.0.1", port)
        self.context = context
        self.request_bytes_per_s = self.answer_bytes_per_s = 0  # 0: without a limit
        self.connections = set()
        self.lock = threading.Lock()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def show(self, context):
        """Another certificate, for every connection from now on; there are no others."""
        self.context = context
        with self.lock:
            connections, self.connections = self.connections, set()
        for connection in connections:
            hang_up(connection)

    def accept(self):
        while True:
            raw, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(raw,), daemon=True).start()

    def serve(self, raw):
        raw.settimeout(60)
        try:
            near = self.context.wrap_socket(raw, server_side=True)
            far = socket.create_connection(self.target)
        except (OSError, ValueError):
            hang_up(raw)
            return
        with self.lock:
            self.connections |= {near, far}
        there = threading.Thread(target=self.pump, daemon=True,
                                 args=(near, far, lambda: self.request_bytes_per_s))
        there.start()
        self.pump(far, near, lambda: self.answer_bytes_per_s)
        there.join()
        with self.lock:
            self.connections -= {near, far}
        for each in (near, far):
            each.close()

    @staticmethod
    def pump(source, target, bytes_per_s):
        try:
            while data := source.recv(PIECE_BYTES if bytes_per_s() == 0 else 64):
                while data:
                    data = data[send_some(target, data, bytes_per_s()):]
        except (OSError, ValueError):
            pass
        hang_up(source)
        hang_up(target)


def send_some(target, data, bytes_per_s):
    """How many went; it takes its time for them."""
    if bytes_per_s == 0:
        target.sendall(data)
        return len(data)
    count = max(1, int(bytes_per_s * STEP_S))
    target.sendall(data[:count])
    time.sleep(min(count / bytes_per_s, 1))
    return count


def hang_up(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


class NameServer:
    """Knows one name, at 127.0.0.1; answers, refuses to, or is silent."""

    ANSWERS, FAILS, SILENT = range(3)

    def __init__(self, folder, address):
        self.mood = self.ANSWERS
        self.asked = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 53))
        self.settings = os.path.join(folder, "resolv.conf")
        with open(self.settings, "w") as out:
            out.write(f"nameserver {address}\n")
        threading.Thread(target=self.serve, daemon=True).start()

    def launcher(self):
        """Runs a program that asks this one, and nobody else."""
        return ["unshare", "-m", "sh", "-c",
                f'mount --bind "{self.settings}" /etc/resolv.conf && exec "$@"', "sh"]

    def serve(self):
        while True:
            question, asker = self.socket.recvfrom(512)
            self.asked += 1
            if self.mood != self.SILENT:
                self.socket.sendto(self.answer(question), asker)

    def answer(self, question):
        end = question.index(b"\0", 12) + 5
        kind = struct.unpack(">H", question[end - 4:end - 2])[0]
        fails = self.mood == self.FAILS
        has_address = kind == 1 and not fails
        flags = 0x8182 if fails else 0x8180
        head = question[:2] + struct.pack(">HHHHH", flags, 1, int(has_address), 0, 0)
        record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 1, 4) + socket.inet_aton("127.0.0.1")
        return head + question[12:end] + (record if has_address else b"")


def name_server(folder):
    """At an address where nobody is one; None where there is none, or nobody may."""
    for address in NAME_SERVERS if os.geteuid() == 0 else ():
        try:
            return NameServer(folder, address)
        except OSError:
            pass
    return None
