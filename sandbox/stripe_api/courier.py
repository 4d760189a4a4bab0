"""The background thread: sends signed events to the webhook address, and does the chores that time brings."""

import http.client
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from stripe import WebhookSignature

from sandbox.books import Books
from sandbox.configuration import Configuration
from sandbox.stripe_api import deliveries

_log = logging.getLogger(__name__)
_ANSWER_SECONDS = 20
_CHORES_EVERY_SECONDS = 1.0
_MOST_AT_ONCE = 64


class Courier:
    """Deliveries of one lane go one after the other, lanes side by side; `wake` when something new is due."""

    def __init__(self, books: Books, configuration: Configuration, chores: Callable[[], None]) -> None:
        self._books = books
        self._configuration = configuration
        self._chores = chores
        self._something_new = threading.Event()
        self._stopping = threading.Event()
        self._guard = threading.Lock()
        self._busy_lanes: set[str] = set()
        self._senders = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="delivery")
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._something_new.set()

    def stop(self) -> None:
        """Send nothing more; what is under way is not waited for."""
        self._stopping.set()
        self.wake()
        self._senders.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        chores_at = 0.0
        while not self._stopping.is_set():
            self._something_new.wait(self._patience_seconds())
            self._something_new.clear()
            try:
                self._send_what_is_due()
                if time.monotonic() >= chores_at:
                    self._chores()
                    chores_at = time.monotonic() + _CHORES_EVERY_SECONDS
            except sqlite3.Error:
                _log.exception("the books could not be read; trying again")

    def _patience_seconds(self) -> float:
        """Until the next delivery is due; those that wait for their lane are woken by its end."""
        next_due_at = deliveries.next_due_at(self._books.reading())
        if next_due_at is None or next_due_at <= time.time():
            return _CHORES_EVERY_SECONDS
        return min(_CHORES_EVERY_SECONDS, next_due_at - time.time())

    def _send_what_is_due(self) -> None:
        if not self._configuration.webhook_url or self._stopping.is_set():
            return
        with self._guard:
            for row in deliveries.due(self._books.reading(), time.time()):
                if row["lane"] not in self._busy_lanes:
                    self._busy_lanes.add(row["lane"])
                    self._senders.submit(self._deliver, row)

    def _deliver(self, row: sqlite3.Row) -> None:
        try:
            event = (
                self._books.reading().execute("SELECT body FROM objects WHERE id = ?", (row["event_id"],)).fetchone()
            )
            is_taken, answer = self._post(event["body"])
            with self._books.writing() as sql:
                deliveries.record(sql, row, is_taken=is_taken, answer=answer)
        finally:
            with self._guard:
                self._busy_lanes.discard(row["lane"])
            self.wake()

    def _post(self, payload: str) -> tuple[bool, str]:
        """Whether it was taken (2xx; a redirect is not followed), and what came back in a few words."""
        address = urlsplit(self._configuration.webhook_url)
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        connection = kind(address.hostname or "localhost", address.port, timeout=_ANSWER_SECONDS)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": WebhookSignature.generate_signature_header(payload, self._configuration.webhook_secret),
        }
        path = (address.path or "/") + (f"?{address.query}" if address.query else "")
        try:
            connection.request("POST", path, payload.encode(), headers)
            answer = connection.getresponse()
            answer.read(2000)
        except (OSError, http.client.HTTPException) as error:
            return False, f"{type(error).__name__}: {error}"
        finally:
            connection.close()
        return 200 <= answer.status < 300, str(answer.status)
