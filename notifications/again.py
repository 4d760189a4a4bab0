"""Sending a message once more, because somebody asks for it: a new row with the same words, told apart from the first."""

from django.db.models import QuerySet

from notifications import outbox
from notifications.kinds import KINDS
from notifications.models import Message, MessageState
from notifications.outbox import Outgoing, Recipient

#: As `has_perm` takes it.
RIGHT = "notifications.send_again"
_ON_ITS_WAY = (MessageState.DUE, MessageState.CLAIMED)
_KEY_LENGTH = 140


class CannotBeSentAgain(Exception):
    """Base of the reasons below; the desk words them."""


class IsSecret(CannotBeSentAgain):
    """A code, or a kind that nobody declares any more: its reader asks for a new one."""


class IsOnItsWay(CannotBeSentAgain):
    pass


def check(message: Message) -> None:
    """Raises IsSecret, IsOnItsWay."""
    kind = KINDS.get(message.kind)
    if kind is None or kind.is_secret:
        raise IsSecret
    if message.state in _ON_ITS_WAY or again_of(message).filter(state__in=_ON_ITS_WAY).exists():
        raise IsOnItsWay


def again_of(message: Message) -> QuerySet[Message]:
    """What was sent again of it."""
    return Message.objects.filter(key__startswith=f"{_base(message)}:again:")


def send(message: Message) -> str:
    """Write it once more, with what it knew then; returns the new row's key. Two clicks at once write one. Raises IsSecret, IsOnItsWay."""
    check(message)
    key = f"{_base(message)}:again:{again_of(message).count() + 1}"
    outbox.send(
        Outgoing(
            kind=message.kind,
            channel=message.channel,
            to=Recipient(message.address, message.language, message.time_zone),
            context=message.context,
            key=key,
            subject=message.subject,
        )
    )
    return key


def _base(message: Message) -> str:
    return message.key.partition(":again:")[0][:_KEY_LENGTH]
