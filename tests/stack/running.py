"""Starts and stops the processes; the test looks into the same Postgres through Django."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from sandbox.embedded.process import Process
from sandbox.supervisor import commands, readiness
from sandbox.supervisor.environment import KIOSK_KEY
from tests.sandbox_process import KEYS, ROOT, Sandbox
from tests.stack.nursery import Born, Nursery

PATIENCE_SECONDS = 30
T = TypeVar("T")


class Portal:
    """`origin` is what a browser types; `sandbox` is the world outside."""

    def __init__(self, folder: Path, *, port: int) -> None:
        self.origin = f"http://localhost:{port}"
        self.failpoints = folder / "failpoints"
        self.emptied_at = 0.0
        self._folder = folder
        self._port = port
        self._web: Process | None = None
        self._workers: list[Process | Born] = []
        self._nursery: Nursery | None = None
        sandbox_port = urlsplit(settings.SANDBOX_URL).port
        assert sandbox_port
        self.sandbox = Sandbox(
            folder / "sandbox",
            port=sandbox_port,
            webhook_url=f"{self.origin}/webhooks/stripe/",
            clock_file=Path(os.environ["CLOCK_FILE"]),
            plays=True,
        )
        self.environment = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "PORTAL_ORIGIN": self.origin,
            "FAILPOINTS": str(self.failpoints),
            "TOP_UP_KEYS": f"kiosks={KIOSK_KEY}",
            "SANDBOX_URL": settings.SANDBOX_URL,
            **KEYS,
        }

    def start(self) -> None:
        self.sandbox.start()
        self.start_web()

    def start_web(self) -> None:
        command = commands.gunicorn("portal.wsgi", self._port, "--workers", "1", "--threads", "12")
        self._web = self._process("web", command)
        readiness.wait_until_ready("web server", self._web, readiness.answers_http(self._port, "/contact/"))

    def stop_web(self) -> None:
        if self._web:
            self._web.stop(patience_seconds=3)
            self._web.kill()
            self._web = None

    def start_worker(self, queues: str = commands.QUEUES, *, name: str = "worker") -> Process | Born:
        worker = self._worker(name, commands.worker(queues, name=name))
        self._workers.append(worker)
        readiness.wait_until_ready(name, worker, readiness.takes_tasks(worker))
        return worker

    def _worker(self, name: str, command: Sequence[str]) -> Process | Born:
        if self._nursery is None:
            self._nursery = Nursery(self.environment, log=self._folder / "nursery.log")
        if self._nursery.environment != self.environment:
            return self._process(name, command)
        return self._nursery.bear(command, log=self._folder / f"{name}.log")

    def stop_workers(self) -> None:
        for worker in self._workers:
            worker.stop(patience_seconds=10)
            worker.kill()
        self._workers.clear()

    def stop(self) -> None:
        self.stop_workers()
        self.stop_web()
        self.sandbox.stop()
        if self._nursery:
            self._nursery.close()

    @contextmanager
    def with_reports(self) -> Iterator[None]:
        """SMS and mails go out over providers' APIs, and what became of them is told; web server and sandbox start anew for it."""
        former, sms = dict(self.environment), f"{self.sandbox.url}/sms/AC1"
        self.environment |= {
            "SMS_CHANNEL": "notifications.channels.sms.SmsChannel",
            "SMS_API_URL": sms,
            "SMS_API_ACCOUNT": "AC1",
            "SMS_API_KEY": "key",
            "EMAIL_BACKEND": "anymail.backends.mailgun.EmailBackend",
            "ANYMAIL_MAILGUN_API_KEY": "key",
            "ANYMAIL_MAILGUN_SENDER_DOMAIN": "refill.example",
            "ANYMAIL_MAILGUN_API_URL": f"{self.sandbox.url}/mail/v3",
            "MAIL_REPORTS": "anymail.webhooks.mailgun.MailgunTrackingWebhookView",
        }
        self._again(sends_reports=True)
        try:
            yield
        finally:
            self.stop_workers()
            self.environment = former
            self._again(sends_reports=False)

    def _again(self, *, sends_reports: bool) -> None:
        self.stop_web()
        self.sandbox.stop()
        self.sandbox.sends_reports = sends_reports
        self.start()

    def empty(self) -> None:
        """The sandbox without faults, messages or a turned clock; no crash is ordered."""
        self.sandbox.mend()
        self.sandbox.forget_messages()
        self.sandbox.forget_core()
        self.sandbox.name_players()
        self.sandbox.turn_clock(0)
        self.order_crash()
        self.emptied_at = time.time()

    def order_crash(self, *lines: str) -> None:
        """`name kill` or `name raise` for the next process that comes by."""
        self.failpoints.write_text("\n".join(lines), encoding="utf-8")

    def crashes_left(self) -> list[str]:
        return self.failpoints.read_text(encoding="utf-8").splitlines() if self.failpoints.exists() else []

    def log(self, name: str) -> str:
        return (self._folder / f"{name}.log").read_text(encoding="utf-8")

    def _process(self, name: str, command: Sequence[str]) -> Process:
        return Process(command, log=self._folder / f"{name}.log", environment=self.environment, cwd=ROOT)


def database_url() -> str:
    """The address of the database this process tests on, for other processes."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))


def until(look: Callable[[], T], *, seconds: float = PATIENCE_SECONDS, every: float = 0.05) -> T:
    """What `look` returns once it is true. Raises AssertionError when it never is."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"{look} stayed {found!r} for {seconds} s"
        time.sleep(every)
    return found
