"""Writing messages into the caller's transaction, each once by its key, and withdrawing what is no longer wanted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lib import clock, queue
from lib.rows import insert
from notifications import quiet, secrets
from notifications.kinds import Channel, kind_of, secret_kinds
from notifications.models import Message, MessageState


@dataclass(frozen=True)
class Recipient:
    """An address (E.164 number or e-mail) and how its reader reads."""

    address: str
    language: str
    time_zone: str


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message to be. `context` is JSON: moments as ISO 8601, money as `{"minor", "currency"}`; `key` tells it from all others,
    `subject` is what it is about, e.g. `order:<id>`.
    """

    kind: str
    channel: str
    to: Recipient
    context: Mapping[str, Any] = field(default_factory=dict)
    key: str
    subject: str
    due_at: datetime | None = None
    not_after: datetime | None = None


def send(message: Outgoing) -> None:
    """`send_many` for one."""
    send_many([message])


def send_many(messages: Iterable[Outgoing]) -> None:
    """Write what is not there yet, in one statement, and wake delivery after the commit."""
    rows = [_row(message) for message in messages if message.to.address]
    if not rows:
        return
    insert(rows, skip_known=True)
    for is_fast in sorted({kind_of(row.kind).is_secret for row in rows}):
        queue.after_commit("notifications.deliver_now" if is_fast else "notifications.deliver")


def send_new(messages: Sequence[Outgoing]) -> int:
    """`send_many` for sweeps that want to know how many of them nobody had written before."""
    keys = Message.objects.filter(key__in=[message.key for message in messages]).values_list("key", flat=True)
    known = set(keys)
    new = [message for message in messages if message.key not in known]
    send_many(new)
    return len(new)


def _row(message: Outgoing) -> Message:
    kind = kind_of(message.kind)
    due_at = message.due_at or clock.real_now()
    if kind.waits and message.channel == Channel.SMS:
        due_at = quiet.awake_at(due_at, message.to.time_zone)
    return Message(
        kind=kind.name,
        channel=message.channel,
        address=message.to.address,
        language=message.to.language,
        time_zone=message.to.time_zone,
        context={} if kind.is_secret else dict(message.context),
        secret=secrets.seal(message.context) if kind.is_secret else None,
        key=message.key,
        subject=message.subject,
        due_at=due_at,
        next_try_at=due_at,
        not_after=message.not_after or due_at + kind.useful_for,
    )


def withdraw(subject: str, *, kinds: Collection[str] | None = None) -> int:
    """What is due about `subject` (of these kinds, else of all) is not wanted any more. Returns how many. What a worker holds at this
    moment is not begun, or not tried again, from now on.
    """
    about = Message.objects.filter(subject=subject)
    if kinds is not None:
        about = about.filter(kind__in=kinds)
    due = about.filter(state=MessageState.DUE)
    withdrawn = due.update(state=MessageState.SUPPRESSED, secret=None, error_code="withdrawn")
    about.filter(state=MessageState.CLAIMED).update(not_after=clock.real_now())
    return withdrawn


def withdraw_from(address: str) -> int:
    """What waits for `address` is not sent to whoever holds it from now on; codes are, its holder asks for them. Returns how many."""
    waiting = Message.objects.filter(address=address, state=MessageState.DUE).exclude(kind__in=secret_kinds())
    return waiting.update(state=MessageState.SUPPRESSED, error_code="withdrawn")
