"""Messages for everything that is due, written by one statement however much it is; what was told before is left out by its key."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, Model, OuterRef, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Concat, JSONObject, Lower

from lib import queue
from lib.insert_selected import insert_selected
from notifications.kinds import kind_of
from notifications.models import Choice, Message, MessageState

#: In one statement; the rows it locks are held for as long as it writes, a second or two.
AT_MOST = 50_000


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """One kind on one channel. `about` is the prefix of the subject (`period`), which the source row's id ends; `occasion` tells messages
    of one kind about the same row apart; the rest are expressions over the source.
    """

    kind: str
    channel: str
    about: str
    address: Combinable
    language: Combinable
    time_zone: Combinable
    context: Mapping[str, Any]
    not_after: Any
    occasion: Any = None

    @property
    def subject(self) -> Concat:
        return Concat(Value(f"{self.about}:"), Cast("pk", TextField()), output_field=TextField())

    @property
    def key(self) -> Concat:
        which = (Value(":"), self.occasion) if self.occasion is not None else ()
        return Concat(self.subject, *which, Value(f":{self.kind}:{self.channel}"), output_field=TextField())


def write(source: QuerySet[Any], sweep: Sweep, *, real: datetime, locking: type[Model]) -> int:
    """One message for each row of `source` that nobody was told of yet, due at `real`. Returns how many. Joins the caller's
    transaction, and locks the rows of `locking` that it found until its end.
    """
    kind = kind_of(sweep.kind)
    told = Message.objects.filter(key=OuterRef("message_key"))
    found = source.annotate(message_key=sweep.key)
    if sweep.channel in kind.mutable:
        found = _wanted(found, sweep, unasked=kind.unasked)
    columns = {
        "kind": Value(kind.name),
        "channel": Value(sweep.channel),
        "address": sweep.address,
        "language": sweep.language,
        "time_zone": sweep.time_zone,
        "context": JSONObject(**sweep.context),
        "key": F("message_key"),
        "subject": sweep.subject,
        "state": Value(MessageState.DUE.value),
        "due_at": Value(real),
        "next_try_at": Value(real),
        "not_after": sweep.not_after,
        **{name: Value("") for name in _EMPTY},
        "attempts": Value(0),
    }
    written = insert_selected(Message, found.exclude(Exists(told)), columns, locking=locking, at_most=AT_MOST)
    if written:
        queue.after_commit("notifications.deliver")
    return written


_EMPTY = ("provider", "provider_reference", "error_code", "sent_title", "sent_text")


def _wanted(source: QuerySet[Any], sweep: Sweep, *, unasked: bool) -> Any:
    """Without those who have said no; of what nobody gets unasked, only those who have said yes."""
    address = Lower(sweep.address) if sweep.channel == "email" else sweep.address
    chosen = Choice.objects.filter(address=OuterRef("message_address"), kind=sweep.kind, is_wanted=not unasked)
    found = source.annotate(message_address=address)
    return found.exclude(Exists(chosen)) if unasked else found.filter(Exists(chosen))


def just_written(kinds: Collection[str], *, real: datetime) -> QuerySet[Message]:
    """What a sweep of this moment has written and nobody has claimed."""
    return Message.objects.filter(state=MessageState.DUE, next_try_at=real, kind__in=kinds)


def text(value: str) -> Value:
    """A text that is the same in each context."""
    return Value(value, output_field=TextField())
