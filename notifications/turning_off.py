"""The way out of a kind of mail without signing in: a link that names a message and is signed, and no address."""

from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from notifications import choices
from notifications.kinds import KINDS, Channel
from notifications.models import Message

_signer = Signer(salt="notifications.turning_off")


class NoSuchMessage(Exception):
    """The link is not ours, or its message is not one that can be turned off."""


def link(message: Message) -> str:
    """Where its reader says no to its kind; empty where they may not. RFC 8058: the same address takes the mail program's POST."""
    kind = KINDS.get(message.kind)
    if kind is None or message.channel != Channel.EMAIL or Channel.EMAIL not in kind.mutable:
        return ""
    return settings.PORTAL_ORIGIN + reverse("turn_off", args=[_signer.sign(str(message.pk))])


def message_of(token: str) -> Message:
    """Raises NoSuchMessage."""
    try:
        return Message.objects.get(pk=UUID(_signer.unsign(token)), kind__in=KINDS, channel=Channel.EMAIL)
    except (BadSignature, ValueError, Message.DoesNotExist) as error:
        raise NoSuchMessage from error


def turn(message: Message, *, is_on: bool) -> None:
    """From now on, for the address it was sent to. Turning on needs no new consent text: it is undone at once or not at all. Raises
    NoSuchMessage.
    """
    try:
        choices.choose(message.address, message.kind, is_wanted=is_on)
    except (choices.NotAsked, choices.ConsentMissing) as error:
        raise NoSuchMessage from error
