"""Delivery of SMS through the HTTP channel to the sandbox, which answers in 20 ms: how many a second one worker process does, and
whether any is lost or doubled when the channel fails five times.
"""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet

from bench.report import Scale, progress
from lib import clock
from notifications import channels, delivery, outbox
from notifications.models import Message, MessageState
from tests.notifications.post_office import outgoing, pass_time
from tests.sandbox_process import Sandbox

MESSAGES = 2_000
ANSWERS_IN_SECONDS = 0.02
_BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Delivered:
    messages: int
    seconds: float
    lost: int
    doubled: int
    unknown: int

    def line(self) -> str:
        return json.dumps(
            {
                "name": "delivery",
                "rounds": 1,
                "messages": self.messages,
                "per_second": round(self.messages / self.seconds, 1),
                "lost": self.lost,
                "doubled": self.doubled,
                "unknown": self.unknown,
                "checked": ["each message at the sandbox once", "each row at its end", "fsync on"],
            }
        )


def measure(scale: Scale) -> Delivered:
    """`scale.size` messages in the first part, a tenth of them, at least 20, in the second."""
    count = scale.size or MESSAGES
    Message.objects.filter(state=MessageState.DUE).update(state=MessageState.SUPPRESSED)  # another bench's
    with _sandbox() as sandbox:
        sandbox.fault("inbox", "delay", seconds=ANSWERS_IN_SECONDS, times=100_000)
        _write(count, "a")
        progress(f"delivery: {count} SMS, each answered after {ANSWERS_IN_SECONDS * 1000:.0f} ms")
        began = time.perf_counter()
        delivery.deliver()
        seconds = time.perf_counter() - began
        sandbox.mend()
        failing = max(count // 10, 20)
        progress(f"delivery: {failing} more, the channel fails five times")
        unknown = _fail(failing, sandbox)
        taken = sandbox.message_counts("sms")
    ends = (MessageState.ACCEPTED, MessageState.UNKNOWN)
    ended = _ours().filter(state__in=ends).count()
    written = count + failing
    return Delivered(
        messages=count,
        seconds=seconds,
        lost=max(written - taken["messages"], written - ended),
        doubled=taken["repeated"],
        unknown=unknown,
    )


def _fail(count: int, sandbox: Sandbox) -> int:
    """Three refusals and two calls without an answer; what may be tried again is. How many are unknown in the end."""
    sandbox.fault("inbox", "error", status=503, times=3)
    sandbox.fault("inbox", "timeout_after", seconds=3.0, times=2)
    _write(count, "b")
    with patch("notifications.channels.http_sms.READ_SECONDS", 1):
        for _round in range(5):
            delivery.deliver()
            pass_time(60, by="next_try_at")
    sandbox.mend()
    return _ours().filter(state=MessageState.UNKNOWN).count()


def _ours() -> QuerySet[Message]:
    return Message.objects.filter(key__startswith="delivery:")


def _write(count: int, series: str) -> None:
    due_at = clock.real_now()
    for start in range(0, count, _BATCH):
        outbox.send_many(
            outgoing(key=f"delivery:{series}:{number}", due_at=due_at)
            for number in range(start, min(start + _BATCH, count))
        )


@contextmanager
def _sandbox() -> Iterator[Sandbox]:
    port = urlsplit(settings.SANDBOX_URL).port
    settings.SMS_CHANNEL = "notifications.channels.sms.SmsChannel"
    settings.SMS_API_URL, settings.SMS_API_ACCOUNT = f"{settings.SANDBOX_URL}/sms/AC1", "AC1"
    settings.SMS_API_KEY = "key"
    channels.carrier.cache_clear()
    with tempfile.TemporaryDirectory(prefix="portal-bench-sandbox-") as folder:
        sandbox = Sandbox(Path(folder), port=port or 0)
        sandbox.start()
        try:
            yield sandbox
        finally:
            sandbox.stop()
