"""A carrier that keeps what it is given and ends as it was told, and messages to give it."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import F

from lib.http import refuse_inside_transaction
from notifications import outbox
from notifications.channels.protocol import Accepted, Letter
from notifications.models import Message
from notifications.outbox import Outgoing, Recipient

NUMBER, ADDRESS = "+4917604069011", "anna@example.com"


class PostOffice:
    """`ends` are used up one a letter; each is an error to raise, or something to do before accepting."""

    window = 1

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.ends: list[Exception | Callable[[Letter], object]] = []
        self._lock = threading.Lock()

    def carry(self, letter: Letter) -> Accepted:
        refuse_inside_transaction()
        with self._lock:
            self.letters.append(letter)
            end = self.ends.pop(0) if self.ends else None
            number = len(self.letters)
        if isinstance(end, Exception):
            raise end
        if end:
            end(letter)
        return Accepted(f"carrier-{number}", "first")


def outgoing(channel: str = "sms", *, key: str = "k:1", **more: Any) -> Outgoing:
    """News of an ended plan for Anna, unless told otherwise."""
    context = {
        "plan": "Month 15 GB",
        "msisdn": NUMBER,
        "ends_at": "2026-11-30T12:00:00+00:00",
        "url": "http://localhost:8000/x/",
    }
    fields: dict[str, Any] = {"kind": "plan_ended", "context": context, "subject": "period:1"}
    to = Recipient(NUMBER if channel == "sms" else ADDRESS, "en", "Europe/Berlin")
    return Outgoing(channel=channel, key=key, **{"to": to, **fields, **more})


def code(channel: str = "sms", *, key: str = "code:1", digits: str = "493817") -> Outgoing:
    """A sign-in code for Anna."""
    kind = "sign_in_code" if channel == "sms" else "email_code"
    return outgoing(channel, key=key, kind=kind, context={"code": digits}, subject="account")


def written(message: Outgoing) -> Message:
    """`message` as its row."""
    outbox.send(message)
    return Message.objects.get(key=message.key)


def pass_time(seconds: float, *, by: str = "") -> None:
    """As if it had been written, claimed and put off so much earlier."""
    gone = timedelta(seconds=seconds)
    names = (by,) if by else ("due_at", "next_try_at", "not_after", "claimed_at", "called_at")
    Message.objects.update(**{name: F(name) - gone for name in names})


def states() -> dict[str, str]:
    """Key → state of every message."""
    return dict(Message.objects.order_by("key").values_list("key", "state"))


def in_transaction() -> bool:
    return bool(connection.in_atomic_block)
