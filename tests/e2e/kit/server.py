"""What the servers of these cases have in common, whatever they stand for."""

import http.server
import json
import socketserver
import ssl
import sys
import threading


class Gone(ConnectionError):
    """Who asked hung up in the middle of the question."""


class Handler(http.server.BaseHTTPRequestHandler):
    """Keeps connections, and says nothing of what it is asked."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def body(self):
        """All of it: of what an agent that is killed had begun to send nothing counts."""
        length = int(self.headers.get("Content-Length", 0))
        content = self.rfile.read(length)
        if len(content) < length:
            raise Gone
        return content

    def answer(self, status, body, headers=None):
        """A text or bytes go as they are, anything else as JSON."""
        content = body.encode() if isinstance(body, str) else body
        if not isinstance(content, bytes):
            content = json.dumps(content).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Server(http.server.ThreadingHTTPServer):
    """Serves from the start to close(); with a context by TLS."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler, address=("127.0.0.1", 0), context=None):
        super().__init__(address, handler)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def server_bind(self):
        """The base asks a name server for its own name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    @property
    def url(self):
        return f"http://{self.server_name}:{self.server_port}"

    def handle_error(self, *_):
        """An agent that is killed, or has waited long enough, hangs up: that is no trouble of ours."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, ssl.SSLError)):
            super().handle_error(*_)

    def close(self):
        self.shutdown()
        self.server_close()
