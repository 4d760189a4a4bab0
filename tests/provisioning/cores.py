"""A core that keeps what it is told and ends as it was asked to, and commands to tell it."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import F

from lib.http import refuse_inside_transaction
from provisioning import outbox
from provisioning.core.protocol import Accepted, Instruction, LineThere, Page
from provisioning.models import Command, CommandKind
from provisioning.outbox import Telling

LINES = [UUID(int=number) for number in range(1, 30)]
NUMBER = "+4917604069011"


class PlayedCore:
    """`ends` are used up one a command; each is an error to raise, or something to do before accepting. `pages` are its snapshot."""

    window = 4

    def __init__(self) -> None:
        self.told: list[Instruction] = []
        self.ends: list[Exception | Callable[[Instruction], object]] = []
        self.pages: list[Sequence[LineThere]] = [[]]
        self._lock = threading.Lock()

    def apply(self, instruction: Instruction) -> Accepted:
        refuse_inside_transaction()
        with self._lock:
            self.told.append(instruction)
            end = self.ends.pop(0) if self.ends else None
        if isinstance(end, Exception):
            raise end
        if end:
            end(instruction)
        return Accepted()

    def snapshot(self, *, after: UUID | None) -> Page:
        refuse_inside_transaction()
        number = 0 if after is None else 1 + [page[-1].line_id for page in self.pages[:-1]].index(after)
        page = self.pages[number]
        return Page(page, page[-1].line_id if number + 1 < len(self.pages) else None)


def telling(key: str = "k:1", *, line_id: UUID = LINES[0], **more: Any) -> Telling:
    """The line is active, unless told otherwise."""
    fields: dict[str, Any] = {
        "kind": CommandKind.LINE_SET,
        "payload": {"state": "active", "since": "2026-11-23T12:00:00+00:00", "uses_credit": True},
        "subject": "order:1",
        "msisdn": NUMBER,
    }
    return Telling(line_id=line_id, key=key, **{**fields, **more})


def tell(*keys: str, line_id: UUID = LINES[0], **more: Any) -> list[Command]:
    """One command a key, in this order, as their rows."""
    outbox.tell_many([telling(key, line_id=line_id, **more) for key in keys])
    return list(Command.objects.filter(key__in=keys).order_by("sequence"))


def pass_time(seconds: float, *, by: str = "") -> None:
    """As if everything had been written, claimed and put off so much earlier."""
    names = (by,) if by else ("next_try_at", "claimed_at", "created_at")
    Command.objects.update(**{name: F(name) - timedelta(seconds=seconds) for name in names})


def states() -> dict[str, str]:
    """Key → state of every command."""
    return dict(Command.objects.order_by("sequence").values_list("key", "state"))
