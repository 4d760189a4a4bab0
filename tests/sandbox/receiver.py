"""Where the sandbox sends its events in these tests: a web server that notes what came and answers as it is told."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Delivery:
    """One request as it came; `began` and `ended` by the monotonic clock."""

    payload: bytes
    headers: Mapping[str, str]
    path: str
    began: float
    ended: float

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.payload)
        return event

    @property
    def kind(self) -> str:
        return str(self.event["type"])

    def is_about(self, object_id: str) -> bool:
        return object_id.encode() in self.payload


@dataclass
class Receiver:
    """`answer(event type, count of this event so far)` is the status; 302 points at `/elsewhere`."""

    url: str = ""
    answer: Callable[[str, int], int] = lambda kind, count: 200
    takes_seconds: float = 0
    came: list[Delivery] = field(default_factory=list)

    def reset(self) -> None:
        self.answer, self.takes_seconds = (lambda kind, count: 200), 0
        self.came.clear()

    def about(self, object_id: str) -> list[Delivery]:
        return [delivery for delivery in list(self.came) if delivery.is_about(object_id)]

    def wait_for(self, object_id: str, kinds: list[str]) -> list[Delivery]:
        """Exactly these event types about one object, in this order; a moment later still no more."""
        return self.wait_until(object_id, lambda came: len(came) >= len(kinds), expected=kinds)

    def wait_until(
        self, object_id: str, is_there: Callable[[list[Delivery]], bool], *, expected: list[str] | None = None
    ) -> list[Delivery]:
        until = time.monotonic() + _PATIENCE_SECONDS
        while not is_there(self.about(object_id)) and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.1)
        came = self.about(object_id)
        assert is_there(came), [delivery.kind for delivery in came]
        if expected is not None:
            assert [delivery.kind for delivery in came] == expected
        return came


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # many knock at once, and none may be kept waiting


@contextmanager
def listening() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            began = time.monotonic()
            payload = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            event = json.loads(payload or b'{"type": "", "id": ""}')
            count = sum(event["id"].encode() in known.payload for known in list(receiver.came)) + 1
            time.sleep(receiver.takes_seconds)
            receiver.came.append(Delivery(payload, dict(self.headers), self.path, began, time.monotonic()))
            self.send_response(receiver.answer(event["type"], count))
            self.send_header("Location", f"{receiver.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: Any) -> None:
            pass

    with _Server(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield receiver
        server.shutdown()
