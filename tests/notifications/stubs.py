"""Carriers' servers of a few lines: they say what they are told to, over real sockets on the loopback."""

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

#: Longer than any time-out of a test.
SILENCE_SECONDS = 1.5


class HttpStub(ThreadingHTTPServer):
    """`says` is the status of the next answers, or `silent`, which takes the message and answers too late."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _HttpHandler)
        self.says = "200"
        self.body = b'{"id": "carrier-1", "sid": "SM1", "message": "Queued."}'
        self.taken: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _HttpHandler(BaseHTTPRequestHandler):
    server: HttpStub

    def do_POST(self) -> None:
        stub = self.server
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        is_json = self.headers["Content-Type"] == "application/json"
        message = json.loads(body) if is_json else {name: values[0] for name, values in parse_qs(body).items()}
        stub.headers.append(dict(self.headers))
        if stub.says in {"200", "201", "silent"}:
            stub.taken.append(message)
        if stub.says == "silent":
            time.sleep(SILENCE_SECONDS)
            return
        self.send_response(int(stub.says))
        if stub.says.startswith("3"):
            self.send_header("Location", f"{stub.url}/elsewhere")
        self.send_header("Content-Length", str(len(stub.body)))
        self.end_headers()
        self.wfile.write(stub.body)

    def do_GET(self) -> None:
        raise AssertionError("somebody followed a redirect")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the parent's name
        pass


class SmtpStub(socketserver.ThreadingTCPServer):
    """As HttpStub, in SMTP (RFC 5321): `says` is the code after the recipient, or `silent` after the mail. `greets` is its first word."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _SmtpHandler)
        self.says = "250"
        self.greets = "220"
        self.taken: list[bytes] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _SmtpHandler(socketserver.StreamRequestHandler):
    server: SmtpStub

    def handle(self) -> None:
        stub = self.server
        self._say(f"{stub.greets} stub")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "RCPT":
                self._say(f"{'250' if stub.says == 'silent' else stub.says} recipient")
            elif word == "DATA":
                self._say("354 go on")
                stub.taken.append(self._mail())
                if stub.says == "silent":
                    time.sleep(SILENCE_SECONDS)
                    return
                self._say("250 taken")
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 fine")

    def _mail(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        return b"".join(lines)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def running(stub: socketserver.TCPServer) -> Iterator[None]:
    thread = threading.Thread(target=stub.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stub.shutdown()
        stub.server_close()
        thread.join(5)
